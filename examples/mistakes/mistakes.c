// SPDX-License-Identifier: GPL-2.0
/*
 * An example for debugging: a driver that makes common mistakes, one for each word
 * written to its parameter.
 *
 *	insmod carveout.ko size=16M slab_debug=FZPU,frames
 *	insmod carveout_mistakes.ko
 *	echo overflow >/sys/module/carveout_mistakes/parameters/make
 *
 * The log then reports the corruption, the object, and its alloc and free tracks.
 * Without debugging only bad frees are reported.
 */
#define pr_fmt(fmt) "carveout_mistakes: " fmt

#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/string.h>

#include <carveout.h>

#define FRAME_BYTES 200

static struct carveout *co;
static struct carve_cache *frames;
static struct carve_cache *headers;
static u8 *left_behind;

static noinline u8 *new_frame(void)
{
	u8 *frame = carve_cache_alloc(frames, GFP_KERNEL);

	/* Hide the pointer from the compiler, which would warn of the mistakes */
	OPTIMIZER_HIDE_VAR(frame);
	return frame;
}

static noinline void drop_frame(u8 *frame)
{
	carve_cache_free(frames, frame);
	barrier();
}

static void overflow(u8 *frame)
{
	memset(frame, 0x12, FRAME_BYTES + 2);
	drop_frame(frame);
}

static void underflow(u8 *frame)
{
	frame[-1] = 0x12;
	drop_frame(frame);
}

static void use_after_free(u8 *frame)
{
	drop_frame(frame);
	frame[100] = 0x12;
	/* The next allocation checks the object, unless it is in quarantine */
	drop_frame(new_frame());
}

static void double_free(u8 *frame)
{
	drop_frame(frame);
	drop_frame(frame);
}

static void interior_free(u8 *frame)
{
	drop_frame(frame + 8);
	drop_frame(frame);
}

static void wrong_cache(u8 *frame)
{
	carve_cache_free(headers, frame);
	drop_frame(frame);
}

/* Write past the requested size, but within the object of the kmalloc cache */
static void overrun(u8 *frame)
{
	u8 *name = carve_kmalloc(co, 50, GFP_KERNEL);

	drop_frame(frame);
	if (!name)
		return;
	OPTIMIZER_HIDE_VAR(name);
	name[50] = '\0';
	carve_kfree(co, name);
}

static void leak(u8 *frame)
{
	if (left_behind)
		drop_frame(left_behind);
	left_behind = frame;
	carve_cache_destroy(frames);
}

/* Enough memory is free, so that the allocation doesn't really sleep */
static void atomic_sleep(u8 *frame)
{
	drop_frame(frame);
	if (IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP))
		pr_info("the kernel is meant to report a sleep in atomic context\n");
	local_irq_disable();
	frame = new_frame();
	local_irq_enable();
	if (frame)
		drop_frame(frame);
}

static const struct {
	const char *name;
	void (*make)(u8 *frame);
} mistakes[] = {
	{ "overflow", overflow },
	{ "underflow", underflow },
	{ "use_after_free", use_after_free },
	{ "double_free", double_free },
	{ "interior_free", interior_free },
	{ "wrong_cache", wrong_cache },
	{ "overrun", overrun },
	{ "atomic_sleep", atomic_sleep },
	{ "leak", leak },
};

static int make_mistake(const char *word, const struct kernel_param *kp)
{
	u8 *frame;
	int i;

	for (i = 0; i < ARRAY_SIZE(mistakes); i++) {
		if (!sysfs_streq(word, mistakes[i].name))
			continue;
		frame = new_frame();
		if (!frame)
			return -ENOMEM;
		mistakes[i].make(frame);
		return 0;
	}
	return -EINVAL;
}

static const struct kernel_param_ops make_ops = { .set = make_mistake };

module_param_cb(make, &make_ops, NULL, 0200);
MODULE_PARM_DESC(make, "a mistake to make: overflow, underflow, use_after_free, double_free, interior_free, wrong_cache, overrun, atomic_sleep, leak");

static int __init mistakes_init(void)
{
	int ret;

	co = carveout_get(NULL);
	if (!co)
		return -ENODEV;
	frames = carve_cache_create(co, "frames", FRAME_BYTES, 0, 0, NULL);
	ret = PTR_ERR_OR_ZERO(frames);
	if (ret)
		goto put_carveout;
	headers = carve_cache_create(co, "headers", FRAME_BYTES, 0, 0, NULL);
	ret = PTR_ERR_OR_ZERO(headers);
	if (ret)
		goto destroy_frames;
	return 0;

destroy_frames:
	carve_cache_destroy(frames);
put_carveout:
	carveout_put(co);
	return ret;
}

static void __exit mistakes_exit(void)
{
	if (left_behind)
		drop_frame(left_behind);
	carve_cache_destroy(headers);
	carve_cache_destroy(frames);
	carveout_put(co);
}

module_init(mistakes_init);
module_exit(mistakes_exit);
MODULE_DESCRIPTION("Example: mistakes that debugging finds");
MODULE_LICENSE("GPL");
