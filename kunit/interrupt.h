/* SPDX-License-Identifier: GPL-2.0 */
/* Runs a function in a hard interrupt. See interrupt.c. */
#ifndef _CARVE_TEST_INTERRUPT_H
#define _CARVE_TEST_INTERRUPT_H

struct carveout;

/* Run @fn(@arg) in a hard interrupt and return when it has run; sleeps */
void carve_run_in_interrupt(void (*fn)(void *arg), void *arg);

/* Run carve_vfree() of @p in a hard interrupt */
void carve_vfree_in_interrupt(struct carveout *co, void *p);

#endif /* _CARVE_TEST_INTERRUPT_H */
