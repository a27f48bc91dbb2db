/* SPDX-License-Identifier: GPL-2.0 */
/*
 * carveout - memory allocators over a block of memory of their own
 *
 * A carveout is a physically contiguous block of memory, taken from the
 * kernel once, with a complete memory system over it: a buddy page allocator
 * with per-CPU stores, slab caches with a kmalloc family, and virtually
 * contiguous areas. Nothing that it hands out comes from anywhere else.
 *
 * The names are those of the native counterparts with carve_ before them, and
 * the carveout as the first argument. Where nothing else is said, a function
 * does what its namesake in mm/ does.
 *
 * Contexts: unless a function says otherwise it may be called from any
 * context but NMI, hard interrupts on PREEMPT_RT included, as long as the GFP
 * flags given don't allow blocking (GFP_ATOMIC, GFP_NOWAIT). With flags that
 * do (GFP_KERNEL and its kin) the caller must be able to sleep.
 *
 * GFP flags, one by one. The usual combinations:
 *
 *   GFP_KERNEL, GFP_NOIO, GFP_NOFS, GFP_USER
 *	May sleep. Before they fail they collect what the stores of all CPUs
 *	and empty slabs hold, and wait for others to free (debugfs: wait_ms).
 *	Here they are all the same: see __GFP_IO, __GFP_FS, __GFP_HARDWALL.
 *   GFP_ATOMIC
 *	Never sleeps, and may take the last page: the reserve below the min
 *	watermark is for it. Reaches what this CPU's stores and the depots hold,
 *	and the areas of carve_vfree() that these keep mapped, not what lies in
 *	other CPUs' stores.
 *   GFP_NOWAIT
 *	The same without the reserve.
 *   GFP_HIGHUSER
 *	GFP_KERNEL from a HIGHMEM zone first. If the carveout has an unmapped one
 *	the pages may have no address: see carve_kmap().
 *   GFP_HIGHUSER_MOVABLE
 *	The same, short-lived: see __GFP_MOVABLE.
 *   GFP_DMA, GFP_DMA32
 *	Zone modifiers alone, as natively: GFP_KERNEL | GFP_DMA may sleep.
 *
 * What makes them up:
 *
 *   __GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM, or none for NORMAL
 *	Where the pages must lie. Falls back to scarcer zones: HIGHMEM, NORMAL,
 *	DMA32, DMA. A request for NORMAL memory ends in a HIGHMEM zone after all
 *	others, if it is one that is mapped, as they are unless said otherwise
 *	when the carveout is made. Those that aren't serve carve_alloc_pages() and
 *	carve_alloc_pages_bulk() with __GFP_HIGHMEM, and carve_vmalloc(): functions
 *	that return an address give no page without one. Of several the scarcest
 *	counts.
 *   __GFP_DIRECT_RECLAIM
 *	The caller can sleep, and waits as said of GFP_KERNEL.
 *   __GFP_KSWAPD_RECLAIM
 *	An allocation that leaves its zone below the low watermark, or fails where
 *	one is, has memory collected in the background; without this flag it
 *	doesn't. Where that leaves a zone below its high watermark it isn't
 *	done again for some 20 ms.
 *   __GFP_HIGH
 *	May go below the min watermark, down to the last page.
 *   __GFP_MEMALLOC
 *	The same, for those whose work frees more than they take. The state
 *	PF_MEMALLOC of a task isn't looked at: it is about native reclaim.
 *   __GFP_NOMEMALLOC
 *	Undoes __GFP_MEMALLOC, but not __GFP_HIGH.
 *   __GFP_NORETRY
 *	Fails where GFP_ATOMIC would: nothing is collected from other CPUs or
 *	slabs, and nobody is waited for.
 *   __GFP_RETRY_MAYFAIL
 *	Waits sixteen times as long before it fails.
 *   __GFP_NOFAIL
 *	Waits without end, and gets at the reserve while it waits. Only with
 *	__GFP_DIRECT_RECLAIM, without __GFP_NORETRY, and for an order that some
 *	zone in question can hold at all; else it may fail as if not given.
 *   __GFP_NOWARN
 *	Keeps a failure out of the log; it is counted all the same.
 *   __GFP_ZERO
 *	Zeroes what was allocated. Kernels with init_on_alloc=1 do so always, and
 *	with init_on_free=1 what is freed is zeroed, here as natively.
 *   __GFP_RECLAIMABLE, __GFP_MOVABLE
 *	The block comes and goes: it is kept apart from long-lived ones, so that
 *	these don't hold up large blocks. It is never moved nor reclaimed.
 *
 * These are accepted and have no meaning here:
 *
 *   __GFP_IO, __GFP_FS
 *	Nothing is written back to make room, so that there is no I/O and no
 *	file system to fall into.
 *   __GFP_COMP
 *	Every block remembers its order, as compound pages do natively.
 *   __GFP_THISNODE, __GFP_HARDWALL
 *	A zone lies on one node, chosen when the carveout was made; there are no
 *	other nodes to fall back to, and no cpuset's share.
 *   __GFP_ACCOUNT
 *	A carveout's memory was taken from all of the kernel's at once: no memory
 *	cgroup is charged.
 *   __GFP_WRITE
 *	There is no page cache here whose dirty pages would be spread.
 */
#ifndef _CARVEOUT_H
#define _CARVEOUT_H

#include <linux/gfp_types.h>
#include <linux/static_call_types.h>
#include <linux/types.h>

struct carve_cache;
struct carve_page;
struct carveout;
struct page;
struct device;
struct rcu_head;

/**
 * carveout_get() - take a reference to a carveout by its name
 * @name: the carveout's name, or NULL for the first one that was made
 *
 * While the reference is held the carveout can't be removed and the module
 * can't be unloaded.
 *
 * Context: may sleep.
 * Return: the carveout, or NULL where none has this name.
 */
struct carveout *carveout_get(const char *name);

/**
 * carveout_put() - give a reference back
 * @co: what carveout_get() returned, or NULL, which does nothing
 *
 * Give everything back that was allocated from @co first. What is left is
 * reported in the log by owner, and keeps the carveout from being removed. What
 * nobody has got is reported, too, and left alone.
 *
 * Context: may sleep.
 */
void carveout_put(struct carveout *co);

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
 * Return: the descriptor of the first page, or NULL where no such block is
 * free or @order is above what the carveout can hold.
 */
struct carve_page *carve_alloc_pages(struct carveout *co, gfp_t gfp,
				     unsigned int order);

/**
 * carve_free_pages() - free a block of pages
 * @co: the carveout
 * @page: what carve_alloc_pages() returned, or NULL, which does nothing
 * @order: the order that it was allocated with
 *
 * A page that isn't the head of a block in use, or not of this order, is
 * reported in the log and left alone.
 *
 * Context: any but NMI.
 */
void carve_free_pages(struct carveout *co, struct carve_page *page,
		      unsigned int order);

/**
 * carve_free_pages_cold() - free a block that isn't in this CPU's caches
 * @co: the carveout
 * @page: what carve_alloc_pages() returned, or NULL, which does nothing
 * @order: the order that it was allocated with
 *
 * As carve_free_pages(), but past the CPU's store, straight to the buddy
 * system: what was freed while still warm stays on top of the store, and a
 * large block that is whole with it can be had at once. For memory that the
 * CPU hasn't touched lately, such as what a device has written.
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
 * @page: what carve_alloc_page() returned
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
 * Return: the block's address in the kernel, or 0.
 */
unsigned long carve_get_free_pages(struct carveout *co, gfp_t gfp,
				   unsigned int order);

/**
 * carve_get_zeroed_page() - allocate one page filled with zeroes
 * @co: the carveout
 * @gfp: GFP flags
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the page's address in the kernel, or 0.
 */
unsigned long carve_get_zeroed_page(struct carveout *co, gfp_t gfp);

/**
 * carve_free_pages_addr() - free a block by its address
 * @co: the carveout
 * @addr: what carve_get_free_pages() returned, or 0, which does nothing
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
void *carve_alloc_pages_exact(struct carveout *co, size_t size, gfp_t gfp);

/**
 * carve_free_pages_exact() - free what carve_alloc_pages_exact() returned
 * @co: the carveout
 * @virt: the address, or NULL, which does nothing
 * @size: the bytes asked for then
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
 * Return: the number of slots from the first on that hold a page; less than
 * @nr where the carveout ran out.
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
 * carve_page_address() - the kernel's address of a page
 * @co: the carveout
 * @page: a page of it
 *
 * Context: any but NMI.
 * Return: the address of the page's first byte; NULL for a page of an unmapped
 * zone that isn't mapped with carve_kmap(), and for what isn't a page of @co.
 */
void *carve_page_address(struct carveout *co, const struct carve_page *page);

/**
 * carve_virt_to_page() - the page that an address lies in
 * @co: the carveout
 * @addr: an address within the carveout's memory (not in an area of
 *	carve_vmalloc())
 *
 * Context: any but NMI.
 * Return: the page's descriptor, or NULL for an address from elsewhere.
 */
struct carve_page *carve_virt_to_page(struct carveout *co, const void *addr);

/**
 * carve_owns() - does an address lie in a carveout's memory?
 * @co: the carveout
 * @p: an address, any
 *
 * Context: any.
 * Return: true for what is in its pages, or in an area of carve_vmalloc().
 */
bool carve_owns(struct carveout *co, const void *p);

/**
 * carve_page_to_phys() - the physical address of a page
 * @co: the carveout
 * @page: a page of it
 *
 * Context: any but NMI.
 * Return: the physical address in bytes; PHYS_ADDR_MAX for what isn't a page of
 * @co.
 */
phys_addr_t carve_page_to_phys(struct carveout *co,
			       const struct carve_page *page);

/* Pages that have no address: those of unmapped zones, see __GFP_HIGHMEM */

/**
 * carve_kmap() - map a page for long
 * @co: the carveout
 * @page: a page of it
 *
 * Each page has one address for all users; there are 512 such addresses. When
 * all are taken this waits until somebody calls carve_kunmap(). A page that
 * has an address anyway costs nothing, and has that.
 *
 * Context: may sleep.
 * Return: the address of the page's first byte; NULL for what isn't a page of
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
 * carve_kmap_local() - map a page for a moment
 * @co: the carveout
 * @page: a page of it
 *
 * Never waits. Unless the page has an address anyway, preemption is disabled
 * until carve_kunmap_local(), and the address is for this CPU alone. Up to 16
 * pages at a time, those of interrupts included, and undone in reverse order.
 *
 * Context: any but NMI.
 * Return: the address of the page's first byte; NULL for the 17th, and for what
 * isn't a page of @co: the log says which.
 */
void *carve_kmap_local(struct carveout *co, struct carve_page *page);

/**
 * carve_kunmap_local() - undo the last carve_kmap_local() on this CPU
 * @co: the carveout
 * @addr: what it returned, or any address in that page
 *
 * Another address than that of the last one is reported in the log and left
 * alone.
 *
 * Context: that of carve_kmap_local().
 */
void carve_kunmap_local(struct carveout *co, const void *addr);

/* Caches */

/**
 * carve_cache_create() - make a cache of objects of one size
 * @co: the carveout
 * @name: 1 to 31 characters without white space, unique in the carveout; copied
 * @size: bytes of an object, 1 to 16384
 * @align: alignment in bytes, a power of two, or 0 for that of a pointer
 * @flags: SLAB_HWCACHE_ALIGN aligns to cache lines; SLAB_TYPESAFE_BY_RCU,
 *	SLAB_CACHE_DMA and SLAB_CACHE_DMA32 are as natively; SLAB_PANIC and the
 *	accounting flags have no meaning here
 * @ctor: called once for each object when its slab is made, or NULL. Objects
 *	keep what it wrote while they are free
 *
 * With SLAB_TYPESAFE_BY_RCU the memory of an object stays one of the cache for
 * all who are in rcu_read_lock() when it is freed; but it may be another one by
 * then. With SLAB_CACHE_DMA or SLAB_CACHE_DMA32 objects come from zones that
 * serve GFP_DMA or GFP_DMA32, which the GFP flags of an allocation can't ask of
 * other caches.
 *
 * Context: may sleep.
 * Return: the cache, or ERR_PTR(): -EINVAL for a bad name, size, alignment or
 * flag, or where no zone lies low enough for one, -EEXIST where the name is
 * taken, -ENOMEM. The log says which.
 */
struct carve_cache *carve_cache_create(struct carveout *co, const char *name,
				       unsigned int size, unsigned int align,
				       slab_flags_t flags,
				       void (*ctor)(void *object));

/**
 * struct carve_cache_options - what else can be said of a cache
 * @align: alignment in bytes, a power of two, or 0 for that of a pointer
 * @ctor: called once for each object when its slab is made, or NULL
 * @dtor: called once for each object when its slab is given back, after the
 *	last use of the object, or NULL; only with a constructor
 *
 * Both are called in the context of an allocation, or of a free that gives a
 * slab back, and so may not sleep; with SLAB_TYPESAFE_BY_RCU the destructor is
 * called after the grace period.
 */
struct carve_cache_options {
	unsigned int align;
	void (*ctor)(void *object);
	void (*dtor)(void *object);
};

/**
 * carve_cache_create_with() - make a cache, with all that can be said of it
 * @co: the carveout
 * @name: as for carve_cache_create()
 * @size: as for carve_cache_create()
 * @flags: as for carve_cache_create()
 * @options: the rest, or NULL for none of it
 *
 * Context: may sleep.
 * Return: as carve_cache_create().
 */
struct carve_cache *
carve_cache_create_with(struct carveout *co, const char *name,
			unsigned int size, slab_flags_t flags,
			const struct carve_cache_options *options);

/**
 * carve_cache_destroy() - remove a cache
 * @cache: the cache; or NULL or an ERR_PTR(), which do nothing
 *
 * Context: may sleep. No other call on @cache may be under way.
 * Return: 0, or -EBUSY where objects are still allocated; the log says how
 * many, and the cache stays as it is. So it does while a CPU is on its way down
 * with free objects of the cache in its magazine: once more, when that is gone.
 */
int carve_cache_destroy(struct carve_cache *cache);

/*
 * carve_cache_alloc(), any flags; and without __GFP_ZERO: a static call, because
 * whether the kernel was booted with init_on_alloc decides which function it is.
 */
void *carve_cache_alloc_any(struct carve_cache *cache, gfp_t gfp);
DECLARE_STATIC_CALL(carve_cache_alloc_plain, carve_cache_alloc_any);

/**
 * carve_cache_alloc() - allocate an object
 * @cache: the cache
 * @gfp: GFP flags
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the object, or NULL.
 */
static __always_inline void *carve_cache_alloc(struct carve_cache *cache,
					       gfp_t gfp)
{
	/* Flags are constant nearly always, and then cost nothing */
	return __builtin_constant_p(gfp) && !(gfp & __GFP_ZERO) ?
	       static_call(carve_cache_alloc_plain)(cache, gfp) :
	       carve_cache_alloc_any(cache, gfp);
}

/**
 * carve_cache_zalloc() - allocate an object filled with zeroes
 * @cache: the cache, one without a constructor
 * @gfp: GFP flags
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the object, or NULL.
 */
void *carve_cache_zalloc(struct carve_cache *cache, gfp_t gfp);

/**
 * carve_cache_free() - free an object
 * @cache: the cache that it came from
 * @object: the object, or NULL, which does nothing
 *
 * An object of another cache or from elsewhere is reported in the log and
 * left alone.
 *
 * Context: any but NMI.
 */
void carve_cache_free(struct carve_cache *cache, void *object);

/**
 * carve_cache_shrink() - give a cache's empty slabs back
 * @cache: the cache
 *
 * Empties the cache's per-CPU magazines first.
 *
 * Context: may sleep.
 * Return: the number of pages given back.
 */
unsigned long carve_cache_shrink(struct carve_cache *cache);

/**
 * carve_cache_size() - the size of a cache's objects
 * @cache: the cache
 *
 * Context: any.
 * Return: the bytes asked for when the cache was made.
 */
unsigned int carve_cache_size(const struct carve_cache *cache);

/* Objects by the array */

/**
 * carve_cache_alloc_bulk() - allocate many objects at once
 * @cache: the cache
 * @gfp: GFP flags
 * @nr: how many
 * @objects: array of @nr slots, to be filled
 *
 * Context: any but NMI; may sleep if @gfp allows it. The work grows with @nr,
 * but interrupts are disabled for no more than a batch of it at a time.
 * Return: @nr, or 0 where there are not so many: then none is allocated.
 */
size_t carve_cache_alloc_bulk(struct carve_cache *cache, gfp_t gfp, size_t nr,
			      void **objects);

/**
 * carve_cache_free_bulk() - free many objects at once
 * @cache: the cache that they came from
 * @nr: how many
 * @objects: the objects; slots that are NULL are passed over. What the array
 *	holds afterwards isn't defined
 *
 * Bad ones are treated as carve_cache_free() does, and the others freed.
 *
 * Context: any but NMI.
 */
void carve_cache_free_bulk(struct carve_cache *cache, size_t nr,
			   void **objects);

/**
 * carve_kfree_bulk() - free many allocations of the kmalloc family at once
 * @co: the carveout
 * @nr: how many
 * @objects: the addresses, of whatever sizes; slots that are NULL are passed
 *	over. What the array holds afterwards isn't defined
 *
 * Fastest where those of one size follow each other.
 *
 * Context: any but NMI.
 */
void carve_kfree_bulk(struct carveout *co, size_t nr, void **objects);

/* Freeing after a grace period */

/**
 * carve_kfree_rcu() - free when all readers of now are done
 * @co: the carveout
 * @p: what the kmalloc family, carve_vmalloc() or carve_kvmalloc() and its kin
 *	returned, or NULL
 * @head: a struct rcu_head in the allocation, used where there is no memory to
 *	note its address; or NULL, if the caller can sleep
 *
 * The allocation stays as it is until then, but for @head, which must lie in it. Frees are batched:
 * each takes a word of the carveout, and no callback of its own.
 *
 * Context: any but NMI with @head; may sleep with NULL.
 */
void carve_kfree_rcu(struct carveout *co, const void *p, struct rcu_head *head);

/**
 * carve_cache_free_rcu() - free an object when all readers of now are done
 * @cache: the cache that it came from
 * @object: the object, or NULL
 * @head: as for carve_kfree_rcu()
 *
 * Context: as carve_kfree_rcu().
 */
void carve_cache_free_rcu(struct carve_cache *cache, void *object,
			  struct rcu_head *head);

/**
 * carve_rcu_barrier() - wait until what was to be freed has been freed
 * @co: the carveout
 *
 * For all that was given to carve_kfree_rcu() and carve_cache_free_rcu() before.
 * carve_cache_destroy() does so itself.
 *
 * Context: may sleep.
 */
void carve_rcu_barrier(struct carveout *co);

/*
 * Elements of native memory pools: functions for mempool_create(), whose pool
 * then keeps its reserve in a carveout, and waits for its own elements where
 * the carveout is full.
 *
 *	pool = mempool_create(16, carve_mempool_alloc_slab,
 *			      carve_mempool_free_slab, cache);
 */

/**
 * struct carve_mempool_source - where a memory pool has its elements from
 * @co: the carveout
 * @size: bytes of an element, for carve_mempool_kmalloc()
 * @order: log2 of its pages, for carve_mempool_alloc_pages()
 *
 * The pool_data of a pool, to be kept as long as that.
 */
struct carve_mempool_source {
	struct carveout *co;
	size_t size;
	unsigned int order;
};

/**
 * carve_mempool_alloc_slab() - mempool_alloc_t for objects of a cache
 * @gfp: GFP flags
 * @pool_data: the struct carve_cache, one without a constructor
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
 * @element: what carve_mempool_kmalloc() returned
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
 * @element: what carve_mempool_alloc_pages() returned
 * @pool_data: the struct carve_mempool_source
 */
void carve_mempool_free_pages(void *element, void *pool_data);

/* kmalloc and its family */

/* carve_kmalloc(), any flags; and without zone modifiers and __GFP_ZERO: see above */
void *carve_kmalloc_any(struct carveout *co, size_t size, gfp_t gfp);
DECLARE_STATIC_CALL(carve_kmalloc_plain, carve_kmalloc_any);

/**
 * carve_kmalloc() - allocate bytes
 * @co: the carveout
 * @size: bytes. Up to 8192 from the size classes (8, 16, 32, 64, 96, 128, 192,
 *	256 and on in powers of two), above that whole pages
 * @gfp: GFP flags
 *
 * Powers of two are aligned to their size, others to 8 bytes at least.
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the address; ZERO_SIZE_PTR for size 0; NULL on failure.
 */
static __always_inline void *carve_kmalloc(struct carveout *co, size_t size,
					   gfp_t gfp)
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
void *carve_kzalloc(struct carveout *co, size_t size, gfp_t gfp);

/**
 * carve_kmalloc_array() - allocate an array
 * @co: the carveout
 * @n: number of elements
 * @size: bytes of an element
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc(); NULL where @n times @size overflows.
 */
void *carve_kmalloc_array(struct carveout *co, size_t n, size_t size,
			  gfp_t gfp);

/**
 * carve_kcalloc() - allocate an array filled with zeroes
 * @co: the carveout
 * @n: number of elements
 * @size: bytes of an element
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc_array().
 */
void *carve_kcalloc(struct carveout *co, size_t n, size_t size, gfp_t gfp);

/**
 * carve_krealloc() - change the size of an allocation
 * @co: the carveout
 * @p: what the kmalloc family returned, or NULL
 * @size: the new size in bytes; 0 frees @p
 * @gfp: GFP flags. For what grew to be zero, __GFP_ZERO must have been given
 *	when @p was first allocated and each time since
 *
 * Stays in place where the object is large enough.
 *
 * Context: any but NMI; may sleep if @gfp allows it.
 * Return: the new address, with the contents up to the smaller size; NULL on
 * failure, when @p stays valid; ZERO_SIZE_PTR for size 0.
 */
void *carve_krealloc(struct carveout *co, const void *p, size_t size,
		     gfp_t gfp);

/**
 * carve_kfree() - free what the kmalloc family returned
 * @co: the carveout
 * @p: the address; NULL and ZERO_SIZE_PTR do nothing
 *
 * An address from elsewhere is reported in the log and left alone.
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
 * carve_ksize() - how many bytes an allocation really has
 * @co: the carveout
 * @p: what the kmalloc family returned
 *
 * Context: any but NMI.
 * Return: bytes; 0 for NULL, ZERO_SIZE_PTR and addresses from elsewhere.
 */
size_t carve_ksize(struct carveout *co, const void *p);

/**
 * carve_kmalloc_size_roundup() - how many bytes a request would really get
 * @size: bytes
 *
 * Context: any.
 * Return: what carve_ksize() will say of carve_kmalloc(@size).
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
		    gfp_t gfp);

/**
 * carve_kstrdup() - allocate a copy of a string
 * @co: the carveout
 * @s: the string, or NULL, for which NULL is returned
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc().
 */
char *carve_kstrdup(struct carveout *co, const char *s, gfp_t gfp);

/**
 * carve_kmemdup_nul() - allocate a string of bytes and end it
 * @co: the carveout
 * @s: the bytes, or NULL, for which NULL is returned
 * @len: how many
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc(): @len bytes and a null behind them.
 */
char *carve_kmemdup_nul(struct carveout *co, const char *s, size_t len,
			gfp_t gfp);

/**
 * carve_kstrndup() - allocate a copy of a string, up to a length
 * @co: the carveout
 * @s: the string, or NULL, for which NULL is returned
 * @max: bytes of it at most, without the null behind them
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc().
 */
char *carve_kstrndup(struct carveout *co, const char *s, size_t max, gfp_t gfp);

/**
 * carve_krealloc_array() - change the number of elements of an array
 * @co: the carveout
 * @p: what the kmalloc family returned, or NULL
 * @n: the new number of elements
 * @size: bytes of an element
 * @gfp: GFP flags, as for carve_krealloc()
 *
 * Return: as carve_krealloc(); NULL where @n times @size overflows, when @p
 * stays valid.
 */
void *carve_krealloc_array(struct carveout *co, const void *p, size_t n,
			   size_t size, gfp_t gfp);

/* Virtually contiguous memory */

/**
 * carve_vmalloc() - allocate virtually contiguous memory
 * @co: the carveout
 * @size: bytes; rounded up to whole pages
 *
 * The pages come from wherever they are free in the carveout, and an unmapped
 * guard page lies behind the area.
 *
 * Context: may sleep.
 * Return: the address of the first byte, page aligned, or NULL.
 */
void *carve_vmalloc(struct carveout *co, unsigned long size);

/**
 * carve_vzalloc() - allocate virtually contiguous memory filled with zeroes
 * @co: the carveout
 * @size: bytes; rounded up to whole pages
 *
 * Context: may sleep.
 * Return: as carve_vmalloc().
 */
void *carve_vzalloc(struct carveout *co, unsigned long size);

/**
 * carve_vfree() - free what carve_vmalloc() returned
 * @co: the carveout
 * @addr: the address, or NULL, which does nothing
 *
 * An address that is not the start of an area is reported in the log and left
 * alone.
 *
 * Context: tasks that may sleep, and interrupts, but not NMI; from an interrupt
 * the area is unmapped a little later.
 */
void carve_vfree(struct carveout *co, const void *addr);

/**
 * carve_vmap() - map pages to virtually contiguous addresses
 * @co: the carveout
 * @pages: pages of it, in the order in which they are to be mapped; the array
 *	is the caller's again afterwards
 * @count: how many
 *
 * The pages stay the caller's, who keeps them until after carve_vunmap(). The
 * same page may be mapped more than once.
 *
 * Context: may sleep.
 * Return: the address of the first page's first byte, with an unmapped guard
 * page behind the last; NULL on failure, or where one isn't the carveout's.
 */
void *carve_vmap(struct carveout *co, struct carve_page **pages,
		 unsigned int count);

/**
 * carve_vunmap() - undo carve_vmap()
 * @co: the carveout
 * @addr: what it returned, or NULL, which does nothing
 *
 * An address that isn't the start of such a mapping is reported in the log and
 * left alone.
 *
 * Context: may sleep.
 */
void carve_vunmap(struct carveout *co, const void *addr);

/**
 * carve_kvmalloc() - allocate bytes, contiguous where that is easy
 * @co: the carveout
 * @size: bytes
 * @gfp: GFP flags that allow to sleep
 *
 * Tries carve_kmalloc() without effort, then carve_vmalloc().
 *
 * Context: may sleep.
 * Return: the address, for carve_kvfree(); NULL on failure.
 */
void *carve_kvmalloc(struct carveout *co, size_t size, gfp_t gfp);

/**
 * carve_kvzalloc() - allocate bytes filled with zeroes, contiguous where easy
 * @co: the carveout
 * @size: bytes
 * @gfp: GFP flags that allow to sleep
 *
 * Context: may sleep.
 * Return: as carve_kvmalloc().
 */
void *carve_kvzalloc(struct carveout *co, size_t size, gfp_t gfp);

/**
 * carve_kvmalloc_array() - allocate an array, contiguous where that is easy
 * @co: the carveout
 * @n: number of elements
 * @size: bytes of an element
 * @gfp: GFP flags that allow to sleep
 *
 * Context: may sleep.
 * Return: as carve_kvmalloc(); NULL where @n times @size overflows.
 */
void *carve_kvmalloc_array(struct carveout *co, size_t n, size_t size,
			   gfp_t gfp);

/**
 * carve_kvcalloc() - allocate an array filled with zeroes, as the one above
 * @co: the carveout
 * @n: number of elements
 * @size: bytes of an element
 * @gfp: GFP flags that allow to sleep
 *
 * Context: may sleep.
 * Return: as carve_kvmalloc_array().
 */
void *carve_kvcalloc(struct carveout *co, size_t n, size_t size, gfp_t gfp);

/**
 * carve_kvrealloc() - change the size of an allocation
 * @co: the carveout
 * @p: what carve_kvmalloc() and its kin, or the kmalloc family, returned, or NULL
 * @size: the new size in bytes; 0 frees @p
 * @gfp: GFP flags that allow to sleep; __GFP_ZERO as for carve_krealloc()
 *
 * Stays in place where that is large enough. What was contiguous may come to be
 * an area: free it with carve_kvfree().
 *
 * Context: may sleep.
 * Return: as carve_krealloc().
 */
void *carve_kvrealloc(struct carveout *co, const void *p, size_t size,
		      gfp_t gfp);

/**
 * carve_kvfree() - free what carve_kvmalloc() returned
 * @co: the carveout
 * @p: the address, or NULL, which does nothing
 *
 * Context: as carve_vfree() where it is an area, otherwise any but NMI.
 */
void carve_kvfree(struct carveout *co, const void *p);

/* Coherent memory for devices */

/**
 * carve_dma_alloc_coherent() - allocate memory that a device shares
 * @co: the carveout
 * @dev: the device, with its masks set (dma_set_mask_and_coherent())
 * @size: bytes; rounded up to whole pages
 * @dma_handle: where the buffer's bus address goes, for the device
 * @gfp: GFP flags; zone modifiers have no meaning, the masks say it all
 *
 * The memory is zeroed, physically contiguous, aligned to its size rounded up
 * to a power of two, and lies where the device's masks reach.
 *
 * A line in the log says which it is where a request can't be served however
 * much is free: a mask that reaches none of the carveout's memory, a device
 * that isn't coherent with the processors' caches or whose mappings go through
 * bounce buffers, a kernel without DMA.
 *
 * Context: as dma_map_page(): interrupts, too, but not hard ones on PREEMPT_RT;
 * may sleep if @gfp allows it.
 * Return: the kernel's address of the buffer, or NULL.
 */
void *carve_dma_alloc_coherent(struct carveout *co, struct device *dev,
			       size_t size, dma_addr_t *dma_handle, gfp_t gfp);

/**
 * carve_dmam_alloc_coherent() - the same, freed with the device's resources
 * @co: the carveout
 * @dev: the device
 * @size: bytes
 * @dma_handle: where the buffer's bus address goes
 * @gfp: GFP flags
 *
 * Freed when the driver is unbound from the device, so that the carveout must
 * be held for longer: carveout_put() by way of devm_add_action_or_reset().
 *
 * Context: as carve_dma_alloc_coherent().
 * Return: as carve_dma_alloc_coherent().
 */
void *carve_dmam_alloc_coherent(struct carveout *co, struct device *dev,
				size_t size, dma_addr_t *dma_handle, gfp_t gfp);

/**
 * carve_dma_free_coherent() - free what carve_dma_alloc_coherent() returned
 * @co: the carveout
 * @dev: the device it was allocated for, which has stopped using it
 * @size: the bytes asked for then
 * @cpu_addr: the address returned, or NULL, which does nothing
 * @dma_handle: the bus address
 *
 * What isn't the start of a buffer, or not of this size, device and bus
 * address, is reported in the log and left alone.
 *
 * Context: as dma_unmap_page(): interrupts, too, but not hard ones on
 * PREEMPT_RT.
 */
void carve_dma_free_coherent(struct carveout *co, struct device *dev,
			     size_t size, void *cpu_addr,
			     dma_addr_t dma_handle);

/* For carveout_native.h */

/**
 * carveout_native() - the carveout that serves modules built with this header
 *
 * From the first call on it can't be removed at run time.
 *
 * Context: any.
 * Return: the first carveout, or NULL where there is none.
 */
struct carveout *carveout_native(void);

/* The page that @page describes, or NULL where it isn't the carveout's */
struct carve_page *carve_native_page(struct carveout *co,
				     const struct page *page);
/* alloc_pages() and __free_pages(); of a page that is the carveout's */
struct page *carve_native_pages_get(struct carveout *co, gfp_t gfp,
				    unsigned int order);
void carve_native_pages_put(struct carveout *co, struct carve_page *carve,
			    struct page *page);
/* page_count() of such a page */
int carve_native_page_refs(const struct page *page);
/* kmem_cache_create(); names may be alike, and have white space in them */
struct carve_cache *carve_native_cache_new(const char *name, unsigned int size,
					   unsigned int align,
					   slab_flags_t flags,
					   void (*ctor)(void *object));

#endif /* _CARVEOUT_H */
