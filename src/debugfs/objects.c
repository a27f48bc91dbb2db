// SPDX-License-Identifier: GPL-2.0
/*
 * The file user: memory mapped by user space, a line for each object, and the
 * sum. carve_user_for_each() has the locking.
 */
#include <linux/seq_file.h>
#include <linux/sizes.h>

#include "core/instance.h"
#include "debugfs/objects.h"

static unsigned long pages_to_kib(unsigned long nr_pages)
{
	return nr_pages * (PAGE_SIZE / SZ_1K);
}

static void show_user_line(struct seq_file *m, pid_t pid, const char *comm,
			   const struct carve_object_usage *usage, bool closed)
{
	seq_printf(m, "%8d %-16s %12lu %12lu %12lu%s", pid, comm,
		   pages_to_kib(usage->mapped), pages_to_kib(usage->touched),
		   pages_to_kib(usage->pinned), closed ? " closed" : "");
	if (usage->name[0])
		seq_printf(m, " as %s", usage->name);
	seq_putc(m, '\n');
}

static void show_user_object(const struct carve_object *object,
			     const struct carve_object_usage *usage, void *arg)
{
	show_user_line(arg, object->pid, object->comm, usage, object->closed);
}

int carve_user_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_object_usage sum;

	seq_printf(m, "%8s %-16s %12s %12s %12s\n", "pid", "comm", "mapped_kb",
		   "touched_kb", "pinned_kb");
	carve_user_for_each(&co->user, show_user_object, m);
	carve_user_usage(&co->user, &sum);
	show_user_line(m, 0, "total", &sum, false);
	return 0;
}
