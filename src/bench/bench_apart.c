// SPDX-License-Identifier: GPL-2.0
/*
 * Cases of the benchmark that need more than a loop: frees on another CPU,
 * creation and destruction of carveouts, carveouts fragmented to single pages,
 * fresh carveouts, random walks. Locking: run by bench.c, one case at a time.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include <carveout.h>

#include "bench/bench.h"
#include "bench/bench_apart.h"
#include "core/instance.h"
#include "lib/random.h"

/* The frees of a batch, which run on another CPU */
struct remote_work {
	struct work_struct work;
	struct carve_bench *b;
	unsigned int nr;
	carve_bench_fn run;
	u64 ns;
};

static void run_remote_work(struct work_struct *work)
{
	struct remote_work *remote = container_of(work, struct remote_work, work);
	u64 start = ktime_get_ns();

	remote->run(remote->b, remote->nr);
	remote->ns = ktime_get_ns() - start;
}

static unsigned int another_cpu(void)
{
	return cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
}

/*
 * Allocate here, free on another CPU; only the frees there are timed, not waits
 */
bool carve_bench_remote_free(struct carve_bench *b, unsigned int pairs,
			     carve_bench_fn alloc, carve_bench_fn free)
{
	struct remote_work remote = { .b = b, .nr = pairs, .run = free };
	unsigned int cpu = another_cpu();
	bool done = alloc(b, pairs);
	u64 start = ktime_get_ns();

	INIT_WORK_ONSTACK(&remote.work, run_remote_work);
	if (cpu < nr_cpu_ids)
		schedule_work_on(cpu, &remote.work);
	else
		schedule_work(&remote.work);
	flush_work(&remote.work);
	destroy_work_on_stack(&remote.work);
	b->aside_ns += ktime_get_ns() - start - remote.ns;
	return done;
}

/* Carveouts of a size in MiB */

static bool kernel_has_memory(unsigned long mib)
{
	return mib * (SZ_1M >> PAGE_SHIFT) <
	       global_zone_page_state(NR_FREE_PAGES) / 2;
}

int carve_bench_has_memory(struct carve_bench *b)
{
	return kernel_has_memory(b->size) ? 0 : -ENOMEM;
}

/* Add the time since @start to *@ns; returns the current time */
static u64 add_time(u64 *ns, u64 start)
{
	u64 now = ktime_get_ns();

	*ns += now - start;
	return now;
}

/*
 * Create and destroy carveouts; adds the times of creation, of background
 * set-up and of destruction to *@made, *@settled and *@removed
 */
static bool time_carveouts(struct carve_bench *b, unsigned int pairs,
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
		start = add_time(made, start);
		carveout_wait_setup(co);
		start = add_time(settled, start);
		carveout_destroy(co);
		add_time(removed, start);
	}
	return true;
}

bool carve_bench_create(struct carve_bench *b, unsigned int pairs)
{
	u64 made = 0;

	return time_carveouts(b, pairs, &made, &b->aside_ns, &b->aside_ns);
}

bool carve_bench_wait_setup(struct carve_bench *b, unsigned int pairs)
{
	u64 both = 0;

	return time_carveouts(b, pairs, &both, &both, &b->aside_ns);
}

bool carve_bench_destroy(struct carve_bench *b, unsigned int pairs)
{
	u64 removed = 0;

	return time_carveouts(b, pairs, &b->aside_ns, &b->aside_ns, &removed);
}

static bool time_reservations(struct carve_bench *b, unsigned int pairs,
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

	return time_reservations(b, pairs, &made, &b->aside_ns);
}

bool carve_bench_release(struct carve_bench *b, unsigned int pairs)
{
	u64 removed = 0;

	return time_reservations(b, pairs, &b->aside_ns, &removed);
}

/* Pages that stay allocated are linked by their first word */

static void *bench_alloc_page(struct carve_bench *b)
{
	return (void *)carve_get_free_pages(b->co, GFP_NOWAIT | __GFP_NOWARN, 0);
}

static void bench_free_page(struct carve_bench *b, void *page)
{
	carve_free_pages_addr(b->co, (unsigned long)page, 0);
}

/* Without reclaim, so that the kernel's caches aren't dropped */
static void *bench_alloc_native_page(struct carve_bench *b)
{
	return (void *)__get_free_page(__GFP_NOWARN);
}

static void bench_free_native_page(struct carve_bench *b, void *page)
{
	free_page((unsigned long)page);
}

static void bench_free_list(struct carve_bench *b, void **list,
			    void (*give)(struct carve_bench *b, void *page))
{
	void *page;

	while ((page = *list)) {
		*list = *(void **)page;
		give(b, page);
	}
}

/*
 * Allocate up to @most pages one by one, and free every other one, so that no
 * two free pages are buddies. The others stay on @kept. Returns the number
 * allocated.
 */
static unsigned long fragment_pages(struct carve_bench *b, void **kept,
				    unsigned long most,
				    void *(*take)(struct carve_bench *b),
				    void (*give)(struct carve_bench *b, void *page))
{
	void *spare = NULL, *page, **list;
	unsigned long nr = 0;

	while (nr < most && (page = take(b))) {
		list = nr++ & 1 ? &spare : kept;
		*(void **)page = *list;
		*list = page;
	}
	bench_free_list(b, &spare, give);
	return nr;
}

int carve_bench_fragment(struct carve_bench *b)
{
	unsigned long nr = fragment_pages(b, &b->live, ULONG_MAX, bench_alloc_page,
					  bench_free_page);

	fragment_pages(b, &b->native_live, nr, bench_alloc_native_page, bench_free_native_page);
	return b->live ? 0 : -ENOMEM;
}

void carve_bench_defragment(struct carve_bench *b)
{
	bench_free_list(b, &b->native_live, bench_free_native_page);
	bench_free_list(b, &b->live, bench_free_page);
}

/* More than cases hold, and than has initialized descriptors from the start */
#define FRESH_MIB 32

static unsigned long nr_uninitialized(struct carveout *co)
{
	return carve_zone_nr_uninitialized(&co->pages.zone[0]);
}

/* Allocate pages until descriptors of a further pageblock are initialized */
static void use_up_initialized(struct carve_bench *b)
{
	unsigned long uninitialized = nr_uninitialized(b->co);
	void *page;

	while (uninitialized && nr_uninitialized(b->co) == uninitialized &&
	       (page = bench_alloc_page(b))) {
		*(void **)page = b->live;
		b->live = page;
	}
}

int carve_bench_fresh_begin(struct carve_bench *b)
{
	struct carveout_request request = {
		.name = "bench", .nr_zones = 1, .held = true,
		.zone[0] = { .source = "contig", .node = NUMA_NO_NODE,
			     .size = FRESH_MIB * SZ_1M },
	};
	struct carveout *co = kernel_has_memory(FRESH_MIB) ?
			      carveout_create(&request) : ERR_PTR(-ENOMEM);

	if (IS_ERR(co))
		return PTR_ERR(co);
	b->home = b->co;
	b->co = co;
	use_up_initialized(b);
	return 0;
}

void carve_bench_fresh_end(struct carve_bench *b)
{
	bench_free_list(b, &b->live, bench_free_page);
	carveout_destroy(b->co);
	b->co = b->home;
}

/*
 * A walk holds at most this part of the carveout's free pages, so that it never
 * enters the slowpath of page/request.c
 */
#define WALK_NUMERATOR 7
#define WALK_DENOMINATOR 8
/* The kernel's MIN_PERCPU_PAGELIST_HIGH_FRACTION, which limits per-CPU lists */
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

bool carve_bench_walk_up(struct carve_bench_walk *walk, unsigned int *i)
{
	bool up;

	while (walk->nr == walk->target)
		walk->target = carve_random_below(&walk->random, walk->most + 1);
	/* Towards the target, with one step in eight the other way */
	up = (walk->nr < walk->target) == !!carve_random_below(&walk->random, 8);
	if (!walk->nr || (up && walk->nr < walk->most))
		return true;
	*i = carve_random_below(&walk->random, walk->nr);
	return false;
}
