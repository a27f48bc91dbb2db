// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of settings that can change while a carveout is in use: accepted and
 * refused input, the content of the files afterwards, and the effect on
 * allocated blocks.
 */
#include <linux/string.h>

#include <carveout.h>

#include "debugfs/tune.h"
#include "kunit/file_fixture.h"
#include "kunit/fixture.h"
#include "page/zone.h"
#include "percpu/magazine.h"
#include "slab/caches.h"
#include "slab/debug_switch.h"

#define QUIETLY (GFP_KERNEL | __GFP_NOWARN)
#define KIB_PER_PAGE (PAGE_SIZE / 1024)

static int tune_init(struct kunit *test)
{
	struct carve_file *ctx;
	struct carve_tunes *tunes;
	int ret = carve_file_init(test);

	if (ret)
		return ret;
	tunes = kunit_kzalloc(test, sizeof(*tunes), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tunes);
	ctx = test->priv;
	carve_tunes_add(tunes, ctx->co, ctx->dir);
	ctx->file = tunes->file;
	ctx->nr_files = ARRAY_SIZE(tunes->file);
	return 0;
}

static struct carve_zone *zone_of(struct kunit *test)
{
	struct carve_file *ctx = test->priv;

	return &ctx->co->pages.zone[0];
}

static struct carve_magazines *single_pages(struct kunit *test)
{
	struct carve_pcp *pcp = zone_of(test)->pcp[CARVE_MIGRATE_UNMOVABLE][0];

	carve_fixture_needs_magazines(test, pcp);
	return &pcp->magazines;
}

/* min_free_kbytes */

static void min_free_sets_all_three_watermarks(struct kunit *test)
{
	const struct carve_zone *zone = zone_of(test);
	char line[16];

	snprintf(line, sizeof(line), "%lu\n", 40 * KIB_PER_PAGE);
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "min_free_kbytes", line), 0);
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_MIN], 40);
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_LOW], 50);
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_HIGH], 60);
	KUNIT_EXPECT_STREQ(test, carve_file_read(test, "min_free_kbytes"), line);
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "min_free_kbytes", "0"), 0);
	KUNIT_EXPECT_STREQ(test, carve_file_read(test, "min_free_kbytes"), "0\n");
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_HIGH], 0);
}

static void min_free_is_at_most_half_of_the_carveout(struct kunit *test)
{
	const struct carve_zone *zone = zone_of(test);
	unsigned long half = zone->nr_managed / 2;
	char line[24];

	snprintf(line, sizeof(line), "%lu", half * KIB_PER_PAGE);
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "min_free_kbytes", line), 0);
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_MIN], half);
	snprintf(line, sizeof(line), "%lu", (half + 1) * KIB_PER_PAGE);
	carve_file_refuses(test, "min_free_kbytes", line, "half of the carveout");
	carve_file_refuses(test, "min_free_kbytes", "", "is not a number of KiB");
	carve_file_refuses(test, "min_free_kbytes", "-1", "is not a number of KiB");
	carve_file_refuses(test, "min_free_kbytes", "1M", "is not a number of KiB");
	carve_file_refuses(test, "min_free_kbytes", "18446744073709551616",
			   "is not a number of KiB");
	/* Refused input changes nothing */
	KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_MIN], half);
	carve_zone_set_watermarks(zone_of(test), 0);
}

static void min_free_takes_effect_at_once(struct kunit *test)
{
	struct carve_file *ctx = test->priv;
	unsigned long half = zone_of(test)->nr_managed / 2;
	unsigned int nr = 0;
	struct carve_page **pages;
	char line[24];

	pages = kunit_kcalloc(test, zone_of(test)->nr_managed, sizeof(*pages),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	snprintf(line, sizeof(line), "%lu", half * KIB_PER_PAGE);
	KUNIT_ASSERT_EQ(test, carve_file_write(test, "min_free_kbytes", line), 0);
	/* Background reclaim must stay idle */
	zone_of(test)->watermark[CARVE_WMARK_LOW] = 0;
	while ((pages[nr] = carve_alloc_page(ctx->co, QUIETLY)))
		nr++;
	KUNIT_EXPECT_EQ(test, nr, zone_of(test)->nr_managed - half);
	while (nr)
		carve_free_page(ctx->co, pages[--nr]);
	carve_fixture_collect(ctx->co);
}

static void min_free_is_distributed_by_zone_size(struct kunit *test)
{
	struct carveout_request request = {
		.name = "shares",
		.nr_zones = 2,
		.zone = {
			{ SZ_1M, "contig", .node = NUMA_NO_NODE },
			{ SZ_2M, "contig", .node = NUMA_NO_NODE },
		},
	};
	struct carve_file *ctx = test->priv;
	struct carveout *co = carveout_create(&request);
	const struct carve_command *command;
	unsigned long all, min[2];
	unsigned int z;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	all = co->pages.zone[0].nr_managed + co->pages.zone[1].nr_managed;
	command = carve_file_command(test, "min_free_kbytes");
	KUNIT_EXPECT_EQ(test, command->run(co, "600", &ctx->reply), 0);
	for (z = 0; z < 2; z++) {
		min[z] = co->pages.zone[z].watermark[CARVE_WMARK_MIN];
		KUNIT_EXPECT_EQ(test, min[z], 600 / KIB_PER_PAGE *
				co->pages.zone[z].nr_managed / all);
	}
	KUNIT_EXPECT_GT(test, min[1], min[0]);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

/* wait_ms */

static void wait_is_limited_to_a_minute(struct kunit *test)
{
	struct carve_file *ctx = test->priv;

	KUNIT_EXPECT_EQ(test, carve_file_write(test, "wait_ms", "60000"), 0);
	KUNIT_EXPECT_EQ(test, ctx->co->pages.wait_ms, 60000);
	KUNIT_EXPECT_STREQ(test, carve_file_read(test, "wait_ms"), "60000\n");
	carve_file_refuses(test, "wait_ms", "60001", "is not a number of ms up to 60000");
	carve_file_refuses(test, "wait_ms", "4294967296", "is not a number of ms");
	carve_file_refuses(test, "wait_ms", "-1", "is not a number of ms");
	carve_file_refuses(test, "wait_ms", "1s", "is not a number of ms");
	KUNIT_EXPECT_EQ(test, ctx->co->pages.wait_ms, 60000);
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "wait_ms", "0"), 0);
	KUNIT_EXPECT_EQ(test, ctx->co->pages.wait_ms, 0);
}

/* pcp */

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
	{ "10 1 1", "blocks of order 10 have no per-CPU lists" },
	{ "64 1 1", "blocks of order 64 have no per-CPU lists" },
	/* Numbers that would differ if truncated */
	{ "4294967296 1 1", "error: " },
	{ "0 4294967297 1", "error: " },
	{ "0 1 4294967296", "error: " },
};

static void bad_pcp_lines_are_refused(struct kunit *test)
{
	struct carve_magazines *ms = single_pages(test);
	unsigned int i, batch = ms->batch;

	for (i = 0; i < ARRAY_SIZE(bad_stores); i++)
		carve_file_refuses(test, "pcp", bad_stores[i].line,
				   bad_stores[i].reason);
	KUNIT_EXPECT_EQ(test, ms->batch, batch);
	KUNIT_EXPECT_EQ(test, ms->cpu[raw_smp_processor_id()]->capacity,
			2 * batch);
}

static void pcp_of_both_migratetypes_is_set(struct kunit *test)
{
	struct carve_magazines *ms = single_pages(test);
	unsigned int max = ms->max.batch, migratetype, cpu;
	char line[32];

	snprintf(line, sizeof(line), "0 1 %u", max);
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "pcp", line), 0);
	for (migratetype = 0; migratetype < CARVE_NR_MIGRATETYPES; migratetype++) {
		ms = &zone_of(test)->pcp[migratetype][0]->magazines;
		KUNIT_EXPECT_EQ(test, ms->batch, 1);
		for_each_possible_cpu(cpu)
			KUNIT_EXPECT_EQ(test, ms->cpu[cpu]->capacity, max);
	}
	snprintf(line, sizeof(line), "0 %u %u", max, 2 * max);
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "pcp", line), 0);
	KUNIT_EXPECT_EQ(test, ms->batch, max);
	KUNIT_EXPECT_TRUE(test, strstr(carve_file_read(test, "pcp"), "max_batch"));
	KUNIT_EXPECT_TRUE(test, strstr(carve_file_read(test, "pcp"), "reclaimable"));
}

/* The first zone may be too small for a pcp of this order, the others need not be */
static void pcp_of_any_zone_can_be_set(struct kunit *test)
{
	struct carveout_request request = {
		.name = "unequal",
		.nr_zones = 2,
		.zone = {
			{ SZ_512K, "contig", .node = NUMA_NO_NODE },
			{ SZ_4M, "contig", .node = NUMA_NO_NODE },
		},
	};
	struct carve_file *ctx = test->priv;
	struct carveout *co = carveout_create(&request);
	const struct carve_command *command;
	struct carve_pcp *pcp;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	pcp = co->pages.zone[1].pcp[CARVE_MIGRATE_UNMOVABLE][0];
	command = carve_file_command(test, "pcp");
	if (pcp && !co->pages.zone[0].pcp[CARVE_MIGRATE_UNMOVABLE][0]) {
		KUNIT_EXPECT_EQ(test, command->run(co, "0 1 1", &ctx->reply), 0);
		KUNIT_EXPECT_EQ(test, pcp->magazines.batch, 1);
	}
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

/* With blocks allocated */

static struct carve_page **hold(struct kunit *test, unsigned int nr)
{
	struct carve_file *ctx = test->priv;
	struct carve_page **pages = kunit_kcalloc(test, nr, sizeof(*pages),
						  GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	for (i = 0; i < nr; i++) {
		pages[i] = carve_alloc_page(ctx->co, QUIETLY);
		KUNIT_ASSERT_NOT_NULL(test, pages[i]);
	}
	return pages;
}

static void drop(struct kunit *test, struct carve_page **pages, unsigned int nr)
{
	struct carve_file *ctx = test->priv;

	while (nr--)
		carve_free_page(ctx->co, pages[nr]);
}

static void limit_of_zero_disables_the_pcp(struct kunit *test)
{
	struct carve_file *ctx = test->priv;
	struct carve_magazines *ms = single_pages(test);
	unsigned int nr = 2 * ms->max.batch;
	struct carve_page **pages = hold(test, nr);
	struct carve_page *page;

	carve_fixture_collect(ctx->co);
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "pcp", "0 1 0"), 0);
	drop(test, pages, nr);
	KUNIT_EXPECT_EQ(test, carve_magazines_count(ms), 0);
	page = carve_alloc_page(ctx->co, QUIETLY);
	KUNIT_EXPECT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, carve_magazines_count(ms), 0);
	carve_free_page(ctx->co, page);
	carve_fixture_check(test, ctx->co);
}

/* The excess over a lower limit leaves step by step, and nothing is lost */
static void lower_limit_drains_a_full_pcp(struct kunit *test)
{
	struct carve_file *ctx = test->priv;
	struct carve_magazines *ms = single_pages(test);
	unsigned int i, nr = 2 * ms->max.batch;
	unsigned long nr_free = carve_fixture_nr_free(ctx->co);
	struct carve_magazine *m = ms->cpu[raw_smp_processor_id()];
	struct carve_page **pages = hold(test, nr + 1);

	carve_fixture_collect(ctx->co);
	drop(test, pages, nr);
	KUNIT_EXPECT_EQ(test, carve_magazine_count(m), nr);
	KUNIT_EXPECT_TRUE(test, carve_magazines_tune(ms, 1, 1));
	KUNIT_EXPECT_EQ(test, carve_magazine_count(m), nr);
	/* Each free spills a batch of one, and finds no room for itself */
	for (i = 0; i < nr; i++) {
		carve_free_page(ctx->co, pages[nr]);
		pages[nr] = carve_alloc_page(ctx->co, QUIETLY);
		KUNIT_ASSERT_NOT_NULL(test, pages[nr]);
	}
	KUNIT_EXPECT_LE(test, carve_magazine_count(m), 1);
	carve_free_page(ctx->co, pages[nr]);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(ctx->co), nr_free);
}

static void magazine_bounds_are_enforced(struct kunit *test)
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

/* Random settings, while pages are allocated and freed */
static void random_settings_lose_no_pages(struct kunit *test)
{
	struct carve_file *ctx = test->priv;
	struct carve_magazines *ms = single_pages(test);
	unsigned int nr = 4 * ms->max.batch, step;
	unsigned long nr_free = carve_fixture_nr_free(ctx->co);
	struct carve_page **pages = hold(test, nr);
	struct rnd_state rnd;

	carve_fixture_seed(test, &rnd, carve_fixture_any_seed());
	for (step = 0; step < 20000; step++) {
		unsigned int batch = 1 + carve_fixture_random(&rnd, ms->max.batch);
		unsigned int limit = carve_fixture_random(&rnd, 2 * ms->max.batch + 1);
		struct carve_page **slot;

		slot = &pages[carve_fixture_random(&rnd, nr)];
		if (step % 50 == 0)
			KUNIT_ASSERT_TRUE(test, carve_magazines_tune(ms, batch, limit));
		if (*slot)
			carve_free_page(ctx->co, *slot);
		*slot = *slot ? NULL : carve_alloc_page(ctx->co, QUIETLY);
	}
	carve_free_pages_bulk(ctx->co, nr, pages);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(ctx->co), nr_free);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->co->pages.nr_failed), 0);
}

/* vmap_keep_kbytes, vmap_eager */

static void area_cache_is_limited_and_emptied(struct kunit *test)
{
	struct carve_file *ctx = test->priv;
	char line[24];

	KUNIT_EXPECT_EQ(test, carve_file_write(test, "vmap_keep_kbytes", "64"), 0);
	KUNIT_EXPECT_STREQ(test, carve_file_read(test, "vmap_keep_kbytes"), "64\n");
	KUNIT_EXPECT_EQ(test, ctx->co->vmap.cache.limit, SZ_64K >> PAGE_SHIFT);
	carve_vfree(ctx->co, carve_vmalloc(ctx->co, SZ_16K));
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "vmap_keep_kbytes", "0"), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(ctx->co).nr_cached, 0UL);
	snprintf(line, sizeof(line), "%lu", ctx->co->pages.nr_pages * KIB_PER_PAGE);
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "vmap_keep_kbytes", line), 0);
	snprintf(line, sizeof(line), "%lu",
		 (ctx->co->pages.nr_pages + 1) * KIB_PER_PAGE);
	carve_file_refuses(test, "vmap_keep_kbytes", line, "the carveout's size");
	carve_file_refuses(test, "vmap_keep_kbytes", "-1", "not a number of KiB");
	carve_file_refuses(test, "vmap_keep_kbytes", "much", "not a number of KiB");
}

static void eager_accepts_only_booleans(struct kunit *test)
{
	struct carve_file *ctx = test->priv;

	KUNIT_EXPECT_STREQ(test, carve_file_read(test, "vmap_eager"), "0\n");
	carve_vfree(ctx->co, carve_vmalloc(ctx->co, SZ_16K));
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "vmap_eager", "1"), 0);
	KUNIT_EXPECT_STREQ(test, carve_file_read(test, "vmap_eager"), "1\n");
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(ctx->co).nr_cached, 0UL);
	carve_vfree(ctx->co, carve_vmalloc(ctx->co, SZ_16K));
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(ctx->co).nr_cached, 0UL);
	carve_file_refuses(test, "vmap_eager", "2", "0 or 1");
	carve_file_refuses(test, "vmap_eager", "10", "0 or 1");
	carve_file_refuses(test, "vmap_eager", "none", "0 or 1");
	carve_file_refuses(test, "vmap_eager", "", "0 or 1");
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "vmap_eager", "0"), 0);
	KUNIT_EXPECT_FALSE(test, ctx->co->vmap.eager);
}

/* user_object_kbytes, user_uid_kbytes */

static const struct quota_file {
	const char *name;
	size_t offset;
} quota_files[] = {
	{ "user_object_kbytes", offsetof(struct carve_quota, object) },
	{ "user_uid_kbytes", offsetof(struct carve_quota, uid) },
};

static void quota_desc(const struct quota_file *file, char *desc)
{
	strscpy(desc, file->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(quota, quota_files, quota_desc);

static void quotas_are_set_in_whole_pages(struct kunit *test)
{
	const struct quota_file *file = test->param_value;
	struct carve_file *ctx = test->priv;
	const unsigned long *limit = (void *)&ctx->co->user.quota + file->offset;
	char line[24];

	KUNIT_EXPECT_STREQ(test, carve_file_read(test, file->name), "0\n");
	KUNIT_EXPECT_EQ(test, carve_file_write(test, file->name, "64"), 0);
	KUNIT_EXPECT_STREQ(test, carve_file_read(test, file->name), "64\n");
	KUNIT_EXPECT_EQ(test, *limit, SZ_64K >> PAGE_SHIFT);
	snprintf(line, sizeof(line), "%lu", ctx->co->pages.nr_pages * KIB_PER_PAGE);
	KUNIT_EXPECT_EQ(test, carve_file_write(test, file->name, line), 0);
	snprintf(line, sizeof(line), "%lu",
		 (ctx->co->pages.nr_pages + 1) * KIB_PER_PAGE);
	carve_file_refuses(test, file->name, line, "the carveout's size");
	carve_file_refuses(test, file->name, "1", "in whole pages");
	carve_file_refuses(test, file->name, "-1", "not a number of KiB");
	carve_file_refuses(test, file->name, "all", "not a number of KiB");
	KUNIT_EXPECT_EQ(test, *limit, ctx->co->pages.nr_pages);
	KUNIT_EXPECT_EQ(test, carve_file_write(test, file->name, "0"), 0);
	KUNIT_EXPECT_EQ(test, *limit, 0UL);
}

/* caches */

static struct carve_cache *kmalloc_64(struct kunit *test)
{
	struct carve_file *ctx = test->priv;

	return carve_fixture_kmalloc_cache(ctx->co, 64);
}

static void cache_settings_take_effect_at_once(struct kunit *test)
{
	struct carve_cache *cache = kmalloc_64(test);
	struct carve_magazines *ms = &cache->magazines;
	struct carve_file *ctx = test->priv;
	void *p[40];
	int i;

	KUNIT_EXPECT_EQ(test, carve_file_write(test, "caches", "kmalloc-64 2 3 0"), 0);
	KUNIT_EXPECT_EQ(test, ms->batch, 2);
	KUNIT_EXPECT_EQ(test, ms->base, 0);
	KUNIT_EXPECT_EQ(test, cache->oo.max_empty, 0);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = carve_kmalloc(ctx->co, 64, GFP_KERNEL);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_kfree(ctx->co, p[i]);
	KUNIT_EXPECT_LE(test, carve_magazine_count(ms->cpu[raw_smp_processor_id()]),
			3);
	KUNIT_EXPECT_EQ(test, cache->oo.empty.nr, 0);
	KUNIT_EXPECT_TRUE(test, strstr(carve_file_read(test, "caches"), "kmalloc-64 "));

	KUNIT_EXPECT_EQ(test, carve_file_write(test, "caches", "kmalloc-64 auto 5"), 0);
	KUNIT_EXPECT_EQ(test, ms->base, carve_cache_base_batch(cache));
	KUNIT_EXPECT_EQ(test, ms->batch, ms->base);
	KUNIT_EXPECT_EQ(test, cache->oo.max_empty, 5);
}

static void set_debugging(struct kunit *test, struct carve_cache *cache,
			  unsigned int flags)
{
	guard(mutex)(&cache->slabs->lock);
	KUNIT_EXPECT_EQ(test, carve_debug_switch(cache, flags), 0);
}

static void debugged_cache_cannot_be_tuned(struct kunit *test)
{
	struct carve_cache *cache = kmalloc_64(test);
	struct carve_magazines *ms = &cache->magazines;
	unsigned int batch, empty = cache->oo.max_empty;
	struct carve_file *ctx = test->priv;
	static const char * const lines[] = {
		"kmalloc-64 2 3 7", "kmalloc-64 auto 7",
	};
	unsigned int i;

	set_debugging(test, cache, CARVE_DEBUG_CHECKS);
	/* Refused while debugging is on */
	batch = ms->batch;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		KUNIT_EXPECT_EQ(test, carve_file_write(test, "caches",
						       lines[i]), -EBUSY);
		KUNIT_EXPECT_TRUE(test, strstr(ctx->reply.text,
					       "kmalloc-64 is being debugged"));
		KUNIT_EXPECT_EQ(test, carve_magazine_limit(ms->cpu[0]), 0);
		KUNIT_EXPECT_EQ(test, ms->batch, batch);
		KUNIT_EXPECT_EQ(test, cache->oo.max_empty, empty);
	}
	set_debugging(test, cache, 0);
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "caches", lines[0]), 0);
}

static void bad_cache_lines_are_refused(struct kunit *test)
{
	struct carve_file *ctx = test->priv;

	carve_file_refuses(test, "caches", "", "is not CACHE BATCH LIMIT EMPTY");
	carve_file_refuses(test, "caches", "kmalloc-64", "is not CACHE");
	carve_file_refuses(test, "caches", "kmalloc-64 1 2", "is not CACHE");
	carve_file_refuses(test, "caches", "kmalloc-64 1 2 3 4", "is not CACHE");
	carve_file_refuses(test, "caches", "kmalloc-64 automatic 1", "is not CACHE");
	carve_file_refuses(test, "caches", "kmalloc-64 0 2 3", "BATCH is from 1 to");
	carve_file_refuses(test, "caches", "kmalloc-64 1 99999 3", "LIMIT from 0 to");
	carve_file_refuses(test, "caches", "kmalloc-64 1 2 999999999", "EMPTY is from");
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "caches", "none 1 2 3"), -ENOENT);
	KUNIT_EXPECT_TRUE(test, strstr(ctx->reply.text, "there is no cache"));
}

static void shuffle_is_switched_on_and_off(struct kunit *test)
{
	struct carve_file *ctx = test->priv;

	KUNIT_EXPECT_STREQ(test, carve_file_read(test, "shuffle"), "1\n");
	KUNIT_EXPECT_EQ(test, carve_file_write(test, "shuffle", "0"), 0);
	KUNIT_EXPECT_FALSE(test, ctx->co->slabs.shuffle);
	KUNIT_EXPECT_STREQ(test, carve_file_read(test, "shuffle"), "0\n");
	carve_file_refuses(test, "shuffle", "no", "neither 0 nor 1");
	carve_file_refuses(test, "shuffle", "2", "neither 0 nor 1");
}

static struct kunit_case tune_cases[] = {
	KUNIT_CASE(min_free_sets_all_three_watermarks),
	KUNIT_CASE(min_free_is_at_most_half_of_the_carveout),
	KUNIT_CASE(min_free_takes_effect_at_once),
	KUNIT_CASE(min_free_is_distributed_by_zone_size),
	KUNIT_CASE(wait_is_limited_to_a_minute),
	KUNIT_CASE(bad_pcp_lines_are_refused),
	KUNIT_CASE(pcp_of_both_migratetypes_is_set),
	KUNIT_CASE(pcp_of_any_zone_can_be_set),
	KUNIT_CASE(limit_of_zero_disables_the_pcp),
	KUNIT_CASE(lower_limit_drains_a_full_pcp),
	KUNIT_CASE(magazine_bounds_are_enforced),
	KUNIT_CASE(random_settings_lose_no_pages),
	KUNIT_CASE(area_cache_is_limited_and_emptied),
	KUNIT_CASE(eager_accepts_only_booleans),
	KUNIT_CASE_PARAM(quotas_are_set_in_whole_pages, quota_gen_params),
	KUNIT_CASE(cache_settings_take_effect_at_once),
	KUNIT_CASE(debugged_cache_cannot_be_tuned),
	KUNIT_CASE(bad_cache_lines_are_refused),
	KUNIT_CASE(shuffle_is_switched_on_and_off),
	{ }
};

static struct kunit_suite tune_suite = {
	.name = "carveout_tune",
	.init = tune_init,
	.exit = carve_file_exit,
	.test_cases = tune_cases,
};

kunit_test_suite(tune_suite);
