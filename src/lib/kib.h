/* SPDX-License-Identifier: GPL-2.0 */
/* Sizes in files are in KiB, as in /proc; inside they are in pages. */
#ifndef _CARVE_KIB_H
#define _CARVE_KIB_H

#include <linux/mm.h>

static inline unsigned long carve_pages_to_kib(unsigned long nr_pages)
{
	return nr_pages << (PAGE_SHIFT - 10);
}

/* Rounds down */
static inline unsigned long carve_kib_to_pages(unsigned long kib)
{
	return kib >> (PAGE_SHIFT - 10);
}

#endif /* _CARVE_KIB_H */
