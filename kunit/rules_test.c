// SPDX-License-Identifier: GPL-2.0
/*
 * How users say which caches are to be debugged, and what they are told: the
 * language of slab_debug=, the file of that name, and who holds what.
 */
#include <linux/err.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include <carveout.h>

#include "face/slab_debug.h"
#include "kunit/filebed.h"
#include "kunit/testbed.h"
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
	struct carve_filebed *bed;
	int ret = carve_filebed_init(test);

	if (ret)
		return ret;
	file = kunit_kzalloc(test, sizeof(*file), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, file);
	bed = test->priv;
	carve_slab_debug_add(file, bed->co, bed->dir);
	bed->file = file;
	bed->nr_files = 1;
	return 0;
}

/* The language */

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

static void letters_are_flags(struct kunit *test)
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

static void stars_stand_for_any_characters(struct kunit *test)
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

static void first_rule_with_the_name_holds(struct kunit *test)
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

/* The file */

static int write_line(struct kunit *test, const char *line)
{
	return carve_filebed_write(test, "slab_debug", line);
}

static const char *read_text(struct kunit *test)
{
	return carve_filebed_read(test, "slab_debug");
}

static unsigned int flags_of(struct kunit *test, unsigned int class)
{
	struct carve_filebed *bed = test->priv;

	return bed->co->slabs.kmalloc[class]->debugging.flags;
}

static void lines_switch_caches_by_name(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;

	KUNIT_EXPECT_EQ(test, write_line(test, "FZPUQ kmalloc-64"), 0);
	KUNIT_EXPECT_STREQ(test, bed->reply.text, "1 caches");
	KUNIT_EXPECT_EQ(test, flags_of(test, 3), F | Z | P | U | Q);
	KUNIT_EXPECT_EQ(test, flags_of(test, 4), 0);
	KUNIT_EXPECT_EQ(test, write_line(test, "z kmalloc-1*"), 0);
	KUNIT_EXPECT_STREQ(test, bed->reply.text, "4 caches");
	KUNIT_EXPECT_EQ(test, flags_of(test, 1), Z);
	KUNIT_EXPECT_EQ(test, flags_of(test, 6), Z);
	KUNIT_EXPECT_NOT_NULL(test, strstr(read_text(test), "\nFZPUQ kmalloc-64 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(bed->text, "\nZ     kmalloc-192 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(bed->text, "\n-     kmalloc-96 "));
	KUNIT_EXPECT_EQ(test, write_line(test, "- *"), 0);
	KUNIT_EXPECT_NULL(test, strstr(read_text(test), "\nZ"));
	KUNIT_EXPECT_EQ(test, flags_of(test, 3), 0);
}

static void quarantine_can_be_set(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;

	KUNIT_EXPECT_EQ(test, write_line(test, "quarantine 64K"), 0);
	KUNIT_EXPECT_EQ(test, bed->co->slabs.quarantine_bytes, 65536UL);
	KUNIT_EXPECT_EQ(test, strncmp(read_text(test), "# quarantine 65536\n",
				      19), 0);
	KUNIT_EXPECT_EQ(test, write_line(test, "quarantine 0"), 0);
	KUNIT_EXPECT_EQ(test, bed->co->slabs.quarantine_bytes, 0UL);
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
		carve_filebed_refuses(test, "slab_debug", bad_lines[i].line,
				      bad_lines[i].reason);
	KUNIT_EXPECT_EQ(test, flags_of(test, 3), 0);
}

static void what_was_found_is_counted_there(struct kunit *test)
{
	unsigned int waiting, missed, left, right, poison, twice;
	struct carve_filebed *bed = test->priv;
	const char *line;
	u8 *p;

	KUNIT_ASSERT_EQ(test, write_line(test, "ZP kmalloc-64"), 0);
	p = carve_kmalloc(bed->co, 64, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	OPTIMIZER_HIDE_VAR(p);
	p[64] ^= 0xff;
	carve_kfree(bed->co, p);
	carve_kfree(bed->co, p);
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

/* Who holds what */

/* By a call that these return from, so that it is theirs in a trace */
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

static void holders_are_listed_by_bytes(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;
	struct carveout *co = bed->co;
	struct seq_file m = { .buf = bed->text, .size = CARVE_FILEBED_TEXT - 1 };
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
	/* A larger one of a cache further down the list */
	KUNIT_ASSERT_EQ(test, write_line(test, "U kmalloc-512"), 0);
	other = carve_kmalloc(co, 300, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_EXPECT_EQ(test, carve_users_report_all(&co->slabs, &r), 2);
	KUNIT_EXPECT_EQ(test, strncmp(bed->text, "300 bytes in 1 objects of cache kmalloc-512, ",
				      45), 0);
	carve_kfree(co, other);
	KUNIT_ASSERT_EQ(test, write_line(test, "- kmalloc-512"), 0);
	large = strstr(bed->text, "240 bytes in 4 objects of cache kmalloc-64, the oldest for ");
	small = strstr(bed->text, "150 bytes in 3 objects of cache kmalloc-64, the oldest for ");
	KUNIT_ASSERT_NOT_NULL(test, large);
	KUNIT_ASSERT_NOT_NULL(test, small);
	KUNIT_EXPECT_TRUE(test, large < small);
	KUNIT_EXPECT_NOT_NULL(test, strstr(large, "by hold_large+"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(small, "by hold_small+"));

	/* With a limit the rest is summed up */
	m.count = 0;
	memset(bed->text, 0, CARVE_FILEBED_TEXT);
	carve_users_report(co->slabs.kmalloc[3], &r, 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(bed->text, "240 bytes in 4 objects"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(bed->text,
					   "\n150 bytes in 3 objects by others\n"));
	for (i = 0; i < ARRAY_SIZE(held); i++)
		carve_kfree(co, held[i]);
	m.count = 0;
	memset(bed->text, 0, CARVE_FILEBED_TEXT);
	carve_users_report(co->slabs.kmalloc[3], &r, UINT_MAX);
	KUNIT_EXPECT_STREQ(test, bed->text, "");
	KUNIT_ASSERT_EQ(test, write_line(test, "- kmalloc-64"), 0);
}

static void owners_have_the_traces_of_what_is_left(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;
	struct seq_file m = { .buf = bed->text, .size = CARVE_FILEBED_TEXT - 1 };
	struct carve_report r = { .seq = &m };
	void *p;

	KUNIT_ASSERT_EQ(test, write_line(test, "U kmalloc-64"), 0);
	p = hold_small(bed->co);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, carveout_report_owners(bed->co, &r), 1UL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(bed->text,
					   "\n50 bytes in 1 objects of cache kmalloc-64, "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(bed->text, "by hold_small+"));
	carve_kfree(bed->co, p);
	KUNIT_ASSERT_EQ(test, write_line(test, "- kmalloc-64"), 0);
}

static struct kunit_case rules_cases[] = {
	KUNIT_CASE(letters_are_flags),
	KUNIT_CASE(stars_stand_for_any_characters),
	KUNIT_CASE(first_rule_with_the_name_holds),
	KUNIT_CASE(lines_switch_caches_by_name),
	KUNIT_CASE(quarantine_can_be_set),
	KUNIT_CASE(bad_lines_are_refused_with_a_reason),
	KUNIT_CASE(what_was_found_is_counted_there),
	KUNIT_CASE(holders_are_listed_by_bytes),
	KUNIT_CASE(owners_have_the_traces_of_what_is_left),
	{ }
};

static struct kunit_suite rules_suite = {
	.name = "carveout_rules",
	.init = rules_init,
	.exit = carve_filebed_exit,
	.test_cases = rules_cases,
};

kunit_test_suites(&rules_suite);
