// SPDX-License-Identifier: GPL-2.0
/*
 * Opening the window
 *
 * Making a window costs some 80 instructions a page, and it has twice as many
 * pages as the carveout: too long to wait for when a carveout is made, and most
 * carveouts are in use long before anybody wants an area. So the window is made in
 * the background, begun when the carveout is made. Until it is there, a request
 * for an area waits if it may sleep, and fails if not.
 *
 * The worker takes memory as if it was to write pages back (GFP_NOIO), since
 * whoever waits for it may hold what a file system needs.
 *
 * If there is no memory for it, areas are mapped as on machines without windows.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "percpu/each_cpu.h"
#include "vmap/vmap.h"

/* Addresses: each page of the carveout alone in an area, and a guard page */
#define WINDOW_FACTOR 2

static const char *const state_names[CARVE_NR_WINDOW_STATES] = {
	[CARVE_WINDOW_BUILDING] = "building",
	[CARVE_WINDOW_READY] = "ready",
	[CARVE_WINDOW_NONE] = "none",
};

const char *carve_opening_name(const struct carve_opening *opening)
{
	return state_names[carve_opening_state(opening)];
}

static int open_window(struct carve_vmap *vmap, unsigned long nr_pages)
{
	return carve_fault_strikes(&vmap->opening.fault) ?
	       -ENOMEM : carve_window_init(&vmap->window, nr_pages);
}

/* Nobody has an area before that, so that the space is still empty */
static void settle(struct carve_vmap *vmap, enum carve_opening_state state)
{
	scoped_guard(raw_spinlock_irqsave, &vmap->lock) {
		if (state == CARVE_WINDOW_READY)
			carve_space_init(&vmap->space,
					 carve_window_first(&vmap->window),
					 vmap->window.nr_pages);
		else
			carve_space_init(&vmap->space, 0, ULONG_MAX);
	}
	/* Pairs with carve_opening_state() */
	smp_store_release(&vmap->opening.state, state);
	complete_all(&vmap->opening.done);
}

static void make_window(struct work_struct *work)
{
	struct carve_vmap *vmap = container_of(work, struct carve_vmap,
					       opening.work);
	struct carve_pages *pages = vmap->slabs->pages;
	unsigned long nr = min(WINDOW_FACTOR * (unsigned long)pages->nr_pages,
			       totalram_pages());
	unsigned int flags = memalloc_noio_save();
	u64 start = ktime_get_ns();
	int ret = open_window(vmap, nr);

	vmap->opening.ns = ktime_get_ns() - start;
	memalloc_noio_restore(flags);
	if (ret)
		pr_warn("%s: no memory for a window of %lu MiB of kernel addresses: vmap() will map each area of carve_vmalloc()\n",
			pages->name, nr >> (20 - PAGE_SHIFT));
	settle(vmap, ret ? CARVE_WINDOW_NONE : CARVE_WINDOW_READY);
}

void carve_opening_init(struct carve_vmap *vmap)
{
	init_completion(&vmap->opening.done);
	INIT_WORK(&vmap->opening.work, make_window);
	if (!carve_window_possible())
		settle(vmap, CARVE_WINDOW_NONE);
}

void carve_opening_start(struct carve_vmap *vmap)
{
	if (carve_opening_state(&vmap->opening) == CARVE_WINDOW_BUILDING)
		carve_run_later(&vmap->opening.work);
}

void carve_opening_wait(struct carve_vmap *vmap)
{
	wait_for_completion(&vmap->opening.done);
}

void carve_opening_stop(struct carve_vmap *vmap)
{
	cancel_work_sync(&vmap->opening.work);
}
