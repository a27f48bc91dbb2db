// SPDX-License-Identifier: GPL-2.0
/*
 * The cases of the benchmark: what is run on either side.
 *
 * Both sides of a case are the same loop around other calls. The calls are
 * given as functions, which the compiler inlines, so that nothing of this is
 * left but the loop and the call; sizes are read from memory, as driver code
 * would have it. All ask with GFP_KERNEL.
 */
#include <linux/err.h>
#include <linux/genalloc.h>
#include <linux/gfp.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <carveout.h>

#include "face/bench.h"

#define OBJECT_SIZE 64
#define POOL_ORDER 4

typedef void *(*alloc_fn)(struct carve_bench *b);
typedef void (*free_fn)(struct carve_bench *b, void *p);
typedef unsigned int (*order_fn)(const struct carve_bench *b, unsigned int i);

/* Allocate, free at once, again */
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

/* The order in which things that are held get freed */

static __always_inline unsigned int lifo(const struct carve_bench *b,
					 unsigned int i)
{
	return b->size - 1 - i;
}

static __always_inline unsigned int fifo(const struct carve_bench *b,
					 unsigned int i)
{
	return i;
}

static __always_inline unsigned int shuffled(const struct carve_bench *b,
					     unsigned int i)
{
	return b->shuffle[i];
}

/* Allocates size things; how many could be had */
static __always_inline unsigned int hold(struct carve_bench *b, alloc_fn alloc)
{
	unsigned int i;

	for (i = 0; i < b->size; i++) {
		b->held[i] = alloc(b);
		if (unlikely(!b->held[i]))
			break;
	}
	return i;
}

/* Allocate size things, free them in some order, again */
static __always_inline bool run_held(struct carve_bench *b, unsigned int pairs,
				     alloc_fn alloc, free_fn free,
				     order_fn order)
{
	unsigned int i, n;

	for (; pairs >= b->size; pairs -= b->size) {
		n = hold(b, alloc);
		for (i = 0; i < n; i++)
			free(b, b->held[n == b->size ? order(b, i) : i]);
		if (unlikely(n < b->size))
			return false;
	}
	return true;
}

/* A side of a case, out of the two functions NAME_alloc() and NAME_free() */

#define PAIRS(name)							\
static bool name##_pairs(struct carve_bench *b, unsigned int pairs)	\
{									\
	return run_pairs(b, pairs, name##_alloc, name##_free);		\
}

#define HELD(name, order)						\
static bool name##_##order(struct carve_bench *b, unsigned int pairs)	\
{									\
	return run_held(b, pairs, name##_alloc, name##_free, order);	\
}

/* Nothing but the loop: what all cases have in common */

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

/* gen_pool, where something in the kernel has selected it */

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

PAIRS(native_pool)

#endif

static const unsigned int no_sizes[] = { 0, 0 };
static const unsigned int object_sizes[] = { OBJECT_SIZE, 0 };
static const unsigned int batch_sizes[] = { 16, 256, 4096, 0 };
static const unsigned int kmalloc_sizes[] = {
	8, 64, 256, 1024, 4096, 8192, 16384, 65536, 0
};

static const unsigned int orders[] = { 0, 1, 2, 3, 4, 6, 9, 10, 0 };
static const unsigned int vmalloc_sizes[] = { SZ_4K, SZ_64K, SZ_1M, 0 };

#define CASE(name_, peer_, sizes_, pairs_, carve_, native_)		\
	.name = name_, .peer = peer_, .sizes = sizes_, .pairs = pairs_,	\
	.carve = carve_, .native = native_

#define SLAB_CASE(name_, sizes_, pairs_, carve_, native_)		\
	CASE(name_, "kmem_cache", sizes_, pairs_, carve_, native_),	\
	.prepare = prepare_caches, .finish = finish_caches

const struct carve_bench_case carve_bench_cases[] = {
	{ CASE("empty_loop", "-", no_sizes, 1000, nothing_pairs,
	       nothing_pairs) },
	{ SLAB_CASE("slab_pair", object_sizes, 1000, carve_slab_pairs,
		    native_slab_pairs) },
	{ SLAB_CASE("slab_batch_lifo", batch_sizes, 4096, carve_slab_lifo,
		    native_slab_lifo), .unit = CARVE_BENCH_OBJECTS },
	{ SLAB_CASE("slab_batch_fifo", batch_sizes, 4096, carve_slab_fifo,
		    native_slab_fifo), .unit = CARVE_BENCH_OBJECTS },
	{ SLAB_CASE("slab_batch_shuffled", batch_sizes, 4096,
		    carve_slab_shuffled, native_slab_shuffled),
	  .unit = CARVE_BENCH_OBJECTS },
#ifdef CONFIG_GENERIC_ALLOCATOR
	{ CASE("gen_pool_pair", "gen_pool", object_sizes, 1000,
	       carve_slab_pairs, native_pool_pairs),
	  .prepare = prepare_pool, .finish = finish_pool },
#endif
	{ CASE("kmalloc_pair", "kmalloc", kmalloc_sizes, 1000,
	       carve_kmalloc_pairs, native_kmalloc_pairs) },
	{ CASE("page_pair", "alloc_pages", orders, 200, carve_page_pairs,
	       native_page_pairs), .unit = CARVE_BENCH_ORDER },
	{ CASE("vmalloc_again", "vmalloc", vmalloc_sizes, 10,
	       carve_vmalloc_pairs, native_vmalloc_pairs) },
	{ }
};
