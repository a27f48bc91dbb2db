/* SPDX-License-Identifier: GPL-2.0 */
/* Address ranges of areas: integers only, nothing is mapped. See space.c. */
#ifndef _CARVE_SPACE_H
#define _CARVE_SPACE_H

#include "vmap/area.h"

struct carve_report;

/**
 * struct carve_space - a range of virtual pages, and the areas in it
 * @root: tree of the areas, sorted by address
 * @first: number of the first page
 * @end: number of the page behind the last
 */
struct carve_space {
	struct rb_root root;
	unsigned long first;
	unsigned long end;
};

void carve_space_init(struct carve_space *space, unsigned long first,
		      unsigned long nr_pages);

/* Place @area in the lowest gap of at least @area->span pages; false if none */
bool carve_space_place(struct carve_space *space, struct carve_area *area);
/* Insert @area at @area->first; the range must be free */
void carve_space_insert(struct carve_space *space, struct carve_area *area);
/* The area that begins at page @first, or NULL */
struct carve_area *carve_space_find(const struct carve_space *space,
				    unsigned long first);
void carve_space_erase(struct carve_space *space, struct carve_area *area);

/* The first area that begins at or behind page @page, or NULL */
struct carve_area *carve_space_from(const struct carve_space *space,
				    unsigned long page);
/* The next area by address, or NULL */
struct carve_area *carve_space_next(const struct carve_area *area);

/* Check the invariants of one area */
void carve_space_check(const struct carve_space *space,
		       const struct carve_area *area, struct carve_report *r);

#endif /* _CARVE_SPACE_H */
