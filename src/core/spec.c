// SPDX-License-Identifier: GPL-2.0
/*
 * Parser of carveout specifications, with a syntax like that of mtdparts=:
 *
 *	carveout := NAME:ZONE[,ZONE...]
 *	ZONE     := SIZE[@SOURCE][%NODE][(TYPE)]
 *	SOURCE   := auto | contig | cma | reserved address, such as 0x80000000
 *	TYPE     := dma | dma32: limit of the physical address
 *		    highmem: not mapped in the kernel; not for the first zone
 *
 * For instance video:64M@cma, or net:60M%1,4M(dma32), or dsp:16M@0x80000000.
 *
 * The text is cut into strings in place, without allocating memory. Only the
 * syntax is checked here; carveout_create() checks the values. No locking.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "core/instance.h"
#include "core/spec.h"
#include "lib/parse_size.h"

#define REFUSE(request, fmt, ...) \
	(snprintf((request)->refusal, sizeof((request)->refusal), fmt, \
		  ##__VA_ARGS__), -EINVAL)

/* Terminate @s at the first @c, and return the text after it, or NULL */
static char *split_at(char *s, char c)
{
	char *rest = strchr(s, c);

	if (rest)
		*rest++ = '\0';
	return rest;
}

static int parse_type(struct carveout_request *request,
		      struct carve_region_request *zone, char *type)
{
	char *behind = split_at(type, ')');

	if (!behind || *behind)
		return REFUSE(request, "a zone's type ends with ')'");
	if (!strcmp(type, "dma"))
		zone->zone = __GFP_DMA;
	else if (!strcmp(type, "dma32"))
		zone->zone = __GFP_DMA32;
	else if (!strcmp(type, "highmem"))
		zone->unmapped = true;
	else
		return REFUSE(request, "unknown zone type \"%s\": dma, dma32 or highmem",
			      type);
	return 0;
}

static int parse_source(struct carveout_request *request,
			struct carve_region_request *zone, char *source)
{
	zone->source = source;
	if (!isdigit(*source))
		return 0;
	zone->source = "reserved";
	if (carve_parse_size(source, &zone->phys) || !zone->phys)
		return REFUSE(request, "\"%s\" is not an address", source);
	return 0;
}

static int parse_zone(struct carveout_request *request,
		      struct carve_region_request *zone, char *s)
{
	char *type = split_at(s, '(');
	char *node = split_at(s, '%');
	char *source = split_at(s, '@');
	int ret = 0;

	*zone = (struct carve_region_request){
		.source = "auto", .node = NUMA_NO_NODE,
	};
	if (carve_parse_size(s, &zone->size))
		return REFUSE(request, "\"%s\" is not a size: a number of bytes, or one with K, M or G behind it",
			      s);
	if (node && kstrtoint(node, 0, &zone->node))
		return REFUSE(request, "\"%s\" is not a node", node);
	if (source)
		ret = parse_source(request, zone, source);
	if (!ret && type)
		ret = parse_type(request, zone, type);
	return ret;
}

int carve_parse_spec(char *spec, struct carveout_request *request)
{
	char *zones = split_at(spec, ':');
	char *zone;
	int ret;

	request->name = spec;
	request->nr_zones = 0;
	if (!zones)
		return REFUSE(request, "no ':' behind the name: NAME:SIZE, such as video:64M");
	while ((zone = strsep(&zones, ","))) {
		if (request->nr_zones == CARVE_MAX_ZONES)
			return REFUSE(request, "more than %d zones",
				      CARVE_MAX_ZONES);
		ret = parse_zone(request, &request->zone[request->nr_zones++],
				 zone);
		if (ret)
			return ret;
	}
	return 0;
}
