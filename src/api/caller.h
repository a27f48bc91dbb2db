/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The caller of an exported function, for its slow path
 *
 * A fast path must not pay for the slow one. On arm64, where kernels keep frame
 * pointers, a function that reads its own return address has a stack frame, and
 * five instructions for it. So there the slow path is a function, marked with
 * CARVE_API_SLOW, that finds out itself: it is called last, by a jump (see
 * Kbuild), so its return address is that of the exported function. If a compiler
 * has called it after all, the stack is walked. Elsewhere it is inlined.
 */
#ifndef _CARVE_API_CALLER_H
#define _CARVE_API_CALLER_H

#include <linux/ftrace.h>
#include <linux/instruction_pointer.h>

#ifdef CONFIG_ARM64
#define CARVE_API_SLOW noinline

/* No exported function with a fast path is longer */
#define CARVE_API_BYTES 1024

/* The return address of @function, in the function that it calls last */
#define carve_api_caller(function)					\
	(_RET_IP_ - (unsigned long)(function) < CARVE_API_BYTES ?	\
	 CALLER_ADDR1 : _RET_IP_)
#else
#define CARVE_API_SLOW __always_inline
#define carve_api_caller(function) ({ (void)(function); _RET_IP_; })
#endif

#endif /* _CARVE_API_CALLER_H */
