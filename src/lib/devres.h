/* SPDX-License-Identifier: GPL-2.0 */
/* Records of what is freed with a device */
#ifndef _CARVE_DEVRES_H
#define _CARVE_DEVRES_H

#include <linux/gfp.h>

/* The caller's flags that are passed to devres_alloc(), whose memory is the kernel's */
#define CARVE_GFP_DEVRES (GFP_KERNEL | GFP_ATOMIC | __GFP_NOWARN)

#endif /* _CARVE_DEVRES_H */
