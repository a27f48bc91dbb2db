// SPDX-License-Identifier: GPL-2.0
/*
 * Command files. Each write is one line, which is executed; a write that fails
 * returns an errno. Reading the file prints the reply to the last line.
 *
 * Locking: the file's mutex serializes its lines. Lines may take long, so
 * waiting for the mutex is interruptible.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "debugfs/command.h"
#include "debugfs/parse.h"

static ssize_t command_write(struct file *file, const char __user *buf,
			     size_t count, loff_t *ppos)
{
	struct seq_file *m = file->private_data;
	struct carve_command_file *f = m->private;
	size_t len = min_t(size_t, count, CARVE_LINE_MAX + 2);
	char raw[CARVE_LINE_MAX + 2];
	char line[CARVE_LINE_MAX + 1];
	int ret;

	/* Copy one byte too many of longer writes, so that they are refused */
	if (copy_from_user(raw, buf, len))
		return -EFAULT;
	if (mutex_lock_interruptible(&f->lock))
		return -ERESTARTSYS;
	ret = carve_parse_raw(raw, len, line, &f->reply);
	if (!ret)
		ret = f->command->run(f->context, line, &f->reply);
	f->failed = ret;
	mutex_unlock(&f->lock);
	return ret ?: count;
}

static int command_show(struct seq_file *m, void *v)
{
	struct carve_command_file *f = m->private;

	if (mutex_lock_interruptible(&f->lock))
		return -ERESTARTSYS;
	if (f->command->show)
		f->command->show(m, f->context);
	if (!f->command->show || f->failed)
		seq_printf(m, "%s\n", f->reply.text);
	mutex_unlock(&f->lock);
	return 0;
}

static int command_open(struct inode *inode, struct file *file)
{
	return single_open(file, command_show, inode->i_private);
}

static const struct file_operations command_fops = {
	.owner = THIS_MODULE,
	.open = command_open,
	.read = seq_read,
	.write = command_write,
	.llseek = seq_lseek,
	.release = single_release,
};

void carve_command_add(struct carve_command_file *file,
		       const struct carve_command *command, void *context,
		       struct dentry *dir)
{
	file->command = command;
	file->context = context;
	file->failed = false;
	mutex_init(&file->lock);
	carve_reply_set(&file->reply, "%s", command->usage);
	debugfs_create_file(command->name, 0600, dir, file, &command_fops);
}
