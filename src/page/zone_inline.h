/* SPDX-License-Identifier: GPL-2.0 */
/* Zones: lookups and fast path. See zone.c. */
#ifndef _CARVE_ZONE_INLINE_H
#define _CARVE_ZONE_INLINE_H

#include "page/deferred_init.h"
#include "page/zone.h"
#include "percpu/magazine_inline.h"

/* Pages in the buddy system */
static inline unsigned long carve_zone_nr_free(const struct carve_zone *zone)
{
	/* Watermark checks are approximate: any recent value will do */
	return data_race(READ_ONCE(zone->buddy.nr_free));
}

static inline u32 carve_zone_nr_pages(const struct carve_zone *zone)
{
	return zone->region->nr_pages;
}

static inline u32 carve_page_index(const struct carve_zone *zone,
				   const struct carve_page *page)
{
	return page - zone->map;
}

static inline void *carve_zone_address(const struct carve_zone *zone,
				       const struct carve_page *page)
{
	return zone->region->virt +
	       ((unsigned long)(carve_page_index(zone, page) - zone->first)
		<< PAGE_SHIFT);
}

static inline unsigned long carve_zone_pfn(const struct carve_zone *zone,
					   const struct carve_page *page)
{
	return zone->region->start_pfn + carve_page_index(zone, page) -
	       zone->first;
}

/* The descriptor of page @index, or NULL if it isn't initialized */
static inline const struct carve_page *
carve_zone_peek(const struct carve_zone *zone, u32 index)
{
	return carve_deferred_init_has(&zone->buddy, index) ? &zone->map[index] : NULL;
}

/* The descriptor of page @index, initialized if needed; not in NMI context */
static inline struct carve_page *carve_zone_page(struct carve_zone *zone,
						 u32 index)
{
	if (unlikely(!carve_deferred_init_done(&zone->buddy, index)))
		carve_zone_make(zone, index, 1);
	return &zone->map[index];
}

/* The per-CPU lists of an order and migratetype, or NULL */
static __always_inline struct carve_pcp *
carve_zone_pcp(const struct carve_zone *zone, unsigned int order,
	       enum carve_migratetype migratetype)
{
	return likely(order < CARVE_NR_PCP) ?
	       zone->pcp[migratetype][order] : NULL;
}

/* The per-CPU lists to free a block to; NULL: none, or the block is free */
static __always_inline struct carve_pcp *
carve_zone_pcp_of(const struct carve_zone *zone,
		  const struct carve_page *page, unsigned int order)
{
	u8 migratetype = READ_ONCE(page->migratetype);

	return likely(migratetype < CARVE_NR_MIGRATETYPES) ?
	       carve_zone_pcp(zone, order, migratetype) : NULL;
}

/* For carve_for_each_pcp(): the next one from number *@i on; updates *@i */
static inline struct carve_pcp *
carve_zone_next_pcp(const struct carve_zone *zone, unsigned int *i)
{
	for (; *i < CARVE_NR_MIGRATETYPES * CARVE_NR_PCP; (*i)++)
		if (zone->pcp[*i / CARVE_NR_PCP][*i % CARVE_NR_PCP])
			return zone->pcp[*i / CARVE_NR_PCP]
					  [*i % CARVE_NR_PCP];
	return NULL;
}

/* All per-CPU lists of a zone; @i is an unsigned int */
#define carve_for_each_pcp(pcp, zone, i) \
	for ((i) = 0; ((pcp) = carve_zone_next_pcp(zone, &(i))); (i)++)

/* Allocate from this CPU's list, in state PCP; NULL: carve_zone_alloc_slow() */
static __always_inline struct carve_page *
carve_zone_alloc(struct carve_zone *zone, unsigned int order,
		 enum carve_migratetype migratetype)
{
	struct carve_pcp *pcp = carve_zone_pcp(zone, order, migratetype);
	void *page;

	if (unlikely(!pcp) || !carve_magazines_alloc(&pcp->magazines, &page))
		return NULL;
	if (likely(!carve_page_is_free(page)))
		return page;
	carve_zone_refuse(zone, page, CARVE_PAGE_PCP, 0);
	return NULL;
}

/* Free a block to this CPU's list; false: call carve_zone_free_slow() */
static __always_inline bool carve_zone_free(struct carve_zone *zone,
					    struct carve_page *page,
					    unsigned int order)
{
	struct carve_pcp *pcp = carve_zone_pcp_of(zone, page, order);

	return likely(pcp) && carve_magazines_free(&pcp->magazines, page);
}

#endif /* _CARVE_ZONE_INLINE_H */
