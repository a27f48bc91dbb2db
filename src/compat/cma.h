/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory from the kernel's default CMA area, over cma_alloc() where that is
 * exported, and over the DMA API of a device of ours where it is not.
 */
#ifndef _CARVE_COMPAT_CMA_H
#define _CARVE_COMPAT_CMA_H

#include <linux/types.h>

struct page;

/**
 * struct carve_compat_cma - what carve_compat_cma_alloc() needs for the release
 * @page: the first page
 * @nr_pages: how many
 * @device: whose memory it is, where the DMA API was used
 * @dma: its address for that device
 */
struct carve_compat_cma {
	struct page *page;
	unsigned long nr_pages;
	struct platform_device *device;
	dma_addr_t dma;
};

/* 0, or -ENODEV: no CMA area, -ENOMEM: it hasn't got that much; may sleep */
int carve_compat_cma_alloc(struct carve_compat_cma *cma,
			   unsigned long nr_pages);
void carve_compat_cma_release(struct carve_compat_cma *cma);

/* Pages of CMA that are free now, in all of its areas */
unsigned long carve_compat_cma_nr_free(void);

#endif /* _CARVE_COMPAT_CMA_H */
