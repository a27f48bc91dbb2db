/* SPDX-License-Identifier: GPL-2.0 */
/* The report of all allocations of a carveout. See allocation_report.c. */
#ifndef _CARVE_ALLOCATION_REPORT_H
#define _CARVE_ALLOCATION_REPORT_H

struct carve_report;
struct carveout;

/**
 * carveout_report_allocations() - report all allocations by owner
 * @co: the carveout
 * @r: the report, or NULL to only count
 *
 * Pages, large allocations, DMA buffers and areas by call site, objects by
 * cache.
 *
 * Context: may sleep.
 * Return: the number of allocations.
 */
unsigned long carveout_report_allocations(struct carveout *co,
					  struct carve_report *r);

/* Count all allocations, after waiting for pending RCU frees. May sleep */
unsigned long carveout_count_allocations(struct carveout *co);

#endif /* _CARVE_ALLOCATION_REPORT_H */
