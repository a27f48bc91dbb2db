// SPDX-License-Identifier: GPL-2.0
/*
 * Nodes: lists of the slabs of one geometry
 *
 * A node has three lists of slabs: partial, full and empty. Allocation prefers
 * partial slabs, so that other slabs become empty and can be freed. A node
 * retains a few empty slabs and frees the rest at once.
 *
 * Invariants, checked by carve_node_check():
 *  - slab->inuse matches the list that a slab is on;
 *  - the invariants of each slab (slab.c).
 *
 * Locking: cache->lock protects the lists. Slabs are allocated and freed
 * without it.
 */
#include <linux/kernel.h>

#include "lib/report.h"
#include "slab/cache.h"
#include "slab/deferred_free.h"
#include "slab/node.h"
#include "slab/slab.h"

/* Empty slabs that a node retains, in bytes; at least one slab */
#define KEEP_EMPTY_BYTES SZ_32K

void carve_node_init(struct carve_cache *cache, struct carve_cache_node *node,
		     unsigned int size)
{
	node->size = size;
	carve_slab_geometry(cache, node);
	if (node == &cache->oo &&
	    node->nr_objects > CARVE_SLAB_INLINE_OBJECTS)
		node->map_cache = cache->slabs->map_cache;
	node->max_empty = max_t(unsigned int, 1,
				KEEP_EMPTY_BYTES >> (PAGE_SHIFT + node->order));
	carve_page_list_init(&node->partial);
	carve_page_list_init(&node->full);
	carve_page_list_init(&node->empty);
}

/* The list for a slab with @inuse allocated objects */
static struct carve_page_list *slab_list_for(struct carve_cache_node *node,
					     unsigned int inuse)
{
	if (!inuse)
		return &node->empty;
	return inuse == node->nr_objects ? &node->full : &node->partial;
}

static u32 slab_index(const struct carve_cache *cache,
		      const struct carve_page *slab)
{
	return slab - cache->pages->map;
}

static struct carve_page *first_slab(const struct carve_cache *cache,
				     const struct carve_page_list *list)
{
	return list->first == CARVE_PAGE_NONE ? NULL :
						&cache->pages->map[list->first];
}

/* Moves a slab to its list; @inuse is slab->inuse before the change */
static void move_slab(struct carve_cache *cache, struct carve_page *slab,
		      unsigned int inuse)
{
	struct carve_cache_node *node = carve_slab_node(cache, slab);
	struct carve_page_list *from = slab_list_for(node, inuse);
	struct carve_page_list *to = slab_list_for(node, slab->inuse);

	if (from == to)
		return;
	if (unlikely(slab->debug))
		cache->slabs->hooks->debug_moves(cache, slab);
	carve_page_list_del(from, cache->pages->map, slab_index(cache, slab));
	carve_page_list_add(to, cache->pages->map, slab_index(cache, slab));
}

unsigned int carve_node_alloc_from_slab(struct carve_cache *cache,
					struct carve_cache_node *node, void **objects,
					unsigned int n)
{
	struct carve_page *slab = first_slab(cache, node->partial.nr ?
						  &node->partial :
						  &node->empty);
	unsigned int got;

	lockdep_assert_held(&cache->lock);
	if (!slab)
		return 0;
	got = carve_slab_alloc_objects(cache, slab, objects, n);
	/* 0 if the slab is corrupted; carve_slab_check() reports it */
	if (got)
		move_slab(cache, slab, slab->inuse - got);
	return got;
}

unsigned int carve_node_alloc_objects(struct carve_cache *cache,
				      struct carve_cache_node *node, void **objects,
				      unsigned int n)
{
	unsigned int taken, got;

	for (taken = 0; taken < n; taken += got) {
		got = carve_node_alloc_from_slab(cache, node, objects + taken,
						 n - taken);
		if (!got)
			break;
	}
	return taken;
}

unsigned int carve_node_free_objects(struct carve_cache *cache, void *const *objects,
				     unsigned int n)
{
	struct carve_page *slab;
	unsigned int put = carve_slab_free_objects(cache, objects, n, &slab);

	lockdep_assert_held(&cache->lock);
	if (put)
		move_slab(cache, slab, slab->inuse + put);
	return put;
}

/* Removes an empty slab from the list; NULL if there are at most @keep */
static struct carve_page *pop_empty_slab(struct carve_cache *cache,
					 struct carve_cache_node *node,
					 unsigned int keep)
{
	struct carve_page *slab;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (node->empty.nr <= keep)
		return NULL;
	slab = first_slab(cache, &node->empty);
	carve_page_list_del(&node->empty, cache->pages->map,
			    slab_index(cache, slab));
	cache->nr_released++;
	cache->pages_released += BIT(node->order);
	return slab;
}

static void retire_slab(struct carve_cache *cache, struct carve_page *slab)
{
	if (cache->flags & SLAB_TYPESAFE_BY_RCU)
		carve_deferred_free_add(cache, slab);
	else
		carve_slab_release(cache, slab);
}

void carve_node_release(struct carve_cache *cache, struct carve_cache_node *node,
			unsigned int keep)
{
	struct carve_page *slab;

	while ((slab = pop_empty_slab(cache, node, keep)))
		retire_slab(cache, slab);
}

/* The debug node retains no empty slabs while debugging is off */
static unsigned int max_empty(const struct carve_cache *cache,
			      const struct carve_cache_node *node)
{
	return node != &cache->debug || READ_ONCE(cache->debugging.flags) ?
	       READ_ONCE(node->max_empty) : 0;
}

void carve_node_trim(struct carve_cache *cache, struct carve_cache_node *node)
{
	unsigned int keep = max_empty(cache, node);

	/* carve_node_release() tests again under the lock */
	if (data_race(READ_ONCE(node->empty.nr)) > keep)
		carve_node_release(cache, node, keep);
}

bool carve_node_grow(struct carve_cache *cache, struct carve_cache_node *node,
		     gfp_t gfp)
{
	struct carve_page *slab;
	unsigned int colour;

	scoped_guard(raw_spinlock_irqsave, &cache->lock) {
		colour = node->colour;
		node->colour = (colour + 1) % node->nr_colours;
	}
	/* As in mm/slub.c, the cache chooses the zone */
	gfp &= ~(__GFP_ZERO | GFP_ZONEMASK);
	slab = carve_slab_new(cache, node, gfp | cache->gfp, colour);
	if (!slab)
		return false;
	guard(raw_spinlock_irqsave)(&cache->lock);
	carve_page_list_add(&node->empty, cache->pages->map,
			    slab_index(cache, slab));
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

/* Counts objects in magazines as active */
void carve_node_add_usage(const struct carve_cache *cache,
			  const struct carve_cache_node *node,
			  struct carve_cache_usage *usage)
{
	unsigned long active = node->partial.nr + node->full.nr;
	unsigned long slabs = active + node->empty.nr;

	usage->active_objects += (unsigned long)node->full.nr *
				 node->nr_objects +
				 count_inuse(cache, &node->partial);
	usage->active_slabs += active;
	usage->slabs += slabs;
	usage->objects += slabs * node->nr_objects;
}

static void check_slab_list(struct carve_cache *cache, struct carve_cache_node *node,
			    const struct carve_page_list *list,
			    struct carve_report *r)
{
	struct carve_page *map = cache->pages->map;
	u32 i, n = 0;

	carve_page_list_for_each(i, list, map) {
		if (i >= cache->pages->nr_pages || n == list->nr ||
		    !carve_page_is_slab(map[i].state) ||
		    carve_page_is_slab_tail(map[i].state)) {
			carve_report(r, "cache %s: a list is corrupted at page %u, after %u of %u slabs",
				     cache->name, i, n, list->nr);
			return;
		}
		carve_slab_check(cache, &map[i], r);
		carve_report_unless(r, carve_slab_node(cache, &map[i]) == node &&
				    slab_list_for(node, map[i].inuse) == list,
				    "cache %s: a slab with %u allocated objects is on the wrong list",
				    cache->name, map[i].inuse);
		n++;
	}
	carve_report_unless(r, n == list->nr,
			    "cache %s: a list has %u slabs, not %u",
			    cache->name, n, list->nr);
}

void carve_node_check(struct carve_cache *cache, struct carve_cache_node *node,
		      struct carve_report *r)
{
	guard(raw_spinlock_irqsave)(&cache->lock);
	check_slab_list(cache, node, &node->partial, r);
	check_slab_list(cache, node, &node->full, r);
	check_slab_list(cache, node, &node->empty, r);
}
