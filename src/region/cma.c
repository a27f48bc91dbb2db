// SPDX-License-Identifier: GPL-2.0
/*
 * Source "cma": a range of the kernel's default CMA area, which cma= reserves
 * at boot. The pages have struct pages and lie in the direct mapping.
 */
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include "region/region_internal.h"

static int cma_reserve(struct carve_region *region,
		       const struct carve_region_request *request)
{
	unsigned long nr_pages = request->size >> PAGE_SHIFT;
	int ret = carve_compat_cma_alloc(&region->cma, nr_pages);

	if (ret == -ENODEV) {
		carve_region_refuse(region, "cma: there is no CMA area: boot with cma=%lluM or more",
				    DIV_ROUND_UP_ULL(request->size, SZ_1M));
		return ret;
	}
	if (ret) {
		carve_region_refuse(region, "cma: no range of %llu MiB: %lu MiB are free in all",
				    request->size / SZ_1M,
				    carve_compat_cma_nr_free() >> (20 - PAGE_SHIFT));
		return -ENOMEM;
	}
	region->start_pfn = page_to_pfn(region->cma.page);
	region->nr_pages = nr_pages;
	region->virt = page_address(region->cma.page);
	region->node = page_to_nid(region->cma.page);
	return 0;
}

static void cma_region_release(struct carve_region *region)
{
	carve_compat_cma_release(&region->cma);
}

const struct carve_region_source carve_region_cma = {
	.name = "cma",
	.managed = true,
	.reserve = cma_reserve,
	.release = cma_region_release,
};
