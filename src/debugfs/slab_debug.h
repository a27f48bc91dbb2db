/* SPDX-License-Identifier: GPL-2.0 */
/* The file slab_debug: debugging of caches. See slab_debug.c. */
#ifndef _CARVE_SLAB_DEBUG_H
#define _CARVE_SLAB_DEBUG_H

#include "debugfs/command.h"

struct seq_file;

struct carveout;

/* Create the file in @dir. @file must stay valid until @dir is removed */
void carve_slab_debug_add(struct carve_command_file *file, struct carveout *co,
			  struct dentry *dir);

/* The file slab_users; seq->private is the carveout */
int carve_slab_users_show(struct seq_file *m, void *v);

#endif /* _CARVE_SLAB_DEBUG_H */
