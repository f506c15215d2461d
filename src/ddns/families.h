#ifndef FAMILIES_H
#define FAMILIES_H

/*
 * What answers to an update mean, family by family, for those who say it in
 * texts. As update(): 1, 0 or -1.
 */

#include "api.h"

int dyndns2_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal);
int ipv64_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal);
int ddnss_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal);
int dynu_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal);
int dynv6_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal);
int desec_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal);
int freedns_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal);
int namecheap_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal);

/* What an api needs to be read so. */
extern const struct api_rules dyndns2_rules, ipv64_rules, ddnss_rules,
    dynu_rules, dynv6_rules, desec_rules, freedns_rules, namecheap_rules;

#endif
