/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stack traces kept in the kernel's stack depot, which stores each one once
 * and never forgets it. Kernels without CONFIG_STACKDEPOT have none: then
 * nothing is kept, and every handle is 0.
 */
#ifndef _CARVE_COMPAT_STACK_H
#define _CARVE_COMPAT_STACK_H

#include <linux/types.h>

/* Frames that are kept of a trace, the innermost ones */
#define CARVE_STACK_DEPTH 16

/* Before the first trace is kept; 0 or -ENOMEM; sleeps, but has nothing written back */
int carve_compat_stack_init(void);

/**
 * carve_compat_stack_keep() - keep the trace of the current stack
 * @caller: return address at which it is to begin
 *
 * Any context but NMI. Where it is one that must not wait for a spinlock of
 * the page allocator, a trace that the depot hasn't seen before is lost when
 * there is no room in it.
 *
 * Return: its handle, or 0.
 */
u32 carve_compat_stack_keep(unsigned long caller);

/**
 * carve_compat_stack_frames() - look a trace up
 * @handle: from carve_compat_stack_keep()
 * @frames: set to its return addresses, the innermost first
 *
 * Return: how many there are, 0 for no handle.
 */
unsigned int carve_compat_stack_frames(u32 handle, unsigned long **frames);

/**
 * carve_compat_stack_now() - the return addresses on the current stack
 * @frames: set to them, the innermost first
 * @nr: room there
 *
 * Any context but NMI.
 *
 * Return: how many there are; 0 on kernels without CONFIG_STACKTRACE.
 */
unsigned int carve_compat_stack_now(unsigned long *frames, unsigned int nr);

#endif /* _CARVE_COMPAT_STACK_H */
