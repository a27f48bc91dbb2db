// SPDX-License-Identifier: GPL-2.0
/*
 * read(), write() and lseek() of objects
 *
 * An object has a size, as a file has: reading ends there, and nothing can be
 * written behind it. Without a page, and where a page is idle, it reads as
 * zeroes. Reading allocates no page. Pages that are written stay until the file
 * is closed, which pages that are only mapped don't.
 *
 * Contents are copied without the object's lock, as they may come from a mapping
 * of the same object; a reference keeps the page meanwhile.
 */
#include <linux/cacheflush.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "user/io.h"

/* SEEK_DATA and SEEK_HOLE */
static loff_t seek_by_page(struct file *file, loff_t offset, int whence)
{
	struct carve_object *object = file->private_data;
	unsigned long from, at;
	loff_t pos;

	if (offset < 0 || offset >= object->size)
		return -ENXIO;
	from = offset >> PAGE_SHIFT;
	at = whence == SEEK_DATA ? carve_object_next_data(object, from) :
				   carve_object_next_hole(object, from);
	pos = max_t(loff_t, offset, (loff_t)at << PAGE_SHIFT);
	if (pos >= object->size && whence == SEEK_DATA)
		return -ENXIO;
	return vfs_setpos(file, min(pos, object->size), object->size);
}

loff_t carve_object_llseek(struct file *file, loff_t offset, int whence)
{
	struct carve_object *object = file->private_data;

	if (whence == SEEK_DATA || whence == SEEK_HOLE)
		return seek_by_page(file, offset, whence);
	return fixed_size_llseek(file, offset, whence, object->size);
}

/* Bytes from @pos on, up to @count, the end of the page or of the object */
static size_t bytes_in_page(const struct carve_object *object, loff_t pos,
			    size_t count)
{
	if (pos >= object->size)
		return 0;
	count = min_t(loff_t, count, object->size - pos);
	return min_t(size_t, count, PAGE_SIZE - offset_in_page(pos));
}

static void *address_in_page(struct page *page, loff_t pos)
{
	return page_address(page) + offset_in_page(pos);
}

/* The bytes copied, or an error */
static ssize_t read_page(struct carve_object *object, loff_t pos, size_t bytes,
			 struct iov_iter *to)
{
	struct page *page = carve_object_find_page(object, pos >> PAGE_SHIFT);
	ssize_t done = -EIO;

	if (!page)
		return iov_iter_zero(bytes, to) ?: -EFAULT;
	if (!PageHWPoison(page))
		done = copy_to_iter(address_in_page(page, pos), bytes, to) ?: -EFAULT;
	put_page(page);
	return done;
}

/* flush_dcache_page(): a program may have mapped the page, and execute it */
static ssize_t write_page(struct carve_object *object, loff_t pos, size_t bytes,
			  struct iov_iter *from)
{
	struct page *page = carve_object_get_page_to_write(object, pos >> PAGE_SHIFT);
	ssize_t done = -EIO;

	if (IS_ERR(page))
		return PTR_ERR(page) == -EDQUOT ? -EDQUOT : -ENOSPC;
	if (!PageHWPoison(page)) {
		done = copy_from_iter(address_in_page(page, pos), bytes, from) ?: -EFAULT;
		flush_dcache_page(page);
	}
	put_page(page);
	return done;
}

/* Call @page_io for each page; return the bytes done, or an error if none */
static ssize_t object_io(struct kiocb *iocb, struct iov_iter *iter,
			 ssize_t (*page_io)(struct carve_object *object, loff_t pos,
					    size_t bytes, struct iov_iter *iter))
{
	struct carve_object *object = iocb->ki_filp->private_data;
	ssize_t total = 0, done = 0;
	size_t bytes;

	while ((bytes = bytes_in_page(object, iocb->ki_pos, iov_iter_count(iter)))) {
		done = page_io(object, iocb->ki_pos, bytes, iter);
		if (done < 0)
			break;
		total += done;
		iocb->ki_pos += done;
		if (done < bytes || fatal_signal_pending(current))
			break;
		cond_resched();
	}
	return total ?: done;
}

ssize_t carve_object_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	return object_io(iocb, to, read_page);
}

ssize_t carve_object_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct carve_object *object = iocb->ki_filp->private_data;

	/* RWF_DSYNC and RWF_SYNC: see device_check_flags() */
	if (iocb->ki_flags & IOCB_DSYNC)
		return -EOPNOTSUPP;
	if (iocb->ki_flags & IOCB_APPEND)
		iocb->ki_pos = object->size;
	if (iov_iter_count(from) && iocb->ki_pos >= object->size)
		return -ENOSPC;
	return object_io(iocb, from, write_page);
}

int carve_object_peek(struct carve_object *object, loff_t pos, void *buf, int len)
{
	struct page *page = carve_object_find_page(object, pos >> PAGE_SHIFT);
	int bytes = bytes_in_page(object, pos, len);

	if (!page) {
		memset(buf, 0, bytes);
		return bytes;
	}
	if (PageHWPoison(page))
		bytes = -EIO;
	else
		memcpy(buf, address_in_page(page, pos), bytes);
	put_page(page);
	return bytes;
}

int carve_object_poke(struct carve_object *object, loff_t pos, const void *buf,
		      int len)
{
	struct page *page = carve_object_get_page(object, pos >> PAGE_SHIFT);
	int bytes = bytes_in_page(object, pos, len);

	if (IS_ERR(page))
		return -EIO;
	if (PageHWPoison(page)) {
		bytes = -EIO;
	} else {
		memcpy(address_in_page(page, pos), buf, bytes);
		/* A debugger may have written a breakpoint */
		flush_icache_range((unsigned long)address_in_page(page, pos),
				   (unsigned long)address_in_page(page, pos) + bytes);
	}
	put_page(page);
	return bytes;
}
