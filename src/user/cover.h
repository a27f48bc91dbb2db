/* SPDX-License-Identifier: GPL-2.0 */
/* The mappings that cover each offset of an object. See cover.c. */
#ifndef _CARVE_USER_COVER_H
#define _CARVE_USER_COVER_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rbtree.h>

#include <carveout_user.h>

/*
 * From this offset of a file on, the object is mapped once more, by huge pages
 */
#define CARVE_HUGE_OFFSET (CARVEOUT_USER_HUGE >> PAGE_SHIFT)

/* Coverage of an offset by mappings */
enum carve_coverage {
	CARVE_UNCOVERED,	/* by no mapping */
	CARVE_COVERED_ONCE,	/* by one mapping, which has page references */
	CARVE_COVERED,		/* by several, or by one without page references */
};

/**
 * struct carve_mapping - record of a mapping
 * @rb: node in the interval tree of the object's mappings
 * @first: first offset of the object that is mapped, in pages
 * @last: last offset, in pages
 * @subtree_last: maximum of @last in the subtree
 * @split: link in the list of mappings that the kernel may be splitting
 * @vma: the mapping
 *
 * While @split is on the list, the range may be larger than that of @vma.
 */
struct carve_mapping {
	struct rb_node rb;
	unsigned long first;
	unsigned long last;
	unsigned long subtree_last;
	struct list_head split;
	struct vm_area_struct *vma;
};

/**
 * struct carve_cover - the mappings of an object
 * @kernel: the kernel's list of the mappings; its lock stabilizes their ranges
 * @tree: records of all mappings, by offset
 * @split: records of mappings that the kernel may be splitting
 * @nr_pages: pages of address space of all mappings
 * @nr_unrecorded: number of mappings without a record, at unknown offsets
 *
 * Guarded by the object's lock.
 */
struct carve_cover {
	struct address_space *kernel;
	struct rb_root_cached tree;
	struct list_head split;
	unsigned long nr_pages;
	unsigned int nr_unrecorded;
};

static inline unsigned long carve_vma_first(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff % CARVE_HUGE_OFFSET;
}

/* The offset after the last one mapped */
static inline unsigned long carve_vma_end(const struct vm_area_struct *vma)
{
	return carve_vma_first(vma) +
	       ((vma->vm_end - vma->vm_start) >> PAGE_SHIFT);
}

/* The record of an open mapping, or NULL if it has none */
static inline struct carve_mapping *
carve_vma_record(const struct vm_area_struct *vma)
{
	return vma->vm_private_data;
}

void carve_cover_init(struct carve_cover *cover, struct address_space *kernel);

/**
 * carve_cover_add() - add a mapping
 * @cover: the mappings of its object
 * @vma: the mapping; in a copy, vm_private_data is still the original's record
 * @mapping: memory for its record, or NULL for none
 *
 * Context: may sleep.
 */
void carve_cover_add(struct carve_cover *cover, struct vm_area_struct *vma,
		     struct carve_mapping *mapping);

/**
 * carve_cover_remove() - remove a mapping
 * @cover: the mappings of its object
 * @vma: the mapping, with empty page tables and flushed TLBs
 *
 * Return: its record, which the caller must free, or NULL if it has none.
 */
struct carve_mapping *carve_cover_remove(struct carve_cover *cover,
					 struct vm_area_struct *vma);

/**
 * carve_cover_update() - update the records of mappings that were split
 * @cover: the mappings of an object
 *
 * Context: may sleep.
 */
void carve_cover_update(struct carve_cover *cover);

/**
 * carve_cover_at() - get the coverage of an offset
 * @cover: the mappings of an object
 * @at: the offset, in pages
 * @but: record of a mapping to ignore, or NULL
 *
 * Return: the coverage by all mappings except @but.
 */
enum carve_coverage carve_cover_at(struct carve_cover *cover, unsigned long at,
				   const struct carve_mapping *but);

#endif /* _CARVE_USER_COVER_H */
