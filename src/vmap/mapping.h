/* SPDX-License-Identifier: GPL-2.0 */
/* Mapping the pages of an area. See mapping.c. */
#ifndef _CARVE_MAPPING_H
#define _CARVE_MAPPING_H

#include "vmap/vmap.h"

/* Bytes of the page array that it takes to map @area, or 0 */
size_t carve_mapping_array_bytes(const struct carve_vmap *vmap,
				 const struct carve_area *area);
/*
 * Allocate addresses for @area, map its blocks there and insert it into the
 * space; the caller sets it USED. @array: of carve_mapping_array_bytes(), and
 * then @gfp must allow blocking; or NULL. 0 or -ENOMEM. Sleeps if @gfp allows
 * it.
 */
int carve_mapping_add(struct carve_vmap *vmap, struct carve_area *area,
		      struct page **array, gfp_t gfp);
/* Like carve_mapping_add(), for @area->nr_pages pages that the caller owns */
int carve_mapping_map_pages(struct carve_vmap *vmap, struct carve_area *area,
			    struct page **array, struct carve_page **pages);

/* Must carve_mapping_remove() be called by a task that can sleep? */
bool carve_mapping_needs_task(const struct carve_vmap *vmap);
/*
 * Unmap an area that is not in use, and free its blocks. Its struct and
 * addresses are freed after the next TLB flush.
 */
void carve_mapping_remove(struct carve_vmap *vmap, struct carve_area *area);
/* Flush TLBs and free all lazy areas; sleeps */
void carve_mapping_purge(struct carve_vmap *vmap);

/* The carveout's page that @addr maps, or NULL */
struct carve_page *carve_mapping_page(struct carve_vmap *vmap,
				      const void *addr);
/* The area whose first page is mapped at @addr, or NULL */
struct carve_area *carve_mapping_find(struct carve_vmap *vmap,
				      const void *addr);

/* Check the invariants of a mapping; called under vmap->lock */
void carve_mapping_check(struct carve_vmap *vmap, const struct carve_area *area,
			 struct carve_report *r);

#endif /* _CARVE_MAPPING_H */
