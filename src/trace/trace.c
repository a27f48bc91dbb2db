// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints
 *
 * All events stand where a few instructions more don't matter. What is handed
 * out and taken back on fast paths is seen all the same: as long as anybody
 * listens to one of these four events, magazines divert all to the slow paths
 * (percpu/magazine.c), where they stand. So the fast paths know nothing of
 * tracing, and what is traced goes on as it would otherwise: the same magazines
 * are filled and emptied, at the same time.
 *
 * Listeners are the module's affair and not a carveout's: the events are one
 * for all carveouts, each of which says its name.
 *
 * Context: the two functions are called under the kernel's tracepoints_mutex,
 * and sleep. Nothing is taken under @listening.
 */
#include <linux/cleanup.h>
#include <linux/mutex.h>

#include "percpu/magazine.h"

#define CREATE_TRACE_POINTS
#include "trace/events.h"

static DEFINE_MUTEX(listening);
/* Events on fast paths that are listened to; guarded by @listening */
static unsigned int nr_diverting;

int carve_trace_divert(void)
{
	guard(mutex)(&listening);
	if (!nr_diverting++)
		carve_magazines_divert(true);
	return 0;
}

void carve_trace_undivert(void)
{
	guard(mutex)(&listening);
	if (!--nr_diverting)
		carve_magazines_divert(false);
}
