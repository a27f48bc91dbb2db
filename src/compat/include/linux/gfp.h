/* SPDX-License-Identifier: GPL-2.0 */
/*
 * alloc_contig_pages(): compat/contig.c if the kernel doesn't export it, which
 * Kbuild looks up in the kernel's Module.symvers.
 */
#ifndef _CARVE_COMPAT_LINUX_GFP_H
#define _CARVE_COMPAT_LINUX_GFP_H

#include_next <linux/gfp.h>

#ifndef CARVE_HAVE_ALLOC_CONTIG_PAGES
#include "compat/contig.h"

#undef alloc_contig_pages
#define alloc_contig_pages(nr_pages, gfp_mask, nid, nodemask) \
	carve_compat_alloc_contig_pages(nr_pages, gfp_mask, nid, nodemask)
#endif

#endif /* _CARVE_COMPAT_LINUX_GFP_H */
