/* SPDX-License-Identifier: GPL-2.0 */
/*
 * carveout - allocation by type, as kmalloc_obj() of Linux 7.0
 *
 * Included by carveout.h, for all kernels. The type is given by its name or by
 * an expression, and the result has it:
 *
 *	struct record *r = carve_kzalloc_obj(co, *r);
 *	struct ring *ring = carve_kmalloc_flex(co, *ring, slot, nr, GFP_ATOMIC);
 *
 * Without GFP flags, GFP_KERNEL is meant.
 */
#ifndef _CARVEOUT_OBJ_H
#define _CARVEOUT_OBJ_H

#include <linux/gfp_types.h>
#include <linux/kernel.h>
#include <linux/overflow.h>

#include <carveout.h>

#define __carve_gfp_0() GFP_KERNEL
#define __carve_gfp_1(gfp) (gfp)
#define __carve_gfp(...) \
	CONCATENATE(__carve_gfp_, COUNT_ARGS(__VA_ARGS__))(__VA_ARGS__)

#define __carve_alloc_objs(ALLOC, CO, GFP, TYPE, COUNT)			\
	((TYPE *)ALLOC(CO, size_mul(sizeof(TYPE), COUNT), GFP))

#ifdef __set_flex_counter
#define __carve_alloc_flex(ALLOC, CO, GFP, TYPE, FAM, COUNT)		\
({									\
	const size_t __carve_nr = (COUNT);				\
	TYPE *__carve_obj = NULL;					\
									\
	if (!overflows_flex_counter_type(TYPE, FAM, __carve_nr))	\
		__carve_obj = ALLOC(CO, struct_size(__carve_obj, FAM,	\
						    __carve_nr), GFP);	\
	if (__carve_obj)						\
		__set_flex_counter(__carve_obj->FAM, __carve_nr);	\
	__carve_obj;							\
})
#else /* kernels that don't know the counters of flexible arrays */
#define __carve_alloc_flex(ALLOC, CO, GFP, TYPE, FAM, COUNT) \
	((TYPE *)ALLOC(CO, struct_size((TYPE *)NULL, FAM, COUNT), GFP))
#endif

/**
 * carve_kmalloc_obj() - allocate an object of a type
 * @co: the carveout
 * @var_or_type: the type, or an expression of it, which isn't evaluated
 * @...: GFP flags; GFP_KERNEL if there are none
 *
 * Context: as carve_kmalloc().
 * Return: a pointer to @var_or_type, or NULL.
 */
#define carve_kmalloc_obj(co, var_or_type, ...)				\
	__carve_alloc_objs(carve_kmalloc, co, __carve_gfp(__VA_ARGS__),	\
			   typeof(var_or_type), 1)

/**
 * carve_kmalloc_objs() - allocate an array of a type
 * @co: the carveout
 * @var_or_type: the type of an element, or an expression of it
 * @count: number of elements
 * @...: GFP flags; GFP_KERNEL if there are none
 *
 * Context: as carve_kmalloc().
 * Return: a pointer to @var_or_type; NULL on failure, or if the size overflows.
 */
#define carve_kmalloc_objs(co, var_or_type, count, ...)			\
	__carve_alloc_objs(carve_kmalloc, co, __carve_gfp(__VA_ARGS__),	\
			   typeof(var_or_type), count)

/**
 * carve_kmalloc_flex() - allocate a structure that ends in a flexible array
 * @co: the carveout
 * @var_or_type: the type of the structure, or an expression of it
 * @fam: the name of its flexible array
 * @count: number of elements of the array
 * @...: GFP flags; GFP_KERNEL if there are none
 *
 * If @fam is annotated with __counted_by(), and kernel and compiler know its
 * counter, that is set to @count.
 *
 * Context: as carve_kmalloc().
 * Return: a pointer to @var_or_type; NULL on failure, or if the size or the
 * counter overflows.
 */
#define carve_kmalloc_flex(co, var_or_type, fam, count, ...)		\
	__carve_alloc_flex(carve_kmalloc, co, __carve_gfp(__VA_ARGS__),	\
			   typeof(var_or_type), fam, count)

/* The same by carve_kzalloc() */
#define carve_kzalloc_obj(co, var_or_type, ...)				\
	__carve_alloc_objs(carve_kzalloc, co, __carve_gfp(__VA_ARGS__),	\
			   typeof(var_or_type), 1)
#define carve_kzalloc_objs(co, var_or_type, count, ...)			\
	__carve_alloc_objs(carve_kzalloc, co, __carve_gfp(__VA_ARGS__),	\
			   typeof(var_or_type), count)
#define carve_kzalloc_flex(co, var_or_type, fam, count, ...)		\
	__carve_alloc_flex(carve_kzalloc, co, __carve_gfp(__VA_ARGS__),	\
			   typeof(var_or_type), fam, count)

/* By carve_kvmalloc() */
#define carve_kvmalloc_obj(co, var_or_type, ...)			\
	__carve_alloc_objs(carve_kvmalloc, co, __carve_gfp(__VA_ARGS__), \
			   typeof(var_or_type), 1)
#define carve_kvmalloc_objs(co, var_or_type, count, ...)		\
	__carve_alloc_objs(carve_kvmalloc, co, __carve_gfp(__VA_ARGS__), \
			   typeof(var_or_type), count)
#define carve_kvmalloc_flex(co, var_or_type, fam, count, ...)		\
	__carve_alloc_flex(carve_kvmalloc, co, __carve_gfp(__VA_ARGS__), \
			   typeof(var_or_type), fam, count)

/* By carve_kvzalloc() */
#define carve_kvzalloc_obj(co, var_or_type, ...)			\
	__carve_alloc_objs(carve_kvzalloc, co, __carve_gfp(__VA_ARGS__), \
			   typeof(var_or_type), 1)
#define carve_kvzalloc_objs(co, var_or_type, count, ...)		\
	__carve_alloc_objs(carve_kvzalloc, co, __carve_gfp(__VA_ARGS__), \
			   typeof(var_or_type), count)
#define carve_kvzalloc_flex(co, var_or_type, fam, count, ...)		\
	__carve_alloc_flex(carve_kvzalloc, co, __carve_gfp(__VA_ARGS__), \
			   typeof(var_or_type), fam, count)

#endif /* _CARVEOUT_OBJ_H */
