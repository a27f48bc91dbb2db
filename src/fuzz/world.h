/* SPDX-License-Identifier: GPL-2.0 */
/* The model: what is allocated, where it lies and what is in it. See world.c. */
#ifndef _CARVE_FUZZ_WORLD_H
#define _CARVE_FUZZ_WORLD_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/gfp_types.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "fuzz/fuzz.h"
#include "instance.h"

struct carve_fuzz_step;

/* How an item was allocated, and so how it is freed */
enum carve_fuzz_kind {
	CARVE_FUZZ_NOTHING,
	CARVE_FUZZ_BLOCK,	/* carve_alloc_pages() */
	CARVE_FUZZ_SINGLES,	/* the same, split */
	CARVE_FUZZ_EXACT,
	CARVE_FUZZ_OBJECT,
	CARVE_FUZZ_KM,		/* the kmalloc family */
	CARVE_FUZZ_KVM,		/* carve_kvmalloc() */
	CARVE_FUZZ_AREA,	/* carve_vmalloc() */
	CARVE_FUZZ_NR_KINDS,
};

/* A bit for each kind that is something */
#define CARVE_FUZZ_ANYTHING (BIT(CARVE_FUZZ_NR_KINDS) - 1 - BIT(CARVE_FUZZ_NOTHING))

/* Caches that are made and destroyed */
#define CARVE_FUZZ_NR_CACHES 6

/**
 * struct carve_fuzz_cache - a cache, or the place for one
 * @cache: the cache
 * @users: objects of it, and those who are at it; CARVE_FUZZ_NO_CACHE: there is
 *	none, or not for long any more
 * @size: bytes of its objects
 * @align: what they are aligned to
 * @flags: what it was made with
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
 * struct carve_fuzz_item - something allocated, or the place for it
 * @busy: bit 0: somebody has it, and the rest is that one's alone
 * @kind: enum carve_fuzz_kind
 * @order: of a block
 * @zeroed: its kmalloc() was asked for zeroes each time
 * @page: of blocks, the first page
 * @addr: where it lies; NULL for a block that has no address
 * @size: its bytes
 * @cache: of an object
 * @key: what its pattern is made of
 * @born: number of the step that allocated it
 */
struct carve_fuzz_item {
	unsigned long busy;
	u8 kind;
	u8 order;
	bool zeroed;
	struct carve_page *page;
	void *addr;
	size_t size;
	struct carve_fuzz_cache *cache;
	u64 key;
	u64 born;
};

/**
 * struct carve_fuzz - a run and its model
 * @co: the carveout
 * @options: what to do
 * @report: what has come of it
 * @serial: one step follows the other
 * @still: no per-CPU store holds anything, so that each allocation can fail
 * @stop: no more steps
 * @nr_items: places for items
 * @item: these
 * @cache: places for caches
 * @nr_live: items that are allocated
 * @most_live: the most that there have been
 * @nr_bad: frees that must have been refused so far
 * @first_bad: what the carveout counted of these before
 * @damage: what debugging of caches had found before
 * @lock: guards @claimed and the finding in @report
 * @claimed: a bit for each word of the carveout, set where an item lies
 * @max_order: of blocks that are asked for
 * @max_bytes: of areas that are asked for
 */
struct carve_fuzz {
	struct carveout *co;
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
	unsigned long damage;
	raw_spinlock_t lock;
	unsigned long *claimed;
	unsigned int max_order;
	size_t max_bytes;
};

/* 0 or -ENOMEM; what carve_fuzz_world_exit() frees is native memory */
int carve_fuzz_world_init(struct carve_fuzz *fuzz);
void carve_fuzz_world_exit(struct carve_fuzz *fuzz);

/* Notes what is wrong, if it is the first thing, and ends the run. @s: or NULL */
__printf(3, 4) void carve_fuzz_find(struct carve_fuzz *fuzz,
				    const struct carve_fuzz_step *s,
				    const char *fmt, ...);

/**
 * carve_fuzz_born() - enter what was allocated into the model
 * @s: the step
 * @item: its place, with kind, page, addr, size and cache filled in
 * @align: bytes that it must be aligned to
 * @zero: it must be full of zeroes
 *
 * Looks that it lies in the carveout, where no other item does, and as it
 * should; and fills it with its pattern.
 */
void carve_fuzz_born(struct carve_fuzz_step *s, struct carve_fuzz_item *item,
		     size_t align, bool zero);
/* Looks at the pattern, and takes it out of the model: it may be freed then */
void carve_fuzz_dies(struct carve_fuzz_step *s, struct carve_fuzz_item *item);
/* Looks at the pattern */
void carve_fuzz_look(struct carve_fuzz_step *s,
		     const struct carve_fuzz_item *item);
/* The same of the first @limit bytes alone, and at another address: @addr */
void carve_fuzz_look_at(struct carve_fuzz_step *s,
			const struct carve_fuzz_item *item, void *addr,
			size_t limit);
/* The item changes its size, and may have moved to @addr; what is new is zero? */
void carve_fuzz_resized(struct carve_fuzz_step *s,
			struct carve_fuzz_item *item, void *addr, size_t size,
			bool zero);
/* Out of the model and back, with nothing looked at: for what may move */
void carve_fuzz_unclaim(struct carve_fuzz *fuzz,
			const struct carve_fuzz_item *item);
void carve_fuzz_claim(struct carve_fuzz_step *s,
		      const struct carve_fuzz_item *item);

/* Bytes that were found written to, and counts that don't agree; not bad frees */
unsigned long carve_fuzz_damage(struct carve_fuzz *fuzz);
/* With nobody at work: does the carveout count what the model has? */
void carve_fuzz_compare(struct carve_fuzz *fuzz);

/* Constructors: what they write, an object has each time that it is allocated */
#define CARVE_FUZZ_MAGIC 0x636172766f626a21ULL
void carve_fuzz_construct(void *object);
void carve_fuzz_destruct(void *object);

/* No more steps: something was found, the time is up, or a signal came */
static inline bool carve_fuzz_stopped(const struct carve_fuzz *fuzz)
{
	return READ_ONCE(fuzz->stop);
}

/* Something was found: the model is not to be trusted any more */
static inline bool carve_fuzz_found(const struct carve_fuzz *fuzz)
{
	return READ_ONCE(fuzz->report->finding.found);
}

/* For a moment, or for an object; false: there is no such cache */
static inline bool carve_fuzz_cache_get(struct carve_fuzz_cache *cache)
{
	return atomic_inc_unless_negative(&cache->users);
}

static inline void carve_fuzz_cache_put(struct carve_fuzz_cache *cache)
{
	atomic_dec(&cache->users);
}

#endif /* _CARVE_FUZZ_WORLD_H */
