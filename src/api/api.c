// SPDX-License-Identifier: GPL-2.0
/*
 * Set-up of the exported API
 *
 * carve_cache_alloc() and carve_kmalloc() are static calls to functions that
 * don't zero memory. With init_on_alloc=1 they are redirected, once, to
 * functions that do. No locking: this runs before the first allocation.
 */
#include <linux/mm.h>
#include <linux/static_call.h>

#include <carveout.h>

#include "api/api.h"

void __init carve_api_init(void)
{
	if (!want_init_on_alloc(0))
		return;
	static_call_update(carve_cache_alloc_plain, carve_cache_alloc_any);
	static_call_update(carve_kmalloc_plain, carve_kmalloc_any);
}
