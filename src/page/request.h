/* SPDX-License-Identifier: GPL-2.0 */
/* The allocation path of a request for pages. See request.c. */
#ifndef _CARVE_REQUEST_H
#define _CARVE_REQUEST_H

#include "page/pages_types.h"
#include "page/zone_types.h"

/*
 * Blocks and pages that a request that can't block reclaims before it fails:
 * about ten thousand instructions with interrupts disabled
 */
#define CARVE_ATOMIC_BUDGET 512U

/**
 * struct carve_alloc_context - limits of a request
 * @zones: zones to try in order, ended by NULL
 * @end_pfn: allocate only pages below this pfn
 */
struct carve_alloc_context {
	struct carve_zone *const *zones;
	unsigned long end_pfn;
};

/* False: no zone has room for a block of @order below the limit, free or not */
bool carve_pages_may_hold(const struct carve_alloc_context *ac, unsigned int order);
/*
 * Allocate a block within the limits of @ac, with all reclaim that @gfp allows,
 * as in mm/; or NULL. @caller is for tracepoints.
 */
struct carve_page *carve_pages_alloc_within(struct carve_pages *ps,
					    const struct carve_alloc_context *ac,
					    gfp_t gfp, unsigned int order,
					    unsigned long caller);
/*
 * Allocate a block and set its head to @state; the slow path of block.c. @zones
 * are tried in order, ended by NULL. __GFP_ZERO is ignored.
 */
struct carve_page *carve_pages_request(struct carve_pages *ps,
				       struct carve_zone *const *zones,
				       gfp_t gfp, unsigned int order,
				       enum carve_page_state state,
				       unsigned long caller);

#endif /* _CARVE_REQUEST_H */
