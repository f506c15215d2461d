#ifndef PROXY_EXCHANGE_H
#define PROXY_EXCHANGE_H

/*
 * One request and its response (RFC 9110): the meeting point of the client's
 * protocol and the backend's, which know this page and never each other. The
 * client side makes it, feeds it and frees it; the backend side fills in the
 * answer. Whoever cannot take more says so, and the other side stops reading:
 * back-pressure is the interface.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "config/config.h"
#include "http/h1.h"
#include "http/message.h"
#include "http/uri.h"

struct answer;
struct arena;
struct backend;
struct buf;
struct conn;
struct edit_list;
struct exchange;
struct sendfile;
struct tls_peer;
struct tunnel;
struct upstream;
struct worker;
struct worker_listener;

/* What a client's protocol does for its exchange. */
struct exchange_ops {
	/*
	 * A part of the response, in order: the head with the first part
	 * (NULL later), body bytes, and whether that was all. One write.
	 */
	void (*respond)(void *client, const struct http_response *head,
	    const struct http_body *how, struct slice payload, bool end);
	/* A 1xx response other than 101. */
	void (*interim)(void *client, const struct http_response *head);
	/* More of the request body may come now. */
	void (*resume)(void *client);
	/* exchange_resume() is to be called when others had a turn. */
	void (*later)(void *client);
	/* The response cannot be completed: the client must notice. */
	void (*cut)(void *client);
	/* Sends this 101 and gives up its connection for a tunnel. */
	struct conn *(*upgrade)(void *client, const struct http_response *head);
	bool (*blocked)(void *client);
};

struct exchange {
	TAILQ_ENTRY(exchange) link; /* in worker->ended */
	struct arena *arena;
	struct worker *worker;
	const struct worker_listener *listener;
	const struct exchange_ops *ops;
	void *client;
	const char *peer;        /* the connection's other end, as text */
	const char *from;        /* the client: the peer, or whom it names */
	bool https;              /* that is how the client came */
	const char *sni;         /* the name in its TLS handshake, or NULL */
	const char *tls_version; /* or NULL */
	uint64_t client_cas;     /* those that vouch for its certificate … */
	const struct tls_peer *client_cert; /* … which says this; or NULL */
	const char *tls_cipher;             /* or NULL */

	struct http_request req;
	struct http_target target;
	struct http_body body;
	struct slice path;      /* of target, until an edit changes it … */
	struct slice query;     /* … with its '?', or empty */
	struct slice authority; /* goes to the backend as Host */
	const char *host;       /* lower case, no port: for routing */
	bool upgrade;           /* asks for a WebSocket */

	struct config_memory memory; /* that edits and redirects refer to */
	bool busy;                   /* a condition could not be looked at */
	const struct config_service *service;
	struct edit_list *edits; /* of fields, for the backend; or NULL */
	const struct http_field *fields; /* with them; NULL: req.fields */
	unsigned nfields;
	uint64_t tried; /* backends of the service, by position */
	unsigned place; /* of the one that was tried last … */
	unsigned calls; /* … at so many of its addresses */
	bool no_tls;    /* one of them could not be spoken to securely */
	struct backend *backend;
	struct upstream *upstream;
	struct sendfile *file; /* that is the response; or NULL */
	struct tunnel *tunnel; /* after a 101 */
	bool request_done;     /* its last byte was passed on or dropped */
	bool body_sent;        /* some of its body went to a backend */
	bool discard;   /* answered here: the rest of the body is dropped */
	bool responded; /* the final head went to the client */
	bool response_done;

	/* For the access log. */
	unsigned log_suppress; /* by services that it fell through */
	const char *user; /* whose password was right (BasicAuth), or NULL */
	unsigned status;
	uint64_t received;         /* bytes of request body */
	uint64_t sent;             /* bytes of response body */
	int64_t started;           /* clock_mono_ms() */
	int64_t answered;          /* when the backend's head came; 0 = never */
	const struct slice *noted; /* as the format's outputs, or NULL */
};

/* The status that refuses a malformed request. */
unsigned exchange_refusal(enum h1_result r);

/*
 * Takes a complete, scanned head (copied). NULL when it is malformed; *status
 * then says how to refuse.
 */
struct exchange *exchange_new(struct worker *worker, const char *head,
    size_t head_len, unsigned nfields, unsigned *status);

/*
 * Ends it: logs and lets go of the backend at once. The memory stays until the
 * callback is over, for whoever is still on the stack. NULL is fine.
 */
void exchange_end(struct exchange *ex);
void exchange_free(struct exchange *ex); /* by the worker alone */

/* Decides and acts: may respond before it returns. */
void exchange_start(struct exchange *ex);

/* May the client side pass body bytes now? */
bool exchange_takes_body(const struct exchange *ex);
void exchange_pass_body(struct exchange *ex, struct slice payload, bool end);

/* The client side has passed all it has: send the head if it still waits. */
void exchange_flush(struct exchange *ex);

/* The client may be sent more again. */
void exchange_resume(struct exchange *ex);

/*
 * May it be sent again when a backend did not answer (RFC 9110 section 9.2.2)?
 * Only methods that a browser or an app would repeat, and no body under way.
 */
bool exchange_is_repeatable(const struct exchange *ex);

/* Answers from here; the rest of the request body is dropped. */
void exchange_answer(struct exchange *ex, const struct answer *answer);
void exchange_refuse(struct exchange *ex, unsigned status);

enum exchange_failure {
	EXCHANGE_REFUSED, /* no connection: another backend may serve */
	EXCHANGE_NO_TLS,  /* no handshake, or a certificate not to be trusted */
	EXCHANGE_STALE,   /* a kept connection had died: nothing was answered */
	EXCHANGE_BROKEN,  /* closed or reset in the middle */
	EXCHANGE_BAD,     /* not HTTP, or framing that cannot be trusted */
	EXCHANGE_LATE     /* no answer in time */
};

/* The backend side gives up; its upstream is already let go. */
void exchange_failed(struct exchange *ex, enum exchange_failure why);

#endif
