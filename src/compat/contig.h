/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Replacement for alloc_contig_pages() on kernels that don't export it. KUnit
 * builds have it on all kernels.
 */
#ifndef _CARVE_COMPAT_CONTIG_H
#define _CARVE_COMPAT_CONTIG_H

#include <linux/nodemask.h>
#include <linux/types.h>

#if !defined(CARVE_HAVE_ALLOC_CONTIG_PAGES) || defined(CARVEOUT_KUNIT)
#define CARVE_SCAN_FOR_CONTIG_PAGES
#endif

struct page;

struct page *carve_compat_alloc_contig_pages(unsigned long nr_pages,
					     gfp_t gfp_mask, int nid,
					     nodemask_t *nodemask);

#endif /* _CARVE_COMPAT_CONTIG_H */
