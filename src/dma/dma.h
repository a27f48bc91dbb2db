/* SPDX-License-Identifier: GPL-2.0 */
/* Coherent memory for devices, with its bus address. See dma.c. */
#ifndef _CARVE_DMA_H
#define _CARVE_DMA_H

#include <linux/atomic.h>
#include <linux/types.h>

#include "page/pages.h"

struct device;

/**
 * struct carve_dma - the DMA buffers of a carveout
 * @pages: where they come from
 * @nr_buffers: how many there are
 * @nr_refused: requests that could not be served whatever was free
 */
struct carve_dma {
	struct carve_pages *pages;
	atomic_long_t nr_buffers;
	atomic_long_t nr_refused;
};

void carve_dma_init(struct carve_dma *dma, struct carve_pages *pages);

/* See include/carveout.h for what these mean */
void *carve_dma_alloc(struct carve_dma *dma, struct device *dev, size_t size,
		      dma_addr_t *dma_handle, gfp_t gfp, unsigned long caller);
void *carve_dma_alloc_managed(struct carve_dma *dma, struct device *dev,
			      size_t size, dma_addr_t *dma_handle, gfp_t gfp,
			      unsigned long caller);
void carve_dma_free(struct carve_dma *dma, struct device *dev, size_t size,
		    void *cpu_addr, dma_addr_t dma_handle,
		    unsigned long caller);

#endif /* _CARVE_DMA_H */
