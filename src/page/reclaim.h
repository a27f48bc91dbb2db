/* SPDX-License-Identifier: GPL-2.0 */
/* What the page allocator does when free pages run short. See reclaim.c and pages.h. */
#ifndef _CARVE_RECLAIM_H
#define _CARVE_RECLAIM_H

#include <linux/jiffies.h>

#include "page/pages.h"

void carve_pages_init_reclaim(struct carve_pages *ps);

/* This CPU's stores and all depots back to the buddy system; any context but NMI */
void carve_pages_drain_here(struct carve_pages *ps);
/*
 * Has a layer above give some of what it holds back to the buddy system; false:
 * none had any to give. Any context but NMI.
 */
bool carve_pages_spare(struct carve_pages *ps);

static inline bool carve_zone_is_below(const struct carve_zone *zone,
				       enum carve_watermark mark)
{
	return carve_zone_nr_free(zone) < READ_ONCE(zone->watermark[mark]);
}

/* Starts reclaim in the background if @zone is short of pages and @gfp allows it */
static inline void carve_pages_mind_low(struct carve_pages *ps, gfp_t gfp,
					const struct carve_zone *zone)
{
	/* The caller may hold raw locks: of deferred work only irq_work will do */
	if (gfp & __GFP_KSWAPD_RECLAIM &&
	    carve_zone_is_below(zone, CARVE_WMARK_LOW) &&
	    time_after_eq(jiffies, READ_ONCE(ps->rest_until)))
		irq_work_queue(&ps->wake);
}

#endif /* _CARVE_RECLAIM_H */
