/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A region: one physically contiguous block, and how it was reserved.
 * Mechanism only: nothing here knows what the memory is used for.
 */
#ifndef _CARVE_REGION_H
#define _CARVE_REGION_H

#include <linux/mm.h>
#include <linux/numa.h>
#include <linux/sizes.h>
#include <linux/types.h>

/* Below this the metadata of an allocator would be most of the region */
#define CARVE_REGION_MIN_SIZE SZ_256K

/**
 * struct carve_region_request - what is asked for
 * @name: the carveout's name, for the log
 * @size: bytes, whole pages
 * @source: name of a source, or "auto" for the first that succeeds
 * @node: NUMA node, or NUMA_NO_NODE for the nearest that has the memory
 */
struct carve_region_request {
	const char *name;
	u64 size;
	const char *source;
	int node;
};

struct carve_region;

/**
 * struct carve_region_source - one way to reserve memory
 * @name: as in the module's parameter
 * @reserve: fills in start_pfn, nr_pages and virt, or returns an errno
 * @release: undoes that
 */
struct carve_region_source {
	const char *name;
	int (*reserve)(struct carve_region *region,
		       const struct carve_region_request *request);
	void (*release)(struct carve_region *region);
};

/**
 * struct carve_region - reserved memory; constant until it is released
 * @source: how it was reserved
 * @start_pfn: its first page frame
 * @nr_pages: its length in pages
 * @virt: the kernel's address of its first byte
 * @node: the NUMA node that it lies on
 * @reserve_ns: the time that the reservation took
 */
struct carve_region {
	const struct carve_region_source *source;
	unsigned long start_pfn;
	unsigned long nr_pages;
	void *virt;
	int node;
	u64 reserve_ns;
};

extern const struct carve_region_source carve_region_contig;

/* May sleep. 0, or -EINVAL, -ENOMEM with one line in the log that says why. */
int carve_region_reserve(struct carve_region *region,
			 const struct carve_region_request *request);
/* May sleep. All of the memory goes back to where it came from. */
void carve_region_release(struct carve_region *region);
/* True for "auto" and the name of a source */
bool carve_region_source_known(const char *name);

static inline size_t carve_region_bytes(const struct carve_region *region)
{
	return region->nr_pages << PAGE_SHIFT;
}

static inline phys_addr_t carve_region_phys(const struct carve_region *region)
{
	return PFN_PHYS(region->start_pfn);
}

#endif /* _CARVE_REGION_H */
