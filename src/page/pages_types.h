/* SPDX-License-Identifier: GPL-2.0 */
/* Page allocator of a carveout: structures. See pages.c. */
#ifndef _CARVE_PAGES_TYPES_H
#define _CARVE_PAGES_TYPES_H

#include <linux/gfp.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/workqueue.h>

#include "lib/fault.h"
#include "page/zone_types.h"

#define CARVE_MAX_ZONES 4
/* Pages that a walk over all pages visits between two cond_resched() */
#define CARVE_WALK_PAGES 512U

/**
 * struct carve_shrinker - frees unused pages of a layer above
 * @list: entry in carve_pages.shrinkers
 * @shrink: frees all unused pages, may sleep; returns pages freed
 * @shrink_atomic: frees up to @most pages in any context but NMI; returns pages
 *	freed, 0 if there are none. May be NULL
 */
struct carve_shrinker {
	struct list_head list;
	unsigned long (*shrink)(struct carve_shrinker *shrinker);
	unsigned int (*shrink_atomic)(struct carve_shrinker *shrinker,
				      unsigned int most);
};

/**
 * struct carve_clear_op - clears pages that have no address, in a layer above
 * @clear: zero @nr pages; any context but NMI
 */
struct carve_clear_op {
	void (*clear)(struct carve_clear_op *clear_op,
		      const struct carve_page *page, unsigned long nr);
};

/* Zonelists: one per zone type, and one that includes unmapped HIGHMEM */
#define CARVE_ZONELIST_UNMAPPED CARVE_NR_ZONE_TYPES
#define CARVE_NR_ZONELISTS (CARVE_NR_ZONE_TYPES + 1)

/**
 * enum carve_misuse - kinds of misuse that are refused, counted and reported
 * @CARVE_MISUSE_FREE: the free of an address or block that isn't in use, or not
 *	as the caller says
 * @CARVE_MISUSE_REALLOC: likewise, a change of its size
 * @CARVE_MISUSE_SPLIT: likewise, a split of a block
 * @CARVE_MISUSE_KMAP: kmap() of a foreign page, or an unbalanced kunmap()
 * @CARVE_NR_MISUSES: number of kinds
 */
enum carve_misuse {
	CARVE_MISUSE_FREE,
	CARVE_MISUSE_REALLOC,
	CARVE_MISUSE_SPLIT,
	CARVE_MISUSE_KMAP,
	CARVE_NR_MISUSES,
};

/**
 * struct carve_span - a range of addresses and its page descriptors
 * @virt: start
 * @bytes: length
 * @map: descriptor of the first page
 *
 * Holds all that a lookup of a page by its address reads.
 */
struct carve_span {
	const void *virt;
	unsigned long bytes;
	struct carve_page *map;
};

/* Flags that need the slow path: zone modifiers, other migratetype, zeroing */
#define CARVE_GFP_SPECIAL (GFP_ZONEMASK | __GFP_RECLAIMABLE | __GFP_ZERO)

/**
 * struct carve_pages - the page allocator of a carveout
 * @hot: per-CPU lists of unmovable blocks of the first zone, if NORMAL requests
 *	try it first. It is the first member, so that an order is its offset
 * @span: mapped part of the first zone with initialized page descriptors
 * @phys: physical address of @span
 * @nr_ready: the first @nr_ready page descriptors are initialized
 * @hot_alloc: orders below this are allocated from @hot by the fast path
 * @hot_free: orders below this are freed to @hot by the fast path; 0 if the
 *	zone has poisoned pages. Constant after set-up, as are the members
 *	above, except that @span and @nr_ready grow once, when deferred init is
 *	done, and @hot_free may become 0
 * @name: carveout's name, for the log
 * @map: page descriptors of all zones
 * @nr_pages: number of descriptors in @map
 * @nr_zones: zones in use
 * @zone: the zones
 * @zonelist: for each zone type of a request, the zones to try in order, ended
 *	by NULL; constant after set-up. CARVE_ZONELIST_UNMAPPED is for HIGHMEM
 *	requests whose pages need no address
 * @clear_op: clears pages without an address
 * @shrinkers: struct carve_shrinker of layers above; constant after set-up
 * @frame_refs: reference count of a struct page while its page is free
 * @wait_ms: maximum time that an allocation waits for frees
 * @wake: queues @background from any context
 * @background: background reclaim, when a zone is below its low watermark
 * @backoff_until: jiffies before which @background isn't queued, see reclaim.c
 * @deferred_init_ns: duration of deferred init in the background
 * @nr_failed: allocations that returned NULL
 * @nr_misuses: operations that were refused, by kind
 * @fault: fault injection: the allocation to fail, in the slow path
 */
struct carve_pages {
	struct carve_pcp *hot[CARVE_NR_PCP];
	struct carve_span span;
	phys_addr_t phys;
	u32 nr_ready;
	unsigned int hot_alloc;
	unsigned int hot_free;

	const char *name;
	struct carve_page *map;
	u32 nr_pages;
	unsigned int nr_zones;
	struct carve_zone zone[CARVE_MAX_ZONES];
	struct carve_zone *zonelist[CARVE_NR_ZONELISTS][CARVE_MAX_ZONES + 1];
	struct carve_clear_op *clear_op;
	struct list_head shrinkers;
	int frame_refs;
	unsigned int wait_ms;
	struct irq_work wake;
	struct work_struct background;
	unsigned long backoff_until;
	u64 deferred_init_ns;
	atomic_long_t nr_failed;
	atomic_long_t nr_misuses[CARVE_NR_MISUSES];
	struct carve_fault fault;
};

#define carve_for_each_zone(zone, pages) \
	for ((zone) = (pages)->zone; \
	     (zone) < (pages)->zone + (pages)->nr_zones; (zone)++)

#endif /* _CARVE_PAGES_TYPES_H */
