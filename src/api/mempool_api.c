// SPDX-License-Identifier: GPL-2.0
/*
 * The exported allocation and free functions for the elements of a mempool_t,
 * documented in include/carveout.h. They have no state and no locking.
 */
#include <linux/export.h>

#include <carveout.h>

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
