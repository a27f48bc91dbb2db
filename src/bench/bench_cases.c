// SPDX-License-Identifier: GPL-2.0
/*
 * The cases of the benchmark
 *
 * Both sides of a case are the same loop around different calls. The calls are
 * passed as functions that the compiler inlines, so that only the loop and the
 * call are left; sizes are read from memory, as in most drivers. Allocations
 * use GFP_KERNEL unless the case is about atomic ones. Locking: none; struct
 * carve_bench belongs to the run. Cases on several CPUs only read it.
 */
#include <linux/err.h>
#include <linux/genalloc.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/mempool.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <carveout.h>

#include "bench/bench.h"
#include "bench/bench_apart.h"
#include "bench/bench_cases.h"
#include "core/instance.h"
#include "page/reclaim.h"

#define OBJECT_SIZE 64
#define POOL_ORDER 4
/* @nr_held of cases whose size is not a number of objects */
#define NR_AT_A_TIME 256
#define NR_TIMED 4096
/* Elements reserved by a mempool */
#define NR_IN_RESERVE 16

typedef void *(*alloc_fn)(struct carve_bench *b);
typedef void (*free_fn)(struct carve_bench *b, void *p);
typedef unsigned int (*order_fn)(const struct carve_bench *b, unsigned int i);

/* Allocate and free at once, repeatedly */
static __always_inline bool run_pairs(struct carve_bench *b,
				      unsigned int pairs, alloc_fn alloc,
				      free_fn free)
{
	while (pairs--) {
		void *p = alloc(b);

		if (unlikely(!p))
			return false;
		OPTIMIZER_HIDE_VAR(p);
		free(b, p);
	}
	return true;
}

/* The order in which held allocations are freed */

static __always_inline unsigned int lifo_index(const struct carve_bench *b,
					       unsigned int i)
{
	return b->nr_held - 1 - i;
}

static __always_inline unsigned int fifo_index(const struct carve_bench *b,
					       unsigned int i)
{
	return i;
}

static __always_inline unsigned int shuffled_index(const struct carve_bench *b,
						   unsigned int i)
{
	return b->shuffle[i];
}

/* Make up to nr_held allocations; returns their number */
static __always_inline unsigned int hold_all(struct carve_bench *b, alloc_fn alloc)
{
	unsigned int i;

	for (i = 0; i < b->nr_held; i++) {
		b->held[i] = alloc(b);
		if (unlikely(!b->held[i]))
			break;
	}
	return i;
}

/* Make nr_held allocations and free them in the given order, repeatedly */
static __always_inline bool run_held(struct carve_bench *b, unsigned int pairs,
				     alloc_fn alloc, free_fn free,
				     order_fn order)
{
	unsigned int i, n;

	for (; pairs >= b->nr_held; pairs -= b->nr_held) {
		n = hold_all(b, alloc);
		for (i = 0; i < n; i++)
			free(b, b->held[n == b->nr_held ? order(b, i) : i]);
		if (unlikely(n < b->nr_held))
			return false;
	}
	return true;
}

/*
 * Disable interrupts, except on PREEMPT_RT, where the kernel's allocators sleep
 */
static __always_inline unsigned long begin_step(u64 *start)
{
	unsigned long flags = 0;

	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		local_irq_save(flags);
	*start = ktime_get_ns();
	return flags;
}

static __always_inline void end_step(struct carve_bench *b, u64 start,
				     unsigned long flags, bool tell)
{
	u64 ns = ktime_get_ns() - start;

	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		local_irq_restore(flags);
	if (tell)
		carve_bench_tell(b, ns);
}

/*
 * Make up to nr_held allocations, each timed with interrupts disabled, and free
 * them in random order with interrupts enabled
 */
static __always_inline bool run_each(struct carve_bench *b, unsigned int pairs,
				     alloc_fn alloc, free_fn free)
{
	unsigned int i, n = min(pairs, b->nr_held);
	unsigned long flags;
	bool done = true;
	u64 start;

	for (i = 0; i < n; i++) {
		flags = begin_step(&start);
		b->held[i] = alloc(b);
		end_step(b, start, flags, true);
		if (!b->held[i]) {
			done = false;
			n = i;
		}
	}
	for (i = 0; i < b->nr_held; i++)
		if (b->shuffle[i] < n)
			free(b, b->held[b->shuffle[i]]);
	return done;
}

static __always_inline bool walk_up(struct carve_bench *b,
				    struct carve_bench_walk *walk,
				    alloc_fn alloc, bool tell)
{
	unsigned long flags;
	void *p;
	u64 start;

	flags = begin_step(&start);
	p = alloc(b);
	end_step(b, start, flags, tell);
	if (p)
		walk->held[walk->nr++] = p;
	return p;
}

static __always_inline void walk_down(struct carve_bench *b,
				      struct carve_bench_walk *walk,
				      unsigned int i, free_fn free, bool tell)
{
	void *p = walk->held[i];
	unsigned long flags;
	u64 start;

	walk->held[i] = walk->held[--walk->nr];
	flags = begin_step(&start);
	free(b, p);
	end_step(b, start, flags, tell);
}

/*
 * A random walk of the number of allocations, equal on both sides, between none
 * and more than per-CPU lists can hold; a random one of them is freed. Each
 * step runs with interrupts disabled. Time @pairs allocations, or, with @frees,
 * frees.
 */
static __always_inline bool run_walk(struct carve_bench *b, unsigned int pairs,
				     struct carve_bench_walk *walk,
				     alloc_fn alloc, free_fn free, bool frees)
{
	unsigned int i;

	while (pairs) {
		bool up = carve_bench_walk_up(walk, &i);

		if (!up)
			walk_down(b, walk, i, free, frees);
		else if (!walk_up(b, walk, alloc, !frees))
			return false;
		pairs -= up != frees;
	}
	return true;
}

static __always_inline void end_walk(struct carve_bench *b,
				     struct carve_bench_walk *walk,
				     free_fn free)
{
	while (walk->nr)
		free(b, walk->held[--walk->nr]);
}

/* Define a side of a case by the functions NAME_alloc() and NAME_free() */

#define PAIRS(name)							\
static bool name##_pairs(struct carve_bench *b, unsigned int pairs)	\
{									\
	return run_pairs(b, pairs, name##_alloc, name##_free);		\
}

#define HELD(name, order)						\
static bool name##_##order(struct carve_bench *b, unsigned int pairs)	\
{									\
	return run_held(b, pairs, name##_alloc, name##_free,		\
			order##_index);					\
}

#define WALK(name, walk_)						\
static bool name##_walk(struct carve_bench *b, unsigned int pairs)	\
{									\
	return run_walk(b, pairs, walk_, name##_alloc, name##_free,	\
			false);						\
}									\
									\
static bool name##_walk_free(struct carve_bench *b, unsigned int pairs)	\
{									\
	return run_walk(b, pairs, walk_, name##_alloc, name##_free,	\
			true);						\
}									\
									\
static void name##_walk_end(struct carve_bench *b)			\
{									\
	end_walk(b, walk_, name##_free);				\
}

#define EACH(name)							\
static bool name##_each(struct carve_bench *b, unsigned int pairs)	\
{									\
	return run_each(b, pairs, name##_alloc, name##_free);		\
}

/* Each batch in a new carveout, and with new caches */
#define FRESH(name)							\
static bool name##_fresh(struct carve_bench *b, unsigned int pairs)	\
{									\
	bool done;							\
									\
	if (carve_bench_fresh_begin(b))					\
		return false;						\
	done = !prepare_caches(b);					\
	if (done) {							\
		done = name##_each(b, pairs);				\
		finish_caches(b);					\
	}								\
	carve_bench_fresh_end(b);					\
	return done;							\
}

/* An empty loop, the overhead of all cases */

static __always_inline void *nothing_alloc(struct carve_bench *b)
{
	return b;
}

static __always_inline void nothing_free(struct carve_bench *b, void *p)
{
}

PAIRS(nothing)

/* Slabs */

static int prepare_caches(struct carve_bench *b)
{
	b->cache = carve_cache_create(b->co, "bench", OBJECT_SIZE, 0, 0, NULL);
	if (IS_ERR(b->cache))
		return PTR_ERR(b->cache);
	b->native_cache = kmem_cache_create("carveout_bench", OBJECT_SIZE, 0,
					    SLAB_NO_MERGE, NULL);
	if (!b->native_cache) {
		carve_cache_destroy(b->cache);
		return -ENOMEM;
	}
	return 0;
}

static void finish_caches(struct carve_bench *b)
{
	kmem_cache_destroy(b->native_cache);
	carve_cache_destroy(b->cache);
}

static __always_inline void *carve_slab_alloc(struct carve_bench *b)
{
	return carve_cache_alloc(b->cache, GFP_KERNEL);
}

static __always_inline void carve_slab_free(struct carve_bench *b, void *p)
{
	carve_cache_free(b->cache, p);
}

static __always_inline void *native_slab_alloc(struct carve_bench *b)
{
	return kmem_cache_alloc(b->native_cache, GFP_KERNEL);
}

static __always_inline void native_slab_free(struct carve_bench *b, void *p)
{
	kmem_cache_free(b->native_cache, p);
}

PAIRS(carve_slab)
PAIRS(native_slab)
HELD(carve_slab, lifo)
HELD(native_slab, lifo)
HELD(carve_slab, fifo)
HELD(native_slab, fifo)
HELD(carve_slab, shuffled)
HELD(native_slab, shuffled)

/* Frees on another CPU: NAME_hold() runs here, NAME_let_go() there */

#define REMOTE(name)							\
static bool name##_hold(struct carve_bench *b, unsigned int pairs)	\
{									\
	b->nr_held = hold_all(b, name##_alloc);				\
	return b->nr_held == pairs;					\
}									\
									\
static bool name##_let_go(struct carve_bench *b, unsigned int pairs)	\
{									\
	unsigned int i;							\
									\
	for (i = 0; i < b->nr_held; i++)				\
		name##_free(b, b->held[i]);				\
	return true;							\
}									\
									\
static bool name##_remote(struct carve_bench *b, unsigned int pairs)	\
{									\
	b->nr_held = pairs;						\
	return carve_bench_remote_free(b, pairs, name##_hold,		\
				       name##_let_go);			\
}

REMOTE(carve_slab)
REMOTE(native_slab)

/* Bulk allocation and free */

static bool carve_slab_bulk(struct carve_bench *b, unsigned int pairs)
{
	for (; pairs >= b->nr_held; pairs -= b->nr_held) {
		if (!carve_cache_alloc_bulk(b->cache, GFP_KERNEL, b->nr_held,
					    b->held))
			return false;
		carve_cache_free_bulk(b->cache, b->nr_held, b->held);
	}
	return true;
}

static bool native_slab_bulk(struct carve_bench *b, unsigned int pairs)
{
	for (; pairs >= b->nr_held; pairs -= b->nr_held) {
		if (!kmem_cache_alloc_bulk(b->native_cache, GFP_KERNEL,
					   b->nr_held, b->held))
			return false;
		kmem_cache_free_bulk(b->native_cache, b->nr_held, b->held);
	}
	return true;
}

/* 256 objects at a time, while @size others stay allocated */

static bool fill_live(void **list, unsigned int nr, struct carve_bench *b,
		      alloc_fn alloc)
{
	while (nr--) {
		void **object = alloc(b);

		if (!object)
			return false;
		*object = *list;
		*list = object;
	}
	return true;
}

static void drain_live(void **list, struct carve_bench *b, free_fn free)
{
	void **object;

	while ((object = *list)) {
		*list = *object;
		free(b, object);
	}
}

static void finish_live(struct carve_bench *b)
{
	drain_live(&b->live, b, carve_slab_free);
	drain_live(&b->native_live, b, native_slab_free);
	finish_caches(b);
}

/* If the carveout is too small for that many, the case is skipped */
static void *live_alloc(struct carve_bench *b)
{
	return carve_cache_alloc(b->cache, GFP_KERNEL | __GFP_NOWARN);
}

static int prepare_live(struct carve_bench *b)
{
	int ret = prepare_caches(b);

	if (ret)
		return ret;
	b->nr_held = NR_AT_A_TIME;
	if (fill_live(&b->live, b->size, b, live_alloc) &&
	    fill_live(&b->native_live, b->size, b, native_slab_alloc))
		return 0;
	finish_live(b);
	return -ENOMEM;
}

/* The kernel's mempool, over a cache of the carveout and one of the kernel */

static void finish_mempools(struct carve_bench *b)
{
	mempool_destroy(b->native_mempool);
	mempool_destroy(b->mempool);
	finish_caches(b);
}

static int prepare_mempools(struct carve_bench *b)
{
	int ret = prepare_caches(b);

	if (ret)
		return ret;
	b->mempool = mempool_create(NR_IN_RESERVE, carve_mempool_alloc_slab,
				    carve_mempool_free_slab, b->cache);
	b->native_mempool = mempool_create_slab_pool(NR_IN_RESERVE,
						     b->native_cache);
	if (b->mempool && b->native_mempool)
		return 0;
	finish_mempools(b);
	return -ENOMEM;
}

static __always_inline void *carve_mempool_alloc(struct carve_bench *b)
{
	return mempool_alloc(b->mempool, GFP_KERNEL);
}

static __always_inline void carve_mempool_free(struct carve_bench *b, void *p)
{
	mempool_free(p, b->mempool);
}

static __always_inline void *native_mempool_alloc(struct carve_bench *b)
{
	return mempool_alloc(b->native_mempool, GFP_KERNEL);
}

static __always_inline void native_mempool_free(struct carve_bench *b, void *p)
{
	mempool_free(p, b->native_mempool);
}

PAIRS(carve_mempool)
PAIRS(native_mempool)

/* kmalloc */

static __always_inline void *carve_kmalloc_alloc(struct carve_bench *b)
{
	return carve_kmalloc(b->co, b->size, GFP_KERNEL);
}

static __always_inline void carve_kmalloc_free(struct carve_bench *b, void *p)
{
	carve_kfree(b->co, p);
}

static __always_inline void *native_kmalloc_alloc(struct carve_bench *b)
{
	return kmalloc(b->size, GFP_KERNEL);
}

static __always_inline void native_kmalloc_free(struct carve_bench *b, void *p)
{
	kfree(p);
}

PAIRS(carve_kmalloc)
PAIRS(native_kmalloc)

/* Pages */

static __always_inline void *carve_page_alloc(struct carve_bench *b)
{
	return carve_alloc_pages(b->co, GFP_KERNEL, b->size);
}

static __always_inline void carve_page_free(struct carve_bench *b, void *p)
{
	carve_free_pages(b->co, p, b->size);
}

static __always_inline void *native_page_alloc(struct carve_bench *b)
{
	return alloc_pages(GFP_KERNEL, b->size);
}

static __always_inline void native_page_free(struct carve_bench *b, void *p)
{
	__free_pages(p, b->size);
}

PAIRS(carve_page)
PAIRS(native_page)

/*
 * Atomic allocations of single pages and objects, each timed, in three states:
 * fragmented to single pages; whole, with all free memory in the largest
 * possible blocks, which are split and merged; and fresh, in a new carveout and
 * new caches
 */

static int prepare_fragmented(struct carve_bench *b)
{
	int ret = prepare_caches(b);

	if (ret)
		return ret;
	b->nr_held = NR_TIMED;
	ret = carve_bench_fragment(b);
	if (ret)
		finish_caches(b);
	return ret;
}

static void finish_fragmented(struct carve_bench *b)
{
	carve_bench_defragment(b);
	finish_caches(b);
}

static int prepare_whole(struct carve_bench *b)
{
	carve_pages_reclaim(&b->co->pages);
	b->nr_held = NR_TIMED;
	return prepare_caches(b);
}

static int prepare_fresh(struct carve_bench *b)
{
	b->nr_held = NR_TIMED;
	return 0;
}

static __always_inline void *carve_atomic_page_alloc(struct carve_bench *b)
{
	return carve_alloc_pages(b->co, GFP_ATOMIC | __GFP_NOWARN, 0);
}

static __always_inline void carve_atomic_page_free(struct carve_bench *b,
						   void *p)
{
	carve_free_pages(b->co, p, 0);
}

static __always_inline void *native_atomic_page_alloc(struct carve_bench *b)
{
	return alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 0);
}

static __always_inline void native_atomic_page_free(struct carve_bench *b,
						    void *p)
{
	__free_pages(p, 0);
}

static __always_inline void *carve_atomic_slab_alloc(struct carve_bench *b)
{
	return carve_cache_alloc(b->cache, GFP_ATOMIC);
}

static __always_inline void carve_atomic_slab_free(struct carve_bench *b,
						   void *p)
{
	carve_cache_free(b->cache, p);
}

static __always_inline void *native_atomic_slab_alloc(struct carve_bench *b)
{
	return kmem_cache_alloc(b->native_cache, GFP_ATOMIC);
}

static __always_inline void native_atomic_slab_free(struct carve_bench *b,
						    void *p)
{
	kmem_cache_free(b->native_cache, p);
}

EACH(carve_atomic_page)
EACH(native_atomic_page)
EACH(carve_atomic_slab)
EACH(native_atomic_slab)
FRESH(carve_atomic_page)
FRESH(native_atomic_page)
FRESH(carve_atomic_slab)
FRESH(native_atomic_slab)
WALK(carve_atomic_page, &b->walk)
WALK(native_atomic_page, &b->native_walk)
WALK(carve_atomic_slab, &b->walk)
WALK(native_atomic_slab, &b->native_walk)

/* finish_fragmented() also undoes prepare_whole(): it frees nothing then */
static int begin_walk(struct carve_bench *b, int ret)
{
	if (ret)
		return ret;
	ret = carve_bench_walks_init(b);
	if (ret)
		finish_fragmented(b);
	return ret;
}

static int prepare_walk(struct carve_bench *b)
{
	return begin_walk(b, prepare_fragmented(b));
}

static int prepare_walk_whole(struct carve_bench *b)
{
	return begin_walk(b, prepare_whole(b));
}

static void finish_walk(struct carve_bench *b)
{
	carve_bench_walks_free(b);
	finish_fragmented(b);
}

static void finish_page_walk(struct carve_bench *b)
{
	carve_atomic_page_walk_end(b);
	native_atomic_page_walk_end(b);
	finish_walk(b);
}

static void finish_slab_walk(struct carve_bench *b)
{
	carve_atomic_slab_walk_end(b);
	native_atomic_slab_walk_end(b);
	finish_walk(b);
}

/* vmalloc */

static __always_inline void *carve_vmalloc_alloc(struct carve_bench *b)
{
	return carve_vmalloc(b->co, b->size);
}

static __always_inline void carve_vmalloc_free(struct carve_bench *b, void *p)
{
	carve_vfree(b->co, p);
}

static __always_inline void *native_vmalloc_alloc(struct carve_bench *b)
{
	return vmalloc(b->size);
}

static __always_inline void native_vmalloc_free(struct carve_bench *b, void *p)
{
	vfree(p);
}

PAIRS(carve_vmalloc)
PAIRS(native_vmalloc)

/* vmalloc without the area cache: areas are mapped and unmapped each time */

static int prepare_first(struct carve_bench *b)
{
	b->area_cache_limit = xchg(&b->co->vmap.cache.limit, 0);
	carve_vmap_shrink(&b->co->vmap);
	return 0;
}

static void finish_first(struct carve_bench *b)
{
	WRITE_ONCE(b->co->vmap.cache.limit, b->area_cache_limit);
}

/* gen_pool, if the kernel has it */

#ifdef CONFIG_GENERIC_ALLOCATOR

static void finish_pool(struct carve_bench *b)
{
	gen_pool_destroy(b->pool);
	free_pages(b->pool_memory, POOL_ORDER);
	finish_caches(b);
}

static int prepare_pool(struct carve_bench *b)
{
	int ret = prepare_caches(b);

	if (ret)
		return ret;
	b->pool = gen_pool_create(ilog2(OBJECT_SIZE), NUMA_NO_NODE);
	b->pool_memory = __get_free_pages(GFP_KERNEL, POOL_ORDER);
	if (b->pool && b->pool_memory &&
	    !gen_pool_add(b->pool, b->pool_memory, PAGE_SIZE << POOL_ORDER,
			  NUMA_NO_NODE))
		return 0;
	if (b->pool)
		gen_pool_destroy(b->pool);
	free_pages(b->pool_memory, POOL_ORDER);
	finish_caches(b);
	return -ENOMEM;
}

static __always_inline void *native_pool_alloc(struct carve_bench *b)
{
	return (void *)gen_pool_alloc(b->pool, OBJECT_SIZE);
}

static __always_inline void native_pool_free(struct carve_bench *b, void *p)
{
	gen_pool_free(b->pool, (unsigned long)p, OBJECT_SIZE);
}

#else

static int prepare_pool(struct carve_bench *b)
{
	return -ENODEV;
}

static void finish_pool(struct carve_bench *b)
{
}

static __always_inline void *native_pool_alloc(struct carve_bench *b)
{
	return NULL;
}

static __always_inline void native_pool_free(struct carve_bench *b, void *p)
{
}

#endif

PAIRS(native_pool)

static const unsigned int no_sizes[] = { 0, 0 };
static const unsigned int object_sizes[] = { OBJECT_SIZE, 0 };
static const unsigned int batch_sizes[] = { 16, 256, 4096, 0 };
static const unsigned int kmalloc_sizes[] = {
	8, 64, 256, 1024, 4096, 8192, 16384, 65536, 0
};

static const unsigned int bulk_sizes[] = { 16, 256, 0 };
static const unsigned int live_sizes[] = { 1000, 1000000, 0 };
static const unsigned int mib_sizes[] = { 16, 64, 256, 1024, 0 };
static const unsigned int orders[] = { 0, 1, 2, 3, 4, 6, 9, 10, 0 };
static const unsigned int vmalloc_sizes[] = {
	SZ_4K, SZ_64K, SZ_1M, SZ_16M, 0
};

#define CASE(layer_, name_, peer_, sizes_, pairs_, carve_, native_)	\
	.layer = layer_, .name = name_, .peer = peer_, .sizes = sizes_,	\
	.pairs = pairs_, .carve = carve_, .native = native_

#define SLAB_CASE(name_, sizes_, pairs_, carve_, native_)		\
	CASE("slab", name_, "kmem_cache", sizes_, pairs_, carve_, native_), \
	.prepare = prepare_caches, .finish = finish_caches

/* A million operations on each side, each timed */
#define TIMED_CASE(layer_, name_, peer_, sizes_, carve_, native_)	\
	CASE(layer_, name_, peer_, sizes_, NR_TIMED, carve_, native_),	\
	.each = true, .max_batches = DIV_ROUND_UP(1000000, NR_TIMED)

#define WORST_CASE(layer_, name_, peer_, sizes_, carve_, native_)	\
	TIMED_CASE(layer_, name_, peer_, sizes_, carve_, native_),	\
	.prepare = prepare_fragmented, .finish = finish_fragmented

#define WHOLE_CASE(layer_, name_, peer_, sizes_, carve_, native_)	\
	TIMED_CASE(layer_, name_, peer_, sizes_, carve_, native_),	\
	.prepare = prepare_whole, .finish = finish_caches

/* Only 16 batches, since each needs a new carveout */
#define FRESH_CASE(layer_, name_, peer_, sizes_, carve_, native_)	\
	CASE(layer_, name_, peer_, sizes_, NR_TIMED, carve_, native_),	\
	.each = true, .max_batches = 16, .prepare = prepare_fresh

#define WALK_CASE(layer_, name_, peer_, sizes_, carve_, native_)	\
	TIMED_CASE(layer_, name_, peer_, sizes_, carve_, native_),	\
	.prepare = prepare_walk

#define WHOLE_WALK_CASE(layer_, name_, peer_, sizes_, carve_, native_)	\
	TIMED_CASE(layer_, name_, peer_, sizes_, carve_, native_),	\
	.prepare = prepare_walk_whole

const struct carve_bench_case carve_bench_cases[] = {
	{ CASE("-", "empty_loop", "-", no_sizes, 1000, nothing_pairs,
	       nothing_pairs) },
	{ SLAB_CASE("slab_pair", object_sizes, 1000, carve_slab_pairs,
		    native_slab_pairs), .many = true },
	{ SLAB_CASE("slab_batch_lifo", batch_sizes, 4096, carve_slab_lifo,
		    native_slab_lifo), .unit = CARVE_BENCH_OBJECTS },
	{ SLAB_CASE("slab_batch_fifo", batch_sizes, 4096, carve_slab_fifo,
		    native_slab_fifo), .unit = CARVE_BENCH_OBJECTS },
	{ SLAB_CASE("slab_batch_shuffled", batch_sizes, 4096,
		    carve_slab_shuffled, native_slab_shuffled),
	  .unit = CARVE_BENCH_OBJECTS },
	{ SLAB_CASE("slab_bulk", bulk_sizes, 4096, carve_slab_bulk,
		    native_slab_bulk), .unit = CARVE_BENCH_OBJECTS },
	{ SLAB_CASE("slab_remote_free", object_sizes, 2048, carve_slab_remote,
		    native_slab_remote), .two = true },
	{ CASE("slab", "slab_live", "kmem_cache", live_sizes, 4096,
	       carve_slab_lifo, native_slab_lifo),
	  .unit = CARVE_BENCH_OBJECTS, .prepare = prepare_live,
	  .finish = finish_live },
	{ CASE("slab", "mempool_pair", "mempool", object_sizes, 1000,
	       carve_mempool_pairs, native_mempool_pairs),
	  .prepare = prepare_mempools, .finish = finish_mempools },
	{ CASE("slab", "cache_vs_gen_pool", "gen_pool", object_sizes, 1000,
	       carve_slab_pairs, native_pool_pairs),
	  .prepare = prepare_pool, .finish = finish_pool },
	{ CASE("kmalloc", "kmalloc_pair", "kmalloc", kmalloc_sizes, 1000,
	       carve_kmalloc_pairs, native_kmalloc_pairs), .many = true },
	{ CASE("page", "page_pair", "alloc_pages", orders, 200,
	       carve_page_pairs, native_page_pairs),
	  .unit = CARVE_BENCH_ORDER, .many = true },
	{ CASE("vmalloc", "vmalloc_again", "vmalloc", vmalloc_sizes, 10,
	       carve_vmalloc_pairs, native_vmalloc_pairs) },
	{ CASE("vmalloc", "vmalloc_first", "vmalloc", vmalloc_sizes, 10,
	       carve_vmalloc_pairs, native_vmalloc_pairs),
	  .prepare = prepare_first, .finish = finish_first },
	{ WORST_CASE("page", "page_atomic_worst", "alloc_pages", no_sizes,
		     carve_atomic_page_each, native_atomic_page_each),
	  .unit = CARVE_BENCH_ORDER },
	{ WORST_CASE("slab", "slab_atomic_worst", "kmem_cache", object_sizes,
		     carve_atomic_slab_each, native_atomic_slab_each) },
	{ WALK_CASE("page", "page_walk_worst", "alloc_pages", no_sizes,
		    carve_atomic_page_walk, native_atomic_page_walk),
	  .unit = CARVE_BENCH_ORDER, .finish = finish_page_walk },
	{ WALK_CASE("page", "page_walk_free_worst", "alloc_pages", no_sizes,
		    carve_atomic_page_walk_free, native_atomic_page_walk_free),
	  .unit = CARVE_BENCH_ORDER, .finish = finish_page_walk },
	{ WALK_CASE("slab", "slab_walk_worst", "kmem_cache", object_sizes,
		    carve_atomic_slab_walk, native_atomic_slab_walk),
	  .finish = finish_slab_walk },
	{ WALK_CASE("slab", "slab_walk_free_worst", "kmem_cache", object_sizes,
		    carve_atomic_slab_walk_free, native_atomic_slab_walk_free),
	  .finish = finish_slab_walk },
	{ WHOLE_CASE("page", "page_atomic_worst_whole", "alloc_pages",
		     no_sizes, carve_atomic_page_each, native_atomic_page_each),
	  .unit = CARVE_BENCH_ORDER },
	{ WHOLE_CASE("slab", "slab_atomic_worst_whole", "kmem_cache",
		     object_sizes, carve_atomic_slab_each,
		     native_atomic_slab_each) },
	{ WHOLE_WALK_CASE("page", "page_walk_worst_whole", "alloc_pages",
			  no_sizes, carve_atomic_page_walk,
			  native_atomic_page_walk),
	  .unit = CARVE_BENCH_ORDER, .finish = finish_page_walk },
	{ WHOLE_WALK_CASE("page", "page_walk_free_worst_whole", "alloc_pages",
			  no_sizes, carve_atomic_page_walk_free,
			  native_atomic_page_walk_free),
	  .unit = CARVE_BENCH_ORDER, .finish = finish_page_walk },
	{ WHOLE_WALK_CASE("slab", "slab_walk_worst_whole", "kmem_cache",
			  object_sizes, carve_atomic_slab_walk,
			  native_atomic_slab_walk),
	  .finish = finish_slab_walk },
	{ WHOLE_WALK_CASE("slab", "slab_walk_free_worst_whole", "kmem_cache",
			  object_sizes, carve_atomic_slab_walk_free,
			  native_atomic_slab_walk_free),
	  .finish = finish_slab_walk },
	{ FRESH_CASE("page", "page_atomic_worst_fresh", "alloc_pages",
		     no_sizes, carve_atomic_page_fresh,
		     native_atomic_page_fresh),
	  .unit = CARVE_BENCH_ORDER },
	{ FRESH_CASE("slab", "slab_atomic_worst_fresh", "kmem_cache",
		     object_sizes, carve_atomic_slab_fresh,
		     native_atomic_slab_fresh) },
	{ CASE("carveout", "carveout_create", "reservation", mib_sizes, 1,
	       carve_bench_create, carve_bench_reserve),
	  .unit = CARVE_BENCH_MIB, .max_batches = 5,
	  .prepare = carve_bench_has_memory },
	{ CASE("carveout", "carveout_settled", "reservation", mib_sizes, 1,
	       carve_bench_wait_setup, carve_bench_reserve),
	  .unit = CARVE_BENCH_MIB, .max_batches = 5,
	  .prepare = carve_bench_has_memory },
	{ CASE("carveout", "carveout_destroy", "reservation", mib_sizes, 1,
	       carve_bench_destroy, carve_bench_release),
	  .unit = CARVE_BENCH_MIB, .max_batches = 5,
	  .prepare = carve_bench_has_memory },
	{ }
};
