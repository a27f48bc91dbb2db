// SPDX-License-Identifier: GPL-2.0
/*
 * The page allocator: what GFP flags mean, and what is done before an
 * allocation fails.
 *
 * The ladder of an allocation that found its CPU's store empty:
 *   1. refill the store from its depot or the buddy system;
 *   2. give back what this CPU's stores of other orders, and all depots, hold,
 *      so that it can merge, and look again (any context);
 *   3. where the flags allow to sleep and don't say __GFP_NORETRY: do the same
 *      on all CPUs, have the layers above give back what they can spare, and
 *      look again;
 *   4. fail; or with __GFP_NOFAIL wait for a tick and begin at 3.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#include "page/pages.h"
#include "percpu/each_cpu.h"
#include "report.h"

void carve_pages_init(struct carve_pages *ps, const char *name,
		      struct carve_page *map, u32 nr_pages)
{
	ps->name = name;
	ps->map = map;
	ps->nr_pages = nr_pages;
	INIT_LIST_HEAD(&ps->shrinkers);
}

struct carve_zone *carve_pages_add_zone(struct carve_pages *ps,
					const char *name,
					const struct carve_region *region,
					u32 first)
{
	struct carve_zone *zone = &ps->zone[ps->nr_zones];
	u32 i;

	carve_zone_init(zone, name, region, ps->map, first);
	if (ps->nr_zones)
		for (i = 0; i < region->nr_pages; i++)
			ps->map[first + i].zone = ps->nr_zones;
	ps->nr_zones++;
	return zone;
}

void carve_pages_add_shrinker(struct carve_pages *ps,
			      struct carve_shrinker *shrinker)
{
	list_add_tail(&shrinker->list, &ps->shrinkers);
}

static struct carve_page *get_from_zones(struct carve_pages *ps,
					 unsigned int order)
{
	struct carve_zone *zone;
	struct carve_page *page;

	carve_for_each_zone(zone, ps) {
		page = carve_zone_get_slow(zone, order);
		if (page)
			return page;
	}
	return NULL;
}

static void drain_this_cpu(void *arg)
{
	struct carve_pages *ps = arg;
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		carve_zone_drain_cpu(zone);
}

static void drain_depots(struct carve_pages *ps)
{
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		carve_zone_drain_depots(zone);
}

void carve_pages_drain(struct carve_pages *ps)
{
	carve_each_cpu(drain_this_cpu, ps);
	drain_depots(ps);
}

void carve_pages_reclaim(struct carve_pages *ps)
{
	struct carve_shrinker *shrinker;

	list_for_each_entry(shrinker, &ps->shrinkers, list)
		shrinker->shrink(shrinker);
	carve_pages_drain(ps);
}

static struct carve_page *alloc_after_reclaim(struct carve_pages *ps,
					      gfp_t gfp, unsigned int order)
{
	struct carve_page *page;

	might_alloc(gfp);
	for (;;) {
		carve_pages_reclaim(ps);
		page = get_from_zones(ps, order);
		if (page || !(gfp & __GFP_NOFAIL))
			return page;
		schedule_timeout_uninterruptible(1);
	}
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

static bool order_possible(const struct carve_pages *ps, unsigned int order)
{
	return order <= ps->zone[0].buddy.max_order;
}

struct carve_page *carve_pages_alloc_slow(struct carve_pages *ps, gfp_t gfp,
					  unsigned int order)
{
	struct carve_page *page;

	page = get_from_zones(ps, order);
	if (page)
		return page;
	if (order_possible(ps, order)) {
		drain_this_cpu(ps);
		drain_depots(ps);
		page = get_from_zones(ps, order);
		if (!page && gfpflags_allow_blocking(gfp) &&
		    !(gfp & __GFP_NORETRY))
			page = alloc_after_reclaim(ps, gfp, order);
	}
	if (!page)
		warn_failed(ps, gfp, order);
	return page;
}

void carve_pages_bad_free(struct carve_pages *ps, const void *what,
			  const char *why, unsigned long caller)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);

	atomic_long_inc(&ps->nr_bad_frees);
	if (__ratelimit(&limit))
		pr_err("%s: bad free of %p by %pS: %s; left alone\n", ps->name,
		       what, (void *)caller, why);
}

void carve_pages_split(struct carve_pages *ps, struct carve_page *page,
		       unsigned int order, unsigned long caller)
{
	unsigned long i;

	if (!carve_pages_owns(ps, page) || page->state != CARVE_PAGE_USED ||
	    page->order != order) {
		carve_pages_bad_free(ps, page, "split of what is not a block in use of this order",
				     caller);
		return;
	}
	for (i = 0; i < BIT(order); i++) {
		page[i].state = CARVE_PAGE_USED;
		page[i].order = 0;
		page[i].caller = page->caller;
	}
}

void *carve_pages_alloc_exact(struct carve_pages *ps, size_t size, gfp_t gfp,
			      unsigned long caller)
{
	unsigned int order = get_order(size);
	struct carve_page *page;
	unsigned long i;

	if (!size)
		return NULL;
	page = carve_pages_alloc(ps, gfp & ~__GFP_COMP, order, CARVE_PAGE_USED,
				 caller);
	if (!page)
		return NULL;
	carve_pages_split(ps, page, order, caller);
	for (i = PFN_UP(size); i < BIT(order); i++)
		carve_pages_put(ps, &page[i], 0);
	return carve_pages_address(ps, page);
}

void carve_pages_free_exact(struct carve_pages *ps, void *virt, size_t size,
			    unsigned long caller)
{
	unsigned long i;

	for (i = 0; i < PFN_UP(size); i++) {
		void *addr = virt + (i << PAGE_SHIFT);

		carve_pages_free(ps, carve_pages_lookup(ps, addr), 0,
				 CARVE_PAGE_USED, caller);
	}
}

void carve_pages_check(struct carve_pages *ps, struct carve_report *r)
{
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		carve_zone_check(zone, r);
}
