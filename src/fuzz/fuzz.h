/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fuzzer: random operations on all layers, checked by a model. See fuzz.c.
 */
#ifndef _CARVE_FUZZ_H
#define _CARVE_FUZZ_H

#include "fuzz/ops.h"
#include "fuzz/options.h"

struct carve_report;
struct carveout;

/* Number of last steps that each thread records */
#define CARVE_FUZZ_HISTORY 8
/* Length of the text of an error, with the NUL */
#define CARVE_FUZZ_FINDING_LEN 160

/**
 * struct carve_fuzz_record - record of a step
 * @number: number of the step, from 0
 * @op: index in carve_fuzz_ops
 * @context: enum carve_fuzz_context
 * @outcome: enum carve_fuzz_outcome
 * @size: bytes of the item or request
 */
struct carve_fuzz_record {
	u64 number;
	u8 op;
	u8 context;
	u8 outcome;
	size_t size;
};

/**
 * struct carve_fuzz_finding - the first error of a run
 * @found: there is an error
 * @text: description
 * @cpu: number of the worker whose step found the error, from 0
 * @nr_records: number of steps in @record
 * @record: the steps before the error, and last the step that found it; empty
 *	if the error was found between steps
 */
struct carve_fuzz_finding {
	bool found;
	char text[CARVE_FUZZ_FINDING_LEN];
	unsigned int cpu;
	unsigned int nr_records;
	struct carve_fuzz_record record[CARVE_FUZZ_HISTORY];
};

/**
 * struct carve_fuzz_report - the result of a run
 * @options: options of the run
 * @ret: 0; -EINTR: ended by a signal; -EUCLEAN: @finding is set; or the error
 *	that prevented the run
 * @steps: number of steps, without @nested
 * @nested: number of steps of injectors
 * @sequence: digest of all operations and contexts drawn
 * @results: digest of all outcomes and sizes
 * @runs: number of runs; a sweep makes one for each failing allocation
 * @strikes: number of injected allocation failures
 * @hotplugs: number of times that a CPU was taken offline and online
 * @most_items: maximum of items allocated at a time
 * @nr_misuses: number of misuses, all of which had to be refused
 * @count: operations by outcome
 * @finding: the first error
 * @time_up: the run ended because of the option @seconds
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
	unsigned long nr_misuses;
	unsigned long count[CARVE_FUZZ_NR_OPS][CARVE_FUZZ_NR_OUTCOMES];
	struct carve_fuzz_finding finding;
	bool time_up;
};

/**
 * carve_fuzz_run() - run the fuzzer
 * @co: a carveout without allocations, and without other users during the run
 * @options: options of the run
 * @report: filled with the result
 *
 * Context: may sleep; a signal ends the run.
 * Return: @report->ret: 0, -EUCLEAN, -EINTR, -EBUSY if something is allocated,
 * -ENOMEM, -ENODEV if fewer CPUs are online, -EOPNOTSUPP if no CPU can be taken
 * offline.
 */
int carve_fuzz_run(struct carveout *co,
		   const struct carve_fuzz_options *options,
		   struct carve_fuzz_report *report);

#endif /* _CARVE_FUZZ_H */
