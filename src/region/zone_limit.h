/* SPDX-License-Identifier: GPL-2.0 */
/* Limits of the kernel's zones. See zone_limit.c. */
#ifndef _CARVE_ZONE_LIMIT_H
#define _CARVE_ZONE_LIMIT_H

#include <linux/types.h>

/* Highest address allowed by a zone modifier, as in mm/ on this machine */
phys_addr_t carve_region_zone_limit(gfp_t zone);

#endif /* _CARVE_ZONE_LIMIT_H */
