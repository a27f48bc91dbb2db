/* SPDX-License-Identifier: GPL-2.0 */
/* The record of an area: a range of virtual addresses with pages behind it. */
#ifndef _CARVE_AREA_H
#define _CARVE_AREA_H

#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/rbtree.h>

struct carve_kept_class;

enum carve_area_state {
	CARVE_AREA_USED,	/* handed out */
	CARVE_AREA_KEPT,	/* freed, and still mapped, for the next who asks */
	CARVE_AREA_GONE,	/* unmapped: its addresses may still be in TLBs */
};

/**
 * struct carve_area - a range of virtual addresses with pages behind it
 * @node: in the tree of areas, by address; see space.c
 * @first: number of its first virtual page
 * @nr_pages: its length, without the guard page
 * @span: with the guard page, where it has one
 * @state: enum carve_area_state
 * @gap: free pages of virtual memory before it
 * @max_gap: the largest @gap in the subtree
 * @blocks: index of the head of its first block of pages; each head's link
 *	leads to the next, in the order in which they are mapped
 * @caller: who asked for it
 * @class: of those kept, if areas of its length are
 * @next: on the list of those to be unmapped by a task, or of those gone
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
	struct carve_kept_class *class;
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
