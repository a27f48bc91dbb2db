/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault injection: fails the Nth allocation, to test the error paths of
 * callers. Checked on slow paths only. Locking: none, the count is atomic.
 */
#ifndef _CARVE_FAULT_H
#define _CARVE_FAULT_H

#include <linux/atomic.h>
#include <linux/compiler.h>

/**
 * struct carve_fault - fails the Nth allocation from now on
 * @left: allocations until then, including it; 0: none fails
 */
struct carve_fault {
	atomic_t left;
};

/* Should this allocation fail? Any context */
static inline bool carve_fault_strikes(struct carve_fault *fault)
{
	return unlikely(atomic_read(&fault->left)) &&
	       atomic_dec_if_positive(&fault->left) == 0;
}

/* @nth: 1 for the next allocation, 0 for none */
static inline void carve_fault_arm(struct carve_fault *fault, unsigned int nth)
{
	atomic_set(&fault->left, nth);
}

/* Is a failure still pending? */
static inline bool carve_fault_is_armed(const struct carve_fault *fault)
{
	return atomic_read(&fault->left);
}

#endif /* _CARVE_FAULT_H */
