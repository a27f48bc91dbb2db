// SPDX-License-Identifier: GPL-2.0
/*
 * The files alloc, free, drain, shrink and handles
 *
 * While there are handles, a reference to the carveout is held, so that it
 * can't be removed, nor the module unloaded.
 *
 * Lock order: the file's mutex, the handles' mutex, all others of the module.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/seq_file.h>

#include <carveout.h>

#include "core/instance.h"
#include "debugfs/alloc.h"
#include "debugfs/parse.h"
#include "page/reclaim.h"
#include "slab/caches.h"

static bool pin_carveout(struct carve_alloc_files *files)
{
	if (!files->pinned)
		files->pinned = carveout_get(files->co->name) == files->co;
	return files->pinned;
}

static void unpin_if_unused(struct carve_alloc_files *files)
{
	if (!files->pinned || carve_handles_held(&files->handles))
		return;
	files->pinned = false;
	carveout_put(files->co);
}

/* Interruptible, because the owner of the lock may wait for memory for long */
static int lock_handles(struct carve_alloc_files *files, struct carve_reply *reply)
{
	if (mutex_lock_interruptible(&files->handles.lock))
		return carve_reply_error(reply, -ERESTARTSYS,
					 "interrupted while another line was done");
	return 0;
}

static void unlock_handles(struct carve_alloc_files *files)
{
	unpin_if_unused(files);
	mutex_unlock(&files->handles.lock);
}

static int run_alloc(void *context, const char *line,
		     struct carve_reply *reply)
{
	struct carve_alloc_files *files = context;
	const struct carve_alloc_limits limits = {
		.max_order = carve_pages_max_order(&files->co->pages),
		.bytes = carveout_bytes(files->co),
	};
	struct carve_alloc_request request;
	int ret;

	ret = carve_parse_alloc(line, &limits, &request, reply);
	if (ret)
		return ret;
	ret = lock_handles(files, reply);
	if (ret)
		return ret;
	if (pin_carveout(files))
		ret = carve_handles_alloc(&files->handles, &request, reply);
	else
		ret = carve_reply_error(reply, -ENODEV,
					"the carveout is being removed");
	unlock_handles(files);
	return ret;
}

static int run_free(void *context, const char *line,
		    struct carve_reply *reply)
{
	struct carve_alloc_files *files = context;
	struct carve_free_request request;
	int ret;

	ret = carve_parse_free(line, &request, reply);
	if (ret)
		return ret;
	ret = lock_handles(files, reply);
	if (ret)
		return ret;
	ret = carve_handles_free(&files->handles, &request, reply);
	unlock_handles(files);
	return ret;
}

static unsigned long nr_pcp_pages(struct carveout *co)
{
	struct carve_zone *zone;
	unsigned long pages = 0;

	carve_for_each_zone(zone, &co->pages)
		pages += carve_zone_nr_pcp(zone);
	return pages;
}

static int run_drain(void *context, const char *line,
		     struct carve_reply *reply)
{
	struct carve_alloc_files *files = context;
	unsigned long nr;
	int ret;

	ret = carve_parse_one(line, reply);
	if (ret)
		return ret;
	nr = nr_pcp_pages(files->co);
	carve_pages_find_broken(&files->co->pages);
	carve_pages_drain(&files->co->pages);
	carve_reply_set(reply, "drained %lu pages", nr);
	return 0;
}

static int run_shrink(void *context, const char *line,
		      struct carve_reply *reply)
{
	struct carve_alloc_files *files = context;
	unsigned long pages;
	int ret;

	ret = carve_parse_one(line, reply);
	if (ret)
		return ret;
	pages = carve_vmap_shrink(&files->co->vmap);
	pages += carve_slabs_shrink(&files->co->slabs);
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
		.usage = "write 1 to give the buddy system what the per-CPU lists of pages hold",
	},
	{
		.name = "shrink", .run = run_shrink,
		.usage = "write 1 to give the page allocator what is kept in free areas and empty slabs",
	},
};

static_assert(ARRAY_SIZE(commands) == CARVE_NR_ALLOC_FILES);

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

void carve_alloc_files_init(struct carve_alloc_files *files, struct carveout *co)
{
	files->co = co;
	files->pinned = false;
	carve_handles_init(&files->handles, co);
	co->handles = &files->handles;
}

void carve_alloc_files_destroy(struct carve_alloc_files *files)
{
	files->co->handles = NULL;
	carve_handles_destroy(&files->handles);
	if (files->pinned)
		carveout_put(files->co);
}

void carve_alloc_files_add(struct carve_alloc_files *files, struct dentry *dir)
{
	unsigned int i;

	for (i = 0; i < CARVE_NR_ALLOC_FILES; i++)
		carve_command_add(&files->file[i], &commands[i], files, dir);
	debugfs_create_file("handles", 0400, dir, &files->handles,
			    &handles_fops);
}
