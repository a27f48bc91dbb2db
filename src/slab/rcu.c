// SPDX-License-Identifier: GPL-2.0
/*
 * Freeing after a grace period
 *
 * The addresses of what is to be freed are noted in blocks: pages of the carveout,
 * each an array of pointers. So the allocation itself needs no room for a link,
 * and readers find its contents unchanged to the end (after kvfree_rcu(),
 * kernel/rcu/tree.c and mm/slab_common.c). Each CPU fills a block of its own.
 *
 * One work item is on its way while anything is pending. It runs after a grace
 * period, frees what waited for that, collects the blocks of all CPUs, and lets
 * these wait for the next one. So a single pointer may wait for two grace periods,
 * and all that come meanwhile share them.
 *
 * An area is noted by its address plus one, which no other allocation has.
 *
 * If no page can be had for a block, an allocation is chained through its
 * rcu_head; if it has none, and the caller can sleep, the caller waits for a grace
 * period at once.
 *
 * A walk of such a chain stops after as many entries as were chained, and at the
 * first that doesn't look chained: after a double free its owner may have written
 * to it.
 *
 * Locks: rcu->cpu[].lock, a raw one, with nothing else held or taken.
 */
#include <linux/instruction_pointer.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "percpu/each_cpu.h"
#include "slab/bulk.h"
#include "slab/rcu.h"
#include "slab/slab.h"

/* An array of pointers that fills a page, in a chain of such */
struct carve_rcu_block {
	struct carve_rcu_block *next;
	unsigned long nr;
	void *objects[];
};

#define BLOCK_OBJECTS \
	((PAGE_SIZE - sizeof(struct carve_rcu_block)) / sizeof(void *))

static struct carve_pages *pages_of(const struct carve_rcu *rcu)
{
	return rcu->slabs->pages;
}

static struct carve_rcu_block *new_block(struct carve_rcu *rcu)
{
	struct carve_page *page;
	struct carve_rcu_block *block;

	page = carve_pages_get(pages_of(rcu), GFP_NOWAIT | __GFP_NOWARN, 0,
			       CARVE_PAGE_META);
	if (!page)
		return NULL;
	block = carve_pages_address(pages_of(rcu), page);
	block->nr = 0;
	return block;
}

static void free_block(struct carve_rcu *rcu, struct carve_rcu_block *block)
{
	carve_pages_put(pages_of(rcu), carve_pages_lookup(pages_of(rcu), block),
			0);
}

static bool append(struct carve_rcu_cpu *cpu, const void *p)
{
	struct carve_rcu_block *block = cpu->blocks;

	lockdep_assert_held(&cpu->lock);
	if (!block || block->nr == BLOCK_OBJECTS)
		return false;
	block->objects[block->nr++] = (void *)p;
	return true;
}

/* Which CPU's doesn't matter: the lock keeps its list whole */
static struct carve_rcu_cpu *this_cpu(struct carve_rcu *rcu)
{
	return &rcu->cpu[raw_smp_processor_id()];
}

/* False where that would need a page, and there is none */
static bool note(struct carve_rcu *rcu, const void *p)
{
	struct carve_rcu_cpu *cpu = this_cpu(rcu);
	struct carve_rcu_block *block;

	scoped_guard(raw_spinlock_irqsave, &cpu->lock)
		if (append(cpu, p))
			return true;
	block = new_block(rcu);
	if (!block)
		return false;
	block->objects[block->nr++] = (void *)p;
	guard(raw_spinlock_irqsave)(&cpu->lock);
	block->next = cpu->blocks;
	cpu->blocks = block;
	return true;
}

/* As natively, the place of the function tells what to free. False: it is chained */
static bool chain(struct carve_rcu *rcu, const void *p, struct rcu_head *head)
{
	struct carve_rcu_cpu *cpu = this_cpu(rcu);

	guard(raw_spinlock_irqsave)(&cpu->lock);
	if (head->func == (rcu_callback_t)p)
		return false;
	head->func = (rcu_callback_t)p;
	head->next = cpu->heads;
	cpu->heads = head;
	cpu->nr_heads++;
	return true;
}

/* How an area is noted */
#define AREA_BIT 1

static bool is_area(const void *noted)
{
	return (unsigned long)noted & AREA_BIT;
}

static const void *address_of(const void *noted)
{
	return is_area(noted) ? noted - AREA_BIT : noted;
}

/* Does it lie in the allocation that is so noted, if there is one? */
static bool lies_in(struct carve_rcu *rcu, const void *noted,
		    const struct rcu_head *head)
{
	const void *p = address_of(noted);
	size_t room = is_area(noted) ? rcu->areas->usable(rcu, p) :
				       carve_kmalloc_usable(rcu->slabs, p);
	size_t offset = (const void *)head - p;

	return offset < room && room - offset >= sizeof(*head);
}

static bool is_ours(struct carve_rcu *rcu, const void *p)
{
	return carve_pages_contain(pages_of(rcu), p) ||
	       rcu->areas->owns(rcu, p);
}

/* As chain() left it? Whoever has freed it besides may have it written to since. */
static bool is_chained(struct carve_rcu *rcu, const struct rcu_head *head)
{
	return is_ours(rcu, head) && is_ours(rcu, (void *)(head + 1) - 1) &&
	       lies_in(rcu, (const void *)head->func, head);
}

static void set_out(struct carve_rcu *rcu)
{
	if (!atomic_xchg(&rcu->busy, 1))
		carve_run_after_rcu(&rcu->work);
}

static void put(struct carve_rcu *rcu, const void *noted, unsigned long caller)
{
	if (is_area(noted))
		rcu->areas->put(rcu, address_of(noted), caller);
	else
		carve_kmalloc_put(rcu->slabs, noted, caller);
}

static void free_noted(struct carve_rcu *rcu, const void *noted,
		       struct rcu_head *head, unsigned long caller)
{
	if (head && !lies_in(rcu, noted, head)) {
		carve_pages_bad_free(pages_of(rcu), address_of(noted),
				     "its rcu_head doesn't lie in it", caller);
		return;
	}
	atomic_long_inc(&rcu->nr_pending);
	if (note(rcu, noted)) {
		set_out(rcu);
	} else if (head) {
		if (!chain(rcu, noted, head)) {
			atomic_long_dec(&rcu->nr_pending);
			carve_pages_bad_free(pages_of(rcu), address_of(noted),
					     "it waits for a grace period already",
					     caller);
		}
		set_out(rcu);
	} else {
		synchronize_rcu();
		put(rcu, noted, caller);
		atomic_long_dec(&rcu->nr_pending);
	}
}

void carve_rcu_free(struct carve_rcu *rcu, const void *p,
		    struct rcu_head *head, unsigned long caller)
{
	if (ZERO_OR_NULL_PTR(p))
		return;
	if (likely(carve_kmalloc_usable(rcu->slabs, p)))
		free_noted(rcu, p, head, caller);
	else if (rcu->areas->usable(rcu, p))
		free_noted(rcu, p + AREA_BIT, head, caller);
	else
		carve_kmalloc_refuse(rcu->slabs, p, caller);
}

/* Leaves the others, closed up: how many of them */
static unsigned long free_areas(struct carve_rcu *rcu,
				struct carve_rcu_block *block)
{
	unsigned long i, others = 0;

	for (i = 0; i < block->nr; i++) {
		if (is_area(block->objects[i]))
			put(rcu, block->objects[i], 0);
		else
			block->objects[others++] = block->objects[i];
	}
	return others;
}

static void free_blocks(struct carve_rcu *rcu)
{
	struct carve_rcu_block *block;

	while ((block = rcu->blocks)) {
		rcu->blocks = block->next;
		carve_kmalloc_put_bulk(rcu->slabs, free_areas(rcu, block),
				       block->objects, 0);
		atomic_long_sub(block->nr, &rcu->nr_pending);
		free_block(rcu, block);
		cond_resched();
	}
}

static void free_heads_of(struct carve_rcu *rcu, struct carve_rcu_cpu *cpu)
{
	for (; cpu->nr_waiting; cpu->nr_waiting--) {
		struct rcu_head *head = cpu->waiting;
		const void *p;

		if (!is_chained(rcu, head)) {
			carve_pages_bad_free(pages_of(rcu), head,
					     "written to while it waited for a grace period, as others did behind it",
					     _THIS_IP_);
			break;
		}
		p = (const void *)head->func;
		cpu->waiting = head->next;
		head->func = NULL;
		put(rcu, p, 0);
		atomic_long_dec(&rcu->nr_pending);
		cond_resched();
	}
	atomic_long_sub(cpu->nr_waiting, &rcu->nr_pending);
	cpu->nr_waiting = 0;
}

static void free_heads(struct carve_rcu *rcu)
{
	unsigned int i;

	for_each_possible_cpu(i)
		free_heads_of(rcu, &rcu->cpu[i]);
}

static void collect_blocks(struct carve_rcu *rcu, struct carve_rcu_block *first)
{
	struct carve_rcu_block **last = &rcu->blocks;

	while (*last)
		last = &(*last)->next;
	*last = first;
}

/* All that CPUs have noted: is there any? */
static bool collect(struct carve_rcu *rcu)
{
	bool any = false;
	unsigned int i;

	for_each_possible_cpu(i) {
		struct carve_rcu_cpu *cpu = &rcu->cpu[i];
		struct carve_rcu_block *blocks;

		scoped_guard(raw_spinlock_irqsave, &cpu->lock) {
			blocks = cpu->blocks;
			cpu->waiting = cpu->heads;
			cpu->nr_waiting = cpu->nr_heads;
			cpu->blocks = NULL;
			cpu->heads = NULL;
			cpu->nr_heads = 0;
		}
		collect_blocks(rcu, blocks);
		any |= blocks || cpu->nr_waiting;
	}
	return any;
}

/* A grace period has passed since what waits was collected */
static void run(struct work_struct *work)
{
	struct carve_rcu *rcu = container_of(to_rcu_work(work),
					     struct carve_rcu, work);

	/* Chains first, as their links are read: a block may name the same allocation */
	free_heads(rcu);
	free_blocks(rcu);
	WRITE_ONCE(rcu->nr_rounds, rcu->nr_rounds + 1);
	if (collect(rcu)) {
		carve_run_after_rcu(&rcu->work);
		return;
	}
	atomic_set(&rcu->busy, 0);
	/* Pairs with set_out(): either it sees busy clear, or what it counted is seen here */
	smp_mb();
	if (atomic_long_read(&rcu->nr_pending))
		set_out(rcu);
}

/* Two rounds free all that was pending; more may be coming all the while */
void carve_rcu_flush(struct carve_rcu *rcu)
{
	/* The next round may have collected already what it will free */
	unsigned long enough = READ_ONCE(rcu->nr_rounds) + 2;

	while (atomic_long_read(&rcu->nr_pending) &&
	       (long)(READ_ONCE(rcu->nr_rounds) - enough) < 0) {
		set_out(rcu);
		flush_rcu_work(&rcu->work);
		cond_resched();
	}
	/* What it freed last may have left a block behind */
	flush_rcu_work(&rcu->work);
}

void carve_rcu_stop(struct carve_rcu *rcu)
{
	/* It sets out once more for what was freed just as it looked */
	do {
		flush_rcu_work(&rcu->work);
	} while (atomic_read(&rcu->busy));
	/* The last one may not have returned yet */
	flush_rcu_work(&rcu->work);
}

int carve_rcu_init(struct carve_rcu *rcu, struct carve_slabs *slabs,
		   const struct carve_rcu_areas *areas,
		   struct carve_boot *boot)
{
	unsigned int i;

	rcu->slabs = slabs;
	rcu->areas = areas;
	INIT_RCU_WORK(&rcu->work, run);
	rcu->cpu = carve_boot_alloc(boot, nr_cpu_ids * sizeof(*rcu->cpu),
				    L1_CACHE_BYTES, "frees after grace periods");
	if (!rcu->cpu)
		return -ENOMEM;
	for_each_possible_cpu(i)
		raw_spin_lock_init(&rcu->cpu[i].lock);
	return 0;
}
