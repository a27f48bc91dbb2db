/* SPDX-License-Identifier: GPL-2.0 */
/* Which caches are to be debugged, as users write it. See rules.c. */
#ifndef _CARVE_RULES_H
#define _CARVE_RULES_H

#include <linux/types.h>

/* Letters of all flags, with the NUL */
#define CARVE_DEBUG_LETTERS 8

/* "FZP", "-" for none, "" for FZPU: 0 or -EINVAL; @n: its length */
int carve_debug_parse_flags(const char *s, size_t n, unsigned int *flags);
/* The other way round; "-" for none */
const char *carve_debug_format_flags(unsigned int flags,
				     char text[CARVE_DEBUG_LETTERS]);

/* Is @name what the pattern of @n characters says, where '*' is any of them? */
bool carve_debug_matches(const char *pattern, size_t n, const char *name);

/* 0, or -EINVAL where the rules have flags that there are none of */
int carve_debug_check_rules(const char *rules);
/* The flags that the rules, which may be NULL, have for a cache of this name */
unsigned int carve_debug_rule_for(const char *rules, const char *name);

#endif /* _CARVE_RULES_H */
