// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of what the compiler is told of allocations: sizes that
 * __builtin_object_size() returns, which FORTIFY_SOURCE uses.
 */
#include <linux/compiler.h>

#include <carveout.h>

#include "kunit/fixture.h"

#ifdef __has_builtin
#if __has_builtin(__builtin_dynamic_object_size)
#define HAVE_DYNAMIC_SIZE
#endif
#endif

#define SIZE 100
#define NR 6

#define expect_size(test, p, bytes, free)				\
do {									\
	void *__p = (p);						\
									\
	KUNIT_EXPECT_EQ(test, __builtin_object_size(__p, 1),		\
			(size_t)(bytes));				\
	free(test->priv, __p);						\
} while (0)

static void compiler_knows_constant_sizes(struct kunit *test)
{
	struct carveout *co = test->priv;

	expect_size(test, carve_kmalloc(co, SIZE, GFP_KERNEL), SIZE, carve_kfree);
	expect_size(test, carve_kmalloc(co, SIZE, GFP_KERNEL | __GFP_ZERO), SIZE,
		    carve_kfree);
	expect_size(test, carve_kzalloc(co, SIZE, GFP_KERNEL), SIZE, carve_kfree);
	expect_size(test, carve_kmalloc_array(co, NR, SIZE, GFP_KERNEL), NR * SIZE,
		    carve_kfree);
	expect_size(test, carve_kcalloc(co, NR, SIZE, GFP_KERNEL), NR * SIZE,
		    carve_kfree);
	expect_size(test, carve_krealloc(co, NULL, SIZE, GFP_KERNEL), SIZE,
		    carve_kfree);
	expect_size(test, carve_krealloc_array(co, NULL, NR, SIZE, GFP_KERNEL),
		    NR * SIZE, carve_kfree);
	expect_size(test, carve_kmemdup(co, test, SIZE, GFP_KERNEL), SIZE,
		    carve_kfree);
}

static void compiler_knows_constant_sizes_of_areas(struct kunit *test)
{
	struct carveout *co = test->priv;

	expect_size(test, carve_vmalloc(co, SIZE), SIZE, carve_vfree);
	expect_size(test, carve_vzalloc(co, SIZE), SIZE, carve_vfree);
	expect_size(test, carve_vmalloc_gfp(co, SIZE, GFP_KERNEL), SIZE, carve_vfree);
	expect_size(test, carve_vrealloc(co, NULL, SIZE, GFP_KERNEL), SIZE,
		    carve_vfree);
	expect_size(test, carve_kvmalloc(co, SIZE, GFP_KERNEL), SIZE, carve_kvfree);
	expect_size(test, carve_kvzalloc(co, SIZE, GFP_KERNEL), SIZE, carve_kvfree);
	expect_size(test, carve_kvmalloc_array(co, NR, SIZE, GFP_KERNEL), NR * SIZE,
		    carve_kvfree);
	expect_size(test, carve_kvcalloc(co, NR, SIZE, GFP_KERNEL), NR * SIZE,
		    carve_kvfree);
	expect_size(test, carve_kvrealloc(co, NULL, SIZE, GFP_KERNEL), SIZE,
		    carve_kvfree);
}

static void exact_pages_have_a_known_size(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = carve_alloc_pages_exact(co, NR * PAGE_SIZE, GFP_KERNEL);

	KUNIT_EXPECT_EQ(test, __builtin_object_size(p, 1), NR * PAGE_SIZE);
	carve_free_pages_exact(co, p, NR * PAGE_SIZE);
}

static void compiler_knows_variable_sizes(struct kunit *test)
{
#ifdef HAVE_DYNAMIC_SIZE
	struct carveout *co = test->priv;
	size_t size = SIZE, nr = NR;
	void *p;

	OPTIMIZER_HIDE_VAR(size);
	OPTIMIZER_HIDE_VAR(nr);
	p = carve_kmalloc(co, size, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, __builtin_dynamic_object_size(p, 1), (size_t)SIZE);
	carve_kfree(co, p);
	p = carve_kcalloc(co, nr, size, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, __builtin_dynamic_object_size(p, 1),
			(size_t)NR * SIZE);
	carve_kfree(co, p);
#else
	kunit_skip(test, "this compiler knows constant sizes only");
#endif
}

static struct kunit_case size_cases[] = {
	KUNIT_CASE(compiler_knows_constant_sizes),
	KUNIT_CASE(compiler_knows_constant_sizes_of_areas),
	KUNIT_CASE(exact_pages_have_a_known_size),
	KUNIT_CASE(compiler_knows_variable_sizes),
	{ }
};

static struct kunit_suite size_suite = {
	.name = "carveout_size",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = size_cases,
};

kunit_test_suite(size_suite);
