/* SPDX-License-Identifier: GPL-2.0 */
/* Carveouts as users write them. See spec.c. */
#ifndef _CARVE_SPEC_H
#define _CARVE_SPEC_H

struct carveout_request;

/*
 * Reads one carveout from @spec, which is changed, and which @request points
 * into afterwards. 0, or -EINVAL and a reason in @request->refusal.
 */
int carve_parse_spec(char *spec, struct carveout_request *request);

#endif /* _CARVE_SPEC_H */
