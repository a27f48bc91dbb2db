// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer
 *
 * A seed becomes a sequence of operations over all layers, in several contexts
 * and on several CPUs, and a model (world.c) says what must hold. Each of the
 * CPUs at work has a task, which draws steps (step.c) from the table (ops.c), and
 * brings them to their context (context.c). After some steps all come to rest:
 * the carveout's own walk of its invariants must find nothing, and what it
 * counts must be what the model has. In the end all is freed, and each page
 * must be back.
 *
 * With one CPU at work, and nothing in the midst of steps, the same options lead
 * to the same run on the same carveout: what the kernel would do a little later
 * in the background is waited for after each step.
 *
 * Locks: an item is busy, then whatever the layers take; fuzz->lock, a raw one,
 * with nothing taken under it.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "fuzz/context.h"
#include "fuzz/settings.h"
#include "report.h"
#include "slab/limbo.h"

/* Of each CPU at work, between two comparisons of the model and the carveout */
#define ROUND_STEPS 1000
/* How often it is looked whether the time is up, or another CPU is to go */
#define WATCH_MS 50
/* For how long a CPU stays away */
#define AWAY_MS 20

/**
 * struct worker - a CPU at work
 * @actor: makes its steps
 * @stage: brings them to their contexts
 * @ambush: makes others in their midst
 * @to: the number of the step that ends the round
 * @thread: the task
 * @done: the round is over
 */
struct worker {
	struct carve_fuzz_actor actor;
	struct carve_fuzz_stage stage;
	struct carve_fuzz_ambush ambush;
	u64 to;
	struct task_struct *thread;
	struct completion done;
};

/**
 * struct run - a run
 * @fuzz: its model
 * @settings: of the carveout, before
 * @nr_workers: CPUs at work
 * @worker: these
 * @end: when the time is up, in jiffies
 */
struct run {
	struct carve_fuzz fuzz;
	struct carve_fuzz_settings settings;
	unsigned int nr_workers;
	struct worker *worker;
	unsigned long end;
};

/* Steps */

static bool is_limbo_busy(const struct carve_fuzz_cache *c)
{
	return c->cache && READ_ONCE(c->cache->limbo.busy);
}

/* What is on its way in the background arrives before the next step */
static void await_background(struct carve_fuzz *fuzz)
{
	struct carveout *co = fuzz->co;
	unsigned int i;

	if (atomic_long_read(&co->rcu.nr_pending))
		carve_rcu_flush(&co->rcu);
	for (i = 0; i < CARVE_FUZZ_NR_CACHES; i++)
		if (is_limbo_busy(&fuzz->cache[i]))
			carve_limbo_flush(fuzz->cache[i].cache);
	carve_vmap_flush(&co->vmap);
}

static void make_steps(struct worker *w)
{
	struct carve_fuzz *fuzz = w->actor.fuzz;
	unsigned int contexts = fuzz->options->contexts &
				CARVE_FUZZ_SERIAL_CONTEXTS;
	struct carve_fuzz_step s;

	while (w->actor.next < w->to && !carve_fuzz_stopped(fuzz)) {
		carve_fuzz_draw(&s, &w->actor, contexts);
		carve_fuzz_play(&w->stage, &s);
		if (fuzz->serial)
			await_background(fuzz);
		cond_resched();
	}
}

static int work(void *arg)
{
	struct worker *w = arg;
	bool nested = w->actor.fuzz->options->contexts &
		      BIT(CARVE_FUZZ_NESTED);

	if (nested)
		carve_fuzz_ambush_start(&w->ambush);
	make_steps(w);
	if (nested)
		carve_fuzz_ambush_stop(&w->ambush);
	complete(&w->done);
	return 0;
}

/* Rounds */

static unsigned int nth_online(unsigned int n)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (!n--)
			return cpu;
	return cpumask_first(cpu_online_mask);
}

static int start_worker(struct worker *w)
{
	struct task_struct *thread;

	reinit_completion(&w->done);
	thread = kthread_create(work, w, "carve_fuzz/%u", w->actor.cpu);
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	get_task_struct(thread);
	kthread_bind(thread, nth_online(w->actor.cpu));
	w->thread = thread;
	wake_up_process(thread);
	return 0;
}

/* The last CPU is away for one run at a time */
static DEFINE_MUTEX(swinging);

/* A CPU other than the first goes and comes; 0 or why it can't */
static int swing_cpu(struct carve_fuzz_report *report)
{
	unsigned int cpu;
	int ret;

	guard(mutex)(&swinging);
	cpu = cpumask_last(cpu_online_mask);
	if (!cpu)
		return -ENODEV;
	ret = remove_cpu(cpu);
	if (ret)
		return ret;
	msleep(AWAY_MS);
	ret = add_cpu(cpu);
	report->hotplugs += !ret;
	return ret;
}

/* What happens to a run while it is waited for */
static void watch(struct run *run)
{
	struct carve_fuzz *fuzz = &run->fuzz;

	if (time_after(jiffies, run->end)) {
		fuzz->report->time_up = true;
		WRITE_ONCE(fuzz->stop, true);
	} else if (fuzz->options->hotplug && swing_cpu(fuzz->report)) {
		carve_fuzz_find(fuzz, NULL, "a CPU doesn't go and come any more");
	}
}

static void await_worker(struct run *run, struct worker *w)
{
	long left = 0;

	while (!left) {
		left = wait_for_completion_interruptible_timeout(&w->done,
								 msecs_to_jiffies(WATCH_MS));
		if (!left)
			watch(run);
	}
	if (left < 0) {
		run->fuzz.report->ret = -EINTR;
		WRITE_ONCE(run->fuzz.stop, true);
		wait_for_completion(&w->done);
	}
	kthread_stop(w->thread);
	put_task_struct(w->thread);
}

/* All at work until they have made @to steps each, or shall stop */
static int run_round(struct run *run, u64 to)
{
	unsigned int i, nr;
	int ret = 0;

	for (nr = 0; nr < run->nr_workers && !ret; nr++) {
		run->worker[nr].to = to;
		ret = start_worker(&run->worker[nr]);
	}
	if (ret) {
		nr--;
		WRITE_ONCE(run->fuzz.stop, true);
	}
	for (i = 0; i < nr; i++)
		await_worker(run, &run->worker[i]);
	return ret;
}

static void check(struct carve_fuzz *fuzz)
{
	struct carve_report r = { .name = fuzz->co->name };

	carve_rcu_flush(&fuzz->co->rcu);
	carve_vmap_flush(&fuzz->co->vmap);
	carveout_check(fuzz->co, &r);
	if (r.violations)
		carve_fuzz_find(fuzz, NULL, "%u invariants don't hold",
				r.violations);
	carve_fuzz_compare(fuzz);
}

static int run_rounds(struct run *run)
{
	u64 each = DIV_ROUND_UP_ULL(run->fuzz.options->steps, run->nr_workers);
	u64 to = 0;
	int ret = 0;

	while (to < each && !carve_fuzz_stopped(&run->fuzz) && !ret) {
		to = min(to + ROUND_STEPS, each);
		ret = run_round(run, to);
		check(&run->fuzz);
	}
	return ret;
}

/* The whole of a run */

/* Pages that are free when all that can be is given back */
static unsigned long count_free(struct carveout *co)
{
	struct carve_zone *zone;
	unsigned long nr = 0;

	carve_rcu_flush(&co->rcu);
	carve_vmap_flush(&co->vmap);
	irq_work_sync(&co->pages.wake);
	flush_work(&co->pages.background);
	carve_pages_reclaim(&co->pages);
	carve_for_each_zone(zone, &co->pages)
		nr += carve_zone_nr_free(zone) + carve_zone_nr_stored(zone);
	return nr;
}

static void init_actor(struct carve_fuzz_actor *actor, struct carve_fuzz *fuzz,
		       unsigned int cpu, unsigned int stream)
{
	actor->fuzz = fuzz;
	actor->cpu = cpu;
	actor->stream = stream;
}

static int init_workers(struct run *run)
{
	unsigned int i;

	run->nr_workers = run->fuzz.options->cpus;
	run->worker = kvcalloc(run->nr_workers, sizeof(*run->worker),
			       GFP_KERNEL);
	if (!run->worker)
		return -ENOMEM;
	for (i = 0; i < run->nr_workers; i++) {
		struct worker *w = &run->worker[i];

		init_actor(&w->actor, &run->fuzz, i, 2 * i);
		init_actor(&w->ambush.actor, &run->fuzz, i, 2 * i + 1);
		carve_fuzz_stage_init(&w->stage);
		carve_fuzz_ambush_init(&w->ambush);
		init_completion(&w->done);
	}
	return 0;
}

static void add_counts(struct carve_fuzz_report *report,
		       const struct carve_fuzz_actor *actor)
{
	unsigned int op, outcome;

	for (op = 0; op < CARVE_FUZZ_NR_OPS; op++)
		for (outcome = 0; outcome < CARVE_FUZZ_NR_OUTCOMES; outcome++)
			report->count[op][outcome] += actor->count[op][outcome];
}

static void tell(struct run *run)
{
	struct carve_fuzz_report *report = run->fuzz.report;
	unsigned int i;

	for (i = 0; i < run->nr_workers; i++) {
		struct worker *w = &run->worker[i];

		report->steps += w->actor.next;
		report->nested += w->ambush.actor.next;
		report->sequence = carve_fuzz_mix(report->sequence +
						  w->actor.sequence);
		report->results = carve_fuzz_mix(report->results +
						 w->actor.results);
		add_counts(report, &w->actor);
		add_counts(report, &w->ambush.actor);
	}
	report->most_items = max(report->most_items, run->fuzz.most_live);
	report->nr_bad_frees += atomic_long_read(&run->fuzz.nr_bad);
}

/* All goes, and must then be as if it had never been */
static void finish(struct run *run, unsigned long nr_free)
{
	struct carve_fuzz *fuzz = &run->fuzz;
	struct carve_fuzz_step s = {
		.fuzz = fuzz, .actor = &run->worker->actor,
		.op = carve_fuzz_ops, .number = run->worker->actor.next,
	};
	unsigned long now;

	carve_fault_arm(&fuzz->co->pages.fault, 0);
	carve_fuzz_free_all(&s);
	check(fuzz);
	carve_fuzz_settings_restore(&run->settings, fuzz->co);
	now = count_free(fuzz->co);
	if (now != nr_free)
		carve_fuzz_find(fuzz, NULL,
				"all was freed, and %lu pages are free, not %lu as before",
				now, nr_free);
}

/* Once, with the allocation of number @nth failing; true: it came to that one */
static int run_once(struct carveout *co,
		    const struct carve_fuzz_options *options,
		    struct carve_fuzz_report *report, unsigned int nth,
		    unsigned long end)
{
	struct run *run = kvzalloc_obj(*run);
	unsigned long nr_free;
	int ret;

	if (!run)
		return -ENOMEM;
	run->end = end;
	run->fuzz.co = co;
	run->fuzz.options = options;
	run->fuzz.report = report;
	run->fuzz.serial = carve_fuzz_is_serial(options);
	run->fuzz.still = nth;
	ret = carve_fuzz_world_init(&run->fuzz) ?: init_workers(run) ?:
	      carve_fuzz_settings_keep(&run->settings, co);
	if (ret)
		goto free;
	carve_fuzz_settings_restore(&run->settings, co);
	nr_free = count_free(co);
	carve_fuzz_settle(&run->fuzz);
	carve_fault_arm(&co->pages.fault, nth);
	ret = run_rounds(run);
	report->strikes += nth && !carve_fault_is_armed(&co->pages.fault);
	finish(run, nr_free);
	tell(run);
free:
	carve_fuzz_settings_free(&run->settings);
	carve_fuzz_world_exit(&run->fuzz);
	kvfree(run->worker);
	kvfree(run);
	return ret;
}

static bool goes_on(const struct carve_fuzz_report *report)
{
	return !report->ret && !report->finding.found && !report->time_up;
}

/* For each allocation in turn, until there is none of that number */
static int sweep(struct carveout *co, const struct carve_fuzz_options *options,
		 struct carve_fuzz_report *report, unsigned long end)
{
	unsigned int nth = 0;
	int ret = 0;

	while (!ret && report->strikes == nth && goes_on(report)) {
		ret = run_once(co, options, report, ++nth, end);
		report->runs++;
	}
	/* That is how a run is named which replays it */
	if (report->finding.found)
		report->options.fail_nth = nth;
	return ret;
}

static int run_all(struct carveout *co,
		   const struct carve_fuzz_options *options,
		   struct carve_fuzz_report *report)
{
	unsigned long end = jiffies + options->seconds * HZ;

	if (options->fail_nth == CARVE_FUZZ_SWEEP)
		return sweep(co, options, report, end);
	report->runs = 1;
	return run_once(co, options, report, options->fail_nth, end);
}

int carve_fuzz_run(struct carveout *co,
		   const struct carve_fuzz_options *options,
		   struct carve_fuzz_report *report)
{
	int ret;

	*report = (struct carve_fuzz_report){ .options = *options };
	if (options->cpus > num_online_cpus())
		ret = -ENODEV;
	else if (carveout_count_owned(co))
		ret = -EBUSY;
	else if (options->hotplug && swing_cpu(report))
		ret = -EOPNOTSUPP;
	else
		ret = run_all(co, options, report);
	if (ret)
		report->ret = ret;
	if (report->finding.found)
		report->ret = -EUCLEAN;
	return report->ret;
}
