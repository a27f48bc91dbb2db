// SPDX-License-Identifier: GPL-2.0
/*
 * An example of a module that allocates all its memory from a carveout: a cache of
 * records, a buffer, a block of pages for a device, and a large table. Kbuild says how
 * to build it; include/carveout.h documents the functions.
 */
#define pr_fmt(fmt) "carveout_client: " fmt

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <carveout.h>

static char *carveout;
module_param(carveout, charp, 0444);
MODULE_PARM_DESC(carveout, "name of the carveout to use; the first one if not given");

#define RING_ORDER 3
#define TABLE_BYTES SZ_1M

struct record {
	u64 key;
	char value[48];
};

static struct carveout *co;
static struct carve_cache *records;
static struct record *record;
static char *greeting;
static struct carve_page *ring;
static u64 *table;

/* Free everything, in any order, before the carveout is put. NULL is ignored. */
static void give_back(void)
{
	carve_vfree(co, table);
	carve_free_pages(co, ring, RING_ORDER);
	carve_kfree(co, greeting);
	if (records) {
		carve_cache_free(records, record);
		carve_cache_destroy(records);
	}
	carveout_put(co);
}

static int __init take_cache(void)
{
	struct carve_cache *cache;

	cache = carve_cache_create(co, "client_record", sizeof(struct record),
				   0, SLAB_HWCACHE_ALIGN, NULL);
	if (IS_ERR(cache))
		return PTR_ERR(cache);
	records = cache;
	record = carve_cache_zalloc(records, GFP_KERNEL);
	return record ? 0 : -ENOMEM;
}

static int __init take_memory(void)
{
	greeting = carve_kstrdup(co, "hello from the carveout", GFP_KERNEL);
	ring = carve_alloc_pages(co, GFP_KERNEL | __GFP_ZERO, RING_ORDER);
	table = carve_vzalloc(co, TABLE_BYTES);
	return greeting && ring && table ? 0 : -ENOMEM;
}

static void __init tell(void)
{
	phys_addr_t phys = carve_page_to_phys(co, ring);

	record->key = 42;
	table[TABLE_BYTES / sizeof(*table) - 1] = record->key;
	pr_info("%s: %zu bytes of text, a ring at %pa, a table of %u KiB\n",
		greeting, carve_ksize(co, greeting), &phys,
		TABLE_BYTES / SZ_1K);
}

static int __init client_init(void)
{
	int ret;

	co = carveout_get(carveout);
	if (!co) {
		pr_err("there is no such carveout\n");
		return -ENODEV;
	}
	ret = take_cache();
	if (!ret)
		ret = take_memory();
	if (ret) {
		give_back();
		return ret;
	}
	tell();
	return 0;
}

static void __exit client_exit(void)
{
	give_back();
}

module_init(client_init);
module_exit(client_exit);

MODULE_DESCRIPTION("Example of a module that uses a carveout");
MODULE_AUTHOR("The carveout developers");
MODULE_LICENSE("GPL");
