/* SPDX-License-Identifier: GPL-2.0 */
/* The instance: one of each layer, and the order in which they are set up. */
#ifndef _CARVE_INSTANCE_H
#define _CARVE_INSTANCE_H

#include <linux/list.h>
#include <linux/types.h>

#include "boot/boot.h"
#include "dma/dma.h"
#include "page/pages.h"
#include "region/region.h"
#include "slab/kmalloc.h"
#include "slab/rcu.h"
#include "user/user.h"
#include "vmap/kmap.h"
#include "vmap/vmap.h"

#define CARVEOUT_NAME_LEN 32

struct carve_face;

/**
 * struct carveout_request - what is asked for
 * @name: the name that it is to have
 * @nr_zones: regions in @zone, from 1 to CARVE_MAX_ZONES
 * @zone: a region each; the metadata of all lies in the first
 * @slab_debug: which caches are to be debugged, in the language of
 *	slab/rules.c, for as long as the carveout lives; or NULL
 * @held: nothing is done in the background until carveout_begin(), and as much
 *	as can be is left to that: for tests of the time before it
 * @refusal: after a failure, why in one line
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
 * @name: its name
 * @nr_regions: how many regions it has
 * @region: its memory, a zone over each
 * @boot: who placed its metadata, in the first region
 * @pages: its page allocator
 * @slabs: its caches
 * @rcu: what of these is to be freed after a grace period
 * @vmap: its areas
 * @kmap: addresses for those of its pages that have none
 * @dma: its buffers for devices
 * @user: what user space has of it
 * @making: makes the page descriptors that weren't needed at once
 * @setup_ns: time from the end of the reservation to the end of set-up
 * @list: on the list of all; guarded by the lock in face/main.c, as are @users
 *	and @pins
 * @users: references of carveout_get(), which keep it from being removed
 * @pins: the same of carveout_pin(), which don't count as users
 * @native: gives back pages that the kernel had last, see native.c
 * @pinned: carveout_native() has handed it out
 * @forbidden: it won't any more
 * @kept: one of these is that of a user who has gone and left things behind
 * @face: what src/face keeps of it, NULL where it isn't in debugfs
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
	struct work_struct making;
	u64 setup_ns;

	struct list_head list;
	unsigned int users;
	unsigned int pins;
	bool kept;
	struct carve_shrinker native;
	bool pinned;
	bool forbidden;
	struct carve_face *face;
};

/**
 * carveout_create() - reserve memory and set up all layers over it
 * @request: its name, and a size, source and node for each zone
 *
 * Context: may sleep.
 * Return: the carveout or ERR_PTR(), when @request->refusal and the log say
 * why; see carve_region_reserve().
 */
struct carveout *carveout_create(struct carveout_request *request);

/* Begins what was held back in the background */
void carveout_begin(struct carveout *co);
/* Waits for all that is done in the background when a carveout is made; sleeps */
void carveout_settle(struct carveout *co);

/**
 * carveout_destroy() - give all memory back
 * @co: the carveout
 *
 * Context: may sleep. Nobody else may be using @co.
 * Return: 0, or -EBUSY where something is still allocated: the log has the
 * owners, and @co stays as it is.
 */
int carveout_destroy(struct carveout *co);

/**
 * carveout_abandon() - let go of a carveout that can't be destroyed
 * @co: the carveout
 *
 * For when the module must go while a client's objects are still out: its
 * memory stays reserved, so that they do no harm.
 */
void carveout_abandon(struct carveout *co);

/**
 * carveout_report_owners() - list what is allocated, and by whom
 * @co: the carveout
 * @r: where to
 *
 * Pages and large allocations by call site, objects by cache, areas by call
 * site. May sleep.
 *
 * Return: the number of things allocated.
 */
unsigned long carveout_report_owners(struct carveout *co,
				     struct carve_report *r);

/* Counts what is allocated, without a report; waits for frees under way; sleeps */
unsigned long carveout_count_owned(struct carveout *co);

/**
 * carveout_check() - walk the invariants of every layer
 * @co: the carveout
 * @r: where to; counts what doesn't hold
 *
 * Context: may sleep.
 */
void carveout_check(struct carveout *co, struct carve_report *r);

/* Gives the slabs what the magazines of a dead CPU hold, and so on down */
void carveout_cpu_dead(struct carveout *co, unsigned int cpu);

/* Bytes of all regions */
size_t carveout_bytes(const struct carveout *co);

/* True for 1 to CARVEOUT_NAME_LEN - 1 letters, digits, '-', '_' and '.' */
bool carveout_name_valid(const char *name);

/*
 * The list of carveouts, in face/main.c: creates one and adds it, or says in
 * @request->refusal why not (-EEXIST and what carveout_create() returns); and
 * removes one that nobody uses (-ENOENT, -EBUSY). Both sleep.
 */
int carveout_add(struct carveout_request *request);
int carveout_remove(const char *name);
/* Keeps a carveout from being removed, until unpinned; -ENODEV: it has been */
int carveout_pin(struct carveout *co);
void carveout_unpin(struct carveout *co);

#endif /* _CARVE_INSTANCE_H */
