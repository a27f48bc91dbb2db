/* SPDX-License-Identifier: GPL-2.0 */
/* Execution of steps in task, softirq and hardirq context. See context.c. */
#ifndef _CARVE_FUZZ_CONTEXT_H
#define _CARVE_FUZZ_CONTEXT_H

#include <linux/completion.h>
#include <linux/hrtimer.h>

#include "fuzz/step.h"

/**
 * struct carve_fuzz_executor - runs the steps of a task in their contexts
 * @hard: timer that expires in a hard interrupt
 * @soft: timer that expires in a soft interrupt
 * @step: the step that the timer runs
 * @done: completed when the timer has run @step
 */
struct carve_fuzz_executor {
	struct hrtimer hard;
	struct hrtimer soft;
	struct carve_fuzz_step *step;
	struct completion done;
};

void carve_fuzz_executor_init(struct carve_fuzz_executor *executor);
/* Run a step in its context, and wait for it. May sleep */
void carve_fuzz_play(struct carve_fuzz_executor *executor, struct carve_fuzz_step *s);

/**
 * struct carve_fuzz_injector - runs steps in interrupts of other steps
 * @thread: random numbers, counters and history of these steps
 * @timer: expires periodically, in hard interrupts
 */
struct carve_fuzz_injector {
	struct carve_fuzz_thread thread;
	struct hrtimer timer;
};

void carve_fuzz_injector_init(struct carve_fuzz_injector *injector);
/* Start the timer on this CPU */
void carve_fuzz_injector_start(struct carve_fuzz_injector *injector);
void carve_fuzz_injector_stop(struct carve_fuzz_injector *injector);

#endif /* _CARVE_FUZZ_CONTEXT_H */
