// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings of objects.
 *
 * An ordinary mapping shows the pages of its object as those of any file are
 * shown: with a reference for each page table entry, and open to all I/O.
 * Private ones are refused: what is written there would be copied to a page of
 * the kernel's own.
 *
 * A huge mapping, made by an offset of CARVEOUT_USER_HUGE and more, shows the
 * same memory by entries that stand for 2 MiB, where a block of contiguous
 * pages lies there. Our pages aren't compound, so that the kernel couldn't
 * count references to a part of such a block, and must not try: the mapping is
 * a VM_PFNMAP, which get_user_pages() refuses. What it covers is in use as long
 * as it is there; the kernel keeps a list of all mappings of a file, or of the
 * object in this case.
 *
 * A mapping that goes away is taken off that list before processors have
 * forgotten it, and vm_ops->close() comes after; one that comes is counted
 * here before it is put on the list. So as long as the list is shorter than
 * the count, one is in between.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/interval_tree_generic.h>
#include <linux/mm.h>

#include <carveout_user.h>

#include "user/mapping.h"

#define HUGE_OFFSET (CARVEOUT_USER_HUGE >> PAGE_SHIFT)

static_assert(CARVEOUT_USER_END >> PAGE_SHIFT == CARVE_INDEX_END);

static struct carve_object *object_of(const struct vm_area_struct *vma)
{
	return vma->vm_private_data;
}

/* Offset in the object of a mapping's offset in the file */
static unsigned long offset_of(unsigned long pgoff)
{
	return pgoff % HUGE_OFFSET;
}

static unsigned long first_of(const struct vm_area_struct *vma)
{
	return offset_of(vma->vm_pgoff);
}

static unsigned long end_of(struct vm_area_struct *vma)
{
	return first_of(vma) + vma_pages(vma);
}

/* The kernel's tree of mappings, as mm/interval_tree.c has it */
static unsigned long tree_start(struct vm_area_struct *vma)
{
	return vma->vm_pgoff;
}

static unsigned long tree_last(struct vm_area_struct *vma)
{
	return vma->vm_pgoff + vma_pages(vma) - 1;
}

INTERVAL_TREE_DEFINE(struct vm_area_struct, shared.rb, unsigned long,
		     shared.rb_subtree_last, tree_start, tree_last,
		     static __maybe_unused, tree);

#define for_each_mapping(vma, object, first, last) \
	for ((vma) = tree_iter_first(&(object)->mapping.i_mmap, first, last); \
	     (vma); (vma) = tree_iter_next(vma, first, last))

unsigned long carve_object_mapped(struct carve_object *object)
{
	struct vm_area_struct *vma;
	unsigned long nr = 0;

	carve_object_lock_maps(object);
	for_each_mapping(vma, object, 0, ULONG_MAX)
		nr += vma_pages(vma);
	carve_object_unlock_maps(object);
	return nr;
}

bool carve_object_in_flux(struct carve_object *object)
{
	struct vm_area_struct *vma;
	int nr = 0;

	for_each_mapping(vma, object, 0, ULONG_MAX)
		nr++;
	return nr != atomic_read(&object->nr_maps);
}

enum carve_cover carve_object_cover(struct carve_object *object,
				    unsigned long at)
{
	struct vm_area_struct *vma;
	unsigned int nr = 0;

	for_each_mapping(vma, object, at + HUGE_OFFSET, at + HUGE_OFFSET)
		return CARVE_COVERED;
	for_each_mapping(vma, object, at, at)
		if (++nr > 1)
			return CARVE_COVERED;
	return nr ? CARVE_COVERED_ONCE : CARVE_UNCOVERED;
}

static void open_mapping(struct vm_area_struct *vma)
{
	carve_object_to_be_mapped(object_of(vma), first_of(vma), end_of(vma));
	atomic_inc(&object_of(vma)->nr_maps);
}

static void close_mapping(struct vm_area_struct *vma)
{
	carve_object_unmapped(object_of(vma), first_of(vma), end_of(vma));
}

/* A process that touches what isn't there to be had is the only one to suffer */
static vm_fault_t fault(struct vm_fault *vmf)
{
	struct page *page = carve_object_get(object_of(vmf->vma), vmf->pgoff);

	if (IS_ERR(page))
		return VM_FAULT_SIGBUS;
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct small_ops = {
	.open = open_mapping,
	.close = close_mapping,
	.fault = fault,
};

#ifdef CARVE_HAVE_HUGE

/* Whether the huge page around the address fits the mapping, and the object */
static bool fits_huge(const struct vm_fault *vmf)
{
	unsigned long start = vmf->address & PMD_MASK;
	const struct vm_area_struct *vma = vmf->vma;

	return start >= vma->vm_start && start + PMD_SIZE <= vma->vm_end &&
	       IS_ALIGNED(first_of(vma) - (vma->vm_start >> PAGE_SHIFT),
			  HPAGE_PMD_NR);
}

static vm_fault_t fault_huge(struct vm_fault *vmf)
{
	unsigned long at = round_down(offset_of(vmf->pgoff), HPAGE_PMD_NR);
	struct page *block;

	if (!pmd_none(READ_ONCE(*vmf->pmd)) || !fits_huge(vmf))
		return VM_FAULT_FALLBACK;
	block = carve_object_get_block(object_of(vmf->vma), at, HPAGE_PMD_ORDER);
	if (!block)
		return VM_FAULT_FALLBACK;
	return carve_compat_insert_huge(vmf, page_to_pfn(block), true);
}

static vm_fault_t fault_small(struct vm_fault *vmf)
{
	struct page *page = carve_object_get(object_of(vmf->vma),
					     offset_of(vmf->pgoff));
	vm_fault_t ret;

	if (IS_ERR(page))
		return VM_FAULT_SIGBUS;
	ret = vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(page));
	put_page(page);
	return ret;
}

static vm_fault_t fault_either(struct vm_fault *vmf)
{
	vm_fault_t ret = fault_huge(vmf);

	return ret == VM_FAULT_FALLBACK ? fault_small(vmf) : ret;
}

static const struct vm_operations_struct huge_ops = {
	.open = open_mapping,
	.close = close_mapping,
	.fault = fault_either,
};

static int mmap_huge(struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_PFNMAP);
	vma->vm_ops = &huge_ops;
	return 0;
}

#else

static int mmap_huge(struct vm_area_struct *vma)
{
	return -EOPNOTSUPP;
}

#endif

/*
 * Not to be extended, so that the kernel lets it alone as the special mapping
 * that it is (no mlock, no merging); and not to be dumped, since a dump would
 * touch all of it.
 */
int carve_object_mmap(struct carve_object *object, struct vm_area_struct *vma)
{
	bool huge = vma->vm_pgoff >= HUGE_OFFSET;
	int ret;

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_pgoff >= 2 * HUGE_OFFSET ||
	    end_of(vma) > CARVE_INDEX_END)
		return -EINVAL;
	vma->vm_private_data = object;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	if (huge) {
		ret = mmap_huge(vma);
		if (ret)
			return ret;
	} else {
		vm_flags_set(vma, VM_MIXEDMAP);
		vma->vm_ops = &small_ops;
	}
	open_mapping(vma);
	return 0;
}
