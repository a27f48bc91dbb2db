/* SPDX-License-Identifier: GPL-2.0 */
/* Magazines: fast path. See magazine.c. */
#ifndef _CARVE_MAGAZINE_INLINE_H
#define _CARVE_MAGAZINE_INLINE_H

#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "percpu/magazine.h"

/* Index in ms->cpu of this CPU's magazine or, when diverted, decoy */
#if !defined(CONFIG_TRACEPOINTS) && (defined(CONFIG_UML) || !defined(__x86_64__))
static __always_inline unsigned long carve_magazine_place(void)
{
	return raw_smp_processor_id();
}
#elif defined(__x86_64__)
DECLARE_PER_CPU(unsigned long, carve_magazine_places);

/* Read once: carve_magazines_divert() on another CPU may change it */
static __always_inline unsigned long carve_magazine_place(void)
{
	return this_cpu_read(carve_magazine_places);
}
#else
DECLARE_STATIC_KEY_FALSE(carve_magazines_diverted);

/* Where the CPU number is one load away, and a per-CPU variable two more */
static __always_inline unsigned long carve_magazine_place(void)
{
	unsigned long cpu = raw_smp_processor_id();

	return static_branch_unlikely(&carve_magazines_diverted) ?
	       nr_cpu_ids + cpu : cpu;
}
#endif

#ifdef __x86_64__
/**
 * carve_magazine_enter() - mark this CPU's magazine busy
 * @m: the magazine; preemption is disabled
 * @nothing: set if no item can be taken: the magazine is empty, or was busy, as
 *	this is an interrupt during another operation on it
 *
 * One instruction, so that no interrupt can split it; not a locked one, as only
 * this CPU does it. @nothing is taken from its flags. XADD would save the
 * second read of @state but is slower: an alloc and a free take 20 cycles on Zen 5
 * with it, 10 without.
 *
 * Return: the number of items; below 0 if it was busy. Then, or to leave the
 * magazine unchanged, call carve_magazine_undo() with that number.
 */
static __always_inline long carve_magazine_enter(struct carve_magazine *m,
						 bool *nothing)
{
	asm volatile("subq %2, %0" : "+m" (m->state), "=@ccle" (*nothing) :
		     "i" (CARVE_MAGAZINE_IDLE) : "memory");
	return READ_ONCE(m->state);
}

/* Mark the magazine idle, with @count items */
static __always_inline void carve_magazine_leave(struct carve_magazine *m,
						 unsigned long count)
{
	barrier();
	WRITE_ONCE(m->state, CARVE_MAGAZINE_IDLE + count);
}

/*
 * Mark the magazine idle, with @more items than before, when it had @n. Need not
 * be one instruction: an interrupt in the middle finds the magazine busy, and
 * undoes its own change.
 */
static __always_inline void carve_magazine_leave_with(struct carve_magazine *m,
						      unsigned long n, long more)
{
	barrier();
	/* Races only with such interrupts */
	data_race(m->state += CARVE_MAGAZINE_IDLE + more);
}

/* Undo carve_magazine_enter(), which returned @n */
static __always_inline void carve_magazine_undo(struct carve_magazine *m, long n)
{
	carve_magazine_leave_with(m, n, 0);
}

/*
 * Set @m and @n so that m->items[n] is the place of item @n, in the form that
 * makes the shortest code
 */
static __always_inline void carve_magazine_seek(struct carve_magazine **m,
						unsigned long *n)
{
}

/* Make the compiler compute addresses from @n anew, which saves a register */
static __always_inline void carve_magazine_forget(unsigned long *n)
{
	OPTIMIZER_HIDE_VAR(*n);
}
#else /* without an instruction that changes memory: a mark of its own */
/*
 * See above. An interrupt between the read and the write of @idle finds it set,
 * and has set it again when it returns. Only this CPU writes @idle and @nr, and
 * an interrupt sees its stores in program order, so compiler barriers suffice,
 * however weakly ordered the architecture.
 */
static __always_inline long carve_magazine_enter(struct carve_magazine *m,
						 bool *nothing)
{
	long n;

	*nothing = true;
	if (unlikely(!READ_ONCE(m->idle)))
		return -1;
	WRITE_ONCE(m->idle, NULL);
	/*
	 * Only then read the count, which such an interrupt may have changed.
	 * Pairs with the barrier in its carve_magazine_leave()
	 */
	barrier();
	/* Not READ_ONCE(): one instruction can load the capacity, too */
	n = data_race(m->nr);
	*nothing = !n;
	return n;
}

static __always_inline void carve_magazine_leave(struct carve_magazine *m,
						 unsigned long count)
{
	WRITE_ONCE(m->nr, count);
	/*
	 * An interrupt that finds the magazine idle finds the items and the
	 * count. Pairs with the barrier in its carve_magazine_enter()
	 */
	barrier();
	/* A value that is in a register, and isn't 0 */
	WRITE_ONCE(m->idle, m);
}

static __always_inline void carve_magazine_leave_with(struct carve_magazine *m,
						      unsigned long n, long more)
{
	carve_magazine_leave(m, n + more);
}

/* The mark of a magazine that was busy belongs to the interrupted operation */
static __always_inline void carve_magazine_undo(struct carve_magazine *m, long n)
{
	barrier();
	if (n >= 0)
		WRITE_ONCE(m->idle, m);
}

/* See above. One addition for all accesses near item @n, by a constant offset */
static __always_inline void carve_magazine_seek(struct carve_magazine **m,
						unsigned long *n)
{
	void *shifted = (void **)*m + *n;

	OPTIMIZER_HIDE_VAR(shifted);
	*m = shifted;
	*n = 0;
}

static __always_inline void carve_magazine_forget(unsigned long *n)
{
}
#endif

/* Load @item into the register of the return value: saves a move */
static __always_inline void *carve_magazine_result(void *item)
{
#ifdef __x86_64__
	asm("" : "+a" (item));
#endif
	return item;
}

/* This CPU's magazine or, when diverted, decoy; preemption is disabled */
static __always_inline struct carve_magazine *
carve_magazines_own(struct carve_magazines *ms)
{
	return ms->cpu[carve_magazine_place()];
}

/**
 * carve_magazines_alloc() - take an item
 * @ms: the magazines
 * @item: set to the item freed last on this CPU
 *
 * The fast path: no atomic instruction, no disabling of interrupts.
 *
 * Return: true, or false if there is none: call carve_magazines_alloc_slow().
 */
static __always_inline bool carve_magazines_alloc(struct carve_magazines *ms,
						  void **item)
{
	struct carve_magazine *m;
	bool nothing;
	long n;

	preempt_disable();
	m = carve_magazines_own(ms);
	n = carve_magazine_enter(m, &nothing);
	if (unlikely(nothing)) {
		carve_magazine_undo(m, n);
		preempt_enable();
		return false;
	}
	*item = carve_magazine_result(m->items[n - 1]);
	carve_magazine_leave_with(m, n, -1);
	preempt_enable();
	return true;
}

/*
 * The item @below entries below entry @n. Below the first item are counters,
 * which differ from any item; if one didn't, the slow path would handle it.
 */
static __always_inline const void *
carve_magazine_below(const struct carve_magazine *m, unsigned long n,
		     unsigned int below)
{
	const void *const *place = (const void *)m->items + n * sizeof(*place);

	return *(place - below);
}

/*
 * Common part of all frees. Compare the item with the last @look items freed, at
 * most 2. Unless NULL, @validate checks the item after it is stored. If that
 * fails, the item is read back: so the compiler need not keep it in a register,
 * which saves an instruction.
 */
static __always_inline bool
carve_magazines_free_if(struct carve_magazines *ms, void **item,
			unsigned int look, bool (*validate)(const void *owner, const void *item),
			const void *owner)
{
	struct carve_magazine *m, *near;
	unsigned long n, i;
	bool nothing;

	preempt_disable();
	m = carve_magazines_own(ms);
	n = carve_magazine_enter(m, &nothing);
	near = m;
	i = n;
	carve_magazine_seek(&near, &i);
	/*
	 * Unsigned, a negative @n exceeds any capacity. If another CPU changes
	 * the capacity, either value will do.
	 */
	if (unlikely(n >= data_race(m->capacity) ||
		     (look > 0 && carve_magazine_below(near, i, 1) == *item)))
		goto refused;
	if (look > 1) {
		carve_magazine_forget(&i);
		if (unlikely(carve_magazine_below(near, i, 2) == *item))
			goto refused;
	}
	near->items[i] = *item;
	if (validate && unlikely(!validate(owner, *item))) {
		carve_magazine_forget(&i);
		*item = READ_ONCE(near->items[i]);
		goto refused;
	}
	carve_magazine_leave_with(m, n, 1);
	preempt_enable();
	return true;
refused:
	carve_magazine_undo(m, n);
	preempt_enable();
	return false;
}

/**
 * carve_magazines_free() - free an item
 * @ms: the magazines
 * @item: the item
 *
 * Return: true, or false if the magazine is full: call
 * carve_magazines_free_slow().
 */
static __always_inline bool carve_magazines_free(struct carve_magazines *ms,
						 void *item)
{
	return carve_magazines_free_if(ms, &item, 0, NULL, NULL);
}

/**
 * carve_magazines_free_new() - free an item unless it was freed just before
 * @ms: the magazines
 * @item: the item
 *
 * For layers whose items don't record that they are free: refuses the last two
 * items freed on this CPU, for four instructions.
 *
 * Return: true, or false if the magazine is full or the item is one of the two:
 * check it, and call carve_magazines_free_slow() if the free is valid.
 */
static __always_inline bool carve_magazines_free_new(struct carve_magazines *ms,
						     void *item)
{
	return carve_magazines_free_if(ms, &item, 2, NULL, NULL);
}

/**
 * carve_magazines_free_valid() - free an item after validating it
 * @ms: the magazines
 * @item: the item; stored again with the same value
 * @validate: returns true if the item may be freed; inlined
 * @owner: first argument of @validate
 *
 * Return: true, or false if the magazine is full, the item was the last one
 * freed on this CPU, or @validate refuses it.
 */
static __always_inline bool
carve_magazines_free_valid(struct carve_magazines *ms, void **item,
			   bool (*validate)(const void *owner, const void *item),
			   const void *owner)
{
	return carve_magazines_free_if(ms, item, 1, validate, owner);
}

#endif /* _CARVE_MAGAZINE_INLINE_H */
