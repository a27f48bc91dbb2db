// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of carveout specifications: parsing of lines, refusal of bad ones, and
 * carveouts that are added and removed by name.
 */
#include <linux/sizes.h>
#include <linux/string.h>

#include <carveout.h>

#include "core/registry.h"
#include "core/spec.h"
#include "kunit/fixture.h"
#include "page/pages_types.h"

#define LINE_MAX_LEN 128

/* Good lines */

struct good {
	const char *line;
	const char *name;
	unsigned int nr_zones;
	struct carve_region_request zone[CARVE_MAX_ZONES];
};

#define ZONE(bytes, from, ...) \
	{ .size = (bytes), .source = (from), .node = NUMA_NO_NODE, ##__VA_ARGS__ }

static const struct good good[] = {
	{ "video:64M", "video", 1, { ZONE(SZ_64M, "auto") } },
	{ "v:4096", "v", 1, { ZONE(SZ_4K, "auto") } },
	{ "v:0x100000", "v", 1, { ZONE(SZ_1M, "auto") } },
	{ "v:1g@contig", "v", 1, { ZONE(SZ_1G, "contig") } },
	{ "v:64M@cma", "v", 1, { ZONE(SZ_64M, "cma") } },
	{ "dsp:16M@0x80000000", "dsp", 1,
	  { ZONE(SZ_16M, "reserved", .phys = 0x80000000) } },
	{ "dsp:16M@2G", "dsp", 1,
	  { ZONE(SZ_16M, "reserved", .phys = 0x80000000) } },
	{ "v:1M@auto%0", "v", 1, { { SZ_1M, "auto", .node = 0 } } },
	{ "v:1M%3", "v", 1, { { SZ_1M, "auto", .node = 3 } } },
	{ "v:1M%-1", "v", 1, { ZONE(SZ_1M, "auto") } },
	{ "v:1M(dma)", "v", 1, { ZONE(SZ_1M, "auto", .zone = __GFP_DMA) } },
	{ "v:1M(dma32)", "v", 1, { ZONE(SZ_1M, "auto", .zone = __GFP_DMA32) } },
	{ "v:1M,1M(highmem)", "v", 2,
	  { ZONE(SZ_1M, "auto"), ZONE(SZ_1M, "auto", .unmapped = true) } },
	{ "v:1M@contig%2(dma32)", "v", 1,
	  { { SZ_1M, "contig", .node = 2, .zone = __GFP_DMA32 } } },
	{ "net:60M%1,4M(dma32)", "net", 2,
	  { { 60 * SZ_1M, "auto", .node = 1 },
	    ZONE(SZ_4M, "auto", .zone = __GFP_DMA32) } },
	{ "all:1M,2M@cma,4M@0x1000,8M(dma)", "all", 4,
	  { ZONE(SZ_1M, "auto"), ZONE(SZ_2M, "cma"),
	    ZONE(SZ_4M, "reserved", .phys = 0x1000),
	    ZONE(SZ_8M, "auto", .zone = __GFP_DMA) } },
	/* The parser accepts these values; other code refuses them */
	{ ":1M", "", 1, { ZONE(SZ_1M, "auto") } },
	{ "v:0", "v", 1, { ZONE(0, "auto") } },
	{ "v:1M@nowhere", "v", 1, { ZONE(SZ_1M, "nowhere") } },
};

/* Too large for the stack */
static struct carveout_request *new_request(struct kunit *test)
{
	struct carveout_request *request;

	request = kunit_kzalloc(test, sizeof(*request), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, request);
	return request;
}

static void expect_zone(struct kunit *test, const char *line,
			const struct carve_region_request *zone,
			const struct carve_region_request *expected)
{
	KUNIT_EXPECT_EQ_MSG(test, zone->size, expected->size, "%s", line);
	KUNIT_EXPECT_STREQ(test, zone->source, expected->source);
	KUNIT_EXPECT_EQ_MSG(test, zone->phys, expected->phys, "%s", line);
	KUNIT_EXPECT_EQ_MSG(test, zone->node, expected->node, "%s", line);
	KUNIT_EXPECT_EQ_MSG(test, zone->unmapped, expected->unmapped, "%s",
			    line);
	KUNIT_EXPECT_EQ_MSG(test, (__force u32)zone->zone,
			    (__force u32)expected->zone, "%s", line);
}

static void good_lines_are_parsed(struct kunit *test)
{
	struct carveout_request *request = new_request(test);
	char line[LINE_MAX_LEN];
	unsigned int i, z;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		const struct good *g = &good[i];

		strscpy(line, g->line, sizeof(line));
		KUNIT_ASSERT_EQ_MSG(test, carve_parse_spec(line, request), 0,
				    "%s: %s", g->line, request->refusal);
		KUNIT_EXPECT_STREQ(test, request->name, g->name);
		KUNIT_ASSERT_EQ_MSG(test, request->nr_zones, g->nr_zones, "%s",
				    g->line);
		for (z = 0; z < g->nr_zones; z++)
			expect_zone(test, g->line, &request->zone[z],
				    &g->zone[z]);
	}
}

/* Values of one line must not persist in the next */
static void request_can_be_reused(struct kunit *test)
{
	char first[] = "first:1M@0x1000%1(dma),2M", second[] = "second:4M";
	struct carveout_request *request = new_request(test);

	KUNIT_EXPECT_EQ(test, carve_parse_spec(first, request), 0);
	KUNIT_EXPECT_EQ(test, carve_parse_spec(second, request), 0);
	KUNIT_EXPECT_STREQ(test, request->name, "second");
	KUNIT_EXPECT_EQ(test, request->nr_zones, 1);
	expect_zone(test, "second", &request->zone[0],
		    &(struct carve_region_request)ZONE(SZ_4M, "auto"));
}

/* Bad ones */

static const struct {
	const char *line;
	const char *reason;
} bad[] = {
	{ "", "no ':' behind the name" },
	{ "video", "no ':' behind the name" },
	{ "64M", "no ':' behind the name" },
	{ "v:", "\"\" is not a size" },
	{ "v:junk", "\"junk\" is not a size" },
	{ "v:-1", "\"-1\" is not a size" },
	{ "v:64Q", "\"64Q\" is not a size" },
	{ "v: 64M", "\" 64M\" is not a size" },
	{ "v:1M:2M", "\"1M:2M\" is not a size" },
	{ "v:@cma", "\"\" is not a size" },
	{ "v:%1", "\"\" is not a size" },
	{ "v:(dma)", "\"\" is not a size" },
	{ "v:1M,", "\"\" is not a size" },
	{ "v:,1M", "\"\" is not a size" },
	{ "v:1M,,1M", "\"\" is not a size" },
	{ "v:99999999999999999999M", "is not a size" },
	{ "v:1M%", "\"\" is not a node" },
	{ "v:1M%x", "\"x\" is not a node" },
	{ "v:1M%1.5", "\"1.5\" is not a node" },
	{ "v:1M%99999999999", "\"99999999999\" is not a node" },
	{ "v:1M%1@cma", "\"1@cma\" is not a node" },
	{ "v:1M@0", "\"0\" is not an address" },
	{ "v:1M@0x0", "\"0x0\" is not an address" },
	{ "v:1M@0xg", "\"0xg\" is not an address" },
	{ "v:1M@12junk", "\"12junk\" is not an address" },
	{ "v:1M()", "unknown zone type \"\"" },
	{ "v:1M(normal)", "unknown zone type \"normal\"" },
	{ "v:1M(DMA)", "unknown zone type \"DMA\"" },
	{ "v:1M(dma", "a zone's type ends with ')'" },
	{ "v:1M(dma)x", "a zone's type ends with ')'" },
	{ "v:1M(dma)%1", "a zone's type ends with ')'" },
	{ "v:1M(dma))", "a zone's type ends with ')'" },
	{ "v:1M,1M,1M,1M,1M", "more than 4 zones" },
	{ "v:1M,1M,junk", "\"junk\" is not a size" },
};

static_assert(CARVE_MAX_ZONES == 4);

static void bad_lines_are_refused_with_the_reason(struct kunit *test)
{
	struct carveout_request *request = new_request(test);
	char line[LINE_MAX_LEN];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		strscpy(line, bad[i].line, sizeof(line));
		request->refusal[0] = '\0';
		KUNIT_EXPECT_EQ_MSG(test, carve_parse_spec(line, request),
				    -EINVAL, "%s", bad[i].line);
		KUNIT_EXPECT_TRUE_MSG(test,
				      strstr(request->refusal, bad[i].reason),
				      "%s: %s, without %s", bad[i].line,
				      request->refusal, bad[i].reason);
	}
}

/* A reason that quotes a long line is truncated, without a buffer overflow */
static void long_lines_are_truncated_in_the_refusal(struct kunit *test)
{
	const size_t len = 4 * CARVE_REFUSAL_LEN;
	char *line = kunit_kzalloc(test, len + 1, GFP_KERNEL);
	struct carveout_request *request = new_request(test);

	KUNIT_ASSERT_NOT_NULL(test, line);
	memset(line, 'x', len);
	line[1] = ':';
	KUNIT_EXPECT_EQ(test, carve_parse_spec(line, request), -EINVAL);
	KUNIT_EXPECT_EQ(test, strlen(request->refusal), CARVE_REFUSAL_LEN - 1);
}

/* The list of carveouts */

static int add(struct kunit *test, const char *spec,
	       struct carveout_request *request)
{
	char *line = kunit_kzalloc(test, LINE_MAX_LEN, GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, line);
	strscpy(line, spec, LINE_MAX_LEN);
	*request = (struct carveout_request){ };
	ret = carve_parse_spec(line, request);
	return ret ?: carveout_add(request);
}

static void carveouts_are_added_and_removed_by_name(struct kunit *test)
{
	struct carveout_request *request = new_request(test);
	struct carveout *a, *b;

	KUNIT_ASSERT_EQ(test, add(test, "spec-a:1M@contig", request), 0);
	KUNIT_ASSERT_EQ(test, add(test, "spec-b:512K@contig,1M@contig", request), 0);
	a = carveout_get("spec-a");
	b = carveout_get("spec-b");
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_STREQ(test, a->name, "spec-a");
	KUNIT_EXPECT_EQ(test, carveout_bytes(a), SZ_1M);
	KUNIT_EXPECT_EQ(test, b->pages.nr_zones, 2);
	KUNIT_EXPECT_EQ(test, carveout_bytes(b), SZ_1M + SZ_512K);
	carveout_put(a);
	carveout_put(b);

	KUNIT_EXPECT_EQ(test, carveout_remove("spec-a"), 0);
	KUNIT_EXPECT_NULL(test, carveout_get("spec-a"));
	KUNIT_EXPECT_EQ(test, carveout_remove("spec-a"), -ENOENT);
	KUNIT_EXPECT_EQ(test, carveout_remove("spec-b"), 0);
	KUNIT_EXPECT_EQ(test, carveout_remove(""), -ENOENT);
}

static void duplicate_names_are_refused(struct kunit *test)
{
	struct carveout_request *request = new_request(test);
	struct carveout *first, *now;

	KUNIT_ASSERT_EQ(test, add(test, "twice:1M@contig", request), 0);
	first = carveout_get("twice");
	KUNIT_EXPECT_EQ(test, add(test, "twice:2M@contig", request), -EEXIST);
	KUNIT_EXPECT_STREQ(test, request->refusal,
			   "there is a carveout of this name");
	now = carveout_get("twice");
	KUNIT_EXPECT_PTR_EQ(test, now, first);
	carveout_put(now);
	carveout_put(first);
	KUNIT_EXPECT_EQ(test, carveout_remove("twice"), 0);
	/* Then the name is available again */
	KUNIT_EXPECT_EQ(test, add(test, "twice:1M@contig", request), 0);
	KUNIT_EXPECT_EQ(test, carveout_remove("twice"), 0);
}

static void names_of_debugfs_files_are_refused(struct kunit *test)
{
	struct carveout_request *request = new_request(test);

	KUNIT_EXPECT_EQ(test, add(test, "create:1M@contig", request), -EINVAL);
	KUNIT_EXPECT_STREQ(test, request->refusal,
			   "a file in debugfs has this name: take another one");
	KUNIT_EXPECT_EQ(test, add(test, "remove:1M@contig", request), -EINVAL);
	KUNIT_EXPECT_NULL(test, carveout_get("create"));
	KUNIT_EXPECT_EQ(test, add(test, "created:1M@contig", request), 0);
	KUNIT_EXPECT_EQ(test, carveout_remove("created"), 0);
}

/*
 * A benchmark's allocations are attributed to the last user, whose reference is
 * dropped meanwhile
 */
static void last_user_is_not_blamed_for_pinned_allocations(struct kunit *test)
{
	struct carveout_request *request = new_request(test);
	struct carveout *co;
	void *p;

	KUNIT_ASSERT_EQ(test, add(test, "left:1M@contig", request), 0);
	co = carveout_get("left");
	KUNIT_ASSERT_NOT_NULL(test, co);
	KUNIT_EXPECT_EQ(test, carveout_pin(co), 0);
	p = carve_kmalloc(co, 100, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	carveout_put(co);
	KUNIT_EXPECT_TRUE(test, co->leftover);
	carve_kfree(co, p);
	carveout_unpin(co);
	KUNIT_EXPECT_FALSE(test, co->leftover);
	KUNIT_EXPECT_EQ(test, co->users, 0U);
	KUNIT_EXPECT_EQ(test, carveout_remove("left"), 0);
}

static void carveout_in_use_is_not_removed(struct kunit *test)
{
	struct carveout_request *request = new_request(test);
	struct carveout *co;
	void *p;

	KUNIT_ASSERT_EQ(test, add(test, "busy:1M@contig", request), 0);
	co = carveout_get("busy");
	KUNIT_ASSERT_NOT_NULL(test, co);
	/* Both a reference and an allocation keep it in use */
	KUNIT_EXPECT_EQ(test, carveout_remove("busy"), -EBUSY);
	p = carve_kmalloc(co, 100, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, carveout_remove("busy"), -EBUSY);
	carve_kfree(co, p);
	carveout_put(co);
	KUNIT_EXPECT_EQ(test, carveout_remove("busy"), 0);
	KUNIT_EXPECT_NULL(test, carveout_get("busy"));
}

static void unbalanced_put_is_ignored(struct kunit *test)
{
	struct carveout_request *request = new_request(test);
	struct carveout *co;

	KUNIT_ASSERT_EQ(test, add(test, "mine:1M@contig", request), 0);
	co = carveout_get("mine");
	KUNIT_ASSERT_NOT_NULL(test, co);
	carveout_put((struct carveout *)test);
	carveout_put(ERR_PTR(-ENOENT));
	KUNIT_EXPECT_EQ(test, co->users, 1U);
	carveout_put(co);
	carveout_put(co);
	KUNIT_EXPECT_EQ(test, co->users, 0U);
	/* A pin doesn't count as a user either */
	KUNIT_EXPECT_EQ(test, carveout_pin(co), 0);
	carveout_put(co);
	KUNIT_EXPECT_EQ(test, carveout_remove("mine"), -EBUSY);
	carveout_unpin(co);
	KUNIT_EXPECT_EQ(test, carveout_remove("mine"), 0);
}

static const struct {
	const char *spec;
	int ret;
	const char *reason;
} refused[] = {
	{ ":1M", -EINVAL, "not a name" },
	{ "up/down:1M", -EINVAL, "not a name" },
	{ "two words:1M", -EINVAL, "not a name" },
	{ "v:0", -EINVAL, "size is 0" },
	{ "v:100", -EINVAL, "not a multiple of the page size" },
	{ "v:4K", -EINVAL, "too small" },
	{ "v:1M@nowhere", -EINVAL, "unknown source \"nowhere\"" },
	{ "v:1M@", -EINVAL, "unknown source \"\"" },
	{ "v:1M%1000000", -EINVAL, "node 1000000 is not online" },
	{ "v:1000T@contig", -ENOMEM, "exceeds 3/4 of RAM" },
	/* The second zone fails after the first was reserved */
	{ "v:1M@contig,4K@contig", -EINVAL, "too small" },
	{ "v:256K@contig,32M@contig", -ENOMEM, "can't hold the metadata" },
};

static void refusal_gives_a_reason_and_adds_no_carveout(struct kunit *test)
{
	struct carveout_request *request = new_request(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		KUNIT_EXPECT_EQ_MSG(test, add(test, refused[i].spec, request),
				    refused[i].ret, "%s", refused[i].spec);
		KUNIT_EXPECT_TRUE_MSG(test,
				      strstr(request->refusal, refused[i].reason),
				      "%s: %s, without %s", refused[i].spec,
				      request->refusal, refused[i].reason);
		KUNIT_EXPECT_NULL(test, carveout_get("v"));
	}
}

static struct kunit_case spec_cases[] = {
	KUNIT_CASE(good_lines_are_parsed),
	KUNIT_CASE(request_can_be_reused),
	KUNIT_CASE(bad_lines_are_refused_with_the_reason),
	KUNIT_CASE(long_lines_are_truncated_in_the_refusal),
	KUNIT_CASE(carveouts_are_added_and_removed_by_name),
	KUNIT_CASE(duplicate_names_are_refused),
	KUNIT_CASE(names_of_debugfs_files_are_refused),
	KUNIT_CASE(last_user_is_not_blamed_for_pinned_allocations),
	KUNIT_CASE(carveout_in_use_is_not_removed),
	KUNIT_CASE(unbalanced_put_is_ignored),
	KUNIT_CASE(refusal_gives_a_reason_and_adds_no_carveout),
	{ }
};

static struct kunit_suite spec_suite = {
	.name = "carveout_spec",
	.test_cases = spec_cases,
};

kunit_test_suite(spec_suite);
