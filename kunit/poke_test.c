// SPDX-License-Identifier: GPL-2.0
/*
 * What lines of the poke files do to a carveout: the handles that they give,
 * how these are freed, and that a line that fails leaves nothing behind.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <carveout.h>

#include "face/handles.h"
#include "kunit/testbed.h"

struct bed {
	struct carveout *co;
	struct carve_handles handles;
	struct carve_reply reply;
};

static int bed_init(struct kunit *test)
{
	int ret = carve_testbed_init_more(test, sizeof(struct bed));
	struct bed *bed = test->priv;

	if (!ret)
		carve_handles_init(&bed->handles, bed->co);
	return ret;
}

/* Frees what a case left to its handles, which the testbed then looks for */
static void bed_exit(struct kunit *test)
{
	struct bed *bed = test->priv;

	if (bed)
		carve_handles_destroy(&bed->handles);
	carve_testbed_exit_more(test);
}

static int do_alloc(struct bed *bed, const char *line)
{
	const struct carve_alloc_limits limits = {
		.max_order = carve_pages_max_order(&bed->co->pages),
		.bytes = carveout_bytes(bed->co),
	};
	struct carve_alloc_request request;
	int ret;

	ret = carve_parse_alloc(line, &limits, &request, &bed->reply);
	if (ret)
		return ret;
	guard(mutex)(&bed->handles.lock);
	return carve_handles_alloc(&bed->handles, &request, &bed->reply);
}

static int do_free(struct bed *bed, const char *line)
{
	struct carve_free_request request;
	int ret;

	ret = carve_parse_free(line, &request, &bed->reply);
	if (ret)
		return ret;
	guard(mutex)(&bed->handles.lock);
	return carve_handles_free(&bed->handles, &request, &bed->reply);
}

/* The line is to have this outcome, and to say so */
#define EXPECT_ALLOC(test, bed, line, ret, says)			\
do {									\
	KUNIT_EXPECT_EQ(test, do_alloc(bed, line), ret);			\
	KUNIT_EXPECT_STREQ(test, (bed)->reply.text, says);		\
} while (0)

#define EXPECT_FREE(test, bed, line, ret, says)				\
do {									\
	KUNIT_EXPECT_EQ(test, do_free(bed, line), ret);			\
	KUNIT_EXPECT_STREQ(test, (bed)->reply.text, says);		\
} while (0)

/* Free pages, when all that can be spared has been given back */
static unsigned long nr_free(struct bed *bed)
{
	carve_pages_reclaim(&bed->co->pages);
	return carve_testbed_nr_free(bed->co);
}

struct kind {
	const char *name;
	const char *line;
	unsigned long pages;
};

/* Lines for one thing of each kind, and the least pages that it takes */
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

static void handle_holds_until_it_is_freed(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct bed *bed = test->priv;
	unsigned long before, during;

	KUNIT_ASSERT_EQ(test, do_alloc(bed, "cache_create foo 192"), 0);
	before = nr_free(bed);
	EXPECT_ALLOC(test, bed, kind->line, 0, "handle 1");
	KUNIT_EXPECT_EQ(test, bed->handles.nr, 1);
	during = nr_free(bed);
	KUNIT_EXPECT_LE(test, during + kind->pages, before);
	EXPECT_FREE(test, bed, "1", 0, "freed 1");
	KUNIT_EXPECT_EQ(test, bed->handles.nr, 0);
	KUNIT_EXPECT_EQ(test, nr_free(bed), before);
	EXPECT_FREE(test, bed, "1", -ENOENT, "error: no handle 1");
}

static void handles_left_are_freed_in_the_end(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct bed *bed = test->priv;

	KUNIT_ASSERT_EQ(test, do_alloc(bed, "cache_create foo 192"), 0);
	KUNIT_EXPECT_EQ(test, do_alloc(bed, kind->line), 0);
	/* The exits see to it that nothing is left */
}

static void several_handles_have_numbers_in_a_row(struct kunit *test)
{
	struct bed *bed = test->priv;

	EXPECT_ALLOC(test, bed, "pages 0 x10", 0, "handles 1-10");
	EXPECT_ALLOC(test, bed, "kmalloc 8 x2", 0, "handles 11-12");
	EXPECT_ALLOC(test, bed, "kmalloc 8 x1", 0, "handle 13");
	KUNIT_EXPECT_EQ(test, bed->handles.nr, 13);
	EXPECT_FREE(test, bed, "2-11", 0, "freed 10");
	EXPECT_FREE(test, bed, "all", 0, "freed 3");
	EXPECT_FREE(test, bed, "all", 0, "freed 0");
}

static void numbers_are_not_used_again(struct kunit *test)
{
	struct bed *bed = test->priv;

	EXPECT_ALLOC(test, bed, "pages 0", 0, "handle 1");
	EXPECT_FREE(test, bed, "1", 0, "freed 1");
	EXPECT_ALLOC(test, bed, "pages 0", 0, "handle 2");
	EXPECT_FREE(test, bed, "1", -ENOENT, "error: no handle 1");
	KUNIT_EXPECT_EQ(test, bed->handles.nr, 1);
}

static void bad_handles_are_refused(struct kunit *test)
{
	struct bed *bed = test->priv;

	EXPECT_FREE(test, bed, "1", -ENOENT, "error: no handle 1");
	EXPECT_ALLOC(test, bed, "pages 0 x5", 0, "handles 1-5");
	EXPECT_FREE(test, bed, "0", -ENOENT, "error: no handle 0");
	EXPECT_FREE(test, bed, "6", -ENOENT, "error: no handle 6");
	EXPECT_FREE(test, bed, "4294967296", -ENOENT,
		    "error: no handle 4294967296");
	KUNIT_EXPECT_EQ(test, do_free(bed, "1-18446744073709551615"), -ENOENT);
	KUNIT_EXPECT_EQ(test, do_free(bed, "18446744073709551615"), -ENOENT);
	KUNIT_EXPECT_EQ(test, do_free(bed, "nonsense"), -EINVAL);
	KUNIT_EXPECT_EQ(test, bed->handles.nr, 5);
}

static void range_with_a_gap_is_left_alone(struct kunit *test)
{
	struct bed *bed = test->priv;

	EXPECT_ALLOC(test, bed, "pages 0 x5", 0, "handles 1-5");
	EXPECT_FREE(test, bed, "3", 0, "freed 1");
	EXPECT_FREE(test, bed, "1-5", -ENOENT, "error: no handle 3");
	EXPECT_FREE(test, bed, "0-2", -ENOENT, "error: no handle 0");
	EXPECT_FREE(test, bed, "4-6", -ENOENT, "error: no handle 6");
	KUNIT_EXPECT_EQ(test, bed->handles.nr, 4);
	EXPECT_FREE(test, bed, "1-2", 0, "freed 2");
	EXPECT_FREE(test, bed, "4-5", 0, "freed 2");
}

/* Lines that no carveout of this size can do to the end */
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

static void running_out_part_way_undoes_it_all(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct bed *bed = test->priv;
	unsigned int done, of, asked;
	unsigned long before;
	int n;

	KUNIT_ASSERT_EQ(test, kstrtouint(strrchr(kind->line, 'x') + 1, 10,
					 &asked), 0);
	EXPECT_ALLOC(test, bed, "cache_create foo 1000", 0, "cache foo");
	EXPECT_ALLOC(test, bed, "pages 0 x2", 0, "handles 1-2");
	before = nr_free(bed);

	KUNIT_EXPECT_EQ(test, do_alloc(bed, kind->line), -ENOMEM);
	n = sscanf(bed->reply.text, "error: out of memory after %u of %u",
		   &done, &of);
	KUNIT_ASSERT_EQ_MSG(test, n, 2, "%s", bed->reply.text);
	KUNIT_EXPECT_EQ(test, of, asked);
	KUNIT_EXPECT_GT(test, done, 0);
	KUNIT_EXPECT_LT(test, done, of);

	KUNIT_EXPECT_EQ(test, bed->handles.nr, 2);
	KUNIT_EXPECT_EQ(test, nr_free(bed), before);
	carve_testbed_check(test, bed->co);
	EXPECT_ALLOC(test, bed, "pages 0", 0, "handle 3");
}

static void all_memory_can_be_had_and_comes_back(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned long before = nr_free(bed);
	unsigned long taken = 0;

	while (!do_alloc(bed, "pages 0 GFP_ATOMIC"))
		taken++;
	KUNIT_EXPECT_STREQ(test, bed->reply.text,
			   "error: out of memory after 0 of 1");
	KUNIT_EXPECT_EQ(test, taken, before);
	KUNIT_EXPECT_EQ(test, bed->handles.nr, before);
	KUNIT_EXPECT_EQ(test, do_alloc(bed, "vmalloc 1"), -ENOMEM);
	KUNIT_EXPECT_EQ(test, do_alloc(bed, "kmalloc 8"), -ENOMEM);
	KUNIT_EXPECT_EQ(test, do_free(bed, "all"), 0);
	KUNIT_EXPECT_EQ(test, nr_free(bed), before);
}

static void too_many_handles_are_refused(struct kunit *test)
{
	struct bed *bed = test->priv;

	bed->handles.nr = CARVE_HANDLES_MAX - 1;
	EXPECT_ALLOC(test, bed, "kmalloc 0 x2", -ENOSPC,
		     "error: too many handles: 1048575 are held, and 1048576 can be");
	EXPECT_ALLOC(test, bed, "kmalloc 0", 0, "handle 1");
	KUNIT_EXPECT_EQ(test, do_alloc(bed, "kmalloc 0"), -ENOSPC);
	bed->handles.nr = 1;

	bed->handles.next = ULONG_MAX - 1;
	KUNIT_EXPECT_EQ(test, do_alloc(bed, "kmalloc 0 x2"), -ENOSPC);
	KUNIT_EXPECT_EQ(test, do_alloc(bed, "kmalloc 0"), 0);
	KUNIT_EXPECT_EQ(test, do_alloc(bed, "kmalloc 0"), -ENOSPC);
}

static void caches_are_made_and_destroyed_by_name(struct kunit *test)
{
	struct bed *bed = test->priv;

	EXPECT_ALLOC(test, bed, "cache_create foo 192", 0, "cache foo");
	EXPECT_ALLOC(test, bed, "cache_create bar 40 64", 0, "cache bar");
	EXPECT_ALLOC(test, bed, "cache_alloc foo x100", 0, "handles 1-100");
	EXPECT_ALLOC(test, bed, "cache_alloc bar", 0, "handle 101");
	EXPECT_FREE(test, bed, "cache foo", -EBUSY,
		    "error: cache foo has 100 objects in use: free their handles first");
	EXPECT_FREE(test, bed, "1-99", 0, "freed 99");
	EXPECT_FREE(test, bed, "cache foo", -EBUSY,
		    "error: cache foo has 1 objects in use: free their handles first");
	EXPECT_FREE(test, bed, "100", 0, "freed 1");
	EXPECT_FREE(test, bed, "cache foo", 0, "destroyed cache foo");
	EXPECT_FREE(test, bed, "cache foo", -ENOENT,
		    "error: no cache \"foo\" was made here");
	EXPECT_ALLOC(test, bed, "cache_create foo 8", 0, "cache foo");
}

static void caches_that_are_not_there_are_refused(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_cache *other;

	EXPECT_ALLOC(test, bed, "cache_alloc nobody", -ENOENT,
		     "error: no cache \"nobody\" was made here");
	EXPECT_FREE(test, bed, "cache nobody", -ENOENT,
		    "error: no cache \"nobody\" was made here");

	/* The carveout's own, and those of other users, are not for poking */
	other = carve_cache_create(bed->co, "other", 64, 0, 0, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	KUNIT_EXPECT_EQ(test, do_alloc(bed, "cache_alloc kmalloc-64"), -ENOENT);
	KUNIT_EXPECT_EQ(test, do_alloc(bed, "cache_alloc other"), -ENOENT);
	KUNIT_EXPECT_EQ(test, do_free(bed, "cache kmalloc-64"), -ENOENT);
	KUNIT_EXPECT_EQ(test, do_free(bed, "cache other"), -ENOENT);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(other), 0);
}

static void names_of_caches_are_taken_once(struct kunit *test)
{
	struct bed *bed = test->priv;

	EXPECT_ALLOC(test, bed, "cache_create foo 192", 0, "cache foo");
	EXPECT_ALLOC(test, bed, "cache_create foo 192", -EEXIST,
		     "error: cache \"foo\" exists already");
	EXPECT_ALLOC(test, bed, "cache_create kmalloc-64 64", -EEXIST,
		     "error: cache \"kmalloc-64\" exists already");
}

static void handles_and_caches_are_held(struct kunit *test)
{
	struct bed *bed = test->priv;

	KUNIT_EXPECT_FALSE(test, carve_handles_held(&bed->handles));
	KUNIT_EXPECT_EQ(test, do_alloc(bed, "pages 99"), -EINVAL);
	KUNIT_EXPECT_FALSE(test, carve_handles_held(&bed->handles));
	KUNIT_EXPECT_EQ(test, do_alloc(bed, "pages 0"), 0);
	KUNIT_EXPECT_TRUE(test, carve_handles_held(&bed->handles));
	KUNIT_EXPECT_EQ(test, do_free(bed, "all"), 0);
	KUNIT_EXPECT_FALSE(test, carve_handles_held(&bed->handles));
	KUNIT_EXPECT_EQ(test, do_alloc(bed, "cache_create foo 8"), 0);
	KUNIT_EXPECT_TRUE(test, carve_handles_held(&bed->handles));
	KUNIT_EXPECT_EQ(test, do_free(bed, "all"), 0);
	KUNIT_EXPECT_TRUE(test, carve_handles_held(&bed->handles));
	KUNIT_EXPECT_EQ(test, do_free(bed, "cache foo"), 0);
	KUNIT_EXPECT_FALSE(test, carve_handles_held(&bed->handles));
}

static struct kunit_case poke_cases[] = {
	KUNIT_CASE_PARAM(handle_holds_until_it_is_freed, kinds_gen_params),
	KUNIT_CASE_PARAM(handles_left_are_freed_in_the_end, kinds_gen_params),
	KUNIT_CASE(several_handles_have_numbers_in_a_row),
	KUNIT_CASE(numbers_are_not_used_again),
	KUNIT_CASE(bad_handles_are_refused),
	KUNIT_CASE(range_with_a_gap_is_left_alone),
	KUNIT_CASE_PARAM(running_out_part_way_undoes_it_all,
			 too_many_gen_params),
	KUNIT_CASE(all_memory_can_be_had_and_comes_back),
	KUNIT_CASE(too_many_handles_are_refused),
	KUNIT_CASE(caches_are_made_and_destroyed_by_name),
	KUNIT_CASE(caches_that_are_not_there_are_refused),
	KUNIT_CASE(names_of_caches_are_taken_once),
	KUNIT_CASE(handles_and_caches_are_held),
	{ }
};

static struct kunit_suite poke_suite = {
	.name = "carveout_poke",
	.init = bed_init,
	.exit = bed_exit,
	.test_cases = poke_cases,
};

kunit_test_suite(poke_suite);
