// SPDX-License-Identifier: GPL-2.0
/*
 * Coherent memory for devices. Each case has a device of its own on no bus, so
 * that its bus addresses are physical ones, and a carveout of two zones, one
 * of which lies where 24 bits reach. What a device reaches is set to where the
 * zones happen to lie.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/swiotlb.h>

#include <carveout.h>

#include "kunit/interrupt.h"
#include "kunit/testbed.h"

/* Not less: there are kernels whose first pageblocks are not to be had */
#define LOW_SIZE SZ_4M
#define HIGH_SIZE SZ_4M
#define BED_PAGES ((LOW_SIZE + HIGH_SIZE) / PAGE_SIZE)
#define QUIETLY (GFP_KERNEL | __GFP_NOWARN)
#define DIRT 0xa5

struct buffer {
	size_t size;
	void *virt;
	dma_addr_t addr;
};

struct bed {
	struct carveout *co;
	struct device *dev;
	struct buffer *buffers;
	unsigned int nr;
};

static void set_bits(struct kunit *test, unsigned int bits)
{
	struct bed *bed = test->priv;

	KUNIT_ASSERT_EQ(test, dma_set_mask_and_coherent(bed->dev,
							DMA_BIT_MASK(bits)), 0);
}

/* Any limit there is, not only powers of two */
static void set_end_of_reach(struct bed *bed, phys_addr_t end)
{
	bed->dev->bus_dma_limit = end - 1;
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
	struct bed *bed = kunit_kzalloc(test, sizeof(*bed), GFP_KERNEL);

	if (!IS_ENABLED(CONFIG_HAS_DMA))
		return 0;
	KUNIT_ASSERT_NOT_NULL(test, bed);
	bed->buffers = kunit_kcalloc(test, BED_PAGES, sizeof(*bed->buffers),
				     GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bed->buffers);
	bed->co = make_carveout();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bed->co);
	carve_testbed_unbind(bed->co);
	test->priv = bed;
	/* Of no module: Linux 6.1 runs suites before it has made its directory */
	bed->dev = __root_device_register("carveout_dma", NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bed->dev);
	bed->dev->dma_mask = &bed->dev->coherent_dma_mask;
	set_bits(test, 64);
	carve_testbed_stay_on_cpu(test);
	return 0;
}

static void dma_exit(struct kunit *test)
{
	struct bed *bed = test->priv;

	if (!bed)
		return;
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->dma.nr_buffers), 0);
	carve_testbed_destroy(test, bed->co);
	if (!IS_ERR_OR_NULL(bed->dev)) {
		bed->dev->dma_mask = NULL;
		root_device_unregister(bed->dev);
	}
}

static struct bed *bed_of(struct kunit *test)
{
	if (!test->priv)
		kunit_skip(test, "this kernel has no DMA");
	return test->priv;
}

static struct carve_zone *high_zone(struct bed *bed)
{
	return &bed->co->pages.zone[0];
}

static struct carve_zone *low_zone(struct bed *bed)
{
	return &bed->co->pages.zone[1];
}

static phys_addr_t start_of(const struct carve_zone *zone)
{
	return carve_region_phys(zone->region);
}

static phys_addr_t end_of(const struct carve_zone *zone)
{
	return start_of(zone) + carve_region_bytes(zone->region);
}

static unsigned long nr_refused(const struct bed *bed)
{
	return atomic_long_read(&bed->co->dma.nr_refused);
}

static bool obtain(struct bed *bed, struct buffer *buffer, size_t size,
		   gfp_t gfp)
{
	buffer->size = size;
	buffer->virt = carve_dma_alloc_coherent(bed->co, bed->dev, size,
						&buffer->addr, gfp);
	return buffer->virt;
}

static void release(struct bed *bed, const struct buffer *buffer)
{
	carve_dma_free_coherent(bed->co, bed->dev, buffer->size, buffer->virt,
				buffer->addr);
}

static void fill(struct bed *bed, size_t size, gfp_t gfp)
{
	while (bed->nr < BED_PAGES &&
	       obtain(bed, &bed->buffers[bed->nr], size, gfp))
		bed->nr++;
}

static void empty(struct bed *bed)
{
	while (bed->nr)
		release(bed, &bed->buffers[--bed->nr]);
}

/* What a buffer is */

static const size_t sizes[] = {
	1, 100, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE, 7 * PAGE_SIZE - 1,
	SZ_64K, SZ_64K + 5 * PAGE_SIZE, SZ_256K,
};

static void get_size_name(const size_t *size, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%zu bytes", *size);
}

KUNIT_ARRAY_PARAM(sizes, sizes, get_size_name);

/* So that a buffer which isn't zeroed has something to show */
static void make_dirty(struct bed *bed)
{
	unsigned int i;

	fill(bed, PAGE_SIZE, QUIETLY);
	for (i = 0; i < bed->nr; i++)
		memset(bed->buffers[i].virt, DIRT, PAGE_SIZE);
	empty(bed);
}

static void buffer_is_zeroed_aligned_and_has_its_bus_address(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	size_t size = *(const size_t *)test->param_value;
	unsigned long before;
	struct buffer buffer;
	struct carve_page *page;

	make_dirty(bed);
	before = carve_testbed_nr_free(bed->co);
	KUNIT_ASSERT_TRUE(test, obtain(bed, &buffer, size, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, before - carve_testbed_nr_free(bed->co), PFN_UP(size));
	KUNIT_EXPECT_NULL(test, memchr_inv(buffer.virt, 0, PAGE_ALIGN(size)));
	page = carve_virt_to_page(bed->co, buffer.virt);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, carve_page_to_phys(bed->co, page), buffer.addr);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED(buffer.addr,
					   PAGE_SIZE << get_order(size)));
	memset(buffer.virt, DIRT, PAGE_ALIGN(size));
	carve_testbed_check(test, bed->co);
	release(bed, &buffer);
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_free(bed->co), before);
}

static void buffers_do_not_overlap(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	unsigned int i;

	fill(bed, 3 * PAGE_SIZE, QUIETLY);
	KUNIT_EXPECT_GT(test, bed->nr, 100);
	for (i = 0; i < bed->nr; i++)
		memset(bed->buffers[i].virt, i, 3 * PAGE_SIZE);
	for (i = 0; i < bed->nr; i++)
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(bed->buffers[i].virt, i,
						       3 * PAGE_SIZE),
				      "buffer %u", i);
	empty(bed);
}

static void alloc_and_free(void *arg)
{
	struct bed *bed = arg;

	fill(bed, 2 * PAGE_SIZE, GFP_ATOMIC | __GFP_NOWARN);
	while (bed->nr > 1)
		release(bed, &bed->buffers[--bed->nr]);
}

static void interrupt_allocates_and_frees(struct kunit *test)
{
	struct bed *bed = bed_of(test);

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "the DMA API isn't for hard interrupts here");
	carve_run_in_interrupt(alloc_and_free, bed);
	KUNIT_EXPECT_EQ(test, bed->nr, 1);
	empty(bed);
}

/* Zone modifiers would be at odds with the masks; natively they don't count either */
static void zone_modifiers_have_no_meaning(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	struct buffer buffer;

	KUNIT_ASSERT_TRUE(test, obtain(bed, &buffer, PAGE_SIZE,
				       GFP_KERNEL | GFP_DMA | __GFP_COMP));
	KUNIT_EXPECT_GE(test, buffer.addr, start_of(high_zone(bed)));
	KUNIT_EXPECT_LT(test, buffer.addr, end_of(high_zone(bed)));
	release(bed, &buffer);
}

/* Reach */

/* Pages that were handed to the buddy system below an address */
static unsigned long nr_managed_below(struct bed *bed, u64 end)
{
	struct carve_zone *zone;
	unsigned long nr = 0, i;

	carve_for_each_zone(zone, &bed->co->pages)
		for (i = 0; i < zone->region->nr_pages; i++)
			nr += zone->map[zone->first + i].state !=
				      CARVE_PAGE_BOOT &&
			      start_of(zone) + (i + 1) * PAGE_SIZE <= end;
	return nr;
}

/* All that lies within reach can be had, to the last page, and nothing else */
static void expect_all_within_reach(struct kunit *test, u64 end)
{
	struct bed *bed = test->priv;
	unsigned long expected = nr_managed_below(bed, end);
	unsigned long before = carve_testbed_nr_free(bed->co);
	unsigned int i;

	fill(bed, PAGE_SIZE, QUIETLY);
	KUNIT_EXPECT_EQ(test, bed->nr, expected);
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_free(bed->co), before - expected);
	for (i = 0; i < bed->nr; i++)
		KUNIT_ASSERT_LE(test, bed->buffers[i].addr + PAGE_SIZE, end);
	empty(bed);
}

static const unsigned int masks[] = { 24, 28, 32, 64 };

static void get_mask_name(const unsigned int *bits, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%u bits", *bits);
}

KUNIT_ARRAY_PARAM(masks, masks, get_mask_name);

static void mask_is_respected(struct kunit *test)
{
	unsigned int bits = *(const unsigned int *)test->param_value;
	struct bed *bed = bed_of(test);

	set_bits(test, bits);
	/* 24 bits reach the lower zone, whatever the others do */
	KUNIT_EXPECT_GE(test, nr_managed_below(bed, BIT_ULL(24)),
			LOW_SIZE / PAGE_SIZE);
	expect_all_within_reach(test, bits == 64 ? U64_MAX : BIT_ULL(bits));
}

static void lower_of_two_masks_counts(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	u64 streaming = DMA_BIT_MASK(24);

	bed->dev->dma_mask = &streaming;
	expect_all_within_reach(test, BIT_ULL(24));
	bed->dev->dma_mask = &bed->dev->coherent_dma_mask;
}

/* Both are of the same type: only their bounds tell them apart */
static void zone_is_chosen_by_its_bounds(struct kunit *test)
{
	struct bed *bed = bed_of(test);

	low_zone(bed)->type = high_zone(bed)->type;
	carve_pages_start(&bed->co->pages);
	carve_zone_set_watermarks(high_zone(bed), 0);
	carve_zone_set_watermarks(low_zone(bed), 0);
	set_end_of_reach(bed, start_of(high_zone(bed)));
	expect_all_within_reach(test, start_of(high_zone(bed)));
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

static void zone_serves_with_the_part_within_reach(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		phys_addr_t end = start_of(high_zone(bed)) + ends[i].offset;

		kunit_info(test, "%s", ends[i].name);
		set_end_of_reach(bed, end);
		expect_all_within_reach(test, end);
		carve_testbed_check(test, bed->co);
	}
}

/* From the part of a zone, too: large ones, and the last for the urgent only */
static void part_within_reach_has_blocks_and_a_reserve(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	struct carve_zone *zone = high_zone(bed);
	struct buffer urgent;

	set_end_of_reach(bed, start_of(zone) + HIGH_SIZE / 2);
	/* All of the lower zone, and half of the higher one */
	fill(bed, SZ_64K, QUIETLY | __GFP_NORETRY);
	KUNIT_EXPECT_GT(test, bed->nr, LOW_SIZE / SZ_64K);
	empty(bed);
	/* What lies in stores is beyond the watermark */
	carve_pages_drain(&bed->co->pages);
	carve_zone_set_watermarks(zone, zone->nr_managed);
	carve_zone_set_watermarks(low_zone(bed), low_zone(bed)->nr_managed);
	KUNIT_EXPECT_FALSE(test, obtain(bed, &urgent, SZ_64K,
					QUIETLY | __GFP_NORETRY));
	KUNIT_EXPECT_TRUE(test, obtain(bed, &urgent, SZ_64K, GFP_ATOMIC));
	release(bed, &urgent);
}

/* Refusals */

static void expect_refused(struct kunit *test, size_t size, const char *why)
{
	struct bed *bed = test->priv;
	unsigned long before = nr_refused(bed);
	struct buffer buffer = { .addr = 42 };

	KUNIT_EXPECT_FALSE_MSG(test, obtain(bed, &buffer, size, QUIETLY), "%s",
			       why);
	KUNIT_EXPECT_EQ_MSG(test, nr_refused(bed), before + 1, "%s", why);
	KUNIT_EXPECT_EQ_MSG(test, buffer.addr, 42, "%s", why);
}

static void sizes_that_cannot_be_are_refused(struct kunit *test)
{
	bed_of(test);
	expect_refused(test, 0, "size 0");
	expect_refused(test, LOW_SIZE + HIGH_SIZE + 1, "more than there is");
	expect_refused(test, HIGH_SIZE + 1, "more than a zone has");
	expect_refused(test, SIZE_MAX, "the largest size");
	expect_refused(test, SIZE_MAX - PAGE_SIZE + 2, "overflow in pages");
	expect_refused(test, (size_t)SSIZE_MAX + 1, "the sign bit");
}

static void bus_address_must_have_a_place(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	long before = atomic_long_read(&bed->co->dma.nr_refused);

	KUNIT_EXPECT_NULL(test, carve_dma_alloc_coherent(bed->co, bed->dev,
							 PAGE_SIZE, NULL,
							 GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, carve_dmam_alloc_coherent(bed->co, bed->dev,
							  PAGE_SIZE, NULL,
							  GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->dma.nr_refused),
			before + 2);
}

static void device_without_a_mask_is_refused(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	struct device *dev = bed->dev;

	dev->dma_mask = NULL;
	expect_refused(test, PAGE_SIZE, "no pointer to a mask");
	dev->dma_mask = &dev->coherent_dma_mask;
	dev->coherent_dma_mask = 0;
	expect_refused(test, PAGE_SIZE, "mask 0");
	bed->dev = NULL;
	expect_refused(test, PAGE_SIZE, "no device");
	bed->dev = dev;
}

static void device_that_reaches_nothing_is_refused(struct kunit *test)
{
	struct bed *bed = bed_of(test);

	set_end_of_reach(bed, start_of(low_zone(bed)));
	expect_refused(test, PAGE_SIZE, "ends where the zone begins");
	set_end_of_reach(bed, start_of(low_zone(bed)) + 3 * PAGE_SIZE);
	expect_refused(test, 4 * PAGE_SIZE, "more than is within reach");
}

#ifdef CONFIG_SWIOTLB

/* As after swiotlb=force */
static void device_whose_mappings_bounce_is_refused(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	struct io_tlb_mem *before = bed->dev->dma_io_tlb_mem;
	struct io_tlb_mem bouncing = { .force_bounce = true };

	bed->dev->dma_io_tlb_mem = &bouncing;
	expect_refused(test, PAGE_SIZE, "bounce buffers");
	bed->dev->dma_io_tlb_mem = before;
}

#else

static void device_whose_mappings_bounce_is_refused(struct kunit *test)
{
	kunit_skip(test, "this kernel has no bounce buffers");
}

#endif

/* That is no refusal: another time there may be some */
static void carveout_that_is_full_fails(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	unsigned long refused = nr_refused(bed);
	struct buffer one_more;
	unsigned long failed;

	fill(bed, PAGE_SIZE, QUIETLY);
	failed = atomic_long_read(&bed->co->pages.nr_failed);
	KUNIT_EXPECT_FALSE(test, obtain(bed, &one_more, PAGE_SIZE, QUIETLY));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->pages.nr_failed),
			failed + 1);
	KUNIT_EXPECT_EQ(test, nr_refused(bed), refused);
	empty(bed);
}

/* Frees */

static void wrong_frees_are_refused(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	struct carveout *co = bed->co;
	struct device *dev = bed->dev;
	struct device *other = (struct device *)(dev + 1);
	struct buffer b;
	void *stranger = carve_kmalloc(co, PAGE_SIZE, GFP_KERNEL);
	unsigned long bad = atomic_long_read(&co->pages.nr_bad_frees);

	KUNIT_ASSERT_TRUE(test, obtain(bed, &b, 5 * PAGE_SIZE, GFP_KERNEL));
	carve_dma_free_coherent(co, dev, b.size, NULL, b.addr);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_bad_frees), bad);

	carve_dma_free_coherent(co, dev, b.size, bed, b.addr);
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
	/* Nor is it anything else that other functions could free */
	carve_kfree(co, b.virt);
	carve_free_pages_addr(co, (unsigned long)b.virt, 2);
	carve_free_pages_exact(co, b.virt, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_bad_frees),
			bad + 14);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->dma.nr_buffers), 1);

	release(bed, &b);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_bad_frees),
			bad + 14);
	release(bed, &b);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&co->pages.nr_bad_frees),
			bad + 15);
	carve_kfree(co, stranger);
}

static void managed_buffers_go_with_the_device(struct kunit *test)
{
	struct bed *bed = bed_of(test);
	unsigned long before = carve_testbed_nr_free(bed->co);
	dma_addr_t addr = 42;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, devres_open_group(bed->dev, bed, GFP_KERNEL));
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_NOT_NULL(test,
				      carve_dmam_alloc_coherent(bed->co, bed->dev,
								5 * PAGE_SIZE,
								&addr,
								GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, carve_dmam_alloc_coherent(bed->co, bed->dev, 0,
							  &addr, QUIETLY));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->dma.nr_buffers), 3);
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_free(bed->co), before - 15);
	devres_release_group(bed->dev, bed);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->dma.nr_buffers), 0);
	KUNIT_EXPECT_EQ(test, carve_testbed_nr_free(bed->co), before);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&bed->co->pages.nr_bad_frees), 0);
}

static void owners_are_counted_by_buffers(struct kunit *test)
{
	struct bed *bed = bed_of(test);

	/* 7 pages are three blocks */
	fill(bed, 7 * PAGE_SIZE, QUIETLY);
	KUNIT_EXPECT_EQ(test, carveout_count_owned(bed->co), bed->nr);
	KUNIT_EXPECT_EQ(test, carveout_destroy(bed->co), -EBUSY);
	empty(bed);
	KUNIT_EXPECT_EQ(test, carveout_count_owned(bed->co), 0);
}

/* A kernel without DMA */

static void kernel_without_dma_refuses(struct kunit *test)
{
	struct device dev = { .init_name = "dma_test" };
	struct carveout *co;
	dma_addr_t addr;

	if (IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "this kernel has DMA");
	co = carve_testbed_create("dma", CARVE_TESTBED_SIZE);
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
	KUNIT_CASE(interrupt_allocates_and_frees),
	KUNIT_CASE(zone_modifiers_have_no_meaning),
	KUNIT_CASE_PARAM(mask_is_respected, masks_gen_params),
	KUNIT_CASE(lower_of_two_masks_counts),
	KUNIT_CASE(zone_is_chosen_by_its_bounds),
	KUNIT_CASE(zone_serves_with_the_part_within_reach),
	KUNIT_CASE(part_within_reach_has_blocks_and_a_reserve),
	KUNIT_CASE(sizes_that_cannot_be_are_refused),
	KUNIT_CASE(bus_address_must_have_a_place),
	KUNIT_CASE(device_without_a_mask_is_refused),
	KUNIT_CASE(device_that_reaches_nothing_is_refused),
	KUNIT_CASE(device_whose_mappings_bounce_is_refused),
	KUNIT_CASE(carveout_that_is_full_fails),
	KUNIT_CASE(wrong_frees_are_refused),
	KUNIT_CASE(managed_buffers_go_with_the_device),
	KUNIT_CASE(owners_are_counted_by_buffers),
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
