// SPDX-License-Identifier: GPL-2.0
/*
 * Boot allocator
 *
 * A carveout's metadata lies in the carveout itself: page descriptors, caches,
 * per-CPU lists. This allocates it before the page allocator exists: a bitmap
 * with one bit per page and first fit, as the kernel's old bootmem (Linux 2.4,
 * mm/bootmem.c). An allocation goes right behind the previous one if the pages
 * there are free, so that small allocations share a page; otherwise to the
 * first run of free pages that is long enough.
 *
 * In the end the clear bits are handed to the buddy allocator; the bitmap
 * remains, for reports.
 *
 * Invariants, checked by the tests:
 *  - a bit is set if and only if an allocation touches its page;
 *  - allocations don't overlap.
 *
 * Locking: none. One task uses it, while the carveout is set up.
 */
#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "boot/boot.h"

/* A carveout needs some 25 allocations; see instance.c */
#define MAX_RECORDS 64

static void *boot_carve(struct carve_boot *boot, unsigned long offset,
			unsigned long size, const char *what)
{
	unsigned long first = offset >> PAGE_SHIFT;

	bitmap_set(boot->map, first, PFN_UP(offset + size) - first);
	boot->last_end = offset + size;
	boot->records[boot->nr_records++] = (struct carve_boot_record){
		.what = what, .offset = offset, .size = size,
	};
	return boot->virt + offset;
}

/* Are the pages behind @last_end's page free, up to byte @end? */
static bool fits_behind_last(const struct carve_boot *boot, unsigned long end)
{
	unsigned long next = PFN_UP(boot->last_end);

	if (PFN_UP(end) > boot->nr_pages)
		return false;
	return find_next_bit(boot->map, PFN_UP(end), next) >= PFN_UP(end);
}

void *carve_boot_alloc_raw(struct carve_boot *boot, unsigned long size,
			   unsigned long align, const char *what)
{
	unsigned long offset = ALIGN(boot->last_end, align);
	unsigned long page;

	if (boot->closed || !size || boot->nr_records == MAX_RECORDS ||
	    size > boot->nr_pages << PAGE_SHIFT)
		return NULL;
	if (fits_behind_last(boot, offset + size))
		return boot_carve(boot, offset, size, what);

	page = bitmap_find_next_zero_area(boot->map, boot->nr_pages, 0,
					  PFN_UP(size), 0);
	if (page >= boot->nr_pages)
		return NULL;
	return boot_carve(boot, page << PAGE_SHIFT, size, what);
}

void *carve_boot_alloc(struct carve_boot *boot, unsigned long size,
		       unsigned long align, const char *what)
{
	void *p = carve_boot_alloc_raw(boot, size, align, what);

	return p ? memset(p, 0, size) : NULL;
}

int carve_boot_init(struct carve_boot *boot, void *virt, unsigned long nr_pages)
{
	unsigned long records_size = MAX_RECORDS * sizeof(*boot->records);
	unsigned long map_size = BITS_TO_LONGS(nr_pages) * sizeof(long);

	*boot = (struct carve_boot){
		.virt = virt,
		.nr_pages = nr_pages,
		.map = virt + records_size,
		.records = virt,
	};
	if (PFN_UP(records_size + map_size) > nr_pages)
		return -ENOMEM;
	memset(virt, 0, records_size + map_size);
	boot_carve(boot, 0, records_size + map_size, "boot records and bitmap");
	return 0;
}

void carve_boot_hand_over(struct carve_boot *boot,
			  void (*take)(void *arg, unsigned long first,
				       unsigned long nr),
			  void *arg)
{
	unsigned long first, end;

	boot->closed = true;
	for_each_clear_bitrange(first, end, boot->map, boot->nr_pages)
		take(arg, first, end - first);
}

unsigned long carve_boot_pages(const struct carve_boot *boot)
{
	return bitmap_weight(boot->map, boot->nr_pages);
}
