// SPDX-License-Identifier: GPL-2.0
/*
 * Coherent DMA memory
 *
 * A buffer is a run of physically contiguous pages, aligned to its size rounded
 * up to a power of two, as from dma_alloc_coherent(). Its bus address comes
 * from a streaming mapping of the DMA API, which knows the path from the device
 * to memory. The mapping is never synced: a coherent device doesn't need that,
 * unless the mapping uses a bounce buffer. Non-coherent devices and bounced
 * mappings are refused.
 *
 * The device's masks limit its buffers. With an IOMMU, they limit the bus
 * addresses that the DMA API allocates, and any memory will do. Without one,
 * they limit the memory: zones above the limit are skipped, and in a zone that
 * crosses it the part below is searched for a block. Both masks count, the
 * streaming mask because the mapping is a streaming one.
 *
 * The page descriptor of a buffer's first page stores its state (DMA), number
 * of pages, device and bus address. Further blocks of the run are in state DMA
 * with 0 pages.
 *
 * Locking: none. The xchg of nr_pages in claim_buffer() lets one of several
 * concurrent frees win.
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
#include "lib/devres.h"
#include "page/misuse.h"
#include "page/pages_inline.h"
#include "page/request.h"

/* Room for the ranges of all zones */
#define RANGES_LEN (CARVE_MAX_ZONES * sizeof("[mem 0x0123456789abcdef-0x0123456789abcdef], "))

void carve_dma_refuse(struct carve_dma *dma, const struct device *dev,
		      const char *what, const char *fmt, ...)
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
	pr_err("%s: no %s for %s: %pV\n", dma->pages->name, what,
	       dev ? dev_name(dev) : "no device", &why);
	va_end(args);
}

#define refuse_buffer(dma, dev, fmt, ...) \
	carve_dma_refuse(dma, dev, "DMA buffer", fmt, ##__VA_ARGS__)

/* Address limits */

/* Does the DMA API allocate bus addresses behind an IOMMU? */
static bool has_dma_iommu(struct device *dev)
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

/* The first page frame that the device can't address completely */
static unsigned long device_end_pfn(struct device *dev)
{
	phys_addr_t last;

	if (has_dma_iommu(dev))
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

static void refuse_mask(struct carve_dma *dma, const struct device *dev,
			size_t size)
{
	char ranges[RANGES_LEN];

	print_ranges(dma->pages, ranges, sizeof(ranges));
	refuse_buffer(dma, dev, "it reaches up to %#llx, and the carveout's %s have no block of %lu KiB there",
		      highest_bus_addr(dev), ranges,
		      (PAGE_SIZE / SZ_1K) << get_order(size));
}

static void refuse_bounce(struct carve_dma *dma, const struct device *dev)
{
	refuse_buffer(dma, dev, "its mappings go through bounce buffers (swiotlb), which are not coherent");
}

/* Mapping */

/* Memory hidden from the kernel has none: it is mapped as a resource */
static bool buffer_has_struct_pages(phys_addr_t phys, size_t bytes)
{
	return pfn_valid(PHYS_PFN(phys)) &&
	       pfn_valid(PHYS_PFN(phys + bytes - 1));
}

static dma_addr_t map_buffer(struct device *dev, phys_addr_t phys, size_t bytes)
{
	if (buffer_has_struct_pages(phys, bytes))
		return dma_map_page_attrs(dev, pfn_to_page(PHYS_PFN(phys)), 0,
					  bytes, DMA_BIDIRECTIONAL,
					  DMA_ATTR_SKIP_CPU_SYNC);
	return dma_map_resource(dev, phys, bytes, DMA_BIDIRECTIONAL,
				DMA_ATTR_SKIP_CPU_SYNC);
}

static void unmap_buffer(struct device *dev, phys_addr_t phys, size_t bytes,
			 dma_addr_t addr)
{
	if (buffer_has_struct_pages(phys, bytes))
		dma_unmap_page_attrs(dev, addr, bytes, DMA_BIDIRECTIONAL,
				     DMA_ATTR_SKIP_CPU_SYNC);
	else
		dma_unmap_resource(dev, addr, bytes, DMA_BIDIRECTIONAL,
				   DMA_ATTR_SKIP_CPU_SYNC);
}

/*
 * Does the mapping use a bounce buffer? With an IOMMU, dma_need_sync() may be
 * true for any mapping, but whole pages are never bounced.
 */
static bool mapping_bounces(struct device *dev, dma_addr_t addr)
{
	return !has_dma_iommu(dev) && dma_need_sync(dev, addr);
}

/* The bus address, or DMA_MAPPING_ERROR with the reason in the log */
static dma_addr_t map_coherent(struct carve_dma *dma, struct device *dev,
			       phys_addr_t phys, size_t bytes)
{
	dma_addr_t addr = map_buffer(dev, phys, bytes);
	bool bounced, reached;

	if (dma_mapping_error(dev, addr)) {
		refuse_buffer(dma, dev,
			      "the DMA API can't map %zu bytes at %pa for it",
			      bytes, &phys);
		return DMA_MAPPING_ERROR;
	}
	bounced = mapping_bounces(dev, addr);
	reached = addr + bytes - 1 <= highest_bus_addr(dev);
	if (!bounced && reached)
		return addr;
	unmap_buffer(dev, phys, bytes, addr);
	if (bounced)
		refuse_bounce(dma, dev);
	else
		refuse_buffer(dma, dev, "%pa has bus address %pad, above its limit %#llx",
			      &phys, &addr, highest_bus_addr(dev));
	return DMA_MAPPING_ERROR;
}

/* Allocation and free */

/* Refuse requests that fail no matter how much memory is free */
static bool validate_dma_request(struct carve_dma *dma, struct device *dev,
				 size_t size, const dma_addr_t *dma_handle)
{
	if (!IS_ENABLED(CONFIG_HAS_DMA))
		refuse_buffer(dma, dev, "this kernel has no DMA");
	else if (!size)
		refuse_buffer(dma, dev, "its size is 0");
	else if (!dma_handle)
		refuse_buffer(dma, dev, "dma_handle is NULL");
	else if (size > (size_t)dma->pages->nr_pages << PAGE_SHIFT)
		refuse_buffer(dma, dev, "%zu bytes exceed the carveout", size);
	else if (!dev || !dev->dma_mask || !*dev->dma_mask ||
		 !dev->coherent_dma_mask)
		refuse_buffer(dma, dev, "it has no DMA mask: call dma_set_mask_and_coherent()");
	else if (!dev_is_dma_coherent(dev))
		refuse_buffer(dma, dev, "it is not coherent with CPU caches");
	else if (is_swiotlb_force_bounce(dev) && !has_dma_iommu(dev))
		refuse_bounce(dma, dev);
	else
		return true;
	return false;
}

static struct carve_page *alloc_buffer_pages(struct carve_dma *dma,
					     struct device *dev,
					     size_t size, gfp_t gfp,
					     unsigned long caller)
{
	struct carve_pages *pages = dma->pages;
	const struct carve_alloc_context ac = {
		.zones = pages->zonelist[CARVE_ZONE_NORMAL],
		.end_pfn = device_end_pfn(dev),
	};
	unsigned int order = get_order(size);
	struct carve_page *head;

	if (!carve_pages_may_hold(&ac, order)) {
		refuse_mask(dma, dev, size);
		return NULL;
	}
	head = carve_pages_alloc_within(pages, &ac, gfp, order, caller);
	if (!head)
		return NULL;
	/* Not a buffer yet: frees and reports skip it */
	head->nr_pages = 0;
	head->state = CARVE_PAGE_DMA;
	carve_pages_trim(pages, head, PFN_UP(size));
	return head;
}

static phys_addr_t buffer_phys(struct carve_pages *pages,
			       const struct carve_page *page)
{
	return PFN_PHYS(carve_pages_pfn(pages, page));
}

static u32 device_hash(const struct device *dev)
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

	if (!validate_dma_request(dma, dev, size, dma_handle))
		return NULL;
	head = alloc_buffer_pages(dma, dev, size, carve_dma_gfp(gfp), caller);
	if (!head)
		return NULL;
	virt = carve_pages_address(pages, head);
	memset(virt, 0, PAGE_ALIGN(size));
	addr = map_coherent(dma, dev, buffer_phys(pages, head),
			    PAGE_ALIGN(size));
	if (addr == DMA_MAPPING_ERROR) {
		__carve_pages_free_run(pages, head, PFN_UP(size));
		return NULL;
	}
	head->caller = caller;
	head->device = device_hash(dev);
	head->bus_addr = addr;
	WRITE_ONCE(head->nr_pages, PFN_UP(size));
	atomic_long_inc(&dma->nr_buffers);
	*dma_handle = addr;
	return virt;
}

/* Why these are not the arguments of an allocation, or NULL */
static const char *check_buffer(const struct carve_page *head,
				const struct device *dev, size_t size,
				dma_addr_t dma_handle)
{
	if (!head || head->state != CARVE_PAGE_DMA || !READ_ONCE(head->nr_pages))
		return "not the start of a DMA buffer";
	if (READ_ONCE(head->nr_pages) != PFN_UP(size))
		return "a DMA buffer of another size";
	if (head->bus_addr != dma_handle)
		return "a DMA buffer with another bus address";
	if (head->device != device_hash(dev))
		return "a DMA buffer of another device";
	return NULL;
}

struct carve_page *carve_dma_find(struct carve_dma *dma,
				  const struct device *dev, size_t size,
				  const void *cpu_addr, dma_addr_t dma_handle,
				  const char **why)
{
	struct carve_page *head = carve_pages_lookup_start(dma->pages, cpu_addr);

	*why = check_buffer(head, dev, size, dma_handle);
	return *why ? NULL : head;
}

/* True for one of several concurrent frees */
static bool claim_buffer(struct carve_page *head)
{
	return xchg(&head->nr_pages, 0);
}

void carve_dma_free(struct carve_dma *dma, struct device *dev, size_t size,
		    void *cpu_addr, dma_addr_t dma_handle, unsigned long caller)
{
	struct carve_pages *pages = dma->pages;
	struct carve_page *head;
	const char *why;

	head = carve_dma_find(dma, dev, size, cpu_addr, dma_handle, &why);
	if (head && !claim_buffer(head))
		why = "a DMA buffer that is being freed concurrently";
	if (why) {
		carve_report_misuse(pages, CARVE_MISUSE_FREE, cpu_addr, why,
				    caller);
		return;
	}
	unmap_buffer(dev, buffer_phys(pages, head), PAGE_ALIGN(size),
		     dma_handle);
	if (want_init_on_free())
		memset(cpu_addr, 0, PAGE_ALIGN(size));
	atomic_long_dec(&dma->nr_buffers);
	__carve_pages_free_run(pages, head, PFN_UP(size));
}

/* Device-managed: freed when the driver is unbound */

struct managed {
	struct carve_dma *dma;
	size_t size;
	void *virt;
	dma_addr_t addr;
	unsigned long caller;
};

static void free_managed_buffer(struct device *dev, void *resource)
{
	struct managed *m = resource;

	carve_dma_free(m->dma, dev, m->size, m->virt, m->addr, m->caller);
}

void *carve_dma_alloc_managed(struct carve_dma *dma, struct device *dev,
			      size_t size, dma_addr_t *dma_handle, gfp_t gfp,
			      unsigned long caller)
{
	struct managed *m;

	gfp = carve_dma_gfp(gfp);
	m = devres_alloc(free_managed_buffer, sizeof(*m),
			 gfp & CARVE_GFP_DEVRES);
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
