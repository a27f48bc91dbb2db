// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints: each thing that happens is told once, with what belongs to it,
 * as long as somebody listens, fast paths or not; what is traced goes its usual
 * way meanwhile, and afterwards the fast one again.
 */
#include <linux/kallsyms.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include <carveout.h>

#include "kunit/interrupt.h"
#include "kunit/testbed.h"
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
 * struct event - what an event told
 * @kind: which one
 * @thing: the object, the address, or the page frame
 * @name: of the cache or the store; why it failed
 * @size: bytes asked for, or pages, or items
 * @order: of the block; before it was split or merged
 * @new_order: then
 * @gfp: flags of the request
 * @short_lived: it comes and goes
 * @caller: who asked
 */
struct event {
	enum kind kind;
	unsigned long thing;
	const char *name;
	size_t size;
	unsigned int order;
	unsigned int new_order;
	gfp_t gfp;
	bool short_lived;
	unsigned long caller;
};

/**
 * struct bed - what was told
 * @co: the carveout
 * @only: of objects, those of this cache alone; NULL: of all
 * @listening: a bit for each enum kind that is listened to
 * @lock: guards what follows
 * @nr: how often, by kind
 * @nr_foreign: by other carveouts
 * @nr_kept: how many of them are in @event, the first ones
 * @event: these
 */
struct bed {
	struct carveout *co;
	const char *only;
	unsigned long listening;
	raw_spinlock_t lock; /* what follows */
	unsigned int nr[NR_KINDS];
	unsigned int nr_foreign;
	unsigned int nr_kept;
	struct event event[NR_EVENTS];
};

static void note(struct bed *bed, const char *carveout,
		 const struct event *event)
{
	guard(raw_spinlock_irqsave)(&bed->lock);
	if (strcmp(carveout, bed->co->name)) {
		bed->nr_foreign++;
		return;
	}
	bed->nr[event->kind]++;
	if (bed->nr_kept < NR_EVENTS)
		bed->event[bed->nr_kept++] = *event;
}

/* Probes */

static void page_alloc(void *data, const char *carveout, unsigned long pfn,
		       unsigned int order, gfp_t gfp, bool short_lived,
		       unsigned long caller)
{
	note(data, carveout, &(struct event){
		.kind = PAGE_ALLOC, .thing = pfn, .order = order, .gfp = gfp,
		.short_lived = short_lived, .caller = caller,
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

static void note_object(struct bed *bed, const char *carveout,
			const struct event *event)
{
	if (!bed->only || !strcmp(event->name, bed->only))
		note(bed, carveout, event);
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

static void refill(void *data, const char *carveout, const char *store,
		   unsigned int items)
{
	note(data, carveout, &(struct event){
		.kind = REFILL, .name = store, .size = items,
	});
}

static void drain(void *data, const char *carveout, const char *store,
		  unsigned int items)
{
	note(data, carveout, &(struct event){
		.kind = DRAIN, .name = store, .size = items,
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

/* Listens to the kinds whose bits are set, and to no other */
static void listen(struct kunit *test, unsigned long kinds)
{
	struct bed *bed = test->priv;
	unsigned long changes = kinds ^ bed->listening;
	unsigned int kind;
	int ret;

	for_each_set_bit(kind, &changes, NR_KINDS) {
		if (kinds & BIT(kind))
			ret = tracepoint_probe_register(events[kind].tracepoint,
							events[kind].probe,
							bed);
		else
			ret = tracepoint_probe_unregister(events[kind].tracepoint,
							  events[kind].probe,
							  bed);
		KUNIT_EXPECT_EQ(test, ret, 0);
	}
	bed->listening = kinds;
	tracepoint_synchronize_unregister();
}

/* All that was told before is forgotten */
static void forget(struct kunit *test)
{
	struct bed *bed = test->priv;

	guard(raw_spinlock_irqsave)(&bed->lock);
	memset(bed->nr, 0, sizeof(bed->nr));
	bed->nr_foreign = 0;
	bed->nr_kept = 0;
}

static int trace_init(struct kunit *test)
{
	struct bed *bed = kunit_kzalloc(test, sizeof(*bed), GFP_KERNEL);
	int ret = carve_testbed_init(test);

	if (ret)
		return ret;
	KUNIT_ASSERT_NOT_NULL(test, bed);
	bed->co = test->priv;
	raw_spin_lock_init(&bed->lock);
	test->priv = bed;
	return 0;
}

static void trace_exit(struct kunit *test)
{
	struct bed *bed = test->priv;

	if (!bed)
		return;
	listen(test, 0);
	test->priv = bed->co;
	carve_testbed_exit(test);
}

/* The first event of a kind from number *@i on, which is then behind it; or NULL */
static const struct event *next_event(struct kunit *test, unsigned int *i,
				      enum kind kind)
{
	struct bed *bed = test->priv;

	while (*i < bed->nr_kept) {
		const struct event *event = &bed->event[(*i)++];

		if (event->kind == kind)
			return event;
	}
	return NULL;
}

/* The only one of a kind */
static const struct event *only_event(struct kunit *test, enum kind kind)
{
	struct bed *bed = test->priv;
	unsigned int i = 0;

	KUNIT_ASSERT_EQ(test, bed->nr[kind], 1);
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
	struct bed *bed = test->priv;

	return &bed->co->slabs.kmalloc[carve_kmalloc_class(size)]->magazines;
}

/* Does the fast path give what there is? Otherwise it isn't touched. */
static bool fast_path_serves(struct kunit *test)
{
	struct carve_magazines *ms = kmalloc_magazines(test, 64);
	struct bed *bed = test->priv;
	void *object;

	carve_kfree(bed->co, carve_kmalloc(bed->co, 64, GFP_KERNEL));
	if (!carve_magazines_get(ms, &object))
		return false;
	carve_magazines_put_slow(ms, object);
	return true;
}

/* Objects */

static noinline void get_objects(struct kunit *test, void **objects,
				 size_t size)
{
	struct bed *bed = test->priv;
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++) {
		objects[i] = carve_kmalloc(bed->co, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
	}
}

static noinline void put_objects(struct kunit *test, void **objects)
{
	struct bed *bed = test->priv;
	unsigned int i;

	for (i = 0; i < NR_OBJECTS; i++)
		carve_kfree(bed->co, objects[i]);
}

static void **make_array(struct kunit *test)
{
	void **array = kunit_kcalloc(test, NR_OBJECTS, sizeof(*array),
				     GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, array);
	return array;
}

static void objects_are_told_one_by_one(struct kunit *test)
{
	void **objects = make_array(test);
	struct bed *bed = test->priv;
	const struct event *event;
	unsigned int i, n = 0;

	/* With magazines full, empty, and in between */
	get_objects(test, objects, 100);
	put_objects(test, objects);
	listen(test, BIT(OBJECT_ALLOC) | BIT(OBJECT_FREE));
	get_objects(test, objects, 100);
	put_objects(test, objects);
	listen(test, 0);
	KUNIT_EXPECT_EQ(test, bed->nr[OBJECT_ALLOC], NR_OBJECTS);
	KUNIT_EXPECT_EQ(test, bed->nr[OBJECT_FREE], NR_OBJECTS);
	KUNIT_EXPECT_EQ(test, bed->nr_kept, 2 * NR_OBJECTS);
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

static void objects_by_the_array_are_told(struct kunit *test)
{
	void **objects = make_array(test);
	struct bed *bed = test->priv;
	struct carve_cache *cache;

	cache = carve_cache_create(bed->co, "array", 48, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	bed->only = "array";
	listen(test, BIT(OBJECT_ALLOC) | BIT(OBJECT_FREE));
	KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(cache, GFP_KERNEL,
						     NR_OBJECTS, objects),
			NR_OBJECTS);
	KUNIT_EXPECT_EQ(test, bed->nr[OBJECT_ALLOC], NR_OBJECTS);
	KUNIT_EXPECT_STREQ(test, bed->event[0].name, "array");
	KUNIT_EXPECT_EQ(test, bed->event[0].size, 48);
	carve_cache_free_bulk(cache, NR_OBJECTS, objects);
	KUNIT_EXPECT_EQ(test, bed->nr[OBJECT_FREE], NR_OBJECTS);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

/* A free that is refused is none */
static void bad_frees_are_not_told(struct kunit *test)
{
	struct bed *bed = test->priv;
	void *p = carve_kmalloc(bed->co, 64, GFP_KERNEL);

	listen(test, BIT(OBJECT_FREE));
	carve_kfree(bed->co, p);
	carve_kfree(bed->co, p);
	carve_kfree(bed->co, p + 8);
	KUNIT_EXPECT_EQ(test, bed->nr[OBJECT_FREE], 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->pages.nr_bad_frees), 2);
}

/* Pages */

static void expect_pages_told(struct kunit *test, unsigned int order, gfp_t gfp)
{
	struct bed *bed = test->priv;
	const struct event *event;
	struct carve_page *page;
	unsigned long pfn;

	forget(test);
	page = carve_alloc_pages(bed->co, gfp, order);
	KUNIT_ASSERT_NOT_NULL(test, page);
	event = only_event(test, PAGE_ALLOC);
	pfn = PHYS_PFN(carve_page_to_phys(bed->co, page));
	KUNIT_EXPECT_EQ(test, event->thing, pfn);
	KUNIT_EXPECT_EQ(test, event->order, order);
	KUNIT_EXPECT_TRUE(test, event->gfp == gfp);
	KUNIT_EXPECT_EQ(test, event->short_lived, !!(gfp & __GFP_MOVABLE));
	expect_caller(test, event, "expect_pages_told");
	carve_free_pages(bed->co, page, order);
	event = only_event(test, PAGE_FREE);
	KUNIT_EXPECT_EQ(test, event->thing, pfn);
	KUNIT_EXPECT_EQ(test, event->order, order);
	expect_caller(test, event, "expect_pages_told");
}

static void pages_are_told_one_by_one(struct kunit *test)
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

static void many_pages_are_told(struct kunit *test)
{
	struct carve_page **pages = kunit_kcalloc(test, NR_PAGES,
						  sizeof(*pages), GFP_KERNEL);
	struct bed *bed = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	listen(test, BIT(PAGE_ALLOC) | BIT(PAGE_FREE));
	KUNIT_ASSERT_EQ(test, carve_alloc_pages_bulk(bed->co, GFP_KERNEL,
						     NR_PAGES, pages), NR_PAGES);
	KUNIT_EXPECT_EQ(test, bed->nr[PAGE_ALLOC], NR_PAGES);
	carve_free_pages_bulk(bed->co, NR_PAGES, pages);
	KUNIT_EXPECT_EQ(test, bed->nr[PAGE_FREE], NR_PAGES);
}

static void cold_and_large_blocks_are_told(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_page *page;
	void *p;

	listen(test, BIT(PAGE_ALLOC) | BIT(PAGE_FREE));
	page = carve_alloc_page(bed->co, GFP_KERNEL);
	carve_free_pages_cold(bed->co, page, 0);
	expect_caller(test, only_event(test, PAGE_FREE), __func__);
	forget(test);
	p = carve_kmalloc(bed->co, 5 * PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	expect_caller(test, only_event(test, PAGE_ALLOC), __func__);
	KUNIT_EXPECT_EQ(test, only_event(test, PAGE_ALLOC)->order, 3);
	carve_kfree(bed->co, p);
	expect_caller(test, only_event(test, PAGE_FREE), __func__);
}

/* What is traced goes its usual way */

/* Refills and flushes of the CPU's magazine in a round of work */
static unsigned long visits_of_round(struct kunit *test, void **objects)
{
	struct carve_magazines *ms = kmalloc_magazines(test, 100);
	struct carve_magazine *m = ms->cpu[raw_smp_processor_id()];
	unsigned long before = m->refills + m->flushes;

	get_objects(test, objects, 100);
	put_objects(test, objects);
	return m->refills + m->flushes - before;
}

static void magazines_work_as_ever(struct kunit *test)
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

static void last_one_freed_comes_first(struct kunit *test)
{
	struct bed *bed = test->priv;
	void *p, *again;

	p = carve_kmalloc(bed->co, 64, GFP_KERNEL);
	carve_kfree(bed->co, p);
	listen(test, BIT(OBJECT_ALLOC) | BIT(OBJECT_FREE));
	again = carve_kmalloc(bed->co, 64, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, again, p);
	carve_kfree(bed->co, again);
	listen(test, 0);
	again = carve_kmalloc(bed->co, 64, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, again, p);
	carve_kfree(bed->co, again);
}

/* Each of the four, alone and with others */
static void fast_path_is_back_when_nobody_listens(struct kunit *test)
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

/* Of what comes into being while somebody listens, nothing is missed */
static void what_comes_later_is_told(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carveout *co;
	void *p;

	listen(test, BIT(OBJECT_ALLOC) | BIT(PAGE_ALLOC));
	co = carve_testbed_create("later", SZ_2M);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	/* The second one is in a magazine */
	p = carve_kmalloc(co, 64, GFP_KERNEL);
	carve_kfree(co, p);
	forget(test);
	p = carve_kmalloc(co, 64, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, bed->nr_foreign, 1);
	listen(test, 0);
	carve_kfree(co, p);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

static void debugged_caches_are_told(struct kunit *test)
{
	void **objects = make_array(test);
	struct bed *bed = test->priv;
	struct carve_cache *cache;

	cache = bed->co->slabs.kmalloc[carve_kmalloc_class(100)];
	listen(test, BIT(OBJECT_ALLOC) | BIT(OBJECT_FREE));
	scoped_guard(mutex, &bed->co->slabs.lock)
		KUNIT_EXPECT_EQ(test, carve_debug_switch(cache, CARVE_DEBUG_RED_ZONE |
							 CARVE_DEBUG_POISON), 0);
	get_objects(test, objects, 100);
	KUNIT_EXPECT_EQ(test, bed->nr[OBJECT_ALLOC], NR_OBJECTS);
	put_objects(test, objects);
	KUNIT_EXPECT_EQ(test, bed->nr[OBJECT_FREE], NR_OBJECTS);
	/* While tracing, and on: either may end first */
	get_objects(test, objects, 100);
	scoped_guard(mutex, &bed->co->slabs.lock)
		KUNIT_EXPECT_EQ(test, carve_debug_switch(cache, 0), 0);
	put_objects(test, objects);
	KUNIT_EXPECT_EQ(test, bed->nr[OBJECT_FREE], 2 * NR_OBJECTS);
	listen(test, 0);
	get_objects(test, objects, 100);
	put_objects(test, objects);
}

static void work_in_interrupt(void *arg)
{
	struct bed *bed = arg;
	struct carve_page *page = carve_alloc_page(bed->co, GFP_ATOMIC);
	void *p = carve_kmalloc(bed->co, 64, GFP_ATOMIC);

	carve_kfree(bed->co, p);
	if (page)
		carve_free_page(bed->co, page);
}

static void interrupts_are_told(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned int kind;

	listen(test, BIT(PAGE_ALLOC) | BIT(PAGE_FREE) | BIT(OBJECT_ALLOC) |
	       BIT(OBJECT_FREE));
	/* So that there is an object to be had */
	carve_kfree(bed->co, carve_kmalloc(bed->co, 64, GFP_KERNEL));
	forget(test);
	carve_run_in_interrupt(work_in_interrupt, bed);
	for (kind = PAGE_ALLOC; kind <= OBJECT_FREE; kind++)
		KUNIT_EXPECT_EQ(test, bed->nr[kind], 1);
}

/* The layers behind */

static void splits_and_merges_are_told(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_zone *zone = &bed->co->pages.zone[0];
	const struct event *event;
	struct carve_page *page;
	unsigned long pfn;

	carve_testbed_collect(bed->co);
	listen(test, BIT(SPLIT) | BIT(MERGE));
	page = carve_zone_get_buddy(zone, 0, CARVE_LONG_LIVED, 0, false);
	KUNIT_ASSERT_NOT_NULL(test, page);
	pfn = carve_zone_pfn(zone, page);
	/* Unless a single page was free */
	if (bed->nr[SPLIT]) {
		event = only_event(test, SPLIT);
		KUNIT_EXPECT_EQ(test, event->thing, pfn);
		KUNIT_EXPECT_GT(test, event->order, 0);
		KUNIT_EXPECT_EQ(test, event->new_order, 0);
		KUNIT_EXPECT_EQ(test, event->size, 1);
	}
	carve_zone_put_buddy(zone, page, 0);
	KUNIT_EXPECT_EQ(test, bed->nr[MERGE], bed->nr[SPLIT]);
	if (bed->nr[MERGE]) {
		event = only_event(test, MERGE);
		KUNIT_EXPECT_EQ(test, event->order, 0);
		KUNIT_EXPECT_GT(test, event->new_order, 0);
		KUNIT_EXPECT_LE(test, event->thing, pfn);
		KUNIT_EXPECT_GT(test, event->thing + BIT(event->new_order), pfn);
	}
	/* There are blocks of this order, and the half of one is asked for */
	forget(test);
	page = carve_zone_get_buddy(zone, zone->buddy.max_order - 2,
				    CARVE_LONG_LIVED, 0, false);
	KUNIT_ASSERT_NOT_NULL(test, page);
	carve_zone_put_buddy(zone, page, zone->buddy.max_order - 2);
	KUNIT_EXPECT_EQ(test, bed->nr[MERGE], bed->nr[SPLIT]);
}

static unsigned int items_told(struct kunit *test, enum kind kind,
			       const char *store)
{
	const struct event *event;
	unsigned int i = 0, items = 0;

	while ((event = next_event(test, &i, kind)))
		if (!strcmp(event->name, store))
			items += event->size;
	return items;
}

static void refills_and_drains_are_told(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_page *page;
	unsigned int items;

	if (!bed->co->pages.zone[0].store[CARVE_LONG_LIVED][0])
		kunit_skip(test, "the carveout is too small for stores on so many CPUs");
	carve_testbed_collect(bed->co);
	listen(test, BIT(REFILL) | BIT(DRAIN));
	page = carve_alloc_page(bed->co, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	items = items_told(test, REFILL, "pages-0");
	KUNIT_EXPECT_GT(test, items, 0);
	carve_free_page(bed->co, page);
	carve_pages_drain(&bed->co->pages);
	KUNIT_EXPECT_EQ(test, items_told(test, DRAIN, "pages-0"), items);
	forget(test);
	carve_kfree(bed->co, carve_kmalloc(bed->co, 32, GFP_KERNEL));
	items = items_told(test, REFILL, "kmalloc-32");
	KUNIT_EXPECT_GT(test, items, 0);
	carve_slabs_shrink(&bed->co->slabs);
	KUNIT_EXPECT_EQ(test, items_told(test, DRAIN, "kmalloc-32"), items);
}

static void areas_are_told(struct kunit *test)
{
	struct bed *bed = test->priv;
	void *p;

	listen(test, BIT(MAP) | BIT(UNMAP));
	p = carve_vmalloc(bed->co, 3 * PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, only_event(test, MAP)->thing, (unsigned long)p);
	KUNIT_EXPECT_EQ(test, only_event(test, MAP)->size, 3);
	expect_caller(test, only_event(test, MAP), __func__);
	carve_vfree(bed->co, p);
	carve_vmap_shrink(&bed->co->vmap);
	KUNIT_EXPECT_EQ(test, only_event(test, UNMAP)->thing, (unsigned long)p);
	KUNIT_EXPECT_EQ(test, only_event(test, UNMAP)->size, 3);
}

/* The first of the events is that of the innermost layer, the last the caller's */
static void expect_failure(struct kunit *test, size_t size, const char *reason)
{
	struct bed *bed = test->priv;
	const struct event *event;

	KUNIT_ASSERT_GT(test, bed->nr[FAIL], 0);
	event = &bed->event[bed->nr_kept - 1];
	KUNIT_EXPECT_EQ(test, event->size, size);
	KUNIT_EXPECT_STREQ(test, event->name, reason);
	expect_caller(test, event, "failures_are_told");
	forget(test);
}

static void failures_are_told_why(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_page *taken;
	size_t all = CARVE_TESTBED_SIZE;

	listen(test, BIT(FAIL));
	KUNIT_EXPECT_NULL(test, carve_kmalloc(bed->co, 2 * all, QUIET));
	expect_failure(test, 2 * all, "no zone can hold it");
	KUNIT_EXPECT_NULL(test, carve_kmalloc(bed->co, all, QUIET));
	expect_failure(test, all, "too few pages are free");
	KUNIT_EXPECT_NULL(test, carve_alloc_pages(bed->co, QUIET, 70));
	expect_failure(test, SIZE_MAX, "no zone can hold it");
	KUNIT_EXPECT_NULL(test, carve_vmalloc(bed->co, 2 * all));
	expect_failure(test, 2 * all, "the carveout is smaller");
	KUNIT_EXPECT_NULL(test, carve_vmalloc(bed->co, 0));
	expect_failure(test, 0, "no bytes");
	taken = carve_testbed_take_pages(bed->co);
	forget(test);
	while (carve_kmalloc(bed->co, 8192, QUIET))
		;
	expect_failure(test, 8192, "no pages for a slab");
	carve_testbed_give_pages(bed->co, taken);
}

static void fragmentation_is_told_as_a_reason(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_page *page, *odd = NULL, *taken;

	/* Every second page stays */
	taken = carve_testbed_take_pages(bed->co);
	while (taken) {
		void *addr = carve_page_address(bed->co, taken);

		page = taken;
		taken = *(struct carve_page **)addr;
		if ((page - bed->co->pages.map) & 1) {
			*(struct carve_page **)addr = odd;
			odd = page;
		} else {
			carve_free_page(bed->co, page);
		}
	}
	listen(test, BIT(FAIL));
	KUNIT_EXPECT_NULL(test, carve_alloc_pages(bed->co, QUIET, 1));
	KUNIT_EXPECT_STREQ(test, only_event(test, FAIL)->name,
			   "no block of that order is free");
	carve_testbed_give_pages(bed->co, odd);
}

/* Many at once */

/* Of these are kmalloc-64 */
#define PER_WORKER 8
#define SMALL_PER_WORKER 2

struct worker {
	struct bed *bed;
	struct task_struct *task;
	unsigned long rounds;
};

static int work(void *arg)
{
	struct worker *worker = arg;
	struct carveout *co = worker->bed->co;
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

		worker->bed = test->priv;
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

/* Nothing is lost, and each object that is told to go has been told to come */
static void listeners_come_and_go_under_load(struct kunit *test)
{
	struct worker *workers = kunit_kcalloc(test, nr_cpu_ids,
					       sizeof(*workers), GFP_KERNEL);
	struct bed *bed = test->priv;
	unsigned long nr_free = carve_testbed_collect(bed->co);
	unsigned int i, nr_allocs, nr_frees;

	KUNIT_ASSERT_NOT_NULL(test, workers);
	start_workers(test, workers);
	for (i = 0; i < 12; i++) {
		listen(test, i * 0x5a7 & (BIT(NR_KINDS) - 1));
		carve_run_in_interrupt(work_in_interrupt, bed);
	}
	/* From here to the end each is told, and what is out now goes */
	bed->only = "kmalloc-64";
	listen(test, BIT(OBJECT_ALLOC) | BIT(OBJECT_FREE));
	forget(test);
	carve_run_in_interrupt(work_in_interrupt, bed);
	KUNIT_EXPECT_GT(test, stop_workers(workers), 0UL);
	nr_allocs = bed->nr[OBJECT_ALLOC];
	nr_frees = bed->nr[OBJECT_FREE];
	KUNIT_EXPECT_GT(test, nr_allocs, 0);
	KUNIT_EXPECT_LE(test, nr_frees - nr_allocs,
			SMALL_PER_WORKER * num_online_cpus());
	listen(test, 0);
	KUNIT_EXPECT_EQ(test, carve_testbed_collect(bed->co), nr_free);
	KUNIT_EXPECT_TRUE(test, fast_path_serves(test));
}

static struct kunit_case trace_cases[] = {
	KUNIT_CASE(objects_are_told_one_by_one),
	KUNIT_CASE(objects_by_the_array_are_told),
	KUNIT_CASE(bad_frees_are_not_told),
	KUNIT_CASE(pages_are_told_one_by_one),
	KUNIT_CASE(many_pages_are_told),
	KUNIT_CASE(cold_and_large_blocks_are_told),
	KUNIT_CASE(magazines_work_as_ever),
	KUNIT_CASE(last_one_freed_comes_first),
	KUNIT_CASE_SLOW(fast_path_is_back_when_nobody_listens),
	KUNIT_CASE(what_comes_later_is_told),
	KUNIT_CASE(debugged_caches_are_told),
	KUNIT_CASE(interrupts_are_told),
	KUNIT_CASE(splits_and_merges_are_told),
	KUNIT_CASE(refills_and_drains_are_told),
	KUNIT_CASE(areas_are_told),
	KUNIT_CASE(failures_are_told_why),
	KUNIT_CASE(fragmentation_is_told_as_a_reason),
	KUNIT_CASE_SLOW(listeners_come_and_go_under_load),
	{ }
};

static struct kunit_suite trace_suite = {
	.name = "carveout_trace",
	.init = trace_init,
	.exit = trace_exit,
	.test_cases = trace_cases,
};

#else

static void nothing_is_told(struct kunit *test)
{
	kunit_skip(test, "this kernel has no tracepoints");
}

static struct kunit_case trace_cases[] = {
	KUNIT_CASE(nothing_is_told),
	{ }
};

static struct kunit_suite trace_suite = {
	.name = "carveout_trace",
	.test_cases = trace_cases,
};

#endif

kunit_test_suites(&trace_suite);
