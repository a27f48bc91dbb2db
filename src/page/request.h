/* SPDX-License-Identifier: GPL-2.0 */
/* A request for pages: which may serve it, and what it may do to get them. See request.c. */
#ifndef _CARVE_REQUEST_H
#define _CARVE_REQUEST_H

#include "page/pages.h"

/**
 * struct carve_reach - the pages that may serve a request
 * @zones: the zones to try, in this order, ended by NULL
 * @end_pfn: only pages below this page frame number may serve it
 */
struct carve_reach {
	struct carve_zone *const *zones;
	unsigned long end_pfn;
};

/* False where no zone could ever hold such a block within reach */
bool carve_pages_may_hold(const struct carve_reach *reach, unsigned int order);
/*
 * A block within reach, as natively by all means that @gfp allows; or NULL.
 * @caller: for those who trace.
 */
struct carve_page *carve_pages_alloc_within(struct carve_pages *ps,
					    const struct carve_reach *reach,
					    gfp_t gfp, unsigned int order,
					    unsigned long caller);
/*
 * A block in @state from the first of these zones, ended by NULL, that can
 * spare it, past the fast path; or NULL. Not zeroed, whatever @gfp says.
 */
struct carve_page *carve_pages_request(struct carve_pages *ps,
				       struct carve_zone *const *zones,
				       gfp_t gfp, unsigned int order,
				       enum carve_page_state state,
				       unsigned long caller);

#endif /* _CARVE_REQUEST_H */
