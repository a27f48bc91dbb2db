// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of buffers for user space: ranges of an object that are allocated at once
 * in contiguous blocks, their addresses, and the names of objects. Without a file.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "user/buffer.h"

/* The page frame number at an offset, which is put at once */
static unsigned long pfn_at(struct kunit *test, struct carve_object *object,
			    unsigned long at)
{
	struct page *page = carve_object_find_page(object, at);

	KUNIT_ASSERT_NOT_NULL(test, page);
	put_page(page);
	return page_to_pfn(page);
}

/* Ranges in pages: offset, length, order of the blocks */
static const struct buffer {
	unsigned long at;
	unsigned long nr;
	unsigned int order;
} ranges[] = {
	{ 0, 1, 0 },
	{ 5, 48, 6 },		/* one block, of which a part is freed */
	{ 64, 64, 6 },		/* one whole block */
	{ 1000, 38, 3 },	/* four blocks, and a part of one */
	{ CARVE_INDEX_END - 7, 7, 0 },
	{ BIT(CARVE_INDEX_BITS) - 3, 8, 2 },	/* in two tables */
};

static void range_desc(const struct buffer *range, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%lu pages at %lu in blocks of order %u",
		 range->nr, range->at, range->order);
}

KUNIT_ARRAY_PARAM(range, ranges, range_desc);

static void range_is_allocated_in_blocks(struct kunit *test)
{
	const struct buffer *range = test->param_value;
	struct carveout *co = test->priv;
	struct carve_object *object = carve_fixture_open_object(test);
	unsigned long nr_free = carve_fixture_collect(co);
	unsigned long i, pfn = 0;

	KUNIT_ASSERT_EQ(test, carve_object_alloc_range(object, range->at, range->nr,
						       range->order), 0);
	KUNIT_EXPECT_EQ(test, object->nr_pages, range->nr);
	for (i = 0; i < range->nr; i++) {
		if (i % BIT(range->order) == 0) {
			pfn = pfn_at(test, object, range->at + i);
			KUNIT_EXPECT_EQ(test, pfn % BIT(range->order), 0UL);
		}
		KUNIT_EXPECT_EQ(test, pfn_at(test, object, range->at + i), pfn);
		KUNIT_EXPECT_NULL(test, memchr_inv(page_address(pfn_to_page(pfn)), 0,
						   PAGE_SIZE));
		pfn++;
	}
	/* What the blocks had beyond the range is free */
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co),
			nr_free - range->nr - object->index.nr_tables);
	carve_fixture_check(test, co);
	carve_object_close(object);
}

static void buffer_stays_until_close(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	u8 *data;

	KUNIT_ASSERT_EQ(test, carve_object_alloc_range(object, 8, 8, 3), 0);
	data = page_address(pfn_to_page(pfn_at(test, object, 10)));
	*data = 0x5a;
	KUNIT_EXPECT_EQ(test, carve_object_sweep(object, 0, CARVE_INDEX_END), 0UL);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 8UL);
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)page_address(pfn_to_page(pfn_at(test, object, 10))), data);
	KUNIT_EXPECT_EQ(test, *data, 0x5a);
	carve_object_close(object);
}

static void address_is_that_of_the_page(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	phys_addr_t phys = 0;

	KUNIT_ASSERT_EQ(test, carve_object_alloc_range(object, 16, 12, 4), 0);
	KUNIT_EXPECT_EQ(test, carve_object_find_block(object, 16, &phys), 12UL);
	KUNIT_EXPECT_EQ(test, phys, PFN_PHYS(pfn_at(test, object, 16)));
	KUNIT_EXPECT_EQ(test, carve_object_find_block(object, 27, &phys), 1UL);
	KUNIT_EXPECT_EQ(test, phys, PFN_PHYS(pfn_at(test, object, 27)));
	KUNIT_EXPECT_EQ(test, carve_object_find_block(object, 15, &phys), 0UL);
	KUNIT_EXPECT_EQ(test, carve_object_find_block(object, 28, &phys), 0UL);
	KUNIT_EXPECT_EQ(test, carve_object_find_block(object, CARVE_INDEX_END, &phys), 0UL);
	carve_object_close(object);
}

static void only_lasting_pages_have_an_address(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *mapped = carve_object_get_page(object, 0);
	phys_addr_t phys;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mapped);
	KUNIT_EXPECT_EQ(test, carve_object_find_block(object, 0, &phys), 0UL);
	put_page(mapped);
	put_page(carve_object_get_page_to_write(object, 0));
	KUNIT_EXPECT_EQ(test, carve_object_find_block(object, 0, &phys), 1UL);
	carve_object_close(object);
}

static void bad_ranges_are_refused(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);

	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, CARVE_INDEX_END - 7, 8, 0),
			-EFBIG);
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, CARVE_INDEX_END, 1, 0),
			-EFBIG);
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 1, ULONG_MAX, 0), -EFBIG);
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 0, 1, CARVE_NR_ORDERS),
			-ENOMEM);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	carve_object_close(object);
}

/* Sizes of blocks by which more is asked for than there is */
static const unsigned int orders[] = { 0, 1, 4 };

static void failed_allocation_frees_what_it_had(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_object *object = carve_fixture_open_object(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 3, nr_free + 1,
							       orders[i]), -ENOMEM);
		KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
		KUNIT_EXPECT_EQ(test, object->index.nr_tables, 0UL);
	}
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static void range_with_a_page_is_refused(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *held = carve_object_get_page(object, 20);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, held);
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 4, 24, 3), -EEXIST);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 1UL);
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 4, 16, 3), 0);
	put_page(held);
	/* An idle page is freed first */
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 20, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, carve_object_alloc_range(object, 20, 1, 0), -EEXIST);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 17UL);
	carve_object_close(object);
}

static void huge_mapping_finds_a_buffer(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *block;

	KUNIT_ASSERT_EQ(test, carve_object_alloc_range(object, 32, 32, 5), 0);
	block = carve_object_get_huge(object, 32, 5);
	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, page_to_pfn(block), pfn_at(test, object, 32));
	KUNIT_EXPECT_EQ(test, object->nr_pages, 32UL);
	carve_object_close(object);
}

static void object_is_found_by_its_name(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object = carve_fixture_open_object(test);
	struct carve_object *other = carve_fixture_open_object(test);
	char name[CARVEOUT_USER_NAME];

	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_object_get_named(&co->user, "", NULL)),
			(long)-ENOENT);
	KUNIT_EXPECT_EQ(test, carve_object_set_name(object, "video"), 0);
	KUNIT_EXPECT_EQ(test, carve_object_set_name(object, "video"), 0);
	KUNIT_EXPECT_EQ(test, carve_object_set_name(other, "video"), -EEXIST);
	carve_object_get_name(object, name);
	KUNIT_EXPECT_STREQ(test, name, "video");
	KUNIT_EXPECT_PTR_EQ(test, carve_object_get_named(&co->user, "video", NULL), object);
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_object_get_named(&co->user, "vide", NULL)),
			(long)-ENOENT);
	/* Of another inode */
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_object_get_named(&co->user, "video",
							     (struct inode *)test)),
			(long)-EXDEV);
	KUNIT_EXPECT_EQ(test, carve_object_set_name(object, ""), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_object_get_named(&co->user, "video", NULL)),
			(long)-ENOENT);
	KUNIT_EXPECT_EQ(test, carve_object_set_name(other, "video"), 0);
	carve_object_close(object);
	carve_object_close(other);
}

static void object_lives_as_long_as_one_of_its_files(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_object *object = carve_fixture_open_object(test);

	KUNIT_ASSERT_EQ(test, carve_object_alloc_range(object, 0, 4, 2), 0);
	KUNIT_ASSERT_EQ(test, carve_object_set_name(object, "x"), 0);
	KUNIT_ASSERT_PTR_EQ(test, carve_object_get_named(&co->user, "x", NULL), object);
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 4UL);
	KUNIT_ASSERT_PTR_EQ(test, carve_object_get_named(&co->user, "x", NULL), object);
	carve_object_close(object);
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_object_get_named(&co->user, "x", NULL)),
			(long)-ENOENT);
}

/* The name of an object that I/O still pins can be used again */
static void closed_object_has_no_name(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object = carve_fixture_open_object(test);
	struct carve_object *other = carve_fixture_open_object(test);
	struct page *pinned = carve_object_get_page(object, 0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pinned);
	KUNIT_EXPECT_EQ(test, carve_object_set_name(object, "x"), 0);
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_object_get_named(&co->user, "x", NULL)),
			(long)-ENOENT);
	KUNIT_EXPECT_EQ(test, carve_object_set_name(other, "x"), 0);
	put_page(pinned);
	carve_object_close(other);
	flush_delayed_work(&co->user.sweep);
}

static struct kunit_case user_buffer_cases[] = {
	KUNIT_CASE_PARAM(range_is_allocated_in_blocks, range_gen_params),
	KUNIT_CASE(buffer_stays_until_close),
	KUNIT_CASE(address_is_that_of_the_page),
	KUNIT_CASE(only_lasting_pages_have_an_address),
	KUNIT_CASE(bad_ranges_are_refused),
	KUNIT_CASE(failed_allocation_frees_what_it_had),
	KUNIT_CASE(range_with_a_page_is_refused),
	KUNIT_CASE(huge_mapping_finds_a_buffer),
	KUNIT_CASE(object_is_found_by_its_name),
	KUNIT_CASE(object_lives_as_long_as_one_of_its_files),
	KUNIT_CASE(closed_object_has_no_name),
	{ }
};

static struct kunit_suite user_buffer_suite = {
	.name = "carveout_user_buffer",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = user_buffer_cases,
};

kunit_test_suite(user_buffer_suite);
