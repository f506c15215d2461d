#ifndef ORDER_H
#define ORDER_H

/*
 * What the supervisor orders, and what became of it: the PORTMAP_* messages of
 * the job as it works with them. Addresses are IPv4, ports in host order.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ipc/ddns.h"
#include "pmp.h"

struct chan;

#define ORDER_PORTS_MAX 8

struct order_port {
	uint16_t outside; /* of the router */
	uint16_t inside;  /* our own */
};

struct order {
	enum portmap_kind kind;
	struct order_port ports[ORDER_PORTS_MAX];
	unsigned nports;
	uint32_t lifetime; /* seconds */
	unsigned char nonce[PCP_NONCE_SIZE];
	struct in_addr gateway;
	struct in_addr own;      /* that the gateway sees us by */
	struct chan *supervisor; /* borrowed */
};

/* How one protocol fared. */
enum attempt {
	ATTEMPT_DONE,
	ATTEMPT_REFUSED, /* the outcome says why */
	ATTEMPT_SILENT   /* nobody speaks it */
};

struct outcome {
	char wan[INET_ADDRSTRLEN]; /* "" = it was not said */
	struct order_port ports[ORDER_PORTS_MAX];
	unsigned nports;
	uint32_t lifetime; /* the shortest; 0 = for ever */

	/* Of the first refusal; "" = none. */
	char problem[64];
	char detail[256];
	const char *advice; /* lives for ever */
};

/* "80:8080 443:8443". ERR_SYNTAX if it is no such list, ERR_LIMIT. */
int order_read_ports(struct order *order, const char *text, struct error *err);

#define ORDER_PORTS_SIZE (ORDER_PORTS_MAX * 12 + 1)

/* The same the other way round. Returns dst. */
char *order_print_ports(
    char dst[ORDER_PORTS_SIZE], const struct order_port *ports, unsigned n);

/* This port is mapped for so many seconds, 0 = for ever. */
void outcome_mapped(
    struct outcome *outcome, struct order_port port, uint32_t lifetime);

/* Only an address: 0.0.0.0 is none. */
void outcome_wan(struct outcome *outcome, struct in_addr wan);

/* Keeps the first refusal; the detail becomes printable. */
void outcome_refused(struct outcome *outcome, const char *problem,
    const char *advice, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
