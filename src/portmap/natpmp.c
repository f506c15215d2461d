/* NAT-PMP and PCP: the same port, the same wishes, two packets. */

#include <string.h>
#include <unistd.h>

#include "exchange.h"
#include "protocol.h"
#include "wan.h"

struct dialect {
	size_t (*put)(
	    unsigned char dst[PMP_PACKET_MAX], const struct pmp_map *map);
	enum pmp_verdict (*get)(const unsigned char *data, size_t len,
	    const struct pmp_map *map, struct pmp_answer *answer);
	const char *(*result)(unsigned code);
	unsigned unreachable; /* what a router without a public address says */
};

static const struct dialect pcp = { pcp_put_map, pcp_get_map, pcp_result, 8 };
static const struct dialect natpmp = { pmp_put_map, pmp_get_map, pmp_result,
	3 };

static const char may_not[] =
    "The router's log, or its list of port forwardings, may say why. Allow "
    "this machine to map ports there, or forward the port by hand";

/* One request for a port. */
struct wish {
	const struct dialect *dialect;
	struct pmp_map map;
	struct pmp_answer answer;
};

static enum pmp_verdict
judge_map(void *arg, const unsigned char *data, size_t len)
{
	struct wish *wish = arg;

	return wish->dialect->get(data, len, &wish->map, &wish->answer);
}

static enum pmp_verdict
judge_address(void *arg, const unsigned char *data, size_t len)
{
	return pmp_get_address(data, len, arg);
}

static enum pmp_verdict
ask_map(const struct order *order, int fd, struct wish *wish)
{
	unsigned char packet[PMP_PACKET_MAX];
	size_t len = wish->dialect->put(packet, &wish->map);

	return exchange(order, fd, packet, len, judge_map, wish);
}

static enum pmp_verdict
ask_address(const struct order *order, int fd, struct pmp_answer *answer)
{
	unsigned char packet[PMP_PACKET_MAX];
	size_t len = pmp_put_address(packet);

	return exchange(order, fd, packet, len, judge_address, answer);
}

static void
refused(const struct wish *wish, struct outcome *outcome)
{
	const char *what = wish->dialect->result(wish->answer.code);

	outcome_refused(outcome, what,
	    wish->answer.code == wish->dialect->unreachable ? wan_unsaid
	                                                    : may_not,
	    "port %u: the router says: %s (%u)", wish->map.outside, what,
	    wish->answer.code);
}

/* NAT-PMP may give another port than was asked for: that one is given back. */
static void
give_back(const struct order *order, int fd, const struct wish *wish,
    struct outcome *outcome)
{
	struct wish end = { .dialect = wish->dialect, .map = wish->map };

	end.map.outside = wish->answer.outside;
	end.map.lifetime = 0;
	ask_map(order, fd, &end);
	outcome_refused(outcome, "port taken",
	    "Look into the router's list of port forwardings, and remove what "
	    "has this port",
	    "port %u: the router offers port %u in its place, so another "
	    "machine has it",
	    wish->map.outside, wish->answer.outside);
}

/* One port; false if the router does not speak this, or no more. */
static bool
map_port(const struct order *order, int fd, struct wish *wish,
    struct outcome *outcome)
{
	switch (ask_map(order, fd, wish)) {
	case PMP_OK:
		break;
	case PMP_REFUSED:
		refused(wish, outcome);
		return true;
	case PMP_VERSION:
	case PMP_FOREIGN:
	case PMP_SILENT:
		return false;
	}
	if (wish->map.lifetime > 0 &&
	    wish->answer.outside != wish->map.outside) {
		give_back(order, fd, wish, outcome);
		return true;
	}
	outcome_wan(outcome, wish->answer.wan);
	outcome_mapped(outcome,
	    (struct order_port){ wish->map.outside, wish->map.inside },
	    wish->answer.lifetime);
	return true;
}

static enum attempt
map_ports(const struct order *order, int fd, const struct dialect *dialect,
    struct outcome *outcome)
{
	bool maps = order->kind == PORTMAP_MAP;

	for (unsigned i = 0; i < order->nports; i++) {
		struct wish wish = { .dialect = dialect,
			.map = { .inside = order->ports[i].inside,
			    .outside = order->ports[i].outside,
			    .lifetime = maps ? order->lifetime : 0,
			    .own = order->own } };

		memcpy(wish.map.nonce, order->nonce, PCP_NONCE_SIZE);
		if (!map_port(order, fd, &wish, outcome))
			break;
	}
	if (outcome->nports > 0)
		return ATTEMPT_DONE;
	return outcome->problem[0] != '\0' ? ATTEMPT_REFUSED : ATTEMPT_SILENT;
}

static int
open_line(const struct order *order)
{
	struct in_addr own;

	return exchange_open(order->gateway, &own, NULL);
}

enum attempt
pcp_attempt(const struct order *order, struct outcome *outcome)
{
	enum attempt attempt;
	int fd;

	if (order->kind == PORTMAP_ADDRESS)
		return ATTEMPT_SILENT;
	fd = open_line(order);
	if (fd == -1)
		return ATTEMPT_SILENT;
	attempt = map_ports(order, fd, &pcp, outcome);
	close(fd);
	return attempt;
}

enum attempt
natpmp_attempt(const struct order *order, struct outcome *outcome)
{
	struct pmp_answer answer = { 0 };
	enum attempt attempt = ATTEMPT_SILENT;
	enum pmp_verdict verdict;
	int fd = open_line(order);

	if (fd == -1)
		return ATTEMPT_SILENT;
	verdict = ask_address(order, fd, &answer);
	if (verdict == PMP_OK) {
		outcome_wan(outcome, answer.wan);
		attempt = ATTEMPT_DONE;
	} else if (verdict == PMP_REFUSED) {
		outcome_refused(outcome, pmp_result(answer.code), NULL,
		    "the router does not say its address: %s (%u)",
		    pmp_result(answer.code), answer.code);
		attempt = ATTEMPT_REFUSED;
	}
	if (attempt != ATTEMPT_SILENT && order->kind != PORTMAP_ADDRESS)
		attempt = map_ports(order, fd, &natpmp, outcome);
	close(fd);
	return attempt;
}
