/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory from the kernel's default CMA area: from cma_alloc() if it is
 * exported, otherwise from the DMA API, for a platform device of the module.
 */
#ifndef _CARVE_COMPAT_CMA_H
#define _CARVE_COMPAT_CMA_H

#include <linux/types.h>

struct page;

/**
 * struct carve_compat_cma - an allocation of carve_compat_cma_alloc()
 * @page: the first page
 * @nr_pages: number of pages
 * @device: the device it was allocated for, with the DMA API
 * @dma: its bus address for @device
 */
struct carve_compat_cma {
	struct page *page;
	unsigned long nr_pages;
	struct platform_device *device;
	dma_addr_t dma;
};

/* 0; -ENODEV: no CMA area; -ENOMEM: too little memory in it; may sleep */
int carve_compat_cma_alloc(struct carve_compat_cma *cma,
			   unsigned long nr_pages);
void carve_compat_cma_release(struct carve_compat_cma *cma);

/* Number of free pages in all CMA areas */
unsigned long carve_compat_cma_nr_free(void);

#endif /* _CARVE_COMPAT_CMA_H */
