// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints
 *
 * All events are on slow paths, where a few more instructions don't matter.
 * While one of the four events for pages and objects is enabled, magazines
 * divert all allocations and frees to the slow paths (percpu/magazine.c), so
 * these events see them all. Fast paths contain no tracing code, and tracing
 * doesn't change when magazines are refilled and drained.
 *
 * Events are shared by all carveouts; a field names the carveout.
 *
 * Locking: the kernel calls both functions under tracepoints_mutex, and they
 * sleep. No lock is taken under @listening.
 */
#include <linux/cleanup.h>
#include <linux/mutex.h>

#include "percpu/magazine.h"

#define CREATE_TRACE_POINTS
#include "trace/events.h"

static DEFINE_MUTEX(listening);
/* Number of enabled events that need the diversion; guarded by @listening */
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
