// SPDX-License-Identifier: GPL-2.0
/*
 * kfree_rcu(): free after a grace period
 *
 * The pointers to free are stored in blocks: pages of the carveout, each an
 * array of pointers. So an allocation needs no room for a link, and readers see
 * its contents unchanged to the end (after kvfree_rcu(), kernel/rcu/tree.c and
 * mm/slab_common.c). Each CPU fills a block of its own.
 *
 * A work item is queued while any free is pending. It runs after a grace
 * period, frees the pointers that waited for it, collects the blocks of all
 * CPUs, and requeues itself to wait for the next grace period. So a pointer may
 * wait for two grace periods; all frees queued meanwhile share them.
 *
 * A vmalloc area is queued as its address plus one, to tell it from an object.
 *
 * If there is no page for a block, the allocation is chained through its
 * rcu_head; without one, the caller can sleep, and waits for a grace period at
 * once. The address is stored in the head XORed with a random key: callers may
 * keep any data in it until the free, even pointers to the allocation, and none
 * of it is taken for a head that is chained already.
 *
 * A walk of such a chain ends after the number of heads that were chained, or
 * at the first that doesn't decode: after a double free, the new owner of the
 * memory may have overwritten it.
 *
 * Locking: rcu->cpu[].lock, a raw spinlock, nests in no other lock and none
 * nests in it.
 */
#include <linux/instruction_pointer.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "page/misuse.h"
#include "percpu/workqueue.h"
#include "rcu/kfree_rcu.h"
#include "slab/bulk.h"

/* A page full of pointers, on a list */
struct carve_rcu_block {
	struct carve_rcu_block *next;
	unsigned long nr;
	void *objects[];
};

#define BLOCK_OBJECTS \
	((PAGE_SIZE - sizeof(struct carve_rcu_block)) / sizeof(void *))

static struct carve_pages *rcu_pages(const struct carve_rcu *rcu)
{
	return rcu->vmap->slabs->pages;
}

static struct carve_rcu_block *alloc_rcu_block(struct carve_rcu *rcu)
{
	struct carve_page *page;
	struct carve_rcu_block *block;

	page = __carve_pages_alloc(rcu_pages(rcu), GFP_NOWAIT | __GFP_NOWARN, 0,
				   CARVE_PAGE_META);
	if (!page)
		return NULL;
	block = carve_pages_address(rcu_pages(rcu), page);
	block->nr = 0;
	return block;
}

static void free_rcu_block(struct carve_rcu *rcu, struct carve_rcu_block *block)
{
	__carve_pages_free(rcu_pages(rcu),
			   carve_pages_lookup(rcu_pages(rcu), block), 0);
}

static bool append_to_block(struct carve_rcu_cpu *cpu, const void *p)
{
	struct carve_rcu_block *block = cpu->blocks;

	lockdep_assert_held(&cpu->lock);
	if (!block || block->nr == BLOCK_OBJECTS)
		return false;
	block->objects[block->nr++] = (void *)p;
	return true;
}

/* May be preempted and migrate: any CPU's list will do, under its lock */
static struct carve_rcu_cpu *this_rcu_cpu(struct carve_rcu *rcu)
{
	return &rcu->cpu[raw_smp_processor_id()];
}

/* Returns false if that needs a page, and there is none */
static bool queue_in_block(struct carve_rcu *rcu, const void *p)
{
	struct carve_rcu_cpu *cpu = this_rcu_cpu(rcu);
	struct carve_rcu_block *block;

	scoped_guard(raw_spinlock_irqsave, &cpu->lock)
		if (append_to_block(cpu, p))
			return true;
	block = alloc_rcu_block(rcu);
	if (!block)
		return false;
	block->objects[block->nr++] = (void *)p;
	guard(raw_spinlock_irqsave)(&cpu->lock);
	block->next = cpu->blocks;
	cpu->blocks = block;
	return true;
}

/* A chained head stores its pointer as @func, XORed with the key */
static rcu_callback_t encode_head(const struct carve_rcu *rcu,
				  const void *noted)
{
	return (rcu_callback_t)((unsigned long)noted ^ rcu->key);
}

static const void *decode_head(const struct carve_rcu *rcu,
			       const struct rcu_head *head)
{
	return (const void *)((unsigned long)head->func ^ rcu->key);
}

/* Returns false if @head is chained already: a double free */
static bool chain_head(struct carve_rcu *rcu, const void *p,
		       struct rcu_head *head)
{
	struct carve_rcu_cpu *cpu = this_rcu_cpu(rcu);

	guard(raw_spinlock_irqsave)(&cpu->lock);
	if (decode_head(rcu, head) == p)
		return false;
	head->func = encode_head(rcu, p);
	head->next = cpu->heads;
	cpu->heads = head;
	cpu->nr_heads++;
	return true;
}

/* Tags the address of an area */
#define AREA_BIT 1

static bool is_area_addr(const void *noted)
{
	return (unsigned long)noted & AREA_BIT;
}

static const void *untag_address(const void *noted)
{
	return is_area_addr(noted) ? noted - AREA_BIT : noted;
}

/* Does @head lie in the allocation that @noted points to, if there is one? */
static bool head_lies_in(struct carve_rcu *rcu, const void *noted,
			 const struct rcu_head *head)
{
	const void *p = untag_address(noted);
	size_t room = is_area_addr(noted) ? carve_kvmalloc_usable(rcu->vmap, p) :
					    carve_kmalloc_usable(rcu->vmap->slabs, p);
	size_t offset = (const void *)head - p;

	return offset < room && room - offset >= sizeof(*head);
}

static bool in_carveout(struct carve_rcu *rcu, const void *p)
{
	return carve_pages_contain(rcu_pages(rcu), p) ||
	       carve_vmap_owns(rcu->vmap, p);
}

/* Does @head still decode? A double free may have let others overwrite it */
static bool is_chained_head(struct carve_rcu *rcu, const struct rcu_head *head)
{
	return in_carveout(rcu, head) &&
	       in_carveout(rcu, (void *)(head + 1) - 1) &&
	       head_lies_in(rcu, decode_head(rcu, head), head);
}

static void schedule_rcu_work(struct carve_rcu *rcu)
{
	if (!atomic_xchg(&rcu->busy, 1))
		carve_queue_rcu_work(&rcu->work);
}

static void free_queued(struct carve_rcu *rcu, const void *noted,
			unsigned long caller)
{
	if (is_area_addr(noted))
		carve_vmap_free(rcu->vmap, untag_address(noted), caller);
	else
		__carve_kfree(rcu->vmap->slabs, noted, caller);
}

static void queue_rcu_free(struct carve_rcu *rcu, const void *noted,
			   struct rcu_head *head, unsigned long caller)
{
	if (head && !head_lies_in(rcu, noted, head)) {
		carve_report_misuse(rcu_pages(rcu), CARVE_MISUSE_FREE,
				    untag_address(noted),
				    "its rcu_head lies outside of it", caller);
		return;
	}
	atomic_long_inc(&rcu->nr_pending);
	if (queue_in_block(rcu, noted)) {
		schedule_rcu_work(rcu);
	} else if (head) {
		if (!chain_head(rcu, noted, head)) {
			atomic_long_dec(&rcu->nr_pending);
			carve_report_misuse(rcu_pages(rcu),
					    CARVE_MISUSE_FREE,
					    untag_address(noted),
					    "it waits for a grace period already",
					    caller);
		}
		schedule_rcu_work(rcu);
	} else {
		synchronize_rcu();
		free_queued(rcu, noted, caller);
		atomic_long_dec(&rcu->nr_pending);
	}
}

void carve_rcu_free(struct carve_rcu *rcu, const void *p,
		    struct rcu_head *head, unsigned long caller)
{
	if (ZERO_OR_NULL_PTR(p))
		return;
	if (likely(carve_kmalloc_usable(rcu->vmap->slabs, p)))
		queue_rcu_free(rcu, p, head, caller);
	else if (carve_kvmalloc_usable(rcu->vmap, p))
		queue_rcu_free(rcu, p + AREA_BIT, head, caller);
	else
		carve_kmalloc_report(rcu->vmap->slabs, CARVE_MISUSE_FREE, p,
				     caller);
}

/* Free the areas of a block, compact the other pointers and count them */
static unsigned long free_areas(struct carve_rcu *rcu,
				struct carve_rcu_block *block)
{
	unsigned long i, others = 0;

	for (i = 0; i < block->nr; i++) {
		if (is_area_addr(block->objects[i]))
			free_queued(rcu, block->objects[i], 0);
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
		__carve_kfree_bulk(rcu->vmap->slabs, free_areas(rcu, block),
				   block->objects, 0);
		atomic_long_sub(block->nr, &rcu->nr_pending);
		free_rcu_block(rcu, block);
		cond_resched();
	}
}

static void free_cpu_heads(struct carve_rcu *rcu, struct carve_rcu_cpu *cpu)
{
	for (; cpu->nr_waiting; cpu->nr_waiting--) {
		struct rcu_head *head = cpu->waiting;
		const void *p;

		if (!is_chained_head(rcu, head)) {
			carve_report_misuse(rcu_pages(rcu), CARVE_MISUSE_FREE,
					    head,
					    "overwritten while waiting for a grace period: this and the frees chained behind it are lost",
					    _THIS_IP_);
			break;
		}
		p = decode_head(rcu, head);
		cpu->waiting = head->next;
		head->func = NULL;
		free_queued(rcu, p, 0);
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
		free_cpu_heads(rcu, &rcu->cpu[i]);
}

static void collect_blocks(struct carve_rcu *rcu, struct carve_rcu_block *first)
{
	struct carve_rcu_block **last = &rcu->blocks;

	while (*last)
		last = &(*last)->next;
	*last = first;
}

/* Collect the pointers queued on all CPUs; returns false if there are none */
static bool collect_queued(struct carve_rcu *rcu)
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

/* Runs a grace period after the last collect_queued() */
static void run_rcu_frees(struct work_struct *work)
{
	struct carve_rcu *rcu = container_of(to_rcu_work(work),
					     struct carve_rcu, work);

	/* Chains first: a double free may have put a head in a block, too */
	free_heads(rcu);
	free_blocks(rcu);
	WRITE_ONCE(rcu->nr_rounds, rcu->nr_rounds + 1);
	if (collect_queued(rcu)) {
		carve_queue_rcu_work(&rcu->work);
		return;
	}
	atomic_set(&rcu->busy, 0);
	/* Pairs with schedule_rcu_work(): no free is missed by both */
	smp_mb();
	if (atomic_long_read(&rcu->nr_pending))
		schedule_rcu_work(rcu);
}

/* Two rounds free all that is pending now, even if frees keep coming */
void carve_rcu_flush(struct carve_rcu *rcu)
{
	/* The next round frees only what the last one collected */
	unsigned long enough = READ_ONCE(rcu->nr_rounds) + 2;

	while (atomic_long_read(&rcu->nr_pending) &&
	       (long)(READ_ONCE(rcu->nr_rounds) - enough) < 0) {
		schedule_rcu_work(rcu);
		flush_rcu_work(&rcu->work);
		cond_resched();
	}
	/* The last round may still have to free its block */
	flush_rcu_work(&rcu->work);
}

void carve_rcu_stop(struct carve_rcu *rcu)
{
	/* The work item requeues itself for frees that came as it ended */
	do {
		flush_rcu_work(&rcu->work);
	} while (atomic_read(&rcu->busy));
	/* It may have cleared busy and not returned yet */
	flush_rcu_work(&rcu->work);
}

int carve_rcu_init(struct carve_rcu *rcu, struct carve_vmap *vmap,
		   struct carve_boot *boot)
{
	unsigned int i;

	rcu->vmap = vmap;
	rcu->key = get_random_long();
	INIT_RCU_WORK(&rcu->work, run_rcu_frees);
	rcu->cpu = carve_boot_alloc(boot, nr_cpu_ids * sizeof(*rcu->cpu),
				    L1_CACHE_BYTES, "kfree_rcu lists");
	if (!rcu->cpu)
		return -ENOMEM;
	for_each_possible_cpu(i)
		raw_spin_lock_init(&rcu->cpu[i].lock);
	return 0;
}
