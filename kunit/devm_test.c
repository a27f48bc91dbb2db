// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of memory and references that end with a device. Each case has a device
 * and a carveout that carveout_get() knows. Nobody but the device holds a
 * reference to it.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "core/registry.h"
#include "kunit/fixture.h"
#include "kunit/interrupt.h"

#define NAME "devm"
#define SIZE 240
#define DIRT 0x5a

struct ctx {
	struct device *dev;
	struct carveout *co;
	void *p;
};

static int devm_init(struct kunit *test)
{
	struct carveout_request request = {
		.name = NAME,
		.nr_zones = 1,
		.zone[0] = {
			.size = CARVE_FIXTURE_SIZE,
			.source = "contig",
			.node = NUMA_NO_NODE,
		},
	};
	struct ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	carve_fixture_stay_on_cpu(test);
	KUNIT_ASSERT_EQ(test, carveout_add(&request), 0);
	test->priv = ctx;
	ctx->dev = carve_fixture_device(test, "carveout_devm");
	ctx->co = carve_devm_get(ctx->dev, NAME);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->co);
	carveout_wait_setup(ctx->co);
	carve_fixture_unbind(ctx->co);
	return 0;
}

static void unbind(struct ctx *ctx)
{
	carve_fixture_remove_device(ctx->dev);
	ctx->dev = NULL;
}

static void devm_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	if (!ctx)
		return;
	unbind(ctx);
	if (!IS_ERR_OR_NULL(ctx->co)) {
		carve_fixture_check(test, ctx->co);
		KUNIT_EXPECT_EQ(test, ctx->co->users, 0);
		KUNIT_EXPECT_FALSE(test, ctx->co->leftover);
	}
	KUNIT_EXPECT_EQ(test, carveout_remove(NAME), 0);
}

static unsigned long nr_allocations(struct ctx *ctx)
{
	return carveout_count_allocations(ctx->co);
}

static void expect_memory(struct kunit *test, void *p, size_t size, bool zeroed)
{
	struct ctx *ctx = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, carve_owns(ctx->co, p));
	KUNIT_EXPECT_GE(test, carve_ksize(ctx->co, p), size);
	if (zeroed)
		KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, size));
	/* Dirty memory for the next allocation that requests zeroed memory */
	memset(p, DIRT, size);
}

static void unbinding_frees_all_kinds(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carveout *co = ctx->co;
	struct device *dev = ctx->dev;

	expect_memory(test, carve_devm_kmalloc(co, dev, SIZE, GFP_KERNEL), SIZE,
		      false);
	expect_memory(test, carve_devm_kzalloc(co, dev, SIZE, GFP_KERNEL), SIZE,
		      true);
	expect_memory(test, carve_devm_kmalloc_array(co, dev, 3, SIZE, GFP_KERNEL),
		      3 * SIZE, false);
	expect_memory(test, carve_devm_kcalloc(co, dev, 3, SIZE, GFP_KERNEL),
		      3 * SIZE, true);
	expect_memory(test, carve_devm_kmalloc(co, dev, SZ_64K, GFP_KERNEL), SZ_64K,
		      false);
	KUNIT_EXPECT_EQ(test, nr_allocations(ctx), 5UL);
	unbind(ctx);
	KUNIT_EXPECT_EQ(test, nr_allocations(ctx), 0UL);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
}

static void copies_are_equal(struct kunit *test)
{
	static const char text[] = "a text to be copied";
	struct ctx *ctx = test->priv;
	char *s = carve_devm_kstrdup(ctx->co, ctx->dev, text, GFP_KERNEL);
	char *p = carve_devm_kmemdup(ctx->co, ctx->dev, text, sizeof(text),
				     GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_EXPECT_STREQ(test, s, text);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_STREQ(test, p, text);
	KUNIT_EXPECT_NULL(test, carve_devm_kstrdup(ctx->co, ctx->dev, NULL,
						   GFP_KERNEL));
}

static void memory_is_freed_early(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	void *p = carve_devm_kmalloc(ctx->co, ctx->dev, SIZE, GFP_KERNEL);
	void *q = carve_devm_kmalloc(ctx->co, ctx->dev, SIZE, GFP_KERNEL);

	KUNIT_EXPECT_EQ(test, nr_allocations(ctx), 2UL);
	carve_devm_kfree(ctx->co, ctx->dev, p);
	KUNIT_EXPECT_EQ(test, nr_allocations(ctx), 1UL);
	carve_devm_kfree(ctx->co, ctx->dev, q);
	KUNIT_EXPECT_EQ(test, nr_allocations(ctx), 0UL);
	carve_devm_kfree(ctx->co, ctx->dev, NULL);
	unbind(ctx);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 0);
}

static void wrong_early_frees_are_refused(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct device *other = carve_fixture_device(test, "carveout_other");
	void *p = carve_devm_kmalloc(ctx->co, ctx->dev, SIZE, GFP_KERNEL);
	void *unmanaged = carve_kmalloc(ctx->co, SIZE, GFP_KERNEL);

	carve_devm_kfree(ctx->co, other, p);
	carve_devm_kfree(ctx->co, ctx->dev, p + 8);
	carve_devm_kfree(ctx->co, ctx->dev, unmanaged);
	carve_devm_kfree(ctx->co, ctx->dev, test);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 4);
	KUNIT_EXPECT_EQ(test, nr_allocations(ctx), 2UL);
	carve_devm_kfree(ctx->co, ctx->dev, p);
	carve_devm_kfree(ctx->co, ctx->dev, p);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 5);
	carve_kfree(ctx->co, unmanaged);
	carve_fixture_remove_device(other);
}

static void impossible_sizes_return_what_kmalloc_returns(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	size_t many = SIZE_MAX / 8 + 2;

	OPTIMIZER_HIDE_VAR(many);
	KUNIT_EXPECT_PTR_EQ(test, carve_devm_kmalloc(ctx->co, ctx->dev, 0,
						     GFP_KERNEL), ZERO_SIZE_PTR);
	carve_devm_kfree(ctx->co, ctx->dev, ZERO_SIZE_PTR);
	KUNIT_EXPECT_NULL(test, carve_devm_kmalloc_array(ctx->co, ctx->dev, many,
							 8, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, carve_devm_kcalloc(ctx->co, ctx->dev, many, 8,
						   GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, carve_devm_kmalloc(ctx->co, ctx->dev,
						   2 * CARVE_FIXTURE_SIZE,
						   GFP_KERNEL | __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, nr_allocations(ctx), 0UL);
}

static void compiler_knows_sizes(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	void *p = carve_devm_kmalloc(ctx->co, ctx->dev, SIZE, GFP_KERNEL);
	void *q = carve_devm_kcalloc(ctx->co, ctx->dev, 3, SIZE, GFP_KERNEL);

	KUNIT_EXPECT_EQ(test, __builtin_object_size(p, 1), (size_t)SIZE);
	KUNIT_EXPECT_EQ(test, __builtin_object_size(q, 1), (size_t)3 * SIZE);
}

static void missing_device_is_refused(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	KUNIT_EXPECT_NULL(test, carve_devm_kmalloc(ctx->co, NULL, SIZE, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, carve_devm_kmemdup(ctx->co, NULL, test, 8, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_devm_get(NULL, NAME)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_devm_cache_create(ctx->co, NULL, "c",
							      SIZE, 0, 0, NULL)),
			-EINVAL);
	carve_devm_kfree(ctx->co, NULL, ctx);
	KUNIT_EXPECT_EQ(test, nr_allocations(ctx), 0UL);
	KUNIT_EXPECT_EQ(test, ctx->co->users, 1);
}

static void allocate_in_interrupt(void *arg)
{
	struct ctx *ctx = arg;

	ctx->p = carve_devm_kmalloc(ctx->co, ctx->dev, SIZE, GFP_ATOMIC);
}

static void hard_interrupt_allocates(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "devres isn't for hard interrupts here");
	carve_run_in_interrupt(allocate_in_interrupt, ctx);
	KUNIT_EXPECT_NOT_NULL(test, ctx->p);
	KUNIT_EXPECT_EQ(test, nr_allocations(ctx), 1UL);
}

static void unbinding_destroys_caches(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_cache *cache =
		carve_devm_cache_create(ctx->co, ctx->dev, "devm", SIZE, 0, 0, NULL);
	void *object;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_devm_cache_create(ctx->co, ctx->dev,
							      "devm", SIZE, 0, 0,
							      NULL)), -EEXIST);
	object = carve_cache_alloc(cache, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, object);
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, nr_allocations(ctx), 1UL);
	unbind(ctx);
	KUNIT_EXPECT_EQ(test, nr_allocations(ctx), 0UL);
}

static void unbinding_puts_the_carveout_last(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	KUNIT_EXPECT_NOT_NULL(test, carve_devm_kmalloc(ctx->co, ctx->dev, SIZE,
						       GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, carveout_remove(NAME), -EBUSY);
	unbind(ctx);
	KUNIT_EXPECT_EQ(test, ctx->co->users, 0);
	/* The last user left nothing behind */
	KUNIT_EXPECT_FALSE(test, ctx->co->leftover);
}

static void unknown_carveout_is_no_device(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_devm_get(ctx->dev, "no-such-carveout")),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, ctx->co->users, 1);
}

static struct kunit_case devm_cases[] = {
	KUNIT_CASE(unbinding_frees_all_kinds),
	KUNIT_CASE(copies_are_equal),
	KUNIT_CASE(memory_is_freed_early),
	KUNIT_CASE(wrong_early_frees_are_refused),
	KUNIT_CASE(impossible_sizes_return_what_kmalloc_returns),
	KUNIT_CASE(compiler_knows_sizes),
	KUNIT_CASE(missing_device_is_refused),
	KUNIT_CASE(hard_interrupt_allocates),
	KUNIT_CASE(unbinding_destroys_caches),
	KUNIT_CASE(unbinding_puts_the_carveout_last),
	KUNIT_CASE(unknown_carveout_is_no_device),
	{ }
};

static struct kunit_suite devm_suite = {
	.name = "carveout_devm",
	.init = devm_init,
	.exit = devm_exit,
	.test_cases = devm_cases,
};

kunit_test_suite(devm_suite);
