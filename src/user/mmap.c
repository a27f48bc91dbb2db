// SPDX-License-Identifier: GPL-2.0
/*
 * mmap() and page faults of objects
 *
 * An ordinary mapping maps pages as a file's: with a reference for each page
 * table entry, so that get_user_pages() and I/O work. Private mappings are
 * refused, since copy-on-write would allocate pages of the kernel.
 *
 * A huge mapping, at an offset of CARVEOUT_USER_HUGE or more, maps the object
 * by PMDs where its pages are contiguous. The pages aren't compound, so the
 * kernel can't count references to a PMD: the mapping is VM_PFNMAP, which
 * get_user_pages() refuses. All pages that it covers count as in use: see
 * cover.c.
 *
 * Mappings of memory from a CMA area are VM_PFNMAP as well: for a long-term
 * pin, as of RDMA or io_uring's fixed buffers, get_user_pages() would try to
 * migrate the page out of the area, forever.
 *
 * Locking: called under the mmap lock; object.c takes the object's lock.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>

#include <carveout_user.h>

#include "user/buffer.h"
#include "user/io.h"
#include "user/mmap.h"

static struct carve_object *vma_object(const struct vm_area_struct *vma)
{
	return vma->vm_file->private_data;
}

/* Called for a copy of a mapping, by fork(), mremap() or a split */
static void user_vma_open(struct vm_area_struct *vma)
{
	if (carve_object_map(vma_object(vma), vma))
		carve_object_map_unrecorded(vma_object(vma), vma);
}

static void user_vma_close(struct vm_area_struct *vma)
{
	carve_object_unmap(vma_object(vma), vma);
}

/* If the carveout is full, the process that accesses a new page gets SIGBUS */
static vm_fault_t user_fault(struct vm_fault *vmf)
{
	struct page *page = carve_object_get_page(vma_object(vmf->vma), vmf->pgoff);

	if (IS_ERR(page))
		return VM_FAULT_SIGBUS;
	vmf->page = page;
	return 0;
}

static const struct vm_operations_struct pinnable_ops = {
	.open = user_vma_open,
	.close = user_vma_close,
	.fault = user_fault,
};

/* Page fault of mappings without page references */
static vm_fault_t user_fault_pfn(struct vm_fault *vmf)
{
	struct page *page = carve_object_get_page(vma_object(vmf->vma),
						  vmf->pgoff % CARVE_HUGE_OFFSET);
	vm_fault_t ret;

	if (IS_ERR(page))
		return VM_FAULT_SIGBUS;
	/* For mappings with references, the kernel checks this itself */
	ret = PageHWPoison(page) ? VM_FAULT_HWPOISON :
	      vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(page));
	put_page(page);
	return ret;
}

/* ptrace() and /proc/PID/mem, which can't get references to these pages */
static int user_access(struct vm_area_struct *vma, unsigned long addr, void *buf,
		       int len, int write)
{
	loff_t pos = (carve_vma_first(vma) << PAGE_SHIFT) + (addr - vma->vm_start);

	if (write && !(vma->vm_flags & VM_WRITE))
		return -EACCES;
	len = min_t(unsigned long, len, vma->vm_end - addr);
	return write ? carve_object_poke(vma_object(vma), pos, buf, len) :
		       carve_object_peek(vma_object(vma), pos, buf, len);
}

static const struct vm_operations_struct unpinnable_ops = {
	.open = user_vma_open,
	.close = user_vma_close,
	.access = user_access,
	.fault = user_fault_pfn,
};

#ifdef CARVE_HAVE_HUGE

/* True if the PMD's range lies in the mapping, and offsets are aligned to it */
static bool fits_huge(const struct vm_fault *vmf)
{
	unsigned long start = vmf->address & PMD_MASK;
	const struct vm_area_struct *vma = vmf->vma;

	return start >= vma->vm_start && start + PMD_SIZE <= vma->vm_end &&
	       IS_ALIGNED(carve_vma_first(vma) - (vma->vm_start >> PAGE_SHIFT),
			  HPAGE_PMD_NR);
}

/*
 * True for a write fault while the kernel tracks writes of this mapping: then
 * write permission must be granted page by page.
 */
static bool tracks_writes(const struct vm_fault *vmf)
{
	return vmf->flags & FAULT_FLAG_WRITE &&
	       !pmd_write(pfn_pmd(0, vmf->vma->vm_page_prot));
}

static vm_fault_t user_fault_huge(struct vm_fault *vmf)
{
	unsigned long at = round_down(vmf->pgoff % CARVE_HUGE_OFFSET, HPAGE_PMD_NR);
	struct page *block;

	if (!pmd_none(READ_ONCE(*vmf->pmd)) || !fits_huge(vmf) ||
	    tracks_writes(vmf))
		return VM_FAULT_FALLBACK;
	block = carve_object_get_huge(vma_object(vmf->vma), at, HPAGE_PMD_ORDER);
	if (!block)
		return VM_FAULT_FALLBACK;
	return carve_compat_insert_huge(vmf, page_to_pfn(block));
}

static vm_fault_t user_fault_any(struct vm_fault *vmf)
{
	vm_fault_t ret = user_fault_huge(vmf);

	return ret == VM_FAULT_FALLBACK ? user_fault_pfn(vmf) : ret;
}

static const struct vm_operations_struct huge_ops = {
	.open = user_vma_open,
	.close = user_vma_close,
	.access = user_access,
	.fault = user_fault_any,
};

/* NULL without PMD mappings: paravirtual guests of Xen lack X86_FEATURE_PSE */
static const struct vm_operations_struct *ops_huge(void)
{
	return has_transparent_hugepage() ? &huge_ops : NULL;
}

#else

static const struct vm_operations_struct *ops_huge(void)
{
	return NULL;
}

#endif

bool carve_object_huge_possible(void)
{
	return ops_huge();
}

/*
 * VM_DONTEXPAND makes this a special mapping (no mlock, no merging).
 * VM_DONTDUMP, since a core dump would allocate all of its pages.
 */
int carve_object_mmap(struct carve_object *object, struct vm_area_struct *vma)
{
	bool huge = vma->vm_pgoff >= CARVE_HUGE_OFFSET;
	bool pinnable = !huge && carve_user_pinnable(object->user);

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_pgoff >= 2 * CARVE_HUGE_OFFSET ||
	    carve_vma_end(vma) > CARVE_INDEX_END)
		return -EINVAL;
	vma->vm_ops = huge ? ops_huge() :
		      pinnable ? &pinnable_ops : &unpinnable_ops;
	if (!vma->vm_ops)
		return -EOPNOTSUPP;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP |
			  (pinnable ? VM_MIXEDMAP : VM_PFNMAP));
	return carve_object_map(object, vma);
}
