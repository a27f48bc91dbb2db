// SPDX-License-Identifier: GPL-2.0
/*
 * alloc_contig_pages() for kernels that don't export it: walk the zones of the
 * node downwards from the highest that @gfp_mask allows, and try each suitable
 * range with alloc_contig_range(), which migrates pages in use.
 */
#include <linux/gfp.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/page-flags.h>
#include <linux/sizes.h>

#include "compat/contig.h"

#ifdef CARVE_SCAN_FOR_CONTIG_PAGES

/*
 * alloc_contig_range() takes ACR_FLAGS_* since 6.17, before that a migratetype.
 * As a flag, MIGRATE_MOVABLE is ACR_FLAGS_CMA, which allocates from CMA areas.
 * The compiler can't tell acr_flags_t from an integer, so test for the macro.
 */
#ifdef ACR_FLAGS_NONE
#define CONTIG_ORDINARY ACR_FLAGS_NONE
#else
#define CONTIG_ORDINARY MIGRATE_MOVABLE
#endif

/* Align a range to its size, but to at most 1 GiB */
#define CONTIG_MAX_ALIGN (SZ_1G >> PAGE_SHIFT)

static bool contig_page_usable(const struct zone *zone, unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);

	return page && page_zone(page) == zone && !PageReserved(page) &&
	       !PageHuge(page);
}

/* The first unusable page from @pfn to @end, or @end */
static unsigned long contig_first_obstacle(const struct zone *zone,
					   unsigned long pfn, unsigned long end)
{
	while (pfn < end && contig_page_usable(zone, pfn))
		pfn++;
	return pfn;
}

static struct page *contig_scan_zone(struct zone *zone, unsigned long nr_pages,
				     gfp_t gfp_mask)
{
	unsigned long align = min(rounddown_pow_of_two(nr_pages),
				  CONTIG_MAX_ALIGN);
	unsigned long pfn = ALIGN(zone->zone_start_pfn, align);
	unsigned long obstacle;

	while (pfn + nr_pages <= zone_end_pfn(zone)) {
		obstacle = contig_first_obstacle(zone, pfn, pfn + nr_pages);
		if (obstacle < pfn + nr_pages) {
			pfn = ALIGN(obstacle + 1, align);
			continue;
		}
		if (!alloc_contig_range(pfn, pfn + nr_pages, CONTIG_ORDINARY,
					gfp_mask))
			return pfn_to_page(pfn);
		if (fatal_signal_pending(current))
			return NULL;
		pfn += align;
		cond_resched();
	}
	return NULL;
}

static struct page *contig_scan_node(int nid, unsigned long nr_pages,
				     gfp_t gfp_mask)
{
	struct page *page = NULL;
	int z;

	for (z = gfp_zone(gfp_mask); z >= 0 && !page; z--) {
		struct zone *zone = &NODE_DATA(nid)->node_zones[z];

		if (populated_zone(zone))
			page = contig_scan_zone(zone, nr_pages, gfp_mask);
	}
	return page;
}

/* Tries @nid first, then, without __GFP_THISNODE, other nodes */
struct page *carve_compat_alloc_contig_pages(unsigned long nr_pages,
					     gfp_t gfp_mask, int nid,
					     nodemask_t *nodemask)
{
	struct page *page;
	int other;

	page = contig_scan_node(nid, nr_pages, gfp_mask);
	if (page || (gfp_mask & __GFP_THISNODE))
		return page;

	for_each_online_node(other) {
		if (other == nid || (nodemask && !node_isset(other, *nodemask)))
			continue;
		page = contig_scan_node(other, nr_pages, gfp_mask);
		if (page)
			return page;
	}
	return NULL;
}

#endif /* CARVE_SCAN_FOR_CONTIG_PAGES */
