// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual space: integers, and no memory behind them. Where areas are put, what
 * becomes of the gaps, and a walk beside a plain bitmap as the model.
 */
#include <linux/bitmap.h>

#include "kunit/testbed.h"
#include "vmap/space.h"

#define FIRST 1000
#define NR_PAGES 512
#define NR_AREAS 64

struct bed {
	struct carve_space space;
	struct carve_area area[NR_AREAS];
};

static int space_init(struct kunit *test)
{
	struct bed *bed = kunit_kzalloc(test, sizeof(*bed), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bed);
	carve_space_init(&bed->space, FIRST, NR_PAGES);
	test->priv = bed;
	return 0;
}

static unsigned int violations(struct bed *bed)
{
	struct carve_report r = { .name = "provoked" };

	carve_space_check(&bed->space, &r);
	return r.violations;
}

/* Area @i, of @span pages with its guard page */
static bool place(struct bed *bed, unsigned int i, unsigned int span)
{
	bed->area[i].nr_pages = span - 1;
	bed->area[i].span = span;
	return carve_space_place(&bed->space, &bed->area[i]);
}

static void areas_are_put_as_low_as_possible(struct kunit *test)
{
	struct bed *bed = test->priv;
	int i;

	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_TRUE(test, place(bed, i, 10));
		KUNIT_EXPECT_EQ(test, bed->area[i].first, FIRST + 10UL * i);
	}
	carve_space_erase(&bed->space, &bed->area[1]);
	carve_space_erase(&bed->space, &bed->area[3]);
	/* Too large for the gap; fits; what is left of the gap */
	KUNIT_ASSERT_TRUE(test, place(bed, 4, 11));
	KUNIT_EXPECT_EQ(test, bed->area[4].first, FIRST + 30UL);
	KUNIT_ASSERT_TRUE(test, place(bed, 5, 7));
	KUNIT_EXPECT_EQ(test, bed->area[5].first, FIRST + 10UL);
	KUNIT_ASSERT_TRUE(test, place(bed, 6, 3));
	KUNIT_EXPECT_EQ(test, bed->area[6].first, FIRST + 17UL);
	KUNIT_EXPECT_EQ(test, violations(bed), 0);
}

static void space_is_used_to_its_last_page(struct kunit *test)
{
	struct bed *bed = test->priv;

	KUNIT_EXPECT_FALSE(test, place(bed, 0, NR_PAGES + 1));
	KUNIT_ASSERT_TRUE(test, place(bed, 0, NR_PAGES));
	KUNIT_EXPECT_FALSE(test, place(bed, 1, 2));
	KUNIT_EXPECT_EQ(test, violations(bed), 0);
	carve_space_erase(&bed->space, &bed->area[0]);
	KUNIT_ASSERT_TRUE(test, place(bed, 0, NR_PAGES - 2));
	KUNIT_EXPECT_FALSE(test, place(bed, 1, 3));
	KUNIT_ASSERT_TRUE(test, place(bed, 1, 2));
	KUNIT_EXPECT_EQ(test, bed->area[1].first, FIRST + NR_PAGES - 2UL);
	KUNIT_EXPECT_EQ(test, violations(bed), 0);
}

static void areas_are_found_by_their_first_page_alone(struct kunit *test)
{
	struct bed *bed = test->priv;
	int i;

	KUNIT_EXPECT_NULL(test, carve_space_find(&bed->space, FIRST));
	for (i = 0; i < 5; i++)
		KUNIT_ASSERT_TRUE(test, place(bed, i, 4));
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_PTR_EQ(test, &bed->area[i],
				    carve_space_find(&bed->space,
						     FIRST + 4 * i));
		KUNIT_EXPECT_NULL(test, carve_space_find(&bed->space,
							 FIRST + 4 * i + 1));
	}
	KUNIT_EXPECT_NULL(test, carve_space_find(&bed->space, FIRST - 1));
	KUNIT_EXPECT_NULL(test, carve_space_find(&bed->space, FIRST + 20));
}

/* As where the kernel chooses the addresses */
static void areas_can_be_put_where_they_say(struct kunit *test)
{
	static const unsigned int at[] = { 300, 5, 100, 7, 200, 9 };
	struct bed *bed = test->priv;
	struct carve_area *area;
	unsigned long last = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		bed->area[i].first = FIRST + at[i];
		bed->area[i].nr_pages = 1;
		bed->area[i].span = 2;
		carve_space_insert(&bed->space, &bed->area[i]);
		KUNIT_EXPECT_EQ(test, violations(bed), 0);
	}
	carve_space_for_each(area, &bed->space) {
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

static void walk_step(struct kunit *test, struct bed *bed,
		      unsigned long *taken, struct rnd_state *rnd)
{
	struct carve_area *area = &bed->area[carve_testbed_random(rnd, NR_AREAS)];
	unsigned int span = 2 + carve_testbed_random(rnd, 30);
	unsigned long at = lowest_gap(taken, span);

	if (area->span) {
		carve_space_erase(&bed->space, area);
		bitmap_clear(taken, area->first - FIRST, area->span);
		area->span = 0;
		return;
	}
	KUNIT_ASSERT_EQ(test, place(bed, area - bed->area, span),
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
	struct bed *bed = test->priv;
	struct rnd_state rnd;
	int i;

	carve_testbed_seed(test, &rnd, carve_testbed_any_seed());
	for (i = 0; i < 20000; i++) {
		walk_step(test, bed, taken, &rnd);
		if (i % 50 == 0)
			KUNIT_ASSERT_EQ(test, violations(bed), 0);
	}
}

static struct kunit_case space_cases[] = {
	KUNIT_CASE(areas_are_put_as_low_as_possible),
	KUNIT_CASE(space_is_used_to_its_last_page),
	KUNIT_CASE(areas_are_found_by_their_first_page_alone),
	KUNIT_CASE(areas_can_be_put_where_they_say),
	KUNIT_CASE(random_walk_agrees_with_a_bitmap),
	{ }
};

static struct kunit_suite space_suite = {
	.name = "carveout_space",
	.init = space_init,
	.test_cases = space_cases,
};

kunit_test_suites(&space_suite);
