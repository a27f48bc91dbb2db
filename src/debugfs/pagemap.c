// SPDX-License-Identifier: GPL-2.0
/*
 * The page map: the state of each page, as a picture of characters.
 *
 * The walk goes from the first page of one block to the next. Locking:
 * none, since the walk may take long. An order that is read while the block is
 * split or merged may be wrong, which makes a few characters wrong.
 *
 * The picture is drawn during the walk: the pages of the current cell are
 * counted by state, and a full cell is printed as a character.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "core/instance.h"
#include "debugfs/pagemap.h"

#define COLUMNS 64
#define ROWS 64

/* Call cond_resched() after this many runs */
#define WALK_BATCH 1024

/* States in which the first page's order gives the size of the block */
static bool heads_block(enum carve_page_state state)
{
	switch (state) {
	case CARVE_PAGE_FREE:
	case CARVE_PAGE_PCP:
	case CARVE_PAGE_USED:
	case CARVE_PAGE_LARGE:
	case CARVE_PAGE_AREA:
	case CARVE_PAGE_DMA:
	case CARVE_PAGE_META:
	case CARVE_PAGE_USER:
	case CARVE_PAGE_INDEX:
	case CARVE_PAGE_BROKEN:
		return true;
	default:
		return false;
	}
}

static u32 pagemap_run(const struct carve_pages *pages, u32 index,
		       enum carve_page_state *state)
{
	const struct carve_page *page = carve_pages_peek(pages, index);
	unsigned int order;

	*state = CARVE_PAGE_TAIL;
	if (!page)
		return 1;
	order = READ_ONCE(page->order);
	*state = READ_ONCE(page->state);
	if (carve_page_is_slab(*state))
		*state = CARVE_PAGE_SLAB;
	if (!heads_block(*state))
		return 1;
	return min_t(u32, BIT(min(order, CARVE_MAX_ORDER)),
		     pages->nr_pages - index);
}

void carve_pagemap_walk(const struct carve_pages *pages,
			void (*run)(enum carve_page_state state, u32 nr,
				    void *arg),
			void *arg)
{
	enum carve_page_state state;
	unsigned int runs = 0;
	u32 index, nr;

	for (index = 0; index < pages->nr_pages; index += nr) {
		nr = pagemap_run(pages, index, &state);
		run(state, nr, arg);
		if (++runs % WALK_BATCH == 0)
			cond_resched();
	}
}

static void count_run(enum carve_page_state state, u32 nr, void *arg)
{
	unsigned long *count = arg;

	count[state] += nr;
}

void carve_pagemap_count(const struct carve_pages *pages,
			 unsigned long count[CARVE_NR_PAGE_STATES])
{
	memset(count, 0, CARVE_NR_PAGE_STATES * sizeof(*count));
	carve_pagemap_walk(pages, count_run, count);
}

/* The picture */

/*
 * In the order of the legend. The letter of a cell is the kind of most of its
 * pages; of kinds with equal counts, the first in this table. Free pages are
 * shown only in cells without any others.
 */
static const struct kind {
	enum carve_page_state state;
	char whole;
	char mixed;
	const char *what;
} kinds[] = {
	{ CARVE_PAGE_BOOT, 'B', 'b', "carved at boot for metadata" },
	{ CARVE_PAGE_META, 'M', 'm', "a cache's own structures" },
	{ CARVE_PAGE_USED, 'P', 'p', "allocated as pages" },
	{ CARVE_PAGE_LARGE, 'K', 'k', "large kmalloc" },
	{ CARVE_PAGE_SLAB, 'S', 's', "slabs" },
	{ CARVE_PAGE_AREA, 'V', 'v', "vmalloc areas" },
	{ CARVE_PAGE_DMA, 'D', 'd', "DMA buffers of devices" },
	{ CARVE_PAGE_USER, 'U', 'u', "user space" },
	{ CARVE_PAGE_INDEX, 'I', 'i', "tables for user space" },
	{ CARVE_PAGE_BROKEN, 'X', 'x', "withheld: the memory is broken" },
	{ CARVE_PAGE_PCP, 'C', 'c', "free, in a per-CPU list" },
	{ CARVE_PAGE_TAIL, '?', '?', "changing while this was read" },
	{ CARVE_PAGE_FREE, '.', '.', "free" },
};

struct picture {
	struct seq_file *m;
	u32 cell_pages;
	u32 in_cell;
	unsigned long cells;
	u32 cell[CARVE_NR_PAGE_STATES];
	unsigned long total[CARVE_NR_PAGE_STATES];
};

static char cell_character(const struct picture *p)
{
	const struct kind *most = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		u32 nr = p->cell[kinds[i].state];

		if (kinds[i].state == CARVE_PAGE_FREE && most)
			break;
		if (nr && (!most || nr > p->cell[most->state]))
			most = &kinds[i];
	}
	if (!most)
		return ' ';
	return p->cell[most->state] == p->in_cell ? most->whole : most->mixed;
}

static void finish_cell(struct picture *p)
{
	unsigned long first = p->cells * p->cell_pages;

	if (p->cells % COLUMNS == 0)
		seq_printf(p->m, "%010lx ", first << PAGE_SHIFT);
	seq_putc(p->m, cell_character(p));
	p->cells++;
	if (p->cells % COLUMNS == 0)
		seq_putc(p->m, '\n');
	p->in_cell = 0;
	memset(p->cell, 0, sizeof(p->cell));
}

static void draw_run(enum carve_page_state state, u32 nr, void *arg)
{
	struct picture *p = arg;

	p->total[state] += nr;
	while (nr) {
		u32 part = min(nr, p->cell_pages - p->in_cell);

		p->cell[state] += part;
		p->in_cell += part;
		nr -= part;
		if (p->in_cell == p->cell_pages)
			finish_cell(p);
	}
}

static void finish_picture(struct picture *p)
{
	if (p->in_cell)
		finish_cell(p);
	if (p->cells % COLUMNS)
		seq_putc(p->m, '\n');
}

/* Where the zones begin, if there are several */
static void show_zones(struct seq_file *m, const struct carve_pages *pages)
{
	const struct carve_zone *zone;

	if (pages->nr_zones == 1)
		return;
	carve_for_each_zone(zone, pages)
		seq_printf(m, "%010lx zone %s\n",
			   (unsigned long)zone->first << PAGE_SHIFT,
			   carve_zone_name(zone));
}

static void show_legend(const struct picture *p)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *kind = &kinds[i];

		/* Omit the rare kind unless there are such pages */
		if (kind->state == CARVE_PAGE_TAIL && !p->total[kind->state])
			continue;
		seq_printf(p->m, "%c %8lu %s\n", kind->whole,
			   p->total[kind->state], kind->what);
	}
	if (p->cell_pages > 1)
		seq_puts(p->m, "A small letter: of these the most, and others or free pages with them.\n");
}

int carve_pagemap_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	u32 nr_pages = co->pages.nr_pages;
	struct picture p = {
		.m = m,
		.cell_pages = roundup_pow_of_two(DIV_ROUND_UP(nr_pages,
							      COLUMNS * ROWS)),
	};

	seq_printf(m, "%u pages of %lu KiB; a character stands for %u, a row for %lu KiB\n",
		   nr_pages, PAGE_SIZE / SZ_1K, p.cell_pages,
		   p.cell_pages * COLUMNS * (PAGE_SIZE / SZ_1K));
	show_zones(m, &co->pages);
	carve_pagemap_walk(&co->pages, draw_run, &p);
	finish_picture(&p);
	show_legend(&p);
	return 0;
}
