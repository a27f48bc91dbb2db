// SPDX-License-Identifier: GPL-2.0
/*
 * The cases of the benchmark: what is run on either side.
 *
 * Both sides of a case are the same loop around other calls, with the size in
 * a variable that the compiler can't see through, as driver code would have
 * it. All ask with GFP_KERNEL.
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

/* A pair: allocate, free at once, again */
#define PAIR_LOOP(alloc, free)						\
do {									\
	while (pairs--) {						\
		void *p = (void *)(alloc);				\
									\
		if (unlikely(!p))					\
			return false;					\
		OPTIMIZER_HIDE_VAR(p);					\
		free;							\
	}								\
	return true;							\
} while (0)

/* The order in which things that are held get freed */
static unsigned int lifo(const struct carve_bench *b, unsigned int i)
{
	return b->size - 1 - i;
}

static unsigned int fifo(const struct carve_bench *b, unsigned int i)
{
	return i;
}

static unsigned int shuffled(const struct carve_bench *b, unsigned int i)
{
	return b->shuffle[i];
}

/* Allocate size things, free them in some order, again */
#define HELD_LOOP(order, alloc, free)					\
do {									\
	unsigned int i, n = b->size;					\
									\
	for (; pairs >= n; pairs -= n) {				\
		for (i = 0; i < n; i++) {				\
			b->held[i] = (alloc);				\
			if (unlikely(!b->held[i]))			\
				goto failed;				\
		}							\
		for (i = 0; i < n; i++) {				\
			void *p = b->held[order(b, i)];			\
									\
			free;						\
		}							\
	}								\
	return true;							\
failed:									\
	while (i--) {							\
		void *p = b->held[i];					\
									\
		free;							\
	}								\
	return false;							\
} while (0)

/* Nothing but the loop: what all cases have in common */

static bool empty_loop(struct carve_bench *b, unsigned int pairs)
{
	PAIR_LOOP(b, );
}

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

static bool carve_slab_pair(struct carve_bench *b, unsigned int pairs)
{
	struct carve_cache *cache = b->cache;

	PAIR_LOOP(carve_cache_alloc(cache, GFP_KERNEL),
		  carve_cache_free(cache, p));
}

static bool native_slab_pair(struct carve_bench *b, unsigned int pairs)
{
	struct kmem_cache *cache = b->native_cache;

	PAIR_LOOP(kmem_cache_alloc(cache, GFP_KERNEL),
		  kmem_cache_free(cache, p));
}

#define SLAB_BATCH(order)						\
static bool carve_slab_##order(struct carve_bench *b, unsigned int pairs) \
{									\
	HELD_LOOP(order, carve_cache_alloc(b->cache, GFP_KERNEL),	\
		  carve_cache_free(b->cache, p));			\
}									\
									\
static bool native_slab_##order(struct carve_bench *b, unsigned int pairs) \
{									\
	HELD_LOOP(order, kmem_cache_alloc(b->native_cache, GFP_KERNEL),	\
		  kmem_cache_free(b->native_cache, p));			\
}

SLAB_BATCH(lifo)
SLAB_BATCH(fifo)
SLAB_BATCH(shuffled)

/* kmalloc */

static bool carve_kmalloc_pair(struct carve_bench *b, unsigned int pairs)
{
	struct carveout *co = b->co;
	size_t size = b->size;

	OPTIMIZER_HIDE_VAR(size);
	PAIR_LOOP(carve_kmalloc(co, size, GFP_KERNEL), carve_kfree(co, p));
}

static bool native_kmalloc_pair(struct carve_bench *b, unsigned int pairs)
{
	size_t size = b->size;

	OPTIMIZER_HIDE_VAR(size);
	PAIR_LOOP(kmalloc(size, GFP_KERNEL), kfree(p));
}

/* Pages */

static bool carve_page_pair(struct carve_bench *b, unsigned int pairs)
{
	struct carveout *co = b->co;
	unsigned int order = b->size;

	PAIR_LOOP(carve_alloc_pages(co, GFP_KERNEL, order),
		  carve_free_pages(co, p, order));
}

static bool native_page_pair(struct carve_bench *b, unsigned int pairs)
{
	unsigned int order = b->size;

	PAIR_LOOP(alloc_pages(GFP_KERNEL, order), __free_pages(p, order));
}

/* vmalloc */

static bool carve_vmalloc_pair(struct carve_bench *b, unsigned int pairs)
{
	struct carveout *co = b->co;
	unsigned long size = b->size;

	PAIR_LOOP(carve_vmalloc(co, size), carve_vfree(co, p));
}

static bool native_vmalloc_pair(struct carve_bench *b, unsigned int pairs)
{
	unsigned long size = b->size;

	PAIR_LOOP(vmalloc(size), vfree(p));
}

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

static bool native_pool_pair(struct carve_bench *b, unsigned int pairs)
{
	struct gen_pool *pool = b->pool;

	PAIR_LOOP(gen_pool_alloc(pool, OBJECT_SIZE),
		  gen_pool_free(pool, (unsigned long)p, OBJECT_SIZE));
}
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
	{ CASE("empty_loop", "-", no_sizes, 1000, empty_loop, empty_loop) },
	{ SLAB_CASE("slab_pair", object_sizes, 1000, carve_slab_pair,
		    native_slab_pair) },
	{ SLAB_CASE("slab_batch_lifo", batch_sizes, 4096, carve_slab_lifo,
		    native_slab_lifo), .unit = CARVE_BENCH_OBJECTS },
	{ SLAB_CASE("slab_batch_fifo", batch_sizes, 4096, carve_slab_fifo,
		    native_slab_fifo), .unit = CARVE_BENCH_OBJECTS },
	{ SLAB_CASE("slab_batch_shuffled", batch_sizes, 4096,
		    carve_slab_shuffled, native_slab_shuffled),
	  .unit = CARVE_BENCH_OBJECTS },
#ifdef CONFIG_GENERIC_ALLOCATOR
	{ CASE("gen_pool_pair", "gen_pool", object_sizes, 1000,
	       carve_slab_pair, native_pool_pair),
	  .prepare = prepare_pool, .finish = finish_pool },
#endif
	{ CASE("kmalloc_pair", "kmalloc", kmalloc_sizes, 1000,
	       carve_kmalloc_pair, native_kmalloc_pair) },
	{ CASE("page_pair", "alloc_pages", orders, 200, carve_page_pair,
	       native_page_pair), .unit = CARVE_BENCH_ORDER },
	{ CASE("vmalloc_again", "vmalloc", vmalloc_sizes, 10,
	       carve_vmalloc_pair, native_vmalloc_pair) },
	{ }
};
