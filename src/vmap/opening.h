/* SPDX-License-Identifier: GPL-2.0 */
/* Opening the window of a carveout, in the background. See opening.c. */
#ifndef _CARVE_OPENING_H
#define _CARVE_OPENING_H

#include <linux/compiler.h>
#include <linux/completion.h>
#include <linux/gfp.h>
#include <linux/workqueue.h>

#include "fault.h"

struct carve_vmap;

enum carve_opening_state {
	CARVE_WINDOW_BUILDING,	/* nothing can be mapped as yet */
	CARVE_WINDOW_READY,	/* areas are mapped in it */
	CARVE_WINDOW_NONE,	/* the kernel's vmap() maps them */
	CARVE_NR_WINDOW_STATES,
};

/**
 * struct carve_opening - how far the window is
 * @state: enum carve_opening_state; changes once, from BUILDING
 * @done: completed when @state has changed
 * @work: makes the window
 * @fault: for tests: makes it fail as if there were no memory for it
 * @ns: the time that making it took
 */
struct carve_opening {
	enum carve_opening_state state;
	struct completion done;
	struct work_struct work;
	struct carve_fault fault;
	u64 ns;
};

/* Where there can be no window, it is NONE from here on */
void carve_opening_init(struct carve_vmap *vmap);
/* Has the window made, which takes native memory, in the background */
void carve_opening_start(struct carve_vmap *vmap);
/* Waits until it is there, or can't be; sleeps, once it was started */
void carve_opening_wait(struct carve_vmap *vmap);
/* Not made any more, if it wasn't begun; sleeps */
void carve_opening_stop(struct carve_vmap *vmap);

static __always_inline enum carve_opening_state
carve_opening_state(const struct carve_opening *opening)
{
	/* Pairs with settle() */
	return smp_load_acquire(&opening->state);
}

const char *carve_opening_name(const struct carve_opening *opening);

#endif /* _CARVE_OPENING_H */
