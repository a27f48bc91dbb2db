// SPDX-License-Identifier: GPL-2.0
/*
 * DMA pools: small coherent blocks of one size, as in mm/dmapool.c
 *
 * A pool cuts DMA buffers into blocks. Such a buffer, a chunk, is a page, or a
 * block if that is larger. A bitmap beside each chunk says which blocks are
 * free, so that free blocks hold no allocator data that a device could
 * overwrite. As in mm/, chunks are kept until the pool is destroyed.
 *
 * All chunks are in a tree by address, where a free finds its chunk; those with
 * free blocks are on a list as well. The metadata is memory of the carveout.
 *
 * Invariants: @nr_free is the number of set bits; a chunk is on the list if and
 * only if @nr_free isn't 0; @nr_active is the number of clear bits of all
 * chunks.
 *
 * Locking: each pool has a raw spinlock. Chunks are allocated without it.
 */
#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "dma/dma.h"
#include "dma/dma_pool.h"
#include "page/misuse.h"
#include "slab/kmalloc.h"

#define POOL_NAME_LEN 32

/* Smaller blocks would make the bitmaps long */
#define MIN_BLOCK_BYTES 8

/**
 * struct dma_chunk - a DMA buffer cut into blocks
 * @node: link in the pool's tree
 * @list: link in the list of chunks with free blocks
 * @virt: address of the buffer
 * @end: address behind it
 * @addr: its bus address
 * @nr_free: number of free blocks
 * @free: a bit for each block, set if it is free
 */
struct dma_chunk {
	struct rb_node node;
	struct list_head list;
	void *virt;
	void *end;
	dma_addr_t addr;
	unsigned int nr_free;
	unsigned long free[];
};

/**
 * struct carve_dma_pool - a pool
 * @dma: the DMA buffers of the carveout
 * @slabs: where the metadata is allocated
 * @dev: the device
 * @name: the pool's name
 * @caller: return address of carve_dma_pool_create()
 * @size: bytes from a block to the next
 * @boundary: bytes of the parts of a chunk that no block crosses
 * @bytes: bytes of a chunk
 * @per_part: number of blocks between two boundaries
 * @nr_blocks: number of blocks of a chunk
 * @lock: guards the chunks and all below
 * @chunks: all chunks, by address
 * @partial: chunks with free blocks
 * @nr_active: number of blocks in use
 */
struct carve_dma_pool {
	struct carve_dma *dma;
	struct carve_slabs *slabs;
	struct device *dev;
	char name[POOL_NAME_LEN];
	unsigned long caller;
	size_t size;
	size_t boundary;
	size_t bytes;
	unsigned int per_part;
	unsigned int nr_blocks;
	raw_spinlock_t lock;
	struct rb_root chunks;
	struct list_head partial;
	unsigned long nr_active;
};

/* Bytes from a block to the next */
static size_t block_bytes(size_t size, size_t align)
{
	return ALIGN(max_t(size_t, size, MIN_BLOCK_BYTES), align);
}

static size_t block_offset(const struct carve_dma_pool *pool, unsigned int i)
{
	return i / pool->per_part * pool->boundary +
	       i % pool->per_part * pool->size;
}

/* The block that begins at this offset of a chunk, or nr_blocks */
static unsigned int block_at(const struct carve_dma_pool *pool, size_t offset)
{
	size_t part = offset / pool->boundary, within = offset % pool->boundary;

	if (within % pool->size || within / pool->size >= pool->per_part)
		return pool->nr_blocks;
	return part * pool->per_part + within / pool->size;
}

/* Chunks */

static struct dma_chunk *chunk_of(const struct rb_node *node)
{
	return rb_entry(node, struct dma_chunk, node);
}

static bool chunk_less(struct rb_node *a, const struct rb_node *b)
{
	return chunk_of(a)->virt < chunk_of(b)->virt;
}

static int compare_chunk(const void *vaddr, const struct rb_node *node)
{
	const struct dma_chunk *chunk = chunk_of(node);

	return vaddr < chunk->virt ? -1 : vaddr >= chunk->end;
}

static void free_chunk(struct carve_dma_pool *pool, struct dma_chunk *chunk,
		       unsigned long caller)
{
	/* Blocks in use stay allocated: the device may still write to them */
	if (chunk->nr_free == pool->nr_blocks)
		carve_dma_free(pool->dma, pool->dev, pool->bytes, chunk->virt,
			       chunk->addr, caller);
	__carve_kfree(pool->slabs, chunk, caller);
}

/* A chunk whose blocks are all free, not yet in the pool */
static struct dma_chunk *alloc_chunk(struct carve_dma_pool *pool, gfp_t gfp)
{
	size_t longs = BITS_TO_LONGS(pool->nr_blocks);
	struct dma_chunk *chunk;

	gfp = carve_dma_gfp(gfp) & ~__GFP_ZERO;
	chunk = __carve_kmalloc(pool->slabs, struct_size(chunk, free, longs),
				gfp, pool->caller);
	if (!chunk)
		return NULL;
	chunk->virt = carve_dma_alloc(pool->dma, pool->dev, pool->bytes,
				      &chunk->addr, gfp, pool->caller);
	if (!chunk->virt) {
		__carve_kfree(pool->slabs, chunk, pool->caller);
		return NULL;
	}
	chunk->end = chunk->virt + pool->bytes;
	chunk->nr_free = pool->nr_blocks;
	bitmap_zero(chunk->free, longs * BITS_PER_LONG);
	bitmap_set(chunk->free, 0, pool->nr_blocks);
	return chunk;
}

static void add_chunk(struct carve_dma_pool *pool, struct dma_chunk *chunk)
{
	lockdep_assert_held(&pool->lock);
	rb_add(&chunk->node, &pool->chunks, chunk_less);
	list_add(&chunk->list, &pool->partial);
}

/* Blocks */

/* A free block and its bus address, or NULL if there is none */
static void *take_block(struct carve_dma_pool *pool, dma_addr_t *handle)
{
	struct dma_chunk *chunk;
	unsigned int i;

	lockdep_assert_held(&pool->lock);
	chunk = list_first_entry_or_null(&pool->partial, struct dma_chunk, list);
	if (!chunk)
		return NULL;
	i = find_first_bit(chunk->free, pool->nr_blocks);
	__clear_bit(i, chunk->free);
	if (!--chunk->nr_free)
		list_del(&chunk->list);
	pool->nr_active++;
	*handle = chunk->addr + block_offset(pool, i);
	return chunk->virt + block_offset(pool, i);
}

static void *take_block_of_new_chunk(struct carve_dma_pool *pool, gfp_t gfp,
				     dma_addr_t *handle)
{
	struct dma_chunk *chunk = alloc_chunk(pool, gfp);

	if (!chunk)
		return NULL;
	guard(raw_spinlock_irqsave)(&pool->lock);
	add_chunk(pool, chunk);
	return take_block(pool, handle);
}

void *__carve_dma_pool_alloc(struct carve_dma_pool *pool, gfp_t gfp,
			     dma_addr_t *handle)
{
	void *p;

	carve_might_alloc(gfp);
	if (unlikely(!handle)) {
		carve_dma_refuse(pool->dma, pool->dev, "DMA block",
				 "handle is NULL");
		return NULL;
	}
	scoped_guard(raw_spinlock_irqsave, &pool->lock)
		p = take_block(pool, handle);
	if (!p)
		p = take_block_of_new_chunk(pool, gfp, handle);
	if (p && want_init_on_alloc(gfp))
		memset(p, 0, pool->size);
	return p;
}

/* Set @chunk and @i to a block in use and return NULL, or why it is none */
static const char *find_block(struct carve_dma_pool *pool, const void *vaddr,
			      dma_addr_t handle, struct dma_chunk **chunk,
			      unsigned int *i)
{
	struct rb_node *node = rb_find(vaddr, &pool->chunks, compare_chunk);

	lockdep_assert_held(&pool->lock);
	if (!node)
		return "not memory of this DMA pool";
	*chunk = chunk_of(node);
	*i = block_at(pool, vaddr - (*chunk)->virt);
	if (*i >= pool->nr_blocks)
		return "not the start of a block of this DMA pool";
	if (handle != (*chunk)->addr + block_offset(pool, *i))
		return "a block of a DMA pool with another bus address";
	if (test_bit(*i, (*chunk)->free))
		return "a block of a DMA pool that is free";
	return NULL;
}

/* Without the lock, since a block may be large. Its owner still has it */
static void clear_block(struct carve_dma_pool *pool, void *vaddr,
			dma_addr_t handle)
{
	struct dma_chunk *chunk;
	const char *why;
	unsigned int i;

	scoped_guard(raw_spinlock_irqsave, &pool->lock)
		why = find_block(pool, vaddr, handle, &chunk, &i);
	if (!why)
		memset(vaddr, 0, pool->size);
}

/* NULL, or why this is no block in use */
static const char *free_block(struct carve_dma_pool *pool, const void *vaddr,
			      dma_addr_t handle)
{
	struct dma_chunk *chunk;
	const char *why;
	unsigned int i;

	guard(raw_spinlock_irqsave)(&pool->lock);
	why = find_block(pool, vaddr, handle, &chunk, &i);
	if (why)
		return why;
	__set_bit(i, chunk->free);
	if (!chunk->nr_free++)
		list_add(&chunk->list, &pool->partial);
	pool->nr_active--;
	return NULL;
}

void __carve_dma_pool_free(struct carve_dma_pool *pool, void *vaddr,
			   dma_addr_t handle, unsigned long caller)
{
	const char *why;

	if (want_init_on_free())
		clear_block(pool, vaddr, handle);
	why = free_block(pool, vaddr, handle);
	if (why)
		carve_report_misuse(pool->dma->pages, CARVE_MISUSE_FREE, vaddr,
				    why, caller);
}

/* Pools */

#define refuse_pool(dma, dev, fmt, ...) \
	carve_dma_refuse(dma, dev, "DMA pool", fmt, ##__VA_ARGS__)

/* True if no pool can be as requested; the log says why */
static bool refuse_args(struct carve_dma *dma,
			const struct carve_dma_pool_args *args)
{
	size_t most = (size_t)dma->pages->nr_pages << PAGE_SHIFT;
	size_t align = args->align ?: 1;

	if (!IS_ENABLED(CONFIG_HAS_DMA))
		refuse_pool(dma, args->dev, "this kernel has no DMA");
	else if (!args->dev)
		refuse_pool(dma, args->dev, "a pool needs one");
	else if (!args->name)
		refuse_pool(dma, args->dev, "its name is NULL");
	else if (!args->size)
		refuse_pool(dma, args->dev, "its blocks have 0 bytes");
	else if (!is_power_of_2(align))
		refuse_pool(dma, args->dev, "alignment %zu is not a power of two",
			    args->align);
	else if (args->size > most || ALIGN(args->size, align) > most)
		refuse_pool(dma, args->dev, "a block of %zu bytes, aligned to %zu, exceeds the carveout",
			    args->size, align);
	else if (args->boundary && !is_power_of_2(args->boundary))
		refuse_pool(dma, args->dev, "boundary %zu is not a power of two",
			    args->boundary);
	else if (args->boundary &&
		 args->boundary < block_bytes(args->size, align))
		refuse_pool(dma, args->dev, "boundary %zu is less than a block of %zu bytes",
			    args->boundary, block_bytes(args->size, align));
	else
		return false;
	return true;
}

static void set_geometry(struct carve_dma_pool *pool,
			 const struct carve_dma_pool_args *args)
{
	pool->size = block_bytes(args->size, args->align ?: 1);
	pool->bytes = max_t(size_t, pool->size, PAGE_SIZE);
	pool->boundary = min(args->boundary ?: pool->bytes, pool->bytes);
	pool->per_part = pool->boundary / pool->size;
	pool->nr_blocks = pool->bytes / pool->boundary * pool->per_part;
}

struct carve_dma_pool *carve_dma_pool_new(struct carve_dma *dma,
					  struct carve_slabs *slabs,
					  const struct carve_dma_pool_args *args)
{
	struct carve_dma_pool *pool;

	if (refuse_args(dma, args))
		return NULL;
	pool = __carve_kmalloc(slabs, sizeof(*pool), GFP_KERNEL | __GFP_ZERO,
			       args->caller);
	if (!pool)
		return NULL;
	pool->dma = dma;
	pool->slabs = slabs;
	pool->dev = args->dev;
	pool->caller = args->caller;
	strscpy(pool->name, args->name, sizeof(pool->name));
	set_geometry(pool, args);
	raw_spin_lock_init(&pool->lock);
	pool->chunks = RB_ROOT;
	INIT_LIST_HEAD(&pool->partial);
	return pool;
}

void carve_dma_pool_delete(struct carve_dma_pool *pool, unsigned long caller)
{
	struct dma_chunk *chunk, *next;

	if (pool->nr_active)
		pr_err("%s: DMA pool %s destroyed by %pS with %lu blocks in use: their memory stays allocated\n",
		       pool->dma->pages->name, pool->name, (void *)caller,
		       pool->nr_active);
	rbtree_postorder_for_each_entry_safe(chunk, next, &pool->chunks, node)
		free_chunk(pool, chunk, caller);
	__carve_kfree(pool->slabs, pool, caller);
}
