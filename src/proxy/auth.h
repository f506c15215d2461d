#ifndef PROXY_AUTH_H
#define PROXY_AUTH_H

/*
 * Who may come in (BasicAuth). Looking at a password is slow by design, and a
 * worker does one thing at a time: what was looked at once is remembered, each
 * address may be wrong only so often, and all of it together may take no more
 * than a tenth of the time.
 */

#include <stdint.h>

#include "base/error.h"
#include "http/message.h"

struct auth;
struct config;
struct rates;

/* Reads the files that the configuration names. */
struct auth *auth_new(const struct config *config, struct error *err);
void auth_free(struct auth *auth);

enum auth_verdict { AUTH_NO, AUTH_YES, AUTH_BUSY /* nobody looked */ };

/*
 * Whether the list of this index knows the credentials, the value of an
 * Authorization field, that come from this address. `now` is clock_mono_ms().
 */
enum auth_verdict auth_check(struct auth *auth, unsigned list,
    struct slice credentials, const char *peer, int64_t now);

#endif
