// SPDX-License-Identifier: GPL-2.0
/*
 * The benchmark
 *
 * A case runs short batches of operations on the carveout and on its native
 * peer by turns, in one task, so that whatever else the machine does falls on
 * both. Each batch is timed as a whole; the figure is the median over batches
 * of the time per pair (an allocation and its free, with the loop around
 * them), and p99 and maximum are those of the batches too. A few batches at
 * the start go uncounted; they tell how many laps of a case's pairs a batch of
 * each side needs to last for MIN_BATCH_NS, so that the ticks of a coarse clock,
 * and reading it, don't count. Where several CPUs run pairs at once, the batch of
 * each is timed by itself.
 *
 * Times are kept in picoseconds, so that a mean over a batch keeps its digits.
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

#include "face/bench.h"
#include "face/command.h"
#include "face/parse.h"
#include "instance.h"

#define DEFAULT_BATCHES 200
#define MAX_BATCHES 100000
#define WARM_UP_BATCHES 3U
#define MAX_SIZES 16
/* Where allocations are zeroed, a batch has at most this much to zero */
#define MAX_ZEROED SZ_1M
/*
 * What a batch takes at least, and in how many laps at most. Several CPUs are
 * woken for each, and it takes them milliseconds to be as fast as one that has
 * not slept: they run it once before it counts.
 */
#define MIN_BATCH_NS 40000
#define MIN_BATCH_AT_ONCE_NS 4000000
#define MAX_LAPS 1000

/**
 * struct choice - what is to be run
 * @what: a layer or a case; all if empty
 * @nr_sizes: how many sizes were given; 0: those of the cases
 * @size: these
 * @cpus: processors at once
 * @batches: how many
 * @engine: what this machine is, for the record
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
 * struct samples - one side's times
 * @run: what runs its pairs
 * @pairs: in a lap
 * @laps: in a batch
 * @time: of each batch on each CPU, per pair, in picoseconds
 * @nr: how many there are
 * @tally: where a case counts its operations itself, or NULL
 */
struct samples {
	carve_bench_fn run;
	unsigned int pairs;
	unsigned int laps;
	u64 *time;
	unsigned int nr;
	struct carve_bench_tally *tally;
};

void carve_bench_tell(struct carve_bench *b, u64 ns)
{
	b->tally->nr++;
	b->tally->max = max(b->tally->max, ns);
	b->tally->by_ns[min_t(u64, ns, CARVE_BENCH_MAX_NS)]++;
}

static bool run_laps(struct carve_bench *b, const struct samples *samples)
{
	unsigned int lap;

	for (lap = 0; lap < samples->laps; lap++)
		if (!samples->run(b, samples->pairs))
			return false;
	return true;
}

/* One CPU's part of a batch that several run at once */
struct hand {
	struct work_struct work;
	struct carve_bench *b;
	const struct samples *samples;
	atomic_t *nr_missing;
	u64 ns;
	bool done;
};

static void run_hand(struct work_struct *work)
{
	struct hand *hand = container_of(work, struct hand, work);
	u64 start;

	/* Slow, see MIN_BATCH_AT_ONCE_NS */
	hand->done = run_laps(hand->b, hand->samples);
	/* Nobody begins before all are there */
	atomic_dec(hand->nr_missing);
	while (atomic_read(hand->nr_missing)) {
		cpu_relax();
		/* Where nothing else takes the CPU from a task: see make_queue() */
		cond_resched();
	}
	start = ktime_get_ns();
	hand->done &= run_laps(hand->b, hand->samples);
	hand->ns = ktime_get_ns() - start;
}

static void add_sample(struct samples *samples, u64 ns)
{
	samples->time[samples->nr++] =
		div_u64(ns * 1000, samples->pairs * samples->laps);
}

/* On @b->cpus CPUs at once, whose times are a sample each */
static bool run_hands(struct carve_bench *b, struct samples *samples)
{
	struct hand *hands = kcalloc(b->cpus, sizeof(*hands), GFP_KERNEL);
	atomic_t nr_missing = ATOMIC_INIT(b->cpus);
	unsigned int cpu, i = 0;
	bool done = true;

	if (!hands)
		return false;
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		if (i == b->cpus)
			break;
		hands[i] = (struct hand){ .b = b, .samples = samples,
					  .nr_missing = &nr_missing };
		INIT_WORK(&hands[i].work, run_hand);
		queue_work_on(cpu, b->queue, &hands[i++].work);
	}
	/* CPUs that have gone since they were counted are not waited for */
	atomic_sub(b->cpus - i, &nr_missing);
	while (i--) {
		flush_work(&hands[i].work);
		done &= hands[i].done;
		add_sample(samples, hands[i].ns);
	}
	cpus_read_unlock();
	kfree(hands);
	return done;
}

static bool run_here(struct carve_bench *b, struct samples *samples)
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
	return b->cpus > 1 ? run_hands(b, samples) : run_here(b, samples);
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

/* Picoseconds that all but @above of the operations took at most */
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

static struct carve_bench_figure summarize(struct samples *samples)
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

/* In a lap */
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

/* From what a lap took when all was warm; where operations are timed one by one, no matter */
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

static int run_batches(struct carve_bench *b, unsigned int batches,
		       struct samples *carve, struct samples *native)
{
	unsigned int i;

	for (i = 0; i < WARM_UP_BATCHES + batches; i++) {
		if (i == WARM_UP_BATCHES) {
			end_warm_up(b, carve);
			end_warm_up(b, native);
		}
		if (!time_batch(b, carve) || !time_batch(b, native))
			return -ENOMEM;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static void shuffle(struct carve_bench *b)
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

static int measure(struct carve_bench *b, const struct carve_bench_case *c,
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
	shuffle(b);
	ret = run_batches(b, batches, &carve, &native);
	if (c->finish)
		c->finish(b);
	if (!ret) {
		result->c = c;
		result->size = b->size;
		result->cpus = b->cpus;
		result->carve = summarize(&carve);
		result->native = summarize(&native);
	}
free_samples:
	samples_free(&native);
	samples_free(&carve);
	return ret;
}

/* What this carveout is too small for, or this kernel lacks, is left out, not fatal */
static int run_size(struct carve_bench_files *f, struct carve_bench *b,
		    const struct carve_bench_case *c, unsigned int batches,
		    unsigned int size)
{
	int ret;

	if (f->nr_results == CARVE_BENCH_MAX_RESULTS)
		return -ENOSPC;
	b->size = size;
	b->nr_held = min_t(unsigned int, size, CARVE_BENCH_MAX_HELD);
	ret = measure(b, c, batches_of(c, batches), &f->result[f->nr_results]);
	if (!ret)
		f->nr_results++;
	return ret == -ENOMEM || ret == -ENODEV ? 0 : ret;
}

/* The table says what is reasonable: an order, say, that natively exists */
static bool reasonable(const struct carve_bench_case *c, unsigned int size)
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
		ret = reasonable(c, *size) ?
		      run_size(f, b, c, choice->batches, *size) : 0;
		size++;
		more = choice->nr_sizes ? ++nr < choice->nr_sizes : *size;
	} while (!ret && more);
	return ret;
}

static bool wanted(const struct carve_bench_case *c, const char *what)
{
	return !*what || !strcmp(what, "all") || !strcmp(what, c->name) ||
	       !strcmp(what, c->layer);
}

/*
 * Hands that wait for the others' must not keep work from beginning on their CPUs:
 * what another one needs to be done there, such as a drain, where memory is short.
 */
static struct workqueue_struct *make_queue(void)
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
	b->queue = make_queue();
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
		if (wanted(c, choice->what))
			ret = run_case(f, b, c, choice);
	destroy_workqueue(b->queue);
	kvfree(b);
	return ret;
}

/*
 * One at a time in all carveouts. The hands of two might wait for each other: one
 * on this CPU for one that can't begin on that, because another is waiting there.
 * And the caches of two would have the same native names.
 */
static DEFINE_MUTEX(running);

/* Nobody removes the carveout meanwhile */
static int run(struct carve_bench_files *f, const struct choice *choice)
{
	int ret;

	if (mutex_lock_interruptible(&running))
		return -EINTR;
	ret = carveout_pin(f->co);
	if (!ret) {
		/* The rest of its making is not to be timed */
		carveout_settle(f->co);
		ret = run_cases(f, choice);
		carveout_unpin(f->co);
	}
	mutex_unlock(&running);
	return ret;
}

static int run_if_never_run(struct carve_bench_files *f)
{
	const struct choice all = { .cpus = 1, .batches = DEFAULT_BATCHES };

	return f->batches ? 0 : run(f, &all);
}

static void show_text(struct seq_file *m, void *context)
{
	struct carve_bench_files *f = context;

	if (mutex_lock_interruptible(&f->lock))
		return;
	if (run_if_never_run(f))
		seq_puts(m, "# not run to its end\n");
	carve_bench_show_text(m, f);
	mutex_unlock(&f->lock);
}

static int bench_json_show(struct seq_file *m, void *unused)
{
	struct carve_bench_files *f = m->private;
	int ret;

	if (mutex_lock_interruptible(&f->lock))
		return -ERESTARTSYS;
	ret = run_if_never_run(f);
	if (!ret)
		carve_bench_show_json(m, f);
	mutex_unlock(&f->lock);
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(bench_json);

static bool known(const char *what)
{
	const struct carve_bench_case *c;

	for (c = carve_bench_cases; c->name; c++)
		if (wanted(c, what))
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
	return known(value);
}

/* A word by itself is a case or a layer, a number how many batches */
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
	return known(word);
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
					 "\"%s\" is not run [CASE|LAYER|all] [BATCHES] [sizes=N,…] [cpus=1..%u] [batches=1..%d] [engine=WORD], with a case or layer of those listed",
					 line, num_online_cpus(), MAX_BATCHES);
	if (mutex_lock_interruptible(&f->lock))
		return carve_reply_error(reply, -ERESTARTSYS,
					 "interrupted while another one ran");
	ret = run(f, &choice);
	mutex_unlock(&f->lock);
	if (ret)
		return carve_reply_error(reply, ret, "not run to its end");
	carve_reply_set(reply, "done");
	return 0;
}

static const struct carve_command command = {
	.name = "bench", .run = run_bench, .show = show_text, .usage = "",
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
