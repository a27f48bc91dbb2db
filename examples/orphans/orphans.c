// SPDX-License-Identifier: GPL-2.0
/*
 * An example for kmemleak: native memory with its only pointers in a carveout: in an
 * object of a cache, in a kmalloc object, in a page, in a page of a larger block that
 * was split, and in an area.
 *
 *	insmod carveout_orphans.ko
 *	echo scan >/sys/kernel/debug/kmemleak; cat /sys/kernel/debug/kmemleak
 *	echo 1 >/sys/module/carveout_orphans/parameters/drop
 *
 * finds no leak before the last line, and all five after it and another scan, since it
 * overwrites the pointers. The module keeps a disguised copy of each to free the memory
 * on exit.
 */
#define pr_fmt(fmt) "carveout_orphans: " fmt

#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <carveout.h>

#define DISGUISE 0x5a5a5a5a5a5a5a5aUL
#define NR_KEEPERS 5

static struct carveout *co;
static struct carve_cache *cache;
static struct carve_page *page;
static struct carve_page *block;

/* Addresses of the pointers, inside memory of the carveout */
static void **keepers[NR_KEEPERS];
/* The same pointers in a form that kmemleak doesn't recognize */
static unsigned long disguised[NR_KEEPERS];

static int drop_orphans(const char *value, const struct kernel_param *kp)
{
	int i;

	/* scripts/check-log expects this line */
	pr_info("kmemleak is meant to find %d\n", NR_KEEPERS);
	for (i = 0; i < NR_KEEPERS; i++)
		WRITE_ONCE(*keepers[i], NULL);
	return 0;
}

static const struct kernel_param_ops drop_ops = { .set = drop_orphans };

module_param_cb(drop, &drop_ops, NULL, 0200);
MODULE_PARM_DESC(drop, "write anything to overwrite the pointers to native memory");

static void give_back(void)
{
	int i;

	for (i = 0; i < NR_KEEPERS; i++)
		if (disguised[i])
			kfree((void *)(disguised[i] ^ DISGUISE));
	carve_vfree(co, keepers[4] ? keepers[4] - 512 : NULL);
	carve_free_page(co, block);
	if (block)
		carve_free_page(co, carve_virt_to_page(co, keepers[3]));
	carve_free_page(co, page);
	carve_kfree(co, keepers[1] ? keepers[1] - 100 : NULL);
	if (!IS_ERR_OR_NULL(cache)) {
		if (keepers[0])
			carve_cache_free(cache, keepers[0] - 8);
		carve_cache_destroy(cache);
	}
	carveout_put(co);
}

/* A word of zeroed memory, @offset words on; NULL for none */
static void **keeper_at(void **memory, size_t offset)
{
	return memory ? memory + offset : NULL;
}

/* The block of two pages becomes two, of which the second is the keeper */
static void **split_block(void)
{
	block = carve_alloc_pages(co, GFP_KERNEL | __GFP_ZERO, 1);
	if (!block)
		return NULL;
	carve_split_page(co, block, 1);
	return keeper_at(carve_page_address(co, block), 512);
}

static int find_keepers(void)
{
	int i;

	keepers[0] = keeper_at(carve_cache_zalloc(cache, GFP_KERNEL), 8);
	keepers[1] = keeper_at(carve_kzalloc(co, 1000, GFP_KERNEL), 100);
	page = carve_alloc_page(co, GFP_KERNEL | __GFP_ZERO);
	if (page)
		keepers[2] = keeper_at(carve_page_address(co, page), 300);
	keepers[3] = split_block();
	keepers[4] = keeper_at(carve_vzalloc(co, 3 * PAGE_SIZE), 512);
	for (i = 0; i < NR_KEEPERS; i++)
		if (!keepers[i])
			return -ENOMEM;
	return 0;
}

static int fill_keepers(void)
{
	int i;

	for (i = 0; i < NR_KEEPERS; i++) {
		*keepers[i] = kmalloc(100, GFP_KERNEL);
		if (!*keepers[i])
			return -ENOMEM;
		disguised[i] = (unsigned long)*keepers[i] ^ DISGUISE;
	}
	return 0;
}

static int __init orphans_init(void)
{
	int ret;

	co = carveout_get(NULL);
	if (!co)
		return -ENODEV;
	cache = carve_cache_create(co, "orphans", 200, 0, 0, NULL);
	ret = PTR_ERR_OR_ZERO(cache);
	if (!ret)
		ret = find_keepers();
	if (!ret)
		ret = fill_keepers();
	if (ret)
		give_back();
	return ret;
}

static void __exit orphans_exit(void)
{
	give_back();
}

module_init(orphans_init);
module_exit(orphans_exit);
MODULE_DESCRIPTION("Example: native memory that only a carveout points to");
MODULE_LICENSE("GPL");
