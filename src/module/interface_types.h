/* SPDX-License-Identifier: GPL-2.0 */
/* The debugfs files and the device of a carveout. */
#ifndef _CARVE_INTERFACE_TYPES_H
#define _CARVE_INTERFACE_TYPES_H

#include "bench/age.h"
#include "bench/bench.h"
#include "chardev/device.h"
#include "debugfs/alloc.h"
#include "debugfs/slab_debug.h"
#include "debugfs/tune.h"
#include "fuzz/file.h"

/**
 * struct carve_interface - the debugfs files and the device of a carveout
 * @dir: its directory
 * @alloc_files: the files alloc, free, drain, shrink and handles
 * @tunes: the files of settings
 * @slab_debug: the file slab_debug
 * @age: the file age
 * @fuzz: the file fuzz
 * @bench: the files bench and bench.json
 * @device: its device
 */
struct carve_interface {
	struct dentry *dir;
	struct carve_alloc_files alloc_files;
	struct carve_tunes tunes;
	struct carve_command_file slab_debug;
	struct carve_age age;
	struct carve_fuzz_file fuzz;
	struct carve_bench_files *bench;
	struct carve_device device;
};

#endif /* _CARVE_INTERFACE_TYPES_H */
