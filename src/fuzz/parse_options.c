// SPDX-License-Identifier: GPL-2.0
/*
 * Parser of the lines of the file fuzz: words KEY=VALUE in any order, each at
 * most once. A table has a parser for the value of each key; at the end,
 * combinations of options are checked. All state is on the stack: no locking.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/string.h>

#include "debugfs/parse.h"
#include "fuzz/ops.h"
#include "fuzz/parse_options.h"

#define DEFAULT_STEPS 10000
/* Fewer for a sweep: it makes about as many runs as there are steps */
#define DEFAULT_SWEEP_STEPS 100
#define DEFAULT_SECONDS 60

static int read_number(const char *key, const char *value, u64 least, u64 most,
		       u64 *number, struct carve_reply *reply)
{
	if (isdigit(*value) && !kstrtou64(value, 0, number) &&
	    *number >= least && *number <= most)
		return 0;
	return carve_reply_error(reply, -EINVAL,
				 "%s=\"%s\" is not a number from %llu to %llu",
				 key, value, least, most);
}

/* Refuse an unknown name, with a list of all names */
static int name_unknown(const char *key, const char *name,
			const char * const *names, unsigned int nr,
			struct carve_reply *reply)
{
	char list[120] = "";
	unsigned int i;

	for (i = 0; i < nr; i++) {
		strlcat(list, i ? ", " : "", sizeof(list));
		strlcat(list, names[i], sizeof(list));
	}
	return carve_reply_error(reply, -EINVAL,
				 "%s: \"%s\" is none of %s", key, name, list);
}

/* Parse NAME,NAME… to a bit for each name */
static int read_names(const char *key, char *value, const char * const *names,
		      unsigned int nr, unsigned int *bits,
		      struct carve_reply *reply)
{
	char *name;

	*bits = 0;
	while ((name = strsep(&value, ","))) {
		int i = match_string(names, nr, name);

		if (i < 0)
			return name_unknown(key, name, names, nr, reply);
		*bits |= BIT(i);
	}
	return 0;
}

/* Parsers of values */

static int read_seed(const char *key, char *value, struct carve_fuzz_options *o,
		     struct carve_reply *reply)
{
	return read_number(key, value, 0, U64_MAX, &o->seed, reply);
}

static int read_steps(const char *key, char *value,
		      struct carve_fuzz_options *o, struct carve_reply *reply)
{
	return read_number(key, value, 1, CARVE_FUZZ_MAX_STEPS, &o->steps,
			   reply);
}

static int read_cpus(const char *key, char *value, struct carve_fuzz_options *o,
		     struct carve_reply *reply)
{
	u64 cpus;
	int ret = read_number(key, value, 1, CARVE_FUZZ_MAX_CPUS, &cpus, reply);

	o->cpus = ret ? 0 : cpus;
	return ret;
}

static int read_contexts(const char *key, char *value,
			 struct carve_fuzz_options *o,
			 struct carve_reply *reply)
{
	return read_names(key, value, carve_fuzz_contexts,
			  CARVE_FUZZ_NR_CONTEXTS, &o->contexts, reply);
}

static int read_layers(const char *key, char *value,
		       struct carve_fuzz_options *o, struct carve_reply *reply)
{
	return read_names(key, value, carve_fuzz_layers, CARVE_FUZZ_NR_LAYERS,
			  &o->layers, reply);
}

static int read_fail_nth(const char *key, char *value,
			 struct carve_fuzz_options *o,
			 struct carve_reply *reply)
{
	u64 nth;
	int ret;

	o->fail_nth = CARVE_FUZZ_SWEEP;
	if (!strcmp(value, "sweep"))
		return 0;
	ret = read_number(key, value, 1, INT_MAX, &nth, reply);
	o->fail_nth = nth;
	return ret ? carve_reply_error(reply, ret,
				       "fail_nth=\"%s\" is neither sweep nor a number from 1 to %d",
				       value, INT_MAX) : 0;
}

static int read_hotplug(const char *key, char *value,
			struct carve_fuzz_options *o,
			struct carve_reply *reply)
{
	u64 hotplug;
	int ret = read_number(key, value, 0, 1, &hotplug, reply);

	o->hotplug = !ret && hotplug;
	return ret;
}

static int read_seconds(const char *key, char *value,
			struct carve_fuzz_options *o,
			struct carve_reply *reply)
{
	u64 seconds;
	int ret = read_number(key, value, 1, CARVE_FUZZ_MAX_SECONDS, &seconds,
			      reply);

	o->seconds = ret ? 0 : seconds;
	return ret;
}

enum { SEED, STEPS, CPUS, CONTEXTS, LAYERS, FAIL_NTH, HOTPLUG, SECONDS, NR_KEYS };

static const struct {
	const char *key;
	int (*read)(const char *key, char *value, struct carve_fuzz_options *o,
		    struct carve_reply *reply);
} keys[NR_KEYS] = {
	[SEED] = { "seed", read_seed },
	[STEPS] = { "steps", read_steps },
	[CPUS] = { "cpus", read_cpus },
	[CONTEXTS] = { "contexts", read_contexts },
	[LAYERS] = { "layers", read_layers },
	[FAIL_NTH] = { "fail_nth", read_fail_nth },
	[HOTPLUG] = { "hotplug", read_hotplug },
	[SECONDS] = { "seconds", read_seconds },
};

static unsigned int find_key(const char *word)
{
	unsigned int i;

	for (i = 0; i < NR_KEYS; i++)
		if (!strcmp(keys[i].key, word))
			break;
	return i;
}

/* Parse KEY=VALUE; @seen has a bit for each key so far */
static int read_word(char *word, unsigned int *seen,
		     struct carve_fuzz_options *o, struct carve_reply *reply)
{
	char *value = word;
	const char *key = strsep(&value, "=");
	unsigned int i = find_key(key);

	if (i == NR_KEYS || !value)
		return carve_reply_error(reply, -EINVAL,
					 "\"%s\" is none of seed=, steps=, cpus=, contexts=, layers=, fail_nth=, hotplug=, seconds=",
					 key);
	if (*seen & BIT(i))
		return carve_reply_error(reply, -EINVAL, "%s= comes twice",
					 key);
	*seen |= BIT(i);
	return keys[i].read(key, value, o, reply);
}

static int check_combination(const struct carve_fuzz_options *o, struct carve_reply *reply)
{
	if (!(o->contexts & CARVE_FUZZ_SERIAL_CONTEXTS))
		return carve_reply_error(reply, -EINVAL,
					 "contexts=nested interrupts other contexts: name one of these, too");
	if (o->fail_nth && !carve_fuzz_is_serial(o))
		return carve_reply_error(reply, -EINVAL,
					 "fail_nth= needs cpus=1, and neither contexts=nested nor hotplug=1");
	if (o->hotplug && o->cpus < 2)
		return carve_reply_error(reply, -EINVAL,
					 "hotplug=1 needs cpus=2 or more");
	return 0;
}

int carve_parse_fuzz(const char *line, struct carve_fuzz_options *options,
		     struct carve_reply *reply)
{
	char copy[CARVE_LINE_MAX + 1];
	char *rest = copy, *word;
	unsigned int seen = 0;
	int ret = 0;

	strscpy(copy, line, sizeof(copy));
	*options = (struct carve_fuzz_options){
		.seed = get_random_u32(), .cpus = 1,
		.contexts = CARVE_FUZZ_SERIAL_CONTEXTS,
		.layers = CARVE_FUZZ_ALL_LAYERS, .seconds = DEFAULT_SECONDS,
	};
	while (!ret && (word = strsep(&rest, " \t")))
		if (*word)
			ret = read_word(word, &seen, options, reply);
	if (!options->steps)
		options->steps = options->fail_nth == CARVE_FUZZ_SWEEP ?
				 DEFAULT_SWEEP_STEPS : DEFAULT_STEPS;
	return ret ?: check_combination(options, reply);
}
