/* SPDX-License-Identifier: GPL-2.0 */
/* DMA pools: small coherent blocks. See dma_pool.c. */
#ifndef _CARVE_DMA_POOL_H
#define _CARVE_DMA_POOL_H

#include <linux/gfp_types.h>
#include <linux/types.h>

struct carve_dma;
struct carve_dma_pool;
struct carve_slabs;
struct device;

/**
 * struct carve_dma_pool_args - arguments of carve_dma_pool_new()
 * @name: name of the pool, for the log
 * @dev: the device that shares the blocks
 * @size: bytes of a block
 * @align: alignment of a block in bytes, a power of two, or 0 for none
 * @boundary: a power of two whose multiples no block crosses, or 0
 * @caller: return address of the caller
 */
struct carve_dma_pool_args {
	const char *name;
	struct device *dev;
	size_t size;
	size_t align;
	size_t boundary;
	unsigned long caller;
};

/* Documented in include/carveout.h */
struct carve_dma_pool *carve_dma_pool_new(struct carve_dma *dma,
					  struct carve_slabs *slabs,
					  const struct carve_dma_pool_args *args);
void carve_dma_pool_delete(struct carve_dma_pool *pool, unsigned long caller);
void *__carve_dma_pool_alloc(struct carve_dma_pool *pool, gfp_t gfp,
			     dma_addr_t *handle);
void __carve_dma_pool_free(struct carve_dma_pool *pool, void *vaddr,
			   dma_addr_t handle, unsigned long caller);

#endif /* _CARVE_DMA_POOL_H */
