// SPDX-License-Identifier: GPL-2.0
/*
 * Source "reserved": memory hidden from the kernel at boot with
 * memmap=SIZE$ADDR or mem=. It has no struct pages and doesn't lie in the
 * direct mapping. request_mem_region() claims it, so that /proc/iomem shows it,
 * and memremap() maps it unless the request says unmapped.
 *
 * Refused on machines that encrypt memory (AMD SME and SEV, Intel TDX):
 * memremap() maps such memory decrypted, and windows would map it encrypted, so
 * two addresses of a page would show different contents.
 *
 * Hibernation doesn't save memory that the kernel doesn't manage, and a resume
 * would find the carveout's metadata overwritten by the firmware. So a region
 * refuses hibernation while it exists. Suspend to RAM preserves the memory.
 */
#include <linux/cc_platform.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/suspend.h>

#include "region/region_internal.h"

#ifdef CARVEOUT_KUNIT
bool carve_region_feign_encryption;
#endif

/* request_mem_region() and memremap() need it */
#ifdef CONFIG_HAS_IOMEM

/*
 * Print the boot parameter that reserves the range, also as escaped between the
 * quotes in /etc/default/grub: the shell that reads the file turns \\\$ into
 * \$, and GRUB turns that into $. Without the backslashes, the kernel would get
 * memmap=SIZE and use no memory above that.
 */
static void refuse_ram(struct carve_region *region,
		       const struct carve_region_request *request)
{
	bool whole = IS_ALIGNED(request->size, SZ_1M);
	u64 size = request->size / (whole ? SZ_1M : SZ_1K);
	char unit = whole ? 'M' : 'K';

	carve_region_refuse(region, "reserved: [mem %#llx-%#llx] is System RAM in use: boot with memmap=%llu%c$%#llx (in /etc/default/grub: memmap=%llu%c\\\\\\$%#llx)",
			    request->phys, request->phys + request->size - 1,
			    size, unit, request->phys, size, unit,
			    request->phys);
}

static int check_range(struct carve_region *region,
		       const struct carve_region_request *request)
{
	u64 last = request->phys + request->size - 1;

	if (!request->phys || !PAGE_ALIGNED(request->phys)) {
		carve_region_refuse(region, "reserved: %#llx is not the address of a page: give the address of the memory reserved at boot",
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
		refuse_ram(region, request);
		return -EBUSY;
	}
	return 0;
}

static int refuse_hibernation(struct notifier_block *pm, unsigned long event,
			      void *unused)
{
	struct carve_region *region = container_of(pm, struct carve_region, pm);
	phys_addr_t start = carve_region_phys(region);
	phys_addr_t last = start + carve_region_bytes(region) - 1;

	if (event != PM_HIBERNATION_PREPARE)
		return NOTIFY_DONE;
	pr_err("%s: hibernation refused: it would not save [mem %pa-%pa], which was reserved at boot: remove this carveout first\n",
	       region->carveout, &start, &last);
	return notifier_from_errno(-EBUSY);
}

/* Under lock_system_sleep(): waits for a hibernation that is under way */
static int watch_hibernation(struct carve_region *region)
{
	unsigned int flags = lock_system_sleep();
	int ret;

	region->pm.notifier_call = refuse_hibernation;
	ret = register_pm_notifier(&region->pm);
	unlock_system_sleep(flags);
	return ret;
}

static int check_machine(struct carve_region *region)
{
	if (!cc_platform_has(CC_ATTR_MEM_ENCRYPT) &&
	    !carve_region_feign_encryption)
		return 0;
	carve_region_refuse(region, "reserved: this machine encrypts its memory, but not memory reserved at boot: use another source");
	return -EOPNOTSUPP;
}

static int claim_range(struct carve_region *region,
		       const struct carve_region_request *request)
{
	if (request_mem_region(request->phys, request->size, "carveout"))
		return 0;
	carve_region_refuse(region, "reserved: [mem %#llx-%#llx] overlaps a range claimed by another driver or carveout: see /proc/iomem",
			    request->phys, request->phys + request->size - 1);
	return -EBUSY;
}

static int map_range(struct carve_region *region,
		     const struct carve_region_request *request)
{
	region->virt = NULL;
	if (request->unmapped)
		return 0;
	region->virt = memremap(request->phys, request->size, MEMREMAP_WB);
	if (region->virt)
		return 0;
	carve_region_refuse(region, "reserved: no virtual space to map %llu MiB at %#llx",
			    request->size / SZ_1M, request->phys);
	return -ENOMEM;
}

static int reserved_reserve(struct carve_region *region,
			    const struct carve_region_request *request)
{
	int ret = check_machine(region);

	if (!ret)
		ret = check_range(region, request);
	if (ret)
		return ret;
	region->start_pfn = PHYS_PFN(request->phys);
	region->nr_pages = request->size >> PAGE_SHIFT;
	region->node = NUMA_NO_NODE;
	region->highmem = true;
	ret = watch_hibernation(region);
	if (ret)
		return ret;
	ret = claim_range(region, request);
	if (ret)
		goto unwatch;
	ret = map_range(region, request);
	if (ret)
		goto unclaim;
	return 0;

unclaim:
	release_mem_region(request->phys, request->size);
unwatch:
	unregister_pm_notifier(&region->pm);
	return ret;
}

static void reserved_release(struct carve_region *region)
{
	if (region->virt)
		memunmap(region->virt);
	release_mem_region(carve_region_phys(region),
			   carve_region_bytes(region));
	unregister_pm_notifier(&region->pm);
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
