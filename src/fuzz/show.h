/* SPDX-License-Identifier: GPL-2.0 */
/* What a run came to, in words. See show.c. */
#ifndef _CARVE_FUZZ_SHOW_H
#define _CARVE_FUZZ_SHOW_H

#include "fuzz/fuzz.h"

/* Print the result of a run */
void carve_fuzz_show(const struct carve_fuzz_report *report,
		     struct carve_report *r);

#endif /* _CARVE_FUZZ_SHOW_H */
