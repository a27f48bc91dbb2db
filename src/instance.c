// SPDX-License-Identifier: GPL-2.0
/*
 * The instance
 *
 * Set-up goes upwards: the region; the boot allocator over it; from that the
 * page descriptors, the per-CPU stores, the caches; then the buddy system is
 * handed what the boot allocator has left. Nothing of a carveout lies outside
 * it but struct carveout itself. What takes long and nobody needs at once is
 * done in the background, begun when all else is there: carveout_begin().
 *
 * The order of all locks, outermost first:
 *	who listens to events (trace/trace.c)	mutex; under none but the kernel's
 *						own, and over none
 *	who makes or removes one (face/main.c)	mutex
 *	the queue of percpu/each_cpu.c		mutex, for set-up and removal
 *	the kernel's CPU hotplug lock		to remove a carveout or a cache,
 *						and when a CPU has gone
 *	the list of carveouts (face/main.c)	mutex
 *	the objects of user space (user/)	mutex, not under the mmap lock
 *	one of these objects			mutex, also under the mmap lock
 *	the list of caches (slab/caches.c)	mutex
 *	a magazine's busy mark			preemption disabled
 *	one of: a depot, a cache, a zone, the areas of a carveout
 *						raw spinlocks, interrupts off;
 *						never two at a time, but for a
 *						zone's under any of the others,
 *						to make page descriptors
 * Magazines nest downwards: a cache's over the free maps' over the pages'.
 */
#include <linux/cache.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/ctype.h>

#include "instance.h"
#include "native.h"
#include "percpu/each_cpu.h"
#include "report.h"

/* So much of each zone has page descriptors from the start */
#define MADE_AT_ONCE SZ_64M

static unsigned long nr_pages(const struct carveout *co)
{
	unsigned long n = 0;
	unsigned int i;

	for (i = 0; i < co->nr_regions; i++)
		n += co->region[i].nr_pages;
	return n;
}

size_t carveout_bytes(const struct carveout *co)
{
	return nr_pages(co) << PAGE_SHIFT;
}

/* Stores for as many orders as the zone's size allows */
static unsigned int nr_stores(const struct carve_zone *zone,
			      enum carve_lifetime lifetime)
{
	unsigned int order;

	for (order = 0; order < CARVE_NR_STORES; order++) {
		if (!carve_store_shape(zone->region->nr_pages, order).batch)
			break;
		/* Whole pageblocks are nobody's */
		if (lifetime && order >= zone->buddy.block_order)
			break;
	}
	return order;
}

static size_t store_bytes(const struct carve_zone *zone, unsigned int order)
{
	return L1_CACHE_ALIGN(carve_store_size(carve_store_shape(zone->region->nr_pages,
								 order)));
}

static int setup_stores(struct carveout *co, struct carve_zone *zone,
			enum carve_lifetime lifetime)
{
	unsigned int nr = nr_stores(zone, lifetime), order;
	size_t bytes = 0;
	void *memory;

	for (order = 0; order < nr; order++)
		bytes += store_bytes(zone, order);
	if (!bytes)
		return 0;
	memory = carve_boot_alloc(&co->boot, bytes, L1_CACHE_BYTES,
				  "page stores");
	if (!memory)
		return -ENOMEM;
	for (order = 0; order < nr; order++) {
		carve_zone_add_store(zone, lifetime, order,
				     carve_store_shape(zone->region->nr_pages,
						       order), memory);
		memory += store_bytes(zone, order);
	}
	return 0;
}

/* Of large zones, only those of the first @at_once pages for now; see making.c */
static int setup_descriptors(struct carveout *co, struct carve_zone *zone,
			     u32 at_once)
{
	u8 *made = NULL;

	if (zone->region->nr_pages > at_once) {
		made = carve_boot_alloc(&co->boot,
					carve_making_nr_blocks(&zone->buddy), 1,
					"descriptors made");
		if (!made)
			return -ENOMEM;
	}
	carve_pages_make(&co->pages, zone, made, at_once);
	return 0;
}

static int setup_zone(struct carveout *co, const struct carve_region *region,
		      u32 first, u32 at_once)
{
	struct carve_zone *zone = carve_pages_add_zone(&co->pages, region,
						       first);
	int ret = setup_descriptors(co, zone, at_once);

	if (!ret)
		ret = setup_stores(co, zone, CARVE_LONG_LIVED);
	return ret ?: setup_stores(co, zone, CARVE_SHORT_LIVED);
}

/* The page descriptors of all regions, and a zone over each */
static int setup_pages(struct carveout *co, u32 at_once)
{
	struct carve_page *map;
	unsigned int i;
	u32 first = 0;
	int ret = 0;

	if (nr_pages(co) > CARVE_MAX_PAGES)
		return -ENOMEM;
	map = carve_boot_alloc_raw(&co->boot, nr_pages(co) * sizeof(*map),
				   L1_CACHE_BYTES, "page descriptors");
	if (!map)
		return -ENOMEM;
	carve_pages_init(&co->pages, co->name, map, nr_pages(co));
	for (i = 0; i < co->nr_regions && !ret; i++) {
		struct carve_region *region = &co->region[i];

		ret = setup_zone(co, region, first, at_once);
		first += region->nr_pages;
	}
	return ret;
}

static void take_free_pages(void *arg, unsigned long first, unsigned long nr)
{
	struct carveout *co = arg;

	carve_zone_add(&co->pages.zone[0], first, nr);
}

/* What the boot allocator left of the first region, and all of the others */
static void hand_over_pages(struct carveout *co)
{
	struct carve_zone *zone;

	carve_boot_hand_over(&co->boot, take_free_pages, co);
	carve_for_each_zone(zone, &co->pages)
		if (zone != co->pages.zone)
			carve_zone_add(zone, zone->first,
				       zone->region->nr_pages);
	carve_pages_start(&co->pages);
}

static void mark_boot_pages(struct carveout *co)
{
	unsigned long page;

	for_each_set_bit(page, co->boot.map, co->boot.nr_pages)
		carve_zone_page(co->pages.zone, page)->state = CARVE_PAGE_BOOT;
}

static size_t area_usable(struct carve_rcu *rcu, const void *p)
{
	return carve_kvmalloc_usable(&container_of(rcu, struct carveout,
						   rcu)->vmap, p);
}

static bool owns_area(struct carve_rcu *rcu, const void *p)
{
	return carve_vmap_owns(&container_of(rcu, struct carveout, rcu)->vmap,
			       p);
}

static void put_area(struct carve_rcu *rcu, const void *p, unsigned long caller)
{
	carve_vmap_free(&container_of(rcu, struct carveout, rcu)->vmap, p,
			caller);
}

static const struct carve_rcu_areas areas = {
	.usable = area_usable,
	.owns = owns_area,
	.put = put_area,
};

static int setup_layers(struct carveout *co, u32 at_once)
{
	int ret;

	ret = carve_boot_init(&co->boot, co->region[0].virt,
			      co->region[0].nr_pages);
	if (!ret)
		ret = setup_pages(co, at_once);
	if (!ret)
		ret = carve_slabs_init(&co->slabs, &co->pages, &co->boot);
	if (!ret)
		ret = carve_kmalloc_init(&co->slabs, &co->boot);
	if (!ret)
		ret = carve_rcu_init(&co->rcu, &co->slabs, &areas, &co->boot);
	if (!ret)
		ret = carve_kmap_init(&co->kmap, &co->pages, &co->boot);
	if (!ret)
		ret = carve_user_init(&co->user, &co->slabs, &co->boot);
	if (!ret)
		ret = carve_vmap_init(&co->vmap, &co->slabs, &co->boot);
	if (ret) {
		carve_kmap_exit(&co->kmap);
		return ret;
	}
	carve_dma_init(&co->dma, &co->pages);
	carve_native_init(co);
	mark_boot_pages(co);
	hand_over_pages(co);
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

static __printf(2, 3) void refuse(struct carveout_request *request,
				  const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(request->refusal, sizeof(request->refusal), fmt, args);
	va_end(args);
}

static void release_regions(struct carveout *co)
{
	while (co->nr_regions)
		carve_region_release(&co->region[--co->nr_regions]);
}

/* Is there a number for each page? Of ranges by address; others must be in RAM first */
static bool can_be_numbered(const struct carveout_request *request)
{
	u64 left = CARVE_MAX_PAGES << PAGE_SHIFT;
	unsigned int i;

	for (i = 0; i < request->nr_zones; i++) {
		if (!request->zone[i].phys)
			continue;
		if (request->zone[i].size > left)
			return false;
		left -= request->zone[i].size;
	}
	return true;
}

static int reserve_regions(struct carveout *co,
			   struct carveout_request *request)
{
	unsigned int i;
	int ret;

	if (!can_be_numbered(request)) {
		refuse(request, "a carveout is of %llu GiB at most",
		       (CARVE_MAX_PAGES << PAGE_SHIFT) / SZ_1G);
		return -ENOMEM;
	}
	if (request->zone[0].unmapped) {
		refuse(request, "the first zone holds the metadata and must be mapped: put another one before it");
		return -EINVAL;
	}
	for (i = 0; i < request->nr_zones; i++) {
		ret = carve_region_reserve(&co->region[i], &request->zone[i]);
		if (ret) {
			refuse(request, "%s", co->region[i].refusal);
			release_regions(co);
			return ret;
		}
		co->region[i].carveout = co->name;
		co->nr_regions++;
	}
	return 0;
}

static int setup(struct carveout *co, struct carveout_request *request)
{
	u64 start;
	int ret;

	ret = reserve_regions(co, request);
	if (ret)
		return ret;
	start = ktime_get_ns();
	ret = setup_layers(co, request->held ? 0 : PFN_DOWN(MADE_AT_ONCE));
	if (!ret)
		carve_slabs_debug(&co->slabs, request->slab_debug);
	co->setup_ns = ktime_get_ns() - start;
	if (ret == -EOPNOTSUPP) {
		refuse(request, "this kernel's page tables are not ours to write: no zone can be unmapped");
		release_regions(co);
	} else if (ret) {
		refuse(request, "%llu KiB can't hold the metadata of %zu KiB: ask for more%s",
		       request->zone[0].size / SZ_1K, carveout_bytes(co) / SZ_1K,
		       request->nr_zones > 1 ? " in the first zone" : "");
		release_regions(co);
	}
	return ret;
}

static void make_descriptors(struct work_struct *work)
{
	struct carveout *co = container_of(work, struct carveout, making);

	carve_pages_make_all(&co->pages);
	carve_slabs_widen(&co->slabs);
}

void carveout_begin(struct carveout *co)
{
	if (co->pages.nr_ready < co->pages.nr_pages)
		carve_run_later(&co->making);
	carve_opening_start(&co->vmap);
}

void carveout_settle(struct carveout *co)
{
	flush_work(&co->making);
	carve_opening_wait(&co->vmap);
}

struct carveout *carveout_create(struct carveout_request *request)
{
	struct carveout *co;
	int ret;

	if (!carveout_name_valid(request->name)) {
		pr_err("\"%s\" is not a name: 1 to %d letters, digits, '-', '_' and '.', which is not the first\n",
		       request->name, CARVEOUT_NAME_LEN - 1);
		refuse(request, "not a name: 1 to %d letters, digits, '-', '_' and '.', which is not the first",
		       CARVEOUT_NAME_LEN - 1);
		return ERR_PTR(-EINVAL);
	}
	co = kzalloc_obj(*co);
	if (!co)
		return ERR_PTR(-ENOMEM);
	strscpy(co->name, request->name, sizeof(co->name));
	INIT_WORK(&co->making, make_descriptors);
	ret = carve_each_cpu_get();
	if (ret) {
		refuse(request, "no memory for a workqueue");
		goto free_carveout;
	}
	ret = setup(co, request);
	if (ret)
		goto put_each_cpu;
	if (!request->held)
		carveout_begin(co);
	return co;

put_each_cpu:
	carve_each_cpu_put();
free_carveout:
	pr_err("%s: %s\n", co->name, request->refusal);
	kfree(co);
	return ERR_PTR(ret);
}

/* For CPUs that went since it was listed, nobody else drains; while none goes or comes */
static void collect_all(struct carveout *co)
{
	unsigned int cpu;

	cpus_read_lock();
	for_each_cpu_andnot(cpu, cpu_possible_mask, cpu_online_mask)
		carveout_cpu_dead(co, cpu);
	carve_pages_reclaim(&co->pages);
	cpus_read_unlock();
}

static bool all_pages_back(struct carveout *co)
{
	struct carve_zone *zone;
	bool all = true;

	collect_all(co);
	carve_for_each_zone(zone, &co->pages) {
		unsigned long nr_free = carve_zone_nr_free(zone);

		if (nr_free == zone->nr_managed)
			continue;
		pr_err("%s: %lu pages of zone %s are not free and have no owner\n",
		       co->name, zone->nr_managed - nr_free,
		       carve_zone_name(zone));
		all = false;
	}
	return all;
}

int carveout_destroy(struct carveout *co)
{
	struct carve_report r = { .name = co->name };

	/* What is on its way back in the background is neither here nor there */
	carve_rcu_flush(&co->rcu);
	carve_vmap_flush(&co->vmap);
	carve_pages_stop(&co->pages);
	if (carveout_count_owned(co)) {
		pr_err("%s: still in use:\n", co->name);
		carveout_report_owners(co, &r);
		return -EBUSY;
	}
	carve_user_stop(&co->user);
	if (!all_pages_back(co))
		return -EBUSY;
	carve_rcu_stop(&co->rcu);
	cancel_work_sync(&co->making);
	carve_vmap_exit(&co->vmap);
	carve_kmap_exit(&co->kmap);
	carve_native_unguard(co);
	release_regions(co);
	carve_each_cpu_put();
	kfree(co);
	return 0;
}

void carveout_abandon(struct carveout *co)
{
	carve_rcu_stop(&co->rcu);
	carve_pages_stop(&co->pages);
	cancel_work_sync(&co->making);
	carve_opening_stop(&co->vmap);
	carve_user_stop(&co->user);
	pr_err("%s: its %zu KiB stay reserved until reboot\n", co->name,
	       carveout_bytes(co) / SZ_1K);
	carve_each_cpu_put();
	kfree(co);
}

void carveout_check(struct carveout *co, struct carve_report *r)
{
	carve_pages_check(&co->pages, r);
	carve_slabs_check(&co->slabs, r);
	carve_vmap_check(&co->vmap, r);
	carve_user_check(&co->user, r);
	carve_kmap_check(&co->kmap, r);
}

void carveout_cpu_dead(struct carveout *co, unsigned int cpu)
{
	struct carve_zone *zone;

	carve_vmap_drain_dead(&co->vmap, cpu);
	carve_slabs_drain_dead(&co->slabs, cpu);
	carve_for_each_zone(zone, &co->pages)
		carve_zone_drain_dead(zone, cpu);
}
