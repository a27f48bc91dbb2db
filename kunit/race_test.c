// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of frees that race. A block of pages is freed twice at the same time:
 * both frees find it in use and put it into a magazine. The zone accepts it once
 * and reports the other free. Also, an object is freed while another CPU frees
 * its slab: the free must not follow the pointer that the page descriptor holds
 * in place of a cache then.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "kunit/fixture.h"
#include "page/pages_inline.h"
#include "slab/cache_types.h"

/* Mimics two CPUs that both check the state before either has changed it */
static void free_twice_at_once(struct carveout *co, struct carve_page *page)
{
	u8 state = page->state, order = page->order;

	carve_free_pages(co, page, order);
	page->state = state;
	carve_free_pages(co, page, order);
}

static void zone_accepts_a_block_once(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	unsigned int order;

	for (order = 0; order < 4; order++) {
		struct carve_page *page = carve_alloc_pages(co, GFP_KERNEL,
							    order);

		KUNIT_ASSERT_NOT_NULL(test, page);
		free_twice_at_once(co, page);
		KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
		KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), order + 1);
		carve_fixture_check(test, co);
	}
}

static void cold_free_accepts_a_block_once(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_page *page = carve_alloc_page(co, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	carve_free_pages_cold(co, page, 0);
	page->state = CARVE_PAGE_USED;
	carve_free_pages_cold(co, page, 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

/*
 * Two buddies that are free and merged. The upper one also lies in this CPU's
 * magazine, where the next allocation finds it; or the lower one does
 */
static struct carve_page *make_stale(struct kunit *test, bool upper)
{
	struct carveout *co = test->priv;
	struct carve_page *pair = carve_alloc_pages(co, GFP_KERNEL, 1);
	struct carve_page *stale = &pair[upper];

	KUNIT_ASSERT_NOT_NULL(test, pair);
	carve_split_page(co, pair, 1);
	carve_free_page(co, stale);
	stale->state = CARVE_PAGE_USED;
	carve_free_pages_cold(co, &pair[0], 0);
	carve_free_pages_cold(co, &pair[1], 0);
	return stale;
}

/* Callers that allocate a page while it is free: layers that link descriptors get another page */

static void use_page(struct kunit *test, struct carve_page *stale)
{
	struct carveout *co = test->priv;
	struct carve_page *page = carve_alloc_page(co, GFP_KERNEL);

	KUNIT_EXPECT_PTR_EQ(test, page, stale);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	carve_free_page(co, page);
}

static void use_page_cold(struct kunit *test, struct carve_page *stale)
{
	struct carveout *co = test->priv;
	struct carve_page *page = carve_alloc_page(co, GFP_KERNEL);

	KUNIT_EXPECT_PTR_EQ(test, page, stale);
	carve_free_pages_cold(co, page, 0);
}

static void use_area(struct kunit *test, struct carve_page *stale)
{
	struct carveout *co = test->priv;
	void *area = carve_vmalloc(co, PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1);
	carve_vfree(co, area);
}

static void use_slab(struct kunit *test, struct carve_page *stale)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache;
	void *object;

	cache = carve_cache_create(co, "stale", 512, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	object = carve_cache_alloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1);
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

static void use_slowly(struct kunit *test, struct carve_page *stale)
{
	struct carveout *co = test->priv;
	struct carve_page *page = carve_alloc_page(co, GFP_KERNEL | __GFP_ZERO);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1);
	carve_free_page(co, page);
}

struct use {
	const char *name;
	void (*use)(struct kunit *test, struct carve_page *stale);
	bool upper;
};

static const struct use uses[] = {
	{ "pages, head of a free block", use_page },
	{ "pages, within a free block", use_page, true },
	{ "cold pages, head of a free block", use_page_cold },
	{ "cold pages, within a free block", use_page_cold, true },
	{ "zeroed pages, head of a free block", use_slowly },
	{ "zeroed pages, within a free block", use_slowly, true },
	{ "area, head of a free block", use_area },
	{ "area, within a free block", use_area, true },
	{ "slab, head of a free block", use_slab },
	{ "slab, within a free block", use_slab, true },
};

static void get_use_name(const struct use *use, char *name)
{
	strscpy(name, use->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(uses, uses, get_use_name);

static void page_allocated_while_free_does_no_harm(struct kunit *test)
{
	const struct use *use = test->param_value;
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_page *stale;

	if (want_init_on_alloc(0) && (use->use == use_page ||
				      use->use == use_page_cold))
		kunit_skip(test, "allocations leave the fast path to clear the page");
	stale = make_stale(test, use->upper);
	use->use(test, stale);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1);
	carve_fixture_check(test, co);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1);
}

/* Two CPUs */

/* Pages that are freed in each round */
#define NR_PAGES 64
/* A million frees, or as many as a slow machine completes in this time */
#define NR_ROUNDS (1000000 / NR_PAGES)
#define MOST_TIME (30 * HZ)
/* Steps by which the frees are shifted against each other */
#define NR_DELAYS 64

/**
 * struct race - two CPUs that free the same pages, in the same order
 * @co: the carveout
 * @page: the pages
 * @round: the step that the first CPU requests of the second
 * @ready: the second CPU is about to take it
 * @done: the second CPU has taken it
 */
struct race {
	struct carveout *co;
	struct carve_page *page[NR_PAGES];
	unsigned int round;
	unsigned int ready;
	unsigned int done;
};

/* Each CPU sees all writes of the other one before it set @var */

static void set_round(unsigned int *var, unsigned int round)
{
	/* Pairs with wait_until() */
	smp_store_release(var, round);
}

static void wait_until(unsigned int *var, unsigned int round)
{
	/* Pairs with set_round() */
	while (smp_load_acquire(var) != round && !kthread_should_stop()) {
		cpu_relax();
		cond_resched();
	}
}

static void delay(unsigned int n)
{
	while (n--)
		barrier();
}

static void free_all(struct race *race)
{
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++)
		carve_free_page(race->co, race->page[i]);
}

static int free_with_the_other(void *arg)
{
	struct race *race = arg;
	unsigned int round;

	for (round = 1; round <= NR_ROUNDS && !kthread_should_stop(); round++) {
		wait_until(&race->round, round);
		set_round(&race->ready, round);
		delay(round % NR_DELAYS);
		if (!kthread_should_stop())
			free_all(race);
		set_round(&race->done, round);
	}
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static bool alloc_all(struct race *race)
{
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++) {
		race->page[i] = carve_alloc_page(race->co, GFP_ATOMIC |
						 (i & 1 ? __GFP_RECLAIMABLE : 0));
		if (!race->page[i])
			return false;
	}
	return true;
}

/* Number of rounds in which both frees of a page were accepted at first; 0: out of memory */
static unsigned int run_rounds(struct race *race)
{
	unsigned long end = jiffies + MOST_TIME;
	unsigned int round, met = 0;
	long before;

	for (round = 1; round <= NR_ROUNDS && time_before(jiffies, end); round++) {
		if (!alloc_all(race))
			return 0;
		before = carve_fixture_nr_bad_frees(race->co);
		set_round(&race->round, round);
		wait_until(&race->ready, round);
		delay(NR_DELAYS / 2);
		free_all(race);
		wait_until(&race->done, round);
		met += carve_fixture_nr_bad_frees(race->co) - before < NR_PAGES;
	}
	return met;
}

static void two_cpus_free_the_same_pages(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	unsigned int other, met;
	struct task_struct *task;

	if (IS_ENABLED(CONFIG_KCSAN))
		kunit_skip(test, "frees a page twice at a time: KCSAN reports that");
	other = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	if (other >= nr_cpu_ids)
		kunit_skip(test, "needs a second CPU");
	KUNIT_ASSERT_NOT_NULL(test, race);
	race->co = co;
	task = kthread_create(free_with_the_other, race, "carve_race");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	kthread_bind(task, other);
	wake_up_process(task);
	met = run_rounds(race);
	kthread_stop(task);
	kunit_info(test, "in %u of %u rounds both frees of a page were accepted at first",
		   met, race->round);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), (long)race->round * NR_PAGES);
	if (!met)
		kunit_skip(test, "the frees of two CPUs never met: this machine is busy");
}

/* Frees of slabs */

struct stale {
	const char *name;
	unsigned long cache;
};

/* Values that may stand in place of the cache in a slab's descriptor before its state changes */
static const struct stale stales[] = {
	{ "nothing", 0 },
	{ "the address of a caller", (unsigned long)carve_kfree },
	{ "a bus address", SZ_1M },
};

static void get_stale_name(const struct stale *stale, char *name)
{
	strscpy(name, stale->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(stales, stales, get_stale_name);

static struct carve_page *page_of(struct carveout *co, const void *p)
{
	return carve_pages_lookup(&co->pages, p);
}

static void kfree_works_without_a_cache_in_the_descriptor(struct kunit *test)
{
	const struct stale *stale = test->param_value;
	struct carveout *co = test->priv;
	void *p = carve_kmalloc(co, 64, GFP_KERNEL);
	struct carve_page *page = page_of(co, p);
	struct carve_cache *cache;

	KUNIT_ASSERT_NOT_NULL(test, p);
	cache = page->cache;
	page->cache = (struct carve_cache *)stale->cache;
	carve_kfree(co, p);
	page->cache = cache;
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	KUNIT_EXPECT_PTR_EQ(test, carve_kmalloc(co, 64, GFP_KERNEL), p);
	carve_kfree_bulk(co, 1, &p);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 0);
}

static void cache_free_ignores_a_stale_cache_pointer(struct kunit *test)
{
	const struct stale *stale = test->param_value;
	struct carveout *co = test->priv;
	struct carve_cache *cache;
	struct carve_page *page;
	void *object;

	cache = carve_cache_create(co, "given-back", 192, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	object = carve_cache_alloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	page = page_of(co, object);
	page->cache = (struct carve_cache *)stale->cache;
	carve_cache_free(cache, object);
	carve_cache_free_bulk(cache, 1, &object);
	page->cache = cache;
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 2);
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

/* More caches than the state of a page has numbers for */
#define MANY_CACHES (CARVE_NR_CACHE_NUMBERS + 2)
/* Four are a slab of two pages */
#define MANY_SIZE 2048
#define MANY_OBJECTS (4 * MANY_CACHES)

struct many {
	struct carve_cache *cache[MANY_CACHES];
	void *object[MANY_OBJECTS];
};

static struct many *create_many(struct kunit *test)
{
	struct many *many = kunit_kzalloc(test, sizeof(*many), GFP_KERNEL);
	char name[CARVE_CACHE_NAME_LEN];
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, many);
	for (i = 0; i < MANY_CACHES; i++) {
		snprintf(name, sizeof(name), "many-%u", i);
		many->cache[i] = carve_cache_create(test->priv, name, MANY_SIZE,
						    0, 0, NULL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, many->cache[i]);
	}
	for (i = 0; i < MANY_OBJECTS; i++) {
		many->object[i] = carve_cache_alloc(many->cache[i / 4],
						    GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, many->object[i]);
	}
	return many;
}

static void destroy_many(struct kunit *test, const struct many *many)
{
	unsigned int i;

	for (i = 0; i < MANY_CACHES; i++)
		KUNIT_EXPECT_EQ(test, carve_cache_destroy(many->cache[i]), 0);
}

static void kfree_works_beyond_the_cache_number_limit(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct many *many = create_many(test);
	unsigned int i;

	KUNIT_EXPECT_NE(test, many->cache[0]->number, 0);
	KUNIT_EXPECT_EQ(test, many->cache[MANY_CACHES - 1]->number, 0);
	for (i = 0; i < MANY_OBJECTS; i++)
		carve_kfree(co, many->object[i]);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	destroy_many(test, many);
	/* Their numbers are available again */
	many = create_many(test);
	KUNIT_EXPECT_NE(test, many->cache[0]->number, 0);
	carve_kfree_bulk(co, MANY_OBJECTS, many->object);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	destroy_many(test, many);
}

static void kfree_without_a_cache_number_ignores_a_stale_cache(struct kunit *test)
{
	const struct stale *stale = test->param_value;
	struct carveout *co = test->priv;
	void *p = carve_kmalloc(co, 64, GFP_KERNEL);
	struct carve_page *page = page_of(co, p);
	struct carve_cache *cache;
	u8 state;

	KUNIT_ASSERT_NOT_NULL(test, p);
	cache = page->cache;
	state = page->state;
	page->state = CARVE_PAGE_SLAB;
	page->cache = (struct carve_cache *)stale->cache;
	carve_kfree(co, p);
	KUNIT_EXPECT_EQ(test, carve_ksize(co, p), 0);
	page->cache = cache;
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1);
	KUNIT_EXPECT_EQ(test, carve_ksize(co, p), 64);
	page->state = state;
	carve_kfree(co, p);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1);
}

static struct kunit_case race_cases[] = {
	KUNIT_CASE(zone_accepts_a_block_once),
	KUNIT_CASE(cold_free_accepts_a_block_once),
	KUNIT_CASE_PARAM(page_allocated_while_free_does_no_harm,
			 uses_gen_params),
	KUNIT_CASE_SLOW(two_cpus_free_the_same_pages),
	KUNIT_CASE_PARAM(kfree_works_without_a_cache_in_the_descriptor,
			 stales_gen_params),
	KUNIT_CASE_PARAM(cache_free_ignores_a_stale_cache_pointer,
			 stales_gen_params),
	KUNIT_CASE_PARAM(kfree_without_a_cache_number_ignores_a_stale_cache,
			 stales_gen_params),
	KUNIT_CASE(kfree_works_beyond_the_cache_number_limit),
	{ }
};

static struct kunit_suite race_suite = {
	.name = "carveout_race",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = race_cases,
};

kunit_test_suites(&race_suite);
