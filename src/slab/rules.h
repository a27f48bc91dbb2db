/* SPDX-License-Identifier: GPL-2.0 */
/* Parsing of slab_debug= rules. See rules.c. */
#ifndef _CARVE_RULES_H
#define _CARVE_RULES_H

#include <linux/types.h>

/* Buffer size for the letters of all flags */
#define CARVE_DEBUG_LETTERS 8

/* Parses @n letters; "-" is none, "" is FZPU. 0 or -EINVAL */
int carve_debug_parse_flags(const char *s, size_t n, unsigned int *flags);
/* Formats flags as letters; "-" for none */
const char *carve_debug_format_flags(unsigned int flags,
				     char text[CARVE_DEBUG_LETTERS]);

/* Does @name match the pattern of @n characters? '*' matches any string. */
bool carve_debug_matches(const char *pattern, size_t n, const char *name);

/* 0, or -EINVAL if the rules contain unknown flags */
int carve_debug_check_rules(const char *rules);
/* Debug flags that @rules, which may be NULL, set for a cache of this name */
unsigned int carve_debug_rule_for(const char *rules, const char *name);

#endif /* _CARVE_RULES_H */
