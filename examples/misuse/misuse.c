// SPDX-License-Identifier: GPL-2.0
/*
 * A robustness test: calls every exported function with random arguments, most of
 * them wrong, from tasks and interrupts of several CPUs at once.
 *
 *	insmod carveout.ko size=64M
 *	insmod carveout_misuse.ko seed=1 steps=100000 threads=2
 *
 * It allocates with random sizes, orders, flags and caches, frees its memory in
 * wrong ways and twice, and frees memory that it never allocated. Each bad call is
 * refused or harmless: when insmod returns, all memory is free again, as the files
 * allocations and validate show.
 *
 * It leaves out three mistakes that a carveout can't refuse. It doesn't write to
 * memory, since memory that was freed twice may be allocated twice. It passes
 * pointers into objects only to functions that detect them at once. And it doesn't
 * free an area twice, since the address may belong to a new area by then.
 */
#define pr_fmt(fmt) "carveout_misuse: " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <carveout.h>

static unsigned long seed = 1;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "seed of the random numbers");

static unsigned long steps = 100000;
module_param(steps, ulong, 0444);
MODULE_PARM_DESC(steps, "steps of each thread");

static unsigned int threads = 2;
module_param(threads, uint, 0444);
MODULE_PARM_DESC(threads, "number of threads, 1 to 16");

static char *other;
module_param(other, charp, 0444);
MODULE_PARM_DESC(other, "name of another carveout, which may be created and removed meanwhile");

#define MAX_THREADS 16
#define NR_HELD 64
#define NR_STALE 32
#define NR_CACHES 4
#define NR_PAGES 8

enum context { TASK, SOFT, HARD, NR_CONTEXTS };

/* How a thing is freed */
enum kind { NOTHING, BLOCK, ADDRESS, EXACT, OBJECT, BYTES, EITHER, NR_KINDS };

struct thing {
	enum kind kind;
	void *p;
	size_t size;
	unsigned int order;
	struct carve_cache *cache;
};

/**
 * struct worker - a thread and its allocations
 * @rnd: its random numbers
 * @context: the context that it runs in
 * @held: its allocations
 * @stale: addresses that it has freed, except areas
 * @cache: its own caches, or NULL
 * @native: memory of the kernel's allocators
 * @area: memory of the kernel's vmalloc()
 * @hard: runs steps in hard interrupts
 * @soft: runs steps in softirqs
 * @arrived: completed when such a step is done
 * @ended: completed when all steps are done
 */
struct worker {
	struct rnd_state rnd;
	enum context context;
	struct thing held[NR_HELD];
	void *stale[NR_STALE];
	struct carve_cache *cache[NR_CACHES];
	void *native;
	void *area;
	struct irq_work hard;
	struct tasklet_struct soft;
	struct completion arrived;
	struct completion ended;
};

static struct carveout *co;
static struct carve_cache *shared;
static struct device *device;
static struct worker *workers;

/* Report a call that did not behave as documented */
static atomic_t nr_complaints;

static void complain(const char *what)
{
	if (atomic_inc_return(&nr_complaints) <= 10)
		pr_err("%s\n", what);
}

/* For calls whose arguments are wrong */
static void expect_null(const void *p)
{
	if (p)
		complain("a call with wrong arguments returned memory");
}

static u32 any(struct worker *w, u32 below)
{
	return prandom_u32_state(&w->rnd) % below;
}

static bool one_in(struct worker *w, u32 n)
{
	return !any(w, n);
}

static bool may_sleep(const struct worker *w)
{
	return w->context == TASK;
}

/* Flags that mostly make sense, and never retry forever */
static gfp_t any_gfp(struct worker *w)
{
	static const gfp_t usual[] = {
		GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT, GFP_KERNEL | __GFP_ZERO,
		GFP_KERNEL | GFP_DMA32, GFP_HIGHUSER_MOVABLE,
	};
	gfp_t gfp = one_in(w, 4) ?
		    (__force gfp_t)prandom_u32_state(&w->rnd) :
		    usual[any(w, ARRAY_SIZE(usual))];

	if (!may_sleep(w))
		gfp &= ~__GFP_DIRECT_RECLAIM;
	if (gfp & __GFP_DIRECT_RECLAIM)
		gfp &= ~(__GFP_NOFAIL | __GFP_RETRY_MAYFAIL);
	return gfp | __GFP_NOWARN;
}

static unsigned int any_order(struct worker *w)
{
	return one_in(w, 16) ? prandom_u32_state(&w->rnd) | 32 :
	       one_in(w, 8) ? 32 + any(w, 40) : any(w, 5);
}

static size_t any_size(struct worker *w)
{
	static const size_t odd[] = {
		0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, SZ_1M, SZ_1G,
		INT_MAX, UINT_MAX, LONG_MAX, SIZE_MAX - PAGE_SIZE, SIZE_MAX,
	};

	return one_in(w, 8) ? odd[any(w, ARRAY_SIZE(odd))] :
	       one_in(w, 4) ? any(w, 20 * PAGE_SIZE) : any(w, 300);
}

/* Addresses */

/* An address outside the carveout, which may not be memory at all */
static void *foreign(struct worker *w)
{
	void *const addresses[] = {
		w, w->native, w->native + 8, w->area, w->area + 8, &co, co,
		foreign, &w, ERR_PTR(-ENOMEM), (void *)0x400000UL,
		(void *)8UL, (void *)-1UL, (void *)-PAGE_SIZE, (void *)LONG_MAX,
		(void *)(1UL << 48), (void *)PAGE_OFFSET, (void *)VMALLOC_START,
		(void *)(VMALLOC_END - PAGE_SIZE), virt_to_page(w->native),
	};

	return addresses[any(w, ARRAY_SIZE(addresses))];
}

static void *own_address(const struct thing *t)
{
	return t->kind == BLOCK ? carve_page_address(co, t->p) : t->p;
}

/* Any page in or near the carveout, whatever its type */
static void *any_page(struct worker *w)
{
	void *p = own_address(&w->held[any(w, NR_HELD)]);

	if (!carve_owns(co, p))
		return foreign(w);
	p = (void *)((unsigned long)p & PAGE_MASK);
	return p + ((long)any(w, 1024) - 512) * PAGE_SIZE;
}

static void *any_address(struct worker *w)
{
	return one_in(w, 3) ? foreign(w) :
	       one_in(w, 2) ? any_page(w) : w->stale[any(w, NR_STALE)];
}

/* An address for functions that check that an allocation begins there */
static void *any_place(struct worker *w)
{
	return any_address(w) + (one_in(w, 2) ? any(w, PAGE_SIZE) : 0);
}

static struct carve_page *any_descriptor(struct worker *w)
{
	struct thing *t = &w->held[any(w, NR_HELD)];
	struct carve_page *page;

	if (t->kind == BLOCK && one_in(w, 2))
		return t->p + any(w, 1000);
	page = carve_virt_to_page(co, any_page(w));
	return page && one_in(w, 2) ? page : foreign(w);
}

/* Allocations */

static void forget(struct worker *w, void *p)
{
	w->stale[any(w, NR_STALE)] = p;
}

static void free_thing(const struct thing *t)
{
	switch (t->kind) {
	case BLOCK:
		carve_free_pages(co, t->p, t->order);
		break;
	case ADDRESS:
		carve_free_pages_addr(co, (unsigned long)t->p, t->order);
		break;
	case EXACT:
		carve_free_pages_exact(co, t->p, t->size);
		break;
	case OBJECT:
		carve_cache_free(t->cache, t->p);
		break;
	case BYTES:
		carve_kfree(co, t->p);
		break;
	case EITHER:
		carve_kvfree(co, t->p);
		break;
	default:
		break;
	}
}

static bool is_area(const struct thing *t)
{
	return t->kind == EITHER && t->p && !carve_virt_to_page(co, t->p);
}

/* Sometimes free it twice, or a second time by another function */
static void drop(struct worker *w, struct thing *t)
{
	bool area = is_area(t);

	free_thing(t);
	if (!area) {
		if (one_in(w, 8))
			free_thing(t);
		forget(w, own_address(t));
	}
	t->kind = NOTHING;
	t->p = NULL;
}

static void hold(struct worker *w, const struct thing *t)
{
	struct thing *place = &w->held[any(w, NR_HELD)];

	if (ZERO_OR_NULL_PTR(t->p))
		return;
	drop(w, place);
	*place = *t;
}

static void drop_one(struct worker *w)
{
	drop(w, &w->held[any(w, NR_HELD)]);
}

/* Steps */

static void take_apart(struct carve_page *page, unsigned int order)
{
	void *p = carve_page_address(co, page);
	unsigned long i;

	carve_split_page(co, page, order);
	for (i = 0; i < 1UL << order; i++)
		carve_free_page(co, carve_virt_to_page(co, p + i * PAGE_SIZE));
}

static void take_pages(struct worker *w)
{
	struct thing t = { .kind = BLOCK, .order = any_order(w) };

	t.p = carve_alloc_pages(co, any_gfp(w), t.order);
	if (t.p && one_in(w, 4)) {
		carve_free_pages(co, t.p, t.order + 1);
		carve_split_page(co, t.p, t.order + 1);
		carve_split_page(co, t.p + 8, t.order);
	}
	if (t.p && one_in(w, 4)) {
		carve_free_pages_cold(co, t.p, t.order);
		carve_free_pages_cold(co, t.p, t.order);
		return;
	}
	if (t.p && one_in(w, 4)) {
		take_apart(t.p, t.order);
		return;
	}
	hold(w, &t);
}

static void take_addresses(struct worker *w)
{
	struct thing t = { .kind = ADDRESS, .order = any_order(w) };

	if (one_in(w, 4)) {
		t.order = 0;
		t.p = (void *)carve_get_zeroed_page(co, any_gfp(w));
	} else {
		t.p = (void *)carve_get_free_pages(co, any_gfp(w), t.order);
	}
	if (t.p && one_in(w, 4)) {
		carve_free_pages_addr(co, (unsigned long)t.p + 8, t.order);
		carve_free_pages_addr(co, (unsigned long)t.p, t.order + 1);
		carve_vfree(co, t.p);
		carve_kfree_rcu(co, t.p, NULL);
	}
	hold(w, &t);
}

static void take_exact(struct worker *w)
{
	struct thing t = { .kind = EXACT, .size = any_size(w) };

	t.p = carve_alloc_pages_exact(co, t.size, any_gfp(w));
	if (t.p && one_in(w, 4)) {
		carve_free_pages_exact(co, t.p, SIZE_MAX);
		carve_free_pages_exact(co, t.p + 1, t.size);
	}
	hold(w, &t);
}

static void take_many_pages(struct worker *w)
{
	struct carve_page *pages[NR_PAGES] = { };
	unsigned int i;

	carve_alloc_pages_bulk(co, any_gfp(w), any(w, NR_PAGES + 1), pages);
	if (pages[0] && one_in(w, 2))
		pages[NR_PAGES - 1] = pages[NR_PAGES - 1] ?: pages[0];
	for (i = 0; i < NR_PAGES; i++)
		if (!pages[i] && one_in(w, 4))
			pages[i] = foreign(w);
	carve_free_pages_bulk(co, NR_PAGES, pages);
}

static struct carve_cache *any_cache(struct worker *w)
{
	return w->cache[any(w, NR_CACHES)] ?: shared;
}

static void take_object(struct worker *w)
{
	struct thing t = { .kind = OBJECT, .cache = any_cache(w) };

	switch (any(w, 3)) {
	case 0:
		t.p = carve_cache_zalloc(t.cache, any_gfp(w));
		break;
	case 1:
		t.p = carve_mempool_alloc_slab(any_gfp(w), t.cache);
		break;
	default:
		t.p = carve_cache_alloc(t.cache, any_gfp(w));
	}
	if (t.p && one_in(w, 4)) {
		if (t.cache != shared)
			carve_cache_free(shared, t.p);
		expect_null(carve_krealloc(co, t.p + 1, 10000, any_gfp(w)));
		carve_vfree(co, t.p);
	}
	hold(w, &t);
}

static void take_many_objects(struct worker *w)
{
	struct carve_cache *cache = any_cache(w);
	void *objects[NR_PAGES] = { };
	unsigned int i, nr = any(w, NR_PAGES);

	carve_cache_alloc_bulk(cache, any_gfp(w), nr, objects);
	for (i = nr; i < NR_PAGES; i++)
		objects[i] = one_in(w, 2) ? NULL : foreign(w);
	if (one_in(w, 2))
		carve_cache_free_bulk(cache, NR_PAGES, objects);
	else
		carve_kfree_bulk(co, NR_PAGES, objects);
}

static void *any_bytes(struct worker *w, size_t size)
{
	struct carve_mempool_source source = { .co = co, .size = size };
	gfp_t gfp = any_gfp(w);

	switch (any(w, 9)) {
	case 0:
		return carve_kzalloc(co, size, gfp);
	case 1:
		return carve_kmalloc_array(co, size, any_size(w), gfp);
	case 2:
		return carve_kcalloc(co, any_size(w), size, gfp);
	case 3:
		return carve_kmemdup(co, w->native, min(size, PAGE_SIZE), gfp);
	case 4:
		return carve_kstrdup(co, one_in(w, 2) ? pr_fmt("") : NULL, gfp);
	case 5:
		return carve_kstrndup(co, w->native, size, gfp);
	case 6:
		return carve_kmemdup_nul(co, w->native, min(size, PAGE_SIZE), gfp);
	case 7:
		return carve_mempool_kmalloc(gfp, &source);
	default:
		return carve_kmalloc(co, size, gfp);
	}
}

static void take_bytes(struct worker *w)
{
	struct thing t = { .kind = BYTES, .size = any_size(w) };

	t.p = any_bytes(w, t.size);
	if (!ZERO_OR_NULL_PTR(t.p) && one_in(w, 4)) {
		carve_free_pages_addr(co, (unsigned long)t.p & PAGE_MASK, 0);
		carve_vfree(co, t.p);
		expect_null(carve_krealloc(co, t.p + 3, 10000, any_gfp(w)));
	}
	hold(w, &t);
}

static void resize(struct worker *w)
{
	struct thing *t = &w->held[any(w, NR_HELD)];
	void *p;

	if (t->kind != BYTES)
		return;
	p = one_in(w, 2) ?
	    carve_krealloc(co, t->p, any_size(w) ?: 1, any_gfp(w)) :
	    carve_krealloc_array(co, t->p, any_size(w) ?: 1, any(w, 4) ?: 1,
				 any_gfp(w));
	if (p)
		t->p = p;
}

/* Steps for tasks only */
static void take_either(struct worker *w)
{
	struct thing t = { .kind = EITHER, .size = any_size(w) };
	gfp_t gfp = any_gfp(w);
	void *p;

	switch (any(w, 6)) {
	case 0:
		t.p = carve_kvzalloc(co, t.size, gfp);
		break;
	case 1:
		t.p = carve_kvmalloc_array(co, t.size, any_size(w), gfp);
		break;
	case 2:
		t.p = carve_kvcalloc(co, any_size(w), t.size, gfp);
		break;
	case 3:
		t.p = carve_vmalloc(co, t.size);
		break;
	case 4:
		t.p = carve_vzalloc(co, t.size);
		break;
	default:
		t.p = carve_kvmalloc(co, t.size, gfp);
	}
	if (!ZERO_OR_NULL_PTR(t.p) && one_in(w, 4)) {
		carve_vunmap(co, t.p);
		carve_vfree(co, t.p + 1);
		expect_null(carve_kvrealloc(co, t.p + 1, 100, gfp));
		p = carve_kvrealloc(co, t.p, any_size(w) ?: 1, gfp);
		t.p = p ?: t.p;
	}
	hold(w, &t);
}

static void map_pages(struct worker *w)
{
	struct carve_page *pages[NR_PAGES] = { }, *given[NR_PAGES];
	unsigned long nr;
	void *at;

	nr = carve_alloc_pages_bulk(co, any_gfp(w), NR_PAGES, pages);
	memcpy(given, pages, sizeof(given));
	given[any(w, NR_PAGES)] = one_in(w, 4) ? foreign(w) : pages[0];
	at = carve_vmap(co, given, one_in(w, 8) ? 0 : nr);
	if (at) {
		carve_vfree(co, at);
		carve_kvfree(co, at);
		carve_kfree(co, at);
		expect_null(carve_kvrealloc(co, at, 100000, GFP_KERNEL));
		carve_vunmap(co, at + 1);
		carve_vunmap(co, at);
	}
	carve_free_pages_bulk(co, NR_PAGES, pages);
	carve_vunmap(co, foreign(w));
}

static void map_for_long(struct worker *w)
{
	struct carve_page *page = carve_alloc_page(co, GFP_HIGHUSER | __GFP_NOWARN);

	if (page && carve_kmap(co, page)) {
		carve_kunmap(co, page);
		carve_kunmap(co, page);
	}
	carve_kmap(co, foreign(w));
	carve_kunmap(co, foreign(w));
	carve_free_page(co, page);
}

static void map_for_a_moment(struct worker *w)
{
	struct carve_page *page = carve_alloc_page(co, any_gfp(w));
	void *at;

	if (page) {
		at = carve_kmap_local(co, page);
		if (at)
			carve_kunmap_local(co, at);
	}
	carve_kunmap_local(co, foreign(w));
	carve_kmap_local(co, foreign(w));
	carve_free_page(co, page);
}

static void take_buffer(struct worker *w)
{
	struct device *dev = one_in(w, 8) ? NULL : device;
	size_t size = any_size(w);
	dma_addr_t addr;
	void *p;

	expect_null(carve_dma_alloc_coherent(co, dev, size, NULL, any_gfp(w)));
	p = carve_dma_alloc_coherent(co, dev, size, &addr, any_gfp(w));
	if (!p)
		return;
	carve_dma_free_coherent(co, dev, size + PAGE_SIZE, p, addr);
	carve_dma_free_coherent(co, NULL, size, p, addr);
	carve_dma_free_coherent(co, dev, size, p, addr + 8);
	carve_dma_free_coherent(co, dev, size, p + 8, addr);
	carve_dma_free_coherent(co, dev, size, any_place(w), addr);
	carve_kfree(co, p);
	carve_free_pages_addr(co, (unsigned long)p, 0);
	carve_dma_free_coherent(co, dev, size, p, addr);
	carve_dma_free_coherent(co, dev, size, p, addr);
}

static void construct(void *object)
{
	memset(object, 0x77, 8);
}

/* Destroy it with an object in use first: that succeeds only if the object was freed before */
static void remove_cache(struct worker *w, struct carve_cache *cache)
{
	struct thing *t;
	void *object;

	for (t = w->held; t < w->held + NR_HELD; t++)
		if (t->kind == OBJECT && t->cache == cache)
			drop(w, t);
	object = carve_cache_alloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	if (object && !carve_cache_destroy(cache))
		return;
	carve_cache_free(cache, object);
	if (carve_cache_destroy(cache))
		complain("a cache without objects in use was not destroyed");
}

static void make_cache(struct worker *w)
{
	static const char * const names[] = {
		NULL, "", "two words", "%s%n", "kmalloc-64", "a/b", "\x80",
		"of-far-too-many-characters-for-a-name", "misuse", "carve_area",
	};
	struct carve_cache **place = &w->cache[any(w, NR_CACHES)];
	const struct carve_cache_options options = {
		.align = one_in(w, 4) ? prandom_u32_state(&w->rnd) : 1U << any(w, 14),
		.ctor = one_in(w, 2) ? construct : NULL,
		.dtor = one_in(w, 4) ? construct : NULL,
	};
	unsigned int size = one_in(w, 4) ? any_size(w) : 8 + any(w, 2000);
	slab_flags_t flags = one_in(w, 2) ? 0 :
			     one_in(w, 2) ? SLAB_TYPESAFE_BY_RCU :
			     (__force slab_flags_t)prandom_u32_state(&w->rnd);
	struct carve_cache *cache;
	char name[32];

	snprintf(name, sizeof(name), "misuse-%tu-%u", w - workers,
		 any(w, 2 * NR_CACHES));
	if (one_in(w, 2))
		cache = carve_cache_create_with(co, name, size, flags,
						one_in(w, 2) ? &options : NULL);
	else
		cache = carve_cache_create(co, one_in(w, 2) ? name :
					   names[any(w, ARRAY_SIZE(names))],
					   size, options.align, flags,
					   options.ctor);
	if (IS_ERR(cache)) {
		carve_cache_destroy(cache);
		return;
	}
	if (*place)
		remove_cache(w, *place);
	*place = cache;
}

static void shrink(struct worker *w)
{
	struct carve_cache *cache = any_cache(w);

	carve_cache_size(cache);
	carve_cache_shrink(cache);
	if (one_in(w, 8))
		carve_rcu_barrier(co);
}

static void free_anything(struct worker *w)
{
	void *p = any_address(w);

	switch (any(w, 9)) {
	case 0:
		carve_kfree(co, p);
		break;
	case 1:
		carve_kfree_sensitive(co, p);
		break;
	case 2:
		carve_free_pages_addr(co, (unsigned long)any_place(w),
				      any_order(w));
		break;
	case 3:
		carve_free_pages_exact(co, any_place(w), any_size(w));
		break;
	case 4:
		carve_free_pages(co, any_descriptor(w), any_order(w));
		break;
	case 5:
		carve_free_pages_cold(co, any_descriptor(w), any_order(w));
		break;
	case 6:
		carve_cache_free(any_cache(w), p);
		break;
	case 7:
		carve_split_page(co, foreign(w), any_order(w));
		break;
	default:
		carve_vfree(co, foreign(w));
	}
}

static void look_at_anything(struct worker *w)
{
	const void *p = any_place(w);
	struct carve_page *page = any_descriptor(w);

	carve_owns(co, p);
	carve_ksize(co, p);
	carve_virt_to_page(co, p);
	carve_page_address(co, page);
	carve_page_to_phys(co, page);
	carve_kmalloc_size_roundup(any_size(w));
}

/* Free after a grace period, once or twice */
static void free_later(struct worker *w)
{
	struct rcu_head *head = carve_kmalloc(co, 64, GFP_ATOMIC | __GFP_NOWARN);
	void *object = carve_cache_alloc(shared, GFP_ATOMIC | __GFP_NOWARN);

	if (head) {
		carve_kfree_rcu(co, (void *)head + 1, head);
		carve_kfree_rcu(co, head, head);
		if (one_in(w, 4))
			carve_kfree_rcu(co, head, head);
	}
	carve_kfree_rcu(co, foreign(w), NULL);
	carve_cache_free_rcu(shared, foreign(w), NULL);
	if (object && may_sleep(w))
		carve_cache_free_rcu(shared, object, NULL);
	else
		carve_cache_free(shared, object);
}

static void use_mempool_pages(struct worker *w)
{
	const struct carve_mempool_source source = {
		.co = co, .order = any_order(w),
	};
	void *page = carve_mempool_alloc_pages(any_gfp(w), (void *)&source);
	void *bytes = carve_kmalloc(co, 100, any_gfp(w));
	void *object = carve_cache_alloc(shared, any_gfp(w));

	carve_mempool_free_pages(page, (void *)&source);
	carve_mempool_free_pages(page, (void *)&source);
	carve_mempool_kfree(bytes, (void *)&source);
	carve_mempool_free_slab(object, shared);
}

/* Look up a carveout that may be removed meanwhile */
static void visit_other(struct worker *w)
{
	struct carveout *visited = carveout_get(one_in(w, 2) ? other : "nobody");
	void *p = foreign(w), *area;

	/* The worker keeps its own reference */
	if (p != co)
		carveout_put(p);
	if (!visited)
		return;
	p = carve_kmalloc(visited, any_size(w), any_gfp(w));
	area = carve_vmalloc(visited, PAGE_SIZE);
	/* Pass memory of one carveout to another */
	if (!ZERO_OR_NULL_PTR(p) && visited != co) {
		carve_kfree(co, p);
		carve_vfree(co, area);
	}
	carve_kfree(visited, p);
	carve_vfree(visited, area);
	carveout_put(visited);
}

static void use_natively(struct worker *w)
{
	struct page *page;

	carve_native_page(co, virt_to_page(w->native));
	carve_native_page(co, NULL);
	page = carve_native_pages_alloc(co, any_gfp(w), any_order(w));
	if (page) {
		struct carve_page *own = carve_native_page(co, page);

		carve_native_page_refs(page);
		carve_native_pages_put(co, own, page);
		carve_native_pages_put(co, own, page);
	}
}

static const struct step {
	void (*run)(struct worker *w);
	bool sleeps;
} table[] = {
	{ take_pages }, { take_addresses }, { take_exact }, { take_many_pages },
	{ take_object }, { take_object }, { take_many_objects },
	{ take_bytes }, { take_bytes }, { resize }, { drop_one }, { drop_one },
	{ map_for_a_moment }, { free_anything }, { free_anything },
	{ look_at_anything }, { use_mempool_pages }, { free_later },
	{ use_natively },
	{ take_either, true }, { map_pages, true }, { map_for_long, true },
	{ take_buffer, true }, { make_cache, true }, { shrink, true },
	{ visit_other, true },
};

static void make_step(struct worker *w)
{
	/* Steps that sleep may take long: destroying a cache, for example */
	bool sleep = may_sleep(w) && one_in(w, 8);
	const struct step *step;

	do {
		step = &table[any(w, ARRAY_SIZE(table))];
	} while (step->sleeps != sleep);
	step->run(w);
}

static void step_in_interrupt(struct irq_work *work)
{
	make_step(container_of(work, struct worker, hard));
}

static void step_in_softirq(struct tasklet_struct *work)
{
	struct worker *w = container_of(work, struct worker, soft);

	make_step(w);
	complete(&w->arrived);
}

static void step_somewhere(struct worker *w)
{
	w->context = one_in(w, 4) ? HARD : one_in(w, 4) ? SOFT : TASK;
	switch (w->context) {
	case HARD:
		irq_work_queue(&w->hard);
		irq_work_sync(&w->hard);
		break;
	case SOFT:
		tasklet_schedule(&w->soft);
		wait_for_completion(&w->arrived);
		break;
	default:
		make_step(w);
	}
	w->context = TASK;
}

static void give_all_back(struct worker *w)
{
	unsigned int i;

	for (i = 0; i < NR_HELD; i++)
		drop(w, &w->held[i]);
	for (i = 0; i < NR_CACHES; i++)
		if (w->cache[i])
			remove_cache(w, w->cache[i]);
}

static int work(void *arg)
{
	struct worker *w = arg;
	unsigned long i;

	for (i = 0; i < steps; i++) {
		step_somewhere(w);
		cond_resched();
	}
	give_all_back(w);
	complete(&w->ended);
	return 0;
}

static int __init prepare(struct worker *w)
{
	prandom_seed_state(&w->rnd, seed + (w - workers));
	w->hard = IRQ_WORK_INIT_HARD(step_in_interrupt);
	tasklet_setup(&w->soft, step_in_softirq);
	init_completion(&w->arrived);
	init_completion(&w->ended);
	w->native = kzalloc(PAGE_SIZE, GFP_KERNEL);
	w->area = vzalloc(PAGE_SIZE);
	return w->native && w->area ? 0 : -ENOMEM;
}

static int __init start(struct worker *w)
{
	struct task_struct *thread;

	thread = kthread_create(work, w, "misuse/%tu", w - workers);
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	kthread_bind(thread, (w - workers) % num_online_cpus());
	wake_up_process(thread);
	return 0;
}

static int __init work_at_once(void)
{
	struct worker *w;
	int ret = 0;

	for (w = workers; w < workers + threads && !ret; w++)
		ret = prepare(w);
	for (w = workers; w < workers + threads && !ret; w++)
		ret = start(w);
	while (!ret && w-- > workers)
		wait_for_completion(&w->ended);
	for (w = workers; w < workers + threads; w++) {
		vfree(w->area);
		kfree(w->native);
	}
	return ret;
}

static int __init misuse_with_all(void)
{
	int ret;

	device = root_device_register("carveout_misuse");
	if (IS_ERR(device))
		return PTR_ERR(device);
	device->dma_mask = &device->coherent_dma_mask;
	dma_set_mask_and_coherent(device, DMA_BIT_MASK(64));
	shared = carve_cache_create(co, "misuse", 200, 0, 0, NULL);
	ret = PTR_ERR_OR_ZERO(shared);
	if (!ret)
		ret = work_at_once();
	carve_rcu_barrier(co);
	if (!IS_ERR(shared) && carve_cache_destroy(shared))
		complain("the shared cache was not destroyed");
	device->dma_mask = NULL;
	root_device_unregister(device);
	return ret;
}

static int __init misuse_init(void)
{
	int ret = -ENOMEM;

	if (!threads || threads > MAX_THREADS)
		return -EINVAL;
	/* Take the pages' own references, for carve_native_pages_alloc() */
	carveout_native();
	co = carveout_get(NULL);
	if (!co)
		return -ENODEV;
	workers = kcalloc(threads, sizeof(*workers), GFP_KERNEL);
	if (workers)
		ret = misuse_with_all();
	kfree(workers);
	carveout_put(co);
	if (!ret && atomic_read(&nr_complaints))
		ret = -EUCLEAN;
	pr_info("seed %lu: %lu steps in each of %u threads: %d\n", seed, steps,
		threads, ret);
	return ret;
}

static void __exit misuse_exit(void)
{
}

module_init(misuse_init);
module_exit(misuse_exit);

MODULE_DESCRIPTION("Example: calls every function with bad arguments");
MODULE_AUTHOR("The carveout developers");
MODULE_LICENSE("GPL");
