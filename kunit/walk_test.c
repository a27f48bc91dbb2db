// SPDX-License-Identifier: GPL-2.0
/*
 * Random walks on all CPUs at the same time, against a model: caches, kmalloc,
 * bulk requests and frees after a grace period. Each walker knows its objects
 * and their contents. When all have stopped, the caches' counts must agree, and
 * when everything is freed, every page must be free.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "slab/cache.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)
#define QUIET_ATOMIC (GFP_ATOMIC | __GFP_NOWARN)

#define STEPS 20000
#define SLOTS 256
#define NR_CACHES 3
#define MOST_WALKERS 8
#define BULK 40

/* An object of a walker: of a cache, or of kmalloc() if that is NULL */
struct holding {
	struct carve_cache *cache;
	u64 *p;
	size_t size;
	u64 mark;
};

/**
 * struct walker - one walk on one CPU
 * @co: the carveout
 * @caches: the caches, which all walkers share
 * @rnd: random numbers of this walker
 * @held: its objects
 * @nr_held: number of objects of each cache, the model
 * @nr_wrong: objects that were corrupted
 * @done: it has stopped
 * @task: the thread
 */
struct walker {
	struct carveout *co;
	struct carve_cache **caches;
	struct rnd_state rnd;
	struct holding held[SLOTS];
	unsigned int nr_held[NR_CACHES];
	unsigned int nr_wrong;
	struct completion done;
	struct task_struct *task;
};

static const unsigned int cache_sizes[NR_CACHES] = { 16, 200, 3000 };

static u32 any(struct walker *w, u32 below)
{
	return carve_fixture_random(&w->rnd, below);
}

static u64 *last_word(const struct holding *h)
{
	return h->p + h->size / sizeof(u64) - 1;
}

static void mark(struct walker *w, struct holding *h)
{
	h->mark = prandom_u32_state(&w->rnd);
	*h->p = h->mark;
	*last_word(h) = h->mark;
}

static void look(struct walker *w, const struct holding *h)
{
	if (*h->p != h->mark || *last_word(h) != h->mark)
		w->nr_wrong++;
}

static gfp_t any_gfp(struct walker *w)
{
	return any(w, 16) ? QUIET_ATOMIC : QUIET;
}

static void take(struct walker *w, struct holding *h)
{
	unsigned int i = any(w, 2 * NR_CACHES);

	if (i < NR_CACHES) {
		h->cache = w->caches[i];
		h->size = cache_sizes[i];
		h->p = carve_cache_alloc(h->cache, any_gfp(w));
		w->nr_held[i] += !!h->p;
	} else {
		h->cache = NULL;
		h->size = 8 << any(w, 11);
		h->p = carve_kmalloc(w->co, h->size, any_gfp(w));
	}
	if (h->p)
		mark(w, h);
}

static void give(struct walker *w, struct holding *h)
{
	bool later = any(w, 8) == 0;
	unsigned int i;

	look(w, h);
	for (i = 0; h->cache && i < NR_CACHES; i++)
		w->nr_held[i] -= h->cache == w->caches[i];
	if (!h->cache && later)
		carve_kfree_rcu(w->co, h->p, NULL);
	else if (!h->cache)
		carve_kfree(w->co, h->p);
	else if (later)
		carve_cache_free_rcu(h->cache, h->p, NULL);
	else
		carve_cache_free(h->cache, h->p);
	h->p = NULL;
}

/* A bulk request: all objects are different, and freed again */
static void use_bulk(struct walker *w)
{
	struct carve_cache *cache = w->caches[any(w, NR_CACHES)];
	unsigned int i, n = 1 + any(w, BULK);
	void *p[BULK];

	if (!carve_cache_alloc_bulk(cache, any_gfp(w), n, p))
		return;
	for (i = 0; i < n; i++)
		*(void **)p[i] = &p[i];
	for (i = 0; i < n; i++)
		w->nr_wrong += *(void **)p[i] != &p[i];
	carve_cache_free_bulk(cache, n, p);
}

static void step(struct walker *w)
{
	struct holding *h = &w->held[any(w, SLOTS)];

	if (any(w, 50) == 0)
		use_bulk(w);
	else if (!h->p)
		take(w, h);
	else if (any(w, 10) == 0)
		look(w, h);
	else
		give(w, h);
}

static int walk(void *arg)
{
	struct walker *w = arg;
	unsigned int i;

	for (i = 0; i < STEPS; i++) {
		step(w);
		cond_resched();
	}
	complete(&w->done);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static struct walker *start(struct kunit *test, struct carve_cache **caches,
			    unsigned int cpu, u64 seed)
{
	struct walker *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->co = test->priv;
	w->caches = caches;
	prandom_seed_state(&w->rnd, seed + cpu);
	init_completion(&w->done);
	w->task = kthread_create(walk, w, "carve_walker/%u", cpu);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w->task);
	kthread_bind(w->task, cpu);
	wake_up_process(w->task);
	return w;
}

/* The caches' counts are the sums over all walkers */
static void compare(struct kunit *test, struct carve_cache **caches,
		    struct walker **walkers, unsigned int nr)
{
	struct carve_cache_usage usage;
	unsigned int i, j;

	carve_rcu_barrier(test->priv);
	for (i = 0; i < NR_CACHES; i++) {
		unsigned long held = 0;

		for (j = 0; j < nr; j++)
			held += walkers[j]->nr_held[i];
		carve_cache_usage(caches[i], &usage);
		KUNIT_EXPECT_EQ(test, usage.active_objects, held);
	}
	carve_fixture_check(test, test->priv);
}

static void give_all(struct walker *w)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (w->held[i].p)
			give(w, &w->held[i]);
}

static void walks_on_all_cpus_agree_with_model(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_cache *caches[NR_CACHES];
	struct walker *walkers[MOST_WALKERS];
	unsigned int cpu, i, nr = 0;
	u64 seed = carve_fixture_any_seed();

	kunit_info(test, "seed %llu", seed);
	for (i = 0; i < NR_CACHES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "walk-%u", cache_sizes[i]);
		caches[i] = carve_cache_create(co, name, cache_sizes[i], 0, 0,
					       NULL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, caches[i]);
	}
	for_each_online_cpu(cpu)
		if (nr < MOST_WALKERS)
			walkers[nr++] = start(test, caches, cpu, seed);
	for (i = 0; i < nr; i++) {
		wait_for_completion(&walkers[i]->done);
		kthread_stop(walkers[i]->task);
	}
	compare(test, caches, walkers, nr);
	for (i = 0; i < nr; i++) {
		give_all(walkers[i]);
		KUNIT_EXPECT_EQ(test, walkers[i]->nr_wrong, 0);
	}
	compare(test, caches, walkers, nr);
	for (i = 0; i < NR_CACHES; i++)
		KUNIT_EXPECT_EQ(test, carve_cache_destroy(caches[i]), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static struct kunit_case walk_cases[] = {
	KUNIT_CASE_SLOW(walks_on_all_cpus_agree_with_model),
	{ }
};

static struct kunit_suite walk_suite = {
	.name = "carveout_walk",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = walk_cases,
};

kunit_test_suite(walk_suite);
