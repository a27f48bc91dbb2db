// SPDX-License-Identifier: GPL-2.0
/*
 * Files that show and change settings of a carveout: watermarks, how long
 * allocations wait, per-CPU lists, freed areas, and limits of user space. Locking:
 * single values are changed with WRITE_ONCE(); the functions called lock what they change.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "core/instance.h"
#include "debugfs/tune.h"
#include "debugfs/tune_caches.h"
#include "lib/kib.h"

/* Longest wait that can be set: a minute */
#define MAX_WAIT_MS 60000U

/* Parse a number of KiB; false: @line isn't one, or it is more than @max pages */
static bool parse_kib(const char *line, unsigned long max, unsigned long *kib)
{
	return !kstrtoul(line, 0, kib) && carve_kib_to_pages(*kib) <= max;
}

/* Watermarks, as /proc/sys/vm/min_free_kbytes: distributed by size of zone */

static int run_min_free(void *context, const char *line,
			struct carve_reply *reply)
{
	struct carveout *co = context;
	unsigned long kib, all = carve_pages_nr_managed(&co->pages);
	struct carve_zone *zone;

	if (!parse_kib(line, all / 2, &kib))
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is not a number of KiB up to %lu, half of the carveout",
					 line, carve_pages_to_kib(all / 2));
	carve_for_each_zone(zone, &co->pages)
		carve_zone_set_watermarks(zone, mult_frac(carve_kib_to_pages(kib),
							  zone->nr_managed,
							  all));
	carve_reply_set(reply, "set");
	return 0;
}

static void show_min_free(struct seq_file *m, void *context)
{
	const struct carveout *co = context;
	const struct carve_zone *zone;
	unsigned long pages = 0;

	carve_for_each_zone(zone, &co->pages)
		pages += READ_ONCE(zone->watermark[CARVE_WMARK_MIN]);
	seq_printf(m, "%lu\n", carve_pages_to_kib(pages));
}

/* How long a sleeping allocation waits for others to free */

static int run_wait(void *context, const char *line, struct carve_reply *reply)
{
	struct carveout *co = context;
	unsigned int ms;

	if (kstrtouint(line, 0, &ms) || ms > MAX_WAIT_MS)
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is not a number of ms up to %u",
					 line, MAX_WAIT_MS);
	WRITE_ONCE(co->pages.wait_ms, ms);
	carve_reply_set(reply, "set");
	return 0;
}

static void show_wait(struct seq_file *m, void *context)
{
	const struct carveout *co = context;

	seq_printf(m, "%u\n", READ_ONCE(co->pages.wait_ms));
}

/* Batch and limit of the per-CPU lists, by order */

/* Maximum of all zones, since small ones have smaller per-CPU lists, or none */
static struct carve_magazine_shape max_pcp_shape(const struct carveout *co,
						 unsigned int order)
{
	struct carve_magazine_shape most = { };
	const struct carve_pcp *pcp;
	const struct carve_zone *zone;

	carve_for_each_zone(zone, &co->pages) {
		pcp = zone->pcp[CARVE_MIGRATE_UNMOVABLE][order];
		if (!pcp)
			continue;
		most.batch = max(most.batch, pcp->magazines.max.batch);
		most.room = max(most.room, pcp->magazines.max.room);
	}
	return most;
}

/* Set all zones and migratetypes, each up to its maximum */
static void tune_pcp(struct carveout *co, unsigned int order,
		     unsigned int batch, unsigned int limit)
{
	struct carve_pcp *pcp;
	struct carve_zone *zone;
	unsigned int i;

	carve_for_each_zone(zone, &co->pages) {
		carve_for_each_pcp(pcp, zone, i) {
			struct carve_magazines *ms = &pcp->magazines;

			if (pcp->order == order)
				carve_magazines_tune(ms,
						     min(batch, ms->max.batch),
						     min(limit, ms->max.room));
		}
	}
}

static int run_pcp(void *context, const char *line,
		   struct carve_reply *reply)
{
	struct carveout *co = context;
	struct carve_magazine_shape most = { };
	unsigned int order, batch, limit;
	char rest;

	/* Field widths, because sscanf() doesn't detect overflow */
	if (sscanf(line, "%9u %9u %9u%c", &order, &batch, &limit, &rest) != 3)
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is not ORDER BATCH LIMIT, such as 0 16 32",
					 line);
	if (order < CARVE_NR_PCP)
		most = max_pcp_shape(co, order);
	if (!most.batch)
		return carve_reply_error(reply, -EINVAL,
					 "blocks of order %u have no per-CPU lists",
					 order);
	if (!batch || batch > most.batch || limit > most.room)
		return carve_reply_error(reply, -EINVAL,
					 "for order %u BATCH is from 1 to %u, LIMIT from 0 to %u",
					 order, most.batch, most.room);
	tune_pcp(co, order, batch, limit);
	carve_reply_set(reply, "set");
	return 0;
}

static void show_one_pcp(struct seq_file *m, const struct carve_zone *zone,
			 const struct carve_pcp *pcp)
{
	const struct carve_magazines *ms = &pcp->magazines;

	seq_printf(m, "%-8s %-11s %5u %5u %5u %9u %8lu\n", carve_zone_name(zone),
		   pcp->migratetype == CARVE_MIGRATE_UNMOVABLE ?
		   "unmovable" : "reclaimable",
		   pcp->order, READ_ONCE(ms->batch),
		   carve_magazine_limit(ms->cpu[cpumask_first(cpu_possible_mask)]),
		   ms->max.batch, carve_magazines_count(ms));
}

static void show_pcp(struct seq_file *m, void *context)
{
	struct carveout *co = context;
	struct carve_pcp *pcp;
	struct carve_zone *zone;
	unsigned int i;

	seq_printf(m, "%-8s %-11s %5s %5s %5s %9s %8s\n", "zone", "migratetype",
		   "order", "batch", "limit", "max_batch", "blocks");
	carve_for_each_zone(zone, &co->pages)
		carve_for_each_pcp(pcp, zone, i)
			show_one_pcp(m, zone, pcp);
}

/* The area cache: its limit, and whether freed areas are unmapped at once */

static int run_keep(void *context, const char *line, struct carve_reply *reply)
{
	struct carveout *co = context;
	unsigned long kib, all = co->pages.nr_pages;

	if (!parse_kib(line, all, &kib))
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is not a number of KiB up to %lu, the carveout's size",
					 line, carve_pages_to_kib(all));
	carve_vmap_set_cache_limit(&co->vmap, carve_kib_to_pages(kib),
				   READ_ONCE(co->vmap.eager));
	carve_reply_set(reply, "set");
	return 0;
}

static void show_keep(struct seq_file *m, void *context)
{
	const struct carveout *co = context;

	seq_printf(m, "%lu\n", carve_pages_to_kib(READ_ONCE(co->vmap.keep)));
}

static int run_eager(void *context, const char *line, struct carve_reply *reply)
{
	struct carveout *co = context;
	unsigned int eager;

	if (kstrtouint(line, 0, &eager) || eager > 1)
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is not 0 or 1: whether freed areas are unmapped at once",
					 line);
	carve_vmap_set_cache_limit(&co->vmap, READ_ONCE(co->vmap.keep), eager);
	carve_reply_set(reply, "set");
	return 0;
}

static void show_eager(struct seq_file *m, void *context)
{
	const struct carveout *co = context;

	seq_printf(m, "%d\n", READ_ONCE(co->vmap.eager));
}

/* Limits of the memory of user space: of an object, and of a user; 0: none */

static int set_quota(struct carveout *co, unsigned long *limit, const char *line,
		     struct carve_reply *reply)
{
	unsigned long kib, all = co->pages.nr_pages;

	if (!parse_kib(line, all, &kib) || !IS_ALIGNED(kib, PAGE_SIZE / SZ_1K))
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is not a number of KiB, in whole pages, up to %lu, the carveout's size; 0: no limit",
					 line, carve_pages_to_kib(all));
	WRITE_ONCE(*limit, carve_kib_to_pages(kib));
	carve_reply_set(reply, "set");
	return 0;
}

static int run_object_quota(void *context, const char *line, struct carve_reply *reply)
{
	struct carveout *co = context;

	return set_quota(co, &co->user.quota.object, line, reply);
}

static void show_object_quota(struct seq_file *m, void *context)
{
	const struct carveout *co = context;

	seq_printf(m, "%lu\n", carve_pages_to_kib(READ_ONCE(co->user.quota.object)));
}

static int run_uid_quota(void *context, const char *line, struct carve_reply *reply)
{
	struct carveout *co = context;

	return set_quota(co, &co->user.quota.uid, line, reply);
}

static void show_uid_quota(struct seq_file *m, void *context)
{
	const struct carveout *co = context;

	seq_printf(m, "%lu\n", carve_pages_to_kib(READ_ONCE(co->user.quota.uid)));
}

static const struct carve_command commands[] = {
	{ .name = "min_free_kbytes", .run = run_min_free,
	  .show = show_min_free, .usage = "" },
	{ .name = "wait_ms", .run = run_wait, .show = show_wait, .usage = "" },
	{ .name = "pcp", .run = run_pcp, .show = show_pcp,
	  .usage = "" },
	{ .name = "caches", .run = carve_run_caches,
	  .show = carve_show_caches, .usage = "" },
	{ .name = "shuffle", .run = carve_run_shuffle,
	  .show = carve_show_shuffle, .usage = "" },
	{ .name = "vmap_keep_kbytes", .run = run_keep, .show = show_keep,
	  .usage = "" },
	{ .name = "vmap_eager", .run = run_eager, .show = show_eager,
	  .usage = "" },
	{ .name = "user_object_kbytes", .run = run_object_quota,
	  .show = show_object_quota, .usage = "" },
	{ .name = "user_uid_kbytes", .run = run_uid_quota,
	  .show = show_uid_quota, .usage = "" },
};

static_assert(ARRAY_SIZE(commands) == CARVE_NR_TUNE_FILES);

void carve_tunes_add(struct carve_tunes *tunes, struct carveout *co,
		     struct dentry *dir)
{
	unsigned int i;

	for (i = 0; i < CARVE_NR_TUNE_FILES; i++)
		carve_command_add(&tunes->file[i], &commands[i], co, dir);
}
