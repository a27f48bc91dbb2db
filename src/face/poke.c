// SPDX-License-Identifier: GPL-2.0
/*
 * The poke files. Each takes one line a write, and tells what came of it to
 * the next who reads.
 *
 * While there is a handle, the carveout is held like any other user's: so it
 * can't be removed, nor the module unloaded, under what was poked.
 *
 * Locks: the handles' mutex lies outside of all others of the module.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include <carveout.h>

#include "face/parse.h"
#include "face/poke.h"
#include "instance.h"

/* What one of the files does */
struct carve_poke_verb {
	const char *name;
	int (*run)(struct carve_pokes *pokes, const char *line,
		   struct carve_reply *reply);
	const char *usage;
};

static bool pin(struct carve_pokes *pokes)
{
	if (!pokes->pinned)
		pokes->pinned = carveout_get(pokes->co->name) == pokes->co;
	return pokes->pinned;
}

static void unpin_if_unused(struct carve_pokes *pokes)
{
	if (!pokes->pinned || carve_handles_held(&pokes->handles))
		return;
	pokes->pinned = false;
	carveout_put(pokes->co);
}

static int run_alloc(struct carve_pokes *pokes, const char *line,
		     struct carve_reply *reply)
{
	const struct carve_alloc_limits limits = {
		.max_order = carve_pages_max_order(&pokes->co->pages),
		.bytes = carveout_bytes(pokes->co),
	};
	struct carve_alloc_request request;
	int ret;

	ret = carve_parse_alloc(line, &limits, &request, reply);
	if (ret)
		return ret;
	if (!pin(pokes))
		return carve_reply_error(reply, -ENODEV,
					 "the carveout is being removed");
	ret = carve_handles_alloc(&pokes->handles, &request, reply);
	unpin_if_unused(pokes);
	return ret;
}

static int run_free(struct carve_pokes *pokes, const char *line,
		    struct carve_reply *reply)
{
	struct carve_free_request request;
	int ret;

	ret = carve_parse_free(line, &request, reply);
	if (ret)
		return ret;
	ret = carve_handles_free(&pokes->handles, &request, reply);
	unpin_if_unused(pokes);
	return ret;
}

static unsigned long nr_stored(struct carveout *co)
{
	struct carve_zone *zone;
	unsigned long pages = 0;

	carve_for_each_zone(zone, &co->pages)
		pages += carve_zone_nr_stored(zone);
	return pages;
}

static int run_drain(struct carve_pokes *pokes, const char *line,
		     struct carve_reply *reply)
{
	unsigned long stored;
	int ret;

	ret = carve_parse_one(line, reply);
	if (ret)
		return ret;
	stored = nr_stored(pokes->co);
	carve_pages_drain(&pokes->co->pages);
	carve_reply_set(reply, "drained %lu pages", stored);
	return 0;
}

static int run_shrink(struct carve_pokes *pokes, const char *line,
		      struct carve_reply *reply)
{
	int ret;

	ret = carve_parse_one(line, reply);
	if (ret)
		return ret;
	carve_reply_set(reply, "gave %lu pages back",
			carve_slabs_shrink(&pokes->co->slabs));
	return 0;
}

static const struct carve_poke_verb verbs[] = {
	{
		"alloc", run_alloc,
		"write a line: pages ORDER, exact SIZE, kmalloc SIZE, cache_create NAME SIZE [ALIGN], cache_alloc NAME, vmalloc SIZE or vzalloc SIZE; [GFP] and then [xN] may follow",
	},
	{
		"free", run_free,
		"write a line: 7 or 7-16 or all to free handles, cache NAME to destroy a cache",
	},
	{
		"drain", run_drain,
		"write 1 to give the buddy system what the per-CPU stores of pages hold",
	},
	{
		"shrink", run_shrink,
		"write 1 to give the page allocator what caches hold in empty slabs",
	},
};

static_assert(ARRAY_SIZE(verbs) == CARVE_NR_POKE_FILES);

static ssize_t poke_write(struct file *file, const char __user *buf,
			  size_t count, loff_t *ppos)
{
	struct seq_file *m = file->private_data;
	struct carve_poke_file *poke = m->private;
	size_t len = min_t(size_t, count, CARVE_LINE_MAX + 2);
	char raw[CARVE_LINE_MAX + 2];
	char line[CARVE_LINE_MAX + 1];
	int ret;

	/* What is longer than a line and its newline is refused by its start */
	if (copy_from_user(raw, buf, len))
		return -EFAULT;
	guard(mutex)(&poke->pokes->handles.lock);
	ret = carve_parse_raw(raw, len, line, &poke->reply);
	if (!ret)
		ret = poke->verb->run(poke->pokes, line, &poke->reply);
	return ret ?: count;
}

static int poke_show(struct seq_file *m, void *v)
{
	struct carve_poke_file *poke = m->private;

	guard(mutex)(&poke->pokes->handles.lock);
	seq_printf(m, "%s\n", poke->reply.text);
	return 0;
}

static int poke_open(struct inode *inode, struct file *file)
{
	return single_open(file, poke_show, inode->i_private);
}

static const struct file_operations poke_fops = {
	.owner = THIS_MODULE,
	.open = poke_open,
	.read = seq_read,
	.write = poke_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int handles_open(struct inode *inode, struct file *file)
{
	int ret = seq_open(file, &carve_handles_list);

	if (!ret)
		((struct seq_file *)file->private_data)->private =
			inode->i_private;
	return ret;
}

static const struct file_operations handles_fops = {
	.owner = THIS_MODULE,
	.open = handles_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release,
};

void carve_pokes_init(struct carve_pokes *pokes, struct carveout *co)
{
	unsigned int i;

	pokes->co = co;
	pokes->pinned = false;
	carve_handles_init(&pokes->handles, co);
	for (i = 0; i < CARVE_NR_POKE_FILES; i++) {
		struct carve_poke_file *file = &pokes->file[i];

		file->pokes = pokes;
		file->verb = &verbs[i];
		carve_reply_set(&file->reply, "%s", verbs[i].usage);
	}
}

void carve_pokes_destroy(struct carve_pokes *pokes)
{
	carve_handles_destroy(&pokes->handles);
	if (pokes->pinned)
		carveout_put(pokes->co);
}

void carve_pokes_add(struct carve_pokes *pokes, struct dentry *dir)
{
	unsigned int i;

	for (i = 0; i < CARVE_NR_POKE_FILES; i++)
		debugfs_create_file(verbs[i].name, 0600, dir, &pokes->file[i],
				    &poke_fops);
	debugfs_create_file("handles", 0400, dir, &pokes->handles,
			    &handles_fops);
}
