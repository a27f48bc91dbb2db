/* SPDX-License-Identifier: GPL-2.0 */
/* The files that are only read; seq->private is the carveout. */
#ifndef _CARVE_SHOW_H
#define _CARVE_SHOW_H

struct seq_file;

/* info.c: in the columns of the native files of these names */
int carve_buddyinfo_show(struct seq_file *m, void *v);
int carve_zoneinfo_show(struct seq_file *m, void *v);
int carve_slabinfo_show(struct seq_file *m, void *v);
int carve_vmallocinfo_show(struct seq_file *m, void *v);

/* info.c: what the boot allocator gave out; who holds what; the invariants */
int carve_bootmem_show(struct seq_file *m, void *v);
int carve_owners_show(struct seq_file *m, void *v);
int carve_validate_show(struct seq_file *m, void *v);

/* fragment.c: how fragmented free memory is, by lifetime, order and pair */
int carve_pagetypeinfo_show(struct seq_file *m, void *v);
int carve_extfrag_index_show(struct seq_file *m, void *v);
int carve_unusable_index_show(struct seq_file *m, void *v);
int carve_pairs_show(struct seq_file *m, void *v);

/* user.c: what user space has, by open file */
int carve_user_show(struct seq_file *m, void *v);

/* pagemap.c: the pages as a picture in characters */
int carve_pagemap_show(struct seq_file *m, void *v);

/* slab_debug.c: who holds the objects of caches with user tracking */
int carve_slab_users_show(struct seq_file *m, void *v);

/* stats.c: the same figures as lines and as JSON */
int carve_stats_show(struct seq_file *m, void *v);
int carve_stats_json_show(struct seq_file *m, void *v);

#endif /* _CARVE_SHOW_H */
