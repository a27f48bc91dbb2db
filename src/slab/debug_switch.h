/* SPDX-License-Identifier: GPL-2.0 */
/* Switching the debugging of a cache on and off. See debug_switch.c. */
#ifndef _CARVE_DEBUG_SWITCH_H
#define _CARVE_DEBUG_SWITCH_H

struct carve_cache;
struct carve_page;

/* Sets the debug flags, under slabs->lock. 0 or -ENOMEM */
int carve_debug_switch(struct carve_cache *cache, unsigned int flags);

/* Under cache->lock, before a debug slab moves to another list of its node */
void carve_debug_slab_moves(struct carve_cache *cache, const struct carve_page *slab);

#endif /* _CARVE_DEBUG_SWITCH_H */
