// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of bulk allocations and frees of objects: they allocate all or nothing,
 * frees skip bad pointers, and mempools work over a carveout.
 */
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/mempool.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "kunit/fixture.h"
#include "kunit/interrupt.h"
#include "slab/cache.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)
#define QUIET_ATOMIC (GFP_ATOMIC | __GFP_NOWARN)

#define MOST 3000

/**
 * struct bulk_fixture - the fixture
 * @co: a carveout
 * @cache: a cache of objects of 64 bytes
 * @objects: an array of MOST slots
 */
struct bulk_fixture {
	struct carveout *co;
	struct carve_cache *cache;
	void **objects;
};

static int bulk_init(struct kunit *test)
{
	int ret = carve_fixture_init_more(test, sizeof(struct bulk_fixture));
	struct bulk_fixture *ctx = test->priv;

	if (ret)
		return ret;
	ctx->objects = kunit_kcalloc(test, MOST, sizeof(void *), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->objects);
	ctx->cache = carve_cache_create(ctx->co, "bulk", 64, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->cache);
	return 0;
}

static void bulk_exit(struct kunit *test)
{
	struct bulk_fixture *ctx = test->priv;

	if (ctx && !IS_ERR_OR_NULL(ctx->cache))
		KUNIT_EXPECT_EQ(test, carve_cache_destroy(ctx->cache), 0);
	carve_fixture_exit_more(test);
}

static unsigned long nr_active(struct carve_cache *cache)
{
	struct carve_cache_usage usage;

	carve_cache_usage(cache, &usage);
	return usage.active_objects;
}

/* Fill each object, and check later that all are still filled: then none is there twice */
static void expect_all_apart(struct kunit *test, struct bulk_fixture *ctx,
			     unsigned int n)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < n; i++)
		memset64(ctx->objects[i], i, 8);
	for (i = 0; i < n; i++)
		wrong += *(u64 *)ctx->objects[i] != i;
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static void bulk_allocates_the_requested_number(struct kunit *test)
{
	static const unsigned int counts[] = { 0, 1, 2, 31, 32, 33, 63, 64, 65,
					       100, 1000, MOST };
	struct bulk_fixture *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		unsigned int n = counts[i];

		KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(ctx->cache,
							     GFP_KERNEL, n,
							     ctx->objects),
				n);
		KUNIT_EXPECT_EQ(test, nr_active(ctx->cache), n);
		expect_all_apart(test, ctx, n);
		carve_cache_free_bulk(ctx->cache, n, ctx->objects);
		KUNIT_EXPECT_EQ(test, nr_active(ctx->cache), 0);
	}
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co),
			0);
}

static void bulk_is_all_or_nothing(struct kunit *test)
{
	struct bulk_fixture *ctx = test->priv;
	struct carve_cache *cache;
	/* 16 KiB each: the carveout holds a few hundred */
	unsigned int n = CARVE_FIXTURE_SIZE / SZ_16K + 1;

	cache = carve_cache_create(ctx->co, "large", SZ_16K, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	KUNIT_EXPECT_EQ(test, carve_cache_alloc_bulk(cache, QUIET, n,
						     ctx->objects), 0);
	KUNIT_EXPECT_EQ(test, nr_active(cache), 0);
	KUNIT_EXPECT_EQ(test, carve_cache_alloc_bulk(cache, QUIET_ATOMIC, n,
						     ctx->objects), 0);
	KUNIT_EXPECT_EQ(test, nr_active(cache), 0);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

static void bulk_is_zeroed_on_request(struct kunit *test)
{
	struct bulk_fixture *ctx = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(ctx->cache, GFP_KERNEL,
						     200, ctx->objects), 200);
	for (i = 0; i < 200; i++)
		memset(ctx->objects[i], 0xff, 64);
	carve_cache_free_bulk(ctx->cache, 200, ctx->objects);
	KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(ctx->cache,
						     GFP_KERNEL | __GFP_ZERO,
						     200, ctx->objects), 200);
	for (i = 0; i < 200; i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(ctx->objects[i], 0, 64));
	carve_cache_free_bulk(ctx->cache, 200, ctx->objects);
}

static void bulk_mixes_with_single_objects(struct kunit *test)
{
	struct bulk_fixture *ctx = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(ctx->cache, GFP_KERNEL, 99,
						     ctx->objects), 99);
	for (i = 0; i < 99; i += 2) {
		carve_cache_free(ctx->cache, ctx->objects[i]);
		ctx->objects[i] = NULL;
	}
	KUNIT_EXPECT_EQ(test, nr_active(ctx->cache), 49);
	/* Empty slots are ignored */
	carve_cache_free_bulk(ctx->cache, 99, ctx->objects);
	KUNIT_EXPECT_EQ(test, nr_active(ctx->cache), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co),
			0);
}

static void bulk_free_skips_bad_pointers(struct kunit *test)
{
	struct bulk_fixture *ctx = test->priv;
	void *other = carve_kmalloc(ctx->co, 64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(ctx->cache, GFP_KERNEL, 10,
						     ctx->objects), 10);
	swap(ctx->objects[3], other);
	ctx->objects[10] = test;
	ctx->objects[11] = ctx->objects[5] + 1;
	carve_cache_free_bulk(ctx->cache, 12, ctx->objects);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co),
			3);
	KUNIT_EXPECT_EQ(test, nr_active(ctx->cache), 1);
	carve_cache_free(ctx->cache, other);
	KUNIT_EXPECT_EQ(test, nr_active(ctx->cache), 0);
	carve_kfree(ctx->co, ctx->objects[3]);
}

static void kfree_bulk_frees_all_sizes(struct kunit *test)
{
	static const size_t sizes[] = { 8, 8, 100, 8192, 9000, SZ_64K, 8, 0 };
	struct bulk_fixture *ctx = test->priv;
	unsigned long nr_free = carve_fixture_collect(ctx->co);
	unsigned int i, n = 10 * ARRAY_SIZE(sizes);

	for (i = 0; i < n; i++) {
		size_t size = sizes[i % ARRAY_SIZE(sizes)];

		ctx->objects[i] = carve_kmalloc(ctx->co, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, ctx->objects[i]);
	}
	ctx->objects[n] = NULL;
	carve_kfree_bulk(ctx->co, n + 1, ctx->objects);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co),
			0);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(ctx->co), 1);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(ctx->co), nr_free);
}

static void kfree_bulk_refuses_bad_pointers(struct kunit *test)
{
	struct bulk_fixture *ctx = test->priv;
	void *p = carve_kmalloc(ctx->co, SZ_64K, GFP_KERNEL);
	void *small = carve_kmalloc(ctx->co, 64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_NOT_NULL(test, small);
	ctx->objects[0] = test;
	ctx->objects[1] = p + PAGE_SIZE;
	ctx->objects[2] = p;
	ctx->objects[3] = p;
	ctx->objects[4] = small;
	ctx->objects[5] = small + 8;
	carve_kfree_bulk(ctx->co, 6, ctx->objects);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co),
			4);
	/* One of them was valid */
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(ctx->co), 1);
}

static void use_bulk(void *arg)
{
	struct bulk_fixture *ctx = arg;
	size_t got;

	got = carve_cache_alloc_bulk(ctx->cache, QUIET_ATOMIC, 500,
				     ctx->objects);
	carve_cache_free_bulk(ctx->cache, got, ctx->objects);
	ctx->objects[0] = (void *)got;
}

static void bulk_works_in_hard_interrupts(struct kunit *test)
{
	struct bulk_fixture *ctx = test->priv;

	carve_run_in_interrupt(use_bulk, ctx);
	KUNIT_EXPECT_EQ(test, (size_t)ctx->objects[0], 500);
	KUNIT_EXPECT_EQ(test, nr_active(ctx->cache), 0);
}

/* Memory pools */

#define POOL_MIN 8

struct pool_kind {
	const char *name;
	mempool_alloc_t *alloc;
	mempool_free_t *free;
};

static const struct pool_kind pool_kinds[] = {
	{ "objects of a cache", carve_mempool_alloc_slab,
	  carve_mempool_free_slab },
	{ "bytes", carve_mempool_kmalloc, carve_mempool_kfree },
	{ "pages", carve_mempool_alloc_pages, carve_mempool_free_pages },
};

static void describe_pool_kind(const struct pool_kind *kind, char *desc)
{
	strscpy(desc, kind->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(pool_kind, pool_kinds, describe_pool_kind);

struct returner {
	mempool_t *pool;
	void *element;
};

static int return_element(void *arg)
{
	struct returner *r = arg;

	/* Once the other thread waits, or before: either way it gets this element */
	schedule_timeout_uninterruptible(2);
	mempool_free(r->element, r->pool);
	return 0;
}

/* The carveout and the pool are empty: a blocking request gets the next freed element */
static void expect_sleeper_is_served(struct kunit *test, mempool_t *pool,
				     void **element)
{
	struct returner r = { .pool = pool, .element = *element };
	struct task_struct *task;

	task = kthread_create(return_element, &r, "carve_returner");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	get_task_struct(task);
	wake_up_process(task);
	*element = mempool_alloc(pool, GFP_NOIO);
	KUNIT_EXPECT_NOT_NULL(test, *element);
	kthread_stop(task);
	put_task_struct(task);
}

static void mempool_allocation_succeeds_without_memory(struct kunit *test)
{
	const struct pool_kind *kind = test->param_value;
	struct bulk_fixture *ctx = test->priv;
	struct carve_mempool_source source = {
		.co = ctx->co, .size = 3000, .order = 2,
	};
	void *data = kind->alloc == carve_mempool_alloc_slab ?
		     (void *)ctx->cache : &source;
	mempool_t *pool = mempool_create(POOL_MIN, kind->alloc, kind->free,
					 data);
	void *element[POOL_MIN];
	struct carve_page *pages;
	unsigned long n = 0;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	/* Fill the carveout, first with pages, then with elements */
	pages = carve_fixture_take_pages(ctx->co);
	while (n < MOST && (ctx->objects[n] = kind->alloc(QUIET, data)))
		n++;
	KUNIT_ASSERT_LT(test, n, MOST);

	for (i = 0; i < POOL_MIN; i++) {
		element[i] = mempool_alloc(pool, QUIET_ATOMIC);
		KUNIT_EXPECT_NOT_NULL(test, element[i]);
	}
	KUNIT_EXPECT_NULL(test, mempool_alloc(pool, QUIET_ATOMIC));
	expect_sleeper_is_served(test, pool, &element[0]);

	for (i = 0; i < POOL_MIN; i++)
		mempool_free(element[i], pool);
	while (n)
		kind->free(ctx->objects[--n], data);
	carve_fixture_give_pages(ctx->co, pages);
	mempool_destroy(pool);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(ctx->co), 1);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co),
			0);
}

static struct kunit_case bulk_cases[] = {
	KUNIT_CASE(bulk_allocates_the_requested_number),
	KUNIT_CASE(bulk_is_all_or_nothing),
	KUNIT_CASE(bulk_is_zeroed_on_request),
	KUNIT_CASE(bulk_mixes_with_single_objects),
	KUNIT_CASE(bulk_free_skips_bad_pointers),
	KUNIT_CASE(kfree_bulk_frees_all_sizes),
	KUNIT_CASE(kfree_bulk_refuses_bad_pointers),
	KUNIT_CASE(bulk_works_in_hard_interrupts),
	KUNIT_CASE_PARAM(mempool_allocation_succeeds_without_memory, pool_kind_gen_params),
	{ }
};

static struct kunit_suite bulk_suite = {
	.name = "carveout_bulk",
	.init = bulk_init,
	.exit = bulk_exit,
	.test_cases = bulk_cases,
};

kunit_test_suite(bulk_suite);
