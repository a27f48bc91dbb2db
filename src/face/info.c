// SPDX-License-Identifier: GPL-2.0
/*
 * The files that look like their native namesakes, and those that list what a
 * layer has on record.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "face/show.h"
#include "instance.h"
#include "report.h"

/* Memory that belongs to no node, native files show as node 0 as well */
static int node_of(const struct carve_zone *zone)
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
		seq_printf(m, "Node %d, zone %8s ", node_of(zone),
			   carve_zone_name(zone));
		for (order = 0; order <= zone->buddy.max_order; order++)
			seq_printf(m, "%6lu ",
				   carve_buddy_nr_blocks(&zone->buddy, order));
		seq_putc(m, '\n');
	}
	return 0;
}

/* /proc/zoneinfo, as far as a carveout has such things */

static void show_pagesets(struct seq_file *m, const struct carve_store *store)
{
	unsigned int cpu;

	seq_puts(m, "\n  pagesets");
	if (!store)
		return;
	for_each_online_cpu(cpu) {
		const struct carve_magazine *magazine =
			store->magazines.cpu[cpu];

		seq_printf(m, "\n    cpu: %u", cpu);
		seq_printf(m, "\n              count:    %u",
			   carve_magazine_count(magazine));
		seq_printf(m, "\n              high:     %u",
			   carve_magazine_limit(magazine));
		seq_printf(m, "\n              batch:    %u",
			   READ_ONCE(store->magazines.batch));
	}
}

static void show_zone(struct seq_file *m, struct carve_zone *zone)
{
	unsigned long pages = carve_zone_nr_pages(zone);

	seq_printf(m, "Node %d, zone %8s", node_of(zone),
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
	show_pagesets(m, zone->store[CARVE_LONG_LIVED][0]);
	seq_printf(m, "\n  start_pfn:           %lu\n",
		   zone->region->start_pfn);
}

int carve_zoneinfo_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_zone *zone;

	carve_for_each_zone(zone, &co->pages)
		show_zone(m, zone);
	return 0;
}

/*
 * /proc/slabinfo. Magazine and depot stand where SLAB had its per-CPU and its
 * shared array: limit is what a CPU's magazine holds, sharedfactor the batches
 * that fit into the depot, sharedavail the objects in there.
 */

/* The same on all CPUs */
static unsigned int magazine_limit(const struct carve_magazines *ms)
{
	return carve_magazine_limit(ms->cpu[cpumask_first(cpu_possible_mask)]);
}

static void show_cache(struct seq_file *m, struct carve_cache *cache)
{
	const struct carve_magazines *ms = &cache->magazines;
	struct carve_cache_usage usage;

	carve_cache_usage(cache, &usage);
	seq_printf(m, "%-17s %6lu %6lu %6u %4u %4d", cache->name,
		   usage.active_objects, usage.objects, cache->plain.size,
		   cache->plain.nr_objects, 1 << cache->plain.order);
	seq_printf(m, " : tunables %4u %4u %4u", magazine_limit(ms),
		   READ_ONCE(ms->batch), num_possible_cpus() + 1);
	seq_printf(m, " : slabdata %6lu %6lu %6lu\n", usage.active_slabs,
		   usage.slabs,
		   (unsigned long)READ_ONCE(ms->nr_items));
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
		show_cache(m, cache);
	return 0;
}

/*
 * /proc/vmallocinfo. The areas are copied first: looking up the names of
 * callers is nothing to do under a raw spinlock with interrupts disabled.
 */

struct areas {
	unsigned long nr;
	unsigned long room;
	struct carve_area *area;
};

/* One that came since the room was measured is for the next reader */
static void copy_area(const struct carve_area *area, void *arg)
{
	struct areas *areas = arg;

	if (areas->nr < areas->room)
		areas->area[areas->nr++] = *area;
}

/*
 * Counts the pages behind an area by zone. It may have been freed meanwhile,
 * and its blocks lead anywhere: but not out of the page descriptors, nor on
 * for ever.
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
		int node = node_of(&pages->zone[i]);

		for (j = i + 1; j < pages->nr_zones; j++) {
			if (node_of(&pages->zone[j]) != node)
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

static void show_share(struct seq_file *m, u64 part, u64 whole)
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
	show_share(m, pages, co->pages.nr_pages);
	seq_puts(m, " of the carveout is metadata\n");
	return 0;
}

/* Owners and invariants */

int carve_owners_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_report r = { .seq = m, .name = co->name };

	if (!carveout_report_owners(co, &r))
		seq_puts(m, "nothing is allocated\n");
	return 0;
}

int carve_validate_show(struct seq_file *m, void *v)
{
	struct carveout *co = m->private;
	struct carve_report r = { .seq = m, .name = co->name };

	carveout_check(co, &r);
	if (r.violations)
		seq_printf(m, "%u violations\n", r.violations);
	else
		seq_puts(m, "ok\n");
	return 0;
}
