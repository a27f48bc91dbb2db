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

/* What can be wrong with an object that is freed */
enum carve_verdict {
	CARVE_OBJECT_OUT,	/* nothing: it is out of its slab */
	CARVE_NOT_OURS,
	CARVE_NOT_IN_SLAB,
	CARVE_OF_OTHER_CACHE,
	CARVE_NOT_A_START,
	CARVE_ALREADY_FREE,
};

/**
 * struct carve_records - of a debug slab: what its free_map leads to
 * @free_map: a bit for each object, set while it is in the slab
 * @of: what is known about each
 */
struct carve_records {
	unsigned long free_map[BITS_TO_LONGS(CARVE_SLAB_MAX_OBJECTS)];
	struct carve_record of[];
};

/* Chooses order, number of objects and colours of a shelf for its size */
void carve_slab_geometry(struct carve_cache *cache, struct carve_shelf *shelf);

/* Fewer objects in a slab where their records waste much otherwise */
void carve_slab_fit_records(struct carve_shelf *shelf);

/* The shelf that a slab of the cache belongs to */
static inline struct carve_shelf *carve_slab_shelf(struct carve_cache *cache,
						   const struct carve_page *slab)
{
	return slab->debug ? &cache->debug :
	       slab->order == cache->plain.order ? &cache->plain : &cache->low;
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
/*
 * Under cache->lock: puts the first of @n objects into its slab, which @slab is set
 * to, and those behind it that come from the same one; how many. 0: refused.
 */
unsigned int carve_slab_put(struct carve_cache *cache, void *const *objects,
			    unsigned int n, struct carve_page **slab);

/**
 * carve_slab_locate() - find an object that is freed, and all that is wrong with it
 * @cache: the cache that it is freed to; its lock is held
 * @object: its address
 * @slab: set to its slab
 * @index: set to its number there
 *
 * Return: the verdict. Up to CARVE_OF_OTHER_CACHE @slab and @index aren't set;
 * from CARVE_NOT_A_START on they lead to the object that the address lies in,
 * or to CARVE_SLAB_MAX_OBJECTS if to none.
 */
enum carve_verdict carve_slab_locate(struct carve_cache *cache,
				     const void *object,
				     struct carve_page **slab,
				     unsigned int *index);

/* In words; NULL: nothing is wrong */
const char *carve_verdict_text(enum carve_verdict verdict);

/* The object of this number */
void *carve_slab_object(struct carve_cache *cache,
			const struct carve_page *slab, unsigned int index);
/* What is known about an object of a debug slab */
struct carve_record *carve_slab_record(const struct carve_page *slab,
				       unsigned int index);
/* Is the object of this number in the slab? */
bool carve_slab_has(struct carve_cache *cache, struct carve_page *slab,
		    unsigned int index);
/* Do the count of objects out and the free map agree? */
bool carve_slab_counts(struct carve_cache *cache, struct carve_page *slab);

/* Why carve_slab_put() would refuse @object; NULL: it would not */
const char *carve_slab_error(struct carve_cache *cache, const void *object);

/* Under cache->lock: walks the invariants of a slab */
void carve_slab_check(struct carve_cache *cache, struct carve_page *slab,
		      struct carve_report *r);

/*
 * shelf.c. For objects of @size from one to the next; ->left is set. Then, under
 * cache->lock: up to @n objects out of one slab, or of as many as it takes, how
 * many; and back into theirs, up to the first of another one. 0: refused.
 */
void carve_shelf_init(struct carve_cache *cache, struct carve_shelf *shelf,
		      unsigned int size);
unsigned int carve_shelf_take_some(struct carve_cache *cache,
				   struct carve_shelf *shelf, void **objects,
				   unsigned int n);
unsigned int carve_shelf_take(struct carve_cache *cache,
			      struct carve_shelf *shelf, void **objects,
			      unsigned int n);
unsigned int carve_shelf_put(struct carve_cache *cache, void *const *objects,
			     unsigned int n);
/* One slab more, false for want of memory */
bool carve_shelf_grow(struct carve_cache *cache, struct carve_shelf *shelf,
		      gfp_t gfp);
/* Empty slabs are given back, but for @keep, or for what it may keep */
void carve_shelf_release(struct carve_cache *cache, struct carve_shelf *shelf,
			 unsigned int keep);
void carve_shelf_trim(struct carve_cache *cache, struct carve_shelf *shelf);
/* Under cache->lock */
void carve_shelf_add_usage(const struct carve_cache *cache,
			   const struct carve_shelf *shelf,
			   struct carve_cache_usage *usage);
/* Walks the invariants of a shelf and its slabs */
void carve_shelf_check(struct carve_cache *cache, struct carve_shelf *shelf,
		       struct carve_report *r);

/* cache.c: how its magazines are filled and flushed */
extern const struct carve_magazine_ops carve_cache_ops;
/* cache.c: tell those who trace; of a free, before it */
void carve_cache_trace_alloc(const struct carve_cache *cache,
			     const void *object, size_t size, gfp_t gfp,
			     unsigned long caller);
void carve_cache_trace_free(struct carve_cache *cache, const void *object,
			    unsigned long caller);
/* cache.c: all magazines of a cache back to its slabs; sleeps */
void carve_cache_drain(struct carve_cache *cache);
/* cache.c: all empty slabs; and how many pages it ever gave back, an estimate */
void carve_cache_release_empty(struct carve_cache *cache);
unsigned long carve_cache_pages_released(const struct carve_cache *cache);
/* cache.c: walks the invariants of all its shelves */
void carve_cache_check(struct carve_cache *cache, struct carve_report *r);

#endif /* _CARVE_SLAB_H */
