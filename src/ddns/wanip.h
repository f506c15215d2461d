#ifndef WANIP_H
#define WANIP_H

/*
 * Where an address of ours is looked for: an interface, what the supervisor
 * has heard from the router, and services that say who asks them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "address.h"
#include "job.h"

#define WANIP_WHY_SIZE 240

/* Of one family. */
struct wanip {
	char address[ADDRESS_SIZE]; /* "" = none */
	const char *source;         /* "interface" …; "" without one */
	bool gone; /* there is none for sure: what was published must go */
	char why[WANIP_WHY_SIZE]; /* there is none; not escaped; "" = none */
};

/* family: AF_INET or AF_INET6. */
void wanip_find(const struct ddns_job *job, int family, struct wanip *found);

/* The answer that enough of them gave, or NULL; "" is no answer. */
const char *wanip_vote(
    const char answers[][ADDRESS_SIZE], size_t n, size_t enough);

#endif
