// SPDX-License-Identifier: GPL-2.0
/*
 * Area cache
 *
 * A freed area stays mapped, and the next allocation of its length reuses it.
 * This saves allocating pages and addresses, and above all the TLB flush. Areas
 * of common lengths are cached in magazines that have no backing layer: an area
 * that overflows them is unmapped and freed.
 *
 * The cached areas together have at most @limit pages, by default an eighth of
 * the carveout. A shrinker frees them before an allocation that can sleep
 * fails.
 *
 * The magazines themselves take at most a thousandth of the carveout plus a few
 * pages: a small carveout on a machine with many CPUs caches only short areas,
 * or none.
 *
 * Locking: as in percpu/magazine.c; nr_pages is atomic.
 */
#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/sizes.h>

#include "vmap/area_cache.h"

#define LIMIT_SHARE 8
#define METADATA_SHARE 1024
#define METADATA_LEAST SZ_16K

static unsigned int refill_areas(struct carve_magazines *ms, void **areas,
				 unsigned int n, bool atomic)
{
	return 0;
}

static void flush_areas(struct carve_magazines *ms, void **areas,
			unsigned int n)
{
	struct carve_area_cache *cache = container_of(ms, struct carve_area_cache_class,
						      magazines)->cache;
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct carve_area *area = areas[i];

		atomic_long_sub(area->nr_pages, &cache->nr_pages);
		cache->take_down(cache, area);
	}
}

static const struct carve_magazine_ops area_cache_ops = {
	.refill = refill_areas,
	.flush = flush_areas,
};

static struct carve_magazine_shape choose_area_shape(unsigned int class)
{
	return carve_magazine_shape(class <= CARVE_AREA_CACHE_SMALL ? 4 :
				    class <= CARVE_AREA_CACHE_SMALL + 3 ? 2 : 1);
}

static size_t class_header_bytes(void)
{
	return L1_CACHE_ALIGN(struct_size_t(struct carve_area_cache_class,
					    magazines.cpu,
					    carve_magazine_nr_places()));
}

static size_t class_bytes(unsigned int class)
{
	return L1_CACHE_ALIGN(class_header_bytes() +
			      carve_magazines_size(choose_area_shape(class)));
}

static struct carve_area_cache_class *init_class(struct carve_area_cache *cache,
						 unsigned int i, void *memory)
{
	struct carve_area_cache_class *class = memory;

	class->cache = cache;
	carve_magazines_init(&class->magazines, &area_cache_ops,
			     choose_area_shape(i),
			     memory + class_header_bytes());
	return class;
}

void carve_area_cache_init(struct carve_area_cache *cache, struct carve_boot *boot,
			   unsigned long nr_pages)
{
	size_t room = (nr_pages << PAGE_SHIFT) / METADATA_SHARE +
		      METADATA_LEAST;
	size_t bytes = 0;
	unsigned int i, nr;
	void *memory;

	cache->limit = nr_pages / LIMIT_SHARE;
	for (nr = 0; nr < CARVE_NR_AREA_CACHES; nr++) {
		if (bytes + class_bytes(nr) > room)
			break;
		bytes += class_bytes(nr);
	}
	memory = carve_boot_alloc(boot, bytes, L1_CACHE_BYTES, "area cache");
	for (i = 0; i < nr && memory; i++) {
		cache->class[i] = init_class(cache, i, memory);
		memory += class_bytes(i);
	}
}

/* Length of the areas of a class, in pages */
static unsigned int class_pages(unsigned int class)
{
	return class < CARVE_AREA_CACHE_SMALL ? class + 1 :
					  BIT(class - CARVE_AREA_CACHE_SMALL + 4);
}

unsigned int carve_area_cache_shrink_atomic(struct carve_area_cache *cache,
					    unsigned int most)
{
	unsigned int i;

	for (i = 0; i < CARVE_NR_AREA_CACHES && cache->class[i]; i++) {
		struct carve_magazines *ms = &cache->class[i]->magazines;
		void *area;

		if (class_pages(i) > most)
			break;
		area = carve_magazines_alloc_slow(ms, true);
		if (!area)
			continue;
		flush_areas(ms, &area, 1);
		return class_pages(i);
	}
	return 0;
}

void carve_area_cache_drain(struct carve_area_cache *cache)
{
	unsigned int i;

	if (!atomic_long_read(&cache->nr_pages))
		return;
	for (i = 0; i < CARVE_NR_AREA_CACHES; i++)
		if (cache->class[i])
			carve_magazines_drain(&cache->class[i]->magazines);
}

void carve_area_cache_drain_dead(struct carve_area_cache *cache, unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < CARVE_NR_AREA_CACHES; i++)
		if (cache->class[i])
			carve_magazines_drain_dead(&cache->class[i]->magazines,
						   cpu);
}
