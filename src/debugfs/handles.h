/* SPDX-License-Identifier: GPL-2.0 */
/* Allocations made through debugfs, by handle number. See handles.c. */
#ifndef _CARVE_HANDLES_H
#define _CARVE_HANDLES_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/xarray.h>

#include "debugfs/parse.h"
#include "lib/reply.h"

/*
 * Limit of handles; each takes some memory of the kernel, not of the carveout
 */
#define CARVE_HANDLES_MAX SZ_1M

struct carveout;

/**
 * struct carve_handles - the handles of a carveout
 * @co: the carveout
 * @lock: guards the members below
 * @table: the handles, by number
 * @nr: number of handles
 * @next: number of the next handle; numbers are not reused
 * @caches: caches created through the file alloc
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
/* Free all allocations. The caller must be the only user of @handles. */
void carve_handles_destroy(struct carve_handles *handles);

/**
 * carve_handles_alloc() - execute a line of the file alloc
 * @handles: the handles; the caller holds their lock
 * @request: the parsed line
 * @reply: filled with the result
 *
 * On failure, earlier allocations of the line are freed.
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM; -ENOSPC for too many handles; -ENOENT for an unknown
 * cache; -EEXIST for an existing one; -EINTR.
 */
int carve_handles_alloc(struct carve_handles *handles,
			const struct carve_alloc_request *request,
			struct carve_reply *reply);

/**
 * carve_handles_free() - execute a line of the file free
 * @handles: the handles; the caller holds their lock
 * @request: the parsed line
 * @reply: filled with the result
 *
 * If a handle of a range doesn't exist, nothing is freed.
 *
 * Context: may sleep.
 * Return: 0; -ENOENT for an unknown handle or cache; -EBUSY for a cache with
 * objects in use.
 */
int carve_handles_free(struct carve_handles *handles,
		       const struct carve_free_request *request,
		       struct carve_reply *reply);

/* True if there is a handle or a cache. The caller holds the lock. */
bool carve_handles_held(const struct carve_handles *handles);

/* The file handles; seq->private is the struct carve_handles */
extern const struct seq_operations carve_handles_list;

#endif /* _CARVE_HANDLES_H */
