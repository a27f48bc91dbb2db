// SPDX-License-Identifier: GPL-2.0
/*
 * Output of the benchmark's results, as text and as JSON, each with a header of
 * facts about the kernel that affect the comparison. Locking: the caller holds
 * the lock of struct carve_bench_files.
 */
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/utsname.h>

#include "bench/bench.h"
#include "bench/bench_show.h"
#include "core/instance.h"

#if defined(CONFIG_X86) && !defined(CONFIG_UML)
#include <asm/cpufeature.h>

#define CPU_FACT(feature) boot_cpu_has(X86_FEATURE_##feature)
#else
#define CPU_FACT(feature) (!#feature[0])
#endif

/* Length of a decimal number */
#define NUMBER_LEN 24

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
	CONFIG_FACT(JUMP_LABEL), CONFIG_FACT(MEM_ALLOC_PROFILING),
	CONFIG_FACT(KFENCE), CONFIG_FACT(RANDOM_KMALLOC_CACHES),
	CONFIG_FACT(NUMA),
};

/* Mitigations that make calls slower, on both sides */
static void list_mitigations(struct fact facts[3])
{
	facts[0] = (struct fact){ "retpoline", CPU_FACT(RETPOLINE) };
	facts[1] = (struct fact){ "rethunk", CPU_FACT(RETHUNK) };
	facts[2] = (struct fact){ "pti", CPU_FACT(PTI) };
}

/* Nanoseconds with one decimal */
static const char *ns_string(char s[NUMBER_LEN], u64 ps)
{
	u32 rest;
	u64 ns = div_u64_rem(ps, 1000, &rest);

	snprintf(s, NUMBER_LEN, "%llu.%u", ns, rest / 100);
	return s;
}

/*
 * Time of the kernel's allocator divided by the carveout's, with two decimals
 */
static const char *ratio_string(char s[NUMBER_LEN],
				const struct carve_bench_result *r)
{
	u64 hundredths = div64_u64(r->native.median * 100,
				   max(r->carve.median, 1ULL));
	u32 rest;
	u64 whole = div_u64_rem(hundredths, 100, &rest);

	snprintf(s, NUMBER_LEN, "%llu.%02u", whole, rest);
	return s;
}

/* Time of ktime_get_ns(), which is called 1000 times */
static unsigned long clock_ns(void)
{
	u64 start = ktime_get_ns();
	unsigned int i;

	for (i = 0; i < 998; i++)
		ktime_get_ns();
	return div_u64(ktime_get_ns() - start, 1000);
}

static const char *bench_engine(const struct carve_bench_files *f)
{
	return *f->engine ? f->engine : "unknown";
}

static void show_text_header(struct seq_file *m,
			     const struct carve_bench_files *f)
{
	struct fact mitigations[3];
	int i;

	list_mitigations(mitigations);
	seq_printf(m, "# kernel %s %s, %u CPUs online, engine %s\n",
		   utsname()->release, utsname()->machine, num_online_cpus(),
		   bench_engine(f));
	seq_printf(m, "# init_on_alloc=%d init_on_free=%d, a look at the clock takes %lu ns\n",
		   want_init_on_alloc(0), want_init_on_free(), clock_ns());
	seq_puts(m, "# config:");
	for (i = 0; i < ARRAY_SIZE(config_facts); i++)
		seq_printf(m, " %s=%c", config_facts[i].name,
			   config_facts[i].value ? 'y' : 'n');
	seq_puts(m, "\n# mitigations:");
	for (i = 0; i < ARRAY_SIZE(mitigations); i++)
		seq_printf(m, " %s=%c", mitigations[i].name,
			   mitigations[i].value ? 'y' : 'n');
	seq_printf(m, "\n# carveout of %zu KiB; ns for an allocation and its free, loop included: median of %u batches\n",
		   carveout_bytes(f->co) / SZ_1K, f->batches);
}

static void show_text_figure(struct seq_file *m,
			     const struct carve_bench_figure *figure)
{
	char median[NUMBER_LEN], p99[NUMBER_LEN], max[NUMBER_LEN];

	seq_printf(m, " %10s %10s %10s", ns_string(median, figure->median),
		   ns_string(p99, figure->p99), ns_string(max, figure->max));
}

static void show_text_result(struct seq_file *m,
			     const struct carve_bench_result *r)
{
	char ratio[NUMBER_LEN];

	seq_printf(m, "%-8s %-20s %8u %4u %-12s", r->c->layer, r->c->name,
		   r->size, r->cpus, r->c->peer);
	show_text_figure(m, &r->carve);
	show_text_figure(m, &r->native);
	seq_printf(m, " %8s\n", ratio_string(ratio, r));
}

void carve_bench_show_text(struct seq_file *m,
			   const struct carve_bench_files *f)
{
	unsigned int i;

	show_text_header(m, f);
	seq_printf(m, "%-8s %-20s %8s %4s %-12s %10s %10s %10s %10s %10s %10s %8s\n",
		   "layer", "case", "size", "cpus", "peer", "carve_ns", "p99",
		   "max", "native_ns", "p99", "max", "ratio");
	for (i = 0; i < f->nr_results; i++)
		show_text_result(m, &f->result[i]);
}

static void show_json_facts(struct seq_file *m, const char *name,
			    const struct fact *facts, unsigned int nr)
{
	unsigned int i;

	seq_printf(m, ",\"%s\":{", name);
	for (i = 0; i < nr; i++)
		seq_printf(m, "%s\"%s\":%s", i ? "," : "", facts[i].name,
			   facts[i].value ? "true" : "false");
	seq_putc(m, '}');
}

static void show_json_header(struct seq_file *m,
			     const struct carve_bench_files *f)
{
	struct fact mitigations[3];

	list_mitigations(mitigations);
	seq_printf(m, "{\"header\":{\"kernel\":\"%s\",\"machine\":\"%s\",\"engine\":\"%s\",\"cpus\":%u,\"init_on_alloc\":%d,\"init_on_free\":%d,\"clock_ns\":%lu,\"carveout_bytes\":%zu,\"batches\":%u",
		   utsname()->release, utsname()->machine, bench_engine(f),
		   num_online_cpus(), want_init_on_alloc(0),
		   want_init_on_free(), clock_ns(), carveout_bytes(f->co),
		   f->batches);
	show_json_facts(m, "config", config_facts, ARRAY_SIZE(config_facts));
	show_json_facts(m, "mitigations", mitigations,
			ARRAY_SIZE(mitigations));
	seq_puts(m, "},\n\"results\":[\n");
}

/* Nanoseconds with all decimals */
static void show_json_ns(struct seq_file *m, const char *name, u64 ps)
{
	u32 rest;
	u64 ns = div_u64_rem(ps, 1000, &rest);

	seq_printf(m, "\"%s\":%llu.%03u", name, ns, rest);
}

/* Print a figure; with the 99.9th percentile if each operation was timed */
static void show_json_figure(struct seq_file *m, const char *name,
			     const struct carve_bench_figure *figure, bool each)
{
	seq_printf(m, ",\"%s\":{", name);
	show_json_ns(m, "median", figure->median);
	seq_putc(m, ',');
	show_json_ns(m, "p99", figure->p99);
	if (each) {
		seq_putc(m, ',');
		show_json_ns(m, "p999", figure->p999);
	}
	seq_putc(m, ',');
	show_json_ns(m, "max", figure->max);
	seq_putc(m, '}');
}

static void show_json_result(struct seq_file *m,
			     const struct carve_bench_result *r)
{
	char ratio[NUMBER_LEN];

	seq_printf(m, "{\"layer\":\"%s\",\"case\":\"%s\",\"size\":%u,\"cpus\":%u,\"peer\":\"%s\",\"unit\":\"ns\",\"batches\":%u,\"carve_first\":%u",
		   r->c->layer, r->c->name, r->size, r->cpus, r->c->peer,
		   r->batches, r->carve_first);
	show_json_figure(m, "carve", &r->carve, r->c->each);
	show_json_figure(m, "native", &r->native, r->c->each);
	seq_printf(m, ",\"ratio\":%s}", ratio_string(ratio, r));
}

void carve_bench_show_json(struct seq_file *m,
			   const struct carve_bench_files *f)
{
	unsigned int i;

	show_json_header(m, f);
	for (i = 0; i < f->nr_results; i++) {
		show_json_result(m, &f->result[i]);
		seq_puts(m, i + 1 < f->nr_results ? ",\n" : "\n");
	}
	seq_puts(m, "]}\n");
}
