/* SPDX-License-Identifier: GPL-2.0 */
/* Allocated objects by call site, as in alloc_traces. See users.c. */
#ifndef _CARVE_USERS_H
#define _CARVE_USERS_H

#include "slab/cache_types.h"

/*
 * Reports bytes, objects and stack trace of each call site that holds objects
 * of a cache, largest first, at most @max sites. Reports nothing for a cache
 * without user tracking. May sleep.
 */
void carve_users_report(struct carve_cache *cache, struct carve_report *r,
			unsigned int max);

/* Reports all caches. Returns the number of tracked caches, or -ENOMEM. */
int carve_users_report_all(struct carve_slabs *slabs, struct carve_report *r);

#endif /* _CARVE_USERS_H */
