/* SPDX-License-Identifier: GPL-2.0 */
/* The boot allocator: carves a carveout's own metadata. See boot.c. */
#ifndef _CARVE_BOOT_H
#define _CARVE_BOOT_H

#include <linux/types.h>

/**
 * struct carve_boot_record - one thing that the boot allocator gave out
 * @what: its name, a string constant
 * @offset: where it begins, in bytes from the start of the memory
 * @size: its length in bytes
 */
struct carve_boot_record {
	const char *what;
	unsigned long offset;
	unsigned long size;
};

/**
 * struct carve_boot - a bitmap allocator over memory that nobody else uses yet
 * @virt: the memory
 * @nr_pages: its length in pages
 * @map: one bit for each page, set where it was given out
 * @last_end: byte offset behind the last thing given out
 * @records: what was given out, in order
 * @nr_records: how many there are
 * @closed: the rest was handed over; nothing more is given out
 *
 * Used by one task at a time, while the carveout is set up.
 */
struct carve_boot {
	void *virt;
	unsigned long nr_pages;
	unsigned long *map;
	unsigned long last_end;
	struct carve_boot_record *records;
	unsigned int nr_records;
	bool closed;
};

/* 0, or -ENOMEM where the memory can't even hold the bitmap */
int carve_boot_init(struct carve_boot *boot, void *virt,
		    unsigned long nr_pages);
/* Zeroed memory, aligned to @align bytes (a power of two up to a page), or NULL */
void *carve_boot_alloc(struct carve_boot *boot, unsigned long size,
		       unsigned long align, const char *what);
/* The same with whatever the memory holds */
void *carve_boot_alloc_raw(struct carve_boot *boot, unsigned long size,
			   unsigned long align, const char *what);
/* Calls @take for each run of pages that were not given out, and closes */
void carve_boot_hand_over(struct carve_boot *boot,
			  void (*take)(void *arg, unsigned long first,
				       unsigned long nr),
			  void *arg);
/* Pages given out */
unsigned long carve_boot_pages(const struct carve_boot *boot);

#endif /* _CARVE_BOOT_H */
