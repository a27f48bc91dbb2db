/* SPDX-License-Identifier: GPL-2.0 */
/* Debugging of caches, switched at run time. See debug.c. */
#ifndef _CARVE_DEBUG_H
#define _CARVE_DEBUG_H

#include <linux/bits.h>
#include <linux/gfp_types.h>
#include <linux/types.h>

struct carve_cache;
struct carve_page;
struct carve_report;

/* Debug flags of a cache, with their letters in slab_debug= */
#define CARVE_DEBUG_CHECKS	BIT(0)	/* F: counts of slabs */
#define CARVE_DEBUG_RED_ZONE	BIT(1)	/* Z: red zones */
#define CARVE_DEBUG_POISON	BIT(2)	/* P: poison free objects */
#define CARVE_DEBUG_USER	BIT(3)	/* U: track alloc and free */
#define CARVE_DEBUG_QUARANTINE	BIT(4)	/* Q: delay reuse */

/* Kinds of errors */
enum carve_error {
	CARVE_ERROR_LEFT_REDZONE,	/* left red zone overwritten */
	CARVE_ERROR_RIGHT_REDZONE,	/* right red zone overwritten */
	CARVE_ERROR_POISON,		/* free object overwritten */
	CARVE_ERROR_DOUBLE_FREE,	/* free of a free object */
	CARVE_ERROR_INVALID_FREE,	/* free of an interior pointer */
	CARVE_ERROR_WRONG_CACHE,	/* free to another cache */
	CARVE_ERROR_FOREIGN_FREE,	/* free of memory that is not in a slab */
	CARVE_ERROR_COUNTS,		/* counts of a slab disagree */
	CARVE_NR_ERRORS,
};

/**
 * struct carve_track - an allocation or a free of an object
 * @caller: return address of the call
 * @when: time in jiffies
 * @stack: stack depot handle, 0 for none
 * @pid: pid of the current task
 * @cpu: CPU number
 */
struct carve_track {
	unsigned long caller;
	unsigned long when;
	u32 stack;
	s32 pid;
	u16 cpu;
};

/* Flags of struct carve_metadata */
#define CARVE_METADATA_LIVE	BIT(0)	/* allocated while debugging was on */
#define CARVE_METADATA_RED	BIT(1)	/* red zones are filled */
#define CARVE_METADATA_POISONED	BIT(2)	/* free, and filled with poison */
#define CARVE_METADATA_WAITING	BIT(3)	/* in quarantine */
#define CARVE_METADATA_ALLOCED	BIT(4)	/* @alloc is valid */
#define CARVE_METADATA_FREED	BIT(5)	/* @free is valid */

/**
 * struct carve_metadata - metadata of an object in a debug slab
 * @alloc: last allocation
 * @free: last free
 * @next: next newer object in quarantine
 * @requested: requested bytes
 * @flags: CARVE_METADATA_*
 *
 * Protected by cache->lock.
 */
struct carve_metadata {
	struct carve_track alloc;
	struct carve_track free;
	void *next;
	u32 requested;
	u32 flags;
};

/**
 * struct carve_debugging - debugging state of a cache
 * @flags: CARVE_DEBUG_*, 0 while it is off; read without the lock
 * @base: base batch of the magazines, restored when it is switched off
 * @batch: batch of the magazines, restored likewise
 * @limit: limit of each CPU's magazine, restored likewise
 * @oldest: oldest object in quarantine
 * @newest: newest object in quarantine
 * @nr_waiting: number of objects in quarantine
 * @nr_missed: objects allocated without debugging: no memory for a debug slab
 * @next_to_clear: index of the next debug slab whose metadata to clear, or
 *	CARVE_PAGE_NONE
 * @count: number of errors, by kind
 *
 * slabs->lock protects @base, @batch and @limit; cache->lock protects the
 * others.
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
	u32 next_to_clear;
	unsigned long count[CARVE_NR_ERRORS];
};

/*
 * Slow paths of a cache whose debugging is on. carve_debug_alloc() zeroes the
 * first @size bytes if @gfp asks for it, and returns NULL if there is no memory
 * for a debug slab. carve_debug_free() returns false if @object isn't an
 * allocated object of the cache, and then does nothing.
 */
void *carve_debug_alloc(struct carve_cache *cache, size_t size, gfp_t gfp,
			unsigned long caller);
bool carve_debug_free(struct carve_cache *cache, void *object,
		      unsigned long caller);

/* Releases the oldest objects from quarantine until it has at most @bytes */
void carve_debug_trim(struct carve_cache *cache, unsigned long bytes);

/*
 * Get the requested size of an object, or the object size if it is unknown, and
 * set it. The bytes beyond the new size become red zone; without red zones they
 * are zeroed if @gfp asks for it. Bytes that the object gains are zeroed
 * likewise.
 */
size_t carve_debug_requested(struct carve_cache *cache, const void *object);
void carve_debug_resize(struct carve_cache *cache, void *object, size_t size,
			gfp_t gfp, unsigned long caller);

/* Logs the tracks of an object, if any; @object may be any address */
void carve_debug_print(struct carve_cache *cache, const void *object);

/* Initialises metadata and free objects of a new slab, not yet on a list */
void carve_debug_prepare(struct carve_cache *cache, struct carve_page *slab);
/* Under cache->lock: checks the invariants of a debug slab */
void carve_debug_check(struct carve_cache *cache, struct carve_page *slab,
		       struct carve_report *r);

#endif /* _CARVE_DEBUG_H */
