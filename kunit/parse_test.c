// SPDX-License-Identifier: GPL-2.0
/* Tests of the lines of the files alloc and free: every valid form and every error. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "debugfs/parse.h"
#include "kunit/fixture.h"
#include "lib/parse_size.h"

#define LINES 20000

static const struct carve_alloc_limits limits = {
	.max_order = 8,
	.bytes = PAGE_SIZE << 10,
};

static void expect_reason(struct kunit *test, const struct carve_reply *reply,
			  const char *line, const char *reason)
{
	KUNIT_EXPECT_EQ_MSG(test, strncmp(reply->text, "error: ", 7), 0,
			    "\"%s\": %s", line, reply->text);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(reply->text, reason),
			      "\"%s\": %s, without %s", line, reply->text,
			      reason);
}

/* Sizes */

static const struct {
	const char *text;
	u64 bytes;
} good_sizes[] = {
	{ "0", 0 },
	{ "1", 1 },
	{ "4096", 4096 },
	{ "0x1000", 0x1000 },
	{ "0x1e", 0x1e },
	{ "0x10K", 0x10 << 10 },
	{ "010", 8 },
	{ "64K", SZ_64K },
	{ "64k", SZ_64K },
	{ "3M", 3 * SZ_1M },
	{ "1g", SZ_1G },
	{ "5T", 5ULL << 40 },
	{ "7P", 7ULL << 50 },
	{ "0P", 0 },
	{ "16383P", 16383ULL << 50 },
	{ "18446744073709551615", U64_MAX },
	{ "0xffffffffffffffff", U64_MAX },
	{ "01777777777777777777777", U64_MAX },
};

static void good_sizes_are_parsed(struct kunit *test)
{
	unsigned int i;
	u64 bytes;

	for (i = 0; i < ARRAY_SIZE(good_sizes); i++) {
		bytes = ~good_sizes[i].bytes;
		KUNIT_EXPECT_EQ_MSG(test,
				    carve_parse_size(good_sizes[i].text, &bytes),
				    0, "\"%s\"", good_sizes[i].text);
		KUNIT_EXPECT_EQ_MSG(test, bytes, good_sizes[i].bytes, "\"%s\"",
				    good_sizes[i].text);
	}
}

static const char *const bad_sizes[] = {
	"", "junk", "K", "M64", "-1", "+1", " 1", "1 ", "64Q", "64KB", "64KK",
	"1E", "1.5M", "1,5", "0x", "0xg", "08", "1e3", "64M\n", "1\n", "1_0",
	"18446744073709551616", "0x10000000000000000", "16384P", "16777216T",
	"02000000000000000000000", "000000000000000000000000",
	"99999999999999999999999999999999999999999999",
};

static void bad_sizes_are_refused(struct kunit *test)
{
	unsigned int i;
	u64 bytes;

	for (i = 0; i < ARRAY_SIZE(bad_sizes); i++) {
		bytes = 42;
		KUNIT_EXPECT_EQ_MSG(test, carve_parse_size(bad_sizes[i], &bytes),
				    -EINVAL, "\"%s\"", bad_sizes[i]);
		KUNIT_EXPECT_EQ_MSG(test, bytes, 42, "\"%s\"", bad_sizes[i]);
	}
}

/* Input of a file */

#define TEN "0123456789"
#define LONGEST TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "1234567"
static_assert(sizeof(LONGEST) == CARVE_LINE_MAX + 1);

/* With a NUL in the line, where the case has one */
#define RAW(text) { text, sizeof(text) - 1 }

static const struct {
	struct {
		const char *bytes;
		size_t len;
	} raw;
	const char *line;
	const char *reason;
} raws[] = {
	{ RAW("pages 3\n"), "pages 3" },
	{ RAW("pages 3"), "pages 3" },
	{ RAW("\tpages\t3\x20\n"), "\tpages\t3 " },
	{ RAW("!~\n"), "!~" },
	{ RAW(LONGEST), LONGEST },
	{ RAW(LONGEST "\n"), LONGEST },
	{ RAW(""), NULL, "empty" },
	{ RAW("\n"), NULL, "empty" },
	{ RAW(" \t\x20\n"), NULL, "empty" },
	{ RAW(LONGEST "8"), NULL, "127 characters" },
	{ RAW(LONGEST "8\n"), NULL, "127 characters" },
	{ RAW("pages 3\npages 4\n"), NULL, "one at a time" },
	{ RAW("pages 3\n\n"), NULL, "one at a time" },
	{ RAW("\npages 3"), NULL, "one at a time" },
	{ RAW("pages 3\r\n"), NULL, "character 8 is 0x0d" },
	{ RAW("pages\0 3\n"), NULL, "character 6 is 0x00" },
	{ RAW("\0"), NULL, "character 1 is 0x00" },
	{ RAW("pages 3\0"), NULL, "character 8 is 0x00" },
	{ RAW("\x1b[31m"), NULL, "character 1 is 0x1b" },
	{ RAW("pages\v3"), NULL, "character 6 is 0x0b" },
	{ RAW("\x7f"), NULL, "character 1 is 0x7f" },
	{ RAW("caf\xc3\xa9"), NULL, "character 4 is 0xc3" },
	{ RAW("\xa0"), NULL, "character 1 is 0xa0" },
};

static void single_line_of_ascii_is_accepted(struct kunit *test)
{
	char line[CARVE_LINE_MAX + 1];
	struct carve_reply reply;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(raws); i++) {
		ret = carve_parse_raw(raws[i].raw.bytes, raws[i].raw.len, line, &reply);
		KUNIT_EXPECT_EQ_MSG(test, ret, raws[i].line ? 0 : -EINVAL,
				    "raw %u", i);
		if (ret)
			expect_reason(test, &reply, "raw", raws[i].reason);
		else
			KUNIT_EXPECT_STREQ(test, line, raws[i].line);
	}
}

/* The file alloc */

static const struct {
	const char *line;
	struct carve_alloc_request request;
} good_allocs[] = {
	{ "pages 0", { CARVE_ALLOC_PAGES, .gfp = GFP_KERNEL, .times = 1 } },
	{ "  pages\t 8  ", { CARVE_ALLOC_PAGES, .order = 8, .gfp = GFP_KERNEL,
			     .times = 1 } },
	{ "pages 3 GFP_ATOMIC", { CARVE_ALLOC_PAGES, .order = 3,
				  .gfp = GFP_ATOMIC, .times = 1 } },
	{ "pages 1 x10", { CARVE_ALLOC_PAGES, .order = 1, .gfp = GFP_KERNEL,
			   .times = 10 } },
	{ "pages 1 GFP_NOWAIT x65536", { CARVE_ALLOC_PAGES, .order = 1,
					 .gfp = GFP_NOWAIT, .times = 65536 } },
	{ "pages 0 __GFP_ZERO x1", { CARVE_ALLOC_PAGES, .gfp = __GFP_ZERO,
				     .times = 1 } },
	{ "exact 5000", { CARVE_ALLOC_EXACT, .size = 5000, .gfp = GFP_KERNEL,
			  .times = 1 } },
	{ "exact 1 GFP_NOIO x2", { CARVE_ALLOC_EXACT, .size = 1, .gfp = GFP_NOIO,
				   .times = 2 } },
	{ "kmalloc 0", { CARVE_ALLOC_KMALLOC, .gfp = GFP_KERNEL, .times = 1 } },
	{ "kmalloc 0x64", { CARVE_ALLOC_KMALLOC, .size = 100, .gfp = GFP_KERNEL,
			    .times = 1 } },
	{ "kmalloc 64K GFP_KERNEL|__GFP_ZERO|__GFP_NORETRY x3", {
			CARVE_ALLOC_KMALLOC, .size = SZ_64K,
			.gfp = GFP_KERNEL | __GFP_ZERO | __GFP_NORETRY,
			.times = 3 } },
	{ "kmalloc 8 __GFP_HIGH|GFP_NOFS|__GFP_COMP|__GFP_RETRY_MAYFAIL", {
			CARVE_ALLOC_KMALLOC, .size = 8,
			.gfp = GFP_NOFS | __GFP_HIGH | __GFP_COMP |
			       __GFP_RETRY_MAYFAIL,
			.times = 1 } },
	{ "kmalloc 8 GFP_USER|__GFP_NOWARN", { CARVE_ALLOC_KMALLOC, .size = 8,
					       .gfp = GFP_USER, .times = 1 } },
	{ "pages 0 GFP_DMA", { CARVE_ALLOC_PAGES, .gfp = GFP_DMA, .times = 1 } },
	{ "pages 0 GFP_KERNEL|GFP_DMA32", { CARVE_ALLOC_PAGES,
					    .gfp = GFP_KERNEL | GFP_DMA32,
					    .times = 1 } },
	{ "pages 0 GFP_KERNEL|__GFP_HIGHMEM", {
			CARVE_ALLOC_PAGES, .gfp = GFP_KERNEL | __GFP_HIGHMEM,
			.times = 1 } },
	{ "kmalloc 8 GFP_HIGHUSER", { CARVE_ALLOC_KMALLOC, .size = 8,
				      .gfp = GFP_HIGHUSER, .times = 1 } },
	{ "cache_create foo 192", { CARVE_ALLOC_CACHE_CREATE, .size = 192,
				    .times = 1, .name = "foo" } },
	{ "cache_create x3 1 64", { CARVE_ALLOC_CACHE_CREATE, .size = 1,
				    .align = 64, .times = 1, .name = "x3" } },
	{ "cache_create a/\"b\"% 16K 4K", {
			CARVE_ALLOC_CACHE_CREATE, .size = SZ_16K, .align = SZ_4K,
			.times = 1, .name = "a/\"b\"%" } },
	{ "cache_create 0123456789012345678901234567890 8", {
			CARVE_ALLOC_CACHE_CREATE, .size = 8, .times = 1,
			.name = "0123456789012345678901234567890" } },
	{ "cache_alloc foo", { CARVE_ALLOC_CACHE_ALLOC, .gfp = GFP_KERNEL,
			       .times = 1, .name = "foo" } },
	{ "cache_alloc x3 GFP_ATOMIC x4", { CARVE_ALLOC_CACHE_ALLOC,
					    .gfp = GFP_ATOMIC, .times = 4,
					    .name = "x3" } },
	{ "vmalloc 1", { CARVE_ALLOC_VMALLOC, .size = 1, .times = 1 } },
	{ "vmalloc 1M x2", { CARVE_ALLOC_VMALLOC, .size = SZ_1M, .times = 2 } },
	{ "vzalloc 5000", { CARVE_ALLOC_VZALLOC, .size = 5000, .times = 1 } },
};

static bool takes_gfp(enum carve_alloc_op what)
{
	return what == CARVE_ALLOC_PAGES || what == CARVE_ALLOC_EXACT ||
	       what == CARVE_ALLOC_KMALLOC || what == CARVE_ALLOC_CACHE_ALLOC;
}

static void good_alloc_lines_are_parsed(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good_allocs); i++) {
		const struct carve_alloc_request *want = &good_allocs[i].request;
		const char *line = good_allocs[i].line;
		struct carve_alloc_request got;
		struct carve_reply reply = { };
		/* The file reports failures, so they aren't logged */
		gfp_t quiet = takes_gfp(want->what) ? __GFP_NOWARN : 0;

		KUNIT_ASSERT_EQ_MSG(test,
				    carve_parse_alloc(line, &limits, &got,
						      &reply),
				    0, "%s", reply.text);
		KUNIT_EXPECT_EQ_MSG(test, got.what, want->what, "%s", line);
		KUNIT_EXPECT_EQ_MSG(test, got.order, want->order, "%s", line);
		KUNIT_EXPECT_EQ_MSG(test, got.size, want->size, "%s", line);
		KUNIT_EXPECT_EQ_MSG(test, got.align, want->align, "%s", line);
		KUNIT_EXPECT_TRUE_MSG(test, got.gfp == (want->gfp | quiet),
				      "%s", line);
		KUNIT_EXPECT_EQ_MSG(test, got.times, want->times, "%s", line);
		KUNIT_EXPECT_STREQ(test, got.name, want->name);
	}
}

static const struct {
	const char *line;
	const char *reason;
} bad_allocs[] = {
	{ "", "unknown word \"\"" },
	{ "nonsense", "unknown word \"nonsense\": pages, exact, kmalloc, cache_create" },
	{ "PAGES 3", "unknown word \"PAGES\"" },
	{ "page 3", "unknown word \"page\"" },
	{ "pagess 3", "unknown word \"pagess\"" },
	{ "3", "unknown word \"3\"" },
	{ LONGEST, "vzalloc" },

	{ "pages", "order is missing: pages ORDER [GFP] [xN]" },
	{ "pages x", "order \"x\" is not a number from 0 to 8" },
	{ "pages -1", "order \"-1\"" },
	{ "pages +1", "order \"+1\"" },
	{ "pages 9", "order \"9\" is not a number from 0 to 8" },
	{ "pages 4294967296", "order \"4294967296\"" },
	{ "pages 18446744073709551616", "order" },
	{ "pages 1K", "order \"1K\"" },
	{ "pages 0x1", "order \"0x1\"" },
	{ "pages GFP_KERNEL", "order \"GFP_KERNEL\"" },
	{ "pages 1 2", "unknown flag \"2\"" },
	{ "pages 1 GFP_KERNEL 2", "unexpected \"2\": pages ORDER [GFP] [xN]" },
	{ "pages 1 x2 GFP_KERNEL", "unexpected \"GFP_KERNEL\"" },
	{ "pages 1 x2 x3", "unexpected \"x3\"" },
	{ "pages 1 GFP_KERNEL x2 and some more words", "unexpected \"and\"" },

	{ "pages 0 GFP_NEVER", "unknown flag \"GFP_NEVER\": GFP_KERNEL, GFP_ATOMIC" },
	{ "pages 0 gfp_kernel", "unknown flag \"gfp_kernel\"" },
	{ "pages 0 GFP_KERNEL|", "unknown flag \"\"" },
	{ "pages 0 |GFP_KERNEL", "unknown flag \"\"" },
	{ "pages 0 GFP_KERNEL||__GFP_ZERO", "unknown flag \"\"" },
	{ "pages 0 GFP_KERNEL|__GFP_ZER", "unknown flag \"__GFP_ZER\"" },
	{ "pages 0 __GFP_ZEROS", "unknown flag \"__GFP_ZEROS\"" },
	{ "pages 0 GFP_KERNEL | __GFP_ZERO", "unexpected \"|\"" },
	/* would never return */
	{ "pages 0 GFP_KERNEL|__GFP_NOFAIL", "unknown flag \"__GFP_NOFAIL\"" },
	{ "exact 1 " TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "123456789",
	  "or _MOVABLE" },

	{ "pages 0 x", "count \"x\" is not from x1 to x65536" },
	{ "pages 0 x0", "count \"x0\"" },
	{ "pages 0 x-1", "count \"x-1\"" },
	{ "pages 0 x+1", "count \"x+1\"" },
	{ "pages 0 x1x", "count \"x1x\"" },
	{ "pages 0 x65537", "count \"x65537\"" },
	{ "pages 0 x4294967297", "count \"x4294967297\"" },
	{ "vmalloc 1 xx", "count \"xx\"" },

	{ "exact", "size is missing: exact SIZE [GFP] [xN]" },
	{ "exact 0", "size \"0\" is not from 1" },
	{ "exact junk", "size \"junk\" is not a number of bytes" },
	{ "exact 1G", "bytes, this carveout's largest block" },
	{ "kmalloc", "size is missing: kmalloc SIZE [GFP] [xN]" },
	{ "kmalloc junk", "size \"junk\" is not a number of bytes" },
	{ "kmalloc -1", "size \"-1\" is not a number of bytes" },
	{ "kmalloc 18446744073709551616", "is not a number of bytes" },
	{ "kmalloc 18446744073709551615", "is not from 0" },
	{ "kmalloc 1G", "bytes, this carveout's largest block" },
	{ "kmalloc GFP_KERNEL", "size \"GFP_KERNEL\"" },
	{ "vmalloc", "size is missing: vmalloc SIZE [xN]" },
	{ "vmalloc 0", "size \"0\" is not from 1" },
	{ "vmalloc 1G", "bytes, all of this carveout" },
	{ "vmalloc 1 GFP_KERNEL", "unexpected \"GFP_KERNEL\": vmalloc SIZE [xN]" },
	{ "vzalloc", "size is missing: vzalloc SIZE [xN]" },
	{ "vzalloc 16384P", "is not a number of bytes" },

	{ "cache_create", "name is missing: cache_create NAME SIZE [ALIGN]" },
	{ "cache_create foo", "size is missing: cache_create NAME SIZE [ALIGN]" },
	{ "cache_create foo bar", "size \"bar\"" },
	{ "cache_create foo 0", "size \"0\" is not from 1 to 16384 bytes" },
	{ "cache_create foo 16385", "size \"16385\" is not from 1 to 16384 bytes" },
	{ "cache_create foo 64 3", "alignment \"3\" is not a power of two" },
	{ "cache_create foo 64 0", "alignment \"0\"" },
	{ "cache_create foo 64 junk", "alignment \"junk\"" },
	{ "cache_create foo 64 1G", "alignment \"1G\"" },
	{ "cache_create foo 64 0x8000000000000000", "alignment" },
	{ "cache_create foo 64 x3", "alignment \"x3\"" },
	{ "cache_create foo 64 8 x3", "unexpected \"x3\"" },
	{ "cache_create 01234567890123456789012345678901 8", "has more than 31 characters" },
	{ "cache_alloc", "name is missing: cache_alloc NAME [GFP] [xN]" },
	{ "cache_alloc 01234567890123456789012345678901", "has more than 31 characters" },
	{ "cache_alloc foo 192", "unknown flag \"192\"" },
	{ "cache_alloc foo x2 192", "unexpected \"192\"" },
};

static void bad_alloc_lines_are_refused_with_a_reason(struct kunit *test)
{
	struct carve_alloc_request request;
	struct carve_reply reply;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_allocs); i++) {
		KUNIT_EXPECT_EQ_MSG(test,
				    carve_parse_alloc(bad_allocs[i].line,
						      &limits, &request,
						      &reply),
				    -EINVAL, "\"%s\"", bad_allocs[i].line);
		expect_reason(test, &reply, bad_allocs[i].line,
			      bad_allocs[i].reason);
	}
}

static void limits_follow_from_the_carveout(struct kunit *test)
{
	const struct carve_alloc_limits small = { .max_order = 0, .bytes = 1 };
	struct carve_alloc_request request;
	struct carve_reply reply;

	KUNIT_EXPECT_EQ(test, carve_parse_alloc("pages 0", &small, &request,
						&reply), 0);
	KUNIT_EXPECT_EQ(test, carve_parse_alloc("pages 1", &small, &request,
						&reply), -EINVAL);
	KUNIT_EXPECT_EQ(test, carve_parse_alloc("exact 4096", &small, &request,
						&reply), 0);
	KUNIT_EXPECT_EQ(test, carve_parse_alloc("vmalloc 1", &small, &request,
						&reply), 0);
	KUNIT_EXPECT_EQ(test, carve_parse_alloc("vmalloc 2", &small, &request,
						&reply), -EINVAL);
}

/* The file free */

static const struct {
	const char *line;
	struct carve_free_request request;
} good_frees[] = {
	{ "7", { CARVE_FREE_HANDLES, 7, 7 } },
	{ " 0 ", { CARVE_FREE_HANDLES, 0, 0 } },
	{ "007", { CARVE_FREE_HANDLES, 7, 7 } },
	{ "7-16", { CARVE_FREE_HANDLES, 7, 16 } },
	{ "7-7", { CARVE_FREE_HANDLES, 7, 7 } },
	{ "0-4294967295", { CARVE_FREE_HANDLES, 0, U32_MAX } },
	{ "all", { CARVE_FREE_ALL } },
	{ "cache foo", { CARVE_FREE_CACHE, .name = "foo" } },
	{ "cache all", { CARVE_FREE_CACHE, .name = "all" } },
};

static void good_free_lines_are_parsed(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good_frees); i++) {
		const struct carve_free_request *want = &good_frees[i].request;
		struct carve_free_request got;
		struct carve_reply reply = { };

		KUNIT_ASSERT_EQ_MSG(test,
				    carve_parse_free(good_frees[i].line, &got,
						     &reply),
				    0, "%s", reply.text);
		KUNIT_EXPECT_EQ(test, got.what, want->what);
		KUNIT_EXPECT_EQ(test, got.first, want->first);
		KUNIT_EXPECT_EQ(test, got.last, want->last);
		KUNIT_EXPECT_STREQ(test, got.name, want->name);
	}
}

static const struct {
	const char *line;
	const char *reason;
} bad_frees[] = {
	{ "", "\"\" names no handles: 7, 7-16, all, or cache NAME" },
	{ "junk", "\"junk\" names no handles" },
	{ "-1", "\"-1\" names no handles" },
	{ "+1", "\"+1\" names no handles" },
	{ "1-", "\"1-\" names no handles" },
	{ "-", "\"-\" names no handles" },
	{ "1--2", "\"1--2\" names no handles" },
	{ "1-2-3", "\"1-2-3\" names no handles" },
	{ "2-1", "\"2-1\" names no handles" },
	{ "1-x", "\"1-x\" names no handles" },
	{ "x-1", "\"x-1\" names no handles" },
	{ "0x7", "\"0x7\" names no handles" },
	{ "7K", "\"7K\" names no handles" },
	{ "1,2", "\"1,2\" names no handles" },
	{ "18446744073709551616", "names no handles" },
	{ "1-18446744073709551616", "names no handles" },
	{ "000000000000000000000001", "names no handles" },
	{ "7 8", "unexpected \"8\": 7, 7-16, all, or cache NAME" },
	{ "7 - 8", "unexpected \"-\"" },
	{ "all of them", "unexpected \"of\"" },
	{ "ALL", "\"ALL\" names no handles" },
	{ "cache", "name is missing: 7, 7-16, all, or cache NAME" },
	{ "cache foo bar", "unexpected \"bar\"" },
	{ "cache 01234567890123456789012345678901", "has more than 31 characters" },
};

static void bad_free_lines_are_refused_with_a_reason(struct kunit *test)
{
	struct carve_free_request request;
	struct carve_reply reply;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_frees); i++) {
		KUNIT_EXPECT_EQ_MSG(test,
				    carve_parse_free(bad_frees[i].line,
						     &request, &reply),
				    -EINVAL, "\"%s\"", bad_frees[i].line);
		expect_reason(test, &reply, bad_frees[i].line,
			      bad_frees[i].reason);
	}
}

/* Other files */

static const struct {
	const char *line;
	const char *reason;
} bad_ones[] = {
	{ "", "unknown word \"\": write 1" },
	{ "0", "unknown word \"0\": write 1" },
	{ "2", "unknown word \"2\": write 1" },
	{ "01", "unknown word \"01\": write 1" },
	{ "yes", "unknown word \"yes\": write 1" },
	{ "1 1", "unexpected \"1\": write 1" },
};

static void only_the_value_one_is_accepted(struct kunit *test)
{
	struct carve_reply reply;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, carve_parse_one("1", &reply), 0);
	KUNIT_EXPECT_EQ(test, carve_parse_one("\t1 ", &reply), 0);
	for (i = 0; i < ARRAY_SIZE(bad_ones); i++) {
		KUNIT_EXPECT_EQ_MSG(test,
				    carve_parse_one(bad_ones[i].line, &reply),
				    -EINVAL, "\"%s\"", bad_ones[i].line);
		expect_reason(test, &reply, bad_ones[i].line,
			      bad_ones[i].reason);
	}
}

static void long_reply_is_truncated(struct kunit *test)
{
	struct carve_reply reply;

	KUNIT_EXPECT_EQ(test, carve_reply_error(&reply, -EIO, "%s%s%s", LONGEST,
						LONGEST, LONGEST), -EIO);
	KUNIT_EXPECT_EQ(test, strlen(reply.text), CARVE_REPLY_MAX - 1);
}

/* Random lines */

static const char *const pieces[] = {
	"pages", "exact", "kmalloc", "cache_create", "cache_alloc", "vmalloc",
	"vzalloc", "all", "cache", "foo", "0", "1", "8", "9", "4096", "64K",
	"1G", "x", "x1", "x0", "x65536", "-", "-1", "7-16", "|", "GFP_KERNEL",
	"GFP_ATOMIC", "__GFP_ZERO", "\t", " ", " ", " ", " ", "  ", "\"", "%s",
	"%n", "18446744073709551615", "99999999999999999999999999999999",
};

static void random_line(struct rnd_state *rnd, char line[CARVE_LINE_MAX + 1])
{
	u32 nr = carve_fixture_random(rnd, 24);

	*line = '\0';
	while (nr--)
		strlcat(line, pieces[carve_fixture_random(rnd,
							  ARRAY_SIZE(pieces))],
			CARVE_LINE_MAX + 1);
}

static void expect_answer(struct kunit *test, const char *line, int ret,
			  const struct carve_reply *reply)
{
	if (!ret)
		return;
	KUNIT_ASSERT_EQ_MSG(test, ret, -EINVAL, "\"%s\"", line);
	expect_reason(test, reply, line, "");
}

static void any_line_is_accepted_or_refused_with_a_reason(struct kunit *test)
{
	struct carve_alloc_request alloc;
	struct carve_free_request frees;
	char line[CARVE_LINE_MAX + 1];
	struct carve_reply reply;
	struct rnd_state rnd;
	unsigned int i, taken = 0;
	int ret;

	carve_fixture_seed(test, &rnd, 20261120);
	for (i = 0; i < LINES; i++) {
		random_line(&rnd, line);
		ret = carve_parse_alloc(line, &limits, &alloc, &reply);
		expect_answer(test, line, ret, &reply);
		if (!ret) {
			KUNIT_EXPECT_LE(test, alloc.order, limits.max_order);
			KUNIT_EXPECT_LE(test, alloc.size, limits.bytes);
			KUNIT_EXPECT_GE(test, alloc.times, 1);
			KUNIT_EXPECT_LE(test, alloc.times, CARVE_TIMES_MAX);
			taken++;
		}
		ret = carve_parse_free(line, &frees, &reply);
		expect_answer(test, line, ret, &reply);
		if (!ret)
			KUNIT_EXPECT_LE(test, frees.first, frees.last);
	}
	KUNIT_EXPECT_GT(test, taken, 0);
}

static struct kunit_case parse_cases[] = {
	KUNIT_CASE(good_sizes_are_parsed),
	KUNIT_CASE(bad_sizes_are_refused),
	KUNIT_CASE(single_line_of_ascii_is_accepted),
	KUNIT_CASE(good_alloc_lines_are_parsed),
	KUNIT_CASE(bad_alloc_lines_are_refused_with_a_reason),
	KUNIT_CASE(limits_follow_from_the_carveout),
	KUNIT_CASE(good_free_lines_are_parsed),
	KUNIT_CASE(bad_free_lines_are_refused_with_a_reason),
	KUNIT_CASE(only_the_value_one_is_accepted),
	KUNIT_CASE(long_reply_is_truncated),
	KUNIT_CASE(any_line_is_accepted_or_refused_with_a_reason),
	{ }
};

static struct kunit_suite parse_suite = {
	.name = "carveout_parse",
	.test_cases = parse_cases,
};

kunit_test_suite(parse_suite);
