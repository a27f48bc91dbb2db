// SPDX-License-Identifier: GPL-2.0
/*
 * GFP flags: who may take what, who sleeps and for how long, and what is done
 * before an allocation fails. See the ladder at the head of src/page/request.c.
 *
 * That something didn't sleep is seen by the task's count of voluntary context
 * switches, and debug kernels complain of themselves.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kmsg_dump.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <carveout.h>

#include "kunit/interrupt.h"
#include "kunit/testbed.h"

#define BED_PAGES (CARVE_TESTBED_SIZE / PAGE_SIZE)
#define QUIETLY (GFP_KERNEL | __GFP_NOWARN)
#define QUICKLY (GFP_ATOMIC | __GFP_NOWARN)
#define DIRT 0xa5
/* Nobody who sleeps for it could go unnoticed */
#define HOUR_MS (60 * 60 * 1000)

struct bed {
	struct carveout *co;
	struct carve_page **pages;
	unsigned int nr;
};

static int gfp_init(struct kunit *test)
{
	int ret = carve_testbed_init_more(test, sizeof(struct bed));
	struct bed *bed = test->priv;

	if (ret)
		return ret;
	bed->pages = kunit_kcalloc(test, BED_PAGES, sizeof(*bed->pages),
				   GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bed->pages);
	return 0;
}

static void gfp_exit(struct kunit *test)
{
	struct bed *bed = test->priv;

	if (bed)
		carve_free_pages_bulk(bed->co, bed->nr, bed->pages);
	carve_testbed_exit_more(test);
}

/* Single pages until there are no more; how many those were */
static unsigned int fill(struct bed *bed, gfp_t gfp)
{
	unsigned int before = bed->nr;

	while (bed->nr < BED_PAGES) {
		struct carve_page *page = carve_alloc_page(bed->co, gfp);

		if (!page)
			break;
		bed->pages[bed->nr++] = page;
	}
	return bed->nr - before;
}

static void empty(struct bed *bed)
{
	carve_free_pages_bulk(bed->co, bed->nr, bed->pages);
	bed->nr = 0;
}

static unsigned long nr_failed(struct bed *bed)
{
	return atomic_long_read(&bed->co->pages.nr_failed);
}

/* What is accepted */

struct flags {
	const char *name;
	gfp_t gfp;
	enum carve_lifetime lifetime;
};

static const struct flags flags[] = {
	{ "GFP_KERNEL", GFP_KERNEL, CARVE_LONG_LIVED },
	{ "GFP_ATOMIC", GFP_ATOMIC, CARVE_LONG_LIVED },
	{ "GFP_NOWAIT", GFP_NOWAIT, CARVE_LONG_LIVED },
	{ "GFP_NOIO", GFP_NOIO, CARVE_LONG_LIVED },
	{ "GFP_NOFS", GFP_NOFS, CARVE_LONG_LIVED },
	{ "GFP_USER", GFP_USER, CARVE_LONG_LIVED },
	{ "GFP_HIGHUSER", GFP_HIGHUSER, CARVE_LONG_LIVED },
	{ "GFP_HIGHUSER_MOVABLE", GFP_HIGHUSER_MOVABLE, CARVE_SHORT_LIVED },
	{ "GFP_KERNEL_ACCOUNT", GFP_KERNEL_ACCOUNT, CARVE_LONG_LIVED },
	{ "none", 0, CARVE_LONG_LIVED },
	{ "COMP", GFP_KERNEL | __GFP_COMP, CARVE_LONG_LIVED },
	{ "RECLAIMABLE", GFP_KERNEL | __GFP_RECLAIMABLE, CARVE_SHORT_LIVED },
	{ "MOVABLE", GFP_KERNEL | __GFP_MOVABLE, CARVE_SHORT_LIVED },
	{ "THISNODE", GFP_KERNEL | __GFP_THISNODE, CARVE_LONG_LIVED },
	{ "WRITE", GFP_KERNEL | __GFP_WRITE, CARVE_LONG_LIVED },
	{ "NORETRY", GFP_KERNEL | __GFP_NORETRY, CARVE_LONG_LIVED },
	{ "RETRY_MAYFAIL", GFP_KERNEL | __GFP_RETRY_MAYFAIL, CARVE_LONG_LIVED },
	{ "NOFAIL", GFP_KERNEL | __GFP_NOFAIL, CARVE_LONG_LIVED },
	{ "MEMALLOC", GFP_KERNEL | __GFP_MEMALLOC, CARVE_LONG_LIVED },
	{ "NOMEMALLOC", GFP_KERNEL | __GFP_NOMEMALLOC, CARVE_LONG_LIVED },
};

static void get_flags_name(const struct flags *f, char *name)
{
	strscpy(name, f->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(flags, flags, get_flags_name);

static void flags_are_accepted_on_each_layer(struct kunit *test)
{
	const struct flags *f = test->param_value;
	struct bed *bed = test->priv;
	unsigned int order;
	void *p;

	for (order = 0; order <= 4; order += 2) {
		struct carve_page *page = carve_alloc_pages(bed->co, f->gfp, order);

		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_EXPECT_EQ(test, page->order, order);
		KUNIT_EXPECT_EQ(test, page->lifetime, f->lifetime);
		carve_free_pages(bed->co, page, order);
	}
	p = carve_kmalloc(bed->co, 100, f->gfp);
	KUNIT_EXPECT_NOT_NULL(test, p);
	carve_kfree(bed->co, p);
	p = carve_alloc_pages_exact(bed->co, 3 * PAGE_SIZE, f->gfp);
	KUNIT_EXPECT_NOT_NULL(test, p);
	carve_free_pages_exact(bed->co, p, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, nr_failed(bed), 0);
}

/* The reserve below the min watermark */

struct reserve {
	const char *name;
	gfp_t gfp;
	bool allowed;
};

static const struct reserve reserves[] = {
	{ "GFP_KERNEL", GFP_KERNEL, false },
	{ "GFP_NOWAIT", GFP_NOWAIT, false },
	{ "GFP_NOIO", GFP_NOIO, false },
	{ "GFP_USER", GFP_USER, false },
	{ "GFP_ATOMIC", GFP_ATOMIC, true },
	{ "HIGH", GFP_KERNEL | __GFP_HIGH, true },
	{ "NOWAIT and HIGH", GFP_NOWAIT | __GFP_HIGH, true },
	{ "MEMALLOC", GFP_KERNEL | __GFP_MEMALLOC, true },
	{ "NOMEMALLOC", GFP_KERNEL | __GFP_NOMEMALLOC, false },
	{ "MEMALLOC and NOMEMALLOC",
	  GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOMEMALLOC, false },
	{ "ATOMIC and NOMEMALLOC", GFP_ATOMIC | __GFP_NOMEMALLOC, true },
	{ "RETRY_MAYFAIL", GFP_KERNEL | __GFP_RETRY_MAYFAIL, false },
	{ "NORETRY", GFP_KERNEL | __GFP_NORETRY, false },
};

static void get_reserve_name(const struct reserve *r, char *name)
{
	strscpy(name, r->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(reserves, reserves, get_reserve_name);

/* The low mark stays at 0, or the background would take part */
static void set_min(struct bed *bed, unsigned long min)
{
	WRITE_ONCE(bed->co->pages.zone[0].watermark[CARVE_WMARK_MIN], min);
}

static void reserve_is_for_who_is_allowed_to_it(struct kunit *test)
{
	const struct reserve *r = test->param_value;
	struct bed *bed = test->priv;
	unsigned long all = carve_testbed_nr_free(bed->co);
	gfp_t gfp = r->gfp | __GFP_NOWARN;
	struct carve_page *block;

	set_min(bed, 64);
	fill(bed, gfp);
	KUNIT_EXPECT_EQ(test, bed->nr, r->allowed ? all : all - 64);
	empty(bed);
	carve_testbed_collect(bed->co);

	/* Blocks, too: one that would leave less than the reserve */
	set_min(bed, all - 15);
	block = carve_alloc_pages(bed->co, gfp, 4);
	KUNIT_EXPECT_EQ(test, !!block, r->allowed);
	carve_free_pages(bed->co, block, 4);
	set_min(bed, all - 16);
	block = carve_alloc_pages(bed->co, gfp, 4);
	KUNIT_EXPECT_NOT_NULL(test, block);
	carve_free_pages(bed->co, block, 4);
}

static void nofail_gets_at_the_reserve_in_the_end(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_page *page;

	set_min(bed, 8);
	fill(bed, QUIETLY);
	KUNIT_ASSERT_NULL(test, carve_alloc_page(bed->co, QUIETLY));
	page = carve_alloc_page(bed->co, QUIETLY | __GFP_NOFAIL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_free(bed->co), 7);
	carve_free_page(bed->co, page);
}

/* Who never sleeps */

struct context {
	const char *name;
	gfp_t gfp;
};

static const struct context sleepless[] = {
	{ "GFP_ATOMIC", GFP_ATOMIC },
	{ "GFP_NOWAIT", GFP_NOWAIT },
	{ "none", 0 },
	{ "HIGH", __GFP_HIGH },
	{ "NOWAIT and RETRY_MAYFAIL", GFP_NOWAIT | __GFP_RETRY_MAYFAIL },
	{ "ATOMIC and MEMALLOC", GFP_ATOMIC | __GFP_MEMALLOC },
	{ "KERNEL without DIRECT_RECLAIM", GFP_KERNEL & ~__GFP_DIRECT_RECLAIM },
};

static void get_context_name(const struct context *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(sleepless, sleepless, get_context_name);

/* A way through all rungs, with what comes of it; no checks, since it is atomic */
struct atomic_run {
	struct bed *bed;
	gfp_t gfp;
	bool in_hardirq;
	unsigned int nr_blocks;
	unsigned int nr_objects;
	unsigned int nr_pages;
	unsigned int nr_beyond;
};

static void run_atomically(void *arg)
{
	struct atomic_run *run = arg;
	struct bed *bed = run->bed;
	unsigned int i;

	run->in_hardirq = in_hardirq();
	for (i = 0; i <= 6; i++) {
		struct carve_page *block = carve_alloc_pages(bed->co, run->gfp, i);

		run->nr_blocks += !!block;
		carve_free_pages(bed->co, block, i);
	}
	for (i = 8; i <= 4 * PAGE_SIZE; i *= 2) {
		void *object = carve_kmalloc(bed->co, i, run->gfp);

		run->nr_objects += !!object;
		carve_kfree(bed->co, object);
	}
	run->nr_pages = fill(bed, run->gfp);
	/* And once there is none left */
	for (i = 0; i < 3; i++)
		run->nr_beyond += !!carve_alloc_pages(bed->co, run->gfp, i);
	empty(bed);
}

static void expect_atomic_run(struct kunit *test, const struct atomic_run *run)
{
	KUNIT_EXPECT_EQ(test, run->nr_blocks, 7);
	KUNIT_EXPECT_EQ(test, run->nr_objects, ilog2(4 * PAGE_SIZE) - 2);
	/* Slabs that are empty now stay with their caches */
	KUNIT_EXPECT_GT(test, run->nr_pages, BED_PAGES / 2);
	KUNIT_EXPECT_EQ(test, run->nr_beyond, 0);
}

static void sleepless_flags_work_with_interrupts_off(struct kunit *test)
{
	const struct context *c = test->param_value;
	struct atomic_run run = {
		.bed = test->priv, .gfp = c->gfp | __GFP_NOWARN,
	};
	unsigned long irq_flags;
	bool still_off;

	run.bed->co->pages.wait_ms = HOUR_MS;
	local_irq_save(irq_flags);
	run_atomically(&run);
	still_off = irqs_disabled();
	local_irq_restore(irq_flags);
	KUNIT_EXPECT_TRUE(test, still_off);
	expect_atomic_run(test, &run);
}

static void sleepless_flags_work_in_hard_interrupts(struct kunit *test)
{
	const struct context *c = test->param_value;
	struct atomic_run run = {
		.bed = test->priv, .gfp = c->gfp | __GFP_NOWARN,
	};

	run.bed->co->pages.wait_ms = HOUR_MS;
	carve_run_in_interrupt(run_atomically, &run);
	KUNIT_EXPECT_TRUE(test, run.in_hardirq);
	expect_atomic_run(test, &run);
}

static void sleepless_flags_fail_without_a_pause(struct kunit *test)
{
	const struct context *c = test->param_value;
	struct bed *bed = test->priv;
	unsigned long switches;

	bed->co->pages.wait_ms = HOUR_MS;
	fill(bed, QUICKLY);
	switches = current->nvcsw;
	KUNIT_EXPECT_NULL(test, carve_alloc_page(bed->co,
						 c->gfp | __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, current->nvcsw, switches);
}

static void noretry_and_nofail_without_reclaim_give_up_at_once(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned long switches;

	bed->co->pages.wait_ms = HOUR_MS;
	fill(bed, QUICKLY);
	switches = current->nvcsw;
	KUNIT_EXPECT_NULL(test, carve_alloc_page(bed->co, QUIETLY | __GFP_NORETRY));
	KUNIT_EXPECT_NULL(test, carve_alloc_page(bed->co, QUICKLY | __GFP_NOFAIL));
	KUNIT_EXPECT_EQ(test, current->nvcsw, switches);
}

/* What no zone can hold isn't waited for, by nobody */
static void impossible_order_fails_at_once(struct kunit *test)
{
	static const gfp_t gfps[] = {
		GFP_KERNEL, GFP_KERNEL | __GFP_RETRY_MAYFAIL,
		GFP_KERNEL | __GFP_NOFAIL, GFP_ATOMIC,
	};
	struct bed *bed = test->priv;
	unsigned int order = carve_pages_max_order(&bed->co->pages) + 1;
	unsigned long switches = current->nvcsw;
	unsigned int i;

	bed->co->pages.wait_ms = HOUR_MS;
	for (i = 0; i < ARRAY_SIZE(gfps); i++)
		KUNIT_EXPECT_NULL(test, carve_alloc_pages(bed->co,
							  gfps[i] | __GFP_NOWARN,
							  order));
	KUNIT_EXPECT_EQ(test, current->nvcsw, switches);
	KUNIT_EXPECT_EQ(test, nr_failed(bed), ARRAY_SIZE(gfps));
}

/* What is collected before an allocation fails */

static void leave_page_in_store(void *arg)
{
	carve_free_page(arg, carve_alloc_page(arg, QUICKLY));
}

/* In stores of another CPU, if there is one, and in empty slabs */
static unsigned long hide_pages(struct kunit *test, struct bed *bed)
{
	unsigned int other = cpumask_any_but(cpu_online_mask,
					     raw_smp_processor_id());
	unsigned long hidden;

	carve_kfree(bed->co, carve_kmalloc(bed->co, 100, QUIETLY));
	carve_kfree(bed->co, carve_kmalloc(bed->co, 2000, QUIETLY));
	carve_zone_drain_cpu(&bed->co->pages.zone[0]);
	carve_zone_drain_depots(&bed->co->pages.zone[0]);
	if (other < nr_cpu_ids)
		KUNIT_ASSERT_EQ(test, smp_call_function_single(other,
							       leave_page_in_store,
							       bed->co, 1), 0);
	hidden = bed->co->pages.zone[0].nr_managed -
		 carve_zone_nr_free(&bed->co->pages.zone[0]);
	KUNIT_ASSERT_GT(test, hidden, 0);
	return hidden;
}

struct collection {
	const char *name;
	gfp_t gfp;
	bool collects;
};

static const struct collection collections[] = {
	{ "GFP_KERNEL", GFP_KERNEL, true },
	{ "GFP_NOIO", GFP_NOIO, true },
	{ "GFP_NOFS", GFP_NOFS, true },
	{ "RETRY_MAYFAIL", GFP_KERNEL | __GFP_RETRY_MAYFAIL, true },
	{ "DIRECT_RECLAIM alone", __GFP_DIRECT_RECLAIM, true },
	{ "NORETRY", GFP_KERNEL | __GFP_NORETRY, false },
	{ "GFP_ATOMIC", GFP_ATOMIC, false },
	{ "GFP_NOWAIT", GFP_NOWAIT, false },
};

static void get_collection_name(const struct collection *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(collections, collections, get_collection_name);

static void only_who_may_sleep_and_retry_collects(struct kunit *test)
{
	const struct collection *c = test->param_value;
	struct bed *bed = test->priv;
	unsigned long all = bed->co->pages.zone[0].nr_managed;
	unsigned long hidden = hide_pages(test, bed);

	fill(bed, c->gfp | __GFP_NOWARN);
	KUNIT_EXPECT_EQ(test, bed->nr, c->collects ? all : all - hidden);
}

/* So that who can't sleep gets the next time what it couldn't reach */
static void failure_below_the_low_watermark_wakes_the_background(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_zone *zone = &bed->co->pages.zone[0];
	unsigned long hidden = hide_pages(test, bed);

	fill(bed, QUICKLY);
	zone->watermark[CARVE_WMARK_LOW] = 1;
	zone->watermark[CARVE_WMARK_HIGH] = 1;
	KUNIT_EXPECT_NULL(test, carve_alloc_page(bed->co, __GFP_NOWARN));
	irq_work_sync(&bed->co->pages.wake);
	flush_work(&bed->co->pages.background);
	KUNIT_EXPECT_EQ(test, carve_zone_nr_free(zone), 0);
	KUNIT_EXPECT_NULL(test, carve_alloc_page(bed->co, GFP_NOWAIT | __GFP_NOWARN));
	irq_work_sync(&bed->co->pages.wake);
	flush_work(&bed->co->pages.background);
	KUNIT_EXPECT_EQ(test, carve_zone_nr_free(zone), hidden);
	KUNIT_EXPECT_EQ(test, fill(bed, GFP_NOWAIT | __GFP_NOWARN), hidden);
}

#define RUN_ORDER 7

/* An aligned run of the pages that the case has; NULL where another has some of it */
static struct carve_page **take_run(struct bed *bed)
{
	static struct carve_page *run[BIT(RUN_ORDER)];
	unsigned long first, at;
	unsigned int i, nr = 0;

	/* In the middle, where no metadata is */
	first = ALIGN(bed->co->region[0].start_pfn + BED_PAGES / 2,
		      ARRAY_SIZE(run));
	for (i = 0; i < bed->nr; i++) {
		at = PHYS_PFN(carve_page_to_phys(bed->co, bed->pages[i])) -
		     first;
		if (at >= ARRAY_SIZE(run))
			continue;
		run[at] = bed->pages[i];
		bed->pages[i] = NULL;
		nr++;
	}
	return nr == ARRAY_SIZE(run) ? run : NULL;
}

/* An area of every second page of a run, of which the others are free */
static void *make_perforated_area(struct kunit *test, struct bed *bed)
{
	struct carve_page **run;
	unsigned int i;
	void *area;

	fill(bed, QUICKLY);
	run = take_run(bed);
	KUNIT_ASSERT_NOT_NULL(test, run);
	for (i = 1; i < BIT(RUN_ORDER); i += 2)
		carve_free_page(bed->co, run[i]);
	area = carve_vmalloc(bed->co, BIT(RUN_ORDER - 1) * PAGE_SIZE);
	for (i = 0; i < BIT(RUN_ORDER); i += 2)
		carve_free_page(bed->co, run[i]);
	return area;
}

static void atomic_block_is_merged_of_what_an_area_kept(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_vmap *vmap = &bed->co->vmap;
	/* In the slab of its record there is room for another one's */
	void *first = carve_vmalloc(bed->co, PAGE_SIZE), *area;
	struct carve_page *block;

	KUNIT_ASSERT_NOT_NULL(test, first);
	if (!carve_window_exists(&vmap->window)) {
		carve_vfree(bed->co, first);
		kunit_skip(test, "to unmap takes a task here");
	}
	carve_vmap_set_kept(vmap, BED_PAGES, false);
	area = make_perforated_area(test, bed);
	KUNIT_ASSERT_NOT_NULL(test, area);
	carve_vfree(bed->co, area);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&vmap->kept.nr_pages),
			BIT(RUN_ORDER - 1));
	block = carve_alloc_pages(bed->co, QUICKLY, RUN_ORDER);
	KUNIT_EXPECT_NOT_NULL(test, block);
	carve_free_pages(bed->co, block, RUN_ORDER);
	carve_vfree(bed->co, first);
}

/* Waiting */

struct freer {
	struct carveout *co;
	struct carve_page *page;
	unsigned int after_ms;
	bool freed;
	struct completion done;
};

static int free_after_a_while(void *arg)
{
	struct freer *freer = arg;

	msleep(freer->after_ms);
	WRITE_ONCE(freer->freed, true);
	carve_free_page(freer->co, freer->page);
	kthread_complete_and_exit(&freer->done, 0);
}

/* Frees the page allocated last, in another thread; it is waited for by join() */
static struct freer *start_freer(struct kunit *test, unsigned int after_ms)
{
	struct freer *freer = kunit_kzalloc(test, sizeof(*freer), GFP_KERNEL);
	struct bed *bed = test->priv;
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, freer);
	freer->co = bed->co;
	freer->page = bed->pages[--bed->nr];
	freer->after_ms = after_ms;
	init_completion(&freer->done);
	task = kthread_run(free_after_a_while, freer, "carveout-freer");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	return freer;
}

static void join(struct freer *freer)
{
	wait_for_completion(&freer->done);
}

/* Allocates, with another thread that frees; the page must be the one freed */
static void expect_to_outlast(struct kunit *test, gfp_t gfp,
			      unsigned int after_ms)
{
	struct bed *bed = test->priv;
	struct freer *freer;
	struct carve_page *page;
	bool freed;

	fill(bed, QUICKLY);
	freer = start_freer(test, after_ms);
	page = carve_alloc_page(bed->co, gfp | __GFP_NOWARN);
	freed = READ_ONCE(freer->freed);
	join(freer);
	KUNIT_EXPECT_TRUE(test, freed);
	KUNIT_EXPECT_PTR_EQ(test, page, freer->page);
	carve_free_page(bed->co, page);
}

static void sleeper_waits_for_what_another_thread_frees(struct kunit *test)
{
	struct bed *bed = test->priv;

	bed->co->pages.wait_ms = 60000;
	expect_to_outlast(test, GFP_KERNEL, 50);
}

static void sleeper_fails_when_its_patience_ends(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned long end, switches;

	bed->co->pages.wait_ms = 50;
	fill(bed, QUICKLY);
	switches = current->nvcsw;
	end = jiffies + msecs_to_jiffies(50);
	KUNIT_EXPECT_NULL(test, carve_alloc_page(bed->co, QUIETLY));
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, end));
	KUNIT_EXPECT_GT(test, current->nvcsw, switches);
	/* Sixteen times as long, and then it fails as well */
	bed->co->pages.wait_ms = 10;
	end = jiffies + 16 * msecs_to_jiffies(10);
	KUNIT_EXPECT_NULL(test, carve_alloc_page(bed->co, QUIETLY |
						 __GFP_RETRY_MAYFAIL));
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, end));
}

/*
 * The page comes after twice the patience of GFP_KERNEL, which can't have got
 * it then, and long before that of __GFP_RETRY_MAYFAIL ends.
 */
static void retry_mayfail_outlasts_the_plain(struct kunit *test)
{
	struct bed *bed = test->priv;

	bed->co->pages.wait_ms = 400;
	expect_to_outlast(test, GFP_KERNEL | __GFP_RETRY_MAYFAIL, 800);
}

/* Where the others don't wait at all */
static void nofail_outlasts_all(struct kunit *test)
{
	struct bed *bed = test->priv;

	bed->co->pages.wait_ms = 0;
	expect_to_outlast(test, GFP_KERNEL | __GFP_NOFAIL, 200);
	fill(bed, QUICKLY);
	KUNIT_EXPECT_NULL(test, carve_alloc_page(bed->co, QUIETLY |
						 __GFP_RETRY_MAYFAIL));
}

/* Objects wait as pages do */
static void kmalloc_waits_for_what_another_thread_frees(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct freer *freer;
	void *p;

	bed->co->pages.wait_ms = 0;
	fill(bed, QUIETLY);
	KUNIT_EXPECT_NULL(test, carve_kmalloc(bed->co, 1024, QUIETLY));
	bed->co->pages.wait_ms = 60000;
	freer = start_freer(test, 50);
	p = carve_kmalloc(bed->co, 1024, QUIETLY);
	join(freer);
	KUNIT_EXPECT_NOT_NULL(test, p);
	carve_kfree(bed->co, p);
}

/* The log */

/* By this name scripts know that the lines are meant */
#define LOGGED "meant-to-fail"

static unsigned int count_lines(struct kmsg_dump_iter *log)
{
	unsigned int n = 0;
	char line[256];
	size_t len;

	while (kmsg_dump_get_line(log, false, line, sizeof(line) - 1, &len)) {
		line[len] = '\0';
		n += strstr(line, LOGGED ": page allocation failure") &&
		     strstr(line, "order 3");
	}
	return n;
}

static void failures_are_logged_within_limits_unless_unwanted(struct kunit *test)
{
	struct carveout *co = carve_testbed_create(LOGGED, CARVE_REGION_MIN_SIZE);
	const gfp_t plainly = GFP_KERNEL | __GFP_NORETRY;
	struct kmsg_dump_iter log;
	struct carve_page *block;
	unsigned int i, n, times = 20;

	if (!IS_ENABLED(CONFIG_PRINTK))
		kunit_skip(test, "this kernel has no log");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	carve_zone_set_watermarks(&co->pages.zone[0], 100000);
	kmsg_dump_rewind(&log);
	count_lines(&log);

	for (i = 0; i < times; i++) {
		block = carve_alloc_pages(co, plainly | __GFP_NOWARN, 3);
		KUNIT_EXPECT_NULL(test, block);
	}
	KUNIT_EXPECT_EQ(test, count_lines(&log), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_failed), times);

	for (i = 0; i < times; i++) {
		block = carve_alloc_pages(co, plainly, 3);
		KUNIT_EXPECT_NULL(test, block);
	}
	n = count_lines(&log);
	KUNIT_EXPECT_GT(test, n, 0);
	KUNIT_EXPECT_LT(test, n, times);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_failed), 2 * times);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

/* Zeroes */

static bool all_bytes_are(const void *p, u8 byte, size_t len)
{
	return !memchr_inv(p, byte, len);
}

static void make_all_dirty(struct bed *bed)
{
	unsigned int i;

	fill(bed, QUIETLY);
	for (i = 0; i < bed->nr; i++)
		memset(carve_page_address(bed->co, bed->pages[i]), DIRT,
		       PAGE_SIZE);
	empty(bed);
}

static void zero_flag_zeroes_all_of_a_block(struct kunit *test)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT };
	struct bed *bed = test->priv;
	unsigned int i, order;

	for (i = 0; i < ARRAY_SIZE(gfps); i++) {
		for (order = 0; order <= 5; order++) {
			struct carve_page *page;
			void *addr;

			make_all_dirty(bed);
			page = carve_alloc_pages(bed->co, gfps[i] | __GFP_ZERO,
						 order);
			KUNIT_ASSERT_NOT_NULL(test, page);
			addr = carve_page_address(bed->co, page);
			KUNIT_EXPECT_TRUE(test, all_bytes_are(addr, 0,
							      PAGE_SIZE << order));
			carve_free_pages(bed->co, page, order);
		}
	}
}

static void init_on_alloc_is_honoured(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_page *page;
	void *object;

	if (!want_init_on_alloc(0))
		kunit_skip(test, "booted without init_on_alloc=1");
	make_all_dirty(bed);
	page = carve_alloc_pages(bed->co, GFP_KERNEL, 2);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(carve_page_address(bed->co, page),
					      0, PAGE_SIZE << 2));
	carve_free_pages(bed->co, page, 2);
	object = carve_kmalloc(bed->co, 512, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(object, 0, 512));
	carve_kfree(bed->co, object);
}

static void init_on_free_is_honoured(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_page *page;
	void *addr;

	if (!want_init_on_free())
		kunit_skip(test, "booted without init_on_free=1");
	page = carve_alloc_pages(bed->co, GFP_KERNEL, 2);
	KUNIT_ASSERT_NOT_NULL(test, page);
	addr = carve_page_address(bed->co, page);
	memset(addr, DIRT, PAGE_SIZE << 2);
	carve_free_pages(bed->co, page, 2);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(addr, 0, PAGE_SIZE << 2));
	page = carve_alloc_page(bed->co, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	addr = carve_page_address(bed->co, page);
	memset(addr, DIRT, PAGE_SIZE);
	carve_free_pages_cold(bed->co, page, 0);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(addr, 0, PAGE_SIZE));
}

/* Nobody asked for zeroes: what was there is still there */
static void without_a_reason_nothing_is_zeroed(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_page *page;

	if (want_init_on_alloc(0) || want_init_on_free())
		kunit_skip(test, "booted with init_on_alloc=1 or init_on_free=1");
	make_all_dirty(bed);
	page = carve_alloc_page(bed->co, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(carve_page_address(bed->co, page),
					      DIRT, PAGE_SIZE));
	carve_free_page(bed->co, page);
}

static struct kunit_case gfp_cases[] = {
	KUNIT_CASE_PARAM(flags_are_accepted_on_each_layer, flags_gen_params),
	KUNIT_CASE_PARAM(reserve_is_for_who_is_allowed_to_it,
			 reserves_gen_params),
	KUNIT_CASE(nofail_gets_at_the_reserve_in_the_end),
	KUNIT_CASE_PARAM(sleepless_flags_work_with_interrupts_off,
			 sleepless_gen_params),
	KUNIT_CASE_PARAM(sleepless_flags_work_in_hard_interrupts,
			 sleepless_gen_params),
	KUNIT_CASE_PARAM(sleepless_flags_fail_without_a_pause,
			 sleepless_gen_params),
	KUNIT_CASE(noretry_and_nofail_without_reclaim_give_up_at_once),
	KUNIT_CASE(impossible_order_fails_at_once),
	KUNIT_CASE(failure_below_the_low_watermark_wakes_the_background),
	KUNIT_CASE(atomic_block_is_merged_of_what_an_area_kept),
	KUNIT_CASE_PARAM(only_who_may_sleep_and_retry_collects,
			 collections_gen_params),
	KUNIT_CASE(sleeper_waits_for_what_another_thread_frees),
	KUNIT_CASE(sleeper_fails_when_its_patience_ends),
	KUNIT_CASE_SLOW(retry_mayfail_outlasts_the_plain),
	KUNIT_CASE(nofail_outlasts_all),
	KUNIT_CASE(kmalloc_waits_for_what_another_thread_frees),
	KUNIT_CASE(failures_are_logged_within_limits_unless_unwanted),
	KUNIT_CASE_SLOW(zero_flag_zeroes_all_of_a_block),
	KUNIT_CASE(init_on_alloc_is_honoured),
	KUNIT_CASE(init_on_free_is_honoured),
	KUNIT_CASE(without_a_reason_nothing_is_zeroed),
	{ }
};

static struct kunit_suite gfp_suite = {
	.name = "carveout_gfp",
	.init = gfp_init,
	.exit = gfp_exit,
	.test_cases = gfp_cases,
};

kunit_test_suite(gfp_suite);
