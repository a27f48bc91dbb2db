/* SPDX-License-Identifier: GPL-2.0 */
/* KUNIT_CASE_SLOW(): says since 6.7 that a case may take its time */
#ifndef _CARVE_COMPAT_KUNIT_TEST_H
#define _CARVE_COMPAT_KUNIT_TEST_H

#include_next <kunit/test.h>

#ifndef KUNIT_CASE_SLOW
#define KUNIT_CASE_SLOW(test_name) KUNIT_CASE(test_name)
#endif

#endif /* _CARVE_COMPAT_KUNIT_TEST_H */
