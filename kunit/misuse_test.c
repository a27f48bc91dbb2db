// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of misuse across layers: pages of one layer are freed to another,
 * addresses that are no pages are translated, and lengths are excessive. The
 * calls are refused and change nothing.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "user/object.h"
#include "vmap/mapping.h"

#define FILL 0x5a

/* Pages of other layers */

static void free_as_object(struct carveout *co, void *p)
{
	carve_kfree(co, p);
}

static void free_within_object(struct carveout *co, void *p)
{
	carve_kfree(co, p + 64);
}

static void free_as_one_of_many(struct carveout *co, void *p)
{
	carve_kfree_bulk(co, 1, &p);
}

static void free_cleared(struct carveout *co, void *p)
{
	carve_kfree_sensitive(co, p);
}

static void free_after_rcu(struct carveout *co, void *p)
{
	carve_kfree_rcu(co, p, NULL);
}

static void free_as_either(struct carveout *co, void *p)
{
	carve_kvfree(co, p);
}

static void make_larger(struct carveout *co, void *p)
{
	carve_kfree(co, carve_krealloc(co, p, SZ_8K, GFP_KERNEL));
}

static void make_larger_or_area(struct carveout *co, void *p)
{
	carve_kvfree(co, carve_kvrealloc(co, p, SZ_8K, GFP_KERNEL));
}

static void free_as_block(struct carveout *co, void *p)
{
	carve_free_pages(co, carve_virt_to_page(co, p), 0);
}

static void free_as_cold_block(struct carveout *co, void *p)
{
	carve_free_pages_cold(co, carve_virt_to_page(co, p), 0);
}

static void free_by_address(struct carveout *co, void *p)
{
	carve_free_pages_addr(co, (unsigned long)p, 0);
}

static void free_exact(struct carveout *co, void *p)
{
	carve_free_pages_exact(co, p, PAGE_SIZE);
}

static void split(struct carveout *co, void *p)
{
	carve_split_page(co, carve_virt_to_page(co, p), 0);
}

static void free_as_area(struct carveout *co, void *p)
{
	carve_vfree(co, p);
}

static void unmap(struct carveout *co, void *p)
{
	carve_vunmap(co, p);
}

static void free_as_buffer(struct carveout *co, void *p)
{
	carve_dma_free_coherent(co, NULL, PAGE_SIZE, p, 0);
}

static const struct way {
	const char *name;
	void (*free)(struct carveout *co, void *p);
	enum carve_misuse kind;
} ways[] = {
	{ "kfree", free_as_object },
	{ "kfree, interior", free_within_object },
	{ "kfree_bulk", free_as_one_of_many },
	{ "kfree_sensitive", free_cleared },
	{ "kfree_rcu", free_after_rcu },
	{ "kvfree", free_as_either },
	{ "krealloc", make_larger, CARVE_MISUSE_REALLOC },
	{ "kvrealloc", make_larger_or_area, CARVE_MISUSE_REALLOC },
	{ "free_pages", free_as_block },
	{ "free_pages_cold", free_as_cold_block },
	{ "free_pages_addr", free_by_address },
	{ "free_pages_exact", free_exact },
	{ "split_page", split, CARVE_MISUSE_SPLIT },
	{ "vfree", free_as_area },
	{ "vunmap", unmap },
	{ "dma_free_coherent", free_as_buffer },
};

static void describe(const struct way *way, char *description)
{
	strscpy(description, way->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(way, ways, describe);

static void expect_untouched(struct kunit *test, void *page)
{
	const struct way *way = test->param_value;
	struct carveout *co = test->priv;
	unsigned long before = carve_nr_misuses(&co->pages);
	long of_kind = carve_fixture_nr_misuses(co, way->kind);

	way->free(co, page);
	KUNIT_EXPECT_EQ(test, carve_nr_misuses(&co->pages), before + 1);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_misuses(co, way->kind), of_kind + 1);
}

static void user_space_pages_are_not_freed(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object = carve_object_open(&co->user, NULL);
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, object);
	page = carve_object_get_page(object, 7);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
	memset(page_address(page), FILL, PAGE_SIZE);
	expect_untouched(test, page_address(page));
	KUNIT_EXPECT_EQ(test, carve_ksize(co, page_address(page)), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), FILL, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, object->nr_pages, 1UL);
	put_page(page);
	carve_object_close(object);
}

static void user_space_tables_are_not_freed(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_index index;

	carve_index_init(&index, &co->pages);
	KUNIT_ASSERT_EQ(test, carve_index_store(&index, 7, 99), 0);
	expect_untouched(test, carve_page_address(co, &co->pages.map[index.root]));
	KUNIT_EXPECT_EQ(test, carve_index_load(&index, 7), 99U);
	carve_index_erase(&index, 7);
}

/* Metadata of the carveout */

/* Try @p, and an address within it, in every way */
static void try_all(struct kunit *test, void *p)
{
	struct carveout *co = test->priv;
	unsigned long before = carve_nr_misuses(&co->pages);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		ways[i].free(co, p);
		ways[i].free(co, p + 8);
	}
	KUNIT_EXPECT_EQ(test, carve_nr_misuses(&co->pages), before + 2 * ARRAY_SIZE(ways));
}

static void internal_metadata_is_not_freed(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object = carve_object_open(&co->user, NULL);
	void *area = carve_vmalloc(co, PAGE_SIZE);
	/* The slab of this object has a separate free map */
	void *small = carve_kmalloc(co, 8, GFP_KERNEL);
	struct carve_page *slab = carve_virt_to_page(co, small);

	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_ASSERT_NOT_NULL(test, slab);
	try_all(test, object);
	try_all(test, carve_mapping_find(&co->vmap, area));
	try_all(test, slab->free_map);
	try_all(test, co->slabs.map_cache);
	carve_kfree(co, small);
	carve_vfree(co, area);
	carve_object_close(object);
}

/* Addresses and descriptors that are no pages */

static void only_pages_are_translated_to_addresses(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *page = carve_alloc_page(co, GFP_KERNEL);
	struct carve_page *none[] = {
		NULL, ERR_PTR(-ENOMEM), (void *)test, (void *)page + 1,
		co->pages.map - 1, co->pages.map + co->pages.nr_pages,
	};
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_NOT_NULL(test, carve_page_address(co, page));
	KUNIT_EXPECT_EQ(test, offset_in_page(carve_page_to_phys(co, page)), 0UL);
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		KUNIT_EXPECT_NULL(test, carve_page_address(co, none[i]));
		KUNIT_EXPECT_EQ(test, carve_page_to_phys(co, none[i]),
				PHYS_ADDR_MAX);
		KUNIT_EXPECT_NULL(test, carve_page_to_page(co, none[i]));
	}
	carve_free_page(co, page);
}

/* Lengths */

static void exact_free_of_excessive_size_is_refused(struct kunit *test)
{
	static const size_t lengths[] = {
		CARVE_FIXTURE_SIZE + 1, SZ_1G, LONG_MAX, SIZE_MAX - PAGE_SIZE,
		SIZE_MAX,
	};
	struct carveout *co = test->priv;
	void *p = carve_alloc_pages_exact(co, 3 * PAGE_SIZE, GFP_KERNEL);
	unsigned long before = carve_nr_misuses(&co->pages);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, p);
	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		carve_free_pages_exact(co, p, lengths[i]);
	KUNIT_EXPECT_EQ(test, carve_nr_misuses(&co->pages), before + ARRAY_SIZE(lengths));
	carve_free_pages_exact(co, p, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, carve_nr_misuses(&co->pages), before + ARRAY_SIZE(lengths));
}

/* Caches */

static void cache_is_created_without_options(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache;

	cache = carve_cache_create_with(co, "plain", 100, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	KUNIT_EXPECT_EQ(test, carve_cache_size(cache), 100U);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_cache_create_with(co, NULL, 100, 0,
							      NULL)), -EINVAL);
}

static void destroying_no_cache_does_nothing(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(NULL), 0);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(ERR_PTR(-ENOMEM)), 0);
}

/* Areas */

static void vmap_mapping_is_no_kvmalloc_allocation(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page *page = carve_alloc_page(co, GFP_KERNEL);
	unsigned long before = carve_nr_misuses(&co->pages);
	void *at;

	KUNIT_ASSERT_NOT_NULL(test, page);
	at = carve_vmap(co, &page, 1);
	KUNIT_ASSERT_NOT_NULL(test, at);
	KUNIT_EXPECT_NULL(test, carve_kvrealloc(co, at, 10, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, carve_kvrealloc(co, at, SZ_8K, GFP_KERNEL));
	carve_kvfree(co, at);
	KUNIT_EXPECT_EQ(test, carve_nr_misuses(&co->pages), before + 3);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_misuses(co, CARVE_MISUSE_REALLOC), 2);
	carve_vunmap(co, at);
	carve_free_page(co, page);
}

static struct kunit_case misuse_cases[] = {
	KUNIT_CASE_PARAM(user_space_pages_are_not_freed, way_gen_params),
	KUNIT_CASE_PARAM(user_space_tables_are_not_freed, way_gen_params),
	KUNIT_CASE(internal_metadata_is_not_freed),
	KUNIT_CASE(only_pages_are_translated_to_addresses),
	KUNIT_CASE(exact_free_of_excessive_size_is_refused),
	KUNIT_CASE(cache_is_created_without_options),
	KUNIT_CASE(destroying_no_cache_does_nothing),
	KUNIT_CASE(vmap_mapping_is_no_kvmalloc_allocation),
	{ }
};

static struct kunit_suite misuse_suite = {
	.name = "carveout_misuse",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = misuse_cases,
};

kunit_test_suites(&misuse_suite);
