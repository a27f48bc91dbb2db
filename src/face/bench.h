/* SPDX-License-Identifier: GPL-2.0 */
/* Timings of the carveout beside the kernel's own allocators. See bench.c. */
#ifndef _CARVE_BENCH_H
#define _CARVE_BENCH_H

#include <linux/types.h>

struct carve_cache;
struct carveout;
struct dentry;
struct gen_pool;
struct kmem_cache;

/* Most things that a case holds at the same time */
#define CARVE_BENCH_MAX_HELD 4096

/**
 * struct carve_bench - what a case works with
 * @co: the carveout
 * @size: the case's parameter: bytes, an order, or a number of objects
 * @held: room for what a batch allocates before it frees
 * @shuffle: a permutation of 0 to @size - 1, for cases that hold @size things
 * @cache: a cache of the carveout's, for the case
 * @native_cache: the same of the kernel's
 * @pool: a native pool, for the case
 * @pool_memory: what the pool is over
 */
struct carve_bench {
	struct carveout *co;
	unsigned int size;
	void *held[CARVE_BENCH_MAX_HELD];
	u16 shuffle[CARVE_BENCH_MAX_HELD];
	struct carve_cache *cache;
	struct kmem_cache *native_cache;
	struct gen_pool *pool;
	unsigned long pool_memory;
};

/* What the parameter of a case counts */
enum carve_bench_unit {
	CARVE_BENCH_BYTES,
	CARVE_BENCH_ORDER,
	CARVE_BENCH_OBJECTS,
};

/**
 * struct carve_bench_case - one comparison
 * @name: its name
 * @peer: what the carveout is compared with
 * @sizes: the values of the parameter, ended by 0 after the first
 * @unit: what the parameter counts
 * @pairs: operations in a batch: an allocation and a free each
 * @prepare: sets up what @carve and @native need, or NULL; 0 or an errno
 * @finish: undoes that, or NULL
 * @carve: runs that many pairs on the carveout; false: memory ran out
 * @native: the same on the peer
 */
struct carve_bench_case {
	const char *name;
	const char *peer;
	const unsigned int *sizes;
	enum carve_bench_unit unit;
	unsigned int pairs;
	int (*prepare)(struct carve_bench *b);
	void (*finish)(struct carve_bench *b);
	bool (*carve)(struct carve_bench *b, unsigned int pairs);
	bool (*native)(struct carve_bench *b, unsigned int pairs);
};

/* The table, ended by a case without a name */
extern const struct carve_bench_case carve_bench_cases[];

/* Adds the files `bench` and `bench.json`; the return is for the removal */
struct carve_bench_files *carve_bench_add(struct carveout *co,
					  struct dentry *dir);
/* When the files are gone; NULL does nothing */
void carve_bench_remove(struct carve_bench_files *files);

#endif /* _CARVE_BENCH_H */
