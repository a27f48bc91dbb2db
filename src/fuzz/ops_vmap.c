// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on mappings: areas, and pages that are mapped a second time.
 * Locking: the busy bit of the item, as for all steps.
 */
#include <linux/gfp.h>
#include <linux/instruction_pointer.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <carveout.h>

#include "fuzz/ops_internal.h"
#include "fuzz/step.h"

enum carve_fuzz_outcome carve_fuzz_vmalloc(struct carve_fuzz_step *s)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN |
		    (carve_fuzz_one_in(s, 3) ? __GFP_ZERO : 0);
	struct carve_fuzz_item *item = carve_fuzz_place(s);
	size_t size = carve_fuzz_size(s, s->fuzz->max_bytes);

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	s->size = size;
	/* carve_vmalloc() would log a failure */
	item->addr = carve_vmap_alloc(&s->fuzz->co->vmap, size, gfp,
				      _THIS_IP_);
	if (!item->addr) {
		carve_fuzz_leave(item);
		return CARVE_FUZZ_FAILED;
	}
	item->kind = CARVE_FUZZ_AREA;
	item->size = size;
	carve_fuzz_born(s, item, PAGE_SIZE, want_init_on_alloc(gfp));
	carve_fuzz_leave(item);
	return CARVE_FUZZ_DONE;
}

static struct carve_fuzz_item *take_page_item(struct carve_fuzz_step *s)
{
	return carve_fuzz_take(s, BIT(CARVE_FUZZ_BLOCK) |
				  BIT(CARVE_FUZZ_SINGLES));
}

/* Map the pages of @item, check the pattern there, and unmap them */
static bool map_and_look(struct carve_fuzz_step *s,
			 const struct carve_fuzz_item *item,
			 struct carve_page **pages)
{
	unsigned int nr = BIT(item->order), i;
	void *addr;

	for (i = 0; i < nr; i++)
		pages[i] = item->page + i;
	addr = carve_vmap(s->fuzz->co, pages, nr);
	if (!addr)
		return false;
	carve_fuzz_look_at(s, item, addr, item->size);
	carve_vunmap(s->fuzz->co, addr);
	return true;
}

enum carve_fuzz_outcome carve_fuzz_vmap(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = take_page_item(s);
	struct carve_page **pages;
	bool mapped = false;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	s->size = item->size;
	pages = kcalloc(BIT(item->order), sizeof(*pages), GFP_KERNEL);
	if (pages)
		mapped = map_and_look(s, item, pages);
	kfree(pages);
	carve_fuzz_leave(item);
	return mapped ? CARVE_FUZZ_DONE : CARVE_FUZZ_FAILED;
}

enum carve_fuzz_outcome carve_fuzz_kmap(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = take_page_item(s);
	void *addr;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	addr = carve_kmap(s->fuzz->co, item->page);
	if (addr)
		carve_fuzz_look_at(s, item, addr, PAGE_SIZE);
	else
		carve_fuzz_find(s->fuzz, s, "carve_kmap() failed");
	carve_kunmap(s->fuzz->co, item->page);
	carve_fuzz_leave(item);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_kmap_local(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = take_page_item(s);
	void *addr;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	addr = carve_kmap_local(s->fuzz->co, item->page);
	if (addr) {
		carve_fuzz_look_at(s, item, addr, PAGE_SIZE);
		carve_kunmap_local(s->fuzz->co, addr);
	}
	carve_fuzz_leave(item);
	return addr ? CARVE_FUZZ_DONE : CARVE_FUZZ_FAILED;
}
