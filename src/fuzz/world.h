/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The model: what is allocated, where it lies and what is in it. See world.c.
 */
#ifndef _CARVE_FUZZ_WORLD_H
#define _CARVE_FUZZ_WORLD_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/gfp_types.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "core/instance.h"
#include "fuzz/fuzz.h"

struct carve_fuzz_step;
struct device;

/* How an item was allocated, and so how it is freed */
enum carve_fuzz_kind {
	CARVE_FUZZ_NOTHING,
	CARVE_FUZZ_BLOCK,	/* carve_alloc_pages() */
	CARVE_FUZZ_SINGLES,	/* a block split by carve_split_page() */
	CARVE_FUZZ_EXACT,
	CARVE_FUZZ_OBJECT,
	CARVE_FUZZ_KM,		/* the kmalloc family */
	CARVE_FUZZ_KVM,		/* carve_kvmalloc() */
	CARVE_FUZZ_AREA,	/* carve_vmalloc() */
	CARVE_FUZZ_COHERENT,	/* carve_dma_alloc_coherent() */
	CARVE_FUZZ_FRAME,	/* alloc_pages() of carveout_native.h */
	CARVE_FUZZ_NR_KINDS,
};

/* A bit for each kind except CARVE_FUZZ_NOTHING */
#define CARVE_FUZZ_ANYTHING (BIT(CARVE_FUZZ_NR_KINDS) - 1 - BIT(CARVE_FUZZ_NOTHING))

/* Number of caches that steps create and destroy */
#define CARVE_FUZZ_NR_CACHES 6

/**
 * struct carve_fuzz_cache - a slot for a cache
 * @cache: the cache
 * @users: references of its objects and of running steps; negative if there is
 *	no cache, or while it is created or destroyed
 * @size: size of its objects
 * @align: alignment of its objects, or 0
 * @flags: its slab flags
 * @constructed: it has a constructor
 */
struct carve_fuzz_cache {
	struct carve_cache *cache;
	atomic_t users;
	unsigned int size;
	unsigned int align;
	slab_flags_t flags;
	bool constructed;
};

#define CARVE_FUZZ_NO_CACHE (-(int)BIT(30))

/**
 * struct carve_fuzz_item - an allocation, or an unused slot for one
 * @busy: bit 0 is a lock, which guards the other members
 * @kind: enum carve_fuzz_kind
 * @order: order of a block
 * @refs: references of a frame besides the first
 * @zeroed: each allocation and resize of a kmalloc had __GFP_ZERO
 * @page: first page of a block
 * @addr: address, or NULL for a block without one
 * @size: size in bytes
 * @handle: bus address of a coherent buffer
 * @cache: cache of an object
 * @key: seed of its pattern
 * @born: number of the step that allocated it
 */
struct carve_fuzz_item {
	unsigned long busy;
	u8 kind;
	u8 order;
	u8 refs;
	bool zeroed;
	struct carve_page *page;
	void *addr;
	size_t size;
	dma_addr_t handle;
	struct carve_fuzz_cache *cache;
	u64 key;
	u64 born;
};

/**
 * struct carve_fuzz - a run and its model
 * @co: the carveout
 * @dev: device of the coherent buffers, or NULL
 * @frames: the struct pages have guards, see core/native.c
 * @options: options of the run
 * @report: result of the run
 * @serial: steps are sequential, see carve_fuzz_is_serial()
 * @still: per-CPU lists stay empty, so that every allocation can be made to
 *	fail
 * @stop: run no more steps
 * @nr_items: number of elements of @item
 * @item: the items
 * @cache: the caches
 * @nr_live: number of allocated items
 * @most_live: maximum of @nr_live
 * @nr_bad: number of misuses, all of which had to be refused
 * @first_bad: the carveout's count of misuses before the run
 * @corruption: corrupted objects found before the run
 * @lock: guards @claimed and the finding in @report
 * @claimed: a bit for each word of the carveout, set if an item contains it
 * @max_order: limit of the order of blocks
 * @max_bytes: limit of the size of areas
 */
struct carve_fuzz {
	struct carveout *co;
	struct device *dev;
	bool frames;
	const struct carve_fuzz_options *options;
	struct carve_fuzz_report *report;
	bool serial;
	bool still;
	bool stop;
	unsigned int nr_items;
	struct carve_fuzz_item *item;
	struct carve_fuzz_cache cache[CARVE_FUZZ_NR_CACHES];
	atomic_t nr_live;
	unsigned int most_live;
	atomic_long_t nr_bad;
	long first_bad;
	unsigned long corruption;
	raw_spinlock_t lock;
	unsigned long *claimed;
	unsigned int max_order;
	size_t max_bytes;
};

/*
 * Set up the model, in the kernel's memory; on error, call
 * carve_fuzz_world_exit()
 */
int carve_fuzz_world_init(struct carve_fuzz *fuzz);
void carve_fuzz_world_exit(struct carve_fuzz *fuzz);

/*
 * Record the first error and stop the run. @s: the step that found it, or NULL
 */
__printf(3, 4) void carve_fuzz_find(struct carve_fuzz *fuzz,
				    const struct carve_fuzz_step *s,
				    const char *fmt, ...);

/**
 * carve_fuzz_born() - add an allocation to the model
 * @s: the step
 * @item: the item, with kind, page, addr, size and cache filled in
 * @align: alignment that it must have
 * @zero: it must be zeroed
 *
 * Checks alignment and zeroing, and that it lies in the carveout and overlaps
 * no other item; then fills it with its pattern.
 */
void carve_fuzz_born(struct carve_fuzz_step *s, struct carve_fuzz_item *item,
		     size_t align, bool zero);
/* Check the pattern and remove the item from the model, before it is freed */
void carve_fuzz_dies(struct carve_fuzz_step *s, struct carve_fuzz_item *item);
/* Check the pattern */
void carve_fuzz_look(struct carve_fuzz_step *s,
		     const struct carve_fuzz_item *item);
/* Check the pattern of the first @limit bytes, at another address */
void carve_fuzz_look_at(struct carve_fuzz_step *s,
			const struct carve_fuzz_item *item, void *addr,
			size_t limit);
/* Update a resized item, now at @addr; @zero: the bytes added must be zeroed */
void carve_fuzz_resized(struct carve_fuzz_step *s,
			struct carve_fuzz_item *item, void *addr, size_t size,
			bool zero);
/* Unclaim and claim the words of an item that is about to move */
void carve_fuzz_unclaim(struct carve_fuzz *fuzz,
			const struct carve_fuzz_item *item);
void carve_fuzz_claim(struct carve_fuzz_step *s,
		      const struct carve_fuzz_item *item);

/*
 * Constructor and destructor; a constructed object begins with CARVE_FUZZ_MAGIC
 */
#define CARVE_FUZZ_MAGIC 0x636172766f626a21ULL
void carve_fuzz_construct(void *object);
void carve_fuzz_destruct(void *object);

/* True after an error, at the time limit, or after a signal */
static inline bool carve_fuzz_stopped(const struct carve_fuzz *fuzz)
{
	return READ_ONCE(fuzz->stop);
}

/* True after an error, when the model is no longer consistent */
static inline bool carve_fuzz_found(const struct carve_fuzz *fuzz)
{
	return READ_ONCE(fuzz->report->finding.found);
}

/* Take a reference, for a step or an object; false if there is no cache */
static inline bool carve_fuzz_cache_get(struct carve_fuzz_cache *cache)
{
	return atomic_inc_unless_negative(&cache->users);
}

static inline void carve_fuzz_cache_put(struct carve_fuzz_cache *cache)
{
	atomic_dec(&cache->users);
}

#endif /* _CARVE_FUZZ_WORLD_H */
