// SPDX-License-Identifier: GPL-2.0
/*
 * Windows: what their page table entries lead to, and that no CPU remembers
 * what was there before a flush.
 */
#include <linux/smp.h>

#include <carveout.h>

#include "kunit/testbed.h"
#include "percpu/each_cpu.h"
#include "vmap/window.h"

/* So that there are borders between page tables in it, wherever it begins */
#define NR_PAGES (2 * PTRS_PER_PTE + 7UL)

struct bed {
	struct carveout *co;
	struct carve_window window;
};

static int window_init(struct kunit *test)
{
	int ret = carve_testbed_init_more(test, sizeof(struct bed));
	struct bed *bed = test->priv;

	if (ret)
		return ret;
	ret = carve_window_init(&bed->window, NR_PAGES);
	if (ret == -EOPNOTSUPP)
		kunit_skip(test, "on this machine the kernel's vmap() maps areas");
	return ret;
}

static void window_exit(struct kunit *test)
{
	struct bed *bed = test->priv;

	if (bed)
		carve_window_exit(&bed->window);
	carve_testbed_exit_more(test);
}

static void *at(struct bed *bed, unsigned long index)
{
	return bed->window.virt + (index << PAGE_SHIFT);
}

/* A page whose first word is @word */
static struct carve_page *marked_page(struct kunit *test, u64 word)
{
	struct bed *bed = test->priv;
	struct carve_page *page = carve_alloc_page(bed->co, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	*(u64 *)carve_page_address(bed->co, page) = word;
	return page;
}

static unsigned long pfn_of(struct bed *bed, struct carve_page *page)
{
	return PHYS_PFN(carve_page_to_phys(bed->co, page));
}

static void nothing_is_mapped_at_first(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned long i, pfn = 0;

	for (i = 0; i < NR_PAGES; i++) {
		KUNIT_ASSERT_FALSE(test, carve_testbed_readable(at(bed, i)));
		KUNIT_ASSERT_FALSE(test, carve_window_lookup(&bed->window,
							     at(bed, i), &pfn));
	}
}

static void entries_lead_to_pages(struct kunit *test)
{
	struct bed *bed = test->priv;
	/* Where the second page table begins */
	unsigned long border = PTRS_PER_PTE -
			       pte_index((unsigned long)bed->window.virt);
	const unsigned long index[] = {
		border, border + 1, border + PTRS_PER_PTE - 1,
		border + PTRS_PER_PTE, border + PTRS_PER_PTE + 1,
	};
	struct carve_page *page[ARRAY_SIZE(index)];
	unsigned long pfn = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(index); i++) {
		page[i] = marked_page(test, 0xabc0 + i);
		carve_window_map(&bed->window, index[i], pfn_of(bed, page[i]),
				 1);
	}
	for (i = 0; i < ARRAY_SIZE(index); i++) {
		u64 *word = at(bed, index[i]);

		KUNIT_EXPECT_TRUE(test, carve_window_lookup(&bed->window,
							    word, &pfn));
		KUNIT_EXPECT_EQ(test, pfn, pfn_of(bed, page[i]));
		KUNIT_EXPECT_EQ(test, *word, 0xabc0 + i);
	}
	carve_window_unmap(&bed->window, 0, NR_PAGES);
	carve_window_flush(&bed->window);
	for (i = 0; i < ARRAY_SIZE(index); i++)
		carve_free_page(bed->co, page[i]);
}

static void block_is_mapped_in_a_row(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct carve_page *block = carve_alloc_pages(bed->co, GFP_KERNEL, 4);
	u8 *direct;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, block);
	direct = carve_page_address(bed->co, block);
	carve_window_map(&bed->window, 3, pfn_of(bed, block), 16);
	for (i = 0; i < 16; i++)
		*((u8 *)at(bed, 3 + i) + i) = i;
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_EQ(test, direct[i * PAGE_SIZE + i], i);
	KUNIT_EXPECT_FALSE(test, carve_testbed_readable(at(bed, 2)));
	KUNIT_EXPECT_FALSE(test, carve_testbed_readable(at(bed, 19)));
	carve_window_unmap(&bed->window, 3, 16);
	carve_window_flush(&bed->window);
	KUNIT_EXPECT_FALSE(test, carve_testbed_readable(at(bed, 3)));
	carve_free_pages(bed->co, block, 4);
}

static void addresses_from_elsewhere_are_not_found(struct kunit *test)
{
	struct bed *bed = test->priv;
	unsigned long pfn;

	KUNIT_EXPECT_FALSE(test, carve_window_lookup(&bed->window, NULL, &pfn));
	KUNIT_EXPECT_FALSE(test, carve_window_lookup(&bed->window,
						     at(bed, -1), &pfn));
	KUNIT_EXPECT_FALSE(test, carve_window_lookup(&bed->window,
						     at(bed, NR_PAGES), &pfn));
	KUNIT_EXPECT_FALSE(test, carve_window_lookup(&bed->window, bed, &pfn));
}

/* What all CPUs read at one address, and how many got something else */
struct look {
	const u64 *p;
	u64 expected;
	atomic_t nr_wrong;
};

static void look(void *arg)
{
	struct look *l = arg;

	if (READ_ONCE(*l->p) != l->expected)
		atomic_inc(&l->nr_wrong);
}

/* Has each CPU's TLB hold the old entry first, by reading there */
static void all_cpus_forget_with_a_flush(struct kunit *test)
{
	struct bed *bed = test->priv;
	struct look l = { .p = at(bed, 5) };
	struct carve_page *page[2];
	int i;

	for (i = 0; i < 2; i++)
		page[i] = marked_page(test, 0x1000 + i);
	for (i = 0; i < 20; i++) {
		carve_window_map(&bed->window, 5, pfn_of(bed, page[i % 2]), 1);
		l.expected = 0x1000 + i % 2;
		carve_each_cpu(look, &l);
		KUNIT_EXPECT_EQ(test, atomic_read(&l.nr_wrong), 0);
		carve_window_unmap(&bed->window, 5, 1);
		carve_window_flush(&bed->window);
		KUNIT_EXPECT_FALSE(test, carve_testbed_readable(at(bed, 5)));
	}
	carve_free_page(bed->co, page[0]);
	carve_free_page(bed->co, page[1]);
}

static void this_cpu_forgets_with_a_local_flush(struct kunit *test)
{
	struct bed *bed = test->priv;
	u64 *p = at(bed, 9);
	struct carve_page *page[2];
	int i;

	for (i = 0; i < 2; i++)
		page[i] = marked_page(test, 0x2000 + i);
	preempt_disable();
	for (i = 0; i < 20; i++) {
		carve_window_map(&bed->window, 9, pfn_of(bed, page[i % 2]), 1);
		KUNIT_EXPECT_EQ(test, READ_ONCE(*p), 0x2000 + i % 2);
		carve_window_unmap(&bed->window, 9, 1);
		carve_window_flush_local(&bed->window, 9, 1);
	}
	preempt_enable();
	carve_free_page(bed->co, page[0]);
	carve_free_page(bed->co, page[1]);
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE(nothing_is_mapped_at_first),
	KUNIT_CASE(entries_lead_to_pages),
	KUNIT_CASE(block_is_mapped_in_a_row),
	KUNIT_CASE(addresses_from_elsewhere_are_not_found),
	KUNIT_CASE(all_cpus_forget_with_a_flush),
	KUNIT_CASE(this_cpu_forgets_with_a_local_flush),
	{ }
};

static struct kunit_suite window_suite = {
	.name = "carveout_window",
	.init = window_init,
	.exit = window_exit,
	.test_cases = window_cases,
};

kunit_test_suites(&window_suite);
