/* SPDX-License-Identifier: GPL-2.0 */
/* Files that take a line and do what it says. See command.c. */
#ifndef _CARVE_COMMAND_H
#define _CARVE_COMMAND_H

#include <linux/mutex.h>

#include "face/reply.h"

struct dentry;
struct seq_file;

/**
 * struct carve_command - what such a file is
 * @name: of the file
 * @usage: what reading says before a line was written; one line
 * @run: does what a line says; 0 or an errno, and a reply in either case
 * @show: what reading prints instead of the reply, which then only follows if
 *	it was an error; or NULL
 */
struct carve_command {
	const char *name;
	const char *usage;
	int (*run)(void *context, const char *line, struct carve_reply *reply);
	void (*show)(struct seq_file *m, void *context);
};

/**
 * struct carve_command_file - such a file
 * @command: what it is
 * @context: what it is to be done to
 * @lock: one line at a time; guards the rest
 * @failed: the last line couldn't be done
 * @reply: to it
 */
struct carve_command_file {
	const struct carve_command *command;
	void *context;
	struct mutex lock; /* @failed and @reply */
	bool failed;
	struct carve_reply reply;
};

/* Makes the file in @dir; @file must stay until the directory is removed */
void carve_command_add(struct carve_command_file *file,
		       const struct carve_command *command, void *context,
		       struct dentry *dir);

#endif /* _CARVE_COMMAND_H */
