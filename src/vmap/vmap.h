/* SPDX-License-Identifier: GPL-2.0 */
/* vmalloc over a carveout: virtually contiguous memory. See vmap.c. */
#ifndef _CARVE_VMAP_H
#define _CARVE_VMAP_H

#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "highmem/window.h"
#include "slab/kmalloc.h"
#include "vmap/area.h"
#include "vmap/area_cache.h"
#include "vmap/space.h"
#include "vmap/window_setup.h"

/**
 * struct carve_vmap - the areas of a carveout
 * @slabs: page arrays are allocated from it, areas from its page allocator
 * @areas: cache of struct carve_area
 * @window: areas are mapped in it; without one, by the kernel's vmap()
 * @setup: deferred set-up of @window; no area is allocated before it ends
 * @lock: guards @space; under it, areas that are not lazy are mapped
 * @space: all areas, cached and lazy ones included
 * @cache: areas that are free and still mapped
 * @keep: limit of @cache in pages, unless @eager
 * @eager: nothing is cached, and each free flushes TLBs
 * @lazy: areas whose addresses may still be in TLBs
 * @nr_lazy: pages of virtual memory that @lazy holds
 * @purging: serialises purges
 * @deferred: areas that @work unmaps and frees
 * @work: empties @deferred
 * @shrinker: frees @cache and @lazy for the page allocator
 */
struct carve_vmap {
	struct carve_slabs *slabs;
	struct carve_cache *areas;
	struct carve_window window;
	struct carve_window_setup setup;
	raw_spinlock_t lock;
	struct carve_space space;
	struct carve_area_cache cache;
	unsigned long keep;
	bool eager;
	struct llist_head lazy;
	atomic_long_t nr_lazy;
	struct mutex purging; /* serialises purges */
	struct llist_head deferred;
	struct work_struct work;
	struct carve_shrinker shrinker;
};

/**
 * struct carve_vmap_usage - counts for reports
 * @nr_areas: areas in use
 * @nr_pages: pages in these
 * @nr_cached: cached areas
 * @nr_cached_pages: pages in these
 * @nr_lazy: areas whose addresses wait for a flush
 */
struct carve_vmap_usage {
	unsigned long nr_areas;
	unsigned long nr_pages;
	unsigned long nr_cached;
	unsigned long nr_cached_pages;
	unsigned long nr_lazy;
};

/* Called before the buddy allocator has pages. 0; -ENOMEM if @boot is full */
int carve_vmap_init(struct carve_vmap *vmap, struct carve_slabs *slabs,
		    struct carve_boot *boot);
/* Called when no area is in use; sleeps */
void carve_vmap_exit(struct carve_vmap *vmap);
/* Wait until all deferred areas are unmapped; sleeps */
void carve_vmap_flush(struct carve_vmap *vmap);
/* Set vmap->keep and vmap->eager, and shrink the cache; sleeps */
void carve_vmap_set_cache_limit(struct carve_vmap *vmap, unsigned long keep,
				bool eager);
/* Free all cached areas and purge; returns the number of pages freed; sleeps */
unsigned long carve_vmap_shrink(struct carve_vmap *vmap);
/* Free the areas cached by a dead CPU; sleeps */
void carve_vmap_drain_dead(struct carve_vmap *vmap, unsigned int cpu);

/* Documented in include/carveout.h */
void *carve_vmap_alloc(struct carve_vmap *vmap, unsigned long size, gfp_t gfp,
		       unsigned long caller);
void carve_vmap_free(struct carve_vmap *vmap, const void *addr,
		     unsigned long caller);
void *carve_vmap_resize(struct carve_vmap *vmap, const void *addr, size_t size,
			gfp_t gfp, unsigned long caller);
void *carve_vmap_map_pages(struct carve_vmap *vmap, struct carve_page **pages,
			   unsigned int nr_pages, unsigned long caller);
void carve_vmap_unmap_pages(struct carve_vmap *vmap, const void *addr,
			    unsigned long caller);
void *__carve_kvmalloc(struct carve_vmap *vmap, size_t size, gfp_t gfp,
		       unsigned long caller);
void __carve_kvfree(struct carve_vmap *vmap, const void *p,
		    unsigned long caller);
void *carve_kvmalloc_resize(struct carve_vmap *vmap, const void *p,
			    size_t size, gfp_t gfp, unsigned long caller);
/* Usable bytes of a __carve_kvmalloc() allocation; 0 for other addresses */
size_t carve_kvmalloc_usable(struct carve_vmap *vmap, const void *p);

/* Does @p map a page of the carveout? Any address, any context */
bool carve_vmap_owns(struct carve_vmap *vmap, const void *p);

/*
 * These three walk all areas and sleep; areas may be allocated and freed
 * meanwhile. carve_vmap_for_each() calls @fn for each area in use, by address,
 * under vmap->lock.
 */
void carve_vmap_for_each(struct carve_vmap *vmap,
			 void (*fn)(const struct carve_area *area, void *arg),
			 void *arg);
void carve_vmap_usage(struct carve_vmap *vmap, struct carve_vmap_usage *usage);
void carve_vmap_check(struct carve_vmap *vmap, struct carve_report *r);

#endif /* _CARVE_VMAP_H */
