/* SPDX-License-Identifier: GPL-2.0 */
/* The table of operations that a step of the fuzzer is drawn from. See ops.c. */
#ifndef _CARVE_FUZZ_OPS_H
#define _CARVE_FUZZ_OPS_H

#include "fuzz/options.h"

struct carve_fuzz_step;

enum carve_fuzz_outcome {
	CARVE_FUZZ_DONE,
	CARVE_FUZZ_FAILED,	/* no memory, or what was meant to fail */
	CARVE_FUZZ_REFUSED,	/* a bad operation, seen and refused */
	CARVE_FUZZ_SKIPPED,	/* there was nothing to do it to */
	CARVE_FUZZ_NR_OUTCOMES,
};

extern const char * const carve_fuzz_outcomes[CARVE_FUZZ_NR_OUTCOMES];

/* What an operation does to the number of items */
enum carve_fuzz_effect {
	CARVE_FUZZ_KEEPS,
	CARVE_FUZZ_MAKES,
	CARVE_FUZZ_TAKES,
};

/**
 * struct carve_fuzz_op - an operation
 * @name: its name
 * @layer: what it is about
 * @contexts: in which it may be done
 * @effect: what it does to the number of items
 * @serial: only where nobody else is at work: others might come by what it
 *	has freed once when it frees it again
 * @weight: how often it is drawn
 * @run: does it
 */
struct carve_fuzz_op {
	const char *name;
	enum carve_fuzz_layer layer;
	unsigned int contexts;
	enum carve_fuzz_effect effect;
	bool serial;
	unsigned int weight;
	enum carve_fuzz_outcome (*run)(struct carve_fuzz_step *s);
};

#define CARVE_FUZZ_NR_OPS 42

extern const struct carve_fuzz_op carve_fuzz_ops[CARVE_FUZZ_NR_OPS];

#endif /* _CARVE_FUZZ_OPS_H */
