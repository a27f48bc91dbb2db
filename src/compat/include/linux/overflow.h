/* SPDX-License-Identifier: GPL-2.0 */
/* struct_size_t(): since 6.5, and in late 6.1 stable releases */
#ifndef _CARVE_COMPAT_LINUX_OVERFLOW_H
#define _CARVE_COMPAT_LINUX_OVERFLOW_H

#include_next <linux/overflow.h>

#ifndef struct_size_t
#define struct_size_t(type, member, count) \
	struct_size((type *)NULL, member, count)
#endif

#endif /* _CARVE_COMPAT_LINUX_OVERFLOW_H */
