/*
 * UPnP: an Internet Gateway Device, version 1 or 2, by way of miniupnpc. Only
 * our own router is listened to: whoever else in the house says that he is one
 * could have an address of his choice published.
 */

#include <arpa/inet.h>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "protocol.h"
#include "wan.h"

#define DISCOVER_MS 1000 /* for each of several kinds of device */
#define DISCOVER_TTL 2
#define DESCRIPTION "Gatehouse"

/* What the protocol calls "UPnP errors". */
enum { FAILED = 501, NO_SUCH_ENTRY = 714, CONFLICT = 718, ONLY_FOR_EVER = 725 };

struct igd {
	struct UPNPUrls urls;
	struct IGDdatas data;
	char own[INET6_ADDRSTRLEN]; /* as the device sees us */
};

/* An entry of the router's table. */
struct entry {
	char client[40];
	char port[16];
	char lease[16];
};

/* Is it "http://GATEWAY:…" or "http://GATEWAY/…"? */
static bool
is_of(const char *url, const char *gateway)
{
	static const char scheme[] = "http://";
	size_t len = strlen(gateway);

	if (url == NULL || strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		return false;
	url += sizeof(scheme) - 1;
	return strncmp(url, gateway, len) == 0 &&
	    (url[len] == ':' || url[len] == '/');
}

/* Takes those of the gateway out of the list. */
static struct UPNPDev *
take_own(struct UPNPDev **list, const char *gateway)
{
	struct UPNPDev *own = NULL, *dev;

	while ((dev = *list) != NULL) {
		if (!is_of(dev->descURL, gateway)) {
			list = &dev->pNext;
			continue;
		}
		*list = dev->pNext;
		dev->pNext = own;
		own = dev;
	}
	return own;
}

/* The last result says that it is something else; before it are gateways. */
static bool
is_valid(struct UPNPDev *devices, struct igd *igd)
{
#if MINIUPNPC_API_VERSION >= 18
	char wan[INET6_ADDRSTRLEN];
	const int other = 4;
	int found = UPNP_GetValidIGD(devices, &igd->urls, &igd->data, igd->own,
	    sizeof(igd->own), wan, sizeof(wan));
#else
	const int other = 3;
	int found = UPNP_GetValidIGD(
	    devices, &igd->urls, &igd->data, igd->own, sizeof(igd->own));
#endif

	if (found == other)
		FreeUPNPUrls(&igd->urls);
	return found > 0 && found < other;
}

static bool
find(const struct order *order, struct igd *igd)
{
	char gateway[INET_ADDRSTRLEN], own[INET_ADDRSTRLEN];
	struct UPNPDev *others, *devices;
	int status = 0;
	bool found;

	inet_ntop(AF_INET, &order->gateway, gateway, sizeof(gateway));
	inet_ntop(AF_INET, &order->own, own, sizeof(own));
	others = upnpDiscover(DISCOVER_MS, own, NULL, UPNP_LOCAL_PORT_ANY, 0,
	    DISCOVER_TTL, &status);
	devices = take_own(&others, gateway);
	freeUPNPDevlist(others);
	found = devices != NULL && is_valid(devices, igd);
	freeUPNPDevlist(devices);
	if (found && !is_of(igd->urls.controlURL, gateway)) {
		FreeUPNPUrls(&igd->urls);
		return false;
	}
	return found;
}

static const char *
text_of(int code)
{
	const char *text = strupnperror(code);

	return text != NULL ? text : "an unknown error";
}

static void
ask_wan(const struct igd *igd, struct outcome *outcome)
{
	char text[40] = "";
	struct in_addr wan;

	if (UPNP_GetExternalIPAddress(igd->urls.controlURL,
	        igd->data.first.servicetype, text) == UPNPCOMMAND_SUCCESS &&
	    inet_pton(AF_INET, text, &wan) == 1)
		outcome_wan(outcome, wan);
}

/* Who has the port? False if nobody has, or it is not said. */
static bool
look_up(const struct igd *igd, const char *outside, struct entry *entry)
{
	char description[256] = "", enabled[16] = "";

	*entry = (struct entry){ 0 };
	return UPNP_GetSpecificPortMappingEntry(igd->urls.controlURL,
	           igd->data.first.servicetype, outside, "TCP", NULL,
	           entry->client, entry->port, description, enabled,
	           entry->lease) == UPNPCOMMAND_SUCCESS &&
	    entry->client[0] != '\0';
}

static int
add(const struct igd *igd, const char *outside, const char *inside,
    uint32_t lifetime)
{
	char lease[16];

	snprintf(lease, sizeof(lease), "%u", lifetime);
	return UPNP_AddPortMapping(igd->urls.controlURL,
	    igd->data.first.servicetype, outside, inside, igd->own, DESCRIPTION,
	    "TCP", NULL, lease);
}

/* What the router made of the lease: some ignore what they are asked for. */
static uint32_t
lease_of(const struct igd *igd, const char *outside, uint32_t asked)
{
	struct entry entry;
	uint64_t lease;

	if (!look_up(igd, outside, &entry) ||
	    !text_u64(entry.lease, strlen(entry.lease), UINT32_MAX, &lease))
		return asked;
	return (uint32_t)lease;
}

static void
taken(unsigned port, const char *client, struct outcome *outcome)
{
	outcome_refused(outcome, "port taken",
	    "Remove that forwarding in the router, or switch UPnP off in the "
	    "machine that asked for it",
	    "port %u is forwarded to %s already", port,
	    client[0] != '\0' ? client : "another machine");
}

static const char may_not[] =
    "Allow this machine to map ports by UPnP in the router, or forward the "
    "port by hand";
static const char cannot[] =
    "Restart the router, and look whether its list of port forwardings is "
    "full. If it goes on, forward the port by hand";

/* 501 is what routers say that have no public address, and broken ones. */
static const char *
advice_on(int code, const struct outcome *outcome)
{
	if (code != FAILED)
		return may_not;
	return outcome->wan[0] != '\0' ? cannot : wan_unsaid;
}

/* A port that somebody else has is his, although some routers would give it. */
static void
map_port(const struct igd *igd, struct order_port port, uint32_t lifetime,
    struct outcome *outcome)
{
	char outside[8], inside[8];
	struct entry entry;
	int code;

	snprintf(outside, sizeof(outside), "%u", port.outside);
	snprintf(inside, sizeof(inside), "%u", port.inside);
	if (look_up(igd, outside, &entry) &&
	    strcmp(entry.client, igd->own) != 0) {
		taken(port.outside, entry.client, outcome);
		return;
	}
	code = add(igd, outside, inside, lifetime);
	if (code == ONLY_FOR_EVER)
		code = add(igd, outside, inside, lifetime = 0);
	if (code == CONFLICT)
		taken(port.outside, entry.client, outcome);
	else if (code != UPNPCOMMAND_SUCCESS)
		outcome_refused(outcome, text_of(code),
		    advice_on(code, outcome),
		    "port %u: the router says: %s (%d)", port.outside,
		    text_of(code), code);
	else
		outcome_mapped(outcome, port, lease_of(igd, outside, lifetime));
}

static void
unmap_port(
    const struct igd *igd, struct order_port port, struct outcome *outcome)
{
	char outside[8];
	struct entry entry;
	int code = UPNPCOMMAND_SUCCESS;

	snprintf(outside, sizeof(outside), "%u", port.outside);
	if (look_up(igd, outside, &entry) &&
	    strcmp(entry.client, igd->own) == 0)
		code = UPNP_DeletePortMapping(igd->urls.controlURL,
		    igd->data.first.servicetype, outside, "TCP", NULL);
	if (code == UPNPCOMMAND_SUCCESS || code == NO_SUCH_ENTRY)
		outcome_mapped(outcome, port, 0);
	else
		outcome_refused(outcome, text_of(code),
		    "Remove the forwarding in the router",
		    "port %u: the router says: %s (%d)", port.outside,
		    text_of(code), code);
}

static enum attempt
fulfil(
    const struct igd *igd, const struct order *order, struct outcome *outcome)
{
	for (unsigned i = 0; i < order->nports; i++)
		if (order->kind == PORTMAP_MAP)
			map_port(
			    igd, order->ports[i], order->lifetime, outcome);
		else
			unmap_port(igd, order->ports[i], outcome);
	return outcome->nports > 0 ? ATTEMPT_DONE : ATTEMPT_REFUSED;
}

enum attempt
igd_attempt(const struct order *order, struct outcome *outcome)
{
	enum attempt attempt = ATTEMPT_DONE;
	struct igd igd = { 0 };

	if (!find(order, &igd))
		return ATTEMPT_SILENT;
	ask_wan(&igd, outcome);
	if (order->kind != PORTMAP_ADDRESS)
		attempt = fulfil(&igd, order, outcome);
	else if (outcome->wan[0] == '\0') {
		outcome_refused(outcome, "no address", wan_unsaid,
		    "the router does not say its address");
		attempt = ATTEMPT_REFUSED;
	}
	FreeUPNPUrls(&igd.urls);
	return attempt;
}
