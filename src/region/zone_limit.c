// SPDX-License-Identifier: GPL-2.0
/*
 * Limits of the kernel's zones for devices that can't address all memory
 *
 * They depend on the architecture and on the machine: ZONE_DMA ends at 16 MiB
 * on x86, for the sake of ISA, and on arm64 where the device with the narrowest
 * bus can still reach, as firmware tells. The kernel exports no limit; the zones
 * themselves are visible.
 */
#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>

#include "region/zone_limit.h"

/* First address behind ZONE_DMA, or that of ISA if there is no memory in it */
static phys_addr_t dma_zone_end(void)
{
	unsigned long end = 0;
#ifdef CONFIG_ZONE_DMA
	int node;

	for_each_online_node(node)
		end = max(end, zone_end_pfn(&NODE_DATA(node)->node_zones[ZONE_DMA]));
#endif
	return end ? PFN_PHYS(end) : SZ_16M;
}

phys_addr_t carve_region_zone_limit(gfp_t zone)
{
	if (zone & __GFP_DMA)
		return dma_zone_end() - 1;
	/* As in mm/, ZONE_DMA may reach further than 4 GiB */
	if (zone & __GFP_DMA32)
		return max_t(phys_addr_t, SZ_4G, dma_zone_end()) - 1;
	return PHYS_ADDR_MAX;
}
