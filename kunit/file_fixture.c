// SPDX-License-Identifier: GPL-2.0
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "kunit/file_fixture.h"
#include "kunit/fixture.h"

int carve_file_init(struct kunit *test)
{
	int ret = carve_fixture_init_more(test, sizeof(struct carve_file));
	struct carve_file *ctx = test->priv;

	if (!ret)
		ctx->dir = debugfs_create_dir("carveout-test", NULL);
	return ret;
}

void carve_file_exit(struct kunit *test)
{
	struct carve_file *ctx = test->priv;

	if (ctx)
		debugfs_remove_recursive(ctx->dir);
	carve_fixture_exit_more(test);
}

const struct carve_command *carve_file_command(struct kunit *test,
					       const char *name)
{
	const struct carve_command *command = NULL;
	struct carve_file *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < ctx->nr_files; i++)
		if (!strcmp(ctx->file[i].command->name, name))
			command = ctx->file[i].command;
	KUNIT_ASSERT_NOT_NULL_MSG(test, command, "there is no file %s", name);
	return command;
}

int carve_file_write(struct kunit *test, const char *name, const char *line)
{
	struct carve_file *ctx = test->priv;

	return carve_file_command(test, name)->run(ctx->co, line, &ctx->reply);
}

const char *carve_file_read(struct kunit *test, const char *name)
{
	struct carve_file *ctx = test->priv;
	struct seq_file m = { .buf = ctx->text, .size = sizeof(ctx->text) - 1 };

	memset(ctx->text, 0, sizeof(ctx->text));
	carve_file_command(test, name)->show(&m, ctx->co);
	return ctx->text;
}

void carve_file_refuses(struct kunit *test, const char *name,
			const char *line, const char *reason)
{
	struct carve_file *ctx = test->priv;

	KUNIT_EXPECT_EQ_MSG(test, carve_file_write(test, name, line),
			    -EINVAL, "%s: %s", name, line);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(ctx->reply.text, reason),
			      "%s: %s: %s, without %s", name, line,
			      ctx->reply.text, reason);
}
