// SPDX-License-Identifier: GPL-2.0
/*
 * Source "contig": a range of ordinary memory, emptied by page migration.
 * Works on any kernel with CONFIG_CONTIG_ALLOC, without a boot parameter. The
 * pages have struct pages and lie in the direct mapping.
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/mm.h>

#include "region/region.h"

/* Pages under writeback or held for I/O are free a moment later: look again */
#define TRIES 3
#define PAUSE_MS 50

static struct page *try_hard(unsigned long nr_pages, gfp_t gfp, int node)
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

	page = try_hard(nr_pages, gfp, node);
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

static void contig_release(struct carve_region *region)
{
	free_contig_range(region->start_pfn, region->nr_pages);
}

const struct carve_region_source carve_region_contig = {
	.name = "contig",
	.reserve = contig_reserve,
	.release = contig_release,
};
