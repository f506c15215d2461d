#ifndef PROXY_SESSION_H
#define PROXY_SESSION_H

/*
 * Sessions: requests that have something in common go to one backend, whichever
 * worker has them. What they have in common is hashed together with the rule
 * and the service's backends, so that an entry of the shared table means
 * nothing to another list of backends.
 */

#include "base/error.h"
#include "config/config.h"

struct exchange;
struct http_response;
struct sessions;

/* Maps the table. The descriptor stays the caller's. */
struct sessions *sessions_new(
    const struct config *config, int fd, struct error *err);
void sessions_free(struct sessions *sessions); /* NULL is fine */

/* The place of the backend that the request belongs to, or -1. */
int session_find(const struct exchange *ex);

/* The request goes to the backend at this place; so will those after it. */
void session_keep(const struct exchange *ex, unsigned place);

/* A response may begin a session: by a cookie or a field. */
void session_learn(const struct exchange *ex, const struct http_response *res);

#endif
