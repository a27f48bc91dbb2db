// SPDX-License-Identifier: GPL-2.0
/*
 * Debugging of a cache, like slab_debug of mm/slub.c, but switched at run time
 * and independent of the kernel's configuration
 *
 * While debugging is on (debug_switch.c), the limit of the magazines is 0. So
 * every allocation and free takes the slow path and gets here. Objects come
 * from debug slabs (slab.c), which have red zones and metadata. The metadata
 * says how the object was filled and holds its tracks. So an object can be
 * checked even if the debug flags of the cache have changed since.
 *
 * The quarantine is a FIFO of freed objects that delays their reuse. An object
 * leaves it when later frees exceed its limit, or when memory is short. Until
 * then it isn't free in its slab.
 *
 * Debugging fails no allocation: without memory for a debug slab, an object
 * comes from an ordinary slab.
 *
 * Invariants, checked by carve_debug_check():
 *  - bytes around and in objects match their metadata;
 *  - an object that is free in its slab is neither live nor in quarantine.
 *
 * Locking: cache->lock protects metadata and quarantine. Stack traces are saved
 * before it is taken, and reports printed after it is released.
 */
#include <linux/jiffies.h>
#include <linux/poison.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "compat/stack.h"
#include "lib/report.h"
#include "slab/cache_inline.h"
#include "slab/node.h"
#include "slab/object_check.h"
#include "slab/slab.h"

static void fill_track(struct carve_track *track, unsigned long caller)
{
	track->caller = caller;
	track->when = jiffies;
	track->stack = carve_compat_stack_keep(caller);
	track->pid = current->pid;
	track->cpu = raw_smp_processor_id();
}

/* Don't poison free objects that must keep their contents */
static bool may_poison(const struct carve_cache *cache)
{
	return !carve_cache_keeps_state(cache);
}

static bool has_debug_flag(const struct carve_cache *cache, unsigned int flag)
{
	return READ_ONCE(cache->debugging.flags) & flag;
}

/* Fills that the debug flags of the cache ask for */
static u32 fill_flags(const struct carve_cache *cache)
{
	u32 flags = 0;

	if (has_debug_flag(cache, CARVE_DEBUG_RED_ZONE))
		flags |= CARVE_METADATA_RED;
	if (has_debug_flag(cache, CARVE_DEBUG_POISON) && may_poison(cache))
		flags |= CARVE_METADATA_POISONED;
	return flags;
}

static void count_corruptions(struct carve_cache *cache,
			      const struct carve_object_check *check)
{
	unsigned int i;

	lockdep_assert_held(&cache->lock);
	for (i = 0; i < check->nr; i++)
		cache->debugging.count[check->corruption[i].what]++;
}

static void check_bytes(struct carve_cache *cache, const void *object,
			const struct carve_metadata *metadata,
			struct carve_object_check *check)
{
	carve_object_check_bytes(cache, object, metadata, check);
	count_corruptions(cache, check);
}

void carve_debug_prepare(struct carve_cache *cache, struct carve_page *slab)
{
	u32 flags = fill_flags(cache);
	unsigned int i;

	for (i = 0; i < cache->debug.nr_objects; i++) {
		struct carve_metadata *metadata = carve_slab_metadata(slab, i);

		metadata->flags = flags;
		carve_object_fill(cache, carve_slab_object(cache, slab, i),
				  metadata);
	}
}

/* Slab and metadata of an object that is known to be valid */
static struct carve_metadata *find_metadata(struct carve_cache *cache,
					    const void *object,
					    struct carve_page **slab)
{
	unsigned int index;

	carve_slab_locate(cache, object, slab, &index);
	return carve_slab_metadata(*slab, index);
}

static void check_counts(struct carve_cache *cache, struct carve_page *slab,
			 struct carve_object_check *check)
{
	if (!has_debug_flag(cache, CARVE_DEBUG_CHECKS) ||
	    carve_slab_counts(cache, slab))
		return;
	cache->debugging.count[CARVE_ERROR_COUNTS]++;
	check->counts = true;
}

/* Allocation */

/* Updates metadata, and fills the object, for an allocation */
static void set_live(struct carve_cache *cache, void *object, size_t size,
		     const struct carve_track *by, struct carve_metadata *metadata)
{
	bool poison = fill_flags(cache) & CARVE_METADATA_POISONED;

	metadata->flags = CARVE_METADATA_LIVE |
			(fill_flags(cache) & CARVE_METADATA_RED) |
			(metadata->flags & CARVE_METADATA_FREED);
	metadata->requested = size;
	if (has_debug_flag(cache, CARVE_DEBUG_USER)) {
		metadata->alloc = *by;
		metadata->flags |= CARVE_METADATA_ALLOCED;
	}
	if (poison)
		memset(object, POISON_INUSE, cache->object_size);
	carve_object_fill(cache, object, metadata);
}

static void *alloc_debug_object(struct carve_cache *cache, size_t size,
				const struct carve_track *by, struct carve_object_check *check)
{
	struct carve_metadata *metadata;
	struct carve_page *slab;
	void *object;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (!cache->debugging.flags ||
	    !carve_node_alloc_objects(cache, &cache->debug, &object, 1))
		return NULL;
	metadata = find_metadata(cache, object, &slab);
	check_counts(cache, slab, check);
	check_bytes(cache, object, metadata, check);
	set_live(cache, object, size, by, metadata);
	return object;
}

static bool leave_quarantine(struct carve_cache *cache, unsigned long bytes);

static void *alloc_debug_or_grow(struct carve_cache *cache, size_t size, gfp_t gfp,
				 const struct carve_track *by,
				 struct carve_object_check *check)
{
	void *object;

	/* Fail fast: alloc_plain() is the fallback */
	gfp = (gfp | __GFP_NOWARN | __GFP_NORETRY) &
	      ~(__GFP_NOFAIL | __GFP_RETRY_MAYFAIL);
	do {
		object = alloc_debug_object(cache, size, by, check);
	} while (!object && has_debug_flag(cache, ~0U) &&
		 (carve_node_grow(cache, &cache->debug, gfp) ||
		  leave_quarantine(cache, 0)));
	return object;
}

static void count_missed(struct carve_cache *cache)
{
	guard(raw_spinlock_irqsave)(&cache->lock);
	if (cache->debugging.flags)
		cache->debugging.nr_missed++;
}

void *carve_debug_alloc(struct carve_cache *cache, size_t size, gfp_t gfp,
			unsigned long caller)
{
	struct carve_object_check check = { };
	struct carve_track by = { };
	void *object;

	if (has_debug_flag(cache, CARVE_DEBUG_USER))
		fill_track(&by, caller);
	object = alloc_debug_or_grow(cache, size, gfp, &by, &check);
	if (!object) {
		count_missed(cache);
		return NULL;
	}
	carve_object_check_print(cache, &check, "allocated", caller);
	if (want_init_on_alloc(gfp) && carve_cache_may_zero(cache, gfp))
		memset(object, 0, size);
	return object;
}

/* Free */

static void enter_quarantine(struct carve_cache *cache, void *object,
			     struct carve_metadata *metadata)
{
	struct carve_debugging *d = &cache->debugging;
	struct carve_page *slab;

	metadata->flags |= CARVE_METADATA_WAITING;
	metadata->next = NULL;
	if (d->newest)
		find_metadata(cache, d->newest, &slab)->next = object;
	else
		d->oldest = object;
	d->newest = object;
	d->nr_waiting++;
}

static void clear_freed(struct carve_cache *cache, void *object)
{
	if (want_init_on_free() && !carve_cache_keeps_state(cache))
		memset(object, 0, cache->object_size);
}

/* Updates metadata, and fills the object, for a free */
static void set_free(struct carve_cache *cache, void *object,
		     const struct carve_track *by, struct carve_metadata *metadata)
{
	metadata->flags = fill_flags(cache) |
			(metadata->flags & CARVE_METADATA_ALLOCED);
	if (has_debug_flag(cache, CARVE_DEBUG_USER)) {
		metadata->free = *by;
		metadata->flags |= CARVE_METADATA_FREED;
	}
	clear_freed(cache, object);
	carve_object_fill(cache, object, metadata);
}

static void free_debug_object(struct carve_cache *cache, void *object,
			      const struct carve_track *by,
			      struct carve_metadata *metadata,
			      struct carve_object_check *check)
{
	check_bytes(cache, object, metadata, check);
	set_free(cache, object, by, metadata);
	if (has_debug_flag(cache, CARVE_DEBUG_QUARANTINE))
		enter_quarantine(cache, object, metadata);
	else
		carve_node_free_objects(cache, &object, 1);
}

/* Returns false if @object is not an allocated object */
static bool free_object_checked(struct carve_cache *cache, void *object,
				const struct carve_track *by, struct carve_object_check *check)
{
	struct carve_page *slab;
	unsigned int index;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (carve_slab_locate(cache, object, &slab, &index))
		return false;
	check_counts(cache, slab, check);
	if (slab->debug) {
		free_debug_object(cache, object, by, carve_slab_metadata(slab, index),
				  check);
	} else {
		clear_freed(cache, object);
		carve_node_free_objects(cache, &object, 1);
	}
	return true;
}

bool carve_debug_free(struct carve_cache *cache, void *object,
		      unsigned long caller)
{
	struct carve_object_check check = { };
	struct carve_track by = { };

	if (has_debug_flag(cache, CARVE_DEBUG_USER))
		fill_track(&by, caller);
	if (!free_object_checked(cache, object, &by, &check))
		return false;
	carve_object_check_print(cache, &check, "freed", caller);
	carve_debug_trim(cache, READ_ONCE(cache->slabs->quarantine_bytes));
	carve_node_trim(cache, &cache->debug);
	carve_node_trim(cache, &cache->oo);
	carve_node_trim(cache, &cache->min);
	return true;
}

/* Quarantine */

/* Returns the oldest object to its slab */
static void *release_oldest(struct carve_cache *cache,
			    struct carve_object_check *check)
{
	struct carve_debugging *d = &cache->debugging;
	void *object = d->oldest;
	struct carve_page *slab;
	struct carve_metadata *metadata = find_metadata(cache, object, &slab);

	check_bytes(cache, object, metadata, check);
	carve_object_fill(cache, object, metadata);
	d->oldest = metadata->next;
	if (!d->oldest)
		d->newest = NULL;
	d->nr_waiting--;
	metadata->flags &= ~CARVE_METADATA_WAITING;
	carve_node_free_objects(cache, &object, 1);
	return object;
}

/* Releases an object if the quarantine exceeds @bytes; false if it doesn't */
static bool leave_quarantine(struct carve_cache *cache, unsigned long bytes)
{
	struct carve_object_check check = { };

	scoped_guard(raw_spinlock_irqsave, &cache->lock) {
		if (cache->debugging.nr_waiting * cache->debug.size <= bytes)
			return false;
		release_oldest(cache, &check);
	}
	carve_object_check_print(cache, &check, "released from quarantine", 0);
	return true;
}

void carve_debug_trim(struct carve_cache *cache, unsigned long bytes)
{
	while (leave_quarantine(cache, bytes))
		;
}

/* Requested sizes */

static struct carve_metadata *live_metadata(struct carve_cache *cache,
					    const void *object)
{
	struct carve_metadata *metadata;
	struct carve_page *slab;
	unsigned int index;

	lockdep_assert_held(&cache->lock);
	if (carve_slab_locate(cache, object, &slab, &index) || !slab->debug)
		return NULL;
	metadata = carve_slab_metadata(slab, index);
	return metadata->flags & CARVE_METADATA_LIVE ? metadata : NULL;
}

size_t carve_debug_requested(struct carve_cache *cache, const void *object)
{
	struct carve_metadata *metadata;

	guard(raw_spinlock_irqsave)(&cache->lock);
	metadata = live_metadata(cache, object);
	return metadata ? metadata->requested : cache->object_size;
}

/* Sets the requested size. Returns true if red zones cover the rest. */
static bool resize_object(struct carve_cache *cache, void *object, size_t size,
			  gfp_t gfp, struct carve_object_check *check)
{
	struct carve_metadata *metadata = live_metadata(cache, object);
	size_t old;

	if (!metadata)
		return false;
	check_bytes(cache, object, metadata, check);
	old = metadata->requested;
	metadata->requested = size;
	if (size > old && want_init_on_alloc(gfp))
		memset(object + old, 0, size - old);
	carve_object_fill(cache, object, metadata);
	return metadata->flags & CARVE_METADATA_RED;
}

void carve_debug_resize(struct carve_cache *cache, void *object, size_t size,
			gfp_t gfp, unsigned long caller)
{
	struct carve_object_check check = { };
	bool red;

	scoped_guard(raw_spinlock_irqsave, &cache->lock)
		red = resize_object(cache, object, size, gfp, &check);
	carve_object_check_print(cache, &check, "resized", caller);
	/* Zero the rest, for growing later */
	if (!red && want_init_on_alloc(gfp))
		memset(object + size, 0, cache->object_size - size);
}

/* Reports */

void carve_debug_print(struct carve_cache *cache, const void *object)
{
	struct carve_page *page = carve_pages_lookup(cache->pages, object);
	struct carve_metadata metadata = { };
	struct carve_page *slab;
	unsigned int index;

	cache = page ? carve_slab_cache(cache->pages, page) : NULL;
	if (!cache)
		return;
	scoped_guard(raw_spinlock_irqsave, &cache->lock) {
		enum carve_free_error error = carve_slab_locate(cache, object,
								&slab, &index);

		if (error != CARVE_OBJECT_OUT && error < CARVE_NOT_A_START)
			return;
		if (slab->debug && index < cache->debug.nr_objects)
			metadata = *carve_slab_metadata(slab, index);
	}
	carve_metadata_print(cache, &metadata, NULL);
}

static void check_debug_object(struct carve_cache *cache, struct carve_page *slab,
			       unsigned int index, struct carve_report *r)
{
	const struct carve_metadata *metadata = carve_slab_metadata(slab, index);
	struct carve_object_check check = { };

	carve_object_check_bytes(cache, carve_slab_object(cache, slab, index), metadata,
				 &check);
	carve_object_check_report(cache, &check, r);
	carve_report_unless(r, !carve_slab_has(cache, slab, index) ||
			    !(metadata->flags & (CARVE_METADATA_LIVE |
						 CARVE_METADATA_WAITING)),
			    "cache %s: metadata of a free object says it is %s",
			    cache->name, metadata->flags & CARVE_METADATA_LIVE ?
			    "live" : "in quarantine");
}

void carve_debug_check(struct carve_cache *cache, struct carve_page *slab,
		       struct carve_report *r)
{
	unsigned int i;

	lockdep_assert_held(&cache->lock);
	for (i = 0; i < cache->debug.nr_objects; i++)
		check_debug_object(cache, slab, i, r);
}
