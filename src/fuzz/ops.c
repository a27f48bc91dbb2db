// SPDX-License-Identifier: GPL-2.0
/*
 * The table of operations. A step draws one of the operations that are enabled,
 * with a probability proportional to its weight. All data is constant: no
 * locking.
 */
#include <linux/build_bug.h>
#include <linux/kconfig.h>

#include "fuzz/ops.h"
#include "fuzz/ops_internal.h"

const char * const carve_fuzz_contexts[CARVE_FUZZ_NR_CONTEXTS] = {
	[CARVE_FUZZ_TASK] = "task",
	[CARVE_FUZZ_IRQSOFF] = "irqsoff",
	[CARVE_FUZZ_SOFTIRQ] = "softirq",
	[CARVE_FUZZ_HARDIRQ] = "hardirq",
	[CARVE_FUZZ_NESTED] = "nested",
};

const char * const carve_fuzz_layers[CARVE_FUZZ_NR_LAYERS] = {
	[CARVE_FUZZ_PAGES] = "pages",
	[CARVE_FUZZ_SLAB] = "slab",
	[CARVE_FUZZ_KMALLOC] = "kmalloc",
	[CARVE_FUZZ_VMAP] = "vmap",
	[CARVE_FUZZ_KMAP] = "kmap",
	[CARVE_FUZZ_DMA] = "dma",
	[CARVE_FUZZ_NATIVE] = "native",
	[CARVE_FUZZ_RECLAIM] = "reclaim",
	[CARVE_FUZZ_TUNE] = "tune",
	[CARVE_FUZZ_DEBUG] = "debug",
	[CARVE_FUZZ_BAD] = "bad",
};

const char * const carve_fuzz_outcomes[CARVE_FUZZ_NR_OUTCOMES] = {
	[CARVE_FUZZ_DONE] = "done",
	[CARVE_FUZZ_FAILED] = "failed",
	[CARVE_FUZZ_REFUSED] = "refused",
	[CARVE_FUZZ_SKIPPED] = "skipped",
};

#define ANY CARVE_FUZZ_ALL_CONTEXTS
#define TASK BIT(CARVE_FUZZ_TASK)
/* The locks of the DMA API may sleep on PREEMPT_RT */
#define NO_RT (IS_ENABLED(CONFIG_PREEMPT_RT) ? TASK : ANY)

#define OP(op, of, in, does, n) { \
	.name = #op, .layer = (of), .contexts = (in), .effect = (does), \
	.weight = (n), .run = carve_fuzz_##op, \
}

/* For serial runs only */
#define SERIAL_OP(op, of, in, does, n) { \
	.name = #op, .layer = (of), .contexts = (in), .effect = (does), \
	.weight = (n), .run = carve_fuzz_##op, .serial = true, \
}

const struct carve_fuzz_op carve_fuzz_ops[] = {
	/* These two apply to all layers, and are always enabled */
	OP(free_any, CARVE_FUZZ_NR_LAYERS, ANY, CARVE_FUZZ_TAKES, 100),
	OP(look_any, CARVE_FUZZ_NR_LAYERS, ANY, CARVE_FUZZ_KEEPS, 30),

	OP(alloc_pages, CARVE_FUZZ_PAGES, ANY, CARVE_FUZZ_MAKES, 40),
	OP(get_free_pages, CARVE_FUZZ_PAGES, ANY, CARVE_FUZZ_MAKES, 10),
	OP(alloc_exact, CARVE_FUZZ_PAGES, ANY, CARVE_FUZZ_MAKES, 10),
	OP(alloc_bulk, CARVE_FUZZ_PAGES, ANY, CARVE_FUZZ_MAKES, 3),
	OP(free_bulk, CARVE_FUZZ_PAGES, ANY, CARVE_FUZZ_TAKES, 10),
	OP(split, CARVE_FUZZ_PAGES, ANY, CARVE_FUZZ_KEEPS, 10),

	OP(cache_create, CARVE_FUZZ_SLAB, TASK, CARVE_FUZZ_KEEPS, 6),
	OP(cache_destroy, CARVE_FUZZ_SLAB, TASK, CARVE_FUZZ_KEEPS, 6),
	OP(cache_shrink, CARVE_FUZZ_SLAB, TASK, CARVE_FUZZ_KEEPS, 1),
	OP(object_alloc, CARVE_FUZZ_SLAB, ANY, CARVE_FUZZ_MAKES, 60),
	OP(objects_alloc, CARVE_FUZZ_SLAB, ANY, CARVE_FUZZ_MAKES, 4),
	OP(objects_free, CARVE_FUZZ_SLAB, ANY, CARVE_FUZZ_TAKES, 15),
	OP(object_free_rcu, CARVE_FUZZ_SLAB, ANY, CARVE_FUZZ_TAKES, 1),

	OP(kmalloc, CARVE_FUZZ_KMALLOC, ANY, CARVE_FUZZ_MAKES, 60),
	OP(kmemdup, CARVE_FUZZ_KMALLOC, ANY, CARVE_FUZZ_MAKES, 5),
	OP(krealloc, CARVE_FUZZ_KMALLOC, ANY, CARVE_FUZZ_KEEPS, 20),
	OP(ksize, CARVE_FUZZ_KMALLOC, ANY, CARVE_FUZZ_KEEPS, 8),
	OP(kfree_rcu, CARVE_FUZZ_KMALLOC, ANY, CARVE_FUZZ_TAKES, 1),
	OP(kfree_bulk, CARVE_FUZZ_KMALLOC, ANY, CARVE_FUZZ_TAKES, 10),

	OP(vmalloc, CARVE_FUZZ_VMAP, TASK, CARVE_FUZZ_MAKES, 25),
	OP(kvmalloc, CARVE_FUZZ_VMAP, TASK, CARVE_FUZZ_MAKES, 15),
	OP(kvrealloc, CARVE_FUZZ_VMAP, TASK, CARVE_FUZZ_KEEPS, 8),
	OP(vmap, CARVE_FUZZ_VMAP, TASK, CARVE_FUZZ_KEEPS, 6),
	OP(kmap, CARVE_FUZZ_KMAP, TASK, CARVE_FUZZ_KEEPS, 6),
	OP(kmap_local, CARVE_FUZZ_KMAP, ANY, CARVE_FUZZ_KEEPS, 6),

	OP(dma_alloc, CARVE_FUZZ_DMA, NO_RT, CARVE_FUZZ_MAKES, 10),
	OP(bad_dma, CARVE_FUZZ_DMA, NO_RT, CARVE_FUZZ_KEEPS, 2),
	OP(native_alloc, CARVE_FUZZ_NATIVE, ANY, CARVE_FUZZ_MAKES, 12),
	OP(native_get, CARVE_FUZZ_NATIVE, ANY, CARVE_FUZZ_KEEPS, 5),
	OP(native_put, CARVE_FUZZ_NATIVE, ANY, CARVE_FUZZ_KEEPS, 5),
	OP(native_drop, CARVE_FUZZ_NATIVE, ANY, CARVE_FUZZ_TAKES, 5),

	OP(drain, CARVE_FUZZ_RECLAIM, TASK, CARVE_FUZZ_KEEPS, 1),
	OP(shrink, CARVE_FUZZ_RECLAIM, TASK, CARVE_FUZZ_KEEPS, 1),
	OP(validate, CARVE_FUZZ_RECLAIM, TASK, CARVE_FUZZ_KEEPS, 1),
	OP(tune_pcp, CARVE_FUZZ_TUNE, TASK, CARVE_FUZZ_KEEPS, 4),
	OP(tune_cache, CARVE_FUZZ_TUNE, TASK, CARVE_FUZZ_KEEPS, 4),
	OP(tune_carveout, CARVE_FUZZ_TUNE, TASK, CARVE_FUZZ_KEEPS, 2),
	OP(debug, CARVE_FUZZ_DEBUG, TASK, CARVE_FUZZ_KEEPS, 3),

	OP(bad_foreign, CARVE_FUZZ_BAD, ANY, CARVE_FUZZ_KEEPS, 2),
	OP(bad_pages, CARVE_FUZZ_BAD, ANY, CARVE_FUZZ_KEEPS, 2),
	OP(bad_object, CARVE_FUZZ_BAD, ANY, CARVE_FUZZ_KEEPS, 3),
	OP(bad_area, CARVE_FUZZ_BAD, TASK, CARVE_FUZZ_KEEPS, 1),
	OP(bad_request, CARVE_FUZZ_BAD, ANY, CARVE_FUZZ_KEEPS, 2),
	SERIAL_OP(twice, CARVE_FUZZ_BAD, ANY, CARVE_FUZZ_TAKES, 4),
	SERIAL_OP(twice_at_once, CARVE_FUZZ_BAD, TASK, CARVE_FUZZ_TAKES, 1),
	SERIAL_OP(inside, CARVE_FUZZ_BAD, TASK, CARVE_FUZZ_KEEPS, 1),
	SERIAL_OP(destroy_used, CARVE_FUZZ_BAD, TASK, CARVE_FUZZ_KEEPS, 1),
};

static_assert(ARRAY_SIZE(carve_fuzz_ops) == CARVE_FUZZ_NR_OPS);
