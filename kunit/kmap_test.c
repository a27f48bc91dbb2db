// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses on demand. Each case has a carveout of a mapped zone and of one
 * that isn't, with more pages than there are slots.
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

#include "kunit/testbed.h"

#define LOW_SIZE SZ_2M
#define HIGH_SIZE SZ_4M
#define NR_HIGH (HIGH_SIZE / PAGE_SIZE)
#define HIGHLY (GFP_KERNEL | __GFP_HIGHMEM | __GFP_NOWARN)
#define QUIETLY (GFP_KERNEL | __GFP_NOWARN)
#define DIRT 0xa5a5a5a5a5a5a5a5UL
#define WORDS (PAGE_SIZE / sizeof(u64))
/* How long anything may take that is certain to happen */
#define PATIENCE (20 * HZ)

static_assert(NR_HIGH > CARVE_KMAP_SLOTS);

struct bed {
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
	struct carve_window window = { };
	struct bed *bed;

	/* Is there a way at all? */
	if (carve_window_init(&window, 1))
		return 0;
	carve_window_exit(&window);
	bed = kunit_kzalloc(test, sizeof(*bed), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bed);
	bed->pages = kunit_kcalloc(test, (LOW_SIZE + HIGH_SIZE) / PAGE_SIZE,
				   sizeof(*bed->pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bed->pages);
	bed->co = make_carveout(false);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bed->co);
	carve_testbed_stay_on_cpu(test);
	carve_testbed_unbind(bed->co);
	test->priv = bed;
	return 0;
}

static void kmap_exit(struct kunit *test)
{
	struct bed *bed = test->priv;

	if (!bed)
		return;
	KUNIT_EXPECT_EQ(test, bed->co->kmap.nr_used, 0);
	carve_testbed_check(test, bed->co);
	KUNIT_EXPECT_EQ(test, carveout_destroy(bed->co), 0);
}

static struct bed *bed_of(struct kunit *test)
{
	if (!test->priv)
		kunit_skip(test, "page table entries aren't ours to write here");
	return test->priv;
}

static unsigned long nr_bad(struct bed *bed)
{
	return atomic_long_read(&bed->co->pages.nr_bad_frees);
}

static struct carve_zone *low_zone(struct bed *bed)
{
	return &bed->co->pages.zone[0];
}

static struct carve_zone *high_zone(struct bed *bed)
{
	return &bed->co->pages.zone[1];
}

static bool is_high(struct bed *bed, const struct carve_page *page)
{
	return carve_page_zone(&bed->co->pages, page) == high_zone(bed);
}

/* Takes up to @nr pages */
static void take(struct bed *bed, gfp_t gfp, unsigned int nr)
{
	while (bed->nr < nr) {
		bed->pages[bed->nr] = carve_alloc_page(bed->co, gfp);
		if (!bed->pages[bed->nr])
			break;
		bed->nr++;
	}
}

static void give_back(struct bed *bed)
{
	while (bed->nr)
		carve_free_page(bed->co, bed->pages[--bed->nr]);
}

/* Each page different from all others */
static void fill_page(struct bed *bed, struct carve_page *page, u64 what)
{
	void *addr = carve_kmap_local(bed->co, page);

	memset64(addr, what, WORDS);
	carve_kunmap_local(bed->co, addr);
}

static bool holds(const u64 *addr, u64 what)
{
	return addr[0] == what && addr[WORDS / 2] == what &&
	       addr[WORDS - 1] == what;
}

/* All pages of the unmapped zone, filled with their numbers */
static void take_filled(struct kunit *test, unsigned int nr)
{
	struct bed *bed = test->priv;
	unsigned int i;

	take(bed, HIGHLY, nr);
	KUNIT_ASSERT_EQ(test, bed->nr, nr);
	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_TRUE(test, is_high(bed, bed->pages[i]));
		fill_page(bed, bed->pages[i], i);
	}
}

/* Who gets which pages */

static void page_with_an_address_costs_nothing(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	struct carveout *co = bed->co;
	struct carve_page *page = carve_alloc_page(co, GFP_KERNEL);
	void *addr;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_FALSE(test, is_high(bed, page));
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
	KUNIT_EXPECT_EQ(test, nr_bad(bed), 0);
}

static void unmapped_page_is_for_highmem_requests_alone(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	unsigned int i, nr_low = low_zone(bed)->nr_managed;

	take(bed, QUIETLY, UINT_MAX);
	KUNIT_EXPECT_EQ(test, bed->nr, nr_low);
	for (i = 0; i < bed->nr; i++)
		KUNIT_ASSERT_FALSE(test, is_high(bed, bed->pages[i]));
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_left(high_zone(bed)), NR_HIGH);
	give_back(bed);

	take(bed, HIGHLY, UINT_MAX);
	KUNIT_EXPECT_EQ(test, bed->nr, nr_low + NR_HIGH);
	for (i = 0; i < bed->nr; i++)
		KUNIT_ASSERT_EQ(test, is_high(bed, bed->pages[i]), i < NR_HIGH);
	give_back(bed);
}

static void who_wants_an_address_gets_one(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	struct carveout *co = bed->co;
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
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_left(high_zone(bed)), NR_HIGH);
	carve_kfree(co, large);
	carve_kfree(co, small);
	carve_free_pages_exact(co, exact, 3 * PAGE_SIZE);
	carve_free_pages_addr(co, zeroed, 0);
	carve_free_pages_addr(co, pages, 2);
	KUNIT_EXPECT_EQ(test, nr_bad(bed), 0);
}

static void low_addresses_are_not_those_of_unmapped_pages(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	struct carveout *co = bed->co;

	take(bed, HIGHLY, NR_HIGH);
	KUNIT_EXPECT_NULL(test, carve_virt_to_page(co, NULL));
	KUNIT_EXPECT_NULL(test, carve_virt_to_page(co, (void *)PAGE_SIZE));
	carve_free_pages_addr(co, PAGE_SIZE, 0);
	carve_kfree(co, (void *)(3 * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, nr_bad(bed), 2);
	give_back(bed);
}

/* So that what isn't zeroed has something to show */
static void make_dirty(struct bed *bed)
{
	unsigned int i;

	take(bed, HIGHLY, NR_HIGH);
	for (i = 0; i < bed->nr; i++)
		fill_page(bed, bed->pages[i], DIRT);
	give_back(bed);
	carve_pages_drain(&bed->co->pages);
}

static void areas_come_from_unmapped_pages(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	u64 *area;

	make_dirty(bed);
	area = carve_vzalloc(bed->co, SZ_1M);
	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_left(high_zone(bed)),
			NR_HIGH - SZ_1M / PAGE_SIZE);
	KUNIT_EXPECT_NULL(test, memchr_inv(area, 0, SZ_1M));
	memset64(area, DIRT, SZ_1M / sizeof(u64));
	KUNIT_EXPECT_NULL(test, memchr_inv(area, DIRT & 0xff, SZ_1M));
	carve_vfree(bed->co, area);
}

static void given_pages_need_no_address(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	unsigned int i;
	u64 *area;

	take_filled(test, 5);
	area = carve_vmap(bed->co, bed->pages, 5);
	KUNIT_ASSERT_NOT_NULL(test, area);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_TRUE(test, holds(area + i * WORDS, i));
	carve_vunmap(bed->co, area);
	give_back(bed);
}

static void pages_are_zeroed_without_an_address(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	unsigned int i, order;

	make_dirty(bed);
	for (order = 0; order < 6; order++) {
		struct carve_page *block = carve_alloc_pages(bed->co,
							     HIGHLY | __GFP_ZERO,
							     order);

		KUNIT_ASSERT_NOT_NULL(test, block);
		KUNIT_EXPECT_TRUE(test, is_high(bed, block));
		for (i = 0; i < BIT(order); i++) {
			void *addr = carve_kmap_local(bed->co, block + i);
			bool zero = !memchr_inv(addr, 0, PAGE_SIZE);

			carve_kunmap_local(bed->co, addr);
			KUNIT_EXPECT_TRUE_MSG(test, zero, "page %u of order %u",
					      i, order);
		}
		carve_free_pages(bed->co, block, order);
	}
}

/* carve_kmap() */

static void page_has_one_address_for_all_users(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	struct carveout *co = bed->co;
	struct carve_page *page;
	u64 *addr;

	take_filled(test, 2);
	page = bed->pages[1];
	KUNIT_EXPECT_NULL(test, carve_page_address(co, page));
	addr = carve_kmap(co, page);
	KUNIT_ASSERT_NOT_NULL(test, addr);
	KUNIT_EXPECT_TRUE(test, holds(addr, 1));
	KUNIT_EXPECT_PTR_EQ(test, carve_page_address(co, page), (void *)addr);
	KUNIT_EXPECT_PTR_EQ(test, carve_kmap(co, page), (void *)addr);
	KUNIT_EXPECT_NULL(test, carve_virt_to_page(co, addr));
	KUNIT_EXPECT_EQ(test, co->kmap.nr_used, 1);
	KUNIT_EXPECT_EQ(test, carveout_count_owned(co), 2 + 1);
	carve_kunmap(co, page);
	KUNIT_EXPECT_PTR_EQ(test, carve_page_address(co, page), (void *)addr);
	carve_kunmap(co, page);
	KUNIT_EXPECT_NULL(test, carve_page_address(co, page));
	KUNIT_EXPECT_EQ(test, co->kmap.nr_used, 0);
	/* The address isn't forgotten while nobody else needs it */
	KUNIT_EXPECT_PTR_EQ(test, carve_kmap(co, page), (void *)addr);
	KUNIT_EXPECT_EQ(test, co->kmap.nr_maps, 1);
	KUNIT_EXPECT_EQ(test, co->kmap.nr_flushes, 0);
	carve_kunmap(co, page);
	give_back(bed);
}

static void wrong_kunmaps_are_reported(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	struct carveout *co = bed->co;

	take_filled(test, 2);
	KUNIT_ASSERT_NOT_NULL(test, carve_kmap(co, bed->pages[0]));
	carve_kunmap(co, bed->pages[1]);
	KUNIT_EXPECT_EQ(test, nr_bad(bed), 1);
	carve_kunmap(co, bed->pages[0]);
	carve_kunmap(co, bed->pages[0]);
	KUNIT_EXPECT_EQ(test, nr_bad(bed), 2);
	carve_kunmap(co, NULL);
	carve_kunmap(co, (struct carve_page *)bed);
	KUNIT_EXPECT_NULL(test, carve_kmap(co, NULL));
	KUNIT_EXPECT_NULL(test, carve_kmap_local(co,
						 (struct carve_page *)bed));
	KUNIT_EXPECT_EQ(test, nr_bad(bed), 6);
	give_back(bed);
}

static void go_to_another_cpu(unsigned int *cpu)
{
	*cpu = cpumask_next(*cpu, cpu_online_mask);
	if (*cpu >= nr_cpu_ids)
		*cpu = cpumask_first(cpu_online_mask);
	set_cpus_allowed_ptr(current, cpumask_of(*cpu));
}

/* A TLB that still has what a slot held before would lead to another page */
static void every_cpu_finds_the_page_behind_a_slot_used_again(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	unsigned int round, i, cpu = 0;

	take_filled(test, NR_HIGH);
	for (round = 0; round < 6; round++) {
		go_to_another_cpu(&cpu);
		for (i = 0; i < NR_HIGH; i++) {
			u64 *addr = carve_kmap(bed->co, bed->pages[i]);
			bool right = holds(addr, i);

			carve_kunmap(bed->co, bed->pages[i]);
			KUNIT_ASSERT_TRUE_MSG(test, right, "page %u, round %u",
					      i, round);
		}
	}
	KUNIT_EXPECT_EQ(test, bed->co->kmap.nr_maps, 6 * NR_HIGH);
	/* All slots at once, and not each time */
	KUNIT_EXPECT_LE(test, bed->co->kmap.nr_flushes,
			6 * NR_HIGH / CARVE_KMAP_SLOTS);
	KUNIT_EXPECT_GT(test, bed->co->kmap.nr_flushes, 0);
	give_back(bed);
}

/* A task that maps a page, and unmaps it when told to */
struct mapper {
	struct bed *bed;
	struct carve_page *page;
	u64 *addr;
	struct completion mapped;
};

static int map_page(void *arg)
{
	struct mapper *m = arg;

	m->addr = carve_kmap(m->bed->co, m->page);
	complete_all(&m->mapped);
	return 0;
}

static void start(struct kunit *test, struct mapper *m, struct bed *bed,
		  struct carve_page *page)
{
	struct task_struct *task;

	*m = (struct mapper){ .bed = bed, .page = page };
	init_completion(&m->mapped);
	task = kthread_run(map_page, m, "carve_kmap_test");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
}

static bool come_to_wait(struct bed *bed, unsigned long nr)
{
	unsigned long end = jiffies + PATIENCE;

	while (atomic_long_read(&bed->co->kmap.nr_waits) < nr) {
		if (time_after(jiffies, end))
			return false;
		msleep(20);
	}
	return true;
}

/* Leaves no task behind that would wait for ever, whatever fails */
static void task_waits_for_a_slot_and_is_woken(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	struct carveout *co = bed->co;
	struct mapper a, b;
	unsigned int i;

	take_filled(test, CARVE_KMAP_SLOTS + 2);
	for (i = 0; i < CARVE_KMAP_SLOTS; i++)
		KUNIT_ASSERT_NOT_NULL(test, carve_kmap(co, bed->pages[i]));
	KUNIT_EXPECT_EQ(test, co->kmap.nr_used, CARVE_KMAP_SLOTS);
	/* A page that is mapped has nothing to wait for */
	KUNIT_EXPECT_NOT_NULL(test, carve_kmap(co, bed->pages[7]));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->kmap.nr_waits), 0);
	start(test, &a, bed, bed->pages[CARVE_KMAP_SLOTS]);
	start(test, &b, bed, bed->pages[CARVE_KMAP_SLOTS + 1]);
	KUNIT_EXPECT_TRUE(test, come_to_wait(bed, 2));
	carve_kunmap(co, bed->pages[7]);
	KUNIT_EXPECT_FALSE(test, completion_done(&a.mapped) ||
			   completion_done(&b.mapped));
	/* One slot, for one of them */
	carve_kunmap(co, bed->pages[7]);
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&a.mapped, HZ / 2) ||
			  wait_for_completion_timeout(&b.mapped, PATIENCE));
	KUNIT_EXPECT_EQ(test, co->kmap.nr_used, CARVE_KMAP_SLOTS);
	for (i = 0; i < CARVE_KMAP_SLOTS; i++)
		if (i != 7)
			carve_kunmap(co, bed->pages[i]);
	wait_for_completion_timeout(&a.mapped, PATIENCE);
	wait_for_completion_timeout(&b.mapped, PATIENCE);
	KUNIT_ASSERT_NOT_NULL(test, a.addr);
	KUNIT_ASSERT_NOT_NULL(test, b.addr);
	KUNIT_EXPECT_TRUE(test, holds(a.addr, CARVE_KMAP_SLOTS));
	KUNIT_EXPECT_TRUE(test, holds(b.addr, CARVE_KMAP_SLOTS + 1));
	carve_kunmap(co, a.page);
	carve_kunmap(co, b.page);
	give_back(bed);
}

/* A random walk, beside an array that counts the users of each page */
static void random_walk_agrees_with_a_model(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	unsigned int step, used = 0;
	struct rnd_state rnd;
	u8 *users;

	users = kunit_kzalloc(test, NR_HIGH, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, users);
	carve_testbed_seed(test, &rnd, carve_testbed_any_seed());
	take_filled(test, NR_HIGH);
	for (step = 0; step < 5000; step++) {
		u32 i = carve_testbed_random(&rnd, NR_HIGH);
		void *before = carve_page_address(bed->co, bed->pages[i]);

		KUNIT_ASSERT_EQ(test, !!before, !!users[i]);
		if (users[i] && (carve_testbed_random(&rnd, 2) || users[i] > 9)) {
			carve_kunmap(bed->co, bed->pages[i]);
			used -= !--users[i];
		} else if (users[i] || used < CARVE_KMAP_SLOTS) {
			u64 *addr = carve_kmap(bed->co, bed->pages[i]);

			KUNIT_ASSERT_TRUE(test, holds(addr, i));
			KUNIT_ASSERT_TRUE(test, !before || before == addr);
			used += !users[i]++;
		}
		KUNIT_ASSERT_EQ(test, bed->co->kmap.nr_used, used);
		if (step % 500 == 0)
			carve_testbed_check(test, bed->co);
	}
	for (step = 0; step < NR_HIGH; step++)
		for (; users[step]; users[step]--)
			carve_kunmap(bed->co, bed->pages[step]);
	give_back(bed);
}

/* carve_kmap_local() */

static void local_mappings_nest(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	u64 *addr[CARVE_KMAP_DEPTH];
	unsigned int i, right = 0, bad, bad_after;
	struct carve_page *page;
	void *one_more;
	bool zero;

	take_filled(test, CARVE_KMAP_DEPTH + 1);
	page = bed->pages[CARVE_KMAP_DEPTH];
	for (i = 0; i < CARVE_KMAP_DEPTH; i++)
		addr[i] = carve_kmap_local(bed->co, bed->pages[i]);
	for (i = 0; i < CARVE_KMAP_DEPTH; i++)
		right += addr[i] && holds(addr[i], i);
	one_more = carve_kmap_local(bed->co, page);
	/* To be zeroed a page must be mapped, too */
	carve_free_page(bed->co, page);
	page = carve_alloc_page(bed->co, GFP_ATOMIC | __GFP_HIGHMEM | __GFP_ZERO);
	bed->pages[CARVE_KMAP_DEPTH] = page;
	/* Not in this order, and not those of others */
	carve_kunmap_local(bed->co, addr[3]);
	carve_kunmap_local(bed->co, addr);
	carve_kunmap_local(bed->co, NULL);
	bad = nr_bad(bed);
	for (i = CARVE_KMAP_DEPTH; i-- > 0; )
		carve_kunmap_local(bed->co, (void *)addr[i] + i);
	bad_after = nr_bad(bed);
	/* Nothing is left on the stack */
	carve_kunmap_local(bed->co, addr[0]);

	KUNIT_EXPECT_NULL(test, one_more);
	KUNIT_EXPECT_EQ(test, right, CARVE_KMAP_DEPTH);
	KUNIT_EXPECT_EQ(test, bad, 1 + 3);
	KUNIT_EXPECT_EQ(test, bad_after, 1 + 3);
	KUNIT_EXPECT_EQ(test, nr_bad(bed), 1 + 3 + 1);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, is_high(bed, page));
	one_more = carve_kmap_local(bed->co, page);
	zero = !memchr_inv(one_more, 0, PAGE_SIZE);
	carve_kunmap_local(bed->co, one_more);
	KUNIT_EXPECT_TRUE(test, zero);
	give_back(bed);
}

/* The slot is the same one each time: a TLB that remembers it is wrong */
static void local_slot_leads_to_the_page_of_now(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	unsigned int round, i, wrong = 0;
	unsigned int cpu = 0;

	take_filled(test, 64);
	for (round = 0; round < 4; round++) {
		go_to_another_cpu(&cpu);
		for (i = 0; i < 64; i++) {
			u64 *addr = carve_kmap_local(bed->co, bed->pages[i]);

			wrong += !holds(addr, i + round);
			memset64(addr, i + round + 1, WORDS);
			carve_kunmap_local(bed->co, addr);
		}
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	give_back(bed);
}

struct intruder {
	struct irq_work work;
	struct bed *bed;
	bool right;
	bool done;
};

static void intrude(struct irq_work *work)
{
	struct intruder *in = container_of(work, struct intruder, work);
	struct carve_page *page = in->bed->pages[1];
	u64 *addr = carve_kmap_local(in->bed->co, page);

	in->right = addr && holds(addr, 1);
	if (addr)
		memset64(addr, DIRT, WORDS);
	carve_kunmap_local(in->bed->co, addr);
	/* With all that was written; pairs with who waits for it */
	smp_store_release(&in->done, true);
}

static void interrupt_maps_on_top_of_what_it_interrupts(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	struct intruder in = { .work = IRQ_WORK_INIT_HARD(intrude), .bed = bed };
	unsigned long end = jiffies + PATIENCE;
	bool before, after;
	u64 *addr;

	take_filled(test, 2);
	addr = carve_kmap_local(bed->co, bed->pages[0]);
	before = holds(addr, 0);
	irq_work_queue(&in.work);
	/* Pairs with intrude() */
	while (!smp_load_acquire(&in.done) && time_before(jiffies, end))
		cpu_relax();
	after = holds(addr, 0);
	carve_kunmap_local(bed->co, addr);
	irq_work_sync(&in.work);
	KUNIT_EXPECT_TRUE(test, before);
	KUNIT_EXPECT_TRUE(test, in.done);
	KUNIT_EXPECT_TRUE(test, in.right);
	KUNIT_EXPECT_TRUE(test, after);
	addr = carve_kmap(bed->co, bed->pages[1]);
	KUNIT_EXPECT_TRUE(test, holds(addr, DIRT));
	carve_kunmap(bed->co, bed->pages[1]);
	KUNIT_EXPECT_EQ(test, nr_bad(bed), 0);
	give_back(bed);
}

/* What can't be */

static void first_zone_must_be_mapped(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(make_carveout(true)), -EINVAL);
}

static void kernel_without_a_window_refuses_unmapped_zones(struct kunit *test)
{
	struct carveout *co;

	if (test->priv)
		kunit_skip(test, "page table entries are ours to write here");
	co = make_carveout(false);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(co), -EOPNOTSUPP);
}

static struct kunit_case kmap_cases[] = {
	KUNIT_CASE(page_with_an_address_costs_nothing),
	KUNIT_CASE(unmapped_page_is_for_highmem_requests_alone),
	KUNIT_CASE(who_wants_an_address_gets_one),
	KUNIT_CASE(low_addresses_are_not_those_of_unmapped_pages),
	KUNIT_CASE(areas_come_from_unmapped_pages),
	KUNIT_CASE(given_pages_need_no_address),
	KUNIT_CASE(pages_are_zeroed_without_an_address),
	KUNIT_CASE(page_has_one_address_for_all_users),
	KUNIT_CASE(wrong_kunmaps_are_reported),
	KUNIT_CASE(every_cpu_finds_the_page_behind_a_slot_used_again),
	KUNIT_CASE(task_waits_for_a_slot_and_is_woken),
	KUNIT_CASE(random_walk_agrees_with_a_model),
	KUNIT_CASE(local_mappings_nest),
	KUNIT_CASE(local_slot_leads_to_the_page_of_now),
	KUNIT_CASE(interrupt_maps_on_top_of_what_it_interrupts),
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
