// SPDX-License-Identifier: GPL-2.0
/*
 * Steps
 *
 * The random numbers of a step come from the seed, from who makes it, and from
 * its number alone, so that step N is the same one in a run that ends there and
 * in one that goes on. What it is done to depends on what there is, which in a
 * run of one step after the other is what the steps before it have made.
 *
 * There is weather: for some hundred steps more items are made than go, then
 * more go, so that memory is now full and now empty.
 */
#include <linux/bitops.h>
#include <linux/gfp.h>
#include <linux/kernel.h>

#include <carveout.h>

#include "fuzz/step.h"

/* Items that are tried until one is found that will do */
#define TRIES 64
/* Steps of the same weather */
#define WEATHER_STEPS 300
/* In growing weather so many times fewer go, in the other so many fewer come */
#define WEATHER_FACTOR 4

/* The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) */
u64 carve_fuzz_mix(u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

u64 carve_fuzz_random(struct carve_fuzz_step *s)
{
	s->random += 0x9e3779b97f4a7c15ULL;
	return carve_fuzz_mix(s->random);
}

u32 carve_fuzz_any(struct carve_fuzz_step *s, u32 below)
{
	return reciprocal_scale(carve_fuzz_random(s) >> 32, below);
}

static u64 fold(u64 digest, u64 value)
{
	return carve_fuzz_mix(digest * 31 + value);
}

/* Drawing */

static bool is_growing(const struct carve_fuzz_step *s)
{
	return carve_fuzz_mix(s->fuzz->options->seed +
			      s->number / WEATHER_STEPS) & 1;
}

static unsigned int weight(const struct carve_fuzz_step *s,
			   const struct carve_fuzz_op *op, bool growing)
{
	const struct carve_fuzz *fuzz = s->fuzz;

	if (op->layer < CARVE_FUZZ_NR_LAYERS &&
	    !(fuzz->options->layers & BIT(op->layer)))
		return 0;
	/* What is tuned may be what must stay as it is */
	if (fuzz->still && op->layer == CARVE_FUZZ_TUNE)
		return 0;
	if (!(op->contexts & BIT(s->context)) || (op->serial && !fuzz->serial))
		return 0;
	if (op->effect == (growing ? CARVE_FUZZ_TAKES : CARVE_FUZZ_MAKES))
		return DIV_ROUND_UP(op->weight, WEATHER_FACTOR);
	return op->weight;
}

static const struct carve_fuzz_op *draw_op(struct carve_fuzz_step *s)
{
	bool growing = is_growing(s);
	unsigned int i, sum = 0, x;

	for (i = 0; i < CARVE_FUZZ_NR_OPS; i++)
		sum += weight(s, &carve_fuzz_ops[i], growing);
	x = carve_fuzz_any(s, sum);
	for (i = 0; x >= weight(s, &carve_fuzz_ops[i], growing); i++)
		x -= weight(s, &carve_fuzz_ops[i], growing);
	return &carve_fuzz_ops[i];
}

static enum carve_fuzz_context draw_context(struct carve_fuzz_step *s,
					    unsigned int contexts)
{
	unsigned int n = carve_fuzz_any(s, hweight32(contexts));

	while (n--)
		contexts &= contexts - 1;
	return __ffs(contexts);
}

void carve_fuzz_draw(struct carve_fuzz_step *s, struct carve_fuzz_actor *actor,
		     unsigned int contexts)
{
	*s = (struct carve_fuzz_step){
		.fuzz = actor->fuzz, .actor = actor, .number = actor->next++,
	};
	s->random = carve_fuzz_mix(s->fuzz->options->seed) ^
		    carve_fuzz_mix(actor->stream << 48 ^ s->number);
	s->context = draw_context(s, contexts);
	s->op = draw_op(s);
	actor->sequence = fold(actor->sequence,
			       s->op - carve_fuzz_ops + 256 * s->context);
}

void carve_fuzz_make(struct carve_fuzz_step *s)
{
	struct carve_fuzz_actor *actor = s->actor;
	unsigned int op = s->op - carve_fuzz_ops;
	enum carve_fuzz_outcome outcome;

	if (s->fuzz->options->interfere)
		s->fuzz->options->interfere(s);
	outcome = s->op->run(s);
	actor->count[op][outcome]++;
	actor->results = fold(actor->results, s->size << 2 | outcome);
	actor->record[s->number % CARVE_FUZZ_HISTORY] =
		(struct carve_fuzz_record){
			.number = s->number, .op = op, .context = s->context,
			.outcome = outcome, .size = s->size,
		};
}

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

	/* Powers of two are promised more than others */
	if (carve_fuzz_one_in(s, 3))
		return 1UL << carve_fuzz_any(s, ilog2(below) + 1);
	return 1 + carve_fuzz_any(s, below);
}

/* Items */

/* Areas are freed by tasks that can sleep, and by interrupts, but not between */
static bool may_free(const struct carve_fuzz_step *s, unsigned int kind)
{
	return s->context != CARVE_FUZZ_IRQSOFF ||
	       (kind != CARVE_FUZZ_AREA && kind != CARVE_FUZZ_KVM);
}

static bool try_item(struct carve_fuzz_item *item)
{
	return !test_and_set_bit_lock(0, &item->busy);
}

void carve_fuzz_leave(struct carve_fuzz_item *item)
{
	clear_bit_unlock(0, &item->busy);
}

static struct carve_fuzz_item *nth_from(struct carve_fuzz *fuzz, u32 first,
					u32 n)
{
	return &fuzz->item[(first + n) % fuzz->nr_items];
}

struct carve_fuzz_item *carve_fuzz_take(struct carve_fuzz_step *s,
					unsigned int kinds)
{
	u32 first = carve_fuzz_any(s, s->fuzz->nr_items), i;

	for (i = 0; i < TRIES; i++) {
		struct carve_fuzz_item *item = nth_from(s->fuzz, first, i);

		if (!try_item(item))
			continue;
		if (kinds & BIT(item->kind) && may_free(s, item->kind))
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
	if (!try_item(item))
		return NULL;
	/* Somebody may have been quicker, and left something there */
	if (item->kind == CARVE_FUZZ_NOTHING)
		return item;
	carve_fuzz_leave(item);
	return NULL;
}

/* Freeing */

static void free_block(struct carve_fuzz_step *s,
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

static void free_singles(struct carve_fuzz_step *s,
			 const struct carve_fuzz_item *item)
{
	unsigned int i;

	for (i = 0; i < BIT(item->order); i++)
		carve_free_page(s->fuzz->co, item->page + i);
}

static void free_bytes(struct carve_fuzz_step *s,
		       const struct carve_fuzz_item *item)
{
	if (carve_fuzz_one_in(s, 8))
		carve_kfree_sensitive(s->fuzz->co, item->addr);
	else
		carve_kfree(s->fuzz->co, item->addr);
}

static void free_object(struct carve_fuzz_step *s,
			const struct carve_fuzz_item *item)
{
	if (item->cache->constructed)
		carve_fuzz_construct(item->addr);
	carve_cache_free(item->cache->cache, item->addr);
	carve_fuzz_cache_put(item->cache);
}

void carve_fuzz_free(struct carve_fuzz_step *s, struct carve_fuzz_item *item)
{
	struct carve_fuzz_item was = *item;

	carve_fuzz_dies(s, item);
	switch (was.kind) {
	case CARVE_FUZZ_BLOCK:
		free_block(s, &was);
		break;
	case CARVE_FUZZ_SINGLES:
		free_singles(s, &was);
		break;
	case CARVE_FUZZ_EXACT:
		carve_free_pages_exact(s->fuzz->co, was.addr, was.size);
		break;
	case CARVE_FUZZ_OBJECT:
		free_object(s, &was);
		break;
	case CARVE_FUZZ_KM:
		free_bytes(s, &was);
		break;
	case CARVE_FUZZ_KVM:
		carve_kvfree(s->fuzz->co, was.addr);
		break;
	case CARVE_FUZZ_AREA:
		carve_vfree(s->fuzz->co, was.addr);
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

/* Frees that must be refused */

long carve_fuzz_bad_frees(const struct carve_fuzz *fuzz)
{
	return atomic_long_read(&fuzz->co->pages.nr_bad_frees);
}

void carve_fuzz_expect_bad(struct carve_fuzz_step *s, long before,
			   unsigned int nr)
{
	long found = carve_fuzz_bad_frees(s->fuzz) - before;

	atomic_long_add(nr, &s->fuzz->nr_bad);
	/* Others may have been refused something meanwhile */
	if (s->fuzz->serial ? found != nr : found < (long)nr)
		carve_fuzz_find(s->fuzz, s,
				"%ld frees were refused, and not %u", found, nr);
}
