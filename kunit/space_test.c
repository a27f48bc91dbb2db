// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the allocator of address space, on plain numbers without memory:
 * placement of areas, reuse of gaps, and a random walk with a bitmap as the
 * model.
 */
#include <linux/bitmap.h>

#include "kunit/fixture.h"
#include "vmap/space.h"

#define FIRST 1000
#define NR_PAGES 512
#define NR_AREAS 64

struct ctx {
	struct carve_space space;
	struct carve_area area[NR_AREAS];
};

static int space_init(struct kunit *test)
{
	struct ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	carve_space_init(&ctx->space, FIRST, NR_PAGES);
	test->priv = ctx;
	return 0;
}

static unsigned int violations(struct ctx *ctx)
{
	struct carve_report r = { .name = "provoked" };
	const struct carve_area *area;

	for (area = carve_space_from(&ctx->space, 0); area;
	     area = carve_space_next(area))
		carve_space_check(&ctx->space, area, &r);
	return r.violations;
}

/* Area @i, of @span pages including its guard page */
static bool place(struct ctx *ctx, unsigned int i, unsigned int span)
{
	ctx->area[i].nr_pages = span - 1;
	ctx->area[i].span = span;
	return carve_space_place(&ctx->space, &ctx->area[i]);
}

static void areas_are_placed_at_the_lowest_address(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	int i;

	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_TRUE(test, place(ctx, i, 10));
		KUNIT_EXPECT_EQ(test, ctx->area[i].first, FIRST + 10UL * i);
	}
	carve_space_erase(&ctx->space, &ctx->area[1]);
	carve_space_erase(&ctx->space, &ctx->area[3]);
	/* Too large for the gap; fits; the rest of the gap */
	KUNIT_ASSERT_TRUE(test, place(ctx, 4, 11));
	KUNIT_EXPECT_EQ(test, ctx->area[4].first, FIRST + 30UL);
	KUNIT_ASSERT_TRUE(test, place(ctx, 5, 7));
	KUNIT_EXPECT_EQ(test, ctx->area[5].first, FIRST + 10UL);
	KUNIT_ASSERT_TRUE(test, place(ctx, 6, 3));
	KUNIT_EXPECT_EQ(test, ctx->area[6].first, FIRST + 17UL);
	KUNIT_EXPECT_EQ(test, violations(ctx), 0);
}

static void space_is_used_to_its_last_page(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	KUNIT_EXPECT_FALSE(test, place(ctx, 0, NR_PAGES + 1));
	KUNIT_ASSERT_TRUE(test, place(ctx, 0, NR_PAGES));
	KUNIT_EXPECT_FALSE(test, place(ctx, 1, 2));
	KUNIT_EXPECT_EQ(test, violations(ctx), 0);
	carve_space_erase(&ctx->space, &ctx->area[0]);
	KUNIT_ASSERT_TRUE(test, place(ctx, 0, NR_PAGES - 2));
	KUNIT_EXPECT_FALSE(test, place(ctx, 1, 3));
	KUNIT_ASSERT_TRUE(test, place(ctx, 1, 2));
	KUNIT_EXPECT_EQ(test, ctx->area[1].first, FIRST + NR_PAGES - 2UL);
	KUNIT_EXPECT_EQ(test, violations(ctx), 0);
}

static void areas_are_found_only_by_their_first_page(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	int i;

	KUNIT_EXPECT_NULL(test, carve_space_find(&ctx->space, FIRST));
	for (i = 0; i < 5; i++)
		KUNIT_ASSERT_TRUE(test, place(ctx, i, 4));
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_PTR_EQ(test, &ctx->area[i],
				    carve_space_find(&ctx->space,
						     FIRST + 4 * i));
		KUNIT_EXPECT_NULL(test, carve_space_find(&ctx->space,
							 FIRST + 4 * i + 1));
	}
	KUNIT_EXPECT_NULL(test, carve_space_find(&ctx->space, FIRST - 1));
	KUNIT_EXPECT_NULL(test, carve_space_find(&ctx->space, FIRST + 20));
}

/* As where the kernel chooses the addresses */
static void areas_can_be_placed_at_a_fixed_address(struct kunit *test)
{
	static const unsigned int at[] = { 300, 5, 100, 7, 200, 9 };
	struct ctx *ctx = test->priv;
	struct carve_area *area;
	unsigned long last = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		ctx->area[i].first = FIRST + at[i];
		ctx->area[i].nr_pages = 1;
		ctx->area[i].span = 2;
		carve_space_insert(&ctx->space, &ctx->area[i]);
		KUNIT_EXPECT_EQ(test, violations(ctx), 0);
	}
	for (area = carve_space_from(&ctx->space, 0); area;
	     area = carve_space_next(area)) {
		KUNIT_EXPECT_GT(test, area->first, last);
		last = area->first;
	}
	KUNIT_EXPECT_EQ(test, last, FIRST + 300UL);
}

/* The lowest run of @nr clear bits, as a model without trees */
static unsigned long lowest_gap(unsigned long *taken, unsigned int nr)
{
	return bitmap_find_next_zero_area(taken, NR_PAGES, 0, nr, 0);
}

static void walk_step(struct kunit *test, struct ctx *ctx,
		      unsigned long *taken, struct rnd_state *rnd)
{
	struct carve_area *area = &ctx->area[carve_fixture_random(rnd, NR_AREAS)];
	unsigned int span = 2 + carve_fixture_random(rnd, 30);
	unsigned long at = lowest_gap(taken, span);

	if (area->span) {
		carve_space_erase(&ctx->space, area);
		bitmap_clear(taken, area->first - FIRST, area->span);
		area->span = 0;
		return;
	}
	KUNIT_ASSERT_EQ(test, place(ctx, area - ctx->area, span),
			at < NR_PAGES);
	if (at >= NR_PAGES) {
		area->span = 0;
		return;
	}
	KUNIT_EXPECT_EQ(test, area->first, FIRST + at);
	bitmap_set(taken, at, span);
}

static void random_walk_agrees_with_a_bitmap(struct kunit *test)
{
	DECLARE_BITMAP(taken, NR_PAGES) = { };
	struct ctx *ctx = test->priv;
	struct rnd_state rnd;
	int i;

	carve_fixture_seed(test, &rnd, carve_fixture_any_seed());
	for (i = 0; i < 20000; i++) {
		walk_step(test, ctx, taken, &rnd);
		if (i % 50 == 0)
			KUNIT_ASSERT_EQ(test, violations(ctx), 0);
	}
}

static struct kunit_case space_cases[] = {
	KUNIT_CASE(areas_are_placed_at_the_lowest_address),
	KUNIT_CASE(space_is_used_to_its_last_page),
	KUNIT_CASE(areas_are_found_only_by_their_first_page),
	KUNIT_CASE(areas_can_be_placed_at_a_fixed_address),
	KUNIT_CASE(random_walk_agrees_with_a_bitmap),
	{ }
};

static struct kunit_suite space_suite = {
	.name = "carveout_space",
	.init = space_init,
	.test_cases = space_cases,
};

kunit_test_suites(&space_suite);
