/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page descriptor: the carveout's own record of a page, 32 bytes, in an
 * array over all pages of a carveout. Independent of struct page, whose fields
 * change with each kernel and which not all memory has.
 *
 * Only the first page of a block, its head, says what the block is. The
 * others are CARVE_PAGE_TAIL, except in slabs, where each page names the
 * cache and the way to the head, so that an object finds both at once.
 */
#ifndef _CARVE_PAGE_H
#define _CARVE_PAGE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#include <asm/byteorder.h>

/* "No page", in links and results */
#define CARVE_PAGE_NONE (~0U)

/* Blocks of up to 2^CARVE_MAX_ORDER pages: 8 GiB with 4 KiB pages */
#define CARVE_MAX_ORDER 21
#define CARVE_NR_ORDERS (CARVE_MAX_ORDER + 1)

/* Pages are numbered with 32 bits, aligned ones a bit behind the last included */
#define CARVE_MAX_PAGES (BIT_ULL(32) - 4 * BIT(CARVE_MAX_ORDER))

enum carve_page_state {
	CARVE_PAGE_TAIL,	/* not the head of a block */
	CARVE_PAGE_BOOT,	/* carved by the boot allocator, never free */
	CARVE_PAGE_FREE,	/* head of a block on a free list */
	CARVE_PAGE_STORED,	/* head of a block in a per-CPU store */
	CARVE_PAGE_USED,	/* head of a block handed out as pages */
	CARVE_PAGE_LARGE,	/* head of a block behind a large kmalloc() */
	CARVE_PAGE_AREA,	/* head of a block behind a mapped area */
	CARVE_PAGE_DMA,		/* head of a block in a DMA buffer */
	CARVE_PAGE_META,	/* head of a block behind a cache's own structures */
	CARVE_PAGE_USER,	/* a page of user space's, see src/user */
	CARVE_PAGE_INDEX,	/* a table that leads to such pages */
	/* From here on pages of slabs, which name their cache, and no others */
	CARVE_PAGE_OWN_SLAB,	/* the same two, of caches for the carveout's own */
	CARVE_PAGE_OWN_SLAB_TAIL,	/* records: no caller has an object of these */
	CARVE_PAGE_SLAB,	/* first page of a slab */
	CARVE_PAGE_SLAB_TAIL,	/* a further page of a slab */
	CARVE_NR_PAGE_STATES,
};

static_assert(CARVE_NR_PAGE_STATES - CARVE_PAGE_SLAB == 2);
static_assert(CARVE_PAGE_SLAB_TAIL - CARVE_PAGE_SLAB == 1);
static_assert(CARVE_PAGE_OWN_SLAB_TAIL - CARVE_PAGE_OWN_SLAB == 1);

/*
 * How long a block is likely to be held: those that come and go are kept apart
 * from those that stay, so that the former leave large blocks behind them.
 */
enum carve_lifetime {
	CARVE_LONG_LIVED,
	CARVE_SHORT_LIVED,
	CARVE_NR_LIFETIMES,
};

/**
 * struct carve_page - the record of a page
 * @next: index of the next page on the list that this one is on
 * @nr_pages: CARVE_PAGE_DMA: pages of the buffer, in its first; 0 in others
 * @prev: index of the one before
 * @device: CARVE_PAGE_DMA: a hash of the device that the buffer is for
 * @state: enum carve_page_state
 * @order: of the block, at its head
 * @zone: number of the page's zone
 * @lifetime: that of the block, at its head
 * @offset: CARVE_PAGE_SLAB_TAIL: pages back to the head
 * @kind: these four at one glance: carve_page_kind()
 * @inuse: CARVE_PAGE_SLAB: objects outside of the slab; CARVE_PAGE_INDEX:
 *	entries in the table
 * @colour: CARVE_PAGE_SLAB: where the first object is, in steps of the cache
 * @debug: CARVE_PAGE_SLAB: it is a debug slab; constant while it is a slab
 * @kept: CARVE_PAGE_USER: whoever mapped it last has gone, others may yet
 * @block_lifetime: enum carve_lifetime of the pageblock, in its first page
 * @caller: blocks in use: return address of who asked for it
 * @cache: CARVE_PAGE_SLAB, _TAIL: the cache that it belongs to
 * @free: CARVE_PAGE_SLAB: a bit for each object, set where it is in the slab
 * @at: CARVE_PAGE_USER: where in its object it is, in pages
 * @free_map: the same, where there are more objects than bits in @free, and in
 *	debug slabs
 * @area: CARVE_PAGE_AREA: the record of the area whose first page this is
 * @bus_addr: CARVE_PAGE_DMA: the address that the device knows the buffer by
 *
 * @next, @prev and @state FREE belong to the zone's lock while the block is
 * with the buddy system, to the cache's lock while it is a slab, and to the
 * block's owner otherwise. @block_lifetime is the
 * zone's lock's in either case.
 */
struct carve_page {
	union {
		u32 next;
		u32 nr_pages;
	};
	union {
		u32 prev;
		u32 device;
	};
	union {
		struct {
			u8 state;
			u8 order;
			u8 zone;
			union {
				u8 lifetime;
				u8 offset;
			};
		};
		__le32 kind;
	};
	u16 inuse;
	union {
		struct {
			u8 colour : 7;
			u8 debug : 1;
		};
		u8 kept;
	};
	u8 block_lifetime;
	union {
		unsigned long caller;
		struct carve_cache *cache;
	};
	union {
		u64 free;
		u64 at;
		unsigned long *free_map;
		struct carve_area *area;
		u64 bus_addr;
	};
};

static_assert(sizeof(struct carve_page) == 32);

/* A page of any slab */
static inline bool carve_page_is_slab(enum carve_page_state state)
{
	return state >= CARVE_PAGE_OWN_SLAB;
}

/* One that leads to the first by its offset */
static inline bool carve_page_is_slab_tail(enum carve_page_state state)
{
	return state == CARVE_PAGE_SLAB_TAIL ||
	       state == CARVE_PAGE_OWN_SLAB_TAIL;
}

/* Of a long-lived block in zone 0; the order is valid */
static inline __le32 carve_page_kind(enum carve_page_state state,
				     unsigned int order)
{
	return cpu_to_le32(state | order << 8);
}

/**
 * struct carve_page_list - a list of pages, linked by index
 * @first: index of the first page
 * @nr: length
 */
struct carve_page_list {
	u32 first;
	u32 nr;
};

static inline void carve_page_list_init(struct carve_page_list *list)
{
	list->first = CARVE_PAGE_NONE;
	list->nr = 0;
}

/* @map: the array that the indices are into */
static inline void carve_page_list_add(struct carve_page_list *list,
				       struct carve_page *map, u32 index)
{
	struct carve_page *page = &map[index];

	page->next = list->first;
	page->prev = CARVE_PAGE_NONE;
	if (list->first != CARVE_PAGE_NONE)
		map[list->first].prev = index;
	list->first = index;
	list->nr++;
}

static inline void carve_page_list_del(struct carve_page_list *list,
				       struct carve_page *map, u32 index)
{
	struct carve_page *page = &map[index];

	if (page->prev == CARVE_PAGE_NONE)
		list->first = page->next;
	else
		map[page->prev].next = page->next;
	if (page->next != CARVE_PAGE_NONE)
		map[page->next].prev = page->prev;
	list->nr--;
}

#define carve_page_list_for_each(index, list, map) \
	for ((index) = (list)->first; (index) != CARVE_PAGE_NONE; \
	     (index) = (map)[index].next)

#endif /* _CARVE_PAGE_H */
