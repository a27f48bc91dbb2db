/* SPDX-License-Identifier: GPL-2.0 */
/* Boot allocator, for a carveout's metadata. See boot.c. */
#ifndef _CARVE_BOOT_H
#define _CARVE_BOOT_H

#include <linux/types.h>

/**
 * struct carve_boot_record - an allocation of the boot allocator
 * @what: its name, a string constant
 * @offset: its first byte, from the start of the memory
 * @size: its length in bytes
 */
struct carve_boot_record {
	const char *what;
	unsigned long offset;
	unsigned long size;
};

/**
 * struct carve_boot - a bitmap allocator over unused memory
 * @virt: the memory
 * @nr_pages: its length in pages
 * @map: one bit for each page, set if it is allocated
 * @last_end: byte offset behind the last allocation
 * @records: all allocations, in order
 * @nr_records: number of @records
 * @closed: free pages were handed over; further allocations fail
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

/* 0, or -ENOMEM if the memory can't hold the bitmap */
int carve_boot_init(struct carve_boot *boot, void *virt,
		    unsigned long nr_pages);
/* Zeroed memory or NULL; @align is a power of two, at most PAGE_SIZE */
void *carve_boot_alloc(struct carve_boot *boot, unsigned long size,
		       unsigned long align, const char *what);
/* Like carve_boot_alloc(), not zeroed */
void *carve_boot_alloc_raw(struct carve_boot *boot, unsigned long size,
			   unsigned long align, const char *what);
/* Call @take for each run of free pages, and disable further allocations */
void carve_boot_hand_over(struct carve_boot *boot,
			  void (*take)(void *arg, unsigned long first,
				       unsigned long nr),
			  void *arg);
/* Number of allocated pages */
unsigned long carve_boot_pages(const struct carve_boot *boot);

#endif /* _CARVE_BOOT_H */
