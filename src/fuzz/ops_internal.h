/* SPDX-License-Identifier: GPL-2.0 */
/* The operations, for the table in ops.c; each is defined in the file of its layer. */
#ifndef _CARVE_FUZZ_OPS_INTERNAL_H
#define _CARVE_FUZZ_OPS_INTERNAL_H

#include "fuzz/step.h"

typedef enum carve_fuzz_outcome carve_fuzz_run_fn(struct carve_fuzz_step *s);

carve_fuzz_run_fn carve_fuzz_alloc_pages, carve_fuzz_get_free_pages,
	carve_fuzz_alloc_exact, carve_fuzz_alloc_bulk, carve_fuzz_free_bulk,
	carve_fuzz_split;
carve_fuzz_run_fn carve_fuzz_cache_create, carve_fuzz_cache_destroy,
	carve_fuzz_object_alloc, carve_fuzz_objects_alloc,
	carve_fuzz_objects_free, carve_fuzz_object_free_rcu,
	carve_fuzz_cache_shrink;
carve_fuzz_run_fn carve_fuzz_kmalloc, carve_fuzz_kmemdup, carve_fuzz_krealloc,
	carve_fuzz_ksize, carve_fuzz_kfree_rcu, carve_fuzz_kfree_bulk,
	carve_fuzz_kvmalloc, carve_fuzz_kvrealloc;
carve_fuzz_run_fn carve_fuzz_vmalloc, carve_fuzz_vmap, carve_fuzz_kmap,
	carve_fuzz_kmap_local;
carve_fuzz_run_fn carve_fuzz_free_any, carve_fuzz_look_any;
carve_fuzz_run_fn carve_fuzz_drain, carve_fuzz_shrink, carve_fuzz_validate,
	carve_fuzz_tune_pcp, carve_fuzz_tune_cache, carve_fuzz_tune_carveout,
	carve_fuzz_debug;
carve_fuzz_run_fn carve_fuzz_bad_foreign, carve_fuzz_bad_pages,
	carve_fuzz_bad_object, carve_fuzz_bad_area, carve_fuzz_bad_request,
	carve_fuzz_twice, carve_fuzz_twice_at_once, carve_fuzz_inside,
	carve_fuzz_destroy_used;
carve_fuzz_run_fn carve_fuzz_dma_alloc, carve_fuzz_bad_dma,
	carve_fuzz_native_alloc, carve_fuzz_native_get, carve_fuzz_native_put,
	carve_fuzz_native_drop;

#endif /* _CARVE_FUZZ_OPS_INTERNAL_H */
