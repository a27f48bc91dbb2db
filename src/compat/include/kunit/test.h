/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KUNIT_CASE_SLOW(): since 6.7, marks a slow test case. kunit_vm_mmap(): since
 * 6.11; before, tests have no address space for programs, and 0 means failure.
 */
#ifndef _CARVE_COMPAT_KUNIT_TEST_H
#define _CARVE_COMPAT_KUNIT_TEST_H

#include_next <kunit/test.h>

#include <linux/version.h>

#ifndef KUNIT_CASE_SLOW
#define KUNIT_CASE_SLOW(test_name) KUNIT_CASE(test_name)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
static inline unsigned long
kunit_vm_mmap(struct kunit *test, struct file *file, unsigned long addr,
	      unsigned long len, unsigned long prot, unsigned long flag,
	      unsigned long offset)
{
	return 0;
}
#endif

#endif /* _CARVE_COMPAT_KUNIT_TEST_H */
