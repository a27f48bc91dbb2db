/* SPDX-License-Identifier: GPL-2.0 */
/* A zone: a region under a buddy system, with per-CPU stores. See zone.c. */
#ifndef _CARVE_ZONE_H
#define _CARVE_ZONE_H

#include "page/making.h"
#include "percpu/magazine.h"
#include "region/region.h"

struct carve_zone;

/* Native zones, from the scarcest: a zone's pages may serve what is asked of later ones */
enum carve_zone_type {
	CARVE_ZONE_DMA,		/* below 16 MiB */
	CARVE_ZONE_DMA32,	/* below 4 GiB */
	CARVE_ZONE_NORMAL,
	CARVE_ZONE_HIGHMEM,	/* not in the direct mapping */
	CARVE_NR_ZONE_TYPES,
};

/* Marks on the number of free pages, as natively */
enum carve_watermark {
	CARVE_WMARK_MIN,	/* below this only __GFP_HIGH may take pages */
	CARVE_WMARK_LOW,	/* below this memory is collected in the background */
	CARVE_WMARK_HIGH,	/* until this is reached */
	CARVE_NR_WMARKS,
};

/* Orders below this have per-CPU stores, where the zone is large enough */
#define CARVE_NR_STORES 10

/**
 * struct carve_store - the per-CPU stores of one order
 * @zone: where its blocks come from
 * @order: their order
 * @lifetime: their lifetime
 * @magazines: the blocks, as descriptors of their heads
 */
struct carve_store {
	struct carve_zone *zone;
	unsigned int order;
	enum carve_lifetime lifetime;
	struct carve_magazines magazines;
};

/**
 * struct carve_zone - pages that may serve the same requests
 * @type: which of the native zones it is like
 * @first: index of the first page of @region
 * @region: the memory
 * @map: the carveout's page descriptors
 * @nr_managed: pages that the buddy system was given
 * @watermark: in pages free in the buddy system
 * @lock: guards @buddy and the list links of its pages
 * @buddy: the free blocks
 * @store: per-CPU stores by lifetime and order, NULL where there is none
 */
struct carve_zone {
	enum carve_zone_type type;
	u32 first;
	const struct carve_region *region;
	struct carve_page *map;
	unsigned long nr_managed;
	unsigned long watermark[CARVE_NR_WMARKS];
	raw_spinlock_t lock;
	struct carve_buddy buddy;
	struct carve_store *store[CARVE_NR_LIFETIMES][CARVE_NR_STORES];
};

/* @first: index that the region's first page has in @map */
void carve_zone_init(struct carve_zone *zone,
		     const struct carve_region *region, struct carve_page *map,
		     u32 first);
/* As native zones are called */
const char *carve_zone_name(const struct carve_zone *zone);
/* Sets the watermarks by @min pages: low is 5/4 of it, high 3/2 */
void carve_zone_set_watermarks(struct carve_zone *zone, unsigned long min);
/* What native zones of this size have as min: pages for 4 * sqrt(KiB) KiB */
unsigned long carve_zone_default_min(const struct carve_zone *zone);
/*
 * Makes the page descriptors of @nr pages from index @index on, where they
 * aren't; any context but NMI
 */
void carve_zone_make(struct carve_zone *zone, u32 index, u32 nr);
/* Gives the buddy system @nr pages from index @index on */
void carve_zone_add(struct carve_zone *zone, u32 index, u32 nr);

/* Of a store for blocks of @order in a zone of @nr_pages; batch 0: no store */
struct carve_magazine_shape carve_store_shape(unsigned long nr_pages,
					      unsigned int order);
size_t carve_store_size(struct carve_magazine_shape shape);
/* @memory: zeroed, aligned to a cache line, of that size */
void carve_zone_add_store(struct carve_zone *zone,
			  enum carve_lifetime lifetime, unsigned int order,
			  struct carve_magazine_shape shape, void *memory);

/*
 * Past the fast path; NULL where neither the store nor the buddy system has a
 * block to spare above the min watermark. @hurry, here and below: for who can't
 * wait, see magazine.c and carve_buddy_take().
 */
struct carve_page *carve_zone_get_slow(struct carve_zone *zone,
				       unsigned int order,
				       enum carve_lifetime lifetime,
				       bool hurry);
void carve_zone_put_slow(struct carve_zone *zone, struct carve_page *page,
			 unsigned int order);

/*
 * A block from the pages below index @end, from the buddy system, if @keep
 * pages stay there. Looks at each place that a block could be at.
 */
struct carve_page *carve_zone_get_below(struct carve_zone *zone,
					unsigned int order,
					enum carve_lifetime lifetime,
					unsigned long keep, u32 end);

/* Straight from the buddy system, if @keep pages stay there; and back to it */
struct carve_page *carve_zone_get_buddy(struct carve_zone *zone,
					unsigned int order,
					enum carve_lifetime lifetime,
					unsigned long keep, bool hurry);
void carve_zone_put_buddy(struct carve_zone *zone, struct carve_page *page,
			  unsigned int order);

/* Give the buddy system what this CPU's stores hold; any context but NMI */
void carve_zone_drain_cpu(struct carve_zone *zone);
void carve_zone_drain_depots(struct carve_zone *zone);
/* The same for a CPU that is dead */
void carve_zone_drain_dead(struct carve_zone *zone, unsigned int cpu);

/* Pages whose descriptors aren't made, give or take a pageblock */
unsigned long carve_zone_nr_unmade(const struct carve_zone *zone);
/* Pages in the stores */
unsigned long carve_zone_nr_stored(const struct carve_zone *zone);

void carve_zone_check(struct carve_zone *zone, struct carve_report *r);

/* Pages in the buddy system */
static inline unsigned long carve_zone_nr_free(const struct carve_zone *zone)
{
	/* A watermark is no sharp line: any recent value will do */
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

/* The descriptor of a page of the zone's, or NULL: it isn't made */
static inline const struct carve_page *
carve_zone_peek(const struct carve_zone *zone, u32 index)
{
	return carve_making_has(&zone->buddy, index) ? &zone->map[index] : NULL;
}

/* The same, made if it wasn't; any context but NMI */
static inline struct carve_page *carve_zone_page(struct carve_zone *zone,
						 u32 index)
{
	if (unlikely(!carve_making_is_made(&zone->buddy, index)))
		carve_zone_make(zone, index, 1);
	return &zone->map[index];
}

/* The store for blocks of an order and lifetime; NULL: there is none */
static __always_inline struct carve_store *
carve_zone_store(const struct carve_zone *zone, unsigned int order,
		 enum carve_lifetime lifetime)
{
	return likely(order < CARVE_NR_STORES) ?
	       zone->store[lifetime][order] : NULL;
}

/* The first store from number *@i on, whose number it is set to; NULL: none */
static inline struct carve_store *
carve_zone_next_store(const struct carve_zone *zone, unsigned int *i)
{
	for (; *i < CARVE_NR_LIFETIMES * CARVE_NR_STORES; (*i)++)
		if (zone->store[*i / CARVE_NR_STORES][*i % CARVE_NR_STORES])
			return zone->store[*i / CARVE_NR_STORES]
					  [*i % CARVE_NR_STORES];
	return NULL;
}

/* All stores that there are; @i is an unsigned int */
#define carve_for_each_store(store, zone, i) \
	for ((i) = 0; ((store) = carve_zone_next_store(zone, &(i))); (i)++)

/* A block whose state still says STORED, or NULL: carve_zone_get_slow() */
static __always_inline struct carve_page *
carve_zone_get(struct carve_zone *zone, unsigned int order,
	       enum carve_lifetime lifetime)
{
	struct carve_store *store = carve_zone_store(zone, order, lifetime);
	void *page;

	return likely(store) && carve_magazines_get(&store->magazines, &page) ?
	       page : NULL;
}

/* False where there was no room: carve_zone_put_slow() */
static __always_inline bool carve_zone_put(struct carve_zone *zone,
					   struct carve_page *page,
					   unsigned int order)
{
	struct carve_store *store = carve_zone_store(zone, order,
						     page->lifetime);

	return likely(store) && carve_magazines_put(&store->magazines, page);
}

#endif /* _CARVE_ZONE_H */
