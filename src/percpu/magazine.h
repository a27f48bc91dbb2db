/* SPDX-License-Identifier: GPL-2.0 */
/* Magazines and depots: per-CPU lists of free items. See magazine.c. */
#ifndef _CARVE_MAGAZINE_H
#define _CARVE_MAGAZINE_H

#include <linux/compiler.h>
#include <linux/cpumask.h>

#include "percpu/magazine_types.h"

/* Entries of carve_magazines.cpu: magazines and decoys of all CPUs */
static inline unsigned int carve_magazine_nr_places(void)
{
	return IS_ENABLED(CONFIG_TRACEPOINTS) ? 2 * nr_cpu_ids : nr_cpu_ids;
}

/*
 * Divert all callers of the fast path, of all magazines, to the slow path, or
 * end that. Takes effect on all CPUs before it returns. Sleeps.
 */
#ifdef CONFIG_TRACEPOINTS
void carve_magazines_divert(bool divert);
#endif

/* Default: two batches for each CPU; CPUs + 1 batches in the depot */
struct carve_magazine_shape carve_magazine_shape(unsigned int batch);

/*
 * Bytes of @memory that carve_magazines_init() needs, in addition to struct
 * carve_magazines with carve_magazine_nr_places() entries in @cpu
 */
size_t carve_magazines_size(struct carve_magazine_shape shape);
/* @memory: zeroed, cache line aligned, of carve_magazines_size() bytes */
void carve_magazines_init(struct carve_magazines *ms,
			  const struct carve_magazine_ops *ops,
			  struct carve_magazine_shape shape, void *memory);

/*
 * Set the batch, 1 to max.batch, and the capacity of each CPU's magazine, 0 to
 * max.room. False: out of bounds. Items above a lowered capacity are flushed by
 * the next free or drain.
 */
bool carve_magazines_tune(struct carve_magazines *ms, unsigned int batch,
			  unsigned int limit);

/*
 * Adapt the batch to contention: @base, 1 to max.batch, while there is none on
 * the depot's lock, and growing while there is. carve_magazines_tune() ends
 * that.
 */
void carve_magazines_adapt(struct carve_magazines *ms, unsigned int base);
/* New batch after CARVE_ADAPT_VISITS, @contended of which had to wait */
unsigned int carve_batch_adapted(unsigned int batch, unsigned int base,
				 unsigned int max_batch,
				 unsigned int contended);

/*
 * Slow path: refill the magazine and take an item. NULL if the depot and the
 * backing layer are empty, too. @atomic: move only CARVE_MAGAZINE_FEW items.
 */
void *carve_magazines_alloc_slow(struct carve_magazines *ms, bool atomic);
void carve_magazines_free_slow(struct carve_magazines *ms, void *item);
/* Is @item one of the last two items freed on this CPU? */
bool carve_magazines_has_on_top(struct carve_magazines *ms, const void *item);

/* Take @n items; return how many, fewer only if there are no more */
unsigned int carve_magazines_alloc_bulk(struct carve_magazines *ms, void **items,
					unsigned int n);
/* Free @n items; carve_magazine_ops.flush may overwrite @items */
void carve_magazines_free_bulk(struct carve_magazines *ms, void **items,
			       unsigned int n);

/*
 * Flush the magazines of all online CPUs, and the depot. Items freed meanwhile
 * may stay. Doesn't wait for tasks on other CPUs. Sleeps.
 */
void carve_magazines_drain(struct carve_magazines *ms);
/*
 * Flush up to @most items of this CPU's magazine and of the depot; return how
 * many. Any context but NMI.
 */
unsigned int carve_magazines_drain_some(struct carve_magazines *ms,
					unsigned int most);
/* Flush this CPU's magazine, or the depot. Any context but NMI. */
void carve_magazines_drain_cpu(struct carve_magazines *ms);
void carve_magazines_drain_depot(struct carve_magazines *ms);
/* Flush the magazine of a dead CPU, or of one that doesn't use it meanwhile */
void carve_magazines_drain_dead(struct carve_magazines *ms, unsigned int cpu);
/* Flush the magazines of all offline CPUs; under cpus_read_lock() */
void carve_magazines_drain_offline(struct carve_magazines *ms);

/* Items in all magazines and the depot; exact while none of them is in use */
unsigned long carve_magazines_count(const struct carve_magazines *ms);

/* Items in a magazine; for another CPU's, a recent number */
static inline unsigned int
carve_magazine_count(const struct carve_magazine *m)
{
#ifdef __x86_64__
	/* Its CPU may be changing it */
	return data_race(READ_ONCE(m->state)) & (CARVE_MAGAZINE_IDLE - 1);
#else
	return READ_ONCE(m->nr);
#endif
}

static inline unsigned int
carve_magazine_limit(const struct carve_magazine *m)
{
	return READ_ONCE(m->capacity);
}

static inline bool carve_magazine_busy(const struct carve_magazine *m)
{
#ifdef __x86_64__
	return READ_ONCE(m->state) < CARVE_MAGAZINE_IDLE;
#else
	return !READ_ONCE(m->idle);
#endif
}

#endif /* _CARVE_MAGAZINE_H */
