// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of every name that carveout_native.h redefines: it returns memory of the
 * carveout, the names that free lead back to it, and the kernel's own memory is
 * freed to the kernel. `make check` wants each name called here.
 */
#include <linux/cleanup.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "core/native.h"
#include "core/registry.h"
#include "kunit/fixture.h"

#define SIZE 240
#define BIG (3 * PAGE_SIZE)
#define DIRT 0x5a
#define NODE NUMA_NO_NODE
#define LONG_NAME "no name of a carveout has as many letters as this one"

struct thing {
	u64 number;
	char text[48];
	struct rcu_head rcu;
};

/* Kernel functions, under names that are not redefined here */

static void *native_kmalloc(void)
{
	return kmalloc(SIZE, GFP_KERNEL);
}

static void *native_vmalloc(void)
{
	return vmalloc(BIG);
}

static struct page *native_pages(unsigned int order)
{
	return alloc_pages(GFP_KERNEL, order);
}

static void *native_exact(void)
{
	return alloc_pages_exact(BIG, GFP_KERNEL);
}

static struct kmem_cache *native_cache(void)
{
	return KMEM_CACHE(thing, 0);
}

/* Evaluated before the header redefines the kernel's names */
#ifdef kmem_cache_create
#define CACHES_TAKE_ARGS
#endif
#ifdef kvrealloc
#define KVREALLOC_KNOWS_THE_OLD_SIZE
#endif

#include <carveout_native.h>

static void expect_ours(struct kunit *test, void *p, size_t size, bool zeroed)
{
	struct carveout *co = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, carve_owns(co, p));
	KUNIT_EXPECT_TRUE(test, carve_owns(co, p + size - 1));
	if (zeroed)
		KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, size));
	/* Dirty memory for the next allocation that requests zeroed memory */
	memset(p, DIRT, size);
}

/* The first @old bytes that expect_ours() wrote were copied */
static void expect_grown(struct kunit *test, void *p, size_t old, size_t size)
{
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, DIRT, old));
	expect_ours(test, p, size, false);
}

static void expect_all_ours(struct kunit *test, void **p, unsigned int nr,
			    size_t size, bool zeroed)
{
	while (nr--)
		expect_ours(test, p[nr], size, zeroed);
}

static void expect_text(struct kunit *test, const char *p, const char *text)
{
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE(test, carve_owns(test->priv, p));
	KUNIT_EXPECT_STREQ(test, p, text);
}

static void expect_our_page(struct kunit *test, struct page *page,
			    unsigned int order)
{
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_NOT_NULL(test, carve_native_page(test->priv, page));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	expect_ours(test, page_address(page), PAGE_SIZE << order, false);
}

static void expect_nothing_left(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(test->priv), 0UL);
}

/* kmalloc and its family */

static void kmalloc_family(struct kunit *test)
{
	void *dirty[] = {
		kmalloc(SIZE, GFP_KERNEL),
		kmalloc_node(SIZE, GFP_KERNEL, NODE),
		kmalloc_array(4, SIZE / 4, GFP_KERNEL),
		kmalloc_array_node(4, SIZE / 4, GFP_KERNEL, NODE),
		kmalloc_track_caller(SIZE, GFP_KERNEL),
		kmalloc_node_track_caller(SIZE, GFP_KERNEL, NODE),
	};
	void *zeroed[6];

	expect_all_ours(test, dirty, ARRAY_SIZE(dirty), SIZE, false);
	kfree(dirty[0]);
	kfree_sensitive(dirty[1]);
	kfree_const(dirty[2]);
	kfree_link(dirty[3]);
	kfree_bulk(2, dirty + 4);

	zeroed[0] = kzalloc(SIZE, GFP_KERNEL);
	zeroed[1] = kzalloc_node(SIZE, GFP_KERNEL, NODE);
	zeroed[2] = kcalloc(4, SIZE / 4, GFP_KERNEL);
	zeroed[3] = kcalloc_node(4, SIZE / 4, GFP_KERNEL, NODE);
	zeroed[4] = kmalloc(SIZE, GFP_KERNEL | __GFP_ZERO);
	zeroed[5] = kzalloc_obj(u8[SIZE]);
	expect_all_ours(test, zeroed, ARRAY_SIZE(zeroed), SIZE, true);
	kfree_bulk(ARRAY_SIZE(zeroed), zeroed);
	expect_nothing_left(test);
}

static void kmalloc_sizes(struct kunit *test)
{
	void *p = kmalloc(SIZE, GFP_KERNEL);

	KUNIT_EXPECT_GE(test, ksize(p), (size_t)SIZE);
	KUNIT_EXPECT_GE(test, kmalloc_size_roundup(SIZE), (size_t)SIZE);
	expect_ours(test, p, ksize(p), false);
#ifdef kmalloc_nolock
	kfree_nolock(p);
#else
	kfree(p);
#endif
	expect_nothing_left(test);
}

static void krealloc_family(struct kunit *test)
{
	void *p[5];

	p[0] = krealloc(NULL, 16, GFP_KERNEL);
	expect_ours(test, p[0], 16, false);
	p[1] = krealloc(p[0], SIZE, GFP_KERNEL);
	expect_grown(test, p[1], 16, SIZE);
	p[2] = krealloc_array(p[1], 2, SIZE, GFP_KERNEL);
	expect_grown(test, p[2], SIZE, 2 * SIZE);
	p[3] = krealloc_node(p[2], 4 * SIZE, GFP_KERNEL, NODE);
	expect_grown(test, p[3], 2 * SIZE, 4 * SIZE);
	p[4] = krealloc_node_align(p[3], 8 * SIZE, 8, GFP_KERNEL, NODE);
	expect_grown(test, p[4], 4 * SIZE, 8 * SIZE);
	KUNIT_EXPECT_NULL(test, krealloc_array(p[4], SIZE_MAX, 2, GFP_KERNEL));
	kfree(p[4]);
	expect_nothing_left(test);
}

static void kmemdup_and_kstrdup_family(struct kunit *test)
{
	static const char text[] = "a text to be copied";
	void *copy[] = {
		kmemdup(text, sizeof(text), GFP_KERNEL),
		kmemdup_array(text, sizeof(text), 1, GFP_KERNEL),
		kmemdup_nul(text, sizeof(text) - 1, GFP_KERNEL),
		kstrdup(text, GFP_KERNEL),
		kstrndup(text, 100, GFP_KERNEL),
		kvmemdup(text, sizeof(text), GFP_KERNEL),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(copy); i++) {
		expect_text(test, copy[i], text);
		kvfree(copy[i]);
	}
	copy[0] = kstrndup(text, 6, GFP_KERNEL);
	expect_text(test, copy[0], "a text");
	kfree(copy[0]);
	expect_nothing_left(test);
}

static void free_when_out_of_scope(struct kunit *test)
{
	void *k __free(kfree) = kmalloc(SIZE, GFP_KERNEL);
	void *s __free(kfree_sensitive) = kmalloc(SIZE, GFP_KERNEL);
	void *v __free(vfree) = vmalloc(BIG);
	void *kv __free(kvfree) = kvmalloc(BIG, GFP_KERNEL);
	void *page __free(free_page) = (void *)__get_free_page(GFP_KERNEL);

	expect_ours(test, k, SIZE, false);
	expect_ours(test, s, SIZE, false);
	expect_ours(test, v, BIG, false);
	expect_ours(test, kv, BIG, false);
	expect_ours(test, page, PAGE_SIZE, false);
}

static void scope_based_free(struct kunit *test)
{
	free_when_out_of_scope(test);
	expect_nothing_left(test);
}

static void leave_to_kfree_sensitive(struct kunit *test, void **p)
{
	void *s __free(kfree_sensitive) = kmalloc(SIZE, GFP_KERNEL);

	expect_ours(test, s, SIZE, false);
	*p = s;
}

/* The next allocation on this CPU gets the memory that was freed last */
static void expect_cleared(struct kunit *test, void *p, void *freed,
			   size_t size)
{
	KUNIT_ASSERT_PTR_EQ(test, p, freed);
	expect_ours(test, p, size, true);
}

static void sensitive_frees_clear_memory(struct kunit *test)
{
	void *p, *area = vmalloc(BIG);

	carve_fixture_stay_on_cpu(test);
	leave_to_kfree_sensitive(test, &p);
	expect_cleared(test, kmalloc(SIZE, GFP_KERNEL), p, SIZE);
	kfree_sensitive(p);
	expect_cleared(test, kmalloc(SIZE, GFP_KERNEL), p, SIZE);
	kvfree_sensitive(p, SIZE);
	expect_cleared(test, kmalloc(SIZE, GFP_KERNEL), p, SIZE);
	kfree(p);

	expect_ours(test, area, BIG, false);
	kvfree_sensitive(area, BIG);
	expect_cleared(test, vmalloc(BIG), area, BIG);
	vfree(area);
	expect_nothing_left(test);
}

/* The kernel reports the free of what lies in its image */
static void kfree_const_leaves_constants_alone(struct kunit *test)
{
	const char *copy = kstrdup_const("a text", GFP_KERNEL);
	const char *constant = (const char *)_ctype;

	KUNIT_EXPECT_PTR_EQ(test, kstrdup_const(constant, GFP_KERNEL), constant);
	kfree_const(constant);
	KUNIT_EXPECT_STREQ(test, copy, "a text");
	kfree_const(copy);
	kfree_const(NULL);
	kfree_const(kmalloc(SIZE, GFP_KERNEL));
	expect_nothing_left(test);
}

static void kfree_rcu_family(struct kunit *test)
{
	struct thing *k = kmalloc(sizeof(*k), GFP_KERNEL);
	struct thing *kv = kvmalloc(BIG, GFP_KERNEL);
	void *headless = kmalloc(SIZE, GFP_KERNEL);
	void *area = vmalloc(BIG);

	expect_ours(test, k, sizeof(*k), false);
	expect_ours(test, kv, BIG, false);
	expect_ours(test, headless, SIZE, false);
	expect_ours(test, area, BIG, false);
	kfree_rcu(k, rcu);
	kvfree_rcu(kv, rcu);
	kfree_rcu_mightsleep(headless);
	kvfree_rcu_mightsleep(area);
	expect_nothing_left(test);
}

/* Areas */

static void vmalloc_family(struct kunit *test)
{
	void *dirty[] = {
		vmalloc(BIG),
		vmalloc_node(BIG, NODE),
		vmalloc_array(3, PAGE_SIZE),
		vmalloc_huge(BIG, GFP_KERNEL),
		__vmalloc(BIG, GFP_KERNEL),
		__vmalloc_node(BIG, 1, GFP_KERNEL, NODE, NULL),
	};
	void *zeroed[4];
	unsigned int i;

	expect_all_ours(test, dirty, ARRAY_SIZE(dirty), BIG, false);
	for (i = 0; i < ARRAY_SIZE(dirty); i++)
		vfree(dirty[i]);

	zeroed[0] = vzalloc(BIG);
	zeroed[1] = vzalloc_node(BIG, NODE);
	zeroed[2] = vcalloc(3, PAGE_SIZE);
	zeroed[3] = __vmalloc(BIG, GFP_KERNEL | __GFP_ZERO);
	expect_all_ours(test, zeroed, ARRAY_SIZE(zeroed), BIG, true);
	for (i = 0; i < ARRAY_SIZE(zeroed); i++)
		vfree(zeroed[i]);
	expect_nothing_left(test);
}

/* If flags were lost, kernels that check for sleeping in atomic context would report */
static void vmalloc_in_atomic_context(struct kunit *test)
{
	const gfp_t gfp = GFP_NOWAIT | __GFP_NOWARN;
	void *zeroed[3];
	unsigned int i;

	/* Without a window, only cached areas can be allocated there */
	carve_fixture_stay_on_cpu(test);
	for (i = 0; i < ARRAY_SIZE(zeroed); i++)
		zeroed[i] = vmalloc(BIG);
	for (i = 0; i < ARRAY_SIZE(zeroed); i++)
		vfree(zeroed[i]);
	preempt_disable();
	zeroed[0] = __vmalloc(BIG, gfp | __GFP_ZERO);
	zeroed[1] = __vmalloc_node(BIG, 1, gfp | __GFP_ZERO, NODE, NULL);
	zeroed[2] = vmalloc_huge(BIG, gfp | __GFP_ZERO);
	preempt_enable();
	expect_all_ours(test, zeroed, ARRAY_SIZE(zeroed), BIG, true);
	for (i = 0; i < ARRAY_SIZE(zeroed); i++)
		vfree(zeroed[i]);
	expect_nothing_left(test);
}

static void vrealloc_family(struct kunit *test)
{
#ifdef vrealloc
	void *p[4];

	p[0] = vrealloc(NULL, PAGE_SIZE, GFP_KERNEL);
	expect_ours(test, p[0], PAGE_SIZE, false);
	p[1] = vrealloc(p[0], BIG, GFP_KERNEL);
	expect_grown(test, p[1], PAGE_SIZE, BIG);
	p[2] = vrealloc_node(p[1], 2 * BIG, GFP_KERNEL, NODE);
	expect_grown(test, p[2], BIG, 2 * BIG);
	p[3] = vrealloc_node_align(p[2], 4 * BIG, 1, GFP_KERNEL, NODE);
	expect_grown(test, p[3], 2 * BIG, 4 * BIG);
	vfree(p[3]);
	expect_nothing_left(test);
#else
	kunit_skip(test, "no vrealloc() there");
#endif
}

static void kvmalloc_family(struct kunit *test)
{
	void *dirty[] = {
		kvmalloc(BIG, GFP_KERNEL),
		kvmalloc_node(BIG, GFP_KERNEL, NODE),
		kvmalloc_node_align(BIG, 1, GFP_KERNEL, NODE),
		kvmalloc_array(3, PAGE_SIZE, GFP_KERNEL),
		kvmalloc_array_node(3, PAGE_SIZE, GFP_KERNEL, NODE),
	};
	void *zeroed[5];
	unsigned int i;

	expect_all_ours(test, dirty, ARRAY_SIZE(dirty), BIG, false);
	kvfree_sensitive(dirty[0], BIG);
	for (i = 1; i < ARRAY_SIZE(dirty); i++)
		kvfree(dirty[i]);

	zeroed[0] = kvzalloc(BIG, GFP_KERNEL);
	zeroed[1] = kvzalloc_node(BIG, GFP_KERNEL, NODE);
	zeroed[2] = kvcalloc(3, PAGE_SIZE, GFP_KERNEL);
	zeroed[3] = kvcalloc_node(3, PAGE_SIZE, GFP_KERNEL, NODE);
	zeroed[4] = kvzalloc_obj(u8[BIG]);
	expect_all_ours(test, zeroed, ARRAY_SIZE(zeroed), BIG, true);
	for (i = 0; i < ARRAY_SIZE(zeroed); i++)
		kvfree(zeroed[i]);
	expect_nothing_left(test);
}

static void kvrealloc_family(struct kunit *test)
{
	void *p[4];

#ifdef KVREALLOC_KNOWS_THE_OLD_SIZE
	p[0] = kvrealloc(NULL, SIZE, GFP_KERNEL);
	expect_ours(test, p[0], SIZE, false);
	p[1] = kvrealloc(p[0], PAGE_SIZE, GFP_KERNEL);
	expect_grown(test, p[1], SIZE, PAGE_SIZE);
	p[2] = kvrealloc_node(p[1], BIG, GFP_KERNEL, NODE);
	expect_grown(test, p[2], PAGE_SIZE, BIG);
	p[3] = kvrealloc_node_align(p[2], 2 * BIG, 1, GFP_KERNEL, NODE);
#else
	p[2] = kvrealloc(NULL, 0, BIG, GFP_KERNEL);
	expect_ours(test, p[2], BIG, false);
	p[3] = kvrealloc(p[2], BIG, 2 * BIG, GFP_KERNEL);
#endif
	expect_grown(test, p[3], BIG, 2 * BIG);
	kvfree(p[3]);
	expect_nothing_left(test);
}

#ifdef CARVE_HAVE_KVFREE_ATOMIC
static void leave_to_kvfree_atomic(struct kunit *test)
{
	void *p __free(kvfree_atomic) = kvmalloc(SIZE, GFP_KERNEL);

	expect_ours(test, p, SIZE, false);
}

static void kvfree_atomic_frees(struct kunit *test)
{
	void *p = kvmalloc(BIG, GFP_KERNEL);

	expect_ours(test, p, BIG, false);
	kvfree_atomic(p);
	kvfree_atomic(native_kmalloc());
	kvfree_atomic(native_vmalloc());
	leave_to_kvfree_atomic(test);
	expect_nothing_left(test);
}
#endif

/* Caches */

static void use_cache(struct kunit *test, struct kmem_cache *cache)
{
	void *object[6], *bulk[4];
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, cache);
	KUNIT_EXPECT_TRUE(test, carve_owns(test->priv, cache));
	KUNIT_EXPECT_EQ(test, kmem_cache_size(cache),
			(unsigned int)sizeof(struct thing));
	object[0] = kmem_cache_alloc(cache, GFP_KERNEL);
	object[1] = kmem_cache_alloc_node(cache, GFP_KERNEL, NODE);
	object[2] = kmem_cache_alloc_lru(cache, NULL, GFP_KERNEL);
	object[3] = alloc_inode_sb(NULL, cache, GFP_KERNEL);
	object[4] = kmem_cache_alloc(cache, GFP_NOWAIT);
	object[5] = kmem_cache_alloc(cache, GFP_ATOMIC);
	expect_all_ours(test, object, 6, sizeof(struct thing), false);
	KUNIT_EXPECT_TRUE(test, kmem_cache_charge(object[0], GFP_KERNEL));
	for (i = 0; i < ARRAY_SIZE(object); i++)
		kmem_cache_free(cache, object[i]);

	object[0] = kmem_cache_zalloc(cache, GFP_KERNEL);
	expect_ours(test, object[0], sizeof(struct thing), true);
	kmem_cache_free(cache, object[0]);

	KUNIT_ASSERT_EQ(test, kmem_cache_alloc_bulk(cache, GFP_KERNEL, 4, bulk), 4);
	expect_all_ours(test, bulk, 4, sizeof(struct thing), false);
	kmem_cache_free_bulk(cache, 4, bulk);
	KUNIT_EXPECT_EQ(test, kmem_cache_shrink(cache), 0);
	kmem_cache_destroy(cache);
}

static void kmem_cache_family(struct kunit *test)
{
	unsigned int size = sizeof(struct thing);
	void *object = kmalloc(SIZE, GFP_KERNEL);

	use_cache(test, KMEM_CACHE(thing, 0));
	use_cache(test, KMEM_CACHE(thing, SLAB_HWCACHE_ALIGN));
	use_cache(test, KMEM_CACHE_USERCOPY(thing, 0, text));
	use_cache(test, kmem_cache_create("thing", size, 0, 0, NULL));
	use_cache(test, kmem_cache_create(LONG_NAME, size, 8, 0, NULL));
	use_cache(test, kmem_cache_create_usercopy("thing", size, 0, 0, 8, 8, NULL));
	/* In the kernel, these are objects of kmalloc() */
	kmem_cache_free_bulk(NULL, 1, &object);
	expect_nothing_left(test);
}

static void kmem_cache_create_with_args(struct kunit *test)
{
#ifdef CACHES_TAKE_ARGS
	struct kmem_cache_args args = { .align = 64 };
	unsigned int size = sizeof(struct thing);
	struct kmem_cache *cache = kmem_cache_create("aligned", size, &args, 0);
	void *object;

	KUNIT_ASSERT_NOT_NULL(test, cache);
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)object, 64));
	kmem_cache_free(cache, object);
	use_cache(test, cache);
	use_cache(test, kmem_cache_create("plain", size, NULL, 0));
	expect_nothing_left(test);
#else
	kunit_skip(test, "no kmem_cache_args there");
#endif
}

/* Memory pools */

/* @order: order of pages; negative for elements of @size bytes */
static void use_pool(struct kunit *test, mempool_t *pool, size_t size, int order)
{
	void *element[4];
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	for (i = 0; i < ARRAY_SIZE(element); i++) {
		element[i] = mempool_alloc(pool, GFP_KERNEL);
		if (order < 0)
			expect_ours(test, element[i], size, false);
		else
			expect_our_page(test, element[i], order);
	}
	for (i = 0; i < ARRAY_SIZE(element); i++)
		mempool_free(element[i], pool);
}

static void use_and_destroy(struct kunit *test, mempool_t *pool, size_t size,
			    int order)
{
	use_pool(test, pool, size, order);
	mempool_destroy(pool);
}

static void mempool_create_family(struct kunit *test)
{
	struct kmem_cache *cache = KMEM_CACHE(thing, 0);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	use_and_destroy(test, mempool_create_slab_pool(2, cache),
			sizeof(struct thing), -1);
	use_and_destroy(test, mempool_create_kmalloc_pool(2, SIZE), SIZE, -1);
	use_and_destroy(test, mempool_create_kvmalloc_pool(2, BIG), BIG, -1);
	use_and_destroy(test, mempool_create_page_pool(2, 1), 0, 1);
	kmem_cache_destroy(cache);
	expect_nothing_left(test);
}

static void mempool_init_family(struct kunit *test)
{
	struct kmem_cache *cache = KMEM_CACHE(thing, 0);
	mempool_t pool = { };

	KUNIT_ASSERT_NOT_NULL(test, cache);
	KUNIT_ASSERT_EQ(test, mempool_init_slab_pool(&pool, 2, cache), 0);
	use_pool(test, &pool, sizeof(struct thing), -1);
	mempool_exit(&pool);
	KUNIT_ASSERT_EQ(test, mempool_init_kmalloc_pool(&pool, 2, SIZE), 0);
	use_pool(test, &pool, SIZE, -1);
	mempool_exit(&pool);
	KUNIT_ASSERT_EQ(test, mempool_init_kvmalloc_pool(&pool, 2, BIG), 0);
	use_pool(test, &pool, BIG, -1);
	mempool_exit(&pool);
	KUNIT_ASSERT_EQ(test, mempool_init_page_pool(&pool, 2, 1), 0);
	use_pool(test, &pool, 0, 1);
	mempool_exit(&pool);
	kmem_cache_destroy(cache);
	expect_nothing_left(test);
}

static void mempool_elements(struct kunit *test)
{
	struct kmem_cache *cache = KMEM_CACHE(thing, 0);
	void *size = (void *)(unsigned long)SIZE, *order = (void *)1;
	void *p;

	KUNIT_ASSERT_NOT_NULL(test, cache);
	p = mempool_alloc_slab(GFP_KERNEL, cache);
	expect_ours(test, p, sizeof(struct thing), false);
	mempool_free_slab(p, cache);
	p = mempool_kmalloc(GFP_KERNEL, size);
	expect_ours(test, p, SIZE, false);
	mempool_kfree(p, size);
	p = mempool_kvmalloc(GFP_KERNEL, size);
	expect_ours(test, p, SIZE, false);
	mempool_kvfree(p, size);
	p = mempool_alloc_pages(GFP_KERNEL, order);
	expect_our_page(test, p, 1);
	mempool_free_pages(p, order);
	kmem_cache_destroy(cache);
	expect_nothing_left(test);
}

/* Pages */

static void alloc_pages_family(struct kunit *test)
{
	struct page *page[] = {
		alloc_page(GFP_KERNEL),
		alloc_pages(GFP_KERNEL, 0),
		alloc_pages_node(NODE, GFP_KERNEL, 0),
		__alloc_pages_node(0, GFP_KERNEL, 0),
	};
	struct page *block = alloc_pages(GFP_KERNEL, 2);
	LIST_HEAD(list);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(page); i++)
		expect_our_page(test, page[i], 0);
	expect_our_page(test, block, 2);
	__free_page(page[0]);
	put_page(page[1]);
	folio_put(page_folio(page[2]));
	list_add(&page[3]->lru, &list);
	put_pages_list(&list);
	KUNIT_EXPECT_TRUE(test, list_empty(&list));
	__free_pages(block, 2);
	expect_nothing_left(test);
}

static void expect_our_folio(struct kunit *test, struct folio *folio,
			     unsigned int order)
{
	KUNIT_ASSERT_NOT_NULL(test, folio);
	expect_our_page(test, folio_page(folio, 0), order);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	KUNIT_EXPECT_EQ(test, folio_order(folio), order);
	KUNIT_EXPECT_EQ(test, folio_test_large(folio), order > 0);
}

static void folio_family(struct kunit *test)
{
	struct folio *single = folio_alloc(GFP_KERNEL, 0);
	struct folio *large = folio_alloc(GFP_KERNEL, 2);
	struct folio *near = __folio_alloc_node(GFP_KERNEL, 3, 0);
	struct folio *other = __folio_alloc(GFP_KERNEL, 1, 0, NULL);
	struct folio *plain = page_folio(alloc_pages(GFP_KERNEL | __GFP_COMP, 1));
	unsigned long addr = __get_free_pages(GFP_KERNEL | __GFP_COMP, 2);

	expect_our_folio(test, single, 0);
	expect_our_folio(test, large, 2);
	expect_our_folio(test, near, 3);
	expect_our_folio(test, other, 1);
	expect_our_folio(test, plain, 1);
	expect_our_folio(test, virt_to_folio((void *)addr), 2);
	folio_get(large);
	get_page(folio_page(large, 3));
	KUNIT_EXPECT_EQ(test, folio_ref_count(large), 3);
	KUNIT_EXPECT_EQ(test, page_count(folio_page(large, 1)), 3);
	folio_put_refs(large, 2);
	put_page(folio_page(large, 2));
	folio_put(single);
	folio_put(near);
	folio_put(other);
	__free_pages(folio_page(plain, 0), 1);
	free_pages(addr, 2);
	expect_nothing_left(test);
}

static void page_references(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);

	expect_our_page(test, page, 0);
	get_page(page);
	get_page(page);
	KUNIT_EXPECT_EQ(test, page_count(page), 3);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 3);
	folio_put_refs(page_folio(page), 2);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	mem_dump_obj(page_address(page));
	put_page(page);
	expect_nothing_left(test);
}

static void split_pages_are_freed_one_by_one(struct kunit *test)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	unsigned int i;

	expect_our_page(test, page, 2);
	split_page(page, 2);
	for (i = 0; i < 4; i++) {
		expect_our_page(test, page + i, 0);
		__free_page(page + i);
	}
	expect_nothing_left(test);
}

static void expect_bulk(struct kunit *test, unsigned long nr, struct page **page)
{
	KUNIT_EXPECT_EQ(test, nr, 4UL);
	while (nr--) {
		expect_our_page(test, page[nr], 0);
		__free_page(page[nr]);
		page[nr] = NULL;
	}
	expect_nothing_left(test);
}

static void bulk_page_allocation(struct kunit *test)
{
	struct page *page[4] = { };

	expect_bulk(test, alloc_pages_bulk(GFP_KERNEL, 4, page), page);
	expect_bulk(test, alloc_pages_bulk_node(GFP_KERNEL, NODE, 4, page), page);
	expect_bulk(test, alloc_pages_bulk_array(GFP_KERNEL, 4, page), page);
	expect_bulk(test, alloc_pages_bulk_array_node(GFP_KERNEL, NODE, 4, page), page);
	/* Entries that are filled already are not replaced */
	page[1] = alloc_page(GFP_KERNEL);
	expect_bulk(test, alloc_pages_bulk(GFP_KERNEL, 4, page), page);
}

static void get_free_pages_family(struct kunit *test)
{
	unsigned long page = __get_free_page(GFP_KERNEL);
	unsigned long block = __get_free_pages(GFP_KERNEL, 1);
	void *exact = alloc_pages_exact(BIG, GFP_KERNEL);
	void *exact_nid = alloc_pages_exact_nid(0, BIG, GFP_KERNEL);

	expect_ours(test, (void *)page, PAGE_SIZE, false);
	expect_ours(test, (void *)block, 2 * PAGE_SIZE, false);
	expect_ours(test, exact, BIG, false);
	expect_ours(test, exact_nid, BIG, false);
	free_page(page);
	free_pages(block, 1);
	free_pages_exact(exact, BIG);
	free_pages_exact(exact_nid, BIG);
	page = get_zeroed_page(GFP_KERNEL);
	expect_ours(test, (void *)page, PAGE_SIZE, true);
	free_page(page);
	expect_nothing_left(test);
}

/* Memory of the kernel is freed to the kernel, which would report leaks and double frees */

static void kernel_objects_are_freed_to_the_kernel(struct kunit *test)
{
	void *bulk[] = { native_kmalloc(), native_kmalloc() };
	void *p = native_kmalloc(), *larger;

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_GE(test, ksize(p), (size_t)SIZE);
	larger = krealloc(p, 4 * SIZE, GFP_KERNEL);
	KUNIT_EXPECT_FALSE(test, carve_owns(test->priv, larger));
	mem_dump_obj(larger);
	kfree(larger);
	kfree(NULL);
	kfree_sensitive(native_kmalloc());
	kfree_const(native_kmalloc());
	kfree_link(native_kmalloc());
	kfree_bulk(2, bulk);
	kvfree(native_kmalloc());
	kvfree_sensitive(native_kmalloc(), SIZE);
#ifdef kmalloc_nolock
	kfree_nolock(kmalloc_nolock(SIZE, __GFP_ZERO, NODE));
#endif
#ifdef KVREALLOC_KNOWS_THE_OLD_SIZE
	p = kvrealloc(native_kmalloc(), 4 * SIZE, GFP_KERNEL);
#else
	p = kvrealloc(native_kmalloc(), SIZE, 4 * SIZE, GFP_KERNEL);
#endif
	KUNIT_EXPECT_FALSE(test, carve_owns(test->priv, p));
	kvfree(p);
	expect_nothing_left(test);
}

static void kernel_areas_are_freed_to_the_kernel(struct kunit *test)
{
	void *p = native_vmalloc();
	struct thing *thing;

#ifdef vrealloc
	void *larger = vrealloc(p, 4 * BIG, GFP_KERNEL);

	/* There is none if the kernel doesn't export its own */
	KUNIT_EXPECT_FALSE(test, carve_owns(test->priv, larger));
	p = larger ?: p;
#endif
	vfree(p);
	kvfree(native_vmalloc());
	thing = native_kmalloc();
	kfree_rcu(thing, rcu);
	thing = native_vmalloc();
	kvfree_rcu(thing, rcu);
	p = native_kmalloc();
	kfree_rcu_mightsleep(p);
	expect_nothing_left(test);
}

static void kernel_caches_are_served_by_the_kernel(struct kunit *test)
{
	struct kmem_cache *cache = native_cache();
	void *p, *bulk[2];

	KUNIT_ASSERT_NOT_NULL(test, cache);
	KUNIT_EXPECT_EQ(test, kmem_cache_size(cache),
			(unsigned int)sizeof(struct thing));
	p = kmem_cache_zalloc(cache, GFP_KERNEL);
	KUNIT_EXPECT_FALSE(test, carve_owns(test->priv, p));
	kmem_cache_free(cache, p);
	KUNIT_ASSERT_NE(test, kmem_cache_alloc_bulk(cache, GFP_KERNEL, 2, bulk), 0);
	kmem_cache_free_bulk(cache, 2, bulk);
	kmem_cache_shrink(cache);
	kmem_cache_destroy(cache);
	expect_nothing_left(test);
}

static void kernel_pages_are_freed_to_the_kernel(struct kunit *test)
{
	struct page *page = native_pages(1);
	LIST_HEAD(list);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	split_page(page, 1);
	__free_page(page);
	put_page(page + 1);
	free_page((unsigned long)page_address(native_pages(0)));
	folio_put(page_folio(native_pages(0)));
	page = native_pages(0);
	get_page(page);
	folio_put_refs(page_folio(page), 2);
	list_add(&native_pages(0)->lru, &list);
	put_pages_list(&list);
	free_pages_exact(native_exact(), BIG);
	expect_nothing_left(test);
}

static struct kunit_case names_cases[] = {
	KUNIT_CASE(kmalloc_family),
	KUNIT_CASE(kmalloc_sizes),
	KUNIT_CASE(krealloc_family),
	KUNIT_CASE(kmemdup_and_kstrdup_family),
	KUNIT_CASE(scope_based_free),
	KUNIT_CASE(sensitive_frees_clear_memory),
	KUNIT_CASE(kfree_const_leaves_constants_alone),
	KUNIT_CASE(kfree_rcu_family),
	KUNIT_CASE(vmalloc_family),
	KUNIT_CASE(vmalloc_in_atomic_context),
	KUNIT_CASE(vrealloc_family),
	KUNIT_CASE(kvmalloc_family),
	KUNIT_CASE(kvrealloc_family),
#ifdef CARVE_HAVE_KVFREE_ATOMIC
	KUNIT_CASE(kvfree_atomic_frees),
#endif
	KUNIT_CASE(kmem_cache_family),
	KUNIT_CASE(kmem_cache_create_with_args),
	KUNIT_CASE(mempool_create_family),
	KUNIT_CASE(mempool_init_family),
	KUNIT_CASE(mempool_elements),
	KUNIT_CASE(alloc_pages_family),
	KUNIT_CASE(folio_family),
	KUNIT_CASE(page_references),
	KUNIT_CASE(split_pages_are_freed_one_by_one),
	KUNIT_CASE(bulk_page_allocation),
	KUNIT_CASE(get_free_pages_family),
	KUNIT_CASE(kernel_objects_are_freed_to_the_kernel),
	KUNIT_CASE(kernel_areas_are_freed_to_the_kernel),
	KUNIT_CASE(kernel_caches_are_served_by_the_kernel),
	KUNIT_CASE(kernel_pages_are_freed_to_the_kernel),
	{ }
};

/* Modules that use the header get the first carveout */
static int names_init(struct kunit *test)
{
	struct carveout_request request = {
		.name = "names",
		.nr_zones = 1,
		.zone[0] = {
			.size = CARVE_FIXTURE_SIZE,
			.source = "contig",
			.node = NUMA_NO_NODE,
		},
	};
	struct carveout *co = carveout_get(NULL);

	if (co) {
		carveout_put(co);
		kunit_skip(test, "there is another carveout, which would serve");
	}
	KUNIT_ASSERT_EQ(test, carveout_add(&request), 0);
	test->priv = carveout_native();
	KUNIT_ASSERT_NOT_NULL(test, test->priv);
	return 0;
}

static void names_exit(struct kunit *test)
{
	struct carveout *co = test->priv;

	if (!co)
		return;
	carve_fixture_check(test, co);
	/* It can be removed, as if no module had been loaded */
	WRITE_ONCE(co->pinned, false);
	carve_native_end_try(co);
	KUNIT_EXPECT_EQ(test, carveout_remove("names"), 0);
}

static struct kunit_suite names_suite = {
	.name = "carveout_names",
	.init = names_init,
	.exit = names_exit,
	.test_cases = names_cases,
};

kunit_test_suites(&names_suite);
