/* SPDX-License-Identifier: GPL-2.0 */
/* The sources of regions, and what they share. See region.c. */
#ifndef _CARVE_REGION_INTERNAL_H
#define _CARVE_REGION_INTERNAL_H

#include "region/region.h"

extern const struct carve_region_source carve_region_contig;
extern const struct carve_region_source carve_region_cma;
extern const struct carve_region_source carve_region_reserved;

#ifdef CARVEOUT_KUNIT
/* Set by tests: source "reserved" acts as on a machine that encrypts its memory */
extern bool carve_region_feign_encryption;
#else
#define carve_region_feign_encryption false
#endif

/* Append a reason to @region->refusal; see refuse.c */
__printf(2, 3) void carve_region_refuse(struct carve_region *region,
					const char *fmt, ...);

#endif /* _CARVE_REGION_INTERNAL_H */
