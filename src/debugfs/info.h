/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files buddyinfo, zoneinfo, slabinfo and vmallocinfo, in the formats of the
 * kernel's files of these names; bootmem, allocations and validate. See info.c.
 */
#ifndef _CARVE_INFO_H
#define _CARVE_INFO_H

struct seq_file;

/* seq->private is the carveout */
int carve_buddyinfo_show(struct seq_file *m, void *v);
int carve_zoneinfo_show(struct seq_file *m, void *v);
int carve_slabinfo_show(struct seq_file *m, void *v);
int carve_vmallocinfo_show(struct seq_file *m, void *v);
int carve_bootmem_show(struct seq_file *m, void *v);
int carve_allocations_show(struct seq_file *m, void *v);
int carve_validate_show(struct seq_file *m, void *v);

#endif /* _CARVE_INFO_H */
