/* SPDX-License-Identifier: GPL-2.0 */
/*
 * alloc_contig_pages(): where the kernel doesn't export it, one of our own
 * over alloc_contig_range(). Kbuild looks into the kernel's Module.symvers.
 */
#ifndef _CARVE_COMPAT_LINUX_GFP_H
#define _CARVE_COMPAT_LINUX_GFP_H

#include_next <linux/gfp.h>

#ifndef CARVE_HAVE_ALLOC_CONTIG_PAGES
struct page *carve_compat_alloc_contig_pages(unsigned long nr_pages,
					     gfp_t gfp_mask, int nid,
					     nodemask_t *nodemask);

#undef alloc_contig_pages
#define alloc_contig_pages(nr_pages, gfp_mask, nid, nodemask) \
	carve_compat_alloc_contig_pages(nr_pages, gfp_mask, nid, nodemask)
#endif

#endif /* _CARVE_COMPAT_LINUX_GFP_H */
