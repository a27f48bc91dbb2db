// SPDX-License-Identifier: GPL-2.0
/*
 * Handles: allocations made through the file alloc, by number.
 *
 * struct handle and struct user_cache are allocated with the kernel's
 * kmalloc(), so that they don't change the state of the carveout.
 *
 * Locking: struct carve_handles @lock guards everything here.
 */
#include <linux/err.h>
#include <linux/instruction_pointer.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <carveout.h>

#include "core/instance.h"
#include "debugfs/handles.h"
#include "slab/caches.h"

/* A cache created through the file alloc */
struct user_cache {
	struct list_head list;
	struct carve_cache *cache;
	unsigned long nr_objects;
};

struct handle {
	unsigned long number;
	enum carve_alloc_op what;
	unsigned int order;
	size_t size;
	struct user_cache *cache;
	void *addr;
};

/* For each kind of allocation: allocate, free, and the bytes in use */

static void *alloc_pages_block(struct carveout *co, const struct handle *h,
			       gfp_t gfp)
{
	return (void *)carve_get_free_pages(co, gfp, h->order);
}

static void free_pages_block(struct carveout *co, const struct handle *h)
{
	carve_free_pages_addr(co, (unsigned long)h->addr, h->order);
}

static size_t pages_bytes(struct carveout *co, const struct handle *h)
{
	return PAGE_SIZE << h->order;
}

static void *alloc_exact(struct carveout *co, const struct handle *h, gfp_t gfp)
{
	return carve_alloc_pages_exact(co, h->size, gfp & ~__GFP_COMP);
}

static void free_exact(struct carveout *co, const struct handle *h)
{
	carve_free_pages_exact(co, h->addr, h->size);
}

static size_t page_aligned_bytes(struct carveout *co, const struct handle *h)
{
	return PAGE_ALIGN(h->size);
}

static void *alloc_kmalloc(struct carveout *co, const struct handle *h,
			   gfp_t gfp)
{
	return carve_kmalloc(co, h->size, gfp);
}

static void free_kmalloc(struct carveout *co, const struct handle *h)
{
	carve_kfree(co, h->addr);
}

static size_t kmalloc_bytes(struct carveout *co, const struct handle *h)
{
	return carve_ksize(co, h->addr);
}

static void *alloc_handle_object(struct carveout *co, const struct handle *h,
				 gfp_t gfp)
{
	void *object = carve_cache_alloc(h->cache->cache, gfp);

	if (object)
		h->cache->nr_objects++;
	return object;
}

static void free_handle_object(struct carveout *co, const struct handle *h)
{
	carve_cache_free(h->cache->cache, h->addr);
	h->cache->nr_objects--;
}

static size_t object_bytes(struct carveout *co, const struct handle *h)
{
	return h->cache->cache->oo.size;
}

/* Not carve_vmalloc(), which has no argument for __GFP_NOWARN */
static void *alloc_area(struct carveout *co, const struct handle *h, gfp_t gfp)
{
	return carve_vmap_alloc(&co->vmap, h->size,
				GFP_KERNEL | __GFP_NOWARN, _THIS_IP_);
}

static void *alloc_zeroed_area(struct carveout *co, const struct handle *h,
			       gfp_t gfp)
{
	return carve_vmap_alloc(&co->vmap, h->size,
				GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO,
				_THIS_IP_);
}

static void free_area(struct carveout *co, const struct handle *h)
{
	carve_vfree(co, h->addr);
}

static const struct kind {
	const char *name;
	void *(*alloc)(struct carveout *co, const struct handle *h, gfp_t gfp);
	void (*free)(struct carveout *co, const struct handle *h);
	size_t (*bytes)(struct carveout *co, const struct handle *h);
} kinds[CARVE_NR_ALLOC_OPS] = {
	[CARVE_ALLOC_PAGES] = {
		"pages", alloc_pages_block, free_pages_block, pages_bytes,
	},
	[CARVE_ALLOC_EXACT] = {
		"exact", alloc_exact, free_exact, page_aligned_bytes,
	},
	[CARVE_ALLOC_KMALLOC] = {
		"kmalloc", alloc_kmalloc, free_kmalloc, kmalloc_bytes,
	},
	[CARVE_ALLOC_CACHE_ALLOC] = {
		"cache", alloc_handle_object, free_handle_object, object_bytes,
	},
	[CARVE_ALLOC_VMALLOC] = {
		"vmalloc", alloc_area, free_area, page_aligned_bytes,
	},
	[CARVE_ALLOC_VZALLOC] = {
		"vzalloc", alloc_zeroed_area, free_area, page_aligned_bytes,
	},
};

void carve_handles_init(struct carve_handles *handles, struct carveout *co)
{
	handles->co = co;
	mutex_init(&handles->lock);
	xa_init(&handles->table);
	handles->nr = 0;
	handles->next = 1;
	INIT_LIST_HEAD(&handles->caches);
}

bool carve_handles_held(const struct carve_handles *handles)
{
	return handles->nr || !list_empty(&handles->caches);
}

/* Caches */

static struct user_cache *find_user_cache(struct carve_handles *handles,
					  const char *name)
{
	struct user_cache *pc;

	list_for_each_entry(pc, &handles->caches, list)
		if (!strcmp(pc->cache->name, name))
			return pc;
	return NULL;
}

static int reply_no_cache(const char *name, struct carve_reply *reply)
{
	return carve_reply_error(reply, -ENOENT,
				 "no cache \"%s\" was made here", name);
}

static int reply_create_error(const char *name, int error, struct carve_reply *reply)
{
	return carve_reply_error(reply, error, "cache \"%s\" %s", name,
				 error == -EEXIST ? "exists already" :
				 error == -ENOMEM ? "found no memory left" :
				 "is not possible");
}

static int create_cache(struct carve_handles *handles,
			const struct carve_alloc_request *request,
			struct carve_reply *reply)
{
	struct user_cache *pc;

	if (carve_cache_name_taken(&handles->co->slabs, request->name))
		return reply_create_error(request->name, -EEXIST, reply);
	pc = kzalloc_obj(*pc);
	if (!pc)
		return reply_create_error(request->name, -ENOMEM, reply);
	pc->cache = carve_cache_create(handles->co, request->name,
				       request->size, request->align, 0, NULL);
	if (IS_ERR(pc->cache)) {
		int ret = PTR_ERR(pc->cache);

		kfree(pc);
		return reply_create_error(request->name, ret, reply);
	}
	list_add_tail(&pc->list, &handles->caches);
	carve_reply_set(reply, "cache %s", request->name);
	return 0;
}

static int destroy_cache(struct carve_handles *handles, const char *name,
			 struct carve_reply *reply)
{
	struct user_cache *pc = find_user_cache(handles, name);

	if (!pc)
		return reply_no_cache(name, reply);
	if (pc->nr_objects)
		return carve_reply_error(reply, -EBUSY,
					 "cache %s has %lu objects in use: free their handles first",
					 name, pc->nr_objects);
	if (carve_cache_destroy(pc->cache))
		return carve_reply_error(reply, -EBUSY,
					 "cache %s has objects in use", name);
	carve_reply_set(reply, "destroyed cache %s", name);
	list_del(&pc->list);
	kfree(pc);
	return 0;
}

/* Handles */

static void free_handle(struct carve_handles *handles, struct handle *h)
{
	kinds[h->what].free(handles->co, h);
	xa_erase(&handles->table, h->number);
	kfree(h);
	handles->nr--;
}

/* Free the handles from @first to @last; returns their number */
static unsigned long free_range(struct carve_handles *handles,
				unsigned long first, unsigned long last)
{
	unsigned long number, freed = 0;
	struct handle *h;

	xa_for_each_range(&handles->table, number, h, first, last) {
		free_handle(handles, h);
		freed++;
		cond_resched();
	}
	return freed;
}

static int add_handle(struct carve_handles *handles,
		      const struct carve_alloc_request *request,
		      struct user_cache *cache)
{
	const struct kind *kind = &kinds[request->what];
	struct handle *h;
	int ret = -ENOMEM;

	h = kzalloc_obj(*h);
	if (!h)
		return ret;
	*h = (struct handle){
		.number = handles->next,
		.what = request->what,
		.order = request->order,
		.size = request->size,
		.cache = cache,
	};
	h->addr = kind->alloc(handles->co, h, request->gfp);
	if (!h->addr)
		goto free_handle;
	ret = xa_insert(&handles->table, h->number, h, GFP_KERNEL);
	if (ret)
		goto free_memory;
	handles->next++;
	handles->nr++;
	return 0;

free_memory:
	kind->free(handles->co, h);
free_handle:
	kfree(h);
	return ret;
}

static int add_handles(struct carve_handles *handles,
		       const struct carve_alloc_request *request,
		       struct user_cache *cache, struct carve_reply *reply)
{
	unsigned long first = handles->next;
	unsigned int i;
	int ret;

	for (i = 0; i < request->times; i++) {
		ret = fatal_signal_pending(current) ? -EINTR :
		      add_handle(handles, request, cache);
		if (ret)
			goto undo;
		cond_resched();
	}
	return 0;

undo:
	if (i)
		free_range(handles, first, first + i - 1);
	handles->next = first;
	return carve_reply_error(reply, ret, "%s after %u of %u",
				 ret == -EINTR ? "interrupted" :
						 "out of memory",
				 i, request->times);
}

/* Handle numbers can wrap on 32-bit machines */
static bool room_for_handles(const struct carve_handles *handles, unsigned int times)
{
	return times <= CARVE_HANDLES_MAX - handles->nr &&
	       times <= ULONG_MAX - handles->next;
}

int carve_handles_alloc(struct carve_handles *handles,
			const struct carve_alloc_request *request,
			struct carve_reply *reply)
{
	struct user_cache *cache = NULL;
	int ret;

	lockdep_assert_held(&handles->lock);
	if (request->what == CARVE_ALLOC_CACHE_CREATE)
		return create_cache(handles, request, reply);
	if (!room_for_handles(handles, request->times))
		return carve_reply_error(reply, -ENOSPC,
					 "too many handles: %lu are held, and %d can be",
					 handles->nr, CARVE_HANDLES_MAX);
	if (request->what == CARVE_ALLOC_CACHE_ALLOC) {
		cache = find_user_cache(handles, request->name);
		if (!cache)
			return reply_no_cache(request->name, reply);
	}
	ret = add_handles(handles, request, cache, reply);
	if (ret)
		return ret;
	if (request->times == 1)
		carve_reply_set(reply, "handle %lu", handles->next - 1);
	else
		carve_reply_set(reply, "handles %lu-%lu",
				handles->next - request->times,
				handles->next - 1);
	return 0;
}

/* First number from @first to @last without a handle, or @last + 1 */
static unsigned long find_handle_gap(struct carve_handles *handles,
				     unsigned long first, unsigned long last)
{
	unsigned long number, expected = first;
	struct handle *h;

	xa_for_each_range(&handles->table, number, h, first, last) {
		if (number != expected)
			break;
		expected++;
	}
	return expected;
}

static int free_handles(struct carve_handles *handles,
			const struct carve_free_request *request,
			struct carve_reply *reply)
{
	unsigned long gap;

	/* No handle has this number, and @last + 1 would wrap to 0 */
	if (request->last == ULONG_MAX)
		gap = ULONG_MAX;
	else
		gap = find_handle_gap(handles, request->first, request->last);
	if (gap <= request->last)
		return carve_reply_error(reply, -ENOENT, "no handle %lu", gap);
	carve_reply_set(reply, "freed %lu",
			free_range(handles, request->first, request->last));
	return 0;
}

int carve_handles_free(struct carve_handles *handles,
		       const struct carve_free_request *request,
		       struct carve_reply *reply)
{
	lockdep_assert_held(&handles->lock);
	switch (request->what) {
	case CARVE_FREE_HANDLES:
		return free_handles(handles, request, reply);
	case CARVE_FREE_CACHE:
		return destroy_cache(handles, request->name, reply);
	case CARVE_FREE_ALL:
		carve_reply_set(reply, "freed %lu",
				free_range(handles, 0, ULONG_MAX));
		return 0;
	}
	return -EINVAL;
}

void carve_handles_destroy(struct carve_handles *handles)
{
	struct user_cache *pc, *next;

	free_range(handles, 0, ULONG_MAX);
	list_for_each_entry_safe(pc, next, &handles->caches, list) {
		carve_cache_destroy(pc->cache);
		list_del(&pc->list);
		kfree(pc);
	}
	xa_destroy(&handles->table);
	mutex_destroy(&handles->lock);
}

/* The file handles: a position is the number of a handle, 0 the heading */

static void *handles_find(struct carve_handles *handles, loff_t *pos)
{
	unsigned long number = *pos;
	struct handle *h;

	h = xa_find(&handles->table, &number, ULONG_MAX, XA_PRESENT);
	*pos = h ? number : *pos + 1;
	return h;
}

static void *handles_start(struct seq_file *m, loff_t *pos)
{
	struct carve_handles *handles = m->private;

	if (mutex_lock_interruptible(&handles->lock))
		return ERR_PTR(-ERESTARTSYS);
	return *pos ? handles_find(handles, pos) : SEQ_START_TOKEN;
}

static void *handles_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return handles_find(m->private, pos);
}

static void handles_stop(struct seq_file *m, void *v)
{
	struct carve_handles *handles = m->private;

	if (!IS_ERR(v))
		mutex_unlock(&handles->lock);
}

/* The allocation, in the syntax of the file alloc */
static void show_what(struct seq_file *m, const struct handle *h)
{
	char text[CARVE_ALLOC_NAME_LEN + 24];

	if (h->what == CARVE_ALLOC_CACHE_ALLOC)
		strscpy(text, h->cache->cache->name, sizeof(text));
	else
		scnprintf(text, sizeof(text), "%s %zu", kinds[h->what].name,
			  h->what == CARVE_ALLOC_PAGES ? h->order : h->size);
	seq_printf(m, "%-8lu %-24s", h->number, text);
}

static void show_offset(struct seq_file *m, struct carveout *co,
			const struct handle *h)
{
	const struct carve_page *page = carve_pages_lookup(&co->pages,
							   h->addr);

	if (page)
		seq_printf(m, " %#lx\n",
			   ((unsigned long)(page - co->pages.map)
			    << PAGE_SHIFT) + offset_in_page(h->addr));
	else
		seq_puts(m, " -\n");
}

static int handles_show(struct seq_file *m, void *v)
{
	struct carve_handles *handles = m->private;
	struct handle *h = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m, "# handle what                     bytes offset\n");
		return 0;
	}
	show_what(m, h);
	seq_printf(m, " %9zu", kinds[h->what].bytes(handles->co, h));
	show_offset(m, handles->co, h);
	return 0;
}

const struct seq_operations carve_handles_list = {
	.start = handles_start,
	.next = handles_next,
	.stop = handles_stop,
	.show = handles_show,
};
