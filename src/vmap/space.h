/* SPDX-License-Identifier: GPL-2.0 */
/* Virtual addresses and who has them: integers only. See space.c. */
#ifndef _CARVE_SPACE_H
#define _CARVE_SPACE_H

#include "vmap/area.h"

struct carve_report;

/**
 * struct carve_space - a range of virtual pages, and the areas in it
 * @root: the areas, by address
 * @first: number of the first page
 * @end: number of the page behind the last
 */
struct carve_space {
	struct rb_root root;
	unsigned long first;
	unsigned long end;
};

/* Of @nr_pages pages from @first on */
void carve_space_init(struct carve_space *space, unsigned long first,
		      unsigned long nr_pages);

/*
 * Puts an area with its guard page, which is what its span says, where there is
 * room for that, as low as possible. False: no gap is that large.
 */
bool carve_space_place(struct carve_space *space, struct carve_area *area);
/* Puts an area at the first page that it says, where it meets no other */
void carve_space_insert(struct carve_space *space, struct carve_area *area);
/* The area that begins with page @first, or NULL */
struct carve_area *carve_space_find(const struct carve_space *space,
				    unsigned long first);
void carve_space_erase(struct carve_space *space, struct carve_area *area);

void carve_space_check(const struct carve_space *space, struct carve_report *r);

/* All areas of a space, by address */
#define carve_space_for_each(area, space)				\
	for ((area) = rb_entry_safe(rb_first(&(space)->root),		\
				    struct carve_area, node);		\
	     (area);							\
	     (area) = rb_entry_safe(rb_next(&(area)->node),		\
				    struct carve_area, node))

#endif /* _CARVE_SPACE_H */
