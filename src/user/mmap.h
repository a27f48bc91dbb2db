/* SPDX-License-Identifier: GPL-2.0 */
/* mmap() of objects. See mmap.c. */
#ifndef _CARVE_USER_MAPPING_H
#define _CARVE_USER_MAPPING_H

#include "user/object.h"

/**
 * carve_object_mmap() - map an object
 * @object: the object
 * @vma: the mapping, of a file whose private_data is the object
 *
 * Context: may sleep; the caller holds the mmap lock.
 * Return: 0; -EINVAL for a private mapping, or one beyond the limit of offsets;
 * -EOPNOTSUPP for huge pages if the kernel has none; -ENOMEM if the carveout is
 * full.
 */
int carve_object_mmap(struct carve_object *object, struct vm_area_struct *vma);

/* True if the kernel and the processor have huge pages for CARVEOUT_USER_HUGE */
bool carve_object_huge_possible(void);

#endif /* _CARVE_USER_MAPPING_H */
