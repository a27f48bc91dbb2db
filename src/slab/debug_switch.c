// SPDX-License-Identifier: GPL-2.0
/*
 * Switching the debugging of a cache on and off
 *
 * Switching on sets the limit of the magazines to 0, drains magazines and
 * depot, and sets the flags. Objects allocated earlier return to their slabs
 * unchecked.
 *
 * Switching off clears the flags, empties the quarantine, clears the metadata
 * of allocated objects, which may now pass through magazines, and restores the
 * limit. Until the metadata of an object is cleared, krealloc() and similar
 * functions keep it up to date. It is cleared slab by slab, and the lock
 * dropped in between; full slabs first, because a free meanwhile moves a full
 * slab to the partial list. Debug slabs are freed when they become empty.
 *
 * Locking: slabs->lock serializes switching. cache->lock protects the flags,
 * which are also read without it, and the metadata.
 */
#include <linux/sched.h>
#include <linux/string.h>

#include "compat/stack.h"
#include "slab/cache_inline.h"
#include "slab/debug_switch.h"
#include "slab/node.h"
#include "slab/slab.h"

/* Zeroes bytes beyond the requested size, for krealloc() with __GFP_ZERO */
static void clear_metadata(struct carve_cache *cache, void *object,
			   struct carve_metadata *metadata)
{
	if (metadata->flags & CARVE_METADATA_LIVE)
		memset(object + metadata->requested, 0,
		       cache->object_size - metadata->requested);
	metadata->flags = 0;
}

static void clear_slab_metadata(struct carve_cache *cache, struct carve_page *slab)
{
	unsigned int i;

	for (i = 0; i < cache->debug.nr_objects; i++)
		if (!carve_slab_has(cache, slab, i))
			clear_metadata(cache, carve_slab_object(cache, slab, i),
				       carve_slab_metadata(slab, i));
}

/* Clears the metadata of the next slab; false at the end of the list */
static bool clear_next_slab(struct carve_cache *cache)
{
	struct carve_debugging *d = &cache->debugging;
	struct carve_page *slab;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (d->next_to_clear == CARVE_PAGE_NONE)
		return false;
	slab = &cache->pages->map[d->next_to_clear];
	d->next_to_clear = slab->next;
	clear_slab_metadata(cache, slab);
	return true;
}

void carve_debug_slab_moves(struct carve_cache *cache, const struct carve_page *slab)
{
	struct carve_debugging *d = &cache->debugging;

	lockdep_assert_held(&cache->lock);
	if (d->next_to_clear == slab - cache->pages->map)
		d->next_to_clear = slab->next;
}

/* Clears metadata of allocated objects: they may now pass through magazines */
static void clear_list_metadata(struct carve_cache *cache,
				const struct carve_page_list *list)
{
	scoped_guard(raw_spinlock_irqsave, &cache->lock)
		cache->debugging.next_to_clear = list->first;
	while (clear_next_slab(cache))
		cond_resched();
}

static void switch_off(struct carve_cache *cache)
{
	struct carve_debugging *d = &cache->debugging;

	scoped_guard(raw_spinlock_irqsave, &cache->lock)
		WRITE_ONCE(d->flags, 0);
	carve_debug_trim(cache, 0);
	clear_list_metadata(cache, &cache->debug.full);
	clear_list_metadata(cache, &cache->debug.partial);
	carve_node_trim(cache, &cache->debug);
	if (d->base)
		carve_magazines_adapt(&cache->magazines, d->base);
	else
		carve_magazines_tune(&cache->magazines, d->batch, d->limit);
}

static unsigned int first_magazine_limit(const struct carve_magazines *ms)
{
	return READ_ONCE(ms->cpu[cpumask_first(cpu_possible_mask)]->capacity);
}

static void stop_magazines(struct carve_cache *cache)
{
	struct carve_magazines *ms = &cache->magazines;
	struct carve_debugging *d = &cache->debugging;

	d->base = READ_ONCE(ms->base);
	d->batch = READ_ONCE(ms->batch);
	d->limit = first_magazine_limit(ms);
	carve_magazines_tune(ms, d->batch, 0);
	carve_cache_drain(cache);
}

int carve_debug_switch(struct carve_cache *cache, unsigned int flags)
{
	struct carve_debugging *d = &cache->debugging;

	lockdep_assert_held(&cache->slabs->lock);
	if (flags == d->flags)
		return 0;
	if (!flags) {
		switch_off(cache);
		return 0;
	}
	if (flags & CARVE_DEBUG_USER && carve_compat_stack_init())
		return -ENOMEM;
	if (!d->flags)
		stop_magazines(cache);
	scoped_guard(raw_spinlock_irqsave, &cache->lock)
		WRITE_ONCE(d->flags, flags);
	if (!(flags & CARVE_DEBUG_QUARANTINE))
		carve_debug_trim(cache, 0);
	return 0;
}
