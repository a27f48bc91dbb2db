// SPDX-License-Identifier: GPL-2.0
/*
 * The mappings of an object, by the offsets that they cover.
 *
 * A mapping has a record from vm_ops->open() to vm_ops->close(). The kernel
 * calls close() after page tables were emptied and TLBs flushed, so an offset
 * without a record can't be accessed by any CPU. The kernel's list of the
 * file's mappings can't be used: a mapping is removed from it before the flush,
 * and a child's is added before open() by some kernels, after it by others.
 *
 * To split a mapping, the kernel copies it, calls open() for the copy, and
 * shrinks the original later, without a callback. So open() of a copy puts the
 * original on a list, and carve_cover_update() compares those on the list with
 * their vma. Until then the original covers the copy's range as well, so that
 * no page is freed too early. An original that wasn't shrunk stays on the list.
 *
 * open() of a copy can't fail. If there is no memory for its record, it counts
 * as covering the whole object.
 *
 * Locking: the object's lock; the kernel's i_mmap lock to read a range of a
 * vma.
 */
#include <linux/interval_tree_generic.h>

#include "user/cover.h"

#define START(mapping) ((mapping)->first)
#define LAST(mapping) ((mapping)->last)

INTERVAL_TREE_DEFINE(struct carve_mapping, rb, unsigned long, subtree_last,
		     START, LAST, static __maybe_unused, mapping_tree);

void carve_cover_init(struct carve_cover *cover, struct address_space *kernel)
{
	cover->kernel = kernel;
	cover->tree = RB_ROOT_CACHED;
	INIT_LIST_HEAD(&cover->split);
	cover->nr_pages = 0;
	cover->nr_unrecorded = 0;
}

static void insert_mapping(struct carve_cover *cover,
			   struct carve_mapping *mapping)
{
	mapping->first = carve_vma_first(mapping->vma);
	mapping->last = carve_vma_end(mapping->vma) - 1;
	cover->nr_pages += mapping->last - mapping->first + 1;
	mapping_tree_insert(mapping, &cover->tree);
}

static void erase_mapping(struct carve_cover *cover,
			  struct carve_mapping *mapping)
{
	mapping_tree_remove(mapping, &cover->tree);
	cover->nr_pages -= mapping->last - mapping->first + 1;
}

static bool was_cut(const struct carve_mapping *mapping)
{
	return mapping->first != carve_vma_first(mapping->vma) ||
	       mapping->last != carve_vma_end(mapping->vma) - 1;
}

void carve_cover_update(struct carve_cover *cover)
{
	struct carve_mapping *mapping, *next;

	if (list_empty(&cover->split))
		return;
	i_mmap_lock_read(cover->kernel);
	list_for_each_entry_safe(mapping, next, &cover->split, split) {
		if (!was_cut(mapping))
			continue;
		list_del_init(&mapping->split);
		erase_mapping(cover, mapping);
		insert_mapping(cover, mapping);
	}
	i_mmap_unlock_read(cover->kernel);
}

/* @vma may be a copy made to split a mapping: put the original on the list */
static void expect_cut(struct carve_cover *cover,
		       const struct vm_area_struct *vma)
{
	struct carve_mapping *original = carve_vma_record(vma);

	if (original && original->vma->vm_mm == vma->vm_mm &&
	    list_empty(&original->split))
		list_add(&original->split, &cover->split);
}

void carve_cover_add(struct carve_cover *cover, struct vm_area_struct *vma,
		     struct carve_mapping *mapping)
{
	/*
	 * Finish an earlier split first: expect_cut() skips originals on the
	 * list
	 */
	carve_cover_update(cover);
	expect_cut(cover, vma);
	vma->vm_private_data = mapping;
	if (!mapping) {
		cover->nr_unrecorded++;
		return;
	}
	mapping->vma = vma;
	INIT_LIST_HEAD(&mapping->split);
	insert_mapping(cover, mapping);
}

struct carve_mapping *carve_cover_remove(struct carve_cover *cover,
					 struct vm_area_struct *vma)
{
	struct carve_mapping *mapping = carve_vma_record(vma);

	vma->vm_private_data = NULL;
	if (!mapping) {
		cover->nr_unrecorded--;
		return NULL;
	}
	list_del(&mapping->split);
	erase_mapping(cover, mapping);
	return mapping;
}

enum carve_coverage carve_cover_at(struct carve_cover *cover, unsigned long at,
				   const struct carve_mapping *but)
{
	enum carve_coverage coverage = CARVE_UNCOVERED;
	struct carve_mapping *mapping;

	if (cover->nr_unrecorded)
		return CARVE_COVERED;
	for (mapping = mapping_tree_iter_first(&cover->tree, at, at); mapping;
	     mapping = mapping_tree_iter_next(mapping, at, at)) {
		if (mapping == but)
			continue;
		if (coverage == CARVE_COVERED_ONCE ||
		    mapping->vma->vm_flags & VM_PFNMAP)
			return CARVE_COVERED;
		coverage = CARVE_COVERED_ONCE;
	}
	return coverage;
}
