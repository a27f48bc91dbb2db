/* SPDX-License-Identifier: GPL-2.0 */
/* A window: kernel addresses whose page table entries we write. See window.c. */
#ifndef _CARVE_WINDOW_H
#define _CARVE_WINDOW_H

#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

/*
 * Flags for vmap(). VM_IOREMAP makes /proc/kcore show a hole in place of these addresses: it would
 * read the pages through the direct mapping, which memory kept back at boot doesn't have.
 */
#define CARVE_VMAP_FLAGS (VM_MAP | VM_IOREMAP)

/**
 * struct carve_window - a range of the kernel's virtual addresses
 * @virt: where it begins
 * @nr_pages: its length; 0: there is none, or not as yet
 * @first_entry: index of its first entry in the first of @tables
 * @tables: the page tables that lead from it, one pointer for each
 *
 * Constant after carve_window_init(), which sets @nr_pages last. Entries are
 * written without a lock: whoever was given a part of the window writes the
 * entries of that part.
 */
struct carve_window {
	void *virt;
	unsigned long nr_pages;
	unsigned long first_entry;
	pte_t **tables;
};

/* Its length, read while it may still be being made; 0: there is no window as yet, or none */
static __always_inline unsigned long
carve_window_nr_pages(const struct carve_window *w)
{
	/* Pairs with publish(): once this is seen, all the rest is, too */
	return smp_load_acquire(&w->nr_pages);
}

/* Is there a window at all? */
static __always_inline bool carve_window_exists(const struct carve_window *w)
{
	return carve_window_nr_pages(w);
}

#ifdef CARVE_HAVE_WINDOW

/* Are the page tables of this machine ours to write? */
bool carve_window_possible(void);

/**
 * carve_window_init() - reserve addresses and the page tables for them
 * @w: the window, all zero
 * @nr_pages: its length in pages; nothing is mapped there at first
 *
 * Context: may sleep. Takes some 80 instructions a page.
 * Return: 0; -EOPNOTSUPP where the page tables aren't ours to write, -ENOMEM.
 */
int carve_window_init(struct carve_window *w, unsigned long nr_pages);
/* Gives the addresses back, whatever is mapped there; sleeps */
void carve_window_exit(struct carve_window *w);

/* Maps @nr pages from @pfn on at page @index of the window. Any context */
void carve_window_map(struct carve_window *w, unsigned long index,
		      unsigned long pfn, unsigned long nr);
/* Undoes that, as far as the tables go. Any context */
void carve_window_unmap(struct carve_window *w, unsigned long index,
			unsigned long nr);

/*
 * Flush TLBs of what was unmapped, before other pages are mapped there: the first
 * on all CPUs, with interrupts enabled; the second on this CPU alone, with
 * preemption disabled, for what no other CPU has ever used.
 */
void carve_window_flush(struct carve_window *w);
void carve_window_flush_local(struct carve_window *w, unsigned long index,
			      unsigned long nr);

/* The entry for page @index of the window */
static inline pte_t *carve_window_entry(const struct carve_window *w,
					unsigned long index)
{
	unsigned long n = w->first_entry + index;

	return &w->tables[n / PTRS_PER_PTE][n % PTRS_PER_PTE];
}

/* The physical page that @addr is mapped to; false: none, or not of the window */
static __always_inline bool carve_window_phys(const struct carve_window *w,
					      const void *addr,
					      phys_addr_t *phys)
{
	unsigned long nr_pages = carve_window_nr_pages(w);
	unsigned long index = (unsigned long)(addr - w->virt) >> PAGE_SHIFT;
	pte_t pte;

	if (unlikely(index >= nr_pages))
		return false;
	pte = READ_ONCE(*carve_window_entry(w, index));
	*phys = pte_val(pte) & PTE_PFN_MASK;
	return likely(pte_flags(pte) & _PAGE_PRESENT);
}

/* The same as the number of the page frame */
static inline bool carve_window_lookup(const struct carve_window *w,
				       const void *addr, unsigned long *pfn)
{
	phys_addr_t phys = 0;
	bool mapped = carve_window_phys(w, addr, &phys);

	*pfn = PHYS_PFN(phys);
	return mapped;
}

#else /* each area is mapped by the kernel's vmap() */

static inline bool carve_window_possible(void)
{
	return false;
}

static inline int carve_window_init(struct carve_window *w,
				    unsigned long nr_pages)
{
	return -EOPNOTSUPP;
}

static inline void carve_window_exit(struct carve_window *w)
{
}

static inline void carve_window_map(struct carve_window *w,
				    unsigned long index, unsigned long pfn,
				    unsigned long nr)
{
}

static inline void carve_window_unmap(struct carve_window *w,
				      unsigned long index, unsigned long nr)
{
}

static inline void carve_window_flush(struct carve_window *w)
{
}

static inline void carve_window_flush_local(struct carve_window *w,
					    unsigned long index,
					    unsigned long nr)
{
}

static inline bool carve_window_phys(const struct carve_window *w,
				     const void *addr, phys_addr_t *phys)
{
	return false;
}

static inline bool carve_window_lookup(const struct carve_window *w,
				       const void *addr, unsigned long *pfn)
{
	return false;
}

#endif /* CARVE_HAVE_WINDOW */

/* Its bounds, as page numbers */
static inline unsigned long carve_window_first(const struct carve_window *w)
{
	return (unsigned long)w->virt >> PAGE_SHIFT;
}

#endif /* _CARVE_WINDOW_H */
