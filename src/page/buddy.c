// SPDX-License-Identifier: GPL-2.0
/*
 * The buddy system
 *
 * Knowlton, "A fast storage allocator" (CACM 1965); Knuth, TAOCP 1, 2.5. Free
 * memory is kept as blocks of 2^order pages, each aligned to its size in
 * physical memory. An allocation takes the smallest block that will do and
 * splits it in halves down to the order asked for; a free merges a block with
 * its buddy, the other half of the block that they came from, for as long as
 * the buddy is free.
 *
 * The order to take from is found in O(1): a bit for each non-empty list, and
 * the lowest one set at or above the order. Blocks are pushed to and taken
 * from the head of a list, so that memory used last is used next.
 *
 * Blocks that are held long and blocks that come and go are kept apart, by
 * pageblocks of 2^block_order pages, after Gorman and Whitcroft, "The What,
 * The Why and the Where To of Anti-Fragmentation" (OLS 2006). A pageblock that
 * is free as a whole has no lifetime. An allocation that splits one gives the
 * pageblock its own lifetime, which it has until it is whole again. An allocation
 * takes from pageblocks of its own lifetime; then from a whole one; only then from
 * those of the other lifetime: it takes the largest block there is, and if that is
 * a good part of its pageblock, gives the pageblock, with all that is free in it,
 * its own lifetime.
 *
 * Invariants, walked by carve_buddy_check():
 *  - a page is CARVE_PAGE_FREE if and only if it heads a block on a list, of
 *    the order that the page says;
 *  - the blocks on the lists are aligned, within bounds, and don't overlap;
 *  - the pages of a free block behind its head are CARVE_PAGE_TAIL;
 *  - no block on a list below max_order has its buddy on the same list;
 *  - a block below block_order is on the list of its pageblock's lifetime,
 *    others on the first list of their order;
 *  - bit n of nonempty is set if and only if list n is not empty;
 *  - nr_free is the sum of all blocks' pages.
 *
 * Not all page descriptors are made from the start: see making.c, which adds to
 * these invariants. Merging blocks of whole pageblocks, and all else that is done
 * to such blocks, reads the first descriptors of pageblocks alone.
 */
#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/log2.h>
#include <linux/minmax.h>

#include "page/making.h"
#include "region/region.h"
#include "report.h"
#include "trace/events.h"

/* Lifetimes are kept apart by blocks of this order, natively that of a huge page */
#define PAGEBLOCK_ORDER 9U

void carve_buddy_init(struct carve_buddy *b, struct carve_page *map, u32 first,
		      u32 nr, unsigned long start_pfn)
{
	unsigned int order, lifetime;

	*b = (struct carve_buddy){
		.map = map,
		.first = first,
		.end = first + nr,
		.max_order = min_t(unsigned int, ilog2(nr), CARVE_MAX_ORDER),
	};
	b->block_order = min(b->max_order, PAGEBLOCK_ORDER);
	b->skew = (start_pfn - first) & (BIT(b->max_order) - 1);
	for (order = 0; order < CARVE_NR_ORDERS; order++)
		for (lifetime = 0; lifetime < CARVE_NR_LIFETIMES; lifetime++)
			carve_page_list_init(&b->area[order][lifetime]);
}

/* That of the pageblock a page lies in */
static enum carve_lifetime lifetime_of(const struct carve_buddy *b, u32 index)
{
	return b->map[carve_making_first(b, index)].block_lifetime;
}

/* Blocks of whole pageblocks have no lifetime: they are on the first list of their order */
static enum carve_lifetime list_for(const struct carve_buddy *b,
				    unsigned int order,
				    enum carve_lifetime lifetime)
{
	return order < b->block_order ? lifetime : 0;
}

static enum carve_lifetime list_of(const struct carve_buddy *b, u32 index,
				   unsigned int order)
{
	return list_for(b, order, lifetime_of(b, index));
}

/* @lifetime, here and below: that of the pageblock which the block lies in */
static void area_add(struct carve_buddy *b, u32 index, unsigned int order,
		     enum carve_lifetime lifetime)
{
	struct carve_page *page = &b->map[index];

	lifetime = list_for(b, order, lifetime);
	page->state = CARVE_PAGE_FREE;
	page->order = order;
	carve_page_list_add(&b->area[order][lifetime], b->map, index);
	b->nonempty[lifetime] |= BIT(order);
}

static void mind_empty(struct carve_buddy *b, unsigned int order,
		       enum carve_lifetime list)
{
	if (!b->area[order][list].nr)
		b->nonempty[list] &= ~BIT(order);
}

static void area_del(struct carve_buddy *b, u32 index, unsigned int order,
		     enum carve_lifetime lifetime)
{
	lifetime = list_for(b, order, lifetime);
	carve_page_list_del(&b->area[order][lifetime], b->map, index);
	mind_empty(b, order, lifetime);
}

static bool aligned(const struct carve_buddy *b, u32 index, unsigned int order)
{
	return !((index + b->skew) & (BIT(order) - 1));
}

static u32 buddy_of(const struct carve_buddy *b, u32 index, unsigned int order)
{
	return ((index + b->skew) ^ BIT(order)) - b->skew;
}

/* The buddy wraps below 0 or ends behind the last page where it doesn't exist */
static bool within(const struct carve_buddy *b, u32 index, unsigned int order)
{
	return index >= b->first && index < b->end &&
	       b->end - index >= BIT(order);
}

/*
 * What the state of a page says. Pages in use and in stores change theirs
 * without the lock, but not to or from FREE.
 */
static u8 state_of(const struct carve_buddy *b, u32 index)
{
	/* Whatever it changes from and to, it isn't FREE: see above */
	return data_race(READ_ONCE(b->map[index].state));
}

static bool is_free(const struct carve_buddy *b, u32 index, unsigned int order)
{
	return within(b, index, order) &&
	       state_of(b, index) == CARVE_PAGE_FREE &&
	       b->map[index].order == order;
}

/* Bits of the orders whose blocks are whole pageblocks */
static unsigned long whole_orders(const struct carve_buddy *b)
{
	return ~(BIT(b->block_order) - 1);
}

/* The free blocks of a pageblock change lists when its lifetime changes */
static void take_over(struct carve_buddy *b, u32 index,
		      enum carve_lifetime lifetime)
{
	u32 first = carve_making_first(b, index);
	u32 i, end = carve_making_end(b, index);

	for (i = first; i < end; i++)
		if (state_of(b, i) == CARVE_PAGE_FREE)
			area_del(b, i, b->map[i].order, !lifetime);
	b->map[first].block_lifetime = lifetime;
	for (i = first; i < end; i++)
		if (state_of(b, i) == CARVE_PAGE_FREE)
			area_add(b, i, b->map[i].order, lifetime);
}

/**
 * struct place - where an allocation takes from
 * @order: of the blocks there
 * @lifetime: the list of that order that they are on
 */
struct place {
	unsigned int order;
	enum carve_lifetime lifetime;
};

/* Among the blocks of the other lifetime; false: there is none either */
static bool find_foreign(struct carve_buddy *b, unsigned int order,
			 enum carve_lifetime lifetime, bool hurry,
			 struct place *place)
{
	unsigned long orders = b->nonempty[!lifetime] & ~whole_orders(b) &
			       ~(BIT(order) - 1);

	if (!orders)
		return false;
	*place = (struct place){ __fls(orders), !lifetime };
	if (!hurry && 2 * place->order >= b->block_order) {
		take_over(b, b->area[place->order][!lifetime].first, lifetime);
		place->lifetime = lifetime;
	}
	return true;
}

/* The place to take from: of this lifetime, else whole, else of the other */
static bool find_place(struct carve_buddy *b, unsigned int order,
		       enum carve_lifetime lifetime, bool hurry,
		       struct place *place)
{
	unsigned long whole, own, orders;
	unsigned int from;

	/* Mostly there is just what is wanted */
	if (order < b->block_order && b->nonempty[lifetime] & BIT(order)) {
		*place = (struct place){ order, lifetime };
		return true;
	}
	whole = b->nonempty[0] & whole_orders(b);
	own = b->nonempty[lifetime] & ~whole_orders(b);
	orders = (own | whole) & ~(BIT(order) - 1);
	if (!orders)
		return find_foreign(b, order, lifetime, hurry, place);
	from = __ffs(orders);
	*place = (struct place){ from, list_for(b, from, lifetime) };
	return true;
}

/* For those who trace */

static const char *carveout_of(const struct carve_buddy *b)
{
	return b->region ? b->region->carveout : NULL;
}

static unsigned long pfn_of(const struct carve_buddy *b, u32 index)
{
	return b->region ? b->region->start_pfn + index - b->first : index;
}

static void trace_split(const struct carve_buddy *b, u32 index,
			unsigned int from, unsigned int order, unsigned int n)
{
	if (trace_carve_split_enabled() && from > order)
		trace_carve_split(carveout_of(b), pfn_of(b, index), from,
				  order, n);
}

static void trace_merge(const struct carve_buddy *b, u32 index,
			unsigned int from, unsigned int order)
{
	if (trace_carve_merge_enabled() && order > from)
		trace_carve_merge(carveout_of(b), pfn_of(b, index), from,
				  order);
}

static void hand_out(struct carve_page *page, unsigned int order,
		     enum carve_lifetime lifetime, enum carve_page_state state)
{
	page->state = state;
	page->order = order;
	page->lifetime = lifetime;
}

/* The first @n blocks of a list, which has that many */
static void pop_blocks(struct carve_buddy *b, const struct place *place,
		       enum carve_page_state state, void **heads,
		       unsigned int n)
{
	struct carve_page_list *list = &b->area[place->order][place->lifetime];
	u32 index = list->first;
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct carve_page *page = &b->map[index];

		index = page->next;
		hand_out(page, place->order, place->lifetime, state);
		heads[i] = page;
	}
	list->first = index;
	if (index != CARVE_PAGE_NONE)
		b->map[index].prev = CARVE_PAGE_NONE;
	list->nr -= n;
	mind_empty(b, place->order, place->lifetime);
}

/* Puts what is left of a block without its first @taken pages on the lists */
static void add_rest(struct carve_buddy *b, u32 index, unsigned int from,
		     u32 taken, enum carve_lifetime lifetime)
{
	unsigned int order;

	for (; taken < BIT(from); taken += BIT(order)) {
		order = __ffs(taken);
		area_add(b, index + taken, order, lifetime);
	}
}

/* A pageblock that is cut up becomes that lifetime's, and has all descriptors */
static void claim(struct carve_buddy *b, u32 index, unsigned int from,
		  unsigned int order, enum carve_lifetime lifetime)
{
	if (from < b->block_order || order >= b->block_order)
		return;
	carve_making_make(b, index);
	b->map[carve_making_first(b, index)].block_lifetime = lifetime;
}

/*
 * Cuts up to @n blocks out of one that is larger, all of them out of the same
 * pageblock; how many
 */
static unsigned int cut_blocks(struct carve_buddy *b, struct place place,
			       unsigned int order, enum carve_lifetime lifetime,
			       enum carve_page_state state, void **heads,
			       unsigned int n)
{
	u32 index = b->area[place.order][place.lifetime].first;
	unsigned int i, most = max(order, min(place.order, b->block_order));

	area_del(b, index, place.order, place.lifetime);
	if (place.order < b->block_order)
		lifetime = place.lifetime;
	claim(b, index, place.order, order, lifetime);
	n = min_t(unsigned long, n, BIT(most - order));
	trace_split(b, index, place.order, order, n);
	for (i = 0; i < n; i++) {
		heads[i] = &b->map[index + (i << order)];
		hand_out(heads[i], order, list_for(b, order, lifetime), state);
	}
	add_rest(b, index, place.order, n << order, lifetime);
	return n;
}

unsigned int carve_buddy_take(struct carve_buddy *b, unsigned int order,
			      enum carve_lifetime lifetime, bool hurry,
			      enum carve_page_state state, void **heads,
			      unsigned int n)
{
	struct place place;

	if (order > b->max_order ||
	    !find_place(b, order, lifetime, hurry, &place))
		return 0;
	if (place.order == order) {
		n = min(n, b->area[order][place.lifetime].nr);
		pop_blocks(b, &place, state, heads, n);
	} else {
		n = cut_blocks(b, place, order, lifetime, state, heads, n);
	}
	b->nr_free -= (unsigned long)n << order;
	return n;
}

u32 carve_buddy_alloc(struct carve_buddy *b, unsigned int order,
		      enum carve_lifetime lifetime)
{
	void *head;

	if (!carve_buddy_take(b, order, lifetime, false, CARVE_PAGE_USED, &head,
			      1))
		return CARVE_PAGE_NONE;
	return (struct carve_page *)head - b->map;
}

void carve_buddy_alloc_at(struct carve_buddy *b, u32 index, unsigned int order,
			  enum carve_lifetime lifetime)
{
	struct carve_page *page = &b->map[index];
	unsigned int from = page->order;

	trace_split(b, index, from, order, 1);
	area_del(b, index, from, lifetime_of(b, index));
	claim(b, index, from, order, lifetime);
	lifetime = lifetime_of(b, index);
	hand_out(page, order, list_for(b, order, lifetime), CARVE_PAGE_USED);
	add_rest(b, index, from, BIT(order), lifetime);
	b->nr_free -= BIT(order);
}

u32 carve_buddy_first(const struct carve_buddy *b, unsigned int order)
{
	return ALIGN(b->first + b->skew, (u32)BIT(order)) - b->skew;
}

bool carve_buddy_offers(const struct carve_buddy *b, u32 index,
			unsigned int order)
{
	u8 have;

	if (!carve_making_has(b, index))
		return false;
	/* Only holders of the lock rely on it */
	have = data_race(READ_ONCE(b->map[index].order));
	return state_of(b, index) == CARVE_PAGE_FREE && have >= order;
}

void carve_buddy_free(struct carve_buddy *b, u32 index, unsigned int order)
{
	/* All that merges below block_order lies in the same pageblock */
	enum carve_lifetime lifetime = lifetime_of(b, index);
	unsigned int freed_order = order;

	b->nr_free += BIT(order);
	while (order < b->max_order) {
		u32 buddy = buddy_of(b, index, order);

		if (!is_free(b, buddy, order))
			break;
		area_del(b, buddy, order, lifetime);
		b->map[max(index, buddy)].state = CARVE_PAGE_TAIL;
		index = min(index, buddy);
		order++;
	}
	area_add(b, index, order, lifetime);
	trace_merge(b, index, freed_order, order);
}

/* The highest order of a block that may begin at @index and is within @nr */
static unsigned int largest_order(const struct carve_buddy *b, u32 index,
				  u32 nr)
{
	unsigned int order = min_t(unsigned int, ilog2(nr), b->max_order);

	while (!aligned(b, index, order))
		order--;
	return order;
}

void carve_buddy_add(struct carve_buddy *b, u32 index, u32 nr)
{
	while (nr) {
		unsigned int order = largest_order(b, index, nr);

		if (order < b->block_order)
			carve_making_make(b, index);
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

/* Where pair 0 of an order begins: at the first page or, skewed, before it */
static u32 first_pair(const struct carve_buddy *b, unsigned int order)
{
	return (b->first + b->skew) >> (order + 1);
}

u32 carve_buddy_nr_pairs(const struct carve_buddy *b, unsigned int order)
{
	return ((b->end - 1 + b->skew) >> (order + 1)) -
	       first_pair(b, order) + 1;
}

/* The same of any page, whose descriptor need not be made */
static bool is_known_free(const struct carve_buddy *b, u32 index,
			  unsigned int order)
{
	return within(b, index, order) && carve_making_has(b, index) &&
	       is_free(b, index, order);
}

bool carve_buddy_pair(const struct carve_buddy *b, unsigned int order, u32 pair)
{
	u32 lower = ((first_pair(b, order) + pair) << (order + 1)) - b->skew;

	return is_known_free(b, lower, order) !=
	       is_known_free(b, lower + BIT(order), order);
}

static void check_block(const struct carve_buddy *b, u32 index,
			unsigned int order, enum carve_lifetime lifetime,
			struct carve_report *r)
{
	const struct carve_page *page = &b->map[index];

	if (!carve_making_has(b, index)) {
		carve_report(r, "page %u on free list %u has no descriptor as yet",
			     index, order);
		return;
	}
	carve_report_unless(r, page->state == CARVE_PAGE_FREE &&
			    page->order == order,
			    "page %u on free list %u is in state %u, order %u",
			    index, order, page->state, page->order);
	carve_report_unless(r, aligned(b, index, order),
			    "free block %u of order %u is not aligned",
			    index, order);
	carve_report_unless(r, order == b->max_order ||
			    !is_free(b, buddy_of(b, index, order), order),
			    "free block %u of order %u has a free buddy",
			    index, order);
	carve_report_unless(r, list_of(b, index, order) == lifetime,
			    "free block %u of order %u is on the list of the other lifetime",
			    index, order);
}

static unsigned long check_area(const struct carve_buddy *b, unsigned int order,
				enum carve_lifetime lifetime,
				struct carve_report *r)
{
	const struct carve_page_list *list = &b->area[order][lifetime];
	u32 index, prev = CARVE_PAGE_NONE, n = 0;

	carve_page_list_for_each(index, list, b->map) {
		if (!within(b, index, order) || n == list->nr) {
			carve_report(r, "free list %u leads to page %u after %u of %u blocks",
				     order, index, n, list->nr);
			return 0;
		}
		carve_report_unless(r, b->map[index].prev == prev,
				    "page %u on free list %u has page %u before it, not %u",
				    index, order, b->map[index].prev, prev);
		check_block(b, index, order, lifetime, r);
		prev = index;
		n++;
	}
	carve_report_unless(r, n == list->nr, "free list %u has %u blocks, not %u",
			    order, n, list->nr);
	carve_report_unless(r, !n == !(b->nonempty[lifetime] & BIT(order)),
			    "bit %u of nonempty is wrong for %u blocks",
			    order, n);
	return (unsigned long)n << order;
}

/* The next page whose descriptor is made */
static u32 next_made(const struct carve_buddy *b, u32 index)
{
	return carve_making_is_made(b, index) ? index + 1 :
						carve_making_end(b, index);
}

static void check_making(const struct carve_buddy *b, struct carve_report *r)
{
	u32 index, unmade = 0;

	for (index = b->first; index < b->end;
	     index = carve_making_end(b, index))
		unmade += !carve_making_is_made(b, index);
	carve_report_unless(r, unmade == b->nr_unmade,
			    "%u pageblocks are without descriptors, %u counted",
			    unmade, b->nr_unmade);
}

/*
 * Every head that says it is free must be on a list: count them all. Within a
 * free block there is no other head, or blocks overlap.
 */
static unsigned long count_free_heads(const struct carve_buddy *b,
				      struct carve_report *r)
{
	unsigned long pages = 0, end = b->first;
	u32 index;

	for (index = b->first; index < b->end; index = next_made(b, index)) {
		const struct carve_page *page = &b->map[index];
		u8 state = state_of(b, index);

		carve_report_unless(r, index >= end || state == CARVE_PAGE_TAIL,
				    "page %u within a free block is in state %u",
				    index, state);
		if (state != CARVE_PAGE_FREE || page->order > b->max_order)
			continue;
		pages += BIT(page->order);
		end = max(end, index + BIT(page->order));
	}
	return pages;
}

void carve_buddy_check(const struct carve_buddy *b, struct carve_report *r)
{
	unsigned long listed = 0, heads = count_free_heads(b, r);
	unsigned int order, lifetime;

	for (order = 0; order < CARVE_NR_ORDERS; order++)
		for (lifetime = 0; lifetime < CARVE_NR_LIFETIMES; lifetime++)
			listed += check_area(b, order, lifetime, r);
	check_making(b, r);
	carve_report_unless(r, listed == b->nr_free,
			    "%lu pages on the free lists, %lu counted",
			    listed, b->nr_free);
	carve_report_unless(r, heads == listed,
			    "%lu pages in free blocks, %lu on the lists",
			    heads, listed);
}
