/* SPDX-License-Identifier: GPL-2.0 */
/* Page allocator of a carveout: set-up, lookups and checks. See pages.c. */
#ifndef _CARVE_PAGES_H
#define _CARVE_PAGES_H

#include "page/pages_types.h"

void carve_pages_init(struct carve_pages *ps, const char *name,
		      struct carve_page *map, u32 nr_pages);
/*
 * Add a zone over @region, whose first page has index @first. Next, initialize
 * its page descriptors by carve_pages_make().
 */
struct carve_zone *carve_pages_add_zone(struct carve_pages *ps,
					const struct carve_region *region,
					u32 first);
/*
 * Initialize the descriptors of a zone's pages: all of them or, if @initialized
 * isn't NULL, the first @nr; see carve_deferred_init_setup()
 */
void carve_pages_make(struct carve_pages *ps, struct carve_zone *zone,
		      u8 *initialized, u32 nr);
/* Initialize all remaining descriptors; sleeps */
void carve_pages_init_deferred(struct carve_pages *ps);
/* Pages with uninitialized descriptors, rounded up to pageblocks */
unsigned long carve_pages_nr_uninitialized(const struct carve_pages *ps);
/*
 * For walks over all pages: the descriptor of page @index, or NULL if it isn't
 * initialized: then the page is free or just being allocated
 */
const struct carve_page *carve_pages_peek(const struct carve_pages *ps,
					  u32 index);
/* Build zonelists and set watermarks, after all zones have their pages */
void carve_pages_start(struct carve_pages *ps);

struct carve_page *carve_pages_lookup_slow(struct carve_pages *ps,
					   const void *addr);
bool carve_pages_contain_slow(const struct carve_pages *ps, const void *addr);
bool carve_pages_owns_slow(struct carve_pages *ps,
			   const struct carve_page *page);

/*
 * Note that the zone has poisoned pages: from now on all frees take the slow
 * path, which withholds them. carve_pages_find_broken() handles pages freed
 * before. Any context but NMI.
 */
void carve_pages_note_broken(struct carve_pages *ps, struct carve_zone *zone);
/* Withhold free poisoned pages; sleeps. Return: pages withheld so far */
unsigned long carve_pages_find_broken(struct carve_pages *ps);

/* Highest order of a block in any zone */
unsigned int carve_pages_max_order(const struct carve_pages *ps);
/* Pages managed by the buddy system: all but metadata and poisoned pages */
unsigned long carve_pages_nr_managed(const struct carve_pages *ps);

void carve_pages_check(struct carve_pages *ps, struct carve_report *r);

#endif /* _CARVE_PAGES_H */
