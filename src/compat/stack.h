/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stack traces in the kernel's stack depot, which stores each distinct trace
 * once and never frees it. Without CONFIG_STACKDEPOT nothing is saved, and
 * every handle is 0.
 */
#ifndef _CARVE_COMPAT_STACK_H
#define _CARVE_COMPAT_STACK_H

#include <linux/types.h>

/* Maximum number of frames saved, the innermost ones */
#define CARVE_STACK_DEPTH 16

/* Called before the first trace is saved; 0 or -ENOMEM; sleeps (GFP_NOIO) */
int carve_compat_stack_init(void);

/**
 * carve_compat_stack_keep() - save the current stack trace
 * @caller: return address that the trace begins with
 *
 * Any context but NMI. A context that isn't preemptible can't grow the depot:
 * if the depot is full, new traces are lost.
 *
 * Return: its handle, or 0.
 */
u32 carve_compat_stack_keep(unsigned long caller);

/**
 * carve_compat_stack_frames() - look up a trace
 * @handle: from carve_compat_stack_keep()
 * @frames: set to its return addresses, the innermost first
 *
 * Return: number of frames, 0 for no handle.
 */
unsigned int carve_compat_stack_frames(u32 handle, unsigned long **frames);

/**
 * carve_compat_stack_now() - get the current stack trace
 * @frames: set to its return addresses, the innermost first
 * @nr: room in @frames
 *
 * Any context but NMI.
 *
 * Return: number of frames; 0 without CONFIG_STACKTRACE.
 */
unsigned int carve_compat_stack_now(unsigned long *frames, unsigned int nr);

#endif /* _CARVE_COMPAT_STACK_H */
