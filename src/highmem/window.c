// SPDX-License-Identifier: GPL-2.0
/*
 * Windows: ranges of kernel addresses with preallocated page tables
 *
 * vmap() allocates for each mapping: vmap_areas, and missing page tables. A
 * window does all that once. It is one large vmap() mapping of the zero page
 * without access permissions, so that the kernel reserves the addresses, builds
 * page tables for them, and does not touch these until the mapping is removed.
 * This file then writes the PTEs as mm/vmalloc.c does: an entry that becomes
 * valid needs no flush; one that becomes invalid may stay in TLBs until a
 * flush.
 *
 * vmap() takes an array of pages, at most as many as the machine has. A window
 * larger than RAM, or than 1 GiB, consists of several mappings, its chunks.
 * VM_IOREMAP aligns a mapping to its size rounded up to a power of two. A chunk
 * is a power of two less one page, and the kernel leaves a guard page behind
 * it: so successive chunks are adjacent, unless another mapping lies between
 * them. The guard pages have page table entries as well, and are part of the
 * window.
 *
 * This file is common to all architectures; window_internal.h has what differs. For
 * kernels whose page tables or exports are not as expected, vmap() maps areas.
 *
 * Locking: none. A window is constant after carve_window_init(), and each entry
 * is written by the owner of its address.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/vmalloc.h>

#include "compat/kasan.h"
#include "highmem/window.h"

/* The largest alignment of a VM_IOREMAP mapping */
#define CHUNK_MAX BIT(IOREMAP_MAX_ORDER - PAGE_SHIFT)

/* Page tables may take at most 1/TABLES_SHARE of the available memory */
#define TABLES_SHARE 4

bool carve_window_possible(void)
{
	return carve_window_arch_possible();
}

/*
 * The entry that vmap() has written for the zero page at this address, or NULL: a
 * walk that doesn't find it has not understood the page tables
 */
static pte_t *find_entry(void *addr)
{
	pte_t *entry = carve_window_arch_entry((unsigned long)addr);
	pte_t pte;

	if (!entry)
		return NULL;
	pte = READ_ONCE(*entry);
	return !carve_window_pte_valid(pte) && pte_present(pte) &&
	       pte_pfn(pte) == page_to_pfn(ZERO_PAGE(0)) ? entry : NULL;
}

/* Look up the page tables; false unless all pages are mapped by PTEs */
static bool find_tables(struct carve_window *w)
{
	unsigned long index = 0, i;
	pte_t *pte;

	for (i = 0; index < w->nr_pages; i++) {
		pte = find_entry(w->virt + (index << PAGE_SHIFT));
		if (!pte)
			return false;
		w->tables[i] = PTR_ALIGN_DOWN(pte, PAGE_SIZE);
		index = (i + 1) * PTRS_PER_PTE -
			pte_index((unsigned long)w->virt);
	}
	return true;
}

/* Bytes that the kernel allocates per page: a PTE, and with KASAN its shadow */
static unsigned long bytes_for_page(void)
{
	return sizeof(pte_t) + carve_compat_kasan_shadow(PAGE_SIZE);
}

unsigned long carve_window_limit(void)
{
	long available = si_mem_available();

	return max(available, 0L) / TABLES_SHARE * (PAGE_SIZE / bytes_for_page());
}

/* Reserve addresses and page tables */
static void *reserve_chunk(struct page **pages, unsigned long nr_pages)
{
	return vmap(pages, nr_pages, CARVE_VMAP_FLAGS, CARVE_WINDOW_EMPTY);
}

static unsigned long nr_chunks(const struct carve_window *w)
{
	return w->chunk ? DIV_ROUND_UP(w->nr_pages, w->chunk) : 1;
}

static void *chunk_at(const struct carve_window *w, unsigned long i)
{
	return w->virt + ((i * w->chunk) << PAGE_SHIFT);
}

/* Serialises reserve_row(): two at once would interleave their chunks */
static DEFINE_MUTEX(one_row);

/*
 * Map chunks until as many as needed are adjacent; returns the first of these.
 * Chunks before them are unmapped at the end only, so that none lands there
 * again.
 */
static void *reserve_row(const struct carve_window *w, struct page **pages,
			 void **at, unsigned long max_nr)
{
	unsigned long needed = nr_chunks(w), first = 0, nr = 0, i;
	bool found;

	while (nr < max_nr && nr - first < needed) {
		at[nr] = reserve_chunk(pages, w->chunk - 1);
		if (!at[nr])
			break;
		if (nr && at[nr] - at[nr - 1] != w->chunk << PAGE_SHIFT)
			first = nr;
		nr++;
		cond_resched();
	}
	found = nr - first == needed;
	for (i = 0; i < (found ? first : nr); i++)
		vunmap(at[i]);
	return found ? at[first] : NULL;
}

/* Unpoison the guard pages between chunks: the window uses them */
static void *join_chunks(struct carve_window *w, struct page **pages)
{
	/* Leave room for chunks that turn out not to be adjacent */
	unsigned long max_nr = 2 * nr_chunks(w) + 8, i;
	void **at = kvcalloc(max_nr, sizeof(*at), GFP_KERNEL);

	if (!at)
		return NULL;
	scoped_guard(mutex, &one_row)
		w->virt = reserve_row(w, pages, at, max_nr);
	kvfree(at);
	for (i = 1; i <= nr_chunks(w) && w->virt; i++)
		carve_compat_kasan_unpoison(chunk_at(w, i) - PAGE_SIZE,
					    PAGE_SIZE);
	return w->virt;
}

static void *reserve_all(struct carve_window *w)
{
	unsigned long chunk = min(CHUNK_MAX,
				  rounddown_pow_of_two(totalram_pages()));
	unsigned long nr = min(w->nr_pages, chunk - 1);
	struct page **pages;

	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	memset_p((void **)pages, ZERO_PAGE(0), nr);
	if (nr < w->nr_pages) {
		w->chunk = chunk;
		w->virt = join_chunks(w, pages);
	} else {
		w->virt = reserve_chunk(pages, nr);
	}
	kvfree(pages);
	return w->virt;
}

static void release_all(const struct carve_window *w)
{
	unsigned long i;

	for (i = 0; i < nr_chunks(w); i++) {
		vunmap(chunk_at(w, i));
		cond_resched();
	}
}

static unsigned long nr_tables(unsigned long nr_pages)
{
	/* One more if the window begins in the middle of a table */
	return nr_pages / PTRS_PER_PTE + 2;
}

/* Clear the entries that vmap() wrote; never valid, so tearing is harmless */
static void clear_entries(struct carve_window *w)
{
	unsigned long index, nr;

	for (index = 0; index < w->nr_pages; index += nr) {
		pte_t *entry = carve_window_entry(w, index);

		nr = min(w->nr_pages - index, PTRS_PER_PTE -
			 offset_in_page(entry) / sizeof(*entry));
		memset(entry, 0, nr * sizeof(*entry));
		cond_resched();
	}
}

/* Concurrent readers see no window, or all of it */
static void publish_window(struct carve_window *w,
			   const struct carve_window *made)
{
	w->virt = made->virt;
	w->first_entry = made->first_entry;
	w->tables = made->tables;
	w->chunk = made->chunk;
	/* Pairs with carve_window_nr_pages() */
	smp_store_release(&w->nr_pages, made->nr_pages);
}

int carve_window_init(struct carve_window *w, unsigned long nr_pages)
{
	struct carve_window made = { .nr_pages = nr_pages };
	int ret = -ENOMEM;

	if (!carve_window_possible())
		return -EOPNOTSUPP;
	made.tables = kvcalloc(nr_tables(nr_pages), sizeof(*made.tables),
			       GFP_KERNEL);
	if (!made.tables)
		return -ENOMEM;
	if (!reserve_all(&made))
		goto free_tables;
	made.first_entry = pte_index((unsigned long)made.virt);
	ret = -EOPNOTSUPP;
	if (!find_tables(&made))
		goto unmap;
	clear_entries(&made);
	publish_window(w, &made);
	return 0;

unmap:
	release_all(&made);
free_tables:
	kvfree(made.tables);
	return ret;
}

void carve_window_exit(struct carve_window *w)
{
	if (!carve_window_exists(w))
		return;
	release_all(w);
	kvfree(w->tables);
	*w = (struct carve_window){ };
}

void carve_window_map(struct carve_window *w, unsigned long index,
		      unsigned long pfn, unsigned long nr)
{
	for (; nr; nr--, index++, pfn++)
		carve_window_set(carve_window_entry(w, index), pfn);
	carve_window_sync();
}

void carve_window_unmap(struct carve_window *w, unsigned long index,
			unsigned long nr)
{
	for (; nr; nr--, index++)
		carve_window_clear(carve_window_entry(w, index));
}

static unsigned long window_address(const struct carve_window *w,
				    unsigned long index)
{
	return (unsigned long)w->virt + (index << PAGE_SHIFT);
}

void carve_window_flush(struct carve_window *w)
{
	carve_window_arch_flush(window_address(w, 0),
				window_address(w, w->nr_pages));
}

void carve_window_flush_local(struct carve_window *w, unsigned long index,
			      unsigned long nr)
{
	carve_window_arch_flush_local(window_address(w, index),
				      window_address(w, index + nr));
}
