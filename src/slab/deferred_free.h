/* SPDX-License-Identifier: GPL-2.0 */
/* Free of empty slabs after a grace period. See deferred_free.c. */
#ifndef _CARVE_DEFERRED_FREE_H
#define _CARVE_DEFERRED_FREE_H

#include "slab/cache_types.h"

void carve_deferred_free_init(struct carve_cache *cache);
/* Frees an empty slab, which is on no list, after a grace period */
void carve_deferred_free_add(struct carve_cache *cache, struct carve_page *slab);
/* Waits until all deferred slabs are freed; sleeps */
void carve_deferred_free_flush(struct carve_cache *cache);

#endif /* _CARVE_DEFERRED_FREE_H */
