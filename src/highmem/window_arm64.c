// SPDX-License-Identifier: GPL-2.0
/*
 * Windows on arm64: page tables and TLBs
 *
 * Neither init_mm nor a lookup of page table entries is exported. TTBR1_EL1 has
 * the physical address of the kernel's top-level table, and the kernel's inline
 * functions walk down from there, folded levels included. The result is only
 * trusted if it is what vmap() has just written for that address (window.c).
 *
 * Entries of the window are never changed from one valid state to another: they
 * are cleared, flushed, and set again, which is the break-before-make sequence
 * that the architecture demands (Arm ARM, D8.17.1). Invalid entries are not kept
 * in TLBs.
 *
 * A flush is an instruction that is broadcast to all CPUs, without an IPI. The
 * local flush is broadcast, too: a walk that another CPU does speculatively, or
 * a TLB that several CPUs share (TTBR1_EL1.CnP), may hold the old entry, and the
 * entry is set again without a flush on other CPUs.
 */
#include <linux/pfn.h>
#include <asm/sysreg.h>
#include <asm/tlbflush.h>

#include "highmem/window_internal.h"

bool carve_window_arch_possible(void)
{
	return true;
}

/*
 * The top-level table. Bits below the page are an offset in it, or, with
 * physical addresses of 52 bits, bits 48 to 51 of the address.
 */
static pgd_t *top_level_table(void)
{
	u64 ttbr = read_sysreg(ttbr1_el1);
	phys_addr_t phys = ttbr & GENMASK_ULL(47, PAGE_SHIFT);

	if (IS_ENABLED(CONFIG_ARM64_PA_BITS_52))
		phys |= (ttbr & GENMASK_ULL(5, 2)) << 46;
	return pfn_valid(PHYS_PFN(phys)) ? phys_to_virt(phys) : NULL;
}

static pmd_t *middle_entry(pgd_t *pgd, unsigned long addr)
{
	p4d_t *p4d;
	pud_t *pud;

	if (pgd_none(READ_ONCE(*pgd)) || pgd_bad(READ_ONCE(*pgd)))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(READ_ONCE(*p4d)) || p4d_bad(READ_ONCE(*p4d)))
		return NULL;
	pud = pud_offset(p4d, addr);
	/* A block is bad */
	if (pud_none(READ_ONCE(*pud)) || pud_bad(READ_ONCE(*pud)))
		return NULL;
	return pmd_offset(pud, addr);
}

pte_t *carve_window_arch_entry(unsigned long addr)
{
	pgd_t *top = top_level_table();
	pmd_t *pmd = top ? middle_entry(pgd_offset_pgd(top, addr), addr) : NULL;
	pte_t *entry;

	if (!pmd || pmd_none(READ_ONCE(*pmd)) || pmd_bad(READ_ONCE(*pmd)))
		return NULL;
	entry = pte_offset_kernel(pmd, addr);
	return pte_cont(READ_ONCE(*entry)) ? NULL : entry;
}

/*
 * Its first barrier pairs with the one in llist_add() of remove_from_window(): the
 * entries that other CPUs have cleared are visible to all table walks before the
 * TLBs are flushed.
 */
void carve_window_arch_flush(unsigned long start, unsigned long end)
{
	flush_tlb_kernel_range(start, end);
}

void carve_window_arch_flush_local(unsigned long start, unsigned long end)
{
	flush_tlb_kernel_range(start, end);
}
