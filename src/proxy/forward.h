#ifndef PROXY_FORWARD_H
#define PROXY_FORWARD_H

/*
 * What changes on the way through (RFC 9110 section 7.6): the request head that
 * a backend gets is written anew, never copied; what a client claims about
 * itself is dropped and said truly by us.
 */

#include <stdbool.h>

struct buf;
struct exchange;
struct http_response;

/*
 * Makes the fields for the backend beforehand if there are edits of them.
 * False: they have become too large.
 */
bool forward_prepare(struct exchange *ex);

/* Writes the head, with its empty line. */
void forward_request(const struct exchange *ex, struct buf *out);

/*
 * Drops, in place, the fields that end here: hop-by-hop ones and the framing,
 * which the client's side writes anew. The length of a body that is not sent
 * (HEAD, 304) stays.
 */
void forward_response(const struct exchange *ex, struct http_response *res);

#endif
