// SPDX-License-Identifier: GPL-2.0
/*
 * The file fuzz: a line runs the fuzzer on the carveout, which must have no
 * other users meanwhile; reading prints the result. Locking: the file's own
 * mutex, see debugfs/command.c.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/seq_file.h>

#include "core/instance.h"
#include "core/registry.h"
#include "fuzz/file.h"
#include "fuzz/parse_options.h"
#include "fuzz/show.h"
#include "lib/report.h"

static int fuzz_reply_error(const struct carve_fuzz_report *report, const char *name,
			    struct carve_reply *reply)
{
	struct carve_report log = { .name = name };

	switch (report->ret) {
	case -EUCLEAN:
		carve_fuzz_show(report, &log);
		return carve_reply_error(reply, report->ret, "%s",
					 report->finding.text);
	case -EBUSY:
		return carve_reply_error(reply, report->ret,
					 "something is allocated, see allocations: create a carveout for the fuzzer");
	case -ENODEV:
		return carve_reply_error(reply, report->ret,
					 "cpus=%u, but %u are online",
					 report->options.cpus,
					 num_online_cpus());
	case -EOPNOTSUPP:
		return carve_reply_error(reply, report->ret,
					 "hotplug=1, but no CPU can be taken offline");
	case -EINTR:
		return carve_reply_error(reply, report->ret,
					 "interrupted by a signal");
	default:
		return carve_reply_error(reply, report->ret, "not run");
	}
}

static int run_fuzz(void *context, const char *line, struct carve_reply *reply)
{
	struct carve_fuzz_file *fuzz = context;
	struct carve_fuzz_options options;
	int ret;

	fuzz->run = false;
	ret = carve_parse_fuzz(line, &options, reply);
	if (ret)
		return ret;
	ret = carveout_pin(fuzz->co);
	if (ret)
		return carve_reply_error(reply, ret, "the carveout is being removed");
	ret = carve_fuzz_run(fuzz->co, &options, &fuzz->report);
	carveout_unpin(fuzz->co);
	fuzz->run = ret == 0 || ret == -EUCLEAN || ret == -EINTR;
	if (ret)
		return fuzz_reply_error(&fuzz->report, fuzz->co->name, reply);
	carve_reply_set(reply, "ok");
	return 0;
}

static void show_fuzz(struct seq_file *m, void *context)
{
	const struct carve_fuzz_file *fuzz = context;
	struct carve_report r = { .seq = m };

	if (fuzz->run)
		carve_fuzz_show(&fuzz->report, &r);
	else
		seq_puts(m, "write any of seed=1 steps=10000 cpus=2 contexts=task,hardirq layers=pages,slab fail_nth=sweep hotplug=1 seconds=60\n");
}

static const struct carve_command command = {
	.name = "fuzz", .run = run_fuzz, .show = show_fuzz, .usage = "",
};

void carve_fuzz_add(struct carve_fuzz_file *fuzz, struct carveout *co,
		    struct dentry *dir)
{
	fuzz->co = co;
	fuzz->run = false;
	carve_command_add(&fuzz->file, &command, fuzz, dir);
}
