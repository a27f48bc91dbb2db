// SPDX-License-Identifier: GPL-2.0
/*
 * vmalloc over a carveout: find virtual space, take scattered blocks of pages,
 * map them.
 *
 * An area is handed out from those kept mapped (kept.c), or else made: a
 * record, blocks of pages (blocks.c), addresses that lead to them (mapping.c).
 * A freed area is kept, or else taken down: by a work item if that may sleep or
 * takes long and the free didn't come from a task.
 *
 * Invariants, walked by carve_vmap_check():
 *  - what carve_space_check() says of the addresses of all areas;
 *  - the blocks behind an area in use or kept add up to its length, and their
 *    descriptors say CARVE_PAGE_AREA and name it;
 *  - in a window, its addresses lead to its blocks, in their order.
 *
 * Locks: vmap->lock is taken with nothing else but vmap->purging, and nothing
 * is taken under it. An area's state goes from USED to KEPT by the caller that
 * frees it, back to USED by the one that takes it from a magazine, and to GONE
 * under the lock.
 */
#include <linux/mm.h>

#include "percpu/each_cpu.h"
#include "report.h"
#include "trace/events.h"
#include "vmap/blocks.h"
#include "vmap/mapping.h"

/* Pages of an area that an interrupt which frees it unmaps itself */
#define MOST_IN_INTERRUPT 64

static struct carve_pages *pages_of(const struct carve_vmap *vmap)
{
	return vmap->slabs->pages;
}

static struct carve_vmap *vmap_of(struct carve_kept *kept)
{
	return container_of(kept, struct carve_vmap, kept);
}

/* Making areas */

static struct carve_area *new_record(struct carve_vmap *vmap,
				     unsigned int nr_pages, gfp_t gfp,
				     unsigned long caller)
{
	struct carve_area *area;

	area = carve_cache_get(vmap->areas, gfp & ~__GFP_ZERO);
	if (area)
		*area = (struct carve_area){
			.nr_pages = nr_pages,
			.class = carve_kept_class(&vmap->kept, nr_pages),
			.state = CARVE_AREA_GONE,
			.blocks = CARVE_PAGE_NONE,
			.caller = caller,
		};
	return area;
}

/* Is it decided how areas are mapped? Waits for that, where it may */
static bool settled(struct carve_vmap *vmap, gfp_t gfp)
{
	if (likely(carve_opening_state(&vmap->opening) !=
		   CARVE_WINDOW_BUILDING))
		return true;
	if (!gfpflags_allow_blocking(gfp))
		return false;
	carve_opening_wait(vmap);
	return true;
}

static void publish(struct carve_area *area)
{
	/* Pairs with state_of(): who sees it in use sees all the rest, too */
	smp_store_release(&area->state, CARVE_AREA_USED);
}

static bool any_zone(gfp_t gfp)
{
	return carve_gfp_zone(gfp) == CARVE_ZONE_NORMAL;
}

/* A window maps pages that have no address, too, and as natively these first */
static gfp_t gfp_for_blocks(const struct carve_vmap *vmap, gfp_t gfp)
{
	return any_zone(gfp) && carve_window_exists(&vmap->window) ?
	       gfp | __GFP_HIGHMEM : gfp;
}

static void trace_fail(const struct carve_vmap *vmap, unsigned long bytes,
		       gfp_t gfp, const char *why, unsigned long caller)
{
	if (trace_carve_fail_enabled())
		trace_carve_fail(pages_of(vmap)->name, "area", bytes,
				 get_order(bytes), gfp, why, caller);
}

static noinline struct carve_area *make_area(struct carve_vmap *vmap,
					     unsigned int nr_pages, gfp_t gfp,
					     unsigned long caller)
{
	const char *why = "no memory for its record";
	struct carve_area *area;

	might_alloc(gfp);
	if (!settled(vmap, gfp))
		return NULL;
	area = new_record(vmap, nr_pages, gfp, caller);
	if (!area)
		goto fail;
	why = "too few pages are free";
	if (carve_blocks_alloc(pages_of(vmap), area,
			       gfp_for_blocks(vmap, gfp)))
		goto free_record;
	why = "it can't be mapped";
	if (carve_mapping_add(vmap, area, gfp))
		goto free_blocks;
	publish(area);
	return area;

free_blocks:
	carve_blocks_free(pages_of(vmap), area);
free_record:
	carve_cache_put(vmap->areas, area);
fail:
	trace_fail(vmap, (unsigned long)nr_pages << PAGE_SHIFT, gfp, why,
		   caller);
	return NULL;
}

/* Out of the way of those who ask for other sizes */
static noinline void trace_refusal(const struct carve_vmap *vmap,
				   unsigned long size, gfp_t gfp,
				   unsigned long caller)
{
	trace_fail(vmap, size, gfp,
		   size ? "the carveout is smaller" : "no bytes", caller);
}

/* Kept areas are where they are: not for those who ask for a zone */
static __always_inline struct carve_area *
take_kept(struct carve_vmap *vmap, unsigned long nr_pages, gfp_t gfp,
	  unsigned long caller)
{
	struct carve_area *area;

	if (unlikely(!any_zone(gfp)))
		return NULL;
	area = carve_kept_get(&vmap->kept, nr_pages);
	if (!area)
		return NULL;
	area->caller = caller;
	publish(area);
	if (want_init_on_alloc(gfp))
		memset(carve_area_addr(area), 0, carve_area_bytes(area));
	return area;
}

void *carve_vmap_alloc(struct carve_vmap *vmap, unsigned long size, gfp_t gfp,
		       unsigned long caller)
{
	unsigned long nr_pages = PFN_UP(size);
	struct carve_area *area;

	/* Where it would look for something better to do, a kept area is quicker */
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP))
		might_alloc(gfp);
	/* Of no bytes, or of so many that they overflow, there are no pages */
	if (unlikely(nr_pages - 1 >= pages_of(vmap)->nr_pages || !size)) {
		trace_refusal(vmap, size, gfp, caller);
		return NULL;
	}
	area = take_kept(vmap, nr_pages, gfp, caller);
	if (unlikely(!area))
		area = make_area(vmap, nr_pages, gfp, caller);
	return likely(area) ? carve_area_addr(area) : NULL;
}

/* Taking them down */

/* By a task, soon */
static void take_down_later(struct carve_vmap *vmap, struct carve_area *area)
{
	if (llist_add(&area->next, &vmap->deferred))
		carve_run_later(&vmap->work);
}

/* Any context but NMI */
static void take_down(struct carve_kept *kept, struct carve_area *area)
{
	struct carve_vmap *vmap = vmap_of(kept);

	if (carve_mapping_needs_task(vmap))
		take_down_later(vmap, area);
	else
		carve_mapping_remove(vmap, area);
}

/* A task that can sleep */
static noinline void take_down_now(struct carve_vmap *vmap,
				   struct carve_area *area)
{
	carve_mapping_remove(vmap, area);
	if (READ_ONCE(vmap->eager))
		carve_mapping_purge(vmap);
}

static void take_down_deferred(struct work_struct *work)
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

/* The area that begins at @addr, which is the caller's from now on, or NULL */
static __always_inline struct carve_area *claim(struct carve_vmap *vmap,
						const void *addr)
{
	struct carve_area *area = carve_mapping_find(vmap, addr);
	unsigned int used = CARVE_AREA_USED;

	return area && try_cmpxchg(&area->state, &used, CARVE_AREA_KEPT) ?
	       area : NULL;
}

/* What isn't kept is cleared when its pages are freed: what is long, by a task */
static noinline bool clear_to_keep(struct carve_area *area)
{
	if (!area->class ||
	    (in_interrupt() && area->nr_pages > MOST_IN_INTERRUPT))
		return false;
	memset(carve_area_addr(area), 0, carve_area_bytes(area));
	return true;
}

static __always_inline bool keep(struct carve_vmap *vmap,
				 struct carve_area *area)
{
	if (want_init_on_free() && !clear_to_keep(area))
		return false;
	return carve_kept_put(&vmap->kept, area);
}

void carve_vmap_free(struct carve_vmap *vmap, const void *addr,
		     unsigned long caller)
{
	struct carve_area *area;

	if (!addr)
		return;
	area = claim(vmap, addr);
	if (unlikely(!area)) {
		carve_pages_bad_free(pages_of(vmap), addr,
				     "not the start of an area", caller);
		return;
	}
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP) && !in_interrupt())
		might_sleep();
	if (likely(keep(vmap, area)))
		return;
	if (!in_interrupt())
		take_down_now(vmap, area);
	else if (area->nr_pages > MOST_IN_INTERRUPT)
		take_down_later(vmap, area);
	else
		take_down(&vmap->kept, area);
}

/* Pages that the caller has */

static bool all_own(struct carve_vmap *vmap, struct carve_page **pages,
		    unsigned int nr_pages)
{
	unsigned int i;

	for (i = 0; i < nr_pages; i++)
		if (!carve_pages_owns(pages_of(vmap), pages[i]))
			return false;
	return true;
}

void *carve_vmap_given(struct carve_vmap *vmap, struct carve_page **pages,
		       unsigned int nr_pages, unsigned long caller)
{
	struct carve_area *area;

	might_sleep();
	if (!nr_pages || nr_pages > pages_of(vmap)->nr_pages ||
	    !all_own(vmap, pages, nr_pages) || !settled(vmap, GFP_KERNEL))
		return NULL;
	area = new_record(vmap, nr_pages, GFP_KERNEL | __GFP_NOWARN, caller);
	if (!area)
		return NULL;
	if (carve_mapping_add_given(vmap, area, pages)) {
		carve_cache_put(vmap->areas, area);
		return NULL;
	}
	publish(area);
	return carve_area_addr(area);
}

static bool is_given(const struct carve_area *area)
{
	return area->blocks == CARVE_PAGE_NONE;
}

static struct carve_area *claim_given(struct carve_vmap *vmap, const void *addr)
{
	struct carve_area *area;

	if (!PAGE_ALIGNED(addr))
		return NULL;
	guard(raw_spinlock_irqsave)(&vmap->lock);
	area = carve_space_find(&vmap->space, (unsigned long)addr >> PAGE_SHIFT);
	if (!area || area->state != CARVE_AREA_USED || !is_given(area))
		return NULL;
	area->state = CARVE_AREA_GONE;
	return area;
}

void carve_vmap_unmap_given(struct carve_vmap *vmap, const void *addr,
			    unsigned long caller)
{
	struct carve_area *area;

	might_sleep();
	if (!addr)
		return;
	area = claim_given(vmap, addr);
	if (area)
		take_down_now(vmap, area);
	else
		carve_pages_bad_free(pages_of(vmap), addr,
				     "not a mapping of given pages", caller);
}

bool carve_vmap_owns(struct carve_vmap *vmap, const void *p)
{
	return carve_mapping_page(vmap, p);
}

/* Contiguous where that is easy */

void *carve_kvmalloc_get(struct carve_vmap *vmap, size_t size, gfp_t gfp,
			 unsigned long caller)
{
	void *p = carve_kmalloc_get(vmap->slabs, size,
				    carve_gfp_for_order(gfp, 1), caller);

	if (p)
		return p;
	/* Below a page, too: a new slab may want several pages in a row */
	if (size <= PAGE_SIZE)
		return carve_kmalloc_large(vmap->slabs, size, gfp, caller);
	return carve_vmap_alloc(vmap, size, gfp, caller);
}

void carve_kvmalloc_put(struct carve_vmap *vmap, const void *p,
			unsigned long caller)
{
	const struct carve_page *page;

	if (ZERO_OR_NULL_PTR(p))
		return;
	/* Memory kept back at boot lies between vmalloc addresses itself */
	page = carve_pages_lookup(pages_of(vmap), p);
	if (!page || page->state == CARVE_PAGE_AREA)
		carve_vmap_free(vmap, p, caller);
	else
		carve_kmalloc_put(vmap->slabs, p, caller);
}

static size_t area_usable(struct carve_vmap *vmap, const void *addr)
{
	const struct carve_area *area;

	if (!PAGE_ALIGNED(addr))
		return 0;
	guard(raw_spinlock_irqsave)(&vmap->lock);
	area = carve_space_find(&vmap->space, (unsigned long)addr >> PAGE_SHIFT);
	/* Not of pages that were given: these are mapped there, not allocated */
	return area && area->state == CARVE_AREA_USED && !is_given(area) ?
	       carve_area_bytes(area) : 0;
}

size_t carve_kvmalloc_usable(struct carve_vmap *vmap, const void *p)
{
	return carve_kmalloc_usable(vmap->slabs, p) ?: area_usable(vmap, p);
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
		/* All behind the size is zero, so that it is when it grows */
		if (want_init_on_alloc(gfp))
			memset((void *)p + size, 0, usable - size);
		return (void *)p;
	}
	/* What is no allocation is told of, and nothing is made of it */
	if (!usable && !ZERO_OR_NULL_PTR(p)) {
		carve_kvmalloc_put(vmap, p, caller);
		return NULL;
	}
	new = carve_kvmalloc_get(vmap, size, gfp, caller);
	if (!new)
		return NULL;
	if (size)
		memcpy(new, p, carve_kmalloc_written(vmap->slabs, p) ?: usable);
	carve_kvmalloc_put(vmap, p, caller);
	return new;
}

/* Set-up and removal */

unsigned long carve_vmap_shrink(struct carve_vmap *vmap)
{
	unsigned long kept = atomic_long_read(&vmap->kept.nr_pages);

	carve_kept_drain(&vmap->kept);
	flush_work(&vmap->work);
	carve_mapping_purge(vmap);
	return kept;
}

void carve_vmap_set_kept(struct carve_vmap *vmap, unsigned long keep,
			 bool eager)
{
	WRITE_ONCE(vmap->keep, keep);
	WRITE_ONCE(vmap->eager, eager);
	WRITE_ONCE(vmap->kept.limit, eager ? 0 : keep);
	carve_vmap_shrink(vmap);
}

static unsigned long shrink(struct carve_shrinker *shrinker)
{
	return carve_vmap_shrink(container_of(shrinker, struct carve_vmap,
					      shrinker));
}

/* Where a task is needed to unmap, there is nothing to be had at once */
static bool spare(struct carve_shrinker *shrinker)
{
	struct carve_vmap *vmap = container_of(shrinker, struct carve_vmap,
					       shrinker);

	return !carve_mapping_needs_task(vmap) &&
	       carve_kept_spare(&vmap->kept);
}

void carve_vmap_drain_dead(struct carve_vmap *vmap, unsigned int cpu)
{
	carve_kept_drain_dead(&vmap->kept, cpu);
}

int carve_vmap_init(struct carve_vmap *vmap, struct carve_slabs *slabs,
		    struct carve_boot *boot)
{
	const struct carve_cache_args args = {
		.name = "carve_area",
		.size = sizeof(struct carve_area),
		.caller = _THIS_IP_,
		.own = true,
	};

	vmap->slabs = slabs;
	raw_spin_lock_init(&vmap->lock);
	mutex_init(&vmap->purging);
	init_llist_head(&vmap->gone);
	init_llist_head(&vmap->deferred);
	INIT_WORK(&vmap->work, take_down_deferred);
	vmap->areas = carve_cache_boot(slabs, boot, &args);
	if (!vmap->areas)
		return -ENOMEM;
	vmap->kept.take_down = take_down;
	carve_kept_init(&vmap->kept, boot, slabs->pages->nr_pages);
	vmap->keep = vmap->kept.limit;
	vmap->shrinker.shrink = shrink;
	vmap->shrinker.spare = spare;
	carve_pages_add_shrinker(slabs->pages, &vmap->shrinker);
	carve_opening_init(vmap);
	return 0;
}

void carve_vmap_exit(struct carve_vmap *vmap)
{
	carve_opening_stop(vmap);
	carve_window_exit(&vmap->window);
}

void carve_vmap_flush(struct carve_vmap *vmap)
{
	flush_work(&vmap->work);
}

/* Reports and checks */

static unsigned int state_of(const struct carve_area *area)
{
	/* Pairs with publish() */
	return smp_load_acquire(&area->state);
}

void carve_vmap_for_each(struct carve_vmap *vmap,
			 void (*fn)(const struct carve_area *area, void *arg),
			 void *arg)
{
	struct carve_area *area;

	guard(raw_spinlock_irqsave)(&vmap->lock);
	carve_space_for_each(area, &vmap->space)
		if (state_of(area) == CARVE_AREA_USED)
			fn(area, arg);
}

static void count_area(struct carve_vmap_usage *usage,
		       const struct carve_area *area)
{
	switch (state_of(area)) {
	case CARVE_AREA_USED:
		usage->nr_areas++;
		usage->nr_pages += area->nr_pages;
		break;
	case CARVE_AREA_KEPT:
		usage->nr_kept++;
		usage->nr_kept_pages += area->nr_pages;
		break;
	default:
		usage->nr_gone++;
	}
}

void carve_vmap_usage(struct carve_vmap *vmap, struct carve_vmap_usage *usage)
{
	struct carve_area *area;

	*usage = (struct carve_vmap_usage){ };
	guard(raw_spinlock_irqsave)(&vmap->lock);
	carve_space_for_each(area, &vmap->space)
		count_area(usage, area);
}

void carve_vmap_check(struct carve_vmap *vmap, struct carve_report *r)
{
	struct carve_area *area;

	guard(raw_spinlock_irqsave)(&vmap->lock);
	carve_space_check(&vmap->space, r);
	carve_space_for_each(area, &vmap->space)
		if (state_of(area) != CARVE_AREA_GONE && !is_given(area))
			carve_mapping_check(vmap, area, r);
}
