/* SPDX-License-Identifier: GPL-2.0 */
/* Nodes: lists of the slabs of one geometry. See node.c. */
#ifndef _CARVE_NODE_H
#define _CARVE_NODE_H

#include "slab/cache_types.h"

/* Initialises a node for objects at a distance of @size; node->left is set */
void carve_node_init(struct carve_cache *cache, struct carve_cache_node *node,
		     unsigned int size);
/*
 * Under cache->lock: allocate up to @n objects, from one slab or from several.
 * Return how many.
 */
unsigned int carve_node_alloc_from_slab(struct carve_cache *cache,
					struct carve_cache_node *node, void **objects,
					unsigned int n);
unsigned int carve_node_alloc_objects(struct carve_cache *cache,
				      struct carve_cache_node *node, void **objects,
				      unsigned int n);
/* carve_slab_free_objects() that moves the slab to its list */
unsigned int carve_node_free_objects(struct carve_cache *cache, void *const *objects,
				     unsigned int n);
/* Adds a new slab; false: no memory */
bool carve_node_grow(struct carve_cache *cache, struct carve_cache_node *node,
		     gfp_t gfp);
/* Free empty slabs down to @keep, or down to node->max_empty */
void carve_node_release(struct carve_cache *cache, struct carve_cache_node *node,
			unsigned int keep);
void carve_node_trim(struct carve_cache *cache, struct carve_cache_node *node);
/* Under cache->lock: adds the usage of a node to @usage */
void carve_node_add_usage(const struct carve_cache *cache,
			  const struct carve_cache_node *node,
			  struct carve_cache_usage *usage);
/* Checks the invariants of a node and its slabs */
void carve_node_check(struct carve_cache *cache, struct carve_cache_node *node,
		      struct carve_report *r);

#endif /* _CARVE_NODE_H */
