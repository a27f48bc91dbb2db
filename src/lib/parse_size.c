// SPDX-License-Identifier: GPL-2.0
/* Parse sizes with suffixes. Unlike memparse(), reject trailing characters. */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "lib/parse_size.h"

/* Digits of U64_MAX in octal, with prefix and NUL */
#define NUMBER_MAX 24

int carve_parse_size(const char *s, u64 *bytes)
{
	static const char suffixes[] = "KMGTP";
	size_t digits = strlen(s);
	char number[NUMBER_MAX];
	const char *suffix;
	unsigned int shift = 0;
	u64 value;

	if (!isdigit(*s))
		return -EINVAL;
	suffix = strchr(suffixes, toupper(s[digits - 1]));
	if (suffix) {
		shift = 10 * (suffix - suffixes + 1);
		digits--;
	}
	/* kstrtoull() would accept a trailing newline */
	if (digits >= sizeof(number) || !isxdigit(s[digits - 1]))
		return -EINVAL;
	memcpy(number, s, digits);
	number[digits] = '\0';
	if (kstrtoull(number, 0, &value) || value > U64_MAX >> shift)
		return -EINVAL;
	*bytes = value << shift;
	return 0;
}
