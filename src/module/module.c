// SPDX-License-Identifier: GPL-2.0
/*
 * The module: parameters, set-up and removal.
 *
 * CPU hotplug callbacks are registered before the first carveout is created,
 * and debugfs files are created last: an open file could not be removed if a
 * later parameter were refused. Locking: none of its own; see core/registry.c.
 */
#include <linux/cpuhotplug.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "api/api.h"
#include "core/instance.h"
#include "core/registry.h"
#include "core/spec.h"
#include "debugfs/manage.h"
#include "lib/parse_size.h"
#include "module/interface.h"
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
MODULE_PARM_DESC(phys, "source=reserved: address of the memory reserved at boot");

static int node = NUMA_NO_NODE;
module_param(node, int, 0444);
MODULE_PARM_DESC(node, "NUMA node to reserve on; -1 for any");

static char *specs = "";
module_param_named(carveouts, specs, charp, 0444);
MODULE_PARM_DESC(carveouts, "several at once: NAME:SIZE[@SOURCE][%NODE][(TYPE)][,SIZE...][;NAME:...]");

static char *slab_debug;
module_param(slab_debug, charp, 0444);
MODULE_PARM_DESC(slab_debug, "caches to debug, as on the kernel's command line: FLAGS[,NAME...][;FLAGS...], flags F, Z, P, U, Q");

static int cpu_state;

/* Add the carveout of the parameters size, name, source, phys and node */
static int add_single_carveout(void)
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

/* Add the carveouts of the parameter carveouts, which is parsed in a copy */
static int add_carveouts(void)
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
		pr_err("slab_debug=%s: flags are F, Z, P, U, Q, or - for none, followed by a comma and names of caches: FZP,foo*,bar;U,kmalloc-64\n",
		       slab_debug);
		return -EINVAL;
	}
	/* KUnit suites create their own carveouts */
	if (!*size && !*specs && !__is_defined(CARVEOUT_KUNIT)) {
		pr_err("size is missing: insmod carveout.ko size=64M\n");
		return -EINVAL;
	}
	if (*size)
		ret = add_single_carveout();
	if (!ret && *specs)
		ret = add_carveouts();
	if (ret)
		carve_registry_remove_all();
	/* modprobe takes -EEXIST as success: the module is already loaded */
	return ret == -EEXIST ? -EBUSY : ret;
}

static int carveout_cpuhp_dead(unsigned int cpu)
{
	carve_registry_cpu_dead(cpu);
	return 0;
}

static const struct carve_registry_ops registry_ops = {
	.is_file = carve_manage_has,
	.show = carve_interface_add,
	.hide = carve_interface_remove,
};

static int __init carveout_init(void)
{
	int ret;

	carve_api_init();
	cpu_state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN,
					      "carveout:prepare", NULL,
					      carveout_cpuhp_dead);
	if (cpu_state < 0)
		return cpu_state;
	carve_interface_init();
	carve_registry_init(&registry_ops, slab_debug);
	ret = add_from_parameters();
	if (ret)
		goto exit_interface;
	carve_registry_show();
	carve_interface_manage();
	return 0;

exit_interface:
	carve_interface_exit();
	cpuhp_remove_state_nocalls(cpu_state);
	return ret;
}

static void __exit carveout_exit(void)
{
	carve_registry_remove_all();
	carve_interface_exit();
	cpuhp_remove_state_nocalls(cpu_state);
}

module_init(carveout_init);
module_exit(carveout_exit);

MODULE_DESCRIPTION("Buddy, slab and vmap allocators over a reserved block of memory");
MODULE_AUTHOR("The carveout developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(CARVEOUT_VERSION);
