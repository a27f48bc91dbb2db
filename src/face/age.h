/* SPDX-License-Identifier: GPL-2.0 */
/* What an hour of use does to free memory. See age.c. */
#ifndef _CARVE_AGE_H
#define _CARVE_AGE_H

#include "face/command.h"

struct carveout;
struct dentry;

/**
 * struct carve_age_result - free memory after a trace, in thousandths
 * @usable: share of the free pages that lies in blocks of AGE_ORDER or more,
 *	the mean over the second half of the trace
 * @worst: the least that was seen there
 * @failed: allocations that failed, of the whole trace
 */
struct carve_age_result {
	unsigned int usable;
	unsigned int worst;
	unsigned long failed;
};

/**
 * struct carve_age - the file `age` of a carveout
 * @co: the carveout
 * @file: the file
 * @seed: of the last run
 * @minutes: that it simulated
 * @native: it was run on the kernel's page allocator
 * @done: there is a result
 * @hinted: what came of it with the hint, and
 * @unhinted: without
 */
struct carve_age {
	struct carveout *co;
	struct carve_command_file file;
	u64 seed;
	unsigned int minutes;
	bool native;
	bool done;
	struct carve_age_result hinted;
	struct carve_age_result unhinted;
};

/* Makes the file in @dir */
void carve_age_add(struct carve_age *age, struct carveout *co,
		   struct dentry *dir);

#endif /* _CARVE_AGE_H */
