// SPDX-License-Identifier: GPL-2.0
/*
 * The index of an object: a radix tree of a fixed height, whose tables are
 * pages of the carveout, and whose entries are indices of page descriptors.
 *
 * The descriptor of a table counts its entries in @inuse. A table without
 * entries doesn't stay.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "user/index.h"

#define TABLE_ENTRIES BIT(CARVE_INDEX_BITS)
#define TOP (CARVE_INDEX_LEVELS - 1)

void carve_index_init(struct carve_index *index, struct carve_pages *pages)
{
	index->pages = pages;
	index->root = CARVE_PAGE_NONE;
	index->nr_tables = 0;
}

static struct carve_page *table_at(const struct carve_index *index, u32 table)
{
	return &index->pages->map[table];
}

static u32 *entries_of(const struct carve_index *index, u32 table)
{
	return carve_pages_address(index->pages, table_at(index, table));
}

/* The digit of an offset that counts in tables of a level; 0 is the lowest */
static unsigned int digit(unsigned long at, unsigned int level)
{
	return (at >> (level * CARVE_INDEX_BITS)) & (TABLE_ENTRIES - 1);
}

u32 carve_index_get(const struct carve_index *index, unsigned long at)
{
	u32 entry = index->root;
	int level;

	for (level = TOP; level >= 0 && entry != CARVE_PAGE_NONE; level--)
		entry = entries_of(index, entry)[digit(at, level)];
	return entry;
}

static u32 new_table(struct carve_index *index)
{
	struct carve_page *table;

	table = carve_pages_alloc(index->pages, GFP_KERNEL | __GFP_NOWARN, 0,
				  CARVE_PAGE_INDEX, _THIS_IP_);
	if (!table)
		return CARVE_PAGE_NONE;
	table->inuse = 0;
	memset32(carve_pages_address(index->pages, table), CARVE_PAGE_NONE,
		 TABLE_ENTRIES);
	index->nr_tables++;
	return table - index->pages->map;
}

static void free_table(struct carve_index *index, u32 table)
{
	index->nr_tables--;
	carve_pages_free(index->pages, table_at(index, table), 0,
			 CARVE_PAGE_INDEX, _THIS_IP_);
}

/* Takes the way down to @at out of the table in @slot, as far as nothing else needs it */
static void prune(struct carve_index *index, u32 *slot, int level,
		  unsigned long at)
{
	u32 *child = &entries_of(index, *slot)[digit(at, level)];

	if (*child != CARVE_PAGE_NONE) {
		if (level)
			prune(index, child, level - 1, at);
		else
			*child = CARVE_PAGE_NONE;
		if (*child == CARVE_PAGE_NONE)
			table_at(index, *slot)->inuse--;
	}
	if (table_at(index, *slot)->inuse)
		return;
	free_table(index, *slot);
	*slot = CARVE_PAGE_NONE;
}

void carve_index_clear(struct carve_index *index, unsigned long at)
{
	if (index->root != CARVE_PAGE_NONE)
		prune(index, &index->root, TOP, at);
}

int carve_index_set(struct carve_index *index, unsigned long at, u32 page)
{
	struct carve_page *parent = NULL;
	u32 *slot = &index->root;
	int level;

	for (level = TOP; level >= 0; level--) {
		if (*slot == CARVE_PAGE_NONE) {
			*slot = new_table(index);
			if (*slot == CARVE_PAGE_NONE) {
				carve_index_clear(index, at);
				return -ENOMEM;
			}
			if (parent)
				parent->inuse++;
		}
		parent = table_at(index, *slot);
		slot = &entries_of(index, *slot)[digit(at, level)];
	}
	if (*slot == CARVE_PAGE_NONE)
		parent->inuse++;
	*slot = page;
	return 0;
}

/* Within a table whose first offset is @base */
static unsigned long next_in(const struct carve_index *index, u32 table,
			     int level, unsigned long base, unsigned long from)
{
	unsigned int shift = level * CARVE_INDEX_BITS;
	const u32 *entries = entries_of(index, table);
	unsigned int i = from > base ? (from - base) >> shift : 0;

	for (; i < TABLE_ENTRIES; i++) {
		unsigned long start = base + ((unsigned long)i << shift);
		unsigned long at;

		if (entries[i] == CARVE_PAGE_NONE)
			continue;
		if (!level)
			return start;
		at = next_in(index, entries[i], level - 1, start, from);
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
	return next_in(index, index->root, TOP, 0, from);
}
