// SPDX-License-Identifier: GPL-2.0
/*
 * What a run tunes, it leaves as it found it. And it begins as every other run
 * of the same options does: the order of objects, drawn at random otherwise,
 * follows from the seed, and so do the colours of slabs.
 */
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "fuzz/settings.h"
#include "fuzz/step.h"

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

static void keep_stores(struct carve_fuzz_settings *settings,
			struct carve_pages *pages)
{
	struct carve_store *store;
	struct carve_zone *zone;
	unsigned int i;

	carve_for_each_zone(zone, pages) {
		settings->watermark[zone - pages->zone] =
			zone->watermark[CARVE_WMARK_MIN];
		carve_for_each_store(store, zone, i)
			settings->store[settings->nr_stores++] =
				keep_magazines(&store->magazines);
	}
}

static struct carve_fuzz_cache_setting keep_cache(struct carve_cache *cache)
{
	const struct carve_debugging *d = &cache->debugging;
	struct carve_fuzz_cache_setting kept = {
		.cache = cache,
		.magazines = keep_magazines(&cache->magazines),
		.max_empty = cache->plain.max_empty,
		.debug = d->flags,
	};

	/* Debugging has put them away */
	if (d->flags) {
		kept.magazines.base = d->base;
		kept.magazines.batch = d->batch;
		kept.magazines.limit = d->limit;
	}
	return kept;
}

/* Of those alone that there always are */
static int keep_caches(struct carve_fuzz_settings *settings,
		       struct carve_slabs *slabs)
{
	struct carve_cache *cache;
	unsigned int n = 0;

	guard(mutex)(&slabs->lock);
	list_for_each_entry(cache, &slabs->caches, list)
		n += !cache->meta;
	/* Native reclaim may wait for this lock: it isn't waited for in turn */
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
	keep_stores(settings, &co->pages);
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
	carve_vmap_set_kept(&co->vmap, settings->keep, settings->eager);
	for (i = 0; i < co->pages.nr_zones; i++)
		carve_zone_set_watermarks(&co->pages.zone[i],
					  settings->watermark[i]);
	for (i = 0; i < settings->nr_stores; i++)
		restore_magazines(&settings->store[i]);
	guard(mutex)(&co->slabs.lock);
	for (i = 0; i < settings->nr_caches; i++)
		restore_cache(&settings->cache[i]);
}

void carve_fuzz_settings_free(struct carve_fuzz_settings *settings)
{
	kfree(settings->cache);
}

static void settle_shelf(struct carve_shelf *shelf)
{
	shelf->colour = 0;
}

void carve_fuzz_settle_cache(struct carve_fuzz *fuzz, struct carve_cache *cache)
{
	if (fuzz->still && !cache->debugging.flags)
		carve_magazines_tune(&cache->magazines, 1, 0);
	if (!fuzz->serial)
		return;
	guard(raw_spinlock_irqsave)(&cache->lock);
	cache->random = fuzz->options->seed;
	settle_shelf(&cache->plain);
	settle_shelf(&cache->low);
	settle_shelf(&cache->debug);
}

static void settle_stores(struct carve_fuzz *fuzz, struct carve_zone *zone)
{
	struct carve_store *store;
	unsigned int i;

	/* Nothing that comes between steps in the background */
	if (fuzz->serial)
		carve_zone_set_watermarks(zone, 0);
	if (!fuzz->still)
		return;
	carve_for_each_store(store, zone, i)
		carve_magazines_tune(&store->magazines, 1, 0);
}

void carve_fuzz_settle(struct carve_fuzz *fuzz)
{
	struct carveout *co = fuzz->co;
	struct carve_cache *cache;
	struct carve_zone *zone;

	WRITE_ONCE(co->pages.wait_ms, 0);
	if (fuzz->still)
		carve_vmap_set_kept(&co->vmap, 0, false);
	carve_for_each_zone(zone, &co->pages)
		settle_stores(fuzz, zone);
	scoped_guard(mutex, &co->slabs.lock)
		list_for_each_entry(cache, &co->slabs.caches, list)
			carve_fuzz_settle_cache(fuzz, cache);
	/* What is in them, now that nothing more comes */
	if (fuzz->still)
		carve_pages_reclaim(&co->pages);
}
