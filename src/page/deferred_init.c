// SPDX-License-Identifier: GPL-2.0
/*
 * Deferred initialization of page descriptors
 *
 * Of a free block, only the head's descriptor is read. So the set-up of a large
 * carveout initializes only the descriptors of its first pages and of the first
 * page of each pageblock, and adds whole pageblocks to the buddy system at
 * once. The other descriptors of a pageblock are initialized
 *  - before the pageblock is split;
 *  - before a block that contains the pageblock is allocated;
 *  - before a lookup returns one of them (carve_pages_lookup() and the like);
 *  - in the background after set-up, one pageblock after the other, until all
 *    are.
 *
 * As deferred struct page init (mm/mm_init.c), but all of the memory can be
 * allocated at any time: there it can't before its struct pages are
 * initialized.
 *
 * A byte for each pageblock is set when its descriptors are initialized. Until
 * then they contain stale data, perhaps descriptors of another carveout, and
 * must not be read.
 *
 * Locking: a pageblock is initialized once, under the zone's lock; with 4 KiB
 * pages its descriptors are 16 KiB. The byte is read without the lock.
 *
 * Invariants, checked by carve_buddy_check_some():
 *  - nr_uninitialized counts the pageblocks whose byte is zero;
 *  - the descriptor of a free block's head is initialized.
 */
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "page/deferred_init.h"

/* memset64(): faster than a memset() that stores byte by byte */
static void init_descriptors(struct carve_page *page, u32 nr, u8 zone)
{
	static_assert(sizeof(*page) % sizeof(u64) == 0);

	memset64((u64 *)page, 0, nr * (sizeof(*page) / sizeof(u64)));
	for (; zone && nr; nr--, page++)
		page->zone = zone;
}

u32 carve_deferred_init_nr_blocks(const struct carve_buddy *b)
{
	return carve_deferred_init_number(b, b->end - 1) + 1;
}

void carve_deferred_init_block(struct carve_buddy *b, u32 index)
{
	u32 first = carve_deferred_init_first(b, index);

	if (carve_deferred_init_done(b, index))
		return;
	init_descriptors(&b->map[first + 1], carve_deferred_init_end(b, index) - first - 1,
			 b->map[first].zone);
	WRITE_ONCE(b->nr_uninitialized, b->nr_uninitialized - 1);
	/* Pairs with carve_deferred_init_done() */
	smp_store_release(&b->initialized[carve_deferred_init_number(b, index)], 1);
}

void carve_deferred_init_setup(struct carve_buddy *b, u8 zone, u8 *initialized,
			       u32 nr)
{
	u32 index;

	b->initialized = initialized;
	if (!initialized) {
		init_descriptors(&b->map[b->first], b->end - b->first, zone);
		return;
	}
	b->nr_uninitialized = carve_deferred_init_nr_blocks(b);
	for (index = b->first; index < b->end;
	     index = carve_deferred_init_end(b, index)) {
		init_descriptors(&b->map[index], 1, zone);
		if (index - b->first < nr)
			carve_deferred_init_block(b, index);
	}
}
