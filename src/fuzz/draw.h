/* SPDX-License-Identifier: GPL-2.0 */
/* Drawing and running the steps of a thread. See draw.c. */
#ifndef _CARVE_FUZZ_DRAW_H
#define _CARVE_FUZZ_DRAW_H

#include "fuzz/step.h"

/* Draw the next step of @thread, in one of @contexts */
void carve_fuzz_draw(struct carve_fuzz_step *s, struct carve_fuzz_thread *thread,
		     unsigned int contexts);
/* Run a step, in the current context, and record the outcome */
void carve_fuzz_make(struct carve_fuzz_step *s);

#endif /* _CARVE_FUZZ_DRAW_H */
