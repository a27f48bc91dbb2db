/* SPDX-License-Identifier: GPL-2.0 */
/* Called when an event of the fast paths is enabled and disabled. See trace.c. */
#ifndef _CARVE_TRACE_H
#define _CARVE_TRACE_H

int carve_trace_divert(void);
void carve_trace_undivert(void);

#endif /* _CARVE_TRACE_H */
