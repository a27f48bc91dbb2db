// SPDX-License-Identifier: GPL-2.0
/*
 * The caches of a carveout: creation, names, shrinking and destruction
 *
 * struct carve_cache and its magazines share a block of pages, or lie in boot
 * memory if the cache is created with the carveout. The capacity of the
 * magazines depends on the object size and on the size of the carveout.
 *
 * Invariant: names are unique in a carveout, and so are cache numbers.
 *
 * Locking: slabs->lock (a mutex) protects the list of caches, names and
 * numbers. mm/ reclaim may wait for it, so allocate from mm/ under it with
 * GFP_NOIO only.
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

#include "lib/report.h"
#include "page/reclaim.h"
#include "slab/cache_inline.h"
#include "slab/caches.h"
#include "slab/debug_switch.h"
#include "slab/deferred_free.h"
#include "slab/node.h"
#include "slab/rules.h"
#include "slab/slab.h"
#include "slab/users.h"

#define CACHE_FLAGS (SLAB_HWCACHE_ALIGN | SLAB_TYPESAFE_BY_RCU | \
		     SLAB_CACHE_DMA | SLAB_CACHE_DMA32)
/* Flags of mm/ that are accepted and ignored */
#define CACHE_IGNORED_FLAGS (SLAB_PANIC | SLAB_ACCOUNT | SLAB_RECLAIM_ACCOUNT)

/* Divisor of the carveout size: maximum bytes in the magazines of a cache */
#define PCP_SHARE 64
/* Divisor of the carveout size: maximum size of the magazines themselves */
#define META_SHARE 1024

/* Divisor of the carveout size: default quarantine of a cache, up to 1 MiB */
#define QUARANTINE_SHARE 64

/* Batches per magazine; see choose_batch() */
static unsigned int choose_depth(bool boot)
{
	return boot ? 2 : 3;
}

/* Largest batch within PCP_SHARE and META_SHARE; may be 0 */
static unsigned long fair_batch(const struct carve_slabs *slabs,
				unsigned int size, bool boot)
{
	unsigned long bytes = (unsigned long)slabs->pages->nr_pages
			      << PAGE_SHIFT;
	/* The depot has a batch for each CPU and one more */
	unsigned long batches = (choose_depth(boot) + 1) * num_possible_cpus() + 1;
	/* Each CPU has a spare one, without objects */
	unsigned long arrays = batches + num_possible_cpus();

	return min(bytes / PCP_SHARE / batches / size,
		   bytes / META_SHARE / arrays / sizeof(void *));
}

/*
 * Objects that move between a magazine and the slabs at a time. A cache that is
 * not created at boot has longer magazines: 256 small objects can be allocated
 * and freed in a row without refill or flush.
 */
static unsigned int choose_batch(const struct carve_slabs *slabs,
				 unsigned int size, bool boot)
{
	unsigned long most = size <= 256 ? 32 : size <= 1024 ? 16 :
			     size <= 4096 ? 8 : 4;

	return clamp(fair_batch(slabs, size, boot), 1UL, boot ? most : 4 * most);
}

/* On SMP the batch may grow by half under contention; see magazine.c */
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

/* Lets the batch adapt to contention at the depot */
static void start_adapting(struct carve_cache *cache)
{
	carve_magazines_adapt(&cache->magazines, carve_cache_base_batch(cache));
}

static size_t cache_struct_bytes(void)
{
	return L1_CACHE_ALIGN(struct_size_t(struct carve_cache, magazines.cpu,
					    carve_magazine_nr_places()));
}

static size_t cache_bytes(struct carve_magazine_shape shape)
{
	return cache_struct_bytes() + carve_magazines_size(shape);
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

/* A left red zone of the alignment, and a right one of at least a word */
static void init_debug_node(struct carve_cache *cache)
{
	struct carve_cache_node *node = &cache->debug;

	node->left = cache->align;
	carve_node_init(cache, node, ALIGN(cache->align + cache->object_size +
				       sizeof(void *), cache->align));
	carve_slab_fit_metadata(node);
	cache->debugging.next_to_clear = CARVE_PAGE_NONE;
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
	cache->internal = args->internal;
	strscpy(cache->name, args->name, sizeof(cache->name));
	INIT_LIST_HEAD(&cache->list);
	raw_spin_lock_init(&cache->lock);
	carve_node_init(cache, &cache->oo, ALIGN(args->size, cache->align));
	carve_node_init(cache, &cache->min, cache->oo.size);
	cache->low_bits = BIT(__ffs(cache->oo.size | PAGE_SIZE |
				    cache->oo.colour_step)) - 1;
	init_debug_node(cache);
	carve_deferred_free_init(cache);
	cache->random = get_random_u64();
	carve_magazines_init(&cache->magazines, &carve_cache_ops, shape,
			     memory + cache_struct_bytes());
	return cache;
}

static struct carve_cache *boot_cache(struct carve_slabs *slabs,
				      struct carve_boot *boot,
				      struct carve_magazine_shape shape,
				      const struct carve_cache_args *args)
{
	void *memory = carve_boot_alloc(boot, cache_bytes(shape),
					L1_CACHE_BYTES, args->name);

	return memory ? cache_init(slabs, memory, shape, args) : NULL;
}

static void set_by_state(struct carve_slabs *slabs, unsigned int number,
			 struct carve_cache *cache)
{
	unsigned int state = CARVE_PAGE_SLAB + 2 * number;

	WRITE_ONCE(slabs->by_state[state], cache);
	WRITE_ONCE(slabs->by_state[state + 1], cache);
}

/* Assigns a free number, if any: without one, carve_kfree() takes longer */
static void add_number(struct carve_cache *cache)
{
	struct carve_slabs *slabs = cache->slabs;
	unsigned int n;

	/* carve_kfree() never gets objects of internal caches */
	if (cache->internal)
		return;
	for (n = 1; n <= CARVE_NR_CACHE_NUMBERS; n++)
		if (slabs->by_state[CARVE_PAGE_SLAB + 2 * n] == slabs->no_cache) {
			cache->number = n;
			set_by_state(slabs, n, cache);
			return;
		}
}

static void remove_number(struct carve_cache *cache)
{
	if (cache->number)
		set_by_state(cache->slabs, cache->number, cache->slabs->no_cache);
}

struct carve_cache *carve_cache_boot(struct carve_slabs *slabs,
				     struct carve_boot *boot,
				     const struct carve_cache_args *args)
{
	struct carve_cache *cache = boot_cache(slabs, boot,
					       choose_shape(slabs, args->size,
							    true), args);

	if (!cache)
		return NULL;
	start_adapting(cache);
	add_number(cache);
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
			      "a name has 1 to %d printable characters and no white space",
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
			      "no zone of the carveout satisfies SLAB_CACHE_DMA%s",
			      args->flags & SLAB_CACHE_DMA ? "" : "32");
	if (args->dtor && !args->ctor)
		return REFUSE(slabs, args, -EINVAL,
			      "a destructor needs a constructor");
	return 0;
}

/* A cache without memory for debugging is used without it */
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

static int publish_cache(struct carve_slabs *slabs, struct carve_cache *cache,
			 const struct carve_cache_args *args)
{
	guard(mutex)(&slabs->lock);
	if (name_taken(slabs, args->name))
		return REFUSE(slabs, args, -EEXIST, "the name is taken");
	debug_by_rules(cache);
	/* The span may have grown since cache_init() */
	cache->span = slabs->span;
	add_number(cache);
	list_add_tail(&cache->list, &slabs->caches);
	return 0;
}

static void free_meta(struct carve_cache *cache)
{
	struct carve_page *meta = cache->meta;

	if (meta)
		__carve_pages_free(cache->pages, meta, meta->order);
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
				      "no memory for the cache, order %u", order));
	memory = carve_pages_address(slabs->pages, meta);
	cache = cache_init(slabs, memory, shape, args);
	cache->meta = meta;
	start_adapting(cache);
	ret = publish_cache(slabs, cache, args);
	if (ret) {
		free_meta(cache);
		return ERR_PTR(ret);
	}
	return cache;
}

/* Removes a cache from the list; -EBUSY if objects are in use */
static int unlist_cache(struct carve_cache *cache)
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
	remove_number(cache);
	return 0;
}

int carve_cache_delete(struct carve_cache *cache)
{
	int ret;

	/* The magazine of a CPU that is going down can't be drained */
	cpus_read_lock();
	ret = unlist_cache(cache);
	cpus_read_unlock();
	if (ret)
		return ret;
	carve_deferred_free_flush(cache);
	free_meta(cache);
	return 0;
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

	/* The map cache is the oldest: shrink it after its users */
	guard(mutex)(&slabs->lock);
	before = all_pages_released(slabs);
	list_for_each_entry_reverse(cache, &slabs->caches, list) {
		carve_magazines_drain(&cache->magazines);
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

/* Extends a non-empty span to the page allocator's */
static void extend_span(struct carve_span *span, const struct carve_span *pages)
{
	if (span->map)
		WRITE_ONCE(span->bytes, pages->bytes);
}

void carve_slabs_extend(struct carve_slabs *slabs)
{
	struct carve_cache *cache;

	guard(mutex)(&slabs->lock);
	extend_span(&slabs->span, &slabs->pages->span);
	list_for_each_entry(cache, &slabs->caches, list)
		extend_span(&cache->span, &slabs->pages->span);
}

/* Sets all states to @no_cache, whose magazines accept no object */
static int init_by_state(struct carve_slabs *slabs, struct carve_boot *boot)
{
	const struct carve_cache_args args = {
		.name = "no cache",
		.size = PAGE_SIZE,
		.caller = _THIS_IP_,
		.internal = true,
	};
	const struct carve_magazine_shape shape = { .batch = 1 };
	unsigned int i;

	slabs->no_cache = boot_cache(slabs, boot, shape, &args);
	if (!slabs->no_cache)
		return -ENOMEM;
	slabs->no_cache->low_bits = U32_MAX;
	for (i = 0; i < CARVE_PAGE_STATE_VALUES; i++)
		slabs->by_state[i] = slabs->no_cache;
	return 0;
}

static void *alloc_map(struct carve_cache *map_cache, gfp_t gfp)
{
	return __carve_cache_alloc(map_cache, gfp);
}

static void free_map(struct carve_cache *map_cache, void *map)
{
	__carve_cache_free(map_cache, map);
}

static const struct carve_slab_hooks slab_hooks = {
	.alloc_map = alloc_map,
	.free_map = free_map,
	.debug_prepare = carve_debug_prepare,
	.debug_check = carve_debug_check,
	.debug_moves = carve_debug_slab_moves,
};

int carve_slabs_init(struct carve_slabs *slabs, struct carve_pages *pages,
		     struct carve_boot *boot)
{
	const struct carve_cache_args map_args = {
		.name = "carve_free_map",
		.size = BITS_TO_BYTES(CARVE_SLAB_MAX_OBJECTS),
		.caller = _THIS_IP_,
		.internal = true,
	};

	slabs->pages = pages;
	if (!want_init_on_free())
		slabs->span = pages->span;
	slabs->shuffle = true;
	slabs->hooks = &slab_hooks;
	mutex_init(&slabs->lock);
	/* Teach lockdep that reclaim of mm/ takes this lock */
	fs_reclaim_acquire(GFP_KERNEL);
	might_lock(&slabs->lock);
	fs_reclaim_release(GFP_KERNEL);
	INIT_LIST_HEAD(&slabs->caches);
	slabs->quarantine_bytes = min_t(unsigned long, SZ_1M,
					((unsigned long)pages->nr_pages <<
					 PAGE_SHIFT) / QUARANTINE_SHARE);
	slabs->shrinker.shrink = shrink_slabs;
	carve_pages_add_shrinker(pages, &slabs->shrinker);
	if (init_by_state(slabs, boot))
		return -ENOMEM;
	slabs->map_cache = carve_cache_boot(slabs, boot, &map_args);
	return slabs->map_cache ? 0 : -ENOMEM;
}

void carve_slabs_stop(struct carve_slabs *slabs)
{
	struct carve_cache *cache;

	guard(mutex)(&slabs->lock);
	list_for_each_entry(cache, &slabs->caches, list) {
		WRITE_ONCE(cache->dtor, NULL);
		carve_deferred_free_flush(cache);
	}
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
