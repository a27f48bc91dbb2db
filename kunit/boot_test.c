// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the boot allocator, over ordinary memory. It begins with a page that
 * holds its own records and bitmap; gaps are created by setting bits.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "boot/boot.h"
#include "kunit/fixture.h"

#define CTX_PAGES 32
#define DIRT 0xa5

struct ctx {
	struct carve_boot boot;
	void *memory;
	/* End of the boot allocator's own data */
	unsigned long start;
	/* Pages that hand_over() passed, a bit for each, and the number of calls */
	DECLARE_BITMAP(taken, CTX_PAGES);
	unsigned int nr_runs;
	bool closed;
};

static int fixture_init(struct kunit *test)
{
	struct ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->memory = kunit_kmalloc(test, CTX_PAGES * PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->memory);
	KUNIT_ASSERT_TRUE(test, PAGE_ALIGNED(ctx->memory));
	memset(ctx->memory, DIRT, CTX_PAGES * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, carve_boot_init(&ctx->boot, ctx->memory,
					      CTX_PAGES), 0);
	ctx->start = ctx->boot.last_end;
	test->priv = ctx;
	return 0;
}

static bool record_touches(const struct carve_boot_record *record,
			   unsigned long page)
{
	return record->offset < (page + 1) << PAGE_SHIFT &&
	       record->offset + record->size > page << PAGE_SHIFT;
}

static bool records_overlap(const struct carve_boot_record *a,
			    const struct carve_boot_record *b)
{
	return a->offset < b->offset + b->size &&
	       b->offset < a->offset + a->size;
}

/* Check the invariants at the head of boot.c; @blocked pages don't belong to the allocator */
static void check_records(struct kunit *test, const struct carve_boot *boot,
			  unsigned long blocked)
{
	const struct carve_boot_record *records = boot->records;
	unsigned int i, j;
	unsigned long page;

	for (page = 0; page < boot->nr_pages; page++) {
		bool touched = blocked & BIT(page);

		for (i = 0; i < boot->nr_records; i++)
			touched |= record_touches(&records[i], page);
		KUNIT_EXPECT_EQ_MSG(test, test_bit(page, boot->map), touched,
				    "page %lu", page);
	}
	for (i = 0; i < boot->nr_records; i++)
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_FALSE_MSG(test,
					       records_overlap(&records[i],
							       &records[j]),
					       "%s and %s", records[i].what,
					       records[j].what);
}

static unsigned long offset_of(const struct ctx *ctx, const void *p)
{
	return p - ctx->memory;
}

static void first_record_describes_the_boot_allocator(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	const struct carve_boot_record *own = &ctx->boot.records[0];

	KUNIT_EXPECT_EQ(test, ctx->boot.nr_records, 1);
	KUNIT_EXPECT_EQ(test, own->offset, 0);
	KUNIT_EXPECT_EQ(test, own->size, ctx->start);
	KUNIT_EXPECT_EQ(test, carve_boot_pages(&ctx->boot),
			PFN_UP(ctx->start));
	check_records(test, &ctx->boot, 0);
}

static void small_requests_share_a_page(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	void *a = carve_boot_alloc(&ctx->boot, 100, 8, "a");
	void *b = carve_boot_alloc(&ctx->boot, 10, 8, "b");
	void *c = carve_boot_alloc(&ctx->boot, 200, 1, "c");

	KUNIT_EXPECT_EQ(test, offset_of(ctx, a), ALIGN(ctx->start, 8));
	KUNIT_EXPECT_EQ(test, offset_of(ctx, b),
			ALIGN(offset_of(ctx, a) + 100, 8));
	KUNIT_EXPECT_EQ(test, offset_of(ctx, c), offset_of(ctx, b) + 10);
	KUNIT_EXPECT_EQ(test, carve_boot_pages(&ctx->boot), 1);
	check_records(test, &ctx->boot, 0);
}

static void request_extends_into_the_next_pages(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	void *p = carve_boot_alloc(&ctx->boot, 2 * PAGE_SIZE, 8, "runs on");

	KUNIT_EXPECT_EQ(test, offset_of(ctx, p), ALIGN(ctx->start, 8));
	KUNIT_EXPECT_EQ(test, carve_boot_pages(&ctx->boot), 3);
	check_records(test, &ctx->boot, 0);
}

static void requested_alignment_is_respected(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned long align;

	for (align = 1; align <= PAGE_SIZE; align *= 2) {
		void *p = carve_boot_alloc(&ctx->boot, 3, align, "aligned");

		KUNIT_EXPECT_TRUE_MSG(test, p && IS_ALIGNED(offset_of(ctx, p),
							    align),
				      "to %lu: at %lu", align,
				      offset_of(ctx, p));
	}
	check_records(test, &ctx->boot, 0);
}

static void only_allocated_memory_is_zeroed(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	const unsigned long size = PAGE_SIZE + 100;
	void *p = carve_boot_alloc(&ctx->boot, size, PAGE_SIZE, "zeroed");

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, size));
	KUNIT_EXPECT_EQ(test, *(u8 *)(p - 1), DIRT);
	KUNIT_EXPECT_EQ(test, *(u8 *)(p + size), DIRT);
}

/* Pages 1 and 2 and from 6 on are marked as used, so that there is a gap of three pages. */
#define GAP_BLOCKED (GENMASK(2, 1) | GENMASK(CTX_PAGES - 1, 6))

static void make_gap(struct ctx *ctx)
{
	unsigned long page, blocked = GAP_BLOCKED;

	for_each_set_bit(page, &blocked, CTX_PAGES)
		set_bit(page, ctx->boot.map);
}

static void request_falls_back_to_the_first_gap(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_boot *boot = &ctx->boot;
	void *p;

	make_gap(ctx);
	/* More than the rest of page 0; page 1 behind it is taken */
	p = carve_boot_alloc(boot, PAGE_SIZE, 8, "in the gap");
	KUNIT_EXPECT_EQ(test, offset_of(ctx, p), 3 * PAGE_SIZE);
	/* Directly behind the last allocation, which was in the gap */
	p = carve_boot_alloc(boot, 100, 64, "packed behind");
	KUNIT_EXPECT_EQ(test, offset_of(ctx, p), 4 * PAGE_SIZE);
	p = carve_boot_alloc(boot, 100, 64, "packed behind that");
	KUNIT_EXPECT_EQ(test, offset_of(ctx, p), 4 * PAGE_SIZE + 128);
	/* Three quarters of page 4 are left, and page 5 */
	p = carve_boot_alloc(boot, 2 * PAGE_SIZE, 8, "too large");
	KUNIT_EXPECT_NULL(test, p);
	p = carve_boot_alloc(boot, 2 * PAGE_SIZE - 228, 1, "all that is left");
	KUNIT_EXPECT_EQ(test, offset_of(ctx, p), 4 * PAGE_SIZE + 228);
	p = carve_boot_alloc(boot, 1, 1, "one byte more");
	KUNIT_EXPECT_NULL(test, p);
	check_records(test, boot, GAP_BLOCKED);
}

static void gap_that_is_too_small_is_skipped(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	void *p;

	make_gap(ctx);
	bitmap_clear(ctx->boot.map, 10, 4);
	p = carve_boot_alloc(&ctx->boot, 3 * PAGE_SIZE + 1, 8, "four pages");
	KUNIT_EXPECT_EQ(test, offset_of(ctx, p), 10 * PAGE_SIZE);
	check_records(test, &ctx->boot,
		      GAP_BLOCKED & ~GENMASK(13, 10));
}

static void impossible_sizes_are_refused(struct kunit *test)
{
	static const unsigned long sizes[] = {
		0, CTX_PAGES * PAGE_SIZE, CTX_PAGES * PAGE_SIZE + 1,
		LONG_MAX, ULONG_MAX - PAGE_SIZE, ULONG_MAX,
	};
	struct ctx *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_NULL_MSG(test,
				      carve_boot_alloc(&ctx->boot, sizes[i], 8,
						       "never"),
				      "%lu bytes", sizes[i]);
	KUNIT_EXPECT_EQ(test, ctx->boot.nr_records, 1);
	KUNIT_EXPECT_EQ(test, carve_boot_pages(&ctx->boot), 1);
}

static void exhaustion_returns_null(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned long left = CTX_PAGES * PAGE_SIZE - ALIGN(ctx->start, 64);
	unsigned int n = 0;

	while (carve_boot_alloc(&ctx->boot, PAGE_SIZE, 64, "page"))
		n++;
	KUNIT_EXPECT_EQ(test, n, left / PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, carve_boot_pages(&ctx->boot), CTX_PAGES);
	check_records(test, &ctx->boot, 0);
}

/* More small allocations than there are records for, long before memory runs out */
static void running_out_of_records_returns_null(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned int n = 0;

	while (n < 1000 && carve_boot_alloc(&ctx->boot, 8, 8, "small"))
		n++;
	KUNIT_EXPECT_LT(test, n, 1000);
	KUNIT_EXPECT_GE(test, n, 32);
	KUNIT_EXPECT_EQ(test, ctx->boot.nr_records, n + 1);
	/* The table of records has not overwritten the data behind it */
	KUNIT_EXPECT_TRUE(test, (void *)&ctx->boot.records[n + 1] <=
			  (void *)ctx->boot.map);
	check_records(test, &ctx->boot, 0);
}

static void memory_too_small_for_the_bitmap_is_refused(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_boot boot;

	KUNIT_EXPECT_EQ(test, carve_boot_init(&boot, ctx->memory, 0), -ENOMEM);
	KUNIT_EXPECT_EQ(test, carve_boot_init(&boot, ctx->memory, 1), 0);
}

static void records_describe_each_allocation(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_boot *boot = &ctx->boot;
	void *a = carve_boot_alloc(boot, 300, 64, "first");
	void *b = carve_boot_alloc(boot, PAGE_SIZE, 8, "second");

	KUNIT_ASSERT_EQ(test, boot->nr_records, 3);
	KUNIT_EXPECT_STREQ(test, boot->records[1].what, "first");
	KUNIT_EXPECT_EQ(test, boot->records[1].offset, offset_of(ctx, a));
	KUNIT_EXPECT_EQ(test, boot->records[1].size, 300);
	KUNIT_EXPECT_STREQ(test, boot->records[2].what, "second");
	KUNIT_EXPECT_EQ(test, boot->records[2].offset, offset_of(ctx, b));
	KUNIT_EXPECT_EQ(test, boot->records[2].size, PAGE_SIZE);
}

static void take(void *arg, unsigned long first, unsigned long nr)
{
	struct ctx *ctx = arg;

	ctx->nr_runs++;
	ctx->closed = ctx->boot.closed;
	bitmap_set(ctx->taken, first, nr);
}

static void hand_over_passes_runs_of_free_pages(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	make_gap(ctx);
	clear_bit(CTX_PAGES - 1, ctx->boot.map);
	carve_boot_hand_over(&ctx->boot, take, ctx);
	/* Pages 3 to 5, and the last one */
	KUNIT_EXPECT_EQ(test, ctx->nr_runs, 2);
	KUNIT_EXPECT_EQ(test, ctx->taken[0],
			GENMASK(5, 3) | BIT(CTX_PAGES - 1));
}

static void hand_over_without_free_pages_calls_nothing(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	bitmap_fill(ctx->boot.map, CTX_PAGES);
	carve_boot_hand_over(&ctx->boot, take, ctx);
	KUNIT_EXPECT_EQ(test, ctx->nr_runs, 0);
}

static void allocation_fails_after_the_hand_over(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	carve_boot_hand_over(&ctx->boot, take, ctx);
	KUNIT_EXPECT_EQ(test, ctx->nr_runs, 1);
	KUNIT_EXPECT_TRUE(test, ctx->closed);
	KUNIT_EXPECT_NULL(test, carve_boot_alloc(&ctx->boot, 8, 8, "late"));
	KUNIT_EXPECT_EQ(test, ctx->boot.nr_records, 1);
	KUNIT_EXPECT_EQ(test, carve_boot_pages(&ctx->boot), 1);
}

static struct kunit_case boot_cases[] = {
	KUNIT_CASE(first_record_describes_the_boot_allocator),
	KUNIT_CASE(small_requests_share_a_page),
	KUNIT_CASE(request_extends_into_the_next_pages),
	KUNIT_CASE(requested_alignment_is_respected),
	KUNIT_CASE(only_allocated_memory_is_zeroed),
	KUNIT_CASE(request_falls_back_to_the_first_gap),
	KUNIT_CASE(gap_that_is_too_small_is_skipped),
	KUNIT_CASE(impossible_sizes_are_refused),
	KUNIT_CASE(exhaustion_returns_null),
	KUNIT_CASE(running_out_of_records_returns_null),
	KUNIT_CASE(memory_too_small_for_the_bitmap_is_refused),
	KUNIT_CASE(records_describe_each_allocation),
	KUNIT_CASE(hand_over_passes_runs_of_free_pages),
	KUNIT_CASE(hand_over_without_free_pages_calls_nothing),
	KUNIT_CASE(allocation_fails_after_the_hand_over),
	{ }
};

static struct kunit_suite boot_suite = {
	.name = "carveout_boot",
	.init = fixture_init,
	.test_cases = boot_cases,
};

kunit_test_suite(boot_suite);
