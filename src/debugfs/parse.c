// SPDX-License-Identifier: GPL-2.0
/*
 * Parser of the lines of the files alloc and free
 *
 * A line is split into words, which are consumed one after the other; the first
 * selects an entry of a table, which has the arguments. A function that parses
 * an argument returns 0, or -EINVAL with the reason in the reply. The parser of
 * an optional argument leaves a word that it doesn't recognize to the next one.
 * Words that remain are an error. All state is on the stack: no locking.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "debugfs/parse.h"
#include "lib/parse_size.h"
#include "slab/cache_types.h"

static_assert(CARVE_ALLOC_NAME_LEN == CARVE_CACHE_NAME_LEN);

int carve_parse_raw(const char *raw, size_t len, char line[CARVE_LINE_MAX + 1],
		    struct carve_reply *reply)
{
	bool blank = true;
	size_t i;

	if (len && raw[len - 1] == '\n')
		len--;
	if (len > CARVE_LINE_MAX)
		return carve_reply_error(reply, -EINVAL,
					 "more than %d characters",
					 CARVE_LINE_MAX);
	for (i = 0; i < len; i++) {
		if (raw[i] == '\n')
			return carve_reply_error(reply, -EINVAL,
						 "more than one line: write one at a time");
		if (raw[i] != '\t' && (!isascii(raw[i]) || !isprint(raw[i])))
			return carve_reply_error(reply, -EINVAL,
						 "character %zu is %#04x: a line is printable ASCII",
						 i + 1, (u8)raw[i]);
		blank &= isspace(raw[i]) != 0;
	}
	if (blank)
		return carve_reply_error(reply, -EINVAL, "an empty line");
	memcpy(line, raw, len);
	line[len] = '\0';
	return 0;
}

/* Words */

/* One more than the longest valid line has, to detect extra words */
#define MAX_WORDS 6

/* A line split into words; NULLs follow the last word */
struct words {
	char line[CARVE_LINE_MAX + 1];
	const char *word[MAX_WORDS + 1];
	unsigned int next;
};

static void split_words(struct words *words, const char *line)
{
	unsigned int n = 0;
	char *rest, *word;

	memset(words, 0, sizeof(*words));
	strscpy(words->line, line, sizeof(words->line));
	rest = words->line;
	while (n < MAX_WORDS && (word = strsep(&rest, " \t")))
		if (*word)
			words->word[n++] = word;
}

/* The next word, or NULL after the last; next_word() consumes it */
static const char *peek_word(const struct words *words)
{
	return words->word[words->next];
}

static const char *next_word(struct words *words)
{
	const char *word = peek_word(words);

	if (word)
		words->next++;
	return word;
}

/* Arguments: each function below parses the next word */

struct alloc_line {
	struct words words;
	const char *form;
	const struct carve_alloc_limits *limits;
	struct carve_alloc_request *request;
	struct carve_reply *reply;
};

static int parse_name(struct words *words, char name[CARVE_ALLOC_NAME_LEN],
		      const char *form, struct carve_reply *reply)
{
	const char *word = next_word(words);

	if (!word)
		return carve_reply_error(reply, -EINVAL,
					 "the cache's name is missing: %s",
					 form);
	if (strscpy(name, word, CARVE_ALLOC_NAME_LEN) < 0)
		return carve_reply_error(reply, -EINVAL,
					 "name \"%s\" has more than %d characters",
					 word, CARVE_ALLOC_NAME_LEN - 1);
	return 0;
}

static int parse_cache_name(struct alloc_line *line)
{
	return parse_name(&line->words, line->request->name, line->form,
			  line->reply);
}

static int parse_order(struct alloc_line *line)
{
	const char *word = next_word(&line->words);
	unsigned int *order = &line->request->order;

	if (!word)
		return carve_reply_error(line->reply, -EINVAL,
					 "the order is missing: %s",
					 line->form);
	if (!isdigit(*word) || kstrtouint(word, 10, order) ||
	    *order > line->limits->max_order)
		return carve_reply_error(line->reply, -EINVAL,
					 "order \"%s\" is not a number from 0 to %u",
					 word, line->limits->max_order);
	return 0;
}

/* Minimum and maximum of the size; returns a description of the maximum */
static const char *size_range(const struct alloc_line *line, u64 *least,
			      u64 *most)
{
	*least = 1;
	switch (line->request->what) {
	case CARVE_ALLOC_CACHE_CREATE:
		*most = CARVE_CACHE_MAX_SIZE;
		return "a cache's largest object";
	case CARVE_ALLOC_KMALLOC:
		/* 0 returns ZERO_SIZE_PTR */
		*least = 0;
		fallthrough;
	case CARVE_ALLOC_EXACT:
		*most = (u64)PAGE_SIZE << line->limits->max_order;
		return "this carveout's largest block";
	default:
		*most = line->limits->bytes;
		return "all of this carveout";
	}
}

static int parse_size(struct alloc_line *line)
{
	const char *word = next_word(&line->words);
	u64 least, most, size;
	const char *what;

	if (!word)
		return carve_reply_error(line->reply, -EINVAL,
					 "the size is missing: %s", line->form);
	if (carve_parse_size(word, &size))
		return carve_reply_error(line->reply, -EINVAL,
					 "size \"%s\" is not a number of bytes, or one with K, M or G behind it",
					 word);
	what = size_range(line, &least, &most);
	if (size < least || size > most)
		return carve_reply_error(line->reply, -EINVAL,
					 "size \"%s\" is not from %llu to %llu bytes, %s",
					 word, least, most, what);
	line->request->size = size;
	return 0;
}

static int parse_align(struct alloc_line *line)
{
	const char *word = next_word(&line->words);
	u64 align;

	if (!word)
		return 0;
	if (carve_parse_size(word, &align) || !is_power_of_2(align) ||
	    align > PAGE_SIZE)
		return carve_reply_error(line->reply, -EINVAL,
					 "alignment \"%s\" is not a power of two up to %lu",
					 word, PAGE_SIZE);
	line->request->align = align;
	return 0;
}

static const struct {
	const char *name;
	gfp_t flags;
} gfp_names[] = {
	{ "GFP_KERNEL", GFP_KERNEL },
	{ "GFP_ATOMIC", GFP_ATOMIC },
	{ "GFP_NOWAIT", GFP_NOWAIT },
	{ "GFP_NOIO", GFP_NOIO },
	{ "GFP_NOFS", GFP_NOFS },
	{ "GFP_USER", GFP_USER },
	{ "GFP_HIGHUSER", GFP_HIGHUSER },
	{ "GFP_DMA", GFP_DMA },
	{ "GFP_DMA32", GFP_DMA32 },
	{ "__GFP_HIGHMEM", __GFP_HIGHMEM },
	{ "__GFP_ZERO", __GFP_ZERO },
	{ "__GFP_COMP", __GFP_COMP },
	{ "__GFP_HIGH", __GFP_HIGH },
	{ "__GFP_NORETRY", __GFP_NORETRY },
	{ "__GFP_RETRY_MAYFAIL", __GFP_RETRY_MAYFAIL },
	{ "__GFP_NOWARN", __GFP_NOWARN },
	{ "__GFP_RECLAIMABLE", __GFP_RECLAIMABLE },
	{ "__GFP_MOVABLE", __GFP_MOVABLE },
};

/* __GFP_NOFAIL is not accepted, since a write must return */
static int add_gfp(struct alloc_line *line, const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gfp_names); i++)
		if (strlen(gfp_names[i].name) == len &&
		    !strncmp(gfp_names[i].name, name, len)) {
			line->request->gfp |= gfp_names[i].flags;
			return 0;
		}
	return carve_reply_error(line->reply, -EINVAL,
				 "unknown flag \"%.*s\": GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT, _NOIO, _NOFS, _USER, _HIGHUSER, _DMA or _DMA32, with |__GFP_ZERO, _COMP, _HIGH, _HIGHMEM, _NORETRY, _RETRY_MAYFAIL, _NOWARN, _RECLAIMABLE or _MOVABLE",
				 (int)len, name);
}

static bool is_times(const char *word)
{
	return *word == 'x';
}

static int parse_gfp(struct alloc_line *line)
{
	const char *word = peek_word(&line->words);
	int ret;

	/* The reply reports failures: keep them out of the log */
	line->request->gfp = __GFP_NOWARN;
	if (!word || is_times(word)) {
		line->request->gfp |= GFP_KERNEL;
		return 0;
	}
	next_word(&line->words);
	for (;;) {
		size_t len = strcspn(word, "|");

		ret = add_gfp(line, word, len);
		if (ret || !word[len])
			return ret;
		word += len + 1;
	}
}

static int parse_times(struct alloc_line *line)
{
	const char *word = peek_word(&line->words);
	unsigned int *times = &line->request->times;

	if (!word || !is_times(word))
		return 0;
	next_word(&line->words);
	if (!isdigit(word[1]) || kstrtouint(word + 1, 10, times) || !*times ||
	    *times > CARVE_TIMES_MAX)
		return carve_reply_error(line->reply, -EINVAL,
					 "count \"%s\" is not from x1 to x%d",
					 word, CARVE_TIMES_MAX);
	return 0;
}

/* Arguments in the order in which they are written */
enum {
	TAKES_NAME,
	TAKES_ORDER,
	TAKES_SIZE,
	TAKES_ALIGN,
	TAKES_GFP,
	TAKES_TIMES,
	NR_ARGUMENTS,
};

static int (*const take_argument[NR_ARGUMENTS])(struct alloc_line *line) = {
	[TAKES_NAME] = parse_cache_name,
	[TAKES_ORDER] = parse_order,
	[TAKES_SIZE] = parse_size,
	[TAKES_ALIGN] = parse_align,
	[TAKES_GFP] = parse_gfp,
	[TAKES_TIMES] = parse_times,
};

static const struct verb {
	const char *word;
	unsigned int arguments;
	const char *form;
} verbs[] = {
	[CARVE_ALLOC_PAGES] = {
		"pages", BIT(TAKES_ORDER) | BIT(TAKES_GFP) | BIT(TAKES_TIMES),
		"pages ORDER [GFP] [xN]",
	},
	[CARVE_ALLOC_EXACT] = {
		"exact", BIT(TAKES_SIZE) | BIT(TAKES_GFP) | BIT(TAKES_TIMES),
		"exact SIZE [GFP] [xN]",
	},
	[CARVE_ALLOC_KMALLOC] = {
		"kmalloc", BIT(TAKES_SIZE) | BIT(TAKES_GFP) | BIT(TAKES_TIMES),
		"kmalloc SIZE [GFP] [xN]",
	},
	[CARVE_ALLOC_CACHE_CREATE] = {
		"cache_create",
		BIT(TAKES_NAME) | BIT(TAKES_SIZE) | BIT(TAKES_ALIGN),
		"cache_create NAME SIZE [ALIGN]",
	},
	[CARVE_ALLOC_CACHE_ALLOC] = {
		"cache_alloc",
		BIT(TAKES_NAME) | BIT(TAKES_GFP) | BIT(TAKES_TIMES),
		"cache_alloc NAME [GFP] [xN]",
	},
	[CARVE_ALLOC_VMALLOC] = {
		"vmalloc", BIT(TAKES_SIZE) | BIT(TAKES_TIMES),
		"vmalloc SIZE [xN]",
	},
	[CARVE_ALLOC_VZALLOC] = {
		"vzalloc", BIT(TAKES_SIZE) | BIT(TAKES_TIMES),
		"vzalloc SIZE [xN]",
	},
};

static_assert(ARRAY_SIZE(verbs) == CARVE_NR_ALLOC_OPS);

static const struct verb *find_verb(const char *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].word, word))
			return &verbs[i];
	return NULL;
}

static int expect_end(struct words *words, const char *form,
		      struct carve_reply *reply)
{
	const char *word = next_word(words);

	if (!word)
		return 0;
	return carve_reply_error(reply, -EINVAL, "unexpected \"%s\": %s", word,
				 form);
}

int carve_parse_alloc(const char *text, const struct carve_alloc_limits *limits,
		      struct carve_alloc_request *request,
		      struct carve_reply *reply)
{
	struct alloc_line line = {
		.limits = limits, .request = request, .reply = reply,
	};
	const struct verb *verb;
	unsigned int i;
	int ret;

	split_words(&line.words, text);
	verb = find_verb(peek_word(&line.words) ?: "");
	if (!verb)
		return carve_reply_error(reply, -EINVAL,
					 "unknown word \"%s\": pages, exact, kmalloc, cache_create, cache_alloc, vmalloc or vzalloc",
					 peek_word(&line.words) ?: "");
	next_word(&line.words);
	line.form = verb->form;
	*request = (struct carve_alloc_request){
		.what = verb - verbs, .times = 1,
	};
	for (i = 0; i < NR_ARGUMENTS; i++) {
		if (!(verb->arguments & BIT(i)))
			continue;
		ret = take_argument[i](&line);
		if (ret)
			return ret;
	}
	return expect_end(&line.words, line.form, reply);
}

/* The file free, and the others */

#define FREE_FORMS "7, 7-16, all, or cache NAME"

/* Room for the digits of ULONG_MAX, with the NUL */
#define NUMBER_MAX 24

/* Parse a number of exactly @len digits */
static int parse_handle(const char *s, size_t len, unsigned long *handle)
{
	char number[NUMBER_MAX];

	if (!len || len >= sizeof(number) || strspn(s, "0123456789") < len)
		return -EINVAL;
	memcpy(number, s, len);
	number[len] = '\0';
	return kstrtoul(number, 10, handle);
}

static int parse_handles(const char *word, struct carve_free_request *request)
{
	size_t len = strcspn(word, "-");
	int ret;

	request->what = CARVE_FREE_HANDLES;
	ret = parse_handle(word, len, &request->first);
	request->last = request->first;
	if (!ret && word[len]) {
		word += len + 1;
		ret = parse_handle(word, strlen(word), &request->last);
	}
	return ret ?: request->first > request->last ? -EINVAL : 0;
}

int carve_parse_free(const char *line, struct carve_free_request *request,
		     struct carve_reply *reply)
{
	struct words words;
	const char *word;
	int ret = 0;

	split_words(&words, line);
	word = next_word(&words) ?: "";
	*request = (struct carve_free_request){ };
	if (!strcmp(word, "all")) {
		request->what = CARVE_FREE_ALL;
	} else if (!strcmp(word, "cache")) {
		request->what = CARVE_FREE_CACHE;
		ret = parse_name(&words, request->name, FREE_FORMS, reply);
	} else if (parse_handles(word, request)) {
		ret = carve_reply_error(reply, -EINVAL,
					"\"%s\" names no handles: " FREE_FORMS,
					word);
	}
	return ret ?: expect_end(&words, FREE_FORMS, reply);
}

int carve_parse_one(const char *line, struct carve_reply *reply)
{
	struct words words;
	const char *word;

	split_words(&words, line);
	word = next_word(&words) ?: "";
	if (strcmp(word, "1"))
		return carve_reply_error(reply, -EINVAL,
					 "unknown word \"%s\": write 1", word);
	return expect_end(&words, "write 1", reply);
}
