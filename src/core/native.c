// SPDX-License-Identifier: GPL-2.0
/*
 * struct pages of a carveout, for modules built with include/carveout_native.h.
 *
 * Such modules hand pages to the kernel, which may drop the last reference, or
 * kfree() memory of the carveout by mistake. The pages must not reach the buddy
 * system of mm/ then. When a carveout is reserved, each page has one reference,
 * held by the reservation. The first call of carveout_native() adds another to
 * each page, the guard.
 *
 * Rule: a page_count of 2, whether the page is free or allocated, stands for
 * the reservation and the guard; the first reference of an owner isn't counted.
 * carve_native_pages_put() frees a page at 2. If the kernel drops the last
 * reference 1 is left, a count that no page in use has: carve_native_collect()
 * finds such pages and frees them.
 *
 * A block of __GFP_COMP is a compound page, see compound.c: references to any of
 * its pages are counted in its head. The tails of other blocks have counts of
 * their own: such a block is free when all its pages are.
 *
 * Locking: guards_lock while guards are added or removed. References are
 * changed with atomic operations; to free a page with 1, a caller must win the
 * change from 1 to 2.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include <carveout.h>

#include "core/compound.h"
#include "core/instance.h"
#include "core/native.h"
#include "page/reclaim.h"

/* References of the reservation and the guard */
#define NR_HELD 2
/* Blocks that an allocation of a compound page tries */
#define COMPOUND_TRIES 4

/* Guards each carveout's @nr_guarded, @pinned and @forbidden */
static DEFINE_RAW_SPINLOCK(guards_lock);

struct carve_page *carve_native_page(struct carveout *co,
				     const struct page *page)
{
	return carve_pages_lookup_pfn(&co->pages, page_to_pfn(page));
}
EXPORT_SYMBOL_GPL(carve_native_page);

/* As in mm/, page_address() must be the address in the direct mapping */
static struct page *struct_page(struct carveout *co,
				const struct carve_page *carve)
{
	unsigned long pfn = carve_pages_pfn(&co->pages, carve);

	if (!pfn_valid(pfn) ||
	    page_address(pfn_to_page(pfn)) != carve_kmap_address(&co->kmap, carve))
		return NULL;
	return pfn_to_page(pfn);
}

/*
 * True if the zone's pages have struct pages in the direct mapping: all or none
 */
static bool zone_has_frames(struct carveout *co, const struct carve_zone *zone)
{
	return zone->region->virt &&
	       struct_page(co, &co->pages.map[zone->first]);
}

static struct page *zone_frame(const struct carve_zone *zone, unsigned long i)
{
	return pfn_to_page(zone->region->start_pfn + i);
}

static bool all_pages_guarded(const struct carveout *co)
{
	return co->nr_guarded == co->pages.nr_pages;
}

/* Add guards to a batch of pages, and publish the count with the last batch */
static void guard_some(struct carveout *co)
{
	u32 end = min(co->nr_guarded + CARVE_WALK_PAGES, co->pages.nr_pages);
	struct carve_zone *zone;

	lockdep_assert_held(&guards_lock);
	carve_for_each_zone(zone, &co->pages) {
		u32 i = max(co->nr_guarded, zone->first);

		if (!zone_has_frames(co, zone))
			continue;
		for (; i < min(end, zone->buddy.end); i++)
			atomic_inc(&zone_frame(zone, i - zone->first)->_refcount);
	}
	WRITE_ONCE(co->nr_guarded, end);
	if (!all_pages_guarded(co))
		return;
	/*
	 * Pairs with frame_nr_others() and carve_native_collect(): they see the
	 * guards
	 */
	smp_store_release(&co->pages.frame_refs, NR_HELD);
}

/* Concurrent callers share the work, and return when all pages are guarded */
static bool guard_all(struct carveout *co, bool pin)
{
	for (;;) {
		guard(raw_spinlock_irqsave)(&guards_lock);
		if (co->forbidden)
			return false;
		if (!all_pages_guarded(co)) {
			guard_some(co);
			continue;
		}
		/*
		 * Pairs with carveout_native(), which then sees the guards, too
		 */
		smp_store_release(&co->pinned, pin || co->pinned);
		return true;
	}
}

bool carve_native_guard(struct carveout *co)
{
	return guard_all(co, true);
}

bool carve_native_try(struct carveout *co)
{
	return guard_all(co, false);
}

bool carve_native_forbid(struct carveout *co)
{
	guard(raw_spinlock_irqsave)(&guards_lock);
	co->forbidden = !co->nr_guarded;
	return co->forbidden;
}

/* Drop the guards of a batch of pages, from the last guarded one down */
static void unguard_some(struct carveout *co)
{
	u32 begin = co->nr_guarded - min(co->nr_guarded, CARVE_WALK_PAGES);
	struct carve_zone *zone;

	lockdep_assert_held(&guards_lock);
	WRITE_ONCE(co->pages.frame_refs, NR_HELD - 1);
	carve_for_each_zone(zone, &co->pages) {
		u32 i = max(begin, zone->first);

		if (!zone_has_frames(co, zone))
			continue;
		for (; i < min(co->nr_guarded, zone->buddy.end); i++)
			atomic_add_unless(&zone_frame(zone, i - zone->first)->_refcount,
					  -1, NR_HELD - 1);
	}
	WRITE_ONCE(co->nr_guarded, begin);
}

static void unguard_all(struct carveout *co, bool even_pinned)
{
	while (READ_ONCE(co->nr_guarded)) {
		scoped_guard(raw_spinlock_irqsave, &guards_lock) {
			if (co->pinned && !even_pinned)
				return;
			unguard_some(co);
		}
		cond_resched();
	}
}

void carve_native_unguard(struct carveout *co)
{
	unguard_all(co, true);
}

void carve_native_end_try(struct carveout *co)
{
	unguard_all(co, false);
}

static struct page *alloc_frames(struct carveout *co, gfp_t gfp,
				 unsigned int order, unsigned long caller)
{
	struct carve_page *carve;
	struct page *page;

	carve = carve_pages_alloc(&co->pages, gfp & ~__GFP_HIGHMEM, order,
				  CARVE_PAGE_USED, caller);
	if (!carve)
		return NULL;
	page = struct_page(co, carve);
	if (!page) {
		pr_warn_once("%s: alloc_pages(): the memory has no struct pages in the direct mapping: use source=contig or cma\n",
			     co->name);
		carve_pages_free(&co->pages, carve, order, CARVE_PAGE_USED,
				 caller);
	}
	return page;
}

static void free_frames(struct carveout *co, struct page *page,
			unsigned int order, unsigned long caller)
{
	carve_pages_free(&co->pages, carve_native_page(co, page), order,
			 CARVE_PAGE_USED, caller);
}

/* Pass over blocks of which the kernel inspects a page at this moment */
static struct page *alloc_compound(struct carveout *co, gfp_t gfp,
				   unsigned int order, unsigned long caller)
{
	struct page *tried[COMPOUND_TRIES], *page;
	unsigned int nr = 0;

	while ((page = alloc_frames(co, gfp, order, caller))) {
		if (carve_compound_make(page, order, NR_HELD))
			break;
		tried[nr++] = page;
		page = NULL;
		if (nr == COMPOUND_TRIES) {
			pr_warn_once("%s: alloc_pages(): no compound page of order %u, as the kernel holds references to free pages\n",
				     co->name, order);
			break;
		}
	}
	while (nr--)
		free_frames(co, tried[nr], order, caller);
	return page;
}

struct page *carve_native_pages_alloc(struct carveout *co, gfp_t gfp,
				      unsigned int order)
{
	if (order && (gfp & __GFP_COMP))
		return alloc_compound(co, gfp, order, _RET_IP_);
	return alloc_frames(co, gfp, order, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_native_pages_alloc);

int carve_native_page_refs(const struct page *page)
{
	return page_ref_count(compound_head(page)) - (NR_HELD - 1);
}
EXPORT_SYMBOL_GPL(carve_native_page_refs);

/* True if the kernel holds references to pages of the block after the first */
static bool tails_held(const struct carve_page *carve, struct page *page)
{
	unsigned long i;

	if (carve->state != CARVE_PAGE_USED || PageHead(page))
		return false;
	for (i = 1; i < BIT(carve->order); i++)
		if (page_ref_count(pfn_to_page(page_to_pfn(page) + i)) > NR_HELD)
			return true;
	return false;
}

/*
 * Take over a page that the kernel put last; true for only one of several
 * callers
 */
static bool claim_put_page(struct page *page)
{
	int one = NR_HELD - 1;

	return atomic_try_cmpxchg(&page->_refcount, &one, NR_HELD);
}

/* Prepare a block for being freed; false if the kernel has got a reference */
static bool claim_block(const struct carve_page *carve, struct page *page,
			int refs)
{
	if (PageHead(page))
		return carve_compound_break(page, carve->order, refs, NR_HELD);
	return refs == NR_HELD ? !tails_held(carve, page) : claim_put_page(page);
}

void carve_native_pages_put(struct carveout *co, struct carve_page *carve,
			    struct page *page)
{
	int refs;

	if (PageTail(page)) {
		page = compound_head(page);
		carve = carve_native_page(co, page);
	}
	refs = page_ref_count(page);
	do {
		if (refs <= NR_HELD)
			break;
	} while (!atomic_try_cmpxchg(&page->_refcount, &refs, refs - 1));
	if (refs > NR_HELD)
		return;
	if (claim_block(carve, page, refs))
		carve_pages_free(&co->pages, carve, carve->order,
				 CARVE_PAGE_USED, _RET_IP_);
	else if (refs == NR_HELD)
		atomic_dec(&page->_refcount); /* carve_native_collect() frees it later */
}
EXPORT_SYMBOL_GPL(carve_native_pages_put);

/* Warn, once for each page, that the kernel freed memory it didn't own */
static void warn_kernel_free(struct carveout *co, const struct carve_page *carve)
{
	const struct carve_cache *cache = carve_slab_cache(&co->pages, carve);

	if (cache)
		pr_warn("%s: the kernel freed an object of cache %s of this carveout: see carveout_native.h\n",
			co->name, cache->name);
	else
		pr_warn("%s: the kernel freed memory of this carveout: see carveout_native.h\n",
			co->name);
}

/* Free a block whose last reference the kernel dropped */
static unsigned long collect_block(struct carveout *co, struct carve_page *carve,
				   struct page *page)
{
	unsigned long nr = BIT(carve->order);

	if (carve->state != CARVE_PAGE_USED) {
		if (claim_put_page(page))
			warn_kernel_free(co, carve);
		return 0;
	}
	if (tails_held(carve, page) ||
	    !claim_block(carve, page, NR_HELD - 1))
		return 0;
	carve_pages_free(&co->pages, carve, carve->order, CARVE_PAGE_USED,
			 _RET_IP_);
	return nr;
}

/* Find pages with a reference less than the reservation and the guard */
static unsigned long collect_zone(struct carveout *co, struct carve_zone *zone)
{
	unsigned long i, nr = 0;

	if (!zone_has_frames(co, zone))
		return 0;
	for (i = 0; i < zone->region->nr_pages; i++) {
		if (page_ref_count(zone_frame(zone, i)) == NR_HELD - 1)
			nr += collect_block(co, &co->pages.map[zone->first + i],
					    zone_frame(zone, i));
		if (i % CARVE_WALK_PAGES == 0)
			cond_resched();
	}
	return nr;
}

unsigned long carve_native_collect(struct carveout *co)
{
	struct carve_zone *zone;
	unsigned long nr = 0;

	/* Pairs with guard_some() */
	if (smp_load_acquire(&co->pages.frame_refs) != NR_HELD)
		return 0;
	carve_for_each_zone(zone, &co->pages)
		nr += collect_zone(co, zone);
	return nr;
}

static unsigned long native_shrink(struct carve_shrinker *shrinker)
{
	return carve_native_collect(container_of(shrinker, struct carveout,
						 native));
}

void carve_native_init(struct carveout *co)
{
	co->pages.frame_refs = 1;
	co->native.shrink = native_shrink;
	carve_pages_add_shrinker(&co->pages, &co->native);
}
