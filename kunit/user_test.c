// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of objects for user space, without a file: lookup of their pages, and
 * when pages are freed. A plain reference stands for a page table entry.
 */
#include <linux/cacheflush.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <carveout.h>
#include <carveout_user.h>

#include "core/allocation_report.h"
#include "kunit/fixture.h"
#include "region/region_internal.h"
#include "user/buffer.h"
#include "user/object.h"

static struct page *touch(struct kunit *test, struct carve_object *object,
			  unsigned long at)
{
	struct page *page = carve_object_get_page(object, at);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
	return page;
}

static unsigned long sweep(struct carve_object *object)
{
	return carve_object_sweep(object, 0, CARVE_INDEX_END);
}

/* The index */

/* Offsets that share no table, one, or two; the lowest and the highest */
static const unsigned long offsets[] = {
	0, 1, BIT(CARVE_INDEX_BITS) - 1, BIT(CARVE_INDEX_BITS),
	3 * BIT(CARVE_INDEX_BITS) + 7, BIT(2 * CARVE_INDEX_BITS) - 1,
	BIT(2 * CARVE_INDEX_BITS), 5 * BIT(2 * CARVE_INDEX_BITS) + 3,
	CARVE_INDEX_END - 1,
};

static void index_finds_stored_entries(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_index index;
	unsigned int i;

	carve_index_init(&index, &co->pages);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		KUNIT_EXPECT_EQ(test, carve_index_load(&index, offsets[i]),
				CARVE_PAGE_NONE);
		KUNIT_ASSERT_EQ(test, carve_index_store(&index, offsets[i], i), 0);
	}
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		KUNIT_EXPECT_EQ(test, carve_index_load(&index, offsets[i]), i);
	KUNIT_EXPECT_EQ(test, carve_index_store(&index, 1, 99), 0);
	KUNIT_EXPECT_EQ(test, carve_index_load(&index, 1), 99);
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		carve_index_erase(&index, offsets[i]);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 0UL);
}

static void index_walks_in_order(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_index index;
	unsigned long at;
	unsigned int i;

	carve_index_init(&index, &co->pages);
	KUNIT_EXPECT_EQ(test, carve_index_next(&index, 0), CARVE_INDEX_END);
	for (i = ARRAY_SIZE(offsets); i--;)
		KUNIT_ASSERT_EQ(test, carve_index_store(&index, offsets[i], i), 0);
	i = 0;
	carve_index_for_each(at, &index, 0, CARVE_INDEX_END)
		KUNIT_EXPECT_EQ(test, at, offsets[i++]);
	KUNIT_EXPECT_EQ(test, i, (unsigned int)ARRAY_SIZE(offsets));
	i = 0;
	/* Entries may be removed during the walk */
	carve_index_for_each(at, &index, 1, CARVE_INDEX_END - 1) {
		carve_index_erase(&index, at);
		i++;
	}
	KUNIT_EXPECT_EQ(test, i, (unsigned int)ARRAY_SIZE(offsets) - 2);
	KUNIT_EXPECT_EQ(test, carve_index_next(&index, 1), CARVE_INDEX_END - 1);
	KUNIT_EXPECT_EQ(test, carve_index_next(&index, CARVE_INDEX_END),
			CARVE_INDEX_END);
	carve_index_erase(&index, 0);
	carve_index_erase(&index, CARVE_INDEX_END - 1);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 0UL);
}

static void index_frees_empty_tables(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_index index;

	carve_index_init(&index, &co->pages);
	KUNIT_ASSERT_EQ(test, carve_index_store(&index, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 3UL);
	KUNIT_ASSERT_EQ(test, carve_index_store(&index, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 3UL);
	KUNIT_ASSERT_EQ(test, carve_index_store(&index, CARVE_INDEX_END - 1, 1), 0);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 5UL);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), nr_free - 5);
	/* Removing an absent entry is silent */
	carve_index_erase(&index, 2);
	carve_index_erase(&index, CARVE_INDEX_END / 2);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 5UL);
	carve_index_erase(&index, CARVE_INDEX_END - 1);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 3UL);
	carve_index_erase(&index, 0);
	KUNIT_EXPECT_EQ(test, carve_index_load(&index, 1), 1);
	carve_index_erase(&index, 1);
	KUNIT_EXPECT_EQ(test, index.root, CARVE_PAGE_NONE);
	carve_index_erase(&index, 1);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

/* All pages except @but */
static struct carve_page *take_all(struct carveout *co, unsigned int but)
{
	struct carve_page *page, *first = NULL;

	while ((page = carve_alloc_page(co, GFP_ATOMIC | __GFP_NOWARN))) {
		*(struct carve_page **)carve_page_address(co, page) = first;
		first = page;
	}
	while (but--) {
		page = first;
		first = *(struct carve_page **)carve_page_address(co, page);
		carve_free_page(co, page);
	}
	carve_fixture_collect(co);
	return first;
}

static void give_all(struct carveout *co, struct carve_page *page)
{
	while (page) {
		struct carve_page *next;

		next = *(struct carve_page **)carve_page_address(co, page);
		carve_free_page(co, page);
		page = next;
	}
}

static void failed_insertion_leaves_the_index_unchanged(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_index index;
	struct carve_page *all;
	unsigned int room;

	for (room = 0; room < 3; room++) {
		carve_index_init(&index, &co->pages);
		all = take_all(co, room);
		KUNIT_EXPECT_EQ(test, carve_index_store(&index, 77, 1), -ENOMEM);
		KUNIT_EXPECT_EQ(test, index.nr_tables, 0UL);
		KUNIT_EXPECT_EQ(test, index.root, CARVE_PAGE_NONE);
		KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), room);
		give_all(co, all);
	}
}

/* Objects */

static void object_allocates_pages_on_first_access(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *page;

	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	KUNIT_EXPECT_EQ(test, object->index.nr_tables, 0UL);
	page = touch(test, object, 12345);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 1UL);
	KUNIT_EXPECT_EQ(test, page_count(page), 2);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0, PAGE_SIZE));
	KUNIT_EXPECT_PTR_EQ(test, touch(test, object, 12345), page);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 1UL);
	put_page(page);
	put_page(page);
	carve_object_close(object);
}

static void pages_come_from_the_carveout(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct carveout *co = test->priv;
	struct page *page = touch(test, object, 0);
	struct carve_page *own;

	own = carve_virt_to_page(co, page_address(page));
	KUNIT_ASSERT_NOT_NULL(test, own);
	KUNIT_EXPECT_EQ(test, own->state, CARVE_PAGE_USER);
	KUNIT_EXPECT_EQ(test, own->at, 0ULL);
	put_page(page);
	carve_object_close(object);
}

static void dirty_pages_are_cleared(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct carveout *co = test->priv;
	struct carve_page *dirty[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dirty); i++) {
		dirty[i] = carve_alloc_page(co, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, dirty[i]);
		memset(carve_page_address(co, dirty[i]), 0xaa, PAGE_SIZE);
	}
	carve_free_pages_bulk(co, ARRAY_SIZE(dirty), dirty);
	for (i = 0; i < ARRAY_SIZE(dirty); i++) {
		struct page *page = touch(test, object, i);

		KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0,
						   PAGE_SIZE));
		put_page(page);
	}
	carve_object_close(object);
}

static void unreferenced_pages_are_freed(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *first = touch(test, object, 0);
	struct page *second = touch(test, object, 100000);

	KUNIT_EXPECT_EQ(test, sweep(object), 0UL);
	put_page(first);
	KUNIT_EXPECT_EQ(test, carve_object_sweep(object, 1, CARVE_INDEX_END),
			0UL);
	KUNIT_EXPECT_EQ(test, sweep(object), 1UL);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 1UL);
	put_page(second);
	KUNIT_EXPECT_EQ(test, sweep(object), 1UL);
	KUNIT_EXPECT_EQ(test, object->index.nr_tables, 0UL);
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

#ifdef PG_dcache_clean
/*
 * The flag of arm64 that instruction caches agree with a page, set when it is
 * mapped to be executed. Flags are the first word of struct page.
 */
static void mark_caches_clean(struct page *page)
{
	set_bit(PG_dcache_clean, (unsigned long *)page);
}

static bool caches_are_clean(struct page *page)
{
	return test_bit(PG_dcache_clean, (unsigned long *)page);
}
#else
static void mark_caches_clean(struct page *page)
{
}

static bool caches_are_clean(struct page *page)
{
	return false;
}
#endif

static void freed_page_is_cleared_on_next_access(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *page = touch(test, object, 5), *again;

	memset(page_address(page), 0x77, PAGE_SIZE);
	mark_caches_clean(page);
	put_page(page);
	again = touch(test, object, 5);
	KUNIT_EXPECT_FALSE(test, caches_are_clean(again));
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(again), 0, PAGE_SIZE));
	/* ... but not a page that has a reference */
	memset(page_address(again), 0x78, PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, touch(test, object, 5), again);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(again), 0x78,
					   PAGE_SIZE));
	put_page(again);
	put_page(again);
	carve_object_close(object);
}

static void page_flags_are_clean_after_free(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *page = touch(test, object, 0);
	struct folio *folio = page_folio(page);

	/* Flags as page tables and I/O leave them */
	folio_mark_dirty(folio);
	folio_set_referenced(folio);
	KUNIT_EXPECT_TRUE(test, folio_test_dirty(folio));
	mark_caches_clean(page);
	put_page(page);
	KUNIT_EXPECT_EQ(test, sweep(object), 1UL);
	KUNIT_EXPECT_FALSE(test, caches_are_clean(page));
	KUNIT_EXPECT_FALSE(test, folio_test_dirty(folio));
	KUNIT_EXPECT_FALSE(test, folio_test_referenced(folio));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	carve_object_close(object);
}

static void written_page_stays_until_close(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *page = carve_object_get_page_to_write(object, 3), *again;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
	memset(page_address(page), 0x5a, PAGE_SIZE);
	put_page(page);
	put_page(touch(test, object, 4));
	KUNIT_EXPECT_EQ(test, sweep(object), 1UL);
	again = touch(test, object, 3);
	KUNIT_EXPECT_PTR_EQ(test, again, page);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(again), 0x5a, PAGE_SIZE));
	put_page(again);
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static void page_that_is_mapped_first_stays_once_written(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *page = touch(test, object, 0);

	KUNIT_EXPECT_PTR_EQ(test, carve_object_get_page_to_write(object, 0), page);
	put_page(page);
	put_page(page);
	KUNIT_EXPECT_EQ(test, sweep(object), 0UL);
	carve_object_close(object);
}

static void lookup_allocates_nothing(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *page;

	KUNIT_EXPECT_NULL(test, carve_object_find_page(object, 7));
	KUNIT_EXPECT_NULL(test, carve_object_find_page(object, CARVE_INDEX_END - 1));
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	page = touch(test, object, 7);
	KUNIT_EXPECT_PTR_EQ(test, carve_object_find_page(object, 7), page);
	put_page(page);
	put_page(page);
	/* An idle page reads as zeroes, whatever is in it */
	KUNIT_EXPECT_NULL(test, carve_object_find_page(object, 7));
	carve_object_close(object);
}

static void data_and_holes_are_found(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	unsigned long at;

	KUNIT_EXPECT_EQ(test, carve_object_next_data(object, 0), CARVE_INDEX_END);
	KUNIT_EXPECT_EQ(test, carve_object_next_hole(object, 5), 5UL);
	for (at = 1000; at < 1100; at++)
		put_page(carve_object_get_page_to_write(object, at));
	put_page(carve_object_get_page_to_write(object, CARVE_INDEX_END - 1));
	KUNIT_EXPECT_EQ(test, carve_object_next_data(object, 0), 1000UL);
	KUNIT_EXPECT_EQ(test, carve_object_next_data(object, 1050), 1050UL);
	KUNIT_EXPECT_EQ(test, carve_object_next_hole(object, 1000), 1100UL);
	KUNIT_EXPECT_EQ(test, carve_object_next_data(object, 1100), CARVE_INDEX_END - 1);
	KUNIT_EXPECT_EQ(test, carve_object_next_hole(object, CARVE_INDEX_END - 1),
			CARVE_INDEX_END);
	carve_object_close(object);
}

static void offsets_beyond_the_end_are_refused(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *page = touch(test, object, CARVE_INDEX_END - 1);

	put_page(page);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_object_get_page(object, CARVE_INDEX_END)),
			(long)-EFBIG);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_object_get_page(object, ULONG_MAX)),
			(long)-EFBIG);
	carve_object_close(object);
}

static void full_carveout_returns_an_error(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct carveout *co = test->priv;
	struct carve_page *all = take_all(co, 2);
	unsigned long failed = atomic_long_read(&co->pages.nr_failed);

	/* One page is free, but not three tables as well */
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_object_get_page(object, 0)),
			(long)-ENOMEM);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), 2UL);
	KUNIT_EXPECT_GT(test, atomic_long_read(&co->pages.nr_failed),
			(long)failed);
	KUNIT_EXPECT_NULL(test, carve_object_get_huge(object, 0, 9));
	give_all(co, all);
	put_page(touch(test, object, 0));
	carve_object_close(object);
}

static void memory_pressure_reclaims_unreferenced_pages(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct carveout *co = test->priv;
	struct page *held = touch(test, object, 3);
	struct carve_page *page;
	unsigned int i;

	for (i = 0; i < 200; i++)
		put_page(touch(test, object, i));
	KUNIT_EXPECT_EQ(test, object->nr_pages, 200UL);
	page = take_all(co, 0);
	give_all(co, page);
	page = carve_alloc_pages(co, GFP_KERNEL | __GFP_NOWARN,
				 co->pages.zone[0].buddy.max_order);
	carve_free_pages(co, page, co->pages.zone[0].buddy.max_order);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 1UL);
	put_page(held);
	carve_object_close(object);
}

static unsigned int nr_released;

static void count_released(struct carve_user *user)
{
	nr_released++;
}

static void closed_object_waits_for_pinned_pages(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct carveout *co = test->priv;
	struct carve_object_usage usage;
	struct page *page;

	nr_released = 0;
	co->user.released = count_released;
	put_page(touch(test, object, 1));
	page = touch(test, object, 2);
	memset(page_address(page), 0x55, PAGE_SIZE);
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, nr_released, 0);
	carve_user_usage(&co->user, &usage);
	KUNIT_EXPECT_EQ(test, usage.files, 1UL);
	KUNIT_EXPECT_EQ(test, usage.touched, 1UL);
	KUNIT_EXPECT_EQ(test, usage.pinned, 1UL);
	KUNIT_EXPECT_GT(test, carveout_count_allocations(co), 0UL);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0x55, PAGE_SIZE));
	put_page(page);
	mod_delayed_work(system_wq, &co->user.sweep, 0);
	flush_delayed_work(&co->user.sweep);
	KUNIT_EXPECT_EQ(test, nr_released, 1);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 0UL);
}

static void objects_are_separate(struct kunit *test)
{
	struct carve_object *a = carve_fixture_open_object(test);
	struct carve_object *b = carve_fixture_open_object(test);
	struct carveout *co = test->priv;
	struct page *page_a = touch(test, a, 0), *page_b = touch(test, b, 0);
	struct carve_object_usage usage;

	KUNIT_EXPECT_PTR_NE(test, page_a, page_b);
	carve_user_usage(&co->user, &usage);
	KUNIT_EXPECT_EQ(test, usage.files, 2UL);
	KUNIT_EXPECT_EQ(test, usage.touched, 2UL);
	put_page(page_a);
	carve_object_close(a);
	memset(page_address(page_b), 1, PAGE_SIZE);
	put_page(page_b);
	carve_object_close(b);
}

static void closed_object_calls_the_released_hook(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct carveout *co = test->priv;

	nr_released = 0;
	co->user.released = count_released;
	put_page(touch(test, object, 1));
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, nr_released, 1);
}

/*
 * Mappings without page tables: an object sees only their ranges. References
 * taken by touch() stand for page table entries.
 */

static struct vm_area_struct *new_vma(struct kunit *test, unsigned long first,
				      unsigned long nr)
{
	struct vm_area_struct *vma = kunit_kzalloc(test, sizeof(*vma),
						   GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vma);
	vma->vm_end = nr << PAGE_SHIFT;
	vma->vm_pgoff = first;
	if (first >= CARVE_HUGE_OFFSET)
		vm_flags_init(vma, VM_PFNMAP);
	return vma;
}

static struct vm_area_struct *map(struct kunit *test,
				  struct carve_object *object,
				  unsigned long first, unsigned long nr)
{
	struct vm_area_struct *vma = new_vma(test, first, nr);

	KUNIT_ASSERT_EQ(test, carve_object_map(object, vma), 0);
	return vma;
}

/* Copy a mapping, as the kernel does to split it or for a child */
static struct vm_area_struct *copy(struct kunit *test,
				   struct vm_area_struct *from,
				   struct mm_struct *mm)
{
	struct vm_area_struct *vma = new_vma(test, from->vm_pgoff,
					     vma_pages(from));

	vma->vm_mm = mm;
	vma->vm_private_data = from->vm_private_data;
	return vma;
}

static void unmap(struct carve_object *object, struct vm_area_struct *vma)
{
	carve_object_unmap(object, vma);
}

/* The upper @nr pages of a mapping, which the kernel is about to cut off */
static struct vm_area_struct *begin_split(struct kunit *test,
					  struct carve_object *object,
					  struct vm_area_struct *vma,
					  unsigned long nr)
{
	struct vm_area_struct *upper = copy(test, vma, vma->vm_mm);

	upper->vm_pgoff += vma_pages(vma) - nr;
	upper->vm_end = nr << PAGE_SHIFT;
	KUNIT_ASSERT_EQ(test, carve_object_map(object, upper), 0);
	return upper;
}

static void end_split(struct carve_object *object, struct vm_area_struct *vma,
		      unsigned long nr)
{
	i_mmap_lock_write(&object->mapping);
	vma->vm_end -= nr << PAGE_SHIFT;
	i_mmap_unlock_write(&object->mapping);
}

static enum carve_coverage coverage(struct carve_object *object,
				    unsigned long at)
{
	guard(mutex)(&object->lock);
	carve_cover_update(&object->cover);
	return carve_cover_at(&object->cover, at, NULL);
}

static void mappings_are_counted(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct vm_area_struct *a = map(test, object, 0, 10);
	struct vm_area_struct *b = map(test, object, 5, 10);

	KUNIT_EXPECT_EQ(test, carve_object_mapped(object), 20UL);
	KUNIT_EXPECT_EQ(test, coverage(object, 0), CARVE_COVERED_ONCE);
	KUNIT_EXPECT_EQ(test, coverage(object, 5), CARVE_COVERED);
	KUNIT_EXPECT_EQ(test, coverage(object, 9), CARVE_COVERED);
	KUNIT_EXPECT_EQ(test, coverage(object, 14), CARVE_COVERED_ONCE);
	KUNIT_EXPECT_EQ(test, coverage(object, 15), CARVE_UNCOVERED);
	unmap(object, a);
	KUNIT_EXPECT_EQ(test, carve_object_mapped(object), 10UL);
	unmap(object, b);
	KUNIT_EXPECT_EQ(test, coverage(object, 5), CARVE_UNCOVERED);
	carve_object_close(object);
}

static void split_mapping_covers_the_remaining_range(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct vm_area_struct *vma = map(test, object, 0, 10);
	struct vm_area_struct *upper = begin_split(test, object, vma, 4);
	struct vm_area_struct *middle;

	/* The mapping still covers its old range, since others may look meanwhile */
	KUNIT_EXPECT_EQ(test, coverage(object, 5), CARVE_COVERED_ONCE);
	KUNIT_EXPECT_EQ(test, coverage(object, 6), CARVE_COVERED);
	end_split(object, vma, 4);
	middle = begin_split(test, object, vma, 3);
	KUNIT_EXPECT_EQ(test, coverage(object, 6), CARVE_COVERED_ONCE);
	KUNIT_EXPECT_EQ(test, coverage(object, 5), CARVE_COVERED);
	end_split(object, vma, 3);
	unmap(object, middle);
	KUNIT_EXPECT_EQ(test, coverage(object, 2), CARVE_COVERED_ONCE);
	KUNIT_EXPECT_EQ(test, coverage(object, 3), CARVE_UNCOVERED);
	KUNIT_EXPECT_EQ(test, coverage(object, 6), CARVE_COVERED_ONCE);
	KUNIT_EXPECT_EQ(test, carve_object_mapped(object), 7UL);
	unmap(object, vma);
	unmap(object, upper);
	KUNIT_EXPECT_EQ(test, carve_object_mapped(object), 0UL);
	carve_object_close(object);
}

/* Linux 6.1 aborts a split for lack of memory after it has opened the copy */
static void aborted_split_keeps_the_coverage(struct kunit *test)
{
	const unsigned long huge = CARVE_HUGE_OFFSET;
	struct carve_object *object = carve_fixture_open_object(test);
	struct vm_area_struct *vma = map(test, object, huge, 10);

	put_page(touch(test, object, 9));
	unmap(object, begin_split(test, object, vma, 4));
	KUNIT_EXPECT_EQ(test, object->nr_pages, 1UL);
	KUNIT_EXPECT_EQ(test, coverage(object, 9), CARVE_COVERED);
	unmap(object, vma);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	carve_object_close(object);
}

static void page_survives_while_another_mapping_covers_it(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct vm_area_struct *parent = map(test, object, 0, 4);
	struct vm_area_struct *child = map(test, object, 0, 4);
	struct page *page = touch(test, object, 2);

	memset(page_address(page), 0x44, PAGE_SIZE);
	put_page(page);
	KUNIT_EXPECT_EQ(test, sweep(object), 0UL);
	unmap(object, child);
	KUNIT_EXPECT_EQ(test, sweep(object), 0UL);
	page = touch(test, object, 2);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0x44, PAGE_SIZE));
	/* Only the parent covers it from here on */
	put_page(page);
	KUNIT_EXPECT_EQ(test, sweep(object), 1UL);
	unmap(object, parent);
	carve_object_close(object);
}

static void page_is_freed_with_its_last_mapping(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct vm_area_struct *a = map(test, object, 0, 4);
	struct vm_area_struct *b = map(test, object, 2, 4);
	unsigned long at;

	for (at = 0; at < 6; at++)
		put_page(touch(test, object, at));
	unmap(object, b);
	/* 0 and 1 lost their only mapping, 4 and 5 are not mapped any more */
	KUNIT_EXPECT_EQ(test, object->nr_pages, 4UL);
	KUNIT_EXPECT_EQ(test, sweep(object), 2UL);
	unmap(object, a);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	carve_object_close(object);
}

static void new_mapping_does_not_retain_unreferenced_pages(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct vm_area_struct *parent = map(test, object, 0, 4), *child;
	struct page *page = touch(test, object, 1);

	memset(page_address(page), 0x45, PAGE_SIZE);
	put_page(page);
	child = map(test, object, 0, 4);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	unmap(object, child);
	page = touch(test, object, 1);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0, PAGE_SIZE));
	put_page(page);
	unmap(object, parent);
	carve_object_close(object);
}

/*
 * Kernels before 6.9 link a child's mapping to the object and fill its page
 * tables before they call open().
 */
static void child_mapping_is_covered_before_open(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct vm_area_struct *parent = map(test, object, 0, 4), *child;
	unsigned long start = jiffies;
	struct page *page;

	child = copy(test, parent, test->priv);
	page = touch(test, object, 1);
	KUNIT_EXPECT_EQ(test, sweep(object), 0UL);
	KUNIT_ASSERT_EQ(test, carve_object_map(object, child), 0);
	KUNIT_EXPECT_LT(test, jiffies - start, (unsigned long)HZ);
	KUNIT_EXPECT_EQ(test, coverage(object, 1), CARVE_COVERED);
	unmap(object, parent);
	KUNIT_EXPECT_EQ(test, coverage(object, 1), CARVE_COVERED_ONCE);
	put_page(page);
	unmap(object, child);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	carve_object_close(object);
}

/*
 * A CPU may write through its TLB until close() is called, even if other
 * mappings of the object come and go meanwhile.
 */
static void huge_mapping_retains_pages_until_close(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct vm_area_struct *going = map(test, object, CARVE_HUGE_OFFSET, 32);
	struct vm_area_struct *other = map(test, object, 64, 4), *child;

	KUNIT_ASSERT_NOT_NULL(test, carve_object_get_huge(object, 0, 5));
	child = copy(test, other, test->priv);
	KUNIT_EXPECT_EQ(test, sweep(object), 0UL);
	KUNIT_ASSERT_EQ(test, carve_object_map(object, child), 0);
	KUNIT_EXPECT_EQ(test, sweep(object), 0UL);
	unmap(object, other);
	KUNIT_EXPECT_EQ(test, sweep(object), 0UL);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 32UL);
	unmap(object, going);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	unmap(object, child);
	carve_object_close(object);
}

static void mapping_without_metadata_retains_all_pages(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct vm_area_struct *vma = new_vma(test, 0, 4), *more;
	struct carve_mapping *records = NULL, *record;
	struct carveout *co = test->priv;
	struct carve_page *all;

	put_page(touch(test, object, 100));
	all = take_all(co, 0);
	while ((record = __carve_cache_alloc(co->user.mappings, GFP_ATOMIC |
					     __GFP_NOWARN))) {
		*(struct carve_mapping **)record = records;
		records = record;
	}
	KUNIT_EXPECT_EQ(test, carve_object_map(object, vma), -ENOMEM);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	carve_object_map_unrecorded(object, vma);
	more = copy(test, vma, NULL);
	carve_object_map_unrecorded(object, more);
	while ((record = records)) {
		records = *(struct carve_mapping **)record;
		__carve_cache_free(co->user.mappings, record);
	}
	give_all(co, all);
	put_page(touch(test, object, 100));
	KUNIT_EXPECT_EQ(test, sweep(object), 0UL);
	unmap(object, vma);
	KUNIT_EXPECT_EQ(test, sweep(object), 0UL);
	unmap(object, more);
	KUNIT_EXPECT_EQ(test, sweep(object), 1UL);
	carve_object_close(object);
}

static void huge_mapping_retains_only_its_range(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct vm_area_struct *vma = map(test, object, CARVE_HUGE_OFFSET + 32,
					 32);

	KUNIT_ASSERT_NOT_NULL(test, carve_object_get_huge(object, 32, 5));
	put_page(touch(test, object, 31));
	put_page(touch(test, object, 64));
	KUNIT_EXPECT_EQ(test, sweep(object), 2UL);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 32UL);
	unmap(object, vma);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	carve_object_close(object);
}

static void memory_of_a_cma_area_is_not_pinnable(struct kunit *test)
{
	struct carveout *co = test->priv;
	const struct carve_region_source *source = co->region->source;

	KUNIT_EXPECT_TRUE(test, carve_user_pinnable(&co->user));
	co->region->source = &carve_region_cma;
	KUNIT_EXPECT_FALSE(test, carve_user_pinnable(&co->user));
	co->region->source = source;
}

/* Blocks */

#define ORDER 5

static void block_is_contiguous_and_aligned(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *block = carve_object_get_huge(object, BIT(ORDER), ORDER);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_EXPECT_EQ(test, page_to_pfn(block) % BIT(ORDER), 0UL);
	KUNIT_EXPECT_EQ(test, object->nr_pages, BIT(ORDER));
	for (i = 0; i < BIT(ORDER); i++) {
		struct page *page = touch(test, object, BIT(ORDER) + i);

		KUNIT_EXPECT_EQ(test, page_to_pfn(page), page_to_pfn(block) + i);
		put_page(page);
	}
	KUNIT_EXPECT_EQ(test, object->nr_pages, BIT(ORDER));
	KUNIT_EXPECT_PTR_EQ(test, carve_object_get_huge(object, BIT(ORDER), ORDER),
			    block);
	carve_object_close(object);
}

static void block_is_freed_page_by_page(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *held;

	KUNIT_ASSERT_NOT_NULL(test, carve_object_get_huge(object, 0, ORDER));
	held = touch(test, object, 7);
	KUNIT_EXPECT_EQ(test, sweep(object), BIT(ORDER) - 1);
	/* The remaining pages are no block any more */
	KUNIT_EXPECT_NULL(test, carve_object_get_huge(object, 0, ORDER));
	KUNIT_EXPECT_EQ(test, object->nr_pages, 1UL);
	put_page(held);
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static void block_is_refused_where_pages_exist(struct kunit *test)
{
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *held = touch(test, object, BIT(ORDER) - 1);

	KUNIT_EXPECT_NULL(test, carve_object_get_huge(object, 0, ORDER));
	KUNIT_EXPECT_EQ(test, object->nr_pages, 1UL);
	KUNIT_EXPECT_NOT_NULL(test, carve_object_get_huge(object, BIT(ORDER), ORDER));
	put_page(held);
	carve_object_close(object);
}

/* Corruption */

static void corruption_is_found_by_check(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_report r = { .name = "meant-to-fail" };
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *page = touch(test, object, 9);
	struct carve_page *own = carve_virt_to_page(co, page_address(page));

	carve_user_check(&co->user, &r);
	KUNIT_EXPECT_EQ(test, r.violations, 0);
	own->at = 8;
	carve_user_check(&co->user, &r);
	KUNIT_EXPECT_EQ(test, r.violations, 1);
	own->at = 9;
	own->state = CARVE_PAGE_USED;
	carve_user_check(&co->user, &r);
	KUNIT_EXPECT_EQ(test, r.violations, 2);
	own->state = CARVE_PAGE_USER;
	object->nr_pages++;
	carve_user_check(&co->user, &r);
	KUNIT_EXPECT_EQ(test, r.violations, 3);
	object->nr_pages--;
	KUNIT_ASSERT_EQ(test, carve_index_store(&object->index, 10, U32_MAX - 1), 0);
	carve_user_check(&co->user, &r);
	KUNIT_EXPECT_EQ(test, r.violations, 6);
	carve_index_erase(&object->index, 10);
	carve_user_check(&co->user, &r);
	KUNIT_EXPECT_EQ(test, r.violations, 6);
	put_page(page);
	carve_object_close(object);
}

/* A random walk */

#define WALK_STEPS 20000
#define WALK_SLOTS 64

static void random_walk_agrees_with_model(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_object *object = carve_fixture_open_object(test);
	struct page *held[WALK_SLOTS] = { };
	struct rnd_state rnd;
	unsigned int i, nr = 0;

	carve_fixture_seed(test, &rnd, 20261120);
	for (i = 0; i < WALK_STEPS; i++) {
		u32 n = carve_fixture_random(&rnd, WALK_SLOTS);
		/* Near and distant offsets, so that tables are allocated and freed */
		unsigned long at = n % 2 ? n : (unsigned long)n << 22;

		if (!held[n]) {
			held[n] = touch(test, object, at);
			KUNIT_ASSERT_EQ(test, *(u64 *)page_address(held[n]), 0ULL);
			*(u64 *)page_address(held[n]) = n + 1;
			nr++;
		} else {
			KUNIT_ASSERT_EQ(test, *(u64 *)page_address(held[n]), n + 1ULL);
			put_page(held[n]);
			held[n] = NULL;
			nr--;
		}
		if (i % 16 == 0) {
			sweep(object);
			KUNIT_ASSERT_EQ(test, object->nr_pages, (unsigned long)nr);
		}
		if (i % 1024 == 0)
			carve_fixture_check(test, co);
	}
	for (i = 0; i < WALK_SLOTS; i++)
		if (held[i])
			put_page(held[i]);
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static struct kunit_case user_cases[] = {
	KUNIT_CASE(index_finds_stored_entries),
	KUNIT_CASE(index_walks_in_order),
	KUNIT_CASE(index_frees_empty_tables),
	KUNIT_CASE(failed_insertion_leaves_the_index_unchanged),
	KUNIT_CASE(object_allocates_pages_on_first_access),
	KUNIT_CASE(pages_come_from_the_carveout),
	KUNIT_CASE(dirty_pages_are_cleared),
	KUNIT_CASE(unreferenced_pages_are_freed),
	KUNIT_CASE(freed_page_is_cleared_on_next_access),
	KUNIT_CASE(page_flags_are_clean_after_free),
	KUNIT_CASE(written_page_stays_until_close),
	KUNIT_CASE(page_that_is_mapped_first_stays_once_written),
	KUNIT_CASE(lookup_allocates_nothing),
	KUNIT_CASE(data_and_holes_are_found),
	KUNIT_CASE(offsets_beyond_the_end_are_refused),
	KUNIT_CASE(full_carveout_returns_an_error),
	KUNIT_CASE(memory_pressure_reclaims_unreferenced_pages),
	KUNIT_CASE(closed_object_waits_for_pinned_pages),
	KUNIT_CASE(closed_object_calls_the_released_hook),
	KUNIT_CASE(objects_are_separate),
	KUNIT_CASE(mappings_are_counted),
	KUNIT_CASE(split_mapping_covers_the_remaining_range),
	KUNIT_CASE(aborted_split_keeps_the_coverage),
	KUNIT_CASE(page_survives_while_another_mapping_covers_it),
	KUNIT_CASE(page_is_freed_with_its_last_mapping),
	KUNIT_CASE(new_mapping_does_not_retain_unreferenced_pages),
	KUNIT_CASE(child_mapping_is_covered_before_open),
	KUNIT_CASE(huge_mapping_retains_pages_until_close),
	KUNIT_CASE(mapping_without_metadata_retains_all_pages),
	KUNIT_CASE(huge_mapping_retains_only_its_range),
	KUNIT_CASE(memory_of_a_cma_area_is_not_pinnable),
	KUNIT_CASE(block_is_contiguous_and_aligned),
	KUNIT_CASE(block_is_freed_page_by_page),
	KUNIT_CASE(block_is_refused_where_pages_exist),
	KUNIT_CASE(corruption_is_found_by_check),
	KUNIT_CASE_SLOW(random_walk_agrees_with_model),
	{ }
};

static struct kunit_suite user_suite = {
	.name = "carveout_user",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = user_cases,
};

kunit_test_suites(&user_suite);
