// SPDX-License-Identifier: GPL-2.0
/*
 * Reserve and release a region from one of the sources contig.c, cma.c and
 * reserved.c. Requests are validated here, once for all sources.
 *
 * Locking: none. A region belongs to its caller, and is constant while
 * reserved.
 */
#include <linux/kmemleak.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/page-flags.h>
#include <linux/string.h>

#include "region/region_internal.h"
#include "region/zone_limit.h"

/* A carveout may take at most 3/4 of RAM, or of a node's RAM */
#define SHARE_NUM 3
#define SHARE_DENOM 4

/*
 * In the order that "auto" tries them: memory reserved at boot, as its address
 * was requested explicitly; then ordinary memory; CMA last, as drivers may need
 * it.
 */
static const struct carve_region_source *const sources[] = {
	&carve_region_reserved,
	&carve_region_contig,
	&carve_region_cma,
};

static bool is_auto(const char *name)
{
	return !strcmp(name, "auto");
}

bool carve_region_source_known(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		if (!strcmp(name, sources[i]->name))
			return true;
	return is_auto(name);
}

static u64 share_limit(int node)
{
	u64 pages = node == NUMA_NO_NODE ? totalram_pages() :
					   node_present_pages(node);

	return (pages * SHARE_NUM / SHARE_DENOM) << PAGE_SHIFT;
}

/* With an address, "auto" means "reserved"; without one, the other sources */
static bool source_matches(const struct carve_region_source *source,
			   const struct carve_region_request *request)
{
	if (is_auto(request->source))
		return (source == &carve_region_reserved) == !!request->phys;
	return !strcmp(request->source, source->name);
}

/* Is it memory that the kernel manages? Other memory is limited by its range */
static bool takes_system_ram(const struct carve_region_request *request)
{
	return !source_matches(&carve_region_reserved, request);
}

static int check_size(struct carve_region *region,
		      const struct carve_region_request *request)
{
	u64 limit = share_limit(request->node);

	if (!request->size) {
		carve_region_refuse(region, "size is 0: give a size such as 64M");
		return -EINVAL;
	}
	if (!PAGE_ALIGNED(request->size)) {
		carve_region_refuse(region, "size %llu is not a multiple of the page size, %lu",
				    request->size, PAGE_SIZE);
		return -EINVAL;
	}
	if (request->size < CARVE_REGION_MIN_SIZE) {
		carve_region_refuse(region, "size %llu is too small: at least %u KiB",
				    request->size,
				    CARVE_REGION_MIN_SIZE / SZ_1K);
		return -EINVAL;
	}
	if (takes_system_ram(request) && request->size > limit) {
		carve_region_refuse(region, "size %llu MiB exceeds %d/%d of RAM: at most %llu MiB",
				    request->size / SZ_1M, SHARE_NUM,
				    SHARE_DENOM, limit / SZ_1M);
		return -ENOMEM;
	}
	return 0;
}

static int check_request(struct carve_region *region,
			 const struct carve_region_request *request)
{
	if (!carve_region_source_known(request->source)) {
		carve_region_refuse(region, "unknown source \"%s\": auto, contig, cma or reserved",
				    request->source);
		return -EINVAL;
	}
	if (request->node != NUMA_NO_NODE &&
	    (request->node < 0 || request->node >= MAX_NUMNODES ||
	     !node_online(request->node))) {
		carve_region_refuse(region, "node %d is not online",
				    request->node);
		return -EINVAL;
	}
	return check_size(region, request);
}

static int try_sources(struct carve_region *region,
		       const struct carve_region_request *request)
{
	int i, ret = -ENODEV;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		int err;

		if (!source_matches(sources[i], request))
			continue;
		region->source = sources[i];
		err = sources[i]->reserve(region, request);
		if (!err)
			return 0;
		/* Any other error says more than a missing source */
		if (ret == -ENODEV)
			ret = err;
	}
	return ret;
}

static int check_zone(struct carve_region *region,
		      const struct carve_region_request *request)
{
	phys_addr_t last = carve_region_phys(region) +
			   carve_region_bytes(region) - 1;

	if (last <= carve_region_zone_limit(request->zone))
		return 0;
	carve_region_refuse(region, "%s has no range that low: it reaches up to %pa",
			    region->source->name, &last);
	return -ENOMEM;
}

/* The node of memory reserved at boot isn't known: accept any */
static int check_node(struct carve_region *region,
		      const struct carve_region_request *request)
{
	if (request->node == NUMA_NO_NODE || region->node == NUMA_NO_NODE ||
	    region->node == request->node)
		return 0;
	carve_region_refuse(region, "%s has no range on node %d: it lies on node %d",
			    region->source->name, request->node, region->node);
	return -ENOMEM;
}

/* Not all sources can restrict zone and node: check the result */
static int check_place(struct carve_region *region,
		       const struct carve_region_request *request)
{
	int ret = check_zone(region, request);

	if (!ret)
		ret = check_node(region, request);
	if (ret)
		carve_region_release(region);
	return ret;
}

/*
 * Let kmemleak scan the region: kernel memory that only a carveout's memory
 * points to would be reported as leaked. Registering the whole region, not each
 * allocation, costs nothing at run time; but stale pointers in free memory hide
 * leaks until they are overwritten. min_count is 0: the region itself needs no
 * pointer to it.
 */
static void register_kmemleak(const struct carve_region *region)
{
	kmemleak_alloc(region->virt, carve_region_bytes(region), 0, GFP_KERNEL);
}

/* An unmapped region has no address, even if it lies in the direct mapping */
static void set_mapped(struct carve_region *region, bool unmapped)
{
	if (unmapped) {
		region->virt = NULL;
		region->highmem = true;
	}
	region->nr_mapped = unmapped ? 0 : region->nr_pages;
}

/* Call it before pages are in use: mm/ counts references of tail pages elsewhere */
static void set_has_refs(struct carve_region *region)
{
	struct page *last;

	region->has_refs = false;
	if (!pfn_valid(region->start_pfn))
		return;
	last = pfn_to_page(region->start_pfn + region->nr_pages - 1);
	region->has_refs = !PageReserved(last) && !PageCompound(last) &&
			   page_count(last);
}

int carve_region_reserve(struct carve_region *region,
			 const struct carve_region_request *request)
{
	u64 start = ktime_get_ns();
	int ret;

	region->refusal[0] = '\0';
	ret = check_request(region, request);
	if (!ret)
		ret = try_sources(region, request);
	if (!ret)
		ret = check_place(region, request);
	region->reserve_ns = ktime_get_ns() - start;
	if (ret)
		return ret;
	set_mapped(region, request->unmapped);
	set_has_refs(region);
	register_kmemleak(region);
	return ret;
}

void carve_region_release(struct carve_region *region)
{
	kmemleak_free(region->virt);
	region->source->release(region);
	region->source = NULL;
}
