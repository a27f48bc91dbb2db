// SPDX-License-Identifier: GPL-2.0
/*
 * Source "contig": a range of ordinary memory, emptied by page migration.
 * Works on any kernel with CONFIG_CONTIG_ALLOC, without a boot parameter. The
 * pages have struct pages and lie in the direct mapping.
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "region/region.h"

static int contig_reserve(struct carve_region *region,
			  const struct carve_region_request *request)
{
	unsigned long nr_pages = request->size >> PAGE_SHIFT;
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;
	int node = request->node;
	struct page *page;

	if (node == NUMA_NO_NODE)
		node = numa_mem_id();
	else
		gfp |= __GFP_THISNODE;

	page = alloc_contig_pages(nr_pages, gfp, node, NULL);
	if (!page) {
		pr_err("%s: no range of %llu MiB can be emptied on node %d: its pages are busy or can't be moved\n",
		       request->name, request->size / SZ_1M, node);
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
