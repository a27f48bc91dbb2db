/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading what users write: sizes, and the lines of the poke files. Nothing
 * here does anything: a line becomes a request, or an error with its reason.
 */
#ifndef _CARVE_PARSE_H
#define _CARVE_PARSE_H

#include <linux/gfp_types.h>
#include <linux/types.h>

#include "face/reply.h"

/* Characters of a line of the poke files, without the newline */
#define CARVE_LINE_MAX 127
/* Most allocations that one line may ask for */
#define CARVE_TIMES_MAX 65536
/* Of a cache's name, with the NUL */
#define CARVE_POKE_NAME_LEN 32

/* What a line of the file alloc asks for */
enum carve_poke {
	CARVE_POKE_PAGES,
	CARVE_POKE_EXACT,
	CARVE_POKE_KMALLOC,
	CARVE_POKE_CACHE_CREATE,
	CARVE_POKE_CACHE_ALLOC,
	CARVE_POKE_VMALLOC,
	CARVE_POKE_VZALLOC,
	CARVE_NR_POKES,
};

/**
 * struct carve_alloc_limits - what a carveout can serve at all
 * @max_order: order of its largest block
 * @bytes: all of its memory
 */
struct carve_alloc_limits {
	unsigned int max_order;
	u64 bytes;
};

/**
 * struct carve_alloc_request - a line of the file alloc
 * @what: what to allocate; says which of the others mean something
 * @order: of a block of pages
 * @size: bytes
 * @align: of a cache's objects, or 0 for the default
 * @gfp: GFP flags
 * @times: how often
 * @name: of a cache
 */
struct carve_alloc_request {
	enum carve_poke what;
	unsigned int order;
	size_t size;
	unsigned int align;
	gfp_t gfp;
	unsigned int times;
	char name[CARVE_POKE_NAME_LEN];
};

/* What a line of the file free names */
enum carve_free {
	CARVE_FREE_HANDLES,
	CARVE_FREE_ALL,
	CARVE_FREE_CACHE,
};

/**
 * struct carve_free_request - a line of the file free
 * @what: what to free
 * @first: CARVE_FREE_HANDLES: the first handle's number
 * @last: and the last one's, not less
 * @name: CARVE_FREE_CACHE: the cache's name
 */
struct carve_free_request {
	enum carve_free what;
	unsigned long first;
	unsigned long last;
	char name[CARVE_POKE_NAME_LEN];
};

/* "4096", "0x1000", "64K", "1G"; 0, or -EINVAL for anything else */
int carve_parse_size(const char *s, u64 *bytes);

/**
 * carve_parse_raw() - make a string of what was written to a poke file
 * @raw: the bytes
 * @len: how many
 * @line: filled with the line, without its newline
 * @reply: says what is wrong
 *
 * Return: 0, or -EINVAL where it is not one line of printable ASCII characters
 * with something in it.
 */
int carve_parse_raw(const char *raw, size_t len, char line[CARVE_LINE_MAX + 1],
		    struct carve_reply *reply);

/**
 * carve_parse_alloc() - read a line of the file alloc
 * @line: from carve_parse_raw()
 * @limits: what the carveout can serve
 * @request: filled in
 * @reply: says what is wrong, and what would be right
 *
 * Return: 0 or -EINVAL.
 */
int carve_parse_alloc(const char *line, const struct carve_alloc_limits *limits,
		      struct carve_alloc_request *request,
		      struct carve_reply *reply);

/* The same for a line of the file free */
int carve_parse_free(const char *line, struct carve_free_request *request,
		     struct carve_reply *reply);

/* The same for files where only 1 may be written */
int carve_parse_one(const char *line, struct carve_reply *reply);

#endif /* _CARVE_PARSE_H */
