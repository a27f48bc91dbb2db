// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer
 *
 * The fuzzer runs a sequence of operations on all layers that follows from a
 * seed, in several contexts and on several CPUs, and checks them against a
 * model (world.c). Each worker is a kthread on its CPU that draws steps
 * (step.c) from the table (ops.c) and runs them in their contexts (context.c).
 * After each round of steps all workers stop: the carveout's invariants must
 * hold, and its counters must agree with the model (tally.c). At the end all
 * items are freed, and all pages must be free.
 *
 * With one worker, and without injector and hotplug, equal options lead to
 * equal runs on the same carveout. Therefore background work is flushed after
 * each step.
 *
 * Locking: the busy bit of an item, then the locks of the layers; fuzz->lock is
 * a raw spinlock, and innermost.
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

#include "core/allocation_report.h"
#include "fuzz/context.h"
#include "fuzz/draw.h"
#include "fuzz/ops.h"
#include "fuzz/ops_shared.h"
#include "fuzz/settings.h"
#include "fuzz/tally.h"
#include "lib/report.h"
#include "page/reclaim.h"
#include "slab/deferred_free.h"

/* Steps of each worker between two comparisons of the carveout and the model */
#define ROUND_STEPS 1000
/* Interval of checks of the time limit, and of CPU hotplug */
#define WATCH_MS 50
/* How long a CPU stays offline */
#define AWAY_MS 20

/**
 * struct worker - a worker on one CPU
 * @thread: the sequence of its steps
 * @executor: runs them in their contexts
 * @injector: runs steps in interrupts of these
 * @to: number of the step that ends the round
 * @task: the kthread
 * @done: completed at the end of the round
 */
struct worker {
	struct carve_fuzz_thread thread;
	struct carve_fuzz_executor executor;
	struct carve_fuzz_injector injector;
	u64 to;
	struct task_struct *task;
	struct completion done;
};

/**
 * struct run - a run
 * @fuzz: its model
 * @settings: settings of the carveout before the run
 * @nr_workers: number of workers
 * @worker: the workers
 * @end: time limit, in jiffies
 */
struct run {
	struct carve_fuzz fuzz;
	struct carve_fuzz_settings settings;
	unsigned int nr_workers;
	struct worker *worker;
	unsigned long end;
};

/* Steps */

static bool frees_are_deferred(const struct carve_fuzz_cache *c)
{
	return c->cache && READ_ONCE(c->cache->deferred.busy);
}

/* Wait for frees in the background, so that the next step sees their result */
static void await_background(struct carve_fuzz *fuzz)
{
	struct carveout *co = fuzz->co;
	unsigned int i;

	if (atomic_long_read(&co->rcu.nr_pending))
		carve_rcu_flush(&co->rcu);
	for (i = 0; i < CARVE_FUZZ_NR_CACHES; i++)
		if (frees_are_deferred(&fuzz->cache[i]))
			carve_deferred_free_flush(fuzz->cache[i].cache);
	carve_vmap_flush(&co->vmap);
}

static void make_steps(struct worker *w)
{
	struct carve_fuzz *fuzz = w->thread.fuzz;
	unsigned int contexts = fuzz->options->contexts &
				CARVE_FUZZ_SERIAL_CONTEXTS;
	struct carve_fuzz_step s;

	while (w->thread.next < w->to && !carve_fuzz_stopped(fuzz)) {
		carve_fuzz_draw(&s, &w->thread, contexts);
		carve_fuzz_play(&w->executor, &s);
		if (fuzz->serial)
			await_background(fuzz);
		cond_resched();
	}
}

static int fuzz_worker(void *arg)
{
	struct worker *w = arg;
	bool nested = w->thread.fuzz->options->contexts &
		      BIT(CARVE_FUZZ_NESTED);

	if (nested)
		carve_fuzz_injector_start(&w->injector);
	make_steps(w);
	if (nested)
		carve_fuzz_injector_stop(&w->injector);
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
	struct task_struct *task;

	reinit_completion(&w->done);
	task = kthread_create(fuzz_worker, w, "carve_fuzz/%u", w->thread.cpu);
	if (IS_ERR(task))
		return PTR_ERR(task);
	get_task_struct(task);
	kthread_bind(task, nth_online(w->thread.cpu));
	w->task = task;
	wake_up_process(task);
	return 0;
}

/* Serializes hotplug of the last CPU among runs on several carveouts */
static DEFINE_MUTEX(hotplug_lock);

/* Take a CPU other than the first offline and online; 0 or an errno */
static int hotplug_cpu(struct carve_fuzz_report *report)
{
	unsigned int cpu;
	int ret;

	guard(mutex)(&hotplug_lock);
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

/* Check the time limit and do CPU hotplug while workers run */
static void fuzz_watch(struct run *run)
{
	struct carve_fuzz *fuzz = &run->fuzz;

	if (time_after(jiffies, run->end)) {
		fuzz->report->time_up = true;
		WRITE_ONCE(fuzz->stop, true);
	} else if (fuzz->options->hotplug && hotplug_cpu(fuzz->report)) {
		carve_fuzz_find(fuzz, NULL, "CPU hotplug failed");
	}
}

static void await_worker(struct run *run, struct worker *w)
{
	long left = 0;

	while (!left) {
		left = wait_for_completion_interruptible_timeout(&w->done,
								 msecs_to_jiffies(WATCH_MS));
		if (!left)
			fuzz_watch(run);
	}
	if (left < 0) {
		run->fuzz.report->ret = -EINTR;
		WRITE_ONCE(run->fuzz.stop, true);
		wait_for_completion(&w->done);
	}
	kthread_stop(w->task);
	put_task_struct(w->task);
}

/* Run all workers up to step @to, or until the run is stopped */
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

static void fuzz_check(struct carve_fuzz *fuzz)
{
	struct carve_report r = { .name = fuzz->co->name };

	carve_rcu_flush(&fuzz->co->rcu);
	carve_vmap_flush(&fuzz->co->vmap);
	carveout_check(fuzz->co, &r);
	if (r.violations)
		carve_fuzz_find(fuzz, NULL, "%u invariants are violated",
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
		fuzz_check(&run->fuzz);
	}
	return ret;
}

/* Runs */

/* Number of free pages after reclaim */
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
		nr += carve_zone_nr_free(zone) + carve_zone_nr_pcp(zone);
	return nr;
}

static void init_thread(struct carve_fuzz_thread *thread, struct carve_fuzz *fuzz,
			unsigned int cpu, unsigned int stream)
{
	thread->fuzz = fuzz;
	thread->cpu = cpu;
	thread->stream = stream;
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

		init_thread(&w->thread, &run->fuzz, i, 2 * i);
		init_thread(&w->injector.thread, &run->fuzz, i, 2 * i + 1);
		carve_fuzz_executor_init(&w->executor);
		carve_fuzz_injector_init(&w->injector);
		init_completion(&w->done);
	}
	return 0;
}

static void add_counts(struct carve_fuzz_report *report,
		       const struct carve_fuzz_thread *thread)
{
	unsigned int op, outcome;

	for (op = 0; op < CARVE_FUZZ_NR_OPS; op++)
		for (outcome = 0; outcome < CARVE_FUZZ_NR_OUTCOMES; outcome++)
			report->count[op][outcome] += thread->count[op][outcome];
}

static void fill_report(struct run *run)
{
	struct carve_fuzz_report *report = run->fuzz.report;
	unsigned int i;

	for (i = 0; i < run->nr_workers; i++) {
		struct worker *w = &run->worker[i];

		report->steps += w->thread.next;
		report->nested += w->injector.thread.next;
		report->sequence = carve_fuzz_mix(report->sequence +
						  w->thread.sequence);
		report->results = carve_fuzz_mix(report->results +
						 w->thread.results);
		add_counts(report, &w->thread);
		add_counts(report, &w->injector.thread);
	}
	report->most_items = max(report->most_items, run->fuzz.most_live);
	report->nr_misuses += atomic_long_read(&run->fuzz.nr_bad);
}

/* Free all items and restore the settings; all pages must be free again */
static void finish_run(struct run *run, unsigned long nr_free)
{
	struct carve_fuzz *fuzz = &run->fuzz;
	struct carve_fuzz_step s = {
		.fuzz = fuzz, .thread = &run->worker->thread,
		.number = run->worker->thread.next,
	};
	unsigned long now;

	carve_fault_arm(&fuzz->co->pages.fault, 0);
	carve_fuzz_free_all(&s);
	fuzz_check(fuzz);
	carve_fuzz_settings_restore(&run->settings, fuzz->co);
	now = count_free(fuzz->co);
	if (now != nr_free)
		carve_fuzz_find(fuzz, NULL,
				"%lu pages are free after the run, but %lu before",
				now, nr_free);
}

/* Run once, with allocation number @nth failing */
static int run_sequence(struct carveout *co,
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
	      carve_fuzz_share(&run->fuzz) ?:
	      carve_fuzz_settings_keep(&run->settings, co);
	if (ret)
		goto free;
	carve_fuzz_settings_restore(&run->settings, co);
	carve_fuzz_tally_begin(&run->fuzz);
	nr_free = count_free(co);
	carve_fuzz_settle(&run->fuzz);
	carve_fault_arm(&co->pages.fault, nth);
	ret = run_rounds(run);
	report->strikes += nth && !carve_fault_is_armed(&co->pages.fault);
	finish_run(run, nr_free);
	fill_report(run);
free:
	carve_fuzz_settings_free(&run->settings);
	carve_fuzz_unshare(&run->fuzz);
	carve_fuzz_world_exit(&run->fuzz);
	kvfree(run->worker);
	kvfree(run);
	return ret;
}

static bool sweep_continues(const struct carve_fuzz_report *report)
{
	return !report->ret && !report->finding.found && !report->time_up;
}

/* Run once for each allocation, until none has the number that shall fail */
static int run_sweep(struct carveout *co, const struct carve_fuzz_options *options,
		     struct carve_fuzz_report *report, unsigned long end)
{
	unsigned int nth = 0;
	int ret = 0;

	while (!ret && report->strikes == nth && sweep_continues(report)) {
		ret = run_sequence(co, options, report, ++nth, end);
		report->runs++;
	}
	/* The replay line must name the allocation that failed */
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
		return run_sweep(co, options, report, end);
	report->runs = 1;
	return run_sequence(co, options, report, options->fail_nth, end);
}

int carve_fuzz_run(struct carveout *co,
		   const struct carve_fuzz_options *options,
		   struct carve_fuzz_report *report)
{
	int ret;

	*report = (struct carve_fuzz_report){ .options = *options };
	if (options->cpus > num_online_cpus())
		ret = -ENODEV;
	else if (carveout_count_allocations(co))
		ret = -EBUSY;
	else if (options->hotplug && hotplug_cpu(report))
		ret = -EOPNOTSUPP;
	else
		ret = run_all(co, options, report);
	if (ret)
		report->ret = ret;
	if (report->finding.found)
		report->ret = -EUCLEAN;
	return report->ret;
}
