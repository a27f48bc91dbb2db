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
 * While these are locked no mapping is taken off the list. May sleep; nothing
 * may be allocated meanwhile.
 */
static inline void carve_object_lock_maps(struct carve_object *object)
{
	i_mmap_lock_read(&object->mapping);
}

static inline void carve_object_unlock_maps(struct carve_object *object)
{
	i_mmap_unlock_read(&object->mapping);
}

/* How pages may be in use by mappings that have no reference to them */
enum carve_cover {
	CARVE_UNCOVERED,	/* no mapping reaches there */
	CARVE_COVERED_ONCE,	/* one does, and would have a reference */
	CARVE_COVERED,		/* several do, or a huge one, which has none */
};

/* Who maps an offset; mappings locked */
enum carve_cover carve_object_cover(struct carve_object *object,
				    unsigned long at);
/*
 * Whether a mapping is just coming or going: one that is off the list may still
 * be in some processor's TLB, or not have told of its end. Mappings locked.
 */
bool carve_object_in_flux(struct carve_object *object);

#endif /* _CARVE_USER_MAPPING_H */
