/* SPDX-License-Identifier: GPL-2.0 */
/* /sys/kernel/debug/carveout/: a directory for each carveout. */
#ifndef _CARVE_DEBUGFS_H
#define _CARVE_DEBUGFS_H

struct carveout;

/* The directory of the module; and away with it */
void carve_debugfs_init(void);
void carve_debugfs_exit(void);

/* Its files to make and remove carveouts with; they go with the directory */
void carve_debugfs_manage(void);

/* The directory of a carveout; and away with it and what its handles hold */
void carve_debugfs_add(struct carveout *co);
void carve_debugfs_remove(struct carveout *co);

#endif /* _CARVE_DEBUGFS_H */
