#include "lease.h"

#define SHORTEST 30 /* seconds; a router is not asked more often */

int64_t
lease_renew_ms(uint32_t lifetime)
{
	if (lifetime == 0 || lifetime > LEASE_SECONDS)
		lifetime = LEASE_SECONDS;
	lifetime /= 2;
	return 1000 * (int64_t)(lifetime < SHORTEST ? SHORTEST : lifetime);
}

int64_t
lease_retry_ms(unsigned failures, uint32_t random)
{
	int64_t wait = LEASE_FIRST_MS;

	while (failures-- > 1 && wait < LEASE_MAX_MS)
		wait *= 2;
	if (wait > LEASE_MAX_MS)
		wait = LEASE_MAX_MS;
	return wait - wait / 10 + random % (wait / 5 + 1);
}
