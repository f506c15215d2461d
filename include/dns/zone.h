#ifndef DNS_ZONE_H
#define DNS_ZONE_H

/*
 * The servers of the zone that a name is in: what they say is what the world
 * gets to hear, and no resolver remembers it for us.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "dns/dns.h"

#define DNS_ADDRESSES_MAX 4 /* of one server */

struct dns_host {
	char name[DNS_TEXT_SIZE];
	struct dns_server addresses[DNS_ADDRESSES_MAX];
	size_t naddresses;
};

struct dns_zone {
	char name[DNS_TEXT_SIZE]; /* what was asked for is an alias of */
	struct dns_host hosts[DNS_RECORDS_MAX];
	size_t nhosts; /* at least one */
};

/*
 * Follows aliases, walks up to a name that has servers, and looks up their
 * addresses, as long as there is time: all with the system's resolver.
 */
int dns_zone_find(const char *name, int64_t deadline_ms, struct dns_zone *zone,
    struct error *err);

/*
 * Asks one server, at one of its addresses after the other until one answers.
 * -1: none does; the error is what the last one said.
 */
int dns_zone_ask(const struct dns_host *host, const char *name,
    enum dns_type type, int64_t deadline_ms, struct dns_answer *answer,
    struct error *err);

/*
 * Whether all of the zone's servers that answer have just this one record of
 * the name and type (NULL: none). If not, `answer` is what the first other one
 * says, else what they all say. -1: nobody answers.
 */
int dns_zone_says(const struct dns_zone *zone, enum dns_type type,
    const char *value, int64_t deadline_ms, struct dns_answer *answer,
    bool *all, struct error *err);

#endif
