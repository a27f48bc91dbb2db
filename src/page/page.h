/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page descriptor: 32 bytes for each page of a carveout, in one array.
 * Independent of struct page, whose fields change between kernels, and which
 * memory hidden from the kernel lacks.
 *
 * The first page of a block, its head, describes the block. The others are
 * CARVE_PAGE_TAIL, except in slabs, where each page has the cache and the
 * offset to the head, so that a lookup of an object reads one descriptor.
 * Locking: see struct carve_page.
 */
#ifndef _CARVE_PAGE_H
#define _CARVE_PAGE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/types.h>

#include <asm/byteorder.h>

/* No page: end of a list, or not found */
#define CARVE_PAGE_NONE (~0U)

/* Blocks of up to 2^CARVE_MAX_ORDER pages: 8 GiB with 4 KiB pages */
#define CARVE_MAX_ORDER 21
#define CARVE_NR_ORDERS (CARVE_MAX_ORDER + 1)

/* Page indices have 32 bits, even rounded up to a block after the last page */
#define CARVE_MAX_PAGES (BIT_ULL(32) - 4 * BIT(CARVE_MAX_ORDER))

enum carve_page_state {
	CARVE_PAGE_TAIL,	/* not the head of a block */
	CARVE_PAGE_BOOT,	/* carved by the boot allocator, never free */
	CARVE_PAGE_FREE,	/* head of a block on a free list */
	CARVE_PAGE_PCP,	/* head of a block in a per-CPU list */
	CARVE_PAGE_USED,	/* head of a block allocated as pages */
	CARVE_PAGE_LARGE,	/* head of a block of a large kmalloc() */
	CARVE_PAGE_AREA,	/* head of a block mapped in a vmalloc area */
	CARVE_PAGE_DMA,		/* head of a block in a DMA buffer */
	CARVE_PAGE_META,	/* head of a block of a cache's own structures */
	CARVE_PAGE_USER,	/* a page mapped to user space, see src/user */
	CARVE_PAGE_INDEX,	/* a table of such pages */
	CARVE_PAGE_BROKEN,	/* hardware poisoned: never allocated again */
	/* All states from here on are pages of slabs, with a cache */
	CARVE_PAGE_INTERNAL_SLAB,	/* slab of the carveout's own metadata: */
	CARVE_PAGE_INTERNAL_SLAB_TAIL,	/* its objects never reach a caller */
	CARVE_PAGE_SLAB,	/* first page of a slab */
	CARVE_PAGE_SLAB_TAIL,	/* a further page of a slab */
	CARVE_NR_PAGE_STATES,
	/* Cache number n, from 1 on: CARVE_PAGE_SLAB and _TAIL plus 2 * n */
};

/* Number of values of carve_page.state, and of cache numbers in it */
#define CARVE_PAGE_STATE_VALUES (U8_MAX + 1)
#define CARVE_NR_CACHE_NUMBERS ((U8_MAX - CARVE_PAGE_SLAB_TAIL) / 2)

static_assert(CARVE_NR_PAGE_STATES - CARVE_PAGE_SLAB == 2);
static_assert(CARVE_PAGE_SLAB_TAIL - CARVE_PAGE_SLAB == 1);
static_assert(CARVE_PAGE_INTERNAL_SLAB_TAIL - CARVE_PAGE_INTERNAL_SLAB == 1);
static_assert((CARVE_PAGE_SLAB - CARVE_PAGE_INTERNAL_SLAB) % 2 == 0);
static_assert(CARVE_PAGE_SLAB_TAIL + 2 * CARVE_NR_CACHE_NUMBERS < CARVE_PAGE_STATE_VALUES);

/*
 * Short-lived (RECLAIMABLE) and long-lived blocks are allocated from separate
 * pageblocks, so that large blocks are free again when the former are freed.
 */
enum carve_migratetype {
	CARVE_MIGRATE_UNMOVABLE,
	CARVE_MIGRATE_RECLAIMABLE,
	CARVE_NR_MIGRATETYPES,
	/* Marks of free pages; above any @offset of a slab's tail page */
	CARVE_FREE_HEAD = BIT(7),	/* head of a block on a free list */
	CARVE_FREE_TAIL,		/* head of a block that merged into the one below */
};

/**
 * struct carve_page - page descriptor
 * @next: index of the next page on a list
 * @nr_pages: CARVE_PAGE_DMA: pages of the buffer, in its first page; 0 in
 *	the heads of its further blocks
 * @prev: index of the previous page on a list
 * @device: CARVE_PAGE_DMA: hash of the buffer's device
 * @state: enum carve_page_state; of a slab, with the cache number added
 * @order: order of the block, in its head
 * @zone: number of the page's zone
 * @migratetype: migratetype of the block, in its head; in free pages, a mark
 * @offset: CARVE_PAGE_SLAB_TAIL: pages back to the head
 * @kind: @state, @order, @zone and @migratetype as one word: carve_page_kind()
 * @inuse: CARVE_PAGE_SLAB: objects allocated from the slab; CARVE_PAGE_INDEX:
 *	entries in the table
 * @colour: CARVE_PAGE_SLAB: offset of the first object, in units of the cache's
 *	colour step
 * @debug: CARVE_PAGE_SLAB: it is a debug slab; constant while it is a slab
 * @kept: CARVE_PAGE_USER: its mapping is gone, but the page is kept for other
 *	mappings of the object
 * @stays: CARVE_PAGE_USER: its contents stay until the file is closed, mapped or
 *	not
 * @block_migratetype: migratetype of the pageblock, in its first page
 * @caller: blocks in use: return address of the allocation
 * @cache: CARVE_PAGE_SLAB, _TAIL: the slab's cache
 * @free: CARVE_PAGE_SLAB: bitmap of the slab's free objects
 * @at: CARVE_PAGE_USER: page offset in its object
 * @free_map: bitmap like @free for slabs with more objects, and for debug slabs
 * @area: CARVE_PAGE_AREA: the area, in its first page
 * @bus_addr: CARVE_PAGE_DMA: bus address of the buffer
 *
 * Locking: @next, @prev, @state FREE and the marks in @migratetype are guarded
 * by the zone's lock while the block is free, by the cache's lock while it is a
 * slab; else they belong to the block's owner. @block_migratetype is always
 * guarded by the zone's lock.
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
				u8 migratetype;
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
		struct {
			u8 kept : 1;
			u8 stays : 1;
		};
	};
	u8 block_migratetype;
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

static inline bool carve_page_is_slab(u8 state)
{
	return state >= CARVE_PAGE_INTERNAL_SLAB;
}

/* Does the page find its slab's head by @offset? */
static inline bool carve_page_is_slab_tail(u8 state)
{
	return carve_page_is_slab(state) &&
	       (state - CARVE_PAGE_INTERNAL_SLAB) % 2;
}

/*
 * Is the page marked as free? For the head of a block in use or on a per-CPU
 * list that means the block was freed twice at the same time, and is now on a
 * free list, alone or merged into a larger block.
 */
static inline bool carve_page_is_free(const struct carve_page *page)
{
	/* Without the zone's lock, only the block's owner may rely on it */
	return data_race(READ_ONCE(page->migratetype)) >= CARVE_FREE_HEAD;
}

/* carve_page.kind of an unmovable block in zone 0 */
static inline __le32 carve_page_kind(enum carve_page_state state,
				     unsigned int order)
{
	return cpu_to_le32(state | order << 8);
}

/**
 * struct carve_page_list - a list of pages, linked by index
 * @first: index of the first page
 * @nr: number of pages
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

/* @map: the array of page descriptors */
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
