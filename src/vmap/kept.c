// SPDX-License-Identifier: GPL-2.0
/*
 * Kept areas
 *
 * An area that is freed stays mapped, for the next who asks for one of its
 * length: that saves finding pages and addresses, and above all flushing TLBs.
 * Areas of the commonest lengths are kept in magazines with no layer behind them:
 * what doesn't fit there is taken down. Together they have no more pages than the
 * limit, which is an eighth of the carveout at first, and these pages are given
 * back before an allocation that can sleep fails.
 *
 * The magazines of all lengths take no more than a thousandth of the carveout
 * and a few pages: a small one on a machine of many CPUs keeps only short areas,
 * or none.
 */
#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/sizes.h>

#include "percpu/each_cpu.h"
#include "vmap/kept.h"

#define LIMIT_SHARE 8
#define METADATA_SHARE 1024
#define METADATA_LEAST SZ_16K

static unsigned int refill(struct carve_magazines *ms, void **areas,
			   unsigned int n, bool hurry)
{
	return 0;
}

static void flush(struct carve_magazines *ms, void **areas, unsigned int n)
{
	struct carve_kept *kept = container_of(ms, struct carve_kept_class,
					       magazines)->kept;
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct carve_area *area = areas[i];

		atomic_long_sub(area->nr_pages, &kept->nr_pages);
		kept->take_down(kept, area);
	}
}

static const struct carve_magazine_ops kept_ops = {
	.refill = refill,
	.flush = flush,
};

static struct carve_magazine_shape choose_shape(unsigned int class)
{
	return carve_magazine_shape(class <= CARVE_KEPT_SMALL ? 4 :
				    class <= CARVE_KEPT_SMALL + 3 ? 2 : 1);
}

static size_t struct_bytes(void)
{
	return L1_CACHE_ALIGN(struct_size_t(struct carve_kept_class,
					    magazines.cpu,
					    carve_magazine_nr_places()));
}

static size_t class_bytes(unsigned int class)
{
	return L1_CACHE_ALIGN(struct_bytes() +
			      carve_magazines_size(choose_shape(class)));
}

static struct carve_kept_class *init_class(struct carve_kept *kept,
					   unsigned int i, void *memory)
{
	struct carve_kept_class *class = memory;

	class->kept = kept;
	carve_magazines_init(&class->magazines, &kept_ops, choose_shape(i),
			     memory + struct_bytes());
	return class;
}

void carve_kept_init(struct carve_kept *kept, struct carve_boot *boot,
		     unsigned long nr_pages)
{
	size_t room = (nr_pages << PAGE_SHIFT) / METADATA_SHARE +
		      METADATA_LEAST;
	size_t bytes = 0;
	unsigned int i, nr;
	void *memory;

	kept->limit = nr_pages / LIMIT_SHARE;
	for (nr = 0; nr < CARVE_NR_KEPT; nr++) {
		if (bytes + class_bytes(nr) > room)
			break;
		bytes += class_bytes(nr);
	}
	memory = carve_boot_alloc(boot, bytes, L1_CACHE_BYTES, "kept areas");
	for (i = 0; i < nr && memory; i++) {
		kept->class[i] = init_class(kept, i, memory);
		memory += class_bytes(i);
	}
}

bool carve_kept_spare(struct carve_kept *kept)
{
	unsigned int i;

	for (i = 0; i < CARVE_NR_KEPT && kept->class[i]; i++) {
		struct carve_magazines *ms = &kept->class[i]->magazines;
		void *area = carve_magazines_get_slow(ms, true);

		if (!area)
			continue;
		flush(ms, &area, 1);
		return true;
	}
	return false;
}

static void drain_this_cpu(void *arg)
{
	struct carve_kept *kept = arg;
	unsigned int i;

	for (i = 0; i < CARVE_NR_KEPT; i++)
		if (kept->class[i])
			carve_magazines_drain_cpu(&kept->class[i]->magazines);
}

void carve_kept_drain(struct carve_kept *kept)
{
	unsigned int i;

	if (!atomic_long_read(&kept->nr_pages))
		return;
	carve_each_cpu(drain_this_cpu, kept);
	for (i = 0; i < CARVE_NR_KEPT; i++)
		if (kept->class[i])
			carve_magazines_drain_depot(&kept->class[i]->magazines);
}

void carve_kept_drain_dead(struct carve_kept *kept, unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < CARVE_NR_KEPT; i++)
		if (kept->class[i])
			carve_magazines_drain_dead(&kept->class[i]->magazines,
						   cpu);
}
