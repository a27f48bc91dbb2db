/* SPDX-License-Identifier: GPL-2.0 */
/* The file `fuzz`: runs the fuzzer on a carveout. See fuzz.c. */
#ifndef _CARVE_FACE_FUZZ_H
#define _CARVE_FACE_FUZZ_H

#include "face/command.h"
#include "fuzz/fuzz.h"

struct carveout;
struct dentry;

/**
 * struct carve_fuzz_file - the file
 * @co: the carveout
 * @file: the file
 * @run: there has been a run
 * @report: of the last one
 */
struct carve_fuzz_file {
	struct carveout *co;
	struct carve_command_file file;
	bool run;
	struct carve_fuzz_report report;
};

/* Makes the file in @dir */
void carve_fuzz_add(struct carve_fuzz_file *fuzz, struct carveout *co,
		    struct dentry *dir);

#endif /* _CARVE_FACE_FUZZ_H */
