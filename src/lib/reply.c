// SPDX-License-Identifier: GPL-2.0
/* Replies of command files. */
#include <linux/kernel.h>

#include "lib/reply.h"

void carve_reply_set(struct carve_reply *reply, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(reply->text, sizeof(reply->text), fmt, args);
	va_end(args);
}

int carve_reply_error(struct carve_reply *reply, int error, const char *fmt,
		      ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	carve_reply_set(reply, "error: %pV", &vaf);
	va_end(args);
	return error;
}
