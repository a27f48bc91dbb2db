// SPDX-License-Identifier: GPL-2.0
/*
 * Page blocks of an area
 *
 * The pages of an area are allocated in the largest blocks that are free, and
 * chained through their page descriptors. The descriptor of each block's head
 * points to the area: looking up the page mapped at an address finds the area.
 *
 * Locking: the blocks belong to the area, which has one owner at a time.
 */
#include <linux/minmax.h>

#include "page/pages_inline.h"
#include "vmap/blocks.h"

void carve_blocks_free(struct carve_pages *pages, struct carve_area *area)
{
	struct carve_page *block;

	while ((block = carve_block_at(pages, area->blocks))) {
		area->blocks = block->next;
		carve_pages_free(pages, block, block->order, CARVE_PAGE_AREA,
				 area->caller);
	}
}

/* Prepend @block to the chain */
static void chain_area_block(struct carve_pages *pages, struct carve_area *area,
			     struct carve_page *block)
{
	block->next = area->blocks;
	block->area = area;
	area->blocks = block - pages->map;
}

int carve_blocks_alloc(struct carve_pages *pages, struct carve_area *area,
		       gfp_t gfp)
{
	unsigned int order = min_t(unsigned int, ilog2(area->nr_pages),
				   CARVE_MAX_ORDER);
	unsigned int left = area->nr_pages;
	struct carve_page *block;

	while (left) {
		order = min_t(unsigned int, order, ilog2(left));
		block = carve_pages_alloc_any(pages,
					      carve_gfp_for_order(gfp, order),
					      order, CARVE_PAGE_AREA,
					      area->caller);
		if (block && !carve_pages_accept(pages, block))
			continue;
		if (block) {
			chain_area_block(pages, area, block);
			left -= BIT(order);
		} else if (order) {
			order--;
		} else {
			carve_blocks_free(pages, area);
			return -ENOMEM;
		}
	}
	return 0;
}

/* Free the excess of a block, and chain the rest as buddy blocks */
static void trim_area_run(struct carve_pages *pages, struct carve_area *area,
			  struct carve_page *head)
{
	unsigned long offset;

	carve_pages_trim(pages, head, area->nr_pages);
	for (offset = 0; offset < area->nr_pages;
	     offset += BIT(head[offset].order))
		chain_area_block(pages, area, head + offset);
}

void *carve_blocks_alloc_run(struct carve_pages *pages,
			     struct carve_area *area, gfp_t gfp)
{
	struct carve_page *head;

	do {
		head = carve_pages_alloc(pages, gfp,
					 get_order(carve_area_bytes(area)),
					 CARVE_PAGE_AREA, area->caller);
		if (!head)
			return NULL;
	} while (!carve_pages_accept(pages, head));
	trim_area_run(pages, area, head);
	return carve_pages_address(pages, head);
}

unsigned long carve_blocks_count(struct carve_pages *pages,
				 const struct carve_area *area)
{
	const struct carve_page *block;
	unsigned long n = 0;
	u32 index = area->blocks;

	while (index < pages->nr_pages && n <= area->nr_pages) {
		block = carve_pages_peek(pages, index);
		if (!block || block->state != CARVE_PAGE_AREA)
			break;
		n += BIT(block->order);
		index = block->next;
	}
	return index == CARVE_PAGE_NONE ? n : 0;
}
