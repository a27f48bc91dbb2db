/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses on demand for pages that have none. See kmap.c. */
#ifndef _CARVE_KMAP_H
#define _CARVE_KMAP_H

#include <linux/mutex.h>
#include <linux/wait.h>

#include "page/pages.h"
#include "vmap/window.h"

struct carve_boot;
struct carve_report;

/* Pages that carve_kmap() has mapped at a time, as natively on most machines */
#define CARVE_KMAP_SLOTS 512
/* Temporary mappings that a CPU has at a time: of callers, and our own beyond */
#define CARVE_KMAP_DEPTH 16
#define CARVE_KMAP_OWN_DEPTH 4

/**
 * struct carve_kmap_slot - an address for a page
 * @page: index of the page that is mapped there
 * @users: how often it is mapped, where @state says USED
 * @next: the next slot in the hash chain, or CARVE_KMAP_SLOTS
 * @state: enum carve_kmap_state
 */
struct carve_kmap_slot {
	u32 page;
	u32 users;
	u16 next;
	u8 state;
};

/* Slots go from one state to the next, and from the last to the first */
enum carve_kmap_state {
	CARVE_KMAP_FREE,	/* nothing is mapped, and no TLB has anything else */
	CARVE_KMAP_USED,	/* mapped, and found by its page, as is IDLE */
	CARVE_KMAP_IDLE,	/* the same without users */
	CARVE_KMAP_FLUSHED,	/* being flushed from TLBs */
};

/**
 * struct carve_kmap_cpu - the temporary mappings of a CPU
 * @depth: how many there are
 * @nr_maps: how many there have been
 */
struct carve_kmap_cpu {
	unsigned int depth;
	unsigned long nr_maps;
} ____cacheline_aligned;

/**
 * struct carve_kmap - mappings of pages that have no address
 * @pages: the carveout's pages
 * @clearer: how the page allocator has those filled with zeroes
 * @window: the slots of carve_kmap(), then those of each CPU; none where all
 *	pages have addresses
 * @lock: guards @slot, @chain, @last and @nr_used
 * @slot: the slots of carve_kmap(); CARVE_KMAP_SLOTS of them
 * @chain: the first slot for pages of each hash
 * @last: the slot that was taken last
 * @nr_used: slots in use
 * @flushing: one flush at a time
 * @wait: for a slot
 * @cpu: the temporary ones, by CPU
 * @nr_maps: pages mapped where they weren't before
 * @nr_flushes: flushes of all TLBs
 * @nr_waits: times that somebody had to wait
 */
struct carve_kmap {
	struct carve_pages *pages;
	struct carve_clearer clearer;
	struct carve_window window;
	raw_spinlock_t lock;
	struct carve_kmap_slot *slot;
	u16 *chain;
	unsigned int last;
	unsigned int nr_used;
	struct mutex flushing; /* one flush at a time */
	wait_queue_head_t wait;
	struct carve_kmap_cpu *cpu;
	unsigned long nr_maps;
	unsigned long nr_flushes;
	atomic_long_t nr_waits;
};

/*
 * Before the buddy system has pages; sleeps. 0; -ENOMEM; -EOPNOTSUPP where
 * there are pages without an address and no way to give them one.
 */
int carve_kmap_init(struct carve_kmap *kmap, struct carve_pages *pages,
		    struct carve_boot *boot);
/* When nothing is mapped any more; sleeps */
void carve_kmap_exit(struct carve_kmap *kmap);

/* See include/carveout.h for what these mean */
void *carve_kmap_map(struct carve_kmap *kmap, struct carve_page *page,
		     unsigned long caller);
void carve_kmap_unmap(struct carve_kmap *kmap, struct carve_page *page,
		      unsigned long caller);
void *carve_kmap_map_local(struct carve_kmap *kmap, struct carve_page *page,
			   unsigned long caller);
void carve_kmap_unmap_local(struct carve_kmap *kmap, const void *addr,
			    unsigned long caller);
/* The address that a page has now, if only by carve_kmap(); or NULL */
void *carve_kmap_address(struct carve_kmap *kmap,
			 const struct carve_page *page);

/* How many temporary mappings there have been on all CPUs */
unsigned long carve_kmap_nr_local(const struct carve_kmap *kmap);

void carve_kmap_check(struct carve_kmap *kmap, struct carve_report *r);

#endif /* _CARVE_KMAP_H */
