/* SPDX-License-Identifier: GPL-2.0 */
/* DMA buffers in scatterlists and in mappings of programs. See dma_share.c. */
#ifndef _CARVE_DMA_SHARE_H
#define _CARVE_DMA_SHARE_H

#include <linux/types.h>

struct carve_dma;
struct device;
struct sg_table;
struct vm_area_struct;

/* Documented in include/carveout.h */
int carve_dma_fill_sgtable(struct carve_dma *dma, struct device *dev,
			   struct sg_table *sgt, void *cpu_addr,
			   dma_addr_t dma_handle, size_t size);
int carve_dma_mmap(struct carve_dma *dma, struct device *dev,
		   struct vm_area_struct *vma, void *cpu_addr,
		   dma_addr_t dma_handle, size_t size);

#endif /* _CARVE_DMA_SHARE_H */
