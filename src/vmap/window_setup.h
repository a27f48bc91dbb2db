/* SPDX-License-Identifier: GPL-2.0 */
/* Deferred set-up of a carveout's window. See window_setup.c. */
#ifndef _CARVE_WINDOW_SETUP_H
#define _CARVE_WINDOW_SETUP_H

#include <linux/compiler.h>
#include <linux/completion.h>
#include <linux/gfp.h>
#include <linux/workqueue.h>

#include "lib/fault.h"

struct carve_vmap;

enum carve_window_setup_state {
	CARVE_WINDOW_BUILDING,	/* no area can be mapped yet */
	CARVE_WINDOW_READY,	/* areas are mapped in the window */
	CARVE_WINDOW_NONE,	/* the kernel's vmap() maps them */
	CARVE_NR_WINDOW_STATES,
};

/**
 * struct carve_window_setup - state of the window's set-up
 * @state: enum carve_window_setup_state; changes once, from BUILDING
 * @done: completed when @state has changed
 * @work: builds the window
 * @fault: fault injection: fails the set-up with -ENOMEM
 * @ns: duration of the set-up
 */
struct carve_window_setup {
	enum carve_window_setup_state state;
	struct completion done;
	struct work_struct work;
	struct carve_fault fault;
	u64 ns;
};

/* Sets NONE at once on machines that can have no window */
void carve_window_setup_init(struct carve_vmap *vmap);
/* Queue the work item, which allocates kernel memory */
void carve_window_setup_start(struct carve_vmap *vmap);
/* Wait until the started set-up has ended; sleeps */
void carve_window_setup_wait(struct carve_vmap *vmap);
/* Cancel the set-up, or wait for it if it is running; sleeps */
void carve_window_setup_stop(struct carve_vmap *vmap);

static __always_inline enum carve_window_setup_state
carve_window_setup_state(const struct carve_window_setup *setup)
{
	/* Pairs with finish_window_setup() */
	return smp_load_acquire(&setup->state);
}

const char *carve_window_setup_name(const struct carve_window_setup *setup);

#endif /* _CARVE_WINDOW_SETUP_H */
