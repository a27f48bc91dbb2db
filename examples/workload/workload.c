// SPDX-License-Identifier: GPL-2.0
/*
 * A workload: makes many allocations of one kind from a carveout, frees them, and
 * logs how many succeeded.
 *
 *	insmod carveout_workload.ko kind=kmalloc count=10000
 *
 * It links allocations through their first bytes and needs no other memory, so that
 * a trace of the kernel's allocators shows allocations by carveout only.
 */
#define pr_fmt(fmt) "carveout_workload: " fmt

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <carveout.h>

static char *carveout;
module_param(carveout, charp, 0444);
MODULE_PARM_DESC(carveout, "name of the carveout to use; the first one if not given");

static char *kind = "pages";
module_param(kind, charp, 0444);
MODULE_PARM_DESC(kind, "kind of allocation: pages, kmalloc, cache, vmalloc");

static unsigned long count;
module_param(count, ulong, 0444);
MODULE_PARM_DESC(count, "number of allocations; 0 for as many as possible");

/* The first bytes of each allocation */
struct thing {
	struct thing *next;
	unsigned long size;
};

/* Functions to allocate and free a kind; the n-th allocation has its own size */
struct way {
	const char *name;
	struct thing *(*take)(unsigned long n, gfp_t gfp);
	void (*give)(struct thing *thing);
};

static struct carveout *co;
static struct carve_cache *cache;

static struct thing *take_pages(unsigned long n, gfp_t gfp)
{
	unsigned int order = n % 4;
	struct thing *thing = (void *)carve_get_free_pages(co, gfp, order);

	if (thing)
		thing->size = order;
	return thing;
}

static void give_pages(struct thing *thing)
{
	carve_free_pages_addr(co, (unsigned long)thing, thing->size);
}

static struct thing *take_kmalloc(unsigned long n, gfp_t gfp)
{
	return carve_kmalloc(co, sizeof(struct thing) + n * 37 % 3000, gfp);
}

static void give_kmalloc(struct thing *thing)
{
	carve_kfree(co, thing);
}

static struct thing *take_object(unsigned long n, gfp_t gfp)
{
	return carve_cache_alloc(cache, gfp);
}

static void give_object(struct thing *thing)
{
	carve_cache_free(cache, thing);
}

static struct thing *take_area(unsigned long n, gfp_t gfp)
{
	return carve_vmalloc(co, n * 5000 % SZ_64K + 1);
}

static void give_area(struct thing *thing)
{
	carve_vfree(co, thing);
}

static const struct way ways[] = {
	{ "pages", take_pages, give_pages },
	{ "kmalloc", take_kmalloc, give_kmalloc },
	{ "cache", take_object, give_object },
	{ "vmalloc", take_area, give_area },
};

/* Cycle through the gfp flags that a driver would use */
static const gfp_t flags[] = {
	GFP_KERNEL | __GFP_NOWARN,
	GFP_ATOMIC | __GFP_NOWARN,
	GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN,
	GFP_NOWAIT | __GFP_NOWARN,
};

static unsigned long take(const struct way *way, struct thing **all)
{
	struct thing *thing;
	unsigned long n;

	for (n = 0; !count || n < count; n++) {
		thing = way->take(n, flags[n % ARRAY_SIZE(flags)]);
		if (!thing)
			break;
		thing->next = *all;
		*all = thing;
		cond_resched();
	}
	return n;
}

static void give(const struct way *way, struct thing *all)
{
	struct thing *next;

	for (; all; all = next) {
		next = all->next;
		way->give(all);
		cond_resched();
	}
}

static int work(const struct way *way)
{
	struct thing *all = NULL;
	unsigned long n;

	cache = carve_cache_create(co, "workload", 200, 0, 0, NULL);
	if (IS_ERR(cache))
		return PTR_ERR(cache);
	n = take(way, &all);
	pr_info("%lu of %s\n", n, way->name);
	give(way, all);
	carve_cache_destroy(cache);
	return n ? 0 : -ENOMEM;
}

static int __init workload_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		if (!strcmp(ways[i].name, kind))
			break;
	if (i == ARRAY_SIZE(ways)) {
		pr_err("unknown kind \"%s\"\n", kind);
		return -EINVAL;
	}
	co = carveout_get(carveout);
	if (!co) {
		pr_err("there is no such carveout\n");
		return -ENODEV;
	}
	ret = work(&ways[i]);
	carveout_put(co);
	return ret;
}

static void __exit workload_exit(void)
{
}

module_init(workload_init);
module_exit(workload_exit);

MODULE_DESCRIPTION("Example of a module that works a carveout hard");
MODULE_AUTHOR("The carveout developers");
MODULE_LICENSE("GPL");
