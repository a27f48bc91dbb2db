// SPDX-License-Identifier: GPL-2.0
/*
 * DMA buffers in scatterlists, for other devices, and in mappings of programs.
 *
 * A buffer is physically contiguous, so that one scatterlist entry describes
 * it, and one remap_pfn_range() maps it. Scatterlists refer to struct pages,
 * which memory hidden from the kernel lacks; mappings don't need them. Devices
 * here are coherent, so a mapping is cached as the buffer is.
 *
 * Locking: none. The caller keeps the buffer allocated during a call, and as
 * long as the scatterlist or the mapping is used.
 */
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#include "dma/dma.h"
#include "dma/dma_share.h"
#include "page/pages_inline.h"

/* The length of a scatterlist entry is an unsigned int */
#define MAX_ENTRY_BYTES round_down((unsigned long)UINT_MAX, PAGE_SIZE)

/* The first page of the buffer, or NULL with the reason in the log */
static struct carve_page *find_buffer(struct carve_dma *dma, struct device *dev,
				      size_t size, const void *cpu_addr,
				      dma_addr_t dma_handle, const char *what)
{
	const char *why;
	struct carve_page *head;

	head = carve_dma_find(dma, dev, size, cpu_addr, dma_handle, &why);
	if (!head)
		carve_dma_refuse(dma, dev, what, "%p is %s", cpu_addr, why);
	return head;
}

int carve_dma_fill_sgtable(struct carve_dma *dma, struct device *dev,
			   struct sg_table *sgt, void *cpu_addr,
			   dma_addr_t dma_handle, size_t size)
{
	struct carve_page *head;
	struct page *page;
	int ret;

	if (size > MAX_ENTRY_BYTES) {
		carve_dma_refuse(dma, dev, "scatterlist", "%zu bytes are more than an entry can describe: at most %lu",
				 size, MAX_ENTRY_BYTES);
		return -EINVAL;
	}
	head = find_buffer(dma, dev, size, cpu_addr, dma_handle, "scatterlist");
	if (!head)
		return -EINVAL;
	page = carve_pages_struct_page(dma->pages, head);
	if (!page) {
		carve_dma_refuse(dma, dev, "scatterlist", "memory reserved at boot has no struct pages: use source=contig or cma");
		return -ENXIO;
	}
	ret = sg_alloc_table(sgt, 1, GFP_KERNEL);
	if (!ret)
		sg_set_page(sgt->sgl, page, PAGE_ALIGN(size), 0);
	return ret;
}

int carve_dma_mmap(struct carve_dma *dma, struct device *dev,
		   struct vm_area_struct *vma, void *cpu_addr,
		   dma_addr_t dma_handle, size_t size)
{
	unsigned long first = vma->vm_pgoff, nr = vma_pages(vma);
	struct carve_page *head;

	head = find_buffer(dma, dev, size, cpu_addr, dma_handle, "mapping");
	if (!head)
		return -EINVAL;
	/* A program's mistake, so it isn't logged */
	if (first >= PFN_UP(size) || nr > PFN_UP(size) - first)
		return -ENXIO;
	return remap_pfn_range(vma, vma->vm_start,
			       carve_pages_pfn(dma->pages, head) + first,
			       nr << PAGE_SHIFT, vma->vm_page_prot);
}
