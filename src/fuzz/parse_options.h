/* SPDX-License-Identifier: GPL-2.0 */
/* Parser of the lines of the file fuzz. See parse_options.c. */
#ifndef _CARVE_PARSE_FUZZ_H
#define _CARVE_PARSE_FUZZ_H

#include "fuzz/options.h"
#include "lib/reply.h"

/* Upper limits of steps= and seconds= */
#define CARVE_FUZZ_MAX_STEPS 100000000ULL
#define CARVE_FUZZ_MAX_SECONDS 3600

/**
 * carve_parse_fuzz() - parse a line of the file fuzz
 * @line: the line, from carve_parse_raw()
 * @options: filled with the options, or their defaults
 * @reply: filled with the reason of an error, and the remedy
 *
 * Return: 0 or -EINVAL.
 */
int carve_parse_fuzz(const char *line, struct carve_fuzz_options *options,
		     struct carve_reply *reply);

#endif /* _CARVE_PARSE_FUZZ_H */
