#ifndef CLI_HA_TRUST_H
#define CLI_HA_TRUST_H

/*
 * Makes Home Assistant trust the gateway: adds our address to its
 * trusted_proxies over its WebSocket interface, waits for the restart that this
 * causes, and keeps the new settings only after seeing that they work. Settings
 * that nobody keeps, Home Assistant takes back by itself after five minutes, so
 * wherever this breaks off, it is reached as before.
 *
 * Blocks for up to five minutes. No request without a token ever leads to a
 * failed login: what is asked without one is /manifest.json.
 */

#include <stdbool.h>

#include "net/addr.h"

struct tls_client;

struct ha_trust_wish {
	struct addr addr;
	bool tls;
	struct tls_client *client; /* checks its certificate; NULL: any does */
	const char *token;         /* NULL: only look, change nothing */
	struct addr local; /* as which it sees us; none: as the kernel does */
	const char *external_url; /* NULL: leave it */
	bool dry_run;
	void (*tell)(void *arg, const char *what); /* a step begins; or NULL */
	void *arg;
};

enum ha_trust_end {
	HA_TRUST_ALREADY, /* nothing had to be changed */
	HA_TRUST_DONE,    /* changed and kept; dry run: what would be changed */
	HA_TRUST_YAML,    /* too old: .text has the lines to paste */
	HA_TRUST_REVERTED, /* changed, not kept: it takes the change back */
	HA_TRUST_FAILED    /* nothing was changed */
};

struct ha_trust_result {
	enum ha_trust_end end;
	char *text; /* what was done, or why not and the cure, or the YAML */
	bool wants_token; /* there was none, and one would do it */
	bool url_set;     /* external_url was changed */
	bool url_failed;  /* it should have been: .text says why not */
};

void ha_trust(const struct ha_trust_wish *wish, struct ha_trust_result *result);
void ha_trust_result_release(struct ha_trust_result *result);

#endif
