// SPDX-License-Identifier: GPL-2.0
/*
 * The time just after a carveout was made, with what is done in the background
 * held back, or only begun.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include <carveout.h>

#include "kunit/testbed.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)
#define AT_ONCE (GFP_NOWAIT | __GFP_NOWARN)

/* Of which nothing is done in the background as yet */
static struct carveout *create_held(u64 size)
{
	struct carveout_request request = {
		.name = "held",
		.nr_zones = 1,
		.zone[0] = {
			.size = size,
			.source = "contig",
			.node = NUMA_NO_NODE,
		},
		.held = true,
	};

	return carveout_create(&request);
}

static int setup_init(struct kunit *test)
{
	struct carveout *co = create_held(CARVE_TESTBED_SIZE);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	carve_testbed_unbind(co);
	test->priv = co;
	return 0;
}

static bool has_no_window(struct carveout *co)
{
	return carve_opening_state(&co->vmap.opening) == CARVE_WINDOW_NONE;
}

/* The window */

static void *at_once(struct carveout *co, unsigned long size)
{
	return carve_vmap_alloc(&co->vmap, size, AT_ONCE, _THIS_IP_);
}

static void window_is_for_the_background(struct kunit *test)
{
	struct carveout *co = test->priv;

	if (has_no_window(co))
		kunit_skip(test, "on this machine the kernel's vmap() maps areas");
	KUNIT_EXPECT_STREQ(test, carve_opening_name(&co->vmap.opening),
			   "building");
	KUNIT_EXPECT_FALSE(test, carve_window_exists(&co->vmap.window));
	carve_testbed_check(test, co);
	carveout_begin(co);
	carveout_settle(co);
	KUNIT_EXPECT_STREQ(test, carve_opening_name(&co->vmap.opening),
			   "ready");
	KUNIT_EXPECT_GE(test, co->vmap.window.nr_pages, co->pages.nr_pages);
}

static void who_may_not_sleep_gets_no_area_before_the_window(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_testbed_nr_free(co);
	void *p;

	if (has_no_window(co))
		kunit_skip(test, "on this machine the kernel's vmap() maps areas");
	KUNIT_EXPECT_NULL(test, at_once(co, SZ_64K));
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_free(co), nr_free);
	carveout_begin(co);
	carveout_settle(co);
	p = at_once(co, SZ_64K);
	KUNIT_EXPECT_NOT_NULL(test, p);
	carve_vfree(co, p);
}

struct want {
	struct carveout *co;
	struct task_struct *task;
	struct completion done;
	bool clean;
};

static int want_area(void *arg)
{
	struct want *w = arg;
	u8 *p = carve_vzalloc(w->co, SZ_64K);

	w->clean = p && !memchr_inv(p, 0, SZ_64K);
	carve_vfree(w->co, p);
	complete(&w->done);
	return 0;
}

static void first_areas_wait_for_the_window(struct kunit *test)
{
	struct want want[3] = { };
	int i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		struct want *w = &want[i];

		w->co = test->priv;
		init_completion(&w->done);
		w->task = kthread_create(want_area, w, "want_area");
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w->task);
		get_task_struct(w->task);
		wake_up_process(w->task);
	}
	/* Some of them are waiting by then, others come while it is made */
	schedule_timeout_uninterruptible(1);
	carveout_begin(test->priv);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		wait_for_completion(&want[i].done);
		kthread_stop(want[i].task);
		put_task_struct(want[i].task);
		KUNIT_EXPECT_TRUE(test, want[i].clean);
	}
}

static void all_else_is_there_without_the_window(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *page = carve_alloc_pages(co, QUIET, 3);
	void *small = carve_kmalloc(co, 100, GFP_KERNEL);
	void *large = carve_kvmalloc(co, SZ_64K, GFP_ATOMIC);

	KUNIT_EXPECT_NOT_NULL(test, page);
	KUNIT_EXPECT_NOT_NULL(test, small);
	KUNIT_EXPECT_NOT_NULL(test, large);
	carve_testbed_check(test, co);
	carve_kvfree(co, large);
	carve_kfree(co, small);
	carve_free_pages(co, page, 3);
}

static void bad_frees_are_refused_without_the_window(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *page = carve_alloc_page(co, QUIET);
	void *native = vmalloc(PAGE_SIZE);
	void *const wrong[] = {
		native, carve_page_address(co, page), (void *)PAGE_SIZE, co,
	};
	int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_NOT_NULL(test, native);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		carve_vfree(co, wrong[i]);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_bad_frees),
			ARRAY_SIZE(wrong));
	carve_free_page(co, page);
	vfree(native);
}

/* Destroyed as it is, with nothing begun; right after it is begun; and later */
static void carveout_goes_at_any_moment(struct kunit *test)
{
	struct carveout *co;
	int i;

	for (i = 0; i < 6; i++) {
		co = create_held(CARVE_TESTBED_SIZE);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
		if (i % 3)
			carveout_begin(co);
		if (i % 3 == 2)
			schedule_timeout_uninterruptible(1);
		KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
	}
}

static struct kunit_case setup_cases[] = {
	KUNIT_CASE(window_is_for_the_background),
	KUNIT_CASE(who_may_not_sleep_gets_no_area_before_the_window),
	KUNIT_CASE(first_areas_wait_for_the_window),
	KUNIT_CASE(all_else_is_there_without_the_window),
	KUNIT_CASE(bad_frees_are_refused_without_the_window),
	KUNIT_CASE(carveout_goes_at_any_moment),
	{ }
};

static struct kunit_suite setup_suite = {
	.name = "carveout_setup",
	.init = setup_init,
	.exit = carve_testbed_exit,
	.test_cases = setup_cases,
};

kunit_test_suites(&setup_suite);
