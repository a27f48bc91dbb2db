/* SPDX-License-Identifier: GPL-2.0 */
/* Limits of the memory of objects and of users. See quota.c. */
#ifndef _CARVE_QUOTA_H
#define _CARVE_QUOTA_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/**
 * struct carve_owner - the memory of one user's objects
 * @list: link in the list of owners
 * @uid: the user
 * @nr_objects: its objects; guarded by the lock of the list
 * @nr_pages: pages charged to it
 */
struct carve_owner {
	struct list_head list;
	kuid_t uid;
	unsigned int nr_objects;
	atomic_long_t nr_pages;
};

/**
 * struct carve_quota - limits in pages; 0: none
 * @object: of each object
 * @uid: of all objects of each user
 */
struct carve_quota {
	unsigned long object;
	unsigned long uid;
};

/* The owner with this uid, or NULL. The caller holds the lock of the list */
struct carve_owner *carve_owner_find(struct list_head *owners, kuid_t uid);

/**
 * carve_quota_charge() - charge pages to an object and to its owner
 * @quota: the limits
 * @charged: pages charged to the object
 * @owner: the owner
 * @nr: number of pages
 *
 * Context: any.
 * Return: false if a limit would be exceeded; then nothing is charged.
 */
bool carve_quota_charge(const struct carve_quota *quota, atomic_long_t *charged,
			struct carve_owner *owner, unsigned long nr);
void carve_quota_uncharge(atomic_long_t *charged, struct carve_owner *owner,
			  unsigned long nr);

#endif /* _CARVE_QUOTA_H */
