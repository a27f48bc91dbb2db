/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vm_flags_set(): in Linux since 6.3; before, whoever made a mapping wrote its
 * flags himself.
 *
 * carve_compat_insert_huge(): a page table entry for a huge page, by its frame
 * number, without a reference. vmf_insert_pfn_pmd() takes a plain number since
 * 6.17, before that one with flags: not an ordinary page, to those who would
 * take a reference by the entry. 6.1 exports the function beneath it.
 */
#ifndef _CARVE_COMPAT_LINUX_MM_H
#define _CARVE_COMPAT_LINUX_MM_H

#include_next <linux/mm.h>

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}
#endif

#if defined(CARVE_HAVE_HUGE) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/pfn_t.h>

#define carve_compat_insert_huge(vmf, pfn, write) \
	vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV | PFN_MAP), write)
#elif defined(CARVE_HAVE_HUGE)
#define carve_compat_insert_huge(vmf, pfn, write) \
	vmf_insert_pfn_pmd(vmf, pfn, write)
#endif

#endif /* _CARVE_COMPAT_LINUX_MM_H */
