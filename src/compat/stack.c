// SPDX-License-Identifier: GPL-2.0
/*
 * Stack traces in the stack depot
 *
 * stack_depot_save_flags() is __stack_depot_save() on older kernels. Both may
 * allocate pages under a spinlock that sleeps on PREEMPT_RT, which lockdep
 * forbids under raw spinlocks on other kernels as well. So they may allocate
 * only if the caller is preemptible.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>

#include "compat/noio.h"
#include "compat/stack.h"

#if defined(CONFIG_STACKDEPOT) && defined(CONFIG_STACKTRACE)

/* Frames of the allocator, innermost, in addition to those saved */
#define INNER_FRAMES 8

/* Without PREEMPT_COUNT no RT kernel and no lockdep: GFP_NOWAIT is safe */
static bool may_alloc(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_COUNT))
		return preemptible();
	return !in_hardirq() && !irqs_disabled();
}

static u32 save_to_depot(unsigned long *frames, unsigned int nr)
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
	unsigned int flags = carve_compat_noio_save();
	int ret = stack_depot_init();

	carve_compat_noio_restore(flags);
	return ret;
}

u32 carve_compat_stack_keep(unsigned long caller)
{
	unsigned long frames[INNER_FRAMES + CARVE_STACK_DEPTH];
	unsigned int nr = stack_trace_save(frames, ARRAY_SIZE(frames), 1);
	unsigned int first = 0;

	while (first < nr && frames[first] != caller)
		first++;
	/* Unwinders may skip the caller: then save the whole trace */
	if (first == nr)
		first = 0;
	return save_to_depot(frames + first,
			     min(nr - first, CARVE_STACK_DEPTH));
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
