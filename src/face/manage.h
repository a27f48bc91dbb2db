/* SPDX-License-Identifier: GPL-2.0 */
/* Making and removing carveouts at run time. See manage.c. */
#ifndef _CARVE_MANAGE_H
#define _CARVE_MANAGE_H

#include "face/command.h"

struct dentry;

/* Makes the files create and remove in the module's own directory */
void carve_manage_add(struct dentry *dir);
/* Is one of them called so? */
bool carve_manage_has(const char *name);

#endif /* _CARVE_MANAGE_H */
