// SPDX-License-Identifier: GPL-2.0
/*
 * Reserving and releasing a region: what is asked for is checked here, once
 * for all sources, and refused with one line that says what would be right.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/string.h>

#include "region/region.h"

#define REFUSE(request, fmt, ...) \
	pr_err("%s: " fmt "\n", (request)->name, ##__VA_ARGS__)

/* A carveout may take this many sixteenths of a node's (or all) memory */
#define SHARE_SIXTEENTHS 12

/* In the order that "auto" tries them */
static const struct carve_region_source *const sources[] = {
	&carve_region_contig,
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

	return (pages * SHARE_SIXTEENTHS / 16) << PAGE_SHIFT;
}

static int check_size(const struct carve_region_request *request)
{
	if (!request->size) {
		REFUSE(request, "size is 0: give a size such as size=64M");
		return -EINVAL;
	}
	if (!PAGE_ALIGNED(request->size)) {
		REFUSE(request, "size %llu is not a multiple of the page size, %lu",
		       request->size, PAGE_SIZE);
		return -EINVAL;
	}
	if (request->size < CARVE_REGION_MIN_SIZE) {
		REFUSE(request, "size %llu is too small: at least %u KiB",
		       request->size, CARVE_REGION_MIN_SIZE / SZ_1K);
		return -EINVAL;
	}
	if (request->size > share_limit(request->node)) {
		REFUSE(request, "size %llu MiB is more than %d/16 of the memory there is: at most %llu MiB",
		       request->size / SZ_1M, SHARE_SIXTEENTHS,
		       share_limit(request->node) / SZ_1M);
		return -ENOMEM;
	}
	return 0;
}

static int check_request(const struct carve_region_request *request)
{
	if (!carve_region_source_known(request->source)) {
		REFUSE(request, "unknown source \"%s\": auto or contig",
		       request->source);
		return -EINVAL;
	}
	if (request->node != NUMA_NO_NODE &&
	    (request->node < 0 || request->node >= MAX_NUMNODES ||
	     !node_online(request->node))) {
		REFUSE(request, "node %d is not online", request->node);
		return -EINVAL;
	}
	return check_size(request);
}

static int try_sources(struct carve_region *region,
		       const struct carve_region_request *request)
{
	int i, ret = -ENODEV;

	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		if (!is_auto(request->source) &&
		    strcmp(request->source, sources[i]->name))
			continue;
		region->source = sources[i];
		ret = sources[i]->reserve(region, request);
		if (!ret)
			break;
	}
	return ret;
}

int carve_region_reserve(struct carve_region *region,
			 const struct carve_region_request *request)
{
	u64 start = ktime_get_ns();
	int ret;

	ret = check_request(request);
	if (!ret)
		ret = try_sources(region, request);
	region->reserve_ns = ktime_get_ns() - start;
	return ret;
}

void carve_region_release(struct carve_region *region)
{
	region->source->release(region);
	region->source = NULL;
}
