// SPDX-License-Identifier: GPL-2.0
/*
 * Deferred set-up of the window
 *
 * A window has twice as many pages as the carveout, and building it takes about
 * 80 instructions a page: too long for the creation of a carveout, whose first
 * area is usually allocated much later. So a work item builds it, queued when
 * the carveout is created. Until it has finished, allocations of areas wait if
 * they may sleep, and fail otherwise.
 *
 * The work item allocates with GFP_NOIO: a task that waits for it may hold
 * locks of a file system.
 *
 * The carveout may be many times as large as the kernel's own memory (mem=).
 * The window is limited to the size whose page tables that memory can hold. If
 * there is no memory for it, vmap() maps areas, as on machines without a
 * window.
 *
 * Locking: setup.state changes once, from BUILDING, by a store-release.
 */
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "compat/noio.h"
#include "percpu/workqueue.h"
#include "vmap/vmap.h"

/* Worst case: each page of the carveout is an area, followed by a guard page */
#define WINDOW_FACTOR 2

static const char *const state_names[CARVE_NR_WINDOW_STATES] = {
	[CARVE_WINDOW_BUILDING] = "building",
	[CARVE_WINDOW_READY] = "ready",
	[CARVE_WINDOW_NONE] = "none",
};

const char *carve_window_setup_name(const struct carve_window_setup *setup)
{
	return state_names[carve_window_setup_state(setup)];
}

static int init_window(struct carve_vmap *vmap, unsigned long nr_pages)
{
	return carve_fault_strikes(&vmap->setup.fault) ?
	       -ENOMEM : carve_window_init(&vmap->window, nr_pages);
}

/* No area exists before this: the space is empty */
static void finish_window_setup(struct carve_vmap *vmap,
				enum carve_window_setup_state state)
{
	scoped_guard(raw_spinlock_irqsave, &vmap->lock) {
		if (state == CARVE_WINDOW_READY)
			carve_space_init(&vmap->space,
					 carve_window_first(&vmap->window),
					 vmap->window.nr_pages);
		else
			carve_space_init(&vmap->space, 0, ULONG_MAX);
	}
	/* Pairs with carve_window_setup_state() */
	smp_store_release(&vmap->setup.state, state);
	complete_all(&vmap->setup.done);
}

static void build_window(struct work_struct *work)
{
	struct carve_vmap *vmap = container_of(work, struct carve_vmap,
					       setup.work);
	struct carve_pages *pages = vmap->slabs->pages;
	unsigned long nr = min(WINDOW_FACTOR * (unsigned long)pages->nr_pages,
			       carve_window_limit());
	unsigned int flags = carve_compat_noio_save();
	u64 start = ktime_get_ns();
	int ret = init_window(vmap, nr);

	vmap->setup.ns = ktime_get_ns() - start;
	carve_compat_noio_restore(flags);
	if (ret)
		pr_warn("%s: %s for a window of %lu MiB of kernel addresses: vmap() will map each area of carve_vmalloc()\n",
			pages->name, ret == -EOPNOTSUPP ?
			"this kernel's page tables are not suitable" : "no memory",
			nr >> (20 - PAGE_SHIFT));
	finish_window_setup(vmap, ret ? CARVE_WINDOW_NONE : CARVE_WINDOW_READY);
}

void carve_window_setup_init(struct carve_vmap *vmap)
{
	init_completion(&vmap->setup.done);
	INIT_WORK(&vmap->setup.work, build_window);
	if (carve_window_possible())
		return;
	/* Never possible under User Mode Linux */
	if (!IS_ENABLED(CONFIG_UML))
		pr_notice_once("this kernel gives modules no access to page tables: vmap() will map each area of carve_vmalloc()\n");
	finish_window_setup(vmap, CARVE_WINDOW_NONE);
}

void carve_window_setup_start(struct carve_vmap *vmap)
{
	if (carve_window_setup_state(&vmap->setup) == CARVE_WINDOW_BUILDING)
		carve_queue_work(&vmap->setup.work);
}

void carve_window_setup_wait(struct carve_vmap *vmap)
{
	wait_for_completion(&vmap->setup.done);
}

void carve_window_setup_stop(struct carve_vmap *vmap)
{
	cancel_work_sync(&vmap->setup.work);
}
