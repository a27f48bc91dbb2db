// SPDX-License-Identifier: GPL-2.0
/*
 * The benchmark
 *
 * A case runs short batches of operations on the carveout and on its native
 * peer by turns, in one task, so that whatever else the machine does falls on
 * both. Each batch is timed as a whole; the figure is the median over batches
 * of the time per pair (an allocation and its free, with the loop around
 * them), and p99 and maximum are those of the batches too. A few batches at
 * the start go uncounted.
 *
 * Times are kept in picoseconds, so that a mean over a batch keeps its digits.
 */
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
#include <linux/utsname.h>

#include "face/bench.h"
#include "face/command.h"
#include "face/parse.h"
#include "instance.h"

#define DEFAULT_BATCHES 200
#define MAX_BATCHES 100000
#define WARM_UP_BATCHES 3
#define MAX_RESULTS 64
/* Where allocations are zeroed, a batch has at most this much to zero */
#define MAX_ZEROED SZ_1M

/* Picoseconds for a pair, over batches */
struct figure {
	u64 median;
	u64 p99;
	u64 max;
};

struct result {
	const struct carve_bench_case *c;
	unsigned int size;
	struct figure carve;
	struct figure native;
};

/**
 * struct carve_bench_files - the state behind a carveout's bench files
 * @co: the carveout
 * @file: the file `bench`
 * @lock: guards the rest, and lets one run at a time
 * @batches: of the last run
 * @nr_results: how many
 * @result: of the last run
 */
struct carve_bench_files {
	struct carveout *co;
	struct carve_command_file file;
	struct mutex lock; /* the rest */
	unsigned int batches;
	unsigned int nr_results;
	struct result result[MAX_RESULTS];
};

/* One side's times, a batch each */
struct samples {
	u64 *time;
	unsigned int nr;
};

static bool time_batch(struct carve_bench *b, unsigned int pairs,
		       bool (*run)(struct carve_bench *b, unsigned int pairs),
		       struct samples *samples)
{
	u64 start = ktime_get_ns();
	bool done = run(b, pairs);
	u64 ns = ktime_get_ns() - start;

	samples->time[samples->nr++] = div_u64(ns * 1000, pairs);
	return done;
}

static int compare_times(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static struct figure summarize(struct samples *samples)
{
	sort(samples->time, samples->nr, sizeof(*samples->time), compare_times,
	     NULL);
	return (struct figure){
		.median = samples->time[samples->nr / 2],
		.p99 = samples->time[samples->nr - 1 - samples->nr / 100],
		.max = samples->time[samples->nr - 1],
	};
}

static bool zeroes_on_alloc(void)
{
	return want_init_on_alloc(0);
}

static unsigned int pairs_in_batch(const struct carve_bench *b,
				   const struct carve_bench_case *c)
{
	unsigned long bytes = c->unit == CARVE_BENCH_ORDER ?
			      PAGE_SIZE << b->size : b->size;

	if (c->unit == CARVE_BENCH_OBJECTS || !zeroes_on_alloc() ||
	    bytes < PAGE_SIZE)
		return c->pairs;
	return clamp_t(unsigned long, MAX_ZEROED / bytes, 1, c->pairs);
}

static void forget(struct samples *carve, struct samples *native)
{
	carve->nr = 0;
	native->nr = 0;
}

static int run_batches(struct carve_bench *b, const struct carve_bench_case *c,
		       unsigned int batches, struct samples *carve,
		       struct samples *native)
{
	unsigned int i, pairs = pairs_in_batch(b, c);

	for (i = 0; i < WARM_UP_BATCHES + batches; i++) {
		if (i == WARM_UP_BATCHES)
			forget(carve, native);
		if (!time_batch(b, pairs, c->carve, carve) ||
		    !time_batch(b, pairs, c->native, native))
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
	for (i = min_t(unsigned int, b->size, CARVE_BENCH_MAX_HELD); i > 1; i--) {
		j = get_random_u32() % i;
		swap(b->shuffle[i - 1], b->shuffle[j]);
	}
}

static int measure(struct carve_bench *b, const struct carve_bench_case *c,
		   unsigned int batches, struct result *result)
{
	unsigned int nr = max_t(unsigned int, batches, WARM_UP_BATCHES) +
			  WARM_UP_BATCHES;
	struct samples carve = { }, native = { };
	int ret = -ENOMEM;

	carve.time = kvcalloc(nr, sizeof(*carve.time), GFP_KERNEL);
	native.time = kvcalloc(nr, sizeof(*native.time), GFP_KERNEL);
	if (!carve.time || !native.time)
		goto free_samples;
	ret = c->prepare ? c->prepare(b) : 0;
	if (ret)
		goto free_samples;
	ret = run_batches(b, c, batches, &carve, &native);
	if (c->finish)
		c->finish(b);
	if (!ret) {
		result->c = c;
		result->size = b->size;
		result->carve = summarize(&carve);
		result->native = summarize(&native);
	}
free_samples:
	kvfree(native.time);
	kvfree(carve.time);
	return ret;
}

/* Sizes that this carveout is too small for are left out, not fatal */
static int run_case(struct carve_bench_files *f, struct carve_bench *b,
		    const struct carve_bench_case *c, unsigned int batches)
{
	const unsigned int *size = c->sizes;
	int ret;

	do {
		if (f->nr_results == MAX_RESULTS)
			return -ENOSPC;
		b->size = *size;
		shuffle(b);
		ret = measure(b, c, batches, &f->result[f->nr_results]);
		if (ret == -ENOMEM)
			continue;
		if (ret)
			return ret;
		f->nr_results++;
	} while (*++size);
	return 0;
}

static bool wanted(const struct carve_bench_case *c, const char *name)
{
	return !strcmp(name, "all") || !strcmp(name, c->name);
}

static int run(struct carve_bench_files *f, const char *name,
	       unsigned int batches)
{
	const struct carve_bench_case *c;
	struct carve_bench *b;
	int ret = 0;

	lockdep_assert_held(&f->lock);
	b = kvzalloc_obj(*b);
	if (!b)
		return -ENOMEM;
	b->co = f->co;
	f->nr_results = 0;
	f->batches = batches;
	for (c = carve_bench_cases; c->name && !ret; c++)
		if (wanted(c, name))
			ret = run_case(f, b, c, batches);
	kvfree(b);
	return ret;
}

static int run_if_never_run(struct carve_bench_files *f)
{
	return f->nr_results ? 0 : run(f, "all", DEFAULT_BATCHES);
}

/* What makes a comparison fair, or not: name and value */
struct fact {
	const char *name;
	bool value;
};

#define CONFIG_FACT(option) { #option, IS_ENABLED(CONFIG_##option) }

static const struct fact config_facts[] = {
	CONFIG_FACT(PREEMPT), CONFIG_FACT(PREEMPT_DYNAMIC),
	CONFIG_FACT(PREEMPT_RT), CONFIG_FACT(SMP),
	CONFIG_FACT(SLAB_FREELIST_HARDENED), CONFIG_FACT(SLAB_FREELIST_RANDOM),
	CONFIG_FACT(MEMCG), CONFIG_FACT(KASAN), CONFIG_FACT(PROVE_LOCKING),
	CONFIG_FACT(DEBUG_PAGEALLOC), CONFIG_FACT(FTRACE), CONFIG_FACT(UML),
};

/* Room for a number with a point in it */
#define NUMBER_LEN 24

/* Nanoseconds with one decimal */
static const char *ns_string(char s[NUMBER_LEN], u64 ps)
{
	u32 rest;
	u64 ns = div_u64_rem(ps, 1000, &rest);

	snprintf(s, NUMBER_LEN, "%llu.%u", ns, rest / 100);
	return s;
}

/* How many times dearer the native peer is, with two decimals */
static const char *ratio_string(char s[NUMBER_LEN], const struct result *r)
{
	u64 hundredths = div64_u64(r->native.median * 100,
				   max(r->carve.median, 1ULL));
	u32 rest;
	u64 whole = div_u64_rem(hundredths, 100, &rest);

	snprintf(s, NUMBER_LEN, "%llu.%02u", whole, rest);
	return s;
}

static void show_text_header(struct seq_file *m,
			     const struct carve_bench_files *f)
{
	int i;

	seq_printf(m, "# kernel %s %s, %u CPUs online\n", utsname()->release,
		   utsname()->machine, num_online_cpus());
	seq_printf(m, "# init_on_alloc=%d init_on_free=%d\n",
		   zeroes_on_alloc(), want_init_on_free());
	seq_puts(m, "# config:");
	for (i = 0; i < ARRAY_SIZE(config_facts); i++)
		seq_printf(m, " %s=%c", config_facts[i].name,
			   config_facts[i].value ? 'y' : 'n');
	seq_printf(m, "\n# carveout of %zu KiB; ns for an allocation and its free, loop included: median of %u batches\n",
		   carveout_bytes(f->co) / SZ_1K, f->batches);
}

static void show_text_result(struct seq_file *m, const struct result *r)
{
	char carve[NUMBER_LEN], native[NUMBER_LEN], ratio[NUMBER_LEN];

	seq_printf(m, "%-20s %8u %-12s %10s %10s %8s\n", r->c->name, r->size,
		   r->c->peer, ns_string(carve, r->carve.median),
		   ns_string(native, r->native.median), ratio_string(ratio, r));
}

static void show_text(struct seq_file *m, void *context)
{
	struct carve_bench_files *f = context;
	unsigned int i;

	guard(mutex)(&f->lock);
	if (run_if_never_run(f))
		seq_puts(m, "# not run to its end\n");
	show_text_header(m, f);
	seq_printf(m, "%-20s %8s %-12s %10s %10s %8s\n", "case", "size",
		   "peer", "carve_ns", "native_ns", "ratio");
	for (i = 0; i < f->nr_results; i++)
		show_text_result(m, &f->result[i]);
}

static void show_json_figure(struct seq_file *m, const char *name,
			     const struct figure *figure)
{
	char median[NUMBER_LEN], p99[NUMBER_LEN], max[NUMBER_LEN];

	seq_printf(m, "\"%s\":{\"median\":%s,\"p99\":%s,\"max\":%s}", name,
		   ns_string(median, figure->median),
		   ns_string(p99, figure->p99), ns_string(max, figure->max));
}

static void show_json_header(struct seq_file *m,
			     const struct carve_bench_files *f)
{
	int i;

	seq_printf(m, "{\"header\":{\"kernel\":\"%s\",\"machine\":\"%s\",\"cpus\":%u,\"init_on_alloc\":%d,\"init_on_free\":%d,\"carveout_bytes\":%zu,\"batches\":%u,\"config\":{",
		   utsname()->release, utsname()->machine, num_online_cpus(),
		   zeroes_on_alloc(), want_init_on_free(),
		   carveout_bytes(f->co), f->batches);
	for (i = 0; i < ARRAY_SIZE(config_facts); i++)
		seq_printf(m, "%s\"%s\":%s", i ? "," : "", config_facts[i].name,
			   config_facts[i].value ? "true" : "false");
	seq_puts(m, "}},\n\"results\":[\n");
}

static void show_json_result(struct seq_file *m, const struct result *r)
{
	char ratio[NUMBER_LEN];

	seq_printf(m, "{\"case\":\"%s\",\"size\":%u,\"peer\":\"%s\",\"unit\":\"ns\",",
		   r->c->name, r->size, r->c->peer);
	show_json_figure(m, "carve", &r->carve);
	seq_putc(m, ',');
	show_json_figure(m, "native", &r->native);
	seq_printf(m, ",\"ratio\":%s}", ratio_string(ratio, r));
}

static int bench_json_show(struct seq_file *m, void *unused)
{
	struct carve_bench_files *f = m->private;
	unsigned int i;
	int ret;

	guard(mutex)(&f->lock);
	ret = run_if_never_run(f);
	if (ret)
		return ret;
	show_json_header(m, f);
	for (i = 0; i < f->nr_results; i++) {
		show_json_result(m, &f->result[i]);
		seq_puts(m, i + 1 < f->nr_results ? ",\n" : "\n");
	}
	seq_puts(m, "]}\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(bench_json);

static bool case_known(const char *name)
{
	const struct carve_bench_case *c;

	for (c = carve_bench_cases; c->name; c++)
		if (wanted(c, name))
			return true;
	return false;
}

/* "run [CASE|all] [BATCHES]" */
static bool parse_run(char *line, const char **name, unsigned int *batches)
{
	char *verb = strsep(&line, " ");
	char *word = strsep(&line, " ");
	char *number = strsep(&line, " ");

	*name = word ?: "all";
	*batches = DEFAULT_BATCHES;
	return !strcmp(verb, "run") && !line && case_known(*name) &&
	       (!number || (!kstrtouint(number, 0, batches) && *batches &&
			    *batches <= MAX_BATCHES));
}

static int run_bench(void *context, const char *line,
		     struct carve_reply *reply)
{
	struct carve_bench_files *f = context;
	char copy[CARVE_LINE_MAX + 1];
	unsigned int batches;
	const char *name;
	int ret;

	strscpy(copy, line, sizeof(copy));
	if (!parse_run(copy, &name, &batches))
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is not run [CASE|all] [BATCHES], with a case of those listed and 1 to %d batches",
					 line, MAX_BATCHES);
	guard(mutex)(&f->lock);
	ret = run(f, name, batches);
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
