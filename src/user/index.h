/* SPDX-License-Identifier: GPL-2.0 */
/* Which page of the carveout lies at which offset of an object. See index.c. */
#ifndef _CARVE_USER_INDEX_H
#define _CARVE_USER_INDEX_H

#include "page/pages.h"

/* A table is a page of page indices */
#define CARVE_INDEX_BITS (PAGE_SHIFT - 2)
#define CARVE_INDEX_LEVELS 3

/* Offsets, in pages, are below this: 4 TiB with 4 KiB pages */
#define CARVE_INDEX_END (1UL << (CARVE_INDEX_BITS * CARVE_INDEX_LEVELS))

/**
 * struct carve_index - a sparse array of pages, in pages of the carveout
 * @pages: the page allocator, whose descriptors the entries number
 * @root: the topmost table, CARVE_PAGE_NONE where nothing has an entry
 * @nr_tables: tables there are
 *
 * Has no lock of its own: the caller's.
 */
struct carve_index {
	struct carve_pages *pages;
	u32 root;
	unsigned long nr_tables;
};

void carve_index_init(struct carve_index *index, struct carve_pages *pages);

/* The entry at @at, CARVE_PAGE_NONE if there is none */
u32 carve_index_get(const struct carve_index *index, unsigned long at);
/* May sleep. 0, or -ENOMEM where there is no page for a table: as it was */
int carve_index_set(struct carve_index *index, unsigned long at, u32 page);
/* Takes an entry out, and tables that are empty then */
void carve_index_clear(struct carve_index *index, unsigned long at);

/* The first offset from @from on that has an entry, or CARVE_INDEX_END */
unsigned long carve_index_next(const struct carve_index *index,
			       unsigned long from);

#define carve_index_for_each(at, index, from, end) \
	for ((at) = carve_index_next(index, from); (at) < (end); \
	     (at) = carve_index_next(index, (at) + 1))

#endif /* _CARVE_USER_INDEX_H */
