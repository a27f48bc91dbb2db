/* SPDX-License-Identifier: GPL-2.0 */
/* The table of operations of the fuzzer. See ops.c. */
#ifndef _CARVE_FUZZ_OPS_H
#define _CARVE_FUZZ_OPS_H

#include "fuzz/options.h"

struct carve_fuzz_step;

enum carve_fuzz_outcome {
	CARVE_FUZZ_DONE,
	CARVE_FUZZ_FAILED,	/* no memory, or an injected failure */
	CARVE_FUZZ_REFUSED,	/* a bad operation, detected and refused */
	CARVE_FUZZ_SKIPPED,	/* no item that the operation applies to */
	CARVE_FUZZ_NR_OUTCOMES,
};

extern const char * const carve_fuzz_outcomes[CARVE_FUZZ_NR_OUTCOMES];

/* Effect of an operation on the number of items */
enum carve_fuzz_effect {
	CARVE_FUZZ_KEEPS,
	CARVE_FUZZ_MAKES,
	CARVE_FUZZ_TAKES,
};

/**
 * struct carve_fuzz_op - an operation
 * @name: name
 * @layer: enum carve_fuzz_layer, or CARVE_FUZZ_NR_LAYERS for all layers
 * @contexts: a bit for each context in which it can run
 * @effect: effect on the number of items
 * @serial: only for serial runs: other threads could allocate memory between
 *	the two frees of a double free
 * @weight: relative probability
 * @run: run the operation
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

#define CARVE_FUZZ_NR_OPS 49

extern const struct carve_fuzz_op carve_fuzz_ops[CARVE_FUZZ_NR_OPS];

extern const char * const carve_fuzz_contexts[CARVE_FUZZ_NR_CONTEXTS];
extern const char * const carve_fuzz_layers[CARVE_FUZZ_NR_LAYERS];

#endif /* _CARVE_FUZZ_OPS_H */
