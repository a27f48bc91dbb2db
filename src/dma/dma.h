/* SPDX-License-Identifier: GPL-2.0 */
/* Coherent DMA memory. See dma.c. */
#ifndef _CARVE_DMA_H
#define _CARVE_DMA_H

#include <linux/atomic.h>
#include <linux/types.h>

#include "page/pages_types.h"

struct device;

/**
 * struct carve_dma - the DMA buffers of a carveout
 * @pages: the page allocator that serves them
 * @nr_buffers: number of buffers in use
 * @nr_refused: requests refused for another reason than lack of free memory
 */
struct carve_dma {
	struct carve_pages *pages;
	atomic_long_t nr_buffers;
	atomic_long_t nr_refused;
};

void carve_dma_init(struct carve_dma *dma, struct carve_pages *pages);

/* Documented in include/carveout.h */
void *carve_dma_alloc(struct carve_dma *dma, struct device *dev, size_t size,
		      dma_addr_t *dma_handle, gfp_t gfp, unsigned long caller);
void *carve_dma_alloc_managed(struct carve_dma *dma, struct device *dev,
			      size_t size, dma_addr_t *dma_handle, gfp_t gfp,
			      unsigned long caller);
void carve_dma_free(struct carve_dma *dma, struct device *dev, size_t size,
		    void *cpu_addr, dma_addr_t dma_handle,
		    unsigned long caller);

#endif /* _CARVE_DMA_H */
