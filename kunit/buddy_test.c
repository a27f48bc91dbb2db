// SPDX-License-Identifier: GPL-2.0
/*
 * The buddy system on its own, over an array of descriptors with no memory
 * behind them. States are compared as text, so that a failing case shows both:
 *
 *	lists	"5 10 | 8 | 12 | -" for each order, head first
 *	pairs	"00100100 | 0010 | 01 | 0" for each order, from the first pair on
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/sched.h>

#include "kunit/testbed.h"
#include "page/buddy.h"
#include "page/fragmentation.h"

#define BED_PAGES 1024
#define NONE CARVE_PAGE_NONE

struct bed {
	struct carve_buddy buddy;
	struct carve_buddy saved_buddy;
	struct carve_page *map;
	struct carve_page *saved_map;
	char text[512];
};

static int bed_init(struct kunit *test)
{
	struct bed *bed = kunit_kzalloc(test, sizeof(*bed), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bed);
	bed->map = kunit_kcalloc(test, BED_PAGES, sizeof(*bed->map),
				 GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bed->map);
	bed->saved_map = kunit_kcalloc(test, BED_PAGES, sizeof(*bed->map),
				       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bed->saved_map);
	test->priv = bed;
	return 0;
}

/* A buddy system of @nr pages, all of them allocated */
static struct carve_buddy *make_full(struct kunit *test, u32 nr,
				     unsigned long start_pfn)
{
	struct bed *bed = test->priv;

	memset(bed->map, 0, BED_PAGES * sizeof(*bed->map));
	carve_buddy_init(&bed->buddy, bed->map, 0, nr, start_pfn);
	return &bed->buddy;
}

/* The same with all pages free */
static struct carve_buddy *make_free(struct kunit *test, u32 nr,
				     unsigned long start_pfn)
{
	struct carve_buddy *b = make_full(test, nr, start_pfn);

	carve_buddy_add(b, 0, nr);
	return b;
}

static unsigned int count_violations(const struct carve_buddy *b)
{
	struct carve_report r = { .name = "buddy test" };

	carve_buddy_check(b, &r);
	return r.violations;
}

static const char *lists_of(struct kunit *test, const struct carve_buddy *b,
			    enum carve_lifetime lifetime)
{
	struct bed *bed = test->priv;
	const size_t size = sizeof(bed->text);
	unsigned int order;
	size_t len = 0;
	u32 index;

	for (order = 0; order <= b->max_order; order++) {
		if (order)
			len += scnprintf(bed->text + len, size - len, " | ");
		if (!b->area[order][lifetime].nr)
			len += scnprintf(bed->text + len, size - len, "-");
		carve_page_list_for_each(index, &b->area[order][lifetime], b->map)
			len += scnprintf(bed->text + len, size - len, "%s%u",
					 index == b->area[order][lifetime].first ?
					 "" : " ", index);
	}
	return bed->text;
}

static const char *pairs_of(struct kunit *test, const struct carve_buddy *b)
{
	struct bed *bed = test->priv;
	const size_t size = sizeof(bed->text);
	unsigned int order;
	size_t len = 0;
	u32 pair;

	for (order = 0; order <= b->max_order; order++) {
		if (order)
			len += scnprintf(bed->text + len, size - len, " | ");
		for (pair = 0; pair < carve_buddy_nr_pairs(b, order); pair++)
			len += scnprintf(bed->text + len, size - len, "%d",
					 carve_buddy_pair(b, order, pair));
	}
	return bed->text;
}

static void expect_state(struct kunit *test, const struct carve_buddy *b,
			 const char *lists, const char *pairs)
{
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, CARVE_LONG_LIVED), lists);
	KUNIT_EXPECT_STREQ(test, pairs_of(test, b), pairs);
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
}

/* The textbook example */

/* Of 16 pages, 5, 10, 8 to 9 and 12 to 15 are free */
static struct carve_buddy *make_textbook(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 16, 0);

	carve_buddy_add(b, 12, 4);
	carve_buddy_add(b, 8, 2);
	carve_buddy_add(b, 10, 1);
	carve_buddy_add(b, 5, 1);
	return b;
}

static void block_is_allocated_where_it_is_wanted(struct kunit *test)
{
	struct carve_buddy *b = make_textbook(test);

	KUNIT_EXPECT_EQ(test, carve_buddy_first(b, 2), 0);
	KUNIT_EXPECT_FALSE(test, carve_buddy_offers(b, 4, 0));
	KUNIT_EXPECT_TRUE(test, carve_buddy_offers(b, 5, 0));
	KUNIT_EXPECT_FALSE(test, carve_buddy_offers(b, 5, 1));
	KUNIT_EXPECT_FALSE(test, carve_buddy_offers(b, 13, 0));
	KUNIT_EXPECT_TRUE(test, carve_buddy_offers(b, 12, 1));
	carve_buddy_alloc_at(b, 12, 0, CARVE_LONG_LIVED);
	expect_state(test, b, "13 5 10 | 14 8 | - | - | -",
		     "00100110 | 0011 | 00 | 0 | 0");
	carve_buddy_free(b, 12, 0);
	KUNIT_EXPECT_EQ(test, b->nr_free, 8);
}

static void first_place_for_a_block_is_physical(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 16, 5);

	KUNIT_EXPECT_EQ(test, carve_buddy_first(b, 0), 0);
	KUNIT_EXPECT_EQ(test, carve_buddy_first(b, 1), 1);
	KUNIT_EXPECT_EQ(test, carve_buddy_first(b, 2), 3);
	KUNIT_EXPECT_EQ(test, carve_buddy_first(b, 4), 11);
}

/*
 * Blocks 8 and 10 of order 1 are buddies, but 10 is only half free, since 11
 * is allocated: so page 10 stays on the list of single pages.
 */
static void textbook_allocation_splits_the_smallest_block(struct kunit *test)
{
	struct carve_buddy *b = make_textbook(test);

	expect_state(test, b, "5 10 | 8 | 12 | - | -",
		     "00100100 | 0010 | 01 | 0 | 0");

	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 1, CARVE_LONG_LIVED), 8);
	expect_state(test, b, "5 10 | - | 12 | - | -",
		     "00100100 | 0000 | 01 | 0 | 0");

	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 1, CARVE_LONG_LIVED), 12);
	expect_state(test, b, "5 10 | 14 | - | - | -",
		     "00100100 | 0001 | 00 | 0 | 0");
	KUNIT_EXPECT_EQ(test, b->nr_free, 4);
}

/* 10 and 11 to a pair, with 8 and 9 to four, with 12 to 15 to eight */
static void textbook_free_merges_as_far_as_it_can(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 16, 0);

	carve_buddy_add(b, 12, 4);
	carve_buddy_add(b, 8, 2);
	carve_buddy_add(b, 10, 1);
	expect_state(test, b, "10 | 8 | 12 | - | -",
		     "00000100 | 0010 | 01 | 0 | 0");

	carve_buddy_free(b, 11, 0);
	expect_state(test, b, "- | - | - | 8 | -",
		     "00000000 | 0000 | 00 | 1 | 0");
	KUNIT_EXPECT_EQ(test, b->nr_free, 8);
}

/* Splitting and merging */

static void one_page_splits_the_whole(struct kunit *test)
{
	struct carve_buddy *b = make_free(test, 16, 0);

	expect_state(test, b, "- | - | - | - | 0",
		     "00000000 | 0000 | 00 | 0 | 1");
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, CARVE_LONG_LIVED), 0);
	expect_state(test, b, "1 | 2 | 4 | 8 | -",
		     "10000000 | 1000 | 10 | 1 | 0");
	KUNIT_EXPECT_EQ(test, b->map[0].state, CARVE_PAGE_USED);
	KUNIT_EXPECT_EQ(test, b->map[0].order, 0);

	carve_buddy_free(b, 0, 0);
	expect_state(test, b, "- | - | - | - | 0",
		     "00000000 | 0000 | 00 | 0 | 1");
}

static void free_block_is_kept_apart_from_a_buddy_in_parts(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 16, 0);

	carve_buddy_add(b, 2, 1);
	carve_buddy_free(b, 0, 1);
	expect_state(test, b, "2 | 0 | - | - | -",
		     "01000000 | 1000 | 00 | 0 | 0");
	carve_buddy_free(b, 3, 0);
	expect_state(test, b, "- | - | 0 | - | -",
		     "00000000 | 0000 | 10 | 0 | 0");
}

static void neighbours_that_are_no_buddies_stay_apart(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 16, 0);

	carve_buddy_free(b, 1, 0);
	carve_buddy_free(b, 2, 0);
	expect_state(test, b, "2 1 | - | - | - | -",
		     "11000000 | 0000 | 00 | 0 | 0");
}

static void block_freed_last_is_allocated_first(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 16, 0);

	carve_buddy_free(b, 8, 0);
	carve_buddy_free(b, 2, 0);
	carve_buddy_free(b, 12, 0);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, CARVE_LONG_LIVED), 12);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, CARVE_LONG_LIVED), 2);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, CARVE_LONG_LIVED), 8);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, CARVE_LONG_LIVED), NONE);
	expect_state(test, b, "- | - | - | - | -",
		     "00000000 | 0000 | 00 | 0 | 0");
}

static void exact_fit_is_preferred_to_a_split(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 16, 0);

	carve_buddy_add(b, 4, 2);
	carve_buddy_add(b, 8, 8);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 1, CARVE_LONG_LIVED), 4);
	expect_state(test, b, "- | - | - | 8 | -",
		     "00000000 | 0000 | 00 | 1 | 0");
}

static void run_is_added_as_the_largest_blocks(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 16, 0);

	carve_buddy_add(b, 3, 12);
	expect_state(test, b, "14 3 | 12 | 8 4 | - | -",
		     "01000001 | 0001 | 11 | 0 | 0");
}

static void order_beyond_the_highest_is_refused(struct kunit *test)
{
	static const unsigned int orders[] = {
		5, CARVE_MAX_ORDER, CARVE_NR_ORDERS, 64, UINT_MAX,
	};
	struct carve_buddy *b = make_free(test, 16, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(orders); i++)
		KUNIT_EXPECT_EQ_MSG(test, carve_buddy_alloc(b, orders[i], CARVE_LONG_LIVED), NONE,
				    "order %u", orders[i]);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 4, CARVE_LONG_LIVED), 0);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 4, CARVE_LONG_LIVED), NONE);
	carve_buddy_free(b, 0, 4);
	expect_state(test, b, "- | - | - | - | 0",
		     "00000000 | 0000 | 00 | 0 | 1");
}

/* Shapes: sizes that are no power of two, and starts that are not aligned */

struct shape {
	const char *name;
	u32 nr;
	unsigned long start_pfn;
	const char *lists;
	const char *pairs;
};

static const struct shape shapes[] = {
	{ "one page", 1, 7, "0", "1" },
	{ "two pages that are no buddies", 2, 1, "1 0 | -", "11 | 0" },
	{ "13 pages", 13, 0x1000, "12 | - | 8 | 0",
	  "0000001 | 0000 | 01 | 1" },
	{ "skewed by one", 16, 0x1001, "15 0 | 1 | 3 | 7 | -",
	  "100000001 | 10000 | 100 | 10 | 0" },
	{ "skewed by half", 16, 0x1008, "- | - | - | 8 0 | -",
	  "00000000 | 0000 | 00 | 11 | 0" },
	{ "7 pages, skewed", 7, 0x1003, "0 | 5 | 1",
	  "1000 | 001 | 10" },
};

static void get_shape_name(const struct shape *shape, char *name)
{
	strscpy(name, shape->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(shapes, shapes, get_shape_name);

static void alignment_is_physical(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	struct carve_buddy *b = make_free(test, shape->nr, shape->start_pfn);
	unsigned int order;
	u32 index;

	expect_state(test, b, shape->lists, shape->pairs);
	for (order = 0; order <= b->max_order; order++) {
		index = carve_buddy_alloc(b, order, CARVE_LONG_LIVED);
		if (index == NONE)
			continue;
		KUNIT_EXPECT_TRUE_MSG(test, IS_ALIGNED(index + shape->start_pfn,
						       BIT(order)),
				      "order %u at page %u", order, index);
		KUNIT_EXPECT_LE(test, index + BIT(order), shape->nr);
		carve_buddy_free(b, index, order);
		KUNIT_EXPECT_EQ(test, count_violations(b), 0);
	}
	KUNIT_EXPECT_EQ(test, b->nr_free, shape->nr);
}

static void highest_order_is_that_of_the_size(struct kunit *test)
{
	static const struct { u32 nr; unsigned int order; } sizes[] = {
		{ 1, 0 }, { 2, 1 }, { 3, 1 }, { 4, 2 }, { 1000, 9 },
		{ 1023, 9 }, { 1024, 10 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct carve_buddy *b = make_free(test, sizes[i].nr, 0);

		KUNIT_EXPECT_EQ_MSG(test, b->max_order, sizes[i].order,
				    "%u pages", sizes[i].nr);
		KUNIT_EXPECT_EQ(test, b->nr_free, sizes[i].nr);
		KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, sizes[i].order, CARVE_LONG_LIVED), 0);
	}
}

/* The second zone of a carveout: its pages don't begin at index 0 */
static void first_page_may_have_any_index(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_buddy *b = &bed->buddy;
	u32 index, n = 0;

	carve_buddy_init(b, bed->map, 100, 16, 0x1002);
	carve_buddy_add(b, 100, 16);
	expect_state(test, b, "- | 114 100 | 102 | 106 | -",
		     "00000000 | 10001 | 100 | 10 | 00");
	while ((index = carve_buddy_alloc(b, 0, CARVE_LONG_LIVED)) != NONE) {
		KUNIT_EXPECT_GE(test, index, 100);
		KUNIT_EXPECT_LT(test, index, 116);
		n++;
	}
	KUNIT_EXPECT_EQ(test, n, 16);
	for (index = 100; index < 116; index++)
		carve_buddy_free(b, index, 0);
	KUNIT_EXPECT_EQ(test, b->nr_free, 16);
	KUNIT_EXPECT_EQ(test, b->area[3][0].first, 106);
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
}

static void exhaustion_returns_none_and_all_comes_back(struct kunit *test)
{
	const u32 nr = 1000;
	struct carve_buddy *b = make_free(test, nr, 0x12345);
	unsigned int order;

	for (order = 0; order <= b->max_order; order++) {
		u32 index, n = 0;

		while (carve_buddy_alloc(b, order, CARVE_LONG_LIVED) != NONE)
			n++;
		KUNIT_EXPECT_EQ(test, b->nr_free, nr - (n << order));
		for (index = 0; index < nr; index++)
			if (b->map[index].state == CARVE_PAGE_USED)
				carve_buddy_free(b, index, order);
		KUNIT_EXPECT_EQ_MSG(test, b->nr_free, nr, "order %u", order);
		KUNIT_EXPECT_EQ(test, count_violations(b), 0);
	}
}

/* Lifetimes: here kept apart by small pageblocks, so that one sees them */

#define LONG CARVE_LONG_LIVED
#define SHORT CARVE_SHORT_LIVED

static struct carve_buddy *make_pageblocks(struct kunit *test, u32 nr,
					   unsigned int block_order)
{
	struct carve_buddy *b = make_full(test, nr, 0);

	b->block_order = block_order;
	carve_buddy_add(b, 0, nr);
	return b;
}

static void expect_lists(struct kunit *test, const struct carve_buddy *b,
			 const char *of_long, const char *of_short)
{
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, LONG), of_long);
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, SHORT), of_short);
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
}

/* Several at once, as indices of their heads */
static const char *take(struct kunit *test, struct carve_buddy *b,
			unsigned int order, enum carve_lifetime lifetime,
			bool hurry, unsigned int n)
{
	struct bed *bed = test->priv;
	void *heads[16];
	size_t len = 0;
	unsigned int i;

	n = carve_buddy_take(b, order, lifetime, hurry, CARVE_PAGE_STORED,
			     heads, n);
	bed->text[0] = 0;
	for (i = 0; i < n; i++) {
		struct carve_page *page = heads[i];

		KUNIT_EXPECT_EQ(test, page->state, CARVE_PAGE_STORED);
		KUNIT_EXPECT_EQ(test, page->order, order);
		len += scnprintf(bed->text + len, sizeof(bed->text) - len,
				 "%s%zd", i ? " " : "", page - b->map);
	}
	return bed->text;
}

static void several_blocks_come_off_one_list(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 16, 0);
	u32 index;

	for (index = 0; index < 10; index += 2)
		carve_buddy_free(b, index, 0);
	KUNIT_EXPECT_STREQ(test, take(test, b, 0, LONG, false, 2), "8 6");
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, LONG), "4 2 0 | - | - | - | -");
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
	/* No more than there are */
	KUNIT_EXPECT_STREQ(test, take(test, b, 0, LONG, false, 16), "4 2 0");
	KUNIT_EXPECT_EQ(test, b->nr_free, 0);
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
	KUNIT_EXPECT_STREQ(test, take(test, b, 0, LONG, false, 1), "");
}

static void several_blocks_are_cut_side_by_side(struct kunit *test)
{
	struct carve_buddy *b = make_free(test, 16, 0);

	KUNIT_EXPECT_STREQ(test, take(test, b, 0, LONG, false, 3), "0 1 2");
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, LONG), "3 | - | 4 | 8 | -");
	KUNIT_EXPECT_EQ(test, b->nr_free, 13);
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
	/* From the smallest that will do, as many as are in there */
	KUNIT_EXPECT_STREQ(test, take(test, b, 1, LONG, false, 5), "4 6");
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, LONG), "3 | - | - | 8 | -");
	KUNIT_EXPECT_STREQ(test, take(test, b, 1, LONG, false, 5), "8 10 12 14");
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, LONG), "3 | - | - | - | -");
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
	KUNIT_EXPECT_STREQ(test, take(test, b, 5, LONG, false, 1), "");
}

static void several_blocks_come_out_of_one_pageblock(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 2);

	KUNIT_EXPECT_STREQ(test, take(test, b, 1, SHORT, false, 5), "0 2");
	expect_lists(test, b, "- | - | 4 | 8 | -", "- | - | - | - | -");
	KUNIT_EXPECT_EQ(test, b->map[2].lifetime, SHORT);
	KUNIT_EXPECT_STREQ(test, take(test, b, 0, SHORT, false, 1), "4");
	expect_lists(test, b, "- | - | - | 8 | -", "5 | 6 | - | - | -");
	/* Whole ones come one by one */
	KUNIT_EXPECT_STREQ(test, take(test, b, 2, LONG, false, 4), "8");
	expect_lists(test, b, "- | - | 12 | - | -", "5 | 6 | - | - | -");
	carve_buddy_free(b, 8, 2);
	carve_buddy_free(b, 4, 0);
	carve_buddy_free(b, 0, 1);
	carve_buddy_free(b, 2, 1);
	expect_lists(test, b, "- | - | - | - | 0", "- | - | - | - | -");
}

static void who_is_in_a_hurry_takes_nothing_over(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 8, 2);

	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, LONG), 0);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 2, SHORT), 4);
	KUNIT_EXPECT_STREQ(test, take(test, b, 0, SHORT, true, 1), "2");
	KUNIT_EXPECT_EQ(test, b->map[2].lifetime, LONG);
	expect_lists(test, b, "3 1 | - | - | -", "- | - | - | -");
}

static void lifetimes_come_from_pageblocks_of_their_own(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 2);
	unsigned int i;

	expect_lists(test, b, "- | - | - | - | 0", "- | - | - | - | -");
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, LONG), 0);
	expect_lists(test, b, "1 | 2 | 4 | 8 | -", "- | - | - | - | -");
	/* Not page 1, though it is the smallest that would do */
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, SHORT), 4);
	expect_lists(test, b, "1 | 2 | - | 8 | -", "5 | 6 | - | - | -");
	/* By turns, each goes on in its own */
	for (i = 1; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, SHORT), 4 + i);
		KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, LONG), i);
	}
	expect_lists(test, b, "- | - | - | 8 | -", "- | - | - | - | -");
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, b->map[i].lifetime, i < 4 ? LONG : SHORT);
}

static void whole_pageblock_is_taken_before_the_others(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 2);

	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, LONG), 0);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 2, LONG), 4);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 2, LONG), 8);
	/* One whole pageblock is left, and then half of one */
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, SHORT), 12);
	expect_lists(test, b, "1 | 2 | - | - | -", "13 | 14 | - | - | -");
	/* What is too large for its own comes from nowhere else, if there is none */
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 2, SHORT), NONE);
	expect_lists(test, b, "1 | 2 | - | - | -", "13 | 14 | - | - | -");
}

static void pageblock_is_taken_over_with_all_that_is_free(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 8, 2);

	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, LONG), 0);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 2, SHORT), 4);
	expect_lists(test, b, "1 | 2 | - | -", "- | - | - | -");
	/* Nothing of its own, nothing whole: the largest of the other's */
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, SHORT), 2);
	KUNIT_EXPECT_EQ(test, b->map[2].lifetime, SHORT);
	expect_lists(test, b, "- | - | - | -", "3 1 | - | - | -");
	/* What the first owner still holds comes back to the new one's lists */
	carve_buddy_free(b, 0, 0);
	expect_lists(test, b, "- | - | - | -", "3 | 0 | - | -");
	carve_buddy_free(b, 2, 0);
	carve_buddy_free(b, 4, 2);
	expect_lists(test, b, "- | - | - | 0", "- | - | - | -");
}

/* A page of a pageblock of sixteen: it stays with whom it belongs to */
static void little_is_borrowed_without_a_takeover(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 4);
	u32 index;

	for (index = 0; index < 16; index++)
		KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, LONG), index);
	carve_buddy_free(b, 3, 0);
	carve_buddy_free(b, 8, 0);
	carve_buddy_free(b, 9, 0);
	expect_lists(test, b, "3 | 8 | - | - | -", "- | - | - | - | -");
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, SHORT), 8);
	KUNIT_EXPECT_EQ(test, b->map[8].lifetime, LONG);
	expect_lists(test, b, "9 3 | - | - | - | -", "- | - | - | - | -");
	/* A quarter of it is a good part */
	for (index = 4; index < 8; index++)
		carve_buddy_free(b, index, 0);
	expect_lists(test, b, "9 3 | - | 4 | - | -", "- | - | - | - | -");
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 1, SHORT), 4);
	KUNIT_EXPECT_EQ(test, b->map[4].lifetime, SHORT);
	expect_lists(test, b, "- | - | - | - | -", "9 3 | 6 | - | - | -");
}

static void whole_pageblocks_are_nobodys(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 2);

	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 2, SHORT), 0);
	KUNIT_EXPECT_EQ(test, b->map[0].lifetime, LONG);
	expect_lists(test, b, "- | - | 4 | 8 | -", "- | - | - | - | -");
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 3, SHORT), 8);
	carve_buddy_free(b, 0, 2);
	expect_lists(test, b, "- | - | - | 0 | -", "- | - | - | - | -");
	carve_buddy_free(b, 8, 3);
	expect_lists(test, b, "- | - | - | - | 0", "- | - | - | - | -");
}

/* What was one lifetime's may be the other's when it is whole again */
static void whole_again_it_is_nobodys_again(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 2);
	unsigned int turn;

	for (turn = 0; turn < 4; turn++) {
		enum carve_lifetime lifetime = turn % 2 ? LONG : SHORT;

		KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, lifetime), 0);
		KUNIT_EXPECT_EQ(test, b->map[0].lifetime, lifetime);
		KUNIT_EXPECT_EQ(test, b->area[0][lifetime].first, 1);
		KUNIT_EXPECT_EQ(test, b->area[1][lifetime].first, 2);
		KUNIT_EXPECT_EQ(test, count_violations(b), 0);
		carve_buddy_free(b, 0, 0);
		expect_lists(test, b, "- | - | - | - | 0", "- | - | - | - | -");
	}
}

/* At the ends of a region that isn't aligned lie parts of pageblocks */
static void part_of_a_pageblock_belongs_to_one_lifetime(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 10, 3);

	/* Page frames 3, then 4 to 7 and 8 to 11 whole, then 12 */
	b->block_order = 2;
	carve_buddy_add(b, 0, 10);
	expect_lists(test, b, "9 0 | - | 5 1 | -", "- | - | - | -");
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, SHORT), 5);
	expect_lists(test, b, "9 0 | - | 1 | -", "6 | 7 | - | -");
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, LONG), 9);
	carve_buddy_free(b, 9, 0);
	expect_lists(test, b, "9 0 | - | 1 | -", "6 | 7 | - | -");
	KUNIT_EXPECT_EQ(test, b->block_order, 2);
}

/* Blocks that come and go leave a large block, with the hint; without it not */
static void hint_saves_large_blocks(struct kunit *test)
{
	unsigned int hinted, i;

	for (hinted = 0; hinted < 2; hinted++) {
		struct carve_buddy *b = make_pageblocks(test, 64, 4);
		enum carve_lifetime coming = hinted ? SHORT : LONG;
		u32 stays[8], goes[8][3];

		for (i = 0; i < 8; i++) {
			stays[i] = carve_buddy_alloc(b, 0, LONG);
			goes[i][0] = carve_buddy_alloc(b, 0, coming);
			goes[i][1] = carve_buddy_alloc(b, 0, coming);
			goes[i][2] = carve_buddy_alloc(b, 0, coming);
		}
		for (i = 0; i < 8; i++) {
			carve_buddy_free(b, goes[i][0], 0);
			carve_buddy_free(b, goes[i][1], 0);
			carve_buddy_free(b, goes[i][2], 0);
		}
		KUNIT_EXPECT_EQ(test, count_violations(b), 0);
		KUNIT_EXPECT_EQ(test, b->nr_free, 56);
		/* The eight that stay lie in one pageblock, or in two */
		KUNIT_EXPECT_EQ(test, carve_buddy_nr_blocks(b, 4), hinted ? 1 : 0);
		for (i = 0; i < 8; i++)
			carve_buddy_free(b, stays[i], 0);
	}
}

static void check_finds_a_wrong_list(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 2);

	KUNIT_ASSERT_EQ(test, carve_buddy_alloc(b, 0, SHORT), 0);
	expect_lists(test, b, "- | - | 4 | 8 | -", "1 | 2 | - | - | -");

	/* A block on the list of the other lifetime, all else as it should be */
	carve_page_list_del(&b->area[1][SHORT], b->map, 2);
	carve_page_list_add(&b->area[1][LONG], b->map, 2);
	b->nonempty[SHORT] &= ~BIT(1);
	b->nonempty[LONG] |= BIT(1);
	KUNIT_EXPECT_EQ(test, count_violations(b), 1);
	carve_page_list_del(&b->area[1][LONG], b->map, 2);
	carve_page_list_add(&b->area[1][SHORT], b->map, 2);
	b->nonempty[LONG] &= ~BIT(1);
	b->nonempty[SHORT] |= BIT(1);
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);

	/* A pageblock that changed hands without its blocks */
	b->map[0].block_lifetime = LONG;
	KUNIT_EXPECT_EQ(test, count_violations(b), 2);
	b->map[0].block_lifetime = SHORT;

	/* A whole one that is somebody's */
	carve_page_list_del(&b->area[2][LONG], b->map, 4);
	carve_page_list_add(&b->area[2][SHORT], b->map, 4);
	b->nonempty[LONG] &= ~BIT(2);
	b->nonempty[SHORT] |= BIT(2);
	KUNIT_EXPECT_EQ(test, count_violations(b), 1);
}

/* Fragmentation indices, against figures worked out by hand */

struct fragmented {
	const char *name;
	unsigned long nr[6];
	int unusable[6];
	int extfrag[6];
};

static const struct fragmented fragmented[] = {
	{ "nothing free", { },
	  { 1000, 1000, 1000, 1000, 1000, 1000 }, { 0, 0, 0, 0, 0, 0 } },
	/* The largest is there: nothing is lost, nothing fails */
	{ "one whole", { [5] = 1 },
	  { 0, 0, 0, 0, 0, 0 }, { -1000, -1000, -1000, -1000, -1000, -1000 } },
	/* 8 pages, singly: 1000 - (1000 + 8000 / 2^order) / 8 */
	{ "single pages", { 8 },
	  { 0, 1000, 1000, 1000, 1000, 1000 },
	  { -1000, 375, 625, 750, 813, 844 } },
	/* 3 + 4 + 4 + 8 = 19 pages in 7 blocks */
	{ "mixed", { 3, 2, 1, 1 },
	  { 0, 157, 368, 578, 1000, 1000 },
	  { -1000, -1000, -1000, -1000, 688, 773 } },
	/* One block alone: the native formula falls below 0 */
	{ "a single page", { 1 },
	  { 0, 1000, 1000, 1000, 1000, 1000 },
	  { -1000, -500, -250, -125, -62, -31 } },
	/* 64 single pages: towards 1000 */
	{ "many single pages", { 64 },
	  { 0, 1000, 1000, 1000, 1000, 1000 },
	  { -1000, 485, 735, 860, 922, 954 } },
};

static void indices_are_those_worked_out_by_hand(struct kunit *test)
{
	unsigned int i, order;

	for (i = 0; i < ARRAY_SIZE(fragmented); i++) {
		const struct fragmented *f = &fragmented[i];
		struct carve_free_blocks free = { };

		for (order = 0; order < 6; order++) {
			free.nr[order] = f->nr[order];
			free.blocks += f->nr[order];
			free.pages += f->nr[order] << order;
		}
		for (order = 0; order < 6; order++) {
			KUNIT_EXPECT_EQ_MSG(test,
					    carve_unusable_index(&free, order),
					    f->unusable[order],
					    "%s, order %u", f->name, order);
			KUNIT_EXPECT_EQ_MSG(test,
					    carve_extfrag_index(&free, order),
					    f->extfrag[order],
					    "%s, order %u", f->name, order);
		}
	}
}

/* Of the textbook's: 1 + 1 + 2 + 4 pages in four blocks, both lifetimes counted */
static void free_blocks_are_counted_as_they_are(struct kunit *test)
{
	struct carve_free_blocks free;
	struct carve_buddy *b = make_textbook(test);

	carve_free_blocks_count(&free, b);
	KUNIT_EXPECT_EQ(test, free.blocks, 4);
	KUNIT_EXPECT_EQ(test, free.pages, b->nr_free);
	KUNIT_EXPECT_EQ(test, free.nr[0], 2);
	KUNIT_EXPECT_EQ(test, free.nr[1], 1);
	KUNIT_EXPECT_EQ(test, free.nr[2], 1);
	KUNIT_EXPECT_EQ(test, carve_unusable_index(&free, 2), 500);
	/* 1000 - (1000 + 8000 / 8) / 4 */
	KUNIT_EXPECT_EQ(test, carve_extfrag_index(&free, 3), 500);

	b = make_pageblocks(test, 16, 2);
	carve_buddy_alloc(b, 0, LONG);
	carve_buddy_alloc(b, 0, SHORT);
	carve_free_blocks_count(&free, b);
	KUNIT_EXPECT_EQ(test, free.nr[0], 2);
	KUNIT_EXPECT_EQ(test, free.nr[1], 2);
	KUNIT_EXPECT_EQ(test, free.nr[3], 1);
	KUNIT_EXPECT_EQ(test, free.pages, 14);
}

/* What carve_buddy_check() must find, each in the state of the textbook */

static void damage_state(struct carve_buddy *b)
{
	b->map[8].state = CARVE_PAGE_USED;
}

static void damage_order(struct carve_buddy *b)
{
	b->map[8].order = 0;
}

static void damage_next_out_of_bounds(struct carve_buddy *b)
{
	b->map[10].next = 1000000;
}

static void damage_next_to_itself(struct carve_buddy *b)
{
	b->map[10].next = 10;
}

static void damage_next_cut(struct carve_buddy *b)
{
	b->map[5].next = NONE;
}

static void damage_prev(struct carve_buddy *b)
{
	b->map[10].prev = 3;
}

static void damage_prev_of_head(struct carve_buddy *b)
{
	b->map[12].prev = 5;
}

static void damage_length(struct carve_buddy *b)
{
	b->area[1][0].nr++;
}

static void damage_first(struct carve_buddy *b)
{
	b->area[2][0].first = NONE;
}

static void damage_nonempty_lost(struct carve_buddy *b)
{
	b->nonempty[0] &= ~BIT(1);
}

static void damage_nonempty_gained(struct carve_buddy *b)
{
	b->nonempty[0] |= BIT(3);
}

static void damage_nr_free(struct carve_buddy *b)
{
	b->nr_free--;
}

static void damage_free_off_the_lists(struct carve_buddy *b)
{
	b->map[3].state = CARVE_PAGE_FREE;
	b->map[3].order = 0;
	b->nr_free++;
}

static void list_as_free(struct carve_buddy *b, u32 index, unsigned int order)
{
	b->map[index].state = CARVE_PAGE_FREE;
	b->map[index].order = order;
	carve_page_list_add(&b->area[order][0], b->map, index);
	b->nonempty[0] |= BIT(order);
	b->nr_free += BIT(order);
}

static void damage_alignment(struct carve_buddy *b)
{
	list_as_free(b, 1, 1);
}

static void damage_unmerged(struct carve_buddy *b)
{
	list_as_free(b, 11, 0);
}

/* As after a page within a free block was freed again */
static void damage_overlap(struct carve_buddy *b)
{
	list_as_free(b, 13, 0);
}

static void damage_overlap_of_blocks(struct carve_buddy *b)
{
	list_as_free(b, 4, 2);
}

struct damage {
	const char *name;
	void (*inflict)(struct carve_buddy *b);
};

static const struct damage damages[] = {
	{ "state of a head", damage_state },
	{ "order of a head", damage_order },
	{ "next out of bounds", damage_next_out_of_bounds },
	{ "next in a circle", damage_next_to_itself },
	{ "list cut short", damage_next_cut },
	{ "prev", damage_prev },
	{ "prev of the first", damage_prev_of_head },
	{ "length of a list", damage_length },
	{ "first of a list", damage_first },
	{ "bit of nonempty lost", damage_nonempty_lost },
	{ "bit of nonempty gained", damage_nonempty_gained },
	{ "nr_free", damage_nr_free },
	{ "free block off the lists", damage_free_off_the_lists },
	{ "alignment", damage_alignment },
	{ "free buddies", damage_unmerged },
	{ "page within a free block", damage_overlap },
	{ "block around a free one", damage_overlap_of_blocks },
};

static void check_finds_damage(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_buddy *b = make_textbook(test);
	unsigned int i;

	bed->saved_buddy = *b;
	memcpy(bed->saved_map, bed->map, BED_PAGES * sizeof(*bed->map));
	for (i = 0; i < ARRAY_SIZE(damages); i++) {
		damages[i].inflict(b);
		KUNIT_EXPECT_GT_MSG(test, count_violations(b), 0, "%s",
				    damages[i].name);
		*b = bed->saved_buddy;
		memcpy(bed->map, bed->saved_map,
		       BED_PAGES * sizeof(*bed->map));
		KUNIT_EXPECT_EQ_MSG(test, count_violations(b), 0,
				    "%s, repaired", damages[i].name);
	}
}

/*
 * The random walk. The model is a bit for each page that is allocated, and
 * knows nothing of lists: a block can be had if and only if all its pages are
 * free, and is on its list if it is free and not part of a larger one.
 */

#define WALK_STEPS 100000
#define WALK_CHECK 5000
/* Here the model looks at more, and takes longer */
#define LIFETIME_STEPS 20000

struct walk {
	struct kunit *test;
	struct carve_buddy *buddy;
	struct rnd_state rnd;
	u32 nr;
	unsigned long start_pfn;
	unsigned long nr_used;
	bool lifetimes;
	u8 owner[BED_PAGES];
	DECLARE_BITMAP(used, BED_PAGES);
	u32 nr_blocks;
	struct { u32 index; unsigned int order; } blocks[BED_PAGES];
};

/* Is the block at @pfn one that may exist, with all its pages free? */
static bool model_is_free(const struct walk *w, unsigned long pfn,
			  unsigned int order)
{
	unsigned long index = pfn - w->start_pfn;
	unsigned long end = index + BIT(order);

	if (pfn < w->start_pfn || end > w->nr || order > w->buddy->max_order)
		return false;
	return find_next_bit(w->used, end, index) >= end;
}

static bool model_is_listed(const struct walk *w, unsigned long pfn,
			    unsigned int order)
{
	return model_is_free(w, pfn, order) &&
	       !model_is_free(w, pfn & ~BIT(order), order + 1);
}

static bool model_has_block(const struct walk *w, unsigned int order)
{
	unsigned long pfn = ALIGN(w->start_pfn, BIT(order));

	for (; pfn < w->start_pfn + w->nr; pfn += BIT(order))
		if (model_is_free(w, pfn, order))
			return true;
	return false;
}

/*
 * Who owns the pageblocks, if not all is long-lived. The model looks at the
 * bits to see what there was to choose from.
 */

static unsigned long pageblock_at(const struct walk *w, unsigned long pfn)
{
	return (pfn >> w->buddy->block_order) -
	       (w->start_pfn >> w->buddy->block_order);
}

static bool model_is_whole(const struct walk *w, unsigned long pfn)
{
	unsigned int order = w->buddy->block_order;

	return model_is_free(w, ALIGN_DOWN(pfn, BIT(order)), order);
}

/* The highest order below a pageblock's of which @owner has a block; or -1 */
static int model_largest(const struct walk *w, enum carve_lifetime owner)
{
	int order;

	for (order = w->buddy->block_order - 1; order >= 0; order--) {
		unsigned long pfn = ALIGN(w->start_pfn, BIT(order));

		for (; pfn < w->start_pfn + w->nr; pfn += BIT(order))
			if (model_is_free(w, pfn, order) &&
			    !model_is_whole(w, pfn) &&
			    w->owner[pageblock_at(w, pfn)] == owner)
				return order;
	}
	return -1;
}

/* Called before the block is marked as used */
static void check_choice(struct walk *w, u32 index, int order,
			 enum carve_lifetime lifetime)
{
	unsigned long pfn = w->start_pfn + index;
	u8 *owner = &w->owner[pageblock_at(w, pfn)];
	int block_order = w->buddy->block_order;

	if (order >= block_order)
		return;
	if (model_is_whole(w, pfn)) {
		KUNIT_EXPECT_LT(w->test, model_largest(w, lifetime), order);
		*owner = lifetime;
	} else if (*owner != lifetime) {
		KUNIT_EXPECT_LT(w->test, model_largest(w, lifetime), order);
		KUNIT_EXPECT_FALSE(w->test, model_has_block(w, block_order));
		if (2 * model_largest(w, *owner) >= block_order)
			*owner = lifetime;
	}
	KUNIT_EXPECT_EQ(w->test, w->buddy->map[index].lifetime, *owner);
}

static void walk_alloc(struct walk *w)
{
	enum carve_lifetime lifetime = w->lifetimes ?
		carve_testbed_random(&w->rnd, CARVE_NR_LIFETIMES) : LONG;
	/* Small ones more often: the lower of two */
	unsigned int below = w->buddy->max_order + 2;
	unsigned int order = min(carve_testbed_random(&w->rnd, below),
				 carve_testbed_random(&w->rnd, below));
	u32 index = carve_buddy_alloc(w->buddy, order, lifetime);

	if (index == NONE) {
		KUNIT_EXPECT_FALSE_MSG(w->test, model_has_block(w, order),
				       "order %u", order);
		return;
	}
	KUNIT_ASSERT_TRUE_MSG(w->test, model_is_free(w, w->start_pfn + index,
						     order),
			      "page %u of order %u isn't free", index, order);
	KUNIT_ASSERT_TRUE(w->test,
			  IS_ALIGNED(w->start_pfn + index, BIT(order)));
	if (w->lifetimes)
		check_choice(w, index, order, lifetime);
	bitmap_set(w->used, index, BIT(order));
	w->nr_used += BIT(order);
	w->blocks[w->nr_blocks].index = index;
	w->blocks[w->nr_blocks++].order = order;
}

static void walk_free(struct walk *w)
{
	u32 i = carve_testbed_random(&w->rnd, w->nr_blocks);
	u32 index = w->blocks[i].index;
	unsigned int order = w->blocks[i].order;

	carve_buddy_free(w->buddy, index, order);
	bitmap_clear(w->used, index, BIT(order));
	w->nr_used -= BIT(order);
	w->blocks[i] = w->blocks[--w->nr_blocks];
}

static void check_pairs(struct walk *w, unsigned int order)
{
	unsigned long pfn = ALIGN_DOWN(w->start_pfn, BIT(order + 1));
	u32 pair, nr = carve_buddy_nr_pairs(w->buddy, order);

	for (pair = 0; pair < nr; pair++, pfn += BIT(order + 1))
		KUNIT_EXPECT_EQ_MSG(w->test,
				    carve_buddy_pair(w->buddy, order, pair),
				    model_is_listed(w, pfn, order) !=
				    model_is_listed(w, pfn + BIT(order), order),
				    "order %u, pair %u", order, pair);
	KUNIT_EXPECT_GE(w->test, pfn, w->start_pfn + w->nr);
}

static void check_walk(struct walk *w)
{
	unsigned int order;

	KUNIT_EXPECT_EQ(w->test, count_violations(w->buddy), 0);
	KUNIT_EXPECT_EQ(w->test, w->buddy->nr_free, w->nr - w->nr_used);
	/* Beyond the highest order nothing merges, and pairs mean nothing */
	for (order = 0; order < w->buddy->max_order; order++)
		check_pairs(w, order);
	cond_resched();
}

static void walk(struct kunit *test, struct walk *w, u64 seed,
		 unsigned int steps)
{
	/* Waves: mostly allocating up to a step, mostly freeing for another */
	unsigned int step, bias = 0;

	w->test = test;
	w->buddy = make_free(test, w->nr, w->start_pfn);
	if (w->lifetimes)
		w->buddy->block_order = min(w->buddy->max_order, 5U);
	carve_testbed_seed(test, &w->rnd, seed);
	for (step = 0; step < steps; step++) {
		if (step % 500 == 0)
			bias = 20 + carve_testbed_random(&w->rnd, 60);
		if (step % WALK_CHECK == 0)
			check_walk(w);
		if (!w->nr_blocks ||
		    carve_testbed_random(&w->rnd, 100) < bias)
			walk_alloc(w);
		else
			walk_free(w);
	}
	while (w->nr_blocks)
		walk_free(w);
	check_walk(w);
}

static void random_walk_agrees_with_a_bitmap(struct kunit *test)
{
	struct walk *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->nr = 1000;
	walk(test, w, 1, WALK_STEPS);
}

static void random_walk_of_any_shape_and_seed(struct kunit *test)
{
	struct walk *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	u64 seed = carve_testbed_any_seed();
	struct rnd_state shape;

	KUNIT_ASSERT_NOT_NULL(test, w);
	prandom_seed_state(&shape, seed);
	w->nr = 1 + carve_testbed_random(&shape, BED_PAGES);
	w->start_pfn = carve_testbed_random(&shape, SZ_16M);
	walk(test, w, seed, WALK_STEPS);
}

static void random_walk_keeps_lifetimes_apart(struct kunit *test)
{
	struct walk *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->lifetimes = true;
	w->nr = 1000;
	w->start_pfn = 0x12345;
	walk(test, w, 1, LIFETIME_STEPS);
}

static void random_walk_of_lifetimes_with_any_seed(struct kunit *test)
{
	struct walk *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->lifetimes = true;
	w->nr = BED_PAGES;
	walk(test, w, carve_testbed_any_seed(), LIFETIME_STEPS);
}

static struct kunit_case buddy_cases[] = {
	KUNIT_CASE(block_is_allocated_where_it_is_wanted),
	KUNIT_CASE(first_place_for_a_block_is_physical),
	KUNIT_CASE(textbook_allocation_splits_the_smallest_block),
	KUNIT_CASE(textbook_free_merges_as_far_as_it_can),
	KUNIT_CASE(one_page_splits_the_whole),
	KUNIT_CASE(free_block_is_kept_apart_from_a_buddy_in_parts),
	KUNIT_CASE(neighbours_that_are_no_buddies_stay_apart),
	KUNIT_CASE(block_freed_last_is_allocated_first),
	KUNIT_CASE(exact_fit_is_preferred_to_a_split),
	KUNIT_CASE(run_is_added_as_the_largest_blocks),
	KUNIT_CASE(order_beyond_the_highest_is_refused),
	KUNIT_CASE_PARAM(alignment_is_physical, shapes_gen_params),
	KUNIT_CASE(highest_order_is_that_of_the_size),
	KUNIT_CASE(first_page_may_have_any_index),
	KUNIT_CASE(exhaustion_returns_none_and_all_comes_back),
	KUNIT_CASE(several_blocks_come_off_one_list),
	KUNIT_CASE(several_blocks_are_cut_side_by_side),
	KUNIT_CASE(several_blocks_come_out_of_one_pageblock),
	KUNIT_CASE(who_is_in_a_hurry_takes_nothing_over),
	KUNIT_CASE(lifetimes_come_from_pageblocks_of_their_own),
	KUNIT_CASE(whole_pageblock_is_taken_before_the_others),
	KUNIT_CASE(pageblock_is_taken_over_with_all_that_is_free),
	KUNIT_CASE(little_is_borrowed_without_a_takeover),
	KUNIT_CASE(whole_pageblocks_are_nobodys),
	KUNIT_CASE(whole_again_it_is_nobodys_again),
	KUNIT_CASE(part_of_a_pageblock_belongs_to_one_lifetime),
	KUNIT_CASE(hint_saves_large_blocks),
	KUNIT_CASE(check_finds_a_wrong_list),
	KUNIT_CASE(indices_are_those_worked_out_by_hand),
	KUNIT_CASE(free_blocks_are_counted_as_they_are),
	KUNIT_CASE(check_finds_damage),
	KUNIT_CASE(random_walk_agrees_with_a_bitmap),
	KUNIT_CASE(random_walk_of_any_shape_and_seed),
	KUNIT_CASE(random_walk_keeps_lifetimes_apart),
	KUNIT_CASE(random_walk_of_lifetimes_with_any_seed),
	{ }
};

static struct kunit_suite buddy_suite = {
	.name = "carveout_buddy",
	.init = bed_init,
	.test_cases = buddy_cases,
};

kunit_test_suite(buddy_suite);
