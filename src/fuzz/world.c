// SPDX-License-Identifier: GPL-2.0
/*
 * The model
 *
 * An item is an allocation. As long as it is allocated, each word of the
 * carveout that it contains is claimed, so that an allocation that overlaps it
 * is detected at once. It is filled with a pattern of its own, so that stray
 * writes and wrong mappings are detected when the pattern is checked: at
 * random, when the item is resized, and when it is freed.
 *
 * Items up to a page are filled completely; of each page of larger ones only
 * the first and last bytes, to bound the time.
 *
 * Locking: the busy bit of an item, which is only ever tried, so steps don't
 * wait for each other, whatever their contexts; fuzz->lock for the claimed
 * words.
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
/* Bytes with a pattern at each end of each page of a large item */
#define SAMPLE_BYTES 64

/* Number of items: one for each PAGES_PER_ITEM pages, within limits */
#define PAGES_PER_ITEM 3
#define FEWEST_ITEMS 64U
#define MOST_ITEMS 8192U
/* Largest allocation: 1/LARGEST_SHARE of the carveout */
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

/* Copy the last steps of the thread, and add the current one */
static void record_steps(struct carve_fuzz_finding *f,
			 const struct carve_fuzz_step *s)
{
	const struct carve_fuzz_thread *thread = s->thread;
	u64 n = max_t(s64, 0, s->number + 1 - CARVE_FUZZ_HISTORY);

	f->cpu = thread->cpu;
	for (; n < s->number; n++)
		f->record[f->nr_records++] =
			thread->record[n % CARVE_FUZZ_HISTORY];
	f->record[f->nr_records++] = (struct carve_fuzz_record){
		.number = s->number,
		.op = s->op,
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
		record_steps(f, s);
}

/* Names of kinds for error texts */
static const char * const kinds[CARVE_FUZZ_NR_KINDS] = {
	[CARVE_FUZZ_NOTHING] = "nothing",
	[CARVE_FUZZ_BLOCK] = "a block of pages",
	[CARVE_FUZZ_SINGLES] = "split pages",
	[CARVE_FUZZ_EXACT] = "exact pages",
	[CARVE_FUZZ_OBJECT] = "an object",
	[CARVE_FUZZ_KM] = "a kmalloc",
	[CARVE_FUZZ_KVM] = "a kvmalloc",
	[CARVE_FUZZ_AREA] = "an area",
	[CARVE_FUZZ_COHERENT] = "a DMA buffer",
	[CARVE_FUZZ_FRAME] = "pages with references",
};

/* Report an error of an item */
#define find_item(s, item, fmt, ...) \
	carve_fuzz_find((s)->fuzz, s, "%s of %zu bytes, from step %llu: " fmt, \
			kinds[(item)->kind], (item)->size, (item)->born, \
			##__VA_ARGS__)

/* Pieces: the parts of an item in one page each */

/**
 * struct piece - the part of an item in one page
 * @offset: offset in the item
 * @len: length in bytes
 * @page: the page, or NULL if it is not of the carveout
 * @addr: address, or NULL if the page has none
 */
struct piece {
	size_t offset;
	size_t len;
	struct carve_page *page;
	void *addr;
};

static struct carve_page *piece_page(struct carveout *co, const void *addr)
{
	return carve_pages_lookup(&co->pages, addr) ?:
	       carve_mapping_page(&co->vmap, addr);
}

/* Get the piece at @offset of an item of @size bytes; false at its end */
static bool item_piece(struct carveout *co, const struct carve_fuzz_item *item,
		       size_t size, size_t offset, struct piece *p)
{
	void *addr = item->addr ? item->addr + offset : NULL;

	*p = (struct piece){ .offset = offset, .addr = addr };
	if (offset >= size)
		return false;
	p->len = min_t(size_t, size - offset,
		       PAGE_SIZE - offset_in_page(addr));
	p->page = addr ? piece_page(co, addr) :
		  item->page + (offset >> PAGE_SHIFT);
	return true;
}

#define for_each_piece(p, co, item, size) \
	for (size_t next_ = 0; item_piece(co, item, size, next_, p); \
	     next_ += (p)->len)

/* Patterns */

/**
 * struct visit - a walk over the words of an item
 * @fn: called for each word; false ends the walk
 * @limit: offset in the item, in bytes, where the walk ends
 * @at: offset of the word for which @fn returned false
 * @bytes: length of this word
 * @is: its value
 * @wanted: the expected value
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

/* Visit the word at offset @from of an item, at address @addr */
static bool visit_word(const struct carve_fuzz_item *item, void *addr, size_t from,
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

/* Visit the bytes from @from to @to, up to the limit of the walk */
static bool visit_words(const struct carve_fuzz_item *item, void *addr,
			size_t from, size_t to, struct visit *v)
{
	to = min(to, v->limit);
	for (; from < to; from += sizeof(u64), addr += sizeof(u64))
		if (!visit_word(item, addr, from,
				min_t(size_t, to - from, sizeof(u64)), v))
			return false;
	return true;
}

/* Visit the pattern of a piece, at address @addr */
static bool visit_mapped_piece(const struct carve_fuzz_item *item, const struct piece *p,
			       void *addr, struct visit *v)
{
	size_t end = p->offset + p->len, tail;

	if (item->size <= PAGE_SIZE || p->len <= 2 * SAMPLE_BYTES)
		return visit_words(item, addr, p->offset, end, v);
	tail = round_down(end - SAMPLE_BYTES, sizeof(u64));
	return visit_words(item, addr, p->offset, p->offset + SAMPLE_BYTES, v) &&
	       visit_words(item, addr + (tail - p->offset), tail, end, v);
}

/* Visit the pattern of a piece, which is mapped if it has no address */
static bool visit_piece(struct carveout *co, const struct carve_fuzz_item *item,
			const struct piece *p, struct visit *v)
{
	bool well;
	void *addr;

	if (p->addr)
		return visit_mapped_piece(item, p, p->addr, v);
	addr = carve_kmap_local(co, p->page);
	/* In interrupts, all slots of kmap_local may be in use */
	if (!addr)
		return true;
	well = visit_mapped_piece(item, p, addr, v);
	carve_kunmap_local(co, addr);
	return well;
}

static void fill_item(struct carve_fuzz *fuzz, const struct carve_fuzz_item *item)
{
	struct visit v = { .fn = write_word, .limit = item->size };
	struct piece p;

	for_each_piece(&p, fuzz->co, item, item->size)
		visit_piece(fuzz->co, item, &p, &v);
}

static void find_changed(struct carve_fuzz_step *s,
			 const struct carve_fuzz_item *item,
			 const struct visit *v, const char *how)
{
	find_item(s, item, "bytes %zu to %zu %s: %*ph instead of %*ph",
		  v->at, v->at + v->bytes - 1, how, v->bytes, &v->is, v->bytes,
		  &v->wanted);
}

void carve_fuzz_look(struct carve_fuzz_step *s,
		     const struct carve_fuzz_item *item)
{
	struct visit v = { .fn = has_word, .limit = item->size };
	struct piece p;

	for_each_piece(&p, s->fuzz->co, item, item->size)
		if (!visit_piece(s->fuzz->co, item, &p, &v)) {
			find_changed(s, item, &v, "were overwritten");
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
		if (!visit_mapped_piece(item, &p, addr + p.offset, &v)) {
			find_changed(s, item, &v, "differ at another address");
			return;
		}
}

/* Claims */

/* True if an item owns its last page up to the end */
static bool has_whole_pages(const struct carve_fuzz_item *item)
{
	switch (item->kind) {
	case CARVE_FUZZ_BLOCK:
	case CARVE_FUZZ_SINGLES:
	case CARVE_FUZZ_EXACT:
	case CARVE_FUZZ_AREA:
	case CARVE_FUZZ_COHERENT:
	case CARVE_FUZZ_FRAME:
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
			find_item(s, item, "byte %zu is outside of the carveout",
				  p.offset);
			return;
		}
		if (!claim_piece(fuzz, &p)) {
			find_item(s, item, "overlaps another item in page %td",
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

/* Adding and removing items */

/* Blocks are aligned in physical memory only */
static bool is_block_item(const struct carve_fuzz_item *item)
{
	return item->kind == CARVE_FUZZ_BLOCK ||
	       item->kind == CARVE_FUZZ_COHERENT ||
	       item->kind == CARVE_FUZZ_FRAME;
}

static void check_alignment(struct carve_fuzz_step *s,
			    const struct carve_fuzz_item *item, size_t align)
{
	u64 at = item->addr && !is_block_item(item) ?
		 (unsigned long)item->addr :
		 carve_page_to_phys(s->fuzz->co, item->page);

	if (at & (align - 1))
		find_item(s, item, "not aligned to %zu", align);
}

static bool piece_is_zero(struct carveout *co, const struct piece *p)
{
	void *addr = p->addr ?: carve_kmap_local(co, p->page);
	bool zero = !addr || !memchr_inv(addr, 0, p->len);

	if (!p->addr && addr)
		carve_kunmap_local(co, addr);
	return zero;
}

/* Check that the bytes from @from on are zero */
static void check_zeroes(struct carve_fuzz_step *s,
			 const struct carve_fuzz_item *item, size_t from)
{
	struct piece p;

	for_each_piece(&p, s->fuzz->co, item, item->size) {
		size_t skip = clamp(from, p.offset, p.offset + p.len) - p.offset;

		p.addr = p.addr ? p.addr + skip : NULL;
		p.len -= skip;
		if (!piece_is_zero(s->fuzz->co, &p))
			find_item(s, item, "not zeroed from byte %zu on",
				  p.offset + skip);
		/* The loop advances by @len */
		p.len += skip;
	}
}

static void count_birth(struct carve_fuzz *fuzz)
{
	unsigned int nr = atomic_inc_return(&fuzz->nr_live);

	/* A lost update of this statistic is harmless */
	if (data_race(nr > fuzz->most_live))
		WRITE_ONCE(fuzz->most_live, nr);
}

/* A copy of the item, which tests of the fuzzer can corrupt */
static struct carve_fuzz_item model_copy(struct carve_fuzz_step *s,
					 const struct carve_fuzz_item *item,
					 size_t size)
{
	struct carve_fuzz_item copy = *item;

	if (s->fuzz->options->corrupt)
		s->fuzz->options->corrupt(s, &copy, size);
	return copy;
}

/*
 * Claim and check an item, zeroed from byte @from on, and fill in the pattern
 */
static void enter_item(struct carve_fuzz_step *s, const struct carve_fuzz_item *item,
		       size_t align, size_t from)
{
	carve_fuzz_claim(s, item);
	if (carve_fuzz_found(s->fuzz))
		return;
	check_alignment(s, item, align);
	if (from < item->size)
		check_zeroes(s, item, from);
	fill_item(s->fuzz, item);
}

void carve_fuzz_born(struct carve_fuzz_step *s, struct carve_fuzz_item *item,
		     size_t align, bool zero)
{
	struct carve_fuzz_item copy;

	s->size = item->size;
	item->key = carve_fuzz_random(s);
	item->born = s->number;
	count_birth(s->fuzz);
	copy = model_copy(s, item, item->size);
	enter_item(s, &copy, align, zero ? 0 : copy.size);
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
	struct carve_fuzz_item copy;

	item->addr = addr;
	copy = model_copy(s, item, size);
	carve_fuzz_look_at(s, &copy, copy.addr, min(before, size));
	item->size = size;
	copy.size = size;
	s->size = size;
	enter_item(s, &copy, 1, zero ? before : size);
}

void carve_fuzz_construct(void *object)
{
	*(u64 *)object = CARVE_FUZZ_MAGIC;
}

void carve_fuzz_destruct(void *object)
{
	*(u64 *)object = 0;
}
