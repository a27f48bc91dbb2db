// SPDX-License-Identifier: GPL-2.0
/*
 * For tests of races: delays each call of the given functions by so many
 * milliseconds, so that other threads get into the race window.
 *
 *	insmod carveout_delay.ko at=carve_object_get_page:30,vmf_insert_pfn_pmd:100
 *	cat /sys/module/carveout_delay/parameters/calls
 *
 * shows the number of calls of each function.
 */
#define pr_fmt(fmt) "carveout_delay: " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/string.h>

#define MAX_PLACES 4

/**
 * struct place - a function that is delayed
 * @probe: kprobe that delays calls
 * @ms: milliseconds of delay
 * @nr_calls: number of delayed calls
 */
struct place {
	struct kprobe probe;
	unsigned int ms;
	atomic_t nr_calls;
};

static struct place places[MAX_PLACES];

static char *at[MAX_PLACES];
static unsigned int nr_places;
module_param_array(at, charp, &nr_places, 0400);
MODULE_PARM_DESC(at, "FUNCTION:MILLISECONDS, up to 4 of them");

static int show_calls(char *buffer, const struct kernel_param *kp)
{
	unsigned int i;
	int len = 0;

	for (i = 0; i < nr_places; i++)
		len += sysfs_emit_at(buffer, len, "%s %d\n",
				     places[i].probe.symbol_name,
				     atomic_read(&places[i].nr_calls));
	return len;
}

static const struct kernel_param_ops calls_ops = { .get = show_calls };

module_param_cb(calls, &calls_ops, NULL, 0400);
MODULE_PARM_DESC(calls, "number of calls of each function");

/* The handler of a kprobe can't sleep */
static int delay(struct kprobe *probe, struct pt_regs *regs)
{
	struct place *place = container_of(probe, struct place, probe);

	atomic_inc(&place->nr_calls);
	mdelay(place->ms);
	return 0;
}

static int add_place(struct place *place, char *text)
{
	char *name = strsep(&text, ":");

	if (!text || kstrtouint(text, 10, &place->ms))
		return -EINVAL;
	place->probe.symbol_name = name;
	place->probe.pre_handler = delay;
	return register_kprobe(&place->probe);
}

static void remove_places(unsigned int nr)
{
	while (nr--)
		unregister_kprobe(&places[nr].probe);
}

static int __init delay_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < nr_places; i++) {
		ret = add_place(&places[i], at[i]);
		if (ret) {
			pr_err("%s can't be delayed: error %d\n", at[i], ret);
			remove_places(i);
			return ret;
		}
	}
	return 0;
}
module_init(delay_init);

static void __exit delay_exit(void)
{
	remove_places(nr_places);
}
module_exit(delay_exit);

MODULE_DESCRIPTION("Delays functions, for tests of races");
MODULE_LICENSE("GPL");
