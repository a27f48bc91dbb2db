/* SPDX-License-Identifier: GPL-2.0 */
/* Command files: each line written to one is executed. See command.c. */
#ifndef _CARVE_COMMAND_H
#define _CARVE_COMMAND_H

#include <linux/mutex.h>

#include "lib/reply.h"

struct dentry;
struct seq_file;

/**
 * struct carve_command - a kind of command file
 * @name: file name
 * @usage: text read from the file before the first write; one line
 * @run: execute a line; sets @reply, and returns 0 or an errno
 * @show: print the contents of the file, or NULL to print the last reply; after
 *	@show, only the reply of a failed line is printed
 */
struct carve_command {
	const char *name;
	const char *usage;
	int (*run)(void *context, const char *line, struct carve_reply *reply);
	void (*show)(struct seq_file *m, void *context);
};

/**
 * struct carve_command_file - a command file
 * @command: the kind of file
 * @context: argument of @run and @show
 * @lock: serializes lines; guards @failed and @reply
 * @failed: the last line failed
 * @reply: the reply to the last line
 */
struct carve_command_file {
	const struct carve_command *command;
	void *context;
	struct mutex lock; /* @failed and @reply */
	bool failed;
	struct carve_reply reply;
};

/* Create the file in @dir. @file must stay valid until @dir is removed */
void carve_command_add(struct carve_command_file *file,
		       const struct carve_command *command, void *context,
		       struct dentry *dir);

#endif /* _CARVE_COMMAND_H */
