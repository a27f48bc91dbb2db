/* SPDX-License-Identifier: GPL-2.0 */
/* Runs a function in a hard interrupt. See interrupt.c. */
#ifndef _CARVE_TEST_INTERRUPT_H
#define _CARVE_TEST_INTERRUPT_H

struct carveout;

/* Returns when @fn(@arg) has run in a hard interrupt of this machine; sleeps */
void carve_run_in_interrupt(void (*fn)(void *arg), void *arg);

/* The same for carve_vfree() of @p */
void carve_vfree_in_interrupt(struct carveout *co, void *p);

#endif /* _CARVE_TEST_INTERRUPT_H */
