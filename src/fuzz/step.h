/* SPDX-License-Identifier: GPL-2.0 */
/* A step: an operation, drawn from the seed and the number of the step. See step.c. */
#ifndef _CARVE_FUZZ_STEP_H
#define _CARVE_FUZZ_STEP_H

#include <linux/gfp_types.h>
#include <linux/types.h>

#include "fuzz/world.h"

/**
 * struct carve_fuzz_actor - who makes steps one after the other
 * @fuzz: the run
 * @stream: tells its random numbers from those of others
 * @cpu: which of the CPUs at work it is on, counted from 0
 * @next: number of its next step
 * @sequence: digest of what was drawn
 * @results: digest of what came of it
 * @count: operations by outcome
 * @record: its last steps, each at its number modulo the room
 */
struct carve_fuzz_actor {
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
 * @actor: whose
 * @number: its number
 * @random: state of its random numbers
 * @context: the context that it is made in
 * @op: the operation
 * @size: what it is about, in bytes
 */
struct carve_fuzz_step {
	struct carve_fuzz *fuzz;
	struct carve_fuzz_actor *actor;
	u64 number;
	u64 random;
	enum carve_fuzz_context context;
	const struct carve_fuzz_op *op;
	size_t size;
};

/* Draws the next step of @actor, in one of @contexts */
void carve_fuzz_draw(struct carve_fuzz_step *s, struct carve_fuzz_actor *actor,
		     unsigned int contexts);
/* Makes it, in its context already, and notes what came of it */
void carve_fuzz_make(struct carve_fuzz_step *s);

/* One number out of another, with nothing of it left to see */
u64 carve_fuzz_mix(u64 x);
/* Any number; one from 0 to @below - 1; true one time in @n */
u64 carve_fuzz_random(struct carve_fuzz_step *s);
u32 carve_fuzz_any(struct carve_fuzz_step *s, u32 below);
static inline bool carve_fuzz_one_in(struct carve_fuzz_step *s, u32 n)
{
	return !carve_fuzz_any(s, n);
}

static inline bool carve_fuzz_may_sleep(const struct carve_fuzz_step *s)
{
	return s->context == CARVE_FUZZ_TASK;
}

/* Are there operations of this kind? */
static inline bool carve_fuzz_does(const struct carve_fuzz_step *s,
				   enum carve_fuzz_layer layer)
{
	return s->fuzz->options->layers & BIT(layer);
}

/* Flags that fit the context, and the same where a zone modifier makes no sense */
gfp_t carve_fuzz_gfp(struct carve_fuzz_step *s);
gfp_t carve_fuzz_plain_gfp(struct carve_fuzz_step *s);
/* Bytes up to @most, small ones mostly; 1 at least */
size_t carve_fuzz_size(struct carve_fuzz_step *s, size_t most);

/*
 * Items are taken, so that nobody else has them, and left again: one of these
 * kinds (a bit for each) that this context may free, or NULL; a place for a new
 * one, whose contents may have had to go for it.
 */
struct carve_fuzz_item *carve_fuzz_take(struct carve_fuzz_step *s,
					unsigned int kinds);
struct carve_fuzz_item *carve_fuzz_place(struct carve_fuzz_step *s);
void carve_fuzz_leave(struct carve_fuzz_item *item);

/* Frees an item in the usual way, and leaves it */
void carve_fuzz_free(struct carve_fuzz_step *s, struct carve_fuzz_item *item);
/* To end a run: all items and caches; in a task, with nobody at work */
void carve_fuzz_free_all(struct carve_fuzz_step *s);

/* This many frees must have been refused since carve_fuzz_bad_frees() was @before */
void carve_fuzz_expect_bad(struct carve_fuzz_step *s, long before,
			   unsigned int nr);
long carve_fuzz_bad_frees(const struct carve_fuzz *fuzz);

/* What each operation does; the table in ops.c says what they are about */
typedef enum carve_fuzz_outcome carve_fuzz_run_fn(struct carve_fuzz_step *s);

carve_fuzz_run_fn carve_fuzz_alloc_pages, carve_fuzz_get_free_pages,
	carve_fuzz_alloc_exact, carve_fuzz_alloc_bulk, carve_fuzz_free_bulk,
	carve_fuzz_split;
carve_fuzz_run_fn carve_fuzz_cache_create, carve_fuzz_cache_destroy,
	carve_fuzz_object_alloc, carve_fuzz_objects_alloc,
	carve_fuzz_objects_free, carve_fuzz_object_free_rcu,
	carve_fuzz_cache_shrink;
carve_fuzz_run_fn carve_fuzz_kmalloc, carve_fuzz_kmemdup, carve_fuzz_krealloc,
	carve_fuzz_ksize, carve_fuzz_kfree_rcu, carve_fuzz_kfree_bulk,
	carve_fuzz_kvmalloc, carve_fuzz_kvrealloc;
carve_fuzz_run_fn carve_fuzz_vmalloc, carve_fuzz_vmap, carve_fuzz_kmap,
	carve_fuzz_kmap_local;
carve_fuzz_run_fn carve_fuzz_free_any, carve_fuzz_look_any;
carve_fuzz_run_fn carve_fuzz_drain, carve_fuzz_shrink, carve_fuzz_validate,
	carve_fuzz_tune_store, carve_fuzz_tune_cache, carve_fuzz_tune_rest,
	carve_fuzz_debug;
carve_fuzz_run_fn carve_fuzz_bad_foreign, carve_fuzz_bad_pages,
	carve_fuzz_bad_object, carve_fuzz_bad_area, carve_fuzz_bad_request,
	carve_fuzz_twice, carve_fuzz_inside, carve_fuzz_destroy_used;

#endif /* _CARVE_FUZZ_STEP_H */
