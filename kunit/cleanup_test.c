// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of memory and references that end with a scope, and of the lookup of a
 * carveout by an address. The cases have two carveouts that carveout_get()
 * knows, so that a lookup has to choose.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "core/registry.h"
#include "kunit/fixture.h"
#include "kunit/interrupt.h"

#define SIZE 240
#define BIG (3 * PAGE_SIZE)
#define DIRT 0x5a

static const char *const carveout_names[] = { "scope-first", "scope-second" };

struct ctx {
	struct carveout *co[2];
	void *freed;
};

static struct carveout *add_carveout(struct kunit *test, const char *name)
{
	struct carveout_request request = {
		.name = name,
		.nr_zones = 1,
		.zone[0] = {
			.size = CARVE_FIXTURE_SIZE,
			.source = "contig",
			.node = NUMA_NO_NODE,
		},
	};
	struct carveout *co;

	KUNIT_ASSERT_EQ(test, carveout_add(&request), 0);
	co = carveout_get(name);
	KUNIT_ASSERT_NOT_NULL(test, co);
	carveout_wait_setup(co);
	carve_fixture_unbind(co);
	return co;
}

static int cleanup_init(struct kunit *test)
{
	struct ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	carve_fixture_stay_on_cpu(test);
	for (i = 0; i < ARRAY_SIZE(ctx->co); i++)
		ctx->co[i] = add_carveout(test, carveout_names[i]);
	return 0;
}

static void cleanup_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int i;

	for (i = 0; ctx && i < ARRAY_SIZE(ctx->co); i++) {
		if (!ctx->co[i])
			continue;
		carve_fixture_check(test, ctx->co[i]);
		KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co[i]), 0);
		carveout_put(ctx->co[i]);
		KUNIT_EXPECT_EQ(test, carveout_remove(carveout_names[i]), 0);
	}
}

static void expect_nothing_left(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, carveout_count_allocations(ctx->co[0]), 0UL);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(ctx->co[1]), 0UL);
}

/* Lookup */

static void expect_owner(struct kunit *test, struct carveout *co)
{
	struct carve_cache *cache = carve_cache_create(co, "scope", SIZE, 0, 0,
						       NULL);
	struct carve_page *page = carve_alloc_page(co, GFP_KERNEL);
	u8 *p = carve_kmalloc(co, SIZE, GFP_KERNEL);
	u8 *area = carve_vmalloc(co, BIG);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	KUNIT_EXPECT_PTR_EQ(test, carveout_of(cache), co);
	KUNIT_EXPECT_PTR_EQ(test, carveout_of(page), co);
	KUNIT_EXPECT_PTR_EQ(test, carveout_of(carve_page_address(co, page)), co);
	KUNIT_EXPECT_PTR_EQ(test, carveout_of(p), co);
	KUNIT_EXPECT_PTR_EQ(test, carveout_of(p + SIZE - 1), co);
	KUNIT_EXPECT_PTR_EQ(test, carveout_of(area), co);
	KUNIT_EXPECT_PTR_EQ(test, carveout_of(area + BIG - 1), co);
	carve_vfree(co, area);
	carve_kfree(co, p);
	carve_free_page(co, page);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

static void address_leads_to_its_carveout(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	expect_owner(test, ctx->co[0]);
	expect_owner(test, ctx->co[1]);
}

static void foreign_address_leads_to_no_carveout(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, carveout_of(NULL));
	KUNIT_EXPECT_NULL(test, carveout_of(ZERO_SIZE_PTR));
	KUNIT_EXPECT_NULL(test, carveout_of(ERR_PTR(-ENOMEM)));
	KUNIT_EXPECT_NULL(test, carveout_of(test));
	KUNIT_EXPECT_NULL(test, carveout_of(&test));
	KUNIT_EXPECT_NULL(test, carveout_of(carveout_names));
}

/* Scopes */

static void allocate_all_kinds(struct kunit *test, struct carveout *co)
{
	struct carve_cache *cache __free(carve_cache_destroy) =
		carve_cache_create(co, "scope", SIZE, 0, 0, NULL);
	void *k __free(carve_kfree) = carve_kmalloc(co, SIZE, GFP_KERNEL);
	void *large __free(carve_kfree) = carve_kmalloc(co, 3 * BIG, GFP_KERNEL);
	void *s __free(carve_kfree_sensitive) = carve_kzalloc(co, SIZE, GFP_KERNEL);
	void *v __free(carve_vfree) = carve_vmalloc(co, BIG);
	void *kv __free(carve_kvfree) = carve_kvmalloc(co, SIZE, GFP_KERNEL);
	void *area __free(carve_kvfree) = carve_vmalloc(co, BIG);
	struct carve_page *page __free(carve_free_page) =
		carve_alloc_page(co, GFP_KERNEL);
	struct carve_page *block __free(carve_free_pages) =
		carve_alloc_pages(co, GFP_KERNEL, 3);

	KUNIT_EXPECT_TRUE(test, k && large && s && v && kv && area);
	KUNIT_EXPECT_TRUE(test, page && block);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 9UL);
}

static void end_of_scope_frees_all_kinds(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	allocate_all_kinds(test, ctx->co[0]);
	allocate_all_kinds(test, ctx->co[1]);
	expect_nothing_left(test);
}

static void allocate_nothing(void)
{
	struct carve_cache *cache __free(carve_cache_destroy) = ERR_PTR(-EEXIST);
	void *k __free(carve_kfree) = NULL;
	void *zero __free(carve_kfree) = ZERO_SIZE_PTR;
	void *error __free(carve_kfree) = ERR_PTR(-EFAULT);
	void *s __free(carve_kfree_sensitive) = NULL;
	void *v __free(carve_vfree) = NULL;
	void *kv __free(carve_kvfree) = ZERO_SIZE_PTR;
	struct carve_page *page __free(carve_free_page) = NULL;
	struct carve_page *block __free(carve_free_pages) = NULL;
	struct carveout *co __free(carveout_put) = NULL;

	OPTIMIZER_HIDE_VAR(k);
	OPTIMIZER_HIDE_VAR(page);
}

static void end_of_scope_ignores_null_and_errors(struct kunit *test)
{
	allocate_nothing();
	expect_nothing_left(test);
}

static void *allocate_and_return(struct carveout *co)
{
	void *p __free(carve_kfree) = carve_kmalloc(co, SIZE, GFP_KERNEL);

	return_ptr(p);
}

static void returned_memory_is_not_freed(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	void *p = allocate_and_return(ctx->co[1]);

	KUNIT_EXPECT_EQ(test, carveout_count_allocations(ctx->co[1]), 1UL);
	carve_kfree(ctx->co[1], p);
	expect_nothing_left(test);
}

static void write_and_clear(struct ctx *ctx)
{
	u8 *p __free(carve_kfree_sensitive) = carve_kmalloc(ctx->co[0], SIZE,
							    GFP_KERNEL);

	if (p)
		memset(p, DIRT, SIZE);
	ctx->freed = p;
}

static void sensitive_memory_is_cleared(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	u8 *p;

	write_and_clear(ctx);
	/* The next allocation on this CPU gets the memory that was freed last */
	p = carve_kmalloc(ctx->co[0], SIZE, GFP_KERNEL);
	KUNIT_ASSERT_PTR_EQ(test, p, ctx->freed);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, SIZE));
	carve_kfree(ctx->co[0], p);
}

static void allocate_in_interrupt(void *arg)
{
	struct ctx *ctx = arg;
	struct carve_page *page __free(carve_free_pages) =
		carve_alloc_pages(ctx->co[1], GFP_ATOMIC, 1);
	void *p __free(carve_kfree) = carve_kmalloc(ctx->co[1], SIZE, GFP_ATOMIC);

	ctx->freed = p && page ? p : NULL;
}

static void scope_in_hard_interrupt_frees(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	carve_run_in_interrupt(allocate_in_interrupt, ctx);
	KUNIT_EXPECT_NOT_NULL(test, ctx->freed);
	expect_nothing_left(test);
}

static void free_memory_of_the_kernel(void *p)
{
	void *k __free(carve_kfree) = p;
	void *v __free(carve_vfree) = p;
	void *kv __free(carve_kvfree) = p;
	struct carve_page *page __free(carve_free_pages) = p;

	OPTIMIZER_HIDE_VAR(k);
	OPTIMIZER_HIDE_VAR(page);
}

static void memory_of_the_kernel_is_left_alone(struct kunit *test)
{
	u8 *p = kunit_kmalloc(test, SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, DIRT, SIZE);
	free_memory_of_the_kernel(p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, DIRT, SIZE));
}

static void free_what_is_no_page(void *p)
{
	struct carve_page *page __free(carve_free_pages) = p;

	OPTIMIZER_HIDE_VAR(page);
}

static void what_is_no_page_is_refused(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carveout *co = ctx->co[0];
	struct carve_page *block = carve_alloc_pages(co, GFP_KERNEL, 2);
	void *p = carve_kmalloc(co, SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, block);
	free_what_is_no_page(p);
	free_what_is_no_page(block + 1);
	free_what_is_no_page((void *)block + 1);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 3);
	atomic_long_set(&co->pages.nr_misuses[CARVE_MISUSE_FREE], 0);
	carve_free_pages(co, block, 2);
	carve_kfree(co, p);
}

/* References */

static bool hold_reference(struct kunit *test, const char *name)
{
	CLASS(carveout, co)(name);

	if (!co)
		return false;
	KUNIT_EXPECT_EQ(test, carveout_remove(name), -EBUSY);
	return true;
}

static void class_holds_a_reference(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int users = ctx->co[1]->users;

	KUNIT_EXPECT_TRUE(test, hold_reference(test, carveout_names[1]));
	KUNIT_EXPECT_EQ(test, ctx->co[1]->users, users);
	KUNIT_EXPECT_FALSE(test, hold_reference(test, "no-such-carveout"));
}

static void put_reference(const char *name)
{
	struct carveout *co __free(carveout_put) = carveout_get(name);
	void *p __free(carve_kfree) = co ? carve_kmalloc(co, SIZE, GFP_KERNEL) :
					   NULL;

	OPTIMIZER_HIDE_VAR(p);
}

static void reference_is_put_after_its_memory(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int users = ctx->co[0]->users;

	put_reference(carveout_names[0]);
	KUNIT_EXPECT_EQ(test, ctx->co[0]->users, users);
	KUNIT_EXPECT_FALSE(test, ctx->co[0]->leftover);
	expect_nothing_left(test);
}

static struct kunit_case cleanup_cases[] = {
	KUNIT_CASE(address_leads_to_its_carveout),
	KUNIT_CASE(foreign_address_leads_to_no_carveout),
	KUNIT_CASE(end_of_scope_frees_all_kinds),
	KUNIT_CASE(end_of_scope_ignores_null_and_errors),
	KUNIT_CASE(returned_memory_is_not_freed),
	KUNIT_CASE(sensitive_memory_is_cleared),
	KUNIT_CASE(scope_in_hard_interrupt_frees),
	KUNIT_CASE(memory_of_the_kernel_is_left_alone),
	KUNIT_CASE(what_is_no_page_is_refused),
	KUNIT_CASE(class_holds_a_reference),
	KUNIT_CASE(reference_is_put_after_its_memory),
	{ }
};

static struct kunit_suite cleanup_suite = {
	.name = "carveout_cleanup",
	.init = cleanup_init,
	.exit = cleanup_exit,
	.test_cases = cleanup_cases,
};

kunit_test_suite(cleanup_suite);
