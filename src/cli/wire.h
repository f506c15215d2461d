#ifndef CLI_WIRE_H
#define CLI_WIRE_H

/*
 * A connection on which a command asks something by HTTP, with or without TLS,
 * and waits for what comes. Every wait ends at its deadline. dial.h asks one
 * question over it, ha_socket.h many.
 */

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "http/message.h"
#include "net/addr.h"
#include "net/sock.h"

struct tls_client;
struct tls_session;

#define WIRE_DATE_SIZE 64
#define WIRE_KEY_SIZE 32

/* wire_init() before use, wire_close() after it, whatever happened. */
struct wire {
	struct sock sock;
	struct tls_session *tls; /* NULL: without */
	struct buf in;           /* came, and is not used yet */
	struct buf out;
	struct addr local; /* where we speak from */
	int64_t deadline;  /* on the monotonic clock */
	unsigned ms;       /* as wire_within() was told */
};

/* What the head of an answer says. */
struct wire_head {
	unsigned status;
	char date[WIRE_DATE_SIZE];  /* as it was sent; "": none */
	char accept[WIRE_KEY_SIZE]; /* Sec-WebSocket-Accept; the same */
	struct http_body body;
};

void wire_init(struct wire *wire);
void wire_close(struct wire *wire);

/* The deadline is so many milliseconds from now. */
void wire_within(struct wire *wire, unsigned ms);

/*
 * To the UNIX socket at `path`, or to the address if that is NULL; TLS if there
 * is a client, which must outlive it. ERR_DENIED: the certificate is not
 * accepted. ERR_TIMEOUT, ERR_SYS …
 */
int wire_open(struct wire *wire, const struct addr *addr, const char *path,
    struct tls_client *tls, struct error *err);

/* GET; `more` are further field lines. */
int wire_get(struct wire *wire, const char *host, const char *target,
    const char *more, struct error *err);
int wire_read_head(
    struct wire *wire, struct wire_head *head, struct error *err);

int wire_send(struct wire *wire, const struct buf *data, struct error *err);

/* Waits for more bytes in wire->in. Their number, 0 at the end, -1. */
ssize_t wire_receive(struct wire *wire, struct error *err);

#endif
