/* SPDX-License-Identifier: GPL-2.0 */
/* What the carveout says of itself, compared with the model. See tally.c. */
#ifndef _CARVE_FUZZ_TALLY_H
#define _CARVE_FUZZ_TALLY_H

#include "fuzz/world.h"

/* Note the counters that the run starts from */
void carve_fuzz_tally_begin(struct carve_fuzz *fuzz);
/* Compare the carveout's counters with the model, when no worker runs */
void carve_fuzz_compare(struct carve_fuzz *fuzz);

#endif /* _CARVE_FUZZ_TALLY_H */
