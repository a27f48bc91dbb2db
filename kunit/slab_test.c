// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of caches and their slabs: bad arguments, layout of objects, contents
 * that persist, memory that is freed, bad frees and corruption.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "slab/cache.h"
#include "slab/caches.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)
#define QUIET_ATOMIC (GFP_ATOMIC | __GFP_NOWARN)
/* Allocate from below the min watermark, too */
#define EVERYTHING (QUIET | __GFP_HIGH)

static struct carve_cache *create(struct kunit *test, unsigned int size,
				  unsigned int align)
{
	struct carve_cache *cache;

	cache = carve_cache_create(test->priv, "test", size, align, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	return cache;
}

static void destroy(struct kunit *test, struct carve_cache *cache)
{
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

static void *alloc(struct kunit *test, struct carve_cache *cache)
{
	void *object = carve_cache_alloc(cache, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	return object;
}

static struct carve_cache_usage usage_of(struct carve_cache *cache)
{
	struct carve_cache_usage usage;

	carve_cache_usage(cache, &usage);
	return usage;
}

static struct carve_page *slab_of(struct carveout *co, const void *object)
{
	struct carve_page *page = carve_virt_to_page(co, object);

	return carve_page_is_slab_tail(page->state) ? page - page->offset : page;
}

static size_t offset_in_slab(struct carveout *co, const void *object)
{
	return object - carve_page_address(co, slab_of(co, object));
}

static bool inside(struct carveout *co, const void *p, size_t size)
{
	return carve_virt_to_page(co, p) && carve_virt_to_page(co, p + size - 1);
}

/* Creation */

static void cache_is_created_and_destroyed(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_cache *cache = create(test, 100, 0);

	KUNIT_EXPECT_EQ(test, carve_cache_size(cache), 100);
	KUNIT_EXPECT_STREQ(test, cache->name, "test");
	KUNIT_EXPECT_LT(test, carve_fixture_nr_free(co), nr_free);
	destroy(test, cache);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(NULL), 0);
}

struct refusal {
	const char *what;
	const char *name;
	unsigned int size;
	unsigned int align;
	slab_flags_t flags;
	int error;
};

static const struct refusal refusals[] = {
	{ "no name", NULL, 64, 0, 0, -EINVAL },
	{ "empty name", "", 64, 0, 0, -EINVAL },
	{ "blank in name", "a b", 64, 0, 0, -EINVAL },
	{ "newline in name", "ab\n", 64, 0, 0, -EINVAL },
	{ "control character in name", "a\001b", 64, 0, 0, -EINVAL },
	{ "name of 32 characters", "abcdefghijklmnopqrstuvwxyz012345", 64, 0, 0,
	  -EINVAL },
	{ "name that is taken", "kmalloc-64", 64, 0, 0, -EEXIST },
	{ "size 0", "x", 0, 0, 0, -EINVAL },
	{ "size above the largest", "x", CARVE_CACHE_MAX_SIZE + 1, 0, 0,
	  -EINVAL },
	{ "size of all ones", "x", UINT_MAX, 0, 0, -EINVAL },
	{ "alignment 3", "x", 64, 3, 0, -EINVAL },
	{ "alignment 24", "x", 64, 24, 0, -EINVAL },
	{ "alignment above a page", "x", 64, 2 * PAGE_SIZE, 0, -EINVAL },
	{ "alignment of the top bit", "x", 64, 1U << 31, 0, -EINVAL },
	{ "poisoning", "x", 64, 0, SLAB_POISON, -EINVAL },
	{ "no such flag", "x", 64, 0, SLAB_HWCACHE_ALIGN | SLAB_NOLEAKTRACE,
	  -EINVAL },
};

static void bad_arguments_are_refused(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	const struct refusal *r;
	struct carve_cache *cache;

	for (r = refusals; r < refusals + ARRAY_SIZE(refusals); r++) {
		cache = carve_cache_create(co, r->name, r->size, r->align,
					   r->flags, NULL);
		KUNIT_ASSERT_TRUE_MSG(test, IS_ERR(cache), "%s", r->what);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(cache), (long)r->error, "%s",
				    r->what);
	}
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static void name_is_reusable_after_destroy(struct kunit *test)
{
	struct carve_cache *cache = create(test, 64, 0), *second;

	second = carve_cache_create(test->priv, "test", 8, 0, 0, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(second), -EEXIST);
	destroy(test, cache);
	destroy(test, create(test, 8, 0));
}

static void name_is_copied(struct kunit *test)
{
	char name[] = "0123456789012345678901234567890";
	struct carve_cache *cache;

	cache = carve_cache_create(test->priv, name, 64, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	memset(name, '!', 4);
	KUNIT_EXPECT_STREQ(test, cache->name, "0123456789012345678901234567890");
	destroy(test, cache);
}

static void hwcache_align_flag_aligns_to_cache_lines(struct kunit *test)
{
	static const struct {
		unsigned int size, align;
	} cases[] = { { 1, 8 }, { 9, 16 }, { 33, 64 }, { 100, 64 } };
	struct carve_cache *cache;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cache = carve_cache_create(test->priv, "test", cases[i].size, 0,
					   SLAB_HWCACHE_ALIGN | SLAB_PANIC,
					   NULL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
		KUNIT_EXPECT_GE(test, cache->align,
				min_t(unsigned int, cases[i].align,
				      cache_line_size()));
		KUNIT_EXPECT_EQ(test, cache->oo.size % cache->align, 0);
		destroy(test, cache);
	}
}

/* Layout of objects */

static const unsigned int sizes[] = {
	1, 7, 8, 9, 24, 40, 56, 63, 64, 65, 96, 100, 192, 500, 1024, 2000, 4095,
	4096, 4097, 8192, 10000, 16383, 16384,
};

static const unsigned int aligns[] = { 0, 1, 8, 16, 64, 256, 1024, 4096 };

#define NR_LAID 100

/* Fill each object, and check later that all are still filled: then none overlap */
static void check_layout(struct kunit *test, struct carve_cache *cache,
			 unsigned int align, u8 **objects)
{
	unsigned int i, size = carve_cache_size(cache);

	for (i = 0; i < NR_LAID; i++) {
		objects[i] = alloc(test, cache);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)objects[i],
						   max(align, 8U)));
		KUNIT_EXPECT_TRUE(test, inside(test->priv, objects[i], size));
		memset(objects[i], i + 1, size);
	}
	for (i = 0; i < NR_LAID; i++) {
		KUNIT_EXPECT_NULL(test, memchr_inv(objects[i], i + 1, size));
		carve_cache_free(cache, objects[i]);
	}
}

static void check_stride(struct kunit *test, struct carve_cache *cache,
			 unsigned int size, unsigned int align)
{
	align = max(align, 8U);
	KUNIT_EXPECT_EQ_MSG(test, cache->oo.size, ALIGN(size, align),
			    "%u bytes aligned to %u", size, align);
}

static void objects_are_aligned_and_disjoint(struct kunit *test)
{
	u8 **objects = kunit_kcalloc(test, NR_LAID, sizeof(*objects),
				     GFP_KERNEL);
	unsigned int i, j;

	KUNIT_ASSERT_NOT_NULL(test, objects);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (j = 0; j < ARRAY_SIZE(aligns); j++) {
			struct carve_cache *cache = create(test, sizes[i],
							   aligns[j]);

			check_stride(test, cache, sizes[i], aligns[j]);
			check_layout(test, cache, aligns[j], objects);
			destroy(test, cache);
		}
}

static void first_objects_are_coloured(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache = create(test, 700, 0);
	unsigned long n = 2UL * cache->oo.nr_colours * cache->oo.nr_objects;
	unsigned int seen[16] = { }, i;
	struct carve_chain *first, *object;

	KUNIT_ASSERT_GE(test, cache->oo.nr_colours, 4);
	KUNIT_ASSERT_LE(test, cache->oo.nr_colours, 16);
	first = carve_fixture_take_objects(cache, &n);
	for (object = first; object; object = object->next) {
		size_t colour = offset_in_slab(co, object) % cache->oo.size;

		KUNIT_EXPECT_EQ(test, colour % cache->oo.colour_step, 0);
		KUNIT_ASSERT_LT(test, colour / cache->oo.colour_step,
				cache->oo.nr_colours);
		seen[colour / cache->oo.colour_step]++;
	}
	/* Consecutive slabs cycle through the colours: each occurs in two slabs */
	for (i = 0; i < cache->oo.nr_colours; i++)
		KUNIT_EXPECT_EQ(test, seen[i], 2 * cache->oo.nr_objects);
	carve_fixture_give_objects(cache, first);
	destroy(test, cache);
}

static void free_maps_of_small_objects_come_from_a_cache(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache = create(test, 8, 0);
	unsigned long n = 3 * PAGE_SIZE / 8;
	struct carve_chain *first = carve_fixture_take_objects(cache, &n);

	KUNIT_EXPECT_EQ(test, n, 3 * PAGE_SIZE / 8);
	KUNIT_EXPECT_PTR_EQ(test, cache->oo.map_cache, co->slabs.map_cache);
	KUNIT_EXPECT_EQ(test, usage_of(cache).slabs, 3UL);
	KUNIT_EXPECT_EQ(test, usage_of(cache->oo.map_cache).active_objects, 3UL);
	carve_fixture_give_objects(cache, first);
	carve_cache_shrink(cache);
	KUNIT_EXPECT_EQ(test, usage_of(cache->oo.map_cache).active_objects, 0UL);
	destroy(test, cache);
}

static void larger_objects_need_no_free_map(struct kunit *test)
{
	struct carve_cache *cache = create(test, 64, 0);

	KUNIT_EXPECT_NULL(test, cache->oo.map_cache);
	KUNIT_EXPECT_EQ(test, cache->oo.nr_objects, 64);
	destroy(test, cache);
}

/* Contents of objects */

#define CTOR_MAGIC 0x600dc0de5ca1ab1eULL

struct constructed {
	u64 magic;
	unsigned int serial;
	unsigned int visits;
};

/* Constructors have no argument that leads to the case */
static unsigned int nr_constructed;

static void construct(void *object)
{
	struct constructed *c = object;

	c->magic = CTOR_MAGIC;
	c->serial = nr_constructed++;
	c->visits = 0;
}

#define NR_CONSTRUCTED 200

static void visit_all(struct kunit *test, struct carve_cache *cache,
		      unsigned int visits)
{
	struct constructed **objects;
	unsigned int i;

	objects = kunit_kcalloc(test, NR_CONSTRUCTED, sizeof(*objects),
				GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objects);
	for (i = 0; i < NR_CONSTRUCTED; i++) {
		objects[i] = alloc(test, cache);
		KUNIT_EXPECT_EQ(test, objects[i]->magic, CTOR_MAGIC);
		KUNIT_EXPECT_LT(test, objects[i]->serial, nr_constructed);
		KUNIT_EXPECT_EQ(test, objects[i]->visits, visits);
		objects[i]->visits++;
	}
	for (i = 0; i < NR_CONSTRUCTED; i++)
		carve_cache_free(cache, objects[i]);
}

static struct carve_cache *create_constructed(struct kunit *test)
{
	struct carve_cache *cache;

	nr_constructed = 0;
	cache = carve_cache_create(test->priv, "test",
				   sizeof(struct constructed), 0, 0, construct);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	return cache;
}

static void constructor_runs_once_per_object(struct kunit *test)
{
	struct carve_cache *cache = create_constructed(test);

	KUNIT_EXPECT_EQ(test, nr_constructed, 0);
	visit_all(test, cache, 0);
	KUNIT_EXPECT_EQ(test, nr_constructed, usage_of(cache).objects);

	/* Slabs that were freed are constructed anew */
	carve_cache_shrink(cache);
	visit_all(test, cache, 0);
	KUNIT_EXPECT_EQ(test, nr_constructed, 2 * usage_of(cache).objects);
	destroy(test, cache);
}

static void constructed_state_outlives_free(struct kunit *test)
{
	struct carve_cache *cache = create_constructed(test);
	unsigned int n = cache->oo.nr_objects, i;
	struct constructed **objects;

	/* One slab of objects, so that the same objects are allocated again */
	objects = kunit_kcalloc(test, n, sizeof(*objects), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objects);
	for (i = 0; i < n; i++) {
		objects[i] = alloc(test, cache);
		objects[i]->visits = 1 + objects[i]->serial;
	}
	for (i = 0; i < n; i++)
		carve_cache_free(cache, objects[i]);
	carve_fixture_drain_cache(cache);
	for (i = 0; i < n; i++) {
		objects[i] = alloc(test, cache);
		KUNIT_EXPECT_EQ(test, objects[i]->magic, CTOR_MAGIC);
		KUNIT_EXPECT_EQ(test, objects[i]->visits,
				1 + objects[i]->serial);
	}
	KUNIT_EXPECT_EQ(test, nr_constructed, n);
	for (i = 0; i < n; i++)
		carve_cache_free(cache, objects[i]);
	destroy(test, cache);
}

static void check_zalloc(struct kunit *test, unsigned int size)
{
	struct carve_cache *cache = create(test, size, 0);
	void *objects[20];
	int i;

	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		objects[i] = alloc(test, cache);
		memset(objects[i], 0xa5, size);
	}
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		carve_cache_free(cache, objects[i]);
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		objects[i] = carve_cache_zalloc(cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objects[i]);
		KUNIT_EXPECT_TRUE_MSG(test, !memchr_inv(objects[i], 0, size),
				      "%u bytes", size);
	}
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		carve_cache_free(cache, objects[i]);
	destroy(test, cache);
}

static void zalloc_clears_dirty_objects(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		check_zalloc(test, sizes[i]);
}

static void last_freed_object_is_reused_first(struct kunit *test)
{
	struct carve_cache *cache = create(test, 128, 0);
	void *freed[4], *again[4];
	int i;

	for (i = 0; i < 4; i++)
		freed[i] = alloc(test, cache);
	/* On one CPU, to use one magazine */
	preempt_disable();
	for (i = 0; i < 4; i++)
		carve_cache_free(cache, freed[i]);
	for (i = 0; i < 4; i++)
		again[i] = carve_cache_alloc(cache, GFP_ATOMIC);
	preempt_enable();

	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_PTR_EQ(test, again[i], freed[3 - i]);
		carve_cache_free(cache, again[i]);
	}
	destroy(test, cache);
}

/* Memory that is freed */

static void destroy_refuses_while_objects_are_in_use(struct kunit *test)
{
	struct carve_cache *cache = create(test, 300, 0), *second;
	void *object = alloc(test, cache), *another;

	memset(object, 0x5a, 300);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), -EBUSY);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 0x5a, 300));

	/* The cache is unchanged: it is found by its name and works */
	second = carve_cache_create(test->priv, "test", 8, 0, 0, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(second), -EEXIST);
	another = alloc(test, cache);
	KUNIT_EXPECT_PTR_NE(test, another, object);
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), -EBUSY);
	carve_cache_free(cache, another);
	destroy(test, cache);
}

static void shrink_frees_empty_slabs(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache = create(test, 1000, 0);
	unsigned long nr_free = carve_fixture_collect(co), n = 100, pages;
	struct carve_chain *first = carve_fixture_take_objects(cache, &n);
	unsigned long used = nr_free - carve_fixture_nr_free(co);

	KUNIT_EXPECT_EQ(test, usage_of(cache).slabs << cache->oo.order, used);
	carve_fixture_give_objects(cache, first);
	pages = nr_free - carve_fixture_nr_free(co);
	KUNIT_EXPECT_EQ(test, carve_cache_shrink(cache), pages);
	KUNIT_EXPECT_EQ(test, usage_of(cache).slabs, 0UL);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), nr_free);
	KUNIT_EXPECT_EQ(test, carve_cache_shrink(cache), 0UL);
	destroy(test, cache);
}

static void shrink_does_not_free_slabs_in_use(struct kunit *test)
{
	struct carve_cache *cache = create(test, 1000, 0);
	unsigned long n = 100;
	struct carve_chain *first = carve_fixture_take_objects(cache, &n), *kept = first->next;

	first->next = kept->next;
	carve_fixture_give_objects(cache, first);
	memset(kept, 0x77, 1000);
	carve_cache_shrink(cache);
	KUNIT_EXPECT_EQ(test, usage_of(cache).slabs, 1UL);
	KUNIT_EXPECT_EQ(test, usage_of(cache).active_objects, 1UL);
	KUNIT_EXPECT_NULL(test, memchr_inv(kept, 0x77, 1000));
	carve_cache_free(cache, kept);
	destroy(test, cache);
}

static void few_empty_slabs_are_retained(struct kunit *test)
{
	struct carve_cache *cache = create(test, 2000, 0);
	unsigned long n = 4UL * cache->oo.max_empty * cache->oo.nr_objects;
	struct carve_chain *first = carve_fixture_take_objects(cache, &n);

	KUNIT_EXPECT_GE(test, usage_of(cache).slabs, 4UL * cache->oo.max_empty);
	carve_fixture_give_objects(cache, first);
	KUNIT_EXPECT_LE(test, cache->oo.empty.nr, cache->oo.max_empty);
	carve_fixture_drain_cache(cache);
	KUNIT_EXPECT_EQ(test, usage_of(cache).slabs,
			(unsigned long)cache->oo.max_empty);
	KUNIT_EXPECT_EQ(test, cache->oo.empty.nr, cache->oo.max_empty);
	destroy(test, cache);
}

static int leave_one_in_magazine(void *cache)
{
	carve_cache_free(cache, carve_cache_alloc(cache, GFP_KERNEL));
	return 0;
}

static const unsigned int exhausting[] = {
	8, 40, 64, 192, 1024, 4096, 10000, 16384,
};

static void describe_size(const unsigned int *size, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes", *size);
}

KUNIT_ARRAY_PARAM(exhausting, exhausting, describe_size);

/*
 * All memory is used for objects of one size, including those in magazines of
 * other CPUs, and all of it is freed.
 */
static void exhaustion_returns_null_and_all_memory_is_freed(struct kunit *test)
{
	const unsigned int *size = test->param_value;
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co), n = ULONG_MAX;
	struct carve_cache *cache = create(test, *size, 0);
	struct carve_cache_usage usage;
	struct carve_chain *first;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		smp_call_on_cpu(cpu, leave_one_in_magazine, cache, false);
	first = carve_fixture_take_objects(cache, &n);
	usage = usage_of(cache);
	KUNIT_EXPECT_EQ(test, n, usage.objects);
	KUNIT_EXPECT_EQ(test, usage.active_objects, usage.objects);
	KUNIT_EXPECT_NULL(test, carve_cache_alloc(cache, EVERYTHING));
	KUNIT_EXPECT_NULL(test, carve_cache_alloc(cache, QUIET_ATOMIC));
	/* No free block remains that could become another slab */
	KUNIT_EXPECT_EQ(test, carve_buddy_orders(&co->pages.zone[0].buddy) >>
			min(cache->oo.order, cache->min.order), 0UL);

	carve_fixture_check(test, co);
	carve_fixture_give_objects(cache, first);
	carve_cache_shrink(cache);
	KUNIT_EXPECT_EQ(test, usage_of(cache).slabs, 0UL);
	destroy(test, cache);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static void creation_fails_when_memory_is_out(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache = create(test, 64, 0), *second;
	unsigned long n = ULONG_MAX;
	struct carve_chain *first = carve_fixture_take_objects(cache, &n);
	const struct carve_cache_args args = { .name = "second", .size = 64 };

	second = carve_cache_new(&co->slabs, &args);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(second), -ENOMEM);
	carve_fixture_give_objects(cache, first);
	second = carve_cache_new(&co->slabs, &args);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, second);
	destroy(test, second);
	destroy(test, cache);
}

/* Frees of NULL */

static void freeing_null_is_silent(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache = create(test, 64, 0);

	carve_cache_free(cache, NULL);
	KUNIT_EXPECT_EQ(test, cache->nr_bad_frees, 0UL);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
	destroy(test, cache);
}

/* Corruption */

static void flip_first_bit(struct carve_page *slab)
{
	slab->free ^= 1;
}

static void set_bit_behind_the_last(struct carve_page *slab)
{
	slab->free |= BIT_ULL(slab->cache->oo.nr_objects);
}

static void count_one_more(struct carve_page *slab)
{
	slab->inuse++;
}

static void count_one_less(struct carve_page *slab)
{
	slab->inuse--;
}

static void seem_empty(struct carve_page *slab)
{
	slab->inuse = 0;
	slab->free = GENMASK_ULL(slab->cache->oo.nr_objects - 1, 0);
}

static void name_no_cache(struct carve_page *slab)
{
	slab[1].cache = NULL;
}

static void lead_tail_astray(struct carve_page *slab)
{
	slab[1].offset = 0;
}

static void seem_a_block(struct carve_page *slab)
{
	slab->state = CARVE_PAGE_USED;
}

static void lead_list_out(struct carve_page *slab)
{
	slab->next = CARVE_PAGE_NONE - 1;
}

static void lead_list_round(struct carve_page *slab)
{
	slab->next = slab - slab->cache->pages->map;
}

struct corruption {
	const char *what;
	void (*inflict)(struct carve_page *slab);
};

static const struct corruption corrupts[] = {
	{ "bit of the free map flipped", flip_first_bit },
	{ "bit behind the last object", set_bit_behind_the_last },
	{ "one object too many out", count_one_more },
	{ "one object too few out", count_one_less },
	{ "empty slab on the partial list", seem_empty },
	{ "page that names no cache", name_no_cache },
	{ "page that leads to no head", lead_tail_astray },
	{ "slab that says it is none", seem_a_block },
	{ "link out of the carveout", lead_list_out },
	{ "link to itself", lead_list_round },
};

static unsigned int violations(struct carveout *co)
{
	struct carve_report r = { .name = "provoked" };

	carve_slabs_check(&co->slabs, &r);
	return r.violations;
}

static void corruption_is_found_by_check(struct kunit *test)
{
	struct carveout *co = test->priv;
	/* Slabs of two pages, with fewer objects than bits */
	struct carve_cache *cache = create(test, 700, 0);
	void *object = alloc(test, cache);
	struct carve_page *slab = slab_of(co, object), saved[2];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, cache->oo.order, 1);
	carve_fixture_drain_cache(cache);
	memcpy(saved, slab, sizeof(saved));
	KUNIT_EXPECT_EQ(test, violations(co), 0);
	for (i = 0; i < ARRAY_SIZE(corrupts); i++) {
		corrupts[i].inflict(slab);
		KUNIT_EXPECT_GT_MSG(test, violations(co), 0, "%s",
				    corrupts[i].what);
		memcpy(slab, saved, sizeof(saved));
		KUNIT_EXPECT_EQ(test, violations(co), 0);
	}
	carve_cache_free(cache, object);
	destroy(test, cache);
}

/* A random walk */

#define WALK_STEPS 100000
/* About half of them are in use in the end, and need most of the carveout */
#define WALK_SLOTS 2048
#define WALK_CACHES 6

static const unsigned int walk_sizes[WALK_CACHES] = {
	8, 24, 192, 700, 3000, 16384
};

struct walk_slot {
	struct carve_cache *cache;
	u8 *object;
};

struct walk {
	struct kunit *test;
	struct rnd_state rnd;
	struct carve_cache *caches[WALK_CACHES];
	struct walk_slot slots[WALK_SLOTS];
	unsigned int nr_out[WALK_CACHES];
	unsigned int nr_wrong;
};

static u8 pattern(const struct walk *walk, const struct walk_slot *slot)
{
	return (slot - walk->slots) * 37 + 11;
}

/* Large objects are checked at both ends only */
#define WALK_END 64U

static void walk_fill(struct walk *walk, struct walk_slot *slot)
{
	unsigned int size = carve_cache_size(slot->cache);
	unsigned int end = min(size, WALK_END);

	memset(slot->object, pattern(walk, slot), end);
	memset(slot->object + size - end, pattern(walk, slot), end);
}

static void walk_verify(struct walk *walk, struct walk_slot *slot)
{
	unsigned int size = carve_cache_size(slot->cache);
	unsigned int end = min(size, WALK_END);

	if (memchr_inv(slot->object, pattern(walk, slot), end) ||
	    memchr_inv(slot->object + size - end, pattern(walk, slot), end))
		walk->nr_wrong++;
}

static void walk_alloc(struct walk *walk, struct walk_slot *slot)
{
	unsigned int i = carve_fixture_random(&walk->rnd, WALK_CACHES);
	gfp_t gfp = carve_fixture_random(&walk->rnd, 32) ? QUIET_ATOMIC : QUIET;

	slot->cache = walk->caches[i];
	slot->object = carve_cache_alloc(slot->cache, gfp);
	if (!slot->object)
		return;
	walk->nr_out[i]++;
	walk_fill(walk, slot);
}

static void walk_free(struct walk *walk, struct walk_slot *slot)
{
	unsigned int i;

	for (i = 0; walk->caches[i] != slot->cache; i++)
		;
	walk_verify(walk, slot);
	carve_cache_free(slot->cache, slot->object);
	walk->nr_out[i]--;
	slot->object = NULL;
}

static void walk_check(struct walk *walk)
{
	int i;

	for (i = 0; i < WALK_CACHES; i++)
		KUNIT_EXPECT_EQ(walk->test,
				usage_of(walk->caches[i]).active_objects,
				(unsigned long)walk->nr_out[i]);
	KUNIT_EXPECT_EQ(walk->test, walk->nr_wrong, 0);
	carve_fixture_check(walk->test, walk->test->priv);
}

static void walk_step(struct walk *walk, unsigned int step)
{
	unsigned int i = carve_fixture_random(&walk->rnd, WALK_SLOTS);
	struct walk_slot *slot = &walk->slots[i];

	if (slot->object)
		walk_free(walk, slot);
	else
		walk_alloc(walk, slot);
	if (step % 1000 == 0)
		carve_cache_shrink(walk->caches[i % WALK_CACHES]);
	if (step % 5000 == 0)
		walk_check(walk);
	cond_resched();
}

static void walk_end(struct walk *walk)
{
	int i;

	for (i = 0; i < WALK_SLOTS; i++)
		if (walk->slots[i].object)
			walk_free(walk, &walk->slots[i]);
	walk_check(walk);
	for (i = 0; i < WALK_CACHES; i++)
		destroy(walk->test, walk->caches[i]);
}

static void random_walk_agrees_with_model(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct walk *walk = kunit_kzalloc(test, sizeof(*walk), GFP_KERNEL);
	char name[16];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, walk);
	walk->test = test;
	co->pages.wait_ms = 0;
	carve_fixture_seed(test, &walk->rnd, 20261120);
	for (i = 0; i < WALK_CACHES; i++) {
		snprintf(name, sizeof(name), "walk-%u", walk_sizes[i]);
		walk->caches[i] = carve_cache_create(co, name, walk_sizes[i], 0,
						     0, NULL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, walk->caches[i]);
	}
	for (i = 0; i < WALK_STEPS; i++)
		walk_step(walk, i);
	walk_end(walk);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static struct kunit_case slab_cases[] = {
	KUNIT_CASE(cache_is_created_and_destroyed),
	KUNIT_CASE(bad_arguments_are_refused),
	KUNIT_CASE(name_is_reusable_after_destroy),
	KUNIT_CASE(name_is_copied),
	KUNIT_CASE(hwcache_align_flag_aligns_to_cache_lines),
	KUNIT_CASE(objects_are_aligned_and_disjoint),
	KUNIT_CASE(first_objects_are_coloured),
	KUNIT_CASE(free_maps_of_small_objects_come_from_a_cache),
	KUNIT_CASE(larger_objects_need_no_free_map),
	KUNIT_CASE(constructor_runs_once_per_object),
	KUNIT_CASE(constructed_state_outlives_free),
	KUNIT_CASE(zalloc_clears_dirty_objects),
	KUNIT_CASE(last_freed_object_is_reused_first),
	KUNIT_CASE(destroy_refuses_while_objects_are_in_use),
	KUNIT_CASE(shrink_frees_empty_slabs),
	KUNIT_CASE(shrink_does_not_free_slabs_in_use),
	KUNIT_CASE(few_empty_slabs_are_retained),
	KUNIT_CASE_PARAM(exhaustion_returns_null_and_all_memory_is_freed,
			 exhausting_gen_params),
	KUNIT_CASE(creation_fails_when_memory_is_out),
	KUNIT_CASE(freeing_null_is_silent),
	KUNIT_CASE(corruption_is_found_by_check),
	KUNIT_CASE_SLOW(random_walk_agrees_with_model),
	{ }
};

static struct kunit_suite slab_suite = {
	.name = "carveout_slab",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = slab_cases,
};

kunit_test_suites(&slab_suite);
