/* SPDX-License-Identifier: GPL-2.0 */
/*
 * __assign_str() takes the source string as a second argument before 6.10. This
 * passes the field's name: the event's argument must have the same name.
 */
#ifndef _CARVE_COMPAT_TRACE_H
#define _CARVE_COMPAT_TRACE_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define carve_compat_assign_str(field) __assign_str(field, field)
#else
#define carve_compat_assign_str(field) __assign_str(field)
#endif

#endif /* _CARVE_COMPAT_TRACE_H */
