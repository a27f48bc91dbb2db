/* SPDX-License-Identifier: GPL-2.0 */
/* read(), write() and lseek() of objects, and access by a debugger. See io.c. */
#ifndef _CARVE_USER_IO_H
#define _CARVE_USER_IO_H

#include <linux/fs.h>

#include "user/object.h"

/* File operations of a file whose private_data is an object. May sleep */
loff_t carve_object_llseek(struct file *file, loff_t offset, int whence);
ssize_t carve_object_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t carve_object_write_iter(struct kiocb *iocb, struct iov_iter *from);

/*
 * Copy from or to an object, up to the end of a page. Return the number of bytes,
 * or -EIO if the page can't be used. May sleep
 */
int carve_object_peek(struct carve_object *object, loff_t pos, void *buf, int len);
int carve_object_poke(struct carve_object *object, loff_t pos, const void *buf,
		      int len);

#endif /* _CARVE_USER_IO_H */
