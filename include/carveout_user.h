/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * carveout - for programs that map /dev/carveout
 *
 * Each open() makes a memory object of its own, as memfd_create() does, whose
 * offsets are those of mmap(): two mappings of one offset, in one process or
 * after fork(), show the same memory. Only MAP_SHARED.
 */
#ifndef _CARVEOUT_USER_H
#define _CARVEOUT_USER_H

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

#endif /* _CARVEOUT_USER_H */
