/* SPDX-License-Identifier: GPL-2.0 */
/* The list of carveouts: adding, removing and pinning them. See registry.c. */
#ifndef _CARVE_REGISTRY_H
#define _CARVE_REGISTRY_H

#include <linux/types.h>

struct carveout;
struct carveout_request;

/**
 * struct carve_registry_ops - callbacks that show carveouts to users
 * @is_file: true if the directory of carveouts has a file of this name
 * @show: create the files of a carveout
 * @hide: remove them, if there are any
 */
struct carve_registry_ops {
	bool (*is_file)(const char *name);
	void (*show)(struct carveout *co);
	void (*hide)(struct carveout *co);
};

/**
 * carve_registry_init() - set up the registry
 * @ops: callbacks that show carveouts; must stay valid
 * @slab_debug: rules that select caches for debugging; see slab/rules.c
 */
void carve_registry_init(const struct carve_registry_ops *ops,
			 const char *slab_debug);

/*
 * Show all carveouts, and those added from now on. Called after the last
 * parameter was accepted: a file that a user has open could not be removed.
 */
void carve_registry_show(void);

/* Remove every carveout, for the end of the module. May sleep */
void carve_registry_remove_all(void);

/* Drain what the magazines of a dead CPU hold, in every carveout. May sleep */
void carve_registry_cpu_dead(unsigned int cpu);

/**
 * carveout_add() - create a carveout and add it to the list
 * @request: parameters of the carveout
 *
 * Context: may sleep.
 * Return: 0, -EEXIST if the name is in use, -EINVAL if a debugfs file has it,
 * or the error of carveout_create(); @request->refusal has the reason.
 */
int carveout_add(struct carveout_request *request);

/**
 * carveout_remove() - remove an unused carveout
 * @name: its name
 *
 * Context: may sleep.
 * Return: 0, -ENOENT, or -EBUSY if it is in use; then the log lists the owners.
 */
int carveout_remove(const char *name);

/* Keep a carveout from being removed; -ENODEV if it already is. May sleep */
int carveout_pin(struct carveout *co);
void carveout_unpin(struct carveout *co);

#endif /* _CARVE_REGISTRY_H */
