// SPDX-License-Identifier: GPL-2.0
/* Reserving memory from the kernel, and what is refused. */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "kunit/testbed.h"
#include "region/region.h"

static struct carve_region_request request_of(u64 size)
{
	return (struct carve_region_request){
		.size = size,
		.source = "contig",
		.node = NUMA_NO_NODE,
	};
}

struct refusal {
	const char *name;
	u64 size;
	const char *source;
	int node;
	int ret;
};

static const struct refusal refusals[] = {
	{ "size 0", 0, "contig", NUMA_NO_NODE, -EINVAL },
	{ "one byte", 1, "contig", NUMA_NO_NODE, -EINVAL },
	{ "a byte too many", SZ_1M + 1, "contig", NUMA_NO_NODE, -EINVAL },
	{ "half a page too many", SZ_1M + PAGE_SIZE / 2, "auto", NUMA_NO_NODE,
	  -EINVAL },
	{ "one page", PAGE_SIZE, "contig", NUMA_NO_NODE, -EINVAL },
	{ "a page too few", CARVE_REGION_MIN_SIZE - PAGE_SIZE, "contig",
	  NUMA_NO_NODE, -EINVAL },
	{ "more than any machine has", BIT_ULL(62), "contig", NUMA_NO_NODE,
	  -ENOMEM },
	{ "the largest size", U64_MAX & PAGE_MASK, "auto", NUMA_NO_NODE,
	  -ENOMEM },
	{ "too large on its node", BIT_ULL(62), "contig", 0, -ENOMEM },
	{ "unknown source", SZ_1M, "nowhere", NUMA_NO_NODE, -EINVAL },
	{ "no source", SZ_1M, "", NUMA_NO_NODE, -EINVAL },
	{ "source with something behind", SZ_1M, "contig ", NUMA_NO_NODE,
	  -EINVAL },
	{ "source in capitals", SZ_1M, "CONTIG", NUMA_NO_NODE, -EINVAL },
	{ "negative node", SZ_1M, "contig", -2, -EINVAL },
	{ "lowest node", SZ_1M, "contig", INT_MIN, -EINVAL },
	{ "node behind the last possible", SZ_1M, "contig", MAX_NUMNODES,
	  -EINVAL },
	{ "highest node", SZ_1M, "contig", INT_MAX, -EINVAL },
};

static void what_cannot_be_is_refused(struct kunit *test)
{
	struct carve_region region = { };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *refusal = &refusals[i];
		const struct carve_region_request request = {
			.size = refusal->size,
			.source = refusal->source,
			.node = refusal->node,
		};

		KUNIT_EXPECT_EQ_MSG(test,
				    carve_region_reserve(&region, &request),
				    refusal->ret, "%s", refusal->name);
	}
}

static void node_that_is_not_online_is_refused(struct kunit *test)
{
	struct carve_region_request request = request_of(SZ_1M);
	struct carve_region region = { };
	int node;

	for (node = 0; node < MAX_NUMNODES && node_online(node); node++)
		;
	if (node == MAX_NUMNODES)
		kunit_skip(test, "all nodes are online");
	request.node = node;
	KUNIT_EXPECT_EQ(test, carve_region_reserve(&region, &request), -EINVAL);
}

/* All of memory has to be less than allowed, and what is allowed is some of it */
static void limit_is_below_all_memory(struct kunit *test)
{
	u64 all = (u64)totalram_pages() << PAGE_SHIFT;
	struct carve_region_request request = request_of(all);
	struct carve_region region = { };

	KUNIT_EXPECT_EQ(test, carve_region_reserve(&region, &request), -ENOMEM);
}

/* Only memory that is kept back at boot is none of the kernel's */
static void address_does_not_lift_the_limit(struct kunit *test)
{
	struct carve_region_request request =
		request_of((u64)totalram_pages() << PAGE_SHIFT);
	struct carve_region region = { };

	request.phys = SZ_1M;
	KUNIT_EXPECT_EQ(test, carve_region_reserve(&region, &request), -ENOMEM);
}

/* What no machine has so low; that there is no CMA besides isn't the reason */
static void reason_is_that_of_the_source_that_there_is(struct kunit *test)
{
	struct carve_region_request request = request_of(SZ_16M);
	struct carve_region region = { };

	request.source = "auto";
	request.zone = __GFP_DMA;
	KUNIT_EXPECT_EQ(test, carve_region_reserve(&region, &request), -ENOMEM);
}

static void sources_are_known_by_name(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, carve_region_source_known("auto"));
	KUNIT_EXPECT_TRUE(test, carve_region_source_known("contig"));
	KUNIT_EXPECT_FALSE(test, carve_region_source_known(""));
	KUNIT_EXPECT_FALSE(test, carve_region_source_known("conti"));
	KUNIT_EXPECT_FALSE(test, carve_region_source_known("contigu"));
}

struct size {
	const char *name;
	u64 size;
	const char *source;
	int node;
};

static const struct size sizes[] = {
	{ "least", CARVE_REGION_MIN_SIZE, "contig", NUMA_NO_NODE },
	{ "1 MiB", SZ_1M, "auto", NUMA_NO_NODE },
	{ "on node 0", SZ_1M, "contig", 0 },
	{ "no power of two", SZ_1M + 5 * PAGE_SIZE, "contig", NUMA_NO_NODE },
	{ "16 MiB", SZ_16M, "contig", NUMA_NO_NODE },
};

static void get_size_name(const struct size *size, char *name)
{
	strscpy(name, size->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(sizes, sizes, get_size_name);

/* It is ours alone: taken from the kernel, and in use by nobody else */
static void expect_page_reserved(struct kunit *test,
				 const struct carve_region *region,
				 unsigned long i)
{
	unsigned long pfn = region->start_pfn + i;
	struct page *page;

	KUNIT_ASSERT_TRUE_MSG(test, pfn_valid(pfn), "page %lu", i);
	page = pfn_to_page(pfn);
	KUNIT_EXPECT_EQ_MSG(test, page_count(page), 1, "page %lu", i);
	KUNIT_EXPECT_FALSE_MSG(test, PageReserved(page) || PageLRU(page) ||
			       PageSlab(page), "page %lu", i);
	KUNIT_EXPECT_PTR_EQ_MSG(test, page_address(page),
				region->virt + (i << PAGE_SHIFT),
				"page %lu", i);
	KUNIT_EXPECT_EQ(test, page_to_nid(page), region->node);
}

/* Each page differently, so that one which is there twice is seen */
static void expect_writable(struct kunit *test,
			    const struct carve_region *region)
{
	unsigned long i;

	for (i = 0; i < region->nr_pages; i++)
		memset64(region->virt + (i << PAGE_SHIFT), ~i,
			 PAGE_SIZE / sizeof(u64));
	for (i = 0; i < region->nr_pages; i++) {
		u64 *page = region->virt + (i << PAGE_SHIFT);

		KUNIT_EXPECT_EQ(test, page[0], ~i);
		KUNIT_EXPECT_EQ(test, page[PAGE_SIZE / sizeof(u64) - 1], ~i);
	}
}

static void region_is_contiguous_aligned_and_ours(struct kunit *test)
{
	const struct size *size = test->param_value;
	const struct carve_region_request request = {
		.size = size->size,
		.source = size->source,
		.node = size->node,
	};
	unsigned long i, nr_pages = size->size >> PAGE_SHIFT;
	struct carve_region region = { };

	KUNIT_ASSERT_EQ(test, carve_region_reserve(&region, &request), 0);
	KUNIT_EXPECT_EQ(test, region.nr_pages, nr_pages);
	KUNIT_EXPECT_EQ(test, carve_region_bytes(&region), size->size);
	KUNIT_EXPECT_EQ(test, carve_region_phys(&region),
			virt_to_phys(region.virt));
	KUNIT_EXPECT_PTR_EQ(test, region.source, &carve_region_contig);
	if (is_power_of_2(nr_pages))
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED(region.start_pfn, nr_pages));
	for (i = 0; i < nr_pages; i++)
		expect_page_reserved(test, &region, i);
	expect_writable(test, &region);
	carve_region_release(&region);
	KUNIT_EXPECT_NULL(test, region.source);
}

static bool overlap(const struct carve_region *a, const struct carve_region *b)
{
	return a->start_pfn < b->start_pfn + b->nr_pages &&
	       b->start_pfn < a->start_pfn + a->nr_pages;
}

static void regions_do_not_overlap(struct kunit *test)
{
	const struct carve_region_request request = request_of(SZ_1M);
	struct carve_region regions[4] = { };
	unsigned int i, j, nr;

	for (nr = 0; nr < ARRAY_SIZE(regions); nr++)
		if (carve_region_reserve(&regions[nr], &request))
			break;
	KUNIT_EXPECT_EQ(test, nr, ARRAY_SIZE(regions));
	for (i = 0; i < nr; i++)
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_FALSE(test, overlap(&regions[i],
							 &regions[j]));
	while (nr)
		carve_region_release(&regions[--nr]);
}

static unsigned long count_free(unsigned long start_pfn, unsigned long nr)
{
	unsigned long i, nr_free = 0;

	for (i = 0; i < nr; i++)
		nr_free += !page_count(pfn_to_page(start_pfn + i));
	return nr_free;
}

/* Others may be quick to take some of it, but not half */
static void memory_comes_back(struct kunit *test)
{
	const struct carve_region_request request = request_of(SZ_16M);
	struct carve_region region = { };
	unsigned long start_pfn, nr_pages;

	KUNIT_ASSERT_EQ(test, carve_region_reserve(&region, &request), 0);
	start_pfn = region.start_pfn;
	nr_pages = region.nr_pages;
	KUNIT_EXPECT_EQ(test, count_free(start_pfn, nr_pages), 0);
	carve_region_release(&region);
	KUNIT_EXPECT_GT(test, count_free(start_pfn, nr_pages), nr_pages / 2);
}

static struct kunit_case region_cases[] = {
	KUNIT_CASE(what_cannot_be_is_refused),
	KUNIT_CASE(node_that_is_not_online_is_refused),
	KUNIT_CASE(limit_is_below_all_memory),
	KUNIT_CASE(address_does_not_lift_the_limit),
	KUNIT_CASE(reason_is_that_of_the_source_that_there_is),
	KUNIT_CASE(sources_are_known_by_name),
	KUNIT_CASE_PARAM(region_is_contiguous_aligned_and_ours,
			 sizes_gen_params),
	KUNIT_CASE(regions_do_not_overlap),
	KUNIT_CASE(memory_comes_back),
	{ }
};

static struct kunit_suite region_suite = {
	.name = "carveout_region",
	.test_cases = region_cases,
};

kunit_test_suite(region_suite);
