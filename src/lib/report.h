/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reports of checks: all layers print and count violated invariants through
 * these functions, into a debugfs file or the kernel log.
 */
#ifndef _CARVE_REPORT_H
#define _CARVE_REPORT_H

#include <linux/compiler_attributes.h>

struct seq_file;

/**
 * struct carve_report - destination of a check's report
 * @seq: the file that is being read, or NULL for the kernel log
 * @name: the carveout's name, for the log
 * @violations: number of violated invariants so far
 */
struct carve_report {
	struct seq_file *seq;
	const char *name;
	unsigned int violations;
};

/* Print a line; without the newline */
__printf(2, 3) void carve_report_line(struct carve_report *r,
				      const char *fmt, ...);
/* Print and count a violated invariant */
__printf(2, 3) void carve_report(struct carve_report *r, const char *fmt, ...);

#define carve_report_unless(r, condition, fmt, ...)			\
do {									\
	if (!(condition))						\
		carve_report(r, fmt, ##__VA_ARGS__);			\
} while (0)

#endif /* _CARVE_REPORT_H */
