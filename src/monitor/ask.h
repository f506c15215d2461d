#ifndef MONITOR_ASK_H
#define MONITOR_ASK_H

/*
 * The question of a probe, on a connection that has just been made: is a GET
 * answered with 200? Over TLS the certificate is judged as the workers do. What
 * comes back is read up to the end of its head, by the codec and its limits,
 * and of that only the status is used.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "http/h1.h"
#include "net/loop.h"
#include "net/sock.h"

struct config_backend;
struct tls_client;
struct tls_session;

struct ask {
	unsigned magic;
	const struct config_backend *backend; /* borrowed; has a path */
	struct sock sock;
	struct tls_session *tls; /* NULL: plain */
	bool sent;               /* the handshake is over, too */
	struct buf out, in;
	struct h1_scan scan;
	struct loop_io io;

	/* Over: `why` is "" if it was answered with 200. */
	void (*fn)(void *arg, const char *why);
	void *arg;
};

/*
 * `fn` and `arg` are set. Takes over fd. tls: NULL without. The answer comes
 * through fn, never from within this call.
 */
void ask_start(struct ask *ask, const struct config_backend *backend,
    struct loop *loop, int fd, struct tls_client *tls);
void ask_stop(struct ask *ask); /* fine when not started or over */

/* What the backend owes: for whoever waits no longer. */
const char *ask_waits_for(const struct ask *ask);

#endif
