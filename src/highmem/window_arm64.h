/* SPDX-License-Identifier: GPL-2.0 */
/* Windows on arm64: page table entries. See window_internal.h, window_arm64.c. */
#ifndef _CARVE_WINDOW_ARM64_H
#define _CARVE_WINDOW_ARM64_H

#include <linux/mm.h>
#include <asm/barrier.h>

/* The bit of entries that are present and not valid, by its name before 6.11 */
#ifndef PTE_PRESENT_INVALID
#define PTE_PRESENT_INVALID PTE_PROT_NONE
#endif

/*
 * Not PAGE_NONE: its shareability bits are part of the address where physical
 * addresses have 52 bits (LPA2)
 */
#define CARVE_WINDOW_EMPTY						\
	__pgprot((pgprot_val(PAGE_KERNEL) & ~PTE_VALID) | PTE_PRESENT_INVALID)

static __always_inline bool carve_window_pte_valid(pte_t pte)
{
	return pte_valid(pte);
}

static __always_inline phys_addr_t carve_window_pte_phys(pte_t pte)
{
	return __pte_to_phys(pte);
}

/*
 * Not set_pte(): it has a barrier for each entry, or leaves it to the end of a
 * lazy MMU section that isn't the module's.
 */
static inline void carve_window_set(pte_t *entry, unsigned long pfn)
{
	WRITE_ONCE(*entry, pfn_pte(pfn, PAGE_KERNEL));
}

static inline void carve_window_clear(pte_t *entry)
{
	WRITE_ONCE(*entry, __pte(0));
}

/*
 * DSB makes the entries visible to the table walks of all CPUs: they are
 * separate observers, which a DMB doesn't order. ISB discards accesses that this
 * CPU has begun too early. Another CPU that gets the address by an acquire has
 * the entry; a fault that it began earlier is spurious, and the kernel retries it
 * (is_spurious_el1_translation_fault()), as for vmap().
 */
static inline void carve_window_sync(void)
{
	dsb(ishst);
	isb();
}

#endif /* _CARVE_WINDOW_ARM64_H */
