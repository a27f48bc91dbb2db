// SPDX-License-Identifier: GPL-2.0
/*
 * The files create and remove, which add and remove carveouts at run time.
 * create takes one specification in the syntax of the parameter carveouts=,
 * remove takes a name. core/registry.c has the locking.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "core/instance.h"
#include "core/registry.h"
#include "core/spec.h"
#include "debugfs/manage.h"
#include "debugfs/parse.h"

static int run_create(void *context, const char *line,
		      struct carve_reply *reply)
{
	struct carveout_request request = { };
	char spec[CARVE_LINE_MAX + 1];
	int ret;

	strscpy(spec, line, sizeof(spec));
	ret = carve_parse_spec(spec, &request);
	if (!ret)
		ret = carveout_add(&request);
	if (ret)
		return carve_reply_error(reply, ret, "%s", request.refusal);
	carve_reply_set(reply, "created %s", request.name);
	return 0;
}

static int run_remove(void *context, const char *line,
		      struct carve_reply *reply)
{
	int ret = carveout_remove(line);

	if (ret == -EBUSY)
		return carve_reply_error(reply, ret,
					 "%s is in use: see its files allocations and handles, or the log",
					 line);
	if (ret)
		return carve_reply_error(reply, ret, "there is no carveout %s",
					 line);
	carve_reply_set(reply, "removed %s", line);
	return 0;
}

static const struct carve_command commands[] = {
	{
		.name = "create", .run = run_create,
		.usage = "write NAME:SIZE[@SOURCE][%NODE][(TYPE)][,SIZE...], such as video:64M@cma or net:60M,4M(dma32) or dsp:16M@0x80000000",
	},
	{
		.name = "remove", .run = run_remove,
		.usage = "write the name of an unused carveout",
	},
};

static struct carve_command_file files[ARRAY_SIZE(commands)];

bool carve_manage_has(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return true;
	return false;
}

void carve_manage_add(struct dentry *dir)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		carve_command_add(&files[i], &commands[i], NULL, dir);
}
