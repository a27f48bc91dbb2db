/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The benchmark: the carveout compared with the kernel's allocators. See
 * bench.c.
 */
#ifndef _CARVE_BENCH_H
#define _CARVE_BENCH_H

#include <linux/mempool.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "debugfs/command.h"

struct carve_cache;
struct carveout;
struct dentry;
struct gen_pool;
struct kmem_cache;

/* Maximum of allocations that a case holds at a time */
#define CARVE_BENCH_MAX_HELD 4096
/* Times of single operations are clamped to this */
#define CARVE_BENCH_MAX_NS 65535
#define CARVE_BENCH_ENGINE_LEN 32

/**
 * struct carve_bench_tally - histogram of the times of single operations
 * @nr: number of operations
 * @max: longest time in nanoseconds
 * @by_ns: number of operations by nanoseconds
 */
struct carve_bench_tally {
	u64 nr;
	u64 max;
	u32 by_ns[CARVE_BENCH_MAX_NS + 1];
};

/**
 * struct carve_bench_walk - a random walk of the number of allocations of one side
 * @random: state of the random number generator, equal on both sides
 * @most: maximum number of allocations
 * @nr: current number of allocations
 * @target: number that the walk moves towards
 * @held: the allocations
 */
struct carve_bench_walk {
	u64 random;
	unsigned int most;
	unsigned int nr;
	unsigned int target;
	void **held;
};

/**
 * struct carve_bench - state of a run
 * @co: the carveout
 * @size: parameter of the case: bytes, an order, a number of objects, or MiB
 * @cpus: number of CPUs that run the case at once
 * @nr_held: number of allocations held at a time, by cases that hold some
 * @aside_ns: time within a batch to subtract from the measured time
 * @tally: histogram for cases that time each operation
 * @held: the allocations of a batch that are held
 * @shuffle: a random permutation of 0 to @nr_held - 1
 * @cache: cache in the carveout
 * @native_cache: cache of the kernel
 * @mempool: mempool over @cache
 * @native_mempool: mempool over @native_cache
 * @pool: a gen_pool
 * @pool_memory: memory of @pool
 * @live: objects or pages of the carveout that stay allocated during a case,
 *	linked by their first word
 * @native_live: objects or pages of the kernel, likewise
 * @home: saved value of @co while it is a fresh carveout
 * @walk: walk of the carveout's side
 * @native_walk: walk of the kernel's side
 * @area_cache_limit: saved limit of the area cache while it is disabled
 * @queue: workqueue for cases on several CPUs
 */
struct carve_bench {
	struct carveout *co;
	unsigned int size;
	unsigned int cpus;
	unsigned int nr_held;
	u64 aside_ns;
	struct carve_bench_tally *tally;
	void *held[CARVE_BENCH_MAX_HELD];
	u16 shuffle[CARVE_BENCH_MAX_HELD];
	struct carve_cache *cache;
	struct kmem_cache *native_cache;
	mempool_t *mempool;
	mempool_t *native_mempool;
	struct gen_pool *pool;
	unsigned long pool_memory;
	void *live;
	void *native_live;
	struct carveout *home;
	struct carve_bench_walk walk;
	struct carve_bench_walk native_walk;
	unsigned long area_cache_limit;
	struct workqueue_struct *queue;
};

/* Unit of the parameter of a case */
enum carve_bench_unit {
	CARVE_BENCH_BYTES,
	CARVE_BENCH_ORDER,
	CARVE_BENCH_OBJECTS,
	CARVE_BENCH_MIB,
};

/* Run @pairs pairs on one side; false if out of memory */
typedef bool (*carve_bench_fn)(struct carve_bench *b, unsigned int pairs);

/**
 * struct carve_bench_case - one comparison
 * @layer: layer of the carveout
 * @name: name
 * @peer: name of the kernel's allocator on the other side
 * @sizes: values of the parameter, ended by a 0 after the first
 * @unit: unit of the parameter
 * @pairs: number of pairs of an allocation and a free in a lap
 * @max_batches: limit of the number of batches; 0: none
 * @many: can run on several CPUs at once
 * @two: needs a second CPU
 * @each: passes the time of each operation to carve_bench_tell(); always runs
 *	@max_batches batches
 * @prepare: set up what @carve and @native need, or NULL; returns 0 or an errno
 * @finish: undo @prepare, or NULL
 * @carve: the carveout's side
 * @native: the kernel's side
 */
struct carve_bench_case {
	const char *layer;
	const char *name;
	const char *peer;
	const unsigned int *sizes;
	enum carve_bench_unit unit;
	unsigned int pairs;
	unsigned int max_batches;
	bool many;
	bool two;
	bool each;
	int (*prepare)(struct carve_bench *b);
	void (*finish)(struct carve_bench *b);
	carve_bench_fn carve;
	carve_bench_fn native;
};

/* Record the time of an operation */
static inline void carve_bench_tell(struct carve_bench *b, u64 ns)
{
	b->tally->nr++;
	b->tally->max = max(b->tally->max, ns);
	b->tally->by_ns[min_t(u64, ns, CARVE_BENCH_MAX_NS)]++;
}

/* Cases that time themselves, or parts of themselves: bench_apart.c */

/*
 * Picoseconds for a pair, over batches; or for an operation, over all
 * operations
 */
struct carve_bench_figure {
	u64 median;
	u64 p99;
	u64 p999;
	u64 max;
};

/**
 * struct carve_bench_result - result of a case
 * @c: the case
 * @size: its parameter
 * @cpus: number of CPUs that ran it at once
 * @batches: number of batches of each side that were timed
 * @carve_first: number of pairs of batches in which the carveout's was first
 * @carve: times of the carveout
 * @native: times of the kernel's allocator
 */
struct carve_bench_result {
	const struct carve_bench_case *c;
	unsigned int size;
	unsigned int cpus;
	unsigned int batches;
	unsigned int carve_first;
	struct carve_bench_figure carve;
	struct carve_bench_figure native;
};

#define CARVE_BENCH_MAX_RESULTS 96

/**
 * struct carve_bench_files - the files bench and bench.json of a carveout
 * @co: the carveout
 * @file: the file bench
 * @lock: guards the members below, and serializes runs
 * @batches: batches of the last run; 0: there was none
 * @engine: description of the machine given for the last run
 * @nr_results: number of elements of @result
 * @result: results of the last run
 */
struct carve_bench_files {
	struct carveout *co;
	struct carve_command_file file;
	struct mutex lock; /* the rest */
	unsigned int batches;
	char engine[CARVE_BENCH_ENGINE_LEN];
	unsigned int nr_results;
	struct carve_bench_result result[CARVE_BENCH_MAX_RESULTS];
};

/* Create the files; returns the argument for carve_bench_remove() */
struct carve_bench_files *carve_bench_add(struct carveout *co,
					  struct dentry *dir);
/* Free the state of the files, after they were removed; NULL does nothing */
void carve_bench_remove(struct carve_bench_files *files);

#endif /* _CARVE_BENCH_H */
