// SPDX-License-Identifier: GPL-2.0
/*
 * The exported functions for caches, documented in include/carveout.h. The fast
 * path of the slab layer is inlined here; locking is the slab layer's.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/static_call.h>

#include <carveout.h>

#include "api/caller.h"
#include "core/instance.h"
#include "slab/bulk.h"
#include "slab/caches.h"

struct carve_cache *carve_cache_create(struct carveout *co, const char *name,
				       unsigned int size, unsigned int align,
				       slab_flags_t flags,
				       void (*ctor)(void *object))
{
	const struct carve_cache_args args = {
		.name = name,
		.size = size,
		.align = align,
		.flags = flags,
		.ctor = ctor,
		.caller = _RET_IP_,
	};

	return carve_cache_new(&co->slabs, &args);
}
EXPORT_SYMBOL_GPL(carve_cache_create);

struct carve_cache *
carve_cache_create_with(struct carveout *co, const char *name,
			unsigned int size, slab_flags_t flags,
			const struct carve_cache_options *options)
{
	static const struct carve_cache_options none;
	struct carve_cache_args args;

	options = options ?: &none;
	args = (struct carve_cache_args){
		.name = name,
		.size = size,
		.align = options->align,
		.flags = flags,
		.ctor = options->ctor,
		.dtor = options->dtor,
		.caller = _RET_IP_,
	};

	return carve_cache_new(&co->slabs, &args);
}
EXPORT_SYMBOL_GPL(carve_cache_create_with);

int carve_cache_destroy(struct carve_cache *cache)
{
	struct carveout *co;

	/* Accept any return value of carve_cache_create() */
	if (IS_ERR_OR_NULL(cache))
		return 0;
	co = container_of(cache->slabs, struct carveout, slabs);
	/* Objects that wait for a grace period are not in use */
	carve_rcu_flush(&co->rcu);
	return carve_cache_delete(cache);
}
EXPORT_SYMBOL_GPL(carve_cache_destroy);

void *carve_cache_alloc_any(struct carve_cache *cache, gfp_t gfp)
{
	return __carve_cache_alloc(cache, gfp);
}
EXPORT_SYMBOL_GPL(carve_cache_alloc_any);

static void *cache_alloc_as_is(struct carve_cache *cache, gfp_t gfp);

static CARVE_API_SLOW void *cache_alloc_as_is_slow(struct carve_cache *cache,
						   gfp_t gfp)
{
	return carve_cache_alloc_slow(cache, 0, gfp,
				      carve_api_caller(cache_alloc_as_is));
}

/* Without the test for zeroing: neither @gfp nor init_on_alloc asks for it */
static void *cache_alloc_as_is(struct carve_cache *cache, gfp_t gfp)
{
	void *object;

	carve_might_alloc(gfp);
	if (unlikely(!carve_magazines_alloc(&cache->magazines, &object)))
		return cache_alloc_as_is_slow(cache, gfp);
	return object;
}

DEFINE_STATIC_CALL(carve_cache_alloc_plain, cache_alloc_as_is);
EXPORT_STATIC_CALL_GPL(carve_cache_alloc_plain);

void *carve_cache_zalloc(struct carve_cache *cache, gfp_t gfp)
{
	return __carve_cache_alloc(cache, gfp | __GFP_ZERO);
}
EXPORT_SYMBOL_GPL(carve_cache_zalloc);

static CARVE_API_SLOW void cache_free_slow(struct carve_cache *cache,
					   void *object)
{
	__carve_cache_free_any(cache, object, carve_api_caller(carve_cache_free));
}

void carve_cache_free(struct carve_cache *cache, void *object)
{
	if (unlikely(!carve_cache_free_hot(cache, &object)))
		cache_free_slow(cache, object);
}
EXPORT_SYMBOL_GPL(carve_cache_free);

unsigned long carve_cache_shrink(struct carve_cache *cache)
{
	return carve_cache_give_back(cache);
}
EXPORT_SYMBOL_GPL(carve_cache_shrink);

unsigned int carve_cache_size(const struct carve_cache *cache)
{
	return cache->object_size;
}
EXPORT_SYMBOL_GPL(carve_cache_size);

size_t carve_cache_alloc_bulk(struct carve_cache *cache, gfp_t gfp, size_t nr,
			      void **objects)
{
	return __carve_cache_alloc_bulk(cache, gfp, nr, objects, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_cache_alloc_bulk);

void carve_cache_free_bulk(struct carve_cache *cache, size_t nr, void **objects)
{
	__carve_cache_free_bulk(cache, nr, objects, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_cache_free_bulk);
