// SPDX-License-Identifier: GPL-2.0
/*
 * Report misuse of the API: count it by kind, and log the first reports with
 * the stack.
 *
 * Reporting frees nothing and takes no lock.
 */
#include <linux/atomic.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>

#include "compat/stack.h"
#include "page/misuse.h"

/* Stack frames in a report */
#define TRACE_FRAMES 12

static const char *const kinds[] = {
	[CARVE_MISUSE_FREE] = "free",
	[CARVE_MISUSE_REALLOC] = "realloc",
	[CARVE_MISUSE_SPLIT] = "split",
	[CARVE_MISUSE_KMAP] = "kmap",
};

static void print_misuse_stack(const struct carve_pages *ps)
{
	unsigned long frame[TRACE_FRAMES];
	unsigned int i, nr = carve_compat_stack_now(frame, TRACE_FRAMES);

	for (i = 0; i < nr; i++)
		pr_err("%s:   %pS\n", ps->name, (void *)frame[i]);
}

bool carve_report_misuse(struct carve_pages *ps, enum carve_misuse kind,
			 const void *what, const char *why,
			 unsigned long caller)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);

	atomic_long_inc(&ps->nr_misuses[kind]);
	if (!__ratelimit(&limit))
		return false;
	if (caller)
		pr_err("%s: bad %s of %p by %pS: %s; ignored\n", ps->name,
		       kinds[kind], what, (void *)caller, why);
	else
		pr_err("%s: bad %s of %p, found in a magazine: %s; ignored\n",
		       ps->name, kinds[kind], what, why);
	print_misuse_stack(ps);
	return true;
}

unsigned long carve_nr_misuses(const struct carve_pages *ps)
{
	unsigned long nr = 0;
	unsigned int kind;

	for (kind = 0; kind < CARVE_NR_MISUSES; kind++)
		nr += atomic_long_read(&ps->nr_misuses[kind]);
	return nr;
}
