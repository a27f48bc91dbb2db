// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of cache debugging, modelled on lib/tests/slub_kunit.c. Each corrupts
 * something and expects the check to find exactly that, repairs it and expects
 * the check to find nothing. Then it corrupts it again and expects the error
 * when the object is next freed, allocated, or leaves quarantine.
 */
#include <linux/err.h>
#include <linux/poison.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stacktrace.h>

#include <carveout.h>

#include "compat/stack.h"
#include "kunit/fixture.h"
#include "kunit/interrupt.h"
#include "page/pages_inline.h"
#include "slab/cache.h"
#include "slab/caches.h"
#include "slab/debug_switch.h"
#include "slab/object_check.h"
#include "slab/rules.h"
#include "slab/slab.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)
#define QUIET_ATOMIC (GFP_ATOMIC | __GFP_NOWARN)

#define FZPU (CARVE_DEBUG_CHECKS | CARVE_DEBUG_RED_ZONE | \
	      CARVE_DEBUG_POISON | CARVE_DEBUG_USER)
#define FZPUQ (FZPU | CARVE_DEBUG_QUARANTINE)

#define SIZE 64

static int set_flags(struct carve_cache *cache, unsigned int flags)
{
	guard(mutex)(&cache->slabs->lock);
	return carve_debug_switch(cache, flags);
}

static struct carve_cache *create_sized(struct kunit *test, unsigned int size,
					unsigned int align, unsigned int flags)
{
	char rules[CARVE_DEBUG_LETTERS];
	struct carveout *co = test->priv;
	struct carve_cache *cache;

	/* A cache that is debugged from its creation needs no work on other CPUs */
	co->slabs.debug_rules = carve_debug_format_flags(flags, rules);
	cache = carve_cache_create(co, "test", size, align, 0, NULL);
	co->slabs.debug_rules = NULL;
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	KUNIT_ASSERT_EQ(test, cache->debugging.flags, flags);
	return cache;
}

static struct carve_cache *create(struct kunit *test, unsigned int flags)
{
	return create_sized(test, SIZE, 0, flags);
}

static void destroy(struct kunit *test, struct carve_cache *cache)
{
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

static void *alloc(struct kunit *test, struct carve_cache *cache)
{
	void *object = carve_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	return object;
}

static struct carve_page *slab_of(struct carve_cache *cache, const void *object)
{
	struct carve_page *page = carve_pages_lookup(cache->pages, object);

	return carve_page_is_slab_tail(page->state) ? page - page->offset : page;
}

static struct carve_metadata metadata_of(struct carve_cache *cache,
					 const void *object)
{
	struct carve_page *slab;
	unsigned int index;

	guard(raw_spinlock_irqsave)(&cache->lock);
	carve_slab_locate(cache, object, &slab, &index);
	return *carve_slab_metadata(slab, index);
}

static unsigned int violations(struct carve_cache *cache)
{
	struct carve_report r = { .name = "provoked" };

	carve_slabs_check(cache->slabs, &r);
	return r.violations;
}

static unsigned long found(struct carve_cache *cache, enum carve_error what)
{
	return cache->debugging.count[what];
}

static unsigned long found_at_all(struct carve_cache *cache)
{
	unsigned long n = 0;
	unsigned int i;

	for (i = 0; i < CARVE_NR_ERRORS; i++)
		n += found(cache, i);
	return n;
}

static void expect_found(struct kunit *test, struct carve_cache *cache,
			 enum carve_error what, unsigned long times)
{
	KUNIT_EXPECT_EQ_MSG(test, found(cache, what), times, "%s",
			    carve_error_titles[what]);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), times);
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
}

/* Layout */

static void debugged_objects_are_aligned_and_disjoint(struct kunit *test)
{
	static const unsigned int sizes[] = {
		1, 8, 63, 96, 192, 500, 1024, 4096, 8192, 16384,
	};
	static const unsigned int aligns[] = { 0, 64, 1024, 4096 };
	struct carve_cache *cache;
	unsigned int i, j, k;
	void *objects[12];

	for (i = 0; i < ARRAY_SIZE(sizes) * ARRAY_SIZE(aligns); i++) {
		unsigned int size = sizes[i / ARRAY_SIZE(aligns)];
		unsigned int align = aligns[i % ARRAY_SIZE(aligns)];

		cache = create_sized(test, size, align, FZPU);
		for (j = 0; j < ARRAY_SIZE(objects); j++) {
			objects[j] = alloc(test, cache);
			KUNIT_EXPECT_TRUE(test, slab_of(cache, objects[j])->debug);
			KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)objects[j],
							   max(align, 8U)));
			memset(objects[j], j + 1, size);
		}
		KUNIT_EXPECT_EQ(test, violations(cache), 0);
		for (k = 0; k < ARRAY_SIZE(objects); k++) {
			KUNIT_EXPECT_NULL(test, memchr_inv(objects[k], k + 1,
							   size));
			carve_cache_free(cache, objects[k]);
		}
		KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
		destroy(test, cache);
	}
}

static void debugged_kmalloc_keeps_its_alignment(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned int i;

	for (i = 0; i < CARVE_NR_KMALLOC; i++) {
		size_t size = carve_kmalloc_classes[i].size;
		size_t align = 1UL << __ffs(size);
		struct carve_cache *cache = carve_fixture_kmalloc_cache(co, size);
		void *p;

		KUNIT_ASSERT_EQ(test, set_flags(cache, FZPU), 0);
		p = carve_kmalloc(co, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)p, align));
		KUNIT_EXPECT_EQ(test, carve_ksize(co, p),
				carve_kmalloc_size_roundup(size));
		carve_kfree(co, p);
		KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
		KUNIT_ASSERT_EQ(test, set_flags(cache, 0), 0);
	}
}

static void new_objects_are_poisoned_or_zeroed(struct kunit *test)
{
	struct carve_cache *cache = create(test, CARVE_DEBUG_POISON);
	u8 *object, *zeroed;

	object = carve_cache_alloc(cache, GFP_KERNEL);
	zeroed = carve_cache_zalloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_ASSERT_NOT_NULL(test, zeroed);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, want_init_on_alloc(GFP_KERNEL) ?
					   0 : POISON_INUSE, SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(zeroed, 0, SIZE));
	carve_cache_free(cache, object);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, POISON_FREE, SIZE - 1));
	KUNIT_EXPECT_EQ(test, object[SIZE - 1], POISON_END);
	carve_cache_free(cache, zeroed);
	destroy(test, cache);
}

/* Corruption */

/**
 * struct wound - bytes to corrupt
 * @what: name of the case
 * @first: first byte, relative to the start of the object
 * @last: last byte
 * @freed: corrupt the object after it was freed
 * @kind: the expected error
 */
struct wound {
	const char *what;
	int first;
	int last;
	bool freed;
	enum carve_error kind;
};

static const struct wound wounds[] = {
	{ "byte behind", SIZE, SIZE, false, CARVE_ERROR_RIGHT_REDZONE },
	{ "last byte behind", SIZE + 7, SIZE + 7, false, CARVE_ERROR_RIGHT_REDZONE },
	{ "all bytes behind", SIZE, SIZE + 7, false, CARVE_ERROR_RIGHT_REDZONE },
	{ "byte in front", -1, -1, false, CARVE_ERROR_LEFT_REDZONE },
	{ "all bytes in front", -8, -1, false, CARVE_ERROR_LEFT_REDZONE },
	{ "first byte of a free one", 0, 0, true, CARVE_ERROR_POISON },
	{ "50th byte of a free one", 50, 50, true, CARVE_ERROR_POISON },
	{ "last byte of a free one", SIZE - 1, SIZE - 1, true,
	  CARVE_ERROR_POISON },
	{ "all of a free one", 0, SIZE - 1, true, CARVE_ERROR_POISON },
	{ "byte behind a free one", SIZE, SIZE, true, CARVE_ERROR_RIGHT_REDZONE },
	{ "byte in front of a free one", -1, -1, true, CARVE_ERROR_LEFT_REDZONE },
};

static void describe_wound(const struct wound *wound, char *desc)
{
	strscpy(desc, wound->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(wound, wounds, describe_wound);

/* The second corruption restores the bytes */
static void turn_bytes(u8 *object, const struct wound *wound)
{
	int i;

	for (i = wound->first; i <= wound->last; i++)
		object[i] ^= 0xff;
}

static void corruption_is_reported_and_repaired(struct kunit *test)
{
	struct carve_cache *cache = create(test, FZPU);
	const struct wound *wound = test->param_value;
	void *object = alloc(test, cache), *again;

	if (wound->freed)
		carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
	turn_bytes(object, wound);
	KUNIT_EXPECT_EQ(test, violations(cache), 1);
	KUNIT_EXPECT_EQ(test, violations(cache), 1);
	turn_bytes(object, wound);
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);

	turn_bytes(object, wound);
	if (!wound->freed)
		carve_cache_free(cache, object);
	again = alloc(test, cache);
	KUNIT_EXPECT_PTR_EQ(test, again, object);
	expect_found(test, cache, wound->kind, 1);
	carve_cache_free(cache, again);
	expect_found(test, cache, wound->kind, 1);
	destroy(test, cache);
}

static void writes_to_objects_in_quarantine_are_found(struct kunit *test)
{
	struct carve_cache *cache = create(test, FZPUQ);
	const struct wound *wound = test->param_value;
	void *object = alloc(test, cache);

	if (!wound->freed)
		turn_bytes(object, wound);
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, cache->debugging.nr_waiting, 1UL);
	if (wound->freed) {
		turn_bytes(object, wound);
		KUNIT_EXPECT_EQ(test, violations(cache), 1);
		KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
	}
	carve_debug_trim(cache, 0);
	KUNIT_EXPECT_EQ(test, cache->debugging.nr_waiting, 0UL);
	expect_found(test, cache, wound->kind, 1);
	destroy(test, cache);
}

static void each_corruption_of_an_object_is_counted(struct kunit *test)
{
	struct carve_cache *cache = create(test, FZPU);
	u8 *object = alloc(test, cache);

	object[-1] = 0x12;
	object[SIZE] = 0x12;
	KUNIT_EXPECT_EQ(test, violations(cache), 2);
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, found(cache, CARVE_ERROR_LEFT_REDZONE), 1UL);
	KUNIT_EXPECT_EQ(test, found(cache, CARVE_ERROR_RIGHT_REDZONE), 1UL);
	object[-1] = 0x12;
	object[10] = 0x12;
	object[SIZE] = 0x12;
	KUNIT_EXPECT_EQ(test, violations(cache), 3);
	KUNIT_EXPECT_PTR_EQ(test, alloc(test, cache), (void *)object);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 5UL);
	carve_cache_free(cache, object);
	destroy(test, cache);
}

/* For each flag: errors that the check finds behind a live object and in a free one */
static void each_flag_enables_its_own_checks(struct kunit *test)
{
	static const struct {
		unsigned int flags, behind_live, in_freed, behind_freed;
	} cases[] = {
		{ CARVE_DEBUG_CHECKS, 0, 0, 0 },
		{ CARVE_DEBUG_USER, 0, 0, 0 },
		{ CARVE_DEBUG_RED_ZONE, 1, 0, 1 },
		{ CARVE_DEBUG_POISON, 0, 1, 0 },
		{ CARVE_DEBUG_QUARANTINE, 0, 0, 0 },
	};
	struct carve_cache *cache;
	unsigned int i;
	u8 *object;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cache = create(test, cases[i].flags);
		object = alloc(test, cache);
		object[SIZE] ^= 0xff;
		KUNIT_EXPECT_EQ(test, violations(cache), cases[i].behind_live);
		object[SIZE] ^= 0xff;
		carve_cache_free(cache, object);
		object[0] ^= 0xff;
		KUNIT_EXPECT_EQ(test, violations(cache), cases[i].in_freed);
		object[0] ^= 0xff;
		object[SIZE] ^= 0xff;
		KUNIT_EXPECT_EQ(test, violations(cache), cases[i].behind_freed);
		object[SIZE] ^= 0xff;
		KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
		destroy(test, cache);
	}
}

static void wrong_slab_counters_are_found(struct kunit *test)
{
	struct carve_cache *cache = create(test, CARVE_DEBUG_CHECKS);
	void *objects[3] = { alloc(test, cache), alloc(test, cache),
			     alloc(test, cache) };
	struct carve_page *slab = slab_of(cache, objects[0]);

	slab->inuse++;
	KUNIT_EXPECT_EQ(test, violations(cache), 1);
	carve_cache_free(cache, objects[0]);
	KUNIT_EXPECT_EQ(test, found(cache, CARVE_ERROR_COUNTS), 1UL);
	slab->inuse--;
	carve_cache_free(cache, objects[1]);
	carve_cache_free(cache, objects[2]);
	expect_found(test, cache, CARVE_ERROR_COUNTS, 1);
	destroy(test, cache);
}

static void construct(void *object)
{
	memset(object, 0x3c, SIZE);
}

static void constructed_state_is_not_poisoned(struct kunit *test)
{
	struct carve_cache *cache;
	u8 *object;

	cache = carve_cache_create(test->priv, "test", SIZE, 0, 0,
				   construct);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	KUNIT_ASSERT_EQ(test, set_flags(cache, FZPUQ), 0);
	object = alloc(test, cache);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 0x3c, SIZE));
	object[5] = 0x77;
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, object[5], 0x77);
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
	object[SIZE] ^= 0xff;
	carve_debug_trim(cache, 0);
	expect_found(test, cache, CARVE_ERROR_RIGHT_REDZONE, 1);
	destroy(test, cache);
}

/* Destructors have no argument that leads to the case */
static int nr_constructed;

static void count_one_more(void *object)
{
	nr_constructed++;
}

static void count_one_less(void *object)
{
	nr_constructed--;
}

static struct carve_cache *create_counted(struct kunit *test)
{
	const struct carve_cache_options options = {
		.ctor = count_one_more,
		.dtor = count_one_less,
	};
	struct carve_cache *cache;

	nr_constructed = 0;
	cache = carve_cache_create_with(test->priv, "test", SIZE, 0, &options);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	return cache;
}

static void destructor_runs_on_objects_of_debug_slabs(struct kunit *test)
{
	struct carve_cache *cache = create_counted(test);
	void *plain = alloc(test, cache), *debugged;

	KUNIT_ASSERT_EQ(test, set_flags(cache, FZPUQ), 0);
	debugged = alloc(test, cache);
	KUNIT_EXPECT_EQ(test, (unsigned int)nr_constructed,
			cache->oo.nr_objects + cache->debug.nr_objects);
	carve_cache_free(cache, plain);
	carve_cache_free(cache, debugged);
	carve_cache_shrink(cache);
	KUNIT_EXPECT_EQ(test, nr_constructed, 0);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
	destroy(test, cache);
}

static void typesafe_by_rcu_objects_are_not_poisoned(struct kunit *test)
{
	struct carve_cache *cache;
	u8 *object;

	cache = carve_cache_create(test->priv, "test", SIZE, 0,
				   SLAB_TYPESAFE_BY_RCU, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	KUNIT_ASSERT_EQ(test, set_flags(cache, FZPUQ), 0);
	object = alloc(test, cache);
	memset(object, 0x3c, SIZE);
	carve_cache_free(cache, object);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 0x3c, SIZE));
	carve_debug_trim(cache, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 0x3c, SIZE));
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
	destroy(test, cache);
}

/* Alloc and free traces */

static void expect_by_us(struct kunit *test, const struct carve_track *by)
{
	unsigned long *frames, here[2];

	KUNIT_EXPECT_EQ(test, by->pid, current->pid);
	KUNIT_EXPECT_LT(test, by->cpu, nr_cpu_ids);
	KUNIT_EXPECT_TRUE(test, time_before_eq(by->when, jiffies));
	KUNIT_EXPECT_NE(test, by->caller, 0UL);
	/* Some kernels can't save stack traces, and some can't save them in this context */
	if (IS_ENABLED(CONFIG_STACKDEPOT) && IS_ENABLED(CONFIG_STACKTRACE) &&
	    stack_trace_save(here, 2, 0) == 2)
		KUNIT_EXPECT_GT(test, carve_compat_stack_frames(by->stack,
								&frames), 1);
}

static void alloc_and_free_traces_are_recorded(struct kunit *test)
{
	struct carve_cache *cache = create(test, CARVE_DEBUG_USER);
	void *object = alloc(test, cache);
	struct carve_metadata metadata = metadata_of(cache, object);

	KUNIT_EXPECT_EQ(test, metadata.flags,
			CARVE_METADATA_LIVE | CARVE_METADATA_ALLOCED);
	expect_by_us(test, &metadata.alloc);
	carve_cache_free(cache, object);
	metadata = metadata_of(cache, object);
	KUNIT_EXPECT_EQ(test, metadata.flags,
			CARVE_METADATA_ALLOCED | CARVE_METADATA_FREED);
	expect_by_us(test, &metadata.alloc);
	expect_by_us(test, &metadata.free);
	KUNIT_EXPECT_NE(test, metadata.alloc.caller, metadata.free.caller);
	destroy(test, cache);
}

/* Quarantine */

static void quarantine_is_first_in_first_out(struct kunit *test)
{
	struct carve_cache *cache = create(test, FZPUQ);
	unsigned long room = 4;
	void *objects[8];
	unsigned int i;

	cache->slabs->quarantine_bytes = room * cache->debug.size;
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = alloc(test, cache);
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		carve_cache_free(cache, objects[i]);
		KUNIT_EXPECT_EQ(test, cache->debugging.nr_waiting,
				min(i + 1UL, room));
		KUNIT_EXPECT_PTR_EQ(test, cache->debugging.newest, objects[i]);
		KUNIT_EXPECT_PTR_EQ(test, cache->debugging.oldest,
				    objects[i < room ? 0 : i + 1 - room]);
	}
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
	/* An object in quarantine is not allocated again and doesn't count as in use */
	objects[0] = alloc(test, cache);
	for (i = 4; i < ARRAY_SIZE(objects); i++)
		KUNIT_EXPECT_PTR_NE(test, objects[0], objects[i]);
	carve_cache_free(cache, objects[0]);
	destroy(test, cache);
}

static void shrink_empties_quarantine(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_cache *cache = create(test, FZPUQ);
	struct carve_cache_usage usage;
	void *objects[40];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = alloc(test, cache);
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		carve_cache_free(cache, objects[i]);
	carve_cache_usage(cache, &usage);
	KUNIT_EXPECT_EQ(test, usage.cached, ARRAY_SIZE(objects));
	KUNIT_EXPECT_EQ(test, usage.active_objects, 0UL);
	KUNIT_EXPECT_GT(test, carve_cache_shrink(cache), 0UL);
	carve_cache_usage(cache, &usage);
	KUNIT_EXPECT_EQ(test, usage.slabs, 0UL);
	destroy(test, cache);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static void quarantine_is_emptied_when_memory_runs_out(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache = create_sized(test, 2000, 0, FZPUQ);
	unsigned long first_round = ULONG_MAX, second_round = ULONG_MAX;
	struct carve_chain *first;

	cache->slabs->quarantine_bytes = CARVE_FIXTURE_SIZE;
	first = carve_fixture_take_objects(cache, &first_round);
	KUNIT_EXPECT_GT(test, first_round, 0UL);
	carve_fixture_give_objects(cache, first);
	KUNIT_EXPECT_GT(test, cache->debugging.nr_waiting, 0UL);
	first = carve_fixture_take_objects(cache, &second_round);
	KUNIT_EXPECT_GE(test, second_round, first_round / 2);
	KUNIT_EXPECT_EQ(test, cache->debugging.nr_waiting, 0UL);
	carve_fixture_give_objects(cache, first);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
	destroy(test, cache);
	carve_fixture_collect(co);
}

/* Lack of memory */

/* One page is enough for a plain slab, but not for one with metadata */
static void debugging_is_skipped_without_metadata_memory(struct kunit *test)
{
	struct carve_cache *cache = create(test, FZPU);
	struct carveout *co = test->priv;
	struct carve_page *spare = carve_alloc_page(co, GFP_KERNEL), *rest;
	void *objects[3];

	KUNIT_ASSERT_NOT_NULL(test, spare);
	rest = carve_fixture_take_pages(co);
	carve_free_page(co, spare);
	objects[0] = carve_cache_alloc(cache, QUIET_ATOMIC);
	KUNIT_ASSERT_NOT_NULL(test, objects[0]);
	KUNIT_EXPECT_FALSE(test, slab_of(cache, objects[0])->debug);
	KUNIT_EXPECT_EQ(test, cache->debugging.nr_missed, 1UL);
	objects[1] = carve_cache_alloc(cache, QUIET);
	KUNIT_ASSERT_NOT_NULL(test, objects[1]);
	KUNIT_EXPECT_EQ(test, cache->debugging.nr_missed, 2UL);
	carve_fixture_give_pages(co, rest);
	objects[2] = alloc(test, cache);
	KUNIT_EXPECT_TRUE(test, slab_of(cache, objects[2])->debug);
	KUNIT_EXPECT_EQ(test, cache->debugging.nr_missed, 2UL);
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
	carve_cache_free_bulk(cache, ARRAY_SIZE(objects), objects);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
	destroy(test, cache);
}

static void exhaustion_returns_null_and_all_memory_is_freed(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co), n = ULONG_MAX;
	struct carve_cache *cache = create(test, FZPUQ);
	struct carve_chain *first = carve_fixture_take_objects(cache, &n);

	KUNIT_EXPECT_GT(test, n, 1000UL);
	KUNIT_EXPECT_NULL(test, carve_cache_alloc(cache, QUIET_ATOMIC));
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
	carve_fixture_give_objects(cache, first);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
	destroy(test, cache);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

/* Switching debugging on and off */

static void debugging_bypasses_magazines(struct kunit *test)
{
	struct carve_cache *cache = create(test, 0);
	struct carve_magazine *m = cache->magazines.cpu[0];
	unsigned int limit = m->capacity, base = cache->magazines.base;
	void *object = alloc(test, cache);

	carve_cache_free(cache, object);
	KUNIT_EXPECT_GT(test, carve_magazines_count(&cache->magazines), 0UL);
	KUNIT_ASSERT_EQ(test, set_flags(cache, CARVE_DEBUG_CHECKS), 0);
	KUNIT_EXPECT_EQ(test, carve_magazines_count(&cache->magazines), 0UL);
	object = alloc(test, cache);
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, carve_magazines_count(&cache->magazines), 0UL);
	KUNIT_ASSERT_EQ(test, set_flags(cache, FZPU), 0);
	KUNIT_ASSERT_EQ(test, set_flags(cache, 0), 0);
	KUNIT_EXPECT_EQ(test, m->capacity, limit);
	KUNIT_EXPECT_EQ(test, cache->magazines.base, base);
	KUNIT_EXPECT_EQ(test, cache->debug.empty.nr, 0);
	object = alloc(test, cache);
	KUNIT_EXPECT_FALSE(test, slab_of(cache, object)->debug);
	carve_cache_free(cache, object);
	destroy(test, cache);
}

#define NR_LIVE 100

static void switching_debugging_preserves_live_objects(struct kunit *test)
{
	static const unsigned int flags[] = { 0, FZPU, CARVE_DEBUG_RED_ZONE,
					      FZPUQ, 0, FZPUQ, 0 };
	struct carve_cache *cache = create(test, 0);
	unsigned int i, round;
	u8 **objects;

	objects = kunit_kcalloc(test, NR_LIVE, sizeof(*objects), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objects);
	for (round = 0; round < ARRAY_SIZE(flags); round++) {
		KUNIT_ASSERT_EQ(test, set_flags(cache, flags[round]), 0);
		/* Some objects of each age survive each switch */
		for (i = round; i < NR_LIVE; i += 1 + round % 3) {
			if (objects[i]) {
				KUNIT_EXPECT_NULL(test, memchr_inv(objects[i], i,
								   SIZE));
				carve_cache_free(cache, objects[i]);
			}
			objects[i] = alloc(test, cache);
			memset(objects[i], i, SIZE);
		}
		KUNIT_EXPECT_EQ(test, violations(cache), 0);
	}
	for (i = 0; i < NR_LIVE; i++) {
		KUNIT_EXPECT_NULL(test, memchr_inv(objects[i], i, SIZE));
		carve_cache_free(cache, objects[i]);
	}
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
	destroy(test, cache);
}

static void objects_from_before_debugging_are_not_checked(struct kunit *test)
{
	struct carve_cache *cache = create(test, FZPU);
	u8 *object = alloc(test, cache), *again;

	KUNIT_ASSERT_EQ(test, set_flags(cache, 0), 0);
	/* This byte is no longer a red zone */
	object[SIZE] ^= 0xff;
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
	/* Free the object to the magazine and allocate it again */
	carve_cache_free(cache, object);
	again = alloc(test, cache);
	KUNIT_EXPECT_PTR_EQ(test, again, object);
	KUNIT_ASSERT_EQ(test, set_flags(cache, FZPU), 0);
	carve_cache_free(cache, again);
	KUNIT_EXPECT_PTR_EQ(test, alloc(test, cache), (void *)object);
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
	destroy(test, cache);
}

static void debug_rules_apply_to_new_caches(struct kunit *test)
{
	struct carveout_request request = {
		.name = "ruled",
		.nr_zones = 1,
		.zone[0] = { CARVE_FIXTURE_SIZE, "contig", .node = NUMA_NO_NODE },
		.slab_debug = "ZU,kmalloc-64,tes*;F,kmalloc-1*",
	};
	struct carveout *co = carveout_create(&request);
	struct carve_cache *cache;
	void *p;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	KUNIT_EXPECT_EQ(test, carve_fixture_kmalloc_cache(co, 64)->debugging.flags,
			CARVE_DEBUG_RED_ZONE | CARVE_DEBUG_USER);
	KUNIT_EXPECT_EQ(test, carve_fixture_kmalloc_cache(co, 16)->debugging.flags,
			CARVE_DEBUG_CHECKS);
	KUNIT_EXPECT_EQ(test, carve_fixture_kmalloc_cache(co, 96)->debugging.flags, 0);
	cache = carve_cache_create(co, "test", SIZE, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	KUNIT_EXPECT_EQ(test, cache->debugging.flags,
			CARVE_DEBUG_RED_ZONE | CARVE_DEBUG_USER);
	p = alloc(test, cache);
	KUNIT_EXPECT_TRUE(test, slab_of(cache, p)->debug);
	carve_cache_free(cache, p);
	destroy(test, cache);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

/* Contexts */

static void *alloc_and_free(void *arg, gfp_t gfp)
{
	struct carve_cache *cache = arg;
	void *objects[20];
	int i, n = 0;

	while (n < ARRAY_SIZE(objects)) {
		objects[n] = carve_cache_alloc(cache, gfp);
		if (!objects[n])
			break;
		memset(objects[n++], 0xff, SIZE);
	}
	for (i = 0; i < n; i++)
		carve_cache_free(cache, objects[i]);
	return n ? objects[0] : NULL;
}

static void use_in_interrupt(void *arg)
{
	struct carve_cache *cache = arg;
	u8 *object = alloc_and_free(cache, QUIET_ATOMIC);

	/* Report an error from this context */
	carve_cache_free(cache, object);
}

static void debugging_works_in_hard_interrupts(struct kunit *test)
{
	struct carve_cache *cache = create(test, FZPUQ);

	carve_run_in_interrupt(use_in_interrupt, cache);
	expect_found(test, cache, CARVE_ERROR_DOUBLE_FREE, 1);
	destroy(test, cache);
}

static void debugging_works_under_raw_spinlocks(struct kunit *test)
{
	struct carve_cache *cache = create(test, FZPUQ);
	raw_spinlock_t lock;

	raw_spin_lock_init(&lock);
	scoped_guard(raw_spinlock_irqsave, &lock)
		alloc_and_free(cache, QUIET_ATOMIC);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
	KUNIT_EXPECT_EQ(test, cache->debugging.nr_missed, 0UL);
	destroy(test, cache);
}

/* Bulk operations */

static void bulk_objects_are_debugged(struct kunit *test)
{
	struct carve_cache *cache = create(test, FZPU);
	void *objects[30];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(cache,
						     GFP_KERNEL | __GFP_ZERO,
						     ARRAY_SIZE(objects),
						     objects),
			ARRAY_SIZE(objects));
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		KUNIT_EXPECT_TRUE(test, slab_of(cache, objects[i])->debug);
		KUNIT_EXPECT_NULL(test, memchr_inv(objects[i], 0, SIZE));
	}
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
	((u8 *)objects[7])[SIZE] ^= 0xff;
	carve_cache_free_bulk(cache, ARRAY_SIZE(objects), objects);
	expect_found(test, cache, CARVE_ERROR_RIGHT_REDZONE, 1);
	destroy(test, cache);
}

/* kmalloc: requested sizes */

static struct carve_cache *debug_class(struct kunit *test, size_t size,
				       unsigned int flags)
{
	struct carve_cache *cache = carve_fixture_kmalloc_cache(test->priv, size);

	KUNIT_ASSERT_EQ(test, set_flags(cache, flags), 0);
	return cache;
}

static u8 *kmalloc_of(struct kunit *test, size_t size, gfp_t gfp)
{
	u8 *p = carve_kmalloc(test->priv, size, gfp);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static void overflow_within_a_kmalloc_class_is_found(struct kunit *test)
{
	struct carve_cache *cache = debug_class(test, 18, FZPU);
	u8 *p = kmalloc_of(test, 18, GFP_KERNEL);

	memset(p, 0x11, 18);
	p[18] = 0xab;
	p[19] = 0xab;
	KUNIT_EXPECT_EQ(test, violations(cache), 1);
	carve_kfree(test->priv, p);
	expect_found(test, cache, CARVE_ERROR_RIGHT_REDZONE, 1);
	set_flags(cache, 0);
}

static void ksize_makes_the_whole_object_usable(struct kunit *test)
{
	struct carve_cache *cache = debug_class(test, 18, FZPU);
	struct carveout *co = test->priv;
	u8 *p = kmalloc_of(test, 18, GFP_KERNEL);

	KUNIT_EXPECT_EQ(test, carve_ksize(co, p), 32);
	memset(p, 0x11, 32);
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
	carve_kfree_sensitive(co, p);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);

	/* An earlier write beyond the requested size is still found */
	p = kmalloc_of(test, 18, GFP_KERNEL);
	p[18] = 0xab;
	carve_kfree_sensitive(co, p);
	expect_found(test, cache, CARVE_ERROR_RIGHT_REDZONE, 1);
	set_flags(cache, 0);
}

static void krealloc_moves_the_red_zone(struct kunit *test)
{
	struct carve_cache *cache = debug_class(test, 18, FZPU);
	struct carveout *co = test->priv;
	u8 *p = kmalloc_of(test, 18, GFP_KERNEL | __GFP_ZERO), *q;

	memset(p, 0x11, 18);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)carve_krealloc(co, p, 25, GFP_KERNEL |
						       __GFP_ZERO), p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0x11, 18));
	KUNIT_EXPECT_NULL(test, memchr_inv(p + 18, 0, 25 - 18));
	memset(p, 0x22, 25);
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
	p[25] ^= 0xff;
	KUNIT_EXPECT_EQ(test, violations(cache), 1);
	p[25] ^= 0xff;
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)carve_krealloc(co, p, 17, GFP_KERNEL),
			    p);
	p[17] ^= 0xff;
	KUNIT_EXPECT_EQ(test, violations(cache), 1);
	p[17] ^= 0xff;

	/* Move to another class, without copying the red zone */
	q = carve_krealloc(co, p, 60, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_NULL(test, memchr_inv(q, 0x22, 17));
	KUNIT_EXPECT_NULL(test, memchr_inv(q + 17, 0, 60 - 17));
	carve_kfree(co, q);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
	set_flags(cache, 0);
}

static void kvrealloc_moves_the_red_zone(struct kunit *test)
{
	struct carve_cache *cache = debug_class(test, 18, FZPU);
	struct carveout *co = test->priv;
	u8 *p = kmalloc_of(test, 18, GFP_KERNEL | __GFP_ZERO);
	u8 *q;

	/* Shrink and grow in place, then move to an area */
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)carve_kvrealloc(co, p, 17, GFP_KERNEL |
							__GFP_ZERO), p);
	KUNIT_EXPECT_EQ(test, violations(cache), 0);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)carve_kvrealloc(co, p, 20, GFP_KERNEL |
							__GFP_ZERO), p);
	KUNIT_EXPECT_EQ(test, p[19], 0);
	q = carve_kvrealloc(co, p, SZ_64K, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_NULL(test, memchr_inv(q, 0, SZ_64K));
	carve_kvfree(co, q);
	KUNIT_EXPECT_EQ(test, found_at_all(cache), 0UL);
	set_flags(cache, 0);
}

static void krealloc_zeroes_after_debugging_is_off(struct kunit *test)
{
	struct carve_cache *cache = debug_class(test, 18, FZPU);
	struct carveout *co = test->priv;
	u8 *p = kmalloc_of(test, 18, GFP_KERNEL | __GFP_ZERO);

	set_flags(cache, 0);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)carve_krealloc(co, p, 32, GFP_KERNEL |
						       __GFP_ZERO), p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 32));
	carve_kfree(co, p);
}

/*
 * As long as the metadata of an object exists, krealloc() updates the requested
 * size in it, whatever the flags are: flags are cleared first.
 */
static void requested_sizes_are_tracked_while_debugging_ends(struct kunit *test)
{
	struct carve_cache *cache = debug_class(test, 18, FZPU);
	const gfp_t gfp = GFP_KERNEL | __GFP_ZERO;
	struct carveout *co = test->priv;
	u8 *p = kmalloc_of(test, 18, gfp), *q = kmalloc_of(test, 18, gfp);
	u8 *moved = kmalloc_of(test, 18, gfp);

	WRITE_ONCE(cache->debugging.flags, 0);
	KUNIT_EXPECT_EQ(test, carve_ksize(co, p), 32);
	memset(p, 0x11, 32);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)carve_krealloc(co, q, 30, gfp), q);
	KUNIT_EXPECT_NULL(test, memchr_inv(q, 0, 30));
	memset(q, 0x22, 30);
	/* No more is copied than the requested size */
	moved = carve_krealloc(co, moved, 100, gfp);
	KUNIT_ASSERT_NOT_NULL(test, moved);
	KUNIT_EXPECT_NULL(test, memchr_inv(moved, 0, 100));
	WRITE_ONCE(cache->debugging.flags, FZPU);

	KUNIT_ASSERT_EQ(test, set_flags(cache, 0), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0x11, 32));
	KUNIT_EXPECT_NULL(test, memchr_inv(q, 0x22, 30));
	KUNIT_EXPECT_EQ(test, q[30] | q[31], 0);
	carve_kfree(co, p);
	carve_kfree(co, q);
	carve_kfree(co, moved);
}

static struct kunit_case debug_cases[] = {
	KUNIT_CASE(debugged_objects_are_aligned_and_disjoint),
	KUNIT_CASE(debugged_kmalloc_keeps_its_alignment),
	KUNIT_CASE(new_objects_are_poisoned_or_zeroed),
	KUNIT_CASE_PARAM(corruption_is_reported_and_repaired, wound_gen_params),
	KUNIT_CASE_PARAM(writes_to_objects_in_quarantine_are_found,
			 wound_gen_params),
	KUNIT_CASE(each_corruption_of_an_object_is_counted),
	KUNIT_CASE(each_flag_enables_its_own_checks),
	KUNIT_CASE(wrong_slab_counters_are_found),
	KUNIT_CASE(constructed_state_is_not_poisoned),
	KUNIT_CASE(destructor_runs_on_objects_of_debug_slabs),
	KUNIT_CASE(typesafe_by_rcu_objects_are_not_poisoned),
	KUNIT_CASE(alloc_and_free_traces_are_recorded),
	KUNIT_CASE(quarantine_is_first_in_first_out),
	KUNIT_CASE(shrink_empties_quarantine),
	KUNIT_CASE(quarantine_is_emptied_when_memory_runs_out),
	KUNIT_CASE(debugging_is_skipped_without_metadata_memory),
	KUNIT_CASE(exhaustion_returns_null_and_all_memory_is_freed),
	KUNIT_CASE(debugging_bypasses_magazines),
	KUNIT_CASE(switching_debugging_preserves_live_objects),
	KUNIT_CASE(objects_from_before_debugging_are_not_checked),
	KUNIT_CASE(debug_rules_apply_to_new_caches),
	KUNIT_CASE(debugging_works_in_hard_interrupts),
	KUNIT_CASE(debugging_works_under_raw_spinlocks),
	KUNIT_CASE(bulk_objects_are_debugged),
	KUNIT_CASE(overflow_within_a_kmalloc_class_is_found),
	KUNIT_CASE(ksize_makes_the_whole_object_usable),
	KUNIT_CASE(krealloc_moves_the_red_zone),
	KUNIT_CASE(kvrealloc_moves_the_red_zone),
	KUNIT_CASE(krealloc_zeroes_after_debugging_is_off),
	KUNIT_CASE(requested_sizes_are_tracked_while_debugging_ends),
	{ }
};

static struct kunit_suite debug_suite = {
	.name = "carveout_debug",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = debug_cases,
};

kunit_test_suites(&debug_suite);
