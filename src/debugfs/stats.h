/* SPDX-License-Identifier: GPL-2.0 */
/* Statistics of a carveout, as lines and as JSON. See stats.c. */
#ifndef _CARVE_STATS_H
#define _CARVE_STATS_H

struct seq_file;

/* seq->private is the carveout */
int carve_stats_show(struct seq_file *m, void *v);
int carve_stats_json_show(struct seq_file *m, void *v);

#endif /* _CARVE_STATS_H */
