// SPDX-License-Identifier: GPL-2.0
/*
 * The exported functions of the kmalloc() family, documented in
 * include/carveout.h. The fast path of the slab layer is inlined here; locking
 * is the slab layer's.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/overflow.h>
#include <linux/static_call.h>
#include <linux/string.h>

#include <carveout.h>

#include "api/caller.h"
#include "core/instance.h"
#include "slab/bulk.h"

void *carve_kmalloc_any(struct carveout *co, size_t size, gfp_t gfp)
{
	return __carve_kmalloc(&co->slabs, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kmalloc_any);

static void *kmalloc_as_is(struct carveout *co, size_t size, gfp_t gfp);

static CARVE_API_SLOW void *kmalloc_as_is_slow(struct carveout *co, size_t size,
					       gfp_t gfp)
{
	return carve_kmalloc_as_is_slow(&co->slabs, size, gfp,
					carve_api_caller(kmalloc_as_is));
}

static void *kmalloc_as_is(struct carveout *co, size_t size, gfp_t gfp)
{
	void *p;

	carve_might_alloc(gfp);
	if (unlikely(!carve_kmalloc_hot(&co->slabs, size, &p)))
		return kmalloc_as_is_slow(co, size, gfp);
	return p;
}

DEFINE_STATIC_CALL(carve_kmalloc_plain, kmalloc_as_is);
EXPORT_STATIC_CALL_GPL(carve_kmalloc_plain);

void *carve_kzalloc(struct carveout *co, size_t size, gfp_t gfp)
{
	return __carve_kmalloc(&co->slabs, size, gfp | __GFP_ZERO, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kzalloc);

void *carve_kmalloc_array(struct carveout *co, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return __carve_kmalloc(&co->slabs, bytes, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kmalloc_array);

void *carve_kcalloc(struct carveout *co, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return __carve_kmalloc(&co->slabs, bytes, gfp | __GFP_ZERO, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kcalloc);

void *carve_krealloc(struct carveout *co, const void *p, size_t size, gfp_t gfp)
{
	return carve_kmalloc_resize(&co->slabs, p, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_krealloc);

static CARVE_API_SLOW void kfree_slow(struct carveout *co, const void *p)
{
	__carve_kfree_any(&co->slabs, p, carve_api_caller(carve_kfree));
}

void carve_kfree(struct carveout *co, const void *p)
{
	if (unlikely(!carve_kfree_hot(&co->slabs, p)))
		kfree_slow(co, p);
}
EXPORT_SYMBOL_GPL(carve_kfree);

void carve_kfree_sensitive(struct carveout *co, const void *p)
{
	__carve_kfree_sensitive(&co->slabs, p, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kfree_sensitive);

size_t carve_ksize(struct carveout *co, const void *p)
{
	return carve_kmalloc_claim(&co->slabs, p, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_ksize);

size_t carve_kmalloc_size_roundup(size_t size)
{
	return carve_kmalloc_roundup(size);
}
EXPORT_SYMBOL_GPL(carve_kmalloc_size_roundup);

void *carve_kmemdup(struct carveout *co, const void *src, size_t len, gfp_t gfp)
{
	void *p = __carve_kmalloc(&co->slabs, len, gfp, _RET_IP_);

	return p ? memcpy(p, src, len) : NULL;
}
EXPORT_SYMBOL_GPL(carve_kmemdup);

char *carve_kstrdup(struct carveout *co, const char *s, gfp_t gfp)
{
	size_t len;
	char *p;

	if (!s)
		return NULL;
	len = strlen(s) + 1;
	p = __carve_kmalloc(&co->slabs, len, gfp, _RET_IP_);
	return p ? memcpy(p, s, len) : NULL;
}
EXPORT_SYMBOL_GPL(carve_kstrdup);

char *carve_kmemdup_nul(struct carveout *co, const char *s, size_t len,
			gfp_t gfp)
{
	char *p;

	if (!s || len == SIZE_MAX)
		return NULL;
	p = __carve_kmalloc(&co->slabs, len + 1, gfp, _RET_IP_);
	if (!p)
		return NULL;
	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}
EXPORT_SYMBOL_GPL(carve_kmemdup_nul);

char *carve_kstrndup(struct carveout *co, const char *s, size_t max, gfp_t gfp)
{
	return s ? carve_kmemdup_nul(co, s, strnlen(s, max), gfp) : NULL;
}
EXPORT_SYMBOL_GPL(carve_kstrndup);

void *carve_krealloc_array(struct carveout *co, const void *p, size_t n,
			   size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return carve_kmalloc_resize(&co->slabs, p, bytes, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_krealloc_array);

void carve_kfree_bulk(struct carveout *co, size_t nr, void **objects)
{
	__carve_kfree_bulk(&co->slabs, nr, objects, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kfree_bulk);
