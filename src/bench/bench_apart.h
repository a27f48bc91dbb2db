/* SPDX-License-Identifier: GPL-2.0 */
/* Cases that are more than a loop. See bench_apart.c. */
#ifndef _CARVE_BENCH_APART_H
#define _CARVE_BENCH_APART_H

#include "bench/bench.h"

bool carve_bench_remote_free(struct carve_bench *b, unsigned int pairs,
			     carve_bench_fn alloc, carve_bench_fn free);
/* 0 if the kernel has enough free memory for a carveout of @b->size MiB */
int carve_bench_has_memory(struct carve_bench *b);
bool carve_bench_create(struct carve_bench *b, unsigned int pairs);
/* carve_bench_create() with the part of set-up that runs in the background */
bool carve_bench_wait_setup(struct carve_bench *b, unsigned int pairs);
bool carve_bench_destroy(struct carve_bench *b, unsigned int pairs);
bool carve_bench_reserve(struct carve_bench *b, unsigned int pairs);
bool carve_bench_release(struct carve_bench *b, unsigned int pairs);
/*
 * Fragment the carveout to single pages, no two of them buddies, and free as
 * many single pages in the kernel, which its allocator uses before it splits a
 * block
 */
int carve_bench_fragment(struct carve_bench *b);
void carve_bench_defragment(struct carve_bench *b);
/*
 * Replace @b->co by a new carveout in which all pages with an initialized
 * descriptor are in use: allocations initialize descriptors of further
 * pageblocks. 0 or -ENOMEM
 */
int carve_bench_fresh_begin(struct carve_bench *b);
void carve_bench_fresh_end(struct carve_bench *b);
/*
 * Set up equal walks for both sides, as large as the carveout's free memory
 * allows. 0, -ENOMEM, or -ENODEV if the kernel's per-CPU lists could serve the
 * whole walk
 */
int carve_bench_walks_init(struct carve_bench *b);
void carve_bench_walks_free(struct carve_bench *b);
/* True if the next step is an allocation; otherwise *@i is the one to free */
bool carve_bench_walk_up(struct carve_bench_walk *walk, unsigned int *i);

#endif /* _CARVE_BENCH_APART_H */
