// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the time right after a carveout was created, with deferred init held
 * back or just started.
 */
#include <linux/completion.h>
#include <linux/debug_locks.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "debugfs/pagemap.h"
#include "kunit/fixture.h"
#include "kunit/interrupt.h"
#include "page/pages.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)
#define AT_ONCE (GFP_NOWAIT | __GFP_NOWARN)

/* Several pageblocks, most of them without page descriptors */
#define HELD_SIZE SZ_16M

/* A carveout whose deferred init hasn't started */
static struct carveout *create_held(u64 size, unsigned int nr_zones)
{
	struct carveout_request request = {
		.name = "held",
		.nr_zones = nr_zones,
		.held = true,
	};
	unsigned int i;

	for (i = 0; i < nr_zones; i++) {
		request.zone[i].size = size;
		request.zone[i].source = "contig";
		request.zone[i].node = NUMA_NO_NODE;
	}
	return carveout_create(&request);
}

/* Tasks that use a carveout at the same time */
struct want {
	struct carveout *co;
	struct task_struct *task;
	struct completion done;
	bool clean;
};

static void start_all(struct kunit *test, int (*fn)(void *arg),
		      struct want *want, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct want *w = &want[i];

		w->co = test->priv;
		init_completion(&w->done);
		w->task = kthread_create(fn, w, "carve_setup");
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w->task);
		get_task_struct(w->task);
		wake_up_process(w->task);
	}
}

static void finish_all(struct kunit *test, struct want *want, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		wait_for_completion(&want[i].done);
		kthread_stop(want[i].task);
		put_task_struct(want[i].task);
		KUNIT_EXPECT_TRUE(test, want[i].clean);
	}
}

static const struct carve_buddy *buddy_of(struct carveout *co)
{
	return &co->pages.zone[0].buddy;
}

static bool has_descriptor(struct carveout *co, u32 index)
{
	return carve_pages_peek(&co->pages, index);
}

/*
 * Contents that an earlier carveout may have left in the same memory: every page
 * without a descriptor looks like a slab of @cache, a block in use, or a free
 * block.
 */
static void fill_with_stale_data(struct carveout *co, struct carve_cache *cache)
{
	static const u8 states[] = {
		CARVE_PAGE_SLAB, CARVE_PAGE_USED, CARVE_PAGE_FREE,
		CARVE_PAGE_LARGE, CARVE_PAGE_AREA, CARVE_PAGE_DMA,
	};
	u32 i;

	for (i = 0; i < co->pages.nr_pages; i++) {
		if (has_descriptor(co, i))
			continue;
		memset(&co->pages.map[i], 0xff, sizeof(struct carve_page));
		co->pages.map[i].state = states[i % ARRAY_SIZE(states)];
		co->pages.map[i].order = i % 10;
		co->pages.map[i].zone = CARVE_MAX_ZONES - 1;
		co->pages.map[i].cache = cache;
	}
}

static int setup_init(struct kunit *test)
{
	struct carveout *co = create_held(HELD_SIZE, 1);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	carve_fixture_stay_on_cpu(test);
	carve_fixture_unbind(co);
	fill_with_stale_data(co, carve_fixture_kmalloc_cache(co, 64));
	test->priv = co;
	return 0;
}

/* Page descriptors */

static void few_descriptors_are_initialized_at_first(struct kunit *test)
{
	struct carveout *co = test->priv;
	const struct carve_buddy *b = buddy_of(co);

	KUNIT_EXPECT_GE(test, b->nr_uninitialized, 4);
	KUNIT_EXPECT_LT(test, b->nr_uninitialized, carve_deferred_init_nr_blocks(b));
	KUNIT_EXPECT_FALSE(test, has_descriptor(co, b->end - 1));
	carve_fixture_check(test, co);
}

static void all_pages_are_free_without_descriptors(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long boot = carve_boot_pages(&co->boot);
	unsigned long count[CARVE_NR_PAGE_STATES];

	KUNIT_EXPECT_EQ(test, carve_pages_nr_managed(&co->pages),
			co->pages.nr_pages - boot);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co),
			co->pages.nr_pages - boot);
	carve_pagemap_count(&co->pages, count);
	KUNIT_EXPECT_EQ(test, count[CARVE_PAGE_BOOT], boot);
	KUNIT_EXPECT_EQ(test, count[CARVE_PAGE_FREE],
			co->pages.nr_pages - boot);
}

static void no_allocations_are_counted_without_descriptors(struct kunit *test)
{
	struct carveout *co = test->priv;

	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 0);
}

/* The number of pairs is the same before and after, with nothing allocated between */
static void buddy_pairs_are_correct_without_descriptors(struct kunit *test)
{
	struct carveout *co = test->priv;
	const struct carve_buddy *b = buddy_of(co);
	unsigned int order;
	u32 pair, before, after;

	for (order = 0; order < b->max_order; order++) {
		u32 nr = carve_buddy_nr_pairs(b, order);

		for (before = 0, pair = 0; pair < nr; pair++)
			before += carve_buddy_pair(b, order, pair);
		/* Each free block without a free buddy is a pair of its own */
		after = carve_buddy_nr_blocks(b, order);
		KUNIT_EXPECT_EQ(test, before, after);
	}
	KUNIT_EXPECT_GT(test, b->nr_uninitialized, 0);
}

static void split_initializes_a_pageblock(struct kunit *test)
{
	struct carveout *co = test->priv;
	const struct carve_buddy *b = buddy_of(co);
	struct carve_page *page, *kept = NULL;
	u32 uninitialized = b->nr_uninitialized;

	while (b->nr_uninitialized == uninitialized) {
		page = carve_alloc_page(co, GFP_ATOMIC);
		KUNIT_ASSERT_NOT_NULL(test, page);
		page->next = kept ? kept - co->pages.map : CARVE_PAGE_NONE;
		kept = page;
	}
	KUNIT_EXPECT_EQ(test, b->nr_uninitialized, uninitialized - 1);
	carve_fixture_check(test, co);
	while (kept) {
		page = kept;
		kept = page->next == CARVE_PAGE_NONE ? NULL :
						       &co->pages.map[page->next];
		carve_free_page(co, page);
	}
}

static void take_one(void *arg)
{
	struct carve_page **page = arg;
	struct carveout *co = (void *)*page;

	*page = carve_alloc_pages(co, GFP_ATOMIC, 0);
}

static void interrupts_get_pages_without_descriptors(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *page = (void *)co;

	carve_run_in_interrupt(take_one, &page);
	KUNIT_ASSERT_NOT_NULL(test, page);
	carve_free_page(co, page);
}

/* Each page once, and zeroed on request */
static void whole_carveout_is_available_at_once(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long n = 0, all = carve_fixture_nr_free(co);
	struct carve_page *first = NULL, *page;

	while ((page = carve_alloc_page(co, AT_ONCE | __GFP_HIGH |
					__GFP_ZERO))) {
		struct carve_page **word = carve_page_address(co, page);

		KUNIT_ASSERT_NULL(test, memchr_inv(word, 0, PAGE_SIZE));
		*word = first;
		first = page;
		n++;
	}
	KUNIT_EXPECT_EQ(test, n, all);
	KUNIT_EXPECT_EQ(test, buddy_of(co)->nr_uninitialized, 0);
	carve_fixture_check(test, co);
	carve_fixture_give_pages(co, first);
}

/* The owner may change all descriptors of the block */
static void large_block_initializes_its_descriptors(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned int order = fls_long(carve_buddy_orders(buddy_of(co))) - 1;
	struct carve_page *page = carve_alloc_pages(co, AT_ONCE, order);
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_GT(test, order, buddy_of(co)->block_order);
	for (i = 0; i < BIT(order); i++)
		KUNIT_ASSERT_TRUE(test,
				  has_descriptor(co, page + i - co->pages.map));
	carve_fixture_check(test, co);
	carve_split_page(co, page, order);
	for (i = 0; i < BIT(order); i++)
		carve_free_page(co, page + i);
}

/* Frees of pages without descriptors ignore the stale contents there */
static void bad_frees_are_refused_without_descriptors(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache = carve_fixture_kmalloc_cache(co, 64);
	unsigned long nr_free = carve_fixture_nr_free(co);
	u32 i, tried = 0;

	for (i = 0; i < co->pages.nr_pages; i++) {
		void *addr = co->region[0].virt + ((unsigned long)i << PAGE_SHIFT);
		struct carve_page *page = &co->pages.map[i];

		/* Each request initializes the descriptors of a pageblock */
		if (has_descriptor(co, i))
			continue;
		switch (tried++ % 5) {
		case 0:
			carve_kfree(co, addr);
			break;
		case 1:
			carve_cache_free(cache, addr);
			break;
		case 2:
			carve_free_pages(co, page, page->order);
			break;
		case 3:
			carve_vfree(co, addr);
			break;
		default:
			carve_free_pages_addr(co, (unsigned long)addr, 0);
		}
	}
	KUNIT_EXPECT_GE(test, tried, 5);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co),
			tried);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), nr_free);
}

static void lookups_find_tails_without_descriptors(struct kunit *test)
{
	struct carveout *co = test->priv;
	u32 last = co->pages.nr_pages - 1;
	void *addr = co->region[0].virt + ((unsigned long)last << PAGE_SHIFT);
	struct carve_page *page;

	KUNIT_ASSERT_FALSE(test, has_descriptor(co, last));
	/* They must not initialize any descriptor: an NMI may call them */
	KUNIT_EXPECT_TRUE(test, carve_owns(co, addr));
	KUNIT_EXPECT_FALSE(test, has_descriptor(co, last));
	page = carve_virt_to_page(co, addr);
	KUNIT_EXPECT_PTR_EQ(test, page, &co->pages.map[last]);
	KUNIT_EXPECT_TRUE(test, has_descriptor(co, last));
	KUNIT_EXPECT_EQ(test, page->state, CARVE_PAGE_TAIL);
	KUNIT_EXPECT_EQ(test, carve_ksize(co, addr), 0);
}

static void deferred_init_initializes_all_descriptors(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = carve_kmalloc(co, 64, GFP_KERNEL);

	KUNIT_EXPECT_LT(test, co->pages.nr_ready, co->pages.nr_pages);
	carveout_begin(co);
	carveout_wait_setup(co);
	KUNIT_EXPECT_EQ(test, buddy_of(co)->nr_uninitialized, 0);
	KUNIT_EXPECT_EQ(test, co->pages.nr_ready, co->pages.nr_pages);
	KUNIT_EXPECT_EQ(test, co->pages.span.bytes,
			carve_region_bytes(&co->region[0]));
	KUNIT_EXPECT_EQ(test, carve_fixture_kmalloc_cache(co, 8)->span.bytes,
			co->slabs.span.bytes);
	carve_fixture_check(test, co);
	carve_kfree(co, p);
}

static void later_zones_have_valid_descriptors(struct kunit *test)
{
	struct carveout *co = create_held(SZ_8M, 3);
	unsigned int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	fill_with_stale_data(co, carve_fixture_kmalloc_cache(co, 64));
	for (i = 0; i < co->nr_regions; i++) {
		void *last = co->region[i].virt + SZ_8M - PAGE_SIZE;

		KUNIT_EXPECT_EQ(test, carve_virt_to_page(co, last)->zone, i);
	}
	carveout_begin(co);
	carveout_wait_setup(co);
	for (i = 0; i < co->pages.nr_pages; i++)
		KUNIT_ASSERT_EQ(test, co->pages.map[i].zone,
				i / (SZ_8M >> PAGE_SHIFT));
	carve_fixture_destroy(test, co);
}

/* A walk on each CPU while descriptors are initialized */

#define NR_STEPS 3000

static int walk(void *arg)
{
	struct want *w = arg;
	struct carve_page *held[8] = { };
	unsigned int i;

	for (i = 0; i < NR_STEPS; i++) {
		unsigned int slot = i % ARRAY_SIZE(held), order = i % 11;

		if (held[slot])
			carve_free_pages(w->co, held[slot],
					 held[slot]->order);
		held[slot] = carve_alloc_pages(w->co, AT_ONCE, order);
		carve_owns(w->co, w->co->region[0].virt +
			      ((i * 7919UL) << PAGE_SHIFT) % HELD_SIZE);
	}
	for (i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i])
			carve_free_pages(w->co, held[i], held[i]->order);
	w->clean = true;
	complete(&w->done);
	return 0;
}

static void descriptors_are_initialized_once(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct want want[3] = { };

	start_all(test, walk, want, ARRAY_SIZE(want));
	carveout_begin(co);
	finish_all(test, want, ARRAY_SIZE(want));
	carveout_wait_setup(co);
	KUNIT_EXPECT_EQ(test, buddy_of(co)->nr_uninitialized, 0);
}

/* The window */

static void *at_once(struct carveout *co, unsigned long size)
{
	return carve_vmap_alloc(&co->vmap, size, AT_ONCE, _THIS_IP_);
}

static void window_is_initialized_in_the_background(struct kunit *test)
{
	struct carveout *co = test->priv;

	carve_fixture_needs_window(test);
	KUNIT_EXPECT_STREQ(test, carve_window_setup_name(&co->vmap.setup),
			   "building");
	KUNIT_EXPECT_FALSE(test, carve_window_exists(&co->vmap.window));
	carve_fixture_check(test, co);
	carveout_begin(co);
	carveout_wait_setup(co);
	KUNIT_EXPECT_STREQ(test, carve_window_setup_name(&co->vmap.setup),
			   "ready");
	KUNIT_EXPECT_GE(test, co->vmap.window.nr_pages, co->pages.nr_pages);
}

static void atomic_area_fails_before_the_window(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_nr_free(co);
	void *p;

	carve_fixture_needs_window(test);
	KUNIT_EXPECT_NULL(test, at_once(co, SZ_64K));
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), nr_free);
	carveout_begin(co);
	carveout_wait_setup(co);
	p = at_once(co, SZ_64K);
	KUNIT_EXPECT_NOT_NULL(test, p);
	carve_vfree(co, p);
}

static int want_area(void *arg)
{
	struct want *w = arg;
	u8 *p = carve_vzalloc(w->co, SZ_64K);

	w->clean = p && !memchr_inv(p, 0, SZ_64K);
	carve_vfree(w->co, p);
	complete(&w->done);
	return 0;
}

static void first_areas_wait_for_window_init(struct kunit *test)
{
	struct want want[3] = { };

	start_all(test, want_area, want, ARRAY_SIZE(want));
	/* Some of them are waiting by then, others arrive during window init */
	schedule_timeout_uninterruptible(1);
	carveout_begin(test->priv);
	finish_all(test, want, ARRAY_SIZE(want));
}

/* The areas that vmap() mapped: one area of several pages, and a VM_MAP mapping */
static void try_areas(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *pages[2] = {
		carve_alloc_page(co, QUIET), carve_alloc_page(co, QUIET),
	};
	u8 *area = carve_vzalloc(co, SZ_64K), *given;

	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_EXPECT_NULL(test, memchr_inv(area, 0, SZ_64K));
	KUNIT_EXPECT_TRUE(test, carve_owns(co, area + SZ_64K - 1));
	KUNIT_EXPECT_FALSE(test, carve_fixture_readable(area + SZ_64K));
	KUNIT_ASSERT_TRUE(test, pages[0] && pages[1]);
	given = carve_vmap(co, pages, 2);
	KUNIT_ASSERT_NOT_NULL(test, given);
	given[PAGE_SIZE] = 0x5c;
	KUNIT_EXPECT_EQ(test, *(u8 *)carve_page_address(co, pages[1]), 0x5c);
	carve_fixture_check(test, co);
	carve_vunmap(co, given);
	carve_vfree(co, area);
	carve_free_pages_bulk(co, 2, pages);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
}

static void vmap_is_used_without_memory_for_a_window(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct want want[3] = { };

	carve_fixture_needs_window(test);
	carve_fault_arm(&co->vmap.setup.fault, 1);
	start_all(test, want_area, want, ARRAY_SIZE(want));
	schedule_timeout_uninterruptible(1);
	carveout_begin(co);
	finish_all(test, want, ARRAY_SIZE(want));
	KUNIT_EXPECT_STREQ(test, carve_window_setup_name(&co->vmap.setup),
			   "none");
	KUNIT_EXPECT_FALSE(test, carve_window_exists(&co->vmap.window));
	try_areas(test);
}

/* vmap() sleeps: where it maps areas, requests that can't block fail, and leave nothing behind */
static void areas_without_a_window_must_block(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *area;

	carve_fault_arm(&co->vmap.setup.fault, 1);
	carveout_begin(co);
	carveout_wait_setup(co);
	KUNIT_ASSERT_FALSE(test, carve_window_exists(&co->vmap.window));
	KUNIT_EXPECT_NULL(test, carve_vmap_alloc(&co->vmap, SZ_64K, GFP_ATOMIC | __GFP_NOWARN,
						 _THIS_IP_));
	area = carve_vmap_alloc(&co->vmap, SZ_64K, GFP_KERNEL, _THIS_IP_);
	KUNIT_EXPECT_NOT_NULL(test, area);
	carve_vfree(co, area);
}

/* As in a reclaim context of the kernel, where lockdep reports recursion into reclaim */
static void vmap_fallback_respects_the_callers_gfp_flags(struct kunit *test)
{
	struct carveout *co = test->priv;
	int sound = debug_locks;
	void *noio, *nofs;

	if (!IS_ENABLED(CONFIG_LOCKDEP))
		kunit_skip(test, "this kernel is built without lockdep");
	carve_fault_arm(&co->vmap.setup.fault, 1);
	carveout_begin(co);
	carveout_wait_setup(co);
	KUNIT_EXPECT_FALSE(test, carve_window_exists(&co->vmap.window));
	fs_reclaim_acquire(GFP_KERNEL);
	noio = carve_vmap_alloc(&co->vmap, SZ_64K, GFP_NOIO, _THIS_IP_);
	nofs = carve_vmap_alloc(&co->vmap, SZ_64K, GFP_NOFS, _THIS_IP_);
	fs_reclaim_release(GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, noio);
	KUNIT_EXPECT_NOT_NULL(test, nofs);
	carve_vfree(co, noio);
	carve_vfree(co, nofs);
	/* Lockdep turns itself off after its first report, which may come from another case */
	KUNIT_EXPECT_EQ(test, debug_locks, sound);
}

static void other_allocations_work_without_the_window(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *page = carve_alloc_pages(co, QUIET, 3);
	void *small = carve_kmalloc(co, 100, GFP_KERNEL);
	void *large = carve_kvmalloc(co, SZ_64K, GFP_ATOMIC);

	KUNIT_EXPECT_NOT_NULL(test, page);
	KUNIT_EXPECT_NOT_NULL(test, small);
	KUNIT_EXPECT_NOT_NULL(test, large);
	carve_fixture_check(test, co);
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
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co),
			ARRAY_SIZE(wrong));
	carve_free_page(co, page);
	vfree(native);
}

/* Destroy it before deferred init begins, right after, and later */
static void carveout_is_destroyed_at_any_moment(struct kunit *test)
{
	struct carveout *co;
	int i;

	for (i = 0; i < 6; i++) {
		co = create_held(HELD_SIZE, 1);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
		if (i % 3)
			carveout_begin(co);
		if (i % 3 == 2)
			schedule_timeout_uninterruptible(1);
		KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
	}
}

static struct kunit_case setup_cases[] = {
	KUNIT_CASE(few_descriptors_are_initialized_at_first),
	KUNIT_CASE(all_pages_are_free_without_descriptors),
	KUNIT_CASE(no_allocations_are_counted_without_descriptors),
	KUNIT_CASE(buddy_pairs_are_correct_without_descriptors),
	KUNIT_CASE(split_initializes_a_pageblock),
	KUNIT_CASE(interrupts_get_pages_without_descriptors),
	KUNIT_CASE(whole_carveout_is_available_at_once),
	KUNIT_CASE(large_block_initializes_its_descriptors),
	KUNIT_CASE(bad_frees_are_refused_without_descriptors),
	KUNIT_CASE(lookups_find_tails_without_descriptors),
	KUNIT_CASE(deferred_init_initializes_all_descriptors),
	KUNIT_CASE(later_zones_have_valid_descriptors),
	KUNIT_CASE(descriptors_are_initialized_once),
	KUNIT_CASE(window_is_initialized_in_the_background),
	KUNIT_CASE(atomic_area_fails_before_the_window),
	KUNIT_CASE(first_areas_wait_for_window_init),
	KUNIT_CASE(vmap_is_used_without_memory_for_a_window),
	KUNIT_CASE(areas_without_a_window_must_block),
	KUNIT_CASE(vmap_fallback_respects_the_callers_gfp_flags),
	KUNIT_CASE(other_allocations_work_without_the_window),
	KUNIT_CASE(bad_frees_are_refused_without_the_window),
	KUNIT_CASE(carveout_is_destroyed_at_any_moment),
	{ }
};

static struct kunit_suite setup_suite = {
	.name = "carveout_setup",
	.init = setup_init,
	.exit = carve_fixture_exit,
	.test_cases = setup_cases,
};

kunit_test_suites(&setup_suite);
