/* SPDX-License-Identifier: GPL-2.0 */
/* Data structures of caches. See cache.c. */
#ifndef _CARVE_CACHE_TYPES_H
#define _CARVE_CACHE_TYPES_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/reciprocal_div.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "page/pages_types.h"
#include "percpu/magazine_types.h"
#include "slab/debug.h"

#define CARVE_CACHE_NAME_LEN 32
#define CARVE_CACHE_MAX_SIZE SZ_16K
/* Number of kmalloc size classes; see kmalloc.c */
#define CARVE_NR_KMALLOC 13

struct carve_slabs;

/**
 * struct carve_cache_args - parameters of a new cache
 * @name: name, unique in the carveout
 * @size: object size in bytes
 * @align: object alignment, a power of two; 0 for pointer alignment
 * @flags: SLAB_HWCACHE_ALIGN, SLAB_TYPESAFE_BY_RCU, SLAB_CACHE_DMA,
 *	SLAB_CACHE_DMA32
 * @ctor: called once for each object of a new slab, or NULL
 * @dtor: called once for each object of a slab that is freed, or NULL
 * @caller: return address of the request
 * @internal: for metadata of the carveout; callers never get its objects
 */
struct carve_cache_args {
	const char *name;
	unsigned int size;
	unsigned int align;
	slab_flags_t flags;
	void (*ctor)(void *object);
	void (*dtor)(void *object);
	unsigned long caller;
	bool internal;
};

/**
 * struct carve_deferred_free - empty slabs that RCU readers may still access
 * @entering: slabs queued since the current grace period was requested
 * @waiting: slabs to free after the current grace period
 * @busy: @work is queued or running
 * @work: frees the slabs in @waiting
 */
struct carve_deferred_free {
	struct carve_page_list entering;
	struct carve_page_list waiting;
	bool busy;
	struct rcu_work work;
};

/**
 * struct carve_cache_node - slabs of one geometry, listed by allocated objects
 * @size: distance in bytes from one object to the next
 * @left: size in bytes of the left red zone, 0 without red zones
 * @reciprocal: reciprocal of @size, for division
 * @order: order of a slab
 * @nr_objects: objects per slab
 * @colour_step: unit in bytes of the first object's offset
 * @nr_colours: number of colours
 * @map_cache: cache of the slabs' free maps; NULL if the 64 bits in the page
 *	descriptor suffice, and for debug slabs
 * @max_empty: number of empty slabs to retain
 * @colour: colour of the next slab
 * @partial: slabs with both free and allocated objects
 * @full: slabs with all objects allocated
 * @empty: slabs with no object allocated
 *
 * @colour and the lists are protected by cache->lock. @max_empty may change
 * at any time; all other members are constant.
 */
struct carve_cache_node {
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
 * @span: address range that the free fast path serves: the span of @pages, or
 *	empty if every free has to take the slow path (init_on_free)
 * @pages: page allocator of its slabs
 * @slabs: the slab layer that it belongs to
 * @object_size: requested object size in bytes
 * @flags: SLAB_* flags of its creation
 * @gfp: zone modifier for slab allocation
 * @ctor: constructor, or NULL
 * @dtor: destructor, or NULL
 * @align: object alignment
 * @low_bits: address bits that are 0 in all its objects, except for objects of
 *	debug slabs
 * @internal: callers never get its objects, and so can't free any
 * @number: cache number, stored in the state of its slabs' pages; 0 if none
 * @lock: protects the members from here to @nr_bad_frees, and all its slabs
 * @oo: slabs of the optimal order
 * @min: slabs of the minimum order, allocated under fragmentation; unused if
 *	that is the order of @oo
 * @deferred: empty slabs that wait for a grace period
 * @random: state of the generator that randomizes the order of objects
 * @debug: debug slabs, with red zones around objects
 * @debugging: debugging state
 * @nr_grown: slabs ever allocated
 * @nr_released: slabs ever freed
 * @pages_released: pages ever freed
 * @nr_bad_frees: frees refused
 * @list: links it into the list of caches
 * @meta: head page of the block that holds this struct; NULL for boot memory
 * @caller: return address of its creation
 * @name: name
 * @magazines: per-CPU magazines of free objects
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
	bool internal;
	u8 number;
	u32 low_bits;

	raw_spinlock_t lock;
	struct carve_cache_node oo;
	struct carve_cache_node min;
	struct carve_deferred_free deferred;
	u64 random;
	struct carve_cache_node debug;
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
 * @span: initial @span of its caches
 * @pages: page allocator of the slabs
 * @lock: mutex that protects @caches
 * @caches: all caches, oldest first
 * @map_cache: cache of free maps for slabs of more than 64 objects
 * @kmalloc: kmalloc caches, by size class
 * @no_cache: dummy for @by_state; it has no objects and caches none
 * @by_state: cache by page state, which includes the cache number; @no_cache
 *	for other states and unused numbers
 * @debug_rules: rules that enable debugging of new caches; see rules.h
 * @quarantine_bytes: limit of each cache's quarantine
 * @low_kmalloc: kmalloc caches for GFP_DMA and GFP_DMA32, by zone type and size
 *	class; NULL if no zone satisfies the modifier
 * @shuffle: allocate the objects of a slab in random order
 * @hooks: what slabs call in files above slab.c
 * @shrinker: frees slabs for the page allocator
 */
struct carve_slabs {
	struct carve_span span;
	struct carve_pages *pages;
	struct mutex lock; /* protects @caches */
	struct list_head caches;
	struct carve_cache *map_cache;
	struct carve_cache *kmalloc[CARVE_NR_KMALLOC];
	struct carve_cache *no_cache;
	struct carve_cache *by_state[CARVE_PAGE_STATE_VALUES];
	struct carve_cache *low_kmalloc[CARVE_ZONE_DMA32 + 1][CARVE_NR_KMALLOC];
	bool shuffle;
	const struct carve_slab_hooks *hooks;
	const char *debug_rules;
	unsigned long quarantine_bytes;
	struct carve_shrinker shrinker;
};

/**
 * struct carve_cache_usage - usage of a cache, for reports
 * @active_objects: objects allocated by callers
 * @objects: capacity of all slabs in objects
 * @active_slabs: slabs with an object that is allocated or in a magazine
 * @slabs: all slabs
 * @cached: objects in magazines and in quarantine
 */
struct carve_cache_usage {
	unsigned long active_objects;
	unsigned long objects;
	unsigned long active_slabs;
	unsigned long slabs;
	unsigned long cached;
};

#endif /* _CARVE_CACHE_TYPES_H */
