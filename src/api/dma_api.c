// SPDX-License-Identifier: GPL-2.0
/*
 * The exported functions for coherent DMA buffers, documented in
 * include/carveout.h. Wrappers of dma/dma.c, which has the locking.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>

#include <carveout.h>

#include "core/instance.h"

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
