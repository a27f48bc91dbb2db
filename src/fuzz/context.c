// SPDX-License-Identifier: GPL-2.0
/*
 * Execution of steps in their contexts
 *
 * A step in an interrupt is run by a timer that expires at once, on the CPU of
 * the task that drew it, which waits: so the steps of a worker are sequential,
 * whatever their contexts. Only the steps of an injector run asynchronously.
 * Locking: none; an executor and an injector belong to one worker.
 */
#include <linux/irqflags.h>

#include "fuzz/context.h"
#include "fuzz/draw.h"

/* Interval of the injector: FIRST_US and up to SPREAD_US more, at random */
#define FIRST_US 50
#define SPREAD_US 500
#define STEPS_PER_INJECTION 3

static enum hrtimer_restart executor_run(struct carve_fuzz_executor *executor)
{
	carve_fuzz_make(executor->step);
	complete(&executor->done);
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart executor_run_hard(struct hrtimer *timer)
{
	return executor_run(container_of(timer, struct carve_fuzz_executor, hard));
}

static enum hrtimer_restart executor_run_soft(struct hrtimer *timer)
{
	return executor_run(container_of(timer, struct carve_fuzz_executor, soft));
}

void carve_fuzz_executor_init(struct carve_fuzz_executor *executor)
{
	init_completion(&executor->done);
	hrtimer_setup(&executor->hard, executor_run_hard, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_setup(&executor->soft, executor_run_soft, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_SOFT);
}

static void executor_run_timer(struct carve_fuzz_executor *executor, struct hrtimer *timer,
			       enum hrtimer_mode mode)
{
	hrtimer_start(timer, 0, mode);
	wait_for_completion(&executor->done);
	/* Wait for the timer's function to return */
	hrtimer_cancel(timer);
}

static void executor_run_irqsoff(struct carve_fuzz_step *s)
{
	unsigned long flags;

	local_irq_save(flags);
	carve_fuzz_make(s);
	local_irq_restore(flags);
}

void carve_fuzz_play(struct carve_fuzz_executor *executor, struct carve_fuzz_step *s)
{
	executor->step = s;
	switch (s->context) {
	case CARVE_FUZZ_HARDIRQ:
		executor_run_timer(executor, &executor->hard, HRTIMER_MODE_REL_PINNED_HARD);
		break;
	case CARVE_FUZZ_SOFTIRQ:
		executor_run_timer(executor, &executor->soft, HRTIMER_MODE_REL_PINNED_SOFT);
		break;
	case CARVE_FUZZ_IRQSOFF:
		executor_run_irqsoff(s);
		break;
	default:
		carve_fuzz_make(s);
	}
}

static enum hrtimer_restart injector_run(struct hrtimer *timer)
{
	struct carve_fuzz_injector *injector;
	struct carve_fuzz_step s;
	unsigned int i;
	u32 us;

	injector = container_of(timer, struct carve_fuzz_injector, timer);
	for (i = 0; i < STEPS_PER_INJECTION; i++) {
		if (carve_fuzz_stopped(injector->thread.fuzz))
			return HRTIMER_NORESTART;
		carve_fuzz_draw(&s, &injector->thread, BIT(CARVE_FUZZ_NESTED));
		carve_fuzz_make(&s);
	}
	us = FIRST_US + carve_fuzz_any(&s, SPREAD_US);
	hrtimer_forward_now(timer, ns_to_ktime(us * NSEC_PER_USEC));
	return HRTIMER_RESTART;
}

void carve_fuzz_injector_init(struct carve_fuzz_injector *injector)
{
	hrtimer_setup(&injector->timer, injector_run, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
}

void carve_fuzz_injector_start(struct carve_fuzz_injector *injector)
{
	hrtimer_start(&injector->timer, ns_to_ktime(FIRST_US * NSEC_PER_USEC),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

void carve_fuzz_injector_stop(struct carve_fuzz_injector *injector)
{
	hrtimer_cancel(&injector->timer);
}
