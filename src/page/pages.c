// SPDX-License-Identifier: GPL-2.0
/*
 * The page allocator: which zones serve a request, what GFP flags mean, and
 * what is done before an allocation fails.
 *
 * The zones for a request are, in the native order, those of the type that its
 * zone modifier names and then the scarcer ones: HIGHMEM, NORMAL, DMA32, DMA.
 * A HIGHMEM zone of ours that is mapped for as long as the carveout lives may
 * serve a request for NORMAL memory, too, after all others. One that isn't
 * serves those alone who ask for HIGHMEM and can do without an address; these
 * take from it first.
 *
 * The ladder of an allocation that found its CPU's store empty:
 *   1. refill the store from its depot or the buddy system of the zones, as
 *	long as these stay above their min watermark;
 *   2. with __GFP_HIGH (GFP_ATOMIC) or __GFP_MEMALLOC take what lies below it,
 *	too;
 *   3. give back what this CPU's stores of other orders, and all depots, hold,
 *	so that it can merge, and look again (any context);
 *   4. unless they say __GFP_NORETRY: have the layers above give back, piece by
 *	piece, what they can in any context, and look again;
 *   5. where the flags allow to sleep and don't say __GFP_NORETRY: do the same
 *	on all CPUs, have the layers above give back what they can spare, look
 *	again, and repeat this each tick while others may be freeing: for
 *	wait_ms, sixteen times as long with __GFP_RETRY_MAYFAIL, without end
 *	with __GFP_NOFAIL, which then gets what lies below the watermark, too;
 *   6. fail.
 * An allocation with __GFP_KSWAPD_RECLAIM that leaves a zone below its low
 * watermark, or fails where one is, has memory collected in the background.
 */
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#include "compat/stack.h"
#include "page/pages.h"
#include "percpu/each_cpu.h"
#include "report.h"
#include "trace/events.h"

/* See the ladder above */
#define DEFAULT_WAIT_MS 20
#define RETRY_PATIENCE 16

void carve_pages_add_shrinker(struct carve_pages *ps,
			      struct carve_shrinker *shrinker)
{
	list_add(&shrinker->list, &ps->shrinkers);
}

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

/* As few steps as possible for those who can't be made to wait for more */
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

/* For the urgent, and for those whose work frees more than they take */
static bool may_go_below_min(gfp_t gfp)
{
	return gfp & __GFP_HIGH ||
	       (gfp & (__GFP_MEMALLOC | __GFP_NOMEMALLOC)) == __GFP_MEMALLOC;
}

static struct carve_page *get_from_zones(const struct carve_reach *reach,
					 gfp_t gfp, unsigned int order)
{
	struct carve_page *page = get_above_min(reach, gfp, order);

	if (!page && may_go_below_min(gfp))
		page = get_below_min(reach, gfp, order);
	return page;
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

/* Some of what a layer above holds is with the buddy system now; false: there is none */
static bool get_spared(struct carve_pages *ps)
{
	struct carve_shrinker *shrinker;

	list_for_each_entry(shrinker, &ps->shrinkers, list) {
		if (!shrinker->spare || !shrinker->spare(shrinker))
			continue;
		drain_this_cpu(ps);
		drain_depots(ps);
		return true;
	}
	return false;
}

static bool below(struct carve_zone *zone, enum carve_watermark mark)
{
	return carve_zone_nr_free(zone) < READ_ONCE(zone->watermark[mark]);
}

static void collect_in_background(struct work_struct *work)
{
	struct carve_pages *ps = container_of(work, struct carve_pages,
					      background);
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps) {
		if (below(zone, CARVE_WMARK_HIGH)) {
			carve_pages_reclaim(ps);
			return;
		}
	}
}

static void wake_background(struct irq_work *wake)
{
	struct carve_pages *ps = container_of(wake, struct carve_pages, wake);

	schedule_work(&ps->background);
}

/* Raw locks may be held by the caller: an irq_work is all that may be queued */
static void mind_low_watermark(struct carve_pages *ps, gfp_t gfp,
			       struct carve_zone *zone)
{
	if (gfp & __GFP_KSWAPD_RECLAIM && below(zone, CARVE_WMARK_LOW))
		irq_work_queue(&ps->wake);
}

void carve_pages_init(struct carve_pages *ps, const char *name,
		      struct carve_page *map, u32 nr_pages)
{
	ps->name = name;
	ps->map = map;
	ps->nr_pages = nr_pages;
	ps->wait_ms = DEFAULT_WAIT_MS;
	INIT_LIST_HEAD(&ps->shrinkers);
	init_irq_work(&ps->wake, wake_background);
	INIT_WORK(&ps->background, collect_in_background);
}

struct carve_zone *carve_pages_add_zone(struct carve_pages *ps,
					const struct carve_region *region,
					u32 first)
{
	struct carve_zone *zone = &ps->zone[ps->nr_zones];

	carve_zone_init(zone, region, ps->map, first);
	if (!ps->nr_zones) {
		ps->phys = carve_region_phys(region);
		ps->span = (struct carve_span){
			.virt = region->virt,
			.map = ps->map + first,
		};
	}
	ps->nr_zones++;
	return zone;
}

/* The descriptors of @nr pages, from the first on, are made */
static void set_ready(struct carve_pages *ps, u32 nr)
{
	const struct carve_region *first = ps->zone->region;

	WRITE_ONCE(ps->nr_ready, nr);
	WRITE_ONCE(ps->span.bytes,
		   min_t(unsigned long, nr, first->nr_mapped) << PAGE_SHIFT);
}

void carve_pages_make(struct carve_pages *ps, struct carve_zone *zone,
		      u8 *made, u32 nr)
{
	u32 all = carve_zone_nr_pages(zone);

	carve_making_init(&zone->buddy, zone - ps->zone, made, nr);
	if (ps->nr_ready == zone->first)
		set_ready(ps, zone->first + (made ? min(nr, all) : all));
}

void carve_pages_make_all(struct carve_pages *ps)
{
	u64 start = ktime_get_ns();
	struct carve_zone *zone;
	u32 index;

	carve_for_each_zone(zone, ps)
		for (index = zone->first; index < zone->buddy.end;
		     index = carve_making_end(&zone->buddy, index)) {
			carve_zone_make(zone, index, 1);
			cond_resched();
		}
	WRITE_ONCE(ps->making_ns, ktime_get_ns() - start);
	/* Whoever sees that there are more, on whatever CPU, must see these, too */
	synchronize_rcu();
	set_ready(ps, ps->nr_pages);
}

unsigned long carve_pages_nr_unmade(const struct carve_pages *ps)
{
	const struct carve_zone *zone;
	unsigned long pages = 0;

	carve_for_each_zone(zone, ps)
		pages += carve_zone_nr_unmade(zone);
	return pages;
}

/* The zone of the page with this number */
static struct carve_zone *zone_at(const struct carve_pages *ps, u32 index)
{
	const struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		if (index < zone->buddy.end)
			break;
	return (struct carve_zone *)zone;
}

const struct carve_page *carve_pages_peek(const struct carve_pages *ps,
					  u32 index)
{
	return carve_zone_peek(zone_at(ps, index), index);
}

/* Appends zones of @type to a list, where it ends now is returned */
static struct carve_zone **list_zones(struct carve_pages *ps,
				      struct carve_zone **end,
				      enum carve_zone_type type, bool mapped)
{
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		if (zone->type == type && !!zone->region->virt == mapped)
			*end++ = zone;
	return end;
}

/* The mapped ones of @wanted and of scarcer types */
static struct carve_zone **list_mapped(struct carve_pages *ps,
				       struct carve_zone **end,
				       enum carve_zone_type wanted)
{
	int type;

	for (type = wanted; type >= CARVE_ZONE_DMA; type--)
		end = list_zones(ps, end, type, true);
	return end;
}

static void build_zonelist(struct carve_pages *ps, enum carve_zone_type wanted)
{
	struct carve_zone **end = list_mapped(ps, ps->zonelist[wanted], wanted);

	if (wanted == CARVE_ZONE_NORMAL)
		end = list_zones(ps, end, CARVE_ZONE_HIGHMEM, true);
	*end = NULL;
}

static void build_unmapped_zonelist(struct carve_pages *ps)
{
	struct carve_zone **end = ps->zonelist[CARVE_ZONELIST_UNMAPPED];

	end = list_zones(ps, end, CARVE_ZONE_HIGHMEM, false);
	end = list_mapped(ps, end, CARVE_ZONE_HIGHMEM);
	*end = NULL;
}

/* The fast path knows nothing of clearing */
static void set_up_fast_path(struct carve_pages *ps)
{
	unsigned int order;

	if (ps->zonelist[CARVE_ZONE_NORMAL][0] != ps->zone)
		return;
	for (order = 0; order < CARVE_NR_STORES; order++) {
		ps->hot[order] = ps->zone->store[CARVE_LONG_LIVED][order];
		if (!ps->hot[order])
			break;
	}
	ps->hot_alloc = want_init_on_alloc(0) ? 0 : order;
	ps->hot_free = want_init_on_free() ? 0 : order;
}

void carve_pages_start(struct carve_pages *ps)
{
	enum carve_zone_type type;
	struct carve_zone *zone;

	for (type = 0; type < CARVE_NR_ZONE_TYPES; type++)
		build_zonelist(ps, type);
	build_unmapped_zonelist(ps);
	set_up_fast_path(ps);
	carve_for_each_zone(zone, ps)
		carve_zone_set_watermarks(zone, carve_zone_default_min(zone));
}

void carve_pages_stop(struct carve_pages *ps)
{
	irq_work_sync(&ps->wake);
	cancel_work_sync(&ps->background);
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
	/* As natively: what waits without end gets at the reserve, too */
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

/* Who can spare so many pages, has none of them in a row */
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

bool carve_pages_may_hold(const struct carve_reach *reach, unsigned int order)
{
	struct carve_zone *zone, *const *z;

	for_each_zone_within(zone, z, reach)
		if (order <= zone->buddy.max_order &&
		    BIT(order) <= within(zone, reach))
			return true;
	return false;
}

static unsigned long pfn_of(struct carve_pages *ps,
			    const struct carve_page *page)
{
	return carve_zone_pfn(carve_page_zone(ps, page), page);
}

static void trace_alloc(struct carve_pages *ps, const struct carve_page *page,
			unsigned int order, gfp_t gfp, unsigned long caller)
{
	if (trace_carve_page_alloc_enabled())
		trace_carve_page_alloc(ps->name, pfn_of(ps, page), order, gfp,
				       page->lifetime == CARVE_SHORT_LIVED,
				       caller);
}

static struct carve_page *climb(struct carve_pages *ps,
				const struct carve_reach *reach, gfp_t gfp,
				unsigned int order)
{
	struct carve_page *page = get_from_zones(reach, gfp, order);

	if (page)
		return page;
	drain_this_cpu(ps);
	drain_depots(ps);
	page = get_from_zones(reach, gfp, order);
	if (page || (gfp & __GFP_NORETRY))
		return page;
	while (!page && get_spared(ps))
		page = get_from_zones(reach, gfp, order);
	if (page || !gfpflags_allow_blocking(gfp))
		return page;
	return reclaim_and_wait(ps, reach, gfp, order);
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

/* Of a block, and of one that can't be, whose order may be any number */
static size_t block_bytes(unsigned int order)
{
	return order < BITS_PER_LONG - PAGE_SHIFT ? PAGE_SIZE << order :
						    SIZE_MAX;
}

/* What was out of reach may be had by the next one, when it has been collected */
static void fail(struct carve_pages *ps, const struct carve_reach *reach,
		 gfp_t gfp, unsigned int order, unsigned long caller)
{
	struct carve_zone *zone, *const *z;

	warn_failed(ps, gfp, order);
	for_each_zone_within(zone, z, reach)
		mind_low_watermark(ps, gfp, zone);
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
	mind_low_watermark(ps, gfp, carve_page_zone(ps, page));
	trace_alloc(ps, page, order, gfp, caller);
	return page;
}

/* Is it what carve_pages_alloc_hot() has tried? Then the store is empty, or busy */
static bool was_hot(const struct carve_pages *ps, gfp_t gfp, unsigned int order)
{
	return !(gfp & CARVE_GFP_SPECIAL) && order < ps->hot_alloc;
}

/* The first rung of the ladder, without the steps to the others */
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
	mind_low_watermark(ps, gfp, zone);
	trace_alloc(ps, page, order, gfp, caller);
	return page;
}

/* Is it to fail on purpose? */
static bool fails(struct carve_pages *ps, gfp_t gfp)
{
	if (gfp & __GFP_NOFAIL || !carve_fault_strikes(&ps->fault))
		return false;
	atomic_long_inc(&ps->nr_failed);
	return true;
}

/* From the first of these zones that can spare it; not zeroed */
static struct carve_page *get_from(struct carve_pages *ps,
				   struct carve_zone *const *zones, gfp_t gfp,
				   unsigned int order,
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

struct carve_page *carve_pages_get(struct carve_pages *ps, gfp_t gfp,
				   unsigned int order,
				   enum carve_page_state state)
{
	struct carve_page *page;

	if (carve_pages_alloc_hot(ps, gfp, order, state, _RET_IP_, &page))
		return page;
	return get_from(ps, ps->zonelist[carve_gfp_zone(gfp)], gfp, order,
			state, _RET_IP_);
}

/* Fills a block with zeroes, by whatever way leads to it */
static void clear(struct carve_pages *ps, const struct carve_page *page,
		  unsigned int order)
{
	if (likely(carve_page_zone(ps, page)->region->virt))
		memset(carve_pages_address(ps, page), 0, PAGE_SIZE << order);
	else
		ps->clearer->clear(ps->clearer, page, BIT(order));
}

static struct carve_page *alloc_from(struct carve_pages *ps,
				     struct carve_zone *const *zones, gfp_t gfp,
				     unsigned int order,
				     enum carve_page_state state,
				     unsigned long caller)
{
	struct carve_page *page = get_from(ps, zones, gfp, order, state,
					   caller);

	if (!page)
		return NULL;
	page->caller = caller;
	if (want_init_on_alloc(gfp))
		clear(ps, page, order);
	return page;
}

struct carve_page *carve_pages_alloc_slow(struct carve_pages *ps, gfp_t gfp,
					  unsigned int order,
					  enum carve_page_state state,
					  unsigned long caller)
{
	return alloc_from(ps, ps->zonelist[carve_gfp_zone(gfp)], gfp, order,
			  state, caller);
}

struct carve_page *carve_pages_alloc_any_slow(struct carve_pages *ps,
					      gfp_t gfp, unsigned int order,
					      enum carve_page_state state,
					      unsigned long caller)
{
	enum carve_zone_type type = carve_gfp_zone(gfp);

	return alloc_from(ps, ps->zonelist[type != CARVE_ZONE_HIGHMEM ?
					   type : CARVE_ZONELIST_UNMAPPED],
			  gfp, order, state, caller);
}

/* Before anybody else can have it */
static void trace_free(struct carve_pages *ps, const struct carve_page *page,
		       unsigned int order, unsigned long caller)
{
	if (trace_carve_page_free_enabled())
		trace_carve_page_free(ps->name, pfn_of(ps, page), order,
				      caller);
}

static void put_for(struct carve_pages *ps, struct carve_page *page,
		    unsigned int order, unsigned long caller)
{
	struct carve_zone *zone = carve_page_zone(ps, page);

	page->state = CARVE_PAGE_STORED;
	if (carve_zone_put(zone, page, order))
		return;
	trace_free(ps, page, order, caller);
	carve_zone_put_slow(zone, page, order);
}

void carve_pages_put(struct carve_pages *ps, struct carve_page *page,
		     unsigned int order)
{
	if (want_init_on_free())
		clear(ps, page, order);
	put_for(ps, page, order, _RET_IP_);
}

/* Looks at what is to be freed, and clears it if that is wanted. False: refused */
static bool may_free(struct carve_pages *ps, struct carve_page *page,
		     unsigned int order, enum carve_page_state state,
		     unsigned long caller)
{
	if (!carve_pages_owns(ps, page) || page->state != state ||
	    page->order != order) {
		carve_pages_bad_free(ps, page, "not the head of a block in use of this order",
				     caller);
		return false;
	}
	if (want_init_on_free())
		clear(ps, page, order);
	return true;
}

void carve_pages_free_slow(struct carve_pages *ps, struct carve_page *page,
			   unsigned int order, enum carve_page_state state,
			   unsigned long caller)
{
	if (may_free(ps, page, order, state, caller))
		put_for(ps, page, order, caller);
}

/* The zone that @addr lies in, of whose pages it is in number @at; or NULL */
static const struct carve_zone *find_mapped(const struct carve_pages *ps,
					    const void *addr, unsigned long *at)
{
	const struct carve_zone *zone;

	carve_for_each_zone(zone, ps) {
		unsigned long offset = addr - zone->region->virt;

		*at = offset >> PAGE_SHIFT;
		if (*at < zone->region->nr_mapped)
			return zone;
	}
	return NULL;
}

struct carve_page *carve_pages_lookup_slow(struct carve_pages *ps,
					   const void *addr)
{
	const struct carve_zone *zone;
	unsigned long at;

	zone = find_mapped(ps, addr, &at);
	return zone ? carve_zone_page((struct carve_zone *)zone,
				      zone->first + at) : NULL;
}

bool carve_pages_contain_slow(const struct carve_pages *ps, const void *addr)
{
	unsigned long at;

	return find_mapped(ps, addr, &at);
}

bool carve_pages_owns_slow(struct carve_pages *ps,
			   const struct carve_page *page)
{
	unsigned long offset = (const void *)page - (const void *)ps->map;
	u32 index = offset / sizeof(*page);

	if (offset >= ps->nr_pages * sizeof(*page) || offset % sizeof(*page))
		return false;
	carve_zone_page(zone_at(ps, index), index);
	return true;
}

/* As many frames as tell who it was */
#define TRACE_FRAMES 12

static void print_trace(const struct carve_pages *ps)
{
	unsigned long frame[TRACE_FRAMES];
	unsigned int i, nr = carve_compat_stack_now(frame, TRACE_FRAMES);

	for (i = 0; i < nr; i++)
		pr_err("%s:   %pS\n", ps->name, (void *)frame[i]);
}

bool carve_pages_bad_free(struct carve_pages *ps, const void *what,
			  const char *why, unsigned long caller)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);

	atomic_long_inc(&ps->nr_bad_frees);
	if (!__ratelimit(&limit))
		return false;
	if (caller)
		pr_err("%s: bad free of %p by %pS: %s; left alone\n", ps->name,
		       what, (void *)caller, why);
	else
		pr_err("%s: bad free of %p, seen when it left a magazine: %s; left alone\n",
		       ps->name, what, why);
	print_trace(ps);
	return true;
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
		page[i].lifetime = page->lifetime;
		page[i].caller = page->caller;
	}
}

/* Cuts a block out of the run of pages that @head begins, in the same state */
static void cut_block(struct carve_page *head, unsigned long offset,
		      unsigned int order)
{
	struct carve_page *page = head + offset;

	page->state = head->state;
	page->order = order;
	page->lifetime = head->lifetime;
	page->caller = head->caller;
	page->nr_pages = 0;
}

void carve_pages_trim(struct carve_pages *ps, struct carve_page *head,
		      unsigned long nr)
{
	unsigned long end = BIT(head->order), offset = 0;
	unsigned int order;

	while (offset < nr) {
		order = ilog2(nr - offset);
		cut_block(head, offset, order);
		offset += BIT(order);
	}
	while (offset < end) {
		order = __ffs(offset);
		cut_block(head, offset, order);
		carve_pages_put(ps, head + offset, order);
		offset += BIT(order);
	}
}

void carve_pages_put_run(struct carve_pages *ps, struct carve_page *head,
			 unsigned long nr)
{
	unsigned long offset = 0;

	while (offset < nr) {
		unsigned int order = head[offset].order;

		carve_pages_put(ps, head + offset, order);
		offset += BIT(order);
	}
}

void carve_pages_free_cold(struct carve_pages *ps, struct carve_page *page,
			   unsigned int order, unsigned long caller)
{
	if (!may_free(ps, page, order, CARVE_PAGE_USED, caller))
		return;
	page->state = CARVE_PAGE_STORED;
	trace_free(ps, page, order, caller);
	carve_zone_put_buddy(carve_page_zone(ps, page), page, order);
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
		put_for(ps, &page[i], 0, caller);
	return carve_pages_address(ps, page);
}

void carve_pages_free_exact(struct carve_pages *ps, void *virt, size_t size,
			    unsigned long caller)
{
	unsigned long i;

	/* Not to look at page after page of what is none */
	if (size > (size_t)ps->nr_pages << PAGE_SHIFT) {
		carve_pages_bad_free(ps, virt, "of more bytes than the carveout has",
				     caller);
		return;
	}
	for (i = 0; i < PFN_UP(size); i++) {
		void *addr = virt + (i << PAGE_SHIFT);

		carve_pages_free(ps, carve_pages_lookup_start(ps, addr), 0,
				 CARVE_PAGE_USED, caller);
	}
}

unsigned int carve_pages_max_order(const struct carve_pages *ps)
{
	const struct carve_zone *zone;
	unsigned int order = 0;

	carve_for_each_zone(zone, ps)
		order = max(order, zone->buddy.max_order);
	return order;
}

unsigned long carve_pages_nr_managed(const struct carve_pages *ps)
{
	const struct carve_zone *zone;
	unsigned long pages = 0;

	carve_for_each_zone(zone, ps)
		pages += zone->nr_managed;
	return pages;
}

void carve_pages_check(struct carve_pages *ps, struct carve_report *r)
{
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		carve_zone_check(zone, r);
}
