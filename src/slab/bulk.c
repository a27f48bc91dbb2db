// SPDX-License-Identifier: GPL-2.0
/*
 * Bulk allocation and free
 *
 * Objects move between the caller's array and the magazines in runs, not one by
 * one. Debugging and slow paths handle single objects.
 *
 * Invariant: an allocation returns all @n objects or none.
 *
 * Locking: none; see magazine.c.
 */
#include <linux/string.h>

#include "slab/bulk.h"
#include "trace/events.h"

static void clear_all(const struct carve_cache *cache, size_t n,
		      void **objects)
{
	size_t i;

	for (i = 0; i < n; i++)
		memset(objects[i], 0, cache->object_size);
}

static void trace_allocs(const struct carve_cache *cache, gfp_t gfp, size_t n,
			 void **objects, unsigned long caller)
{
	size_t i;

	for (i = 0; i < n; i++)
		carve_cache_trace_alloc(cache, objects[i], 0, gfp, caller);
}

static void trace_frees(struct carve_cache *cache, size_t n, void **objects,
			unsigned long caller)
{
	size_t i;

	for (i = 0; i < n; i++)
		carve_cache_trace_free(cache, objects[i], caller);
}

/* Takes up to @n objects from the magazines; returns how many */
static size_t alloc_from_magazines(struct carve_cache *cache, gfp_t gfp, size_t n,
				   void **objects, unsigned long caller)
{
	size_t got = carve_magazines_alloc_bulk(&cache->magazines, objects, n);

	if (trace_carve_object_alloc_enabled())
		trace_allocs(cache, gfp, got, objects, caller);
	return got;
}

/* Allocates @n objects, or fewer if memory is short; returns how many */
static size_t alloc_bulk_objects(struct carve_cache *cache, gfp_t gfp, size_t n,
				 void **objects, unsigned long caller)
{
	size_t got = 0;

	carve_might_alloc(gfp);
	for (;;) {
		/* Debugging allocates one by one, in the slow path */
		if (likely(!READ_ONCE(cache->debugging.flags)))
			got += alloc_from_magazines(cache, gfp, n - got, objects + got,
						    caller);
		if (got == n)
			return n;
		objects[got] = carve_cache_alloc_slow(cache, cache->object_size,
						      gfp, caller);
		if (!objects[got])
			return got;
		got++;
	}
}

/* Frees objects that all lie in slabs of the cache */
static void free_run(struct carve_cache *cache, size_t n, void **objects,
		     unsigned long caller)
{
	size_t i;

	if ((!want_init_on_free() || carve_cache_keeps_state(cache)) &&
	    !READ_ONCE(cache->debugging.flags)) {
		if (trace_carve_object_free_enabled())
			trace_frees(cache, n, objects, caller);
		carve_magazines_free_bulk(&cache->magazines, objects, n);
		return;
	}
	for (i = 0; i < n; i++)
		__carve_cache_free_caller(cache, objects[i], caller);
}

size_t __carve_cache_alloc_bulk(struct carve_cache *cache, gfp_t gfp, size_t n,
				void **objects, unsigned long caller)
{
	size_t got = alloc_bulk_objects(cache, gfp, n, objects, caller);

	if (got < n) {
		free_run(cache, got, objects, caller);
		return 0;
	}
	if (want_init_on_alloc(gfp) && carve_cache_may_zero(cache, gfp))
		clear_all(cache, n, objects);
	return n;
}

void __carve_cache_free_bulk(struct carve_cache *cache, size_t n, void **objects,
			     unsigned long caller)
{
	size_t first = 0, i;

	for (i = 0; i < n; i++) {
		if (likely(carve_cache_owns(cache, objects[i]) &&
			   carve_cache_aligned(cache, objects[i])))
			continue;
		free_run(cache, i - first, objects + first, caller);
		first = i + 1;
		__carve_cache_free_any(cache, objects[i], caller);
	}
	free_run(cache, n - first, objects + first, caller);
}

/* The cache of an object that free_run() can free; NULL if it can't */
static struct carve_cache *bulk_cache_at(struct carve_slabs *slabs, const void *p)
{
	struct carve_cache *cache = carve_kmalloc_cache_at(slabs, p);

	return cache && carve_cache_aligned(cache, p) ? cache : NULL;
}

void __carve_kfree_bulk(struct carve_slabs *slabs, size_t n, void **objects,
			unsigned long caller)
{
	size_t first = 0, i;

	for (; first < n; first = i) {
		struct carve_cache *cache;

		cache = bulk_cache_at(slabs, objects[first]);
		for (i = first + 1; i < n; i++)
			if (bulk_cache_at(slabs, objects[i]) != cache)
				break;
		if (cache) {
			free_run(cache, i - first, objects + first, caller);
			continue;
		}
		while (first < i)
			__carve_kfree_any(slabs, objects[first++], caller);
	}
}
