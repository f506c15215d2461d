/*
 * What anybody in the house says that he offers Home Assistant. However the
 * message is made, what is found in it is bounded, and nothing is written where
 * it is refused.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dns/mdns.h"

#define UNTOUCHED ((size_t)-1)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dns_message message = { data, size };
	struct mdns_answer answer = { .n = UNTOUCHED };
	struct in_addr sender = { 0 };

	if (mdns_read(&message, "_home-assistant._tcp.local", sender, &answer,
	        NULL) == -1)
		assert(answer.n == UNTOUCHED);
	else
		assert(answer.n <= MDNS_PLACES_MAX);
	return 0;
}
