/* SPDX-License-Identifier: GPL-2.0 */
/* Adding and removing carveouts at run time. See manage.c. */
#ifndef _CARVE_MANAGE_H
#define _CARVE_MANAGE_H

#include "debugfs/command.h"

struct dentry;

/* Create the files create and remove in the module's directory */
void carve_manage_add(struct dentry *dir);
/* True if @name is the name of one of these files */
bool carve_manage_has(const char *name);

#endif /* _CARVE_MANAGE_H */
