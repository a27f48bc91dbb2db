/* SPDX-License-Identifier: GPL-2.0 */
/* A zone: a region under a buddy system, with per-CPU lists. See zone.c. */
#ifndef _CARVE_ZONE_TYPES_H
#define _CARVE_ZONE_TYPES_H

#include "page/buddy.h"
#include "percpu/magazine_types.h"
#include "region/region.h"

struct carve_pages;
struct carve_zone;

/* As in mm/, from the scarcest: later types fall back to earlier ones */
enum carve_zone_type {
	CARVE_ZONE_DMA,		/* carve_region_zone_limit(__GFP_DMA) */
	CARVE_ZONE_DMA32,	/* carve_region_zone_limit(__GFP_DMA32) */
	CARVE_ZONE_NORMAL,
	CARVE_ZONE_HIGHMEM,	/* not in the direct mapping */
	CARVE_NR_ZONE_TYPES,
};

/* Watermarks of free pages, as in mm/ */
enum carve_watermark {
	CARVE_WMARK_MIN,	/* only __GFP_HIGH or __GFP_MEMALLOC goes below */
	CARVE_WMARK_LOW,	/* below this background reclaim is woken */
	CARVE_WMARK_HIGH,	/* below this background reclaim runs */
	CARVE_NR_WMARKS,
};

/* Orders below this have per-CPU lists, if the zone is large enough */
#define CARVE_NR_PCP 10

/**
 * struct carve_pcp - per-CPU lists of one order and migratetype
 * @zone: zone of the blocks
 * @order: order of the blocks
 * @migratetype: migratetype of the blocks
 * @magazines: the lists, of page descriptors of the blocks' heads
 */
struct carve_pcp {
	struct carve_zone *zone;
	unsigned int order;
	enum carve_migratetype migratetype;
	struct carve_magazines magazines;
};

/**
 * struct carve_zone - a region of memory under a buddy system
 * @pages: the page allocator it belongs to
 * @type: zone type, as in mm/
 * @first: index of the first page of @region
 * @region: the memory
 * @map: the carveout's page descriptors
 * @nr_managed: pages added to the buddy system, less @nr_broken
 * @watermark: in pages free in the buddy system
 * @has_broken: the zone has poisoned pages: frees bypass the per-CPU lists and
 *	check each page
 * @nr_broken: poisoned pages, withheld from allocation
 * @lock: guards @buddy and the list links of its pages
 * @buddy: the free blocks
 * @pcp: per-CPU lists by migratetype and order, or NULL
 */
struct carve_zone {
	struct carve_pages *pages;
	enum carve_zone_type type;
	u32 first;
	const struct carve_region *region;
	struct carve_page *map;
	unsigned long nr_managed;
	unsigned long watermark[CARVE_NR_WMARKS];
	bool has_broken;
	unsigned long nr_broken;
	raw_spinlock_t lock;
	struct carve_buddy buddy;
	struct carve_pcp *pcp[CARVE_NR_MIGRATETYPES][CARVE_NR_PCP];
};

#endif /* _CARVE_ZONE_TYPES_H */
