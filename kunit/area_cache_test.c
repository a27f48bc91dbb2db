// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the area cache: which areas are cached, how many, and when they are
 * unmapped; of lazy areas and the reuse of their addresses; and of VM_MAP
 * mappings.
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "kunit/interrupt.h"
#include "page/pages.h"
#include "page/request.h"
#include "percpu/magazine.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)

static int area_cache_init(struct kunit *test)
{
	int ret = carve_fixture_init(test);
	struct carveout *co = test->priv;

	if (ret)
		return ret;
	carve_fixture_needs_magazines(test, carve_area_cache_class(&co->vmap.cache, 64));
	return 0;
}

static void *alloc(struct kunit *test, unsigned int nr_pages)
{
	void *p = carve_vmalloc(test->priv, nr_pages * PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static void expect_cached(struct kunit *test, unsigned long nr,
			  unsigned long nr_pages)
{
	struct carve_vmap_usage usage = carve_fixture_areas(test->priv);

	KUNIT_EXPECT_EQ(test, usage.nr_cached, nr);
	KUNIT_EXPECT_EQ(test, usage.nr_cached_pages, nr_pages);
}

static void cached_area_is_reused(struct kunit *test)
{
	static const unsigned int nr_pages[] = { 1, 2, 3, 7, 8, 16, 32, 64 };
	struct carveout *co = test->priv;
	void *p;
	int i;

	for (i = 0; i < ARRAY_SIZE(nr_pages); i++) {
		p = alloc(test, nr_pages[i]);
		expect_cached(test, 0, 0);
		carve_vfree(co, p);
		expect_cached(test, 1, nr_pages[i]);
		KUNIT_EXPECT_PTR_EQ(test, alloc(test, nr_pages[i]), p);
		carve_vfree(co, p);
		KUNIT_EXPECT_EQ(test, carve_vmap_shrink(&co->vmap),
				nr_pages[i]);
		KUNIT_EXPECT_FALSE(test, carve_fixture_readable(p));
	}
}

static void cached_area_serves_only_its_own_length(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = alloc(test, 8), *q;

	carve_vfree(co, p);
	q = alloc(test, 7);
	expect_cached(test, 1, 8);
	carve_vfree(co, q);
	expect_cached(test, 2, 15);
	/* Between the lengths that are cached */
	q = alloc(test, 9);
	carve_vfree(co, q);
	expect_cached(test, 2, 15);
}

static void area_cache_stays_within_its_limit(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p[6];
	int i;

	carve_vmap_set_cache_limit(&co->vmap, 3, false);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = alloc(test, 1);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_vfree(co, p[i]);
	expect_cached(test, 3, 3);
	carve_vmap_set_cache_limit(&co->vmap, 0, false);
	expect_cached(test, 0, 0);
	carve_vfree(co, alloc(test, 1));
	expect_cached(test, 0, 0);
}

/* Of @n areas freed in a row, the number that a magazine and its depot hold */
static unsigned long held_of(const struct carve_magazines *ms, unsigned long n)
{
	unsigned long limit = carve_magazine_limit(ms->cpu[raw_smp_processor_id()]);
	unsigned long depot = ms->batch * (num_possible_cpus() + 1);
	unsigned long magazine = limit - ms->batch + 1 + (n - limit - 1) % ms->batch;

	return min(n, magazine + depot);
}

static void full_magazine_spills_its_oldest_areas(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_vmap_usage usage;
	void *p[100];
	int i;

	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = alloc(test, 1);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_vfree(co, p[i]);
	carve_vmap_flush(&co->vmap);
	usage = carve_fixture_areas(co);
	KUNIT_EXPECT_EQ(test, usage.nr_cached,
			held_of(&carve_area_cache_class(&co->vmap.cache, 1)->magazines,
				ARRAY_SIZE(p)));
	KUNIT_EXPECT_EQ(test, usage.nr_cached,
			atomic_long_read(&co->vmap.cache.nr_pages));
	KUNIT_EXPECT_PTR_EQ(test, alloc(test, 1), p[99]);
	carve_vfree(co, p[99]);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
	expect_cached(test, 0, 0);
}

static void memory_pressure_unmaps_cached_areas(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	void *p[4], *all;
	int i;

	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = alloc(test, 32);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_vfree(co, p[i]);
	expect_cached(test, 4, 128);
	/* Unmapping them makes room, so no request fails */
	all = carve_vmap_alloc(&co->vmap, (nr_free - 20) << PAGE_SHIFT, QUIET,
			       _THIS_IP_);
	KUNIT_EXPECT_NOT_NULL(test, all);
	expect_cached(test, 0, 0);
	carve_vfree(co, all);
}

/* In any context, if unmapping doesn't sleep */
static void atomic_allocation_reclaims_cached_areas(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *all, *page;
	void *p;

	/* Without a window only a task can unmap areas */
	carve_fixture_needs_window(test);
	p = alloc(test, 64);
	all = carve_fixture_take_pages(co);
	carve_vfree(co, p);
	expect_cached(test, 1, 64);
	page = carve_alloc_pages(co, GFP_ATOMIC | __GFP_NOWARN, 6);
	KUNIT_EXPECT_NOT_NULL(test, page);
	expect_cached(test, 0, 0);
	carve_free_pages(co, page, 6);
	carve_fixture_give_pages(co, all);
}

static void atomic_allocation_unmaps_a_bounded_number_of_pages(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long before, after;
	void *p[17];
	int i;

	carve_fixture_needs_window(test);
	carve_vmap_set_cache_limit(&co->vmap, co->pages.nr_pages, false);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = alloc(test, i < 4 ? 16 : 64);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_vfree(co, p[i]);
	before = carve_fixture_areas(co).nr_cached_pages;
	KUNIT_EXPECT_GT(test, before, CARVE_ATOMIC_BUDGET + 64UL);
	/* The whole carveout can't be allocated as one block */
	KUNIT_EXPECT_NULL(test, carve_alloc_pages(co, GFP_ATOMIC | __GFP_NOWARN,
						  carve_pages_max_order(&co->pages)));
	after = carve_fixture_areas(co).nr_cached_pages;
	KUNIT_EXPECT_LT(test, after, before);
	KUNIT_EXPECT_GE(test, after, before - CARVE_ATOMIC_BUDGET);
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

static void zone_modifiers_bypass_the_area_cache(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = alloc(test, 2), *q;

	carve_vfree(co, p);
	q = carve_vmap_alloc(&co->vmap, 2 * PAGE_SIZE, QUIET | __GFP_DMA,
			     _THIS_IP_);
	expect_cached(test, 1, 2);
	carve_vfree(co, q);
}

static void areas_freed_in_interrupts_are_cached(struct kunit *test)
{
	struct carveout *co = test->priv;

	carve_vfree_in_interrupt(co, alloc(test, 5));
	expect_cached(test, 1, 5);
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_areas, 0UL);
}

static void eager_mode_unmaps_at_once(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p;

	carve_vmap_set_cache_limit(&co->vmap, co->vmap.keep, true);
	p = alloc(test, 4);
	*(u64 *)p = 1;
	carve_vfree(co, p);
	KUNIT_EXPECT_FALSE(test, carve_fixture_readable(p));
	expect_cached(test, 0, 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_lazy, 0UL);
	/* Areas freed in an interrupt are unmapped by deferred work */
	p = alloc(test, 4);
	carve_vfree_in_interrupt(co, p);
	carve_vmap_flush(&co->vmap);
	KUNIT_EXPECT_FALSE(test, carve_fixture_readable(p));
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_lazy, 0UL);
}

/* Many times the available address space, with none of the areas cached */
static void freed_addresses_are_reused(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co), most = 0;
	struct carve_vmap_usage usage;
	int i;

	for (i = 0; i < 600; i++) {
		u8 *p = alloc(test, 9 + i % 5);

		p[0] = i;
		p[PAGE_SIZE * 9 - 1] = i;
		KUNIT_EXPECT_FALSE(test, carve_fixture_readable(p + (9 + i % 5) * PAGE_SIZE));
		carve_vfree(co, p);
		usage = carve_fixture_areas(co);
		most = max(most, usage.nr_lazy);
	}
	/* Metadata of lazy areas must not pile up */
	KUNIT_EXPECT_LT(test, most, 2 * CARVE_FIXTURE_SIZE / PAGE_SIZE / 10);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_lazy, 0UL);
}

/* Every other address is taken: the largest gap is one page, then everything */
static void scattered_free_addresses_are_used(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
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
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

/* VM_MAP: pages of the caller */

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

static void free_vmap_pages(struct kunit *test, struct carve_page **page)
{
	int i;

	for (i = 0; i < NR_GIVEN; i++)
		carve_free_page(test->priv, page[i]);
}

static void vmap_maps_pages_in_the_order_of_the_array(struct kunit *test)
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
	KUNIT_EXPECT_FALSE(test, carve_fixture_readable(p + (NR_GIVEN + 1) * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_areas, 1UL);
	carve_fixture_check(test, co);
	carve_vunmap(co, p);
	/* With a TLB flush */
	carve_vmap_shrink(&co->vmap);
	KUNIT_EXPECT_FALSE(test, carve_fixture_readable(p));
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_areas, 0UL);
	/* The pages are still allocated and hold the data written through the mapping */
	KUNIT_EXPECT_EQ(test, *(u8 *)carve_page_address(co, page[2]), 0x77);
	free_vmap_pages(test, page);
}

static void vmap_refuses_foreign_pages(struct kunit *test)
{
	struct carve_page *page[NR_GIVEN], *foreign = NULL;
	struct carveout *co = test->priv;

	take_pages(test, page);
	KUNIT_EXPECT_NULL(test, carve_vmap(co, &foreign, 1));
	foreign = (void *)page[0] + 1;
	KUNIT_EXPECT_NULL(test, carve_vmap(co, &foreign, 1));
	KUNIT_EXPECT_NULL(test, carve_vmap(co, page, 0));
	KUNIT_EXPECT_NULL(test, carve_vmap(co, page, UINT_MAX));
	free_vmap_pages(test, page);
}

static void vfree_and_vunmap_refuse_each_others_areas(struct kunit *test)
{
	struct carve_page *page[NR_GIVEN];
	struct carveout *co = test->priv;
	void *area = alloc(test, 4), *mapping;
	long before = carve_fixture_nr_bad_frees(co);

	take_pages(test, page);
	mapping = carve_vmap(co, page, NR_GIVEN);
	KUNIT_ASSERT_NOT_NULL(test, mapping);
	carve_vunmap(co, area);
	carve_vunmap(co, mapping + PAGE_SIZE);
	carve_vunmap(co, mapping + 1);
	carve_vfree(co, mapping);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co),
			before + 4);
	KUNIT_EXPECT_TRUE(test, carve_fixture_readable(area));
	KUNIT_EXPECT_TRUE(test, carve_fixture_readable(mapping));
	carve_vunmap(co, NULL);
	carve_vunmap(co, mapping);
	carve_vunmap(co, mapping);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co),
			before + 5);
	carve_vfree(co, area);
	free_vmap_pages(test, page);
}

static struct kunit_case area_cache_cases[] = {
	KUNIT_CASE(cached_area_is_reused),
	KUNIT_CASE(cached_area_serves_only_its_own_length),
	KUNIT_CASE(area_cache_stays_within_its_limit),
	KUNIT_CASE(full_magazine_spills_its_oldest_areas),
	KUNIT_CASE(memory_pressure_unmaps_cached_areas),
	KUNIT_CASE(atomic_allocation_reclaims_cached_areas),
	KUNIT_CASE(atomic_allocation_unmaps_a_bounded_number_of_pages),
	KUNIT_CASE(reused_area_is_zeroed_on_request),
	KUNIT_CASE(zone_modifiers_bypass_the_area_cache),
	KUNIT_CASE(areas_freed_in_interrupts_are_cached),
	KUNIT_CASE(eager_mode_unmaps_at_once),
	KUNIT_CASE(freed_addresses_are_reused),
	KUNIT_CASE(scattered_free_addresses_are_used),
	KUNIT_CASE(vmap_maps_pages_in_the_order_of_the_array),
	KUNIT_CASE(vmap_refuses_foreign_pages),
	KUNIT_CASE(vfree_and_vunmap_refuse_each_others_areas),
	{ }
};

static struct kunit_suite area_cache_suite = {
	.name = "carveout_area_cache",
	.init = area_cache_init,
	.exit = carve_fixture_exit,
	.test_cases = area_cache_cases,
};

kunit_test_suites(&area_cache_suite);
