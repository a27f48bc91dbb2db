/* SPDX-License-Identifier: GPL-2.0 */
/* What a poke file says of the last line written to it. */
#ifndef _CARVE_REPLY_H
#define _CARVE_REPLY_H

#include <linux/compiler_attributes.h>

/* Room for the longest list of words that would have been right */
#define CARVE_REPLY_MAX 384

/**
 * struct carve_reply - an outcome
 * @text: one line, without the newline; what doesn't fit is cut off
 */
struct carve_reply {
	char text[CARVE_REPLY_MAX];
};

/* What was done */
__printf(2, 3) void carve_reply_set(struct carve_reply *reply,
				    const char *fmt, ...);
/* Why nothing was done, behind "error: "; returns @error, a negative errno */
__printf(3, 4) int carve_reply_error(struct carve_reply *reply, int error,
				     const char *fmt, ...);

#endif /* _CARVE_REPLY_H */
