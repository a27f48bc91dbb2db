// SPDX-License-Identifier: GPL-2.0
/*
 * Windows
 *
 * vmap() allocates for each mapping: records, and page tables where there are
 * none. A window does all that once. It is one large vmap() mapping of a page that
 * nobody may access: the kernel then knows that the addresses are taken, and has
 * built the page tables under them, which it leaves alone as long as the mapping
 * lasts. The entries of the last level are then ours, and are written as the
 * kernel writes them (mm/vmalloc.c): an entry that becomes valid needs no flush;
 * one that becomes invalid may stay in any CPU's TLB until that is flushed.
 *
 * A flush drops all TLB entries of a CPU, global ones included, in all address
 * spaces: this is what toggling CR4.PGE twice does (Intel SDM volume 3, 4.10.4.1).
 * Nothing smaller would do with page table isolation, where the kernel's pages
 * are not global: INVLPG then leaves the entries of other PCIDs. A flush is
 * expensive, and meant for many freed areas at once.
 *
 * For x86-64 only, and not for Xen PV guests, which may not write page table
 * entries themselves.
 */
#include <linux/cpufeature.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>
#include <asm/processor-flags.h>

#include "vmap/window.h"

bool carve_window_possible(void)
{
	return !cpu_feature_enabled(X86_FEATURE_XENPV);
}

/* Finds the tables. False: something else than single pages is mapped there */
static bool find_tables(struct carve_window *w)
{
	unsigned long index = 0, i;
	unsigned int level;
	pte_t *pte;

	for (i = 0; index < w->nr_pages; i++) {
		pte = lookup_address((unsigned long)w->virt +
				     (index << PAGE_SHIFT), &level);
		if (!pte || level != PG_LEVEL_4K)
			return false;
		w->tables[i] = PTR_ALIGN_DOWN(pte, PAGE_SIZE);
		index = (i + 1) * PTRS_PER_PTE -
			pte_index((unsigned long)w->virt);
	}
	return true;
}

/*
 * Addresses with page tables under them, and nothing valid in these; but what
 * the kernel takes for mapped pages, for it complains of anything else when it
 * undoes a mapping that it couldn't complete.
 */
static void *reserve(unsigned long nr_pages)
{
	struct page **pages;
	void *virt;

	pages = kvmalloc_array(nr_pages, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	memset_p((void **)pages, ZERO_PAGE(0), nr_pages);
	virt = vmap(pages, nr_pages, CARVE_VMAP_FLAGS,
		    __pgprot(_PAGE_PROTNONE));
	kvfree(pages);
	return virt;
}

static unsigned long nr_tables(unsigned long nr_pages)
{
	/* One more where it doesn't begin at a table's first entry */
	return nr_pages / PTRS_PER_PTE + 2;
}

/* All that vmap() wrote there; it was never valid, so that it may be torn */
static void clear_entries(struct carve_window *w)
{
	unsigned long index, nr;

	for (index = 0; index < w->nr_pages; index += nr) {
		pte_t *entry = carve_window_entry(w, index);

		nr = min(w->nr_pages - index, PTRS_PER_PTE -
			 offset_in_page(entry) / sizeof(*entry));
		memset(entry, 0, nr * sizeof(*entry));
	}
}

/* Those who look at it while it is made see none, or all of it */
static void publish(struct carve_window *w, const struct carve_window *made)
{
	w->virt = made->virt;
	w->first_entry = made->first_entry;
	w->tables = made->tables;
	/* Pairs with carve_window_nr_pages() */
	smp_store_release(&w->nr_pages, made->nr_pages);
}

int carve_window_init(struct carve_window *w, unsigned long nr_pages)
{
	struct carve_window made = { .nr_pages = nr_pages };

	if (!carve_window_possible())
		return -EOPNOTSUPP;
	made.tables = kvcalloc(nr_tables(nr_pages), sizeof(*made.tables),
			       GFP_KERNEL);
	if (!made.tables)
		return -ENOMEM;
	made.virt = reserve(nr_pages);
	if (!made.virt)
		goto free_tables;
	made.first_entry = pte_index((unsigned long)made.virt);
	if (!find_tables(&made))
		goto unmap;
	clear_entries(&made);
	publish(w, &made);
	return 0;

unmap:
	vunmap(made.virt);
free_tables:
	kvfree(made.tables);
	return -ENOMEM;
}

void carve_window_exit(struct carve_window *w)
{
	if (!carve_window_exists(w))
		return;
	vunmap(w->virt);
	kvfree(w->tables);
	*w = (struct carve_window){ };
}

void carve_window_map(struct carve_window *w, unsigned long index,
		      unsigned long pfn, unsigned long nr)
{
	for (; nr; nr--, index++, pfn++)
		set_pte(carve_window_entry(w, index),
			pfn_pte(pfn, PAGE_KERNEL));
}

void carve_window_unmap(struct carve_window *w, unsigned long index,
			unsigned long nr)
{
	for (; nr; nr--, index++)
		set_pte(carve_window_entry(w, index), __pte(0));
}

/* See above. Not by the kernel's functions, which aren't exported everywhere */
static void flush_this_cpu(void *unused)
{
	unsigned long flags, cr4;

	raw_local_irq_save(flags);
	asm volatile("mov %%cr4, %0" : "=r" (cr4) : : "memory");
	asm volatile("mov %0, %%cr4" : : "r" (cr4 ^ X86_CR4_PGE) : "memory");
	asm volatile("mov %0, %%cr4" : : "r" (cr4) : "memory");
	raw_local_irq_restore(flags);
}

void carve_window_flush(struct carve_window *w)
{
	on_each_cpu(flush_this_cpu, NULL, 1);
}

void carve_window_flush_local(struct carve_window *w, unsigned long index,
			      unsigned long nr)
{
	void *addr = w->virt + (index << PAGE_SHIFT);

	if (boot_cpu_has(X86_FEATURE_PTI)) {
		flush_this_cpu(NULL);
		return;
	}
	for (; nr; nr--, addr += PAGE_SIZE)
		asm volatile("invlpg (%0)" : : "r" (addr) : "memory");
}
