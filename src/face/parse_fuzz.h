/* SPDX-License-Identifier: GPL-2.0 */
/* Reading the lines of the file fuzz. See parse_fuzz.c. */
#ifndef _CARVE_PARSE_FUZZ_H
#define _CARVE_PARSE_FUZZ_H

#include "face/reply.h"
#include "fuzz/options.h"

/* Bounds on what a line may ask for */
#define CARVE_FUZZ_MAX_STEPS 100000000ULL
#define CARVE_FUZZ_MAX_SECONDS 3600

/**
 * carve_parse_fuzz() - read a line of the file fuzz
 * @line: from carve_parse_raw()
 * @options: filled in; what the line doesn't say is as it usually is
 * @reply: says what is wrong, and what would be right
 *
 * Return: 0 or -EINVAL.
 */
int carve_parse_fuzz(const char *line, struct carve_fuzz_options *options,
		     struct carve_reply *reply);

#endif /* _CARVE_PARSE_FUZZ_H */
