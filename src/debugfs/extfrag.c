// SPDX-License-Identifier: GPL-2.0
/*
 * Files about fragmentation of free memory: free blocks by migratetype, in the
 * format of /proc/pagetypeinfo; the indices of mm/vmstat.c, in the format of
 * /sys/kernel/debug/extfrag; and the pair bitmap of Linux 2.4.
 *
 * Locking: counters are read without a lock; the pair bitmap is read under the
 * zone's lock, a row at a time.
 */
#include <linux/seq_file.h>

#include "core/instance.h"
#include "debugfs/extfrag.h"
#include "page/fragmentation.h"

static void show_zone_start(struct seq_file *m, const struct carve_zone *zone)
{
	seq_printf(m, "Node %d, zone %8s ", max(zone->region->node, 0),
		   carve_zone_name(zone));
}

static void show_extfrag_index(struct seq_file *m,
			       int (*index)(const struct carve_free_blocks *free,
					    unsigned int order))
{
	struct carveout *co = m->private;
	struct carve_free_blocks free;
	struct carve_zone *zone;
	unsigned int order;

	carve_for_each_zone(zone, &co->pages) {
		carve_free_blocks_count(&free, &zone->buddy);
		show_zone_start(m, zone);
		for (order = 0; order <= zone->buddy.max_order; order++) {
			int i = index(&free, order);

			seq_printf(m, "%s%d.%03d ", i < 0 ? "-" : " ",
				   abs(i) / 1000, abs(i) % 1000);
		}
		seq_putc(m, '\n');
	}
}

int carve_extfrag_index_show(struct seq_file *m, void *v)
{
	show_extfrag_index(m, carve_extfrag_index);
	return 0;
}

int carve_unusable_index_show(struct seq_file *m, void *v)
{
	show_extfrag_index(m, carve_unusable_index);
	return 0;
}

/* Names as in mm/page_alloc.c */
static const char *const type_names[CARVE_NR_MIGRATETYPES] = {
	[CARVE_MIGRATE_UNMOVABLE] = "Unmovable",
	[CARVE_MIGRATE_RECLAIMABLE] = "Reclaimable",
};

static void show_migratetype(struct seq_file *m, const struct carve_zone *zone,
			     enum carve_migratetype migratetype)
{
	unsigned int order;

	seq_printf(m, "Node %4d, zone %8s, type %12s ",
		   max(zone->region->node, 0), carve_zone_name(zone),
		   type_names[migratetype]);
	for (order = 0; order <= zone->buddy.max_order; order++)
		seq_printf(m, "%6u ",
			   READ_ONCE(zone->buddy.area[order][migratetype].nr));
	seq_putc(m, '\n');
}

int carve_pagetypeinfo_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	enum carve_migratetype migratetype;
	struct carve_zone *zone;

	seq_printf(m, "Page block order: %u\nPages per block:  %lu\n\n",
		   co->pages.zone[0].buddy.block_order,
		   BIT(co->pages.zone[0].buddy.block_order));
	seq_puts(m, "Free pages count per migrate type at order; whole pageblocks have no type and are in the first row\n");
	carve_for_each_zone(zone, &co->pages)
		for (migratetype = 0; migratetype < CARVE_NR_MIGRATETYPES; migratetype++)
			show_migratetype(m, zone, migratetype);
	return 0;
}

/* The pair bitmap, 64 pairs in a row; rows of zeroes are omitted */

#define PAIRS_IN_ROW 64

static u64 pairs_row(const struct carve_buddy *b, unsigned int order,
		     u32 first, u32 nr)
{
	u64 row = 0;
	u32 i;

	for (i = 0; i < nr; i++)
		if (carve_buddy_pair(b, order, first + i))
			row |= BIT_ULL(i);
	return row;
}

static void show_pairs_row(struct seq_file *m, u32 first, u32 nr, u64 row)
{
	u32 i;

	seq_printf(m, "  %8u ", first);
	for (i = 0; i < nr; i++)
		seq_putc(m, row & BIT_ULL(i) ? '1' : '0');
	seq_putc(m, '\n');
}

static void show_pairs_of_order(struct seq_file *m, struct carve_zone *zone,
				unsigned int order)
{
	u32 nr = carve_buddy_nr_pairs(&zone->buddy, order);
	u32 first;

	seq_printf(m, "order %u: %u pairs\n", order, nr);
	for (first = 0; first < nr; first += PAIRS_IN_ROW) {
		u32 n = min_t(u32, nr - first, PAIRS_IN_ROW);
		u64 row;

		scoped_guard(raw_spinlock_irqsave, &zone->lock)
			row = pairs_row(&zone->buddy, order, first, n);
		if (row)
			show_pairs_row(m, first, n, row);
		cond_resched();
	}
}

int carve_pairs_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_zone *zone;
	unsigned int order;

	seq_puts(m, "A bit for each pair of buddies, 1 where just one of the two is free; rows of zeroes are left out\n");
	carve_for_each_zone(zone, &co->pages) {
		show_zone_start(m, zone);
		seq_putc(m, '\n');
		for (order = 0; order < zone->buddy.max_order; order++)
			show_pairs_of_order(m, zone, order);
	}
	return 0;
}
