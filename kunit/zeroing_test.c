// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of zeroing: contents of objects after allocation and after free. As in
 * lib/test_meminit.c, the matrix has sizes, constructors, SLAB_TYPESAFE_BY_RCU
 * and __GFP_ZERO, under the kernel's setting of init_on_alloc and init_on_free.
 * Kernels are booted with and without them.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "kunit/interrupt.h"
#include "slab/debug_switch.h"

#define GARBAGE 0xa7
#define ROUNDS 10

static const unsigned int sizes[] = {
	8, 12, 16, 24, 64, 100, 192, 512, 1000, 4096, 8192, 16384,
};

/* A combination of the matrix */
struct corner {
	const char *name;
	bool ctor;
	bool rcu;
	bool zero;
};

/* A constructor and __GFP_ZERO contradict each other */
static const struct corner corners[] = {
	{ "plain" },
	{ "zeroed", .zero = true },
	{ "constructed", .ctor = true },
	{ "for readers", .rcu = true },
	{ "for readers, zeroed", .rcu = true, .zero = true },
	{ "for readers, constructed", .rcu = true, .ctor = true },
};

static void describe_corner(const struct corner *corner, char *desc)
{
	strscpy(desc, corner->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(corner, corners, describe_corner);

#define MARK 0x1337beef

static void construct(void *object)
{
	*(u32 *)object = MARK;
}

static struct carve_cache *create(struct kunit *test, unsigned int size)
{
	const struct corner *corner = test->param_value;
	struct carve_cache *cache;

	cache = carve_cache_create(test->priv, "matrix", size, 0,
				   corner->rcu ? SLAB_TYPESAFE_BY_RCU : 0,
				   corner->ctor ? construct : NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	return cache;
}

static gfp_t gfp_of(const struct corner *corner)
{
	return corner->zero ? GFP_KERNEL | __GFP_ZERO : GFP_KERNEL;
}

/* As in mm/: see slab_want_init_on_alloc() in mm/slab.h */
static bool zeroed_on_alloc(const struct corner *corner)
{
	return corner->zero ||
	       (want_init_on_alloc(0) && !corner->ctor && !corner->rcu);
}

static bool zeroed_on_free(const struct corner *corner)
{
	return want_init_on_free() && !corner->ctor && !corner->rcu;
}

static void expect_fresh(struct kunit *test, const u8 *object,
			 unsigned int size)
{
	const struct corner *corner = test->param_value;

	if (corner->ctor)
		KUNIT_EXPECT_EQ_MSG(test, *(u32 *)object, MARK, "%u bytes",
				    size);
	if (zeroed_on_alloc(corner))
		KUNIT_EXPECT_TRUE_MSG(test, !memchr_inv(object, 0, size),
				      "%u bytes", size);
}

/* The state in which its user frees it: constructed, if there is a constructor */
static void soil(struct kunit *test, u8 *object, unsigned int size)
{
	const struct corner *corner = test->param_value;
	unsigned int kept = corner->ctor ? sizeof(u32) : 0;

	memset(object + kept, GARBAGE, size - kept);
}

/* Is the free object all zeroes, or as its user left it? */
static bool is_as_expected(const struct corner *corner, const u8 *object,
			   unsigned int size)
{
	unsigned int kept = corner->ctor ? sizeof(u32) : 0;

	if (zeroed_on_free(corner))
		return !memchr_inv(object, 0, size);
	return (!kept || *(u32 *)object == MARK) &&
	       !memchr_inv(object + kept, GARBAGE, size - kept);
}

static void check_size(struct kunit *test, unsigned int size)
{
	struct carve_cache *cache = create(test, size);
	unsigned int i;
	u8 *object;
	bool right;

	for (i = 0; i < ROUNDS; i++) {
		object = carve_cache_alloc(cache, gfp_of(test->param_value));
		KUNIT_ASSERT_NOT_NULL(test, object);
		expect_fresh(test, object, size);
		soil(test, object, size);
		/* Readers may still access it, and so may the case */
		rcu_read_lock();
		carve_cache_free(cache, object);
		right = is_as_expected(test->param_value, object, size);
		rcu_read_unlock();
		KUNIT_EXPECT_TRUE_MSG(test, right, "%u bytes", size);
	}
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

/* Whatever free objects retain, the pages of freed slabs are zeroed */
static void freed_slabs_are_zeroed_as_configured(struct kunit *test)
{
	const struct corner *corner = test->param_value;
	struct carve_cache *cache = create(test, SZ_256);
	void *object = carve_cache_alloc(cache, gfp_of(corner));
	const void *page = PTR_ALIGN_DOWN(object, PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, object);
	soil(test, object, SZ_256);
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
	if (want_init_on_free())
		KUNIT_EXPECT_NULL(test, memchr_inv(page, 0, PAGE_SIZE));
	else
		kunit_skip(test, "the kernel doesn't zero what is freed");
}

static int debug(struct carve_cache *cache, unsigned int flags)
{
	guard(mutex)(&cache->slabs->lock);
	return carve_debug_switch(cache, flags);
}

/* Objects allocated before debugging was switched on, and after */
static void debugged_objects_are_zeroed_as_configured(struct kunit *test)
{
	const struct corner *corner = test->param_value;
	struct carve_cache *cache = create(test, SZ_256);
	void *object[2];
	unsigned int i;

	object[0] = carve_cache_alloc(cache, gfp_of(corner));
	KUNIT_EXPECT_EQ(test, debug(cache, CARVE_DEBUG_CHECKS), 0);
	object[1] = carve_cache_alloc(cache, gfp_of(corner));
	KUNIT_ASSERT_TRUE(test, object[0] && object[1]);
	for (i = 0; i < ARRAY_SIZE(object); i++) {
		bool right;

		soil(test, object[i], SZ_256);
		rcu_read_lock();
		carve_cache_free(cache, object[i]);
		right = is_as_expected(corner, object[i], SZ_256);
		rcu_read_unlock();
		KUNIT_EXPECT_TRUE_MSG(test, right, "object %u", i);
	}
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

static void objects_are_zeroed_as_configured(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		check_size(test, sizes[i]);
}

static void bulk_objects_are_zeroed_as_configured(struct kunit *test)
{
	const struct corner *corner = test->param_value;
	struct carve_cache *cache = create(test, 100);
	void *object[60];
	int round, i;

	for (round = 0; round < 3; round++) {
		KUNIT_ASSERT_EQ(test, carve_cache_alloc_bulk(cache,
							     gfp_of(corner), 60,
							     object), 60);
		for (i = 0; i < 60; i++) {
			expect_fresh(test, object[i], 100);
			soil(test, object[i], 100);
		}
		carve_cache_free_bulk(cache, 60, object);
	}
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

static void kmalloc_is_zeroed_as_configured(struct kunit *test)
{
	static const size_t bytes[] = { 8, 33, 100, 1000, 8192, SZ_16K, SZ_64K };
	struct carveout *co = test->priv;
	size_t usable;
	int i, zero;
	u8 *p;

	for (i = 0; i < 2 * ARRAY_SIZE(bytes); i++) {
		zero = i % 2;
		p = carve_kmalloc(co, bytes[i / 2], zero ? GFP_KERNEL |
							   __GFP_ZERO :
							   GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p);
		usable = carve_ksize(co, p);
		if (zero || want_init_on_alloc(0))
			KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, usable));
		memset(p, GARBAGE, usable);
		carve_kfree(co, p);
		if (want_init_on_free())
			KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, usable));
	}
}

/* Areas of this length are cached, but clearing one takes long */
#define LONG_AREA 128

static void interrupts_defer_clearing_of_long_areas(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p;

	if (!want_init_on_free())
		kunit_skip(test, "the kernel doesn't zero what is freed");
	p = carve_vmalloc(co, LONG_AREA * PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p, GARBAGE, LONG_AREA * PAGE_SIZE);
	carve_vfree_in_interrupt(co, p);
	KUNIT_EXPECT_EQ(test, carve_fixture_areas(co).nr_areas, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->vmap.cache.nr_pages), 0);
	carve_vmap_flush(&co->vmap);
}

static struct kunit_case zeroing_cases[] = {
	KUNIT_CASE_PARAM(objects_are_zeroed_as_configured, corner_gen_params),
	KUNIT_CASE_PARAM(freed_slabs_are_zeroed_as_configured, corner_gen_params),
	KUNIT_CASE_PARAM(debugged_objects_are_zeroed_as_configured, corner_gen_params),
	KUNIT_CASE_PARAM(bulk_objects_are_zeroed_as_configured, corner_gen_params),
	KUNIT_CASE(kmalloc_is_zeroed_as_configured),
	KUNIT_CASE(interrupts_defer_clearing_of_long_areas),
	{ }
};

static struct kunit_suite zeroing_suite = {
	.name = "carveout_zeroing",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = zeroing_cases,
};

kunit_test_suite(zeroing_suite);
