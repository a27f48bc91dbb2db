/* SPDX-License-Identifier: GPL-2.0 */
/* Magazines and depots: structures. See magazine.c. */
#ifndef _CARVE_MAGAZINE_TYPES_H
#define _CARVE_MAGAZINE_TYPES_H

#include <linux/bits.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct carve_magazines;

/* Items that an atomic refill or spill moves; see magazine.c */
#define CARVE_MAGAZINE_FEW 3U

/**
 * struct carve_magazine_ops - the backing layer of the magazines
 * @refill: allocate up to @n items into @items; return how many, 0 only if
 *	there are none. With @atomic, return those that the first lookup finds
 * @flush: free @n items; the magazines forget items that it refuses, too
 *
 * Both are called in any context but NMI, with preemption disabled or not, and
 * do work bounded by @n.
 */
struct carve_magazine_ops {
	unsigned int (*refill)(struct carve_magazines *ms, void **items,
			       unsigned int n, bool atomic);
	void (*flush)(struct carve_magazines *ms, void **items, unsigned int n);
};

/* Added to the item count in the state of an idle magazine */
#define CARVE_MAGAZINE_IDLE ((long)BIT(27))

/**
 * struct carve_magazine - one CPU's LIFO array of free items
 * @state: on x86, number of items, plus CARVE_MAGAZINE_IDLE unless busy;
 *	reduced by CARVE_MAGAZINE_IDLE again while an interrupt finds it busy
 * @idle: elsewhere, NULL if busy, else its own address
 * @nr: elsewhere, number of items
 * @capacity: maximum number of items; another CPU may change it
 * @spare: a batch that only this CPU uses, to exchange with the depot; has items
 *	while it is being filled or emptied only. NULL if there is no depot
 * @refills: times it was found empty
 * @flushes: times it was found full
 * @items: the items; the last one was freed last
 *
 * Locking: only its own CPU accesses it, with preemption disabled and the
 * magazine marked busy. Other CPUs read the counters with READ_ONCE(), and set
 * @capacity.
 */
struct carve_magazine {
#ifdef __x86_64__
	long state;
#else
	struct carve_magazine *idle;
	unsigned long nr;
#endif
	unsigned long capacity;
	struct carve_batch *spare;
	unsigned long refills;
	unsigned long flushes;
	void *items[];
};

/* A batch of items, in the depot or a CPU's spare one */
struct carve_batch {
	struct carve_batch *next;
	unsigned int nr;
	void *items[];
};

/**
 * struct carve_magazine_shape - maximum sizes
 * @batch: items moved at a time
 * @room: items in a CPU's magazine
 * @depot: batches in the depot
 */
struct carve_magazine_shape {
	unsigned int batch;
	unsigned int room;
	unsigned int depot;
};

/**
 * struct carve_depot - batches for all CPUs
 * @lock: guards all members, and changes of carve_magazines.base and .batch
 * @nr_visits: times @lock was taken since the batch was last adapted
 * @nr_contended: how many of these had to wait for it
 * @nr_items: items in @full
 * @full: batches with items
 * @empty: batches without items
 */
struct carve_depot {
	raw_spinlock_t lock;
	unsigned int nr_visits;
	unsigned int nr_contended;
	unsigned int nr_items;
	struct carve_batch *full;
	struct carve_batch *empty;
};

/**
 * struct carve_magazines - the magazines of all CPUs and their depot
 * @ops: the backing layer
 * @batch: items moved at a time; may change at any time
 * @max: maximum sizes
 * @base: @batch without contention, if it adapts; 0: it is fixed
 * @depot: the depot, in cache lines of its own, as each fast path reads @cpu
 * @cpu: magazines of all possible CPUs, by CPU number; then the decoys of all
 *	CPUs, see magazine.c
 */
struct carve_magazines {
	const struct carve_magazine_ops *ops;
	unsigned int batch;
	struct carve_magazine_shape max;
	unsigned int base;
	struct carve_depot *depot;
	struct carve_magazine *cpu[];
};

/* Visits to the depot after which the batch is adapted */
#define CARVE_ADAPT_VISITS 64U

#endif /* _CARVE_MAGAZINE_TYPES_H */
