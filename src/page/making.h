/* SPDX-License-Identifier: GPL-2.0 */
/* Page descriptors that are made when they are needed. See making.c. */
#ifndef _CARVE_MAKING_H
#define _CARVE_MAKING_H

#include <asm/barrier.h>

#include "page/buddy.h"

/* Pageblocks that a buddy system's pages lie in, wholly or in part */
u32 carve_making_nr_blocks(const struct carve_buddy *b);

/**
 * carve_making_init() - make the descriptors that are needed from the start
 * @b: a buddy system that no page was added to
 * @zone: the number that each descriptor is to have
 * @made: a byte for each pageblock, all zero; NULL: all descriptors are made
 * @nr: otherwise, those of the first @nr pages, and of what shares a pageblock
 *	with these; and that of the first page of each pageblock
 */
void carve_making_init(struct carve_buddy *b, u8 zone, u8 *made, u32 nr);

/* Under the zone's lock: makes those of the pageblock that @index lies in */
void carve_making_make(struct carve_buddy *b, u32 index);

/* The first page of the pageblock that @index lies in, as far as it is ours */
static inline u32 carve_making_first(const struct carve_buddy *b, u32 index)
{
	u32 within = (index + b->skew) & (BIT(b->block_order) - 1);

	return within > index - b->first ? b->first : index - within;
}

/* The first page behind it */
static inline u32 carve_making_end(const struct carve_buddy *b, u32 index)
{
	u32 within = (index + b->skew) & (BIT(b->block_order) - 1);

	return min_t(u32, b->end, index - within + BIT(b->block_order));
}

/* The number of that pageblock, from 0 on */
static inline u32 carve_making_number(const struct carve_buddy *b, u32 index)
{
	return ((index + b->skew) >> b->block_order) -
	       ((b->first + b->skew) >> b->block_order);
}

/* Are the descriptors of the pageblock that @index lies in made? No lock needed */
static inline bool carve_making_is_made(const struct carve_buddy *b, u32 index)
{
	if (!b->made)
		return true;
	/* Pairs with carve_making_make(): then the descriptors are seen, too */
	return smp_load_acquire(&b->made[carve_making_number(b, index)]);
}

/* Is the descriptor of that page? */
static inline bool carve_making_has(const struct carve_buddy *b, u32 index)
{
	return carve_making_is_made(b, index) ||
	       index == carve_making_first(b, index);
}

#endif /* _CARVE_MAKING_H */
