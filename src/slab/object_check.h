/* SPDX-License-Identifier: GPL-2.0 */
/* Object checks of debug slabs. See object_check.c. */
#ifndef _CARVE_OBJECT_CHECK_H
#define _CARVE_OBJECT_CHECK_H

#include "slab/cache.h"

/* Bytes to print of a corruption, starting at a multiple of 16 */
#define CARVE_CORRUPTION_BYTES 48
/* Left red zone, right red zone and poison */
#define CARVE_MAX_CORRUPTIONS 3

/**
 * struct carve_corruption - overwritten bytes of a red zone or of poison
 * @what: kind of error
 * @value: expected value of the bytes
 * @first: offset of the first wrong byte from the start of the object
 * @last: offset of the last wrong byte
 * @nr_bytes: number of bytes in @bytes
 * @bytes: copy of the bytes from @first, rounded down to a multiple of 16
 */
struct carve_corruption {
	enum carve_error what;
	u8 value;
	int first;
	int last;
	unsigned int nr_bytes;
	u8 bytes[CARVE_CORRUPTION_BYTES];
};

/**
 * struct carve_object_check - result of checking an object
 * @object: the object, if @nr is not 0
 * @metadata: copy of its metadata, if @nr is not 0
 * @counts: the counts of its slab disagree
 * @nr: number of corruptions
 * @corruption: the corruptions
 */
struct carve_object_check {
	const void *object;
	struct carve_metadata metadata;
	bool counts;
	unsigned int nr;
	struct carve_corruption corruption[CARVE_MAX_CORRUPTIONS];
};

/* Fills red zones and poison of an object as @metadata->flags say */
void carve_object_fill(const struct carve_cache *cache, void *object,
		       const struct carve_metadata *metadata);

/* Under cache->lock: checks the bytes that carve_object_fill() filled */
void carve_object_check_bytes(const struct carve_cache *cache, const void *object,
			      const struct carve_metadata *metadata,
			      struct carve_object_check *check);

/* Logs a check, ratelimited; @caller: return address of the operation, or 0 */
void carve_object_check_print(const struct carve_cache *cache,
			      const struct carve_object_check *check,
			      const char *when, unsigned long caller);
/* Adds a check to a report, and each corruption to its violations */
void carve_object_check_report(const struct carve_cache *cache,
			       const struct carve_object_check *check,
			       struct carve_report *r);

/* Prints the tracks of an object to @r, or to the log if @r is NULL */
void carve_metadata_print(const struct carve_cache *cache,
			  const struct carve_metadata *metadata,
			  struct carve_report *r);

/* Headlines of reports, and one-word names */
extern const char * const carve_error_titles[CARVE_NR_ERRORS];
extern const char * const carve_error_names[CARVE_NR_ERRORS];

#endif /* _CARVE_OBJECT_CHECK_H */
