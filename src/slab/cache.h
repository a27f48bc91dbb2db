/* SPDX-License-Identifier: GPL-2.0 */
/* Caches of objects of one size. See cache.c, and slab.c for what a slab is. */
#ifndef _CARVE_CACHE_H
#define _CARVE_CACHE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/reciprocal_div.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "boot/boot.h"
#include "page/pages.h"
#include "percpu/magazine.h"
#include "slab/debug.h"

#define CARVE_CACHE_NAME_LEN 32
#define CARVE_CACHE_MAX_SIZE SZ_16K
/* kmalloc size classes; see kmalloc.c */
#define CARVE_NR_KMALLOC 13

struct carve_slabs;

/**
 * struct carve_cache_args - what a cache is to be like
 * @name: its name
 * @size: bytes of an object
 * @align: alignment of objects, a power of two, or 0 for a pointer's
 * @flags: SLAB_HWCACHE_ALIGN, SLAB_TYPESAFE_BY_RCU, SLAB_CACHE_DMA,
 *	SLAB_CACHE_DMA32
 * @ctor: run once on each object when its slab is made, or NULL
 * @dtor: run once on each object when its slab is given back, or NULL
 * @caller: who asked for it
 * @own: for records of the carveout's own: no object of it is ever a caller's
 */
struct carve_cache_args {
	const char *name;
	unsigned int size;
	unsigned int align;
	slab_flags_t flags;
	void (*ctor)(void *object);
	void (*dtor)(void *object);
	unsigned long caller;
	bool own;
};

/**
 * struct carve_limbo - empty slabs that readers may still look into
 * @entering: those that came since @waiting began to wait
 * @waiting: those that are given back after the next grace period
 * @busy: @work is on its way
 * @work: gives @waiting back
 */
struct carve_limbo {
	struct carve_page_list entering;
	struct carve_page_list waiting;
	bool busy;
	struct rcu_work work;
};

/**
 * struct carve_shelf - slabs of one geometry, by how many objects are out
 * @size: bytes from one object to the next
 * @left: bytes in front of each object that are its left red zone; 0 where
 *	objects have none
 * @reciprocal: of @size, to divide by it
 * @order: of a slab
 * @nr_objects: in a slab
 * @colour_step: bytes that the first object moves from slab to slab
 * @nr_colours: how many such moves there are
 * @map_cache: where the free maps of its slabs come from; NULL where the page
 *	descriptor's own 64 bits are enough, and for debug slabs
 * @max_empty: how many empty slabs are kept
 * @colour: of the next slab
 * @partial: slabs with some objects in them
 * @full: slabs with all objects out
 * @empty: slabs with no object out
 *
 * Constant but for @colour and the lists, which are the cache's lock's.
 */
struct carve_shelf {
	unsigned int size;
	unsigned int left;
	struct reciprocal_value reciprocal;
	unsigned int order;
	unsigned int nr_objects;
	unsigned int colour_step;
	unsigned int nr_colours;
	struct carve_cache *map_cache;
	unsigned int max_empty;
	unsigned int colour;
	struct carve_page_list partial;
	struct carve_page_list full;
	struct carve_page_list empty;
};

/**
 * struct carve_cache - a cache
 * @span: where the fast path of a free looks for the object: that of @pages, or
 *	nothing where there is more to do than to keep it
 * @pages: where its slabs come from
 * @slabs: the caches that it is one of
 * @object_size: bytes of an object, as asked for
 * @flags: what it was made with
 * @gfp: zone modifier that its slabs are allocated with
 * @ctor: constructor, or NULL
 * @dtor: destructor, or NULL
 * @align: alignment of objects
 * @low_bits: those that are 0 in the addresses of all its objects, but for some
 *	that come from debug slabs
 * @own: callers have none of its objects, and so can't free any
 * @lock: guards the members from here to @nr_bad_frees, and all its slabs
 * @plain: its slabs
 * @low: slabs of a lower order, made where memory is fragmented; none where
 *	that isn't lower
 * @limbo: empty slabs that wait for a grace period
 * @random: where the series of random numbers is that order objects
 * @debug: those made while it was debugged, with red zones around objects
 * @debugging: how it is debugged
 * @nr_grown: slabs ever made
 * @nr_released: slabs ever given back
 * @pages_released: pages of these
 * @nr_bad_frees: frees refused
 * @list: on the caches of the carveout
 * @meta: the pages that this struct lies in; NULL if boot memory
 * @caller: who made it
 * @name: its name
 * @magazines: its per-CPU objects
 */
struct carve_cache {
	struct carve_span span;
	struct carve_pages *pages;
	struct carve_slabs *slabs;
	unsigned int object_size;
	slab_flags_t flags;
	gfp_t gfp;
	void (*ctor)(void *object);
	void (*dtor)(void *object);
	unsigned int align;
	bool own;
	u32 low_bits;

	raw_spinlock_t lock;
	struct carve_shelf plain;
	struct carve_shelf low;
	struct carve_limbo limbo;
	u64 random;
	struct carve_shelf debug;
	struct carve_debugging debugging;
	unsigned long nr_grown;
	unsigned long nr_released;
	unsigned long pages_released;
	unsigned long nr_bad_frees;

	struct list_head list;
	struct carve_page *meta;
	unsigned long caller;
	char name[CARVE_CACHE_NAME_LEN];

	struct carve_magazines magazines;
};

/**
 * struct carve_slabs - the slab layer of a carveout
 * @span: as that of its caches
 * @pages: where the memory comes from
 * @lock: guards @caches; sleeps
 * @caches: all caches, the oldest first
 * @map_cache: free maps for slabs of more than 64 objects
 * @kmalloc: the caches behind kmalloc, by size class
 * @debug_rules: which caches are debugged from the start; see rules.h
 * @quarantine_bytes: that the quarantine of each cache may hold
 * @low_kmalloc: the same for GFP_DMA and GFP_DMA32, by type of zone; NULL where
 *	no zone can serve them
 * @shuffle: objects of a new slab come in random order
 * @shrinker: how the page allocator asks for memory back
 */
struct carve_slabs {
	struct carve_span span;
	struct carve_pages *pages;
	struct mutex lock; /* @caches */
	struct list_head caches;
	struct carve_cache *map_cache;
	struct carve_cache *kmalloc[CARVE_NR_KMALLOC];
	struct carve_cache *low_kmalloc[CARVE_ZONE_DMA32 + 1][CARVE_NR_KMALLOC];
	bool shuffle;
	const char *debug_rules;
	unsigned long quarantine_bytes;
	struct carve_shrinker shrinker;
};

/**
 * struct carve_cache_usage - what a cache holds, for reports
 * @active_objects: objects handed out
 * @objects: objects that its slabs have room for
 * @active_slabs: slabs with an object out of them, be it in a magazine
 * @slabs: all its slabs
 * @stored: objects in magazines, and in quarantine
 */
struct carve_cache_usage {
	unsigned long active_objects;
	unsigned long objects;
	unsigned long active_slabs;
	unsigned long slabs;
	unsigned long stored;
};

/* Before the buddy system has pages. 0, or -ENOMEM where @boot is full */
int carve_slabs_init(struct carve_slabs *slabs, struct carve_pages *pages,
		     struct carve_boot *boot);
/* When the page allocator's span has grown; sleeps */
void carve_slabs_widen(struct carve_slabs *slabs);
/* A cache in boot memory, never destroyed; NULL where @boot is full */
struct carve_cache *carve_cache_boot(struct carve_slabs *slabs,
				     struct carve_boot *boot,
				     const struct carve_cache_args *args);

/* See include/carveout.h for what these mean */
struct carve_cache *carve_cache_new(struct carve_slabs *slabs,
				    const struct carve_cache_args *args);
/* Has a cache that name, be it one of the carveout's own? Sleeps */
bool carve_cache_name_taken(struct carve_slabs *slabs, const char *name);
int carve_cache_delete(struct carve_cache *cache);

/* The batch that adapting begins with, and how many empty slabs are kept */
unsigned int carve_cache_base_batch(const struct carve_cache *cache);
void carve_cache_keep_empty(struct carve_cache *cache, unsigned int nr);

unsigned long carve_cache_give_back(struct carve_cache *cache);

/*
 * Debugs the caches that @rules are for, those to come included; sleeps.
 * @rules, which may be NULL, must stay where they are.
 */
void carve_slabs_debug(struct carve_slabs *slabs, const char *rules);
/* Gives all empty slabs of all caches back; sleeps. Pages given back. */
unsigned long carve_slabs_shrink(struct carve_slabs *slabs);
/* Magazines of @cpu, which is dead, back to the slabs; sleeps */
void carve_slabs_drain_dead(struct carve_slabs *slabs, unsigned int cpu);

/* Past the fast path: where no magazine, or debugging, is in the way of it */
void *__cold carve_cache_alloc_slow(struct carve_cache *cache, size_t size,
				    gfp_t gfp, unsigned long caller);
void __cold carve_cache_free_slow(struct carve_cache *cache, void *object,
				  unsigned long caller);
/* With init_on_free: all of carve_cache_put(), with the object cleared before */
void carve_cache_put_cleared(struct carve_cache *cache, void *object,
			     unsigned long caller);
/* All of carve_cache_free() for @caller, past the fast path */
void __cold carve_cache_put_any(struct carve_cache *cache, void *object,
				unsigned long caller);
/* Zeroes an object, but for one whose state is to stay. Returns it. */
void *carve_cache_clear(struct carve_cache *cache, void *object, gfp_t gfp);
void carve_cache_bad_free(struct carve_cache *cache, const void *object,
			  unsigned long caller);

void carve_cache_usage(struct carve_cache *cache,
		       struct carve_cache_usage *usage);
void carve_slabs_check(struct carve_slabs *slabs, struct carve_report *r);

/* Are free objects to be left as they are, for their next owner or for readers? */
static inline bool carve_cache_keeps(const struct carve_cache *cache)
{
	return cache->ctor || cache->flags & SLAB_TYPESAFE_BY_RCU;
}

/* As natively: may what want_init_on_alloc() says be done to an object? */
static inline bool carve_cache_may_zero(const struct carve_cache *cache,
					gfp_t gfp)
{
	return !cache->ctor && (gfp & __GFP_ZERO || !carve_cache_keeps(cache));
}

/* Is this object of a page of the cache's? Says nothing of where in the page. */
static __always_inline bool carve_cache_owns(struct carve_cache *cache,
					     const void *object)
{
	struct carve_page *page = carve_pages_lookup(cache->pages, object);

	return page && page->cache == cache;
}

/* For @size bytes, which debugging alone wants to know; 0: all of the object */
static __always_inline void *carve_cache_get_sized(struct carve_cache *cache,
						   size_t size, gfp_t gfp)
{
	void *object;

	if (unlikely(!carve_magazines_get(&cache->magazines, &object)))
		return carve_cache_alloc_slow(cache, size, gfp, _RET_IP_);
	if (unlikely(want_init_on_alloc(gfp)))
		return carve_cache_clear(cache, object, gfp);
	return object;
}

/* carve_cache_alloc() */
static __always_inline void *carve_cache_get(struct carve_cache *cache,
					     gfp_t gfp)
{
	return carve_cache_get_sized(cache, 0, gfp);
}

/* The same where neither @gfp nor init_on_alloc wants it zeroed */
static __always_inline void *carve_cache_get_as_is(struct carve_cache *cache,
						   gfp_t gfp)
{
	void *object;

	if (unlikely(!carve_magazines_get(&cache->magazines, &object)))
		return carve_cache_alloc_slow(cache, 0, gfp, _RET_IP_);
	return object;
}

static __always_inline bool carve_cache_vouch(const void *owner,
					      const void *object)
{
	const struct carve_cache *cache = owner;
	struct carve_page *page;

	return carve_span_find(&cache->span, object, &page) &&
	       likely(page->cache == cache);
}

/* Into the magazine, if it is an object of the cache's; or carve_cache_put_any() */
static __always_inline bool carve_cache_put_hot(struct carve_cache *cache,
						void **object)
{
	return carve_magazines_put_vouched(&cache->magazines, object,
					   carve_cache_vouch, cache);
}

/*
 * May an object of the cache's begin there? False for all interior pointers where the
 * size is a power of two, and for most others; carve_slab_error() says for certain.
 */
static __always_inline bool carve_cache_aligned(const struct carve_cache *cache,
						const void *object)
{
	return likely(!(lower_32_bits((unsigned long)object) & cache->low_bits));
}

/* Takes back an object that lies in one of the cache's pages, for @caller */
static __always_inline void carve_cache_put_for(struct carve_cache *cache,
						void *object,
						unsigned long caller)
{
	/* Nothing stays in registers past a call that is the last thing done */
	if (unlikely(want_init_on_free()))
		carve_cache_put_cleared(cache, object, caller);
	else if (!carve_cache_aligned(cache, object) ||
		 unlikely(!carve_magazines_put_new(&cache->magazines, object)))
		carve_cache_free_slow(cache, object, caller);
}

/* The same for whoever called the function that this is in */
static __always_inline void carve_cache_put(struct carve_cache *cache,
					    void *object)
{
	carve_cache_put_for(cache, object, _RET_IP_);
}

#endif /* _CARVE_CACHE_H */
