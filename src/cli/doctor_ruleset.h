#ifndef CLI_DOCTOR_RULESET_H
#define CLI_DOCTOR_RULESET_H

/*
 * What a ruleset of nftables does with somebody who comes from the internet, as
 * `nft -j list ruleset` prints it. A packet is led through the chains; where a
 * rule asks for what is not known of it, both answers are followed. So what is
 * said to be closed is closed, and what is not may be so all the same.
 */

#include <stdbool.h>

struct json;

/* The first packet of a connection over TCP. */
struct doctor_packet {
	unsigned port;     /* that it goes to */
	const char *iface; /* by which it comes; "" = not known */
};

/*
 * The next base chain after this one (NULL: the first) that is at the input and
 * lets no such packet in; NULL: there is none. Borrowed from the ruleset; it
 * has the members family, table and name.
 */
const struct json *doctor_ruleset_closed(const struct json *ruleset,
    const struct doctor_packet *packet, const struct json *after);

#endif
