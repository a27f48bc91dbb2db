// SPDX-License-Identifier: GPL-2.0
/*
 * Objects by the array: all or nothing, whatever lies in it when it is freed,
 * and native memory pools over a carveout.
 */
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/mempool.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include <carveout.h>

#include "kunit/interrupt.h"
#include "kunit/testbed.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)
#define QUIET_ATOMIC (GFP_ATOMIC | __GFP_NOWARN)

#define MOST 3000

/**
 * struct bulk_bed - what the cases find
 * @co: a carveout
 * @cache: of objects of 64 bytes
 * @objects: an array of MOST slots
 */
struct bulk_bed {
	struct carveout *co;
	struct carve_cache *cache;
	void **objects;
};

static int bulk_init(struct kunit *test)
{
	int ret = carve_testbed_init_more(test, sizeof(struct bulk_bed));
	struct bulk_bed *bed = test->priv;

	if (ret)
		return ret;
	bed->objects = kunit_kcalloc(test, MOST, sizeof(void *), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bed->objects);
	bed->cache = carve_cache_create(bed->co, "bulk", 64, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bed->cache);
	return 0;
}

static void bulk_exit(struct kunit *test)
{
	struct bulk_bed *bed = test->priv;

	if (bed && !IS_ERR_OR_NULL(bed->cache))
		KUNIT_EXPECT_EQ(test, carve_cache_destroy(bed->cache), 0);
	carve_testbed_exit_more(test);
}

static unsigned long nr_active(struct carve_cache *cache)
{
	struct carve_cache_usage usage;

	carve_cache_usage(cache, &usage);
	return usage.active_objects;
}

/* Each is filled, and must still be so when all are: then none is there twice */
static void expect_all_apart(struct kunit *test, struct bulk_bed *bed,
			     unsigned int n)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < n; i++)
		memset64(bed->objects[i], i, 8);
	for (i = 0; i < n; i++)
		wrong += *(u64 *)bed->objects[i] != i;
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static void bulk_gives_as_many_as_asked_for(struct kunit *test)
{
	static const unsigned int counts[] = { 0, 1, 2, 31, 32, 33, 63, 64, 65,
					       100, 1000, MOST };
	struct bulk_bed *bed = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		unsigned int n = counts[i];

		KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(bed->cache,
							     GFP_KERNEL, n,
							     bed->objects),
				n);
		KUNIT_EXPECT_EQ(test, nr_active(bed->cache), n);
		expect_all_apart(test, bed, n);
		carve_cache_free_bulk(bed->cache, n, bed->objects);
		KUNIT_EXPECT_EQ(test, nr_active(bed->cache), 0);
	}
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->pages.nr_bad_frees),
			0);
}

static void bulk_is_all_or_nothing(struct kunit *test)
{
	struct bulk_bed *bed = test->priv;
	struct carve_cache *cache;
	/* 16 KiB each: a few hundred are all that there are */
	unsigned int n = CARVE_TESTBED_SIZE / SZ_16K + 1;

	cache = carve_cache_create(bed->co, "large", SZ_16K, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	KUNIT_EXPECT_EQ(test, carve_cache_alloc_bulk(cache, QUIET, n,
						     bed->objects), 0);
	KUNIT_EXPECT_EQ(test, nr_active(cache), 0);
	KUNIT_EXPECT_EQ(test, carve_cache_alloc_bulk(cache, QUIET_ATOMIC, n,
						     bed->objects), 0);
	KUNIT_EXPECT_EQ(test, nr_active(cache), 0);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

static void bulk_is_zeroed_on_request(struct kunit *test)
{
	struct bulk_bed *bed = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(bed->cache, GFP_KERNEL,
						     200, bed->objects), 200);
	for (i = 0; i < 200; i++)
		memset(bed->objects[i], 0xff, 64);
	carve_cache_free_bulk(bed->cache, 200, bed->objects);
	KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(bed->cache,
						     GFP_KERNEL | __GFP_ZERO,
						     200, bed->objects), 200);
	for (i = 0; i < 200; i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(bed->objects[i], 0, 64));
	carve_cache_free_bulk(bed->cache, 200, bed->objects);
}

static void bulk_mixes_with_single_ones(struct kunit *test)
{
	struct bulk_bed *bed = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(bed->cache, GFP_KERNEL, 99,
						     bed->objects), 99);
	for (i = 0; i < 99; i += 2) {
		carve_cache_free(bed->cache, bed->objects[i]);
		bed->objects[i] = NULL;
	}
	KUNIT_EXPECT_EQ(test, nr_active(bed->cache), 49);
	/* Slots that are empty don't matter */
	carve_cache_free_bulk(bed->cache, 99, bed->objects);
	KUNIT_EXPECT_EQ(test, nr_active(bed->cache), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->pages.nr_bad_frees),
			0);
}

static void bad_ones_in_a_bulk_are_left_alone(struct kunit *test)
{
	struct bulk_bed *bed = test->priv;
	void *other = carve_kmalloc(bed->co, 64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(bed->cache, GFP_KERNEL, 10,
						     bed->objects), 10);
	swap(bed->objects[3], other);
	bed->objects[10] = test;
	bed->objects[11] = bed->objects[5] + 1;
	carve_cache_free_bulk(bed->cache, 12, bed->objects);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->pages.nr_bad_frees),
			3);
	KUNIT_EXPECT_EQ(test, nr_active(bed->cache), 1);
	carve_cache_free(bed->cache, other);
	KUNIT_EXPECT_EQ(test, nr_active(bed->cache), 0);
	carve_kfree(bed->co, bed->objects[3]);
}

static void kfree_bulk_takes_all_sizes(struct kunit *test)
{
	static const size_t sizes[] = { 8, 8, 100, 8192, 9000, SZ_64K, 8, 0 };
	struct bulk_bed *bed = test->priv;
	unsigned long nr_free = carve_testbed_collect(bed->co);
	unsigned int i, n = 10 * ARRAY_SIZE(sizes);

	for (i = 0; i < n; i++) {
		size_t size = sizes[i % ARRAY_SIZE(sizes)];

		bed->objects[i] = carve_kmalloc(bed->co, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, bed->objects[i]);
	}
	bed->objects[n] = NULL;
	carve_kfree_bulk(bed->co, n + 1, bed->objects);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->pages.nr_bad_frees),
			0);
	KUNIT_EXPECT_EQ(test, carveout_count_owned(bed->co), 1);
	KUNIT_EXPECT_EQ(test, carve_testbed_collect(bed->co), nr_free);
}

static void kfree_bulk_refuses_bad_ones(struct kunit *test)
{
	struct bulk_bed *bed = test->priv;
	void *p = carve_kmalloc(bed->co, SZ_64K, GFP_KERNEL);
	void *small = carve_kmalloc(bed->co, 64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_NOT_NULL(test, small);
	bed->objects[0] = test;
	bed->objects[1] = p + PAGE_SIZE;
	bed->objects[2] = p;
	bed->objects[3] = p;
	bed->objects[4] = small;
	bed->objects[5] = small + 8;
	carve_kfree_bulk(bed->co, 6, bed->objects);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->pages.nr_bad_frees),
			4);
	/* One of them was sound */
	KUNIT_EXPECT_EQ(test, carveout_count_owned(bed->co), 1);
}

static void use_bulk(void *arg)
{
	struct bulk_bed *bed = arg;
	size_t got;

	got = carve_cache_alloc_bulk(bed->cache, QUIET_ATOMIC, 500,
				     bed->objects);
	carve_cache_free_bulk(bed->cache, got, bed->objects);
	bed->objects[0] = (void *)got;
}

static void bulk_works_in_hard_interrupts(struct kunit *test)
{
	struct bulk_bed *bed = test->priv;

	carve_run_in_interrupt(use_bulk, bed);
	KUNIT_EXPECT_EQ(test, (size_t)bed->objects[0], 500);
	KUNIT_EXPECT_EQ(test, nr_active(bed->cache), 0);
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

	/* Once the other waits, or before: either way it gets this one */
	schedule_timeout_uninterruptible(2);
	mempool_free(r->element, r->pool);
	return 0;
}

/* The carveout and the pool are empty: a sleeper gets what is freed next */
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

static void mempool_keeps_its_promise(struct kunit *test)
{
	const struct pool_kind *kind = test->param_value;
	struct bulk_bed *bed = test->priv;
	struct carve_mempool_source source = {
		.co = bed->co, .size = 3000, .order = 2,
	};
	void *data = kind->alloc == carve_mempool_alloc_slab ?
		     (void *)bed->cache : &source;
	mempool_t *pool = mempool_create(POOL_MIN, kind->alloc, kind->free,
					 data);
	void *element[POOL_MIN];
	struct carve_page *pages;
	unsigned long n = 0;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	/* Fill the carveout, first with pages, then with elements */
	pages = carve_testbed_take_pages(bed->co);
	while (n < MOST && (bed->objects[n] = kind->alloc(QUIET, data)))
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
		kind->free(bed->objects[--n], data);
	carve_testbed_give_pages(bed->co, pages);
	mempool_destroy(pool);
	KUNIT_EXPECT_EQ(test, carveout_count_owned(bed->co), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->pages.nr_bad_frees),
			0);
}

static struct kunit_case bulk_cases[] = {
	KUNIT_CASE(bulk_gives_as_many_as_asked_for),
	KUNIT_CASE(bulk_is_all_or_nothing),
	KUNIT_CASE(bulk_is_zeroed_on_request),
	KUNIT_CASE(bulk_mixes_with_single_ones),
	KUNIT_CASE(bad_ones_in_a_bulk_are_left_alone),
	KUNIT_CASE(kfree_bulk_takes_all_sizes),
	KUNIT_CASE(kfree_bulk_refuses_bad_ones),
	KUNIT_CASE(bulk_works_in_hard_interrupts),
	KUNIT_CASE_PARAM(mempool_keeps_its_promise, pool_kind_gen_params),
	{ }
};

static struct kunit_suite bulk_suite = {
	.name = "carveout_bulk",
	.init = bulk_init,
	.exit = bulk_exit,
	.test_cases = bulk_cases,
};

kunit_test_suite(bulk_suite);
