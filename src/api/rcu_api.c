// SPDX-License-Identifier: GPL-2.0
/*
 * The exported functions that free after a grace period, documented in
 * include/carveout.h. Wrappers of rcu/kfree_rcu.c, which has the locking.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>

#include <carveout.h>

#include "core/instance.h"

void carve_kfree_rcu(struct carveout *co, const void *p, struct rcu_head *head)
{
	carve_rcu_free(&co->rcu, p, head, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kfree_rcu);

void carve_cache_free_rcu(struct carve_cache *cache, void *object,
			  struct rcu_head *head)
{
	struct carveout *co = container_of(cache->slabs, struct carveout,
					   slabs);

	if (likely(carve_cache_owns(cache, object)))
		carve_rcu_free(&co->rcu, object, head, _RET_IP_);
	else if (object)
		carve_cache_report(cache, CARVE_MISUSE_FREE, object, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_cache_free_rcu);

void carve_rcu_barrier(struct carveout *co)
{
	carve_rcu_flush(&co->rcu);
}
EXPORT_SYMBOL_GPL(carve_rcu_barrier);
