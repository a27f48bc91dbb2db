// SPDX-License-Identifier: GPL-2.0
/* Printing of the result of a run. Reads only the report: no locking. */
#include <linux/kernel.h>
#include <linux/seq_buf.h>
#include <linux/string.h>

#include "fuzz/fuzz.h"
#include "fuzz/ops.h"
#include "fuzz/show.h"
#include "lib/report.h"

#define LINE_LEN 200

/* Append the names of all bits that are set, separated by commas */
static void put_names(struct seq_buf *line, unsigned int bits,
		      const char * const *names, unsigned int nr)
{
	const char *between = "";
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!(bits & BIT(i)))
			continue;
		seq_buf_printf(line, "%s%s", between, names[i]);
		between = ",";
	}
}

static void put_fail_nth(struct seq_buf *line, unsigned int nth)
{
	if (nth == CARVE_FUZZ_SWEEP)
		seq_buf_printf(line, " fail_nth=sweep");
	else if (nth)
		seq_buf_printf(line, " fail_nth=%u", nth);
}

/* Append the line that starts this run with @steps steps */
static void put_options(struct seq_buf *line,
			const struct carve_fuzz_options *o, u64 steps)
{
	seq_buf_printf(line, "seed=%llu steps=%llu cpus=%u contexts=", o->seed,
		       steps, o->cpus);
	put_names(line, o->contexts, carve_fuzz_contexts,
		  CARVE_FUZZ_NR_CONTEXTS);
	if (o->layers != CARVE_FUZZ_ALL_LAYERS) {
		seq_buf_printf(line, " layers=");
		put_names(line, o->layers, carve_fuzz_layers,
			  CARVE_FUZZ_NR_LAYERS);
	}
	put_fail_nth(line, o->fail_nth);
	if (o->hotplug)
		seq_buf_printf(line, " hotplug=1");
}

static void show_options(const struct carve_fuzz_report *report, u64 steps,
			 const char *what, struct carve_report *r)
{
	char text[LINE_LEN];
	struct seq_buf line;

	seq_buf_init(&line, text, sizeof(text) - 1);
	put_options(&line, &report->options, steps);
	text[line.len < sizeof(text) ? line.len : sizeof(text) - 1] = '\0';
	carve_report_line(r, "%s %s", what, text);
}

static void show_record(const struct carve_fuzz_record *record,
			struct carve_report *r)
{
	carve_report_line(r, "  step %-8llu %-8s %-16s %8zu bytes  %s",
			  record->number, carve_fuzz_contexts[record->context],
			  carve_fuzz_ops[record->op].name, record->size,
			  record->outcome < CARVE_FUZZ_NR_OUTCOMES ?
			  carve_fuzz_outcomes[record->outcome] : "here");
}

/*
 * Steps to replay the error: as many for each worker as the one that found it
 */
static u64 steps_to(const struct carve_fuzz_report *report)
{
	const struct carve_fuzz_finding *f = &report->finding;

	if (!f->nr_records)
		return report->options.steps;
	return (f->record[f->nr_records - 1].number + 1) *
	       report->options.cpus;
}

static void show_finding(const struct carve_fuzz_report *report,
			 struct carve_report *r)
{
	const struct carve_fuzz_finding *f = &report->finding;
	unsigned int i;

	carve_report_line(r, "result error: %s", f->text);
	if (f->nr_records)
		carve_report_line(r, "by CPU %u, after these steps:", f->cpu);
	else
		carve_report_line(r, "between two rounds of steps");
	for (i = 0; i < f->nr_records; i++)
		show_record(&f->record[i], r);
	show_options(report, steps_to(report), "replay", r);
}

static void show_fuzz_result(const struct carve_fuzz_report *report,
			     struct carve_report *r)
{
	if (report->finding.found)
		show_finding(report, r);
	else if (report->ret == -EINTR)
		carve_report_line(r, "result ok, but incomplete: interrupted by a signal");
	else if (report->ret)
		carve_report_line(r, "result not run: error %d", report->ret);
	else
		carve_report_line(r, "result ok%s", report->time_up ?
				  ", but incomplete: time limit reached" : "");
}

static void show_op(const struct carve_fuzz_report *report, unsigned int op,
		    struct carve_report *r)
{
	const unsigned long *n = report->count[op];

	if (n[CARVE_FUZZ_DONE] + n[CARVE_FUZZ_FAILED] + n[CARVE_FUZZ_REFUSED] +
	    n[CARVE_FUZZ_SKIPPED])
		carve_report_line(r, "%-16s %9lu %9lu %9lu %9lu",
				  carve_fuzz_ops[op].name, n[CARVE_FUZZ_DONE],
				  n[CARVE_FUZZ_FAILED], n[CARVE_FUZZ_REFUSED],
				  n[CARVE_FUZZ_SKIPPED]);
}

void carve_fuzz_show(const struct carve_fuzz_report *report,
		     struct carve_report *r)
{
	unsigned int op;

	show_options(report, report->options.steps, "run", r);
	show_fuzz_result(report, r);
	carve_report_line(r, "steps %llu, %llu nested, %u runs, %u injected failures, %u CPU hotplugs",
			  report->steps, report->nested, report->runs,
			  report->strikes, report->hotplugs);
	carve_report_line(r, "sequence %016llx results %016llx",
			  report->sequence, report->results);
	carve_report_line(r, "at most %u items at a time, %lu misuses refused",
			  report->most_items, report->nr_misuses);
	carve_report_line(r, "%-16s %9s %9s %9s %9s", "# operation",
			  carve_fuzz_outcomes[CARVE_FUZZ_DONE],
			  carve_fuzz_outcomes[CARVE_FUZZ_FAILED],
			  carve_fuzz_outcomes[CARVE_FUZZ_REFUSED],
			  carve_fuzz_outcomes[CARVE_FUZZ_SKIPPED]);
	for (op = 0; op < CARVE_FUZZ_NR_OPS; op++)
		show_op(report, op, r);
}
