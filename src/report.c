// SPDX-License-Identifier: GPL-2.0
#include <linux/printk.h>
#include <linux/seq_file.h>

#include "report.h"

static void print(struct carve_report *r, const char *level, struct va_format *vaf)
{
	if (r->seq)
		seq_printf(r->seq, "%pV\n", vaf);
	else
		printk("%scarveout: %s: %pV\n", level, r->name, vaf);
}

void carve_report_line(struct carve_report *r, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	print(r, KERN_INFO, &vaf);
	va_end(args);
}

void carve_report(struct carve_report *r, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	r->violations++;
	va_start(args, fmt);
	vaf.va = &args;
	print(r, KERN_ERR, &vaf);
	va_end(args);
}
