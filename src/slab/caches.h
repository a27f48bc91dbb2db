/* SPDX-License-Identifier: GPL-2.0 */
/* Creation and destruction of caches, and the list of all. See caches.c. */
#ifndef _CARVE_CACHES_H
#define _CARVE_CACHES_H

#include "boot/boot.h"
#include "slab/cache_types.h"

/* Called before the buddy allocator has pages. 0; -ENOMEM if @boot is full */
int carve_slabs_init(struct carve_slabs *slabs, struct carve_pages *pages,
		     struct carve_boot *boot);
/* Called when the page allocator's span has grown; sleeps */
void carve_slabs_extend(struct carve_slabs *slabs);
/* Creates a cache in boot memory, never destroyed; NULL if @boot is full */
struct carve_cache *carve_cache_boot(struct carve_slabs *slabs,
				     struct carve_boot *boot,
				     const struct carve_cache_args *args);

/* See include/carveout.h for a description */
struct carve_cache *carve_cache_new(struct carve_slabs *slabs,
				    const struct carve_cache_args *args);
/* Does a cache, internal ones included, have this name? Sleeps */
bool carve_cache_name_taken(struct carve_slabs *slabs, const char *name);
int carve_cache_delete(struct carve_cache *cache);

/* Initial batch of the magazines, before it adapts to contention */
unsigned int carve_cache_base_batch(const struct carve_cache *cache);

/*
 * Enables debugging of existing and future caches that match @rules; sleeps.
 * @rules may be NULL, and is not copied.
 */
void carve_slabs_debug(struct carve_slabs *slabs, const char *rules);
/* Drains all caches and frees empty slabs; sleeps. Returns the pages freed. */
unsigned long carve_slabs_shrink(struct carve_slabs *slabs);
/*
 * Waits for all background work, when no caller is left; sleeps. No destructor
 * is called from here on: its module may have been unloaded.
 */
void carve_slabs_stop(struct carve_slabs *slabs);
/* Drains the magazines of a dead CPU; sleeps */
void carve_slabs_drain_dead(struct carve_slabs *slabs, unsigned int cpu);

/* Checks the invariants of all caches; sleeps */
void carve_slabs_check(struct carve_slabs *slabs, struct carve_report *r);

#endif /* _CARVE_CACHES_H */
