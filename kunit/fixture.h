/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by all suites: a small carveout for each case, and random numbers. */
#ifndef _CARVE_FIXTURE_H
#define _CARVE_FIXTURE_H

#include <kunit/test.h>
#include <linux/prandom.h>

#include "core/instance.h"
#include "lib/report.h"
#include "page/misuse.h"
#include "slab/kmalloc.h"

/* Size of the fixture's carveout */
#define CARVE_FIXTURE_SIZE SZ_4M

/* Create a carveout of one zone, which the caller destroys; or ERR_PTR() */
struct carveout *carve_fixture_create(const char *name, u64 size);

/* Disable waiting and all watermarks */
void carve_fixture_unbind(struct carveout *co);

/* Destroy it; the case fails if a page isn't free in its zone */
void carve_fixture_destroy(struct kunit *test, struct carveout *co);

/*
 * For .init and .exit of a suite: test->priv is a separate carveout for each case,
 * which stays on its CPU, since a task that migrates doesn't find the contents of
 * the magazines it used before. The exit checks the carveout's invariants and fails
 * the case if one is violated, or if the case left anything allocated.
 */
int carve_fixture_init(struct kunit *test);
void carve_fixture_exit(struct kunit *test);

/*
 * The same for cases that need more than a carveout: test->priv points to a
 * zeroed struct of @size bytes, whose first member is the pointer to it.
 */
int carve_fixture_init_more(struct kunit *test, size_t size);
void carve_fixture_exit_more(struct kunit *test);

/* The case fails if an invariant of any layer is violated */
void carve_fixture_check(struct kunit *test, struct carveout *co);

/* The rest of the case stays on the current CPU and uses its magazines */
void carve_fixture_stay_on_cpu(struct kunit *test);

/* Free pages of a zone or of the carveout, including those in the pcp */
unsigned long carve_fixture_nr_left(struct carve_zone *zone);
unsigned long carve_fixture_nr_free(struct carveout *co);

/* The same after all reclaimable memory was freed and background reclaim ended; sleeps */
unsigned long carve_fixture_collect(struct carveout *co);

/* Number of operations that were refused */
static inline long carve_fixture_nr_misuses(const struct carveout *co,
					    enum carve_misuse kind)
{
	return atomic_long_read(&co->pages.nr_misuses[kind]);
}

static inline long carve_fixture_nr_bad_frees(const struct carveout *co)
{
	return carve_fixture_nr_misuses(co, CARVE_MISUSE_FREE);
}

/* Areas in use, cached, and lazy */
struct carve_vmap_usage carve_fixture_areas(struct carveout *co);

/* The cache that serves kmalloc() of @size bytes */
static inline struct carve_cache *
carve_fixture_kmalloc_cache(struct carveout *co, size_t size)
{
	return co->slabs.kmalloc[carve_kmalloc_class(size)];
}

/* For large numbers of allocations, which are chained through their own memory */
struct carve_chain {
	struct carve_chain *next;
};

/*
 * Allocate up to @n objects, down to the last one; their number is returned
 * in @n. For carve_fixture_give_objects()
 */
struct carve_chain *carve_fixture_take_objects(struct carve_cache *cache,
					       unsigned long *n);
void carve_fixture_give_objects(struct carve_cache *cache,
				struct carve_chain *first);

/*
 * A device on no bus, whose bus addresses are physical ones, with DMA masks of
 * 64 bits; and its end, for NULL or ERR_PTR(), too
 */
struct device *carve_fixture_device(struct kunit *test, const char *name);
void carve_fixture_remove_device(struct device *dev);

/* Flush the objects in magazines to their slabs, which are not freed */
void carve_fixture_drain_cache(struct carve_cache *cache);

/*
 * Allocate all pages, down to the last one. Returns the first of a chain of
 * them, for carve_fixture_give_pages()
 */
struct carve_page *carve_fixture_take_pages(struct carveout *co);
void carve_fixture_give_pages(struct carveout *co, struct carve_page *first);

/* A new object for user space, without a file */
struct carve_object *carve_fixture_open_object(struct kunit *test);

/*
 * Conditions of cases, evaluated from the kernel and the machine: if they came from
 * the module, a bug could skip the cases that test for it. Is there a window?
 */
bool carve_fixture_has_window(void);
/* Skip the case unless there is a window */
void carve_fixture_needs_window(struct kunit *test);
/* Skip the case for lack of magazines, @there, if that is due to the number of CPUs */
void carve_fixture_needs_magazines(struct kunit *test, bool there);

/* Can the kernel read a byte at this address? */
bool carve_fixture_readable(const void *p);

/* Random numbers from a seed, which is printed, so that a walk can be repeated */
void carve_fixture_seed(struct kunit *test, struct rnd_state *rnd, u64 seed);
/* A different seed on each run */
u64 carve_fixture_any_seed(void);
/* 0 to @below - 1 */
u32 carve_fixture_random(struct rnd_state *rnd, u32 below);

#endif /* _CARVE_FIXTURE_H */
