// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of DMA buffers in scatterlists and in mappings of programs. Each case
 * has a device and a carveout.
 */
#include <linux/anon_inodes.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/scatterlist.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <carveout.h>

#include "kunit/fixture.h"

/* The last page is partly used */
#define SIZE (5 * PAGE_SIZE - 1000)
#define NR_PAGES 5
#define DIRT 0xa5

struct ctx {
	struct carveout *co;
	struct device *dev;
	void *virt;
	dma_addr_t addr;
};

static int dma_share_init(struct kunit *test)
{
	struct ctx *ctx;
	int ret;

	if (!IS_ENABLED(CONFIG_HAS_DMA))
		return 0;
	ret = carve_fixture_init_more(test, sizeof(*ctx));
	if (ret)
		return ret;
	ctx = test->priv;
	ctx->dev = carve_fixture_device(test, "carveout_dma_share");
	ctx->virt = carve_dma_alloc_coherent(ctx->co, ctx->dev, SIZE,
					     &ctx->addr, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->virt);
	return 0;
}

static void dma_share_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	if (!ctx)
		return;
	carve_dma_free_coherent(ctx->co, ctx->dev, SIZE, ctx->virt, ctx->addr);
	carve_fixture_remove_device(ctx->dev);
	carve_fixture_exit_more(test);
}

static struct ctx *ctx_of(struct kunit *test)
{
	if (!test->priv)
		kunit_skip(test, "this kernel has no DMA");
	return test->priv;
}

static long nr_refused(struct ctx *ctx)
{
	return atomic_long_read(&ctx->co->dma.nr_refused);
}

/* Memory reserved at boot has no struct pages: pretend that this is such */
static const struct carve_region_source *hide(struct ctx *ctx)
{
	static struct carve_region_source hidden;
	const struct carve_region_source *before = ctx->co->region->source;

	hidden = *before;
	hidden.managed = false;
	ctx->co->region->source = &hidden;
	return before;
}

/* Scatterlists */

static int get_sgtable(struct ctx *ctx, struct sg_table *sgt)
{
	return carve_dma_get_sgtable(ctx->co, ctx->dev, sgt, ctx->virt,
				     ctx->addr, SIZE);
}

static void scatterlist_describes_the_buffer(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct sg_table sgt;

	KUNIT_ASSERT_EQ(test, get_sgtable(ctx, &sgt), 0);
	KUNIT_EXPECT_EQ(test, sgt.orig_nents, 1);
	KUNIT_EXPECT_EQ(test, sgt.sgl->length, NR_PAGES * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, sgt.sgl->offset, 0);
	KUNIT_EXPECT_PTR_EQ(test, sg_virt(sgt.sgl), ctx->virt);
	KUNIT_EXPECT_EQ(test, sg_phys(sgt.sgl), ctx->addr);
	sg_free_table(&sgt);
}

static void scatterlist_can_be_mapped_for_another_device(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct device *other = carve_fixture_device(test, "carveout_other");
	struct sg_table sgt;

	KUNIT_EXPECT_EQ(test, get_sgtable(ctx, &sgt), 0);
	KUNIT_EXPECT_EQ(test, dma_map_sgtable(other, &sgt, DMA_BIDIRECTIONAL, 0),
			0);
	KUNIT_EXPECT_EQ(test, sg_dma_address(sgt.sgl), ctx->addr);
	dma_unmap_sgtable(other, &sgt, DMA_BIDIRECTIONAL, 0);
	sg_free_table(&sgt);
	carve_fixture_remove_device(other);
}

static void scatterlist_of_a_wrong_buffer_is_refused(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct carveout *co = ctx->co;
	struct device *dev = ctx->dev;
	struct device *other = carve_fixture_device(test, "carveout_other");
	long refused = nr_refused(ctx);
	struct sg_table sgt;
	void *p = ctx->virt;

	KUNIT_EXPECT_EQ(test, carve_dma_get_sgtable(co, dev, &sgt, p, ctx->addr,
						    SIZE + PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, carve_dma_get_sgtable(co, dev, &sgt, p, ctx->addr,
						    SIZE_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, carve_dma_get_sgtable(co, dev, &sgt, p + PAGE_SIZE,
						    ctx->addr + PAGE_SIZE,
						    PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, carve_dma_get_sgtable(co, dev, &sgt, p,
						    ctx->addr + 1, SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, carve_dma_get_sgtable(co, other, &sgt, p,
						    ctx->addr, SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, carve_dma_get_sgtable(co, NULL, &sgt, p,
						    ctx->addr, SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, carve_dma_get_sgtable(co, dev, &sgt, NULL,
						    ctx->addr, SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, nr_refused(ctx), refused + 7);
	carve_fixture_remove_device(other);
}

static void scatterlist_without_struct_pages_is_refused(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	long refused = nr_refused(ctx);
	const struct carve_region_source *before = hide(ctx);
	struct sg_table sgt;

	KUNIT_EXPECT_EQ(test, get_sgtable(ctx, &sgt), -ENXIO);
	KUNIT_EXPECT_EQ(test, nr_refused(ctx), refused + 1);
	ctx->co->region->source = before;
}

/* Mappings */

static int buffer_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct ctx *ctx = file->private_data;

	return carve_dma_mmap_coherent(ctx->co, ctx->dev, vma, ctx->virt,
				       ctx->addr, SIZE);
}

static const struct file_operations buffer_file_fops = {
	.owner = THIS_MODULE,
	.mmap = buffer_file_mmap,
};

/* Map pages of the buffer as a program does; the address or an errno */
static unsigned long map_pages(struct kunit *test, unsigned long first,
			       unsigned long nr)
{
	struct file *file = anon_inode_getfile("carveout_dma_share",
					       &buffer_file_fops, test->priv,
					       O_RDWR);
	unsigned long addr;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	addr = kunit_vm_mmap(test, file, 0, nr << PAGE_SHIFT,
			     PROT_READ | PROT_WRITE, MAP_SHARED,
			     first << PAGE_SHIFT);
	fput(file);
	if (!addr)
		kunit_skip(test, "tests of this kernel have no address space");
	return addr;
}

static void unmap_pages(struct kunit *test, unsigned long addr, unsigned long nr)
{
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, nr << PAGE_SHIFT), 0);
}

static void expect_mapped(struct kunit *test, unsigned long first,
			  unsigned long nr)
{
	struct ctx *ctx = test->priv;
	unsigned long addr = map_pages(test, first, nr);
	char __user *user = (char __user *)addr;
	char byte = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	memset(ctx->virt, 0, NR_PAGES * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, clear_user(user, nr << PAGE_SHIFT), 0);
	KUNIT_EXPECT_EQ(test, put_user(DIRT, user), 0);
	KUNIT_EXPECT_EQ(test, ((u8 *)ctx->virt)[first << PAGE_SHIFT], DIRT);
	((u8 *)ctx->virt)[((first + nr) << PAGE_SHIFT) - 1] = 42;
	KUNIT_EXPECT_EQ(test, get_user(byte, user + (nr << PAGE_SHIFT) - 1), 0);
	KUNIT_EXPECT_EQ(test, byte, 42);
	unmap_pages(test, addr, nr);
}

static void program_maps_the_buffer_and_parts_of_it(struct kunit *test)
{
	ctx_of(test);
	expect_mapped(test, 0, NR_PAGES);
	expect_mapped(test, 0, 1);
	expect_mapped(test, 2, 2);
	expect_mapped(test, NR_PAGES - 1, 1);
}

static void memory_without_struct_pages_can_be_mapped(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	const struct carve_region_source *before = hide(ctx);

	expect_mapped(test, 1, 3);
	ctx->co->region->source = before;
}

static int try_mmap(struct ctx *ctx, unsigned long first, unsigned long nr)
{
	struct vm_area_struct vma = {
		.vm_start = PAGE_SIZE,
		.vm_end = (nr + 1) << PAGE_SHIFT,
		.vm_pgoff = first,
	};

	return carve_dma_mmap_coherent(ctx->co, ctx->dev, &vma, ctx->virt,
				       ctx->addr, SIZE);
}

static void mapping_beyond_the_buffer_is_refused(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	long refused = nr_refused(ctx);

	KUNIT_EXPECT_EQ(test, try_mmap(ctx, 0, NR_PAGES + 1), -ENXIO);
	KUNIT_EXPECT_EQ(test, try_mmap(ctx, 1, NR_PAGES), -ENXIO);
	KUNIT_EXPECT_EQ(test, try_mmap(ctx, NR_PAGES, 1), -ENXIO);
	KUNIT_EXPECT_EQ(test, try_mmap(ctx, ULONG_MAX, 2), -ENXIO);
	/* A program can't fill the log */
	KUNIT_EXPECT_EQ(test, nr_refused(ctx), refused);
}

static void mapping_of_a_wrong_buffer_is_refused(struct kunit *test)
{
	struct ctx *ctx = ctx_of(test);
	struct vm_area_struct vma = { .vm_end = PAGE_SIZE };
	long refused = nr_refused(ctx);

	KUNIT_EXPECT_EQ(test, carve_dma_mmap_coherent(ctx->co, ctx->dev, &vma,
						      ctx->virt, ctx->addr,
						      PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, carve_dma_mmap_coherent(ctx->co, ctx->dev, &vma,
						      ctx, ctx->addr, SIZE),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, nr_refused(ctx), refused + 2);
}

static struct kunit_case dma_share_cases[] = {
	KUNIT_CASE(scatterlist_describes_the_buffer),
	KUNIT_CASE(scatterlist_can_be_mapped_for_another_device),
	KUNIT_CASE(scatterlist_of_a_wrong_buffer_is_refused),
	KUNIT_CASE(scatterlist_without_struct_pages_is_refused),
	KUNIT_CASE(program_maps_the_buffer_and_parts_of_it),
	KUNIT_CASE(memory_without_struct_pages_can_be_mapped),
	KUNIT_CASE(mapping_beyond_the_buffer_is_refused),
	KUNIT_CASE(mapping_of_a_wrong_buffer_is_refused),
	{ }
};

static struct kunit_suite dma_share_suite = {
	.name = "carveout_dma_share",
	.init = dma_share_init,
	.exit = dma_share_exit,
	.test_cases = dma_share_cases,
};

kunit_test_suite(dma_share_suite);
