// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of pages that modules built with carveout_native.h share with the
 * kernel. Calls of get_page() and put_page() stand for the kernel's references.
 */
#include <linux/mm.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "core/instance.h"
#include "core/native.h"
#include "kunit/fixture.h"

static struct page *get_pages(struct kunit *test, gfp_t gfp, unsigned int order)
{
	struct page *page;

	carve_native_guard(test->priv);
	page = carve_native_pages_alloc(test->priv, gfp, order);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, carve_native_page_refs(page), 1);
	return page;
}

static struct page *get_block(struct kunit *test, unsigned int order)
{
	return get_pages(test, GFP_KERNEL, order);
}

static struct page *get_compound(struct kunit *test, unsigned int order)
{
	return get_pages(test, GFP_KERNEL | __GFP_COMP, order);
}

static void put(struct kunit *test, struct page *page)
{
	carve_native_pages_put(test->priv, carve_native_page(test->priv, page),
			       page);
}

static bool in_use(struct kunit *test, const struct page *page)
{
	return carve_native_page(test->priv, page)->state == CARVE_PAGE_USED;
}

static void last_reference_frees_the_page(struct kunit *test)
{
	struct page *page = get_block(test, 0);

	get_page(page);
	KUNIT_EXPECT_EQ(test, carve_native_page_refs(page), 2);
	put(test, page);
	KUNIT_EXPECT_TRUE(test, in_use(test, page));
	put(test, page);
	KUNIT_EXPECT_FALSE(test, in_use(test, page));
	KUNIT_EXPECT_EQ(test, carve_native_collect(test->priv), 0UL);
}

static void kernel_may_drop_the_last_reference(struct kunit *test)
{
	struct page *page = get_block(test, 0);

	get_page(page);
	put(test, page);
	KUNIT_EXPECT_EQ(test, carve_native_collect(test->priv), 0UL);
	put_page(page);
	KUNIT_EXPECT_TRUE(test, in_use(test, page));
	KUNIT_EXPECT_EQ(test, carve_native_collect(test->priv), 1UL);
	KUNIT_EXPECT_FALSE(test, in_use(test, page));
	KUNIT_EXPECT_EQ(test, carve_native_collect(test->priv), 0UL);
}

/* Like a driver's pages that were sent in socket buffers */
static void memory_pressure_reclaims_pages_the_kernel_dropped(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *page;
	unsigned long nr = 0;

	carve_native_guard(co);
	while ((page = carve_alloc_page(co, GFP_NOWAIT | __GFP_NOWARN))) {
		nr++;
		put_page(pfn_to_page(PHYS_PFN(carve_page_to_phys(co, page))));
	}
	KUNIT_EXPECT_GT(test, nr, 100UL);
	page = carve_alloc_page(co, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, page);
	carve_free_page(co, page);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 0UL);
}

static void block_waits_for_references_to_its_tails(struct kunit *test)
{
	struct page *page = get_block(test, 2);
	struct page *tail = page + 3;

	get_page(tail);
	put(test, page);
	KUNIT_EXPECT_TRUE(test, in_use(test, page));
	KUNIT_EXPECT_EQ(test, carve_native_collect(test->priv), 0UL);
	put_page(tail);
	KUNIT_EXPECT_EQ(test, carve_native_collect(test->priv), 4UL);
	KUNIT_EXPECT_FALSE(test, in_use(test, page));
}

static void expect_compound(struct kunit *test, struct page *page,
			    unsigned int order)
{
	unsigned long i;

	KUNIT_EXPECT_TRUE(test, PageHead(page));
	KUNIT_EXPECT_TRUE(test, folio_test_large(page_folio(page)));
	KUNIT_EXPECT_EQ(test, compound_order(page), order);
	KUNIT_EXPECT_EQ(test, page_size(page), PAGE_SIZE << order);
	KUNIT_EXPECT_EQ(test, (unsigned long)folio_nr_pages(page_folio(page)),
			BIT(order));
	for (i = 1; i < BIT(order); i++) {
		KUNIT_EXPECT_TRUE(test, PageTail(page + i));
		KUNIT_EXPECT_PTR_EQ(test, compound_head(page + i), page);
		KUNIT_EXPECT_EQ(test, page_ref_count(page + i), 0);
	}
}

static void expect_single_pages(struct kunit *test, struct page *page,
				unsigned int order)
{
	unsigned long i;

	for (i = 0; i < BIT(order); i++) {
		KUNIT_EXPECT_FALSE(test, PageCompound(page + i));
		KUNIT_EXPECT_EQ(test, page_ref_count(page + i), 2);
		KUNIT_EXPECT_EQ(test, page_private(page + i), 0UL);
		KUNIT_EXPECT_NULL(test, page[i].mapping);
	}
}

static void blocks_are_compound_pages_if_asked_for(struct kunit *test)
{
	unsigned int order;
	struct page *page;

	for (order = 1; order <= 4; order++) {
		page = get_compound(test, order);
		expect_compound(test, page, order);
		put(test, page);
		KUNIT_EXPECT_FALSE(test, in_use(test, page));
		expect_single_pages(test, page, order);
	}
	page = get_block(test, 3);
	expect_single_pages(test, page, 3);
	put(test, page);
	page = get_compound(test, 0);
	expect_single_pages(test, page, 0);
	put(test, page);
}

/* The last page of the zone may be a tail */
static void programs_can_open_a_carveout_with_compound_pages(struct kunit *test)
{
	struct page *first = get_compound(test, 4), *page = first;
	struct carveout *co = test->priv;

	do {
		struct page **next = page_address(page);

		page = carve_native_pages_alloc(co, GFP_KERNEL | __GFP_COMP | __GFP_NOWARN, 4);
		*next = page;
	} while (page);
	KUNIT_EXPECT_TRUE(test, carve_user_possible(&co->user));
	while (first) {
		page = *(struct page **)page_address(first);
		put(test, first);
		first = page;
	}
}

static void references_to_tails_count_in_the_head(struct kunit *test)
{
	struct page *page = get_compound(test, 2);
	struct page *tail = page + 3;

	get_page(tail);
	KUNIT_EXPECT_EQ(test, carve_native_page_refs(page), 2);
	KUNIT_EXPECT_EQ(test, carve_native_page_refs(tail), 2);
	put(test, tail);
	KUNIT_EXPECT_TRUE(test, in_use(test, page));
	put(test, tail);
	KUNIT_EXPECT_FALSE(test, in_use(test, page));
	expect_single_pages(test, page, 2);
}

static void kernel_may_put_a_compound_page_last(struct kunit *test)
{
	struct page *page = get_compound(test, 3);

	get_page(page + 5);
	put(test, page);
	KUNIT_EXPECT_EQ(test, carve_native_collect(test->priv), 0UL);
	expect_compound(test, page, 3);
	folio_put(page_folio(page));
	KUNIT_EXPECT_EQ(test, carve_native_collect(test->priv), 8UL);
	KUNIT_EXPECT_FALSE(test, in_use(test, page));
	expect_single_pages(test, page, 3);
}

/* mm/'s __free_pages() also frees the tails of a block that isn't compound */
static void kernel_may_free_a_compound_page(struct kunit *test)
{
	struct page *page = get_compound(test, 2);

	__free_pages(page, 2);
	KUNIT_EXPECT_EQ(test, carve_native_collect(test->priv), 4UL);
	expect_single_pages(test, page, 2);
	KUNIT_EXPECT_EQ(test, carve_native_collect(test->priv), 0UL);
}

/* As by a scan of page frame numbers, such as compaction's */
static void pages_with_foreign_references_are_passed_over(struct kunit *test)
{
	struct page *page = get_compound(test, 2), *other;

	put(test, page);
	KUNIT_ASSERT_TRUE(test, get_page_unless_zero(page + 1));
	other = get_compound(test, 2);
	KUNIT_EXPECT_PTR_NE(test, other, page);
	expect_compound(test, other, 2);
	put(test, other);
	put_page(page + 1);
	expect_single_pages(test, page, 2);
	expect_single_pages(test, other, 2);
}

static void unbalanced_put_of_a_compound_page_frees_once(struct kunit *test)
{
	struct page *page = get_compound(test, 1);

	put_page(page);
	put(test, page);
	KUNIT_EXPECT_FALSE(test, in_use(test, page));
	expect_single_pages(test, page, 1);
	KUNIT_EXPECT_EQ(test, carve_native_collect(test->priv), 0UL);
}

static void unbalanced_put_frees_once(struct kunit *test)
{
	struct page *page = get_block(test, 0);

	put_page(page);
	put(test, page);
	KUNIT_EXPECT_FALSE(test, in_use(test, page));
	KUNIT_EXPECT_EQ(test, carve_native_collect(test->priv), 0UL);
}

/* On older kernels, kfree() of an address in no kernel slab ends in put_page() */
static void objects_survive_the_kernels_kfree(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *object, *other;

	carve_native_guard(co);
	object = carve_kmalloc(co, 100, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	put_page(virt_to_page(object));
	other = carve_kmalloc(co, 100, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, other);
	KUNIT_EXPECT_EQ(test, carve_native_collect(co), 0UL);
	KUNIT_EXPECT_EQ(test, carve_native_page_refs(virt_to_page(object)), 1);
	carve_kfree(co, other);
	carve_kfree(co, object);
}

static void guards_are_dropped_with_the_carveout(struct kunit *test)
{
	struct carveout *co = carve_fixture_create("guarded",
						   CARVE_FIXTURE_SIZE);
	struct page *first;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	first = pfn_to_page(co->region[0].start_pfn);
	KUNIT_EXPECT_EQ(test, page_count(first), 1);
	carve_native_guard(co);
	carve_native_guard(co);
	KUNIT_EXPECT_EQ(test, page_count(first), 2);
	carve_native_unguard(co);
	KUNIT_EXPECT_EQ(test, page_count(first), 1);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

/* Removing a carveout and adding page guards to it exclude each other */
static void guards_and_removal_exclude_each_other(struct kunit *test)
{
	struct carveout *co = carve_fixture_create("forbidden",
						   CARVE_FIXTURE_SIZE);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	KUNIT_EXPECT_TRUE(test, carve_native_forbid(co));
	KUNIT_EXPECT_FALSE(test, carve_native_guard(co));
	KUNIT_EXPECT_FALSE(test, co->pinned);
	KUNIT_EXPECT_EQ(test, page_count(pfn_to_page(co->region[0].start_pfn)), 1);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);

	KUNIT_EXPECT_TRUE(test, carve_native_guard(test->priv));
	KUNIT_EXPECT_FALSE(test, carve_native_forbid(test->priv));
	KUNIT_EXPECT_TRUE(test, carve_native_guard(test->priv));
}

/* Pages of user space have one reference more while idle */
static void idle_check_accounts_for_page_guards(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object;
	struct page *page;

	carve_native_guard(co);
	object = carve_object_open(&co->user, NULL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	page = carve_object_get_page(object, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
	KUNIT_EXPECT_EQ(test, carve_object_sweep(object, 0, 1), 0UL);
	put_page(page);
	KUNIT_EXPECT_EQ(test, carve_object_sweep(object, 0, 1), 1UL);
	carve_object_close(object);
}

static struct kunit_case native_cases[] = {
	KUNIT_CASE(last_reference_frees_the_page),
	KUNIT_CASE(kernel_may_drop_the_last_reference),
	KUNIT_CASE(memory_pressure_reclaims_pages_the_kernel_dropped),
	KUNIT_CASE(block_waits_for_references_to_its_tails),
	KUNIT_CASE(blocks_are_compound_pages_if_asked_for),
	KUNIT_CASE(programs_can_open_a_carveout_with_compound_pages),
	KUNIT_CASE(references_to_tails_count_in_the_head),
	KUNIT_CASE(kernel_may_put_a_compound_page_last),
	KUNIT_CASE(kernel_may_free_a_compound_page),
	KUNIT_CASE(pages_with_foreign_references_are_passed_over),
	KUNIT_CASE(unbalanced_put_of_a_compound_page_frees_once),
	KUNIT_CASE(unbalanced_put_frees_once),
	KUNIT_CASE(objects_survive_the_kernels_kfree),
	KUNIT_CASE(guards_are_dropped_with_the_carveout),
	KUNIT_CASE(guards_and_removal_exclude_each_other),
	KUNIT_CASE(idle_check_accounts_for_page_guards),
	{ }
};

static struct kunit_suite native_suite = {
	.name = "carveout_native",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = native_cases,
};

kunit_test_suites(&native_suite);
