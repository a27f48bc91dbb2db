// SPDX-License-Identifier: GPL-2.0
/*
 * Operations besides allocation: reclaim, tuning, debugging of caches. Locking:
 * caches are drawn under the slabs' lock.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "fuzz/ops_internal.h"
#include "fuzz/settings.h"
#include "fuzz/step.h"
#include "lib/report.h"
#include "page/reclaim.h"
#include "slab/caches.h"
#include "slab/debug_switch.h"

enum carve_fuzz_outcome carve_fuzz_drain(struct carve_fuzz_step *s)
{
	carve_pages_drain(&s->fuzz->co->pages);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_shrink(struct carve_fuzz_step *s)
{
	if (carve_fuzz_one_in(s, 2))
		carve_slabs_shrink(&s->fuzz->co->slabs);
	else
		carve_vmap_shrink(&s->fuzz->co->vmap);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_validate(struct carve_fuzz_step *s)
{
	struct carve_report r = { .name = s->fuzz->co->name };

	carveout_check(s->fuzz->co, &r);
	if (r.violations)
		carve_fuzz_find(s->fuzz, s, "%u invariants are violated",
				r.violations);
	return CARVE_FUZZ_DONE;
}

/* Set a random batch and limit; 0 is a valid limit */
static void tune_magazines(struct carve_fuzz_step *s, struct carve_magazines *ms)
{
	carve_magazines_tune(ms, 1 + carve_fuzz_any(s, ms->max.batch),
			     carve_fuzz_any(s, ms->max.room + 1));
}

enum carve_fuzz_outcome carve_fuzz_tune_pcp(struct carve_fuzz_step *s)
{
	struct carve_pages *pages = &s->fuzz->co->pages;
	struct carve_zone *zone;
	struct carve_pcp *pcp;

	zone = &pages->zone[carve_fuzz_any(s, pages->nr_zones)];
	pcp = carve_zone_pcp(zone, carve_fuzz_any(s, CARVE_NR_PCP),
			     carve_fuzz_any(s, CARVE_NR_MIGRATETYPES));
	if (!pcp)
		return CARVE_FUZZ_SKIPPED;
	tune_magazines(s, &pcp->magazines);
	return CARVE_FUZZ_DONE;
}

/* A random cache of the carveout */
static struct carve_cache *draw_any_cache(struct carve_fuzz_step *s)
{
	struct carve_slabs *slabs = &s->fuzz->co->slabs;
	struct carve_cache *cache;
	unsigned int n = 0;

	lockdep_assert_held(&slabs->lock);
	list_for_each_entry(cache, &slabs->caches, list)
		n++;
	n = carve_fuzz_any(s, n);
	list_for_each_entry(cache, &slabs->caches, list)
		if (!n--)
			break;
	return cache;
}

enum carve_fuzz_outcome carve_fuzz_tune_cache(struct carve_fuzz_step *s)
{
	struct carve_cache *cache;

	guard(mutex)(&s->fuzz->co->slabs.lock);
	cache = draw_any_cache(s);
	/* A debugged cache must not use magazines */
	if (cache->debugging.flags)
		return CARVE_FUZZ_SKIPPED;
	if (carve_fuzz_one_in(s, 2))
		carve_magazines_adapt(&cache->magazines,
				      carve_cache_base_batch(cache));
	else
		tune_magazines(s, &cache->magazines);
	carve_cache_keep_empty(cache, carve_fuzz_any(s, 4));
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_tune_carveout(struct carve_fuzz_step *s)
{
	struct carveout *co = s->fuzz->co;
	u32 nr_pages = co->pages.nr_pages;

	switch (carve_fuzz_any(s, 4)) {
	case 0:
		carve_vmap_set_cache_limit(&co->vmap, carve_fuzz_any(s, nr_pages / 8),
					   carve_fuzz_one_in(s, 3));
		break;
	case 1:
		WRITE_ONCE(co->slabs.shuffle, carve_fuzz_one_in(s, 2));
		break;
	case 2:
		WRITE_ONCE(co->slabs.quarantine_bytes,
			   carve_fuzz_any(s, nr_pages) * 64UL);
		break;
	default:
		/* Background reclaim would make a serial run unrepeatable */
		if (!s->fuzz->serial)
			carve_zone_set_watermarks(co->pages.zone,
						  carve_fuzz_any(s, nr_pages / 16));
	}
	return CARVE_FUZZ_DONE;
}

/* Set random debug flags of a random cache */
enum carve_fuzz_outcome carve_fuzz_debug(struct carve_fuzz_step *s)
{
	unsigned int flags = carve_fuzz_one_in(s, 3) ? 0 :
			     carve_fuzz_any(s, 2 * CARVE_DEBUG_QUARANTINE);
	int ret;

	guard(mutex)(&s->fuzz->co->slabs.lock);
	ret = carve_debug_switch(draw_any_cache(s), flags);
	return ret ? CARVE_FUZZ_FAILED : CARVE_FUZZ_DONE;
}
