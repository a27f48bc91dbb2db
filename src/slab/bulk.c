// SPDX-License-Identifier: GPL-2.0
/*
 * Many objects at once: between the caller's array and a magazine they move
 * in one go, a batch or as many as there are at a time.
 */
#include <linux/string.h>

#include "slab/bulk.h"
#include "slab/slab.h"
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

/* What magazines have, at most @n */
static size_t get_ready(struct carve_cache *cache, gfp_t gfp, size_t n,
			void **objects, unsigned long caller)
{
	size_t got = carve_magazines_get_bulk(&cache->magazines, objects, n);

	if (trace_carve_object_alloc_enabled())
		trace_allocs(cache, gfp, got, objects, caller);
	return got;
}

/* As many as there are, or can be made */
static size_t get_some(struct carve_cache *cache, gfp_t gfp, size_t n,
		       void **objects, unsigned long caller)
{
	size_t got = 0;

	for (;;) {
		/* Debugging has them one by one, and so do its slow paths */
		if (likely(!READ_ONCE(cache->debugging.flags)))
			got += get_ready(cache, gfp, n - got, objects + got,
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

/* Takes back objects that all lie in the cache's pages */
static void put_run(struct carve_cache *cache, size_t n, void **objects,
		    unsigned long caller)
{
	size_t i;

	if ((!want_init_on_free() || carve_cache_keeps(cache)) &&
	    !READ_ONCE(cache->debugging.flags)) {
		if (trace_carve_object_free_enabled())
			trace_frees(cache, n, objects, caller);
		carve_magazines_put_bulk(&cache->magazines, objects, n);
		return;
	}
	for (i = 0; i < n; i++)
		carve_cache_put_for(cache, objects[i], caller);
}

size_t carve_cache_get_bulk(struct carve_cache *cache, gfp_t gfp, size_t n,
			    void **objects, unsigned long caller)
{
	size_t got = get_some(cache, gfp, n, objects, caller);

	if (got < n) {
		put_run(cache, got, objects, caller);
		return 0;
	}
	if (want_init_on_alloc(gfp) && carve_cache_may_zero(cache, gfp))
		clear_all(cache, n, objects);
	return n;
}

void carve_cache_put_bulk(struct carve_cache *cache, size_t n, void **objects,
			  unsigned long caller)
{
	size_t first = 0, i;

	for (i = 0; i < n; i++) {
		if (likely(carve_cache_owns(cache, objects[i]) &&
			   carve_cache_aligned(cache, objects[i])))
			continue;
		put_run(cache, i - first, objects + first, caller);
		first = i + 1;
		carve_cache_put_any(cache, objects[i], caller);
	}
	put_run(cache, n - first, objects + first, caller);
}

/* Of an object that may go with others; or NULL */
static struct carve_cache *cache_at(struct carve_slabs *slabs, const void *p)
{
	struct carve_cache *cache = carve_kmalloc_cache_at(slabs, p);

	return cache && carve_cache_aligned(cache, p) ? cache : NULL;
}

void carve_kmalloc_put_bulk(struct carve_slabs *slabs, size_t n, void **objects,
			    unsigned long caller)
{
	size_t first = 0, i;

	for (; first < n; first = i) {
		struct carve_cache *cache;

		cache = cache_at(slabs, objects[first]);
		for (i = first + 1; i < n; i++)
			if (cache_at(slabs, objects[i]) != cache)
				break;
		if (cache) {
			put_run(cache, i - first, objects + first, caller);
			continue;
		}
		while (first < i)
			carve_kmalloc_put_any(slabs, objects[first++], caller);
	}
}
