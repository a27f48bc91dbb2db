/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Strings of trace events: since 6.10 the kernel knows by itself where one comes
 * from. Before, it has to be told again, which is done here with the name of the
 * field: to be used where the event's argument has the same name.
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
