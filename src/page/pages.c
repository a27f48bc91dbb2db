// SPDX-License-Identifier: GPL-2.0
/*
 * The page allocator of a carveout: zones, zonelists and lookups of pages. See
 * request.c for the allocation path, block.c for allocation and free of blocks,
 * reclaim.c for reclaim.
 *
 * As in mm/, a request's zonelist begins with the zone type of its zone
 * modifier and falls back to scarcer types: HIGHMEM, NORMAL, DMA32, DMA. A
 * HIGHMEM zone that is permanently mapped also serves NORMAL requests, after
 * all other zones. An unmapped zone serves only HIGHMEM requests whose pages
 * need no address; they try it first.
 *
 * Locking: zones and zonelists are constant after set-up; lookups take no lock,
 * except to initialize a page descriptor.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "page/pages.h"
#include "page/reclaim.h"

/* See the slow path in request.c */
#define DEFAULT_WAIT_MS 20

/* Pages checked between two cond_resched() */
#define LOOK_BATCH 4096

void carve_pages_init(struct carve_pages *ps, const char *name,
		      struct carve_page *map, u32 nr_pages)
{
	ps->name = name;
	ps->map = map;
	ps->nr_pages = nr_pages;
	ps->wait_ms = DEFAULT_WAIT_MS;
	carve_pages_init_reclaim(ps);
}

struct carve_zone *carve_pages_add_zone(struct carve_pages *ps,
					const struct carve_region *region,
					u32 first)
{
	struct carve_zone *zone = &ps->zone[ps->nr_zones];

	carve_zone_init(zone, region, ps->map, first);
	zone->pages = ps;
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

/* Publish that the descriptors of the first @nr pages are initialized */
static void set_ready(struct carve_pages *ps, u32 nr)
{
	const struct carve_region *first = ps->zone->region;

	WRITE_ONCE(ps->nr_ready, nr);
	WRITE_ONCE(ps->span.bytes,
		   min_t(unsigned long, nr, first->nr_mapped) << PAGE_SHIFT);
}

void carve_pages_make(struct carve_pages *ps, struct carve_zone *zone,
		      u8 *initialized, u32 nr)
{
	u32 all = carve_zone_nr_pages(zone);

	carve_deferred_init_setup(&zone->buddy, zone - ps->zone, initialized,
				  nr);
	if (ps->nr_ready == zone->first)
		set_ready(ps, zone->first + (initialized ? min(nr, all) : all));
}

void carve_pages_init_deferred(struct carve_pages *ps)
{
	u64 start = ktime_get_ns();
	struct carve_zone *zone;
	u32 index;

	carve_for_each_zone(zone, ps)
		for (index = zone->first; index < zone->buddy.end;
		     index = carve_deferred_init_end(&zone->buddy, index)) {
			carve_zone_make(zone, index, 1);
			cond_resched();
		}
	WRITE_ONCE(ps->deferred_init_ns, ktime_get_ns() - start);
	/* A CPU that sees the new limit must see the descriptors below */
	synchronize_rcu();
	set_ready(ps, ps->nr_pages);
}

unsigned long carve_pages_nr_uninitialized(const struct carve_pages *ps)
{
	const struct carve_zone *zone;
	unsigned long pages = 0;

	carve_for_each_zone(zone, ps)
		pages += carve_zone_nr_uninitialized(zone);
	return pages;
}

/* The zone of page @index */
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

/* Append the zones of @type to a zonelist; return its new end */
static struct carve_zone **append_zones(struct carve_pages *ps,
					struct carve_zone **end,
					enum carve_zone_type type, bool mapped)
{
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		if (zone->type == type && !!zone->region->virt == mapped)
			*end++ = zone;
	return end;
}

/* Append the mapped zones of type @wanted and of scarcer types */
static struct carve_zone **append_mapped_zones(struct carve_pages *ps,
					       struct carve_zone **end,
					       enum carve_zone_type wanted)
{
	int type;

	for (type = wanted; type >= CARVE_ZONE_DMA; type--)
		end = append_zones(ps, end, type, true);
	return end;
}

static void build_zonelist(struct carve_pages *ps, enum carve_zone_type wanted)
{
	struct carve_zone **end = append_mapped_zones(ps, ps->zonelist[wanted], wanted);

	if (wanted == CARVE_ZONE_NORMAL)
		end = append_zones(ps, end, CARVE_ZONE_HIGHMEM, true);
	*end = NULL;
}

static void build_unmapped_zonelist(struct carve_pages *ps)
{
	struct carve_zone **end = ps->zonelist[CARVE_ZONELIST_UNMAPPED];

	end = append_zones(ps, end, CARVE_ZONE_HIGHMEM, false);
	end = append_mapped_zones(ps, end, CARVE_ZONE_HIGHMEM);
	*end = NULL;
}

/* The fast path doesn't clear: init_on_alloc and init_on_free disable it */
static void set_up_fast_path(struct carve_pages *ps)
{
	unsigned int order;

	if (ps->zonelist[CARVE_ZONE_NORMAL][0] != ps->zone)
		return;
	for (order = 0; order < CARVE_NR_PCP; order++) {
		ps->hot[order] = ps->zone->pcp[CARVE_MIGRATE_UNMOVABLE][order];
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

/* The zone that contains @addr, or NULL; set @at to the page's offset in it */
static const struct carve_zone *find_mapped_zone(const struct carve_pages *ps,
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

	zone = find_mapped_zone(ps, addr, &at);
	return zone ? carve_zone_page((struct carve_zone *)zone,
				      zone->first + at) : NULL;
}

bool carve_pages_contain_slow(const struct carve_pages *ps, const void *addr)
{
	unsigned long at;

	return find_mapped_zone(ps, addr, &at);
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

/*
 * Hardware poison
 *
 * The kernel marks a page with failing memory (PG_hwpoison). Its owner here is
 * the carveout, which withholds the page once it is free. Pages are only
 * checked after the first poisoned page is known.
 */

void carve_pages_note_broken(struct carve_pages *ps, struct carve_zone *zone)
{
	WRITE_ONCE(zone->has_broken, true);
	if (zone == ps->zone)
		WRITE_ONCE(ps->hot_free, 0);
}

static bool zone_has_broken(struct carve_zone *zone)
{
	u32 index, end = zone->buddy.end;

	for (index = zone->first; index < end; index++) {
		if (carve_zone_is_broken(zone, index))
			return true;
		if (index % LOOK_BATCH == 0)
			cond_resched();
	}
	return false;
}

static void withhold_free_pages(struct carve_zone *zone)
{
	u32 index, end = zone->buddy.end;

	for (index = zone->first; index < end; index++) {
		if (carve_zone_is_broken(zone, index))
			carve_zone_withhold_free(zone, index);
		if (index % LOOK_BATCH == 0)
			cond_resched();
	}
}

unsigned long carve_pages_find_broken(struct carve_pages *ps)
{
	unsigned long nr = 0;
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps) {
		if (!zone_has_broken(zone))
			continue;
		carve_pages_note_broken(ps, zone);
		/* Pages freed to magazines meanwhile: checked when flushed */
		carve_pages_drain(ps);
		withhold_free_pages(zone);
		nr += READ_ONCE(zone->nr_broken);
	}
	return nr;
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
