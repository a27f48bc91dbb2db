/* SPDX-License-Identifier: GPL-2.0 */
/* Set-up of the exported API, which <carveout.h> declares. */
#ifndef _CARVE_API_H
#define _CARVE_API_H

#include <linux/init.h>

/* Apply the boot parameter init_on_alloc; once, before the first allocation */
void __init carve_api_init(void);

#endif /* _CARVE_API_H */
