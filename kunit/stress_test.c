// SPDX-License-Identifier: GPL-2.0
/*
 * Stress test of all layers, on all CPUs, from tasks and from hard interrupts.
 *
 * Each allocation is a parcel: it begins with a description of itself and is
 * filled with a pattern. Parcels go through a table that all contexts share, so
 * that most are freed on another CPU, and many in another context, than they
 * were allocated in. Two tasks on each CPU, each with a timer that interrupts
 * it, put parcels into the table and take others out, while the case itself
 * checks the invariants, shrinks, drains, and creates and destroys caches.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "page/reclaim.h"
#include "slab/caches.h"
#include "slab/debug_switch.h"
#include "slab/object_check.h"

#define STRESS_MS 1000
#define TASKS_PER_CPU 2
#define STEPS_PER_INTERRUPT 4
/* A timer expires after FIRST_US plus up to SPREAD_US */
#define FIRST_US 100
#define SPREAD_US 900
#define NR_CACHES 3

#define QUIET (GFP_KERNEL | __GFP_NOWARN)
#define QUIET_ATOMIC (GFP_ATOMIC | __GFP_NOWARN)

enum parcel_kind {
	PARCEL_PAGES,
	PARCEL_OBJECT,
	PARCEL_KMALLOC,
	PARCEL_AREA,		/* allocated by tasks only, freed in any context */
	NR_PARCEL_KINDS,
};

/**
 * struct parcel - start of each allocation
 * @tag: hash of its address and the members below, see tag_of()
 * @size: size in bytes
 * @kind: enum parcel_kind
 * @which: its order, or the number of its cache
 */
struct parcel {
	u64 tag;
	u32 size;
	u16 kind;
	u16 which;
};

/* Bytes with the pattern, behind the header and at the end */
#define PATTERN_BYTES 48U

struct load {
	const char *name;
	unsigned int nr_places;
	unsigned int max_order;
	unsigned int max_kmalloc;
	unsigned int max_area;
	bool debugged;
};

/**
 * struct stress - state that tasks and interrupts share
 * @test: the case
 * @co: its carveout
 * @load: amount of memory in use
 * @caches: caches of three sizes
 * @places: parcels, or NULL
 * @nr_interrupts: timers that expired in a hard interrupt
 * @nr_made: allocated parcels
 * @nr_failed: allocations that returned NULL
 * @nr_wrong: parcels that were corrupted
 * @nr_churned: caches that were created and destroyed
 */
struct stress {
	struct kunit *test;
	struct carveout *co;
	const struct load *load;
	struct carve_cache *caches[NR_CACHES];
	struct parcel **places;
	atomic_t nr_interrupts;
	atomic_t nr_made;
	atomic_t nr_failed;
	atomic_t nr_wrong;
	unsigned int nr_churned;
};

/* A context that allocates and frees parcels: a task, or the interrupts of its timer */
struct actor {
	struct stress *stress;
	struct rnd_state rnd;
	gfp_t gfp;
	unsigned int nr_kinds;
};

struct worker {
	struct actor task;
	struct actor interrupt;
	struct hrtimer timer;
	struct task_struct *thread;
};

static const unsigned int cache_sizes[NR_CACHES] = { 40, 200, 1500 };

static u32 any(struct actor *actor, u32 below)
{
	return carve_fixture_random(&actor->rnd, below);
}

/* Parcels */

static u64 tag_of(const struct parcel *parcel)
{
	return (unsigned long)parcel * 0x9e3779b97f4a7c15ULL ^
	       ((u64)parcel->size << 32 | parcel->kind << 16 | parcel->which);
}

static unsigned int pattern_bytes(const struct parcel *parcel)
{
	return min_t(u32, parcel->size - sizeof(*parcel), PATTERN_BYTES);
}

static void *tail_of(struct parcel *parcel)
{
	return (void *)parcel + parcel->size - pattern_bytes(parcel);
}

static void seal(struct parcel *parcel)
{
	parcel->tag = tag_of(parcel);
	memset(parcel + 1, (u8)parcel->tag, pattern_bytes(parcel));
	memset(tail_of(parcel), (u8)parcel->tag, pattern_bytes(parcel));
}

static bool is_intact(struct parcel *parcel)
{
	return parcel->tag == tag_of(parcel) &&
	       !memchr_inv(parcel + 1, (u8)parcel->tag,
			   pattern_bytes(parcel)) &&
	       !memchr_inv(tail_of(parcel), (u8)parcel->tag,
			   pattern_bytes(parcel));
}

static struct parcel *make_pages(struct actor *actor)
{
	struct stress *s = actor->stress;
	unsigned int order = any(actor, s->load->max_order + 1);
	struct parcel *parcel;

	parcel = (void *)carve_get_free_pages(s->co, actor->gfp, order);
	if (parcel) {
		parcel->size = PAGE_SIZE << order;
		parcel->which = order;
	}
	return parcel;
}

static struct parcel *make_object(struct actor *actor)
{
	unsigned int which = any(actor, NR_CACHES);
	struct parcel *parcel;

	parcel = carve_cache_alloc(actor->stress->caches[which], actor->gfp);
	if (parcel) {
		parcel->size = cache_sizes[which];
		parcel->which = which;
	}
	return parcel;
}

static unsigned int kmalloc_size(struct actor *actor)
{
	return sizeof(struct parcel) + 1 +
	       any(actor, any(actor, 4) ? 300 : actor->stress->load->max_kmalloc);
}

static struct parcel *make_kmalloc(struct actor *actor)
{
	unsigned int size = kmalloc_size(actor);
	struct parcel *parcel = carve_kmalloc(actor->stress->co, size,
					      actor->gfp);

	if (parcel) {
		parcel->size = size;
		parcel->which = 0;
	}
	return parcel;
}

static struct parcel *make_area(struct actor *actor)
{
	struct stress *s = actor->stress;
	unsigned int size = PAGE_SIZE + any(actor, s->load->max_area);
	struct parcel *parcel = carve_vmap_alloc(&s->co->vmap, size, actor->gfp,
						 _THIS_IP_);

	if (parcel) {
		parcel->size = size;
		parcel->which = 0;
	}
	return parcel;
}

static struct parcel *(*const make_kind[])(struct actor *actor) = {
	[PARCEL_PAGES] = make_pages,
	[PARCEL_OBJECT] = make_object,
	[PARCEL_KMALLOC] = make_kmalloc,
	[PARCEL_AREA] = make_area,
};

static struct parcel *make(struct actor *actor)
{
	unsigned int kind = any(actor, actor->nr_kinds);
	struct parcel *parcel = make_kind[kind](actor);

	if (!parcel) {
		atomic_inc(&actor->stress->nr_failed);
		return NULL;
	}
	atomic_inc(&actor->stress->nr_made);
	parcel->kind = kind;
	seal(parcel);
	return parcel;
}

/* A corrupted parcel is not freed: its kind and size are unknown */
static void unmake(struct stress *s, struct parcel *parcel)
{
	if (!parcel)
		return;
	if (!is_intact(parcel)) {
		atomic_inc(&s->nr_wrong);
		return;
	}
	switch (parcel->kind) {
	case PARCEL_PAGES:
		carve_free_pages_addr(s->co, (unsigned long)parcel,
				      parcel->which);
		break;
	case PARCEL_OBJECT:
		carve_cache_free(s->caches[parcel->which], parcel);
		break;
	case PARCEL_KMALLOC:
		carve_kfree(s->co, parcel);
		break;
	case PARCEL_AREA:
		carve_kvfree(s->co, parcel);
		break;
	}
}

static struct parcel *resize(struct actor *actor, struct parcel *parcel)
{
	unsigned int size = kmalloc_size(actor);
	struct parcel *moved;

	if (!parcel || parcel->kind != PARCEL_KMALLOC || !is_intact(parcel))
		return parcel;
	moved = carve_krealloc(actor->stress->co, parcel, size, actor->gfp);
	if (!moved)
		return parcel;
	moved->size = size;
	seal(moved);
	return moved;
}

/* Contexts */

static void swap_places(struct actor *actor, struct parcel *parcel)
{
	struct stress *s = actor->stress;
	struct parcel **place = &s->places[any(actor, s->load->nr_places)];

	unmake(s, xchg(place, parcel));
}

static struct parcel *take_any(struct actor *actor)
{
	struct stress *s = actor->stress;

	return xchg(&s->places[any(actor, s->load->nr_places)], NULL);
}

static void take_step(struct actor *actor)
{
	switch (any(actor, 8)) {
	case 0:
		swap_places(actor, resize(actor, take_any(actor)));
		break;
	case 1:
		unmake(actor->stress, take_any(actor));
		break;
	case 2:
		/* Freed where it was allocated, so that the next allocation finds it cache hot */
		unmake(actor->stress, make(actor));
		break;
	default:
		swap_places(actor, make(actor));
	}
}

static enum hrtimer_restart interrupt(struct hrtimer *timer)
{
	struct worker *worker = container_of(timer, struct worker, timer);
	struct actor *actor = &worker->interrupt;
	u32 us = FIRST_US + any(actor, SPREAD_US);
	int i;

	if (in_hardirq())
		atomic_inc(&actor->stress->nr_interrupts);
	for (i = 0; i < STEPS_PER_INTERRUPT; i++)
		take_step(actor);
	hrtimer_forward_now(timer, ns_to_ktime(us * NSEC_PER_USEC));
	return HRTIMER_RESTART;
}

static int work(void *arg)
{
	struct worker *worker = arg;

	/* The timer expires on the CPU that it was started on, this one */
	hrtimer_start(&worker->timer, ns_to_ktime(FIRST_US * NSEC_PER_USEC),
		      HRTIMER_MODE_REL_PINNED_HARD);
	while (!kthread_should_stop()) {
		take_step(&worker->task);
		cond_resched();
	}
	hrtimer_cancel(&worker->timer);
	return 0;
}

/* Set-up and end */

static void init_worker(struct worker *worker, struct stress *s, u64 seed)
{
	worker->task = (struct actor){
		.stress = s, .gfp = QUIET, .nr_kinds = NR_PARCEL_KINDS,
	};
	worker->interrupt = (struct actor){
		.stress = s, .gfp = QUIET_ATOMIC, .nr_kinds = PARCEL_AREA,
	};
	prandom_seed_state(&worker->task.rnd, seed);
	prandom_seed_state(&worker->interrupt.rnd, ~seed);
	hrtimer_setup(&worker->timer, interrupt, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
}

static void start_worker(struct kunit *test, struct worker *worker, int cpu)
{
	struct task_struct *thread;

	thread = kthread_create(work, worker, "carveout_stress/%d", cpu);
	if (IS_ERR(thread)) {
		KUNIT_FAIL(test, "no thread for CPU %d", cpu);
		return;
	}
	kthread_bind(thread, cpu);
	worker->thread = thread;
	wake_up_process(thread);
}

static void start_workers(struct stress *s, struct worker *workers)
{
	unsigned int i = 0;
	int cpu, n;

	for_each_online_cpu(cpu)
		for (n = 0; n < TASKS_PER_CPU; n++, i++) {
			init_worker(&workers[i], s, 1 + i);
			start_worker(s->test, &workers[i], cpu);
		}
}

static void stop_workers(struct worker *workers, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (workers[i].thread)
			KUNIT_EXPECT_EQ(workers[i].task.stress->test,
					kthread_stop(workers[i].thread), 0);
}

static void create_caches(struct stress *s)
{
	char name[16];
	int i;

	for (i = 0; i < NR_CACHES; i++) {
		snprintf(name, sizeof(name), "stress-%u", cache_sizes[i]);
		s->caches[i] = carve_cache_create(s->co, name, cache_sizes[i],
						  0, 0, NULL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(s->test, s->caches[i]);
	}
}

static void destroy_caches(struct stress *s)
{
	int i;

	for (i = 0; i < NR_CACHES; i++)
		KUNIT_EXPECT_EQ(s->test, carve_cache_destroy(s->caches[i]), 0);
}

/* A short-lived cache; there may be no memory for it */
static void churn_cache(struct stress *s)
{
	const struct carve_cache_args args = { .name = "churn", .size = 128 };
	struct carve_cache *cache = carve_cache_new(&s->co->slabs, &args);
	void *object;

	if (IS_ERR(cache)) {
		KUNIT_EXPECT_EQ(s->test, PTR_ERR(cache), -ENOMEM);
		return;
	}
	s->nr_churned++;
	object = carve_cache_alloc(cache, QUIET | __GFP_NORETRY);
	if (object)
		memset(object, 0xcc, 128);
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(s->test, carve_cache_destroy(cache), 0);
}

/* Switch debugging of some caches on with random flags, or off */
static void switch_debugging(struct stress *s, struct rnd_state *rnd)
{
	struct carve_cache *cache;

	guard(mutex)(&s->co->slabs.lock);
	list_for_each_entry(cache, &s->co->slabs.caches, list)
		if (carve_fixture_random(rnd, 8) == 0)
			carve_debug_switch(cache, carve_fixture_random(rnd, 2) ?
					   carve_fixture_random(rnd, 32) : 0);
}

/* No errors beyond those that the case caused */
static void expect_nothing_found(struct stress *s)
{
	struct carve_cache *cache;
	unsigned int i;

	guard(mutex)(&s->co->slabs.lock);
	list_for_each_entry(cache, &s->co->slabs.caches, list) {
		for (i = 0; i < CARVE_NR_ERRORS; i++)
			KUNIT_EXPECT_EQ_MSG(s->test, cache->debugging.count[i],
					    0UL, "%s: %s", cache->name,
					    carve_error_titles[i]);
		carve_debug_switch(cache, 0);
	}
}

static void disturb(struct stress *s)
{
	unsigned long end = jiffies + msecs_to_jiffies(STRESS_MS);
	struct rnd_state rnd;

	carve_fixture_seed(s->test, &rnd, carve_fixture_any_seed());
	while (time_before(jiffies, end)) {
		if (s->load->debugged)
			switch_debugging(s, &rnd);
		carve_fixture_check(s->test, s->co);
		churn_cache(s);
		carve_slabs_shrink(&s->co->slabs);
		carve_cache_shrink(s->caches[0]);
		carve_pages_drain(&s->co->pages);
		carve_vmap_flush(&s->co->vmap);
		msleep(20);
	}
}

static struct stress *new_stress(struct kunit *test, const struct load *load)
{
	struct stress *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->test = test;
	s->co = test->priv;
	s->load = load;
	s->co->pages.wait_ms = 0;
	s->places = kunit_kcalloc(test, load->nr_places, sizeof(*s->places),
				  GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s->places);
	return s;
}

static void free_parcels(struct stress *s)
{
	unsigned int i;

	for (i = 0; i < s->load->nr_places; i++)
		unmake(s, s->places[i]);
}

static const struct load loads[] = {
	{ "with memory to spare", 100, 2, 3000, 3 * PAGE_SIZE },
	{ "with none left", 1200, 4, 20000, 30 * PAGE_SIZE },
	{ "with debugging switched", 300, 2, 9000, 3 * PAGE_SIZE, true },
};

static void expect_all_well(struct stress *s)
{
	kunit_info(s->test, "%d parcels, %d failed, %d interrupts",
		   atomic_read(&s->nr_made), atomic_read(&s->nr_failed),
		   atomic_read(&s->nr_interrupts));
	KUNIT_EXPECT_GT(s->test, atomic_read(&s->nr_made), 0);
	KUNIT_EXPECT_GT(s->test, atomic_read(&s->nr_interrupts), 0);
	KUNIT_EXPECT_EQ(s->test, atomic_read(&s->nr_wrong), 0);
	/* Caches are created where there is memory for them */
	if (s->load == loads)
		KUNIT_EXPECT_GT(s->test, s->nr_churned, 0);
	KUNIT_EXPECT_EQ(s->test,
			carve_fixture_nr_bad_frees(s->co), 0L);
	KUNIT_EXPECT_EQ(s->test, carve_fixture_areas(s->co).nr_areas, 0UL);
	expect_nothing_found(s);
	carve_fixture_check(s->test, s->co);
}

static void describe_load(const struct load *load, char *desc)
{
	strscpy(desc, load->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(load, loads, describe_load);

static void all_layers_survive_all_cpus_and_interrupts(struct kunit *test)
{
	unsigned int nr_workers = TASKS_PER_CPU * num_online_cpus();
	struct stress *s = new_stress(test, test->param_value);
	unsigned long nr_free = carve_fixture_collect(s->co);
	struct worker *workers;

	workers = kunit_kcalloc(test, nr_workers, sizeof(*workers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, workers);
	create_caches(s);
	start_workers(s, workers);
	disturb(s);
	stop_workers(workers, nr_workers);
	free_parcels(s);
	expect_all_well(s);
	destroy_caches(s);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(s->co), nr_free);
}

static struct kunit_case stress_cases[] = {
	KUNIT_CASE_PARAM(all_layers_survive_all_cpus_and_interrupts,
			 load_gen_params),
	{ }
};

static struct kunit_suite stress_suite = {
	.name = "carveout_stress",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = stress_cases,
};

kunit_test_suites(&stress_suite);
