// SPDX-License-Identifier: GPL-2.0
/*
 * The instance
 *
 * Set-up goes upwards: the region; the boot allocator over it; from that the
 * page descriptors, the per-CPU stores, the caches; then the buddy system is
 * handed what the boot allocator has left. Nothing of a carveout lies outside
 * it but struct carveout itself.
 *
 * The order of all locks, outermost first:
 *	the list of carveouts (face/main.c)	mutex
 *	the queue of percpu/each_cpu.c		mutex, for set-up and removal;
 *						outside the CPU hotplug lock
 *	the list of caches (slab/cache.c)	mutex
 *	a magazine's busy mark			preemption disabled
 *	one of: a depot, a cache, a zone, the areas of a carveout
 *						raw spinlocks, interrupts off;
 *						never two at a time
 * Magazines nest downwards: a cache's over the free maps' over the pages'.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/ctype.h>

#include "instance.h"
#include "percpu/each_cpu.h"
#include "report.h"

/* The page descriptors, and stores for as many orders as the size allows */
static int setup_pages(struct carveout *co)
{
	unsigned long nr_pages = co->region.nr_pages;
	struct carve_page *map;
	struct carve_zone *zone;
	unsigned int order;

	map = carve_boot_alloc(&co->boot, nr_pages * sizeof(*map),
			       L1_CACHE_BYTES, "page descriptors");
	if (!map)
		return -ENOMEM;
	carve_pages_init(&co->pages, co->name, map, nr_pages);
	zone = carve_pages_add_zone(&co->pages, "Normal", &co->region, 0);

	for (order = 0; order < CARVE_NR_STORES; order++) {
		unsigned int batch = carve_store_batch(nr_pages, order);
		void *memory;

		if (!batch)
			break;
		memory = carve_boot_alloc(&co->boot, carve_store_size(batch),
					  L1_CACHE_BYTES, "page store");
		if (!memory)
			return -ENOMEM;
		carve_zone_add_store(zone, order, batch, memory);
	}
	return 0;
}

static void take_free_pages(void *arg, unsigned long first, unsigned long nr)
{
	struct carveout *co = arg;

	carve_zone_add(&co->pages.zone[0], first, nr);
}

static void mark_boot_pages(struct carveout *co)
{
	unsigned long page;

	for_each_set_bit(page, co->boot.map, co->boot.nr_pages)
		co->pages.map[page].state = CARVE_PAGE_BOOT;
}

static int setup_layers(struct carveout *co)
{
	int ret;

	ret = carve_boot_init(&co->boot, co->region.virt, co->region.nr_pages);
	if (!ret)
		ret = setup_pages(co);
	if (!ret)
		ret = carve_slabs_init(&co->slabs, &co->pages, &co->boot);
	if (!ret)
		ret = carve_kmalloc_init(&co->slabs, &co->boot);
	if (!ret)
		ret = carve_vmap_init(&co->vmap, &co->slabs, &co->boot);
	if (ret)
		return ret;
	mark_boot_pages(co);
	carve_boot_hand_over(&co->boot, take_free_pages, co);
	return 0;
}

bool carveout_name_valid(const char *name)
{
	const char *c;

	for (c = name; *c; c++)
		if (!isalnum(*c) && !strchr("-_.", *c))
			return false;
	return c > name && c - name < CARVEOUT_NAME_LEN && *name != '.';
}

struct carveout *carveout_create(const struct carve_region_request *request)
{
	struct carveout *co;
	u64 start;
	int ret;

	if (!carveout_name_valid(request->name)) {
		pr_err("\"%s\" is not a name: 1 to %d letters, digits, '-', '_' and '.'\n",
		       request->name, CARVEOUT_NAME_LEN - 1);
		return ERR_PTR(-EINVAL);
	}
	co = kzalloc_obj(*co);
	if (!co)
		return ERR_PTR(-ENOMEM);
	strscpy(co->name, request->name, sizeof(co->name));

	ret = carve_each_cpu_get();
	if (ret)
		goto free_carveout;
	ret = carve_region_reserve(&co->region, request);
	if (ret)
		goto put_each_cpu;
	start = ktime_get_ns();
	ret = setup_layers(co);
	if (ret) {
		pr_err("%s: %llu KiB can't hold the carveout's own metadata: ask for more\n",
		       co->name, request->size / SZ_1K);
		goto release_region;
	}
	co->setup_ns = ktime_get_ns() - start;
	return co;

release_region:
	carve_region_release(&co->region);
put_each_cpu:
	carve_each_cpu_put();
free_carveout:
	kfree(co);
	return ERR_PTR(ret);
}

static bool all_pages_back(struct carveout *co)
{
	struct carve_zone *zone;
	bool all = true;

	carve_pages_reclaim(&co->pages);
	carve_for_each_zone(zone, &co->pages) {
		unsigned long nr_free = carve_zone_nr_free(zone);

		if (nr_free == zone->nr_managed)
			continue;
		pr_err("%s: %lu pages of zone %s are not free and have no owner\n",
		       co->name, zone->nr_managed - nr_free, zone->name);
		all = false;
	}
	return all;
}

int carveout_destroy(struct carveout *co)
{
	struct carve_report r = { .name = co->name };

	carve_vmap_flush(&co->vmap);
	if (carveout_count_owned(co)) {
		pr_err("%s: still in use:\n", co->name);
		carveout_report_owners(co, &r);
		return -EBUSY;
	}
	if (!all_pages_back(co))
		return -EBUSY;
	carve_region_release(&co->region);
	carve_each_cpu_put();
	kfree(co);
	return 0;
}

void carveout_abandon(struct carveout *co)
{
	pr_err("%s: its %zu MiB stay reserved until reboot\n", co->name,
	       carve_region_bytes(&co->region) / SZ_1M);
	carve_each_cpu_put();
	kfree(co);
}

void carveout_check(struct carveout *co, struct carve_report *r)
{
	carve_pages_check(&co->pages, r);
	carve_slabs_check(&co->slabs, r);
	carve_vmap_check(&co->vmap, r);
}

void carveout_cpu_dead(struct carveout *co, unsigned int cpu)
{
	struct carve_zone *zone;

	carve_slabs_drain_dead(&co->slabs, cpu);
	carve_for_each_zone(zone, &co->pages)
		carve_zone_drain_dead(zone, cpu);
}
