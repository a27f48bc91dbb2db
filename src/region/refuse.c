// SPDX-License-Identifier: GPL-2.0
/* Reasons of a failed reservation: each source that was tried appends its own. */
#include <linux/kernel.h>
#include <linux/string.h>

#include "region/region_internal.h"

void carve_region_refuse(struct carve_region *region, const char *fmt, ...)
{
	size_t len = strlen(region->refusal);
	va_list args;

	if (len)
		len += scnprintf(region->refusal + len,
				 sizeof(region->refusal) - len, "; ");
	va_start(args, fmt);
	vscnprintf(region->refusal + len, sizeof(region->refusal) - len, fmt,
		   args);
	va_end(args);
}
