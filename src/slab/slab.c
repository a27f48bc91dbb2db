// SPDX-License-Identifier: GPL-2.0
/*
 * Slabs: blocks of pages divided into objects of one size
 *
 * (Bonwick, "The Slab Allocator: An Object-Caching Kernel Memory Allocator",
 * USENIX 1994)
 *
 *	| colour | object 0 | object 1 | ... | object n-1 | rest |
 *
 * The descriptor of a slab's first page holds its state: a free map with a bit
 * for each object, set while the object is free, and inuse, the number of
 * allocated objects. Free objects hold no allocator data. So constructed state
 * survives a free, a write after free can't corrupt the allocator, and a double
 * free finds the bit set.
 *
 * The descriptor has room for 64 bits. Slabs of more objects allocate their
 * free map from the map cache, whose own slabs need at most 64 bits.
 *
 * A debug slab has metadata for each object, in an array in pages of its own
 * that starts with the free map. Red zones surround each object. The left one
 * is as long as the alignment, so that objects stay aligned:
 *
 *	| colour | red zone, object 0, red zone | red zone, object 1, ... | rest |
 *
 * Objects are allocated in random order, so that an attacker can't choose an
 * object's neighbour: each allocation takes the first free object after a
 * random index, in time that doesn't depend on the number of free objects.
 *
 * The descriptors of all pages point to the cache and have the offset from the
 * first page. So a lookup from object to cache reads one descriptor.
 *
 * Invariants, checked by carve_slab_check():
 *  - inuse + set bits == objects per slab;
 *  - no bit is set beyond the last object;
 *  - all pages point to the cache and to the first page.
 *
 * Locking: cache->lock protects free map, inuse and metadata. The cache pointer
 * and state of a page are read without it; see carve_slab_cache().
 */
#include <linux/bitmap.h>
#include <linux/cache.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>

#include "lib/random.h"
#include "lib/report.h"
#include "page/pages_inline.h"
#include "slab/slab.h"

/* Maximum waste of a slab, as a divisor of its size; tried in this order */
static const unsigned int waste_shares[] = { 8, 4, 2 };
/* Minimum number of objects in a slab below CARVE_SLAB_MAX_ORDER */
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

void carve_slab_geometry(struct carve_cache *cache, struct carve_cache_node *node)
{
	unsigned int rest;

	node->reciprocal = reciprocal_value(node->size);
	node->order = node == &cache->min ? get_order(node->size) :
					      choose_order(node->size);
	node->nr_objects = objects_in(node->order, node->size);
	rest = (PAGE_SIZE << node->order) - node->nr_objects * node->size;
	node->colour_step = max_t(unsigned int, cache->align,
				  cache_line_size());
	node->nr_colours = min(rest / node->colour_step + 1, 128U);
}

static unsigned long *free_map(const struct carve_cache_node *node,
			       struct carve_page *slab)
{
	return node->map_cache || slab->debug ? slab->free_map :
						 (unsigned long *)&slab->free;
}

static void *first_object(struct carve_cache *cache,
			  const struct carve_page *slab)
{
	const struct carve_cache_node *node = carve_slab_node(cache, slab);

	return carve_pages_address(cache->pages, slab) +
	       slab->colour * node->colour_step + node->left;
}

void *carve_slab_object(struct carve_cache *cache,
			const struct carve_page *slab, unsigned int index)
{
	return first_object(cache, slab) +
	       index * carve_slab_node(cache, slab)->size;
}

static struct carve_metadata *metadata_in(unsigned long *map, unsigned int index)
{
	struct carve_metadata_array *metadata = container_of(map, struct carve_metadata_array,
							     free_map[0]);

	return &metadata->of[index];
}

struct carve_metadata *carve_slab_metadata(const struct carve_page *slab,
					   unsigned int index)
{
	return metadata_in(slab->free_map, index);
}

bool carve_slab_has(struct carve_cache *cache, struct carve_page *slab,
		    unsigned int index)
{
	return test_bit(index, free_map(carve_slab_node(cache, slab), slab));
}

static unsigned int metadata_order(const struct carve_cache_node *node)
{
	return get_order(struct_size_t(struct carve_metadata_array, of,
				       node->nr_objects));
}

/* Give up at most a quarter of the objects to halve the pages for metadata */
void carve_slab_fit_metadata(struct carve_cache_node *node)
{
	size_t half = (PAGE_SIZE << metadata_order(node)) / 2;
	unsigned int fit = (half - sizeof(struct carve_metadata_array)) /
			   sizeof(struct carve_metadata);

	if (half >= PAGE_SIZE && fit >= node->nr_objects * 3 / 4)
		node->nr_objects = fit;
}

static unsigned long *new_metadata(struct carve_cache *cache,
				   const struct carve_cache_node *node, gfp_t gfp)
{
	unsigned int order = metadata_order(node);
	struct carve_page *page;

	page = carve_pages_alloc(cache->pages, gfp | __GFP_ZERO, order,
				 CARVE_PAGE_META, _THIS_IP_);
	return page ? carve_pages_address(cache->pages, page) : NULL;
}

static bool has_map(const struct carve_cache *cache,
		    const struct carve_cache_node *node)
{
	return node->map_cache || node == &cache->debug;
}

/* Allocates a free map outside the descriptor; NULL: no memory */
static unsigned long *new_map(struct carve_cache *cache,
			      const struct carve_cache_node *node, gfp_t gfp)
{
	unsigned long *map;

	if (node == &cache->debug)
		return new_metadata(cache, node, gfp);
	map = cache->slabs->hooks->alloc_map(node->map_cache, gfp);
	if (map)
		bitmap_zero(map, CARVE_SLAB_MAX_OBJECTS);
	return map;
}

static void release_map(struct carve_cache *cache,
			const struct carve_cache_node *node, unsigned long *map)
{
	struct carve_page *page;

	if (node->map_cache) {
		cache->slabs->hooks->free_map(node->map_cache, map);
	} else if (node == &cache->debug) {
		page = carve_pages_lookup(cache->pages, map);
		__carve_pages_free(cache->pages, page, metadata_order(node));
	}
}

static void name_pages(struct carve_cache *cache, struct carve_page *slab)
{
	const u8 head = cache->internal ? CARVE_PAGE_INTERNAL_SLAB :
				     CARVE_PAGE_SLAB + 2 * cache->number;
	const u8 tail = head + 1;
	unsigned int i;

	for (i = 0; i < BIT(slab->order); i++) {
		if (i)
			slab[i].offset = i;
		slab[i].cache = cache;
		/* Publish the descriptor; pairs with carve_slab_cache() */
		smp_store_release(&slab[i].state, i ? tail : head);
	}
}

static void unname_pages(struct carve_cache *cache, struct carve_page *slab)
{
	unsigned int i;

	for (i = 0; i < BIT(slab->order); i++)
		WRITE_ONCE(slab[i].state, CARVE_PAGE_TAIL);
	/* State before reuse of @cache; pairs with carve_slab_cache() */
	smp_wmb();
	for (i = 0; i < BIT(slab->order); i++)
		WRITE_ONCE(slab[i].cache, NULL);
}

struct carve_cache *carve_slab_cache(const struct carve_pages *pages,
				     const struct carve_page *page)
{
	/* Pairs with name_pages() */
	u8 state = smp_load_acquire(&page->state);
	struct carve_cache *cache = READ_ONCE(page->cache);

	/* Pairs with unname_pages(): same state, valid cache */
	smp_rmb();
	if (!carve_page_is_slab(state) || READ_ONCE(page->state) != state)
		return NULL;
	/* The page may have been reused in between, and become another slab */
	return carve_pages_contain(pages, cache) ? cache : NULL;
}

static void run_on_objects(struct carve_cache *cache, struct carve_page *slab,
			   void (*fn)(void *object))
{
	const struct carve_cache_node *node = carve_slab_node(cache, slab);
	void *object = first_object(cache, slab);
	unsigned int i;

	if (!fn)
		return;
	for (i = 0; i < node->nr_objects; i++, object += node->size)
		fn(object);
}

struct carve_page *carve_slab_new(struct carve_cache *cache,
				  struct carve_cache_node *node, gfp_t gfp,
				  unsigned int colour)
{
	unsigned long *map = NULL;
	struct carve_page *slab;

	if (has_map(cache, node)) {
		map = new_map(cache, node, gfp);
		if (!map)
			return NULL;
	}
	/* Not a slab yet: an invalid free must not use the descriptor */
	slab = __carve_pages_alloc(cache->pages, gfp, node->order,
				   CARVE_PAGE_META);
	if (!slab) {
		release_map(cache, node, map);
		return NULL;
	}
	slab->inuse = 0;
	slab->colour = colour;
	slab->debug = node == &cache->debug;
	slab->free = 0;
	if (map)
		slab->free_map = map;
	bitmap_set(free_map(node, slab), 0, node->nr_objects);
	if (slab->debug)
		cache->slabs->hooks->debug_prepare(cache, slab);
	run_on_objects(cache, slab, cache->ctor);
	name_pages(cache, slab);
	return slab;
}

void carve_slab_release(struct carve_cache *cache, struct carve_page *slab)
{
	struct carve_cache_node *node = carve_slab_node(cache, slab);
	unsigned long *map = slab->free_map;

	run_on_objects(cache, slab, READ_ONCE(cache->dtor));
	/* Before the map: an invalid free must not find a reused map */
	unname_pages(cache, slab);
	release_map(cache, node, map);
	__carve_pages_free(cache->pages, slab, node->order);
}

/* Clears the first set bit from @i on, wrapping around; at least one is set */
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

unsigned int carve_slab_alloc_objects(struct carve_cache *cache,
				      struct carve_page *slab, void **objects,
				      unsigned int n)
{
	const struct carve_cache_node *node = carve_slab_node(cache, slab);
	const unsigned int size = node->size, nr = node->nr_objects;
	const unsigned int nr_words = BITS_TO_LONGS(nr);
	/*
	 * Without shuffling take the lowest index; in debug slabs, too, to
	 * reuse and check freed objects early
	 */
	const unsigned int range = !slab->debug &&
				   READ_ONCE(cache->slabs->shuffle) ? nr : 0;
	unsigned long *map = free_map(node, slab);
	void *first = first_object(cache, slab);
	u64 random = cache->random;
	unsigned int i;

	n = min(n, bitmap_weight(map, nr));
	for (i = 0; i < n; i++)
		objects[i] = first + take_bit(map, nr_words,
					      carve_random_below(&random, range)) *
				     size;
	cache->random = random;
	slab->inuse += n;
	return n;
}

static struct carve_page *slab_head(struct carve_page *page)
{
	/* The offset is arbitrary if the slab is freed concurrently */
	return carve_page_is_slab_tail(page->state) ?
	       page - page->offset % BIT(CARVE_SLAB_MAX_ORDER) : page;
}

/*
 * Objects in quarantine are free, though not in the free map. Without the lock,
 * for an invalid address, the slab may be freed concurrently. Its map pointer
 * is then arbitrary, and must not be followed out of the carveout.
 */
static bool object_is_free(struct carve_cache *cache, struct carve_page *slab,
			   unsigned int index)
{
	const struct carve_cache_node *node = carve_slab_node(cache, slab);
	unsigned long *map = READ_ONCE(slab->free_map);
	const struct carve_metadata *metadata = metadata_in(map, index);

	if (!has_map(cache, node))
		return test_bit(index, (unsigned long *)&slab->free);
	if (!carve_pages_lookup(cache->pages, map))
		return true;
	if (test_bit(index, map))
		return true;
	return node == &cache->debug &&
	       (!carve_pages_lookup(cache->pages, metadata) ||
		READ_ONCE(metadata->flags) & CARVE_METADATA_WAITING);
}

/* Sets *@index to the object of the slab that contains the address */
static enum carve_free_error locate_in_slab(struct carve_cache *cache,
					    struct carve_page *slab,
					    const void *object,
					    unsigned int *index)
{
	const struct carve_cache_node *node = carve_slab_node(cache, slab);
	const void *first = first_object(cache, slab) - node->left;
	unsigned int offset;

	*index = CARVE_SLAB_MAX_OBJECTS;
	if (object < first)
		return CARVE_NOT_A_START;
	offset = object - first;
	if (offset >= node->nr_objects * node->size)
		return CARVE_NOT_A_START;
	*index = reciprocal_divide(offset, node->reciprocal);
	if (*index * node->size + node->left != offset)
		return CARVE_NOT_A_START;
	return object_is_free(cache, slab, *index) ? CARVE_ALREADY_FREE :
					      CARVE_OBJECT_OUT;
}

/* Sets *@slab to the cache's slab that contains the address */
static enum carve_free_error find_slab(struct carve_cache *cache,
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
	*slab = slab_head(page);
	return CARVE_OBJECT_OUT;
}

enum carve_free_error carve_slab_locate(struct carve_cache *cache,
					const void *object,
					struct carve_page **slab,
					unsigned int *index)
{
	return find_slab(cache, object, slab) ?:
	       locate_in_slab(cache, *slab, object, index);
}

static const char * const errors[] = {
	[CARVE_OBJECT_OUT] = NULL,
	[CARVE_NOT_OURS] = "not memory of this carveout",
	[CARVE_NOT_IN_SLAB] = "not in a slab",
	[CARVE_OF_OTHER_CACHE] = "an object of another cache",
	[CARVE_NOT_A_START] = "not the start of an object",
	[CARVE_ALREADY_FREE] = "already free",
};

const char *carve_free_error_text(enum carve_free_error error)
{
	return errors[error];
}

const char *carve_slab_error(struct carve_cache *cache, const void *object)
{
	struct carve_page *slab;
	unsigned int index;

	return errors[carve_slab_locate(cache, object, &slab, &index)];
}

/*
 * Frees @objects up to the first that isn't an allocated object of this slab;
 * returns how many. carve_slab_locate() then finds the error, if any.
 */
static unsigned int free_slab_run(struct carve_cache *cache, struct carve_page *slab,
				  void *const *objects, unsigned int n)
{
	const struct carve_cache_node *node = carve_slab_node(cache, slab);
	const unsigned int size = node->size;
	const unsigned int bytes = node->nr_objects * size;
	const void *first = first_object(cache, slab);
	unsigned long *map = free_map(node, slab);
	unsigned long offset;
	unsigned int i, index;

	for (i = 0; i < n; i++) {
		offset = objects[i] - first;
		if (offset >= bytes)
			break;
		index = reciprocal_divide(offset, node->reciprocal);
		if (index * size != offset || test_bit(index, map))
			break;
		__set_bit(index, map);
	}
	slab->inuse -= i;
	return i;
}

static bool free_debug_slab_object(struct carve_cache *cache, struct carve_page *slab,
				   const void *object)
{
	struct carve_metadata *metadata;
	unsigned int index;

	if (locate_in_slab(cache, slab, object, &index))
		return false;
	metadata = carve_slab_metadata(slab, index);
	/* Debugging is off: the metadata becomes stale */
	if (metadata->flags & CARVE_METADATA_LIVE)
		metadata->flags = 0;
	__set_bit(index, slab->free_map);
	slab->inuse--;
	return true;
}

unsigned int carve_slab_free_objects(struct carve_cache *cache, void *const *objects,
				     unsigned int n, struct carve_page **slab)
{
	if (find_slab(cache, objects[0], slab))
		return 0;
	return (*slab)->debug ? free_debug_slab_object(cache, *slab, objects[0]) :
				free_slab_run(cache, *slab, objects, n);
}

bool carve_slab_counts(struct carve_cache *cache, struct carve_page *slab)
{
	const struct carve_cache_node *node = carve_slab_node(cache, slab);

	return slab->inuse + bitmap_weight(free_map(node, slab),
					   node->nr_objects) ==
	       node->nr_objects;
}

static unsigned int map_bits(const struct carve_cache *cache,
			     const struct carve_cache_node *node)
{
	return has_map(cache, node) ? CARVE_SLAB_MAX_OBJECTS :
				       CARVE_SLAB_INLINE_OBJECTS;
}

void carve_slab_check(struct carve_cache *cache, struct carve_page *slab,
		      struct carve_report *r)
{
	const struct carve_cache_node *node = carve_slab_node(cache, slab);
	unsigned long *map = free_map(node, slab);
	unsigned int i, set = bitmap_weight(map, node->nr_objects);

	carve_report_unless(r, slab->inuse + set == node->nr_objects,
			    "cache %s: a slab has %u allocated and %u free objects, not %u",
			    cache->name, slab->inuse, set, node->nr_objects);
	carve_report_unless(r, bitmap_weight(map, map_bits(cache, node)) == set,
			    "cache %s: a slab has bits beyond its last object",
			    cache->name);
	for (i = 0; i < BIT(node->order); i++)
		carve_report_unless(r, slab[i].cache == cache &&
				    slab_head(&slab[i]) == slab,
				    "cache %s: page %u of a slab does not point to it",
				    cache->name, i);
	if (slab->debug)
		cache->slabs->hooks->debug_check(cache, slab, r);
}
