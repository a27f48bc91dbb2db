// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the instance: set-up and removal, the allocations that keep it in
 * use, and that its allocations and its metadata lie within its region.
 */
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/instruction_pointer.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "kunit/fixture.h"
#include "page/reclaim.h"

#define QUIETLY (GFP_KERNEL | __GFP_NOWARN)

/* Set-up */

struct size {
	const char *name;
	u64 size;
};

static const struct size sizes[] = {
	{ "least", CARVE_REGION_MIN_SIZE },
	{ "1 MiB", SZ_1M },
	{ "no power of two", SZ_1M + 3 * PAGE_SIZE },
	{ "a page less than 8 MiB", SZ_8M - PAGE_SIZE },
	{ "32 MiB", SZ_32M },
};

static void get_size_name(const struct size *size, char *name)
{
	strscpy(name, size->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(sizes, sizes, get_size_name);

static void new_carveout_is_entirely_free(struct kunit *test)
{
	const struct size *size = test->param_value;
	struct carveout *co = carve_fixture_create("sized", size->size);
	const struct carve_zone *zone;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	zone = &co->pages.zone[0];
	KUNIT_EXPECT_STREQ(test, co->name, "sized");
	KUNIT_EXPECT_EQ(test, carveout_bytes(co), size->size);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 0);
	KUNIT_EXPECT_EQ(test, zone->nr_managed + carve_boot_pages(&co->boot),
			co->pages.nr_pages);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co), zone->nr_managed);
	/* Metadata takes an eighth at most, even of small carveouts */
	KUNIT_EXPECT_LE(test, carve_boot_pages(&co->boot),
			max(co->pages.nr_pages / 8, 20UL));
	carve_fixture_check(test, co);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

static void smallest_carveout_works(struct kunit *test)
{
	struct carveout *co = carve_fixture_create("least", CARVE_REGION_MIN_SIZE);
	void *small, *large, *area;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	small = carve_kmalloc(co, 100, QUIETLY);
	large = carve_kmalloc(co, 3 * PAGE_SIZE, QUIETLY);
	area = carve_vmalloc(co, 3 * PAGE_SIZE);
	KUNIT_EXPECT_NOT_NULL(test, small);
	KUNIT_EXPECT_NOT_NULL(test, large);
	KUNIT_EXPECT_NOT_NULL(test, area);
	carve_fixture_check(test, co);
	carve_kfree(co, small);
	carve_kfree(co, large);
	carve_vfree(co, area);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

struct name {
	const char *name;
	bool valid;
};

static const struct name names[] = {
	{ "a", true },
	{ "0", true },
	{ "camera-0_left.raw", true },
	{ "Exactly31CharactersAreStillFine", true },
	{ "", false },
	{ ".", false },
	{ "..", false },
	{ ".hidden", false },
	{ "two words", false },
	{ "up/down", false },
	{ "line\n", false },
	{ "\xc3\xa4", false },
	{ "%s", false },
	{ "ThirtyTwoCharactersAreOneTooMany", false },
};

static void names_are_checked(struct kunit *test)
{
	struct carveout *co;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const struct name *name = &names[i];

		KUNIT_EXPECT_EQ_MSG(test, carveout_name_valid(name->name),
				    name->valid, "\"%s\"", name->name);
		co = carve_fixture_create(name->name, SZ_1M);
		if (name->valid) {
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
			KUNIT_EXPECT_STREQ(test, co->name, name->name);
			KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
		} else {
			KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(co), -EINVAL,
					    "\"%s\"", name->name);
		}
	}
}

static void bad_requests_are_refused(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_fixture_create("none", 0)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_fixture_create("odd", SZ_1M + 1)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(carve_fixture_create("huge", BIT_ULL(60))), -ENOMEM);
}

/*
 * The limit applies to all zones together; memory that the kernel doesn't use as
 * RAM has no other limit.
 */
static void too_many_pages_are_refused(struct kunit *test)
{
	struct carveout_request request = {
		.name = "endless",
		.nr_zones = 2,
		.zone[0] = { .size = SZ_1M, .source = "contig", .node = NUMA_NO_NODE },
		.zone[1] = { .size = (CARVE_MAX_PAGES << PAGE_SHIFT) + SZ_1M,
			     .source = "reserved", .phys = BIT_ULL(44),
			     .node = NUMA_NO_NODE, .unmapped = true },
	};

	KUNIT_EXPECT_EQ(test, PTR_ERR(carveout_create(&request)), -ENOMEM);
	KUNIT_EXPECT_STREQ(test, request.refusal,
			   "a carveout has at most 16352 GiB");
}

/* Allocations that keep a carveout in use, each with the expected count */

static void *hold_page(struct carveout *co)
{
	return carve_alloc_page(co, QUIETLY);
}

static void drop_page(struct carveout *co, void *p)
{
	carve_free_page(co, p);
}

static void *hold_block(struct carveout *co)
{
	return carve_alloc_pages(co, QUIETLY, 4);
}

static void drop_block(struct carveout *co, void *p)
{
	carve_free_pages(co, p, 4);
}

static void *hold_exact(struct carveout *co)
{
	return carve_alloc_pages_exact(co, 3 * PAGE_SIZE, QUIETLY);
}

static void drop_exact(struct carveout *co, void *p)
{
	carve_free_pages_exact(co, p, 3 * PAGE_SIZE);
}

static void *hold_small(struct carveout *co)
{
	return carve_kmalloc(co, 100, QUIETLY);
}

/* This object's free map lies in another cache */
static void *hold_tiny(struct carveout *co)
{
	return carve_kmalloc(co, 8, QUIETLY);
}

static void *hold_large(struct carveout *co)
{
	return carve_kmalloc(co, 5 * PAGE_SIZE, QUIETLY);
}

static void drop_kmalloc(struct carveout *co, void *p)
{
	carve_kfree(co, p);
}

static void *hold_area(struct carveout *co)
{
	return carve_vmalloc(co, 10 * PAGE_SIZE);
}

static void drop_area(struct carveout *co, void *p)
{
	carve_vfree(co, p);
}

static void *hold_cache(struct carveout *co)
{
	return carve_cache_create(co, "user's", 200, 0, 0, NULL);
}

static void drop_cache(struct carveout *co, void *p)
{
	carve_cache_destroy(p);
}

struct owner {
	const char *name;
	void *(*get)(struct carveout *co);
	void (*put)(struct carveout *co, void *p);
	unsigned long count;
};

static const struct owner owners[] = {
	{ "page", hold_page, drop_page, 1 },
	{ "block", hold_block, drop_block, 1 },
	{ "exact pages", hold_exact, drop_exact, 3 },
	{ "object", hold_small, drop_kmalloc, 1 },
	{ "tiny object", hold_tiny, drop_kmalloc, 1 },
	{ "large kmalloc", hold_large, drop_kmalloc, 1 },
	{ "area", hold_area, drop_area, 1 },
	{ "cache", hold_cache, drop_cache, 1 },
};

static void get_owner_name(const struct owner *owner, char *name)
{
	strscpy(name, owner->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(owners, owners, get_owner_name);

static void carveout_in_use_is_not_destroyed(struct kunit *test)
{
	const struct owner *owner = test->param_value;
	struct carveout *co = test->priv;
	void *p = owner->get(co);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), owner->count);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), -EBUSY);
	/* The carveout is unchanged and still works */
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), owner->count);
	carve_fixture_check(test, co);
	owner->put(co, p);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 0);

	p = owner->get(co);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	owner->put(co, p);
}

static void allocation_counts_add_up(struct kunit *test)
{
	struct carveout *co = test->priv;
	void *held[ARRAY_SIZE(owners)];
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(owners); i++) {
		held[i] = owners[i].get(co);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, held[i]);
		sum += owners[i].count;
		KUNIT_EXPECT_EQ_MSG(test, carveout_count_allocations(co), sum, "%s",
				    owners[i].name);
	}
	while (i--) {
		owners[i].put(co, held[i]);
		sum -= owners[i].count;
		KUNIT_EXPECT_EQ_MSG(test, carveout_count_allocations(co), sum, "%s",
				    owners[i].name);
	}
}

static void objects_are_counted_with_their_cache(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *cache;
	void *object;

	cache = carve_cache_create(co, "owned", 64, 0, 0, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	object = carve_cache_alloc(cache, QUIETLY);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 2);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), -EBUSY);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), -EBUSY);
	carve_cache_free(cache, object);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 1);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), -EBUSY);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 0);
}

/* Confinement to the region */

static bool lies_within(const struct carveout *co, phys_addr_t phys,
			size_t size)
{
	phys_addr_t start = carve_region_phys(&co->region[0]);

	return phys >= start &&
	       phys + size <= start + carveout_bytes(co);
}

static void expect_confined(struct kunit *test, const struct carveout *co,
			    const void *p, size_t size, const char *what)
{
	KUNIT_EXPECT_TRUE_MSG(test, !is_vmalloc_addr(p) &&
			      lies_within(co, virt_to_phys((void *)p), size),
			      "%s of %zu bytes lies elsewhere", what, size);
}

static void expect_area_confined(struct kunit *test, const struct carveout *co,
				 const void *area, size_t size,
				 const char *what)
{
	size_t offset;

	for (offset = 0; offset < size; offset += PAGE_SIZE)
		KUNIT_EXPECT_TRUE_MSG(test,
				      lies_within(co, PFN_PHYS(vmalloc_to_pfn(area + offset)),
						  PAGE_SIZE),
				      "page %zu of %s lies elsewhere",
				      offset >> PAGE_SHIFT, what);
}

static void expect_magazines_confined(struct kunit *test,
				      const struct carveout *co,
				      const struct carve_magazines *ms,
				      const char *what)
{
	unsigned int cpu;

	expect_confined(test, co, ms, sizeof(*ms), what);
	for_each_possible_cpu(cpu)
		expect_confined(test, co, ms->cpu[cpu],
				sizeof(*ms->cpu[cpu]), what);
}

static void expect_caches_confined(struct kunit *test, struct carveout *co)
{
	struct carve_cache *cache;

	guard(mutex)(&co->slabs.lock);
	list_for_each_entry(cache, &co->slabs.caches, list) {
		expect_confined(test, co, cache, sizeof(*cache), cache->name);
		expect_magazines_confined(test, co, &cache->magazines,
					  cache->name);
	}
}

static void metadata_lies_within_the_carveout(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_cache *made = hold_cache(co);
	struct carve_pcp *pcp;
	unsigned int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, made);
	expect_confined(test, co, co->pages.map,
			co->pages.nr_pages * sizeof(*co->pages.map),
			"array of page descriptors");
	expect_confined(test, co, co->boot.map, sizeof(long), "boot bitmap");
	expect_confined(test, co, co->boot.records,
			co->boot.nr_records * sizeof(*co->boot.records),
			"array of boot records");
	carve_for_each_pcp(pcp, &co->pages.zone[0], i)
		expect_magazines_confined(test, co, &pcp->magazines,
					  "page store");
	expect_caches_confined(test, co);
	drop_cache(co, made);
}

/* The ways to allocate bytes from a carveout */

static void *get_pages_of(struct carveout *co, size_t size)
{
	return (void *)carve_get_free_pages(co, QUIETLY, get_order(size));
}

static void put_pages_of(struct carveout *co, void *p, size_t size)
{
	carve_free_pages_addr(co, (unsigned long)p, get_order(size));
}

static void *get_exact_of(struct carveout *co, size_t size)
{
	return carve_alloc_pages_exact(co, size, QUIETLY);
}

static void *get_kmalloc_of(struct carveout *co, size_t size)
{
	return carve_kmalloc(co, size, QUIETLY);
}

static void put_kmalloc_of(struct carveout *co, void *p, size_t size)
{
	carve_kfree(co, p);
}

/* carve_vmalloc() would log each failure */
static void *get_area_of(struct carveout *co, size_t size)
{
	return carve_vmap_alloc(&co->vmap, size, QUIETLY, _THIS_IP_);
}

static void put_area_of(struct carveout *co, void *p, size_t size)
{
	carve_vfree(co, p);
}

struct way {
	const char *name;
	void *(*get)(struct carveout *co, size_t size);
	void (*put)(struct carveout *co, void *p, size_t size);
	void (*expect)(struct kunit *test, const struct carveout *co,
		       const void *p, size_t size, const char *what);
};

static const struct way ways[] = {
	{ "block", get_pages_of, put_pages_of, expect_confined },
	{ "exact pages", get_exact_of, carve_free_pages_exact,
	  expect_confined },
	{ "kmalloc", get_kmalloc_of, put_kmalloc_of, expect_confined },
	{ "area", get_area_of, put_area_of, expect_area_confined },
};

struct held {
	const struct way *way;
	void *p;
	size_t size;
};

/* At most one for each page of the carveout, and some objects more */
#define MAX_HELD (2 * CARVE_FIXTURE_SIZE / PAGE_SIZE)

/* Allocate this size in all ways in turn until that fails; returns how many are held */
static unsigned int hold_all(struct kunit *test, struct held *held,
			     unsigned int nr, size_t size)
{
	struct carveout *co = test->priv;
	unsigned int failed = 0, way = 0;

	while (failed < ARRAY_SIZE(ways) && nr < MAX_HELD) {
		struct held *h = &held[nr];

		h->way = &ways[way++ % ARRAY_SIZE(ways)];
		h->size = size;
		h->p = h->way->get(co, size);
		if (!h->p) {
			failed++;
			continue;
		}
		failed = 0;
		nr++;
		h->way->expect(test, co, h->p, size, h->way->name);
		memset(h->p, nr, size);
	}
	return nr;
}

static bool all_as_written(const struct held *held, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (memchr_inv(held[i].p, (u8)(i + 1), held[i].size))
			return false;
	return true;
}

/* Odd sizes, from large to small, until the carveout is exhausted */
static void allocations_lie_within_the_carveout(struct kunit *test)
{
	static const size_t sizes[] = { 300000, 50000, 9000, 3000 };
	struct carveout *co = test->priv;
	unsigned int i, nr = 0;
	struct held *held;

	held = kunit_kcalloc(test, MAX_HELD, sizeof(*held), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, held);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		nr = hold_all(test, held, nr, sizes[i]);
	KUNIT_EXPECT_LT(test, nr, MAX_HELD);
	KUNIT_EXPECT_TRUE_MSG(test, all_as_written(held, nr),
			      "some overlap: not what was written");
	/* Full, except for the reserve of __GFP_HIGH */
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co),
			co->pages.zone[0].watermark[CARVE_WMARK_MIN]);
	carve_fixture_check(test, co);
	while (nr--)
		held[nr].way->put(co, held[nr].p, held[nr].size);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 0);
	carve_pages_reclaim(&co->pages);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_free(co),
			co->pages.zone[0].nr_managed);
}

/* Two carveouts */

static void carveouts_are_independent(struct kunit *test)
{
	struct carveout *co = test->priv, *other = carve_fixture_create("other", SZ_1M);
	struct carve_page *page;
	void *object;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	page = carve_alloc_page(co, QUIETLY);
	object = carve_kmalloc(co, 64, QUIETLY);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_EXPECT_FALSE(test, lies_within(other,
					     carve_page_to_phys(co, page),
					     PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, carve_virt_to_page(other, object));

	/* A free to the wrong carveout is refused, and the memory stays allocated */
	carve_free_page(other, page);
	carve_kfree(other, object);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(other), 2);
	KUNIT_EXPECT_EQ(test, carve_fixture_nr_bad_frees(co), 0);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 2);
	KUNIT_EXPECT_EQ(test, carveout_destroy(other), 0);

	carve_free_page(co, page);
	carve_kfree(co, object);
}

/* CPU hotplug */

static void leave_in_magazines(void *arg)
{
	struct carveout *co = arg;

	carve_kfree(co, carve_kmalloc(co, 64, GFP_ATOMIC | __GFP_NOWARN));
	carve_free_page(co, carve_alloc_page(co, GFP_ATOMIC | __GFP_NOWARN));
}

static unsigned long nr_in_magazines(struct carveout *co, unsigned int cpu)
{
	struct carve_pcp *pcp = co->pages.zone[0].pcp[CARVE_MIGRATE_UNMOVABLE][0];
	struct carve_cache *cache;
	unsigned long n = carve_magazine_count(pcp->magazines.cpu[cpu]);

	guard(mutex)(&co->slabs.lock);
	list_for_each_entry(cache, &co->slabs.caches, list)
		n += carve_magazine_count(cache->magazines.cpu[cpu]);
	return n;
}

/* Nothing else works on this carveout, so the CPU can be treated as offline */
static void dead_cpu_is_drained(struct kunit *test)
{
	struct carveout *co = test->priv;
	unsigned int cpu = cpumask_any_but(cpu_online_mask, get_cpu());

	put_cpu();
	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "there is no second CPU");
	KUNIT_ASSERT_EQ(test, smp_call_function_single(cpu, leave_in_magazines,
						       co, 1), 0);
	KUNIT_EXPECT_GE(test, nr_in_magazines(co, cpu), 2);
	carveout_cpu_dead(co, cpu);
	KUNIT_EXPECT_EQ(test, nr_in_magazines(co, cpu), 0);
	KUNIT_EXPECT_EQ(test, carveout_count_allocations(co), 0);
}

/* A CPU that can go offline, other than the first, which the case moves to */
static unsigned int mortal_cpu(struct kunit *test)
{
	unsigned int first = cpumask_first(cpu_online_mask);
	unsigned int cpu = cpumask_any_but(cpu_online_mask, first);

	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "there is no second CPU");
	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(current, cpumask_of(first)),
			0);
	if (remove_cpu(cpu))
		kunit_skip(test, "no CPU can be taken down here");
	KUNIT_ASSERT_EQ(test, add_cpu(cpu), 0);
	return cpu;
}

/* Fill some magazines of the CPU, and take it offline until add_cpu() */
static void leave_and_go(struct kunit *test, unsigned int cpu,
			 void (*leave)(void *arg), void *arg)
{
	KUNIT_ASSERT_EQ(test, smp_call_function_single(cpu, leave, arg, 1), 0);
	KUNIT_ASSERT_EQ(test, remove_cpu(cpu), 0);
}

/* The carveout is on no list, like one that was removed before the CPU went offline */
static void carveout_is_destroyed_after_a_cpu_went_offline(struct kunit *test)
{
	unsigned int cpu = mortal_cpu(test);
	struct carveout *co = carve_fixture_create("unlisted", SZ_1M);
	int ret;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	leave_and_go(test, cpu, leave_in_magazines, co);
	KUNIT_EXPECT_GE(test, nr_in_magazines(co, cpu), 2);
	ret = carveout_destroy(co);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	if (ret)
		carveout_destroy(co);
}

static void leave_object(void *cache)
{
	carve_cache_free(cache, carve_cache_alloc(cache, GFP_ATOMIC));
}

static void cache_is_destroyed_after_a_cpu_went_offline(struct kunit *test)
{
	unsigned int cpu = mortal_cpu(test);
	struct carve_cache *cache = carve_cache_create(test->priv, "left", 192,
						       0, 0, NULL);
	int ret;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	leave_and_go(test, cpu, leave_object, cache);
	KUNIT_EXPECT_GT(test, carve_magazine_count(cache->magazines.cpu[cpu]),
			0);
	ret = carve_cache_destroy(cache);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	if (ret)
		carve_cache_destroy(cache);
}

/* Abandoning a carveout */

/**
 * struct reader - extends grace periods
 * @begun: the read-side critical section has begun
 * @end: in jiffies, when it ends; 0: not known yet
 */
struct reader {
	struct completion begun;
	unsigned long end;
};

static int read_until_end(void *arg)
{
	struct reader *reader = arg;
	unsigned long end;

	rcu_read_lock();
	complete(&reader->begun);
	do {
		cpu_relax();
		end = READ_ONCE(reader->end);
	} while (!end || time_before(jiffies, end));
	rcu_read_unlock();
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static struct task_struct *start_reader(struct kunit *test,
					struct reader *reader)
{
	unsigned int other = cpumask_any_but(cpu_online_mask,
					     raw_smp_processor_id());
	struct task_struct *task;

	init_completion(&reader->begun);
	task = kthread_create(read_until_end, reader, "carve_reader");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	kthread_bind(task, other);
	wake_up_process(task);
	wait_for_completion(&reader->begun);
	return task;
}

static struct carveout *create_held(struct kunit *test)
{
	struct carveout_request request = {
		.name = "abandoned",
		.nr_zones = 1,
		.zone[0] = { .size = SZ_1M, .source = "contig",
			     .node = NUMA_NO_NODE },
		.held = true,
	};
	struct carveout *co = carveout_create(&request);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	return co;
}

/* A slab of this cache waits for a reader. Its memory stays reserved until this case ends */
static void abandoned_carveout_stops_its_work(struct kunit *test)
{
	struct carve_region region;
	struct reader reader = { };
	struct carve_cache *cache;
	struct task_struct *task;
	struct carveout *co;
	bool waiting, busy;
	void *object;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs a second CPU");
	co = create_held(test);
	region = co->region[0];
	cache = carve_cache_create(co, "left", 192, 0, SLAB_TYPESAFE_BY_RCU,
				   NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, cache);
	object = carve_cache_alloc(cache, GFP_KERNEL);
	task = start_reader(test, &reader);
	carve_cache_free(cache, object);
	carve_cache_shrink(cache);
	waiting = READ_ONCE(cache->deferred.busy);
	WRITE_ONCE(reader.end, (jiffies + HZ / 2) | 1);
	carveout_abandon(co);
	busy = READ_ONCE(cache->deferred.busy);
	kthread_stop(task);
	KUNIT_EXPECT_TRUE(test, waiting);
	KUNIT_EXPECT_FALSE(test, busy);
	/* Pending work would access freed memory */
	if (!busy)
		carve_region_release(&region);
}

static struct kunit_case instance_cases[] = {
	KUNIT_CASE_PARAM(carveout_in_use_is_not_destroyed, owners_gen_params),
	KUNIT_CASE(allocation_counts_add_up),
	KUNIT_CASE(objects_are_counted_with_their_cache),
	KUNIT_CASE(metadata_lies_within_the_carveout),
	KUNIT_CASE(allocations_lie_within_the_carveout),
	KUNIT_CASE(carveouts_are_independent),
	KUNIT_CASE(dead_cpu_is_drained),
	KUNIT_CASE(carveout_is_destroyed_after_a_cpu_went_offline),
	KUNIT_CASE(cache_is_destroyed_after_a_cpu_went_offline),
	KUNIT_CASE(abandoned_carveout_stops_its_work),
	KUNIT_CASE_PARAM(new_carveout_is_entirely_free, sizes_gen_params),
	KUNIT_CASE(smallest_carveout_works),
	KUNIT_CASE(names_are_checked),
	KUNIT_CASE(bad_requests_are_refused),
	KUNIT_CASE(too_many_pages_are_refused),
	{ }
};

static struct kunit_suite instance_suite = {
	.name = "carveout_instance",
	.init = carve_fixture_init,
	.exit = carve_fixture_exit,
	.test_cases = instance_cases,
};

kunit_test_suite(instance_suite);
