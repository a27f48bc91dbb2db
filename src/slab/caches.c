// SPDX-License-Identifier: GPL-2.0
/*
 * The caches of a carveout: made, named, shrunk and destroyed
 *
 * A cache lies in pages of its own, with its magazines behind it; those that are
 * made with the carveout lie in boot memory. The length of its magazines depends
 * on the size of its objects and on that of the carveout.
 *
 * Locks: slabs->lock (sleeps) guards the list of caches.
 */
#include <linux/align.h>
#include <linux/cache.h>
#include <linux/cpu.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched/mm.h>

#include "percpu/each_cpu.h"
#include "report.h"
#include "slab/limbo.h"
#include "slab/rules.h"
#include "slab/slab.h"
#include "slab/users.h"

#define CACHE_FLAGS (SLAB_HWCACHE_ALIGN | SLAB_TYPESAFE_BY_RCU | \
		     SLAB_CACHE_DMA | SLAB_CACHE_DMA32)
/* Native flags that have no meaning here, and are accepted */
#define CACHE_IGNORED_FLAGS (SLAB_PANIC | SLAB_ACCOUNT | SLAB_RECLAIM_ACCOUNT)

/* All magazines of a cache hold at most one byte in so many of the carveout */
#define STORE_SHARE 64
/* and the magazines themselves are at most this share of it */
#define META_SHARE 1024

/* The quarantine of each cache, up to 1 MiB; it can be set otherwise */
#define QUARANTINE_SHARE 64

/* Batches in a magazine: see choose_batch() */
static unsigned int choose_depth(bool boot)
{
	return boot ? 2 : 3;
}

/* What all may have without idle objects, or magazines, taking too much */
static unsigned long fair_batch(const struct carve_slabs *slabs,
				unsigned int size, bool boot)
{
	unsigned long bytes = (unsigned long)slabs->pages->nr_pages
			      << PAGE_SHIFT;
	/* For each CPU in its magazine, and one in the depot, and one more there */
	unsigned long batches = (choose_depth(boot) + 1) * num_possible_cpus() + 1;

	return min(bytes / STORE_SHARE / batches / size,
		   bytes / META_SHARE / batches / sizeof(void *));
}

/*
 * Objects that pass between a magazine and the slabs at a time. Magazines of
 * caches that are made for a purpose are long enough for 256 small objects to
 * come and go without a look behind them: these and a batch.
 */
static unsigned int choose_batch(const struct carve_slabs *slabs,
				 unsigned int size, bool boot)
{
	unsigned long most = size <= 256 ? 32 : size <= 1024 ? 16 :
			     size <= 4096 ? 8 : 4;

	return clamp(fair_batch(slabs, size, boot), 1UL, boot ? most : 4 * most);
}

/* Room for half as many more, where CPUs can meet at the depot; see magazine.c */
static struct carve_magazine_shape choose_shape(const struct carve_slabs *slabs,
						unsigned int size, bool boot)
{
	unsigned int batch = choose_batch(slabs, size, boot);
	struct carve_magazine_shape shape;

	if (num_possible_cpus() > 1)
		batch = clamp(fair_batch(slabs, size, boot), batch,
			      batch + DIV_ROUND_UP(batch, 2));
	shape = carve_magazine_shape(batch);
	shape.room = choose_depth(boot) * batch;
	return shape;
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

static size_t struct_bytes(void)
{
	return L1_CACHE_ALIGN(struct_size_t(struct carve_cache, magazines.cpu,
					    carve_magazine_nr_places()));
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

/* A red zone on either side; objects keep their alignment */
static void init_debug_shelf(struct carve_cache *cache)
{
	struct carve_shelf *shelf = &cache->debug;

	shelf->left = cache->align;
	carve_shelf_init(cache, shelf, ALIGN(cache->align + cache->object_size +
				       sizeof(void *), cache->align));
	carve_slab_fit_records(shelf);
	cache->debugging.next_to_forget = CARVE_PAGE_NONE;
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
	cache->own = args->own;
	strscpy(cache->name, args->name, sizeof(cache->name));
	INIT_LIST_HEAD(&cache->list);
	raw_spin_lock_init(&cache->lock);
	carve_shelf_init(cache, &cache->plain, ALIGN(args->size, cache->align));
	carve_shelf_init(cache, &cache->low, cache->plain.size);
	cache->low_bits = BIT(__ffs(cache->plain.size | PAGE_SIZE |
				    cache->plain.colour_step)) - 1;
	init_debug_shelf(cache);
	carve_limbo_init(cache);
	cache->random = get_random_u64();
	carve_magazines_init(&cache->magazines, &carve_cache_ops, shape,
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
	/* May have grown since it was begun */
	cache->span = slabs->span;
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

/* Takes a cache off the list; -EBUSY: objects are in use */
static int unlist(struct carve_cache *cache)
{
	struct carve_slabs *slabs = cache->slabs;
	struct carve_report r = { .name = slabs->pages->name };
	struct carve_cache_usage usage;

	guard(mutex)(&slabs->lock);
	carve_magazines_drain_offline(&cache->magazines);
	carve_cache_give_back(cache);
	carve_cache_usage(cache, &usage);
	if (usage.slabs) {
		pr_err("%s: cache %s is not destroyed: %lu objects are in use\n",
		       slabs->pages->name, cache->name, usage.active_objects);
		carve_users_report(cache, &r, UINT_MAX);
		return -EBUSY;
	}
	list_del(&cache->list);
	return 0;
}

int carve_cache_delete(struct carve_cache *cache)
{
	int ret;

	/* Nobody could get at what lies in the magazine of a CPU that is going down */
	cpus_read_lock();
	ret = unlist(cache);
	cpus_read_unlock();
	if (ret)
		return ret;
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
		pages += carve_cache_pages_released(cache);
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
		carve_cache_release_empty(cache);
	}
	return all_pages_released(slabs) - before;
}

static unsigned long shrink_slabs(struct carve_shrinker *shrinker)
{
	return carve_slabs_shrink(container_of(shrinker, struct carve_slabs,
					       shrinker));
}

/* The page allocator's span has grown: frees find more pages quickly */
static void widen(struct carve_span *span, const struct carve_span *pages)
{
	if (span->map)
		WRITE_ONCE(span->bytes, pages->bytes);
}

void carve_slabs_widen(struct carve_slabs *slabs)
{
	struct carve_cache *cache;

	guard(mutex)(&slabs->lock);
	widen(&slabs->span, &slabs->pages->span);
	list_for_each_entry(cache, &slabs->caches, list)
		widen(&cache->span, &slabs->pages->span);
}

int carve_slabs_init(struct carve_slabs *slabs, struct carve_pages *pages,
		     struct carve_boot *boot)
{
	const struct carve_cache_args map_args = {
		.name = "carve_free_map",
		.size = BITS_TO_BYTES(CARVE_SLAB_MAX_OBJECTS),
		.caller = _THIS_IP_,
		.own = true,
	};

	slabs->pages = pages;
	if (!want_init_on_free())
		slabs->span = pages->span;
	slabs->shuffle = true;
	mutex_init(&slabs->lock);
	/* Lockdep is told: an allocation may wait for it that is part of native reclaim */
	fs_reclaim_acquire(GFP_KERNEL);
	might_lock(&slabs->lock);
	fs_reclaim_release(GFP_KERNEL);
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

void carve_slabs_check(struct carve_slabs *slabs, struct carve_report *r)
{
	struct carve_cache *cache;

	guard(mutex)(&slabs->lock);
	list_for_each_entry(cache, &slabs->caches, list)
		carve_cache_check(cache, r);
}
