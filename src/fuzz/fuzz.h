/* SPDX-License-Identifier: GPL-2.0 */
/* The fuzzer: a seed becomes a run over all layers, held against a model. See fuzz.c. */
#ifndef _CARVE_FUZZ_H
#define _CARVE_FUZZ_H

#include "fuzz/ops.h"
#include "fuzz/options.h"

struct carve_report;
struct carveout;

/* Steps that are remembered of each who makes any */
#define CARVE_FUZZ_HISTORY 8
#define CARVE_FUZZ_FINDING_LEN 160

/**
 * struct carve_fuzz_record - a step that was made
 * @number: counted from 0
 * @op: index in carve_fuzz_ops
 * @context: enum carve_fuzz_context
 * @outcome: enum carve_fuzz_outcome
 * @size: what it was about, in bytes
 */
struct carve_fuzz_record {
	u64 number;
	u8 op;
	u8 context;
	u8 outcome;
	size_t size;
};

/**
 * struct carve_fuzz_finding - what wasn't as it should be, the first time
 * @found: there is something
 * @text: in words
 * @cpu: which of the CPUs at work made the step, counted from 0
 * @nr_records: steps in @record
 * @record: the steps before it, and it itself as the last one; none where it was
 *	found between steps
 */
struct carve_fuzz_finding {
	bool found;
	char text[CARVE_FUZZ_FINDING_LEN];
	unsigned int cpu;
	unsigned int nr_records;
	struct carve_fuzz_record record[CARVE_FUZZ_HISTORY];
};

/**
 * struct carve_fuzz_report - what came of a run
 * @options: what was asked for
 * @ret: 0; -EINTR: a signal came; -EUCLEAN: there is a finding; or what kept it
 *	from running
 * @steps: that were made, those in the midst of others aside
 * @nested: that were made in the midst of others
 * @sequence: a digest of what was drawn
 * @results: a digest of what came of it
 * @runs: how often the sequence was run, with an allocation failing each time
 * @strikes: allocations that were made to fail
 * @hotplugs: times that a CPU went and came
 * @most_items: that were allocated at the same time
 * @nr_bad_frees: that were refused
 * @count: operations by outcome
 * @finding: what was wrong
 * @time_up: it was ended by the clock
 */
struct carve_fuzz_report {
	struct carve_fuzz_options options;
	int ret;
	u64 steps;
	u64 nested;
	u64 sequence;
	u64 results;
	unsigned int runs;
	unsigned int strikes;
	unsigned int hotplugs;
	unsigned int most_items;
	unsigned long nr_bad_frees;
	unsigned long count[CARVE_FUZZ_NR_OPS][CARVE_FUZZ_NR_OUTCOMES];
	struct carve_fuzz_finding finding;
	bool time_up;
};

/**
 * carve_fuzz_run() - run the fuzzer
 * @co: a carveout in which nothing is allocated, and that nobody else uses meanwhile
 * @options: what to do
 * @report: filled in
 *
 * Context: may sleep, for as long as @options allows; a signal ends it.
 * Return: what @report says: 0, -EUCLEAN, -EINTR, -EBUSY where something is
 * allocated, -ENOMEM, -ENODEV where there are not so many CPUs, -EOPNOTSUPP where
 * none can go.
 */
int carve_fuzz_run(struct carveout *co,
		   const struct carve_fuzz_options *options,
		   struct carve_fuzz_report *report);

/* What came of a run, to a reader */
void carve_fuzz_show(const struct carve_fuzz_report *report,
		     struct carve_report *r);

#endif /* _CARVE_FUZZ_H */
