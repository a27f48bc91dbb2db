/* SPDX-License-Identifier: GPL-2.0 */
/* The file user: memory mapped by user space, by open file. See objects.c. */
#ifndef _CARVE_OBJECTS_H
#define _CARVE_OBJECTS_H

struct seq_file;

/* seq->private is the carveout */
int carve_user_show(struct seq_file *m, void *v);

#endif /* _CARVE_OBJECTS_H */
