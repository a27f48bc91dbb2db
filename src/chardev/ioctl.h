/* SPDX-License-Identifier: GPL-2.0 */
/* The ioctl requests of /dev/carveout. See ioctl.c. */
#ifndef _CARVE_IOCTL_H
#define _CARVE_IOCTL_H

#include <linux/fs.h>

/* For file_operations of a file whose private_data is an object. May sleep */
long carve_device_ioctl(struct file *file, unsigned int request, unsigned long arg);

#endif /* _CARVE_IOCTL_H */
