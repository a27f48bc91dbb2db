// SPDX-License-Identifier: GPL-2.0
/*
 * Where free pages come from when they run short: the per-CPU stores and their
 * depots, and the layers above, each of which registers a struct
 * carve_shrinker. A request that finds no block calls these (see request.c).
 * So does a worker, which is queued when a zone falls below its low watermark,
 * and works if some zone is still below its high watermark when it runs. A zone
 * that is below it afterwards is simply in use: then the worker isn't queued for
 * a while, or it would empty the stores of all CPUs again and again.
 */
#include <linux/jiffies.h>
#include <linux/list.h>

#include "page/reclaim.h"
#include "percpu/each_cpu.h"

/* How long the worker rests, in jiffies: some 20 ms */
#define REST (HZ / 50 + 1)

void carve_pages_add_shrinker(struct carve_pages *ps,
			      struct carve_shrinker *shrinker)
{
	list_add(&shrinker->list, &ps->shrinkers);
}

static void drain_this_cpu(void *arg)
{
	struct carve_pages *ps = arg;
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		carve_zone_drain_cpu(zone);
}

static void drain_depots(struct carve_pages *ps)
{
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		carve_zone_drain_depots(zone);
}

void carve_pages_drain_here(struct carve_pages *ps)
{
	drain_this_cpu(ps);
	drain_depots(ps);
}

void carve_pages_drain(struct carve_pages *ps)
{
	carve_each_cpu(drain_this_cpu, ps);
	drain_depots(ps);
}

void carve_pages_reclaim(struct carve_pages *ps)
{
	struct carve_shrinker *shrinker;

	list_for_each_entry(shrinker, &ps->shrinkers, list)
		shrinker->shrink(shrinker);
	carve_pages_drain(ps);
}

bool carve_pages_spare(struct carve_pages *ps)
{
	struct carve_shrinker *shrinker;

	list_for_each_entry(shrinker, &ps->shrinkers, list) {
		if (!shrinker->spare || !shrinker->spare(shrinker))
			continue;
		carve_pages_drain_here(ps);
		return true;
	}
	return false;
}

static bool any_below_high(struct carve_pages *ps)
{
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		if (carve_zone_is_below(zone, CARVE_WMARK_HIGH))
			return true;
	return false;
}

static void collect_in_background(struct work_struct *work)
{
	struct carve_pages *ps = container_of(work, struct carve_pages,
					      background);

	if (!any_below_high(ps))
		return;
	carve_pages_reclaim(ps);
	if (any_below_high(ps))
		WRITE_ONCE(ps->rest_until, jiffies + REST);
}

static void wake_background(struct irq_work *wake)
{
	struct carve_pages *ps = container_of(wake, struct carve_pages, wake);

	schedule_work(&ps->background);
}

void carve_pages_init_reclaim(struct carve_pages *ps)
{
	INIT_LIST_HEAD(&ps->shrinkers);
	ps->rest_until = jiffies;
	init_irq_work(&ps->wake, wake_background);
	INIT_WORK(&ps->background, collect_in_background);
}

void carve_pages_stop(struct carve_pages *ps)
{
	irq_work_sync(&ps->wake);
	cancel_work_sync(&ps->background);
}
