// SPDX-License-Identifier: GPL-2.0
/*
 * Reclaim: free the pages in per-CPU lists and depots, and unused pages of the
 * layers above, which register a struct carve_shrinker.
 *
 * Direct reclaim runs for a request that finds no block (see request.c).
 * Background reclaim is queued when a zone falls below its low watermark, and
 * runs if any zone is still below its high watermark. If one is below it even
 * afterwards, its memory is in use: background reclaim then backs off, or it
 * would drain the per-CPU lists of all CPUs again and again.
 *
 * Locking: none; shrinkers are registered during set-up and take their own
 * locks.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/workqueue.h>

#include "page/reclaim.h"

/* Pause of background reclaim after a futile run: about 20 ms */
#define BACKOFF_JIFFIES (HZ / 50 + 1)

void carve_pages_add_shrinker(struct carve_pages *ps,
			      struct carve_shrinker *shrinker)
{
	list_add(&shrinker->list, &ps->shrinkers);
}

unsigned int carve_pages_drain_some(struct carve_pages *ps, unsigned int most)
{
	struct carve_zone *zone;
	unsigned int nr = 0;

	carve_for_each_zone(zone, ps)
		nr += carve_zone_drain_some(zone, most - nr);
	return nr;
}

void carve_pages_drain(struct carve_pages *ps)
{
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		carve_zone_drain(zone);
}

void carve_pages_reclaim(struct carve_pages *ps)
{
	struct carve_shrinker *shrinker;

	list_for_each_entry(shrinker, &ps->shrinkers, list)
		shrinker->shrink(shrinker);
	carve_pages_drain(ps);
}

unsigned int carve_pages_shrink_atomic(struct carve_pages *ps,
				       unsigned int most)
{
	struct carve_shrinker *shrinker;
	unsigned int nr;

	list_for_each_entry(shrinker, &ps->shrinkers, list) {
		if (!shrinker->shrink_atomic)
			continue;
		nr = shrinker->shrink_atomic(shrinker, most);
		if (nr)
			return nr;
	}
	return 0;
}

static bool any_zone_below_high(struct carve_pages *ps)
{
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		if (carve_zone_is_below(zone, CARVE_WMARK_HIGH))
			return true;
	return false;
}

static void background_reclaim(struct work_struct *work)
{
	struct carve_pages *ps = container_of(work, struct carve_pages,
					      background);

	if (!any_zone_below_high(ps))
		return;
	carve_pages_reclaim(ps);
	if (any_zone_below_high(ps))
		WRITE_ONCE(ps->backoff_until, jiffies + BACKOFF_JIFFIES);
}

static void queue_background_reclaim(struct irq_work *wake)
{
	struct carve_pages *ps = container_of(wake, struct carve_pages, wake);

	queue_work(system_dfl_wq, &ps->background);
}

void carve_pages_init_reclaim(struct carve_pages *ps)
{
	INIT_LIST_HEAD(&ps->shrinkers);
	ps->backoff_until = jiffies;
	init_irq_work(&ps->wake, queue_background_reclaim);
	INIT_WORK(&ps->background, background_reclaim);
}

void carve_pages_stop(struct carve_pages *ps)
{
	irq_work_sync(&ps->wake);
	cancel_work_sync(&ps->background);
}
