#ifndef CLI_DOCTOR_DNS_H
#define CLI_DOCTOR_DNS_H

/* Verdicts over what the DNS says of a name. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "dns/dns.h"

#define DOCTOR_OWN_MAX 32

/* The public addresses of this house, as far as they are known from here. */
struct doctor_own {
	char addresses[DOCTOR_OWN_MAX][INET6_ADDRSTRLEN];
	size_t n;
};

/* Takes it up if it is a public one that is not there yet. */
void doctor_own_add(struct doctor_own *own, const char *address);

/* The first of the family; NULL: none is known. */
const char *doctor_own_first(const struct doctor_own *own, int family);

enum doctor_place {
	DOCTOR_PLACE_OURS,
	DOCTOR_PLACE_OTHER,   /* and ours of this family is known */
	DOCTOR_PLACE_UNKNOWN, /* ours of this family is not known */
	DOCTOR_PLACE_PRIVATE  /* nobody outside reaches it */
};
enum doctor_place doctor_judge_address(
    int family, const char *address, const struct doctor_own *own);

/*
 * What an authority is called in CAA records; NULL: that is not known of the
 * one with this directory URL.
 */
const char *doctor_caa_name(const char *directory);

/*
 * Do the CAA records of a name permit this authority (RFC 8659)? A wildcard has
 * rules of its own, if there are any.
 */
bool doctor_caa_permits(
    const struct dns_answer *records, bool wildcard, const char *authority);

#endif
