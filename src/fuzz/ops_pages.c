// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on pages: all orders, exact, bulk, split. Locking: the busy bit of
 * the item, as for all steps.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>

#include <carveout.h>

#include "fuzz/ops_internal.h"
#include "fuzz/step.h"

#define MOST_BULK 16

/* A random order, mostly small */
static unsigned int draw_block_order(struct carve_fuzz_step *s)
{
	unsigned int most = s->fuzz->max_order;

	if (!carve_fuzz_may_sleep(s))
		most = min(most, 3U);
	return carve_fuzz_any(s, carve_fuzz_any(s, most + 1) + 1);
}

static enum carve_fuzz_outcome pages_failed(struct carve_fuzz_item *item)
{
	carve_fuzz_leave(item);
	return CARVE_FUZZ_FAILED;
}

static void enter_block(struct carve_fuzz_step *s, struct carve_fuzz_item *item,
			struct carve_page *page, unsigned int order, gfp_t gfp)
{
	item->kind = CARVE_FUZZ_BLOCK;
	item->page = page;
	item->addr = carve_page_address(s->fuzz->co, page);
	item->order = order;
	item->size = PAGE_SIZE << order;
	carve_fuzz_born(s, item, item->size, want_init_on_alloc(gfp));
	carve_fuzz_leave(item);
}

enum carve_fuzz_outcome carve_fuzz_alloc_pages(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = carve_fuzz_place(s);
	unsigned int order = draw_block_order(s);
	gfp_t gfp = carve_fuzz_gfp(s);
	struct carve_page *page;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	s->size = PAGE_SIZE << order;
	page = carve_alloc_pages(s->fuzz->co, gfp, order);
	if (!page)
		return pages_failed(item);
	enter_block(s, item, page, order, gfp);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_get_free_pages(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = carve_fuzz_place(s);
	unsigned int order = carve_fuzz_one_in(s, 2) ? 0 : draw_block_order(s);
	gfp_t gfp = carve_fuzz_plain_gfp(s);
	struct carveout *co = s->fuzz->co;
	void *addr;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	s->size = PAGE_SIZE << order;
	addr = (void *)(gfp & __GFP_ZERO && !order ?
			carve_get_zeroed_page(co, gfp) :
			carve_get_free_pages(co, gfp, order));
	if (!addr)
		return pages_failed(item);
	enter_block(s, item, carve_virt_to_page(co, addr), order, gfp);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_alloc_exact(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = carve_fuzz_place(s);
	size_t size = carve_fuzz_size(s, PAGE_SIZE << draw_block_order(s));
	gfp_t gfp = carve_fuzz_plain_gfp(s);
	void *addr;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	s->size = size;
	addr = carve_alloc_pages_exact(s->fuzz->co, size, gfp);
	if (!addr)
		return pages_failed(item);
	item->kind = CARVE_FUZZ_EXACT;
	item->addr = addr;
	item->size = size;
	carve_fuzz_born(s, item, PAGE_SIZE, want_init_on_alloc(gfp));
	carve_fuzz_leave(item);
	return CARVE_FUZZ_DONE;
}

/* Pages for which there is no unused item are freed in bulk */
enum carve_fuzz_outcome carve_fuzz_alloc_bulk(struct carve_fuzz_step *s)
{
	unsigned int nr = 1 + carve_fuzz_any(s, MOST_BULK), i, got;
	struct carve_page *page[MOST_BULK] = { };
	gfp_t gfp = carve_fuzz_gfp(s);

	got = carve_alloc_pages_bulk(s->fuzz->co, gfp, nr, page);
	for (i = 0; i < got; i++) {
		struct carve_fuzz_item *item;

		item = carve_fuzz_take(s, BIT(CARVE_FUZZ_NOTHING));
		if (!item)
			break;
		enter_block(s, item, page[i], 0, gfp);
		page[i] = NULL;
	}
	carve_free_pages_bulk(s->fuzz->co, nr, page);
	s->size = (size_t)got << PAGE_SHIFT;
	return got == nr ? CARVE_FUZZ_DONE : CARVE_FUZZ_FAILED;
}

static struct carve_page *take_single_page(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item;
	struct carve_page *page;

	item = carve_fuzz_take(s, BIT(CARVE_FUZZ_BLOCK));
	if (!item)
		return NULL;
	page = item->page;
	if (item->order) {
		carve_fuzz_free(s, item);
		return NULL;
	}
	carve_fuzz_dies(s, item);
	carve_fuzz_leave(item);
	return page;
}

enum carve_fuzz_outcome carve_fuzz_free_bulk(struct carve_fuzz_step *s)
{
	unsigned int nr = 1 + carve_fuzz_any(s, MOST_BULK / 2), i;
	struct carve_page *page[MOST_BULK / 2] = { };

	for (i = 0; i < nr; i++)
		page[i] = take_single_page(s);
	carve_free_pages_bulk(s->fuzz->co, nr, page);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_split(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item;

	item = carve_fuzz_take(s, BIT(CARVE_FUZZ_BLOCK));
	if (!item)
		return CARVE_FUZZ_SKIPPED;
	s->size = item->size;
	carve_split_page(s->fuzz->co, item->page, item->order);
	item->kind = CARVE_FUZZ_SINGLES;
	carve_fuzz_look(s, item);
	carve_fuzz_leave(item);
	return CARVE_FUZZ_DONE;
}
