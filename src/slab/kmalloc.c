// SPDX-License-Identifier: GPL-2.0
/*
 * kmalloc: a cache for each size class, the powers of two from 8 to 8192 and
 * 96 and 192 between them, as natively. Objects whose size is a power of two
 * are aligned to it. What is larger than the largest class is a block of pages
 * whose head says CARVE_PAGE_LARGE.
 */
#include <linux/mm.h>

#include "slab/kmalloc.h"
#include "slab/slab.h"

const struct carve_kmalloc_class carve_kmalloc_classes[CARVE_NR_KMALLOC] = {
	{ "kmalloc-8", 8 },	{ "kmalloc-16", 16 },	{ "kmalloc-32", 32 },
	{ "kmalloc-64", 64 },	{ "kmalloc-96", 96 },	{ "kmalloc-128", 128 },
	{ "kmalloc-192", 192 },	{ "kmalloc-256", 256 },	{ "kmalloc-512", 512 },
	{ "kmalloc-1k", 1024 },	{ "kmalloc-2k", 2048 },	{ "kmalloc-4k", 4096 },
	{ "kmalloc-8k", 8192 },
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

/* The largest power of two that divides the size, within a page */
static unsigned int natural_align(unsigned int size)
{
	return min_t(unsigned int, 1U << __ffs(size), PAGE_SIZE);
}

int carve_kmalloc_init(struct carve_slabs *slabs, struct carve_boot *boot)
{
	int i;

	for (i = 0; i < CARVE_NR_KMALLOC; i++) {
		const struct carve_cache_args args = {
			.name = carve_kmalloc_classes[i].name,
			.size = carve_kmalloc_classes[i].size,
			.align = natural_align(carve_kmalloc_classes[i].size),
			.caller = _THIS_IP_,
		};

		slabs->kmalloc[i] = carve_cache_boot(slabs, boot, &args);
		if (!slabs->kmalloc[i])
			return -ENOMEM;
	}
	return 0;
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
		carve_pages_bad_free(pages, p, "not memory of this carveout",
				     caller);
	else if (carve_pages_address(pages, page) != p)
		carve_pages_bad_free(pages, p, "not the start of an allocation",
				     caller);
	else
		carve_pages_free(pages, page, page->order, CARVE_PAGE_LARGE,
				 caller);
}

void carve_kmalloc_put_any(struct carve_slabs *slabs, const void *p,
			   unsigned long caller)
{
	struct carve_page *page = carve_pages_lookup(slabs->pages, p);

	if (page && page->state >= CARVE_PAGE_SLAB)
		carve_cache_put_for(page->cache, (void *)p, caller);
	else
		carve_kfree_large(slabs, p, caller);
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

/* The cache of an object that is out, or NULL for what is none */
static struct carve_cache *cache_of(struct carve_slabs *slabs, const void *p)
{
	struct carve_page *page = carve_pages_lookup(slabs->pages, p);

	if (!page || page->state < CARVE_PAGE_SLAB ||
	    carve_slab_error(page->cache, p))
		return NULL;
	return page->cache;
}

static bool is_debugged(const struct carve_cache *cache)
{
	return cache && READ_ONCE(cache->debugging.flags);
}

size_t carve_kmalloc_usable(struct carve_slabs *slabs, const void *p)
{
	struct carve_page *page = carve_pages_lookup(slabs->pages, p);

	if (!page)
		return 0;
	/* What is not the start of an allocation has no bytes of its own */
	if (page->state >= CARVE_PAGE_SLAB)
		return carve_slab_error(page->cache, p) ?
		       0 : page->cache->object_size;
	if (page->state != CARVE_PAGE_LARGE ||
	    carve_pages_address(slabs->pages, page) != p)
		return 0;
	return PAGE_SIZE << page->order;
}

size_t carve_kmalloc_claim(struct carve_slabs *slabs, const void *p,
			   unsigned long caller)
{
	struct carve_cache *cache = cache_of(slabs, p);

	if (is_debugged(cache))
		carve_debug_resize(cache, (void *)p, cache->object_size, 0,
				   caller);
	return carve_kmalloc_usable(slabs, p);
}

/* In place; all behind the size is zero if @gfp says so, for when it grows */
static void resize_in_place(struct carve_slabs *slabs, void *p, size_t size,
			    size_t room, gfp_t gfp, unsigned long caller)
{
	struct carve_cache *cache = cache_of(slabs, p);

	if (is_debugged(cache))
		carve_debug_resize(cache, p, size, gfp, caller);
	else if (want_init_on_alloc(gfp))
		memset(p + size, 0, room - size);
}

/* Bytes at @p that its owner may have written to */
static size_t bytes_at(struct carve_slabs *slabs, const void *p, size_t room)
{
	struct carve_cache *cache = cache_of(slabs, p);

	return is_debugged(cache) ? carve_debug_requested(cache, p) : room;
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
	new = carve_kmalloc_get(slabs, size, gfp, caller);
	if (!new)
		return NULL;
	if (size)
		memcpy(new, p, bytes_at(slabs, p, room));
	carve_kmalloc_put(slabs, p, caller);
	return new;
}
