// SPDX-License-Identifier: GPL-2.0
/*
 * The model
 *
 * An item is something allocated. While it lives, each word of the carveout that
 * it lies in is claimed, so that two items that overlap are found when the
 * second is born; and it has a pattern of its own, so that whoever writes to it,
 * or gives the same page another address, is found when it is looked at: at
 * random, when it is resized, and when it dies.
 *
 * The pattern of up to a page is in all bytes; of more, in the first and last
 * bytes of each page, or a large item would take longer than all the rest.
 *
 * A busy item is one step's own, which passes it by if another has it: so no
 * step waits for another, in whatever contexts these are.
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <carveout.h>

#include "fuzz/step.h"
#include "vmap/mapping.h"

#define WORD sizeof(void *)
#define WORDS_PER_PAGE (PAGE_SIZE / WORD)
/* Of each page of a large item, on either end */
#define SAMPLE_BYTES 64

/* A place for an item for so many pages; no fewer, no more than */
#define PAGES_PER_ITEM 3
#define FEWEST_ITEMS 64U
#define MOST_ITEMS 8192U
/* Nobody asks for more than one part in so many of all memory */
#define LARGEST_SHARE 24

static unsigned int choose_max_order(const struct carveout *co)
{
	unsigned int order = carve_pages_max_order(&co->pages);
	unsigned long most = co->pages.nr_pages / LARGEST_SHARE;

	while (order && BIT(order) > most)
		order--;
	return order;
}

int carve_fuzz_world_init(struct carve_fuzz *fuzz)
{
	unsigned long nr_pages = fuzz->co->pages.nr_pages;
	unsigned int i;

	raw_spin_lock_init(&fuzz->lock);
	for (i = 0; i < CARVE_FUZZ_NR_CACHES; i++)
		atomic_set(&fuzz->cache[i].users, CARVE_FUZZ_NO_CACHE);
	fuzz->max_order = choose_max_order(fuzz->co);
	fuzz->max_bytes = PAGE_SIZE * (nr_pages / LARGEST_SHARE + 1);
	fuzz->first_bad = carve_fuzz_bad_frees(fuzz);
	fuzz->damage = carve_fuzz_damage(fuzz);
	fuzz->nr_items = clamp_t(unsigned long, nr_pages / PAGES_PER_ITEM,
				 FEWEST_ITEMS, MOST_ITEMS);
	fuzz->item = kvcalloc(fuzz->nr_items, sizeof(*fuzz->item), GFP_KERNEL);
	fuzz->claimed = kvcalloc(BITS_TO_LONGS(nr_pages * WORDS_PER_PAGE),
				 sizeof(long), GFP_KERNEL);
	return fuzz->item && fuzz->claimed ? 0 : -ENOMEM;
}

void carve_fuzz_world_exit(struct carve_fuzz *fuzz)
{
	kvfree(fuzz->item);
	kvfree(fuzz->claimed);
}

/* The last steps of an actor, the step at hand as the last */
static void remember(struct carve_fuzz_finding *f,
		     const struct carve_fuzz_step *s)
{
	const struct carve_fuzz_actor *actor = s->actor;
	u64 n = max_t(s64, 0, s->number + 1 - CARVE_FUZZ_HISTORY);

	f->cpu = actor->cpu;
	for (; n < s->number; n++)
		f->record[f->nr_records++] =
			actor->record[n % CARVE_FUZZ_HISTORY];
	f->record[f->nr_records++] = (struct carve_fuzz_record){
		.number = s->number,
		.op = s->op - carve_fuzz_ops,
		.context = s->context,
		.outcome = CARVE_FUZZ_NR_OUTCOMES,
		.size = s->size,
	};
}

void carve_fuzz_find(struct carve_fuzz *fuzz, const struct carve_fuzz_step *s,
		     const char *fmt, ...)
{
	struct carve_fuzz_finding *f = &fuzz->report->finding;
	va_list args;

	guard(raw_spinlock_irqsave)(&fuzz->lock);
	WRITE_ONCE(fuzz->stop, true);
	if (f->found)
		return;
	WRITE_ONCE(f->found, true);
	va_start(args, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, args);
	va_end(args);
	if (s)
		remember(f, s);
}

/* As users know them */
static const char * const kinds[CARVE_FUZZ_NR_KINDS] = {
	[CARVE_FUZZ_NOTHING] = "nothing",
	[CARVE_FUZZ_BLOCK] = "a block of pages",
	[CARVE_FUZZ_SINGLES] = "split pages",
	[CARVE_FUZZ_EXACT] = "exact pages",
	[CARVE_FUZZ_OBJECT] = "an object",
	[CARVE_FUZZ_KM] = "a kmalloc",
	[CARVE_FUZZ_KVM] = "a kvmalloc",
	[CARVE_FUZZ_AREA] = "an area",
};

/* What is wrong with an item */
#define find_item(s, item, fmt, ...) \
	carve_fuzz_find((s)->fuzz, s, "%s of %zu bytes, from step %llu: " fmt, \
			kinds[(item)->kind], (item)->size, (item)->born, \
			##__VA_ARGS__)

/* Pieces: as much of an item as lies in one page */

/**
 * struct piece - a piece of an item
 * @offset: of its first byte in the item
 * @len: its bytes
 * @page: the page that it lies in; NULL: none of the carveout's
 * @addr: where it is, NULL where the page has no address
 */
struct piece {
	size_t offset;
	size_t len;
	struct carve_page *page;
	void *addr;
};

static struct carve_page *page_of(struct carveout *co, const void *addr)
{
	return carve_pages_lookup(&co->pages, addr) ?:
	       carve_mapping_page(&co->vmap, addr);
}

/* The piece of an item of @size bytes that begins at @offset; false: none does */
static bool get_piece(struct carveout *co, const struct carve_fuzz_item *item,
		      size_t size, size_t offset, struct piece *p)
{
	void *addr = item->addr ? item->addr + offset : NULL;

	*p = (struct piece){ .offset = offset, .addr = addr };
	if (offset >= size)
		return false;
	p->len = min_t(size_t, size - offset,
		       PAGE_SIZE - offset_in_page(addr));
	p->page = addr ? page_of(co, addr) :
		  item->page + (offset >> PAGE_SHIFT);
	return true;
}

#define for_each_piece(p, co, item, size) \
	for (size_t next_ = 0; get_piece(co, item, size, next_, p); \
	     next_ += (p)->len)

/* Patterns */

/**
 * struct visit - a walk over the words of an item
 * @fn: what is done with each; false ends the walk
 * @limit: offset in the item where it ends at the latest, in bytes
 * @at: offset of the word that ended it
 * @bytes: of that word
 * @is: what it holds
 * @wanted: what it should have
 */
struct visit {
	bool (*fn)(u64 *word, u64 value, unsigned int bytes);
	size_t limit;
	size_t at;
	unsigned int bytes;
	u64 is;
	u64 wanted;
};

static bool write_word(u64 *word, u64 value, unsigned int bytes)
{
	memcpy(word, &value, bytes);
	return true;
}

static bool has_word(u64 *word, u64 value, unsigned int bytes)
{
	return !memcmp(word, &value, bytes);
}

/* The word at @from of an item, which lies at @addr */
static bool do_word(const struct carve_fuzz_item *item, void *addr, size_t from,
		    unsigned int bytes, struct visit *v)
{
	u64 value = carve_fuzz_mix(item->key + from);

	if (v->fn(addr, value, bytes))
		return true;
	v->at = from;
	v->bytes = bytes;
	memcpy(&v->is, addr, bytes);
	v->wanted = value;
	return false;
}

/* Bytes from @from to @to, but none behind the visit's limit */
static bool do_words(const struct carve_fuzz_item *item, void *addr,
		     size_t from, size_t to, struct visit *v)
{
	to = min(to, v->limit);
	for (; from < to; from += sizeof(u64), addr += sizeof(u64))
		if (!do_word(item, addr, from,
			     min_t(size_t, to - from, sizeof(u64)), v))
			return false;
	return true;
}

/* What there is of a piece's pattern; @addr: of the piece */
static bool do_piece(const struct carve_fuzz_item *item, const struct piece *p,
		     void *addr, struct visit *v)
{
	size_t end = p->offset + p->len, tail;

	if (item->size <= PAGE_SIZE || p->len <= 2 * SAMPLE_BYTES)
		return do_words(item, addr, p->offset, end, v);
	tail = round_down(end - SAMPLE_BYTES, sizeof(u64));
	return do_words(item, addr, p->offset, p->offset + SAMPLE_BYTES, v) &&
	       do_words(item, addr + (tail - p->offset), tail, end, v);
}

/* The same with an address found for it, if it has none */
static bool reach_piece(struct carveout *co, const struct carve_fuzz_item *item,
			const struct piece *p, struct visit *v)
{
	bool well;
	void *addr;

	if (p->addr)
		return do_piece(item, p, p->addr, v);
	addr = carve_kmap_local(co, p->page);
	/* In the midst of others they may all be taken */
	if (!addr)
		return true;
	well = do_piece(item, p, addr, v);
	carve_kunmap_local(co, addr);
	return well;
}

static void fill(struct carve_fuzz *fuzz, const struct carve_fuzz_item *item)
{
	struct visit v = { .fn = write_word, .limit = item->size };
	struct piece p;

	for_each_piece(&p, fuzz->co, item, item->size)
		reach_piece(fuzz->co, item, &p, &v);
}

static void find_changed(struct carve_fuzz_step *s,
			 const struct carve_fuzz_item *item,
			 const struct visit *v, const char *how)
{
	find_item(s, item, "bytes %zu to %zu are not %s: %*ph, and not %*ph",
		  v->at, v->at + v->bytes - 1, how, v->bytes, &v->is, v->bytes,
		  &v->wanted);
}

void carve_fuzz_look(struct carve_fuzz_step *s,
		     const struct carve_fuzz_item *item)
{
	struct visit v = { .fn = has_word, .limit = item->size };
	struct piece p;

	for_each_piece(&p, s->fuzz->co, item, item->size)
		if (!reach_piece(s->fuzz->co, item, &p, &v)) {
			find_changed(s, item, &v, "as they were left");
			return;
		}
}

void carve_fuzz_look_at(struct carve_fuzz_step *s,
			const struct carve_fuzz_item *item, void *addr,
			size_t limit)
{
	struct visit v = { .fn = has_word, .limit = limit };
	struct piece p;

	for_each_piece(&p, s->fuzz->co, item, item->size)
		if (!do_piece(item, &p, addr + p.offset, &v)) {
			find_changed(s, item, &v, "what they were elsewhere");
			return;
		}
}

/* Claims */

/* What is made of whole pages has them to their ends */
static bool has_whole_pages(const struct carve_fuzz_item *item)
{
	switch (item->kind) {
	case CARVE_FUZZ_BLOCK:
	case CARVE_FUZZ_SINGLES:
	case CARVE_FUZZ_EXACT:
	case CARVE_FUZZ_AREA:
		return true;
	default:
		return false;
	}
}

static size_t claimed_bytes(const struct carve_fuzz_item *item)
{
	return has_whole_pages(item) ? PAGE_ALIGN(item->size) : item->size;
}

static unsigned long first_word(const struct carveout *co, const struct piece *p)
{
	return (p->page - co->pages.map) * WORDS_PER_PAGE +
	       offset_in_page(p->addr) / WORD;
}

static unsigned long nr_words(const struct piece *p)
{
	return DIV_ROUND_UP(p->len, WORD);
}

static bool claim_piece(struct carve_fuzz *fuzz, const struct piece *p)
{
	unsigned long first = first_word(fuzz->co, p);
	unsigned long end = first + nr_words(p);

	guard(raw_spinlock_irqsave)(&fuzz->lock);
	if (find_next_bit(fuzz->claimed, end, first) < end)
		return false;
	bitmap_set(fuzz->claimed, first, end - first);
	return true;
}

void carve_fuzz_claim(struct carve_fuzz_step *s,
		      const struct carve_fuzz_item *item)
{
	struct carve_fuzz *fuzz = s->fuzz;
	struct piece p;

	for_each_piece(&p, fuzz->co, item, claimed_bytes(item)) {
		if (!p.page) {
			find_item(s, item, "byte %zu lies outside of the carveout",
				  p.offset);
			return;
		}
		if (!claim_piece(fuzz, &p)) {
			find_item(s, item, "it lies where something else does, in page %td",
				  p.page - fuzz->co->pages.map);
			return;
		}
	}
}

void carve_fuzz_unclaim(struct carve_fuzz *fuzz,
			const struct carve_fuzz_item *item)
{
	struct piece p;

	for_each_piece(&p, fuzz->co, item, claimed_bytes(item)) {
		if (!p.page)
			return;
		guard(raw_spinlock_irqsave)(&fuzz->lock);
		bitmap_clear(fuzz->claimed, first_word(fuzz->co, &p),
			     nr_words(&p));
	}
}

/* Births and deaths */

/* Blocks are aligned in physical memory, the rest where it has its address */
static void look_alignment(struct carve_fuzz_step *s,
			   const struct carve_fuzz_item *item, size_t align)
{
	u64 at = item->addr && item->kind != CARVE_FUZZ_BLOCK ?
		 (unsigned long)item->addr :
		 carve_page_to_phys(s->fuzz->co, item->page);

	if (at & (align - 1))
		find_item(s, item, "it is not aligned to %zu", align);
}

static bool is_zero(struct carveout *co, const struct piece *p)
{
	void *addr = p->addr ?: carve_kmap_local(co, p->page);
	bool zero = !addr || !memchr_inv(addr, 0, p->len);

	if (!p->addr && addr)
		carve_kunmap_local(co, addr);
	return zero;
}

/* From byte @from on */
static void look_zeroes(struct carve_fuzz_step *s,
			const struct carve_fuzz_item *item, size_t from)
{
	struct piece p;

	for_each_piece(&p, s->fuzz->co, item, item->size) {
		size_t skip = clamp(from, p.offset, p.offset + p.len) - p.offset;

		p.addr = p.addr ? p.addr + skip : NULL;
		p.len -= skip;
		if (!is_zero(s->fuzz->co, &p))
			find_item(s, item, "it is not zero from byte %zu on",
				  p.offset + skip);
		/* As the loop goes on by it */
		p.len += skip;
	}
}

static void count_birth(struct carve_fuzz *fuzz)
{
	unsigned int nr = atomic_inc_return(&fuzz->nr_live);

	/* Should two come at once, one more or less is nothing */
	if (data_race(nr > fuzz->most_live))
		WRITE_ONCE(fuzz->most_live, nr);
}

void carve_fuzz_born(struct carve_fuzz_step *s, struct carve_fuzz_item *item,
		     size_t align, bool zero)
{
	s->size = item->size;
	item->key = carve_fuzz_random(s);
	item->born = s->number;
	count_birth(s->fuzz);
	carve_fuzz_claim(s, item);
	if (carve_fuzz_found(s->fuzz))
		return;
	look_alignment(s, item, align);
	if (zero)
		look_zeroes(s, item, 0);
	fill(s->fuzz, item);
}

void carve_fuzz_dies(struct carve_fuzz_step *s, struct carve_fuzz_item *item)
{
	s->size = item->size;
	carve_fuzz_look(s, item);
	carve_fuzz_unclaim(s->fuzz, item);
	item->kind = CARVE_FUZZ_NOTHING;
	atomic_dec(&s->fuzz->nr_live);
}

void carve_fuzz_resized(struct carve_fuzz_step *s, struct carve_fuzz_item *item,
			void *addr, size_t size, bool zero)
{
	size_t before = item->size;

	item->addr = addr;
	carve_fuzz_look_at(s, item, addr, min(before, size));
	item->size = size;
	s->size = size;
	carve_fuzz_claim(s, item);
	if (carve_fuzz_found(s->fuzz))
		return;
	if (zero && size > before)
		look_zeroes(s, item, before);
	fill(s->fuzz, item);
}

void carve_fuzz_construct(void *object)
{
	*(u64 *)object = CARVE_FUZZ_MAGIC;
}

void carve_fuzz_destruct(void *object)
{
	*(u64 *)object = 0;
}
