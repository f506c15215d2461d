#ifndef PROXY_CLIENT_H
#define PROXY_CLIENT_H

/*
 * A connection from a client: accepted, through its TLS handshake, then in the
 * hands of its protocol, and closed so that the client reads all we said. What
 * it is waiting for decides which deadline applies.
 */

#include <stdbool.h>
#include <stdint.h>

#include "conn.h"
#include "h1_server.h"
#include "net/addr.h"
#include "timeout.h"

struct tls_peer;
struct guest;
struct worker_listener;

/* Milliseconds. Absolute where a peer could stretch them by dripping. */
#define CLIENT_HANDSHAKE_MS 10000
#define CLIENT_HEAD_MS 10000
#define CLIENT_BODY_CHECK_MS 20000
#define CLIENT_WRITE_STALL_MS 30000
#define CLIENT_LINGER_MS 3000
#define CLIENT_DRAIN_IDLE_MS 5000

/* A request body slower than this on average is given up (bytes/s) … */
#define CLIENT_BODY_RATE_MIN 500
/* … and so is one that stands still for so long. */
#define CLIENT_BODY_IDLE_MS 300000

enum client_state { CLIENT_HANDSHAKE, CLIENT_OPEN, CLIENT_LINGER };

struct client {
	unsigned magic;
	TAILQ_ENTRY(client) link; /* in worker->clients */
	struct worker *worker;
	struct worker_listener *listener;
	struct guest *guest; /* its address; NULL: that is not counted */
	bool pending;        /* it has made no request yet */
	enum client_state state;
	enum client_wait wait;
	struct timeout timeout;
	struct conn conn;
	struct h1_server h1;
	char peer[ADDR_TEXT_SIZE];
	uint64_t client_cas; /* those that vouch for its certificate … */
	const struct tls_peer *cert; /* … which says this; NULL: none is good */
};

/* Takes over an accepted descriptor, and what stands for its address. */
void client_new(struct worker_listener *listener, int fd,
    const struct addr *peer, struct guest *guest);

/* The head of a request has come: it is one that means it. */
void client_asked(struct client *client);

/* All was said: sends what is left, FIN, and waits for the client's. */
void client_finish(struct client *client);

/* Closes at once. */
void client_abort(struct client *client);

/* Sees to the right deadline; after anything that may change it. */
void client_watch(struct client *client);

/* The worker drains: an idle connection gets a last short chance. */
void client_drain(struct client *client);

#endif
