/* SPDX-License-Identifier: GPL-2.0 */
/* Zones: set-up, slow paths and checks. See zone.c. */
#ifndef _CARVE_ZONE_H
#define _CARVE_ZONE_H

#include "page/zone_types.h"

/* @first: index that the region's first page has in @map */
void carve_zone_init(struct carve_zone *zone,
		     const struct carve_region *region, struct carve_page *map,
		     u32 first);
/* Name of the zone's type, as in mm/ */
const char *carve_zone_name(const struct carve_zone *zone);
/* Set the watermarks to @min, 5/4 * @min and 3/2 * @min pages */
void carve_zone_set_watermarks(struct carve_zone *zone, unsigned long min);
/* Default min watermark, as in mm/ for the zone's size: 4 * sqrt(KiB) KiB */
unsigned long carve_zone_default_min(const struct carve_zone *zone);
/*
 * Initialize the page descriptors of @nr pages from @index on, if they aren't;
 * any context but NMI
 */
void carve_zone_make(struct carve_zone *zone, u32 index, u32 nr);
/* Add @nr pages from @index on to the buddy system */
void carve_zone_add(struct carve_zone *zone, u32 index, u32 nr);

/* Per-CPU list sizes for @order in a zone of @nr_pages; batch 0: no lists */
struct carve_magazine_shape carve_pcp_shape(unsigned long nr_pages,
					    unsigned int order);
size_t carve_pcp_size(struct carve_magazine_shape shape);
/* @memory: zeroed, cache line aligned, of carve_pcp_size() bytes */
void carve_zone_add_pcp(struct carve_zone *zone,
			enum carve_migratetype migratetype, unsigned int order,
			struct carve_magazine_shape shape, void *memory);

/*
 * Slow path of carve_zone_alloc(): refill the per-CPU list from the buddy system.
 * NULL: no block is free above the min watermark. @atomic: do bounded work,
 * here and below; see magazine.c and carve_buddy_take().
 */
struct carve_page *carve_zone_alloc_slow(struct carve_zone *zone,
					 unsigned int order,
					 enum carve_migratetype migratetype,
					 bool atomic);
void carve_zone_free_slow(struct carve_zone *zone, struct carve_page *page,
			  unsigned int order, unsigned long caller);
/*
 * Report a double free: a block in @state, allocated from a per-CPU list or
 * freed by @caller, is free in the buddy system. @caller 0: found in a per-CPU
 * list.
 */
void __cold carve_zone_refuse(struct carve_zone *zone, struct carve_page *page,
			      u8 state, unsigned long caller);

/*
 * Allocate a block below index @end from the buddy system, if @keep pages stay
 * free. Checks each aligned index.
 */
struct carve_page *carve_zone_alloc_below(struct carve_zone *zone,
					  unsigned int order,
					  enum carve_migratetype migratetype,
					  unsigned long keep, u32 end);

/*
 * Bypass the per-CPU lists: allocate from the buddy system, if @keep pages stay
 * free, and free to it. The head is in state CARVE_PAGE_PCP; the free of a
 * block in any other state is reported and ignored.
 */
struct carve_page *carve_zone_alloc_buddy(struct carve_zone *zone,
					  unsigned int order,
					  enum carve_migratetype migratetype,
					  unsigned long keep, bool atomic);
void carve_zone_free_buddy(struct carve_zone *zone, struct carve_page *page,
			   unsigned int order, unsigned long caller);

/* Drain the lists of all online CPUs, and the depots; sleeps */
void carve_zone_drain(struct carve_zone *zone);
/*
 * Drain up to @most blocks of this CPU's lists and of the depots; return how
 * many. Any context but NMI.
 */
unsigned int carve_zone_drain_some(struct carve_zone *zone, unsigned int most);
/* Drain the lists of a dead CPU */
void carve_zone_drain_dead(struct carve_zone *zone, unsigned int cpu);

/* Is the page marked PG_hwpoison? */
bool carve_zone_is_broken(const struct carve_zone *zone, u32 index);
/* Withhold a page from allocation if it is free in the buddy system */
void carve_zone_withhold_free(struct carve_zone *zone, u32 index);

/* Pages with uninitialized descriptors, rounded up to pageblocks */
unsigned long carve_zone_nr_uninitialized(const struct carve_zone *zone);
/* Pages in the per-CPU lists and depots */
unsigned long carve_zone_nr_pcp(const struct carve_zone *zone);

void carve_zone_check(struct carve_zone *zone, struct carve_report *r);

#endif /* _CARVE_ZONE_H */
