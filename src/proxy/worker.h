#ifndef PROXY_WORKER_H
#define PROXY_WORKER_H

/*
 * A worker: the state that all connections of one gatehouse-proxy process
 * share. It is configured once; after WORKER_GO only the live updates
 * reach it. The scratch memory is lent to one callback at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "clientcert.h"
#include "config/config.h"
#include "logfile.h"
#include "net/loop.h"
#include "stats/stats.h"
#include "timeout.h"

struct backends;
struct auth;
struct challenges;
struct guests;
struct chan;
struct rates;
struct sendfile_trees;
struct sessions;
struct tls_certs;
struct tls_server;
struct tls_tickets;

/*
 * Bytes read at once. Large reads make bulk cheap; a stalled reader costs up to
 * this much memory, so it bounds that too.
 */
#define WORKER_SCRATCH_SIZE (128u * 1024)

struct worker_listener {
	struct worker *worker;
	const struct config_listener *config;
	struct tls_server *tls; /* NULL: plain HTTP */
	struct clientcert_files client_files;
	struct loop_io io;
	int fd; /* -1 when not accepting */
	unsigned nclients;
	unsigned max_clients; /* of MaxConnections; 0: the worker's */
	bool paused;          /* not accepting: max_clients are here */
	unsigned row;         /* of its figures */
};

/* Connections that were refused, for the log: a line at once, then sums. */
struct refusals {
	unsigned count;          /* since the last line */
	bool silent;             /* no line … */
	struct loop_timer quiet; /* … until this is over */
};

/* Milliseconds between two lines about connections that are too many. */
#define WORKER_REFUSALS_MS 60000

struct client;
struct conn;
struct exchange;
TAILQ_HEAD(client_list, client);
TAILQ_HEAD(exchange_list, exchange);
TAILQ_HEAD(conn_list, conn);

struct worker {
	unsigned index;
	unsigned generation;
	struct loop *loop;
	struct timeouts timeouts;
	const char *jail; /* where it is about to be locked in, or NULL */
	struct config_text *text;
	struct config *config;
	struct chan *chan;
	struct loop_io chan_io;

	struct worker_listener *listeners; /* config->nlisteners of them */
	struct tls_certs *certs;
	struct tls_tickets *tickets;
	struct challenges *challenges;
	struct backends *backends;
	struct rates *rates;
	struct auth *auth;
	struct clientcert_cas *client_cas;
	struct sendfile_trees *trees;

	struct guests *guests; /* the addresses of the clients */
	struct refusals refusals;
	int64_t full_told;    /* when the log was told that new ones wait */
	struct stats *shared; /* NULL: nobody sees the figures */
	struct stats_figures *stats;    /* where this worker counts */
	struct stats_figures uncounted; /* … while `shared` is NULL */
	struct sessions *sessions;      /* NULL: there are none */

	struct client_list clients;
	unsigned nclients;
	unsigned most_clients; /* since memory was last given back */
	struct loop_timer trim;
	unsigned max_clients; /* from RLIMIT_NOFILE */
	bool paused;          /* not accepting: max_clients are here */
	struct loop_timer accept_again;

	struct conn_list again;     /* have more to read than one turn allows */
	struct loop_later turn;     /* serves them after the others */
	struct conn_list doubtful;  /* may have been reset unnoticed … */
	struct timeout look;        /* … as this finds out */
	struct conn_list graveyard; /* freed when the callbacks are over … */
	struct exchange_list ended; /* … like these … */
	struct loop_later reap;     /* … by this */

	struct logfile logfile;

	bool failed; /* it could not be configured */
	bool draining;
	struct loop_timer drain_end;

	unsigned char *scratch; /* WORKER_SCRATCH_SIZE bytes of plain text */
	struct buf cipher;      /* TLS output of the current callback */
	struct buf head;        /* a message head being written */
};

/* Opens the listeners for business (WORKER_GO). */
void worker_start(struct worker *worker);

/* No new connection; the end when the last one has gone, or in `seconds`. */
void worker_drain(struct worker *worker, unsigned seconds);

/* A client ended: maybe accepting may go on, maybe the drain is complete. */
void worker_client_gone(struct worker_listener *listener);

void worker_init(struct worker *worker);

/* Builds what the configuration asks for; worker->config is set. */
int worker_configure(struct worker *worker, struct error *err);
void worker_release(struct worker *worker);

#endif
