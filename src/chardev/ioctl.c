// SPDX-License-Identifier: GPL-2.0
/*
 * ioctl() on /dev/carveout: contiguous buffers, their addresses, and names under
 * which other programs open them. include/carveout_user.h describes the requests.
 *
 * A request's structure is copied in, handled, and copied back. Its first member is
 * its size, so that it can grow.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <carveout_user.h>

#include "chardev/ioctl.h"
#include "core/instance.h"
#include "user/buffer.h"
#include "user/mmap.h"

static long ioctl_info(struct file *file, void *arg)
{
	struct carve_object *object = file->private_data;
	struct carve_pages *ps = carve_object_pages(object);
	struct carveout_user_info *info = arg;

	*info = (struct carveout_user_info){
		.size = info->size,
		.version = CARVEOUT_USER_VERSION,
		.page_size = PAGE_SIZE,
		.carveout_bytes = (u64)ps->nr_pages << PAGE_SHIFT,
		.max_block = (u64)PAGE_SIZE << carve_pages_max_order(ps),
		.allocated = (u64)READ_ONCE(object->nr_pages) << PAGE_SHIFT,
	};
	if (carve_user_pinnable(object->user))
		info->flags |= CARVEOUT_INFO_IO;
	if (carve_object_huge_possible())
		info->flags |= CARVEOUT_INFO_HUGE;
	carve_object_get_name(object, info->name);
	return 0;
}

/* The order of a request's blocks, or -EINVAL */
static int alloc_order(const struct carveout_user_alloc *alloc)
{
	u64 block = alloc->block ?: alloc->length;

	if (!alloc->length || alloc->flags ||
	    !PAGE_ALIGNED(alloc->offset) || !PAGE_ALIGNED(alloc->length))
		return -EINVAL;
	if (alloc->block && (!is_power_of_2(block) || !PAGE_ALIGNED(block)))
		return -EINVAL;
	return order_base_2(block >> PAGE_SHIFT);
}

static long ioctl_alloc(struct file *file, void *arg)
{
	const struct carveout_user_alloc *alloc = arg;
	int order = alloc_order(alloc);

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (order < 0)
		return order;
	if (alloc->offset >= CARVEOUT_USER_END ||
	    alloc->length > CARVEOUT_USER_END - alloc->offset)
		return -EFBIG;
	return carve_object_alloc_range(file->private_data,
					alloc->offset >> PAGE_SHIFT,
					alloc->length >> PAGE_SHIFT, order);
}

static long ioctl_address(struct file *file, void *arg)
{
	struct carveout_user_address *address = arg;
	phys_addr_t phys;
	unsigned long nr;

	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (address->flags)
		return -EINVAL;
	if (address->offset >= CARVEOUT_USER_END)
		return -ENXIO;
	nr = carve_object_find_block(file->private_data,
				     address->offset >> PAGE_SHIFT, &phys);
	if (!nr)
		return -ENXIO;
	address->address = phys + offset_in_page(address->offset);
	address->length = ((u64)nr << PAGE_SHIFT) - offset_in_page(address->offset);
	return 0;
}

/* Object names follow the rules for names of carveouts */
static bool name_is_valid(const struct carveout_user_name *name)
{
	return !name->flags && strnlen(name->name, sizeof(name->name)) < sizeof(name->name) &&
	       carveout_name_valid(name->name);
}

static long ioctl_name(struct file *file, void *arg)
{
	const struct carveout_user_name *name = arg;

	if ((name->flags || name->name[0]) && !name_is_valid(name))
		return -EINVAL;
	return carve_object_set_name(file->private_data, name->name);
}

/* Open the device once more, and let the new file share @object */
static struct file *open_shared(const struct file *file, struct carve_object *object)
{
	struct file *new = dentry_open(&file->f_path,
				       file->f_flags & (O_ACCMODE | O_LARGEFILE),
				       current_cred());

	if (IS_ERR(new))
		return new;
	carve_object_close(new->private_data);
	new->private_data = object;
	new->f_mapping = &object->mapping;
	return new;
}

static long ioctl_open(struct file *file, void *arg)
{
	const struct carve_object *own = file->private_data;
	const struct carveout_user_name *name = arg;
	struct carve_object *object;
	struct file *new;
	int fd;

	if (!name_is_valid(name))
		return -EINVAL;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	object = carve_object_get_named(own->user, name->name, file_inode(file));
	new = IS_ERR(object) ? ERR_CAST(object) : open_shared(file, object);
	if (IS_ERR(new)) {
		if (!IS_ERR(object))
			carve_object_close(object);
		put_unused_fd(fd);
		return PTR_ERR(new);
	}
	fd_install(fd, new);
	return fd;
}

union device_arg {
	u32 size;
	struct carveout_user_info info;
	struct carveout_user_alloc alloc;
	struct carveout_user_address address;
	struct carveout_user_name name;
};

/* @size: of the structure in its first version, which is that of today */
static const struct device_request {
	unsigned int request;
	size_t size;
	bool replies;
	long (*handle)(struct file *file, void *arg);
} device_requests[] = {
	{ CARVEOUT_INFO, sizeof(struct carveout_user_info), true, ioctl_info },
	{ CARVEOUT_ALLOC, sizeof(struct carveout_user_alloc), false, ioctl_alloc },
	{ CARVEOUT_ADDRESS, sizeof(struct carveout_user_address), true, ioctl_address },
	{ CARVEOUT_NAME, sizeof(struct carveout_user_name), false, ioctl_name },
	{ CARVEOUT_OPEN, sizeof(struct carveout_user_name), false, ioctl_open },
};

static long device_handle(const struct device_request *request, struct file *file,
			  void __user *user)
{
	union device_arg arg;
	u32 size;
	long ret;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < request->size)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&arg, request->size, user, size);
	if (ret)
		return ret;
	arg.size = size;
	ret = request->handle(file, &arg);
	if (!ret && request->replies && copy_to_user(user, &arg, request->size))
		return -EFAULT;
	return ret;
}

long carve_device_ioctl(struct file *file, unsigned int request, unsigned long arg)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(device_requests); i++)
		if (device_requests[i].request == request)
			return device_handle(&device_requests[i], file,
					     (void __user *)arg);
	return -ENOTTY;
}
