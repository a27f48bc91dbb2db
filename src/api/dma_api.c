// SPDX-License-Identifier: GPL-2.0
/*
 * The exported functions for coherent DMA buffers, documented in
 * include/carveout.h. Wrappers of the files in dma/, which have the locking.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>

#include <carveout.h>

#include "core/instance.h"
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
