/* SPDX-License-Identifier: GPL-2.0 */
/* Allocations that are freed after a grace period. See rcu.c. */
#ifndef _CARVE_RCU_H
#define _CARVE_RCU_H

#include <linux/atomic.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "slab/kmalloc.h"

struct carve_rcu;
struct carve_rcu_block;

/**
 * struct carve_rcu_areas - what there is to free besides that of the slab layer
 * @usable: whether there is something, by its bytes, at the start of which @p
 *	points; any context but NMI
 * @owns: whether @p lies anywhere in such; the same contexts
 * @put: frees it, in a task that can sleep
 *
 * Its addresses are even.
 */
struct carve_rcu_areas {
	size_t (*usable)(struct carve_rcu *rcu, const void *p);
	bool (*owns)(struct carve_rcu *rcu, const void *p);
	void (*put)(struct carve_rcu *rcu, const void *p, unsigned long caller);
};

/**
 * struct carve_rcu_cpu - what was given to be freed on one CPU
 * @lock: guards the other members; other CPUs take it to collect
 * @blocks: pages full of pointers, the one that is being filled first
 * @heads: what no page could be had for, chained through itself
 * @nr_heads: how many that are
 * @waiting: such as wait for the end of a grace period, with the work alone
 * @nr_waiting: how many that are
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
 * struct carve_rcu - what of a carveout is to be freed after a grace period
 * @slabs: where it goes
 * @areas: where what is not of @slabs goes
 * @cpu: where it is collected, for each CPU
 * @nr_pending: allocations given and not yet freed
 * @busy: set while @work is on its way
 * @nr_rounds: times that @work has freed what waited
 * @work: frees what waited, and lets wait what has been collected since
 * @blocks: what waits, with @work alone
 */
struct carve_rcu {
	struct carve_slabs *slabs;
	const struct carve_rcu_areas *areas;
	struct carve_rcu_cpu *cpu;
	atomic_long_t nr_pending;
	atomic_t busy;
	unsigned long nr_rounds;
	struct rcu_work work;
	struct carve_rcu_block *blocks;
};

/* 0, or -ENOMEM where @boot is full */
int carve_rcu_init(struct carve_rcu *rcu, struct carve_slabs *slabs,
		   const struct carve_rcu_areas *areas,
		   struct carve_boot *boot);

/*
 * Frees @p after a grace period. With @head, which lies in the allocation and
 * holds nothing that readers need: any context but NMI. With NULL: may sleep.
 */
void carve_rcu_free(struct carve_rcu *rcu, const void *p,
		    struct rcu_head *head, unsigned long caller);

/* Returns when all that was given before has been freed; sleeps */
void carve_rcu_flush(struct carve_rcu *rcu);
/* When nobody gives anything any more, and all is freed: nothing runs; sleeps */
void carve_rcu_stop(struct carve_rcu *rcu);

#endif /* _CARVE_RCU_H */
