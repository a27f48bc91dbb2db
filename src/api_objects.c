// SPDX-License-Identifier: GPL-2.0
/*
 * The exported API, continued: objects by the array, as the elements of native
 * memory pools, and freed after a grace period. include/carveout.h says what the functions do.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>

#include <carveout.h>

#include "instance.h"
#include "slab/bulk.h"

/* Bulk */

size_t carve_cache_alloc_bulk(struct carve_cache *cache, gfp_t gfp, size_t nr,
			      void **objects)
{
	return carve_cache_get_bulk(cache, gfp, nr, objects, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_cache_alloc_bulk);

void carve_cache_free_bulk(struct carve_cache *cache, size_t nr, void **objects)
{
	carve_cache_put_bulk(cache, nr, objects, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_cache_free_bulk);

void carve_kfree_bulk(struct carveout *co, size_t nr, void **objects)
{
	carve_kmalloc_put_bulk(&co->slabs, nr, objects, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kfree_bulk);

/* Elements of native memory pools */

void *carve_mempool_alloc_slab(gfp_t gfp, void *pool_data)
{
	return carve_cache_alloc(pool_data, gfp);
}
EXPORT_SYMBOL_GPL(carve_mempool_alloc_slab);

void carve_mempool_free_slab(void *element, void *pool_data)
{
	carve_cache_free(pool_data, element);
}
EXPORT_SYMBOL_GPL(carve_mempool_free_slab);

void *carve_mempool_kmalloc(gfp_t gfp, void *pool_data)
{
	const struct carve_mempool_source *source = pool_data;

	return carve_kmalloc(source->co, source->size, gfp);
}
EXPORT_SYMBOL_GPL(carve_mempool_kmalloc);

void carve_mempool_kfree(void *element, void *pool_data)
{
	const struct carve_mempool_source *source = pool_data;

	carve_kfree(source->co, element);
}
EXPORT_SYMBOL_GPL(carve_mempool_kfree);

void *carve_mempool_alloc_pages(gfp_t gfp, void *pool_data)
{
	const struct carve_mempool_source *source = pool_data;

	return carve_alloc_pages(source->co, gfp, source->order);
}
EXPORT_SYMBOL_GPL(carve_mempool_alloc_pages);

void carve_mempool_free_pages(void *element, void *pool_data)
{
	const struct carve_mempool_source *source = pool_data;

	carve_free_pages(source->co, element, source->order);
}
EXPORT_SYMBOL_GPL(carve_mempool_free_pages);

/* After a grace period */

void carve_kfree_rcu(struct carveout *co, const void *p, struct rcu_head *head)
{
	carve_rcu_free(&co->rcu, p, head, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kfree_rcu);

void carve_cache_free_rcu(struct carve_cache *cache, void *object,
			  struct rcu_head *head)
{
	struct carveout *co = container_of(cache->slabs, struct carveout,
					   slabs);

	if (likely(carve_cache_owns(cache, object)))
		carve_rcu_free(&co->rcu, object, head, _RET_IP_);
	else if (object)
		carve_cache_bad_free(cache, object, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_cache_free_rcu);

void carve_rcu_barrier(struct carveout *co)
{
	carve_rcu_flush(&co->rcu);
}
EXPORT_SYMBOL_GPL(carve_rcu_barrier);
