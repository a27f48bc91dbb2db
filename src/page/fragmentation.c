// SPDX-License-Identifier: GPL-2.0
/*
 * Fragmentation indices (Gorman), as in mm/vmstat.c: the share of free memory
 * that a request of an order can't use, and whether it would fail for lack of
 * memory or because free memory is fragmented. Locking: see
 * carve_free_blocks_count().
 */
#include <linux/bits.h>
#include <linux/math64.h>

#include "page/fragmentation.h"

void carve_free_blocks_count(struct carve_free_blocks *free,
			     const struct carve_buddy *b)
{
	unsigned int order;

	*free = (struct carve_free_blocks){ };
	for (order = 0; order <= b->max_order; order++) {
		free->nr[order] = carve_buddy_nr_blocks(b, order);
		free->blocks += free->nr[order];
		free->pages += free->nr[order] << order;
	}
}

/* Pages in free blocks of @order and above */
static unsigned long suitable_pages(const struct carve_free_blocks *free,
				    unsigned int order)
{
	unsigned long pages = 0;

	for (; order < CARVE_NR_ORDERS; order++)
		pages += free->nr[order] << order;
	return pages;
}

int carve_unusable_index(const struct carve_free_blocks *free,
			 unsigned int order)
{
	if (!free->pages)
		return 1000;
	return div64_ul((free->pages - suitable_pages(free, order)) * 1000ULL,
			free->pages);
}

int carve_extfrag_index(const struct carve_free_blocks *free,
			unsigned int order)
{
	if (!free->blocks)
		return 0;
	if (suitable_pages(free, order))
		return -1000;
	return 1000 - div64_ul(1000 + div64_ul(free->pages * 1000ULL,
					       BIT(order)), free->blocks);
}
