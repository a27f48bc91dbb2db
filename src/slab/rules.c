// SPDX-License-Identifier: GPL-2.0
/*
 * Parsing of slab_debug= rules, with the syntax of the kernel's parameter:
 *
 *	rules := RULE[;RULE...]
 *	RULE  := [FLAGS][,NAME...]
 *	FLAGS := letters of F Z P U Q, or - for none; default FZPU
 *
 * In a NAME, * matches any string. The first rule with a matching name applies
 * to a cache, or else the first rule without names.
 *
 * Locking: none; the rules are constant strings.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "slab/debug.h"
#include "slab/rules.h"

#define DEFAULT_FLAGS (CARVE_DEBUG_CHECKS | CARVE_DEBUG_RED_ZONE | \
		       CARVE_DEBUG_POISON | CARVE_DEBUG_USER)

/* Letters of the flags, by bit number */
static const char letters[] = "FZPUQ";

static_assert(sizeof(letters) <= CARVE_DEBUG_LETTERS);

int carve_debug_parse_flags(const char *s, size_t n, unsigned int *flags)
{
	const char *letter;
	size_t i;

	*flags = n ? 0 : DEFAULT_FLAGS;
	if (n == 1 && *s == '-')
		return 0;
	for (i = 0; i < n; i++) {
		letter = s[i] ? strchr(letters, toupper(s[i])) : NULL;
		if (!letter)
			return -EINVAL;
		*flags |= BIT(letter - letters);
	}
	return 0;
}

const char *carve_debug_format_flags(unsigned int flags,
				     char text[CARVE_DEBUG_LETTERS])
{
	char *end = text;
	unsigned int i;

	for (i = 0; letters[i]; i++)
		if (flags & BIT(i))
			*end++ = letters[i];
	if (end == text)
		*end++ = '-';
	*end = '\0';
	return text;
}

/*
 * A star first matches the empty string. On each mismatch after it, extend the
 * match of the last star by one character; earlier stars need no backtracking.
 */
bool carve_debug_matches(const char *pattern, size_t n, const char *name)
{
	const char *p = pattern, *end = pattern + n;
	const char *star = NULL, *taken = NULL;

	while (*name) {
		if (p < end && *p == '*') {
			star = p++;
			taken = name;
		} else if (p < end && *p == *name) {
			p++;
			name++;
		} else if (star) {
			p = star + 1;
			name = ++taken;
		} else {
			return false;
		}
	}
	while (p < end && *p == '*')
		p++;
	return p == end;
}

/* Length of @s up to a character of @ends */
static size_t word_len(const char *s, const char *ends)
{
	return strcspn(s, ends);
}

static bool names_match(const char *names, const char *end, const char *name)
{
	size_t n;

	for (; names < end; names += n + 1) {
		n = word_len(names, ",;");
		if (carve_debug_matches(names, n, name))
			return true;
	}
	return false;
}

/* The rule after @rule, or NULL */
static const char *next_rule(const char *rule)
{
	rule += word_len(rule, ";");
	return *rule ? rule + 1 : NULL;
}

int carve_debug_check_rules(const char *rules)
{
	unsigned int flags;

	for (; rules; rules = next_rule(rules))
		if (carve_debug_parse_flags(rules, word_len(rules, ",;"),
					    &flags))
			return -EINVAL;
	return 0;
}

unsigned int carve_debug_rule_for(const char *rules, const char *name)
{
	unsigned int flags, others = 0;
	bool found = false;

	for (; rules; rules = next_rule(rules)) {
		size_t n = word_len(rules, ",;");
		const char *end = rules + word_len(rules, ";");

		if (carve_debug_parse_flags(rules, n, &flags))
			continue;
		if (rules[n] == ',' && names_match(rules + n + 1, end, name))
			return flags;
		if (rules[n] != ',' && !found) {
			others = flags;
			found = true;
		}
	}
	return others;
}
