/* SPDX-License-Identifier: GPL-2.0 */
/* KUNIT_CASE_SLOW(): since 6.7, marks a slow test case */
#ifndef _CARVE_COMPAT_KUNIT_TEST_H
#define _CARVE_COMPAT_KUNIT_TEST_H

#include_next <kunit/test.h>

#ifndef KUNIT_CASE_SLOW
#define KUNIT_CASE_SLOW(test_name) KUNIT_CASE(test_name)
#endif

#endif /* _CARVE_COMPAT_KUNIT_TEST_H */
