// SPDX-License-Identifier: GPL-2.0
/*
 * The module: parameters, the list of carveouts, and the ladder up and down.
 */
#include <linux/cpuhotplug.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <carveout.h>

#include "api.h"
#include "instance.h"
#include "native.h"
#include "face/debugfs.h"
#include "face/manage.h"
#include "face/parse.h"
#include "face/spec.h"
#include "report.h"
#include "slab/rules.h"

static char *size = "";
module_param(size, charp, 0444);
MODULE_PARM_DESC(size, "bytes to reserve, with a suffix if you like: 64M, 1G");

static char *name = "default";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "name of the carveout, and of its directory in debugfs");

static char *source = "auto";
module_param(source, charp, 0444);
MODULE_PARM_DESC(source, "how to reserve: contig, cma, reserved; auto for the first that succeeds");

static unsigned long long phys;
module_param(phys, ullong, 0444);
MODULE_PARM_DESC(phys, "source=reserved: address of the memory kept back at boot");

static int node = NUMA_NO_NODE;
module_param(node, int, 0444);
MODULE_PARM_DESC(node, "NUMA node to reserve on; -1 for any");

static char *specs = "";
module_param_named(carveouts, specs, charp, 0444);
MODULE_PARM_DESC(carveouts, "several at once: NAME:SIZE[@SOURCE][%NODE][(TYPE)][,SIZE...][;NAME:...]");

static char *slab_debug;
module_param(slab_debug, charp, 0444);
MODULE_PARM_DESC(slab_debug, "caches to debug, as on the kernel's command line: FLAGS[,NAME...][;FLAGS...], flags F, Z, P, U, Q");

/* One is made or removed at a time, with all that shows it */
static DEFINE_MUTEX(changes_lock);
/* Guards the list, with the one above, and @users and @pins of each carveout on it */
static DEFINE_MUTEX(carveouts_lock);
static LIST_HEAD(carveouts);
static int cpu_state;

/* The first on the list, for who can't take the lock */
static struct carveout __rcu *first;
/* Carveouts are shown, now that the parameters were all in order */
static bool open_to_users;

static struct carveout *find(const char *wanted)
{
	struct carveout *co;

	list_for_each_entry(co, &carveouts, list)
		if (!wanted || !strcmp(co->name, wanted))
			return co;
	return NULL;
}

static bool is_listed(const struct carveout *wanted)
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
	co = find(wanted);
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
	/* Whoever sees this sees the guards: carve_native_guard() */
	if (co && unlikely(!smp_load_acquire(&co->pinned)) &&
	    !carve_native_guard(co))
		return NULL;
	return co;
}
EXPORT_SYMBOL_GPL(carveout_native);

static void drop(struct carveout *co)
{
	lockdep_assert_held(&carveouts_lock);
	co->users--;
	module_put(THIS_MODULE);
}

static void drop_kept(struct carveout *co)
{
	if (co->kept)
		drop(co);
	co->kept = false;
}

/* True for the first who did */
static bool left_in_use(struct carveout *co)
{
	struct carve_report r = { .name = co->name };
	bool newly = !co->kept;

	lockdep_assert_held(&carveouts_lock);
	pr_warn("%s: its last user left it in use:\n", co->name);
	carveout_report_owners(co, &r);
	co->kept = true;
	return newly;
}

/*
 * The last user's reference to the module is kept for as long as something is
 * allocated: this is how rmmod refuses. It goes with the next put that finds
 * the carveout unused.
 */
void carveout_put(struct carveout *co)
{
	if (!co)
		return;
	guard(mutex)(&carveouts_lock);
	if (!is_listed(co) || co->users == co->kept) {
		pr_err_ratelimited("put by %pS of a carveout that nobody has got: left alone\n",
				   __builtin_return_address(0));
		return;
	}
	if (co->users == 1 + co->kept) {
		if (!carveout_count_owned(co))
			drop_kept(co);
		else if (left_in_use(co))
			return;
	}
	drop(co);
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

static void publish(struct carveout *co)
{
	guard(mutex)(&carveouts_lock);
	list_add_tail(&co->list, &carveouts);
	rcu_assign_pointer(first, find(NULL));
}

static int refuse(struct carveout_request *request, int error, const char *why)
{
	strscpy(request->refusal, why, sizeof(request->refusal));
	pr_err("%s: %s\n", request->name, why);
	return error;
}

/* Why there can't be one of this name, if it is a name at all */
static int check_name(struct carveout_request *request)
{
	lockdep_assert_held(&changes_lock);
	if (find(request->name))
		return refuse(request, -EEXIST,
			      "there is a carveout of this name");
	if (carve_manage_has(request->name))
		return refuse(request, -EINVAL,
			      "a file in debugfs has this name: take another one");
	return 0;
}

int carveout_add(struct carveout_request *request)
{
	struct carve_zone *zone;
	struct carveout *co;
	int ret;

	guard(mutex)(&changes_lock);
	ret = check_name(request);
	if (ret)
		return ret;
	request->slab_debug = slab_debug;
	co = carveout_create(request);
	if (IS_ERR(co))
		return PTR_ERR(co);
	publish(co);
	carve_for_each_zone(zone, &co->pages)
		announce_zone(co, zone);
	if (open_to_users)
		carve_debugfs_add(co);
	return 0;
}

/* Not before, so that nobody has anything open of one that would have to go again */
static void open_all(void)
{
	struct carveout *co;

	guard(mutex)(&changes_lock);
	list_for_each_entry(co, &carveouts, list)
		carve_debugfs_add(co);
	open_to_users = true;
	carve_debugfs_manage();
}

int carveout_pin(struct carveout *co)
{
	guard(mutex)(&carveouts_lock);
	if (!is_listed(co))
		return -ENODEV;
	co->pins++;
	return 0;
}

void carveout_unpin(struct carveout *co)
{
	guard(mutex)(&carveouts_lock);
	co->pins--;
	/* What the last user seemed to have left may have been the pin's */
	if (co->kept && co->users == 1 && !carveout_count_owned(co))
		drop_kept(co);
}

static bool is_used(struct carveout *co)
{
	struct carve_report r = { .name = co->name };

	lockdep_assert_held(&carveouts_lock);
	if (!co->users && !co->pins && !carveout_count_owned(co))
		return false;
	pr_warn("%s: not removed, it is in use by %u:\n", co->name,
		co->users + co->pins);
	carveout_report_owners(co, &r);
	return true;
}

/* Has carveout_native() handed it out? Not to anybody any more, if false */
static bool is_pinned(struct carveout *co)
{
	if (carve_native_forbid(co))
		return false;
	pr_warn("%s: not removed, modules built with carveout_native.h use it\n",
		co->name);
	return true;
}

/* Takes a carveout that nobody uses off the list, so that nobody can begin to */
static struct carveout *unpublish(const char *wanted)
{
	struct carveout *co;

	guard(mutex)(&carveouts_lock);
	co = find(wanted);
	if (!co)
		return ERR_PTR(-ENOENT);
	if (is_used(co) || is_pinned(co))
		return ERR_PTR(-EBUSY);
	list_del(&co->list);
	rcu_assign_pointer(first, find(NULL));
	return co;
}

/* One that is off the list, so that no CPU that goes will look into it */
static void take_down(struct carveout *co)
{
	carve_debugfs_remove(co);
	if (carveout_destroy(co))
		carveout_abandon(co);
}

int carveout_remove(const char *wanted)
{
	struct carveout *co;

	guard(mutex)(&changes_lock);
	co = unpublish(wanted);
	if (IS_ERR(co))
		return PTR_ERR(co);
	/* carveout_native() may have seen it as the first one */
	synchronize_rcu();
	take_down(co);
	return 0;
}

static struct carveout *unlist_first(void)
{
	struct carveout *co;

	guard(mutex)(&carveouts_lock);
	co = find(NULL);
	if (co)
		list_del(&co->list);
	return co;
}

static void remove_all(void)
{
	struct carveout *co;

	RCU_INIT_POINTER(first, NULL);
	while ((co = unlist_first()))
		take_down(co);
}

/* The parameters size, name, source, phys and node */
static int add_one(void)
{
	struct carveout_request request = {
		.name = name,
		.nr_zones = 1,
		.zone[0] = { .source = source, .phys = phys, .node = node },
	};

	if (carve_parse_size(size, &request.zone[0].size)) {
		pr_err("%s: \"%s\" is not a size: a number of bytes, or one with K, M or G behind it\n",
		       name, size);
		return -EINVAL;
	}
	return carveout_add(&request);
}

/* The parameter carveouts; what stands in it is taken apart in a copy */
static int add_several(void)
{
	char *copy = kstrdup(specs, GFP_KERNEL);
	struct carveout_request request = { };
	char *rest = copy, *spec;
	int ret = copy ? 0 : -ENOMEM;

	while (!ret && (spec = strsep(&rest, ";"))) {
		ret = carve_parse_spec(spec, &request);
		if (ret)
			pr_err("carveouts=%s: %s\n", request.name, request.refusal);
		else
			ret = carveout_add(&request);
	}
	kfree(copy);
	return ret;
}

static int add_from_parameters(void)
{
	int ret = 0;

	if (carve_debug_check_rules(slab_debug)) {
		pr_err("slab_debug=%s: flags are F, Z, P, U, Q, or - for none, with names of caches behind a comma: FZP,foo*,bar;U,kmalloc-64\n",
		       slab_debug);
		return -EINVAL;
	}
	/* Suites bring carveouts of their own */
	if (!*size && !*specs && !__is_defined(CARVEOUT_KUNIT)) {
		pr_err("size is missing: insmod carveout.ko size=64M\n");
		return -EINVAL;
	}
	if (*size)
		ret = add_one();
	if (!ret && *specs)
		ret = add_several();
	if (ret)
		remove_all();
	/* To modprobe, -EEXIST says that the module is loaded: success */
	return ret == -EEXIST ? -EBUSY : ret;
}

static int cpu_dead(unsigned int cpu)
{
	struct carveout *co;

	guard(mutex)(&carveouts_lock);
	list_for_each_entry(co, &carveouts, list)
		carveout_cpu_dead(co, cpu);
	return 0;
}

static int __init carveout_init(void)
{
	int ret;

	carve_api_init();
	cpu_state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN,
					      "carveout:prepare", NULL,
					      cpu_dead);
	if (cpu_state < 0)
		return cpu_state;
	carve_debugfs_init();
	ret = add_from_parameters();
	if (ret)
		goto exit_debugfs;
	open_all();
	return 0;

exit_debugfs:
	carve_debugfs_exit();
	cpuhp_remove_state_nocalls(cpu_state);
	return ret;
}

static void __exit carveout_exit(void)
{
	remove_all();
	carve_debugfs_exit();
	cpuhp_remove_state_nocalls(cpu_state);
}

module_init(carveout_init);
module_exit(carveout_exit);

MODULE_DESCRIPTION("Buddy, slab and vmap allocators over a reserved block of memory");
MODULE_AUTHOR("The carveout developers");
MODULE_LICENSE("GPL");
