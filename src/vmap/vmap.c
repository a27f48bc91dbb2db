// SPDX-License-Identifier: GPL-2.0
/*
 * vmalloc over a carveout: allocate page blocks and addresses, and map them.
 *
 * An allocation reuses an area from the area cache (area_cache.c), or else
 * builds one: a struct carve_area, page blocks (blocks.c) and their mapping
 * (mapping.c). A free puts the area into the cache, or else unmaps it. If that
 * may sleep or takes long, a free from an interrupt leaves it to a work item.
 *
 * Invariants, checked by carve_vmap_check():
 *  - the addresses of each area pass carve_space_check();
 *  - the blocks of a used or cached area add up to its length, and their
 *    descriptors are in state CARVE_PAGE_AREA and point to it;
 *  - in a window, its addresses map its blocks, in their order.
 *
 * Locking: vmap->lock nests in vmap->purging, and nothing is taken under it.
 * The caller that frees an area moves its state from USED to CACHED with a
 * cmpxchg; the caller that gets it from a magazine moves it back to USED; it
 * becomes LAZY under the lock.
 */
#include <linux/mm.h>

#include "lib/report.h"
#include "page/misuse.h"
#include "page/reclaim.h"
#include "percpu/workqueue.h"
#include "slab/caches.h"
#include "trace/events.h"
#include "vmap/blocks.h"
#include "vmap/mapping.h"

/* Areas up to this many pages are unmapped by the interrupt that frees them */
#define MOST_IN_INTERRUPT 64

/*
 * A walk over all areas enables interrupts after this many pages; each area
 * counts as AREA_WORK pages more
 */
#define WALK_WORK 4096
#define AREA_WORK 32

static struct carve_pages *vmap_pages(const struct carve_vmap *vmap)
{
	return vmap->slabs->pages;
}

static struct carve_vmap *vmap_of(struct carve_area_cache *cache)
{
	return container_of(cache, struct carve_vmap, cache);
}

/* Allocation */

static struct carve_area *alloc_area_struct(struct carve_vmap *vmap,
					    unsigned int nr_pages, gfp_t gfp,
					    unsigned long caller)
{
	struct carve_area *area;

	area = __carve_cache_alloc(vmap->areas, gfp & ~__GFP_ZERO);
	if (area)
		*area = (struct carve_area){
			.nr_pages = nr_pages,
			.class = carve_area_cache_class(&vmap->cache, nr_pages),
			.state = CARVE_AREA_LAZY,
			.blocks = CARVE_PAGE_NONE,
			.caller = caller,
		};
	return area;
}

/* Has the window setup ended? Waits for that if @gfp allows it */
static bool window_settled(struct carve_vmap *vmap, gfp_t gfp)
{
	if (likely(carve_window_setup_state(&vmap->setup) !=
		   CARVE_WINDOW_BUILDING))
		return true;
	if (!gfpflags_allow_blocking(gfp))
		return false;
	carve_window_setup_wait(vmap);
	return true;
}

static void publish_area(struct carve_area *area)
{
	/* Pairs with area_state(): if USED is seen, so are the other members */
	smp_store_release(&area->state, CARVE_AREA_USED);
}

static bool any_zone(gfp_t gfp)
{
	return carve_gfp_zone(gfp) == CARVE_ZONE_NORMAL;
}

/* A window maps highmem pages as well: prefer them, as vmalloc() does */
static gfp_t gfp_for_blocks(const struct carve_vmap *vmap, gfp_t gfp)
{
	return any_zone(gfp) && carve_window_exists(&vmap->window) ?
	       gfp | __GFP_HIGHMEM : gfp;
}

static void trace_area_fail(const struct carve_vmap *vmap, unsigned long bytes,
			    gfp_t gfp, const char *why, unsigned long caller)
{
	if (trace_carve_fail_enabled())
		trace_carve_fail(vmap_pages(vmap)->name, "area", bytes,
				 get_order(bytes), gfp, why, caller);
}

/*
 * Map the blocks of @area, or @pages if it has none. The array that vmap()
 * needs is contiguous if possible, otherwise an area, whose own array is 512
 * times smaller. So an area can be allocated as long as enough single pages are
 * free.
 */
static int map_area(struct carve_vmap *vmap, struct carve_area *area,
		    struct carve_page **pages, gfp_t gfp)
{
	size_t bytes = carve_mapping_array_bytes(vmap, area);
	struct page **array = NULL;
	int ret;

	if (bytes) {
		/* vmap() sleeps */
		if (!gfpflags_allow_blocking(gfp))
			return -ENOMEM;
		array = __carve_kvmalloc(vmap, bytes, gfp & ~__GFP_ZERO,
					 area->caller);
		if (!array)
			return -ENOMEM;
	}
	ret = pages ? carve_mapping_map_pages(vmap, area, array, pages) :
		      carve_mapping_add(vmap, area, array, gfp);
	if (array)
		__carve_kvfree(vmap, array, area->caller);
	return ret;
}

static noinline struct carve_area *alloc_mapped_area(struct carve_vmap *vmap,
						     unsigned int nr_pages, gfp_t gfp,
						     unsigned long caller)
{
	const char *why = "no memory for its metadata";
	struct carve_area *area;

	if (!window_settled(vmap, gfp))
		return NULL;
	area = alloc_area_struct(vmap, nr_pages, gfp, caller);
	if (!area)
		goto fail;
	why = "too few pages are free";
	if (carve_blocks_alloc(vmap_pages(vmap), area,
			       gfp_for_blocks(vmap, gfp)))
		goto free_record;
	why = "it can't be mapped";
	if (map_area(vmap, area, NULL, gfp))
		goto free_blocks;
	publish_area(area);
	return area;

free_blocks:
	carve_blocks_free(vmap_pages(vmap), area);
free_record:
	__carve_cache_free(vmap->areas, area);
fail:
	trace_area_fail(vmap, (unsigned long)nr_pages << PAGE_SHIFT, gfp, why,
			caller);
	return NULL;
}

/* Out of line: keeps the fast path of carve_vmap_alloc() short */
static noinline void trace_refusal(const struct carve_vmap *vmap,
				   unsigned long size, gfp_t gfp,
				   unsigned long caller)
{
	trace_area_fail(vmap, size, gfp,
			size ? "the carveout is smaller" : "no bytes", caller);
}

/* Cached areas may lie in any zone, so they do not serve zone modifiers */
static __always_inline struct carve_area *
alloc_cached_area(struct carve_vmap *vmap, unsigned long nr_pages, gfp_t gfp,
		  unsigned long caller)
{
	struct carve_area *area;

	if (unlikely(!any_zone(gfp)))
		return NULL;
	area = carve_area_cache_alloc(&vmap->cache, nr_pages);
	if (!area)
		return NULL;
	area->caller = caller;
	publish_area(area);
	if (want_init_on_alloc(gfp))
		memset(carve_area_addr(area), 0, carve_area_bytes(area));
	return area;
}

void *carve_vmap_alloc(struct carve_vmap *vmap, unsigned long size, gfp_t gfp,
		       unsigned long caller)
{
	unsigned long nr_pages = PFN_UP(size);
	struct carve_area *area;

	carve_might_alloc(gfp);
	/* PFN_UP() is 0 for size 0, and for sizes that overflow */
	if (unlikely(nr_pages - 1 >= vmap_pages(vmap)->nr_pages || !size)) {
		trace_refusal(vmap, size, gfp, caller);
		return NULL;
	}
	area = alloc_cached_area(vmap, nr_pages, gfp, caller);
	if (unlikely(!area))
		area = alloc_mapped_area(vmap, nr_pages, gfp, caller);
	return likely(area) ? carve_area_addr(area) : NULL;
}

/* Unmapping and free */

/* Leave it to the work item */
static void defer_area_unmap(struct carve_vmap *vmap, struct carve_area *area)
{
	if (llist_add(&area->next, &vmap->deferred))
		carve_queue_work(&vmap->work);
}

/* Any context but NMI */
static void unmap_cached_area(struct carve_area_cache *cache,
			      struct carve_area *area)
{
	struct carve_vmap *vmap = vmap_of(cache);

	if (carve_mapping_needs_task(vmap))
		defer_area_unmap(vmap, area);
	else
		carve_mapping_remove(vmap, area);
}

/* Called by tasks that can sleep */
static noinline void unmap_area_now(struct carve_vmap *vmap,
				    struct carve_area *area)
{
	carve_mapping_remove(vmap, area);
	if (READ_ONCE(vmap->eager))
		carve_mapping_purge(vmap);
}

static void unmap_deferred_areas(struct work_struct *work)
{
	struct carve_vmap *vmap = container_of(work, struct carve_vmap, work);
	struct llist_node *list = llist_del_all(&vmap->deferred);
	struct carve_area *area, *next;

	llist_for_each_entry_safe(area, next, list, next) {
		carve_mapping_remove(vmap, area);
		cond_resched();
	}
	if (READ_ONCE(vmap->eager))
		carve_mapping_purge(vmap);
}

static void report_not_an_area(struct carve_vmap *vmap, enum carve_misuse kind,
			       const void *addr, unsigned long caller)
{
	carve_report_misuse(vmap_pages(vmap), kind, addr,
			    "not the start of an area", caller);
}

/* Take the area at @addr out of use; NULL if none is in use there */
static __always_inline struct carve_area *claim_area(struct carve_vmap *vmap,
						     const void *addr)
{
	struct carve_area *area = carve_mapping_find(vmap, addr);
	unsigned int used = CARVE_AREA_USED;

	return area && try_cmpxchg(&area->state, &used, CARVE_AREA_CACHED) ?
	       area : NULL;
}

/*
 * Returns false if the area can't be cached, or is too long to clear in an
 * interrupt: freeing its pages clears them
 */
static noinline bool clear_cached_area(struct carve_area *area)
{
	if (!area->class ||
	    (in_interrupt() && area->nr_pages > MOST_IN_INTERRUPT))
		return false;
	memset(carve_area_addr(area), 0, carve_area_bytes(area));
	return true;
}

static __always_inline bool cache_area(struct carve_vmap *vmap,
				       struct carve_area *area)
{
	if (want_init_on_free() && !clear_cached_area(area))
		return false;
	return carve_area_cache_free(&vmap->cache, area);
}

void carve_vmap_free(struct carve_vmap *vmap, const void *addr,
		     unsigned long caller)
{
	struct carve_area *area;

	if (!addr)
		return;
	area = claim_area(vmap, addr);
	if (unlikely(!area)) {
		report_not_an_area(vmap, CARVE_MISUSE_FREE, addr, caller);
		return;
	}
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP) && !in_interrupt())
		might_sleep();
	if (likely(cache_area(vmap, area)))
		return;
	if (!in_interrupt())
		unmap_area_now(vmap, area);
	else if (area->nr_pages > MOST_IN_INTERRUPT)
		defer_area_unmap(vmap, area);
	else
		unmap_cached_area(&vmap->cache, area);
}

/* VM_MAP: pages that the caller owns */

static bool owns_all_pages(struct carve_vmap *vmap, struct carve_page **pages,
			   unsigned int nr_pages)
{
	unsigned int i;

	for (i = 0; i < nr_pages; i++)
		if (!carve_pages_owns(vmap_pages(vmap), pages[i]))
			return false;
	return true;
}

void *carve_vmap_map_pages(struct carve_vmap *vmap, struct carve_page **pages,
			   unsigned int nr_pages, unsigned long caller)
{
	struct carve_area *area;

	might_sleep();
	if (!nr_pages || nr_pages > vmap_pages(vmap)->nr_pages ||
	    !owns_all_pages(vmap, pages, nr_pages) ||
	    !window_settled(vmap, GFP_KERNEL))
		return NULL;
	area = alloc_area_struct(vmap, nr_pages, GFP_KERNEL | __GFP_NOWARN,
				 caller);
	if (!area)
		return NULL;
	if (map_area(vmap, area, pages, GFP_KERNEL)) {
		__carve_cache_free(vmap->areas, area);
		return NULL;
	}
	publish_area(area);
	return carve_area_addr(area);
}

static bool is_vm_map(const struct carve_area *area)
{
	return area->blocks == CARVE_PAGE_NONE;
}

static struct carve_area *claim_vm_map(struct carve_vmap *vmap, const void *addr)
{
	struct carve_area *area;

	if (!PAGE_ALIGNED(addr))
		return NULL;
	guard(raw_spinlock_irqsave)(&vmap->lock);
	area = carve_space_find(&vmap->space, (unsigned long)addr >> PAGE_SHIFT);
	if (!area || area->state != CARVE_AREA_USED || !is_vm_map(area))
		return NULL;
	area->state = CARVE_AREA_LAZY;
	return area;
}

void carve_vmap_unmap_pages(struct carve_vmap *vmap, const void *addr,
			    unsigned long caller)
{
	struct carve_area *area;

	might_sleep();
	if (!addr)
		return;
	area = claim_vm_map(vmap, addr);
	if (area)
		unmap_area_now(vmap, area);
	else
		carve_report_misuse(vmap_pages(vmap), CARVE_MISUSE_FREE, addr,
				    "not the start of a carve_vmap() mapping", caller);
}

bool carve_vmap_owns(struct carve_vmap *vmap, const void *p)
{
	return carve_mapping_page(vmap, p);
}

/* kvmalloc: contiguous if possible */

void *__carve_kvmalloc(struct carve_vmap *vmap, size_t size, gfp_t gfp,
		       unsigned long caller)
{
	void *p = __carve_kmalloc(vmap->slabs, size,
				  carve_gfp_for_order(gfp, 1), caller);

	if (p)
		return p;
	/* Less than a page, too: a new slab may need contiguous pages */
	if (size <= PAGE_SIZE)
		return carve_kmalloc_large(vmap->slabs, size, gfp, caller);
	return carve_vmap_alloc(vmap, size, gfp, caller);
}

/* False if @p can only be an allocation of kmalloc() */
static __always_inline bool may_be_area(struct carve_vmap *vmap,
					const void *p)
{
	/* Memory reserved at boot is mapped in vmalloc space, too */
	const struct carve_page *page = carve_pages_lookup(vmap_pages(vmap), p);

	return !page || page->state == CARVE_PAGE_AREA;
}

void __carve_kvfree(struct carve_vmap *vmap, const void *p,
		    unsigned long caller)
{
	if (ZERO_OR_NULL_PTR(p))
		return;
	if (may_be_area(vmap, p))
		carve_vmap_free(vmap, p, caller);
	else
		__carve_kfree(vmap->slabs, p, caller);
}

static size_t area_usable(struct carve_vmap *vmap, const void *addr)
{
	const struct carve_area *area;

	if (!PAGE_ALIGNED(addr))
		return 0;
	guard(raw_spinlock_irqsave)(&vmap->lock);
	area = carve_space_find(&vmap->space, (unsigned long)addr >> PAGE_SHIFT);
	/* 0 for VM_MAP areas: their pages belong to the caller */
	return area && area->state == CARVE_AREA_USED && !is_vm_map(area) ?
	       carve_area_bytes(area) : 0;
}

/* Zero everything behind @size, for a later resize that grows it */
static void *resize_area_in_place(const void *addr, size_t size, size_t usable,
				  gfp_t gfp)
{
	if (want_init_on_alloc(gfp))
		memset((void *)addr + size, 0, usable - size);
	return (void *)addr;
}

void *carve_vmap_resize(struct carve_vmap *vmap, const void *addr, size_t size,
			gfp_t gfp, unsigned long caller)
{
	size_t usable = area_usable(vmap, addr);
	void *new;

	if (addr && !usable) {
		report_not_an_area(vmap, CARVE_MISUSE_REALLOC, addr, caller);
		return NULL;
	}
	if (!size) {
		carve_vmap_free(vmap, addr, caller);
		return NULL;
	}
	if (size <= usable)
		return resize_area_in_place(addr, size, usable, gfp);
	new = carve_vmap_alloc(vmap, size, gfp, caller);
	if (new && addr) {
		memcpy(new, addr, usable);
		carve_vmap_free(vmap, addr, caller);
	}
	return new;
}

size_t carve_kvmalloc_usable(struct carve_vmap *vmap, const void *p)
{
	return carve_kmalloc_usable(vmap->slabs, p) ?: area_usable(vmap, p);
}

static void report_bad_resize(struct carve_vmap *vmap, const void *p,
			      unsigned long caller)
{
	if (may_be_area(vmap, p))
		report_not_an_area(vmap, CARVE_MISUSE_REALLOC, p, caller);
	else
		carve_kmalloc_report(vmap->slabs, CARVE_MISUSE_REALLOC, p,
				     caller);
}

void *carve_kvmalloc_resize(struct carve_vmap *vmap, const void *p,
			    size_t size, gfp_t gfp, unsigned long caller)
{
	size_t usable = carve_kvmalloc_usable(vmap, p);
	void *new;

	if (size && size <= usable) {
		if (carve_kmalloc_usable(vmap->slabs, p))
			return carve_kmalloc_resize(vmap->slabs, p, size, gfp,
						    caller);
		return resize_area_in_place(p, size, usable, gfp);
	}
	if (!usable && !ZERO_OR_NULL_PTR(p)) {
		report_bad_resize(vmap, p, caller);
		return NULL;
	}
	new = __carve_kvmalloc(vmap, size, gfp, caller);
	if (!new)
		return NULL;
	if (size)
		memcpy(new, p, carve_kmalloc_written(vmap->slabs, p) ?: usable);
	__carve_kvfree(vmap, p, caller);
	return new;
}

/* Set-up and removal */

unsigned long carve_vmap_shrink(struct carve_vmap *vmap)
{
	unsigned long cached = atomic_long_read(&vmap->cache.nr_pages);

	carve_area_cache_drain(&vmap->cache);
	flush_work(&vmap->work);
	carve_mapping_purge(vmap);
	return cached;
}

void carve_vmap_set_cache_limit(struct carve_vmap *vmap, unsigned long keep,
				bool eager)
{
	WRITE_ONCE(vmap->keep, keep);
	WRITE_ONCE(vmap->eager, eager);
	WRITE_ONCE(vmap->cache.limit, eager ? 0 : keep);
	carve_vmap_shrink(vmap);
}

static unsigned long shrink_vmap(struct carve_shrinker *shrinker)
{
	return carve_vmap_shrink(container_of(shrinker, struct carve_vmap,
					      shrinker));
}

/* Frees nothing if unmapping needs a task */
static unsigned int shrink_vmap_atomic(struct carve_shrinker *shrinker,
				       unsigned int most)
{
	struct carve_vmap *vmap = container_of(shrinker, struct carve_vmap,
					       shrinker);

	return carve_mapping_needs_task(vmap) ?
	       0 : carve_area_cache_shrink_atomic(&vmap->cache, most);
}

void carve_vmap_drain_dead(struct carve_vmap *vmap, unsigned int cpu)
{
	carve_area_cache_drain_dead(&vmap->cache, cpu);
}

int carve_vmap_init(struct carve_vmap *vmap, struct carve_slabs *slabs,
		    struct carve_boot *boot)
{
	const struct carve_cache_args args = {
		.name = "carve_area",
		.size = sizeof(struct carve_area),
		.caller = _THIS_IP_,
		.internal = true,
	};

	vmap->slabs = slabs;
	raw_spin_lock_init(&vmap->lock);
	mutex_init(&vmap->purging);
	init_llist_head(&vmap->lazy);
	init_llist_head(&vmap->deferred);
	INIT_WORK(&vmap->work, unmap_deferred_areas);
	vmap->areas = carve_cache_boot(slabs, boot, &args);
	if (!vmap->areas)
		return -ENOMEM;
	vmap->cache.take_down = unmap_cached_area;
	carve_area_cache_init(&vmap->cache, boot, slabs->pages->nr_pages);
	vmap->keep = vmap->cache.limit;
	vmap->shrinker.shrink = shrink_vmap;
	vmap->shrinker.shrink_atomic = shrink_vmap_atomic;
	carve_pages_add_shrinker(slabs->pages, &vmap->shrinker);
	carve_window_setup_init(vmap);
	return 0;
}

void carve_vmap_exit(struct carve_vmap *vmap)
{
	carve_window_setup_stop(vmap);
	carve_window_exit(&vmap->window);
}

void carve_vmap_flush(struct carve_vmap *vmap)
{
	flush_work(&vmap->work);
}

/* Reports and checks */

static unsigned int area_state(const struct carve_area *area)
{
	/* Pairs with publish_area() */
	return smp_load_acquire(&area->state);
}

/**
 * struct walk - a walk over all areas
 * @vmap: the areas
 * @fn: called for each area, under vmap->lock
 * @arg: passed to @fn
 */
struct walk {
	struct carve_vmap *vmap;
	void (*fn)(const struct carve_area *area, void *arg);
	void *arg;
};

/* Walk a batch from page @from on; returns where to continue, 0: at the end */
static unsigned long walk_area_batch(const struct walk *walk,
				     unsigned long from)
{
	struct carve_vmap *vmap = walk->vmap;
	const struct carve_area *area;
	unsigned long work = 0;

	guard(raw_spinlock_irqsave)(&vmap->lock);
	for (area = carve_space_from(&vmap->space, from); area;
	     area = carve_space_next(area)) {
		walk->fn(area, walk->arg);
		work += AREA_WORK + area->nr_pages;
		if (work >= WALK_WORK)
			return area->first + 1;
	}
	return 0;
}

/* Drops the lock between batches, so that areas may come and go */
static void walk_areas(const struct walk *walk)
{
	unsigned long from = 0;

	do {
		from = walk_area_batch(walk, from);
		cond_resched();
	} while (from);
}

static void call_if_used(const struct carve_area *area, void *arg)
{
	const struct walk *walk = arg;

	if (area_state(area) == CARVE_AREA_USED)
		walk->fn(area, walk->arg);
}

void carve_vmap_for_each(struct carve_vmap *vmap,
			 void (*fn)(const struct carve_area *area, void *arg),
			 void *arg)
{
	struct walk used = { .fn = fn, .arg = arg };
	const struct walk all = { vmap, call_if_used, &used };

	walk_areas(&all);
}

static void count_area(const struct carve_area *area, void *arg)
{
	struct carve_vmap_usage *usage = arg;

	switch (area_state(area)) {
	case CARVE_AREA_USED:
		usage->nr_areas++;
		usage->nr_pages += area->nr_pages;
		break;
	case CARVE_AREA_CACHED:
		usage->nr_cached++;
		usage->nr_cached_pages += area->nr_pages;
		break;
	default:
		usage->nr_lazy++;
	}
}

void carve_vmap_usage(struct carve_vmap *vmap, struct carve_vmap_usage *usage)
{
	const struct walk walk = { vmap, count_area, usage };

	*usage = (struct carve_vmap_usage){ };
	walk_areas(&walk);
}

struct check {
	struct carve_vmap *vmap;
	struct carve_report *report;
};

static void check_area(const struct carve_area *area, void *arg)
{
	const struct check *check = arg;

	carve_space_check(&check->vmap->space, area, check->report);
	if (area_state(area) != CARVE_AREA_LAZY && !is_vm_map(area))
		carve_mapping_check(check->vmap, area, check->report);
}

void carve_vmap_check(struct carve_vmap *vmap, struct carve_report *r)
{
	struct check check = { vmap, r };
	const struct walk walk = { vmap, check_area, &check };

	walk_areas(&walk);
}
