/* SPDX-License-Identifier: GPL-2.0 */
/* WQ_PERCPU: says since 6.17 what was meant by silence before */
#ifndef _CARVE_COMPAT_LINUX_WORKQUEUE_H
#define _CARVE_COMPAT_LINUX_WORKQUEUE_H

#include_next <linux/workqueue.h>

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define WQ_PERCPU 0
#endif

#endif /* _CARVE_COMPAT_LINUX_WORKQUEUE_H */
