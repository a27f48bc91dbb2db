/* SPDX-License-Identifier: GPL-2.0 */
/* Results as text and as JSON. See bench_show.c. */
#ifndef _CARVE_BENCH_SHOW_H
#define _CARVE_BENCH_SHOW_H

#include "bench/bench.h"

/* Print the results; the caller holds @f->lock: bench_show.c */
void carve_bench_show_text(struct seq_file *m,
			   const struct carve_bench_files *f);
void carve_bench_show_json(struct seq_file *m,
			   const struct carve_bench_files *f);

#endif /* _CARVE_BENCH_SHOW_H */
