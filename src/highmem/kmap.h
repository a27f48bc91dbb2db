/* SPDX-License-Identifier: GPL-2.0 */
/* kmap: addresses for pages of unmapped zones. See kmap.c. */
#ifndef _CARVE_KMAP_H
#define _CARVE_KMAP_H

#include <linux/mutex.h>
#include <linux/wait.h>

#include "highmem/window.h"
#include "page/pages_types.h"

struct carve_boot;
struct carve_report;

/* Slots for carve_kmap(): LAST_PKMAP on most architectures */
#define CARVE_KMAP_SLOTS 512
/* Temporary mappings per CPU: for callers; for clear_highmem_pages() */
#define CARVE_KMAP_DEPTH 16
#define CARVE_KMAP_OWN_DEPTH 4

/**
 * struct carve_kmap_slot - an address for a page
 * @page: index of the page that it maps
 * @users: number of users, if @state is USED
 * @next: next slot in the hash chain, or CARVE_KMAP_SLOTS
 * @state: enum carve_kmap_state
 */
struct carve_kmap_slot {
	u32 page;
	u32 users;
	u16 next;
	u8 state;
};

/* Cycles through these in order; IDLE may go back to USED */
enum carve_kmap_state {
	CARVE_KMAP_FREE,	/* not mapped, and in no TLB */
	CARVE_KMAP_USED,	/* mapped, in the hash, with users */
	CARVE_KMAP_IDLE,	/* mapped, in the hash, without users */
	CARVE_KMAP_FLUSHED,	/* unmapped, being flushed from TLBs */
};

/**
 * struct carve_kmap_cpu - the temporary mappings of a CPU
 * @depth: current number
 * @nr_maps: total number since the carveout was created
 */
struct carve_kmap_cpu {
	unsigned int depth;
	unsigned long nr_maps;
} ____cacheline_aligned;

/**
 * struct carve_kmap - mappings of pages of unmapped zones
 * @pages: the carveout's pages
 * @clear_op: zeroes pages of unmapped zones for the page allocator
 * @window: CARVE_KMAP_SLOTS permanent slots, then the slots of each CPU; empty
 *	if all zones are mapped
 * @lock: guards @slot, @chain, @last and @nr_used
 * @slot: the CARVE_KMAP_SLOTS permanent slots
 * @chain: first slot of each hash chain
 * @last: the slot that was allocated last
 * @nr_used: number of USED slots
 * @flushing: serialises flushes
 * @wait: waits for a slot without users
 * @cpu: temporary mappings, by CPU
 * @nr_maps: pages mapped into a free slot
 * @nr_flushes: flushes of all TLBs
 * @nr_waits: times that carve_kmap() waited for a slot
 */
struct carve_kmap {
	struct carve_pages *pages;
	struct carve_clear_op clear_op;
	struct carve_window window;
	raw_spinlock_t lock;
	struct carve_kmap_slot *slot;
	u16 *chain;
	unsigned int last;
	unsigned int nr_used;
	struct mutex flushing; /* serialises flushes */
	wait_queue_head_t wait;
	struct carve_kmap_cpu *cpu;
	unsigned long nr_maps;
	unsigned long nr_flushes;
	atomic_long_t nr_waits;
};

/*
 * Called before the buddy allocator has pages; sleeps. 0; -ENOMEM; -EOPNOTSUPP
 * if a zone is unmapped and the machine can have no window.
 */
int carve_kmap_init(struct carve_kmap *kmap, struct carve_pages *pages,
		    struct carve_boot *boot);
/* Called when no page is mapped; sleeps */
void carve_kmap_exit(struct carve_kmap *kmap);

/* Documented in include/carveout.h */
void *carve_kmap_map(struct carve_kmap *kmap, struct carve_page *page,
		     unsigned long caller);
void carve_kmap_unmap(struct carve_kmap *kmap, struct carve_page *page,
		      unsigned long caller);
void *carve_kmap_map_local(struct carve_kmap *kmap, struct carve_page *page,
			   unsigned long caller);
void carve_kmap_unmap_local(struct carve_kmap *kmap, const void *addr,
			    unsigned long caller);
/* A page's current address, also by carve_kmap(); or NULL */
void *carve_kmap_address(struct carve_kmap *kmap,
			 const struct carve_page *page);

/* Total number of temporary mappings on all CPUs so far */
unsigned long carve_kmap_nr_local(const struct carve_kmap *kmap);

void carve_kmap_check(struct carve_kmap *kmap, struct carve_report *r);

#endif /* _CARVE_KMAP_H */
