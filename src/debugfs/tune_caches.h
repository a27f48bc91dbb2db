/* SPDX-License-Identifier: GPL-2.0 */
/* Settings of caches. See tune_caches.c. */
#ifndef _CARVE_TUNE_CACHES_H
#define _CARVE_TUNE_CACHES_H

struct carve_reply;
struct seq_file;

/* The file caches: magazines and empty slabs of each cache */
int carve_run_caches(void *context, const char *line,
		     struct carve_reply *reply);
void carve_show_caches(struct seq_file *m, void *context);

/* The file shuffle: allocate the objects of new slabs in random order */
int carve_run_shuffle(void *context, const char *line,
		      struct carve_reply *reply);
void carve_show_shuffle(struct seq_file *m, void *context);

#endif /* _CARVE_TUNE_CACHES_H */
