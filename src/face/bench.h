/* SPDX-License-Identifier: GPL-2.0 */
/* Timings of the carveout beside the kernel's own allocators. See bench.c. */
#ifndef _CARVE_BENCH_H
#define _CARVE_BENCH_H

#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "face/command.h"

struct carve_cache;
struct carveout;
struct dentry;
struct gen_pool;
struct kmem_cache;

/* Most things that a case holds at the same time */
#define CARVE_BENCH_MAX_HELD 4096
/* Single operations are counted by nanoseconds below this, or as this */
#define CARVE_BENCH_MAX_NS 65535
#define CARVE_BENCH_ENGINE_LEN 32

/**
 * struct carve_bench_tally - how long single operations took
 * @nr: operations
 * @max: nanoseconds of the longest
 * @by_ns: how many took so many nanoseconds
 */
struct carve_bench_tally {
	u64 nr;
	u64 max;
	u32 by_ns[CARVE_BENCH_MAX_NS + 1];
};

/**
 * struct carve_bench_walk - a random walk: how many things one side holds
 * @random: where its series of random numbers is; on either side the same
 * @most: how many it holds at most
 * @nr: how many it holds
 * @target: how many it is on its way to
 * @held: these
 */
struct carve_bench_walk {
	u64 random;
	unsigned int most;
	unsigned int nr;
	unsigned int target;
	void **held;
};

/**
 * struct carve_bench - what a case works with
 * @co: the carveout
 * @size: the case's parameter: bytes, an order, or a number of objects
 * @cpus: how many processors are at work at once
 * @nr_held: how much cases hold that hold something: @size, or what they say
 * @aside_ns: time within a batch that is no part of what is measured
 * @tally: where cases put the time of each operation that tell it
 * @held: room for what a batch allocates before it frees
 * @shuffle: a permutation of 0 to @nr_held - 1
 * @cache: a cache of the carveout's, for the case
 * @native_cache: the same of the kernel's
 * @mempool: a native pool of objects, for the case
 * @pool: a native gen_pool, for the case
 * @pool_memory: what that is over
 * @live: allocated throughout: objects linked by their first word, or, by their
 *	descriptors, the pages of a fragmented carveout
 * @native_live: the same of the kernel's
 * @walk: of the carveout's side, for the case
 * @native_walk: of the kernel's
 * @kept_limit: pages of kept areas, while there are to be none
 * @queue: where each processor of several gets its part
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
	struct gen_pool *pool;
	unsigned long pool_memory;
	void *live;
	void *native_live;
	struct carve_bench_walk walk;
	struct carve_bench_walk native_walk;
	unsigned long kept_limit;
	struct workqueue_struct *queue;
};

/* What the parameter of a case counts */
enum carve_bench_unit {
	CARVE_BENCH_BYTES,
	CARVE_BENCH_ORDER,
	CARVE_BENCH_OBJECTS,
	CARVE_BENCH_MIB,
};

/* @run: runs that many pairs on one of the sides; false: memory ran out */
typedef bool (*carve_bench_fn)(struct carve_bench *b, unsigned int pairs);

/**
 * struct carve_bench_case - one comparison
 * @layer: what of the carveout it is about
 * @name: its name
 * @peer: what the carveout is compared with
 * @sizes: the values of the parameter, ended by 0 after the first
 * @unit: what the parameter counts
 * @pairs: operations in a batch: an allocation and a free each
 * @max_batches: how many are enough; 0: no limit
 * @many: may run on several CPUs at once
 * @two: needs a second CPU
 * @each: takes the time of each operation, and tells it to carve_bench_tell();
 *	then its batches are @max_batches
 * @prepare: sets up what @carve and @native need, or NULL; 0 or an errno
 * @finish: undoes that, or NULL
 * @carve: the carveout's side
 * @native: the peer's
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

/* The table, ended by a case without a name */
extern const struct carve_bench_case carve_bench_cases[];

/* Counts an operation that took so long */
void carve_bench_tell(struct carve_bench *b, u64 ns);

/* Cases that time themselves, or parts of themselves: bench_apart.c */

bool carve_bench_remote_free(struct carve_bench *b, unsigned int pairs,
			     carve_bench_fn alloc, carve_bench_fn free);
/* 0 where a carveout of @b->size MiB is no burden to this machine */
int carve_bench_has_memory(struct carve_bench *b);
bool carve_bench_create(struct carve_bench *b, unsigned int pairs);
/* The same, until nothing is left to do in the background */
bool carve_bench_settle(struct carve_bench *b, unsigned int pairs);
bool carve_bench_destroy(struct carve_bench *b, unsigned int pairs);
bool carve_bench_reserve(struct carve_bench *b, unsigned int pairs);
bool carve_bench_release(struct carve_bench *b, unsigned int pairs);
/* Single pages alone are free then, no two of them buddies */
int carve_bench_fragment(struct carve_bench *b);
void carve_bench_defragment(struct carve_bench *b);
/*
 * Walks of the same steps for both sides, as wide as the carveout's free memory
 * allows. -ENODEV where native per-CPU lists could hold all of it, -ENOMEM
 */
int carve_bench_walks_init(struct carve_bench *b);
void carve_bench_walks_free(struct carve_bench *b);
/* Is the next step one up? If not, *@i is which of those held is to go */
bool carve_bench_walk_up(struct carve_bench_walk *walk, unsigned int *i);

/* Picoseconds for a pair, over batches; or for an operation, over all of them */
struct carve_bench_figure {
	u64 median;
	u64 p99;
	u64 p999;
	u64 max;
};

struct carve_bench_result {
	const struct carve_bench_case *c;
	unsigned int size;
	unsigned int cpus;
	struct carve_bench_figure carve;
	struct carve_bench_figure native;
};

#define CARVE_BENCH_MAX_RESULTS 96

/**
 * struct carve_bench_files - the state behind a carveout's bench files
 * @co: the carveout
 * @file: the file `bench`
 * @lock: guards the rest, and lets one run at a time
 * @batches: of the last run; 0: there was none
 * @engine: what it ran on, as far as anybody said
 * @nr_results: how many
 * @result: of the last run
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

/* Both under @f->lock: bench_show.c */
void carve_bench_show_text(struct seq_file *m,
			   const struct carve_bench_files *f);
void carve_bench_show_json(struct seq_file *m,
			   const struct carve_bench_files *f);

/* Adds the files `bench` and `bench.json`; the return is for the removal */
struct carve_bench_files *carve_bench_add(struct carveout *co,
					  struct dentry *dir);
/* When the files are gone; NULL does nothing */
void carve_bench_remove(struct carve_bench_files *files);

#endif /* _CARVE_BENCH_H */
