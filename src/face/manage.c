// SPDX-License-Identifier: GPL-2.0
/*
 * Making and removing carveouts at run time: what is written to create is what
 * the parameter carveouts= takes for one of them, what is written to remove is
 * a name.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "face/manage.h"
#include "face/parse.h"
#include "face/spec.h"
#include "instance.h"

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
					 "%s is in use: see its files owners and handles, or the log",
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
		.usage = "write the name of a carveout that nobody uses",
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
