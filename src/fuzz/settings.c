// SPDX-License-Identifier: GPL-2.0
/*
 * Saving and restoring the settings that a run changes, and the initial
 * settings of a run. In serial runs, the random order of objects and the
 * colours of slabs start from the seed, so that equal options lead to equal
 * runs.
 *
 * Locking: caches are walked under the slabs' lock. No worker may run
 * meanwhile.
 */
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "fuzz/settings.h"
#include "fuzz/step.h"
#include "page/reclaim.h"
#include "slab/debug_switch.h"

static struct carve_fuzz_magazines keep_magazines(struct carve_magazines *ms)
{
	unsigned int cpu = cpumask_first(cpu_possible_mask);

	return (struct carve_fuzz_magazines){
		.ms = ms,
		.base = READ_ONCE(ms->base),
		.batch = READ_ONCE(ms->batch),
		.limit = carve_magazine_limit(ms->cpu[cpu]),
	};
}

static void restore_magazines(const struct carve_fuzz_magazines *m)
{
	if (m->base)
		carve_magazines_adapt(m->ms, m->base);
	else
		carve_magazines_tune(m->ms, m->batch, m->limit);
}

static void keep_pcp(struct carve_fuzz_settings *settings,
		     struct carve_pages *pages)
{
	struct carve_pcp *pcp;
	struct carve_zone *zone;
	unsigned int i;

	carve_for_each_zone(zone, pages) {
		settings->watermark[zone - pages->zone] =
			zone->watermark[CARVE_WMARK_MIN];
		carve_for_each_pcp(pcp, zone, i)
			settings->pcp[settings->nr_pcp++] =
				keep_magazines(&pcp->magazines);
	}
}

static struct carve_fuzz_cache_setting keep_cache(struct carve_cache *cache)
{
	const struct carve_debugging *d = &cache->debugging;
	struct carve_fuzz_cache_setting kept = {
		.cache = cache,
		.magazines = keep_magazines(&cache->magazines),
		.max_empty = READ_ONCE(cache->oo.max_empty),
		.debug = d->flags,
	};

	/* Debugging has saved the settings, and disabled the magazines */
	if (d->flags) {
		kept.magazines.base = d->base;
		kept.magazines.batch = d->batch;
		kept.magazines.limit = d->limit;
	}
	return kept;
}

/* Save the settings of the carveout's own caches; steps create the others */
static int keep_caches(struct carve_fuzz_settings *settings,
		       struct carve_slabs *slabs)
{
	struct carve_cache *cache;
	unsigned int n = 0;

	guard(mutex)(&slabs->lock);
	list_for_each_entry(cache, &slabs->caches, list)
		n += !cache->meta;
	/* GFP_NOIO, because the kernel's reclaim may wait for this lock */
	settings->cache = kcalloc(n, sizeof(*settings->cache), GFP_NOIO);
	if (!settings->cache)
		return -ENOMEM;
	list_for_each_entry(cache, &slabs->caches, list)
		if (!cache->meta)
			settings->cache[settings->nr_caches++] =
				keep_cache(cache);
	return 0;
}

int carve_fuzz_settings_keep(struct carve_fuzz_settings *settings,
			     struct carveout *co)
{
	*settings = (struct carve_fuzz_settings){
		.wait_ms = co->pages.wait_ms,
		.shuffle = co->slabs.shuffle,
		.quarantine_bytes = co->slabs.quarantine_bytes,
		.keep = co->vmap.keep,
		.eager = co->vmap.eager,
	};
	keep_pcp(settings, &co->pages);
	return keep_caches(settings, &co->slabs);
}

static void restore_cache(const struct carve_fuzz_cache_setting *kept)
{
	carve_debug_switch(kept->cache, 0);
	restore_magazines(&kept->magazines);
	carve_cache_keep_empty(kept->cache, kept->max_empty);
	carve_debug_switch(kept->cache, kept->debug);
}

void carve_fuzz_settings_restore(const struct carve_fuzz_settings *settings,
				 struct carveout *co)
{
	unsigned int i;

	WRITE_ONCE(co->pages.wait_ms, settings->wait_ms);
	WRITE_ONCE(co->slabs.shuffle, settings->shuffle);
	WRITE_ONCE(co->slabs.quarantine_bytes, settings->quarantine_bytes);
	carve_vmap_set_cache_limit(&co->vmap, settings->keep, settings->eager);
	for (i = 0; i < co->pages.nr_zones; i++)
		carve_zone_set_watermarks(&co->pages.zone[i],
					  settings->watermark[i]);
	for (i = 0; i < settings->nr_pcp; i++)
		restore_magazines(&settings->pcp[i]);
	guard(mutex)(&co->slabs.lock);
	for (i = 0; i < settings->nr_caches; i++)
		restore_cache(&settings->cache[i]);
}

void carve_fuzz_settings_free(struct carve_fuzz_settings *settings)
{
	kfree(settings->cache);
}

static void reset_node_colour(struct carve_cache_node *node)
{
	node->colour = 0;
}

void carve_fuzz_settle_cache(struct carve_fuzz *fuzz, struct carve_cache *cache)
{
	if (fuzz->still && !cache->debugging.flags)
		carve_magazines_tune(&cache->magazines, 1, 0);
	if (!fuzz->serial)
		return;
	guard(raw_spinlock_irqsave)(&cache->lock);
	cache->random = fuzz->options->seed;
	reset_node_colour(&cache->oo);
	reset_node_colour(&cache->min);
	reset_node_colour(&cache->debug);
}

static void settle_pcp(struct carve_fuzz *fuzz, struct carve_zone *zone)
{
	struct carve_pcp *pcp;
	unsigned int i;

	/* Watermark 0: no background reclaim between steps */
	if (fuzz->serial)
		carve_zone_set_watermarks(zone, 0);
	if (!fuzz->still)
		return;
	carve_for_each_pcp(pcp, zone, i)
		carve_magazines_tune(&pcp->magazines, 1, 0);
}

void carve_fuzz_settle(struct carve_fuzz *fuzz)
{
	struct carveout *co = fuzz->co;
	struct carve_cache *cache;
	struct carve_zone *zone;

	WRITE_ONCE(co->pages.wait_ms, 0);
	if (fuzz->still)
		carve_vmap_set_cache_limit(&co->vmap, 0, false);
	carve_for_each_zone(zone, &co->pages)
		settle_pcp(fuzz, zone);
	scoped_guard(mutex, &co->slabs.lock)
		list_for_each_entry(cache, &co->slabs.caches, list)
			carve_fuzz_settle_cache(fuzz, cache);
	/* Empty the per-CPU lists, which have a limit of 0 now */
	if (fuzz->still)
		carve_pages_reclaim(&co->pages);
}
