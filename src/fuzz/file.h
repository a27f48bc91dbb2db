/* SPDX-License-Identifier: GPL-2.0 */
/* The file fuzz, which runs the fuzzer on a carveout. See file.c. */
#ifndef _CARVE_FUZZ_FILE_H
#define _CARVE_FUZZ_FILE_H

#include "debugfs/command.h"
#include "fuzz/fuzz.h"

struct carveout;
struct dentry;

/**
 * struct carve_fuzz_file - the file fuzz of a carveout
 * @co: the carveout
 * @file: the command file
 * @run: @report is valid
 * @report: report of the last run
 */
struct carve_fuzz_file {
	struct carveout *co;
	struct carve_command_file file;
	bool run;
	struct carve_fuzz_report report;
};

/* Create the file in @dir */
void carve_fuzz_add(struct carve_fuzz_file *fuzz, struct carveout *co,
		    struct dentry *dir);

#endif /* _CARVE_FUZZ_FILE_H */
