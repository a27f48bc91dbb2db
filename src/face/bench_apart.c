// SPDX-License-Identifier: GPL-2.0
/*
 * Cases of the benchmark that are more than a loop: what is freed on another
 * CPU, whole carveouts, and the carveout fragmented to single pages.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include <carveout.h>

#include "face/bench.h"
#include "instance.h"

/* A batch's frees, for another CPU */
struct errand {
	struct work_struct work;
	struct carve_bench *b;
	unsigned int nr;
	carve_bench_fn run;
	u64 ns;
};

static void do_errand(struct work_struct *work)
{
	struct errand *errand = container_of(work, struct errand, work);
	u64 start = ktime_get_ns();

	errand->run(errand->b, errand->nr);
	errand->ns = ktime_get_ns() - start;
}

static unsigned int another_cpu(void)
{
	return cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
}

/* The time to send for the other CPU, and to wait for it, is set aside */
bool carve_bench_remote_free(struct carve_bench *b, unsigned int pairs,
			     carve_bench_fn alloc, carve_bench_fn free)
{
	struct errand errand = { .b = b, .nr = pairs, .run = free };
	unsigned int cpu = another_cpu();
	bool done = alloc(b, pairs);
	u64 start = ktime_get_ns();

	INIT_WORK_ONSTACK(&errand.work, do_errand);
	if (cpu < nr_cpu_ids)
		schedule_work_on(cpu, &errand.work);
	else
		schedule_work(&errand.work);
	flush_work(&errand.work);
	destroy_work_on_stack(&errand.work);
	b->aside_ns += ktime_get_ns() - start - errand.ns;
	return done;
}

/* The size counts MiB */

int carve_bench_has_memory(struct carve_bench *b)
{
	unsigned long pages = ((unsigned long)b->size * SZ_1M) >> PAGE_SHIFT;

	return pages < global_zone_page_state(NR_FREE_PAGES) / 2 ? 0 : -ENOMEM;
}

/* Counts time from @start on; now */
static u64 count(u64 *ns, u64 start)
{
	u64 now = ktime_get_ns();

	*ns += now - start;
	return now;
}

/*
 * Makes and removes carveouts; what making, what is done for it in the
 * background, and removing take is counted, or set aside
 */
static bool make_carveouts(struct carve_bench *b, unsigned int pairs,
			   u64 *made, u64 *settled, u64 *removed)
{
	while (pairs--) {
		struct carveout_request request = {
			.name = "bench", .nr_zones = 1,
			.zone[0] = { .source = "contig", .node = NUMA_NO_NODE,
				     .size = (u64)b->size * SZ_1M },
		};
		u64 start = ktime_get_ns();
		struct carveout *co = carveout_create(&request);

		if (IS_ERR(co))
			return false;
		start = count(made, start);
		carveout_settle(co);
		start = count(settled, start);
		carveout_destroy(co);
		count(removed, start);
	}
	return true;
}

bool carve_bench_create(struct carve_bench *b, unsigned int pairs)
{
	u64 made = 0;

	return make_carveouts(b, pairs, &made, &b->aside_ns, &b->aside_ns);
}

bool carve_bench_settle(struct carve_bench *b, unsigned int pairs)
{
	u64 both = 0;

	return make_carveouts(b, pairs, &both, &both, &b->aside_ns);
}

bool carve_bench_destroy(struct carve_bench *b, unsigned int pairs)
{
	u64 removed = 0;

	return make_carveouts(b, pairs, &b->aside_ns, &b->aside_ns, &removed);
}

static bool make_reservations(struct carve_bench *b, unsigned int pairs,
			      u64 *made, u64 *removed)
{
	const struct carve_region_request request = {
		.source = "contig", .node = NUMA_NO_NODE,
		.size = (u64)b->size * SZ_1M,
	};

	while (pairs--) {
		struct carve_region region = { };
		u64 start = ktime_get_ns();

		if (carve_region_reserve(&region, &request))
			return false;
		*made += ktime_get_ns() - start;
		start = ktime_get_ns();
		carve_region_release(&region);
		*removed += ktime_get_ns() - start;
	}
	return true;
}

bool carve_bench_reserve(struct carve_bench *b, unsigned int pairs)
{
	u64 made = 0;

	return make_reservations(b, pairs, &made, &b->aside_ns);
}

bool carve_bench_release(struct carve_bench *b, unsigned int pairs)
{
	u64 removed = 0;

	return make_reservations(b, pairs, &b->aside_ns, &removed);
}

/*
 * Takes all pages one by one, and gives every other one back: no two buddies
 * are free. What is kept is linked by the first word of each page.
 */
int carve_bench_fragment(struct carve_bench *b)
{
	void *spare = NULL, *page;
	bool keep = false;

	while ((page = (void *)carve_get_free_pages(b->co, GFP_NOWAIT |
						    __GFP_NOWARN, 0))) {
		keep = !keep;
		*(void **)page = keep ? b->live : spare;
		if (keep)
			b->live = page;
		else
			spare = page;
	}
	while ((page = spare)) {
		spare = *(void **)page;
		carve_free_pages_addr(b->co, (unsigned long)page, 0);
	}
	return b->live ? 0 : -ENOMEM;
}

/*
 * A walk holds at most this part of the carveout's free pages, so that it never
 * climbs the ladder of request.c
 */
#define WALK_NUMERATOR 7
#define WALK_DENOMINATOR 8
/* Natively a per-CPU list holds up to one page in so many: MIN_PERCPU_PAGELIST_HIGH_FRACTION */
#define NATIVE_LIST_SHARE 8

static bool walk_init(struct carve_bench_walk *walk, unsigned int most)
{
	*walk = (struct carve_bench_walk){ .most = most };
	walk->held = kvcalloc(most, sizeof(*walk->held), GFP_KERNEL);
	return walk->held;
}

int carve_bench_walks_init(struct carve_bench *b)
{
	struct carve_zone *zone;
	unsigned long most = 0;

	carve_for_each_zone(zone, &b->co->pages)
		most += carve_zone_nr_free(zone);
	most = most / WALK_DENOMINATOR * WALK_NUMERATOR;
	if (most <= totalram_pages() / NATIVE_LIST_SHARE)
		return -ENODEV;
	if (walk_init(&b->walk, most) && walk_init(&b->native_walk, most))
		return 0;
	carve_bench_walks_free(b);
	return -ENOMEM;
}

void carve_bench_walks_free(struct carve_bench *b)
{
	kvfree(b->native_walk.held);
	kvfree(b->walk.held);
	b->native_walk.held = NULL;
	b->walk.held = NULL;
}

/* Up to @n - 1. Knuth's generator for MMIX, always from the same seed */
static unsigned int walk_random(struct carve_bench_walk *walk, unsigned int n)
{
	walk->random = walk->random * 6364136223846793005ULL +
		       1442695040888963407ULL;
	return (walk->random >> 32) * n >> 32;
}

bool carve_bench_walk_up(struct carve_bench_walk *walk, unsigned int *i)
{
	bool up;

	while (walk->nr == walk->target)
		walk->target = walk_random(walk, walk->most + 1);
	/* Mostly towards the target, now and then the other way */
	up = (walk->nr < walk->target) == !!walk_random(walk, 8);
	if (!walk->nr || (up && walk->nr < walk->most))
		return true;
	*i = walk_random(walk, walk->nr);
	return false;
}

void carve_bench_defragment(struct carve_bench *b)
{
	void *page;

	while ((page = b->live)) {
		b->live = *(void **)page;
		carve_free_pages_addr(b->co, (unsigned long)page, 0);
	}
}
