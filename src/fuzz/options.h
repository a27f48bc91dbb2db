/* SPDX-License-Identifier: GPL-2.0 */
/* What a run of the fuzzer is to do. See fuzz.c. */
#ifndef _CARVE_FUZZ_OPTIONS_H
#define _CARVE_FUZZ_OPTIONS_H

#include <linux/bits.h>
#include <linux/types.h>

struct carve_fuzz_step;

/* In which a step is made */
enum carve_fuzz_context {
	CARVE_FUZZ_TASK,
	CARVE_FUZZ_IRQSOFF,	/* a task with interrupts disabled */
	CARVE_FUZZ_SOFTIRQ,
	CARVE_FUZZ_HARDIRQ,
	CARVE_FUZZ_NESTED,	/* hard interrupts in the midst of other steps */
	CARVE_FUZZ_NR_CONTEXTS,
};

/* What operations are about: the layers, and what goes on beside */
enum carve_fuzz_layer {
	CARVE_FUZZ_PAGES,
	CARVE_FUZZ_SLAB,
	CARVE_FUZZ_KMALLOC,
	CARVE_FUZZ_VMAP,
	CARVE_FUZZ_KMAP,
	CARVE_FUZZ_RECLAIM,	/* stores drained, caches shrunk, invariants walked */
	CARVE_FUZZ_TUNE,	/* batches, limits, watermarks, what is kept */
	CARVE_FUZZ_DEBUG,	/* caches debugged and no more */
	CARVE_FUZZ_BAD,		/* what no caller should do */
	CARVE_FUZZ_NR_LAYERS,
};

#define CARVE_FUZZ_ALL_CONTEXTS (BIT(CARVE_FUZZ_NR_CONTEXTS) - 1)
#define CARVE_FUZZ_ALL_LAYERS (BIT(CARVE_FUZZ_NR_LAYERS) - 1)
/* Those in which steps come one after the other, so that they can be replayed */
#define CARVE_FUZZ_SERIAL_CONTEXTS \
	(CARVE_FUZZ_ALL_CONTEXTS & ~BIT(CARVE_FUZZ_NESTED))

extern const char * const carve_fuzz_contexts[CARVE_FUZZ_NR_CONTEXTS];
extern const char * const carve_fuzz_layers[CARVE_FUZZ_NR_LAYERS];

/* In place of a number: each allocation in turn, until none is left */
#define CARVE_FUZZ_SWEEP (~0U)

#define CARVE_FUZZ_MAX_CPUS 64U

/**
 * struct carve_fuzz_options - what a run is to do
 * @seed: of all that is drawn
 * @steps: operations, shared out among the CPUs
 * @cpus: how many CPUs are at work at once
 * @contexts: a bit for each enum carve_fuzz_context
 * @layers: a bit for each enum carve_fuzz_layer
 * @fail_nth: which allocation fails, counted from 1; 0: none;
 *	CARVE_FUZZ_SWEEP: a run for each
 * @hotplug: CPUs go and come meanwhile
 * @seconds: after which it ends, if it hasn't before
 * @interfere: called before each step, for tests of the fuzzer itself; or NULL
 */
struct carve_fuzz_options {
	u64 seed;
	u64 steps;
	unsigned int cpus;
	unsigned int contexts;
	unsigned int layers;
	unsigned int fail_nth;
	bool hotplug;
	unsigned int seconds;
	void (*interfere)(struct carve_fuzz_step *step);
};

/* Does one step follow the other? Then the same options lead to the same run */
static inline bool
carve_fuzz_is_serial(const struct carve_fuzz_options *options)
{
	return options->cpus == 1 && !options->hotplug &&
	       !(options->contexts & BIT(CARVE_FUZZ_NESTED));
}

#endif /* _CARVE_FUZZ_OPTIONS_H */
