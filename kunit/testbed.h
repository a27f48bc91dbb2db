/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites share: a small carveout for each case, and random numbers. */
#ifndef _CARVE_TESTBED_H
#define _CARVE_TESTBED_H

#include <kunit/test.h>
#include <linux/prandom.h>

#include "instance.h"
#include "report.h"

/* Size of the carveout that a case finds */
#define CARVE_TESTBED_SIZE SZ_4M

/* A carveout of one zone, which the caller destroys; or ERR_PTR() */
struct carveout *carve_testbed_create(const char *name, u64 size);

/* Nobody waits, and no page is held back */
void carve_testbed_unbind(struct carveout *co);

/* Destroys it; the case fails if a page isn't back in the zone that it came from */
void carve_testbed_destroy(struct kunit *test, struct carveout *co);

/*
 * For .init and .exit of a suite: test->priv is a carveout of its own for each
 * case, which stays on its CPU: what a task leaves in a magazine when it moves on
 * is missing where it comes to. The exit walks the carveout's invariants and fails
 * the case if one doesn't hold, or if the case left anything allocated.
 */
int carve_testbed_init(struct kunit *test);
void carve_testbed_exit(struct kunit *test);

/*
 * The same for cases that need more than a carveout: test->priv points to a
 * zeroed struct of @size bytes, whose first member is the pointer to it.
 */
int carve_testbed_init_more(struct kunit *test, size_t size);
void carve_testbed_exit_more(struct kunit *test);

/* The case fails if an invariant of any layer doesn't hold */
void carve_testbed_check(struct kunit *test, struct carveout *co);

/* The rest of the case runs on the CPU that it is on, with that one's magazines */
void carve_testbed_stay_on_cpu(struct kunit *test);

/* Pages that a zone, or the carveout, could hand out now, those in stores included */
unsigned long carve_testbed_nr_left(struct carve_zone *zone);
unsigned long carve_testbed_nr_free(struct carveout *co);

/* The same when all that can be spared is back, and the background is at rest; sleeps */
unsigned long carve_testbed_collect(struct carveout *co);

/* Areas in use, kept, and on their way */
struct carve_vmap_usage carve_testbed_areas(struct carveout *co);

/* For things by the thousand, which lead to each other themselves */
struct carve_chain {
	struct carve_chain *next;
};

/*
 * Takes @n objects, or as many as there are, down to the last; how many these
 * are is left in @n. For carve_testbed_give_objects()
 */
struct carve_chain *carve_testbed_take_objects(struct carve_cache *cache,
					       unsigned long *n);
void carve_testbed_give_objects(struct carve_cache *cache,
				struct carve_chain *first);

/* Gives the objects in magazines to their slabs, which stay */
void carve_testbed_drain_cache(struct carve_cache *cache);

/*
 * Takes all pages there are, down to the last; the first of a chain of them is
 * returned, for carve_testbed_give_pages()
 */
struct carve_page *carve_testbed_take_pages(struct carveout *co);
void carve_testbed_give_pages(struct carveout *co, struct carve_page *first);

/* Can the kernel read a byte there? */
bool carve_testbed_readable(const void *p);

/* Random numbers from a seed, which is printed, so that a walk can be replayed */
void carve_testbed_seed(struct kunit *test, struct rnd_state *rnd, u64 seed);
/* A seed that is different each time */
u64 carve_testbed_any_seed(void);
/* 0 to @below - 1 */
u32 carve_testbed_random(struct rnd_state *rnd, u32 below);

#endif /* _CARVE_TESTBED_H */
