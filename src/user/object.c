// SPDX-License-Identifier: GPL-2.0
/*
 * Objects: the memory behind an open file, page by page.
 *
 * A page is taken when it is first touched, and mapped as any page of a file
 * is: each page table that maps it holds a reference to it, and so does all
 * I/O that it is given to. The object's own reference is the one that it had
 * when the carveout was reserved. So a page whose count is one is in no page
 * table and pinned by nobody, and nobody could come by a new reference but
 * through the object, whose lock is held when the count is looked at.
 *
 * Such a page is idle, and goes back to the carveout,
 *  - if no mapping covers it any more;
 *  - or if one mapping does, which had it and gave it up by
 *    madvise(MADV_DONTNEED). If it is touched before it has gone back, it is
 *    cleared, as if it had.
 * It isn't if several mappings cover it: what one process has written and let
 * go of another may still want to read. When one of them goes, the page is
 * marked as kept for those that are left, until it is touched again.
 *
 * Idle pages are found at munmap(), when the file is closed, when memory is
 * short, when statistics are read, and, as nobody tells of madvise(), by a look
 * from time to time.
 *
 * Huge mappings have no references; what these cover stays. See mapping.c.
 *
 * An object that is closed while I/O pins pages of it stays until the I/O is
 * done.
 *
 * Invariants, walked by carve_user_check():
 *  - an entry of an index is a page of state CARVE_PAGE_USER, which says that
 *    it is at this offset;
 *  - there are nr_pages of them.
 *
 * Locks: the lock of all objects, then an object's, then the kernel's of the
 * object's mappings. An object's is taken inside the mmap lock. Pages are
 * allocated without either, and tables with the object's, so the shrinker only
 * tries for both.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "report.h"
#include "user/mapping.h"
#include "user/user.h"

/* How long what user space let go of without a word may stay */
#define SWEEP_PERIOD HZ
/* Look up from a long walk after so many pages */
#define BREATH 4096

/* How often to look whether others are done with their mappings, at most */
#define CALM_TRIES 100

#define GFP_OBJECT (GFP_USER | __GFP_MOVABLE | __GFP_ZERO | __GFP_NOWARN)

static struct page *frame_of(struct carve_pages *ps,
			     const struct carve_page *page)
{
	return pfn_to_page(carve_pages_pfn(ps, page));
}

static struct carve_page *page_at(const struct carve_object *object,
				  unsigned long at)
{
	u32 entry = carve_index_get(&object->index, at);

	return entry == CARVE_PAGE_NONE ? NULL :
	       &carve_object_pages(object)->map[entry];
}

/* Page tables that map it; of pages that aren't part of a larger folio */
static int nr_maps(const struct page *frame)
{
	return atomic_read(&frame->_mapcount) + 1;
}

/* References beside the object's own; what more the reservation has is older */
static int nr_others(struct carve_pages *ps, const struct page *frame)
{
	/* Pairs with who made it more; the count is read after it */
	int own = smp_load_acquire(&ps->frame_refs);

	return page_count(frame) - own;
}

/* As said above; mappings locked, and none of them coming or going */
static bool idle(struct carve_object *object, const struct carve_page *page)
{
	struct carve_pages *ps = carve_object_pages(object);

	lockdep_assert_held(&object->lock);
	if (nr_others(ps, frame_of(ps, page)))
		return false;
	switch (carve_object_cover(object, page->at)) {
	case CARVE_UNCOVERED:
		return true;
	case CARVE_COVERED_ONCE:
		return !page->kept;
	default:
		return false;
	}
}

enum use { IN_USE, IDLE, UNCERTAIN };

static enum use use_of(struct carve_object *object,
		       const struct carve_page *page)
{
	enum use use = IN_USE;

	carve_object_lock_maps(object);
	if (idle(object, page))
		use = carve_object_in_flux(object) ? UNCERTAIN : IDLE;
	carve_object_unlock_maps(object);
	return use;
}

/* Taking pages */

/*
 * Only pages in the direct mapping will do, for I/O reaches them there, and
 * only such as have a reference each, which is their object's then.
 */
static bool zone_will_do(const struct carve_zone *zone)
{
	unsigned long pfn = zone->region->start_pfn;
	struct page *last;

	if (zone->region->highmem || !pfn_valid(pfn))
		return false;
	last = pfn_to_page(pfn + zone->region->nr_pages - 1);
	return !PageReserved(last) && !PageCompound(last) && page_count(last);
}

static struct carve_page *take_block(struct carve_pages *ps, gfp_t gfp,
				     unsigned int order)
{
	struct carve_page *page;

	page = carve_pages_alloc(ps, gfp, order, CARVE_PAGE_USER, _THIS_IP_);
	if (!page || zone_will_do(carve_page_zone(ps, page)))
		return page;
	carve_pages_free(ps, page, order, CARVE_PAGE_USER, _THIS_IP_);
	return NULL;
}

static int insert(struct carve_object *object, unsigned long at,
		  struct carve_page *page)
{
	int ret;

	lockdep_assert_held(&object->lock);
	ret = carve_index_set(&object->index, at,
			      page - carve_object_pages(object)->map);
	if (ret)
		return ret;
	page->at = at;
	page->kept = false;
	WRITE_ONCE(object->user->used, true);
	WRITE_ONCE(object->nr_pages, object->nr_pages + 1);
	if (object->nr_pages == 1)
		schedule_delayed_work(&object->user->sweep, SWEEP_PERIOD);
	return 0;
}

/* What is there already, with a reference; NULL; or -EAGAIN, without the lock */
static struct page *get_present(struct carve_object *object, unsigned long at)
{
	struct carve_page *page = page_at(object, at);
	struct page *frame;

	if (!page)
		return NULL;
	frame = frame_of(carve_object_pages(object), page);
	switch (use_of(object, page)) {
	case UNCERTAIN:
		return ERR_PTR(-EAGAIN);
	case IDLE:
		clear_page(page_address(frame));
		break;
	case IN_USE:
		break;
	}
	page->kept = false;
	get_page(frame);
	return frame;
}

static struct page *get_new(struct carve_object *object, unsigned long at)
{
	struct carve_pages *ps = carve_object_pages(object);
	struct carve_page *page = take_block(ps, GFP_OBJECT, 0);
	struct page *frame;

	/* Where there is other memory, which won't do, no shrinker was asked */
	if (!page) {
		carve_object_sweep(object, 0, CARVE_INDEX_END);
		page = take_block(ps, GFP_OBJECT, 0);
	}
	if (!page)
		return ERR_PTR(-ENOMEM);
	guard(mutex)(&object->lock);
	/* Somebody else may have been faster */
	frame = get_present(object, at);
	if (frame || insert(object, at, page)) {
		carve_pages_free(ps, page, 0, CARVE_PAGE_USER, _THIS_IP_);
		return frame ?: ERR_PTR(-ENOMEM);
	}
	frame = frame_of(ps, page);
	get_page(frame);
	return frame;
}

static struct page *try_get(struct carve_object *object, unsigned long at)
{
	struct page *frame;

	scoped_guard(mutex, &object->lock)
		frame = get_present(object, at);
	return frame ?: get_new(object, at);
}

struct page *carve_object_get(struct carve_object *object, unsigned long at)
{
	struct page *frame;

	if (at >= CARVE_INDEX_END)
		return ERR_PTR(-EFBIG);
	for (;;) {
		frame = try_get(object, at);
		if (frame != ERR_PTR(-EAGAIN) || fatal_signal_pending(current))
			return frame;
		/* Another process is about to be done with its mapping */
		schedule_timeout_uninterruptible(1);
	}
}

/* Giving pages back */

/* What use as a file's page has left in its flags is no business of the next owner's */
static void clean(struct page *frame)
{
	struct folio *folio = page_folio(frame);

	folio_clear_dirty(folio);
	folio_clear_referenced(folio);
	folio_clear_uptodate(folio);
	folio_clear_workingset(folio);
}

static void give_back(struct carve_object *object, struct carve_page *page)
{
	struct carve_pages *ps = carve_object_pages(object);

	lockdep_assert_held(&object->lock);
	carve_index_clear(&object->index, page->at);
	WRITE_ONCE(object->nr_pages, object->nr_pages - 1);
	clean(frame_of(ps, page));
	carve_pages_free(ps, page, 0, CARVE_PAGE_USER, _THIS_IP_);
}

/*
 * From @first on, @most pages at most; adds to @nr how many went, and says where
 * to go on. False where mappings are coming or going: nothing is certain then.
 */
static bool sweep_some(struct carve_object *object, unsigned long *first,
		       unsigned long end, unsigned long most,
		       unsigned long *nr)
{
	unsigned long at = *first;
	bool calm;

	lockdep_assert_held(&object->lock);
	carve_object_lock_maps(object);
	calm = !carve_object_in_flux(object);
	while (calm && most--) {
		struct carve_page *page;

		at = carve_index_next(&object->index, at);
		if (at >= end)
			break;
		page = page_at(object, at++);
		if (!idle(object, page))
			continue;
		give_back(object, page);
		++*nr;
	}
	carve_object_unlock_maps(object);
	*first = at;
	return calm;
}

unsigned long carve_object_sweep(struct carve_object *object,
				 unsigned long first, unsigned long end)
{
	unsigned long nr = 0;
	bool calm = true;

	while (calm && first < end) {
		scoped_guard(mutex, &object->lock)
			calm = sweep_some(object, &first, end, BREATH, &nr);
		cond_resched();
	}
	return nr;
}

/* What was let go of before must not be taken for what the new one lets go of */
void carve_object_to_be_mapped(struct carve_object *object,
			       unsigned long first, unsigned long end)
{
	unsigned int tries = CALM_TRIES;
	unsigned long nr = 0;
	bool calm;

	while (first < end) {
		scoped_guard(mutex, &object->lock)
			calm = sweep_some(object, &first, end, BREATH, &nr);
		if (calm)
			continue;
		if (!tries--)
			return;
		schedule_timeout_uninterruptible(1);
	}
}

static void keep_for_others(struct carve_object *object, unsigned long first,
			    unsigned long end)
{
	unsigned long at;

	guard(mutex)(&object->lock);
	carve_object_lock_maps(object);
	carve_index_for_each(at, &object->index, first, end) {
		struct carve_page *page = page_at(object, at);

		if (!nr_maps(frame_of(carve_object_pages(object), page)) &&
		    carve_object_cover(object, at) != CARVE_UNCOVERED)
			page->kept = true;
	}
	carve_object_unlock_maps(object);
}

void carve_object_unmapped(struct carve_object *object, unsigned long first,
			   unsigned long end)
{
	keep_for_others(object, first, end);
	/* Not before: what it leaves to others would be taken for idle */
	atomic_dec(&object->nr_maps);
	carve_object_sweep(object, first, end);
}

static unsigned long shrink(struct carve_shrinker *shrinker)
{
	struct carve_user *user = container_of(shrinker, struct carve_user,
					       shrinker);
	struct carve_object *object;
	unsigned long nr = 0;

	if (!mutex_trylock(&user->lock))
		return 0;
	list_for_each_entry(object, &user->objects, list) {
		unsigned long first = 0;

		if (!mutex_trylock(&object->lock))
			continue;
		sweep_some(object, &first, CARVE_INDEX_END, ULONG_MAX, &nr);
		mutex_unlock(&object->lock);
	}
	mutex_unlock(&user->lock);
	return nr;
}

/* Blocks */

static bool is_block(const struct carve_object *object, unsigned long at,
		     unsigned int order)
{
	struct carve_page *page = page_at(object, at);
	u32 first = page - carve_object_pages(object)->map;
	unsigned long i;

	if (!page ||
	    !IS_ALIGNED(carve_pages_pfn(carve_object_pages(object), page),
			BIT(order)))
		return false;
	for (i = 1; i < BIT(order); i++)
		if (carve_index_get(&object->index, at + i) != first + i)
			return false;
	return true;
}

static bool is_hole(const struct carve_object *object, unsigned long at,
		    unsigned int order)
{
	return carve_index_next(&object->index, at) >= at + BIT(order);
}

/* From now on each page is on its own */
static void split(struct carve_page *block, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < BIT(order); i++) {
		block[i].state = CARVE_PAGE_USER;
		block[i].order = 0;
		block[i].lifetime = block->lifetime;
		block[i].caller = block->caller;
	}
}

static void insert_block(struct carve_object *object, unsigned long at,
			 struct carve_page *block, unsigned int order)
{
	unsigned long i;

	split(block, order);
	for (i = 0; i < BIT(order); i++)
		if (insert(object, at + i, &block[i]))
			break;
	/* No room for a table: what is in the index is as good as any pages */
	for (; i < BIT(order); i++)
		carve_pages_free(carve_object_pages(object), &block[i], 0,
				 CARVE_PAGE_USER, _THIS_IP_);
}

struct page *carve_object_get_block(struct carve_object *object,
				    unsigned long at, unsigned int order)
{
	struct carve_pages *ps = carve_object_pages(object);
	struct carve_page *block = NULL;
	bool hole;

	scoped_guard(mutex, &object->lock)
		hole = is_hole(object, at, order);
	if (hole)
		block = take_block(ps, GFP_OBJECT | __GFP_NORETRY, order);
	guard(mutex)(&object->lock);
	if (block && is_hole(object, at, order))
		insert_block(object, at, block, order);
	else if (block)
		carve_pages_free(ps, block, order, CARVE_PAGE_USER, _THIS_IP_);
	if (!is_block(object, at, order))
		return NULL;
	return frame_of(ps, page_at(object, at));
}

/* Objects */

struct carve_object *carve_object_open(struct carve_user *user,
				       struct inode *inode)
{
	struct carve_object *object;

	object = carve_cache_get(user->cache, GFP_KERNEL | __GFP_ZERO);
	if (!object)
		return NULL;
	object->user = user;
	mutex_init(&object->lock);
	carve_index_init(&object->index, user->slabs->pages);
	object->pid = task_tgid_nr(current);
	strscpy(object->comm, current->comm, sizeof(object->comm));
	address_space_init_once(&object->mapping);
	object->mapping.host = inode;
	object->mapping.a_ops = &empty_aops;
	init_rwsem(&object->mapping.invalidate_lock);
	guard(mutex)(&user->lock);
	list_add_tail(&object->list, &user->objects);
	return object;
}

/* Whether it is gone */
static bool try_free(struct carve_object *object)
{
	struct carve_user *user = object->user;

	lockdep_assert_held(&user->lock);
	if (!object->closed || object->nr_pages)
		return false;
	list_del(&object->list);
	mutex_destroy(&object->lock);
	carve_cache_put(user->cache, object);
	return true;
}

static void tell_released(struct carve_user *user, unsigned int nr)
{
	while (nr-- && user->released)
		user->released(user);
}

void carve_object_close(struct carve_object *object)
{
	struct carve_user *user = object->user;
	bool gone;

	carve_object_sweep(object, 0, CARVE_INDEX_END);
	scoped_guard(mutex, &user->lock) {
		object->closed = true;
		gone = try_free(object);
	}
	tell_released(user, gone);
}

/* Comes again as long as there is anything to look at */
static void sweep_all(struct work_struct *work)
{
	struct carve_user *user = container_of(to_delayed_work(work),
					       struct carve_user, sweep);
	struct carve_object *object, *next;
	unsigned int nr_gone = 0;
	bool again = false;

	scoped_guard(mutex, &user->lock) {
		list_for_each_entry_safe(object, next, &user->objects, list) {
			carve_object_sweep(object, 0, CARVE_INDEX_END);
			if (try_free(object))
				nr_gone++;
			else
				again |= READ_ONCE(object->nr_pages);
		}
	}
	if (again)
		schedule_delayed_work(&user->sweep, SWEEP_PERIOD);
	tell_released(user, nr_gone);
}

/* All of them */

int carve_user_init(struct carve_user *user, struct carve_slabs *slabs,
		    struct carve_boot *boot)
{
	const struct carve_cache_args args = {
		.name = "carve_object",
		.size = sizeof(struct carve_object),
		.caller = _THIS_IP_,
		.own = true,
	};

	user->slabs = slabs;
	user->cache = carve_cache_boot(slabs, boot, &args);
	if (!user->cache)
		return -ENOMEM;
	mutex_init(&user->lock);
	INIT_LIST_HEAD(&user->objects);
	INIT_DELAYED_WORK(&user->sweep, sweep_all);
	user->shrinker.shrink = shrink;
	carve_pages_add_shrinker(slabs->pages, &user->shrinker);
	return 0;
}

void carve_user_stop(struct carve_user *user)
{
	cancel_delayed_work_sync(&user->sweep);
	/* A fast walk of page tables may hold a page for a moment that it then doesn't take */
	if (user->used)
		synchronize_rcu();
}

bool carve_user_possible(struct carve_user *user)
{
	struct carve_pages *ps = user->slabs->pages;
	struct carve_zone *zone;

	carve_for_each_zone(zone, ps)
		if (zone_will_do(zone))
			return true;
	return false;
}

static void count(struct carve_object *object,
		  struct carve_object_usage *usage)
{
	struct carve_pages *ps = carve_object_pages(object);
	unsigned long at;

	*usage = (struct carve_object_usage){
		.files = 1,
		.mapped = carve_object_mapped(object),
	};
	carve_object_sweep(object, 0, CARVE_INDEX_END);
	guard(mutex)(&object->lock);
	usage->touched = object->nr_pages;
	carve_index_for_each(at, &object->index, 0, CARVE_INDEX_END) {
		const struct page *frame = frame_of(ps, page_at(object, at));

		usage->pinned += nr_others(ps, frame) > nr_maps(frame);
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

	guard(mutex)(&user->lock);
	list_for_each_entry(object, &user->objects, list) {
		count(object, &usage);
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

static void check_object(struct carve_object *object, struct carve_report *r)
{
	struct carve_pages *ps = carve_object_pages(object);
	unsigned long at, nr = 0;

	guard(mutex)(&object->lock);
	carve_index_for_each(at, &object->index, 0, CARVE_INDEX_END) {
		u32 entry = carve_index_get(&object->index, at);

		nr++;
		if (entry >= ps->nr_pages) {
			carve_report(r, "object of %s[%d]: %u at offset %lu is no page",
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
			    "object of %s[%d]: %lu pages, not %lu",
			    object->comm, object->pid, nr, object->nr_pages);
}

void carve_user_check(struct carve_user *user, struct carve_report *r)
{
	struct carve_object *object;

	guard(mutex)(&user->lock);
	list_for_each_entry(object, &user->objects, list)
		check_object(object, r);
}
