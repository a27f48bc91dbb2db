/* SPDX-License-Identifier: GPL-2.0 */
/* The blocks of pages behind an area. See blocks.c. */
#ifndef _CARVE_BLOCKS_H
#define _CARVE_BLOCKS_H

#include "page/pages.h"
#include "vmap/area.h"

/* No effort for a block that several smaller ones can stand in for */
static inline gfp_t carve_gfp_for_order(gfp_t gfp, unsigned int order)
{
	return order ? (gfp & ~__GFP_NOFAIL) | __GFP_NORETRY | __GFP_NOWARN :
		       gfp;
}

/* Takes nr_pages pages in blocks as large as are free; 0 or -ENOMEM */
int carve_blocks_alloc(struct carve_pages *pages, struct carve_area *area,
		       gfp_t gfp);
/* The same as one run of pages; its address, or NULL */
void *carve_blocks_alloc_run(struct carve_pages *pages,
			     struct carve_area *area, gfp_t gfp);
void carve_blocks_free(struct carve_pages *pages, struct carve_area *area);

/* Pages in all blocks; 0 where the chain leads elsewhere */
unsigned long carve_blocks_count(struct carve_pages *pages,
				 const struct carve_area *area);

static inline struct carve_page *carve_block_at(struct carve_pages *pages,
						u32 index)
{
	return index == CARVE_PAGE_NONE ? NULL : &pages->map[index];
}

/* All blocks behind an area, in the order in which they are mapped */
#define carve_for_each_block(block, area, pages)			\
	for ((block) = carve_block_at(pages, (area)->blocks); (block);	\
	     (block) = carve_block_at(pages, (block)->next))

#endif /* _CARVE_BLOCKS_H */
