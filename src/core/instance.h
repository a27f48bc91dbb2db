/* SPDX-License-Identifier: GPL-2.0 */
/*
 * struct carveout: one object of each layer; setting it up and tearing it down.
 */
#ifndef _CARVE_INSTANCE_H
#define _CARVE_INSTANCE_H

#include <linux/list.h>
#include <linux/types.h>

#include "boot/boot.h"
#include "dma/dma.h"
#include "highmem/kmap.h"
#include "page/pages_inline.h"
#include "rcu/kfree_rcu.h"
#include "region/region.h"
#include "slab/kmalloc.h"
#include "user/object.h"
#include "vmap/vmap.h"

#define CARVEOUT_NAME_LEN 32

struct carve_handles;
struct carve_interface;

/**
 * struct carveout_request - parameters of carveout_create()
 * @name: name of the new carveout
 * @nr_zones: number of regions in @zone, from 1 to CARVE_MAX_ZONES
 * @zone: the region of each zone; the first holds the metadata of all
 * @slab_debug: rules that select caches for debugging, see slab/rules.c, or
 *	NULL; must stay valid as long as the carveout exists
 * @held: defer as much work as possible, and start no background work before
 *	carveout_begin(); for tests of the state before it
 * @refusal: on failure, the reason in one line
 */
struct carveout_request {
	const char *name;
	unsigned int nr_zones;
	struct carve_region_request zone[CARVE_MAX_ZONES];
	const char *slab_debug;
	bool held;
	char refusal[CARVE_REFUSAL_LEN];
};

/**
 * struct carveout - a carveout
 * @name: name
 * @nr_regions: number of regions
 * @region: reserved memory, one region for each zone
 * @boot: boot allocator, which placed the metadata in the first region
 * @pages: page allocator
 * @slabs: slab caches
 * @rcu: objects to be freed after a grace period
 * @vmap: vmalloc areas
 * @kmap: mappings of pages without a kernel address
 * @dma: coherent DMA buffers
 * @user: memory mapped by user space
 * @deferred_init: work that initializes the remaining page descriptors
 * @setup_ns: time from the end of the reservation to the end of set-up
 * @list: link in the list of carveouts; @list, @users, @pins and @leftover are
 *	guarded by carveouts_lock in core/registry.c
 * @users: references of carveout_get(); not removed while there are any
 * @pins: references of carveout_pin(), which block removal as well, but aren't
 *	counted as users
 * @leftover: @users includes the reference of a last user that left allocations
 *	behind
 * @native: shrinker that frees pages the kernel put last, see native.c
 * @nr_guarded: number of pages, from the first on, that have a guard reference
 * @pinned: carveout_native() has returned this carveout
 * @forbidden: carveout_native() may no longer return this carveout
 * @interface: debugfs files and character device, or NULL
 * @handles: allocations made through debugfs, or NULL
 */
struct carveout {
	char name[CARVEOUT_NAME_LEN];
	unsigned int nr_regions;
	struct carve_region region[CARVE_MAX_ZONES];
	struct carve_boot boot;
	struct carve_pages pages;
	struct carve_slabs slabs;
	struct carve_rcu rcu;
	struct carve_vmap vmap;
	struct carve_kmap kmap;
	struct carve_dma dma;
	struct carve_user user;
	struct work_struct deferred_init;
	u64 setup_ns;

	struct list_head list;
	unsigned int users;
	unsigned int pins;
	bool leftover;
	struct carve_shrinker native;
	u32 nr_guarded;
	bool pinned;
	bool forbidden;
	struct carve_interface *interface;
	struct carve_handles *handles;
};

/**
 * carveout_create() - reserve memory and set up all layers over it
 * @request: name, and size, source and node of each zone
 *
 * Context: may sleep.
 * Return: the carveout or ERR_PTR(); on error, @request->refusal and the log
 * have the reason. See carve_region_reserve().
 */
struct carveout *carveout_create(struct carveout_request *request);

/* Start the background part of set-up */
void carveout_begin(struct carveout *co);
/* Wait for the background part of set-up to finish. May sleep */
void carveout_wait_setup(struct carveout *co);

/**
 * carveout_destroy() - release the memory of a carveout
 * @co: the carveout
 *
 * Context: may sleep. The caller must be the only user of @co.
 * Return: 0, or -EBUSY if something is still allocated; then the log lists the
 * owners, and @co stays as it is.
 */
int carveout_destroy(struct carveout *co);

/**
 * carveout_abandon() - stop a carveout that can't be destroyed
 * @co: the carveout
 *
 * For unloading the module while clients still have objects: the memory stays
 * reserved until reboot, so that accesses to them do no harm.
 */
void carveout_abandon(struct carveout *co);

/**
 * carveout_check() - check the invariants of every layer
 * @co: the carveout
 * @r: the report; counts violations
 *
 * Context: may sleep.
 */
void carveout_check(struct carveout *co, struct carve_report *r);

/* Drain the magazines of a dead CPU, from vmap down to the page allocator */
void carveout_cpu_dead(struct carveout *co, unsigned int cpu);

/* Does an address lie in a page of the carveout, or in an area? Any context */
static inline bool carveout_owns(struct carveout *co, const void *p)
{
	return carve_pages_contain(&co->pages, p) ||
	       carve_vmap_owns(&co->vmap, p);
}

/* Size of all regions */
size_t carveout_bytes(const struct carveout *co);

/* True for 1 to CARVEOUT_NAME_LEN - 1 letters, digits, '-', '_' and '.' */
bool carveout_name_valid(const char *name);

#endif /* _CARVE_INSTANCE_H */
