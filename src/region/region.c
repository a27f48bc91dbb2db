// SPDX-License-Identifier: GPL-2.0
/*
 * Reserving and releasing a region: what is asked for is checked here, once
 * for all sources.
 */
#include <linux/kmemleak.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/string.h>

#include "region/region.h"

/* A carveout may take this many sixteenths of a node's (or all) memory */
#define SHARE_SIXTEENTHS 12

/*
 * In the order that "auto" tries them. Memory that was kept back at boot comes
 * first, for whoever gives its address means it; then what can be had from the
 * running system; CMA last, which drivers may be counting on.
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

void carve_region_refuse(struct carve_region *region, const char *fmt, ...)
{
	size_t len = strlen(region->refusal);
	va_list args;

	if (len)
		len += scnprintf(region->refusal + len,
				 sizeof(region->refusal) - len, "; ");
	va_start(args, fmt);
	vscnprintf(region->refusal + len, sizeof(region->refusal) - len, fmt,
		   args);
	va_end(args);
}

static u64 share_limit(int node)
{
	u64 pages = node == NUMA_NO_NODE ? totalram_pages() :
					   node_present_pages(node);

	return (pages * SHARE_SIXTEENTHS / 16) << PAGE_SHIFT;
}

/* Where an address is given only "reserved" will do, and nowhere else */
static bool to_be_tried(const struct carve_region_source *source,
			const struct carve_region_request *request)
{
	if (is_auto(request->source))
		return (source == &carve_region_reserved) == !!request->phys;
	return !strcmp(request->source, source->name);
}

/* Memory that the kernel manages; what it doesn't is limited by its range */
static bool takes_ram(const struct carve_region_request *request)
{
	return !to_be_tried(&carve_region_reserved, request);
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
	if (takes_ram(request) && request->size > limit) {
		carve_region_refuse(region, "size %llu MiB is more than %d/16 of the memory there is: at most %llu MiB",
				    request->size / SZ_1M, SHARE_SIXTEENTHS,
				    limit / SZ_1M);
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

		if (!to_be_tried(sources[i], request))
			continue;
		region->source = sources[i];
		err = sources[i]->reserve(region, request);
		if (!err)
			return 0;
		/* That there is no such source is the least of reasons */
		if (ret == -ENODEV)
			ret = err;
	}
	return ret;
}

/* The highest address that a range with this zone modifier may reach */
static phys_addr_t zone_limit(gfp_t zone)
{
	return zone & __GFP_DMA ? SZ_16M - 1 :
	       zone & __GFP_DMA32 ? SZ_4G - 1 : PHYS_ADDR_MAX;
}

static int check_zone(struct carve_region *region,
		      const struct carve_region_request *request)
{
	phys_addr_t last = carve_region_phys(region) +
			   carve_region_bytes(region) - 1;

	if (last <= zone_limit(request->zone))
		return 0;
	carve_region_refuse(region, "%s has no range that low: it reaches up to %pa",
			    region->source->name, &last);
	carve_region_release(region);
	return -ENOMEM;
}

/*
 * On kernels with kmemleak: it doesn't look into memory that it doesn't know,
 * and would take native memory that only a carveout's points to for leaked.
 * The whole region, and not what is handed out of it, because then it costs
 * nothing, in any context; what is free in it is looked into as well, so that
 * a pointer left there hides a leak until it is overwritten. A region need not
 * be pointed to itself: min_count is 0.
 */
static void announce(const struct carve_region *region)
{
	kmemleak_alloc(region->virt, carve_region_bytes(region), 0, GFP_KERNEL);
}

/* A region without addresses isn't mapped, or not used where it is */
static void set_mapped(struct carve_region *region, bool unmapped)
{
	if (unmapped) {
		region->virt = NULL;
		region->highmem = true;
	}
	region->nr_mapped = unmapped ? 0 : region->nr_pages;
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
		ret = check_zone(region, request);
	region->reserve_ns = ktime_get_ns() - start;
	if (ret)
		return ret;
	set_mapped(region, request->unmapped);
	announce(region);
	return ret;
}

void carve_region_release(struct carve_region *region)
{
	kmemleak_free(region->virt);
	region->source->release(region);
	region->source = NULL;
}
