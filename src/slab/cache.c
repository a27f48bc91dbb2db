// SPDX-License-Identifier: GPL-2.0
/*
 * Caches: the slow paths of allocation and free
 *
 * A cache allocates objects of one size from per-CPU magazines, which are
 * refilled from its slabs. The slabs belong to nodes (node.c), one for each
 * slab geometry:
 *  - oo: the order that wastes least memory;
 *  - min: the lowest order that holds an object, used if memory is too
 *    fragmented for oo;
 *  - debug: slabs with red zones, allocated while debugging is on.
 *
 * While a cache is debugged (debug.c) its magazines stay empty. Every operation
 * takes the slow paths in this file, so the fast paths need no test for
 * debugging. Magazines are refilled from oo and min only; after debugging is
 * switched off, frees may also add objects of debug slabs.
 *
 * Invariant: an object always returns to the slab that it came from.
 *
 * Locking: cache->lock (raw) protects nodes, slabs and counters. It is taken
 * with no other lock held, though the magazine may be marked busy. Pages and
 * free maps are allocated and freed without it.
 */
#include <linux/mm.h>

#include "page/misuse.h"
#include "slab/cache_inline.h"
#include "slab/node.h"
#include "slab/slab.h"
#include "trace/events.h"

static struct carve_cache *cache_of(struct carve_magazines *ms)
{
	return container_of(ms, struct carve_cache, magazines);
}

static unsigned int alloc_from_slabs(struct carve_cache *cache, void **objects,
				     unsigned int n, bool atomic)
{
	unsigned int taken;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (atomic)
		return carve_node_alloc_from_slab(cache, &cache->oo, objects, n) ?:
		       carve_node_alloc_from_slab(cache, &cache->min, objects, n);
	taken = carve_node_alloc_objects(cache, &cache->oo, objects, n);
	return taken + carve_node_alloc_objects(cache, &cache->min, objects + taken,
						n - taken);
}

static unsigned int cache_refill(struct carve_magazines *ms, void **objects,
				 unsigned int n, bool atomic)
{
	struct carve_cache *cache = cache_of(ms);
	unsigned int taken = alloc_from_slabs(cache, objects, n, atomic);

	if (trace_carve_refill_enabled() && taken)
		trace_carve_refill(cache->pages->name, cache->name, taken);
	return taken;
}

/* Returns the number of refused objects, moved to the front of @objects */
static unsigned int free_to_slabs(struct carve_cache *cache, void **objects,
				  unsigned int n)
{
	unsigned int i, put, refused = 0;

	guard(raw_spinlock_irqsave)(&cache->lock);
	for (i = 0; i < n; i += put) {
		put = carve_node_free_objects(cache, objects + i, n - i);
		if (!put)
			objects[refused++] = objects[i++];
	}
	return refused;
}

/* Error counter of a refused free */
static const enum carve_error bad_free_kinds[] = {
	/* Not free in its slab: it is in a magazine */
	[CARVE_OBJECT_OUT] = CARVE_ERROR_DOUBLE_FREE,
	[CARVE_NOT_OURS] = CARVE_ERROR_FOREIGN_FREE,
	[CARVE_NOT_IN_SLAB] = CARVE_ERROR_FOREIGN_FREE,
	[CARVE_OF_OTHER_CACHE] = CARVE_ERROR_WRONG_CACHE,
	[CARVE_NOT_A_START] = CARVE_ERROR_INVALID_FREE,
	[CARVE_ALREADY_FREE] = CARVE_ERROR_DOUBLE_FREE,
};

void carve_cache_report(struct carve_cache *cache, enum carve_misuse kind,
			const void *object, unsigned long caller)
{
	enum carve_free_error error;
	struct carve_page *slab;
	unsigned int index;

	scoped_guard(raw_spinlock_irqsave, &cache->lock) {
		error = carve_slab_locate(cache, object, &slab, &index);
		if (kind == CARVE_MISUSE_FREE) {
			cache->nr_bad_frees++;
			cache->debugging.count[bad_free_kinds[error]]++;
		}
	}
	if (carve_report_misuse(cache->pages, kind, object,
				carve_free_error_text(error) ?:
				"already free, in a magazine", caller))
		carve_debug_print(cache, object);
}

static void cache_flush(struct carve_magazines *ms, void **objects,
			unsigned int n)
{
	struct carve_cache *cache = cache_of(ms);
	unsigned int i, refused;

	trace_carve_drain(cache->pages->name, cache->name, n);
	refused = free_to_slabs(cache, objects, n);
	for (i = 0; i < refused; i++)
		carve_cache_report(cache, CARVE_MISUSE_FREE, objects[i], 0);
	carve_node_trim(cache, &cache->oo);
	carve_node_trim(cache, &cache->min);
	carve_node_trim(cache, &cache->debug);
}

const struct carve_magazine_ops carve_cache_ops = {
	.refill = cache_refill,
	.flush = cache_flush,
};

void *carve_cache_clear(struct carve_cache *cache, void *object, gfp_t gfp)
{
	return carve_cache_may_zero(cache, gfp) ?
	       memset(object, 0, cache->object_size) : object;
}

static bool has_min_order(const struct carve_cache *cache)
{
	return cache->min.order < cache->oo.order;
}

/* Allocates an oo slab without reclaim, or else a min slab */
static bool grow_cache(struct carve_cache *cache, gfp_t gfp)
{
	gfp_t lightly = (gfp | __GFP_NOWARN | __GFP_NORETRY) &
			~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL);

	if (!has_min_order(cache))
		return carve_node_grow(cache, &cache->oo, gfp);
	return carve_node_grow(cache, &cache->oo, lightly) ||
	       carve_node_grow(cache, &cache->min, gfp);
}

static void *alloc_plain(struct carve_cache *cache, gfp_t gfp)
{
	const bool atomic = !gfpflags_allow_blocking(gfp);
	void *object;

	do {
		object = carve_magazines_alloc_slow(&cache->magazines, atomic);
	} while (!object && grow_cache(cache, gfp));
	/* No pages, but reclaim may have drained objects of other CPUs */
	if (!object)
		object = carve_magazines_alloc_slow(&cache->magazines, atomic);
	return object && want_init_on_alloc(gfp) ?
	       carve_cache_clear(cache, object, gfp) : object;
}

void carve_cache_trace_alloc(const struct carve_cache *cache,
			     const void *object, size_t size, gfp_t gfp,
			     unsigned long caller)
{
	trace_carve_object_alloc(caller, object, cache->pages->name,
				 cache->name, size ?: cache->object_size,
				 cache->object_size, gfp);
}

static void trace_fail(const struct carve_cache *cache, size_t size, gfp_t gfp,
		       const char *why, unsigned long caller)
{
	trace_carve_fail(cache->pages->name, "object",
			 size ?: cache->object_size, cache->oo.order, gfp,
			 why, caller);
}

void *carve_cache_alloc_slow(struct carve_cache *cache, size_t size, gfp_t gfp,
			     unsigned long caller)
{
	void *object = NULL;

	if (!(gfp & __GFP_NOFAIL) && carve_fault_strikes(&cache->pages->fault)) {
		trace_fail(cache, size, gfp, "made to fail", caller);
		return NULL;
	}
	if (unlikely(READ_ONCE(cache->debugging.flags)))
		object = carve_debug_alloc(cache, size ?: cache->object_size,
					   gfp, caller);
	if (!object)
		object = alloc_plain(cache, gfp);
	if (object)
		carve_cache_trace_alloc(cache, object, size, gfp, caller);
	else
		trace_fail(cache, size, gfp, "no pages for a slab", caller);
	return object;
}

/* Called before the object can be reallocated; ignores invalid frees */
void carve_cache_trace_free(struct carve_cache *cache, const void *object,
			    unsigned long caller)
{
	if (trace_carve_object_free_enabled() &&
	    !carve_slab_error(cache, object))
		trace_carve_object_free(caller, object, cache->pages->name,
					cache->name);
}

static void free_debugged(struct carve_cache *cache, void *object,
			  unsigned long caller)
{
	carve_cache_trace_free(cache, object, caller);
	if (!carve_debug_free(cache, object, caller))
		carve_cache_report(cache, CARVE_MISUSE_FREE, object, caller);
}

void carve_cache_free_slow(struct carve_cache *cache, void *object,
			   unsigned long caller)
{
	if (unlikely(READ_ONCE(cache->debugging.flags))) {
		free_debugged(cache, object, caller);
	} else if (carve_slab_error(cache, object) ||
		   carve_magazines_has_on_top(&cache->magazines, object)) {
		carve_cache_report(cache, CARVE_MISUSE_FREE, object, caller);
	} else {
		carve_cache_trace_free(cache, object, caller);
		carve_magazines_free_slow(&cache->magazines, object);
	}
}

void carve_cache_free_cleared(struct carve_cache *cache, void *object,
			      unsigned long caller)
{
	/* Only write to a valid object */
	if (carve_slab_error(cache, object)) {
		carve_cache_report(cache, CARVE_MISUSE_FREE, object, caller);
		return;
	}
	/* Debugging checks the object before it clears it */
	if (READ_ONCE(cache->debugging.flags)) {
		free_debugged(cache, object, caller);
		return;
	}
	if (!carve_cache_keeps_state(cache))
		memset(object, 0, cache->object_size);
	if (!carve_magazines_free_new(&cache->magazines, object))
		carve_cache_free_slow(cache, object, caller);
}

void __carve_cache_free_any(struct carve_cache *cache, void *object,
			    unsigned long caller)
{
	if (carve_cache_owns(cache, object))
		__carve_cache_free_caller(cache, object, caller);
	else if (object)
		carve_cache_report(cache, CARVE_MISUSE_FREE, object, caller);
}

void carve_cache_release_empty(struct carve_cache *cache)
{
	carve_node_release(cache, &cache->oo, 0);
	carve_node_release(cache, &cache->min, 0);
	carve_node_release(cache, &cache->debug, 0);
}

void carve_cache_keep_empty(struct carve_cache *cache, unsigned int nr)
{
	WRITE_ONCE(cache->oo.max_empty, nr);
	carve_node_trim(cache, &cache->oo);
}

unsigned long carve_cache_pages_released(const struct carve_cache *cache)
{
	/* An estimate: other CPUs free slabs concurrently */
	return data_race(READ_ONCE(cache->pages_released));
}

void carve_cache_drain(struct carve_cache *cache)
{
	/* Magazines are empty while debugged, and before the cache is listed */
	if (READ_ONCE(cache->debugging.flags) || list_empty(&cache->list))
		return;
	carve_magazines_drain(&cache->magazines);
}

unsigned long carve_cache_give_back(struct carve_cache *cache)
{
	unsigned long before = carve_cache_pages_released(cache);

	/* The drain itself frees slabs beyond the limit of empty ones */
	carve_cache_drain(cache);
	carve_debug_trim(cache, 0);
	carve_cache_release_empty(cache);
	return carve_cache_pages_released(cache) - before;
}

void carve_cache_usage(struct carve_cache *cache,
		       struct carve_cache_usage *usage)
{
	*usage = (struct carve_cache_usage){ };
	guard(raw_spinlock_irqsave)(&cache->lock);
	carve_node_add_usage(cache, &cache->oo, usage);
	carve_node_add_usage(cache, &cache->min, usage);
	carve_node_add_usage(cache, &cache->debug, usage);
	usage->cached = min(usage->active_objects,
			    carve_magazines_count(&cache->magazines) +
			    cache->debugging.nr_waiting);
	usage->active_objects -= usage->cached;
}

void carve_cache_check(struct carve_cache *cache, struct carve_report *r)
{
	carve_node_check(cache, &cache->oo, r);
	carve_node_check(cache, &cache->min, r);
	carve_node_check(cache, &cache->debug, r);
}
