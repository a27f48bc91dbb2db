// SPDX-License-Identifier: GPL-2.0
/*
 * Report of allocated objects by call site, for caches with user tracking
 *
 * A hash table with an entry for each cache and allocation trace sums up the
 * allocated objects of debug slabs. It is then sorted and printed. Objects that
 * don't fit into the table are summed up in a last line.
 *
 * Locking: cache->lock while the objects of a cache are added; slabs->lock for
 * a report of all caches.
 */
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "compat/noio.h"
#include "compat/stack.h"
#include "lib/report.h"
#include "slab/slab.h"
#include "slab/users.h"

#define SITE_BITS 10
#define NR_SITES BIT(SITE_BITS)

/* Allocated objects of one cache from one call site */
struct site {
	const struct carve_cache *cache;
	unsigned long caller;
	u32 stack;
	unsigned long nr;
	unsigned long bytes;
	unsigned long oldest;
};

struct sites {
	unsigned int nr;
	unsigned long nr_others;
	unsigned long bytes_others;
	struct site site[NR_SITES];
};

static bool is_site(const struct site *site, const struct carve_cache *cache,
		    const struct carve_track *by)
{
	return site->cache == cache && site->caller == by->caller &&
	       site->stack == by->stack;
}

/* Finds or adds an entry; NULL if the table is full */
static struct site *find_holder_site(struct sites *sites,
				     const struct carve_cache *cache,
				     const struct carve_track *by)
{
	unsigned int i = hash_long((unsigned long)cache ^ by->caller ^
				   by->stack, SITE_BITS);

	for (; sites->site[i].nr; i = (i + 1) % NR_SITES)
		if (is_site(&sites->site[i], cache, by))
			return &sites->site[i];
	/* One entry stays free to terminate the search */
	if (sites->nr == NR_SITES - 1)
		return NULL;
	sites->nr++;
	sites->site[i].cache = cache;
	sites->site[i].caller = by->caller;
	sites->site[i].stack = by->stack;
	return &sites->site[i];
}

static void add_object(struct sites *sites, const struct carve_cache *cache,
		       const struct carve_metadata *metadata)
{
	struct site *site = find_holder_site(sites, cache, &metadata->alloc);

	if (!site) {
		sites->nr_others++;
		sites->bytes_others += metadata->requested;
		return;
	}
	if (!site->nr || time_before(metadata->alloc.when, site->oldest))
		site->oldest = metadata->alloc.when;
	site->nr++;
	site->bytes += metadata->requested;
}

static void add_slabs(struct carve_cache *cache,
		      const struct carve_page_list *list, struct sites *sites)
{
	const u32 held = CARVE_METADATA_LIVE | CARVE_METADATA_ALLOCED;
	struct carve_page *map = cache->pages->map;
	unsigned int i;
	u32 page;

	lockdep_assert_held(&cache->lock);
	carve_page_list_for_each(page, list, map)
		for (i = 0; i < cache->debug.nr_objects; i++) {
			const struct carve_metadata *metadata;

			metadata = carve_slab_metadata(&map[page], i);
			if ((metadata->flags & held) == held)
				add_object(sites, cache, metadata);
		}
}

/* By bytes, then by objects, descending */
static int compare_sites(const void *a, const void *b)
{
	const struct site *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->nr < y->nr ? 1 : x->nr > y->nr ? -1 : 0;
}

static void report_site(const struct site *site, struct carve_report *r)
{
	unsigned long *frames;
	unsigned int i, nr = carve_compat_stack_frames(site->stack, &frames);

	carve_report_line(r, "%lu bytes in %lu objects of cache %s, the oldest for %u ms, by %pS",
			  site->bytes, site->nr, site->cache->name,
			  jiffies_to_msecs(jiffies - site->oldest),
			  (void *)site->caller);
	for (i = 0; i < nr; i++)
		carve_report_line(r, "    %pS", (void *)frames[i]);
}

static void report_holder_sites(struct sites *sites, struct carve_report *r,
				unsigned int max)
{
	unsigned int i;

	sort(sites->site, NR_SITES, sizeof(sites->site[0]), compare_sites,
	     NULL);
	for (i = 0; i < sites->nr; i++) {
		if (i < max) {
			report_site(&sites->site[i], r);
			continue;
		}
		sites->nr_others += sites->site[i].nr;
		sites->bytes_others += sites->site[i].bytes;
	}
	if (sites->nr_others)
		carve_report_line(r, "%lu bytes in %lu objects by others",
				  sites->bytes_others, sites->nr_others);
}

static bool is_tracked(const struct carve_cache *cache)
{
	return READ_ONCE(cache->debugging.flags) & CARVE_DEBUG_USER;
}

static void add_cache_sites(struct sites *sites, struct carve_cache *cache)
{
	guard(raw_spinlock_irqsave)(&cache->lock);
	add_slabs(cache, &cache->debug.partial, sites);
	add_slabs(cache, &cache->debug.full, sites);
}

/*
 * Called under slabs->lock, which reclaim of mm/ may wait for: don't wait for
 * reclaim in turn.
 */
static struct sites *new_sites(void)
{
	unsigned int flags = carve_compat_noio_save();
	struct sites *sites = kvzalloc_obj(*sites);

	carve_compat_noio_restore(flags);
	return sites;
}

void carve_users_report(struct carve_cache *cache, struct carve_report *r,
			unsigned int max)
{
	struct sites *sites;

	if (!is_tracked(cache))
		return;
	sites = new_sites();
	if (!sites)
		return;
	add_cache_sites(sites, cache);
	report_holder_sites(sites, r, max);
	kvfree(sites);
}

int carve_users_report_all(struct carve_slabs *slabs, struct carve_report *r)
{
	struct sites *sites = kvzalloc_obj(*sites);
	struct carve_cache *cache;
	int tracked = 0;

	if (!sites)
		return -ENOMEM;
	scoped_guard(mutex, &slabs->lock) {
		list_for_each_entry(cache, &slabs->caches, list) {
			if (!is_tracked(cache))
				continue;
			add_cache_sites(sites, cache);
			tracked++;
		}
		report_holder_sites(sites, r, UINT_MAX);
	}
	kvfree(sites);
	return tracked;
}
