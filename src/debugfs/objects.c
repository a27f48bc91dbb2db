// SPDX-License-Identifier: GPL-2.0
/*
 * The file user: memory mapped by user space, a line for each object, and the
 * sum. carve_user_for_each() has the locking.
 */
#include <linux/seq_file.h>
#include <linux/uidgid.h>

#include "core/instance.h"
#include "debugfs/objects.h"
#include "lib/kib.h"

static void show_user_line(struct seq_file *m, pid_t pid, kuid_t uid, const char *comm,
			   const struct carve_object_usage *usage, bool closed)
{
	seq_printf(m, "%8d %10u %-16s %12lu %12lu %12lu%s", pid,
		   from_kuid_munged(seq_user_ns(m), uid), comm,
		   carve_pages_to_kib(usage->mapped),
		   carve_pages_to_kib(usage->touched),
		   carve_pages_to_kib(usage->pinned), closed ? " closed" : "");
	if (usage->name[0])
		seq_printf(m, " as %s", usage->name);
	seq_putc(m, '\n');
}

static void show_user_object(const struct carve_object *object,
			     const struct carve_object_usage *usage, void *arg)
{
	show_user_line(arg, object->pid, object->owner->uid, object->comm, usage,
		       object->closed);
}

int carve_user_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_object_usage sum;

	seq_printf(m, "%8s %10s %-16s %12s %12s %12s\n", "pid", "uid", "comm",
		   "mapped_kb", "touched_kb", "pinned_kb");
	carve_user_for_each(&co->user, show_user_object, m);
	carve_user_usage(&co->user, &sum);
	show_user_line(m, 0, GLOBAL_ROOT_UID, "total", &sum, false);
	return 0;
}
