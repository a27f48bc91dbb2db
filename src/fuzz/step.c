// SPDX-License-Identifier: GPL-2.0
/*
 * What the operations have in common: random flags and sizes, locking and
 * freeing of items, and the count of misuses.
 *
 * Locking: a step locks an item by its busy bit, and skips items that are
 * locked: steps never wait for each other.
 */
#include <linux/bitops.h>
#include <linux/gfp.h>
#include <linux/instruction_pointer.h>
#include <linux/kernel.h>

#include <carveout.h>

#include "core/native.h"
#include "fuzz/ops_internal.h"
#include "fuzz/step.h"
#include "page/misuse.h"

/* Number of items that carve_fuzz_take() tries */
#define TRIES 64

/* Random choices */

gfp_t carve_fuzz_plain_gfp(struct carve_fuzz_step *s)
{
	static const gfp_t atomic[] = { GFP_ATOMIC, GFP_NOWAIT };
	static const gfp_t sleeping[] = {
		GFP_KERNEL, GFP_KERNEL, GFP_KERNEL | __GFP_NORETRY,
		GFP_KERNEL | __GFP_RETRY_MAYFAIL, GFP_NOIO, GFP_ATOMIC,
	};
	gfp_t gfp = carve_fuzz_may_sleep(s) ?
		    sleeping[carve_fuzz_any(s, ARRAY_SIZE(sleeping))] :
		    atomic[carve_fuzz_any(s, ARRAY_SIZE(atomic))];

	if (carve_fuzz_one_in(s, 4))
		gfp |= __GFP_ZERO;
	if (carve_fuzz_one_in(s, 6))
		gfp |= __GFP_RECLAIMABLE;
	return gfp | __GFP_NOWARN;
}

gfp_t carve_fuzz_gfp(struct carve_fuzz_step *s)
{
	static const gfp_t zones[] = {
		0, 0, 0, 0, __GFP_HIGHMEM, __GFP_DMA32, __GFP_DMA,
	};

	return carve_fuzz_plain_gfp(s) |
	       zones[carve_fuzz_any(s, ARRAY_SIZE(zones))];
}

size_t carve_fuzz_size(struct carve_fuzz_step *s, size_t most)
{
	static const size_t scale[] = {
		64, 64, 256, 256, 1024, 4096, 10000, 1 << 16, SIZE_MAX,
	};
	size_t below = min(scale[carve_fuzz_any(s, ARRAY_SIZE(scale))], most);

	/* Often a power of two, since kmalloc() aligns these */
	if (carve_fuzz_one_in(s, 3))
		return 1UL << carve_fuzz_any(s, ilog2(below) + 1);
	return 1 + carve_fuzz_any(s, below);
}

/* Items */

/*
 * Areas are freed by tasks that can sleep and by interrupts, but not by tasks
 * with interrupts disabled. The locks of the DMA API may sleep on PREEMPT_RT.
 */
static bool may_free_kind(const struct carve_fuzz_step *s, unsigned int kind)
{
	switch (kind) {
	case CARVE_FUZZ_AREA:
	case CARVE_FUZZ_KVM:
		return s->context != CARVE_FUZZ_IRQSOFF;
	case CARVE_FUZZ_COHERENT:
		return !IS_ENABLED(CONFIG_PREEMPT_RT) || carve_fuzz_may_sleep(s);
	default:
		return true;
	}
}

static bool trylock_item(struct carve_fuzz_item *item)
{
	return !test_and_set_bit_lock(0, &item->busy);
}

void carve_fuzz_leave(struct carve_fuzz_item *item)
{
	clear_bit_unlock(0, &item->busy);
}

static struct carve_fuzz_item *nth_item(struct carve_fuzz *fuzz, u32 first,
					u32 n)
{
	return &fuzz->item[(first + n) % fuzz->nr_items];
}

struct carve_fuzz_item *carve_fuzz_take(struct carve_fuzz_step *s,
					unsigned int kinds)
{
	u32 first = carve_fuzz_any(s, s->fuzz->nr_items), i;

	for (i = 0; i < TRIES; i++) {
		struct carve_fuzz_item *item = nth_item(s->fuzz, first, i);

		if (!trylock_item(item))
			continue;
		if (kinds & BIT(item->kind) && may_free_kind(s, item->kind))
			return item;
		carve_fuzz_leave(item);
	}
	return NULL;
}

struct carve_fuzz_item *carve_fuzz_place(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item;

	item = carve_fuzz_take(s, BIT(CARVE_FUZZ_NOTHING));
	if (item)
		return item;
	item = carve_fuzz_take(s, CARVE_FUZZ_ANYTHING);
	if (!item)
		return NULL;
	carve_fuzz_free(s, item);
	if (!trylock_item(item))
		return NULL;
	/* Another step may have used the item meanwhile */
	if (item->kind == CARVE_FUZZ_NOTHING)
		return item;
	carve_fuzz_leave(item);
	return NULL;
}

/* Freeing */

static void free_block_item(struct carve_fuzz_step *s,
			    const struct carve_fuzz_item *item)
{
	struct carveout *co = s->fuzz->co;

	if (carve_fuzz_one_in(s, 4))
		carve_free_pages_cold(co, item->page, item->order);
	else if (item->addr && carve_fuzz_one_in(s, 2))
		carve_free_pages_addr(co, (unsigned long)item->addr,
				      item->order);
	else
		carve_free_pages(co, item->page, item->order);
}

static void free_split_item(struct carve_fuzz_step *s,
			    const struct carve_fuzz_item *item)
{
	unsigned int i;

	for (i = 0; i < BIT(item->order); i++)
		carve_free_page(s->fuzz->co, item->page + i);
}

static void free_kmalloc_item(struct carve_fuzz_step *s,
			      const struct carve_fuzz_item *item)
{
	if (carve_fuzz_one_in(s, 8))
		carve_kfree_sensitive(s->fuzz->co, item->addr);
	else
		carve_kfree(s->fuzz->co, item->addr);
}

static void free_object_item(struct carve_fuzz_step *s,
			     const struct carve_fuzz_item *item)
{
	if (item->cache->constructed)
		carve_fuzz_construct(item->addr);
	carve_cache_free(item->cache->cache, item->addr);
	carve_fuzz_cache_put(item->cache);
}

void carve_fuzz_free_coherent(struct carve_fuzz_step *s,
			      const struct carve_fuzz_item *item)
{
	carve_dma_free(&s->fuzz->co->dma, s->fuzz->dev, item->size, item->addr,
		       item->handle, _THIS_IP_);
}

void carve_fuzz_put_frame(struct carve_fuzz_step *s,
			  const struct carve_fuzz_item *item)
{
	carve_native_pages_put(s->fuzz->co, item->page,
			       carve_fuzz_item_frame(s, item));
}

void carve_fuzz_free_frames(struct carve_fuzz_step *s,
			    const struct carve_fuzz_item *item)
{
	unsigned int i;

	for (i = 0; i <= item->refs; i++)
		carve_fuzz_put_frame(s, item);
}

void carve_fuzz_free(struct carve_fuzz_step *s, struct carve_fuzz_item *item)
{
	struct carve_fuzz_item was = *item;

	carve_fuzz_dies(s, item);
	switch (was.kind) {
	case CARVE_FUZZ_BLOCK:
		free_block_item(s, &was);
		break;
	case CARVE_FUZZ_SINGLES:
		free_split_item(s, &was);
		break;
	case CARVE_FUZZ_EXACT:
		carve_free_pages_exact(s->fuzz->co, was.addr, was.size);
		break;
	case CARVE_FUZZ_OBJECT:
		free_object_item(s, &was);
		break;
	case CARVE_FUZZ_KM:
		free_kmalloc_item(s, &was);
		break;
	case CARVE_FUZZ_KVM:
		carve_kvfree(s->fuzz->co, was.addr);
		break;
	case CARVE_FUZZ_AREA:
		carve_vfree(s->fuzz->co, was.addr);
		break;
	case CARVE_FUZZ_COHERENT:
		carve_fuzz_free_coherent(s, &was);
		break;
	case CARVE_FUZZ_FRAME:
		carve_fuzz_free_frames(s, &was);
		break;
	}
	carve_fuzz_leave(item);
}

void carve_fuzz_free_all(struct carve_fuzz_step *s)
{
	struct carve_fuzz *fuzz = s->fuzz;
	unsigned int i;

	for (i = 0; i < fuzz->nr_items; i++)
		if (fuzz->item[i].kind != CARVE_FUZZ_NOTHING)
			carve_fuzz_free(s, &fuzz->item[i]);
	for (i = 0; i < CARVE_FUZZ_NR_CACHES; i++) {
		struct carve_fuzz_cache *c = &fuzz->cache[i];

		if (!c->cache)
			continue;
		if (carve_cache_destroy(c->cache))
			carve_fuzz_find(fuzz, s, "a cache without objects is not destroyed");
		c->cache = NULL;
	}
}

enum carve_fuzz_outcome carve_fuzz_free_any(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item;

	item = carve_fuzz_take(s, CARVE_FUZZ_ANYTHING);
	if (!item)
		return CARVE_FUZZ_SKIPPED;
	carve_fuzz_free(s, item);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_look_any(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item;

	item = carve_fuzz_take(s, CARVE_FUZZ_ANYTHING);
	if (!item)
		return CARVE_FUZZ_SKIPPED;
	s->size = item->size;
	carve_fuzz_look(s, item);
	carve_fuzz_leave(item);
	return CARVE_FUZZ_DONE;
}

/* Misuse that must be refused */

void carve_fuzz_expect_bad(struct carve_fuzz_step *s, long before,
			   unsigned int nr)
{
	long found = carve_nr_misuses(&s->fuzz->co->pages) - before;

	atomic_long_add(nr, &s->fuzz->nr_bad);
	/* Other threads may have misused something meanwhile */
	if (s->fuzz->serial ? found != nr : found < (long)nr)
		carve_fuzz_find(s->fuzz, s,
				"%ld misuses were counted, expected %u", found, nr);
}
