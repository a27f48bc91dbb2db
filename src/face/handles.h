/* SPDX-License-Identifier: GPL-2.0 */
/* What the poke files hold of a carveout: numbered handles. See handles.c. */
#ifndef _CARVE_HANDLES_H
#define _CARVE_HANDLES_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/xarray.h>

#include "face/parse.h"
#include "face/reply.h"

/* Most handles held at a time: each takes a little memory of the kernel's */
#define CARVE_HANDLES_MAX SZ_1M

struct carveout;

/**
 * struct carve_handles - the handles of a carveout
 * @co: the carveout
 * @lock: guards the members below; sleeps
 * @table: the handles, by number
 * @nr: how many there are
 * @next: number of the next one; numbers are not used again
 * @caches: caches made through the poke files
 */
struct carve_handles {
	struct carveout *co;
	struct mutex lock; /* @table to @caches */
	struct xarray table;
	unsigned long nr;
	unsigned long next;
	struct list_head caches;
};

void carve_handles_init(struct carve_handles *handles, struct carveout *co);
/* Frees all that is held. Nobody else may be using @handles. */
void carve_handles_destroy(struct carve_handles *handles);

/**
 * carve_handles_alloc() - do what a line of the file alloc asks for
 * @handles: the handles; the caller has the lock
 * @request: the line
 * @reply: says what came of it
 *
 * All or nothing: what was allocated before a failure is freed again.
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM, -ENOSPC where there are too many handles; -ENOENT for an
 * unknown cache, -EEXIST for one that is there already; -EINTR.
 */
int carve_handles_alloc(struct carve_handles *handles,
			const struct carve_alloc_request *request,
			struct carve_reply *reply);

/**
 * carve_handles_free() - do what a line of the file free asks for
 * @handles: the handles; the caller has the lock
 * @request: the line
 * @reply: says what came of it
 *
 * Of a range of which one doesn't exist, nothing is freed.
 *
 * Context: may sleep.
 * Return: 0; -ENOENT for an unknown handle or cache, -EBUSY for a cache with
 * objects out of it.
 */
int carve_handles_free(struct carve_handles *handles,
		       const struct carve_free_request *request,
		       struct carve_reply *reply);

/* Is there a handle or a cache? The caller has the lock. */
bool carve_handles_held(const struct carve_handles *handles);

/* The list of handles; seq->private is the carve_handles */
extern const struct seq_operations carve_handles_list;

#endif /* _CARVE_HANDLES_H */
