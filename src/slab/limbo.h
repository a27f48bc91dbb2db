/* SPDX-License-Identifier: GPL-2.0 */
/* Empty slabs that readers may still look into. See limbo.c. */
#ifndef _CARVE_LIMBO_H
#define _CARVE_LIMBO_H

#include "slab/cache.h"

void carve_limbo_init(struct carve_cache *cache);
/* A slab that is empty and on no list: given back after a grace period */
void carve_limbo_add(struct carve_cache *cache, struct carve_page *slab);
/* Returns when all those have been given back; sleeps */
void carve_limbo_flush(struct carve_cache *cache);

#endif /* _CARVE_LIMBO_H */
