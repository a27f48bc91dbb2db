/* SPDX-License-Identifier: GPL-2.0 */
/* The file slab_debug: debugging of caches. See slab_debug.c. */
#ifndef _CARVE_SLAB_DEBUG_H
#define _CARVE_SLAB_DEBUG_H

#include "face/command.h"

struct carveout;

/* @file must stay until the directory is removed */
void carve_slab_debug_add(struct carve_command_file *file, struct carveout *co,
			  struct dentry *dir);

#endif /* _CARVE_SLAB_DEBUG_H */
