/* SPDX-License-Identifier: GPL-2.0 */
/* Areas that are free and kept mapped. See kept.c. */
#ifndef _CARVE_KEPT_H
#define _CARVE_KEPT_H

#include <linux/atomic.h>
#include <linux/log2.h>

#include "boot/boot.h"
#include "percpu/magazine.h"
#include "vmap/area.h"

struct carve_kept;

/* Areas of 1 to 8 pages, and of 16, 32 … 4096 */
#define CARVE_KEPT_SMALL 8
#define CARVE_KEPT_MAX_ORDER 12
#define CARVE_NR_KEPT (CARVE_KEPT_SMALL + CARVE_KEPT_MAX_ORDER - 3)
/* With a place, always empty, for each longer power of two */
#define CARVE_NR_KEPT_PLACES (CARVE_KEPT_SMALL + 32 - 4)

/**
 * struct carve_kept_class - kept areas of one length
 * @kept: all that are kept
 * @magazines: the areas
 */
struct carve_kept_class {
	struct carve_kept *kept;
	struct carve_magazines magazines;
};

/**
 * struct carve_kept - all areas that are kept
 * @take_down: what is done with those that leave; any context but NMI
 * @limit: pages that they may have at most; can be changed at any time, with
 *	carve_vmap_set_kept()
 * @nr_pages: that they have
 * @class: by length; NULL where there was no memory for more
 */
struct carve_kept {
	void (*take_down)(struct carve_kept *kept, struct carve_area *area);
	unsigned long limit;
	atomic_long_t nr_pages;
	struct carve_kept_class *class[CARVE_NR_KEPT_PLACES];
};

/* For a carveout of @nr_pages pages */
void carve_kept_init(struct carve_kept *kept, struct carve_boot *boot,
		     unsigned long nr_pages);
/* Takes down one that this CPU or a depot has; false: there is none */
bool carve_kept_spare(struct carve_kept *kept);
/* Takes down all; sleeps */
void carve_kept_drain(struct carve_kept *kept);
/* Takes down those of a dead CPU */
void carve_kept_drain_dead(struct carve_kept *kept, unsigned int cpu);

/* The class of areas of @nr_pages pages, 1 to U32_MAX; NULL: they aren't kept */
static __always_inline struct carve_kept_class *
carve_kept_class(const struct carve_kept *kept, unsigned long nr_pages)
{
	if (nr_pages <= CARVE_KEPT_SMALL)
		return kept->class[nr_pages - 1];
	if (!is_power_of_2(nr_pages))
		return NULL;
	return kept->class[CARVE_KEPT_SMALL + ilog2(nr_pages) - 4];
}

/* A kept area of that many pages, or NULL */
static __always_inline struct carve_area *
carve_kept_get(struct carve_kept *kept, unsigned long nr_pages)
{
	struct carve_kept_class *class = carve_kept_class(kept, nr_pages);
	void *area;

	if (!class)
		return NULL;
	if (unlikely(!carve_magazines_get(&class->magazines, &area))) {
		if (!atomic_long_read(&kept->nr_pages))
			return NULL;
		area = carve_magazines_get_slow(&class->magazines, false);
		if (!area)
			return NULL;
	}
	atomic_long_sub(nr_pages, &kept->nr_pages);
	return area;
}

/* False where it isn't kept */
static __always_inline bool carve_kept_put(struct carve_kept *kept,
					   struct carve_area *area)
{
	struct carve_kept_class *class = area->class;

	if (!class)
		return false;
	if (unlikely(atomic_long_add_return(area->nr_pages, &kept->nr_pages) >
		     READ_ONCE(kept->limit))) {
		atomic_long_sub(area->nr_pages, &kept->nr_pages);
		return false;
	}
	if (unlikely(!carve_magazines_put(&class->magazines, area)))
		carve_magazines_put_slow(&class->magazines, area);
	return true;
}

#endif /* _CARVE_KEPT_H */
