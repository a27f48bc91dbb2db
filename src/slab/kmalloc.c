// SPDX-License-Identifier: GPL-2.0
/*
 * kmalloc() and related functions
 *
 * The size classes are those of mm/: the powers of two from 8 to 8192, and 96
 * and 192. Each has a cache. If some zones of a carveout satisfy GFP_DMA or
 * GFP_DMA32 and others don't, these have caches of their own. Larger requests
 * get a block of pages whose head has state CARVE_PAGE_LARGE.
 *
 * Invariant: an object is aligned to the largest power of two that divides its
 * size.
 *
 * Locking: none; the caches are created at boot and never destroyed.
 */
#include <linux/mm.h>

#include "page/misuse.h"
#include "slab/caches.h"
#include "slab/kmalloc.h"

#define SIZE_CLASS(suffix, bytes) { \
	.names = { \
		[CARVE_KMALLOC_DMA] = "dma-kmalloc-" suffix, \
		[CARVE_KMALLOC_DMA32] = "dma32-kmalloc-" suffix, \
		[CARVE_KMALLOC_NORMAL] = "kmalloc-" suffix, \
	}, \
	.size = (bytes), \
}

const struct carve_kmalloc_class carve_kmalloc_classes[CARVE_NR_KMALLOC] = {
	SIZE_CLASS("8", 8),		SIZE_CLASS("16", 16),	SIZE_CLASS("32", 32),
	SIZE_CLASS("64", 64),	SIZE_CLASS("96", 96),	SIZE_CLASS("128", 128),
	SIZE_CLASS("192", 192),	SIZE_CLASS("256", 256),	SIZE_CLASS("512", 512),
	SIZE_CLASS("1k", 1024),	SIZE_CLASS("2k", 2048),	SIZE_CLASS("4k", 4096),
	SIZE_CLASS("8k", 8192),
};

const u8 carve_kmalloc_class_of[CARVE_KMALLOC_MAX_CACHE / 8] = {
	[0] = 0,
	[1] = 1,
	[2 ... 3] = 2,
	[4 ... 7] = 3,
	[8 ... 11] = 4,
	[12 ... 15] = 5,
	[16 ... 23] = 6,
	[24 ... 31] = 7,
	[32 ... 63] = 8,
	[64 ... 127] = 9,
	[128 ... 255] = 10,
	[256 ... 511] = 11,
	[512 ... 1023] = 12,
};

/* The largest power of two that divides the size */
static unsigned int natural_align(unsigned int size)
{
	return 1U << __ffs(size);
}

static bool any_zone_up_to(const struct carve_slabs *slabs,
			   enum carve_zone_type type)
{
	const struct carve_zone *zone;

	carve_for_each_zone(zone, slabs->pages)
		if (zone->type <= type)
			return true;
	return false;
}

static bool any_zone_above(const struct carve_slabs *slabs,
			   enum carve_zone_type type)
{
	const struct carve_zone *zone;

	carve_for_each_zone(zone, slabs->pages)
		if (zone->type > type)
			return true;
	return false;
}

/* Creates a cache for each size class */
static int init_classes(struct carve_slabs *slabs, struct carve_boot *boot,
			enum carve_kmalloc_kind kind, slab_flags_t flags,
			struct carve_cache **caches)
{
	int i;

	for (i = 0; i < CARVE_NR_KMALLOC; i++) {
		const struct carve_cache_args args = {
			.name = carve_kmalloc_classes[i].names[kind],
			.size = carve_kmalloc_classes[i].size,
			.align = natural_align(carve_kmalloc_classes[i].size),
			.flags = flags,
			.caller = _THIS_IP_,
		};

		caches[i] = carve_cache_boot(slabs, boot, &args);
		if (!caches[i])
			return -ENOMEM;
	}
	return 0;
}

/* Uses the normal caches if all zones satisfy the modifier */
static int init_low_classes(struct carve_slabs *slabs, struct carve_boot *boot,
			    enum carve_zone_type type, slab_flags_t flags)
{
	struct carve_cache **caches = slabs->low_kmalloc[type];

	if (!any_zone_up_to(slabs, type))
		return 0;
	if (any_zone_above(slabs, type))
		return init_classes(slabs, boot,
				    (enum carve_kmalloc_kind)type, flags,
				    caches);
	memcpy(caches, slabs->kmalloc, sizeof(slabs->kmalloc));
	return 0;
}

int carve_kmalloc_init(struct carve_slabs *slabs, struct carve_boot *boot)
{
	int ret = init_classes(slabs, boot, CARVE_KMALLOC_NORMAL, 0,
			       slabs->kmalloc);

	if (!ret)
		ret = init_low_classes(slabs, boot, CARVE_ZONE_DMA,
				       SLAB_CACHE_DMA);
	if (!ret)
		ret = init_low_classes(slabs, boot, CARVE_ZONE_DMA32,
				       SLAB_CACHE_DMA32);
	return ret;
}

void *carve_kmalloc_rest(struct carve_slabs *slabs, size_t size, gfp_t gfp,
			 unsigned long caller)
{
	struct carve_cache *cache;

	if (size - 1 >= CARVE_KMALLOC_MAX_CACHE)
		return carve_kmalloc_large(slabs, size, gfp, caller);
	cache = slabs->low_kmalloc[carve_gfp_zone(gfp)][carve_kmalloc_class(size)];
	/* Without such a zone the page allocator fails the request */
	return cache ? __carve_cache_alloc_sized(cache, size, gfp) :
		       carve_kmalloc_large(slabs, size, gfp, caller);
}

void *carve_kmalloc_as_is_slow(struct carve_slabs *slabs, size_t size, gfp_t gfp,
			       unsigned long caller)
{
	if (size - 1 < CARVE_KMALLOC_MAX_CACHE)
		return carve_cache_alloc_slow(slabs->kmalloc[carve_kmalloc_class(size)],
					      size, gfp, caller);
	return carve_kmalloc_large(slabs, size, gfp, caller);
}

void *carve_kmalloc_large(struct carve_slabs *slabs, size_t size, gfp_t gfp,
			  unsigned long caller)
{
	struct carve_page *page;

	if (!size)
		return ZERO_SIZE_PTR;
	page = carve_pages_alloc(slabs->pages, gfp, get_order(size),
				 CARVE_PAGE_LARGE, caller);
	return page ? carve_pages_address(slabs->pages, page) : NULL;
}

void carve_kfree_large(struct carve_slabs *slabs, const void *p,
		       unsigned long caller)
{
	struct carve_pages *pages = slabs->pages;
	struct carve_page *page = carve_pages_lookup(pages, p);

	if (ZERO_OR_NULL_PTR(p))
		return;
	if (!page)
		carve_report_misuse(pages, CARVE_MISUSE_FREE, p,
				    "not memory of this carveout", caller);
	else if (carve_pages_address(pages, page) != p)
		carve_report_misuse(pages, CARVE_MISUSE_FREE, p,
				    "not the start of an allocation", caller);
	else
		carve_pages_free(pages, page, page->order, CARVE_PAGE_LARGE,
				 caller);
}

void __carve_kfree_any(struct carve_slabs *slabs, const void *p,
		       unsigned long caller)
{
	struct carve_cache *cache = carve_kmalloc_cache_at(slabs, p);

	if (cache)
		__carve_cache_free_caller(cache, (void *)p, caller);
	else
		carve_kfree_large(slabs, p, caller);
}

void carve_kmalloc_report(struct carve_slabs *slabs, enum carve_misuse kind,
			  const void *p, unsigned long caller)
{
	struct carve_cache *cache = carve_kmalloc_cache_at(slabs, p);

	if (cache)
		carve_cache_report(cache, kind, p, caller);
	else
		carve_report_misuse(slabs->pages, kind, p,
				    carve_pages_lookup(slabs->pages, p) ?
				    "not the start of an allocation" :
				    "not memory of this carveout", caller);
}

size_t carve_kmalloc_roundup(size_t size)
{
	if (!size)
		return 0;
	if (size <= CARVE_KMALLOC_MAX_CACHE)
		return carve_kmalloc_classes[carve_kmalloc_class(size)].size;
	if (size > PAGE_SIZE << CARVE_MAX_ORDER)
		return size;
	return PAGE_SIZE << get_order(size);
}

/*
 * The cache of an object in a debug slab, or NULL. Don't test the debug flags
 * of the cache: switching off clears them first, and the objects' metadata,
 * such as the requested size, later.
 */
static struct carve_cache *debugged_cache_of(struct carve_slabs *slabs,
					     const void *p)
{
	struct carve_cache *cache = carve_kmalloc_cache_at(slabs, p);
	struct carve_page *slab;
	unsigned int index;

	if (!cache || carve_slab_locate(cache, p, &slab, &index))
		return NULL;
	return slab->debug ? cache : NULL;
}

size_t carve_kmalloc_usable(struct carve_slabs *slabs, const void *p)
{
	struct carve_cache *cache = carve_kmalloc_cache_at(slabs, p);
	struct carve_page *page;

	/* 0 unless @p is the start of an allocation */
	if (cache)
		return carve_slab_error(cache, p) ? 0 : cache->object_size;
	page = carve_pages_lookup_start(slabs->pages, p);
	if (!page || page->state != CARVE_PAGE_LARGE)
		return 0;
	return PAGE_SIZE << page->order;
}

size_t carve_kmalloc_claim(struct carve_slabs *slabs, const void *p,
			   unsigned long caller)
{
	struct carve_cache *cache = debugged_cache_of(slabs, p);

	if (cache)
		carve_debug_resize(cache, (void *)p, cache->object_size, 0,
				   caller);
	return carve_kmalloc_usable(slabs, p);
}

/* Zeroes the bytes beyond @size if @gfp asks for it, for growing later */
static void resize_in_place(struct carve_slabs *slabs, void *p, size_t size,
			    size_t room, gfp_t gfp, unsigned long caller)
{
	struct carve_cache *cache = debugged_cache_of(slabs, p);

	if (cache)
		carve_debug_resize(cache, p, size, gfp, caller);
	else if (want_init_on_alloc(gfp))
		memset(p + size, 0, room - size);
}

size_t carve_kmalloc_written(struct carve_slabs *slabs, const void *p)
{
	struct carve_cache *cache = debugged_cache_of(slabs, p);

	return cache ? carve_debug_requested(cache, p) :
		       carve_kmalloc_usable(slabs, p);
}

void *carve_kmalloc_resize(struct carve_slabs *slabs, const void *p,
			   size_t size, gfp_t gfp, unsigned long caller)
{
	size_t room = carve_kmalloc_usable(slabs, p);
	void *new;

	if (size && size <= room) {
		resize_in_place(slabs, (void *)p, size, room, gfp, caller);
		return (void *)p;
	}
	/* Report an invalid pointer and fail */
	if (!room && !ZERO_OR_NULL_PTR(p)) {
		carve_kmalloc_report(slabs, CARVE_MISUSE_REALLOC, p, caller);
		return NULL;
	}
	new = __carve_kmalloc(slabs, size, gfp, caller);
	if (!new)
		return NULL;
	if (size)
		memcpy(new, p, carve_kmalloc_written(slabs, p));
	__carve_kfree(slabs, p, caller);
	return new;
}
