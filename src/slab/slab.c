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
 * a constructor wrote stays, and a write to an object after its free can't lead
 * the allocator astray. A second free of an object finds its bit set.
 *
 * The descriptor itself has 64 such bits. Slabs of more objects have their bits
 * in an object of a cache that is there for just that, the map cache, whose own
 * slabs need no more than 64 bits.
 *
 * A debug slab keeps more than a bit about each object: its free map is the head
 * of an array of records, in pages of their own. Each object has red zones around
 * it, bytes that nobody may write to. The left one is as long as the alignment of
 * objects, so that they stay aligned:
 *
 *	| colour | red zone, object 0, red zone | red zone, object 1, ... | rest |
 *
 * Objects leave a slab in an order that can't be foretold, so that an attacker
 * can't choose what lies behind an object: each is the first free one from a
 * random place on, which takes as long for the last one as for the first.
 *
 * The descriptors of a slab's further pages name the cache, too, and the distance
 * to the first page: an object's address leads to its cache by one descriptor.
 *
 * Invariants, walked by carve_slab_check():
 *  - inuse + set bits == objects in a slab;
 *  - no bit is set beyond the last object;
 *  - all pages name the cache, and the first one.
 */
#include <linux/bitmap.h>
#include <linux/cache.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>

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
	shelf->order = shelf == &cache->low ? get_order(shelf->size) :
					      choose_order(shelf->size);
	shelf->nr_objects = objects_in(shelf->order, shelf->size);
	rest = (PAGE_SIZE << shelf->order) - shelf->nr_objects * shelf->size;
	shelf->colour_step = max_t(unsigned int, cache->align,
				   cache_line_size());
	shelf->nr_colours = min(rest / shelf->colour_step + 1, 128U);
}

static unsigned long *free_map(const struct carve_shelf *shelf,
			       struct carve_page *slab)
{
	return shelf->map_cache || slab->debug ? slab->free_map :
						 (unsigned long *)&slab->free;
}

static void *first_object(struct carve_cache *cache,
			  const struct carve_page *slab)
{
	const struct carve_shelf *shelf = carve_slab_shelf(cache, slab);

	return carve_pages_address(cache->pages, slab) +
	       slab->colour * shelf->colour_step + shelf->left;
}

void *carve_slab_object(struct carve_cache *cache,
			const struct carve_page *slab, unsigned int index)
{
	return first_object(cache, slab) +
	       index * carve_slab_shelf(cache, slab)->size;
}

static struct carve_record *record_in(unsigned long *map, unsigned int index)
{
	struct carve_records *records = container_of(map, struct carve_records,
						     free_map[0]);

	return &records->of[index];
}

struct carve_record *carve_slab_record(const struct carve_page *slab,
				       unsigned int index)
{
	return record_in(slab->free_map, index);
}

bool carve_slab_has(struct carve_cache *cache, struct carve_page *slab,
		    unsigned int index)
{
	return test_bit(index, free_map(carve_slab_shelf(cache, slab), slab));
}

static unsigned int records_order(const struct carve_shelf *shelf)
{
	return get_order(struct_size_t(struct carve_records, of,
				       shelf->nr_objects));
}

/* Half the pages for records are worth up to a quarter of the objects */
void carve_slab_fit_records(struct carve_shelf *shelf)
{
	size_t half = (PAGE_SIZE << records_order(shelf)) / 2;
	unsigned int fit = (half - sizeof(struct carve_records)) /
			   sizeof(struct carve_record);

	if (half >= PAGE_SIZE && fit >= shelf->nr_objects * 3 / 4)
		shelf->nr_objects = fit;
}

static unsigned long *new_records(struct carve_cache *cache,
				  const struct carve_shelf *shelf, gfp_t gfp)
{
	unsigned int order = records_order(shelf);
	struct carve_page *page;

	page = carve_pages_alloc(cache->pages, gfp | __GFP_ZERO, order,
				 CARVE_PAGE_META, _THIS_IP_);
	return page ? carve_pages_address(cache->pages, page) : NULL;
}

static bool has_map(const struct carve_cache *cache,
		    const struct carve_shelf *shelf)
{
	return shelf->map_cache || shelf == &cache->debug;
}

/* A free map outside the descriptor; NULL: no memory */
static unsigned long *new_map(struct carve_cache *cache,
			      const struct carve_shelf *shelf, gfp_t gfp)
{
	unsigned long *map;

	if (shelf == &cache->debug)
		return new_records(cache, shelf, gfp);
	map = carve_cache_get(shelf->map_cache, gfp);
	if (map)
		bitmap_zero(map, CARVE_SLAB_MAX_OBJECTS);
	return map;
}

static void release_map(struct carve_cache *cache,
			const struct carve_shelf *shelf, unsigned long *map)
{
	struct carve_page *page;

	if (shelf->map_cache) {
		carve_cache_put(shelf->map_cache, map);
	} else if (shelf == &cache->debug) {
		page = carve_pages_lookup(cache->pages, map);
		carve_pages_put(cache->pages, page, records_order(shelf));
	}
}

static void name_pages(struct carve_cache *cache, struct carve_page *slab)
{
	const u8 head = cache->own ? CARVE_PAGE_OWN_SLAB : CARVE_PAGE_SLAB;
	const u8 tail = head + 1;
	unsigned int i;

	for (i = 0; i < BIT(slab->order); i++) {
		if (i)
			slab[i].offset = i;
		slab[i].cache = cache;
		/* Last: a reader that sees it may follow the rest */
		smp_store_release(&slab[i].state, i ? tail : head);
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

static void run_on_objects(struct carve_cache *cache, struct carve_page *slab,
			   void (*fn)(void *object))
{
	const struct carve_shelf *shelf = carve_slab_shelf(cache, slab);
	void *object = first_object(cache, slab);
	unsigned int i;

	if (!fn)
		return;
	for (i = 0; i < shelf->nr_objects; i++, object += shelf->size)
		fn(object);
}

struct carve_page *carve_slab_new(struct carve_cache *cache,
				  struct carve_shelf *shelf, gfp_t gfp,
				  unsigned int colour)
{
	unsigned long *map = NULL;
	struct carve_page *slab;

	if (has_map(cache, shelf)) {
		map = new_map(cache, shelf, gfp);
		if (!map)
			return NULL;
	}
	/* It isn't a slab yet: a stray free must not take it for one */
	slab = carve_pages_get(cache->pages, gfp, shelf->order,
			       CARVE_PAGE_META);
	if (!slab) {
		release_map(cache, shelf, map);
		return NULL;
	}
	slab->inuse = 0;
	slab->colour = colour;
	slab->debug = shelf == &cache->debug;
	slab->free = 0;
	if (map)
		slab->free_map = map;
	bitmap_set(free_map(shelf, slab), 0, shelf->nr_objects);
	if (slab->debug)
		carve_debug_prepare(cache, slab);
	run_on_objects(cache, slab, cache->ctor);
	name_pages(cache, slab);
	return slab;
}

void carve_slab_release(struct carve_cache *cache, struct carve_page *slab)
{
	struct carve_shelf *shelf = carve_slab_shelf(cache, slab);
	unsigned long *map = slab->free_map;

	run_on_objects(cache, slab, cache->dtor);
	/* Before the map: a stray free must not find it when it is another's */
	unname_pages(cache, slab);
	release_map(cache, shelf, map);
	carve_pages_put(cache->pages, slab, shelf->order);
}

/*
 * The next of a series of random numbers, scaled to 0 to @n - 1: Knuth's linear
 * congruential generator for MMIX (TAOCP 2, 3.3.4), of which the upper bits are
 * good. Begun anew for each cache with a number that nobody knows.
 */
static unsigned int random_below(u64 *random, unsigned int n)
{
	*random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*random >> 32) * n >> 32;
}

/* Takes the first bit that is set from bit @i on, or else from 0 on; there is one */
static unsigned int take_bit(unsigned long *map, unsigned int nr_words,
			     unsigned int i)
{
	unsigned int word = i / BITS_PER_LONG;
	unsigned long bits = map[word] & ~0UL << i % BITS_PER_LONG;

	while (!bits) {
		word = word + 1 < nr_words ? word + 1 : 0;
		bits = map[word];
	}
	map[word] &= ~(bits & -bits);
	return word * BITS_PER_LONG + __ffs(bits);
}

unsigned int carve_slab_take(struct carve_cache *cache,
			     struct carve_page *slab, void **objects,
			     unsigned int n)
{
	const struct carve_shelf *shelf = carve_slab_shelf(cache, slab);
	const unsigned int size = shelf->size, nr = shelf->nr_objects;
	const unsigned int nr_words = BITS_TO_LONGS(nr);
	/*
	 * Without shuffling each is the lowest; and so it is where debugging
	 * has to look at what was freed, the sooner the better
	 */
	const unsigned int range = !slab->debug &&
				   READ_ONCE(cache->slabs->shuffle) ? nr : 0;
	unsigned long *map = free_map(shelf, slab);
	void *first = first_object(cache, slab);
	u64 random = cache->random;
	unsigned int i;

	n = min(n, bitmap_weight(map, nr));
	for (i = 0; i < n; i++)
		objects[i] = first + take_bit(map, nr_words,
					      random_below(&random, range)) *
				     size;
	cache->random = random;
	slab->inuse += n;
	return n;
}

static struct carve_page *head_of(struct carve_page *page)
{
	return carve_page_is_slab_tail(page->state) ? page - page->offset : page;
}

/*
 * Objects that wait in quarantine are out of their slab, but free. A caller
 * without the lock, whose address is no object's, may meet a slab that is being
 * given back: then its map pointer may be anything, and is not followed out of
 * the carveout.
 */
static bool is_free(struct carve_cache *cache, struct carve_page *slab,
		    unsigned int index)
{
	const struct carve_shelf *shelf = carve_slab_shelf(cache, slab);
	unsigned long *map = READ_ONCE(slab->free_map);
	const struct carve_record *record = record_in(map, index);

	if (!has_map(cache, shelf))
		return test_bit(index, (unsigned long *)&slab->free);
	if (!carve_pages_lookup(cache->pages, map))
		return true;
	if (test_bit(index, map))
		return true;
	return shelf == &cache->debug &&
	       (!carve_pages_lookup(cache->pages, record) ||
		READ_ONCE(record->flags) & CARVE_RECORD_WAITING);
}

/* Says in *@index which object of the slab an address lies in */
static enum carve_verdict locate_in_slab(struct carve_cache *cache,
					 struct carve_page *slab,
					 const void *object,
					 unsigned int *index)
{
	const struct carve_shelf *shelf = carve_slab_shelf(cache, slab);
	const void *first = first_object(cache, slab) - shelf->left;
	unsigned int offset;

	*index = CARVE_SLAB_MAX_OBJECTS;
	if (object < first)
		return CARVE_NOT_A_START;
	offset = object - first;
	if (offset >= shelf->nr_objects * shelf->size)
		return CARVE_NOT_A_START;
	*index = reciprocal_divide(offset, shelf->reciprocal);
	if (*index * shelf->size + shelf->left != offset)
		return CARVE_NOT_A_START;
	return is_free(cache, slab, *index) ? CARVE_ALREADY_FREE :
					      CARVE_OBJECT_OUT;
}

/* Says which slab of the cache's an address lies in; CARVE_OBJECT_OUT if in one */
static enum carve_verdict find_slab(struct carve_cache *cache,
				    const void *object,
				    struct carve_page **slab)
{
	struct carve_page *page = carve_pages_lookup(cache->pages, object);

	if (!page)
		return CARVE_NOT_OURS;
	if (!carve_page_is_slab(page->state))
		return CARVE_NOT_IN_SLAB;
	if (page->cache != cache)
		return CARVE_OF_OTHER_CACHE;
	*slab = head_of(page);
	return CARVE_OBJECT_OUT;
}

enum carve_verdict carve_slab_locate(struct carve_cache *cache,
				     const void *object,
				     struct carve_page **slab,
				     unsigned int *index)
{
	return find_slab(cache, object, slab) ?:
	       locate_in_slab(cache, *slab, object, index);
}

static const char * const verdicts[] = {
	[CARVE_OBJECT_OUT] = NULL,
	[CARVE_NOT_OURS] = "not memory of this carveout",
	[CARVE_NOT_IN_SLAB] = "not in a slab",
	[CARVE_OF_OTHER_CACHE] = "an object of another cache",
	[CARVE_NOT_A_START] = "not the start of an object",
	[CARVE_ALREADY_FREE] = "already free",
};

const char *carve_verdict_text(enum carve_verdict verdict)
{
	return verdicts[verdict];
}

const char *carve_slab_error(struct carve_cache *cache, const void *object)
{
	struct carve_page *slab;
	unsigned int index;

	return verdicts[carve_slab_locate(cache, object, &slab, &index)];
}

/*
 * Puts @objects up to the first that isn't out of this slab; returns how many. What
 * is wrong with that one, if anything, is for carve_slab_locate() to say.
 */
static unsigned int put_run(struct carve_cache *cache, struct carve_page *slab,
			    void *const *objects, unsigned int n)
{
	const struct carve_shelf *shelf = carve_slab_shelf(cache, slab);
	const unsigned int size = shelf->size;
	const unsigned int bytes = shelf->nr_objects * size;
	const void *first = first_object(cache, slab);
	unsigned long *map = free_map(shelf, slab);
	unsigned long offset;
	unsigned int i, index;

	for (i = 0; i < n; i++) {
		offset = objects[i] - first;
		if (offset >= bytes)
			break;
		index = reciprocal_divide(offset, shelf->reciprocal);
		if (index * size != offset || test_bit(index, map))
			break;
		__set_bit(index, map);
	}
	slab->inuse -= i;
	return i;
}

static bool put_debugged(struct carve_cache *cache, struct carve_page *slab,
			 const void *object)
{
	struct carve_record *record;
	unsigned int index;

	if (locate_in_slab(cache, slab, object, &index))
		return false;
	record = carve_slab_record(slab, index);
	/* Past debugging: nothing is known of it any more */
	if (record->flags & CARVE_RECORD_LIVE)
		record->flags = 0;
	__set_bit(index, slab->free_map);
	slab->inuse--;
	return true;
}

unsigned int carve_slab_put(struct carve_cache *cache, void *const *objects,
			    unsigned int n, struct carve_page **slab)
{
	if (find_slab(cache, objects[0], slab))
		return 0;
	return (*slab)->debug ? put_debugged(cache, *slab, objects[0]) :
				put_run(cache, *slab, objects, n);
}

bool carve_slab_counts(struct carve_cache *cache, struct carve_page *slab)
{
	const struct carve_shelf *shelf = carve_slab_shelf(cache, slab);

	return slab->inuse + bitmap_weight(free_map(shelf, slab),
					   shelf->nr_objects) ==
	       shelf->nr_objects;
}

static unsigned int map_bits(const struct carve_cache *cache,
			     const struct carve_shelf *shelf)
{
	return has_map(cache, shelf) ? CARVE_SLAB_MAX_OBJECTS :
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
	carve_report_unless(r, bitmap_weight(map, map_bits(cache, shelf)) == set,
			    "cache %s: a slab has bits beyond its last object",
			    cache->name);
	for (i = 0; i < BIT(shelf->order); i++)
		carve_report_unless(r, slab[i].cache == cache &&
				    head_of(&slab[i]) == slab,
				    "cache %s: page %u of a slab is not its own",
				    cache->name, i);
	if (slab->debug)
		carve_debug_check(cache, slab, r);
}
