// SPDX-License-Identifier: GPL-2.0
/*
 * A zone: the buddy system of a region, and per-CPU lists (magazines, see
 * magazine.c) of small blocks in front of it.
 *
 * A block is in one of three places, given by the state of its head:
 * CARVE_PAGE_FREE is in the buddy system, CARVE_PAGE_PCP in a magazine, any
 * other state is allocated. A free sets CARVE_PAGE_PCP before it moves the
 * block to a magazine or to the buddy system: a second free is detected at
 * once.
 *
 * Two frees at the same time may both find the block allocated, and put it in
 * two magazines. try_free_blocks() accepts the block from the magazine that is
 * flushed first, and refuses it from the other: under the zone's lock the state
 * must be CARVE_PAGE_PCP and the page must not be marked as free. If the block
 * is allocated from the other magazine instead, the fast path changes the state
 * of a free page but not the mark, so the free of that page is refused. Layers
 * that link descriptors check the mark first: carve_pages_accept().
 *
 * Locking: zone->lock, a raw spinlock, guards the buddy system. It nests in a
 * magazine's busy mark; no lock nests in it. Long walks drop it at intervals.
 */
#include <linux/align.h>
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/sizes.h>

#include "lib/kib.h"
#include "lib/report.h"
#include "page/block.h"
#include "page/misuse.h"
#include "page/zone_inline.h"
#include "region/zone_limit.h"
#include "trace/events.h"

/* Maximum blocks in a batch: bounds the latency of a refill */
#define PCP_MAX_BATCH 16UL
/* All per-CPU lists of one order hold at most this fraction of the zone, */
#define PCP_SHARE 32
/* or, if that is less than a batch, one block per CPU within this fraction */
#define SINGLE_SHARE 16

static const char *const zone_names[CARVE_NR_ZONE_TYPES] = {
	[CARVE_ZONE_DMA] = "DMA",
	[CARVE_ZONE_DMA32] = "DMA32",
	[CARVE_ZONE_NORMAL] = "Normal",
	[CARVE_ZONE_HIGHMEM] = "HighMem",
};

const char *carve_zone_name(const struct carve_zone *zone)
{
	return zone_names[zone->type];
}

/* By physical address, as in mm/ */
static enum carve_zone_type region_zone_type(const struct carve_region *region)
{
	phys_addr_t last = carve_region_phys(region) +
			   carve_region_bytes(region) - 1;

	return region->highmem ? CARVE_ZONE_HIGHMEM :
	       last <= carve_region_zone_limit(__GFP_DMA) ? CARVE_ZONE_DMA :
	       last <= carve_region_zone_limit(__GFP_DMA32) ? CARVE_ZONE_DMA32 :
	       CARVE_ZONE_NORMAL;
}

void carve_zone_init(struct carve_zone *zone,
		     const struct carve_region *region, struct carve_page *map,
		     u32 first)
{
	zone->type = region_zone_type(region);
	zone->region = region;
	zone->map = map;
	zone->first = first;
	raw_spin_lock_init(&zone->lock);
	carve_buddy_init(&zone->buddy, map, first, region->nr_pages,
			 region->start_pfn);
	zone->buddy.region = region;
}

unsigned long carve_zone_default_min(const struct carve_zone *zone)
{
	unsigned long kib = carve_pages_to_kib(zone->nr_managed);

	return carve_kib_to_pages(4 * int_sqrt(kib));
}

void carve_zone_set_watermarks(struct carve_zone *zone, unsigned long min)
{
	WRITE_ONCE(zone->watermark[CARVE_WMARK_MIN], min);
	WRITE_ONCE(zone->watermark[CARVE_WMARK_LOW], min + min / 4);
	WRITE_ONCE(zone->watermark[CARVE_WMARK_HIGH], min + min / 2);
}

void carve_zone_make(struct carve_zone *zone, u32 index, u32 nr)
{
	u32 end = index + nr;

	/* Drop the lock between pageblocks */
	for (; index < end; index = carve_deferred_init_end(&zone->buddy, index)) {
		if (carve_deferred_init_done(&zone->buddy, index))
			continue;
		guard(raw_spinlock_irqsave)(&zone->lock);
		carve_deferred_init_block(&zone->buddy, index);
	}
}

/* Initialize all descriptors of allocated blocks: their owners use them */
static void init_block_descriptors(struct carve_zone *zone, void **heads, unsigned int n,
				   unsigned int order)
{
	unsigned int i;

	/* Smaller blocks: done when the pageblock was split */
	if (order < zone->buddy.block_order)
		return;
	for (i = 0; i < n; i++)
		carve_zone_make(zone, carve_page_index(zone, heads[i]),
				BIT(order));
}

/* Hardware poison; memory hidden from the kernel has no struct page to mark */

bool carve_zone_is_broken(const struct carve_zone *zone, u32 index)
{
	unsigned long pfn = zone->region->start_pfn + index - zone->first;

	return zone->region->source->managed &&
	       PageHWPoison(pfn_to_page(pfn));
}

static bool block_has_broken(const struct carve_zone *zone, u32 index,
			     unsigned int order)
{
	u32 end = index + BIT(order);

	for (; index < end; index++)
		if (carve_zone_is_broken(zone, index))
			return true;
	return false;
}

static void withhold_page(struct carve_zone *zone, u32 index)
{
	lockdep_assert_held(&zone->lock);
	zone->map[index].state = CARVE_PAGE_BROKEN;
	zone->map[index].order = 0;
	WRITE_ONCE(zone->map[index].migratetype, CARVE_MIGRATE_UNMOVABLE);
	zone->nr_broken++;
	zone->nr_managed--;
	pr_warn("%s: the memory of page %#lx is broken: withheld\n",
		zone->region->carveout,
		carve_zone_pfn(zone, &zone->map[index]));
}

/* Free a block but withhold its poisoned pages: split it in halves */
static void free_except_broken(struct carve_zone *zone, u32 index, unsigned int order)
{
	if (!block_has_broken(zone, index, order)) {
		carve_buddy_free(&zone->buddy, index, order);
		return;
	}
	if (!order) {
		withhold_page(zone, index);
		return;
	}
	order--;
	free_except_broken(zone, index, order);
	free_except_broken(zone, index + BIT(order), order);
}

static void zone_free_block(struct carve_zone *zone, u32 index, unsigned int order)
{
	lockdep_assert_held(&zone->lock);
	if (unlikely(READ_ONCE(zone->has_broken)))
		free_except_broken(zone, index, order);
	else
		carve_buddy_free(&zone->buddy, index, order);
}

void carve_zone_withhold_free(struct carve_zone *zone, u32 index)
{
	guard(raw_spinlock_irqsave)(&zone->lock);
	if (carve_buddy_take_out(&zone->buddy, index))
		withhold_page(zone, index);
}

void carve_zone_add(struct carve_zone *zone, u32 index, u32 nr)
{
	guard(raw_spinlock_irqsave)(&zone->lock);
	carve_buddy_add(&zone->buddy, index, nr);
	zone->nr_managed += nr;
}

/* How many of @n blocks can be allocated so that @keep pages stay free */
static unsigned int clamp_to_watermark(const struct carve_zone *zone, unsigned int order,
				       unsigned long keep, unsigned int n)
{
	unsigned long nr_free = zone->buddy.nr_free;

	lockdep_assert_held(&zone->lock);
	return nr_free < keep ?
	       0 : min_t(unsigned long, n, (nr_free - keep) >> order);
}

static struct carve_pcp *pcp_of(struct carve_magazines *ms)
{
	return container_of(ms, struct carve_pcp, magazines);
}

#define PCP_NAMES(migratetype) \
	{ \
		"pages-0" migratetype, "pages-1" migratetype, "pages-2" migratetype, \
		"pages-3" migratetype, "pages-4" migratetype, "pages-5" migratetype, \
		"pages-6" migratetype, "pages-7" migratetype, "pages-8" migratetype, \
		"pages-9" migratetype, \
	}

/* For tracepoints */
static const char *const pcp_names[CARVE_NR_MIGRATETYPES][CARVE_NR_PCP] = {
	[CARVE_MIGRATE_UNMOVABLE] = PCP_NAMES(""),
	[CARVE_MIGRATE_RECLAIMABLE] = PCP_NAMES("-short"),
};

static const char *pcp_name(const struct carve_pcp *pcp)
{
	return pcp_names[pcp->migratetype][pcp->order];
}

static unsigned int pcp_refill_locked(struct carve_pcp *pcp, void **items,
				      unsigned int n, bool atomic)
{
	struct carve_zone *zone = pcp->zone;
	unsigned int taken = 0, got;

	guard(raw_spinlock_irqsave)(&zone->lock);
	n = clamp_to_watermark(zone, pcp->order,
			       READ_ONCE(zone->watermark[CARVE_WMARK_MIN]), n);
	for (; taken < n; taken += got) {
		got = carve_buddy_take(&zone->buddy, pcp->order,
				       pcp->migratetype, atomic,
				       CARVE_PAGE_PCP, items + taken,
				       n - taken);
		if (!got || atomic)
			return taken + got;
	}
	return taken;
}

static unsigned int pcp_refill(struct carve_magazines *ms, void **items,
			       unsigned int n, bool atomic)
{
	struct carve_pcp *pcp = pcp_of(ms);

	n = pcp_refill_locked(pcp, items, n, atomic);
	init_block_descriptors(pcp->zone, items, n, pcp->order);
	if (trace_carve_refill_enabled() && n)
		trace_carve_refill(pcp->zone->region->carveout,
				   pcp_name(pcp), n);
	return n;
}

/* Still as carve_pages_free() left it? Else it was freed or allocated since */
static bool is_freed_head(const struct carve_page *page, unsigned int order)
{
	/* After a double free, an owner may change it without the lock */
	return data_race(READ_ONCE(page->state)) == CARVE_PAGE_PCP &&
	       page->order == order && !carve_page_is_free(page);
}

/* Free blocks; return how many were refused, moved to the front of @items */
static unsigned int try_free_blocks(struct carve_zone *zone, void **items,
				    unsigned int n, unsigned int order)
{
	unsigned int i, refused = 0;

	guard(raw_spinlock_irqsave)(&zone->lock);
	for (i = 0; i < n; i++) {
		u32 index = carve_page_index(zone, items[i]);

		if (likely(is_freed_head(items[i], order)))
			zone_free_block(zone, index, order);
		else
			items[refused++] = items[i];
	}
	return refused;
}

void carve_zone_refuse(struct carve_zone *zone, struct carve_page *page,
		       u8 state, unsigned long caller)
{
	scoped_guard(raw_spinlock_irqsave, &zone->lock)
		carve_buddy_restore(&zone->buddy, carve_page_index(zone, page),
				    state);
	carve_report_misuse(zone->pages, CARVE_MISUSE_FREE, page,
			    "freed twice at the same time", caller);
}

static void free_blocks_to_buddy(struct carve_zone *zone, void **items, unsigned int n,
				 unsigned int order, unsigned long caller)
{
	unsigned int i, refused = try_free_blocks(zone, items, n, order);

	for (i = 0; i < refused; i++)
		carve_zone_refuse(zone, items[i], CARVE_PAGE_PCP, caller);
}

static void pcp_flush(struct carve_magazines *ms, void **items,
		      unsigned int n)
{
	struct carve_pcp *pcp = pcp_of(ms);
	struct carve_zone *zone = pcp->zone;

	trace_carve_drain(zone->region->carveout, pcp_name(pcp), n);
	free_blocks_to_buddy(zone, items, n, pcp->order, 0);
}

static const struct carve_magazine_ops pcp_ops = {
	.refill = pcp_refill,
	.flush = pcp_flush,
};

struct carve_magazine_shape carve_pcp_shape(unsigned long nr_pages,
					    unsigned int order)
{
	unsigned long idle = nr_pages / PCP_SHARE;
	unsigned long per_batch = idle / (3 * num_possible_cpus() + 1);
	unsigned long batch = min(per_batch >> order, PCP_MAX_BATCH);

	if (batch)
		return carve_magazine_shape(batch);
	if (num_possible_cpus() << order > nr_pages / SINGLE_SHARE)
		return (struct carve_magazine_shape){ };
	return (struct carve_magazine_shape){ .batch = 1, .room = 1 };
}

size_t carve_pcp_size(struct carve_magazine_shape shape)
{
	return L1_CACHE_ALIGN(struct_size_t(struct carve_pcp, magazines.cpu,
					    carve_magazine_nr_places())) +
	       carve_magazines_size(shape);
}

void carve_zone_add_pcp(struct carve_zone *zone,
			enum carve_migratetype migratetype, unsigned int order,
			struct carve_magazine_shape shape, void *memory)
{
	struct carve_pcp *pcp = memory;

	pcp->zone = zone;
	pcp->order = order;
	pcp->migratetype = migratetype;
	carve_magazines_init(&pcp->magazines, &pcp_ops, shape,
			     memory + carve_pcp_size(shape) -
			     carve_magazines_size(shape));
	zone->pcp[migratetype][order] = pcp;
}

struct carve_page *carve_zone_alloc_buddy(struct carve_zone *zone,
					  unsigned int order,
					  enum carve_migratetype migratetype,
					  unsigned long keep, bool atomic)
{
	void *page;

	/* @order is the caller's, not validated yet */
	if (order > zone->buddy.max_order)
		return NULL;
	scoped_guard(raw_spinlock_irqsave, &zone->lock)
		if (!clamp_to_watermark(zone, order, keep, 1) ||
		    !carve_buddy_take(&zone->buddy, order, migratetype, atomic,
				      CARVE_PAGE_PCP, &page, 1))
			return NULL;
	init_block_descriptors(zone, &page, 1, order);
	return page;
}

/* Allocate the block at @index if it is still free */
static bool alloc_at(struct carve_zone *zone, u32 index, unsigned int order,
		     enum carve_migratetype migratetype, unsigned long keep)
{
	guard(raw_spinlock_irqsave)(&zone->lock);
	if (zone->buddy.nr_free < keep + BIT(order) ||
	    !carve_buddy_offers(&zone->buddy, index, order))
		return false;
	carve_buddy_alloc_at(&zone->buddy, index, order, migratetype);
	return true;
}

struct carve_page *carve_zone_alloc_below(struct carve_zone *zone,
					  unsigned int order,
					  enum carve_migratetype migratetype,
					  unsigned long keep, u32 end)
{
	u32 index = carve_buddy_first(&zone->buddy, order);

	/* The search may be long: take the lock for one candidate at a time */
	for (; index < end && end - index >= BIT(order); index += BIT(order))
		if (carve_buddy_offers(&zone->buddy, index, order) &&
		    alloc_at(zone, index, order, migratetype, keep)) {
			carve_zone_make(zone, index, BIT(order));
			return &zone->map[index];
		}
	return NULL;
}

void carve_zone_free_buddy(struct carve_zone *zone, struct carve_page *page,
			   unsigned int order, unsigned long caller)
{
	void *item = page;

	free_blocks_to_buddy(zone, &item, 1, order, caller);
}

/* Refuse blocks that are free already, after a double free */
static struct carve_page *pcp_alloc_slow(struct carve_pcp *pcp, bool atomic)
{
	struct carve_page *page;

	while ((page = carve_magazines_alloc_slow(&pcp->magazines, atomic)) &&
	       unlikely(carve_page_is_free(page)))
		carve_zone_refuse(pcp->zone, page, CARVE_PAGE_PCP, 0);
	return page;
}

struct carve_page *carve_zone_alloc_slow(struct carve_zone *zone,
					 unsigned int order,
					 enum carve_migratetype migratetype,
					 bool atomic)
{
	struct carve_pcp *pcp = carve_zone_pcp(zone, order, migratetype);

	if (pcp)
		return pcp_alloc_slow(pcp, atomic);
	return carve_zone_alloc_buddy(zone, order, migratetype,
				      READ_ONCE(zone->watermark[CARVE_WMARK_MIN]),
				      atomic);
}

void carve_zone_free_slow(struct carve_zone *zone, struct carve_page *page,
			  unsigned int order, unsigned long caller)
{
	struct carve_pcp *pcp = carve_zone_pcp_of(zone, page, order);

	if (pcp && !READ_ONCE(zone->has_broken))
		carve_magazines_free_slow(&pcp->magazines, page);
	else
		carve_zone_free_buddy(zone, page, order, caller);
}

void carve_zone_drain(struct carve_zone *zone)
{
	struct carve_pcp *pcp;
	unsigned int i;

	carve_for_each_pcp(pcp, zone, i)
		carve_magazines_drain(&pcp->magazines);
}

unsigned int carve_zone_drain_some(struct carve_zone *zone, unsigned int most)
{
	struct carve_pcp *pcp;
	unsigned int nr = 0, i;

	carve_for_each_pcp(pcp, zone, i)
		nr += carve_magazines_drain_some(&pcp->magazines, most - nr);
	return nr;
}

void carve_zone_drain_dead(struct carve_zone *zone, unsigned int cpu)
{
	struct carve_pcp *pcp;
	unsigned int i;

	carve_for_each_pcp(pcp, zone, i)
		carve_magazines_drain_dead(&pcp->magazines, cpu);
}

unsigned long carve_zone_nr_uninitialized(const struct carve_zone *zone)
{
	return (unsigned long)READ_ONCE(zone->buddy.nr_uninitialized)
	       << zone->buddy.block_order;
}

unsigned long carve_zone_nr_pcp(const struct carve_zone *zone)
{
	unsigned long pages = 0;
	struct carve_pcp *pcp;
	unsigned int i;

	carve_for_each_pcp(pcp, zone, i)
		pages += carve_magazines_count(&pcp->magazines)
			 << pcp->order;
	return pages;
}

void carve_zone_check(struct carve_zone *zone, struct carve_report *r)
{
	struct carve_buddy_check check;
	unsigned long nr_free;
	bool more;

	scoped_guard(raw_spinlock_irqsave, &zone->lock)
		carve_buddy_check_begin(&zone->buddy, &check);
	/* Drop the lock between pageblocks */
	do {
		scoped_guard(raw_spinlock_irqsave, &zone->lock)
			more = carve_buddy_check_some(&zone->buddy, &check, r);
		cond_resched();
	} while (more);
	nr_free = carve_zone_nr_free(zone);
	carve_report_unless(r, nr_free <= zone->nr_managed,
			    "zone %s: %lu pages free of %lu",
			    carve_zone_name(zone), nr_free, zone->nr_managed);
}
