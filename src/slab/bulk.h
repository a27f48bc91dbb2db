/* SPDX-License-Identifier: GPL-2.0 */
/* Many objects at once. See bulk.c. */
#ifndef _CARVE_BULK_H
#define _CARVE_BULK_H

#include "slab/kmalloc.h"

/* See include/carveout.h for what these mean */
size_t carve_cache_get_bulk(struct carve_cache *cache, gfp_t gfp, size_t n,
			    void **objects, unsigned long caller);
void carve_cache_put_bulk(struct carve_cache *cache, size_t n, void **objects,
			  unsigned long caller);
void carve_kmalloc_put_bulk(struct carve_slabs *slabs, size_t n, void **objects,
			    unsigned long caller);

#endif /* _CARVE_BULK_H */
