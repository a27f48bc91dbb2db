// SPDX-License-Identifier: GPL-2.0
/*
 * What can be set while a carveout is in use: what the files take and refuse,
 * what they say then, and that it takes effect with blocks about.
 */
#include <linux/string.h>

#include <carveout.h>

#include "face/tune.h"
#include "kunit/filebed.h"
#include "kunit/testbed.h"

#define QUIETLY (GFP_KERNEL | __GFP_NOWARN)
#define KIB_PER_PAGE (PAGE_SIZE / 1024)

static int tune_init(struct kunit *test)
{
	struct carve_filebed *bed;
	struct carve_tunes *tunes;
	int ret = carve_filebed_init(test);

	if (ret)
		return ret;
	tunes = kunit_kzalloc(test, sizeof(*tunes), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tunes);
	bed = test->priv;
	carve_tunes_add(tunes, bed->co, bed->dir);
	bed->file = tunes->file;
	bed->nr_files = ARRAY_SIZE(tunes->file);
	return 0;
}

static struct carve_zone *zone_of(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;

	return &bed->co->pages.zone[0];
}

static struct carve_magazines *single_pages(struct kunit *test)
{
	struct carve_store *store = zone_of(test)->store[CARVE_LONG_LIVED][0];

	if (!store)
		kunit_skip(test, "the carveout is too small for stores on so many CPUs");
	return &store->magazines;
}

/* min_free_kbytes */

static void min_free_sets_all_three_marks(struct kunit *test)
{
	const struct carve_zone *zone = zone_of(test);
	char line[16];

	snprintf(line, sizeof(line), "%lu\n", 40 * KIB_PER_PAGE);
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "min_free_kbytes", line), 0);
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_MIN], 40);
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_LOW], 50);
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_HIGH], 60);
	KUNIT_EXPECT_STREQ(test, carve_filebed_read(test, "min_free_kbytes"), line);
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "min_free_kbytes", "0"), 0);
	KUNIT_EXPECT_STREQ(test, carve_filebed_read(test, "min_free_kbytes"), "0\n");
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_HIGH], 0);
}

static void min_free_is_at_most_half_of_the_carveout(struct kunit *test)
{
	const struct carve_zone *zone = zone_of(test);
	unsigned long half = zone->nr_managed / 2;
	char line[24];

	snprintf(line, sizeof(line), "%lu", half * KIB_PER_PAGE);
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "min_free_kbytes", line), 0);
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_MIN], half);
	snprintf(line, sizeof(line), "%lu", (half + 1) * KIB_PER_PAGE);
	carve_filebed_refuses(test, "min_free_kbytes", line, "half of the carveout");
	carve_filebed_refuses(test, "min_free_kbytes", "", "is not a number of KiB");
	carve_filebed_refuses(test, "min_free_kbytes", "-1", "is not a number of KiB");
	carve_filebed_refuses(test, "min_free_kbytes", "1M", "is not a number of KiB");
	carve_filebed_refuses(test, "min_free_kbytes", "18446744073709551616",
			      "is not a number of KiB");
	/* What was refused has changed nothing */
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_MIN], half);
	carve_zone_set_watermarks(zone_of(test), 0);
}

static void min_free_takes_effect_at_once(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;
	unsigned long half = zone_of(test)->nr_managed / 2;
	unsigned int nr = 0;
	struct carve_page **pages;
	char line[24];

	pages = kunit_kcalloc(test, zone_of(test)->nr_managed, sizeof(*pages),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	snprintf(line, sizeof(line), "%lu", half * KIB_PER_PAGE);
	KUNIT_ASSERT_EQ(test, carve_filebed_write(test, "min_free_kbytes", line), 0);
	/* The background is not to take part */
	zone_of(test)->watermark[CARVE_WMARK_LOW] = 0;
	while ((pages[nr] = carve_alloc_page(bed->co, QUIETLY)))
		nr++;
	KUNIT_EXPECT_EQ(test, nr, zone_of(test)->nr_managed - half);
	while (nr)
		carve_free_page(bed->co, pages[--nr]);
	carve_testbed_collect(bed->co);
}

static void min_free_is_shared_out_by_size(struct kunit *test)
{
	struct carveout_request request = {
		.name = "shares",
		.nr_zones = 2,
		.zone = {
			{ SZ_1M, "contig", .node = NUMA_NO_NODE },
			{ SZ_2M, "contig", .node = NUMA_NO_NODE },
		},
	};
	struct carve_filebed *bed = test->priv;
	struct carveout *co = carveout_create(&request);
	const struct carve_command *command;
	unsigned long all, min[2];
	unsigned int z;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	all = co->pages.zone[0].nr_managed + co->pages.zone[1].nr_managed;
	command = carve_filebed_command(test, "min_free_kbytes");
	KUNIT_EXPECT_EQ(test, command->run(co, "600", &bed->reply), 0);
	for (z = 0; z < 2; z++) {
		min[z] = co->pages.zone[z].watermark[CARVE_WMARK_MIN];
		KUNIT_EXPECT_EQ(test, min[z], 600 / KIB_PER_PAGE *
				co->pages.zone[z].nr_managed / all);
	}
	KUNIT_EXPECT_GT(test, min[1], min[0]);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

/* wait_ms */

static void wait_is_set_up_to_a_minute(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;

	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "wait_ms", "60000"), 0);
	KUNIT_EXPECT_EQ(test, bed->co->pages.wait_ms, 60000);
	KUNIT_EXPECT_STREQ(test, carve_filebed_read(test, "wait_ms"), "60000\n");
	carve_filebed_refuses(test, "wait_ms", "60001", "is not a number of ms up to 60000");
	carve_filebed_refuses(test, "wait_ms", "4294967296", "is not a number of ms");
	carve_filebed_refuses(test, "wait_ms", "-1", "is not a number of ms");
	carve_filebed_refuses(test, "wait_ms", "1s", "is not a number of ms");
	KUNIT_EXPECT_EQ(test, bed->co->pages.wait_ms, 60000);
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "wait_ms", "0"), 0);
	KUNIT_EXPECT_EQ(test, bed->co->pages.wait_ms, 0);
}

/* stores */

static const struct {
	const char *line;
	const char *reason;
} bad_stores[] = {
	{ "", "is not ORDER BATCH LIMIT" },
	{ "0", "is not ORDER BATCH LIMIT" },
	{ "0 1", "is not ORDER BATCH LIMIT" },
	{ "0 1 2 3", "is not ORDER BATCH LIMIT" },
	{ "0 1 2x", "is not ORDER BATCH LIMIT" },
	{ "zero 1 2", "is not ORDER BATCH LIMIT" },
	{ "-1 1 2", "is not ORDER BATCH LIMIT" },
	{ "0 0 1", "BATCH is from 1 to" },
	{ "0 1000 1", "BATCH is from 1 to" },
	{ "0 1 1000", "LIMIT from 0 to" },
	{ "10 1 1", "blocks of order 10 have no stores" },
	{ "64 1 1", "blocks of order 64 have no stores" },
	/* Numbers that would be others if they were cut off */
	{ "4294967296 1 1", "error: " },
	{ "0 4294967297 1", "error: " },
	{ "0 1 4294967296", "error: " },
};

static void bad_lines_for_stores_are_refused(struct kunit *test)
{
	struct carve_magazines *ms = single_pages(test);
	unsigned int i, batch = ms->batch;

	for (i = 0; i < ARRAY_SIZE(bad_stores); i++)
		carve_filebed_refuses(test, "stores", bad_stores[i].line,
				      bad_stores[i].reason);
	KUNIT_EXPECT_EQ(test, ms->batch, batch);
	KUNIT_EXPECT_EQ(test, ms->cpu[raw_smp_processor_id()]->capacity,
			2 * batch);
}

static void stores_of_both_lifetimes_are_set(struct kunit *test)
{
	struct carve_magazines *ms = single_pages(test);
	unsigned int max = ms->max.batch, lifetime, cpu;
	char line[32];

	snprintf(line, sizeof(line), "0 1 %u", max);
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "stores", line), 0);
	for (lifetime = 0; lifetime < CARVE_NR_LIFETIMES; lifetime++) {
		ms = &zone_of(test)->store[lifetime][0]->magazines;
		KUNIT_EXPECT_EQ(test, ms->batch, 1);
		for_each_possible_cpu(cpu)
			KUNIT_EXPECT_EQ(test, ms->cpu[cpu]->capacity, max);
	}
	snprintf(line, sizeof(line), "0 %u %u", max, 2 * max);
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "stores", line), 0);
	KUNIT_EXPECT_EQ(test, ms->batch, max);
	KUNIT_EXPECT_TRUE(test, strstr(carve_filebed_read(test, "stores"), "max_batch"));
	KUNIT_EXPECT_TRUE(test, strstr(carve_filebed_read(test, "stores"), "short"));
}

/* The first zone may be too small for the order's stores, others need not be */
static void stores_of_any_zone_can_be_set(struct kunit *test)
{
	struct carveout_request request = {
		.name = "unequal",
		.nr_zones = 2,
		.zone = {
			{ SZ_512K, "contig", .node = NUMA_NO_NODE },
			{ SZ_4M, "contig", .node = NUMA_NO_NODE },
		},
	};
	struct carve_filebed *bed = test->priv;
	struct carveout *co = carveout_create(&request);
	const struct carve_command *command;
	struct carve_store *store;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	store = co->pages.zone[1].store[CARVE_LONG_LIVED][0];
	command = carve_filebed_command(test, "stores");
	if (store && !co->pages.zone[0].store[CARVE_LONG_LIVED][0]) {
		KUNIT_EXPECT_EQ(test, command->run(co, "0 1 1", &bed->reply), 0);
		KUNIT_EXPECT_EQ(test, store->magazines.batch, 1);
	}
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

/* With blocks about */

static struct carve_page **hold(struct kunit *test, unsigned int nr)
{
	struct carve_filebed *bed = test->priv;
	struct carve_page **pages = kunit_kcalloc(test, nr, sizeof(*pages),
						  GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	for (i = 0; i < nr; i++) {
		pages[i] = carve_alloc_page(bed->co, QUIETLY);
		KUNIT_ASSERT_NOT_NULL(test, pages[i]);
	}
	return pages;
}

static void drop(struct kunit *test, struct carve_page **pages, unsigned int nr)
{
	struct carve_filebed *bed = test->priv;

	while (nr--)
		carve_free_page(bed->co, pages[nr]);
}

static void limit_of_zero_stores_nothing(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;
	struct carve_magazines *ms = single_pages(test);
	unsigned int nr = 2 * ms->max.batch;
	struct carve_page **pages = hold(test, nr);
	struct carve_page *page;

	carve_testbed_collect(bed->co);
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "stores", "0 1 0"), 0);
	drop(test, pages, nr);
	KUNIT_EXPECT_EQ(test, carve_magazines_count(ms), 0);
	page = carve_alloc_page(bed->co, QUIETLY);
	KUNIT_EXPECT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, carve_magazines_count(ms), 0);
	carve_free_page(bed->co, page);
	carve_testbed_check(test, bed->co);
}

/* What is above a lower limit leaves bit by bit, and nothing is lost */
static void lower_limit_empties_a_full_store(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;
	struct carve_magazines *ms = single_pages(test);
	unsigned int i, nr = 2 * ms->max.batch;
	unsigned long nr_free = carve_testbed_nr_free(bed->co);
	struct carve_magazine *m = ms->cpu[raw_smp_processor_id()];
	struct carve_page **pages = hold(test, nr + 1);

	carve_testbed_collect(bed->co);
	drop(test, pages, nr);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(m), nr);
	KUNIT_EXPECT_TRUE(test, carve_magazines_tune(ms, 1, 1));
	KUNIT_EXPECT_EQ(test, carve_magazine_count(m), nr);
	/* Each free makes room for its batch of one, and finds none for itself */
	for (i = 0; i < nr; i++) {
		carve_free_page(bed->co, pages[nr]);
		pages[nr] = carve_alloc_page(bed->co, QUIETLY);
		KUNIT_ASSERT_NOT_NULL(test, pages[nr]);
	}
	KUNIT_EXPECT_LE(test, carve_magazine_count(m), 1);
	carve_free_page(bed->co, pages[nr]);
	KUNIT_EXPECT_EQ(test, carve_testbed_collect(bed->co), nr_free);
}

static void bounds_of_magazines_hold(struct kunit *test)
{
	struct carve_magazines *ms = single_pages(test);
	unsigned int max = ms->max.batch;

	KUNIT_EXPECT_FALSE(test, carve_magazines_tune(ms, 0, 1));
	KUNIT_EXPECT_FALSE(test, carve_magazines_tune(ms, max + 1, 1));
	KUNIT_EXPECT_FALSE(test, carve_magazines_tune(ms, 1, 2 * max + 1));
	KUNIT_EXPECT_EQ(test, ms->batch, max);
	KUNIT_EXPECT_TRUE(test, carve_magazines_tune(ms, 1, 0));
	KUNIT_EXPECT_TRUE(test, carve_magazines_tune(ms, max, 2 * max));
}

/* Any setting at any time, with pages coming and going */
static void random_settings_lose_nothing(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;
	struct carve_magazines *ms = single_pages(test);
	unsigned int nr = 4 * ms->max.batch, step;
	unsigned long nr_free = carve_testbed_nr_free(bed->co);
	struct carve_page **pages = hold(test, nr);
	struct rnd_state rnd;

	carve_testbed_seed(test, &rnd, carve_testbed_any_seed());
	for (step = 0; step < 20000; step++) {
		unsigned int batch = 1 + carve_testbed_random(&rnd, ms->max.batch);
		unsigned int limit = carve_testbed_random(&rnd, 2 * ms->max.batch + 1);
		struct carve_page **slot;

		slot = &pages[carve_testbed_random(&rnd, nr)];
		if (step % 50 == 0)
			KUNIT_ASSERT_TRUE(test, carve_magazines_tune(ms, batch, limit));
		if (*slot)
			carve_free_page(bed->co, *slot);
		*slot = *slot ? NULL : carve_alloc_page(bed->co, QUIETLY);
	}
	carve_free_pages_bulk(bed->co, nr, pages);
	KUNIT_EXPECT_EQ(test, carve_testbed_collect(bed->co), nr_free);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->pages.nr_failed), 0);
}

/* vmap_keep_kbytes, vmap_eager */

static void kept_areas_are_limited_and_let_go(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;
	char line[24];

	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "vmap_keep_kbytes", "64"), 0);
	KUNIT_EXPECT_STREQ(test, carve_filebed_read(test, "vmap_keep_kbytes"), "64\n");
	KUNIT_EXPECT_EQ(test, bed->co->vmap.kept.limit, SZ_64K >> PAGE_SHIFT);
	carve_vfree(bed->co, carve_vmalloc(bed->co, SZ_16K));
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "vmap_keep_kbytes", "0"), 0);
	KUNIT_EXPECT_EQ(test, carve_testbed_areas(bed->co).nr_kept, 0UL);
	snprintf(line, sizeof(line), "%lu", bed->co->pages.nr_pages * KIB_PER_PAGE);
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "vmap_keep_kbytes", line), 0);
	snprintf(line, sizeof(line), "%lu",
		 (bed->co->pages.nr_pages + 1) * KIB_PER_PAGE);
	carve_filebed_refuses(test, "vmap_keep_kbytes", line, "the carveout's size");
	carve_filebed_refuses(test, "vmap_keep_kbytes", "-1", "not a number of KiB");
	carve_filebed_refuses(test, "vmap_keep_kbytes", "much", "not a number of KiB");
}

static void eager_is_yes_or_no(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;

	KUNIT_EXPECT_STREQ(test, carve_filebed_read(test, "vmap_eager"), "0\n");
	carve_vfree(bed->co, carve_vmalloc(bed->co, SZ_16K));
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "vmap_eager", "1"), 0);
	KUNIT_EXPECT_STREQ(test, carve_filebed_read(test, "vmap_eager"), "1\n");
	KUNIT_EXPECT_EQ(test, carve_testbed_areas(bed->co).nr_kept, 0UL);
	carve_vfree(bed->co, carve_vmalloc(bed->co, SZ_16K));
	KUNIT_EXPECT_EQ(test, carve_testbed_areas(bed->co).nr_kept, 0UL);
	carve_filebed_refuses(test, "vmap_eager", "2", "0 or 1");
	carve_filebed_refuses(test, "vmap_eager", "10", "0 or 1");
	carve_filebed_refuses(test, "vmap_eager", "none", "0 or 1");
	carve_filebed_refuses(test, "vmap_eager", "", "0 or 1");
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "vmap_eager", "0"), 0);
	KUNIT_EXPECT_FALSE(test, bed->co->vmap.eager);
}

/* caches */

static struct carve_cache *kmalloc_64(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;

	return bed->co->slabs.kmalloc[carve_kmalloc_class(64)];
}

static void caches_take_effect_at_once(struct kunit *test)
{
	struct carve_cache *cache = kmalloc_64(test);
	struct carve_magazines *ms = &cache->magazines;
	struct carve_filebed *bed = test->priv;
	void *p[40];
	int i;

	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "caches", "kmalloc-64 2 3 0"), 0);
	KUNIT_EXPECT_EQ(test, ms->batch, 2);
	KUNIT_EXPECT_EQ(test, ms->base, 0);
	KUNIT_EXPECT_EQ(test, cache->plain.max_empty, 0);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = carve_kmalloc(bed->co, 64, GFP_KERNEL);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_kfree(bed->co, p[i]);
	KUNIT_EXPECT_LE(test, carve_magazine_count(ms->cpu[raw_smp_processor_id()]),
			3);
	KUNIT_EXPECT_EQ(test, cache->plain.empty.nr, 0);
	KUNIT_EXPECT_TRUE(test, strstr(carve_filebed_read(test, "caches"), "kmalloc-64 "));

	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "caches", "kmalloc-64 auto 5"), 0);
	KUNIT_EXPECT_EQ(test, ms->base, carve_cache_base_batch(cache));
	KUNIT_EXPECT_EQ(test, ms->batch, ms->base);
	KUNIT_EXPECT_EQ(test, cache->plain.max_empty, 5);
}

static void bad_lines_for_caches_are_refused(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;

	carve_filebed_refuses(test, "caches", "", "is not CACHE BATCH LIMIT EMPTY");
	carve_filebed_refuses(test, "caches", "kmalloc-64", "is not CACHE");
	carve_filebed_refuses(test, "caches", "kmalloc-64 1 2", "is not CACHE");
	carve_filebed_refuses(test, "caches", "kmalloc-64 1 2 3 4", "is not CACHE");
	carve_filebed_refuses(test, "caches", "kmalloc-64 automatic 1", "is not CACHE");
	carve_filebed_refuses(test, "caches", "kmalloc-64 0 2 3", "BATCH is from 1 to");
	carve_filebed_refuses(test, "caches", "kmalloc-64 1 99999 3", "LIMIT from 0 to");
	carve_filebed_refuses(test, "caches", "kmalloc-64 1 2 999999999", "EMPTY is from");
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "caches", "none 1 2 3"), -ENOENT);
	KUNIT_EXPECT_TRUE(test, strstr(bed->reply.text, "there is no cache"));
}

static void shuffle_is_switched(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;

	KUNIT_EXPECT_STREQ(test, carve_filebed_read(test, "shuffle"), "1\n");
	KUNIT_EXPECT_EQ(test, carve_filebed_write(test, "shuffle", "0"), 0);
	KUNIT_EXPECT_FALSE(test, bed->co->slabs.shuffle);
	KUNIT_EXPECT_STREQ(test, carve_filebed_read(test, "shuffle"), "0\n");
	carve_filebed_refuses(test, "shuffle", "no", "neither 0 nor 1");
	carve_filebed_refuses(test, "shuffle", "2", "neither 0 nor 1");
}

static struct kunit_case tune_cases[] = {
	KUNIT_CASE(min_free_sets_all_three_marks),
	KUNIT_CASE(min_free_is_at_most_half_of_the_carveout),
	KUNIT_CASE(min_free_takes_effect_at_once),
	KUNIT_CASE(min_free_is_shared_out_by_size),
	KUNIT_CASE(wait_is_set_up_to_a_minute),
	KUNIT_CASE(bad_lines_for_stores_are_refused),
	KUNIT_CASE(stores_of_both_lifetimes_are_set),
	KUNIT_CASE(stores_of_any_zone_can_be_set),
	KUNIT_CASE(limit_of_zero_stores_nothing),
	KUNIT_CASE(lower_limit_empties_a_full_store),
	KUNIT_CASE(bounds_of_magazines_hold),
	KUNIT_CASE(random_settings_lose_nothing),
	KUNIT_CASE(kept_areas_are_limited_and_let_go),
	KUNIT_CASE(eager_is_yes_or_no),
	KUNIT_CASE(caches_take_effect_at_once),
	KUNIT_CASE(bad_lines_for_caches_are_refused),
	KUNIT_CASE(shuffle_is_switched),
	{ }
};

static struct kunit_suite tune_suite = {
	.name = "carveout_tune",
	.init = tune_init,
	.exit = carve_filebed_exit,
	.test_cases = tune_cases,
};

kunit_test_suite(tune_suite);
