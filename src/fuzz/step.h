/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A step, and what the operations have in common. See step.c.
 */
#ifndef _CARVE_FUZZ_STEP_H
#define _CARVE_FUZZ_STEP_H

#include <linux/gfp_types.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/types.h>

#include <carveout.h>

#include "fuzz/world.h"

/**
 * struct carve_fuzz_thread - a sequence of steps
 * @fuzz: the run
 * @stream: number of its stream of random numbers
 * @cpu: number of its worker, from 0
 * @next: number of the next step
 * @sequence: digest of all operations and contexts drawn
 * @results: digest of all outcomes and sizes
 * @count: operations by outcome
 * @record: the last steps, at their number modulo CARVE_FUZZ_HISTORY
 */
struct carve_fuzz_thread {
	struct carve_fuzz *fuzz;
	u64 stream;
	unsigned int cpu;
	u64 next;
	u64 sequence;
	u64 results;
	unsigned long count[CARVE_FUZZ_NR_OPS][CARVE_FUZZ_NR_OUTCOMES];
	struct carve_fuzz_record record[CARVE_FUZZ_HISTORY];
};

/**
 * struct carve_fuzz_step - a step
 * @fuzz: the run
 * @thread: the sequence it belongs to
 * @number: its number in the sequence
 * @random: state of the random number generator
 * @context: the context it runs in
 * @op: the operation, an index in carve_fuzz_ops
 * @size: bytes of the item or request
 */
struct carve_fuzz_step {
	struct carve_fuzz *fuzz;
	struct carve_fuzz_thread *thread;
	u64 number;
	u64 random;
	enum carve_fuzz_context context;
	unsigned int op;
	size_t size;
};

/* Hash a number: the finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) */
static inline u64 carve_fuzz_mix(u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* Random numbers: any; from 0 to @below - 1; true with probability 1/@n */
static inline u64 carve_fuzz_random(struct carve_fuzz_step *s)
{
	s->random += 0x9e3779b97f4a7c15ULL;
	return carve_fuzz_mix(s->random);
}

static inline u32 carve_fuzz_any(struct carve_fuzz_step *s, u32 below)
{
	return reciprocal_scale(carve_fuzz_random(s) >> 32, below);
}

static inline bool carve_fuzz_one_in(struct carve_fuzz_step *s, u32 n)
{
	return !carve_fuzz_any(s, n);
}

static inline bool carve_fuzz_may_sleep(const struct carve_fuzz_step *s)
{
	return s->context == CARVE_FUZZ_TASK;
}

/* True if the run has operations of this layer */
static inline bool carve_fuzz_does(const struct carve_fuzz_step *s,
				   enum carve_fuzz_layer layer)
{
	return s->fuzz->options->layers & BIT(layer);
}

/* Random GFP flags that the context allows, with and without a zone modifier */
gfp_t carve_fuzz_gfp(struct carve_fuzz_step *s);
gfp_t carve_fuzz_plain_gfp(struct carve_fuzz_step *s);
/* A random size from 1 to @most, mostly small */
size_t carve_fuzz_size(struct carve_fuzz_step *s, size_t most);

/*
 * Lock and unlock items. carve_fuzz_take() locks a random item of @kinds (a bit
 * for each) that can be freed in this context, or returns NULL.
 * carve_fuzz_place() locks an unused item, for which it may free another one.
 */
struct carve_fuzz_item *carve_fuzz_take(struct carve_fuzz_step *s,
					unsigned int kinds);
struct carve_fuzz_item *carve_fuzz_place(struct carve_fuzz_step *s);
void carve_fuzz_leave(struct carve_fuzz_item *item);

/* Free an item by the function for its kind, and unlock it */
void carve_fuzz_free(struct carve_fuzz_step *s, struct carve_fuzz_item *item);
/* Free a DMA buffer, with the size and address that @item has */
void carve_fuzz_free_coherent(struct carve_fuzz_step *s,
			      const struct carve_fuzz_item *item);
/* Items of kind CARVE_FUZZ_FRAME: drop a reference, or all */
void carve_fuzz_put_frame(struct carve_fuzz_step *s,
			  const struct carve_fuzz_item *item);
void carve_fuzz_free_frames(struct carve_fuzz_step *s,
			    const struct carve_fuzz_item *item);

/* The first struct page of such an item */
static inline struct page *
carve_fuzz_item_frame(const struct carve_fuzz_step *s,
		      const struct carve_fuzz_item *item)
{
	return pfn_to_page(PHYS_PFN(carve_page_to_phys(s->fuzz->co, item->page)));
}

/* Free all items and caches at the end of a run, when no worker runs */
void carve_fuzz_free_all(struct carve_fuzz_step *s);

/* Check that @nr misuses were counted since carve_nr_misuses() was @before */
void carve_fuzz_expect_bad(struct carve_fuzz_step *s, long before,
			   unsigned int nr);

#endif /* _CARVE_FUZZ_STEP_H */
