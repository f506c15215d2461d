/*
 * gatehouse-portmap: asks the router for what one order of the supervisor says,
 * reports and exits. It speaks with the router alone, keeps nothing, and holds
 * nothing that is worth having.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "exchange.h"
#include "ipc/line.h"
#include "protocol.h"
#include "route.h"
#include "supervisor.h"

#define PROGRAM "gatehouse-portmap"
#define MEMORY_MAX (64u * 1024 * 1024) /* bytes, beside what is there */
#define FORWARD_SIZE 33 /* "65535 to 255.255.255.255:65535, " and NUL */

_Static_assert(PCP_NONCE_SIZE == PORTMAP_NONCE_SIZE, "of two layers");

static const struct protocol {
	const char *name;
	enum attempt (*attempt)(
	    const struct order *order, struct outcome *outcome);
} protocols[] = {
	{ "PCP", pcp_attempt },
	{ "NAT-PMP", natpmp_attempt },
	{ "UPnP", igd_attempt },
};

#define NPROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

/* The router, and what it knows us by. False: there is none. */
static bool
find_router(struct order *order, const char *gateway, struct error *err)
{
	int fd;

	if (*gateway != '\0') {
		if (inet_pton(AF_INET, gateway, &order->gateway) != 1)
			fatal("\"%s\" is no address of a router", gateway);
	} else if (route_gateway(&order->gateway, err) == -1) {
		return false;
	}
	fd = exchange_open(order->gateway, &order->own, err);
	if (fd == -1)
		return false;
	close(fd);
	return true;
}

/* The route is looked up outside the jail. */
static bool
read_order(struct order *order, struct chan *supervisor, struct error *err)
{
	const struct msg_PORTMAP_JOB *job;
	struct msg msg;
	struct error why;
	bool found;

	line_hear(supervisor, MSG_PORTMAP_JOB, &msg);
	line_settle(PROGRAM, &msg);
	job = &msg.u.PORTMAP_JOB;
	if (job->kind >= PORTMAP_KIND_COUNT || job->nonce.len != PCP_NONCE_SIZE)
		fatal("the supervisor wants an unknown job");
	*order = (struct order){ .kind = (enum portmap_kind)job->kind,
		.lifetime = job->lifetime,
		.supervisor = supervisor };
	memcpy(order->nonce, job->nonce.p, PCP_NONCE_SIZE);
	if (order_read_ports(order, job->ports, &why) == -1)
		fatal("the supervisor's order: %s", why.msg);
	found = find_router(order, job->gateway, err);
	sandbox_bound_memory(MEMORY_MAX); /* UPnP answers are of any size */
	line_confine(&msg);
	return found;
}

static void
silent(const struct order *order, struct outcome *outcome)
{
	char router[INET_ADDRSTRLEN], own[INET_ADDRSTRLEN];
	char ports[ORDER_PORTS_MAX * FORWARD_SIZE] = "";
	static char advice[512];
	size_t len = 0;

	inet_ntop(AF_INET, &order->gateway, router, sizeof(router));
	inet_ntop(AF_INET, &order->own, own, sizeof(own));
	for (unsigned i = 0; i < order->nports; i++)
		len += (size_t)snprintf(ports + len, sizeof(ports) - len,
		    "%s%u to %s:%u", i > 0 ? ", " : "", order->ports[i].outside,
		    own, order->ports[i].inside);
	snprintf(advice, sizeof(advice),
	    "Switch on UPnP, NAT-PMP or PCP in the router%s%s",
	    order->nports > 0 ? ", or forward by hand, TCP port " : "", ports);
	outcome_refused(outcome, "no router answers", advice,
	    "%s speaks neither PCP nor NAT-PMP nor UPnP", router);
}

/* The first one counts, with the address that any of them says. */
static void
keep_refusal(struct outcome *refused, const struct outcome *now)
{
	struct outcome first = refused->problem[0] != '\0' ? *refused : *now;

	if (first.wan[0] == '\0')
		memcpy(first.wan, now->wan, sizeof(first.wan));
	*refused = first;
}

/*
 * The first that works, but what is to be taken away is so from all of them:
 * nobody remembers who made it.
 */
static int
run(const struct order *order)
{
	bool all = order->kind == PORTMAP_UNMAP;
	struct outcome done = { 0 }, refused = { 0 }, now;
	const char *name = NULL, *refuser = NULL;

	for (size_t i = 0; i < NPROTOCOLS && (name == NULL || all); i++) {
		now = (struct outcome){ 0 };
		switch (protocols[i].attempt(order, &now)) {
		case ATTEMPT_DONE:
			if (name == NULL)
				done = now;
			name = protocols[i].name;
			break;
		case ATTEMPT_REFUSED:
			keep_refusal(&refused, &now);
			if (refuser == NULL)
				refuser = protocols[i].name;
			break;
		case ATTEMPT_SILENT:
			break;
		}
	}
	if (name != NULL) {
		supervisor_done(order->supervisor, name, &done);
		return 0;
	}
	if (refuser != NULL) {
		supervisor_failed(
		    order->supervisor, PORTMAP_REFUSED, refuser, &refused);
		return -1;
	}
	silent(order, &refused);
	supervisor_failed(order->supervisor, PORTMAP_SILENT, "", &refused);
	return -1;
}

int
main(void)
{
	struct outcome nowhere = { 0 };
	struct chan *supervisor;
	struct order order;
	struct error err;
	int ret = -1;

	supervisor = line_begin(IPC_PORTMAP, PROGRAM, true);
	if (read_order(&order, supervisor, &err)) {
		ret = run(&order);
	} else {
		outcome_refused(&nowhere, "no router",
		    "Connect this machine to the network", "%s", err.msg);
		supervisor_failed(supervisor, PORTMAP_SILENT, "", &nowhere);
	}
	chan_free(supervisor);
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
