/* SPDX-License-Identifier: GPL-2.0 */
/* The cases of the benchmark. See bench_cases.c. */
#ifndef _CARVE_BENCH_CASES_H
#define _CARVE_BENCH_CASES_H

#include "bench/bench.h"

/* The table, ended by a case without a name */
extern const struct carve_bench_case carve_bench_cases[];

#endif /* _CARVE_BENCH_CASES_H */
