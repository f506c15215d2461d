#ifndef SUPERVISOR_LEASE_H
#define SUPERVISOR_LEASE_H

/* When the router is asked again. Pure; times are milliseconds. */

#include <stdint.h>

#define LEASE_SECONDS 3600 /* what we ask for */
#define LEASE_FIRST_MS (60 * 1000)
#define LEASE_MAX_MS (60 * 60 * 1000)

/*
 * A mapping is renewed at half of its lease, seconds; of one that holds for
 * ever (0) a router may know nothing after a restart: it is looked at as often
 * as any other.
 */
int64_t lease_renew_ms(uint32_t lifetime);

/* After so many failures in a row (1 …); `random` spreads it by a tenth. */
int64_t lease_retry_ms(unsigned failures, uint32_t random);

#endif
