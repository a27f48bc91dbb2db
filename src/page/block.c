// SPDX-License-Identifier: GPL-2.0
/*
 * Allocate, clear, split and free blocks of pages
 *
 * A free is refused and reported unless it names the head of a block in use,
 * with the block's order and state.
 *
 * Locking: none here; a block in use belongs to its owner, and zone.c takes the
 * zone's lock.
 */
#include <linux/log2.h>
#include <linux/mm.h>

#include "page/misuse.h"
#include "page/pages_inline.h"
#include "page/request.h"
#include "trace/events.h"

struct carve_page *__carve_pages_alloc(struct carve_pages *ps, gfp_t gfp,
				       unsigned int order,
				       enum carve_page_state state)
{
	struct carve_page *page;

	if (carve_pages_alloc_hot(ps, gfp, order, state, _RET_IP_, &page) &&
	    carve_pages_accept(ps, page))
		return page;
	return carve_pages_request(ps, ps->zonelist[carve_gfp_zone(gfp)], gfp,
				   order, state, _RET_IP_);
}

/* Zero a block; clear_op maps pages that have no address */
static void clear_block(struct carve_pages *ps, const struct carve_page *page,
			unsigned int order)
{
	if (likely(carve_page_zone(ps, page)->region->virt))
		memset(carve_pages_address(ps, page), 0, PAGE_SIZE << order);
	else
		ps->clear_op->clear(ps->clear_op, page, BIT(order));
}

static struct carve_page *alloc_from_zonelist(struct carve_pages *ps,
					      struct carve_zone *const *zones, gfp_t gfp,
					      unsigned int order,
					      enum carve_page_state state,
					      unsigned long caller)
{
	struct carve_page *page = carve_pages_request(ps, zones, gfp, order, state,
						     caller);

	if (!page)
		return NULL;
	page->caller = caller;
	if (want_init_on_alloc(gfp))
		clear_block(ps, page, order);
	return page;
}

struct carve_page *carve_pages_alloc_slow(struct carve_pages *ps, gfp_t gfp,
					  unsigned int order,
					  enum carve_page_state state,
					  unsigned long caller)
{
	return alloc_from_zonelist(ps, ps->zonelist[carve_gfp_zone(gfp)], gfp, order,
				   state, caller);
}

struct carve_page *carve_pages_alloc_any_slow(struct carve_pages *ps,
					      gfp_t gfp, unsigned int order,
					      enum carve_page_state state,
					      unsigned long caller)
{
	enum carve_zone_type type = carve_gfp_zone(gfp);

	return alloc_from_zonelist(ps, ps->zonelist[type != CARVE_ZONE_HIGHMEM ?
						    type : CARVE_ZONELIST_UNMAPPED],
				   gfp, order, state, caller);
}

/* Call before the free: after it the block may have a new owner */
static void trace_block_free(struct carve_pages *ps, const struct carve_page *page,
			     unsigned int order, unsigned long caller)
{
	if (trace_carve_page_free_enabled())
		trace_carve_page_free(ps->name, carve_pages_pfn(ps, page), order,
				      caller);
}

static void free_prepared_block(struct carve_pages *ps, struct carve_page *page,
				unsigned int order, unsigned long caller)
{
	struct carve_zone *zone = carve_page_zone(ps, page);

	page->state = CARVE_PAGE_PCP;
	if (!READ_ONCE(zone->has_broken) && carve_zone_free(zone, page, order))
		return;
	trace_block_free(ps, page, order, caller);
	carve_zone_free_slow(zone, page, order, caller);
}

void __carve_pages_free(struct carve_pages *ps, struct carve_page *page,
			unsigned int order)
{
	if (want_init_on_free())
		clear_block(ps, page, order);
	free_prepared_block(ps, page, order, _RET_IP_);
}

static const char not_a_head[] = "not the head of a block in use of this order";

/* Check a free and clear the block for init_on_free. False: refused */
static bool free_block_prepare(struct carve_pages *ps, struct carve_page *page,
			       unsigned int order, enum carve_page_state state,
			       unsigned long caller)
{
	bool known = carve_pages_owns(ps, page) && page->state == state;

	if (known && carve_page_is_free(page)) {
		carve_zone_refuse(carve_page_zone(ps, page), page, state,
				  caller);
		return false;
	}
	if (!known || page->order != order) {
		carve_report_misuse(ps, CARVE_MISUSE_FREE, page, not_a_head,
				    caller);
		return false;
	}
	if (want_init_on_free())
		clear_block(ps, page, order);
	return true;
}

void carve_pages_free_slow(struct carve_pages *ps, struct carve_page *page,
			   unsigned int order, enum carve_page_state state,
			   unsigned long caller)
{
	if (free_block_prepare(ps, page, order, state, caller))
		free_prepared_block(ps, page, order, caller);
}

/* Set up the head of a sub-block at @offset like @head */
static void init_sub_block(struct carve_page *head, unsigned long offset,
			   unsigned int order)
{
	struct carve_page *page = head + offset;

	page->migratetype = head->migratetype;
	page->state = head->state;
	page->order = order;
	page->caller = head->caller;
	page->nr_pages = 0;
}

void __carve_pages_split(struct carve_page *head, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < BIT(order); i++)
		init_sub_block(head, i, 0);
}

void carve_pages_split(struct carve_pages *ps, struct carve_page *page,
		       unsigned int order, unsigned long caller)
{
	if (!carve_pages_owns(ps, page) || page->state != CARVE_PAGE_USED ||
	    page->order != order || carve_page_is_free(page)) {
		carve_report_misuse(ps, CARVE_MISUSE_SPLIT, page, not_a_head,
				    caller);
		return;
	}
	__carve_pages_split(page, order);
}

void carve_pages_trim(struct carve_pages *ps, struct carve_page *head,
		      unsigned long nr)
{
	unsigned long end = BIT(head->order), offset = 0;
	unsigned int order;

	while (offset < nr) {
		order = ilog2(nr - offset);
		init_sub_block(head, offset, order);
		offset += BIT(order);
	}
	while (offset < end) {
		order = __ffs(offset);
		init_sub_block(head, offset, order);
		__carve_pages_free(ps, head + offset, order);
		offset += BIT(order);
	}
}

void __carve_pages_free_run(struct carve_pages *ps, struct carve_page *head,
			    unsigned long nr)
{
	unsigned long offset = 0;

	while (offset < nr) {
		unsigned int order = head[offset].order;

		__carve_pages_free(ps, head + offset, order);
		offset += BIT(order);
	}
}

void carve_pages_free_cold(struct carve_pages *ps, struct carve_page *page,
			   unsigned int order, unsigned long caller)
{
	if (!free_block_prepare(ps, page, order, CARVE_PAGE_USED, caller))
		return;
	page->state = CARVE_PAGE_PCP;
	trace_block_free(ps, page, order, caller);
	carve_zone_free_buddy(carve_page_zone(ps, page), page, order, caller);
}

void *carve_pages_alloc_exact(struct carve_pages *ps, size_t size, gfp_t gfp,
			      unsigned long caller)
{
	unsigned int order = get_order(size);
	struct carve_page *page;
	unsigned long i;

	if (!size)
		return NULL;
	do {
		page = carve_pages_alloc(ps, gfp & ~__GFP_COMP, order,
					 CARVE_PAGE_USED, caller);
		if (!page)
			return NULL;
	} while (!carve_pages_accept(ps, page));
	carve_pages_split(ps, page, order, caller);
	for (i = PFN_UP(size); i < BIT(order); i++)
		free_prepared_block(ps, &page[i], 0, caller);
	return carve_pages_address(ps, page);
}

void carve_pages_free_exact(struct carve_pages *ps, void *virt, size_t size,
			    unsigned long caller)
{
	unsigned long i;

	/* One report, not one for each page */
	if (size > (size_t)ps->nr_pages << PAGE_SHIFT) {
		carve_report_misuse(ps, CARVE_MISUSE_FREE, virt,
				    "size exceeds the carveout", caller);
		return;
	}
	for (i = 0; i < PFN_UP(size); i++) {
		void *addr = virt + (i << PAGE_SHIFT);

		carve_pages_free(ps, carve_pages_lookup_start(ps, addr), 0,
				 CARVE_PAGE_USED, caller);
	}
}
