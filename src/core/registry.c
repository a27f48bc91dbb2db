// SPDX-License-Identifier: GPL-2.0
/*
 * The registry: the list of carveouts, their reference counts, adding and
 * removing them.
 *
 * Two locks: changes_lock lets one carveout at a time be added or removed,
 * together with its files; carveouts_lock guards the list and the reference
 * counts. Writers of the list hold both, readers either, or the RCU read lock:
 * carveout_of() is for any context. A carveout is removed only while it has
 * neither users nor pins, and nothing is allocated from it.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <carveout.h>

#include "core/allocation_report.h"
#include "core/instance.h"
#include "core/native.h"
#include "core/registry.h"
#include "lib/report.h"

/* Serializes adding and removing of carveouts and of their files */
static DEFINE_MUTEX(changes_lock);
/* Guards the list and each carveout's @users, @pins and @leftover */
static DEFINE_MUTEX(carveouts_lock);
static LIST_HEAD(carveouts);

/* The first carveout on the list, for callers that can't take the lock */
static struct carveout __rcu *first;
/* Callbacks that show carveouts to users, and whether they are shown yet */
static const struct carve_registry_ops *registry_ops;
static bool registry_shown;
/* The parameter slab_debug, for every carveout that is added */
static const char *registry_slab_debug;

static struct carveout *find_carveout(const char *wanted)
{
	struct carveout *co;

	list_for_each_entry(co, &carveouts, list)
		if (!wanted || !strcmp(co->name, wanted))
			return co;
	return NULL;
}

static bool registry_has(const struct carveout *wanted)
{
	struct carveout *co;

	lockdep_assert_held(&carveouts_lock);
	list_for_each_entry(co, &carveouts, list)
		if (co == wanted)
			return true;
	return false;
}

struct carveout *carveout_get(const char *wanted)
{
	struct carveout *co;

	guard(mutex)(&carveouts_lock);
	co = find_carveout(wanted);
	if (!co || !try_module_get(THIS_MODULE))
		return NULL;
	co->users++;
	return co;
}
EXPORT_SYMBOL_GPL(carveout_get);

struct carveout *carveout_native(void)
{
	struct carveout *co;

	guard(rcu)();
	co = rcu_dereference(first);
	/* Pairs with carve_native_guard(): the guards are visible as well */
	if (co && unlikely(!smp_load_acquire(&co->pinned)) &&
	    !carve_native_guard(co))
		return NULL;
	return co;
}
EXPORT_SYMBOL_GPL(carveout_native);

struct carveout *carveout_of(const void *p)
{
	struct carveout *co;

	guard(rcu)();
	list_for_each_entry_rcu(co, &carveouts, list)
		if (carveout_owns(co, p))
			return co;
	return NULL;
}
EXPORT_SYMBOL_GPL(carveout_of);

static void drop_user_ref(struct carveout *co)
{
	lockdep_assert_held(&carveouts_lock);
	co->users--;
	module_put(THIS_MODULE);
}

static void drop_leftover_ref(struct carveout *co)
{
	if (co->leftover)
		drop_user_ref(co);
	co->leftover = false;
}

/* Keep the last user's reference; false if one is kept already */
static bool keep_leftover_ref(struct carveout *co)
{
	struct carve_report r = { .name = co->name };
	bool newly = !co->leftover;

	lockdep_assert_held(&carveouts_lock);
	pr_warn("%s: its last user left it in use:\n", co->name);
	carveout_report_allocations(co, &r);
	co->leftover = true;
	return newly;
}

/*
 * If the last user leaves allocations behind, its reference to the module is
 * kept, so that rmmod fails. The next put that finds the carveout empty drops
 * it.
 */
void carveout_put(struct carveout *co)
{
	if (!co)
		return;
	guard(mutex)(&carveouts_lock);
	if (!registry_has(co) || co->users == co->leftover) {
		pr_err_ratelimited("unbalanced %s() by %pS\n", __func__,
				   __builtin_return_address(0));
		return;
	}
	if (co->users == 1 + co->leftover) {
		if (!carveout_count_allocations(co))
			drop_leftover_ref(co);
		else if (keep_leftover_ref(co))
			return;
	}
	drop_user_ref(co);
}
EXPORT_SYMBOL_GPL(carveout_put);

static void announce_zone(const struct carveout *co,
			  const struct carve_zone *zone)
{
	const struct carve_region *region = zone->region;
	phys_addr_t start = carve_region_phys(region);
	phys_addr_t last = start + carve_region_bytes(region) - 1;
	size_t bytes = carve_region_bytes(region);
	bool mib = IS_ALIGNED(bytes, SZ_1M);

	pr_info("%s: %zu %s at [mem %pa-%pa], zone %s%s, from %s on node %d, reserved in %llu us, ready in %llu us\n",
		co->name, bytes / (mib ? SZ_1M : SZ_1K), mib ? "MiB" : "KiB",
		&start, &last, carve_zone_name(zone),
		region->virt ? "" : " (not mapped)", region->source->name,
		region->node, region->reserve_ns / NSEC_PER_USEC,
		co->setup_ns / NSEC_PER_USEC);
}

static void registry_publish(struct carveout *co)
{
	guard(mutex)(&carveouts_lock);
	list_add_tail_rcu(&co->list, &carveouts);
	rcu_assign_pointer(first, find_carveout(NULL));
}

static int refuse_request(struct carveout_request *request, int error, const char *why)
{
	strscpy(request->refusal, why, sizeof(request->refusal));
	pr_err("%s: %s\n", request->name, why);
	return error;
}

/* Refuse a name that is in use */
static int check_carveout_name(struct carveout_request *request)
{
	lockdep_assert_held(&changes_lock);
	if (find_carveout(request->name))
		return refuse_request(request, -EEXIST,
			      "there is a carveout of this name");
	if (registry_ops->is_file(request->name))
		return refuse_request(request, -EINVAL,
			      "a file in debugfs has this name: take another one");
	return 0;
}

int carveout_add(struct carveout_request *request)
{
	struct carve_zone *zone;
	struct carveout *co;
	int ret;

	guard(mutex)(&changes_lock);
	ret = check_carveout_name(request);
	if (ret)
		return ret;
	request->slab_debug = registry_slab_debug;
	co = carveout_create(request);
	if (IS_ERR(co))
		return PTR_ERR(co);
	registry_publish(co);
	carve_for_each_zone(zone, &co->pages)
		announce_zone(co, zone);
	if (registry_shown)
		registry_ops->show(co);
	return 0;
}

void carve_registry_init(const struct carve_registry_ops *ops,
			 const char *slab_debug)
{
	registry_ops = ops;
	registry_slab_debug = slab_debug;
}

void carve_registry_show(void)
{
	struct carveout *co;

	guard(mutex)(&changes_lock);
	list_for_each_entry(co, &carveouts, list)
		registry_ops->show(co);
	registry_shown = true;
}

int carveout_pin(struct carveout *co)
{
	guard(mutex)(&carveouts_lock);
	if (!registry_has(co))
		return -ENODEV;
	co->pins++;
	return 0;
}

void carveout_unpin(struct carveout *co)
{
	guard(mutex)(&carveouts_lock);
	co->pins--;
	/*
	 * The allocations that the last user seemed to leave may have been the
	 * pin's
	 */
	if (co->leftover && co->users == 1 && !carveout_count_allocations(co))
		drop_leftover_ref(co);
}

static bool carveout_in_use(struct carveout *co)
{
	struct carve_report r = { .name = co->name };

	lockdep_assert_held(&carveouts_lock);
	if (!co->users && !co->pins && !carveout_count_allocations(co))
		return false;
	pr_warn("%s: not removed, it is in use by %u:\n", co->name,
		co->users + co->pins);
	carveout_report_allocations(co, &r);
	return true;
}

/* If carveout_native() has not returned this carveout yet, it no longer will */
static bool used_by_native(struct carveout *co)
{
	if (carve_native_forbid(co))
		return false;
	pr_warn("%s: not removed, modules built with carveout_native.h use it\n",
		co->name);
	return true;
}

/* Take an unused carveout off the list, so that no new user can find it */
static struct carveout *registry_unpublish(const char *wanted)
{
	struct carveout *co;

	guard(mutex)(&carveouts_lock);
	co = find_carveout(wanted);
	if (!co)
		return ERR_PTR(-ENOENT);
	if (carveout_in_use(co) || used_by_native(co))
		return ERR_PTR(-EBUSY);
	list_del_rcu(&co->list);
	rcu_assign_pointer(first, find_carveout(NULL));
	return co;
}

/*
 * The carveout must be off the list: carve_registry_cpu_dead() doesn't see it
 */
static void destroy_unlisted(struct carveout *co)
{
	registry_ops->hide(co);
	if (carveout_destroy(co))
		carveout_abandon(co);
}

int carveout_remove(const char *wanted)
{
	struct carveout *co;

	guard(mutex)(&changes_lock);
	co = registry_unpublish(wanted);
	if (IS_ERR(co))
		return PTR_ERR(co);
	/* carveout_native() and carveout_of() may still return it */
	synchronize_rcu();
	destroy_unlisted(co);
	return 0;
}

static struct carveout *unlist_first(void)
{
	struct carveout *co;

	guard(mutex)(&carveouts_lock);
	co = find_carveout(NULL);
	if (co)
		list_del_rcu(&co->list);
	return co;
}

void carve_registry_remove_all(void)
{
	struct carveout *co;

	RCU_INIT_POINTER(first, NULL);
	while ((co = unlist_first()))
		destroy_unlisted(co);
}

void carve_registry_cpu_dead(unsigned int cpu)
{
	struct carveout *co;

	guard(mutex)(&carveouts_lock);
	list_for_each_entry(co, &carveouts, list)
		carveout_cpu_dead(co, cpu);
}
