// SPDX-License-Identifier: GPL-2.0
/*
 * What include/carveout_native.h needs besides the API: struct pages for pages
 * of a carveout, and caches by names that natively would do.
 *
 * References to struct pages. When a carveout is reserved the kernel leaves one
 * on each page, which is the reservation's. Native code, unlike the API's users,
 * hands pages to the kernel, which drops a reference more often than it takes
 * one where it is meant to have the last; and may kfree() what isn't its own. So
 * the first call of carveout_native() adds a guard: a second reference to each
 * page. A page that is allocated has these two for one of its owner's; who puts
 * it while there are no more frees it, if he asks carve_native_pages_put(). If
 * the kernel does there is one left. Nobody else can come by such a page: it is
 * collected, see carve_native_collect().
 */
#include <linux/atomic.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/spinlock.h>

#include <carveout.h>

#include "instance.h"
#include "native.h"

/* The reservation's and the guard */
#define NR_HELD 2

/* Adds guards to the pages of one carveout at a time */
static DEFINE_RAW_SPINLOCK(guards_lock);

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

/* In the direct mapping; of all pages of a zone, or none */
static bool has_frames(struct carveout *co, const struct carve_zone *zone)
{
	return zone->region->virt &&
	       struct_page(co, &co->pages.map[zone->first]);
}

static struct page *frame(const struct carve_zone *zone, unsigned long i)
{
	return pfn_to_page(zone->region->start_pfn + i);
}

bool carve_native_guard(struct carveout *co)
{
	struct carve_zone *zone;
	unsigned long i;

	guard(raw_spinlock_irqsave)(&guards_lock);
	if (co->pinned || co->forbidden)
		return co->pinned;
	carve_for_each_zone(zone, &co->pages) {
		if (!has_frames(co, zone))
			continue;
		for (i = 0; i < zone->region->nr_pages; i++)
			atomic_inc(&frame(zone, i)->_refcount);
	}
	/* Who sees these must see all of the above */
	smp_store_release(&co->pages.frame_refs, NR_HELD); /* nr_others() */
	/* carveout_native(), carve_native_collect() */
	smp_store_release(&co->pinned, true);
	return true;
}

bool carve_native_forbid(struct carveout *co)
{
	guard(raw_spinlock_irqsave)(&guards_lock);
	co->forbidden = !co->pinned;
	return co->forbidden;
}

void carve_native_unguard(struct carveout *co)
{
	struct carve_zone *zone;
	unsigned long i;

	if (!co->pinned)
		return;
	carve_for_each_zone(zone, &co->pages) {
		if (!has_frames(co, zone))
			continue;
		for (i = 0; i < zone->region->nr_pages; i++)
			atomic_add_unless(&frame(zone, i)->_refcount, -1, 1);
	}
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

int carve_native_page_refs(const struct page *page)
{
	return page_ref_count(page) - (NR_HELD - 1);
}
EXPORT_SYMBOL_GPL(carve_native_page_refs);

/* Does the kernel hold any but the first? */
static bool tails_held(const struct carve_page *carve, struct page *page)
{
	unsigned long i;

	if (carve->state != CARVE_PAGE_USED)
		return false;
	for (i = 1; i < BIT(carve->order); i++)
		if (page_ref_count(pfn_to_page(page_to_pfn(page) + i)) > NR_HELD)
			return true;
	return false;
}

/* True for one of those who come when the kernel has had the last reference */
static bool claim(struct page *page)
{
	int one = NR_HELD - 1;

	return atomic_try_cmpxchg(&page->_refcount, &one, NR_HELD);
}

void carve_native_pages_put(struct carveout *co, struct carve_page *carve,
			    struct page *page)
{
	int refs = page_ref_count(page);

	do {
		if (refs <= NR_HELD)
			break;
	} while (!atomic_try_cmpxchg(&page->_refcount, &refs, refs - 1));
	if (refs > NR_HELD)
		return;
	if (refs == NR_HELD && tails_held(carve, page))
		atomic_dec(&page->_refcount); /* for when they aren't */
	else if (refs == NR_HELD || claim(page))
		carve_pages_free(&co->pages, carve, carve->order,
				 CARVE_PAGE_USED, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_native_pages_put);

/* Natively freed, as it seems, without leave; said of each page once */
static void complain(struct carveout *co, const struct carve_page *carve)
{
	if (carve_page_is_slab(carve->state))
		pr_warn("%s: the kernel has freed an object of cache %s, which wasn't its own: see carveout_native.h\n",
			co->name, carve->cache->name);
	else
		pr_warn("%s: the kernel has freed memory that wasn't its own: see carveout_native.h\n",
			co->name);
}

/* The kernel had the last reference to this one */
static unsigned long collect(struct carveout *co, struct carve_page *carve,
			     struct page *page)
{
	unsigned long nr = BIT(carve->order);

	if (carve->state != CARVE_PAGE_USED) {
		if (claim(page))
			complain(co, carve);
		return 0;
	}
	if (tails_held(carve, page) || !claim(page))
		return 0;
	carve_pages_free(&co->pages, carve, carve->order, CARVE_PAGE_USED,
			 _RET_IP_);
	return nr;
}

/* One reference is missing where the kernel had the last */
static unsigned long collect_zone(struct carveout *co, struct carve_zone *zone)
{
	unsigned long i, nr = 0;

	if (!has_frames(co, zone))
		return 0;
	for (i = 0; i < zone->region->nr_pages; i++)
		if (page_ref_count(frame(zone, i)) < NR_HELD)
			nr += collect(co, &co->pages.map[zone->first + i],
				      frame(zone, i));
	return nr;
}

unsigned long carve_native_collect(struct carveout *co)
{
	struct carve_zone *zone;
	unsigned long nr = 0;

	/* After this the guards are seen: carve_native_guard() */
	if (!smp_load_acquire(&co->pinned))
		return 0;
	carve_for_each_zone(zone, &co->pages)
		nr += collect_zone(co, zone);
	return nr;
}

static unsigned long shrink(struct carve_shrinker *shrinker)
{
	return carve_native_collect(container_of(shrinker, struct carveout,
						 native));
}

void carve_native_init(struct carveout *co)
{
	co->pages.frame_refs = 1;
	co->native.shrink = shrink;
	carve_pages_add_shrinker(&co->pages, &co->native);
}

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
