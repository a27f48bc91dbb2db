/* SPDX-License-Identifier: GPL-2.0 */
/* Contexts: how a step comes to be made in one. See context.c. */
#ifndef _CARVE_FUZZ_CONTEXT_H
#define _CARVE_FUZZ_CONTEXT_H

#include <linux/completion.h>
#include <linux/hrtimer.h>

#include "fuzz/step.h"

/**
 * struct carve_fuzz_stage - where the steps of a task are made
 * @hard: expires in a hard interrupt
 * @soft: expires in a soft one
 * @step: what is to be made there
 * @done: it has been
 */
struct carve_fuzz_stage {
	struct hrtimer hard;
	struct hrtimer soft;
	struct carve_fuzz_step *step;
	struct completion done;
};

void carve_fuzz_stage_init(struct carve_fuzz_stage *stage);
/* Makes the step in the context that was drawn for it; a task that can sleep */
void carve_fuzz_play(struct carve_fuzz_stage *stage, struct carve_fuzz_step *s);

/**
 * struct carve_fuzz_ambush - steps in the midst of those of others
 * @actor: who makes them
 * @timer: expires again and again, in hard interrupts
 */
struct carve_fuzz_ambush {
	struct carve_fuzz_actor actor;
	struct hrtimer timer;
};

void carve_fuzz_ambush_init(struct carve_fuzz_ambush *ambush);
/* From now on, on this CPU, until stopped; sleeps */
void carve_fuzz_ambush_start(struct carve_fuzz_ambush *ambush);
void carve_fuzz_ambush_stop(struct carve_fuzz_ambush *ambush);

#endif /* _CARVE_FUZZ_CONTEXT_H */
