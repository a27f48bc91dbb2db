// SPDX-License-Identifier: GPL-2.0
/*
 * The benchmark
 *
 * A case runs short batches of operations on the carveout and on the kernel's
 * allocator, in pairs and in one task, so that other load affects both. The
 * order within a pair is random, so that side effects of a batch, such as on
 * the CPU's caches, affect both. Each batch is timed as a whole. The result is
 * the median over batches of the time per operation pair (an allocation and its
 * free, with the loop around them), and the 99th percentile and maximum over
 * batches. The first few batches aren't counted; they determine the number of
 * laps of the case's pairs for which a batch lasts MIN_BATCH_NS, so that a
 * coarse clock, and reading it, doesn't matter. On several CPUs, the batch of
 * each CPU is timed separately.
 *
 * Times are in picoseconds, for the precision of means over a batch.
 *
 * Locking: one run at a time (running), then the file's lock is held for all of
 * a run; the carveout is pinned.
 */
#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/sort.h>
#include <linux/workqueue.h>

#include "bench/bench.h"
#include "bench/bench_cases.h"
#include "bench/bench_show.h"
#include "core/instance.h"
#include "core/registry.h"
#include "debugfs/command.h"
#include "debugfs/parse.h"

#define USAGE "[CASE|LAYER|all] [BATCHES] [sizes=N,…] [cpus=N] [batches=N] [engine=WORD]"

#define DEFAULT_BATCHES 200
#define MAX_BATCHES 100000
#define WARM_UP_BATCHES 3U
#define MAX_SIZES 16
/* With init_on_alloc=1, a lap zeroes at most this much */
#define MAX_ZEROED SZ_1M
/*
 * Minimum time of a batch, and maximum of its laps. On several CPUs, workers
 * are woken for each batch, and CPUs need milliseconds to reach full speed:
 * they run the batch once without timing it.
 */
#define MIN_BATCH_NS 40000
#define MIN_BATCH_AT_ONCE_NS 4000000
#define MAX_LAPS 1000

/**
 * struct choice - options of a run
 * @what: a layer or a case; empty for all
 * @nr_sizes: number of elements of @size; 0: the sizes of the cases
 * @size: the sizes
 * @cpus: number of CPUs that run a case at once
 * @batches: number of batches
 * @engine: description of the machine, for the results
 */
struct choice {
	char what[CARVE_LINE_MAX + 1];
	unsigned int nr_sizes;
	unsigned int size[MAX_SIZES];
	unsigned int cpus;
	unsigned int batches;
	char engine[CARVE_BENCH_ENGINE_LEN];
};

/**
 * struct samples - times of one side
 * @run: runs pairs of this side
 * @pairs: pairs in a lap
 * @laps: laps in a batch
 * @time: time per pair of each batch on each CPU, in picoseconds
 * @nr: number of elements of @time
 * @tally: histogram for cases that time each operation, or NULL
 */
struct samples {
	carve_bench_fn run;
	unsigned int pairs;
	unsigned int laps;
	u64 *time;
	unsigned int nr;
	struct carve_bench_tally *tally;
};

static bool run_laps(struct carve_bench *b, const struct samples *samples)
{
	unsigned int lap;

	for (lap = 0; lap < samples->laps; lap++)
		if (!samples->run(b, samples->pairs))
			return false;
	return true;
}

/* A CPU's part of a batch on several CPUs */
struct worker {
	struct work_struct work;
	struct carve_bench *b;
	const struct samples *samples;
	atomic_t *nr_missing;
	u64 ns;
	bool done;
};

static void worker_run(struct work_struct *work)
{
	struct worker *worker = container_of(work, struct worker, work);
	u64 start;

	/* Slow, see MIN_BATCH_AT_ONCE_NS */
	worker->done = run_laps(worker->b, worker->samples);
	/* Wait until all workers are ready */
	atomic_dec(worker->nr_missing);
	while (atomic_read(worker->nr_missing)) {
		cpu_relax();
		/* For kernels without preemption, see alloc_bench_queue() */
		cond_resched();
	}
	start = ktime_get_ns();
	worker->done &= run_laps(worker->b, worker->samples);
	worker->ns = ktime_get_ns() - start;
}

static void add_sample(struct samples *samples, u64 ns)
{
	samples->time[samples->nr++] =
		div_u64(ns * 1000, samples->pairs * samples->laps);
}

/* Run a batch on @b->cpus CPUs at once; the time of each is a sample */
static bool run_workers(struct carve_bench *b, struct samples *samples)
{
	struct worker *workers = kcalloc(b->cpus, sizeof(*workers), GFP_KERNEL);
	atomic_t nr_missing = ATOMIC_INIT(b->cpus);
	unsigned int cpu, i = 0;
	bool done = true;

	if (!workers)
		return false;
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		if (i == b->cpus)
			break;
		workers[i] = (struct worker){ .b = b, .samples = samples,
					  .nr_missing = &nr_missing };
		INIT_WORK(&workers[i].work, worker_run);
		queue_work_on(cpu, b->queue, &workers[i++].work);
	}
	/* Don't wait for CPUs that went offline since they were counted */
	atomic_sub(b->cpus - i, &nr_missing);
	while (i--) {
		flush_work(&workers[i].work);
		done &= workers[i].done;
		add_sample(samples, workers[i].ns);
	}
	cpus_read_unlock();
	kfree(workers);
	return done;
}

static bool run_local(struct carve_bench *b, struct samples *samples)
{
	u64 start;
	bool done;

	b->aside_ns = 0;
	start = ktime_get_ns();
	done = run_laps(b, samples);
	add_sample(samples, ktime_get_ns() - start - b->aside_ns);
	return done;
}

static bool time_batch(struct carve_bench *b, struct samples *samples)
{
	b->tally = samples->tally;
	return b->cpus > 1 ? run_workers(b, samples) : run_local(b, samples);
}

static int compare_times(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static struct carve_bench_figure summarize_batches(struct samples *samples)
{
	sort(samples->time, samples->nr, sizeof(*samples->time), compare_times,
	     NULL);
	return (struct carve_bench_figure){
		.median = samples->time[samples->nr / 2],
		.p99 = samples->time[samples->nr - 1 - samples->nr / 100],
		.p999 = samples->time[samples->nr - 1 - samples->nr / 1000],
		.max = samples->time[samples->nr - 1],
	};
}

/* Upper limit of the times of all but @above operations, in picoseconds */
static u64 all_but(const struct carve_bench_tally *tally, u64 above)
{
	unsigned int ns = CARVE_BENCH_MAX_NS;
	u64 nr = 0;

	for (; ns; ns--) {
		nr += tally->by_ns[ns];
		if (nr > above)
			break;
	}
	return ns * 1000ULL;
}

static struct carve_bench_figure summarize_samples(struct samples *samples)
{
	const struct carve_bench_tally *tally = samples->tally;

	if (!tally)
		return summarize_batches(samples);
	return (struct carve_bench_figure){
		.median = all_but(tally, div_u64(tally->nr, 2)),
		.p99 = all_but(tally, div_u64(tally->nr, 100)),
		.p999 = all_but(tally, div_u64(tally->nr, 1000)),
		.max = tally->max * 1000,
	};
}

static bool zeroes_on_alloc(void)
{
	return want_init_on_alloc(0);
}

/* Number of pairs in a lap; less than the case's if much memory is zeroed */
static unsigned int pairs_in_lap(const struct carve_bench *b,
				 const struct carve_bench_case *c)
{
	unsigned long bytes = c->unit == CARVE_BENCH_ORDER ?
			      PAGE_SIZE << b->size : b->size;

	if (c->unit >= CARVE_BENCH_OBJECTS || !zeroes_on_alloc() ||
	    bytes < PAGE_SIZE)
		return c->pairs;
	return clamp_t(unsigned long, MAX_ZEROED / bytes, 1, c->pairs);
}

/*
 * Compute the laps of a batch from the last one; not if each operation is timed
 */
static void set_laps(const struct carve_bench *b, struct samples *samples)
{
	u64 ns = b->cpus > 1 ? MIN_BATCH_AT_ONCE_NS : MIN_BATCH_NS;
	u64 lap = samples->time[samples->nr - 1] * samples->pairs;

	if (!samples->tally)
		samples->laps = clamp(DIV64_U64_ROUND_UP(ns * 1000, lap ?: 1),
				      1, MAX_LAPS);
}

static void end_warm_up(const struct carve_bench *b, struct samples *samples)
{
	set_laps(b, samples);
	samples->nr = 0;
	if (samples->tally)
		memset(samples->tally, 0, sizeof(*samples->tally));
}

static bool time_pair(struct carve_bench *b, struct samples *first,
		      struct samples *second)
{
	return time_batch(b, first) && time_batch(b, second);
}

/* Count in @carve_first how often the carveout's batch was first */
static int run_batches(struct carve_bench *b, unsigned int batches,
		       struct samples *carve, struct samples *native,
		       unsigned int *carve_first)
{
	unsigned int i;
	bool done, first;

	for (i = 0; i < WARM_UP_BATCHES + batches; i++) {
		if (i == WARM_UP_BATCHES) {
			end_warm_up(b, carve);
			end_warm_up(b, native);
			*carve_first = 0;
		}
		first = get_random_u32() & 1;
		*carve_first += first;
		done = first ? time_pair(b, carve, native) :
			       time_pair(b, native, carve);
		if (!done)
			return -ENOMEM;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static void shuffle_held(struct carve_bench *b)
{
	unsigned int i, j;

	for (i = 0; i < CARVE_BENCH_MAX_HELD; i++)
		b->shuffle[i] = i;
	for (i = min_t(unsigned int, b->nr_held, CARVE_BENCH_MAX_HELD); i > 1;
	     i--) {
		j = get_random_u32() % i;
		swap(b->shuffle[i - 1], b->shuffle[j]);
	}
}

static bool samples_init(struct samples *samples, unsigned int batches,
			 const struct carve_bench *b,
			 const struct carve_bench_case *c, carve_bench_fn run)
{
	samples->run = run;
	samples->pairs = pairs_in_lap(b, c);
	samples->laps = 1;
	samples->time = kvcalloc(array_size(max(batches, WARM_UP_BATCHES), b->cpus),
				 sizeof(*samples->time), GFP_KERNEL);
	if (c->each)
		samples->tally = kvzalloc_obj(*samples->tally);
	return samples->time && (samples->tally || !c->each);
}

static void samples_free(struct samples *samples)
{
	kvfree(samples->time);
	kvfree(samples->tally);
}

static unsigned int batches_of(const struct carve_bench_case *c,
			       unsigned int batches)
{
	if (c->each)
		return c->max_batches;
	return c->max_batches ? min(batches, c->max_batches) : batches;
}

static int measure_case(struct carve_bench *b, const struct carve_bench_case *c,
			unsigned int batches, struct carve_bench_result *result)
{
	struct samples carve = { }, native = { };
	int ret = -ENOMEM;

	if (!samples_init(&carve, batches, b, c, c->carve) ||
	    !samples_init(&native, batches, b, c, c->native))
		goto free_samples;
	ret = c->prepare ? c->prepare(b) : 0;
	if (ret)
		goto free_samples;
	shuffle_held(b);
	ret = run_batches(b, batches, &carve, &native, &result->carve_first);
	if (c->finish)
		c->finish(b);
	if (!ret) {
		result->c = c;
		result->size = b->size;
		result->cpus = b->cpus;
		result->batches = batches;
		result->carve = summarize_samples(&carve);
		result->native = summarize_samples(&native);
	}
free_samples:
	samples_free(&native);
	samples_free(&carve);
	return ret;
}

/* Sizes that the carveout is too small for, or the kernel lacks, are skipped */
static int run_size(struct carve_bench_files *f, struct carve_bench *b,
		    const struct carve_bench_case *c, unsigned int batches,
		    unsigned int size)
{
	int ret;

	if (f->nr_results == CARVE_BENCH_MAX_RESULTS)
		return -ENOSPC;
	b->size = size;
	b->nr_held = min_t(unsigned int, size, CARVE_BENCH_MAX_HELD);
	ret = measure_case(b, c, batches_of(c, batches), &f->result[f->nr_results]);
	if (!ret)
		f->nr_results++;
	return ret == -ENOMEM || ret == -ENODEV ? 0 : ret;
}

/* True up to the largest size in the table; orders above don't exist in mm/ */
static bool size_is_reasonable(const struct carve_bench_case *c, unsigned int size)
{
	const unsigned int *s = c->sizes;
	unsigned int most = *s;

	while (*++s)
		most = max(most, *s);
	return size <= most && (size || c->unit == CARVE_BENCH_ORDER || !most);
}

static int run_case(struct carve_bench_files *f, struct carve_bench *b,
		    const struct carve_bench_case *c,
		    const struct choice *choice)
{
	const unsigned int *size = choice->nr_sizes ? choice->size : c->sizes;
	unsigned int nr = 0;
	bool more;
	int ret;

	if ((b->cpus > 1 && !c->many) || (c->two && num_online_cpus() < 2))
		return 0;
	do {
		ret = size_is_reasonable(c, *size) ?
		      run_size(f, b, c, choice->batches, *size) : 0;
		size++;
		more = choice->nr_sizes ? ++nr < choice->nr_sizes : *size;
	} while (!ret && more);
	return ret;
}

static bool case_matches(const struct carve_bench_case *c, const char *what)
{
	return !*what || !strcmp(what, "all") || !strcmp(what, c->name) ||
	       !strcmp(what, c->layer);
}

/*
 * Workers that wait for others must not block other work on their CPUs, such as
 * a drain of per-CPU lists that another worker needs when memory is short.
 */
static struct workqueue_struct *alloc_bench_queue(void)
{
	return alloc_workqueue("carveout_bench", WQ_CPU_INTENSIVE | WQ_PERCPU, 0);
}

static int run_cases(struct carve_bench_files *f, const struct choice *choice)
{
	const struct carve_bench_case *c;
	struct carve_bench *b;
	int ret = 0;

	lockdep_assert_held(&f->lock);
	b = kvzalloc_obj(*b);
	if (!b)
		return -ENOMEM;
	b->queue = alloc_bench_queue();
	if (!b->queue) {
		kvfree(b);
		return -ENOMEM;
	}
	b->co = f->co;
	b->cpus = choice->cpus;
	f->nr_results = 0;
	f->batches = choice->batches;
	strscpy(f->engine, choice->engine, sizeof(f->engine));
	for (c = carve_bench_cases; c->name && !ret; c++)
		if (case_matches(c, choice->what))
			ret = run_case(f, b, c, choice);
	destroy_workqueue(b->queue);
	kvfree(b);
	return ret;
}

/*
 * Serializes runs on all carveouts. The workers of two runs could deadlock,
 * each waiting on its CPU for a worker that the other one blocks. And the
 * kernel's caches of two runs would have equal names.
 */
static DEFINE_MUTEX(running);

/* Run with the carveout pinned, so that it can't be removed */
static int run_pinned(struct carve_bench_files *f, const struct choice *choice)
{
	int ret;

	if (mutex_lock_interruptible(&running))
		return -EINTR;
	ret = carveout_pin(f->co);
	if (!ret) {
		/* Finish set-up first, so that it isn't timed */
		carveout_wait_setup(f->co);
		ret = run_cases(f, choice);
		carveout_unpin(f->co);
	}
	mutex_unlock(&running);
	return ret;
}

static void list_cases(struct seq_file *m)
{
	const struct carve_bench_case *c;

	seq_puts(m, "nothing was timed yet: write run " USAGE "\n");
	seq_printf(m, "%-8s %s\n", "layer", "case");
	for (c = carve_bench_cases; c->name; c++)
		seq_printf(m, "%-8s %s\n", c->layer, c->name);
}

/* Reading the file must not start a run, which may use all memory */
static void show_bench(struct seq_file *m, void *context)
{
	struct carve_bench_files *f = context;

	if (mutex_lock_interruptible(&f->lock))
		return;
	if (f->batches)
		carve_bench_show_text(m, f);
	else
		list_cases(m);
	mutex_unlock(&f->lock);
}

static int bench_json_show(struct seq_file *m, void *unused)
{
	struct carve_bench_files *f = m->private;

	if (mutex_lock_interruptible(&f->lock))
		return -ERESTARTSYS;
	carve_bench_show_json(m, f);
	mutex_unlock(&f->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(bench_json);

static bool case_exists(const char *what)
{
	const struct carve_bench_case *c;

	for (c = carve_bench_cases; c->name; c++)
		if (case_matches(c, what))
			return true;
	return false;
}

/* "16,256,4096" */
static bool parse_sizes(char *list, struct choice *choice)
{
	char *size;

	for (choice->nr_sizes = 0; (size = strsep(&list, ",")); choice->nr_sizes++)
		if (choice->nr_sizes == MAX_SIZES ||
		    kstrtouint(size, 0, &choice->size[choice->nr_sizes]))
			return false;
	return true;
}

static bool parse_number(const char *s, unsigned int most, unsigned int *number)
{
	return !kstrtouint(s, 0, number) && *number && *number <= most;
}

static bool parse_named(const char *key, char *value, struct choice *choice)
{
	if (!strcmp(key, "sizes"))
		return parse_sizes(value, choice);
	if (!strcmp(key, "cpus"))
		return parse_number(value, num_online_cpus(), &choice->cpus);
	if (!strcmp(key, "batches"))
		return parse_number(value, MAX_BATCHES, &choice->batches);
	if (!strcmp(key, "engine"))
		return strscpy(choice->engine, value,
			       sizeof(choice->engine)) > 0;
	if (strcmp(key, "case") && strcmp(key, "layer"))
		return false;
	strscpy(choice->what, value, sizeof(choice->what));
	return case_exists(value);
}

/* Parse KEY=VALUE, a case, a layer, or a number of batches */
static bool parse_word(char *word, struct choice *choice)
{
	char *value = strchr(word, '=');

	if (value) {
		*value = 0;
		return parse_named(word, value + 1, choice);
	}
	if (isdigit(*word))
		return parse_number(word, MAX_BATCHES, &choice->batches);
	strscpy(choice->what, word, sizeof(choice->what));
	return case_exists(word);
}

static bool parse_run(char *line, struct choice *choice)
{
	char *word = strsep(&line, " ");

	*choice = (struct choice){ .cpus = 1, .batches = DEFAULT_BATCHES };
	if (strcmp(word, "run"))
		return false;
	while ((word = strsep(&line, " ")))
		if (!parse_word(word, choice))
			return false;
	return true;
}

static int run_bench(void *context, const char *line,
		     struct carve_reply *reply)
{
	struct carve_bench_files *f = context;
	char copy[CARVE_LINE_MAX + 1];
	struct choice choice;
	int ret;

	strscpy(copy, line, sizeof(copy));
	if (!parse_run(copy, &choice))
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is not run " USAGE ", with an existing case or layer, at most %u CPUs and %d batches",
					 line, num_online_cpus(), MAX_BATCHES);
	if (mutex_lock_interruptible(&f->lock))
		return carve_reply_error(reply, -ERESTARTSYS,
					 "interrupted while waiting for another run");
	ret = run_pinned(f, &choice);
	mutex_unlock(&f->lock);
	if (ret)
		return carve_reply_error(reply, ret, "run not completed");
	carve_reply_set(reply, "done");
	return 0;
}

static const struct carve_command command = {
	.name = "bench", .run = run_bench, .show = show_bench, .usage = "",
};

struct carve_bench_files *carve_bench_add(struct carveout *co,
					  struct dentry *dir)
{
	struct carve_bench_files *f = kvzalloc_obj(*f);

	if (!f)
		return NULL;
	f->co = co;
	mutex_init(&f->lock);
	carve_command_add(&f->file, &command, f, dir);
	debugfs_create_file("bench.json", 0400, dir, f, &bench_json_fops);
	return f;
}

void carve_bench_remove(struct carve_bench_files *f)
{
	kvfree(f);
}
