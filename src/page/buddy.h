/* SPDX-License-Identifier: GPL-2.0 */
/* Buddy system over an array of page descriptors. See buddy.c. */
#ifndef _CARVE_BUDDY_H
#define _CARVE_BUDDY_H

#include <linux/compiler.h>

#include "page/page.h"

struct carve_region;
struct carve_report;

/**
 * struct carve_buddy - free blocks of 2^order pages
 * @map: page descriptors; all indices are into this array
 * @first: index of the first page
 * @end: index after the last page
 * @skew: added to an index, gives a number aligned like the page's pfn
 * @max_order: highest order that fits
 * @block_order: order of a pageblock
 * @region: memory of the pages, for tracepoints; or NULL
 * @nonempty: for each migratetype, bit n is set if its list of order n has a
 *	block
 * @area: lists of free blocks, by order and, below @block_order, by migratetype
 * @nr_free: free pages
 * @nr_changes: counts allocations and frees, for carve_buddy_check_some()
 * @initialized: for each pageblock, 1 if all of its page descriptors are
 *	initialized; NULL: all pageblocks are. See deferred_init.c
 * @nr_uninitialized: pageblocks that are not
 *
 * Locking: the caller's; struct carve_zone has the lock.
 */
struct carve_buddy {
	struct carve_page *map;
	u32 first;
	u32 end;
	u32 skew;
	unsigned int max_order;
	unsigned int block_order;
	const struct carve_region *region;
	unsigned long nonempty[CARVE_NR_MIGRATETYPES];
	struct carve_page_list area[CARVE_NR_ORDERS][CARVE_NR_MIGRATETYPES];
	unsigned long nr_free;
	unsigned long nr_changes;
	u8 *initialized;
	u32 nr_uninitialized;
};

/* Set up with no page free; @start_pfn is the pfn of page @first */
void carve_buddy_init(struct carve_buddy *b, struct carve_page *map, u32 first,
		      u32 nr, unsigned long start_pfn);
/* Add a run of pages, as the largest possible free blocks */
void carve_buddy_add(struct carve_buddy *b, u32 index, u32 nr);

/* Allocate a block: index of its head, in state USED, or CARVE_PAGE_NONE */
u32 carve_buddy_alloc(struct carve_buddy *b, unsigned int order,
		      enum carve_migratetype migratetype);
/**
 * carve_buddy_take() - allocate several blocks of one order
 * @b: the buddy system
 * @order: log2 of the pages of each block
 * @migratetype: migratetype of the request
 * @atomic: don't claim a pageblock of the other migratetype: that visits all of
 *	its pages
 * @state: state to set in the heads
 * @heads: array for the descriptors of the heads
 * @n: number of blocks
 *
 * Searches once: takes the first blocks of a list of @order, or splits one
 * larger block into adjacent blocks of @order.
 *
 * Return: number of blocks; less than @n if the list, block or pageblock has no
 * more; 0 if there is none.
 */
unsigned int carve_buddy_take(struct carve_buddy *b, unsigned int order,
			      enum carve_migratetype migratetype, bool atomic,
			      enum carve_page_state state, void **heads,
			      unsigned int n);
/* Lowest index that is aligned for a block of @order */
u32 carve_buddy_first(const struct carve_buddy *b, unsigned int order);
/*
 * Does a free block of at least @order begin at @index? Without the zone's lock
 * the answer is a hint.
 */
bool carve_buddy_offers(const struct carve_buddy *b, u32 index,
			unsigned int order);
/* Allocate the first 2^order pages of the free block at @index */
void carve_buddy_alloc_at(struct carve_buddy *b, u32 index, unsigned int order,
			  enum carve_migratetype migratetype);
/* Free the allocated block of @order with its head at @index */
void carve_buddy_free(struct carve_buddy *b, u32 index, unsigned int order);
/* Reset the state of a free page that a double free left in @state */
void carve_buddy_restore(struct carve_buddy *b, u32 index, u8 state);
/*
 * Allocate the page at @index, wherever in a free block it lies. False: the
 * page isn't free.
 */
bool carve_buddy_take_out(struct carve_buddy *b, u32 index);

/* Bit n is set if a block of order n is free; callable without a lock */
static inline unsigned long carve_buddy_orders(const struct carve_buddy *b)
{
	return READ_ONCE(b->nonempty[CARVE_MIGRATE_UNMOVABLE]) |
	       READ_ONCE(b->nonempty[CARVE_MIGRATE_RECLAIMABLE]);
}

/* Free blocks of an order, of both migratetypes; callable without a lock */
unsigned long carve_buddy_nr_blocks(const struct carve_buddy *b,
				    unsigned int order);

/*
 * The pair bitmap of Linux 2.4: for each order a bit per pair of buddies, set
 * if exactly one of the two is on the free list of the order. @pair counts
 * pairs from the first page on.
 */
bool carve_buddy_pair(const struct carve_buddy *b, unsigned int order,
		      u32 pair);
u32 carve_buddy_nr_pairs(const struct carve_buddy *b, unsigned int order);

/**
 * struct carve_buddy_check - progress of a check of the invariants
 * @index: next page to check
 * @nr: free blocks found, by order and migratetype of their list
 * @nr_uninitialized: pageblocks found uninitialized
 * @nr_uninitialized_before: the buddy system's @nr_uninitialized at the start
 * @nr_changes: the buddy system's @nr_changes at the start
 */
struct carve_buddy_check {
	u32 index;
	u32 nr[CARVE_NR_ORDERS][CARVE_NR_MIGRATETYPES];
	u32 nr_uninitialized;
	u32 nr_uninitialized_before;
	unsigned long nr_changes;
};

void carve_buddy_check_begin(const struct carve_buddy *b,
			     struct carve_buddy_check *c);
/*
 * Check the invariants of the next pageblock and, after the last one, the
 * totals. False: done. Blocks may be allocated and freed between two calls:
 * then the blocks counted are not compared with the lengths of the lists.
 */
bool carve_buddy_check_some(const struct carve_buddy *b,
			    struct carve_buddy_check *c,
			    struct carve_report *r);

#endif /* _CARVE_BUDDY_H */
