/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KASAN shadow of kernel addresses. The only exported function that unpoisons a
 * mapped range is the one that compilers call for stack frames.
 */
#ifndef _CARVE_COMPAT_KASAN_H
#define _CARVE_COMPAT_KASAN_H

#include <linux/kasan.h>
#include <linux/types.h>

#if defined(CONFIG_KASAN_GENERIC) && defined(CONFIG_KASAN_VMALLOC)

void __asan_set_shadow_00(const void *addr, ssize_t size);

/* Unpoison whole pages that have a shadow */
static inline void carve_compat_kasan_unpoison(const void *addr, size_t size)
{
	__asan_set_shadow_00(kasan_mem_to_shadow(addr),
			     size >> KASAN_SHADOW_SCALE_SHIFT);
}

/* Bytes of shadow for @size bytes of addresses */
static inline size_t carve_compat_kasan_shadow(size_t size)
{
	return size >> KASAN_SHADOW_SCALE_SHIFT;
}

#else

static inline void carve_compat_kasan_unpoison(const void *addr, size_t size)
{
}

static inline size_t carve_compat_kasan_shadow(size_t size)
{
	return 0;
}

#endif

#endif /* _CARVE_COMPAT_KASAN_H */
