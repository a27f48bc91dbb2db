/* SPDX-License-Identifier: GPL-2.0 */
/* kmalloc() and related functions. See kmalloc.c. */
#ifndef _CARVE_KMALLOC_H
#define _CARVE_KMALLOC_H

#include <linux/string.h>

#include "slab/cache_inline.h"
#include "slab/slab.h"

struct carve_boot;

/* Largest size class; larger requests allocate pages */
#define CARVE_KMALLOC_MAX_CACHE SZ_8K

/* Kinds of kmalloc caches; the DMA kinds equal the zone type */
enum carve_kmalloc_kind {
	CARVE_KMALLOC_DMA = CARVE_ZONE_DMA,
	CARVE_KMALLOC_DMA32 = CARVE_ZONE_DMA32,
	CARVE_KMALLOC_NORMAL,
	CARVE_NR_KMALLOC_KINDS,
};

/**
 * struct carve_kmalloc_class - a size class
 * @names: names of its caches, by enum carve_kmalloc_kind
 * @size: object size in bytes
 */
struct carve_kmalloc_class {
	const char *names[CARVE_NR_KMALLOC_KINDS];
	unsigned int size;
};

extern const struct carve_kmalloc_class carve_kmalloc_classes[CARVE_NR_KMALLOC];
/* Size class by (size - 1) / 8 */
extern const u8 carve_kmalloc_class_of[CARVE_KMALLOC_MAX_CACHE / 8];

/* Zone modifiers that slabs->kmalloc doesn't satisfy */
#define CARVE_GFP_LOW (__GFP_DMA | __GFP_DMA32)

/* Called when all zones are known. 0, or -ENOMEM if @boot is full */
int carve_kmalloc_init(struct carve_slabs *slabs, struct carve_boot *boot);

/* Slow paths: large sizes, and GFP_DMA and GFP_DMA32 */
void *carve_kmalloc_rest(struct carve_slabs *slabs, size_t size, gfp_t gfp,
			 unsigned long caller);
void *carve_kmalloc_as_is_slow(struct carve_slabs *slabs, size_t size, gfp_t gfp,
			       unsigned long caller);
void *carve_kmalloc_large(struct carve_slabs *slabs, size_t size, gfp_t gfp,
			  unsigned long caller);
void carve_kfree_large(struct carve_slabs *slabs, const void *p,
		       unsigned long caller);
/* The cache of the slab that contains @p, which may be any address, or NULL */
static inline struct carve_cache *
carve_kmalloc_cache_at(struct carve_slabs *slabs, const void *p)
{
	struct carve_page *page = carve_pages_lookup(slabs->pages, p);
	struct carve_cache *cache;
	u8 state;

	if (!page)
		return NULL;
	state = READ_ONCE(page->state);
	cache = READ_ONCE(slabs->by_state[state]);
	if (likely(cache != slabs->no_cache))
		return cache;
	return state >= CARVE_PAGE_SLAB ?
	       carve_slab_cache(slabs->pages, page) : NULL;
}

/* Counts and reports a pointer for which carve_kmalloc_usable() returns 0 */
void carve_kmalloc_report(struct carve_slabs *slabs, enum carve_misuse kind,
			  const void *p, unsigned long caller);
/* carve_kfree() of any address, on behalf of @caller */
void __cold __carve_kfree_any(struct carve_slabs *slabs, const void *p,
			      unsigned long caller);

/* See include/carveout.h for a description */
size_t carve_kmalloc_roundup(size_t size);
size_t carve_kmalloc_usable(struct carve_slabs *slabs, const void *p);
/* Bytes that the owner may have written: the requested size, if it is known */
size_t carve_kmalloc_written(struct carve_slabs *slabs, const void *p);
/* ksize(): tells debugging that the owner may use all usable bytes */
size_t carve_kmalloc_claim(struct carve_slabs *slabs, const void *p,
			   unsigned long caller);
void *carve_kmalloc_resize(struct carve_slabs *slabs, const void *p,
			   size_t size, gfp_t gfp, unsigned long caller);

/* Size class of @size, which is from 1 to CARVE_KMALLOC_MAX_CACHE */
static __always_inline unsigned int carve_kmalloc_class(size_t size)
{
	return carve_kmalloc_class_of[(size - 1) / 8];
}

/* carve_kmalloc() on behalf of @caller */
static __always_inline void *__carve_kmalloc(struct carve_slabs *slabs,
					     size_t size, gfp_t gfp,
					     unsigned long caller)
{
	/* A @size of 0 wraps around */
	if (likely(size - 1 < CARVE_KMALLOC_MAX_CACHE &&
		   !(gfp & CARVE_GFP_LOW)))
		return __carve_cache_alloc_sized(slabs->kmalloc[carve_kmalloc_class(size)],
						 size, gfp);
	return carve_kmalloc_rest(slabs, size, gfp, caller);
}

/*
 * Fast path without zone modifiers and zeroing; sets *@p. Returns false if the
 * caller has to call carve_kmalloc_as_is_slow().
 */
static __always_inline bool carve_kmalloc_hot(struct carve_slabs *slabs,
					      size_t size, void **p)
{
	return likely(size - 1 < CARVE_KMALLOC_MAX_CACHE &&
		      carve_magazines_alloc(&slabs->kmalloc[carve_kmalloc_class(size)]->magazines,
					    p));
}

/*
 * Fast path of carve_kfree(). Returns false if the caller has to call
 * __carve_kfree_any(). If @p is not an allocated object, another CPU may free
 * the slab concurrently, and reuse the descriptor's cache pointer. So look up
 * the cache by the page state alone: every state has one, be it @no_cache.
 */
static __always_inline bool carve_kfree_hot(struct carve_slabs *slabs,
					    const void *p)
{
	const struct carve_page *page;
	struct carve_cache *cache;
	unsigned long at;

	if (unlikely(!carve_span_locate(&slabs->span, p, &at)))
		return false;
	page = &slabs->span.map[at >> PAGE_SHIFT];
	/* Races with reuse of the page, and with creation of caches */
	cache = data_race(READ_ONCE(slabs->by_state[READ_ONCE(page->state)]));
	return carve_cache_aligned(cache, p) &&
	       carve_magazines_free_new(&cache->magazines, (void *)p);
}

/* carve_kfree() on behalf of @caller */
static __always_inline void __carve_kfree(struct carve_slabs *slabs,
					  const void *p,
					  unsigned long caller)
{
	if (unlikely(!carve_kfree_hot(slabs, p)))
		__carve_kfree_any(slabs, p, caller);
}

/* carve_kfree_sensitive() on behalf of @caller */
static inline void __carve_kfree_sensitive(struct carve_slabs *slabs,
					   const void *p, unsigned long caller)
{
	memzero_explicit((void *)p, carve_kmalloc_claim(slabs, p, caller));
	__carve_kfree(slabs, p, caller);
}

#endif /* _CARVE_KMALLOC_H */
