// SPDX-License-Identifier: GPL-2.0
/*
 * The boot allocator, over a piece of ordinary memory. It begins with a page
 * that holds its own records and bitmap; gaps are made by setting bits.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "boot/boot.h"
#include "kunit/testbed.h"

#define BED_PAGES 32
#define DIRT 0xa5

struct bed {
	struct carve_boot boot;
	void *memory;
	/* Where the boot allocator's own things end */
	unsigned long start;
	/* What hand_over() said: a bit for each page, and how often it called */
	DECLARE_BITMAP(taken, BED_PAGES);
	unsigned int nr_runs;
	bool closed;
};

static int bed_init(struct kunit *test)
{
	struct bed *bed = kunit_kzalloc(test, sizeof(*bed), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bed);
	bed->memory = kunit_kmalloc(test, BED_PAGES * PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bed->memory);
	KUNIT_ASSERT_TRUE(test, PAGE_ALIGNED(bed->memory));
	memset(bed->memory, DIRT, BED_PAGES * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, carve_boot_init(&bed->boot, bed->memory,
					      BED_PAGES), 0);
	bed->start = bed->boot.last_end;
	test->priv = bed;
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

/* The invariants at the head of boot.c; @blocked pages are not the allocator's */
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

static unsigned long offset_of(const struct bed *bed, const void *p)
{
	return p - bed->memory;
}

static void first_record_is_its_own(struct kunit *test)
{
	struct bed *bed = test->priv;
	const struct carve_boot_record *own = &bed->boot.records[0];

	KUNIT_EXPECT_EQ(test, bed->boot.nr_records, 1);
	KUNIT_EXPECT_EQ(test, own->offset, 0);
	KUNIT_EXPECT_EQ(test, own->size, bed->start);
	KUNIT_EXPECT_EQ(test, carve_boot_pages(&bed->boot),
			PFN_UP(bed->start));
	check_records(test, &bed->boot, 0);
}

static void small_requests_share_a_page(struct kunit *test)
{
	struct bed *bed = test->priv;
	void *a = carve_boot_alloc(&bed->boot, 100, 8, "a");
	void *b = carve_boot_alloc(&bed->boot, 10, 8, "b");
	void *c = carve_boot_alloc(&bed->boot, 200, 1, "c");

	KUNIT_EXPECT_EQ(test, offset_of(bed, a), ALIGN(bed->start, 8));
	KUNIT_EXPECT_EQ(test, offset_of(bed, b),
			ALIGN(offset_of(bed, a) + 100, 8));
	KUNIT_EXPECT_EQ(test, offset_of(bed, c), offset_of(bed, b) + 10);
	KUNIT_EXPECT_EQ(test, carve_boot_pages(&bed->boot), 1);
	check_records(test, &bed->boot, 0);
}

static void request_runs_on_into_the_next_pages(struct kunit *test)
{
	struct bed *bed = test->priv;
	void *p = carve_boot_alloc(&bed->boot, 2 * PAGE_SIZE, 8, "runs on");

	KUNIT_EXPECT_EQ(test, offset_of(bed, p), ALIGN(bed->start, 8));
	KUNIT_EXPECT_EQ(test, carve_boot_pages(&bed->boot), 3);
	check_records(test, &bed->boot, 0);
}

static void alignment_is_what_was_asked_for(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned long align;

	for (align = 1; align <= PAGE_SIZE; align *= 2) {
		void *p = carve_boot_alloc(&bed->boot, 3, align, "aligned");

		KUNIT_EXPECT_TRUE_MSG(test, p && IS_ALIGNED(offset_of(bed, p),
							    align),
				      "to %lu: at %lu", align,
				      offset_of(bed, p));
	}
	check_records(test, &bed->boot, 0);
}

static void memory_is_zeroed_and_no_more_than_that(struct kunit *test)
{
	struct bed *bed = test->priv;
	const unsigned long size = PAGE_SIZE + 100;
	void *p = carve_boot_alloc(&bed->boot, size, PAGE_SIZE, "zeroed");

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, size));
	KUNIT_EXPECT_EQ(test, *(u8 *)(p - 1), DIRT);
	KUNIT_EXPECT_EQ(test, *(u8 *)(p + size), DIRT);
}

/*
 * Pages 1 and 2 and from 6 on are taken by somebody else, so that there is a
 * gap of three pages.
 */
#define GAP_BLOCKED (GENMASK(2, 1) | GENMASK(BED_PAGES - 1, 6))

static void make_gap(struct bed *bed)
{
	unsigned long page, blocked = GAP_BLOCKED;

	for_each_set_bit(page, &blocked, BED_PAGES)
		set_bit(page, bed->boot.map);
}

static void what_does_not_fit_behind_goes_to_the_first_gap(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_boot *boot = &bed->boot;
	void *p;

	make_gap(bed);
	/* More than the rest of page 0, behind which page 1 is taken */
	p = carve_boot_alloc(boot, PAGE_SIZE, 8, "in the gap");
	KUNIT_EXPECT_EQ(test, offset_of(bed, p), 3 * PAGE_SIZE);
	/* Right behind the last one, which was in the gap */
	p = carve_boot_alloc(boot, 100, 64, "packed behind");
	KUNIT_EXPECT_EQ(test, offset_of(bed, p), 4 * PAGE_SIZE);
	p = carve_boot_alloc(boot, 100, 64, "packed behind that");
	KUNIT_EXPECT_EQ(test, offset_of(bed, p), 4 * PAGE_SIZE + 128);
	/* Three quarters of page 4 are left, and page 5 */
	p = carve_boot_alloc(boot, 2 * PAGE_SIZE, 8, "too large");
	KUNIT_EXPECT_NULL(test, p);
	p = carve_boot_alloc(boot, 2 * PAGE_SIZE - 228, 1, "all that is left");
	KUNIT_EXPECT_EQ(test, offset_of(bed, p), 4 * PAGE_SIZE + 228);
	p = carve_boot_alloc(boot, 1, 1, "one byte more");
	KUNIT_EXPECT_NULL(test, p);
	check_records(test, boot, GAP_BLOCKED);
}

static void gap_that_is_too_small_is_passed_over(struct kunit *test)
{
	struct bed *bed = test->priv;
	void *p;

	make_gap(bed);
	bitmap_clear(bed->boot.map, 10, 4);
	p = carve_boot_alloc(&bed->boot, 3 * PAGE_SIZE + 1, 8, "four pages");
	KUNIT_EXPECT_EQ(test, offset_of(bed, p), 10 * PAGE_SIZE);
	check_records(test, &bed->boot,
		      GAP_BLOCKED & ~GENMASK(13, 10));
}

static void what_can_never_fit_is_refused(struct kunit *test)
{
	static const unsigned long sizes[] = {
		0, BED_PAGES * PAGE_SIZE, BED_PAGES * PAGE_SIZE + 1,
		LONG_MAX, ULONG_MAX - PAGE_SIZE, ULONG_MAX,
	};
	struct bed *bed = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_NULL_MSG(test,
				      carve_boot_alloc(&bed->boot, sizes[i], 8,
						       "never"),
				      "%lu bytes", sizes[i]);
	KUNIT_EXPECT_EQ(test, bed->boot.nr_records, 1);
	KUNIT_EXPECT_EQ(test, carve_boot_pages(&bed->boot), 1);
}

static void exhaustion_returns_null(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned long left = BED_PAGES * PAGE_SIZE - ALIGN(bed->start, 64);
	unsigned int n = 0;

	while (carve_boot_alloc(&bed->boot, PAGE_SIZE, 64, "page"))
		n++;
	KUNIT_EXPECT_EQ(test, n, left / PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, carve_boot_pages(&bed->boot), BED_PAGES);
	check_records(test, &bed->boot, 0);
}

/* More small things than there are records for, long before memory is out */
static void running_out_of_records_returns_null(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned int n = 0;

	while (n < 1000 && carve_boot_alloc(&bed->boot, 8, 8, "small"))
		n++;
	KUNIT_EXPECT_LT(test, n, 1000);
	KUNIT_EXPECT_GE(test, n, 32);
	KUNIT_EXPECT_EQ(test, bed->boot.nr_records, n + 1);
	/* The table of records has not run into what lies behind it */
	KUNIT_EXPECT_TRUE(test, (void *)&bed->boot.records[n + 1] <=
			  (void *)bed->boot.map);
	check_records(test, &bed->boot, 0);
}

static void memory_too_small_for_the_bitmap_is_refused(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_boot boot;

	KUNIT_EXPECT_EQ(test, carve_boot_init(&boot, bed->memory, 0), -ENOMEM);
	KUNIT_EXPECT_EQ(test, carve_boot_init(&boot, bed->memory, 1), 0);
}

static void records_say_what_was_given_out(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_boot *boot = &bed->boot;
	void *a = carve_boot_alloc(boot, 300, 64, "first");
	void *b = carve_boot_alloc(boot, PAGE_SIZE, 8, "second");

	KUNIT_ASSERT_EQ(test, boot->nr_records, 3);
	KUNIT_EXPECT_STREQ(test, boot->records[1].what, "first");
	KUNIT_EXPECT_EQ(test, boot->records[1].offset, offset_of(bed, a));
	KUNIT_EXPECT_EQ(test, boot->records[1].size, 300);
	KUNIT_EXPECT_STREQ(test, boot->records[2].what, "second");
	KUNIT_EXPECT_EQ(test, boot->records[2].offset, offset_of(bed, b));
	KUNIT_EXPECT_EQ(test, boot->records[2].size, PAGE_SIZE);
}

static void take(void *arg, unsigned long first, unsigned long nr)
{
	struct bed *bed = arg;

	bed->nr_runs++;
	bed->closed = bed->boot.closed;
	bitmap_set(bed->taken, first, nr);
}

static void hand_over_gives_what_is_clear_in_whole_runs(struct kunit *test)
{
	struct bed *bed = test->priv;

	make_gap(bed);
	clear_bit(BED_PAGES - 1, bed->boot.map);
	carve_boot_hand_over(&bed->boot, take, bed);
	/* Pages 3 to 5, and the last one */
	KUNIT_EXPECT_EQ(test, bed->nr_runs, 2);
	KUNIT_EXPECT_EQ(test, bed->taken[0],
			GENMASK(5, 3) | BIT(BED_PAGES - 1));
}

static void hand_over_of_nothing_calls_nobody(struct kunit *test)
{
	struct bed *bed = test->priv;

	bitmap_fill(bed->boot.map, BED_PAGES);
	carve_boot_hand_over(&bed->boot, take, bed);
	KUNIT_EXPECT_EQ(test, bed->nr_runs, 0);
}

static void nothing_is_given_out_after_the_hand_over(struct kunit *test)
{
	struct bed *bed = test->priv;

	carve_boot_hand_over(&bed->boot, take, bed);
	KUNIT_EXPECT_EQ(test, bed->nr_runs, 1);
	KUNIT_EXPECT_TRUE(test, bed->closed);
	KUNIT_EXPECT_NULL(test, carve_boot_alloc(&bed->boot, 8, 8, "late"));
	KUNIT_EXPECT_EQ(test, bed->boot.nr_records, 1);
	KUNIT_EXPECT_EQ(test, carve_boot_pages(&bed->boot), 1);
}

static struct kunit_case boot_cases[] = {
	KUNIT_CASE(first_record_is_its_own),
	KUNIT_CASE(small_requests_share_a_page),
	KUNIT_CASE(request_runs_on_into_the_next_pages),
	KUNIT_CASE(alignment_is_what_was_asked_for),
	KUNIT_CASE(memory_is_zeroed_and_no_more_than_that),
	KUNIT_CASE(what_does_not_fit_behind_goes_to_the_first_gap),
	KUNIT_CASE(gap_that_is_too_small_is_passed_over),
	KUNIT_CASE(what_can_never_fit_is_refused),
	KUNIT_CASE(exhaustion_returns_null),
	KUNIT_CASE(running_out_of_records_returns_null),
	KUNIT_CASE(memory_too_small_for_the_bitmap_is_refused),
	KUNIT_CASE(records_say_what_was_given_out),
	KUNIT_CASE(hand_over_gives_what_is_clear_in_whole_runs),
	KUNIT_CASE(hand_over_of_nothing_calls_nobody),
	KUNIT_CASE(nothing_is_given_out_after_the_hand_over),
	{ }
};

static struct kunit_suite boot_suite = {
	.name = "carveout_boot",
	.init = bed_init,
	.test_cases = boot_cases,
};

kunit_test_suite(boot_suite);
