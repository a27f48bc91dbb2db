// SPDX-License-Identifier: GPL-2.0
/*
 * The allocation report: all allocations of a carveout, by owner.
 *
 * Pages, large allocations, DMA buffers and areas are summed up by call site in
 * a table of fixed size on the stack, so that a report allocates no memory.
 * Call sites that don't fit share the last row.
 *
 * Locking: page descriptors are read without a lock, so a report made while
 * others allocate is approximate. Caches are walked under the slabs' lock.
 */
#include <linux/kernel.h>
#include <linux/sched.h>

#include "core/allocation_report.h"
#include "core/instance.h"
#include "core/native.h"
#include "lib/report.h"
#include "slab/users.h"

#define MAX_SITES 32

/* Allocations of one kind by one call site */
struct site {
	unsigned long caller;
	enum carve_page_state kind;
	unsigned long nr;
	unsigned long nr_pages;
};

struct sites {
	struct site site[MAX_SITES];
	unsigned int nr;
	struct site others;
};

static struct site *report_find_site(struct sites *sites, unsigned long caller,
				     enum carve_page_state kind)
{
	unsigned int i;

	for (i = 0; i < sites->nr; i++)
		if (sites->site[i].caller == caller &&
		    sites->site[i].kind == kind)
			return &sites->site[i];
	if (sites->nr == MAX_SITES)
		return &sites->others;
	sites->site[sites->nr] = (struct site){ .caller = caller, .kind = kind };
	return &sites->site[sites->nr++];
}

static void add_to_site(struct sites *sites, unsigned long caller,
			enum carve_page_state kind, unsigned long nr_pages)
{
	struct site *site = report_find_site(sites, caller, kind);

	site->nr++;
	site->nr_pages += nr_pages;
}

static void add_blocks(struct carveout *co, struct sites *sites)
{
	const struct carve_page *page;
	u32 index;

	for (index = 0; index < co->pages.nr_pages; index++) {
		if (index % CARVE_WALK_PAGES == 0)
			cond_resched();
		page = carve_pages_peek(&co->pages, index);
		if (!page)
			continue;
		if (page->state == CARVE_PAGE_USED ||
		    page->state == CARVE_PAGE_LARGE)
			add_to_site(sites, page->caller, page->state,
				    BIT(page->order));
		else if (page->state == CARVE_PAGE_DMA && page->nr_pages)
			add_to_site(sites, page->caller, page->state,
				    page->nr_pages);
	}
}

static void add_area(const struct carve_area *area, void *arg)
{
	add_to_site(arg, area->caller, CARVE_PAGE_AREA, area->nr_pages);
}

static const char *kind_name(enum carve_page_state kind)
{
	return kind == CARVE_PAGE_USED ? "blocks of pages" :
	       kind == CARVE_PAGE_LARGE ? "large kmallocs" :
	       kind == CARVE_PAGE_DMA ? "DMA buffers" : "vmalloc areas";
}

static unsigned long report_call_sites(struct sites *sites, struct carve_report *r)
{
	unsigned long nr = sites->others.nr;
	unsigned int i;

	for (i = 0; i < sites->nr; i++) {
		const struct site *site = &sites->site[i];

		nr += site->nr;
		if (r)
			carve_report_line(r, "%lu %s, %lu pages, by %pS",
					  site->nr, kind_name(site->kind),
					  site->nr_pages, (void *)site->caller);
	}
	if (r && sites->others.nr)
		carve_report_line(r, "%lu more, %lu pages, by others",
				  sites->others.nr, sites->others.nr_pages);
	return nr;
}

static unsigned long report_caches(struct carveout *co, struct carve_report *r)
{
	struct carve_cache_usage usage;
	struct carve_cache *cache;
	unsigned long nr = 0;

	guard(mutex)(&co->slabs.lock);
	list_for_each_entry(cache, &co->slabs.caches, list) {
		if (cache->internal)
			continue;
		carve_cache_usage(cache, &usage);
		/* A cache created by a client counts as an allocation itself */
		nr += usage.active_objects + !!cache->meta;
		if (r && (usage.active_objects || cache->meta))
			carve_report_line(r, "%lu objects of cache %s, made by %pS",
					  usage.active_objects, cache->name,
					  (void *)cache->caller);
		if (r && usage.active_objects)
			carve_users_report(cache, r, MAX_SITES);
	}
	return nr;
}

static unsigned long report_kmap(const struct carveout *co,
				 struct carve_report *r)
{
	unsigned int nr = READ_ONCE(co->kmap.nr_used);

	if (r && nr)
		carve_report_line(r, "%u pages mapped with carve_kmap()", nr);
	return nr;
}

unsigned long carveout_report_allocations(struct carveout *co,
					  struct carve_report *r)
{
	struct sites sites = { };

	carve_native_collect(co);
	add_blocks(co, &sites);
	carve_vmap_for_each(&co->vmap, add_area, &sites);
	return report_call_sites(&sites, r) + report_caches(co, r) +
	       carve_user_report(&co->user, r) + report_kmap(co, r);
}

unsigned long carveout_count_allocations(struct carveout *co)
{
	/* Objects that wait for a grace period have no owner any more */
	carve_rcu_flush(&co->rcu);
	return carveout_report_allocations(co, NULL);
}
