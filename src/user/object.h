/* SPDX-License-Identifier: GPL-2.0 */
/* Memory for user space: objects, which files open. See object.c. */
#ifndef _CARVE_OBJECT_H
#define _CARVE_OBJECT_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "slab/kmalloc.h"
#include "user/cover.h"
#include "user/index.h"
#include "user/quota.h"

/**
 * struct carve_user - memory of a carveout mapped by user space
 * @slabs: the slab layer; its page allocator provides the pages
 * @cache: cache of objects
 * @mappings: cache of records of mappings
 * @owner_cache: cache of struct carve_owner
 * @quota: limits of the memory of objects and of users
 * @lock: guards @objects and @owners; innermost, and not held while allocating
 * @objects: list of all objects
 * @owners: list of the users who have objects
 * @shrinker: frees idle pages under memory pressure
 * @sweep: frees idle pages periodically
 * @used: there have been pages in objects
 * @released: called without locks when a closed object is freed; or NULL
 */
struct carve_user {
	struct carve_slabs *slabs;
	struct carve_cache *cache;
	struct carve_cache *mappings;
	struct carve_cache *owner_cache;
	struct carve_quota quota;
	struct mutex lock; /* @objects, @owners */
	struct list_head objects;
	struct list_head owners;
	struct carve_shrinker shrinker;
	struct delayed_work sweep;
	bool used;
	void (*released)(struct carve_user *user);
};

/**
 * struct carve_object - the memory behind open files
 * @user: the carveout's user space memory
 * @list: link in @objects of @user; guarded by its lock, as @pins and @closed
 *	are
 * @pins: references of walks over the list
 * @nr_files: open files of the object; guarded by the lock of @user
 * @name: its name, or ""; guarded by the lock of @user
 * @owner: the user who opened it first
 * @nr_charged: pages charged to it: @nr_pages, and those being inserted or freed
 * @lock: guards @index, @nr_pages, @closing and @cover; not held while pages
 *	are allocated, except tables of @index
 * @index: pages by offset
 * @nr_pages: number of pages
 * @closing: the last file is being closed: no page stays that isn't pinned
 * @closed: all files are closed; the remaining pages are pinned by I/O
 * @pid: the process that opened it
 * @comm: the name of this process
 * @size: its size in bytes, of which few may have memory
 * @mapping: the kernel's list of its mappings
 * @cover: offsets covered by these
 */
struct carve_object {
	struct carve_user *user;
	struct list_head list;
	unsigned int pins;
	unsigned int nr_files;
	char name[CARVEOUT_USER_NAME];
	struct carve_owner *owner;
	atomic_long_t nr_charged;
	struct mutex lock; /* @index, @nr_pages, @closing, @cover */
	struct carve_index index;
	unsigned long nr_pages;
	bool closing;
	bool closed;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	loff_t size;
	struct address_space mapping;
	struct carve_cover cover;
};

/**
 * struct carve_object_usage - statistics of an object, or of all objects
 * @files: number of objects
 * @mapped: pages of address space
 * @touched: pages of memory
 * @pinned: pages with references besides those of page tables, such as of I/O
 * @name: the name of a single object, or ""
 */
struct carve_object_usage {
	unsigned long files;
	unsigned long mapped;
	unsigned long touched;
	unsigned long pinned;
	char name[CARVEOUT_USER_NAME];
};

/* Set up, after the slabs; 0, or -ENOMEM if @boot is full */
int carve_user_init(struct carve_user *user, struct carve_slabs *slabs,
		    struct carve_boot *boot);
/* Stop background work, when no file is open any more. May sleep */
void carve_user_stop(struct carve_user *user);

/* True if a zone suits user space: with struct pages, in the direct mapping */
bool carve_user_possible(struct carve_user *user);
/* True if no such zone is from a CMA area, whose pages can't be pinned */
bool carve_user_pinnable(struct carve_user *user);

/* Free idle pages, and get the statistics of all objects. May sleep */
void carve_user_usage(struct carve_user *user,
		      struct carve_object_usage *usage);
/* Call @fn with the statistics of each object. May sleep */
void carve_user_for_each(struct carve_user *user,
			 void (*fn)(const struct carve_object *object,
				    const struct carve_object_usage *usage,
				    void *arg),
			 void *arg);
/*
 * Report the owners of objects, unless @r is NULL; returns their number. May
 * sleep
 */
unsigned long carve_user_report(struct carve_user *user,
				struct carve_report *r);
/* Check the invariants in object.c. May sleep */
void carve_user_check(struct carve_user *user, struct carve_report *r);

/**
 * carve_object_open() - create an object
 * @user: the carveout's user space memory
 * @inode: the file's inode, or NULL in tests
 *
 * Context: may sleep.
 * Return: the object, without pages, or NULL if the carveout is full.
 */
struct carve_object *carve_object_open(struct carve_user *user,
				       struct inode *inode);

/**
 * carve_object_set_name() - name an object
 * @object: the object
 * @name: the name, or "" for none
 *
 * Context: may sleep.
 * Return: 0, or -EEXIST if another object of the carveout has this name.
 */
int carve_object_set_name(struct carve_object *object, const char *name);
/* Copy an object's name, "" if it has none. May sleep */
void carve_object_get_name(struct carve_object *object, char name[CARVEOUT_USER_NAME]);

/**
 * carve_object_get_named() - open an object for one more file
 * @user: the carveout's user space memory
 * @name: the object's name
 * @inode: the file's inode
 *
 * All files of an object have one inode, which they keep: the kernel uses it by
 * way of @mapping.
 *
 * Context: may sleep.
 * Return: the object, which carve_object_close() closes; or ERR_PTR(): -ENOENT if
 * there is no such object, -EXDEV if it was opened by another inode.
 */
struct carve_object *carve_object_get_named(struct carve_user *user, const char *name,
					    const struct inode *inode);

/**
 * carve_object_close() - close a file of an object
 * @object: the object; the file has no mappings
 *
 * The last one frees its pages and the object. If some are pinned, these and the
 * object are freed when they no longer are.
 *
 * Context: may sleep.
 */
void carve_object_close(struct carve_object *object);

/**
 * carve_object_get_page() - get or allocate the page at an offset
 * @object: the object
 * @at: offset in pages
 *
 * An idle page is zeroed first, as if it had been freed and allocated again.
 *
 * Context: may sleep.
 * Return: the page, with a reference that the caller puts; or ERR_PTR():
 * -ENOMEM if the carveout is full, -EDQUOT if the memory of the object or of its
 * owner is at its limit, -EFBIG for an offset beyond the end.
 */
struct page *carve_object_get_page(struct carve_object *object, unsigned long at);

/* Like carve_object_get_page(); the page stays until the file is closed */
struct page *carve_object_get_page_to_write(struct carve_object *object,
					    unsigned long at);
/*
 * The page at an offset, with a reference that the caller puts; NULL if the
 * offset reads as zeroes. May sleep
 */
struct page *carve_object_find_page(struct carve_object *object, unsigned long at);

/*
 * The first offset from @at on with a page, which may be idle, and without one;
 * or CARVE_INDEX_END. May sleep
 */
unsigned long carve_object_next_data(struct carve_object *object, unsigned long at);
unsigned long carve_object_next_hole(struct carve_object *object, unsigned long at);

/**
 * carve_object_map() - add a mapping
 * @object: the object
 * @vma: the mapping, which has not been accessed yet
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM if the carveout has no memory for its record.
 */
int carve_object_map(struct carve_object *object, struct vm_area_struct *vma);

/**
 * carve_object_map_unrecorded() - add a mapping without a record
 * @object: the object
 * @vma: the mapping, which has not been accessed yet
 *
 * For mappings that can't be refused. No page of the object is idle as long as
 * there is such a mapping.
 *
 * Context: may sleep.
 */
void carve_object_map_unrecorded(struct carve_object *object,
				 struct vm_area_struct *vma);

/**
 * carve_object_unmap() - remove a mapping
 * @object: the object
 * @vma: the mapping, with empty page tables and flushed TLBs
 *
 * Frees the pages that no other mapping covers and that aren't pinned. Pages
 * covered by another mapping stay, even if it has not accessed them yet.
 *
 * Context: may sleep.
 */
void carve_object_unmap(struct carve_object *object,
			struct vm_area_struct *vma);

/* Pages of address space that map an object. May sleep */
unsigned long carve_object_mapped(struct carve_object *object);

/**
 * carve_object_sweep() - free idle pages
 * @object: the object
 * @first: the first offset, in pages
 * @end: the offset after the last
 *
 * Context: may sleep.
 * Return: the number of pages freed.
 */
unsigned long carve_object_sweep(struct carve_object *object,
				 unsigned long first, unsigned long end);

static inline struct carve_pages *
carve_object_pages(const struct carve_object *object)
{
	return object->user->slabs->pages;
}

#endif /* _CARVE_OBJECT_H */
