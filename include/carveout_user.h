/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * carveout - for programs that use /dev/carveout
 *
 * Each open() makes a memory object of its own, as memfd_create() does, whose
 * offsets are those of mmap(): two mappings of one offset, in one process or
 * after fork(), show the same memory. Only MAP_SHARED.
 */
#ifndef _CARVEOUT_USER_H
#define _CARVEOUT_USER_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* An object ends here: offsets in bytes are below 4 TiB */
#define CARVEOUT_USER_END 0x40000000000ULL

/*
 * Added to the offset of an mmap(): the same memory, mapped by huge pages of
 * 2 MiB (32 or 512 MiB with pages of 16 or 64 KiB) wherever address and offset
 * are a multiple of that and such a block is free, and by small ones elsewhere.
 * What is so mapped can't be given to O_DIRECT, vmsplice() and the like
 * (EFAULT), and not to MADV_DONTNEED (EINVAL); it is given back by munmap().
 */
#define CARVEOUT_USER_HUGE CARVEOUT_USER_END

/*
 * ioctl(): each request takes a pointer to its structure, whose first member is
 * the size that the program knows, sizeof(structure). A later version may append
 * members, which mean nothing if 0. So a structure with additional members that
 * aren't 0 is refused with E2BIG by a module that doesn't know them, and one that
 * lacks the first version's with EINVAL, as are flags without a meaning.
 */

/* Version of these requests: raised if one is added */
#define CARVEOUT_USER_VERSION 1

/* Length of an object's name, with the final NUL */
#define CARVEOUT_USER_NAME 32

/* Flags of struct carveout_user_info */
#define CARVEOUT_INFO_IO	1 /* I/O on mapped memory works, such as O_DIRECT */
#define CARVEOUT_INFO_HUGE	2 /* CARVEOUT_USER_HUGE works */

/**
 * struct carveout_user_info - for CARVEOUT_INFO
 * @size: sizeof(struct carveout_user_info)
 * @version: set to CARVEOUT_USER_VERSION of the module
 * @flags: set to CARVEOUT_INFO_*
 * @page_size: set to the bytes of a page
 * @carveout_bytes: set to the memory of the carveout
 * @max_block: set to the bytes of the largest block that it can have
 * @allocated: set to the bytes of memory that the object has
 * @name: set to the object's name, "" if it has none
 */
struct carveout_user_info {
	__u32 size;
	__u32 version;
	__u32 flags;
	__u32 page_size;
	__u64 carveout_bytes;
	__u64 max_block;
	__u64 allocated;
	char name[CARVEOUT_USER_NAME];
};

/**
 * struct carveout_user_alloc - for CARVEOUT_ALLOC
 * @size: sizeof(struct carveout_user_alloc)
 * @flags: 0
 * @offset: first byte of the range in the object, a multiple of the page size
 * @length: bytes of the range, a multiple of the page size
 * @block: bytes of a block: a power of two, at least the page size; 0 for one
 *	block for the whole range
 *
 * Allocates zeroed memory for the range at once. Each block is physically
 * contiguous and aligned to its length, or to the power of two above it; the last
 * one ends with the range. The memory stays until the object is closed, mapped or
 * not, also after MADV_DONTNEED.
 *
 * Errors: ENOMEM if not enough blocks are free; EDQUOT if the memory of the object,
 * or of the user who opened it first, would exceed its limit; EEXIST if an offset of the range
 * has memory already; EFBIG if the range ends beyond CARVEOUT_USER_END; EBADF if
 * the file isn't open for writing. Then nothing was allocated.
 */
struct carveout_user_alloc {
	__u32 size;
	__u32 flags;
	__u64 offset;
	__u64 length;
	__u64 block;
};

/**
 * struct carveout_user_address - for CARVEOUT_ADDRESS
 * @size: sizeof(struct carveout_user_address)
 * @flags: 0
 * @offset: an offset in bytes
 * @address: set to its physical address
 * @length: set to the bytes that are contiguous from there on
 *
 * The address stays valid until the object is closed. It is the processor's: behind
 * an IOMMU a device needs another one.
 *
 * Errors: EPERM without CAP_SYS_RAWIO; ENXIO if CARVEOUT_ALLOC or write() have
 * put no memory there: other memory may be moved.
 */
struct carveout_user_address {
	__u32 size;
	__u32 flags;
	__u64 offset;
	__u64 address;
	__u64 length;
};

/**
 * struct carveout_user_name - for CARVEOUT_NAME and CARVEOUT_OPEN
 * @size: sizeof(struct carveout_user_name)
 * @flags: 0
 * @name: letters, digits and "-_."; not first a dot
 *
 * CARVEOUT_NAME names the file's object; "" takes the name away. A name is valid
 * within the carveout, and ends with the object. EEXIST if it is in use.
 *
 * CARVEOUT_OPEN opens the object of that name, and returns a file descriptor of
 * its own, with O_CLOEXEC and the access mode of the file that was asked. The
 * object lives as long as one of its files. ENOENT if there is no such object;
 * EXDEV if it was opened through another inode, such as a device node in another
 * container; pass a file descriptor through a socket instead.
 */
struct carveout_user_name {
	__u32 size;
	__u32 flags;
	char name[CARVEOUT_USER_NAME];
};

#define CARVEOUT_INFO		_IO(0xC5, 0x40) /* struct carveout_user_info */
#define CARVEOUT_ALLOC		_IO(0xC5, 0x41) /* struct carveout_user_alloc */
#define CARVEOUT_ADDRESS	_IO(0xC5, 0x42) /* struct carveout_user_address */
#define CARVEOUT_NAME		_IO(0xC5, 0x43) /* struct carveout_user_name */
#define CARVEOUT_OPEN		_IO(0xC5, 0x44) /* struct carveout_user_name */

#endif /* _CARVEOUT_USER_H */
