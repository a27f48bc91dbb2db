// SPDX-License-Identifier: GPL-2.0
/*
 * Bad operations: frees and requests that must be refused and counted, without
 * changing the item.
 *
 * Double frees, and frees of pointers into an object, only run in serial runs:
 * they are detected when the magazine is flushed, and other threads could
 * allocate the object until then. Locking: the busy bit of the item, as for all
 * steps.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <carveout.h>

#include "fuzz/ops_internal.h"
#include "fuzz/step.h"
#include "page/misuse.h"
#include "page/reclaim.h"

/* Free memory that isn't the carveout's */
static void free_foreign(struct carve_fuzz_step *s, void *p)
{
	struct carveout *co = s->fuzz->co;

	switch (carve_fuzz_any(s, 6)) {
	case 0:
		carve_kfree(co, p);
		break;
	case 1:
		carve_free_pages(co, p, 0);
		break;
	case 2:
		carve_free_pages_addr(co, (unsigned long)p & PAGE_MASK, 0);
		break;
	case 3:
		carve_vfree(co, p);
		break;
	case 4:
		carve_kfree_rcu(co, p, NULL);
		break;
	default:
		if (carve_krealloc(co, p, 100, GFP_ATOMIC | __GFP_NOWARN))
			carve_fuzz_find(s->fuzz, s,
					"memory outside of the carveout was resized");
	}
}

enum carve_fuzz_outcome carve_fuzz_bad_foreign(struct carve_fuzz_step *s)
{
	long before = carve_nr_misuses(&s->fuzz->co->pages);
	u64 foreign[2] = { 1, 2 };

	free_foreign(s, foreign);
	carve_fuzz_expect_bad(s, before, 1);
	if (foreign[0] != 1 || foreign[1] != 2)
		carve_fuzz_find(s->fuzz, s, "memory outside of the carveout was written to");
	return CARVE_FUZZ_REFUSED;
}

static unsigned int misuse_block(struct carve_fuzz_step *s,
				 const struct carve_fuzz_item *item)
{
	struct carveout *co = s->fuzz->co;

	switch (carve_fuzz_any(s, 5)) {
	case 0:
		carve_free_pages(co, item->page, item->order + 1);
		return 1;
	case 1:
		carve_split_page(co, item->page, item->order + 1);
		return 1;
	case 2:
		if (!item->order)
			return 0;
		carve_free_page(co, item->page + BIT(item->order) - 1);
		return 1;
	case 3:
		if (!item->addr)
			return 0;
		carve_free_pages_addr(co, (unsigned long)item->addr + 8,
				      item->order);
		return 1;
	default:
		if (!item->addr)
			return 0;
		carve_kfree(co, item->addr);
		return 1;
	}
}

/* Misuse an item; returns the number of misuses that must be refused */
typedef unsigned int (*misuse_fn)(struct carve_fuzz_step *s,
				  const struct carve_fuzz_item *item);

static enum carve_fuzz_outcome misuse_item(struct carve_fuzz_step *s,
					   unsigned int kinds, misuse_fn fn)
{
	long before = carve_nr_misuses(&s->fuzz->co->pages);
	struct carve_fuzz_item *item = carve_fuzz_take(s, kinds);
	unsigned int nr;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	nr = fn(s, item);
	s->size = item->size;
	carve_fuzz_expect_bad(s, before, nr);
	carve_fuzz_look(s, item);
	carve_fuzz_leave(item);
	return nr ? CARVE_FUZZ_REFUSED : CARVE_FUZZ_SKIPPED;
}

enum carve_fuzz_outcome carve_fuzz_bad_pages(struct carve_fuzz_step *s)
{
	return misuse_item(s, BIT(CARVE_FUZZ_BLOCK), misuse_block);
}

/* Free an object to another cache */
static unsigned int free_to_other(struct carve_fuzz_step *s,
				  const struct carve_fuzz_item *item)
{
	struct carve_fuzz_cache *c;

	c = &s->fuzz->cache[carve_fuzz_any(s, CARVE_FUZZ_NR_CACHES)];
	if (c == item->cache || !carve_fuzz_cache_get(c))
		return 0;
	carve_cache_free(c->cache, item->addr);
	carve_fuzz_cache_put(c);
	return 1;
}

static unsigned int misuse_object(struct carve_fuzz_step *s,
				  const struct carve_fuzz_item *item)
{
	struct carveout *co = s->fuzz->co;

	switch (carve_fuzz_any(s, 5)) {
	case 0:
		carve_free_pages_addr(co, (unsigned long)item->addr & PAGE_MASK,
				      0);
		return 1;
	case 1:
		return free_to_other(s, item);
	case 2:
		if (carve_krealloc(co, item->addr + 1, 100,
				   GFP_ATOMIC | __GFP_NOWARN))
			carve_fuzz_find(s->fuzz, s,
					"an invalid pointer was resized");
		return 1;
	case 3:
		carve_vfree(co, item->addr);
		return 1;
	default:
		carve_kfree_rcu(co, item->addr + 1, NULL);
		return 1;
	}
}

enum carve_fuzz_outcome carve_fuzz_bad_object(struct carve_fuzz_step *s)
{
	return misuse_item(s, BIT(CARVE_FUZZ_OBJECT) | BIT(CARVE_FUZZ_KM),
			   misuse_object);
}

static unsigned int misuse_area(struct carve_fuzz_step *s,
				const struct carve_fuzz_item *item)
{
	struct carveout *co = s->fuzz->co;

	switch (carve_fuzz_any(s, 4)) {
	case 0:
		carve_vfree(co, item->addr + (item->size > PAGE_SIZE ?
					      PAGE_SIZE : 1));
		break;
	case 1:
		carve_vunmap(co, item->addr);
		break;
	case 2:
		carve_free_pages_addr(co, (unsigned long)item->addr, 0);
		break;
	default:
		carve_kfree(co, item->addr);
	}
	return 1;
}

enum carve_fuzz_outcome carve_fuzz_bad_area(struct carve_fuzz_step *s)
{
	return misuse_item(s, BIT(CARVE_FUZZ_AREA), misuse_area);
}

/* Invalid requests */

static const struct carve_fuzz_wish {
	const char *name;
	unsigned int size;
	unsigned int align;
} bad_caches[] = {
	{ "fuzz-none", 0, 0 },
	{ "fuzz-large", CARVE_CACHE_MAX_SIZE + 1, 0 },
	{ "fuzz-odd", 100, 24 },
	{ "fuzz space", 100, 0 },
	{ "kmalloc-64", 64, 0 },
};

static void *bad_cache(struct carve_fuzz_step *s)
{
	const struct carve_fuzz_wish *wish;
	struct carve_cache *cache;

	wish = &bad_caches[carve_fuzz_any(s, ARRAY_SIZE(bad_caches))];
	cache = carve_cache_create(s->fuzz->co, wish->name, wish->size,
				   wish->align, 0, NULL);
	return IS_ERR(cache) ? NULL : cache;
}

static void *bad_task_request(struct carve_fuzz_step *s)
{
	struct carveout *co = s->fuzz->co;
	struct carve_page *none = (void *)s;

	switch (carve_fuzz_any(s, 8)) {
	case 0:
		return carve_vmalloc(co, 0);
	case 1:
		return carve_vmalloc(co, ULONG_MAX);
	case 2:
		return carve_vmap(co, &none, 1);
	case 3:
		return bad_cache(s);
	default:
		return NULL;
	}
}

static void *bad_request(struct carve_fuzz_step *s, gfp_t gfp)
{
	struct carveout *co = s->fuzz->co;

	switch (carve_fuzz_any(s, 6)) {
	case 0:
		return carve_kmalloc(co, SIZE_MAX, gfp);
	case 1:
		return carve_kmalloc_array(co, SIZE_MAX / 2, 3, gfp);
	case 2:
		return carve_alloc_pages(co, gfp, CARVE_MAX_ORDER + 20);
	case 3:
		return carve_alloc_pages_exact(co, 0, gfp);
	case 4:
		return carve_krealloc_array(co, NULL, SIZE_MAX / 2, 3, gfp);
	default:
		return carve_fuzz_may_sleep(s) ? bad_task_request(s) : NULL;
	}
}

enum carve_fuzz_outcome carve_fuzz_bad_request(struct carve_fuzz_step *s)
{
	if (bad_request(s, carve_fuzz_plain_gfp(s)))
		carve_fuzz_find(s->fuzz, s, "an invalid request was served");
	return CARVE_FUZZ_REFUSED;
}

/* Free an item twice; returns the number of misuses that must be refused */
static unsigned int free_twice(struct carve_fuzz_step *s,
			       const struct carve_fuzz_item *was)
{
	struct carveout *co = s->fuzz->co;
	struct carve_fuzz_item again = *was;
	unsigned int i;

	switch (was->kind) {
	case CARVE_FUZZ_BLOCK:
		carve_free_pages(co, was->page, was->order);
		carve_free_pages_cold(co, was->page, was->order);
		return 1;
	case CARVE_FUZZ_SINGLES:
		for (i = 0; i < 2 * BIT(was->order); i++)
			carve_free_page(co, was->page + i / 2);
		return BIT(was->order);
	case CARVE_FUZZ_EXACT:
		carve_free_pages_exact(co, was->addr, was->size);
		carve_free_pages_exact(co, was->addr, was->size);
		return PFN_UP(was->size);
	case CARVE_FUZZ_OBJECT:
		if (was->cache->constructed)
			carve_fuzz_construct(was->addr);
		carve_cache_free(was->cache->cache, was->addr);
		carve_cache_free(was->cache->cache, was->addr);
		carve_fuzz_cache_put(was->cache);
		return 1;
	case CARVE_FUZZ_KM:
		carve_kfree(co, was->addr);
		carve_kfree(co, was->addr);
		return 1;
	case CARVE_FUZZ_KVM:
		carve_kvfree(co, was->addr);
		carve_kvfree(co, was->addr);
		return 1;
	case CARVE_FUZZ_COHERENT:
		carve_fuzz_free_coherent(s, was);
		carve_fuzz_free_coherent(s, was);
		return 1;
	case CARVE_FUZZ_FRAME:
		carve_fuzz_free_frames(s, was);
		again.refs = 0;
		carve_fuzz_free_frames(s, &again);
		return 1;
	default:
		carve_vfree(co, was->addr);
		carve_vfree(co, was->addr);
		return 1;
	}
}

enum carve_fuzz_outcome carve_fuzz_twice(struct carve_fuzz_step *s)
{
	long before = carve_nr_misuses(&s->fuzz->co->pages);
	struct carve_fuzz_item *item, was;

	item = carve_fuzz_take(s, CARVE_FUZZ_ANYTHING);
	if (!item)
		return CARVE_FUZZ_SKIPPED;
	was = *item;
	carve_fuzz_dies(s, item);
	carve_fuzz_leave(item);
	carve_fuzz_expect_bad(s, before, free_twice(s, &was));
	return CARVE_FUZZ_REFUSED;
}

/*
 * Free a block twice as two CPUs at the same time do: both frees find it in use
 * and put it into a magazine. Drain these, which detects the second free.
 */
enum carve_fuzz_outcome carve_fuzz_twice_at_once(struct carve_fuzz_step *s)
{
	long before = carve_nr_misuses(&s->fuzz->co->pages);
	struct carveout *co = s->fuzz->co;
	struct carve_fuzz_item *item, was;

	item = carve_fuzz_take(s, BIT(CARVE_FUZZ_BLOCK));
	if (!item)
		return CARVE_FUZZ_SKIPPED;
	was = *item;
	carve_fuzz_dies(s, item);
	carve_fuzz_leave(item);
	carve_free_pages(co, was.page, was.order);
	WRITE_ONCE(was.page->state, CARVE_PAGE_USED);
	carve_free_pages(co, was.page, was.order);
	carve_pages_drain(&co->pages);
	carve_fuzz_expect_bad(s, before, 1);
	return CARVE_FUZZ_REFUSED;
}

/*
 * Free a pointer into an object; flush its magazine, which detects it at the
 * latest
 */
static unsigned int free_inside(struct carve_fuzz_step *s,
				const struct carve_fuzz_item *item)
{
	struct carveout *co = s->fuzz->co;
	const struct carve_page *page = carve_virt_to_page(co, item->addr);

	carve_kfree(co, item->addr + 1 +
			carve_fuzz_any(s, max(item->size, 2UL) - 1));
	if (page->state >= CARVE_PAGE_SLAB)
		carve_cache_shrink(page->cache);
	return 1;
}

enum carve_fuzz_outcome carve_fuzz_inside(struct carve_fuzz_step *s)
{
	return misuse_item(s, BIT(CARVE_FUZZ_OBJECT) | BIT(CARVE_FUZZ_KM),
			   free_inside);
}

enum carve_fuzz_outcome carve_fuzz_destroy_used(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item;

	item = carve_fuzz_take(s, BIT(CARVE_FUZZ_OBJECT));
	if (!item)
		return CARVE_FUZZ_SKIPPED;
	s->size = item->size;
	if (carve_cache_destroy(item->cache->cache) != -EBUSY)
		carve_fuzz_find(s->fuzz, s, "a cache with objects was destroyed");
	carve_fuzz_look(s, item);
	carve_fuzz_leave(item);
	return CARVE_FUZZ_REFUSED;
}
