/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vm_flags_init(), vm_flags_set(): since 6.3; before, drivers wrote vm_flags.
 *
 * carve_compat_insert_huge(): map a huge page by its page frame number, without
 * a reference. vmf_insert_pfn_pmd() takes an unsigned long since 6.17, before
 * that a pfn_t, here with flags that keep GUP from taking a page reference. 6.1
 * exports the function beneath it. @write is false: with true, it would warn if
 * another thread has inserted a page table meanwhile. The entry is writable
 * anyway if vm_page_prot is.
 */
#ifndef _CARVE_COMPAT_LINUX_MM_H
#define _CARVE_COMPAT_LINUX_MM_H

#include_next <linux/mm.h>

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_init(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags = flags;
}

static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}
#endif

#if defined(CARVE_HAVE_HUGE) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/pfn_t.h>

#define carve_compat_insert_huge(vmf, pfn) \
	vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV | PFN_MAP), false)
#elif defined(CARVE_HAVE_HUGE)
#define carve_compat_insert_huge(vmf, pfn) \
	vmf_insert_pfn_pmd(vmf, pfn, false)
#endif

#endif /* _CARVE_COMPAT_LINUX_MM_H */
