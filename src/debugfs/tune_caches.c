// SPDX-License-Identifier: GPL-2.0
/*
 * Files that show and change settings of caches: magazines, empty slabs, and
 * random order of objects. Locking: the list of caches is walked under the
 * slabs' lock.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "core/instance.h"
#include "debugfs/tune_caches.h"
#include "lib/reply.h"
#include "slab/caches.h"

/* Upper limit of the empty slabs that a cache keeps */
#define MOST_EMPTY 1000000U

/**
 * struct setting - a parsed line
 * @name: name of a cache
 * @adapts: the batch adapts to contention; @batch and @limit are not used
 * @batch: objects moved at a time between a magazine and the depot or slabs
 * @limit: capacity of a CPU's magazine
 * @empty: number of empty slabs to keep
 */
struct setting {
	char name[CARVE_CACHE_NAME_LEN];
	bool adapts;
	unsigned int batch;
	unsigned int limit;
	unsigned int empty;
};

static struct carve_cache *find_tuned_cache(struct carveout *co, const char *name)
{
	struct carve_cache *cache;

	lockdep_assert_held(&co->slabs.lock);
	list_for_each_entry(cache, &co->slabs.caches, list)
		if (!strcmp(cache->name, name))
			return cache;
	return NULL;
}

/* Field widths, because sscanf() doesn't detect overflow */
static bool parse_setting(const char *line, struct setting *s)
{
	char rest;

	s->adapts = sscanf(line, "%31s auto %9u%c", s->name, &s->empty,
			   &rest) == 2;
	return s->adapts || sscanf(line, "%31s %9u %9u %9u%c", s->name,
				   &s->batch, &s->limit, &s->empty, &rest) == 4;
}

static int apply_setting(struct carve_cache *cache, const struct setting *s,
			 struct carve_reply *reply)
{
	struct carve_magazines *ms = &cache->magazines;

	if (s->empty > MOST_EMPTY)
		return carve_reply_error(reply, -EINVAL,
					 "EMPTY is from 0 to %u", MOST_EMPTY);
	/* Debugging has set the limit to 0, and will restore the former one */
	if (cache->debugging.flags)
		return carve_reply_error(reply, -EBUSY,
					 "%s is being debugged, without magazines",
					 cache->name);
	if (s->adapts)
		carve_magazines_adapt(ms, carve_cache_base_batch(cache));
	else if (!carve_magazines_tune(ms, s->batch, s->limit))
		return carve_reply_error(reply, -EINVAL,
					 "for %s BATCH is from 1 to %u, LIMIT from 0 to %u",
					 cache->name, ms->max.batch,
					 ms->max.room);
	carve_cache_keep_empty(cache, s->empty);
	carve_reply_set(reply, "set");
	return 0;
}

int carve_run_caches(void *context, const char *line, struct carve_reply *reply)
{
	struct carveout *co = context;
	struct carve_cache *cache;
	struct setting s = { };

	if (!parse_setting(line, &s))
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is not CACHE BATCH LIMIT EMPTY or CACHE auto EMPTY, such as kmalloc-64 16 32 8",
					 line);
	guard(mutex)(&co->slabs.lock);
	cache = find_tuned_cache(co, s.name);
	if (!cache)
		return carve_reply_error(reply, -ENOENT,
					 "there is no cache \"%s\"", s.name);
	return apply_setting(cache, &s, reply);
}

static void show_cache_tuning(struct seq_file *m, struct carve_cache *cache)
{
	const struct carve_magazines *ms = &cache->magazines;
	unsigned int cpu = cpumask_first(cpu_possible_mask);

	seq_printf(m, "%-20s %5u %5lu %9u %6s %5u %8lu\n", cache->name,
		   READ_ONCE(ms->batch), READ_ONCE(ms->cpu[cpu]->capacity),
		   ms->max.batch, READ_ONCE(ms->base) ? "yes" : "no",
		   READ_ONCE(cache->oo.max_empty),
		   carve_magazines_count(ms));
}

void carve_show_caches(struct seq_file *m, void *context)
{
	struct carveout *co = context;
	struct carve_cache *cache;

	seq_printf(m, "%-20s %5s %5s %9s %6s %5s %8s\n", "cache", "batch",
		   "limit", "max_batch", "adapts", "empty", "objects");
	guard(mutex)(&co->slabs.lock);
	list_for_each_entry(cache, &co->slabs.caches, list)
		show_cache_tuning(m, cache);
}

int carve_run_shuffle(void *context, const char *line,
		      struct carve_reply *reply)
{
	struct carveout *co = context;
	unsigned int shuffle;

	if (kstrtouint(line, 0, &shuffle) || shuffle > 1)
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is neither 0 nor 1", line);
	WRITE_ONCE(co->slabs.shuffle, shuffle);
	carve_reply_set(reply, "set");
	return 0;
}

void carve_show_shuffle(struct seq_file *m, void *context)
{
	const struct carveout *co = context;

	seq_printf(m, "%d\n", READ_ONCE(co->slabs.shuffle));
}
