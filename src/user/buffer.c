// SPDX-License-Identifier: GPL-2.0
/*
 * Contiguous blocks of pages in an object: for huge mappings, and for buffers of
 * devices.
 *
 * A block is split into pages, which are mapped, pinned and freed one by one. The
 * pages of a buffer stay until the object is closed, so that neither munmap() nor
 * madvise() takes memory that a device may be using.
 *
 * Locking: as in object.c. Blocks are allocated without the object's lock, so
 * another thread may meanwhile have inserted a page at the same offset; then the
 * block is freed again.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "user/buffer.h"
#include "user/object_internal.h"

/* Number of pages processed between two cond_resched() */
#define BATCH 1024

static bool object_has_block(const struct carve_object *object, unsigned long at,
			     unsigned int order)
{
	struct carve_page *page = carve_object_page(object, at);
	u32 first = page - carve_object_pages(object)->map;
	unsigned long i;

	if (!page ||
	    !IS_ALIGNED(carve_pages_pfn(carve_object_pages(object), page),
			BIT(order)))
		return false;
	for (i = 1; i < BIT(order); i++)
		if (carve_index_load(&object->index, at + i) != first + i)
			return false;
	return true;
}

static bool object_has_hole(const struct carve_object *object, unsigned long at,
			    unsigned long nr)
{
	return carve_index_next(&object->index, at) >= at + nr;
}

/*
 * Split a block, of whose pages the first @nr are charged, insert these into a hole,
 * and free the others.
 * Returns the number inserted, less than @nr if there was no memory for a table.
 */
static unsigned long insert_pages(struct carve_object *object, unsigned long at,
				  struct carve_page *block, unsigned int order,
				  unsigned long nr, bool stays)
{
	unsigned long i, inserted;

	__carve_pages_split(block, order);
	for (i = 0; i < nr; i++) {
		if (carve_object_insert(object, at + i, &block[i]))
			break;
		block[i].stays = stays;
		if (i % BATCH == BATCH - 1)
			cond_resched();
	}
	inserted = i;
	for (; i < BIT(order); i++)
		carve_object_free(object, &block[i], 0, i < nr);
	return inserted;
}

struct page *carve_object_get_huge(struct carve_object *object, unsigned long at,
				   unsigned int order)
{
	struct carve_page *block = ERR_PTR(-EEXIST);
	bool hole;

	scoped_guard(mutex, &object->lock)
		hole = object_has_hole(object, at, BIT(order));
	if (hole)
		block = carve_object_alloc(object, CARVE_GFP_OBJECT | __GFP_NORETRY,
					   order, BIT(order));
	guard(mutex)(&object->lock);
	if (!IS_ERR(block) && object_has_hole(object, at, BIT(order)))
		insert_pages(object, at, block, order, BIT(order), false);
	else if (!IS_ERR(block))
		carve_object_free(object, block, order, BIT(order));
	if (!object_has_block(object, at, order))
		return NULL;
	return carve_object_frame(carve_object_pages(object),
				  carve_object_page(object, at));
}

/* Allocate a block of a range; add the pages inserted to @at */
static int alloc_part(struct carve_object *object, unsigned long *at,
		      unsigned long nr, unsigned int order)
{
	/* These pages stay: keep them apart from those that are soon freed */
	const gfp_t gfp = CARVE_GFP_OBJECT & ~__GFP_MOVABLE;
	struct carve_page *block = carve_object_alloc(object, gfp, order, nr);
	unsigned long inserted;

	if (IS_ERR(block))
		return PTR_ERR(block);
	guard(mutex)(&object->lock);
	if (!object_has_hole(object, *at, nr)) {
		carve_object_free(object, block, order, nr);
		return -EEXIST;
	}
	inserted = insert_pages(object, *at, block, order, nr, true);
	*at += inserted;
	return inserted == nr ? 0 : -ENOMEM;
}

/* Free the pages of a range as soon as they are idle */
static void undo_range(struct carve_object *object, unsigned long first,
		       unsigned long end)
{
	unsigned long at;

	scoped_guard(mutex, &object->lock)
		carve_index_for_each(at, &object->index, first, end) {
			carve_object_page(object, at)->stays = false;
			if (at % BATCH == 0)
				cond_resched();
		}
	carve_object_sweep(object, first, end);
}

int carve_object_alloc_range(struct carve_object *object, unsigned long first,
			     unsigned long nr, unsigned int order)
{
	unsigned long at = first, end = first + nr;
	int ret = 0;

	if (first >= CARVE_INDEX_END || nr > CARVE_INDEX_END - first)
		return -EFBIG;
	carve_object_sweep(object, first, end);
	while (!ret && at < end) {
		ret = fatal_signal_pending(current) ? -EINTR :
		      alloc_part(object, &at, min(BIT(order), end - at), order);
		cond_resched();
	}
	if (ret)
		undo_range(object, first, at);
	return ret;
}

unsigned long carve_object_find_block(struct carve_object *object, unsigned long at,
				      phys_addr_t *phys)
{
	struct carve_pages *ps = carve_object_pages(object);
	struct carve_page *page;
	unsigned long pfn, nr;

	if (at >= CARVE_INDEX_END)
		return 0;
	guard(mutex)(&object->lock);
	page = carve_object_page(object, at);
	if (!page || !page->stays)
		return 0;
	pfn = carve_pages_pfn(ps, page);
	*phys = PFN_PHYS(pfn);
	for (nr = 1; at + nr < CARVE_INDEX_END; nr++) {
		page = carve_object_page(object, at + nr);
		if (!page || !page->stays || carve_pages_pfn(ps, page) != pfn + nr)
			break;
		if (nr % BATCH == 0)
			cond_resched();
	}
	return nr;
}
