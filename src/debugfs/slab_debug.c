// SPDX-License-Identifier: GPL-2.0
/*
 * The file slab_debug: a line changes the debug flags of caches; reading prints
 * the flags of each cache and its counts of errors. And the file slab_users,
 * the owners of objects. Locking: caches are walked under the slabs' lock.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "core/instance.h"
#include "debugfs/parse.h"
#include "debugfs/slab_debug.h"
#include "lib/parse_size.h"
#include "lib/report.h"
#include "slab/debug_switch.h"
#include "slab/object_check.h"
#include "slab/rules.h"
#include "slab/users.h"

static int set_quarantine(struct carveout *co, const char *size,
			  struct carve_reply *reply)
{
	struct carve_cache *cache;
	u64 bytes, most = carveout_bytes(co) / 2;

	if (carve_parse_size(size, &bytes) || bytes > most)
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is not a number of bytes up to %llu, half of the carveout",
					 size, most);
	guard(mutex)(&co->slabs.lock);
	WRITE_ONCE(co->slabs.quarantine_bytes, bytes);
	list_for_each_entry(cache, &co->slabs.caches, list)
		carve_debug_trim(cache, bytes);
	carve_reply_set(reply, "set");
	return 0;
}

static int switch_caches(struct carveout *co, unsigned int flags,
			 const char *pattern, struct carve_reply *reply)
{
	size_t n = strlen(pattern);
	struct carve_cache *cache;
	unsigned int nr = 0;

	guard(mutex)(&co->slabs.lock);
	list_for_each_entry(cache, &co->slabs.caches, list) {
		if (!carve_debug_matches(pattern, n, cache->name))
			continue;
		if (carve_debug_switch(cache, flags))
			return carve_reply_error(reply, -ENOMEM,
						 "no memory for stack traces");
		nr++;
	}
	if (!nr)
		return carve_reply_error(reply, -EINVAL,
					 "no cache is called \"%s\"", pattern);
	carve_reply_set(reply, "%u caches", nr);
	return 0;
}

static int run_slab_debug(void *context, const char *line,
			  struct carve_reply *reply)
{
	size_t n = strcspn(line, " ");
	const char *rest = skip_spaces(line + n);
	unsigned int flags;

	if (n == strlen("quarantine") && !strncmp(line, "quarantine", n))
		return set_quarantine(context, rest, reply);
	if (!n || carve_debug_parse_flags(line, n, &flags))
		return carve_reply_error(reply, -EINVAL,
					 "\"%.*s\" is not made of the flags F, Z, P, U and Q, nor - for none",
					 (int)n, line);
	if (!*rest || strchr(rest, ' '))
		return carve_reply_error(reply, -EINVAL,
					 "FLAGS NAME, where * in the name stands for any characters, or quarantine BYTES");
	return switch_caches(context, flags, rest, reply);
}

static void show_cache_debug(struct seq_file *m, struct carve_cache *cache)
{
	struct carve_debugging d;
	char flags[CARVE_DEBUG_LETTERS];
	unsigned int i;

	scoped_guard(raw_spinlock_irqsave, &cache->lock)
		d = cache->debugging;
	seq_printf(m, "%-5s %-17s %8lu %8lu",
		   carve_debug_format_flags(d.flags, flags), cache->name,
		   d.nr_waiting, d.nr_missed);
	for (i = 0; i < CARVE_NR_ERRORS; i++)
		seq_printf(m, " %7lu", d.count[i]);
	seq_putc(m, '\n');
}

static void show_slab_debug(struct seq_file *m, void *context)
{
	struct carveout *co = context;
	struct carve_cache *cache;
	unsigned int i;

	seq_printf(m, "# quarantine %lu\n",
		   READ_ONCE(co->slabs.quarantine_bytes));
	seq_printf(m, "# %-3s %-17s %8s %8s", "set", "cache", "waiting",
		   "missed");
	for (i = 0; i < CARVE_NR_ERRORS; i++)
		seq_printf(m, " %7s", carve_error_names[i]);
	seq_putc(m, '\n');
	guard(mutex)(&co->slabs.lock);
	list_for_each_entry(cache, &co->slabs.caches, list)
		show_cache_debug(m, cache);
}

static const struct carve_command command = {
	.name = "slab_debug", .run = run_slab_debug, .show = show_slab_debug,
	.usage = "",
};

void carve_slab_debug_add(struct carve_command_file *file, struct carveout *co,
			  struct dentry *dir)
{
	carve_command_add(file, &command, co, dir);
}

int carve_slab_users_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_report r = { .seq = m, .name = co->name };
	int tracked = carve_users_report_all(&co->slabs, &r);

	if (tracked < 0)
		return tracked;
	if (!tracked)
		seq_puts(m, "no cache has user tracking: write U and its name to slab_debug\n");
	return 0;
}
