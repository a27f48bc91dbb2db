/* SPDX-License-Identifier: GPL-2.0 */
/* Slabs: blocks of pages divided into objects. See slab.c. */
#ifndef _CARVE_SLAB_H
#define _CARVE_SLAB_H

#include "slab/cache_types.h"

/* Largest number of objects whose free map fits into the page descriptor */
#define CARVE_SLAB_INLINE_OBJECTS 64
#define CARVE_SLAB_MAX_ORDER 3U
/* Objects of the smallest size in one page */
#define CARVE_SLAB_MAX_OBJECTS (PAGE_SIZE / 8)

/* Result of looking up an object that is freed */
enum carve_free_error {
	CARVE_OBJECT_OUT,	/* no error: not free in its slab */
	CARVE_NOT_OURS,
	CARVE_NOT_IN_SLAB,
	CARVE_OF_OTHER_CACHE,
	CARVE_NOT_A_START,
	CARVE_ALREADY_FREE,
};

/**
 * struct carve_metadata_array - metadata of a debug slab's objects
 * @free_map: a bit per object, set while it is free in the slab; the page
 *	descriptor's free_map points to it
 * @of: metadata of each object
 */
struct carve_metadata_array {
	unsigned long free_map[BITS_TO_LONGS(CARVE_SLAB_MAX_OBJECTS)];
	struct carve_metadata of[];
};

/**
 * struct carve_slab_hooks - what slabs need of files that use slabs themselves
 * @alloc_map: allocate a free map; NULL: no memory
 * @free_map: free it
 * @debug_prepare: initialise metadata and objects of a new debug slab
 * @debug_check: under cache->lock, check the invariants of a debug slab
 * @debug_moves: under cache->lock, a debug slab is about to move to another list
 */
struct carve_slab_hooks {
	void *(*alloc_map)(struct carve_cache *map_cache, gfp_t gfp);
	void (*free_map)(struct carve_cache *map_cache, void *map);
	void (*debug_prepare)(struct carve_cache *cache, struct carve_page *slab);
	void (*debug_check)(struct carve_cache *cache, struct carve_page *slab,
			    struct carve_report *r);
	void (*debug_moves)(struct carve_cache *cache,
			    const struct carve_page *slab);
};

/* The node that @slab belongs to */
static inline struct carve_cache_node *carve_slab_node(struct carve_cache *cache,
						       const struct carve_page *slab)
{
	return slab->debug ? &cache->debug :
	       slab->order == cache->oo.order ? &cache->oo : &cache->min;
}

/* Sets order, number of objects and colours of a node from node->size */
void carve_slab_geometry(struct carve_cache *cache, struct carve_cache_node *node);

/* Reduces objects per slab if this halves the pages for metadata */
void carve_slab_fit_metadata(struct carve_cache_node *node);

/* Allocates a slab of free, constructed objects, on no list; NULL: no memory */
struct carve_page *carve_slab_new(struct carve_cache *cache,
				  struct carve_cache_node *node, gfp_t gfp,
				  unsigned int colour);
/* Frees an empty slab that is on no list */
void carve_slab_release(struct carve_cache *cache, struct carve_page *slab);

/* Under cache->lock: allocates up to @n objects of a slab; returns how many */
unsigned int carve_slab_alloc_objects(struct carve_cache *cache,
				      struct carve_page *slab, void **objects,
				      unsigned int n);
/*
 * Under cache->lock: frees objects[0] to its slab, and the objects after it
 * that come from that slab. Sets @slab. Returns how many; 0: objects[0] is
 * invalid.
 */
unsigned int carve_slab_free_objects(struct carve_cache *cache, void *const *objects,
				     unsigned int n, struct carve_page **slab);

/**
 * carve_slab_locate() - find and check an object that is freed
 * @cache: the cache that it is freed to; its lock is held
 * @object: address of the object
 * @slab: set to its slab
 * @index: set to its index in the slab
 *
 * Return: CARVE_OBJECT_OUT or the error. CARVE_NOT_OURS, CARVE_NOT_IN_SLAB and
 * CARVE_OF_OTHER_CACHE leave @slab and @index unset. CARVE_NOT_A_START sets
 * @index to the object that contains the address, or to CARVE_SLAB_MAX_OBJECTS
 * if there is none.
 */
enum carve_free_error carve_slab_locate(struct carve_cache *cache,
					const void *object,
					struct carve_page **slab,
					unsigned int *index);

/* Message for an error; NULL for CARVE_OBJECT_OUT */
const char *carve_free_error_text(enum carve_free_error error);

/* Address of an object by its index */
void *carve_slab_object(struct carve_cache *cache,
			const struct carve_page *slab, unsigned int index);
/* Metadata of an object of a debug slab */
struct carve_metadata *carve_slab_metadata(const struct carve_page *slab,
					   unsigned int index);
/* Is the object free in the slab? */
bool carve_slab_has(struct carve_cache *cache, struct carve_page *slab,
		    unsigned int index);
/* Do @inuse and the free map agree? */
bool carve_slab_counts(struct carve_cache *cache, struct carve_page *slab);

/* Message why freeing @object is invalid; NULL if it is valid */
const char *carve_slab_error(struct carve_cache *cache, const void *object);

/* Under cache->lock: checks the invariants of a slab */
void carve_slab_check(struct carve_cache *cache, struct carve_page *slab,
		      struct carve_report *r);

/*
 * The cache of the slab that @page belongs to; NULL if it belongs to none. Safe
 * against a concurrent free of the slab: the caller need not own an object.
 */
struct carve_cache *carve_slab_cache(const struct carve_pages *pages,
				     const struct carve_page *page);

#endif /* _CARVE_SLAB_H */
