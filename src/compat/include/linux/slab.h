/* SPDX-License-Identifier: GPL-2.0 */
/* SLAB_NO_MERGE: since 6.5. kzalloc_obj(), kvzalloc_obj(): since 7.0 */
#ifndef _CARVE_COMPAT_LINUX_SLAB_H
#define _CARVE_COMPAT_LINUX_SLAB_H

#include_next <linux/slab.h>

#ifndef SLAB_NO_MERGE
#define SLAB_NO_MERGE ((slab_flags_t __force)0)
#endif

#ifndef kzalloc_obj
#define kzalloc_obj(obj) kzalloc(sizeof(obj), GFP_KERNEL)
#define kvzalloc_obj(obj) kvzalloc(sizeof(obj), GFP_KERNEL)
#endif

#endif /* _CARVE_COMPAT_LINUX_SLAB_H */
