// SPDX-License-Identifier: GPL-2.0
/*
 * The exported functions that map pages without a kernel address, documented in
 * include/carveout.h. Wrappers of highmem/kmap.c, which has the locking.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>

#include <carveout.h>

#include "core/instance.h"

void *carve_kmap(struct carveout *co, struct carve_page *page)
{
	return carve_kmap_map(&co->kmap, page, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kmap);

void carve_kunmap(struct carveout *co, struct carve_page *page)
{
	carve_kmap_unmap(&co->kmap, page, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kunmap);

void *carve_kmap_local(struct carveout *co, struct carve_page *page)
{
	return carve_kmap_map_local(&co->kmap, page, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kmap_local);

void carve_kunmap_local(struct carveout *co, const void *addr)
{
	carve_kmap_unmap_local(&co->kmap, addr, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kunmap_local);
