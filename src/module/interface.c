// SPDX-License-Identifier: GPL-2.0
/*
 * The interface to users: the debugfs directory and the device of each
 * carveout.
 *
 * debugfs guarantees that no file is accessed after its removal, and each open
 * file holds a reference to the module. Locking: changes_lock in
 * core/registry.c.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "bench/bench.h"
#include "core/instance.h"
#include "debugfs/extfrag.h"
#include "debugfs/info.h"
#include "debugfs/manage.h"
#include "debugfs/objects.h"
#include "debugfs/pagemap.h"
#include "debugfs/slab_debug.h"
#include "debugfs/stats.h"
#include "module/interface.h"
#include "module/interface_types.h"

/* The module's directory */
static struct dentry *root;

DEFINE_SHOW_ATTRIBUTE(carve_bootmem);
DEFINE_SHOW_ATTRIBUTE(carve_buddyinfo);
DEFINE_SHOW_ATTRIBUTE(carve_extfrag_index);
DEFINE_SHOW_ATTRIBUTE(carve_allocations);
DEFINE_SHOW_ATTRIBUTE(carve_pagemap);
DEFINE_SHOW_ATTRIBUTE(carve_pagetypeinfo);
DEFINE_SHOW_ATTRIBUTE(carve_pairs);
DEFINE_SHOW_ATTRIBUTE(carve_slab_users);
DEFINE_SHOW_ATTRIBUTE(carve_slabinfo);
DEFINE_SHOW_ATTRIBUTE(carve_stats);
DEFINE_SHOW_ATTRIBUTE(carve_stats_json);
DEFINE_SHOW_ATTRIBUTE(carve_unusable_index);
DEFINE_SHOW_ATTRIBUTE(carve_user);
DEFINE_SHOW_ATTRIBUTE(carve_validate);
DEFINE_SHOW_ATTRIBUTE(carve_vmallocinfo);
DEFINE_SHOW_ATTRIBUTE(carve_zoneinfo);

static const struct {
	const char *name;
	const struct file_operations *fops;
} shown[] = {
	{ "bootmem", &carve_bootmem_fops },
	{ "buddyinfo", &carve_buddyinfo_fops },
	{ "extfrag_index", &carve_extfrag_index_fops },
	{ "allocations", &carve_allocations_fops },
	{ "pagemap", &carve_pagemap_fops },
	{ "pagetypeinfo", &carve_pagetypeinfo_fops },
	{ "pairs", &carve_pairs_fops },
	{ "slab_users", &carve_slab_users_fops },
	{ "slabinfo", &carve_slabinfo_fops },
	{ "stats", &carve_stats_fops },
	{ "stats.json", &carve_stats_json_fops },
	{ "unusable_index", &carve_unusable_index_fops },
	{ "user", &carve_user_fops },
	{ "validate", &carve_validate_fops },
	{ "vmallocinfo", &carve_vmallocinfo_fops },
	{ "zoneinfo", &carve_zoneinfo_fops },
};

void carve_interface_init(void)
{
	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
}

void carve_interface_manage(void)
{
	carve_manage_add(root);
}

void carve_interface_exit(void)
{
	debugfs_remove_recursive(root);
}

void carve_interface_add(struct carveout *co)
{
	struct carve_interface *interface = kzalloc_obj(*interface);
	unsigned int i;

	if (!interface) {
		pr_warn("%s: no memory for its directory in debugfs\n",
			co->name);
		return;
	}
	carve_alloc_files_init(&interface->alloc_files, co);
	co->interface = interface;
	interface->dir = debugfs_create_dir(co->name, root);
	for (i = 0; i < ARRAY_SIZE(shown); i++)
		debugfs_create_file(shown[i].name, 0400, interface->dir, co,
				    shown[i].fops);
	carve_alloc_files_add(&interface->alloc_files, interface->dir);
	carve_tunes_add(&interface->tunes, co, interface->dir);
	carve_slab_debug_add(&interface->slab_debug, co, interface->dir);
	carve_age_add(&interface->age, co, interface->dir);
	carve_fuzz_add(&interface->fuzz, co, interface->dir);
	interface->bench = carve_bench_add(co, interface->dir);
	carve_device_add(&interface->device, co);
}

void carve_interface_remove(struct carveout *co)
{
	struct carve_interface *interface = co->interface;

	if (!interface)
		return;
	carve_device_remove(&interface->device);
	debugfs_remove_recursive(interface->dir);
	carve_bench_remove(interface->bench);
	carve_alloc_files_destroy(&interface->alloc_files);
	co->interface = NULL;
	kfree(interface);
}
