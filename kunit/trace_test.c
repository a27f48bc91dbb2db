// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of tracepoints: each event is reported once and with its arguments while
 * a probe is attached, whether fast paths would be taken or not. Tracing doesn't
 * change the path of traced calls, and fast paths are restored afterwards.
 */
#include <linux/kallsyms.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "kunit/interrupt.h"
#include "page/reclaim.h"
#include "slab/caches.h"
#include "slab/debug_switch.h"
#include "trace/events.h"

#ifdef CONFIG_TRACEPOINTS

#define NR_OBJECTS 300
#define NR_PAGES 100
#define NR_EVENTS 1024
#define QUIET (GFP_KERNEL | __GFP_NOWARN)

enum kind {
	PAGE_ALLOC,
	PAGE_FREE,
	OBJECT_ALLOC,
	OBJECT_FREE,
	SPLIT,
	MERGE,
	REFILL,
	DRAIN,
	FAIL,
	MAP,
	UNMAP,
	NR_KINDS,
};

/**
 * struct event - a recorded event
 * @kind: kind of event
 * @thing: the object, the address, or the page frame
 * @name: of the cache or the pcp; the reason of a failure
 * @size: bytes requested, or pages, or items
 * @order: of the block; before a split or merge
 * @new_order: after a split or merge
 * @gfp: flags of the request
 * @reclaimable: the block is short-lived
 * @caller: return address of the caller
 */
struct event {
	enum kind kind;
	unsigned long thing;
	const char *name;
	size_t size;
	unsigned int order;
	unsigned int new_order;
	gfp_t gfp;
	bool reclaimable;
	unsigned long caller;
};

/**
 * struct ctx - the fixture and its recorded events
 * @co: the carveout
 * @only: record objects of this cache only; NULL: of all caches
 * @listening: a bit for each enum kind that has a probe
 * @lock: guards the members below
 * @nr: number of events by kind
 * @nr_foreign: events of other carveouts
 * @nr_kept: number of events in @event, the first ones
 * @event: recorded events
 */
struct ctx {
	struct carveout *co;
	const char *only;
	unsigned long listening;
	raw_spinlock_t lock; /* the members below */
	unsigned int nr[NR_KINDS];
	unsigned int nr_foreign;
	unsigned int nr_kept;
	struct event event[NR_EVENTS];
};

static void note(struct ctx *ctx, const char *carveout,
		 const struct event *event)
{
	guard(raw_spinlock_irqsave)(&ctx->lock);
	if (strcmp(carveout, ctx->co->name)) {
		ctx->nr_foreign++;
		return;
	}
	ctx->nr[event->kind]++;
	if (ctx->nr_kept < NR_EVENTS)
		ctx->event[ctx->nr_kept++] = *event;
}

/* Probes */

static void page_alloc(void *data, const char *carveout, unsigned long pfn,
		       unsigned int order, gfp_t gfp, bool reclaimable,
		       unsigned long caller)
{
	note(data, carveout, &(struct event){
		.kind = PAGE_ALLOC, .thing = pfn, .order = order, .gfp = gfp,
		.reclaimable = reclaimable, .caller = caller,
	});
}

static void page_free(void *data, const char *carveout, unsigned long pfn,
		      unsigned int order, unsigned long caller)
{
	note(data, carveout, &(struct event){
		.kind = PAGE_FREE, .thing = pfn, .order = order,
		.caller = caller,
	});
}

static void note_object(struct ctx *ctx, const char *carveout,
			const struct event *event)
{
	if (!ctx->only || !strcmp(event->name, ctx->only))
		note(ctx, carveout, event);
}

static void object_alloc(void *data, unsigned long caller, const void *ptr,
			 const char *carveout, const char *cache, size_t req,
			 size_t alloc, gfp_t gfp)
{
	note_object(data, carveout, &(struct event){
		.kind = OBJECT_ALLOC, .thing = (unsigned long)ptr,
		.name = cache, .size = req, .gfp = gfp, .caller = caller,
	});
}

static void object_free(void *data, unsigned long caller, const void *ptr,
			const char *carveout, const char *cache)
{
	note_object(data, carveout, &(struct event){
		.kind = OBJECT_FREE, .thing = (unsigned long)ptr,
		.name = cache, .caller = caller,
	});
}

static void split(void *data, const char *carveout, unsigned long pfn,
		  unsigned int order, unsigned int new_order,
		  unsigned int blocks)
{
	note(data, carveout, &(struct event){
		.kind = SPLIT, .thing = pfn, .order = order,
		.new_order = new_order, .size = blocks,
	});
}

static void merge(void *data, const char *carveout, unsigned long pfn,
		  unsigned int order, unsigned int new_order)
{
	note(data, carveout, &(struct event){
		.kind = MERGE, .thing = pfn, .order = order,
		.new_order = new_order,
	});
}

static void refill(void *data, const char *carveout, const char *pcp,
		   unsigned int items)
{
	note(data, carveout, &(struct event){
		.kind = REFILL, .name = pcp, .size = items,
	});
}

static void drain(void *data, const char *carveout, const char *pcp,
		  unsigned int items)
{
	note(data, carveout, &(struct event){
		.kind = DRAIN, .name = pcp, .size = items,
	});
}

static void fail(void *data, const char *carveout, const char *layer,
		 size_t bytes, unsigned int order, gfp_t gfp,
		 const char *reason, unsigned long caller)
{
	note(data, carveout, &(struct event){
		.kind = FAIL, .name = reason, .size = bytes, .order = order,
		.gfp = gfp, .caller = caller,
	});
}

static void map(void *data, const char *carveout, const void *addr,
		unsigned int nr_pages, unsigned long caller)
{
	note(data, carveout, &(struct event){
		.kind = MAP, .thing = (unsigned long)addr, .size = nr_pages,
		.caller = caller,
	});
}

static void unmap(void *data, const char *carveout, const void *addr,
		  unsigned int nr_pages, unsigned long caller)
{
	note(data, carveout, &(struct event){
		.kind = UNMAP, .thing = (unsigned long)addr, .size = nr_pages,
		.caller = caller,
	});
}

static const struct {
	struct tracepoint *tracepoint;
	void *probe;
} events[NR_KINDS] = {
	[PAGE_ALLOC] = { &__tracepoint_carve_page_alloc, page_alloc },
	[PAGE_FREE] = { &__tracepoint_carve_page_free, page_free },
	[OBJECT_ALLOC] = { &__tracepoint_carve_object_alloc, object_alloc },
	[OBJECT_FREE] = { &__tracepoint_carve_object_free, object_free },
	[SPLIT] = { &__tracepoint_carve_split, split },
	[MERGE] = { &__tracepoint_carve_merge, merge },
	[REFILL] = { &__tracepoint_carve_refill, refill },
	[DRAIN] = { &__tracepoint_carve_drain, drain },
	[FAIL] = { &__tracepoint_carve_fail, fail },
	[MAP] = { &__tracepoint_carve_map, map },
	[UNMAP] = { &__tracepoint_carve_unmap, unmap },
};

/* Attach probes to the kinds whose bits are set, and to no others */
static void listen(struct kunit *test, unsigned long kinds)
{
	struct ctx *ctx = test->priv;
	unsigned long changes = kinds ^ ctx->listening;
	unsigned int kind;
	int ret;

	for_each_set_bit(kind, &changes, NR_KINDS) {
		if (kinds & BIT(kind))
			ret = tracepoint_probe_register(events[kind].tracepoint,
							events[kind].probe,
							ctx);
		else
			ret = tracepoint_probe_unregister(events[kind].tracepoint,
							  events[kind].probe,
							  ctx);
		KUNIT_EXPECT_EQ(test, ret, 0);
	}
	ctx->listening = kinds;
	tracepoint_synchronize_unregister();
}

/* Discard all recorded events */
static void forget(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	guard(raw_spinlock_irqsave)(&ctx->lock);
	memset(ctx->nr, 0, sizeof(ctx->nr));
	ctx->nr_foreign = 0;
	ctx->nr_kept = 0;
}

static int trace_init(struct kunit *test)
{
	struct ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	int ret = carve_fixture_init(test);

	if (ret)
		return ret;
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->co = test->priv;
	raw_spin_lock_init(&ctx->lock);
	test->priv = ctx;
	return 0;
}

static void trace_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	if (!ctx)
		return;
	listen(test, 0);
	test->priv = ctx->co;
	carve_fixture_exit(test);
}

/* The first event of a kind at or after number *@i, which is set behind it; or NULL */
static const struct event *next_event(struct kunit *test, unsigned int *i,
				      enum kind kind)
{
	struct ctx *ctx = test->priv;

	while (*i < ctx->nr_kept) {
		const struct event *event = &ctx->event[(*i)++];

		if (event->kind == kind)
			return event;
	}
	return NULL;
}

/* The only event of a kind */
static const struct event *only_event(struct kunit *test, enum kind kind)
{
	struct ctx *ctx = test->priv;
	unsigned int i = 0;

	KUNIT_ASSERT_EQ(test, ctx->nr[kind], 1);
	return next_event(test, &i, kind);
}

static void expect_caller(struct kunit *test, const struct event *event,
			  const char *name)
{
	char text[KSYM_SYMBOL_LEN];

	snprintf(text, sizeof(text), "%ps", (void *)event->caller);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(text, name), "%s, not %s", text,
			      name);
}

static struct carve_magazines *kmalloc_magazines(struct kunit *test,
						 size_t size)
{
	struct ctx *ctx = test->priv;

	return &carve_fixture_kmalloc_cache(ctx->co, size)->magazines;
}

/* Does the fast path have an object? If not, nothing is changed. */
static bool fast_path_serves(struct kunit *test)
{
	struct carve_magazines *ms = kmalloc_magazines(test, 64);
	struct ctx *ctx = test->priv;
	void *object;

	carve_kfree(ctx->co, carve_kmalloc(ctx->co, 64, GFP_KERNEL));
	if (!carve_magazines_alloc(ms, &object))
		return false;
	carve_magazines_free_slow(ms, object);
	return true;
}

/* Objects */

static noinline void get_objects(struct kunit *test, void **objects,
				 size_t size)
{
	struct ctx *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++) {
		objects[i] = carve_kmalloc(ctx->co, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
	}
}

static noinline void put_objects(struct kunit *test, void **objects)
{
	struct ctx *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++)
		carve_kfree(ctx->co, objects[i]);
}

static void **make_array(struct kunit *test)
{
	void **array = kunit_kcalloc(test, NR_OBJECTS, sizeof(*array),
				     GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, array);
	return array;
}

static void single_objects_are_traced(struct kunit *test)
{
	void **objects = make_array(test);
	struct ctx *ctx = test->priv;
	const struct event *event;
	unsigned int i, n = 0;

	/* With full, empty, and partly filled magazines */
	get_objects(test, objects, 100);
	put_objects(test, objects);
	listen(test, BIT(OBJECT_ALLOC) | BIT(OBJECT_FREE));
	get_objects(test, objects, 100);
	put_objects(test, objects);
	listen(test, 0);
	KUNIT_EXPECT_EQ(test, ctx->nr[OBJECT_ALLOC], NR_OBJECTS);
	KUNIT_EXPECT_EQ(test, ctx->nr[OBJECT_FREE], NR_OBJECTS);
	KUNIT_EXPECT_EQ(test, ctx->nr_kept, 2 * NR_OBJECTS);
	for (i = 0; (event = next_event(test, &i, OBJECT_ALLOC)); n++) {
		KUNIT_EXPECT_EQ(test, event->thing, (unsigned long)objects[n]);
		KUNIT_EXPECT_STREQ(test, event->name, "kmalloc-128");
		KUNIT_EXPECT_EQ(test, event->size, 100);
		KUNIT_EXPECT_TRUE(test, event->gfp == GFP_KERNEL);
		expect_caller(test, event, "get_objects");
	}
	for (i = 0, n = 0; (event = next_event(test, &i, OBJECT_FREE)); n++) {
		KUNIT_EXPECT_EQ(test, event->thing, (unsigned long)objects[n]);
		KUNIT_EXPECT_STREQ(test, event->name, "kmalloc-128");
		expect_caller(test, event, "put_objects");
	}
}

static void bulk_objects_are_traced(struct kunit *test)
{
	void **objects = make_array(test);
	struct ctx *ctx = test->priv;
	struct carve_cache *cache;

	cache = carve_cache_create(ctx->co, "array", 48, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	ctx->only = "array";
	listen(test, BIT(OBJECT_ALLOC) | BIT(OBJECT_FREE));
	KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(cache, GFP_KERNEL,
						     NR_OBJECTS, objects),
			NR_OBJECTS);
	KUNIT_EXPECT_EQ(test, ctx->nr[OBJECT_ALLOC], NR_OBJECTS);
	KUNIT_EXPECT_STREQ(test, ctx->event[0].name, "array");
	KUNIT_EXPECT_EQ(test, ctx->event[0].size, 48);
	carve_cache_free_bulk(cache, NR_OBJECTS, objects);
	KUNIT_EXPECT_EQ(test, ctx->nr[OBJECT_FREE], NR_OBJECTS);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

/* A refused free is not traced */
static void bad_frees_are_not_traced(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	void *p = carve_kmalloc(ctx->co, 64, GFP_KERNEL);

	listen(test, BIT(OBJECT_FREE));
	carve_kfree(ctx->co, p);
	carve_kfree(ctx->co, p);
	carve_kfree(ctx->co, p + 8);
	KUNIT_EXPECT_EQ(test, ctx->nr[OBJECT_FREE], 1);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 2);
}

/* Pages */

static void expect_pages_told(struct kunit *test, unsigned int order, gfp_t gfp)
{
	struct ctx *ctx = test->priv;
	const struct event *event;
	struct carve_page *page;
	unsigned long pfn;

	forget(test);
	page = carve_alloc_pages(ctx->co, gfp, order);
	KUNIT_ASSERT_NOT_NULL(test, page);
	event = only_event(test, PAGE_ALLOC);
	pfn = PHYS_PFN(carve_page_to_phys(ctx->co, page));
	KUNIT_EXPECT_EQ(test, event->thing, pfn);
	KUNIT_EXPECT_EQ(test, event->order, order);
	KUNIT_EXPECT_TRUE(test, event->gfp == gfp);
	KUNIT_EXPECT_EQ(test, event->reclaimable, !!(gfp & __GFP_MOVABLE));
	expect_caller(test, event, "expect_pages_told");
	carve_free_pages(ctx->co, page, order);
	event = only_event(test, PAGE_FREE);
	KUNIT_EXPECT_EQ(test, event->thing, pfn);
	KUNIT_EXPECT_EQ(test, event->order, order);
	expect_caller(test, event, "expect_pages_told");
}

static void single_pages_are_traced(struct kunit *test)
{
	unsigned int order, again;

	listen(test, BIT(PAGE_ALLOC) | BIT(PAGE_FREE));
	for (order = 0; order < 6; order++) {
		for (again = 0; again < 3; again++) {
			expect_pages_told(test, order, GFP_KERNEL);
			expect_pages_told(test, order, GFP_ATOMIC);
			expect_pages_told(test, order, GFP_KERNEL | __GFP_ZERO);
			expect_pages_told(test, order,
					  GFP_KERNEL | __GFP_MOVABLE);
		}
	}
}

static void bulk_pages_are_traced(struct kunit *test)
{
	struct carve_page **pages = kunit_kcalloc(test, NR_PAGES,
						  sizeof(*pages), GFP_KERNEL);
	struct ctx *ctx = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	listen(test, BIT(PAGE_ALLOC) | BIT(PAGE_FREE));
	KUNIT_ASSERT_EQ(test, carve_alloc_pages_bulk(ctx->co, GFP_KERNEL,
						     NR_PAGES, pages), NR_PAGES);
	KUNIT_EXPECT_EQ(test, ctx->nr[PAGE_ALLOC], NR_PAGES);
	carve_free_pages_bulk(ctx->co, NR_PAGES, pages);
	KUNIT_EXPECT_EQ(test, ctx->nr[PAGE_FREE], NR_PAGES);
}

static void cold_and_large_blocks_are_traced(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_page *page;
	void *p;

	listen(test, BIT(PAGE_ALLOC) | BIT(PAGE_FREE));
	page = carve_alloc_page(ctx->co, GFP_KERNEL);
	carve_free_pages_cold(ctx->co, page, 0);
	expect_caller(test, only_event(test, PAGE_FREE), __func__);
	forget(test);
	p = carve_kmalloc(ctx->co, 5 * PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	expect_caller(test, only_event(test, PAGE_ALLOC), __func__);
	KUNIT_EXPECT_EQ(test, only_event(test, PAGE_ALLOC)->order, 3);
	carve_kfree(ctx->co, p);
	expect_caller(test, only_event(test, PAGE_FREE), __func__);
}

/* Tracing doesn't change the path that is taken */

/* Refills and flushes of the CPU's magazine in a round of allocations and frees */
static unsigned long visits_of_round(struct kunit *test, void **objects)
{
	struct carve_magazines *ms = kmalloc_magazines(test, 100);
	struct carve_magazine *m = ms->cpu[raw_smp_processor_id()];
	unsigned long before = m->refills + m->flushes;

	get_objects(test, objects, 100);
	put_objects(test, objects);
	return m->refills + m->flushes - before;
}

static void tracing_does_not_change_magazine_traffic(struct kunit *test)
{
	void **objects = make_array(test);
	unsigned long visits;

	visits_of_round(test, objects);
	visits = visits_of_round(test, objects);
	KUNIT_EXPECT_GT(test, visits, 0UL);
	listen(test, BIT(OBJECT_ALLOC) | BIT(OBJECT_FREE));
	KUNIT_EXPECT_EQ(test, visits_of_round(test, objects), visits);
	listen(test, 0);
	KUNIT_EXPECT_EQ(test, visits_of_round(test, objects), visits);
}

static void tracing_preserves_lifo_order(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	void *p, *again;

	p = carve_kmalloc(ctx->co, 64, GFP_KERNEL);
	carve_kfree(ctx->co, p);
	listen(test, BIT(OBJECT_ALLOC) | BIT(OBJECT_FREE));
	again = carve_kmalloc(ctx->co, 64, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, again, p);
	carve_kfree(ctx->co, again);
	listen(test, 0);
	again = carve_kmalloc(ctx->co, 64, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, again, p);
	carve_kfree(ctx->co, again);
}

/* Each of the four events, alone and with others */
static void fast_path_is_restored_when_tracing_ends(struct kunit *test)
{
	unsigned long fast = BIT(PAGE_ALLOC) | BIT(PAGE_FREE) |
			     BIT(OBJECT_ALLOC) | BIT(OBJECT_FREE);
	unsigned int kind;

	KUNIT_EXPECT_TRUE(test, fast_path_serves(test));
	for_each_set_bit(kind, &fast, NR_KINDS) {
		listen(test, BIT(kind));
		KUNIT_EXPECT_FALSE(test, fast_path_serves(test));
		listen(test, fast);
		KUNIT_EXPECT_FALSE(test, fast_path_serves(test));
		listen(test, fast & ~BIT(kind));
		KUNIT_EXPECT_FALSE(test, fast_path_serves(test));
		listen(test, BIT(NR_KINDS) - 1 - fast);
		KUNIT_EXPECT_TRUE(test, fast_path_serves(test));
		listen(test, 0);
		KUNIT_EXPECT_TRUE(test, fast_path_serves(test));
	}
}

/* Caches and carveouts that are created while a probe is attached are traced completely */
static void new_caches_and_carveouts_are_traced(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carveout *co;
	void *p;

	listen(test, BIT(OBJECT_ALLOC) | BIT(PAGE_ALLOC));
	co = carve_fixture_create("later", SZ_2M);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	/* The second object comes from a magazine */
	p = carve_kmalloc(co, 64, GFP_KERNEL);
	carve_kfree(co, p);
	forget(test);
	p = carve_kmalloc(co, 64, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, ctx->nr_foreign, 1);
	listen(test, 0);
	carve_kfree(co, p);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

static void debugged_caches_are_traced(struct kunit *test)
{
	void **objects = make_array(test);
	struct ctx *ctx = test->priv;
	struct carve_cache *cache;

	cache = carve_fixture_kmalloc_cache(ctx->co, 100);
	listen(test, BIT(OBJECT_ALLOC) | BIT(OBJECT_FREE));
	scoped_guard(mutex, &ctx->co->slabs.lock)
		KUNIT_EXPECT_EQ(test, carve_debug_switch(cache, CARVE_DEBUG_RED_ZONE |
							 CARVE_DEBUG_POISON), 0);
	get_objects(test, objects, 100);
	KUNIT_EXPECT_EQ(test, ctx->nr[OBJECT_ALLOC], NR_OBJECTS);
	put_objects(test, objects);
	KUNIT_EXPECT_EQ(test, ctx->nr[OBJECT_FREE], NR_OBJECTS);
	/* Debugging and tracing may end in either order */
	get_objects(test, objects, 100);
	scoped_guard(mutex, &ctx->co->slabs.lock)
		KUNIT_EXPECT_EQ(test, carve_debug_switch(cache, 0), 0);
	put_objects(test, objects);
	KUNIT_EXPECT_EQ(test, ctx->nr[OBJECT_FREE], 2 * NR_OBJECTS);
	listen(test, 0);
	get_objects(test, objects, 100);
	put_objects(test, objects);
}

static void work_in_interrupt(void *arg)
{
	struct ctx *ctx = arg;
	struct carve_page *page = carve_alloc_page(ctx->co, GFP_ATOMIC);
	void *p = carve_kmalloc(ctx->co, 64, GFP_ATOMIC);

	carve_kfree(ctx->co, p);
	if (page)
		carve_free_page(ctx->co, page);
}

static void interrupts_are_traced(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int kind;

	listen(test, BIT(PAGE_ALLOC) | BIT(PAGE_FREE) | BIT(OBJECT_ALLOC) |
	       BIT(OBJECT_FREE));
	/* Make sure that an object can be allocated */
	carve_kfree(ctx->co, carve_kmalloc(ctx->co, 64, GFP_KERNEL));
	forget(test);
	carve_run_in_interrupt(work_in_interrupt, ctx);
	for (kind = PAGE_ALLOC; kind <= OBJECT_FREE; kind++)
		KUNIT_EXPECT_EQ(test, ctx->nr[kind], 1);
}

/* Backends: buddy system, magazines, areas */

static void splits_and_merges_are_traced(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_zone *zone = &ctx->co->pages.zone[0];
	const struct event *event;
	struct carve_page *page;
	unsigned long pfn;

	carve_fixture_collect(ctx->co);
	listen(test, BIT(SPLIT) | BIT(MERGE));
	page = carve_zone_alloc_buddy(zone, 0, CARVE_MIGRATE_UNMOVABLE, 0, false);
	KUNIT_ASSERT_NOT_NULL(test, page);
	pfn = carve_zone_pfn(zone, page);
	/* Unless a single page was free */
	if (ctx->nr[SPLIT]) {
		event = only_event(test, SPLIT);
		KUNIT_EXPECT_EQ(test, event->thing, pfn);
		KUNIT_EXPECT_GT(test, event->order, 0);
		KUNIT_EXPECT_EQ(test, event->new_order, 0);
		KUNIT_EXPECT_EQ(test, event->size, 1);
	}
	carve_zone_free_buddy(zone, page, 0, _THIS_IP_);
	KUNIT_EXPECT_EQ(test, ctx->nr[MERGE], ctx->nr[SPLIT]);
	if (ctx->nr[MERGE]) {
		event = only_event(test, MERGE);
		KUNIT_EXPECT_EQ(test, event->order, 0);
		KUNIT_EXPECT_GT(test, event->new_order, 0);
		KUNIT_EXPECT_LE(test, event->thing, pfn);
		KUNIT_EXPECT_GT(test, event->thing + BIT(event->new_order), pfn);
	}
	/* There are blocks of this order, and half of one is requested */
	forget(test);
	page = carve_zone_alloc_buddy(zone, zone->buddy.max_order - 2,
				      CARVE_MIGRATE_UNMOVABLE, 0, false);
	KUNIT_ASSERT_NOT_NULL(test, page);
	carve_zone_free_buddy(zone, page, zone->buddy.max_order - 2, _THIS_IP_);
	KUNIT_EXPECT_EQ(test, ctx->nr[MERGE], ctx->nr[SPLIT]);
}

static unsigned int items_told(struct kunit *test, enum kind kind,
			       const char *pcp)
{
	const struct event *event;
	unsigned int i = 0, items = 0;

	while ((event = next_event(test, &i, kind)))
		if (!strcmp(event->name, pcp))
			items += event->size;
	return items;
}

static void refills_and_drains_are_traced(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_page *page;
	unsigned int items;

	carve_fixture_needs_magazines(test, ctx->co->pages.zone[0]
					    .pcp[CARVE_MIGRATE_UNMOVABLE][0]);
	carve_fixture_collect(ctx->co);
	listen(test, BIT(REFILL) | BIT(DRAIN));
	page = carve_alloc_page(ctx->co, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	items = items_told(test, REFILL, "pages-0");
	KUNIT_EXPECT_GT(test, items, 0);
	carve_free_page(ctx->co, page);
	carve_pages_drain(&ctx->co->pages);
	KUNIT_EXPECT_EQ(test, items_told(test, DRAIN, "pages-0"), items);
	forget(test);
	carve_kfree(ctx->co, carve_kmalloc(ctx->co, 32, GFP_KERNEL));
	items = items_told(test, REFILL, "kmalloc-32");
	KUNIT_EXPECT_GT(test, items, 0);
	carve_slabs_shrink(&ctx->co->slabs);
	KUNIT_EXPECT_EQ(test, items_told(test, DRAIN, "kmalloc-32"), items);
}

static void areas_are_traced(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	void *p;

	listen(test, BIT(MAP) | BIT(UNMAP));
	p = carve_vmalloc(ctx->co, 3 * PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, only_event(test, MAP)->thing, (unsigned long)p);
	KUNIT_EXPECT_EQ(test, only_event(test, MAP)->size, 3);
	expect_caller(test, only_event(test, MAP), __func__);
	carve_vfree(ctx->co, p);
	carve_vmap_shrink(&ctx->co->vmap);
	KUNIT_EXPECT_EQ(test, only_event(test, UNMAP)->thing, (unsigned long)p);
	KUNIT_EXPECT_EQ(test, only_event(test, UNMAP)->size, 3);
}

/* The first event is that of the innermost layer, the last the caller's */
static void expect_failure(struct kunit *test, size_t size, const char *reason)
{
	struct ctx *ctx = test->priv;
	const struct event *event;

	KUNIT_ASSERT_GT(test, ctx->nr[FAIL], 0);
	event = &ctx->event[ctx->nr_kept - 1];
	KUNIT_EXPECT_EQ(test, event->size, size);
	KUNIT_EXPECT_STREQ(test, event->name, reason);
	expect_caller(test, event, "failures_are_traced_with_a_reason");
	forget(test);
}

static void failures_are_traced_with_a_reason(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_page *taken;
	size_t all = CARVE_FIXTURE_SIZE;

	listen(test, BIT(FAIL));
	KUNIT_EXPECT_NULL(test, carve_kmalloc(ctx->co, 2 * all, QUIET));
	expect_failure(test, 2 * all, "no zone can hold it");
	KUNIT_EXPECT_NULL(test, carve_kmalloc(ctx->co, all, QUIET));
	expect_failure(test, all, "too few pages are free");
	KUNIT_EXPECT_NULL(test, carve_alloc_pages(ctx->co, QUIET, 70));
	expect_failure(test, SIZE_MAX, "no zone can hold it");
	KUNIT_EXPECT_NULL(test, carve_vmalloc(ctx->co, 2 * all));
	expect_failure(test, 2 * all, "the carveout is smaller");
	KUNIT_EXPECT_NULL(test, carve_vmalloc(ctx->co, 0));
	expect_failure(test, 0, "no bytes");
	taken = carve_fixture_take_pages(ctx->co);
	forget(test);
	while (carve_kmalloc(ctx->co, 8192, QUIET))
		;
	expect_failure(test, 8192, "no pages for a slab");
	carve_fixture_give_pages(ctx->co, taken);
}

static void fragmentation_is_traced_as_the_reason(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_page *page, *odd = NULL, *taken;

	/* Every second page stays allocated */
	taken = carve_fixture_take_pages(ctx->co);
	while (taken) {
		void *addr = carve_page_address(ctx->co, taken);

		page = taken;
		taken = *(struct carve_page **)addr;
		if ((page - ctx->co->pages.map) & 1) {
			*(struct carve_page **)addr = odd;
			odd = page;
		} else {
			carve_free_page(ctx->co, page);
		}
	}
	listen(test, BIT(FAIL));
	KUNIT_EXPECT_NULL(test, carve_alloc_pages(ctx->co, QUIET, 1));
	KUNIT_EXPECT_STREQ(test, only_event(test, FAIL)->name,
			   "no block of that order is free");
	carve_fixture_give_pages(ctx->co, odd);
}

/* Many events at once */

/* This many of them are kmalloc-64 */
#define PER_WORKER 8
#define SMALL_PER_WORKER 2

struct worker {
	struct ctx *ctx;
	struct task_struct *task;
	unsigned long rounds;
};

static int work(void *arg)
{
	struct worker *worker = arg;
	struct carveout *co = worker->ctx->co;
	void *object[PER_WORKER] = { };
	unsigned int i;

	while (!kthread_should_stop()) {
		for (i = 0; i < ARRAY_SIZE(object); i++)
			object[i] = carve_kmalloc(co, 64 << (i % 4), QUIET);
		carve_free_pages(co, carve_alloc_pages(co, QUIET, 1), 1);
		carve_vfree(co, carve_vmalloc(co, PAGE_SIZE));
		for (i = 0; i < ARRAY_SIZE(object); i++)
			carve_kfree(co, object[i]);
		worker->rounds++;
		cond_resched();
	}
	return 0;
}

static void start_workers(struct kunit *test, struct worker *workers)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct worker *worker = &workers[cpu];

		worker->ctx = test->priv;
		worker->task = kthread_create_on_cpu(work, worker, cpu,
						     "carve_trace/%u");
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, worker->task);
		wake_up_process(worker->task);
	}
}

static unsigned long stop_workers(struct worker *workers)
{
	unsigned long rounds = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		kthread_stop(workers[cpu].task);
		rounds += workers[cpu].rounds;
	}
	return rounds;
}

/* No event is lost, and each freed object was reported as allocated before */
static void probes_are_attached_and_detached_under_load(struct kunit *test)
{
	struct worker *workers = kunit_kcalloc(test, nr_cpu_ids,
					       sizeof(*workers), GFP_KERNEL);
	struct ctx *ctx = test->priv;
	unsigned long nr_free = carve_fixture_collect(ctx->co);
	unsigned int i, nr_allocs, nr_frees;

	KUNIT_ASSERT_NOT_NULL(test, workers);
	start_workers(test, workers);
	for (i = 0; i < 12; i++) {
		listen(test, i * 0x5a7 & (BIT(NR_KINDS) - 1));
		carve_run_in_interrupt(work_in_interrupt, ctx);
	}
	/* From here on every event is traced, and live objects are freed */
	ctx->only = "kmalloc-64";
	listen(test, BIT(OBJECT_ALLOC) | BIT(OBJECT_FREE));
	forget(test);
	carve_run_in_interrupt(work_in_interrupt, ctx);
	KUNIT_EXPECT_GT(test, stop_workers(workers), 0UL);
	nr_allocs = ctx->nr[OBJECT_ALLOC];
	nr_frees = ctx->nr[OBJECT_FREE];
	KUNIT_EXPECT_GT(test, nr_allocs, 0);
	KUNIT_EXPECT_LE(test, nr_frees - nr_allocs,
			SMALL_PER_WORKER * num_online_cpus());
	listen(test, 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(ctx->co), nr_free);
	KUNIT_EXPECT_TRUE(test, fast_path_serves(test));
}

static struct kunit_case trace_cases[] = {
	KUNIT_CASE(single_objects_are_traced),
	KUNIT_CASE(bulk_objects_are_traced),
	KUNIT_CASE(bad_frees_are_not_traced),
	KUNIT_CASE(single_pages_are_traced),
	KUNIT_CASE(bulk_pages_are_traced),
	KUNIT_CASE(cold_and_large_blocks_are_traced),
	KUNIT_CASE(tracing_does_not_change_magazine_traffic),
	KUNIT_CASE(tracing_preserves_lifo_order),
	KUNIT_CASE_SLOW(fast_path_is_restored_when_tracing_ends),
	KUNIT_CASE(new_caches_and_carveouts_are_traced),
	KUNIT_CASE(debugged_caches_are_traced),
	KUNIT_CASE(interrupts_are_traced),
	KUNIT_CASE(splits_and_merges_are_traced),
	KUNIT_CASE(refills_and_drains_are_traced),
	KUNIT_CASE(areas_are_traced),
	KUNIT_CASE(failures_are_traced_with_a_reason),
	KUNIT_CASE(fragmentation_is_traced_as_the_reason),
	KUNIT_CASE_SLOW(probes_are_attached_and_detached_under_load),
	{ }
};

static struct kunit_suite trace_suite = {
	.name = "carveout_trace",
	.init = trace_init,
	.exit = trace_exit,
	.test_cases = trace_cases,
};

#else

static void kernel_without_tracepoints_is_skipped(struct kunit *test)
{
	kunit_skip(test, "this kernel has no tracepoints");
}

static struct kunit_case trace_cases[] = {
	KUNIT_CASE(kernel_without_tracepoints_is_skipped),
	{ }
};

static struct kunit_suite trace_suite = {
	.name = "carveout_trace",
	.test_cases = trace_cases,
};

#endif

kunit_test_suites(&trace_suite);
