/* SPDX-License-Identifier: GPL-2.0 */
/* Blocks of pages that an area maps. See blocks.c. */
#ifndef _CARVE_BLOCKS_H
#define _CARVE_BLOCKS_H

#include "page/pages_types.h"
#include "vmap/area.h"

/* Fail early for order > 0: smaller blocks will do */
static inline gfp_t carve_gfp_for_order(gfp_t gfp, unsigned int order)
{
	return order ? (gfp & ~__GFP_NOFAIL) | __GFP_NORETRY | __GFP_NOWARN :
		       gfp;
}

/* Allocate @area->nr_pages pages in the largest free blocks; 0 or -ENOMEM */
int carve_blocks_alloc(struct carve_pages *pages, struct carve_area *area,
		       gfp_t gfp);
/* Allocate @area->nr_pages contiguous pages; returns their address, or NULL */
void *carve_blocks_alloc_run(struct carve_pages *pages,
			     struct carve_area *area, gfp_t gfp);
void carve_blocks_free(struct carve_pages *pages, struct carve_area *area);

/* Number of pages in all blocks; 0 if the chain is broken */
unsigned long carve_blocks_count(struct carve_pages *pages,
				 const struct carve_area *area);

static inline struct carve_page *carve_block_at(struct carve_pages *pages,
						u32 index)
{
	return index == CARVE_PAGE_NONE ? NULL : &pages->map[index];
}

/* Iterate over the blocks of an area, in mapping order */
#define carve_for_each_block(block, area, pages)			\
	for ((block) = carve_block_at(pages, (area)->blocks); (block);	\
	     (block) = carve_block_at(pages, (block)->next))

#endif /* _CARVE_BLOCKS_H */
