// SPDX-License-Identifier: GPL-2.0
/*
 * Objects: the memory behind open files, page by page.
 *
 * A page is allocated at the first access, and mapped as a file's page: each
 * page table entry holds a reference to it, and so does I/O. The object's
 * reference is the one that the page has since the carveout was reserved. So a
 * page with a count of one is neither mapped nor pinned, and new references are
 * only taken under the object's lock, which is held while the count is read.
 *
 * Such a page is idle, and can be freed,
 *  - if no mapping covers it any more;
 *  - or if one mapping covers it, which has dropped it by
 *    madvise(MADV_DONTNEED). If it is accessed before it is freed, it is
 *    zeroed, as if it had been.
 * It isn't idle if several mappings cover it: data that one process has written
 * and unmapped may yet be read by another. When one of the mappings is removed,
 * the page is marked as kept for the others, until the next access.
 *
 * Idle pages are freed at munmap(), when the file is closed, when memory is
 * short, when statistics are read, and periodically, since there is no callback
 * for madvise().
 *
 * All pages covered by a mapping without references are in use. See mmap.c,
 * cover.c.
 *
 * Pages written by write() stay until the object is closed: a file keeps what was
 * written to it, mapped or not. See io.c. So do pages allocated in blocks: see
 * buffer.c.
 *
 * Each open() creates an object. It can be given a name, under which other files
 * are opened that share it. It is closed with the last of its files. An object
 * that is closed while its pages are pinned by I/O is freed after the I/O.
 *
 * Invariants, checked by carve_user_check():
 *  - an entry of the index is a page in state CARVE_PAGE_USER, with this offset
 *    in @at;
 *  - the number of entries is @nr_pages, which are charged to the object: see
 *    quota.c.
 *
 * Locking: the object's lock is taken inside the mmap lock. Pages are allocated
 * without it, but tables under it, so the shrinker only tries it. The lock of
 * the list of objects, and the kernel's of the object's mappings, are taken
 * inside it. Walks over all objects, and over the pages of an object, drop the
 * locks between batches; they pin the current object.
 */
#include <linux/cacheflush.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "lib/report.h"
#include "page/reclaim.h"
#include "slab/caches.h"
#include "user/object_internal.h"

/* Interval of the periodic sweep for idle pages */
#define SWEEP_PERIOD HZ
/* Number of pages processed before the lock is dropped */
#define BATCH 1024

/* Number of page table entries that map a page, which isn't compound */
static int frame_nr_maps(const struct page *frame)
{
	return atomic_read(&frame->_mapcount) + 1;
}

/* References besides those of the reservation and of page guards */
static int frame_nr_others(struct carve_pages *ps, const struct page *frame)
{
	/* Pairs with guard_some() in core/native.c: read before the count */
	int own = smp_load_acquire(&ps->frame_refs);

	return page_count(frame) - own;
}

/*
 * True if a page is mapped or pinned. The kernel keeps a reference to a page
 * with PG_hwpoison: only mappings count there. It is not reused, so I/O may go
 * on.
 */
static bool frame_is_held(struct carve_pages *ps, const struct page *frame)
{
	return PageHWPoison(frame) ? frame_nr_maps(frame) : frame_nr_others(ps, frame);
}

/* True if the page can be freed; the caller has updated the cover */
static bool page_is_idle(struct carve_object *object, const struct carve_page *page)
{
	lockdep_assert_held(&object->lock);
	if (page->stays && !object->closing)
		return false;
	if (frame_is_held(carve_object_pages(object),
			  carve_object_frame(carve_object_pages(object), page)))
		return false;
	switch (carve_cover_at(&object->cover, page->at, NULL)) {
	case CARVE_UNCOVERED:
		return true;
	case CARVE_COVERED_ONCE:
		return !page->kept;
	default:
		return false;
	}
}

/* Allocating pages */

/*
 * Pages for user space must be in the direct mapping, for I/O, and must each
 * have a reference, which becomes the object's.
 */
static bool zone_suits_user(const struct carve_zone *zone)
{
	return !zone->region->highmem && zone->region->has_refs;
}

/* A block that suits user space, or NULL */
static struct carve_page *object_try_alloc(struct carve_object *object, gfp_t gfp,
					   unsigned int order)
{
	struct carve_pages *ps = carve_object_pages(object);
	struct carve_page *page;

	page = carve_pages_alloc(ps, gfp, order, CARVE_PAGE_USER, _THIS_IP_);
	if (!page || zone_suits_user(carve_page_zone(ps, page)))
		return page;
	carve_pages_free(ps, page, order, CARVE_PAGE_USER, _THIS_IP_);
	return NULL;
}

/*
 * Sweep before trying again: if zones that don't suit had free memory, the shrinker
 * wasn't called
 */
static struct carve_page *object_alloc(struct carve_object *object, gfp_t gfp,
				       unsigned int order)
{
	struct carve_page *page;

	if (order > carve_pages_max_order(carve_object_pages(object)))
		return NULL;
	page = object_try_alloc(object, gfp, order);
	if (page || gfp & __GFP_NORETRY)
		return page;
	carve_object_sweep(object, 0, CARVE_INDEX_END);
	return object_try_alloc(object, gfp, order);
}

static bool object_try_charge(struct carve_object *object, unsigned long nr)
{
	return carve_quota_charge(&object->user->quota, &object->nr_charged,
				  object->owner, nr);
}

/* Charge @nr pages, and free idle pages first if that is necessary */
static bool object_charge(struct carve_object *object, unsigned long nr)
{
	if (object_try_charge(object, nr))
		return true;
	carve_object_sweep(object, 0, CARVE_INDEX_END);
	if (object_try_charge(object, nr))
		return true;
	pr_info_ratelimited("%s: %s[%d] of uid %u gets no more memory: see user_object_kbytes and user_uid_kbytes\n",
			    carve_object_pages(object)->name, current->comm,
			    task_tgid_nr(current),
			    from_kuid(&init_user_ns, object->owner->uid));
	return false;
}

struct carve_page *carve_object_alloc(struct carve_object *object, gfp_t gfp,
				      unsigned int order, unsigned long nr)
{
	struct carve_page *page;

	if (!object_charge(object, nr))
		return ERR_PTR(-EDQUOT);
	page = object_alloc(object, gfp, order);
	if (page)
		return page;
	carve_object_uncharge(object, nr);
	return ERR_PTR(-ENOMEM);
}

void carve_object_free(struct carve_object *object, struct carve_page *page,
		       unsigned int order, unsigned long nr)
{
	carve_pages_free(carve_object_pages(object), page, order, CARVE_PAGE_USER,
			 _THIS_IP_);
	carve_object_uncharge(object, nr);
}

int carve_object_insert(struct carve_object *object, unsigned long at,
			struct carve_page *page)
{
	int ret;

	lockdep_assert_held(&object->lock);
	ret = carve_index_store(&object->index, at,
				page - carve_object_pages(object)->map);
	if (ret)
		return ret;
	page->at = at;
	page->kept = false;
	page->stays = false;
	WRITE_ONCE(object->user->used, true);
	WRITE_ONCE(object->nr_pages, object->nr_pages + 1);
	if (object->nr_pages == 1)
		schedule_delayed_work(&object->user->sweep, SWEEP_PERIOD);
	return 0;
}

/*
 * Clear the flags that a page got as a file's page, before it is freed.
 * flush_dcache_folio(): where instruction caches don't follow stores, a flag says
 * that the caches agree. Left set, it would keep the next owner's code from being
 * made visible.
 */
static void clear_frame_flags(struct page *frame)
{
	struct folio *folio = page_folio(frame);

	flush_dcache_folio(folio);
	folio_clear_dirty(folio);
	folio_clear_referenced(folio);
	folio_clear_uptodate(folio);
	folio_clear_workingset(folio);
}

static void object_free_page(struct carve_object *object, struct carve_page *page)
{
	struct carve_pages *ps = carve_object_pages(object);

	lockdep_assert_held(&object->lock);
	carve_index_erase(&object->index, page->at);
	WRITE_ONCE(object->nr_pages, object->nr_pages - 1);
	clear_frame_flags(carve_object_frame(ps, page));
	if (PageHWPoison(carve_object_frame(ps, page)))
		carve_pages_note_broken(ps, carve_page_zone(ps, page));
	carve_object_free(object, page, 0, 1);
}

/*
 * The existing page at an offset, with a reference, or NULL. @stays: it stays
 * until the file is closed.
 */
static struct page *object_get_present(struct carve_object *object, unsigned long at,
				       bool stays)
{
	struct carve_page *page = carve_object_page(object, at);
	struct page *frame;

	if (!page)
		return NULL;
	frame = carve_object_frame(carve_object_pages(object), page);
	carve_cover_update(&object->cover);
	if (page_is_idle(object, page)) {
		if (PageHWPoison(frame)) {
			object_free_page(object, page);
			return NULL;
		}
		clear_page(page_address(frame));
		flush_dcache_page(frame);
	}
	page->kept = false;
	page->stays |= stays;
	get_page(frame);
	return frame;
}

/* Insert a charged page of order 0, or free it. Return it with a reference */
static struct page *object_insert_new(struct carve_object *object, unsigned long at,
				      struct carve_page *page, bool stays)
{
	struct page *frame;

	guard(mutex)(&object->lock);
	/* Another thread may have inserted a page meanwhile */
	frame = object_get_present(object, at, stays);
	if (frame || carve_object_insert(object, at, page)) {
		carve_object_free(object, page, 0, 1);
		return frame ?: ERR_PTR(-ENOMEM);
	}
	page->stays = stays;
	frame = carve_object_frame(carve_object_pages(object), page);
	get_page(frame);
	return frame;
}

static struct page *object_get_new(struct carve_object *object, unsigned long at,
				   bool stays)
{
	struct carve_page *page = carve_object_alloc(object, CARVE_GFP_OBJECT, 0, 1);

	return IS_ERR(page) ? ERR_CAST(page) : object_insert_new(object, at, page, stays);
}

static struct page *object_get(struct carve_object *object, unsigned long at,
			       bool stays)
{
	struct page *frame;

	if (at >= CARVE_INDEX_END)
		return ERR_PTR(-EFBIG);
	scoped_guard(mutex, &object->lock)
		frame = object_get_present(object, at, stays);
	return frame ?: object_get_new(object, at, stays);
}

struct page *carve_object_get_page(struct carve_object *object, unsigned long at)
{
	return object_get(object, at, false);
}

struct page *carve_object_get_page_to_write(struct carve_object *object,
					    unsigned long at)
{
	return object_get(object, at, true);
}

struct page *carve_object_find_page(struct carve_object *object, unsigned long at)
{
	struct carve_page *page;
	struct page *frame;

	guard(mutex)(&object->lock);
	page = carve_object_page(object, at);
	carve_cover_update(&object->cover);
	if (!page || page_is_idle(object, page))
		return NULL;
	frame = carve_object_frame(carve_object_pages(object), page);
	get_page(frame);
	return frame;
}

unsigned long carve_object_next_data(struct carve_object *object, unsigned long at)
{
	guard(mutex)(&object->lock);
	return carve_index_next(&object->index, at);
}

unsigned long carve_object_next_hole(struct carve_object *object, unsigned long at)
{
	guard(mutex)(&object->lock);
	while (at < CARVE_INDEX_END && carve_object_page(object, at))
		if (++at % BATCH == 0)
			cond_resched();
	return at;
}

/* Freeing pages */

/*
 * Free the idle pages among the next BATCH from @first on, and add their number
 * to
 * @nr. Returns the offset of the next batch.
 */
static unsigned long sweep_batch(struct carve_object *object,
				 unsigned long first, unsigned long end,
				 unsigned long *nr)
{
	unsigned int left = BATCH;
	unsigned long at;

	lockdep_assert_held(&object->lock);
	carve_cover_update(&object->cover);
	carve_index_for_each(at, &object->index, first, end) {
		struct carve_page *page = carve_object_page(object, at);

		if (!left--)
			return at;
		if (!page_is_idle(object, page))
			continue;
		object_free_page(object, page);
		++*nr;
	}
	return end;
}

unsigned long carve_object_sweep(struct carve_object *object,
				 unsigned long first, unsigned long end)
{
	unsigned long nr = 0;

	while (first < end) {
		scoped_guard(mutex, &object->lock)
			first = sweep_batch(object, first, end, &nr);
		cond_resched();
	}
	return nr;
}

/* Sweep as long as the lock isn't contended */
static unsigned long object_try_sweep(struct carve_object *object)
{
	unsigned long first = 0, nr = 0;

	while (first < CARVE_INDEX_END && mutex_trylock(&object->lock)) {
		first = sweep_batch(object, first, CARVE_INDEX_END, &nr);
		mutex_unlock(&object->lock);
		cond_resched();
	}
	return nr;
}

/* Mappings */

/* Free idle pages first: covered by the new mapping as well, they would stay */
static void object_add_mapping(struct carve_object *object, struct vm_area_struct *vma,
			       struct carve_mapping *mapping)
{
	carve_object_sweep(object, carve_vma_first(vma), carve_vma_end(vma));
	guard(mutex)(&object->lock);
	carve_cover_add(&object->cover, vma, mapping);
}

int carve_object_map(struct carve_object *object, struct vm_area_struct *vma)
{
	struct carve_mapping *mapping;

	mapping = __carve_cache_alloc(object->user->mappings,
				      GFP_KERNEL | __GFP_NOWARN);
	if (!mapping)
		return -ENOMEM;
	object_add_mapping(object, vma, mapping);
	return 0;
}

void carve_object_map_unrecorded(struct carve_object *object,
				 struct vm_area_struct *vma)
{
	object_add_mapping(object, vma, NULL);
}

static unsigned long keep_batch(struct carve_object *object,
				const struct carve_mapping *but,
				unsigned long first, unsigned long end)
{
	unsigned int left = BATCH;
	unsigned long at;

	lockdep_assert_held(&object->lock);
	carve_cover_update(&object->cover);
	carve_index_for_each(at, &object->index, first, end) {
		struct carve_page *page = carve_object_page(object, at);

		if (!left--)
			return at;
		if (!frame_nr_maps(carve_object_frame(carve_object_pages(object), page)) &&
		    carve_cover_at(&object->cover, at, but) != CARVE_UNCOVERED)
			page->kept = true;
	}
	return end;
}

static void keep_for_others(struct carve_object *object,
			    const struct carve_mapping *but,
			    unsigned long first, unsigned long end)
{
	while (first < end) {
		scoped_guard(mutex, &object->lock)
			first = keep_batch(object, but, first, end);
		cond_resched();
	}
}

void carve_object_unmap(struct carve_object *object,
			struct vm_area_struct *vma)
{
	unsigned long first = carve_vma_first(vma), end = carve_vma_end(vma);
	struct carve_mapping *mapping;

	keep_for_others(object, carve_vma_record(vma), first, end);
	/*
	 * After keep_for_others(), or pages to be kept would be idle meanwhile
	 */
	scoped_guard(mutex, &object->lock)
		mapping = carve_cover_remove(&object->cover, vma);
	if (mapping)
		__carve_cache_free(object->user->mappings, mapping);
	carve_object_sweep(object, first, end);
}

unsigned long carve_object_mapped(struct carve_object *object)
{
	guard(mutex)(&object->lock);
	carve_cover_update(&object->cover);
	return object->cover.nr_pages;
}

/* Objects */

/* Count one more object of the current user. NULL: no memory */
static struct carve_owner *owner_get(struct carve_user *user)
{
	/* Allocated without the lock */
	struct carve_owner *new = __carve_cache_alloc(user->owner_cache, GFP_KERNEL | __GFP_ZERO);
	struct carve_owner *owner;

	scoped_guard(mutex, &user->lock) {
		owner = carve_owner_find(&user->owners, current_uid());
		if (!owner && new) {
			owner = new;
			owner->uid = current_uid();
			list_add_tail(&owner->list, &user->owners);
		}
		if (owner)
			owner->nr_objects++;
	}
	if (new && owner != new)
		__carve_cache_free(user->owner_cache, new);
	return owner;
}

static void owner_put(struct carve_user *user, struct carve_owner *owner)
{
	lockdep_assert_held(&user->lock);
	if (--owner->nr_objects)
		return;
	list_del(&owner->list);
	__carve_cache_free(user->owner_cache, owner);
}

struct carve_object *carve_object_open(struct carve_user *user,
				       struct inode *inode)
{
	struct carve_object *object;

	object = __carve_cache_alloc(user->cache, GFP_KERNEL | __GFP_ZERO);
	if (!object)
		return NULL;
	object->owner = owner_get(user);
	if (!object->owner) {
		__carve_cache_free(user->cache, object);
		return NULL;
	}
	object->user = user;
	mutex_init(&object->lock);
	carve_index_init(&object->index, user->slabs->pages);
	object->nr_files = 1;
	object->pid = task_tgid_nr(current);
	strscpy(object->comm, current->comm, sizeof(object->comm));
	object->size = CARVEOUT_USER_END;
	address_space_init_once(&object->mapping);
	object->mapping.host = inode;
	object->mapping.a_ops = &empty_aops;
	init_rwsem(&object->mapping.invalidate_lock);
	carve_cover_init(&object->cover, &object->mapping);
	guard(mutex)(&user->lock);
	list_add(&object->list, &user->objects);
	return object;
}

/* Free a closed object without pages; true if freed */
static bool object_try_free(struct carve_object *object)
{
	struct carve_user *user = object->user;

	lockdep_assert_held(&user->lock);
	if (!object->closed || object->pins || READ_ONCE(object->nr_pages))
		return false;
	list_del(&object->list);
	owner_put(user, object->owner);
	mutex_destroy(&object->lock);
	__carve_cache_free(user->cache, object);
	return true;
}

static void notify_released(struct carve_user *user, unsigned int nr)
{
	while (nr-- && user->released)
		user->released(user);
}

/* Nothing has the name "" */
static struct carve_object *find_named(struct carve_user *user, const char *name)
{
	struct carve_object *object;

	lockdep_assert_held(&user->lock);
	list_for_each_entry(object, &user->objects, list)
		if (*name && object->nr_files && !strcmp(object->name, name))
			return object;
	return NULL;
}

int carve_object_set_name(struct carve_object *object, const char *name)
{
	struct carve_user *user = object->user;
	struct carve_object *found;

	guard(mutex)(&user->lock);
	found = find_named(user, name);
	if (found && found != object)
		return -EEXIST;
	strscpy(object->name, name, sizeof(object->name));
	return 0;
}

void carve_object_get_name(struct carve_object *object, char name[CARVEOUT_USER_NAME])
{
	guard(mutex)(&object->user->lock);
	strscpy(name, object->name, CARVEOUT_USER_NAME);
}

struct carve_object *carve_object_get_named(struct carve_user *user, const char *name,
					    const struct inode *inode)
{
	struct carve_object *object;

	guard(mutex)(&user->lock);
	object = find_named(user, name);
	if (!object)
		return ERR_PTR(-ENOENT);
	if (object->mapping.host != inode)
		return ERR_PTR(-EXDEV);
	object->nr_files++;
	return object;
}

/* True if there is no other file of the object; its name is free then */
static bool object_put_file(struct carve_object *object)
{
	guard(mutex)(&object->user->lock);
	return !--object->nr_files;
}

void carve_object_close(struct carve_object *object)
{
	struct carve_user *user = object->user;
	bool gone;

	if (!object_put_file(object))
		return;
	scoped_guard(mutex, &object->lock)
		object->closing = true;
	carve_object_sweep(object, 0, CARVE_INDEX_END);
	scoped_guard(mutex, &user->lock) {
		object->closed = true;
		gone = object_try_free(object);
	}
	notify_released(user, gone);
}

/*
 * The sweep frees an object closed meanwhile, since callers may hold other
 * locks
 */
static void object_unpin(struct carve_object *object)
{
	lockdep_assert_held(&object->user->lock);
	if (!--object->pins && object->closed && !READ_ONCE(object->nr_pages))
		schedule_delayed_work(&object->user->sweep, 0);
}

/* Unpin @object and pin the next one on the list; NULL at the end */
static struct carve_object *next_object(struct carve_user *user,
					struct carve_object *object)
{
	struct carve_object *next;

	guard(mutex)(&user->lock);
	next = list_prepare_entry(object, &user->objects, list);
	next = list_next_entry(next, list);
	if (object)
		object_unpin(object);
	if (list_entry_is_head(next, &user->objects, list))
		return NULL;
	next->pins++;
	return next;
}

/*
 * Skips objects opened during the walk. Don't break out: the object is pinned
 */
#define for_each_object(object, user) \
	for ((object) = next_object(user, NULL); (object); \
	     (object) = next_object(user, object))

static unsigned int free_closed(struct carve_user *user)
{
	struct carve_object *object, *next;
	unsigned int nr = 0;

	guard(mutex)(&user->lock);
	list_for_each_entry_safe(object, next, &user->objects, list)
		nr += object_try_free(object);
	return nr;
}

/* Requeues itself as long as there are pages */
static void sweep_all(struct work_struct *work)
{
	struct carve_user *user = container_of(to_delayed_work(work),
					       struct carve_user, sweep);
	struct carve_object *object;
	bool again = false;

	for_each_object(object, user) {
		carve_object_sweep(object, 0, CARVE_INDEX_END);
		again |= READ_ONCE(object->nr_pages);
	}
	if (again)
		schedule_delayed_work(&user->sweep, SWEEP_PERIOD);
	notify_released(user, free_closed(user));
}

static unsigned long user_shrink(struct carve_shrinker *shrinker)
{
	struct carve_user *user = container_of(shrinker, struct carve_user,
					       shrinker);
	struct carve_object *object;
	unsigned long nr = 0;

	for_each_object(object, user)
		nr += object_try_sweep(object);
	return nr;
}

/* All objects of a carveout */

static struct carve_cache *create_user_cache(struct carve_user *user,
					     struct carve_boot *boot, const char *name,
					     size_t size)
{
	const struct carve_cache_args args = {
		.name = name,
		.size = size,
		.caller = _THIS_IP_,
		.internal = true,
	};

	return carve_cache_boot(user->slabs, boot, &args);
}

int carve_user_init(struct carve_user *user, struct carve_slabs *slabs,
		    struct carve_boot *boot)
{
	user->slabs = slabs;
	user->cache = create_user_cache(user, boot, "carve_object",
					sizeof(struct carve_object));
	user->mappings = create_user_cache(user, boot, "carve_mapping",
					   sizeof(struct carve_mapping));
	user->owner_cache = create_user_cache(user, boot, "carve_owner",
					      sizeof(struct carve_owner));
	if (!user->cache || !user->mappings || !user->owner_cache)
		return -ENOMEM;
	mutex_init(&user->lock);
	INIT_LIST_HEAD(&user->objects);
	INIT_LIST_HEAD(&user->owners);
	INIT_DELAYED_WORK(&user->sweep, sweep_all);
	user->shrinker.shrink = user_shrink;
	carve_pages_add_shrinker(slabs->pages, &user->shrinker);
	return 0;
}

void carve_user_stop(struct carve_user *user)
{
	cancel_delayed_work_sync(&user->sweep);
	/*
	 * get_user_pages_fast() may take and drop a reference to a page just
	 * unmapped
	 */
	if (user->used)
		synchronize_rcu();
}

bool carve_user_possible(struct carve_user *user)
{
	struct carve_pages *ps = user->slabs->pages;
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		if (zone_suits_user(zone))
			return true;
	return false;
}

bool carve_user_pinnable(struct carve_user *user)
{
	struct carve_pages *ps = user->slabs->pages;
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		if (zone_suits_user(zone) &&
		    !zone->region->source->pinnable)
			return false;
	return true;
}

static unsigned long count_pinned_batch(struct carve_object *object,
					unsigned long first, unsigned long *pinned)
{
	struct carve_pages *ps = carve_object_pages(object);
	unsigned int left = BATCH;
	unsigned long at;

	guard(mutex)(&object->lock);
	carve_index_for_each(at, &object->index, first, CARVE_INDEX_END) {
		const struct page *frame = carve_object_frame(ps, carve_object_page(object, at));

		if (!left--)
			return at;
		*pinned += frame_nr_others(ps, frame) > frame_nr_maps(frame);
	}
	return CARVE_INDEX_END;
}

static void object_usage(struct carve_object *object,
			 struct carve_object_usage *usage)
{
	unsigned long first = 0;

	*usage = (struct carve_object_usage){
		.files = 1,
		.mapped = carve_object_mapped(object),
	};
	carve_object_get_name(object, usage->name);
	carve_object_sweep(object, 0, CARVE_INDEX_END);
	usage->touched = READ_ONCE(object->nr_pages);
	while (first < CARVE_INDEX_END) {
		first = count_pinned_batch(object, first, &usage->pinned);
		cond_resched();
	}
}

void carve_user_for_each(struct carve_user *user,
			 void (*fn)(const struct carve_object *object,
				    const struct carve_object_usage *usage,
				    void *arg),
			 void *arg)
{
	struct carve_object_usage usage;
	struct carve_object *object;

	for_each_object(object, user) {
		object_usage(object, &usage);
		fn(object, &usage, arg);
	}
}

static void add_usage(const struct carve_object *object,
		      const struct carve_object_usage *usage, void *arg)
{
	struct carve_object_usage *sum = arg;

	sum->files += usage->files;
	sum->mapped += usage->mapped;
	sum->touched += usage->touched;
	sum->pinned += usage->pinned;
}

void carve_user_usage(struct carve_user *user,
		      struct carve_object_usage *usage)
{
	*usage = (struct carve_object_usage){ };
	carve_user_for_each(user, add_usage, usage);
}

static void report_object(const struct carve_object *object,
			  const struct carve_object_usage *usage, void *arg)
{
	if (usage->pinned || object->closed)
		carve_report_line(arg, "%lu pages of user space, %lu of them pinned by I/O, opened by %s[%d]%s",
				  usage->touched, usage->pinned, object->comm,
				  object->pid, object->closed ? ", closed" : "");
	else
		carve_report_line(arg, "%lu pages of user space, %lu mapped, opened by %s[%d]",
				  usage->touched, usage->mapped, object->comm,
				  object->pid);
}

unsigned long carve_user_report(struct carve_user *user,
				struct carve_report *r)
{
	struct carve_object_usage usage;

	if (r)
		carve_user_for_each(user, report_object, r);
	carve_user_usage(user, &usage);
	return usage.files;
}

static void user_check_object(struct carve_object *object, struct carve_report *r)
{
	struct carve_pages *ps = carve_object_pages(object);
	unsigned long at, nr = 0;

	guard(mutex)(&object->lock);
	carve_index_for_each(at, &object->index, 0, CARVE_INDEX_END) {
		u32 entry = carve_index_load(&object->index, at);

		if (++nr % BATCH == 0)
			cond_resched();
		if (entry >= ps->nr_pages) {
			carve_report(r, "object of %s[%d]: entry %u at offset %lu is no page",
				     object->comm, object->pid, entry, at);
			continue;
		}
		carve_report_unless(r, ps->map[entry].state == CARVE_PAGE_USER &&
				    ps->map[entry].at == at,
				    "object of %s[%d]: page %u at offset %lu is in state %u and at %llu",
				    object->comm, object->pid, entry, at,
				    ps->map[entry].state, ps->map[entry].at);
	}
	carve_report_unless(r, nr == object->nr_pages,
			    "object of %s[%d]: %lu pages in the index, counted %lu",
			    object->comm, object->pid, nr, object->nr_pages);
	carve_report_unless(r, atomic_long_read(&object->nr_charged) >= nr,
			    "object of %s[%d]: %lu pages in the index, charged %ld",
			    object->comm, object->pid, nr,
			    atomic_long_read(&object->nr_charged));
}

void carve_user_check(struct carve_user *user, struct carve_report *r)
{
	struct carve_object *object;

	for_each_object(object, user)
		user_check_object(object, r);
}
