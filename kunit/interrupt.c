// SPDX-License-Identifier: GPL-2.0
#include <linux/irq_work.h>

#include <carveout.h>

#include "kunit/interrupt.h"

struct call {
	struct irq_work work;
	void (*fn)(void *arg);
	void *arg;
};

static void run_call(struct irq_work *work)
{
	struct call *call = container_of(work, struct call, work);

	call->fn(call->arg);
}

void carve_run_in_interrupt(void (*fn)(void *arg), void *arg)
{
	struct call call = {
		.work = IRQ_WORK_INIT_HARD(run_call),
		.fn = fn,
		.arg = arg,
	};

	irq_work_queue(&call.work);
	irq_work_sync(&call.work);
}

struct area {
	struct carveout *co;
	void *p;
};

static void free_area(void *arg)
{
	struct area *area = arg;

	carve_vfree(area->co, area->p);
}

void carve_vfree_in_interrupt(struct carveout *co, void *p)
{
	struct area area = { .co = co, .p = p };

	carve_run_in_interrupt(free_area, &area);
}
