// SPDX-License-Identifier: GPL-2.0
/*
 * Contexts
 *
 * A step in an interrupt is made by a timer that expires at once, on the CPU of
 * the task that drew it, which waits for it: so steps follow one another in
 * whatever contexts they are. Only what an ambush does comes when it comes.
 */
#include <linux/irqflags.h>

#include "fuzz/context.h"

/* From one ambush to the next: from the first to both together */
#define FIRST_US 50
#define SPREAD_US 500
#define STEPS_PER_AMBUSH 3

static enum hrtimer_restart perform(struct carve_fuzz_stage *stage)
{
	carve_fuzz_make(stage->step);
	complete(&stage->done);
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart perform_hard(struct hrtimer *timer)
{
	return perform(container_of(timer, struct carve_fuzz_stage, hard));
}

static enum hrtimer_restart perform_soft(struct hrtimer *timer)
{
	return perform(container_of(timer, struct carve_fuzz_stage, soft));
}

void carve_fuzz_stage_init(struct carve_fuzz_stage *stage)
{
	init_completion(&stage->done);
	hrtimer_setup(&stage->hard, perform_hard, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_setup(&stage->soft, perform_soft, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_SOFT);
}

static void perform_by(struct carve_fuzz_stage *stage, struct hrtimer *timer,
		       enum hrtimer_mode mode)
{
	hrtimer_start(timer, 0, mode);
	wait_for_completion(&stage->done);
	/* It may not have returned as yet */
	hrtimer_cancel(timer);
}

static void perform_irqsoff(struct carve_fuzz_step *s)
{
	unsigned long flags;

	local_irq_save(flags);
	carve_fuzz_make(s);
	local_irq_restore(flags);
}

void carve_fuzz_play(struct carve_fuzz_stage *stage, struct carve_fuzz_step *s)
{
	stage->step = s;
	switch (s->context) {
	case CARVE_FUZZ_HARDIRQ:
		perform_by(stage, &stage->hard, HRTIMER_MODE_REL_PINNED_HARD);
		break;
	case CARVE_FUZZ_SOFTIRQ:
		perform_by(stage, &stage->soft, HRTIMER_MODE_REL_PINNED_SOFT);
		break;
	case CARVE_FUZZ_IRQSOFF:
		perform_irqsoff(s);
		break;
	default:
		carve_fuzz_make(s);
	}
}

static enum hrtimer_restart spring(struct hrtimer *timer)
{
	struct carve_fuzz_ambush *ambush;
	struct carve_fuzz_step s;
	unsigned int i;
	u32 us;

	ambush = container_of(timer, struct carve_fuzz_ambush, timer);
	for (i = 0; i < STEPS_PER_AMBUSH; i++) {
		if (carve_fuzz_stopped(ambush->actor.fuzz))
			return HRTIMER_NORESTART;
		carve_fuzz_draw(&s, &ambush->actor, BIT(CARVE_FUZZ_NESTED));
		carve_fuzz_make(&s);
	}
	us = FIRST_US + carve_fuzz_any(&s, SPREAD_US);
	hrtimer_forward_now(timer, ns_to_ktime(us * NSEC_PER_USEC));
	return HRTIMER_RESTART;
}

void carve_fuzz_ambush_init(struct carve_fuzz_ambush *ambush)
{
	hrtimer_setup(&ambush->timer, spring, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
}

void carve_fuzz_ambush_start(struct carve_fuzz_ambush *ambush)
{
	hrtimer_start(&ambush->timer, ns_to_ktime(FIRST_US * NSEC_PER_USEC),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

void carve_fuzz_ambush_stop(struct carve_fuzz_ambush *ambush)
{
	hrtimer_cancel(&ambush->timer);
}
