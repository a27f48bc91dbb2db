// SPDX-License-Identifier: GPL-2.0
/*
 * What the carveout counts, beside what the model would have it count. That can
 * be compared while nobody is at work.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>

#include "fuzz/step.h"

unsigned long carve_fuzz_damage(struct carve_fuzz *fuzz)
{
	struct carve_slabs *slabs = &fuzz->co->slabs;
	struct carve_cache *cache;
	unsigned long n = 0;

	guard(mutex)(&slabs->lock);
	list_for_each_entry(cache, &slabs->caches, list) {
		const unsigned long *count = cache->debugging.count;

		n += count[CARVE_DAMAGE_LEFT] + count[CARVE_DAMAGE_RIGHT] +
		     count[CARVE_DAMAGE_POISON] + count[CARVE_DAMAGE_COUNTS];
	}
	return n;
}

/**
 * struct tally - what the carveout counts, or should
 * @things: as carveout_count_owned() counts them
 * @used: pages handed out as such, or in areas
 * @large: pages behind large allocations of the kmalloc family
 * @objects: of each cache in the model
 */
struct tally {
	unsigned long things;
	unsigned long used;
	unsigned long large;
	unsigned long objects[CARVE_FUZZ_NR_CACHES];
};

static unsigned long pages_of(const struct carve_fuzz_item *item)
{
	return PFN_UP(item->size);
}

/* Of a kind that the layers below choose: what have they chosen? */
static void add_bytes(struct carveout *co, struct tally *t,
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

static void add_item(struct carve_fuzz *fuzz, struct tally *t,
		     const struct carve_fuzz_item *item)
{
	switch (item->kind) {
	case CARVE_FUZZ_BLOCK:
	case CARVE_FUZZ_AREA:
		t->things++;
		t->used += pages_of(item);
		break;
	case CARVE_FUZZ_SINGLES:
	case CARVE_FUZZ_EXACT:
		t->things += pages_of(item);
		t->used += pages_of(item);
		break;
	case CARVE_FUZZ_OBJECT:
		t->things++;
		t->objects[item->cache - fuzz->cache]++;
		break;
	case CARVE_FUZZ_KM:
	case CARVE_FUZZ_KVM:
		add_bytes(fuzz->co, t, item);
		break;
	}
}

static struct tally wanted(struct carve_fuzz *fuzz)
{
	struct tally t = { };
	unsigned int i;

	for (i = 0; i < fuzz->nr_items; i++)
		add_item(fuzz, &t, &fuzz->item[i]);
	for (i = 0; i < CARVE_FUZZ_NR_CACHES; i++)
		t.things += !!fuzz->cache[i].cache;
	return t;
}

static struct tally counted(struct carve_fuzz *fuzz)
{
	const struct carve_page *page = fuzz->co->pages.map;
	const struct carve_page *end = page + fuzz->co->pages.nr_pages;
	struct carve_cache_usage usage;
	struct carve_vmap_usage areas;
	struct tally t = { };
	unsigned int i;

	t.things = carveout_count_owned(fuzz->co);
	for (; page < end; page++)
		if (page->state == CARVE_PAGE_USED)
			t.used += BIT(page->order);
		else if (page->state == CARVE_PAGE_LARGE)
			t.large += BIT(page->order);
	carve_vmap_usage(&fuzz->co->vmap, &areas);
	t.used += areas.nr_pages;
	for (i = 0; i < CARVE_FUZZ_NR_CACHES; i++)
		if (fuzz->cache[i].cache) {
			carve_cache_usage(fuzz->cache[i].cache, &usage);
			t.objects[i] = usage.active_objects;
		}
	return t;
}

static void compare(struct carve_fuzz *fuzz, const char *what,
		    unsigned long counted, unsigned long wanted)
{
	if (counted != wanted)
		carve_fuzz_find(fuzz, NULL,
				"the carveout counts %lu %s, the model %lu",
				counted, what, wanted);
}

void carve_fuzz_compare(struct carve_fuzz *fuzz)
{
	struct tally has = counted(fuzz), wants = wanted(fuzz);
	unsigned int i;

	compare(fuzz, "things allocated", has.things, wants.things);
	compare(fuzz, "pages handed out", has.used, wants.used);
	compare(fuzz, "pages of large kmallocs", has.large, wants.large);
	for (i = 0; i < CARVE_FUZZ_NR_CACHES; i++)
		compare(fuzz, "objects of a cache", has.objects[i],
			wants.objects[i]);
	compare(fuzz, "damaged objects", carve_fuzz_damage(fuzz), fuzz->damage);
	compare(fuzz, "frees refused",
		carve_fuzz_bad_frees(fuzz) - fuzz->first_bad,
		atomic_long_read(&fuzz->nr_bad));
}
