// SPDX-License-Identifier: GPL-2.0
/*
 * Slabs
 *
 * A slab is a block of pages cut into objects of one size (Bonwick, "The Slab
 * Allocator: An Object-Caching Kernel Memory Allocator", USENIX 1994):
 *
 *	| colour | object 0 | object 1 | ... | object n-1 | rest |
 *
 * All that is known about it is kept outside, in the descriptor of its first
 * page: a bit for each object, set while the object is in the slab, and the
 * number of those that are not. A free object holds nothing of ours, so what
 * a constructor wrote stays, and whoever writes to an object after freeing it
 * can't lead the allocator astray. An object that is freed twice finds its bit
 * set.
 *
 * 64 bits lie in the descriptor itself. Slabs of more objects, that is of
 * objects below 64 bytes, have their bits in an object of a cache for just
 * that, whose own slabs need no more than 64 bits.
 *
 * The descriptors of further pages name the cache too, and the distance to the
 * first page, so that an object's address leads to its cache with one look.
 *
 * Invariants, walked by carve_slab_check():
 *  - inuse + set bits == objects in a slab;
 *  - no bit is set beyond the last object;
 *  - all pages name the cache, and the first one.
 */
#include <linux/bitmap.h>
#include <linux/cache.h>
#include <linux/minmax.h>

#include "report.h"
#include "slab/slab.h"

/* A slab wastes at most one part in so many, where an order allows that */
static const unsigned int waste_shares[] = { 8, 4, 2 };
/* and holds at least so many objects, where it may */
#define SLAB_MIN_OBJECTS 4

static unsigned int objects_in(unsigned int order, unsigned int size)
{
	unsigned int n = (PAGE_SIZE << order) / size;

	return size < PAGE_SIZE / CARVE_SLAB_INLINE_OBJECTS ?
	       n : min_t(unsigned int, n, CARVE_SLAB_INLINE_OBJECTS);
}

static bool order_suits(unsigned int order, unsigned int size,
			unsigned int share)
{
	unsigned int bytes = PAGE_SIZE << order;
	unsigned int n = objects_in(order, size);

	return n && (n >= SLAB_MIN_OBJECTS || order == CARVE_SLAB_MAX_ORDER) &&
	       bytes - n * size <= bytes / share;
}

static unsigned int choose_order(unsigned int size)
{
	unsigned int i, order;

	for (i = 0; i < ARRAY_SIZE(waste_shares); i++)
		for (order = 0; order <= CARVE_SLAB_MAX_ORDER; order++)
			if (order_suits(order, size, waste_shares[i]))
				return order;
	return CARVE_SLAB_MAX_ORDER;
}

void carve_slab_geometry(struct carve_cache *cache, struct carve_shelf *shelf)
{
	unsigned int rest;

	shelf->reciprocal = reciprocal_value(shelf->size);
	shelf->order = choose_order(shelf->size);
	shelf->nr_objects = objects_in(shelf->order, shelf->size);
	rest = (PAGE_SIZE << shelf->order) - shelf->nr_objects * shelf->size;
	shelf->colour_step = max_t(unsigned int, cache->align,
				   cache_line_size());
	shelf->nr_colours = min(rest / shelf->colour_step + 1, 256U);
}

static unsigned long *free_map(const struct carve_shelf *shelf,
			       struct carve_page *slab)
{
	return shelf->map_cache ? slab->free_map : (unsigned long *)&slab->free;
}

static void *first_object(struct carve_cache *cache,
			  const struct carve_page *slab)
{
	return carve_pages_address(cache->pages, slab) +
	       slab->colour * carve_slab_shelf(cache, slab)->colour_step;
}

static void name_pages(struct carve_cache *cache, struct carve_page *slab)
{
	unsigned int i;

	for (i = 0; i < BIT(slab->order); i++) {
		if (i)
			slab[i].offset = i;
		slab[i].cache = cache;
		/* Last: whoever sees it may follow the rest */
		smp_store_release(&slab[i].state, i ? CARVE_PAGE_SLAB_TAIL :
						      CARVE_PAGE_SLAB);
	}
}

static void unname_pages(struct carve_cache *cache, struct carve_page *slab)
{
	unsigned int i;

	for (i = 0; i < BIT(slab->order); i++) {
		slab[i].state = CARVE_PAGE_TAIL;
		slab[i].cache = NULL;
	}
}

static void construct(struct carve_cache *cache, struct carve_page *slab)
{
	const struct carve_shelf *shelf = carve_slab_shelf(cache, slab);
	void *object = first_object(cache, slab);
	unsigned int i;

	if (!cache->ctor)
		return;
	for (i = 0; i < shelf->nr_objects; i++, object += shelf->size)
		cache->ctor(object);
}

struct carve_page *carve_slab_new(struct carve_cache *cache,
				  struct carve_shelf *shelf, gfp_t gfp,
				  unsigned int colour)
{
	unsigned long *map = NULL;
	struct carve_page *slab;

	if (shelf->map_cache) {
		map = carve_cache_get(shelf->map_cache, gfp);
		if (!map)
			return NULL;
	}
	/* Not a slab as yet: a stray free must not take it for one */
	slab = carve_pages_get(cache->pages, gfp, shelf->order,
			       CARVE_PAGE_META);
	if (!slab) {
		if (map)
			carve_cache_put(shelf->map_cache, map);
		return NULL;
	}
	slab->inuse = 0;
	slab->colour = colour;
	slab->free = 0;
	if (map) {
		slab->free_map = map;
		bitmap_zero(map, CARVE_SLAB_MAX_OBJECTS);
	}
	bitmap_set(free_map(shelf, slab), 0, shelf->nr_objects);
	construct(cache, slab);
	name_pages(cache, slab);
	return slab;
}

void carve_slab_release(struct carve_cache *cache, struct carve_page *slab)
{
	struct carve_shelf *shelf = carve_slab_shelf(cache, slab);
	unsigned long *map = slab->free_map;

	/* First: a stray free must not find the map when it is another slab's */
	unname_pages(cache, slab);
	if (shelf->map_cache)
		carve_cache_put(shelf->map_cache, map);
	carve_pages_put(cache->pages, slab, shelf->order);
}

unsigned int carve_slab_take(struct carve_cache *cache,
			     struct carve_page *slab, void **objects,
			     unsigned int n)
{
	const struct carve_shelf *shelf = carve_slab_shelf(cache, slab);
	unsigned long *word = free_map(shelf, slab);
	void *object = first_object(cache, slab);
	void *const end = object + shelf->nr_objects * shelf->size;
	unsigned int taken = 0;

	for (; object < end && taken < n; word++) {
		while (*word && taken < n) {
			objects[taken++] = object + __ffs(*word) * shelf->size;
			*word &= *word - 1;
		}
		object += BITS_PER_LONG * shelf->size;
	}
	slab->inuse += taken;
	return taken;
}

static struct carve_page *head_of(struct carve_page *page)
{
	return page->state == CARVE_PAGE_SLAB_TAIL ? page - page->offset : page;
}

/**
 * locate() - find an object that was freed, and all that can be wrong with it
 * @cache: the cache that it was freed to
 * @object: its address
 * @slab: set to its slab
 * @index: set to its number there
 *
 * Return: NULL, or what is wrong.
 */
static const char *locate(struct carve_cache *cache, const void *object,
			  struct carve_page **slab, unsigned int *index)
{
	struct carve_page *page = carve_pages_lookup(cache->pages, object);
	const struct carve_shelf *shelf;
	unsigned int offset;

	if (!page)
		return "not memory of this carveout";
	if (page->state != CARVE_PAGE_SLAB && page->state != CARVE_PAGE_SLAB_TAIL)
		return "not in a slab";
	if (page->cache != cache)
		return "an object of another cache";
	*slab = head_of(page);
	shelf = carve_slab_shelf(cache, *slab);
	if (object < first_object(cache, *slab))
		return "not the start of an object";
	offset = object - first_object(cache, *slab);
	*index = reciprocal_divide(offset, shelf->reciprocal);
	if (*index >= shelf->nr_objects || *index * shelf->size != offset)
		return "not the start of an object";
	if (test_bit(*index, free_map(shelf, *slab)))
		return "already free";
	return NULL;
}

const char *carve_slab_error(struct carve_cache *cache, const void *object)
{
	struct carve_page *slab;
	unsigned int index;

	return locate(cache, object, &slab, &index);
}

struct carve_page *carve_slab_put(struct carve_cache *cache, void *object)
{
	struct carve_page *slab;
	unsigned int index;

	if (locate(cache, object, &slab, &index))
		return NULL;
	__set_bit(index, free_map(carve_slab_shelf(cache, slab), slab));
	slab->inuse--;
	return slab;
}

static unsigned int map_bits(const struct carve_shelf *shelf)
{
	return shelf->map_cache ? CARVE_SLAB_MAX_OBJECTS :
				  CARVE_SLAB_INLINE_OBJECTS;
}

void carve_slab_check(struct carve_cache *cache, struct carve_page *slab,
		      struct carve_report *r)
{
	const struct carve_shelf *shelf = carve_slab_shelf(cache, slab);
	unsigned long *map = free_map(shelf, slab);
	unsigned int i, set = bitmap_weight(map, shelf->nr_objects);

	carve_report_unless(r, slab->inuse + set == shelf->nr_objects,
			    "cache %s: a slab has %u objects out and %u in, not %u",
			    cache->name, slab->inuse, set, shelf->nr_objects);
	carve_report_unless(r, bitmap_weight(map, map_bits(shelf)) == set,
			    "cache %s: a slab has bits beyond its last object",
			    cache->name);
	for (i = 0; i < BIT(shelf->order); i++)
		carve_report_unless(r, slab[i].cache == cache &&
				    head_of(&slab[i]) == slab,
				    "cache %s: page %u of a slab is not its own",
				    cache->name, i);
}
