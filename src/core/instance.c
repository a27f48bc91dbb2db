// SPDX-License-Identifier: GPL-2.0
/*
 * Creation and destruction of a carveout
 *
 * Layers are set up bottom-up: the regions; the boot allocator in the first;
 * from it the page descriptors, the per-CPU lists and the caches; then the
 * pages that the boot allocator didn't use are freed to the buddy system. All
 * metadata of a carveout lies inside it, except struct carveout itself. Slow
 * work that isn't needed at once runs in the background, after all else:
 * carveout_begin().
 *
 * Lock order of the module, outermost first:
 *	listening (trace/trace.c)		mutex; only under the kernel's
 *						tracepoints_mutex, over none
 *	changes_lock (core/registry.c)		mutex; carveouts added, removed
 *	the lock of percpu/workqueue.c		mutex, for set-up and removal
 *	the kernel's CPU hotplug lock		to remove a carveout or a cache,
 *						and when a CPU is dead
 *	carveouts_lock (core/registry.c)	mutex
 *	the list of user objects (user/)	mutex, not under the mmap lock
 *	a user object				mutex, also under the mmap lock
 *	the list of caches (slab/caches.c)	mutex
 *	a magazine's busy mark			preemption disabled
 *	one of: a depot, a cache, a zone, the areas of a carveout
 *						raw spinlocks, interrupts off;
 *						never two at a time, except a
 *						zone's under any of the others,
 *						to initialize page descriptors
 * Magazines nest: a cache's, then those of its free maps, then those of pages.
 */
#include <linux/cache.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/ctype.h>

#include "core/allocation_report.h"
#include "core/instance.h"
#include "core/native.h"
#include "lib/report.h"
#include "page/reclaim.h"
#include "percpu/workqueue.h"
#include "slab/caches.h"

/* Initialize the page descriptors of this much of each zone during set-up */
#define INIT_AT_ONCE SZ_64M

static unsigned long carveout_nr_pages(const struct carveout *co)
{
	unsigned long n = 0;
	unsigned int i;

	for (i = 0; i < co->nr_regions; i++)
		n += co->region[i].nr_pages;
	return n;
}

size_t carveout_bytes(const struct carveout *co)
{
	return carveout_nr_pages(co) << PAGE_SHIFT;
}

/* Number of orders with per-CPU lists, limited by the size of the zone */
static unsigned int nr_pcp_orders(const struct carve_zone *zone,
				  enum carve_migratetype migratetype)
{
	unsigned int order;

	for (order = 0; order < CARVE_NR_PCP; order++) {
		if (!carve_pcp_shape(zone->region->nr_pages, order).batch)
			break;
		/* Blocks of whole pageblocks have no migratetype */
		if (migratetype && order >= zone->buddy.block_order)
			break;
	}
	return order;
}

static size_t pcp_bytes(const struct carve_zone *zone, unsigned int order)
{
	return L1_CACHE_ALIGN(carve_pcp_size(carve_pcp_shape(zone->region->nr_pages,
							     order)));
}

static int setup_pcp(struct carveout *co, struct carve_zone *zone,
		     enum carve_migratetype migratetype)
{
	unsigned int nr = nr_pcp_orders(zone, migratetype), order;
	size_t bytes = 0;
	void *memory;

	for (order = 0; order < nr; order++)
		bytes += pcp_bytes(zone, order);
	if (!bytes)
		return 0;
	memory = carve_boot_alloc(&co->boot, bytes, L1_CACHE_BYTES,
				  "per-CPU pages");
	if (!memory)
		return -ENOMEM;
	for (order = 0; order < nr; order++) {
		carve_zone_add_pcp(zone, migratetype, order,
				   carve_pcp_shape(zone->region->nr_pages,
						   order), memory);
		memory += pcp_bytes(zone, order);
	}
	return 0;
}

/* In large zones, initialize only the first @at_once; see deferred_init.c */
static int setup_descriptors(struct carveout *co, struct carve_zone *zone,
			     u32 at_once)
{
	u8 *made = NULL;

	if (zone->region->nr_pages > at_once) {
		made = carve_boot_alloc(&co->boot,
					carve_deferred_init_nr_blocks(&zone->buddy), 1,
					"initialized pageblocks");
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
		ret = setup_pcp(co, zone, CARVE_MIGRATE_UNMOVABLE);
	return ret ?: setup_pcp(co, zone, CARVE_MIGRATE_RECLAIMABLE);
}

/* Allocate the page descriptors and set up a zone over each region */
static int setup_pages(struct carveout *co, u32 at_once)
{
	struct carve_page *map;
	unsigned int i;
	u32 first = 0;
	int ret = 0;

	if (carveout_nr_pages(co) > CARVE_MAX_PAGES)
		return -ENOMEM;
	map = carve_boot_alloc_raw(&co->boot, carveout_nr_pages(co) * sizeof(*map),
				   L1_CACHE_BYTES, "page descriptors");
	if (!map)
		return -ENOMEM;
	carve_pages_init(&co->pages, co->name, map, carveout_nr_pages(co));
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

/* Free the unused pages of the first region, and all pages of the others */
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
		ret = carve_kmap_init(&co->kmap, &co->pages, &co->boot);
	if (!ret)
		ret = carve_user_init(&co->user, &co->slabs, &co->boot);
	if (!ret)
		ret = carve_vmap_init(&co->vmap, &co->slabs, &co->boot);
	if (!ret)
		ret = carve_rcu_init(&co->rcu, &co->vmap, &co->boot);
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

static __printf(2, 3) void refuse_create(struct carveout_request *request,
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

/*
 * Reject ranges given by address that have more pages than page descriptors can
 * number. All others are limited by the RAM there is.
 */
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
		refuse_create(request, "a carveout has at most %llu GiB",
			      (CARVE_MAX_PAGES << PAGE_SHIFT) / SZ_1G);
		return -ENOMEM;
	}
	if (request->zone[0].unmapped) {
		refuse_create(request, "the first zone holds the metadata and must be mapped: put another one before it");
		return -EINVAL;
	}
	for (i = 0; i < request->nr_zones; i++) {
		co->region[i].carveout = co->name;
		ret = carve_region_reserve(&co->region[i], &request->zone[i]);
		if (ret) {
			refuse_create(request, "%s", co->region[i].refusal);
			release_regions(co);
			return ret;
		}
		co->nr_regions++;
	}
	return 0;
}

static int carveout_setup(struct carveout *co, struct carveout_request *request)
{
	u64 start;
	int ret;

	ret = reserve_regions(co, request);
	if (ret)
		return ret;
	start = ktime_get_ns();
	ret = setup_layers(co, request->held ? 0 : PFN_DOWN(INIT_AT_ONCE));
	if (!ret)
		carve_slabs_debug(&co->slabs, request->slab_debug);
	co->setup_ns = ktime_get_ns() - start;
	if (ret == -EOPNOTSUPP) {
		refuse_create(request, "this kernel doesn't let modules change page tables: no zone can be unmapped");
		release_regions(co);
	} else if (ret) {
		refuse_create(request, "%llu KiB can't hold the metadata of %zu KiB: ask for more%s",
			      request->zone[0].size / SZ_1K, carveout_bytes(co) / SZ_1K,
			      request->nr_zones > 1 ? " in the first zone" : "");
		release_regions(co);
	}
	return ret;
}

static void make_descriptors(struct work_struct *work)
{
	struct carveout *co = container_of(work, struct carveout, deferred_init);

	carve_pages_init_deferred(&co->pages);
	carve_slabs_extend(&co->slabs);
}

void carveout_begin(struct carveout *co)
{
	if (co->pages.nr_ready < co->pages.nr_pages)
		carve_queue_work(&co->deferred_init);
	carve_window_setup_start(&co->vmap);
}

void carveout_wait_setup(struct carveout *co)
{
	flush_work(&co->deferred_init);
	carve_window_setup_wait(&co->vmap);
}

struct carveout *carveout_create(struct carveout_request *request)
{
	struct carveout *co;
	int ret;

	if (!carveout_name_valid(request->name)) {
		pr_err("\"%s\" is not a name: 1 to %d letters, digits, '-', '_' and '.', which is not the first\n",
		       request->name, CARVEOUT_NAME_LEN - 1);
		refuse_create(request, "not a name: 1 to %d letters, digits, '-', '_' and '.', which is not the first",
			      CARVEOUT_NAME_LEN - 1);
		return ERR_PTR(-EINVAL);
	}
	co = kzalloc_obj(*co);
	if (!co)
		return ERR_PTR(-ENOMEM);
	strscpy(co->name, request->name, sizeof(co->name));
	INIT_WORK(&co->deferred_init, make_descriptors);
	ret = carve_workqueue_get();
	if (ret) {
		refuse_create(request, "no memory for a workqueue");
		goto free_carveout;
	}
	ret = carveout_setup(co, request);
	if (ret)
		goto put_workqueue;
	if (!request->held)
		carveout_begin(co);
	return co;

put_workqueue:
	carve_workqueue_put();
free_carveout:
	pr_err("%s: %s\n", co->name, request->refusal);
	kfree(co);
	return ERR_PTR(ret);
}

/*
 * Once a carveout is off the list, carve_registry_cpu_dead() doesn't drain the
 * magazines of CPUs that go offline: drain them here, with CPU hotplug locked
 * out.
 */
static void carveout_drain(struct carveout *co)
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

	carveout_drain(co);
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

	/*
	 * Wait for frees in the background, which would look like allocations
	 */
	carve_rcu_flush(&co->rcu);
	carve_vmap_flush(&co->vmap);
	carve_pages_stop(&co->pages);
	if (carveout_count_allocations(co)) {
		pr_err("%s: still in use:\n", co->name);
		carveout_report_allocations(co, &r);
		return -EBUSY;
	}
	carve_user_stop(&co->user);
	if (!all_pages_back(co))
		return -EBUSY;
	carve_rcu_stop(&co->rcu);
	cancel_work_sync(&co->deferred_init);
	carve_vmap_exit(&co->vmap);
	carve_kmap_exit(&co->kmap);
	carve_native_unguard(co);
	release_regions(co);
	carve_workqueue_put();
	kfree(co);
	return 0;
}

void carveout_abandon(struct carveout *co)
{
	carve_rcu_stop(&co->rcu);
	carve_pages_stop(&co->pages);
	carve_vmap_flush(&co->vmap);
	carve_slabs_stop(&co->slabs);
	cancel_work_sync(&co->deferred_init);
	carve_window_setup_stop(&co->vmap);
	carve_user_stop(&co->user);
	pr_err("%s: its %zu KiB stay reserved until reboot\n", co->name,
	       carveout_bytes(co) / SZ_1K);
	carve_workqueue_put();
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
