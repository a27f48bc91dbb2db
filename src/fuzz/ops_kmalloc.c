// SPDX-License-Identifier: GPL-2.0
/*
 * Operations of the kmalloc family, and kvmalloc. Locking: the busy bit of the
 * item, as for all steps.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <carveout.h>

#include "fuzz/ops_internal.h"
#include "fuzz/step.h"

#define MOST_BULK 12
/* Limit of sizes in interrupts, to bound the time */
#define MOST_ATOMIC_BYTES SZ_32K

static size_t draw_size(struct carve_fuzz_step *s)
{
	s->size = carve_fuzz_size(s, carve_fuzz_may_sleep(s) ?
				     s->fuzz->max_bytes : MOST_ATOMIC_BYTES);
	return s->size;
}

/* kmalloc() aligns powers of two to their size, up to a page */
static size_t promised_align(size_t size)
{
	return is_power_of_2(size) && size >= sizeof(u64) ?
	       min_t(size_t, size, PAGE_SIZE) : sizeof(u64);
}

static void enter_kmalloc(struct carve_fuzz_step *s, struct carve_fuzz_item *item,
			  enum carve_fuzz_kind kind, void *addr, size_t size, gfp_t gfp)
{
	item->kind = kind;
	item->addr = addr;
	item->size = size;
	item->zeroed = gfp & __GFP_ZERO;
	carve_fuzz_born(s, item, promised_align(size), want_init_on_alloc(gfp));
	carve_fuzz_leave(item);
}

static enum carve_fuzz_outcome kmalloc_failed(struct carve_fuzz_item *item)
{
	carve_fuzz_leave(item);
	return CARVE_FUZZ_FAILED;
}

/* Allocate by a random one of several equivalent functions */
static void *kmalloc_item(struct carve_fuzz_step *s, size_t size, gfp_t gfp)
{
	struct carveout *co = s->fuzz->co;
	bool zero = gfp & __GFP_ZERO;

	switch (carve_fuzz_any(s, 4)) {
	case 0:
		return zero ? carve_kzalloc(co, size, gfp & ~__GFP_ZERO) :
			      carve_kmalloc(co, size, gfp);
	case 1:
		return zero ? carve_kcalloc(co, 1, size, gfp & ~__GFP_ZERO) :
			      carve_kmalloc_array(co, size, 1, gfp);
	case 2:
		return carve_krealloc(co, NULL, size, gfp);
	default:
		return carve_kmalloc(co, size, gfp);
	}
}

enum carve_fuzz_outcome carve_fuzz_kmalloc(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item = carve_fuzz_place(s);
	size_t size = draw_size(s);
	gfp_t gfp = carve_fuzz_gfp(s);
	void *p;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	p = kmalloc_item(s, size, gfp);
	if (!p)
		return kmalloc_failed(item);
	enter_kmalloc(s, item, CARVE_FUZZ_KM, p, size, gfp);
	return CARVE_FUZZ_DONE;
}

/* Copy @from, which the caller has locked, to @item */
static enum carve_fuzz_outcome dup_item(struct carve_fuzz_step *s,
					const struct carve_fuzz_item *from,
					struct carve_fuzz_item *item)
{
	gfp_t gfp = carve_fuzz_plain_gfp(s) & ~__GFP_ZERO;
	void *p;

	s->size = from->size;
	p = carve_kmemdup(s->fuzz->co, from->addr, from->size, gfp);
	if (!p)
		return kmalloc_failed(item);
	if (memcmp(p, from->addr, from->size))
		carve_fuzz_find(s->fuzz, s, "a copy of %zu bytes differs",
				from->size);
	/* Not zeroed, even with init_on_alloc=1 */
	item->kind = CARVE_FUZZ_KM;
	item->addr = p;
	item->size = from->size;
	item->zeroed = false;
	carve_fuzz_born(s, item, promised_align(from->size), false);
	carve_fuzz_leave(item);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_kmemdup(struct carve_fuzz_step *s)
{
	enum carve_fuzz_outcome outcome = CARVE_FUZZ_SKIPPED;
	struct carve_fuzz_item *from, *item;

	from = carve_fuzz_take(s, BIT(CARVE_FUZZ_KM));
	if (!from)
		return outcome;
	item = carve_fuzz_take(s, BIT(CARVE_FUZZ_NOTHING));
	if (item)
		outcome = dup_item(s, from, item);
	carve_fuzz_leave(from);
	return outcome;
}

/* As for krealloc(), __GFP_ZERO must be passed at each resize or never */
static gfp_t regrow_gfp(struct carve_fuzz_step *s,
			const struct carve_fuzz_item *item)
{
	gfp_t gfp = carve_fuzz_plain_gfp(s) & ~__GFP_ZERO;

	return item->zeroed ? gfp | __GFP_ZERO : gfp;
}

typedef void *(*resize_fn)(struct carveout *co, const void *p, size_t size,
			   gfp_t gfp);

/* Resize an item by @fn, which may move it */
static enum carve_fuzz_outcome resize_item(struct carve_fuzz_step *s,
					   struct carve_fuzz_item *item, gfp_t gfp,
					   resize_fn fn)
{
	size_t size = draw_size(s);
	void *p;

	/* Once it has moved, another thread can allocate the old memory */
	carve_fuzz_unclaim(s->fuzz, item);
	p = fn(s->fuzz->co, item->addr, size, gfp);
	if (p)
		carve_fuzz_resized(s, item, p, size, item->zeroed);
	else
		carve_fuzz_claim(s, item);
	carve_fuzz_leave(item);
	return p ? CARVE_FUZZ_DONE : CARVE_FUZZ_FAILED;
}

enum carve_fuzz_outcome carve_fuzz_krealloc(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item;

	item = carve_fuzz_take(s, BIT(CARVE_FUZZ_KM));
	if (!item)
		return CARVE_FUZZ_SKIPPED;
	return resize_item(s, item, regrow_gfp(s, item), carve_krealloc);
}

enum carve_fuzz_outcome carve_fuzz_kvrealloc(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item;

	item = carve_fuzz_take(s, BIT(CARVE_FUZZ_KM) | BIT(CARVE_FUZZ_KVM));
	if (!item)
		return CARVE_FUZZ_SKIPPED;
	item->kind = CARVE_FUZZ_KVM;
	return resize_item(s, item, GFP_KERNEL | __GFP_NOWARN |
			   (item->zeroed ? __GFP_ZERO : 0), carve_kvrealloc);
}

/* The caller of carve_ksize() may use all bytes */
enum carve_fuzz_outcome carve_fuzz_ksize(struct carve_fuzz_step *s)
{
	struct carve_fuzz_item *item;
	size_t size;

	item = carve_fuzz_take(s, BIT(CARVE_FUZZ_KM));
	if (!item)
		return CARVE_FUZZ_SKIPPED;
	size = carve_ksize(s->fuzz->co, item->addr);
	if (size < item->size) {
		carve_fuzz_find(s->fuzz, s, "ksize of %zu bytes is only %zu",
				item->size, size);
	} else {
		carve_fuzz_unclaim(s->fuzz, item);
		carve_fuzz_resized(s, item, item->addr, size, false);
	}
	carve_fuzz_leave(item);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_kfree_bulk(struct carve_fuzz_step *s)
{
	unsigned int nr = 1 + carve_fuzz_any(s, MOST_BULK), i;
	void *p[MOST_BULK] = { };

	for (i = 0; i < nr; i++) {
		struct carve_fuzz_item *item;

		item = carve_fuzz_take(s, BIT(CARVE_FUZZ_KM));
		if (!item)
			break;
		p[i] = item->addr;
		carve_fuzz_dies(s, item);
		carve_fuzz_leave(item);
	}
	carve_kfree_bulk(s->fuzz->co, nr, p);
	return CARVE_FUZZ_DONE;
}

enum carve_fuzz_outcome carve_fuzz_kvmalloc(struct carve_fuzz_step *s)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN |
		    (carve_fuzz_one_in(s, 3) ? __GFP_ZERO : 0);
	struct carve_fuzz_item *item = carve_fuzz_place(s);
	size_t size = draw_size(s);
	void *p;

	if (!item)
		return CARVE_FUZZ_SKIPPED;
	p = carve_kvmalloc(s->fuzz->co, size, gfp);
	if (!p)
		return kmalloc_failed(item);
	enter_kmalloc(s, item, CARVE_FUZZ_KVM, p, size, gfp);
	return CARVE_FUZZ_DONE;
}
