/* SPDX-License-Identifier: GPL-2.0 */
/* The page allocator of a carveout. See pages.c and block.c. */
#ifndef _CARVE_PAGES_H
#define _CARVE_PAGES_H

#include <linux/gfp.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/workqueue.h>

#include "fault.h"
#include "page/zone.h"

#define CARVE_MAX_ZONES 4

/**
 * struct carve_shrinker - a layer above that can give pages back
 * @list: on struct carve_pages' list
 * @shrink: gives back what it can spare, may sleep; returns pages freed
 * @spare: gives back some of what it can in any context but NMI; returns false
 *	if it has nothing to give. NULL if it never has
 */
struct carve_shrinker {
	struct list_head list;
	unsigned long (*shrink)(struct carve_shrinker *shrinker);
	bool (*spare)(struct carve_shrinker *shrinker);
};

/**
 * struct carve_clearer - a layer above that reaches pages without an address
 * @clear: fills @nr pages with zeroes; any context but NMI
 */
struct carve_clearer {
	void (*clear)(struct carve_clearer *clearer,
		      const struct carve_page *page, unsigned long nr);
};

/* Which zones a request may be served from, by type; the last one: see below */
#define CARVE_ZONELIST_UNMAPPED CARVE_NR_ZONE_TYPES
#define CARVE_NR_ZONELISTS (CARVE_NR_ZONE_TYPES + 1)

/**
 * struct carve_span - a range of addresses and its page descriptors
 * @virt: where it begins
 * @bytes: how long it is
 * @map: the descriptor of its first page
 *
 * What is needed to get from an address to its page, in one place.
 */
struct carve_span {
	const void *virt;
	unsigned long bytes;
	struct carve_page *map;
};

/* What the fast path leaves to others: zone modifiers, short lives, zeroing */
#define CARVE_GFP_SPECIAL (GFP_ZONEMASK | __GFP_RECLAIMABLE | __GFP_ZERO)

/**
 * struct carve_pages - the page allocator of a carveout
 * @span: the first zone, as far as all page descriptors are made
 * @phys: where that is in physical memory
 * @nr_ready: the descriptors of this many pages, from the first on, are made
 * @hot_alloc: orders below this one may be taken from @hot by the fast path
 * @hot_free: orders below this one may be given back to it
 * @hot: the first zone's stores of long-lived blocks, where that zone is the
 *	first to be asked; constant after set-up, as are the members above, but
 *	that @span and @nr_ready grow once, when all descriptors are made
 * @name: the carveout's, for the log
 * @map: the descriptors of all its pages
 * @nr_pages: how many those are
 * @nr_zones: zones in use
 * @zone: the zones
 * @zonelist: for each type of zone that a request may be for, the zones to try
 *	in this order, ended by NULL; constant after set-up. The last one is for
 *	HIGHMEM where the pages need not have an address
 * @clearer: who fills pages without an address with zeroes
 * @shrinkers: who can give pages back; constant after set-up
 * @frame_refs: references that a struct page has while its page is free
 * @wait_ms: how long an allocation waits for others to free, at most
 * @wake: leads from any context to @background
 * @background: collects memory when a zone is below its low watermark
 * @rest_until: in jiffies; until then it rests, see reclaim.c
 * @making_ns: how long it took to make descriptors in the background
 * @nr_failed: allocations that returned NULL
 * @nr_bad_frees: frees that were refused
 * @fault: an allocation that is to fail, past the fast paths of all layers
 */
struct carve_pages {
	struct carve_span span;
	phys_addr_t phys;
	u32 nr_ready;
	unsigned int hot_alloc;
	unsigned int hot_free;
	struct carve_store *hot[CARVE_NR_STORES];

	const char *name;
	struct carve_page *map;
	u32 nr_pages;
	unsigned int nr_zones;
	struct carve_zone zone[CARVE_MAX_ZONES];
	struct carve_zone *zonelist[CARVE_NR_ZONELISTS][CARVE_MAX_ZONES + 1];
	struct carve_clearer *clearer;
	struct list_head shrinkers;
	int frame_refs;
	unsigned int wait_ms;
	struct irq_work wake;
	struct work_struct background;
	unsigned long rest_until;
	u64 making_ns;
	atomic_long_t nr_failed;
	atomic_long_t nr_bad_frees;
	struct carve_fault fault;
};

#define carve_for_each_zone(zone, pages) \
	for ((zone) = (pages)->zone; \
	     (zone) < (pages)->zone + (pages)->nr_zones; (zone)++)

void carve_pages_init(struct carve_pages *ps, const char *name,
		      struct carve_page *map, u32 nr_pages);
/*
 * The next zone, over @region, whose first page has index @first. Its page
 * descriptors are to be made: carve_pages_make().
 */
struct carve_zone *carve_pages_add_zone(struct carve_pages *ps,
					const struct carve_region *region,
					u32 first);
/*
 * Makes the descriptors of a zone's pages: all of them, or if there is a @made,
 * see making.c, those of the first @nr
 */
void carve_pages_make(struct carve_pages *ps, struct carve_zone *zone,
		      u8 *made, u32 nr);
/* Makes all that aren't made; sleeps */
void carve_pages_make_all(struct carve_pages *ps);
/* Pages whose descriptors aren't made, give or take a pageblock */
unsigned long carve_pages_nr_unmade(const struct carve_pages *ps);
/*
 * For walks over all pages: the descriptor of the page with this number, or NULL
 * if it isn't made, as the page is free or is just being handed out
 */
const struct carve_page *carve_pages_peek(const struct carve_pages *ps,
					  u32 index);
/* When all zones are there and have their pages */
void carve_pages_start(struct carve_pages *ps);
/* Nothing is collected in the background until the next allocation; sleeps */
void carve_pages_stop(struct carve_pages *ps);
/* Those of the layer added last come first: what it gives back may empty others */
void carve_pages_add_shrinker(struct carve_pages *ps,
			      struct carve_shrinker *shrinker);

/* What the inline functions below call when the fast path can't do it */
struct carve_page *carve_pages_alloc_slow(struct carve_pages *ps, gfp_t gfp,
					  unsigned int order,
					  enum carve_page_state state,
					  unsigned long caller);
struct carve_page *carve_pages_alloc_any_slow(struct carve_pages *ps,
					      gfp_t gfp, unsigned int order,
					      enum carve_page_state state,
					      unsigned long caller);
void carve_pages_free_slow(struct carve_pages *ps, struct carve_page *page,
			   unsigned int order, enum carve_page_state state,
			   unsigned long caller);
struct carve_page *carve_pages_lookup_slow(struct carve_pages *ps,
					   const void *addr);
bool carve_pages_contain_slow(const struct carve_pages *ps, const void *addr);
bool carve_pages_owns_slow(struct carve_pages *ps,
			   const struct carve_page *page);

/**
 * carve_pages_get() - allocate a block for a layer above
 * @ps: the page allocator
 * @gfp: GFP flags
 * @order: log2 of the number of pages
 * @state: what the block's head is to say that it is
 *
 * Return: the block's head, or NULL. Not zeroed, whatever @gfp says.
 */
struct carve_page *carve_pages_get(struct carve_pages *ps, gfp_t gfp,
				   unsigned int order,
				   enum carve_page_state state);
/* Gives a block back, whose head @page is known to be one of this order */
void carve_pages_put(struct carve_pages *ps, struct carve_page *page,
		     unsigned int order);
/* Counts a free that was refused, and reports it; false: it was one too many */
bool carve_pages_bad_free(struct carve_pages *ps, const void *what,
			  const char *why, unsigned long caller);

/* See include/carveout.h for what these mean */
void *carve_pages_alloc_exact(struct carve_pages *ps, size_t size, gfp_t gfp,
			      unsigned long caller);
void carve_pages_free_exact(struct carve_pages *ps, void *virt, size_t size,
			    unsigned long caller);
void carve_pages_split(struct carve_pages *ps, struct carve_page *page,
		       unsigned int order, unsigned long caller);
/*
 * Gives back all but the first @nr pages of a block in use. What stays is a run of
 * smaller blocks, each in the state of @head. carve_pages_put_run() gives back
 * such a run.
 */
void carve_pages_trim(struct carve_pages *ps, struct carve_page *head,
		      unsigned long nr);
void carve_pages_put_run(struct carve_pages *ps, struct carve_page *head,
			 unsigned long nr);
void carve_pages_free_cold(struct carve_pages *ps, struct carve_page *page,
			   unsigned int order, unsigned long caller);

/* All per-CPU stores back to the buddy system; sleeps */
void carve_pages_drain(struct carve_pages *ps);
/* Everything that can be spared back to the buddy system; sleeps */
void carve_pages_reclaim(struct carve_pages *ps);

/* The highest order that some zone can hold a block of */
unsigned int carve_pages_max_order(const struct carve_pages *ps);
/* Pages that the zones hand out: all but those of metadata */
unsigned long carve_pages_nr_managed(const struct carve_pages *ps);

void carve_pages_check(struct carve_pages *ps, struct carve_report *r);

static inline struct carve_zone *carve_page_zone(struct carve_pages *ps,
						 const struct carve_page *page)
{
	return &ps->zone[page->zone];
}

static inline unsigned long carve_pages_pfn(struct carve_pages *ps,
					    const struct carve_page *page)
{
	return carve_zone_pfn(carve_page_zone(ps, page), page);
}

/* Of a page that has an address: not all that carve_pages_alloc_any() returns do */
static inline void *carve_pages_address(struct carve_pages *ps,
					const struct carve_page *page)
{
	return carve_zone_address(carve_page_zone(ps, page), page);
}

/* Sets @offset to how far into the range @addr lies; false: it is outside */
static __always_inline bool carve_span_locate(const struct carve_span *span,
					      const void *addr,
					      unsigned long *offset)
{
	*offset = addr - span->virt;
	/* It grows once: a look before that takes the longer way */
	return *offset < data_race(span->bytes);
}

/* Sets @page to the page that @addr lies in; false: it is outside */
static __always_inline bool carve_span_find(const struct carve_span *span,
					    const void *addr,
					    struct carve_page **page)
{
	unsigned long offset;
	bool found = carve_span_locate(span, addr, &offset);

	*page = &span->map[offset >> PAGE_SHIFT];
	return found;
}

/* Is that in memory of the carveout's that is mapped, whatever it is there? Any context */
static __always_inline bool carve_pages_contain(const struct carve_pages *ps,
						const void *addr)
{
	unsigned long offset = addr - ps->span.virt;

	/* As above */
	return likely(offset < data_race(ps->span.bytes)) ||
	       carve_pages_contain_slow(ps, addr);
}

/* The page that @addr lies in, or NULL for an address from elsewhere */
static __always_inline struct carve_page *
carve_pages_lookup(struct carve_pages *ps, const void *addr)
{
	struct carve_page *page;

	if (likely(carve_span_find(&ps->span, addr, &page)))
		return page;
	return carve_pages_lookup_slow(ps, addr);
}

/* The page with this frame number, or NULL for one from elsewhere */
static inline struct carve_page *carve_pages_lookup_pfn(struct carve_pages *ps,
							unsigned long pfn)
{
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps) {
		unsigned long index = pfn - zone->region->start_pfn;

		if (index < zone->region->nr_pages)
			return carve_zone_page(zone, zone->first + index);
	}
	return NULL;
}

/* The page that this physical address lies in; quick where that is in the first zone */
static __always_inline struct carve_page *
carve_pages_lookup_phys(struct carve_pages *ps, phys_addr_t phys)
{
	phys_addr_t offset = phys - ps->phys;

	/* As above */
	if (likely(offset < data_race(ps->span.bytes)))
		return &ps->span.map[offset >> PAGE_SHIFT];
	return carve_pages_lookup_pfn(ps, PHYS_PFN(phys));
}

/* The page that begins at @addr, or NULL */
static __always_inline struct carve_page *
carve_pages_lookup_start(struct carve_pages *ps, const void *addr)
{
	return PAGE_ALIGNED(addr) ? carve_pages_lookup(ps, addr) : NULL;
}

/* Is this one of the first @nr_ready page descriptors? */
static __always_inline bool carve_pages_owns_hot(const struct carve_pages *ps,
						 const struct carve_page *page)
{
	unsigned long offset = (const void *)page - (const void *)ps->map;

	/* As above */
	return offset < data_race(ps->nr_ready) * sizeof(*page) &&
	       offset % sizeof(*page) == 0;
}

/* Is it any page descriptor of the carveout's? If so, it is made. Any context but NMI. */
static __always_inline bool carve_pages_owns(struct carve_pages *ps,
					     const struct carve_page *page)
{
	return likely(carve_pages_owns_hot(ps, page)) ||
	       carve_pages_owns_slow(ps, page);
}

/* The type of zone that a request is for: what the GFP zone modifiers say */
static __always_inline enum carve_zone_type carve_gfp_zone(gfp_t gfp)
{
	if (likely(!(gfp & (__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM))))
		return CARVE_ZONE_NORMAL;
	return gfp & __GFP_DMA ? CARVE_ZONE_DMA :
	       gfp & __GFP_DMA32 ? CARVE_ZONE_DMA32 : CARVE_ZONE_HIGHMEM;
}

/* Can some zone serve requests with these zone modifiers? */
static inline bool carve_pages_serve(const struct carve_pages *ps, gfp_t gfp)
{
	return ps->zonelist[carve_gfp_zone(gfp)][0];
}

/* How long the caller says that a block will be held */
static __always_inline enum carve_lifetime carve_gfp_lifetime(gfp_t gfp)
{
	return gfp & (__GFP_RECLAIMABLE | __GFP_MOVABLE) ? CARVE_SHORT_LIVED :
							   CARVE_LONG_LIVED;
}

/* From the store that most requests are for; false: there is more to it */
static __always_inline bool
carve_pages_alloc_hot(struct carve_pages *ps, gfp_t gfp, unsigned int order,
		      enum carve_page_state state, unsigned long caller,
		      struct carve_page **page)
{
	void *item;

	if (unlikely(gfp & CARVE_GFP_SPECIAL || order >= ps->hot_alloc ||
		     !carve_magazines_get(&ps->hot[order]->magazines, &item)))
		return false;
	*page = item;
	(*page)->state = state;
	(*page)->caller = caller;
	return true;
}

/* carve_get_free_pages(), for the caller at @caller: the pages have an address */
static __always_inline struct carve_page *
carve_pages_alloc(struct carve_pages *ps, gfp_t gfp, unsigned int order,
		  enum carve_page_state state, unsigned long caller)
{
	struct carve_page *page;

	return carve_pages_alloc_hot(ps, gfp, order, state, caller, &page) ?
	       page : carve_pages_alloc_slow(ps, gfp, order, state, caller);
}

/* carve_alloc_pages(): with __GFP_HIGHMEM they need not have one */
static __always_inline struct carve_page *
carve_pages_alloc_any(struct carve_pages *ps, gfp_t gfp, unsigned int order,
		      enum carve_page_state state, unsigned long caller)
{
	struct carve_page *page;

	return carve_pages_alloc_hot(ps, gfp, order, state, caller, &page) ?
	       page : carve_pages_alloc_any_slow(ps, gfp, order, state, caller);
}

/* False: carve_pages_free_slow() has to look at it */
static __always_inline bool
carve_pages_free_hot(struct carve_pages *ps, struct carve_page *page,
		     unsigned int order, enum carve_page_state state)
{
	if (unlikely(order >= ps->hot_free || !carve_pages_owns_hot(ps, page) ||
		     page->kind != carve_page_kind(state, order)))
		return false;
	page->state = CARVE_PAGE_STORED;
	if (likely(carve_magazines_put(&ps->hot[order]->magazines, page)))
		return true;
	page->state = state;
	return false;
}

/* carve_free_pages(), for the caller at @caller */
static __always_inline void
carve_pages_free(struct carve_pages *ps, struct carve_page *page,
		 unsigned int order, enum carve_page_state state,
		 unsigned long caller)
{
	if (unlikely(!carve_pages_free_hot(ps, page, order, state)))
		carve_pages_free_slow(ps, page, order, state, caller);
}

#endif /* _CARVE_PAGES_H */
