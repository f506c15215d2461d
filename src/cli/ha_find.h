#ifndef CLI_HA_FIND_H
#define CLI_HA_FIND_H

/*
 * Where Home Assistant is: on this machine, in the house, or where somebody
 * says. What is asked costs it no login and counts toward no ban.
 */

#include <stdbool.h>

#include "base/error.h"
#include "net/addr.h"

struct ha_found {
	struct addr addr;
	char *place; /* as Forward takes it: "192.168.1.2:8123", "https://…" */
	char *version;     /* "2026.9.1"; "": it does not say */
	bool tls;          /* whose certificate nobody has verified: Insecure */
	struct addr local; /* as which it sees us; its port says nothing */
	bool trusts;       /* X-Forwarded-For from us is not refused */
};

/*
 * given: "ADDRESS", "NAME", either with ":PORT", or a URL; without a port 8123,
 * 80 and 443 are tried. NULL: this machine, then whoever answers in the house
 * within 2 s (mDNS). Blocks; each place may take 3 s to answer. ERR_SYNTAX:
 * `given` is none of these. ERR_NOTFOUND: the message lists what was tried and
 * names --backend. Only on success there is something to release.
 */
int ha_find(const char *given, struct ha_found *found, struct error *err);
void ha_found_release(struct ha_found *found);

#endif
