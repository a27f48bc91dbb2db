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
 * a VM_PFNMAP, which get_user_pages() refuses. No reference at all says then
 * that pages are mapped, but the list of mappings that the kernel keeps of each
 * file, and ours is that of the object.
 *
 * A mapping that goes away is taken off that list before processors have
 * forgotten it, and vm_ops->close() comes after; one that comes is counted
 * here before it is put on the list. So as long as the list is shorter than
 * the count says, one is just going.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/rbtree.h>

#include <carveout_user.h>

#include "user/mapping.h"

#define HUGE_OFFSET (CARVEOUT_USER_HUGE >> PAGE_SHIFT)

static_assert(CARVEOUT_USER_END >> PAGE_SHIFT == CARVE_INDEX_END);

static struct carve_object *object_of(const struct vm_area_struct *vma)
{
	return vma->vm_private_data;
}

static bool is_huge(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_PFNMAP;
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

#define for_each_mapping(vma, node, object) \
	for ((node) = rb_first_cached(&(object)->mapping.i_mmap); \
	     (node) && ((vma) = rb_entry(node, struct vm_area_struct, \
					 shared.rb)); \
	     (node) = rb_next(node))

unsigned long carve_object_mapped(struct carve_object *object)
{
	struct vm_area_struct *vma;
	unsigned long nr = 0;
	struct rb_node *node;

	i_mmap_lock_read(&object->mapping);
	for_each_mapping(vma, node, object)
		nr += vma_pages(vma);
	i_mmap_unlock_read(&object->mapping);
	return nr;
}

bool carve_object_huge_mapped(struct carve_object *object, unsigned long at)
{
	struct vm_area_struct *vma;
	struct rb_node *node;
	bool covered = false;
	int nr = 0;

	if (!atomic_read(&object->nr_huge_maps))
		return false;
	i_mmap_lock_read(&object->mapping);
	for_each_mapping(vma, node, object) {
		if (!is_huge(vma))
			continue;
		nr++;
		covered |= at >= first_of(vma) && at < end_of(vma);
	}
	covered |= nr < atomic_read(&object->nr_huge_maps);
	i_mmap_unlock_read(&object->mapping);
	return covered;
}

static void close_mapping(struct vm_area_struct *vma)
{
	if (is_huge(vma))
		atomic_dec(&object_of(vma)->nr_huge_maps);
	carve_object_sweep(object_of(vma), first_of(vma), end_of(vma));
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
	.close = close_mapping,
	.fault = fault,
};

#ifdef CARVE_HAVE_HUGE

static void open_mapping(struct vm_area_struct *vma)
{
	atomic_inc(&object_of(vma)->nr_huge_maps);
}

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
	open_mapping(vma);
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

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_pgoff >= 2 * HUGE_OFFSET ||
	    end_of(vma) > CARVE_INDEX_END)
		return -EINVAL;
	vma->vm_private_data = object;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	if (huge)
		return mmap_huge(vma);
	vm_flags_set(vma, VM_MIXEDMAP);
	vma->vm_ops = &small_ops;
	return 0;
}
