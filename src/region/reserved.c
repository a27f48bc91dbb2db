// SPDX-License-Identifier: GPL-2.0
/*
 * Source "reserved": memory that the kernel never manages, kept from it at
 * boot with memmap=SIZE$ADDR or mem=. It has no struct pages and doesn't lie
 * in the direct mapping; it is claimed with request_mem_region(), so that
 * /proc/iomem names it, and mapped with memremap(), if it is to have an address.
 */
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>

#include "region/region.h"

/* Where there is no I/O memory, there is none to be kept back either */
#ifdef CONFIG_HAS_IOMEM

static int check_range(struct carve_region *region,
		       const struct carve_region_request *request)
{
	u64 last = request->phys + request->size - 1;

	if (!request->phys || !PAGE_ALIGNED(request->phys)) {
		carve_region_refuse(region, "reserved: %#llx is not the address of a page: give that of the memory kept back at boot",
				    request->phys);
		return -EINVAL;
	}
	if (last < request->phys) {
		carve_region_refuse(region, "reserved: the range wraps around");
		return -EINVAL;
	}
	if (region_intersects(request->phys, request->size,
			      IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_DISJOINT) {
		carve_region_refuse(region, "reserved: [mem %#llx-%#llx] is System RAM in use: keep it back with memmap=%lluM$%#llx",
				    request->phys, last,
				    request->size / SZ_1M, request->phys);
		return -EBUSY;
	}
	return 0;
}

static int reserved_reserve(struct carve_region *region,
			    const struct carve_region_request *request)
{
	int ret = check_range(region, request);

	if (ret)
		return ret;
	if (!request_mem_region(request->phys, request->size, "carveout")) {
		carve_region_refuse(region, "reserved: [mem %#llx-%#llx] overlaps what another driver or carveout has claimed: see /proc/iomem",
				    request->phys,
				    request->phys + request->size - 1);
		return -EBUSY;
	}
	region->virt = NULL;
	if (!request->unmapped)
		region->virt = memremap(request->phys, request->size,
					MEMREMAP_WB);
	if (!region->virt && !request->unmapped) {
		carve_region_refuse(region, "reserved: no virtual space to map %llu MiB at %#llx",
				    request->size / SZ_1M, request->phys);
		release_mem_region(request->phys, request->size);
		return -ENOMEM;
	}
	region->start_pfn = PHYS_PFN(request->phys);
	region->nr_pages = request->size >> PAGE_SHIFT;
	region->node = NUMA_NO_NODE;
	region->highmem = true;
	return 0;
}

static void reserved_release(struct carve_region *region)
{
	if (region->virt)
		memunmap(region->virt);
	release_mem_region(carve_region_phys(region),
			   carve_region_bytes(region));
}

#else

static int reserved_reserve(struct carve_region *region,
			    const struct carve_region_request *request)
{
	carve_region_refuse(region, "reserved: this kernel has no I/O memory");
	return -ENODEV;
}

static void reserved_release(struct carve_region *region)
{
}

#endif

const struct carve_region_source carve_region_reserved = {
	.name = "reserved",
	.reserve = reserved_reserve,
	.release = reserved_release,
};
