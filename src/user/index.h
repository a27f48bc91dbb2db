/* SPDX-License-Identifier: GPL-2.0 */
/* The index of an object: a radix tree from offsets to pages. See index.c. */
#ifndef _CARVE_USER_INDEX_H
#define _CARVE_USER_INDEX_H

#include <linux/log2.h>
#include <linux/math.h>

#include <carveout_user.h>

#include "page/pages_types.h"

/* Upper limit of offsets, in pages */
#define CARVE_INDEX_END ((unsigned long)(CARVEOUT_USER_END >> PAGE_SHIFT))

/* A table is a page of page indices. 3 levels with 4 KiB pages, 2 with 64 KiB */
#define CARVE_INDEX_BITS (PAGE_SHIFT - 2)
#define CARVE_INDEX_LEVELS \
	DIV_ROUND_UP(const_ilog2(CARVEOUT_USER_END) - PAGE_SHIFT, \
		     CARVE_INDEX_BITS)

/**
 * struct carve_index - a sparse array of pages
 * @pages: the page allocator; entries are indices of its page descriptors
 * @root: the root table, or CARVE_PAGE_NONE if the array is empty
 * @nr_tables: number of tables
 *
 * The caller must serialize all accesses.
 */
struct carve_index {
	struct carve_pages *pages;
	u32 root;
	unsigned long nr_tables;
};

void carve_index_init(struct carve_index *index, struct carve_pages *pages);

/* The entry at @at, or CARVE_PAGE_NONE */
u32 carve_index_load(const struct carve_index *index, unsigned long at);
/* Set an entry; -ENOMEM if there is no page for a table. May sleep */
int carve_index_store(struct carve_index *index, unsigned long at, u32 page);
/* Clear an entry, and free tables that became empty */
void carve_index_erase(struct carve_index *index, unsigned long at);

/* The first offset from @from on that has an entry, or CARVE_INDEX_END */
unsigned long carve_index_next(const struct carve_index *index,
			       unsigned long from);

#define carve_index_for_each(at, index, from, end) \
	for ((at) = carve_index_next(index, from); (at) < (end); \
	     (at) = carve_index_next(index, (at) + 1))

#endif /* _CARVE_USER_INDEX_H */
