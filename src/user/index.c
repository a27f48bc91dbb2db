// SPDX-License-Identifier: GPL-2.0
/*
 * The index of an object: a radix tree of fixed height, whose tables are pages
 * of the carveout, and whose entries are indices of page descriptors.
 *
 * Invariant: @inuse in the descriptor of a table is the number of its entries,
 * and empty tables are freed. Locking: the caller's.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "page/pages_inline.h"
#include "user/index.h"

#define TABLE_ENTRIES BIT(CARVE_INDEX_BITS)
#define TOP (CARVE_INDEX_LEVELS - 1)

void carve_index_init(struct carve_index *index, struct carve_pages *pages)
{
	index->pages = pages;
	index->root = CARVE_PAGE_NONE;
	index->nr_tables = 0;
}

static struct carve_page *index_table(const struct carve_index *index, u32 table)
{
	return &index->pages->map[table];
}

static u32 *index_entries(const struct carve_index *index, u32 table)
{
	return carve_pages_address(index->pages, index_table(index, table));
}

/* Index of an offset's entry in a table of @level; 0 is the lowest */
static unsigned int index_digit(unsigned long at, unsigned int level)
{
	return (at >> (level * CARVE_INDEX_BITS)) & (TABLE_ENTRIES - 1);
}

u32 carve_index_load(const struct carve_index *index, unsigned long at)
{
	u32 entry = index->root;
	int level;

	for (level = TOP; level >= 0 && entry != CARVE_PAGE_NONE; level--)
		entry = index_entries(index, entry)[index_digit(at, level)];
	return entry;
}

static u32 index_new_table(struct carve_index *index)
{
	struct carve_page *table;

	table = __carve_pages_alloc(index->pages, GFP_KERNEL | __GFP_NOWARN, 0,
				    CARVE_PAGE_INDEX);
	if (!table)
		return CARVE_PAGE_NONE;
	table->inuse = 0;
	memset32(carve_pages_address(index->pages, table), CARVE_PAGE_NONE,
		 TABLE_ENTRIES);
	index->nr_tables++;
	return table - index->pages->map;
}

static void index_free_table(struct carve_index *index, u32 table)
{
	index->nr_tables--;
	carve_pages_free(index->pages, index_table(index, table), 0,
			 CARVE_PAGE_INDEX, _THIS_IP_);
}

/*
 * Clear the entry at @at, and free the tables on the path to it that became
 * empty
 */
static void index_prune(struct carve_index *index, u32 *slot, int level,
			unsigned long at)
{
	u32 *child = &index_entries(index, *slot)[index_digit(at, level)];

	if (*child != CARVE_PAGE_NONE) {
		if (level)
			index_prune(index, child, level - 1, at);
		else
			*child = CARVE_PAGE_NONE;
		if (*child == CARVE_PAGE_NONE)
			index_table(index, *slot)->inuse--;
	}
	if (index_table(index, *slot)->inuse)
		return;
	index_free_table(index, *slot);
	*slot = CARVE_PAGE_NONE;
}

void carve_index_erase(struct carve_index *index, unsigned long at)
{
	if (index->root != CARVE_PAGE_NONE)
		index_prune(index, &index->root, TOP, at);
}

int carve_index_store(struct carve_index *index, unsigned long at, u32 page)
{
	struct carve_page *parent = NULL;
	u32 *slot = &index->root;
	int level;

	for (level = TOP; level >= 0; level--) {
		if (*slot == CARVE_PAGE_NONE) {
			*slot = index_new_table(index);
			if (*slot == CARVE_PAGE_NONE) {
				carve_index_erase(index, at);
				return -ENOMEM;
			}
			if (parent)
				parent->inuse++;
		}
		parent = index_table(index, *slot);
		slot = &index_entries(index, *slot)[index_digit(at, level)];
	}
	if (*slot == CARVE_PAGE_NONE)
		parent->inuse++;
	*slot = page;
	return 0;
}

/* carve_index_next() for the table at @level whose first offset is @base */
static unsigned long index_next_in(const struct carve_index *index, u32 table,
				   int level, unsigned long base, unsigned long from)
{
	unsigned int shift = level * CARVE_INDEX_BITS;
	const u32 *entries = index_entries(index, table);
	unsigned int i = from > base ? (from - base) >> shift : 0;

	for (; i < TABLE_ENTRIES; i++) {
		unsigned long start = base + ((unsigned long)i << shift);
		unsigned long at;

		if (entries[i] == CARVE_PAGE_NONE)
			continue;
		if (!level)
			return start;
		at = index_next_in(index, entries[i], level - 1, start, from);
		if (at < CARVE_INDEX_END)
			return at;
	}
	return CARVE_INDEX_END;
}

unsigned long carve_index_next(const struct carve_index *index,
			       unsigned long from)
{
	if (index->root == CARVE_PAGE_NONE || from >= CARVE_INDEX_END)
		return CARVE_INDEX_END;
	return index_next_in(index, index->root, TOP, 0, from);
}
