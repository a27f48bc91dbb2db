// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the page allocator through its exported functions. Each case stays on
 * its CPU, so that the pages it freed are in the pcp lists it allocates from,
 * and checks at its end that every page has been freed.
 */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "kunit/fixture.h"
#include "page/pages.h"
#include "page/reclaim.h"

#define FIXTURE_PAGES (CARVE_FIXTURE_SIZE / PAGE_SIZE)
#define QUIETLY (GFP_KERNEL | __GFP_NOWARN)
#define QUICKLY (GFP_ATOMIC | __GFP_NOWARN)
#define DIRT 0xa5

static struct carve_zone *zone_of(struct carveout *co)
{
	return &co->pages.zone[0];
}

static unsigned int max_order(struct carveout *co)
{
	return zone_of(co)->buddy.max_order;
}

/* Number of free blocks of each order in the buddy system */
struct census {
	u32 nr[CARVE_NR_ORDERS];
};

static struct census take_census(struct carveout *co)
{
	struct census census;
	unsigned int order;

	for (order = 0; order < CARVE_NR_ORDERS; order++)
		census.nr[order] = carve_buddy_nr_blocks(&zone_of(co)->buddy, order);
	return census;
}

/* All pages are free, and merged as after the carveout was created */
static void expect_all_back(struct kunit *test, const struct census *before)
{
	struct carveout *co = test->priv;
	struct census now;
	unsigned int order;

	carve_pages_drain(&co->pages);
	now = take_census(co);
	KUNIT_EXPECT_EQ(test, carve_zone_nr_free(zone_of(co)),
			zone_of(co)->nr_managed);
	for (order = 0; order <= max_order(co); order++)
		KUNIT_EXPECT_EQ_MSG(test, now.nr[order], before->nr[order],
				    "blocks of order %u", order);
}

/* Single pages or blocks, in an array that holds the whole carveout */

static struct carve_page **make_array(struct kunit *test)
{
	struct carve_page **pages = kunit_kcalloc(test, FIXTURE_PAGES,
						  sizeof(*pages), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, pages);
	return pages;
}

static unsigned int fill(struct carveout *co, struct carve_page **pages,
			 unsigned int nr, gfp_t gfp, unsigned int order)
{
	while (nr < FIXTURE_PAGES) {
		pages[nr] = carve_alloc_pages(co, gfp, order);
		if (!pages[nr])
			break;
		nr++;
	}
	return nr;
}

static void empty(struct carveout *co, struct carve_page **pages,
		  unsigned int nr, unsigned int order)
{
	while (nr--)
		carve_free_pages(co, pages[nr], order);
}

/* Dirty all free pages, so that a page that isn't zeroed shows it */
static void make_all_dirty(struct kunit *test, struct carveout *co)
{
	struct carve_page **pages = make_array(test);
	unsigned int i, nr = fill(co, pages, 0, QUIETLY, 0);

	for (i = 0; i < nr; i++)
		memset(carve_page_address(co, pages[i]), DIRT, PAGE_SIZE);
	empty(co, pages, nr, 0);
}

/* The exported functions */

static void expect_block(struct kunit *test, struct carveout *co,
			 struct carve_page *page, unsigned int order)
{
	const size_t size = PAGE_SIZE << order;
	phys_addr_t phys = carve_page_to_phys(co, page);
	void *addr = carve_page_address(co, page);

	KUNIT_EXPECT_TRUE_MSG(test, IS_ALIGNED(phys, size), "order %u", order);
	KUNIT_EXPECT_EQ(test, phys - carve_region_phys(&co->region[0]),
			addr - co->region[0].virt);
	KUNIT_EXPECT_GE(test, phys, carve_region_phys(&co->region[0]));
	KUNIT_EXPECT_LE(test, phys + size, carve_region_phys(&co->region[0]) +
			carve_region_bytes(&co->region[0]));
	KUNIT_EXPECT_EQ(test, page_to_pfn(carve_page_to_page(co, page)),
			PHYS_PFN(phys));
	KUNIT_EXPECT_PTR_EQ(test, carve_virt_to_page(co, addr), page);
	KUNIT_EXPECT_PTR_EQ(test, carve_virt_to_page(co, addr + size - 1),
			    page + BIT(order) - 1);
	memset(addr, DIRT, size);
}

static void block_of_each_order_is_aligned_to_its_size(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct census before = take_census(co);
	unsigned long nr_free = carve_fixture_nr_free(co);
	unsigned int order;

	for (order = 0; order <= max_order(co); order++) {
		struct carve_page *page = carve_alloc_pages(co, QUIETLY, order);

		/* Metadata may occupy the only block of this order */
		if (!page) {
			KUNIT_EXPECT_EQ(test, order, max_order(co));
			continue;
		}
		expect_block(test, co, page, order);
		KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co),
				nr_free - BIT(order));
		carve_free_pages(co, page, order);
		KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), nr_free);
	}
	expect_all_back(test, &before);
}

/* Memory hidden from the kernel at boot has none */
static void only_managed_memory_has_struct_pages(struct kunit *test)
{
	struct carveout *co = test->priv;
	const struct carve_region_source *before = co->region[0].source;
	struct carve_page *page = carve_alloc_pages(co, GFP_KERNEL, 2);
	struct carve_region_source hidden = *before;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_PTR_EQ(test, carve_page_to_page(co, page + 3),
			    carve_page_to_page(co, page) + 3);
	KUNIT_EXPECT_PTR_EQ(test, page_address(carve_page_to_page(co, page)),
			    carve_page_address(co, page));
	hidden.managed = false;
	co->region[0].source = &hidden;
	KUNIT_EXPECT_NULL(test, carve_page_to_page(co, page));
	co->region[0].source = before;
	carve_free_pages(co, page, 2);
}

static void impossible_order_returns_null(struct kunit *test)
{
	static const gfp_t flags[] = { QUIETLY, QUICKLY, QUIETLY | __GFP_ZERO };
	struct carveout *co = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		gfp_t gfp = flags[i];

		KUNIT_EXPECT_NULL(test, carve_alloc_pages(co, gfp,
							  max_order(co) + 1));
		KUNIT_EXPECT_NULL(test, carve_alloc_pages(co, gfp,
							  CARVE_NR_ORDERS));
		KUNIT_EXPECT_NULL(test, carve_alloc_pages(co, gfp, 64));
		KUNIT_EXPECT_NULL(test, carve_alloc_pages(co, gfp, UINT_MAX));
		KUNIT_EXPECT_EQ(test, carve_get_free_pages(co, gfp, 52), 0);
	}
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_failed),
			5 * ARRAY_SIZE(flags));
}

static void zeroed_pages_are_zero(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned int order;
	void *addr;

	make_all_dirty(test, co);
	for (order = 0; order < max_order(co); order++) {
		addr = (void *)carve_get_free_pages(co, QUIETLY | __GFP_ZERO,
						    order);
		KUNIT_ASSERT_NOT_NULL(test, addr);
		KUNIT_EXPECT_NULL_MSG(test,
				      memchr_inv(addr, 0, PAGE_SIZE << order),
				      "order %u", order);
		memset(addr, DIRT, PAGE_SIZE << order);
		carve_free_pages_addr(co, (unsigned long)addr, order);
	}
	addr = (void *)carve_get_zeroed_page(co, QUIETLY);
	KUNIT_ASSERT_NOT_NULL(test, addr);
	KUNIT_EXPECT_NULL(test, memchr_inv(addr, 0, PAGE_SIZE));
	carve_free_pages_addr(co, (unsigned long)addr, 0);

	addr = carve_alloc_pages_exact(co, 5 * PAGE_SIZE, QUIETLY | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, addr);
	KUNIT_EXPECT_NULL(test, memchr_inv(addr, 0, 5 * PAGE_SIZE));
	carve_free_pages_exact(co, addr, 5 * PAGE_SIZE);
}

struct exact {
	const char *name;
	size_t size;
	unsigned long nr_pages;
};

static const struct exact exacts[] = {
	{ "a byte", 1, 1 },
	{ "a page", PAGE_SIZE, 1 },
	{ "a page and a byte", PAGE_SIZE + 1, 2 },
	{ "three pages", 3 * PAGE_SIZE, 3 },
	{ "five pages less a byte", 5 * PAGE_SIZE - 1, 5 },
	{ "eight pages", 8 * PAGE_SIZE, 8 },
	{ "257 pages", 257 * PAGE_SIZE, 257 },
};

static void exact_allocation_uses_only_the_needed_pages(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct census before = take_census(co);
	unsigned long nr_free = carve_fixture_nr_free(co);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(exacts); i++) {
		const struct exact *exact = &exacts[i];
		void *p = carve_alloc_pages_exact(co, exact->size, QUIETLY);

		KUNIT_ASSERT_NOT_NULL_MSG(test, p, "%s", exact->name);
		memset(p, DIRT, exact->nr_pages * PAGE_SIZE);
		KUNIT_EXPECT_EQ_MSG(test, carve_fixture_nr_free(co),
				    nr_free - exact->nr_pages, "%s",
				    exact->name);
		carve_fixture_check(test, co);
		carve_free_pages_exact(co, p, exact->size);
		KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), nr_free);
	}
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	expect_all_back(test, &before);
}

static void exact_allocation_of_invalid_size_returns_null(struct kunit *test)
{
	static const size_t sizes[] = {
		0, CARVE_FIXTURE_SIZE, CARVE_FIXTURE_SIZE + 1,
		LONG_MAX, ULONG_MAX - PAGE_SIZE, ULONG_MAX,
	};
	struct carveout *co = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_NULL_MSG(test,
				      carve_alloc_pages_exact(co, sizes[i],
							      QUIETLY),
				      "%zu bytes", sizes[i]);
}

/* The pages of a split block are freed separately, in any order */
static void split_block_is_freed_page_by_page(struct kunit *test)
{
	static const unsigned int shuffled[] = { 3, 0, 6, 7, 1, 5, 2, 4 };
	struct carveout *co = test->priv;
	struct census before = take_census(co);
	struct carve_page *page = carve_alloc_pages(co, QUIETLY, 3);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	carve_split_page(co, page, 3);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 8);
	/* The block no longer exists as one */
	carve_free_pages(co, page, 3);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1);
	for (i = 0; i < ARRAY_SIZE(shuffled); i++)
		carve_free_page(co, page + shuffled[i]);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1);
	expect_all_back(test, &before);
}

static unsigned int largest_free_order(struct carveout *co)
{
	return fls_long(carve_buddy_orders(&zone_of(co)->buddy)) - 1;
}

/* In mm/ the largest block is of order 10 */
static void block_above_order_ten_works_as_any_other(struct kunit *test)
{
	struct carveout *co = carve_fixture_create("large", SZ_32M);
	unsigned long i, nr_free, exact;
	struct carve_page *page;
	unsigned int order;
	void *p;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	nr_free = carve_fixture_nr_free(co);
	order = largest_free_order(co);
	KUNIT_EXPECT_GT(test, order, 10);
	KUNIT_EXPECT_LE(test, order, carve_pages_max_order(&co->pages));

	page = carve_alloc_pages(co, QUIETLY, order);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(carve_page_to_phys(co, page),
					   PAGE_SIZE << order));
	carve_split_page(co, page, order);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), BIT(order));
	for (i = 0; i < BIT(order); i++)
		carve_free_page(co, page + i);
	carve_pages_drain(&co->pages);
	KUNIT_EXPECT_EQ(test, largest_free_order(co), order);

	/* A size that is not a power of two */
	exact = (BIT(order) - 3) * PAGE_SIZE;
	p = carve_alloc_pages_exact(co, exact, QUIETLY);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co),
			nr_free - BIT(order) + 3);
	carve_free_pages_exact(co, p, exact);
	carve_fixture_check(test, co);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
	KUNIT_EXPECT_EQ(test, largest_free_order(co), order);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

/* Cold frees */

static void cold_free_bypasses_the_pcp(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *hot = carve_alloc_page(co, QUIETLY);
	struct carve_page *cold = carve_alloc_page(co, QUIETLY);
	unsigned long in_pcp;

	KUNIT_ASSERT_NOT_NULL(test, hot);
	KUNIT_ASSERT_NOT_NULL(test, cold);
	carve_free_page(co, hot);
	in_pcp = carve_zone_nr_pcp(zone_of(co));
	carve_free_pages_cold(co, cold, 0);
	KUNIT_EXPECT_EQ(test, carve_zone_nr_pcp(zone_of(co)), in_pcp);
	KUNIT_EXPECT_EQ(test, cold->state, CARVE_PAGE_FREE);
	KUNIT_EXPECT_PTR_EQ(test, carve_alloc_page(co, QUIETLY), hot);
	carve_free_page(co, hot);
}

static void cold_blocks_merge_at_once(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct census before = take_census(co);
	unsigned int i, order = largest_free_order(co);
	struct carve_page *page = carve_alloc_pages(co, QUIETLY, order);

	KUNIT_ASSERT_NOT_NULL(test, page);
	carve_split_page(co, page, order);
	for (i = 0; i < BIT(order); i++)
		carve_free_pages_cold(co, page + i, 0);
	KUNIT_EXPECT_EQ(test, carve_zone_nr_pcp(zone_of(co)), 0);
	KUNIT_EXPECT_EQ(test, largest_free_order(co), order);
	expect_all_back(test, &before);
}

static void bad_cold_free_is_refused_and_counted(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *page = carve_alloc_pages(co, QUIETLY, 1);

	KUNIT_ASSERT_NOT_NULL(test, page);
	carve_free_pages_cold(co, NULL, 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	carve_free_pages_cold(co, page, 0);
	carve_free_pages_cold(co, page + 1, 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 2);
	carve_free_pages_cold(co, page, 1);
	carve_free_pages_cold(co, page, 1);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 3);
}

static void bulk_fills_the_empty_slots(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct census before = take_census(co);
	struct carve_page *pages[10] = { };
	struct carve_page *third = carve_alloc_page(co, QUIETLY);
	unsigned long nr_free = carve_fixture_nr_free(co);
	unsigned int i, j;

	KUNIT_ASSERT_NOT_NULL(test, third);
	pages[2] = third;
	KUNIT_EXPECT_EQ(test, carve_alloc_pages_bulk(co, QUIETLY, 10, pages),
			10);
	KUNIT_EXPECT_PTR_EQ(test, pages[2], third);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), nr_free - 9);
	for (i = 0; i < 10; i++)
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_PTR_NE(test, pages[i], pages[j]);

	/* All slots are filled: nothing is allocated */
	KUNIT_EXPECT_EQ(test, carve_alloc_pages_bulk(co, QUIETLY, 10, pages),
			10);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), nr_free - 9);

	carve_free_pages_bulk(co, 10, pages);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_NULL(test, pages[i]);
	/* All slots are empty: nothing is freed */
	carve_free_pages_bulk(co, 10, pages);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	expect_all_back(test, &before);
}

static void bulk_returns_the_number_allocated(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page **pages = make_array(test);
	unsigned long nr_free = carve_fixture_nr_free(co);

	KUNIT_EXPECT_EQ(test, carve_alloc_pages_bulk(co, QUIETLY, FIXTURE_PAGES,
						     pages), nr_free);
	KUNIT_EXPECT_NULL(test, pages[nr_free]);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), 0);
	carve_free_pages_bulk(co, FIXTURE_PAGES, pages);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), nr_free);
}

/* NULL, address 0 and zero pages are accepted everywhere and change nothing */
static void freeing_nothing_does_nothing(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_nr_free(co);

	carve_free_pages(co, NULL, 0);
	carve_free_pages(co, NULL, 3);
	carve_free_pages_addr(co, 0, 0);
	carve_free_pages_exact(co, NULL, PAGE_SIZE);
	carve_free_pages_bulk(co, 0, NULL);
	KUNIT_EXPECT_EQ(test, carve_alloc_pages_bulk(co, QUIETLY, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), nr_free);
}

/* Bad frees are counted and change nothing */

/* Targets of bad frees: a block of order 2 in use, and a single page */
struct victim {
	struct carveout *co;
	struct carve_page *page;
	struct carve_page *single;
	struct carve_page stranger;
};

#define VICTIM_ORDER 2

static void free_with_lower_order(struct victim *v)
{
	carve_free_pages(v->co, v->page, VICTIM_ORDER - 1);
}

static void free_with_higher_order(struct victim *v)
{
	carve_free_pages(v->co, v->page, VICTIM_ORDER + 1);
}

static void free_with_order_beyond_a_byte(struct victim *v)
{
	carve_free_pages(v->co, v->page, 256 + VICTIM_ORDER);
}

static void free_interior_page(struct victim *v)
{
	carve_free_pages(v->co, v->page + 1, 0);
}

static void free_interior_page_as_block(struct victim *v)
{
	carve_free_pages(v->co, v->page + 2, VICTIM_ORDER);
}

static void free_interior_address(struct victim *v)
{
	void *addr = carve_page_address(v->co, v->page);

	carve_free_pages_addr(v->co, (unsigned long)addr + PAGE_SIZE, 0);
}

static void free_misaligned_address(struct victim *v)
{
	void *addr = carve_page_address(v->co, v->page);

	carve_free_pages_addr(v->co, (unsigned long)addr + 64, VICTIM_ORDER);
}

static void free_misaligned_descriptor(struct victim *v)
{
	carve_free_pages(v->co, (void *)v->page + 8, VICTIM_ORDER);
}

static void free_descriptor_before_the_first(struct victim *v)
{
	carve_free_pages(v->co, v->co->pages.map - 1, 0);
}

static void free_descriptor_behind_the_last(struct victim *v)
{
	carve_free_pages(v->co, v->co->pages.map + v->co->pages.nr_pages, 0);
}

static void free_descriptor_from_elsewhere(struct victim *v)
{
	v->stranger = *v->page;
	carve_free_pages(v->co, &v->stranger, VICTIM_ORDER);
}

static void free_address_from_elsewhere(struct victim *v)
{
	carve_free_pages_addr(v->co, (unsigned long)v, VICTIM_ORDER);
}

static void free_address_behind_the_region(struct victim *v)
{
	const struct carve_region *region = &v->co->region[0];
	void *end = region->virt + carve_region_bytes(region);

	carve_free_pages_addr(v->co, (unsigned long)end, 0);
}

static void free_address_before_the_region(struct victim *v)
{
	carve_free_pages_addr(v->co, (unsigned long)v->co->region[0].virt - 1, 0);
}

static void free_metadata(struct victim *v)
{
	carve_free_pages(v->co, v->co->pages.map, 0);
}

static void free_exact_of_a_block(struct victim *v)
{
	carve_free_pages_exact(v->co, carve_page_address(v->co, v->page), 1);
}

static void free_exact_at_misaligned_address(struct victim *v)
{
	carve_free_pages_exact(v->co, carve_page_address(v->co, v->single) + 8,
			       1);
}

static void split_with_wrong_order(struct victim *v)
{
	carve_split_page(v->co, v->page, VICTIM_ORDER + 1);
}

static void split_interior_page(struct victim *v)
{
	carve_split_page(v->co, v->page + 1, 0);
}

static void split_of_nothing(struct victim *v)
{
	carve_split_page(v->co, NULL, VICTIM_ORDER);
}

static void free_bulk_of_a_block(struct victim *v)
{
	struct carve_page *pages[] = { NULL, v->page };

	carve_free_pages_bulk(v->co, 2, pages);
}

struct bad_free {
	const char *name;
	void (*commit)(struct victim *v);
	enum carve_misuse kind;
};

static const struct bad_free bad_frees[] = {
	{ "lower order", free_with_lower_order },
	{ "higher order", free_with_higher_order },
	{ "order beyond a byte", free_with_order_beyond_a_byte },
	{ "interior page", free_interior_page },
	{ "interior page as a block", free_interior_page_as_block },
	{ "interior address", free_interior_address },
	{ "misaligned address", free_misaligned_address },
	{ "misaligned descriptor", free_misaligned_descriptor },
	{ "before the first page", free_descriptor_before_the_first },
	{ "behind the last page", free_descriptor_behind_the_last },
	{ "descriptor from elsewhere", free_descriptor_from_elsewhere },
	{ "address from elsewhere", free_address_from_elsewhere },
	{ "address behind the region", free_address_behind_the_region },
	{ "address before the region", free_address_before_the_region },
	{ "metadata", free_metadata },
	{ "exact pages that are a block", free_exact_of_a_block },
	{ "exact pages, misaligned", free_exact_at_misaligned_address },
	{ "split with wrong order", split_with_wrong_order, CARVE_MISUSE_SPLIT },
	{ "split of an interior page", split_interior_page, CARVE_MISUSE_SPLIT },
	{ "split of nothing", split_of_nothing, CARVE_MISUSE_SPLIT },
	{ "bulk with a block in it", free_bulk_of_a_block },
};

static void bad_free_is_refused_and_counted(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct census before = take_census(co);
	struct victim *v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);
	long nr[CARVE_NR_MISUSES] = { };
	unsigned long nr_free;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, v);
	v->co = co;
	v->page = carve_alloc_pages(co, QUIETLY, VICTIM_ORDER);
	KUNIT_ASSERT_NOT_NULL(test, v->page);
	v->single = carve_alloc_page(co, QUIETLY);
	KUNIT_ASSERT_NOT_NULL(test, v->single);
	nr_free = carve_fixture_nr_free(co);
	for (i = 0; i < ARRAY_SIZE(bad_frees); i++) {
		bad_frees[i].commit(v);
		nr[bad_frees[i].kind]++;
		KUNIT_EXPECT_EQ_MSG(test, carve_fixture_nr_misuses(co, bad_frees[i].kind),
				    nr[bad_frees[i].kind], "%s", bad_frees[i].name);
		KUNIT_EXPECT_EQ_MSG(test, carve_nr_misuses(&co->pages), i + 1UL,
				    "%s", bad_frees[i].name);
		KUNIT_EXPECT_EQ_MSG(test, carve_fixture_nr_free(co), nr_free,
				    "%s", bad_frees[i].name);
		KUNIT_EXPECT_EQ_MSG(test, v->page->state, CARVE_PAGE_USED,
				    "%s", bad_frees[i].name);
	}
	carve_fixture_check(test, co);
	carve_free_pages(co, v->page, VICTIM_ORDER);
	carve_free_page(co, v->single);
	KUNIT_EXPECT_EQ(test, carve_nr_misuses(&co->pages), (unsigned long)i);
	expect_all_back(test, &before);
}

/* In the pcp, on a free list, and merged into a larger block */
static void double_free_is_detected_wherever_the_page_is(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct census before = take_census(co);
	struct carve_page *first = carve_alloc_pages(co, QUIETLY, 1);
	struct carve_page *second;

	KUNIT_ASSERT_NOT_NULL(test, first);
	carve_split_page(co, first, 1);
	second = first + 1;

	carve_free_page(co, first);
	carve_free_page(co, first);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1);

	carve_pages_drain(&co->pages);
	KUNIT_EXPECT_EQ(test, first->state, CARVE_PAGE_FREE);
	carve_free_page(co, first);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 2);

	carve_free_page(co, second);
	carve_pages_drain(&co->pages);
	KUNIT_EXPECT_EQ(test, second->state, CARVE_PAGE_TAIL);
	carve_free_page(co, first);
	carve_free_page(co, second);
	carve_free_pages(co, first, 1);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 5);
	expect_all_back(test, &before);
}

/* Memory of the layers above can't be freed as pages, nor can pages be freed as their memory */
static void page_of_another_layer_is_refused(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *object = carve_kmalloc(co, 64, QUIETLY);
	void *large = carve_kmalloc(co, 4 * PAGE_SIZE, QUIETLY);
	struct carve_page *page;

	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_ASSERT_NOT_NULL(test, large);
	page = carve_virt_to_page(co, object);
	carve_free_pages(co, page, page->order);
	carve_free_pages_addr(co, (unsigned long)large, 2);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 2);
	carve_kfree(co, object);
	carve_kfree(co, large);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 2);

	page = carve_alloc_pages(co, QUIETLY, 2);
	KUNIT_ASSERT_NOT_NULL(test, page);
	carve_kfree(co, carve_page_address(co, page));
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 3);
	carve_free_pages(co, page, 2);
}

/* Exhaustion */

struct exhaustion {
	const char *name;
	gfp_t gfp;
	unsigned int order;
};

static const struct exhaustion exhaustions[] = {
	{ "GFP_KERNEL", GFP_KERNEL | __GFP_NOWARN, 0 },
	{ "GFP_ATOMIC", GFP_ATOMIC | __GFP_NOWARN, 0 },
	{ "GFP_NOWAIT", GFP_NOWAIT | __GFP_NOWARN, 0 },
	{ "GFP_KERNEL order 1", GFP_KERNEL | __GFP_NOWARN, 1 },
	{ "GFP_ATOMIC order 2", GFP_ATOMIC | __GFP_NOWARN, 2 },
	{ "GFP_KERNEL order 5", GFP_KERNEL | __GFP_NOWARN, 5 },
	{ "GFP_ATOMIC order 7", GFP_ATOMIC | __GFP_NOWARN, 7 },
};

static void get_exhaustion_name(const struct exhaustion *e, char *name)
{
	strscpy(name, e->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(exhaustions, exhaustions, get_exhaustion_name);

static void exhaustion_returns_null_and_everything_is_freed(struct kunit *test)
{
	const struct exhaustion *e = test->param_value;
	struct carveout *co = test->priv;
	struct carve_page **pages = make_array(test);
	struct census before = take_census(co);
	unsigned int order, nr, possible = 0;

	for (order = e->order; order <= max_order(co); order++)
		possible += before.nr[order] << (order - e->order);
	nr = fill(co, pages, 0, e->gfp, e->order);
	KUNIT_EXPECT_EQ(test, nr, possible);
	KUNIT_EXPECT_NULL(test, carve_alloc_pages(co, e->gfp, e->order));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_failed), 2);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), possible);
	carve_fixture_check(test, co);
	empty(co, pages, nr, e->order);
	expect_all_back(test, &before);
	/* Allocate again, from the pages that are free now */
	nr = fill(co, pages, 0, e->gfp, e->order);
	KUNIT_EXPECT_EQ(test, nr, possible);
	empty(co, pages, nr, e->order);
	expect_all_back(test, &before);
}

/* Watermarks */

/* The low watermark doesn't move, so background reclaim stays idle */
static void set_min_watermark(struct carveout *co, unsigned long min)
{
	WRITE_ONCE(zone_of(co)->watermark[CARVE_WMARK_MIN], min);
}

static void min_watermark_is_reserved_for_high_priority(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page **pages = make_array(test);
	unsigned long nr_free = carve_fixture_nr_free(co);
	const unsigned long min = 100;
	unsigned int nr;

	set_min_watermark(co, min);
	nr = fill(co, pages, 0, QUIETLY, 0);
	KUNIT_EXPECT_EQ(test, nr, nr_free - min);
	nr = fill(co, pages, nr, GFP_NOWAIT | __GFP_NOWARN, 0);
	KUNIT_EXPECT_EQ(test, nr, nr_free - min);
	nr = fill(co, pages, nr, QUIETLY | __GFP_HIGH, 0);
	KUNIT_EXPECT_EQ(test, nr, nr_free);
	empty(co, pages, nr, 0);

	nr = fill(co, pages, 0, QUICKLY, 0);
	KUNIT_EXPECT_EQ(test, nr, nr_free);
	empty(co, pages, nr, 0);
}

static void block_does_not_go_below_the_watermark(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_nr_free(co);
	struct carve_page *page;

	set_min_watermark(co, nr_free - 31);
	page = carve_alloc_pages(co, QUIETLY, 5);
	KUNIT_EXPECT_NULL(test, page);
	page = carve_alloc_pages(co, QUICKLY, 5);
	KUNIT_EXPECT_NOT_NULL(test, page);
	carve_free_pages(co, page, 5);
	set_min_watermark(co, nr_free - 32);
	page = carve_alloc_pages(co, QUIETLY, 5);
	KUNIT_EXPECT_NOT_NULL(test, page);
	carve_free_pages(co, page, 5);
}

static void low_watermark_wakes_background_reclaim(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *page;

	carve_free_page(co, carve_alloc_page(co, QUIETLY));
	KUNIT_EXPECT_GT(test, carve_zone_nr_pcp(zone_of(co)), 0);

	zone_of(co)->watermark[CARVE_WMARK_LOW] = carve_fixture_nr_free(co);
	zone_of(co)->watermark[CARVE_WMARK_HIGH] = carve_fixture_nr_free(co);
	page = carve_alloc_pages(co, QUICKLY, 6);
	KUNIT_ASSERT_NOT_NULL(test, page);
	irq_work_sync(&co->pages.wake);
	flush_work(&co->pages.background);
	KUNIT_EXPECT_EQ(test, carve_zone_nr_pcp(zone_of(co)), 0);
	carve_free_pages(co, page, 6);
}

static void default_watermarks_match_the_kernels(struct kunit *test)
{
	struct carve_zone *zone = zone_of(test->priv);
	unsigned long kib = zone->nr_managed * (PAGE_SIZE / SZ_1K);
	unsigned long min = carve_zone_default_min(zone) * (PAGE_SIZE / SZ_1K);

	/* 4 * sqrt(KiB), rounded down to pages */
	KUNIT_EXPECT_LE(test, min * min, 16 * kib);
	KUNIT_EXPECT_GT(test, (min + PAGE_SIZE / SZ_1K + 4) *
			(min + PAGE_SIZE / SZ_1K + 4), 16 * kib);
	carve_zone_set_watermarks(zone, 100);
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_MIN], 100);
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_LOW], 125);
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_HIGH], 150);
}

static void last_page_is_reallocated_repeatedly(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page **pages = make_array(test);
	unsigned int i, nr = fill(co, pages, 0, QUIETLY, 0);
	struct carve_page *last = pages[nr - 1];

	for (i = 0; i < 100; i++) {
		carve_free_page(co, last);
		KUNIT_ASSERT_PTR_EQ(test, carve_alloc_page(co, QUICKLY), last);
		KUNIT_ASSERT_NULL(test, carve_alloc_page(co, QUICKLY));
	}
	empty(co, pages, nr, 0);
}

/* Context */

static void pages_are_allocated_with_interrupts_off(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page **pages = make_array(test);
	struct census before = take_census(co);
	unsigned long flags, free = carve_fixture_nr_free(co);
	unsigned int nr, order;
	bool still_off;

	local_irq_save(flags);
	for (order = 0; order < max_order(co); order++)
		carve_free_pages(co, carve_alloc_pages(co, QUICKLY, order),
				 order);
	nr = fill(co, pages, 0, QUICKLY, 0);
	empty(co, pages, nr, 0);
	still_off = irqs_disabled();
	local_irq_restore(flags);

	KUNIT_EXPECT_TRUE(test, still_off);
	KUNIT_EXPECT_EQ(test, nr, free);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	expect_all_back(test, &before);
}

/* Reclaim before an allocation fails */

/*
 * All pages are allocated singly, and those of the largest block are freed last.
 * Some of them are in the pcp lists then, so the block is not merged.
 */
static unsigned int fragment_by_pcp(struct kunit *test, struct carveout *co)
{
	struct carve_page **pages = make_array(test);
	struct carve_buddy *b = &zone_of(co)->buddy;
	unsigned int top = fls_long(carve_buddy_orders(b)) - 1;
	u32 first = b->area[top][0].first;
	unsigned int i, nr;

	KUNIT_ASSERT_EQ(test, b->area[top][0].nr, 1);
	nr = fill(co, pages, 0, QUIETLY, 0);
	for (i = 0; i < nr; i++)
		if (pages[i] - b->map < first ||
		    pages[i] - b->map >= first + BIT(top))
			carve_free_page(co, pages[i]);
	for (i = 0; i < BIT(top); i++)
		carve_free_page(co, &b->map[first + i]);
	KUNIT_EXPECT_GT(test, carve_zone_nr_pcp(zone_of(co)), 0);
	return top;
}

static void drain_restores_large_blocks(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct census before = take_census(co);
	unsigned int top = fragment_by_pcp(test, co);
	struct carve_page *page;

	page = carve_zone_alloc_buddy(zone_of(co), top, CARVE_MIGRATE_UNMOVABLE, 0, false);
	KUNIT_EXPECT_NULL(test, page);
	carve_pages_drain(&co->pages);
	KUNIT_EXPECT_EQ(test, carve_zone_nr_pcp(zone_of(co)), 0);
	page = carve_zone_alloc_buddy(zone_of(co), top, CARVE_MIGRATE_UNMOVABLE, 0, false);
	KUNIT_ASSERT_NOT_NULL(test, page);
	carve_zone_free_buddy(zone_of(co), page, top, _THIS_IP_);
	expect_all_back(test, &before);
}

static void atomic_allocation_drains_its_pcp(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned int top = fragment_by_pcp(test, co);
	struct carve_page *page = carve_alloc_pages(co, QUICKLY, top);

	KUNIT_EXPECT_NOT_NULL(test, page);
	carve_free_pages(co, page, top);
}

static void leave_page_in_magazine(void *arg)
{
	carve_free_page(arg, carve_alloc_page(arg, QUICKLY));
}

/* Atomic requests don't drain the pcp of other CPUs; requests that may block do */
static void blocking_request_drains_the_pcp_of_other_cpus(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page **pages = make_array(test);
	unsigned int other = cpumask_any_but(cpu_online_mask,
					     raw_smp_processor_id());
	unsigned long nr_free = carve_fixture_nr_free(co), in_pcp;
	unsigned int nr;

	if (other >= nr_cpu_ids)
		kunit_skip(test, "there is no second CPU");
	KUNIT_ASSERT_EQ(test, smp_call_function_single(other,
						       leave_page_in_magazine,
						       co, 1), 0);
	in_pcp = carve_zone_nr_pcp(zone_of(co));
	KUNIT_EXPECT_GT(test, in_pcp, 0);

	nr = fill(co, pages, 0, QUICKLY, 0);
	KUNIT_EXPECT_EQ(test, nr, nr_free - in_pcp);
	nr = fill(co, pages, nr, QUIETLY | __GFP_NORETRY, 0);
	KUNIT_EXPECT_EQ(test, nr, nr_free - in_pcp);
	nr = fill(co, pages, nr, QUIETLY, 0);
	KUNIT_EXPECT_EQ(test, nr, nr_free);
	empty(co, pages, nr, 0);
}

static void empty_slabs_are_reclaimed_for_pages(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page **pages = make_array(test);
	unsigned long nr_free = carve_fixture_nr_free(co);
	unsigned int nr;

	carve_kfree(co, carve_kmalloc(co, 100, QUIETLY));
	carve_kfree(co, carve_kmalloc(co, 2000, QUIETLY));
	KUNIT_EXPECT_LT(test, carve_fixture_nr_free(co), nr_free);
	nr = fill(co, pages, 0, QUIETLY, 0);
	KUNIT_EXPECT_EQ(test, nr, nr_free);
	empty(co, pages, nr, 0);
}

struct later {
	struct delayed_work work;
	struct carveout *co;
	struct carve_page *page;
};

static void free_later(struct work_struct *work)
{
	struct later *later = container_of(to_delayed_work(work), struct later,
					   work);

	carve_free_page(later->co, later->page);
}

struct patience {
	const char *name;
	gfp_t gfp;
	unsigned int wait_ms;
};

/* Longer than the free takes on any machine */
static const struct patience patiences[] = {
	{ "GFP_KERNEL", GFP_KERNEL | __GFP_NOWARN, 20000 },
	{ "__GFP_RETRY_MAYFAIL", GFP_KERNEL | __GFP_RETRY_MAYFAIL, 2000 },
	{ "__GFP_NOFAIL", GFP_KERNEL | __GFP_NOFAIL, 0 },
};

static void get_patience_name(const struct patience *patience, char *name)
{
	strscpy(name, patience->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(patiences, patiences, get_patience_name);

static void allocation_waits_for_frees_of_others(struct kunit *test)
{
	const struct patience *patience = test->param_value;
	struct carveout *co = test->priv;
	struct carve_page **pages = make_array(test);
	struct later *later = kunit_kzalloc(test, sizeof(*later), GFP_KERNEL);
	unsigned int nr = fill(co, pages, 0, QUIETLY, 0);

	KUNIT_ASSERT_NOT_NULL(test, later);
	later->co = co;
	later->page = pages[nr - 1];
	INIT_DELAYED_WORK(&later->work, free_later);
	schedule_delayed_work(&later->work, HZ / 20);
	co->pages.wait_ms = patience->wait_ms;
	pages[nr - 1] = carve_alloc_page(co, patience->gfp);
	flush_delayed_work(&later->work);
	KUNIT_EXPECT_PTR_EQ(test, pages[nr - 1], later->page);
	empty(co, pages, nr, 0);
}

/* Zones */

static struct carveout *make_two_zones(struct kunit *test)
{
	struct carveout_request request = {
		.name = "two-zones",
		.nr_zones = 2,
		.zone = {
			{ SZ_1M, "contig", .node = NUMA_NO_NODE },
			{ SZ_2M, "contig", .node = NUMA_NO_NODE },
		},
	};
	struct carveout *co = carveout_create(&request);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	carveout_wait_setup(co);
	/* Without background reclaim, which hides the pages that it moves */
	carve_fixture_unbind(co);
	return co;
}

static void zones_are_exhausted_in_order(struct kunit *test)
{
	struct carveout *co = make_two_zones(test);
	struct carve_zone *zone = co->pages.zone;
	struct carve_page **pages = make_array(test);
	unsigned int i, nr, of_zone[2] = { };

	nr = fill(co, pages, 0, QUICKLY, 0);
	KUNIT_EXPECT_EQ(test, nr, zone[0].nr_managed + zone[1].nr_managed);
	for (i = 0; i < nr; i++) {
		phys_addr_t phys = carve_page_to_phys(co, pages[i]);
		unsigned int z = pages[i]->zone;
		void *addr = carve_page_address(co, pages[i]);

		KUNIT_ASSERT_LT(test, z, 2);
		of_zone[z]++;
		KUNIT_EXPECT_EQ(test, phys - carve_region_phys(&co->region[z]),
				addr - co->region[z].virt);
		KUNIT_EXPECT_LT(test, phys - carve_region_phys(&co->region[z]),
				carve_region_bytes(&co->region[z]));
		KUNIT_EXPECT_PTR_EQ(test, carve_virt_to_page(co, addr),
				    pages[i]);
		memset(addr, DIRT, PAGE_SIZE);
	}
	KUNIT_EXPECT_EQ(test, of_zone[0], zone[0].nr_managed);
	KUNIT_EXPECT_EQ(test, of_zone[1], zone[1].nr_managed);
	carve_fixture_check(test, co);

	empty(co, pages, nr, 0);
	carve_pages_drain(&co->pages);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, carve_zone_nr_free(&zone[i]),
				zone[i].nr_managed);
	/* The second zone holds no metadata: it is entirely free again */
	KUNIT_EXPECT_EQ(test, carve_buddy_nr_blocks(&zone[1].buddy, 9), 1);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

/*
 * Random walks. Each context has blocks of its own and writes a word to the
 * start and the end of each page. It checks these words when it frees the block,
 * which reveals blocks that overlap.
 */

#define MAX_BLOCKS 96
#define WALK_STEPS 100000
#define WALK_CHECK 5000

enum block_kind { BLOCK, EXACT, SPLIT, NR_KINDS };

struct block {
	enum block_kind kind;
	struct carve_page *page;
	unsigned int order;
	unsigned int nr_pages;
	u64 mark;
};

struct walk {
	struct carveout *co;
	struct rnd_state rnd;
	gfp_t gfp;
	struct block blocks[MAX_BLOCKS];
	unsigned int nr_blocks;
	unsigned long nr_pages;
	unsigned long nr_allocs;
	unsigned long nr_failed;
	unsigned long nr_overwritten;
	unsigned long nr_dirty;
	unsigned long nr_misaligned;
};

static u64 *first_word(struct carveout *co, const struct block *block,
		       unsigned int i)
{
	return carve_page_address(co, block->page + i);
}

static u64 *last_word(struct carveout *co, const struct block *block,
		      unsigned int i)
{
	return first_word(co, block, i) + PAGE_SIZE / sizeof(u64) - 1;
}

static void mark_block(struct walk *w, const struct block *block)
{
	unsigned int i;

	for (i = 0; i < block->nr_pages; i++) {
		*first_word(w->co, block, i) = block->mark + i;
		*last_word(w->co, block, i) = ~block->mark - i;
	}
}

static void check_marks(struct walk *w, const struct block *block)
{
	unsigned int i;

	for (i = 0; i < block->nr_pages; i++)
		if (*first_word(w->co, block, i) != block->mark + i ||
		    *last_word(w->co, block, i) != ~block->mark - i)
			w->nr_overwritten++;
}

static void check_zeroes(struct walk *w, const struct block *block)
{
	unsigned int i;

	for (i = 0; i < block->nr_pages; i++)
		if (*first_word(w->co, block, i) || *last_word(w->co, block, i))
			w->nr_dirty++;
}

static struct carve_page *alloc_block(struct walk *w, struct block *block,
				      gfp_t gfp)
{
	void *addr;

	if (block->kind != EXACT) {
		block->nr_pages = BIT(block->order);
		return carve_alloc_pages(w->co, gfp, block->order);
	}
	block->nr_pages = 1 + carve_fixture_random(&w->rnd, BIT(block->order));
	addr = carve_alloc_pages_exact(w->co, block->nr_pages * PAGE_SIZE, gfp);
	return addr ? carve_virt_to_page(w->co, addr) : NULL;
}

static void walk_alloc(struct walk *w)
{
	struct block *block = &w->blocks[w->nr_blocks];
	gfp_t gfp = w->gfp;

	/* Mostly small orders, up to 8 now and then */
	block->order = carve_fixture_random(&w->rnd, 4);
	if (!carve_fixture_random(&w->rnd, 16))
		block->order += carve_fixture_random(&w->rnd, 6);
	block->kind = carve_fixture_random(&w->rnd, NR_KINDS);
	block->mark = (u64)prandom_u32_state(&w->rnd) << 32;
	if (!carve_fixture_random(&w->rnd, 4))
		gfp |= __GFP_ZERO;
	if (gfpflags_allow_blocking(gfp) && carve_fixture_random(&w->rnd, 50))
		gfp |= __GFP_NORETRY;
	block->page = alloc_block(w, block, gfp);
	w->nr_allocs++;
	if (!block->page) {
		w->nr_failed++;
		return;
	}
	if (block->kind != EXACT &&
	    !IS_ALIGNED(carve_page_to_phys(w->co, block->page),
			PAGE_SIZE << block->order))
		w->nr_misaligned++;
	if (gfp & __GFP_ZERO)
		check_zeroes(w, block);
	if (block->kind == SPLIT)
		carve_split_page(w->co, block->page, block->order);
	mark_block(w, block);
	w->nr_pages += block->nr_pages;
	w->nr_blocks++;
}

static void walk_free(struct walk *w, unsigned int i)
{
	struct block *block = &w->blocks[i];
	unsigned int j;

	check_marks(w, block);
	switch (block->kind) {
	case EXACT:
		carve_free_pages_exact(w->co,
				       carve_page_address(w->co, block->page),
				       block->nr_pages * PAGE_SIZE);
		break;
	case SPLIT:
		for (j = 0; j < block->nr_pages; j++)
			carve_free_page(w->co, block->page + j);
		break;
	default:
		carve_free_pages(w->co, block->page, block->order);
	}
	w->nr_pages -= block->nr_pages;
	*block = w->blocks[--w->nr_blocks];
}

static void walk_step(struct walk *w)
{
	if (!w->nr_blocks || (w->nr_blocks < MAX_BLOCKS &&
			      carve_fixture_random(&w->rnd, 100) < 55))
		walk_alloc(w);
	else
		walk_free(w, carve_fixture_random(&w->rnd, w->nr_blocks));
}

static void walk_home(struct walk *w)
{
	while (w->nr_blocks)
		walk_free(w, 0);
}

static struct walk *make_walk(struct kunit *test, gfp_t gfp, u64 seed)
{
	struct walk *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->co = test->priv;
	w->gfp = gfp;
	carve_fixture_seed(test, &w->rnd, seed);
	return w;
}

static void expect_no_trouble(struct kunit *test, const struct walk *w)
{
	KUNIT_EXPECT_EQ(test, w->nr_overwritten, 0);
	KUNIT_EXPECT_EQ(test, w->nr_dirty, 0);
	KUNIT_EXPECT_EQ(test, w->nr_misaligned, 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(w->co), 0);
}

/* Can a block of @order be formed of pages that the walk doesn't hold? */
static bool model_has_block(struct walk *w, unsigned int order)
{
	unsigned long *taken = w->co->boot.map;
	unsigned long nr = w->co->region[0].nr_pages, size = BIT(order);
	unsigned long start = w->co->region[0].start_pfn, pfn;
	DECLARE_BITMAP(used, FIXTURE_PAGES);
	unsigned int i;

	bitmap_copy(used, taken, nr);
	for (i = 0; i < w->nr_blocks; i++)
		bitmap_set(used, w->blocks[i].page - w->co->pages.map,
			   w->blocks[i].nr_pages);
	for (pfn = ALIGN(start, size); pfn + size <= start + nr; pfn += size)
		if (find_next_bit(used, pfn - start + size, pfn - start) >=
		    pfn - start + size)
			return true;
	return false;
}

/* A blocking request finds a block if and only if one exists */
static void expect_largest_block(struct kunit *test, struct walk *w)
{
	unsigned int order;

	for (order = 0; order <= max_order(w->co); order++) {
		struct carve_page *page = carve_alloc_pages(w->co, QUIETLY,
							    order);

		KUNIT_EXPECT_EQ_MSG(test, !!page, model_has_block(w, order),
				    "order %u", order);
		carve_free_pages(w->co, page, order);
	}
}

static void walk_alone(struct kunit *test, u64 seed, unsigned int nr_steps)
{
	struct walk *w = make_walk(test, QUIETLY, seed);
	struct carveout *co = w->co;
	struct census before = take_census(co);
	unsigned long nr_free = carve_fixture_nr_free(co);
	unsigned int step;

	for (step = 1; step <= nr_steps; step++) {
		walk_step(w);
		if (step % WALK_CHECK)
			continue;
		KUNIT_ASSERT_EQ(test, carve_fixture_nr_free(co),
				nr_free - w->nr_pages);
		carve_fixture_check(test, co);
		expect_largest_block(test, w);
		cond_resched();
	}
	kunit_info(test, "%lu allocations, %lu failed", w->nr_allocs,
		   w->nr_failed);
	KUNIT_EXPECT_GT(test, w->nr_failed, 0);
	KUNIT_EXPECT_LT(test, w->nr_failed, w->nr_allocs / 2);
	walk_home(w);
	expect_no_trouble(test, w);
	expect_all_back(test, &before);
}

static void random_walk_yields_disjoint_blocks(struct kunit *test)
{
	walk_alone(test, 1, WALK_STEPS);
}

static void random_walk_with_any_seed(struct kunit *test)
{
	walk_alone(test, carve_fixture_any_seed(), WALK_STEPS / 2);
}

/* Two tasks and a hard interrupt at the same time */

struct interrupts {
	struct hrtimer timer;
	struct walk *walk;
	unsigned long nr;
	bool stop;
};

#define INTERRUPT_NS 100000

static enum hrtimer_restart interrupt(struct hrtimer *timer)
{
	struct interrupts *irq = container_of(timer, struct interrupts, timer);
	unsigned int i;

	if (READ_ONCE(irq->stop))
		return HRTIMER_NORESTART;
	for (i = 0; i < 3; i++)
		walk_step(irq->walk);
	irq->nr++;
	hrtimer_forward_now(timer, ns_to_ktime(INTERRUPT_NS));
	return HRTIMER_RESTART;
}

struct companion {
	struct work_struct work;
	struct walk *walk;
};

static void walk_along(struct work_struct *work)
{
	struct companion *c = container_of(work, struct companion, work);
	unsigned int step;

	for (step = 0; step < WALK_STEPS / 4; step++) {
		walk_step(c->walk);
		if (step % 256 == 0)
			cond_resched();
	}
}

static void tasks_and_interrupts_walk_together(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct census before = take_census(co);
	struct walk *own = make_walk(test, QUIETLY, carve_fixture_any_seed());
	struct companion c = {
		.walk = make_walk(test, QUIETLY, carve_fixture_any_seed()),
	};
	struct interrupts *irq = kunit_kzalloc(test, sizeof(*irq), GFP_KERNEL);
	unsigned int step;

	KUNIT_ASSERT_NOT_NULL(test, irq);
	irq->walk = make_walk(test, QUICKLY, carve_fixture_any_seed());
	INIT_WORK_ONSTACK(&c.work, walk_along);
	queue_work(system_unbound_wq, &c.work);
	hrtimer_setup(&irq->timer, interrupt, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&irq->timer, ns_to_ktime(INTERRUPT_NS),
		      HRTIMER_MODE_REL_PINNED_HARD);
	for (step = 0; step < WALK_STEPS / 4; step++) {
		walk_step(own);
		if (step % 256 == 0)
			cond_resched();
		if (step % WALK_CHECK == 0)
			carve_fixture_check(test, co);
	}
	WRITE_ONCE(irq->stop, true);
	hrtimer_cancel(&irq->timer);
	flush_work(&c.work);
	destroy_work_on_stack(&c.work);

	kunit_info(test, "%lu interrupts", irq->nr);
	KUNIT_EXPECT_GT(test, irq->nr, 0);
	walk_home(own);
	walk_home(c.walk);
	walk_home(irq->walk);
	expect_no_trouble(test, own);
	expect_no_trouble(test, c.walk);
	expect_no_trouble(test, irq->walk);
	expect_all_back(test, &before);
}

static struct kunit_case page_cases[] = {
	KUNIT_CASE(block_of_each_order_is_aligned_to_its_size),
	KUNIT_CASE(only_managed_memory_has_struct_pages),
	KUNIT_CASE(impossible_order_returns_null),
	KUNIT_CASE(zeroed_pages_are_zero),
	KUNIT_CASE(exact_allocation_uses_only_the_needed_pages),
	KUNIT_CASE(exact_allocation_of_invalid_size_returns_null),
	KUNIT_CASE(split_block_is_freed_page_by_page),
	KUNIT_CASE(block_above_order_ten_works_as_any_other),
	KUNIT_CASE(cold_free_bypasses_the_pcp),
	KUNIT_CASE(cold_blocks_merge_at_once),
	KUNIT_CASE(bad_cold_free_is_refused_and_counted),
	KUNIT_CASE(bulk_fills_the_empty_slots),
	KUNIT_CASE(bulk_returns_the_number_allocated),
	KUNIT_CASE(freeing_nothing_does_nothing),
	KUNIT_CASE(bad_free_is_refused_and_counted),
	KUNIT_CASE(double_free_is_detected_wherever_the_page_is),
	KUNIT_CASE(page_of_another_layer_is_refused),
	KUNIT_CASE_PARAM(exhaustion_returns_null_and_everything_is_freed,
			 exhaustions_gen_params),
	KUNIT_CASE(min_watermark_is_reserved_for_high_priority),
	KUNIT_CASE(block_does_not_go_below_the_watermark),
	KUNIT_CASE(low_watermark_wakes_background_reclaim),
	KUNIT_CASE(default_watermarks_match_the_kernels),
	KUNIT_CASE(last_page_is_reallocated_repeatedly),
	KUNIT_CASE(pages_are_allocated_with_interrupts_off),
	KUNIT_CASE(drain_restores_large_blocks),
	KUNIT_CASE(atomic_allocation_drains_its_pcp),
	KUNIT_CASE(blocking_request_drains_the_pcp_of_other_cpus),
	KUNIT_CASE(empty_slabs_are_reclaimed_for_pages),
	KUNIT_CASE_PARAM(allocation_waits_for_frees_of_others,
			 patiences_gen_params),
	KUNIT_CASE(zones_are_exhausted_in_order),
	KUNIT_CASE_SLOW(random_walk_yields_disjoint_blocks),
	KUNIT_CASE_SLOW(random_walk_with_any_seed),
	KUNIT_CASE_SLOW(tasks_and_interrupts_walk_together),
	{ }
};

static struct kunit_suite page_suite = {
	.name = "carveout_page",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = page_cases,
};

kunit_test_suite(page_suite);
