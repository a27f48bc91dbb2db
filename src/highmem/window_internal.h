/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What windows need to know of the architecture. Each header defines
 *
 * CARVE_WINDOW_EMPTY: protection of entries that vmap() writes: invalid for the
 *	CPU, and pte_present() for the kernel, which warns of others when it
 *	undoes a mapping that it couldn't complete;
 * carve_window_pte_valid(), carve_window_pte_phys(): of an entry;
 * carve_window_set(), carve_window_clear(): write an entry;
 * carve_window_sync(): call after entries were set, before their addresses are
 *	used.
 */
#ifndef _CARVE_WINDOW_INTERNAL_H
#define _CARVE_WINDOW_INTERNAL_H

#include <linux/mm.h>
#include <linux/types.h>

#ifdef CONFIG_X86_64
#include "highmem/window_x86.h"
#else
#include "highmem/window_arm64.h"
#endif

/* Can the module write page table entries on this machine? */
bool carve_window_arch_possible(void);

/* The page table entry of a vmalloc address; NULL unless one maps one page */
pte_t *carve_window_arch_entry(unsigned long addr);

/*
 * Flush the addresses from @start up to @end from TLBs: of all CPUs, with
 * interrupts enabled; of this CPU, with preemption disabled.
 */
void carve_window_arch_flush(unsigned long start, unsigned long end);
void carve_window_arch_flush_local(unsigned long start, unsigned long end);

#endif /* _CARVE_WINDOW_INTERNAL_H */
