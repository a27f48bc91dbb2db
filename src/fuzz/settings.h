/* SPDX-License-Identifier: GPL-2.0 */
/* Save and restore the settings of a carveout. See settings.c. */
#ifndef _CARVE_FUZZ_SETTINGS_H
#define _CARVE_FUZZ_SETTINGS_H

#include "fuzz/world.h"

/**
 * struct carve_fuzz_magazines - saved settings of magazines
 * @ms: the magazines
 * @base: initial batch if the batch adapts to contention, or 0
 * @batch: objects moved at a time
 * @limit: capacity of each CPU's magazine
 */
struct carve_fuzz_magazines {
	struct carve_magazines *ms;
	unsigned int base;
	unsigned int batch;
	unsigned int limit;
};

/**
 * struct carve_fuzz_cache_setting - saved settings of a cache
 * @cache: the cache
 * @magazines: settings of its magazines while it isn't debugged
 * @max_empty: number of empty slabs that it keeps
 * @debug: debug flags
 */
struct carve_fuzz_cache_setting {
	struct carve_cache *cache;
	struct carve_fuzz_magazines magazines;
	unsigned int max_empty;
	unsigned int debug;
};

/**
 * struct carve_fuzz_settings - saved settings of a carveout
 * @wait_ms: how long an allocation waits
 * @watermark: min watermark of each zone
 * @shuffle: allocate objects of new slabs in random order
 * @quarantine_bytes: limit of the quarantines
 * @keep: limit of the area cache, in pages
 * @eager: freed areas are unmapped at once
 * @nr_pcp: number of elements of @pcp
 * @pcp: settings of the per-CPU lists of pages
 * @nr_caches: number of elements of @cache
 * @cache: settings of the carveout's own caches
 */
struct carve_fuzz_settings {
	unsigned int wait_ms;
	unsigned long watermark[CARVE_MAX_ZONES];
	bool shuffle;
	unsigned long quarantine_bytes;
	unsigned long keep;
	bool eager;
	unsigned int nr_pcp;
	struct carve_fuzz_magazines pcp[CARVE_MAX_ZONES * CARVE_NR_MIGRATETYPES *
					CARVE_NR_PCP];
	unsigned int nr_caches;
	struct carve_fuzz_cache_setting *cache;
};

/* Save the settings of @co; 0 or -ENOMEM. All of these may sleep */
int carve_fuzz_settings_keep(struct carve_fuzz_settings *settings,
			     struct carveout *co);
void carve_fuzz_settings_restore(const struct carve_fuzz_settings *settings,
				 struct carveout *co);
void carve_fuzz_settings_free(struct carve_fuzz_settings *settings);

/*
 * Settings for a run: allocations don't wait; in serial runs, random orders
 * follow from the seed; with @fuzz->still, per-CPU lists and the area cache
 * stay empty.
 */
void carve_fuzz_settle(struct carve_fuzz *fuzz);
/* Apply these settings to a cache that has just been created */
void carve_fuzz_settle_cache(struct carve_fuzz *fuzz, struct carve_cache *cache);

#endif /* _CARVE_FUZZ_SETTINGS_H */
