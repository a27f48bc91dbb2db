/* SPDX-License-Identifier: GPL-2.0 */
/* Windows on x86-64: page table entries. See window_internal.h, window_x86.c. */
#ifndef _CARVE_WINDOW_X86_H
#define _CARVE_WINDOW_X86_H

#include <linux/mm.h>

#define CARVE_WINDOW_EMPTY __pgprot(_PAGE_PROTNONE)

static __always_inline bool carve_window_pte_valid(pte_t pte)
{
	return pte_flags(pte) & _PAGE_PRESENT;
}

static __always_inline phys_addr_t carve_window_pte_phys(pte_t pte)
{
	return pte_val(pte) & PTE_PFN_MASK;
}

static inline void carve_window_set(pte_t *entry, unsigned long pfn)
{
	set_pte(entry, pfn_pte(pfn, PAGE_KERNEL));
}

static inline void carve_window_clear(pte_t *entry)
{
	set_pte(entry, __pte(0));
}

/* Stores are seen in order by page walks, too */
static inline void carve_window_sync(void)
{
	barrier();
}

#endif /* _CARVE_WINDOW_X86_H */
