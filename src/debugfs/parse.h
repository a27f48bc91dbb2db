/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parser of the lines written to the files alloc and free. It turns a line into
 * a request, or an error with its reason, and executes nothing.
 */
#ifndef _CARVE_PARSE_H
#define _CARVE_PARSE_H

#include <linux/gfp_types.h>
#include <linux/types.h>

#include "lib/reply.h"

/* Characters of a line, without the newline */
#define CARVE_LINE_MAX 127
/* Limit of allocations by one line */
#define CARVE_TIMES_MAX 65536
/* Length of a cache's name, with the NUL */
#define CARVE_ALLOC_NAME_LEN 32

/* Operations of the file alloc */
enum carve_alloc_op {
	CARVE_ALLOC_PAGES,
	CARVE_ALLOC_EXACT,
	CARVE_ALLOC_KMALLOC,
	CARVE_ALLOC_CACHE_CREATE,
	CARVE_ALLOC_CACHE_ALLOC,
	CARVE_ALLOC_VMALLOC,
	CARVE_ALLOC_VZALLOC,
	CARVE_NR_ALLOC_OPS,
};

/**
 * struct carve_alloc_limits - largest allocations of a carveout
 * @max_order: order of its largest block
 * @bytes: its size
 */
struct carve_alloc_limits {
	unsigned int max_order;
	u64 bytes;
};

/**
 * struct carve_alloc_request - a parsed line of the file alloc
 * @what: the operation; decides which of the other members are used
 * @order: order of a block of pages
 * @size: size in bytes
 * @align: alignment of a cache's objects, or 0 for the default
 * @gfp: GFP flags
 * @times: number of allocations
 * @name: name of a cache
 */
struct carve_alloc_request {
	enum carve_alloc_op what;
	unsigned int order;
	size_t size;
	unsigned int align;
	gfp_t gfp;
	unsigned int times;
	char name[CARVE_ALLOC_NAME_LEN];
};

/* Operations of the file free */
enum carve_free {
	CARVE_FREE_HANDLES,
	CARVE_FREE_ALL,
	CARVE_FREE_CACHE,
};

/**
 * struct carve_free_request - a parsed line of the file free
 * @what: the operation
 * @first: CARVE_FREE_HANDLES: number of the first handle
 * @last: CARVE_FREE_HANDLES: number of the last handle, @first or more
 * @name: CARVE_FREE_CACHE: name of the cache
 */
struct carve_free_request {
	enum carve_free what;
	unsigned long first;
	unsigned long last;
	char name[CARVE_ALLOC_NAME_LEN];
};

/**
 * carve_parse_raw() - make a string of the bytes written to a command file
 * @raw: the bytes
 * @len: number of bytes
 * @line: filled with the line, without its newline
 * @reply: filled with the reason of an error
 *
 * Return: 0, or -EINVAL unless @raw is a single line of printable ASCII
 * characters that isn't blank.
 */
int carve_parse_raw(const char *raw, size_t len, char line[CARVE_LINE_MAX + 1],
		    struct carve_reply *reply);

/**
 * carve_parse_alloc() - parse a line of the file alloc
 * @line: the line, from carve_parse_raw()
 * @limits: largest allocations of the carveout
 * @request: filled with the request
 * @reply: filled with the reason of an error, and the remedy
 *
 * Return: 0 or -EINVAL.
 */
int carve_parse_alloc(const char *line, const struct carve_alloc_limits *limits,
		      struct carve_alloc_request *request,
		      struct carve_reply *reply);

/* Parse a line of the file free, as carve_parse_alloc() does */
int carve_parse_free(const char *line, struct carve_free_request *request,
		     struct carve_reply *reply);

/* Parse a line of a file that accepts only 1 */
int carve_parse_one(const char *line, struct carve_reply *reply);

#endif /* _CARVE_PARSE_H */
