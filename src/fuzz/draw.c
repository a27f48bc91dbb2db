// SPDX-License-Identifier: GPL-2.0
/*
 * Steps: drawing and running them
 *
 * The random numbers of a step follow only from the seed, its thread's stream
 * and its number, so that step N doesn't depend on the length of the run. The
 * item it works on depends on the items there are, which in a serial run follow
 * from the steps before.
 *
 * Phases of growing and of shrinking alternate, so that memory fills and
 * empties.
 *
 * Locking: none; a thread draws and runs its steps one after the other.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>

#include "fuzz/draw.h"
#include "fuzz/ops.h"

/* Steps of a phase */
#define PHASE_STEPS 300
/* Divisor of the weight of frees when growing, of allocations when shrinking */
#define PHASE_FACTOR 4

static u64 digest_add(u64 digest, u64 value)
{
	return carve_fuzz_mix(digest * 31 + value);
}

static bool is_growing(const struct carve_fuzz_step *s)
{
	return carve_fuzz_mix(s->fuzz->options->seed +
			      s->number / PHASE_STEPS) & 1;
}

static unsigned int op_weight(const struct carve_fuzz_step *s,
			      const struct carve_fuzz_op *op, bool growing)
{
	const struct carve_fuzz *fuzz = s->fuzz;

	if (op->layer < CARVE_FUZZ_NR_LAYERS &&
	    !(fuzz->options->layers & BIT(op->layer)))
		return 0;
	/* Tuning could undo the settings of carve_fuzz_settle() */
	if (fuzz->still && op->layer == CARVE_FUZZ_TUNE)
		return 0;
	if (!(op->contexts & BIT(s->context)) || (op->serial && !fuzz->serial))
		return 0;
	if (op->effect == (growing ? CARVE_FUZZ_TAKES : CARVE_FUZZ_MAKES))
		return DIV_ROUND_UP(op->weight, PHASE_FACTOR);
	return op->weight;
}

static unsigned int draw_op(struct carve_fuzz_step *s)
{
	bool growing = is_growing(s);
	unsigned int i, sum = 0, x;

	for (i = 0; i < CARVE_FUZZ_NR_OPS; i++)
		sum += op_weight(s, &carve_fuzz_ops[i], growing);
	x = carve_fuzz_any(s, sum);
	for (i = 0; x >= op_weight(s, &carve_fuzz_ops[i], growing); i++)
		x -= op_weight(s, &carve_fuzz_ops[i], growing);
	return i;
}

static enum carve_fuzz_context draw_context(struct carve_fuzz_step *s,
					    unsigned int contexts)
{
	unsigned int n = carve_fuzz_any(s, hweight32(contexts));

	while (n--)
		contexts &= contexts - 1;
	return __ffs(contexts);
}

void carve_fuzz_draw(struct carve_fuzz_step *s, struct carve_fuzz_thread *thread,
		     unsigned int contexts)
{
	*s = (struct carve_fuzz_step){
		.fuzz = thread->fuzz, .thread = thread, .number = thread->next++,
	};
	s->random = carve_fuzz_mix(s->fuzz->options->seed) ^
		    carve_fuzz_mix(thread->stream << 48 ^ s->number);
	s->context = draw_context(s, contexts);
	s->op = draw_op(s);
	thread->sequence = digest_add(thread->sequence,
				      s->op + 256 * s->context);
}

void carve_fuzz_make(struct carve_fuzz_step *s)
{
	struct carve_fuzz_thread *thread = s->thread;
	enum carve_fuzz_outcome outcome;

	if (s->fuzz->options->interfere)
		s->fuzz->options->interfere(s);
	outcome = carve_fuzz_ops[s->op].run(s);
	thread->count[s->op][outcome]++;
	thread->results = digest_add(thread->results, s->size << 2 | outcome);
	thread->record[s->number % CARVE_FUZZ_HISTORY] =
		(struct carve_fuzz_record){
			.number = s->number, .op = s->op, .context = s->context,
			.outcome = outcome, .size = s->size,
		};
}
