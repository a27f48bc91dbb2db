// SPDX-License-Identifier: GPL-2.0
/*
 * An example of a module that uses pages without a kernel address, from an unmapped
 * zone of a carveout. It allocates pages, writes to each through carve_kmap_local(),
 * reads all of them through carve_kmap(), and then uses all kmap slots, so that
 * another task has to wait for one. Kbuild says how to build it.
 */
#define pr_fmt(fmt) "carveout_highmem: " fmt

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <carveout.h>

static char *carveout;
module_param(carveout, charp, 0444);
MODULE_PARM_DESC(carveout, "name of the carveout to use; the first one if not given");

static unsigned int nr_pages = 2000;
module_param_named(pages, nr_pages, uint, 0444);
MODULE_PARM_DESC(pages, "number of pages");

/* Number of slots of carve_kmap() */
#define SLOTS 512
#define WORDS (PAGE_SIZE / sizeof(u64))

static struct carveout *co;
static struct carve_page **pages;

/* A task that maps a page while all slots are taken */
struct latecomer {
	struct carve_page *page;
	struct completion starts;
	struct completion done;
	bool right;
};

/* Each page holds its number */
static bool holds(const u64 *addr, u64 number)
{
	return addr[0] == number && addr[WORDS - 1] == number;
}

static int take_pages(void)
{
	unsigned long nr;

	pages = carve_kcalloc(co, nr_pages, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	nr = carve_alloc_pages_bulk(co, GFP_HIGHUSER | __GFP_ZERO, nr_pages,
				    pages);
	return nr == nr_pages ? 0 : -ENOMEM;
}

static int write_pages(void)
{
	unsigned int i;
	bool zero;

	for (i = 0; i < nr_pages; i++) {
		u64 *addr = carve_kmap_local(co, pages[i]);

		if (!addr)
			return -ENOMEM;
		zero = !memchr_inv(addr, 0, PAGE_SIZE);
		memset64(addr, i, WORDS);
		carve_kunmap_local(co, addr);
		if (!zero) {
			pr_err("page %u was not zeroed\n", i);
			return -EIO;
		}
	}
	return 0;
}

static int read_pages(void)
{
	unsigned int i;
	bool right;

	for (i = 0; i < nr_pages; i++) {
		right = holds(carve_kmap(co, pages[i]), i);
		carve_kunmap(co, pages[i]);
		if (!right) {
			pr_err("page %u has lost what was written to it\n", i);
			return -EIO;
		}
	}
	return 0;
}

static int come_late(void *arg)
{
	struct latecomer *late = arg;

	complete(&late->starts);
	late->right = holds(carve_kmap(co, late->page), nr_pages - 1);
	carve_kunmap(co, late->page);
	complete(&late->done);
	return 0;
}

/* Use all slots, start a task that waits for one, and free them */
static int make_one_wait(void)
{
	struct latecomer late = { .page = pages[nr_pages - 1] };
	struct task_struct *task;
	bool early = true;
	unsigned int i;

	init_completion(&late.starts);
	init_completion(&late.done);
	for (i = 0; i < SLOTS; i++)
		carve_kmap(co, pages[i]);
	task = kthread_run(come_late, &late, "carveout_late");
	if (!IS_ERR(task)) {
		wait_for_completion(&late.starts);
		early = wait_for_completion_timeout(&late.done, HZ / 2);
	}
	for (i = 0; i < SLOTS; i++)
		carve_kunmap(co, pages[i]);
	if (IS_ERR(task))
		return PTR_ERR(task);
	if (!early)
		wait_for_completion(&late.done);
	if (early || !late.right) {
		pr_err("a page was mapped %s\n",
		       early ? "where there was no slot" : "wrongly");
		return -EIO;
	}
	return 0;
}

/* NULL is ignored */
static void give_back(void)
{
	if (pages)
		carve_free_pages_bulk(co, nr_pages, pages);
	carve_kfree(co, pages);
	carveout_put(co);
}

static int __init work(void)
{
	int ret = take_pages();

	if (!ret)
		ret = write_pages();
	if (!ret)
		ret = read_pages();
	if (!ret && nr_pages > SLOTS && !carve_page_address(co, pages[0]))
		ret = make_one_wait();
	return ret;
}

static int __init highmem_init(void)
{
	int ret;

	co = carveout_get(carveout);
	if (!co) {
		pr_err("there is no such carveout\n");
		return -ENODEV;
	}
	ret = work();
	if (ret) {
		give_back();
		return ret;
	}
	pr_info("%u pages written and read, %s an address of their own\n",
		nr_pages,
		carve_page_address(co, pages[0]) ? "with" : "without");
	return 0;
}

static void __exit highmem_exit(void)
{
	give_back();
}

module_init(highmem_init);
module_exit(highmem_exit);

MODULE_DESCRIPTION("Example of a module that uses a carveout's unmapped pages");
MODULE_AUTHOR("The carveout developers");
MODULE_LICENSE("GPL");
