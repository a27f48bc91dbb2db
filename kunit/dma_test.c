// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of coherent memory for devices. Each case has a device and a carveout of
 * two zones, one of which lies below 16 MiB. The DMA mask of the device is set
 * according to the location of the zones.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/swiotlb.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "kunit/fixture.h"
#include "kunit/interrupt.h"
#include "page/pages.h"
#include "page/reclaim.h"

/* At least this size: some kernels withhold the first pageblocks */
#define LOW_SIZE SZ_4M
#define HIGH_SIZE SZ_4M
#define CTX_PAGES ((LOW_SIZE + HIGH_SIZE) / PAGE_SIZE)
#define QUIETLY (GFP_KERNEL | __GFP_NOWARN)
#define DIRT 0xa5

struct buffer {
	size_t size;
	void *virt;
	dma_addr_t addr;
};

struct ctx {
	struct carveout *co;
	struct device *dev;
	struct buffer *buffers;
	unsigned int nr;
};

static void set_bits(struct kunit *test, unsigned int bits)
{
	struct ctx *ctx = test->priv;

	KUNIT_ASSERT_EQ(test, dma_set_mask_and_coherent(ctx->dev,
							DMA_BIT_MASK(bits)), 0);
}

/* Set any limit, not only powers of two */
static void set_end_pfn(struct ctx *ctx, phys_addr_t end)
{
	ctx->dev->bus_dma_limit = end - 1;
}

static struct carveout *make_carveout(void)
{
	struct carveout_request request = {
		.name = "dma",
		.nr_zones = 2,
		.zone = {
			{ .size = HIGH_SIZE, .source = "contig",
			  .node = NUMA_NO_NODE },
			{ .size = LOW_SIZE, .source = "contig",
			  .node = NUMA_NO_NODE, .zone = __GFP_DMA },
		},
	};

	return carveout_create(&request);
}

static int dma_init(struct kunit *test)
{
	struct ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	if (!IS_ENABLED(CONFIG_HAS_DMA))
		return 0;
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->buffers = kunit_kcalloc(test, CTX_PAGES, sizeof(*ctx->buffers),
				     GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->buffers);
	ctx->co = make_carveout();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->co);
	carve_fixture_unbind(ctx->co);
	test->priv = ctx;
	ctx->dev = carve_fixture_device(test, "carveout_dma");
	carve_fixture_stay_on_cpu(test);
	return 0;
}

static void dma_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	if (!ctx)
		return;
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->co->dma.nr_buffers), 0);
	carve_fixture_destroy(test, ctx->co);
	carve_fixture_remove_device(ctx->dev);
}

static struct ctx *ctx_of(struct kunit *test)
{
	if (!test->priv)
		kunit_skip(test, "this kernel has no DMA");
	return test->priv;
}

static struct carve_zone *high_zone(struct ctx *ctx)
{
	return &ctx->co->pages.zone[0];
}

static struct carve_zone *low_zone(struct ctx *ctx)
{
	return &ctx->co->pages.zone[1];
}

static phys_addr_t start_of(const struct carve_zone *zone)
{
	return carve_region_phys(zone->region);
}

static phys_addr_t end_of(const struct carve_zone *zone)
{
	return start_of(zone) + carve_region_bytes(zone->region);
}

static unsigned long nr_refused(const struct ctx *ctx)
{
	return atomic_long_read(&ctx->co->dma.nr_refused);
}

static bool obtain(struct ctx *ctx, struct buffer *buffer, size_t size,
		   gfp_t gfp)
{
	buffer->size = size;
	buffer->virt = carve_dma_alloc_coherent(ctx->co, ctx->dev, size,
						&buffer->addr, gfp);
	return buffer->virt;
}

static void release(struct ctx *ctx, const struct buffer *buffer)
{
	carve_dma_free_coherent(ctx->co, ctx->dev, buffer->size, buffer->virt,
				buffer->addr);
}

static void fill(struct ctx *ctx, size_t size, gfp_t gfp)
{
	while (ctx->nr < CTX_PAGES &&
	       obtain(ctx, &ctx->buffers[ctx->nr], size, gfp))
		ctx->nr++;
}

static void empty(struct ctx *ctx)
{
	while (ctx->nr)
		release(ctx, &ctx->buffers[--ctx->nr]);
}

/* Buffers */

static const size_t sizes[] = {
	1, 100, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE, 7 * PAGE_SIZE - 1,
	SZ_64K, SZ_64K + 5 * PAGE_SIZE, SZ_256K,
};

static void get_size_name(const size_t *size, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%zu bytes", *size);
}

KUNIT_ARRAY_PARAM(sizes, sizes, get_size_name);

/* Fill all pages, so that a buffer that isn't zeroed is noticed */
static void make_dirty(struct ctx *ctx)
{
	unsigned int i;

	fill(ctx, PAGE_SIZE, QUIETLY);
	for (i = 0; i < ctx->nr; i++)
		memset(ctx->buffers[i].virt, DIRT, PAGE_SIZE);
	empty(ctx);
}

static void buffer_is_zeroed_aligned_and_has_its_bus_address(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	size_t size = *(const size_t *)test->param_value;
	unsigned long before;
	struct buffer buffer;
	struct carve_page *page;

	make_dirty(ctx);
	before = carve_fixture_nr_free(ctx->co);
	KUNIT_ASSERT_TRUE(test, obtain(ctx, &buffer, size, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, before - carve_fixture_nr_free(ctx->co), PFN_UP(size));
	KUNIT_EXPECT_NULL(test, memchr_inv(buffer.virt, 0, PAGE_ALIGN(size)));
	page = carve_virt_to_page(ctx->co, buffer.virt);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, carve_page_to_phys(ctx->co, page), buffer.addr);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(buffer.addr,
					   PAGE_SIZE << get_order(size)));
	memset(buffer.virt, DIRT, PAGE_ALIGN(size));
	carve_fixture_check(test, ctx->co);
	release(ctx, &buffer);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(ctx->co), before);
}

static void buffers_do_not_overlap(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned int i;

	fill(ctx, 3 * PAGE_SIZE, QUIETLY);
	KUNIT_EXPECT_GT(test, ctx->nr, 100);
	for (i = 0; i < ctx->nr; i++)
		memset(ctx->buffers[i].virt, i, 3 * PAGE_SIZE);
	for (i = 0; i < ctx->nr; i++)
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(ctx->buffers[i].virt, i,
						       3 * PAGE_SIZE),
				      "buffer %u", i);
	empty(ctx);
}

static void alloc_and_free(void *arg)
{
	struct ctx *ctx = arg;

	fill(ctx, 2 * PAGE_SIZE, GFP_ATOMIC | __GFP_NOWARN);
	while (ctx->nr > 1)
		release(ctx, &ctx->buffers[--ctx->nr]);
}

static void hard_interrupt_allocates_and_frees(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "the DMA API isn't for hard interrupts here");
	carve_run_in_interrupt(alloc_and_free, ctx);
	KUNIT_EXPECT_EQ(test, ctx->nr, 1);
	empty(ctx);
}

/* Zone modifiers would contradict the masks; the kernel ignores them, too */
static void zone_modifiers_are_ignored(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct buffer buffer;

	KUNIT_ASSERT_TRUE(test, obtain(ctx, &buffer, PAGE_SIZE,
				       GFP_KERNEL | GFP_DMA | __GFP_COMP));
	KUNIT_EXPECT_GE(test, buffer.addr, start_of(high_zone(ctx)));
	KUNIT_EXPECT_LT(test, buffer.addr, end_of(high_zone(ctx)));
	release(ctx, &buffer);
}

/* DMA masks */

/* Pages below an address that were handed to the buddy system */
static unsigned long nr_managed_below(struct ctx *ctx, u64 end)
{
	struct carve_zone *zone;
	unsigned long nr = 0, i;

	carve_for_each_zone(zone, &ctx->co->pages)
		for (i = 0; i < zone->region->nr_pages; i++)
			nr += zone->map[zone->first + i].state !=
				      CARVE_PAGE_BOOT &&
			      start_of(zone) + (i + 1) * PAGE_SIZE <= end;
	return nr;
}

/* All pages below the limit can be allocated, to the last one, and no others */
static void expect_all_within_limit(struct kunit *test, u64 end)
{
	struct ctx *ctx = test->priv;
	unsigned long expected = nr_managed_below(ctx, end);
	unsigned long before = carve_fixture_nr_free(ctx->co);
	unsigned int i;

	fill(ctx, PAGE_SIZE, QUIETLY);
	KUNIT_EXPECT_EQ(test, ctx->nr, expected);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(ctx->co), before - expected);
	for (i = 0; i < ctx->nr; i++)
		KUNIT_ASSERT_LE(test, ctx->buffers[i].addr + PAGE_SIZE, end);
	empty(ctx);
}

static const unsigned int masks[] = { 24, 28, 32, 64 };

static void get_mask_name(const unsigned int *bits, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%u bits", *bits);
}

KUNIT_ARRAY_PARAM(masks, masks, get_mask_name);

static void dma_mask_is_respected(struct kunit *test)
{
	unsigned int bits = *(const unsigned int *)test->param_value;
	struct ctx *ctx = ctx_of(test);

	set_bits(test, bits);
	/* 24 bits reach the lower zone, whatever the other limits are */
	KUNIT_EXPECT_GE(test, nr_managed_below(ctx, BIT_ULL(24)),
			LOW_SIZE / PAGE_SIZE);
	expect_all_within_limit(test, bits == 64 ? U64_MAX : BIT_ULL(bits));
}

static void lower_of_two_masks_applies(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	u64 streaming = DMA_BIT_MASK(24);

	ctx->dev->dma_mask = &streaming;
	expect_all_within_limit(test, BIT_ULL(24));
	ctx->dev->dma_mask = &ctx->dev->coherent_dma_mask;
}

/* Both zones are of the same type and differ in their bounds only */
static void zone_is_selected_by_its_bounds(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);

	low_zone(ctx)->type = high_zone(ctx)->type;
	carve_pages_start(&ctx->co->pages);
	carve_zone_set_watermarks(high_zone(ctx), 0);
	carve_zone_set_watermarks(low_zone(ctx), 0);
	set_end_pfn(ctx, start_of(high_zone(ctx)));
	expect_all_within_limit(test, start_of(high_zone(ctx)));
}

static const struct {
	const char *name;
	long offset;
} ends[] = {
	{ "one page of the zone", PAGE_SIZE },
	{ "less than a page", PAGE_SIZE / 2 },
	{ "half of the zone", HIGH_SIZE / 2 },
	{ "to the middle of a page", HIGH_SIZE / 2 + 123 },
	{ "all but one page", HIGH_SIZE - PAGE_SIZE },
	{ "all but a byte", HIGH_SIZE - 1 },
	{ "all of it", HIGH_SIZE },
};

static void zone_serves_its_part_below_the_dma_mask(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		phys_addr_t end = start_of(high_zone(ctx)) + ends[i].offset;

		kunit_info(test, "%s", ends[i].name);
		set_end_pfn(ctx, end);
		expect_all_within_limit(test, end);
		carve_fixture_check(test, ctx->co);
	}
}

/* Blocks from the part of a zone, too, and its last pages for high-priority requests only */
static void part_below_the_dma_mask_has_blocks_and_a_reserve(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct carve_zone *zone = high_zone(ctx);
	struct buffer urgent;

	set_end_pfn(ctx, start_of(zone) + HIGH_SIZE / 2);
	/* The whole lower zone, and half of the higher one */
	fill(ctx, SZ_64K, QUIETLY | __GFP_NORETRY);
	KUNIT_EXPECT_GT(test, ctx->nr, LOW_SIZE / SZ_64K);
	empty(ctx);
	/* Pages in the pcp lists don't count for the watermark */
	carve_pages_drain(&ctx->co->pages);
	carve_zone_set_watermarks(zone, zone->nr_managed);
	carve_zone_set_watermarks(low_zone(ctx), low_zone(ctx)->nr_managed);
	KUNIT_EXPECT_FALSE(test, obtain(ctx, &urgent, SZ_64K,
					QUIETLY | __GFP_NORETRY));
	KUNIT_EXPECT_TRUE(test, obtain(ctx, &urgent, SZ_64K, GFP_ATOMIC));
	release(ctx, &urgent);
}

/* Refusals */

static void expect_refused(struct kunit *test, size_t size, const char *why)
{
	struct ctx *ctx = test->priv;
	unsigned long before = nr_refused(ctx);
	struct buffer buffer = { .addr = 42 };

	KUNIT_EXPECT_FALSE_MSG(test, obtain(ctx, &buffer, size, QUIETLY), "%s",
			       why);
	KUNIT_EXPECT_EQ_MSG(test, nr_refused(ctx), before + 1, "%s", why);
	KUNIT_EXPECT_EQ_MSG(test, buffer.addr, 42, "%s", why);
}

static void invalid_sizes_are_refused(struct kunit *test)
{
	ctx_of(test);
	expect_refused(test, 0, "size 0");
	expect_refused(test, LOW_SIZE + HIGH_SIZE + 1, "more than there is");
	expect_refused(test, HIGH_SIZE + 1, "more than a zone has");
	expect_refused(test, SIZE_MAX, "the largest size");
	expect_refused(test, SIZE_MAX - PAGE_SIZE + 2, "overflow in pages");
	expect_refused(test, (size_t)SSIZE_MAX + 1, "the sign bit");
}

static void missing_dma_handle_pointer_is_refused(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	long before = atomic_long_read(&ctx->co->dma.nr_refused);

	KUNIT_EXPECT_NULL(test, carve_dma_alloc_coherent(ctx->co, ctx->dev,
							 PAGE_SIZE, NULL,
							 GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, carve_dmam_alloc_coherent(ctx->co, ctx->dev,
							  PAGE_SIZE, NULL,
							  GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->co->dma.nr_refused),
			before + 2);
}

static void device_without_a_mask_is_refused(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct device *dev = ctx->dev;

	dev->dma_mask = NULL;
	expect_refused(test, PAGE_SIZE, "no pointer to a mask");
	dev->dma_mask = &dev->coherent_dma_mask;
	dev->coherent_dma_mask = 0;
	expect_refused(test, PAGE_SIZE, "mask 0");
	ctx->dev = NULL;
	expect_refused(test, PAGE_SIZE, "no device");
	ctx->dev = dev;
}

static void memory_beyond_the_dma_mask_is_refused(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);

	set_end_pfn(ctx, start_of(low_zone(ctx)));
	expect_refused(test, PAGE_SIZE, "ends where the zone begins");
	set_end_pfn(ctx, start_of(low_zone(ctx)) + 3 * PAGE_SIZE);
	expect_refused(test, 4 * PAGE_SIZE, "more than is within reach");
}

#ifdef CONFIG_SWIOTLB

/* As with swiotlb=force */
static void device_whose_mappings_bounce_is_refused(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct io_tlb_mem *before = ctx->dev->dma_io_tlb_mem;
	struct io_tlb_mem bouncing = { .force_bounce = true };

	ctx->dev->dma_io_tlb_mem = &bouncing;
	expect_refused(test, PAGE_SIZE, "bounce buffers");
	ctx->dev->dma_io_tlb_mem = before;
}

#else

static void device_whose_mappings_bounce_is_refused(struct kunit *test)
{
	kunit_skip(test, "this kernel has no bounce buffers");
}

#endif

/* This doesn't count as a refusal: memory may be free later */
static void full_carveout_fails(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned long refused = nr_refused(ctx);
	struct buffer one_more;
	unsigned long failed;

	fill(ctx, PAGE_SIZE, QUIETLY);
	failed = atomic_long_read(&ctx->co->pages.nr_failed);
	KUNIT_EXPECT_FALSE(test, obtain(ctx, &one_more, PAGE_SIZE, QUIETLY));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->co->pages.nr_failed),
			failed + 1);
	KUNIT_EXPECT_EQ(test, nr_refused(ctx), refused);
	empty(ctx);
}

/* Frees */

static void wrong_frees_are_refused(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct carveout *co = ctx->co;
	struct device *dev = ctx->dev;
	struct device *other = (struct device *)(dev + 1);
	struct buffer b;
	void *stranger = carve_kmalloc(co, PAGE_SIZE, GFP_KERNEL);
	unsigned long bad = carve_fixture_nr_bad_frees(co);

	KUNIT_ASSERT_TRUE(test, obtain(ctx, &b, 5 * PAGE_SIZE, GFP_KERNEL));
	carve_dma_free_coherent(co, dev, b.size, NULL, b.addr);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), bad);

	carve_dma_free_coherent(co, dev, b.size, ctx, b.addr);
	carve_dma_free_coherent(co, dev, b.size, b.virt + 1, b.addr);
	carve_dma_free_coherent(co, dev, PAGE_SIZE, b.virt + PAGE_SIZE,
				b.addr + PAGE_SIZE);
	carve_dma_free_coherent(co, dev, PAGE_SIZE, b.virt + 4 * PAGE_SIZE,
				b.addr + 4 * PAGE_SIZE);
	carve_dma_free_coherent(co, dev, 4 * PAGE_SIZE, b.virt, b.addr);
	carve_dma_free_coherent(co, dev, 8 * PAGE_SIZE, b.virt, b.addr);
	carve_dma_free_coherent(co, dev, SIZE_MAX, b.virt, b.addr);
	carve_dma_free_coherent(co, dev, 0, b.virt, b.addr);
	carve_dma_free_coherent(co, dev, b.size, b.virt, b.addr + PAGE_SIZE);
	carve_dma_free_coherent(co, other, b.size, b.virt, b.addr);
	carve_dma_free_coherent(co, dev, PAGE_SIZE, stranger, b.addr);
	/* Other functions must not free a DMA buffer */
	carve_kfree(co, b.virt);
	carve_free_pages_addr(co, (unsigned long)b.virt, 2);
	carve_free_pages_exact(co, b.virt, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co),
			bad + 14);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->dma.nr_buffers), 1);

	release(ctx, &b);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co),
			bad + 14);
	release(ctx, &b);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co),
			bad + 15);
	carve_kfree(co, stranger);
}

static void managed_buffers_are_freed_with_the_device(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	unsigned long before = carve_fixture_nr_free(ctx->co);
	dma_addr_t addr = 42;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, devres_open_group(ctx->dev, ctx, GFP_KERNEL));
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_NOT_NULL(test,
				      carve_dmam_alloc_coherent(ctx->co, ctx->dev,
								5 * PAGE_SIZE,
								&addr,
								GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, carve_dmam_alloc_coherent(ctx->co, ctx->dev, 0,
							  &addr, QUIETLY));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->co->dma.nr_buffers), 3);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(ctx->co), before - 15);
	devres_release_group(ctx->dev, ctx);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->co->dma.nr_buffers), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(ctx->co), before);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(ctx->co), 0);
}

static void dma_buffers_are_counted_as_allocations(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);

	/* 7 pages are three blocks */
	fill(ctx, 7 * PAGE_SIZE, QUIETLY);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(ctx->co), ctx->nr);
	KUNIT_EXPECT_EQ(test, carveout_destroy(ctx->co), -EBUSY);
	empty(ctx);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(ctx->co), 0);
}

/* Kernels without DMA */

static void kernel_without_dma_refuses(struct kunit *test)
{
	struct device dev = { .init_name = "dma_test" };
	struct carveout *co;
	dma_addr_t addr;

	if (IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "this kernel has DMA");
	co = carve_fixture_create("dma", CARVE_FIXTURE_SIZE);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	KUNIT_EXPECT_NULL(test, carve_dma_alloc_coherent(co, &dev, PAGE_SIZE,
							 &addr, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->dma.nr_refused), 1);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

static struct kunit_case dma_cases[] = {
	KUNIT_CASE_PARAM(buffer_is_zeroed_aligned_and_has_its_bus_address,
			 sizes_gen_params),
	KUNIT_CASE(buffers_do_not_overlap),
	KUNIT_CASE(hard_interrupt_allocates_and_frees),
	KUNIT_CASE(zone_modifiers_are_ignored),
	KUNIT_CASE_PARAM(dma_mask_is_respected, masks_gen_params),
	KUNIT_CASE(lower_of_two_masks_applies),
	KUNIT_CASE(zone_is_selected_by_its_bounds),
	KUNIT_CASE(zone_serves_its_part_below_the_dma_mask),
	KUNIT_CASE(part_below_the_dma_mask_has_blocks_and_a_reserve),
	KUNIT_CASE(invalid_sizes_are_refused),
	KUNIT_CASE(missing_dma_handle_pointer_is_refused),
	KUNIT_CASE(device_without_a_mask_is_refused),
	KUNIT_CASE(memory_beyond_the_dma_mask_is_refused),
	KUNIT_CASE(device_whose_mappings_bounce_is_refused),
	KUNIT_CASE(full_carveout_fails),
	KUNIT_CASE(wrong_frees_are_refused),
	KUNIT_CASE(managed_buffers_are_freed_with_the_device),
	KUNIT_CASE(dma_buffers_are_counted_as_allocations),
	KUNIT_CASE(kernel_without_dma_refuses),
	{ }
};

static struct kunit_suite dma_suite = {
	.name = "carveout_dma",
	.init = dma_init,
	.exit = dma_exit,
	.test_cases = dma_cases,
};

kunit_test_suite(dma_suite);
