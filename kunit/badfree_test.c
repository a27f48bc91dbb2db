// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of frees to a cache of addresses that are none of its objects: they are
 * refused, counted and change nothing. The cases differ in when the error is
 * detected and how it is classified.
 */
#include <linux/mm.h>
#include <linux/string.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "slab/cache.h"
#include "slab/object_check.h"
#include "slab/rules.h"

/* So that its slabs have colours, and unused bytes behind the last object */
#define SIZE 968

#define FZPU (CARVE_DEBUG_CHECKS | CARVE_DEBUG_RED_ZONE | \
	      CARVE_DEBUG_POISON | CARVE_DEBUG_USER)

/**
 * struct ctx - the fixture and other allocations
 * @co: the carveout
 * @cache: the cache that bad frees go to
 * @object: a live object of it
 * @other: another cache
 * @other_object: a live object of that
 * @block: an allocated page
 * @area: an area of one page
 * @native: memory of the kernel
 */
struct ctx {
	struct carveout *co;
	struct carve_cache *cache;
	void *object;
	struct carve_cache *other;
	void *other_object;
	struct carve_page *block;
	void *area;
	u8 native[64];
};

static void *freed_before(struct ctx *ctx)
{
	void *object = carve_cache_alloc(ctx->cache, GFP_KERNEL);

	carve_cache_free(ctx->cache, object);
	return object;
}

static void *freed_long_ago(struct ctx *ctx)
{
	void *object = freed_before(ctx);

	carve_fixture_drain_cache(ctx->cache);
	return object;
}

static void *interior(struct ctx *ctx)
{
	return ctx->object + 64;
}

static void *misaligned(struct ctx *ctx)
{
	return ctx->object + 1;
}

static void *last_byte(struct ctx *ctx)
{
	return ctx->object + SIZE - 1;
}

static void *in_front(struct ctx *ctx)
{
	return ctx->object - 8;
}

static void *start_of_page(struct ctx *ctx)
{
	return (void *)((unsigned long)ctx->object & PAGE_MASK);
}

static void *end_of_page(struct ctx *ctx)
{
	return start_of_page(ctx) + PAGE_SIZE - 8;
}

static void *of_another_cache(struct ctx *ctx)
{
	return ctx->other_object;
}

static void *page_in_use(struct ctx *ctx)
{
	return carve_page_address(ctx->co, ctx->block);
}

static void *metadata(struct ctx *ctx)
{
	return ctx->cache;
}

static void *page_in_the_pcp(struct ctx *ctx)
{
	struct carve_page *page = carve_alloc_page(ctx->co, GFP_KERNEL);

	carve_free_page(ctx->co, page);
	return carve_page_address(ctx->co, page);
}

static void *area(struct ctx *ctx)
{
	return ctx->area;
}

static void *native(struct ctx *ctx)
{
	return ctx->native;
}

static void *before_the_carveout(struct ctx *ctx)
{
	return ctx->co->pages.zone[0].region->virt - 8;
}

static void *behind_the_carveout(struct ctx *ctx)
{
	const struct carve_region *region = ctx->co->pages.zone[0].region;

	return region->virt + carve_region_bytes(region);
}

static void *small_number(struct ctx *ctx)
{
	return ZERO_SIZE_PTR;
}

/**
 * struct bad_free - a bad free
 * @what: name of the case
 * @pick: selects the address in that ctx
 * @kind: error that a debugged cache counts
 * @at_once: detected by the free, not when the magazine is flushed
 */
struct bad_free {
	const char *what;
	void *(*pick)(struct ctx *ctx);
	enum carve_error kind;
	bool at_once;
};

static const struct bad_free bad_frees[] = {
	{ "freed before", freed_before, CARVE_ERROR_DOUBLE_FREE, true },
	{ "freed long ago", freed_long_ago, CARVE_ERROR_DOUBLE_FREE },
	{ "interior pointer", interior, CARVE_ERROR_INVALID_FREE },
	{ "misaligned pointer", misaligned, CARVE_ERROR_INVALID_FREE },
	{ "last byte of an object", last_byte, CARVE_ERROR_INVALID_FREE },
	{ "in front of an object", in_front, CARVE_ERROR_INVALID_FREE },
	{ "start of its page", start_of_page, CARVE_ERROR_INVALID_FREE },
	{ "end of its page", end_of_page, CARVE_ERROR_INVALID_FREE },
	{ "of another cache", of_another_cache, CARVE_ERROR_WRONG_CACHE, true },
	{ "page in use", page_in_use, CARVE_ERROR_FOREIGN_FREE, true },
	{ "metadata", metadata, CARVE_ERROR_FOREIGN_FREE, true },
	{ "free page", page_in_the_pcp, CARVE_ERROR_FOREIGN_FREE,
	  true },
	{ "area", area, CARVE_ERROR_FOREIGN_FREE, true },
	{ "native memory", native, CARVE_ERROR_FOREIGN_FREE, true },
	{ "before the carveout", before_the_carveout, CARVE_ERROR_FOREIGN_FREE,
	  true },
	{ "behind the carveout", behind_the_carveout, CARVE_ERROR_FOREIGN_FREE,
	  true },
	{ "small number", small_number, CARVE_ERROR_FOREIGN_FREE, true },
};

static void describe(const struct bad_free *bad, char *desc)
{
	strscpy(desc, bad->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad_free, bad_frees, describe);

/* An object that doesn't begin its page, in a slab with unused bytes behind */
static void *alloc_coloured(struct kunit *test, struct carve_cache *cache)
{
	unsigned long n = 3UL * cache->oo.nr_objects;
	struct carve_chain *first, **link, *found;

	first = carve_fixture_take_objects(cache, &n);
	for (link = &first; *link; link = &(*link)->next)
		if (!PAGE_ALIGNED(*link))
			break;
	found = *link;
	KUNIT_ASSERT_NOT_NULL(test, found);
	*link = found->next;
	carve_fixture_give_objects(cache, first);
	carve_cache_shrink(cache);
	return found;
}

/* Debugged from its creation, so that no work on other CPUs is needed */
static void make_caches(struct kunit *test, unsigned int flags)
{
	struct ctx *ctx = test->priv;
	char rules[CARVE_DEBUG_LETTERS];

	ctx->co->slabs.debug_rules = carve_debug_format_flags(flags, rules);
	ctx->cache = carve_cache_create(ctx->co, "test", SIZE, 0, 0, NULL);
	ctx->co->slabs.debug_rules = NULL;
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->cache);
	KUNIT_ASSERT_EQ(test, ctx->cache->debugging.flags, flags);
	ctx->other = carve_cache_create(ctx->co, "other", SIZE, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->other);
}

static void set_up(struct kunit *test, unsigned int flags)
{
	struct ctx *ctx = test->priv;

	make_caches(test, flags);
	ctx->object = alloc_coloured(test, ctx->cache);
	memset(ctx->object, 0x3c, SIZE);
	ctx->other_object = carve_cache_alloc(ctx->other, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->other_object);
	ctx->block = carve_alloc_page(ctx->co, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->block);
	ctx->area = carve_vmalloc(ctx->co, PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, ctx->area);
}

/* Only the count has changed, and all memory can be freed */
static void tear_down(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, ctx->cache->nr_bad_frees, 1UL);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 1L);
	KUNIT_EXPECT_NULL(test, memchr_inv(ctx->object, 0x3c, SIZE));
	carve_fixture_check(test, ctx->co);
	carve_vfree(ctx->co, ctx->area);
	carve_free_page(ctx->co, ctx->block);
	carve_cache_free(ctx->other, ctx->other_object);
	carve_cache_free(ctx->cache, ctx->object);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(ctx->other), 0);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(ctx->cache), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 1L);
}

static void bad_frees_are_counted_and_harmless(struct kunit *test)
{
	const struct bad_free *bad = test->param_value;
	struct ctx *ctx = test->priv;
	struct carve_cache_usage usage;

	set_up(test, 0);
	carve_cache_free(ctx->cache, bad->pick(ctx));
	KUNIT_EXPECT_EQ(test, ctx->cache->nr_bad_frees,
			bad->at_once || want_init_on_free());
	carve_fixture_drain_cache(ctx->cache);
	carve_cache_usage(ctx->cache, &usage);
	KUNIT_EXPECT_EQ(test, usage.active_objects, 1UL);
	tear_down(test);
}

/* With debugging, no magazine is involved */
static void try_debugged(struct kunit *test, unsigned int flags)
{
	const struct bad_free *bad = test->param_value;
	struct ctx *ctx = test->priv;
	unsigned int i;

	set_up(test, flags);
	carve_cache_free(ctx->cache, bad->pick(ctx));
	KUNIT_EXPECT_EQ(test, ctx->cache->nr_bad_frees, 1UL);
	for (i = 0; i < CARVE_NR_ERRORS; i++)
		KUNIT_EXPECT_EQ_MSG(test, ctx->cache->debugging.count[i],
				    (unsigned long)(i == bad->kind), "%s",
				    carve_error_titles[i]);
	tear_down(test);
}

static void debugging_reports_bad_frees_at_once(struct kunit *test)
{
	try_debugged(test, FZPU);
}

static void quarantine_rejects_bad_frees(struct kunit *test)
{
	try_debugged(test, CARVE_DEBUG_QUARANTINE);
}

static int badfree_init(struct kunit *test)
{
	return carve_fixture_init_more(test, sizeof(struct ctx));
}

static struct kunit_case badfree_cases[] = {
	KUNIT_CASE_PARAM(bad_frees_are_counted_and_harmless,
			 bad_free_gen_params),
	KUNIT_CASE_PARAM(debugging_reports_bad_frees_at_once, bad_free_gen_params),
	KUNIT_CASE_PARAM(quarantine_rejects_bad_frees, bad_free_gen_params),
	{ }
};

static struct kunit_suite badfree_suite = {
	.name = "carveout_badfree",
	.init = badfree_init,
	.exit = carve_fixture_exit_more,
	.test_cases = badfree_cases,
};

kunit_test_suites(&badfree_suite);
