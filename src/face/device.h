/* SPDX-License-Identifier: GPL-2.0 */
/* The device that user space maps a carveout by. See device.c. */
#ifndef _CARVE_DEVICE_H
#define _CARVE_DEVICE_H

#include <linux/miscdevice.h>

#include "instance.h"

/**
 * struct carve_device - a carveout in /dev
 * @misc: the device
 * @name: what it is called there
 * @co: the carveout
 * @registered: it is there
 */
struct carve_device {
	struct miscdevice misc;
	char name[sizeof("carveout-") + CARVEOUT_NAME_LEN];
	struct carveout *co;
	bool registered;
};

/* Makes /dev/carveout if that isn't there, otherwise /dev/carveout-NAME */
void carve_device_add(struct carve_device *device, struct carveout *co);
/* Nobody has it open, nor will have */
void carve_device_remove(struct carve_device *device);

#endif /* _CARVE_DEVICE_H */
