/* SPDX-License-Identifier: GPL-2.0 */
/* Who holds the objects of caches with user tracking. See users.c. */
#ifndef _CARVE_USERS_H
#define _CARVE_USERS_H

#include "slab/cache.h"

/*
 * Lists what each call site holds of a cache: bytes, objects, and its trace,
 * the largest first, at most @max of them. Nothing for a cache without user
 * tracking. May sleep.
 */
void carve_users_report(struct carve_cache *cache, struct carve_report *r,
			unsigned int max);

/* The same for all caches in one list. How many are tracked, or -ENOMEM. */
int carve_users_report_all(struct carve_slabs *slabs, struct carve_report *r);

#endif /* _CARVE_USERS_H */
