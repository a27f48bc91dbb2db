// SPDX-License-Identifier: GPL-2.0
/*
 * The exported functions for memory that is freed with a device, documented in
 * include/carveout_devm.h. The driver core serialises the records of a device;
 * there is no other locking.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <carveout.h>

#include "core/instance.h"
#include "lib/devres.h"
#include "page/misuse.h"
#include "slab/caches.h"

/* Memory of a device */
struct managed_memory {
	struct carveout *co;
	const void *p;
};

static void free_managed_memory(struct device *dev, void *resource)
{
	const struct managed_memory *m = resource;

	carve_kfree(m->co, m->p);
}

static int match_managed_memory(struct device *dev, void *resource, void *wanted)
{
	const struct managed_memory *m = resource, *w = wanted;

	return m->co == w->co && m->p == w->p;
}

/* True without a device, which could free nothing */
static bool refuse_no_device(const struct device *dev, unsigned long caller)
{
	if (dev)
		return false;
	pr_err_ratelimited("no device was given by %pS: nothing would free what carve_devm functions return\n",
			   (void *)caller);
	return true;
}

static void *alloc_managed(struct carveout *co, struct device *dev, size_t size,
			   gfp_t gfp, unsigned long caller)
{
	struct managed_memory *m;
	void *p;

	if (refuse_no_device(dev, caller))
		return NULL;
	if (!size)
		return ZERO_SIZE_PTR;
	m = devres_alloc(free_managed_memory, sizeof(*m), gfp & CARVE_GFP_DEVRES);
	if (!m)
		return NULL;
	p = __carve_kmalloc(&co->slabs, size, gfp, caller);
	if (!p) {
		devres_free(m);
		return NULL;
	}
	m->co = co;
	m->p = p;
	devres_add(dev, m);
	return p;
}

void *carve_devm_kmalloc(struct carveout *co, struct device *dev, size_t size,
			 gfp_t gfp)
{
	return alloc_managed(co, dev, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_devm_kmalloc);

void *carve_devm_kzalloc(struct carveout *co, struct device *dev, size_t size,
			 gfp_t gfp)
{
	return alloc_managed(co, dev, size, gfp | __GFP_ZERO, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_devm_kzalloc);

static void *alloc_managed_array(struct carveout *co, struct device *dev,
				 size_t n, size_t size, gfp_t gfp,
				 unsigned long caller)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return alloc_managed(co, dev, bytes, gfp, caller);
}

void *carve_devm_kmalloc_array(struct carveout *co, struct device *dev,
			       size_t n, size_t size, gfp_t gfp)
{
	return alloc_managed_array(co, dev, n, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_devm_kmalloc_array);

void *carve_devm_kcalloc(struct carveout *co, struct device *dev, size_t n,
			 size_t size, gfp_t gfp)
{
	return alloc_managed_array(co, dev, n, size, gfp | __GFP_ZERO,
				   _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_devm_kcalloc);

void *carve_devm_kmemdup(struct carveout *co, struct device *dev,
			 const void *src, size_t len, gfp_t gfp)
{
	void *p = alloc_managed(co, dev, len, gfp, _RET_IP_);

	return p ? memcpy(p, src, len) : NULL;
}
EXPORT_SYMBOL_GPL(carve_devm_kmemdup);

char *carve_devm_kstrdup(struct carveout *co, struct device *dev,
			 const char *s, gfp_t gfp)
{
	size_t len;
	char *p;

	if (!s)
		return NULL;
	len = strlen(s) + 1;
	p = alloc_managed(co, dev, len, gfp, _RET_IP_);
	return p ? memcpy(p, s, len) : NULL;
}
EXPORT_SYMBOL_GPL(carve_devm_kstrdup);

void carve_devm_kfree(struct carveout *co, struct device *dev, const void *p)
{
	struct managed_memory wanted = { .co = co, .p = p };

	if (ZERO_OR_NULL_PTR(p) || refuse_no_device(dev, _RET_IP_))
		return;
	if (devres_release(dev, free_managed_memory, match_managed_memory,
			   &wanted))
		carve_report_misuse(&co->pages, CARVE_MISUSE_FREE, p,
				    "not memory that carve_devm_kmalloc() allocated for this device",
				    _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_devm_kfree);

static void put_managed_carveout(void *co)
{
	carveout_put(co);
}

struct carveout *carve_devm_get(struct device *dev, const char *name)
{
	struct carveout *co;
	int ret;

	if (refuse_no_device(dev, _RET_IP_))
		return ERR_PTR(-EINVAL);
	co = carveout_get(name);
	if (!co)
		return ERR_PTR(-ENODEV);
	ret = devm_add_action_or_reset(dev, put_managed_carveout, co);
	return ret ? ERR_PTR(ret) : co;
}
EXPORT_SYMBOL_GPL(carve_devm_get);

static void destroy_managed_cache(void *cache)
{
	carve_cache_destroy(cache);
}

struct carve_cache *
carve_devm_cache_create(struct carveout *co, struct device *dev,
			const char *name, unsigned int size,
			unsigned int align, slab_flags_t flags,
			void (*ctor)(void *object))
{
	const struct carve_cache_args args = {
		.name = name,
		.size = size,
		.align = align,
		.flags = flags,
		.ctor = ctor,
		.caller = _RET_IP_,
	};
	struct carve_cache *cache;
	int ret;

	if (refuse_no_device(dev, _RET_IP_))
		return ERR_PTR(-EINVAL);
	cache = carve_cache_new(&co->slabs, &args);
	if (IS_ERR(cache))
		return cache;
	ret = devm_add_action_or_reset(dev, destroy_managed_cache, cache);
	return ret ? ERR_PTR(ret) : cache;
}
EXPORT_SYMBOL_GPL(carve_devm_cache_create);
