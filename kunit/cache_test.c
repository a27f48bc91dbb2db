// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of cache options and of caches in fragmented memory: destructors,
 * SLAB_TYPESAFE_BY_RCU, zones, slabs of minimum order, and the order of objects.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "kunit/interrupt.h"
#include "page/pages_inline.h"
#include "page/reclaim.h"
#include "slab/cache.h"
#include "slab/debug_switch.h"

#define QUIET (GFP_KERNEL | __GFP_NOWARN)
#define QUIET_ATOMIC (GFP_ATOMIC | __GFP_NOWARN)

/* Long enough for a grace period, if there is no reader */
#define LOOK_MS 20
#define MOST 512

static struct carve_cache_usage usage_of(struct carve_cache *cache)
{
	struct carve_cache_usage usage;

	carve_cache_usage(cache, &usage);
	return usage;
}

/* Constructors and destructors */

#define ALIVE 0xa11fe0b1ec7ULL
#define GONE 0xdead0b1ec7ULL

struct constructed {
	u64 state;
	struct constructed *next;
};

/* Constructors and destructors have no argument that leads to the case */
static atomic_t nr_constructed, nr_destructed, nr_wrong;

static void construct(void *object)
{
	struct constructed *c = object;

	c->state = ALIVE;
	atomic_inc(&nr_constructed);
}

/* Objects that aren't alive were already destructed, or never constructed */
static void destruct(void *object)
{
	struct constructed *c = object;

	if (c->state != ALIVE)
		atomic_inc(&nr_wrong);
	c->state = GONE;
	atomic_inc(&nr_destructed);
}

static const struct carve_cache_options constructed = {
	.ctor = construct,
	.dtor = destruct,
};

static struct carve_cache *create_constructed(struct kunit *test,
					      slab_flags_t flags)
{
	struct carve_cache *cache;

	atomic_set(&nr_constructed, 0);
	atomic_set(&nr_destructed, 0);
	atomic_set(&nr_wrong, 0);
	cache = carve_cache_create_with(test->priv, "constructed",
					sizeof(struct constructed), flags,
					&constructed);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	return cache;
}

static struct constructed *take(struct kunit *test, struct carve_cache *cache,
				unsigned int n)
{
	struct constructed *first = NULL, *c;

	while (n--) {
		c = carve_cache_alloc(cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, c);
		KUNIT_EXPECT_EQ(test, c->state, ALIVE);
		c->next = first;
		first = c;
	}
	return first;
}

static void give_back(struct carve_cache *cache, struct constructed *first)
{
	struct constructed *next;

	for (; first; first = next) {
		next = first->next;
		carve_cache_free(cache, first);
	}
}

static void destructor_runs_when_a_slab_is_freed(struct kunit *test)
{
	struct carve_cache *cache = create_constructed(test, 0);
	int made;

	give_back(cache, take(test, cache, 1000));
	give_back(cache, take(test, cache, 1000));
	made = atomic_read(&nr_constructed);
	KUNIT_EXPECT_GE(test, made, 1000);
	/* Never between free and alloc */
	KUNIT_EXPECT_EQ(test, made - atomic_read(&nr_destructed),
			usage_of(cache).objects);
	carve_cache_shrink(cache);
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_destructed),
			atomic_read(&nr_constructed));
	give_back(cache, take(test, cache, 10));
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_destructed),
			atomic_read(&nr_constructed));
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_wrong), 0);
}

static void destructor_without_constructor_is_refused(struct kunit *test)
{
	const struct carve_cache_options options = { .dtor = destruct };
	struct carve_cache *cache;

	cache = carve_cache_create_with(test->priv, "x", 64, 0, &options);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(cache), -EINVAL);
}

static void options_set_the_alignment(struct kunit *test)
{
	const struct carve_cache_options options = { .align = 512 };
	struct carve_cache *cache;
	void *object;

	cache = carve_cache_create_with(test->priv, "x", 700, 0, &options);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	object = carve_cache_alloc(cache, GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)object, 512));
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

/* SLAB_TYPESAFE_BY_RCU */

static void slabs_wait_for_readers(struct kunit *test)
{
	struct carve_cache *cache = create_constructed(test,
						       SLAB_TYPESAFE_BY_RCU);
	struct constructed *c = take(test, cache, 1);
	bool alive;
	int gone;

	/* Straight to its slab, which is freed at once where no empty slab is retained */
	carve_cache_keep_empty(cache, 0);
	rcu_read_lock();
	carve_cache_free(cache, c);
	carve_magazines_drain_cpu(&cache->magazines);
	mdelay(LOOK_MS);
	alive = READ_ONCE(c->state) == ALIVE;
	gone = atomic_read(&nr_destructed);
	rcu_read_unlock();

	KUNIT_EXPECT_TRUE(test, alive);
	KUNIT_EXPECT_EQ(test, gone, 0);
	KUNIT_EXPECT_EQ(test, usage_of(cache).slabs, 0);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_destructed),
			atomic_read(&nr_constructed));
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_wrong), 0);
}

/**
 * struct reading - a reader of objects that are freed and allocated meanwhile
 * @slot: points to one of them
 * @nr_read: number of objects read
 * @nr_foreign: number of reads that found no object
 */
struct reading {
	struct constructed __rcu *slot;
	unsigned long nr_read;
	unsigned long nr_foreign;
};

static int read_objects(void *arg)
{
	struct reading *r = arg;
	struct constructed *c;

	while (!kthread_should_stop()) {
		rcu_read_lock();
		c = rcu_dereference(r->slot);
		if (c) {
			/* From here on it may be freed, and its slab, too */
			udelay(9);
			WRITE_ONCE(r->nr_read, r->nr_read + 1);
			if (READ_ONCE(c->state) != ALIVE)
				r->nr_foreign++;
		}
		rcu_read_unlock();
		cond_resched();
	}
	return 0;
}

/* Other users of the pages of a freed slab fill them with another value */
static void reuse_pages(struct carveout *co)
{
	struct carve_page *page[32];
	unsigned int n = 0;

	while (n < ARRAY_SIZE(page)) {
		page[n] = carve_alloc_page(co, QUIET);
		if (!page[n])
			break;
		memset(carve_page_address(co, page[n++]), 0xee, PAGE_SIZE);
	}
	while (n)
		carve_free_page(co, page[--n]);
}

/* The slot is empty only for a moment, so a reader mostly has the object that is freed now */
static void write_objects(struct kunit *test, struct carve_cache *cache,
			  struct reading *r)
{
	unsigned long end = jiffies + HZ / 2, latest = jiffies + 30 * HZ;
	struct constructed *c;

	/* On a busy host the reader's CPU may stand still for a while */
	while (time_before(jiffies, end) ||
	       (!READ_ONCE(r->nr_read) && time_before(jiffies, latest))) {
		c = carve_cache_alloc(cache, QUIET);
		/* If the grace period is long, all memory may wait for it */
		if (!c) {
			usleep_range(1000, 2000);
			continue;
		}
		rcu_assign_pointer(r->slot, c);
		udelay(9);
		cond_resched();
		rcu_assign_pointer(r->slot, NULL);
		carve_cache_free(cache, c);
		carve_magazines_drain_cpu(&cache->magazines);
		reuse_pages(test->priv);
	}
}

static void readers_see_objects_only(struct kunit *test)
{
	struct carve_cache *cache = create_constructed(test,
						       SLAB_TYPESAFE_BY_RCU);
	struct reading reading = { };
	struct task_struct *task;
	unsigned int other;

	other = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	carve_cache_keep_empty(cache, 0);
	task = kthread_create(read_objects, &reading, "carve_reader");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	if (other < nr_cpu_ids)
		kthread_bind(task, other);
	wake_up_process(task);
	write_objects(test, cache, &reading);
	kthread_stop(task);
	KUNIT_EXPECT_GT(test, reading.nr_read, 0);
	KUNIT_EXPECT_EQ(test, reading.nr_foreign, 0);
	KUNIT_EXPECT_GT(test, cache->nr_released, 1);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_wrong), 0);
}

static void give_slabs_back(void *arg)
{
	/* One interrupt at a time, and too large for a stack */
	static void *object[300];
	struct carve_cache *cache = arg;
	size_t n;

	n = carve_cache_alloc_bulk(cache, QUIET_ATOMIC, ARRAY_SIZE(object),
				   object);
	carve_cache_free_bulk(cache, n, object);
	carve_magazines_drain_cpu(&cache->magazines);
	carve_magazines_drain_depot(&cache->magazines);
}

static void interrupts_free_slabs(struct kunit *test)
{
	struct carve_cache *cache = create_constructed(test,
						       SLAB_TYPESAFE_BY_RCU);
	int i;

	carve_cache_keep_empty(cache, 0);
	for (i = 0; i < 5; i++)
		carve_run_in_interrupt(give_slabs_back, cache);
	KUNIT_EXPECT_GT(test, cache->nr_released, 1);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_constructed),
			atomic_read(&nr_destructed));
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(test->priv), 0);
}

/* Zones */

static void expect_zone(struct kunit *test, struct carveout *co, void *p,
			enum carve_zone_type most)
{
	struct carve_page *page = carve_virt_to_page(co, p);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_LE(test, carve_page_zone(&co->pages, page)->type, most);
}

/* A zone of any address, and one below 16 MiB */
static struct carveout *create_with_dma(struct kunit *test)
{
	struct carveout_request request = {
		.name = "low",
		.nr_zones = 2,
		.zone = {
			{ .size = SZ_4M, .source = "contig",
			  .node = NUMA_NO_NODE },
			{ .size = SZ_1M, .source = "contig",
			  .node = NUMA_NO_NODE, .zone = __GFP_DMA },
		},
	};
	struct carveout *co = carveout_create(&request);

	if (PTR_ERR_OR_ZERO(co) == -ENOMEM &&
	    strstr(request.refusal, "no range"))
		kunit_skip(test, "no memory so low: %s", request.refusal);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	if (co->pages.zone[0].type == CARVE_ZONE_DMA) {
		KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
		kunit_skip(test, "all memory lies that low");
	}
	return co;
}

static void kmalloc_respects_zone_modifiers(struct kunit *test)
{
	static const size_t sizes[] = { 1, 64, 100, 4096, 8192, SZ_16K };
	struct carveout *co = create_with_dma(test);
	void *p, *q;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		/* Objects in magazines don't show their zone */
		q = carve_kmalloc(co, sizes[i], GFP_KERNEL);
		carve_kfree(co, q);
		for (j = 0; j < 3; j++) {
			p = carve_kmalloc(co, sizes[i], GFP_KERNEL | GFP_DMA);
			KUNIT_ASSERT_NOT_NULL(test, p);
			expect_zone(test, co, p, CARVE_ZONE_DMA);
			KUNIT_EXPECT_EQ(test, carve_ksize(co, p),
					carve_kmalloc_size_roundup(sizes[i]));
			carve_kfree(co, p);
			p = carve_kzalloc(co, sizes[i], QUIET | GFP_DMA32);
			KUNIT_ASSERT_NOT_NULL(test, p);
			expect_zone(test, co, p, CARVE_ZONE_DMA32);
			KUNIT_EXPECT_NULL(test, memchr_inv(p, 0, sizes[i]));
			carve_kfree(co, p);
		}
	}
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

static void dma_caches_stay_in_their_zone(struct kunit *test)
{
	struct carveout *co = create_with_dma(test);
	struct carve_cache *cache;
	void **p = kunit_kcalloc(test, MOST, sizeof(*p), GFP_KERNEL);
	int n = 0;

	KUNIT_ASSERT_NOT_NULL(test, p);
	cache = carve_cache_create(co, "dma", 4096, 0, SLAB_CACHE_DMA, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	while (n < MOST && (p[n] = carve_cache_alloc(cache, QUIET_ATOMIC)))
		expect_zone(test, co, p[n++], CARVE_ZONE_DMA);
	/* When the zone is full, requests fail, although the other zone is empty */
	KUNIT_EXPECT_GT(test, n, 0);
	KUNIT_EXPECT_LE(test, n, SZ_1M / 4096);
	while (n)
		carve_cache_free(cache, p[--n]);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);

	/* Other caches use the zones of their own flags, whatever zone a request names */
	cache = carve_cache_create(co, "any", 64, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	p[0] = carve_cache_alloc(cache, GFP_KERNEL | GFP_DMA);
	KUNIT_EXPECT_NOT_NULL(test, p[0]);
	carve_cache_free(cache, p[0]);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

static void missing_zones_are_refused(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache;

	if (co->pages.zone[0].type == CARVE_ZONE_DMA)
		kunit_skip(test, "the carveout lies below 16 MiB");
	cache = carve_cache_create(co, "dma", 64, 0, SLAB_CACHE_DMA, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(cache), -EINVAL);
	KUNIT_EXPECT_NULL(test, carve_kmalloc(co, 64, QUIET | GFP_DMA));
	KUNIT_EXPECT_NULL(test, carve_kmalloc(co, 64, QUIET_ATOMIC | GFP_DMA));
	KUNIT_EXPECT_NULL(test, carve_kmalloc(co, SZ_64K, QUIET | GFP_DMA));
}

/* Fragmentation */

/* Every second page is allocated, so that no two free pages are adjacent */
static struct carve_page **fragment(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_page **page, *p;
	u32 i;

	page = kunit_kcalloc(test, co->pages.nr_pages, sizeof(*page),
			     GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	while ((p = carve_alloc_page(co, QUIET)))
		page[p - co->pages.map] = p;
	for (i = 1; i < co->pages.nr_pages; i += 2) {
		carve_free_page(co, page[i]);
		page[i] = NULL;
	}
	carve_pages_drain(&co->pages);
	KUNIT_ASSERT_EQ(test, carve_buddy_orders(&co->pages.zone[0].buddy),
			BIT(0));
	return page;
}

static void unfragment(struct carveout *co, struct carve_page **page)
{
	u32 i;

	for (i = 0; i < co->pages.nr_pages; i++)
		carve_free_page(co, page[i]);
}

static void fragmented_memory_yields_minimum_order_slabs(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned long nr_free = carve_fixture_collect(co);
	struct carve_page **page = fragment(test);
	void *p[100];
	int i;

	for (i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = carve_kmalloc(co, i % 2 ? 2048 : 4096,
				     i % 3 ? QUIET_ATOMIC : QUIET);
		KUNIT_ASSERT_NOT_NULL_MSG(test, p[i], "number %d", i);
		memset(p[i], i, i % 2 ? 2048 : 4096);
	}
	/* Objects larger than a page can't be allocated */
	KUNIT_EXPECT_NULL(test, carve_kmalloc(co, 8192, QUIET_ATOMIC));
	carve_fixture_check(test, co);
	for (i = 0; i < ARRAY_SIZE(p); i++) {
		KUNIT_EXPECT_NULL(test, memchr_inv(p[i], i,
						   i % 2 ? 2048 : 4096));
		KUNIT_EXPECT_EQ(test, carve_ksize(co, p[i]),
				i % 2 ? 2048 : 4096);
		carve_kfree(co, p[i]);
	}
	unfragment(co, page);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	KUNIT_EXPECT_EQ(test, carve_fixture_collect(co), nr_free);
}

static void minimum_order_slabs_mix_with_others(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache;
	struct carve_page **page;
	void *p[40];
	int i;

	cache = carve_cache_create(co, "mixed", 2048, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	KUNIT_ASSERT_GT(test, cache->oo.order, cache->min.order);
	for (i = 0; i < 20; i++)
		p[i] = carve_cache_alloc(cache, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, cache->min.full.nr + cache->min.partial.nr, 0);
	page = fragment(test);
	for (; i < 40; i++)
		p[i] = carve_cache_alloc(cache, GFP_KERNEL);
	KUNIT_EXPECT_GT(test, cache->min.full.nr + cache->min.partial.nr, 0);
	KUNIT_EXPECT_EQ(test, usage_of(cache).active_objects, 40);
	carve_fixture_check(test, co);
	/* An interior pointer is refused in both kinds of slabs */
	carve_cache_free(cache, p[0] + 64);
	carve_cache_free(cache, p[39] + 64);
	carve_cache_shrink(cache);
	KUNIT_EXPECT_EQ(test, cache->nr_bad_frees, 2);
	for (i = 0; i < 40; i++)
		carve_cache_free(cache, p[i]);
	unfragment(co, page);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

static void minimum_order_slabs_are_freed_while_debugged(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache;
	struct carve_page **page;
	void *p[40];
	int i;

	cache = carve_cache_create(co, "mixed", 2048, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	page = fragment(test);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = carve_cache_alloc(cache, GFP_KERNEL);
	KUNIT_EXPECT_GT(test, cache->min.full.nr, cache->min.max_empty);
	scoped_guard(mutex, &co->slabs.lock)
		KUNIT_EXPECT_EQ(test, carve_debug_switch(cache,
							 CARVE_DEBUG_CHECKS), 0);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		carve_cache_free(cache, p[i]);
	KUNIT_EXPECT_LE(test, cache->min.empty.nr, cache->min.max_empty);
	unfragment(co, page);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

/* The order of objects */

/* Number of objects of a new slab that lie right behind the previous one */
static int count_neighbours(struct kunit *test, unsigned int size, gfp_t gfp)
{
	struct carve_cache *cache;
	void *p[32];
	int i, n = 0;

	cache = carve_cache_create(test->priv, "ordered", size, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	for (i = 0; i < 32; i++) {
		p[i] = carve_cache_alloc(cache, gfp);
		KUNIT_ASSERT_NOT_NULL(test, p[i]);
	}
	for (i = 1; i < 32; i++)
		n += abs(p[i] - p[i - 1]) == size;
	carve_cache_free_bulk(cache, 32, p);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
	return n;
}

static void objects_come_in_random_order(struct kunit *test)
{
	struct carveout *co = test->priv;
	int shuffled = 0, i;

	/* About one of 31 pairs by chance: 200 of 310 can't happen */
	for (i = 0; i < 10; i++)
		shuffled += count_neighbours(test, 64, GFP_KERNEL);
	KUNIT_EXPECT_LT(test, shuffled, 200);
	co->slabs.shuffle = false;
	KUNIT_EXPECT_GE(test, count_neighbours(test, 64, GFP_KERNEL), 30);
}

/* A few at a time, out of 64 objects and out of 512 in eight words */
static void atomic_objects_come_in_random_order(struct kunit *test)
{
	int small = 0, tiny = 0, i;

	for (i = 0; i < 10; i++) {
		small += count_neighbours(test, 64, GFP_ATOMIC);
		tiny += count_neighbours(test, 8, GFP_ATOMIC);
	}
	KUNIT_EXPECT_LT(test, small, 200);
	KUNIT_EXPECT_LT(test, tiny, 200);
}

/* Wherever the search for the last objects begins */
static void random_order_uses_every_object_of_a_slab(struct kunit *test)
{
	struct carve_cache *cache;
	unsigned int nr;
	void **p;

	cache = carve_cache_create(test->priv, "all", 8, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	nr = 3 * cache->oo.nr_objects;
	p = kunit_kcalloc(test, nr, sizeof(*p), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, carve_cache_alloc_bulk(cache, GFP_KERNEL, nr, p),
			nr);
	KUNIT_EXPECT_EQ(test, cache->nr_grown, 3);
	carve_cache_free_bulk(cache, nr, p);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

static struct kunit_case cache_cases[] = {
	KUNIT_CASE(destructor_runs_when_a_slab_is_freed),
	KUNIT_CASE(destructor_without_constructor_is_refused),
	KUNIT_CASE(options_set_the_alignment),
	KUNIT_CASE(slabs_wait_for_readers),
	KUNIT_CASE(readers_see_objects_only),
	KUNIT_CASE(interrupts_free_slabs),
	KUNIT_CASE(kmalloc_respects_zone_modifiers),
	KUNIT_CASE(dma_caches_stay_in_their_zone),
	KUNIT_CASE(missing_zones_are_refused),
	KUNIT_CASE(fragmented_memory_yields_minimum_order_slabs),
	KUNIT_CASE(minimum_order_slabs_mix_with_others),
	KUNIT_CASE(minimum_order_slabs_are_freed_while_debugged),
	KUNIT_CASE(objects_come_in_random_order),
	KUNIT_CASE(atomic_objects_come_in_random_order),
	KUNIT_CASE(random_order_uses_every_object_of_a_slab),
	{ }
};

static struct kunit_suite cache_suite = {
	.name = "carveout_cache",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = cache_cases,
};

kunit_test_suite(cache_suite);
