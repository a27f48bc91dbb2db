/* SPDX-License-Identifier: GPL-2.0 */
/* Settings that can be changed while a carveout is in use. See tune.c. */
#ifndef _CARVE_TUNE_H
#define _CARVE_TUNE_H

#include "debugfs/command.h"

struct carveout;
struct dentry;

#define CARVE_NR_TUNE_FILES 9

/* The tuning files of a carveout */
struct carve_tunes {
	struct carve_command_file file[CARVE_NR_TUNE_FILES];
};

/* Create the files in @dir */
void carve_tunes_add(struct carve_tunes *tunes, struct carveout *co,
		     struct dentry *dir);

#endif /* _CARVE_TUNE_H */
