/* SPDX-License-Identifier: GPL-2.0 */
/* Coherent DMA memory. See dma.c. */
#ifndef _CARVE_DMA_H
#define _CARVE_DMA_H

#include <linux/atomic.h>
#include <linux/compiler_attributes.h>
#include <linux/gfp_types.h>
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

/* Zone modifiers are ignored, as by dma_alloc_coherent(): the masks decide */
static inline gfp_t carve_dma_gfp(gfp_t gfp)
{
	return gfp & ~(__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM | __GFP_COMP);
}

/* Count a refused request, and log "no @what for @dev: " and the reason */
__printf(4, 5)
void carve_dma_refuse(struct carve_dma *dma, const struct device *dev,
		      const char *what, const char *fmt, ...);

/*
 * The first page of the buffer that was allocated with these arguments; or
 * NULL, and @why says what else it is. Any context but NMI
 */
struct carve_page *carve_dma_find(struct carve_dma *dma,
				  const struct device *dev, size_t size,
				  const void *cpu_addr, dma_addr_t dma_handle,
				  const char **why);

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
