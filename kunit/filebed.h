/* SPDX-License-Identifier: GPL-2.0 */
/* For suites about files that take a line: a carveout with such files. */
#ifndef _CARVE_FILEBED_H
#define _CARVE_FILEBED_H

#include <kunit/test.h>

#include "face/command.h"

/* Room for what a file may print */
#define CARVE_FILEBED_TEXT 16384

/**
 * struct carve_filebed - what a case finds in test->priv
 * @co: the carveout
 * @dir: in debugfs, where the files are
 * @file: of the files; the suite's to set
 * @nr_files: how many these are
 * @reply: to the last line that was written
 * @text: what was read last
 */
struct carve_filebed {
	struct carveout *co;
	struct dentry *dir;
	const struct carve_command_file *file;
	unsigned int nr_files;
	struct carve_reply reply;
	char text[CARVE_FILEBED_TEXT];
};

/* For .init and .exit of a suite, as carve_testbed_init() and _exit() are */
int carve_filebed_init(struct kunit *test);
void carve_filebed_exit(struct kunit *test);

/* What the file of that name is; the case fails if there is none */
const struct carve_command *carve_filebed_command(struct kunit *test,
						  const char *name);

/* What writing the line to the file of that name gives */
int carve_filebed_write(struct kunit *test, const char *name, const char *line);

/* What reading it prints */
const char *carve_filebed_read(struct kunit *test, const char *name);

/* The line must give -EINVAL, and a reply that has @reason in it */
void carve_filebed_refuses(struct kunit *test, const char *name,
			   const char *line, const char *reason);

#endif /* _CARVE_FILEBED_H */
