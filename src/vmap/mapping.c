// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping areas
 *
 * If the carveout has a window (window.c), an area gets the lowest free
 * addresses in it, followed by an unmapped guard page, and its page table
 * entries are written without allocating anything. Unmapping clears the entries
 * and frees the pages at once. The addresses may still be in TLBs: they are
 * reused only after a flush on all CPUs, which is delayed until enough of them
 * have accumulated (lazy purging, as in mm/vmalloc.c).
 *
 * Without a window, the kernel's vmap() allocates the addresses and maps the
 * pages. The caller allocates the page array that it needs for the length of the
 * call (vmap.c). Memory hidden from the kernel (mem=) has no struct
 * pages, so vmap() can't map it. There an area is a contiguous run of pages at
 * its address in the region's mapping, without a guard page.
 *
 * Locking: vmap->lock for the space, vmap->purging for a flush. The entries of
 * an area are written by its owner alone.
 */
#include <linux/vmalloc.h>

#include "compat/noio.h"
#include "lib/report.h"
#include "trace/events.h"
#include "vmap/blocks.h"
#include "vmap/mapping.h"

/* Purge when more than 1/LAZY_SHARE of the window is lazy */
#define LAZY_SHARE 4

static struct carve_pages *mapping_pages(const struct carve_vmap *vmap)
{
	return vmap->slabs->pages;
}

static void erase_area(struct carve_vmap *vmap, struct carve_area *area)
{
	guard(raw_spinlock_irqsave)(&vmap->lock);
	carve_space_erase(&vmap->space, area);
}

/* With a window */

static unsigned long window_index(const struct carve_vmap *vmap,
				  const struct carve_area *area)
{
	return area->first - vmap->space.first;
}

void carve_mapping_purge(struct carve_vmap *vmap)
{
	struct carve_area *area, *next;
	struct llist_node *list;

	guard(mutex)(&vmap->purging);
	list = llist_del_all(&vmap->lazy);
	if (!list)
		return;
	carve_window_flush(&vmap->window);
	llist_for_each_entry_safe(area, next, list, next) {
		atomic_long_sub(area->span, &vmap->nr_lazy);
		erase_area(vmap, area);
		__carve_cache_free(vmap->areas, area);
		cond_resched();
	}
}

static bool place_area(struct carve_vmap *vmap, struct carve_area *area)
{
	guard(raw_spinlock_irqsave)(&vmap->lock);
	return carve_space_place(&vmap->space, area);
}

static int place_or_purge(struct carve_vmap *vmap, struct carve_area *area,
			  gfp_t gfp)
{
	if (!gfpflags_allow_blocking(gfp))
		return place_area(vmap, area) ? 0 : -ENOMEM;
	if (atomic_long_read(&vmap->nr_lazy) >
	    vmap->window.nr_pages / LAZY_SHARE)
		carve_mapping_purge(vmap);
	if (place_area(vmap, area))
		return 0;
	carve_area_cache_drain(&vmap->cache);
	carve_mapping_purge(vmap);
	return place_area(vmap, area) ? 0 : -ENOMEM;
}

static void map_blocks(struct carve_vmap *vmap, const struct carve_area *area)
{
	struct carve_pages *pages = mapping_pages(vmap);
	unsigned long index = window_index(vmap, area);
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
	int ret = place_or_purge(vmap, area, gfp);

	if (!ret)
		map_blocks(vmap, area);
	return ret;
}

static void remove_from_window(struct carve_vmap *vmap, struct carve_area *area)
{
	carve_window_unmap(&vmap->window, window_index(vmap, area),
			   area->nr_pages);
	carve_blocks_free(mapping_pages(vmap), area);
	atomic_long_add(area->span, &vmap->nr_lazy);
	llist_add(&area->next, &vmap->lazy);
}

/* With vmap() */

static bool area_has_struct_pages(const struct carve_vmap *vmap,
				  const struct carve_area *area)
{
	struct carve_pages *pages = mapping_pages(vmap);
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
	struct carve_pages *pages = mapping_pages(vmap);
	struct carve_page *block;
	unsigned int i;

	carve_for_each_block(block, area, pages)
		for (i = 0; i < BIT(block->order); i++)
			*array++ = pfn_to_page(carve_pages_pfn(pages, block) + i);
}

static void insert_area(struct carve_vmap *vmap, struct carve_area *area,
			const void *addr)
{
	guard(raw_spinlock_irqsave)(&vmap->lock);
	area->first = (unsigned long)addr >> PAGE_SHIFT;
	carve_space_insert(&vmap->space, area);
}

/* vmap() allocates with GFP_KERNEL: restrict it to what @gfp allows */
static void *map_as_allowed(struct page **array, unsigned int nr, gfp_t gfp)
{
	const gfp_t all = __GFP_IO | __GFP_FS;
	unsigned int flags;
	void *addr;

	if ((gfp & all) == all)
		return vmap(array, nr, CARVE_VMAP_FLAGS, PAGE_KERNEL);
	flags = carve_compat_noio_save();
	addr = vmap(array, nr, CARVE_VMAP_FLAGS, PAGE_KERNEL);
	carve_compat_noio_restore(flags);
	return addr;
}

static int map_array(struct carve_vmap *vmap, struct carve_area *area,
		     struct page **array, gfp_t gfp)
{
	void *addr = map_as_allowed(array, area->nr_pages, gfp);

	if (!addr)
		return -ENOMEM;
	insert_area(vmap, area, addr);
	return 0;
}

static int add_by_vmap(struct carve_vmap *vmap, struct carve_area *area,
		       struct page **array, gfp_t gfp)
{
	fill_array(vmap, area, array);
	return map_array(vmap, area, array, gfp);
}

/* Replace the blocks, which vmap() can't map, by a contiguous run */
static int add_contiguous(struct carve_vmap *vmap, struct carve_area *area,
			  gfp_t gfp)
{
	void *addr;

	carve_blocks_free(mapping_pages(vmap), area);
	addr = carve_blocks_alloc_run(mapping_pages(vmap), area, gfp);
	if (!addr)
		return -ENOMEM;
	area->span = area->nr_pages;
	insert_area(vmap, area, addr);
	return 0;
}

static void remove_by_vunmap(struct carve_vmap *vmap, struct carve_area *area)
{
	const void *addr = carve_area_addr(area);

	/* Before vunmap(): after it, another area may get the addresses */
	erase_area(vmap, area);
	if (!carve_pages_lookup(mapping_pages(vmap), addr))
		vunmap(addr);
	carve_blocks_free(mapping_pages(vmap), area);
	__carve_cache_free(vmap->areas, area);
}

/* Both ways */

static int trace_map(const struct carve_vmap *vmap,
		     const struct carve_area *area, int ret)
{
	if (!ret)
		trace_carve_map(mapping_pages(vmap)->name,
				carve_area_addr(area), area->nr_pages,
				area->caller);
	return ret;
}

size_t carve_mapping_array_bytes(const struct carve_vmap *vmap,
				 const struct carve_area *area)
{
	if (carve_window_exists(&vmap->window) ||
	    !area_has_struct_pages(vmap, area))
		return 0;
	return area->nr_pages * sizeof(struct page *);
}

int carve_mapping_add(struct carve_vmap *vmap, struct carve_area *area,
		      struct page **array, gfp_t gfp)
{
	int ret;

	area->span = area->nr_pages + 1;
	if (!(gfp & __GFP_NOFAIL) &&
	    carve_fault_strikes(&mapping_pages(vmap)->fault))
		return -ENOMEM;
	if (carve_window_exists(&vmap->window))
		ret = add_to_window(vmap, area, gfp);
	else if (array)
		ret = add_by_vmap(vmap, area, array, gfp);
	else
		ret = add_contiguous(vmap, area, gfp);
	return trace_map(vmap, area, ret);
}

static int map_pages_in_window(struct carve_vmap *vmap,
			       struct carve_area *area,
			       struct carve_page **pages)
{
	unsigned int i;
	int ret;

	ret = place_or_purge(vmap, area, GFP_KERNEL);
	for (i = 0; i < area->nr_pages && !ret; i++)
		carve_window_map(&vmap->window, window_index(vmap, area) + i,
				 carve_pages_pfn(mapping_pages(vmap), pages[i]),
				 1);
	return ret;
}

static int map_pages_by_vmap(struct carve_vmap *vmap, struct carve_area *area,
			     struct page **array, struct carve_page **pages)
{
	unsigned int i;

	for (i = 0; i < area->nr_pages; i++) {
		unsigned long pfn = carve_pages_pfn(mapping_pages(vmap),
						    pages[i]);

		if (!pfn_valid(pfn))
			return -ENOMEM;
		array[i] = pfn_to_page(pfn);
	}
	return map_array(vmap, area, array, GFP_KERNEL);
}

int carve_mapping_map_pages(struct carve_vmap *vmap, struct carve_area *area,
			    struct page **array, struct carve_page **pages)
{
	area->span = area->nr_pages + 1;
	if (carve_fault_strikes(&mapping_pages(vmap)->fault))
		return -ENOMEM;
	return trace_map(vmap, area, array ?
			 map_pages_by_vmap(vmap, area, array, pages) :
			 map_pages_in_window(vmap, area, pages));
}

bool carve_mapping_needs_task(const struct carve_vmap *vmap)
{
	return !carve_window_exists(&vmap->window) || READ_ONCE(vmap->eager);
}

void carve_mapping_remove(struct carve_vmap *vmap, struct carve_area *area)
{
	trace_carve_unmap(mapping_pages(vmap)->name, carve_area_addr(area),
			  area->nr_pages, area->caller);
	/* From here on, walks under the lock skip its mapping */
	scoped_guard(raw_spinlock_irqsave, &vmap->lock)
		area->state = CARVE_AREA_LAZY;
	if (carve_window_exists(&vmap->window))
		remove_from_window(vmap, area);
	else
		remove_by_vunmap(vmap, area);
}

/* A page mapped by vmap(): none before the setup has ended without a window */
static struct carve_page *vmalloc_page_at(struct carve_vmap *vmap,
					  const void *addr)
{
	struct carve_pages *pages = mapping_pages(vmap);
	/* Memory reserved at boot is mapped in vmalloc space, too */
	struct carve_page *page = carve_pages_lookup(pages, addr);

	if (page || !is_vmalloc_addr(addr) ||
	    carve_window_setup_state(&vmap->setup) != CARVE_WINDOW_NONE)
		return page;
	return vmalloc_to_page(addr) ?
	       carve_pages_lookup_pfn(pages, vmalloc_to_pfn(addr)) : NULL;
}

static __always_inline struct carve_page *mapped_page(struct carve_vmap *vmap,
						      const void *addr)
{
	phys_addr_t phys;

	/* Finds nothing if there is no window */
	if (likely(carve_window_phys(&vmap->window, addr, &phys)))
		return carve_pages_lookup_phys(mapping_pages(vmap), phys);
	return carve_window_exists(&vmap->window) ? NULL :
						    vmalloc_page_at(vmap, addr);
}

struct carve_page *carve_mapping_page(struct carve_vmap *vmap, const void *addr)
{
	return mapped_page(vmap, addr);
}

struct carve_area *carve_mapping_find(struct carve_vmap *vmap, const void *addr)
{
	struct carve_page *page;
	struct carve_area *area;

	if (!PAGE_ALIGNED(addr))
		return NULL;
	page = mapped_page(vmap, addr);
	if (!page || READ_ONCE(page->state) != CARVE_PAGE_AREA)
		return NULL;
	area = READ_ONCE(page->area);
	/* @page may be freed concurrently, and its @area be anything */
	if (unlikely(!carve_pages_contain(mapping_pages(vmap), area)))
		return NULL;
	return carve_area_addr(area) == addr ? area : NULL;
}

void carve_mapping_check(struct carve_vmap *vmap, const struct carve_area *area,
			 struct carve_report *r)
{
	struct carve_pages *pages = mapping_pages(vmap);
	const void *addr = carve_area_addr(area);
	struct carve_page *block;

	lockdep_assert_held(&vmap->lock);
	carve_report_unless(r, carve_blocks_count(pages, area) ==
			    area->nr_pages,
			    "the blocks of an area do not add up to its %u pages",
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
