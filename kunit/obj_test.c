// SPDX-License-Identifier: GPL-2.0
/* Tests of allocation by type */
#include <linux/compiler.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include <carveout.h>

#include "kunit/fixture.h"

struct thing {
	u64 number;
	char text[43];
};

struct ring {
	u8 nr;
	u32 slot[] __counted_by(nr);
};

#ifdef __has_builtin
#if __has_builtin(__builtin_counted_by_ref) && defined(__set_flex_counter)
#define HAVE_COUNTERS
#endif
#endif

/* Types */

/* Also at compile time: an int pointer would not do */
static void expect_things(struct kunit *test, struct thing *things, size_t nr,
			  bool zeroed)
{
	struct carveout *co = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, things);
	KUNIT_EXPECT_TRUE(test, carve_owns(co, things));
	KUNIT_EXPECT_GE(test, carve_ksize(co, things), nr * sizeof(*things));
	if (zeroed)
		KUNIT_EXPECT_NULL(test, memchr_inv(things, 0, nr * sizeof(*things)));
	/* Dirty memory for the next allocation that requests zeroed memory */
	memset(things, 0x5a, nr * sizeof(*things));
	carve_kvfree(co, things);
}

static void object_has_its_type_and_size(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct thing *none = NULL;

	expect_things(test, carve_kmalloc_obj(co, struct thing), 1, false);
	expect_things(test, carve_kmalloc_obj(co, *none, GFP_ATOMIC), 1, false);
	expect_things(test, carve_kzalloc_obj(co, *none), 1, true);
	expect_things(test, carve_kzalloc_obj(co, struct thing, GFP_NOWAIT), 1, true);
	expect_things(test, carve_kvmalloc_obj(co, *none), 1, false);
	expect_things(test, carve_kvzalloc_obj(co, *none, GFP_NOIO), 1, true);
}

static void array_has_its_type_and_size(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct thing *none = NULL;

	expect_things(test, carve_kmalloc_objs(co, struct thing, 7), 7, false);
	expect_things(test, carve_kmalloc_objs(co, *none, 9, GFP_ATOMIC), 9, false);
	expect_things(test, carve_kzalloc_objs(co, *none, 7), 7, true);
	expect_things(test, carve_kzalloc_objs(co, *none, 9, GFP_NOWAIT), 9, true);
	expect_things(test, carve_kvmalloc_objs(co, *none, 7), 7, false);
	expect_things(test, carve_kvzalloc_objs(co, *none, 9, GFP_NOIO), 9, true);
}

static void array_whose_size_overflows_is_refused(struct kunit *test)
{
	struct carveout *co = test->priv;
	size_t nr = SIZE_MAX / sizeof(struct thing) + 2;

	OPTIMIZER_HIDE_VAR(nr);
	KUNIT_EXPECT_NULL(test, carve_kmalloc_objs(co, struct thing, nr, GFP_NOWAIT));
	KUNIT_EXPECT_NULL(test, carve_kzalloc_objs(co, struct thing, nr, GFP_NOWAIT));
	KUNIT_EXPECT_NULL(test, carve_kvmalloc_objs(co, struct thing, nr));
	KUNIT_EXPECT_NULL(test, carve_kvzalloc_objs(co, struct thing, nr));
	KUNIT_EXPECT_NULL(test, carve_kmalloc_flex(co, struct ring, slot, nr,
						   GFP_NOWAIT));
}

static void expect_ring(struct kunit *test, struct ring *ring, size_t nr,
			bool zeroed)
{
	struct carveout *co = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, ring);
	KUNIT_EXPECT_GE(test, carve_ksize(co, ring), struct_size(ring, slot, nr));
#ifdef HAVE_COUNTERS
	KUNIT_EXPECT_EQ(test, ring->nr, nr);
#else
	if (zeroed)
		KUNIT_EXPECT_EQ(test, ring->nr, 0);
#endif
	ring->nr = nr;
	if (zeroed)
		KUNIT_EXPECT_NULL(test, memchr_inv(ring->slot, 0, nr * sizeof(u32)));
	memset(ring->slot, 0x5a, nr * sizeof(u32));
	carve_kvfree(co, ring);
}

static void flexible_array_has_its_elements(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct ring *none = NULL;
	unsigned int nr = 0;

	expect_ring(test, carve_kmalloc_flex(co, struct ring, slot, 20), 20, false);
	expect_ring(test, carve_kzalloc_flex(co, *none, slot, 20), 20, true);
	expect_ring(test, carve_kvmalloc_flex(co, *none, slot, 30, GFP_NOIO), 30, false);
	/* The number is evaluated once */
	expect_ring(test, carve_kvzalloc_flex(co, *none, slot, nr++ + 30), 30, true);
	KUNIT_EXPECT_EQ(test, nr, 1);
}

static void flexible_array_beyond_its_counter_is_refused(struct kunit *test)
{
#ifdef HAVE_COUNTERS
	struct carveout *co = test->priv;

	KUNIT_EXPECT_NULL(test, carve_kmalloc_flex(co, struct ring, slot, 256));
#else
	kunit_skip(test, "kernel or compiler doesn't know counters of flexible arrays");
#endif
}

/* So does FORTIFY_SOURCE */
static void compiler_knows_sizes_of_objects(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct thing *things = carve_kzalloc_obj(co, *things);

	KUNIT_EXPECT_EQ(test, __builtin_object_size(things, 1), sizeof(*things));
	carve_kfree(co, things);
	things = carve_kvmalloc_objs(co, *things, 6);
	KUNIT_EXPECT_EQ(test, __builtin_object_size(things, 1),
			6 * sizeof(*things));
	carve_kvfree(co, things);
}

static struct kunit_case obj_cases[] = {
	KUNIT_CASE(object_has_its_type_and_size),
	KUNIT_CASE(array_has_its_type_and_size),
	KUNIT_CASE(array_whose_size_overflows_is_refused),
	KUNIT_CASE(flexible_array_has_its_elements),
	KUNIT_CASE(flexible_array_beyond_its_counter_is_refused),
	KUNIT_CASE(compiler_knows_sizes_of_objects),
	{ }
};

static struct kunit_suite obj_suite = {
	.name = "carveout_obj",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = obj_cases,
};

kunit_test_suite(obj_suite);
