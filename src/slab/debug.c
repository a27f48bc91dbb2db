// SPDX-License-Identifier: GPL-2.0
/*
 * Debugging of a cache, as mm/slub.c has it with slub_debug, but switched at
 * run time, on a kernel that knows nothing of it.
 *
 * A cache whose debugging is on has no magazine: their limit is 0, so that
 * each allocation and each free comes to the slow paths, and from there to
 * this file. Its objects come from slabs made for the purpose (slab.c), with
 * red zones around each object and a record of it elsewhere. The record says
 * what was done to the object: whether its red zones were filled, whether it
 * was poisoned, who had it. So it is always known what an object must look
 * like, even if the flags of the cache have changed since.
 *
 * Switching on: the magazines' limit becomes 0, the magazines and the depot are
 * drained, and the flags are set. From then on objects come from debug slabs.
 * Objects that came from plain slabs earlier go back there unchecked.
 *
 * Switching off: the flags are cleared, the objects in quarantine return to their
 * slabs, and the records of objects that are out are cleared, because from now on
 * these may pass through magazines unseen; then the limit is restored. Until the
 * record of an object is cleared, krealloc() and the like keep it up to date. The
 * records are cleared slab by slab, with the lock released between two: those of
 * full slabs first, since a slab that an object comes back to meanwhile moves to
 * the partial ones. Debug slabs are given back as they run empty.
 *
 * Quarantine: a freed object stays out of its slab, on a list in order of arrival,
 * until the objects freed after it fill the quarantine, or memory is short.
 *
 * If there is no memory for a debug slab, an object comes from a plain one:
 * debugging makes no allocation fail.
 *
 * All this is done under the cache's lock, except for stack traces, which are
 * taken before it, and reports, which are printed after it.
 *
 * Invariants, walked by carve_debug_check():
 *  - bytes around and in objects are as their records say;
 *  - an object in its slab is neither live nor in quarantine.
 */
#include <linux/jiffies.h>
#include <linux/poison.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "compat/stack.h"
#include "report.h"
#include "slab/finding.h"
#include "slab/slab.h"

static void track(struct carve_track *track, unsigned long caller)
{
	track->caller = caller;
	track->when = jiffies;
	track->stack = carve_compat_stack_keep(caller);
	track->pid = current->pid;
	track->cpu = raw_smp_processor_id();
}

/* Objects with a state of their own while they are free keep it */
static bool may_poison(const struct carve_cache *cache)
{
	return !carve_cache_keeps(cache);
}

static bool has_flag(const struct carve_cache *cache, unsigned int flag)
{
	return READ_ONCE(cache->debugging.flags) & flag;
}

/* What is to be filled of an object, by the flags of its cache */
static u32 fill_flags(const struct carve_cache *cache)
{
	u32 flags = 0;

	if (has_flag(cache, CARVE_DEBUG_RED_ZONE))
		flags |= CARVE_RECORD_RED;
	if (has_flag(cache, CARVE_DEBUG_POISON) && may_poison(cache))
		flags |= CARVE_RECORD_POISONED;
	return flags;
}

static void count_findings(struct carve_cache *cache,
			   const struct carve_findings *findings)
{
	unsigned int i;

	lockdep_assert_held(&cache->lock);
	for (i = 0; i < findings->nr; i++)
		cache->debugging.count[findings->finding[i].what]++;
}

static void look(struct carve_cache *cache, const void *object,
		 const struct carve_record *record,
		 struct carve_findings *findings)
{
	carve_object_look(cache, object, record, findings);
	count_findings(cache, findings);
}

void carve_debug_prepare(struct carve_cache *cache, struct carve_page *slab)
{
	u32 flags = fill_flags(cache);
	unsigned int i;

	for (i = 0; i < cache->debug.nr_objects; i++) {
		struct carve_record *record = carve_slab_record(slab, i);

		record->flags = flags;
		carve_object_fill(cache, carve_slab_object(cache, slab, i),
				  record);
	}
}

/* The slab of an object that is known to be sound, and its record */
static struct carve_record *find_record(struct carve_cache *cache,
					const void *object,
					struct carve_page **slab)
{
	unsigned int index;

	carve_slab_locate(cache, object, slab, &index);
	return carve_slab_record(*slab, index);
}

static void check_counts(struct carve_cache *cache, struct carve_page *slab,
			 struct carve_findings *findings)
{
	if (!has_flag(cache, CARVE_DEBUG_CHECKS) ||
	    carve_slab_counts(cache, slab))
		return;
	cache->debugging.count[CARVE_DAMAGE_COUNTS]++;
	findings->counts = true;
}

/* Allocation */

/* The record of an object whose owner it has from now on */
static void make_live(struct carve_cache *cache, void *object, size_t size,
		      const struct carve_track *by, struct carve_record *record)
{
	bool poison = fill_flags(cache) & CARVE_RECORD_POISONED;

	record->flags = CARVE_RECORD_LIVE |
			(fill_flags(cache) & CARVE_RECORD_RED) |
			(record->flags & CARVE_RECORD_FREED);
	record->requested = size;
	if (has_flag(cache, CARVE_DEBUG_USER)) {
		record->alloc = *by;
		record->flags |= CARVE_RECORD_ALLOCED;
	}
	if (poison)
		memset(object, POISON_INUSE, cache->object_size);
	carve_object_fill(cache, object, record);
}

static void *take(struct carve_cache *cache, size_t size,
		  const struct carve_track *by, struct carve_findings *findings)
{
	struct carve_record *record;
	struct carve_page *slab;
	void *object;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (!cache->debugging.flags ||
	    !carve_shelf_take(cache, &cache->debug, &object, 1))
		return NULL;
	record = find_record(cache, object, &slab);
	check_counts(cache, slab, findings);
	look(cache, object, record, findings);
	make_live(cache, object, size, by, record);
	return object;
}

static bool leave_quarantine(struct carve_cache *cache, unsigned long bytes);

static void *take_or_grow(struct carve_cache *cache, size_t size, gfp_t gfp,
			  const struct carve_track *by,
			  struct carve_findings *findings)
{
	void *object;

	/* Don't try hard: there is the plain shelf to fall back on */
	gfp = (gfp | __GFP_NOWARN | __GFP_NORETRY) &
	      ~(__GFP_NOFAIL | __GFP_RETRY_MAYFAIL);
	do {
		object = take(cache, size, by, findings);
	} while (!object && has_flag(cache, ~0U) &&
		 (carve_shelf_grow(cache, &cache->debug, gfp) ||
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
	struct carve_findings findings = { };
	struct carve_track by = { };
	void *object;

	if (has_flag(cache, CARVE_DEBUG_USER))
		track(&by, caller);
	object = take_or_grow(cache, size, gfp, &by, &findings);
	if (!object) {
		count_missed(cache);
		return NULL;
	}
	carve_findings_tell(cache, &findings, "allocated", caller);
	if (want_init_on_alloc(gfp) && carve_cache_may_zero(cache, gfp))
		memset(object, 0, size);
	return object;
}

/* Free */

static void enter_quarantine(struct carve_cache *cache, void *object,
			     struct carve_record *record)
{
	struct carve_debugging *d = &cache->debugging;
	struct carve_page *slab;

	record->flags |= CARVE_RECORD_WAITING;
	record->next = NULL;
	if (d->newest)
		find_record(cache, d->newest, &slab)->next = object;
	else
		d->oldest = object;
	d->newest = object;
	d->nr_waiting++;
}

static void clear_freed(struct carve_cache *cache, void *object)
{
	if (want_init_on_free() && !carve_cache_keeps(cache))
		memset(object, 0, cache->object_size);
}

/* The record of an object that nobody owns from now on */
static void make_free(struct carve_cache *cache, void *object,
		      const struct carve_track *by, struct carve_record *record)
{
	record->flags = fill_flags(cache) |
			(record->flags & CARVE_RECORD_ALLOCED);
	if (has_flag(cache, CARVE_DEBUG_USER)) {
		record->free = *by;
		record->flags |= CARVE_RECORD_FREED;
	}
	clear_freed(cache, object);
	carve_object_fill(cache, object, record);
}

static void put_debugged(struct carve_cache *cache, void *object,
			 const struct carve_track *by,
			 struct carve_record *record,
			 struct carve_findings *findings)
{
	look(cache, object, record, findings);
	make_free(cache, object, by, record);
	if (has_flag(cache, CARVE_DEBUG_QUARANTINE))
		enter_quarantine(cache, object, record);
	else
		carve_shelf_put(cache, &object, 1);
}

/* False: it is no object that is out */
static bool put(struct carve_cache *cache, void *object,
		const struct carve_track *by, struct carve_findings *findings)
{
	struct carve_page *slab;
	unsigned int index;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (carve_slab_locate(cache, object, &slab, &index))
		return false;
	check_counts(cache, slab, findings);
	if (slab->debug) {
		put_debugged(cache, object, by, carve_slab_record(slab, index),
			     findings);
	} else {
		clear_freed(cache, object);
		carve_shelf_put(cache, &object, 1);
	}
	return true;
}

void carve_debug_free(struct carve_cache *cache, void *object,
		      unsigned long caller)
{
	struct carve_findings findings = { };
	struct carve_track by = { };

	if (has_flag(cache, CARVE_DEBUG_USER))
		track(&by, caller);
	if (!put(cache, object, &by, &findings)) {
		carve_cache_bad_free(cache, object, caller);
		return;
	}
	carve_findings_tell(cache, &findings, "freed", caller);
	carve_debug_trim(cache, READ_ONCE(cache->slabs->quarantine_bytes));
	carve_shelf_trim(cache, &cache->debug);
	carve_shelf_trim(cache, &cache->plain);
	carve_shelf_trim(cache, &cache->low);
}

/* Quarantine */

/* Under the lock: the oldest one returns to its slab */
static void *release_oldest(struct carve_cache *cache,
			    struct carve_findings *findings)
{
	struct carve_debugging *d = &cache->debugging;
	void *object = d->oldest;
	struct carve_page *slab;
	struct carve_record *record = find_record(cache, object, &slab);

	look(cache, object, record, findings);
	carve_object_fill(cache, object, record);
	d->oldest = record->next;
	if (!d->oldest)
		d->newest = NULL;
	d->nr_waiting--;
	record->flags &= ~CARVE_RECORD_WAITING;
	carve_shelf_put(cache, &object, 1);
	return object;
}

/* One object leaves, if there are more than @bytes. False: there aren't. */
static bool leave_quarantine(struct carve_cache *cache, unsigned long bytes)
{
	struct carve_findings findings = { };

	scoped_guard(raw_spinlock_irqsave, &cache->lock) {
		if (cache->debugging.nr_waiting * cache->debug.size <= bytes)
			return false;
		release_oldest(cache, &findings);
	}
	carve_findings_tell(cache, &findings, "let out of quarantine", 0);
	return true;
}

void carve_debug_trim(struct carve_cache *cache, unsigned long bytes)
{
	while (leave_quarantine(cache, bytes))
		;
}

/* Sizes within an object */

static struct carve_record *live_record(struct carve_cache *cache,
					const void *object)
{
	struct carve_record *record;
	struct carve_page *slab;
	unsigned int index;

	lockdep_assert_held(&cache->lock);
	if (carve_slab_locate(cache, object, &slab, &index) || !slab->debug)
		return NULL;
	record = carve_slab_record(slab, index);
	return record->flags & CARVE_RECORD_LIVE ? record : NULL;
}

size_t carve_debug_requested(struct carve_cache *cache, const void *object)
{
	struct carve_record *record;

	guard(raw_spinlock_irqsave)(&cache->lock);
	record = live_record(cache, object);
	return record ? record->requested : cache->object_size;
}

/* Under the lock; false: nothing is known of the object */
static bool resize(struct carve_cache *cache, void *object, size_t size,
		   gfp_t gfp, struct carve_findings *findings)
{
	struct carve_record *record = live_record(cache, object);
	size_t old;

	if (!record)
		return false;
	look(cache, object, record, findings);
	old = record->requested;
	record->requested = size;
	if (size > old && want_init_on_alloc(gfp))
		memset(object + old, 0, size - old);
	carve_object_fill(cache, object, record);
	return record->flags & CARVE_RECORD_RED;
}

void carve_debug_resize(struct carve_cache *cache, void *object, size_t size,
			gfp_t gfp, unsigned long caller)
{
	struct carve_findings findings = { };
	bool red;

	scoped_guard(raw_spinlock_irqsave, &cache->lock)
		red = resize(cache, object, size, gfp, &findings);
	carve_findings_tell(cache, &findings, "resized", caller);
	/* All behind the size is zero, so that it is when it grows */
	if (!red && want_init_on_alloc(gfp))
		memset(object + size, 0, cache->object_size - size);
}

/* Switching */

/* Behind what was asked for it is as krealloc() with __GFP_ZERO wants it */
static void forget(struct carve_cache *cache, void *object,
		   struct carve_record *record)
{
	if (record->flags & CARVE_RECORD_LIVE)
		memset(object + record->requested, 0,
		       cache->object_size - record->requested);
	record->flags = 0;
}

static void forget_slab(struct carve_cache *cache, struct carve_page *slab)
{
	unsigned int i;

	for (i = 0; i < cache->debug.nr_objects; i++)
		if (!carve_slab_has(cache, slab, i))
			forget(cache, carve_slab_object(cache, slab, i),
			       carve_slab_record(slab, i));
}

/* False: there is none */
static bool forget_next(struct carve_cache *cache)
{
	struct carve_debugging *d = &cache->debugging;
	struct carve_page *slab;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (d->next_to_forget == CARVE_PAGE_NONE)
		return false;
	slab = &cache->pages->map[d->next_to_forget];
	d->next_to_forget = slab->next;
	forget_slab(cache, slab);
	return true;
}

/* Objects that are out may pass through magazines, unseen, from now on */
static void forget_slabs(struct carve_cache *cache,
			 const struct carve_page_list *list)
{
	scoped_guard(raw_spinlock_irqsave, &cache->lock)
		cache->debugging.next_to_forget = list->first;
	while (forget_next(cache))
		cond_resched();
}

static void switch_off(struct carve_cache *cache)
{
	struct carve_debugging *d = &cache->debugging;

	scoped_guard(raw_spinlock_irqsave, &cache->lock)
		WRITE_ONCE(d->flags, 0);
	carve_debug_trim(cache, 0);
	forget_slabs(cache, &cache->debug.full);
	forget_slabs(cache, &cache->debug.partial);
	carve_shelf_trim(cache, &cache->debug);
	if (d->base)
		carve_magazines_adapt(&cache->magazines, d->base);
	else
		carve_magazines_tune(&cache->magazines, d->batch, d->limit);
}

static unsigned int magazine_limit(const struct carve_magazines *ms)
{
	return READ_ONCE(ms->cpu[cpumask_first(cpu_possible_mask)]->capacity);
}

static void stop_magazines(struct carve_cache *cache)
{
	struct carve_magazines *ms = &cache->magazines;
	struct carve_debugging *d = &cache->debugging;

	d->base = READ_ONCE(ms->base);
	d->batch = READ_ONCE(ms->batch);
	d->limit = magazine_limit(ms);
	carve_magazines_tune(ms, d->batch, 0);
	carve_cache_drain(cache);
}

int carve_debug_switch(struct carve_cache *cache, unsigned int flags)
{
	struct carve_debugging *d = &cache->debugging;

	lockdep_assert_held(&cache->slabs->lock);
	if (flags == d->flags)
		return 0;
	if (!flags) {
		switch_off(cache);
		return 0;
	}
	if (flags & CARVE_DEBUG_USER && carve_compat_stack_init())
		return -ENOMEM;
	if (!d->flags)
		stop_magazines(cache);
	scoped_guard(raw_spinlock_irqsave, &cache->lock)
		WRITE_ONCE(d->flags, flags);
	if (!(flags & CARVE_DEBUG_QUARANTINE))
		carve_debug_trim(cache, 0);
	return 0;
}

/* Reports */

void carve_debug_tell(struct carve_cache *cache, const void *object)
{
	struct carve_page *page = carve_pages_lookup(cache->pages, object);
	struct carve_record record = { };
	struct carve_page *slab;
	unsigned int index;

	if (!page || !carve_page_is_slab(page->state))
		return;
	/* Whoever freed it has it still: its own cache is there */
	cache = READ_ONCE(page->cache);
	if (!cache)
		return;
	scoped_guard(raw_spinlock_irqsave, &cache->lock) {
		enum carve_verdict verdict = carve_slab_locate(cache, object,
							       &slab, &index);

		if (verdict != CARVE_OBJECT_OUT && verdict < CARVE_NOT_A_START)
			return;
		if (slab->debug && index < cache->debug.nr_objects)
			record = *carve_slab_record(slab, index);
	}
	carve_record_tell(cache, &record, NULL);
}

static void check_object(struct carve_cache *cache, struct carve_page *slab,
			 unsigned int index, struct carve_report *r)
{
	const struct carve_record *record = carve_slab_record(slab, index);
	struct carve_findings findings = { };

	carve_object_look(cache, carve_slab_object(cache, slab, index), record,
			  &findings);
	carve_findings_report(cache, &findings, r);
	carve_report_unless(r, !carve_slab_has(cache, slab, index) ||
			    !(record->flags & (CARVE_RECORD_LIVE |
					       CARVE_RECORD_WAITING)),
			    "cache %s: an object in its slab is known as %s",
			    cache->name, record->flags & CARVE_RECORD_LIVE ?
			    "live" : "in quarantine");
}

void carve_debug_check(struct carve_cache *cache, struct carve_page *slab,
		       struct carve_report *r)
{
	unsigned int i;

	lockdep_assert_held(&cache->lock);
	for (i = 0; i < cache->debug.nr_objects; i++)
		check_object(cache, slab, i, r);
}
