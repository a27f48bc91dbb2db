/* SPDX-License-Identifier: GPL-2.0 */
/* What can be tuned of a carveout, kept for when a run is over. See settings.c. */
#ifndef _CARVE_FUZZ_SETTINGS_H
#define _CARVE_FUZZ_SETTINGS_H

#include "fuzz/world.h"

/**
 * struct carve_fuzz_magazines - how magazines are set
 * @ms: these
 * @base: where the batch adapts: where it begins; or 0
 * @batch: what is moved at a time
 * @limit: of each CPU's magazine
 */
struct carve_fuzz_magazines {
	struct carve_magazines *ms;
	unsigned int base;
	unsigned int batch;
	unsigned int limit;
};

/**
 * struct carve_fuzz_cache_setting - how a cache of the carveout's own is set
 * @cache: the cache
 * @magazines: its magazines, when it isn't debugged
 * @max_empty: empty slabs that it keeps
 * @debug: what it is debugged for
 */
struct carve_fuzz_cache_setting {
	struct carve_cache *cache;
	struct carve_fuzz_magazines magazines;
	unsigned int max_empty;
	unsigned int debug;
};

/**
 * struct carve_fuzz_settings - how a carveout is set
 * @wait_ms: how long an allocation waits
 * @watermark: min, of each zone
 * @shuffle: whether objects come in random order
 * @quarantine_bytes: what quarantines may hold
 * @keep: pages of areas that are kept mapped
 * @eager: areas are unmapped at once
 * @nr_stores: per-CPU stores of pages
 * @store: these
 * @nr_caches: caches
 * @cache: these
 */
struct carve_fuzz_settings {
	unsigned int wait_ms;
	unsigned long watermark[CARVE_MAX_ZONES];
	bool shuffle;
	unsigned long quarantine_bytes;
	unsigned long keep;
	bool eager;
	unsigned int nr_stores;
	struct carve_fuzz_magazines store[CARVE_MAX_ZONES * CARVE_NR_LIFETIMES *
					  CARVE_NR_STORES];
	unsigned int nr_caches;
	struct carve_fuzz_cache_setting *cache;
};

/* 0 or -ENOMEM; sleep, as the others do */
int carve_fuzz_settings_keep(struct carve_fuzz_settings *settings,
			     struct carveout *co);
void carve_fuzz_settings_restore(const struct carve_fuzz_settings *settings,
				 struct carveout *co);
void carve_fuzz_settings_free(struct carve_fuzz_settings *settings);

/*
 * As a run begins: nothing is waited for, and what is random otherwise begins
 * with the seed where steps follow one another. With @fuzz->still nothing stays
 * in a per-CPU store.
 */
void carve_fuzz_settle(struct carve_fuzz *fuzz);
/* The same for a cache that has just been made */
void carve_fuzz_settle_cache(struct carve_fuzz *fuzz, struct carve_cache *cache);

#endif /* _CARVE_FUZZ_SETTINGS_H */
