/* SPDX-License-Identifier: GPL-2.0 */
/* Parse sizes with suffixes. See parse_size.c. */
#ifndef _CARVE_PARSE_SIZE_H
#define _CARVE_PARSE_SIZE_H

#include <linux/types.h>

/* "4096", "0x1000", "64K", "1G"; 0, or -EINVAL for anything else */
int carve_parse_size(const char *s, u64 *bytes);

#endif /* _CARVE_PARSE_SIZE_H */
