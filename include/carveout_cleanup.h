/* SPDX-License-Identifier: GPL-2.0 */
/*
 * carveout - memory and references that end with a scope
 *
 * __free() and classes of <linux/cleanup.h>, included by carveout.h:
 *
 *	CLASS(carveout, co)("default");
 *	if (!co)
 *		return -ENODEV;
 *	struct record *r __free(carve_kfree) =
 *		carve_kzalloc_obj(co, struct record);
 *	if (!r)
 *		return -ENOMEM;
 *	...
 *	return_ptr(r);
 *
 * Scopes end in reverse order: get the carveout before the memory, so that it
 * is put after the memory is freed. __free() is told nothing but the pointer,
 * and finds the carveout with carveout_of().
 *
 *	__free(carve_kfree)		the kmalloc family
 *	__free(carve_kfree_sensitive)	the same, cleared
 *	__free(carve_vfree)		the vmalloc family
 *	__free(carve_kvfree)		the kvmalloc family
 *	__free(carve_free_page)		struct carve_page *: a page,
 *	__free(carve_free_pages)	or a block of any order
 *	__free(carve_cache_destroy)	struct carve_cache *
 *	__free(carveout_put)		struct carveout *
 *	CLASS(carveout, co)(name)	co = carveout_get(name), and its put
 *
 * All ignore NULL and ERR_PTR(). Contexts are those of the functions of these
 * names. Memory of no carveout is reported in the log and ignored.
 */
#ifndef _CARVEOUT_CLEANUP_H
#define _CARVEOUT_CLEANUP_H

#include <linux/cleanup.h>
#include <linux/err.h>

#include <carveout.h>

/* The functions of these names, for memory of any carveout */
void carve_cleanup_kfree(const void *p);
void carve_cleanup_kfree_sensitive(const void *p);
void carve_cleanup_vfree(const void *addr);
void carve_cleanup_kvfree(const void *p);
void carve_cleanup_free_pages(struct carve_page *page);

#define __carve_define_free(name, type, free) \
	DEFINE_FREE(name, type, if (!IS_ERR_OR_NULL(_T)) free(_T))

__carve_define_free(carve_kfree, void *, carve_cleanup_kfree)
__carve_define_free(carve_kfree_sensitive, void *,
		    carve_cleanup_kfree_sensitive)
__carve_define_free(carve_vfree, void *, carve_cleanup_vfree)
__carve_define_free(carve_kvfree, void *, carve_cleanup_kvfree)
__carve_define_free(carve_free_page, struct carve_page *,
		    carve_cleanup_free_pages)
__carve_define_free(carve_free_pages, struct carve_page *,
		    carve_cleanup_free_pages)
__carve_define_free(carve_cache_destroy, struct carve_cache *, carve_cache_destroy)
__carve_define_free(carveout_put, struct carveout *, carveout_put)

DEFINE_CLASS(carveout, struct carveout *, if (_T) carveout_put(_T),
	     carveout_get(name), const char *name)

#endif /* _CARVEOUT_CLEANUP_H */
