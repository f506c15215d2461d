#ifndef ADDRESS_H
#define ADDRESS_H

/*
 * Which addresses may be published. Nobody is asked here: what is decided is
 * decided from what the callers have found.
 */

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_SIZE 46 /* INET6_ADDRSTRLEN */

/* An address of an interface, as the kernel tells it. */
struct candidate {
	int family;                /* AF_INET, AF_INET6 */
	unsigned char address[16]; /* of IPv4 the first four */
	unsigned flags;            /* IFA_F_… of linux/if_addr.h */
};

/*
 * Is this an address of the family that the whole internet can reach? If so, it
 * is copied in the one form that two of them can be compared in.
 */
bool address_read(
    int family, const char *text, size_t len, char dst[ADDRESS_SIZE]);

/*
 * The candidate to publish, or NULL: public, and of IPv6 stable, that is
 * neither temporary, deprecated nor tentative. `known` ("" = none) if it is
 * among them, so that several take no turns.
 */
const struct candidate *address_choose(const struct candidate *candidates,
    size_t n, int family, const char *known);

/*
 * The one to publish where a service sees `seen`, which may be temporary: a
 * stable one of the same /64. NULL also if `seen` is none of ours.
 */
const struct candidate *address_choose_beside(
    const struct candidate *candidates, size_t n, const char *seen);

char *address_text(const struct candidate *candidate, char dst[ADDRESS_SIZE]);

/*
 * What an address service answered: the bare address, {"ip": "…"}, or lines of
 * which one is "ip=…" (cdn-cgi/trace). False if it is not a public one of the
 * family.
 */
bool address_in_answer(
    int family, const char *body, size_t len, char dst[ADDRESS_SIZE]);

#endif
