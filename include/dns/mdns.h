#ifndef DNS_MDNS_H
#define DNS_MDNS_H

/*
 * Who offers a service in the house: DNS-SD (RFC 6763) over multicast DNS
 * (RFC 6762), as one question of a "legacy" kind, whose answers come to us
 * alone. What anybody in the house says is to be looked at, not believed.
 */

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "dns/dns.h"

#define MDNS_PLACES_MAX 8
#define MDNS_MESSAGES_MAX 64 /* of one question; what comes then is not read */

struct mdns_place {
	struct in_addr address;
	uint16_t port; /* 0: it does not say */
};

struct mdns_answer {
	size_t n;
	struct mdns_place places[MDNS_PLACES_MAX];
};

/*
 * Picks out of a message where the service is ("_x._tcp.local"): each instance
 * at each address of its host. One whose address is not said is at the address
 * of the sender. None of them: n is 0.
 */
int mdns_read(const struct dns_message *message, const char *service,
    struct in_addr sender, struct mdns_answer *answer, struct error *err);

struct mdns;

/*
 * Asks on every interface that has IPv4. ERR_NOTFOUND: there is none but
 * loopback.
 */
struct mdns *mdns_ask(const char *service, struct error *err);
void mdns_free(struct mdns *mdns); /* NULL is fine */

/*
 * The next answer that names a place. What has come already is read also when
 * the deadline, on the monotonic clock, has passed. ERR_TIMEOUT: there is no
 * more.
 */
int mdns_next(struct mdns *mdns, int64_t deadline_ms,
    struct mdns_answer *answer, struct error *err);

#endif
