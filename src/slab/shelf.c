// SPDX-License-Identifier: GPL-2.0
/*
 * Shelves: the slabs of a cache, of one geometry each
 *
 * A shelf has three lists of slabs: partial, full and empty. Objects are taken
 * from partial slabs before empty ones, so that other slabs can run empty and give
 * their pages back; a few empty ones are kept, the rest is released at once.
 *
 * Invariants, walked by carve_shelf_check():
 *  - a slab is on the list that fits its count of objects out;
 *  - what carve_slab_check() says of each slab.
 *
 * All is guarded by cache->lock. Pages are taken and given back with it released.
 */
#include <linux/kernel.h>

#include "report.h"
#include "slab/limbo.h"
#include "slab/slab.h"

/* Empty slabs that a shelf keeps: this many bytes of them, and at least one */
#define KEEP_EMPTY_BYTES SZ_32K

void carve_shelf_init(struct carve_cache *cache, struct carve_shelf *shelf,
		      unsigned int size)
{
	shelf->size = size;
	carve_slab_geometry(cache, shelf);
	if (shelf == &cache->plain &&
	    shelf->nr_objects > CARVE_SLAB_INLINE_OBJECTS)
		shelf->map_cache = cache->slabs->map_cache;
	shelf->max_empty = max_t(unsigned int, 1,
				 KEEP_EMPTY_BYTES >> (PAGE_SHIFT + shelf->order));
	carve_page_list_init(&shelf->partial);
	carve_page_list_init(&shelf->full);
	carve_page_list_init(&shelf->empty);
}

/* The list for a slab with @inuse objects out */
static struct carve_page_list *list_for(struct carve_shelf *shelf,
					unsigned int inuse)
{
	if (!inuse)
		return &shelf->empty;
	return inuse == shelf->nr_objects ? &shelf->full : &shelf->partial;
}

static u32 index_of(const struct carve_cache *cache,
		    const struct carve_page *slab)
{
	return slab - cache->pages->map;
}

static struct carve_page *first_of(const struct carve_cache *cache,
				   const struct carve_page_list *list)
{
	return list->first == CARVE_PAGE_NONE ? NULL :
						&cache->pages->map[list->first];
}

/* To be called with what a slab's count was before it changed */
static void move_slab(struct carve_cache *cache, struct carve_page *slab,
		      unsigned int inuse)
{
	struct carve_shelf *shelf = carve_slab_shelf(cache, slab);
	struct carve_page_list *from = list_for(shelf, inuse);
	struct carve_page_list *to = list_for(shelf, slab->inuse);

	if (from == to)
		return;
	/* A walk that stands at this slab goes on with the next one */
	if (unlikely(cache->debugging.next_to_forget == index_of(cache, slab)))
		cache->debugging.next_to_forget = slab->next;
	carve_page_list_del(from, cache->pages->map, index_of(cache, slab));
	carve_page_list_add(to, cache->pages->map, index_of(cache, slab));
}

unsigned int carve_shelf_take_some(struct carve_cache *cache,
				   struct carve_shelf *shelf, void **objects,
				   unsigned int n)
{
	struct carve_page *slab = first_of(cache, shelf->partial.nr ?
						  &shelf->partial :
						  &shelf->empty);
	unsigned int got;

	lockdep_assert_held(&cache->lock);
	if (!slab)
		return 0;
	got = carve_slab_take(cache, slab, objects, n);
	/* A damaged slab says it has objects: validate tells which */
	if (got)
		move_slab(cache, slab, slab->inuse - got);
	return got;
}

unsigned int carve_shelf_take(struct carve_cache *cache,
			      struct carve_shelf *shelf, void **objects,
			      unsigned int n)
{
	unsigned int taken, got;

	for (taken = 0; taken < n; taken += got) {
		got = carve_shelf_take_some(cache, shelf, objects + taken,
					    n - taken);
		if (!got)
			break;
	}
	return taken;
}

unsigned int carve_shelf_put(struct carve_cache *cache, void *const *objects,
			     unsigned int n)
{
	struct carve_page *slab;
	unsigned int put = carve_slab_put(cache, objects, n, &slab);

	lockdep_assert_held(&cache->lock);
	if (put)
		move_slab(cache, slab, slab->inuse + put);
	return put;
}

/* An empty slab beyond @keep, taken off the list, or NULL */
static struct carve_page *pop_empty(struct carve_cache *cache,
				    struct carve_shelf *shelf,
				    unsigned int keep)
{
	struct carve_page *slab;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (shelf->empty.nr <= keep)
		return NULL;
	slab = first_of(cache, &shelf->empty);
	carve_page_list_del(&shelf->empty, cache->pages->map,
			    index_of(cache, slab));
	cache->nr_released++;
	cache->pages_released += BIT(shelf->order);
	return slab;
}

static void retire(struct carve_cache *cache, struct carve_page *slab)
{
	if (cache->flags & SLAB_TYPESAFE_BY_RCU)
		carve_limbo_add(cache, slab);
	else
		carve_slab_release(cache, slab);
}

void carve_shelf_release(struct carve_cache *cache, struct carve_shelf *shelf,
			 unsigned int keep)
{
	struct carve_page *slab;

	while ((slab = pop_empty(cache, shelf, keep)))
		retire(cache, slab);
}

/* The debug shelf is of no use while there is no debugging */
static unsigned int max_empty(const struct carve_cache *cache,
			      const struct carve_shelf *shelf)
{
	return shelf != &cache->debug || READ_ONCE(cache->debugging.flags) ?
	       READ_ONCE(shelf->max_empty) : 0;
}

void carve_shelf_trim(struct carve_cache *cache, struct carve_shelf *shelf)
{
	unsigned int keep = max_empty(cache, shelf);

	/* Looked at again under the lock */
	if (data_race(READ_ONCE(shelf->empty.nr)) > keep)
		carve_shelf_release(cache, shelf, keep);
}

bool carve_shelf_grow(struct carve_cache *cache, struct carve_shelf *shelf,
		      gfp_t gfp)
{
	struct carve_page *slab;
	unsigned int colour;

	scoped_guard(raw_spinlock_irqsave, &cache->lock) {
		colour = shelf->colour;
		shelf->colour = (colour + 1) % shelf->nr_colours;
	}
	/* As natively, it is for the cache to say in which zone */
	gfp &= ~(__GFP_ZERO | GFP_ZONEMASK);
	slab = carve_slab_new(cache, shelf, gfp | cache->gfp, colour);
	if (!slab)
		return false;
	guard(raw_spinlock_irqsave)(&cache->lock);
	carve_page_list_add(&shelf->empty, cache->pages->map,
			    index_of(cache, slab));
	cache->nr_grown++;
	return true;
}

static unsigned long count_inuse(const struct carve_cache *cache,
				 const struct carve_page_list *list)
{
	unsigned long n = 0;
	u32 i;

	carve_page_list_for_each(i, list, cache->pages->map)
		n += cache->pages->map[i].inuse;
	return n;
}

/* Objects out, in magazines or not, count as active here */
void carve_shelf_add_usage(const struct carve_cache *cache,
			   const struct carve_shelf *shelf,
			   struct carve_cache_usage *usage)
{
	unsigned long active = shelf->partial.nr + shelf->full.nr;
	unsigned long slabs = active + shelf->empty.nr;

	usage->active_objects += (unsigned long)shelf->full.nr *
				 shelf->nr_objects +
				 count_inuse(cache, &shelf->partial);
	usage->active_slabs += active;
	usage->slabs += slabs;
	usage->objects += slabs * shelf->nr_objects;
}

static void check_list(struct carve_cache *cache, struct carve_shelf *shelf,
		       const struct carve_page_list *list,
		       struct carve_report *r)
{
	struct carve_page *map = cache->pages->map;
	u32 i, n = 0;

	carve_page_list_for_each(i, list, map) {
		if (i >= cache->pages->nr_pages || n == list->nr ||
		    !carve_page_is_slab(map[i].state) ||
		    carve_page_is_slab_tail(map[i].state)) {
			carve_report(r, "cache %s: a list leads to page %u after %u of %u slabs",
				     cache->name, i, n, list->nr);
			return;
		}
		carve_slab_check(cache, &map[i], r);
		carve_report_unless(r, carve_slab_shelf(cache, &map[i]) == shelf &&
				    list_for(shelf, map[i].inuse) == list,
				    "cache %s: a slab with %u objects out is on the wrong list",
				    cache->name, map[i].inuse);
		n++;
	}
	carve_report_unless(r, n == list->nr,
			    "cache %s: a list has %u slabs, not %u",
			    cache->name, n, list->nr);
}

void carve_shelf_check(struct carve_cache *cache, struct carve_shelf *shelf,
		       struct carve_report *r)
{
	guard(raw_spinlock_irqsave)(&cache->lock);
	check_list(cache, shelf, &shelf->partial, r);
	check_list(cache, shelf, &shelf->full, r);
	check_list(cache, shelf, &shelf->empty, r);
}
