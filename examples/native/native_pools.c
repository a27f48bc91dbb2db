// SPDX-License-Identifier: GPL-2.0
/*
 * native_pools - mempools of all kinds, by the kernel's names. While it is loaded,
 * their reserves must be in the carveout.
 */
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#define RESERVE 4
/* The test allocates more elements than that, so that some bypass the reserve */
#define TAKEN (RESERVE + 2)

static const size_t sizes[] = { 100, 200, SZ_64K, 2 * PAGE_SIZE };
#define NR_POOLS ARRAY_SIZE(sizes)
/* The last pool has pages */
#define PAGE_POOL (NR_POOLS - 1)

static struct kmem_cache *cache;
static mempool_t *pools[NR_POOLS];

static void *bytes_of(unsigned int kind, void *element)
{
	return kind == PAGE_POOL ? page_address(element) : element;
}

/* Allocate elements, write to all of them, and free those that hold what was written */
static bool use(unsigned int kind)
{
	void *taken[TAKEN];
	unsigned int i;
	bool whole = true;

	for (i = 0; i < TAKEN; i++) {
		taken[i] = mempool_alloc(pools[kind], GFP_KERNEL);
		memset(bytes_of(kind, taken[i]), i, sizes[kind]);
	}
	for (i = 0; i < TAKEN; i++) {
		whole &= !memchr_inv(bytes_of(kind, taken[i]), i, sizes[kind]);
		mempool_free(taken[i], pools[kind]);
	}
	return whole;
}

static void native_pools_exit(void)
{
	unsigned int i;

	for (i = 0; i < NR_POOLS; i++)
		mempool_destroy(pools[i]);
	kmem_cache_destroy(cache);
}

static int __init native_pools_init(void)
{
	unsigned int i;

	cache = kmem_cache_create("native_pools", sizes[0], 0, 0, NULL);
	if (!cache)
		return -ENOMEM;
	pools[0] = mempool_create_slab_pool(RESERVE, cache);
	pools[1] = mempool_create_kmalloc_pool(RESERVE, sizes[1]);
	pools[2] = mempool_create_kvmalloc_pool(RESERVE, sizes[2]);
	pools[PAGE_POOL] = mempool_create_page_pool(RESERVE,
						    get_order(sizes[PAGE_POOL]));
	for (i = 0; i < NR_POOLS; i++) {
		if (pools[i] && use(i))
			continue;
		native_pools_exit();
		return pools[i] ? -EIO : -ENOMEM;
	}
	return 0;
}

module_init(native_pools_init);
module_exit(native_pools_exit);
MODULE_DESCRIPTION("memory pools of all kinds, on a carveout");
MODULE_LICENSE("GPL");
