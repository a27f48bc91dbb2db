/* SPDX-License-Identifier: GPL-2.0 */
/*
 * carveout - memory and references that end with a device
 *
 * Included by carveout.h. As with the kernel's devm_ functions, what they return
 * is freed when the driver is unbound from the device, in reverse order. So
 * get the carveout first, to be put last:
 *
 *	co = carve_devm_get(dev, "video");
 *	if (IS_ERR(co))
 *		return dev_err_probe(dev, PTR_ERR(co), "no carveout\n");
 *	priv = carve_devm_kzalloc(co, dev, sizeof(*priv), GFP_KERNEL);
 *
 * See also carve_dmam_alloc_coherent() and carve_dmam_pool_create(). A record of
 * each is kept in the kernel's memory.
 *
 * Context: any but NMI, and hard interrupts on PREEMPT_RT, if not documented
 * otherwise; may sleep if the GFP flags allow it.
 */
#ifndef _CARVEOUT_DEVM_H
#define _CARVEOUT_DEVM_H

#include <carveout.h>

/**
 * carve_devm_get() - take a reference to a carveout for a device
 * @dev: the device
 * @name: as for carveout_get()
 *
 * Context: may sleep.
 * Return: the carveout; ERR_PTR(-ENODEV) if none has this name,
 * ERR_PTR(-EINVAL) without a device, ERR_PTR(-ENOMEM).
 */
struct carveout *carve_devm_get(struct device *dev, const char *name)
	__must_check;

/**
 * carve_devm_kmalloc() - allocate bytes for a device
 * @co: the carveout
 * @dev: the device
 * @size: bytes
 * @gfp: GFP flags
 *
 * Return: as carve_kmalloc(); NULL without a device, too.
 */
void *carve_devm_kmalloc(struct carveout *co, struct device *dev, size_t size,
			 gfp_t gfp)
	__alloc_size(3) __carve_kmalloc_aligned __must_check;

/**
 * carve_devm_kzalloc() - allocate bytes filled with zeroes for a device
 * @co: the carveout
 * @dev: the device
 * @size: bytes
 * @gfp: GFP flags
 *
 * Return: as carve_devm_kmalloc().
 */
void *carve_devm_kzalloc(struct carveout *co, struct device *dev, size_t size,
			 gfp_t gfp)
	__alloc_size(3) __carve_kmalloc_aligned __must_check;

/**
 * carve_devm_kmalloc_array() - allocate an array for a device
 * @co: the carveout
 * @dev: the device
 * @n: number of elements
 * @size: bytes of an element
 * @gfp: GFP flags
 *
 * Return: as carve_devm_kmalloc(); NULL if @n times @size overflows.
 */
void *carve_devm_kmalloc_array(struct carveout *co, struct device *dev,
			       size_t n, size_t size, gfp_t gfp)
	__alloc_size(3, 4) __carve_kmalloc_aligned __must_check;

/**
 * carve_devm_kcalloc() - allocate an array filled with zeroes for a device
 * @co: the carveout
 * @dev: the device
 * @n: number of elements
 * @size: bytes of an element
 * @gfp: GFP flags
 *
 * Return: as carve_devm_kmalloc_array().
 */
void *carve_devm_kcalloc(struct carveout *co, struct device *dev, size_t n,
			 size_t size, gfp_t gfp)
	__alloc_size(3, 4) __carve_kmalloc_aligned __must_check;

/**
 * carve_devm_kmemdup() - allocate a copy of bytes for a device
 * @co: the carveout
 * @dev: the device
 * @src: what to copy
 * @len: bytes
 * @gfp: GFP flags
 *
 * Return: as carve_devm_kmalloc().
 */
void *carve_devm_kmemdup(struct carveout *co, struct device *dev,
			 const void *src, size_t len, gfp_t gfp)
	__realloc_size(4) __must_check;

/**
 * carve_devm_kstrdup() - allocate a copy of a string for a device
 * @co: the carveout
 * @dev: the device
 * @s: the string, or NULL, for which NULL is returned
 * @gfp: GFP flags
 *
 * Return: as carve_devm_kmalloc().
 */
char *carve_devm_kstrdup(struct carveout *co, struct device *dev,
			 const char *s, gfp_t gfp) __malloc __must_check;

/**
 * carve_devm_kfree() - free memory before its device is unbound
 * @co: the carveout
 * @dev: the device
 * @p: return value of one of the functions above; NULL and ZERO_SIZE_PTR are
 *	ignored
 *
 * Other addresses are reported in the log and ignored, as is memory that was
 * allocated for another device. Don't free with carve_kfree().
 */
void carve_devm_kfree(struct carveout *co, struct device *dev, const void *p);

/**
 * carve_devm_cache_create() - create a cache for a device
 * @co: the carveout
 * @dev: the device
 * @name: as for carve_cache_create()
 * @size: as for carve_cache_create()
 * @align: as for carve_cache_create()
 * @flags: as for carve_cache_create()
 * @ctor: as for carve_cache_create()
 *
 * Free all objects before the driver is unbound: a cache with objects stays,
 * and the log says how many.
 *
 * Context: may sleep.
 * Return: as carve_cache_create(); ERR_PTR(-EINVAL) without a device.
 */
struct carve_cache *
carve_devm_cache_create(struct carveout *co, struct device *dev,
			const char *name, unsigned int size,
			unsigned int align, slab_flags_t flags,
			void (*ctor)(void *object)) __must_check;

#endif /* _CARVEOUT_DEVM_H */
