// SPDX-License-Identifier: GPL-2.0
/*
 * Caches
 *
 * A cache hands out objects of one size from its per-CPU magazines. Behind
 * these lie its slabs, on three lists: partial, full and empty. A refill takes
 * from partial slabs before empty ones, so that slabs run empty and their
 * pages can go back; a few empty ones are kept, the rest is released at once.
 *
 * While a cache is debugged (debug.c) its magazines hold nothing, so that all
 * comes to the slow paths here, and the fast ones know nothing of debugging.
 * Objects then come from slabs of another shape, on a shelf of their own; an
 * object always goes back to the slab that it came from. Magazines are filled
 * from the plain shelf alone, but may come to hold objects of the other one,
 * when debugging is off again.
 *
 * Where memory is too fragmented for a slab of the order that wastes least, one
 * of the lowest order that holds an object at all is made instead, and stands
 * on a third shelf.
 *
 * Invariants, walked by carve_slabs_check():
 *  - a slab is on the list that its count of objects out says;
 *  - what carve_slab_check() says of each slab.
 *
 * Locks: slabs->lock (sleeps) guards the list of caches. cache->lock is taken
 * with nothing held but a busy mark; pages are taken and given back, and free
 * maps too, with cache->lock released.
 */
#include <linux/align.h>
#include <linux/cache.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>

#include "percpu/each_cpu.h"
#include "report.h"
#include "slab/cache.h"
#include "slab/limbo.h"
#include "slab/rules.h"
#include "slab/slab.h"
#include "slab/users.h"

#define CACHE_FLAGS (SLAB_HWCACHE_ALIGN | SLAB_TYPESAFE_BY_RCU | \
		     SLAB_CACHE_DMA | SLAB_CACHE_DMA32)
/* Native flags that have no meaning here, and are accepted */
#define CACHE_IGNORED_FLAGS (SLAB_PANIC | SLAB_ACCOUNT | SLAB_RECLAIM_ACCOUNT)

/* Empty slabs that a cache keeps: this many bytes of them, and at least one */
#define KEEP_EMPTY_BYTES SZ_32K

/* All magazines of a cache hold at most one byte in so many of the carveout */
#define STORE_SHARE 64
/* and the magazines themselves are at most this share of it */
#define META_SHARE 1024

/* The quarantine of each cache, up to 1 MiB; it can be set otherwise */
#define QUARANTINE_SHARE 64

/* The list for a slab with @inuse objects out */
static struct carve_page_list *list_for(struct carve_shelf *shelf,
					unsigned int inuse)
{
	if (!inuse)
		return &shelf->empty;
	return inuse == shelf->nr_objects ? &shelf->full : &shelf->partial;
}

static u32 index_of(const struct carve_cache *cache,
		    const struct carve_page *slab)
{
	return slab - cache->pages->map;
}

static struct carve_page *first_of(const struct carve_cache *cache,
				   const struct carve_page_list *list)
{
	return list->first == CARVE_PAGE_NONE ? NULL :
						&cache->pages->map[list->first];
}

/* To be called with what a slab's count was before it changed */
static void move_slab(struct carve_cache *cache, struct carve_page *slab,
		      unsigned int inuse)
{
	struct carve_shelf *shelf = carve_slab_shelf(cache, slab);
	struct carve_page_list *from = list_for(shelf, inuse);
	struct carve_page_list *to = list_for(shelf, slab->inuse);

	if (from == to)
		return;
	carve_page_list_del(from, cache->pages->map, index_of(cache, slab));
	carve_page_list_add(to, cache->pages->map, index_of(cache, slab));
}

static struct carve_cache *cache_of(struct carve_magazines *ms)
{
	return container_of(ms, struct carve_cache, magazines);
}

/*
 * Objects of an empty slab come in an order that nobody can foretell, so that
 * what lies behind an object can't be chosen; those that come back to it later
 * do so in the order of their frees.
 */
static void shuffle(struct carve_cache *cache, void **objects, unsigned int n)
{
	unsigned int i, other;

	lockdep_assert_held(&cache->lock);
	if (!READ_ONCE(cache->slabs->shuffle))
		return;
	for (i = n; i > 1; i--) {
		other = reciprocal_scale(prandom_u32_state(&cache->rnd), i);
		swap(objects[i - 1], objects[other]);
	}
}

unsigned int carve_shelf_take(struct carve_cache *cache,
			      struct carve_shelf *shelf, void **objects,
			      unsigned int n)
{
	struct carve_page *slab;
	unsigned int taken = 0, got;

	lockdep_assert_held(&cache->lock);
	while (taken < n) {
		slab = first_of(cache, shelf->partial.nr ? &shelf->partial :
							   &shelf->empty);
		if (!slab)
			break;
		got = carve_slab_take(cache, slab, objects + taken, n - taken);
		/* A damaged slab says it has objects: validate tells which */
		if (!got)
			break;
		if (slab->inuse == got)
			shuffle(cache, objects + taken, got);
		taken += got;
		move_slab(cache, slab, slab->inuse - got);
	}
	return taken;
}

static unsigned int cache_refill(struct carve_magazines *ms, void **objects,
				 unsigned int n)
{
	struct carve_cache *cache = cache_of(ms);
	unsigned int taken;

	guard(raw_spinlock_irqsave)(&cache->lock);
	taken = carve_shelf_take(cache, &cache->plain, objects, n);
	return taken + carve_shelf_take(cache, &cache->low, objects + taken,
					n - taken);
}

bool carve_shelf_put(struct carve_cache *cache, void *object)
{
	struct carve_page *slab = carve_slab_put(cache, object);

	lockdep_assert_held(&cache->lock);
	if (slab)
		move_slab(cache, slab, slab->inuse + 1U);
	return slab;
}

/* Puts objects into their slabs; those refused come first in @objects, how many */
static unsigned int put_objects(struct carve_cache *cache, void **objects,
				unsigned int n)
{
	unsigned int i, refused = 0;

	guard(raw_spinlock_irqsave)(&cache->lock);
	for (i = 0; i < n; i++)
		if (!carve_shelf_put(cache, objects[i]))
			objects[refused++] = objects[i];
	return refused;
}

/* An empty slab beyond @keep, taken off the list, or NULL */
static struct carve_page *pop_empty(struct carve_cache *cache,
				    struct carve_shelf *shelf,
				    unsigned int keep)
{
	struct carve_page *slab;

	guard(raw_spinlock_irqsave)(&cache->lock);
	if (shelf->empty.nr <= keep)
		return NULL;
	slab = first_of(cache, &shelf->empty);
	carve_page_list_del(&shelf->empty, cache->pages->map,
			    index_of(cache, slab));
	cache->nr_released++;
	cache->pages_released += BIT(shelf->order);
	return slab;
}

static void retire(struct carve_cache *cache, struct carve_page *slab)
{
	if (cache->flags & SLAB_TYPESAFE_BY_RCU)
		carve_limbo_add(cache, slab);
	else
		carve_slab_release(cache, slab);
}

static void release_empty(struct carve_cache *cache, struct carve_shelf *shelf,
			  unsigned int keep)
{
	struct carve_page *slab;

	while ((slab = pop_empty(cache, shelf, keep)))
		retire(cache, slab);
}

static void release_all_empty(struct carve_cache *cache)
{
	release_empty(cache, &cache->plain, 0);
	release_empty(cache, &cache->low, 0);
	release_empty(cache, &cache->debug, 0);
}

/* The debug shelf is of no use while there is no debugging */
static unsigned int max_empty(const struct carve_cache *cache,
			      const struct carve_shelf *shelf)
{
	return shelf != &cache->debug || READ_ONCE(cache->debugging.flags) ?
	       READ_ONCE(shelf->max_empty) : 0;
}

void carve_shelf_trim(struct carve_cache *cache, struct carve_shelf *shelf)
{
	unsigned int keep = max_empty(cache, shelf);

	/* Looked at again under the lock */
	if (data_race(READ_ONCE(shelf->empty.nr)) > keep)
		release_empty(cache, shelf, keep);
}

static unsigned long pages_released(const struct carve_cache *cache)
{
	/* Others release as well: an estimate anyway */
	return data_race(READ_ONCE(cache->pages_released));
}

/* What a free that is refused counts as, by its verdict */
static const enum carve_damage bad_free_kinds[] = {
	/* Out of its slab, but in a magazine */
	[CARVE_OBJECT_OUT] = CARVE_DAMAGE_DOUBLE_FREE,
	[CARVE_NOT_OURS] = CARVE_DAMAGE_FOREIGN_FREE,
	[CARVE_NOT_IN_SLAB] = CARVE_DAMAGE_FOREIGN_FREE,
	[CARVE_OF_OTHER_CACHE] = CARVE_DAMAGE_WRONG_CACHE,
	[CARVE_NOT_A_START] = CARVE_DAMAGE_INVALID_FREE,
	[CARVE_ALREADY_FREE] = CARVE_DAMAGE_DOUBLE_FREE,
};

void carve_cache_bad_free(struct carve_cache *cache, const void *object,
			  unsigned long caller)
{
	enum carve_verdict verdict;
	struct carve_page *slab;
	unsigned int index;

	scoped_guard(raw_spinlock_irqsave, &cache->lock) {
		verdict = carve_slab_locate(cache, object, &slab, &index);
		cache->nr_bad_frees++;
		cache->debugging.count[bad_free_kinds[verdict]]++;
	}
	if (carve_pages_bad_free(cache->pages, object,
				 carve_verdict_text(verdict) ?:
				 "already free, in a magazine", caller))
		carve_debug_tell(cache, object);
}

static void cache_flush(struct carve_magazines *ms, void **objects,
			unsigned int n)
{
	struct carve_cache *cache = cache_of(ms);
	unsigned int i, refused = put_objects(cache, objects, n);

	for (i = 0; i < refused; i++)
		carve_cache_bad_free(cache, objects[i], 0);
	carve_shelf_trim(cache, &cache->plain);
	carve_shelf_trim(cache, &cache->low);
	carve_shelf_trim(cache, &cache->debug);
}

static const struct carve_magazine_ops cache_ops = {
	.refill = cache_refill,
	.flush = cache_flush,
};

bool carve_shelf_grow(struct carve_cache *cache, struct carve_shelf *shelf,
		      gfp_t gfp)
{
	struct carve_page *slab;
	unsigned int colour;

	scoped_guard(raw_spinlock_irqsave, &cache->lock) {
		colour = shelf->colour;
		shelf->colour = (colour + 1) % shelf->nr_colours;
	}
	/* As natively, it is for the cache to say in which zone */
	gfp &= ~(__GFP_ZERO | GFP_ZONEMASK);
	slab = carve_slab_new(cache, shelf, gfp | cache->gfp, colour);
	if (!slab)
		return false;
	guard(raw_spinlock_irqsave)(&cache->lock);
	carve_page_list_add(&shelf->empty, cache->pages->map,
			    index_of(cache, slab));
	cache->nr_grown++;
	return true;
}

void *carve_cache_clear(struct carve_cache *cache, void *object, gfp_t gfp)
{
	return carve_cache_may_zero(cache, gfp) ?
	       memset(object, 0, cache->object_size) : object;
}

static bool has_low(const struct carve_cache *cache)
{
	return cache->low.order < cache->plain.order;
}

/* The order that wastes least if that is easy, or else what can be had */
static bool grow(struct carve_cache *cache, gfp_t gfp)
{
	gfp_t lightly = (gfp | __GFP_NOWARN | __GFP_NORETRY) &
			~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL);

	if (!has_low(cache))
		return carve_shelf_grow(cache, &cache->plain, gfp);
	return carve_shelf_grow(cache, &cache->plain, lightly) ||
	       carve_shelf_grow(cache, &cache->low, gfp);
}

static void *alloc_plain(struct carve_cache *cache, gfp_t gfp)
{
	void *object;

	do {
		object = carve_magazines_get_slow(&cache->magazines);
	} while (!object && grow(cache, gfp));
	/* In vain for pages, but it may have got objects back from other CPUs */
	if (!object)
		object = carve_magazines_get_slow(&cache->magazines);
	return object && want_init_on_alloc(gfp) ?
	       carve_cache_clear(cache, object, gfp) : object;
}

void *carve_cache_alloc_slow(struct carve_cache *cache, size_t size, gfp_t gfp,
			     unsigned long caller)
{
	void *object = NULL;

	if (unlikely(READ_ONCE(cache->debugging.flags)))
		object = carve_debug_alloc(cache, size ?: cache->object_size,
					   gfp, caller);
	return object ?: alloc_plain(cache, gfp);
}

void carve_cache_free_slow(struct carve_cache *cache, void *object,
			   unsigned long caller)
{
	if (unlikely(READ_ONCE(cache->debugging.flags)))
		carve_debug_free(cache, object, caller);
	else if (carve_slab_error(cache, object) ||
		 carve_magazines_has_on_top(&cache->magazines, object))
		carve_cache_bad_free(cache, object, caller);
	else
		carve_magazines_put_slow(&cache->magazines, object);
}

void carve_cache_put_cleared(struct carve_cache *cache, void *object,
			     unsigned long caller)
{
	/* What is none must not be written to */
	if (carve_slab_error(cache, object)) {
		carve_cache_bad_free(cache, object, caller);
		return;
	}
	/* Debugging has to look at the object as it was left first */
	if (!carve_cache_keeps(cache) && !READ_ONCE(cache->debugging.flags))
		memset(object, 0, cache->object_size);
	if (!carve_magazines_put_new(&cache->magazines, object))
		carve_cache_free_slow(cache, object, caller);
}

void carve_cache_put_any(struct carve_cache *cache, void *object,
			 unsigned long caller)
{
	if (carve_cache_owns(cache, object))
		carve_cache_put_for(cache, object, caller);
	else if (object)
		carve_cache_bad_free(cache, object, caller);
}

/* What all may have without idle objects, or magazines, taking too much */
static unsigned long fair_batch(const struct carve_slabs *slabs,
				unsigned int size)
{
	unsigned long bytes = (unsigned long)slabs->pages->nr_pages
			      << PAGE_SHIFT;
	unsigned long batches = 3 * num_possible_cpus() + 1;

	return min(bytes / STORE_SHARE / batches / size,
		   bytes / META_SHARE / batches / sizeof(void *));
}

/*
 * Objects that pass between a magazine and the slabs at a time. Magazines of
 * caches that are made for a purpose are long enough for 256 small objects to
 * come and go without a look behind them.
 */
static unsigned int choose_batch(const struct carve_slabs *slabs,
				 unsigned int size, bool boot)
{
	unsigned long most = size <= 256 ? 32 : size <= 1024 ? 16 :
			     size <= 4096 ? 8 : 4;

	return clamp(fair_batch(slabs, size), 1UL, boot ? most : 4 * most);
}

/* Room for half as many more, where CPUs can meet at the depot; see magazine.c */
static struct carve_magazine_shape choose_shape(const struct carve_slabs *slabs,
						unsigned int size, bool boot)
{
	unsigned int batch = choose_batch(slabs, size, boot);

	if (num_possible_cpus() > 1)
		batch = clamp(fair_batch(slabs, size), batch,
			      batch + DIV_ROUND_UP(batch, 2));
	return carve_magazine_shape(batch);
}

unsigned int carve_cache_base_batch(const struct carve_cache *cache)
{
	return choose_batch(cache->slabs, cache->object_size, !cache->meta);
}

/* The batch goes with contention from now on */
static void adapt(struct carve_cache *cache)
{
	carve_magazines_adapt(&cache->magazines, carve_cache_base_batch(cache));
}

void carve_cache_keep_empty(struct carve_cache *cache, unsigned int nr)
{
	WRITE_ONCE(cache->plain.max_empty, nr);
	carve_shelf_trim(cache, &cache->plain);
}

static size_t struct_bytes(void)
{
	return L1_CACHE_ALIGN(struct_size_t(struct carve_cache, magazines.cpu,
					    nr_cpu_ids));
}

static size_t cache_bytes(struct carve_magazine_shape shape)
{
	return struct_bytes() + carve_magazines_size(shape);
}

static unsigned int choose_align(const struct carve_cache_args *args)
{
	unsigned int align = max_t(unsigned int, args->align, sizeof(void *));

	if (args->flags & SLAB_HWCACHE_ALIGN)
		align = max_t(unsigned int, align,
			      min_t(unsigned int, cache_line_size(),
				    roundup_pow_of_two(args->size)));
	return align;
}

static void init_shelf(struct carve_cache *cache, struct carve_shelf *shelf,
		       unsigned int size)
{
	shelf->size = size;
	carve_slab_geometry(cache, shelf);
	if (shelf == &cache->plain &&
	    shelf->nr_objects > CARVE_SLAB_INLINE_OBJECTS)
		shelf->map_cache = cache->slabs->map_cache;
	shelf->max_empty = max_t(unsigned int, 1,
				 KEEP_EMPTY_BYTES >> (PAGE_SHIFT + shelf->order));
	carve_page_list_init(&shelf->partial);
	carve_page_list_init(&shelf->full);
	carve_page_list_init(&shelf->empty);
}

/* A red zone on either side, and objects aligned as ever */
static void init_debug_shelf(struct carve_cache *cache)
{
	struct carve_shelf *shelf = &cache->debug;

	shelf->left = cache->align;
	init_shelf(cache, shelf, ALIGN(cache->align + cache->object_size +
				       sizeof(void *), cache->align));
	carve_slab_fit_records(shelf);
}

static gfp_t zone_of(slab_flags_t flags)
{
	return flags & SLAB_CACHE_DMA ? GFP_DMA :
	       flags & SLAB_CACHE_DMA32 ? GFP_DMA32 : 0;
}

static struct carve_cache *cache_init(struct carve_slabs *slabs, void *memory,
				      struct carve_magazine_shape shape,
				      const struct carve_cache_args *args)
{
	struct carve_cache *cache = memory;

	cache->span = slabs->span;
	cache->pages = slabs->pages;
	cache->slabs = slabs;
	cache->object_size = args->size;
	cache->flags = args->flags;
	cache->gfp = zone_of(args->flags);
	cache->ctor = args->ctor;
	cache->dtor = args->dtor;
	cache->align = choose_align(args);
	cache->caller = args->caller;
	strscpy(cache->name, args->name, sizeof(cache->name));
	INIT_LIST_HEAD(&cache->list);
	raw_spin_lock_init(&cache->lock);
	init_shelf(cache, &cache->plain, ALIGN(args->size, cache->align));
	init_shelf(cache, &cache->low, cache->plain.size);
	init_debug_shelf(cache);
	carve_limbo_init(cache);
	prandom_seed_state(&cache->rnd, get_random_u64());
	carve_magazines_init(&cache->magazines, &cache_ops, shape,
			     memory + struct_bytes());
	return cache;
}

struct carve_cache *carve_cache_boot(struct carve_slabs *slabs,
				     struct carve_boot *boot,
				     const struct carve_cache_args *args)
{
	struct carve_magazine_shape shape = choose_shape(slabs, args->size,
							 true);
	void *memory = carve_boot_alloc(boot, cache_bytes(shape),
					L1_CACHE_BYTES, args->name);
	struct carve_cache *cache;

	if (!memory)
		return NULL;
	cache = cache_init(slabs, memory, shape, args);
	adapt(cache);
	list_add_tail(&cache->list, &slabs->caches);
	return cache;
}

static bool name_valid(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (!isgraph(*c))
			return false;
	return c > name && c - name < CARVE_CACHE_NAME_LEN;
}

static bool name_taken(struct carve_slabs *slabs, const char *name)
{
	struct carve_cache *cache;

	lockdep_assert_held(&slabs->lock);
	list_for_each_entry(cache, &slabs->caches, list)
		if (!strcmp(cache->name, name))
			return true;
	return false;
}

bool carve_cache_name_taken(struct carve_slabs *slabs, const char *name)
{
	guard(mutex)(&slabs->lock);
	return name_taken(slabs, name);
}

#define REFUSE(slabs, args, errno, fmt, ...) \
	(pr_err("%s: cache \"%s\": " fmt "\n", (slabs)->pages->name, \
		(args)->name ?: "", ##__VA_ARGS__), errno)

static int check_args(struct carve_slabs *slabs,
		      const struct carve_cache_args *args)
{
	if (!args->name || !name_valid(args->name))
		return REFUSE(slabs, args, -EINVAL,
			      "a name has 1 to %d characters and no white space",
			      CARVE_CACHE_NAME_LEN - 1);
	if (!args->size || args->size > CARVE_CACHE_MAX_SIZE)
		return REFUSE(slabs, args, -EINVAL,
			      "size %u is not from 1 to %u", args->size,
			      CARVE_CACHE_MAX_SIZE);
	if (args->align && (!is_power_of_2(args->align) ||
			    args->align > PAGE_SIZE))
		return REFUSE(slabs, args, -EINVAL,
			      "alignment %u is not a power of two up to %lu",
			      args->align, PAGE_SIZE);
	if (args->flags & ~(CACHE_FLAGS | CACHE_IGNORED_FLAGS))
		return REFUSE(slabs, args, -EINVAL,
			      "flags %#x are not supported: SLAB_HWCACHE_ALIGN, _TYPESAFE_BY_RCU, _CACHE_DMA and _CACHE_DMA32 are",
			      (__force unsigned int)args->flags);
	if (!carve_pages_serve(slabs->pages, zone_of(args->flags)))
		return REFUSE(slabs, args, -EINVAL,
			      "no zone of the carveout lies as low as SLAB_CACHE_DMA%s wants",
			      args->flags & SLAB_CACHE_DMA ? "" : "32");
	if (args->dtor && !args->ctor)
		return REFUSE(slabs, args, -EINVAL,
			      "a destructor wants a constructor");
	return 0;
}

/* What can't be debugged can be used all the same */
static void debug_by_rules(struct carve_cache *cache)
{
	unsigned int flags = carve_debug_rule_for(cache->slabs->debug_rules,
						  cache->name);

	if (flags && carve_debug_switch(cache, flags))
		pr_warn("%s: cache %s is not debugged: no memory for stack traces\n",
			cache->pages->name, cache->name);
}

void carve_slabs_debug(struct carve_slabs *slabs, const char *rules)
{
	struct carve_cache *cache;

	guard(mutex)(&slabs->lock);
	slabs->debug_rules = rules;
	list_for_each_entry(cache, &slabs->caches, list)
		debug_by_rules(cache);
}

static int publish(struct carve_slabs *slabs, struct carve_cache *cache,
		   const struct carve_cache_args *args)
{
	guard(mutex)(&slabs->lock);
	if (name_taken(slabs, args->name))
		return REFUSE(slabs, args, -EEXIST, "the name is taken");
	debug_by_rules(cache);
	list_add_tail(&cache->list, &slabs->caches);
	return 0;
}

static void free_meta(struct carve_cache *cache)
{
	struct carve_page *meta = cache->meta;

	if (meta)
		carve_pages_put(cache->pages, meta, meta->order);
}

struct carve_cache *carve_cache_new(struct carve_slabs *slabs,
				    const struct carve_cache_args *args)
{
	struct carve_magazine_shape shape;
	struct carve_cache *cache;
	struct carve_page *meta;
	unsigned int order;
	void *memory;
	int ret;

	ret = check_args(slabs, args);
	if (ret)
		return ERR_PTR(ret);
	shape = choose_shape(slabs, args->size, false);
	order = get_order(cache_bytes(shape));
	meta = carve_pages_alloc(slabs->pages,
				 GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN, order,
				 CARVE_PAGE_META, args->caller);
	if (!meta)
		return ERR_PTR(REFUSE(slabs, args, -ENOMEM,
				      "no memory for it, order %u", order));
	memory = carve_pages_address(slabs->pages, meta);
	cache = cache_init(slabs, memory, shape, args);
	cache->meta = meta;
	adapt(cache);
	ret = publish(slabs, cache, args);
	if (ret) {
		free_meta(cache);
		return ERR_PTR(ret);
	}
	return cache;
}

static void drain_this_cpu(void *arg)
{
	struct carve_cache *cache = arg;

	carve_magazines_drain_cpu(&cache->magazines);
}

void carve_cache_drain(struct carve_cache *cache)
{
	/* Nothing is in magazines while debugging is on, or before it is known */
	if (READ_ONCE(cache->debugging.flags) || list_empty(&cache->list))
		return;
	carve_each_cpu(drain_this_cpu, cache);
	carve_magazines_drain_depot(&cache->magazines);
}

unsigned long carve_cache_give_back(struct carve_cache *cache)
{
	unsigned long before = pages_released(cache);

	/* This gives back, too, as slabs run empty */
	carve_cache_drain(cache);
	carve_debug_trim(cache, 0);
	release_all_empty(cache);
	return pages_released(cache) - before;
}

int carve_cache_delete(struct carve_cache *cache)
{
	struct carve_slabs *slabs = cache->slabs;
	struct carve_report r = { .name = slabs->pages->name };
	struct carve_cache_usage usage;

	scoped_guard(mutex, &slabs->lock) {
		carve_cache_give_back(cache);
		carve_cache_usage(cache, &usage);
		if (usage.slabs) {
			pr_err("%s: cache %s is not destroyed: %lu objects are in use\n",
			       slabs->pages->name, cache->name,
			       usage.active_objects);
			carve_users_report(cache, &r, UINT_MAX);
			return -EBUSY;
		}
		list_del(&cache->list);
	}
	carve_limbo_flush(cache);
	free_meta(cache);
	return 0;
}

static void drain_caches_this_cpu(void *arg)
{
	struct carve_slabs *slabs = arg;
	struct carve_cache *cache;

	list_for_each_entry(cache, &slabs->caches, list)
		carve_magazines_drain_cpu(&cache->magazines);
}

static unsigned long all_pages_released(struct carve_slabs *slabs)
{
	struct carve_cache *cache;
	unsigned long pages = 0;

	lockdep_assert_held(&slabs->lock);
	list_for_each_entry(cache, &slabs->caches, list)
		pages += pages_released(cache);
	return pages;
}

unsigned long carve_slabs_shrink(struct carve_slabs *slabs)
{
	struct carve_cache *cache;
	unsigned long before;

	/* The map cache is the oldest: last, when the others gave theirs back */
	guard(mutex)(&slabs->lock);
	before = all_pages_released(slabs);
	carve_each_cpu(drain_caches_this_cpu, slabs);
	list_for_each_entry_reverse(cache, &slabs->caches, list) {
		if (cache == slabs->map_cache)
			carve_cache_drain(cache);
		carve_magazines_drain_depot(&cache->magazines);
		carve_debug_trim(cache, 0);
		release_all_empty(cache);
	}
	return all_pages_released(slabs) - before;
}

static unsigned long shrink_slabs(struct carve_shrinker *shrinker)
{
	return carve_slabs_shrink(container_of(shrinker, struct carve_slabs,
					       shrinker));
}

int carve_slabs_init(struct carve_slabs *slabs, struct carve_pages *pages,
		     struct carve_boot *boot)
{
	const struct carve_cache_args map_args = {
		.name = "carve_free_map",
		.size = BITS_TO_BYTES(CARVE_SLAB_MAX_OBJECTS),
		.caller = _THIS_IP_,
	};

	slabs->pages = pages;
	if (!want_init_on_free())
		slabs->span = pages->span;
	slabs->shuffle = true;
	mutex_init(&slabs->lock);
	INIT_LIST_HEAD(&slabs->caches);
	slabs->quarantine_bytes = min_t(unsigned long, SZ_1M,
					((unsigned long)pages->nr_pages <<
					 PAGE_SHIFT) / QUARANTINE_SHARE);
	slabs->shrinker.shrink = shrink_slabs;
	carve_pages_add_shrinker(pages, &slabs->shrinker);
	slabs->map_cache = carve_cache_boot(slabs, boot, &map_args);
	return slabs->map_cache ? 0 : -ENOMEM;
}

void carve_slabs_drain_dead(struct carve_slabs *slabs, unsigned int cpu)
{
	struct carve_cache *cache;

	guard(mutex)(&slabs->lock);
	list_for_each_entry(cache, &slabs->caches, list)
		carve_magazines_drain_dead(&cache->magazines, cpu);
}

static unsigned long count_inuse(const struct carve_cache *cache,
				 const struct carve_page_list *list)
{
	unsigned long n = 0;
	u32 i;

	carve_page_list_for_each(i, list, cache->pages->map)
		n += cache->pages->map[i].inuse;
	return n;
}

/* Objects out, in magazines or not, count as active here */
static void add_shelf_usage(const struct carve_cache *cache,
			    const struct carve_shelf *shelf,
			    struct carve_cache_usage *usage)
{
	unsigned long active = shelf->partial.nr + shelf->full.nr;
	unsigned long slabs = active + shelf->empty.nr;

	usage->active_objects += (unsigned long)shelf->full.nr *
				 shelf->nr_objects +
				 count_inuse(cache, &shelf->partial);
	usage->active_slabs += active;
	usage->slabs += slabs;
	usage->objects += slabs * shelf->nr_objects;
}

void carve_cache_usage(struct carve_cache *cache,
		       struct carve_cache_usage *usage)
{
	*usage = (struct carve_cache_usage){ };
	guard(raw_spinlock_irqsave)(&cache->lock);
	add_shelf_usage(cache, &cache->plain, usage);
	add_shelf_usage(cache, &cache->low, usage);
	add_shelf_usage(cache, &cache->debug, usage);
	usage->stored = min(usage->active_objects,
			    carve_magazines_count(&cache->magazines) +
			    cache->debugging.nr_waiting);
	usage->active_objects -= usage->stored;
}

static void check_list(struct carve_cache *cache, struct carve_shelf *shelf,
		       const struct carve_page_list *list,
		       struct carve_report *r)
{
	struct carve_page *map = cache->pages->map;
	u32 i, n = 0;

	carve_page_list_for_each(i, list, map) {
		if (i >= cache->pages->nr_pages || n == list->nr ||
		    map[i].state != CARVE_PAGE_SLAB) {
			carve_report(r, "cache %s: a list leads to page %u after %u of %u slabs",
				     cache->name, i, n, list->nr);
			return;
		}
		carve_slab_check(cache, &map[i], r);
		carve_report_unless(r, carve_slab_shelf(cache, &map[i]) == shelf &&
				    list_for(shelf, map[i].inuse) == list,
				    "cache %s: a slab with %u objects out is on the wrong list",
				    cache->name, map[i].inuse);
		n++;
	}
	carve_report_unless(r, n == list->nr,
			    "cache %s: a list has %u slabs, not %u",
			    cache->name, n, list->nr);
}

static void check_shelf(struct carve_cache *cache, struct carve_shelf *shelf,
			struct carve_report *r)
{
	guard(raw_spinlock_irqsave)(&cache->lock);
	check_list(cache, shelf, &shelf->partial, r);
	check_list(cache, shelf, &shelf->full, r);
	check_list(cache, shelf, &shelf->empty, r);
}

static void check_cache(struct carve_cache *cache, struct carve_report *r)
{
	check_shelf(cache, &cache->plain, r);
	check_shelf(cache, &cache->low, r);
	check_shelf(cache, &cache->debug, r);
}

void carve_slabs_check(struct carve_slabs *slabs, struct carve_report *r)
{
	struct carve_cache *cache;

	guard(mutex)(&slabs->lock);
	list_for_each_entry(cache, &slabs->caches, list)
		check_cache(cache, r);
}
