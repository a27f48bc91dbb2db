/* SPDX-License-Identifier: GPL-2.0 */
/* Debugging of caches, switched on and off one by one. See debug.c. */
#ifndef _CARVE_DEBUG_H
#define _CARVE_DEBUG_H

#include <linux/bits.h>
#include <linux/gfp_types.h>
#include <linux/types.h>

struct carve_cache;
struct carve_page;
struct carve_report;

/* What a cache is watched for; the letters are those of slab_debug= */
#define CARVE_DEBUG_CHECKS	BIT(0)	/* F: the counts of its slabs */
#define CARVE_DEBUG_RED_ZONE	BIT(1)	/* Z: writes beside objects */
#define CARVE_DEBUG_POISON	BIT(2)	/* P: writes to free objects */
#define CARVE_DEBUG_USER	BIT(3)	/* U: who allocated and freed */
#define CARVE_DEBUG_QUARANTINE	BIT(4)	/* Q: objects wait before reuse */

/* What can be wrong */
enum carve_damage {
	CARVE_DAMAGE_LEFT,		/* bytes in front of an object */
	CARVE_DAMAGE_RIGHT,		/* bytes behind it */
	CARVE_DAMAGE_POISON,		/* bytes of a free object */
	CARVE_DAMAGE_DOUBLE_FREE,	/* freed again */
	CARVE_DAMAGE_INVALID_FREE,	/* freed, not being an object's start */
	CARVE_DAMAGE_WRONG_CACHE,	/* freed to a cache not its own */
	CARVE_DAMAGE_FOREIGN_FREE,	/* freed, not being in a slab at all */
	CARVE_DAMAGE_COUNTS,		/* counts of a slab that don't agree */
	CARVE_NR_DAMAGES,
};

/* As in a report's headline; and as one word */
extern const char * const carve_damage_names[CARVE_NR_DAMAGES];
extern const char * const carve_damage_words[CARVE_NR_DAMAGES];

/**
 * struct carve_track - who did something to an object, and when
 * @caller: return address in the function that asked for it
 * @when: in jiffies
 * @stack: handle of the trace, 0 for none
 * @pid: of the task that was running
 * @cpu: that it was done on
 */
struct carve_track {
	unsigned long caller;
	unsigned long when;
	u32 stack;
	s32 pid;
	u16 cpu;
};

/* What is known about an object of a debug slab */
#define CARVE_RECORD_LIVE	BIT(0)	/* it went out while debugging was on */
#define CARVE_RECORD_RED	BIT(1)	/* its red zones are filled */
#define CARVE_RECORD_POISONED	BIT(2)	/* free, and filled with poison */
#define CARVE_RECORD_WAITING	BIT(3)	/* in quarantine */
#define CARVE_RECORD_ALLOCED	BIT(4)	/* @alloc is known */
#define CARVE_RECORD_FREED	BIT(5)	/* @free is known */

/**
 * struct carve_record - what is known about an object of a debug slab
 * @alloc: its last allocation
 * @free: its last free
 * @next: in quarantine: the object that was freed next
 * @requested: bytes that were asked for
 * @flags: CARVE_RECORD_*
 *
 * Guarded by the cache's lock.
 */
struct carve_record {
	struct carve_track alloc;
	struct carve_track free;
	void *next;
	u32 requested;
	u32 flags;
};

/**
 * struct carve_debugging - the debugging of a cache
 * @flags: CARVE_DEBUG_*, 0 while it is off; written under the cache's lock
 * @base: of the magazines, for when it is off again
 * @batch: the same
 * @limit: the same, of each CPU's magazine
 * @oldest: the object that has been in quarantine for longest
 * @newest: the one that came last
 * @nr_waiting: how many there are
 * @nr_missed: objects handed out without, for want of memory for a debug slab
 * @next_to_forget: index of the debug slab that a walk over a list of them
 *	comes to next, or CARVE_PAGE_NONE
 * @count: what was found, by kind
 *
 * @base, @batch and @limit are guarded by the lock of the list of caches, the
 * others by the cache's.
 */
struct carve_debugging {
	unsigned int flags;
	unsigned int base;
	unsigned int batch;
	unsigned int limit;
	void *oldest;
	void *newest;
	unsigned long nr_waiting;
	unsigned long nr_missed;
	u32 next_to_forget;
	unsigned long count[CARVE_NR_DAMAGES];
};

/*
 * The slow paths of a cache whose debugging is on. An object whose first @size
 * bytes are zero if @gfp says so; NULL where there is no room for debugging.
 */
void *carve_debug_alloc(struct carve_cache *cache, size_t size, gfp_t gfp,
			unsigned long caller);
void carve_debug_free(struct carve_cache *cache, void *object,
		      unsigned long caller);

/* Switches debugging; under the lock of the list of caches. 0 or -ENOMEM */
int carve_debug_switch(struct carve_cache *cache, unsigned int flags);

/* Has objects leave quarantine until at most @bytes are left in it */
void carve_debug_trim(struct carve_cache *cache, unsigned long bytes);

/*
 * Of an object of the cache's: bytes that were asked for, as far as known;
 * and a change of that, made in place. What the new size leaves of the object
 * becomes red zone, or is zeroed where debugging doesn't use it and @gfp says
 * so, as are bytes that it gains.
 */
size_t carve_debug_requested(struct carve_cache *cache, const void *object);
void carve_debug_resize(struct carve_cache *cache, void *object, size_t size,
			gfp_t gfp, unsigned long caller);

/* Tells the log who had an object that was freed wrongly, if that is known */
void carve_debug_tell(struct carve_cache *cache, const void *object);

/* A slab that nobody knows as yet: its free objects made ready */
void carve_debug_prepare(struct carve_cache *cache, struct carve_page *slab);
/* Under cache->lock: walks what is known about objects of a debug slab */
void carve_debug_check(struct carve_cache *cache, struct carve_page *slab,
		       struct carve_report *r);

#endif /* _CARVE_DEBUG_H */
