// SPDX-License-Identifier: GPL-2.0
/*
 * What is freed to a cache and is none of its objects: refused, counted, and
 * harmless; when that is seen, and what it is found to be.
 */
#include <linux/mm.h>
#include <linux/string.h>

#include <carveout.h>

#include "kunit/testbed.h"
#include "slab/rules.h"

/* So that slabs of it have colours, and a rest behind the last object */
#define SIZE 968

#define FZPU (CARVE_DEBUG_CHECKS | CARVE_DEBUG_RED_ZONE | \
	      CARVE_DEBUG_POISON | CARVE_DEBUG_USER)

/**
 * struct bed - what a case finds, and what else lies about
 * @co: the carveout
 * @cache: that bad frees go to
 * @object: of it, in use
 * @other: another cache
 * @other_object: of that, in use
 * @block: a page in use
 * @area: of a page
 * @native: memory that isn't the carveout's
 */
struct bed {
	struct carveout *co;
	struct carve_cache *cache;
	void *object;
	struct carve_cache *other;
	void *other_object;
	struct carve_page *block;
	void *area;
	u8 native[64];
};

static void *freed_before(struct bed *bed)
{
	void *object = carve_cache_alloc(bed->cache, GFP_KERNEL);

	carve_cache_free(bed->cache, object);
	return object;
}

static void *freed_long_ago(struct bed *bed)
{
	void *object = freed_before(bed);

	carve_testbed_drain_cache(bed->cache);
	return object;
}

static void *interior(struct bed *bed)
{
	return bed->object + 64;
}

static void *misaligned(struct bed *bed)
{
	return bed->object + 1;
}

static void *last_byte(struct bed *bed)
{
	return bed->object + SIZE - 1;
}

static void *in_front(struct bed *bed)
{
	return bed->object - 8;
}

static void *start_of_page(struct bed *bed)
{
	return (void *)((unsigned long)bed->object & PAGE_MASK);
}

static void *end_of_page(struct bed *bed)
{
	return start_of_page(bed) + PAGE_SIZE - 8;
}

static void *of_another_cache(struct bed *bed)
{
	return bed->other_object;
}

static void *page_in_use(struct bed *bed)
{
	return carve_page_address(bed->co, bed->block);
}

static void *metadata(struct bed *bed)
{
	return bed->cache;
}

static void *page_in_the_store(struct bed *bed)
{
	struct carve_page *page = carve_alloc_page(bed->co, GFP_KERNEL);

	carve_free_page(bed->co, page);
	return carve_page_address(bed->co, page);
}

static void *area(struct bed *bed)
{
	return bed->area;
}

static void *native(struct bed *bed)
{
	return bed->native;
}

static void *before_the_carveout(struct bed *bed)
{
	return bed->co->pages.zone[0].region->virt - 8;
}

static void *behind_the_carveout(struct bed *bed)
{
	const struct carve_region *region = bed->co->pages.zone[0].region;

	return region->virt + carve_region_bytes(region);
}

static void *small_number(struct bed *bed)
{
	return ZERO_SIZE_PTR;
}

/**
 * struct bad_free - what is freed
 * @what: for the case's name
 * @pick: what is freed in that bed
 * @kind: as what a cache that is debugged counts it
 * @at_once: seen when it is freed, and not when the magazine is flushed that
 *	took it
 */
struct bad_free {
	const char *what;
	void *(*pick)(struct bed *bed);
	enum carve_damage kind;
	bool at_once;
};

static const struct bad_free bad_frees[] = {
	{ "freed before", freed_before, CARVE_DAMAGE_DOUBLE_FREE, true },
	{ "freed long ago", freed_long_ago, CARVE_DAMAGE_DOUBLE_FREE },
	{ "interior pointer", interior, CARVE_DAMAGE_INVALID_FREE },
	{ "misaligned pointer", misaligned, CARVE_DAMAGE_INVALID_FREE },
	{ "last byte of an object", last_byte, CARVE_DAMAGE_INVALID_FREE },
	{ "in front of an object", in_front, CARVE_DAMAGE_INVALID_FREE },
	{ "start of its page", start_of_page, CARVE_DAMAGE_INVALID_FREE },
	{ "end of its page", end_of_page, CARVE_DAMAGE_INVALID_FREE },
	{ "of another cache", of_another_cache, CARVE_DAMAGE_WRONG_CACHE, true },
	{ "page in use", page_in_use, CARVE_DAMAGE_FOREIGN_FREE, true },
	{ "metadata", metadata, CARVE_DAMAGE_FOREIGN_FREE, true },
	{ "free page", page_in_the_store, CARVE_DAMAGE_FOREIGN_FREE,
	  true },
	{ "area", area, CARVE_DAMAGE_FOREIGN_FREE, true },
	{ "native memory", native, CARVE_DAMAGE_FOREIGN_FREE, true },
	{ "before the carveout", before_the_carveout, CARVE_DAMAGE_FOREIGN_FREE,
	  true },
	{ "behind the carveout", behind_the_carveout, CARVE_DAMAGE_FOREIGN_FREE,
	  true },
	{ "small number", small_number, CARVE_DAMAGE_FOREIGN_FREE, true },
};

static void describe(const struct bad_free *bad, char *desc)
{
	strscpy(desc, bad->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad_free, bad_frees, describe);

/* An object that doesn't begin its page, in a slab with some rest behind */
static void *alloc_coloured(struct kunit *test, struct carve_cache *cache)
{
	unsigned long n = 3UL * cache->plain.nr_objects;
	struct carve_chain *first, **link, *found;

	first = carve_testbed_take_objects(cache, &n);
	for (link = &first; *link; link = &(*link)->next)
		if (!PAGE_ALIGNED(*link))
			break;
	found = *link;
	KUNIT_ASSERT_NOT_NULL(test, found);
	*link = found->next;
	carve_testbed_give_objects(cache, first);
	carve_cache_shrink(cache);
	return found;
}

/* To be debugged from the start, so that no CPU needs to be visited for it */
static void make_caches(struct kunit *test, unsigned int flags)
{
	struct bed *bed = test->priv;
	char rules[CARVE_DEBUG_LETTERS];

	bed->co->slabs.debug_rules = carve_debug_format_flags(flags, rules);
	bed->cache = carve_cache_create(bed->co, "test", SIZE, 0, 0, NULL);
	bed->co->slabs.debug_rules = NULL;
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bed->cache);
	KUNIT_ASSERT_EQ(test, bed->cache->debugging.flags, flags);
	bed->other = carve_cache_create(bed->co, "other", SIZE, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bed->other);
}

static void set_up(struct kunit *test, unsigned int flags)
{
	struct bed *bed = test->priv;

	make_caches(test, flags);
	bed->object = alloc_coloured(test, bed->cache);
	memset(bed->object, 0x3c, SIZE);
	bed->other_object = carve_cache_alloc(bed->other, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bed->other_object);
	bed->block = carve_alloc_page(bed->co, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bed->block);
	bed->area = carve_vmalloc(bed->co, PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, bed->area);
}

/* Nothing but the count has changed, and all goes back as if nothing had been */
static void tear_down(struct kunit *test)
{
	struct bed *bed = test->priv;
	atomic_long_t *nr_bad_frees = &bed->co->pages.nr_bad_frees;

	KUNIT_EXPECT_EQ(test, bed->cache->nr_bad_frees, 1UL);
	KUNIT_EXPECT_EQ(test, atomic_long_read(nr_bad_frees), 1L);
	KUNIT_EXPECT_NULL(test, memchr_inv(bed->object, 0x3c, SIZE));
	carve_testbed_check(test, bed->co);
	carve_vfree(bed->co, bed->area);
	carve_free_page(bed->co, bed->block);
	carve_cache_free(bed->other, bed->other_object);
	carve_cache_free(bed->cache, bed->object);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(bed->other), 0);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(bed->cache), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(nr_bad_frees), 1L);
}

static void bad_frees_are_counted_and_harmless(struct kunit *test)
{
	const struct bad_free *bad = test->param_value;
	struct bed *bed = test->priv;
	struct carve_cache_usage usage;

	set_up(test, 0);
	carve_cache_free(bed->cache, bad->pick(bed));
	KUNIT_EXPECT_EQ(test, bed->cache->nr_bad_frees,
			bad->at_once || want_init_on_free());
	carve_testbed_drain_cache(bed->cache);
	carve_cache_usage(bed->cache, &usage);
	KUNIT_EXPECT_EQ(test, usage.active_objects, 1UL);
	tear_down(test);
}

/* There is no magazine in between then */
static void try_debugged(struct kunit *test, unsigned int flags)
{
	const struct bad_free *bad = test->param_value;
	struct bed *bed = test->priv;
	unsigned int i;

	set_up(test, flags);
	carve_cache_free(bed->cache, bad->pick(bed));
	KUNIT_EXPECT_EQ(test, bed->cache->nr_bad_frees, 1UL);
	for (i = 0; i < CARVE_NR_DAMAGES; i++)
		KUNIT_EXPECT_EQ_MSG(test, bed->cache->debugging.count[i],
				    (unsigned long)(i == bad->kind), "%s",
				    carve_damage_names[i]);
	tear_down(test);
}

static void debugging_finds_them_at_once(struct kunit *test)
{
	try_debugged(test, FZPU);
}

static void quarantine_takes_none_of_them(struct kunit *test)
{
	try_debugged(test, CARVE_DEBUG_QUARANTINE);
}

static int badfree_init(struct kunit *test)
{
	return carve_testbed_init_more(test, sizeof(struct bed));
}

static struct kunit_case badfree_cases[] = {
	KUNIT_CASE_PARAM(bad_frees_are_counted_and_harmless,
			 bad_free_gen_params),
	KUNIT_CASE_PARAM(debugging_finds_them_at_once, bad_free_gen_params),
	KUNIT_CASE_PARAM(quarantine_takes_none_of_them, bad_free_gen_params),
	{ }
};

static struct kunit_suite badfree_suite = {
	.name = "carveout_badfree",
	.init = badfree_init,
	.exit = carve_testbed_exit_more,
	.test_cases = badfree_cases,
};

kunit_test_suites(&badfree_suite);
