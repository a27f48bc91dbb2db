// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of frees after a grace period: memory stays intact while readers use it,
 * with and without memory for bookkeeping, from tasks and interrupts, and all of
 * it is freed.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "kunit/fixture.h"
#include "kunit/interrupt.h"
#include "page/reclaim.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)

/* Long enough for a grace period, if there is no reader */
#define LOOK_MS 20

/* A typical object: data for readers, and an rcu_head for the allocator */
struct record {
	u64 value;
	struct rcu_head rcu;
	u64 more;
};

#define VALUE 0x5eed5eed5eedULL

static struct record *new_record(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct record *r = carve_kmalloc(co, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	r->value = VALUE;
	r->more = ~VALUE;
	return r;
}

static bool is_whole(const struct record *r)
{
	return READ_ONCE(r->value) == VALUE && READ_ONCE(r->more) == ~VALUE;
}

static unsigned long nr_owned(struct carveout *co)
{
	return carveout_count_allocations(co);
}

static void object_outlives_its_readers(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct record *r = new_record(test);
	long pending;
	bool whole;

	rcu_read_lock();
	carve_kfree_rcu(co, r, &r->rcu);
	mdelay(LOOK_MS);
	pending = atomic_long_read(&co->rcu.nr_pending);
	whole = is_whole(r);
	rcu_read_unlock();

	KUNIT_EXPECT_EQ(test, pending, 1);
	KUNIT_EXPECT_TRUE(test, whole);
	carve_rcu_barrier(co);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->rcu.nr_pending), 0);
	KUNIT_EXPECT_EQ(test, nr_owned(co), 0);
}

static void all_kinds_of_memory_are_freed(struct kunit *test)
{
	static const size_t sizes[] = { 8, 100, 4096, 8192, SZ_16K, SZ_256K };
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	unsigned int i;

	for (i = 0; i < 10 * ARRAY_SIZE(sizes); i++) {
		void *p = carve_kmalloc(co, sizes[i % ARRAY_SIZE(sizes)],
					GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, p);
		carve_kfree_rcu(co, p, NULL);
	}
	carve_kfree_rcu(co, NULL, NULL);
	carve_kfree_rcu(co, ZERO_SIZE_PTR, NULL);
	carve_rcu_barrier(co);
	KUNIT_EXPECT_EQ(test, nr_owned(co), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

/* More objects than one page of pointers holds, so that pages are chained */
#define MANY 3000

static void many_frees_share_a_grace_period(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	unsigned int i;

	rcu_read_lock();
	for (i = 0; i < MANY; i++) {
		void *p = carve_kmalloc(co, 64, GFP_ATOMIC);

		if (!p)
			break;
		carve_kfree_rcu(co, p, p);
	}
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, i, MANY);
	carve_rcu_barrier(co);
	KUNIT_EXPECT_EQ(test, nr_owned(co), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static void destroy_waits_for_objects(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache;
	unsigned int i;

	cache = carve_cache_create(co, "records", sizeof(struct record), 0, 0,
				   NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	for (i = 0; i < 100; i++) {
		struct record *r = carve_cache_alloc(cache, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, r);
		carve_cache_free_rcu(cache, r, &r->rcu);
	}
	carve_cache_free_rcu(cache, NULL, NULL);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
}

static void removal_waits_for_allocations(struct kunit *test)
{
	struct carveout *co = carve_fixture_create("short-lived",
						   CARVE_FIXTURE_SIZE);
	unsigned int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	for (i = 0; i < 100; i++)
		carve_kfree_rcu(co, carve_kmalloc(co, 64, GFP_KERNEL), NULL);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

/* Allocate all remaining pages, too, so that none is left for bookkeeping */
static struct carve_page *new_last_records(struct kunit *test,
					   struct record **r, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		r[i] = new_record(test);
	return carve_fixture_take_pages(test->priv);
}

/* In cases with a full carveout: expect these counts after all deferred frees */
static void expect_end(struct kunit *test, struct carve_page *pages,
		       unsigned long owned, long bad_frees)
{
	struct carveout *co = test->priv;

	carve_rcu_barrier(co);
	carve_fixture_give_pages(co, pages);
	KUNIT_EXPECT_EQ(test, nr_owned(co), owned);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), bad_frees);
}

static void full_carveout_queues_frees_by_the_rcu_head(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct record *r[20];
	struct carve_page *pages;
	bool whole = true;
	long pending;
	int i;

	pages = new_last_records(test, r, ARRAY_SIZE(r));
	rcu_read_lock();
	for (i = 0; i < ARRAY_SIZE(r); i++)
		carve_kfree_rcu(co, r[i], &r[i]->rcu);
	mdelay(LOOK_MS);
	for (i = 0; i < ARRAY_SIZE(r); i++)
		whole &= is_whole(r[i]);
	pending = atomic_long_read(&co->rcu.nr_pending);
	rcu_read_unlock();

	KUNIT_EXPECT_TRUE(test, whole);
	KUNIT_EXPECT_EQ(test, pending, ARRAY_SIZE(r));
	expect_end(test, pages, 0, 0);
}

/* An object that is on a list until it is freed */
struct listed {
	union {
		struct list_head list;
		struct rcu_head rcu;
	};
	u64 value;
};

/* The next object is freed without memory for bookkeeping */
static void fail_next_note(struct kunit *test)
{
	struct carveout *co = test->priv;

	carve_pages_drain(&co->pages);
	carve_fault_arm(&co->pages.fault, 1);
}

static void free_listed(struct kunit *test, struct listed *r)
{
	struct carveout *co = test->priv;

	fail_next_note(test);
	carve_kfree_rcu(co, r, &r->rcu);
	KUNIT_EXPECT_FALSE(test, carve_fault_is_armed(&co->pages.fault));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->rcu.nr_pending), 1);
	carve_rcu_barrier(co);
	KUNIT_EXPECT_EQ(test, nr_owned(co), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
}

/* The links of an empty list, or of a list of one, point to the object itself */
static void rcu_head_may_overlap_a_list_head(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct listed *r = carve_kmalloc(co, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	INIT_LIST_HEAD(&r->list);
	free_listed(test, r);
}

/* The bytes of an earlier rcu_head may hold anything */
static void allocation_is_queued_again_after_its_free(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned int i;

	for (i = 0; i < 10; i++) {
		struct listed *r = carve_kmalloc(co, sizeof(*r), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, r);
		free_listed(test, r);
	}
}

static void area_with_a_list_head_is_queued(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct listed *r = carve_vmalloc(co, PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, r);
	INIT_LIST_HEAD(&r->list);
	free_listed(test, r);
}

static void full_carveout_detects_double_frees(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *pages;
	struct record *r[3];
	int i;

	pages = new_last_records(test, r, ARRAY_SIZE(r));
	rcu_read_lock();
	for (i = 0; i < 2 * ARRAY_SIZE(r); i++)
		carve_kfree_rcu(co, r[i % ARRAY_SIZE(r)],
				&r[i % ARRAY_SIZE(r)]->rcu);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), ARRAY_SIZE(r));
	expect_end(test, pages, 0, ARRAY_SIZE(r));
}

/*
 * The one in the middle is overwritten, as by a write after free; those queued
 * before it are lost
 */
static void overwritten_rcu_head_is_not_followed(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *pages;
	struct record *r[3];
	int i;

	pages = new_last_records(test, r, ARRAY_SIZE(r));
	rcu_read_lock();
	for (i = 0; i < ARRAY_SIZE(r); i++)
		carve_kfree_rcu(co, r[i], &r[i]->rcu);
	memset(&r[1]->rcu, 0x41, sizeof(r[1]->rcu));
	rcu_read_unlock();
	expect_end(test, pages, 2, 1);
	carve_kfree(co, r[0]);
	carve_kfree(co, r[1]);
}

static void rcu_head_must_lie_in_the_allocation(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct record *r = new_record(test);
	struct rcu_head elsewhere;

	carve_kfree_rcu(co, r, &elsewhere);
	carve_kfree_rcu(co, r, (struct rcu_head *)((void *)r - 8));
	carve_kfree_rcu(co, r, (void *)r + carve_ksize(co, r) - 8);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 3);
	carve_kfree_rcu(co, r, &r->rcu);
	carve_rcu_barrier(co);
	KUNIT_EXPECT_EQ(test, nr_owned(co), 0);
}

static void full_carveout_waits_without_an_rcu_head(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct record *r = new_record(test);
	struct carve_page *pages = carve_fixture_take_pages(co);

	carve_kfree_rcu(co, r, NULL);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->rcu.nr_pending), 0);
	carve_fixture_give_pages(co, pages);
	KUNIT_EXPECT_EQ(test, nr_owned(co), 0);
}

static struct record *new_area(struct kunit *test, unsigned long size)
{
	struct record *r = carve_vmalloc(test->priv, size);

	KUNIT_ASSERT_NOT_NULL(test, r);
	r->value = VALUE;
	r->more = ~VALUE;
	return r;
}

static void areas_and_objects_are_freed_together(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct record *r;
	unsigned int i;
	bool whole = true;

	for (i = 0; i < 60; i++) {
		r = i % 3 ? new_area(test, (1 + i % 4) * PAGE_SIZE) :
			    new_record(test);
		carve_kfree_rcu(co, r, i % 2 ? &r->rcu : NULL);
	}
	r = new_area(test, SZ_64K);
	rcu_read_lock();
	carve_kfree_rcu(co, r, &r->rcu);
	mdelay(LOOK_MS);
	whole = is_whole(r);
	rcu_read_unlock();

	KUNIT_EXPECT_TRUE(test, whole);
	carve_rcu_barrier(co);
	KUNIT_EXPECT_EQ(test, nr_owned(co), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
}

static void full_carveout_frees_areas(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct record *by_head = new_area(test, 2 * PAGE_SIZE);
	struct record *waiting = new_area(test, PAGE_SIZE);
	struct carve_page *pages = carve_fixture_take_pages(co);

	carve_kfree_rcu(co, by_head, &by_head->rcu);
	carve_kfree_rcu(co, waiting, NULL);
	expect_end(test, pages, 0, 0);
}

static void bad_pointers_are_refused_at_once(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache;
	struct record *r = new_record(test);
	void *object, *large = carve_kmalloc(co, SZ_64K, GFP_KERNEL);
	void *area = new_area(test, SZ_64K);

	cache = carve_cache_create(co, "records", sizeof(*r), 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	object = carve_cache_alloc(cache, GFP_KERNEL);
	carve_kfree_rcu(co, test, NULL);
	carve_kfree_rcu(co, (void *)r + 8, NULL);
	carve_kfree_rcu(co, large + PAGE_SIZE, NULL);
	carve_kfree_rcu(co, area + PAGE_SIZE, NULL);
	carve_kfree_rcu(co, area + 8, NULL);
	carve_cache_free_rcu(cache, r, NULL);
	carve_cache_free_rcu(cache, object + 1, NULL);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 7);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->rcu.nr_pending), 0);
	KUNIT_EXPECT_TRUE(test, is_whole(r));
	carve_cache_free(cache, object);
	carve_vfree(co, area);
	carve_kfree(co, large);
	carve_kfree(co, r);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 7);
}

static void free_some(void *arg)
{
	struct carveout *co = arg;
	unsigned int i;

	for (i = 0; i < 600; i++) {
		struct record *r = carve_kmalloc(co, sizeof(*r),
						 GFP_ATOMIC | __GFP_NOWARN);

		if (r)
			carve_kfree_rcu(co, r, &r->rcu);
	}
}

static void kfree_rcu_works_in_hard_interrupts(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned int i;

	for (i = 0; i < 3; i++)
		carve_run_in_interrupt(free_some, co);
	carve_rcu_barrier(co);
	KUNIT_EXPECT_EQ(test, nr_owned(co), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
}

/* A thread that waits for the frees queued so far */
struct waiter {
	struct work_struct work;
	struct carveout *co;
	struct completion done;
};

static void wait_for_frees(struct work_struct *work)
{
	struct waiter *w = container_of(work, struct waiter, work);

	carve_rcu_barrier(w->co);
	complete(&w->done);
}

/* Long enough for a barrier to end on any machine, if it ends at all */
#define FOR_EVER (60 * HZ)

static void barrier_does_not_wait_for_later_frees(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct record *r = new_record(test);
	struct waiter w = { .co = co };

	init_completion(&w.done);
	INIT_WORK_ONSTACK(&w.work, wait_for_frees);
	carve_kfree_rcu(co, r, &r->rcu);
	/* As if frees were queued all the time */
	atomic_long_inc(&co->rcu.nr_pending);
	schedule_work(&w.work);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&w.done, FOR_EVER), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->rcu.nr_pending), 1);
	atomic_long_dec(&co->rcu.nr_pending);
	flush_work(&w.work);
	destroy_work_on_stack(&w.work);
}

static struct kunit_case rcu_cases[] = {
	KUNIT_CASE(object_outlives_its_readers),
	KUNIT_CASE(all_kinds_of_memory_are_freed),
	KUNIT_CASE(many_frees_share_a_grace_period),
	KUNIT_CASE(destroy_waits_for_objects),
	KUNIT_CASE(removal_waits_for_allocations),
	KUNIT_CASE(full_carveout_queues_frees_by_the_rcu_head),
	KUNIT_CASE(rcu_head_may_overlap_a_list_head),
	KUNIT_CASE(allocation_is_queued_again_after_its_free),
	KUNIT_CASE(area_with_a_list_head_is_queued),
	KUNIT_CASE(full_carveout_detects_double_frees),
	KUNIT_CASE(overwritten_rcu_head_is_not_followed),
	KUNIT_CASE(rcu_head_must_lie_in_the_allocation),
	KUNIT_CASE(full_carveout_waits_without_an_rcu_head),
	KUNIT_CASE(areas_and_objects_are_freed_together),
	KUNIT_CASE(full_carveout_frees_areas),
	KUNIT_CASE(bad_pointers_are_refused_at_once),
	KUNIT_CASE(kfree_rcu_works_in_hard_interrupts),
	KUNIT_CASE(barrier_does_not_wait_for_later_frees),
	{ }
};

static struct kunit_suite rcu_suite = {
	.name = "carveout_rcu",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = rcu_cases,
};

kunit_test_suite(rcu_suite);
