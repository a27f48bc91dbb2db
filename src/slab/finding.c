// SPDX-License-Identifier: GPL-2.0
/*
 * Damage: what the bytes in and around an object of a debug slab must be, which
 * of them are not, and how that is reported.
 *
 *	   left red zone    object                      right red zone
 *	in use     cc .. cc | what its owner put there | cc .. cc
 *	free       bb .. bb | 6b .. 6b a5              | bb .. bb
 *
 * If less than the whole object was asked for (kmalloc), the rest of it belongs to
 * the right red zone. The bytes are those of mm/slub.c.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/poison.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/string.h>

#include "compat/stack.h"
#include "report.h"
#include "slab/finding.h"

#define BYTES_A_LINE 16

const char * const carve_damage_names[CARVE_NR_DAMAGES] = {
	[CARVE_DAMAGE_LEFT] = "Left Redzone overwritten",
	[CARVE_DAMAGE_RIGHT] = "Right Redzone overwritten",
	[CARVE_DAMAGE_POISON] = "Poison overwritten",
	[CARVE_DAMAGE_DOUBLE_FREE] = "Object already free",
	[CARVE_DAMAGE_INVALID_FREE] = "Not the start of an object",
	[CARVE_DAMAGE_WRONG_CACHE] = "Object of another cache",
	[CARVE_DAMAGE_FOREIGN_FREE] = "Not an object",
	[CARVE_DAMAGE_COUNTS] = "Counts of a slab disagree",
};

const char * const carve_damage_words[CARVE_NR_DAMAGES] = {
	[CARVE_DAMAGE_LEFT] = "left",
	[CARVE_DAMAGE_RIGHT] = "right",
	[CARVE_DAMAGE_POISON] = "poison",
	[CARVE_DAMAGE_DOUBLE_FREE] = "double",
	[CARVE_DAMAGE_INVALID_FREE] = "invalid",
	[CARVE_DAMAGE_WRONG_CACHE] = "wrong",
	[CARVE_DAMAGE_FOREIGN_FREE] = "foreign",
	[CARVE_DAMAGE_COUNTS] = "counts",
};

/* Bytes that are all to be the same; but the last one, where there is poison */
struct span {
	enum carve_damage what;
	const u8 *start;
	const u8 *end;
	u8 value;
	u8 last;
};

static u8 red_value(const struct carve_record *record)
{
	return record->flags & CARVE_RECORD_LIVE ? SLUB_RED_ACTIVE :
						   SLUB_RED_INACTIVE;
}

static struct span left_zone(const struct carve_cache *cache,
			     const u8 *object, const struct carve_record *record)
{
	u8 value = red_value(record);

	return (struct span){ CARVE_DAMAGE_LEFT, object - cache->debug.left,
			      object, value, value };
}

static struct span right_zone(const struct carve_cache *cache,
			      const u8 *object,
			      const struct carve_record *record)
{
	size_t used = record->flags & CARVE_RECORD_LIVE ? record->requested :
							  cache->object_size;
	u8 value = red_value(record);

	return (struct span){ CARVE_DAMAGE_RIGHT, object + used,
			      object - cache->debug.left + cache->debug.size,
			      value, value };
}

static struct span poison_zone(const struct carve_cache *cache,
			       const u8 *object)
{
	return (struct span){ CARVE_DAMAGE_POISON, object,
			      object + cache->object_size, POISON_FREE,
			      POISON_END };
}

static void fill_zone(struct span zone)
{
	memset((u8 *)zone.start, zone.value, zone.end - zone.start);
	((u8 *)zone.end)[-1] = zone.last;
}

void carve_object_fill(const struct carve_cache *cache, void *object,
		       const struct carve_record *record)
{
	if (record->flags & CARVE_RECORD_RED) {
		fill_zone(left_zone(cache, object, record));
		fill_zone(right_zone(cache, object, record));
	}
	if (record->flags & CARVE_RECORD_POISONED)
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

/* What lies around it, within the object and its red zones */
static void copy_bytes(const struct carve_cache *cache, const u8 *object,
		       struct carve_finding *f)
{
	int start = round_down(f->first, BYTES_A_LINE);
	int end = (int)(cache->debug.size - cache->debug.left);

	start = max(start, -(int)cache->debug.left);
	f->nr_bytes = min(end - start, CARVE_FINDING_BYTES);
	memcpy(f->bytes, object + start, f->nr_bytes);
}

static void look_at(const struct carve_cache *cache, const u8 *object,
		    struct span zone, struct carve_findings *findings)
{
	const u8 *wrong = first_wrong(&zone);
	struct carve_finding *f;

	if (!wrong)
		return;
	f = &findings->finding[findings->nr++];
	f->what = zone.what;
	f->value = zone.value;
	f->first = wrong - object;
	f->last = last_wrong(&zone) - object;
	copy_bytes(cache, object, f);
}

void carve_object_look(const struct carve_cache *cache, const void *object,
		       const struct carve_record *record,
		       struct carve_findings *findings)
{
	if (record->flags & CARVE_RECORD_RED) {
		look_at(cache, object, left_zone(cache, object, record),
			findings);
		look_at(cache, object, right_zone(cache, object, record),
			findings);
	}
	if (record->flags & CARVE_RECORD_POISONED)
		look_at(cache, object, poison_zone(cache, object), findings);
	if (findings->nr) {
		findings->object = object;
		findings->record = *record;
	}
}

/* A line to the reader of a report, or to the log */
static __printf(3, 4) void tell(const struct carve_cache *cache,
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

/* Lines of bytes with their distance from the start of the object */
static void tell_bytes(const struct carve_cache *cache,
		       const struct carve_finding *f, struct carve_report *r)
{
	int offset = max((int)round_down(f->first, BYTES_A_LINE),
			 -(int)cache->debug.left);
	unsigned int i;

	for (i = 0; i < f->nr_bytes; i += BYTES_A_LINE) {
		unsigned int n = min(f->nr_bytes - i, BYTES_A_LINE);
		char line[80];

		hex_dump_to_buffer(f->bytes + i, n, BYTES_A_LINE, 1, line,
				   sizeof(line), true);
		tell(cache, r, "  %+6d: %s", offset + (int)i, line);
	}
}

static void tell_track(const struct carve_cache *cache, const char *what,
		       const struct carve_track *track, struct carve_report *r)
{
	unsigned long *frames;
	unsigned int i, nr = carve_compat_stack_frames(track->stack, &frames);

	tell(cache, r, "  %s %u ms ago on CPU %u by pid %d:", what,
	     jiffies_to_msecs(jiffies - track->when), track->cpu, track->pid);
	if (!nr)
		tell(cache, r, "    %pS", (void *)track->caller);
	for (i = 0; i < nr; i++)
		tell(cache, r, "    %pS", (void *)frames[i]);
}

void carve_record_tell(const struct carve_cache *cache,
		       const struct carve_record *record,
		       struct carve_report *r)
{
	if (record->flags & CARVE_RECORD_ALLOCED)
		tell_track(cache, "allocated", &record->alloc, r);
	if (record->flags & CARVE_RECORD_FREED)
		tell_track(cache, record->flags & CARVE_RECORD_LIVE ?
			   "freed before that," : "freed", &record->free, r);
}

static void tell_finding(const struct carve_cache *cache, const void *object,
			 const struct carve_finding *f, struct carve_report *r)
{
	tell(cache, r, "cache %s: %s: bytes %d to %d of object %p of %u bytes are not 0x%02x",
	     cache->name, carve_damage_names[f->what], f->first, f->last,
	     object, cache->object_size, f->value);
	tell_bytes(cache, f, r);
}

static void tell_all(const struct carve_cache *cache,
		     const struct carve_findings *findings,
		     struct carve_report *r)
{
	unsigned int i;

	for (i = 0; i < findings->nr; i++)
		tell_finding(cache, findings->object, &findings->finding[i], r);
}

void carve_findings_tell(const struct carve_cache *cache,
			 const struct carve_findings *findings,
			 const char *when, unsigned long caller)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);

	if ((!findings->nr && !findings->counts) || !__ratelimit(&limit))
		return;
	if (findings->counts)
		tell(cache, NULL, "cache %s: %s", cache->name,
		     carve_damage_names[CARVE_DAMAGE_COUNTS]);
	tell_all(cache, findings, NULL);
	if (caller)
		tell(cache, NULL, "  found when it was %s by %pS", when,
		     (void *)caller);
	else
		tell(cache, NULL, "  found when it was %s", when);
	carve_record_tell(cache, &findings->record, NULL);
}

void carve_findings_report(const struct carve_cache *cache,
			   const struct carve_findings *findings,
			   struct carve_report *r)
{
	if (!findings->nr)
		return;
	r->violations += findings->nr;
	tell_all(cache, findings, r);
	carve_record_tell(cache, &findings->record, r);
}
