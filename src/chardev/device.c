// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/carveout: open() creates an object, which can be mapped.
 *
 * An object holds a reference to its carveout, so that it can't be removed. The
 * reference is put when the object is freed, which may be after its files are
 * closed, if its pages are pinned by I/O. user/object.c has the locking.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>

#include <carveout.h>

#include "chardev/device.h"
#include "chardev/ioctl.h"
#include "user/io.h"
#include "user/mmap.h"

static void device_put_carveout(struct carve_user *user)
{
	carveout_put(container_of(user, struct carveout, user));
}

static int device_open_object(struct carveout *co, struct inode *inode,
			      struct file *file)
{
	struct carve_object *object;

	if (!carve_user_possible(&co->user)) {
		pr_warn_ratelimited("%s: user space can't map this memory: it isn't in the direct mapping: use source=contig or cma\n",
				    co->name);
		return -EOPNOTSUPP;
	}
	object = carve_object_open(&co->user, inode);
	if (!object)
		return -ENOMEM;
	file->private_data = object;
	/*
	 * The kernel lists mappings by address_space: use one for each object
	 */
	file->f_mapping = &object->mapping;
	return 0;
}

/* Drivers take O_SYNC, of which O_DSYNC is a part, for a wish not to cache */
static int device_check_flags(const struct carveout *co, const struct file *file)
{
	if (!(file->f_flags & O_DSYNC))
		return 0;
	pr_warn_ratelimited("%s: user space maps this memory cached only: open the device without O_SYNC and O_DSYNC\n",
			    co->name);
	return -EOPNOTSUPP;
}

static int device_open(struct inode *inode, struct file *file)
{
	struct carve_device *device = container_of(file->private_data,
						   struct carve_device, misc);
	struct carveout *co = carveout_get(device->co->name);
	int ret;

	/* The carveout is being removed */
	if (!co)
		return -ENODEV;
	ret = device_check_flags(co, file);
	if (!ret)
		ret = device_open_object(co, inode, file);
	if (ret)
		carveout_put(co);
	return ret;
}

static int device_release(struct inode *inode, struct file *file)
{
	carve_object_close(file->private_data);
	return 0;
}

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	return carve_object_mmap(file->private_data, vma);
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.mmap = device_mmap,
	.unlocked_ioctl = carve_device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = carve_object_llseek,
	.read_iter = carve_object_read_iter,
	.write_iter = carve_object_write_iter,
	.splice_read = copy_splice_read,
	.splice_write = iter_file_splice_write,
	.fsync = noop_fsync,
#ifdef CARVE_HAVE_HUGE
	.get_unmapped_area = thp_get_unmapped_area,
#endif
};

/* The device with the module's name, if there is one */
static struct carve_device *unnamed;

void carve_device_add(struct carve_device *device, struct carveout *co)
{
	int ret;

	device->co = co;
	if (cmpxchg(&unnamed, NULL, device))
		snprintf(device->name, sizeof(device->name), "%s-%s",
			 KBUILD_MODNAME, co->name);
	else
		snprintf(device->name, sizeof(device->name), KBUILD_MODNAME);
	device->misc = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR,
		.name = device->name,
		.fops = &device_fops,
		.mode = 0600,
	};
	co->user.released = device_put_carveout;
	ret = misc_register(&device->misc);
	if (ret)
		pr_warn("%s: failed to create /dev/%s: error %d\n", co->name,
			device->name, ret);
	device->registered = !ret;
}

void carve_device_remove(struct carve_device *device)
{
	if (device->registered)
		misc_deregister(&device->misc);
	device->registered = false;
	cmpxchg(&unnamed, device, NULL);
}
