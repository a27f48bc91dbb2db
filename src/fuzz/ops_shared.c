// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on shared memory: coherent buffers, of a dummy device, and pages
 * with references, as used by modules built with carveout_native.h. The
 * operations act as the kernel does: they take references, and drop the last
 * one without freeing the page; carve_native_collect() must find it.
 *
 * Locking: the busy bit of the item, as for all steps.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/instruction_pointer.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <carveout.h>

#include "core/native.h"
#include "fuzz/ops_internal.h"
#include "fuzz/ops_shared.h"
#include "fuzz/step.h"
#include "page/misuse.h"

#define MOST_REFS 8

/* A dummy device without a bus, which can address all memory */

static void release_dummy_device(struct device *dev)
{
	kfree(dev);
}

static struct device *create_dummy_device(void)
{
	struct device *dev = kzalloc_obj(*dev);

	if (!dev)
		return NULL;
	device_initialize(dev);
	dev->release = release_dummy_device;
	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	dev->dma_mask = &dev->coherent_dma_mask;
	if (!dev_set_name(dev, "carveout_fuzz"))
		return dev;
	put_device(dev);
	return NULL;
}

int carve_fuzz_share(struct carve_fuzz *fuzz)
{
	if (fuzz->options->layers & BIT(CARVE_FUZZ_NATIVE))
		fuzz->frames = carve_native_try(fuzz->co);
	if (!IS_ENABLED(CONFIG_HAS_DMA) ||
	    !(fuzz->options->layers & BIT(CARVE_FUZZ_DMA)))
		return 0;
	fuzz->dev = create_dummy_device();
	return fuzz->dev ? 0 : -ENOMEM;
}

void carve_fuzz_unshare(struct carve_fuzz *fuzz)
{
	if (fuzz->frames)
		carve_native_end_try(fuzz->co);
	if (fuzz->dev)
		put_device(fuzz->dev);
}

/* DMA buffers */

enum carve_fuzz_outcome carve_fuzz_dma_alloc(struct carve_fuzz_step *s)
{
	struct carve_fuzz *fuzz = s->fuzz;
	struct carve_fuzz_item *item;
	gfp_t gfp = carve_fuzz_plain_gfp(s);
	size_t size = carve_fuzz_size(s, PAGE_SIZE << fuzz->max_order);

	if (!fuzz->dev)
		return CARVE_FUZZ_SKIPPED;
	item = carve_fuzz_place(s);
	if (!item)
		return CARVE_FUZZ_SKIPPED;
	s->size = size;
	item->addr = carve_dma_alloc(&fuzz->co->dma, fuzz->dev, size,
				     &item->handle, gfp, _THIS_IP_);
	if (!item->addr) {
		carve_fuzz_leave(item);
		return CARVE_FUZZ_FAILED;
	}
	item->kind = CARVE_FUZZ_COHERENT;
	item->size = size;
	item->page = carve_pages_lookup(&fuzz->co->pages, item->addr);
	carve_fuzz_born(s, item, PAGE_SIZE << get_order(size), true);
	carve_fuzz_leave(item);
	return CARVE_FUZZ_DONE;
}

/* Free with a wrong size, a wrong bus address, or a pointer into the buffer */
enum carve_fuzz_outcome carve_fuzz_bad_dma(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = carve_fuzz_take(s, BIT(CARVE_FUZZ_COHERENT));
	long before = carve_nr_misuses(&s->fuzz->co->pages);
	struct carve_fuzz_item bad;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	bad = *item;
	s->size = item->size;
	switch (carve_fuzz_any(s, 3)) {
	case 0:
		bad.size += PAGE_SIZE;
		break;
	case 1:
		bad.handle += PAGE_SIZE;
		break;
	default:
		bad.addr += 1 + carve_fuzz_any(s, item->size);
	}
	carve_fuzz_free_coherent(s, &bad);
	carve_fuzz_expect_bad(s, before, 1);
	carve_fuzz_look(s, item);
	carve_fuzz_leave(item);
	return CARVE_FUZZ_REFUSED;
}

/* Pages with references */

enum carve_fuzz_outcome carve_fuzz_native_alloc(struct carve_fuzz_step *s)
{
	struct carve_fuzz *fuzz = s->fuzz;
	struct carve_fuzz_item *item;
	gfp_t gfp = carve_fuzz_plain_gfp(s);
	unsigned int order = carve_fuzz_any(s, fuzz->max_order + 1);
	struct page *page;

	if (!fuzz->frames)
		return CARVE_FUZZ_SKIPPED;
	item = carve_fuzz_place(s);
	if (!item)
		return CARVE_FUZZ_SKIPPED;
	s->size = PAGE_SIZE << order;
	page = carve_native_pages_alloc(fuzz->co, gfp, order);
	if (!page) {
		carve_fuzz_leave(item);
		return CARVE_FUZZ_FAILED;
	}
	item->kind = CARVE_FUZZ_FRAME;
	item->order = order;
	item->refs = 0;
	item->page = carve_native_page(fuzz->co, page);
	item->addr = carve_page_address(fuzz->co, item->page);
	item->size = PAGE_SIZE << order;
	if (carve_native_page_refs(page) != 1)
		carve_fuzz_find(fuzz, s, "a new page has %d references",
				carve_native_page_refs(page));
	carve_fuzz_born(s, item, item->size, want_init_on_alloc(gfp));
	carve_fuzz_leave(item);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_native_get(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = carve_fuzz_take(s, BIT(CARVE_FUZZ_FRAME));
	bool room = item && item->refs < MOST_REFS;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	if (room) {
		page_ref_inc(carve_fuzz_item_frame(s, item));
		item->refs++;
	}
	carve_fuzz_leave(item);
	return room ? CARVE_FUZZ_DONE : CARVE_FUZZ_SKIPPED;
}

/* Drop a reference other than the last */
enum carve_fuzz_outcome carve_fuzz_native_put(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = carve_fuzz_take(s, BIT(CARVE_FUZZ_FRAME));
	bool any = item && item->refs;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	if (any) {
		carve_fuzz_put_frame(s, item);
		item->refs--;
		carve_fuzz_look(s, item);
	}
	carve_fuzz_leave(item);
	return any ? CARVE_FUZZ_DONE : CARVE_FUZZ_SKIPPED;
}

/* Drop all references as the kernel does */
enum carve_fuzz_outcome carve_fuzz_native_drop(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = carve_fuzz_take(s, BIT(CARVE_FUZZ_FRAME));
	struct page *page;
	unsigned int i;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	page = carve_fuzz_item_frame(s, item);
	carve_fuzz_dies(s, item);
	for (i = 0; i <= item->refs; i++)
		page_ref_dec(page);
	carve_fuzz_leave(item);
	return CARVE_FUZZ_DONE;
}
