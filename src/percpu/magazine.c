// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines and depots: per-CPU lists of free items
 *
 * After Bonwick and Adams, "Magazines and Vmem: Extending the Slab Allocator to
 * Many CPUs and Arbitrary Resources" (USENIX 2001). One implementation serves
 * blocks of pages, objects of caches, and vmalloc areas; struct
 * carve_magazine_ops connects it to the backing layer.
 *
 * Each CPU has a magazine, a LIFO array of at least 2 batches of items. An
 * empty one is refilled with a whole batch from the depot, else from the
 * backing layer; a full one spills its oldest batch to the depot, else flushes
 * it to the backing layer. So at least batch operations pass between two
 * accesses to shared state, in whatever order items are allocated and freed.
 * (The paper uses two magazines per CPU for that; here both are in one array,
 * and the oldest, most cache-cold items are spilled.)
 *
 * The depot's lock is held for a constant time, however long the batch: each
 * CPU has a spare batch of its own, and exchanges it for one of the depot by
 * pointer. A spill copies the oldest items to the spare batch first; a refill
 * copies the items of its new spare batch afterwards; both without the lock. The
 * lock of a depot that looks empty to a refill, or full to a spill, isn't taken
 * at all. (The paper exchanges the CPU's magazine itself, under the CPU's lock.
 * Without that lock an interrupt may come after the fast path has read the
 * magazine's address, and before it has marked it busy; if such an interrupt
 * gave the magazine to the depot, two CPUs would use it. The copy, within memory
 * that only this CPU uses, is a load and a store for an item.)
 *
 * A caller that repeatedly allocates up to (capacity - batch) items and frees
 * them accesses shared state in the first such round only, however full the
 * magazine was at the beginning.
 *
 * The busy mark replaces the paper's lock. Only the owning CPU sets and clears
 * it, with preemption disabled. Only an interrupt on that CPU can find it set;
 * it bypasses the magazine and calls the backing layer. Other CPUs never access
 * the magazine. A drain sends the CPU an IPI, whose handler copies some items
 * for the drain; so a drain waits for no task, and works even if a real-time
 * task occupies the CPU. If the handler finds the magazine busy, the drain
 * sends another IPI. On x86 the mark is part of the item count: the idle state
 * is the count plus CARVE_MAGAZINE_IDLE. One instruction subtracts
 * CARVE_MAGAZINE_IDLE, and the result tells if the mark was set and if there
 * are items; another one adds it again, with one item more or less. Other
 * architectures need several instructions for that, which an interrupt can
 * split, so there the mark is a word of its own: it is read, set if it was
 * clear, and cleared after the count was changed. An interrupt in between
 * leaves the mark as it found it, so neither atomic instructions nor disabling
 * interrupts is needed. Nor are barriers for the processor: other CPUs only get
 * items through the depot or the backing layer, whose locks order the accesses,
 * or by an IPI that this CPU handles.
 *
 * The depot has a fixed number of batches, usually one for each possible CPU
 * plus one: so magazines of two batches hold at most (3 * CPUs + 1) * max.batch
 * items; the spare batches are empty whenever the magazines are idle.
 *
 * The batch may adapt to contention (section 3.4 of the paper): whoever takes the
 * depot's lock tries it first. If more than one in CONTENDED_SHARE of the
 * tries fail, the batch grows by a quarter, up to max.batch. If none fails, it
 * shrinks by an eighth, down to base. Each CPU updates its capacity, a fixed
 * number of batches, at its next visit.
 *
 * Atomic callers: a visit to the backing layer costs V instructions plus I for
 * each item moved. With a batch of n items, the caller that makes the visit
 * waits for V + n * I, and the mean cost of an item is V / n + I. For a caller
 * that can sleep, only the mean matters. For an atomic allocation, or a free
 * with interrupts disabled, the wait matters, too: one more item pays while it
 * reduces the mean by more than it adds to the wait, V / n^2 > I, that is up to
 * n = sqrt(V / I). V is about 200 in all layers and I is 10 to 20, so n is 3 or
 * 4, and CARVE_MAGAZINE_FEW is 3. An atomic refill takes that many items, one
 * by one, from the depot's first batch, else from the first place in the
 * backing layer that has any; an atomic spill takes them off the top, to move
 * no other item.
 *
 * Diversion: code that would slow down the fast path, such as tracing, is in
 * the slow path, and while it is enabled all callers are diverted there. The
 * fast path looks up its magazine in ms->cpu[] by the CPU's place;
 * carve_magazines_divert() changes the place of each CPU to its decoy, a
 * magazine without items and room. On x86 the place is a per-CPU variable;
 * elsewhere it is the CPU number, unless a static branch adds nr_cpu_ids. All
 * struct carve_magazines, later ones included, share the decoys. The slow path
 * looks up the real magazine by CPU number and does with it what the fast path
 * would have done: the backing layer sees no difference, and no magazine is
 * drained. Decoys hold nothing, so a CPU that still uses its old place does no
 * harm.
 *
 * Invariants:
 *  - an item is in at most one magazine or batch;
 *  - batches on @full have 1 to max.batch items, batches on @empty have none, nor
 *    have the spare batches of CPUs whose magazines are idle;
 *  - there are max.depot batches on both lists, less those that a drain empties;
 *  - the item count of a magazine, and its capacity, are at most max.room.
 *
 * Lock order: busy mark, then the depot's lock or a lock of the backing layer,
 * which is never called under the depot's lock.
 */
#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "percpu/magazine_inline.h"

/* Grow the batch if more than one in CONTENDED_SHARE visits is contended */
#define CONTENDED_SHARE 16

/* Items that a drain's IPI copies to the stack of the draining task */
#define DRAIN_ITEMS 32U
/* IPIs that may find a magazine busy before a drain gives up */
#define DRAIN_TRIES 100

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

/* No two batches share a cache line, as different CPUs use them */
static size_t batch_size(struct carve_magazine_shape shape)
{
	return L1_CACHE_ALIGN(sizeof(struct carve_batch) +
			      shape.batch * sizeof(void *));
}

static size_t depot_size(void)
{
	return L1_CACHE_ALIGN(sizeof(struct carve_depot));
}

/* Batches in the depot, and a spare one for each CPU */
static unsigned int nr_batches(struct carve_magazine_shape shape)
{
	return shape.depot ? shape.depot + num_possible_cpus() : 0;
}

size_t carve_magazines_size(struct carve_magazine_shape shape)
{
	return depot_size() + num_possible_cpus() * magazine_size(shape) +
	       nr_batches(shape) * batch_size(shape);
}

#if !defined(CONFIG_TRACEPOINTS) && (defined(CONFIG_UML) || !defined(__x86_64__))
static void init_place(unsigned int cpu)
{
}
#elif defined(__x86_64__)
DEFINE_PER_CPU(unsigned long, carve_magazine_places);

/* Only if it is still 0: it may be diverted to the decoy already */
static void init_place(unsigned int cpu)
{
	cmpxchg(per_cpu_ptr(&carve_magazine_places, cpu), 0, cpu);
}
#else
DEFINE_STATIC_KEY_FALSE(carve_magazines_diverted);

static void init_place(unsigned int cpu)
{
}
#endif

#ifdef CONFIG_TRACEPOINTS
/* All zero: busy, without room. Callers undo their change of its state at once */
static DEFINE_PER_CPU(struct carve_magazine, decoys);

static void add_decoy(struct carve_magazines *ms, unsigned int cpu)
{
	ms->cpu[nr_cpu_ids + cpu] = per_cpu_ptr(&decoys, cpu);
}

#ifdef __x86_64__
static void change_places(bool divert)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu(carve_magazine_places, cpu),
			   divert ? nr_cpu_ids + cpu : cpu);
}
#else
static void change_places(bool divert)
{
	if (divert)
		static_branch_enable(&carve_magazines_diverted);
	else
		static_branch_disable(&carve_magazines_diverted);
	/* Some kernels leave it to the other CPUs when they see the new code */
	kick_all_cpus_sync();
}
#endif

void carve_magazines_divert(bool divert)
{
	change_places(divert);
	/* Wait for CPUs that use the old place: with preemption disabled */
	synchronize_rcu();
}
#else
static void add_decoy(struct carve_magazines *ms, unsigned int cpu)
{
}
#endif

/* Returns the end of what it uses of @memory */
static void *init_depot(struct carve_magazines *ms, void *memory)
{
	unsigned int i;

	ms->depot = memory;
	raw_spin_lock_init(&ms->depot->lock);
	memory += depot_size();
	for (i = 0; i < ms->max.depot; i++) {
		struct carve_batch *b = memory;

		b->next = ms->depot->empty;
		ms->depot->empty = b;
		memory += batch_size(ms->max);
	}
	return memory;
}

static void *init_magazine(struct carve_magazines *ms, unsigned int cpu,
			   void *memory)
{
	struct carve_magazine *m = memory;

	m->capacity = ms->max.room;
	carve_magazine_leave(m, 0);
	memory += magazine_size(ms->max);
	if (ms->max.depot) {
		m->spare = memory;
		memory += batch_size(ms->max);
	}
	ms->cpu[cpu] = m;
	return memory;
}

void carve_magazines_init(struct carve_magazines *ms,
			  const struct carve_magazine_ops *ops,
			  struct carve_magazine_shape shape, void *memory)
{
	unsigned int cpu;

	ms->ops = ops;
	ms->batch = shape.batch;
	ms->max = shape;
	memory = init_depot(ms, memory);
	for_each_possible_cpu(cpu) {
		memory = init_magazine(ms, cpu, memory);
		add_decoy(ms, cpu);
		init_place(cpu);
	}
}

/* Capacity for @batch: the same number of batches as at max.batch */
static unsigned long magazine_limit_for(const struct carve_magazines *ms,
					unsigned int batch)
{
	return batch * (ms->max.room / ms->max.batch);
}

static void set_magazine_limits(struct carve_magazines *ms, unsigned int limit)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		/* Pairs with follow_batch() */
		smp_store_release(&ms->cpu[cpu]->capacity, limit);
}

static void restart_depot_count(struct carve_depot *depot)
{
	lockdep_assert_held(&depot->lock);
	depot->nr_visits = 0;
	depot->nr_contended = 0;
}

/* Call before set_magazine_limits(): see follow_batch() */
static void set_batch(struct carve_magazines *ms, unsigned int base,
		      unsigned int batch)
{
	guard(raw_spinlock_irqsave)(&ms->depot->lock);
	WRITE_ONCE(ms->base, base);
	WRITE_ONCE(ms->batch, batch);
	restart_depot_count(ms->depot);
}

bool carve_magazines_tune(struct carve_magazines *ms, unsigned int batch,
			  unsigned int limit)
{
	if (!batch || batch > ms->max.batch || limit > ms->max.room)
		return false;
	set_batch(ms, 0, batch);
	set_magazine_limits(ms, limit);
	return true;
}

void carve_magazines_adapt(struct carve_magazines *ms, unsigned int base)
{
	set_batch(ms, base, base);
	set_magazine_limits(ms, magazine_limit_for(ms, base));
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

static void adapt_depot_batch(struct carve_magazines *ms)
{
	WRITE_ONCE(ms->batch, carve_batch_adapted(ms->batch, ms->base,
						  ms->max.batch,
						  ms->depot->nr_contended));
	restart_depot_count(ms->depot);
}

static unsigned long lock_depot(struct carve_magazines *ms)
	__acquires(&ms->depot->lock)
{
	struct carve_depot *depot = ms->depot;
	unsigned long flags;
	bool contended = false;

	if (!raw_spin_trylock_irqsave(&depot->lock, flags)) {
		raw_spin_lock_irqsave(&depot->lock, flags);
		contended = true;
	}
	if (ms->base) {
		depot->nr_contended += contended;
		if (++depot->nr_visits == CARVE_ADAPT_VISITS)
			adapt_depot_batch(ms);
	}
	return flags;
}

static void unlock_depot(struct carve_magazines *ms, unsigned long flags)
	__releases(&ms->depot->lock)
{
	raw_spin_unlock_irqrestore(&ms->depot->lock, flags);
}

/*
 * Update the capacity of this CPU's magazine to the adapted batch. cmpxchg():
 * don't overwrite a capacity set by carve_magazines_tune(), which clears @base
 * first.
 */
static void follow_batch(struct carve_magazines *ms, struct carve_magazine *m)
{
	/* Pairs with set_magazine_limits(): whoever sees its capacity sees @base */
	unsigned long limit = smp_load_acquire(&m->capacity);

	if (READ_ONCE(ms->base))
		cmpxchg(&m->capacity, limit,
			magazine_limit_for(ms, READ_ONCE(ms->batch)));
}

/*
 * Batches are short: memcpy()'s setup, or copying by bytes, would cost more
 * than this loop. WRITE_ONCE() keeps the compiler from turning it into a
 * memcpy().
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

static struct carve_batch *depot_pop_full(struct carve_depot *depot)
{
	struct carve_batch *b = depot->full;

	lockdep_assert_held(&depot->lock);
	if (b) {
		WRITE_ONCE(depot->full, b->next);
		WRITE_ONCE(depot->nr_items, depot->nr_items - b->nr);
	}
	return b;
}

static void depot_push_full(struct carve_depot *depot, struct carve_batch *b)
{
	lockdep_assert_held(&depot->lock);
	b->next = depot->full;
	WRITE_ONCE(depot->full, b);
	WRITE_ONCE(depot->nr_items, depot->nr_items + b->nr);
}

static struct carve_batch *depot_pop_empty(struct carve_depot *depot)
{
	struct carve_batch *b = depot->empty;

	lockdep_assert_held(&depot->lock);
	if (b)
		WRITE_ONCE(depot->empty, b->next);
	return b;
}

static void depot_push_empty(struct carve_depot *depot, struct carve_batch *b)
{
	lockdep_assert_held(&depot->lock);
	b->next = depot->empty;
	WRITE_ONCE(depot->empty, b);
}

/* Without the lock. Pairs with the WRITE_ONCE() of those who have it */
static bool depot_has_full(const struct carve_magazines *ms)
{
	return READ_ONCE(ms->depot->full);
}

static bool depot_has_empty(const struct carve_magazines *ms)
{
	return READ_ONCE(ms->depot->empty);
}

/* Put a batch on its list */
static void depot_push(struct carve_depot *depot, struct carve_batch *b)
{
	if (b->nr)
		depot_push_full(depot, b);
	else
		depot_push_empty(depot, b);
}

/*
 * Exchange @spare for a batch with items if it is empty, for an empty one if it has
 * items. Returns @spare if there is none
 */
static struct carve_batch *depot_exchange(struct carve_magazines *ms,
					  struct carve_batch *spare)
{
	unsigned long flags = lock_depot(ms);
	struct carve_depot *depot = ms->depot;
	struct carve_batch *b = spare->nr ? depot_pop_empty(depot) :
					    depot_pop_full(depot);

	if (b)
		depot_push(depot, spare);
	unlock_depot(ms, flags);
	return b ?: spare;
}

/* Take up to @most items, at most a few, of the depot's first batch */
static unsigned int depot_take_few(struct carve_magazines *ms, void **items,
				   unsigned int most)
{
	unsigned long flags = lock_depot(ms);
	struct carve_depot *depot = ms->depot;
	struct carve_batch *b = depot->full;
	unsigned int nr = 0;

	if (b) {
		nr = min3(b->nr, most, CARVE_MAGAZINE_FEW);
		if (nr == b->nr)
			depot_push_empty(depot, depot_pop_full(depot));
		else
			WRITE_ONCE(depot->nr_items, depot->nr_items - nr);
		b->nr -= nr;
		copy_items(items, b->items + b->nr, nr);
	}
	unlock_depot(ms, flags);
	return nr;
}

/* Make the first batch one with room for @nr items; NULL: the depot is full */
static struct carve_batch *depot_batch_for(struct carve_magazines *ms,
					   unsigned int nr)
{
	struct carve_depot *depot = ms->depot;
	struct carve_batch *b = depot->full;

	if (b && b->nr + nr <= ms->max.batch)
		return b;
	b = depot_pop_empty(depot);
	if (b)
		depot_push_full(depot, b);
	return b;
}

/* Move @nr items, at most a few, to the depot; false: it is full */
static bool depot_give_few(struct carve_magazines *ms, void *const *items,
			   unsigned int nr)
{
	unsigned long flags = lock_depot(ms);
	struct carve_batch *b = depot_batch_for(ms, nr);

	if (b) {
		copy_items(b->items + b->nr, items, nr);
		b->nr += nr;
		WRITE_ONCE(ms->depot->nr_items, ms->depot->nr_items + nr);
	}
	unlock_depot(ms, flags);
	return b;
}

/* Refill an empty magazine with a batch of the depot; return how many items */
static unsigned int refill_from_depot(struct carve_magazines *ms,
				      struct carve_magazine *m)
{
	struct carve_batch *b = depot_exchange(ms, m->spare);
	unsigned int n = b->nr;

	m->spare = b;
	copy_items(m->items, b->items, n);
	b->nr = 0;
	return n;
}

/* Refill an empty magazine; return how many items it has */
static unsigned int magazine_refill(struct carve_magazines *ms, struct carve_magazine *m,
				    bool atomic)
{
	unsigned int most = atomic ? CARVE_MAGAZINE_FEW : UINT_MAX;
	unsigned int n = 0;

	m->refills++;
	follow_batch(ms, m);
	if (depot_has_full(ms))
		n = atomic ? depot_take_few(ms, m->items, most) :
			     refill_from_depot(ms, m);
	return n ?: ms->ops->refill(ms, m->items,
				    min(READ_ONCE(ms->batch), most), atomic);
}

/* Move the oldest @n items to the depot; false: it is full */
static bool spill_to_depot(struct carve_magazines *ms, struct carve_magazine *m,
			   unsigned int n)
{
	struct carve_batch *full = m->spare;

	if (!depot_has_empty(ms))
		return false;
	copy_items(full->items, m->items, n);
	full->nr = n;
	m->spare = depot_exchange(ms, full);
	/* Also if another CPU took the last empty batch: the items are in @m, too */
	m->spare->nr = 0;
	return m->spare != full;
}

/* Spill the oldest batch and move the others down; return how many stay */
static unsigned int magazine_spill(struct carve_magazines *ms, struct carve_magazine *m,
				   unsigned int count)
{
	unsigned int n = min(count, READ_ONCE(ms->batch));

	m->flushes++;
	follow_batch(ms, m);
	if (!spill_to_depot(ms, m, n))
		ms->ops->flush(ms, m->items, n);
	copy_items(m->items, m->items + n, count - n);
	return count - n;
}

/* Spill a few items off the top, at most a batch; return how many stay */
static unsigned int magazine_spill_few(struct carve_magazines *ms,
				       struct carve_magazine *m, unsigned int count)
{
	unsigned int n = min3(count, READ_ONCE(ms->batch), CARVE_MAGAZINE_FEW);

	m->flushes++;
	follow_batch(ms, m);
	count -= n;
	if (!depot_give_few(ms, m->items + count, n))
		ms->ops->flush(ms, m->items + count, n);
	return count;
}

/* Mark this CPU's real magazine busy; NULL if it was busy already */
static __always_inline struct carve_magazine *
magazine_acquire(struct carve_magazines *ms, unsigned int *count)
{
	struct carve_magazine *m;
	bool nothing;
	long n;

	preempt_disable();
	m = ms->cpu[raw_smp_processor_id()];
	n = carve_magazine_enter(m, &nothing);
	if (n < 0) {
		carve_magazine_undo(m, n);
		preempt_enable();
		return NULL;
	}
	*count = n;
	return m;
}

static void magazine_release(struct carve_magazine *m, unsigned int count)
{
	carve_magazine_leave(m, count);
	preempt_enable();
}

/* Flush the top @nr of @count items, batch by batch; return how many stay */
static unsigned int flush_top(struct carve_magazines *ms, void **items,
			      unsigned int count, unsigned int nr)
{
	while (nr) {
		unsigned int n = min(nr, ms->max.batch);

		count -= n;
		nr -= n;
		ms->ops->flush(ms, items + count, n);
	}
	return count;
}

static unsigned int drain_cpu_some(struct carve_magazines *ms,
				   unsigned int most)
{
	unsigned int count, nr;
	struct carve_magazine *m = magazine_acquire(ms, &count);

	if (!m)
		return 0;
	nr = min(count, most);
	magazine_release(m, flush_top(ms, m->items, count, nr));
	return nr;
}

void carve_magazines_drain_cpu(struct carve_magazines *ms)
{
	drain_cpu_some(ms, UINT_MAX);
}

void carve_magazines_drain_dead(struct carve_magazines *ms, unsigned int cpu)
{
	struct carve_magazine *m = ms->cpu[cpu];
	unsigned int count = carve_magazine_count(m);

	carve_magazine_leave(m, flush_top(ms, m->items, count, count));
}

void carve_magazines_drain_offline(struct carve_magazines *ms)
{
	unsigned int cpu;

	for_each_cpu_andnot(cpu, cpu_possible_mask, cpu_online_mask)
		carve_magazines_drain_dead(ms, cpu);
}

/* Result of a drain's IPI */
struct drained {
	struct carve_magazines *ms;
	unsigned int nr;
	bool busy;
	void *items[DRAIN_ITEMS];
};

static void copy_drained(void *arg)
{
	struct drained *d = arg;
	unsigned int count;
	struct carve_magazine *m = magazine_acquire(d->ms, &count);

	d->busy = !m;
	d->nr = 0;
	if (!m)
		return;
	d->nr = min(count, DRAIN_ITEMS);
	count -= d->nr;
	copy_items(d->items, m->items + count, d->nr);
	magazine_release(m, count);
}

/* Ends if the CPU is offline: carve_magazines_drain_dead() drains it */
static void drain_remote(struct carve_magazines *ms, unsigned int cpu)
{
	unsigned int left = ms->max.room + DRAIN_TRIES;
	struct drained d = { .ms = ms };

	/* @left bounds the loop if the CPU refills its magazine meanwhile */
	while (left && carve_magazine_count(ms->cpu[cpu])) {
		if (smp_call_function_single(cpu, copy_drained, &d, true))
			return;
		flush_top(ms, d.items, d.nr, d.nr);
		left -= min(left, d.busy ? 1 : d.nr);
		cond_resched();
	}
}

static struct carve_batch *depot_take_full(struct carve_magazines *ms)
{
	guard(raw_spinlock_irqsave)(&ms->depot->lock);
	return depot_pop_full(ms->depot);
}

/* Put a batch that was drained, or partly, on its list */
static void depot_return_batch(struct carve_magazines *ms, struct carve_batch *b)
{
	guard(raw_spinlock_irqsave)(&ms->depot->lock);
	depot_push(ms->depot, b);
}

static unsigned int drain_depot_some(struct carve_magazines *ms,
				     unsigned int most)
{
	unsigned int left = ms->max.depot, nr = 0, n;
	struct carve_batch *b;

	/* Bounded by the depot's size: batches added meanwhile may stay */
	while (left-- && nr < most && (b = depot_take_full(ms))) {
		n = min(b->nr, most - nr);
		b->nr -= n;
		ms->ops->flush(ms, b->items + b->nr, n);
		depot_return_batch(ms, b);
		nr += n;
	}
	return nr;
}

void carve_magazines_drain_depot(struct carve_magazines *ms)
{
	drain_depot_some(ms, UINT_MAX);
}

unsigned int carve_magazines_drain_some(struct carve_magazines *ms,
					unsigned int most)
{
	unsigned int nr = drain_cpu_some(ms, most);

	return nr + drain_depot_some(ms, most - nr);
}

void carve_magazines_drain(struct carve_magazines *ms)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		drain_remote(ms, cpu);
	carve_magazines_drain_depot(ms);
}

/* For an interrupt that finds the magazine busy, or a magazine of capacity 0 */
static unsigned int alloc_past_magazine(struct carve_magazines *ms, void **items,
					unsigned int n, bool atomic)
{
	return ms->ops->refill(ms, items, n, atomic) ?:
	       depot_take_few(ms, items, n);
}

static void *alloc_one_past_magazine(struct carve_magazines *ms, bool atomic)
{
	void *item;

	return alloc_past_magazine(ms, &item, 1, atomic) ? item : NULL;
}

void *carve_magazines_alloc_slow(struct carve_magazines *ms, bool atomic)
{
	unsigned int count;
	struct carve_magazine *m = magazine_acquire(ms, &count);
	void *item = NULL;

	if (!m)
		return alloc_one_past_magazine(ms, atomic);
	/* Read the limit once: another CPU may change it */
	if (!count && !carve_magazine_limit(m))
		item = alloc_one_past_magazine(ms, atomic);
	else if (!count)
		count = magazine_refill(ms, m, atomic);
	if (count)
		item = m->items[--count];
	magazine_release(m, count);
	return item;
}

bool carve_magazines_has_on_top(struct carve_magazines *ms, const void *item)
{
	unsigned int count;
	struct carve_magazine *m = magazine_acquire(ms, &count);
	bool has;

	if (!m)
		return false;
	has = (count > 0 && m->items[count - 1] == item) ||
	      (count > 1 && m->items[count - 2] == item);
	magazine_release(m, count);
	return has;
}

void carve_magazines_free_slow(struct carve_magazines *ms, void *item)
{
	unsigned int count;
	struct carve_magazine *m = magazine_acquire(ms, &count);

	if (!m) {
		ms->ops->flush(ms, &item, 1);
		return;
	}
	if (count && count >= carve_magazine_limit(m))
		count = irqs_disabled() ? magazine_spill_few(ms, m, count) :
					  magazine_spill(ms, m, count);
	if (count < carve_magazine_limit(m))
		m->items[count++] = item;
	else
		ms->ops->flush(ms, &item, 1);
	magazine_release(m, count);
}

/* Take up to @n items; return how many, 0 only if there are none */
static unsigned int magazine_alloc_some(struct carve_magazines *ms, void **items,
					unsigned int n)
{
	unsigned int count, got;
	struct carve_magazine *m = magazine_acquire(ms, &count);

	if (!m)
		return alloc_past_magazine(ms, items, min(n, ms->max.batch),
					   false);
	/* Read the limit once, see carve_magazines_alloc_slow() */
	if (!count && !carve_magazine_limit(m)) {
		got = alloc_past_magazine(ms, items, min(n, ms->max.batch),
					  false);
	} else {
		if (!count)
			count = magazine_refill(ms, m, false);
		got = min(n, count);
		count -= got;
		copy_items(items, m->items + count, got);
	}
	magazine_release(m, count);
	return got;
}

unsigned int carve_magazines_alloc_bulk(struct carve_magazines *ms, void **items,
					unsigned int n)
{
	unsigned int taken = 0, got;

	/* Preemption is enabled between two batches */
	while (taken < n) {
		got = magazine_alloc_some(ms, items + taken, n - taken);
		if (!got)
			break;
		taken += got;
	}
	return taken;
}

static unsigned int free_past_magazine(struct carve_magazines *ms, void **items,
				       unsigned int n)
{
	n = min(n, ms->max.batch);
	ms->ops->flush(ms, items, n);
	return n;
}

/* Free up to @n items; return how many, 0 if another spill is needed first */
static unsigned int magazine_free_some(struct carve_magazines *ms, void **items,
				       unsigned int n)
{
	unsigned int count, limit;
	struct carve_magazine *m = magazine_acquire(ms, &count);

	if (!m)
		return free_past_magazine(ms, items, n);
	if (count && count >= carve_magazine_limit(m))
		count = magazine_spill(ms, m, count);
	limit = carve_magazine_limit(m);
	if (count < limit) {
		n = min(n, limit - count);
		copy_items(m->items + count, items, n);
		count += n;
	} else if (!limit) {
		n = free_past_magazine(ms, items, n);
	} else {
		n = 0;
	}
	magazine_release(m, count);
	return n;
}

void carve_magazines_free_bulk(struct carve_magazines *ms, void **items,
			       unsigned int n)
{
	unsigned int freed;

	for (; n; n -= freed, items += freed)
		freed = magazine_free_some(ms, items, n);
}

unsigned long carve_magazines_count(const struct carve_magazines *ms)
{
	/* Racy: any recent value will do */
	unsigned long n = READ_ONCE(ms->depot->nr_items);
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		n += carve_magazine_count(ms->cpu[cpu]);
	return n;
}
