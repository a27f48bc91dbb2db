/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocations that must not wait for I/O: memalloc_noio_save() and its
 * counterpart, hidden from KCSAN.
 *
 * They change current->flags, which the timer interrupt reads on the same CPU.
 * The kernel tolerates this race; they are inlined into the module, and KCSAN
 * would report the module for it.
 */
#ifndef _CARVE_COMPAT_NOIO_H
#define _CARVE_COMPAT_NOIO_H

#include <linux/kcsan-checks.h>
#include <linux/sched/mm.h>

static inline unsigned int carve_compat_noio_save(void)
{
	unsigned int flags;

	kcsan_disable_current();
	flags = memalloc_noio_save();
	kcsan_enable_current();
	return flags;
}

static inline void carve_compat_noio_restore(unsigned int flags)
{
	kcsan_disable_current();
	memalloc_noio_restore(flags);
	kcsan_enable_current();
}

#endif
