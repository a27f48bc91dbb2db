/* SPDX-License-Identifier: GPL-2.0 */
/* How fragmented free memory is, in figures. See fragmentation.c. */
#ifndef _CARVE_FRAGMENTATION_H
#define _CARVE_FRAGMENTATION_H

#include "page/buddy.h"

/**
 * struct carve_free_blocks - the free blocks of a zone at one moment
 * @nr: blocks of each order
 * @blocks: of all orders
 * @pages: in all of them
 */
struct carve_free_blocks {
	unsigned long nr[CARVE_NR_ORDERS];
	unsigned long blocks;
	unsigned long pages;
};

/* Counts; without the zone's lock it is only roughly one moment */
void carve_free_blocks_count(struct carve_free_blocks *free,
			     const struct carve_buddy *b);

/**
 * carve_unusable_index() - how much of the free memory an order can't use
 * @free: the free blocks
 * @order: log2 of the pages that a request is for
 *
 * Return: the share in thousandths, 1000 where nothing is free.
 */
int carve_unusable_index(const struct carve_free_blocks *free,
			 unsigned int order);

/**
 * carve_extfrag_index() - why a request would fail
 * @free: the free blocks
 * @order: log2 of the pages that the request is for
 *
 * Return: thousandths, towards 0 where it is for lack of memory, towards 1000
 * where it is because of fragmentation; -1000 where it wouldn't fail. The
 * native formula goes below 0 for a single block.
 */
int carve_extfrag_index(const struct carve_free_blocks *free,
			unsigned int order);

#endif /* _CARVE_FRAGMENTATION_H */
