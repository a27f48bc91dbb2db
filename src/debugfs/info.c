// SPDX-License-Identifier: GPL-2.0
/*
 * Read-only files: buddyinfo, zoneinfo, slabinfo and vmallocinfo, in the
 * formats of the kernel's files of these names; bootmem, allocations and
 * validate.
 *
 * Locking: counters are read without a lock; caches are walked under the slabs'
 * lock; areas are copied under the areas' lock, and printed after it is
 * dropped.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "core/allocation_report.h"
#include "core/instance.h"
#include "debugfs/info.h"
#include "lib/report.h"

/* As in mm/, memory without a node counts as node 0 */
static int zone_node(const struct carve_zone *zone)
{
	return max(zone->region->node, 0);
}

/* /proc/buddyinfo */

int carve_buddyinfo_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_zone *zone;
	unsigned int order;

	carve_for_each_zone(zone, &co->pages) {
		seq_printf(m, "Node %d, zone %8s ", zone_node(zone),
			   carve_zone_name(zone));
		for (order = 0; order <= zone->buddy.max_order; order++)
			seq_printf(m, "%6lu ",
				   carve_buddy_nr_blocks(&zone->buddy, order));
		seq_putc(m, '\n');
	}
	return 0;
}

/* The fields of /proc/zoneinfo that a carveout has */

static void show_pagesets(struct seq_file *m, const struct carve_pcp *pcp)
{
	unsigned int cpu;

	seq_puts(m, "\n  pagesets");
	if (!pcp)
		return;
	for_each_online_cpu(cpu) {
		const struct carve_magazine *magazine =
			pcp->magazines.cpu[cpu];

		seq_printf(m, "\n    cpu: %u", cpu);
		seq_printf(m, "\n              count:    %u",
			   carve_magazine_count(magazine));
		seq_printf(m, "\n              high:     %u",
			   carve_magazine_limit(magazine));
		seq_printf(m, "\n              batch:    %u",
			   READ_ONCE(pcp->magazines.batch));
	}
}

static void show_zoneinfo(struct seq_file *m, struct carve_zone *zone)
{
	unsigned long pages = carve_zone_nr_pages(zone);

	seq_printf(m, "Node %d, zone %8s", zone_node(zone),
		   carve_zone_name(zone));
	seq_printf(m, "\n  pages free     %lu", carve_zone_nr_free(zone));
	seq_printf(m, "\n        min      %lu",
		   zone->watermark[CARVE_WMARK_MIN]);
	seq_printf(m, "\n        low      %lu",
		   zone->watermark[CARVE_WMARK_LOW]);
	seq_printf(m, "\n        high     %lu",
		   zone->watermark[CARVE_WMARK_HIGH]);
	seq_printf(m, "\n        spanned  %lu", pages);
	seq_printf(m, "\n        present  %lu", pages);
	seq_printf(m, "\n        managed  %lu", zone->nr_managed);
	seq_printf(m, "\n      %-12s %lu", "nr_free_pages",
		   carve_zone_nr_free(zone));
	show_pagesets(m, zone->pcp[CARVE_MIGRATE_UNMOVABLE][0]);
	seq_printf(m, "\n  start_pfn:           %lu\n",
		   zone->region->start_pfn);
}

int carve_zoneinfo_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_zone *zone;

	carve_for_each_zone(zone, &co->pages)
		show_zoneinfo(m, zone);
	return 0;
}

/*
 * /proc/slabinfo. Magazine and depot are shown in the columns for SLAB's
 * per-CPU and shared arrays: limit is the capacity of a CPU's magazine,
 * sharedfactor the capacity of the depot in batches, sharedavail the objects in
 * the depot.
 */

/* The limit is equal on all CPUs */
static unsigned int slabinfo_limit(const struct carve_magazines *ms)
{
	return carve_magazine_limit(ms->cpu[cpumask_first(cpu_possible_mask)]);
}

static void show_slabinfo(struct seq_file *m, struct carve_cache *cache)
{
	const struct carve_magazines *ms = &cache->magazines;
	struct carve_cache_usage usage;

	carve_cache_usage(cache, &usage);
	seq_printf(m, "%-17s %6lu %6lu %6u %4u %4d", cache->name,
		   usage.active_objects, usage.objects, cache->oo.size,
		   cache->oo.nr_objects, 1 << cache->oo.order);
	seq_printf(m, " : tunables %4u %4u %4u", slabinfo_limit(ms),
		   READ_ONCE(ms->batch), num_possible_cpus() + 1);
	seq_printf(m, " : slabdata %6lu %6lu %6lu\n", usage.active_slabs,
		   usage.slabs,
		   (unsigned long)READ_ONCE(ms->depot->nr_items));
}

int carve_slabinfo_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_cache *cache;

	seq_puts(m, "slabinfo - version: 2.1\n");
	seq_puts(m, "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>");
	seq_puts(m, " : tunables <limit> <batchcount> <sharedfactor>");
	seq_puts(m, " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	guard(mutex)(&co->slabs.lock);
	list_for_each_entry(cache, &co->slabs.caches, list)
		show_slabinfo(m, cache);
	return 0;
}

/*
 * /proc/vmallocinfo. The areas are copied first, since looking up symbols takes
 * too long under a raw spinlock with interrupts disabled.
 */

struct areas {
	unsigned long nr;
	unsigned long room;
	struct carve_area *area;
};

/* Areas added since the array was allocated are omitted */
static void copy_area(const struct carve_area *area, void *arg)
{
	struct areas *areas = arg;

	if (areas->nr < areas->room)
		areas->area[areas->nr++] = *area;
}

/*
 * Count the pages of an area by zone. The area may have been freed, so that its
 * list of blocks leads anywhere: stay inside the page descriptors, and stop
 * after as many pages as the area has.
 */
static void count_zones(const struct carve_pages *pages,
			const struct carve_area *area,
			unsigned long nr[CARVE_MAX_ZONES])
{
	unsigned long seen = 0;
	u32 i = area->blocks;

	while (i < pages->nr_pages && seen < area->nr_pages) {
		const struct carve_page *block = carve_pages_peek(pages, i);
		u32 n;

		if (!block)
			break;
		n = BIT(min(READ_ONCE(block->order), CARVE_MAX_ORDER));
		nr[block->zone] += n;
		seen += n;
		i = READ_ONCE(block->next);
	}
}

static void show_nodes(struct seq_file *m, const struct carve_pages *pages,
		       const struct carve_area *area)
{
	unsigned long nr[CARVE_MAX_ZONES] = { };
	unsigned int i, j;

	count_zones(pages, area, nr);
	for (i = 0; i < pages->nr_zones; i++) {
		int node = zone_node(&pages->zone[i]);

		for (j = i + 1; j < pages->nr_zones; j++) {
			if (zone_node(&pages->zone[j]) != node)
				continue;
			nr[i] += nr[j];
			nr[j] = 0;
		}
		if (nr[i])
			seq_printf(m, " N%d=%lu", node, nr[i]);
	}
}

static void show_area(struct seq_file *m, const struct carve_pages *pages,
		      const struct carve_area *area)
{
	size_t bytes = (size_t)area->span << PAGE_SHIFT;
	const void *addr = carve_area_addr(area);

	seq_printf(m, "0x%p-0x%p %7zu %pS pages=%u %s", addr, addr + bytes,
		   bytes, (void *)area->caller, area->nr_pages,
		   area->blocks == CARVE_PAGE_NONE ? "vmap" : "vmalloc");
	show_nodes(m, pages, area);
	seq_putc(m, '\n');
}

int carve_vmallocinfo_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_vmap_usage usage;
	struct areas areas = { };
	unsigned long i;

	carve_vmap_usage(&co->vmap, &usage);
	areas.room = usage.nr_areas;
	areas.area = kvcalloc(areas.room, sizeof(*areas.area), GFP_KERNEL);
	if (!areas.area)
		return -ENOMEM;
	carve_vmap_for_each(&co->vmap, copy_area, &areas);
	for (i = 0; i < areas.nr; i++)
		show_area(m, &co->pages, &areas.area[i]);
	kvfree(areas.area);
	return 0;
}

/* The boot allocator */

static void show_percent(struct seq_file *m, u64 part, u64 whole)
{
	u64 tenths = div64_u64(part * 1000 + whole / 2, whole);

	seq_printf(m, "%llu.%llu %%", tenths / 10, tenths % 10);
}

int carve_bootmem_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	unsigned long pages = carve_boot_pages(&co->boot);
	unsigned long bytes = 0;
	unsigned int i;

	seq_puts(m, "#   offset       size what\n");
	for (i = 0; i < co->boot.nr_records; i++) {
		const struct carve_boot_record *record = &co->boot.records[i];

		seq_printf(m, "%#10lx %10lu %s\n", record->offset,
			   record->size, record->what);
		bytes += record->size;
	}
	seq_printf(m, "# %u things, %lu bytes in %lu pages: ",
		   co->boot.nr_records, bytes, pages);
	show_percent(m, pages, co->pages.nr_pages);
	seq_puts(m, " of the carveout is metadata\n");
	return 0;
}

/* The allocation report and the invariants */

int carve_allocations_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_report r = { .seq = m, .name = co->name };

	if (!carveout_report_allocations(co, &r))
		seq_puts(m, "nothing is allocated\n");
	return 0;
}

int carve_validate_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_report r = { .seq = m, .name = co->name };

	carve_pages_find_broken(&co->pages);
	carveout_check(co, &r);
	if (r.violations)
		seq_printf(m, "%u violations\n", r.violations);
	else
		seq_puts(m, "ok\n");
	return 0;
}
