// SPDX-License-Identifier: GPL-2.0
/*
 * Zones: the buddy system of a region under its lock, and the stores of small
 * blocks in front of it.
 *
 * A block is in exactly one of three places, and the state of its head says
 * in which: FREE in the buddy system, STORED in a magazine, anything else with
 * whoever asked for it. A free sets the head to STORED before the block goes
 * into a magazine or on to the buddy system: a second free is seen at once.
 */
#include <linux/align.h>
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "page/zone.h"
#include "report.h"
#include "trace/events.h"

/* Most blocks in a batch: what an atomic allocation may have to wait for */
#define STORE_MAX_BATCH 16UL
/* All stores of one order hold at most one page in so many of the zone's */
#define STORE_SHARE 32
/* or, where that is not enough for a batch, a block for each CPU within this */
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

/* By its addresses, as natively */
static enum carve_zone_type type_of(const struct carve_region *region)
{
	phys_addr_t end = carve_region_phys(region) +
			  carve_region_bytes(region);

	return region->highmem ? CARVE_ZONE_HIGHMEM :
	       end <= SZ_16M ? CARVE_ZONE_DMA :
	       end <= SZ_4G ? CARVE_ZONE_DMA32 : CARVE_ZONE_NORMAL;
}

void carve_zone_init(struct carve_zone *zone,
		     const struct carve_region *region, struct carve_page *map,
		     u32 first)
{
	zone->type = type_of(region);
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
	unsigned long kib = zone->nr_managed << (PAGE_SHIFT - 10);

	return (4 * int_sqrt(kib)) >> (PAGE_SHIFT - 10);
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

	/* The lock for a pageblock at a time */
	for (; index < end; index = carve_making_end(&zone->buddy, index)) {
		if (carve_making_is_made(&zone->buddy, index))
			continue;
		guard(raw_spinlock_irqsave)(&zone->lock);
		carve_making_make(&zone->buddy, index);
	}
}

/* What those who are handed blocks may look at, and change */
static void make_blocks(struct carve_zone *zone, void **heads, unsigned int n,
			unsigned int order)
{
	unsigned int i;

	/* Below that, the pageblocks were split */
	if (order < zone->buddy.block_order)
		return;
	for (i = 0; i < n; i++)
		carve_zone_make(zone, carve_page_index(zone, heads[i]),
				BIT(order));
}

void carve_zone_add(struct carve_zone *zone, u32 index, u32 nr)
{
	guard(raw_spinlock_irqsave)(&zone->lock);
	carve_buddy_add(&zone->buddy, index, nr);
	zone->nr_managed += nr;
}

/* Of @n blocks, how many can go if @keep pages are to stay free */
static unsigned int can_spare(const struct carve_zone *zone, unsigned int order,
			      unsigned long keep, unsigned int n)
{
	unsigned long nr_free = zone->buddy.nr_free;

	lockdep_assert_held(&zone->lock);
	return nr_free < keep ?
	       0 : min_t(unsigned long, n, (nr_free - keep) >> order);
}

static struct carve_store *store_of(struct carve_magazines *ms)
{
	return container_of(ms, struct carve_store, magazines);
}

#define STORE_NAMES(lifetime) \
	{ \
		"pages-0" lifetime, "pages-1" lifetime, "pages-2" lifetime, \
		"pages-3" lifetime, "pages-4" lifetime, "pages-5" lifetime, \
		"pages-6" lifetime, "pages-7" lifetime, "pages-8" lifetime, \
		"pages-9" lifetime, \
	}

/* For those who trace */
static const char *const store_names[CARVE_NR_LIFETIMES][CARVE_NR_STORES] = {
	[CARVE_LONG_LIVED] = STORE_NAMES(""),
	[CARVE_SHORT_LIVED] = STORE_NAMES("-short"),
};

static const char *name_of(const struct carve_store *store)
{
	return store_names[store->lifetime][store->order];
}

static unsigned int refill_locked(struct carve_store *store, void **items,
				  unsigned int n, bool hurry)
{
	struct carve_zone *zone = store->zone;
	unsigned int taken = 0, got;

	guard(raw_spinlock_irqsave)(&zone->lock);
	n = can_spare(zone, store->order,
		      READ_ONCE(zone->watermark[CARVE_WMARK_MIN]), n);
	for (; taken < n; taken += got) {
		got = carve_buddy_take(&zone->buddy, store->order,
				       store->lifetime, hurry,
				       CARVE_PAGE_STORED, items + taken,
				       n - taken);
		if (!got || hurry)
			return taken + got;
	}
	return taken;
}

static unsigned int store_refill(struct carve_magazines *ms, void **items,
				 unsigned int n, bool hurry)
{
	struct carve_store *store = store_of(ms);

	n = refill_locked(store, items, n, hurry);
	make_blocks(store->zone, items, n, store->order);
	if (trace_carve_refill_enabled() && n)
		trace_carve_refill(store->zone->region->carveout,
				   name_of(store), n);
	return n;
}

static void store_flush(struct carve_magazines *ms, void **items,
			unsigned int n)
{
	struct carve_store *store = store_of(ms);
	struct carve_zone *zone = store->zone;
	unsigned int i;

	trace_carve_drain(zone->region->carveout, name_of(store), n);
	guard(raw_spinlock_irqsave)(&zone->lock);
	for (i = 0; i < n; i++)
		carve_buddy_free(&zone->buddy, carve_page_index(zone, items[i]),
				 store->order);
}

static const struct carve_magazine_ops store_ops = {
	.refill = store_refill,
	.flush = store_flush,
};

struct carve_magazine_shape carve_store_shape(unsigned long nr_pages,
					      unsigned int order)
{
	unsigned long idle = nr_pages / STORE_SHARE;
	unsigned long per_batch = idle / (3 * num_possible_cpus() + 1);
	unsigned long batch = min(per_batch >> order, STORE_MAX_BATCH);

	if (batch)
		return carve_magazine_shape(batch);
	if (num_possible_cpus() << order > nr_pages / SINGLE_SHARE)
		return (struct carve_magazine_shape){ };
	return (struct carve_magazine_shape){ .batch = 1, .room = 1 };
}

size_t carve_store_size(struct carve_magazine_shape shape)
{
	return L1_CACHE_ALIGN(struct_size_t(struct carve_store, magazines.cpu,
					    carve_magazine_nr_places())) +
	       carve_magazines_size(shape);
}

void carve_zone_add_store(struct carve_zone *zone,
			  enum carve_lifetime lifetime, unsigned int order,
			  struct carve_magazine_shape shape, void *memory)
{
	struct carve_store *store = memory;

	store->zone = zone;
	store->order = order;
	store->lifetime = lifetime;
	carve_magazines_init(&store->magazines, &store_ops, shape,
			     memory + carve_store_size(shape) -
			     carve_magazines_size(shape));
	zone->store[lifetime][order] = store;
}

struct carve_page *carve_zone_get_buddy(struct carve_zone *zone,
					unsigned int order,
					enum carve_lifetime lifetime,
					unsigned long keep, bool hurry)
{
	void *page;

	/* The order may be any number: one that is too high has no store */
	if (order > zone->buddy.max_order)
		return NULL;
	scoped_guard(raw_spinlock_irqsave, &zone->lock)
		if (!can_spare(zone, order, keep, 1) ||
		    !carve_buddy_take(&zone->buddy, order, lifetime, hurry,
				      CARVE_PAGE_USED, &page, 1))
			return NULL;
	make_blocks(zone, &page, 1, order);
	return page;
}

/* The block at @index, if it is still free */
static bool take_at(struct carve_zone *zone, u32 index, unsigned int order,
		    enum carve_lifetime lifetime, unsigned long keep)
{
	guard(raw_spinlock_irqsave)(&zone->lock);
	if (zone->buddy.nr_free < keep + BIT(order) ||
	    !carve_buddy_offers(&zone->buddy, index, order))
		return false;
	carve_buddy_alloc_at(&zone->buddy, index, order, lifetime);
	return true;
}

struct carve_page *carve_zone_get_below(struct carve_zone *zone,
					unsigned int order,
					enum carve_lifetime lifetime,
					unsigned long keep, u32 end)
{
	u32 index = carve_buddy_first(&zone->buddy, order);

	/* The lock is held for one candidate at a time: the search may be long */
	for (; index < end && end - index >= BIT(order); index += BIT(order))
		if (carve_buddy_offers(&zone->buddy, index, order) &&
		    take_at(zone, index, order, lifetime, keep)) {
			carve_zone_make(zone, index, BIT(order));
			return &zone->map[index];
		}
	return NULL;
}

void carve_zone_put_buddy(struct carve_zone *zone, struct carve_page *page,
			  unsigned int order)
{
	guard(raw_spinlock_irqsave)(&zone->lock);
	carve_buddy_free(&zone->buddy, carve_page_index(zone, page), order);
}

struct carve_page *carve_zone_get_slow(struct carve_zone *zone,
				       unsigned int order,
				       enum carve_lifetime lifetime,
				       bool hurry)
{
	struct carve_store *store = carve_zone_store(zone, order, lifetime);

	if (store)
		return carve_magazines_get_slow(&store->magazines, hurry);
	return carve_zone_get_buddy(zone, order, lifetime,
				    READ_ONCE(zone->watermark[CARVE_WMARK_MIN]),
				    hurry);
}

void carve_zone_put_slow(struct carve_zone *zone, struct carve_page *page,
			 unsigned int order)
{
	struct carve_store *store = carve_zone_store(zone, order,
						     page->lifetime);

	if (store)
		carve_magazines_put_slow(&store->magazines, page);
	else
		carve_zone_put_buddy(zone, page, order);
}

void carve_zone_drain_cpu(struct carve_zone *zone)
{
	struct carve_store *store;
	unsigned int i;

	carve_for_each_store(store, zone, i)
		carve_magazines_drain_cpu(&store->magazines);
}

void carve_zone_drain_depots(struct carve_zone *zone)
{
	struct carve_store *store;
	unsigned int i;

	carve_for_each_store(store, zone, i)
		carve_magazines_drain_depot(&store->magazines);
}

void carve_zone_drain_dead(struct carve_zone *zone, unsigned int cpu)
{
	struct carve_store *store;
	unsigned int i;

	carve_for_each_store(store, zone, i)
		carve_magazines_drain_dead(&store->magazines, cpu);
}

unsigned long carve_zone_nr_unmade(const struct carve_zone *zone)
{
	return (unsigned long)READ_ONCE(zone->buddy.nr_unmade)
	       << zone->buddy.block_order;
}

unsigned long carve_zone_nr_stored(const struct carve_zone *zone)
{
	unsigned long pages = 0;
	struct carve_store *store;
	unsigned int i;

	carve_for_each_store(store, zone, i)
		pages += carve_magazines_count(&store->magazines)
			 << store->order;
	return pages;
}

void carve_zone_check(struct carve_zone *zone, struct carve_report *r)
{
	guard(raw_spinlock_irqsave)(&zone->lock);
	carve_buddy_check(&zone->buddy, r);
	carve_report_unless(r, zone->buddy.nr_free <= zone->nr_managed,
			    "zone %s: %lu pages free of %lu",
			    carve_zone_name(zone),
			    zone->buddy.nr_free, zone->nr_managed);
}
