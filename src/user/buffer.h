/* SPDX-License-Identifier: GPL-2.0 */
/* Contiguous blocks of pages in an object. See buffer.c. */
#ifndef _CARVE_USER_BUFFER_H
#define _CARVE_USER_BUFFER_H

#include "user/object.h"

/**
 * carve_object_get_huge() - get or allocate a block of pages at an offset
 * @object: the object
 * @at: offset in pages, a multiple of the block's length
 * @order: log2 of its length in pages
 *
 * For huge mappings only: the pages get no reference, and aren't idle only
 * because a mapping without references covers them.
 *
 * Context: may sleep.
 * Return: the first page, without a reference; or NULL if the pages at this
 * offset are not contiguous, or no block is free.
 */
struct page *carve_object_get_huge(struct carve_object *object, unsigned long at,
				   unsigned int order);

/**
 * carve_object_alloc_range() - allocate all pages of a range in blocks
 * @object: the object
 * @first: first offset of the range, in pages
 * @nr: its length in pages, not 0
 * @order: log2 of the length of a block in pages
 *
 * Each block is physically contiguous and aligned to its length; the last one
 * ends with the range. The pages are zeroed, and stay until the object is closed.
 *
 * Context: may sleep.
 * Return: 0, or the reason why nothing was allocated: -ENOMEM if not enough blocks
 * are free, -EEXIST if a page of the range is there already, -EFBIG if the range
 * ends beyond the limit, -EINTR if the caller was killed.
 */
int carve_object_alloc_range(struct carve_object *object, unsigned long first,
			     unsigned long nr, unsigned int order);

/**
 * carve_object_find_block() - find the physical address of an offset
 * @object: the object
 * @at: the offset, in pages
 * @phys: set to the address
 *
 * Only pages that stay until the object is closed have one. Stays valid that long.
 *
 * Context: may sleep.
 * Return: the number of such pages that are physically contiguous from there on;
 * 0 if there is none.
 */
unsigned long carve_object_find_block(struct carve_object *object, unsigned long at,
				      phys_addr_t *phys);

#endif /* _CARVE_USER_BUFFER_H */
