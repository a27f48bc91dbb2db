// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of DMA pools. Each case has a device and a carveout, and checks at its
 * end that nothing is left.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/string.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "kunit/fixture.h"
#include "kunit/interrupt.h"

#define DIRT 0xa5
#define QUIETLY (GFP_KERNEL | __GFP_NOWARN)
#define MAX_BLOCKS 4096

struct block {
	u8 *virt;
	dma_addr_t addr;
};

struct ctx {
	struct carveout *co;
	struct device *dev;
	struct carve_dma_pool *pool;
	struct block *block;
	unsigned int nr;
};

static int dma_pool_init(struct kunit *test)
{
	struct ctx *ctx;
	int ret;

	ret = carve_fixture_init_more(test, sizeof(*ctx));
	if (ret)
		return ret;
	ctx = test->priv;
	ctx->dev = carve_fixture_device(test, "carveout_dma_pool");
	ctx->block = kunit_kcalloc(test, MAX_BLOCKS, sizeof(*ctx->block), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->block);
	return 0;
}

static void dma_pool_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	if (!ctx)
		return;
	carve_fixture_remove_device(ctx->dev);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(ctx->co), 0UL);
	carve_fixture_exit_more(test);
}

static struct ctx *ctx_of(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "this kernel has no DMA");
	return test->priv;
}

static void create_pool(struct kunit *test, size_t size, size_t align,
			size_t boundary)
{
	struct ctx *ctx = test->priv;

	ctx->pool = carve_dma_pool_create(ctx->co, "test", ctx->dev, size, align,
					  boundary);
	KUNIT_ASSERT_NOT_NULL(test, ctx->pool);
}

static bool take(struct ctx *ctx, gfp_t gfp)
{
	struct block *b = &ctx->block[ctx->nr];

	b->virt = carve_dma_pool_alloc(ctx->pool, gfp, &b->addr);
	ctx->nr += !!b->virt;
	return b->virt;
}

static void give(struct ctx *ctx)
{
	struct block *b = &ctx->block[--ctx->nr];

	carve_dma_pool_free(ctx->pool, b->virt, b->addr);
}

static void give_all(struct ctx *ctx)
{
	while (ctx->nr)
		give(ctx);
}

static void destroy_pool(struct ctx *ctx)
{
	give_all(ctx);
	carve_dma_pool_destroy(ctx->pool);
}

static long nr_buffers(struct ctx *ctx)
{
	return atomic_long_read(&ctx->co->dma.nr_buffers);
}

/* Blocks */

static const struct geometry {
	size_t size;
	size_t align;
	size_t boundary;
	/* Expected: bytes of a buffer, and blocks in it */
	size_t bytes;
	unsigned int nr;
} geometries[] = {
	{ 64, 64, 0, PAGE_SIZE, PAGE_SIZE / 64 },
	{ 1, 0, 0, PAGE_SIZE, PAGE_SIZE / 8 },
	{ 8, 8, 8, PAGE_SIZE, PAGE_SIZE / 8 },
	{ 48, 0, 0, PAGE_SIZE, PAGE_SIZE / 48 },
	{ 48, 16, 64, PAGE_SIZE, PAGE_SIZE / 64 },
	{ 100, 32, 256, PAGE_SIZE, PAGE_SIZE / 128 },
	{ 96, 32, 256, PAGE_SIZE, PAGE_SIZE / 256 * 2 },
	{ 700, 4, 1024, PAGE_SIZE, PAGE_SIZE / 1024 },
	{ 20, 512, 0, PAGE_SIZE, PAGE_SIZE / 512 },
	{ PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, 1 },
	{ PAGE_SIZE + 1, 0, 4 * PAGE_SIZE, 2 * PAGE_SIZE, 1 },
	{ 64, 4 * PAGE_SIZE, 0, 4 * PAGE_SIZE, 1 },
	{ 3 * PAGE_SIZE, 0, 0, 3 * PAGE_SIZE, 1 },
};

static void get_geometry_name(const struct geometry *g, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%zu bytes, align %zu, boundary %zu",
		 g->size, g->align, g->boundary);
}

KUNIT_ARRAY_PARAM(geometries, geometries, get_geometry_name);

static void expect_block(struct kunit *test, const struct geometry *g,
			 const struct block *b)
{
	struct ctx *ctx = test->priv;
	struct carve_page *page = carve_virt_to_page(ctx->co, b->virt);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, carve_page_to_phys(ctx->co, page) +
			      offset_in_page(b->virt), b->addr);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(b->addr, g->align ?: 1));
	if (g->boundary)
		KUNIT_EXPECT_EQ(test, b->addr / g->boundary,
				(b->addr + g->size - 1) / g->boundary);
}

static void expect_own_bytes(struct kunit *test, const struct geometry *g)
{
	struct ctx *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < ctx->nr; i++)
		memset(ctx->block[i].virt, i, g->size);
	for (i = 0; i < ctx->nr; i++)
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(ctx->block[i].virt, i,
						       g->size),
				      "block %u", i);
}

static void blocks_are_aligned_and_within_boundaries(struct kunit *test)
{
	const struct geometry *g = test->param_value;
	struct ctx *ctx = ctx_of(test);
	unsigned int i;

	create_pool(test, g->size, g->align, g->boundary);
	for (i = 0; i < 2 * g->nr + 1; i++) {
		KUNIT_EXPECT_EQ(test, nr_buffers(ctx), DIV_ROUND_UP(i, g->nr));
		KUNIT_ASSERT_TRUE(test, take(ctx, GFP_KERNEL));
		expect_block(test, g, &ctx->block[i]);
	}
	KUNIT_EXPECT_EQ(test, nr_buffers(ctx), 3);
	expect_own_bytes(test, g);
	carve_fixture_check(test, ctx->co);
	destroy_pool(ctx);
	KUNIT_EXPECT_EQ(test, nr_buffers(ctx), 0);
}

static void freed_blocks_are_used_again(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned int i;

	create_pool(test, 64, 64, 0);
	for (i = 0; i < 3 * PAGE_SIZE / 64; i++)
		KUNIT_ASSERT_TRUE(test, take(ctx, GFP_KERNEL));
	for (i = 0; i < 100; i++) {
		/* Of all three buffers */
		swap(ctx->block[i], ctx->block[ctx->nr - 1]);
		give(ctx);
		KUNIT_ASSERT_TRUE(test, take(ctx, GFP_KERNEL));
	}
	give_all(ctx);
	/* As in mm/, buffers are kept */
	KUNIT_EXPECT_EQ(test, nr_buffers(ctx), 3);
	for (i = 0; i < 3 * PAGE_SIZE / 64; i++)
		KUNIT_ASSERT_TRUE(test, take(ctx, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, nr_buffers(ctx), 3);
	destroy_pool(ctx);
}

static void zalloc_clears_a_used_block(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct block b;

	create_pool(test, 100, 4, 0);
	b.virt = carve_dma_pool_alloc(ctx->pool, GFP_KERNEL, &b.addr);
	KUNIT_ASSERT_NOT_NULL(test, b.virt);
	memset(b.virt, DIRT, 100);
	ctx->block[0] = b;
	carve_dma_pool_free(ctx->pool, b.virt, b.addr);
	b.virt = carve_dma_pool_zalloc(ctx->pool, GFP_KERNEL, &b.addr);
	KUNIT_EXPECT_PTR_EQ(test, b.virt, ctx->block[0].virt);
	KUNIT_EXPECT_NULL(test, memchr_inv(b.virt, 0, 100));
	carve_dma_pool_free(ctx->pool, b.virt, b.addr);
	carve_dma_pool_destroy(ctx->pool);
}

/* A device that writes to blocks it no longer owns can't mislead the pool */
static void free_blocks_hold_no_metadata(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned int i;

	create_pool(test, 64, 64, 0);
	for (i = 0; i < 8; i++)
		KUNIT_ASSERT_TRUE(test, take(ctx, GFP_KERNEL));
	give_all(ctx);
	memset((void *)((unsigned long)ctx->block[0].virt & PAGE_MASK), DIRT,
	       PAGE_SIZE);
	for (i = 0; i < PAGE_SIZE / 64; i++)
		KUNIT_ASSERT_TRUE(test, take(ctx, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, nr_buffers(ctx), 1);
	destroy_pool(ctx);
}

static void full_carveout_fails(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct carve_page *pages;

	create_pool(test, 64, 64, 0);
	KUNIT_ASSERT_TRUE(test, take(ctx, GFP_KERNEL));
	pages = carve_fixture_take_pages(ctx->co);
	while (ctx->nr < PAGE_SIZE / 64)
		KUNIT_ASSERT_TRUE(test, take(ctx, QUIETLY));
	KUNIT_EXPECT_FALSE(test, take(ctx, QUIETLY));
	carve_fixture_give_pages(ctx->co, pages);
	KUNIT_EXPECT_TRUE(test, take(ctx, QUIETLY));
	destroy_pool(ctx);
}

static void take_and_give(void *arg)
{
	struct ctx *ctx = arg;
	unsigned int i;

	for (i = 0; i < 100; i++)
		if (!take(ctx, GFP_ATOMIC))
			break;
	while (ctx->nr > 1)
		give(ctx);
}

static void hard_interrupt_allocates_and_frees(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "the DMA API isn't for hard interrupts here");
	create_pool(test, 64, 64, 0);
	carve_run_in_interrupt(take_and_give, ctx);
	KUNIT_EXPECT_EQ(test, ctx->nr, 1);
	KUNIT_EXPECT_EQ(test, nr_buffers(ctx), 2);
	destroy_pool(ctx);
}

/* Refusals */

static void expect_refused(struct kunit *test, size_t size, size_t align,
			   size_t boundary)
{
	struct ctx *ctx = test->priv;
	long refused = atomic_long_read(&ctx->co->dma.nr_refused);

	KUNIT_EXPECT_NULL(test, carve_dma_pool_create(ctx->co, "test", ctx->dev,
						      size, align, boundary));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->co->dma.nr_refused),
			refused + 1);
}

static void bad_geometry_is_refused(struct kunit *test)
{
	ctx_of(test);
	expect_refused(test, 0, 0, 0);
	expect_refused(test, 64, 48, 0);
	expect_refused(test, 64, 0, 96);
	expect_refused(test, 64, 0, 32);
	expect_refused(test, 33, 64, 32);
	expect_refused(test, 4, 0, 4);
	expect_refused(test, CARVE_FIXTURE_SIZE + 1, 0, 0);
	expect_refused(test, SIZE_MAX, 0, 0);
	expect_refused(test, SIZE_MAX - 10, 64, 0);
	expect_refused(test, 64, (size_t)1 << (BITS_PER_LONG - 1), 0);
}

static void missing_arguments_are_refused(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	long refused = atomic_long_read(&ctx->co->dma.nr_refused);

	KUNIT_EXPECT_NULL(test, carve_dma_pool_create(ctx->co, NULL, ctx->dev, 64,
						      0, 0));
	KUNIT_EXPECT_NULL(test, carve_dma_pool_create(ctx->co, "test", NULL, 64,
						      0, 0));
	KUNIT_EXPECT_NULL(test, carve_dmam_pool_create(ctx->co, "test", NULL, 64,
						       0, 0));
	create_pool(test, 64, 64, 0);
	KUNIT_EXPECT_NULL(test, carve_dma_pool_alloc(ctx->pool, GFP_KERNEL, NULL));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->co->dma.nr_refused),
			refused + 4);
	carve_dma_pool_free(ctx->pool, NULL, 0);
	carve_dma_pool_destroy(ctx->pool);
	carve_dma_pool_destroy(NULL);
}

static void wrong_frees_are_refused(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct block a, b;

	/* A block to each KiB */
	create_pool(test, 700, 4, 1024);
	KUNIT_ASSERT_TRUE(test, take(ctx, GFP_KERNEL));
	KUNIT_ASSERT_TRUE(test, take(ctx, GFP_KERNEL));
	a = ctx->block[0];
	b = ctx->block[1];
	carve_dma_pool_free(ctx->pool, a.virt + 4, a.addr + 4);
	carve_dma_pool_free(ctx->pool, a.virt + 700, a.addr + 700);
	carve_dma_pool_free(ctx->pool, a.virt, b.addr);
	carve_dma_pool_free(ctx->pool, b.virt + 1024, b.addr + 1024);
	carve_dma_pool_free(ctx->pool, ctx, a.addr);
	carve_dma_pool_free(ctx->pool, a.virt + PAGE_SIZE, a.addr + PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 6);
	give_all(ctx);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 6);
	carve_dma_pool_free(ctx->pool, a.virt, a.addr);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 7);
	carve_dma_pool_destroy(ctx->pool);
}

static void block_of_another_pool_is_refused(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct carve_dma_pool *other;
	struct block b;

	create_pool(test, 64, 64, 0);
	other = carve_dma_pool_create(ctx->co, "other", ctx->dev, 64, 64, 0);
	KUNIT_ASSERT_NOT_NULL(test, other);
	b.virt = carve_dma_pool_alloc(other, GFP_KERNEL, &b.addr);
	KUNIT_EXPECT_NOT_NULL(test, b.virt);
	KUNIT_ASSERT_TRUE(test, take(ctx, GFP_KERNEL));
	carve_dma_pool_free(ctx->pool, b.virt, b.addr);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 1);
	carve_dma_pool_free(other, b.virt, b.addr);
	carve_dma_pool_destroy(other);
	destroy_pool(ctx);
}

/* Ends */

static void blocks_in_use_outlive_their_pool(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned int i;

	create_pool(test, 64, 64, 0);
	for (i = 0; i < 2 * PAGE_SIZE / 64; i++)
		KUNIT_ASSERT_TRUE(test, take(ctx, GFP_KERNEL));
	while (ctx->nr > 1)
		give(ctx);
	carve_dma_pool_destroy(ctx->pool);
	/* The device may still write to the one block in use */
	KUNIT_EXPECT_EQ(test, nr_buffers(ctx), 1);
	carve_dma_free_coherent(ctx->co, ctx->dev, PAGE_SIZE,
				(void *)((unsigned long)ctx->block[0].virt &
					 PAGE_MASK),
				ctx->block[0].addr & PAGE_MASK);
	KUNIT_EXPECT_EQ(test, nr_buffers(ctx), 0);
}

static void managed_pool_is_destroyed_with_the_device(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);

	ctx->pool = carve_dmam_pool_create(ctx->co, "test", ctx->dev, 64, 64, 0);
	KUNIT_ASSERT_NOT_NULL(test, ctx->pool);
	KUNIT_ASSERT_TRUE(test, take(ctx, GFP_KERNEL));
	give(ctx);
	KUNIT_EXPECT_EQ(test, nr_buffers(ctx), 1);
	carve_fixture_remove_device(ctx->dev);
	ctx->dev = NULL;
	KUNIT_EXPECT_EQ(test, nr_buffers(ctx), 0);
}

static void kernel_without_dma_refuses(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "this kernel has DMA");
	expect_refused(test, 64, 64, 0);
}

static struct kunit_case dma_pool_cases[] = {
	KUNIT_CASE_PARAM(blocks_are_aligned_and_within_boundaries,
			 geometries_gen_params),
	KUNIT_CASE(freed_blocks_are_used_again),
	KUNIT_CASE(zalloc_clears_a_used_block),
	KUNIT_CASE(free_blocks_hold_no_metadata),
	KUNIT_CASE(full_carveout_fails),
	KUNIT_CASE(hard_interrupt_allocates_and_frees),
	KUNIT_CASE(bad_geometry_is_refused),
	KUNIT_CASE(missing_arguments_are_refused),
	KUNIT_CASE(wrong_frees_are_refused),
	KUNIT_CASE(block_of_another_pool_is_refused),
	KUNIT_CASE(blocks_in_use_outlive_their_pool),
	KUNIT_CASE(managed_pool_is_destroyed_with_the_device),
	KUNIT_CASE(kernel_without_dma_refuses),
	{ }
};

static struct kunit_suite dma_pool_suite = {
	.name = "carveout_dma_pool",
	.init = dma_pool_init,
	.exit = dma_pool_exit,
	.test_cases = dma_pool_cases,
};

kunit_test_suite(dma_pool_suite);
