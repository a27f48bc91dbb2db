// SPDX-License-Identifier: GPL-2.0
/*
 * The poke files.
 *
 * While there is a handle, the carveout is held like any other user's: so it
 * can't be removed, nor the module unloaded, under what was poked.
 *
 * Locks: a file's own mutex, then the handles', then all others of the module.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/seq_file.h>

#include <carveout.h>

#include "face/parse.h"
#include "face/poke.h"
#include "instance.h"

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

/* Whoever has them may wait for memory for long */
static int lock_handles(struct carve_pokes *pokes, struct carve_reply *reply)
{
	if (mutex_lock_interruptible(&pokes->handles.lock))
		return carve_reply_error(reply, -ERESTARTSYS,
					 "interrupted while another line was done");
	return 0;
}

static void unlock_handles(struct carve_pokes *pokes)
{
	unpin_if_unused(pokes);
	mutex_unlock(&pokes->handles.lock);
}

static int run_alloc(void *context, const char *line,
		     struct carve_reply *reply)
{
	struct carve_pokes *pokes = context;
	const struct carve_alloc_limits limits = {
		.max_order = carve_pages_max_order(&pokes->co->pages),
		.bytes = carveout_bytes(pokes->co),
	};
	struct carve_alloc_request request;
	int ret;

	ret = carve_parse_alloc(line, &limits, &request, reply);
	if (ret)
		return ret;
	ret = lock_handles(pokes, reply);
	if (ret)
		return ret;
	if (pin(pokes))
		ret = carve_handles_alloc(&pokes->handles, &request, reply);
	else
		ret = carve_reply_error(reply, -ENODEV,
					"the carveout is being removed");
	unlock_handles(pokes);
	return ret;
}

static int run_free(void *context, const char *line,
		    struct carve_reply *reply)
{
	struct carve_pokes *pokes = context;
	struct carve_free_request request;
	int ret;

	ret = carve_parse_free(line, &request, reply);
	if (ret)
		return ret;
	ret = lock_handles(pokes, reply);
	if (ret)
		return ret;
	ret = carve_handles_free(&pokes->handles, &request, reply);
	unlock_handles(pokes);
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

static int run_drain(void *context, const char *line,
		     struct carve_reply *reply)
{
	struct carve_pokes *pokes = context;
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

static int run_shrink(void *context, const char *line,
		      struct carve_reply *reply)
{
	struct carve_pokes *pokes = context;
	unsigned long pages;
	int ret;

	ret = carve_parse_one(line, reply);
	if (ret)
		return ret;
	pages = carve_vmap_shrink(&pokes->co->vmap);
	pages += carve_slabs_shrink(&pokes->co->slabs);
	carve_reply_set(reply, "gave %lu pages back", pages);
	return 0;
}

static const struct carve_command commands[] = {
	{
		.name = "alloc", .run = run_alloc,
		.usage = "write a line: pages ORDER, exact SIZE, kmalloc SIZE, cache_create NAME SIZE [ALIGN], cache_alloc NAME, vmalloc SIZE or vzalloc SIZE; [GFP] and then [xN] may follow",
	},
	{
		.name = "free", .run = run_free,
		.usage = "write a line: 7 or 7-16 or all to free handles, cache NAME to destroy a cache",
	},
	{
		.name = "drain", .run = run_drain,
		.usage = "write 1 to give the buddy system what the per-CPU stores of pages hold",
	},
	{
		.name = "shrink", .run = run_shrink,
		.usage = "write 1 to give the page allocator what is kept in free areas and empty slabs",
	},
};

static_assert(ARRAY_SIZE(commands) == CARVE_NR_POKE_FILES);

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
	pokes->co = co;
	pokes->pinned = false;
	carve_handles_init(&pokes->handles, co);
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
		carve_command_add(&pokes->file[i], &commands[i], pokes, dir);
	debugfs_create_file("handles", 0400, dir, &pokes->handles,
			    &handles_fops);
}
