// SPDX-License-Identifier: GPL-2.0
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "kunit/filebed.h"
#include "kunit/testbed.h"

int carve_filebed_init(struct kunit *test)
{
	int ret = carve_testbed_init_more(test, sizeof(struct carve_filebed));
	struct carve_filebed *bed = test->priv;

	if (!ret)
		bed->dir = debugfs_create_dir("carveout-test", NULL);
	return ret;
}

void carve_filebed_exit(struct kunit *test)
{
	struct carve_filebed *bed = test->priv;

	if (bed)
		debugfs_remove_recursive(bed->dir);
	carve_testbed_exit_more(test);
}

const struct carve_command *carve_filebed_command(struct kunit *test,
						  const char *name)
{
	const struct carve_command *command = NULL;
	struct carve_filebed *bed = test->priv;
	unsigned int i;

	for (i = 0; i < bed->nr_files; i++)
		if (!strcmp(bed->file[i].command->name, name))
			command = bed->file[i].command;
	KUNIT_ASSERT_NOT_NULL_MSG(test, command, "there is no file %s", name);
	return command;
}

int carve_filebed_write(struct kunit *test, const char *name, const char *line)
{
	struct carve_filebed *bed = test->priv;

	return carve_filebed_command(test, name)->run(bed->co, line, &bed->reply);
}

const char *carve_filebed_read(struct kunit *test, const char *name)
{
	struct carve_filebed *bed = test->priv;
	struct seq_file m = { .buf = bed->text, .size = sizeof(bed->text) - 1 };

	memset(bed->text, 0, sizeof(bed->text));
	carve_filebed_command(test, name)->show(&m, bed->co);
	return bed->text;
}

void carve_filebed_refuses(struct kunit *test, const char *name,
			   const char *line, const char *reason)
{
	struct carve_filebed *bed = test->priv;

	KUNIT_EXPECT_EQ_MSG(test, carve_filebed_write(test, name, line),
			    -EINVAL, "%s: %s", name, line);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(bed->reply.text, reason),
			      "%s: %s: %s, without %s", name, line,
			      bed->reply.text, reason);
}
