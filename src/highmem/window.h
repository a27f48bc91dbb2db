/* SPDX-License-Identifier: GPL-2.0 */
/* Windows: kernel addresses with preallocated page tables. See window.c. */
#ifndef _CARVE_WINDOW_H
#define _CARVE_WINDOW_H

#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

/*
 * Flags for vmap(). VM_IOREMAP makes /proc/kcore skip these addresses: it reads
 * pages through the direct mapping, which memory reserved at boot doesn't have.
 */
#define CARVE_VMAP_FLAGS (VM_MAP | VM_IOREMAP)

/**
 * struct carve_window - a range of kernel addresses with page tables
 * @virt: its first address
 * @nr_pages: its length; 0 if there is no window, or not yet
 * @first_entry: index of its first entry in the first of @tables
 * @tables: its page tables
 * @chunk: distance in pages of the vmap() mappings it consists of; 0 if one
 *
 * Constant after carve_window_init(), which sets @nr_pages last. Entries are
 * written without a lock, each by the owner of its address.
 */
struct carve_window {
	void *virt;
	unsigned long nr_pages;
	unsigned long first_entry;
	pte_t **tables;
	unsigned long chunk;
};

/* Its length, 0 while there is no window; may race with carve_window_init() */
static __always_inline unsigned long
carve_window_nr_pages(const struct carve_window *w)
{
	/* Pairs with publish_window(): makes the other members visible */
	return smp_load_acquire(&w->nr_pages);
}

static __always_inline bool carve_window_exists(const struct carve_window *w)
{
	return carve_window_nr_pages(w);
}

#ifdef CARVE_HAVE_WINDOW

#include "highmem/window_internal.h"

/* Can the module write page table entries on this machine? */
bool carve_window_possible(void);

/**
 * carve_window_init() - reserve addresses, with empty page tables
 * @w: the window, all zero
 * @nr_pages: its length in pages
 *
 * Context: may sleep. Takes some 80 instructions a page.
 * Return: 0; -EOPNOTSUPP if not carve_window_possible(), or if the kernel's page
 * tables are not as expected; -ENOMEM.
 */
int carve_window_init(struct carve_window *w, unsigned long nr_pages);
/* Limit of @nr_pages: page tables take at most a quarter of available memory */
unsigned long carve_window_limit(void);
/* Free the addresses, even if pages are mapped there; sleeps */
void carve_window_exit(struct carve_window *w);

/* Map @nr pages from @pfn on at page @index of the window. Any context */
void carve_window_map(struct carve_window *w, unsigned long index,
		      unsigned long pfn, unsigned long nr);
/* Clear the entries, without a flush. Any context */
void carve_window_unmap(struct carve_window *w, unsigned long index,
			unsigned long nr);

/*
 * Flush unmapped addresses from TLBs, before other pages are mapped there.
 * carve_window_flush(): on all CPUs, with interrupts enabled.
 * carve_window_flush_local(): on this CPU, with preemption disabled, for
 * addresses that no other CPU has used.
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

/* Physical address of the page at @addr; false if not mapped by the window */
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
	*phys = carve_window_pte_phys(pte);
	return likely(carve_window_pte_valid(pte));
}

/* Like carve_window_phys(), as a page frame number */
static inline bool carve_window_lookup(const struct carve_window *w,
				       const void *addr, unsigned long *pfn)
{
	phys_addr_t phys = 0;
	bool mapped = carve_window_phys(w, addr, &phys);

	*pfn = PHYS_PFN(phys);
	return mapped;
}

#else /* no windows: vmap() maps areas */

static inline bool carve_window_possible(void)
{
	return false;
}

static inline int carve_window_init(struct carve_window *w,
				    unsigned long nr_pages)
{
	return -EOPNOTSUPP;
}

static inline unsigned long carve_window_limit(void)
{
	return 0;
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

/* Number of its first virtual page */
static inline unsigned long carve_window_first(const struct carve_window *w)
{
	return (unsigned long)w->virt >> PAGE_SHIFT;
}

#endif /* _CARVE_WINDOW_H */
