// SPDX-License-Identifier: GPL-2.0
/*
 * vmalloc over a carveout: find virtual space, take scattered blocks of pages,
 * map them.
 *
 * The pages are taken as blocks as large as are free, and chained through the
 * links of their descriptors. The kernel's vmap() finds the space, with a
 * guard page behind it, and maps the pages there. It wants an array of them,
 * which is needed for the length of the call only, and is itself allocated
 * from the carveout: contiguous if that is easy, otherwise as an area, whose
 * array is 512 times smaller. So an area can be had as long as enough single
 * pages are free.
 *
 * Memory that the kernel has never known (mem=) has no struct pages, which are
 * what vmap() maps. There an area is one run of pages, at the address that it
 * has anyway, without a guard page.
 *
 * The record of an area is found by its address in a tree.
 *
 * Invariants, walked by carve_vmap_check():
 *  - areas don't overlap;
 *  - the blocks behind an area add up to its length, and their heads say
 *    CARVE_PAGE_AREA;
 *  - nr_areas and nr_pages are what the tree holds.
 *
 * Locks: vmap->lock is taken with nothing else, and nothing is taken under it.
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "report.h"
#include "vmap/vmap.h"

static struct carve_pages *pages_of(const struct carve_vmap *vmap)
{
	return vmap->slabs->pages;
}

static size_t area_bytes(const struct carve_area *area)
{
	return (size_t)area->nr_pages << PAGE_SHIFT;
}

/* Blocks of pages */

/* No effort for a block that several smaller ones can stand in for */
static gfp_t gfp_for_order(gfp_t gfp, unsigned int order)
{
	return order ? (gfp & ~__GFP_NOFAIL) | __GFP_NORETRY | __GFP_NOWARN :
		       gfp;
}

static void free_blocks(struct carve_vmap *vmap, struct carve_area *area)
{
	struct carve_pages *pages = pages_of(vmap);

	while (area->blocks != CARVE_PAGE_NONE) {
		struct carve_page *block = &pages->map[area->blocks];

		area->blocks = block->next;
		carve_pages_free(pages, block, block->order, CARVE_PAGE_AREA,
				 area->caller);
	}
}

static void chain_block(struct carve_vmap *vmap, struct carve_area *area,
			struct carve_page *block)
{
	block->next = area->blocks;
	area->blocks = block - pages_of(vmap)->map;
}

static int alloc_blocks(struct carve_vmap *vmap, struct carve_area *area,
			gfp_t gfp)
{
	struct carve_pages *pages = pages_of(vmap);
	unsigned int order = min_t(unsigned int, ilog2(area->nr_pages),
				   CARVE_MAX_ORDER);
	unsigned int left = area->nr_pages;
	struct carve_page *block;

	while (left) {
		order = min_t(unsigned int, order, ilog2(left));
		block = carve_pages_alloc(pages, gfp_for_order(gfp, order),
					  order, CARVE_PAGE_AREA, area->caller);
		if (block) {
			chain_block(vmap, area, block);
			left -= BIT(order);
		} else if (order) {
			order--;
		} else {
			free_blocks(vmap, area);
			return -ENOMEM;
		}
	}
	return 0;
}

/* Mapping */

static unsigned long block_pfn(const struct carve_vmap *vmap,
			       const struct carve_page *block)
{
	struct carve_zone *zone = carve_page_zone(pages_of(vmap), block);

	return carve_zone_pfn(zone, block);
}

static bool has_struct_pages(const struct carve_vmap *vmap,
			     const struct carve_area *area)
{
	struct carve_pages *pages = pages_of(vmap);
	u32 index;

	for (index = area->blocks; index != CARVE_PAGE_NONE;
	     index = pages->map[index].next) {
		const struct carve_page *block = &pages->map[index];
		unsigned long pfn = block_pfn(vmap, block);

		if (!pfn_valid(pfn) || !pfn_valid(pfn + BIT(block->order) - 1))
			return false;
	}
	return true;
}

static void fill_array(const struct carve_vmap *vmap,
		       const struct carve_area *area, struct page **array)
{
	struct carve_pages *pages = pages_of(vmap);
	u32 index = area->blocks;

	while (index != CARVE_PAGE_NONE) {
		struct carve_page *block = &pages->map[index];
		unsigned long pfn = block_pfn(vmap, block);
		unsigned int i;

		for (i = 0; i < BIT(block->order); i++)
			*array++ = pfn_to_page(pfn + i);
		index = block->next;
	}
}

static void *map_array(struct page **array, unsigned int nr_pages)
{
	return vmap(array, nr_pages, VM_MAP, PAGE_KERNEL);
}

static int map_area(struct carve_vmap *vmap, struct carve_area *area, gfp_t gfp)
{
	size_t bytes = area->nr_pages * sizeof(struct page *);
	struct page **array;

	array = carve_kvmalloc_get(vmap, bytes, gfp & ~__GFP_ZERO,
				   area->caller);
	if (!array)
		return -ENOMEM;
	fill_array(vmap, area, array);
	area->addr = map_array(array, area->nr_pages);
	carve_kvmalloc_put(vmap, array, area->caller);
	return area->addr ? 0 : -ENOMEM;
}

/* Areas without a mapping of their own */

/* Cuts a run of pages into blocks that buddies could be; the head is one of them */
static void cut_block(struct carve_page *head, unsigned long offset,
		      unsigned int order)
{
	struct carve_page *page = head + offset;

	page->state = head->state;
	page->order = order;
	page->lifetime = head->lifetime;
	page->caller = head->caller;
}

/* Keeps as much of a block as the area needs, and gives the rest back */
static void trim_block(struct carve_vmap *vmap, struct carve_area *area,
		       struct carve_page *head)
{
	unsigned long end = BIT(head->order), offset = 0;
	unsigned int order;

	while (offset < area->nr_pages) {
		order = ilog2(area->nr_pages - offset);
		cut_block(head, offset, order);
		chain_block(vmap, area, head + offset);
		offset += BIT(order);
	}
	while (offset < end) {
		order = __ffs(offset);
		cut_block(head, offset, order);
		carve_pages_put(pages_of(vmap), head + offset, order);
		offset += BIT(order);
	}
}

/* Instead of blocks that vmap() can't map */
static int take_run(struct carve_vmap *vmap, struct carve_area *area, gfp_t gfp)
{
	struct carve_pages *pages = pages_of(vmap);
	struct carve_page *head;

	free_blocks(vmap, area);
	head = carve_pages_alloc(pages, gfp, get_order(area_bytes(area)),
				 CARVE_PAGE_AREA, area->caller);
	if (!head)
		return -ENOMEM;
	area->addr = carve_pages_address(pages, head);
	trim_block(vmap, area, head);
	return 0;
}

static void unmap_area(struct carve_vmap *vmap, struct carve_area *area)
{
	if (!carve_pages_lookup(pages_of(vmap), area->addr))
		vunmap(area->addr);
}

/* The tree of areas */

static bool before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct carve_area, node)->addr <
	       rb_entry(b, struct carve_area, node)->addr;
}

static void insert(struct carve_vmap *vmap, struct carve_area *area)
{
	guard(raw_spinlock_irqsave)(&vmap->lock);
	rb_add(&area->node, &vmap->root, before);
	vmap->nr_areas++;
	vmap->nr_pages += area->nr_pages;
}

static int compare(const void *addr, const struct rb_node *node)
{
	const struct carve_area *area = rb_entry(node, struct carve_area, node);

	if (addr == area->addr)
		return 0;
	return addr < area->addr ? -1 : 1;
}

/* Takes the area that begins at @addr out of the tree; NULL: there is none */
static struct carve_area *remove(struct carve_vmap *vmap, const void *addr)
{
	struct carve_area *area;
	struct rb_node *node;

	guard(raw_spinlock_irqsave)(&vmap->lock);
	node = rb_find(addr, &vmap->root, compare);
	if (!node)
		return NULL;
	area = rb_entry(node, struct carve_area, node);
	rb_erase(node, &vmap->root);
	vmap->nr_areas--;
	vmap->nr_pages -= area->nr_pages;
	return area;
}

/* Allocation and free */

void *carve_vmap_alloc(struct carve_vmap *vmap, unsigned long size, gfp_t gfp,
		       unsigned long caller)
{
	unsigned long nr_pages = PFN_UP(size);
	struct carve_area *area;

	might_alloc(gfp);
	if (!size || !nr_pages || nr_pages > pages_of(vmap)->nr_pages)
		return NULL;
	area = carve_cache_get(vmap->areas, gfp & ~__GFP_ZERO);
	if (!area)
		return NULL;
	*area = (struct carve_area){
		.nr_pages = nr_pages,
		.blocks = CARVE_PAGE_NONE,
		.caller = caller,
	};
	if (alloc_blocks(vmap, area, gfp))
		goto free_area;
	if (has_struct_pages(vmap, area) ? map_area(vmap, area, gfp) :
					   take_run(vmap, area, gfp))
		goto free_blocks;
	insert(vmap, area);
	return area->addr;

free_blocks:
	free_blocks(vmap, area);
free_area:
	carve_cache_put(vmap->areas, area);
	return NULL;
}

static void free_area(struct carve_vmap *vmap, struct carve_area *area)
{
	unmap_area(vmap, area);
	free_blocks(vmap, area);
	carve_cache_put(vmap->areas, area);
}

static void free_deferred(struct work_struct *work)
{
	struct carve_vmap *vmap = container_of(work, struct carve_vmap, work);
	struct llist_node *list = llist_del_all(&vmap->deferred);
	struct carve_area *area, *next;

	llist_for_each_entry_safe(area, next, list, deferred)
		free_area(vmap, area);
}

void carve_vmap_free(struct carve_vmap *vmap, const void *addr,
		     unsigned long caller)
{
	struct carve_area *area;

	if (!addr)
		return;
	area = remove(vmap, addr);
	if (!area) {
		carve_pages_bad_free(pages_of(vmap), addr,
				     "not the start of an area", caller);
		return;
	}
	if (in_interrupt()) {
		if (llist_add(&area->deferred, &vmap->deferred))
			schedule_work(&vmap->work);
		return;
	}
	might_sleep();
	free_area(vmap, area);
}

void *carve_kvmalloc_get(struct carve_vmap *vmap, size_t size, gfp_t gfp,
			 unsigned long caller)
{
	void *p = carve_kmalloc_get(vmap->slabs, size, gfp_for_order(gfp, 1),
				    caller);

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

int carve_vmap_init(struct carve_vmap *vmap, struct carve_slabs *slabs,
		    struct carve_boot *boot)
{
	const struct carve_cache_args args = {
		.name = "carve_area",
		.size = sizeof(struct carve_area),
		.caller = _THIS_IP_,
	};

	vmap->slabs = slabs;
	vmap->root = RB_ROOT;
	raw_spin_lock_init(&vmap->lock);
	init_llist_head(&vmap->deferred);
	INIT_WORK(&vmap->work, free_deferred);
	vmap->areas = carve_cache_boot(slabs, boot, &args);
	return vmap->areas ? 0 : -ENOMEM;
}

void carve_vmap_flush(struct carve_vmap *vmap)
{
	flush_work(&vmap->work);
}

static void walk(struct carve_vmap *vmap,
		 void (*fn)(const struct carve_area *area, void *arg),
		 void *arg)
{
	struct rb_node *node;

	lockdep_assert_held(&vmap->lock);
	for (node = rb_first(&vmap->root); node; node = rb_next(node))
		fn(rb_entry(node, struct carve_area, node), arg);
}

void carve_vmap_for_each(struct carve_vmap *vmap,
			 void (*fn)(const struct carve_area *area, void *arg),
			 void *arg)
{
	guard(raw_spinlock_irqsave)(&vmap->lock);
	walk(vmap, fn, arg);
}

/* The walk of carve_vmap_check(), which sees one area after the other */
struct check {
	struct carve_vmap *vmap;
	struct carve_report *report;
	void *end;
	unsigned long nr_areas;
	unsigned long nr_pages;
};

static unsigned long count_blocks(struct check *check,
				  const struct carve_area *area)
{
	struct carve_pages *pages = pages_of(check->vmap);
	unsigned long n = 0;
	u32 index = area->blocks;

	while (index < pages->nr_pages && n <= area->nr_pages &&
	       pages->map[index].state == CARVE_PAGE_AREA) {
		n += BIT(pages->map[index].order);
		index = pages->map[index].next;
	}
	return index == CARVE_PAGE_NONE ? n : 0;
}

static void check_area(const struct carve_area *area, void *arg)
{
	struct check *check = arg;

	carve_report_unless(check->report, area->addr >= check->end,
			    "an area of %u pages begins within another one",
			    area->nr_pages);
	carve_report_unless(check->report,
			    count_blocks(check, area) == area->nr_pages,
			    "the blocks behind an area are not its %u pages",
			    area->nr_pages);
	check->end = area->addr + area_bytes(area);
	check->nr_areas++;
	check->nr_pages += area->nr_pages;
}

void carve_vmap_check(struct carve_vmap *vmap, struct carve_report *r)
{
	struct check check = { .vmap = vmap, .report = r };

	guard(raw_spinlock_irqsave)(&vmap->lock);
	walk(vmap, check_area, &check);
	carve_report_unless(r, check.nr_areas == vmap->nr_areas &&
			    check.nr_pages == vmap->nr_pages,
			    "%lu areas with %lu pages, %lu with %lu counted",
			    check.nr_areas, check.nr_pages, vmap->nr_areas,
			    vmap->nr_pages);
}
