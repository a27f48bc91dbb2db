// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of kmalloc() and its family: size classes, preserved contents, and bad
 * arguments.
 */
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "kunit/interrupt.h"
#include "slab/caches.h"
#include "slab/slab.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)
#define QUIET_ATOMIC (GFP_ATOMIC | __GFP_NOWARN)
/* Allocate from below the min watermark, too */
#define EVERYTHING (QUIET | __GFP_HIGH)

static bool inside(struct carveout *co, const void *p, size_t size)
{
	return carve_virt_to_page(co, p) && carve_virt_to_page(co, p + size - 1);
}

/* Size of the largest free block */
static size_t largest_free(struct carveout *co)
{
	carve_fixture_collect(co);
	return PAGE_SIZE << __fls(carve_buddy_orders(&co->pages.zone[0].buddy));
}

static void *alloc(struct kunit *test, size_t size)
{
	void *p = carve_kmalloc(test->priv, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

/* Leave freed memory of this size filled with @fill, for the next allocation */
static void leave_dirty(struct kunit *test, size_t size, u8 fill)
{
	struct carveout *co = test->priv;
	void *p[8];
	int i;

	for (i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = alloc(test, size);
		memset(p[i], fill, carve_ksize(co, p[i]));
	}
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_kfree(co, p[i]);
}

/* Size classes */

struct size_class {
	size_t size;
	size_t usable;
};

static const struct size_class size_classes[] = {
	{ 1, 8 },	{ 8, 8 },	{ 9, 16 },	{ 16, 16 },
	{ 17, 32 },	{ 32, 32 },	{ 33, 64 },	{ 64, 64 },
	{ 65, 96 },	{ 96, 96 },	{ 97, 128 },	{ 128, 128 },
	{ 129, 192 },	{ 192, 192 },	{ 193, 256 },	{ 256, 256 },
	{ 257, 512 },	{ 512, 512 },	{ 513, 1024 },	{ 1024, 1024 },
	{ 1025, 2048 },	{ 2048, 2048 },	{ 2049, 4096 },	{ 4096, 4096 },
	{ 4097, 8192 },	{ 8192, 8192 },
	{ 8193, SZ_16K },	{ SZ_16K, SZ_16K },
	{ SZ_16K + 1, SZ_32K },	{ SZ_32K, SZ_32K },
	{ 100000, SZ_128K },	{ SZ_256K, SZ_256K },
	{ SZ_256K + 1, SZ_512K },	{ SZ_512K, SZ_512K },
};

#define for_each_size_class(c) \
	for ((c) = size_classes; (c) < size_classes + ARRAY_SIZE(size_classes); \
	     (c)++)

static void check_size_class(struct kunit *test, const struct size_class *c)
{
	struct carveout *co = test->priv;
	u8 *p = alloc(test, c->size), *q = alloc(test, c->size);

	KUNIT_EXPECT_EQ_MSG(test, carve_ksize(co, p), c->usable, "%zu bytes",
			    c->size);
	KUNIT_EXPECT_EQ(test, carve_kmalloc_size_roundup(c->size), c->usable);
	KUNIT_EXPECT_TRUE(test, inside(co, p, c->usable));
	KUNIT_EXPECT_TRUE(test, p + c->usable <= q || q + c->usable <= p);
	/* The usable size may be written in full */
	memset(p, 0x11, c->usable);
	memset(q, 0x22, c->usable);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0x11, c->usable));
	carve_kfree(co, p);
	KUNIT_EXPECT_NULL(test, memchr_inv(q, 0x22, c->usable));
	carve_kfree(co, q);
}

static void sizes_select_their_class(struct kunit *test)
{
	const struct size_class *c;

	for_each_size_class(c)
		check_size_class(test, c);
}

static void check_alignment(struct kunit *test, const struct size_class *c)
{
	/* The largest power of two that divides the usable size: 32 for 96 */
	size_t align = c->usable & -c->usable;
	void *p[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = alloc(test, c->size);
		KUNIT_EXPECT_EQ_MSG(test, (unsigned long)p[i] % align, 0UL,
				    "%zu bytes", c->size);
	}
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_kfree(test->priv, p[i]);
}

static void allocations_are_naturally_aligned(struct kunit *test)
{
	const struct size_class *c;

	for_each_size_class(c)
		check_alignment(test, c);
}

static void every_small_size_fits(struct kunit *test)
{
	struct carveout *co = test->priv;
	size_t size, usable = 0;

	for (size = 1; size <= SZ_16K; size += size < 300 ? 1 : 97) {
		void *p = alloc(test, size);

		KUNIT_EXPECT_GE(test, carve_ksize(co, p), size);
		/* Classes grow with sizes */
		KUNIT_EXPECT_GE(test, carve_ksize(co, p), usable);
		usable = carve_ksize(co, p);
		KUNIT_EXPECT_EQ(test, carve_kmalloc_size_roundup(size), usable);
		carve_kfree(co, p);
	}
}

static void size_zero_returns_zero_size_ptr(struct kunit *test)
{
	struct carveout *co = test->priv;

	KUNIT_EXPECT_PTR_EQ(test, carve_kmalloc(co, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, carve_kzalloc(co, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, carve_kcalloc(co, 0, 8, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, carve_kmalloc_array(co, SIZE_MAX, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, carve_kmemdup(co, "", 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, carve_ksize(co, ZERO_SIZE_PTR), 0UL);
	KUNIT_EXPECT_EQ(test, carve_ksize(co, NULL), 0UL);
	KUNIT_EXPECT_EQ(test, carve_kmalloc_size_roundup(0), 0UL);
}

static void largest_block_can_be_allocated(struct kunit *test)
{
	struct carveout *co = test->priv;
	size_t size = largest_free(co);
	u8 *p = carve_kmalloc(co, size, EVERYTHING);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, carve_ksize(co, p), size);
	p[0] = 1;
	p[size - 1] = 2;
	KUNIT_EXPECT_TRUE(test, inside(co, p, size));
	carve_kfree(co, p);
	KUNIT_EXPECT_EQ(test, largest_free(co), size);
}

static void too_large_sizes_return_null(struct kunit *test)
{
	struct carveout *co = test->priv;
	const size_t sizes[] = {
		largest_free(co) + 1, CARVE_FIXTURE_SIZE,
		CARVE_FIXTURE_SIZE + 1, SZ_1G, PAGE_SIZE << CARVE_MAX_ORDER,
		(PAGE_SIZE << CARVE_MAX_ORDER) + 1, SIZE_MAX / 2 + 1,
		SIZE_MAX / 2 + 2, SIZE_MAX - PAGE_SIZE, SIZE_MAX - 1, SIZE_MAX,
	};
	unsigned long nr_free = carve_fixture_collect(co);
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_EXPECT_NULL(test, carve_kmalloc(co, sizes[i], QUIET));
		KUNIT_EXPECT_NULL(test, carve_kzalloc(co, sizes[i],
						      QUIET_ATOMIC));
	}
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
	KUNIT_EXPECT_EQ(test, carve_kmalloc_size_roundup(SIZE_MAX), SIZE_MAX);
}

static void overflowing_arrays_return_null(struct kunit *test)
{
	static const struct {
		size_t n, size;
	} cases[] = {
		{ SIZE_MAX, 2 }, { 2, SIZE_MAX }, { SIZE_MAX, SIZE_MAX },
		{ SIZE_MAX / 8 + 1, 8 }, { 1UL << 32, 1UL << 32 },
		/* The product, truncated, would be 16 */
		{ (1UL << 60) + 1, 16 },
	};
	struct carveout *co = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_EXPECT_NULL(test, carve_kcalloc(co, cases[i].n,
						      cases[i].size, QUIET));
		KUNIT_EXPECT_NULL(test, carve_kmalloc_array(co, cases[i].n,
							    cases[i].size,
							    QUIET));
	}
}

static void arrays_hold_all_elements(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = carve_kmalloc_array(co, 100, 24, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, carve_ksize(co, p), 4096UL);
	carve_kfree(co, p);
}

/* Contents */

static void check_zeroes(struct kunit *test, void *p,
			 const struct size_class *c)
{
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_TRUE_MSG(test, !memchr_inv(p, 0, c->usable), "%zu bytes",
			      c->size);
	carve_kfree(test->priv, p);
}

static void kzalloc_clears_the_usable_size(struct kunit *test)
{
	struct carveout *co = test->priv;
	const struct size_class *c;

	for_each_size_class(c) {
		leave_dirty(test, min_t(size_t, c->size, SZ_128K), 0xff);
		check_zeroes(test, carve_kzalloc(co, c->size, GFP_KERNEL), c);
		leave_dirty(test, min_t(size_t, c->size, SZ_128K), 0xff);
		check_zeroes(test, carve_kcalloc(co, 1, c->size, GFP_KERNEL),
			     c);
	}
}

static void copies_are_equal(struct kunit *test)
{
	struct carveout *co = test->priv;
	static const char text[] = "The quick brown fox";
	char *copy = carve_kmemdup(co, text, sizeof(text), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_STREQ(test, copy, text);
	KUNIT_EXPECT_TRUE(test, inside(co, copy, sizeof(text)));
	carve_kfree(co, copy);

	copy = carve_kstrdup(co, text, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_STREQ(test, copy, text);
	carve_kfree(co, copy);

	copy = carve_kstrdup(co, "", GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_STREQ(test, copy, "");
	carve_kfree(co, copy);
	KUNIT_EXPECT_NULL(test, carve_kstrdup(co, NULL, GFP_KERNEL));
}

static void copies_end_at_the_given_length(struct kunit *test)
{
	struct carveout *co = test->priv;
	static const char text[] = "The quick brown fox";
	char *copy = carve_kstrndup(co, text, 9, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_STREQ(test, copy, "The quick");
	carve_kfree(co, copy);
	copy = carve_kstrndup(co, text, SIZE_MAX, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_STREQ(test, copy, text);
	carve_kfree(co, copy);
	copy = carve_kmemdup_nul(co, text + 4, 5, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_STREQ(test, copy, "quick");
	carve_kfree(co, copy);
	KUNIT_EXPECT_NULL(test, carve_kstrndup(co, NULL, 9, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, carve_kmemdup_nul(co, NULL, 9, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, carve_kmemdup_nul(co, text, SIZE_MAX, QUIET));
}

static void sensitive_free_clears_memory(struct kunit *test)
{
	static const size_t sizes[] = { 1, 100, 192, 8192, SZ_64K };
	struct carveout *co = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 *p = alloc(test, sizes[i]);
		size_t usable = carve_ksize(co, p);

		memset(p, 0x5e, usable);
		carve_kfree_sensitive(co, p);
		/* The object is free, but its memory can still be read */
		KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, usable));
	}
	carve_kfree_sensitive(co, NULL);
	carve_kfree_sensitive(co, ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
}

/* krealloc */

struct resize {
	const char *what;
	size_t from;
	size_t to;
	bool stays;
};

static const struct resize resizes[] = {
	{ "to the same size", 100, 100, true },
	{ "within the class", 65, 96, true },
	{ "to a smaller class", 100, 10, true },
	{ "from pages to bytes", SZ_64K, 1, true },
	{ "by a byte beyond the class", 96, 97, false },
	{ "to the next class", 64, 65, false },
	{ "through many classes", 8, 8192, false },
	{ "from a class to pages", 8192, 8193, false },
	{ "from pages to more pages", SZ_16K, SZ_16K + 1, false },
	{ "within the pages", SZ_16K + 1, SZ_32K, true },
};

static void describe_resize(const struct resize *r, char *desc)
{
	strscpy(desc, r->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(resize, resizes, describe_resize);

static void krealloc_preserves_contents(struct kunit *test)
{
	const struct resize *r = test->param_value;
	struct carveout *co = test->priv;
	u8 *old = alloc(test, r->from), *new;

	memset(old, 0x6b, r->from);
	/* Clear the new place of contents from an earlier case */
	leave_dirty(test, r->to, 0x94);
	new = carve_krealloc(co, old, r->to, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, new);
	KUNIT_EXPECT_EQ(test, new == old, r->stays);
	KUNIT_EXPECT_GE(test, carve_ksize(co, new), r->to);
	KUNIT_EXPECT_NULL(test, memchr_inv(new, 0x6b, min(r->from, r->to)));
	carve_kfree(co, new);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
}

static void krealloc_array_checks_for_overflow(struct kunit *test)
{
	struct carveout *co = test->priv;
	u64 *p = carve_kmalloc_array(co, 10, sizeof(*p), GFP_KERNEL), *more;

	KUNIT_ASSERT_NOT_NULL(test, p);
	p[9] = 0x99;
	KUNIT_EXPECT_NULL(test, carve_krealloc_array(co, p, SIZE_MAX / 4,
						     sizeof(*p), QUIET));
	KUNIT_EXPECT_EQ(test, p[9], 0x99);
	more = carve_krealloc_array(co, p, 1000, sizeof(*p), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, more);
	KUNIT_EXPECT_EQ(test, more[9], 0x99);
	KUNIT_EXPECT_EQ(test, carve_ksize(co, more), 8192UL);
	carve_kfree(co, more);
}

static void krealloc_of_null_allocates(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = carve_krealloc(co, NULL, 100, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, carve_ksize(co, p), 128UL);
	carve_kfree(co, p);
	p = carve_krealloc(co, ZERO_SIZE_PTR, 100, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	carve_kfree(co, p);
	KUNIT_EXPECT_PTR_EQ(test, carve_krealloc(co, NULL, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
}

static void krealloc_of_bad_addresses_is_refused(struct kunit *test)
{
	struct carveout *co = test->priv;
	u8 *p = alloc(test, 100), *large = alloc(test, SZ_64K), *gone;
	void *bad[] = { test, p + 8, p + 1, large + 1, large + PAGE_SIZE };
	int i;

	memset(p, 0x2d, 100);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_NULL(test, carve_krealloc(co, bad[i], 500,
						       GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, carve_ksize(co, bad[i]), 0UL);
	}
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_misuses(co, CARVE_MISUSE_REALLOC),
			(long)ARRAY_SIZE(bad));
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0x2d, 100));
	carve_kfree(co, p);
	carve_kfree(co, large);

	/* Large allocations, which were freed to the buddy system, too */
	gone = alloc(test, SZ_64K);
	carve_kfree(co, gone);
	KUNIT_EXPECT_NULL(test, carve_krealloc(co, gone, SZ_128K, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_misuses(co, CARVE_MISUSE_REALLOC),
			(long)ARRAY_SIZE(bad) + 1);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
}

static void second_kfree_after_another_is_detected_at_once(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = alloc(test, 64), *q = alloc(test, 64), *r;

	carve_kfree(co, p);
	carve_kfree(co, q);
	carve_kfree(co, p);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1L);
	carve_kfree(co, q);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 2L);
	p = alloc(test, 64);
	q = alloc(test, 64);
	r = alloc(test, 64);
	KUNIT_EXPECT_TRUE(test, p != q && q != r && r != p);
	carve_kfree(co, p);
	carve_kfree(co, q);
	carve_kfree(co, r);
	carve_fixture_collect(co);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 2L);
}

static void second_kfree_is_detected_at_once(struct kunit *test)
{
	static const size_t sizes[] = { 8, 96, 8192, SZ_16K, SZ_64K };
	struct carveout *co = test->priv;
	void *p, *q;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = alloc(test, sizes[i]);
		carve_kfree(co, p);
		carve_kfree(co, p);
		KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co),
				i + 1L);
		/* The object isn't allocated twice */
		p = alloc(test, sizes[i]);
		q = alloc(test, sizes[i]);
		KUNIT_EXPECT_PTR_NE(test, p, q);
		carve_kfree(co, p);
		carve_kfree(co, q);
	}
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co),
			(long)ARRAY_SIZE(sizes));
}

/* Distance between the addresses that a free of this size is checked at */
static size_t grain(size_t size)
{
	return min_t(size_t, 1UL << __ffs(size), PAGE_SIZE);
}

static void kfree_within_an_object_is_detected_at_once(struct kunit *test)
{
	static const size_t sizes[] = { 8, 16, 32, 64, 96, 128, 192, 512, 8192 };
	struct carveout *co = test->priv;
	long nr_bad = 0;
	size_t offset;
	void *p;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = alloc(test, sizes[i]);
		for (offset = 1; offset < grain(sizes[i]); offset *= 2) {
			carve_kfree(co, p + offset);
			KUNIT_EXPECT_EQ_MSG(test, carve_fixture_nr_bad_frees(co),
					    ++nr_bad, "%zu in %zu", offset, sizes[i]);
		}
		KUNIT_EXPECT_EQ(test, carve_ksize(co, p), sizes[i]);
		carve_kfree(co, p);
	}
	/* No further objects were in a magazine */
	carve_fixture_collect(co);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), nr_bad);
}

/* A possible start of another object of the class, judging by the address alone */
static void kfree_within_an_odd_object_is_detected_on_flush(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *p = alloc(test, 96);

	carve_kfree(co, p + 32);
	carve_fixture_collect(co);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 1L);
	KUNIT_EXPECT_EQ(test, carve_ksize(co, p), 96UL);
	carve_kfree(co, p);
}

static void krealloc_to_size_zero_frees(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	void *p = alloc(test, SZ_64K);

	KUNIT_EXPECT_PTR_EQ(test, carve_krealloc(co, p, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static void failing_krealloc_preserves_the_old_object(struct kunit *test)
{
	struct carveout *co = test->priv;
	u8 *p = alloc(test, 100);

	memset(p, 0x4f, 100);
	KUNIT_EXPECT_NULL(test, carve_krealloc(co, p, CARVE_FIXTURE_SIZE * 2UL,
					       QUIET));
	KUNIT_EXPECT_NULL(test, carve_krealloc(co, p, SIZE_MAX, QUIET));
	KUNIT_EXPECT_EQ(test, carve_ksize(co, p), 128UL);
	KUNIT_EXPECT_NULL(test, memchr_inv(p, 0x4f, 100));
	carve_kfree(co, p);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
}

/* With __GFP_ZERO on each call, memory behind the size reads as zero */
static void krealloc_zeroes_the_added_part(struct kunit *test)
{
	static const size_t sizes[] = { 10, 60, 20, 64, 500, 3, 512, 9000, 1,
					SZ_16K, 200, SZ_32K };
	struct carveout *co = test->priv;
	gfp_t gfp = GFP_KERNEL | __GFP_ZERO;
	size_t old = 40;
	u8 *p;
	int i;

	leave_dirty(test, 40, 0xff);
	p = carve_kzalloc(co, old, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(p, 0xee, old);
		p = carve_krealloc(co, p, sizes[i], gfp);
		KUNIT_ASSERT_NOT_NULL(test, p);
		KUNIT_EXPECT_NULL(test, memchr_inv(p, 0xee, min(old, sizes[i])));
		if (sizes[i] > old)
			KUNIT_EXPECT_NULL(test, memchr_inv(p + old, 0,
							   sizes[i] - old));
		old = sizes[i];
	}
	carve_kfree(co, p);
}

/* Bad frees */

struct bad_free_bed {
	struct carveout *co;
	u8 *small;
	u8 *large;
	struct carve_page *block;
	void *area;
	u8 not_ours[64];
};

static void *freed_twice(struct bad_free_bed *ctx)
{
	void *p = carve_kmalloc(ctx->co, 32, GFP_KERNEL);

	carve_kfree(ctx->co, p);
	return p;
}

static void *large_freed_twice(struct bad_free_bed *ctx)
{
	void *p = carve_kmalloc(ctx->co, SZ_64K, GFP_KERNEL);

	carve_kfree(ctx->co, p);
	return p;
}

static void *inside_small(struct bad_free_bed *ctx)
{
	return ctx->small + 8;
}

static void *misaligned(struct bad_free_bed *ctx)
{
	return ctx->small + 1;
}

static void *inside_first_page_of_large(struct bad_free_bed *ctx)
{
	return ctx->large + 8;
}

static void *second_page_of_large(struct bad_free_bed *ctx)
{
	return ctx->large + PAGE_SIZE;
}

static void *inside_second_page_of_large(struct bad_free_bed *ctx)
{
	return ctx->large + PAGE_SIZE + 8;
}

static void *block_of_pages(struct bad_free_bed *ctx)
{
	return carve_page_address(ctx->co, ctx->block);
}

static void *area(struct bad_free_bed *ctx)
{
	return ctx->area;
}

static void *page_of_area(struct bad_free_bed *ctx)
{
	struct page *page = vmalloc_to_page(ctx->area);

	return page_address(page);
}

static void *page_descriptor(struct bad_free_bed *ctx)
{
	return ctx->block;
}

static void *native_memory(struct bad_free_bed *ctx)
{
	return ctx->not_ours;
}

static void *error_pointer(struct bad_free_bed *ctx)
{
	return ERR_PTR(-ENOMEM);
}

static void *below_zero_size(struct bad_free_bed *ctx)
{
	return ZERO_SIZE_PTR + 1;
}

struct bad_free {
	const char *what;
	void *(*pick)(struct bad_free_bed *ctx);
};

static const struct bad_free bad_frees[] = {
	{ "freed twice", freed_twice },
	{ "large, freed twice", large_freed_twice },
	{ "inside a small one", inside_small },
	{ "misaligned", misaligned },
	{ "inside the first page of a large one", inside_first_page_of_large },
	{ "second page of a large one", second_page_of_large },
	{ "inside the second page of a large one", inside_second_page_of_large },
	{ "block of pages", block_of_pages },
	{ "area", area },
	{ "page of an area", page_of_area },
	{ "page descriptor", page_descriptor },
	{ "native memory", native_memory },
	{ "error pointer", error_pointer },
	{ "small number", below_zero_size },
};

static void describe_bad_free(const struct bad_free *bad, char *desc)
{
	strscpy(desc, bad->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad_free, bad_frees, describe_bad_free);

static struct bad_free_bed *set_up_bad_frees(struct kunit *test)
{
	struct bad_free_bed *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->co = test->priv;
	ctx->small = alloc(test, 64);
	ctx->large = alloc(test, SZ_32K);
	memset(ctx->small, 0x21, 64);
	memset(ctx->large, 0x42, SZ_32K);
	ctx->block = carve_alloc_pages(ctx->co, GFP_KERNEL, 2);
	KUNIT_ASSERT_NOT_NULL(test, ctx->block);
	ctx->area = carve_vmalloc(ctx->co, 3 * PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, ctx->area);
	return ctx;
}

static void expect_untouched(struct kunit *test, struct bad_free_bed *ctx)
{
	KUNIT_EXPECT_NULL(test, memchr_inv(ctx->small, 0x21, 64));
	KUNIT_EXPECT_NULL(test, memchr_inv(ctx->large, 0x42, SZ_32K));
	KUNIT_EXPECT_EQ(test, carve_ksize(ctx->co, ctx->small), 64UL);
	KUNIT_EXPECT_EQ(test, carve_ksize(ctx->co, ctx->large), (size_t)SZ_32K);
	carve_fixture_check(test, ctx->co);
}

static void tear_down_bad_frees(struct bad_free_bed *ctx)
{
	carve_vfree(ctx->co, ctx->area);
	carve_free_pages(ctx->co, ctx->block, 2);
	carve_kfree(ctx->co, ctx->large);
	carve_kfree(ctx->co, ctx->small);
}

static void bad_frees_are_counted_and_harmless(struct kunit *test)
{
	const struct bad_free *bad = test->param_value;
	struct bad_free_bed *ctx = set_up_bad_frees(test);
	unsigned long nr_free = carve_fixture_collect(ctx->co);

	carve_kfree(ctx->co, bad->pick(ctx));
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 1L);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(ctx->co), nr_free);
	expect_untouched(test, ctx);
	tear_down_bad_frees(ctx);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 1L);
}

/* None of these addresses may cause memory to be cleared */
static void sensitive_free_of_bad_addresses_writes_nothing(struct kunit *test)
{
	const struct bad_free *bad = test->param_value;
	struct bad_free_bed *ctx = set_up_bad_frees(test);

	memset(ctx->area, 0x63, 3 * PAGE_SIZE);
	memset(ctx->not_ours, 0x84, sizeof(ctx->not_ours));
	carve_kfree_sensitive(ctx->co, bad->pick(ctx));
	carve_fixture_collect(ctx->co);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 1L);
	expect_untouched(test, ctx);
	KUNIT_EXPECT_NULL(test, memchr_inv(ctx->area, 0x63, 3 * PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(ctx->not_ours, 0x84,
					   sizeof(ctx->not_ours)));
	tear_down_bad_frees(ctx);
}

static void ksize_of_bad_addresses_is_zero(struct kunit *test)
{
	struct bad_free_bed *ctx = set_up_bad_frees(test);
	void *const bad[] = {
		inside_small(ctx), misaligned(ctx),
		inside_first_page_of_large(ctx), second_page_of_large(ctx),
		block_of_pages(ctx), area(ctx), page_of_area(ctx),
		page_descriptor(ctx), native_memory(ctx), error_pointer(ctx),
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, carve_ksize(ctx->co, bad[i]), 0UL);
	tear_down_bad_frees(ctx);
}

static void freeing_null_is_silent(struct kunit *test)
{
	struct carveout *co = test->priv;

	carve_kfree(co, NULL);
	carve_kfree(co, ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
}

/* As in mm/, kfree() accepts objects of any cache */
static void kfree_frees_objects_of_caches(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache;
	void *object;

	cache = carve_cache_create(co, "test", 100, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	object = carve_cache_alloc(cache, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, carve_ksize(co, object), 100UL);
	carve_kfree(co, object);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
}

/* Contexts */

#define NR_ATOMIC 64

struct atomic_run {
	struct carveout *co;
	void *p[NR_ATOMIC];
	unsigned int nr_null;
	bool in_hardirq;
};

static void alloc_and_free_atomically(void *arg)
{
	struct atomic_run *run = arg;
	int i;

	run->in_hardirq = in_hardirq();
	for (i = 0; i < NR_ATOMIC; i++) {
		run->p[i] = carve_kmalloc(run->co, 1UL << (i % 15), GFP_ATOMIC);
		if (run->p[i])
			memset(run->p[i], i, 1UL << (i % 15));
		else
			run->nr_null++;
	}
	for (i = 0; i < NR_ATOMIC; i++) {
		/* Grow and move the smaller objects */
		run->p[i] = carve_krealloc(run->co, run->p[i], 50, GFP_ATOMIC);
		carve_kfree(run->co, run->p[i]);
	}
}

static struct atomic_run *new_run(struct kunit *test)
{
	struct atomic_run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, run);
	run->co = test->priv;
	return run;
}

static void atomic_allocation_works_with_interrupts_disabled(struct kunit *test)
{
	struct atomic_run *run = new_run(test);
	unsigned long flags;

	local_irq_save(flags);
	alloc_and_free_atomically(run);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, run->nr_null, 0);
}

static void atomic_allocation_works_in_hard_interrupts(struct kunit *test)
{
	struct atomic_run *run = new_run(test);

	carve_run_in_interrupt(alloc_and_free_atomically, run);
	KUNIT_EXPECT_TRUE(test, run->in_hardirq);
	KUNIT_EXPECT_EQ(test, run->nr_null, 0);
}

/* Exhaustion */

static struct carve_chain *alloc_chain(struct carveout *co, size_t size,
				       unsigned long *n)
{
	struct carve_chain *first = NULL, *p;

	for (*n = 0; (p = carve_kmalloc(co, size, EVERYTHING)); ++*n) {
		p->next = first;
		first = p;
		cond_resched();
	}
	return first;
}

static void free_chain(struct carveout *co, struct carve_chain *first)
{
	struct carve_chain *next;

	for (; first; first = next) {
		next = first->next;
		carve_kfree(co, first);
	}
}

static const size_t exhausting[] = {
	8, 96, 192, 1024, 4096, 8192, SZ_16K + 1, SZ_512K,
};

static void describe_size(const size_t *size, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%zu bytes", *size);
}

KUNIT_ARRAY_PARAM(exhausting, exhausting, describe_size);

static void exhaustion_returns_null_and_all_memory_is_freed(struct kunit *test)
{
	size_t size = *(const size_t *)test->param_value;
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co), n;
	struct carve_chain *first = alloc_chain(co, size, &n);
	unsigned int order = max_t(unsigned int, get_order(size),
				   CARVE_SLAB_MAX_ORDER);

	KUNIT_EXPECT_GT(test, n, 0UL);
	KUNIT_EXPECT_NULL(test, carve_kmalloc(co, size, QUIET_ATOMIC));
	/* No block remains free that could have served the request */
	carve_fixture_collect(co);
	KUNIT_EXPECT_EQ(test, carve_buddy_orders(&co->pages.zone[0].buddy) >> order, 0UL);
	carve_fixture_check(test, co);
	free_chain(co, first);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

/* A random walk */

#define WALK_STEPS 100000
#define WALK_SLOTS 1024
/* Large allocations are checked at both ends only */
#define WALK_END 64UL

struct walk_slot {
	u8 *p;
	size_t size;
};

struct walk {
	struct kunit *test;
	struct carveout *co;
	struct rnd_state rnd;
	struct walk_slot slots[WALK_SLOTS];
	unsigned int nr_wrong;
};

static u8 pattern(const struct walk *walk, const struct walk_slot *slot)
{
	return (slot - walk->slots) * 41 + 7;
}

static void walk_fill(struct walk *walk, struct walk_slot *slot)
{
	size_t end = min(slot->size, WALK_END);

	memset(slot->p, pattern(walk, slot), end);
	memset(slot->p + slot->size - end, pattern(walk, slot), end);
}

static void walk_expect(struct walk *walk, bool condition)
{
	if (!condition)
		walk->nr_wrong++;
}

static void walk_verify(struct walk *walk, struct walk_slot *slot)
{
	size_t end = min(slot->size, WALK_END);
	u8 byte = pattern(walk, slot);

	walk_expect(walk, !memchr_inv(slot->p, byte, end));
	walk_expect(walk, !memchr_inv(slot->p + slot->size - end, byte, end));
}

/* Each power of two up to 64 KiB is equally likely */
static size_t walk_size(struct walk *walk)
{
	size_t top = 1UL << carve_fixture_random(&walk->rnd, 17);

	return top + carve_fixture_random(&walk->rnd, top);
}

static gfp_t walk_gfp(struct walk *walk)
{
	return carve_fixture_random(&walk->rnd, 4) ? QUIET_ATOMIC :
						     QUIET | __GFP_NORETRY;
}

static void walk_alloc(struct walk *walk, struct walk_slot *slot)
{
	bool zero = carve_fixture_random(&walk->rnd, 2);

	slot->size = walk_size(walk);
	slot->p = zero ? carve_kzalloc(walk->co, slot->size, walk_gfp(walk)) :
			 carve_kmalloc(walk->co, slot->size, walk_gfp(walk));
	if (!slot->p)
		return;
	if (zero)
		walk_expect(walk, !memchr_inv(slot->p, 0,
					      min(slot->size, WALK_END)));
	walk_expect(walk, carve_ksize(walk->co, slot->p) ==
			  carve_kmalloc_size_roundup(slot->size));
	walk_fill(walk, slot);
}

static void walk_resize(struct walk *walk, struct walk_slot *slot)
{
	size_t size = walk_size(walk), both = min(size, slot->size);
	u8 *p = carve_krealloc(walk->co, slot->p, size, walk_gfp(walk));

	if (!p)
		return;
	walk_expect(walk, !memchr_inv(p, pattern(walk, slot),
				      min(both, WALK_END)));
	slot->p = p;
	slot->size = size;
	walk_fill(walk, slot);
}

static void walk_free(struct walk *walk, struct walk_slot *slot)
{
	walk_verify(walk, slot);
	carve_kfree(walk->co, slot->p);
	slot->p = NULL;
}

static void walk_step(struct walk *walk, unsigned int step)
{
	u32 i = carve_fixture_random(&walk->rnd, WALK_SLOTS);
	struct walk_slot *slot = &walk->slots[i];

	if (!slot->p)
		walk_alloc(walk, slot);
	else if (carve_fixture_random(&walk->rnd, 3))
		walk_free(walk, slot);
	else
		walk_resize(walk, slot);
	if (step % 2000 == 0)
		carve_slabs_shrink(&walk->co->slabs);
	if (step % 5000 == 0)
		carve_fixture_check(walk->test, walk->co);
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
	carve_fixture_seed(test, &walk->rnd, 20261121);
	for (i = 0; i < WALK_STEPS; i++)
		walk_step(walk, i);
	for (i = 0; i < WALK_SLOTS; i++)
		if (walk->slots[i].p)
			walk_free(walk, &walk->slots[i]);
	KUNIT_EXPECT_EQ(test, walk->nr_wrong, 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0L);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static struct kunit_case kmalloc_cases[] = {
	KUNIT_CASE(sizes_select_their_class),
	KUNIT_CASE(allocations_are_naturally_aligned),
	KUNIT_CASE(every_small_size_fits),
	KUNIT_CASE(size_zero_returns_zero_size_ptr),
	KUNIT_CASE(largest_block_can_be_allocated),
	KUNIT_CASE(too_large_sizes_return_null),
	KUNIT_CASE(overflowing_arrays_return_null),
	KUNIT_CASE(arrays_hold_all_elements),
	KUNIT_CASE(kzalloc_clears_the_usable_size),
	KUNIT_CASE(copies_are_equal),
	KUNIT_CASE(copies_end_at_the_given_length),
	KUNIT_CASE(sensitive_free_clears_memory),
	KUNIT_CASE_PARAM(krealloc_preserves_contents, resize_gen_params),
	KUNIT_CASE(krealloc_array_checks_for_overflow),
	KUNIT_CASE(krealloc_of_null_allocates),
	KUNIT_CASE(krealloc_of_bad_addresses_is_refused),
	KUNIT_CASE(second_kfree_is_detected_at_once),
	KUNIT_CASE(second_kfree_after_another_is_detected_at_once),
	KUNIT_CASE(kfree_within_an_object_is_detected_at_once),
	KUNIT_CASE(kfree_within_an_odd_object_is_detected_on_flush),
	KUNIT_CASE(krealloc_to_size_zero_frees),
	KUNIT_CASE(failing_krealloc_preserves_the_old_object),
	KUNIT_CASE(krealloc_zeroes_the_added_part),
	KUNIT_CASE_PARAM(bad_frees_are_counted_and_harmless,
			 bad_free_gen_params),
	KUNIT_CASE_PARAM(sensitive_free_of_bad_addresses_writes_nothing,
			 bad_free_gen_params),
	KUNIT_CASE(ksize_of_bad_addresses_is_zero),
	KUNIT_CASE(freeing_null_is_silent),
	KUNIT_CASE(kfree_frees_objects_of_caches),
	KUNIT_CASE(atomic_allocation_works_with_interrupts_disabled),
	KUNIT_CASE(atomic_allocation_works_in_hard_interrupts),
	KUNIT_CASE_PARAM(exhaustion_returns_null_and_all_memory_is_freed,
			 exhausting_gen_params),
	KUNIT_CASE_SLOW(random_walk_agrees_with_model),
	{ }
};

static struct kunit_suite kmalloc_suite = {
	.name = "carveout_kmalloc",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = kmalloc_cases,
};

kunit_test_suites(&kmalloc_suite);
