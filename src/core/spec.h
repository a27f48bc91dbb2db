/* SPDX-License-Identifier: GPL-2.0 */
/* Parser of carveout specifications. See spec.c. */
#ifndef _CARVE_SPEC_H
#define _CARVE_SPEC_H

struct carveout_request;

/*
 * Parse the specification of one carveout. @spec is modified, and must outlive
 * @request, which points into it. Returns 0, or -EINVAL with the reason in
 * @request->refusal.
 */
int carve_parse_spec(char *spec, struct carveout_request *request);

#endif /* _CARVE_SPEC_H */
