/* SPDX-License-Identifier: GPL-2.0 */
/* The exported API's own set-up. What it exports is in <carveout.h>. */
#ifndef _CARVE_API_H
#define _CARVE_API_H

#include <linux/init.h>

/* Once, before anybody allocates: goes by how the kernel was booted */
void __init carve_api_init(void);

#endif /* _CARVE_API_H */
