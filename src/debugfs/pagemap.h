/* SPDX-License-Identifier: GPL-2.0 */
/* Walk over the states of all pages. See pagemap.c. */
#ifndef _CARVE_PAGEMAP_H
#define _CARVE_PAGEMAP_H

#include "page/pages_types.h"

struct seq_file;

/**
 * carve_pagemap_walk() - call a function for each run of pages of one state
 * @pages: the page allocator
 * @run: called for each run of pages of one state. All pages of a slab are
 *	CARVE_PAGE_SLAB; CARVE_PAGE_TAIL is a page whose block was split or
 *	merged during the walk
 * @arg: argument of @run
 *
 * Takes no lock: during allocations, the result is no consistent snapshot.
 *
 * Context: may sleep.
 */
void carve_pagemap_walk(const struct carve_pages *pages,
			void (*run)(enum carve_page_state state, u32 nr,
				    void *arg),
			void *arg);

/* Count pages by state. May sleep */
void carve_pagemap_count(const struct carve_pages *pages,
			 unsigned long count[CARVE_NR_PAGE_STATES]);

/* The file pagemap; seq->private is the carveout */
int carve_pagemap_show(struct seq_file *m, void *v);

#endif /* _CARVE_PAGEMAP_H */
