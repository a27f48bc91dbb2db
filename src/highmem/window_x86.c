// SPDX-License-Identifier: GPL-2.0
/*
 * Windows on x86-64: page tables and TLBs
 *
 * Xen PV guests have no windows: they can't write page table entries.
 *
 * A flush drops all TLB entries of a CPU, global ones included, for all PCIDs,
 * by toggling CR4.PGE twice (Intel SDM volume 3, 4.10.4.1). With page table
 * isolation nothing smaller is sufficient: kernel pages are not global, and
 * INVLPG leaves the entries of other PCIDs. A flush is expensive, so callers
 * batch them.
 */
#include <linux/cpufeature.h>
#include <linux/smp.h>
#include <asm/processor-flags.h>

#include "highmem/window_internal.h"

bool carve_window_arch_possible(void)
{
	return !cpu_feature_enabled(X86_FEATURE_XENPV);
}

pte_t *carve_window_arch_entry(unsigned long addr)
{
	unsigned int level;
	pte_t *entry = lookup_address(addr, &level);

	return entry && level == PG_LEVEL_4K ? entry : NULL;
}

/* Toggle CR4.PGE twice: not all kernels export a function that does */
static void flush_this_cpu(void *unused)
{
	unsigned long flags, cr4;

	raw_local_irq_save(flags);
	asm volatile("mov %%cr4, %0" : "=r" (cr4) : : "memory");
	asm volatile("mov %0, %%cr4" : : "r" (cr4 ^ X86_CR4_PGE) : "memory");
	asm volatile("mov %0, %%cr4" : : "r" (cr4) : "memory");
	raw_local_irq_restore(flags);
}

void carve_window_arch_flush(unsigned long start, unsigned long end)
{
	on_each_cpu(flush_this_cpu, NULL, 1);
}

void carve_window_arch_flush_local(unsigned long start, unsigned long end)
{
	if (boot_cpu_has(X86_FEATURE_PTI)) {
		flush_this_cpu(NULL);
		return;
	}
	for (; start < end; start += PAGE_SIZE)
		asm volatile("invlpg (%0)" : : "r" (start) : "memory");
}
