// SPDX-License-Identifier: GPL-2.0
/*
 * Compound pages, for __GFP_COMP of modules built with carveout_native.h.
 *
 * mm/ makes a compound page of pages without references. Pages of a carveout
 * have some, which the reservation and the guard hold, see native.c. So they are
 * frozen first: their counts become 0, and code that finds them by page frame
 * number, such as compaction, gets no reference. The head gets its references
 * back when the block is a compound page. Its tails keep a count of 0, as in
 * mm/, until the block is single pages again.
 *
 * Rule: a page with a reference of somebody else isn't frozen, as the put would
 * go to another page's count afterwards.
 */
#include <linux/mm.h>
#include <linux/page_ref.h>

#include "compat/compound.h"
#include "core/compound.h"

/* Give @nr frozen pages their references back, the head last */
static void unfreeze_pages(struct page *head, unsigned long nr, int refs)
{
	while (nr--)
		page_ref_unfreeze(head + nr, refs);
}

static bool freeze_pages(struct page *head, unsigned long nr, int refs)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (page_ref_freeze(head + i, refs))
			continue;
		unfreeze_pages(head, i, refs);
		return false;
	}
	return true;
}

bool carve_compound_make(struct page *head, unsigned int order, int refs)
{
	if (!freeze_pages(head, BIT(order), refs))
		return false;
	if (!carve_compat_compound_set(head, order)) {
		unfreeze_pages(head, BIT(order), refs);
		return false;
	}
	page_ref_unfreeze(head, refs);
	return true;
}

bool carve_compound_break(struct page *head, unsigned int order, int expected,
			  int refs)
{
	if (!page_ref_freeze(head, expected))
		return false;
	carve_compat_compound_reset(head, order);
	unfreeze_pages(head, BIT(order), refs);
	return true;
}
