// SPDX-License-Identifier: GPL-2.0
/*
 * The buddy system
 *
 * Knowlton, "A fast storage allocator" (CACM 1965); Knuth, TAOCP 1, 2.5. Free
 * memory is kept in blocks of 2^order pages, each aligned to its size in
 * physical memory. An allocation splits the smallest sufficient block in halves
 * down to the order of the request; a free merges a block with its buddy, the
 * other half of the block that both were split from, as long as the buddy is
 * free.
 *
 * The order to allocate from is found in O(1): the lowest bit at or above the
 * order in a bitmap of non-empty lists. Lists are LIFO, so that cache-hot
 * memory is reused first.
 *
 * Pageblocks of 2^block_order pages separate long-lived blocks from short-lived
 * ones, after Gorman and Whitcroft, "The What, The Why and the Where To of
 * Anti-Fragmentation" (OLS 2006). A completely free pageblock has no
 * migratetype. An allocation that splits it sets its migratetype, until the
 * pageblock is completely free again. An allocation prefers pageblocks of its
 * migratetype, then completely free ones. The fallback is the largest block of
 * the other migratetype; if its order is at least half of block_order, the
 * allocation claims the pageblock, with all free blocks in it, for its own
 * migratetype.
 *
 * Invariants, checked by carve_buddy_check_some():
 *  - a page has state CARVE_PAGE_FREE and migratetype CARVE_FREE_HEAD if and
 *    only if it heads a block on a list of the order in its descriptor;
 *  - the blocks on the lists are aligned, within bounds, and don't overlap;
 *  - all pages of a free block but its head are CARVE_PAGE_TAIL;
 *  - no block on a list below max_order has its buddy on the same list;
 *  - a block below block_order is on the list of its pageblock's migratetype,
 *    others on the first list of their order;
 *  - bit n of nonempty is set if and only if list n is not empty;
 *  - nr_free is the number of pages in all blocks on the lists.
 *
 * Locking: the zone's lock guards everything here but the state of pages, which
 * their owner may change without the lock. A block that is freed twice at the
 * same time (see zone.c) has its state changed even while it is free. So the
 * marks in @migratetype, which change under the lock only, decide if a page is
 * free.
 *
 * Page descriptors may be initialized late, see deferred_init.c, which adds to
 * these invariants. Code that handles blocks of whole pageblocks, merging
 * included, reads only the first descriptor of each pageblock.
 */
#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/log2.h>
#include <linux/minmax.h>

#include "lib/report.h"
#include "page/deferred_init.h"
#include "region/region.h"
#include "trace/events.h"

/* As pageblock_order in mm/ on x86: the order of a huge page */
#define PAGEBLOCK_ORDER 9U

void carve_buddy_init(struct carve_buddy *b, struct carve_page *map, u32 first,
		      u32 nr, unsigned long start_pfn)
{
	unsigned int order, migratetype;

	*b = (struct carve_buddy){
		.map = map,
		.first = first,
		.end = first + nr,
		.max_order = min_t(unsigned int, ilog2(nr), CARVE_MAX_ORDER),
	};
	b->block_order = min(b->max_order, PAGEBLOCK_ORDER);
	b->skew = (start_pfn - first) & (BIT(b->max_order) - 1);
	for (order = 0; order < CARVE_NR_ORDERS; order++)
		for (migratetype = 0; migratetype < CARVE_NR_MIGRATETYPES; migratetype++)
			carve_page_list_init(&b->area[order][migratetype]);
}

static enum carve_migratetype pageblock_migratetype(const struct carve_buddy *b, u32 index)
{
	return b->map[carve_deferred_init_first(b, index)].block_migratetype;
}

/* Blocks of whole pageblocks are on the first list of their order */
static enum carve_migratetype free_list_type(const struct carve_buddy *b,
					     unsigned int order,
					     enum carve_migratetype migratetype)
{
	return order < b->block_order ? migratetype : 0;
}

static enum carve_migratetype free_list_type_at(const struct carve_buddy *b, u32 index,
						unsigned int order)
{
	return free_list_type(b, order, pageblock_migratetype(b, index));
}

/* @migratetype: of the pageblock that contains the block */
static void area_add(struct carve_buddy *b, u32 index, unsigned int order,
		     enum carve_migratetype migratetype)
{
	struct carve_page *page = &b->map[index];

	migratetype = free_list_type(b, order, migratetype);
	page->state = CARVE_PAGE_FREE;
	page->order = order;
	WRITE_ONCE(page->migratetype, CARVE_FREE_HEAD);
	carve_page_list_add(&b->area[order][migratetype], b->map, index);
	b->nonempty[migratetype] |= BIT(order);
}

static void update_nonempty(struct carve_buddy *b, unsigned int order,
			    enum carve_migratetype list)
{
	if (!b->area[order][list].nr)
		b->nonempty[list] &= ~BIT(order);
}

static void area_del(struct carve_buddy *b, u32 index, unsigned int order,
		     enum carve_migratetype migratetype)
{
	migratetype = free_list_type(b, order, migratetype);
	carve_page_list_del(&b->area[order][migratetype], b->map, index);
	update_nonempty(b, order, migratetype);
}

static bool is_aligned_block(const struct carve_buddy *b, u32 index, unsigned int order)
{
	return !((index + b->skew) & (BIT(order) - 1));
}

/* Start of the aligned block of @order that contains @index */
static u32 block_start(const struct carve_buddy *b, u32 index, unsigned int order)
{
	return ((index + b->skew) & ~(u32)(BIT(order) - 1)) - b->skew;
}

static u32 buddy_of(const struct carve_buddy *b, u32 index, unsigned int order)
{
	return ((index + b->skew) ^ BIT(order)) - b->skew;
}

/* The index of a buddy that doesn't exist may wrap below 0 */
static bool block_in_bounds(const struct carve_buddy *b, u32 index, unsigned int order)
{
	return index >= b->first && index < b->end &&
	       b->end - index >= BIT(order);
}

static u8 page_state(const struct carve_buddy *b, u32 index)
{
	/* Changes without the lock unless the page is free */
	return data_race(READ_ONCE(b->map[index].state));
}

/* Is it the head of a block on a free list? */
static bool is_free_head(const struct carve_buddy *b, u32 index)
{
	/* Changes without the lock while in use, but never to a mark */
	return data_race(READ_ONCE(b->map[index].migratetype)) == CARVE_FREE_HEAD;
}

static bool is_free_block(const struct carve_buddy *b, u32 index, unsigned int order)
{
	return block_in_bounds(b, index, order) && is_free_head(b, index) &&
	       b->map[index].order == order;
}

/* Mask of the orders of whole pageblocks */
static unsigned long pageblock_orders(const struct carve_buddy *b)
{
	return ~(BIT(b->block_order) - 1);
}

/* Change a pageblock's migratetype and move its free blocks to its lists */
static void claim_block(struct carve_buddy *b, u32 index,
			enum carve_migratetype migratetype)
{
	u32 first = carve_deferred_init_first(b, index);
	u32 i, end = carve_deferred_init_end(b, index);

	for (i = first; i < end; i++)
		if (is_free_head(b, i))
			area_del(b, i, b->map[i].order, !migratetype);
	b->map[first].block_migratetype = migratetype;
	for (i = first; i < end; i++)
		if (is_free_head(b, i))
			area_add(b, i, b->map[i].order, migratetype);
}

/**
 * struct place - the free list to allocate from
 * @order: order of the list
 * @migratetype: its index among the lists of that order
 */
struct place {
	unsigned int order;
	enum carve_migratetype migratetype;
};

/*
 * Find the largest block of the other migratetype, and claim its pageblock if
 * the block is a large part of it. False: there is none.
 */
static bool find_fallback(struct carve_buddy *b, unsigned int order,
			  enum carve_migratetype migratetype, bool atomic,
			  struct place *place)
{
	unsigned long orders = b->nonempty[!migratetype] & ~pageblock_orders(b) &
			       ~(BIT(order) - 1);

	if (!orders)
		return false;
	*place = (struct place){ __fls(orders), !migratetype };
	if (!atomic && 2 * place->order >= b->block_order) {
		claim_block(b, b->area[place->order][!migratetype].first, migratetype);
		place->migratetype = migratetype;
	}
	return true;
}

/* Find a list: of @migratetype, else of whole pageblocks, else the fallback */
static bool find_place(struct carve_buddy *b, unsigned int order,
		       enum carve_migratetype migratetype, bool atomic,
		       struct place *place)
{
	unsigned long whole, own, orders;
	unsigned int from;

	/* The common case: a block of the right order and migratetype */
	if (order < b->block_order && b->nonempty[migratetype] & BIT(order)) {
		*place = (struct place){ order, migratetype };
		return true;
	}
	whole = b->nonempty[0] & pageblock_orders(b);
	own = b->nonempty[migratetype] & ~pageblock_orders(b);
	orders = (own | whole) & ~(BIT(order) - 1);
	if (!orders)
		return find_fallback(b, order, migratetype, atomic, place);
	from = __ffs(orders);
	*place = (struct place){ from, free_list_type(b, from, migratetype) };
	return true;
}

/* Tracepoints */

static const char *buddy_carveout(const struct carve_buddy *b)
{
	return b->region ? b->region->carveout : NULL;
}

static unsigned long buddy_pfn(const struct carve_buddy *b, u32 index)
{
	return b->region ? b->region->start_pfn + index - b->first : index;
}

static void trace_split(const struct carve_buddy *b, u32 index,
			unsigned int from, unsigned int order, unsigned int n)
{
	if (trace_carve_split_enabled() && from > order)
		trace_carve_split(buddy_carveout(b), buddy_pfn(b, index), from,
				  order, n);
}

static void trace_merge(const struct carve_buddy *b, u32 index,
			unsigned int from, unsigned int order)
{
	if (trace_carve_merge_enabled() && order > from)
		trace_carve_merge(buddy_carveout(b), buddy_pfn(b, index), from,
				  order);
}

static void mark_allocated(struct carve_page *page, unsigned int order,
			   enum carve_migratetype migratetype, enum carve_page_state state)
{
	page->state = state;
	page->order = order;
	WRITE_ONCE(page->migratetype, migratetype);
}

static void mark_merged(struct carve_page *page)
{
	page->state = CARVE_PAGE_TAIL;
	WRITE_ONCE(page->migratetype, CARVE_FREE_TAIL);
}

/* Remove the first @n blocks of a list, which has at least @n */
static void pop_blocks(struct carve_buddy *b, const struct place *place,
		       enum carve_page_state state, void **heads,
		       unsigned int n)
{
	struct carve_page_list *list = &b->area[place->order][place->migratetype];
	u32 index = list->first;
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct carve_page *page = &b->map[index];

		index = page->next;
		mark_allocated(page, place->order, place->migratetype, state);
		heads[i] = page;
	}
	list->first = index;
	if (index != CARVE_PAGE_NONE)
		b->map[index].prev = CARVE_PAGE_NONE;
	list->nr -= n;
	update_nonempty(b, place->order, place->migratetype);
}

/* Free the pages of a block of order @from but the first @taken */
static void add_remainder(struct carve_buddy *b, u32 index, unsigned int from,
			  u32 taken, enum carve_migratetype migratetype)
{
	unsigned int order;

	for (; taken < BIT(from); taken += BIT(order)) {
		order = __ffs(taken);
		area_add(b, index + taken, order, migratetype);
	}
}

/* Before a whole pageblock is split: initialize descriptors, set migratetype */
static void claim_split_pageblock(struct carve_buddy *b, u32 index, unsigned int from,
				  unsigned int order, enum carve_migratetype migratetype)
{
	if (from < b->block_order || order >= b->block_order)
		return;
	carve_deferred_init_block(b, index);
	b->map[carve_deferred_init_first(b, index)].block_migratetype = migratetype;
}

/*
 * Split the first block of a list and allocate up to @n blocks of @order from
 * it, all in one pageblock. Return: how many.
 */
static unsigned int split_off_blocks(struct carve_buddy *b, struct place place,
				     unsigned int order, enum carve_migratetype migratetype,
				     enum carve_page_state state, void **heads,
				     unsigned int n)
{
	u32 index = b->area[place.order][place.migratetype].first;
	unsigned int i, most = max(order, min(place.order, b->block_order));

	area_del(b, index, place.order, place.migratetype);
	if (place.order < b->block_order)
		migratetype = place.migratetype;
	claim_split_pageblock(b, index, place.order, order, migratetype);
	n = min_t(unsigned long, n, BIT(most - order));
	trace_split(b, index, place.order, order, n);
	for (i = 0; i < n; i++) {
		heads[i] = &b->map[index + (i << order)];
		mark_allocated(heads[i], order, free_list_type(b, order, migratetype), state);
	}
	add_remainder(b, index, place.order, n << order, migratetype);
	return n;
}

unsigned int carve_buddy_take(struct carve_buddy *b, unsigned int order,
			      enum carve_migratetype migratetype, bool atomic,
			      enum carve_page_state state, void **heads,
			      unsigned int n)
{
	struct place place;

	if (order > b->max_order ||
	    !find_place(b, order, migratetype, atomic, &place))
		return 0;
	if (place.order == order) {
		n = min(n, b->area[order][place.migratetype].nr);
		pop_blocks(b, &place, state, heads, n);
	} else {
		n = split_off_blocks(b, place, order, migratetype, state, heads, n);
	}
	b->nr_free -= (unsigned long)n << order;
	b->nr_changes++;
	return n;
}

u32 carve_buddy_alloc(struct carve_buddy *b, unsigned int order,
		      enum carve_migratetype migratetype)
{
	void *head;

	if (!carve_buddy_take(b, order, migratetype, false, CARVE_PAGE_USED, &head,
			      1))
		return CARVE_PAGE_NONE;
	return (struct carve_page *)head - b->map;
}

void carve_buddy_alloc_at(struct carve_buddy *b, u32 index, unsigned int order,
			  enum carve_migratetype migratetype)
{
	struct carve_page *page = &b->map[index];
	unsigned int from = page->order;

	trace_split(b, index, from, order, 1);
	area_del(b, index, from, pageblock_migratetype(b, index));
	claim_split_pageblock(b, index, from, order, migratetype);
	migratetype = pageblock_migratetype(b, index);
	mark_allocated(page, order, free_list_type(b, order, migratetype), CARVE_PAGE_USED);
	add_remainder(b, index, from, BIT(order), migratetype);
	b->nr_free -= BIT(order);
	b->nr_changes++;
}

u32 carve_buddy_first(const struct carve_buddy *b, unsigned int order)
{
	return ALIGN(b->first + b->skew, (u32)BIT(order)) - b->skew;
}

bool carve_buddy_offers(const struct carve_buddy *b, u32 index,
			unsigned int order)
{
	u8 have;

	if (!carve_deferred_init_has(b, index))
		return false;
	/* Without the lock this is a hint only */
	have = data_race(READ_ONCE(b->map[index].order));
	return is_free_head(b, index) && have >= order;
}

void carve_buddy_free(struct carve_buddy *b, u32 index, unsigned int order)
{
	/* Blocks that merge below block_order lie in one pageblock */
	enum carve_migratetype migratetype = pageblock_migratetype(b, index);
	unsigned int freed_order = order;

	b->nr_free += BIT(order);
	b->nr_changes++;
	while (order < b->max_order) {
		u32 buddy = buddy_of(b, index, order);

		if (!is_free_block(b, buddy, order))
			break;
		area_del(b, buddy, order, migratetype);
		mark_merged(&b->map[max(index, buddy)]);
		index = min(index, buddy);
		order++;
	}
	area_add(b, index, order, migratetype);
	trace_merge(b, index, freed_order, order);
}

void carve_buddy_restore(struct carve_buddy *b, u32 index, u8 state)
{
	struct carve_page *page = &b->map[index];

	if (page_state(b, index) == state && carve_page_is_free(page))
		WRITE_ONCE(page->state, is_free_head(b, index) ? CARVE_PAGE_FREE :
							    CARVE_PAGE_TAIL);
}

/* Head of the free block that contains a page, or CARVE_PAGE_NONE */
static u32 find_free_head(const struct carve_buddy *b, u32 index,
			  unsigned int *order)
{
	for (*order = 0; *order <= b->max_order; ++*order) {
		u32 head = block_start(b, index, *order);

		if (!block_in_bounds(b, head, *order))
			break;
		if (carve_deferred_init_has(b, head) && is_free_block(b, head, *order))
			return head;
	}
	return CARVE_PAGE_NONE;
}

bool carve_buddy_take_out(struct carve_buddy *b, u32 index)
{
	unsigned int order;
	u32 head = find_free_head(b, index, &order);

	if (head == CARVE_PAGE_NONE)
		return false;
	area_del(b, head, order, pageblock_migratetype(b, head));
	claim_split_pageblock(b, index, order, 0, CARVE_MIGRATE_UNMOVABLE);
	while (order--) {
		u32 other = head + BIT(order);

		if (index >= other)
			swap(head, other);
		area_add(b, other, order, pageblock_migratetype(b, other));
	}
	mark_allocated(&b->map[index], 0, CARVE_MIGRATE_UNMOVABLE, CARVE_PAGE_USED);
	b->nr_free--;
	b->nr_changes++;
	return true;
}

/* Highest order of an aligned block at @index of at most @nr pages */
static unsigned int largest_order(const struct carve_buddy *b, u32 index,
				  u32 nr)
{
	unsigned int order = min_t(unsigned int, ilog2(nr), b->max_order);

	while (!is_aligned_block(b, index, order))
		order--;
	return order;
}

void carve_buddy_add(struct carve_buddy *b, u32 index, u32 nr)
{
	while (nr) {
		unsigned int order = largest_order(b, index, nr);

		if (order < b->block_order)
			carve_deferred_init_block(b, index);
		carve_buddy_free(b, index, order);
		index += BIT(order);
		nr -= BIT(order);
	}
}

unsigned long carve_buddy_nr_blocks(const struct carve_buddy *b,
				    unsigned int order)
{
	return (unsigned long)READ_ONCE(b->area[order][0].nr) +
	       READ_ONCE(b->area[order][1].nr);
}

/* Pair 0 of an order; unaligned, it begins before the first page */
static u32 first_pair(const struct carve_buddy *b, unsigned int order)
{
	return (b->first + b->skew) >> (order + 1);
}

u32 carve_buddy_nr_pairs(const struct carve_buddy *b, unsigned int order)
{
	return ((b->end - 1 + b->skew) >> (order + 1)) -
	       first_pair(b, order) + 1;
}

/* is_free_block() for a page whose descriptor may be uninitialized */
static bool is_free_block_safe(const struct carve_buddy *b, u32 index,
			       unsigned int order)
{
	return block_in_bounds(b, index, order) && carve_deferred_init_has(b, index) &&
	       is_free_block(b, index, order);
}

bool carve_buddy_pair(const struct carve_buddy *b, unsigned int order, u32 pair)
{
	u32 lower = ((first_pair(b, order) + pair) << (order + 1)) - b->skew;

	return is_free_block_safe(b, lower, order) !=
	       is_free_block_safe(b, lower + BIT(order), order);
}

/* Do the list links from and to a free block's neighbours agree? */
static bool is_linked_block(const struct carve_buddy *b, u32 index,
			    unsigned int order)
{
	const struct carve_page *page = &b->map[index];
	u32 prev = page->prev, next = page->next;

	if (prev == CARVE_PAGE_NONE ?
	    b->area[order][free_list_type_at(b, index, order)].first != index :
	    !is_free_block_safe(b, prev, order) || b->map[prev].next != index)
		return false;
	return next == CARVE_PAGE_NONE ||
	       (is_free_block_safe(b, next, order) && b->map[next].prev == index);
}

static void check_block(const struct carve_buddy *b, u32 index,
			struct carve_buddy_check *c, struct carve_report *r)
{
	unsigned int order = b->map[index].order;

	if (order > b->max_order || !block_in_bounds(b, index, order)) {
		carve_report(r, "free page %u can't be of order %u", index,
			     order);
		return;
	}
	carve_report_unless(r, page_state(b, index) == CARVE_PAGE_FREE &&
			    is_free_head(b, index),
			    "free page %u is in state %u, marked %#x", index,
			    page_state(b, index), b->map[index].migratetype);
	carve_report_unless(r, is_aligned_block(b, index, order),
			    "free block %u of order %u is not aligned",
			    index, order);
	carve_report_unless(r, order == b->max_order ||
			    !is_free_block_safe(b, buddy_of(b, index, order), order),
			    "free block %u of order %u has a free buddy",
			    index, order);
	carve_report_unless(r, is_linked_block(b, index, order),
			    "free block %u of order %u is not in its place on free list %u of migratetype %u",
			    index, order, order, free_list_type_at(b, index, order));
	c->nr[order][free_list_type_at(b, index, order)]++;
}

/* Next page with an initialized descriptor */
static u32 next_initialized(const struct carve_buddy *b, u32 index)
{
	return carve_deferred_init_done(b, index) ? index + 1 :
						carve_deferred_init_end(b, index);
}

/*
 * End of the free block that contains the pageblock at @index and begins before
 * it; @index if there is none
 */
static u32 enclosing_block_end(const struct carve_buddy *b, u32 index)
{
	unsigned int order;

	for (order = b->block_order + 1; order <= b->max_order; order++) {
		u32 head = block_start(b, index, order);

		if (head != index && is_free_block_safe(b, head, order))
			return head + BIT(order);
	}
	return index;
}

/* A head inside of a free block means that blocks overlap */
static void check_pageblock(const struct carve_buddy *b, u32 index,
			    struct carve_buddy_check *c, struct carve_report *r)
{
	u32 end = enclosing_block_end(b, index);
	u32 last = carve_deferred_init_end(b, index);

	c->nr_uninitialized += !carve_deferred_init_done(b, index);
	for (; index < last; index = next_initialized(b, index)) {
		u8 state = page_state(b, index);

		carve_report_unless(r, index >= end || state == CARVE_PAGE_TAIL,
				    "page %u within a free block is in state %u",
				    index, state);
		if (state != CARVE_PAGE_FREE && !is_free_head(b, index))
			continue;
		check_block(b, index, c, r);
		end = max_t(u32, end, index + BIT(b->map[index].order));
	}
}

static unsigned long check_free_list(const struct carve_buddy *b, unsigned int order,
				     enum carve_migratetype migratetype,
				     const struct carve_buddy_check *c, bool same,
				     struct carve_report *r)
{
	u32 nr = b->area[order][migratetype].nr;

	carve_report_unless(r, !same || nr == c->nr[order][migratetype],
			    "%u free blocks of order %u and migratetype %u, %u counted",
			    c->nr[order][migratetype], order, migratetype, nr);
	carve_report_unless(r, !nr == !(b->nonempty[migratetype] & BIT(order)),
			    "bit %u of nonempty is wrong for %u blocks",
			    order, nr);
	return (unsigned long)nr << order;
}

static void check_totals(const struct carve_buddy *b,
			 const struct carve_buddy_check *c,
			 struct carve_report *r)
{
	bool same = b->nr_changes == c->nr_changes;
	unsigned int order, migratetype;
	unsigned long listed = 0;

	for (order = 0; order < CARVE_NR_ORDERS; order++)
		for (migratetype = 0; migratetype < CARVE_NR_MIGRATETYPES; migratetype++)
			listed += check_free_list(b, order, migratetype, c, same, r);
	carve_report_unless(r, listed == b->nr_free,
			    "%lu pages on the free lists, %lu counted",
			    listed, b->nr_free);
	carve_report_unless(r, b->nr_uninitialized != c->nr_uninitialized_before ||
			    b->nr_uninitialized == c->nr_uninitialized,
			    "%u pageblocks are without descriptors, %u counted",
			    c->nr_uninitialized, b->nr_uninitialized);
}

void carve_buddy_check_begin(const struct carve_buddy *b,
			     struct carve_buddy_check *c)
{
	*c = (struct carve_buddy_check){
		.index = b->first,
		.nr_changes = b->nr_changes,
		.nr_uninitialized_before = b->nr_uninitialized,
	};
}

bool carve_buddy_check_some(const struct carve_buddy *b,
			    struct carve_buddy_check *c, struct carve_report *r)
{
	check_pageblock(b, c->index, c, r);
	c->index = carve_deferred_init_end(b, c->index);
	if (c->index < b->end)
		return true;
	check_totals(b, c, r);
	return false;
}
