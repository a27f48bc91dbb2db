// SPDX-License-Identifier: GPL-2.0
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include <xen/xen.h>

#include <carveout.h>

#include "kunit/fixture.h"
#include "page/reclaim.h"

struct carveout *carve_fixture_create(const char *name, u64 size)
{
	struct carveout_request request = {
		.name = name,
		.nr_zones = 1,
		.zone[0] = {
			.size = size,
			.source = "contig",
			.node = NUMA_NO_NODE,
		},
	};

	return carveout_create(&request);
}

/* For cases that don't test these settings: no reserve, no waiting */
void carve_fixture_unbind(struct carveout *co)
{
	struct carve_zone *zone;

	carve_for_each_zone(zone, &co->pages)
		carve_zone_set_watermarks(zone, 0);
	co->pages.wait_ms = 0;
}

void carve_fixture_destroy(struct kunit *test, struct carveout *co)
{
	struct carve_zone *zone;

	/* Background reclaim may hold pages that it is moving */
	carve_pages_stop(&co->pages);
	carve_pages_reclaim(&co->pages);
	carve_for_each_zone(zone, &co->pages)
		KUNIT_EXPECT_EQ(test, carve_zone_nr_free(zone),
				zone->nr_managed);
	carve_fixture_check(test, co);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

int carve_fixture_init(struct kunit *test)
{
	struct carveout *co = carve_fixture_create("fixture",
						   CARVE_FIXTURE_SIZE);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, co);
	test->priv = co;
	carve_fixture_stay_on_cpu(test);
	carveout_wait_setup(co);
	carve_fixture_unbind(co);
	return 0;
}

void carve_fixture_check(struct kunit *test, struct carveout *co)
{
	struct carve_report r = { .name = co->name };

	carveout_check(co, &r);
	KUNIT_EXPECT_EQ(test, r.violations, 0);
}

void carve_fixture_exit(struct kunit *test)
{
	struct carveout *co = test->priv;

	/* .init may have failed */
	if (!co)
		return;
	carve_fixture_check(test, co);
	KUNIT_EXPECT_EQ(test, carveout_destroy(co), 0);
}

int carve_fixture_init_more(struct kunit *test, size_t size)
{
	struct carveout **ctx = kunit_kzalloc(test, size, GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ret = carve_fixture_init(test);
	if (ret)
		return ret;
	*ctx = test->priv;
	test->priv = ctx;
	return 0;
}

void carve_fixture_exit_more(struct kunit *test)
{
	struct carveout **ctx = test->priv;

	if (!ctx)
		return;
	test->priv = *ctx;
	carve_fixture_exit(test);
}

/* Each case has a thread of its own, so the affinity needn't be restored */
void carve_fixture_stay_on_cpu(struct kunit *test)
{
	const struct cpumask *mask = cpumask_of(raw_smp_processor_id());

	KUNIT_ASSERT_EQ(test, set_cpus_allowed_ptr(current, mask), 0);
}

unsigned long carve_fixture_nr_left(struct carve_zone *zone)
{
	return carve_zone_nr_free(zone) + carve_zone_nr_pcp(zone);
}

unsigned long carve_fixture_nr_free(struct carveout *co)
{
	struct carve_zone *zone;
	unsigned long pages = 0;

	carve_for_each_zone(zone, &co->pages)
		pages += carve_fixture_nr_left(zone);
	return pages;
}

unsigned long carve_fixture_collect(struct carveout *co)
{
	carve_vmap_flush(&co->vmap);
	irq_work_sync(&co->pages.wake);
	flush_work(&co->pages.background);
	carve_pages_reclaim(&co->pages);
	return carve_fixture_nr_free(co);
}

struct carve_vmap_usage carve_fixture_areas(struct carveout *co)
{
	struct carve_vmap_usage usage;

	carve_vmap_usage(&co->vmap, &usage);
	return usage;
}

struct carve_chain *carve_fixture_take_objects(struct carve_cache *cache,
					       unsigned long *n)
{
	struct carve_chain *first = NULL, *object;
	unsigned long i;

	for (i = 0; i < *n; i++) {
		object = carve_cache_alloc(cache, GFP_KERNEL | __GFP_NOWARN |
						  __GFP_HIGH);
		if (!object)
			break;
		object->next = first;
		first = object;
		cond_resched();
	}
	*n = i;
	return first;
}

void carve_fixture_give_objects(struct carve_cache *cache,
				struct carve_chain *first)
{
	struct carve_chain *next;

	for (; first; first = next) {
		next = first->next;
		carve_cache_free(cache, first);
		cond_resched();
	}
}

struct device *carve_fixture_device(struct kunit *test, const char *name)
{
	/* Without a module: Linux 6.1 runs suites before the module's directory exists */
	struct device *dev = __root_device_register(name, NULL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	dev->dma_mask = &dev->coherent_dma_mask;
	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	return dev;
}

void carve_fixture_remove_device(struct device *dev)
{
	if (IS_ERR_OR_NULL(dev))
		return;
	dev->dma_mask = NULL;
	root_device_unregister(dev);
}

void carve_fixture_drain_cache(struct carve_cache *cache)
{
	carve_magazines_drain(&cache->magazines);
}

struct carve_page *carve_fixture_take_pages(struct carveout *co)
{
	struct carve_page *first = NULL, *page;

	while ((page = carve_alloc_page(co, GFP_KERNEL | __GFP_NOWARN |
					__GFP_HIGH))) {
		*(struct carve_page **)carve_page_address(co, page) = first;
		first = page;
	}
	return first;
}

void carve_fixture_give_pages(struct carveout *co, struct carve_page *first)
{
	while (first) {
		struct carve_page *page = first;

		first = *(struct carve_page **)carve_page_address(co, page);
		carve_free_page(co, page);
	}
}

struct carve_object *carve_fixture_open_object(struct kunit *test)
{
	struct carveout *co = test->priv;
	struct carve_object *object = carve_object_open(&co->user, NULL);

	KUNIT_ASSERT_NOT_NULL(test, object);
	return object;
}

bool carve_fixture_has_window(void)
{
	return IS_ENABLED(CONFIG_ARM64) ||
	       (IS_ENABLED(CONFIG_X86_64) && !IS_ENABLED(CONFIG_UML) &&
		!xen_pv_domain());
}

void carve_fixture_needs_window(struct kunit *test)
{
	if (!carve_fixture_has_window())
		kunit_skip(test, "page table entries aren't ours to write here");
}

/* With up to this many CPUs even the smallest carveouts of the suites have magazines */
#define FEW_CPUS 8

void carve_fixture_needs_magazines(struct kunit *test, bool there)
{
	if (there)
		return;
	KUNIT_ASSERT_GT(test, num_possible_cpus(), FEW_CPUS);
	kunit_skip(test, "the carveout is too small for magazines on so many CPUs");
}

/*
 * User Mode Linux never returns from a fault on an address that might be mapped:
 * there the page tables are read instead.
 */
bool carve_fixture_readable(const void *p)
{
	u8 byte;

	if (IS_ENABLED(CONFIG_UML))
		return vmalloc_to_page(p);
	return !copy_from_kernel_nofault(&byte, p, 1);
}

void carve_fixture_seed(struct kunit *test, struct rnd_state *rnd, u64 seed)
{
	kunit_info(test, "seed %llu", seed);
	prandom_seed_state(rnd, seed);
}

u64 carve_fixture_any_seed(void)
{
	return get_random_u64();
}

u32 carve_fixture_random(struct rnd_state *rnd, u32 below)
{
	return prandom_u32_state(rnd) % below;
}
