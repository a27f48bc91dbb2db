// SPDX-License-Identifier: GPL-2.0
/*
 * Areas that are kept mapped: which are, how many, and when they go; areas that
 * are gone, and their addresses; mappings of pages that the caller has.
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include <carveout.h>

#include "kunit/interrupt.h"
#include "kunit/testbed.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)

static int kept_init(struct kunit *test)
{
	int ret = carve_testbed_init(test);
	struct carveout *co = test->priv;

	if (ret)
		return ret;
	/* A small carveout on many CPUs has no room for the magazines */
	if (!carve_kept_class(&co->vmap.kept, 64))
		kunit_skip(test, "the carveout is too small to keep areas on so many CPUs");
	return 0;
}

static void *alloc(struct kunit *test, unsigned int nr_pages)
{
	void *p = carve_vmalloc(test->priv, nr_pages * PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static void expect_kept(struct kunit *test, unsigned long nr,
			unsigned long nr_pages)
{
	struct carve_vmap_usage usage = carve_testbed_areas(test->priv);

	KUNIT_EXPECT_EQ(test, usage.nr_kept, nr);
	KUNIT_EXPECT_EQ(test, usage.nr_kept_pages, nr_pages);
}

static void area_is_handed_out_again(struct kunit *test)
{
	static const unsigned int nr_pages[] = { 1, 2, 3, 7, 8, 16, 32, 64 };
	struct carveout *co = test->priv;
	void *p;
	int i;

	for (i = 0; i < ARRAY_SIZE(nr_pages); i++) {
		p = alloc(test, nr_pages[i]);
		expect_kept(test, 0, 0);
		carve_vfree(co, p);
		expect_kept(test, 1, nr_pages[i]);
		KUNIT_EXPECT_PTR_EQ(test, alloc(test, nr_pages[i]), p);
		carve_vfree(co, p);
		KUNIT_EXPECT_EQ(test, carve_vmap_shrink(&co->vmap),
				nr_pages[i]);
		KUNIT_EXPECT_FALSE(test, carve_testbed_readable(p));
	}
}

static void area_serves_its_own_length_alone(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = alloc(test, 8), *q;

	carve_vfree(co, p);
	q = alloc(test, 7);
	expect_kept(test, 1, 8);
	carve_vfree(co, q);
	expect_kept(test, 2, 15);
	/* Between the lengths that are kept */
	q = alloc(test, 9);
	carve_vfree(co, q);
	expect_kept(test, 2, 15);
}

static void kept_pages_stay_within_the_limit(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p[6];
	int i;

	carve_vmap_set_kept(&co->vmap, 3, false);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = alloc(test, 1);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_vfree(co, p[i]);
	expect_kept(test, 3, 3);
	carve_vmap_set_kept(&co->vmap, 0, false);
	expect_kept(test, 0, 0);
	carve_vfree(co, alloc(test, 1));
	expect_kept(test, 0, 0);
}

static void full_magazine_spills_what_it_kept_longest(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_testbed_collect(co);
	struct carve_vmap_usage usage;
	void *p[100];
	int i;

	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = alloc(test, 1);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_vfree(co, p[i]);
	carve_vmap_flush(&co->vmap);
	usage = carve_testbed_areas(co);
	KUNIT_EXPECT_GT(test, usage.nr_kept, 1UL);
	KUNIT_EXPECT_LT(test, usage.nr_kept, 100UL);
	KUNIT_EXPECT_EQ(test, usage.nr_kept,
			atomic_long_read(&co->vmap.kept.nr_pages));
	KUNIT_EXPECT_PTR_EQ(test, alloc(test, 1), p[99]);
	carve_vfree(co, p[99]);
	KUNIT_EXPECT_EQ(test, carve_testbed_collect(co), nr_free);
	expect_kept(test, 0, 0);
}

static void pressure_takes_kept_areas_down(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_testbed_collect(co);
	void *p[4], *all;
	int i;

	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = alloc(test, 32);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_vfree(co, p[i]);
	expect_kept(test, 4, 128);
	/* Nothing fails that has room when they go */
	all = carve_vmap_alloc(&co->vmap, (nr_free - 20) << PAGE_SHIFT, QUIET,
			       _THIS_IP_);
	KUNIT_EXPECT_NOT_NULL(test, all);
	expect_kept(test, 0, 0);
	carve_vfree(co, all);
}

/* In any context, where nobody must sleep to unmap */
static void atomic_allocation_gets_what_is_kept(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *all, *page;
	void *p = alloc(test, 64);

	if (!carve_window_exists(&co->vmap.window)) {
		carve_vfree(co, p);
		kunit_skip(test, "on this machine a task must unmap areas");
	}
	all = carve_testbed_take_pages(co);
	carve_vfree(co, p);
	expect_kept(test, 1, 64);
	page = carve_alloc_pages(co, GFP_ATOMIC | __GFP_NOWARN, 6);
	KUNIT_EXPECT_NOT_NULL(test, page);
	expect_kept(test, 0, 0);
	carve_free_pages(co, page, 6);
	carve_testbed_give_pages(co, all);
}

static void reused_area_is_zeroed_on_request(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = alloc(test, 4), *q;

	memset(p, 0xee, 4 * PAGE_SIZE);
	carve_vfree(co, p);
	q = carve_vzalloc(co, 4 * PAGE_SIZE);
	KUNIT_ASSERT_PTR_EQ(test, q, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(q, 0, 4 * PAGE_SIZE));
	carve_vfree(co, q);
}

static void zone_modifiers_are_not_served_from_kept_areas(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = alloc(test, 2), *q;

	carve_vfree(co, p);
	q = carve_vmap_alloc(&co->vmap, 2 * PAGE_SIZE, QUIET | __GFP_DMA,
			     _THIS_IP_);
	expect_kept(test, 1, 2);
	carve_vfree(co, q);
}

static void areas_freed_by_interrupts_are_kept(struct kunit *test)
{
	struct carveout *co = test->priv;

	carve_vfree_in_interrupt(co, alloc(test, 5));
	expect_kept(test, 1, 5);
	KUNIT_EXPECT_EQ(test, carve_testbed_areas(co).nr_areas, 0UL);
}

static void eager_unmaps_at_once(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p;

	carve_vmap_set_kept(&co->vmap, co->vmap.keep, true);
	p = alloc(test, 4);
	*(u64 *)p = 1;
	carve_vfree(co, p);
	KUNIT_EXPECT_FALSE(test, carve_testbed_readable(p));
	expect_kept(test, 0, 0);
	KUNIT_EXPECT_EQ(test, carve_testbed_areas(co).nr_gone, 0UL);
	/* From an interrupt, when a task has come to it */
	p = alloc(test, 4);
	carve_vfree_in_interrupt(co, p);
	carve_vmap_flush(&co->vmap);
	KUNIT_EXPECT_FALSE(test, carve_testbed_readable(p));
	KUNIT_EXPECT_EQ(test, carve_testbed_areas(co).nr_gone, 0UL);
}

/* Many times the addresses that there are, none of them kept */
static void addresses_come_back(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_testbed_collect(co), most = 0;
	struct carve_vmap_usage usage;
	int i;

	for (i = 0; i < 600; i++) {
		u8 *p = alloc(test, 9 + i % 5);

		p[0] = i;
		p[PAGE_SIZE * 9 - 1] = i;
		KUNIT_EXPECT_FALSE(test, carve_testbed_readable(p + (9 + i % 5) * PAGE_SIZE));
		carve_vfree(co, p);
		usage = carve_testbed_areas(co);
		most = max(most, usage.nr_gone);
	}
	/* Their records may not pile up */
	KUNIT_EXPECT_LT(test, most, 2 * CARVE_TESTBED_SIZE / PAGE_SIZE / 10);
	KUNIT_EXPECT_EQ(test, carve_testbed_collect(co), nr_free);
	KUNIT_EXPECT_EQ(test, carve_testbed_areas(co).nr_gone, 0UL);
}

/* Every other address taken: the largest gap is one page, and then all of it */
static void scattered_addresses_are_all_used(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_testbed_collect(co);
	unsigned int n = nr_free / 2, i;
	void **p = kunit_kcalloc(test, n, sizeof(*p), GFP_KERNEL), *large;

	KUNIT_ASSERT_NOT_NULL(test, p);
	for (i = 0; i < n; i++)
		p[i] = carve_vmap_alloc(&co->vmap, PAGE_SIZE, QUIET, _THIS_IP_);
	for (i = 0; i < n; i += 2)
		carve_vfree(co, p[i]);
	large = carve_vmap_alloc(&co->vmap, n / 3 * PAGE_SIZE, QUIET, _THIS_IP_);
	KUNIT_EXPECT_NOT_NULL(test, large);
	carve_vfree(co, large);
	for (i = 1; i < n; i += 2)
		carve_vfree(co, p[i]);
	KUNIT_EXPECT_EQ(test, carve_testbed_collect(co), nr_free);
}

/* Pages that the caller has */

#define NR_GIVEN 6

static void take_pages(struct kunit *test, struct carve_page **page)
{
	struct carveout *co = test->priv;
	int i;

	for (i = 0; i < NR_GIVEN; i++) {
		page[i] = carve_alloc_page(co, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
		memset(carve_page_address(co, page[i]), i, PAGE_SIZE);
	}
}

static void free_pages_given(struct kunit *test, struct carve_page **page)
{
	int i;

	for (i = 0; i < NR_GIVEN; i++)
		carve_free_page(test->priv, page[i]);
}

static void given_pages_are_mapped_in_their_order(struct kunit *test)
{
	struct carve_page *page[NR_GIVEN], *order[NR_GIVEN + 1];
	struct carveout *co = test->priv;
	u8 *p;
	int i;

	take_pages(test, page);
	for (i = 0; i < NR_GIVEN; i++)
		order[i] = page[NR_GIVEN - 1 - i];
	order[NR_GIVEN] = page[2];
	p = carve_vmap(co, order, ARRAY_SIZE(order));
	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(order, 0, sizeof(order));
	for (i = 0; i < NR_GIVEN; i++)
		KUNIT_EXPECT_EQ(test, p[i * PAGE_SIZE], NR_GIVEN - 1 - i);
	WRITE_ONCE(p[NR_GIVEN * PAGE_SIZE], 0x77);
	KUNIT_EXPECT_EQ(test, READ_ONCE(p[(NR_GIVEN - 3) * PAGE_SIZE]), 0x77);
	KUNIT_EXPECT_FALSE(test, carve_testbed_readable(p + (NR_GIVEN + 1) * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, carve_testbed_areas(co).nr_areas, 1UL);
	carve_testbed_check(test, co);
	carve_vunmap(co, p);
	/* With a flush */
	carve_vmap_shrink(&co->vmap);
	KUNIT_EXPECT_FALSE(test, carve_testbed_readable(p));
	KUNIT_EXPECT_EQ(test, carve_testbed_areas(co).nr_areas, 0UL);
	/* They are still there, with what was written through the mapping */
	KUNIT_EXPECT_EQ(test, *(u8 *)carve_page_address(co, page[2]), 0x77);
	free_pages_given(test, page);
}

static void pages_from_elsewhere_are_not_mapped(struct kunit *test)
{
	struct carve_page *page[NR_GIVEN], *foreign = NULL;
	struct carveout *co = test->priv;

	take_pages(test, page);
	KUNIT_EXPECT_NULL(test, carve_vmap(co, &foreign, 1));
	foreign = (void *)page[0] + 1;
	KUNIT_EXPECT_NULL(test, carve_vmap(co, &foreign, 1));
	KUNIT_EXPECT_NULL(test, carve_vmap(co, page, 0));
	KUNIT_EXPECT_NULL(test, carve_vmap(co, page, UINT_MAX));
	free_pages_given(test, page);
}

static void areas_and_mappings_are_told_apart(struct kunit *test)
{
	struct carve_page *page[NR_GIVEN];
	struct carveout *co = test->priv;
	void *area = alloc(test, 4), *mapping;
	long before = atomic_long_read(&co->pages.nr_bad_frees);

	take_pages(test, page);
	mapping = carve_vmap(co, page, NR_GIVEN);
	KUNIT_ASSERT_NOT_NULL(test, mapping);
	carve_vunmap(co, area);
	carve_vunmap(co, mapping + PAGE_SIZE);
	carve_vunmap(co, mapping + 1);
	carve_vfree(co, mapping);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_bad_frees),
			before + 4);
	KUNIT_EXPECT_TRUE(test, carve_testbed_readable(area));
	KUNIT_EXPECT_TRUE(test, carve_testbed_readable(mapping));
	carve_vunmap(co, NULL);
	carve_vunmap(co, mapping);
	carve_vunmap(co, mapping);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_bad_frees),
			before + 5);
	carve_vfree(co, area);
	free_pages_given(test, page);
}

static struct kunit_case kept_cases[] = {
	KUNIT_CASE(area_is_handed_out_again),
	KUNIT_CASE(area_serves_its_own_length_alone),
	KUNIT_CASE(kept_pages_stay_within_the_limit),
	KUNIT_CASE(full_magazine_spills_what_it_kept_longest),
	KUNIT_CASE(pressure_takes_kept_areas_down),
	KUNIT_CASE(atomic_allocation_gets_what_is_kept),
	KUNIT_CASE(reused_area_is_zeroed_on_request),
	KUNIT_CASE(zone_modifiers_are_not_served_from_kept_areas),
	KUNIT_CASE(areas_freed_by_interrupts_are_kept),
	KUNIT_CASE(eager_unmaps_at_once),
	KUNIT_CASE(addresses_come_back),
	KUNIT_CASE(scattered_addresses_are_all_used),
	KUNIT_CASE(given_pages_are_mapped_in_their_order),
	KUNIT_CASE(pages_from_elsewhere_are_not_mapped),
	KUNIT_CASE(areas_and_mappings_are_told_apart),
	{ }
};

static struct kunit_suite kept_suite = {
	.name = "carveout_kept",
	.init = kept_init,
	.exit = carve_testbed_exit,
	.test_cases = kept_cases,
};

kunit_test_suites(&kept_suite);
