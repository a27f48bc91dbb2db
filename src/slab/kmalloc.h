/* SPDX-License-Identifier: GPL-2.0 */
/* kmalloc and its family over caches of fixed sizes. See kmalloc.c. */
#ifndef _CARVE_KMALLOC_H
#define _CARVE_KMALLOC_H

#include "slab/cache.h"

/* The largest size class; what is larger takes whole pages */
#define CARVE_KMALLOC_MAX_CACHE SZ_8K

/* Caches for GFP_DMA and GFP_DMA32 stand by the type of zone that these want */
enum carve_kmalloc_kind {
	CARVE_KMALLOC_DMA = CARVE_ZONE_DMA,
	CARVE_KMALLOC_DMA32 = CARVE_ZONE_DMA32,
	CARVE_KMALLOC_NORMAL,
	CARVE_NR_KMALLOC_KINDS,
};

/**
 * struct carve_kmalloc_class - a size class
 * @names: of its caches, by enum carve_kmalloc_kind
 * @size: of its objects, in bytes
 */
struct carve_kmalloc_class {
	const char *names[CARVE_NR_KMALLOC_KINDS];
	unsigned int size;
};

extern const struct carve_kmalloc_class carve_kmalloc_classes[CARVE_NR_KMALLOC];
/* The class of each size: of 1 to 8 bytes, 9 to 16 and so on */
extern const u8 carve_kmalloc_class_of[CARVE_KMALLOC_MAX_CACHE / 8];

/* Zone modifiers that the caches of most requests don't satisfy */
#define CARVE_GFP_LOW (__GFP_DMA | __GFP_DMA32)

/* When all zones are known. 0, or -ENOMEM where @boot is full */
int carve_kmalloc_init(struct carve_slabs *slabs, struct carve_boot *boot);

/* Past the fast path: beyond the size classes, and GFP_DMA and GFP_DMA32 */
void *carve_kmalloc_rest(struct carve_slabs *slabs, size_t size, gfp_t gfp,
			 unsigned long caller);
void *carve_kmalloc_as_is_slow(struct carve_slabs *slabs, size_t size, gfp_t gfp,
			       unsigned long caller);
void *carve_kmalloc_large(struct carve_slabs *slabs, size_t size, gfp_t gfp,
			  unsigned long caller);
void carve_kfree_large(struct carve_slabs *slabs, const void *p,
		       unsigned long caller);
/* The cache that the slab at an address, any, belongs to; NULL: there is none */
static inline struct carve_cache *
carve_kmalloc_cache_at(struct carve_slabs *slabs, const void *p)
{
	struct carve_page *page = carve_pages_lookup(slabs->pages, p);

	if (!page || READ_ONCE(page->state) < CARVE_PAGE_SLAB)
		return NULL;
	/* NULL if the slab is being given back, as @p was no live object */
	return READ_ONCE(page->cache);
}

/* Counts and reports what carve_kmalloc_usable() says has no bytes */
void carve_kmalloc_refuse(struct carve_slabs *slabs, const void *p,
			  unsigned long caller);
void __cold carve_kmalloc_put_any(struct carve_slabs *slabs, const void *p,
				  unsigned long caller);

/* See include/carveout.h for what these mean */
size_t carve_kmalloc_roundup(size_t size);
size_t carve_kmalloc_usable(struct carve_slabs *slabs, const void *p);
/* How many of these bytes the owner may have written to */
size_t carve_kmalloc_written(struct carve_slabs *slabs, const void *p);
/* All of them, which the owner may use from now on: debugging has to know that */
size_t carve_kmalloc_claim(struct carve_slabs *slabs, const void *p,
			   unsigned long caller);
void *carve_kmalloc_resize(struct carve_slabs *slabs, const void *p,
			   size_t size, gfp_t gfp, unsigned long caller);

/* Number of the class for @size, which is from 1 to CARVE_KMALLOC_MAX_CACHE */
static __always_inline unsigned int carve_kmalloc_class(size_t size)
{
	return carve_kmalloc_class_of[(size - 1) / 8];
}

/* carve_kmalloc(), for the caller at @caller */
static __always_inline void *carve_kmalloc_get(struct carve_slabs *slabs,
					       size_t size, gfp_t gfp,
					       unsigned long caller)
{
	/* 0 wraps around to the largest */
	if (likely(size - 1 < CARVE_KMALLOC_MAX_CACHE &&
		   !(gfp & CARVE_GFP_LOW)))
		return carve_cache_get_sized(slabs->kmalloc[carve_kmalloc_class(size)],
					     size, gfp);
	return carve_kmalloc_rest(slabs, size, gfp, caller);
}

/*
 * The same where the GFP flags have no zone modifiers and nothing wants it zeroed.
 * False: carve_kmalloc_as_is_slow() has to see to it.
 */
static __always_inline bool carve_kmalloc_get_hot(struct carve_slabs *slabs,
						  size_t size, void **p)
{
	return likely(size - 1 < CARVE_KMALLOC_MAX_CACHE &&
		      carve_magazines_get(&slabs->kmalloc[carve_kmalloc_class(size)]->magazines,
					  p));
}

/* False: carve_kmalloc_put_any() has to look at it */
static __always_inline bool carve_kmalloc_put_hot(struct carve_slabs *slabs,
						  const void *p)
{
	const void *map = slabs->span.map;
	const struct carve_page *page;
	struct carve_cache *cache;
	unsigned long at;

	if (unlikely(!carve_span_locate(&slabs->span, p, &at)))
		return false;
	at = (at >> PAGE_SHIFT) * sizeof(*page);
	page = map + at;
	if (unlikely(page->state < CARVE_PAGE_SLAB))
		return false;
	/* Or the compiler would add both up before, which is an instruction more */
	OPTIMIZER_HIDE_VAR(at);
	page = map + at;
	cache = page->cache;
	return carve_cache_aligned(cache, p) &&
	       carve_magazines_put_new(&cache->magazines, (void *)p);
}

/* carve_kfree(), for the caller at @caller */
static __always_inline void carve_kmalloc_put(struct carve_slabs *slabs,
					      const void *p,
					      unsigned long caller)
{
	if (unlikely(!carve_kmalloc_put_hot(slabs, p)))
		carve_kmalloc_put_any(slabs, p, caller);
}

#endif /* _CARVE_KMALLOC_H */
