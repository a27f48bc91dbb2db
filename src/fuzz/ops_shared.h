/* SPDX-License-Identifier: GPL-2.0 */
/* Set-up for memory shared with the kernel or a device. See ops_shared.c. */
#ifndef _CARVE_FUZZ_OPS_SHARED_H
#define _CARVE_FUZZ_OPS_SHARED_H

#include "fuzz/world.h"

/* Set up the device and the page guards of the layers "dma" and "native" */
int carve_fuzz_share(struct carve_fuzz *fuzz);
void carve_fuzz_unshare(struct carve_fuzz *fuzz);

#endif /* _CARVE_FUZZ_OPS_SHARED_H */
