// SPDX-License-Identifier: GPL-2.0
/*
 * Comparison of the carveout's counters with the model. Locking: none; no
 * worker may run meanwhile.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>

#include "core/allocation_report.h"
#include "fuzz/tally.h"
#include "page/misuse.h"

/* Corrupted objects that debugging of caches found, without bad frees */
static unsigned long count_corruption(struct carve_fuzz *fuzz)
{
	struct carve_slabs *slabs = &fuzz->co->slabs;
	struct carve_cache *cache;
	unsigned long n = 0;

	guard(mutex)(&slabs->lock);
	list_for_each_entry(cache, &slabs->caches, list) {
		const unsigned long *count = cache->debugging.count;

		n += count[CARVE_ERROR_LEFT_REDZONE] + count[CARVE_ERROR_RIGHT_REDZONE] +
		     count[CARVE_ERROR_POISON] + count[CARVE_ERROR_COUNTS];
	}
	return n;
}

void carve_fuzz_tally_begin(struct carve_fuzz *fuzz)
{
	fuzz->first_bad = carve_nr_misuses(&fuzz->co->pages);
	fuzz->corruption = count_corruption(fuzz);
}

/**
 * struct tally - counters, of the carveout or of the model
 * @things: allocations, as counted by carveout_count_allocations()
 * @used: pages of page allocations and areas
 * @large: pages of large allocations of the kmalloc family
 * @dma: pages of DMA buffers
 * @objects: objects of each cache of the model
 */
struct tally {
	unsigned long things;
	unsigned long used;
	unsigned long large;
	unsigned long dma;
	unsigned long objects[CARVE_FUZZ_NR_CACHES];
};

static unsigned long item_pages(const struct carve_fuzz_item *item)
{
	return PFN_UP(item->size);
}

/* Add a kmalloc or kvmalloc, by the kind of memory that it was served from */
static void add_kmalloc_item(struct carveout *co, struct tally *t,
			     const struct carve_fuzz_item *item)
{
	const struct carve_page *page = carve_pages_lookup(&co->pages,
							   item->addr);

	t->things++;
	if (page && page->state == CARVE_PAGE_LARGE)
		t->large += BIT(page->order);
	else if (!page || page->state == CARVE_PAGE_AREA)
		t->used += DIV_ROUND_UP(carve_kvmalloc_usable(&co->vmap,
							      item->addr),
					PAGE_SIZE);
}

static void tally_add_item(struct carve_fuzz *fuzz, struct tally *t,
			   const struct carve_fuzz_item *item)
{
	switch (item->kind) {
	case CARVE_FUZZ_BLOCK:
	case CARVE_FUZZ_AREA:
	case CARVE_FUZZ_FRAME:
		t->things++;
		t->used += item_pages(item);
		break;
	case CARVE_FUZZ_COHERENT:
		t->things++;
		t->dma += item_pages(item);
		break;
	case CARVE_FUZZ_SINGLES:
	case CARVE_FUZZ_EXACT:
		t->things += item_pages(item);
		t->used += item_pages(item);
		break;
	case CARVE_FUZZ_OBJECT:
		t->things++;
		t->objects[item->cache - fuzz->cache]++;
		break;
	case CARVE_FUZZ_KM:
	case CARVE_FUZZ_KVM:
		add_kmalloc_item(fuzz->co, t, item);
		break;
	}
}

static struct tally tally_model(struct carve_fuzz *fuzz)
{
	struct tally t = { };
	unsigned int i;

	for (i = 0; i < fuzz->nr_items; i++)
		tally_add_item(fuzz, &t, &fuzz->item[i]);
	for (i = 0; i < CARVE_FUZZ_NR_CACHES; i++)
		t.things += !!fuzz->cache[i].cache;
	return t;
}

static struct tally tally_carveout(struct carve_fuzz *fuzz)
{
	const struct carve_page *page = fuzz->co->pages.map;
	const struct carve_page *end = page + fuzz->co->pages.nr_pages;
	struct carve_cache_usage usage;
	struct carve_vmap_usage areas;
	struct tally t = { };
	unsigned int i;

	t.things = carveout_count_allocations(fuzz->co);
	for (; page < end; page++)
		if (page->state == CARVE_PAGE_USED)
			t.used += BIT(page->order);
		else if (page->state == CARVE_PAGE_LARGE)
			t.large += BIT(page->order);
		else if (page->state == CARVE_PAGE_DMA)
			t.dma += page->nr_pages;
	carve_vmap_usage(&fuzz->co->vmap, &areas);
	t.used += areas.nr_pages;
	for (i = 0; i < CARVE_FUZZ_NR_CACHES; i++)
		if (fuzz->cache[i].cache) {
			carve_cache_usage(fuzz->cache[i].cache, &usage);
			t.objects[i] = usage.active_objects;
		}
	return t;
}

static void compare_counts(struct carve_fuzz *fuzz, const char *what,
			   unsigned long counted, unsigned long wanted)
{
	if (counted != wanted)
		carve_fuzz_find(fuzz, NULL,
				"the carveout counts %lu %s, the model %lu",
				counted, what, wanted);
}

void carve_fuzz_compare(struct carve_fuzz *fuzz)
{
	struct tally has = tally_carveout(fuzz), wants = tally_model(fuzz);
	unsigned int i;

	compare_counts(fuzz, "things allocated", has.things, wants.things);
	compare_counts(fuzz, "pages handed out", has.used, wants.used);
	compare_counts(fuzz, "pages of large kmallocs", has.large, wants.large);
	compare_counts(fuzz, "pages of DMA buffers", has.dma, wants.dma);
	for (i = 0; i < CARVE_FUZZ_NR_CACHES; i++)
		compare_counts(fuzz, "objects of a cache", has.objects[i],
			       wants.objects[i]);
	compare_counts(fuzz, "corrupted objects", count_corruption(fuzz), fuzz->corruption);
	compare_counts(fuzz, "misuses refused",
		       carve_nr_misuses(&fuzz->co->pages) - fuzz->first_bad,
		       atomic_long_read(&fuzz->nr_bad));
}
