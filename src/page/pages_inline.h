/* SPDX-License-Identifier: GPL-2.0 */
/* Page allocator of a carveout: lookups and fast path. See pages.c. */
#ifndef _CARVE_PAGES_INLINE_H
#define _CARVE_PAGES_INLINE_H

#include <linux/sched/mm.h>

#include "page/block.h"
#include "page/pages.h"
#include "page/zone_inline.h"

static inline struct carve_zone *carve_page_zone(struct carve_pages *ps,
						 const struct carve_page *page)
{
	return &ps->zone[page->zone];
}

/*
 * Check a block allocated by the fast path before linking its descriptor or
 * splitting it. False: it is free, because it was freed twice at the same time.
 * That is reported here; allocate another block.
 */
static inline bool carve_pages_accept(struct carve_pages *ps,
				      struct carve_page *page)
{
	if (likely(!carve_page_is_free(page)))
		return true;
	carve_zone_refuse(carve_page_zone(ps, page), page, page->state, 0);
	return false;
}

static inline unsigned long carve_pages_pfn(struct carve_pages *ps,
					    const struct carve_page *page)
{
	return carve_zone_pfn(carve_page_zone(ps, page), page);
}

/* The kernel's descriptor of a page; NULL for memory hidden from the kernel */
static inline struct page *
carve_pages_struct_page(struct carve_pages *ps, const struct carve_page *page)
{
	return carve_page_zone(ps, page)->region->source->managed ?
	       pfn_to_page(carve_pages_pfn(ps, page)) : NULL;
}

/* The page must have an address: carve_pages_alloc_any() may return others */
static inline void *carve_pages_address(struct carve_pages *ps,
					const struct carve_page *page)
{
	return carve_zone_address(carve_page_zone(ps, page), page);
}

/* Set @offset to the offset of @addr in the range; false: it is outside */
static __always_inline bool carve_span_locate(const struct carve_span *span,
					      const void *addr,
					      unsigned long *offset)
{
	*offset = addr - span->virt;
	/* It grows once: a stale value only means the slow path */
	return *offset < data_race(span->bytes);
}

/* Set @page to the page that contains @addr; false: it is outside */
static __always_inline bool carve_span_find(const struct carve_span *span,
					    const void *addr,
					    struct carve_page **page)
{
	unsigned long offset;
	bool found = carve_span_locate(span, addr, &offset);

	*page = &span->map[offset >> PAGE_SHIFT];
	return found;
}

/* Is @addr in the carveout's mapped memory, allocated or not? Any context */
static __always_inline bool carve_pages_contain(const struct carve_pages *ps,
						const void *addr)
{
	unsigned long offset = addr - ps->span.virt;

	/* A stale value only means the slow path */
	return likely(offset < data_race(ps->span.bytes)) ||
	       carve_pages_contain_slow(ps, addr);
}

/* The page that contains @addr, or NULL if it is outside of the carveout */
static __always_inline struct carve_page *
carve_pages_lookup(struct carve_pages *ps, const void *addr)
{
	struct carve_page *page;

	if (likely(carve_span_find(&ps->span, addr, &page)))
		return page;
	return carve_pages_lookup_slow(ps, addr);
}

/* The page with this pfn, or NULL if it is outside of the carveout */
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

/* The page that contains @phys, or NULL; fast for the first zone */
static __always_inline struct carve_page *
carve_pages_lookup_phys(struct carve_pages *ps, phys_addr_t phys)
{
	phys_addr_t offset = phys - ps->phys;

	/* A stale value only means the slow path */
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

	/* A stale value only means the slow path */
	return offset < data_race(ps->nr_ready) * sizeof(*page) &&
	       offset % sizeof(*page) == 0;
}

/*
 * Does @page point to a page descriptor of the carveout? If so, initialize the
 * descriptor. Any context but NMI.
 */
static __always_inline bool carve_pages_owns(struct carve_pages *ps,
					     const struct carve_page *page)
{
	return likely(carve_pages_owns_hot(ps, page)) ||
	       carve_pages_owns_slow(ps, page);
}

/* Zone type of a request, by its zone modifiers */
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

static __always_inline enum carve_migratetype carve_gfp_migratetype(gfp_t gfp)
{
	return gfp & (__GFP_RECLAIMABLE | __GFP_MOVABLE) ? CARVE_MIGRATE_RECLAIMABLE :
							   CARVE_MIGRATE_UNMOVABLE;
}

/*
 * Every allocation begins with this. A debug kernel then reports allocations
 * that may sleep in atomic context, or that take locks against reclaim's order,
 * even if memory is free. It costs other kernels nothing.
 */
static __always_inline void carve_might_alloc(gfp_t gfp)
{
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP) || IS_ENABLED(CONFIG_LOCKDEP))
		might_alloc(gfp);
}

/* Allocate from a per-CPU list in @hot; false: take the slow path */
static __always_inline bool
carve_pages_alloc_hot(struct carve_pages *ps, gfp_t gfp, unsigned int order,
		      enum carve_page_state state, unsigned long caller,
		      struct carve_page **page)
{
	void *item;

	carve_might_alloc(gfp);
	if (unlikely(gfp & CARVE_GFP_SPECIAL || order >= ps->hot_alloc ||
		     !carve_magazines_alloc(&ps->hot[order]->magazines, &item)))
		return false;
	*page = item;
	(*page)->state = state;
	(*page)->caller = caller;
	return true;
}

/* carve_get_free_pages() on behalf of @caller: the pages have an address */
static __always_inline struct carve_page *
carve_pages_alloc(struct carve_pages *ps, gfp_t gfp, unsigned int order,
		  enum carve_page_state state, unsigned long caller)
{
	struct carve_page *page;

	return carve_pages_alloc_hot(ps, gfp, order, state, caller, &page) ?
	       page : carve_pages_alloc_slow(ps, gfp, order, state, caller);
}

/* carve_alloc_pages(): with __GFP_HIGHMEM, pages may have no address */
static __always_inline struct carve_page *
carve_pages_alloc_any(struct carve_pages *ps, gfp_t gfp, unsigned int order,
		      enum carve_page_state state, unsigned long caller)
{
	struct carve_page *page;

	return carve_pages_alloc_hot(ps, gfp, order, state, caller, &page) ?
	       page : carve_pages_alloc_any_slow(ps, gfp, order, state, caller);
}

/* Free to a per-CPU list in @hot; false: call carve_pages_free_slow() */
static __always_inline bool
carve_pages_free_hot(struct carve_pages *ps, struct carve_page *page,
		     unsigned int order, enum carve_page_state state)
{
	if (unlikely(order >= ps->hot_free || !carve_pages_owns_hot(ps, page) ||
		     page->kind != carve_page_kind(state, order)))
		return false;
	page->state = CARVE_PAGE_PCP;
	if (likely(carve_magazines_free(&ps->hot[order]->magazines, page)))
		return true;
	page->state = state;
	return false;
}

/* carve_free_pages() on behalf of @caller */
static __always_inline void
carve_pages_free(struct carve_pages *ps, struct carve_page *page,
		 unsigned int order, enum carve_page_state state,
		 unsigned long caller)
{
	if (unlikely(!carve_pages_free_hot(ps, page, order, state)))
		carve_pages_free_slow(ps, page, order, state, caller);
}

#endif /* _CARVE_PAGES_INLINE_H */
