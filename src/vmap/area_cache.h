/* SPDX-License-Identifier: GPL-2.0 */
/* Cache of free areas that stay mapped. See area_cache.c. */
#ifndef _CARVE_AREA_CACHE_H
#define _CARVE_AREA_CACHE_H

#include <linux/atomic.h>
#include <linux/log2.h>

#include "boot/boot.h"
#include "percpu/magazine_inline.h"
#include "vmap/area.h"

struct carve_area_cache;

/* Cached lengths: 1 to 8 pages, and 16, 32 … 4096 */
#define CARVE_AREA_CACHE_SMALL 8
#define CARVE_AREA_CACHE_MAX_ORDER 12
#define CARVE_NR_AREA_CACHES (CARVE_AREA_CACHE_SMALL + CARVE_AREA_CACHE_MAX_ORDER - 3)
/* Longer powers of two have a slot too, always NULL */
#define CARVE_NR_AREA_CACHE_PLACES (CARVE_AREA_CACHE_SMALL + 32 - 4)

/**
 * struct carve_area_cache_class - cached areas of one length
 * @cache: the cache that it belongs to
 * @magazines: hold the areas
 */
struct carve_area_cache_class {
	struct carve_area_cache *cache;
	struct carve_magazines magazines;
};

/**
 * struct carve_area_cache - cached areas of all lengths
 * @take_down: unmaps and frees an evicted area; any context but NMI
 * @limit: maximum of @nr_pages; see carve_vmap_set_cache_limit()
 * @nr_pages: pages in all cached areas
 * @class: the classes by length; NULL for lengths that are not cached
 */
struct carve_area_cache {
	void (*take_down)(struct carve_area_cache *cache, struct carve_area *area);
	unsigned long limit;
	atomic_long_t nr_pages;
	struct carve_area_cache_class *class[CARVE_NR_AREA_CACHE_PLACES];
};

/* @nr_pages: size of the carveout */
void carve_area_cache_init(struct carve_area_cache *cache, struct carve_boot *boot,
			   unsigned long nr_pages);
/*
 * Evict one area of at most @most pages from this CPU's magazines or a depot.
 * Returns its number of pages, or 0 if there is none. Any context but NMI.
 */
unsigned int carve_area_cache_shrink_atomic(struct carve_area_cache *cache,
					    unsigned int most);
/* Evict all areas; sleeps */
void carve_area_cache_drain(struct carve_area_cache *cache);
/* Evict the areas in a dead CPU's magazines */
void carve_area_cache_drain_dead(struct carve_area_cache *cache, unsigned int cpu);

/* Class for areas of @nr_pages pages, 1 to U32_MAX; NULL if not cached */
static __always_inline struct carve_area_cache_class *
carve_area_cache_class(const struct carve_area_cache *cache, unsigned long nr_pages)
{
	if (nr_pages <= CARVE_AREA_CACHE_SMALL)
		return cache->class[nr_pages - 1];
	if (!is_power_of_2(nr_pages))
		return NULL;
	return cache->class[CARVE_AREA_CACHE_SMALL + ilog2(nr_pages) - 4];
}

/* Remove an area of @nr_pages pages from the cache, or return NULL */
static __always_inline struct carve_area *
carve_area_cache_alloc(struct carve_area_cache *cache, unsigned long nr_pages)
{
	struct carve_area_cache_class *class = carve_area_cache_class(cache, nr_pages);
	void *area;

	if (!class)
		return NULL;
	if (unlikely(!carve_magazines_alloc(&class->magazines, &area))) {
		if (!atomic_long_read(&cache->nr_pages))
			return NULL;
		area = carve_magazines_alloc_slow(&class->magazines, false);
		if (!area)
			return NULL;
	}
	atomic_long_sub(nr_pages, &cache->nr_pages);
	return area;
}

/* Returns false if @area is not cached: no such class, or over the limit */
static __always_inline bool carve_area_cache_free(struct carve_area_cache *cache,
						  struct carve_area *area)
{
	struct carve_area_cache_class *class = area->class;

	if (!class)
		return false;
	if (unlikely(atomic_long_add_return(area->nr_pages, &cache->nr_pages) >
		     READ_ONCE(cache->limit))) {
		atomic_long_sub(area->nr_pages, &cache->nr_pages);
		return false;
	}
	if (unlikely(!carve_magazines_free(&class->magazines, area)))
		carve_magazines_free_slow(&class->magazines, area);
	return true;
}

#endif /* _CARVE_AREA_CACHE_H */
