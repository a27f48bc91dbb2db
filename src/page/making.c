// SPDX-License-Identifier: GPL-2.0
/*
 * Making page descriptors
 *
 * The only descriptor of a free block that anybody reads is its head's. So when
 * a large carveout is made, only the descriptors of its first pages, and that of
 * the first page of each pageblock, are initialised ("made"). Free memory goes to
 * the buddy system in whole pageblocks at once. The other descriptors of a
 * pageblock are made
 *  - before the pageblock is split;
 *  - before a block that the pageblock lies in is handed out;
 *  - before a lookup returns one of them (carve_pages_lookup() and the like);
 *  - in the background, one pageblock after the other, from the moment that the
 *    carveout is there, until all are made.
 *
 * The native counterpart is deferred initialisation of struct pages
 * (mm/mm_init.c). There the memory itself is kept back until it is done; here
 * all of it can be allocated at any time.
 *
 * A byte for each pageblock says that its descriptors are made. They are made
 * once, under the zone's lock, a pageblock at a time: 16 KiB, that is, with
 * 4 KiB pages. Before that the array holds whatever was in that memory, perhaps
 * the descriptors of another carveout: it must not be read.
 *
 * Invariants, walked by carve_buddy_check():
 *  - nr_unmade counts the pageblocks whose byte is zero;
 *  - a free block begins with a page whose descriptor is made.
 */
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "page/making.h"

/* By words: where bytes are counted, or stored one by one, that is less */
static void make(struct carve_page *page, u32 nr, u8 zone)
{
	static_assert(sizeof(*page) % sizeof(u64) == 0);

	memset64((u64 *)page, 0, nr * (sizeof(*page) / sizeof(u64)));
	for (; zone && nr; nr--, page++)
		page->zone = zone;
}

u32 carve_making_nr_blocks(const struct carve_buddy *b)
{
	return carve_making_number(b, b->end - 1) + 1;
}

void carve_making_make(struct carve_buddy *b, u32 index)
{
	u32 first = carve_making_first(b, index);

	if (carve_making_is_made(b, index))
		return;
	make(&b->map[first + 1], carve_making_end(b, index) - first - 1,
	     b->map[first].zone);
	WRITE_ONCE(b->nr_unmade, b->nr_unmade - 1);
	/* Pairs with carve_making_is_made() */
	smp_store_release(&b->made[carve_making_number(b, index)], 1);
}

void carve_making_init(struct carve_buddy *b, u8 zone, u8 *made, u32 nr)
{
	u32 index;

	b->made = made;
	if (!made) {
		make(&b->map[b->first], b->end - b->first, zone);
		return;
	}
	b->nr_unmade = carve_making_nr_blocks(b);
	for (index = b->first; index < b->end;
	     index = carve_making_end(b, index)) {
		make(&b->map[index], 1, zone);
		if (index - b->first < nr)
			carve_making_make(b, index);
	}
}
