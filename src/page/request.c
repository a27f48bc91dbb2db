// SPDX-License-Identifier: GPL-2.0
/*
 * The allocation path of a request for pages, and what its GFP flags allow.
 *
 * The slow path, when this CPU's list is empty:
 *   1. refill the list from its depot or from the buddy systems of the zones,
 *	if these stay above their min watermark;
 *   2. with __GFP_HIGH (GFP_ATOMIC) or __GFP_MEMALLOC, also go below that
 *	watermark;
 *   3. drain this CPU's lists of all orders, and all depots, so that blocks
 *	merge, and retry (any context);
 *   4. without __GFP_NORETRY: run the atomic shrinkers of the layers above in
 *	small steps, and retry after each. A request that can't block, and may
 *	have interrupts disabled, reclaims at most CARVE_ATOMIC_BUDGET blocks
 *	and pages in 3. and 4.; background reclaim does the rest;
 *   5. if the flags allow blocking, without __GFP_NORETRY: run the shrinkers,
 *	drain the lists of all CPUs, and retry. Repeat that each tick, as others
 *	may free memory: for wait_ms; for sixteen times as long with
 *	__GFP_RETRY_MAYFAIL; forever with __GFP_NOFAIL, which may also go below
 *	the min watermark;
 *   6. fail.
 * A request with __GFP_KSWAPD_RECLAIM that leaves a zone below its low
 * watermark, or that fails while a zone is below it, wakes background reclaim.
 *
 * Locking: none here; zone.c takes the zone's lock.
 */
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/sched/signal.h>

#include "page/pages_inline.h"
#include "page/reclaim.h"
#include "page/request.h"
#include "trace/events.h"

/* Wait with __GFP_RETRY_MAYFAIL, in units of wait_ms: see above */
#define MAYFAIL_WAIT_FACTOR 16

#define for_each_zone_within(zone, z, ac) \
	for ((z) = (ac)->zones; ((zone) = *(z)); (z)++)

/* Number of the zone's pages below the limit of the request */
static unsigned long pages_below_limit(const struct carve_zone *zone,
				       const struct carve_alloc_context *ac)
{
	unsigned long start = zone->region->start_pfn;

	if (ac->end_pfn <= start)
		return 0;
	return min(ac->end_pfn - start, zone->region->nr_pages);
}

static struct carve_page *alloc_below_limit(struct carve_zone *zone,
					    const struct carve_alloc_context *ac,
					    gfp_t gfp, unsigned int order,
					    unsigned long keep)
{
	return carve_zone_alloc_below(zone, order, carve_gfp_migratetype(gfp), keep,
				      zone->first + pages_below_limit(zone, ac));
}

/* Is the whole zone below the limit? */
static bool zone_below_limit(const struct carve_zone *zone,
			     const struct carve_alloc_context *ac)
{
	return likely(pages_below_limit(zone, ac) == zone->region->nr_pages);
}

/* Requests that can't block do bounded work */
static bool gfp_is_atomic(gfp_t gfp)
{
	return !gfpflags_allow_blocking(gfp);
}

static struct carve_page *alloc_above_min(const struct carve_alloc_context *ac,
					  gfp_t gfp, unsigned int order)
{
	struct carve_zone *zone, *const *z;
	struct carve_page *page;

	for_each_zone_within(zone, z, ac) {
		if (zone_below_limit(zone, ac))
			page = carve_zone_alloc_slow(zone, order,
						     carve_gfp_migratetype(gfp),
						     gfp_is_atomic(gfp));
		else
			page = alloc_below_limit(zone, ac, gfp, order,
						 READ_ONCE(zone->watermark[CARVE_WMARK_MIN]));
		if (page)
			return page;
	}
	return NULL;
}

/* Urgent requests may, and those made on behalf of freeing memory */
static bool may_go_below_min(gfp_t gfp)
{
	return gfp & __GFP_HIGH ||
	       (gfp & (__GFP_MEMALLOC | __GFP_NOMEMALLOC)) == __GFP_MEMALLOC;
}

static struct carve_page *alloc_below_min(const struct carve_alloc_context *ac,
					  gfp_t gfp, unsigned int order)
{
	struct carve_zone *zone, *const *z;
	struct carve_page *page;

	for_each_zone_within(zone, z, ac) {
		if (zone_below_limit(zone, ac))
			page = carve_zone_alloc_buddy(zone, order,
						      carve_gfp_migratetype(gfp), 0,
						      gfp_is_atomic(gfp));
		else
			page = alloc_below_limit(zone, ac, gfp, order, 0);
		if (page)
			return page;
	}
	return NULL;
}

static struct carve_page *alloc_from_zones(const struct carve_alloc_context *ac,
					   gfp_t gfp, unsigned int order)
{
	struct carve_page *page = alloc_above_min(ac, gfp, order);

	if (!page && may_go_below_min(gfp))
		page = alloc_below_min(ac, gfp, order);
	return page;
}

/* How long to wait for frees */
static unsigned long max_wait_jiffies(const struct carve_pages *ps, gfp_t gfp)
{
	unsigned long wait = msecs_to_jiffies(READ_ONCE(ps->wait_ms));

	return gfp & __GFP_RETRY_MAYFAIL ? MAYFAIL_WAIT_FACTOR * wait : wait;
}

static struct carve_page *reclaim_and_wait(struct carve_pages *ps,
					   const struct carve_alloc_context *ac,
					   gfp_t gfp, unsigned int order)
{
	unsigned long end = jiffies + max_wait_jiffies(ps, gfp);
	struct carve_page *page;

	/* As in mm/: a request that can't fail may use the reserve */
	if (gfp & __GFP_NOFAIL)
		gfp |= __GFP_HIGH;
	for (;;) {
		carve_pages_reclaim(ps);
		page = alloc_from_zones(ac, gfp, order);
		if (page)
			return page;
		if (!(gfp & __GFP_NOFAIL) &&
		    (time_after_eq(jiffies, end) ||
		     fatal_signal_pending(current)))
			return NULL;
		schedule_timeout_uninterruptible(1);
	}
}

/* Reclaim without sleeping until a block is free */
static struct carve_page *reclaim_atomic(struct carve_pages *ps,
					 const struct carve_alloc_context *ac,
					 gfp_t gfp, unsigned int order)
{
	unsigned int left = gfpflags_allow_blocking(gfp) ? UINT_MAX :
						   CARVE_ATOMIC_BUDGET;
	struct carve_page *page;
	unsigned int nr;

	for (;;) {
		left -= carve_pages_drain_some(ps, left);
		page = alloc_from_zones(ac, gfp, order);
		if (page || gfp & __GFP_NORETRY)
			return page;
		nr = carve_pages_shrink_atomic(ps, left);
		if (!nr)
			return NULL;
		left -= nr;
	}
}

static struct carve_page *alloc_slowpath(struct carve_pages *ps,
					 const struct carve_alloc_context *ac, gfp_t gfp,
					 unsigned int order)
{
	struct carve_page *page = alloc_from_zones(ac, gfp, order);

	if (page)
		return page;
	page = reclaim_atomic(ps, ac, gfp, order);
	if (page || gfp & __GFP_NORETRY || !gfpflags_allow_blocking(gfp))
		return page;
	return reclaim_and_wait(ps, ac, gfp, order);
}

bool carve_pages_may_hold(const struct carve_alloc_context *ac, unsigned int order)
{
	struct carve_zone *zone, *const *z;

	for_each_zone_within(zone, z, ac)
		if (order <= zone->buddy.max_order &&
		    BIT(order) <= pages_below_limit(zone, ac))
			return true;
	return false;
}

/* For tracepoints; enough free pages, but no block: the zone is fragmented */
static const char *why_failed(const struct carve_alloc_context *ac, gfp_t gfp,
			      unsigned int order)
{
	struct carve_zone *zone, *const *z;

	if (!carve_pages_may_hold(ac, order))
		return "no zone can hold it";
	for_each_zone_within(zone, z, ac) {
		unsigned long keep = may_go_below_min(gfp) ? 0 :
				     READ_ONCE(zone->watermark[CARVE_WMARK_MIN]);

		if (carve_zone_nr_free(zone) >= keep + BIT(order))
			return "no block of that order is free";
	}
	return "too few pages are free";
}

static void warn_failed(struct carve_pages *ps, gfp_t gfp, unsigned int order)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);

	atomic_long_inc(&ps->nr_failed);
	if (!(gfp & __GFP_NOWARN) && __ratelimit(&limit))
		pr_warn("%s: page allocation failure: order %u, mode %#x(%pGg)\n",
			ps->name, order, (__force u32)gfp, &gfp);
}

static void trace_alloc(struct carve_pages *ps, const struct carve_page *page,
			unsigned int order, gfp_t gfp, unsigned long caller)
{
	if (trace_carve_page_alloc_enabled())
		trace_carve_page_alloc(ps->name, carve_pages_pfn(ps, page), order, gfp,
				       page->migratetype == CARVE_MIGRATE_RECLAIMABLE,
				       caller);
}

/* @order may exceed all valid orders */
static size_t block_bytes(unsigned int order)
{
	return order < BITS_PER_LONG - PAGE_SHIFT ? PAGE_SIZE << order :
						    SIZE_MAX;
}

/* Report the failure; background reclaim may help the next request */
static void fail_request(struct carve_pages *ps, const struct carve_alloc_context *ac,
			 gfp_t gfp, unsigned int order, unsigned long caller)
{
	struct carve_zone *zone, *const *z;

	warn_failed(ps, gfp, order);
	for_each_zone_within(zone, z, ac)
		carve_pages_wake_reclaim(ps, gfp, zone);
	if (trace_carve_fail_enabled())
		trace_carve_fail(ps->name, "page", block_bytes(order), order,
				 gfp, why_failed(ac, gfp, order), caller);
}

struct carve_page *carve_pages_alloc_within(struct carve_pages *ps,
					    const struct carve_alloc_context *ac,
					    gfp_t gfp, unsigned int order,
					    unsigned long caller)
{
	struct carve_page *page = NULL;

	carve_might_alloc(gfp);
	if (carve_pages_may_hold(ac, order))
		page = alloc_slowpath(ps, ac, gfp, order);
	if (!page) {
		fail_request(ps, ac, gfp, order, caller);
		return NULL;
	}
	carve_pages_wake_reclaim(ps, gfp, carve_page_zone(ps, page));
	trace_alloc(ps, page, order, gfp, caller);
	return page;
}

static struct carve_page *alloc_from_all_zones(struct carve_pages *ps,
					       struct carve_zone *const *zones,
					       gfp_t gfp, unsigned int order,
					       unsigned long caller)
{
	const struct carve_alloc_context ac = {
		.zones = zones,
		.end_pfn = ULONG_MAX,
	};

	return carve_pages_alloc_within(ps, &ac, gfp, order, caller);
}

/* Did carve_pages_alloc_hot() find the per-CPU list empty, or busy? */
static bool tried_fast_path(const struct carve_pages *ps, gfp_t gfp, unsigned int order)
{
	return !(gfp & CARVE_GFP_SPECIAL) && order < ps->hot_alloc;
}

/* Step 1 of the slow path, in one zone */
static struct carve_page *alloc_from_first_zone(struct carve_pages *ps,
						struct carve_zone *zone, gfp_t gfp,
						unsigned int order,
						unsigned long caller)
{
	struct carve_page *page;

	page = carve_zone_alloc_slow(zone, order, carve_gfp_migratetype(gfp),
				     gfp_is_atomic(gfp));
	if (!page)
		return NULL;
	carve_pages_wake_reclaim(ps, gfp, zone);
	trace_alloc(ps, page, order, gfp, caller);
	return page;
}

/* Fault injection */
static bool should_fail_request(struct carve_pages *ps, gfp_t gfp)
{
	if (gfp & __GFP_NOFAIL || !carve_fault_strikes(&ps->fault))
		return false;
	atomic_long_inc(&ps->nr_failed);
	return true;
}

struct carve_page *carve_pages_request(struct carve_pages *ps,
				       struct carve_zone *const *zones,
				       gfp_t gfp, unsigned int order,
				       enum carve_page_state state,
				       unsigned long caller)
{
	struct carve_zone *zone = zones[0];
	struct carve_page *page = NULL;

	if (likely(zone) && !tried_fast_path(ps, gfp, order))
		page = carve_zone_alloc(zone, order, carve_gfp_migratetype(gfp));
	if (!page && should_fail_request(ps, gfp)) {
		trace_carve_fail(ps->name, "page", block_bytes(order), order,
				 gfp, "made to fail", caller);
		return NULL;
	}
	if (!page && likely(zone))
		page = alloc_from_first_zone(ps, zone, gfp, order, caller);
	if (!page)
		page = alloc_from_all_zones(ps, zones, gfp, order, caller);
	if (page)
		page->state = state;
	return page;
}
