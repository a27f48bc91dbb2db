/* SPDX-License-Identifier: GPL-2.0 */
/* Fragmentation indices. See fragmentation.c. */
#ifndef _CARVE_FRAGMENTATION_H
#define _CARVE_FRAGMENTATION_H

#include "page/buddy.h"

/**
 * struct carve_free_blocks - snapshot of a zone's free blocks
 * @nr: free blocks of each order
 * @blocks: free blocks of all orders
 * @pages: free pages
 */
struct carve_free_blocks {
	unsigned long nr[CARVE_NR_ORDERS];
	unsigned long blocks;
	unsigned long pages;
};

/* Take a snapshot; without the zone's lock it is approximate */
void carve_free_blocks_count(struct carve_free_blocks *free,
			     const struct carve_buddy *b);

/**
 * carve_unusable_index() - share of free memory that an order can't use
 * @free: the free blocks
 * @order: order of the request
 *
 * Return: the share in thousandths, 1000 if nothing is free.
 */
int carve_unusable_index(const struct carve_free_blocks *free,
			 unsigned int order);

/**
 * carve_extfrag_index() - cause of a request's failure
 * @free: the free blocks
 * @order: order of the request
 *
 * Return: thousandths, towards 0 for lack of memory, towards 1000 for
 * fragmentation; -1000 if the request would succeed. The formula,
 * mm/vmstat.c's, goes below 0 for a single block.
 */
int carve_extfrag_index(const struct carve_free_blocks *free,
			unsigned int order);

#endif /* _CARVE_FRAGMENTATION_H */
