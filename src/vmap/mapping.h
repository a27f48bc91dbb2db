/* SPDX-License-Identifier: GPL-2.0 */
/* How the pages of an area are mapped. See mapping.c. */
#ifndef _CARVE_MAPPING_H
#define _CARVE_MAPPING_H

#include "vmap/vmap.h"

/*
 * Finds addresses for an area and maps its blocks there, after which it is in
 * the space, but not yet in use; 0 or -ENOMEM. Sleeps as far as @gfp allows.
 */
int carve_mapping_add(struct carve_vmap *vmap, struct carve_area *area,
		      gfp_t gfp);
/* The same for pages that are the caller's own, as many as the area has */
int carve_mapping_add_given(struct carve_vmap *vmap, struct carve_area *area,
			    struct carve_page **pages);

/* True where carve_mapping_remove() is for tasks that can sleep alone */
bool carve_mapping_needs_task(const struct carve_vmap *vmap);
/*
 * Unmaps an area that is nobody's, and gives its blocks back; its record goes
 * when no TLB can have its addresses any more.
 */
void carve_mapping_remove(struct carve_vmap *vmap, struct carve_area *area);
/* Has TLBs forget all that was unmapped; sleeps */
void carve_mapping_purge(struct carve_vmap *vmap);

/* The page of the carveout's that @addr leads to, or NULL */
struct carve_page *carve_mapping_page(struct carve_vmap *vmap,
				      const void *addr);
/* The area whose first page is mapped at @addr, or NULL */
struct carve_area *carve_mapping_find(struct carve_vmap *vmap,
				      const void *addr);

/* Under vmap->lock: walks the invariants of a mapping */
void carve_mapping_check(struct carve_vmap *vmap, const struct carve_area *area,
			 struct carve_report *r);

#endif /* _CARVE_MAPPING_H */
