/* SPDX-License-Identifier: GPL-2.0 */
/*
 * copy_splice_read(): since 6.5. What generic_file_splice_read() was before
 * works for any file with read_iter(), as long as it copies.
 */
#ifndef _CARVE_COMPAT_LINUX_FS_H
#define _CARVE_COMPAT_LINUX_FS_H

#include_next <linux/fs.h>

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define copy_splice_read generic_file_splice_read
#endif

#endif /* _CARVE_COMPAT_LINUX_FS_H */
