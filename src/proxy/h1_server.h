#ifndef PROXY_H1_SERVER_H
#define PROXY_H1_SERVER_H

/*
 * The client's side of HTTP/1.1 (RFC 9112): reads requests one after the other,
 * pipelined or not, makes an exchange of each and writes its response. Embedded
 * in its client.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "http/h1.h"

struct answer;
struct client;
struct exchange;

/* What a client is waited for, and so which deadline it has. */
enum client_wait {
	CLIENT_WAIT_NOTHING,
	CLIENT_WAIT_HANDSHAKE,
	CLIENT_WAIT_REQUEST, /* nothing of the next request was seen */
	CLIENT_WAIT_HEAD,
	CLIENT_WAIT_BODY,
	CLIENT_WAIT_WRITE, /* it does not read what we send */
	CLIENT_WAIT_LINGER
};

struct h1_server {
	struct client *client;
	struct exchange *exchange; /* NULL between requests */
	struct buf in;             /* read, not yet used */
	struct h1_scan scan;
	struct h1_body body;
	bool keep_alive;      /* another request may follow */
	bool chunked;         /* the response body goes out in chunks … */
	bool close_delimited; /* … or ends with the connection */
	uint64_t body_seen;   /* at the last check of the body's rate */
	int64_t body_quiet;   /* ms without a byte of it */
};

void h1_server_init(struct h1_server *h1, struct client *client);

/* Ends the exchange, if any. */
void h1_server_release(struct h1_server *h1);

/* The connection may be read or written. */
void h1_server_ready(struct h1_server *h1);

enum client_wait h1_server_waits_for(const struct h1_server *h1);

/* That took too long: 408, or nothing where nothing was asked. */
void h1_server_late(struct h1_server *h1, enum client_wait wait);

/* Answers what never became an exchange, and closes. */
void h1_server_refuse(struct h1_server *h1, const struct answer *answer);

#endif
