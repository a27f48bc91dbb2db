// SPDX-License-Identifier: GPL-2.0
/*
 * Source "contig": a range of ordinary memory, allocated with
 * alloc_contig_pages(), which migrates the pages in use. Works on any kernel
 * with CONFIG_CONTIG_ALLOC, without a boot parameter. The pages have struct
 * pages and lie in the direct mapping.
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/mm.h>

#include "region/region_internal.h"

/* Retry: pages under writeback or I/O can be migrated a moment later */
#define TRIES 3
#define PAUSE_MS 50

static struct page *alloc_contig_retry(unsigned long nr_pages, gfp_t gfp,
				       int node)
{
	struct page *page;
	int tries;

	for (tries = 1; ; tries++) {
		page = alloc_contig_pages(nr_pages, gfp, node, NULL);
		if (page || tries == TRIES)
			return page;
		msleep(PAUSE_MS);
	}
}

static int contig_reserve(struct carve_region *region,
			  const struct carve_region_request *request)
{
	unsigned long nr_pages = request->size >> PAGE_SHIFT;
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | request->zone;
	int node = request->node;
	struct page *page;

	if (node == NUMA_NO_NODE)
		node = numa_mem_id();
	else
		gfp |= __GFP_THISNODE;

	page = alloc_contig_retry(nr_pages, gfp, node);
	if (!page) {
		carve_region_refuse(region, "contig: no range of %llu KiB near node %d could be emptied in %d tries: pages everywhere are busy or can't be moved",
				    request->size / SZ_1K, node, TRIES);
		return -ENOMEM;
	}
	region->start_pfn = page_to_pfn(page);
	region->nr_pages = nr_pages;
	region->virt = page_address(page);
	region->node = page_to_nid(page);
	return 0;
}

/* The first hwpoisoned page frame from @pfn on, or @end */
static unsigned long next_broken(unsigned long pfn, unsigned long end)
{
	while (pfn < end && !PageHWPoison(pfn_to_page(pfn)))
		pfn++;
	return pfn;
}

/*
 * Free hwpoisoned page frames one by one: the page allocator withholds them,
 * and free_contig_range() would warn of the reference that the kernel may hold.
 */
static void contig_release(struct carve_region *region)
{
	unsigned long pfn = region->start_pfn, end = pfn + region->nr_pages;

	while (pfn < end) {
		unsigned long broken = next_broken(pfn, end);

		if (broken > pfn)
			free_contig_range(pfn, broken - pfn);
		if (broken < end)
			__free_page(pfn_to_page(broken));
		pfn = broken + 1;
	}
}

const struct carve_region_source carve_region_contig = {
	.name = "contig",
	.managed = true,
	.pinnable = true,
	.reserve = contig_reserve,
	.release = contig_release,
};
