// SPDX-License-Identifier: GPL-2.0
/*
 * stack_depot_save_flags() is __stack_depot_save() on older kernels. Either
 * would take memory from the kernel with a spinlock that sleeps on PREEMPT_RT,
 * and that lockdep doesn't want under raw spinlocks elsewhere: so it may only
 * where nothing at all is held.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/sched/mm.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>

#include "compat/stack.h"

#if defined(CONFIG_STACKDEPOT) && defined(CONFIG_STACKTRACE)

/* Of the allocator itself, in front of the caller */
#define INNER_FRAMES 8

/* preemptible() knows where the kernel counts; elsewhere GFP_NOWAIT does no harm */
static bool may_alloc(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_COUNT))
		return preemptible();
	return !in_hardirq() && !irqs_disabled();
}

static u32 save(unsigned long *frames, unsigned int nr)
{
	const gfp_t gfp = GFP_NOWAIT | __GFP_NOWARN;

#ifdef CARVE_HAVE_STACK_DEPOT_SAVE_FLAGS
	return stack_depot_save_flags(frames, nr, gfp, may_alloc() ?
				      STACK_DEPOT_FLAG_CAN_ALLOC : 0);
#else
	return __stack_depot_save(frames, nr, 0, gfp, may_alloc());
#endif
}

int carve_compat_stack_init(void)
{
	unsigned int flags = memalloc_noio_save();
	int ret = stack_depot_init();

	memalloc_noio_restore(flags);
	return ret;
}

u32 carve_compat_stack_keep(unsigned long caller)
{
	unsigned long frames[INNER_FRAMES + CARVE_STACK_DEPTH];
	unsigned int nr = stack_trace_save(frames, ARRAY_SIZE(frames), 1);
	unsigned int first = 0;

	while (first < nr && frames[first] != caller)
		first++;
	/* Unwinders may skip frames: all of it is better than nothing */
	if (first == nr)
		first = 0;
	return save(frames + first, min(nr - first, CARVE_STACK_DEPTH));
}

unsigned int carve_compat_stack_frames(u32 handle, unsigned long **frames)
{
	return handle ? stack_depot_fetch(handle, frames) : 0;
}

#else

int carve_compat_stack_init(void)
{
	return 0;
}

u32 carve_compat_stack_keep(unsigned long caller)
{
	return 0;
}

unsigned int carve_compat_stack_frames(u32 handle, unsigned long **frames)
{
	return 0;
}

#endif

unsigned int carve_compat_stack_now(unsigned long *frames, unsigned int nr)
{
#ifdef CONFIG_STACKTRACE
	return stack_trace_save(frames, nr, 1);
#else
	return 0;
#endif
}
