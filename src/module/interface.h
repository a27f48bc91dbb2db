/* SPDX-License-Identifier: GPL-2.0 */
/* The debugfs directory and the device of each carveout. See interface.c. */
#ifndef _CARVE_INTERFACE_H
#define _CARVE_INTERFACE_H

struct carveout;

/* Create the module's directory in debugfs; remove it */
void carve_interface_init(void);
void carve_interface_exit(void);

/* Create its files create and remove, which are removed with it */
void carve_interface_manage(void);

/*
 * Create the directory and the device of a carveout; remove them, and free its
 * handles
 */
void carve_interface_add(struct carveout *co);
void carve_interface_remove(struct carveout *co);

#endif /* _CARVE_INTERFACE_H */
