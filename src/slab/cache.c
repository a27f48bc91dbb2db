// SPDX-License-Identifier: GPL-2.0
/*
 * Caches
 *
 * A cache hands out objects of one size from its per-CPU magazines. Behind
 * these lie its slabs, on shelves (shelf.c).
 *
 * While a cache is debugged (debug.c) its magazines hold nothing, so that every
 * operation takes the slow paths here, and the fast ones know nothing of debugging.
 * Objects then come from slabs of another shape, on a shelf of their own; an
 * object always goes back to the slab that it came from. Magazines are filled
 * from the plain shelf alone; when debugging is off again, frees may also put
 * objects of the debug shelf into them.
 *
 * Where memory is too fragmented for a slab of the order that wastes least, one
 * of the lowest order that holds an object at all is made instead, and stands
 * on a third shelf.
 *
 * Locks: cache->lock is taken with nothing held but a busy mark; pages are taken
 * and given back, and free maps too, with cache->lock released.
 */
#include <linux/mm.h>

#include "percpu/each_cpu.h"
#include "slab/slab.h"
#include "trace/events.h"

static struct carve_cache *cache_of(struct carve_magazines *ms)
{
	return container_of(ms, struct carve_cache, magazines);
}

static unsigned int take_objects(struct carve_cache *cache, void **objects,
				 unsigned int n, bool hurry)
{
	unsigned int taken;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (hurry)
		return carve_shelf_take_some(cache, &cache->plain, objects, n) ?:
		       carve_shelf_take_some(cache, &cache->low, objects, n);
	taken = carve_shelf_take(cache, &cache->plain, objects, n);
	return taken + carve_shelf_take(cache, &cache->low, objects + taken,
					n - taken);
}

static unsigned int cache_refill(struct carve_magazines *ms, void **objects,
				 unsigned int n, bool hurry)
{
	struct carve_cache *cache = cache_of(ms);
	unsigned int taken = take_objects(cache, objects, n, hurry);

	if (trace_carve_refill_enabled() && taken)
		trace_carve_refill(cache->pages->name, cache->name, taken);
	return taken;
}

/* Puts objects into their slabs; returns how many were refused: the first of @objects */
static unsigned int put_objects(struct carve_cache *cache, void **objects,
				unsigned int n)
{
	unsigned int i, put, refused = 0;

	guard(raw_spinlock_irqsave)(&cache->lock);
	for (i = 0; i < n; i += put) {
		put = carve_shelf_put(cache, objects + i, n - i);
		if (!put)
			objects[refused++] = objects[i++];
	}
	return refused;
}

/* What a free that is refused counts as, by its verdict */
static const enum carve_damage bad_free_kinds[] = {
	/* Out of its slab, but in a magazine */
	[CARVE_OBJECT_OUT] = CARVE_DAMAGE_DOUBLE_FREE,
	[CARVE_NOT_OURS] = CARVE_DAMAGE_FOREIGN_FREE,
	[CARVE_NOT_IN_SLAB] = CARVE_DAMAGE_FOREIGN_FREE,
	[CARVE_OF_OTHER_CACHE] = CARVE_DAMAGE_WRONG_CACHE,
	[CARVE_NOT_A_START] = CARVE_DAMAGE_INVALID_FREE,
	[CARVE_ALREADY_FREE] = CARVE_DAMAGE_DOUBLE_FREE,
};

void carve_cache_bad_free(struct carve_cache *cache, const void *object,
			  unsigned long caller)
{
	enum carve_verdict verdict;
	struct carve_page *slab;
	unsigned int index;

	scoped_guard(raw_spinlock_irqsave, &cache->lock) {
		verdict = carve_slab_locate(cache, object, &slab, &index);
		cache->nr_bad_frees++;
		cache->debugging.count[bad_free_kinds[verdict]]++;
	}
	if (carve_pages_bad_free(cache->pages, object,
				 carve_verdict_text(verdict) ?:
				 "already free, in a magazine", caller))
		carve_debug_tell(cache, object);
}

static void cache_flush(struct carve_magazines *ms, void **objects,
			unsigned int n)
{
	struct carve_cache *cache = cache_of(ms);
	unsigned int i, refused;

	trace_carve_drain(cache->pages->name, cache->name, n);
	refused = put_objects(cache, objects, n);
	for (i = 0; i < refused; i++)
		carve_cache_bad_free(cache, objects[i], 0);
	carve_shelf_trim(cache, &cache->plain);
	carve_shelf_trim(cache, &cache->low);
	carve_shelf_trim(cache, &cache->debug);
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

static bool has_low(const struct carve_cache *cache)
{
	return cache->low.order < cache->plain.order;
}

/* A slab of the order that wastes least, if easily had; or else of the lowest order */
static bool grow(struct carve_cache *cache, gfp_t gfp)
{
	gfp_t lightly = (gfp | __GFP_NOWARN | __GFP_NORETRY) &
			~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL);

	if (!has_low(cache))
		return carve_shelf_grow(cache, &cache->plain, gfp);
	return carve_shelf_grow(cache, &cache->plain, lightly) ||
	       carve_shelf_grow(cache, &cache->low, gfp);
}

static void *alloc_plain(struct carve_cache *cache, gfp_t gfp)
{
	const bool hurry = !gfpflags_allow_blocking(gfp);
	void *object;

	do {
		object = carve_magazines_get_slow(&cache->magazines, hurry);
	} while (!object && grow(cache, gfp));
	/* No pages were found, but reclaim may have brought objects back from other CPUs */
	if (!object)
		object = carve_magazines_get_slow(&cache->magazines, hurry);
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
			 size ?: cache->object_size, cache->plain.order, gfp,
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

/* Before anybody else can have it, and as far as it is one that is out */
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
	carve_debug_free(cache, object, caller);
}

void carve_cache_free_slow(struct carve_cache *cache, void *object,
			   unsigned long caller)
{
	if (unlikely(READ_ONCE(cache->debugging.flags))) {
		free_debugged(cache, object, caller);
	} else if (carve_slab_error(cache, object) ||
		   carve_magazines_has_on_top(&cache->magazines, object)) {
		carve_cache_bad_free(cache, object, caller);
	} else {
		carve_cache_trace_free(cache, object, caller);
		carve_magazines_put_slow(&cache->magazines, object);
	}
}

void carve_cache_put_cleared(struct carve_cache *cache, void *object,
			     unsigned long caller)
{
	/* What isn't an object must not be written to */
	if (carve_slab_error(cache, object)) {
		carve_cache_bad_free(cache, object, caller);
		return;
	}
	/* Debugging looks at the object as it was left, and clears it then */
	if (READ_ONCE(cache->debugging.flags)) {
		free_debugged(cache, object, caller);
		return;
	}
	if (!carve_cache_keeps(cache))
		memset(object, 0, cache->object_size);
	if (!carve_magazines_put_new(&cache->magazines, object))
		carve_cache_free_slow(cache, object, caller);
}

void carve_cache_put_any(struct carve_cache *cache, void *object,
			 unsigned long caller)
{
	if (carve_cache_owns(cache, object))
		carve_cache_put_for(cache, object, caller);
	else if (object)
		carve_cache_bad_free(cache, object, caller);
}

void carve_cache_release_empty(struct carve_cache *cache)
{
	carve_shelf_release(cache, &cache->plain, 0);
	carve_shelf_release(cache, &cache->low, 0);
	carve_shelf_release(cache, &cache->debug, 0);
}

void carve_cache_keep_empty(struct carve_cache *cache, unsigned int nr)
{
	WRITE_ONCE(cache->plain.max_empty, nr);
	carve_shelf_trim(cache, &cache->plain);
}

unsigned long carve_cache_pages_released(const struct carve_cache *cache)
{
	/* Others release as well: an estimate anyway */
	return data_race(READ_ONCE(cache->pages_released));
}

static void drain_this_cpu(void *arg)
{
	struct carve_cache *cache = arg;

	carve_magazines_drain_cpu(&cache->magazines);
}

void carve_cache_drain(struct carve_cache *cache)
{
	/* Nothing is in magazines while debugging is on, or before it is known */
	if (READ_ONCE(cache->debugging.flags) || list_empty(&cache->list))
		return;
	carve_each_cpu(drain_this_cpu, cache);
	carve_magazines_drain_depot(&cache->magazines);
}

unsigned long carve_cache_give_back(struct carve_cache *cache)
{
	unsigned long before = carve_cache_pages_released(cache);

	/* This gives back, too, as slabs run empty */
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
	carve_shelf_add_usage(cache, &cache->plain, usage);
	carve_shelf_add_usage(cache, &cache->low, usage);
	carve_shelf_add_usage(cache, &cache->debug, usage);
	usage->stored = min(usage->active_objects,
			    carve_magazines_count(&cache->magazines) +
			    cache->debugging.nr_waiting);
	usage->active_objects -= usage->stored;
}

void carve_cache_check(struct carve_cache *cache, struct carve_report *r)
{
	carve_shelf_check(cache, &cache->plain, r);
	carve_shelf_check(cache, &cache->low, r);
	carve_shelf_check(cache, &cache->debug, r);
}
