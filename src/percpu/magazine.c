// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines and depots
 *
 * After Bonwick and Adams, "Magazines and Vmem: Extending the Slab Allocator
 * to Many CPUs and Arbitrary Resources" (USENIX 2001). One implementation
 * serves blocks of pages, objects of caches, and mapped areas; what lies
 * behind is reached through struct carve_magazine_ops.
 *
 * Each CPU has a magazine, a LIFO array of 2 batches of items or more. One that runs
 * empty takes a whole batch from the depot, or else from the layer behind;
 * one that runs full hands its oldest batch to the depot, or else back to the
 * layer behind. So at least batch operations pass between two visits to
 * shared state, in whatever order items are taken and given (the paper's
 * argument for two magazines a CPU; here they lie in one array, and the
 * oldest items, whose cache lines are the coldest, are those that leave). A caller
 * that again and again takes up to (capacity - batch) items and puts them back
 * visits shared state during the first such round at most, however full the
 * magazine was when it began.
 *
 * The busy mark replaces the paper's lock. It is set and cleared by the CPU that
 * owns the magazine, under preempt_disable(). Only an interrupt on that CPU can
 * find it set; it goes past the magazine, straight to the layer behind. Other
 * CPUs never touch the magazine: to drain it, work is sent to the CPU
 * (each_cpu.c). The mark is part of the word that counts the items: idle, it is
 * their number plus CARVE_MAGAZINE_IDLE; one instruction takes that off, and tells
 * by what is left whether the mark was set and whether there are any; another one
 * puts it back with one item more or less.
 *
 * The depot never holds more than the batches that it was born with, usually one
 * for each possible CPU and one more: so the memory idle in a set of magazines of
 * two batches is at most (3 * CPUs + 1) * max.batch items.
 *
 * The batch may adapt to contention, as in section 3.4 of the paper: each visit
 * to the depot first tries its lock, and where more than one try in
 * CONTENDED_SHARE fails, CPUs visit it too often: the batch grows by a quarter,
 * up to max.batch. Where none fails it shrinks by an eighth, down to where it
 * began. Each CPU's limit follows with its next visit: it stays the same number
 * of batches.
 *
 * A visit behind the magazine takes a while for the visit itself, V, and for
 * each item that it moves, I. With a batch of n items the caller that makes the
 * visit waits for V + n * I, and the mean cost of an item is V / n + I. A caller
 * that may sleep can afford the wait: only the mean counts. For one that can't, an
 * atomic allocation or a free with interrupts off, both count: one more item is
 * worth it as long as it takes more off the mean than it adds to the wait,
 * V / n^2 > I, that is up to n = sqrt(V / I). V is some 200 instructions in all
 * layers, I is 10 to 20: that makes 3 or 4, and CARVE_MAGAZINE_FEW is the lesser.
 * So a refill in a hurry takes that many items, one by one, off the depot's first
 * batch or from wherever the layer behind finds them at its first look; and a
 * spill in a hurry takes them off the top, so that none have to be moved down.
 *
 * Diversion: what would make the fast path longer, tracing above all, is done in
 * the slow path, and while it is wanted all callers are sent there. The fast path
 * finds a magazine by its CPU's place in a table; carve_magazines_divert() gives
 * each CPU another place, that of its decoy: a magazine that is always empty and
 * has room for nothing. The table of every struct carve_magazines names the same
 * decoys, so that later ones are diverted, too. The slow path finds the true
 * magazine by the CPU's number and does with it what the fast path would have
 * done: the layer behind notices nothing, and no magazine has to be emptied. As
 * decoys hold nothing, a CPU that still uses its old place does no harm.
 *
 * Invariants:
 *  - an item is in at most one magazine or batch;
 *  - every batch on @full has from 1 to max.batch items, on @empty none;
 *  - the number of items in a magazine, and its capacity, are at most max.room.
 *
 * Locks: the busy mark, then ms->lock, then, never under ms->lock, those of
 * the layer behind.
 */
#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "percpu/magazine.h"

/* See above */
#define CONTENDED_SHARE 16

struct carve_magazine_shape carve_magazine_shape(unsigned int batch)
{
	return (struct carve_magazine_shape){
		.batch = batch,
		.room = 2 * batch,
		.depot = num_possible_cpus() + 1,
	};
}

static size_t magazine_size(struct carve_magazine_shape shape)
{
	return L1_CACHE_ALIGN(sizeof(struct carve_magazine) +
			      shape.room * sizeof(void *));
}

static size_t batch_size(struct carve_magazine_shape shape)
{
	return sizeof(struct carve_batch) + shape.batch * sizeof(void *);
}

size_t carve_magazines_size(struct carve_magazine_shape shape)
{
	return num_possible_cpus() * magazine_size(shape) +
	       shape.depot * batch_size(shape);
}

#if defined(CONFIG_UML) && !defined(CONFIG_TRACEPOINTS)
static void init_place(unsigned int cpu)
{
}
#else
DEFINE_PER_CPU(unsigned long, carve_magazine_places);

/* Sets a place that is still 0: it may be a decoy's already, and CPU 0's is 0 */
static void init_place(unsigned int cpu)
{
	cmpxchg(per_cpu_ptr(&carve_magazine_places, cpu), 0, cpu);
}
#endif

#ifdef CONFIG_TRACEPOINTS
/* All zeroes: busy, and without room. What a caller writes to it, it undoes at once */
static DEFINE_PER_CPU(struct carve_magazine, decoys);

static void add_decoy(struct carve_magazines *ms, unsigned int cpu)
{
	ms->cpu[nr_cpu_ids + cpu] = per_cpu_ptr(&decoys, cpu);
}

void carve_magazines_divert(bool divert)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu(carve_magazine_places, cpu),
			   divert ? nr_cpu_ids + cpu : cpu);
	/* Wait for CPUs that read the old place: they have preemption disabled */
	synchronize_rcu();
}
#else
static void add_decoy(struct carve_magazines *ms, unsigned int cpu)
{
}
#endif

void carve_magazines_init(struct carve_magazines *ms,
			  const struct carve_magazine_ops *ops,
			  struct carve_magazine_shape shape, void *memory)
{
	unsigned int cpu, i;

	ms->ops = ops;
	ms->batch = shape.batch;
	ms->max = shape;
	raw_spin_lock_init(&ms->lock);
	for_each_possible_cpu(cpu) {
		ms->cpu[cpu] = memory;
		ms->cpu[cpu]->capacity = shape.room;
		carve_magazine_leave(ms->cpu[cpu], 0);
		add_decoy(ms, cpu);
		init_place(cpu);
		memory += magazine_size(shape);
	}
	for (i = 0; i < shape.depot; i++) {
		struct carve_batch *b = memory;

		b->next = ms->empty;
		ms->empty = b;
		memory += batch_size(shape);
	}
}

/* As many batches as there is room for when they have the largest size */
static unsigned long limit_for(const struct carve_magazines *ms,
			       unsigned int batch)
{
	return batch * (ms->max.room / ms->max.batch);
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
	if (!batch || batch > ms->max.batch || limit > ms->max.room)
		return false;
	set_batch(ms, 0, batch);
	set_limits(ms, limit);
	return true;
}

void carve_magazines_adapt(struct carve_magazines *ms, unsigned int base)
{
	set_batch(ms, base, base);
	set_limits(ms, limit_for(ms, base));
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
						  ms->max.batch,
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
	unsigned long limit = READ_ONCE(m->capacity);

	if (READ_ONCE(ms->base))
		cmpxchg(&m->capacity, limit,
			limit_for(ms, READ_ONCE(ms->batch)));
}

/*
 * Batches are short: what memcpy() does before it begins, or does byte by byte,
 * would cost more than this loop.
 */
static void copy_items(void **to, void *const *from, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i + 4 <= nr; i += 4) {
		WRITE_ONCE(to[i], from[i]);
		WRITE_ONCE(to[i + 1], from[i + 1]);
		WRITE_ONCE(to[i + 2], from[i + 2]);
		WRITE_ONCE(to[i + 3], from[i + 3]);
	}
	for (; i < nr; i++)
		WRITE_ONCE(to[i], from[i]);
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

/* Moves up to @most items of the depot's first batch to @items; returns how many */
static unsigned int depot_take(struct carve_magazines *ms, void **items,
			       unsigned int most)
{
	unsigned long flags = lock_depot(ms);
	struct carve_batch *b = ms->full;
	unsigned int nr = 0;

	if (b) {
		nr = min(b->nr, most);
		b->nr -= nr;
		ms->nr_items -= nr;
		copy_items(items, b->items + b->nr, nr);
		if (!b->nr) {
			ms->full = b->next;
			push_empty(ms, b);
		}
	}
	unlock_depot(ms, flags);
	return nr;
}

/* The first batch, which has room for @nr more items; NULL: the depot is full */
static struct carve_batch *batch_for(struct carve_magazines *ms,
				     unsigned int nr)
{
	struct carve_batch *b = ms->full;

	lockdep_assert_held(&ms->lock);
	if (b && b->nr + nr <= ms->max.batch)
		return b;
	b = ms->empty;
	if (b) {
		ms->empty = b->next;
		b->next = ms->full;
		b->nr = 0;
		ms->full = b;
	}
	return b;
}

/* Moves @nr items from @items to the depot; false: it is full */
static bool depot_give(struct carve_magazines *ms, void *const *items,
		       unsigned int nr)
{
	unsigned long flags = lock_depot(ms);
	struct carve_batch *b = batch_for(ms, nr);

	if (b) {
		copy_items(b->items + b->nr, items, nr);
		b->nr += nr;
		ms->nr_items += nr;
	}
	unlock_depot(ms, flags);
	return b;
}

/* Refills an empty magazine; returns with how many items */
static unsigned int refill(struct carve_magazines *ms, struct carve_magazine *m,
			   bool hurry)
{
	unsigned int most = hurry ? CARVE_MAGAZINE_FEW : UINT_MAX;
	unsigned int n = 0;

	m->refills++;
	follow_batch(ms, m);
	/* An empty depot is not worth taking its lock */
	if (!hurry || data_race(READ_ONCE(ms->full)))
		n = depot_take(ms, m->items, most);
	return n ?: ms->ops->refill(ms, m->items,
				    min(READ_ONCE(ms->batch), most), hurry);
}

/* The oldest batch leaves, the others move down; returns how many stay */
static unsigned int spill(struct carve_magazines *ms, struct carve_magazine *m,
			  unsigned int count)
{
	unsigned int n = min(count, READ_ONCE(ms->batch));

	m->flushes++;
	follow_batch(ms, m);
	if (!depot_give(ms, m->items, n))
		ms->ops->flush(ms, m->items, n);
	copy_items(m->items, m->items + n, count - n);
	return count - n;
}

/* The few on top leave, no more than a batch has room for; returns how many stay */
static unsigned int spill_few(struct carve_magazines *ms,
			      struct carve_magazine *m, unsigned int count)
{
	unsigned int n = min3(count, READ_ONCE(ms->batch), CARVE_MAGAZINE_FEW);

	m->flushes++;
	follow_batch(ms, m);
	count -= n;
	if (!depot_give(ms, m->items + count, n))
		ms->ops->flush(ms, m->items + count, n);
	return count;
}

/* This CPU's true magazine, now marked busy; NULL if it was busy already */
static __always_inline struct carve_magazine *
acquire(struct carve_magazines *ms, unsigned int *count)
{
	struct carve_magazine *m;
	bool nothing;
	long n;

	preempt_disable();
	m = ms->cpu[raw_smp_processor_id()];
	n = carve_magazine_enter(m, &nothing);
	if (n < 0) {
		carve_magazine_undo(m);
		preempt_enable();
		return NULL;
	}
	*count = n;
	return m;
}

static void release(struct carve_magazine *m, unsigned int count)
{
	carve_magazine_leave(m, count);
	preempt_enable();
}

static void flush_all(struct carve_magazines *ms, struct carve_magazine *m,
		      unsigned int count)
{
	while (count) {
		unsigned int n = min(count, ms->max.batch);

		count -= n;
		ms->ops->flush(ms, m->items + count, n);
	}
}

void carve_magazines_drain_cpu(struct carve_magazines *ms)
{
	unsigned int count;
	struct carve_magazine *m = acquire(ms, &count);

	if (!m)
		return;
	flush_all(ms, m, count);
	release(m, 0);
}

void carve_magazines_drain_dead(struct carve_magazines *ms, unsigned int cpu)
{
	struct carve_magazine *m = ms->cpu[cpu];

	flush_all(ms, m, carve_magazine_count(m));
	carve_magazine_leave(m, 0);
}

void carve_magazines_drain_offline(struct carve_magazines *ms)
{
	unsigned int cpu;

	for_each_cpu_andnot(cpu, cpu_possible_mask, cpu_online_mask)
		carve_magazines_drain_dead(ms, cpu);
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
	unsigned int left = ms->max.depot;
	struct carve_batch *b;

	/* As many as there can be: what others put there meanwhile may stay */
	while (left-- && (b = take_full(ms))) {
		ms->ops->flush(ms, b->items, b->nr);
		give_empty(ms, b);
	}
}

/* For an interrupt that found its CPU's magazine busy, or one without room */
static unsigned int get_past_magazine(struct carve_magazines *ms, void **items,
				      unsigned int n, bool hurry)
{
	return ms->ops->refill(ms, items, n, hurry) ?:
	       depot_take(ms, items, n);
}

static void *get_one_past_magazine(struct carve_magazines *ms, bool hurry)
{
	void *item;

	return get_past_magazine(ms, &item, 1, hurry) ? item : NULL;
}

void *carve_magazines_get_slow(struct carve_magazines *ms, bool hurry)
{
	unsigned int count;
	struct carve_magazine *m = acquire(ms, &count);
	void *item = NULL;

	if (!m)
		return get_one_past_magazine(ms, hurry);
	/* Looked at once: another CPU may change the limit */
	if (!count && !carve_magazine_limit(m))
		item = get_one_past_magazine(ms, hurry);
	else if (!count)
		count = refill(ms, m, hurry);
	if (count)
		item = m->items[--count];
	release(m, count);
	return item;
}

bool carve_magazines_has_on_top(struct carve_magazines *ms, const void *item)
{
	unsigned int count;
	struct carve_magazine *m = acquire(ms, &count);
	bool has;

	if (!m)
		return false;
	has = (count > 0 && m->items[count - 1] == item) ||
	      (count > 1 && m->items[count - 2] == item);
	release(m, count);
	return has;
}

void carve_magazines_put_slow(struct carve_magazines *ms, void *item)
{
	unsigned int count;
	struct carve_magazine *m = acquire(ms, &count);

	if (!m) {
		ms->ops->flush(ms, &item, 1);
		return;
	}
	if (count && count >= carve_magazine_limit(m))
		count = irqs_disabled() ? spill_few(ms, m, count) :
					  spill(ms, m, count);
	if (count < carve_magazine_limit(m))
		m->items[count++] = item;
	else
		ms->ops->flush(ms, &item, 1);
	release(m, count);
}

/* Some of @n items, none only where there are none */
static unsigned int get_some(struct carve_magazines *ms, void **items,
			     unsigned int n)
{
	unsigned int count, got;
	struct carve_magazine *m = acquire(ms, &count);

	if (!m)
		return get_past_magazine(ms, items, min(n, ms->max.batch),
					 false);
	/* As in carve_magazines_get_slow() */
	if (!count && !carve_magazine_limit(m)) {
		got = get_past_magazine(ms, items, min(n, ms->max.batch),
					false);
	} else {
		if (!count)
			count = refill(ms, m, false);
		got = min(n, count);
		count -= got;
		copy_items(items, m->items + count, got);
	}
	release(m, count);
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
	n = min(n, ms->max.batch);
	ms->ops->flush(ms, items, n);
	return n;
}

/* Puts some of @n items, how many; 0 where one more batch had to leave first */
static unsigned int put_some(struct carve_magazines *ms, void **items,
			     unsigned int n)
{
	unsigned int count, limit;
	struct carve_magazine *m = acquire(ms, &count);

	if (!m)
		return put_past_magazine(ms, items, n);
	if (count && count >= carve_magazine_limit(m))
		count = spill(ms, m, count);
	limit = carve_magazine_limit(m);
	if (count < limit) {
		n = min(n, limit - count);
		copy_items(m->items + count, items, n);
		count += n;
	} else if (!limit) {
		n = put_past_magazine(ms, items, n);
	} else {
		n = 0;
	}
	release(m, count);
	return n;
}

void carve_magazines_put_bulk(struct carve_magazines *ms, void **items,
			      unsigned int n)
{
	unsigned int put;

	for (; n; n -= put, items += put)
		put = put_some(ms, items, n);
}

unsigned long carve_magazines_count(const struct carve_magazines *ms)
{
	/* Of what others are changing, any recent value will do */
	unsigned long n = data_race(READ_ONCE(ms->nr_items));
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		n += carve_magazine_count(ms->cpu[cpu]);
	return n;
}
