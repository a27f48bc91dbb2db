/* SPDX-License-Identifier: GPL-2.0 */
/* Options of a run of the fuzzer. See fuzz.c. */
#ifndef _CARVE_FUZZ_OPTIONS_H
#define _CARVE_FUZZ_OPTIONS_H

#include <linux/bits.h>
#include <linux/types.h>

struct carve_fuzz_item;
struct carve_fuzz_step;

/* Contexts of steps */
enum carve_fuzz_context {
	CARVE_FUZZ_TASK,
	CARVE_FUZZ_IRQSOFF,	/* a task with interrupts disabled */
	CARVE_FUZZ_SOFTIRQ,
	CARVE_FUZZ_HARDIRQ,
	CARVE_FUZZ_NESTED,	/* hard interrupts of other steps */
	CARVE_FUZZ_NR_CONTEXTS,
};

/* Groups of operations: the layers, and operations besides allocation */
enum carve_fuzz_layer {
	CARVE_FUZZ_PAGES,
	CARVE_FUZZ_SLAB,
	CARVE_FUZZ_KMALLOC,
	CARVE_FUZZ_VMAP,
	CARVE_FUZZ_KMAP,
	CARVE_FUZZ_DMA,		/* coherent buffers of a device */
	CARVE_FUZZ_NATIVE,	/* pages with references, as of carveout_native.h */
	CARVE_FUZZ_RECLAIM,	/* drain pcp lists, shrink caches, check invariants */
	CARVE_FUZZ_TUNE,	/* batches, limits, watermarks, area cache */
	CARVE_FUZZ_DEBUG,	/* switch debugging of caches on and off */
	CARVE_FUZZ_BAD,		/* bad frees and requests */
	CARVE_FUZZ_NR_LAYERS,
};

#define CARVE_FUZZ_ALL_CONTEXTS (BIT(CARVE_FUZZ_NR_CONTEXTS) - 1)
#define CARVE_FUZZ_ALL_LAYERS (BIT(CARVE_FUZZ_NR_LAYERS) - 1)
/* Contexts in which steps are sequential, so that a run can be replayed */
#define CARVE_FUZZ_SERIAL_CONTEXTS \
	(CARVE_FUZZ_ALL_CONTEXTS & ~BIT(CARVE_FUZZ_NESTED))

/* Value of @fail_nth: one run for each allocation, in which it fails */
#define CARVE_FUZZ_SWEEP (~0U)

#define CARVE_FUZZ_MAX_CPUS 64U

/**
 * struct carve_fuzz_options - options of a run
 * @seed: seed of all random numbers
 * @steps: number of steps, divided among the workers
 * @cpus: number of workers, each on a CPU of its own
 * @contexts: a bit for each enum carve_fuzz_context
 * @layers: a bit for each enum carve_fuzz_layer
 * @fail_nth: number of the allocation that fails, from 1; 0: none;
 *	CARVE_FUZZ_SWEEP: one run for each allocation
 * @hotplug: take a CPU offline and online during the run
 * @seconds: time limit
 * @interfere: called before each step, for tests of the fuzzer itself; or NULL
 * @corrupt: for such tests, or NULL: called with a copy of each item that is
 *	new or resized, and with its size. The model checks the copy
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
	void (*corrupt)(struct carve_fuzz_step *step,
			struct carve_fuzz_item *item, size_t size);
};

/* True if steps are sequential, so that equal options lead to equal runs */
static inline bool
carve_fuzz_is_serial(const struct carve_fuzz_options *options)
{
	return options->cpus == 1 && !options->hotplug &&
	       !(options->contexts & BIT(CARVE_FUZZ_NESTED));
}

#endif /* _CARVE_FUZZ_OPTIONS_H */
