// SPDX-License-Identifier: GPL-2.0
/*
 * Slabs of caches with SLAB_TYPESAFE_BY_RCU
 *
 * Objects of such a cache are freed at once: one that a reader under
 * rcu_read_lock() has found may have another owner when the reader looks at it.
 * But it stays an object of the cache, initialised by the constructor, until all
 * such readers are done. So an empty slab waits for a grace period before its
 * pages go back.
 * It stays a slab meanwhile, named as such, with all its objects in it.
 *
 * Slabs that come while others wait share the next grace period.
 * One work item is on its way as long as there are any.
 */
#include <linux/lockdep.h>
#include <linux/sched.h>

#include "percpu/each_cpu.h"
#include "slab/limbo.h"
#include "slab/slab.h"

/* Those that came begin to wait: are there any? */
static bool begin(struct carve_limbo *limbo)
{
	limbo->waiting = limbo->entering;
	carve_page_list_init(&limbo->entering);
	limbo->busy = limbo->waiting.nr;
	return limbo->busy;
}

void carve_limbo_add(struct carve_cache *cache, struct carve_page *slab)
{
	struct carve_limbo *limbo = &cache->limbo;
	bool first;

	scoped_guard(raw_spinlock_irqsave, &cache->lock) {
		carve_page_list_add(&limbo->entering, cache->pages->map,
				    slab - cache->pages->map);
		first = !limbo->busy;
		if (first)
			begin(limbo);
	}
	if (first)
		carve_run_after_rcu(&limbo->work);
}

static struct carve_page *pop(struct carve_cache *cache)
{
	struct carve_page_list *list = &cache->limbo.waiting;
	struct carve_page *map = cache->pages->map;
	u32 index = list->first;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (index == CARVE_PAGE_NONE)
		return NULL;
	carve_page_list_del(list, map, index);
	return &map[index];
}

/* A grace period has passed since those that wait began to */
static void run(struct work_struct *work)
{
	struct carve_cache *cache = container_of(to_rcu_work(work),
						 struct carve_cache,
						 limbo.work);
	struct carve_page *slab;
	bool more;

	while ((slab = pop(cache))) {
		carve_slab_release(cache, slab);
		cond_resched();
	}
	scoped_guard(raw_spinlock_irqsave, &cache->lock)
		more = begin(&cache->limbo);
	if (more)
		carve_run_after_rcu(&cache->limbo.work);
}

void carve_limbo_flush(struct carve_cache *cache)
{
	/* Nobody adds to it any more: once clear it stays so */
	while (data_race(READ_ONCE(cache->limbo.busy)))
		flush_rcu_work(&cache->limbo.work);
	/* The last one to run may not have returned yet */
	flush_rcu_work(&cache->limbo.work);
}

void carve_limbo_init(struct carve_cache *cache)
{
	carve_page_list_init(&cache->limbo.entering);
	carve_page_list_init(&cache->limbo.waiting);
	INIT_RCU_WORK(&cache->limbo.work, run);
}
