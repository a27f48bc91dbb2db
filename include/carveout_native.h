/* SPDX-License-Identifier: GPL-2.0 */
/*
 * carveout_native.h - rebuild existing kernel code, unchanged, on a carveout
 *
 *	ccflags-y += -I$(CARVEOUT)/include -include carveout_native.h
 *
 * With this line in a module's Kbuild, the default carveout, which is the first
 * that was created, serves the module's kmalloc(), kmem_cache_alloc(),
 * alloc_pages(), vmalloc() and related functions. Load carveout.ko before the
 * module. Without a carveout, allocations fail.
 *
 * Memory passes between the module and the kernel:
 *
 *  - The module's frees return memory to where it was allocated. Memory that
 *    the kernel allocated for the module (kasprintf(), memdup_user(),
 *    kvmalloc() within a core function) goes back to the kernel, also by
 *    __free() and kfree_rcu().
 *  - Pages have references as in mm/: anyone may call get_page(), and the last
 *    put frees, also if it is the kernel's: a network driver's pages may end in
 *    a socket buffer. Pages that the kernel put last are collected when memory
 *    is needed, and when allocations are reported. A block of __GFP_COMP, or of
 *    folio_alloc(), is a compound page: PageHead(), compound_order(), page_size()
 *    and folio_test_large() say so, also to the kernel. Tail pages of other
 *    blocks have references of their own here: the block is free when all its
 *    pages are. In the module's code, page_count() and folio_ref_count() return
 *    what they would for the kernel's pages.
 *  - Memory of kmalloc(), of a cache or of vmalloc() may be lent to the kernel:
 *    mapped for DMA, put into a scatterlist or a bio, found with virt_to_page().
 *    But the kernel must not free it with kfree() or kmem_cache_free(). A module
 *    that transfers such memory (the data of build_skb(), a field that a core
 *    function will kfree()) or a cache (kmem_cachep of struct dst_ops) to the
 *    kernel can't use this header. Such a kfree() corrupts nothing: the kernel
 *    warns, the memory stays allocated, and the log names its cache later.
 *
 * Memory without struct pages, or outside the direct mapping (source=reserved),
 * serves all but alloc_pages() and related functions.
 *
 * These still come from the kernel: the arrays of memory pools, percpu, devm_
 * and dma_ functions, kmem_buckets, kmalloc_nolock(), alloc_pages_nolock(),
 * filemap_alloc_folio(), vma_alloc_folio(), vmalloc_user() and vmalloc_32(), and
 * all that the kernel allocates on behalf of the module. set_page_count() and related functions
 * don't compile. remap_vmalloc_range() works with memory of vmalloc_user() only;
 * map memory of vmalloc() page by page, with vmalloc_to_page().
 *
 * A source may have a pr_fmt() of its own: see carveout_native_printk.h.
 */
#ifndef _CARVEOUT_NATIVE_H
#define _CARVEOUT_NATIVE_H

#include <carveout_native_printk.h>

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <carveout.h>

/* Does this lie in the carveout, or in an area of it? */
static inline bool carve_native_owns(const void *p)
{
	struct carveout *co = carveout_native();

	return co && carve_owns(co, p);
}

/* kmalloc and its family */

static inline void *carve_native_kmalloc(size_t size, gfp_t gfp)
{
	struct carveout *co = carveout_native();

	return likely(co) ? carve_kmalloc(co, size, gfp) : NULL;
}

static inline void *carve_native_kzalloc(size_t size, gfp_t gfp)
{
	return carve_native_kmalloc(size, gfp | __GFP_ZERO);
}

static inline void *carve_native_kmalloc_node(size_t size, gfp_t gfp, int node)
{
	return carve_native_kmalloc(size, gfp);
}

static inline void *carve_native_kzalloc_node(size_t size, gfp_t gfp, int node)
{
	return carve_native_kmalloc(size, gfp | __GFP_ZERO);
}

static inline void *carve_native_kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return carve_native_kmalloc(size_mul(n, size), gfp);
}

static inline void *carve_native_kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return carve_native_kmalloc(size_mul(n, size), gfp | __GFP_ZERO);
}

static inline void *carve_native_kmalloc_array_node(size_t n, size_t size,
						    gfp_t gfp, int node)
{
	return carve_native_kmalloc(size_mul(n, size), gfp);
}

static inline void *carve_native_kcalloc_node(size_t n, size_t size, gfp_t gfp,
					      int node)
{
	return carve_native_kmalloc(size_mul(n, size), gfp | __GFP_ZERO);
}

static inline void carve_native_kfree(const void *p)
{
	if (likely(carve_native_owns(p)))
		carve_kfree(carveout_native(), p);
	else
		kfree(p);
}

static inline void carve_native_kfree_sensitive(const void *p)
{
	if (likely(carve_native_owns(p)))
		carve_kfree_sensitive(carveout_native(), p);
	else
		kfree_sensitive(p);
}

static inline void carve_native_kfree_const(const void *p)
{
	if (carve_native_owns(p))
		carve_kfree(carveout_native(), p);
	else
		kfree_const(p);
}

static inline void carve_native_kfree_bulk(size_t nr, void **objects)
{
	size_t i;

	for (i = 0; i < nr; i++)
		carve_native_kfree(objects[i]);
}

#ifdef kmalloc_nolock
static inline void carve_native_kfree_nolock(const void *p)
{
	if (carve_native_owns(p))
		carve_kfree(carveout_native(), p);
	else
		kfree_nolock(p);
}

#define kfree_nolock carve_native_kfree_nolock
#endif

/* A delayed call of get_link() */
static inline void carve_native_kfree_link(void *p)
{
	carve_native_kfree(p);
}

static inline size_t carve_native_ksize(const void *p)
{
	return carve_native_owns(p) ? carve_ksize(carveout_native(), p) :
				      ksize(p);
}

static inline void *carve_native_krealloc(const void *p, size_t size, gfp_t gfp)
{
	if (ZERO_OR_NULL_PTR(p))
		return carve_native_kmalloc(size, gfp);
	return carve_native_owns(p) ?
	       carve_krealloc(carveout_native(), p, size, gfp) :
	       krealloc(p, size, gfp);
}

static inline void *carve_native_krealloc_array(void *p, size_t n, size_t size,
						gfp_t gfp)
{
	size_t bytes = size_mul(n, size);

	return bytes == SIZE_MAX ? NULL : carve_native_krealloc(p, bytes, gfp);
}

static inline void *carve_native_kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *p = carve_native_kmalloc(len, gfp);

	return p ? memcpy(p, src, len) : NULL;
}

static inline void *carve_native_kmemdup_array(const void *src, size_t n,
					       size_t size, gfp_t gfp)
{
	return carve_native_kmemdup(src, size_mul(n, size), gfp);
}

static inline char *carve_native_kmemdup_nul(const char *s, size_t len,
					     gfp_t gfp)
{
	char *p = s ? carve_native_kmalloc(len + 1, gfp) : NULL;

	if (p) {
		memcpy(p, s, len);
		p[len] = '\0';
	}
	return p;
}

static inline char *carve_native_kstrdup(const char *s, gfp_t gfp)
{
	return s ? carve_native_kmemdup(s, strlen(s) + 1, gfp) : NULL;
}

static inline char *carve_native_kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return s ? carve_native_kmemdup_nul(s, strnlen(s, max), gfp) : NULL;
}

/* Areas */

static inline void *carve_native_vmalloc(unsigned long size)
{
	struct carveout *co = carveout_native();

	return likely(co) ? carve_vmalloc(co, size) : NULL;
}

static inline void *carve_native_vzalloc(unsigned long size)
{
	struct carveout *co = carveout_native();

	return likely(co) ? carve_vzalloc(co, size) : NULL;
}

static inline void *carve_native_vmalloc_flags(unsigned long size, gfp_t gfp)
{
	struct carveout *co = carveout_native();

	return likely(co) ? carve_vmalloc_gfp(co, size, gfp) : NULL;
}

static inline void *carve_native_vmalloc_huge(unsigned long size, gfp_t gfp)
{
	return carve_native_vmalloc_flags(size, gfp);
}

static inline void *carve_native_vmalloc_node(unsigned long size, int node)
{
	return carve_native_vmalloc(size);
}

static inline void *carve_native_vzalloc_node(unsigned long size, int node)
{
	return carve_native_vzalloc(size);
}

static inline void *carve_native_vmalloc_array(size_t n, size_t size)
{
	return carve_native_vmalloc(size_mul(n, size));
}

static inline void *carve_native_vcalloc(size_t n, size_t size)
{
	return carve_native_vzalloc(size_mul(n, size));
}

static inline void carve_native_vfree(const void *p)
{
	if (likely(carve_native_owns(p)))
		carve_vfree(carveout_native(), p);
	else
		vfree(p);
}

#ifdef vrealloc
static inline void *carve_native_vrealloc(const void *p, size_t size, gfp_t gfp)
{
	if (!p)
		return carve_native_vmalloc_flags(size, gfp);
	if (carve_native_owns(p))
		return carve_vrealloc(carveout_native(), p, size, gfp);
#ifdef vrealloc_node_align
	return vrealloc(p, size, gfp);
#else /* before there was that one, modules couldn't call it */
	return NULL;
#endif
}
#endif

static inline void *carve_native_kvmalloc(size_t size, gfp_t gfp)
{
	struct carveout *co = carveout_native();

	return likely(co) ? carve_kvmalloc(co, size, gfp) : NULL;
}

static inline void *carve_native_kvzalloc(size_t size, gfp_t gfp)
{
	return carve_native_kvmalloc(size, gfp | __GFP_ZERO);
}

static inline void *carve_native_kvmalloc_node(size_t size, gfp_t gfp, int node)
{
	return carve_native_kvmalloc(size, gfp);
}

static inline void *carve_native_kvzalloc_node(size_t size, gfp_t gfp, int node)
{
	return carve_native_kvmalloc(size, gfp | __GFP_ZERO);
}

static inline void *carve_native_kvmalloc_array(size_t n, size_t size,
						gfp_t gfp)
{
	return carve_native_kvmalloc(size_mul(n, size), gfp);
}

static inline void *carve_native_kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return carve_native_kvmalloc(size_mul(n, size), gfp | __GFP_ZERO);
}

static inline void *carve_native_kvmalloc_array_node(size_t n, size_t size,
						     gfp_t gfp, int node)
{
	return carve_native_kvmalloc(size_mul(n, size), gfp);
}

static inline void *carve_native_kvcalloc_node(size_t n, size_t size, gfp_t gfp,
					       int node)
{
	return carve_native_kvmalloc(size_mul(n, size), gfp | __GFP_ZERO);
}

static inline void *carve_native_kvmemdup(const void *src, size_t len,
					  gfp_t gfp)
{
	void *p = carve_native_kvmalloc(len, gfp);

	return p ? memcpy(p, src, len) : NULL;
}

static inline void carve_native_kvfree(const void *p)
{
	if (likely(carve_native_owns(p)))
		carve_kvfree(carveout_native(), p);
	else
		kvfree(p);
}

/* Kernels without it have no sources that call it */
void kvfree_atomic(const void *p);

static inline void carve_native_kvfree_atomic(const void *p)
{
	if (carve_native_owns(p))
		carve_kvfree(carveout_native(), p);
	else
		kvfree_atomic(p);
}

static inline void carve_native_kvfree_sensitive(const void *p, size_t len)
{
	if (carve_native_owns(p)) {
		memzero_explicit((void *)p, len);
		carve_kvfree(carveout_native(), p);
	} else {
		kvfree_sensitive(p, len);
	}
}

#ifdef kvrealloc /* older ones are told the old size, too */
static inline void *carve_native_kvrealloc(const void *p, size_t size,
					   gfp_t gfp)
{
	if (ZERO_OR_NULL_PTR(p))
		return carve_native_kvmalloc(size, gfp);
	return carve_native_owns(p) ?
	       carve_kvrealloc(carveout_native(), p, size, gfp) :
	       kvrealloc(p, size, gfp);
}
#else
static inline void *carve_native_kvrealloc(const void *p, size_t old,
					   size_t size, gfp_t gfp)
{
	if (ZERO_OR_NULL_PTR(p))
		return carve_native_kvmalloc(size, gfp);
	return carve_native_owns(p) ?
	       carve_kvrealloc(carveout_native(), p, size, gfp) :
	       kvrealloc(p, old, size, gfp);
}
#endif

/* What __free() of the kernel's headers calls */

static inline void carve_native_free_kfree(void *at)
{
	void *p = *(void **)at;

	if (!IS_ERR_OR_NULL(p))
		carve_native_kfree(p);
}

static inline void carve_native_free_kfree_sensitive(void *at)
{
	void *p = *(void **)at;

	if (!IS_ERR_OR_NULL(p))
		carve_native_kfree_sensitive(p);
}

static inline void carve_native_free_vfree(void *at)
{
	void *p = *(void **)at;

	if (!IS_ERR_OR_NULL(p))
		carve_native_vfree(p);
}

static inline void carve_native_free_kvfree(void *at)
{
	void *p = *(void **)at;

	if (!IS_ERR_OR_NULL(p))
		carve_native_kvfree(p);
}

static inline void carve_native_free_kvfree_atomic(void *at)
{
	void *p = *(void **)at;

	if (!IS_ERR_OR_NULL(p))
		carve_native_kvfree_atomic(p);
}

/* Caches: what is a struct kmem_cache * to the module may be a carve_cache */

static inline struct carve_cache *
carve_native_cache(const struct kmem_cache *cache)
{
	return carve_native_owns(cache) ? (struct carve_cache *)cache : NULL;
}

static inline struct kmem_cache *
carve_native_cache_create(const char *name, unsigned int size,
			  unsigned int align, slab_flags_t flags,
			  void (*ctor)(void *object))
{
	return (struct kmem_cache *)carve_native_cache_new(name, size, align,
							   flags, ctor);
}

static inline struct kmem_cache *
carve_native_cache_create_usercopy(const char *name, unsigned int size,
				   unsigned int align, slab_flags_t flags,
				   unsigned int offset, unsigned int usersize,
				   void (*ctor)(void *object))
{
	return carve_native_cache_create(name, size, align, flags, ctor);
}

#ifdef kmem_cache_create /* a choice between that and one with more arguments */
static inline struct kmem_cache *
carve_native_cache_create_args(const char *name, unsigned int size,
			       struct kmem_cache_args *args, slab_flags_t flags)
{
	return carve_native_cache_create(name, size, args->align, flags,
					 args->ctor);
}

static inline struct kmem_cache *
carve_native_cache_create_plain(const char *name, unsigned int size,
				void *args, slab_flags_t flags)
{
	return carve_native_cache_create(name, size, 0, flags, NULL);
}

#undef kmem_cache_create
#define kmem_cache_create(name, size, args, ...)			\
	_Generic((args),						\
		struct kmem_cache_args *: carve_native_cache_create_args, \
		void *: carve_native_cache_create_plain,		\
		default: carve_native_cache_create)			\
	(name, size, args, __VA_ARGS__)
#else
#define kmem_cache_create carve_native_cache_create
#endif

static inline void carve_native_cache_destroy(struct kmem_cache *cache)
{
	if (carve_native_cache(cache))
		carve_cache_destroy(carve_native_cache(cache));
	else
		kmem_cache_destroy(cache);
}

static inline int carve_native_cache_shrink(struct kmem_cache *cache)
{
	if (!carve_native_cache(cache))
		return kmem_cache_shrink(cache);
	carve_cache_shrink(carve_native_cache(cache));
	return 0;
}

static inline unsigned int carve_native_cache_size(struct kmem_cache *cache)
{
	return carve_native_cache(cache) ?
	       carve_cache_size(carve_native_cache(cache)) :
	       kmem_cache_size(cache);
}

static inline void *carve_native_cache_alloc(struct kmem_cache *cache,
					     gfp_t gfp)
{
	return likely(carve_native_cache(cache)) ?
	       carve_cache_alloc((struct carve_cache *)cache, gfp) :
	       kmem_cache_alloc(cache, gfp);
}

static inline void *carve_native_cache_alloc_node(struct kmem_cache *cache,
						  gfp_t gfp, int node)
{
	return carve_native_cache_alloc(cache, gfp);
}

static inline void *carve_native_cache_zalloc(struct kmem_cache *cache,
					      gfp_t gfp)
{
	return carve_native_cache_alloc(cache, gfp | __GFP_ZERO);
}

static inline void carve_native_cache_free(struct kmem_cache *cache,
					   void *object)
{
	if (likely(carve_native_cache(cache)))
		carve_cache_free((struct carve_cache *)cache, object);
	else
		kmem_cache_free(cache, object);
}

static inline int carve_native_cache_alloc_bulk(struct kmem_cache *cache,
						gfp_t gfp, size_t nr,
						void **objects)
{
	return carve_native_cache(cache) ?
	       carve_cache_alloc_bulk((struct carve_cache *)cache, gfp, nr,
				      objects) :
	       kmem_cache_alloc_bulk(cache, gfp, nr, objects);
}

static inline void carve_native_cache_free_bulk(struct kmem_cache *cache,
						size_t nr, void **objects)
{
	if (!cache)
		carve_native_kfree_bulk(nr, objects);
	else if (carve_native_cache(cache))
		carve_cache_free_bulk((struct carve_cache *)cache, nr, objects);
	else
		kmem_cache_free_bulk(cache, nr, objects);
}

/* Memory of a carveout is not charged */
static inline bool carve_native_cache_charge(void *object, gfp_t gfp)
{
	return true;
}

/* Elements of memory pools; the pool's own array is the kernel's */

static inline void *carve_native_mempool_alloc_slab(gfp_t gfp, void *cache)
{
	return carve_native_cache_alloc(cache, gfp);
}

static inline void carve_native_mempool_free_slab(void *element, void *cache)
{
	carve_native_cache_free(cache, element);
}

static inline void *carve_native_mempool_kmalloc(gfp_t gfp, void *size)
{
	return carve_native_kmalloc((size_t)size, gfp);
}

static inline void carve_native_mempool_kfree(void *element, void *size)
{
	carve_native_kfree(element);
}

static inline void *carve_native_mempool_kvmalloc(gfp_t gfp, void *size)
{
	return carve_native_kvmalloc((size_t)size, gfp);
}

static inline void carve_native_mempool_kvfree(void *element, void *size)
{
	carve_native_kvfree(element);
}

/* Pages */

/* The carveout's page behind a struct page; NULL for a page of the kernel */
static inline struct carve_page *
carve_native_page_of(const struct page *page)
{
	struct carveout *co = carveout_native();

	return co ? carve_native_page(co, page) : NULL;
}

static inline int carve_native_page_count(const struct page *page)
{
	return carve_native_page_of(page) ? carve_native_page_refs(page) :
					    page_count(page);
}

static inline struct page *carve_native_alloc_pages(gfp_t gfp,
						    unsigned int order)
{
	struct carveout *co = carveout_native();

	return likely(co) ? carve_native_pages_alloc(co, gfp, order) : NULL;
}

static inline int carve_native_folio_ref_count(const struct folio *folio)
{
	return carve_native_page_count(&folio->page);
}

static inline struct folio *carve_native_folio_alloc(gfp_t gfp,
						     unsigned int order)
{
	/* The head of a compound page, or a single page */
	return (struct folio *)carve_native_alloc_pages(gfp | __GFP_COMP, order);
}

static inline struct page *carve_native_alloc_pages_node(int node, gfp_t gfp,
							 unsigned int order)
{
	return carve_native_alloc_pages(gfp, order);
}

/* Fill the empty entries of an array; returns the number of filled entries */
static inline unsigned long
carve_native_alloc_pages_bulk(gfp_t gfp, unsigned long nr, struct page **pages)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		if (!pages[i])
			pages[i] = carve_native_alloc_pages(gfp, 0);
		if (!pages[i])
			break;
	}
	return i;
}

static inline unsigned long
carve_native_alloc_pages_bulk_node(gfp_t gfp, int node, unsigned long nr,
				   struct page **pages)
{
	return carve_native_alloc_pages_bulk(gfp, nr, pages);
}

static inline void carve_native_free_pages_of(struct page *page,
					      unsigned int order)
{
	struct carveout *co = carveout_native();
	struct carve_page *carve = co ? carve_native_page(co, page) : NULL;

	if (likely(carve))
		carve_native_pages_put(co, carve, page);
	else
		__free_pages(page, order);
}

static inline void carve_native_put_page(struct page *page)
{
	struct carveout *co = carveout_native();
	struct carve_page *carve = co ? carve_native_page(co, page) : NULL;

	if (likely(carve))
		carve_native_pages_put(co, carve, page);
	else
		put_page(page);
}

static inline void carve_native_folio_put(struct folio *folio)
{
	if (carve_native_page_of(folio_page(folio, 0)))
		carve_native_put_page(folio_page(folio, 0));
	else
		folio_put(folio);
}

static inline void carve_native_folio_put_refs(struct folio *folio, int refs)
{
	if (!carve_native_page_of(folio_page(folio, 0))) {
		folio_put_refs(folio, refs);
		return;
	}
	while (refs-- > 0)
		carve_native_put_page(folio_page(folio, 0));
}

/* The list may hold pages of the carveout and of the kernel */
static inline void carve_native_put_pages_list(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru)
		carve_native_put_page(page);
	INIT_LIST_HEAD(pages);
}

/* The kernel's mem_dump_obj() knows nothing of memory of a carveout */
static inline void carve_native_mem_dump_obj(void *p)
{
	if (carve_native_owns(p))
		pr_info("%p is memory of a carveout\n", p);
	else
		mem_dump_obj(p);
}

/*
 * Refused by the compiler: a page of the carveout has references besides its
 * owner's, and setting the count would lose them.
 */
void __compiletime_error("carveout_native.h has no page counts that are set")
carve_native_set_count(void);

static inline void carve_native_split_page(struct page *page,
					   unsigned int order)
{
	struct carve_page *carve = carve_native_page_of(page);

	if (!carve)
		split_page(page, order);
	else if (!WARN_ON_ONCE(PageCompound(page))) /* in mm/, a bug */
		carve_split_page(carveout_native(), carve, order);
}

static inline unsigned long carve_native_get_free_pages(gfp_t gfp,
							unsigned int order)
{
	struct page *page = carve_native_alloc_pages(gfp & ~__GFP_HIGHMEM,
						     order);

	return page ? (unsigned long)page_address(page) : 0;
}

static inline unsigned long carve_native_get_zeroed_page(gfp_t gfp)
{
	return carve_native_get_free_pages(gfp | __GFP_ZERO, 0);
}

static inline void carve_native_free_pages(unsigned long addr,
					   unsigned int order)
{
	if (addr)
		carve_native_free_pages_of(virt_to_page((void *)addr), order);
}

static inline void *carve_native_mempool_alloc_pages(gfp_t gfp, void *order)
{
	return carve_native_alloc_pages(gfp, (unsigned long)order);
}

static inline void carve_native_mempool_free_pages(void *page, void *order)
{
	carve_native_free_pages_of(page, (unsigned long)order);
}

static inline void carve_native_free_free_page(void *at)
{
	carve_native_free_pages(*(unsigned long *)at, 0);
}

static inline void *carve_native_alloc_pages_exact(size_t size, gfp_t gfp)
{
	struct carveout *co = carveout_native();

	return likely(co) ? carve_alloc_pages_exact(co, size, gfp) : NULL;
}

static inline void *carve_native_alloc_pages_exact_nid(int node, size_t size,
						       gfp_t gfp)
{
	return carve_native_alloc_pages_exact(size, gfp);
}

static inline void carve_native_free_pages_exact(void *p, size_t size)
{
	if (likely(carve_native_owns(p)))
		carve_free_pages_exact(carveout_native(), p, size);
	else
		free_pages_exact(p, size);
}

/* Redirect the kernel's names, from here on */

#undef kmalloc
#undef kzalloc
#undef kmalloc_node
#undef kzalloc_node
#undef kmalloc_array
#undef kcalloc
#undef kmalloc_array_node
#undef kcalloc_node
#undef krealloc
#undef krealloc_array
#undef krealloc_node
#undef krealloc_node_align
#undef kmalloc_track_caller
#undef kmalloc_node_track_caller
#undef kmemdup
#undef kmemdup_nul
#undef kstrdup
#undef kstrndup
#define kmalloc carve_native_kmalloc
#define kzalloc carve_native_kzalloc
#define kmalloc_node carve_native_kmalloc_node
#define kzalloc_node carve_native_kzalloc_node
#define kmalloc_array carve_native_kmalloc_array
#define kcalloc carve_native_kcalloc
#define kmalloc_array_node carve_native_kmalloc_array_node
#define kcalloc_node carve_native_kcalloc_node
#define krealloc carve_native_krealloc
#define krealloc_array carve_native_krealloc_array
#define krealloc_node(p, size, gfp, node) carve_native_krealloc(p, size, gfp)
/* Aligned as by kmalloc(), as in mm/ */
#define krealloc_node_align(p, size, align, gfp, node)			\
	carve_native_krealloc(p, size, gfp)
#define kmalloc_track_caller carve_native_kmalloc
#define kmalloc_node_track_caller carve_native_kmalloc_node
#define kfree carve_native_kfree
#define kfree_sensitive carve_native_kfree_sensitive
#define kfree_const carve_native_kfree_const
#define kfree_bulk carve_native_kfree_bulk
#define kfree_link carve_native_kfree_link
#define __free_kfree carve_native_free_kfree
#define __free_kfree_sensitive carve_native_free_kfree_sensitive
#define ksize carve_native_ksize
#define kmalloc_size_roundup carve_kmalloc_size_roundup
#define kmemdup carve_native_kmemdup
#define kmemdup_array carve_native_kmemdup_array
#define kmemdup_nul carve_native_kmemdup_nul
#define kstrdup carve_native_kstrdup
#define kstrndup carve_native_kstrndup

#undef kfree_rcu
#undef kvfree_rcu
#undef kfree_rcu_mightsleep
#undef kvfree_rcu_mightsleep
#define carve_native_free_rcu_2(ptr, field)				\
do {									\
	typeof(ptr) __ptr = (ptr);					\
									\
	if (carve_native_owns(__ptr))					\
		carve_kfree_rcu(carveout_native(), __ptr, &__ptr->field); \
	else								\
		kvfree_rcu_arg_2(__ptr, field);				\
} while (0)
#define carve_native_free_rcu_1(ptr)					\
do {									\
	typeof(ptr) __ptr = (ptr);					\
									\
	if (carve_native_owns(__ptr))					\
		carve_kfree_rcu(carveout_native(), __ptr, NULL);	\
	else								\
		kvfree_rcu_arg_1(__ptr);				\
} while (0)
/* Older kernels have one name for both */
#define carve_native_free_rcu(_1, _2, name, ...) name
#define kfree_rcu(...)							\
	carve_native_free_rcu(__VA_ARGS__, carve_native_free_rcu_2,	\
			      carve_native_free_rcu_1)(__VA_ARGS__)
#define kvfree_rcu kfree_rcu
#define kfree_rcu_mightsleep carve_native_free_rcu_1
#define kvfree_rcu_mightsleep carve_native_free_rcu_1

#undef vmalloc
#undef vzalloc
#undef __vmalloc
#undef __vmalloc_node
#undef vmalloc_huge
#undef vmalloc_node
#undef vzalloc_node
#undef vmalloc_array
#undef vcalloc
#define vmalloc carve_native_vmalloc
#define vzalloc carve_native_vzalloc
#define __vmalloc carve_native_vmalloc_flags
/* Only mm/ asks for more alignment than a page */
#define __vmalloc_node(size, align, gfp, node, caller)			\
	carve_native_vmalloc_flags(size, gfp)
#define vmalloc_huge carve_native_vmalloc_huge
#define vmalloc_node carve_native_vmalloc_node
#define vzalloc_node carve_native_vzalloc_node
#define vmalloc_array carve_native_vmalloc_array
#define vcalloc carve_native_vcalloc
#define vfree carve_native_vfree
#define __free_vfree carve_native_free_vfree
#ifdef vrealloc
#undef vrealloc
#undef vrealloc_node
#undef vrealloc_node_align
#define vrealloc carve_native_vrealloc
#define vrealloc_node(p, size, gfp, node) carve_native_vrealloc(p, size, gfp)
/* See __vmalloc_node() */
#define vrealloc_node_align(p, size, align, gfp, node)			\
	carve_native_vrealloc(p, size, gfp)
#endif

#undef kvmalloc
#undef kvzalloc
#undef kvmalloc_node
#undef kvmalloc_node_align
#undef kvzalloc_node
#undef kvmalloc_array
#undef kvcalloc
#undef kvmalloc_array_node
#undef kvcalloc_node
#undef kvrealloc
#undef kvrealloc_node
#undef kvrealloc_node_align
#define kvmalloc carve_native_kvmalloc
#define kvzalloc carve_native_kvzalloc
#define kvmalloc_node carve_native_kvmalloc_node
#define kvmalloc_node_align(size, align, gfp, node)			\
	carve_native_kvmalloc(size, gfp)
#define kvzalloc_node carve_native_kvzalloc_node
#define kvmalloc_array carve_native_kvmalloc_array
#define kvcalloc carve_native_kvcalloc
#define kvmalloc_array_node carve_native_kvmalloc_array_node
#define kvcalloc_node carve_native_kvcalloc_node
#define kvmemdup carve_native_kvmemdup
#define kvrealloc carve_native_kvrealloc
#define kvrealloc_node(p, size, gfp, node) carve_native_kvrealloc(p, size, gfp)
#define kvrealloc_node_align(p, size, align, gfp, node)			\
	carve_native_kvrealloc(p, size, gfp)
#define kvfree carve_native_kvfree
#define kvfree_atomic carve_native_kvfree_atomic
#define kvfree_sensitive carve_native_kvfree_sensitive
#define __free_kvfree carve_native_free_kvfree
#define __free_kvfree_atomic carve_native_free_kvfree_atomic

#undef KMEM_CACHE
#undef KMEM_CACHE_USERCOPY
#undef kmem_cache_alloc
#undef kmem_cache_alloc_lru
#undef alloc_inode_sb
#undef kmem_cache_alloc_node
#undef kmem_cache_zalloc
#undef kmem_cache_alloc_bulk
#define KMEM_CACHE(type, flags)						\
	carve_native_cache_create(#type, sizeof(struct type),		\
				  __alignof__(struct type), flags, NULL)
#define KMEM_CACHE_USERCOPY(type, flags, field) KMEM_CACHE(type, flags)
#define kmem_cache_create_usercopy carve_native_cache_create_usercopy
#define kmem_cache_destroy carve_native_cache_destroy
#define kmem_cache_shrink carve_native_cache_shrink
#define kmem_cache_size carve_native_cache_size
#define kmem_cache_alloc carve_native_cache_alloc
/* Objects of a carveout are on no list of a superblock or memory cgroup */
#define kmem_cache_alloc_lru(cache, lru, gfp)				\
	carve_native_cache_alloc(cache, gfp)
#define alloc_inode_sb(sb, cache, gfp) carve_native_cache_alloc(cache, gfp)
#define kmem_cache_charge carve_native_cache_charge
#define kmem_cache_alloc_node carve_native_cache_alloc_node
#define kmem_cache_zalloc carve_native_cache_zalloc
#define kmem_cache_free carve_native_cache_free
#define kmem_cache_alloc_bulk carve_native_cache_alloc_bulk
#define kmem_cache_free_bulk carve_native_cache_free_bulk

#undef mempool_create_slab_pool
#undef mempool_create_kmalloc_pool
#undef mempool_create_page_pool
#undef mempool_init_slab_pool
#undef mempool_init_kmalloc_pool
#undef mempool_init_page_pool
#define mempool_alloc_slab carve_native_mempool_alloc_slab
#define mempool_free_slab carve_native_mempool_free_slab
#define mempool_kmalloc carve_native_mempool_kmalloc
#define mempool_kfree carve_native_mempool_kfree
#define mempool_kvmalloc carve_native_mempool_kvmalloc
#define mempool_kvfree carve_native_mempool_kvfree
#define mempool_alloc_pages carve_native_mempool_alloc_pages
#define mempool_free_pages carve_native_mempool_free_pages
#define mempool_create_slab_pool(min, cache)				\
	mempool_create(min, mempool_alloc_slab, mempool_free_slab,	\
		       (void *)(cache))
#define mempool_create_kmalloc_pool(min, size)				\
	mempool_create(min, mempool_kmalloc, mempool_kfree,		\
		       (void *)(unsigned long)(size))
#define mempool_create_kvmalloc_pool(min, size)				\
	mempool_create(min, mempool_kvmalloc, mempool_kvfree,		\
		       (void *)(unsigned long)(size))
#define mempool_create_page_pool(min, order)				\
	mempool_create(min, mempool_alloc_pages, mempool_free_pages,	\
		       (void *)(unsigned long)(order))
#define mempool_init_slab_pool(pool, min, cache)			\
	mempool_init(pool, min, mempool_alloc_slab, mempool_free_slab,	\
		     (void *)(cache))
#define mempool_init_kmalloc_pool(pool, min, size)			\
	mempool_init(pool, min, mempool_kmalloc, mempool_kfree,		\
		     (void *)(unsigned long)(size))
#define mempool_init_kvmalloc_pool(pool, min, size)			\
	mempool_init(pool, min, mempool_kvmalloc, mempool_kvfree,	\
		     (void *)(unsigned long)(size))
#define mempool_init_page_pool(pool, min, order)			\
	mempool_init(pool, min, mempool_alloc_pages, mempool_free_pages, \
		     (void *)(unsigned long)(order))

#undef alloc_pages
#undef alloc_page
#undef alloc_pages_node
#undef __alloc_pages_node
#undef alloc_pages_bulk
#undef alloc_pages_bulk_node
#undef alloc_pages_bulk_array
#undef alloc_pages_bulk_array_node
#undef folio_alloc
#undef __folio_alloc
#undef __folio_alloc_node
#undef __get_free_pages
#undef __get_free_page
#undef get_zeroed_page
#undef __free_page
#undef free_page
#undef alloc_pages_exact
#undef alloc_pages_exact_nid
#define alloc_pages carve_native_alloc_pages
#define alloc_page(gfp) carve_native_alloc_pages(gfp, 0)
#define alloc_pages_node carve_native_alloc_pages_node
#define __alloc_pages_node carve_native_alloc_pages_node
#define alloc_pages_bulk carve_native_alloc_pages_bulk
#define alloc_pages_bulk_node carve_native_alloc_pages_bulk_node
/* Their names in older kernels */
#define alloc_pages_bulk_array carve_native_alloc_pages_bulk
#define alloc_pages_bulk_array_node carve_native_alloc_pages_bulk_node
#define folio_alloc carve_native_folio_alloc
#define __folio_alloc(gfp, order, node, nodes)				\
	carve_native_folio_alloc(gfp, order)
#define __folio_alloc_node(gfp, order, node) carve_native_folio_alloc(gfp, order)
#define __free_pages carve_native_free_pages_of
#define __free_page(page) carve_native_free_pages_of(page, 0)
#define put_page carve_native_put_page
#define folio_put carve_native_folio_put
#define folio_put_refs carve_native_folio_put_refs
#define put_pages_list carve_native_put_pages_list
#define mem_dump_obj carve_native_mem_dump_obj
#define set_page_count(page, v) carve_native_set_count()
#define init_page_count(page) carve_native_set_count()
#define folio_set_count(folio, v) carve_native_set_count()
#define split_page carve_native_split_page
#define page_count carve_native_page_count
#define page_ref_count carve_native_page_count
#define folio_ref_count carve_native_folio_ref_count
#define __free_free_page carve_native_free_free_page
#define __get_free_pages carve_native_get_free_pages
#define __get_free_page(gfp) carve_native_get_free_pages(gfp, 0)
#define get_zeroed_page carve_native_get_zeroed_page
#define free_pages carve_native_free_pages
#define free_page(addr) carve_native_free_pages((unsigned long)(addr), 0)
#define alloc_pages_exact carve_native_alloc_pages_exact
#define alloc_pages_exact_nid carve_native_alloc_pages_exact_nid
#define free_pages_exact carve_native_free_pages_exact

#endif /* _CARVEOUT_NATIVE_H */
