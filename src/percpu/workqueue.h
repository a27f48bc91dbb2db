/* SPDX-License-Identifier: GPL-2.0 */
/* The workqueue of all carveouts. See workqueue.c. */
#ifndef _CARVE_WORKQUEUE_H
#define _CARVE_WORKQUEUE_H

struct rcu_work;
struct work_struct;

/* Take a reference for a carveout: 0 or -ENOMEM; may sleep */
int carve_workqueue_get(void);
void carve_workqueue_put(void);

/* Queue work on any CPU. Any context but NMI. */
void carve_queue_work(struct work_struct *work);
/* Queue non-pending work for after a grace period. Any context but NMI. */
void carve_queue_rcu_work(struct rcu_work *work);

#endif /* _CARVE_WORKQUEUE_H */
