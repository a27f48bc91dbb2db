/* SPDX-License-Identifier: GPL-2.0 */
/* Areas: ranges of virtual addresses that map pages of a carveout. */
#ifndef _CARVE_AREA_H
#define _CARVE_AREA_H

#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/rbtree.h>

struct carve_area_cache_class;

enum carve_area_state {
	CARVE_AREA_USED,	/* allocated */
	CARVE_AREA_CACHED,	/* free, still mapped, to be allocated again */
	CARVE_AREA_LAZY,	/* unmapped, not yet flushed from TLBs */
};

/**
 * struct carve_area - a range of virtual addresses that maps pages
 * @node: links it into the tree of areas, sorted by address; see space.c
 * @first: number of its first virtual page
 * @nr_pages: its length, without the guard page
 * @span: its length with the guard page, if it has one
 * @state: enum carve_area_state
 * @gap: free pages of virtual memory before it
 * @max_gap: the largest @gap in the subtree
 * @blocks: index of its first block's head page; each head's @next is the index
 *	of the next block, in mapping order
 * @caller: return address of the allocation
 * @class: area cache class of its length, or NULL if none
 * @next: links it into the deferred list, or into the lazy list
 */
struct carve_area {
	struct rb_node node;
	unsigned long first;
	unsigned int nr_pages;
	unsigned int span;
	unsigned int state;
	unsigned long gap;
	unsigned long max_gap;
	u32 blocks;
	unsigned long caller;
	struct carve_area_cache_class *class;
	struct llist_node next;
};

static inline void *carve_area_addr(const struct carve_area *area)
{
	return (void *)(area->first << PAGE_SHIFT);
}

static inline size_t carve_area_bytes(const struct carve_area *area)
{
	return (size_t)area->nr_pages << PAGE_SHIFT;
}

#endif /* _CARVE_AREA_H */
