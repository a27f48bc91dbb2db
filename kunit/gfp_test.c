// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of GFP flags: which reserves a request may use, whether and how long
 * it sleeps, and which memory is reclaimed before it fails. See the comment at
 * the head of src/page/request.c.
 *
 * The task's count of voluntary context switches shows whether a request
 * slept; debug kernels report sleeping in atomic context, too.
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

#include "kunit/fixture.h"
#include "kunit/interrupt.h"
#include "page/pages.h"
#include "page/reclaim.h"

#define CTX_PAGES (CARVE_FIXTURE_SIZE / PAGE_SIZE)
#define QUIETLY (GFP_KERNEL | __GFP_NOWARN)
#define QUICKLY (GFP_ATOMIC | __GFP_NOWARN)
#define DIRT 0xa5
/* Long enough that a request that sleeps is noticed */
#define HOUR_MS (60 * 60 * 1000)

struct ctx {
	struct carveout *co;
	struct carve_page **pages;
	unsigned int nr;
};

static int gfp_init(struct kunit *test)
{
	int ret = carve_fixture_init_more(test, sizeof(struct ctx));
	struct ctx *ctx = test->priv;

	if (ret)
		return ret;
	ctx->pages = kunit_kcalloc(test, CTX_PAGES, sizeof(*ctx->pages),
				   GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->pages);
	return 0;
}

static void gfp_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	if (ctx)
		carve_free_pages_bulk(ctx->co, ctx->nr, ctx->pages);
	carve_fixture_exit_more(test);
}

/* Allocate single pages until that fails, and return their number */
static unsigned int fill(struct ctx *ctx, gfp_t gfp)
{
	unsigned int before = ctx->nr;

	while (ctx->nr < CTX_PAGES) {
		struct carve_page *page = carve_alloc_page(ctx->co, gfp);

		if (!page)
			break;
		ctx->pages[ctx->nr++] = page;
	}
	return ctx->nr - before;
}

static void empty(struct ctx *ctx)
{
	carve_free_pages_bulk(ctx->co, ctx->nr, ctx->pages);
	ctx->nr = 0;
}

static unsigned long nr_failed(struct ctx *ctx)
{
	return atomic_long_read(&ctx->co->pages.nr_failed);
}

/* Accepted flags */

struct flags {
	const char *name;
	gfp_t gfp;
	enum carve_migratetype migratetype;
};

static const struct flags flags[] = {
	{ "GFP_KERNEL", GFP_KERNEL, CARVE_MIGRATE_UNMOVABLE },
	{ "GFP_ATOMIC", GFP_ATOMIC, CARVE_MIGRATE_UNMOVABLE },
	{ "GFP_NOWAIT", GFP_NOWAIT, CARVE_MIGRATE_UNMOVABLE },
	{ "GFP_NOIO", GFP_NOIO, CARVE_MIGRATE_UNMOVABLE },
	{ "GFP_NOFS", GFP_NOFS, CARVE_MIGRATE_UNMOVABLE },
	{ "GFP_USER", GFP_USER, CARVE_MIGRATE_UNMOVABLE },
	{ "GFP_HIGHUSER", GFP_HIGHUSER, CARVE_MIGRATE_UNMOVABLE },
	{ "GFP_HIGHUSER_MOVABLE", GFP_HIGHUSER_MOVABLE, CARVE_MIGRATE_RECLAIMABLE },
	{ "GFP_KERNEL_ACCOUNT", GFP_KERNEL_ACCOUNT, CARVE_MIGRATE_UNMOVABLE },
	{ "none", 0, CARVE_MIGRATE_UNMOVABLE },
	{ "COMP", GFP_KERNEL | __GFP_COMP, CARVE_MIGRATE_UNMOVABLE },
	{ "RECLAIMABLE", GFP_KERNEL | __GFP_RECLAIMABLE, CARVE_MIGRATE_RECLAIMABLE },
	{ "MOVABLE", GFP_KERNEL | __GFP_MOVABLE, CARVE_MIGRATE_RECLAIMABLE },
	{ "THISNODE", GFP_KERNEL | __GFP_THISNODE, CARVE_MIGRATE_UNMOVABLE },
	{ "WRITE", GFP_KERNEL | __GFP_WRITE, CARVE_MIGRATE_UNMOVABLE },
	{ "NORETRY", GFP_KERNEL | __GFP_NORETRY, CARVE_MIGRATE_UNMOVABLE },
	{ "RETRY_MAYFAIL", GFP_KERNEL | __GFP_RETRY_MAYFAIL, CARVE_MIGRATE_UNMOVABLE },
	{ "NOFAIL", GFP_KERNEL | __GFP_NOFAIL, CARVE_MIGRATE_UNMOVABLE },
	{ "MEMALLOC", GFP_KERNEL | __GFP_MEMALLOC, CARVE_MIGRATE_UNMOVABLE },
	{ "NOMEMALLOC", GFP_KERNEL | __GFP_NOMEMALLOC, CARVE_MIGRATE_UNMOVABLE },
};

static void get_flags_name(const struct flags *f, char *name)
{
	strscpy(name, f->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(flags, flags, get_flags_name);

static void flags_are_accepted_on_each_layer(struct kunit *test)
{
	const struct flags *f = test->param_value;
	struct ctx *ctx = test->priv;
	unsigned int order;
	void *p;

	for (order = 0; order <= 4; order += 2) {
		struct carve_page *page = carve_alloc_pages(ctx->co, f->gfp, order);

		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_EXPECT_EQ(test, page->order, order);
		KUNIT_EXPECT_EQ(test, page->migratetype, f->migratetype);
		carve_free_pages(ctx->co, page, order);
	}
	p = carve_kmalloc(ctx->co, 100, f->gfp);
	KUNIT_EXPECT_NOT_NULL(test, p);
	carve_kfree(ctx->co, p);
	p = carve_alloc_pages_exact(ctx->co, 3 * PAGE_SIZE, f->gfp);
	KUNIT_EXPECT_NOT_NULL(test, p);
	carve_free_pages_exact(ctx->co, p, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, nr_failed(ctx), 0);
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

/* The low watermark stays at 0, so background reclaim stays idle */
static void set_min(struct ctx *ctx, unsigned long min)
{
	WRITE_ONCE(ctx->co->pages.zone[0].watermark[CARVE_WMARK_MIN], min);
}

static void reserve_is_limited_to_privileged_flags(struct kunit *test)
{
	const struct reserve *r = test->param_value;
	struct ctx *ctx = test->priv;
	unsigned long all = carve_fixture_nr_free(ctx->co);
	gfp_t gfp = r->gfp | __GFP_NOWARN;
	struct carve_page *block;

	set_min(ctx, 64);
	fill(ctx, gfp);
	KUNIT_EXPECT_EQ(test, ctx->nr, r->allowed ? all : all - 64);
	empty(ctx);
	carve_fixture_collect(ctx->co);

	/* The same for blocks that would leave less than the reserve */
	set_min(ctx, all - 15);
	block = carve_alloc_pages(ctx->co, gfp, 4);
	KUNIT_EXPECT_EQ(test, !!block, r->allowed);
	carve_free_pages(ctx->co, block, 4);
	set_min(ctx, all - 16);
	block = carve_alloc_pages(ctx->co, gfp, 4);
	KUNIT_EXPECT_NOT_NULL(test, block);
	carve_free_pages(ctx->co, block, 4);
}

static void nofail_finally_uses_the_reserve(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_page *page;

	set_min(ctx, 8);
	fill(ctx, QUIETLY);
	KUNIT_ASSERT_NULL(test, carve_alloc_page(ctx->co, QUIETLY));
	page = carve_alloc_page(ctx->co, QUIETLY | __GFP_NOFAIL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(ctx->co), 7);
	carve_free_page(ctx->co, page);
}

/* Flags that never sleep */

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

/* Take all steps of the slow path; without checks, since this runs in atomic context */
struct atomic_run {
	struct ctx *ctx;
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
	struct ctx *ctx = run->ctx;
	unsigned int i;

	run->in_hardirq = in_hardirq();
	for (i = 0; i <= 6; i++) {
		struct carve_page *block = carve_alloc_pages(ctx->co, run->gfp, i);

		run->nr_blocks += !!block;
		carve_free_pages(ctx->co, block, i);
	}
	for (i = 8; i <= 4 * PAGE_SIZE; i *= 2) {
		void *object = carve_kmalloc(ctx->co, i, run->gfp);

		run->nr_objects += !!object;
		carve_kfree(ctx->co, object);
	}
	run->nr_pages = fill(ctx, run->gfp);
	/* The same with no memory left */
	for (i = 0; i < 3; i++)
		run->nr_beyond += !!carve_alloc_pages(ctx->co, run->gfp, i);
	empty(ctx);
}

static void expect_atomic_run(struct kunit *test, const struct atomic_run *run)
{
	KUNIT_EXPECT_EQ(test, run->nr_blocks, 7);
	KUNIT_EXPECT_EQ(test, run->nr_objects, ilog2(4 * PAGE_SIZE) - 2);
	/* Empty slabs stay with their caches, so not every page is left */
	KUNIT_EXPECT_GT(test, run->nr_pages, CTX_PAGES / 2);
	KUNIT_EXPECT_EQ(test, run->nr_beyond, 0);
}

static void atomic_flags_work_with_interrupts_off(struct kunit *test)
{
	const struct context *c = test->param_value;
	struct atomic_run run = {
		.ctx = test->priv, .gfp = c->gfp | __GFP_NOWARN,
	};
	unsigned long irq_flags;
	bool still_off;

	run.ctx->co->pages.wait_ms = HOUR_MS;
	local_irq_save(irq_flags);
	run_atomically(&run);
	still_off = irqs_disabled();
	local_irq_restore(irq_flags);
	KUNIT_EXPECT_TRUE(test, still_off);
	expect_atomic_run(test, &run);
}

static void atomic_flags_work_in_hard_interrupts(struct kunit *test)
{
	const struct context *c = test->param_value;
	struct atomic_run run = {
		.ctx = test->priv, .gfp = c->gfp | __GFP_NOWARN,
	};

	run.ctx->co->pages.wait_ms = HOUR_MS;
	carve_run_in_interrupt(run_atomically, &run);
	KUNIT_EXPECT_TRUE(test, run.in_hardirq);
	expect_atomic_run(test, &run);
}

static void atomic_flags_fail_without_sleeping(struct kunit *test)
{
	const struct context *c = test->param_value;
	struct ctx *ctx = test->priv;
	unsigned long switches;

	ctx->co->pages.wait_ms = HOUR_MS;
	fill(ctx, QUICKLY);
	switches = current->nvcsw;
	KUNIT_EXPECT_NULL(test, carve_alloc_page(ctx->co,
						 c->gfp | __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, current->nvcsw, switches);
}

static void noretry_and_nofail_without_reclaim_give_up_at_once(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned long switches;

	ctx->co->pages.wait_ms = HOUR_MS;
	fill(ctx, QUICKLY);
	switches = current->nvcsw;
	KUNIT_EXPECT_NULL(test, carve_alloc_page(ctx->co, QUIETLY | __GFP_NORETRY));
	KUNIT_EXPECT_NULL(test, carve_alloc_page(ctx->co, QUICKLY | __GFP_NOFAIL));
	KUNIT_EXPECT_EQ(test, current->nvcsw, switches);
}

/* No request waits for a block that is larger than any zone */
static void impossible_order_fails_at_once(struct kunit *test)
{
	static const gfp_t gfps[] = {
		GFP_KERNEL, GFP_KERNEL | __GFP_RETRY_MAYFAIL,
		GFP_KERNEL | __GFP_NOFAIL, GFP_ATOMIC,
	};
	struct ctx *ctx = test->priv;
	unsigned int order = carve_pages_max_order(&ctx->co->pages) + 1;
	unsigned long switches = current->nvcsw;
	unsigned int i;

	ctx->co->pages.wait_ms = HOUR_MS;
	for (i = 0; i < ARRAY_SIZE(gfps); i++)
		KUNIT_EXPECT_NULL(test, carve_alloc_pages(ctx->co,
							  gfps[i] | __GFP_NOWARN,
							  order));
	KUNIT_EXPECT_EQ(test, current->nvcsw, switches);
	KUNIT_EXPECT_EQ(test, nr_failed(ctx), ARRAY_SIZE(gfps));
}

/* Memory that is reclaimed before an allocation fails */

static void leave_page_in_pcp(void *arg)
{
	carve_free_page(arg, carve_alloc_page(arg, QUICKLY));
}

/* In the pcp of another CPU, if there is one, and in empty slabs */
static unsigned long hide_pages(struct kunit *test, struct ctx *ctx)
{
	unsigned int other = cpumask_any_but(cpu_online_mask,
					     raw_smp_processor_id());
	unsigned long hidden;

	carve_kfree(ctx->co, carve_kmalloc(ctx->co, 100, QUIETLY));
	carve_kfree(ctx->co, carve_kmalloc(ctx->co, 2000, QUIETLY));
	carve_zone_drain_some(&ctx->co->pages.zone[0], UINT_MAX);
	if (other < nr_cpu_ids)
		KUNIT_ASSERT_EQ(test, smp_call_function_single(other,
							       leave_page_in_pcp,
							       ctx->co, 1), 0);
	hidden = ctx->co->pages.zone[0].nr_managed -
		 carve_zone_nr_free(&ctx->co->pages.zone[0]);
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

static void only_blocking_retries_reclaim_pages(struct kunit *test)
{
	const struct collection *c = test->param_value;
	struct ctx *ctx = test->priv;
	unsigned long all = ctx->co->pages.zone[0].nr_managed;
	unsigned long hidden = hide_pages(test, ctx);

	fill(ctx, c->gfp | __GFP_NOWARN);
	KUNIT_EXPECT_EQ(test, ctx->nr, c->collects ? all : all - hidden);
}

/* Background reclaim makes this memory available to later atomic requests */
static void failure_below_the_low_watermark_wakes_reclaim(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_zone *zone = &ctx->co->pages.zone[0];
	unsigned long hidden = hide_pages(test, ctx);

	fill(ctx, QUICKLY);
	zone->watermark[CARVE_WMARK_LOW] = 1;
	zone->watermark[CARVE_WMARK_HIGH] = 1;
	KUNIT_EXPECT_NULL(test, carve_alloc_page(ctx->co, __GFP_NOWARN));
	irq_work_sync(&ctx->co->pages.wake);
	flush_work(&ctx->co->pages.background);
	KUNIT_EXPECT_EQ(test, carve_zone_nr_free(zone), 0);
	KUNIT_EXPECT_NULL(test, carve_alloc_page(ctx->co, GFP_NOWAIT | __GFP_NOWARN));
	irq_work_sync(&ctx->co->pages.wake);
	flush_work(&ctx->co->pages.background);
	KUNIT_EXPECT_EQ(test, carve_zone_nr_free(zone), hidden);
	KUNIT_EXPECT_EQ(test, fill(ctx, GFP_NOWAIT | __GFP_NOWARN), hidden);
}

#define RUN_ORDER 7

/* An aligned run of the pages that the case holds; NULL if it lacks some of one */
static struct carve_page **take_run(struct ctx *ctx)
{
	static struct carve_page *run[BIT(RUN_ORDER)];
	unsigned long first, at;
	unsigned int i, nr = 0;

	/* In the middle of the zone, away from metadata */
	first = ALIGN(ctx->co->region[0].start_pfn + CTX_PAGES / 2,
		      ARRAY_SIZE(run));
	for (i = 0; i < ctx->nr; i++) {
		at = PHYS_PFN(carve_page_to_phys(ctx->co, ctx->pages[i])) -
		     first;
		if (at >= ARRAY_SIZE(run))
			continue;
		run[at] = ctx->pages[i];
		ctx->pages[i] = NULL;
		nr++;
	}
	return nr == ARRAY_SIZE(run) ? run : NULL;
}

/* Create an area of every second page of a run, of which the others are free */
static void *make_perforated_area(struct kunit *test, struct ctx *ctx)
{
	struct carve_page **run;
	unsigned int i;
	void *area;

	fill(ctx, QUICKLY);
	run = take_run(ctx);
	KUNIT_ASSERT_NOT_NULL(test, run);
	for (i = 1; i < BIT(RUN_ORDER); i += 2)
		carve_free_page(ctx->co, run[i]);
	area = carve_vmalloc(ctx->co, BIT(RUN_ORDER - 1) * PAGE_SIZE);
	for (i = 0; i < BIT(RUN_ORDER); i += 2)
		carve_free_page(ctx->co, run[i]);
	return area;
}

static void atomic_block_merges_pages_of_a_cached_area(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_vmap *vmap = &ctx->co->vmap;
	struct carve_page *block;
	void *first, *area;

	/* Without a window only a task can unmap areas */
	carve_fixture_needs_window(test);
	/* The slab of its metadata has room for another object */
	first = carve_vmalloc(ctx->co, PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, first);
	carve_vmap_set_cache_limit(vmap, CTX_PAGES, false);
	area = make_perforated_area(test, ctx);
	KUNIT_ASSERT_NOT_NULL(test, area);
	carve_vfree(ctx->co, area);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&vmap->cache.nr_pages),
			BIT(RUN_ORDER - 1));
	block = carve_alloc_pages(ctx->co, QUICKLY, RUN_ORDER);
	KUNIT_EXPECT_NOT_NULL(test, block);
	carve_free_pages(ctx->co, block, RUN_ORDER);
	carve_vfree(ctx->co, first);
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

/* Free the last allocated page in another thread, which join() waits for */
static struct freer *start_freer(struct kunit *test, unsigned int after_ms)
{
	struct freer *freer = kunit_kzalloc(test, sizeof(*freer), GFP_KERNEL);
	struct ctx *ctx = test->priv;
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, freer);
	freer->co = ctx->co;
	freer->page = ctx->pages[--ctx->nr];
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

/* Allocate while another thread frees; the result must be the freed page */
static void expect_to_wait_for(struct kunit *test, gfp_t gfp,
			       unsigned int after_ms)
{
	struct ctx *ctx = test->priv;
	struct freer *freer;
	struct carve_page *page;
	bool freed;

	fill(ctx, QUICKLY);
	freer = start_freer(test, after_ms);
	page = carve_alloc_page(ctx->co, gfp | __GFP_NOWARN);
	freed = READ_ONCE(freer->freed);
	join(freer);
	KUNIT_EXPECT_TRUE(test, freed);
	KUNIT_EXPECT_PTR_EQ(test, page, freer->page);
	carve_free_page(ctx->co, page);
}

static void blocking_request_waits_for_a_free(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	ctx->co->pages.wait_ms = 60000;
	expect_to_wait_for(test, GFP_KERNEL, 50);
}

static void blocking_request_fails_after_its_timeout(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned long end, switches;

	ctx->co->pages.wait_ms = 50;
	fill(ctx, QUICKLY);
	switches = current->nvcsw;
	end = jiffies + msecs_to_jiffies(50);
	KUNIT_EXPECT_NULL(test, carve_alloc_page(ctx->co, QUIETLY));
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, end));
	KUNIT_EXPECT_GT(test, current->nvcsw, switches);
	/* The timeout is sixteen times as long, then this fails as well */
	ctx->co->pages.wait_ms = 10;
	end = jiffies + 16 * msecs_to_jiffies(10);
	KUNIT_EXPECT_NULL(test, carve_alloc_page(ctx->co, QUIETLY |
						 __GFP_RETRY_MAYFAIL));
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, end));
}

struct hog {
	bool stop;
	bool stopped;
	struct completion started;
	struct completion done;
};

/* Keep the CPU busy until stopped, or for 20 seconds */
static int hog_cpu(void *arg)
{
	struct hog *hog = arg;
	unsigned long end = jiffies + 20 * HZ;

	complete(&hog->started);
	preempt_disable();
	while (!READ_ONCE(hog->stop) && time_before(jiffies, end))
		cpu_relax();
	hog->stopped = READ_ONCE(hog->stop);
	preempt_enable();
	kthread_complete_and_exit(&hog->done, 0);
}

static void reclaim_does_not_wait_for_a_busy_cpu(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct hog hog = { };
	struct task_struct *task;
	unsigned int cpu;

	cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "there is one CPU");
	init_completion(&hog.started);
	init_completion(&hog.done);
	task = kthread_create(hog_cpu, &hog, "carveout-hog");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	kthread_bind(task, cpu);
	wake_up_process(task);
	wait_for_completion(&hog.started);
	smp_call_function_single(cpu, leave_page_in_pcp, ctx->co, true);
	KUNIT_EXPECT_GT(test, carve_zone_nr_pcp(ctx->co->pages.zone), 0UL);
	carve_pages_reclaim(&ctx->co->pages);
	KUNIT_EXPECT_EQ(test, carve_zone_nr_pcp(ctx->co->pages.zone), 0UL);
	WRITE_ONCE(hog.stop, true);
	wait_for_completion(&hog.done);
	KUNIT_EXPECT_TRUE(test, hog.stopped);
}

/*
 * The page is freed after twice the timeout of GFP_KERNEL, which would have
 * failed by then, and long before that of __GFP_RETRY_MAYFAIL.
 */
static void retry_mayfail_waits_longer_than_gfp_kernel(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	ctx->co->pages.wait_ms = 400;
	expect_to_wait_for(test, GFP_KERNEL | __GFP_RETRY_MAYFAIL, 800);
}

/* With a timeout of zero for other requests */
static void nofail_waits_without_a_timeout(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	ctx->co->pages.wait_ms = 0;
	expect_to_wait_for(test, GFP_KERNEL | __GFP_NOFAIL, 200);
	fill(ctx, QUICKLY);
	KUNIT_EXPECT_NULL(test, carve_alloc_page(ctx->co, QUIETLY |
						 __GFP_RETRY_MAYFAIL));
}

/* Objects wait as pages do */
static void kmalloc_waits_for_a_free(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct freer *freer;
	void *p;

	ctx->co->pages.wait_ms = 0;
	fill(ctx, QUIETLY);
	KUNIT_EXPECT_NULL(test, carve_kmalloc(ctx->co, 1024, QUIETLY));
	ctx->co->pages.wait_ms = 60000;
	freer = start_freer(test, 50);
	p = carve_kmalloc(ctx->co, 1024, QUIETLY);
	join(freer);
	KUNIT_EXPECT_NOT_NULL(test, p);
	carve_kfree(ctx->co, p);
}

/* Log messages */

/* Scripts recognize expected messages by this name */
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

static void failures_are_logged_ratelimited_unless_nowarn(struct kunit *test)
{
	struct carveout *co = carve_fixture_create(LOGGED, CARVE_REGION_MIN_SIZE);
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

/* Zeroing */

static bool all_bytes_are(const void *p, u8 byte, size_t len)
{
	return !memchr_inv(p, byte, len);
}

static void make_all_dirty(struct ctx *ctx)
{
	unsigned int i;

	fill(ctx, QUIETLY);
	for (i = 0; i < ctx->nr; i++)
		memset(carve_page_address(ctx->co, ctx->pages[i]), DIRT,
		       PAGE_SIZE);
	empty(ctx);
}

static void zero_flag_zeroes_all_of_a_block(struct kunit *test)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT };
	struct ctx *ctx = test->priv;
	unsigned int i, order;

	for (i = 0; i < ARRAY_SIZE(gfps); i++) {
		for (order = 0; order <= 5; order++) {
			struct carve_page *page;
			void *addr;

			make_all_dirty(ctx);
			page = carve_alloc_pages(ctx->co, gfps[i] | __GFP_ZERO,
						 order);
			KUNIT_ASSERT_NOT_NULL(test, page);
			addr = carve_page_address(ctx->co, page);
			KUNIT_EXPECT_TRUE(test, all_bytes_are(addr, 0,
							      PAGE_SIZE << order));
			carve_free_pages(ctx->co, page, order);
		}
	}
}

static void init_on_alloc_is_honoured(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_page *page;
	void *object;

	if (!want_init_on_alloc(0))
		kunit_skip(test, "booted without init_on_alloc=1");
	make_all_dirty(ctx);
	page = carve_alloc_pages(ctx->co, GFP_KERNEL, 2);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(carve_page_address(ctx->co, page),
					      0, PAGE_SIZE << 2));
	carve_free_pages(ctx->co, page, 2);
	object = carve_kmalloc(ctx->co, 512, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(object, 0, 512));
	carve_kfree(ctx->co, object);
}

static void init_on_free_is_honoured(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_page *page;
	void *addr;

	if (!want_init_on_free())
		kunit_skip(test, "booted without init_on_free=1");
	page = carve_alloc_pages(ctx->co, GFP_KERNEL, 2);
	KUNIT_ASSERT_NOT_NULL(test, page);
	addr = carve_page_address(ctx->co, page);
	memset(addr, DIRT, PAGE_SIZE << 2);
	carve_free_pages(ctx->co, page, 2);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(addr, 0, PAGE_SIZE << 2));
	page = carve_alloc_page(ctx->co, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	addr = carve_page_address(ctx->co, page);
	memset(addr, DIRT, PAGE_SIZE);
	carve_free_pages_cold(ctx->co, page, 0);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(addr, 0, PAGE_SIZE));
}

/* The contents remain, since no zeroing was requested */
static void memory_is_not_zeroed_by_default(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_page *page;

	if (want_init_on_alloc(0) || want_init_on_free())
		kunit_skip(test, "booted with init_on_alloc=1 or init_on_free=1");
	make_all_dirty(ctx);
	page = carve_alloc_page(ctx->co, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, all_bytes_are(carve_page_address(ctx->co, page),
					      DIRT, PAGE_SIZE));
	carve_free_page(ctx->co, page);
}

static struct kunit_case gfp_cases[] = {
	KUNIT_CASE_PARAM(flags_are_accepted_on_each_layer, flags_gen_params),
	KUNIT_CASE_PARAM(reserve_is_limited_to_privileged_flags,
			 reserves_gen_params),
	KUNIT_CASE(nofail_finally_uses_the_reserve),
	KUNIT_CASE_PARAM(atomic_flags_work_with_interrupts_off,
			 sleepless_gen_params),
	KUNIT_CASE_PARAM(atomic_flags_work_in_hard_interrupts,
			 sleepless_gen_params),
	KUNIT_CASE_PARAM(atomic_flags_fail_without_sleeping,
			 sleepless_gen_params),
	KUNIT_CASE(noretry_and_nofail_without_reclaim_give_up_at_once),
	KUNIT_CASE(impossible_order_fails_at_once),
	KUNIT_CASE(failure_below_the_low_watermark_wakes_reclaim),
	KUNIT_CASE(atomic_block_merges_pages_of_a_cached_area),
	KUNIT_CASE_PARAM(only_blocking_retries_reclaim_pages,
			 collections_gen_params),
	KUNIT_CASE(blocking_request_waits_for_a_free),
	KUNIT_CASE(blocking_request_fails_after_its_timeout),
	KUNIT_CASE_SLOW(retry_mayfail_waits_longer_than_gfp_kernel),
	KUNIT_CASE(reclaim_does_not_wait_for_a_busy_cpu),
	KUNIT_CASE(nofail_waits_without_a_timeout),
	KUNIT_CASE(kmalloc_waits_for_a_free),
	KUNIT_CASE(failures_are_logged_ratelimited_unless_nowarn),
	KUNIT_CASE_SLOW(zero_flag_zeroes_all_of_a_block),
	KUNIT_CASE(init_on_alloc_is_honoured),
	KUNIT_CASE(init_on_free_is_honoured),
	KUNIT_CASE(memory_is_not_zeroed_by_default),
	{ }
};

static struct kunit_suite gfp_suite = {
	.name = "carveout_gfp",
	.init = gfp_init,
	.exit = gfp_exit,
	.test_cases = gfp_cases,
};

kunit_test_suite(gfp_suite);
