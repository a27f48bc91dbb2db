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

#include "compat/cma.h"

/* Below this the metadata of an allocator would be most of the region */
#define CARVE_REGION_MIN_SIZE SZ_256K

/* Room for the reason why a region can't be had */
#define CARVE_REFUSAL_LEN 240

/**
 * struct carve_region_request - what is asked for
 * @size: bytes, whole pages
 * @source: name of a source, or "auto" for the first that succeeds
 * @phys: source "reserved": the address of the first byte
 * @node: NUMA node, or NUMA_NO_NODE for the nearest that has the memory
 * @zone: where the range must lie: __GFP_DMA (below 16 MiB), __GFP_DMA32
 *	(below 4 GiB), or 0 for anywhere
 * @unmapped: it is to have no address in the kernel
 */
struct carve_region_request {
	u64 size;
	const char *source;
	u64 phys;
	int node;
	gfp_t zone;
	bool unmapped;
};

struct carve_region;

/**
 * struct carve_region_source - one way to reserve memory
 * @name: as users write it
 * @reserve: fills in start_pfn, nr_pages, virt and node, or says with
 *	carve_region_refuse() why not and returns an errno
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
 * @carveout: name of the carveout that it is part of, set by that
 * @source: how it was reserved
 * @start_pfn: its first page frame
 * @nr_pages: its length in pages
 * @virt: the kernel's address of its first byte; NULL: it has none
 * @nr_mapped: pages that @virt leads to: all, or none
 * @node: the NUMA node that it lies on, or NUMA_NO_NODE if that isn't known
 * @highmem: it doesn't lie in the direct mapping, or isn't used there
 * @cma: source "cma": what the release needs
 * @reserve_ns: the time that the reservation took
 * @refusal: why it couldn't be had
 */
struct carve_region {
	const char *carveout;
	const struct carve_region_source *source;
	unsigned long start_pfn;
	unsigned long nr_pages;
	void *virt;
	unsigned long nr_mapped;
	int node;
	bool highmem;
	struct carve_compat_cma cma;
	u64 reserve_ns;
	char refusal[CARVE_REFUSAL_LEN];
};

extern const struct carve_region_source carve_region_contig;
extern const struct carve_region_source carve_region_cma;
extern const struct carve_region_source carve_region_reserved;

/*
 * May sleep. 0, or an errno, when @region->refusal says in one line what was
 * wrong and what would be right: -EINVAL for a bad request; -ENOMEM for more
 * than there is; -EBUSY for a range that is in use; -ENODEV for a source that
 * this kernel doesn't have.
 */
int carve_region_reserve(struct carve_region *region,
			 const struct carve_region_request *request);
/* For sources: a reason why not. Those of several sources add up. */
__printf(2, 3) void carve_region_refuse(struct carve_region *region,
					const char *fmt, ...);
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
