// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual address space
 *
 * The areas are nodes of a tree sorted by address. Each stores the gap before
 * it and the largest gap in its subtree, so one descent finds the lowest gap of
 * sufficient size. Free ranges need no structs of their own, so a free can't
 * fail. (mm/mmap.c stored gaps like this before maple trees; mm/vmalloc.c's
 * free_vmap_area_root has a vmap_area for each free range.)
 *
 * A guard page follows each area, and counts as part of it.
 *
 * Invariants, checked by carve_space_check():
 *  - areas with their guard pages don't overlap, and lie in the space;
 *  - gap is the distance from the previous area, or from the space's start;
 *  - max_gap is the largest gap in the subtree.
 *
 * Locking: the caller holds vmap->lock.
 */
#include <linux/minmax.h>
#include <linux/rbtree_augmented.h>

#include "lib/report.h"
#include "vmap/space.h"

static unsigned long area_gap(const struct carve_area *area)
{
	return area->gap;
}

RB_DECLARE_CALLBACKS_MAX(static, gaps, struct carve_area, node, unsigned long,
			 max_gap, area_gap)

/* End of an area, guard page included */
static unsigned long end_of(const struct carve_area *area)
{
	return area->first + area->span;
}

static struct carve_area *area_of(struct rb_node *node)
{
	return rb_entry_safe(node, struct carve_area, node);
}

static unsigned long max_gap_below(struct rb_node *node)
{
	return node ? area_of(node)->max_gap : 0;
}

/* Start of the gap before @area; NULL: of the gap behind the last area */
static unsigned long gap_start(const struct carve_space *space,
			       struct carve_area *area)
{
	struct rb_node *node = area ? rb_prev(&area->node) :
				      rb_last(&space->root);

	return node ? end_of(area_of(node)) : space->first;
}

void carve_space_init(struct carve_space *space, unsigned long first,
		      unsigned long nr_pages)
{
	space->root = RB_ROOT;
	space->first = first;
	space->end = first + nr_pages;
}

/* The lowest area with a gap of at least @nr pages before it, or NULL */
static struct carve_area *find_space_gap(const struct carve_space *space,
					 unsigned long nr)
{
	struct rb_node *node = space->root.rb_node;

	if (max_gap_below(node) < nr)
		return NULL;
	for (;;) {
		while (max_gap_below(node->rb_left) >= nr)
			node = node->rb_left;
		if (area_of(node)->gap >= nr)
			return area_of(node);
		node = node->rb_right;
	}
}

static void set_gap(struct carve_area *area, unsigned long gap)
{
	area->gap = gap;
	gaps_propagate(&area->node, NULL);
}

/* Link @area before @next; NULL: behind all others */
static void link_before(struct carve_space *space, struct carve_area *area,
			struct carve_area *next)
{
	struct rb_node **link, *parent = NULL;

	if (!next) {
		parent = rb_last(&space->root);
		link = parent ? &parent->rb_right : &space->root.rb_node;
	} else if (!next->node.rb_left) {
		parent = &next->node;
		link = &parent->rb_left;
	} else {
		parent = rb_prev(&next->node);
		link = &parent->rb_right;
	}
	area->max_gap = 0;
	rb_link_node(&area->node, parent, link);
	rb_insert_augmented(&area->node, &space->root, &gaps);
}

static void insert_before(struct carve_space *space, struct carve_area *area,
			  struct carve_area *next)
{
	unsigned long start = gap_start(space, next);

	if (next)
		set_gap(next, next->first - end_of(area));
	/* No gap until it is linked: set_gap() propagates the real one */
	area->gap = 0;
	link_before(space, area, next);
	set_gap(area, area->first - start);
}

bool carve_space_place(struct carve_space *space, struct carve_area *area)
{
	struct carve_area *next = find_space_gap(space, area->span);
	unsigned long start = gap_start(space, next);

	if (!next && space->end - start < area->span)
		return false;
	area->first = start;
	insert_before(space, area, next);
	return true;
}

/* The first area that begins behind @page, or NULL */
static struct carve_area *find_behind(const struct carve_space *space,
				      unsigned long page)
{
	struct rb_node *node = space->root.rb_node;
	struct carve_area *best = NULL;

	while (node) {
		struct carve_area *area = area_of(node);

		if (area->first > page)
			best = area;
		node = area->first > page ? node->rb_left : node->rb_right;
	}
	return best;
}

void carve_space_insert(struct carve_space *space, struct carve_area *area)
{
	insert_before(space, area, find_behind(space, area->first));
}

struct carve_area *carve_space_find(const struct carve_space *space,
				    unsigned long first)
{
	struct carve_area *next = find_behind(space, first);
	struct rb_node *node = next ? rb_prev(&next->node) :
				      rb_last(&space->root);

	return node && area_of(node)->first == first ? area_of(node) : NULL;
}

void carve_space_erase(struct carve_space *space, struct carve_area *area)
{
	struct carve_area *next = area_of(rb_next(&area->node));
	unsigned long start = gap_start(space, area);

	rb_erase_augmented(&area->node, &space->root, &gaps);
	if (next)
		set_gap(next, next->first - start);
}

struct carve_area *carve_space_from(const struct carve_space *space,
				    unsigned long page)
{
	return carve_space_find(space, page) ?: find_behind(space, page);
}

struct carve_area *carve_space_next(const struct carve_area *area)
{
	return area_of(rb_next(&area->node));
}

static unsigned long largest_gap(const struct carve_area *area)
{
	return max3(area->gap, max_gap_below(area->node.rb_left),
		    max_gap_below(area->node.rb_right));
}

void carve_space_check(const struct carve_space *space,
		       const struct carve_area *area, struct carve_report *r)
{
	unsigned long start = gap_start(space, (struct carve_area *)area);

	carve_report_unless(r, area->first >= start &&
			    end_of(area) <= space->end,
			    "an area of %u pages overlaps another one, or ends outside of the window",
			    area->nr_pages);
	carve_report_unless(r, area->gap == area->first - start,
			    "the gap before an area is %lu pages, not %lu",
			    area->first - start, area->gap);
	carve_report_unless(r, area->max_gap == largest_gap(area),
			    "the largest gap below an area is %lu pages, not %lu",
			    largest_gap(area), area->max_gap);
}
