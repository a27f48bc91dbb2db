/* SPDX-License-Identifier: GPL-2.0 */
/* Run a function on each CPU, or when readers are done. See each_cpu.c. */
#ifndef _CARVE_EACH_CPU_H
#define _CARVE_EACH_CPU_H

struct rcu_work;
struct work_struct;

/* Once for each carveout: 0 or -ENOMEM; may sleep */
int carve_each_cpu_get(void);
void carve_each_cpu_put(void);

/* Runs @fn(@arg) once on each online CPU, one after the other; sleeps */
void carve_each_cpu(void (*fn)(void *arg), void *arg);

/* Has the work, which isn't pending, done by a task after a grace period. Any context but NMI. */
void carve_run_after_rcu(struct rcu_work *work);

/* Has the work done by a task, on whatever CPU has time for it */
void carve_run_later(struct work_struct *work);

#endif /* _CARVE_EACH_CPU_H */
