/* SPDX-License-Identifier: GPL-2.0 */
/* Reclaim of free pages. See reclaim.c. */
#ifndef _CARVE_RECLAIM_H
#define _CARVE_RECLAIM_H

#include <linux/jiffies.h>

#include "page/pages_types.h"
#include "page/zone_inline.h"

/* Cancel background reclaim until the next allocation wakes it; sleeps */
void carve_pages_stop(struct carve_pages *ps);
/* Call the layer added last first: the pages it frees may empty lower layers */
void carve_pages_add_shrinker(struct carve_pages *ps,
			      struct carve_shrinker *shrinker);

/* Drain all per-CPU lists to the buddy system; sleeps */
void carve_pages_drain(struct carve_pages *ps);
/* Run all shrinkers, then drain all per-CPU lists; sleeps */
void carve_pages_reclaim(struct carve_pages *ps);

void carve_pages_init_reclaim(struct carve_pages *ps);

/*
 * Drain up to @most blocks of this CPU's lists and of all depots to the buddy
 * system; return how many. Any context but NMI.
 */
unsigned int carve_pages_drain_some(struct carve_pages *ps, unsigned int most);
/*
 * Free up to @most pages by the first shrinker that has any; return how many, 0
 * if none has. Any context but NMI.
 */
unsigned int carve_pages_shrink_atomic(struct carve_pages *ps,
				       unsigned int most);

static inline bool carve_zone_is_below(const struct carve_zone *zone,
				       enum carve_watermark mark)
{
	return carve_zone_nr_free(zone) < READ_ONCE(zone->watermark[mark]);
}

/* Wake background reclaim if @zone is below its low watermark */
static inline void carve_pages_wake_reclaim(struct carve_pages *ps, gfp_t gfp,
					    const struct carve_zone *zone)
{
	/* The caller may hold raw spinlocks, which rules out queue_work() */
	if (gfp & __GFP_KSWAPD_RECLAIM &&
	    carve_zone_is_below(zone, CARVE_WMARK_LOW) &&
	    time_after_eq(jiffies, READ_ONCE(ps->backoff_until)))
		irq_work_queue(&ps->wake);
}

#endif /* _CARVE_RECLAIM_H */
