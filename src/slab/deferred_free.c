// SPDX-License-Identifier: GPL-2.0
/*
 * Deferred free of slabs with SLAB_TYPESAFE_BY_RCU
 *
 * Objects of such a cache are freed and reused at once, but under
 * rcu_read_lock() their memory stays a constructed object of the cache. So an
 * empty slab waits for a grace period before its pages are freed. Meanwhile it
 * remains a slab of the cache, with all objects free, and is on no list of a
 * node.
 *
 * Slabs that are added while others wait share the next grace period.
 *
 * Invariant: @busy is set, and the RCU work is queued or running, while any
 * slab is deferred.
 *
 * Locking: cache->lock protects the lists and @busy. Slabs are freed without
 * it.
 */
#include <linux/lockdep.h>
#include <linux/sched.h>

#include "percpu/workqueue.h"
#include "slab/deferred_free.h"
#include "slab/slab.h"

/* Moves @entering to @waiting, for the next grace period; false if empty */
static bool start_deferred_batch(struct carve_deferred_free *deferred)
{
	deferred->waiting = deferred->entering;
	carve_page_list_init(&deferred->entering);
	deferred->busy = deferred->waiting.nr;
	return deferred->busy;
}

void carve_deferred_free_add(struct carve_cache *cache, struct carve_page *slab)
{
	struct carve_deferred_free *deferred = &cache->deferred;
	bool first;

	scoped_guard(raw_spinlock_irqsave, &cache->lock) {
		carve_page_list_add(&deferred->entering, cache->pages->map,
				    slab - cache->pages->map);
		first = !deferred->busy;
		if (first)
			start_deferred_batch(deferred);
	}
	if (first)
		carve_queue_rcu_work(&deferred->work);
}

static struct carve_page *pop_deferred_slab(struct carve_cache *cache)
{
	struct carve_page_list *list = &cache->deferred.waiting;
	struct carve_page *map = cache->pages->map;
	u32 index = list->first;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (index == CARVE_PAGE_NONE)
		return NULL;
	carve_page_list_del(list, map, index);
	return &map[index];
}

/* Runs when the grace period of @waiting has ended */
static void free_deferred_slabs(struct work_struct *work)
{
	struct carve_cache *cache = container_of(to_rcu_work(work),
						 struct carve_cache,
						 deferred.work);
	struct carve_page *slab;
	bool more;

	while ((slab = pop_deferred_slab(cache))) {
		carve_slab_release(cache, slab);
		cond_resched();
	}
	scoped_guard(raw_spinlock_irqsave, &cache->lock)
		more = start_deferred_batch(&cache->deferred);
	if (more)
		carve_queue_rcu_work(&cache->deferred.work);
}

void carve_deferred_free_flush(struct carve_cache *cache)
{
	/* No slab is added any more: once clear, @busy stays clear */
	while (data_race(READ_ONCE(cache->deferred.busy)))
		flush_rcu_work(&cache->deferred.work);
	/* The work may still be about to return */
	flush_rcu_work(&cache->deferred.work);
}

void carve_deferred_free_init(struct carve_cache *cache)
{
	carve_page_list_init(&cache->deferred.entering);
	carve_page_list_init(&cache->deferred.waiting);
	INIT_RCU_WORK(&cache->deferred.work, free_deferred_slabs);
}
