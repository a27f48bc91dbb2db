/* SPDX-License-Identifier: GPL-2.0 */
/* What src/face keeps of a carveout. */
#ifndef _CARVE_FACE_H
#define _CARVE_FACE_H

#include "face/age.h"
#include "face/bench.h"
#include "face/device.h"
#include "face/fuzz.h"
#include "face/poke.h"
#include "face/slab_debug.h"
#include "face/tune.h"

/**
 * struct carve_face - a carveout as seen in debugfs and /dev
 * @dir: its directory
 * @pokes: the poke files
 * @tunes: what can be set
 * @slab_debug: which caches are debugged
 * @age: what an hour of use does to free memory
 * @fuzz: the fuzzer
 * @bench: the benchmark's files
 * @device: its device
 */
struct carve_face {
	struct dentry *dir;
	struct carve_pokes pokes;
	struct carve_tunes tunes;
	struct carve_command_file slab_debug;
	struct carve_age age;
	struct carve_fuzz_file fuzz;
	struct carve_bench_files *bench;
	struct carve_device device;
};

#endif /* _CARVE_FACE_H */
