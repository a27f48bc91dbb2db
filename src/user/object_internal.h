/* SPDX-License-Identifier: GPL-2.0 */
/* What buffer.c needs of object.c. */
#ifndef _CARVE_OBJECT_INTERNAL_H
#define _CARVE_OBJECT_INTERNAL_H

#include <linux/mm.h>

#include "page/pages_inline.h"
#include "user/object.h"

#define CARVE_GFP_OBJECT (GFP_USER | __GFP_MOVABLE | __GFP_ZERO | __GFP_NOWARN)

static inline struct page *carve_object_frame(struct carve_pages *ps,
					      const struct carve_page *page)
{
	return pfn_to_page(carve_pages_pfn(ps, page));
}

/* The page at an offset, or NULL. The caller holds the object's lock */
static inline struct carve_page *carve_object_page(const struct carve_object *object,
						   unsigned long at)
{
	u32 entry = carve_index_load(&object->index, at);

	return entry == CARVE_PAGE_NONE ? NULL :
	       &carve_object_pages(object)->map[entry];
}

/*
 * Charge @nr pages, and allocate a block for them. Frees idle pages first if that is
 * necessary; for the block, unless __GFP_NORETRY is set. May sleep. Return: the
 * block, or ERR_PTR(): -EDQUOT, or -ENOMEM
 */
struct carve_page *carve_object_alloc(struct carve_object *object, gfp_t gfp,
				      unsigned int order, unsigned long nr);

/* Free a block, and uncharge @nr pages */
void carve_object_free(struct carve_object *object, struct carve_page *page,
		       unsigned int order, unsigned long nr);

static inline void carve_object_uncharge(struct carve_object *object, unsigned long nr)
{
	carve_quota_uncharge(&object->nr_charged, object->owner, nr);
}

/*
 * Insert a page of order 0, which is charged, at an offset without one. The caller
 * holds the object's lock. Return: 0, or -ENOMEM if there is no page for a table
 */
int carve_object_insert(struct carve_object *object, unsigned long at,
			struct carve_page *page);

#endif /* _CARVE_OBJECT_INTERNAL_H */
