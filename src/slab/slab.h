/* SPDX-License-Identifier: GPL-2.0 */
/* Slabs: blocks of pages cut into objects. See slab.c. */
#ifndef _CARVE_SLAB_H
#define _CARVE_SLAB_H

#include "slab/cache.h"

/* Objects that the 64 bits in a page descriptor can keep track of */
#define CARVE_SLAB_INLINE_OBJECTS 64
#define CARVE_SLAB_MAX_ORDER 3U
/* Objects of the smallest size in one page */
#define CARVE_SLAB_MAX_OBJECTS (PAGE_SIZE / 8)

/* Chooses order, number of objects and colours of a shelf for its size */
void carve_slab_geometry(struct carve_cache *cache, struct carve_shelf *shelf);

/* The shelf that a slab of the cache belongs to */
static inline struct carve_shelf *carve_slab_shelf(struct carve_cache *cache,
						   const struct carve_page *slab)
{
	return &cache->plain;
}

/* A slab with all objects constructed and in it, on no list; or NULL */
struct carve_page *carve_slab_new(struct carve_cache *cache,
				  struct carve_shelf *shelf, gfp_t gfp,
				  unsigned int colour);
/* Gives the pages of a slab that is on no list back */
void carve_slab_release(struct carve_cache *cache, struct carve_page *slab);

/* Under cache->lock: up to @n objects out of the slab, how many */
unsigned int carve_slab_take(struct carve_cache *cache,
			     struct carve_page *slab, void **objects,
			     unsigned int n);
/* Under cache->lock: puts an object into its slab, which is returned; NULL: refused */
struct carve_page *carve_slab_put(struct carve_cache *cache, void *object);

/* Why carve_slab_put() would refuse @object; NULL: it would not */
const char *carve_slab_error(struct carve_cache *cache, const void *object);

/* Under cache->lock: walks the invariants of a slab */
void carve_slab_check(struct carve_cache *cache, struct carve_page *slab,
		      struct carve_report *r);

#endif /* _CARVE_SLAB_H */
