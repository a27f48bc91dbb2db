// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of zones: the order in which they serve requests, and down to which
 * watermark. Each case has a carveout of four zones of ordinary memory and sets
 * the type of each zone itself, so that nothing depends on the location of the
 * memory.
 */
#include <linux/kernel.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "page/pages_inline.h"
#include "page/reclaim.h"
#include "region/zone_limit.h"

#define ZONE_SIZE SZ_1M
#define NR_ZONES 4
#define CTX_PAGES (NR_ZONES * ZONE_SIZE / PAGE_SIZE)
#define QUICKLY (GFP_ATOMIC | __GFP_NOWARN)
/* Uses the reserve, and doesn't wake background reclaim */
#define PLAINLY (GFP_KERNEL | __GFP_NOWARN)

/* Short names for the tables */
enum { DMA, DMA32, NORMAL, HIGH };

struct ctx {
	struct carveout *co;
	struct carve_page **pages;
	unsigned int nr;
};

/* Rebuild the zonelists for these types, without watermarks and waiting */
static void set_types(struct carveout *co, const enum carve_zone_type *types)
{
	struct carve_zone *zone;

	carve_for_each_zone(zone, &co->pages)
		zone->type = types[zone - co->pages.zone];
	carve_pages_start(&co->pages);
	carve_for_each_zone(zone, &co->pages)
		carve_zone_set_watermarks(zone, 0);
}

static int zone_init(struct kunit *test)
{
	static const enum carve_zone_type one_of_each[] = {
		CARVE_ZONE_DMA, CARVE_ZONE_DMA32, CARVE_ZONE_NORMAL,
		CARVE_ZONE_HIGHMEM,
	};
	struct carveout_request request = { .name = "zones" };
	struct ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->pages = kunit_kcalloc(test, CTX_PAGES, sizeof(*ctx->pages),
				   GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->pages);
	while (request.nr_zones < NR_ZONES)
		request.zone[request.nr_zones++] = (struct carve_region_request){
			.size = ZONE_SIZE, .source = "contig",
			.node = NUMA_NO_NODE,
		};
	ctx->co = carveout_create(&request);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->co);
	ctx->co->pages.wait_ms = 0;
	set_types(ctx->co, one_of_each);
	test->priv = ctx;
	carve_fixture_stay_on_cpu(test);
	return 0;
}

static void zone_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	if (ctx)
		carve_fixture_destroy(test, ctx->co);
}

static void fill(struct ctx *ctx, gfp_t gfp, unsigned int order)
{
	while (ctx->nr < CTX_PAGES) {
		struct carve_page *page = carve_alloc_pages(ctx->co, gfp, order);

		if (!page)
			break;
		ctx->pages[ctx->nr++] = page;
	}
}

static void empty(struct ctx *ctx)
{
	while (ctx->nr) {
		struct carve_page *page = ctx->pages[--ctx->nr];

		carve_free_pages(ctx->co, page, page->order);
	}
}

static unsigned long nr_all(const struct carveout *co)
{
	return carve_pages_nr_managed(&co->pages);
}

/* Zone fallback */

struct fallback {
	const char *name;
	gfp_t gfp;
	unsigned int nr;
	unsigned int zone[NR_ZONES];
};

static const struct fallback fallbacks[] = {
	{ "DMA", __GFP_DMA, 1, { DMA } },
	{ "DMA32", __GFP_DMA32, 2, { DMA32, DMA } },
	{ "NORMAL", 0, 4, { NORMAL, DMA32, DMA, HIGH } },
	{ "HIGHMEM", __GFP_HIGHMEM, 4, { HIGH, NORMAL, DMA32, DMA } },
	{ "DMA and DMA32", __GFP_DMA | __GFP_DMA32, 1, { DMA } },
	{ "DMA and HIGHMEM", __GFP_DMA | __GFP_HIGHMEM, 1, { DMA } },
	{ "DMA32 and HIGHMEM", __GFP_DMA32 | __GFP_HIGHMEM, 2, { DMA32, DMA } },
};

static void get_fallback_name(const struct fallback *f, char *name)
{
	strscpy(name, f->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(fallbacks, fallbacks, get_fallback_name);

/* Zones are used up in this order, to the last page, and no others are used */
static void zones_fall_back_in_the_kernels_order(struct kunit *test)
{
	const struct fallback *f = test->param_value;
	struct ctx *ctx = test->priv;
	struct carve_zone *zones = ctx->co->pages.zone;
	unsigned int i, page = 0;

	fill(ctx, PLAINLY | f->gfp, 0);
	for (i = 0; i < f->nr; i++) {
		unsigned long nr = zones[f->zone[i]].nr_managed;

		for (; nr && page < ctx->nr; nr--, page++)
			KUNIT_ASSERT_EQ_MSG(test, ctx->pages[page]->zone,
					    f->zone[i], "page %u", page);
		KUNIT_EXPECT_EQ_MSG(test, nr, 0, "zone %u isn't used up",
				    f->zone[i]);
	}
	KUNIT_EXPECT_EQ(test, page, ctx->nr);
	empty(ctx);
}

/* The same for blocks beyond the pcp, and for high-priority requests */
static void blocks_and_high_priority_requests_fall_back_alike(struct kunit *test)
{
	const struct fallback *f = test->param_value;
	struct ctx *ctx = test->priv;
	unsigned int i, rank = 0;

	fill(ctx, QUICKLY | f->gfp, 4);
	for (i = 0; i < ctx->nr; i++) {
		while (rank < f->nr && ctx->pages[i]->zone != f->zone[rank])
			rank++;
		KUNIT_ASSERT_LT_MSG(test, rank, f->nr,
				    "block %u is from zone %u", i,
				    ctx->pages[i]->zone);
	}
	KUNIT_EXPECT_EQ(test, rank, f->nr - 1);
	empty(ctx);
}

static void dma_request_is_never_served_from_another_zone(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_zone *dma = &ctx->co->pages.zone[DMA];
	struct carve_page *page;

	fill(ctx, QUICKLY | __GFP_DMA, 0);
	KUNIT_EXPECT_EQ(test, ctx->nr, dma->nr_managed);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_left(&ctx->co->pages.zone[NORMAL]),
			ctx->co->pages.zone[NORMAL].nr_managed);
	KUNIT_EXPECT_NULL(test, carve_alloc_page(ctx->co, PLAINLY | __GFP_DMA));
	KUNIT_EXPECT_NULL(test, carve_kmalloc(ctx->co, 3 * PAGE_SIZE,
					      PLAINLY | __GFP_DMA));
	/* The other zones still serve requests that may use them */
	page = carve_alloc_page(ctx->co, PLAINLY);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, page->zone, NORMAL);
	carve_free_page(ctx->co, page);
	empty(ctx);
}

static void request_without_a_suitable_zone_fails(struct kunit *test)
{
	static const enum carve_zone_type types[] = {
		CARVE_ZONE_NORMAL, CARVE_ZONE_NORMAL, CARVE_ZONE_HIGHMEM,
		CARVE_ZONE_NORMAL,
	};
	struct ctx *ctx = test->priv;
	struct carveout *co = ctx->co;

	set_types(co, types);
	KUNIT_EXPECT_NULL(test, carve_alloc_page(co, QUICKLY | __GFP_DMA));
	KUNIT_EXPECT_NULL(test, carve_alloc_page(co, PLAINLY | __GFP_DMA32));
	/* Waiting doesn't help: even with no limit there is no zone */
	KUNIT_EXPECT_NULL(test, carve_alloc_page(co, PLAINLY | __GFP_DMA |
						 __GFP_NOFAIL));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_failed), 3);
	/* Zones of one type are used in the order of their creation */
	fill(ctx, PLAINLY, 0);
	KUNIT_ASSERT_EQ(test, ctx->nr, nr_all(co));
	KUNIT_EXPECT_EQ(test, ctx->pages[0]->zone, 0);
	KUNIT_EXPECT_EQ(test, ctx->pages[co->pages.zone[0].nr_managed]->zone, 1);
	KUNIT_EXPECT_EQ(test, ctx->pages[ctx->nr - 1]->zone, 2);
	empty(ctx);
}

/* Only this zone lacks the block, although it has enough pages */
static void unavailable_order_comes_from_the_next_zone(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_zone *zone = &ctx->co->pages.zone[NORMAL];
	unsigned int top = zone->buddy.max_order;
	struct carve_page *page, *block;

	/* With one page allocated, the zone doesn't have two blocks of half its size */
	page = carve_alloc_page(ctx->co, PLAINLY);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, page->zone, NORMAL);
	block = carve_alloc_pages(ctx->co, PLAINLY, top);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_NE(test, block->zone, NORMAL);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_left(zone), zone->nr_managed - 1);
	carve_free_pages(ctx->co, block, top);
	carve_free_page(ctx->co, page);
}

/* Zone types */

static void expect_type(struct kunit *test, phys_addr_t start, u64 bytes,
			bool highmem, enum carve_zone_type type, const char *name)
{
	struct carve_zone *zone = kunit_kzalloc(test, sizeof(*zone), GFP_KERNEL);
	const struct carve_region region = {
		.start_pfn = PHYS_PFN(start),
		.nr_pages = bytes >> PAGE_SHIFT,
		.highmem = highmem,
	};

	KUNIT_ASSERT_NOT_NULL(test, zone);
	carve_zone_init(zone, &region, NULL, 0);
	KUNIT_EXPECT_EQ_MSG(test, zone->type, type, "at %pa", &start);
	KUNIT_EXPECT_STREQ(test, carve_zone_name(zone), name);
}

/* Regions of one type, between these addresses, and one that crosses the end */
static void expect_types(struct kunit *test, phys_addr_t start, phys_addr_t end,
			 enum carve_zone_type type, const char *name,
			 enum carve_zone_type above, const char *name_above)
{
	expect_type(test, start, SZ_1M, false, type, name);
	expect_type(test, end - SZ_1M, SZ_1M, false, type, name);
	expect_type(test, end - SZ_1M, SZ_1M + PAGE_SIZE, false, above, name_above);
	expect_type(test, end, SZ_1M, false, above, name_above);
}

static void zone_type_follows_from_the_physical_address(struct kunit *test)
{
	phys_addr_t dma = carve_region_zone_limit(__GFP_DMA) + 1;
	phys_addr_t dma32 = carve_region_zone_limit(__GFP_DMA32) + 1;

	KUNIT_ASSERT_GE(test, dma32, SZ_4G);
	if (dma < dma32) {
		expect_types(test, SZ_1M, dma, CARVE_ZONE_DMA, "DMA",
			     CARVE_ZONE_DMA32, "DMA32");
		expect_types(test, dma, dma32, CARVE_ZONE_DMA32, "DMA32",
			     CARVE_ZONE_NORMAL, "Normal");
	} else {
		expect_types(test, SZ_1M, dma, CARVE_ZONE_DMA, "DMA",
			     CARVE_ZONE_NORMAL, "Normal");
	}
	expect_type(test, 64 * SZ_4G, SZ_1G, false, CARVE_ZONE_NORMAL, "Normal");
	expect_type(test, SZ_1M, SZ_1M, true, CARVE_ZONE_HIGHMEM, "HighMem");
	expect_type(test, 64 * SZ_4G, SZ_1M, true, CARVE_ZONE_HIGHMEM, "HighMem");
}

#ifdef CONFIG_ZONE_DMA
/* Pages at both ends of each of the kernel's zones that has memory */
static void zone_limits_agree_with_the_kernels_zones(struct kunit *test)
{
	phys_addr_t limit = carve_region_zone_limit(__GFP_DMA);
	unsigned int node, type, nr = 0;

	for_each_online_node(node) {
		for (type = 0; type < MAX_NR_ZONES; type++) {
			const struct zone *zone = &NODE_DATA(node)->node_zones[type];
			unsigned long end = zone_end_pfn(zone);

			if (type == ZONE_MOVABLE || !zone->spanned_pages)
				continue;
			KUNIT_EXPECT_EQ(test, type == ZONE_DMA,
					PFN_PHYS(zone->zone_start_pfn) <= limit);
			KUNIT_EXPECT_EQ(test, type == ZONE_DMA,
					PFN_PHYS(end) - 1 <= limit);
			nr++;
		}
	}
	KUNIT_EXPECT_GT(test, nr, 0U);
	if (IS_ENABLED(CONFIG_X86))
		KUNIT_EXPECT_EQ(test, limit, SZ_16M - 1);
}
#else
static void zone_limits_agree_with_the_kernels_zones(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, carve_region_zone_limit(__GFP_DMA), SZ_16M - 1);
}
#endif

/* Addresses and descriptors */

static const struct carve_zone *zone_around(const struct carveout *co,
					    const void *addr)
{
	const struct carve_zone *zone;

	carve_for_each_zone(zone, &co->pages)
		if (addr >= zone->region->virt &&
		    addr < zone->region->virt + carve_region_bytes(zone->region))
			return zone;
	return NULL;
}

static void expect_lookup(struct kunit *test, struct carveout *co,
			  const void *addr)
{
	const struct carve_zone *zone = zone_around(co, addr);
	struct carve_page *page = carve_virt_to_page(co, addr);

	if (!zone) {
		KUNIT_EXPECT_NULL(test, page);
		return;
	}
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_PTR_EQ(test, carve_page_zone(&co->pages, page), zone);
	KUNIT_EXPECT_PTR_EQ(test, carve_page_address(co, page),
			    PTR_ALIGN_DOWN((void *)addr, PAGE_SIZE));
}

static void addresses_at_the_edges_find_their_zone(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	const struct carve_zone *zone;

	carve_for_each_zone(zone, &ctx->co->pages) {
		const void *start = zone->region->virt;
		const void *end = start + carve_region_bytes(zone->region);

		expect_lookup(test, ctx->co, start - 1);
		expect_lookup(test, ctx->co, start);
		expect_lookup(test, ctx->co, start + PAGE_SIZE + 1);
		expect_lookup(test, ctx->co, end - 1);
		expect_lookup(test, ctx->co, end);
	}
	expect_lookup(test, ctx->co, NULL);
	expect_lookup(test, ctx->co, &ctx);
	expect_lookup(test, ctx->co, (void *)~0UL);
}

static void page_and_physical_addresses_correspond(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int i;

	fill(ctx, PLAINLY, 0);
	KUNIT_ASSERT_EQ(test, ctx->nr, nr_all(ctx->co));
	for (i = 0; i < ctx->nr; i++) {
		const struct carve_region *region;
		void *addr = carve_page_address(ctx->co, ctx->pages[i]);

		region = carve_page_zone(&ctx->co->pages, ctx->pages[i])->region;
		KUNIT_ASSERT_EQ(test, addr - region->virt,
				carve_page_to_phys(ctx->co, ctx->pages[i]) -
				carve_region_phys(region));
		KUNIT_ASSERT_PTR_EQ(test, carve_virt_to_page(ctx->co, addr),
				    ctx->pages[i]);
	}
	empty(ctx);
}

static void foreign_descriptor_is_refused(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_pages *ps = &ctx->co->pages;
	struct carve_page stray = { .state = CARVE_PAGE_USED };

	carve_free_page(ctx->co, &stray);
	carve_free_page(ctx->co, ps->map - 1);
	carve_free_page(ctx->co, ps->map + ps->nr_pages);
	carve_free_page(ctx->co, (void *)(ps->map + 300) + 1);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 4);
	KUNIT_EXPECT_EQ(test, stray.state, CARVE_PAGE_USED);
}

/* Frees */

static void pages_are_freed_to_their_zone(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_zone *zone = ctx->co->pages.zone;
	unsigned long left[NR_ZONES];
	unsigned int i, z;

	fill(ctx, PLAINLY, 0);
	for (z = 0; z < NR_ZONES; z++)
		left[z] = carve_fixture_nr_left(&zone[z]);
	/* Free every second page first, so that all zones receive pages in turn */
	for (i = 0; i < ctx->nr; i += 2) {
		left[ctx->pages[i]->zone]++;
		carve_free_page(ctx->co, ctx->pages[i]);
		for (z = 0; z < NR_ZONES; z++)
			KUNIT_ASSERT_EQ(test, carve_fixture_nr_left(&zone[z]), left[z]);
	}
	for (i = 1; i < ctx->nr; i += 2)
		carve_free_page(ctx->co, ctx->pages[i]);
	ctx->nr = 0;
}

static void each_zone_has_its_own_pcp(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_page *page[NR_ZONES];
	unsigned int i, z;
	static const gfp_t modifier[NR_ZONES] = {
		__GFP_DMA, __GFP_DMA32, 0, __GFP_HIGHMEM,
	};

	carve_fixture_needs_magazines(test, ctx->co->pages.zone[DMA]
					    .pcp[CARVE_MIGRATE_UNMOVABLE][0]);
	for (z = 0; z < NR_ZONES; z++) {
		page[z] = carve_alloc_page(ctx->co, PLAINLY | modifier[z]);
		KUNIT_ASSERT_NOT_NULL(test, page[z]);
		KUNIT_ASSERT_EQ(test, page[z]->zone, z);
	}
	carve_pages_drain(&ctx->co->pages);
	for (z = 0; z < NR_ZONES; z++) {
		carve_free_page(ctx->co, page[z]);
		for (i = 0; i < NR_ZONES; i++)
			KUNIT_EXPECT_EQ_MSG(test,
					    carve_zone_nr_pcp(&ctx->co->pages.zone[i]),
					    i <= z ? 1 : 0, "zone %u of %u", i, z);
	}
	/* Each zone allocates its most recently freed page first */
	for (z = 0; z < NR_ZONES; z++)
		KUNIT_EXPECT_PTR_EQ(test, page[z],
				    carve_alloc_page(ctx->co, PLAINLY | modifier[z]));
	for (z = 0; z < NR_ZONES; z++)
		carve_free_page(ctx->co, page[z]);
}

/* The layers above */

static void cache_allocates_slabs_from_all_zones(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_cache *cache = carve_cache_create(ctx->co, "wide", 2048, 0,
						       0, NULL);
	unsigned int seen[NR_ZONES] = { };
	void *object, *list = NULL;
	unsigned int z;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	while ((object = carve_cache_alloc(cache, PLAINLY))) {
		struct carve_page *page = carve_virt_to_page(ctx->co, object);

		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_ASSERT_LT(test, page->zone, NR_ZONES);
		seen[page->zone]++;
		*(void **)object = list;
		list = object;
	}
	for (z = 0; z < NR_ZONES; z++)
		KUNIT_EXPECT_GT_MSG(test, seen[z], 0, "zone %u", z);
	while ((object = list)) {
		list = *(void **)object;
		carve_cache_free(cache, object);
	}
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

static void kmalloc_honours_the_zone_modifier(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	void *p = carve_kmalloc(ctx->co, 5 * PAGE_SIZE, PLAINLY | __GFP_DMA32);
	struct carve_page *page = carve_virt_to_page(ctx->co, p);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, page->zone, DMA32);
	KUNIT_EXPECT_EQ(test, carve_ksize(ctx->co, p), 8 * PAGE_SIZE);
	carve_kfree(ctx->co, p);
}

/* Larger than any zone, so that no block could hold it */
static void area_spans_several_zones(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	const unsigned long nr = 5 * ZONE_SIZE / 2 / sizeof(u64);
	struct carve_zone *zone;
	u64 *area = carve_vmalloc(ctx->co, nr * sizeof(*area));
	unsigned int touched = 0;
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, area);
	carve_for_each_zone(zone, &ctx->co->pages)
		touched += carve_fixture_nr_left(zone) < zone->nr_managed;
	KUNIT_EXPECT_GE(test, touched, 3);
	for (i = 0; i < nr; i += 64)
		area[i] = i;
	for (i = 0; i < nr; i += 64)
		KUNIT_ASSERT_EQ(test, area[i], i);
	carve_vfree(ctx->co, area);
	carve_vmap_flush(&ctx->co->vmap);
}

/* Watermarks */

/* The low watermarks don't move, so background reclaim stays idle */
static void set_min(struct carveout *co, unsigned int z, unsigned long min)
{
	WRITE_ONCE(co->pages.zone[z].watermark[CARVE_WMARK_MIN], min);
}

static void every_zone_has_its_own_reserve(struct kunit *test)
{
	static const unsigned long reserve[NR_ZONES] = { 10, 20, 0, 7 };
	struct ctx *ctx = test->priv;
	unsigned int z;

	for (z = 0; z < NR_ZONES; z++)
		set_min(ctx->co, z, reserve[z]);
	fill(ctx, PLAINLY, 0);
	for (z = 0; z < NR_ZONES; z++)
		KUNIT_EXPECT_EQ_MSG(test, carve_fixture_nr_left(&ctx->co->pages.zone[z]),
				    reserve[z], "zone %u", z);
	KUNIT_EXPECT_EQ(test, ctx->nr, nr_all(ctx->co) - 37);
	fill(ctx, QUICKLY, 0);
	KUNIT_EXPECT_EQ(test, ctx->nr, nr_all(ctx->co));
	empty(ctx);
}

/* A reserve is used only when no zone has a page above its own reserve */
static void high_priority_uses_reserves_last(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int i, z;

	for (z = 0; z < NR_ZONES; z++)
		set_min(ctx->co, z, 50);
	fill(ctx, QUICKLY, 0);
	KUNIT_ASSERT_EQ(test, ctx->nr, nr_all(ctx->co));
	/* The last 200 pages are the reserves, in the same order of zones */
	for (i = 0; i < 200; i++) {
		static const unsigned int order[] = { NORMAL, DMA32, DMA, HIGH };

		KUNIT_ASSERT_EQ_MSG(test, ctx->pages[ctx->nr - 200 + i]->zone,
				    order[i / 50], "page %u of the reserves", i);
	}
	empty(ctx);
}

static void default_reserve_follows_the_kernels_formula(struct kunit *test)
{
	static const struct { unsigned long pages_4k, min_kib; } native[] = {
		/* 4 * sqrt(KiB), as in init_per_zone_wmark_min() */
		{ SZ_1M / SZ_4K, 128 },
		{ SZ_16M / SZ_4K, 512 },
		{ SZ_64M / SZ_4K, 1024 },
		{ SZ_1G / SZ_4K, 4096 },
	};
	struct ctx *ctx = test->priv;
	struct carve_zone *zone;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(native); i++) {
		const struct carve_zone sized = {
			.nr_managed = native[i].pages_4k / (PAGE_SIZE / SZ_4K),
		};

		KUNIT_EXPECT_EQ(test, carve_zone_default_min(&sized),
				native[i].min_kib / (PAGE_SIZE / SZ_1K));
	}
	/* These are the values after set-up */
	carve_pages_start(&ctx->co->pages);
	carve_for_each_zone(zone, &ctx->co->pages) {
		unsigned long min = carve_zone_default_min(zone);

		KUNIT_EXPECT_GT(test, min, 0);
		KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_MIN], min);
		KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_LOW],
				min + min / 4);
		KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_HIGH],
				min + min / 2);
	}
}

/* Background reclaim */

/* Leave a reclaimable page in a per-CPU list */
static void put_page_on_pcp(struct kunit *test, struct carveout *co)
{
	carve_free_page(co, carve_alloc_page(co, PLAINLY));
	carve_fixture_needs_magazines(test,
				      carve_zone_nr_pcp(&co->pages.zone[NORMAL]));
}

static void let_background_finish(struct carveout *co)
{
	irq_work_sync(&co->pages.wake);
	flush_work(&co->pages.background);
	/* Otherwise the next case would have to wait for the back-off */
	co->pages.backoff_until = jiffies;
}

static bool collects(struct kunit *test, gfp_t gfp, unsigned long low,
		     unsigned long high)
{
	struct ctx *ctx = test->priv;
	struct carve_zone *zone = &ctx->co->pages.zone[NORMAL];
	const unsigned int order = 5;
	struct carve_page *page;

	carve_zone_set_watermarks(zone, 0);
	put_page_on_pcp(test, ctx->co);
	zone->watermark[CARVE_WMARK_LOW] = low;
	zone->watermark[CARVE_WMARK_HIGH] = high;
	page = carve_alloc_pages(ctx->co, gfp, order);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, page->zone, NORMAL);
	let_background_finish(ctx->co);
	carve_free_pages(ctx->co, page, order);
	return !carve_zone_nr_pcp(zone);
}

static void background_reclaim_runs_from_low_to_high_watermark(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned long all = ctx->co->pages.zone[NORMAL].nr_managed;

	/* Below low: woken, and it reclaims, since high is not reached yet */
	KUNIT_EXPECT_TRUE(test, collects(test, QUICKLY, all, all));
	KUNIT_EXPECT_TRUE(test, collects(test, PLAINLY, all, all));
	/* Above low: not woken, although below high */
	KUNIT_EXPECT_FALSE(test, collects(test, QUICKLY, 0, all));
	/* Woken, but there is nothing to do above high */
	KUNIT_EXPECT_FALSE(test, collects(test, QUICKLY, all, 0));
	/* Not woken by requests without __GFP_KSWAPD_RECLAIM */
	KUNIT_EXPECT_FALSE(test, collects(test, PLAINLY & ~__GFP_KSWAPD_RECLAIM,
					  all, all));
}

static void interrupts_off_wake_background_reclaim(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_zone *zone = &ctx->co->pages.zone[NORMAL];
	struct carve_page *page;
	unsigned long flags;

	put_page_on_pcp(test, ctx->co);
	zone->watermark[CARVE_WMARK_LOW] = zone->nr_managed;
	zone->watermark[CARVE_WMARK_HIGH] = zone->nr_managed;
	local_irq_save(flags);
	page = carve_alloc_pages(ctx->co, QUICKLY, 5);
	local_irq_restore(flags);
	KUNIT_ASSERT_NOT_NULL(test, page);
	let_background_finish(ctx->co);
	KUNIT_EXPECT_EQ(test, carve_zone_nr_pcp(zone), 0);
	carve_free_pages(ctx->co, page, 5);
}

/* A shrinker that has nothing to free */
struct asked {
	struct carve_shrinker shrinker;
	unsigned int times;
};

static unsigned long be_asked(struct carve_shrinker *shrinker)
{
	container_of(shrinker, struct asked, shrinker)->times++;
	return 0;
}

static void wake_background(struct kunit *test, struct carveout *co)
{
	struct carve_page *page = carve_alloc_pages(co, QUICKLY, 5);

	KUNIT_ASSERT_NOT_NULL(test, page);
	irq_work_sync(&co->pages.wake);
	flush_work(&co->pages.background);
	carve_free_pages(co, page, 5);
}

static void background_reclaim_backs_off_when_futile(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_pages *pages = &ctx->co->pages;
	struct carve_zone *zone = &pages->zone[NORMAL];
	struct asked asked = { .shrinker.shrink = be_asked };
	unsigned long begun = jiffies;
	int i;

	let_background_finish(ctx->co);
	carve_pages_add_shrinker(pages, &asked.shrinker);
	zone->watermark[CARVE_WMARK_LOW] = zone->nr_managed;
	zone->watermark[CARVE_WMARK_HIGH] = zone->nr_managed;
	wake_background(test, ctx->co);
	KUNIT_EXPECT_EQ(test, asked.times, 1);
	KUNIT_EXPECT_TRUE(test, time_after(pages->backoff_until, begun));
	/* A long time, for slow machines */
	pages->backoff_until = jiffies + 600 * HZ;
	for (i = 0; i < 10; i++)
		wake_background(test, ctx->co);
	KUNIT_EXPECT_EQ(test, asked.times, 1);
	pages->backoff_until = jiffies;
	wake_background(test, ctx->co);
	KUNIT_EXPECT_EQ(test, asked.times, 2);
	list_del(&asked.shrinker.list);
}

static struct kunit_case zone_cases[] = {
	KUNIT_CASE_PARAM(zones_fall_back_in_the_kernels_order, fallbacks_gen_params),
	KUNIT_CASE_PARAM(blocks_and_high_priority_requests_fall_back_alike,
			 fallbacks_gen_params),
	KUNIT_CASE(dma_request_is_never_served_from_another_zone),
	KUNIT_CASE(request_without_a_suitable_zone_fails),
	KUNIT_CASE(unavailable_order_comes_from_the_next_zone),
	KUNIT_CASE(zone_type_follows_from_the_physical_address),
	KUNIT_CASE(zone_limits_agree_with_the_kernels_zones),
	KUNIT_CASE(addresses_at_the_edges_find_their_zone),
	KUNIT_CASE(page_and_physical_addresses_correspond),
	KUNIT_CASE(foreign_descriptor_is_refused),
	KUNIT_CASE(pages_are_freed_to_their_zone),
	KUNIT_CASE(each_zone_has_its_own_pcp),
	KUNIT_CASE(cache_allocates_slabs_from_all_zones),
	KUNIT_CASE(kmalloc_honours_the_zone_modifier),
	KUNIT_CASE(area_spans_several_zones),
	KUNIT_CASE(every_zone_has_its_own_reserve),
	KUNIT_CASE(high_priority_uses_reserves_last),
	KUNIT_CASE(default_reserve_follows_the_kernels_formula),
	KUNIT_CASE(background_reclaim_runs_from_low_to_high_watermark),
	KUNIT_CASE(background_reclaim_backs_off_when_futile),
	KUNIT_CASE(interrupts_off_wake_background_reclaim),
	{ }
};

static struct kunit_suite zone_suite = {
	.name = "carveout_zone",
	.init = zone_init,
	.exit = zone_exit,
	.test_cases = zone_cases,
};

kunit_test_suite(zone_suite);
