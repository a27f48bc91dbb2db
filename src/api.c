// SPDX-License-Identifier: GPL-2.0
/*
 * The exported API: each function leads straight to its layer, whose fast path
 * is inlined here. include/carveout.h says what they do.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/static_call.h>

#include <carveout.h>

#include "api.h"
#include "instance.h"

void __init carve_api_init(void)
{
	if (!want_init_on_alloc(0))
		return;
	static_call_update(carve_cache_alloc_plain, carve_cache_alloc_any);
	static_call_update(carve_kmalloc_plain, carve_kmalloc_any);
}

/* Pages */

struct carve_page *carve_alloc_pages(struct carveout *co, gfp_t gfp,
				     unsigned int order)
{
	return carve_pages_alloc_any(&co->pages, gfp, order, CARVE_PAGE_USED,
				     _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_alloc_pages);

void carve_free_pages(struct carveout *co, struct carve_page *page,
		      unsigned int order)
{
	if (unlikely(!carve_pages_free_hot(&co->pages, page, order,
					   CARVE_PAGE_USED)) && page)
		carve_pages_free_slow(&co->pages, page, order, CARVE_PAGE_USED,
				      _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_free_pages);

void carve_free_pages_cold(struct carveout *co, struct carve_page *page,
			   unsigned int order)
{
	if (likely(page))
		carve_pages_free_cold(&co->pages, page, order, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_free_pages_cold);

unsigned long carve_get_free_pages(struct carveout *co, gfp_t gfp,
				   unsigned int order)
{
	struct carve_page *page;

	page = carve_pages_alloc(&co->pages, gfp, order, CARVE_PAGE_USED,
				 _RET_IP_);
	return page ? (unsigned long)carve_pages_address(&co->pages, page) : 0;
}
EXPORT_SYMBOL_GPL(carve_get_free_pages);

unsigned long carve_get_zeroed_page(struct carveout *co, gfp_t gfp)
{
	struct carve_page *page;

	page = carve_pages_alloc(&co->pages, gfp | __GFP_ZERO, 0,
				 CARVE_PAGE_USED, _RET_IP_);
	return page ? (unsigned long)carve_pages_address(&co->pages, page) : 0;
}
EXPORT_SYMBOL_GPL(carve_get_zeroed_page);

void carve_free_pages_addr(struct carveout *co, unsigned long addr,
			   unsigned int order)
{
	struct carve_page *page = carve_pages_lookup_start(&co->pages,
							   (void *)addr);

	if (addr)
		carve_pages_free(&co->pages, page, order, CARVE_PAGE_USED,
				 _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_free_pages_addr);

void *carve_alloc_pages_exact(struct carveout *co, size_t size, gfp_t gfp)
{
	return carve_pages_alloc_exact(&co->pages, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_alloc_pages_exact);

void carve_free_pages_exact(struct carveout *co, void *virt, size_t size)
{
	if (virt)
		carve_pages_free_exact(&co->pages, virt, size, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_free_pages_exact);

unsigned long carve_alloc_pages_bulk(struct carveout *co, gfp_t gfp,
				     unsigned long nr,
				     struct carve_page **pages)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (pages[i])
			continue;
		pages[i] = carve_pages_alloc_any(&co->pages, gfp, 0,
						 CARVE_PAGE_USED, _RET_IP_);
		if (!pages[i])
			break;
	}
	return i;
}
EXPORT_SYMBOL_GPL(carve_alloc_pages_bulk);

void carve_free_pages_bulk(struct carveout *co, unsigned long nr,
			   struct carve_page **pages)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (pages[i])
			carve_pages_free(&co->pages, pages[i], 0,
					 CARVE_PAGE_USED, _RET_IP_);
		pages[i] = NULL;
	}
}
EXPORT_SYMBOL_GPL(carve_free_pages_bulk);

void carve_split_page(struct carveout *co, struct carve_page *page,
		      unsigned int order)
{
	carve_pages_split(&co->pages, page, order, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_split_page);

void *carve_page_address(struct carveout *co, const struct carve_page *page)
{
	return likely(carve_pages_owns(&co->pages, page)) ?
	       carve_kmap_address(&co->kmap, page) : NULL;
}
EXPORT_SYMBOL_GPL(carve_page_address);

struct carve_page *carve_virt_to_page(struct carveout *co, const void *addr)
{
	return carve_pages_lookup(&co->pages, addr);
}
EXPORT_SYMBOL_GPL(carve_virt_to_page);

bool carve_owns(struct carveout *co, const void *p)
{
	return carve_pages_contain(&co->pages, p) ||
	       carve_vmap_owns(&co->vmap, p);
}
EXPORT_SYMBOL_GPL(carve_owns);

phys_addr_t carve_page_to_phys(struct carveout *co,
			       const struct carve_page *page)
{
	if (unlikely(!carve_pages_owns(&co->pages, page)))
		return PHYS_ADDR_MAX;
	return PFN_PHYS(carve_pages_pfn(&co->pages, page));
}
EXPORT_SYMBOL_GPL(carve_page_to_phys);

/* Caches */

struct carve_cache *carve_cache_create(struct carveout *co, const char *name,
				       unsigned int size, unsigned int align,
				       slab_flags_t flags,
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

	return carve_cache_new(&co->slabs, &args);
}
EXPORT_SYMBOL_GPL(carve_cache_create);

struct carve_cache *
carve_cache_create_with(struct carveout *co, const char *name,
			unsigned int size, slab_flags_t flags,
			const struct carve_cache_options *options)
{
	static const struct carve_cache_options none;
	struct carve_cache_args args;

	options = options ?: &none;
	args = (struct carve_cache_args){
		.name = name,
		.size = size,
		.align = options->align,
		.flags = flags,
		.ctor = options->ctor,
		.dtor = options->dtor,
		.caller = _RET_IP_,
	};

	return carve_cache_new(&co->slabs, &args);
}
EXPORT_SYMBOL_GPL(carve_cache_create_with);

int carve_cache_destroy(struct carve_cache *cache)
{
	struct carveout *co;

	/* What carve_cache_create() returned, whatever that was */
	if (IS_ERR_OR_NULL(cache))
		return 0;
	co = container_of(cache->slabs, struct carveout, slabs);
	/* What is on its way back is no object in use */
	carve_rcu_flush(&co->rcu);
	return carve_cache_delete(cache);
}
EXPORT_SYMBOL_GPL(carve_cache_destroy);

void *carve_cache_alloc_any(struct carve_cache *cache, gfp_t gfp)
{
	return carve_cache_get(cache, gfp);
}
EXPORT_SYMBOL_GPL(carve_cache_alloc_any);

static void *cache_alloc_as_is(struct carve_cache *cache, gfp_t gfp)
{
	return carve_cache_get_as_is(cache, gfp);
}

DEFINE_STATIC_CALL(carve_cache_alloc_plain, cache_alloc_as_is);
EXPORT_STATIC_CALL_GPL(carve_cache_alloc_plain);

void *carve_cache_zalloc(struct carve_cache *cache, gfp_t gfp)
{
	return carve_cache_get(cache, gfp | __GFP_ZERO);
}
EXPORT_SYMBOL_GPL(carve_cache_zalloc);

void carve_cache_free(struct carve_cache *cache, void *object)
{
	if (unlikely(!carve_cache_put_hot(cache, &object)))
		carve_cache_put_any(cache, object, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_cache_free);

unsigned long carve_cache_shrink(struct carve_cache *cache)
{
	return carve_cache_give_back(cache);
}
EXPORT_SYMBOL_GPL(carve_cache_shrink);

unsigned int carve_cache_size(const struct carve_cache *cache)
{
	return cache->object_size;
}
EXPORT_SYMBOL_GPL(carve_cache_size);

/* kmalloc and its family */

void *carve_kmalloc_any(struct carveout *co, size_t size, gfp_t gfp)
{
	return carve_kmalloc_get(&co->slabs, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kmalloc_any);

static void *kmalloc_as_is(struct carveout *co, size_t size, gfp_t gfp)
{
	void *p;

	/* The caller's address is looked for only where it is needed */
	if (unlikely(!carve_kmalloc_get_hot(&co->slabs, size, &p)))
		return carve_kmalloc_as_is_slow(&co->slabs, size, gfp, _RET_IP_);
	return p;
}

DEFINE_STATIC_CALL(carve_kmalloc_plain, kmalloc_as_is);
EXPORT_STATIC_CALL_GPL(carve_kmalloc_plain);

void *carve_kzalloc(struct carveout *co, size_t size, gfp_t gfp)
{
	return carve_kmalloc_get(&co->slabs, size, gfp | __GFP_ZERO, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kzalloc);

void *carve_kmalloc_array(struct carveout *co, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return carve_kmalloc_get(&co->slabs, bytes, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kmalloc_array);

void *carve_kcalloc(struct carveout *co, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return carve_kmalloc_get(&co->slabs, bytes, gfp | __GFP_ZERO, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kcalloc);

void *carve_krealloc(struct carveout *co, const void *p, size_t size, gfp_t gfp)
{
	return carve_kmalloc_resize(&co->slabs, p, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_krealloc);

void carve_kfree(struct carveout *co, const void *p)
{
	/* As in kmalloc_as_is() */
	if (unlikely(!carve_kmalloc_put_hot(&co->slabs, p)))
		carve_kmalloc_put_any(&co->slabs, p, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kfree);

void carve_kfree_sensitive(struct carveout *co, const void *p)
{
	memzero_explicit((void *)p, carve_kmalloc_claim(&co->slabs, p, _RET_IP_));
	carve_kmalloc_put(&co->slabs, p, _RET_IP_);
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
	void *p = carve_kmalloc_get(&co->slabs, len, gfp, _RET_IP_);

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
	p = carve_kmalloc_get(&co->slabs, len, gfp, _RET_IP_);
	return p ? memcpy(p, s, len) : NULL;
}
EXPORT_SYMBOL_GPL(carve_kstrdup);

char *carve_kmemdup_nul(struct carveout *co, const char *s, size_t len,
			gfp_t gfp)
{
	char *p;

	if (!s || len == SIZE_MAX)
		return NULL;
	p = carve_kmalloc_get(&co->slabs, len + 1, gfp, _RET_IP_);
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

/* Virtually contiguous memory */

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

void carve_vfree(struct carveout *co, const void *addr)
{
	carve_vmap_free(&co->vmap, addr, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_vfree);

void *carve_vmap(struct carveout *co, struct carve_page **pages,
		 unsigned int count)
{
	return carve_vmap_given(&co->vmap, pages, count, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_vmap);

void carve_vunmap(struct carveout *co, const void *addr)
{
	carve_vmap_unmap_given(&co->vmap, addr, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_vunmap);

void *carve_kvmalloc(struct carveout *co, size_t size, gfp_t gfp)
{
	return carve_kvmalloc_get(&co->vmap, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kvmalloc);

void *carve_kvzalloc(struct carveout *co, size_t size, gfp_t gfp)
{
	return carve_kvmalloc_get(&co->vmap, size, gfp | __GFP_ZERO, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kvzalloc);

void *carve_kvmalloc_array(struct carveout *co, size_t n, size_t size,
			   gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return carve_kvmalloc_get(&co->vmap, bytes, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kvmalloc_array);

void *carve_kvcalloc(struct carveout *co, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return carve_kvmalloc_get(&co->vmap, bytes, gfp | __GFP_ZERO, _RET_IP_);
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
	carve_kvmalloc_put(&co->vmap, p, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_kvfree);

/* Pages that have no address */

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

/* Coherent memory for devices */

void *carve_dma_alloc_coherent(struct carveout *co, struct device *dev,
			       size_t size, dma_addr_t *dma_handle, gfp_t gfp)
{
	return carve_dma_alloc(&co->dma, dev, size, dma_handle, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_dma_alloc_coherent);

void *carve_dmam_alloc_coherent(struct carveout *co, struct device *dev,
				size_t size, dma_addr_t *dma_handle, gfp_t gfp)
{
	return carve_dma_alloc_managed(&co->dma, dev, size, dma_handle, gfp,
				       _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_dmam_alloc_coherent);

void carve_dma_free_coherent(struct carveout *co, struct device *dev,
			     size_t size, void *cpu_addr,
			     dma_addr_t dma_handle)
{
	if (cpu_addr)
		carve_dma_free(&co->dma, dev, size, cpu_addr, dma_handle,
			       _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_dma_free_coherent);
