// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics: a table of values, filled by one function for each layer, and
 * printed with their names, as lines or as JSON. Values are read without a
 * lock, except the caches', so they are not a consistent snapshot.
 */
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "core/instance.h"
#include "debugfs/handles.h"
#include "debugfs/pagemap.h"
#include "debugfs/stats.h"

enum statistic {
	STAT_BYTES,
	STAT_METADATA_BYTES,
	STAT_MEMINFO_USED_BYTES,
	STAT_RESERVE_US,
	STAT_SETUP_US,

	/* These add up to STAT_PAGES, except pages in transition */
	STAT_PAGES,
	STAT_PAGES_BOOT,
	STAT_PAGES_FREE,
	STAT_PAGES_PCP,
	STAT_PAGES_USED,
	STAT_PAGES_LARGE,
	STAT_PAGES_SLAB,
	STAT_PAGES_AREA,
	STAT_PAGES_DMA,
	STAT_PAGES_META,
	STAT_PAGES_USER,
	STAT_PAGES_INDEX,
	STAT_PAGES_BROKEN,
	STAT_PAGES_MANAGED,
	STAT_PAGES_UNINITIALIZED,
	STAT_DEFERRED_INIT_US,
	STAT_LARGEST_FREE_ORDER,
	STAT_PCP_REFILLS,
	STAT_PCP_FLUSHES,

	STAT_CACHES,
	STAT_SLABS,
	STAT_OBJECTS,
	STAT_OBJECTS_CACHED,
	STAT_OBJECT_ROOM,
	STAT_MAGAZINE_REFILLS,
	STAT_MAGAZINE_FLUSHES,

	STAT_AREAS,
	STAT_AREA_PAGES,
	STAT_CACHED_AREAS,
	STAT_CACHED_AREA_PAGES,
	STAT_LAZY_AREAS,
	STAT_WINDOW_PAGES,
	STAT_WINDOW_US,

	STAT_KMAP_USED,
	STAT_KMAP_MAPS,
	STAT_KMAP_FLUSHES,
	STAT_KMAP_WAITS,
	STAT_KMAP_LOCAL_MAPS,

	STAT_DMA_BUFFERS,
	STAT_DMA_REFUSED,

	STAT_USER_FILES,
	STAT_USER_MAPPED_BYTES,
	STAT_USER_TOUCHED_BYTES,
	STAT_USER_PINNED_BYTES,

	STAT_FAILED_ALLOCATIONS,
	STAT_BAD_FREES,
	STAT_BAD_REALLOCS,
	STAT_BAD_SPLITS,
	STAT_BAD_KMAPS,
	STAT_HANDLES,
	NR_STATS,
};

static const char *const names[] = {
	[STAT_BYTES] = "bytes",
	[STAT_METADATA_BYTES] = "metadata_bytes",
	[STAT_MEMINFO_USED_BYTES] = "meminfo_used_bytes",
	[STAT_RESERVE_US] = "reserve_us",
	[STAT_SETUP_US] = "setup_us",
	[STAT_PAGES] = "pages",
	[STAT_PAGES_BOOT] = "pages_boot",
	[STAT_PAGES_FREE] = "pages_free",
	[STAT_PAGES_PCP] = "pages_pcp",
	[STAT_PAGES_USED] = "pages_used",
	[STAT_PAGES_LARGE] = "pages_large",
	[STAT_PAGES_SLAB] = "pages_slab",
	[STAT_PAGES_AREA] = "pages_area",
	[STAT_PAGES_DMA] = "pages_dma",
	[STAT_PAGES_META] = "pages_cache_meta",
	[STAT_PAGES_USER] = "pages_user",
	[STAT_PAGES_INDEX] = "pages_user_index",
	[STAT_PAGES_BROKEN] = "pages_broken",
	[STAT_PAGES_MANAGED] = "pages_managed",
	[STAT_PAGES_UNINITIALIZED] = "pages_without_descriptors",
	[STAT_DEFERRED_INIT_US] = "descriptors_us",
	[STAT_LARGEST_FREE_ORDER] = "largest_free_order",
	[STAT_PCP_REFILLS] = "pcp_refills",
	[STAT_PCP_FLUSHES] = "pcp_flushes",
	[STAT_CACHES] = "caches",
	[STAT_SLABS] = "slabs",
	[STAT_OBJECTS] = "objects",
	[STAT_OBJECTS_CACHED] = "objects_cached",
	[STAT_OBJECT_ROOM] = "object_room",
	[STAT_MAGAZINE_REFILLS] = "magazine_refills",
	[STAT_MAGAZINE_FLUSHES] = "magazine_flushes",
	[STAT_AREAS] = "areas",
	[STAT_AREA_PAGES] = "area_pages",
	[STAT_CACHED_AREAS] = "areas_cached",
	[STAT_CACHED_AREA_PAGES] = "areas_cached_pages",
	[STAT_LAZY_AREAS] = "areas_to_flush",
	[STAT_WINDOW_PAGES] = "window_pages",
	[STAT_WINDOW_US] = "window_us",
	[STAT_KMAP_USED] = "kmap_used",
	[STAT_KMAP_MAPS] = "kmap_maps",
	[STAT_KMAP_FLUSHES] = "kmap_flushes",
	[STAT_KMAP_WAITS] = "kmap_waits",
	[STAT_KMAP_LOCAL_MAPS] = "kmap_local_maps",
	[STAT_DMA_BUFFERS] = "dma_buffers",
	[STAT_DMA_REFUSED] = "dma_refused",
	[STAT_USER_FILES] = "user_files",
	[STAT_USER_MAPPED_BYTES] = "user_mapped_bytes",
	[STAT_USER_TOUCHED_BYTES] = "user_touched_bytes",
	[STAT_USER_PINNED_BYTES] = "user_pinned_bytes",
	[STAT_FAILED_ALLOCATIONS] = "failed_allocations",
	[STAT_BAD_FREES] = "bad_frees",
	[STAT_BAD_REALLOCS] = "bad_reallocs",
	[STAT_BAD_SPLITS] = "bad_splits",
	[STAT_BAD_KMAPS] = "bad_kmaps",
	[STAT_HANDLES] = "handles",
};

static_assert(ARRAY_SIZE(names) == NR_STATS);

/* Why a carveout looks like used memory there */
static const char meminfo[] =
	"has meminfo_used_bytes in MemTotal, but not in MemFree and MemAvailable, free here or not";

struct stats {
	s64 value[NR_STATS];
};

/*
 * What a region takes of the memory that /proc/meminfo counts as used. Memory
 * hidden from the kernel at boot isn't even in MemTotal.
 */
static s64 meminfo_used_bytes(const struct carve_region *region)
{
	return region->source->managed ? carve_region_bytes(region) : 0;
}

static void collect_region(const struct carveout *co, struct stats *s)
{
	unsigned int i;

	s->value[STAT_BYTES] = carveout_bytes(co);
	s->value[STAT_METADATA_BYTES] = (s64)carve_boot_pages(&co->boot)
					<< PAGE_SHIFT;
	for (i = 0; i < co->nr_regions; i++) {
		s->value[STAT_MEMINFO_USED_BYTES] +=
			meminfo_used_bytes(&co->region[i]);
		s->value[STAT_RESERVE_US] += div_u64(co->region[i].reserve_ns,
						     NSEC_PER_USEC);
	}
	s->value[STAT_SETUP_US] = div_u64(co->setup_ns, NSEC_PER_USEC);
}

static void collect_kinds(const struct carveout *co, struct stats *s)
{
	unsigned long count[CARVE_NR_PAGE_STATES];

	carve_pagemap_count(&co->pages, count);
	s->value[STAT_PAGES] = co->pages.nr_pages;
	s->value[STAT_PAGES_BOOT] = count[CARVE_PAGE_BOOT];
	s->value[STAT_PAGES_FREE] = count[CARVE_PAGE_FREE];
	s->value[STAT_PAGES_PCP] = count[CARVE_PAGE_PCP];
	s->value[STAT_PAGES_USED] = count[CARVE_PAGE_USED];
	s->value[STAT_PAGES_LARGE] = count[CARVE_PAGE_LARGE];
	s->value[STAT_PAGES_SLAB] = count[CARVE_PAGE_SLAB];
	s->value[STAT_PAGES_AREA] = count[CARVE_PAGE_AREA];
	s->value[STAT_PAGES_DMA] = count[CARVE_PAGE_DMA];
	s->value[STAT_PAGES_META] = count[CARVE_PAGE_META];
	s->value[STAT_PAGES_USER] = count[CARVE_PAGE_USER];
	s->value[STAT_PAGES_INDEX] = count[CARVE_PAGE_INDEX];
	s->value[STAT_PAGES_BROKEN] = count[CARVE_PAGE_BROKEN];
}

static void add_magazine_stats(const struct carve_magazines *ms, s64 *refills,
			       s64 *flushes)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		*refills += READ_ONCE(ms->cpu[cpu]->refills);
		*flushes += READ_ONCE(ms->cpu[cpu]->flushes);
	}
}

/* -1 where nothing is free */
static s64 largest_free_order(const struct carve_zone *zone)
{
	return (s64)fls_long(carve_buddy_orders(&zone->buddy)) - 1;
}

static void add_zone_stats(const struct carve_zone *zone, struct stats *s)
{
	struct carve_pcp *pcp;
	unsigned int i;

	s->value[STAT_LARGEST_FREE_ORDER] =
		max(s->value[STAT_LARGEST_FREE_ORDER],
		    largest_free_order(zone));
	carve_for_each_pcp(pcp, zone, i)
		add_magazine_stats(&pcp->magazines, &s->value[STAT_PCP_REFILLS],
				   &s->value[STAT_PCP_FLUSHES]);
}

static void collect_pages(struct carveout *co, struct stats *s)
{
	struct carve_zone *zone;

	s->value[STAT_PAGES_MANAGED] = carve_pages_nr_managed(&co->pages);
	s->value[STAT_PAGES_UNINITIALIZED] = carve_pages_nr_uninitialized(&co->pages);
	s->value[STAT_DEFERRED_INIT_US] = div_u64(READ_ONCE(co->pages.deferred_init_ns),
						  NSEC_PER_USEC);
	s->value[STAT_LARGEST_FREE_ORDER] = -1;
	carve_for_each_zone(zone, &co->pages)
		add_zone_stats(zone, s);
	s->value[STAT_FAILED_ALLOCATIONS] =
		atomic_long_read(&co->pages.nr_failed);
}

static void collect_misuses(const struct carve_pages *ps, struct stats *s)
{
	const atomic_long_t *nr = ps->nr_misuses;

	s->value[STAT_BAD_FREES] = atomic_long_read(&nr[CARVE_MISUSE_FREE]);
	s->value[STAT_BAD_REALLOCS] = atomic_long_read(&nr[CARVE_MISUSE_REALLOC]);
	s->value[STAT_BAD_SPLITS] = atomic_long_read(&nr[CARVE_MISUSE_SPLIT]);
	s->value[STAT_BAD_KMAPS] = atomic_long_read(&nr[CARVE_MISUSE_KMAP]);
}

static void add_cache_stats(struct carve_cache *cache, struct stats *s)
{
	struct carve_cache_usage usage;

	carve_cache_usage(cache, &usage);
	s->value[STAT_CACHES]++;
	s->value[STAT_SLABS] += usage.slabs;
	s->value[STAT_OBJECTS] += usage.active_objects;
	s->value[STAT_OBJECTS_CACHED] += usage.cached;
	s->value[STAT_OBJECT_ROOM] += usage.objects;
	add_magazine_stats(&cache->magazines, &s->value[STAT_MAGAZINE_REFILLS],
			   &s->value[STAT_MAGAZINE_FLUSHES]);
}

static void collect_caches(struct carveout *co, struct stats *s)
{
	struct carve_cache *cache;

	guard(mutex)(&co->slabs.lock);
	list_for_each_entry(cache, &co->slabs.caches, list)
		add_cache_stats(cache, s);
}

static void collect_areas(struct carveout *co, struct stats *s)
{
	struct carve_vmap_usage usage;

	carve_vmap_usage(&co->vmap, &usage);
	s->value[STAT_AREAS] = usage.nr_areas;
	s->value[STAT_AREA_PAGES] = usage.nr_pages;
	s->value[STAT_CACHED_AREAS] = usage.nr_cached;
	s->value[STAT_CACHED_AREA_PAGES] = usage.nr_cached_pages;
	s->value[STAT_LAZY_AREAS] = usage.nr_lazy;
	s->value[STAT_WINDOW_PAGES] = carve_window_nr_pages(&co->vmap.window);
	if (carve_window_setup_state(&co->vmap.setup) != CARVE_WINDOW_BUILDING)
		s->value[STAT_WINDOW_US] = div_u64(co->vmap.setup.ns,
						   NSEC_PER_USEC);
}

static void collect_kmap(const struct carve_kmap *kmap, struct stats *s)
{
	s->value[STAT_KMAP_USED] = READ_ONCE(kmap->nr_used);
	s->value[STAT_KMAP_MAPS] = READ_ONCE(kmap->nr_maps);
	s->value[STAT_KMAP_FLUSHES] = READ_ONCE(kmap->nr_flushes);
	s->value[STAT_KMAP_WAITS] = atomic_long_read(&kmap->nr_waits);
	s->value[STAT_KMAP_LOCAL_MAPS] = carve_kmap_nr_local(kmap);
}

static void collect_user(struct carveout *co, struct stats *s)
{
	struct carve_object_usage usage;

	carve_user_usage(&co->user, &usage);
	s->value[STAT_USER_FILES] = usage.files;
	s->value[STAT_USER_MAPPED_BYTES] = (s64)usage.mapped << PAGE_SHIFT;
	s->value[STAT_USER_TOUCHED_BYTES] = (s64)usage.touched << PAGE_SHIFT;
	s->value[STAT_USER_PINNED_BYTES] = (s64)usage.pinned << PAGE_SHIFT;
}

static void collect_stats(struct carveout *co, struct stats *s)
{
	*s = (struct stats){ };
	collect_region(co, s);
	/* Before collect_kinds(), because it frees pages */
	collect_user(co, s);
	collect_kinds(co, s);
	collect_pages(co, s);
	collect_misuses(&co->pages, s);
	collect_caches(co, s);
	collect_areas(co, s);
	collect_kmap(&co->kmap, s);
	s->value[STAT_DMA_BUFFERS] = atomic_long_read(&co->dma.nr_buffers);
	s->value[STAT_DMA_REFUSED] = atomic_long_read(&co->dma.nr_refused);
	s->value[STAT_HANDLES] = co->handles ? READ_ONCE(co->handles->nr) : 0;
}

static void print_stats(struct seq_file *m, const struct stats *s, bool json)
{
	unsigned int i;

	for (i = 0; i < NR_STATS; i++)
		seq_printf(m, json ? ",\n  \"%s\": %lld" : "%s %lld\n",
			   names[i], s->value[i]);
}

int carve_stats_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct stats s;

	collect_stats(co, &s);
	print_stats(m, &s, false);
	seq_printf(m, "window %s\n", carve_window_setup_name(&co->vmap.setup));
	seq_printf(m, "meminfo %s\n", meminfo);
	return 0;
}

int carve_stats_json_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct stats s;

	collect_stats(co, &s);
	/* A carveout's name has no character that would need an escape */
	seq_printf(m, "{\n  \"name\": \"%s\"", co->name);
	print_stats(m, &s, true);
	seq_printf(m, ",\n  \"window\": \"%s\"",
		   carve_window_setup_name(&co->vmap.setup));
	seq_printf(m, ",\n  \"meminfo\": \"%s\"\n}\n", meminfo);
	return 0;
}
