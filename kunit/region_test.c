// SPDX-License-Identifier: GPL-2.0
/* Tests of reserving memory from the kernel, and of refused requests. */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmstat.h>

#include "compat/contig.h"
#include "kunit/fixture.h"
#include "region/region_internal.h"

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

static void impossible_requests_are_refused(struct kunit *test)
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

/* All of memory exceeds the limit, which lies within memory */
static void request_for_all_memory_exceeds_the_limit(struct kunit *test)
{
	u64 all = (u64)totalram_pages() << PAGE_SHIFT;
	struct carve_region_request request = request_of(all);
	struct carve_region region = { };

	KUNIT_EXPECT_EQ(test, carve_region_reserve(&region, &request), -ENOMEM);
}

/* Only memory that was reserved at boot is not managed by the kernel */
static void fixed_address_does_not_raise_the_limit(struct kunit *test)
{
	struct carve_region_request request =
		request_of((u64)totalram_pages() << PAGE_SHIFT);
	struct carve_region region = { };

	request.phys = SZ_1M;
	KUNIT_EXPECT_EQ(test, carve_region_reserve(&region, &request), -ENOMEM);
}

/* No machine has memory below this limit; the lack of CMA must not hide that error */
static void error_comes_from_the_available_source(struct kunit *test)
{
	struct carve_region_request request = request_of(SZ_16M);
	struct carve_region region = { };

	request.source = "auto";
	request.zone = __GFP_DMA;
	KUNIT_EXPECT_EQ(test, carve_region_reserve(&region, &request), -ENOMEM);
}

static int reserve_from_boot(struct carve_region *region)
{
	struct carve_region_request request = request_of(SZ_1M);

	request.source = "reserved";
	request.phys = SZ_64M;
	return carve_region_reserve(region, &request);
}

/* Which no machine of the tests does; on these, that address is in use */
static void reserved_memory_is_refused_where_memory_is_encrypted(struct kunit *test)
{
	const bool possible = IS_ENABLED(CONFIG_HAS_IOMEM);
	struct carve_region region = { };

	KUNIT_EXPECT_EQ(test, reserve_from_boot(&region),
			possible ? -EBUSY : -ENODEV);
	carve_region_feign_encryption = true;
	KUNIT_EXPECT_EQ(test, reserve_from_boot(&region),
			possible ? -EOPNOTSUPP : -ENODEV);
	carve_region_feign_encryption = false;
	KUNIT_EXPECT_EQ(test, !!strstr(region.refusal, "encrypts its memory"),
			possible);
}

/* Free ordinary and CMA memory of the kernel in pages, exact enough to notice megabytes */
static unsigned long nr_free_pages(void)
{
	return global_zone_page_state(NR_FREE_PAGES);
}

/* Often enough that memory leaked by a refusal is noticed */
#define REFUSALS 32

static void refuse_often(struct kunit *test, struct carve_region *region,
			 const struct carve_region_request *request)
{
	int i;

	for (i = 0; i < REFUSALS; i++) {
		if (carve_region_reserve(region, request))
			continue;
		/* Some machines have a range that low */
		KUNIT_EXPECT_LE(test, carve_region_phys(region) + request->size,
				(phys_addr_t)SZ_16M);
		carve_region_release(region);
	}
}

/*
 * Migration may move pages into CMA areas meanwhile, which a leak does each
 * time, until the areas are used up.
 */
static void expect_nothing_leaked(struct kunit *test,
				  const struct carve_region_request *request)
{
	unsigned long cma = carve_compat_cma_nr_free(), before = nr_free_pages();
	unsigned long kept = REFUSALS * (request->size >> PAGE_SHIFT);
	struct carve_region region = { };
	unsigned long start;
	int round = 0;

	do {
		start = carve_compat_cma_nr_free();
		refuse_often(test, &region, request);
	} while (carve_compat_cma_nr_free() + SZ_4M / PAGE_SIZE <= start &&
		 ++round < 3);

	KUNIT_EXPECT_GT_MSG(test, nr_free_pages() + kept / 2, before,
			    "%s leaks memory: %s", request->source,
			    region.refusal);
	KUNIT_EXPECT_LT_MSG(test, round, 3, "%s leaks CMA memory each time: %s",
			    request->source, region.refusal);
	KUNIT_EXPECT_GE_MSG(test, 2 * carve_compat_cma_nr_free(), cma,
			    "%s uses up CMA memory: %s", request->source,
			    region.refusal);
}

/* A source that ignores the zone finds a range above it, which must be released */
static void range_above_the_limit_is_released(struct kunit *test)
{
	struct carve_region_request request = request_of(SZ_8M);

	request.zone = __GFP_DMA;
	expect_nothing_leaked(test, &request);
	request.source = "cma";
	expect_nothing_leaked(test, &request);
	request.source = "auto";
	expect_nothing_leaked(test, &request);
}

/* Several ranges in a row, so that CMA areas are reached */
#define NR_RANGES 10

static void contiguous_ranges_avoid_cma(struct kunit *test)
{
	const unsigned long nr_pages = SZ_16M >> PAGE_SHIFT;
	unsigned long cma = carve_compat_cma_nr_free();
	struct page *ranges[NR_RANGES];
	int nr = 0;

	if (cma < 2 * nr_pages)
		kunit_skip(test, "there is no CMA area");
	while (nr < NR_RANGES) {
		ranges[nr] = carve_compat_alloc_contig_pages(nr_pages,
							     GFP_KERNEL | __GFP_NOWARN,
							     0, NULL);
		if (!ranges[nr])
			break;
		nr++;
	}
	KUNIT_EXPECT_GT(test, nr, 1);
	KUNIT_EXPECT_GT(test, carve_compat_cma_nr_free() + nr_pages, cma);
	while (nr)
		free_contig_range(page_to_pfn(ranges[--nr]), nr_pages);
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

/* The region is exclusive: taken from the kernel, and used by nothing else */
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

/* Fill each page differently, so that a page that is mapped twice is noticed */
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

static void region_is_contiguous_aligned_and_exclusive(struct kunit *test)
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

/* Other users may take some of it, but not half */
static void released_memory_returns_to_the_kernel(struct kunit *test)
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
	KUNIT_CASE(impossible_requests_are_refused),
	KUNIT_CASE(node_that_is_not_online_is_refused),
	KUNIT_CASE(request_for_all_memory_exceeds_the_limit),
	KUNIT_CASE(fixed_address_does_not_raise_the_limit),
	KUNIT_CASE(error_comes_from_the_available_source),
	KUNIT_CASE(reserved_memory_is_refused_where_memory_is_encrypted),
	KUNIT_CASE(range_above_the_limit_is_released),
	KUNIT_CASE(contiguous_ranges_avoid_cma),
	KUNIT_CASE(sources_are_known_by_name),
	KUNIT_CASE_PARAM(region_is_contiguous_aligned_and_exclusive,
			 sizes_gen_params),
	KUNIT_CASE(regions_do_not_overlap),
	KUNIT_CASE(released_memory_returns_to_the_kernel),
	{ }
};

static struct kunit_suite region_suite = {
	.name = "carveout_region",
	.test_cases = region_cases,
};

kunit_test_suite(region_suite);
