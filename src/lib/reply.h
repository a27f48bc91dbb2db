/* SPDX-License-Identifier: GPL-2.0 */
/* Reply of a command file: the outcome of the last line written to it. */
#ifndef _CARVE_REPLY_H
#define _CARVE_REPLY_H

#include <linux/compiler_attributes.h>

/* Room for the longest list of valid words in an error */
#define CARVE_REPLY_MAX 384

/**
 * struct carve_reply - outcome of a command
 * @text: one line without the newline, truncated if too long
 */
struct carve_reply {
	char text[CARVE_REPLY_MAX];
};

/* Set the text of a success */
__printf(2, 3) void carve_reply_set(struct carve_reply *reply,
				    const char *fmt, ...);
/* Set "error: " and the reason; returns @error, a negative errno */
__printf(3, 4) int carve_reply_error(struct carve_reply *reply, int error,
				     const char *fmt, ...);

#endif /* _CARVE_REPLY_H */
