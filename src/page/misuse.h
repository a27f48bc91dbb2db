/* SPDX-License-Identifier: GPL-2.0 */
/* Reports of misuse of the API. See misuse.c. */
#ifndef _CARVE_MISUSE_H
#define _CARVE_MISUSE_H

#include "page/pages_types.h"

/*
 * Count and report a refused operation on @what. @caller 0: a free, found in a
 * magazine.
 * Return: false if the report was ratelimited.
 */
bool carve_report_misuse(struct carve_pages *ps, enum carve_misuse kind,
			 const void *what, const char *why,
			 unsigned long caller);

/* Number of misuses of all kinds */
unsigned long carve_nr_misuses(const struct carve_pages *ps);

#endif /* _CARVE_MISUSE_H */
