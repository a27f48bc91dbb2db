/* SPDX-License-Identifier: GPL-2.0 */
/* Page references of modules built with carveout_native.h. See native.c. */
#ifndef _CARVE_NATIVE_H
#define _CARVE_NATIVE_H

#include <linux/types.h>

struct carveout;

void carve_native_init(struct carveout *co);
/*
 * Add a guard reference to each struct page, once, and set @co->pinned. Any
 * context but NMI. The time is proportional to the carveout's size, with
 * interrupts disabled for a few hundred pages at a time. Returns false after
 * carve_native_forbid().
 */
bool carve_native_guard(struct carveout *co);
/*
 * Add the guards without setting @co->pinned: the carveout can still be removed
 */
bool carve_native_try(struct carveout *co);
/*
 * Undo carve_native_try(), once all pages are free. The guards stay if a module
 * has pinned the carveout meanwhile. May sleep.
 */
void carve_native_end_try(struct carveout *co);
/* Forbid guards from now on; false if there are any. Any context but NMI */
bool carve_native_forbid(struct carveout *co);
/* Drop the guards. All pages must be free. May sleep */
void carve_native_unguard(struct carveout *co);
/* Free the pages that the kernel put last; returns their number. May sleep */
unsigned long carve_native_collect(struct carveout *co);

#endif /* _CARVE_NATIVE_H */
