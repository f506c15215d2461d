#ifndef ROUTE_H
#define ROUTE_H

/* The way out of this network: who our router is. IPv4. */

#include <netinet/in.h>
#include <stdbool.h>

#include "base/error.h"

/*
 * The gateway of the default route with the lowest metric, in a text as
 * /proc/self/net/route has it. False if there is none.
 */
bool route_parse(const char *text, struct in_addr *gateway);

/* The same of this machine, now. */
int route_gateway(struct in_addr *gateway, struct error *err);

#endif
