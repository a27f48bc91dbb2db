/* SPDX-License-Identifier: GPL-2.0 */
/* hrtimer_setup(): since 6.13, replaces hrtimer_init() */
#ifndef _CARVE_COMPAT_LINUX_HRTIMER_H
#define _CARVE_COMPAT_LINUX_HRTIMER_H

#include_next <linux/hrtimer.h>

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}
#endif

#endif /* _CARVE_COMPAT_LINUX_HRTIMER_H */
