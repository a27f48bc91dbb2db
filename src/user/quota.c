// SPDX-License-Identifier: GPL-2.0
/*
 * Limits of the memory of objects and of users
 *
 * Pages are charged to their object, and to the user who opened it first, before
 * they are allocated, and uncharged after they are freed. So neither exceeds its
 * limit, even for a moment. Pages of the tables of an object aren't charged.
 *
 * A limit may be set below what is charged already: then nothing more can be
 * charged until enough is freed.
 *
 * Two charges at the same time may both be refused although there is room for one:
 * each adds its pages before it compares.
 */
#include "user/quota.h"

struct carve_owner *carve_owner_find(struct list_head *owners, kuid_t uid)
{
	struct carve_owner *owner;

	list_for_each_entry(owner, owners, list)
		if (uid_eq(owner->uid, uid))
			return owner;
	return NULL;
}

static bool quota_add(atomic_long_t *charged, unsigned long nr, unsigned long limit)
{
	unsigned long sum = atomic_long_add_return(nr, charged);

	if (!limit || sum <= limit)
		return true;
	atomic_long_sub(nr, charged);
	return false;
}

bool carve_quota_charge(const struct carve_quota *quota, atomic_long_t *charged,
			struct carve_owner *owner, unsigned long nr)
{
	if (!quota_add(charged, nr, READ_ONCE(quota->object)))
		return false;
	if (quota_add(&owner->nr_pages, nr, READ_ONCE(quota->uid)))
		return true;
	atomic_long_sub(nr, charged);
	return false;
}

void carve_quota_uncharge(atomic_long_t *charged, struct carve_owner *owner,
			  unsigned long nr)
{
	atomic_long_sub(nr, charged);
	atomic_long_sub(nr, &owner->nr_pages);
}
