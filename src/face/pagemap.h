/* SPDX-License-Identifier: GPL-2.0 */
/* What the pages of a carveout are. See pagemap.c. */
#ifndef _CARVE_PAGEMAP_H
#define _CARVE_PAGEMAP_H

#include "page/pages.h"

/**
 * carve_pagemap_walk() - look at all pages, run by run
 * @pages: the page allocator
 * @run: called for each run of pages of one state. Slabs count as
 *	CARVE_PAGE_SLAB with all their pages; CARVE_PAGE_TAIL are pages whose
 *	block was being split or merged meanwhile
 * @arg: for @run
 *
 * Takes no lock: while others allocate, what is seen may never have been true
 * all at a time.
 *
 * Context: may sleep.
 */
void carve_pagemap_walk(const struct carve_pages *pages,
			void (*run)(enum carve_page_state state, u32 nr,
				    void *arg),
			void *arg);

/* Pages by state */
void carve_pagemap_count(const struct carve_pages *pages,
			 unsigned long count[CARVE_NR_PAGE_STATES]);

#endif /* _CARVE_PAGEMAP_H */
