/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reports: the one way in which a layer says something to a reader, be it
 * through a debugfs file or into the kernel log.
 */
#ifndef _CARVE_REPORT_H
#define _CARVE_REPORT_H

#include <linux/compiler_attributes.h>

struct seq_file;

/**
 * struct carve_report - where findings go
 * @seq: the file that is being read, or NULL for the kernel log
 * @name: the carveout's name, for the log
 * @violations: findings so far
 */
struct carve_report {
	struct seq_file *seq;
	const char *name;
	unsigned int violations;
};

/* A line to @r's reader, without the newline */
__printf(2, 3) void carve_report_line(struct carve_report *r,
				      const char *fmt, ...);
/* The same for an invariant that doesn't hold: counted */
__printf(2, 3) void carve_report(struct carve_report *r, const char *fmt, ...);

#define carve_report_unless(r, condition, fmt, ...)			\
do {									\
	if (!(condition))						\
		carve_report(r, fmt, ##__VA_ARGS__);			\
} while (0)

#endif /* _CARVE_REPORT_H */
