/* SPDX-License-Identifier: GPL-2.0 */
/* The files to poke a carveout with: alloc, free, drain, shrink. See poke.c. */
#ifndef _CARVE_POKE_H
#define _CARVE_POKE_H

#include "face/command.h"
#include "face/handles.h"

struct carveout;
struct dentry;

#define CARVE_NR_POKE_FILES 4

/**
 * struct carve_pokes - the poke files of a carveout
 * @co: the carveout
 * @handles: what was allocated through them
 * @pinned: a reference to the carveout is held, as long as there are handles;
 *	guarded by their lock
 * @file: the files
 */
struct carve_pokes {
	struct carveout *co;
	struct carve_handles handles;
	bool pinned;
	struct carve_command_file file[CARVE_NR_POKE_FILES];
};

void carve_pokes_init(struct carve_pokes *pokes, struct carveout *co);
/* Frees what the handles hold, when the files are gone */
void carve_pokes_destroy(struct carve_pokes *pokes);
/* Makes the files and the list of handles in @dir */
void carve_pokes_add(struct carve_pokes *pokes, struct dentry *dir);

#endif /* _CARVE_POKE_H */
