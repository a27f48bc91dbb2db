/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compound pages by hand, as mm/ doesn't export prep_compound_page(): set the
 * fields that it sets, and reset them before the pages go back to mm/. The first
 * tail page has a destructor before 6.6, the order in its flags since then, and
 * ids of mappers since 6.15. Kbuild looks up if set_compound_head() is told the
 * order.
 */
#ifndef _CARVE_COMPAT_COMPOUND_H
#define _CARVE_COMPAT_COMPOUND_H

#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/poison.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)

static inline void carve_compat_compound_set_order(struct page *head,
						   unsigned int order)
{
	set_compound_page_dtor(head, COMPOUND_PAGE_DTOR);
	set_compound_order(head, order);
	atomic_set(compound_mapcount_ptr(head), -1);
	atomic_set(compound_pincount_ptr(head), 0);
}

static inline void carve_compat_compound_clear_order(struct page *head)
{
	set_compound_page_dtor(head, NULL_COMPOUND_DTOR);
	set_compound_order(head, 0);
#ifdef CONFIG_64BIT
	head[1].compound_nr = 0;
#endif
}

#else /* LINUX_VERSION_CODE */

/* The number of pages has a field of its own in most configurations */
static inline void carve_compat_compound_set_nr(struct folio *folio,
						unsigned int nr)
{
#ifdef NR_PAGES_IN_LARGE_FOLIO
	folio->_nr_pages = nr;
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0) && defined(CONFIG_64BIT)
	folio->_folio_nr_pages = nr;
#endif
}

static inline void carve_compat_compound_set_order(struct page *head,
						   unsigned int order)
{
	struct folio *folio = (struct folio *)head;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	folio->_folio_dtor = COMPOUND_PAGE_DTOR;
	folio->_folio_order = order;
#else
	folio->_flags_1 = (folio->_flags_1 & ~0xffUL) | order;
#endif
	carve_compat_compound_set_nr(folio, 1U << order);
	atomic_set(&folio->_nr_pages_mapped, 0);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	atomic_set(&folio->_large_mapcount, -1);
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
	folio->_mm_ids = 0;
	folio->_mm_id_mapcount[0] = -1;
	folio->_mm_id_mapcount[1] = -1;
#endif
	if (IS_ENABLED(CONFIG_64BIT) || order > 1) {
		atomic_set(&folio->_entire_mapcount, -1);
		atomic_set(&folio->_pincount, 0);
	}
	if (order > 1)
		INIT_LIST_HEAD(&folio->_deferred_list);
}

static inline void carve_compat_compound_clear_order(struct page *head)
{
	struct folio *folio = (struct folio *)head;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
	folio->_folio_dtor = NULL_COMPOUND_DTOR;
	folio->_folio_order = 0;
#else
	folio->_flags_1 &= ~PAGE_FLAGS_SECOND;
#endif
	carve_compat_compound_set_nr(folio, 0);
}

#endif /* LINUX_VERSION_CODE */

static inline void carve_compat_compound_set_head(struct page *tail,
						  struct page *head,
						  unsigned int order)
{
#ifdef CARVE_HAVE_COMPOUND_ORDER
	set_compound_head(tail, head, order);
#else
	set_compound_head(tail, head);
#endif
}

/* Make single pages of a compound page; all are frozen */
static inline void carve_compat_compound_reset(struct page *head,
					       unsigned int order)
{
	unsigned long i;

	carve_compat_compound_clear_order(head);
	for (i = 1; i < BIT(order); i++) {
		clear_compound_head(head + i);
		head[i].mapping = NULL;
		set_page_private(head + i, 0);
	}
	__folio_clear_head((struct folio *)head);
}

/*
 * Make a compound page of single pages; all are frozen. Returns false, with
 * nothing changed, if the kernel can't find the head of a block there.
 */
static inline bool carve_compat_compound_set(struct page *head,
					     unsigned int order)
{
	unsigned long i;

	__folio_set_head((struct folio *)head);
	for (i = 1; i < BIT(order); i++) {
		head[i].mapping = TAIL_MAPPING;
		carve_compat_compound_set_head(head + i, head, order);
		set_page_private(head + i, 0);
	}
	carve_compat_compound_set_order(head, order);
	if (compound_head(head + BIT(order) - 1) == head)
		return true;
	carve_compat_compound_reset(head, order);
	return false;
}

#endif /* _CARVE_COMPAT_COMPOUND_H */
