// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the fuzzer: runs over all layers, which must not fail, and injected
 * faults, which the fuzzer must find.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/string.h>

#include <carveout.h>

#include "fuzz/fuzz.h"
#include "fuzz/ops.h"
#include "fuzz/parse_options.h"
#include "fuzz/show.h"
#include "fuzz/step.h"
#include "kunit/fixture.h"

#define ALL_CPUS 0
#define SECONDS 30
/* Long enough for further rounds to follow */
#define FAULT_STEP 400

/* Reports are too large for the stack */
static struct carve_fuzz_report *new_report(struct kunit *test)
{
	struct carve_fuzz_report *report;

	report = kunit_kzalloc(test, sizeof(*report), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, report);
	return report;
}

static void expect_well(struct kunit *test,
			const struct carve_fuzz_report *report)
{
	struct carve_report log = { .name = "fuzz" };

	KUNIT_EXPECT_EQ_MSG(test, report->ret, 0, "%s", report->finding.text);
	if (report->ret)
		carve_fuzz_show(report, &log);
}

static unsigned long outcomes(const struct carve_fuzz_report *report,
			      enum carve_fuzz_outcome outcome)
{
	unsigned long n = 0;
	unsigned int op;

	for (op = 0; op < CARVE_FUZZ_NR_OPS; op++)
		n += report->count[op][outcome];
	return n;
}

/* Runs */

struct plan {
	const char *name;
	u64 steps;
	unsigned int cpus;
	unsigned int contexts;
	unsigned int layers;
};

#define TASK BIT(CARVE_FUZZ_TASK)

static const struct plan plans[] = {
	{ "in a task", 3000, 1, TASK, CARVE_FUZZ_ALL_LAYERS },
	{ "in every context", 1000, 1, CARVE_FUZZ_SERIAL_CONTEXTS,
	  CARVE_FUZZ_ALL_LAYERS },
	{ "pages alone", 1500, 1, TASK | BIT(CARVE_FUZZ_IRQSOFF),
	  BIT(CARVE_FUZZ_PAGES) | BIT(CARVE_FUZZ_BAD) },
	{ "objects alone", 1500, 1, TASK | BIT(CARVE_FUZZ_IRQSOFF),
	  BIT(CARVE_FUZZ_SLAB) | BIT(CARVE_FUZZ_KMALLOC) },
	{ "on all CPUs", 3000, ALL_CPUS, TASK | BIT(CARVE_FUZZ_IRQSOFF),
	  CARVE_FUZZ_ALL_LAYERS },
	{ "on all CPUs, interrupted", 3000, ALL_CPUS,
	  TASK | BIT(CARVE_FUZZ_NESTED), CARVE_FUZZ_ALL_LAYERS },
};

static void describe_plan(const struct plan *plan, char *desc)
{
	strscpy(desc, plan->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(plan, plans, describe_plan);

static struct carve_fuzz_options options_of(const struct plan *plan, u64 seed)
{
	return (struct carve_fuzz_options){
		.seed = seed,
		.steps = plan->steps,
		.cpus = plan->cpus ?: min(num_online_cpus(), 4U),
		.contexts = plan->contexts,
		.layers = plan->layers,
		.seconds = SECONDS,
	};
}

/* With this seed and all operations on, each is executed or refused at least once */
static void expect_all_operations(struct kunit *test,
				  const struct carve_fuzz_report *report)
{
	unsigned int op, outcome;

	for (op = 0; op < CARVE_FUZZ_NR_OPS; op++) {
		unsigned long n = 0;

		if (!IS_ENABLED(CONFIG_HAS_DMA) &&
		    carve_fuzz_ops[op].layer == CARVE_FUZZ_DMA)
			continue;
		for (outcome = 0; outcome < CARVE_FUZZ_SKIPPED; outcome++)
			n += report->count[op][outcome];
		KUNIT_EXPECT_GT_MSG(test, n, 0UL, "%s",
				    carve_fuzz_ops[op].name);
	}
}

/* A fixed seed, and a different one on each run */
static void run_over_all_layers_finds_nothing(struct kunit *test)
{
	const struct plan *plan = test->param_value;
	struct carve_fuzz_report *report = new_report(test);
	u64 seed[] = { 1, carve_fixture_any_seed() };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seed); i++) {
		struct carve_fuzz_options options = options_of(plan, seed[i]);

		kunit_info(test, "seed %llu", seed[i]);
		carve_fuzz_run(test->priv, &options, report);
		expect_well(test, report);
		/* Slow machines may stop early */
		if (!report->time_up)
			KUNIT_EXPECT_GE(test, report->steps, plan->steps);
		KUNIT_EXPECT_GT(test, report->most_items, 0);
		KUNIT_EXPECT_GT(test, outcomes(report, CARVE_FUZZ_DONE), 0UL);
		if (plan->layers & BIT(CARVE_FUZZ_BAD))
			KUNIT_EXPECT_GT(test, report->nr_misuses, 0UL);
		if (plan->contexts & BIT(CARVE_FUZZ_NESTED))
			KUNIT_EXPECT_GT(test, report->nested, 0ULL);
		if (plan == plans && !i)
			expect_all_operations(test, report);
	}
}

static void same_seed_repeats_the_run(struct kunit *test)
{
	struct carve_fuzz_report *first = new_report(test);
	struct carve_fuzz_report *again = new_report(test);
	struct carve_fuzz_options options = options_of(&plans[1], 3);

	KUNIT_EXPECT_EQ(test, carve_fuzz_run(test->priv, &options, first), 0);
	KUNIT_EXPECT_EQ(test, carve_fuzz_run(test->priv, &options, again), 0);
	KUNIT_EXPECT_EQ(test, again->sequence, first->sequence);
	KUNIT_EXPECT_EQ(test, again->results, first->results);
	KUNIT_EXPECT_EQ(test, memcmp(again->count, first->count,
				     sizeof(first->count)), 0);

	options.seed++;
	KUNIT_EXPECT_EQ(test, carve_fuzz_run(test->priv, &options, again), 0);
	KUNIT_EXPECT_NE(test, again->sequence, first->sequence);
	KUNIT_EXPECT_NE(test, again->results, first->results);
}

/* Settings that a run tuned are restored */
static void run_restores_settings(struct kunit *test)
{
	struct carve_fuzz_options options = options_of(&plans[0], 4);
	struct carve_fuzz_report *report = new_report(test);
	struct carveout *co = test->priv;
	struct carve_cache *cache = carve_fixture_kmalloc_cache(co, 64);
	struct carve_magazines *ms = &cache->magazines;
	struct carve_magazines *pcp;

	pcp = &co->pages.zone[0].pcp[CARVE_MIGRATE_UNMOVABLE][0]->magazines;
	KUNIT_ASSERT_TRUE(test, carve_magazines_tune(ms, 2, 3));
	KUNIT_ASSERT_TRUE(test, carve_magazines_tune(pcp, 1, 2));
	carve_vmap_set_cache_limit(&co->vmap, 5, false);
	co->pages.wait_ms = 7;
	options.steps = 400;
	options.layers = BIT(CARVE_FUZZ_TUNE) | BIT(CARVE_FUZZ_DEBUG) |
			 BIT(CARVE_FUZZ_KMALLOC);
	KUNIT_EXPECT_EQ(test, carve_fuzz_run(co, &options, report), 0);
	KUNIT_EXPECT_EQ(test, ms->batch, 2);
	KUNIT_EXPECT_EQ(test, carve_magazine_limit(ms->cpu[0]), 3);
	KUNIT_EXPECT_EQ(test, ms->base, 0);
	KUNIT_EXPECT_EQ(test, pcp->batch, 1);
	KUNIT_EXPECT_EQ(test, carve_magazine_limit(pcp->cpu[0]), 2);
	KUNIT_EXPECT_EQ(test, co->vmap.keep, 5UL);
	KUNIT_EXPECT_EQ(test, co->pages.wait_ms, 7);
	KUNIT_EXPECT_EQ(test, cache->debugging.flags, 0);
}

/* Failing allocations */

static void every_allocation_failure_is_survived(struct kunit *test)
{
	static const struct plan plan = {
		"sweep", 60, 1, TASK, CARVE_FUZZ_ALL_LAYERS,
	};
	struct carve_fuzz_options options = options_of(&plan, 5);
	struct carve_fuzz_report *report = new_report(test);

	options.fail_nth = CARVE_FUZZ_SWEEP;
	carve_fuzz_run(test->priv, &options, report);
	expect_well(test, report);
	KUNIT_EXPECT_GT(test, report->strikes, 5);
	/* The last run is the one that had no allocation left to fail */
	if (!report->time_up)
		KUNIT_EXPECT_EQ(test, report->runs, report->strikes + 1);
	KUNIT_EXPECT_GT(test, outcomes(report, CARVE_FUZZ_FAILED), 0UL);
}

static void only_the_nth_allocation_fails(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_magazines *pcp;
	struct carve_page *page[3];

	/* Bypass the pcp, so that every allocation reaches the fault point */
	pcp = &co->pages.zone[0].pcp[CARVE_MIGRATE_UNMOVABLE][0]->magazines;
	KUNIT_ASSERT_TRUE(test, carve_magazines_tune(pcp, 1, 0));
	carve_fault_arm(&co->pages.fault, 2);
	page[0] = carve_alloc_page(co, GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, carve_fault_is_armed(&co->pages.fault));
	page[1] = carve_alloc_page(co, GFP_KERNEL);
	KUNIT_EXPECT_FALSE(test, carve_fault_is_armed(&co->pages.fault));
	page[2] = carve_alloc_page(co, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, page[0]);
	KUNIT_EXPECT_NULL(test, page[1]);
	KUNIT_EXPECT_NOT_NULL(test, page[2]);
	carve_free_page(co, page[0]);
	carve_free_page(co, page[2]);
}

static void nofail_allocation_is_not_failed(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p;

	carve_fault_arm(&co->pages.fault, 1);
	p = carve_kmalloc(co, SZ_64K, GFP_KERNEL | __GFP_NOFAIL);
	KUNIT_EXPECT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, carve_fault_is_armed(&co->pages.fault));
	carve_kfree(co, p);
	carve_fault_arm(&co->pages.fault, 0);
}

/* Faults that the fuzzer must find */

/* Set when the fault was injected; and memory that the case must free */
static bool struck;
static void *left_over;

/* Inject once, after some steps */
static bool strikes(const struct carve_fuzz_step *s)
{
	bool now = !struck && s->number >= FAULT_STEP;

	struck |= now;
	return now;
}

static struct carve_fuzz_item *any_kmalloc(struct carve_fuzz *fuzz)
{
	unsigned int i;

	for (i = 0; i < fuzz->nr_items; i++)
		if (fuzz->item[i].kind == CARVE_FUZZ_KM)
			return &fuzz->item[i];
	return NULL;
}

/* A write to memory of another owner */
static void spoil_byte(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = any_kmalloc(s->fuzz);

	if (item && strikes(s))
		((u8 *)item->addr)[item->size - 1] ^= 1;
}

/* An allocation that the model doesn't know */
static void hide_item(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = any_kmalloc(s->fuzz);

	if (!item || !strikes(s))
		return;
	left_over = item->addr;
	item->kind = CARVE_FUZZ_NOTHING;
}

/* A free that the model doesn't know; the memory will be allocated again */
static void free_item(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = any_kmalloc(s->fuzz);

	if (item && strikes(s))
		carve_kfree(s->fuzz->co, item->addr);
}

/* A free page that is in use */
static void claim_all(struct carve_fuzz_step *s)
{
	unsigned long words = s->fuzz->co->pages.nr_pages * PAGE_SIZE /
			      sizeof(void *);

	if (strikes(s))
		bitmap_fill(s->fuzz->claimed, words);
}

/* A bad free that isn't refused */
static void expect_refusal(struct carve_fuzz_step *s)
{
	if (strikes(s))
		carve_fuzz_expect_bad(s, carve_nr_misuses(&s->fuzz->co->pages), 1);
}

/* A refused free that the model doesn't count as bad */
static void free_badly(struct carve_fuzz_step *s)
{
	if (strikes(s))
		carve_free_page(s->fuzz->co, NULL + 1);
}

/* A violated invariant of a layer */
static void unbalance(struct carve_fuzz_step *s)
{
	if (strikes(s))
		s->fuzz->co->pages.zone[0].buddy.nr_free++;
}

static void balance(struct carveout *co)
{
	co->pages.zone[0].buddy.nr_free--;
}

static const struct fault {
	const char *name;
	void (*interfere)(struct carve_fuzz_step *s);
	void (*repair)(struct carveout *co);
	const char *text;
} faults[] = {
	{ "a byte is spoilt", spoil_byte, NULL, "were overwritten" },
	{ "an item is hidden", hide_item, NULL, "things allocated" },
	{ "an item is freed", free_item, NULL, NULL },
	{ "all is claimed", claim_all, NULL, "overlaps another item" },
	{ "a bad free is let pass", expect_refusal, NULL, "expected 1" },
	{ "a free is refused", free_badly, NULL, "misuses refused" },
	{ "a layer is unsound", unbalance, balance, "invariants are violated" },
};

static void describe_fault(const struct fault *fault, char *desc)
{
	strscpy(desc, fault->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(fault, faults, describe_fault);

static void injected_faults_are_found(struct kunit *test)
{
	static const struct plan plan = {
		"fault", 2000, 1, TASK, BIT(CARVE_FUZZ_KMALLOC) |
					BIT(CARVE_FUZZ_PAGES),
	};
	struct carve_fuzz_options options = options_of(&plan, 6);
	struct carve_fuzz_report *report = new_report(test);
	const struct fault *fault = test->param_value;

	struck = false;
	left_over = NULL;
	options.interfere = fault->interfere;
	KUNIT_EXPECT_EQ(test, carve_fuzz_run(test->priv, &options, report),
			-EUCLEAN);
	KUNIT_EXPECT_TRUE(test, report->finding.found);
	if (fault->text)
		KUNIT_EXPECT_TRUE_MSG(test, strstr(report->finding.text,
						   fault->text),
				      "%s", report->finding.text);
	if (fault->repair)
		fault->repair(test->priv);
	carve_kfree(test->priv, left_over);
}

/* Faults of the allocator, which the model must notice in the results */

#define RESIZED (BIT(CARVE_FUZZ_KM) | BIT(CARVE_FUZZ_KVM))
#define OF_PAGES (BIT(CARVE_FUZZ_BLOCK) | BIT(CARVE_FUZZ_COHERENT) | \
		  BIT(CARVE_FUZZ_FRAME))
#define OF_BYTES (RESIZED | BIT(CARVE_FUZZ_OBJECT))

/* The kind of item to corrupt, and memory outside the carveout */
static enum carve_fuzz_kind victim;
static u8 outside[PAGE_SIZE];

/* An item of that kind was allocated; constructed objects have their own state */
static bool strikes_new(const struct carve_fuzz_step *s,
			const struct carve_fuzz_item *item)
{
	bool now = item->kind == victim && item->born == s->number &&
		   !(item->cache && item->cache->constructed);

	struck |= now;
	return now;
}

/* It was resized to a larger size */
static bool strikes_grown(const struct carve_fuzz_item *item, size_t size)
{
	bool now = item->kind == victim && item->size < size;

	struck |= now;
	return now;
}

static void leave_byte(struct carve_fuzz_step *s, struct carve_fuzz_item *item,
		       size_t size)
{
	if (strikes_new(s, item))
		((u8 *)item->addr)[size - 1] = 1;
}

static void leave_byte_at_the_end(struct carve_fuzz_step *s,
				  struct carve_fuzz_item *item, size_t size)
{
	if (strikes_grown(item, size))
		((u8 *)item->addr)[size - 1] = 1;
}

static void lose_byte(struct carve_fuzz_step *s, struct carve_fuzz_item *item,
		      size_t size)
{
	if (strikes_grown(item, size))
		((u8 *)item->addr)[item->size - 1] ^= 1;
}

/*
 * Shorten the item by a byte, or by a page where pages count. Whole pages are
 * shortened by one, so that the write stays within the item.
 */
static void misalign(struct carve_fuzz_step *s, struct carve_fuzz_item *item,
		     size_t size)
{
	size_t by = BIT(item->kind) & OF_PAGES ? PAGE_SIZE : 1;
	size_t left = BIT(item->kind) & OF_BYTES ? size - 1 :
		      PAGE_ALIGN(size) - PAGE_SIZE;

	if (!left || !strikes_new(s, item))
		return;
	item->page += by >> PAGE_SHIFT;
	item->addr += by;
	item->size = left;
}

static void move_outside(struct carve_fuzz_step *s,
			 struct carve_fuzz_item *item, size_t size)
{
	if (strikes_new(s, item))
		item->addr = outside;
}

/* Single pages are split from blocks that were recorded before */
#define ALLOCATED (CARVE_FUZZ_ANYTHING & ~BIT(CARVE_FUZZ_SINGLES))

static const struct {
	void (*corrupt)(struct carve_fuzz_step *s, struct carve_fuzz_item *item,
			size_t size);
	unsigned int kinds;
	const char *text;
} corruptions[] = {
	{ leave_byte, ALLOCATED, "not zeroed from byte" },
	{ leave_byte_at_the_end, RESIZED, "not zeroed from byte" },
	{ lose_byte, RESIZED, "differ at another address" },
	{ misalign, ALLOCATED, "not aligned to" },
	{ move_outside, ALLOCATED, "is outside of the carveout" },
};

static void injected_corruptions_are_found(struct kunit *test)
{
	static const struct plan plan = {
		"corruption", 2000, 1, TASK,
		BIT(CARVE_FUZZ_PAGES) | BIT(CARVE_FUZZ_SLAB) |
		BIT(CARVE_FUZZ_KMALLOC) | BIT(CARVE_FUZZ_VMAP) |
		BIT(CARVE_FUZZ_DMA) | BIT(CARVE_FUZZ_NATIVE),
	};
	struct carve_fuzz_options options = options_of(&plan, 11);
	struct carve_fuzz_report *report = new_report(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(corruptions) * CARVE_FUZZ_NR_KINDS; i++) {
		unsigned int which = i / CARVE_FUZZ_NR_KINDS;

		victim = i % CARVE_FUZZ_NR_KINDS;
		if (!(corruptions[which].kinds & BIT(victim)) ||
		    (victim == CARVE_FUZZ_COHERENT &&
		     !IS_ENABLED(CONFIG_HAS_DMA)))
			continue;
		struck = false;
		options.corrupt = corruptions[which].corrupt;
		KUNIT_EXPECT_EQ(test, carve_fuzz_run(test->priv, &options,
						     report), -EUCLEAN);
		KUNIT_EXPECT_TRUE(test, struck);
		KUNIT_EXPECT_TRUE_MSG(test, strstr(report->finding.text,
						   corruptions[which].text),
				      "kind %d: '%s', not '%s'", victim,
				      report->finding.text,
				      corruptions[which].text);
	}
}

/* The line that replays a run ends with the step that failed */
static void failure_is_reproduced_in_fewer_steps(struct kunit *test)
{
	static const struct plan plan = {
		"fault", 5000, 1, TASK, BIT(CARVE_FUZZ_KMALLOC),
	};
	struct carve_fuzz_options options = options_of(&plan, 7);
	struct carve_fuzz_report *first = new_report(test);
	struct carve_fuzz_report *again = new_report(test);
	const struct carve_fuzz_finding *f = &first->finding;

	struck = false;
	options.interfere = spoil_byte;
	carve_fuzz_run(test->priv, &options, first);
	KUNIT_ASSERT_GT(test, f->nr_records, 0);
	struck = false;
	options.steps = f->record[f->nr_records - 1].number + 1;
	KUNIT_EXPECT_LT(test, options.steps, plan.steps);
	carve_fuzz_run(test->priv, &options, again);
	KUNIT_EXPECT_STREQ(test, again->finding.text, f->text);
	KUNIT_EXPECT_EQ(test, again->steps, options.steps);
	/* The run failed for this fault only */
	options.interfere = NULL;
	KUNIT_EXPECT_EQ(test, carve_fuzz_run(test->priv, &options, again), 0);
}

/* Refused runs, and the end of a run */

static void carveout_in_use_is_refused(struct kunit *test)
{
	struct carve_fuzz_options options = options_of(&plans[0], 8);
	struct carve_fuzz_report *report = new_report(test);
	void *p = carve_kmalloc(test->priv, 100, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, carve_fuzz_run(test->priv, &options, report),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, report->steps, 0ULL);
	carve_kfree(test->priv, p);
}

static void more_cpus_than_online_are_refused(struct kunit *test)
{
	struct carve_fuzz_options options = options_of(&plans[0], 9);
	struct carve_fuzz_report *report = new_report(test);

	options.cpus = num_online_cpus() + 1;
	KUNIT_EXPECT_EQ(test, carve_fuzz_run(test->priv, &options, report),
			-ENODEV);
}

static void time_limit_ends_the_run(struct kunit *test)
{
	struct carve_fuzz_options options = options_of(&plans[0], 10);
	struct carve_fuzz_report *report = new_report(test);

	options.steps = CARVE_FUZZ_MAX_STEPS;
	options.seconds = 0;
	KUNIT_EXPECT_EQ(test, carve_fuzz_run(test->priv, &options, report), 0);
	KUNIT_EXPECT_TRUE(test, report->time_up);
	KUNIT_EXPECT_LT(test, report->steps, options.steps);
}

/* Parameter lines */

static void line_sets_all_parameters(struct kunit *test)
{
	struct carve_fuzz_options o;
	struct carve_reply reply;

	KUNIT_ASSERT_EQ(test, carve_parse_fuzz("seed=0x10 steps=500 cpus=3 contexts=task,nested  layers=pages,bad hotplug=1 seconds=5",
					       &o, &reply), 0);
	KUNIT_EXPECT_EQ(test, o.seed, 16ULL);
	KUNIT_EXPECT_EQ(test, o.steps, 500ULL);
	KUNIT_EXPECT_EQ(test, o.cpus, 3);
	KUNIT_EXPECT_EQ(test, o.contexts, TASK | BIT(CARVE_FUZZ_NESTED));
	KUNIT_EXPECT_EQ(test, o.layers, BIT(CARVE_FUZZ_PAGES) |
					BIT(CARVE_FUZZ_BAD));
	KUNIT_EXPECT_TRUE(test, o.hotplug);
	KUNIT_EXPECT_EQ(test, o.seconds, 5);
	KUNIT_EXPECT_EQ(test, o.fail_nth, 0);
	KUNIT_EXPECT_NULL(test, o.interfere);

	KUNIT_ASSERT_EQ(test, carve_parse_fuzz("fail_nth=sweep", &o, &reply), 0);
	KUNIT_EXPECT_EQ(test, o.fail_nth, CARVE_FUZZ_SWEEP);
	KUNIT_EXPECT_EQ(test, o.cpus, 1);
	KUNIT_EXPECT_EQ(test, o.layers, CARVE_FUZZ_ALL_LAYERS);
	KUNIT_EXPECT_EQ(test, o.contexts, CARVE_FUZZ_SERIAL_CONTEXTS);
	KUNIT_EXPECT_GT(test, o.steps, 0ULL);
}

static const struct {
	const char *line;
	const char *reason;
} bad_lines[] = {
	{ "run", "\"run\" is none of seed=" },
	{ "seed", "\"seed\" is none of" },
	{ "seeds=1", "\"seeds\" is none of" },
	{ "=1", "\"\" is none of" },
	{ "seed=", "seed=\"\" is not a number" },
	{ "seed=-1", "from 0 to 18446744073709551615" },
	{ "seed=1 seed=2", "seed= comes twice" },
	{ "seed=18446744073709551616", "is not a number" },
	{ "steps=0", "from 1 to 100000000" },
	{ "steps=100000001", "from 1 to 100000000" },
	{ "steps=1k", "is not a number" },
	{ "cpus=0", "from 1 to 64" },
	{ "cpus=4294967297", "from 1 to 64" },
	{ "contexts=", "\"\" is none of task, irqsoff" },
	{ "contexts=task,nmi", "\"nmi\" is none of task, irqsoff, softirq, hardirq, nested" },
	{ "contexts=nested", "name one of these, too" },
	{ "layers=pages,", "\"\" is none of pages, slab" },
	{ "layers=dmq", "\"dmq\" is none of" },
	{ "fail_nth=0", "neither sweep nor a number from 1" },
	{ "fail_nth=all", "neither sweep nor" },
	{ "fail_nth=1 cpus=2", "needs cpus=1" },
	{ "fail_nth=sweep contexts=task,nested", "neither contexts=nested" },
	{ "hotplug=1", "needs cpus=2" },
	{ "hotplug=2 cpus=2", "from 0 to 1" },
	{ "seconds=0", "from 1 to 3600" },
	{ "seconds=3601", "from 1 to 3600" },
};

static void bad_lines_are_refused_with_a_reason(struct kunit *test)
{
	struct carve_fuzz_options o;
	struct carve_reply reply;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_lines); i++) {
		KUNIT_EXPECT_EQ_MSG(test,
				    carve_parse_fuzz(bad_lines[i].line, &o,
						     &reply),
				    -EINVAL, "%s", bad_lines[i].line);
		KUNIT_EXPECT_TRUE_MSG(test, strstr(reply.text,
						   bad_lines[i].reason),
				      "%s: %s", bad_lines[i].line, reply.text);
	}
}

static struct kunit_case fuzz_cases[] = {
	KUNIT_CASE_PARAM(run_over_all_layers_finds_nothing, plan_gen_params),
	KUNIT_CASE(same_seed_repeats_the_run),
	KUNIT_CASE(run_restores_settings),
	KUNIT_CASE(every_allocation_failure_is_survived),
	KUNIT_CASE(only_the_nth_allocation_fails),
	KUNIT_CASE(nofail_allocation_is_not_failed),
	KUNIT_CASE_PARAM(injected_faults_are_found, fault_gen_params),
	KUNIT_CASE(injected_corruptions_are_found),
	KUNIT_CASE(failure_is_reproduced_in_fewer_steps),
	KUNIT_CASE(carveout_in_use_is_refused),
	KUNIT_CASE(more_cpus_than_online_are_refused),
	KUNIT_CASE(time_limit_ends_the_run),
	KUNIT_CASE(line_sets_all_parameters),
	KUNIT_CASE(bad_lines_are_refused_with_a_reason),
	{ }
};

static struct kunit_suite fuzz_suite = {
	.name = "carveout_fuzz",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = fuzz_cases,
};

kunit_test_suites(&fuzz_suite);
