/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of user space's: objects, each what an open file maps. See object.c. */
#ifndef _CARVE_USER_H
#define _CARVE_USER_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "slab/kmalloc.h"
#include "user/index.h"

/**
 * struct carve_user - what user space has of a carveout
 * @slabs: its pages are the objects'
 * @cache: where objects come from
 * @lock: guards @objects; taken outside the lock of an object
 * @objects: all of them
 * @shrinker: gives back pages under pressure
 * @sweep: gives back now and then what user space has let go of
 * @used: user space has had pages
 * @released: called, with no lock held, when an object that was closed has
 *	no page left and is gone; or NULL
 */
struct carve_user {
	struct carve_slabs *slabs;
	struct carve_cache *cache;
	struct mutex lock; /* @objects */
	struct list_head objects;
	struct carve_shrinker shrinker;
	struct delayed_work sweep;
	bool used;
	void (*released)(struct carve_user *user);
};

/**
 * struct carve_object - memory that user space maps by an open file
 * @user: where it belongs
 * @list: on @user's list
 * @lock: guards @index and @nr_pages; never held while pages are allocated for
 *	anything but @index
 * @index: its pages, by offset
 * @nr_pages: how many there are
 * @closed: the file is gone; what is left are pages pinned by I/O
 * @pid: of the process that opened it
 * @comm: the name that this had
 * @mapping: where the kernel keeps all mappings of it
 * @nr_maps: how many of them there are, with those that are just coming or
 *	going
 */
struct carve_object {
	struct carve_user *user;
	struct list_head list;
	struct mutex lock; /* @index, @nr_pages */
	struct carve_index index;
	unsigned long nr_pages;
	bool closed;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	struct address_space mapping;
	atomic_t nr_maps;
};

/**
 * struct carve_object_usage - figures of an object, or of all
 * @files: how many objects
 * @mapped: pages of address space
 * @touched: pages of memory behind them
 * @pinned: pages that someone else than page tables holds, such as I/O
 */
struct carve_object_usage {
	unsigned long files;
	unsigned long mapped;
	unsigned long touched;
	unsigned long pinned;
};

/* After the slabs; 0, or -ENOMEM where @boot is full */
int carve_user_init(struct carve_user *user, struct carve_slabs *slabs,
		    struct carve_boot *boot);
/* When no file is open: nothing runs in the background any more; sleeps */
void carve_user_stop(struct carve_user *user);

/* Whether there is memory that user space can have: with struct pages, mapped */
bool carve_user_possible(struct carve_user *user);

/* Figures of all objects, when all that can be given back is; sleeps */
void carve_user_usage(struct carve_user *user,
		      struct carve_object_usage *usage);
/* Calls @fn for each object with its figures; sleeps */
void carve_user_for_each(struct carve_user *user,
			 void (*fn)(const struct carve_object *object,
				    const struct carve_object_usage *usage,
				    void *arg),
			 void *arg);
/* Who has objects; @r may be NULL. Returns how many there are; sleeps */
unsigned long carve_user_report(struct carve_user *user,
				struct carve_report *r);
void carve_user_check(struct carve_user *user, struct carve_report *r);

/**
 * carve_object_open() - make an object
 * @user: of which carveout
 * @inode: of the file that it is mapped by, or NULL in tests
 *
 * Context: may sleep.
 * Return: the object, without a page, or NULL where the carveout is full.
 */
struct carve_object *carve_object_open(struct carve_user *user,
				       struct inode *inode);

/**
 * carve_object_close() - let go of an object
 * @object: the object, which nobody maps any more
 *
 * Its pages go back, but for those that are pinned: they and the object stay
 * until they no longer are.
 *
 * Context: may sleep.
 */
void carve_object_close(struct carve_object *object);

/**
 * carve_object_get() - the page at an offset, for whoever touches it
 * @object: the object
 * @at: offset in pages
 *
 * A page that nobody maps or pins any more is as good as none: its contents
 * are lost, and what is returned is full of zeroes.
 *
 * Context: may sleep.
 * Return: the page, with a reference that the caller puts; or ERR_PTR():
 * -ENOMEM where the carveout is full, -EFBIG for an offset beyond all.
 */
struct page *carve_object_get(struct carve_object *object, unsigned long at);

/**
 * carve_object_get_block() - a block of contiguous pages at an offset
 * @object: the object
 * @at: offset in pages, a multiple of the block's length
 * @order: log2 of its length in pages
 *
 * Nothing holds the pages then but a huge mapping that covers them, so the
 * caller must be making one.
 *
 * Context: may sleep.
 * Return: the first page, without a reference; or NULL where the pages there
 * are others, or no such block is free.
 */
struct page *carve_object_get_block(struct carve_object *object,
				    unsigned long at, unsigned int order);

/**
 * carve_object_to_be_mapped() - a mapping is about to come
 * @object: the object
 * @first: the first offset that it will show, in pages
 * @end: the one behind the last
 *
 * Context: may sleep, and wait for mappings of others that are just coming or
 * going.
 */
void carve_object_to_be_mapped(struct carve_object *object,
			       unsigned long first, unsigned long end);

/**
 * carve_object_unmapped() - a mapping has gone
 * @object: the object, whose @nr_maps counts it still; afterwards it doesn't
 * @first: the first offset that it showed, in pages
 * @end: the one behind the last
 *
 * What nobody else maps or pins goes back. What another mapping covers stays
 * for that one, touched by it already or not.
 *
 * Context: may sleep.
 */
void carve_object_unmapped(struct carve_object *object, unsigned long first,
			   unsigned long end);

/**
 * carve_object_sweep() - give back pages that nobody maps or pins any more
 * @object: the object
 * @first: the first offset to look at, in pages
 * @end: the one behind the last
 *
 * Context: may sleep.
 * Return: the number of pages given back.
 */
unsigned long carve_object_sweep(struct carve_object *object,
				 unsigned long first, unsigned long end);

static inline struct carve_pages *
carve_object_pages(const struct carve_object *object)
{
	return object->user->slabs->pages;
}

#endif /* _CARVE_USER_H */
