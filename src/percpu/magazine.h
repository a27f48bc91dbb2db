/* SPDX-License-Identifier: GPL-2.0 */
/* Magazines and depots: ready items for each CPU. See magazine.c. */
#ifndef _CARVE_MAGAZINE_H
#define _CARVE_MAGAZINE_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct carve_magazines;

/* Items that a visit behind the magazine moves in a hurry; see magazine.c */
#define CARVE_MAGAZINE_FEW 3U

/**
 * struct carve_magazine_ops - the layer behind the magazines
 * @refill: stores up to @n ready items at @items, returns how many; 0 only where
 *	there are none. In a @hurry those that are the quickest to be had will do.
 * @flush: takes @n items back; items that it refuses are lost
 *
 * Both are called in any context but NMI, with preemption disabled or not,
 * and do work bounded by @n.
 */
struct carve_magazine_ops {
	unsigned int (*refill)(struct carve_magazines *ms, void **items,
			       unsigned int n, bool hurry);
	void (*flush)(struct carve_magazines *ms, void **items, unsigned int n);
};

/* What the state of an idle magazine is above its count of items */
#define CARVE_MAGAZINE_IDLE ((long)BIT(27))

#if defined(CONFIG_UML) && !defined(CONFIG_TRACEPOINTS)
/* Where a per-CPU variable is found by the CPU's number */
static __always_inline unsigned long carve_magazine_place(void)
{
	return raw_smp_processor_id();
}
#else
DECLARE_PER_CPU(unsigned long, carve_magazine_places);

/* Read once: carve_magazines_divert() on another CPU may change it */
static __always_inline unsigned long carve_magazine_place(void)
{
	return this_cpu_read(carve_magazine_places);
}
#endif

/* Places in a table of magazines: for those of all CPUs and for their decoys */
static inline unsigned int carve_magazine_nr_places(void)
{
	return IS_ENABLED(CONFIG_TRACEPOINTS) ? 2 * nr_cpu_ids : nr_cpu_ids;
}

/*
 * Sends all callers of the fast path, of all magazines, to the slow path; or lets
 * them pass again. When this returns no CPU goes the old way any more. Sleeps.
 */
#ifdef CONFIG_TRACEPOINTS
void carve_magazines_divert(bool divert);
#endif

/**
 * struct carve_magazine - one CPU's LIFO array of ready items
 * @state: items in it, plus CARVE_MAGAZINE_IDLE; less that while its CPU works on
 *	it, and less it once more for each interrupt that finds it busy
 * @capacity: how many it may hold; another CPU may change it
 * @refills: times it was found empty
 * @flushes: times it was found full
 * @items: the items, the one freed last on top
 *
 * Only its own CPU touches it, with preemption disabled and the magazine marked
 * busy; other CPUs read the counters with READ_ONCE() alone.
 */
struct carve_magazine {
	long state;
	unsigned long capacity;
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
 * struct carve_magazine_shape - how much there is room for
 * @batch: items moved at a time
 * @room: items in a CPU's magazine
 * @depot: batches in the depot
 */
struct carve_magazine_shape {
	unsigned int batch;
	unsigned int room;
	unsigned int depot;
};

/**
 * struct carve_magazines - the magazines of all CPUs and their depot
 * @ops: the layer behind
 * @batch: items moved at a time; can be changed at any time
 * @max: what there is room for
 * @base: what @batch is without contention, if it adapts; 0: it is fixed
 * @lock: guards the members up to @cpu, and changes of @base and @batch
 * @nr_visits: to the depot since @batch was last looked at
 * @nr_contended: of these, how many found @lock taken
 * @full: batches with items in them
 * @empty: batches without
 * @nr_items: in all of @full
 * @cpu: a magazine for each possible CPU, by its number; behind these the decoys
 *	of all CPUs, see magazine.c
 */
struct carve_magazines {
	const struct carve_magazine_ops *ops;
	unsigned int batch;
	struct carve_magazine_shape max;
	unsigned int base;
	raw_spinlock_t lock;
	unsigned int nr_visits;
	unsigned int nr_contended;
	struct carve_batch *full;
	struct carve_batch *empty;
	unsigned int nr_items;
	struct carve_magazine *cpu[];
};

/* The usual one: two batches for each CPU; in the depot one for each CPU, and one more */
struct carve_magazine_shape carve_magazine_shape(unsigned int batch);

/*
 * Bytes that carve_magazines_init() needs behind the struct's own, with as many
 * places in @cpu as carve_magazine_nr_places() says
 */
size_t carve_magazines_size(struct carve_magazine_shape shape);
/* @memory: zeroed, aligned to a cache line, of that many bytes */
void carve_magazines_init(struct carve_magazines *ms,
			  const struct carve_magazine_ops *ops,
			  struct carve_magazine_shape shape, void *memory);

/*
 * Changes how much is moved at a time, 1 to max.batch, and how much each CPU's
 * magazine holds, 0 to max.room. False: out of these bounds. Items above a
 * lowered limit leave when the next item is put, or when the magazine is drained.
 */
bool carve_magazines_tune(struct carve_magazines *ms, unsigned int batch,
			  unsigned int limit);

/* Visits to the depot from one look at its contention to the next */
#define CARVE_ADAPT_VISITS 64U

/*
 * From now on the batch adapts: it is @base, 1 to max.batch, while CPUs don't
 * meet at the depot, and grows while they do. carve_magazines_tune() ends that.
 */
void carve_magazines_adapt(struct carve_magazines *ms, unsigned int base);
/* What follows @batch after CARVE_ADAPT_VISITS of which @contended had to wait */
unsigned int carve_batch_adapted(unsigned int batch, unsigned int base,
				 unsigned int max_batch,
				 unsigned int contended);

/* Items in a magazine; of another CPU's, a recent number */
static inline unsigned int
carve_magazine_count(const struct carve_magazine *m)
{
	/* Its own CPU may be changing it */
	return data_race(READ_ONCE(m->state)) & (CARVE_MAGAZINE_IDLE - 1);
}

/* How many items it may hold */
static inline unsigned int
carve_magazine_limit(const struct carve_magazine *m)
{
	return READ_ONCE(m->capacity);
}

static inline bool carve_magazine_busy(const struct carve_magazine *m)
{
	return READ_ONCE(m->state) < CARVE_MAGAZINE_IDLE;
}

/*
 * NULL if there is nothing in the magazine, in the depot, or behind them. @hurry:
 * the caller can't wait until a whole batch has been moved.
 */
void *carve_magazines_get_slow(struct carve_magazines *ms, bool hurry);
void carve_magazines_put_slow(struct carve_magazines *ms, void *item);
/* Is it one of the two that were put last on this CPU? */
bool carve_magazines_has_on_top(struct carve_magazines *ms, const void *item);

/* Takes up to @n items at once; returns how many: fewer only if there are no more */
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
/* The same for all CPUs that are down; within cpus_read_lock(), so that none is going or coming */
void carve_magazines_drain_offline(struct carve_magazines *ms);

/* Items in all magazines and the depot; exact while nobody is at work */
unsigned long carve_magazines_count(const struct carve_magazines *ms);

/**
 * carve_magazine_enter() - mark this CPU's magazine busy
 * @m: the magazine; preemption is disabled
 * @nothing: set if nothing can be taken from it: it is empty, or it was busy, as
 *	this is an interrupt in the middle of another operation on it
 *
 * One instruction, which no interrupt can split; it isn't an atomic one, as no
 * other CPU does this. The flags that it leaves are @nothing. XADD would save
 * reading @state again, but takes longer than both: a get and a put take 10 cycles
 * on Zen 5 without it, and 20 with it.
 *
 * Return: how many items there are; below 0 if it was busy. Then, and if nothing
 * is to be changed, call carve_magazine_undo().
 */
static __always_inline long carve_magazine_enter(struct carve_magazine *m,
						 bool *nothing)
{
#ifdef __x86_64__
	asm volatile("subq %2, %0" : "+m" (m->state), "=@ccle" (*nothing) :
		     "i" (CARVE_MAGAZINE_IDLE) : "memory");
#else
	scoped_guard(irqsave)
		WRITE_ONCE(m->state, m->state - CARVE_MAGAZINE_IDLE);
	*nothing = READ_ONCE(m->state) <= 0;
#endif
	return READ_ONCE(m->state);
}

/* Leaves it with @count items */
static __always_inline void carve_magazine_leave(struct carve_magazine *m,
						 unsigned long count)
{
	barrier();
	WRITE_ONCE(m->state, CARVE_MAGAZINE_IDLE + count);
}

/*
 * Leaves it with @more items than it had. It need not be one instruction: an
 * interrupt in the middle of it finds the magazine busy, and undoes its own change.
 */
static __always_inline void carve_magazine_leave_with(struct carve_magazine *m,
						      long more)
{
	barrier();
	/* With those interrupts alone, see above */
	data_race(m->state += CARVE_MAGAZINE_IDLE + more);
}

/* Leaves it as it was found */
static __always_inline void carve_magazine_undo(struct carve_magazine *m)
{
	carve_magazine_leave_with(m, 0);
}

/* Keeps @item in the register that callers return it in: saves moving it there */
static __always_inline void *carve_magazine_result(void *item)
{
#ifdef __x86_64__
	asm("" : "+a" (item));
#endif
	return item;
}

/* Where this CPU's fast path finds its magazine; preemption is disabled */
static __always_inline struct carve_magazine *
carve_magazines_own(struct carve_magazines *ms)
{
	return ms->cpu[carve_magazine_place()];
}

/**
 * carve_magazines_get() - take a ready item
 * @ms: the magazines
 * @item: set to the item freed last on this CPU
 *
 * The fast path: no atomic instruction, no disabling of interrupts.
 *
 * Return: true, or false where there is none: call carve_magazines_get_slow().
 */
static __always_inline bool carve_magazines_get(struct carve_magazines *ms,
						void **item)
{
	struct carve_magazine *m;
	bool nothing;
	long n;

	preempt_disable();
	m = carve_magazines_own(ms);
	n = carve_magazine_enter(m, &nothing);
	if (unlikely(nothing)) {
		carve_magazine_undo(m);
		preempt_enable();
		return false;
	}
	*item = carve_magazine_result(m->items[n - 1]);
	carve_magazine_leave_with(m, -1);
	preempt_enable();
	return true;
}

/*
 * What lies @below places below place @n of a magazine; below the first one lie
 * numbers, which no item looks like: if one did, the slow path would find out
 */
static __always_inline const void *
carve_magazine_below(const struct carve_magazine *m, unsigned long n,
		     unsigned int below)
{
	const void *const *place = (const void *)m->items + n * sizeof(*place);

	return *(place - below);
}

/*
 * What all puts do. @look: with how many of those put last the item is compared,
 * at most 2. @vouch, unless NULL, says whether the item is what it should be. It is
 * asked when the item is in its place already. If it says no, the item is read back
 * from there: the caller need not keep it, for which the compiler would spend a
 * register and an instruction.
 */
static __always_inline bool
carve_magazines_put_if(struct carve_magazines *ms, void **item,
		       unsigned int look, bool (*vouch)(const void *owner, const void *item),
		       const void *owner)
{
	struct carve_magazine *m;
	unsigned long n;
	bool nothing;

	preempt_disable();
	m = carve_magazines_own(ms);
	n = carve_magazine_enter(m, &nothing);
	/*
	 * Unsigned, an @n below 0 is above any capacity. If another CPU is
	 * changing the capacity, either value will do.
	 */
	if (unlikely(n >= data_race(m->capacity) ||
		     (look > 0 && carve_magazine_below(m, n, 1) == *item)))
		goto refused;
	if (look > 1) {
		/* Keeps the compiler from computing the address once, for all */
		OPTIMIZER_HIDE_VAR(n);
		if (unlikely(carve_magazine_below(m, n, 2) == *item))
			goto refused;
	}
	m->items[n] = *item;
	if (vouch && unlikely(!vouch(owner, *item))) {
		/* As above */
		OPTIMIZER_HIDE_VAR(n);
		*item = READ_ONCE(m->items[n]);
		goto refused;
	}
	carve_magazine_leave_with(m, 1);
	preempt_enable();
	return true;
refused:
	carve_magazine_undo(m);
	preempt_enable();
	return false;
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
	return carve_magazines_put_if(ms, &item, 0, NULL, NULL);
}

/**
 * carve_magazines_put_new() - the same, but not what was put just before
 * @ms: the magazines
 * @item: the item
 *
 * For layers whose items don't say themselves where they are: neither of the two
 * that were put last on this CPU can be put again. That costs four instructions.
 *
 * Return: true, or false where there was no room, or where the item is one of the
 * two: look at it, and call carve_magazines_put_slow() if that is sound.
 */
static __always_inline bool carve_magazines_put_new(struct carve_magazines *ms,
						    void *item)
{
	return carve_magazines_put_if(ms, &item, 2, NULL, NULL);
}

/**
 * carve_magazines_put_vouched() - put an item that may be anything
 * @ms: the magazines
 * @item: the item; what it is set to is the same
 * @vouch: says whether it is one that may be put; inlined
 * @owner: what @vouch wants to know besides
 *
 * Return: true, or false where there was no room, where the item is the one
 * put last, with which alone it is compared, or where nobody vouches for it.
 */
static __always_inline bool
carve_magazines_put_vouched(struct carve_magazines *ms, void **item,
			    bool (*vouch)(const void *owner, const void *item),
			    const void *owner)
{
	return carve_magazines_put_if(ms, item, 1, vouch, owner);
}

#endif /* _CARVE_MAGAZINE_H */
