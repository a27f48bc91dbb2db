/* SPDX-License-Identifier: GPL-2.0 */
/* Deferred initialization of page descriptors. See deferred_init.c. */
#ifndef _CARVE_DEFERRED_INIT_H
#define _CARVE_DEFERRED_INIT_H

#include <asm/barrier.h>

#include "page/buddy.h"

/* Number of pageblocks, partial ones at the ends included */
u32 carve_deferred_init_nr_blocks(const struct carve_buddy *b);

/**
 * carve_deferred_init_setup() - initialize descriptors needed from the start
 * @b: a buddy system without pages
 * @zone: zone number to set in each descriptor
 * @initialized: a zeroed byte for each pageblock, to defer; NULL: initialize
 *	all descriptors now
 * @nr: when deferring, initialize the pageblocks of the first @nr pages, and
 *	the first descriptor of each other pageblock
 */
void carve_deferred_init_setup(struct carve_buddy *b, u8 zone, u8 *initialized,
			       u32 nr);

/* Initialize the pageblock of @index; under the zone's lock */
void carve_deferred_init_block(struct carve_buddy *b, u32 index);

/* First page of the pageblock of @index that belongs to the buddy system */
static inline u32 carve_deferred_init_first(const struct carve_buddy *b, u32 index)
{
	u32 within = (index + b->skew) & (BIT(b->block_order) - 1);

	return within > index - b->first ? b->first : index - within;
}

/* End of its pages */
static inline u32 carve_deferred_init_end(const struct carve_buddy *b, u32 index)
{
	u32 within = (index + b->skew) & (BIT(b->block_order) - 1);

	return min_t(u32, b->end, index - within + BIT(b->block_order));
}

/* Number of the pageblock of @index, from 0 on */
static inline u32 carve_deferred_init_number(const struct carve_buddy *b, u32 index)
{
	return ((index + b->skew) >> b->block_order) -
	       ((b->first + b->skew) >> b->block_order);
}

/* Is the pageblock of @index initialized? Needs no lock */
static inline bool carve_deferred_init_done(const struct carve_buddy *b, u32 index)
{
	if (!b->initialized)
		return true;
	/* Pairs with carve_deferred_init_block(): its stores are visible */
	return smp_load_acquire(&b->initialized[carve_deferred_init_number(b, index)]);
}

/* Is the descriptor of page @index initialized? */
static inline bool carve_deferred_init_has(const struct carve_buddy *b, u32 index)
{
	return carve_deferred_init_done(b, index) ||
	       index == carve_deferred_init_first(b, index);
}

#endif /* _CARVE_DEFERRED_INIT_H */
