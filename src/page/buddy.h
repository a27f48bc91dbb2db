/* SPDX-License-Identifier: GPL-2.0 */
/* The buddy system over an array of page descriptors. See buddy.c. */
#ifndef _CARVE_BUDDY_H
#define _CARVE_BUDDY_H

#include <linux/compiler.h>

#include "page/page.h"

struct carve_region;
struct carve_report;

/**
 * struct carve_buddy - free blocks of 2^order pages
 * @map: page descriptors; indices below are into this
 * @first: index of the first page
 * @end: index behind the last
 * @skew: what is added to an index to make natural alignment physical
 * @max_order: the highest order that fits
 * @block_order: order of the blocks that lifetimes are kept apart by
 * @region: where its pages are, for those who trace; or NULL
 * @nonempty: for each lifetime, bit n is set where area[n] holds a block
 * @area: free blocks, by order and, below @block_order, by lifetime
 * @nr_free: pages in all of them
 * @made: for each pageblock, whether its page descriptors are all made; NULL:
 *	those of all are. See making.c
 * @nr_unmade: pageblocks whose are not
 *
 * Has no lock of its own: the caller's.
 */
struct carve_buddy {
	struct carve_page *map;
	u32 first;
	u32 end;
	u32 skew;
	unsigned int max_order;
	unsigned int block_order;
	const struct carve_region *region;
	unsigned long nonempty[CARVE_NR_LIFETIMES];
	struct carve_page_list area[CARVE_NR_ORDERS][CARVE_NR_LIFETIMES];
	unsigned long nr_free;
	u8 *made;
	u32 nr_unmade;
};

/* Starts with no page free; @start_pfn is the page frame of @first */
void carve_buddy_init(struct carve_buddy *b, struct carve_page *map, u32 first,
		      u32 nr, unsigned long start_pfn);
/* Frees a run of pages that was never allocated, as the largest blocks */
void carve_buddy_add(struct carve_buddy *b, u32 index, u32 nr);

/* Index of the block, its head USED and of @order, or CARVE_PAGE_NONE */
u32 carve_buddy_alloc(struct carve_buddy *b, unsigned int order,
		      enum carve_lifetime lifetime);
/**
 * carve_buddy_take() - several blocks at once
 * @b: the buddy system
 * @order: their order
 * @lifetime: their lifetime
 * @hurry: leaves a pageblock that becomes another lifetime's for others to do:
 *	that visits all its pages
 * @state: what their heads are to say that they are
 * @heads: room for @n descriptors
 * @n: how many are wanted
 *
 * Looks for a place to take from once: on a list of blocks of this order it
 * takes the first ones off in one go, and out of a larger block, of which there
 * are the fewer to put back, it cuts them side by side.
 *
 * Return: how many, at least one, and less than @n where one list, block or
 * pageblock gave no more; 0 where there is none.
 */
unsigned int carve_buddy_take(struct carve_buddy *b, unsigned int order,
			      enum carve_lifetime lifetime, bool hurry,
			      enum carve_page_state state, void **heads,
			      unsigned int n);
/* The lowest index that a block of @order may begin at */
u32 carve_buddy_first(const struct carve_buddy *b, unsigned int order);
/*
 * Does a free block of @order or above begin at @index? Without the zone's
 * lock the answer is a hint.
 */
bool carve_buddy_offers(const struct carve_buddy *b, u32 index,
			unsigned int order);
/* The lower end of the free block that begins at @index, which is one */
void carve_buddy_alloc_at(struct carve_buddy *b, u32 index, unsigned int order,
			  enum carve_lifetime lifetime);
/* The block must be the head of one of this order that was allocated */
void carve_buddy_free(struct carve_buddy *b, u32 index, unsigned int order);

/* Bit n is set where a block of order n is free; may be called without a lock */
static inline unsigned long carve_buddy_orders(const struct carve_buddy *b)
{
	return READ_ONCE(b->nonempty[CARVE_LONG_LIVED]) |
	       READ_ONCE(b->nonempty[CARVE_SHORT_LIVED]);
}

/* Free blocks of an order, of either lifetime; may be called without a lock */
unsigned long carve_buddy_nr_blocks(const struct carve_buddy *b,
				    unsigned int order);

/*
 * The classic pair bitmap of Linux 2.4: for each order a bit per pair of
 * buddies, set where exactly one of the two is on the free list of the order.
 * @pair counts pairs from the first page on.
 */
bool carve_buddy_pair(const struct carve_buddy *b, unsigned int order,
		      u32 pair);
u32 carve_buddy_nr_pairs(const struct carve_buddy *b, unsigned int order);

/* Walks the invariants */
void carve_buddy_check(const struct carve_buddy *b, struct carve_report *r);

#endif /* _CARVE_BUDDY_H */
