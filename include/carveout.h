/* SPDX-License-Identifier: GPL-2.0 */
/*
 * carveout - memory allocators over a reserved block of memory
 *
 * A carveout is a physically contiguous block of memory, reserved once, with
 * its own memory allocators: a buddy page allocator with per-CPU lists, slab
 * caches with a kmalloc family, and vmalloc. All memory that they allocate lies
 * in this block.
 *
 * Functions are named after their counterparts in mm/ with the prefix carve_,
 * and take the carveout as the first argument. Unless documented otherwise, a
 * function behaves like its counterpart.
 *
 * Contexts: unless documented otherwise, a function may be called from any
 * context but NMI, including hard interrupts on PREEMPT_RT, if its GFP flags
 * don't allow blocking (GFP_ATOMIC, GFP_NOWAIT). With flags that do (GFP_KERNEL
 * etc.) the caller must be able to sleep.
 *
 * GFP flags. The usual combinations:
 *
 *   GFP_KERNEL, GFP_NOIO, GFP_NOFS, GFP_USER
 *	May sleep. Before failing, they drain the per-CPU lists of all CPUs,
 *	free empty slabs, and wait for other tasks to free memory (debugfs:
 *	wait_ms).
 *	All are equivalent here: see __GFP_IO, __GFP_FS, __GFP_HARDWALL.
 *   GFP_ATOMIC
 *	Never sleeps, and may use the reserve below the min watermark, down to
 *	the last page. Uses this CPU's per-CPU lists, the depots, and freed
 *	vmalloc areas that these cache, but not the lists of other CPUs.
 *   GFP_NOWAIT
 *	Like GFP_ATOMIC, without the reserve.
 *   GFP_HIGHUSER
 *	GFP_KERNEL, preferring HIGHMEM zones. Pages of an unmapped zone have no
 *	address: see carve_kmap().
 *   GFP_HIGHUSER_MOVABLE
 *	GFP_HIGHUSER, short-lived: see __GFP_MOVABLE.
 *   GFP_DMA, GFP_DMA32
 *	Zone modifiers alone, as in mm/: GFP_KERNEL | GFP_DMA may sleep.
 *
 * Single flags:
 *
 *   __GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM, or none for NORMAL
 *	The preferred zone, with fallback to scarcer ones: HIGHMEM, NORMAL,
 *	DMA32, DMA. If several are given, the scarcest counts. NORMAL requests
 *	fall back to mapped HIGHMEM zones last; HIGHMEM zones are mapped unless
 *	the carveout was created otherwise. Unmapped ones serve only
 *	carve_alloc_pages() and carve_alloc_pages_bulk() with __GFP_HIGHMEM, and
 *	carve_vmalloc(): functions that return an address use mapped pages.
 *   __GFP_DIRECT_RECLAIM
 *	The caller can sleep, and waits as described for GFP_KERNEL.
 *   __GFP_KSWAPD_RECLAIM
 *	An allocation that leaves its zone below the low watermark, or fails
 *	with a zone below it, starts background reclaim. If reclaim leaves a
 *	zone below its high watermark, it isn't started again for some 20 ms.
 *   __GFP_HIGH
 *	May use the reserve below the min watermark, down to the last page.
 *   __GFP_MEMALLOC
 *	Like __GFP_HIGH, for work that frees more memory than it allocates.
 *	PF_MEMALLOC of the task is ignored: it is about the kernel's reclaim.
 *   __GFP_NOMEMALLOC
 *	Overrides __GFP_MEMALLOC, but not __GFP_HIGH.
 *   __GFP_NORETRY
 *	Fails where GFP_ATOMIC would, without draining other CPUs' lists,
 *	freeing slabs, or waiting.
 *   __GFP_RETRY_MAYFAIL
 *	Waits sixteen times as long before failing.
 *   __GFP_NOFAIL
 *	Waits indefinitely, and may use the reserve while waiting. Needs
 *	__GFP_DIRECT_RECLAIM, no __GFP_NORETRY, and an order that some eligible
 *	zone can hold; otherwise it has no effect.
 *   __GFP_NOWARN
 *	Suppresses the log line of a failure; the failure is still counted.
 *   __GFP_ZERO
 *	Zeroes the memory. As in mm/, init_on_alloc=1 implies it, and
 *	init_on_free=1 zeroes memory when it is freed.
 *   __GFP_RECLAIMABLE, __GFP_MOVABLE
 *	The block is short-lived: it is grouped apart from long-lived blocks,
 *	so that these don't fragment memory. It is neither moved nor reclaimed.
 *
 * Accepted and ignored:
 *
 *   __GFP_IO, __GFP_FS
 *	An allocation never writes back, so it can't recurse into I/O or a file
 *	system.
 *   __GFP_COMP
 *	Every block stores its order, as compound pages do in mm/.
 *   __GFP_THISNODE, __GFP_HARDWALL
 *	A zone lies on one node, chosen when the carveout was created. There are
 *	no other nodes to fall back to, and cpusets don't apply.
 *   __GFP_ACCOUNT
 *	No memory cgroup is charged: the memory was reserved at once.
 *   __GFP_WRITE
 *	There is no page cache whose dirty pages could be spread.
 */
#ifndef _CARVEOUT_H
#define _CARVEOUT_H

#include <linux/compiler.h>
#include <linux/gfp_types.h>
#include <linux/static_call_types.h>
#include <linux/types.h>

/* What functions of the kmalloc family tell the compiler of their results */
#define __carve_kmalloc_aligned __assume_aligned(8)

struct carve_cache;
struct carve_dma_pool;
struct carve_page;
struct carveout;
struct page;
struct device;
struct rcu_head;
struct sg_table;
struct vm_area_struct;

/**
 * carveout_get() - take a reference to a carveout by its name
 * @name: the carveout's name, or NULL for the first one created
 *
 * While the reference is held, the carveout can't be removed and the module
 * can't be unloaded.
 *
 * Context: may sleep.
 * Return: the carveout, or NULL if none has this name.
 */
struct carveout *carveout_get(const char *name) __must_check;

/**
 * carveout_put() - drop a reference
 * @co: return value of carveout_get(), or NULL, which is ignored
 *
 * Free all memory allocated from @co first. Leaks are logged by owner, and
 * prevent the removal of the carveout. An unbalanced put is reported and
 * ignored.
 *
 * Context: may sleep.
 */
void carveout_put(struct carveout *co);

/**
 * carveout_of() - find the carveout that memory belongs to
 * @p: any address
 *
 * The caller must hold a reference to the carveout, or own memory of it. Page
 * descriptors and caches belong to their carveout, too.
 *
 * Context: any but NMI.
 * Return: the carveout for which carve_owns() is true, or NULL.
 */
struct carveout *carveout_of(const void *p);

/* Pages */

/**
 * carve_alloc_pages() - allocate a block of 2^order pages
 * @co: the carveout
 * @gfp: GFP flags
 * @order: log2 of the number of pages
 *
 * The block is physically contiguous and aligned to its own size.
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the descriptor of the first page, or NULL if no such block is free or
 * @order exceeds what the carveout can hold.
 */
struct carve_page *carve_alloc_pages(struct carveout *co, gfp_t gfp,
				     unsigned int order) __must_check;

/**
 * carve_free_pages() - free a block of pages
 * @co: the carveout
 * @page: return value of carve_alloc_pages(), or NULL, which is ignored
 * @order: the order that it was allocated with
 *
 * A page that isn't the head of a block in use, or not of this order, is
 * reported in the log and ignored.
 *
 * Context: any but NMI.
 */
void carve_free_pages(struct carveout *co, struct carve_page *page,
		      unsigned int order);

/**
 * carve_free_pages_cold() - free a block that is cold in this CPU's caches
 * @co: the carveout
 * @page: return value of carve_alloc_pages(), or NULL, which is ignored
 * @order: the order that it was allocated with
 *
 * Like carve_free_pages(), but bypasses the per-CPU lists: the block goes to
 * the buddy allocator, where it merges at once, and the lists keep warm pages
 * on top. For memory that the CPU hasn't touched lately, such as a device's
 * buffers.
 *
 * Context: any but NMI.
 */
void carve_free_pages_cold(struct carveout *co, struct carve_page *page,
			   unsigned int order);

/**
 * carve_alloc_page() - allocate one page
 * @co: the carveout
 * @gfp: GFP flags
 *
 * Return: as carve_alloc_pages() with order 0.
 */
#define carve_alloc_page(co, gfp) carve_alloc_pages(co, gfp, 0)

/**
 * carve_free_page() - free one page
 * @co: the carveout
 * @page: return value of carve_alloc_page()
 */
#define carve_free_page(co, page) carve_free_pages(co, page, 0)

/**
 * carve_get_free_pages() - allocate a block and return its address
 * @co: the carveout
 * @gfp: GFP flags
 * @order: log2 of the number of pages
 *
 * The counterpart of __get_free_pages().
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the block's kernel address, or 0.
 */
unsigned long carve_get_free_pages(struct carveout *co, gfp_t gfp,
				   unsigned int order) __must_check;

/**
 * carve_get_zeroed_page() - allocate one page filled with zeroes
 * @co: the carveout
 * @gfp: GFP flags
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the page's kernel address, or 0.
 */
unsigned long carve_get_zeroed_page(struct carveout *co, gfp_t gfp)
	__must_check;

/**
 * carve_free_pages_addr() - free a block by its address
 * @co: the carveout
 * @addr: return value of carve_get_free_pages(), or 0, which is ignored
 * @order: the order that it was allocated with
 *
 * The counterpart of free_pages().
 *
 * Context: any but NMI.
 */
void carve_free_pages_addr(struct carveout *co, unsigned long addr,
			   unsigned int order);

/**
 * carve_alloc_pages_exact() - allocate contiguous pages for a size in bytes
 * @co: the carveout
 * @size: bytes; rounded up to whole pages, not to a power of two
 * @gfp: GFP flags, without __GFP_COMP
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the address of the first byte, or NULL.
 */
void *carve_alloc_pages_exact(struct carveout *co, size_t size, gfp_t gfp)
	__alloc_size(2) __must_check;

/**
 * carve_free_pages_exact() - free an allocation of carve_alloc_pages_exact()
 * @co: the carveout
 * @virt: the address, or NULL, which is ignored
 * @size: the size passed to carve_alloc_pages_exact()
 *
 * Context: any but NMI.
 */
void carve_free_pages_exact(struct carveout *co, void *virt, size_t size);

/**
 * carve_alloc_pages_bulk() - allocate single pages into an array
 * @co: the carveout
 * @gfp: GFP flags
 * @nr: number of slots in @pages
 * @pages: the array; only slots that hold NULL are filled
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the number of leading slots that hold a page; less than @nr if the
 * carveout ran out of pages.
 */
unsigned long carve_alloc_pages_bulk(struct carveout *co, gfp_t gfp,
				     unsigned long nr,
				     struct carve_page **pages);

/**
 * carve_free_pages_bulk() - free single pages from an array
 * @co: the carveout
 * @nr: number of slots in @pages
 * @pages: the array; each page in it is freed and its slot set to NULL
 *
 * Context: any but NMI.
 */
void carve_free_pages_bulk(struct carveout *co, unsigned long nr,
			   struct carve_page **pages);

/**
 * carve_split_page() - turn a block into 2^order single pages
 * @co: the carveout
 * @page: the head of a block in use
 * @order: the order that it was allocated with
 *
 * Afterwards each page is freed on its own with carve_free_page().
 *
 * Context: any but NMI.
 */
void carve_split_page(struct carveout *co, struct carve_page *page,
		      unsigned int order);

/**
 * carve_page_address() - the kernel address of a page
 * @co: the carveout
 * @page: a page of it
 *
 * Context: any but NMI.
 * Return: the address of the page's first byte; NULL if @page lies in an
 * unmapped zone and isn't mapped with carve_kmap(), or isn't a page of @co.
 */
void *carve_page_address(struct carveout *co, const struct carve_page *page);

/**
 * carve_virt_to_page() - look up the page of an address
 * @co: the carveout
 * @addr: an address within the carveout's memory (not in an area of
 *	carve_vmalloc())
 *
 * Context: any but NMI.
 * Return: the page's descriptor, or NULL if @addr lies outside of @co.
 */
struct carve_page *carve_virt_to_page(struct carveout *co, const void *addr);

/**
 * carve_owns() - does an address lie in a carveout's memory?
 * @co: the carveout
 * @p: any address
 *
 * Context: any.
 * Return: true if @p lies in one of its pages, or in an area of
 * carve_vmalloc().
 */
bool carve_owns(struct carveout *co, const void *p);

/**
 * carve_page_to_phys() - the physical address of a page
 * @co: the carveout
 * @page: a page of it
 *
 * Context: any but NMI.
 * Return: the physical address in bytes; PHYS_ADDR_MAX if @page isn't a page of
 * @co.
 */
phys_addr_t carve_page_to_phys(struct carveout *co,
			       const struct carve_page *page);

/**
 * carve_page_to_page() - the kernel's descriptor of a page
 * @co: the carveout
 * @page: a page of it
 *
 * For functions of the kernel that take a struct page: sg_set_page(),
 * bio_add_page(), vm_insert_page(), skb_frag_fill_page_desc(). The struct pages
 * of a block are adjacent, and not compound.
 *
 * References to a struct page don't keep the page allocated: free it after the
 * last user has dropped its reference. Modules built with carveout_native.h
 * have pages that are freed by the last put_page().
 *
 * Context: any but NMI.
 * Return: the struct page; NULL if @page isn't a page of @co, or its memory was
 * hidden from the kernel at boot (source=reserved) and has no struct pages.
 */
struct page *carve_page_to_page(struct carveout *co,
				const struct carve_page *page);

/* Mapping pages of unmapped zones, which have no address: see __GFP_HIGHMEM */

/**
 * carve_kmap() - map a page, long-term
 * @co: the carveout
 * @page: a page of it
 *
 * All users of a page share one address; there are 512 addresses. If all are in
 * use, this waits for a carve_kunmap(). For a page of a mapped zone it returns
 * the page's address at no cost.
 *
 * Context: may sleep.
 * Return: the address of the page's first byte; NULL if @page isn't a page of
 * @co, which is reported in the log.
 */
void *carve_kmap(struct carveout *co, struct carve_page *page);

/**
 * carve_kunmap() - undo one carve_kmap()
 * @co: the carveout
 * @page: the page
 *
 * A page that isn't mapped is reported in the log.
 *
 * Context: any that may hold a spinlock_t: not hard interrupts on PREEMPT_RT.
 */
void carve_kunmap(struct carveout *co, struct carve_page *page);

/**
 * carve_kmap_local() - map a page, short-term
 * @co: the carveout
 * @page: a page of it
 *
 * Never waits. For a page of an unmapped zone, preemption is disabled until
 * carve_kunmap_local(), and the address is valid on this CPU only. Up to 16
 * mappings nest on a CPU, including those of interrupts; unmap them in reverse
 * order.
 *
 * Context: any but NMI.
 * Return: the address of the page's first byte; NULL if 16 mappings exist or
 * @page isn't a page of @co; both are reported in the log.
 */
void *carve_kmap_local(struct carveout *co, struct carve_page *page);

/**
 * carve_kunmap_local() - undo the last carve_kmap_local() on this CPU
 * @co: the carveout
 * @addr: any address in the mapped page
 *
 * An address outside of the page mapped last is reported in the log and
 * ignored.
 *
 * Context: as carve_kmap_local().
 */
void carve_kunmap_local(struct carveout *co, const void *addr);

/* Caches */

/**
 * carve_cache_create() - create a cache of objects of one size
 * @co: the carveout
 * @name: 1 to 31 characters without white space, unique in the carveout; copied
 * @size: bytes of an object, 1 to 16384
 * @align: alignment in bytes, a power of two, or 0 for pointer alignment
 * @flags: SLAB_HWCACHE_ALIGN aligns to cache lines; SLAB_TYPESAFE_BY_RCU,
 *	SLAB_CACHE_DMA and SLAB_CACHE_DMA32 are as in mm/; SLAB_PANIC and the
 *	accounting flags are ignored
 * @ctor: called once for each object when its slab is allocated, or NULL. Free
 *	objects stay constructed
 *
 * With SLAB_TYPESAFE_BY_RCU a freed object's memory stays an object of the
 * cache for current RCU readers, but may be reused as another object meanwhile.
 * With SLAB_CACHE_DMA or SLAB_CACHE_DMA32 objects come from zones that serve
 * GFP_DMA or GFP_DMA32; GFP flags of an allocation can't select a zone in other
 * caches.
 *
 * Context: may sleep.
 * Return: the cache, or ERR_PTR(): -EINVAL for a bad name, size, alignment or
 * flag, or if no zone serves SLAB_CACHE_DMA or SLAB_CACHE_DMA32; -EEXIST if the
 * name is in use; -ENOMEM. The log says why.
 */
struct carve_cache *carve_cache_create(struct carveout *co, const char *name,
				       unsigned int size, unsigned int align,
				       slab_flags_t flags,
				       void (*ctor)(void *object)) __must_check;

/**
 * struct carve_cache_options - further options of a cache
 * @align: alignment in bytes, a power of two, or 0 for pointer alignment
 * @ctor: called once for each object when its slab is allocated, or NULL
 * @dtor: called once for each object when its slab is freed, after the last use
 *	of the object, or NULL; only with a constructor
 *
 * Neither may sleep: they are called by allocations, and by frees that free a
 * slab. With SLAB_TYPESAFE_BY_RCU the destructor is called after the grace
 * period.
 */
struct carve_cache_options {
	unsigned int align;
	void (*ctor)(void *object);
	void (*dtor)(void *object);
};

/**
 * carve_cache_create_with() - create a cache with further options
 * @co: the carveout
 * @name: as for carve_cache_create()
 * @size: as for carve_cache_create()
 * @flags: as for carve_cache_create()
 * @options: further options, or NULL for none
 *
 * Context: may sleep.
 * Return: as carve_cache_create().
 */
struct carve_cache *
carve_cache_create_with(struct carveout *co, const char *name,
			unsigned int size, slab_flags_t flags,
			const struct carve_cache_options *options) __must_check;

/**
 * carve_cache_destroy() - remove a cache
 * @cache: the cache; NULL and ERR_PTR()s are ignored
 *
 * Context: may sleep. No other call on @cache may be under way.
 * Return: 0, or -EBUSY if objects are still allocated; the log says how many,
 * and the cache stays usable. Also -EBUSY while a CPU that is going offline has
 * free objects of the cache in its magazine: retry when it is offline.
 */
int carve_cache_destroy(struct carve_cache *cache);

/*
 * carve_cache_alloc() for any flags, and for flags without __GFP_ZERO: the
 * latter is a static call, since its target depends on the init_on_alloc boot
 * parameter.
 */
void *carve_cache_alloc_any(struct carve_cache *cache, gfp_t gfp)
	__malloc __assume_aligned(sizeof(void *)) __must_check;
DECLARE_STATIC_CALL(carve_cache_alloc_plain, carve_cache_alloc_any);

/**
 * carve_cache_alloc() - allocate an object
 * @cache: the cache
 * @gfp: GFP flags
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the object, or NULL.
 */
static __always_inline __malloc __must_check
void *carve_cache_alloc(struct carve_cache *cache, gfp_t gfp)
{
	/* Flags are nearly always constant: the compiler resolves this */
	return __builtin_constant_p(gfp) && !(gfp & __GFP_ZERO) ?
	       static_call(carve_cache_alloc_plain)(cache, gfp) :
	       carve_cache_alloc_any(cache, gfp);
}

/**
 * carve_cache_zalloc() - allocate an object filled with zeroes
 * @cache: the cache, without a constructor
 * @gfp: GFP flags
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the object, or NULL.
 */
void *carve_cache_zalloc(struct carve_cache *cache, gfp_t gfp)
	__malloc __assume_aligned(sizeof(void *)) __must_check;

/**
 * carve_cache_free() - free an object
 * @cache: the cache that it came from
 * @object: the object, or NULL, which is ignored
 *
 * An address that isn't an object of @cache is reported in the log and ignored.
 *
 * Context: any but NMI.
 */
void carve_cache_free(struct carve_cache *cache, void *object);

/**
 * carve_cache_shrink() - free a cache's empty slabs
 * @cache: the cache
 *
 * Empties the cache's per-CPU magazines first.
 *
 * Context: may sleep.
 * Return: the number of pages freed.
 */
unsigned long carve_cache_shrink(struct carve_cache *cache);

/**
 * carve_cache_size() - the size of a cache's objects
 * @cache: the cache
 *
 * Context: any.
 * Return: the size passed to carve_cache_create().
 */
unsigned int carve_cache_size(const struct carve_cache *cache);

/* Bulk allocation and free */

/**
 * carve_cache_alloc_bulk() - allocate many objects at once
 * @cache: the cache
 * @gfp: GFP flags
 * @nr: how many
 * @objects: array of @nr slots, to be filled
 *
 * Context: any but NMI; may sleep if @gfp allows it. Interrupts are disabled
 * for one batch of objects at a time.
 * Return: @nr, or 0 if it couldn't allocate all of them.
 */
size_t carve_cache_alloc_bulk(struct carve_cache *cache, gfp_t gfp, size_t nr,
			      void **objects);

/**
 * carve_cache_free_bulk() - free many objects at once
 * @cache: the cache that they came from
 * @nr: how many
 * @objects: the objects; NULL slots are skipped. The array's contents are
 *	undefined afterwards
 *
 * Bad addresses are reported and ignored, and the other objects freed.
 *
 * Context: any but NMI.
 */
void carve_cache_free_bulk(struct carve_cache *cache, size_t nr,
			   void **objects);

/**
 * carve_kfree_bulk() - free many allocations of the kmalloc family at once
 * @co: the carveout
 * @nr: how many
 * @objects: the addresses, of any sizes; NULL slots are skipped. The array's
 *	contents are undefined afterwards
 *
 * Fastest if allocations of the same size are adjacent in the array.
 *
 * Context: any but NMI.
 */
void carve_kfree_bulk(struct carveout *co, size_t nr, void **objects);

/* Freeing after a grace period */

/**
 * carve_kfree_rcu() - free after a grace period
 * @co: the carveout
 * @p: an allocation of the kmalloc, vmalloc or kvmalloc family, or NULL
 * @head: a struct rcu_head in the allocation, used if there is no memory to
 *	queue @p; or NULL, if the caller can sleep
 *
 * The allocation keeps its contents until it is freed, except for @head. Frees
 * are batched: each takes one word of the carveout, and no callback of its own.
 *
 * Context: any but NMI with @head; may sleep with NULL.
 */
void carve_kfree_rcu(struct carveout *co, const void *p, struct rcu_head *head);

/**
 * carve_cache_free_rcu() - free an object after a grace period
 * @cache: the cache that it came from
 * @object: the object, or NULL
 * @head: as for carve_kfree_rcu()
 *
 * Context: as carve_kfree_rcu().
 */
void carve_cache_free_rcu(struct carve_cache *cache, void *object,
			  struct rcu_head *head);

/**
 * carve_rcu_barrier() - wait for pending carve_kfree_rcu() frees
 * @co: the carveout
 *
 * Waits for all earlier carve_kfree_rcu() and carve_cache_free_rcu() calls.
 * carve_cache_destroy() does so itself.
 *
 * Context: may sleep.
 */
void carve_rcu_barrier(struct carveout *co);

/*
 * Callbacks for the kernel's mempool_create(). The pool keeps its reserve in a
 * carveout, and waits for its own elements when the carveout is full.
 *
 *	pool = mempool_create(16, carve_mempool_alloc_slab,
 *			      carve_mempool_free_slab, cache);
 */

/**
 * struct carve_mempool_source - pool_data for kmalloc and page elements
 * @co: the carveout
 * @size: bytes of an element, for carve_mempool_kmalloc()
 * @order: log2 of its pages, for carve_mempool_alloc_pages()
 *
 * Must exist as long as the pool.
 */
struct carve_mempool_source {
	struct carveout *co;
	size_t size;
	unsigned int order;
};

/**
 * carve_mempool_alloc_slab() - mempool_alloc_t for objects of a cache
 * @gfp: GFP flags
 * @pool_data: the struct carve_cache, without a constructor
 *
 * Return: as carve_cache_alloc().
 */
void *carve_mempool_alloc_slab(gfp_t gfp, void *pool_data);

/**
 * carve_mempool_free_slab() - mempool_free_t for objects of a cache
 * @element: the object
 * @pool_data: the struct carve_cache
 */
void carve_mempool_free_slab(void *element, void *pool_data);

/**
 * carve_mempool_kmalloc() - mempool_alloc_t for bytes
 * @gfp: GFP flags
 * @pool_data: a struct carve_mempool_source
 *
 * Return: as carve_kmalloc().
 */
void *carve_mempool_kmalloc(gfp_t gfp, void *pool_data);

/**
 * carve_mempool_kfree() - mempool_free_t for bytes
 * @element: return value of carve_mempool_kmalloc()
 * @pool_data: the struct carve_mempool_source
 */
void carve_mempool_kfree(void *element, void *pool_data);

/**
 * carve_mempool_alloc_pages() - mempool_alloc_t for blocks of pages
 * @gfp: GFP flags
 * @pool_data: a struct carve_mempool_source
 *
 * Return: the struct carve_page, as carve_alloc_pages().
 */
void *carve_mempool_alloc_pages(gfp_t gfp, void *pool_data);

/**
 * carve_mempool_free_pages() - mempool_free_t for blocks of pages
 * @element: return value of carve_mempool_alloc_pages()
 * @pool_data: the struct carve_mempool_source
 */
void carve_mempool_free_pages(void *element, void *pool_data);

/* kmalloc and its family */

/* carve_kmalloc() for any flags, and without zone modifiers and __GFP_ZERO */
void *carve_kmalloc_any(struct carveout *co, size_t size, gfp_t gfp)
	__alloc_size(2) __carve_kmalloc_aligned __must_check;
DECLARE_STATIC_CALL(carve_kmalloc_plain, carve_kmalloc_any);

/**
 * carve_kmalloc() - allocate bytes
 * @co: the carveout
 * @size: bytes. Up to 8192 from size classes (8, 16, 32, 64, 96, 128, 192, 256,
 *	then powers of two), above that whole pages
 * @gfp: GFP flags
 *
 * Powers of two are aligned to their size, other sizes to at least 8 bytes.
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the address; ZERO_SIZE_PTR for size 0; NULL on failure.
 */
static __always_inline __alloc_size(2) __must_check
void *carve_kmalloc(struct carveout *co, size_t size, gfp_t gfp)
{
	/* As in carve_cache_alloc() */
	return __builtin_constant_p(gfp) &&
	       !(gfp & (GFP_ZONEMASK | __GFP_ZERO)) ?
	       static_call(carve_kmalloc_plain)(co, size, gfp) :
	       carve_kmalloc_any(co, size, gfp);
}

/**
 * carve_kzalloc() - allocate bytes filled with zeroes
 * @co: the carveout
 * @size: bytes
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc().
 */
void *carve_kzalloc(struct carveout *co, size_t size, gfp_t gfp)
	__alloc_size(2) __carve_kmalloc_aligned __must_check;

/**
 * carve_kmalloc_array() - allocate an array
 * @co: the carveout
 * @n: number of elements
 * @size: bytes of an element
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc(); NULL if @n times @size overflows.
 */
void *carve_kmalloc_array(struct carveout *co, size_t n, size_t size,
			  gfp_t gfp)
	__alloc_size(2, 3) __carve_kmalloc_aligned __must_check;

/**
 * carve_kcalloc() - allocate an array filled with zeroes
 * @co: the carveout
 * @n: number of elements
 * @size: bytes of an element
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc_array().
 */
void *carve_kcalloc(struct carveout *co, size_t n, size_t size, gfp_t gfp)
	__alloc_size(2, 3) __carve_kmalloc_aligned __must_check;

/**
 * carve_krealloc() - change the size of an allocation
 * @co: the carveout
 * @p: an allocation of the kmalloc family, or NULL
 * @size: the new size in bytes; 0 frees @p
 * @gfp: GFP flags. __GFP_ZERO zeroes the added bytes only if it was also passed
 *	to the allocation of @p and to each carve_krealloc() since
 *
 * Resizes in place if the object is large enough.
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the new address, with the contents up to the smaller size; NULL on
 * failure, with @p still valid; ZERO_SIZE_PTR for size 0.
 */
void *carve_krealloc(struct carveout *co, const void *p, size_t size,
		     gfp_t gfp)
	__realloc_size(3) __must_check;

/**
 * carve_kfree() - free an allocation of the kmalloc family
 * @co: the carveout
 * @p: the address; NULL and ZERO_SIZE_PTR are ignored
 *
 * An address from elsewhere is reported in the log and ignored.
 *
 * Context: any but NMI.
 */
void carve_kfree(struct carveout *co, const void *p);

/**
 * carve_kfree_sensitive() - clear and free
 * @co: the carveout
 * @p: as for carve_kfree()
 *
 * Context: any but NMI.
 */
void carve_kfree_sensitive(struct carveout *co, const void *p);

/**
 * carve_ksize() - get the usable size of an allocation
 * @co: the carveout
 * @p: an allocation of the kmalloc family
 *
 * Context: any but NMI.
 * Return: bytes; 0 for NULL, ZERO_SIZE_PTR and addresses from elsewhere.
 */
size_t carve_ksize(struct carveout *co, const void *p);

/**
 * carve_kmalloc_size_roundup() - get the usable size for a requested size
 * @size: bytes
 *
 * Context: any.
 * Return: the carve_ksize() of a carve_kmalloc() of @size bytes.
 */
size_t carve_kmalloc_size_roundup(size_t size);

/**
 * carve_kmemdup() - allocate a copy of bytes
 * @co: the carveout
 * @src: what to copy
 * @len: bytes
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc().
 */
void *carve_kmemdup(struct carveout *co, const void *src, size_t len,
		    gfp_t gfp)
	__realloc_size(3) __must_check;

/**
 * carve_kstrdup() - allocate a copy of a string
 * @co: the carveout
 * @s: the string, or NULL, for which NULL is returned
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc().
 */
char *carve_kstrdup(struct carveout *co, const char *s, gfp_t gfp)
	__malloc __must_check;

/**
 * carve_kmemdup_nul() - allocate a NUL-terminated copy of bytes
 * @co: the carveout
 * @s: the bytes, or NULL, for which NULL is returned
 * @len: how many
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc(): @len bytes, followed by a NUL.
 */
char *carve_kmemdup_nul(struct carveout *co, const char *s, size_t len,
			gfp_t gfp) __malloc __must_check;

/**
 * carve_kstrndup() - allocate a copy of a string, up to a length
 * @co: the carveout
 * @s: the string, or NULL, for which NULL is returned
 * @max: maximum length of the copy, without the NUL
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc().
 */
char *carve_kstrndup(struct carveout *co, const char *s, size_t max, gfp_t gfp)
	__malloc __must_check;

/**
 * carve_krealloc_array() - change the number of elements of an array
 * @co: the carveout
 * @p: an allocation of the kmalloc family, or NULL
 * @n: the new number of elements
 * @size: bytes of an element
 * @gfp: GFP flags, as for carve_krealloc()
 *
 * Return: as carve_krealloc(); NULL if @n times @size overflows, with @p still
 * valid.
 */
void *carve_krealloc_array(struct carveout *co, const void *p, size_t n,
			   size_t size, gfp_t gfp)
	__realloc_size(3, 4) __must_check;

/* Virtually contiguous memory */

/**
 * carve_vmalloc() - allocate virtually contiguous memory
 * @co: the carveout
 * @size: bytes; rounded up to whole pages
 *
 * The pages need not be physically contiguous. An unmapped guard page follows
 * the area.
 *
 * Context: may sleep.
 * Return: the address of the first byte, page aligned, or NULL.
 */
void *carve_vmalloc(struct carveout *co, unsigned long size)
	__alloc_size(2) __must_check;

/**
 * carve_vzalloc() - allocate virtually contiguous memory filled with zeroes
 * @co: the carveout
 * @size: bytes; rounded up to whole pages
 *
 * Context: may sleep.
 * Return: as carve_vmalloc().
 */
void *carve_vzalloc(struct carveout *co, unsigned long size)
	__alloc_size(2) __must_check;

/**
 * carve_vmalloc_gfp() - allocate virtually contiguous memory, as __vmalloc()
 * does
 * @co: the carveout
 * @size: bytes; rounded up to whole pages
 * @gfp: GFP flags; without blocking, and without a window (debugfs: stats),
 *	only areas that happen to be cached can be allocated
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: as carve_vmalloc().
 */
void *carve_vmalloc_gfp(struct carveout *co, unsigned long size, gfp_t gfp)
	__alloc_size(2) __must_check;

/**
 * carve_vrealloc() - change the size of virtually contiguous memory
 * @co: the carveout
 * @p: an allocation of the vmalloc family, or NULL
 * @size: the new size in bytes; 0 frees @p
 * @gfp: GFP flags; __GFP_ZERO as for carve_krealloc()
 *
 * Resizes in place if the area is large enough. An address that is not the
 * start of an area is reported in the log and ignored.
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the address, for carve_vfree(); NULL for size 0, or on failure, with
 * @p still valid.
 */
void *carve_vrealloc(struct carveout *co, const void *p, size_t size,
		     gfp_t gfp)
	__realloc_size(3) __must_check;

/**
 * carve_vfree() - free an allocation of the vmalloc family
 * @co: the carveout
 * @addr: the address, or NULL, which is ignored
 *
 * An address that is not the start of an area is reported in the log and
 * ignored.
 *
 * Context: tasks that may sleep, and interrupts, but not NMI. From an
 * interrupt, unmapping may be deferred to a work item.
 */
void carve_vfree(struct carveout *co, const void *addr);

/**
 * carve_vmap() - map pages to virtually contiguous addresses
 * @co: the carveout
 * @pages: pages of @co, in mapping order; the array isn't used after the call
 * @count: number of pages
 *
 * The caller still owns the pages, and must not free them before
 * carve_vunmap(). A page may be mapped more than once.
 *
 * Context: may sleep.
 * Return: the address of the first page, with an unmapped guard page behind the
 * last; NULL on failure, or if @co doesn't own all pages.
 */
void *carve_vmap(struct carveout *co, struct carve_page **pages,
		 unsigned int count) __must_check;

/**
 * carve_vunmap() - undo carve_vmap()
 * @co: the carveout
 * @addr: return value of carve_vmap(), or NULL, which is ignored
 *
 * An address that isn't the start of a carve_vmap() mapping is reported in the
 * log and ignored.
 *
 * Context: may sleep.
 */
void carve_vunmap(struct carveout *co, const void *addr);

/**
 * carve_kvmalloc() - allocate bytes, physically contiguous if possible
 * @co: the carveout
 * @size: bytes
 * @gfp: GFP flags that allow to sleep
 *
 * Tries carve_kmalloc() without retries, then carve_vmalloc().
 *
 * Context: may sleep.
 * Return: the address, for carve_kvfree(); NULL on failure.
 */
void *carve_kvmalloc(struct carveout *co, size_t size, gfp_t gfp)
	__alloc_size(2) __carve_kmalloc_aligned __must_check;

/**
 * carve_kvzalloc() - allocate zeroed bytes, contiguous if possible
 * @co: the carveout
 * @size: bytes
 * @gfp: GFP flags that allow to sleep
 *
 * Context: may sleep.
 * Return: as carve_kvmalloc().
 */
void *carve_kvzalloc(struct carveout *co, size_t size, gfp_t gfp)
	__alloc_size(2) __carve_kmalloc_aligned __must_check;

/**
 * carve_kvmalloc_array() - allocate an array, contiguous if possible
 * @co: the carveout
 * @n: number of elements
 * @size: bytes of an element
 * @gfp: GFP flags that allow to sleep
 *
 * Context: may sleep.
 * Return: as carve_kvmalloc(); NULL if @n times @size overflows.
 */
void *carve_kvmalloc_array(struct carveout *co, size_t n, size_t size,
			   gfp_t gfp)
	__alloc_size(2, 3) __carve_kmalloc_aligned __must_check;

/**
 * carve_kvcalloc() - allocate a zeroed array, contiguous if possible
 * @co: the carveout
 * @n: number of elements
 * @size: bytes of an element
 * @gfp: GFP flags that allow to sleep
 *
 * Context: may sleep.
 * Return: as carve_kvmalloc_array().
 */
void *carve_kvcalloc(struct carveout *co, size_t n, size_t size, gfp_t gfp)
	__alloc_size(2, 3) __carve_kmalloc_aligned __must_check;

/**
 * carve_kvrealloc() - change the size of an allocation
 * @co: the carveout
 * @p: an allocation of the kvmalloc or kmalloc family, or NULL
 * @size: the new size in bytes; 0 frees @p
 * @gfp: GFP flags that allow to sleep; __GFP_ZERO as for carve_krealloc()
 *
 * Resizes in place if the allocation is large enough. A kmalloc allocation may
 * become a vmalloc area: free it with carve_kvfree().
 *
 * Context: may sleep.
 * Return: as carve_krealloc().
 */
void *carve_kvrealloc(struct carveout *co, const void *p, size_t size,
		      gfp_t gfp)
	__realloc_size(3) __must_check;

/**
 * carve_kvfree() - free an allocation of the kvmalloc family
 * @co: the carveout
 * @p: the address, or NULL, which is ignored
 *
 * Context: as carve_vfree() if @p is an area, otherwise any but NMI.
 */
void carve_kvfree(struct carveout *co, const void *p);

/* Coherent DMA memory */

/**
 * carve_dma_alloc_coherent() - allocate a coherent DMA buffer
 * @co: the carveout
 * @dev: the device, with its masks set (dma_set_mask_and_coherent())
 * @size: bytes; rounded up to whole pages
 * @dma_handle: set to the buffer's bus address
 * @gfp: GFP flags; zone modifiers are ignored, the masks decide
 *
 * The memory is zeroed, physically contiguous, aligned to its size rounded up
 * to a power of two, and lies within the device's masks.
 *
 * Requests that fail no matter how much memory is free are explained in the
 * log: no memory within the masks, a device that isn't coherent with CPU
 * caches, or needs bounce buffers, or a kernel without DMA.
 *
 * Context: as dma_map_page(): any but NMI, and hard interrupts on PREEMPT_RT;
 * may sleep if @gfp allows it.
 * Return: the kernel address of the buffer, or NULL.
 */
void *carve_dma_alloc_coherent(struct carveout *co, struct device *dev,
			       size_t size, dma_addr_t *dma_handle, gfp_t gfp)
	__malloc __must_check;

/**
 * carve_dmam_alloc_coherent() - allocate a device-managed DMA buffer
 * @co: the carveout
 * @dev: the device
 * @size: bytes
 * @dma_handle: set to the buffer's bus address
 * @gfp: GFP flags
 *
 * The buffer is freed when the driver is unbound from the device, so the
 * reference must be held longer: call carveout_put() from
 * devm_add_action_or_reset().
 *
 * Context: as carve_dma_alloc_coherent().
 * Return: as carve_dma_alloc_coherent().
 */
void *carve_dmam_alloc_coherent(struct carveout *co, struct device *dev,
				size_t size, dma_addr_t *dma_handle, gfp_t gfp)
	__malloc __must_check;

/**
 * carve_dma_free_coherent() - free a coherent DMA buffer
 * @co: the carveout
 * @dev: the device it was allocated for, which must have stopped using it
 * @size: the size passed to carve_dma_alloc_coherent()
 * @cpu_addr: the buffer's address, or NULL, which is ignored
 * @dma_handle: the bus address
 *
 * An address that isn't the start of a buffer of this size, device and bus
 * address is reported in the log and ignored.
 *
 * Context: as dma_unmap_page(): any but NMI, and hard interrupts on PREEMPT_RT.
 */
void carve_dma_free_coherent(struct carveout *co, struct device *dev,
			     size_t size, void *cpu_addr,
			     dma_addr_t dma_handle);

/**
 * carve_dma_get_sgtable() - describe a coherent DMA buffer by a scatterlist
 * @co: the carveout
 * @dev: the device that the buffer was allocated for
 * @sgt: the scatterlist, to be allocated; call sg_free_table() after use
 * @cpu_addr: the buffer's address
 * @dma_handle: its bus address
 * @size: the size passed to carve_dma_alloc_coherent()
 *
 * The counterpart of dma_get_sgtable(), to share a buffer with other devices,
 * as an exporter of dma-buf does: map @sgt for them with dma_map_sgtable().
 * Free the buffer after the last of them has unmapped it.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL if the arguments aren't those of a buffer; -ENXIO if the
 * memory has no struct pages (source=reserved); the log says why. -ENOMEM if
 * the kernel has no memory for the table.
 */
int carve_dma_get_sgtable(struct carveout *co, struct device *dev,
			  struct sg_table *sgt, void *cpu_addr,
			  dma_addr_t dma_handle, size_t size);

/**
 * carve_dma_mmap_coherent() - map a coherent DMA buffer into a program
 * @co: the carveout
 * @dev: the device that the buffer was allocated for
 * @vma: the mapping, whose vm_pgoff counts from the start of the buffer
 * @cpu_addr: the buffer's address
 * @dma_handle: its bus address
 * @size: the size passed to carve_dma_alloc_coherent()
 *
 * The counterpart of dma_mmap_coherent(), for the mmap() of a driver's file.
 * Any source of memory will do. Free the buffer after the mapping is gone: in
 * release() of the file, which the mapping keeps open.
 *
 * Context: may sleep; the mmap lock is held for writing, as in mmap() of a
 * file.
 * Return: 0; -ENXIO if the mapping exceeds the buffer; -EINVAL if the arguments
 * aren't those of a buffer, and the log says why; or the error of
 * remap_pfn_range().
 */
int carve_dma_mmap_coherent(struct carveout *co, struct device *dev,
			    struct vm_area_struct *vma, void *cpu_addr,
			    dma_addr_t dma_handle, size_t size);

/* Small blocks of coherent DMA memory */

/**
 * carve_dma_pool_create() - create a pool of small DMA blocks
 * @co: the carveout
 * @name: name of the pool, for the log
 * @dev: the device, with its masks set (dma_set_mask_and_coherent())
 * @size: bytes of a block; rounded up to the alignment, at least 8
 * @align: alignment in bytes, a power of two, or 0 for none
 * @boundary: a power of two whose multiples no block crosses, or 0
 *
 * The counterpart of dma_pool_create(), for descriptors of a device. The pool
 * allocates buffers of a page, or of a block if that is larger, and keeps them
 * until it is destroyed.
 *
 * Context: may sleep.
 * Return: the pool; NULL for bad arguments, a kernel without DMA, and the log
 * says why; or if there is no memory.
 */
struct carve_dma_pool *carve_dma_pool_create(struct carveout *co,
					     const char *name,
					     struct device *dev, size_t size,
					     size_t align, size_t boundary)
	__must_check;

/**
 * carve_dma_pool_destroy() - destroy a pool
 * @pool: the pool, or NULL, which is ignored
 *
 * Free its blocks first. If some are in use, the log says how many, and the
 * pages that they lie in stay allocated for good.
 *
 * Context: may sleep. No other call on @pool may be under way.
 */
void carve_dma_pool_destroy(struct carve_dma_pool *pool);

/**
 * carve_dmam_pool_create() - create a device-managed pool of small DMA blocks
 * @co: the carveout
 * @name: as for carve_dma_pool_create()
 * @dev: as for carve_dma_pool_create()
 * @size: as for carve_dma_pool_create()
 * @align: as for carve_dma_pool_create()
 * @boundary: as for carve_dma_pool_create()
 *
 * The pool is destroyed when the driver is unbound from the device.
 *
 * Context: may sleep.
 * Return: as carve_dma_pool_create().
 */
struct carve_dma_pool *carve_dmam_pool_create(struct carveout *co,
					      const char *name,
					      struct device *dev, size_t size,
					      size_t align, size_t boundary)
	__must_check;

/**
 * carve_dma_pool_alloc() - allocate a DMA block
 * @pool: the pool
 * @gfp: GFP flags; zone modifiers are ignored, the masks decide
 * @handle: set to the block's bus address
 *
 * Context: as carve_dma_alloc_coherent().
 * Return: the kernel address of the block, or NULL.
 */
void *carve_dma_pool_alloc(struct carve_dma_pool *pool, gfp_t gfp,
			   dma_addr_t *handle) __malloc __must_check;

/**
 * carve_dma_pool_zalloc() - allocate a DMA block filled with zeroes
 * @pool: the pool
 * @gfp: GFP flags
 * @handle: set to the block's bus address
 *
 * Context: as carve_dma_alloc_coherent().
 * Return: as carve_dma_pool_alloc().
 */
static inline __malloc __must_check
void *carve_dma_pool_zalloc(struct carve_dma_pool *pool, gfp_t gfp,
			    dma_addr_t *handle)
{
	return carve_dma_pool_alloc(pool, gfp | __GFP_ZERO, handle);
}

/**
 * carve_dma_pool_free() - free a DMA block
 * @pool: the pool
 * @vaddr: the block's address, or NULL, which is ignored
 * @handle: its bus address
 *
 * What isn't a block in use of @pool is reported in the log and ignored.
 *
 * Context: any but NMI.
 */
void carve_dma_pool_free(struct carve_dma_pool *pool, void *vaddr,
			 dma_addr_t handle);

/* For carveout_native.h */

/**
 * carveout_native() - get the carveout that serves carveout_native.h
 *
 * The first call pins it: it can't be removed at run time afterwards.
 *
 * Context: any.
 * Return: the first carveout, or NULL if there is none.
 */
struct carveout *carveout_native(void);

/* The carveout's descriptor of @page, or NULL if @co doesn't own it */
struct carve_page *carve_native_page(struct carveout *co,
				     const struct page *page);
/* alloc_pages() for pages of the carveout; and put_page(), __free_pages() */
struct page *carve_native_pages_alloc(struct carveout *co, gfp_t gfp,
				      unsigned int order);
void carve_native_pages_put(struct carveout *co, struct carve_page *carve,
			    struct page *page);
/* page_count() of a page of the carveout */
int carve_native_page_refs(const struct page *page);
/* kmem_cache_create(): names need not be unique, and may have white space */
struct carve_cache *carve_native_cache_new(const char *name, unsigned int size,
					   unsigned int align,
					   slab_flags_t flags,
					   void (*ctor)(void *object));

#include <carveout_cleanup.h>
#include <carveout_devm.h>
#include <carveout_obj.h>

#endif /* _CARVEOUT_H */
