// SPDX-License-Identifier: GPL-2.0
/*
 * A magazine must be drained on its own CPU, at a moment when it isn't busy. A
 * work item gives both: it runs in a task on that CPU, and a task that can be
 * preempted never leaves a magazine busy. An inter-processor interrupt could find
 * it busy, and would flush hundreds of items with interrupts disabled.
 *
 * The queue has a rescuer (WQ_MEM_RECLAIM), because allocations wait for it.
 * A work item whose CPU goes down meanwhile runs elsewhere and drains there,
 * which does no harm; the CPU's own magazines are drained when it is dead.
 *
 * What is left for later when a carveout is made goes to a second queue, whose
 * workers run on any CPU: such work takes long, and in the first queue would hold
 * up a CPU's drains. It has a rescuer, too, as allocations wait for some of it.
 *
 * All carveouts share the queues, which are there as long as one of them is.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "percpu/each_cpu.h"

struct call {
	struct work_struct work;
	void (*fn)(void *arg);
	void *arg;
};

static DEFINE_MUTEX(queue_lock);
static struct workqueue_struct *queue;
static struct workqueue_struct *unbound;
/* Guarded by queue_lock */
static unsigned int queue_users;

static int make_queues(void)
{
	queue = alloc_workqueue("carveout", WQ_MEM_RECLAIM | WQ_PERCPU, 0);
	if (!queue)
		return -ENOMEM;
	unbound = alloc_workqueue("carveout_setup", WQ_MEM_RECLAIM | WQ_UNBOUND,
				  0);
	if (unbound)
		return 0;
	destroy_workqueue(queue);
	queue = NULL;
	return -ENOMEM;
}

int carve_each_cpu_get(void)
{
	int ret = 0;

	guard(mutex)(&queue_lock);
	if (!queue_users)
		ret = make_queues();
	if (!ret)
		queue_users++;
	return ret;
}

void carve_each_cpu_put(void)
{
	guard(mutex)(&queue_lock);
	if (--queue_users)
		return;
	destroy_workqueue(unbound);
	destroy_workqueue(queue);
	unbound = NULL;
	queue = NULL;
}

static void run_call(struct work_struct *work)
{
	struct call *call = container_of(work, struct call, work);

	call->fn(call->arg);
}

void carve_each_cpu(void (*fn)(void *arg), void *arg)
{
	struct call call = { .fn = fn, .arg = arg };
	unsigned int cpu;

	INIT_WORK_ONSTACK(&call.work, run_call);
	for_each_online_cpu(cpu) {
		queue_work_on(cpu, queue, &call.work);
		flush_work(&call.work);
	}
	destroy_work_on_stack(&call.work);
}

void carve_run_after_rcu(struct rcu_work *work)
{
	queue_rcu_work(queue, work);
}

void carve_run_later(struct work_struct *work)
{
	queue_work(unbound, work);
}
