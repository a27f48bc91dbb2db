/* SPDX-License-Identifier: GPL-2.0 */
/* kfree_rcu(): free after a grace period. See kfree_rcu.c. */
#ifndef _CARVE_RCU_H
#define _CARVE_RCU_H

#include <linux/atomic.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "vmap/vmap.h"

struct carve_rcu;
struct carve_rcu_block;

/**
 * struct carve_rcu_cpu - the frees queued on one CPU
 * @lock: guards @blocks, @heads and @nr_heads; the work item takes it to
 *	collect
 * @blocks: pages of pointers; the first one is being filled
 * @heads: chain of rcu_heads, for frees that found no page for a block
 * @nr_heads: length of @heads
 * @waiting: collected @heads that wait for a grace period; used by the work
 *	alone
 * @nr_waiting: length of @waiting
 */
struct carve_rcu_cpu {
	raw_spinlock_t lock;
	struct carve_rcu_block *blocks;
	struct rcu_head *heads;
	unsigned long nr_heads;
	struct rcu_head *waiting;
	unsigned long nr_waiting;
};

/**
 * struct carve_rcu - frees of a carveout that wait for a grace period
 * @vmap: the carveout's areas, with its slabs
 * @cpu: queued frees of each CPU
 * @key: XORed with addresses in chained heads; constant
 * @nr_pending: frees queued and not yet done
 * @busy: set while @work is queued or running
 * @nr_rounds: number of times that @work has run
 * @work: frees @blocks and all @waiting, and collects the queued frees
 * @blocks: collected blocks that wait for a grace period; used by @work alone
 */
struct carve_rcu {
	struct carve_vmap *vmap;
	struct carve_rcu_cpu *cpu;
	unsigned long key;
	atomic_long_t nr_pending;
	atomic_t busy;
	unsigned long nr_rounds;
	struct rcu_work work;
	struct carve_rcu_block *blocks;
};

/* 0, or -ENOMEM if @boot is full */
int carve_rcu_init(struct carve_rcu *rcu, struct carve_vmap *vmap,
		   struct carve_boot *boot);

/*
 * Free @p after a grace period. @head lies in the allocation, and readers don't
 * use it: any context but NMI. Without @head (NULL): may sleep.
 */
void carve_rcu_free(struct carve_rcu *rcu, const void *p,
		    struct rcu_head *head, unsigned long caller);

/* Wait until all frees queued so far are done; sleeps */
void carve_rcu_flush(struct carve_rcu *rcu);
/* Wait until the work is idle; no more frees may be queued; sleeps */
void carve_rcu_stop(struct carve_rcu *rcu);

#endif /* _CARVE_RCU_H */
