// SPDX-License-Identifier: GPL-2.0
/* Reports of checks. */
#include <linux/printk.h>
#include <linux/seq_file.h>

#include "lib/report.h"

void carve_report_line(struct carve_report *r, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	if (r->seq)
		seq_printf(r->seq, "%pV\n", &vaf);
	else
		pr_info("%s: %pV\n", r->name, &vaf);
	va_end(args);
}

void carve_report(struct carve_report *r, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	r->violations++;
	va_start(args, fmt);
	vaf.va = &args;
	carve_report_line(r, "%pV", &vaf);
	va_end(args);
}
