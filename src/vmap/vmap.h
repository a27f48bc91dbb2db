/* SPDX-License-Identifier: GPL-2.0 */
/* Virtually contiguous memory from scattered pages. See vmap.c. */
#ifndef _CARVE_VMAP_H
#define _CARVE_VMAP_H

#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "slab/kmalloc.h"
#include "vmap/area.h"
#include "vmap/kept.h"
#include "vmap/opening.h"
#include "vmap/space.h"
#include "vmap/window.h"

/**
 * struct carve_vmap - the areas of a carveout
 * @slabs: where records and arrays come from; its pages behind the areas
 * @areas: cache of struct carve_area
 * @window: where areas are mapped; none: by the kernel's vmap()
 * @opening: how @window comes to be; no area is made before that is decided
 * @lock: guards @space, and that what it says is in use is mapped
 * @space: all areas, those kept and those gone too
 * @kept: areas that are free and still mapped
 * @keep: pages that these may have, when not @eager
 * @eager: nothing is kept, and TLBs are flushed with each free
 * @gone: areas whose addresses may still be in TLBs
 * @nr_gone: pages of virtual memory that those take
 * @purging: one flush at a time
 * @deferred: areas that a task must take down
 * @work: does that
 * @shrinker: how the page allocator asks for memory back
 */
struct carve_vmap {
	struct carve_slabs *slabs;
	struct carve_cache *areas;
	struct carve_window window;
	struct carve_opening opening;
	raw_spinlock_t lock;
	struct carve_space space;
	struct carve_kept kept;
	unsigned long keep;
	bool eager;
	struct llist_head gone;
	atomic_long_t nr_gone;
	struct mutex purging; /* one flush at a time */
	struct llist_head deferred;
	struct work_struct work;
	struct carve_shrinker shrinker;
};

/**
 * struct carve_vmap_usage - what there is, for reports
 * @nr_areas: areas handed out
 * @nr_pages: pages behind them
 * @nr_kept: areas kept mapped
 * @nr_kept_pages: pages behind them
 * @nr_gone: areas whose addresses wait for a flush
 */
struct carve_vmap_usage {
	unsigned long nr_areas;
	unsigned long nr_pages;
	unsigned long nr_kept;
	unsigned long nr_kept_pages;
	unsigned long nr_gone;
};

/* Before the buddy system has pages. 0, or -ENOMEM where @boot is full */
int carve_vmap_init(struct carve_vmap *vmap, struct carve_slabs *slabs,
		    struct carve_boot *boot);
/* When nothing is in use any more; sleeps */
void carve_vmap_exit(struct carve_vmap *vmap);
/* Waits for what was left to a task; sleeps */
void carve_vmap_flush(struct carve_vmap *vmap);
/* How many pages may be kept, and whether TLBs are flushed at once instead; sleeps */
void carve_vmap_set_kept(struct carve_vmap *vmap, unsigned long keep,
			 bool eager);
/* Takes down what is kept; sleeps. Pages given back */
unsigned long carve_vmap_shrink(struct carve_vmap *vmap);
/* Takes down what a dead CPU kept; sleeps */
void carve_vmap_drain_dead(struct carve_vmap *vmap, unsigned int cpu);

/* See include/carveout.h for what these mean */
void *carve_vmap_alloc(struct carve_vmap *vmap, unsigned long size, gfp_t gfp,
		       unsigned long caller);
void carve_vmap_free(struct carve_vmap *vmap, const void *addr,
		     unsigned long caller);
void *carve_vmap_given(struct carve_vmap *vmap, struct carve_page **pages,
		       unsigned int nr_pages, unsigned long caller);
void carve_vmap_unmap_given(struct carve_vmap *vmap, const void *addr,
			    unsigned long caller);
void *carve_kvmalloc_get(struct carve_vmap *vmap, size_t size, gfp_t gfp,
			 unsigned long caller);
void carve_kvmalloc_put(struct carve_vmap *vmap, const void *p,
			unsigned long caller);
void *carve_kvmalloc_resize(struct carve_vmap *vmap, const void *p,
			    size_t size, gfp_t gfp, unsigned long caller);
/* Bytes behind what carve_kvmalloc_get() returned; 0 for anything else */
size_t carve_kvmalloc_usable(struct carve_vmap *vmap, const void *p);

/* Is a page of the carveout's mapped there? Any address, any context */
bool carve_vmap_owns(struct carve_vmap *vmap, const void *p);

/* Calls @fn for each area handed out, by address, under the lock */
void carve_vmap_for_each(struct carve_vmap *vmap,
			 void (*fn)(const struct carve_area *area, void *arg),
			 void *arg);
void carve_vmap_usage(struct carve_vmap *vmap, struct carve_vmap_usage *usage);

void carve_vmap_check(struct carve_vmap *vmap, struct carve_report *r);

#endif /* _CARVE_VMAP_H */
