/* SPDX-License-Identifier: GPL-2.0 */
/* Mapping objects into address spaces. See mapping.c. */
#ifndef _CARVE_USER_MAPPING_H
#define _CARVE_USER_MAPPING_H

#include "user/user.h"

/**
 * carve_object_mmap() - make a mapping of an object
 * @object: the object
 * @vma: the mapping
 *
 * Context: may sleep, holds the mmap lock.
 * Return: 0; -EINVAL for a private mapping, or one that reaches beyond the end
 * of all offsets; -EOPNOTSUPP for huge pages where the kernel has none.
 */
int carve_object_mmap(struct carve_object *object, struct vm_area_struct *vma);

/* Pages of address space that map an object; sleeps */
unsigned long carve_object_mapped(struct carve_object *object);

/*
 * Whether a huge mapping reaches an offset, or one that did is just going away
 * and may still be in some processor's TLB. Sleeps.
 */
bool carve_object_huge_mapped(struct carve_object *object, unsigned long at);

#endif /* _CARVE_USER_MAPPING_H */
