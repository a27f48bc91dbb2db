// SPDX-License-Identifier: GPL-2.0
/*
 * The workqueue of all carveouts, for deferred work: background set-up,
 * unmapping, and frees after an RCU grace period.
 *
 * It has a rescuer (WQ_MEM_RECLAIM), because allocations wait for some of this
 * work. It is unbound (WQ_UNBOUND), so that a real-time task that occupies a
 * CPU doesn't delay it.
 *
 * Locking: queue_lock guards the reference count; the first carveout creates
 * the workqueue and the last one destroys it.
 */
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "percpu/workqueue.h"

static DEFINE_MUTEX(queue_lock);
static struct workqueue_struct *queue;
/* Guarded by queue_lock */
static unsigned int queue_users;

int carve_workqueue_get(void)
{
	guard(mutex)(&queue_lock);
	if (!queue_users)
		queue = alloc_workqueue("carveout",
					WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!queue)
		return -ENOMEM;
	queue_users++;
	return 0;
}

void carve_workqueue_put(void)
{
	guard(mutex)(&queue_lock);
	if (--queue_users)
		return;
	destroy_workqueue(queue);
	queue = NULL;
}

void carve_queue_work(struct work_struct *work)
{
	queue_work(queue, work);
}

void carve_queue_rcu_work(struct rcu_work *work)
{
	queue_rcu_work(queue, work);
}
