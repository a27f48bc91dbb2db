// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of areas: contents, the pages behind them, bad requests, fragmented and
 * exhausted carveouts, and frees from interrupts.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "kunit/interrupt.h"
#include "page/reclaim.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)
/* Allocate from below the min watermark, too */
#define EVERYTHING (QUIET | __GFP_HIGH)

/* Longer than an interrupt should unmap, and not of a length that is cached */
#define LONG_AREA (100 * PAGE_SIZE)

/* carve_vmalloc() from below the min watermark, without a warning */
static void *quiet_vmalloc(struct carveout *co, unsigned long size)
{
	return carve_vmap_alloc(&co->vmap, size, EVERYTHING, _THIS_IP_);
}

static void *alloc(struct kunit *test, unsigned long size)
{
	void *p = carve_vmalloc(test->priv, size);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

/* A word for each page that is unique among all pages of all areas */
static void fill(void *p, unsigned long size, u64 salt)
{
	unsigned long offset;

	for (offset = 0; offset + sizeof(u64) <= size; offset += PAGE_SIZE)
		*(u64 *)(p + offset) = salt + offset;
}

static bool is_filled(const void *p, unsigned long size, u64 salt)
{
	unsigned long offset;

	for (offset = 0; offset + sizeof(u64) <= size; offset += PAGE_SIZE)
		if (*(const u64 *)(p + offset) != salt + offset)
			return false;
	return true;
}

/* Every page behind an area belongs to the carveout and is marked as part of an area */
static void expect_confined(struct kunit *test, const void *p,
			    unsigned long size)
{
	struct carveout *co = test->priv;
	unsigned long offset;

	for (offset = 0; offset < size; offset += PAGE_SIZE) {
		unsigned long index = vmalloc_to_pfn(p + offset) -
				      co->region[0].start_pfn;

		KUNIT_ASSERT_LT(test, index, co->region[0].nr_pages);
		KUNIT_EXPECT_NE(test, co->pages.map[index].state,
				CARVE_PAGE_FREE);
		KUNIT_EXPECT_NE(test, co->pages.map[index].state,
				CARVE_PAGE_PCP);
	}
}

/* Sizes and contents */

static const unsigned long sizes[] = {
	1, 8, 100, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE,
	5 * PAGE_SIZE - 1, 16 * PAGE_SIZE, 31 * PAGE_SIZE, 100 * PAGE_SIZE,
	129 * PAGE_SIZE, 500 * PAGE_SIZE, CARVE_FIXTURE_SIZE / 2,
	3 * CARVE_FIXTURE_SIZE / 4,
};

static void check_size(struct kunit *test, unsigned long size)
{
	struct carveout *co = test->priv;
	unsigned long bytes = PAGE_ALIGN(size);
	u8 *p = alloc(test, size);

	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(p));
	KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(p));
	expect_confined(test, p, size);
	/* Whole pages are usable and keep their contents */
	memset(p, 0x3d, bytes);
	fill(p, bytes, size);
	KUNIT_EXPECT_TRUE(test, is_filled(p, bytes, size));
	KUNIT_EXPECT_EQ(test, p[bytes - 1], 0x3d);
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_pages, bytes >> PAGE_SHIFT);
	carve_vfree(co, p);
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_areas, 0UL);
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_pages, 0UL);
}

static void areas_of_all_sizes_preserve_contents(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		check_size(test, sizes[i]);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static void area_maps_the_pages_of_the_carveout(struct kunit *test)
{
	u8 *p = alloc(test, 20 * PAGE_SIZE);
	int i;

	/* Writes through the mapping reach the carveout's memory */
	for (i = 0; i < 20; i++) {
		u8 *byte = p + i * PAGE_SIZE + i, *direct;

		*byte = 0xc0 + i;
		direct = page_address(vmalloc_to_page(byte));
		KUNIT_EXPECT_NOT_NULL(test, carve_virt_to_page(test->priv,
							       direct));
		KUNIT_EXPECT_EQ(test, direct[i], 0xc0 + i);
		direct[i]++;
		KUNIT_EXPECT_EQ(test, *byte, 0xc1 + i);
	}
	carve_vfree(test->priv, p);
}

static void no_page_is_mapped_twice(struct kunit *test)
{
	struct carveout *co = test->priv;
	u8 *seen = kunit_kzalloc(test, co->region[0].nr_pages, GFP_KERNEL);
	void *p[8];
	int i, page;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = alloc(test, 41 * PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		for (page = 0; page < 41; page++)
			seen[vmalloc_to_pfn(p[i] + page * PAGE_SIZE) -
			     co->region[0].start_pfn]++;
	for (i = 0; i < co->region[0].nr_pages; i++)
		KUNIT_EXPECT_LE(test, seen[i], 1);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_vfree(co, p[i]);
}

static void vzalloc_clears_dirty_pages(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long size = CARVE_FIXTURE_SIZE / 2 - PAGE_SIZE;
	void *p;
	int i;

	/* Twice, so that more than half of the carveout has been dirty */
	for (i = 0; i < 2; i++) {
		p = alloc(test, size);
		memset(p, 0xff, size);
		carve_vfree(co, p);
	}
	p = carve_vzalloc(co, size);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, size));
	carve_vfree(co, p);
}

static void guard_page_is_not_readable(struct kunit *test)
{
	static const unsigned int nr_pages[] = { 1, 2, 7, 64 };
	struct carveout *co = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(nr_pages); i++) {
		unsigned long size = nr_pages[i] * PAGE_SIZE;
		void *p = carve_vzalloc(co, size);

		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_TRUE(test, carve_fixture_readable(p + size - 1));
		KUNIT_EXPECT_FALSE(test, carve_fixture_readable(p + size));
		KUNIT_EXPECT_FALSE(test, carve_fixture_readable(p + size + PAGE_SIZE - 1));
		carve_vfree(co, p);
	}
}

/* Bad requests */

static void impossible_sizes_return_null(struct kunit *test)
{
	static const unsigned long impossible[] = {
		0, CARVE_FIXTURE_SIZE, CARVE_FIXTURE_SIZE + 1, SZ_1G, 1UL << 44,
		(1UL << 44) + 1, ULONG_MAX / 2, ULONG_MAX - PAGE_SIZE,
		ULONG_MAX - PAGE_SIZE + 1, ULONG_MAX - 1, ULONG_MAX,
	};
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	int i;

	for (i = 0; i < ARRAY_SIZE(impossible); i++) {
		KUNIT_EXPECT_NULL(test, quiet_vmalloc(co, impossible[i]));
		KUNIT_EXPECT_NULL(test, carve_vmap_alloc(&co->vmap,
							 impossible[i],
							 QUIET | __GFP_ZERO,
							 _THIS_IP_));
	}
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_areas, 0UL);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

/* Failure points on the way to an area, and some more */
#define MOST_STEPS 12

static void nofail_area_ignores_fault_injection(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned int nth;
	void *p;

	for (nth = 1; nth <= MOST_STEPS; nth++) {
		carve_fault_arm(&co->pages.fault, nth);
		p = carve_vmap_alloc(&co->vmap, LONG_AREA,
				     GFP_KERNEL | __GFP_NOFAIL, _THIS_IP_);
		KUNIT_EXPECT_NOT_NULL_MSG(test, p, "step %u", nth);
		carve_vfree(co, p);
	}
	carve_fault_arm(&co->pages.fault, 0);
}

/* The request takes all pages and must free all of them when it fails */
static void failed_request_frees_all_its_pages(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);

	KUNIT_EXPECT_NULL(test, quiet_vmalloc(co, nr_free << PAGE_SHIFT));
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
	carve_fixture_check(test, co);
}

struct bad_free_bed {
	struct carveout *co;
	void *area;
	void *small;
	void *block;
	void *native_area;
};

static void *freed_twice(struct bad_free_bed *ctx)
{
	void *p = carve_vmalloc(ctx->co, PAGE_SIZE);

	carve_vfree(ctx->co, p);
	return p;
}

static void *second_page(struct bad_free_bed *ctx)
{
	return ctx->area + PAGE_SIZE;
}

static void *second_byte(struct bad_free_bed *ctx)
{
	return ctx->area + 1;
}

static void *guard_page(struct bad_free_bed *ctx)
{
	return ctx->area + 4 * PAGE_SIZE;
}

static void *before_area(struct bad_free_bed *ctx)
{
	return ctx->area - PAGE_SIZE;
}

static void *page_behind_area(struct bad_free_bed *ctx)
{
	return page_address(vmalloc_to_page(ctx->area));
}

static void *small_object(struct bad_free_bed *ctx)
{
	return ctx->small;
}

static void *block_of_pages(struct bad_free_bed *ctx)
{
	return ctx->block;
}

static void *area_of_the_kernel(struct bad_free_bed *ctx)
{
	return ctx->native_area;
}

static void *small_number(struct bad_free_bed *ctx)
{
	return (void *)1;
}

struct bad_free {
	const char *what;
	void *(*pick)(struct bad_free_bed *ctx);
};

static const struct bad_free bad_frees[] = {
	{ "freed twice", freed_twice },
	{ "second page", second_page },
	{ "second byte", second_byte },
	{ "guard page", guard_page },
	{ "page before it", before_area },
	{ "page behind the mapping", page_behind_area },
	{ "small object", small_object },
	{ "block of pages", block_of_pages },
	{ "area of the kernel's", area_of_the_kernel },
	{ "small number", small_number },
};

static void describe_bad_free(const struct bad_free *bad, char *desc)
{
	strscpy(desc, bad->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad_free, bad_frees, describe_bad_free);

static void bad_frees_are_counted_and_harmless(struct kunit *test)
{
	const struct bad_free *bad = test->param_value;
	struct carveout *co = test->priv;
	struct bad_free_bed ctx = {
		.co = co,
		.area = alloc(test, 4 * PAGE_SIZE),
		.small = carve_kmalloc(co, 64, GFP_KERNEL),
		.block = carve_kmalloc(co, SZ_16K, GFP_KERNEL),
		.native_area = vmalloc(PAGE_SIZE),
	};

	fill(ctx.area, 4 * PAGE_SIZE, 17);
	carve_vfree(co, bad->pick(&ctx));
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1L);
	KUNIT_EXPECT_TRUE(test, is_filled(ctx.area, 4 * PAGE_SIZE, 17));
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_areas, 1UL);
	carve_fixture_check(test, co);

	vfree(ctx.native_area);
	carve_kfree(co, ctx.block);
	carve_kfree(co, ctx.small);
	carve_vfree(co, ctx.area);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1L);
}

static void freeing_null_is_silent(struct kunit *test)
{
	struct carveout *co = test->priv;

	carve_vfree(co, NULL);
	carve_kvfree(co, NULL);
	carve_kvfree(co, ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
}

/* Fragmentation */

/* All pages, allocated singly; held[i] is page i, or NULL if it could not be allocated */
static struct carve_page **hold_all_pages(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page **held, *page;

	held = kunit_kcalloc(test, co->pages.nr_pages, sizeof(*held),
			     GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, held);
	while ((page = carve_alloc_page(co, EVERYTHING)))
		held[page - co->pages.map] = page;
	return held;
}

/* Free those pages whose number has bit 0 as @odd */
static void let_go(struct carveout *co, struct carve_page **held, bool odd)
{
	u32 i;

	for (i = odd; i < co->pages.nr_pages; i += 2) {
		carve_free_pages(co, held[i], 0);
		held[i] = NULL;
	}
}

static void expect_fragmented(struct kunit *test)
{
	struct carveout *co = test->priv;

	carve_pages_drain(&co->pages);
	KUNIT_ASSERT_EQ(test, carve_buddy_orders(&co->pages.zone[0].buddy), BIT(0));
}

static void fragmented_carveout_serves_areas(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co), size;
	struct carve_page **held = hold_all_pages(test);
	void *p;

	let_go(co, held, true);
	expect_fragmented(test);
	size = carve_fixture_nr_free(co) / 2 << PAGE_SHIFT;
	KUNIT_ASSERT_GT(test, size, 200 * PAGE_SIZE);
	p = alloc(test, size);
	fill(p, size, 5);
	expect_confined(test, p, size);
	KUNIT_EXPECT_TRUE(test, is_filled(p, size, 5));
	carve_fixture_check(test, co);
	carve_vfree(co, p);
	let_go(co, held, false);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

/* The metadata, its map and the page array take some pages themselves */
#define NR_OVERHEAD 5

static void fragmented_carveout_serves_nearly_all_pages(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page **held = hold_all_pages(test);
	unsigned long size;
	void *p;

	let_go(co, held, true);
	expect_fragmented(test);
	size = (carve_fixture_nr_free(co) - NR_OVERHEAD) << PAGE_SHIFT;
	p = quiet_vmalloc(co, size);
	KUNIT_EXPECT_NOT_NULL(test, p);
	carve_vfree(co, p);
	let_go(co, held, false);
}

static void kvmalloc_falls_back_to_an_area(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page **held = hold_all_pages(test);
	void *p, *small;

	let_go(co, held, true);
	expect_fragmented(test);
	KUNIT_EXPECT_NULL(test, carve_kmalloc(co, SZ_64K, QUIET));
	p = carve_kvmalloc(co, SZ_64K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(p));
	fill(p, SZ_64K, 3);
	/* Sizes up to a page get a block */
	small = carve_kvmalloc(co, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, small);
	KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(small));
	memset(small, 0x18, PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, is_filled(p, SZ_64K, 3));
	carve_kvfree(co, small);
	carve_kvfree(co, p);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
	let_go(co, held, false);
}

static void kvmalloc_prefers_a_block(struct kunit *test)
{
	static const size_t kv_sizes[] = { 1, 100, PAGE_SIZE, SZ_64K };
	struct carveout *co = test->priv;
	void *p;
	int i;

	for (i = 0; i < ARRAY_SIZE(kv_sizes); i++) {
		p = carve_kvmalloc(co, kv_sizes[i], GFP_KERNEL | __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_FALSE(test, is_vmalloc_addr(p));
		KUNIT_EXPECT_GE(test, carve_ksize(co, p), kv_sizes[i]);
		KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, kv_sizes[i]));
		carve_kvfree(co, p);
	}
	KUNIT_EXPECT_PTR_EQ(test, carve_kvmalloc(co, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_NULL(test, carve_kvmalloc(co, SIZE_MAX, QUIET));
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
}

static void kvrealloc_preserves_contents(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page **held = hold_all_pages(test);
	u8 *p, *area;

	let_go(co, held, true);
	expect_fragmented(test);
	p = carve_kvrealloc(co, NULL, 100, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, 0x77, 100);

	/* From a block to an area, resized in place, and to size zero */
	area = carve_kvrealloc(co, p, 3 * PAGE_SIZE - 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_EXPECT_TRUE(test, is_vmalloc_addr(area));
	KUNIT_EXPECT_NULL(test, memchr_inv(area, 0x77, 100));
	memset(area, 0x66, 3 * PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, carve_kvrealloc(co, area, 3 * PAGE_SIZE,
						  GFP_KERNEL), area);
	KUNIT_EXPECT_PTR_EQ(test, carve_kvrealloc(co, area, 10, GFP_KERNEL),
			    area);
	p = carve_kvrealloc(co, area, SZ_64K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0x66, 10));
	KUNIT_EXPECT_NULL(test, carve_kvrealloc(co, p, SIZE_MAX, QUIET));
	KUNIT_EXPECT_PTR_EQ(test, carve_kvrealloc(co, p, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
	let_go(co, held, false);
}

static void kvrealloc_zeroes_the_added_part(struct kunit *test)
{
	static const size_t kv_sizes[] = { 10, 100, 5000, 3 * PAGE_SIZE, 20,
					   SZ_64K, SZ_256K, 100, SZ_256K };
	struct carveout *co = test->priv;
	size_t old = 0;
	u8 *p = NULL;
	int i;

	for (i = 0; i < ARRAY_SIZE(kv_sizes); i++) {
		p = carve_kvrealloc(co, p, kv_sizes[i],
				    GFP_KERNEL | __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, p);
		if (kv_sizes[i] > old)
			KUNIT_EXPECT_NULL(test, memchr_inv(p + old, 0,
							   kv_sizes[i] - old));
		old = kv_sizes[i];
		memset(p, 0x55, old);
	}
	carve_kvfree(co, p);
}

/* An area resized in place and grown again with __GFP_ZERO reads as zeroes behind its old size. */
static void kvrealloc_in_place_zeroes_the_added_part(struct kunit *test)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_ZERO;
	const size_t most = 3 * PAGE_SIZE;
	static const size_t sizes[] = { 3 * PAGE_SIZE - 100, 2 * PAGE_SIZE + 1,
					PAGE_SIZE + 9, 100, 1 };
	struct carveout *co = test->priv;
	struct carve_page **held = hold_all_pages(test);
	u8 *p;
	int i;

	let_go(co, held, true);
	expect_fragmented(test);
	p = carve_kvmalloc(co, most, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_TRUE(test, is_vmalloc_addr(p));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(p, 0x5a, most);
		KUNIT_ASSERT_PTR_EQ(test, carve_kvrealloc(co, p, sizes[i], gfp), p);
		KUNIT_ASSERT_PTR_EQ(test, carve_kvrealloc(co, p, most, gfp), p);
		KUNIT_EXPECT_NULL(test, memchr_inv(p, 0x5a, sizes[i]));
		KUNIT_EXPECT_NULL(test, memchr_inv(p + sizes[i], 0,
						   most - sizes[i]));
	}
	carve_kvfree(co, p);
	let_go(co, held, false);
}

static void kv_arrays_check_for_overflow(struct kunit *test)
{
	struct carveout *co = test->priv;
	u8 *p;

	KUNIT_EXPECT_NULL(test, carve_kvmalloc_array(co, SIZE_MAX / 2, 4,
						     QUIET));
	KUNIT_EXPECT_NULL(test, carve_kvcalloc(co, SIZE_MAX / 2, 4, QUIET));
	p = carve_kvmalloc_array(co, 1000, 100, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, 0x33, 100000);
	carve_kvfree(co, p);
	p = carve_kvcalloc(co, 1000, 100, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 100000));
	carve_kvfree(co, p);
	p = carve_kvzalloc(co, 100000, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, 100000));
	carve_kvfree(co, p);
}

/* Exhaustion */

struct link {
	struct link *next;
};

/* Allocate areas of @size until that fails, with a unique word in each page */
static struct link *alloc_links(struct carveout *co, unsigned long size,
				unsigned long *n)
{
	struct link *first = NULL, *p;

	for (*n = 0; (p = quiet_vmalloc(co, size)); ++*n) {
		fill((void *)p + 64, size - 64, *n << 32);
		p->next = first;
		first = p;
		cond_resched();
	}
	return first;
}

static void free_links(struct kunit *test, struct link *first,
		       unsigned long size, unsigned long n)
{
	struct link *next;

	for (; first; first = next) {
		next = first->next;
		KUNIT_EXPECT_TRUE(test, is_filled((void *)first + 64, size - 64,
						  --n << 32));
		carve_vfree(test->priv, first);
	}
	KUNIT_EXPECT_EQ(test, n, 0UL);
}

static void exhaustion_returns_null_and_all_memory_is_freed(struct kunit *test)
{
	static const unsigned int nr_pages[] = { 1, 3, 16, 200 };
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co), n, left;
	struct link *first;
	int i;

	for (i = 0; i < ARRAY_SIZE(nr_pages); i++) {
		first = alloc_links(co, nr_pages[i] * PAGE_SIZE, &n);
		KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_areas, n);
		KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_pages, n * nr_pages[i]);
		left = carve_fixture_collect(co);
		KUNIT_EXPECT_LT(test, left, nr_pages[i] + NR_OVERHEAD);
		/* Requests that fail halfway leak nothing */
		KUNIT_EXPECT_NULL(test, quiet_vmalloc(co, (left + 1)
							  << PAGE_SHIFT));
		KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), left);
		carve_fixture_check(test, co);
		free_links(test, first, nr_pages[i] * PAGE_SIZE, n);
		KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
	}
}

/* Interrupts */

struct deferral {
	struct carveout *co;
	void *p[5];
	unsigned long nr_free_before;
	unsigned long nr_free_after;
	bool in_hardirq;
};

static void free_in_interrupt(void *arg)
{
	struct deferral *d = arg;
	int i;

	d->in_hardirq = in_hardirq();
	d->nr_free_before = carve_fixture_nr_free(d->co);
	for (i = 0; i < ARRAY_SIZE(d->p); i++)
		carve_vfree(d->co, d->p[i]);
	carve_vfree(d->co, NULL);
	d->nr_free_after = carve_fixture_nr_free(d->co);
}

static void interrupt_frees_of_areas_are_deferred(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct deferral d = { .co = co };
	int i;

	for (i = 0; i < ARRAY_SIZE(d.p); i++)
		d.p[i] = alloc(test, (i + 1) * 3 * PAGE_SIZE);
	carve_run_in_interrupt(free_in_interrupt, &d);
	KUNIT_EXPECT_TRUE(test, d.in_hardirq);
	/* The area is freed at once, and unmapped later */
	KUNIT_EXPECT_GE(test, d.nr_free_after, d.nr_free_before);
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_areas, 0UL);
	carve_vmap_flush(&co->vmap);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
}

static void bottom_half_frees_of_areas_are_deferred(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = alloc(test, 4 * PAGE_SIZE), *kv = alloc(test, SZ_64K);

	local_bh_disable();
	carve_vfree(co, p);
	carve_kvfree(co, kv);
	local_bh_enable();
	carve_vmap_flush(&co->vmap);
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_areas, 0UL);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
}

/* destroy() waits for areas that an interrupt freed */
static void interrupts_defer_long_areas_to_a_task(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct deferral d = { .co = co, .p[0] = alloc(test, LONG_AREA) };

	carve_run_in_interrupt(free_in_interrupt, &d);
	KUNIT_EXPECT_TRUE(test, d.in_hardirq);
	KUNIT_EXPECT_EQ(test, d.nr_free_after, d.nr_free_before);
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_areas, 0UL);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
}

static void destroy_waits_for_deferred_frees(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct deferral d = { .co = co };
	int i;

	for (i = 0; i < ARRAY_SIZE(d.p); i++)
		d.p[i] = alloc(test, SZ_64K);
	carve_run_in_interrupt(free_in_interrupt, &d);
	test->priv = NULL;
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

/* Corruption */

static void shorten(struct carve_area *area)
{
	area->nr_pages--;
}

static void lead_out(struct carve_area *area)
{
	area->blocks = CARVE_PAGE_NONE - 1;
}

static void reach_into_the_next(struct carve_area *area)
{
	area->span += 1 << 20;
}

static void move(struct carve_area *area)
{
	area->first++;
}

static void forget_gap(struct carve_area *area)
{
	area->gap += 3;
}

static void forget_gaps_below(struct carve_area *area)
{
	area->max_gap += 3;
}

struct corruption {
	const char *what;
	void (*inflict)(struct carve_area *area);
};

static const struct corruption corrupts[] = {
	{ "length too small", shorten },
		{ "blocks from elsewhere", lead_out },
	{ "reaches into the next", reach_into_the_next },
	{ "moved by a page", move },
	{ "gap too large", forget_gap },
	{ "largest gap too large", forget_gaps_below },
};

static unsigned int violations(struct carveout *co)
{
	struct carve_report r = { .name = "provoked" };

	carve_vmap_check(&co->vmap, &r);
	return r.violations;
}

static void corruption_is_found_by_check(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = alloc(test, 5 * PAGE_SIZE), *q = alloc(test, 5 * PAGE_SIZE);
	struct carve_area *area, saved;
	int i;

	area = rb_entry(rb_first(&co->vmap.space.root), struct carve_area, node);
	saved = *area;
	KUNIT_EXPECT_EQ(test, violations(co), 0);
	for (i = 0; i < ARRAY_SIZE(corrupts); i++) {
		corrupts[i].inflict(area);
		KUNIT_EXPECT_GT_MSG(test, violations(co), 0, "%s",
				    corrupts[i].what);
		*area = saved;
		KUNIT_EXPECT_EQ(test, violations(co), 0);
	}
	carve_vfree(co, q);
	carve_vfree(co, p);
}

/* A random walk */

#define WALK_STEPS 5000
/* About half of them are in use in the end, with some 18 pages each */
#define WALK_SLOTS 96

struct walk_slot {
	void *p;
	unsigned long size;
	u64 salt;
};

struct walk {
	struct kunit *test;
	struct carveout *co;
	struct rnd_state rnd;
	struct walk_slot slots[WALK_SLOTS];
	unsigned long nr_areas;
	unsigned long nr_pages;
	unsigned int nr_wrong;
};

/* Bytes, pages, and now and then a large part of the carveout */
static unsigned long walk_size(struct walk *walk)
{
	static const unsigned int most[] = { 1, 4, 16, 32, 128 };
	u32 i = carve_fixture_random(&walk->rnd, ARRAY_SIZE(most));

	return 1 + carve_fixture_random(&walk->rnd, most[i] * PAGE_SIZE);
}

/* Seldom a request that drains all CPUs, which is slow */
static gfp_t walk_gfp(struct walk *walk)
{
	u32 dice = carve_fixture_random(&walk->rnd, 32);

	return (dice ? QUIET | __GFP_NORETRY : QUIET) |
	       (dice % 2 ? __GFP_ZERO : 0);
}

static void walk_alloc(struct walk *walk, struct walk_slot *slot)
{
	gfp_t gfp = walk_gfp(walk);

	slot->size = walk_size(walk);
	slot->salt = prandom_u32_state(&walk->rnd);
	slot->p = carve_vmap_alloc(&walk->co->vmap, slot->size, gfp, _THIS_IP_);
	if (!slot->p)
		return;
	if ((gfp & __GFP_ZERO) && memchr_inv(slot->p, 0, min(slot->size, 100UL)))
		walk->nr_wrong++;
	fill(slot->p, PAGE_ALIGN(slot->size), slot->salt);
	walk->nr_areas++;
	walk->nr_pages += PFN_UP(slot->size);
}

static void walk_free(struct walk *walk, struct walk_slot *slot)
{
	if (!is_filled(slot->p, PAGE_ALIGN(slot->size), slot->salt))
		walk->nr_wrong++;
	carve_vfree(walk->co, slot->p);
	slot->p = NULL;
	walk->nr_areas--;
	walk->nr_pages -= PFN_UP(slot->size);
}

static void walk_check(struct walk *walk)
{
	KUNIT_EXPECT_EQ(walk->test, carve_fixture_areas(walk->co).nr_areas, walk->nr_areas);
	KUNIT_EXPECT_EQ(walk->test, carve_fixture_areas(walk->co).nr_pages, walk->nr_pages);
	KUNIT_EXPECT_EQ(walk->test, walk->nr_wrong, 0);
	carve_fixture_check(walk->test, walk->co);
}

static void walk_step(struct walk *walk, unsigned int step)
{
	u32 i = carve_fixture_random(&walk->rnd, WALK_SLOTS);
	struct walk_slot *slot = &walk->slots[i];

	if (slot->p)
		walk_free(walk, slot);
	else
		walk_alloc(walk, slot);
	if (step % 500 == 0)
		walk_check(walk);
	cond_resched();
}

static void random_walk_agrees_with_model(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct walk *walk = kunit_kzalloc(test, sizeof(*walk), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, walk);
	walk->test = test;
	walk->co = co;
	co->pages.wait_ms = 0;
	carve_fixture_seed(test, &walk->rnd, 20261122);
	for (i = 0; i < WALK_STEPS; i++)
		walk_step(walk, i);
	for (i = 0; i < WALK_SLOTS; i++)
		if (walk->slots[i].p)
			walk_free(walk, &walk->slots[i]);
	walk_check(walk);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static void vrealloc_preserves_contents(struct kunit *test)
{
	struct carveout *co = test->priv;
	u8 *p = carve_vrealloc(co, NULL, 3 * PAGE_SIZE, GFP_KERNEL), *q;

	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, 0x5a, 3 * PAGE_SIZE);
	q = carve_vrealloc(co, p, PAGE_SIZE, GFP_KERNEL | __GFP_ZERO);
	KUNIT_EXPECT_PTR_EQ(test, q, p);
	q = carve_vrealloc(co, p, 2 * PAGE_SIZE, GFP_KERNEL | __GFP_ZERO);
	KUNIT_EXPECT_PTR_EQ(test, q, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(q + PAGE_SIZE, 0, 2 * PAGE_SIZE));
	q = carve_vrealloc(co, p, 20 * PAGE_SIZE, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_NULL(test, memchr_inv(q, 0x5a, PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(q + PAGE_SIZE, 0, 19 * PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, carve_vrealloc(co, q + PAGE_SIZE, 1, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_misuses(co, CARVE_MISUSE_REALLOC), 1L);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
	KUNIT_EXPECT_NULL(test, carve_vrealloc(co, q, 0, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_areas, 0UL);
}

static struct kunit_case vmap_cases[] = {
	KUNIT_CASE(areas_of_all_sizes_preserve_contents),
	KUNIT_CASE(area_maps_the_pages_of_the_carveout),
	KUNIT_CASE(no_page_is_mapped_twice),
	KUNIT_CASE(vzalloc_clears_dirty_pages),
	KUNIT_CASE(guard_page_is_not_readable),
	KUNIT_CASE(impossible_sizes_return_null),
	KUNIT_CASE(nofail_area_ignores_fault_injection),
	KUNIT_CASE(failed_request_frees_all_its_pages),
	KUNIT_CASE_PARAM(bad_frees_are_counted_and_harmless,
			 bad_free_gen_params),
	KUNIT_CASE(freeing_null_is_silent),
	KUNIT_CASE(fragmented_carveout_serves_areas),
	KUNIT_CASE(fragmented_carveout_serves_nearly_all_pages),
	KUNIT_CASE(kvmalloc_falls_back_to_an_area),
	KUNIT_CASE(kvmalloc_prefers_a_block),
	KUNIT_CASE(kvrealloc_preserves_contents),
	KUNIT_CASE(kvrealloc_in_place_zeroes_the_added_part),
	KUNIT_CASE(kvrealloc_zeroes_the_added_part),
	KUNIT_CASE(kv_arrays_check_for_overflow),
	KUNIT_CASE(exhaustion_returns_null_and_all_memory_is_freed),
	KUNIT_CASE(interrupt_frees_of_areas_are_deferred),
	KUNIT_CASE(interrupts_defer_long_areas_to_a_task),
	KUNIT_CASE(bottom_half_frees_of_areas_are_deferred),
	KUNIT_CASE(destroy_waits_for_deferred_frees),
	KUNIT_CASE(corruption_is_found_by_check),
	KUNIT_CASE_SLOW(random_walk_agrees_with_model),
	KUNIT_CASE(vrealloc_preserves_contents),
	{ }
};

static struct kunit_suite vmap_suite = {
	.name = "carveout_vmap",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = vmap_cases,
};

kunit_test_suites(&vmap_suite);
