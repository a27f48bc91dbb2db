/* SPDX-License-Identifier: GPL-2.0 */
/* Allocate, split and free blocks of pages: slow paths. See block.c. */
#ifndef _CARVE_BLOCK_H
#define _CARVE_BLOCK_H

#include "page/pages_types.h"

/* Slow paths of carve_pages_alloc(), _alloc_any() and carve_pages_free() */
struct carve_page *carve_pages_alloc_slow(struct carve_pages *ps, gfp_t gfp,
					  unsigned int order,
					  enum carve_page_state state,
					  unsigned long caller);
struct carve_page *carve_pages_alloc_any_slow(struct carve_pages *ps,
					      gfp_t gfp, unsigned int order,
					      enum carve_page_state state,
					      unsigned long caller);
void carve_pages_free_slow(struct carve_pages *ps, struct carve_page *page,
			   unsigned int order, enum carve_page_state state,
			   unsigned long caller);

/**
 * __carve_pages_alloc() - allocate a block for a layer above
 * @ps: the page allocator
 * @gfp: GFP flags
 * @order: log2 of the number of pages
 * @state: state to set in the block's head
 *
 * Return: the block's head, or NULL. __GFP_ZERO is ignored.
 */
struct carve_page *__carve_pages_alloc(struct carve_pages *ps, gfp_t gfp,
				       unsigned int order,
				       enum carve_page_state state);
/* Free a block whose head and order the caller knows: not checked */
void __carve_pages_free(struct carve_pages *ps, struct carve_page *page,
			unsigned int order);

/* See include/carveout.h */
void *carve_pages_alloc_exact(struct carve_pages *ps, size_t size, gfp_t gfp,
			      unsigned long caller);
void carve_pages_free_exact(struct carve_pages *ps, void *virt, size_t size,
			    unsigned long caller);
void carve_pages_split(struct carve_pages *ps, struct carve_page *page,
		       unsigned int order, unsigned long caller);
/* Turn a block in use into single pages, in the state of its head */
void __carve_pages_split(struct carve_page *head, unsigned int order);
/*
 * Free all but the first @nr pages of a block in use. The rest becomes a run of
 * smaller blocks in the state of @head; __carve_pages_free_run() frees the run.
 */
void carve_pages_trim(struct carve_pages *ps, struct carve_page *head,
		      unsigned long nr);
void __carve_pages_free_run(struct carve_pages *ps, struct carve_page *head,
			    unsigned long nr);
void carve_pages_free_cold(struct carve_pages *ps, struct carve_page *page,
			   unsigned int order, unsigned long caller);

#endif /* _CARVE_BLOCK_H */
