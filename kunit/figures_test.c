// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the read-only files, each against a known state. No two values of a
 * state are equal, so that values that are swapped are noticed.
 */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include <carveout.h>

#include "debugfs/extfrag.h"
#include "debugfs/handles.h"
#include "debugfs/info.h"
#include "debugfs/pagemap.h"
#include "debugfs/stats.h"
#include "kunit/file_fixture.h"
#include "kunit/fixture.h"
#include "page/block.h"
#include "page/zone_inline.h"
#include "slab/cache.h"

/* The output of carve_..._show(); valid until the next call */
static const char *shown(struct kunit *test,
			 int (*show)(struct seq_file *m, void *v))
{
	struct carve_file *ctx = test->priv;
	struct seq_file m = {
		.buf = ctx->text,
		.size = sizeof(ctx->text) - 1,
		.private = ctx->co,
	};

	memset(ctx->text, 0, sizeof(ctx->text));
	KUNIT_EXPECT_EQ(test, show(&m, NULL), 0);
	KUNIT_EXPECT_FALSE(test, seq_has_overflowed(&m));
	return ctx->text;
}

/* Expect a line of the text to begin with @line */
static __printf(3, 4) void expect_line(struct kunit *test, const char *text,
				       const char *format, ...)
{
	char line[256] = "\n";
	va_list args;

	va_start(args, format);
	vsnprintf(line + 1, sizeof(line) - 1, format, args);
	va_end(args);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(text, line + 1) ||
			      strstr(text, line), "no line '%s' in:\n%s",
			      line + 1, text);
}

static int figures_init(struct kunit *test)
{
	struct carve_file *ctx;
	int ret = carve_file_init(test);

	if (ret)
		return ret;
	ctx = test->priv;
	ctx->co->handles = kunit_kzalloc(test, sizeof(*ctx->co->handles), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->co->handles);
	return 0;
}

static void figures_exit(struct kunit *test)
{
	struct carve_file *ctx = test->priv;

	if (ctx && ctx->co)
		ctx->co->handles = NULL;
	carve_file_exit(test);
}

static struct carveout *ctx_carveout(struct kunit *test)
{
	struct carve_file *ctx = test->priv;

	return ctx->co;
}

/* stats */

#define NO_FIGURE S64_MIN

/* The value of that name, in lines of a name and a value */
static s64 figure(const char *text, const char *name)
{
	const char *line = text;
	long long value;
	int len = strlen(name);

	while (*line) {
		if (!strncmp(line, name, len) && line[len] == ' ' &&
		    sscanf(line + len, " %lld", &value) == 1)
			return value;
		line = strchrnul(line, '\n');
		line += *line == '\n';
	}
	return NO_FIGURE;
}

static char *stats_before(struct kunit *test)
{
	const char *text = shown(test, carve_stats_show);
	char *copy = kunit_kzalloc(test, strlen(text) + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	return memcpy(copy, text, strlen(text) + 1);
}

static void expect_figure(struct kunit *test, const char *text,
			  const char *name, s64 expected)
{
	KUNIT_EXPECT_EQ_MSG(test, figure(text, name), expected, "%s", name);
}

/* Values that are counted, and the amount by which bump() raises each */
static const struct {
	const char *name;
	s64 by;
} counted[] = {
	{ "reserve_us", 11 }, { "setup_us", 12 }, { "descriptors_us", 13 },
	{ "pcp_refills", 14 }, { "pcp_flushes", 15 },
	{ "magazine_refills", 16 }, { "magazine_flushes", 17 },
	{ "window_us", 18 }, { "kmap_used", 19 }, { "kmap_maps", 20 },
	{ "kmap_flushes", 21 }, { "kmap_waits", 22 }, { "dma_buffers", 23 },
	{ "dma_refused", 24 }, { "failed_allocations", 25 },
	{ "bad_frees", 26 }, { "bad_reallocs", 27 }, { "bad_splits", 28 },
	{ "bad_kmaps", 29 }, { "handles", 30 },
};

static void bump(struct carveout *co, int sign)
{
	struct carve_cache *cache =
		list_first_entry(&co->slabs.caches, struct carve_cache, list);
	struct carve_magazine *objects = cache->magazines.cpu[0];
	struct carve_pcp *pcp = co->pages.zone[0].pcp[0][0];
	struct carve_magazine *pages = pcp->magazines.cpu[0];
	atomic_long_t *misuses = co->pages.nr_misuses;
	s64 us = sign * (s64)NSEC_PER_USEC;

	co->region[0].reserve_ns += 11 * us;
	co->setup_ns += 12 * us;
	co->pages.deferred_init_ns += 13 * us;
	pages->refills += sign * 14;
	pages->flushes += sign * 15;
	objects->refills += sign * 16;
	objects->flushes += sign * 17;
	co->vmap.setup.ns += 18 * us;
	co->kmap.nr_used += sign * 19;
	co->kmap.nr_maps += sign * 20;
	co->kmap.nr_flushes += sign * 21;
	atomic_long_add(sign * 22, &co->kmap.nr_waits);
	atomic_long_add(sign * 23, &co->dma.nr_buffers);
	atomic_long_add(sign * 24, &co->dma.nr_refused);
	atomic_long_add(sign * 25, &co->pages.nr_failed);
	atomic_long_add(sign * 26, &misuses[CARVE_MISUSE_FREE]);
	atomic_long_add(sign * 27, &misuses[CARVE_MISUSE_REALLOC]);
	atomic_long_add(sign * 28, &misuses[CARVE_MISUSE_SPLIT]);
	atomic_long_add(sign * 29, &misuses[CARVE_MISUSE_KMAP]);
	co->handles->nr += sign * 30;
}

static s64 raised_by(const char *line)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(counted); i++)
		if (!strncmp(line, counted[i].name, strlen(counted[i].name)) &&
		    line[strlen(counted[i].name)] == ' ')
			return counted[i].by;
	return 0;
}

/* Each value is raised by its own counter only */
static void stats_count_each_event_once(struct kunit *test)
{
	char *before = stats_before(test), *line, *lines = before;
	const char *after;
	char name[32];
	int raised = 0;

	bump(ctx_carveout(test), 1);
	after = shown(test, carve_stats_show);
	bump(ctx_carveout(test), -1);
	while ((line = strsep(&lines, "\n")) && *line) {
		long long value;

		if (sscanf(line, "%31s %lld", name, &value) != 2)
			continue;
		expect_figure(test, after, name, value + raised_by(line));
		raised += raised_by(line) != 0;
	}
	KUNIT_EXPECT_EQ(test, raised, ARRAY_SIZE(counted));
}

/* Types of pages in use; 2^n pages are allocated of the nth */
static const struct {
	enum carve_page_state state;
	const char *name;
	char letter;
} taken[] = {
	{ CARVE_PAGE_USED, "pages_used", 'P' },
	{ CARVE_PAGE_LARGE, "pages_large", 'K' },
	{ CARVE_PAGE_AREA, "pages_area", 'V' },
	{ CARVE_PAGE_DMA, "pages_dma", 'D' },
	{ CARVE_PAGE_META, "pages_cache_meta", 'M' },
	{ CARVE_PAGE_USER, "pages_user", 'U' },
	{ CARVE_PAGE_INDEX, "pages_user_index", 'I' },
};

/* The other types */
static const struct {
	const char *name;
	char letter;
} others[] = {
	{ "pages_boot", 'B' }, { "pages_slab", 'S' }, { "pages_pcp", 'C' },
	{ "pages_free", '.' },
};

/* The values add up, and the page map agrees */
static void expect_kinds(struct kunit *test)
{
	char *stats = stats_before(test);
	const char *map = shown(test, carve_pagemap_show);
	s64 sum = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(taken) + ARRAY_SIZE(others); i++) {
		int other = i - (int)ARRAY_SIZE(taken);
		const char *name = other < 0 ? taken[i].name : others[other].name;
		char letter = other < 0 ? taken[i].letter : others[other].letter;

		KUNIT_EXPECT_GT_MSG(test, figure(stats, name), 0, "%s", name);
		expect_line(test, map, "%c %8lld ", letter, figure(stats, name));
		sum += figure(stats, name);
	}
	KUNIT_EXPECT_EQ(test, sum, CARVE_FIXTURE_SIZE >> PAGE_SHIFT);
	expect_figure(test, stats, "pages", CARVE_FIXTURE_SIZE >> PAGE_SHIFT);
}

/* Memory hidden from the kernel at boot isn't in MemTotal */
static void stats_show_what_meminfo_counts_as_used(struct kunit *test)
{
	struct carveout *co = ctx_carveout(test);
	const struct carve_region_source *before = co->region[0].source;
	struct carve_region_source hidden = *before;

	expect_figure(test, shown(test, carve_stats_show), "meminfo_used_bytes",
		      carveout_bytes(co));
	hidden.managed = false;
	co->region[0].source = &hidden;
	expect_figure(test, shown(test, carve_stats_show), "meminfo_used_bytes",
		      carveout_bytes(co) - carve_region_bytes(&co->region[0]));
	co->region[0].source = before;
}

static void stats_show_page_types(struct kunit *test)
{
	struct carveout *co = ctx_carveout(test);
	struct carve_page *page[ARRAY_SIZE(taken)];
	void *object = carve_kmalloc(co, 64, GFP_KERNEL);
	char *before = stats_before(test);
	const char *after;
	int i;

	for (i = 0; i < ARRAY_SIZE(taken); i++) {
		page[i] = __carve_pages_alloc(&co->pages, GFP_KERNEL, i,
					      taken[i].state);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
	}
	after = shown(test, carve_stats_show);
	for (i = 0; i < ARRAY_SIZE(taken); i++)
		expect_figure(test, after, taken[i].name,
			      figure(before, taken[i].name) + BIT(i));
	expect_figure(test, after, "pages_boot", carve_boot_pages(&co->boot));
	expect_figure(test, after, "pages_pcp",
		      carve_zone_nr_pcp(&co->pages.zone[0]));
	expect_figure(test, after, "pages_free",
		      carve_zone_nr_free(&co->pages.zone[0]));
	expect_figure(test, after, "pages_managed",
		      co->pages.zone[0].nr_managed);
	expect_figure(test, after, "bytes", CARVE_FIXTURE_SIZE);
	expect_figure(test, after, "metadata_bytes",
		      carve_boot_pages(&co->boot) << PAGE_SHIFT);
	expect_kinds(test);
	for (i = 0; i < ARRAY_SIZE(taken); i++)
		__carve_pages_free(&co->pages, page[i], i);
	carve_kfree(co, object);
}

/* A cache with two slabs and part of a third, and one object in a magazine */
static struct carve_cache *filled_cache(struct kunit *test, void **first,
					unsigned long *n)
{
	struct carve_cache *cache = carve_cache_create(ctx_carveout(test),
						       "figures", 250, 0, 0,
						       NULL);

	KUNIT_ASSERT_NOT_NULL(test, cache);
	/* A batch of one, so that refills take no more objects than requested */
	KUNIT_ASSERT_TRUE(test, carve_magazines_tune(&cache->magazines, 1, 5));
	*n = 2 * cache->oo.nr_objects + 4;
	*first = carve_fixture_take_objects(cache, n);
	KUNIT_ASSERT_EQ(test, *n, 2 * cache->oo.nr_objects + 4);
	return cache;
}

static void stats_show_objects(struct kunit *test)
{
	char *before = stats_before(test);
	struct carve_cache *cache;
	const char *after;
	unsigned long n;
	void *first, *one;

	cache = filled_cache(test, &first, &n);
	one = carve_cache_alloc(cache, GFP_KERNEL);
	carve_cache_free(cache, one);
	after = shown(test, carve_stats_show);
	expect_figure(test, after, "caches", figure(before, "caches") + 1);
	expect_figure(test, after, "slabs", figure(before, "slabs") + 3);
	expect_figure(test, after, "objects", figure(before, "objects") + n);
	expect_figure(test, after, "objects_cached",
		      figure(before, "objects_cached") + 1);
	expect_figure(test, after, "object_room", figure(before, "object_room") +
		      3 * cache->oo.nr_objects);
	carve_fixture_give_objects(cache, first);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

static void stats_show_areas(struct kunit *test)
{
	struct carveout *co = ctx_carveout(test);
	struct carve_vmap_usage usage;
	const char *text;
	void *area[5];
	int i;

	for (i = 0; i < ARRAY_SIZE(area); i++)
		area[i] = carve_vmalloc(co, (i + 2) * PAGE_SIZE);
	/* Two of them, of 5 and of 6 pages, are cached or lazy */
	carve_vfree(co, area[3]);
	carve_vfree(co, area[4]);
	usage = carve_fixture_areas(co);
	text = shown(test, carve_stats_show);
	expect_figure(test, text, "areas", 3);
	expect_figure(test, text, "area_pages", 2 + 3 + 4);
	expect_figure(test, text, "areas_cached", usage.nr_cached);
	expect_figure(test, text, "areas_cached_pages", usage.nr_cached_pages);
	expect_figure(test, text, "areas_to_flush", usage.nr_lazy);
	expect_figure(test, text, "window_pages",
		      carve_window_nr_pages(&co->vmap.window));
	for (i = 0; i < 3; i++)
		carve_vfree(co, area[i]);
}

static void stats_show_user_space_pages(struct kunit *test)
{
	struct carveout *co = ctx_carveout(test);
	struct carve_object *object[3];
	struct page *page[2];
	const char *text;
	int i;

	for (i = 0; i < ARRAY_SIZE(object); i++) {
		object[i] = carve_object_open(&co->user, NULL);
		KUNIT_ASSERT_NOT_NULL(test, object[i]);
	}
	for (i = 0; i < ARRAY_SIZE(page); i++) {
		page[i] = carve_object_get_page(object[0], i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page[i]);
	}
	text = shown(test, carve_stats_show);
	expect_figure(test, text, "user_files", 3);
	expect_figure(test, text, "user_mapped_bytes", 0);
	expect_figure(test, text, "user_touched_bytes", 2 * PAGE_SIZE);
	expect_figure(test, text, "user_pinned_bytes", 2 * PAGE_SIZE);
	for (i = 0; i < ARRAY_SIZE(page); i++)
		put_page(page[i]);
	for (i = 0; i < ARRAY_SIZE(object); i++)
		carve_object_close(object[i]);
}

/* stats.json */

static const char *skip_string(const char *s)
{
	if (!s || *s != '"')
		return NULL;
	while (*++s && *s != '"')
		if (*s == '\\' || !isprint(*s))
			return NULL;
	return *s ? s + 1 : NULL;
}

/* A whole number or a string; the file has no other values */
static const char *skip_value(const char *s)
{
	if (*s == '"')
		return skip_string(s);
	s += *s == '-';
	if (!isdigit(*s))
		return NULL;
	while (isdigit(*s))
		s++;
	return s;
}

/* If the member that begins at @s is valid JSON, return its end, else NULL */
static const char *skip_member(const char *s)
{
	s = skip_string(skip_spaces(s));
	if (!s)
		return NULL;
	s = skip_spaces(s);
	return *s == ':' ? skip_value(skip_spaces(s + 1)) : NULL;
}

static void json_is_valid_and_matches_stats(struct kunit *test)
{
	char *lines = stats_before(test);
	const char *s = skip_spaces(shown(test, carve_stats_json_show));
	char name[32];
	int members = 0;

	KUNIT_ASSERT_EQ(test, *s, '{');
	do {
		long long value;

		s = skip_spaces(s + 1);
		if (sscanf(s, "\"%31[a-z_]\": %lld", name, &value) == 2)
			expect_figure(test, lines, name, value);
		members++;
		s = skip_member(s);
		KUNIT_ASSERT_NOT_NULL(test, s);
		s = skip_spaces(s);
	} while (*s == ',');
	KUNIT_EXPECT_EQ(test, *s, '}');
	KUNIT_EXPECT_STREQ(test, skip_spaces(s + 1), "");
	/* One line for each, except the name, which stats doesn't show */
	for (; *lines; lines++)
		members -= *lines == '\n';
	KUNIT_EXPECT_EQ(test, members, 1);
}

/* Files about free blocks */

/* Free @nr of the pages that were allocated singly, starting with this one */
static void free_singles(struct carveout *co, struct carve_page *page, int nr)
{
	while (nr--)
		carve_free_page(co, page++);
}

/*
 * Leave only these blocks free: long-lived, two of order 0 and after them one of
 * order 2, which is returned; and short-lived, one of order 3, which is the
 * first of the two @halves of a pageblock.
 */
static u32 leave_few_blocks(struct kunit *test, struct carve_page *halves[2])
{
	struct carveout *co = ctx_carveout(test);
	struct carve_zone *zone = &co->pages.zone[0];
	unsigned int half = zone->buddy.block_order - 1;
	gfp_t all = GFP_KERNEL | __GFP_NOWARN | __GFP_HIGH;
	unsigned long pfn = zone->region->start_pfn;
	u32 at = ALIGN(pfn + carve_boot_pages(&co->boot), 8) - pfn;
	int i;

	carve_fixture_collect(co);
	for (i = 0; i < 2; i++) {
		halves[i] = carve_alloc_pages(co, all | __GFP_RECLAIMABLE,
					      half);
		KUNIT_ASSERT_NOT_NULL(test, halves[i]);
		carve_split_page(co, halves[i], half);
	}
	while (carve_alloc_page(co, all))
		;
	free_singles(co, &zone->map[at], 1);
	free_singles(co, &zone->map[at + 2], 1);
	free_singles(co, &zone->map[at + 4], 4);
	free_singles(co, halves[0], 8);
	carve_fixture_collect(co);
	return at;
}

static void free_all_singles(struct kunit *test)
{
	struct carveout *co = ctx_carveout(test);
	u32 i;

	for (i = 0; i < co->pages.nr_pages; i++)
		if (co->pages.map[i].state == CARVE_PAGE_USED)
			free_singles(co, &co->pages.map[i], 1);
}

#define NR_COLUMNS 6

/* The content of the files in this state, by order; fractions in thousandths */
static const struct {
	int (*show)(struct seq_file *m, void *v);
	const char *type;
	int column[NR_COLUMNS];
} rows[] = {
	{ carve_buddyinfo_show, "", { 2, 0, 1, 1, 0, 0 } },
	{ carve_pagetypeinfo_show, ", type    Unmovable", { 2, 0, 1, 0, 0, 0 } },
	{ carve_pagetypeinfo_show, ", type  Reclaimable", { 0, 0, 0, 1, 0, 0 } },
	{ carve_unusable_index_show, "", { 0, 142, 142, 428, 1000, 1000 } },
	{ carve_extfrag_index_show, "", { -1000, -1000, -1000, -1000, 532, 641 } },
};

/* Parse a number, in thousandths if it has a point, and move @s behind it */
static int next_column(const char **s)
{
	int whole, thousandths, length;

	if (sscanf(*s, " %d.%d%n", &whole, &thousandths, &length) == 2)
		whole = whole * 1000 + thousandths;
	else if (sscanf(*s, " %d%n", &whole, &length) != 1)
		return INT_MIN;
	*s += length;
	return whole;
}

static void expect_columns(struct kunit *test, int i)
{
	const struct carve_zone *zone = &ctx_carveout(test)->pages.zone[0];
	const char *s = shown(test, rows[i].show);
	int order, column;
	char head[64];

	snprintf(head, sizeof(head), "zone %8s%s ", carve_zone_name(zone),
		 rows[i].type);
	s = strstr(s, head);
	KUNIT_ASSERT_NOT_NULL_MSG(test, s, "%s", head);
	s += strlen(head);
	for (order = 0; order <= zone->buddy.max_order; order++) {
		column = next_column(&s);
		KUNIT_EXPECT_NE(test, column, INT_MIN);
		if (order < NR_COLUMNS)
			KUNIT_EXPECT_EQ_MSG(test, column, rows[i].column[order],
					    "row %d, order %d", i, order);
	}
	KUNIT_EXPECT_EQ(test, *skip_spaces(s) == 'N' || !*skip_spaces(s), true);
}

/* The row of pairs with bits for @nr pairs, starting with that of @index */
static void expect_pairs(struct kunit *test, const char *text,
			 unsigned int order, u32 index, int nr)
{
	const struct carve_buddy *b = &ctx_carveout(test)->pages.zone[0].buddy;
	u32 pair = ((index + b->skew) >> (order + 1)) -
		   (b->skew >> (order + 1));
	u32 nr_pairs = carve_buddy_nr_pairs(b, order);
	u32 first = round_down(pair, 64);
	char row[65] = { };

	memset(row, '0', min(nr_pairs - first, 64U));
	memset(row + pair - first, '1', nr);
	expect_line(test, text, "order %u: %u pairs\n  %8u %s\norder %u:",
		    order, nr_pairs, first, row, order + 1);
}

static void free_blocks_are_shown_by_order(struct kunit *test)
{
	const struct carve_zone *zone = &ctx_carveout(test)->pages.zone[0];
	struct carve_page *halves[2];
	const char *pairs;
	u32 at;
	int i;

	at = leave_few_blocks(test, halves);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		expect_columns(test, i);
	pairs = shown(test, carve_pairs_show);
	expect_pairs(test, pairs, 0, at, 2);
	expect_pairs(test, pairs, 2, at + 4, 1);
	expect_pairs(test, pairs, 3, carve_page_index(zone, halves[0]), 1);
	expect_figure(test, shown(test, carve_stats_show), "largest_free_order",
		      3);
	free_all_singles(test);
}

/* zoneinfo */

static void zoneinfo_shows_watermarks_and_pages(struct kunit *test)
{
	struct carveout *co = ctx_carveout(test);
	struct carve_zone *zone = &co->pages.zone[0];
	const struct carve_magazines *ms = &zone->pcp[0][0]->magazines;
	unsigned long pages = CARVE_FIXTURE_SIZE >> PAGE_SHIFT;
	int cpu = raw_smp_processor_id();
	const char *text;

	carve_free_page(co, carve_alloc_page(co, GFP_KERNEL));
	zone->watermark[CARVE_WMARK_MIN] = 41;
	zone->watermark[CARVE_WMARK_LOW] = 52;
	zone->watermark[CARVE_WMARK_HIGH] = 63;
	text = shown(test, carve_zoneinfo_show);
	carve_zone_set_watermarks(zone, 0);
	expect_line(test, text, "Node %d, zone %8s\n", 0, carve_zone_name(zone));
	expect_line(test, text, "  pages free     %lu\n        min      41\n        low      52\n        high     63\n        spanned  %lu\n        present  %lu\n        managed  %lu\n      nr_free_pages %lu\n  pagesets\n",
		    zone->buddy.nr_free, pages, pages,
		    pages - carve_boot_pages(&co->boot), zone->buddy.nr_free);
	expect_line(test, text, "    cpu: %d\n              count:    %lu\n              high:     %lu\n              batch:    %u\n",
		    cpu, carve_magazines_count(ms), ms->cpu[cpu]->capacity,
		    ms->batch);
	expect_line(test, text, "  start_pfn:           %lu\n",
		    zone->region->start_pfn);
}

/* slabinfo */

static void slabinfo_shows_objects_and_slabs(struct kunit *test)
{
	unsigned long n;
	void *first;
	struct carve_cache *cache = filled_cache(test, &first, &n);
	const struct carve_magazines *ms = &cache->magazines;
	const struct carve_cache_node *node = &cache->oo;
	void *empty[64];
	int i;

	/* One more slab, which is empty, and three objects in deferred free */
	KUNIT_ASSERT_LE(test, node->nr_objects, ARRAY_SIZE(empty));
	carve_cache_keep_empty(cache, 3);
	for (i = 0; i < node->nr_objects; i++)
		empty[i] = carve_cache_alloc(cache, GFP_KERNEL);
	for (i = 0; i < node->nr_objects; i++)
		carve_cache_free(cache, empty[i]);
	carve_fixture_drain_cache(cache);
	KUNIT_ASSERT_EQ(test, node->empty.nr, 1);
	expect_line(test, shown(test, carve_slabinfo_show),
		    "%-17s %6lu %6u %6u %4u %4d : tunables %4u %4u %4u : slabdata %6u %6u %6u\n",
		    "figures", n, 4 * node->nr_objects, node->size,
		    node->nr_objects, 1 << node->order, 5, 1,
		    num_possible_cpus() + 1, 3, 4, ms->depot->nr_items);
	carve_fixture_give_objects(cache, first);
	KUNIT_EXPECT_EQ(test, carve_cache_destroy(cache), 0);
}

/* vmallocinfo */

static void vmallocinfo_shows_areas(struct kunit *test)
{
	struct carveout *co = ctx_carveout(test);
	struct carve_page *pages[2];
	void *area, *mapped;
	const char *text;
	char line[64];
	int i;

	for (i = 0; i < 2; i++)
		pages[i] = carve_alloc_page(co, GFP_KERNEL);
	area = carve_vmalloc(co, 3 * PAGE_SIZE);
	mapped = carve_vmap(co, pages, 2);
	text = shown(test, carve_vmallocinfo_show);
	/* As in /proc/vmallocinfo, sizes include the guard page */
	snprintf(line, sizeof(line), " %7lu %pS", 4 * PAGE_SIZE,
		 (void *)vmallocinfo_shows_areas);
	*strchrnul(line, '+') = '\0';
	KUNIT_EXPECT_TRUE_MSG(test, strstr(text, line), "%s:\n%s", line, text);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(text, " pages=3 vmalloc N0=3\n"),
			      "%s", text);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(text, " pages=2 vmap\n"), "%s", text);
	carve_vunmap(co, mapped);
	carve_vfree(co, area);
	for (i = 0; i < 2; i++)
		carve_free_page(co, pages[i]);
}

/* bootmem */

static void bootmem_sizes_add_up(struct kunit *test)
{
	const char *line = shown(test, carve_bootmem_show);
	struct carveout *co = ctx_carveout(test);
	unsigned long offset, size, bytes = 0, end = 0;
	unsigned int nr = 0, tenths;

	for (; line; line = strchr(line + 1, '\n')) {
		if (sscanf(line, " %lx %lu", &offset, &size) != 2)
			continue;
		KUNIT_EXPECT_GE(test, offset, end);
		end = offset + size;
		bytes += size;
		nr++;
	}
	KUNIT_EXPECT_EQ(test, DIV_ROUND_UP(end, PAGE_SIZE),
			carve_boot_pages(&co->boot));
	tenths = DIV_ROUND_CLOSEST(carve_boot_pages(&co->boot) * 1000,
				   (unsigned long)CARVE_FIXTURE_SIZE >> PAGE_SHIFT);
	expect_line(test, shown(test, carve_bootmem_show),
		    "# %u things, %lu bytes in %lu pages: %u.%u %% of the carveout is metadata\n",
		    nr, bytes, carve_boot_pages(&co->boot), tenths / 10,
		    tenths % 10);
}

static struct kunit_case figures_cases[] = {
	KUNIT_CASE(stats_count_each_event_once),
	KUNIT_CASE(stats_show_what_meminfo_counts_as_used),
	KUNIT_CASE(stats_show_page_types),
	KUNIT_CASE(stats_show_objects),
	KUNIT_CASE(stats_show_areas),
	KUNIT_CASE(stats_show_user_space_pages),
	KUNIT_CASE(json_is_valid_and_matches_stats),
	KUNIT_CASE(free_blocks_are_shown_by_order),
	KUNIT_CASE(zoneinfo_shows_watermarks_and_pages),
	KUNIT_CASE(slabinfo_shows_objects_and_slabs),
	KUNIT_CASE(vmallocinfo_shows_areas),
	KUNIT_CASE(bootmem_sizes_add_up),
	{ }
};

static struct kunit_suite figures_suite = {
	.name = "carveout_figures",
	.init = figures_init,
	.exit = figures_exit,
	.test_cases = figures_cases,
};

kunit_test_suite(figures_suite);
