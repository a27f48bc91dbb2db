/* SPDX-License-Identifier: GPL-2.0 */
/* What modules built with carveout_native.h share with the kernel. */
#ifndef _CARVE_NATIVE_H
#define _CARVE_NATIVE_H

#include <linux/types.h>

struct carveout;

void carve_native_init(struct carveout *co);
/*
 * Adds a reference to each struct page, and sets @co->pinned; once. Any context
 * but NMI, with interrupts disabled for all of the carveout. False where that
 * has been forbidden.
 */
bool carve_native_guard(struct carveout *co);
/* There shall be no guards any more; false where there are. Any context but NMI */
bool carve_native_forbid(struct carveout *co);
/* Takes them away, when all pages are free */
void carve_native_unguard(struct carveout *co);
/* Frees the pages that the kernel had last; any context; how many */
unsigned long carve_native_collect(struct carveout *co);

#endif /* _CARVE_NATIVE_H */
