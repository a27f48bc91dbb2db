// SPDX-License-Identifier: GPL-2.0
/*
 * A request for pages: what its GFP flags allow, and what is done before it
 * fails.
 *
 * The ladder that a request climbs when its CPU's store is empty:
 *   1. refill the store from its depot or from the buddy system of the zones,
 *	as long as these stay above their min watermark;
 *   2. with __GFP_HIGH (GFP_ATOMIC) or __GFP_MEMALLOC, also take what lies
 *	below that watermark;
 *   3. give back what this CPU's stores of other orders, and all depots, hold,
 *	so that it can merge, and look again (any context);
 *   4. unless the flags say __GFP_NORETRY: have the layers above give back,
 *	piece by piece, what they can in any context, and look again;
 *   5. if the flags allow sleeping and don't say __GFP_NORETRY: drain the
 *	stores of all CPUs, have the layers above give back all that they can
 *	spare, and look again. Repeat this each tick, as others may be freeing:
 *	for wait_ms; for sixteen times as long with __GFP_RETRY_MAYFAIL; without
 *	end with __GFP_NOFAIL, which may then also go below the watermark;
 *   6. fail.
 * A request with __GFP_KSWAPD_RECLAIM that leaves a zone below its low
 * watermark, or that fails while a zone is below it, starts reclaim in the
 * background.
 */
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "page/reclaim.h"
#include "page/request.h"
#include "trace/events.h"

/* See the ladder above */
#define RETRY_PATIENCE 16

/* The zones that may serve a request */
#define for_each_zone_within(zone, z, reach) \
	for ((z) = (reach)->zones; ((zone) = *(z)); (z)++)

/* How many pages of a zone, from its first on, may serve a request */
static unsigned long within(const struct carve_zone *zone,
			    const struct carve_reach *reach)
{
	unsigned long start = zone->region->start_pfn;

	if (reach->end_pfn <= start)
		return 0;
	return min(reach->end_pfn - start, zone->region->nr_pages);
}

static struct carve_page *get_part_of_zone(struct carve_zone *zone,
					   const struct carve_reach *reach,
					   gfp_t gfp, unsigned int order,
					   unsigned long keep)
{
	return carve_zone_get_below(zone, order, carve_gfp_lifetime(gfp), keep,
				    zone->first + within(zone, reach));
}

static bool whole(const struct carve_zone *zone,
		  const struct carve_reach *reach)
{
	return likely(within(zone, reach) == zone->region->nr_pages);
}

/* Who can't wait gets its block in as few steps as possible */
static bool in_a_hurry(gfp_t gfp)
{
	return !gfpflags_allow_blocking(gfp);
}

static struct carve_page *get_above_min(const struct carve_reach *reach,
					gfp_t gfp, unsigned int order)
{
	struct carve_zone *zone, *const *z;
	struct carve_page *page;

	for_each_zone_within(zone, z, reach) {
		if (whole(zone, reach))
			page = carve_zone_get_slow(zone, order,
						   carve_gfp_lifetime(gfp),
						   in_a_hurry(gfp));
		else
			page = get_part_of_zone(zone, reach, gfp, order,
						READ_ONCE(zone->watermark[CARVE_WMARK_MIN]));
		if (page)
			return page;
	}
	return NULL;
}

/* For urgent requests, and for those whose work will free more than they take */
static bool may_go_below_min(gfp_t gfp)
{
	return gfp & __GFP_HIGH ||
	       (gfp & (__GFP_MEMALLOC | __GFP_NOMEMALLOC)) == __GFP_MEMALLOC;
}

static struct carve_page *get_below_min(const struct carve_reach *reach,
					gfp_t gfp, unsigned int order)
{
	struct carve_zone *zone, *const *z;
	struct carve_page *page;

	for_each_zone_within(zone, z, reach) {
		if (whole(zone, reach))
			page = carve_zone_get_buddy(zone, order,
						    carve_gfp_lifetime(gfp), 0,
						    in_a_hurry(gfp));
		else
			page = get_part_of_zone(zone, reach, gfp, order, 0);
		if (page)
			return page;
	}
	return NULL;
}

static struct carve_page *get_from_zones(const struct carve_reach *reach,
					 gfp_t gfp, unsigned int order)
{
	struct carve_page *page = get_above_min(reach, gfp, order);

	if (!page && may_go_below_min(gfp))
		page = get_below_min(reach, gfp, order);
	return page;
}

/* How long to wait for others to free, in jiffies */
static unsigned long patience(const struct carve_pages *ps, gfp_t gfp)
{
	unsigned long wait = msecs_to_jiffies(READ_ONCE(ps->wait_ms));

	return gfp & __GFP_RETRY_MAYFAIL ? RETRY_PATIENCE * wait : wait;
}

static struct carve_page *reclaim_and_wait(struct carve_pages *ps,
					   const struct carve_reach *reach,
					   gfp_t gfp, unsigned int order)
{
	unsigned long end = jiffies + patience(ps, gfp);
	struct carve_page *page;

	might_alloc(gfp);
	/* As natively: a request that waits without end may use the reserve, too */
	if (gfp & __GFP_NOFAIL)
		gfp |= __GFP_HIGH;
	for (;;) {
		carve_pages_reclaim(ps);
		page = get_from_zones(reach, gfp, order);
		if (page)
			return page;
		if (!(gfp & __GFP_NOFAIL) &&
		    (time_after_eq(jiffies, end) ||
		     fatal_signal_pending(current)))
			return NULL;
		schedule_timeout_uninterruptible(1);
	}
}

static struct carve_page *climb(struct carve_pages *ps,
				const struct carve_reach *reach, gfp_t gfp,
				unsigned int order)
{
	struct carve_page *page = get_from_zones(reach, gfp, order);

	if (page)
		return page;
	carve_pages_drain_here(ps);
	page = get_from_zones(reach, gfp, order);
	if (page || (gfp & __GFP_NORETRY))
		return page;
	while (!page && carve_pages_spare(ps))
		page = get_from_zones(reach, gfp, order);
	if (page || !gfpflags_allow_blocking(gfp))
		return page;
	return reclaim_and_wait(ps, reach, gfp, order);
}

bool carve_pages_may_hold(const struct carve_reach *reach, unsigned int order)
{
	struct carve_zone *zone, *const *z;

	for_each_zone_within(zone, z, reach)
		if (order <= zone->buddy.max_order &&
		    BIT(order) <= within(zone, reach))
			return true;
	return false;
}

/* Pages enough in one zone, and still no block: it is fragmented */
static const char *why_failed(const struct carve_reach *reach, gfp_t gfp,
			      unsigned int order)
{
	struct carve_zone *zone, *const *z;

	if (!carve_pages_may_hold(reach, order))
		return "no zone can hold it";
	for_each_zone_within(zone, z, reach) {
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
				       page->lifetime == CARVE_SHORT_LIVED,
				       caller);
}

/* Of a block of any order, even of one that is too high to exist */
static size_t block_bytes(unsigned int order)
{
	return order < BITS_PER_LONG - PAGE_SHIFT ? PAGE_SIZE << order :
						    SIZE_MAX;
}

/* Background reclaim may bring what the next request needs */
static void fail(struct carve_pages *ps, const struct carve_reach *reach,
		 gfp_t gfp, unsigned int order, unsigned long caller)
{
	struct carve_zone *zone, *const *z;

	warn_failed(ps, gfp, order);
	for_each_zone_within(zone, z, reach)
		carve_pages_mind_low(ps, gfp, zone);
	if (trace_carve_fail_enabled())
		trace_carve_fail(ps->name, "page", block_bytes(order), order,
				 gfp, why_failed(reach, gfp, order), caller);
}

struct carve_page *carve_pages_alloc_within(struct carve_pages *ps,
					    const struct carve_reach *reach,
					    gfp_t gfp, unsigned int order,
					    unsigned long caller)
{
	struct carve_page *page = NULL;

	if (carve_pages_may_hold(reach, order))
		page = climb(ps, reach, gfp, order);
	if (!page) {
		fail(ps, reach, gfp, order, caller);
		return NULL;
	}
	carve_pages_mind_low(ps, gfp, carve_page_zone(ps, page));
	trace_alloc(ps, page, order, gfp, caller);
	return page;
}

static struct carve_page *alloc_slow(struct carve_pages *ps,
				     struct carve_zone *const *zones,
				     gfp_t gfp, unsigned int order,
				     unsigned long caller)
{
	const struct carve_reach reach = {
		.zones = zones,
		.end_pfn = ULONG_MAX,
	};

	return carve_pages_alloc_within(ps, &reach, gfp, order, caller);
}

/* Has carve_pages_alloc_hot() tried it? Then the store is empty, or busy */
static bool was_hot(const struct carve_pages *ps, gfp_t gfp, unsigned int order)
{
	return !(gfp & CARVE_GFP_SPECIAL) && order < ps->hot_alloc;
}

/* The first rung of the ladder alone */
static struct carve_page *get_from_first(struct carve_pages *ps,
					 struct carve_zone *zone, gfp_t gfp,
					 unsigned int order,
					 unsigned long caller)
{
	struct carve_page *page;

	page = carve_zone_get_slow(zone, order, carve_gfp_lifetime(gfp),
				   in_a_hurry(gfp));
	if (!page)
		return NULL;
	carve_pages_mind_low(ps, gfp, zone);
	trace_alloc(ps, page, order, gfp, caller);
	return page;
}

/* Is this the allocation that was set to fail? */
static bool fails(struct carve_pages *ps, gfp_t gfp)
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

	if (likely(zone) && !was_hot(ps, gfp, order))
		page = carve_zone_get(zone, order, carve_gfp_lifetime(gfp));
	if (!page && fails(ps, gfp)) {
		trace_carve_fail(ps->name, "page", block_bytes(order), order,
				 gfp, "made to fail", caller);
		return NULL;
	}
	if (!page && likely(zone))
		page = get_from_first(ps, zone, gfp, order, caller);
	if (!page)
		page = alloc_slow(ps, zones, gfp, order, caller);
	if (page)
		page->state = state;
	return page;
}
