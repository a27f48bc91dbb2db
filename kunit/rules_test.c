// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of how users select the caches to debug and what is reported: the syntax
 * of slab_debug=, the debugfs file of that name, and the allocation report.
 */
#include <linux/err.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "debugfs/slab_debug.h"
#include "kunit/file_fixture.h"
#include "kunit/fixture.h"
#include "slab/cache.h"
#include "slab/rules.h"
#include "slab/users.h"

#define F CARVE_DEBUG_CHECKS
#define Z CARVE_DEBUG_RED_ZONE
#define P CARVE_DEBUG_POISON
#define U CARVE_DEBUG_USER
#define Q CARVE_DEBUG_QUARANTINE

static int rules_init(struct kunit *test)
{
	struct carve_command_file *file;
	struct carve_file *ctx;
	int ret = carve_file_init(test);

	if (ret)
		return ret;
	file = kunit_kzalloc(test, sizeof(*file), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, file);
	ctx = test->priv;
	carve_slab_debug_add(file, ctx->co, ctx->dir);
	ctx->file = file;
	ctx->nr_files = 1;
	return 0;
}

/* Syntax */

static const struct {
	const char *text;
	int error;
	unsigned int flags;
	const char *back;
} flag_words[] = {
	{ "", 0, F | Z | P | U, "FZPU" },
	{ "-", 0, 0, "-" },
	{ "F", 0, F, "F" },
	{ "UPZF", 0, F | Z | P | U, "FZPU" },
	{ "zq", 0, Z | Q, "ZQ" },
	{ "FFF", 0, F, "F" },
	{ "A", -EINVAL, 0, NULL },
	{ "FX", -EINVAL, 0, NULL },
	{ "F-", -EINVAL, 0, NULL },
	{ " F", -EINVAL, 0, NULL },
};

static void letters_select_flags(struct kunit *test)
{
	char text[CARVE_DEBUG_LETTERS];
	unsigned int i, flags;

	for (i = 0; i < ARRAY_SIZE(flag_words); i++) {
		const char *word = flag_words[i].text;

		KUNIT_EXPECT_EQ_MSG(test, carve_debug_parse_flags(word, strlen(word),
								  &flags),
				    flag_words[i].error, "\"%s\"", word);
		if (flag_words[i].error)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, flags, flag_words[i].flags, "\"%s\"",
				    word);
		KUNIT_EXPECT_STREQ(test, carve_debug_format_flags(flags, text),
				   flag_words[i].back);
	}
}

static const struct {
	const char *pattern;
	const char *name;
	bool matches;
} patterns[] = {
	{ "foo", "foo", true },		{ "foo", "foobar", false },
	{ "foobar", "foo", false },	{ "*", "anything", true },
	{ "*", "", true },		{ "", "", true },
	{ "", "foo", false },		{ "foo*", "foo", true },
	{ "foo*", "foobar", true },	{ "foo*", "fo", false },
	{ "*bar", "foobar", true },	{ "*bar", "foobarx", false },
	{ "f*r", "foobar", true },	{ "f*b*r", "foobar", true },
	{ "f*x*r", "foobar", false },	{ "**", "foo", true },
	{ "*ab", "aab", true },		{ "*a*b", "xaxbxab", true },
	{ "kmalloc-1*", "kmalloc-1k", true },
	{ "kmalloc-1*", "kmalloc-2k", false },
};

static void asterisk_matches_any_characters(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(patterns); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    carve_debug_matches(patterns[i].pattern,
							strlen(patterns[i].pattern),
							patterns[i].name),
				    patterns[i].matches, "%s, %s",
				    patterns[i].pattern, patterns[i].name);
}

static const struct {
	const char *rules;
	const char *name;
	unsigned int flags;
} ruled[] = {
	{ NULL, "foo", 0 },
	{ "", "foo", F | Z | P | U },
	{ "-", "foo", 0 },
	{ "FZ", "foo", F | Z },
	{ "FZ,foo", "foo", F | Z },
	{ "FZ,foo", "bar", 0 },
	{ ",foo", "foo", F | Z | P | U },
	{ "FZP,name*,other;U,kmalloc-64", "name7", F | Z | P },
	{ "FZP,name*,other;U,kmalloc-64", "other", F | Z | P },
	{ "FZP,name*,other;U,kmalloc-64", "kmalloc-64", U },
	{ "FZP,name*,other;U,kmalloc-64", "kmalloc-6", 0 },
	{ "F;Z,foo", "foo", Z },
	{ "F;Z,foo", "bar", F },
	{ "F;-,foo", "foo", 0 },
	{ "F,foo;Z,foo", "foo", F },
	{ "F;Z", "foo", F },
	{ "F,foo;", "bar", F | Z | P | U },
};

static void first_matching_rule_applies(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ruled); i++) {
		KUNIT_EXPECT_EQ(test, carve_debug_check_rules(ruled[i].rules),
				0);
		KUNIT_EXPECT_EQ_MSG(test, carve_debug_rule_for(ruled[i].rules,
							       ruled[i].name),
				    ruled[i].flags, "%s for %s",
				    ruled[i].rules ?: "none", ruled[i].name);
	}
	KUNIT_EXPECT_EQ(test, carve_debug_check_rules("X"), -EINVAL);
	KUNIT_EXPECT_EQ(test, carve_debug_check_rules("F;X,foo"), -EINVAL);
	KUNIT_EXPECT_EQ(test, carve_debug_check_rules("F,X;foo,Z"), -EINVAL);
}

/* The debugfs file */

static int write_line(struct kunit *test, const char *line)
{
	return carve_file_write(test, "slab_debug", line);
}

static const char *read_text(struct kunit *test)
{
	return carve_file_read(test, "slab_debug");
}

static unsigned int flags_of(struct kunit *test, size_t size)
{
	struct carve_file *ctx = test->priv;

	return carve_fixture_kmalloc_cache(ctx->co, size)->debugging.flags;
}

static void lines_switch_debugging_by_cache_name(struct kunit *test)
{
	struct carve_file *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, write_line(test, "FZPUQ kmalloc-64"), 0);
	KUNIT_EXPECT_STREQ(test, ctx->reply.text, "1 caches");
	KUNIT_EXPECT_EQ(test, flags_of(test, 64), F | Z | P | U | Q);
	KUNIT_EXPECT_EQ(test, flags_of(test, 96), 0);
	KUNIT_EXPECT_EQ(test, write_line(test, "z kmalloc-1*"), 0);
	KUNIT_EXPECT_STREQ(test, ctx->reply.text, "4 caches");
	KUNIT_EXPECT_EQ(test, flags_of(test, 16), Z);
	KUNIT_EXPECT_EQ(test, flags_of(test, 192), Z);
	KUNIT_EXPECT_NOT_NULL(test, strstr(read_text(test), "\nFZPUQ kmalloc-64 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->text, "\nZ     kmalloc-192 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->text, "\n-     kmalloc-96 "));
	KUNIT_EXPECT_EQ(test, write_line(test, "- *"), 0);
	KUNIT_EXPECT_NULL(test, strstr(read_text(test), "\nZ"));
	KUNIT_EXPECT_EQ(test, flags_of(test, 64), 0);
}

static void quarantine_size_can_be_set(struct kunit *test)
{
	struct carve_file *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, write_line(test, "quarantine 64K"), 0);
	KUNIT_EXPECT_EQ(test, ctx->co->slabs.quarantine_bytes, 65536UL);
	KUNIT_EXPECT_EQ(test, strncmp(read_text(test), "# quarantine 65536\n",
				      19), 0);
	KUNIT_EXPECT_EQ(test, write_line(test, "quarantine 0"), 0);
	KUNIT_EXPECT_EQ(test, ctx->co->slabs.quarantine_bytes, 0UL);
}

static const struct {
	const char *line;
	const char *reason;
} bad_lines[] = {
	{ "X foo", "\"X\" is not made of the flags F, Z, P, U and Q" },
	{ "FX kmalloc-64", "\"FX\" is not made of the flags" },
	{ " F kmalloc-64", "\"\" is not made of the flags" },
	{ "F", "FLAGS NAME" },
	{ "F ", "FLAGS NAME" },
	{ "F kmalloc-64 kmalloc-96", "FLAGS NAME" },
	{ "F nobody", "no cache is called \"nobody\"" },
	{ "F nobody*", "no cache is called \"nobody*\"" },
	{ "quarantine", "\"\" is not a number of bytes up to" },
	{ "quarantine lots", "\"lots\" is not a number of bytes up to" },
	{ "quarantine 3M", "\"3M\" is not a number of bytes up to 2097152" },
};

static void bad_lines_are_refused_with_a_reason(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_lines); i++)
		carve_file_refuses(test, "slab_debug", bad_lines[i].line,
				   bad_lines[i].reason);
	KUNIT_EXPECT_EQ(test, flags_of(test, 64), 0);
}

static void file_shows_error_counts(struct kunit *test)
{
	unsigned int waiting, missed, left, right, poison, twice;
	struct carve_file *ctx = test->priv;
	const char *line;
	u8 *p;

	KUNIT_ASSERT_EQ(test, write_line(test, "ZP kmalloc-64"), 0);
	p = carve_kmalloc(ctx->co, 64, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	OPTIMIZER_HIDE_VAR(p);
	p[64] ^= 0xff;
	carve_kfree(ctx->co, p);
	carve_kfree(ctx->co, p);
	line = strstr(read_text(test), "\nZP ");
	KUNIT_ASSERT_NOT_NULL(test, line);
	if (sscanf(line, " ZP kmalloc-64 %u %u %u %u %u %u", &waiting, &missed,
		   &left, &right, &poison, &twice) != 6) {
		KUNIT_FAIL(test, "no figures in \"%s\"", line);
		return;
	}
	KUNIT_EXPECT_EQ(test, waiting + missed + left + poison, 0);
	KUNIT_EXPECT_EQ(test, right, 1);
	KUNIT_EXPECT_EQ(test, twice, 1);
	KUNIT_ASSERT_EQ(test, write_line(test, "- kmalloc-64"), 0);
}

/* Allocation report */

/* Allocate in functions that aren't inlined or tail called, so that traces show them */
static noinline void *hold_small(struct carveout *co)
{
	void *p = carve_kmalloc(co, 50, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	return p;
}

static noinline void *hold_large(struct carveout *co)
{
	void *p = carve_kmalloc(co, 60, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p);
	return p;
}

static void call_sites_are_sorted_by_bytes(struct kunit *test)
{
	struct carve_file *ctx = test->priv;
	struct carveout *co = ctx->co;
	struct seq_file m = { .buf = ctx->text, .size = CARVE_FILE_TEXT - 1 };
	struct carve_report r = { .seq = &m };
	const char *small, *large;
	void *held[7], *other;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, carve_users_report_all(&co->slabs, &r), 0);
	KUNIT_ASSERT_EQ(test, write_line(test, "U kmalloc-64"), 0);
	for (i = 0; i < ARRAY_SIZE(held); i++) {
		held[i] = i < 3 ? hold_small(co) : hold_large(co);
		KUNIT_ASSERT_NOT_NULL(test, held[i]);
	}
	/* A larger object, of a cache further down the list */
	KUNIT_ASSERT_EQ(test, write_line(test, "U kmalloc-512"), 0);
	other = carve_kmalloc(co, 300, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_EQ(test, carve_users_report_all(&co->slabs, &r), 2);
	KUNIT_EXPECT_EQ(test, strncmp(ctx->text, "300 bytes in 1 objects of cache kmalloc-512, ",
				      45), 0);
	carve_kfree(co, other);
	KUNIT_ASSERT_EQ(test, write_line(test, "- kmalloc-512"), 0);
	large = strstr(ctx->text, "240 bytes in 4 objects of cache kmalloc-64, the oldest for ");
	small = strstr(ctx->text, "150 bytes in 3 objects of cache kmalloc-64, the oldest for ");
	KUNIT_ASSERT_NOT_NULL(test, large);
	KUNIT_ASSERT_NOT_NULL(test, small);
	KUNIT_EXPECT_TRUE(test, large < small);
	KUNIT_EXPECT_NOT_NULL(test, strstr(large, "by hold_large+"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(small, "by hold_small+"));

	/* With a limit, further call sites are summed up */
	m.count = 0;
	memset(ctx->text, 0, CARVE_FILE_TEXT);
	carve_users_report(carve_fixture_kmalloc_cache(co, 64), &r, 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->text, "240 bytes in 4 objects"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->text,
					   "\n150 bytes in 3 objects by others\n"));
	for (i = 0; i < ARRAY_SIZE(held); i++)
		carve_kfree(co, held[i]);
	m.count = 0;
	memset(ctx->text, 0, CARVE_FILE_TEXT);
	carve_users_report(carve_fixture_kmalloc_cache(co, 64), &r, UINT_MAX);
	KUNIT_EXPECT_STREQ(test, ctx->text, "");
	KUNIT_ASSERT_EQ(test, write_line(test, "- kmalloc-64"), 0);
}

/* More call sites than a report has entries for */
#define MANY_SITES 1100UL

static void excess_call_sites_are_summed_up(struct kunit *test)
{
	struct carve_file *ctx = test->priv;
	struct seq_file m = { .buf = ctx->text, .size = CARVE_FILE_TEXT - 1 };
	struct carve_cache *cache = carve_fixture_kmalloc_cache(ctx->co, 64);
	struct carve_report r = { .seq = &m };
	char others[64];
	unsigned long i;
	void **held;

	held = kunit_kcalloc(test, MANY_SITES, sizeof(*held), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, held);
	KUNIT_ASSERT_EQ(test, write_line(test, "U kmalloc-64"), 0);
	for (i = 0; i < MANY_SITES; i++) {
		held[i] = carve_cache_alloc_slow(cache, 50, GFP_KERNEL, i + 1);
		KUNIT_ASSERT_NOT_NULL(test, held[i]);
	}
	carve_users_report(cache, &r, 1);
	KUNIT_EXPECT_TRUE(test, strstarts(ctx->text,
					  "50 bytes in 1 objects of cache kmalloc-64, "));
	snprintf(others, sizeof(others), "\n%lu bytes in %lu objects by others\n",
		 50 * (MANY_SITES - 1), MANY_SITES - 1);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(ctx->text, others), "%s", ctx->text);
	for (i = 0; i < MANY_SITES; i++)
		carve_cache_free(cache, held[i]);
	KUNIT_ASSERT_EQ(test, write_line(test, "- kmalloc-64"), 0);
}

static void allocation_report_has_traces(struct kunit *test)
{
	struct carve_file *ctx = test->priv;
	struct seq_file m = { .buf = ctx->text, .size = CARVE_FILE_TEXT - 1 };
	struct carve_report r = { .seq = &m };
	void *p;

	KUNIT_ASSERT_EQ(test, write_line(test, "U kmalloc-64"), 0);
	p = hold_small(ctx->co);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, carveout_report_allocations(ctx->co, &r), 1UL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->text,
					   "\n50 bytes in 1 objects of cache kmalloc-64, "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(ctx->text, "by hold_small+"));
	carve_kfree(ctx->co, p);
	KUNIT_ASSERT_EQ(test, write_line(test, "- kmalloc-64"), 0);
}

static struct kunit_case rules_cases[] = {
	KUNIT_CASE(letters_select_flags),
	KUNIT_CASE(asterisk_matches_any_characters),
	KUNIT_CASE(first_matching_rule_applies),
	KUNIT_CASE(lines_switch_debugging_by_cache_name),
	KUNIT_CASE(quarantine_size_can_be_set),
	KUNIT_CASE(bad_lines_are_refused_with_a_reason),
	KUNIT_CASE(file_shows_error_counts),
	KUNIT_CASE(call_sites_are_sorted_by_bytes),
	KUNIT_CASE(excess_call_sites_are_summed_up),
	KUNIT_CASE(allocation_report_has_traces),
	{ }
};

static struct kunit_suite rules_suite = {
	.name = "carveout_rules",
	.init = rules_init,
	.exit = carve_file_exit,
	.test_cases = rules_cases,
};

kunit_test_suites(&rules_suite);
