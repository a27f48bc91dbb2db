/* SPDX-License-Identifier: GPL-2.0 */
/* For suites about files that accept lines: a carveout with such files. */
#ifndef _CARVE_FILE_FIXTURE_H
#define _CARVE_FILE_FIXTURE_H

#include <kunit/test.h>

#include "debugfs/command.h"

/* Size of the buffer for the content of a file */
#define CARVE_FILE_TEXT 16384

/**
 * struct carve_file - the fixture in test->priv
 * @co: the carveout
 * @dir: the debugfs directory of the files
 * @file: the files; set by the suite
 * @nr_files: number of files
 * @reply: reply to the last line written
 * @text: the text read last
 */
struct carve_file {
	struct carveout *co;
	struct dentry *dir;
	const struct carve_command_file *file;
	unsigned int nr_files;
	struct carve_reply reply;
	char text[CARVE_FILE_TEXT];
};

/* For .init and .exit of a suite, like carve_fixture_init() and _exit() */
int carve_file_init(struct kunit *test);
void carve_file_exit(struct kunit *test);

/* The file of that name; the case fails if there is none */
const struct carve_command *carve_file_command(struct kunit *test,
					       const char *name);

/* Write the line to the file of that name and return the result */
int carve_file_write(struct kunit *test, const char *name, const char *line);

/* Read the file of that name and return its content */
const char *carve_file_read(struct kunit *test, const char *name);

/* The line must fail with -EINVAL, and its reply must contain @reason */
void carve_file_refuses(struct kunit *test, const char *name,
			const char *line, const char *reason);

#endif /* _CARVE_FILE_FIXTURE_H */
