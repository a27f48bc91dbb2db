// SPDX-License-Identifier: GPL-2.0
/*
 * The file age: fragmentation of free memory by an hour of simulated use
 *
 * A trace of seconds follows from a seed. Long-lived blocks of small orders are
 * allocated all the time, live for half an hour on average, and use 40 % of
 * memory in the steady state. In the first ten seconds of each minute, a burst
 * of short-lived blocks is allocated, which live for seconds and use up to 50
 * %. At the end of each minute, the share of free memory in blocks that are
 * large enough for a huge page is sampled.
 *
 * The trace is run twice: with __GFP_RECLAIMABLE for short-lived blocks, the
 * hint that keeps them apart from the others, and without; on the carveout or,
 * for comparison, on the kernel's page allocator with all of its free memory
 * (best in an idle virtual machine with little memory).
 *
 * A block is freed in each second with a fixed probability, so lifetimes are
 * distributed exponentially. Orders are drawn from a table.
 *
 * Locking: the file's mutex, see debugfs/command.c; the carveout is pinned.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/vmstat.h>

#include <carveout.h>

#include "bench/age.h"
#include "core/instance.h"
#include "core/registry.h"
#include "debugfs/parse.h"
#include "page/reclaim.h"

/* Order of a huge page: 2 MiB */
#define AGE_ORDER 9
#define DEFAULT_SEED 1
#define DEFAULT_MINUTES 60
#define MAX_MINUTES 600

/* A burst at the start of each minute, a sample at its end */
#define MINUTE 60
#define BURST_SECONDS 10

/* Shares of memory in use in the steady state, and in a burst, in hundredths */
#define SHORT_SHARE 50
#define LONG_SHARE 40
/* Mean lifetimes in seconds */
#define SHORT_SECONDS 3
#define LONG_SECONDS 1800

/* Probabilities of orders 0 to 3, in hundredths */
static const unsigned int order_odds[] = { 60, 20, 12, 8 };
/* Mean pages of a block, in hundredths */
#define MEAN_PAGES (60 * 1 + 20 * 2 + 12 * 4 + 8 * 8)

/* The page allocator that the trace is run on */
struct pool {
	struct carveout *co;
	unsigned long (*nr_pages)(struct pool *pool);
	void *(*alloc)(struct pool *pool, unsigned int order, gfp_t gfp);
	void (*free)(struct pool *pool, void *block, unsigned int order);
	/* Pages free in blocks of @order or more */
	unsigned long (*nr_free)(struct pool *pool, unsigned int order);
};

static unsigned long age_carve_nr_pages(struct pool *pool)
{
	return pool->co->pages.zone[0].nr_managed;
}

static void *age_carve_alloc(struct pool *pool, unsigned int order, gfp_t gfp)
{
	return carve_alloc_pages(pool->co, gfp, order);
}

static void age_carve_free(struct pool *pool, void *block, unsigned int order)
{
	carve_free_pages(pool->co, block, order);
}

static unsigned long age_carve_nr_free(struct pool *pool, unsigned int order)
{
	const struct carve_buddy *buddy = &pool->co->pages.zone[0].buddy;
	unsigned long pages = 0;

	carve_pages_drain(&pool->co->pages);
	for (; order <= buddy->max_order; order++)
		pages += carve_buddy_nr_blocks(buddy, order) << order;
	return pages;
}

static const struct pool carve_pool = {
	.nr_pages = age_carve_nr_pages, .alloc = age_carve_alloc, .free = age_carve_free,
	.nr_free = age_carve_nr_free,
};

static unsigned long age_native_nr_pages(struct pool *pool)
{
	return global_zone_page_state(NR_FREE_PAGES);
}

static void *age_native_alloc(struct pool *pool, unsigned int order, gfp_t gfp)
{
	return alloc_pages(gfp, order);
}

static void age_native_free(struct pool *pool, void *block, unsigned int order)
{
	__free_pages(block, order);
}

static unsigned long age_native_nr_free(struct pool *pool, unsigned int order)
{
	unsigned long pages = 0;
	struct zone *zone;
	int z;

	for (z = 0; z < MAX_NR_ZONES; z++) {
		unsigned int o;

		zone = &NODE_DATA(first_online_node)->node_zones[z];
		for (o = order; populated_zone(zone) &&
		     o < ARRAY_SIZE(zone->free_area); o++)
			pages += READ_ONCE(zone->free_area[o].nr_free) << o;
	}
	return pages;
}

static const struct pool native_pool = {
	.nr_pages = age_native_nr_pages, .alloc = age_native_alloc,
	.free = age_native_free, .nr_free = age_native_nr_free,
};

struct block {
	void *p;
	unsigned int order;
};

/* Blocks with the same mean lifetime */
struct cohort {
	gfp_t gfp;
	unsigned int seconds;
	/* Allocations in a second, and the fraction left from the last one */
	unsigned long rate_hundredths;
	unsigned long due;
	struct block *block;
	unsigned long nr;
	unsigned long max;
};

struct trace {
	struct pool pool;
	struct rnd_state rnd;
	struct cohort cohort[CARVE_NR_MIGRATETYPES];
	unsigned long failed;
	unsigned long samples;
	u64 usable_sum;
	unsigned int worst;
};

static u32 age_random(struct trace *t, u32 below)
{
	return prandom_u32_state(&t->rnd) % below;
}

static unsigned int draw_age_order(struct trace *t)
{
	u32 x = age_random(t, 100);
	unsigned int order = 0;

	while (x >= order_odds[order])
		x -= order_odds[order++];
	return order;
}

static void free_some_blocks(struct trace *t, struct cohort *c)
{
	unsigned long i = 0;

	while (i < c->nr) {
		if (age_random(t, c->seconds)) {
			i++;
			continue;
		}
		t->pool.free(&t->pool, c->block[i].p, c->block[i].order);
		c->block[i] = c->block[--c->nr];
	}
}

static void alloc_some_blocks(struct trace *t, struct cohort *c)
{
	for (c->due += c->rate_hundredths; c->due >= 100; c->due -= 100) {
		unsigned int order = draw_age_order(t);
		void *p;

		if (c->nr == c->max)
			continue;
		p = t->pool.alloc(&t->pool, order, c->gfp);
		if (p)
			c->block[c->nr++] = (struct block){ p, order };
		else
			t->failed++;
	}
}

static void sample_free_memory(struct trace *t)
{
	unsigned long all = t->pool.nr_free(&t->pool, 0);
	unsigned long large = t->pool.nr_free(&t->pool, AGE_ORDER);
	unsigned int usable = all ? div64_ul(1000ULL * large, all) : 0;

	t->samples++;
	t->usable_sum += usable;
	t->worst = min(t->worst, usable);
}

static void run_second(struct trace *t, unsigned int now)
{
	struct cohort *stay = &t->cohort[CARVE_MIGRATE_UNMOVABLE];
	struct cohort *go = &t->cohort[CARVE_MIGRATE_RECLAIMABLE];

	free_some_blocks(t, stay);
	free_some_blocks(t, go);
	if (now % MINUTE < BURST_SECONDS)
		alloc_some_blocks(t, go);
	alloc_some_blocks(t, stay);
}

static int run_trace(struct trace *t, unsigned int seconds)
{
	unsigned int now;

	for (now = 0; now < seconds; now++) {
		run_second(t, now);
		if (now >= seconds / 2 && now % MINUTE == MINUTE - 1)
			sample_free_memory(t);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* Allocate a cohort with room for 1.5 times the expected number of blocks */
static int prepare_cohort(struct cohort *c, unsigned long nr_pages,
			  unsigned int share, unsigned int seconds, gfp_t gfp)
{
	unsigned long live = nr_pages * share / MEAN_PAGES;

	c->gfp = gfp;
	c->seconds = seconds;
	c->rate_hundredths = live * 100 / seconds;
	c->max = live + live / 2 + 16;
	c->block = kvmalloc_array(c->max, sizeof(*c->block), GFP_KERNEL);
	return c->block ? 0 : -ENOMEM;
}

static void end_cohort(struct trace *t, struct cohort *c)
{
	while (c->nr) {
		c->nr--;
		t->pool.free(&t->pool, c->block[c->nr].p, c->block[c->nr].order);
	}
	kvfree(c->block);
}

static int run_age_trace(struct carve_age *age, bool hint,
			 struct carve_age_result *result)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN;
	struct trace t = {
		.pool = age->native ? native_pool : carve_pool,
		.worst = 1000,
	};
	unsigned long nr_pages;
	int ret;

	t.pool.co = age->co;
	carve_pages_reclaim(&age->co->pages);
	prandom_seed_state(&t.rnd, age->seed);
	nr_pages = t.pool.nr_pages(&t.pool);
	ret = prepare_cohort(&t.cohort[CARVE_MIGRATE_UNMOVABLE], nr_pages, LONG_SHARE,
			     LONG_SECONDS, gfp);
	if (!ret)
		ret = prepare_cohort(&t.cohort[CARVE_MIGRATE_RECLAIMABLE], nr_pages,
				     SHORT_SHARE, SHORT_SECONDS,
				     hint ? gfp | __GFP_RECLAIMABLE : gfp);
	if (!ret)
		ret = run_trace(&t, age->minutes * 60);
	end_cohort(&t, &t.cohort[CARVE_MIGRATE_RECLAIMABLE]);
	end_cohort(&t, &t.cohort[CARVE_MIGRATE_UNMOVABLE]);
	if (!ret)
		*result = (struct carve_age_result){
			.usable = div64_ul(t.usable_sum, max(t.samples, 1UL)),
			.worst = t.worst,
			.failed = t.failed,
		};
	return ret;
}

/* "run [SEED] [MINUTES]" or "native [SEED] [MINUTES]" */
static bool parse_age(struct carve_age *age, char *line)
{
	char *verb = strsep(&line, " ");
	char *seed = strsep(&line, " ");
	char *minutes = strsep(&line, " ");

	age->native = !strcmp(verb, "native");
	age->seed = DEFAULT_SEED;
	age->minutes = DEFAULT_MINUTES;
	return (age->native || !strcmp(verb, "run")) && !line &&
	       (!seed || !kstrtou64(seed, 0, &age->seed)) &&
	       (!minutes || !kstrtouint(minutes, 0, &age->minutes)) &&
	       age->minutes && age->minutes <= MAX_MINUTES;
}

static int run_age(void *context, const char *line, struct carve_reply *reply)
{
	struct carve_age *age = context;
	char copy[CARVE_LINE_MAX + 1];
	int ret;

	strscpy(copy, line, sizeof(copy));
	age->done = false;
	if (!parse_age(age, copy))
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is not run [SEED] [MINUTES] or native [SEED] [MINUTES], with 1 to %d minutes",
					 line, MAX_MINUTES);
	ret = carveout_pin(age->co);
	if (ret)
		return carve_reply_error(reply, ret, "the carveout is being removed");
	ret = run_age_trace(age, true, &age->hinted);
	if (!ret)
		ret = run_age_trace(age, false, &age->unhinted);
	carveout_unpin(age->co);
	if (ret)
		return carve_reply_error(reply, ret, "run not completed");
	age->done = true;
	carve_reply_set(reply, "done");
	return 0;
}

static void show_result(struct seq_file *m, const char *name,
			const struct carve_age_result *r)
{
	seq_printf(m, "%-12s %5u.%u %% %5u.%u %% %8lu\n", name,
		   r->usable / 10, r->usable % 10, r->worst / 10,
		   r->worst % 10, r->failed);
}

static void show_age(struct seq_file *m, void *context)
{
	const struct carve_age *age = context;

	if (!age->done) {
		seq_puts(m, "write run [SEED] [MINUTES], or native for the kernel's page allocator\n");
		return;
	}
	seq_printf(m, "# %u minutes of mixed lifetimes on %s, seed %llu: free memory in blocks of order %d or more\n",
		   age->minutes,
		   age->native ? "the kernel's page allocator" : "the carveout",
		   age->seed, AGE_ORDER);
	seq_printf(m, "%-12s %9s %9s %8s\n", "hint", "mean", "worst", "failed");
	show_result(m, "with", &age->hinted);
	show_result(m, "without", &age->unhinted);
}

static const struct carve_command command = {
	.name = "age", .run = run_age, .show = show_age, .usage = "",
};

void carve_age_add(struct carve_age *age, struct carveout *co,
		   struct dentry *dir)
{
	age->co = co;
	carve_command_add(&age->file, &command, age, dir);
}
