// SPDX-License-Identifier: GPL-2.0
/* Allocate from the default CMA area. See cma.h. */
#include <linux/cma.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/vmstat.h>

#include "compat/cma.h"

unsigned long carve_compat_cma_nr_free(void)
{
	return IS_ENABLED(CONFIG_CMA) ?
	       global_zone_page_state(NR_FREE_CMA_PAGES) : 0;
}

#if !IS_ENABLED(CONFIG_CMA) || !IS_ENABLED(CONFIG_DMA_CMA)

int carve_compat_cma_alloc(struct carve_compat_cma *cma, unsigned long nr_pages)
{
	return -ENODEV;
}

void carve_compat_cma_release(struct carve_compat_cma *cma)
{
}

#elif defined(CARVE_HAVE_CMA_ALLOC)

int carve_compat_cma_alloc(struct carve_compat_cma *cma, unsigned long nr_pages)
{
	struct cma *area = dev_get_cma_area(NULL);

	if (!area)
		return -ENODEV;
	cma->nr_pages = nr_pages;
	cma->page = cma_alloc(area, nr_pages,
			      min_t(unsigned int, get_order(nr_pages << PAGE_SHIFT),
				    CONFIG_CMA_ALIGNMENT),
			      true);
	return cma->page ? 0 : -ENOMEM;
}

void carve_compat_cma_release(struct carve_compat_cma *cma)
{
	cma_release(dev_get_cma_area(NULL), cma->page, cma->nr_pages);
}

#else

/*
 * dma_alloc_pages() falls back to the page allocator when CMA fails, and the
 * source of its memory can't be told: so check the free CMA pages first.
 */
int carve_compat_cma_alloc(struct carve_compat_cma *cma, unsigned long nr_pages)
{
	unsigned long nr_free = carve_compat_cma_nr_free();
	struct platform_device *device;

	if (!nr_free)
		return -ENODEV;
	if (nr_free < nr_pages)
		return -ENOMEM;
	device = platform_device_register_simple("carveout", PLATFORM_DEVID_AUTO,
						 NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	cma->device = device;
	cma->nr_pages = nr_pages;
	if (!dma_coerce_mask_and_coherent(&device->dev, DMA_BIT_MASK(64)))
		cma->page = dma_alloc_pages(&device->dev, nr_pages << PAGE_SHIFT,
					    &cma->dma, DMA_BIDIRECTIONAL,
					    GFP_KERNEL | __GFP_NOWARN);
	if (cma->page)
		return 0;
	platform_device_unregister(device);
	return -ENOMEM;
}

void carve_compat_cma_release(struct carve_compat_cma *cma)
{
	dma_free_pages(&cma->device->dev, cma->nr_pages << PAGE_SHIFT, cma->page,
		       cma->dma, DMA_BIDIRECTIONAL);
	platform_device_unregister(cma->device);
}

#endif
