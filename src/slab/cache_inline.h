/* SPDX-License-Identifier: GPL-2.0 */
/* Caches: the fast paths of allocation and free. See cache.c. */
#ifndef _CARVE_CACHE_INLINE_H
#define _CARVE_CACHE_INLINE_H

#include <linux/mm.h>

#include "page/pages_inline.h"
#include "percpu/magazine_inline.h"
#include "slab/cache.h"

/* Must free objects keep their contents, for the next owner or RCU readers? */
static inline bool carve_cache_keeps_state(const struct carve_cache *cache)
{
	return cache->ctor || cache->flags & SLAB_TYPESAFE_BY_RCU;
}

/* May want_init_on_alloc() zero an object? As in slab_want_init_on_alloc() */
static inline bool carve_cache_may_zero(const struct carve_cache *cache,
					gfp_t gfp)
{
	return !cache->ctor && (gfp & __GFP_ZERO || !carve_cache_keeps_state(cache));
}

/* Does @object lie in a slab of the cache? It may be an interior pointer. */
static __always_inline bool carve_cache_owns(struct carve_cache *cache,
					     const void *object)
{
	struct carve_page *page = carve_pages_lookup(cache->pages, object);

	return page && page->cache == cache;
}

/* @size: requested bytes, used by debugging only; 0 for the object size */
static __always_inline void *__carve_cache_alloc_sized(struct carve_cache *cache,
						       size_t size, gfp_t gfp)
{
	void *object;

	carve_might_alloc(gfp);
	if (unlikely(!carve_magazines_alloc(&cache->magazines, &object)))
		return carve_cache_alloc_slow(cache, size, gfp, _RET_IP_);
	if (unlikely(want_init_on_alloc(gfp)))
		return carve_cache_clear(cache, object, gfp);
	return object;
}

static __always_inline void *__carve_cache_alloc(struct carve_cache *cache,
						 gfp_t gfp)
{
	return __carve_cache_alloc_sized(cache, 0, gfp);
}

static __always_inline bool carve_cache_validate(const void *owner,
						 const void *object)
{
	const struct carve_cache *cache = owner;
	struct carve_page *page;

	return carve_span_find(&cache->span, object, &page) &&
	       likely(page->cache == cache);
}

/*
 * Frees *@object into the magazine if it lies in a slab of the cache. Returns
 * false if the caller has to call __carve_cache_free_any().
 */
static __always_inline bool carve_cache_free_hot(struct carve_cache *cache,
						 void **object)
{
	return carve_magazines_free_valid(&cache->magazines, object,
					  carve_cache_validate, cache);
}

/*
 * Quick test whether @object can be the start of an object. It rejects all
 * interior pointers if the size is a power of two, and most of them otherwise;
 * carve_slab_error() does the exact test.
 */
static __always_inline bool carve_cache_aligned(const struct carve_cache *cache,
						const void *object)
{
	return likely(!(lower_32_bits((unsigned long)object) & cache->low_bits));
}

/* Frees an object that lies in a slab of the cache, on behalf of @caller */
static __always_inline void __carve_cache_free_caller(struct carve_cache *cache,
						      void *object,
						      unsigned long caller)
{
	/* Tail calls: no register has to be saved */
	if (unlikely(want_init_on_free()))
		carve_cache_free_cleared(cache, object, caller);
	else if (!carve_cache_aligned(cache, object) ||
		 unlikely(!carve_magazines_free_new(&cache->magazines, object)))
		carve_cache_free_slow(cache, object, caller);
}

static __always_inline void __carve_cache_free(struct carve_cache *cache,
					       void *object)
{
	__carve_cache_free_caller(cache, object, _RET_IP_);
}

#endif /* _CARVE_CACHE_INLINE_H */
