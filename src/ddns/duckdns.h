#ifndef DUCKDNS_H
#define DUCKDNS_H

/* DuckDNS (duckdns.org/spec.jsp): what it answers. */

#include <stdbool.h>

#include "provider.h"

/*
 * 1: it has changed something; 0: it was so already; -1. `worked`: the token
 * has been good before, so a refusal is more likely a fault of theirs.
 */
int duckdns_read(const char *body, bool worked, struct refusal *refusal);

/* The part of a host that it knows it by; NULL: none of its hosts. */
const char *duckdns_label(const char *host, size_t *len);

#endif
