#ifndef PROXY_UPSTREAM_H
#define PROXY_UPSTREAM_H

/*
 * A connection to a backend, speaking HTTP/1.1 (RFC 9112): connecting, carrying
 * one exchange, or idle in the backend's pool. The request head is regenerated
 * from the exchange when it is sent, together with the first body bytes.
 */

#include <stdbool.h>

#include "backend.h"
#include "base/buf.h"
#include "conn.h"
#include "http/h1.h"
#include "timeout.h"

struct exchange;

/* Most 1xx responses before a final one. */
#define UPSTREAM_INTERIM_MAX 16

enum upstream_state {
	UPSTREAM_CONNECTING,
	UPSTREAM_HANDSHAKE, /* of TLS */
	UPSTREAM_BUSY,
	UPSTREAM_IDLE,
	UPSTREAM_CLOSED
};

struct upstream {
	unsigned magic;
	enum upstream_state state;
	TAILQ_ENTRY(upstream) link; /* in backend->idle */
	struct backend *backend;
	struct exchange *exchange; /* NULL when idle */
	struct addr addr;          /* of the backend that it leads to */
	struct conn conn;
	struct timeout timeout;
	bool reused;      /* it carried an exchange before */
	bool head_sent;   /* the request head is on its way */
	bool chunked_out; /* the request body is sent chunked */
	bool in_body;     /* the final response head was read */
	bool keep;        /* the backend keeps the connection open */
	bool any_input;   /* a byte of this response was read */
	unsigned interim;
	struct h1_scan scan;
	struct h1_body body;
	struct buf in;      /* an incomplete response head */
	int64_t idle_since; /* clock_mono_ms() */
};

/* Carries the exchange over an idle connection or a new one. NULL: refused. */
struct upstream *upstream_start(struct exchange *ex, struct backend *backend);
/* The same, never over an idle connection. */
struct upstream *upstream_fresh(struct exchange *ex, struct backend *backend);

bool upstream_takes_body(const struct upstream *upstream);
void upstream_send(struct upstream *upstream, struct slice payload, bool end);

/* Sends the head if it was not sent with body bytes. */
void upstream_flush(struct upstream *upstream);

/* The client takes more again. */
void upstream_resume(struct upstream *upstream);

/* Closes now, silently. The memory goes when the callback is over. */
void upstream_close(struct upstream *upstream);

#endif
