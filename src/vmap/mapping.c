// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings
 *
 * Where a carveout has a window (window.c), an area gets the lowest addresses
 * in it that are free, with an unmapped guard page behind, and the entries of
 * the page tables are written. Nothing is allocated for that. When the area goes,
 * its entries are cleared and its pages are free at once. Its addresses are not,
 * since TLBs may still have them: they wait until there are enough of them to be
 * worth a flush on all CPUs, as natively (mm/vmalloc.c calls this lazy purging).
 *
 * Elsewhere the kernel's vmap() finds the addresses and maps the pages. It
 * wants an array of them, which is needed for the length of the call only, and
 * is itself allocated from the carveout: contiguous if that is easy, otherwise
 * as an area, whose array is 512 times smaller. So an area can be had as long
 * as enough single pages are free. Memory that the kernel has never known
 * (mem=) has no struct pages, which are what vmap() maps. There an area is one
 * run of pages, at the address that it has anyway, without a guard page.
 */
#include <linux/sched/mm.h>
#include <linux/vmalloc.h>

#include "report.h"
#include "trace/events.h"
#include "vmap/blocks.h"
#include "vmap/mapping.h"

/* Addresses that wait for a flush: at most one part in so many of the window */
#define GONE_SHARE 4

static struct carve_pages *pages_of(const struct carve_vmap *vmap)
{
	return vmap->slabs->pages;
}

static void erase(struct carve_vmap *vmap, struct carve_area *area)
{
	guard(raw_spinlock_irqsave)(&vmap->lock);
	carve_space_erase(&vmap->space, area);
}

/* In a window */

static unsigned long index_of(const struct carve_vmap *vmap,
			      const struct carve_area *area)
{
	return area->first - vmap->space.first;
}

void carve_mapping_purge(struct carve_vmap *vmap)
{
	struct carve_area *area, *next;
	struct llist_node *list;

	guard(mutex)(&vmap->purging);
	list = llist_del_all(&vmap->gone);
	if (!list)
		return;
	carve_window_flush(&vmap->window);
	llist_for_each_entry_safe(area, next, list, next) {
		atomic_long_sub(area->span, &vmap->nr_gone);
		erase(vmap, area);
		carve_cache_put(vmap->areas, area);
		cond_resched();
	}
}

static bool place(struct carve_vmap *vmap, struct carve_area *area)
{
	guard(raw_spinlock_irqsave)(&vmap->lock);
	return carve_space_place(&vmap->space, area);
}

static int find_room(struct carve_vmap *vmap, struct carve_area *area,
		     gfp_t gfp)
{
	if (!gfpflags_allow_blocking(gfp))
		return place(vmap, area) ? 0 : -ENOMEM;
	if (atomic_long_read(&vmap->nr_gone) >
	    vmap->window.nr_pages / GONE_SHARE)
		carve_mapping_purge(vmap);
	if (place(vmap, area))
		return 0;
	carve_kept_drain(&vmap->kept);
	carve_mapping_purge(vmap);
	return place(vmap, area) ? 0 : -ENOMEM;
}

static void map_blocks(struct carve_vmap *vmap, const struct carve_area *area)
{
	struct carve_pages *pages = pages_of(vmap);
	unsigned long index = index_of(vmap, area);
	struct carve_page *block;

	carve_for_each_block(block, area, pages) {
		carve_window_map(&vmap->window, index,
				 carve_pages_pfn(pages, block),
				 BIT(block->order));
		index += BIT(block->order);
	}
}

static int add_to_window(struct carve_vmap *vmap, struct carve_area *area,
			 gfp_t gfp)
{
	int ret = find_room(vmap, area, gfp);

	if (!ret)
		map_blocks(vmap, area);
	return ret;
}

static void remove_from_window(struct carve_vmap *vmap, struct carve_area *area)
{
	carve_window_unmap(&vmap->window, index_of(vmap, area), area->nr_pages);
	carve_blocks_free(pages_of(vmap), area);
	atomic_long_add(area->span, &vmap->nr_gone);
	llist_add(&area->next, &vmap->gone);
}

/* By the kernel */

static bool has_struct_pages(const struct carve_vmap *vmap,
			     const struct carve_area *area)
{
	struct carve_pages *pages = pages_of(vmap);
	struct carve_page *block;

	carve_for_each_block(block, area, pages) {
		unsigned long pfn = carve_pages_pfn(pages, block);

		if (!pfn_valid(pfn) || !pfn_valid(pfn + BIT(block->order) - 1))
			return false;
	}
	return true;
}

static void fill_array(const struct carve_vmap *vmap,
		       const struct carve_area *area, struct page **array)
{
	struct carve_pages *pages = pages_of(vmap);
	struct carve_page *block;
	unsigned int i;

	carve_for_each_block(block, area, pages)
		for (i = 0; i < BIT(block->order); i++)
			*array++ = pfn_to_page(carve_pages_pfn(pages, block) + i);
}

static void insert(struct carve_vmap *vmap, struct carve_area *area,
		   const void *addr)
{
	guard(raw_spinlock_irqsave)(&vmap->lock);
	area->first = (unsigned long)addr >> PAGE_SHIFT;
	carve_space_insert(&vmap->space, area);
}

/* vmap() takes native memory, and isn't told what that may have reclaimed */
static void *map_as_allowed(struct page **array, unsigned int nr, gfp_t gfp)
{
	const gfp_t all = __GFP_IO | __GFP_FS;
	unsigned int flags;
	void *addr;

	if ((gfp & all) == all)
		return vmap(array, nr, CARVE_VMAP_FLAGS, PAGE_KERNEL);
	flags = memalloc_noio_save();
	addr = vmap(array, nr, CARVE_VMAP_FLAGS, PAGE_KERNEL);
	memalloc_noio_restore(flags);
	return addr;
}

static int map_array(struct carve_vmap *vmap, struct carve_area *area,
		     struct page **array, gfp_t gfp)
{
	void *addr = map_as_allowed(array, area->nr_pages, gfp);

	if (!addr)
		return -ENOMEM;
	insert(vmap, area, addr);
	return 0;
}

static int add_natively(struct carve_vmap *vmap, struct carve_area *area,
			gfp_t gfp)
{
	size_t bytes = area->nr_pages * sizeof(struct page *);
	struct page **array;
	int ret;

	array = carve_kvmalloc_get(vmap, bytes, gfp & ~__GFP_ZERO,
				   area->caller);
	if (!array)
		return -ENOMEM;
	fill_array(vmap, area, array);
	ret = map_array(vmap, area, array, gfp);
	carve_kvmalloc_put(vmap, array, area->caller);
	return ret;
}

/* Instead of blocks that can't be mapped */
static int add_run(struct carve_vmap *vmap, struct carve_area *area, gfp_t gfp)
{
	void *addr;

	carve_blocks_free(pages_of(vmap), area);
	addr = carve_blocks_alloc_run(pages_of(vmap), area, gfp);
	if (!addr)
		return -ENOMEM;
	area->span = area->nr_pages;
	insert(vmap, area, addr);
	return 0;
}

static void remove_natively(struct carve_vmap *vmap, struct carve_area *area)
{
	const void *addr = carve_area_addr(area);

	/* First: from then on the addresses may be another area's */
	erase(vmap, area);
	if (!carve_pages_lookup(pages_of(vmap), addr))
		vunmap(addr);
	carve_blocks_free(pages_of(vmap), area);
	carve_cache_put(vmap->areas, area);
}

/* Either way */

static int traced(const struct carve_vmap *vmap, const struct carve_area *area,
		  int ret)
{
	if (!ret)
		trace_carve_map(pages_of(vmap)->name, carve_area_addr(area),
				area->nr_pages, area->caller);
	return ret;
}

int carve_mapping_add(struct carve_vmap *vmap, struct carve_area *area,
		      gfp_t gfp)
{
	int ret;

	area->span = area->nr_pages + 1;
	if (!(gfp & __GFP_NOFAIL) &&
	    carve_fault_strikes(&pages_of(vmap)->fault))
		return -ENOMEM;
	if (carve_window_exists(&vmap->window))
		ret = add_to_window(vmap, area, gfp);
	else if (has_struct_pages(vmap, area))
		ret = add_natively(vmap, area, gfp);
	else
		ret = add_run(vmap, area, gfp);
	return traced(vmap, area, ret);
}

static int add_given_to_window(struct carve_vmap *vmap,
			       struct carve_area *area,
			       struct carve_page **pages)
{
	unsigned int i;
	int ret;

	ret = find_room(vmap, area, GFP_KERNEL);
	for (i = 0; i < area->nr_pages && !ret; i++)
		carve_window_map(&vmap->window, index_of(vmap, area) + i,
				 carve_pages_pfn(pages_of(vmap), pages[i]), 1);
	return ret;
}

static int add_given_natively(struct carve_vmap *vmap, struct carve_area *area,
			      struct carve_page **pages)
{
	size_t bytes = area->nr_pages * sizeof(struct page *);
	struct page **array;
	unsigned int i;
	int ret = 0;

	array = carve_kvmalloc_get(vmap, bytes, GFP_KERNEL, area->caller);
	if (!array)
		return -ENOMEM;
	for (i = 0; i < area->nr_pages && !ret; i++) {
		unsigned long pfn = carve_pages_pfn(pages_of(vmap), pages[i]);

		array[i] = pfn_to_page(pfn);
		if (!pfn_valid(pfn))
			ret = -ENOMEM;
	}
	if (!ret)
		ret = map_array(vmap, area, array, GFP_KERNEL);
	carve_kvmalloc_put(vmap, array, area->caller);
	return ret;
}

int carve_mapping_add_given(struct carve_vmap *vmap, struct carve_area *area,
			    struct carve_page **pages)
{
	area->span = area->nr_pages + 1;
	if (carve_fault_strikes(&pages_of(vmap)->fault))
		return -ENOMEM;
	return traced(vmap, area, carve_window_exists(&vmap->window) ?
		      add_given_to_window(vmap, area, pages) :
		      add_given_natively(vmap, area, pages));
}

bool carve_mapping_needs_task(const struct carve_vmap *vmap)
{
	return !carve_window_exists(&vmap->window) || READ_ONCE(vmap->eager);
}

void carve_mapping_remove(struct carve_vmap *vmap, struct carve_area *area)
{
	trace_carve_unmap(pages_of(vmap)->name, carve_area_addr(area),
			  area->nr_pages, area->caller);
	/* Those who walk the areas under the lock leave it alone from here on */
	scoped_guard(raw_spinlock_irqsave, &vmap->lock)
		area->state = CARVE_AREA_GONE;
	if (carve_window_exists(&vmap->window))
		remove_from_window(vmap, area);
	else
		remove_natively(vmap, area);
}

/* Where the kernel maps. Nothing is, before it is decided that it does. */
static struct carve_page *page_natively(struct carve_vmap *vmap,
					const void *addr)
{
	struct carve_pages *pages = pages_of(vmap);
	/* Memory kept back at boot lies between vmalloc addresses itself */
	struct carve_page *page = carve_pages_lookup(pages, addr);

	if (page || !is_vmalloc_addr(addr) ||
	    carve_opening_state(&vmap->opening) != CARVE_WINDOW_NONE)
		return page;
	return vmalloc_to_page(addr) ?
	       carve_pages_lookup_pfn(pages, vmalloc_to_pfn(addr)) : NULL;
}

static __always_inline struct carve_page *page_at(struct carve_vmap *vmap,
						  const void *addr)
{
	phys_addr_t phys;

	/* Nothing is found in a window that isn't there */
	if (likely(carve_window_phys(&vmap->window, addr, &phys)))
		return carve_pages_lookup_phys(pages_of(vmap), phys);
	return carve_window_exists(&vmap->window) ? NULL :
						    page_natively(vmap, addr);
}

struct carve_page *carve_mapping_page(struct carve_vmap *vmap, const void *addr)
{
	return page_at(vmap, addr);
}

struct carve_area *carve_mapping_find(struct carve_vmap *vmap, const void *addr)
{
	struct carve_page *page;
	struct carve_area *area;

	if (!PAGE_ALIGNED(addr))
		return NULL;
	page = page_at(vmap, addr);
	if (!page || READ_ONCE(page->state) != CARVE_PAGE_AREA)
		return NULL;
	area = READ_ONCE(page->area);
	/* Whatever has become of a page that somebody else frees just now */
	if (unlikely(!carve_pages_contain(pages_of(vmap), area)))
		return NULL;
	return carve_area_addr(area) == addr ? area : NULL;
}

void carve_mapping_check(struct carve_vmap *vmap, const struct carve_area *area,
			 struct carve_report *r)
{
	struct carve_pages *pages = pages_of(vmap);
	const void *addr = carve_area_addr(area);
	struct carve_page *block;

	lockdep_assert_held(&vmap->lock);
	carve_report_unless(r, carve_blocks_count(pages, area) ==
			    area->nr_pages,
			    "the blocks behind an area are not its %u pages",
			    area->nr_pages);
	if (!carve_window_exists(&vmap->window) ||
	    carve_blocks_count(pages, area) != area->nr_pages)
		return;
	carve_for_each_block(block, area, pages) {
		carve_report_unless(r, carve_mapping_page(vmap, addr) == block &&
				    block->area == area,
				    "an area of %u pages is not mapped to its blocks",
				    area->nr_pages);
		addr += PAGE_SIZE << block->order;
	}
}
