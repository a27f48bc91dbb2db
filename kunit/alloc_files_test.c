// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the files alloc and free: the handles that lines return, how handles
 * are freed, and that a line that fails leaves no allocation behind.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <carveout.h>

#include "debugfs/handles.h"
#include "kunit/fixture.h"
#include "page/pages.h"
#include "page/reclaim.h"

struct ctx {
	struct carveout *co;
	struct carve_handles handles;
	struct carve_reply reply;
};

static int fixture_init(struct kunit *test)
{
	int ret = carve_fixture_init_more(test, sizeof(struct ctx));
	struct ctx *ctx = test->priv;

	if (!ret)
		carve_handles_init(&ctx->handles, ctx->co);
	return ret;
}

/* Free the handles that a case left, before the fixture checks for leaks */
static void fixture_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	if (ctx)
		carve_handles_destroy(&ctx->handles);
	carve_fixture_exit_more(test);
}

static int do_alloc(struct ctx *ctx, const char *line)
{
	const struct carve_alloc_limits limits = {
		.max_order = carve_pages_max_order(&ctx->co->pages),
		.bytes = carveout_bytes(ctx->co),
	};
	struct carve_alloc_request request;
	int ret;

	ret = carve_parse_alloc(line, &limits, &request, &ctx->reply);
	if (ret)
		return ret;
	guard(mutex)(&ctx->handles.lock);
	return carve_handles_alloc(&ctx->handles, &request, &ctx->reply);
}

static int do_free(struct ctx *ctx, const char *line)
{
	struct carve_free_request request;
	int ret;

	ret = carve_parse_free(line, &request, &ctx->reply);
	if (ret)
		return ret;
	guard(mutex)(&ctx->handles.lock);
	return carve_handles_free(&ctx->handles, &request, &ctx->reply);
}

/* The line must have this result and print this text */
#define EXPECT_ALLOC(test, ctx, line, ret, says)			\
do {									\
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, line), ret);			\
	KUNIT_EXPECT_STREQ(test, (ctx)->reply.text, says);		\
} while (0)

#define EXPECT_FREE(test, ctx, line, ret, says)				\
do {									\
	KUNIT_EXPECT_EQ(test, do_free(ctx, line), ret);			\
	KUNIT_EXPECT_STREQ(test, (ctx)->reply.text, says);		\
} while (0)

/* Free pages, after all reclaimable memory was freed */
static unsigned long nr_free(struct ctx *ctx)
{
	carve_pages_reclaim(&ctx->co->pages);
	return carve_fixture_nr_free(ctx->co);
}

struct kind {
	const char *name;
	const char *line;
	unsigned long pages;
};

/* A line for each type of allocation, and the minimum of pages that it takes */
static const struct kind kinds[] = {
	{ "one page", "pages 0", 1 },
	{ "a block", "pages 3 GFP_ATOMIC|__GFP_ZERO", 8 },
	{ "exact", "exact 20000", 5 },
	{ "exact, compound", "exact 20000 GFP_KERNEL|__GFP_COMP", 5 },
	{ "kmalloc", "kmalloc 100", 1 },
	{ "kmalloc of nothing", "kmalloc 0", 0 },
	{ "large kmalloc", "kmalloc 64K", SZ_64K / PAGE_SIZE },
	{ "object", "cache_alloc foo", 1 },
	{ "vmalloc", "vmalloc 100K", DIV_ROUND_UP(100 * SZ_1K, PAGE_SIZE) },
	{ "vzalloc", "vzalloc 5000", DIV_ROUND_UP(5000, PAGE_SIZE) },
};

static void get_kind_name(const struct kind *kind, char *name)
{
	strscpy(name, kind->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(kinds, kinds, get_kind_name);

static void handle_keeps_its_allocation_until_it_is_freed(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct ctx *ctx = test->priv;
	unsigned long before, during;

	KUNIT_ASSERT_EQ(test, do_alloc(ctx, "cache_create foo 192"), 0);
	before = nr_free(ctx);
	EXPECT_ALLOC(test, ctx, kind->line, 0, "handle 1");
	KUNIT_EXPECT_EQ(test, ctx->handles.nr, 1);
	during = nr_free(ctx);
	KUNIT_EXPECT_LE(test, during + kind->pages, before);
	EXPECT_FREE(test, ctx, "1", 0, "freed 1");
	KUNIT_EXPECT_EQ(test, ctx->handles.nr, 0);
	KUNIT_EXPECT_EQ(test, nr_free(ctx), before);
	EXPECT_FREE(test, ctx, "1", -ENOENT, "error: no handle 1");
}

static void remaining_handles_are_freed_on_exit(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct ctx *ctx = test->priv;

	KUNIT_ASSERT_EQ(test, do_alloc(ctx, "cache_create foo 192"), 0);
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, kind->line), 0);
	/* The exit functions check that no allocation is left */
}

static void handles_of_one_line_are_consecutive(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	EXPECT_ALLOC(test, ctx, "pages 0 x10", 0, "handles 1-10");
	EXPECT_ALLOC(test, ctx, "kmalloc 8 x2", 0, "handles 11-12");
	EXPECT_ALLOC(test, ctx, "kmalloc 8 x1", 0, "handle 13");
	KUNIT_EXPECT_EQ(test, ctx->handles.nr, 13);
	EXPECT_FREE(test, ctx, "2-11", 0, "freed 10");
	EXPECT_FREE(test, ctx, "all", 0, "freed 3");
	EXPECT_FREE(test, ctx, "all", 0, "freed 0");
}

static void handle_numbers_are_not_reused(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	EXPECT_ALLOC(test, ctx, "pages 0", 0, "handle 1");
	EXPECT_FREE(test, ctx, "1", 0, "freed 1");
	EXPECT_ALLOC(test, ctx, "pages 0", 0, "handle 2");
	EXPECT_FREE(test, ctx, "1", -ENOENT, "error: no handle 1");
	KUNIT_EXPECT_EQ(test, ctx->handles.nr, 1);
}

static void bad_handles_are_refused(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	EXPECT_FREE(test, ctx, "1", -ENOENT, "error: no handle 1");
	EXPECT_ALLOC(test, ctx, "pages 0 x5", 0, "handles 1-5");
	EXPECT_FREE(test, ctx, "0", -ENOENT, "error: no handle 0");
	EXPECT_FREE(test, ctx, "6", -ENOENT, "error: no handle 6");
	EXPECT_FREE(test, ctx, "4294967296", -ENOENT,
		    "error: no handle 4294967296");
	KUNIT_EXPECT_EQ(test, do_free(ctx, "1-18446744073709551615"), -ENOENT);
	KUNIT_EXPECT_EQ(test, do_free(ctx, "18446744073709551615"), -ENOENT);
	KUNIT_EXPECT_EQ(test, do_free(ctx, "nonsense"), -EINVAL);
	KUNIT_EXPECT_EQ(test, ctx->handles.nr, 5);
}

static void range_with_a_gap_is_not_freed(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	EXPECT_ALLOC(test, ctx, "pages 0 x5", 0, "handles 1-5");
	EXPECT_FREE(test, ctx, "3", 0, "freed 1");
	EXPECT_FREE(test, ctx, "1-5", -ENOENT, "error: no handle 3");
	EXPECT_FREE(test, ctx, "0-2", -ENOENT, "error: no handle 0");
	EXPECT_FREE(test, ctx, "4-6", -ENOENT, "error: no handle 6");
	KUNIT_EXPECT_EQ(test, ctx->handles.nr, 4);
	EXPECT_FREE(test, ctx, "1-2", 0, "freed 2");
	EXPECT_FREE(test, ctx, "4-5", 0, "freed 2");
}

/* Lines that can't be satisfied in full by a carveout of this size */
static const struct kind too_many[] = {
	{ "pages", "pages 0 x65536" },
	{ "pages, without a wait", "pages 0 GFP_NOWAIT x65536" },
	{ "blocks", "pages 4 x1000" },
	{ "exact", "exact 12K x1000" },
	{ "kmalloc", "kmalloc 1000 x65536" },
	{ "large kmalloc", "kmalloc 32K x1000" },
	{ "objects", "cache_alloc foo x65536" },
	{ "vmalloc", "vmalloc 64K x1000" },
	{ "vzalloc", "vzalloc 1M x4" },
};

KUNIT_ARRAY_PARAM(too_many, too_many, get_kind_name);

static void partial_failure_frees_everything(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct ctx *ctx = test->priv;
	unsigned int done, of, asked;
	unsigned long before;
	int n;

	KUNIT_ASSERT_EQ(test, kstrtouint(strrchr(kind->line, 'x') + 1, 10,
					 &asked), 0);
	EXPECT_ALLOC(test, ctx, "cache_create foo 1000", 0, "cache foo");
	EXPECT_ALLOC(test, ctx, "pages 0 x2", 0, "handles 1-2");
	before = nr_free(ctx);

	KUNIT_EXPECT_EQ(test, do_alloc(ctx, kind->line), -ENOMEM);
	n = sscanf(ctx->reply.text, "error: out of memory after %u of %u",
		   &done, &of);
	KUNIT_ASSERT_EQ_MSG(test, n, 2, "%s", ctx->reply.text);
	KUNIT_EXPECT_EQ(test, of, asked);
	KUNIT_EXPECT_GT(test, done, 0);
	KUNIT_EXPECT_LT(test, done, of);

	KUNIT_EXPECT_EQ(test, ctx->handles.nr, 2);
	KUNIT_EXPECT_EQ(test, nr_free(ctx), before);
	carve_fixture_check(test, ctx->co);
	EXPECT_ALLOC(test, ctx, "pages 0", 0, "handle 3");
}

static void all_memory_can_be_allocated_and_freed(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned long before = nr_free(ctx);
	unsigned long taken = 0;

	while (!do_alloc(ctx, "pages 0 GFP_ATOMIC"))
		taken++;
	KUNIT_EXPECT_STREQ(test, ctx->reply.text,
			   "error: out of memory after 0 of 1");
	KUNIT_EXPECT_EQ(test, taken, before);
	KUNIT_EXPECT_EQ(test, ctx->handles.nr, before);
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, "vmalloc 1"), -ENOMEM);
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, "kmalloc 8"), -ENOMEM);
	KUNIT_EXPECT_EQ(test, do_free(ctx, "all"), 0);
	KUNIT_EXPECT_EQ(test, nr_free(ctx), before);
}

static void too_many_handles_are_refused(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	ctx->handles.nr = CARVE_HANDLES_MAX - 1;
	EXPECT_ALLOC(test, ctx, "kmalloc 0 x2", -ENOSPC,
		     "error: too many handles: 1048575 are held, and 1048576 can be");
	EXPECT_ALLOC(test, ctx, "kmalloc 0", 0, "handle 1");
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, "kmalloc 0"), -ENOSPC);
	ctx->handles.nr = 1;

	ctx->handles.next = ULONG_MAX - 1;
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, "kmalloc 0 x2"), -ENOSPC);
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, "kmalloc 0"), 0);
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, "kmalloc 0"), -ENOSPC);
}

static void caches_are_created_and_destroyed_by_name(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	EXPECT_ALLOC(test, ctx, "cache_create foo 192", 0, "cache foo");
	EXPECT_ALLOC(test, ctx, "cache_create bar 40 64", 0, "cache bar");
	EXPECT_ALLOC(test, ctx, "cache_alloc foo x100", 0, "handles 1-100");
	EXPECT_ALLOC(test, ctx, "cache_alloc bar", 0, "handle 101");
	EXPECT_FREE(test, ctx, "cache foo", -EBUSY,
		    "error: cache foo has 100 objects in use: free their handles first");
	EXPECT_FREE(test, ctx, "1-99", 0, "freed 99");
	EXPECT_FREE(test, ctx, "cache foo", -EBUSY,
		    "error: cache foo has 1 objects in use: free their handles first");
	EXPECT_FREE(test, ctx, "100", 0, "freed 1");
	EXPECT_FREE(test, ctx, "cache foo", 0, "destroyed cache foo");
	EXPECT_FREE(test, ctx, "cache foo", -ENOENT,
		    "error: no cache \"foo\" was made here");
	EXPECT_ALLOC(test, ctx, "cache_create foo 8", 0, "cache foo");
}

static void unknown_caches_are_refused(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_cache *other;

	EXPECT_ALLOC(test, ctx, "cache_alloc nobody", -ENOENT,
		     "error: no cache \"nobody\" was made here");
	EXPECT_FREE(test, ctx, "cache nobody", -ENOENT,
		    "error: no cache \"nobody\" was made here");

	/* Caches of the carveout itself and of other users can't be freed through a file */
	other = carve_cache_create(ctx->co, "other", 64, 0, 0, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, "cache_alloc kmalloc-64"), -ENOENT);
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, "cache_alloc other"), -ENOENT);
	KUNIT_EXPECT_EQ(test, do_free(ctx, "cache kmalloc-64"), -ENOENT);
	KUNIT_EXPECT_EQ(test, do_free(ctx, "cache other"), -ENOENT);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(other), 0);
}

static void duplicate_cache_names_are_refused(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	EXPECT_ALLOC(test, ctx, "cache_create foo 192", 0, "cache foo");
	EXPECT_ALLOC(test, ctx, "cache_create foo 192", -EEXIST,
		     "error: cache \"foo\" exists already");
	EXPECT_ALLOC(test, ctx, "cache_create kmalloc-64 64", -EEXIST,
		     "error: cache \"kmalloc-64\" exists already");
}

static void handles_and_caches_keep_the_carveout_in_use(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	KUNIT_EXPECT_FALSE(test, carve_handles_held(&ctx->handles));
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, "pages 99"), -EINVAL);
	KUNIT_EXPECT_FALSE(test, carve_handles_held(&ctx->handles));
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, "pages 0"), 0);
	KUNIT_EXPECT_TRUE(test, carve_handles_held(&ctx->handles));
	KUNIT_EXPECT_EQ(test, do_free(ctx, "all"), 0);
	KUNIT_EXPECT_FALSE(test, carve_handles_held(&ctx->handles));
	KUNIT_EXPECT_EQ(test, do_alloc(ctx, "cache_create foo 8"), 0);
	KUNIT_EXPECT_TRUE(test, carve_handles_held(&ctx->handles));
	KUNIT_EXPECT_EQ(test, do_free(ctx, "all"), 0);
	KUNIT_EXPECT_TRUE(test, carve_handles_held(&ctx->handles));
	KUNIT_EXPECT_EQ(test, do_free(ctx, "cache foo"), 0);
	KUNIT_EXPECT_FALSE(test, carve_handles_held(&ctx->handles));
}

static struct kunit_case alloc_files_cases[] = {
	KUNIT_CASE_PARAM(handle_keeps_its_allocation_until_it_is_freed, kinds_gen_params),
	KUNIT_CASE_PARAM(remaining_handles_are_freed_on_exit, kinds_gen_params),
	KUNIT_CASE(handles_of_one_line_are_consecutive),
	KUNIT_CASE(handle_numbers_are_not_reused),
	KUNIT_CASE(bad_handles_are_refused),
	KUNIT_CASE(range_with_a_gap_is_not_freed),
	KUNIT_CASE_PARAM(partial_failure_frees_everything,
			 too_many_gen_params),
	KUNIT_CASE(all_memory_can_be_allocated_and_freed),
	KUNIT_CASE(too_many_handles_are_refused),
	KUNIT_CASE(caches_are_created_and_destroyed_by_name),
	KUNIT_CASE(unknown_caches_are_refused),
	KUNIT_CASE(duplicate_cache_names_are_refused),
	KUNIT_CASE(handles_and_caches_keep_the_carveout_in_use),
	{ }
};

static struct kunit_suite alloc_files_suite = {
	.name = "carveout_alloc_files",
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = alloc_files_cases,
};

kunit_test_suite(alloc_files_suite);
