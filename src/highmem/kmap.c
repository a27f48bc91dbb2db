// SPDX-License-Identifier: GPL-2.0
/*
 * kmap: addresses for pages of unmapped zones
 *
 * Pages of an unmapped zone have no kernel address until they are mapped. As in
 * mm/highmem.c there are permanent and temporary mappings. Both use slots in a
 * window (window.c). Pages of mapped zones always have an address; mapping them
 * does nothing.
 *
 * Permanent mappings: a page has one slot with a count of its users, found by a
 * hash of the page. A slot without users is IDLE: it stays mapped, and the next
 * carve_kmap() of its page reuses it. When no slot is free, all IDLE slots are
 * unmapped and freed by one flush on all CPUs. If all slots are in use, the
 * caller waits.
 *
 * Temporary mappings: each CPU has a stack of slots, pushed and popped with
 * preemption disabled. Interrupts push on top, and restore the depth before
 * they return. So the stack needs no lock, and a local flush is sufficient, as
 * no other CPU uses these slots. Unlike in mm/highmem.c, a task can't be
 * preempted while it has such a mapping.
 *
 * Invariants, checked by carve_kmap_check():
 *  - a USED or IDLE slot is in the hash chain of its page exactly once, and no
 *    other slot is in a chain;
 *  - USED slots have users, and nr_used counts these slots;
 *  - the window maps a USED or IDLE slot to its page.
 *
 * Locking: kmap->lock for the slots, inside kmap->flushing, which serialises
 * flushes. Nothing is taken under kmap->lock.
 */
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "boot/boot.h"
#include "highmem/kmap.h"
#include "lib/report.h"
#include "page/misuse.h"
#include "page/pages_inline.h"

#define HASH_BITS 7
#define NONE CARVE_KMAP_SLOTS
#define CPU_SLOTS (CARVE_KMAP_DEPTH + CARVE_KMAP_OWN_DEPTH)

static u32 kmap_page_index(const struct carve_kmap *kmap,
			   const struct carve_page *page)
{
	return page - kmap->pages->map;
}

static unsigned long kmap_page_pfn(const struct carve_kmap *kmap, u32 index)
{
	return carve_pages_pfn(kmap->pages, &kmap->pages->map[index]);
}

static void *slot_address(const struct carve_kmap *kmap, unsigned long slot)
{
	return kmap->window.virt + (slot << PAGE_SHIFT);
}

/* Address in the mapping of its zone, or NULL if the zone is unmapped */
static void *direct_address(const struct carve_kmap *kmap,
			    const struct carve_page *page)
{
	const struct carve_zone *zone = carve_page_zone(kmap->pages, page);

	return likely(zone->region->virt) ? carve_zone_address(zone, page) :
					    NULL;
}

static bool validate_kmap_page(const struct carve_kmap *kmap,
			       const struct carve_page *page, const char *what,
			       unsigned long caller)
{
	bool own = carve_pages_owns(kmap->pages, page);

	if (unlikely(!own))
		carve_report_misuse(kmap->pages, CARVE_MISUSE_KMAP, page, what,
				    caller);
	return own;
}

/* Permanent mappings */

static u16 *slot_chain(struct carve_kmap *kmap, u32 index)
{
	return &kmap->chain[hash_32(index, HASH_BITS)];
}

static bool is_chained_slot(const struct carve_kmap_slot *slot)
{
	return slot->state == CARVE_KMAP_USED || slot->state == CARVE_KMAP_IDLE;
}

/* The slot that maps a page, or NULL */
static struct carve_kmap_slot *find_slot(struct carve_kmap *kmap, u32 index)
{
	unsigned int n;

	lockdep_assert_held(&kmap->lock);
	for (n = *slot_chain(kmap, index); n != NONE; n = kmap->slot[n].next)
		if (kmap->slot[n].page == index)
			return &kmap->slot[n];
	return NULL;
}

static void chain_slot(struct carve_kmap *kmap, struct carve_kmap_slot *slot)
{
	u16 *chain = slot_chain(kmap, slot->page);

	slot->next = *chain;
	*chain = slot - kmap->slot;
}

static void unchain_slot(struct carve_kmap *kmap, struct carve_kmap_slot *slot)
{
	u16 *link = slot_chain(kmap, slot->page);

	while (&kmap->slot[*link] != slot)
		link = &kmap->slot[*link].next;
	*link = slot->next;
}

/* Round-robin: delays the flush of IDLE slots; NULL if no slot is free */
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
	/* wait_for_slot() reads it without the lock */
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
			 kmap_page_pfn(kmap, index), 1);
	WRITE_ONCE(kmap->nr_maps, kmap->nr_maps + 1);
	return slot;
}

/* Map a page, or add a user to its slot; NULL if no slot is free */
static void *map_slot(struct carve_kmap *kmap, u32 index)
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
	return slot_address(kmap, slot - kmap->slot);
}

/* Unmap all IDLE slots; returns their number */
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

static void *used_slot_address(struct carve_kmap *kmap, u32 index)
{
	struct carve_kmap_slot *slot;

	guard(raw_spinlock_irqsave)(&kmap->lock);
	slot = find_slot(kmap, index);
	return slot && slot->state == CARVE_KMAP_USED ?
	       slot_address(kmap, slot - kmap->slot) : NULL;
}

/* Wait until a slot has no users, or this page is mapped */
static void wait_for_slot(struct carve_kmap *kmap, u32 index)
{
	if (READ_ONCE(kmap->nr_used) < CARVE_KMAP_SLOTS)
		return;
	atomic_long_inc(&kmap->nr_waits);
	wait_event(kmap->wait,
		   READ_ONCE(kmap->nr_used) < CARVE_KMAP_SLOTS ||
		   used_slot_address(kmap, index));
}

void *carve_kmap_map(struct carve_kmap *kmap, struct carve_page *page,
		     unsigned long caller)
{
	void *addr;

	might_sleep();
	if (!validate_kmap_page(kmap, page,
				"kmap of a page outside of this carveout",
				caller))
		return NULL;
	addr = direct_address(kmap, page);
	while (!addr) {
		addr = map_slot(kmap, kmap_page_index(kmap, page));
		if (addr)
			break;
		flush_idle(kmap);
		wait_for_slot(kmap, kmap_page_index(kmap, page));
	}
	return addr;
}

/* Drop a user; returns how many there were before, 0 if not mapped */
static unsigned int drop_slot_user(struct carve_kmap *kmap, u32 index)
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

	if (!validate_kmap_page(kmap, page,
				"kunmap of a page outside of this carveout",
				caller) || direct_address(kmap, page))
		return;
	left = drop_slot_user(kmap, kmap_page_index(kmap, page));
	if (!left)
		carve_report_misuse(kmap->pages, CARVE_MISUSE_KMAP, page,
				    "kunmap of a page that is not mapped",
				    caller);
	else if (left == 1 && wq_has_sleeper(&kmap->wait))
		wake_up(&kmap->wait);
}

void *carve_kmap_address(struct carve_kmap *kmap, const struct carve_page *page)
{
	return direct_address(kmap, page) ?:
	       used_slot_address(kmap, kmap_page_index(kmap, page));
}

/* Temporary mappings */

/* First slot of this CPU; preemption is disabled */
static unsigned long first_local_slot(void)
{
	return CARVE_KMAP_SLOTS + raw_smp_processor_id() * CPU_SLOTS;
}

/* Returns NULL if the stack has @limit mappings */
static void *push_local_map(struct carve_kmap *kmap, u32 index,
			    unsigned int limit)
{
	struct carve_kmap_cpu *cpu = &kmap->cpu[raw_smp_processor_id()];
	unsigned int depth = READ_ONCE(cpu->depth);
	unsigned long slot = first_local_slot() + depth;

	lockdep_assert_preemption_disabled();
	if (depth >= limit)
		return NULL;
	WRITE_ONCE(cpu->depth, depth + 1);
	WRITE_ONCE(cpu->nr_maps, cpu->nr_maps + 1);
	/* From here on, interrupts use the next slot */
	barrier();
	carve_window_map(&kmap->window, slot, kmap_page_pfn(kmap, index), 1);
	return slot_address(kmap, slot);
}

static void pop_local_map(struct carve_kmap *kmap)
{
	struct carve_kmap_cpu *cpu = &kmap->cpu[raw_smp_processor_id()];
	unsigned int depth = READ_ONCE(cpu->depth) - 1;
	unsigned long slot = first_local_slot() + depth;

	lockdep_assert_preemption_disabled();
	carve_window_unmap(&kmap->window, slot, 1);
	carve_window_flush_local(&kmap->window, slot, 1);
	/* Up to here, interrupts use the next slot */
	barrier();
	WRITE_ONCE(cpu->depth, depth);
}

static void *refuse_local_map(struct carve_kmap *kmap,
			      const struct carve_page *page,
			      unsigned long caller)
{
	preempt_enable();
	carve_report_misuse(kmap->pages, CARVE_MISUSE_KMAP, page,
			    "kmap_local nested too deep for this CPU",
			    caller);
	return NULL;
}

void *carve_kmap_map_local(struct carve_kmap *kmap, struct carve_page *page,
			   unsigned long caller)
{
	void *addr;

	if (!validate_kmap_page(kmap, page,
				"kmap_local of a page outside of this carveout",
				caller))
		return NULL;
	addr = direct_address(kmap, page);
	if (addr)
		return addr;
	preempt_disable();
	addr = push_local_map(kmap, kmap_page_index(kmap, page),
			      CARVE_KMAP_DEPTH);
	return addr ?: refuse_local_map(kmap, page, caller);
}

/* Is @addr in this CPU's last mapping? */
static bool is_last_local_map(const struct carve_kmap *kmap, const void *addr)
{
	unsigned long slot = (addr - kmap->window.virt) >> PAGE_SHIFT;
	unsigned int depth = READ_ONCE(kmap->cpu[raw_smp_processor_id()].depth);

	return depth && slot == first_local_slot() + depth - 1;
}

void carve_kmap_unmap_local(struct carve_kmap *kmap, const void *addr,
			    unsigned long caller)
{
	if (carve_pages_lookup(kmap->pages, addr))
		return;
	if (!carve_window_exists(&kmap->window) ||
	    !is_last_local_map(kmap, addr)) {
		carve_report_misuse(kmap->pages, CARVE_MISUSE_KMAP, addr,
				    "kunmap_local of another page than this CPU's last kmap_local",
				    caller);
		return;
	}
	pop_local_map(kmap);
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

/* Uses the slots above CARVE_KMAP_DEPTH: one each for task, softirq, hardirq */
static void clear_highmem_pages(struct carve_clear_op *clear_op,
				const struct carve_page *page, unsigned long nr)
{
	struct carve_kmap *kmap = container_of(clear_op, struct carve_kmap,
					       clear_op);
	u32 index = kmap_page_index(kmap, page);
	void *addr;

	for (; nr; nr--, index++) {
		guard(preempt)();
		addr = push_local_map(kmap, index, CPU_SLOTS);
		if (WARN_ON_ONCE(!addr))
			return;
		memset(addr, 0, PAGE_SIZE);
		pop_local_map(kmap);
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
	kmap->clear_op.clear = clear_highmem_pages;
	pages->clear_op = &kmap->clear_op;
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
	bool mapped = carve_window_lookup(&kmap->window, slot_address(kmap, n),
					  &pfn);

	carve_report_unless(r, mapped == is_chained_slot(slot),
			    "kmap slot %lu in state %u is %smapped", n,
			    slot->state, mapped ? "" : "not ");
	if (!is_chained_slot(slot))
		return;
	carve_report_unless(r, !mapped ||
			    pfn == kmap_page_pfn(kmap, slot->page),
			    "kmap slot %lu maps another page than %u", n,
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
		found += is_chained_slot(&kmap->slot[i]);
		used += kmap->slot[i].state == CARVE_KMAP_USED;
	}
	carve_report_unless(r, count_chained(kmap) == found,
			    "%u kmap slots are in chains, and %u should be",
			    count_chained(kmap), found);
	carve_report_unless(r, kmap->nr_used == used,
			    "%u kmap slots are in use, %u counted",
			    kmap->nr_used, used);
}
