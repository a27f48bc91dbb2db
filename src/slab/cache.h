/* SPDX-License-Identifier: GPL-2.0 */
/* Caches: allocation and free of objects of one size. See cache.c. */
#ifndef _CARVE_CACHE_H
#define _CARVE_CACHE_H

#include "slab/cache_types.h"

/* Sets the number of empty slabs to retain, and frees the excess */
void carve_cache_keep_empty(struct carve_cache *cache, unsigned int nr);

/* Drains magazines and quarantine, frees empty slabs; returns pages freed */
unsigned long carve_cache_give_back(struct carve_cache *cache);

/* Slow paths, taken if the magazine can't serve or debugging is on */
void *__cold carve_cache_alloc_slow(struct carve_cache *cache, size_t size,
				    gfp_t gfp, unsigned long caller);
void __cold carve_cache_free_slow(struct carve_cache *cache, void *object,
				  unsigned long caller);
/* __carve_cache_free() with init_on_free: clears the object first */
void carve_cache_free_cleared(struct carve_cache *cache, void *object,
			      unsigned long caller);
/* Slow path of carve_cache_free(): @object may be any address */
void __cold __carve_cache_free_any(struct carve_cache *cache, void *object,
				   unsigned long caller);
/* Zeroes @object unless carve_cache_may_zero() forbids it; returns @object */
void *carve_cache_clear(struct carve_cache *cache, void *object, gfp_t gfp);
/* Counts and reports misuse of an address, which isn't an object in use */
void carve_cache_report(struct carve_cache *cache, enum carve_misuse kind,
			const void *object, unsigned long caller);

void carve_cache_usage(struct carve_cache *cache,
		       struct carve_cache_usage *usage);

/* Refills and flushes the magazines of a cache */
extern const struct carve_magazine_ops carve_cache_ops;
/* Emit tracepoints; call carve_cache_trace_free() before the free */
void carve_cache_trace_alloc(const struct carve_cache *cache,
			     const void *object, size_t size, gfp_t gfp,
			     unsigned long caller);
void carve_cache_trace_free(struct carve_cache *cache, const void *object,
			    unsigned long caller);
/* Drains all magazines of a cache to its slabs; sleeps */
void carve_cache_drain(struct carve_cache *cache);
/* Frees all empty slabs */
void carve_cache_release_empty(struct carve_cache *cache);
/* Pages ever freed by the cache, read without its lock */
unsigned long carve_cache_pages_released(const struct carve_cache *cache);
/* Checks the invariants of all its nodes */
void carve_cache_check(struct carve_cache *cache, struct carve_report *r);

#endif /* _CARVE_CACHE_H */
