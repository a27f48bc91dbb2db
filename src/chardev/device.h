/* SPDX-License-Identifier: GPL-2.0 */
/* The character device by which user space maps a carveout. See device.c. */
#ifndef _CARVE_DEVICE_H
#define _CARVE_DEVICE_H

#include <linux/miscdevice.h>

#include "core/instance.h"

/**
 * struct carve_device - the character device of a carveout
 * @misc: the misc device
 * @name: its name in /dev
 * @co: the carveout
 * @registered: @misc is registered
 */
struct carve_device {
	struct miscdevice misc;
	char name[sizeof("carveout-") + CARVEOUT_NAME_LEN];
	struct carveout *co;
	bool registered;
};

/* Create /dev/carveout, or /dev/carveout-NAME if that exists already */
void carve_device_add(struct carve_device *device, struct carveout *co);
/* Remove the device, which must not be open any more */
void carve_device_remove(struct carve_device *device);

#endif /* _CARVE_DEVICE_H */
