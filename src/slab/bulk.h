/* SPDX-License-Identifier: GPL-2.0 */
/* Bulk allocation and free. See bulk.c. */
#ifndef _CARVE_BULK_H
#define _CARVE_BULK_H

#include "slab/kmalloc.h"

/* See include/carveout.h for a description */
size_t __carve_cache_alloc_bulk(struct carve_cache *cache, gfp_t gfp, size_t n,
				void **objects, unsigned long caller);
void __carve_cache_free_bulk(struct carve_cache *cache, size_t n, void **objects,
			     unsigned long caller);
void __carve_kfree_bulk(struct carve_slabs *slabs, size_t n, void **objects,
			unsigned long caller);

#endif /* _CARVE_BULK_H */
