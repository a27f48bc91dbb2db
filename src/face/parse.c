// SPDX-License-Identifier: GPL-2.0
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "face/parse.h"

int carve_parse_size(const char *s, u64 *bytes)
{
	char *end;

	if (!isdigit(*s))
		return -EINVAL;
	*bytes = memparse(s, &end);
	return *end ? -EINVAL : 0;
}
