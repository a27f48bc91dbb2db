// SPDX-License-Identifier: GPL-2.0
/*
 * Zones: which of them serve what, in what order, and down to where. Each case
 * has a carveout of four zones of ordinary memory, and says itself what type
 * each of them is to be: so nothing depends on where the memory lies.
 */
#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <carveout.h>

#include "kunit/testbed.h"

#define ZONE_SIZE SZ_1M
#define NR_ZONES 4
#define BED_PAGES (NR_ZONES * ZONE_SIZE / PAGE_SIZE)
#define QUICKLY (GFP_ATOMIC | __GFP_NOWARN)
/* Neither the reserve nor the background has a part in it */
#define PLAINLY (GFP_KERNEL | __GFP_NOWARN)

/* Short names, for the tables */
enum { DMA, DMA32, NORMAL, HIGH };

struct bed {
	struct carveout *co;
	struct carve_page **pages;
	unsigned int nr;
};

/* The zonelists follow from the types; marks and waiting are for who tests them */
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
	struct bed *bed = kunit_kzalloc(test, sizeof(*bed), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bed);
	bed->pages = kunit_kcalloc(test, BED_PAGES, sizeof(*bed->pages),
				   GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bed->pages);
	while (request.nr_zones < NR_ZONES)
		request.zone[request.nr_zones++] = (struct carve_region_request){
			.size = ZONE_SIZE, .source = "contig",
			.node = NUMA_NO_NODE,
		};
	bed->co = carveout_create(&request);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bed->co);
	bed->co->pages.wait_ms = 0;
	set_types(bed->co, one_of_each);
	test->priv = bed;
	carve_testbed_stay_on_cpu(test);
	return 0;
}

static void zone_exit(struct kunit *test)
{
	struct bed *bed = test->priv;

	if (bed)
		carve_testbed_destroy(test, bed->co);
}

static void fill(struct bed *bed, gfp_t gfp, unsigned int order)
{
	while (bed->nr < BED_PAGES) {
		struct carve_page *page = carve_alloc_pages(bed->co, gfp, order);

		if (!page)
			break;
		bed->pages[bed->nr++] = page;
	}
}

static void empty(struct bed *bed)
{
	while (bed->nr) {
		struct carve_page *page = bed->pages[--bed->nr];

		carve_free_pages(bed->co, page, page->order);
	}
}

static unsigned long nr_all(const struct carveout *co)
{
	return carve_pages_nr_managed(&co->pages);
}

/* Fallback */

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

/* Each zone to its last page, in this order, and no other */
static void zones_fall_back_in_native_order(struct kunit *test)
{
	const struct fallback *f = test->param_value;
	struct bed *bed = test->priv;
	struct carve_zone *zones = bed->co->pages.zone;
	unsigned int i, page = 0;

	fill(bed, PLAINLY | f->gfp, 0);
	for (i = 0; i < f->nr; i++) {
		unsigned long nr = zones[f->zone[i]].nr_managed;

		for (; nr && page < bed->nr; nr--, page++)
			KUNIT_ASSERT_EQ_MSG(test, bed->pages[page]->zone,
					    f->zone[i], "page %u", page);
		KUNIT_EXPECT_EQ_MSG(test, nr, 0, "zone %u isn't used up",
				    f->zone[i]);
	}
	KUNIT_EXPECT_EQ(test, page, bed->nr);
	empty(bed);
}

/* The same with what is past the stores, and for the urgent */
static void blocks_and_the_urgent_fall_back_alike(struct kunit *test)
{
	const struct fallback *f = test->param_value;
	struct bed *bed = test->priv;
	unsigned int i, rank = 0;

	fill(bed, QUICKLY | f->gfp, 4);
	for (i = 0; i < bed->nr; i++) {
		while (rank < f->nr && bed->pages[i]->zone != f->zone[rank])
			rank++;
		KUNIT_ASSERT_LT_MSG(test, rank, f->nr,
				    "block %u is from zone %u", i,
				    bed->pages[i]->zone);
	}
	KUNIT_EXPECT_EQ(test, rank, f->nr - 1);
	empty(bed);
}

static void dma_request_is_never_served_from_another_zone(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_zone *dma = &bed->co->pages.zone[DMA];
	struct carve_page *page;

	fill(bed, QUICKLY | __GFP_DMA, 0);
	KUNIT_EXPECT_EQ(test, bed->nr, dma->nr_managed);
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_left(&bed->co->pages.zone[NORMAL]),
			bed->co->pages.zone[NORMAL].nr_managed);
	KUNIT_EXPECT_NULL(test, carve_alloc_page(bed->co, PLAINLY | __GFP_DMA));
	KUNIT_EXPECT_NULL(test, carve_kmalloc(bed->co, 3 * PAGE_SIZE,
					      PLAINLY | __GFP_DMA));
	/* The others are there for those who can use them */
	page = carve_alloc_page(bed->co, PLAINLY);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, page->zone, NORMAL);
	carve_free_page(bed->co, page);
	empty(bed);
}

static void carveout_without_a_zone_that_low_refuses(struct kunit *test)
{
	static const enum carve_zone_type types[] = {
		CARVE_ZONE_NORMAL, CARVE_ZONE_NORMAL, CARVE_ZONE_HIGHMEM,
		CARVE_ZONE_NORMAL,
	};
	struct bed *bed = test->priv;
	struct carveout *co = bed->co;

	set_types(co, types);
	KUNIT_EXPECT_NULL(test, carve_alloc_page(co, QUICKLY | __GFP_DMA));
	KUNIT_EXPECT_NULL(test, carve_alloc_page(co, PLAINLY | __GFP_DMA32));
	/* No waiting helps: even without end there is none */
	KUNIT_EXPECT_NULL(test, carve_alloc_page(co, PLAINLY | __GFP_DMA |
						 __GFP_NOFAIL));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_failed), 3);
	/* Those of one type in the order that they were made in */
	fill(bed, PLAINLY, 0);
	KUNIT_ASSERT_EQ(test, bed->nr, nr_all(co));
	KUNIT_EXPECT_EQ(test, bed->pages[0]->zone, 0);
	KUNIT_EXPECT_EQ(test, bed->pages[co->pages.zone[0].nr_managed]->zone, 1);
	KUNIT_EXPECT_EQ(test, bed->pages[bed->nr - 1]->zone, 2);
	empty(bed);
}

/* Where the block isn't, though pages enough are */
static void order_that_one_zone_lacks_comes_from_the_next(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_zone *zone = &bed->co->pages.zone[NORMAL];
	unsigned int top = zone->buddy.max_order;
	struct carve_page *page, *block;

	/* With one page gone it has no block of half its size twice */
	page = carve_alloc_page(bed->co, PLAINLY);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, page->zone, NORMAL);
	block = carve_alloc_pages(bed->co, PLAINLY, top);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_NE(test, block->zone, NORMAL);
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_left(zone), zone->nr_managed - 1);
	carve_free_pages(bed->co, block, top);
	carve_free_page(bed->co, page);
}

/* Types */

static const struct {
	u64 start;
	u64 bytes;
	bool highmem;
	enum carve_zone_type type;
	const char *name;
} placed[] = {
	{ SZ_1M, SZ_1M, false, CARVE_ZONE_DMA, "DMA" },
	{ SZ_8M, SZ_8M, false, CARVE_ZONE_DMA, "DMA" },
	{ SZ_8M, SZ_8M + PAGE_SIZE, false, CARVE_ZONE_DMA32, "DMA32" },
	{ SZ_16M, SZ_1M, false, CARVE_ZONE_DMA32, "DMA32" },
	{ SZ_4G - SZ_1M, SZ_1M, false, CARVE_ZONE_DMA32, "DMA32" },
	{ SZ_4G - SZ_1M, SZ_1M + PAGE_SIZE, false, CARVE_ZONE_NORMAL, "Normal" },
	{ SZ_4G, SZ_1M, false, CARVE_ZONE_NORMAL, "Normal" },
	{ 64 * SZ_4G, SZ_1G, false, CARVE_ZONE_NORMAL, "Normal" },
	{ SZ_1M, SZ_1M, true, CARVE_ZONE_HIGHMEM, "HighMem" },
	{ 64 * SZ_4G, SZ_1M, true, CARVE_ZONE_HIGHMEM, "HighMem" },
};

static void type_follows_from_the_physical_address(struct kunit *test)
{
	struct carve_zone *zone = kunit_kzalloc(test, sizeof(*zone), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, zone);
	for (i = 0; i < ARRAY_SIZE(placed); i++) {
		const struct carve_region region = {
			.start_pfn = PHYS_PFN(placed[i].start),
			.nr_pages = placed[i].bytes >> PAGE_SHIFT,
			.highmem = placed[i].highmem,
		};

		carve_zone_init(zone, &region, NULL, 0);
		KUNIT_EXPECT_EQ_MSG(test, zone->type, placed[i].type, "row %u", i);
		KUNIT_EXPECT_STREQ(test, carve_zone_name(zone), placed[i].name);
	}
}

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
	struct bed *bed = test->priv;
	const struct carve_zone *zone;

	carve_for_each_zone(zone, &bed->co->pages) {
		const void *start = zone->region->virt;
		const void *end = start + carve_region_bytes(zone->region);

		expect_lookup(test, bed->co, start - 1);
		expect_lookup(test, bed->co, start);
		expect_lookup(test, bed->co, start + PAGE_SIZE + 1);
		expect_lookup(test, bed->co, end - 1);
		expect_lookup(test, bed->co, end);
	}
	expect_lookup(test, bed->co, NULL);
	expect_lookup(test, bed->co, &bed);
	expect_lookup(test, bed->co, (void *)~0UL);
}

static void page_address_and_physical_address_go_together(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned int i;

	fill(bed, PLAINLY, 0);
	KUNIT_ASSERT_EQ(test, bed->nr, nr_all(bed->co));
	for (i = 0; i < bed->nr; i++) {
		const struct carve_region *region;
		void *addr = carve_page_address(bed->co, bed->pages[i]);

		region = carve_page_zone(&bed->co->pages, bed->pages[i])->region;
		KUNIT_ASSERT_EQ(test, addr - region->virt,
				carve_page_to_phys(bed->co, bed->pages[i]) -
				carve_region_phys(region));
		KUNIT_ASSERT_PTR_EQ(test, carve_virt_to_page(bed->co, addr),
				    bed->pages[i]);
	}
	empty(bed);
}

static void descriptor_from_elsewhere_is_refused(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_pages *ps = &bed->co->pages;
	struct carve_page stray = { .state = CARVE_PAGE_USED };

	carve_free_page(bed->co, &stray);
	carve_free_page(bed->co, ps->map - 1);
	carve_free_page(bed->co, ps->map + ps->nr_pages);
	carve_free_page(bed->co, (void *)(ps->map + 300) + 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ps->nr_bad_frees), 4);
	KUNIT_EXPECT_EQ(test, stray.state, CARVE_PAGE_USED);
}

/* Frees */

static void pages_go_back_to_the_zone_they_came_from(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_zone *zone = bed->co->pages.zone;
	unsigned long left[NR_ZONES];
	unsigned int i, z;

	fill(bed, PLAINLY, 0);
	for (z = 0; z < NR_ZONES; z++)
		left[z] = carve_testbed_nr_left(&zone[z]);
	/* Every other one first, so that all zones are at it by turns */
	for (i = 0; i < bed->nr; i += 2) {
		left[bed->pages[i]->zone]++;
		carve_free_page(bed->co, bed->pages[i]);
		for (z = 0; z < NR_ZONES; z++)
			KUNIT_ASSERT_EQ(test, carve_testbed_nr_left(&zone[z]), left[z]);
	}
	for (i = 1; i < bed->nr; i += 2)
		carve_free_page(bed->co, bed->pages[i]);
	bed->nr = 0;
}

static void stores_belong_to_a_zone(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_page *page[NR_ZONES];
	unsigned int i, z;
	static const gfp_t modifier[NR_ZONES] = {
		__GFP_DMA, __GFP_DMA32, 0, __GFP_HIGHMEM,
	};

	if (!bed->co->pages.zone[DMA].store[CARVE_LONG_LIVED][0])
		kunit_skip(test, "zones are too small for stores on so many CPUs");
	for (z = 0; z < NR_ZONES; z++) {
		page[z] = carve_alloc_page(bed->co, PLAINLY | modifier[z]);
		KUNIT_ASSERT_NOT_NULL(test, page[z]);
		KUNIT_ASSERT_EQ(test, page[z]->zone, z);
	}
	carve_pages_drain(&bed->co->pages);
	for (z = 0; z < NR_ZONES; z++) {
		carve_free_page(bed->co, page[z]);
		for (i = 0; i < NR_ZONES; i++)
			KUNIT_EXPECT_EQ_MSG(test,
					    carve_zone_nr_stored(&bed->co->pages.zone[i]),
					    i <= z ? 1 : 0, "zone %u of %u", i, z);
	}
	/* And the hottest page of a zone is the one that it gives next */
	for (z = 0; z < NR_ZONES; z++)
		KUNIT_EXPECT_PTR_EQ(test, page[z],
				    carve_alloc_page(bed->co, PLAINLY | modifier[z]));
	for (z = 0; z < NR_ZONES; z++)
		carve_free_page(bed->co, page[z]);
}

/* The layers above */

static void cache_grows_over_all_zones(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_cache *cache = carve_cache_create(bed->co, "wide", 2048, 0,
						       0, NULL);
	unsigned int seen[NR_ZONES] = { };
	void *object, *list = NULL;
	unsigned int z;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	while ((object = carve_cache_alloc(cache, PLAINLY))) {
		struct carve_page *page = carve_virt_to_page(bed->co, object);

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
	struct bed *bed = test->priv;
	void *p = carve_kmalloc(bed->co, 5 * PAGE_SIZE, PLAINLY | __GFP_DMA32);
	struct carve_page *page = carve_virt_to_page(bed->co, p);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, page->zone, DMA32);
	KUNIT_EXPECT_EQ(test, carve_ksize(bed->co, p), 8 * PAGE_SIZE);
	carve_kfree(bed->co, p);
}

/* Larger than any zone: no block could hold it */
static void area_lies_in_several_zones(struct kunit *test)
{
	struct bed *bed = test->priv;
	const unsigned long nr = 5 * ZONE_SIZE / 2 / sizeof(u64);
	struct carve_zone *zone;
	u64 *area = carve_vmalloc(bed->co, nr * sizeof(*area));
	unsigned int touched = 0;
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, area);
	carve_for_each_zone(zone, &bed->co->pages)
		touched += carve_testbed_nr_left(zone) < zone->nr_managed;
	KUNIT_EXPECT_GE(test, touched, 3);
	for (i = 0; i < nr; i += 64)
		area[i] = i;
	for (i = 0; i < nr; i += 64)
		KUNIT_ASSERT_EQ(test, area[i], i);
	carve_vfree(bed->co, area);
	carve_vmap_flush(&bed->co->vmap);
}

/* Watermarks */

/* The low ones stay where they are, or the background would take part */
static void set_min(struct carveout *co, unsigned int z, unsigned long min)
{
	WRITE_ONCE(co->pages.zone[z].watermark[CARVE_WMARK_MIN], min);
}

static void every_zone_keeps_its_own_reserve(struct kunit *test)
{
	static const unsigned long reserve[NR_ZONES] = { 10, 20, 0, 7 };
	struct bed *bed = test->priv;
	unsigned int z;

	for (z = 0; z < NR_ZONES; z++)
		set_min(bed->co, z, reserve[z]);
	fill(bed, PLAINLY, 0);
	for (z = 0; z < NR_ZONES; z++)
		KUNIT_EXPECT_EQ_MSG(test, carve_testbed_nr_left(&bed->co->pages.zone[z]),
				    reserve[z], "zone %u", z);
	KUNIT_EXPECT_EQ(test, bed->nr, nr_all(bed->co) - 37);
	fill(bed, QUICKLY, 0);
	KUNIT_EXPECT_EQ(test, bed->nr, nr_all(bed->co));
	empty(bed);
}

/* A reserve is only touched when no zone has a page above its own */
static void urgent_takes_what_others_may_have_before_the_reserve(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned int i, z;

	for (z = 0; z < NR_ZONES; z++)
		set_min(bed->co, z, 50);
	fill(bed, QUICKLY, 0);
	KUNIT_ASSERT_EQ(test, bed->nr, nr_all(bed->co));
	/* The last 200 are the reserves, in the same order of zones */
	for (i = 0; i < 200; i++) {
		static const unsigned int order[] = { NORMAL, DMA32, DMA, HIGH };

		KUNIT_ASSERT_EQ_MSG(test, bed->pages[bed->nr - 200 + i]->zone,
				    order[i / 50], "page %u of the reserves", i);
	}
	empty(bed);
}

static void default_reserve_is_the_native_formula(struct kunit *test)
{
	static const struct { unsigned long pages_4k, min_kib; } native[] = {
		/* 4 * sqrt(KiB), as init_per_zone_wmark_min() has it */
		{ SZ_1M / SZ_4K, 128 },
		{ SZ_16M / SZ_4K, 512 },
		{ SZ_64M / SZ_4K, 1024 },
		{ SZ_1G / SZ_4K, 4096 },
	};
	struct bed *bed = test->priv;
	struct carve_zone *zone;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(native); i++) {
		const struct carve_zone sized = {
			.nr_managed = native[i].pages_4k / (PAGE_SIZE / SZ_4K),
		};

		KUNIT_EXPECT_EQ(test, carve_zone_default_min(&sized),
				native[i].min_kib / (PAGE_SIZE / SZ_1K));
	}
	/* And that is what set-up sets */
	carve_pages_start(&bed->co->pages);
	carve_for_each_zone(zone, &bed->co->pages) {
		unsigned long min = carve_zone_default_min(zone);

		KUNIT_EXPECT_GT(test, min, 0);
		KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_MIN], min);
		KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_LOW],
				min + min / 4);
		KUNIT_EXPECT_EQ(test, zone->watermark[CARVE_WMARK_HIGH],
				min + min / 2);
	}
}

/* The background */

/* Something for it to collect: a page in a store */
static void store_a_page(struct kunit *test, struct carveout *co)
{
	carve_free_page(co, carve_alloc_page(co, PLAINLY));
	if (!carve_zone_nr_stored(&co->pages.zone[NORMAL]))
		kunit_skip(test, "zones are too small for stores on so many CPUs");
}

static void let_background_finish(struct carveout *co)
{
	irq_work_sync(&co->pages.wake);
	flush_work(&co->pages.background);
	/* Or the next case would have to wait for it */
	co->pages.rest_until = jiffies;
}

static bool collects(struct kunit *test, gfp_t gfp, unsigned long low,
		     unsigned long high)
{
	struct bed *bed = test->priv;
	struct carve_zone *zone = &bed->co->pages.zone[NORMAL];
	const unsigned int order = 5;
	struct carve_page *page;

	carve_zone_set_watermarks(zone, 0);
	store_a_page(test, bed->co);
	zone->watermark[CARVE_WMARK_LOW] = low;
	zone->watermark[CARVE_WMARK_HIGH] = high;
	page = carve_alloc_pages(bed->co, gfp, order);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, page->zone, NORMAL);
	let_background_finish(bed->co);
	carve_free_pages(bed->co, page, order);
	return !carve_zone_nr_stored(zone);
}

static void background_collects_below_low_until_high(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned long all = bed->co->pages.zone[NORMAL].nr_managed;

	/* Below low: woken, and not at high yet: it collects */
	KUNIT_EXPECT_TRUE(test, collects(test, QUICKLY, all, all));
	KUNIT_EXPECT_TRUE(test, collects(test, PLAINLY, all, all));
	/* Above low: not woken, though it is below high */
	KUNIT_EXPECT_FALSE(test, collects(test, QUICKLY, 0, all));
	/* Woken, but there is nothing to do above high */
	KUNIT_EXPECT_FALSE(test, collects(test, QUICKLY, all, 0));
	/* Not to be woken by who doesn't want it */
	KUNIT_EXPECT_FALSE(test, collects(test, PLAINLY & ~__GFP_KSWAPD_RECLAIM,
					  all, all));
}

static void interrupts_off_are_no_hindrance_to_wake_the_background(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_zone *zone = &bed->co->pages.zone[NORMAL];
	struct carve_page *page;
	unsigned long flags;

	store_a_page(test, bed->co);
	zone->watermark[CARVE_WMARK_LOW] = zone->nr_managed;
	zone->watermark[CARVE_WMARK_HIGH] = zone->nr_managed;
	local_irq_save(flags);
	page = carve_alloc_pages(bed->co, QUICKLY, 5);
	local_irq_restore(flags);
	KUNIT_ASSERT_NOT_NULL(test, page);
	let_background_finish(bed->co);
	KUNIT_EXPECT_EQ(test, carve_zone_nr_stored(zone), 0);
	carve_free_pages(bed->co, page, 5);
}

/* One that is asked to give back, and has nothing */
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

static void background_rests_where_it_collects_in_vain(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_pages *pages = &bed->co->pages;
	struct carve_zone *zone = &pages->zone[NORMAL];
	struct asked asked = { .shrinker.shrink = be_asked };
	unsigned long begun = jiffies;
	int i;

	let_background_finish(bed->co);
	carve_pages_add_shrinker(pages, &asked.shrinker);
	zone->watermark[CARVE_WMARK_LOW] = zone->nr_managed;
	zone->watermark[CARVE_WMARK_HIGH] = zone->nr_managed;
	wake_background(test, bed->co);
	KUNIT_EXPECT_EQ(test, asked.times, 1);
	KUNIT_EXPECT_TRUE(test, time_after(pages->rest_until, begun));
	/* However slow this is */
	pages->rest_until = jiffies + 600 * HZ;
	for (i = 0; i < 10; i++)
		wake_background(test, bed->co);
	KUNIT_EXPECT_EQ(test, asked.times, 1);
	pages->rest_until = jiffies;
	wake_background(test, bed->co);
	KUNIT_EXPECT_EQ(test, asked.times, 2);
	list_del(&asked.shrinker.list);
}

static struct kunit_case zone_cases[] = {
	KUNIT_CASE_PARAM(zones_fall_back_in_native_order, fallbacks_gen_params),
	KUNIT_CASE_PARAM(blocks_and_the_urgent_fall_back_alike,
			 fallbacks_gen_params),
	KUNIT_CASE(dma_request_is_never_served_from_another_zone),
	KUNIT_CASE(carveout_without_a_zone_that_low_refuses),
	KUNIT_CASE(order_that_one_zone_lacks_comes_from_the_next),
	KUNIT_CASE(type_follows_from_the_physical_address),
	KUNIT_CASE(addresses_at_the_edges_find_their_zone),
	KUNIT_CASE(page_address_and_physical_address_go_together),
	KUNIT_CASE(descriptor_from_elsewhere_is_refused),
	KUNIT_CASE(pages_go_back_to_the_zone_they_came_from),
	KUNIT_CASE(stores_belong_to_a_zone),
	KUNIT_CASE(cache_grows_over_all_zones),
	KUNIT_CASE(kmalloc_honours_the_zone_modifier),
	KUNIT_CASE(area_lies_in_several_zones),
	KUNIT_CASE(every_zone_keeps_its_own_reserve),
	KUNIT_CASE(urgent_takes_what_others_may_have_before_the_reserve),
	KUNIT_CASE(default_reserve_is_the_native_formula),
	KUNIT_CASE(background_collects_below_low_until_high),
	KUNIT_CASE(background_rests_where_it_collects_in_vain),
	KUNIT_CASE(interrupts_off_are_no_hindrance_to_wake_the_background),
	{ }
};

static struct kunit_suite zone_suite = {
	.name = "carveout_zone",
	.init = zone_init,
	.exit = zone_exit,
	.test_cases = zone_cases,
};

kunit_test_suite(zone_suite);
