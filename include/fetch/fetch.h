#ifndef FETCH_H
#define FETCH_H

/*
 * HTTPS requests of a job, one after the other, over one kept-alive connection
 * (libcurl). Nothing of a request is left to the next one. The peer is always
 * verified. https://, and http:// only where that is said; no proxy; redirects
 * are answers like any other. The User-Agent is "gatehouse/VERSION" unless the
 * request has a header for it. The process must ignore SIGPIPE.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct fetch;

/*
 * ca_file: PEM file to trust instead of the system's; NULL or "" = system. It
 * must be readable now.
 */
struct fetch *fetch_new(const char *ca_file, struct error *err);
void fetch_free(struct fetch *fetch);

enum fetch_family { FETCH_ANY, FETCH_IPV4, FETCH_IPV6 };

struct fetch_request {
	const char
	    *method; /* "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" */
	const char *url;
	const char *accept;       /* media type wanted, NULL = any */
	const char *content_type; /* with a body only */
	const char *body;         /* NULL = none */
	size_t body_len;
	const char *const
	    *headers;             /* "Name: value", NULL at the end, or NULL */
	const char *user;         /* with a password (RFC 7617); NULL = none */
	const char *password;     /* neither is kept after the request */
	enum fetch_family family; /* of the addresses that are asked */
	unsigned seconds;         /* in all, 0 = 60 */
	bool plain;               /* http:// will do */
};

#define FETCH_BODY_MAX (1024u * 1024)
#define FETCH_HEADER_MAX 4096          /* longer values count as absent */
#define FETCH_ALTERNATES_MAX 8         /* links; more are left out */
#define FETCH_RETRY_AFTER_MAX 31536000 /* a year; more is cut to it */

struct fetch_response {
	unsigned status; /* of the final answer, never 1xx */
	char *body;      /* NUL-terminated, at most FETCH_BODY_MAX bytes */
	size_t body_len;
	char *
	    content_type; /* media type without parameters, lower case, or "" */
	char *location;   /* "" when absent; printable ASCII, as all here */
	char *replay_nonce;
	int64_t
	    retry_after; /* seconds from now, -1 = absent; date form resolved */
	int64_t date;    /* the server's clock, -1 = absent */
	/* Absolute URLs of its links of relation "alternate" (RFC 8288). */
	char *alternates[FETCH_ALTERNATES_MAX];
	size_t nalternates;
};

/*
 * A reply of any status is success. Fails with ERR_TIMEOUT (10 s to connect, 60
 * s in all or as was said, 20 s without progress), ERR_NOTFOUND (the name has
 * no address, or nobody answers there), ERR_LIMIT (body too large), ERR_CRYPTO
 * (the peer's certificate is not trusted), ERR_SYNTAX (no URL of an allowed
 * scheme, no such method, a header or a login that cannot be sent) or ERR_SYS;
 * the message names the host, never a path or a query.
 */
int fetch_perform(struct fetch *fetch, const struct fetch_request *req,
    struct fetch_response *res, struct error *err);
void fetch_response_release(struct fetch_response *res);

#endif
