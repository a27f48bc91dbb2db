// SPDX-License-Identifier: GPL-2.0
/*
 * kmem_cache_create() for modules built with include/carveout_native.h.
 *
 * In mm/, several caches may have one name. Here names are unique: a number is
 * appended to a name that is in use. carve_cache_create() has the locking.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <carveout.h>

#include "core/instance.h"
#include "slab/caches.h"

/* Supported flags; the others, about debugging in mm/, are dropped */
#define NATIVE_FLAGS (SLAB_HWCACHE_ALIGN | SLAB_TYPESAFE_BY_RCU | \
		      SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT | SLAB_CACHE_DMA | \
		      SLAB_CACHE_DMA32)

/*
 * Truncate @from, replace unprintable characters and append @nr unless it is 0
 */
static void make_cache_name(char *to, const char *from, unsigned int nr)
{
	char *c;

	if (nr)
		snprintf(to, CARVE_CACHE_NAME_LEN, "%.*s.%u",
			 CARVE_CACHE_NAME_LEN - 12, from, nr);
	else
		strscpy(to, from, CARVE_CACHE_NAME_LEN);
	for (c = to; *c; c++)
		if (!isgraph(*c))
			*c = '_';
}

struct carve_cache *carve_native_cache_new(const char *name, unsigned int size,
					   unsigned int align,
					   slab_flags_t flags,
					   void (*ctor)(void *object))
{
	struct carveout *co = carveout_native();
	char unique[CARVE_CACHE_NAME_LEN];
	struct carve_cache *cache;
	unsigned int nr = 0;

	if (!co)
		return NULL;
	do {
		make_cache_name(unique, name, nr);
	} while (carve_cache_name_taken(&co->slabs, unique) && nr++ < 10000);
	cache = carve_cache_create(co, unique, size, align,
				   flags & NATIVE_FLAGS, ctor);
	if (!IS_ERR(cache))
		return cache;
	if (flags & SLAB_PANIC)
		panic("carveout: failed to create cache %s\n", name);
	return NULL;
}
EXPORT_SYMBOL_GPL(carve_native_cache_new);
