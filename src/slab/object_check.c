// SPDX-License-Identifier: GPL-2.0
/*
 * Object checks: fill red zones and poison of objects in debug slabs, check
 * them, and report corruption
 *
 *	   left red zone    object                      right red zone
 *	in use     cc .. cc | contents                 | cc .. cc
 *	free       bb .. bb | 6b .. 6b a5              | bb .. bb
 *
 * The fill values are those of mm/slub.c. If a kmalloc() requested less than
 * the object size, the right red zone begins at the requested size.
 *
 * Locking: objects are filled and checked under cache->lock. A check copies the
 * corrupted bytes, so that it is printed after the lock is released.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/poison.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/string.h>

#include "compat/stack.h"
#include "lib/report.h"
#include "slab/object_check.h"

#define BYTES_A_LINE 16

const char * const carve_error_titles[CARVE_NR_ERRORS] = {
	[CARVE_ERROR_LEFT_REDZONE] = "Left Redzone overwritten",
	[CARVE_ERROR_RIGHT_REDZONE] = "Right Redzone overwritten",
	[CARVE_ERROR_POISON] = "Poison overwritten",
	[CARVE_ERROR_DOUBLE_FREE] = "Object already free",
	[CARVE_ERROR_INVALID_FREE] = "Not the start of an object",
	[CARVE_ERROR_WRONG_CACHE] = "Object of another cache",
	[CARVE_ERROR_FOREIGN_FREE] = "Not an object",
	[CARVE_ERROR_COUNTS] = "Counts of a slab disagree",
};

const char * const carve_error_names[CARVE_NR_ERRORS] = {
	[CARVE_ERROR_LEFT_REDZONE] = "left",
	[CARVE_ERROR_RIGHT_REDZONE] = "right",
	[CARVE_ERROR_POISON] = "poison",
	[CARVE_ERROR_DOUBLE_FREE] = "double",
	[CARVE_ERROR_INVALID_FREE] = "invalid",
	[CARVE_ERROR_WRONG_CACHE] = "wrong",
	[CARVE_ERROR_FOREIGN_FREE] = "foreign",
	[CARVE_ERROR_COUNTS] = "counts",
};

/* A range filled with @value, except for its last byte, which is @last */
struct span {
	enum carve_error what;
	const u8 *start;
	const u8 *end;
	u8 value;
	u8 last;
};

static u8 red_value(const struct carve_metadata *metadata)
{
	return metadata->flags & CARVE_METADATA_LIVE ? SLUB_RED_ACTIVE :
						   SLUB_RED_INACTIVE;
}

static struct span left_zone(const struct carve_cache *cache,
			     const u8 *object, const struct carve_metadata *metadata)
{
	u8 value = red_value(metadata);

	return (struct span){ CARVE_ERROR_LEFT_REDZONE, object - cache->debug.left,
			      object, value, value };
}

static struct span right_zone(const struct carve_cache *cache,
			      const u8 *object,
			      const struct carve_metadata *metadata)
{
	size_t used = metadata->flags & CARVE_METADATA_LIVE ? metadata->requested :
							  cache->object_size;
	u8 value = red_value(metadata);

	return (struct span){ CARVE_ERROR_RIGHT_REDZONE, object + used,
			      object - cache->debug.left + cache->debug.size,
			      value, value };
}

static struct span poison_zone(const struct carve_cache *cache,
			       const u8 *object)
{
	return (struct span){ CARVE_ERROR_POISON, object,
			      object + cache->object_size, POISON_FREE,
			      POISON_END };
}

static void fill_zone(struct span zone)
{
	memset((u8 *)zone.start, zone.value, zone.end - zone.start);
	((u8 *)zone.end)[-1] = zone.last;
}

void carve_object_fill(const struct carve_cache *cache, void *object,
		       const struct carve_metadata *metadata)
{
	if (metadata->flags & CARVE_METADATA_RED) {
		fill_zone(left_zone(cache, object, metadata));
		fill_zone(right_zone(cache, object, metadata));
	}
	if (metadata->flags & CARVE_METADATA_POISONED)
		fill_zone(poison_zone(cache, object));
}

static const u8 *first_wrong(const struct span *zone)
{
	const u8 *last = zone->end - 1;

	return memchr_inv(zone->start, zone->value, last - zone->start) ?:
	       (*last != zone->last ? last : NULL);
}

static const u8 *last_wrong(const struct span *zone)
{
	const u8 *p = zone->end - 1;

	if (*p != zone->last)
		return p;
	while (*--p == zone->value)
		;
	return p;
}

/* Copies the bytes around a corruption, within the object and its red zones */
static void copy_bytes(const struct carve_cache *cache, const u8 *object,
		       struct carve_corruption *f)
{
	int start = round_down(f->first, BYTES_A_LINE);
	int end = (int)(cache->debug.size - cache->debug.left);

	start = max(start, -(int)cache->debug.left);
	f->nr_bytes = min(end - start, CARVE_CORRUPTION_BYTES);
	memcpy(f->bytes, object + start, f->nr_bytes);
}

static void check_filled_zone(const struct carve_cache *cache, const u8 *object,
			      struct span zone, struct carve_object_check *check)
{
	const u8 *wrong = first_wrong(&zone);
	struct carve_corruption *f;

	if (!wrong)
		return;
	f = &check->corruption[check->nr++];
	f->what = zone.what;
	f->value = zone.value;
	f->first = wrong - object;
	f->last = last_wrong(&zone) - object;
	copy_bytes(cache, object, f);
}

void carve_object_check_bytes(const struct carve_cache *cache, const void *object,
			      const struct carve_metadata *metadata,
			      struct carve_object_check *check)
{
	if (metadata->flags & CARVE_METADATA_RED) {
		check_filled_zone(cache, object, left_zone(cache, object, metadata),
				  check);
		check_filled_zone(cache, object, right_zone(cache, object, metadata),
				  check);
	}
	if (metadata->flags & CARVE_METADATA_POISONED)
		check_filled_zone(cache, object, poison_zone(cache, object), check);
	if (check->nr) {
		check->object = object;
		check->metadata = *metadata;
	}
}

/* Prints a line to @r, or to the log if @r is NULL */
static __printf(3, 4) void print_line(const struct carve_cache *cache,
				      struct carve_report *r, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	if (r)
		carve_report_line(r, "%pV", &vaf);
	else
		pr_err("%s: %pV\n", cache->pages->name, &vaf);
	va_end(args);
}

/* Hex dump with offsets from the start of the object */
static void print_bytes(const struct carve_cache *cache,
			const struct carve_corruption *f, struct carve_report *r)
{
	int offset = max((int)round_down(f->first, BYTES_A_LINE),
			 -(int)cache->debug.left);
	unsigned int i;

	for (i = 0; i < f->nr_bytes; i += BYTES_A_LINE) {
		unsigned int n = min(f->nr_bytes - i, BYTES_A_LINE);
		char line[80];

		hex_dump_to_buffer(f->bytes + i, n, BYTES_A_LINE, 1, line,
				   sizeof(line), true);
		print_line(cache, r, "  %+6d: %s", offset + (int)i, line);
	}
}

static void print_track(const struct carve_cache *cache, const char *what,
			const struct carve_track *track, struct carve_report *r)
{
	unsigned long *frames;
	unsigned int i, nr = carve_compat_stack_frames(track->stack, &frames);

	print_line(cache, r, "  %s %u ms ago on CPU %u by pid %d:", what,
		   jiffies_to_msecs(jiffies - track->when), track->cpu, track->pid);
	if (!nr)
		print_line(cache, r, "    %pS", (void *)track->caller);
	for (i = 0; i < nr; i++)
		print_line(cache, r, "    %pS", (void *)frames[i]);
}

void carve_metadata_print(const struct carve_cache *cache,
			  const struct carve_metadata *metadata,
			  struct carve_report *r)
{
	if (metadata->flags & CARVE_METADATA_ALLOCED)
		print_track(cache, "allocated", &metadata->alloc, r);
	if (metadata->flags & CARVE_METADATA_FREED)
		print_track(cache, metadata->flags & CARVE_METADATA_LIVE ?
			    "freed before that," : "freed", &metadata->free, r);
}

static void print_corruption(const struct carve_cache *cache, const void *object,
			     const struct carve_corruption *f, struct carve_report *r)
{
	print_line(cache, r, "cache %s: %s: bytes %d to %d of object %p of %u bytes are not 0x%02x",
		   cache->name, carve_error_titles[f->what], f->first, f->last,
		   object, cache->object_size, f->value);
	print_bytes(cache, f, r);
}

static void print_corruptions(const struct carve_cache *cache,
			      const struct carve_object_check *check,
			      struct carve_report *r)
{
	unsigned int i;

	for (i = 0; i < check->nr; i++)
		print_corruption(cache, check->object, &check->corruption[i], r);
}

void carve_object_check_print(const struct carve_cache *cache,
			      const struct carve_object_check *check,
			      const char *when, unsigned long caller)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);

	if ((!check->nr && !check->counts) || !__ratelimit(&limit))
		return;
	if (check->counts)
		print_line(cache, NULL, "cache %s: %s", cache->name,
			   carve_error_titles[CARVE_ERROR_COUNTS]);
	print_corruptions(cache, check, NULL);
	if (caller)
		print_line(cache, NULL, "  found when it was %s by %pS", when,
			   (void *)caller);
	else
		print_line(cache, NULL, "  found when it was %s", when);
	carve_metadata_print(cache, &check->metadata, NULL);
}

void carve_object_check_report(const struct carve_cache *cache,
			       const struct carve_object_check *check,
			       struct carve_report *r)
{
	if (!check->nr)
		return;
	r->violations += check->nr;
	print_corruptions(cache, check, r);
	carve_metadata_print(cache, &check->metadata, r);
}
