/* SPDX-License-Identifier: GPL-2.0 */
/* Files about fragmentation, by migratetype, order and pair. See extfrag.c. */
#ifndef _CARVE_EXTFRAG_H
#define _CARVE_EXTFRAG_H

struct seq_file;

/* seq->private is the carveout */
int carve_pagetypeinfo_show(struct seq_file *m, void *v);
int carve_extfrag_index_show(struct seq_file *m, void *v);
int carve_unusable_index_show(struct seq_file *m, void *v);
int carve_pairs_show(struct seq_file *m, void *v);

#endif /* _CARVE_EXTFRAG_H */
