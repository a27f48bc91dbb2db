// SPDX-License-Identifier: GPL-2.0
/*
 * What include/carveout_native.h needs besides the API: struct pages for pages
 * of a carveout, and caches by names that natively would do.
 */
#include <linux/atomic.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include <carveout.h>

#include "instance.h"

struct carve_page *carve_native_page(struct carveout *co,
				     const struct page *page)
{
	return carve_pages_lookup_pfn(&co->pages, page_to_pfn(page));
}
EXPORT_SYMBOL_GPL(carve_native_page);

/* Natively, a page's address is that in the direct mapping */
static struct page *struct_page(struct carveout *co,
				const struct carve_page *carve)
{
	unsigned long pfn = PHYS_PFN(carve_page_to_phys(co, carve));

	if (!pfn_valid(pfn) ||
	    page_address(pfn_to_page(pfn)) != carve_page_address(co, carve))
		return NULL;
	return pfn_to_page(pfn);
}

struct page *carve_native_pages_get(struct carveout *co, gfp_t gfp,
				    unsigned int order)
{
	struct carve_page *carve;
	struct page *page;

	carve = carve_pages_alloc(&co->pages, gfp & ~__GFP_HIGHMEM, order,
				  CARVE_PAGE_USED, _RET_IP_);
	if (!carve)
		return NULL;
	page = struct_page(co, carve);
	if (!page) {
		pr_warn_once("%s: alloc_pages(): its memory has no struct pages in the direct mapping: take source=contig or cma\n",
			     co->name);
		carve_free_pages(co, carve, order);
	}
	return page;
}
EXPORT_SYMBOL_GPL(carve_native_pages_get);

/* The reservation's own reference stays; with the last other one the page is free */
void carve_native_pages_put(struct carveout *co, struct carve_page *carve,
			    struct page *page)
{
	if (!atomic_add_unless(&page->_refcount, -1, 1))
		carve_pages_free(&co->pages, carve, carve->order,
				 CARVE_PAGE_USED, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_native_pages_put);

/* Flags that mean something here; others are about native debugging */
#define NATIVE_FLAGS (SLAB_HWCACHE_ALIGN | SLAB_TYPESAFE_BY_RCU | \
		      SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT | SLAB_CACHE_DMA | \
		      SLAB_CACHE_DMA32)

/* With underscores for white space, short, and with a number from 1 on */
static void make_name(char *to, const char *from, unsigned int nr)
{
	char *c;

	if (nr)
		snprintf(to, CARVE_CACHE_NAME_LEN, "%.*s.%u",
			 CARVE_CACHE_NAME_LEN - 12, from, nr);
	else
		strscpy(to, from, CARVE_CACHE_NAME_LEN);
	for (c = to; *c; c++)
		if (!isgraph(*c))
			*c = '_';
}

struct carve_cache *carve_native_cache_new(const char *name, unsigned int size,
					   unsigned int align,
					   slab_flags_t flags,
					   void (*ctor)(void *object))
{
	struct carveout *co = carveout_native();
	char unique[CARVE_CACHE_NAME_LEN];
	struct carve_cache *cache;
	unsigned int nr = 0;

	if (!co)
		return NULL;
	do {
		make_name(unique, name, nr);
	} while (carve_cache_name_taken(&co->slabs, unique) && nr++ < 10000);
	cache = carve_cache_create(co, unique, size, align,
				   flags & NATIVE_FLAGS, ctor);
	if (!IS_ERR(cache))
		return cache;
	if (flags & SLAB_PANIC)
		panic("carveout: cache %s can't be made\n", name);
	return NULL;
}
EXPORT_SYMBOL_GPL(carve_native_cache_new);
