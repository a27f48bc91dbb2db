// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines and depots
 *
 * After Bonwick and Adams, "Magazines and Vmem: Extending the Slab Allocator
 * to Many CPUs and Arbitrary Resources" (USENIX 2001). One implementation
 * serves blocks of pages, objects of caches, and mapped areas; what lies
 * behind is reached through struct carve_magazine_ops.
 *
 * Each CPU has a magazine, a LIFO array of 2 * batch items. One that runs
 * empty takes a whole batch from the depot, or else from the layer behind;
 * one that runs full hands its oldest batch to the depot, or else back to the
 * layer behind. So at least batch operations pass between two visits to
 * shared state, in whatever order items are taken and given (the paper's
 * argument for two magazines a CPU; here they lie in one array, and the
 * oldest items, whose cache lines are the coldest, are those that leave).
 *
 * The busy mark replaces the paper's lock. It is set and cleared with plain
 * stores by the CPU that owns the magazine, under preempt_disable(). Only an
 * interrupt on that CPU can find it set; it goes past the magazine, straight
 * to the layer behind. Other CPUs never touch the magazine: to drain it,
 * work is sent to the CPU (each_cpu.c).
 *
 * The depot never holds more than the batches that it was born with, one for
 * each possible CPU and one more: so the memory idle in a set of magazines is
 * at most (3 * CPUs + 1) * max_batch items.
 *
 * The batch may adapt to contention, as in section 3.4 of the paper: each visit
 * to the depot first tries its lock, and where more than one try in
 * CONTENDED_SHARE fails, CPUs visit it too often: the batch grows by a quarter,
 * up to max_batch. Where none fails it shrinks by an eighth, down to where it
 * began. Each CPU's limit follows, two batches, with its next visit.
 *
 * Invariants:
 *  - an item is in at most one magazine or batch;
 *  - every batch on @full has from 1 to max_batch items, on @empty none;
 *  - count and capacity <= 2 * max_batch.
 *
 * Locks: the busy mark, then ms->lock, then, never under ms->lock, those of
 * the layer behind.
 */
#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "percpu/magazine.h"

/* See above */
#define CONTENDED_SHARE 16

static unsigned int nr_batches(void)
{
	return num_possible_cpus() + 1;
}

static size_t magazine_size(unsigned int batch)
{
	return L1_CACHE_ALIGN(sizeof(struct carve_magazine) +
			      2 * batch * sizeof(void *));
}

static size_t batch_size(unsigned int batch)
{
	return sizeof(struct carve_batch) + batch * sizeof(void *);
}

size_t carve_magazines_size(unsigned int batch)
{
	return num_possible_cpus() * magazine_size(batch) +
	       nr_batches() * batch_size(batch);
}

void carve_magazines_init(struct carve_magazines *ms,
			  const struct carve_magazine_ops *ops,
			  unsigned int batch, void *memory)
{
	unsigned int cpu, i;

	ms->ops = ops;
	ms->batch = batch;
	ms->max_batch = batch;
	raw_spin_lock_init(&ms->lock);
	for_each_possible_cpu(cpu) {
		ms->cpu[cpu] = memory;
		ms->cpu[cpu]->capacity = 2 * batch;
		memory += magazine_size(batch);
	}
	for (i = 0; i < nr_batches(); i++) {
		struct carve_batch *b = memory;

		b->next = ms->empty;
		ms->empty = b;
		memory += batch_size(batch);
	}
}

static void set_limits(struct carve_magazines *ms, unsigned int limit)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(ms->cpu[cpu]->capacity, limit);
}

/* @base before the limits: see follow_batch() */
static void set_batch(struct carve_magazines *ms, unsigned int base,
		      unsigned int batch)
{
	guard(raw_spinlock_irqsave)(&ms->lock);
	WRITE_ONCE(ms->base, base);
	WRITE_ONCE(ms->batch, batch);
	ms->nr_visits = 0;
	ms->nr_contended = 0;
}

bool carve_magazines_tune(struct carve_magazines *ms, unsigned int batch,
			  unsigned int limit)
{
	if (!batch || batch > ms->max_batch || limit > 2 * ms->max_batch)
		return false;
	set_batch(ms, 0, batch);
	set_limits(ms, limit);
	return true;
}

void carve_magazines_adapt(struct carve_magazines *ms, unsigned int base)
{
	set_batch(ms, base, base);
	set_limits(ms, 2 * base);
}

unsigned int carve_batch_adapted(unsigned int batch, unsigned int base,
				 unsigned int max_batch, unsigned int contended)
{
	if (contended > CARVE_ADAPT_VISITS / CONTENDED_SHARE)
		return min(batch + DIV_ROUND_UP(batch, 4), max_batch);
	if (!contended && batch > base)
		return max(batch - DIV_ROUND_UP(batch, 8), base);
	return batch;
}

/* Has seen enough visits to the depot: what do they say? */
static void adapt(struct carve_magazines *ms)
{
	lockdep_assert_held(&ms->lock);
	WRITE_ONCE(ms->batch, carve_batch_adapted(ms->batch, ms->base,
						  ms->max_batch,
						  ms->nr_contended));
	ms->nr_visits = 0;
	ms->nr_contended = 0;
}

static unsigned long lock_depot(struct carve_magazines *ms)
	__acquires(&ms->lock)
{
	unsigned long flags;
	bool contended = false;

	if (!raw_spin_trylock_irqsave(&ms->lock, flags)) {
		raw_spin_lock_irqsave(&ms->lock, flags);
		contended = true;
	}
	if (ms->base) {
		ms->nr_contended += contended;
		if (++ms->nr_visits == CARVE_ADAPT_VISITS)
			adapt(ms);
	}
	return flags;
}

static void unlock_depot(struct carve_magazines *ms, unsigned long flags)
	__releases(&ms->lock)
{
	raw_spin_unlock_irqrestore(&ms->lock, flags);
}

/*
 * The limit of this CPU's magazine goes with the batch, unless somebody sets
 * it meanwhile, which ends all adapting first.
 */
static void follow_batch(struct carve_magazines *ms, struct carve_magazine *m)
{
	unsigned int limit = READ_ONCE(m->capacity);

	if (READ_ONCE(ms->base))
		cmpxchg(&m->capacity, limit, 2 * READ_ONCE(ms->batch));
}

static struct carve_batch *pop_full(struct carve_magazines *ms)
{
	struct carve_batch *b = ms->full;

	lockdep_assert_held(&ms->lock);
	if (b) {
		ms->full = b->next;
		ms->nr_items -= b->nr;
	}
	return b;
}

static void push_empty(struct carve_magazines *ms, struct carve_batch *b)
{
	lockdep_assert_held(&ms->lock);
	b->next = ms->empty;
	ms->empty = b;
}

/* Moves a batch of items from the depot to @items, how many */
static unsigned int depot_take(struct carve_magazines *ms, void **items)
{
	unsigned long flags = lock_depot(ms);
	struct carve_batch *b = pop_full(ms);
	unsigned int nr = 0;

	if (b) {
		nr = b->nr;
		memcpy(items, b->items, nr * sizeof(*items));
		push_empty(ms, b);
	}
	unlock_depot(ms, flags);
	return nr;
}

/* Moves @nr items from @items to the depot; false: it is full */
static bool depot_give(struct carve_magazines *ms, void *const *items,
		       unsigned int nr)
{
	unsigned long flags = lock_depot(ms);
	struct carve_batch *b = ms->empty;

	if (b) {
		ms->empty = b->next;
		memcpy(b->items, items, nr * sizeof(*items));
		b->nr = nr;
		b->next = ms->full;
		ms->full = b;
		ms->nr_items += nr;
	}
	unlock_depot(ms, flags);
	return b;
}

static void refill(struct carve_magazines *ms, struct carve_magazine *m)
{
	m->refills++;
	follow_batch(ms, m);
	m->count = depot_take(ms, m->items);
	if (!m->count)
		m->count = ms->ops->refill(ms, m->items, READ_ONCE(ms->batch));
}

/* The oldest batch leaves, the others move down */
static void spill(struct carve_magazines *ms, struct carve_magazine *m)
{
	unsigned int n = min(m->count, READ_ONCE(ms->batch));

	m->flushes++;
	follow_batch(ms, m);
	if (!depot_give(ms, m->items, n))
		ms->ops->flush(ms, m->items, n);
	m->count -= n;
	memmove(m->items, m->items + n, m->count * sizeof(*m->items));
}

/* This CPU's magazine, marked busy; NULL where an interrupt found it so */
static struct carve_magazine *acquire(struct carve_magazines *ms)
{
	struct carve_magazine *m;

	preempt_disable();
	m = ms->cpu[raw_smp_processor_id()];
	if (READ_ONCE(m->busy)) {
		preempt_enable();
		return NULL;
	}
	WRITE_ONCE(m->busy, 1);
	barrier();
	return m;
}

static void release(struct carve_magazine *m)
{
	barrier();
	WRITE_ONCE(m->busy, 0);
	preempt_enable();
}

static void empty_magazine(struct carve_magazines *ms, struct carve_magazine *m)
{
	unsigned int n;

	while (m->count) {
		n = min(m->count, ms->max_batch);
		m->count -= n;
		ms->ops->flush(ms, m->items + m->count, n);
	}
}

void carve_magazines_drain_cpu(struct carve_magazines *ms)
{
	struct carve_magazine *m = acquire(ms);

	if (!m)
		return;
	empty_magazine(ms, m);
	release(m);
}

void carve_magazines_drain_dead(struct carve_magazines *ms, unsigned int cpu)
{
	empty_magazine(ms, ms->cpu[cpu]);
}

static struct carve_batch *take_full(struct carve_magazines *ms)
{
	guard(raw_spinlock_irqsave)(&ms->lock);
	return pop_full(ms);
}

static void give_empty(struct carve_magazines *ms, struct carve_batch *b)
{
	guard(raw_spinlock_irqsave)(&ms->lock);
	push_empty(ms, b);
}

void carve_magazines_drain_depot(struct carve_magazines *ms)
{
	struct carve_batch *b;

	while ((b = take_full(ms))) {
		ms->ops->flush(ms, b->items, b->nr);
		give_empty(ms, b);
	}
}

/* For an interrupt that found its CPU's magazine busy, or one without room */
static unsigned int get_past_magazine(struct carve_magazines *ms, void **items,
				      unsigned int n)
{
	unsigned int got = ms->ops->refill(ms, items, n);

	if (got)
		return got;
	carve_magazines_drain_depot(ms);
	return ms->ops->refill(ms, items, n);
}

static void *get_one_past_magazine(struct carve_magazines *ms)
{
	void *item;

	return get_past_magazine(ms, &item, 1) ? item : NULL;
}

void *carve_magazines_get_slow(struct carve_magazines *ms)
{
	struct carve_magazine *m = acquire(ms);
	void *item = NULL;

	if (!m)
		return get_one_past_magazine(ms);
	if (!m->count && READ_ONCE(m->capacity))
		refill(ms, m);
	if (m->count)
		item = m->items[--m->count];
	else if (!READ_ONCE(m->capacity))
		item = get_one_past_magazine(ms);
	release(m);
	return item;
}

void carve_magazines_put_slow(struct carve_magazines *ms, void *item)
{
	struct carve_magazine *m = acquire(ms);

	if (!m) {
		ms->ops->flush(ms, &item, 1);
		return;
	}
	if (m->count && m->count >= READ_ONCE(m->capacity))
		spill(ms, m);
	if (m->count < READ_ONCE(m->capacity))
		m->items[m->count++] = item;
	else
		ms->ops->flush(ms, &item, 1);
	release(m);
}

static unsigned int take_top(struct carve_magazine *m, void **items,
			     unsigned int n)
{
	n = min(n, m->count);
	m->count -= n;
	memcpy(items, m->items + m->count, n * sizeof(*items));
	return n;
}

/* Some of @n items, none only where there are none */
static unsigned int get_some(struct carve_magazines *ms, void **items,
			     unsigned int n)
{
	struct carve_magazine *m = acquire(ms);
	unsigned int got;

	if (!m)
		return get_past_magazine(ms, items, min(n, ms->max_batch));
	if (!m->count && READ_ONCE(m->capacity))
		refill(ms, m);
	got = take_top(m, items, n);
	if (!got && !READ_ONCE(m->capacity))
		got = get_past_magazine(ms, items, min(n, ms->max_batch));
	release(m);
	return got;
}

unsigned int carve_magazines_get_bulk(struct carve_magazines *ms, void **items,
				      unsigned int n)
{
	unsigned int taken = 0, got;

	/* Preemption and interrupts get their turn between two batches */
	while (taken < n) {
		got = get_some(ms, items + taken, n - taken);
		if (!got)
			break;
		taken += got;
	}
	return taken;
}

static unsigned int put_past_magazine(struct carve_magazines *ms, void **items,
				      unsigned int n)
{
	n = min(n, ms->max_batch);
	ms->ops->flush(ms, items, n);
	return n;
}

/* Puts some of @n items, how many; 0 where one more batch had to leave first */
static unsigned int put_some(struct carve_magazines *ms, void **items,
			     unsigned int n)
{
	struct carve_magazine *m = acquire(ms);
	unsigned int limit;

	if (!m)
		return put_past_magazine(ms, items, n);
	if (m->count && m->count >= READ_ONCE(m->capacity))
		spill(ms, m);
	limit = READ_ONCE(m->capacity);
	if (m->count < limit) {
		n = min(n, limit - m->count);
		memcpy(m->items + m->count, items, n * sizeof(*items));
		m->count += n;
	} else if (!limit) {
		n = put_past_magazine(ms, items, n);
	} else {
		n = 0;
	}
	release(m);
	return n;
}

void carve_magazines_put_bulk(struct carve_magazines *ms, void **items,
			      unsigned int n)
{
	unsigned int put;

	for (; n; n -= put, items += put)
		put = put_some(ms, items, n);
}

static unsigned int glance(const unsigned int *count)
{
	/* Of what others are changing, any recent value will do */
	return data_race(READ_ONCE(*count));
}

unsigned long carve_magazines_count(const struct carve_magazines *ms)
{
	unsigned long n = glance(&ms->nr_items);
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		n += glance(&ms->cpu[cpu]->count);
	return n;
}
