// SPDX-License-Identifier: GPL-2.0
/*
 * The exported functions for pages, documented in include/carveout.h. Wrappers
 * of the page layer, which has the locking.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>

#include <carveout.h>

#include "api/caller.h"
#include "core/instance.h"

struct carve_page *carve_alloc_pages(struct carveout *co, gfp_t gfp,
				     unsigned int order)
{
	return carve_pages_alloc_any(&co->pages, gfp, order, CARVE_PAGE_USED,
				     _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_alloc_pages);

static CARVE_API_SLOW void free_pages_slow(struct carveout *co,
					   struct carve_page *page,
					   unsigned int order)
{
	carve_pages_free_slow(&co->pages, page, order, CARVE_PAGE_USED,
			      carve_api_caller(carve_free_pages));
}

void carve_free_pages(struct carveout *co, struct carve_page *page,
		      unsigned int order)
{
	if (unlikely(!carve_pages_free_hot(&co->pages, page, order,
					   CARVE_PAGE_USED)) && page)
		free_pages_slow(co, page, order);
}
EXPORT_SYMBOL_GPL(carve_free_pages);

void carve_free_pages_cold(struct carveout *co, struct carve_page *page,
			   unsigned int order)
{
	if (likely(page))
		carve_pages_free_cold(&co->pages, page, order, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_free_pages_cold);

unsigned long carve_get_free_pages(struct carveout *co, gfp_t gfp,
				   unsigned int order)
{
	struct carve_page *page;

	page = carve_pages_alloc(&co->pages, gfp, order, CARVE_PAGE_USED,
				 _RET_IP_);
	return page ? (unsigned long)carve_pages_address(&co->pages, page) : 0;
}
EXPORT_SYMBOL_GPL(carve_get_free_pages);

unsigned long carve_get_zeroed_page(struct carveout *co, gfp_t gfp)
{
	struct carve_page *page;

	page = carve_pages_alloc(&co->pages, gfp | __GFP_ZERO, 0,
				 CARVE_PAGE_USED, _RET_IP_);
	return page ? (unsigned long)carve_pages_address(&co->pages, page) : 0;
}
EXPORT_SYMBOL_GPL(carve_get_zeroed_page);

void carve_free_pages_addr(struct carveout *co, unsigned long addr,
			   unsigned int order)
{
	struct carve_page *page = carve_pages_lookup_start(&co->pages,
							   (void *)addr);

	if (addr)
		carve_pages_free(&co->pages, page, order, CARVE_PAGE_USED,
				 _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_free_pages_addr);

void *carve_alloc_pages_exact(struct carveout *co, size_t size, gfp_t gfp)
{
	return carve_pages_alloc_exact(&co->pages, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_alloc_pages_exact);

void carve_free_pages_exact(struct carveout *co, void *virt, size_t size)
{
	if (virt)
		carve_pages_free_exact(&co->pages, virt, size, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_free_pages_exact);

unsigned long carve_alloc_pages_bulk(struct carveout *co, gfp_t gfp,
				     unsigned long nr,
				     struct carve_page **pages)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (pages[i])
			continue;
		pages[i] = carve_pages_alloc_any(&co->pages, gfp, 0,
						 CARVE_PAGE_USED, _RET_IP_);
		if (!pages[i])
			break;
	}
	return i;
}
EXPORT_SYMBOL_GPL(carve_alloc_pages_bulk);

void carve_free_pages_bulk(struct carveout *co, unsigned long nr,
			   struct carve_page **pages)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (pages[i])
			carve_pages_free(&co->pages, pages[i], 0,
					 CARVE_PAGE_USED, _RET_IP_);
		pages[i] = NULL;
	}
}
EXPORT_SYMBOL_GPL(carve_free_pages_bulk);

void carve_split_page(struct carveout *co, struct carve_page *page,
		      unsigned int order)
{
	carve_pages_split(&co->pages, page, order, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_split_page);

void *carve_page_address(struct carveout *co, const struct carve_page *page)
{
	return likely(carve_pages_owns(&co->pages, page)) ?
	       carve_kmap_address(&co->kmap, page) : NULL;
}
EXPORT_SYMBOL_GPL(carve_page_address);

struct carve_page *carve_virt_to_page(struct carveout *co, const void *addr)
{
	return carve_pages_lookup(&co->pages, addr);
}
EXPORT_SYMBOL_GPL(carve_virt_to_page);

bool carve_owns(struct carveout *co, const void *p)
{
	return carveout_owns(co, p);
}
EXPORT_SYMBOL_GPL(carve_owns);

phys_addr_t carve_page_to_phys(struct carveout *co,
			       const struct carve_page *page)
{
	if (unlikely(!carve_pages_owns(&co->pages, page)))
		return PHYS_ADDR_MAX;
	return PFN_PHYS(carve_pages_pfn(&co->pages, page));
}
EXPORT_SYMBOL_GPL(carve_page_to_phys);

struct page *carve_page_to_page(struct carveout *co,
				const struct carve_page *page)
{
	return likely(carve_pages_owns(&co->pages, page)) ?
	       carve_pages_struct_page(&co->pages, page) : NULL;
}
EXPORT_SYMBOL_GPL(carve_page_to_page);
