/* SPDX-License-Identifier: GPL-2.0 */
/* Pseudo-random numbers from a state of 64 bits. */
#ifndef _CARVE_RANDOM_H
#define _CARVE_RANDOM_H

#include <linux/types.h>

/*
 * A number from 0 to @n - 1: the upper bits of Knuth's linear congruential
 * generator for MMIX (TAOCP 2, 3.3.4). @state may be seeded with any value.
 */
static inline u32 carve_random_below(u64 *state, u32 n)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*state >> 32) * n >> 32;
}

#endif /* _CARVE_RANDOM_H */
