// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of windows: the pages that page table entries map, and TLB flushes.
 */
#include <linux/smp.h>

#include <carveout.h>

#include "highmem/window.h"
#include "kunit/fixture.h"

/* Large enough to span several page tables, wherever it begins */
#define NR_PAGES (2 * PTRS_PER_PTE + 7UL)

struct ctx {
	struct carveout *co;
	struct carve_window window;
};

static int window_init(struct kunit *test)
{
	int ret = carve_fixture_init_more(test, sizeof(struct ctx));
	struct ctx *ctx = test->priv;

	if (ret)
		return ret;
	carve_fixture_needs_window(test);
	return carve_window_init(&ctx->window, NR_PAGES);
}

static void window_exit(struct kunit *test)
{
	struct ctx *ctx = test->priv;

	if (ctx)
		carve_window_exit(&ctx->window);
	carve_fixture_exit_more(test);
}

static void *at(struct ctx *ctx, unsigned long index)
{
	return ctx->window.virt + (index << PAGE_SHIFT);
}

/* A page whose first word is @word */
static struct carve_page *marked_page(struct kunit *test, u64 word)
{
	struct ctx *ctx = test->priv;
	struct carve_page *page = carve_alloc_page(ctx->co, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	*(u64 *)carve_page_address(ctx->co, page) = word;
	return page;
}

static unsigned long pfn_of(struct ctx *ctx, struct carve_page *page)
{
	return PHYS_PFN(carve_page_to_phys(ctx->co, page));
}

static void new_window_is_unmapped(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned long i, pfn = 0;

	for (i = 0; i < NR_PAGES; i++) {
		KUNIT_ASSERT_FALSE(test, carve_fixture_readable(at(ctx, i)));
		KUNIT_ASSERT_FALSE(test, carve_window_lookup(&ctx->window,
							     at(ctx, i), &pfn));
	}
}

static void entries_map_their_pages(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	/* Start of the second page table */
	unsigned long border = PTRS_PER_PTE -
			       pte_index((unsigned long)ctx->window.virt);
	const unsigned long index[] = {
		border, border + 1, border + PTRS_PER_PTE - 1,
		border + PTRS_PER_PTE, border + PTRS_PER_PTE + 1,
	};
	struct carve_page *page[ARRAY_SIZE(index)];
	unsigned long pfn = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(index); i++) {
		page[i] = marked_page(test, 0xabc0 + i);
		carve_window_map(&ctx->window, index[i], pfn_of(ctx, page[i]),
				 1);
	}
	for (i = 0; i < ARRAY_SIZE(index); i++) {
		u64 *word = at(ctx, index[i]);

		KUNIT_EXPECT_TRUE(test, carve_window_lookup(&ctx->window,
							    word, &pfn));
		KUNIT_EXPECT_EQ(test, pfn, pfn_of(ctx, page[i]));
		KUNIT_EXPECT_EQ(test, *word, 0xabc0 + i);
	}
	carve_window_unmap(&ctx->window, 0, NR_PAGES);
	carve_window_flush(&ctx->window);
	for (i = 0; i < ARRAY_SIZE(index); i++)
		carve_free_page(ctx->co, page[i]);
}

static void block_is_mapped_contiguously(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_page *block = carve_alloc_pages(ctx->co, GFP_KERNEL, 4);
	u8 *direct;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, block);
	direct = carve_page_address(ctx->co, block);
	carve_window_map(&ctx->window, 3, pfn_of(ctx, block), 16);
	for (i = 0; i < 16; i++)
		*((u8 *)at(ctx, 3 + i) + i) = i;
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_EQ(test, direct[i * PAGE_SIZE + i], i);
	KUNIT_EXPECT_FALSE(test, carve_fixture_readable(at(ctx, 2)));
	KUNIT_EXPECT_FALSE(test, carve_fixture_readable(at(ctx, 19)));
	carve_window_unmap(&ctx->window, 3, 16);
	carve_window_flush(&ctx->window);
	KUNIT_EXPECT_FALSE(test, carve_fixture_readable(at(ctx, 3)));
	carve_free_pages(ctx->co, block, 4);
}

/* A block across each border between two chunks, with the guard page in the middle */
static void expect_border_usable(struct kunit *test, struct carve_window *w,
				 unsigned long border, struct carve_page *block)
{
	struct ctx *ctx = test->priv;
	u64 *direct = carve_page_address(ctx->co, block);
	unsigned long i, first = border - 8;
	u64 *p = w->virt + (first << PAGE_SHIFT);

	carve_window_map(w, first, pfn_of(ctx, block), 16);
	for (i = 0; i < 16 * PAGE_SIZE / sizeof(*p); i++)
		p[i] = border + i;
	for (i = 0; i < 16 * PAGE_SIZE / sizeof(*p); i++)
		KUNIT_ASSERT_EQ(test, direct[i], border + i);
	carve_window_unmap(w, first, 16);
}

static void window_may_be_larger_than_memory(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct carve_page *block = carve_alloc_pages(ctx->co, GFP_KERNEL, 4);
	unsigned long nr_pages = totalram_pages() + 9, pfn, border;
	struct carve_window large = { };

	KUNIT_ASSERT_NOT_NULL(test, block);
	KUNIT_ASSERT_EQ(test, carve_window_init(&large, nr_pages), 0);
	KUNIT_EXPECT_EQ(test, carve_window_nr_pages(&large), nr_pages);
	KUNIT_ASSERT_NE(test, large.chunk, 0UL);
	for (border = large.chunk; border < nr_pages; border += large.chunk) {
		KUNIT_EXPECT_FALSE(test, carve_window_lookup(&large,
							     large.virt + (border << PAGE_SHIFT),
							     &pfn));
		expect_border_usable(test, &large, border, block);
	}
	expect_border_usable(test, &large, nr_pages - 8, block);
	carve_window_flush(&large);
	carve_window_exit(&large);
	KUNIT_EXPECT_FALSE(test, carve_window_exists(&large));
	carve_free_pages(ctx->co, block, 4);
}

static void foreign_addresses_are_not_found(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	unsigned long pfn;

	KUNIT_EXPECT_FALSE(test, carve_window_lookup(&ctx->window, NULL, &pfn));
	KUNIT_EXPECT_FALSE(test, carve_window_lookup(&ctx->window,
						     at(ctx, -1), &pfn));
	KUNIT_EXPECT_FALSE(test, carve_window_lookup(&ctx->window,
						     at(ctx, NR_PAGES), &pfn));
	KUNIT_EXPECT_FALSE(test, carve_window_lookup(&ctx->window, ctx, &pfn));
}

/* The value that all CPUs must read at one address, and the number that read another */
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

/* Load the old entry into each CPU's TLB by reading there */
static void flush_invalidates_the_tlb_of_all_cpus(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	struct look l = { .p = at(ctx, 5) };
	struct carve_page *page[2];
	int i;

	for (i = 0; i < 2; i++)
		page[i] = marked_page(test, 0x1000 + i);
	for (i = 0; i < 20; i++) {
		carve_window_map(&ctx->window, 5, pfn_of(ctx, page[i % 2]), 1);
		l.expected = 0x1000 + i % 2;
		on_each_cpu(look, &l, true);
		KUNIT_EXPECT_EQ(test, atomic_read(&l.nr_wrong), 0);
		carve_window_unmap(&ctx->window, 5, 1);
		carve_window_flush(&ctx->window);
		KUNIT_EXPECT_FALSE(test, carve_fixture_readable(at(ctx, 5)));
	}
	carve_free_page(ctx->co, page[0]);
	carve_free_page(ctx->co, page[1]);
}

static void local_flush_invalidates_the_tlb_of_this_cpu(struct kunit *test)
{
	struct ctx *ctx = test->priv;
	u64 *p = at(ctx, 9);
	struct carve_page *page[2];
	int i;

	for (i = 0; i < 2; i++)
		page[i] = marked_page(test, 0x2000 + i);
	preempt_disable();
	for (i = 0; i < 20; i++) {
		carve_window_map(&ctx->window, 9, pfn_of(ctx, page[i % 2]), 1);
		KUNIT_EXPECT_EQ(test, READ_ONCE(*p), 0x2000 + i % 2);
		carve_window_unmap(&ctx->window, 9, 1);
		carve_window_flush_local(&ctx->window, 9, 1);
	}
	preempt_enable();
	carve_free_page(ctx->co, page[0]);
	carve_free_page(ctx->co, page[1]);
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE(new_window_is_unmapped),
	KUNIT_CASE(entries_map_their_pages),
	KUNIT_CASE(block_is_mapped_contiguously),
	KUNIT_CASE(window_may_be_larger_than_memory),
	KUNIT_CASE(foreign_addresses_are_not_found),
	KUNIT_CASE(flush_invalidates_the_tlb_of_all_cpus),
	KUNIT_CASE(local_flush_invalidates_the_tlb_of_this_cpu),
	{ }
};

static struct kunit_suite window_suite = {
	.name = "carveout_window",
	.init = window_init,
	.exit = window_exit,
	.test_cases = window_cases,
};

kunit_test_suites(&window_suite);
