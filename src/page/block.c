// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks of pages: how they are handed out, cleared, cut into smaller ones and
 * taken back. A free of anything but the head of a block in use is refused and
 * reported.
 */
#include <linux/atomic.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>

#include "compat/stack.h"
#include "page/pages.h"
#include "page/request.h"
#include "trace/events.h"

struct carve_page *carve_pages_get(struct carve_pages *ps, gfp_t gfp,
				   unsigned int order,
				   enum carve_page_state state)
{
	struct carve_page *page;

	if (carve_pages_alloc_hot(ps, gfp, order, state, _RET_IP_, &page))
		return page;
	return carve_pages_request(ps, ps->zonelist[carve_gfp_zone(gfp)], gfp, order,
			state, _RET_IP_);
}

/* Fills a block with zeroes, whether or not it has an address */
static void clear(struct carve_pages *ps, const struct carve_page *page,
		  unsigned int order)
{
	if (likely(carve_page_zone(ps, page)->region->virt))
		memset(carve_pages_address(ps, page), 0, PAGE_SIZE << order);
	else
		ps->clearer->clear(ps->clearer, page, BIT(order));
}

static struct carve_page *alloc_from(struct carve_pages *ps,
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
		clear(ps, page, order);
	return page;
}

struct carve_page *carve_pages_alloc_slow(struct carve_pages *ps, gfp_t gfp,
					  unsigned int order,
					  enum carve_page_state state,
					  unsigned long caller)
{
	return alloc_from(ps, ps->zonelist[carve_gfp_zone(gfp)], gfp, order,
			  state, caller);
}

struct carve_page *carve_pages_alloc_any_slow(struct carve_pages *ps,
					      gfp_t gfp, unsigned int order,
					      enum carve_page_state state,
					      unsigned long caller)
{
	enum carve_zone_type type = carve_gfp_zone(gfp);

	return alloc_from(ps, ps->zonelist[type != CARVE_ZONE_HIGHMEM ?
					   type : CARVE_ZONELIST_UNMAPPED],
			  gfp, order, state, caller);
}

/* To be called before anybody else can allocate the block */
static void trace_free(struct carve_pages *ps, const struct carve_page *page,
		       unsigned int order, unsigned long caller)
{
	if (trace_carve_page_free_enabled())
		trace_carve_page_free(ps->name, carve_pages_pfn(ps, page), order,
				      caller);
}

static void put_for(struct carve_pages *ps, struct carve_page *page,
		    unsigned int order, unsigned long caller)
{
	struct carve_zone *zone = carve_page_zone(ps, page);

	page->state = CARVE_PAGE_STORED;
	if (carve_zone_put(zone, page, order))
		return;
	trace_free(ps, page, order, caller);
	carve_zone_put_slow(zone, page, order);
}

void carve_pages_put(struct carve_pages *ps, struct carve_page *page,
		     unsigned int order)
{
	if (want_init_on_free())
		clear(ps, page, order);
	put_for(ps, page, order, _RET_IP_);
}

/* Checks what is to be freed, and clears it for init_on_free. False: refused */
static bool may_free(struct carve_pages *ps, struct carve_page *page,
		     unsigned int order, enum carve_page_state state,
		     unsigned long caller)
{
	if (!carve_pages_owns(ps, page) || page->state != state ||
	    page->order != order) {
		carve_pages_bad_free(ps, page, "not the head of a block in use of this order",
				     caller);
		return false;
	}
	if (want_init_on_free())
		clear(ps, page, order);
	return true;
}

void carve_pages_free_slow(struct carve_pages *ps, struct carve_page *page,
			   unsigned int order, enum carve_page_state state,
			   unsigned long caller)
{
	if (may_free(ps, page, order, state, caller))
		put_for(ps, page, order, caller);
}

/* Enough frames to tell who freed it */
#define TRACE_FRAMES 12

static void print_trace(const struct carve_pages *ps)
{
	unsigned long frame[TRACE_FRAMES];
	unsigned int i, nr = carve_compat_stack_now(frame, TRACE_FRAMES);

	for (i = 0; i < nr; i++)
		pr_err("%s:   %pS\n", ps->name, (void *)frame[i]);
}

bool carve_pages_bad_free(struct carve_pages *ps, const void *what,
			  const char *why, unsigned long caller)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);

	atomic_long_inc(&ps->nr_bad_frees);
	if (!__ratelimit(&limit))
		return false;
	if (caller)
		pr_err("%s: bad free of %p by %pS: %s; left alone\n", ps->name,
		       what, (void *)caller, why);
	else
		pr_err("%s: bad free of %p, seen when it left a magazine: %s; left alone\n",
		       ps->name, what, why);
	print_trace(ps);
	return true;
}

void carve_pages_split(struct carve_pages *ps, struct carve_page *page,
		       unsigned int order, unsigned long caller)
{
	unsigned long i;

	if (!carve_pages_owns(ps, page) || page->state != CARVE_PAGE_USED ||
	    page->order != order) {
		carve_pages_bad_free(ps, page, "split of what is not a block in use of this order",
				     caller);
		return;
	}
	for (i = 0; i < BIT(order); i++) {
		page[i].state = CARVE_PAGE_USED;
		page[i].order = 0;
		page[i].lifetime = page->lifetime;
		page[i].caller = page->caller;
	}
}

/* Makes a block in @head's state of the pages from @offset on */
static void cut_block(struct carve_page *head, unsigned long offset,
		      unsigned int order)
{
	struct carve_page *page = head + offset;

	page->state = head->state;
	page->order = order;
	page->lifetime = head->lifetime;
	page->caller = head->caller;
	page->nr_pages = 0;
}

void carve_pages_trim(struct carve_pages *ps, struct carve_page *head,
		      unsigned long nr)
{
	unsigned long end = BIT(head->order), offset = 0;
	unsigned int order;

	while (offset < nr) {
		order = ilog2(nr - offset);
		cut_block(head, offset, order);
		offset += BIT(order);
	}
	while (offset < end) {
		order = __ffs(offset);
		cut_block(head, offset, order);
		carve_pages_put(ps, head + offset, order);
		offset += BIT(order);
	}
}

void carve_pages_put_run(struct carve_pages *ps, struct carve_page *head,
			 unsigned long nr)
{
	unsigned long offset = 0;

	while (offset < nr) {
		unsigned int order = head[offset].order;

		carve_pages_put(ps, head + offset, order);
		offset += BIT(order);
	}
}

void carve_pages_free_cold(struct carve_pages *ps, struct carve_page *page,
			   unsigned int order, unsigned long caller)
{
	if (!may_free(ps, page, order, CARVE_PAGE_USED, caller))
		return;
	page->state = CARVE_PAGE_STORED;
	trace_free(ps, page, order, caller);
	carve_zone_put_buddy(carve_page_zone(ps, page), page, order);
}

void *carve_pages_alloc_exact(struct carve_pages *ps, size_t size, gfp_t gfp,
			      unsigned long caller)
{
	unsigned int order = get_order(size);
	struct carve_page *page;
	unsigned long i;

	if (!size)
		return NULL;
	page = carve_pages_alloc(ps, gfp & ~__GFP_COMP, order, CARVE_PAGE_USED,
				 caller);
	if (!page)
		return NULL;
	carve_pages_split(ps, page, order, caller);
	for (i = PFN_UP(size); i < BIT(order); i++)
		put_for(ps, &page[i], 0, caller);
	return carve_pages_address(ps, page);
}

void carve_pages_free_exact(struct carve_pages *ps, void *virt, size_t size,
			    unsigned long caller)
{
	unsigned long i;

	/* Don't report each of the pages of a size that can't be right */
	if (size > (size_t)ps->nr_pages << PAGE_SHIFT) {
		carve_pages_bad_free(ps, virt, "of more bytes than the carveout has",
				     caller);
		return;
	}
	for (i = 0; i < PFN_UP(size); i++) {
		void *addr = virt + (i << PAGE_SHIFT);

		carve_pages_free(ps, carve_pages_lookup_start(ps, addr), 0,
				 CARVE_PAGE_USED, caller);
	}
}
