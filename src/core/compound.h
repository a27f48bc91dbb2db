/* SPDX-License-Identifier: GPL-2.0 */
/* Compound pages of struct pages of a carveout. See compound.c. */
#ifndef _CARVE_COMPOUND_H
#define _CARVE_COMPOUND_H

#include <linux/types.h>

struct page;

/*
 * Make a compound page of a block whose pages have @refs references each. Any
 * context. Returns false, with nothing changed, if a page has others.
 */
bool carve_compound_make(struct page *head, unsigned int order, int refs);
/*
 * Make single pages, of @refs references each, of a compound page whose head has
 * @expected references. Any context. Returns false, with nothing changed, if the
 * head has others.
 */
bool carve_compound_break(struct page *head, unsigned int order, int expected,
			  int refs);

#endif /* _CARVE_COMPOUND_H */
