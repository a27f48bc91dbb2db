/* SPDX-License-Identifier: GPL-2.0 */
/* Magazines and depots: ready items for each CPU. See magazine.c. */
#ifndef _CARVE_MAGAZINE_H
#define _CARVE_MAGAZINE_H

#include <linux/compiler.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct carve_magazines;

/**
 * struct carve_magazine_ops - the layer behind the magazines
 * @refill: stores up to @n ready items at @items, returns how many
 * @flush: takes @n items back; those that it refuses are lost
 *
 * Both are called in any context but NMI, with preemption disabled or not,
 * and do work bounded by @n.
 */
struct carve_magazine_ops {
	unsigned int (*refill)(struct carve_magazines *ms, void **items,
			       unsigned int n);
	void (*flush)(struct carve_magazines *ms, void **items, unsigned int n);
};

/**
 * struct carve_magazine - one CPU's LIFO array of ready items
 * @busy: set while the CPU is at it, so that an interrupt keeps off
 * @count: items in it
 * @capacity: how many it may hold; another CPU may change it
 * @refills: times it was found empty
 * @flushes: times it was found full
 * @items: the items, the one freed last on top
 *
 * Touched by its own CPU alone, with preemption disabled and @busy set; the
 * counters are read by others without more than READ_ONCE().
 */
struct carve_magazine {
	u32 busy;
	u32 count;
	u32 capacity;
	unsigned long refills;
	unsigned long flushes;
	void *items[];
};

/* A full or empty magazine in the depot: one batch of items */
struct carve_batch {
	struct carve_batch *next;
	unsigned int nr;
	void *items[];
};

/**
 * struct carve_magazines - the magazines of all CPUs and their depot
 * @ops: the layer behind
 * @batch: items moved at a time; can be changed at any time
 * @max_batch: what there is room for; a CPU's magazine has room for two
 * @base: where @batch adapts to contention, what it is without; 0: fixed
 * @lock: guards the members up to @cpu, and changes of @base and @batch
 * @nr_visits: to the depot since @batch was last looked at
 * @nr_contended: of these, how many found @lock taken
 * @full: batches with items in them
 * @empty: batches without
 * @nr_items: in all of @full
 * @cpu: a magazine for each possible CPU
 */
struct carve_magazines {
	const struct carve_magazine_ops *ops;
	unsigned int batch;
	unsigned int max_batch;
	unsigned int base;
	raw_spinlock_t lock;
	unsigned int nr_visits;
	unsigned int nr_contended;
	struct carve_batch *full;
	struct carve_batch *empty;
	unsigned int nr_items;
	struct carve_magazine *cpu[];
};

/* Bytes that carve_magazines_init() needs behind the struct's own, with @cpu */
size_t carve_magazines_size(unsigned int batch);
/* @memory: zeroed, aligned to a cache line, of that many bytes */
void carve_magazines_init(struct carve_magazines *ms,
			  const struct carve_magazine_ops *ops,
			  unsigned int batch, void *memory);

/*
 * Changes how much is moved at a time, 1 to max_batch, and how much each CPU's
 * magazine holds, 0 to 2 * max_batch. False: out of these bounds. What is
 * above a lower limit leaves with the next item put, or when drained.
 */
bool carve_magazines_tune(struct carve_magazines *ms, unsigned int batch,
			  unsigned int limit);

/* Visits to the depot from one look at its contention to the next */
#define CARVE_ADAPT_VISITS 64U

/*
 * From now on the batch adapts: it is @base, 1 to max_batch, while CPUs don't
 * meet at the depot, and grows while they do. carve_magazines_tune() ends that.
 */
void carve_magazines_adapt(struct carve_magazines *ms, unsigned int base);
/* What follows @batch after CARVE_ADAPT_VISITS of which @contended had to wait */
unsigned int carve_batch_adapted(unsigned int batch, unsigned int base,
				 unsigned int max_batch,
				 unsigned int contended);

/* NULL where nothing is in the magazine, the depot, or behind them */
void *carve_magazines_get_slow(struct carve_magazines *ms);
void carve_magazines_put_slow(struct carve_magazines *ms, void *item);

/* Takes up to @n items at once, how many: less where there are no more */
unsigned int carve_magazines_get_bulk(struct carve_magazines *ms, void **items,
				      unsigned int n);
/* Puts @n items at once; what @flush does to the array it may do to @items */
void carve_magazines_put_bulk(struct carve_magazines *ms, void **items,
			      unsigned int n);

/* Give back what this CPU's magazine, or the depot, holds. Any context but NMI. */
void carve_magazines_drain_cpu(struct carve_magazines *ms);
void carve_magazines_drain_depot(struct carve_magazines *ms);
/* The same for the magazine of a CPU that is dead, or with nobody at work */
void carve_magazines_drain_dead(struct carve_magazines *ms, unsigned int cpu);

/* Items in all magazines and the depot; exact while nobody is at work */
unsigned long carve_magazines_count(const struct carve_magazines *ms);

/**
 * carve_magazines_get() - take a ready item
 * @ms: the magazines
 *
 * The fast path: no atomic instruction, no disabling of interrupts. An
 * interrupt between reading @busy and setting it has left the magazine whole
 * by the time it returns, so the check need not be atomic.
 *
 * Return: the item freed last on this CPU, or NULL: call
 * carve_magazines_get_slow().
 */
static __always_inline void *carve_magazines_get(struct carve_magazines *ms)
{
	struct carve_magazine *m;
	void *item = NULL;

	preempt_disable();
	m = ms->cpu[raw_smp_processor_id()];
	if (likely(!READ_ONCE(m->busy))) {
		WRITE_ONCE(m->busy, 1);
		barrier();
		if (likely(m->count))
			item = m->items[--m->count];
		barrier();
		WRITE_ONCE(m->busy, 0);
	}
	preempt_enable();
	return item;
}

/**
 * carve_magazines_put() - leave an item for the next one who asks
 * @ms: the magazines
 * @item: the item
 *
 * Return: true, or false where there was no room: call
 * carve_magazines_put_slow().
 */
static __always_inline bool carve_magazines_put(struct carve_magazines *ms,
						void *item)
{
	struct carve_magazine *m;
	bool done = false;

	preempt_disable();
	m = ms->cpu[raw_smp_processor_id()];
	if (likely(!READ_ONCE(m->busy))) {
		WRITE_ONCE(m->busy, 1);
		barrier();
		if (likely(m->count < READ_ONCE(m->capacity))) {
			m->items[m->count++] = item;
			done = true;
		}
		barrier();
		WRITE_ONCE(m->busy, 0);
	}
	preempt_enable();
	return done;
}

#endif /* _CARVE_MAGAZINE_H */
