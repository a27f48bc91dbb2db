// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on caches and their objects. Locking: the busy bit of the item, as
 * for all steps; a reference in @users keeps a cache from being destroyed.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>

#include <carveout.h>

#include "fuzz/ops_internal.h"
#include "fuzz/settings.h"
#include "fuzz/step.h"
#include "slab/deferred_free.h"

#define MOST_BULK 24

static struct carve_fuzz_cache *draw_cache_slot(struct carve_fuzz_step *s)
{
	return &s->fuzz->cache[carve_fuzz_any(s, CARVE_FUZZ_NR_CACHES)];
}

/* A reference to a random existing cache, or NULL */
static struct carve_fuzz_cache *draw_fuzz_cache(struct carve_fuzz_step *s)
{
	u32 first = carve_fuzz_any(s, CARVE_FUZZ_NR_CACHES), i;

	for (i = 0; i < CARVE_FUZZ_NR_CACHES; i++) {
		struct carve_fuzz_cache *c;

		c = &s->fuzz->cache[(first + i) % CARVE_FUZZ_NR_CACHES];
		if (carve_fuzz_cache_get(c))
			return c;
	}
	return NULL;
}

static slab_flags_t draw_cache_flags(struct carve_fuzz_step *s)
{
	slab_flags_t flags = 0;

	if (carve_fuzz_one_in(s, 3))
		flags |= SLAB_HWCACHE_ALIGN;
	if (carve_fuzz_one_in(s, 4))
		flags |= SLAB_TYPESAFE_BY_RCU;
	if (carve_fuzz_one_in(s, 8) &&
	    carve_pages_serve(&s->fuzz->co->pages, GFP_DMA32))
		flags |= SLAB_CACHE_DMA32;
	return flags;
}

static void draw_cache_geometry(struct carve_fuzz_step *s, struct carve_fuzz_cache *c)
{
	c->size = carve_fuzz_size(s, CARVE_CACHE_MAX_SIZE);
	c->align = carve_fuzz_one_in(s, 2) ? 0 : 1U << carve_fuzz_any(s, 9);
	c->flags = draw_cache_flags(s);
	c->constructed = c->size >= sizeof(u64) && carve_fuzz_one_in(s, 3);
	s->size = c->size;
}

static struct carve_cache *create_fuzz_cache(struct carve_fuzz_step *s,
					     const struct carve_fuzz_cache *c)
{
	const struct carve_cache_options options = {
		.align = c->align,
		.ctor = c->constructed ? carve_fuzz_construct : NULL,
		.dtor = c->constructed ? carve_fuzz_destruct : NULL,
	};
	char name[CARVE_CACHE_NAME_LEN];

	snprintf(name, sizeof(name), "fuzz-%td", c - s->fuzz->cache);
	return carve_cache_create_with(s->fuzz->co, name, c->size, c->flags,
				       &options);
}

enum carve_fuzz_outcome carve_fuzz_cache_create(struct carve_fuzz_step *s)
{
	struct carve_fuzz_cache *c = draw_cache_slot(s);
	struct carve_cache *cache;

	/*
	 * Lock the slot if there is no cache, and no other step has locked it
	 */
	if (atomic_cmpxchg(&c->users, CARVE_FUZZ_NO_CACHE,
			   CARVE_FUZZ_NO_CACHE + 1) != CARVE_FUZZ_NO_CACHE)
		return CARVE_FUZZ_SKIPPED;
	draw_cache_geometry(s, c);
	cache = create_fuzz_cache(s, c);
	if (IS_ERR(cache)) {
		if (PTR_ERR(cache) != -ENOMEM)
			carve_fuzz_find(s->fuzz, s,
					"no cache of %u bytes, alignment %u: error %ld",
					c->size, c->align, PTR_ERR(cache));
		atomic_set(&c->users, CARVE_FUZZ_NO_CACHE);
		return CARVE_FUZZ_FAILED;
	}
	carve_fuzz_settle_cache(s->fuzz, cache);
	c->cache = cache;
	atomic_set(&c->users, 0);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_cache_destroy(struct carve_fuzz_step *s)
{
	struct carve_fuzz_cache *c = draw_cache_slot(s);
	int ret;

	if (atomic_cmpxchg(&c->users, 0, CARVE_FUZZ_NO_CACHE + 1))
		return CARVE_FUZZ_SKIPPED;
	s->size = c->size;
	ret = carve_cache_destroy(c->cache);
	if (ret) {
		carve_fuzz_find(s->fuzz, s,
				"a cache without objects is not destroyed");
		return CARVE_FUZZ_REFUSED;
	}
	c->cache = NULL;
	atomic_set(&c->users, CARVE_FUZZ_NO_CACHE);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_cache_shrink(struct carve_fuzz_step *s)
{
	struct carve_fuzz_cache *c = draw_fuzz_cache(s);

	if (!c)
		return CARVE_FUZZ_SKIPPED;
	carve_cache_shrink(c->cache);
	carve_fuzz_cache_put(c);
	return CARVE_FUZZ_DONE;
}

static bool object_is_zeroed(const struct carve_fuzz_cache *c, gfp_t gfp)
{
	if (c->constructed)
		return false;
	return gfp & __GFP_ZERO || (!(c->flags & SLAB_TYPESAFE_BY_RCU) &&
				    want_init_on_alloc(gfp));
}

/*
 * Add an object to the model; the caller has taken its reference to the cache
 */
static void enter_object(struct carve_fuzz_step *s,
			 struct carve_fuzz_item *item,
			 struct carve_fuzz_cache *c, void *object, gfp_t gfp)
{
	size_t align = max_t(size_t, c->align, sizeof(void *));

	item->kind = CARVE_FUZZ_OBJECT;
	item->cache = c;
	item->addr = object;
	item->size = c->size;
	if (c->constructed && *(u64 *)object != CARVE_FUZZ_MAGIC)
		carve_fuzz_find(s->fuzz, s,
				"an object of %u bytes is not constructed",
				c->size);
	carve_fuzz_born(s, item, align, object_is_zeroed(c, gfp));
	carve_fuzz_leave(item);
}

enum carve_fuzz_outcome carve_fuzz_object_alloc(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = carve_fuzz_place(s);
	gfp_t gfp = carve_fuzz_plain_gfp(s);
	struct carve_fuzz_cache *c;
	void *object;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	c = draw_fuzz_cache(s);
	if (!c) {
		carve_fuzz_leave(item);
		return CARVE_FUZZ_SKIPPED;
	}
	s->size = c->size;
	object = carve_cache_alloc(c->cache, gfp);
	if (!object) {
		carve_fuzz_cache_put(c);
		carve_fuzz_leave(item);
		return CARVE_FUZZ_FAILED;
	}
	enter_object(s, item, c, object, gfp);
	return CARVE_FUZZ_DONE;
}

/* Objects for which there is no unused item are freed in bulk */
static void enter_objects(struct carve_fuzz_step *s, struct carve_fuzz_cache *c,
			  unsigned int nr, void **object, gfp_t gfp)
{
	struct carve_fuzz_item *item;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		item = carve_fuzz_take(s, BIT(CARVE_FUZZ_NOTHING));
		if (!item)
			break;
		carve_fuzz_cache_get(c);
		enter_object(s, item, c, object[i], gfp);
	}
	carve_cache_free_bulk(c->cache, nr - i, object + i);
}

enum carve_fuzz_outcome carve_fuzz_objects_alloc(struct carve_fuzz_step *s)
{
	unsigned int nr = 1 + carve_fuzz_any(s, MOST_BULK);
	struct carve_fuzz_cache *c = draw_fuzz_cache(s);
	gfp_t gfp = carve_fuzz_plain_gfp(s);
	void *object[MOST_BULK];
	size_t got;

	if (!c)
		return CARVE_FUZZ_SKIPPED;
	s->size = nr * c->size;
	got = carve_cache_alloc_bulk(c->cache, gfp, nr, object);
	if (got && got != nr)
		carve_fuzz_find(s->fuzz, s, "bulk allocation returned %zu objects of %u",
				got, nr);
	if (got)
		enter_objects(s, c, nr, object, gfp);
	carve_fuzz_cache_put(c);
	return got ? CARVE_FUZZ_DONE : CARVE_FUZZ_FAILED;
}

/* Remove an object of @c from the model, for a bulk free; others are freed */
static void *take_cache_object(struct carve_fuzz_step *s, struct carve_fuzz_cache *c)
{
	struct carve_fuzz_item *item;
	void *object;

	item = carve_fuzz_take(s, BIT(CARVE_FUZZ_OBJECT));
	if (!item)
		return NULL;
	if (item->cache != c) {
		carve_fuzz_free(s, item);
		return NULL;
	}
	object = item->addr;
	carve_fuzz_dies(s, item);
	carve_fuzz_leave(item);
	if (c->constructed)
		carve_fuzz_construct(object);
	return object;
}

enum carve_fuzz_outcome carve_fuzz_objects_free(struct carve_fuzz_step *s)
{
	unsigned int nr = 1 + carve_fuzz_any(s, MOST_BULK / 2), i, given = 0;
	struct carve_fuzz_cache *c = draw_fuzz_cache(s);
	void *object[MOST_BULK / 2];

	if (!c)
		return CARVE_FUZZ_SKIPPED;
	for (i = 0; i < nr; i++) {
		object[i] = take_cache_object(s, c);
		given += !!object[i];
	}
	carve_cache_free_bulk(c->cache, nr, object);
	atomic_sub(given + 1, &c->users);
	return CARVE_FUZZ_DONE;
}

/*
 * An object to be freed after a grace period must stay unchanged until then,
 * except its rcu_head, which is put at its end.
 */
static bool has_rcu_head(const struct carve_fuzz_item *item)
{
	return item->size >= 2 * sizeof(u64) + sizeof(struct rcu_head);
}

static struct rcu_head *item_rcu_head(const struct carve_fuzz_item *item)
{
	return item->addr + round_down(item->size - sizeof(struct rcu_head),
				       sizeof(void *));
}

static void free_after_rcu(struct carve_fuzz_step *s,
			   const struct carve_fuzz_item *was, struct rcu_head *head)
{
	if (was->kind == CARVE_FUZZ_OBJECT)
		carve_cache_free_rcu(was->cache->cache, was->addr, head);
	else
		carve_kfree_rcu(s->fuzz->co, was->addr, head);
}

static enum carve_fuzz_outcome free_item_rcu(struct carve_fuzz_step *s,
					     struct carve_fuzz_item *item)
{
	struct carve_fuzz_item was = *item;
	struct rcu_head *head = has_rcu_head(item) ? item_rcu_head(item) : NULL;

	if (!head && !carve_fuzz_may_sleep(s)) {
		carve_fuzz_leave(item);
		return CARVE_FUZZ_SKIPPED;
	}
	carve_fuzz_dies(s, item);
	carve_fuzz_leave(item);
	if (was.kind == CARVE_FUZZ_OBJECT && was.cache->constructed)
		carve_fuzz_construct(was.addr);
	if (!head) {
		free_after_rcu(s, &was, NULL);
	} else {
		u64 first = *(u64 *)was.addr;

		guard(rcu)();
		free_after_rcu(s, &was, head);
		if (READ_ONCE(*(u64 *)was.addr) != first)
			carve_fuzz_find(s->fuzz, s,
					"an item was freed before the end of the grace period");
	}
	if (was.kind == CARVE_FUZZ_OBJECT)
		carve_fuzz_cache_put(was.cache);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_object_free_rcu(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item;

	item = carve_fuzz_take(s, BIT(CARVE_FUZZ_OBJECT));
	return item ? free_item_rcu(s, item) : CARVE_FUZZ_SKIPPED;
}

enum carve_fuzz_outcome carve_fuzz_kfree_rcu(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item;

	item = carve_fuzz_take(s, BIT(CARVE_FUZZ_KM));
	return item ? free_item_rcu(s, item) : CARVE_FUZZ_SKIPPED;
}
