/* SPDX-License-Identifier: GPL-2.0 */
/* Names since 6.17; before, workqueues were per-CPU by default */
#ifndef _CARVE_COMPAT_LINUX_WORKQUEUE_H
#define _CARVE_COMPAT_LINUX_WORKQUEUE_H

#include_next <linux/workqueue.h>

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define WQ_PERCPU 0
#define system_dfl_wq system_unbound_wq
#endif

#endif /* _CARVE_COMPAT_LINUX_WORKQUEUE_H */
