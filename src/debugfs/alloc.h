/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files alloc, free, drain, shrink and handles of a carveout. See alloc.c.
 */
#ifndef _CARVE_ALLOC_FILES_H
#define _CARVE_ALLOC_FILES_H

#include "debugfs/command.h"
#include "debugfs/handles.h"

struct carveout;
struct dentry;

#define CARVE_NR_ALLOC_FILES 4

/**
 * struct carve_alloc_files - the allocation files of a carveout
 * @co: the carveout
 * @handles: allocations made through the files
 * @pinned: a reference to @co is held, as long as there are handles; guarded
 *	by the lock of @handles
 * @file: the command files
 */
struct carve_alloc_files {
	struct carveout *co;
	struct carve_handles handles;
	bool pinned;
	struct carve_command_file file[CARVE_NR_ALLOC_FILES];
};

void carve_alloc_files_init(struct carve_alloc_files *files, struct carveout *co);
/* Free the allocations of all handles, after the files were removed */
void carve_alloc_files_destroy(struct carve_alloc_files *files);
/* Create the files in @dir */
void carve_alloc_files_add(struct carve_alloc_files *files, struct dentry *dir);

#endif /* _CARVE_ALLOC_FILES_H */
