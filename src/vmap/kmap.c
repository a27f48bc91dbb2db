// SPDX-License-Identifier: GPL-2.0
/*
 * kmap
 *
 * A zone may be unmapped: its pages have no address in the kernel until one is
 * asked for. There are two kinds, as natively (mm/highmem.c), both out of a
 * window of page table entries that are ours to write.
 *
 * Permanent: a slot for each page, with a count of its users, who find it by a
 * hash of the page. A slot without users stays mapped, for the next who asks
 * for this page. When no slot is free all of these are unmapped together, and
 * one flush on all CPUs makes them free. Where all are in use, the caller
 * waits.
 *
 * Temporary: each CPU has a stack of slots. They are pushed and popped with
 * preemption disabled, and by interrupts on top of what they interrupt, which
 * leave the stack as they found it: so there is no lock, and since no other CPU
 * ever uses these slots, a flush on this one will do. Unlike natively, a task
 * can't be preempted as long as it has such a mapping.
 *
 * Pages of mapped zones always have an address: for them neither kind does
 * anything.
 *
 * Invariants, walked by carve_kmap_check():
 *  - a slot USED or IDLE is in the chain of its page's hash, once, and no
 *    other is;
 *  - USED ones have users, and nr_used counts them;
 *  - the window leads from such a slot to its page.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "boot/boot.h"
#include "report.h"
#include "vmap/kmap.h"

#define HASH_BITS 7
#define NONE CARVE_KMAP_SLOTS
#define CPU_SLOTS (CARVE_KMAP_DEPTH + CARVE_KMAP_OWN_DEPTH)

static u32 index_of(const struct carve_kmap *kmap,
		    const struct carve_page *page)
{
	return page - kmap->pages->map;
}

static unsigned long pfn_of(const struct carve_kmap *kmap, u32 index)
{
	return carve_pages_pfn(kmap->pages, &kmap->pages->map[index]);
}

static void *address_of(const struct carve_kmap *kmap, unsigned long slot)
{
	return kmap->window.virt + (slot << PAGE_SHIFT);
}

/* The address that a page has anyway, or NULL */
static void *own_address(const struct carve_kmap *kmap,
			 const struct carve_page *page)
{
	const struct carve_zone *zone = carve_page_zone(kmap->pages, page);

	return likely(zone->region->virt) ? carve_zone_address(zone, page) :
					    NULL;
}

static bool is_own(const struct carve_kmap *kmap, const struct carve_page *page,
		   const char *what, unsigned long caller)
{
	bool own = carve_pages_owns(kmap->pages, page);

	if (unlikely(!own))
		carve_pages_bad_free(kmap->pages, page, what, caller);
	return own;
}

/* Permanent mappings */

static u16 *chain_of(struct carve_kmap *kmap, u32 index)
{
	return &kmap->chain[hash_32(index, HASH_BITS)];
}

static bool found_by_page(const struct carve_kmap_slot *slot)
{
	return slot->state == CARVE_KMAP_USED || slot->state == CARVE_KMAP_IDLE;
}

/* The slot that a page is mapped at, or NULL */
static struct carve_kmap_slot *find_slot(struct carve_kmap *kmap, u32 index)
{
	unsigned int n;

	lockdep_assert_held(&kmap->lock);
	for (n = *chain_of(kmap, index); n != NONE; n = kmap->slot[n].next)
		if (kmap->slot[n].page == index)
			return &kmap->slot[n];
	return NULL;
}

static void chain_slot(struct carve_kmap *kmap, struct carve_kmap_slot *slot)
{
	u16 *chain = chain_of(kmap, slot->page);

	slot->next = *chain;
	*chain = slot - kmap->slot;
}

static void unchain_slot(struct carve_kmap *kmap, struct carve_kmap_slot *slot)
{
	u16 *link = chain_of(kmap, slot->page);

	while (&kmap->slot[*link] != slot)
		link = &kmap->slot[*link].next;
	*link = slot->next;
}

/* By turns, so that one without users stays what it is for long; or NULL */
static struct carve_kmap_slot *find_free_slot(struct carve_kmap *kmap)
{
	unsigned int i;

	lockdep_assert_held(&kmap->lock);
	for (i = 0; i < CARVE_KMAP_SLOTS; i++) {
		kmap->last = (kmap->last + 1) % CARVE_KMAP_SLOTS;
		if (kmap->slot[kmap->last].state == CARVE_KMAP_FREE)
			return &kmap->slot[kmap->last];
	}
	return NULL;
}

static void set_nr_used(struct carve_kmap *kmap, int change)
{
	/* Those who wait look at it without the lock */
	WRITE_ONCE(kmap->nr_used, kmap->nr_used + change);
}

static struct carve_kmap_slot *map_new_slot(struct carve_kmap *kmap, u32 index)
{
	struct carve_kmap_slot *slot = find_free_slot(kmap);

	if (!slot)
		return NULL;
	slot->page = index;
	slot->state = CARVE_KMAP_IDLE;
	chain_slot(kmap, slot);
	carve_window_map(&kmap->window, slot - kmap->slot,
			 pfn_of(kmap, index), 1);
	WRITE_ONCE(kmap->nr_maps, kmap->nr_maps + 1);
	return slot;
}

/* The page's address, with a user more; NULL: no slot is free */
static void *try_map(struct carve_kmap *kmap, u32 index)
{
	struct carve_kmap_slot *slot;

	guard(raw_spinlock_irqsave)(&kmap->lock);
	slot = find_slot(kmap, index) ?: map_new_slot(kmap, index);
	if (!slot)
		return NULL;
	if (slot->state == CARVE_KMAP_IDLE) {
		slot->state = CARVE_KMAP_USED;
		slot->users = 0;
		set_nr_used(kmap, 1);
	}
	slot->users++;
	return address_of(kmap, slot - kmap->slot);
}

/* Unmaps all slots without users; how many that were */
static unsigned int begin_flush(struct carve_kmap *kmap)
{
	struct carve_kmap_slot *slot = kmap->slot;
	unsigned int nr = 0;

	guard(raw_spinlock_irqsave)(&kmap->lock);
	for (; slot < kmap->slot + CARVE_KMAP_SLOTS; slot++) {
		if (slot->state != CARVE_KMAP_IDLE)
			continue;
		unchain_slot(kmap, slot);
		carve_window_unmap(&kmap->window, slot - kmap->slot, 1);
		slot->state = CARVE_KMAP_FLUSHED;
		nr++;
	}
	return nr;
}

static void end_flush(struct carve_kmap *kmap)
{
	struct carve_kmap_slot *slot = kmap->slot;

	guard(raw_spinlock_irqsave)(&kmap->lock);
	for (; slot < kmap->slot + CARVE_KMAP_SLOTS; slot++)
		if (slot->state == CARVE_KMAP_FLUSHED)
			slot->state = CARVE_KMAP_FREE;
}

static void flush_idle(struct carve_kmap *kmap)
{
	guard(mutex)(&kmap->flushing);
	if (!begin_flush(kmap))
		return;
	carve_window_flush(&kmap->window);
	end_flush(kmap);
	WRITE_ONCE(kmap->nr_flushes, kmap->nr_flushes + 1);
}

static void *mapped_address(struct carve_kmap *kmap, u32 index)
{
	struct carve_kmap_slot *slot;

	guard(raw_spinlock_irqsave)(&kmap->lock);
	slot = find_slot(kmap, index);
	return slot && slot->state == CARVE_KMAP_USED ?
	       address_of(kmap, slot - kmap->slot) : NULL;
}

/* Somebody unmaps one, or has mapped just this page */
static void wait_for_slot(struct carve_kmap *kmap, u32 index)
{
	if (READ_ONCE(kmap->nr_used) < CARVE_KMAP_SLOTS)
		return;
	atomic_long_inc(&kmap->nr_waits);
	wait_event(kmap->wait,
		   READ_ONCE(kmap->nr_used) < CARVE_KMAP_SLOTS ||
		   mapped_address(kmap, index));
}

void *carve_kmap_map(struct carve_kmap *kmap, struct carve_page *page,
		     unsigned long caller)
{
	void *addr;

	might_sleep();
	if (!is_own(kmap, page, "kmap of what is not a page of this carveout",
		    caller))
		return NULL;
	addr = own_address(kmap, page);
	while (!addr) {
		addr = try_map(kmap, index_of(kmap, page));
		if (addr)
			break;
		flush_idle(kmap);
		wait_for_slot(kmap, index_of(kmap, page));
	}
	return addr;
}

/* 0 where there was none to begin with, else 1 more than the users left */
static unsigned int drop_user(struct carve_kmap *kmap, u32 index)
{
	struct carve_kmap_slot *slot;

	guard(raw_spinlock_irqsave)(&kmap->lock);
	slot = find_slot(kmap, index);
	if (!slot || slot->state != CARVE_KMAP_USED)
		return 0;
	if (!--slot->users) {
		slot->state = CARVE_KMAP_IDLE;
		set_nr_used(kmap, -1);
	}
	return slot->users + 1;
}

void carve_kmap_unmap(struct carve_kmap *kmap, struct carve_page *page,
		      unsigned long caller)
{
	unsigned int left;

	if (!is_own(kmap, page, "kunmap of what is not a page of this carveout",
		    caller) || own_address(kmap, page))
		return;
	left = drop_user(kmap, index_of(kmap, page));
	if (!left)
		carve_pages_bad_free(kmap->pages, page,
				     "kunmap of a page that is not mapped",
				     caller);
	else if (left == 1 && wq_has_sleeper(&kmap->wait))
		wake_up(&kmap->wait);
}

void *carve_kmap_address(struct carve_kmap *kmap, const struct carve_page *page)
{
	return own_address(kmap, page) ?:
	       mapped_address(kmap, index_of(kmap, page));
}

/* Temporary mappings */

/* Number of the first slot of this CPU, which can't change meanwhile */
static unsigned long first_slot_here(void)
{
	return CARVE_KMAP_SLOTS + raw_smp_processor_id() * CPU_SLOTS;
}

/* NULL where @limit are on the stack already */
static void *push(struct carve_kmap *kmap, u32 index, unsigned int limit)
{
	struct carve_kmap_cpu *cpu = &kmap->cpu[raw_smp_processor_id()];
	unsigned int depth = READ_ONCE(cpu->depth);
	unsigned long slot = first_slot_here() + depth;

	lockdep_assert_preemption_disabled();
	if (depth >= limit)
		return NULL;
	WRITE_ONCE(cpu->depth, depth + 1);
	WRITE_ONCE(cpu->nr_maps, cpu->nr_maps + 1);
	/* An interrupt from here on takes the next one */
	barrier();
	carve_window_map(&kmap->window, slot, pfn_of(kmap, index), 1);
	return address_of(kmap, slot);
}

static void pop(struct carve_kmap *kmap)
{
	struct carve_kmap_cpu *cpu = &kmap->cpu[raw_smp_processor_id()];
	unsigned int depth = READ_ONCE(cpu->depth) - 1;
	unsigned long slot = first_slot_here() + depth;

	lockdep_assert_preemption_disabled();
	carve_window_unmap(&kmap->window, slot, 1);
	carve_window_flush_local(&kmap->window, slot, 1);
	/* An interrupt up to here leaves this one alone */
	barrier();
	WRITE_ONCE(cpu->depth, depth);
}

static void *too_deep(struct carve_kmap *kmap, const struct carve_page *page,
		      unsigned long caller)
{
	preempt_enable();
	carve_pages_bad_free(kmap->pages, page,
			     "kmap_local of more pages at a time than a processor can have",
			     caller);
	return NULL;
}

void *carve_kmap_map_local(struct carve_kmap *kmap, struct carve_page *page,
			   unsigned long caller)
{
	void *addr;

	if (!is_own(kmap, page, "kmap_local of what is not a page of this carveout",
		    caller))
		return NULL;
	addr = own_address(kmap, page);
	if (addr)
		return addr;
	preempt_disable();
	addr = push(kmap, index_of(kmap, page), CARVE_KMAP_DEPTH);
	return addr ?: too_deep(kmap, page, caller);
}

/* Is this the mapping that this CPU made last? */
static bool is_top(const struct carve_kmap *kmap, const void *addr)
{
	unsigned long slot = (addr - kmap->window.virt) >> PAGE_SHIFT;
	unsigned int depth = READ_ONCE(kmap->cpu[raw_smp_processor_id()].depth);

	return depth && slot == first_slot_here() + depth - 1;
}

void carve_kmap_unmap_local(struct carve_kmap *kmap, const void *addr,
			    unsigned long caller)
{
	if (carve_pages_lookup(kmap->pages, addr))
		return;
	if (!carve_window_exists(&kmap->window) || !is_top(kmap, addr)) {
		carve_pages_bad_free(kmap->pages, addr,
				     "kunmap_local of what this processor has not mapped last",
				     caller);
		return;
	}
	pop(kmap);
	preempt_enable();
}

unsigned long carve_kmap_nr_local(const struct carve_kmap *kmap)
{
	unsigned long nr = 0;
	unsigned int cpu;

	if (kmap->cpu)
		for_each_possible_cpu(cpu)
			nr += READ_ONCE(kmap->cpu[cpu].nr_maps);
	return nr;
}

/* Beyond the callers' depth: a task, a soft and a hard interrupt have one each */
static void clear(struct carve_clearer *clearer, const struct carve_page *page,
		  unsigned long nr)
{
	struct carve_kmap *kmap = container_of(clearer, struct carve_kmap,
					       clearer);
	u32 index = index_of(kmap, page);
	void *addr;

	for (; nr; nr--, index++) {
		guard(preempt)();
		addr = push(kmap, index, CPU_SLOTS);
		if (WARN_ON_ONCE(!addr))
			return;
		memset(addr, 0, PAGE_SIZE);
		pop(kmap);
	}
}

/* Set-up and removal */

static bool has_unmapped_zone(const struct carve_pages *pages)
{
	const struct carve_zone *zone;

	carve_for_each_zone(zone, pages)
		if (!zone->region->virt)
			return true;
	return false;
}

static int alloc_slots(struct carve_kmap *kmap, struct carve_boot *boot)
{
	unsigned int i;

	kmap->slot = carve_boot_alloc(boot, CARVE_KMAP_SLOTS *
				      sizeof(*kmap->slot), L1_CACHE_BYTES,
				      "kmap slots");
	kmap->chain = carve_boot_alloc(boot, BIT(HASH_BITS) *
				       sizeof(*kmap->chain), L1_CACHE_BYTES,
				       "kmap hash");
	kmap->cpu = carve_boot_alloc(boot, nr_cpu_ids * sizeof(*kmap->cpu),
				     L1_CACHE_BYTES, "kmap stacks");
	if (!kmap->slot || !kmap->chain || !kmap->cpu)
		return -ENOMEM;
	for (i = 0; i < BIT(HASH_BITS); i++)
		kmap->chain[i] = NONE;
	return 0;
}

int carve_kmap_init(struct carve_kmap *kmap, struct carve_pages *pages,
		    struct carve_boot *boot)
{
	int ret;

	kmap->pages = pages;
	if (!has_unmapped_zone(pages))
		return 0;
	raw_spin_lock_init(&kmap->lock);
	mutex_init(&kmap->flushing);
	init_waitqueue_head(&kmap->wait);
	kmap->clearer.clear = clear;
	pages->clearer = &kmap->clearer;
	ret = alloc_slots(kmap, boot);
	return ret ?: carve_window_init(&kmap->window, CARVE_KMAP_SLOTS +
					nr_cpu_ids * CPU_SLOTS);
}

void carve_kmap_exit(struct carve_kmap *kmap)
{
	carve_window_exit(&kmap->window);
}

/* Invariants */

static void check_slot(struct carve_kmap *kmap, struct carve_kmap_slot *slot,
		       struct carve_report *r)
{
	unsigned long n = slot - kmap->slot, pfn;
	bool mapped = carve_window_lookup(&kmap->window, address_of(kmap, n),
					  &pfn);

	carve_report_unless(r, mapped == found_by_page(slot),
			    "kmap slot %lu in state %u is %smapped", n,
			    slot->state, mapped ? "" : "not ");
	if (!found_by_page(slot))
		return;
	carve_report_unless(r, !mapped || pfn == pfn_of(kmap, slot->page),
			    "kmap slot %lu leads to another page than %u", n,
			    slot->page);
	carve_report_unless(r, find_slot(kmap, slot->page) == slot,
			    "kmap slot %lu is not found by its page %u", n,
			    slot->page);
	carve_report_unless(r, slot->state == CARVE_KMAP_IDLE || slot->users,
			    "kmap slot %lu is in use and has no users", n);
}

static unsigned int count_chained(const struct carve_kmap *kmap)
{
	unsigned int i, n, nr = 0;

	for (i = 0; i < BIT(HASH_BITS); i++)
		for (n = kmap->chain[i]; n != NONE && nr <= CARVE_KMAP_SLOTS;
		     n = kmap->slot[n].next)
			nr++;
	return nr;
}

void carve_kmap_check(struct carve_kmap *kmap, struct carve_report *r)
{
	unsigned int found = 0, used = 0, i;

	if (!carve_window_exists(&kmap->window))
		return;
	guard(raw_spinlock_irqsave)(&kmap->lock);
	for (i = 0; i < CARVE_KMAP_SLOTS; i++) {
		check_slot(kmap, &kmap->slot[i], r);
		found += found_by_page(&kmap->slot[i]);
		used += kmap->slot[i].state == CARVE_KMAP_USED;
	}
	carve_report_unless(r, count_chained(kmap) == found,
			    "%u kmap slots are in chains, and %u should be",
			    count_chained(kmap), found);
	carve_report_unless(r, kmap->nr_used == used,
			    "%u kmap slots are in use, %u counted",
			    kmap->nr_used, used);
}
