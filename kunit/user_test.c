// SPDX-License-Identifier: GPL-2.0
/*
 * Objects without a file: where their pages are found, and when these go back.
 * What page tables do to a page, a reference does here.
 */
#include <linux/err.h>
#include <linux/interval_tree_generic.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <carveout.h>
#include <carveout_user.h>

#include "kunit/testbed.h"
#include "user/mapping.h"
#include "user/user.h"

static struct carve_object *open_object(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object = carve_object_open(&co->user, NULL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	return object;
}

static struct page *touch(struct kunit *test, struct carve_object *object,
			  unsigned long at)
{
	struct page *page = carve_object_get(object, at);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
	return page;
}

static unsigned long sweep(struct carve_object *object)
{
	return carve_object_sweep(object, 0, CARVE_INDEX_END);
}

/* The index */

/* Offsets that share no table, one, two; the first and the last there are */
static const unsigned long offsets[] = {
	0, 1, BIT(CARVE_INDEX_BITS) - 1, BIT(CARVE_INDEX_BITS),
	3 * BIT(CARVE_INDEX_BITS) + 7, BIT(2 * CARVE_INDEX_BITS) - 1,
	BIT(2 * CARVE_INDEX_BITS), 5 * BIT(2 * CARVE_INDEX_BITS) + 3,
	CARVE_INDEX_END - 1,
};

static void index_finds_what_was_set(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_index index;
	unsigned int i;

	carve_index_init(&index, &co->pages);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		KUNIT_EXPECT_EQ(test, carve_index_get(&index, offsets[i]),
				CARVE_PAGE_NONE);
		KUNIT_ASSERT_EQ(test, carve_index_set(&index, offsets[i], i), 0);
	}
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		KUNIT_EXPECT_EQ(test, carve_index_get(&index, offsets[i]), i);
	KUNIT_EXPECT_EQ(test, carve_index_set(&index, 1, 99), 0);
	KUNIT_EXPECT_EQ(test, carve_index_get(&index, 1), 99);
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		carve_index_clear(&index, offsets[i]);
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
		KUNIT_ASSERT_EQ(test, carve_index_set(&index, offsets[i], i), 0);
	i = 0;
	carve_index_for_each(at, &index, 0, CARVE_INDEX_END)
		KUNIT_EXPECT_EQ(test, at, offsets[i++]);
	KUNIT_EXPECT_EQ(test, i, (unsigned int)ARRAY_SIZE(offsets));
	i = 0;
	/* Entries may be taken out on the way */
	carve_index_for_each(at, &index, 1, CARVE_INDEX_END - 1) {
		carve_index_clear(&index, at);
		i++;
	}
	KUNIT_EXPECT_EQ(test, i, (unsigned int)ARRAY_SIZE(offsets) - 2);
	KUNIT_EXPECT_EQ(test, carve_index_next(&index, 1), CARVE_INDEX_END - 1);
	KUNIT_EXPECT_EQ(test, carve_index_next(&index, CARVE_INDEX_END),
			CARVE_INDEX_END);
	carve_index_clear(&index, 0);
	carve_index_clear(&index, CARVE_INDEX_END - 1);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 0UL);
}

static void index_keeps_no_empty_table(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_testbed_collect(co);
	struct carve_index index;

	carve_index_init(&index, &co->pages);
	KUNIT_ASSERT_EQ(test, carve_index_set(&index, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 3UL);
	KUNIT_ASSERT_EQ(test, carve_index_set(&index, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 3UL);
	KUNIT_ASSERT_EQ(test, carve_index_set(&index, CARVE_INDEX_END - 1, 1), 0);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 5UL);
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_free(co), nr_free - 5);
	/* What isn't there is taken out without a word */
	carve_index_clear(&index, 2);
	carve_index_clear(&index, CARVE_INDEX_END / 2);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 5UL);
	carve_index_clear(&index, CARVE_INDEX_END - 1);
	KUNIT_EXPECT_EQ(test, index.nr_tables, 3UL);
	carve_index_clear(&index, 0);
	KUNIT_EXPECT_EQ(test, carve_index_get(&index, 1), 1);
	carve_index_clear(&index, 1);
	KUNIT_EXPECT_EQ(test, index.root, CARVE_PAGE_NONE);
	carve_index_clear(&index, 1);
	KUNIT_EXPECT_EQ(test, carve_testbed_collect(co), nr_free);
}

/* All pages, but for @but */
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
	carve_testbed_collect(co);
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

static void index_without_room_is_as_it_was(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_index index;
	struct carve_page *all;
	unsigned int room;

	for (room = 0; room < 3; room++) {
		carve_index_init(&index, &co->pages);
		all = take_all(co, room);
		KUNIT_EXPECT_EQ(test, carve_index_set(&index, 77, 1), -ENOMEM);
		KUNIT_EXPECT_EQ(test, index.nr_tables, 0UL);
		KUNIT_EXPECT_EQ(test, index.root, CARVE_PAGE_NONE);
		KUNIT_EXPECT_EQ(test, carve_testbed_nr_free(co), room);
		give_all(co, all);
	}
}

/* Objects */

static void object_takes_nothing_until_touched(struct kunit *test)
{
	struct carve_object *object = open_object(test);
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
	struct carve_object *object = open_object(test);
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
	struct carve_object *object = open_object(test);
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

static void pages_go_when_nobody_holds_them(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_testbed_collect(co);
	struct carve_object *object = open_object(test);
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
	KUNIT_EXPECT_EQ(test, carve_testbed_collect(co), nr_free);
}

static void page_that_was_let_go_is_cleared(struct kunit *test)
{
	struct carve_object *object = open_object(test);
	struct page *page = touch(test, object, 5), *again;

	memset(page_address(page), 0x77, PAGE_SIZE);
	put_page(page);
	again = touch(test, object, 5);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(again), 0, PAGE_SIZE));
	/* … but not one that somebody holds */
	memset(page_address(again), 0x78, PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, touch(test, object, 5), again);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(again), 0x78,
					   PAGE_SIZE));
	put_page(again);
	put_page(again);
	carve_object_close(object);
}

static void flags_are_clean_when_a_page_goes(struct kunit *test)
{
	struct carve_object *object = open_object(test);
	struct page *page = touch(test, object, 0);
	struct folio *folio = page_folio(page);

	/* As page tables and I/O leave them behind */
	folio_mark_dirty(folio);
	folio_set_referenced(folio);
	KUNIT_EXPECT_TRUE(test, folio_test_dirty(folio));
	put_page(page);
	KUNIT_EXPECT_EQ(test, sweep(object), 1UL);
	KUNIT_EXPECT_FALSE(test, folio_test_dirty(folio));
	KUNIT_EXPECT_FALSE(test, folio_test_referenced(folio));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	carve_object_close(object);
}

static void offsets_have_an_end(struct kunit *test)
{
	struct carve_object *object = open_object(test);
	struct page *page = touch(test, object, CARVE_INDEX_END - 1);

	put_page(page);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_object_get(object, CARVE_INDEX_END)),
			(long)-EFBIG);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_object_get(object, ULONG_MAX)),
			(long)-EFBIG);
	carve_object_close(object);
}

static void full_carveout_is_an_error(struct kunit *test)
{
	struct carve_object *object = open_object(test);
	struct carveout *co = test->priv;
	struct carve_page *all = take_all(co, 2);
	unsigned long failed = atomic_long_read(&co->pages.nr_failed);

	/* One page, but not three tables as well */
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_object_get(object, 0)),
			(long)-ENOMEM);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_free(co), 2UL);
	KUNIT_EXPECT_GT(test, atomic_long_read(&co->pages.nr_failed),
			(long)failed);
	KUNIT_EXPECT_NULL(test, carve_object_get_block(object, 0, 9));
	give_all(co, all);
	put_page(touch(test, object, 0));
	carve_object_close(object);
}

static void pressure_gives_back_what_nobody_holds(struct kunit *test)
{
	struct carve_object *object = open_object(test);
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
	struct carve_object *object = open_object(test);
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
	KUNIT_EXPECT_GT(test, carveout_count_owned(co), 0UL);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0x55, PAGE_SIZE));
	put_page(page);
	mod_delayed_work(system_wq, &co->user.sweep, 0);
	flush_delayed_work(&co->user.sweep);
	KUNIT_EXPECT_EQ(test, nr_released, 1);
	KUNIT_EXPECT_EQ(test, carveout_count_owned(co), 0UL);
}

static void objects_are_separate(struct kunit *test)
{
	struct carve_object *a = open_object(test), *b = open_object(test);
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

static void closed_objects_tell(struct kunit *test)
{
	struct carve_object *object = open_object(test);
	struct carveout *co = test->priv;

	nr_released = 0;
	co->user.released = count_released;
	put_page(touch(test, object, 1));
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, nr_released, 1);
}

/*
 * Mappings: made up, as far as the kernel's tree of them knows. What their page
 * tables hold are references taken by touch().
 */

static unsigned long tree_start(struct vm_area_struct *vma)
{
	return vma->vm_pgoff;
}

static unsigned long tree_last(struct vm_area_struct *vma)
{
	return vma->vm_pgoff + vma_pages(vma) - 1;
}

INTERVAL_TREE_DEFINE(struct vm_area_struct, shared.rb, unsigned long,
		     shared.rb_subtree_last, tree_start, tree_last,
		     static __maybe_unused, tree);

static struct vm_area_struct *map(struct kunit *test,
				  struct carve_object *object,
				  unsigned long first, unsigned long nr)
{
	struct vm_area_struct *vma = kunit_kzalloc(test, sizeof(*vma),
						   GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vma);
	vma->vm_end = nr << PAGE_SHIFT;
	vma->vm_pgoff = first;
	carve_object_to_be_mapped(object, first % CARVE_INDEX_END,
				  first % CARVE_INDEX_END + nr);
	atomic_inc(&object->nr_maps);
	tree_insert(vma, &object->mapping.i_mmap);
	return vma;
}

/* The two steps in which a mapping goes */
static void unlink_mapping(struct carve_object *object,
			   struct vm_area_struct *vma)
{
	tree_remove(vma, &object->mapping.i_mmap);
}

static void close_mapping(struct carve_object *object,
			  struct vm_area_struct *vma)
{
	unsigned long first = vma->vm_pgoff % CARVE_INDEX_END;

	carve_object_unmapped(object, first, first + vma_pages(vma));
}

static void unmap(struct carve_object *object, struct vm_area_struct *vma)
{
	unlink_mapping(object, vma);
	close_mapping(object, vma);
}

static void mappings_are_counted(struct kunit *test)
{
	struct carve_object *object = open_object(test);
	struct vm_area_struct *a = map(test, object, 0, 10);
	struct vm_area_struct *b = map(test, object, 5, 10);

	KUNIT_EXPECT_EQ(test, carve_object_mapped(object), 20UL);
	carve_object_lock_maps(object);
	KUNIT_EXPECT_EQ(test, carve_object_cover(object, 0), CARVE_COVERED_ONCE);
	KUNIT_EXPECT_EQ(test, carve_object_cover(object, 5), CARVE_COVERED);
	KUNIT_EXPECT_EQ(test, carve_object_cover(object, 9), CARVE_COVERED);
	KUNIT_EXPECT_EQ(test, carve_object_cover(object, 14), CARVE_COVERED_ONCE);
	KUNIT_EXPECT_EQ(test, carve_object_cover(object, 15), CARVE_UNCOVERED);
	KUNIT_EXPECT_FALSE(test, carve_object_in_flux(object));
	carve_object_unlock_maps(object);
	unmap(object, a);
	KUNIT_EXPECT_EQ(test, carve_object_mapped(object), 10UL);
	unmap(object, b);
	carve_object_close(object);
}

static void page_stays_for_another_mapping(struct kunit *test)
{
	struct carve_object *object = open_object(test);
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
	/* From now on it is the parent's, and nobody else's */
	put_page(page);
	KUNIT_EXPECT_EQ(test, sweep(object), 1UL);
	unmap(object, parent);
	carve_object_close(object);
}

static void page_goes_with_its_last_mapping(struct kunit *test)
{
	struct carve_object *object = open_object(test);
	struct vm_area_struct *a = map(test, object, 0, 4);
	struct vm_area_struct *b = map(test, object, 2, 4);
	unsigned long at;

	for (at = 0; at < 6; at++)
		put_page(touch(test, object, at));
	unmap(object, b);
	/* 0 and 1 were let go of by the only one that had them, 4 and 5 are nobody's */
	KUNIT_EXPECT_EQ(test, object->nr_pages, 4UL);
	KUNIT_EXPECT_EQ(test, sweep(object), 2UL);
	unmap(object, a);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	carve_object_close(object);
}

static void new_mapping_does_not_keep_what_was_let_go(struct kunit *test)
{
	struct carve_object *object = open_object(test);
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

static void nothing_goes_while_a_mapping_is_going(struct kunit *test)
{
	struct carve_object *object = open_object(test);
	struct vm_area_struct *vma = map(test, object, 0, 4);

	put_page(touch(test, object, 0));
	unlink_mapping(object, vma);
	carve_object_lock_maps(object);
	KUNIT_EXPECT_TRUE(test, carve_object_in_flux(object));
	carve_object_unlock_maps(object);
	KUNIT_EXPECT_EQ(test, sweep(object), 0UL);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 1UL);
	close_mapping(object, vma);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	carve_object_close(object);
}

static void huge_mapping_holds_what_it_covers(struct kunit *test)
{
	const unsigned long huge = CARVEOUT_USER_HUGE >> PAGE_SHIFT;
	struct carve_object *object = open_object(test);
	struct vm_area_struct *vma = map(test, object, huge + 32, 32);

	KUNIT_ASSERT_NOT_NULL(test, carve_object_get_block(object, 32, 5));
	put_page(touch(test, object, 31));
	put_page(touch(test, object, 64));
	KUNIT_EXPECT_EQ(test, sweep(object), 2UL);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 32UL);
	unmap(object, vma);
	KUNIT_EXPECT_EQ(test, object->nr_pages, 0UL);
	carve_object_close(object);
}

/* Blocks */

#define ORDER 5

static void block_is_contiguous_and_aligned(struct kunit *test)
{
	struct carve_object *object = open_object(test);
	struct page *block = carve_object_get_block(object, BIT(ORDER), ORDER);
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
	KUNIT_EXPECT_PTR_EQ(test,
			    carve_object_get_block(object, BIT(ORDER), ORDER),
			    block);
	carve_object_close(object);
}

static void block_goes_back_page_by_page(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_testbed_collect(co);
	struct carve_object *object = open_object(test);
	struct page *held;

	KUNIT_ASSERT_NOT_NULL(test, carve_object_get_block(object, 0, ORDER));
	held = touch(test, object, 7);
	KUNIT_EXPECT_EQ(test, sweep(object), BIT(ORDER) - 1);
	/* What is left is no block any more */
	KUNIT_EXPECT_NULL(test, carve_object_get_block(object, 0, ORDER));
	KUNIT_EXPECT_EQ(test, object->nr_pages, 1UL);
	put_page(held);
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, carve_testbed_collect(co), nr_free);
}

static void block_finds_no_place_beside_pages(struct kunit *test)
{
	struct carve_object *object = open_object(test);
	struct page *held = touch(test, object, BIT(ORDER) - 1);

	KUNIT_EXPECT_NULL(test, carve_object_get_block(object, 0, ORDER));
	KUNIT_EXPECT_EQ(test, object->nr_pages, 1UL);
	KUNIT_EXPECT_NOT_NULL(test, carve_object_get_block(object, BIT(ORDER),
							   ORDER));
	put_page(held);
	carve_object_close(object);
}

/* Damage */

static void damage_is_found_by_check(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_report r = { .name = "meant-to-fail" };
	struct carve_object *object = open_object(test);
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
	KUNIT_ASSERT_EQ(test, carve_index_set(&object->index, 10, U32_MAX - 1), 0);
	carve_user_check(&co->user, &r);
	KUNIT_EXPECT_EQ(test, r.violations, 5);
	carve_index_clear(&object->index, 10);
	carve_user_check(&co->user, &r);
	KUNIT_EXPECT_EQ(test, r.violations, 5);
	put_page(page);
	carve_object_close(object);
}

/* A random walk */

#define WALK_STEPS 20000
#define WALK_SLOTS 64

static void random_walk_agrees_with_model(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_testbed_collect(co);
	struct carve_object *object = open_object(test);
	struct page *held[WALK_SLOTS] = { };
	struct rnd_state rnd;
	unsigned int i, nr = 0;

	carve_testbed_seed(test, &rnd, 20261120);
	for (i = 0; i < WALK_STEPS; i++) {
		u32 n = carve_testbed_random(&rnd, WALK_SLOTS);
		/* Near and far, so that tables come and go */
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
			carve_testbed_check(test, co);
	}
	for (i = 0; i < WALK_SLOTS; i++)
		if (held[i])
			put_page(held[i]);
	carve_object_close(object);
	KUNIT_EXPECT_EQ(test, carve_testbed_collect(co), nr_free);
}

static struct kunit_case user_cases[] = {
	KUNIT_CASE(index_finds_what_was_set),
	KUNIT_CASE(index_walks_in_order),
	KUNIT_CASE(index_keeps_no_empty_table),
	KUNIT_CASE(index_without_room_is_as_it_was),
	KUNIT_CASE(object_takes_nothing_until_touched),
	KUNIT_CASE(pages_come_from_the_carveout),
	KUNIT_CASE(dirty_pages_are_cleared),
	KUNIT_CASE(pages_go_when_nobody_holds_them),
	KUNIT_CASE(page_that_was_let_go_is_cleared),
	KUNIT_CASE(flags_are_clean_when_a_page_goes),
	KUNIT_CASE(offsets_have_an_end),
	KUNIT_CASE(full_carveout_is_an_error),
	KUNIT_CASE(pressure_gives_back_what_nobody_holds),
	KUNIT_CASE(closed_object_waits_for_pinned_pages),
	KUNIT_CASE(closed_objects_tell),
	KUNIT_CASE(objects_are_separate),
	KUNIT_CASE(mappings_are_counted),
	KUNIT_CASE(page_stays_for_another_mapping),
	KUNIT_CASE(page_goes_with_its_last_mapping),
	KUNIT_CASE(new_mapping_does_not_keep_what_was_let_go),
	KUNIT_CASE(nothing_goes_while_a_mapping_is_going),
	KUNIT_CASE(huge_mapping_holds_what_it_covers),
	KUNIT_CASE(block_is_contiguous_and_aligned),
	KUNIT_CASE(block_goes_back_page_by_page),
	KUNIT_CASE(block_finds_no_place_beside_pages),
	KUNIT_CASE(damage_is_found_by_check),
	KUNIT_CASE_SLOW(random_walk_agrees_with_model),
	{ }
};

static struct kunit_suite user_suite = {
	.name = "carveout_user",
	.init = carve_testbed_init,
	.exit = carve_testbed_exit,
	.test_cases = user_cases,
};

kunit_test_suites(&user_suite);
