// SPDX-License-Identifier: GPL-2.0
/*
 * The page allocator of a carveout: its zones, which of them serve a request,
 * and how the page that an address belongs to is found. See request.c for what
 * an allocation does, block.c for what is handed out and taken back, reclaim.c
 * for where free memory comes from when it runs short.
 *
 * The zones for a request are, in the native order, those of the type that its
 * zone modifier names and then the scarcer ones: HIGHMEM, NORMAL, DMA32, DMA.
 * A HIGHMEM zone that is mapped for as long as the carveout lives also serves
 * requests for NORMAL memory, after all other zones. One that isn't mapped
 * serves only requests for HIGHMEM that can do without an address; those try
 * it first.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "page/pages.h"
#include "page/reclaim.h"

/* See the ladder in request.c */
#define DEFAULT_WAIT_MS 20

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

/* Publishes that the descriptors of the first @nr pages are made */
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
	/* A CPU that sees the new limit must see the descriptors below it, too */
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

/* Appends the zones of @type to a list; returns the new end of the list */
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

/* Appends the mapped zones of type @wanted and of scarcer types */
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

/* Pages that have to be cleared go the slow way: the fast path doesn't clear */
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

/* The zone that @addr lies in, or NULL; @at is set to the page's number in it */
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
