// SPDX-License-Identifier: GPL-2.0
/*
 * The exported functions for virtually contiguous memory, documented in
 * include/carveout.h. Wrappers of the vmap layer, which has the locking.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/overflow.h>

#include <carveout.h>

#include "core/instance.h"

void *carve_vmalloc(struct carveout *co, unsigned long size)
{
	return carve_vmap_alloc(&co->vmap, size, GFP_KERNEL, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_vmalloc);

void *carve_vzalloc(struct carveout *co, unsigned long size)
{
	return carve_vmap_alloc(&co->vmap, size, GFP_KERNEL | __GFP_ZERO,
				_RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_vzalloc);

void *carve_vmalloc_gfp(struct carveout *co, unsigned long size, gfp_t gfp)
{
	return carve_vmap_alloc(&co->vmap, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_vmalloc_gfp);

void *carve_vrealloc(struct carveout *co, const void *p, size_t size, gfp_t gfp)
{
	return carve_vmap_resize(&co->vmap, p, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_vrealloc);

void carve_vfree(struct carveout *co, const void *addr)
{
	carve_vmap_free(&co->vmap, addr, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_vfree);

void *carve_vmap(struct carveout *co, struct carve_page **pages,
		 unsigned int count)
{
	return carve_vmap_map_pages(&co->vmap, pages, count, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_vmap);

void carve_vunmap(struct carveout *co, const void *addr)
{
	carve_vmap_unmap_pages(&co->vmap, addr, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_vunmap);

void *carve_kvmalloc(struct carveout *co, size_t size, gfp_t gfp)
{
	return __carve_kvmalloc(&co->vmap, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kvmalloc);

void *carve_kvzalloc(struct carveout *co, size_t size, gfp_t gfp)
{
	return __carve_kvmalloc(&co->vmap, size, gfp | __GFP_ZERO, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kvzalloc);

void *carve_kvmalloc_array(struct carveout *co, size_t n, size_t size,
			   gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return __carve_kvmalloc(&co->vmap, bytes, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kvmalloc_array);

void *carve_kvcalloc(struct carveout *co, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return __carve_kvmalloc(&co->vmap, bytes, gfp | __GFP_ZERO, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kvcalloc);

void *carve_kvrealloc(struct carveout *co, const void *p, size_t size,
		      gfp_t gfp)
{
	return carve_kvmalloc_resize(&co->vmap, p, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kvrealloc);

void carve_kvfree(struct carveout *co, const void *p)
{
	__carve_kvfree(&co->vmap, p, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kvfree);
