/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Regions: physically contiguous blocks of memory, and how they are reserved.
 * See region.c.
 */
#ifndef _CARVE_REGION_H
#define _CARVE_REGION_H

#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/numa.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "compat/cma.h"

/* In a smaller region, metadata would take most of the memory */
#define CARVE_REGION_MIN_SIZE SZ_256K

/* Room for the reasons of a failed reservation */
#define CARVE_REFUSAL_LEN 240

/**
 * struct carve_region_request - a requested region
 * @size: bytes, whole pages
 * @source: name of a source, or "auto" for the first that succeeds
 * @phys: source "reserved": physical address of the first byte
 * @node: NUMA node, or NUMA_NO_NODE for the nearest that has the memory
 * @zone: limits the range: __GFP_DMA, __GFP_DMA32 (carve_region_zone_limit()), or
 *	0 for anywhere
 * @unmapped: don't map it
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
 * struct carve_region_source - a way to reserve memory
 * @name: its name in parameters
 * @managed: the kernel manages the memory, and marks pages that fail
 * @pinnable: pages can be pinned for long, with FOLL_LONGTERM
 * @reserve: sets start_pfn, nr_pages, virt and node; or returns an errno, and
 *	reports why with carve_region_refuse()
 * @release: frees the memory
 */
struct carve_region_source {
	const char *name;
	bool managed;
	bool pinnable;
	int (*reserve)(struct carve_region *region,
		       const struct carve_region_request *request);
	void (*release)(struct carve_region *region);
};

/**
 * struct carve_region - reserved memory; constant until it is released
 * @carveout: name of its carveout, set by the caller
 * @source: how it was reserved
 * @start_pfn: its first page frame
 * @nr_pages: its length in pages
 * @virt: kernel address of its first byte, or NULL if unmapped
 * @nr_mapped: @nr_pages if @virt is set, otherwise 0
 * @node: its NUMA node, or NUMA_NO_NODE if unknown
 * @highmem: its addresses don't lie in the direct mapping, or it is unmapped
 * @has_refs: it has struct pages, each with a reference of the reservation
 * @cma: source "cma": state for the release
 * @pm: source "reserved": refuses hibernation
 * @reserve_ns: duration of the reservation
 * @refusal: reasons of a failed reservation
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
	bool has_refs;
	struct carve_compat_cma cma;
	struct notifier_block pm;
	u64 reserve_ns;
	char refusal[CARVE_REFUSAL_LEN];
};

/*
 * Reserve a region; sleeps. On failure, @region->refusal explains in one line
 * what is wrong and how to fix it. 0; -EINVAL: bad request; -ENOMEM: too little
 * memory; -EBUSY: the range is in use; -ENODEV: this kernel lacks the source;
 * -EOPNOTSUPP: this machine can't use the source.
 */
int carve_region_reserve(struct carve_region *region,
			 const struct carve_region_request *request);
/* Return the memory to its source; sleeps */
void carve_region_release(struct carve_region *region);
/* True for "auto" and names of sources */
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
