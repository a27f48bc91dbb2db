// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of magazines and their depot, over a stock of items in place of the
 * backend. The stock counts the calls of its operations. Each item records
 * whether it is allocated, which reveals items that are allocated or freed
 * twice.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/log2.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "kunit/fixture.h"
#include "percpu/magazine_inline.h"

#define BATCH 4
#define NR_ITEMS 512

struct item {
	unsigned int id;
	/* 1 while the item is allocated: neither in the stock nor in a magazine */
	atomic_t out;
};

/**
 * struct stock - the backend and the magazines in front of it
 * @lock: guards the members up to @items
 * @free: the items in stock, a stack
 * @nr_free: their number
 * @here: a bit for each item in stock
 * @nr_refills: calls of refill
 * @nr_flushes: calls of flush
 * @last_n: number of items of the last call
 * @atomic: argument of the last refill
 * @again: number of flushed items to free again at once
 * @items: all items
 * @errors: items that were allocated or freed twice
 * @memory: memory of the magazines
 * @magazines: the magazines under test
 */
struct stock {
	raw_spinlock_t lock;
	struct item *free[NR_ITEMS];
	unsigned int nr_free;
	DECLARE_BITMAP(here, NR_ITEMS);
	unsigned int nr_refills;
	unsigned int nr_flushes;
	unsigned int last_n;
	bool atomic;
	unsigned int again;
	struct item items[NR_ITEMS];
	atomic_t errors;
	void *memory;
	struct carve_magazines magazines;
};

static struct stock *stock_of(struct carve_magazines *ms)
{
	return container_of(ms, struct stock, magazines);
}

static void shelve(struct stock *stock, struct item *item)
{
	if (__test_and_set_bit(item->id, stock->here)) {
		atomic_inc(&stock->errors);
		return;
	}
	stock->free[stock->nr_free++] = item;
}

static unsigned int stock_refill(struct carve_magazines *ms, void **items,
				 unsigned int n, bool atomic)
{
	struct stock *stock = stock_of(ms);
	unsigned int i;

	guard(raw_spinlock_irqsave)(&stock->lock);
	stock->nr_refills++;
	stock->last_n = n;
	stock->atomic = atomic;
	for (i = 0; i < n && stock->nr_free; i++) {
		struct item *item = stock->free[--stock->nr_free];

		__clear_bit(item->id, stock->here);
		items[i] = item;
	}
	return i;
}

static void stock_flush(struct carve_magazines *ms, void **items,
			unsigned int n)
{
	struct stock *stock = stock_of(ms);
	unsigned int i;

	if (stock->again >= n) {
		stock->again -= n;
		carve_magazines_free_bulk(ms, items, n);
		return;
	}
	guard(raw_spinlock_irqsave)(&stock->lock);
	stock->nr_flushes++;
	stock->last_n = n;
	for (i = 0; i < n; i++)
		shelve(stock, items[i]);
}

static const struct carve_magazine_ops stock_ops = {
	.refill = stock_refill,
	.flush = stock_flush,
};

/* Stock only the first @nr items */
static void stock_up(struct stock *stock, unsigned int nr)
{
	stock->nr_free = 0;
	bitmap_zero(stock->here, NR_ITEMS);
	while (nr)
		shelve(stock, &stock->items[--nr]);
}

static struct stock *make_stock_of(struct kunit *test, unsigned int batch)
{
	const struct carve_magazine_shape shape = carve_magazine_shape(batch);
	size_t size = struct_size_t(struct stock, magazines.cpu,
				    carve_magazine_nr_places());
	struct stock *stock = kunit_kzalloc(test, size, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, stock);
	/* Powers of two are aligned to their size */
	size = roundup_pow_of_two(carve_magazines_size(shape));
	stock->memory = kunit_kzalloc(test, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stock->memory);
	raw_spin_lock_init(&stock->lock);
	for (i = 0; i < NR_ITEMS; i++)
		stock->items[i].id = i;
	carve_magazines_init(&stock->magazines, &stock_ops, shape,
			     stock->memory);
	return stock;
}

static struct stock *make_stock(struct kunit *test)
{
	return make_stock_of(test, BATCH);
}

static int magazine_init(struct kunit *test)
{
	struct stock *stock = make_stock(test);

	stock_up(stock, NR_ITEMS);
	carve_fixture_stay_on_cpu(test);
	test->priv = stock;
	return 0;
}

/* The magazine of the CPU that the case stays on */
static struct carve_magazine *own(struct stock *stock)
{
	return stock->magazines.cpu[raw_smp_processor_id()];
}

/* Get an item as the layers above do */

static struct item *stock_alloc(struct stock *stock)
{
	struct item *item;
	void *got;

	item = carve_magazines_alloc(&stock->magazines, &got) ?
	       got : carve_magazines_alloc_slow(&stock->magazines, false);
	if (item && atomic_xchg(&item->out, 1))
		atomic_inc(&stock->errors);
	return item;
}

static void stock_free(struct stock *stock, struct item *item)
{
	if (!atomic_xchg(&item->out, 0))
		atomic_inc(&stock->errors);
	if (!carve_magazines_free(&stock->magazines, item))
		carve_magazines_free_slow(&stock->magazines, item);
}

/* Put items 0 to @nr - 1, none of them in stock, in this order */
static void put_first(struct stock *stock, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		atomic_set(&stock->items[i].out, 1);
		stock_free(stock, &stock->items[i]);
	}
}

static void expect_next(struct kunit *test, struct stock *stock,
			unsigned int id)
{
	struct item *item = stock_alloc(stock);

	KUNIT_ASSERT_NOT_NULL(test, item);
	KUNIT_EXPECT_EQ(test, item->id, id);
}

/* All items are in stock again, each of them once */
static void expect_complete(struct kunit *test, struct stock *stock,
			    unsigned int nr)
{
	struct carve_batch *spare;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		carve_magazines_drain_dead(&stock->magazines, cpu);
		spare = stock->magazines.cpu[cpu]->spare;
		KUNIT_EXPECT_TRUE(test, !spare || !spare->nr);
	}
	carve_magazines_drain_depot(&stock->magazines);
	KUNIT_EXPECT_EQ(test, carve_magazines_count(&stock->magazines), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&stock->errors), 0);
	KUNIT_EXPECT_EQ(test, stock->nr_free, nr);
	KUNIT_EXPECT_EQ(test, bitmap_weight(stock->here, NR_ITEMS), nr);
}

/* A magazine holds two batches, the depot one for each CPU and one more */
/* Batches with items in the depot, while no CPU uses it */
static unsigned int nr_full(const struct carve_magazines *ms)
{
	const struct carve_batch *b;
	unsigned int n = 0;

	for (b = ms->depot->full; b; b = b->next)
		n++;
	return n;
}

static unsigned int depot_batches(void)
{
	return num_possible_cpus() + 1;
}

static void last_freed_item_is_allocated_first(struct kunit *test)
{
	struct stock *stock = test->priv;

	stock_up(stock, 0);
	put_first(stock, 3);
	expect_next(test, stock, 2);
	expect_next(test, stock, 1);
	stock_free(stock, &stock->items[2]);
	expect_next(test, stock, 2);
	expect_next(test, stock, 0);
	KUNIT_EXPECT_EQ(test, stock->nr_refills + stock->nr_flushes, 0);
}

static void refill_takes_a_batch(struct kunit *test)
{
	struct stock *stock = test->priv;
	unsigned int i;

	for (i = 0; i < 3 * BATCH; i++) {
		KUNIT_ASSERT_NOT_NULL(test, stock_alloc(stock));
		KUNIT_EXPECT_EQ(test, stock->nr_refills, 1 + i / BATCH);
		KUNIT_EXPECT_EQ(test, stock->last_n, BATCH);
		KUNIT_EXPECT_EQ(test, carve_magazines_count(&stock->magazines),
				BATCH - 1 - i % BATCH);
	}
	KUNIT_EXPECT_EQ(test, own(stock)->refills, 3);
	KUNIT_EXPECT_EQ(test, own(stock)->flushes, 0);
}

static void full_magazine_spills_its_oldest_batch(struct kunit *test)
{
	struct stock *stock = test->priv;
	unsigned int i;

	stock_up(stock, 0);
	put_first(stock, 2 * BATCH);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 2 * BATCH);
	KUNIT_EXPECT_EQ(test, nr_full(&stock->magazines), 0);

	atomic_set(&stock->items[2 * BATCH].out, 1);
	stock_free(stock, &stock->items[2 * BATCH]);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), BATCH + 1);
	KUNIT_EXPECT_EQ(test, own(stock)->flushes, 1);
	KUNIT_EXPECT_EQ(test, nr_full(&stock->magazines), 1);
	KUNIT_EXPECT_EQ(test, stock->nr_flushes, 0);

	/* The younger items in LIFO order, then the batch from the depot */
	for (i = 2 * BATCH + 1; i-- > BATCH;)
		expect_next(test, stock, i);
	for (i = BATCH; i-- > 0;)
		expect_next(test, stock, i);
	KUNIT_EXPECT_EQ(test, nr_full(&stock->magazines), 0);
	KUNIT_EXPECT_EQ(test, stock->nr_refills, 0);
	KUNIT_EXPECT_NULL(test, stock_alloc(stock));
}

static void full_depot_spills_to_the_backend(struct kunit *test)
{
	struct stock *stock = test->priv;
	unsigned int held = (depot_batches() + 2) * BATCH;
	unsigned int i;

	stock_up(stock, 0);
	put_first(stock, held);
	KUNIT_EXPECT_EQ(test, nr_full(&stock->magazines), depot_batches());
	KUNIT_EXPECT_EQ(test, carve_magazines_count(&stock->magazines), held);
	KUNIT_EXPECT_EQ(test, stock->nr_flushes, 0);

	atomic_set(&stock->items[held].out, 1);
	stock_free(stock, &stock->items[held]);
	KUNIT_EXPECT_EQ(test, stock->nr_flushes, 1);
	KUNIT_EXPECT_EQ(test, stock->last_n, BATCH);
	/* The oldest items of the magazine */
	for (i = 0; i < BATCH; i++)
		KUNIT_EXPECT_TRUE(test, test_bit(held - 2 * BATCH + i,
						 stock->here));
	KUNIT_EXPECT_EQ(test, carve_magazines_count(&stock->magazines),
			held + 1 - BATCH);
	expect_complete(test, stock, held + 1);
}

/* What an exchange moves is a batch, whichever items are in it */
static void exchange_with_the_depot_moves_no_item(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct carve_depot *depot = stock->magazines.depot;
	struct carve_batch *spare = own(stock)->spare, *empty = depot->empty;
	unsigned int i;

	stock_up(stock, 0);
	put_first(stock, 2 * BATCH + 1);
	KUNIT_EXPECT_PTR_EQ(test, depot->full, spare);
	KUNIT_EXPECT_EQ(test, spare->nr, BATCH);
	for (i = 0; i < BATCH; i++)
		KUNIT_EXPECT_PTR_EQ(test, spare->items[i], &stock->items[i]);
	KUNIT_EXPECT_PTR_EQ(test, own(stock)->spare, empty);
	KUNIT_EXPECT_EQ(test, empty->nr, 0);

	for (i = 2 * BATCH + 1; i-- > 0;)
		expect_next(test, stock, i);
	KUNIT_EXPECT_PTR_EQ(test, own(stock)->spare, spare);
	KUNIT_EXPECT_EQ(test, spare->nr, 0);
	KUNIT_EXPECT_NULL(test, depot->full);
	KUNIT_EXPECT_PTR_EQ(test, depot->empty, empty);
}

static void depot_without_use_is_not_locked(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct carve_magazines *ms = &stock->magazines;
	unsigned int held = (depot_batches() + 2) * BATCH;

	carve_magazines_adapt(ms, BATCH);
	/* Empty, as the refill sees */
	KUNIT_EXPECT_NOT_NULL(test, stock_alloc(stock));
	KUNIT_EXPECT_EQ(test, ms->depot->nr_visits, 0);
	carve_magazines_drain_cpu(ms);

	stock_up(stock, 0);
	put_first(stock, held);
	KUNIT_EXPECT_EQ(test, ms->depot->nr_visits, depot_batches());
	/* Full, as the spill sees */
	atomic_set(&stock->items[held].out, 1);
	stock_free(stock, &stock->items[held]);
	KUNIT_EXPECT_EQ(test, stock->last_n, BATCH);
	KUNIT_EXPECT_EQ(test, ms->depot->nr_visits, depot_batches());
	expect_complete(test, stock, held + 1);
}

/* What one CPU writes often shares no line with what others use */
static void shared_and_own_memory_share_no_cache_line(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct carve_magazines *ms = &stock->magazines;
	const struct carve_batch *b;
	unsigned int cpu;

	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)ms->depot,
					   L1_CACHE_BYTES));
	KUNIT_EXPECT_GE(test, (unsigned long)ms->cpu[0] - (unsigned long)ms->depot,
			sizeof(*ms->depot));
	for (b = ms->depot->empty; b; b = b->next)
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)b,
						   L1_CACHE_BYTES));
	for_each_possible_cpu(cpu) {
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)ms->cpu[cpu],
						   L1_CACHE_BYTES));
		KUNIT_EXPECT_TRUE(test,
				  IS_ALIGNED((unsigned long)ms->cpu[cpu]->spare,
					     L1_CACHE_BYTES));
	}
}

static void depot_is_used_before_the_backend(struct kunit *test)
{
	struct stock *stock = test->priv;
	unsigned int i;

	stock_up(stock, 0);
	put_first(stock, 3 * BATCH);
	KUNIT_EXPECT_EQ(test, nr_full(&stock->magazines), 1);
	shelve(stock, &stock->items[NR_ITEMS - 1]);
	for (i = 0; i < 3 * BATCH; i++)
		KUNIT_ASSERT_NOT_NULL(test, stock_alloc(stock));
	KUNIT_EXPECT_EQ(test, stock->nr_refills, 0);
	expect_next(test, stock, NR_ITEMS - 1);
	KUNIT_EXPECT_EQ(test, stock->nr_refills, 1);
}

static void short_refill_is_used_completely(struct kunit *test)
{
	struct stock *stock = test->priv;
	unsigned int i;

	stock_up(stock, BATCH - 1);
	for (i = 0; i < BATCH - 1; i++)
		KUNIT_EXPECT_NOT_NULL(test, stock_alloc(stock));
	KUNIT_EXPECT_NULL(test, stock_alloc(stock));
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 0);
}

static void exhaustion_returns_null_and_everything_is_freed(struct kunit *test)
{
	struct stock *stock = test->priv;
	unsigned int i, n = 0;

	while (n <= NR_ITEMS && stock_alloc(stock))
		n++;
	KUNIT_EXPECT_EQ(test, n, NR_ITEMS);
	KUNIT_EXPECT_NULL(test, stock_alloc(stock));
	for (i = 0; i < NR_ITEMS; i++)
		stock_free(stock, &stock->items[i]);
	KUNIT_EXPECT_EQ(test, stock->nr_free +
			carve_magazines_count(&stock->magazines), NR_ITEMS);
	expect_complete(test, stock, NR_ITEMS);
}

static void cpu_drain_does_not_touch_the_depot(struct kunit *test)
{
	struct stock *stock = test->priv;

	stock_up(stock, 0);
	put_first(stock, 3 * BATCH - 1);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 2 * BATCH - 1);
	carve_magazines_drain_cpu(&stock->magazines);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 0);
	KUNIT_EXPECT_FALSE(test, carve_magazine_busy(own(stock)));
	KUNIT_EXPECT_EQ(test, nr_full(&stock->magazines), 1);
	KUNIT_EXPECT_EQ(test, stock->nr_free, 2 * BATCH - 1);
	/* No call of the backend moves more than a batch */
	KUNIT_EXPECT_EQ(test, stock->nr_flushes, 2);
	expect_complete(test, stock, 3 * BATCH - 1);
}

static void depot_drain_does_not_touch_the_magazine(struct kunit *test)
{
	struct stock *stock = test->priv;

	stock_up(stock, 0);
	put_first(stock, 4 * BATCH);
	KUNIT_EXPECT_EQ(test, nr_full(&stock->magazines), 2);
	carve_magazines_drain_depot(&stock->magazines);
	KUNIT_EXPECT_EQ(test, nr_full(&stock->magazines), 0);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 2 * BATCH);
	KUNIT_EXPECT_EQ(test, stock->nr_free, 2 * BATCH);

	/* Its batches are empty and can be filled again */
	stock_up(stock, 0);
	while (stock_alloc(stock))
		;
	put_first(stock, (depot_batches() + 2) * BATCH);
	KUNIT_EXPECT_EQ(test, nr_full(&stock->magazines), depot_batches());
}

/* As if other CPUs freed as many items as the drain removes */
static void depot_drain_terminates(struct kunit *test)
{
	struct stock *stock = test->priv;
	/* One batch is empty, to receive items while another one is drained */
	unsigned int nr = (1 + depot_batches()) * BATCH, again = 20 * nr;

	stock_up(stock, 0);
	put_first(stock, nr);
	KUNIT_EXPECT_EQ(test, nr_full(&stock->magazines), depot_batches() - 1);
	stock->again = again;
	carve_magazines_drain_depot(&stock->magazines);
	KUNIT_EXPECT_EQ(test, stock->again, again - depot_batches() * BATCH);
	stock->again = 0;
	expect_complete(test, stock, nr);
}

static void drain_of_a_dead_cpu_empties_its_magazine(struct kunit *test)
{
	struct stock *stock = test->priv;
	unsigned int cpu = raw_smp_processor_id();
	unsigned int other = cpumask_any_but(cpu_possible_mask, cpu);

	stock_up(stock, 0);
	put_first(stock, BATCH + 1);
	if (other < nr_cpu_ids)
		carve_magazines_drain_dead(&stock->magazines, other);
	KUNIT_EXPECT_EQ(test, stock->nr_free, 0);
	carve_magazines_drain_dead(&stock->magazines, cpu);
	KUNIT_EXPECT_EQ(test, stock->nr_free, BATCH + 1);
	expect_complete(test, stock, BATCH + 1);
}

/* A magazine without capacity, as of a cache with debugging on */
static void magazine_without_room_is_bypassed(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct item *item;

	own(stock)->capacity = 0;
	item = stock_alloc(stock);
	KUNIT_ASSERT_NOT_NULL(test, item);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 0);
	KUNIT_EXPECT_EQ(test, stock->nr_free, NR_ITEMS - 1);
	stock_free(stock, item);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 0);
	expect_complete(test, stock, NR_ITEMS);
}

/* Busy magazines: the state that an interrupt finds in the middle of an alloc or free */

static void interrupt_bypasses_a_busy_magazine(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct carve_magazines *ms = &stock->magazines;
	struct item *item;
	void *got;
	bool nothing;
	long n;

	stock_free(stock, stock_alloc(stock));
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), BATCH);

	preempt_disable();
	n = carve_magazine_enter(own(stock), &nothing);
	KUNIT_EXPECT_FALSE(test, carve_magazines_alloc(ms, &got));
	item = carve_magazines_alloc_slow(ms, false);
	KUNIT_EXPECT_NOT_NULL(test, item);
	KUNIT_EXPECT_EQ(test, stock->last_n, 1);
	KUNIT_EXPECT_FALSE(test, carve_magazines_free(ms, item));
	carve_magazines_free_slow(ms, item);
	KUNIT_EXPECT_EQ(test, stock->nr_flushes, 1);
	KUNIT_EXPECT_EQ(test, stock->last_n, 1);
	carve_magazines_drain_cpu(ms);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), BATCH);
	KUNIT_EXPECT_TRUE(test, carve_magazine_busy(own(stock)));
	carve_magazine_undo(own(stock), n);
	preempt_enable();

	expect_complete(test, stock, NR_ITEMS);
}

static void interrupt_uses_the_depot_before_failing(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct carve_magazines *ms = &stock->magazines;
	struct item *item;
	unsigned int i;
	bool nothing;
	long n;

	stock_up(stock, 0);
	put_first(stock, 3 * BATCH);
	preempt_disable();
	n = carve_magazine_enter(own(stock), &nothing);
	for (i = BATCH; i; i--) {
		KUNIT_EXPECT_EQ(test, nr_full(ms), 1);
		KUNIT_EXPECT_EQ(test, ms->depot->nr_items, i);
		item = carve_magazines_alloc_slow(ms, true);
		KUNIT_ASSERT_NOT_NULL(test, item);
		KUNIT_EXPECT_EQ(test, item->id, i - 1);
	}
	KUNIT_EXPECT_EQ(test, nr_full(ms), 0);
	/* All items lie in the magazine, which is busy */
	KUNIT_EXPECT_NULL(test, carve_magazines_alloc_slow(ms, false));
	carve_magazine_undo(own(stock), n);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 2 * BATCH);
}

/* Requests that can't block move a few items of a much larger batch */

#define FEW CARVE_MAGAZINE_FEW
#define LARGE_BATCH (4 * FEW)
#define SMALL_BATCH (FEW - 1)

static void atomic_refill_is_small(struct kunit *test)
{
	struct stock *stock = make_stock_of(test, LARGE_BATCH);

	stock_up(stock, NR_ITEMS);
	KUNIT_EXPECT_NOT_NULL(test, carve_magazines_alloc_slow(&stock->magazines,
							       true));
	KUNIT_EXPECT_EQ(test, stock->last_n, FEW);
	KUNIT_EXPECT_TRUE(test, stock->atomic);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), FEW - 1);
	carve_magazines_drain_cpu(&stock->magazines);

	KUNIT_EXPECT_NOT_NULL(test, carve_magazines_alloc_slow(&stock->magazines,
							       false));
	KUNIT_EXPECT_EQ(test, stock->last_n, LARGE_BATCH);
	KUNIT_EXPECT_FALSE(test, stock->atomic);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)),
			LARGE_BATCH - 1);
}

static void atomic_refill_moves_part_of_a_depot_batch(struct kunit *test)
{
	struct stock *stock = make_stock_of(test, LARGE_BATCH);
	struct carve_magazines *ms = &stock->magazines;
	unsigned int i;

	put_first(stock, 3 * LARGE_BATCH);
	KUNIT_EXPECT_EQ(test, ms->depot->nr_items, LARGE_BATCH);
	carve_magazines_drain_cpu(ms);
	for (i = 1; i <= LARGE_BATCH / FEW; i++) {
		KUNIT_EXPECT_NOT_NULL(test, carve_magazines_alloc_slow(ms, true));
		KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)),
				FEW - 1);
		KUNIT_EXPECT_EQ(test, ms->depot->nr_items, LARGE_BATCH - i * FEW);
		carve_magazines_drain_cpu(ms);
	}
	KUNIT_EXPECT_EQ(test, nr_full(ms), 0);
	KUNIT_EXPECT_EQ(test, stock->nr_refills, 0);
}

static void put_quickly(struct stock *stock, struct item *item)
{
	guard(irqsave)();
	stock_free(stock, item);
}

static void free_with_interrupts_off_spills_few_items(struct kunit *test)
{
	struct stock *stock = make_stock_of(test, LARGE_BATCH);
	unsigned int full = (2 + depot_batches()) * LARGE_BATCH, id = full;

	put_first(stock, full);
	KUNIT_EXPECT_EQ(test, stock->nr_flushes, 0);
	atomic_set(&stock->items[id].out, 1);
	put_quickly(stock, &stock->items[id]);
	KUNIT_EXPECT_EQ(test, stock->nr_flushes, 1);
	KUNIT_EXPECT_EQ(test, stock->last_n, FEW);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)),
			2 * LARGE_BATCH - FEW + 1);
	/* The topmost items were spilled, and none below them */
	expect_next(test, stock, id);
	expect_next(test, stock, id - 1 - FEW);
	KUNIT_EXPECT_TRUE(test, test_bit(id - 1, stock->here));
	KUNIT_EXPECT_TRUE(test, test_bit(id - FEW, stock->here));
}

static void small_spills_share_a_depot_batch(struct kunit *test)
{
	struct stock *stock = make_stock_of(test, LARGE_BATCH);
	struct carve_magazines *ms = &stock->magazines;
	unsigned int i, id = 2 * LARGE_BATCH;

	put_first(stock, id);
	for (i = 0; i < LARGE_BATCH; i++) {
		atomic_set(&stock->items[id + i].out, 1);
		put_quickly(stock, &stock->items[id + i]);
		KUNIT_EXPECT_EQ(test, nr_full(ms), 1);
		KUNIT_EXPECT_EQ(test, ms->depot->nr_items,
				(1 + i / FEW) * FEW);
	}
	KUNIT_EXPECT_EQ(test, stock->nr_flushes, 0);
	expect_complete(test, stock, 3 * LARGE_BATCH);
}

static void small_spill_is_at_most_a_batch(struct kunit *test)
{
	struct stock *stock = make_stock_of(test, SMALL_BATCH);
	unsigned int i, nr = (2 + depot_batches()) * SMALL_BATCH;

	for (i = 0; i < 2 * nr; i++) {
		atomic_set(&stock->items[i].out, 1);
		put_quickly(stock, &stock->items[i]);
	}
	KUNIT_EXPECT_EQ(test, carve_magazines_count(&stock->magazines), nr);
	KUNIT_EXPECT_EQ(test, stock->last_n, SMALL_BATCH);
	expect_complete(test, stock, 2 * nr);
}

/* Many contexts at once, on this CPU and on all CPUs */

#define HAND 24

/* The items that one context holds; it allocates and frees at random */
struct hand {
	struct stock *stock;
	struct rnd_state rnd;
	struct item *items[HAND];
	unsigned int nr;
	unsigned long nr_failed;
};

static void play(struct hand *hand)
{
	struct item *item;

	if (hand->nr < HAND &&
	    (!hand->nr || carve_fixture_random(&hand->rnd, 2))) {
		item = stock_alloc(hand->stock);
		if (item)
			hand->items[hand->nr++] = item;
		else
			hand->nr_failed++;
	} else {
		unsigned int i = carve_fixture_random(&hand->rnd, hand->nr);

		item = hand->items[i];
		hand->items[i] = hand->items[--hand->nr];
		stock_free(hand->stock, item);
	}
}

static void lay_down(struct hand *hand)
{
	while (hand->nr)
		stock_free(hand->stock, hand->items[--hand->nr]);
}

/* A hard interrupt on this CPU that allocates and frees as often as it can */
struct interrupts {
	struct hrtimer timer;
	struct hand hand;
	unsigned int left;
	unsigned long nr_found_busy;
};

#define INTERRUPT_NS 30000
#define NR_INTERRUPTS 2000
#define PLAYS_PER_INTERRUPT 3

static enum hrtimer_restart interrupt(struct hrtimer *timer)
{
	struct interrupts *irq = container_of(timer, struct interrupts, timer);
	unsigned int i;

	irq->nr_found_busy += carve_magazine_busy(own(irq->hand.stock));
	for (i = 0; i < PLAYS_PER_INTERRUPT; i++)
		play(&irq->hand);
	WRITE_ONCE(irq->left, irq->left - 1);
	if (!irq->left)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, ns_to_ktime(INTERRUPT_NS));
	return HRTIMER_RESTART;
}

/* Limits the run time on slow machines */
#define PATIENCE (20 * HZ)

static void hard_interrupt_loses_no_items(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct interrupts *irq = kunit_kzalloc(test, sizeof(*irq), GFP_KERNEL);
	struct hand *hand = kunit_kzalloc(test, sizeof(*hand), GFP_KERNEL);
	unsigned long end = jiffies + PATIENCE;
	unsigned long steps = 0;

	KUNIT_ASSERT_NOT_NULL(test, irq);
	KUNIT_ASSERT_NOT_NULL(test, hand);
	/* So few items that every context runs out now and then */
	stock_up(stock, 4 * HAND / 3);
	irq->hand.stock = stock;
	irq->left = NR_INTERRUPTS;
	hand->stock = stock;
	carve_fixture_seed(test, &hand->rnd, 2);
	prandom_seed_state(&irq->hand.rnd, 3);

	hrtimer_setup(&irq->timer, interrupt, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&irq->timer, ns_to_ktime(INTERRUPT_NS),
		      HRTIMER_MODE_REL_PINNED_HARD);
	while (READ_ONCE(irq->left) && time_before(jiffies, end)) {
		play(hand);
		if (++steps % 1024 == 0) {
			carve_magazines_drain_depot(&stock->magazines);
			carve_magazines_drain_cpu(&stock->magazines);
			cond_resched();
		}
	}
	hrtimer_cancel(&irq->timer);
	kunit_info(test, "%u interrupts in %lu steps, %lu found it busy",
		   NR_INTERRUPTS - irq->left, steps, irq->nr_found_busy);

	KUNIT_EXPECT_LT(test, irq->left, NR_INTERRUPTS);
	/* No interrupt occurred between two operations */
	KUNIT_EXPECT_GT(test, irq->nr_found_busy, 0UL);
	lay_down(hand);
	lay_down(&irq->hand);
	expect_complete(test, stock, 4 * HAND / 3);
}

/* A task that allocates and frees on a CPU of its own */
struct player {
	struct hand hand;
	struct task_struct *task;
	struct completion done;
	unsigned int steps;
};

static int run_player(void *arg)
{
	struct player *player = arg;

	while (player->steps--) {
		play(&player->hand);
		if (player->steps % 256)
			continue;
		carve_magazines_drain_depot(&player->hand.stock->magazines);
		cond_resched();
	}
	lay_down(&player->hand);
	complete(&player->done);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static struct player *start_player(struct kunit *test, unsigned int cpu,
				   unsigned int steps)
{
	struct player *player = kunit_kzalloc(test, sizeof(*player),
					      GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, player);
	player->hand.stock = test->priv;
	player->steps = steps;
	prandom_seed_state(&player->hand.rnd, 10 + cpu);
	init_completion(&player->done);
	player->task = kthread_create(run_player, player, "carve_player/%u",
				      cpu);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, player->task);
	kthread_bind(player->task, cpu);
	wake_up_process(player->task);
	return player;
}

static void cpus_lose_no_items(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct player *players[8];
	unsigned int cpu, nr = 0, i;

	stock_up(stock, 4 * HAND / 3);
	for_each_online_cpu(cpu) {
		if (nr == ARRAY_SIZE(players))
			break;
		players[nr++] = start_player(test, cpu, 50000);
	}
	for (i = 0; i < nr; i++) {
		wait_for_completion(&players[i]->done);
		kthread_stop(players[i]->task);
	}
	expect_complete(test, stock, 4 * HAND / 3);
}

/*
 * The random walk. The model is the number of items in the CPU's magazine and in
 * the depot. The location of each item follows from these.
 */
static void random_walk_preserves_the_invariants(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct carve_magazines *ms = &stock->magazines;
	struct hand *hand = kunit_kzalloc(test, sizeof(*hand), GFP_KERNEL);
	unsigned int step, most = 0;

	KUNIT_ASSERT_NOT_NULL(test, hand);
	hand->stock = stock;
	carve_fixture_seed(test, &hand->rnd, carve_fixture_any_seed());
	for (step = 0; step < 100000; step++) {
		play(hand);
		if (carve_fixture_random(&hand->rnd, 500) == 0)
			carve_magazines_drain_cpu(ms);
		if (carve_fixture_random(&hand->rnd, 500) == 0)
			carve_magazines_drain_depot(ms);
		if (step % 64)
			continue;
		most = max(most, carve_magazine_count(own(stock)));
		KUNIT_ASSERT_LE(test, carve_magazine_count(own(stock)), 2 * BATCH);
		KUNIT_ASSERT_LE(test, nr_full(ms), depot_batches());
		KUNIT_ASSERT_EQ(test, carve_magazines_count(ms) +
				stock->nr_free + hand->nr, NR_ITEMS);
		if (step % 4096 == 0)
			cond_resched();
	}
	KUNIT_EXPECT_EQ(test, hand->nr_failed, 0);
	KUNIT_EXPECT_GT(test, most, BATCH);
	lay_down(hand);
	expect_complete(test, stock, NR_ITEMS);
}

/* Bulk operations */

static unsigned int get_bulk(struct stock *stock, void **items, unsigned int n)
{
	unsigned int got, i;

	got = carve_magazines_alloc_bulk(&stock->magazines, items, n);
	for (i = 0; i < got; i++)
		if (atomic_xchg(&((struct item *)items[i])->out, 1))
			atomic_inc(&stock->errors);
	return got;
}

static void put_bulk(struct stock *stock, void **items, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!atomic_xchg(&((struct item *)items[i])->out, 0))
			atomic_inc(&stock->errors);
	carve_magazines_free_bulk(&stock->magazines, items, n);
}

static void **item_array(struct kunit *test)
{
	void **items = kunit_kcalloc(test, NR_ITEMS, sizeof(*items),
				     GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, items);
	return items;
}

static void bulk_moves_whole_batches(struct kunit *test)
{
	struct stock *stock = test->priv;
	void **items = item_array(test);

	KUNIT_EXPECT_EQ(test, get_bulk(stock, items, 3 * BATCH), 3 * BATCH);
	KUNIT_EXPECT_EQ(test, stock->nr_refills, 3);
	KUNIT_EXPECT_EQ(test, stock->last_n, BATCH);
	put_bulk(stock, items, 3 * BATCH);
	KUNIT_EXPECT_EQ(test, stock->nr_flushes, 0);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 2 * BATCH);
	KUNIT_EXPECT_EQ(test, nr_full(&stock->magazines), 1);

	/* First the items in the magazine, then those in the depot */
	KUNIT_EXPECT_EQ(test, get_bulk(stock, items, 3 * BATCH), 3 * BATCH);
	KUNIT_EXPECT_EQ(test, stock->nr_refills, 3);
	put_bulk(stock, items, 3 * BATCH);
	expect_complete(test, stock, NR_ITEMS);
}

static void bulk_returns_the_available_items(struct kunit *test)
{
	struct stock *stock = test->priv;
	void **items = item_array(test);

	KUNIT_EXPECT_EQ(test, get_bulk(stock, items, 0), 0);
	stock_up(stock, 2 * BATCH + 1);
	KUNIT_EXPECT_EQ(test, get_bulk(stock, items, NR_ITEMS), 2 * BATCH + 1);
	KUNIT_EXPECT_EQ(test, get_bulk(stock, items + 2 * BATCH + 1, 1), 0);
	put_bulk(stock, items, 0);
	put_bulk(stock, items, 2 * BATCH + 1);
	expect_complete(test, stock, 2 * BATCH + 1);
	stock_up(stock, NR_ITEMS);
	KUNIT_EXPECT_EQ(test, get_bulk(stock, items, NR_ITEMS), NR_ITEMS);
	put_bulk(stock, items, NR_ITEMS);
	expect_complete(test, stock, NR_ITEMS);
}

static void bulk_bypasses_a_busy_magazine(struct kunit *test)
{
	struct stock *stock = test->priv;
	void **items = item_array(test);
	bool nothing;
	long n;

	preempt_disable();
	n = carve_magazine_enter(own(stock), &nothing);
	KUNIT_EXPECT_EQ(test, get_bulk(stock, items, 3 * BATCH + 1),
			3 * BATCH + 1);
	put_bulk(stock, items, 3 * BATCH + 1);
	carve_magazine_undo(own(stock), n);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, stock->nr_refills, 4);
	KUNIT_EXPECT_EQ(test, stock->nr_flushes, 4);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 0);
	expect_complete(test, stock, NR_ITEMS);
}

static void bulk_bypasses_a_magazine_without_room(struct kunit *test)
{
	struct stock *stock = test->priv;
	void **items = item_array(test);

	KUNIT_ASSERT_TRUE(test, carve_magazines_tune(&stock->magazines, BATCH,
						     0));
	KUNIT_EXPECT_EQ(test, get_bulk(stock, items, 3 * BATCH), 3 * BATCH);
	put_bulk(stock, items, 3 * BATCH);
	KUNIT_EXPECT_EQ(test, stock->nr_free, NR_ITEMS);
	KUNIT_EXPECT_EQ(test, carve_magazines_count(&stock->magazines), 0);
	/* A magazine above its limit: the excess is flushed first */
	carve_magazines_tune(&stock->magazines, BATCH, 2 * BATCH);
	get_bulk(stock, items, 2 * BATCH + 2);
	put_bulk(stock, items, 2 * BATCH);
	carve_magazines_tune(&stock->magazines, 1, 2);
	put_bulk(stock, items + 2 * BATCH, 2);
	KUNIT_EXPECT_LE(test, carve_magazine_count(own(stock)), 2);
	expect_complete(test, stock, NR_ITEMS);
}

/* Adaptive batch sizes */

static const struct {
	unsigned int batch, base, max, contended, after;
} adaptations[] = {
	{ 16, 16, 32, 0, 16 },
	{ 16, 16, 32, 4, 16 },
	{ 16, 16, 32, 5, 20 },
	{ 30, 16, 32, CARVE_ADAPT_VISITS, 32 },
	{ 32, 16, 32, CARVE_ADAPT_VISITS, 32 },
	{ 32, 16, 32, 1, 32 },
	{ 32, 16, 32, 0, 28 },
	{ 17, 16, 32, 0, 16 },
	{ 1, 1, 2, 64, 2 },
	{ 2, 1, 2, 0, 1 },
	{ 1, 1, 1, 64, 1 },
	{ 3, 8, 32, 0, 3 },
};

static void batch_follows_contention(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(adaptations); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    carve_batch_adapted(adaptations[i].batch,
							adaptations[i].base,
							adaptations[i].max,
							adaptations[i].contended),
				    adaptations[i].after, "row %u", i);
}

/* Each round visits the depot twice, once to allocate and once to free */
static void visit_depot(struct stock *stock, void **items)
{
	put_bulk(stock, items, get_bulk(stock, items, 6 * BATCH));
}

static void batch_without_contention_stays_at_its_base(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct carve_magazines *ms = &stock->magazines;
	void **items = item_array(test);
	unsigned int i;

	carve_magazines_adapt(ms, BATCH / 2);
	KUNIT_EXPECT_EQ(test, carve_magazine_limit(own(stock)), BATCH);
	for (i = 0; i < 4 * CARVE_ADAPT_VISITS; i++)
		visit_depot(stock, items);
	KUNIT_EXPECT_EQ(test, ms->batch, BATCH / 2);

	/* A batch that grew under contention decays again */
	ms->batch = BATCH;
	for (i = 0; i < 4 * CARVE_ADAPT_VISITS; i++)
		visit_depot(stock, items);
	KUNIT_EXPECT_EQ(test, ms->batch, BATCH / 2);
	KUNIT_EXPECT_EQ(test, carve_magazine_limit(own(stock)), BATCH);
	expect_complete(test, stock, NR_ITEMS);
}

/* Hold the depot's lock for most of the time, as many CPUs would */
static int run_crowd(void *arg)
{
	struct carve_magazines *ms = arg;

	while (!kthread_should_stop()) {
		scoped_guard(raw_spinlock_irqsave, &ms->depot->lock)
			udelay(9);
		cond_resched();
	}
	return 0;
}

static void batch_grows_under_contention(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct carve_magazines *ms = &stock->magazines;
	unsigned long end = jiffies + 20 * HZ;
	unsigned int other = cpumask_any_but(cpu_online_mask,
					     raw_smp_processor_id());
	void **items = item_array(test);
	struct task_struct *crowd;

	if (other >= nr_cpu_ids)
		kunit_skip(test, "needs a second CPU");
	carve_magazines_adapt(ms, 1);
	crowd = kthread_create(run_crowd, ms, "carve_crowd");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, crowd);
	kthread_bind(crowd, other);
	wake_up_process(crowd);
	while (READ_ONCE(ms->batch) < ms->max.batch &&
	       time_before(jiffies, end)) {
		visit_depot(stock, items);
		cond_resched();
	}
	kthread_stop(crowd);
	KUNIT_EXPECT_EQ(test, ms->batch, ms->max.batch);
	KUNIT_EXPECT_LE(test, carve_magazine_limit(own(stock)), 2 * ms->max.batch);
	KUNIT_EXPECT_GT(test, carve_magazine_limit(own(stock)), 2);
	expect_complete(test, stock, NR_ITEMS);
}

static void tuned_batch_is_fixed(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct carve_magazines *ms = &stock->magazines;
	void **items = item_array(test);
	unsigned int i;

	carve_magazines_adapt(ms, 1);
	KUNIT_ASSERT_TRUE(test, carve_magazines_tune(ms, 3, 5));
	for (i = 0; i < 4 * CARVE_ADAPT_VISITS; i++) {
		ms->depot->nr_contended = CARVE_ADAPT_VISITS;
		visit_depot(stock, items);
	}
	KUNIT_EXPECT_EQ(test, ms->batch, 3);
	KUNIT_EXPECT_EQ(test, carve_magazine_limit(own(stock)), 5);
	expect_complete(test, stock, NR_ITEMS);
}

/* The shape for scarce blocks: one item per CPU, and no depot */
static void magazine_of_one_spills_the_older_item(struct kunit *test)
{
	const struct carve_magazine_shape one = { .batch = 1, .room = 1 };
	struct stock *stock = test->priv;

	memset(&stock->magazines, 0, sizeof(stock->magazines));
	memset(stock->memory, 0, carve_magazines_size(one));
	carve_magazines_init(&stock->magazines, &stock_ops, one, stock->memory);
	stock_up(stock, 0);
	put_first(stock, 2);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 1);
	KUNIT_EXPECT_TRUE(test, test_bit(0, stock->here));
	expect_next(test, stock, 1);
	expect_next(test, stock, 0);
	KUNIT_EXPECT_EQ(test, stock->nr_flushes, 1);
	KUNIT_EXPECT_EQ(test, stock->nr_refills, 1);
	KUNIT_EXPECT_NULL(test, stock_alloc(stock));
	KUNIT_EXPECT_FALSE(test, carve_magazines_tune(&stock->magazines, 1, 2));
}

/* Initialize the magazines of @stock anew, with nothing in them */
static void reshape(struct kunit *test, struct stock *stock,
		    const struct carve_magazine_shape *shape)
{
	size_t size = roundup_pow_of_two(carve_magazines_size(*shape));

	stock->memory = kunit_kzalloc(test, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stock->memory);
	memset(&stock->magazines, 0, sizeof(stock->magazines));
	carve_magazines_init(&stock->magazines, &stock_ops, *shape,
			     stock->memory);
}

static void swing(struct stock *stock, unsigned int nr)
{
	struct item *items[3 * BATCH];
	unsigned int i;

	for (i = 0; i < nr; i++)
		items[i] = stock_alloc(stock);
	while (i)
		stock_free(stock, items[--i]);
}

/* In the end up to a magazine less a batch is allocated and freed without a visit to the depot */
static void adaptive_batch_settles_from_any_start(struct kunit *test)
{
	const struct carve_magazine_shape shape = {
		.batch = BATCH, .room = 3 * BATCH, .depot = 2,
	};
	struct stock *stock = test->priv;
	unsigned long visits;
	unsigned int held;

	for (held = 0; held <= shape.room; held++) {
		reshape(test, stock, &shape);
		stock_up(stock, NR_ITEMS);
		preempt_disable();
		swing(stock, held);
		swing(stock, shape.room - BATCH);
		visits = own(stock)->refills + own(stock)->flushes;
		swing(stock, shape.room - BATCH);
		KUNIT_EXPECT_EQ(test, own(stock)->refills + own(stock)->flushes,
				visits);
		preempt_enable();
		expect_complete(test, stock, NR_ITEMS);
	}
}

static void magazine_limit_scales_with_the_batch(struct kunit *test)
{
	const struct carve_magazine_shape shape = {
		.batch = BATCH, .room = 3 * BATCH, .depot = 2,
	};
	struct stock *stock = test->priv;

	reshape(test, stock, &shape);
	KUNIT_EXPECT_EQ(test, carve_magazine_limit(own(stock)), 3 * BATCH);
	carve_magazines_adapt(&stock->magazines, BATCH / 2);
	KUNIT_EXPECT_EQ(test, carve_magazine_limit(own(stock)), 3 * BATCH / 2);
}

static bool validate_page(const void *owner, const void *item)
{
	return owner == item;
}

static void invalid_pointer_is_not_cached(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct carve_magazines *ms = &stock->magazines;
	void *good = &stock->items[5], *bad = &stock->items[6], *item = bad;

	put_first(stock, 3);
	preempt_disable();
	KUNIT_EXPECT_FALSE(test, carve_magazines_free_valid(ms, &item, validate_page,
							    good));
	KUNIT_EXPECT_PTR_EQ(test, item, bad);
	KUNIT_EXPECT_FALSE(test, carve_magazine_busy(own(stock)));
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 3);
	item = good;
	KUNIT_EXPECT_TRUE(test, carve_magazines_free_valid(ms, &item, validate_page,
							   good));
	KUNIT_EXPECT_EQ(test, carve_magazine_count(own(stock)), 4);
	/* Not twice in a row, even if the item is validated */
	KUNIT_EXPECT_FALSE(test, carve_magazines_free_valid(ms, &item, validate_page,
							    good));
	KUNIT_EXPECT_PTR_EQ(test, item, good);
	KUNIT_EXPECT_TRUE(test, carve_magazines_alloc(ms, &item));
	KUNIT_EXPECT_PTR_EQ(test, item, good);
	preempt_enable();
}

/* Reading the count of a busy magazine gives its last value */
static void busy_magazine_reports_its_last_count(struct kunit *test)
{
	struct stock *stock = test->priv;
	struct carve_magazine *m = own(stock);
	long first, second;
	bool nothing;
	void *got;

	put_first(stock, 3);
	preempt_disable();
	first = carve_magazine_enter(m, &nothing);
	KUNIT_EXPECT_EQ(test, first, 3);
	KUNIT_EXPECT_FALSE(test, nothing);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(m), 3);
	/* An interrupt, and one that interrupts it */
	second = carve_magazine_enter(m, &nothing);
	KUNIT_EXPECT_LT(test, second, 0);
	KUNIT_EXPECT_TRUE(test, nothing);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(m), 3);
	KUNIT_EXPECT_FALSE(test, carve_magazines_alloc(&stock->magazines, &got));
	carve_magazine_undo(m, second);
	KUNIT_EXPECT_TRUE(test, carve_magazine_busy(m));
	carve_magazine_undo(m, first);
	KUNIT_EXPECT_FALSE(test, carve_magazine_busy(m));
	KUNIT_EXPECT_EQ(test, carve_magazine_count(m), 3);
	preempt_enable();
}

static struct kunit_case magazine_cases[] = {
	KUNIT_CASE(last_freed_item_is_allocated_first),
	KUNIT_CASE(refill_takes_a_batch),
	KUNIT_CASE(full_magazine_spills_its_oldest_batch),
	KUNIT_CASE(full_depot_spills_to_the_backend),
	KUNIT_CASE(exchange_with_the_depot_moves_no_item),
	KUNIT_CASE(depot_without_use_is_not_locked),
	KUNIT_CASE(shared_and_own_memory_share_no_cache_line),
	KUNIT_CASE(depot_is_used_before_the_backend),
	KUNIT_CASE(short_refill_is_used_completely),
	KUNIT_CASE(exhaustion_returns_null_and_everything_is_freed),
	KUNIT_CASE(cpu_drain_does_not_touch_the_depot),
	KUNIT_CASE(depot_drain_does_not_touch_the_magazine),
	KUNIT_CASE(depot_drain_terminates),
	KUNIT_CASE(drain_of_a_dead_cpu_empties_its_magazine),
	KUNIT_CASE(magazine_without_room_is_bypassed),
	KUNIT_CASE(magazine_of_one_spills_the_older_item),
	KUNIT_CASE(adaptive_batch_settles_from_any_start),
	KUNIT_CASE(magazine_limit_scales_with_the_batch),
	KUNIT_CASE(invalid_pointer_is_not_cached),
	KUNIT_CASE(busy_magazine_reports_its_last_count),
	KUNIT_CASE(interrupt_bypasses_a_busy_magazine),
	KUNIT_CASE(interrupt_uses_the_depot_before_failing),
	KUNIT_CASE(atomic_refill_is_small),
	KUNIT_CASE(atomic_refill_moves_part_of_a_depot_batch),
	KUNIT_CASE(free_with_interrupts_off_spills_few_items),
	KUNIT_CASE(small_spills_share_a_depot_batch),
	KUNIT_CASE(small_spill_is_at_most_a_batch),
	KUNIT_CASE(bulk_moves_whole_batches),
	KUNIT_CASE(bulk_returns_the_available_items),
	KUNIT_CASE(bulk_bypasses_a_busy_magazine),
	KUNIT_CASE(bulk_bypasses_a_magazine_without_room),
	KUNIT_CASE(batch_follows_contention),
	KUNIT_CASE(batch_without_contention_stays_at_its_base),
	KUNIT_CASE(batch_grows_under_contention),
	KUNIT_CASE(tuned_batch_is_fixed),
	KUNIT_CASE(hard_interrupt_loses_no_items),
	KUNIT_CASE(cpus_lose_no_items),
	KUNIT_CASE(random_walk_preserves_the_invariants),
	{ }
};

static struct kunit_suite magazine_suite = {
	.name = "carveout_magazine",
	.init = magazine_init,
	.test_cases = magazine_cases,
};

kunit_test_suite(magazine_suite);
