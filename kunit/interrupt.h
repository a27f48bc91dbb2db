/* SPDX-License-Identifier: GPL-2.0 */
/* Runs a function in a hard interrupt. See interrupt.c. */
#ifndef _CARVE_TEST_INTERRUPT_H
#define _CARVE_TEST_INTERRUPT_H

/* Returns when @fn(@arg) has run in a hard interrupt of this machine; sleeps */
void carve_run_in_interrupt(void (*fn)(void *arg), void *arg);

#endif /* _CARVE_TEST_INTERRUPT_H */
