/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An allocation that fails on purpose, to see what its callers make of that.
 * Asked for on slow paths alone.
 */
#ifndef _CARVE_FAULT_H
#define _CARVE_FAULT_H

#include <linux/atomic.h>
#include <linux/compiler.h>

/**
 * struct carve_fault - the Nth of the next allocations fails
 * @left: allocations up to and with that one; 0: none is to fail, or it has
 */
struct carve_fault {
	atomic_t left;
};

/* Is this the one? Any context */
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

/* Has the one that was to fail not come yet? */
static inline bool carve_fault_is_armed(const struct carve_fault *fault)
{
	return atomic_read(&fault->left);
}

#endif /* _CARVE_FAULT_H */
