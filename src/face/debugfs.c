// SPDX-License-Identifier: GPL-2.0
/*
 * The tree in debugfs.
 *
 * debugfs itself keeps a file from being used while, or after, it is removed,
 * and each open file holds a reference to the module.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "face/bench.h"
#include "face/debugfs.h"
#include "face/face.h"
#include "face/manage.h"
#include "face/show.h"
#include "instance.h"

/* The module's own directory */
static struct dentry *root;

DEFINE_SHOW_ATTRIBUTE(carve_bootmem);
DEFINE_SHOW_ATTRIBUTE(carve_buddyinfo);
DEFINE_SHOW_ATTRIBUTE(carve_extfrag_index);
DEFINE_SHOW_ATTRIBUTE(carve_owners);
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
	{ "owners", &carve_owners_fops },
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

void carve_debugfs_init(void)
{
	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
}

void carve_debugfs_manage(void)
{
	carve_manage_add(root);
}

void carve_debugfs_exit(void)
{
	debugfs_remove_recursive(root);
}

void carve_debugfs_add(struct carveout *co)
{
	struct carve_face *face = kzalloc_obj(*face);
	unsigned int i;

	if (!face) {
		pr_warn("%s: no memory for its directory in debugfs\n",
			co->name);
		return;
	}
	carve_pokes_init(&face->pokes, co);
	co->face = face;
	face->dir = debugfs_create_dir(co->name, root);
	for (i = 0; i < ARRAY_SIZE(shown); i++)
		debugfs_create_file(shown[i].name, 0400, face->dir, co,
				    shown[i].fops);
	carve_pokes_add(&face->pokes, face->dir);
	carve_tunes_add(&face->tunes, co, face->dir);
	carve_slab_debug_add(&face->slab_debug, co, face->dir);
	carve_age_add(&face->age, co, face->dir);
	carve_fuzz_add(&face->fuzz, co, face->dir);
	face->bench = carve_bench_add(co, face->dir);
	carve_device_add(&face->device, co);
}

void carve_debugfs_remove(struct carveout *co)
{
	struct carve_face *face = co->face;

	if (!face)
		return;
	carve_device_remove(&face->device);
	debugfs_remove_recursive(face->dir);
	carve_bench_remove(face->bench);
	carve_pokes_destroy(&face->pokes);
	co->face = NULL;
	kfree(face);
}
