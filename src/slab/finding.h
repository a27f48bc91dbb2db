/* SPDX-License-Identifier: GPL-2.0 */
/* What is wrong with an object, noted under a lock and told without. See finding.c. */
#ifndef _CARVE_FINDING_H
#define _CARVE_FINDING_H

#include "slab/cache.h"

/* Bytes that are shown of a damage, from a multiple of 16 on */
#define CARVE_FINDING_BYTES 48
/* Beside an object, on either side, and in it */
#define CARVE_MAX_FINDINGS 3

/**
 * struct carve_finding - bytes that are not what they should be
 * @what: which bytes
 * @value: what they should be
 * @first: the first wrong one, counted from the start of the object
 * @last: the last wrong one
 * @nr_bytes: in @bytes
 * @bytes: what they are, from @first rounded down to a multiple of 16
 */
struct carve_finding {
	enum carve_damage what;
	u8 value;
	int first;
	int last;
	unsigned int nr_bytes;
	u8 bytes[CARVE_FINDING_BYTES];
};

/**
 * struct carve_findings - all that is wrong with an object
 * @object: the object
 * @record: what is known about it
 * @counts: the counts of its slab disagree
 * @nr: how many findings there are
 * @finding: these
 */
struct carve_findings {
	const void *object;
	struct carve_record record;
	bool counts;
	unsigned int nr;
	struct carve_finding finding[CARVE_MAX_FINDINGS];
};

/* Fills an object, and its red zones, for its owner or as a free one: @record says how */
void carve_object_fill(const struct carve_cache *cache, void *object,
		       const struct carve_record *record);

/* Under cache->lock: looks for bytes that carve_object_fill() left otherwise */
void carve_object_look(const struct carve_cache *cache, const void *object,
		       const struct carve_record *record,
		       struct carve_findings *findings);

/* Tells the log what was found, at most so often; @caller: whose doing, or 0 */
void carve_findings_tell(const struct carve_cache *cache,
			 const struct carve_findings *findings,
			 const char *when, unsigned long caller);
/* The same to a reader of invariants, each finding being one that doesn't hold */
void carve_findings_report(const struct carve_cache *cache,
			   const struct carve_findings *findings,
			   struct carve_report *r);

/* Who allocated and who freed an object, as far as that is known; @r: NULL for the log */
void carve_record_tell(const struct carve_cache *cache,
		       const struct carve_record *record,
		       struct carve_report *r);

#endif /* _CARVE_FINDING_H */
