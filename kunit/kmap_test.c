// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of temporary mappings. Each case has a carveout of a mapped and an
 * unmapped zone, with more pages than there are slots.
 */
#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "kunit/fixture.h"
#include "page/pages_inline.h"
#include "page/reclaim.h"

#define LOW_SIZE SZ_2M
#define HIGH_SIZE SZ_4M
#define NR_HIGH (HIGH_SIZE / PAGE_SIZE)
#define HIGHLY (GFP_KERNEL | __GFP_HIGHMEM | __GFP_NOWARN)
#define QUIETLY (GFP_KERNEL | __GFP_NOWARN)
#define DIRT 0xa5a5a5a5a5a5a5a5UL
#define WORDS (PAGE_SIZE / sizeof(u64))
/* Time limit for events that are certain to happen */
#define PATIENCE (20 * HZ)

static_assert(NR_HIGH > CARVE_KMAP_SLOTS);

struct ctx {
	struct carveout *co;
	struct carve_page **pages;
	unsigned int nr;
};

static struct carveout *make_carveout(bool first_unmapped)
{
	struct carveout_request request = {
		.name = "kmap",
		.nr_zones = 2,
		.zone = {
			{ .size = LOW_SIZE, .source = "contig",
			  .node = NUMA_NO_NODE, .unmapped = first_unmapped },
			{ .size = HIGH_SIZE, .source = "contig",
			  .node = NUMA_NO_NODE, .unmapped = true },
		},
	};

	return carveout_create(&request);
}

static int kmap_init(struct kunit *test)
{
	struct ctx *ctx;

	if (!carve_fixture_has_window())
		return 0;
	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->pages = kunit_kcalloc(test, (LOW_SIZE + HIGH_SIZE) / PAGE_SIZE,
				   sizeof(*ctx->pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->pages);
	ctx->co = make_carveout(false);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->co);
	carve_fixture_stay_on_cpu(test);
	carve_fixture_unbind(ctx->co);
	test->priv = ctx;
	return 0;
}

static void kmap_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	if (!ctx)
		return;
	KUNIT_EXPECT_EQ(test, ctx->co->kmap.nr_used, 0);
	carve_fixture_check(test, ctx->co);
	KUNIT_EXPECT_EQ(test, carveout_destroy(ctx->co), 0);
}

static struct ctx *ctx_of(struct kunit *test)
{
	carve_fixture_needs_window(test);
	return test->priv;
}

static unsigned long nr_bad_kmaps(struct ctx *ctx)
{
	return carve_fixture_nr_misuses(ctx->co, CARVE_MISUSE_KMAP);
}

static struct carve_zone *low_zone(struct ctx *ctx)
{
	return &ctx->co->pages.zone[0];
}

static struct carve_zone *high_zone(struct ctx *ctx)
{
	return &ctx->co->pages.zone[1];
}

static bool is_high(struct ctx *ctx, const struct carve_page *page)
{
	return carve_page_zone(&ctx->co->pages, page) == high_zone(ctx);
}

/* Allocate up to @nr pages */
static void take(struct ctx *ctx, gfp_t gfp, unsigned int nr)
{
	while (ctx->nr < nr) {
		ctx->pages[ctx->nr] = carve_alloc_page(ctx->co, gfp);
		if (!ctx->pages[ctx->nr])
			break;
		ctx->nr++;
	}
}

static void give_back(struct ctx *ctx)
{
	while (ctx->nr)
		carve_free_page(ctx->co, ctx->pages[--ctx->nr]);
}

/* Fill each page with a different value */
static void fill_page(struct ctx *ctx, struct carve_page *page, u64 what)
{
	void *addr = carve_kmap_local(ctx->co, page);

	memset64(addr, what, WORDS);
	carve_kunmap_local(ctx->co, addr);
}

static bool holds(const u64 *addr, u64 what)
{
	return addr[0] == what && addr[WORDS / 2] == what &&
	       addr[WORDS - 1] == what;
}

/* Allocate all pages of the unmapped zone, filled with their numbers */
static void take_filled(struct kunit *test, unsigned int nr)
{
	struct ctx *ctx = test->priv;
	unsigned int i;

	take(ctx, HIGHLY, nr);
	KUNIT_ASSERT_EQ(test, ctx->nr, nr);
	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_TRUE(test, is_high(ctx, ctx->pages[i]));
		fill_page(ctx, ctx->pages[i], i);
	}
}

/* Which requests get unmapped pages */

static void mapped_page_needs_no_slot(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct carveout *co = ctx->co;
	struct carve_page *page = carve_alloc_page(co, GFP_KERNEL);
	void *addr;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_FALSE(test, is_high(ctx, page));
	addr = carve_page_address(co, page);
	KUNIT_ASSERT_NOT_NULL(test, addr);
	KUNIT_EXPECT_PTR_EQ(test, carve_kmap(co, page), addr);
	KUNIT_EXPECT_PTR_EQ(test, carve_kmap_local(co, page), addr);
	KUNIT_EXPECT_TRUE(test, preemptible() || !IS_ENABLED(CONFIG_PREEMPT_COUNT));
	carve_kunmap_local(co, addr);
	carve_kunmap(co, page);
	KUNIT_EXPECT_EQ(test, co->kmap.nr_maps, 0);
	KUNIT_EXPECT_EQ(test, carve_kmap_nr_local(&co->kmap), 0);
	carve_free_page(co, page);
	KUNIT_EXPECT_EQ(test, nr_bad_kmaps(ctx), 0);
}

static void unmapped_pages_serve_only_highmem_requests(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned int i, nr_low = low_zone(ctx)->nr_managed;

	take(ctx, QUIETLY, UINT_MAX);
	KUNIT_EXPECT_EQ(test, ctx->nr, nr_low);
	for (i = 0; i < ctx->nr; i++)
		KUNIT_ASSERT_FALSE(test, is_high(ctx, ctx->pages[i]));
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_left(high_zone(ctx)), NR_HIGH);
	give_back(ctx);

	take(ctx, HIGHLY, UINT_MAX);
	KUNIT_EXPECT_EQ(test, ctx->nr, nr_low + NR_HIGH);
	for (i = 0; i < ctx->nr; i++)
		KUNIT_ASSERT_EQ(test, is_high(ctx, ctx->pages[i]), i < NR_HIGH);
	give_back(ctx);
}

static void functions_that_return_addresses_ignore_highmem(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct carveout *co = ctx->co;
	unsigned long pages = carve_get_free_pages(co, HIGHLY, 2);
	unsigned long zeroed = carve_get_zeroed_page(co, HIGHLY);
	void *exact = carve_alloc_pages_exact(co, 3 * PAGE_SIZE, HIGHLY);
	void *small = carve_kmalloc(co, 100, HIGHLY);
	void *large = carve_kzalloc(co, 5 * PAGE_SIZE, HIGHLY);

	KUNIT_EXPECT_NOT_NULL(test, carve_virt_to_page(co, (void *)pages));
	KUNIT_EXPECT_NOT_NULL(test, carve_virt_to_page(co, (void *)zeroed));
	KUNIT_EXPECT_NOT_NULL(test, carve_virt_to_page(co, exact));
	KUNIT_EXPECT_NOT_NULL(test, carve_virt_to_page(co, small));
	KUNIT_EXPECT_NOT_NULL(test, carve_virt_to_page(co, large));
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_left(high_zone(ctx)), NR_HIGH);
	carve_kfree(co, large);
	carve_kfree(co, small);
	carve_free_pages_exact(co, exact, 3 * PAGE_SIZE);
	carve_free_pages_addr(co, zeroed, 0);
	carve_free_pages_addr(co, pages, 2);
	KUNIT_EXPECT_EQ(test, carve_nr_misuses(&co->pages), 0);
}

static void low_addresses_lead_to_no_unmapped_page(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct carveout *co = ctx->co;

	take(ctx, HIGHLY, NR_HIGH);
	KUNIT_EXPECT_NULL(test, carve_virt_to_page(co, NULL));
	KUNIT_EXPECT_NULL(test, carve_virt_to_page(co, (void *)PAGE_SIZE));
	carve_free_pages_addr(co, PAGE_SIZE, 0);
	carve_kfree(co, (void *)(3 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 2);
	give_back(ctx);
}

/* Fill all pages, so that a page that isn't zeroed is noticed */
static void make_dirty(struct ctx *ctx)
{
	unsigned int i;

	take(ctx, HIGHLY, NR_HIGH);
	for (i = 0; i < ctx->nr; i++)
		fill_page(ctx, ctx->pages[i], DIRT);
	give_back(ctx);
	carve_pages_drain(&ctx->co->pages);
}

static void areas_use_unmapped_pages(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	u64 *area;

	make_dirty(ctx);
	area = carve_vzalloc(ctx->co, SZ_1M);
	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_left(high_zone(ctx)),
			NR_HIGH - SZ_1M / PAGE_SIZE);
	KUNIT_EXPECT_NULL(test, memchr_inv(area, 0, SZ_1M));
	memset64(area, DIRT, SZ_1M / sizeof(u64));
	KUNIT_EXPECT_NULL(test, memchr_inv(area, DIRT & 0xff, SZ_1M));
	carve_vfree(ctx->co, area);
}

static void vmap_maps_unmapped_pages(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned int i;
	u64 *area;

	take_filled(test, 5);
	area = carve_vmap(ctx->co, ctx->pages, 5);
	KUNIT_ASSERT_NOT_NULL(test, area);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_TRUE(test, holds(area + i * WORDS, i));
	carve_vunmap(ctx->co, area);
	give_back(ctx);
}

static void pages_are_zeroed_without_an_address(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned int i, order;

	make_dirty(ctx);
	for (order = 0; order < 6; order++) {
		struct carve_page *block = carve_alloc_pages(ctx->co,
							     HIGHLY | __GFP_ZERO,
							     order);

		KUNIT_ASSERT_NOT_NULL(test, block);
		KUNIT_EXPECT_TRUE(test, is_high(ctx, block));
		for (i = 0; i < BIT(order); i++) {
			void *addr = carve_kmap_local(ctx->co, block + i);
			bool zero = !memchr_inv(addr, 0, PAGE_SIZE);

			carve_kunmap_local(ctx->co, addr);
			KUNIT_EXPECT_TRUE_MSG(test, zero, "page %u of order %u",
					      i, order);
		}
		carve_free_pages(ctx->co, block, order);
	}
}

/* carve_kmap() */

static void kmap_address_is_shared_by_all_users(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct carveout *co = ctx->co;
	struct carve_page *page;
	u64 *addr;

	take_filled(test, 2);
	page = ctx->pages[1];
	KUNIT_EXPECT_NULL(test, carve_page_address(co, page));
	addr = carve_kmap(co, page);
	KUNIT_ASSERT_NOT_NULL(test, addr);
	KUNIT_EXPECT_TRUE(test, holds(addr, 1));
	KUNIT_EXPECT_PTR_EQ(test, carve_page_address(co, page), (void *)addr);
	KUNIT_EXPECT_PTR_EQ(test, carve_kmap(co, page), (void *)addr);
	KUNIT_EXPECT_NULL(test, carve_virt_to_page(co, addr));
	KUNIT_EXPECT_EQ(test, co->kmap.nr_used, 1);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 2 + 1);
	carve_kunmap(co, page);
	KUNIT_EXPECT_PTR_EQ(test, carve_page_address(co, page), (void *)addr);
	carve_kunmap(co, page);
	KUNIT_EXPECT_NULL(test, carve_page_address(co, page));
	KUNIT_EXPECT_EQ(test, co->kmap.nr_used, 0);
	/* The address stays mapped while no other page needs the slot */
	KUNIT_EXPECT_PTR_EQ(test, carve_kmap(co, page), (void *)addr);
	KUNIT_EXPECT_EQ(test, co->kmap.nr_maps, 1);
	KUNIT_EXPECT_EQ(test, co->kmap.nr_flushes, 0);
	carve_kunmap(co, page);
	give_back(ctx);
}

static void wrong_kunmaps_are_reported(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct carveout *co = ctx->co;

	take_filled(test, 2);
	KUNIT_ASSERT_NOT_NULL(test, carve_kmap(co, ctx->pages[0]));
	carve_kunmap(co, ctx->pages[1]);
	KUNIT_EXPECT_EQ(test, nr_bad_kmaps(ctx), 1);
	carve_kunmap(co, ctx->pages[0]);
	carve_kunmap(co, ctx->pages[0]);
	KUNIT_EXPECT_EQ(test, nr_bad_kmaps(ctx), 2);
	carve_kunmap(co, NULL);
	carve_kunmap(co, (struct carve_page *)ctx);
	KUNIT_EXPECT_NULL(test, carve_kmap(co, NULL));
	KUNIT_EXPECT_NULL(test, carve_kmap_local(co,
						 (struct carve_page *)ctx));
	KUNIT_EXPECT_EQ(test, nr_bad_kmaps(ctx), 6);
	give_back(ctx);
}

static void go_to_another_cpu(unsigned int *cpu)
{
	*cpu = cpumask_next(*cpu, cpu_online_mask);
	if (*cpu >= nr_cpu_ids)
		*cpu = cpumask_first(cpu_online_mask);
	set_cpus_allowed_ptr(current, cpumask_of(*cpu));
}

/* A stale TLB entry of the slot would lead to another page */
static void reused_slot_is_seen_by_every_cpu(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned int round, i, cpu = 0;

	take_filled(test, NR_HIGH);
	for (round = 0; round < 6; round++) {
		go_to_another_cpu(&cpu);
		for (i = 0; i < NR_HIGH; i++) {
			u64 *addr = carve_kmap(ctx->co, ctx->pages[i]);
			bool right = holds(addr, i);

			carve_kunmap(ctx->co, ctx->pages[i]);
			KUNIT_ASSERT_TRUE_MSG(test, right, "page %u, round %u",
					      i, round);
		}
	}
	KUNIT_EXPECT_EQ(test, ctx->co->kmap.nr_maps, 6 * NR_HIGH);
	/* All slots at once, but not on each round */
	KUNIT_EXPECT_LE(test, ctx->co->kmap.nr_flushes,
			6 * NR_HIGH / CARVE_KMAP_SLOTS);
	KUNIT_EXPECT_GT(test, ctx->co->kmap.nr_flushes, 0);
	give_back(ctx);
}

/* A task that maps a page, and unmaps it on request */
struct mapper {
	struct ctx *ctx;
	struct carve_page *page;
	u64 *addr;
	struct completion mapped;
};

static int map_page(void *arg)
{
	struct mapper *m = arg;

	m->addr = carve_kmap(m->ctx->co, m->page);
	complete_all(&m->mapped);
	return 0;
}

static void start(struct kunit *test, struct mapper *m, struct ctx *ctx,
		  struct carve_page *page)
{
	struct task_struct *task;

	*m = (struct mapper){ .ctx = ctx, .page = page };
	init_completion(&m->mapped);
	task = kthread_run(map_page, m, "carve_kmap_test");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
}

static bool tasks_are_waiting(struct ctx *ctx, unsigned long nr)
{
	unsigned long end = jiffies + PATIENCE;

	while (atomic_long_read(&ctx->co->kmap.nr_waits) < nr) {
		if (time_after(jiffies, end))
			return false;
		msleep(20);
	}
	return true;
}

/* Leave no task behind that would wait forever, whatever fails */
static void task_waits_for_a_slot_and_is_woken(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct carveout *co = ctx->co;
	struct mapper a, b;
	unsigned int i;

	take_filled(test, CARVE_KMAP_SLOTS + 2);
	for (i = 0; i < CARVE_KMAP_SLOTS; i++)
		KUNIT_ASSERT_NOT_NULL(test, carve_kmap(co, ctx->pages[i]));
	KUNIT_EXPECT_EQ(test, co->kmap.nr_used, CARVE_KMAP_SLOTS);
	/* Mapping a page that is mapped already doesn't wait */
	KUNIT_EXPECT_NOT_NULL(test, carve_kmap(co, ctx->pages[7]));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->kmap.nr_waits), 0);
	start(test, &a, ctx, ctx->pages[CARVE_KMAP_SLOTS]);
	start(test, &b, ctx, ctx->pages[CARVE_KMAP_SLOTS + 1]);
	KUNIT_EXPECT_TRUE(test, tasks_are_waiting(ctx, 2));
	carve_kunmap(co, ctx->pages[7]);
	KUNIT_EXPECT_FALSE(test, completion_done(&a.mapped) ||
			   completion_done(&b.mapped));
	/* One slot becomes free, for one of them */
	carve_kunmap(co, ctx->pages[7]);
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&a.mapped, HZ / 2) ||
			  wait_for_completion_timeout(&b.mapped, PATIENCE));
	KUNIT_EXPECT_EQ(test, co->kmap.nr_used, CARVE_KMAP_SLOTS);
	for (i = 0; i < CARVE_KMAP_SLOTS; i++)
		if (i != 7)
			carve_kunmap(co, ctx->pages[i]);
	wait_for_completion_timeout(&a.mapped, PATIENCE);
	wait_for_completion_timeout(&b.mapped, PATIENCE);
	KUNIT_ASSERT_NOT_NULL(test, a.addr);
	KUNIT_ASSERT_NOT_NULL(test, b.addr);
	KUNIT_EXPECT_TRUE(test, holds(a.addr, CARVE_KMAP_SLOTS));
	KUNIT_EXPECT_TRUE(test, holds(b.addr, CARVE_KMAP_SLOTS + 1));
	carve_kunmap(co, a.page);
	carve_kunmap(co, b.page);
	give_back(ctx);
}

/* A random walk, with an array that counts the users of each page as the model */
static void random_walk_agrees_with_a_model(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned int step, used = 0;
	struct rnd_state rnd;
	u8 *users;

	users = kunit_kzalloc(test, NR_HIGH, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, users);
	carve_fixture_seed(test, &rnd, carve_fixture_any_seed());
	take_filled(test, NR_HIGH);
	for (step = 0; step < 5000; step++) {
		u32 i = carve_fixture_random(&rnd, NR_HIGH);
		void *before = carve_page_address(ctx->co, ctx->pages[i]);

		KUNIT_ASSERT_EQ(test, !!before, !!users[i]);
		if (users[i] && (carve_fixture_random(&rnd, 2) || users[i] > 9)) {
			carve_kunmap(ctx->co, ctx->pages[i]);
			used -= !--users[i];
		} else if (users[i] || used < CARVE_KMAP_SLOTS) {
			u64 *addr = carve_kmap(ctx->co, ctx->pages[i]);

			KUNIT_ASSERT_TRUE(test, holds(addr, i));
			KUNIT_ASSERT_TRUE(test, !before || before == addr);
			used += !users[i]++;
		}
		KUNIT_ASSERT_EQ(test, ctx->co->kmap.nr_used, used);
		if (step % 500 == 0)
			carve_fixture_check(test, ctx->co);
	}
	for (step = 0; step < NR_HIGH; step++)
		for (; users[step]; users[step]--)
			carve_kunmap(ctx->co, ctx->pages[step]);
	give_back(ctx);
}

/* carve_kmap_local() */

static void local_mappings_nest(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	u64 *addr[CARVE_KMAP_DEPTH];
	unsigned int i, right = 0, bad, bad_after;
	struct carve_page *page;
	void *one_more;
	bool zero;

	take_filled(test, CARVE_KMAP_DEPTH + 1);
	page = ctx->pages[CARVE_KMAP_DEPTH];
	for (i = 0; i < CARVE_KMAP_DEPTH; i++)
		addr[i] = carve_kmap_local(ctx->co, ctx->pages[i]);
	for (i = 0; i < CARVE_KMAP_DEPTH; i++)
		right += addr[i] && holds(addr[i], i);
	one_more = carve_kmap_local(ctx->co, page);
	/* A page must be mapped to be zeroed, too */
	carve_free_page(ctx->co, page);
	page = carve_alloc_page(ctx->co, GFP_ATOMIC | __GFP_HIGHMEM | __GFP_ZERO);
	ctx->pages[CARVE_KMAP_DEPTH] = page;
	/* Unmapping in the wrong order, or mappings of other tasks */
	carve_kunmap_local(ctx->co, addr[3]);
	carve_kunmap_local(ctx->co, addr);
	carve_kunmap_local(ctx->co, NULL);
	bad = nr_bad_kmaps(ctx);
	for (i = CARVE_KMAP_DEPTH; i-- > 0; )
		carve_kunmap_local(ctx->co, (void *)addr[i] + i);
	bad_after = nr_bad_kmaps(ctx);
	/* The stack is empty */
	carve_kunmap_local(ctx->co, addr[0]);

	KUNIT_EXPECT_NULL(test, one_more);
	KUNIT_EXPECT_EQ(test, right, CARVE_KMAP_DEPTH);
	KUNIT_EXPECT_EQ(test, bad, 1 + 3);
	KUNIT_EXPECT_EQ(test, bad_after, 1 + 3);
	KUNIT_EXPECT_EQ(test, nr_bad_kmaps(ctx), 1 + 3 + 1);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, is_high(ctx, page));
	one_more = carve_kmap_local(ctx->co, page);
	zero = !memchr_inv(one_more, 0, PAGE_SIZE);
	carve_kunmap_local(ctx->co, one_more);
	KUNIT_EXPECT_TRUE(test, zero);
	give_back(ctx);
}

/* The slot is the same each time, so a stale TLB entry leads to the wrong page */
static void reused_local_slot_leads_to_the_new_page(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned int round, i, wrong = 0;
	unsigned int cpu = 0;

	take_filled(test, 64);
	for (round = 0; round < 4; round++) {
		go_to_another_cpu(&cpu);
		for (i = 0; i < 64; i++) {
			u64 *addr = carve_kmap_local(ctx->co, ctx->pages[i]);

			wrong += !holds(addr, i + round);
			memset64(addr, i + round + 1, WORDS);
			carve_kunmap_local(ctx->co, addr);
		}
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	give_back(ctx);
}

struct intruder {
	struct irq_work work;
	struct ctx *ctx;
	bool right;
	bool done;
};

static void intrude(struct irq_work *work)
{
	struct intruder *in = container_of(work, struct intruder, work);
	struct carve_page *page = in->ctx->pages[1];
	u64 *addr = carve_kmap_local(in->ctx->co, page);

	in->right = addr && holds(addr, 1);
	if (addr)
		memset64(addr, DIRT, WORDS);
	carve_kunmap_local(in->ctx->co, addr);
	/* Publish the results; pairs with the waiting reader */
	smp_store_release(&in->done, true);
}

static void interrupt_nests_local_mappings(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct intruder in = { .work = IRQ_WORK_INIT_HARD(intrude), .ctx = ctx };
	unsigned long end = jiffies + PATIENCE;
	bool before, after;
	u64 *addr;

	take_filled(test, 2);
	addr = carve_kmap_local(ctx->co, ctx->pages[0]);
	before = holds(addr, 0);
	irq_work_queue(&in.work);
	/* Pairs with intrude() */
	while (!smp_load_acquire(&in.done) && time_before(jiffies, end))
		cpu_relax();
	after = holds(addr, 0);
	carve_kunmap_local(ctx->co, addr);
	irq_work_sync(&in.work);
	KUNIT_EXPECT_TRUE(test, before);
	KUNIT_EXPECT_TRUE(test, in.done);
	KUNIT_EXPECT_TRUE(test, in.right);
	KUNIT_EXPECT_TRUE(test, after);
	addr = carve_kmap(ctx->co, ctx->pages[1]);
	KUNIT_EXPECT_TRUE(test, holds(addr, DIRT));
	carve_kunmap(ctx->co, ctx->pages[1]);
	KUNIT_EXPECT_EQ(test, nr_bad_kmaps(ctx), 0);
	give_back(ctx);
}

/* Refused configurations */

static void first_zone_must_be_mapped(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(make_carveout(true)), -EINVAL);
}

static void kernel_without_a_window_refuses_unmapped_zones(struct kunit *test)
{
	struct carveout *co;

	if (carve_fixture_has_window())
		kunit_skip(test, "page table entries are ours to write here");
	co = make_carveout(false);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(co), -EOPNOTSUPP);
}

static struct kunit_case kmap_cases[] = {
	KUNIT_CASE(mapped_page_needs_no_slot),
	KUNIT_CASE(unmapped_pages_serve_only_highmem_requests),
	KUNIT_CASE(functions_that_return_addresses_ignore_highmem),
	KUNIT_CASE(low_addresses_lead_to_no_unmapped_page),
	KUNIT_CASE(areas_use_unmapped_pages),
	KUNIT_CASE(vmap_maps_unmapped_pages),
	KUNIT_CASE(pages_are_zeroed_without_an_address),
	KUNIT_CASE(kmap_address_is_shared_by_all_users),
	KUNIT_CASE(wrong_kunmaps_are_reported),
	KUNIT_CASE(reused_slot_is_seen_by_every_cpu),
	KUNIT_CASE(task_waits_for_a_slot_and_is_woken),
	KUNIT_CASE(random_walk_agrees_with_a_model),
	KUNIT_CASE(local_mappings_nest),
	KUNIT_CASE(reused_local_slot_leads_to_the_new_page),
	KUNIT_CASE(interrupt_nests_local_mappings),
	KUNIT_CASE(first_zone_must_be_mapped),
	KUNIT_CASE(kernel_without_a_window_refuses_unmapped_zones),
	{ }
};

static struct kunit_suite kmap_suite = {
	.name = "carveout_kmap",
	.init = kmap_init,
	.exit = kmap_exit,
	.test_cases = kmap_cases,
};

kunit_test_suite(kmap_suite);
