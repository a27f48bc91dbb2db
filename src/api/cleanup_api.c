// SPDX-License-Identifier: GPL-2.0
/*
 * The exported functions behind __free(), documented in
 * include/carveout_cleanup.h. They look up the carveout of the memory, and have
 * no locking.
 */
#include <linux/export.h>
#include <linux/instruction_pointer.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <carveout.h>

#include "core/instance.h"

static struct carveout *find_owner(const void *p, unsigned long caller)
{
	struct carveout *co = carveout_of(p);

	if (!co && !ZERO_OR_NULL_PTR(p))
		pr_err_ratelimited("bad free of %p by %pS: not memory of a carveout; ignored\n",
				   p, (void *)caller);
	return co;
}

void carve_cleanup_kfree(const void *p)
{
	struct carveout *co = find_owner(p, _RET_IP_);

	if (co)
		__carve_kfree(&co->slabs, p, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_cleanup_kfree);

void carve_cleanup_kfree_sensitive(const void *p)
{
	struct carveout *co = find_owner(p, _RET_IP_);

	if (co)
		__carve_kfree_sensitive(&co->slabs, p, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_cleanup_kfree_sensitive);

void carve_cleanup_vfree(const void *addr)
{
	struct carveout *co = find_owner(addr, _RET_IP_);

	if (co)
		carve_vmap_free(&co->vmap, addr, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_cleanup_vfree);

void carve_cleanup_kvfree(const void *p)
{
	struct carveout *co = find_owner(p, _RET_IP_);

	if (co)
		__carve_kvfree(&co->vmap, p, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_cleanup_kvfree);

void carve_cleanup_free_pages(struct carve_page *page)
{
	struct carveout *co = find_owner(page, _RET_IP_);

	if (!co)
		return;
	carve_pages_free(&co->pages, page,
			 carve_pages_owns(&co->pages, page) ? page->order : 0,
			 CARVE_PAGE_USED, _RET_IP_);
}
EXPORT_SYMBOL_GPL(carve_cleanup_free_pages);
