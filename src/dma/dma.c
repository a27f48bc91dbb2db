// SPDX-License-Identifier: GPL-2.0
/*
 * Coherent memory for devices
 *
 * A buffer is a run of whole pages, contiguous in physical memory and aligned
 * to its size rounded up to a power of two, as natively. Its bus address comes
 * from the DMA API, which knows what lies between the device and memory, by
 * the way of a streaming mapping that is never synchronised: on a device that
 * is coherent nothing would need to be, unless the mapping went through a
 * bounce buffer. Devices and mappings that aren't so are refused.
 *
 * What a device reaches is said by its masks. Where an IOMMU translates, they
 * limit the bus addresses that the DMA API chooses, and any memory will do.
 * Elsewhere they limit the memory: zones that lie above are passed over, and
 * in one that lies there in part the part below is searched for a block. The
 * streaming mask counts, too, since it is what the mapping is made by.
 *
 * All that is known of a buffer stands in the descriptor of its first page:
 * state DMA, how many pages, for which device, and the bus address. Blocks of
 * the run behind the first are in that state, too, and say that they have 0.
 */
#include <linux/device.h>
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/hash.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/string.h>
#include <linux/swiotlb.h>

#include "dma/dma.h"
#include "page/request.h"

/* Room for the ranges of a carveout's zones, for the log */
#define RANGES_LEN (CARVE_MAX_ZONES * sizeof("[mem 0x0123456789abcdef-0x0123456789abcdef], "))

static __printf(3, 4) void refuse(struct carve_dma *dma,
				  const struct device *dev, const char *fmt, ...)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);
	struct va_format why = { .fmt = fmt };
	va_list args;

	atomic_long_inc(&dma->nr_refused);
	if (!__ratelimit(&limit))
		return;
	va_start(args, fmt);
	why.va = &args;
	pr_err("%s: no DMA buffer for %s: %pV\n", dma->pages->name,
	       dev ? dev_name(dev) : "no device", &why);
	va_end(args);
}

/* What the device reaches */

/* Is there an IOMMU that gives memory bus addresses of the kernel's choice? */
static bool is_translated(struct device *dev)
{
#ifdef CONFIG_IOMMU_API
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && iommu_is_dma_domain(domain);
#else
	return false;
#endif
}

static u64 highest_bus_addr(const struct device *dev)
{
	u64 mask = min_not_zero(dev->coherent_dma_mask, *dev->dma_mask);

	return min_not_zero(mask, dev->bus_dma_limit);
}

/* The first page frame that isn't within reach as a whole */
static unsigned long end_of_reach(struct device *dev)
{
	phys_addr_t last;

	if (is_translated(dev))
		return ULONG_MAX;
	last = dma_to_phys(dev, highest_bus_addr(dev));
	return PHYS_PFN(last) + (offset_in_page(last) == PAGE_SIZE - 1);
}

static void print_ranges(const struct carve_pages *pages, char *s, size_t room)
{
	const struct carve_zone *zone;
	size_t len = 0;

	carve_for_each_zone(zone, pages) {
		phys_addr_t start = carve_region_phys(zone->region);
		phys_addr_t last = start + carve_region_bytes(zone->region) - 1;

		len += scnprintf(s + len, room - len, "%s[mem %pa-%pa]",
				 len ? ", " : "", &start, &last);
	}
}

static void refuse_reach(struct carve_dma *dma, const struct device *dev,
			 size_t size)
{
	char ranges[RANGES_LEN];

	print_ranges(dma->pages, ranges, sizeof(ranges));
	refuse(dma, dev, "it reaches up to %#llx, and the carveout's %s have no block of %lu KiB there",
	       highest_bus_addr(dev), ranges,
	       (PAGE_SIZE / SZ_1K) << get_order(size));
}

static void refuse_bounce(struct carve_dma *dma, const struct device *dev)
{
	refuse(dma, dev, "its mappings go through bounce buffers (swiotlb), which are not coherent");
}

/* Mapping */

/* What lies beyond all that the kernel knows is mapped by its address alone */
static bool has_struct_pages(phys_addr_t phys, size_t bytes)
{
	return pfn_valid(PHYS_PFN(phys)) &&
	       pfn_valid(PHYS_PFN(phys + bytes - 1));
}

static dma_addr_t map(struct device *dev, phys_addr_t phys, size_t bytes)
{
	if (has_struct_pages(phys, bytes))
		return dma_map_page_attrs(dev, pfn_to_page(PHYS_PFN(phys)), 0,
					  bytes, DMA_BIDIRECTIONAL,
					  DMA_ATTR_SKIP_CPU_SYNC);
	return dma_map_resource(dev, phys, bytes, DMA_BIDIRECTIONAL,
				DMA_ATTR_SKIP_CPU_SYNC);
}

static void unmap(struct device *dev, phys_addr_t phys, size_t bytes,
		  dma_addr_t addr)
{
	if (has_struct_pages(phys, bytes))
		dma_unmap_page_attrs(dev, addr, bytes, DMA_BIDIRECTIONAL,
				     DMA_ATTR_SKIP_CPU_SYNC);
	else
		dma_unmap_resource(dev, addr, bytes, DMA_BIDIRECTIONAL,
				   DMA_ATTR_SKIP_CPU_SYNC);
}

/*
 * Whether the device is led to a copy elsewhere. With an IOMMU the answer may
 * be yes for no reason but that it could be, which for whole pages it isn't.
 */
static bool bounces(struct device *dev, dma_addr_t addr)
{
	return !is_translated(dev) && dma_need_sync(dev, addr);
}

/* The bus address, or DMA_MAPPING_ERROR when the log says why */
static dma_addr_t map_coherently(struct carve_dma *dma, struct device *dev,
				 phys_addr_t phys, size_t bytes)
{
	dma_addr_t addr = map(dev, phys, bytes);
	bool bounced, reached;

	if (dma_mapping_error(dev, addr)) {
		refuse(dma, dev, "the DMA API can't map %zu bytes at %pa for it",
		       bytes, &phys);
		return DMA_MAPPING_ERROR;
	}
	bounced = bounces(dev, addr);
	reached = addr + bytes - 1 <= highest_bus_addr(dev);
	if (!bounced && reached)
		return addr;
	unmap(dev, phys, bytes, addr);
	if (bounced)
		refuse_bounce(dma, dev);
	else
		refuse(dma, dev, "%pa has bus address %pad, and it reaches up to %#llx",
		       &phys, &addr, highest_bus_addr(dev));
	return DMA_MAPPING_ERROR;
}

/* Allocation and free */

/* False, when the log says why: no free memory could change this */
static bool may_have(struct carve_dma *dma, struct device *dev, size_t size,
		     const dma_addr_t *dma_handle)
{
	if (!IS_ENABLED(CONFIG_HAS_DMA))
		refuse(dma, dev, "this kernel has no DMA");
	else if (!size)
		refuse(dma, dev, "its size is 0");
	else if (!dma_handle)
		refuse(dma, dev, "its bus address has nowhere to go");
	else if (size > (size_t)dma->pages->nr_pages << PAGE_SHIFT)
		refuse(dma, dev, "%zu bytes are more than the carveout has",
		       size);
	else if (!dev || !dev->dma_mask || !*dev->dma_mask ||
		 !dev->coherent_dma_mask)
		refuse(dma, dev, "it has no DMA mask: dma_set_mask_and_coherent() gives it one");
	else if (!dev_is_dma_coherent(dev))
		refuse(dma, dev, "it is not coherent with the processors' caches");
	else if (is_swiotlb_force_bounce(dev) && !is_translated(dev))
		refuse_bounce(dma, dev);
	else
		return true;
	return false;
}

/* As natively: the masks say from where */
static gfp_t buffer_gfp(gfp_t gfp)
{
	return gfp & ~(__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM | __GFP_COMP);
}

static struct carve_page *alloc_run(struct carve_dma *dma, struct device *dev,
				    size_t size, gfp_t gfp,
				    unsigned long caller)
{
	struct carve_pages *pages = dma->pages;
	const struct carve_reach reach = {
		.zones = pages->zonelist[CARVE_ZONE_NORMAL],
		.end_pfn = end_of_reach(dev),
	};
	unsigned int order = get_order(size);
	struct carve_page *head;

	if (!carve_pages_may_hold(&reach, order)) {
		refuse_reach(dma, dev, size);
		return NULL;
	}
	head = carve_pages_alloc_within(pages, &reach, gfp, order, caller);
	if (!head)
		return NULL;
	/* No buffer as yet, whoever looks */
	head->nr_pages = 0;
	head->state = CARVE_PAGE_DMA;
	carve_pages_trim(pages, head, PFN_UP(size));
	return head;
}

static phys_addr_t phys_of(struct carve_pages *pages,
			   const struct carve_page *page)
{
	return PFN_PHYS(carve_pages_pfn(pages, page));
}

static u32 hash_of(const struct device *dev)
{
	return hash_ptr(dev, 32);
}

void *carve_dma_alloc(struct carve_dma *dma, struct device *dev, size_t size,
		      dma_addr_t *dma_handle, gfp_t gfp, unsigned long caller)
{
	struct carve_pages *pages = dma->pages;
	struct carve_page *head;
	dma_addr_t addr;
	void *virt;

	if (!may_have(dma, dev, size, dma_handle))
		return NULL;
	head = alloc_run(dma, dev, size, buffer_gfp(gfp), caller);
	if (!head)
		return NULL;
	virt = carve_pages_address(pages, head);
	memset(virt, 0, PAGE_ALIGN(size));
	addr = map_coherently(dma, dev, phys_of(pages, head), PAGE_ALIGN(size));
	if (addr == DMA_MAPPING_ERROR) {
		carve_pages_put_run(pages, head, PFN_UP(size));
		return NULL;
	}
	head->caller = caller;
	head->device = hash_of(dev);
	head->bus_addr = addr;
	WRITE_ONCE(head->nr_pages, PFN_UP(size));
	atomic_long_inc(&dma->nr_buffers);
	*dma_handle = addr;
	return virt;
}

/* Why this is not what was allocated, or NULL */
static const char *objection(const struct carve_page *head,
			     const struct device *dev, size_t size,
			     dma_addr_t dma_handle)
{
	if (!head || head->state != CARVE_PAGE_DMA || !READ_ONCE(head->nr_pages))
		return "not the start of a DMA buffer";
	if (READ_ONCE(head->nr_pages) != PFN_UP(size))
		return "a DMA buffer of another size";
	if (head->bus_addr != dma_handle)
		return "a DMA buffer with another bus address";
	if (head->device != hash_of(dev))
		return "a DMA buffer of another device";
	return NULL;
}

/* Of several who free it at once, one does */
static bool claim(struct carve_page *head)
{
	return xchg(&head->nr_pages, 0);
}

void carve_dma_free(struct carve_dma *dma, struct device *dev, size_t size,
		    void *cpu_addr, dma_addr_t dma_handle, unsigned long caller)
{
	struct carve_pages *pages = dma->pages;
	struct carve_page *head = carve_pages_lookup_start(pages, cpu_addr);
	const char *why = objection(head, dev, size, dma_handle);

	if (!why && !claim(head))
		why = "a DMA buffer that is just being freed";
	if (why) {
		carve_pages_bad_free(pages, cpu_addr, why, caller);
		return;
	}
	unmap(dev, phys_of(pages, head), PAGE_ALIGN(size), dma_handle);
	if (want_init_on_free())
		memset(cpu_addr, 0, PAGE_ALIGN(size));
	atomic_long_dec(&dma->nr_buffers);
	carve_pages_put_run(pages, head, PFN_UP(size));
}

/* Managed by the device: freed when its driver lets go of it */

/* Of a caller's flags, what the kernel takes for the record of a buffer */
#define GFP_RECORD (GFP_KERNEL | GFP_ATOMIC | __GFP_NOWARN)

struct managed {
	struct carve_dma *dma;
	size_t size;
	void *virt;
	dma_addr_t addr;
	unsigned long caller;
};

static void free_managed(struct device *dev, void *resource)
{
	struct managed *m = resource;

	carve_dma_free(m->dma, dev, m->size, m->virt, m->addr, m->caller);
}

void *carve_dma_alloc_managed(struct carve_dma *dma, struct device *dev,
			      size_t size, dma_addr_t *dma_handle, gfp_t gfp,
			      unsigned long caller)
{
	struct managed *m;

	gfp = buffer_gfp(gfp);
	m = devres_alloc(free_managed, sizeof(*m), gfp & GFP_RECORD);
	if (!m)
		return NULL;
	m->virt = carve_dma_alloc(dma, dev, size, dma_handle, gfp, caller);
	if (!m->virt) {
		devres_free(m);
		return NULL;
	}
	m->dma = dma;
	m->size = size;
	m->addr = *dma_handle;
	m->caller = caller;
	devres_add(dev, m);
	return m->virt;
}

void carve_dma_init(struct carve_dma *dma, struct carve_pages *pages)
{
	dma->pages = pages;
}
