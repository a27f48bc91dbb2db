// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the buddy system alone, over an array of descriptors with no memory
 * behind them. States are compared as text, so that a failure shows both:
 *
 *	lists	"5 10 | 8 | 12 | -" for each order, head first
 *	pairs	"00100100 | 0010 | 01 | 0" for each order, from the first pair on
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/sched.h>

#include "kunit/fixture.h"
#include "page/buddy.h"
#include "page/fragmentation.h"

#define CTX_PAGES 1024
#define NONE CARVE_PAGE_NONE

struct ctx {
	struct carve_buddy buddy;
	struct carve_buddy saved_buddy;
	struct carve_page *map;
	struct carve_page *saved_map;
	char text[512];
};

static int fixture_init(struct kunit *test)
{
	struct ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->map = kunit_kcalloc(test, CTX_PAGES, sizeof(*ctx->map),
				 GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->map);
	ctx->saved_map = kunit_kcalloc(test, CTX_PAGES, sizeof(*ctx->map),
				       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->saved_map);
	test->priv = ctx;
	return 0;
}

/* Create a buddy system of @nr pages, all of them allocated */
static struct carve_buddy *make_full(struct kunit *test, u32 nr,
				     unsigned long start_pfn)
{
	struct ctx *ctx = test->priv;

	memset(ctx->map, 0, CTX_PAGES * sizeof(*ctx->map));
	carve_buddy_init(&ctx->buddy, ctx->map, 0, nr, start_pfn);
	return &ctx->buddy;
}

/* Create a buddy system of @nr pages, all of them free */
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
	struct carve_buddy_check c;

	carve_buddy_check_begin(b, &c);
	while (carve_buddy_check_some(b, &c, &r))
		;
	return r.violations;
}

static const char *lists_of(struct kunit *test, const struct carve_buddy *b,
			    enum carve_migratetype migratetype)
{
	struct ctx *ctx = test->priv;
	const size_t size = sizeof(ctx->text);
	unsigned int order;
	size_t len = 0;
	u32 index;

	for (order = 0; order <= b->max_order; order++) {
		if (order)
			len += scnprintf(ctx->text + len, size - len, " | ");
		if (!b->area[order][migratetype].nr)
			len += scnprintf(ctx->text + len, size - len, "-");
		carve_page_list_for_each(index, &b->area[order][migratetype], b->map)
			len += scnprintf(ctx->text + len, size - len, "%s%u",
					 index == b->area[order][migratetype].first ?
					 "" : " ", index);
	}
	return ctx->text;
}

static const char *pairs_of(struct kunit *test, const struct carve_buddy *b)
{
	struct ctx *ctx = test->priv;
	const size_t size = sizeof(ctx->text);
	unsigned int order;
	size_t len = 0;
	u32 pair;

	for (order = 0; order <= b->max_order; order++) {
		if (order)
			len += scnprintf(ctx->text + len, size - len, " | ");
		for (pair = 0; pair < carve_buddy_nr_pairs(b, order); pair++)
			len += scnprintf(ctx->text + len, size - len, "%d",
					 carve_buddy_pair(b, order, pair));
	}
	return ctx->text;
}

static void expect_state(struct kunit *test, const struct carve_buddy *b,
			 const char *lists, const char *pairs)
{
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, CARVE_MIGRATE_UNMOVABLE), lists);
	KUNIT_EXPECT_STREQ(test, pairs_of(test, b), pairs);
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
}

static void expect_free(struct kunit *test, const struct carve_buddy *b,
			const char *lists)
{
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, CARVE_MIGRATE_UNMOVABLE), lists);
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
}

static void single_page_is_carved_from_a_free_block(struct kunit *test)
{
	struct carve_buddy *b = make_free(test, 16, 0);

	KUNIT_EXPECT_TRUE(test, carve_buddy_take_out(b, 5));
	b->map[5].state = CARVE_PAGE_BROKEN;
	expect_free(test, b, "4 | 6 | 0 | 8 | -");
	KUNIT_EXPECT_FALSE(test, carve_buddy_take_out(b, 5));
	KUNIT_EXPECT_TRUE(test, carve_buddy_take_out(b, 8));
	b->map[8].state = CARVE_PAGE_BROKEN;
	expect_free(test, b, "9 4 | 10 6 | 12 0 | - | -");
	KUNIT_EXPECT_TRUE(test, carve_buddy_take_out(b, 9));
	b->map[9].state = CARVE_PAGE_BROKEN;
	expect_free(test, b, "4 | 10 6 | 12 0 | - | -");
	KUNIT_EXPECT_EQ(test, b->nr_free, 13UL);
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

static void block_is_allocated_at_a_given_index(struct kunit *test)
{
	struct carve_buddy *b = make_textbook(test);

	KUNIT_EXPECT_EQ(test, carve_buddy_first(b, 2), 0);
	KUNIT_EXPECT_FALSE(test, carve_buddy_offers(b, 4, 0));
	KUNIT_EXPECT_TRUE(test, carve_buddy_offers(b, 5, 0));
	KUNIT_EXPECT_FALSE(test, carve_buddy_offers(b, 5, 1));
	KUNIT_EXPECT_FALSE(test, carve_buddy_offers(b, 13, 0));
	KUNIT_EXPECT_TRUE(test, carve_buddy_offers(b, 12, 1));
	carve_buddy_alloc_at(b, 12, 0, CARVE_MIGRATE_UNMOVABLE);
	expect_state(test, b, "13 5 10 | 14 8 | - | - | -",
		     "00100110 | 0011 | 00 | 0 | 0");
	carve_buddy_free(b, 12, 0);
	KUNIT_EXPECT_EQ(test, b->nr_free, 8);
}

static void first_aligned_index_follows_page_frames(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 16, 5);

	KUNIT_EXPECT_EQ(test, carve_buddy_first(b, 0), 0);
	KUNIT_EXPECT_EQ(test, carve_buddy_first(b, 1), 1);
	KUNIT_EXPECT_EQ(test, carve_buddy_first(b, 2), 3);
	KUNIT_EXPECT_EQ(test, carve_buddy_first(b, 4), 11);
}

/*
 * Blocks 8 and 10 of order 1 are buddies, but page 11 is allocated. So page 10
 * stays on the list of single pages.
 */
static void textbook_allocation_splits_the_smallest_block(struct kunit *test)
{
	struct carve_buddy *b = make_textbook(test);

	expect_state(test, b, "5 10 | 8 | 12 | - | -",
		     "00100100 | 0010 | 01 | 0 | 0");

	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 1, CARVE_MIGRATE_UNMOVABLE), 8);
	expect_state(test, b, "5 10 | - | 12 | - | -",
		     "00100100 | 0000 | 01 | 0 | 0");

	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 1, CARVE_MIGRATE_UNMOVABLE), 12);
	expect_state(test, b, "5 10 | 14 | - | - | -",
		     "00100100 | 0001 | 00 | 0 | 0");
	KUNIT_EXPECT_EQ(test, b->nr_free, 4);
}

/* 10 and 11 merge to a pair, with 8 and 9 to four pages, with 12 to 15 to eight */
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

static void one_page_splits_the_largest_block(struct kunit *test)
{
	struct carve_buddy *b = make_free(test, 16, 0);

	expect_state(test, b, "- | - | - | - | 0",
		     "00000000 | 0000 | 00 | 0 | 1");
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, CARVE_MIGRATE_UNMOVABLE), 0);
	expect_state(test, b, "1 | 2 | 4 | 8 | -",
		     "10000000 | 1000 | 10 | 1 | 0");
	KUNIT_EXPECT_EQ(test, b->map[0].state, CARVE_PAGE_USED);
	KUNIT_EXPECT_EQ(test, b->map[0].order, 0);

	carve_buddy_free(b, 0, 0);
	expect_state(test, b, "- | - | - | - | 0",
		     "00000000 | 0000 | 00 | 0 | 1");
}

static void free_block_does_not_merge_with_a_split_buddy(struct kunit *test)
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

static void neighbours_that_are_no_buddies_do_not_merge(struct kunit *test)
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
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, CARVE_MIGRATE_UNMOVABLE), 12);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, CARVE_MIGRATE_UNMOVABLE), 2);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, CARVE_MIGRATE_UNMOVABLE), 8);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, CARVE_MIGRATE_UNMOVABLE), NONE);
	expect_state(test, b, "- | - | - | - | -",
		     "00000000 | 0000 | 00 | 0 | 0");
}

static void exact_fit_is_preferred_to_a_split(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 16, 0);

	carve_buddy_add(b, 4, 2);
	carve_buddy_add(b, 8, 8);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 1, CARVE_MIGRATE_UNMOVABLE), 4);
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
		KUNIT_EXPECT_EQ_MSG(test,
				    carve_buddy_alloc(b, orders[i],
						      CARVE_MIGRATE_UNMOVABLE), NONE,
				    "order %u", orders[i]);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 4, CARVE_MIGRATE_UNMOVABLE), 0);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 4, CARVE_MIGRATE_UNMOVABLE), NONE);
	carve_buddy_free(b, 0, 4);
	expect_state(test, b, "- | - | - | - | 0",
		     "00000000 | 0000 | 00 | 0 | 1");
}

/* Sizes that are no power of two, and starts that are not aligned */

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

static void blocks_are_aligned_by_page_frame(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	struct carve_buddy *b = make_free(test, shape->nr, shape->start_pfn);
	unsigned int order;
	u32 index;

	expect_state(test, b, shape->lists, shape->pairs);
	for (order = 0; order <= b->max_order; order++) {
		index = carve_buddy_alloc(b, order, CARVE_MIGRATE_UNMOVABLE);
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

static void max_order_follows_from_the_size(struct kunit *test)
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
		KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, sizes[i].order,
							CARVE_MIGRATE_UNMOVABLE), 0);
	}
}

/* As for the second zone of a carveout, whose pages don't begin at index 0 */
static void buddy_system_may_start_at_any_index(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_buddy *b = &ctx->buddy;
	u32 index, n = 0;

	carve_buddy_init(b, ctx->map, 100, 16, 0x1002);
	carve_buddy_add(b, 100, 16);
	expect_state(test, b, "- | 114 100 | 102 | 106 | -",
		     "00000000 | 10001 | 100 | 10 | 00");
	while ((index = carve_buddy_alloc(b, 0, CARVE_MIGRATE_UNMOVABLE)) != NONE) {
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

static void exhaustion_fails_and_all_pages_are_freed(struct kunit *test)
{
	const u32 nr = 1000;
	struct carve_buddy *b = make_free(test, nr, 0x12345);
	unsigned int order;

	for (order = 0; order <= b->max_order; order++) {
		u32 index, n = 0;

		while (carve_buddy_alloc(b, order, CARVE_MIGRATE_UNMOVABLE) != NONE)
			n++;
		KUNIT_EXPECT_EQ(test, b->nr_free, nr - (n << order));
		for (index = 0; index < nr; index++)
			if (b->map[index].state == CARVE_PAGE_USED)
				carve_buddy_free(b, index, order);
		KUNIT_EXPECT_EQ_MSG(test, b->nr_free, nr, "order %u", order);
		KUNIT_EXPECT_EQ(test, count_violations(b), 0);
	}
}

/* Migratetypes, with small pageblocks, so that few pages show the separation */

#define LONG CARVE_MIGRATE_UNMOVABLE
#define SHORT CARVE_MIGRATE_RECLAIMABLE

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

/* Allocate several blocks at once and return the indices of their heads */
static const char *take(struct kunit *test, struct carve_buddy *b,
			unsigned int order, enum carve_migratetype migratetype,
			bool atomic, unsigned int n)
{
	struct ctx *ctx = test->priv;
	void *heads[16];
	size_t len = 0;
	unsigned int i;

	n = carve_buddy_take(b, order, migratetype, atomic, CARVE_PAGE_PCP,
			     heads, n);
	ctx->text[0] = 0;
	for (i = 0; i < n; i++) {
		struct carve_page *page = heads[i];

		KUNIT_EXPECT_EQ(test, page->state, CARVE_PAGE_PCP);
		KUNIT_EXPECT_EQ(test, page->order, order);
		len += scnprintf(ctx->text + len, sizeof(ctx->text) - len,
				 "%s%zd", i ? " " : "", page - b->map);
	}
	return ctx->text;
}

static void bulk_takes_blocks_of_one_list(struct kunit *test)
{
	struct carve_buddy *b = make_full(test, 16, 0);
	u32 index;

	for (index = 0; index < 10; index += 2)
		carve_buddy_free(b, index, 0);
	KUNIT_EXPECT_STREQ(test, take(test, b, 0, LONG, false, 2), "8 6");
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, LONG), "4 2 0 | - | - | - | -");
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
	/* No more blocks than exist */
	KUNIT_EXPECT_STREQ(test, take(test, b, 0, LONG, false, 16), "4 2 0");
	KUNIT_EXPECT_EQ(test, b->nr_free, 0);
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
	KUNIT_EXPECT_STREQ(test, take(test, b, 0, LONG, false, 1), "");
}

static void bulk_splits_one_block_into_neighbours(struct kunit *test)
{
	struct carve_buddy *b = make_free(test, 16, 0);

	KUNIT_EXPECT_STREQ(test, take(test, b, 0, LONG, false, 3), "0 1 2");
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, LONG), "3 | - | 4 | 8 | -");
	KUNIT_EXPECT_EQ(test, b->nr_free, 13);
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
	/* The smallest sufficient block is split into as many blocks as it holds */
	KUNIT_EXPECT_STREQ(test, take(test, b, 1, LONG, false, 5), "4 6");
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, LONG), "3 | - | - | 8 | -");
	KUNIT_EXPECT_STREQ(test, take(test, b, 1, LONG, false, 5), "8 10 12 14");
	KUNIT_EXPECT_STREQ(test, lists_of(test, b, LONG), "3 | - | - | - | -");
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);
	KUNIT_EXPECT_STREQ(test, take(test, b, 5, LONG, false, 1), "");
}

static void bulk_takes_blocks_of_one_pageblock(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 2);

	KUNIT_EXPECT_STREQ(test, take(test, b, 1, SHORT, false, 5), "0 2");
	expect_lists(test, b, "- | - | 4 | 8 | -", "- | - | - | - | -");
	KUNIT_EXPECT_EQ(test, b->map[2].migratetype, SHORT);
	KUNIT_EXPECT_STREQ(test, take(test, b, 0, SHORT, false, 1), "4");
	expect_lists(test, b, "- | - | - | 8 | -", "5 | 6 | - | - | -");
	/* Whole pageblocks are allocated one by one */
	KUNIT_EXPECT_STREQ(test, take(test, b, 2, LONG, false, 4), "8");
	expect_lists(test, b, "- | - | 12 | - | -", "5 | 6 | - | - | -");
	carve_buddy_free(b, 8, 2);
	carve_buddy_free(b, 4, 0);
	carve_buddy_free(b, 0, 1);
	carve_buddy_free(b, 2, 1);
	expect_lists(test, b, "- | - | - | - | 0", "- | - | - | - | -");
}

static void atomic_request_claims_no_block(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 8, 2);

	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, LONG), 0);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 2, SHORT), 4);
	KUNIT_EXPECT_STREQ(test, take(test, b, 0, SHORT, true, 1), "2");
	KUNIT_EXPECT_EQ(test, b->map[2].migratetype, LONG);
	expect_lists(test, b, "3 1 | - | - | -", "- | - | - | -");
}

static void migratetypes_use_separate_pageblocks(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 2);
	unsigned int i;

	expect_lists(test, b, "- | - | - | - | 0", "- | - | - | - | -");
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, LONG), 0);
	expect_lists(test, b, "1 | 2 | 4 | 8 | -", "- | - | - | - | -");
	/* Not page 1, although it belongs to the smallest sufficient block */
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, SHORT), 4);
	expect_lists(test, b, "1 | 2 | - | 8 | -", "5 | 6 | - | - | -");
	/* Each migratetype continues in its own pageblock */
	for (i = 1; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, SHORT), 4 + i);
		KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, LONG), i);
	}
	expect_lists(test, b, "- | - | - | 8 | -", "- | - | - | - | -");
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, b->map[i].migratetype, i < 4 ? LONG : SHORT);
}

static void free_pageblock_is_claimed_before_fallback(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 2);

	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, LONG), 0);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 2, LONG), 4);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 2, LONG), 8);
	/* One whole pageblock is left, then half of one */
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, SHORT), 12);
	expect_lists(test, b, "1 | 2 | - | - | -", "13 | 14 | - | - | -");
	/* A request too large for its own free lists fails if no pageblock is free */
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 2, SHORT), NONE);
	expect_lists(test, b, "1 | 2 | - | - | -", "13 | 14 | - | - | -");
}

static void claim_moves_all_free_blocks_of_a_pageblock(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 8, 2);

	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, LONG), 0);
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 2, SHORT), 4);
	expect_lists(test, b, "1 | 2 | - | -", "- | - | - | -");
	/* Neither a block of its own nor a free pageblock: the largest fallback block */
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, SHORT), 2);
	KUNIT_EXPECT_EQ(test, b->map[2].migratetype, SHORT);
	expect_lists(test, b, "- | - | - | -", "3 1 | - | - | -");
	/* Pages that the old migratetype still holds are freed to the new one's lists */
	carve_buddy_free(b, 0, 0);
	expect_lists(test, b, "- | - | - | -", "3 | 0 | - | -");
	carve_buddy_free(b, 2, 0);
	carve_buddy_free(b, 4, 2);
	expect_lists(test, b, "- | - | - | 0", "- | - | - | -");
}

/* A single page out of a pageblock of sixteen doesn't change its migratetype */
static void small_fallback_does_not_claim_the_pageblock(struct kunit *test)
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
	KUNIT_EXPECT_EQ(test, b->map[8].migratetype, LONG);
	expect_lists(test, b, "9 3 | - | - | - | -", "- | - | - | - | -");
	/* A quarter of the pageblock is enough to claim it */
	for (index = 4; index < 8; index++)
		carve_buddy_free(b, index, 0);
	expect_lists(test, b, "9 3 | - | 4 | - | -", "- | - | - | - | -");
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 1, SHORT), 4);
	KUNIT_EXPECT_EQ(test, b->map[4].migratetype, SHORT);
	expect_lists(test, b, "- | - | - | - | -", "9 3 | 6 | - | - | -");
}

static void free_pageblocks_serve_any_migratetype(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 2);

	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 2, SHORT), 0);
	KUNIT_EXPECT_EQ(test, b->map[0].migratetype, LONG);
	expect_lists(test, b, "- | - | 4 | 8 | -", "- | - | - | - | -");
	KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 3, SHORT), 8);
	carve_buddy_free(b, 0, 2);
	expect_lists(test, b, "- | - | - | 0 | -", "- | - | - | - | -");
	carve_buddy_free(b, 8, 3);
	expect_lists(test, b, "- | - | - | - | 0", "- | - | - | - | -");
}

/* A pageblock that merged completely may serve the other migratetype */
static void merged_pageblock_can_change_its_migratetype(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 2);
	unsigned int turn;

	for (turn = 0; turn < 4; turn++) {
		enum carve_migratetype migratetype = turn % 2 ? LONG : SHORT;

		KUNIT_EXPECT_EQ(test, carve_buddy_alloc(b, 0, migratetype), 0);
		KUNIT_EXPECT_EQ(test, b->map[0].migratetype, migratetype);
		KUNIT_EXPECT_EQ(test, b->area[0][migratetype].first, 1);
		KUNIT_EXPECT_EQ(test, b->area[1][migratetype].first, 2);
		KUNIT_EXPECT_EQ(test, count_violations(b), 0);
		carve_buddy_free(b, 0, 0);
		expect_lists(test, b, "- | - | - | - | 0", "- | - | - | - | -");
	}
}

/* An unaligned region begins and ends with a partial pageblock */
static void partial_pageblock_keeps_its_migratetype(struct kunit *test)
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

/* Short-lived blocks leave a large block only if the caller gives the hint */
static void mobility_hint_preserves_large_blocks(struct kunit *test)
{
	unsigned int hinted, i;

	for (hinted = 0; hinted < 2; hinted++) {
		struct carve_buddy *b = make_pageblocks(test, 64, 4);
		enum carve_migratetype coming = hinted ? SHORT : LONG;
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
		/* The eight long-lived pages lie in one pageblock with the hint, in two without */
		KUNIT_EXPECT_EQ(test, carve_buddy_nr_blocks(b, 4), hinted ? 1 : 0);
		for (i = 0; i < 8; i++)
			carve_buddy_free(b, stays[i], 0);
	}
}

static void check_finds_blocks_on_the_wrong_list(struct kunit *test)
{
	struct carve_buddy *b = make_pageblocks(test, 16, 2);

	KUNIT_ASSERT_EQ(test, carve_buddy_alloc(b, 0, SHORT), 0);
	expect_lists(test, b, "- | - | 4 | 8 | -", "1 | 2 | - | - | -");

	/* A block on the list of the other migratetype, everything else correct */
	carve_page_list_del(&b->area[1][SHORT], b->map, 2);
	carve_page_list_add(&b->area[1][LONG], b->map, 2);
	b->nonempty[SHORT] &= ~BIT(1);
	b->nonempty[LONG] |= BIT(1);
	KUNIT_EXPECT_GT(test, count_violations(b), 0);
	carve_page_list_del(&b->area[1][LONG], b->map, 2);
	carve_page_list_add(&b->area[1][SHORT], b->map, 2);
	b->nonempty[LONG] &= ~BIT(1);
	b->nonempty[SHORT] |= BIT(1);
	KUNIT_EXPECT_EQ(test, count_violations(b), 0);

	/* A pageblock that changed its migratetype without its blocks */
	b->map[0].block_migratetype = LONG;
	KUNIT_EXPECT_GT(test, count_violations(b), 0);
	b->map[0].block_migratetype = SHORT;

	/* A free pageblock that is marked as reclaimable */
	carve_page_list_del(&b->area[2][LONG], b->map, 4);
	carve_page_list_add(&b->area[2][SHORT], b->map, 4);
	b->nonempty[LONG] &= ~BIT(2);
	b->nonempty[SHORT] |= BIT(2);
	KUNIT_EXPECT_GT(test, count_violations(b), 0);
}

/* Fragmentation indices against values worked out by hand */

struct fragmented {
	const char *name;
	unsigned long nr[6];
	int unusable[6];
	int extfrag[6];
};

static const struct fragmented fragmented[] = {
	{ "nothing free", { },
	  { 1000, 1000, 1000, 1000, 1000, 1000 }, { 0, 0, 0, 0, 0, 0 } },
	/* The largest block is free: no fragmentation, no failure */
	{ "one whole", { [5] = 1 },
	  { 0, 0, 0, 0, 0, 0 }, { -1000, -1000, -1000, -1000, -1000, -1000 } },
	/* 8 single pages: 1000 - (1000 + 8000 / 2^order) / 8 */
	{ "single pages", { 8 },
	  { 0, 1000, 1000, 1000, 1000, 1000 },
	  { -1000, 375, 625, 750, 813, 844 } },
	/* 3 + 4 + 4 + 8 = 19 pages in 7 blocks */
	{ "mixed", { 3, 2, 1, 1 },
	  { 0, 157, 368, 578, 1000, 1000 },
	  { -1000, -1000, -1000, -1000, 688, 773 } },
	/* A single block: the kernel's formula falls below 0 */
	{ "a single page", { 1 },
	  { 0, 1000, 1000, 1000, 1000, 1000 },
	  { -1000, -500, -250, -125, -62, -31 } },
	/* 64 single pages: close to 1000 */
	{ "many single pages", { 64 },
	  { 0, 1000, 1000, 1000, 1000, 1000 },
	  { -1000, 485, 735, 860, 922, 954 } },
};

static void fragmentation_indices_match_known_values(struct kunit *test)
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

/* The textbook state: 1 + 1 + 2 + 4 pages in four blocks, of both migratetypes */
static void free_blocks_are_counted_by_order(struct kunit *test)
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

/* Corruptions of the textbook state that carve_buddy_check_some() must find */

static void corrupt_state(struct carve_buddy *b)
{
	b->map[8].state = CARVE_PAGE_USED;
}

static void corrupt_order(struct carve_buddy *b)
{
	b->map[8].order = 0;
}

static void corrupt_next_out_of_bounds(struct carve_buddy *b)
{
	b->map[10].next = 1000000;
}

static void corrupt_next_to_itself(struct carve_buddy *b)
{
	b->map[10].next = 10;
}

static void corrupt_next_cut(struct carve_buddy *b)
{
	b->map[5].next = NONE;
}

static void corrupt_prev(struct carve_buddy *b)
{
	b->map[10].prev = 3;
}

static void corrupt_prev_of_head(struct carve_buddy *b)
{
	b->map[12].prev = 5;
}

static void corrupt_length(struct carve_buddy *b)
{
	b->area[1][0].nr++;
}

static void corrupt_first(struct carve_buddy *b)
{
	b->area[2][0].first = NONE;
}

static void corrupt_nonempty_lost(struct carve_buddy *b)
{
	b->nonempty[0] &= ~BIT(1);
}

static void corrupt_nonempty_gained(struct carve_buddy *b)
{
	b->nonempty[0] |= BIT(3);
}

static void corrupt_nr_free(struct carve_buddy *b)
{
	b->nr_free--;
}

static void corrupt_free_off_the_lists(struct carve_buddy *b)
{
	b->map[3].state = CARVE_PAGE_FREE;
	b->map[3].order = 0;
	b->nr_free++;
}

static void list_as_free(struct carve_buddy *b, u32 index, unsigned int order)
{
	b->map[index].state = CARVE_PAGE_FREE;
	b->map[index].order = order;
	b->map[index].migratetype = CARVE_FREE_HEAD;
	carve_page_list_add(&b->area[order][0], b->map, index);
	b->nonempty[0] |= BIT(order);
	b->nr_free += BIT(order);
}

/* A page in use is marked as free, and a free one is not */
static void corrupt_mark_gained(struct carve_buddy *b)
{
	b->map[3].migratetype = CARVE_FREE_HEAD;
}

static void corrupt_mark_lost(struct carve_buddy *b)
{
	b->map[12].migratetype = CARVE_MIGRATE_UNMOVABLE;
}

/* The state after a caller wrote to a descriptor that was allocated while free */
static void corrupt_state_of_tail(struct carve_buddy *b)
{
	b->map[14].state = CARVE_PAGE_USED;
}

static void corrupt_alignment(struct carve_buddy *b)
{
	list_as_free(b, 1, 1);
}

static void corrupt_unmerged(struct carve_buddy *b)
{
	list_as_free(b, 11, 0);
}

/* The state after a page within a free block was freed again */
static void corrupt_overlap(struct carve_buddy *b)
{
	list_as_free(b, 13, 0);
}

static void corrupt_overlap_of_blocks(struct carve_buddy *b)
{
	list_as_free(b, 4, 2);
}

struct corruption {
	const char *name;
	void (*inflict)(struct carve_buddy *b);
};

static const struct corruption corrupts[] = {
	{ "state of a head", corrupt_state },
	{ "order of a head", corrupt_order },
	{ "next out of bounds", corrupt_next_out_of_bounds },
	{ "next in a circle", corrupt_next_to_itself },
	{ "list cut short", corrupt_next_cut },
	{ "prev", corrupt_prev },
	{ "prev of the first", corrupt_prev_of_head },
	{ "length of a list", corrupt_length },
	{ "first of a list", corrupt_first },
	{ "bit of nonempty lost", corrupt_nonempty_lost },
	{ "bit of nonempty gained", corrupt_nonempty_gained },
	{ "nr_free", corrupt_nr_free },
	{ "free block off the lists", corrupt_free_off_the_lists },
	{ "mark gained", corrupt_mark_gained },
	{ "mark lost", corrupt_mark_lost },
	{ "state of a page within a free block", corrupt_state_of_tail },
	{ "alignment", corrupt_alignment },
	{ "free buddies", corrupt_unmerged },
	{ "page within a free block", corrupt_overlap },
	{ "block around a free one", corrupt_overlap_of_blocks },
};

static void check_finds_corruption(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_buddy *b = make_textbook(test);
	unsigned int i;

	ctx->saved_buddy = *b;
	memcpy(ctx->saved_map, ctx->map, CTX_PAGES * sizeof(*ctx->map));
	for (i = 0; i < ARRAY_SIZE(corrupts); i++) {
		corrupts[i].inflict(b);
		KUNIT_EXPECT_GT_MSG(test, count_violations(b), 0, "%s",
				    corrupts[i].name);
		*b = ctx->saved_buddy;
		memcpy(ctx->map, ctx->saved_map,
		       CTX_PAGES * sizeof(*ctx->map));
		KUNIT_EXPECT_EQ_MSG(test, count_violations(b), 0,
				    "%s, repaired", corrupts[i].name);
	}
}

/*
 * The random walk. The model is a bitmap of allocated pages and has no lists: a
 * block can be allocated if and only if all its pages are free, and it is on a
 * list if it is free and not part of a larger free block.
 */

#define WALK_STEPS 100000
#define WALK_CHECK 5000
/* With migratetypes the model checks more and is slower */
#define MIGRATETYPE_STEPS 20000

struct walk {
	struct kunit *test;
	struct carve_buddy *buddy;
	struct rnd_state rnd;
	u32 nr;
	unsigned long start_pfn;
	unsigned long nr_used;
	bool migratetypes;
	u8 owner[CTX_PAGES];
	DECLARE_BITMAP(used, CTX_PAGES);
	u32 nr_blocks;
	struct { u32 index; unsigned int order; } blocks[CTX_PAGES];
};

/* Is the block at @pfn within bounds and aligned, with all its pages free? */
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
 * Model the migratetypes of pageblocks, unless all blocks are long-lived. The
 * model derives the available blocks from the bitmap.
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

/* The highest order below a pageblock's of which @owner has a block, or -1 */
static int model_largest(const struct walk *w, enum carve_migratetype owner)
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

/* Must be called before the block is marked as used */
static void check_choice(struct walk *w, u32 index, int order,
			 enum carve_migratetype migratetype)
{
	unsigned long pfn = w->start_pfn + index;
	u8 *owner = &w->owner[pageblock_at(w, pfn)];
	int block_order = w->buddy->block_order;

	if (order >= block_order)
		return;
	if (model_is_whole(w, pfn)) {
		KUNIT_EXPECT_LT(w->test, model_largest(w, migratetype), order);
		*owner = migratetype;
	} else if (*owner != migratetype) {
		KUNIT_EXPECT_LT(w->test, model_largest(w, migratetype), order);
		KUNIT_EXPECT_FALSE(w->test, model_has_block(w, block_order));
		if (2 * model_largest(w, *owner) >= block_order)
			*owner = migratetype;
	}
	KUNIT_EXPECT_EQ(w->test, w->buddy->map[index].migratetype, *owner);
}

static void walk_alloc(struct walk *w)
{
	enum carve_migratetype migratetype = w->migratetypes ?
		carve_fixture_random(&w->rnd, CARVE_NR_MIGRATETYPES) : LONG;
	/* Prefer small orders: the lower of two random ones */
	unsigned int below = w->buddy->max_order + 2;
	unsigned int order = min(carve_fixture_random(&w->rnd, below),
				 carve_fixture_random(&w->rnd, below));
	u32 index = carve_buddy_alloc(w->buddy, order, migratetype);

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
	if (w->migratetypes)
		check_choice(w, index, order, migratetype);
	bitmap_set(w->used, index, BIT(order));
	w->nr_used += BIT(order);
	w->blocks[w->nr_blocks].index = index;
	w->blocks[w->nr_blocks++].order = order;
}

static void walk_free(struct walk *w)
{
	u32 i = carve_fixture_random(&w->rnd, w->nr_blocks);
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
	/* Beyond the highest order nothing merges, and pairs have no meaning */
	for (order = 0; order < w->buddy->max_order; order++)
		check_pairs(w, order);
	cond_resched();
}

static void walk(struct kunit *test, struct walk *w, u64 seed,
		 unsigned int steps)
{
	/* Alternate between steps that mostly allocate and steps that mostly free */
	unsigned int step, bias = 0;

	w->test = test;
	w->buddy = make_free(test, w->nr, w->start_pfn);
	if (w->migratetypes)
		w->buddy->block_order = min(w->buddy->max_order, 5U);
	carve_fixture_seed(test, &w->rnd, seed);
	for (step = 0; step < steps; step++) {
		if (step % 500 == 0)
			bias = 20 + carve_fixture_random(&w->rnd, 60);
		if (step % WALK_CHECK == 0)
			check_walk(w);
		if (!w->nr_blocks ||
		    carve_fixture_random(&w->rnd, 100) < bias)
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
	u64 seed = carve_fixture_any_seed();
	struct rnd_state shape;

	KUNIT_ASSERT_NOT_NULL(test, w);
	prandom_seed_state(&shape, seed);
	w->nr = 1 + carve_fixture_random(&shape, CTX_PAGES);
	w->start_pfn = carve_fixture_random(&shape, SZ_16M);
	walk(test, w, seed, WALK_STEPS);
}

static void random_walk_keeps_migratetypes_apart(struct kunit *test)
{
	struct walk *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->migratetypes = true;
	w->nr = 1000;
	w->start_pfn = 0x12345;
	walk(test, w, 1, MIGRATETYPE_STEPS);
}

static void random_walk_of_migratetypes_with_any_seed(struct kunit *test)
{
	struct walk *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->migratetypes = true;
	w->nr = CTX_PAGES;
	walk(test, w, carve_fixture_any_seed(), MIGRATETYPE_STEPS);
}

static struct kunit_case buddy_cases[] = {
	KUNIT_CASE(single_page_is_carved_from_a_free_block),
	KUNIT_CASE(block_is_allocated_at_a_given_index),
	KUNIT_CASE(first_aligned_index_follows_page_frames),
	KUNIT_CASE(textbook_allocation_splits_the_smallest_block),
	KUNIT_CASE(textbook_free_merges_as_far_as_it_can),
	KUNIT_CASE(one_page_splits_the_largest_block),
	KUNIT_CASE(free_block_does_not_merge_with_a_split_buddy),
	KUNIT_CASE(neighbours_that_are_no_buddies_do_not_merge),
	KUNIT_CASE(block_freed_last_is_allocated_first),
	KUNIT_CASE(exact_fit_is_preferred_to_a_split),
	KUNIT_CASE(run_is_added_as_the_largest_blocks),
	KUNIT_CASE(order_beyond_the_highest_is_refused),
	KUNIT_CASE_PARAM(blocks_are_aligned_by_page_frame, shapes_gen_params),
	KUNIT_CASE(max_order_follows_from_the_size),
	KUNIT_CASE(buddy_system_may_start_at_any_index),
	KUNIT_CASE(exhaustion_fails_and_all_pages_are_freed),
	KUNIT_CASE(bulk_takes_blocks_of_one_list),
	KUNIT_CASE(bulk_splits_one_block_into_neighbours),
	KUNIT_CASE(bulk_takes_blocks_of_one_pageblock),
	KUNIT_CASE(atomic_request_claims_no_block),
	KUNIT_CASE(migratetypes_use_separate_pageblocks),
	KUNIT_CASE(free_pageblock_is_claimed_before_fallback),
	KUNIT_CASE(claim_moves_all_free_blocks_of_a_pageblock),
	KUNIT_CASE(small_fallback_does_not_claim_the_pageblock),
	KUNIT_CASE(free_pageblocks_serve_any_migratetype),
	KUNIT_CASE(merged_pageblock_can_change_its_migratetype),
	KUNIT_CASE(partial_pageblock_keeps_its_migratetype),
	KUNIT_CASE(mobility_hint_preserves_large_blocks),
	KUNIT_CASE(check_finds_blocks_on_the_wrong_list),
	KUNIT_CASE(fragmentation_indices_match_known_values),
	KUNIT_CASE(free_blocks_are_counted_by_order),
	KUNIT_CASE(check_finds_corruption),
	KUNIT_CASE(random_walk_agrees_with_a_bitmap),
	KUNIT_CASE(random_walk_of_any_shape_and_seed),
	KUNIT_CASE(random_walk_keeps_migratetypes_apart),
	KUNIT_CASE(random_walk_of_migratetypes_with_any_seed),
	{ }
};

static struct kunit_suite buddy_suite = {
	.name = "carveout_buddy",
	.init = fixture_init,
	.test_cases = buddy_cases,
};

kunit_test_suite(buddy_suite);
