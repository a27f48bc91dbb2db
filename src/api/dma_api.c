// SPDX-License-Identifier: GPL-2.0
/*
 * The exported functions for coherent DMA buffers, documented in
 * include/carveout.h. Wrappers of the files in dma/, which have the locking.
 */
#include <linux/device.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>

#include <carveout.h>

#include "core/instance.h"
#include "dma/dma_pool.h"
#include "dma/dma_share.h"

void *carve_dma_alloc_coherent(struct carveout *co, struct device *dev,
			       size_t size, dma_addr_t *dma_handle, gfp_t gfp)
{
	return carve_dma_alloc(&co->dma, dev, size, dma_handle, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_dma_alloc_coherent);

void *carve_dmam_alloc_coherent(struct carveout *co, struct device *dev,
				size_t size, dma_addr_t *dma_handle, gfp_t gfp)
{
	return carve_dma_alloc_managed(&co->dma, dev, size, dma_handle, gfp,
				       _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_dmam_alloc_coherent);

void carve_dma_free_coherent(struct carveout *co, struct device *dev,
			     size_t size, void *cpu_addr,
			     dma_addr_t dma_handle)
{
	if (cpu_addr)
		carve_dma_free(&co->dma, dev, size, cpu_addr, dma_handle,
			       _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_dma_free_coherent);

int carve_dma_get_sgtable(struct carveout *co, struct device *dev,
			  struct sg_table *sgt, void *cpu_addr,
			  dma_addr_t dma_handle, size_t size)
{
	return carve_dma_fill_sgtable(&co->dma, dev, sgt, cpu_addr, dma_handle,
				      size);
}
EXPORT_SYMBOL_GPL(carve_dma_get_sgtable);

int carve_dma_mmap_coherent(struct carveout *co, struct device *dev,
			    struct vm_area_struct *vma, void *cpu_addr,
			    dma_addr_t dma_handle, size_t size)
{
	return carve_dma_mmap(&co->dma, dev, vma, cpu_addr, dma_handle, size);
}
EXPORT_SYMBOL_GPL(carve_dma_mmap_coherent);

static struct carve_dma_pool *create_pool(struct carveout *co, const char *name,
					  struct device *dev, size_t size,
					  size_t align, size_t boundary,
					  unsigned long caller)
{
	const struct carve_dma_pool_args args = {
		.name = name,
		.dev = dev,
		.size = size,
		.align = align,
		.boundary = boundary,
		.caller = caller,
	};

	return carve_dma_pool_new(&co->dma, &co->slabs, &args);
}

struct carve_dma_pool *carve_dma_pool_create(struct carveout *co,
					     const char *name,
					     struct device *dev, size_t size,
					     size_t align, size_t boundary)
{
	return create_pool(co, name, dev, size, align, boundary, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_dma_pool_create);

void carve_dma_pool_destroy(struct carve_dma_pool *pool)
{
	if (pool)
		carve_dma_pool_delete(pool, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_dma_pool_destroy);

static void destroy_managed_pool(void *pool)
{
	carve_dma_pool_destroy(pool);
}

struct carve_dma_pool *carve_dmam_pool_create(struct carveout *co,
					      const char *name,
					      struct device *dev, size_t size,
					      size_t align, size_t boundary)
{
	struct carve_dma_pool *pool = create_pool(co, name, dev, size, align,
						  boundary, _RET_IP_);

	if (pool && devm_add_action_or_reset(dev, destroy_managed_pool, pool))
		return NULL;
	return pool;
}
EXPORT_SYMBOL_GPL(carve_dmam_pool_create);

void *carve_dma_pool_alloc(struct carve_dma_pool *pool, gfp_t gfp,
			   dma_addr_t *handle)
{
	return __carve_dma_pool_alloc(pool, gfp, handle);
}
EXPORT_SYMBOL_GPL(carve_dma_pool_alloc);

void carve_dma_pool_free(struct carve_dma_pool *pool, void *vaddr,
			 dma_addr_t handle)
{
	if (vaddr)
		__carve_dma_pool_free(pool, vaddr, handle, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_dma_pool_free);
