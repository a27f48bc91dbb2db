/* SPDX-License-Identifier: GPL-2.0 */
/* Virtually contiguous memory from scattered pages. See vmap.c. */
#ifndef _CARVE_VMAP_H
#define _CARVE_VMAP_H

#include <linux/llist.h>
#include <linux/rbtree.h>
#include <linux/workqueue.h>

#include "slab/kmalloc.h"

/**
 * struct carve_area - a range of virtual addresses with pages behind it
 * @node: in the tree of areas, by address
 * @deferred: on the list of those that an interrupt freed
 * @addr: the first byte
 * @nr_pages: its length, without the guard page
 * @blocks: index of the head of its first block of pages; each head's link
 *	leads to the next
 * @caller: who asked for it
 */
struct carve_area {
	struct rb_node node;
	struct llist_node deferred;
	void *addr;
	unsigned int nr_pages;
	u32 blocks;
	unsigned long caller;
};

/**
 * struct carve_vmap - the areas of a carveout
 * @slabs: where records and arrays come from; its pages behind the areas
 * @areas: cache of struct carve_area
 * @lock: guards @root, @nr_areas and @nr_pages
 * @root: all areas, by address
 * @nr_areas: how many
 * @nr_pages: pages behind them
 * @deferred: areas freed from interrupts
 * @work: frees those
 */
struct carve_vmap {
	struct carve_slabs *slabs;
	struct carve_cache *areas;
	raw_spinlock_t lock;
	struct rb_root root;
	unsigned long nr_areas;
	unsigned long nr_pages;
	struct llist_head deferred;
	struct work_struct work;
};

/* Before the buddy system has pages. 0, or -ENOMEM where @boot is full */
int carve_vmap_init(struct carve_vmap *vmap, struct carve_slabs *slabs,
		    struct carve_boot *boot);
/* Waits for what interrupts freed; sleeps */
void carve_vmap_flush(struct carve_vmap *vmap);

/* See include/carveout.h for what these mean */
void *carve_vmap_alloc(struct carve_vmap *vmap, unsigned long size, gfp_t gfp,
		       unsigned long caller);
void carve_vmap_free(struct carve_vmap *vmap, const void *addr,
		     unsigned long caller);
void *carve_kvmalloc_get(struct carve_vmap *vmap, size_t size, gfp_t gfp,
			 unsigned long caller);
void carve_kvmalloc_put(struct carve_vmap *vmap, const void *p,
			unsigned long caller);

/* Calls @fn for each area, by address, under the lock */
void carve_vmap_for_each(struct carve_vmap *vmap,
			 void (*fn)(const struct carve_area *area, void *arg),
			 void *arg);

void carve_vmap_check(struct carve_vmap *vmap, struct carve_report *r);

#endif /* _CARVE_VMAP_H */
