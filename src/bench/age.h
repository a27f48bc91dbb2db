/* SPDX-License-Identifier: GPL-2.0 */
/* The file age: how simulated use fragments free memory. See age.c. */
#ifndef _CARVE_AGE_H
#define _CARVE_AGE_H

#include "debugfs/command.h"

struct carveout;
struct dentry;

/**
 * struct carve_age_result - free memory during a trace, in thousandths
 * @usable: share of the free pages in blocks of AGE_ORDER or more, the mean
 *	over the second half of the trace
 * @worst: the minimum over the second half of the trace
 * @failed: number of failed allocations of the whole trace
 */
struct carve_age_result {
	unsigned int usable;
	unsigned int worst;
	unsigned long failed;
};

/**
 * struct carve_age - the file `age` of a carveout
 * @co: the carveout
 * @file: the command file
 * @seed: seed of the last run
 * @minutes: simulated minutes of the last run
 * @native: the last run used the kernel's page allocator
 * @done: the results are valid
 * @hinted: result with __GFP_RECLAIMABLE for short-lived blocks
 * @unhinted: result without it
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

/* Create the file in @dir */
void carve_age_add(struct carve_age *age, struct carveout *co,
		   struct dentry *dir);

#endif /* _CARVE_AGE_H */
